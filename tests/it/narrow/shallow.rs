//! Shallow clones, as CI checks them out: what lies beyond the cut is looked up beside the
//! clone, and the clone stays as deep as it was.

use super::{COMMITS, clone_with, differing, fetched, is_in_order, path, world};
use crate::support::{Kind, Machine, World, text};
use std::path::PathBuf;

/// A clone of one commit, detached, with the operator's key.
fn checkout(w: &World, branch: &str) -> Machine {
    let machine = clone_with(&w.remote, &["--depth", "1", "--branch", branch]);
    machine.share_key(w);
    machine.git(&["checkout", "--quiet", "--detach"]);
    machine
}

fn git_dir(machine: &Machine) -> PathBuf {
    machine.clone.join(".git")
}

/// git sees what it saw before: one commit, and everything that its refs reach.
#[track_caller]
fn is_as_deep_as_before(machine: &Machine) {
    assert_eq!(machine.git(&["rev-list", "--count", "HEAD"]), "1");
    let settings = machine.git(&["config", "--list", "--local"]);
    for word in ["promisor", "filter", "extensions"] {
        assert!(!settings.contains(word), "{settings}");
    }
    is_in_order(machine, &git_dir(machine));
    // Whatever a ref reaches is here, without asking anybody.
    let refs = machine.git(&["for-each-ref", "--format=%(refname)"]);
    for name in refs.lines() {
        machine.git(&["rev-list", "--objects", "--quiet", name]);
        machine.git(&["archive", "--output=/dev/null", name]);
    }
}

#[test]
fn a_main_that_is_ahead_of_the_base_conflicts_with_nobody() {
    let w = world(Kind::Path);
    let branch = w.sandbox();
    let token = text(&w.json(&["sandbox", "init"]), "reuse_token");
    let added = "docs/added.md";
    let files = [
        (added, Some(b"one\ntwo\nthree\n".as_slice())),
        ("README.md", Some(b"# Other\n".as_slice())),
    ];
    w.remote.write("main", &files, "Ahead of the base");
    let machine = checkout(&w, "main");
    machine.write(added, "one\ntwo\nthree\nfour\n");
    let args = [
        "commit",
        added,
        "-m",
        "Add a line",
        "--branch",
        &branch,
        "--reuse-token",
        &token,
    ];
    machine.json(&args);
    // As in a whole clone: what main has besides is none of it.
    assert_eq!(w.remote.text(&branch, added), "one\ntwo\nthree\nfour\n");
    assert_eq!(differing(&w.remote, "sandbox", &branch), [added]);
    is_as_deep_as_before(&machine);
    let (history, _) = fetched(&machine, &git_dir(&machine).join("aidf/past.git"));
    assert!(history <= COMMITS + 4, "{history}: commits alone");
}

#[test]
fn commits_from_beyond_the_cut_are_undone_and_git_has_all_of_it() {
    for filters in ["true", "false"] {
        let w = world(Kind::Http);
        w.remote.git(&["config", "uploadpack.allowFilter", filters]);
        let machine = checkout(&w, "sandbox");
        let branch = text(&machine.json(&["sandbox", "init"]), "branch");
        let old = w
            .remote
            .git(&["rev-parse", &format!("main~{}", COMMITS - 5)]);
        let file = path(5 * 71);
        let undone = machine.json(&["rollback", &old]);
        assert_eq!(undone["reverted_files"], serde_json::json!([file]));
        let before = w.remote.text(&format!("{old}~1"), &file);
        assert_eq!(w.remote.text(&branch, &file), before);
        is_as_deep_as_before(&machine);
        let seen = machine.git(&["show", &format!("refs/remotes/origin/{branch}:{file}")]);
        assert_eq!(seen + "\n", before);
        let undone = machine.json(&["rollback", "HEAD~2"]);
        assert_eq!(undone["reverted"].as_array().unwrap().len(), 1);
        let back = machine.json(&["rollback", "--to", &old[..10]]);
        assert_eq!(
            differing(&w.remote, &old, &branch),
            Vec::<String>::new(),
            "{back}"
        );
        is_as_deep_as_before(&machine);
    }
}

#[test]
fn the_whole_history_is_told_from_one_commit_of_it() {
    let w = world(Kind::Daemon);
    let machine = checkout(&w, "sandbox");
    let opened = machine.json(&["sandbox", "init"]);
    let branch = text(&opened, "branch");
    machine.write("a.txt", "a\n");
    machine.json(&["commit", "a.txt", "-m", "Add a"]);
    w.remote
        .write("sandbox", &[("b.txt", Some(b"b\n"))], "On the base");
    let log = machine.json(&["log", "-n", "1000"]);
    let commits = log["commits"].as_array().unwrap();
    assert_eq!(commits.len(), w.remote.count(&branch));
    let oldest = commits.last().unwrap();
    assert_eq!(oldest["subject"], "Start the project");
    assert!(oldest["files"].as_array().unwrap().len() > 5);
    let list = machine.json(&["sandbox", "list"]);
    let one = &list["sandboxes"][0];
    assert_eq!((&one["ahead"], &one["behind"]), (&1.into(), &1.into()));
    let diff = machine.json(&["sandbox", "diff"]);
    let files = diff["files"].as_array().unwrap();
    assert!(files.iter().any(|f| f["path"] == "a.txt"), "{diff}");
    assert!(files.iter().all(|f| f["path"] != "b.txt"), "{diff}");
    let status = machine.json(&["status"]);
    assert_eq!(
        (&status["ahead"], &status["behind"]),
        (&1.into(), &1.into())
    );
    assert_eq!(log["warnings"], serde_json::json!([]));
    is_as_deep_as_before(&machine);
}

#[test]
fn a_linked_worktree_of_a_shallow_clone_is_as_good() {
    let w = world(Kind::Path);
    let machine = checkout(&w, "main");
    let dir = machine.env.path("linked");
    machine.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        dir.to_str().unwrap(),
    ]);
    let mut linked = Machine::bare(&w.remote);
    linked.env = machine.env;
    linked.clone = dir;
    w.remote
        .write("main", &[("docs/more.md", Some(b"more\n"))], "Ahead");
    let branch = text(&linked.json(&["sandbox", "init"]), "branch");
    linked.write("a.txt", "a\n");
    linked.json(&["commit", "a.txt", "-m", "Add a"]);
    assert_eq!(differing(&w.remote, "sandbox", &branch), ["a.txt"]);
    let old = w.remote.git(&["rev-parse", "main~9"]);
    linked.json(&["rollback", &old]);
    w.remote.is_sound();
}

#[test]
fn what_lies_beside_a_clone_goes_with_it() {
    let w = world(Kind::Path);
    let mut machine = checkout(&w, "sandbox");
    machine.json(&["sandbox", "init"]);
    machine.json(&["log", "-n", "1000"]);
    // The clone is moved, and the remote is deeper than what was looked up before.
    let moved = machine.env.path("moved");
    std::fs::rename(&machine.clone, &moved).unwrap();
    machine.clone = moved;
    let (before, _) = fetched(&machine, &git_dir(&machine).join("aidf/past.git"));
    let log = machine.json(&["log", "-n", "1000"]);
    assert_eq!(
        log["commits"].as_array().unwrap().len(),
        w.remote.count("sandbox")
    );
    let (after, _) = fetched(&machine, &git_dir(&machine).join("aidf/past.git"));
    assert_eq!(before, after, "nothing is fetched twice");
    // Who deepens the clone by git needs none of it.
    machine.git(&["fetch", "--quiet", "--unshallow"]);
    std::fs::remove_dir_all(git_dir(&machine).join("aidf/past.git")).unwrap();
    let log = machine.json(&["log", "-n", "1000"]);
    assert_eq!(
        log["commits"].as_array().unwrap().len(),
        w.remote.count("sandbox")
    );
    assert!(!git_dir(&machine).join("aidf/past.git").exists());
    is_in_order(&machine, &git_dir(&machine));
}

#[test]
fn a_commit_that_is_gone_from_everywhere_is_in_no_history() {
    let w = world(Kind::Http);
    let machine = checkout(&w, "sandbox");
    let branch = text(&machine.json(&["sandbox", "init"]), "branch");
    machine.write("a.txt", "a\n");
    let lost = text(&machine.json(&["commit", "a.txt", "-m", "Add a"]), "commit");
    // The branch is put back, and both sides collect what was dropped.
    let old = w.remote.git(&["rev-parse", &format!("{branch}~1")]);
    w.remote
        .git(&["update-ref", &format!("refs/heads/{branch}"), &old]);
    let collect = ["-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"];
    w.remote.git(&collect);
    let tracked = format!("refs/remotes/origin/{branch}");
    machine.git(&["update-ref", &tracked, &old]);
    machine.git(&["reflog", "expire", "--expire=now", "--all"]);
    machine.git(&collect);
    let here = machine
        .env
        .try_git(&machine.clone, &["cat-file", "-e", &lost]);
    assert_ne!(here.code, 0, "it is gone from here too");
    machine.write("b.txt", "b\n");
    machine.json(&["commit", "b.txt", "-m", "Add b"]);
    assert_eq!(differing(&w.remote, "sandbox", &branch), ["b.txt"]);
    machine.json(&["status"]);
    let (history, _) = fetched(&machine, &git_dir(&machine).join("aidf/past.git"));
    assert!(history < COMMITS + 10, "{history}: commits alone");
    is_as_deep_as_before(&machine);
}

#[test]
fn an_id_that_nobody_has_is_not_looked_for_among_all_files() {
    let w = world(Kind::Path);
    let machine = checkout(&w, "sandbox");
    machine.json(&["sandbox", "init"]);
    machine.write("a.txt", "a\n");
    let nobodys = "0123456789".repeat(4);
    let args = ["commit", "a.txt", "-m", "Add a", "--base", &nobodys];
    machine.aidf(&args).exits(2);
    let past = git_dir(&machine).join("aidf/past.git");
    let (history, _) = fetched(&machine, &past);
    assert!(history < COMMITS + 10, "{history}");
}
