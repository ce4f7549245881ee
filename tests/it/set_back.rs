//! A sandbox's branch that somebody sets back, or deletes and opens anew, after work was
//! written to it from here: nothing of that work is lost, and it is told.

use crate::support::World;
use crate::support::team::{doc, edit, resumed, world};
use std::time::Duration;

const WARNING: &str = "was set back, or opened anew";

/// Has the remote's branch hold another commit. A file's time is coarse, and what was written
/// at the same moment as a command began proves nothing to it.
fn set(w: &World, branch: &str, to: &str) {
    w.remote
        .git(&["update-ref", &format!("refs/heads/{branch}"), to]);
    std::thread::sleep(Duration::from_millis(60));
}

/// The state of a file in `status`, where it differs.
fn state(w: &World, path: &str) -> Option<String> {
    let told = w.json(&["status"]);
    let local = told["local"].as_array().expect("a value");
    let one = local.iter().find(|one| one["path"] == path)?;
    Some(one["state"].as_str().expect("a value").to_owned())
}

#[test]
fn what_a_set_back_branch_lost_is_told_stays_and_is_committed_again() {
    let (w, branch, _) = world();
    w.save("one", "1\n", "One");
    w.save("two", "2\n", "Two");
    set(&w, &branch, &format!("{branch}~1"));
    let out = w.aidf(&["status"]).ok();
    assert!(out.stderr.contains(WARNING), "{out}");
    assert!(out.stderr.contains("not committed: two"), "{out}");
    assert_eq!(state(&w, "two").as_deref(), Some("added"));
    assert_eq!(state(&w, "one"), None);
    let pulled = w.json(&["sandbox", "pull"]);
    assert_eq!(pulled["removed"], serde_json::json!([]));
    let file = w.clone.join("two");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "2\n");
    w.json(&["commit", "-a", "-m", "Again"]);
    assert_eq!(w.remote.text(&branch, "two"), "2\n");
    assert_eq!(w.remote.text(&branch, "one"), "1\n");
    // It is in order again, and stays so when others write.
    w.save("three", "3\n", "Three");
    let out = w.aidf(&["status"]).ok();
    assert!(!out.stderr.contains(WARNING), "{out}");
    assert_eq!(state(&w, "two"), None);
}

#[test]
fn what_is_written_after_the_loss_does_not_hide_it() {
    let (w, branch, token) = world();
    w.save("two", "2\n", "Two");
    set(&w, &branch, &format!("{branch}~1"));
    w.save("three", "3\n", "Three");
    resumed(&w, &token).save("four", "4\n", "Four");
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(state(&w, "two").as_deref(), Some("added"));
    w.json(&["sandbox", "pull"]);
    w.json(&["commit", "two", "-m", "Again"]);
    for (path, text) in [("two", "2\n"), ("three", "3\n"), ("four", "4\n")] {
        assert_eq!(w.remote.text(&branch, path), text);
    }
}

#[test]
fn a_sandbox_that_is_deleted_and_opened_anew_takes_no_file_away() {
    let (w, branch, _) = world();
    w.save("one", "1\n", "One");
    let full = format!("refs/heads/{branch}");
    w.remote.git(&["update-ref", "-d", &full]);
    std::thread::sleep(Duration::from_millis(60));
    let name = branch.strip_prefix("sandbox-").expect("a value");
    w.json(&["sandbox", "init", "--name", name]);
    w.json(&["sandbox", "pull"]);
    assert_eq!(state(&w, "one").as_deref(), Some("added"));
    w.json(&["commit", "-a", "-m", "Again"]);
    assert_eq!(w.remote.text(&branch, "one"), "1\n");
}

#[test]
fn lost_changes_of_a_file_are_merged_with_what_others_wrote_since() {
    let (w, branch, token) = world();
    w.save("doc.txt", doc(&[(2, "kept")]), "Line 2");
    w.save("doc.txt", doc(&[(2, "kept"), (9, "lost")]), "Line 9");
    set(&w, &branch, &format!("{branch}~1"));
    let b = resumed(&w, &token);
    b.json(&["sandbox", "pull"]);
    edit(&b, "doc.txt", 28, "by B");
    b.json(&["commit", "doc.txt", "-m", "Line 28"]);
    w.json(&["commit", "doc.txt", "-m", "Again"]);
    let expected = doc(&[(2, "kept"), (9, "lost"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn a_commit_that_comes_back_as_another_one_is_not_lost() {
    let (w, branch, token) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    // Somebody amends it, and another goes on from there.
    let amended = w.remote.git(&[
        "-c",
        "user.name=Some",
        "-c",
        "user.email=s@b.invalid",
        "commit-tree",
        &format!("{branch}^{{tree}}"),
        "-p",
        &format!("{branch}~1"),
        "-m",
        "Amended",
    ]);
    set(&w, &branch, amended.trim());
    let b = resumed(&w, &token);
    b.json(&["sandbox", "pull"]);
    b.save("doc.txt", doc(&[(2, "by B")]), "Line 2 again");
    std::thread::sleep(Duration::from_millis(60));
    let out = w.aidf(&["status"]).ok();
    assert!(!out.stderr.contains(WARNING), "{out}");
    assert_eq!(state(&w, "doc.txt").as_deref(), Some("stale"));
    w.json(&["sandbox", "pull"]);
    let file = std::fs::read_to_string(w.clone.join("doc.txt")).unwrap();
    assert_eq!(file, doc(&[(2, "by B")]));
}

#[test]
fn the_checkout_moves_to_a_set_back_branch_and_keeps_the_files() {
    let (w, branch, _) = world();
    w.save("two", "2\n", "Two");
    set(&w, &branch, &format!("{branch}~1"));
    w.json(&["sandbox", "switch"]);
    let file = w.clone.join("two");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "2\n");
    assert_eq!(w.git(&["status", "--porcelain", "two"]).trim(), "?? two");
}
