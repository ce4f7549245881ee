//! `sandbox switch`, and a checkout that is on the sandbox's own branch.

use crate::support::Machine;
use crate::support::team::{doc, edit, resumed, world};

fn read(machine: &Machine, path: &str) -> String {
    std::fs::read_to_string(machine.clone.join(path)).unwrap()
}

#[test]
fn a_switch_brings_along_what_was_not_committed() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.write("doc.txt", doc(&[(28, "by B")]));
    b.write("new.txt", "by B\n");
    b.json(&["sandbox", "switch"]);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), branch);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    let upstream = ["rev-parse", "--abbrev-ref", "@{upstream}"];
    assert_eq!(b.git(&upstream), format!("origin/{branch}"));
    assert_eq!(read(&b, "doc.txt"), doc(&[(2, "by A"), (28, "by B")]));
    assert_eq!(read(&b, "new.txt"), "by B\n");
    let status = b.git(&["status", "--short"]);
    assert_eq!(status.trim(), "M doc.txt\n?? new.txt");
    assert_eq!(b.json(&["sandbox", "switch"])["unchanged"], true);
}

#[test]
fn a_switch_that_would_lose_something_changes_nothing() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.write("doc.txt", doc(&[(2, "by B")]));
    let before = b.snapshot();
    let out = b.aidf(&["sandbox", "switch"]).exits(6);
    assert!(out.stderr.contains("doc.txt line 2"), "{out}");
    assert_eq!(b.snapshot(), before);
    assert_eq!(read(&b, "doc.txt"), doc(&[(2, "by B")]));
    // What stands in the index alone is somebody's work as well.
    b.write("doc.txt", doc(&[(20, "staged")]));
    b.git(&["add", "doc.txt"]);
    b.write("doc.txt", doc(&[(28, "by B")]));
    let before = b.snapshot();
    let out = b.aidf(&["sandbox", "switch"]).exits(6);
    assert!(out.stderr.contains("is staged"), "{out}");
    assert_eq!(b.snapshot(), before);
    assert!(!b.git(&["branch"]).contains(&branch));
}

#[test]
fn a_switch_that_leaves_head_leaves_the_files() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    b.write("docs/one.txt", doc(&[(1, "local")]));
    b.git(&["commit", "--quiet", "-a", "-m", "Local"]);
    // HEAD has a commit of its own, and so it stays behind what is written from here.
    b.save("doc.txt", doc(&[(20, "by B")]), "Line 20");
    edit(&b, "doc.txt", 28, "not committed");
    let expected = doc(&[(20, "by B"), (28, "not committed")]);
    b.json(&["sandbox", "switch"]);
    assert_eq!(read(&b, "doc.txt"), expected);
    b.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
    assert_eq!(w.remote.text(&branch, "docs/one.txt"), doc(&[(1, "local")]));
}

#[test]
fn on_the_own_branch_head_and_index_follow_and_the_status_is_clean() {
    for by_git in [false, true] {
        let (w, branch, token) = world();
        let b = resumed(&w, &token);
        if by_git {
            b.git(&["fetch", "--quiet"]);
            b.git(&["checkout", "--quiet", &branch]);
        } else {
            b.json(&["sandbox", "switch"]);
        }
        b.write("doc.txt", doc(&[(28, "by B")]));
        b.write("new.txt", "by B\n");
        std::fs::remove_file(b.clone.join("docs/two.txt")).unwrap();
        b.json(&["commit", "-a", "-m", "Three files"]);
        assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
        assert_eq!(b.git(&["status", "--porcelain"]), "");
        // What is not written stays as it is.
        b.write("docs/one.txt", doc(&[(3, "later")]));
        b.save("doc.txt", doc(&[(28, "by B again")]), "Line 28");
        assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
        assert_eq!(b.git(&["status", "--porcelain"]).trim(), "M docs/one.txt");
        b.git(&["checkout", "--", "."]);
        w.json(&["sandbox", "pull"]);
        w.save("doc.txt", doc(&[(2, "by A"), (28, "by B again")]), "Line 2");
        b.git(&["pull", "--quiet", "--ff-only"]);
        assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
        assert_eq!(b.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn on_the_own_branch_a_pull_moves_head_and_index() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    edit(&b, "docs/one.txt", 5, "by B");
    assert_eq!(b.json(&["sandbox", "pull"])["head_moved"], true);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(b.git(&["status", "--porcelain"]).trim(), "M docs/one.txt");
}

#[test]
fn a_commit_behind_the_tip_leaves_head_to_the_pull() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    let head = b.git(&["rev-parse", "HEAD"]);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let saved = b.save("docs/one.txt", doc(&[(5, "by B")]), "Line 5");
    assert!(saved["warnings"].to_string().contains("aidf sandbox pull"));
    assert_eq!(b.git(&["rev-parse", "HEAD"]), head);
    b.json(&["sandbox", "pull"]);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(b.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_was_staged_of_a_file_before_it_was_written_is_in_nobodys_way() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    b.write("f.txt", "one\n");
    b.git(&["add", "f.txt"]);
    b.git(&["mv", "docs/one.txt", "docs/three.txt"]);
    b.write("f.txt", "one\nmore\n");
    edit(&b, "docs/three.txt", 5, "by B");
    let saved = b.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(saved["warnings"], serde_json::json!([]));
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    // What is staged of a file that is not written stays.
    b.write("g.txt", "staged\n");
    b.git(&["add", "g.txt"]);
    b.write("g.txt", "later\n");
    b.save("h.txt", "h\n", "H");
    assert_eq!(b.git(&["show", ":g.txt"]).trim(), "staged");
}

#[test]
fn on_any_other_branch_head_and_index_stay() {
    let (w, _, token) = world();
    let b = resumed(&w, &token);
    let (head, index) = (
        b.git(&["rev-parse", "HEAD"]),
        b.git(&["ls-files", "--stage"]),
    );
    b.save("doc.txt", doc(&[(28, "by B")]), "Line 28");
    b.json(&["sandbox", "pull"]);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(b.git(&["ls-files", "--stage"]), index);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), "main");
    drop(w);
}

#[test]
fn a_switch_says_that_the_sandbox_has_moved_only_where_it_has() {
    let (w, _, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    b.write("docs/one.txt", doc(&[(1, "local")]));
    b.git(&["commit", "--quiet", "-a", "-m", "Local"]);
    let said = b.json(&["sandbox", "switch"])["message"].to_string();
    assert!(said.contains("it has local commits"), "{said}");
    assert!(!said.contains("has moved"), "{said}");
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let said = b.json(&["sandbox", "switch"])["message"].to_string();
    assert!(said.contains("the sandbox has moved"), "{said}");
}
