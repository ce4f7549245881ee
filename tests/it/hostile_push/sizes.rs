//! Objects that are larger than anybody needs.

use super::{held, id};
use crate::support::{Machine, World, text};

/// A commit of HEAD's files with a message of so many bytes.
fn commit(machine: &Machine, bytes: usize) -> String {
    let parent = id(machine, "HEAD");
    let message = format!("Large\n\n{}", "a line\n".repeat(bytes / 7));
    let args = ["commit-tree", "HEAD^{tree}", "-p", &parent, "-F", "-"];
    let made = machine
        .env
        .git_bytes(&machine.clone, &args, message.as_bytes());
    String::from_utf8(made).unwrap().trim().to_owned()
}

#[test]
fn a_commit_or_a_tag_with_a_message_of_megabytes_is_refused_before_it_is_read() {
    let (g, ada, token) = held("");
    let words = "the server takes at most 1048576";
    let large = commit(&ada, 2 << 20);
    let to = |what: &str, name: &str| format!("{what}:refs/{name}");
    for (tokens, name) in [
        (vec![token.as_str()], "heads/sandbox-ada"),
        (vec![], "heads/feature/new"),
        (vec![], "tags/v1"),
    ] {
        g.refused(&ada, &tokens, &[&to(&large, name)], words);
    }
    // Nor does it pass below a tip, in a pack, or as a tag.
    ada.git(&["checkout", "--quiet", "--detach", &large]);
    for n in 0..120 {
        ada.plain(&[(&format!("{n}.txt"), "x\n")], "More");
    }
    g.refused(&ada, &[&token], &[super::ADA], words);
    let tag = format!(
        "object {}\ntype commit\ntag v1\ntagger A <a@x.invalid> 1 +0000\n\n{}",
        id(&ada, "origin/main"),
        "a line\n".repeat(300_000)
    );
    let tag = ada.env.git_bytes(&ada.clone, &["mktag"], tag.as_bytes());
    let tag = String::from_utf8(tag).unwrap();
    g.refused(&ada, &[], &[&to(tag.trim(), "tags/v1")], words);
    // What is only long passes, and an operator passes with anything.
    ada.git(&[
        "checkout",
        "--quiet",
        "--force",
        "--detach",
        &format!("{large}^"),
    ]);
    let long = commit(&ada, 512 << 10);
    g.passes(&ada, &[&token], &[&to(&long, "heads/sandbox-ada")]);
    g.passes(&ada, &[&g.operator], &[&to(&large, "heads/feature/new")]);
}

#[test]
fn a_message_of_megabytes_that_a_server_took_stops_nobody_who_reads_the_history() {
    let w = World::path();
    let branch = text(&w.init(), "branch");
    let ada = w.other();
    ada.at(&branch);
    let large = commit(&ada, 4 << 20);
    ada.git(&[
        "push",
        "--quiet",
        "origin",
        &format!("{large}:refs/heads/{branch}"),
    ]);
    for args in [
        &["sandbox", "list"][..],
        &["log", &branch],
        &["sandbox", "show", &branch],
    ] {
        let mut all = args.to_vec();
        all.push("--json");
        let out = w.aidf(&all).ok();
        assert!(out.took.as_secs() < 10, "{args:?} took {:?}", out.took);
        assert!(out.stdout.len() < 64 << 10, "{args:?}");
    }
    let shown = &w.json(&["log", &branch])["commits"][0];
    assert_eq!(shown["signature"], "none");
    assert_eq!(shown["subject"], "Large");
}
