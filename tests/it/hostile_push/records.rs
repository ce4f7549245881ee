//! What the server writes down, and how much of it.

use super::held;

#[test]
fn the_journal_says_of_whom_a_decision_is_and_git_may_still_refuse() {
    let (g, ada, token) = held("");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    // A hook after this one, which the first cannot know of.
    g.w.remote.hook("update", "#!/bin/sh\nexit 1\n");
    let before = g.w.remote.refs();
    assert_ne!(g.push(&ada, &[&token], &[super::ADA]).code, 0);
    assert_eq!(g.w.remote.refs(), before);
    let journal = g.journal();
    let last = journal.last().unwrap();
    assert_eq!(last["allowed"], true, "{last}");
    assert_eq!(last["decision"], "allowed_by_hook", "{last}");
    g.w.remote.unhook("update");
    g.refused(&ada, &[], &["HEAD:refs/heads/main"], "main is protected");
    assert_eq!(g.journal().last().unwrap()["decision"], "refused_by_hook");
}

#[test]
fn refused_refs_without_number_grow_the_journal_by_a_bounded_number_of_lines() {
    let (g, ada, _token) = held("");
    let refs: Vec<String> = (0..3_000)
        .map(|n| format!("HEAD:refs/heads/main/{n}"))
        .collect();
    let refs: Vec<&str> = refs.iter().map(String::as_str).collect();
    let before = g.journal().len();
    let out = g.push(&ada, &[], &refs);
    assert_ne!(out.code, 0);
    assert!(out.stderr.contains("more refs are refused"), "{out}");
    assert!(
        out.stderr.matches("would block main").count() < 100,
        "{out}"
    );
    let journal = g.journal();
    assert_eq!(journal.len(), before + 101);
    assert_eq!(journal.last().unwrap()["refs"], 2_900);
}

#[test]
fn refs_that_anybody_may_write_push_no_earlier_decision_out_of_the_journal() {
    let (g, ada, _token) = held("");
    let long = "x/".repeat(300);
    let refs: Vec<String> = (0..400)
        .map(|n| format!("HEAD:refs/heads/feature/{n}/{long}x"))
        .collect();
    let refs: Vec<&str> = refs.iter().map(String::as_str).collect();
    let size = || {
        let file = g.w.remote.bare.join("aidf/journal.jsonl");
        std::fs::metadata(file).unwrap().len()
    };
    let (lines, bytes) = (g.journal().len(), size());
    g.passes(&ada, &[], &refs);
    let journal = g.journal();
    assert_eq!(journal.len(), lines + 11);
    assert_eq!(journal.last().unwrap()["refs"], 390);
    assert_eq!(journal.last().unwrap()["allowed"], true);
    assert!(size() - bytes < 16 << 10, "{}", size() - bytes);
    // Nor do names of any length that are refused.
    let bytes = size();
    let name = format!("HEAD:refs/heads/main/{}x", "x/".repeat(10_000));
    assert_ne!(g.push(&ada, &[], &[&name]).code, 0);
    assert!(size() - bytes < 4 << 10, "{}", size() - bytes);
    // What is guarded has a line for each ref, and so has all that an operator writes.
    let lines = g.journal().len();
    let refs: Vec<String> = (0..20).map(|n| format!("HEAD:refs/tags/v{n}")).collect();
    let refs: Vec<&str> = refs.iter().map(String::as_str).collect();
    g.passes(&ada, &[&g.operator], &refs);
    assert_eq!(g.journal().len(), lines + 20);
}

#[test]
fn every_ref_that_leaves_its_tip_has_a_line_with_it_whoever_moves_it() {
    let (g, ada, _token) = held("");
    let names: Vec<String> = (0..60)
        .map(|n| format!("refs/heads/feature/{n:02}"))
        .collect();
    let push = |what: &str| {
        let refs: Vec<String> = names.iter().map(|name| format!("{what}:{name}")).collect();
        let before = g.journal().len();
        let out = g.push(
            &ada,
            &[],
            &refs.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        assert_eq!(out.code, 0, "{out}");
        g.journal().split_off(before)
    };
    let [first, second] = ["First", "Second"].map(|message| {
        ada.git(&["commit-tree", "HEAD^{tree}", "-m", message])
            .trim()
            .to_owned()
    });
    assert_eq!(push(&first).len(), 11, "creations are bounded");
    for (what, motion, old) in [
        (&*format!("+{second}"), "force", &first),
        ("", "delete", &second),
    ] {
        let lines = push(what);
        assert_eq!(lines.len(), 60, "{motion}");
        for name in &names {
            let line = lines.iter().find(|l| l["ref"] == name.as_str()).unwrap();
            assert_eq!(line["motion"], motion, "{line}");
            assert_eq!(line["old"], old.as_str(), "{line}");
        }
    }
    // What is not there has no tip to leave.
    assert_eq!(push("").len(), 11);
}

#[test]
fn a_journal_that_is_large_begins_anew_and_the_earlier_one_is_kept() {
    let (g, ada, token) = held("");
    let journal = g.w.remote.bare.join("aidf/journal.jsonl");
    let line = "{\"allowed\":true}\n";
    std::fs::write(&journal, line.repeat((16 << 20) / line.len() + 1)).unwrap();
    ada.plain(&[("a.txt", "a\n")], "Mine");
    g.passes(&ada, &[&token], &[super::ADA]);
    assert_eq!(g.journal().len(), 1);
    let earlier = std::fs::metadata(journal.with_file_name("journal.jsonl.1")).unwrap();
    assert!(earlier.len() >= 16 << 20);
}
