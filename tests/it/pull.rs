//! `sandbox pull`: the branch's newest commit in the working files, and the way out of a
//! conflict.

use std::time::SystemTime;

use crate::support::Machine;
use crate::support::team::{doc, edit, resumed, world};

fn read(machine: &Machine, path: &str) -> String {
    std::fs::read_to_string(machine.clone.join(path)).unwrap()
}

/// What changes when a file is written in place or made anew.
fn stamp(machine: &Machine, path: &str) -> (SystemTime, Option<SystemTime>) {
    let meta = machine.clone.join(path).metadata().unwrap();
    (meta.modified().unwrap(), meta.created().ok())
}

#[test]
fn a_conflict_leaves_markers_and_touches_no_other_file() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.write("doc.txt", doc(&[(2, "by A"), (15, "by A")]));
    w.json(&["commit", "doc.txt", "-m", "Lines of A"]);
    b.write("doc.txt", doc(&[(2, "by B"), (28, "by B")]));
    b.write("docs/one.txt", doc(&[(5, "by B")]));
    let before = [stamp(&b, "docs/one.txt"), stamp(&b, "docs/two.txt")];
    let out = b.aidf(&["sandbox", "pull"]).exits(6);
    assert!(out.all().contains("doc.txt line 2:"), "{out}");
    let marked = format!("line 1\n<<<<<<< yours\nby B\n=======\nby A\n>>>>>>> {branch}\nline 3\n");
    let text = read(&b, "doc.txt");
    assert!(text.starts_with(&marked), "{text}");
    assert!(text.contains("line 14\nby A\nline 16\n"), "{text}");
    assert!(text.contains("line 27\nby B\nline 29\n"), "{text}");
    let after = [stamp(&b, "docs/one.txt"), stamp(&b, "docs/two.txt")];
    assert_eq!(after, before, "files that need no merge");
}

#[test]
fn a_file_with_markers_left_is_refused_until_it_is_mended() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.write("doc.txt", doc(&[(2, "by B")]));
    b.aidf(&["sandbox", "pull"]).exits(6);
    let tip = w.remote.tip(&branch);
    for call in [
        &["commit", "doc.txt", "-m", "Too early"][..],
        &["commit", "-a", "-m", "Too early"],
        &["commit", "doc.txt", "--overwrite", "-m", "Too early"],
    ] {
        let out = b.aidf(call).exits(6);
        assert!(out.stderr.contains("conflict markers"), "{out}");
    }
    assert_eq!(w.remote.tip(&branch), tip);
    b.write("doc.txt", doc(&[(2, "by both")]));
    b.json(&["commit", "doc.txt", "-m", "Mended"]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(2, "by both")]));
    // A file may have such lines that no pull put there.
    b.write("other.txt", "<<<<<<< yours\n");
    b.json(&["commit", "other.txt", "-m", "About markers"]);
}

#[test]
fn a_pull_merges_changes_apart_and_leaves_head_and_index() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.write("doc.txt", doc(&[(2, "by A")]));
    w.write("added.txt", "by A\n");
    std::fs::remove_file(w.clone.join("docs/two.txt")).unwrap();
    w.json(&["commit", "-a", "-m", "Three files"]);
    b.write("doc.txt", doc(&[(28, "by B")]));
    let head = b.git(&["rev-parse", "HEAD"]);
    let index = b.git(&["ls-files", "--stage"]);
    let answer = b.json(&["sandbox", "pull"]);
    assert_eq!(answer["merged"], serde_json::json!(["doc.txt"]));
    assert_eq!(answer["head_moved"], false);
    assert_eq!(read(&b, "doc.txt"), doc(&[(2, "by A"), (28, "by B")]));
    assert_eq!(read(&b, "added.txt"), "by A\n");
    assert!(!b.clone.join("docs/two.txt").exists());
    assert_eq!(b.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(b.git(&["ls-files", "--stage"]), index);
    // What came with the pull is no change of ours, and one's own is.
    b.json(&["commit", "-a", "-m", "Line 28"]);
    assert_eq!(
        w.remote
            .changes(&w.remote.tip(&branch))
            .iter()
            .filter(|(_, p)| !p.starts_with("project/"))
            .count(),
        1
    );
    assert_eq!(
        b.json(&["sandbox", "pull"])["conflicts"],
        serde_json::json!([])
    );
}

#[test]
fn a_pull_takes_the_ledgers_as_the_branch_has_them() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.json(&["sandbox", "pull"]);
    b.git(&["add", "-A"]);
    b.git(&["commit", "--quiet", "-m", "Local"]);
    w.save("doc.txt", doc(&[(2, "by A again")]), "Line 2");
    b.json(&["sandbox", "pull"]);
    b.git(&["checkout", "--", "."]);
    b.json(&["sandbox", "pull"]);
    for ledger in ["project/outputs/changelog.yaml", "project/memory.yaml"] {
        assert_eq!(read(&b, ledger), w.remote.text(&branch, ledger));
    }
    assert_eq!(read(&b, "doc.txt"), doc(&[(2, "by A again")]));
    b.write("docs/one.txt", doc(&[(5, "by B")]));
    b.json(&["commit", "-a", "-m", "Line 5"]);
}

#[test]
fn a_ledger_that_somebody_changed_by_hand_is_left_alone_and_named() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.json(&["sandbox", "pull"]);
    let ledger = "project/outputs/changelog.yaml";
    let by_hand = format!("{}# a thought\n", read(&b, ledger));
    b.write(ledger, &by_hand);
    w.save("doc.txt", doc(&[(2, "by A again")]), "Line 2");
    for command in ["pull", "switch"] {
        let answer = b.json(&["sandbox", command]);
        let warned = crate::support::listed(&answer["warnings"]);
        assert!(warned.contains("changed by hand"), "{answer:#}");
        assert_eq!(read(&b, ledger), by_hand);
    }
    b.git(&["checkout", "--", ledger]);
    b.json(&["sandbox", "pull"]);
    assert_eq!(read(&b, ledger), w.remote.text(&branch, ledger));
}

#[test]
fn a_file_that_others_deleted_and_we_changed_stays_and_says_so() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.json(&["commit", "--rm", "doc.txt", "-m", "Remove"]);
    edit(&b, "doc.txt", 28, "by B");
    let out = b.aidf(&["sandbox", "pull"]).exits(6);
    assert!(out.all().contains("others deleted it"), "{out}");
    assert_eq!(read(&b, "doc.txt"), doc(&[(28, "by B")]));
    // Having seen that, the user wants it back.
    b.json(&["commit", "doc.txt", "-m", "Back again"]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(28, "by B")]));
}

#[test]
fn a_pull_of_what_is_here_does_nothing() {
    let (w, _, token) = world();
    let b = resumed(&w, &token);
    assert_eq!(b.json(&["sandbox", "pull"])["head_moved"], false);
    assert_eq!(b.json(&["sandbox", "pull"])["unchanged"], true);
}

#[test]
fn no_markers_are_put_into_pointers_of_git_lfs() {
    let pointer = |n: u32| {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{n:064}\nsize 7\n")
    };
    let (w, _, token) = world();
    w.save("large.bin", pointer(1), "A pointer");
    let b = resumed(&w, &token);
    b.json(&["sandbox", "pull"]);
    w.save("large.bin", pointer(2), "Another");
    b.write("large.bin", pointer(3));
    for call in [
        &["sandbox", "pull"][..],
        &["commit", "large.bin", "-m", "A third"],
    ] {
        let out = b.aidf(call).exits(6);
        assert!(
            out.all().contains("large.bin: others changed it too"),
            "{out}"
        );
        assert_eq!(read(&b, "large.bin"), pointer(3));
    }
}
