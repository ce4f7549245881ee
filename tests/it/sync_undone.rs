//! A sync that a sandbox rolled back: what it had brought stays on main, and the next sync
//! brings it again.

use crate::support::team::{doc, world};
use crate::support::{World, text, yaml};
use serde_json::json;

const MEMORY: &str = "project/memory.yaml";

fn operator(w: &World) -> String {
    text(&w.json(&["token", "issue", "--operator"]), "token")
}

fn land_args<'a>(branch: &'a str, token: &'a str) -> [&'a str; 4] {
    ["land", branch, "--reuse-token", token]
}

fn sync(w: &World) -> serde_json::Value {
    w.json(&["sandbox", "sync", "--from", "main"])
}

/// Main's own work: a new file, and a line of a shared one.
fn on_main(w: &World, line: (usize, &str)) {
    let doc = doc(&[line]);
    w.remote.write(
        "main",
        &[
            ("theirs.txt", Some(b"theirs\n")),
            ("doc.txt", Some(doc.as_bytes())),
        ],
        "Main's work",
    );
}

/// A sandbox with work of its own that synced with main, and rolled that back.
fn undone() -> (World, String, String, String) {
    let (w, branch, _) = world();
    w.save("mine.txt", "mine\n", "Mine");
    on_main(&w, (20, "by main"));
    let merge = text(&sync(&w), "commit");
    assert_eq!(w.remote.text(&branch, "theirs.txt"), "theirs\n");
    let rollback = text(&w.json(&["rollback", &merge]), "commit");
    assert!(w.remote.try_file(&branch, "theirs.txt").is_none());
    (w, branch, merge, rollback)
}

fn has_theirs(w: &World, branch: &str) -> bool {
    w.remote.try_file(branch, "theirs.txt").as_deref() == Some(b"theirs\n")
        && w.remote.text(branch, "doc.txt") == doc(&[(20, "by main")])
}

/// The sandbox lands after a sync alone, and then main's work is on both.
#[track_caller]
fn lands_after_a_sync_alone(w: &World, branch: &str, token: &str) {
    w.aidf(&land_args(branch, token)).exits(6);
    sync(w);
    assert!(has_theirs(w, branch));
    w.json(&land_args(branch, token));
    assert!(has_theirs(w, "main"));
}

#[test]
fn a_sandbox_that_rolled_a_sync_back_takes_nothing_off_main() {
    let (w, branch, _, rollback) = undone();
    let refs = w.remote.refs();
    let token = operator(&w);
    for squash in [&[][..], &["--squash"]] {
        let args = [&land_args(&branch, &token)[..], squash].concat();
        let out = w.aidf(&args).exits(6);
        assert!(out.stderr.contains(&rollback[..10]), "{out}");
        assert!(out.stderr.contains("doc.txt, theirs.txt"), "{out}");
        let hint = format!("aidf sandbox sync {branch} --from main");
        assert!(out.stderr.contains(&hint), "{out}");
        assert_eq!(w.remote.refs(), refs);
    }
    let out = w.aidf(&["propose"]).ok();
    assert!(out.stderr.contains(&rollback[..10]), "{out}");
}

#[test]
fn the_next_sync_brings_again_what_a_rollback_took_back() {
    let (w, branch, merge, rollback) = undone();
    let report = sync(&w);
    assert!(has_theirs(&w, &branch), "{report}");
    assert_eq!(w.remote.text(&branch, "mine.txt"), "mine\n");
    assert_eq!(
        report["brought_again"],
        json!([{
            "rolled_back_by": rollback,
            "merges": [merge],
            "paths": ["doc.txt", "theirs.txt"],
            "count": 2,
        }])
    );
    assert_eq!(report["unchanged"], false);
    let said = text(&report, "message");
    assert!(
        said.contains("had rolled back of main into it again"),
        "{said}"
    );
    let words = w.remote.message(&branch);
    assert!(
        words.contains(&format!("Aidf-Brought-Again: {rollback}")),
        "{words}"
    );
    // A second sync has nothing to do, and the landing takes nothing away.
    assert_eq!(sync(&w)["unchanged"], true);
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert!(has_theirs(&w, "main"));
    assert_eq!(w.remote.text("main", "mine.txt"), "mine\n");
    w.remote.is_sound();
}

#[test]
fn what_main_gained_since_comes_with_it() {
    let (w, branch, _, rollback) = undone();
    w.remote.write(
        "main",
        &[("theirs.txt", Some(b"theirs\nand more\n"))],
        "More",
    );
    let out = w.aidf(&["sandbox", "sync", "--from", "main"]).ok();
    assert!(out.stdout.contains("merged 1 commit of main"), "{out}");
    assert!(out.stdout.contains("again theirs.txt"), "{out}");
    assert!(out.stdout.contains(&rollback[..10]), "{out}");
    assert_eq!(w.remote.text(&branch, "theirs.txt"), "theirs\nand more\n");
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(20, "by main")]));
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert_eq!(w.remote.text("main", "theirs.txt"), "theirs\nand more\n");
}

#[test]
fn the_last_commits_rolled_back_with_a_sync_among_them_take_nothing_off_main() {
    let (w, branch, _) = world();
    w.save("one.txt", "one\n", "One");
    on_main(&w, (20, "by main"));
    sync(&w);
    w.save("two.txt", "two\n", "Two");
    w.json(&["rollback", "--last", "2"]);
    w.save("three.txt", "three\n", "Three");
    let token = operator(&w);
    lands_after_a_sync_alone(&w, &branch, &token);
    // The sandbox's own commit stays rolled back.
    assert!(w.remote.try_file(&branch, "two.txt").is_none());
    assert_eq!(w.remote.text("main", "three.txt"), "three\n");
    assert!(w.remote.try_file("main", "two.txt").is_none());
}

#[test]
fn a_rollback_to_before_a_sync_takes_nothing_off_main() {
    let (w, branch, _) = world();
    let before = w.save("one.txt", "one\n", "One");
    on_main(&w, (20, "by main"));
    sync(&w);
    w.json(&["rollback", "--to", &text(&before, "commit")]);
    let token = operator(&w);
    lands_after_a_sync_alone(&w, &branch, &token);
}

#[test]
fn a_rollback_of_the_sync_that_was_rolled_back_itself_stands_in_nobodys_way() {
    let (w, branch, _, rollback) = undone();
    w.json(&["rollback", &rollback]);
    assert_eq!(sync(&w)["unchanged"], true);
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert!(has_theirs(&w, "main"));
}

#[test]
fn a_sync_that_brought_it_again_can_be_rolled_back_and_made_again_too() {
    let (w, branch, _, _) = undone();
    let merge = text(&sync(&w), "commit");
    w.json(&["rollback", &merge]);
    let token = operator(&w);
    lands_after_a_sync_alone(&w, &branch, &token);
}

#[test]
fn a_commit_of_main_is_rolled_back_through_a_sandbox_on_purpose() {
    let (w, branch, _) = world();
    on_main(&w, (20, "by main"));
    let commit = w.remote.tip("main");
    sync(&w);
    w.json(&["rollback", &commit]);
    assert_eq!(sync(&w)["unchanged"], true);
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert!(w.remote.try_file("main", "theirs.txt").is_none());
    assert_eq!(w.remote.text("main", "doc.txt"), doc(&[]));
}

#[test]
fn what_was_brought_back_by_hand_needs_no_sync() {
    let (w, branch, _, _) = undone();
    w.save("theirs.txt", "theirs\n", "By hand");
    w.save("doc.txt", doc(&[(20, "by main")]), "By hand too");
    assert_eq!(sync(&w)["unchanged"], true);
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert!(has_theirs(&w, "main"));
}

#[test]
fn of_a_rollback_of_some_paths_only_those_come_again() {
    let (w, branch, _) = world();
    on_main(&w, (20, "by main"));
    let merge = text(&sync(&w), "commit");
    w.json(&["rollback", &merge, "--path", "doc.txt"]);
    let token = operator(&w);
    let out = w.aidf(&land_args(&branch, &token)).exits(6);
    assert!(!out.stderr.contains("theirs.txt"), "{out}");
    let report = sync(&w);
    assert_eq!(report["brought_again"][0]["paths"], json!(["doc.txt"]));
    assert!(has_theirs(&w, &branch));
}

#[test]
fn what_the_sandbox_wrote_in_its_place_conflicts_and_names_the_rollback() {
    let (w, branch, _, rollback) = undone();
    w.save("doc.txt", doc(&[(20, "by the sandbox")]), "In its place");
    let out = w.aidf(&["sandbox", "sync", "--from", "main"]).exits(6);
    assert!(out.stderr.contains("doc.txt"), "{out}");
    assert!(out.stderr.contains(&rollback[..10]), "{out}");
    w.write("doc.txt", doc(&[(20, "by both")]));
    w.json(&["sandbox", "sync", "--from", "main", "--resolve", "doc.txt"]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(20, "by both")]));
    assert_eq!(w.remote.text(&branch, "theirs.txt"), "theirs\n");
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert_eq!(w.remote.text("main", "doc.txt"), doc(&[(20, "by both")]));
}

#[test]
fn what_main_took_back_itself_does_not_come_again() {
    let (w, branch, _, _) = undone();
    let doc = doc(&[]);
    let edits: [(&str, Option<&[u8]>); 2] =
        [("theirs.txt", None), ("doc.txt", Some(doc.as_bytes()))];
    w.remote.write("main", &edits, "Back again");
    let report = sync(&w);
    assert_eq!(report["brought_again"], json!([]), "{report}");
    assert!(w.remote.try_file(&branch, "theirs.txt").is_none());
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert!(w.remote.try_file("main", "theirs.txt").is_none());
}

#[test]
fn the_memory_of_files_that_come_again_comes_with_them() {
    let (w, branch, _) = world();
    let other = w.other();
    let opened = other.init();
    other.save("noted.txt", "noted\n", "Noted");
    let token = operator(&w);
    w.json(&land_args(&text(&opened, "branch"), &token));
    let merge = text(&sync(&w), "commit");
    w.json(&["rollback", &merge]);
    sync(&w);
    let memory = yaml(&w.remote.file(&branch, MEMORY));
    let mut paths = memory.as_array().unwrap().iter().map(|e| text(e, "path"));
    assert!(paths.any(|path| path == "noted.txt"), "{memory}");
    w.json(&["audit", "verify"]);
    w.remote.is_sound();
}

#[test]
fn a_sync_that_landed_and_was_rolled_back_afterwards_takes_nothing_off_main() {
    let (w, branch, _) = world();
    w.save("mine.txt", "mine\n", "Mine");
    on_main(&w, (20, "by main"));
    let merge = text(&sync(&w), "commit");
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    w.json(&["rollback", &merge]);
    lands_after_a_sync_alone(&w, &branch, &token);
}

#[test]
fn a_sync_that_goes_along_with_the_rollback_of_it_comes_again_too() {
    let (w, branch, _, _) = undone();
    w.save("more.txt", "more\n", "More");
    w.json(&["rollback", "--last", "3"]);
    let token = operator(&w);
    lands_after_a_sync_alone(&w, &branch, &token);
    assert!(w.remote.try_file(&branch, "more.txt").is_none());
}

#[test]
fn a_shallow_clone_sees_it_too() {
    let (w, branch, merge, _) = undone();
    for n in 0..4 {
        w.save("mine.txt", format!("mine {n}\n"), "Mine again");
    }
    let token = operator(&w);
    let other = w.other();
    other.share_key(&w);
    let url = format!("file://{}", w.remote.bare.display());
    let dir = other.env.path("shallow");
    let to = dir.to_str().unwrap();
    let clone = [
        "clone",
        "-q",
        "--depth",
        "2",
        "--no-single-branch",
        &url,
        to,
    ];
    other.env.git(&other.env.home(), &clone);
    let args = land_args(&branch, &token);
    other.env.aidf(&dir, &args).exits(6);
    let writer = text(&w.json(&["sandbox", "init"]), "reuse_token");
    let sync = ["sandbox", "sync", &branch, "--from", "main", "--json"];
    let sync = [&sync[..], &["--reuse-token", &writer]].concat();
    let report = other.env.aidf(&dir, &sync).ok().json();
    assert_eq!(report["brought_again"][0]["merges"], json!([merge]));
    assert!(has_theirs(&w, &branch));
    other.env.aidf(&dir, &args).ok();
    assert!(has_theirs(&w, "main"));
}

#[test]
fn a_sync_from_one_branch_brings_nothing_again_of_another() {
    let (w, branch, _) = world();
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "A");
    w.remote
        .git(&["update-ref", "refs/heads/sandbox", "refs/heads/main"]);
    w.json(&["sandbox", "sync"]);
    on_main(&w, (20, "by main"));
    sync(&w);
    w.json(&["rollback", "--last", "2"]);
    let token = operator(&w);
    let land = land_args(&branch, &token);
    w.aidf(&land).exits(6);
    w.json(&["sandbox", "sync"]);
    assert_eq!(w.remote.text(&branch, "a.txt"), "a\n");
    lands_after_a_sync_alone(&w, &branch, &token);
    assert_eq!(w.remote.text("main", "a.txt"), "a\n");
}

#[test]
fn what_main_rolled_back_of_another_sandbox_does_not_come_again_from_there() {
    let (w, branch, _) = world();
    let other = w.other();
    other.share_key(&w);
    let opened = other.json(&["sandbox", "init", "--base", "main"]);
    let theirs = text(&opened, "branch");
    other.save("bad.txt", "bad\n", "Bad work");
    let token = operator(&w);
    let landing = text(&w.json(&land_args(&theirs, &token)), "commit");
    let undo = ["rollback", &landing, "--branch", "main"];
    w.json(&[&undo[..], &["--reuse-token", &token]].concat());
    sync(&w);
    other.save("good.txt", "good\n", "Good work");
    let report = w.json(&["sandbox", "sync", "--from", &theirs]);
    assert_eq!(report["brought_again"], json!([]));
    assert!(w.remote.try_file(&branch, "bad.txt").is_none());
    assert_eq!(w.remote.text(&branch, "good.txt"), "good\n");
    w.json(&land_args(&branch, &token));
    assert!(w.remote.try_file("main", "bad.txt").is_none());
}

#[test]
fn a_sync_of_another_sandbox_that_landed_takes_nothing_off_main_either() {
    let (w, branch, _) = world();
    let other = w.other();
    other.share_key(&w);
    let opened = other.json(&["sandbox", "init", "--base", "main"]);
    let theirs = text(&opened, "branch");
    other.save("theirs.txt", "theirs\n", "Theirs");
    let merge = text(&w.json(&["sandbox", "sync", "--from", &theirs]), "commit");
    let token = operator(&w);
    let land = land_args(&branch, &token);
    w.json(&land_args(&theirs, &token));
    w.json(&land);
    w.json(&["rollback", &merge]);
    w.aidf(&land).exits(6);
    sync(&w);
    w.json(&land);
    assert_eq!(w.remote.text("main", "theirs.txt"), "theirs\n");
}

#[test]
fn a_sync_by_a_holder_without_a_key_is_enough() {
    let (w, branch, _, _) = undone();
    let opened = w.json(&["sandbox", "init"]);
    let writer = text(&opened, "reuse_token");
    let holder = w.other();
    holder.env.operator_config("trust: holder\n");
    let sync = ["sandbox", "sync", &branch, "--from", "main"];
    holder.json(&[&sync[..], &["--reuse-token", &writer]].concat());
    holder.write("doc.txt", doc(&[(20, "by main, corrected")]));
    let commit = ["commit", "doc.txt", "-m", "Correct", "--branch", &branch];
    holder.json(&[&commit[..], &["--overwrite", "--reuse-token", &writer]].concat());
    let token = operator(&w);
    w.json(&land_args(&branch, &token));
    assert_eq!(w.remote.text("main", "theirs.txt"), "theirs\n");
    let corrected = doc(&[(20, "by main, corrected")]);
    assert_eq!(w.remote.text("main", "doc.txt"), corrected);
}

#[test]
fn words_in_a_message_bring_nothing_again() {
    let (w, branch, _, rollback) = undone();
    let words = format!("Notes\n\nThis reverts commit {rollback}.");
    w.write("notes.txt", "notes\n");
    w.json(&["commit", "notes.txt", "-m", &words]);
    let token = operator(&w);
    w.aidf(&land_args(&branch, &token)).exits(6);
}

#[test]
fn a_sync_that_was_brought_again_does_not_count_as_rolled_back() {
    let (w, branch, merge, _) = undone();
    sync(&w);
    w.json(&["sandbox", "pull"]);
    w.save("doc.txt", doc(&[(20, "changed since")]), "Since");
    w.aidf(&["rollback", &merge]).exits(6);
    assert_eq!(
        w.remote.text(&branch, "doc.txt"),
        doc(&[(20, "changed since")])
    );
}

/// One line of the document on main, which is renamed with an edit where a name is given.
fn on_main_as(w: &World, name: &str, lines: &[(usize, &str)]) {
    let doc = doc(lines);
    let new = (name, Some(doc.as_bytes()));
    match name {
        "doc.txt" => w.remote.write("main", &[new], "Main's line"),
        _ => w.remote.write("main", &[("doc.txt", None), new], "Renamed"),
    };
}

#[test]
fn what_main_renamed_since_comes_again_under_its_new_name() {
    for is_synced_first in [false, true] {
        let (w, branch, _) = world();
        w.save("mine.txt", "mine\n", "Mine");
        on_main_as(&w, "doc.txt", &[(20, "by main")]);
        let merge = text(&sync(&w), "commit");
        w.json(&["rollback", &merge]);
        let lines = [(20, "by main"), (3, "renamed")];
        on_main_as(&w, "new.txt", &lines);
        let token = operator(&w);
        if !is_synced_first {
            w.aidf(&land_args(&branch, &token)).exits(6);
        }
        sync(&w);
        assert_eq!(w.remote.text(&branch, "new.txt"), doc(&lines));
        w.json(&land_args(&branch, &token));
        assert_eq!(w.remote.text("main", "new.txt"), doc(&lines));
        assert!(w.remote.try_file("main", "doc.txt").is_none());
    }
}

#[test]
fn what_the_sandbox_had_renamed_comes_again_with_all_that_main_changed() {
    let (w, branch, _) = world();
    std::fs::rename(w.clone.join("doc.txt"), w.clone.join("moved.txt")).unwrap();
    w.json(&["commit", "-a", "-m", "Move"]);
    on_main_as(&w, "doc.txt", &[(20, "by main")]);
    let merge = text(&sync(&w), "commit");
    assert_eq!(w.remote.text(&branch, "moved.txt"), doc(&[(20, "by main")]));
    w.json(&["rollback", &merge]);
    let lines = [(20, "by main"), (5, "newer")];
    on_main_as(&w, "doc.txt", &lines);
    let token = operator(&w);
    w.aidf(&land_args(&branch, &token)).exits(6);
    sync(&w);
    assert_eq!(w.remote.text(&branch, "moved.txt"), doc(&lines));
    w.json(&land_args(&branch, &token));
    assert_eq!(w.remote.text("main", "moved.txt"), doc(&lines));
}

#[test]
fn a_folder_in_the_place_of_a_file_that_comes_again_is_not_removed() {
    let (w, branch, _) = world();
    w.remote.write("main", &[("a", Some(b"file\n"))], "A file");
    let merge = text(&sync(&w), "commit");
    w.json(&["rollback", &merge]);
    w.json(&["sandbox", "pull"]);
    w.save("a/x.txt", "x\n", "A folder");
    let tip = w.remote.tip(&branch);
    let sync_args = ["sandbox", "sync", "--from", "main"];
    w.aidf(&sync_args).exits(6);
    let out = w.aidf(&[&sync_args[..], &["--rm", "a"]].concat()).exits(2);
    assert!(out.stderr.contains("folder"), "{out}");
    assert_eq!(w.remote.tip(&branch), tip);
    w.json(&["commit", "--rm", "a/x.txt", "-m", "No folder"]);
    sync(&w);
    assert_eq!(w.remote.text(&branch, "a"), "file\n");
}

#[test]
fn a_revert_by_plain_git_is_understood_too_whichever_words_it_has() {
    for setting in ["revert.reference=false", "revert.reference=true"] {
        let (w, branch, _) = world();
        on_main(&w, (20, "by main"));
        let merge = text(&sync(&w), "commit");
        let plain = w.other();
        plain.git(&["config", "user.name", "Somebody"]);
        plain.git(&["config", "user.email", "some@body.invalid"]);
        plain.git(&["checkout", "-q", "--detach", &merge]);
        let revert = ["revert", "-m", "1", "--no-edit", &merge];
        plain.git(&[&["-c", setting][..], &revert].concat());
        let to = format!("HEAD:refs/heads/{branch}");
        plain.git(&["push", "-q", "origin", &to]);
        let token = operator(&w);
        w.aidf(&land_args(&branch, &token)).exits(6);
        sync(&w);
        w.json(&land_args(&branch, &token));
        assert!(has_theirs(&w, "main"), "{setting}");
    }
}
