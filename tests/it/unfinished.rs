//! A checkout in which git has begun something and not finished it.

use crate::support::team::{doc, resumed, world};
use crate::support::{Machine, Out, World};

/// Machine B, whose clone has a branch `side` that conflicts with `main` in doc.txt, twice, and
/// the sandbox's branch. A wrote to the sandbox.
fn ready() -> (World, Machine, String) {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("docs/two.txt", doc(&[(2, "by A")]), "Line 2");
    b.git(&["switch", "--quiet", "-c", "side"]);
    for (n, text) in [(3, "side"), (4, "side too")] {
        b.write("doc.txt", doc(&[(n, text)]));
        b.git(&["commit", "--quiet", "-a", "-m", text]);
    }
    b.git(&["switch", "--quiet", "main"]);
    b.write("doc.txt", doc(&[(3, "here"), (4, "here")]));
    b.git(&["commit", "--quiet", "-a", "-m", "here"]);
    (w, b, branch)
}

/// Runs git, which ends with a conflict.
#[track_caller]
fn conflicts(b: &Machine, args: &[&str]) {
    let out = b.env.try_git(&b.clone, args);
    assert_ne!(out.code, 0, "git {args:?} has no conflict");
}

/// The ways into a state that git has to be let finish: what is run, and how it is named.
const WAYS: &[(&[&str], &str)] = &[
    (&["merge", "--quiet", "side"], "a merge"),
    (&["rebase", "--quiet", "--merge", "side"], "a rebase"),
    (&["rebase", "--quiet", "--apply", "side"], "a rebase"),
    (&["cherry-pick", "side"], "a cherry-pick"),
    (&["cherry-pick", "main..side"], "a cherry-pick"),
    (&["revert", "--no-edit", "side"], "a revert"),
];

#[track_caller]
fn refused(b: &Machine, out: Out, named: &str) {
    let out = out.exits(6);
    let said = format!("{named} is not finished");
    assert!(out.stderr.contains(&said), "{out}");
    assert!(out.stderr.contains("--abort`"), "{out}");
    drop(b.git(&["status"]));
}

#[test]
fn neither_switch_nor_pull_moves_a_head_that_git_is_at_work_on() {
    let (_w, b, _) = ready();
    for (args, named) in WAYS {
        conflicts(&b, args);
        let before = b.snapshot();
        for command in ["switch", "pull"] {
            refused(&b, b.aidf(&["sandbox", command]), named);
            assert_eq!(b.snapshot(), before, "{args:?}");
        }
        b.git(&[args[0], "--abort"]);
    }
    // Between two commits of a sequence no commit is named.
    conflicts(&b, &["cherry-pick", "main..side"]);
    b.write("doc.txt", doc(&[(3, "both")]));
    b.git(&["commit", "--quiet", "-a", "--no-edit"]);
    assert!(!b.clone.join(".git/CHERRY_PICK_HEAD").exists());
    refused(&b, b.aidf(&["sandbox", "switch"]), "a cherry-pick");
    b.git(&["cherry-pick", "--abort"]);
    // And a patch from a letter.
    let patch = b.git(&["format-patch", "-1", "--stdout", "side"]);
    let file = b.env.path("patch");
    std::fs::write(&file, patch + "\n").unwrap();
    conflicts(&b, &["am", "--quiet", file.to_str().unwrap()]);
    refused(&b, b.aidf(&["sandbox", "switch"]), "`git am`");
    b.git(&["am", "--abort"]);
    b.json(&["sandbox", "switch"]);
}

#[test]
fn a_rebase_that_was_refused_a_switch_goes_on_with_all_its_commits() {
    let (_w, b, _) = ready();
    b.git(&["switch", "--quiet", "-C", "side", "origin/main"]);
    for n in ["one", "two"] {
        b.write(n, n);
        b.git(&["add", n]);
        b.git(&["commit", "--quiet", "-m", n]);
    }
    // It stops after the first commit, and nothing is changed in the files.
    conflicts(&b, &["rebase", "--quiet", "--exec", "test -e two", "main"]);
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    b.aidf(&["sandbox", "switch"]).exits(6);
    b.git(&["rebase", "--continue"]);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), "side");
    let added = ["log", "--format=%s", "main..side"];
    assert_eq!(b.git(&added), "two\none");
}

#[test]
fn whoever_bisects_is_warned_and_no_more() {
    let (_w, b, branch) = ready();
    b.git(&["bisect", "start"]);
    let said = b.json(&["sandbox", "switch"]);
    assert!(
        said["warnings"].to_string().contains("git is bisecting"),
        "{said}"
    );
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), branch);
}

#[test]
fn a_write_during_a_merge_on_the_sandboxs_branch_lands_and_leaves_head() {
    let (w, b, branch) = ready();
    b.json(&["sandbox", "switch"]);
    b.write("doc.txt", doc(&[(3, "sandbox")]));
    b.json(&["commit", "doc.txt", "-m", "Line 3"]);
    conflicts(&b, &["merge", "--quiet", "side"]);
    let head = b.git(&["rev-parse", "HEAD"]);
    let said = b.save("new.txt", "new\n", "New");
    assert!(
        said["warnings"]
            .to_string()
            .contains("a merge is not finished"),
        "{said}"
    );
    assert_eq!(w.remote.text(&branch, "new.txt"), "new\n");
    assert_eq!(b.git(&["rev-parse", "HEAD"]), head);
    // Then git makes the merge, and the checkout comes after.
    b.write("doc.txt", doc(&[(3, "both")]));
    b.git(&["add", "doc.txt"]);
    b.git(&["commit", "--quiet", "--no-edit"]);
    assert_eq!(b.git(&["rev-list", "--count", "HEAD^2", "^HEAD^1"]), "2");
}

#[test]
fn commits_that_only_a_detached_head_holds_are_named_when_it_goes() {
    let (w, _, token) = world();
    let b = resumed(&w, &token);
    b.git(&["switch", "--quiet", "--detach"]);
    b.git(&["commit", "--quiet", "--allow-empty", "-m", "Mine alone"]);
    let mine = b.git(&["rev-parse", "HEAD"]);
    let said = b.json(&["sandbox", "switch"])["warnings"].to_string();
    assert!(said.contains("1 commit that no branch holds"), "{said}");
    assert!(said.contains(&mine), "{said}");
    // A branch holds them the second time.
    b.git(&["branch", "kept", &mine]);
    b.git(&["switch", "--quiet", "--detach", "kept"]);
    let said = b.json(&["sandbox", "switch"])["warnings"].to_string();
    assert!(!said.contains("that no branch holds"), "{said}");
}

#[test]
fn a_file_that_git_has_unmerged_is_committed_once_git_was_told_that_it_is_resolved() {
    let (w, b, branch) = ready();
    conflicts(&b, &["merge", "--quiet", "side"]);
    let before = w.remote.refs();
    for args in [&["doc.txt"][..], &["."], &["-a"]] {
        let mut args = args.to_vec();
        args.splice(0..0, ["commit", "-m", "Markers"]);
        let out = b.aidf(&args).exits(6);
        assert!(out.stderr.contains("`doc.txt` is unmerged"), "{out}");
        assert!(out.stderr.contains("`git add`"), "{out}");
    }
    for form in [
        &["--index-version", "4"][..],
        &["--split-index"],
        &["--no-split-index"],
    ] {
        b.git(&[&["update-index"], form].concat());
        let out = b.aidf(&["commit", "doc.txt", "-m", "Markers"]).exits(6);
        assert!(
            out.stderr.contains("`doc.txt` is unmerged"),
            "{form:?}: {out}"
        );
    }
    b.aidf(&["commit", "doc.txt=doc.txt", "-m", "Markers"])
        .exits(6);
    assert_eq!(w.remote.refs(), before);
    let local = b.json(&["status"])["local"].to_string();
    assert!(local.contains("doc.txt"), "{local}");
    // Other files are nobody's concern.
    b.save("new.txt", "new\n", "New");
    b.write("doc.txt", doc(&[(3, "both")]));
    b.aidf(&["commit", "doc.txt", "-m", "Not told"]).exits(6);
    b.git(&["add", "doc.txt"]);
    b.json(&["commit", "doc.txt", "-m", "Resolved"]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(3, "both")]));
}

#[test]
fn what_a_stash_left_unmerged_is_in_the_way_of_a_switch_and_a_pull() {
    let (w, b, branch) = ready();
    b.write("doc.txt", doc(&[(3, "put aside")]));
    b.git(&["stash", "--quiet"]);
    b.git(&["switch", "--quiet", "side"]);
    conflicts(&b, &["stash", "pop"]);
    let before = b.snapshot();
    for command in ["switch", "pull"] {
        let out = b.aidf(&["sandbox", command]).exits(6);
        assert!(out.stderr.contains("`doc.txt` is unmerged"), "{out}");
    }
    assert_eq!(b.snapshot(), before);
    // A removal by name says what is to become of it.
    b.aidf(&["commit", "-a", "-m", "All"]).exits(6);
    std::fs::remove_file(b.clone.join("doc.txt")).unwrap();
    b.aidf(&["commit", "-a", "-m", "All"]).exits(6);
    b.json(&["commit", "--rm", "doc.txt", "-m", "Gone"]);
    assert!(w.remote.try_file(&branch, "doc.txt").is_none());
}
