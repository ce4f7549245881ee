//! `aidf backup restore`: to a new branch, or by a commit onto one that is there.

use serde_json::Value;

use crate::backup_days::{backup_of, days_ago, put};
use crate::support::{CHANGELOG, Kind, Machine, ROLLBACKS, World, entries, text};

#[track_caller]
fn has_its_fields(answer: &Value) {
    for field in ["backup", "branch", "commit", "created", "message"] {
        assert!(answer.get(field).is_some(), "no {field} in {answer:#}");
    }
}

#[test]
fn a_backup_comes_back_as_a_branch_of_its_own() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let tip = w.remote.tip("main");
        put(&w.env, &w.remote, &[(backup_of(2), tip.clone())]);
        w.remote.write("main", &[("README.md", None)], "A bad day");
        let before = w.snapshot();
        let answer = w.json(&["backup", "restore", &backup_of(2)]);
        has_its_fields(&answer);
        let branch = format!("restore/{}", days_ago(2));
        assert_eq!(answer["backup"], backup_of(2).as_str());
        assert_eq!(answer["branch"], branch.as_str());
        assert_eq!(answer["commit"], tip.as_str());
        assert_eq!(answer["created"], true);
        assert_eq!(w.remote.tip(&branch), tip);
        assert_eq!(w.snapshot(), before, "the clone is untouched");
        w.remote.is_sound();
    }
}

#[test]
fn of_another_branch_too_and_without_a_clone() {
    let w = World::path();
    w.json(&["backup", "--branch", "sandbox"]);
    let name = format!("backup/sandbox/{}", days_ago(0));
    let home = w.env.home();
    let out = w
        .env
        .aidf(
            &home,
            &["-R", &w.remote.url, "backup", "restore", &name, "--json"],
        )
        .ok();
    let branch = format!("restore/sandbox/{}", days_ago(0));
    assert_eq!(out.json()["branch"], branch.as_str());
    assert_eq!(w.remote.tip(&branch), w.remote.tip("sandbox"));
}

#[test]
fn to_a_branch_of_the_callers_choice() {
    let w = World::path();
    w.json(&["backup"]);
    let answer = w.json(&["backup", "restore", &backup_of(0), "--to", "rescue/one"]);
    assert_eq!(answer["branch"], "rescue/one");
    assert_eq!(answer["created"], true);
    assert_eq!(w.remote.tip("rescue/one"), w.remote.tip("main"));
}

#[test]
fn a_restored_branch_is_never_moved_by_restoring_again() {
    let w = World::path();
    w.json(&["backup"]);
    let branch = format!("restore/{}", days_ago(0));
    w.json(&["backup", "restore", &backup_of(0)]);
    // Somebody went on from there.
    let work = w
        .remote
        .write(&branch, &[("work.txt", Some(b"work\n"))], "Work");
    let out = w.aidf(&["backup", "restore", &backup_of(0), "--json"]);
    assert_eq!(
        w.remote
            .git(&["merge-base", "--is-ancestor", &work, &branch]),
        "",
        "{out}"
    );
}

#[test]
fn restoring_the_same_twice_moves_nothing() {
    let w = World::path();
    w.json(&["backup"]);
    w.json(&["backup", "restore", &backup_of(0)]);
    let refs = w.remote.refs();
    let out = w.aidf(&["backup", "restore", &backup_of(0), "--json"]);
    assert!(matches!(out.code, 0 | 6), "{out}");
    if out.code == 0 {
        assert_eq!(out.json()["created"], false, "{out}");
    }
    assert_eq!(w.remote.refs(), refs);
}

/// A sandbox with work on it, and a backup of what it was before.
fn spoiled() -> (World, String, String) {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    w.save("good.txt", "good\n", "Good work");
    w.json(&["backup", "--branch", &branch]);
    w.save("good.txt", "bad\n", "Bad work");
    w.save("more.txt", "bad\n", "More bad work");
    let name = format!("backup/{branch}/{}", days_ago(0));
    (w, branch, name)
}

#[test]
fn onto_a_sandbox_it_is_a_commit_that_makes_the_files_what_they_were() {
    let (w, branch, name) = spoiled();
    let before = w.remote.tip(&branch);
    let log = w.remote.file(&branch, CHANGELOG);
    let answer = w.json(&[
        "backup",
        "restore",
        &name,
        "--to",
        &branch,
        "--reason",
        "It was better then",
    ]);
    has_its_fields(&answer);
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(answer["created"], false);
    let tip = w.remote.tip(&branch);
    assert_eq!(answer["commit"], tip.as_str());
    assert_eq!(w.remote.git(&["rev-parse", &format!("{tip}^")]), before);
    assert_eq!(w.remote.contents(&branch), w.remote.contents(&name));
    // As any rollback: entered in the ledgers, which only grow.
    assert!(w.remote.file(&branch, CHANGELOG).starts_with(&log));
    let list = entries(&w.remote.file(&branch, ROLLBACKS));
    assert!(
        list.iter().any(|e| e["reason"] == "It was better then"),
        "{list:#?}"
    );
    let author = w.remote.git(&["log", "-1", "--format=%an", &branch]);
    assert_eq!(author, branch, "no person's name");
    w.remote.is_sound();
}

#[test]
fn the_backup_of_main_goes_onto_a_sandbox_as_well() {
    let w = World::path();
    w.json(&["backup"]);
    let branch = w.sandbox();
    w.save("src/lib.py", "broken\n", "Break it");
    w.json(&["backup", "restore", &backup_of(0), "--to", &branch]);
    assert_eq!(w.remote.contents(&branch), w.remote.contents("main"));
}

#[test]
fn onto_a_sandbox_it_needs_its_token() {
    let (w, branch, name) = spoiled();
    let token = text(&w.init(), "reuse_token");
    let stranger = w.other();
    let refs = w.remote.refs();
    let args = ["backup", "restore", &name, "--to", &branch, "--json"];
    let out = stranger.aidf(&args);
    assert!(matches!(out.code, 4 | 5), "{out}");
    out.error();
    assert_eq!(w.remote.refs(), refs);
    // Another sandbox's token is not it.
    let other: Machine = w.other();
    other.share_key(&w);
    let wrong = text(&other.init(), "reuse_token");
    let refs = w.remote.refs();
    let out = other.aidf(&[&args[..], &["--reuse-token", &wrong]].concat());
    assert!(matches!(out.code, 4 | 5), "{out}");
    assert_eq!(w.remote.refs(), refs);
    // With the right one it is done.
    other
        .aidf(&[&args[..], &["--reuse-token", &token]].concat())
        .ok();
    assert_eq!(w.remote.contents(&branch), w.remote.contents(&name));
}

#[test]
fn a_protected_branch_is_refused() {
    let w = World::path();
    put(&w.env, &w.remote, &[(backup_of(1), w.remote.tip("main"))]);
    w.remote.write("main", &[("README.md", None)], "A bad day");
    for branch in ["main", "sandbox"] {
        let out = w.refuses(&["backup", "restore", &backup_of(1), "--to", branch], 5);
        assert!(out.stderr.contains(branch), "{out}");
    }
    // Nor into the backups' own place, whether it is there or not.
    w.refuses(
        &["backup", "restore", &backup_of(1), "--to", &backup_of(0)],
        5,
    );
    w.json(&["backup"]);
    w.refuses(
        &["backup", "restore", &backup_of(1), "--to", &backup_of(0)],
        5,
    );
}

#[test]
fn a_backup_that_is_not_there_is_not_found() {
    let w = World::path();
    w.json(&["backup"]);
    w.refuses(&["backup", "restore", "backup/1999-01-01"], 3);
    // A branch is not a backup.
    w.refuses_any(&["backup", "restore", "main"], &[2, 3]);
}

#[test]
fn a_malformed_target_is_a_usage_error() {
    let w = World::path();
    w.json(&["backup"]);
    w.refuses(&["backup", "restore", &backup_of(0), "--to", "a..b"], 2);
    w.refuses(&["backup", "restore"], 2);
}
