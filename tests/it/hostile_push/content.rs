//! Paths that nobody writes, whichever way they come.

use super::{ADA, CI, held, id, made};
use crate::support::{Guarded, Machine};

/// The base gains a workflow, which is hardened then: the commits of both, oldest first.
fn replaced(g: &Guarded, machine: &Machine) -> [String; 2] {
    let write = |content: &str| {
        let file: [(&str, Option<&[u8]>); 1] = [(CI, Some(content.as_bytes()))];
        g.w.remote.write("sandbox", &file, "Change CI");
        g.w.remote.tip("sandbox")
    };
    let both = [write("on: pull_request_target\n"), write("on: push\n")];
    machine.git(&["fetch", "--quiet", "origin"]);
    both
}

#[test]
fn a_merge_brings_no_denied_path_whatever_the_order_of_its_parents() {
    let (g, ada, token) = held("");
    let [old, new] = replaced(&g, &ada);
    let mine = ada.plain(&[("a.txt", "a\n")], "Mine");
    let of_old = id(&ada, &format!("{old}^{{tree}}"));
    for parents in [
        vec![&mine, &old],
        vec![&old, &mine],
        vec![&mine, &new, &old],
        vec![&old, &new, &mine],
        vec![&new, &mine],
        vec![&mine, &new],
        vec![&old],
        vec![&new],
        vec![],
    ] {
        let parents: Vec<&str> = parents.iter().map(|p| p.as_str()).collect();
        made(&ada, &of_old, &parents);
        g.refused(&ada, &[&token], &[ADA], CI);
    }
    // Criss-cross: each of two lines merged the other's before.
    let of_mine = id(&ada, &format!("{mine}^{{tree}}"));
    let one = made(&ada, &of_old, &[&mine, &old]);
    let two = made(&ada, &of_mine, &[&old, &mine]);
    for (tree, parents) in [(&of_old, [&one, &two]), (&of_old, [&two, &one])] {
        made(&ada, tree, &parents.map(String::as_str));
        g.refused(&ada, &[&token], &[ADA], CI);
    }
    // What the base has now comes in, in any order.
    for order in [[&mine, &new], [&new, &mine]] {
        ada.git(&["checkout", "--quiet", "--force", "--detach", order[0]]);
        ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", order[1]]);
        g.passes(&ada, &[&token], &[ADA]);
        assert_eq!(g.w.remote.text("sandbox-ada", CI), "on: push\n");
        g.w.remote
            .git(&["update-ref", "refs/heads/sandbox-ada", &mine]);
    }
}

#[test]
fn a_sandbox_is_neither_set_to_an_older_reviewed_commit_nor_forked_from_one() {
    let (g, ada, token) = held("");
    let [old, _new] = replaced(&g, &ada);
    ada.git(&["checkout", "--quiet", "--detach", &old]);
    g.refused(&ada, &[&token], &[ADA], CI);
    let bob = g.token("sandbox-bob");
    let to_bob = ["HEAD:refs/heads/sandbox-bob"];
    g.refused(&ada, &[&bob], &to_bob, CI);
    ada.plain(&[("a.txt", "a\n")], "Mine");
    g.refused(&ada, &[&token], &[ADA], CI);
    let out = g.refused(&ada, &[&bob], &to_bob, CI);
    assert!(out.stderr.contains("merge the base"), "{out}");
    // Whoever forked before it was replaced takes in what the base has now.
    ada.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge",
        "origin/sandbox",
    ]);
    g.passes(&ada, &[&bob], &to_bob);
}

#[test]
fn what_a_sandbox_has_already_stays_with_it_and_with_its_second_writer() {
    let (g, ada, token) = held("");
    let [old, new] = replaced(&g, &ada);
    g.w.remote
        .git(&["update-ref", "refs/heads/sandbox-ada", &old]);
    ada.at("sandbox-ada");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    g.passes(&ada, &[&token], &[ADA]);
    let second = g.w.other();
    second.at("sandbox-ada");
    let theirs = second.plain(&[("b.txt", "b\n")], "Not pushed yet");
    ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", &new]);
    g.passes(&ada, &[&token], &[ADA]);
    // The second writer's line is from before the merge.
    second.git(&["fetch", "--quiet", "origin"]);
    let merge = [
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge",
        "origin/sandbox-ada",
    ];
    second.git(&merge);
    g.passes(&second, &[&token], &[ADA]);
    assert_eq!(g.w.remote.text("sandbox-ada", CI), "on: push\n");
    // Back behind the merge is back to the old version.
    g.refused(
        &second,
        &[&token],
        &[&format!("{theirs}:refs/heads/sandbox-ada")],
        CI,
    );
}

#[test]
fn a_denied_path_that_only_commits_between_hold_is_refused() {
    let (g, ada, token) = held("");
    ada.plain(&[(CI, "on: push\n")], "Smuggle");
    ada.git(&["rm", "--quiet", CI]);
    ada.plain(&[], "Hide");
    g.refused(&ada, &[&token], &[ADA], CI);
    // The same, merged away.
    let base = id(&ada, "origin/sandbox");
    let tree = id(&ada, &format!("{base}^{{tree}}"));
    let smuggled = id(&ada, "HEAD~1");
    for parents in [[&base, &smuggled], [&smuggled, &base]] {
        made(&ada, &tree, &parents.map(String::as_str));
        g.refused(&ada, &[&token], &[ADA], CI);
    }
}

#[test]
fn a_history_of_its_own_brings_what_is_here_now_and_nothing_else_that_is_denied() {
    let (g, ada, token) = held("");
    let [old, new] = replaced(&g, &ada);
    for (commit, passes) in [(&old, false), (&new, true)] {
        made(&ada, &id(&ada, &format!("{commit}^{{tree}}")), &[]);
        match passes {
            true => drop(g.passes(&ada, &[&token], &[ADA])),
            false => drop(g.refused(&ada, &[&token], &[ADA], CI)),
        }
    }
}

#[test]
fn an_archived_sandbox_comes_back_as_it_was() {
    let (g, ada, token) = held("");
    let [old, _new] = replaced(&g, &ada);
    g.w.remote
        .git(&["update-ref", "refs/heads/sandbox-ada", &old]);
    let archive = "refs/aidf/archive/sandbox-ada/2026-11-22T101112Z";
    g.w.remote.git(&["update-ref", archive, &old]);
    ada.git(&["checkout", "--quiet", "--detach", &old]);
    g.passes(&ada, &[&token], &[":refs/heads/sandbox-ada"]);
    g.passes(&ada, &[&token], &[ADA]);
    // Of another sandbox it is no more than an old commit.
    let bob = g.token("sandbox-bob");
    g.refused(&ada, &[&bob], &["HEAD:refs/heads/sandbox-bob"], CI);
}

#[test]
fn a_tree_that_holds_one_name_twice_is_refused() {
    let (g, ada, token) = held("");
    // As a server without fsck takes it.
    g.w.remote.git(&["config", "receive.fsckObjects", "false"]);
    let blob = id(&ada, "HEAD:README.md");
    let bytes: Vec<u8> = (0..40)
        .step_by(2)
        .map(|n| u8::from_str_radix(&blob[n..n + 2], 16).unwrap())
        .collect();
    let entry = [b"100644 x\0".as_slice(), &bytes].concat();
    let args = ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"];
    let tree = ada.env.git_bytes(&ada.clone, &args, &entry.repeat(2));
    let tree = String::from_utf8(tree).unwrap();
    let base = id(&ada, "HEAD");
    let commit = ada.git(&["commit-tree", tree.trim(), "-p", &base, "-m", "Twice"]);
    let to = format!("{commit}:refs/heads/sandbox-ada");
    g.refused(&ada, &[&token], &[&to], "has the same name twice");
}
