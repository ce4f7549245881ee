//! Work of a sandbox that landed on main and was rolled back there: nobody loses it, and
//! the sandbox can land it again.

use crate::support::team::{doc, world};
use crate::support::{Machine, World, text, yaml};

const MEMORY: &str = "project/memory.yaml";

/// An operator's token of the machine that has the key.
fn operator(w: &World) -> String {
    text(&w.json(&["token", "issue", "--operator"]), "token")
}

fn land(w: &World, branch: &str) -> String {
    let token = operator(w);
    let landed = w.json(&["land", branch, "--reuse-token", &token]);
    text(&landed, "commit")
}

fn roll_back_on_main(w: &World, commits: &[&str]) -> String {
    let token = operator(w);
    let mut args = vec!["rollback"];
    args.extend(commits);
    args.extend(["--branch", "main", "--reuse-token", &token]);
    text(&w.json(&args), "commit")
}

fn sync(w: &World) -> serde_json::Value {
    w.json(&["sandbox", "sync", "--from", "main"])
}

/// A sandbox that landed a new file and a line of a shared one, and the landing.
fn landed() -> (World, String, String) {
    let (w, branch, _) = world();
    w.write("new.txt", "new\n");
    w.write("doc.txt", doc(&[(2, "by A")]));
    w.json(&["commit", "new.txt", "doc.txt", "-m", "Two files"]);
    let landing = land(&w, &branch);
    (w, branch, landing)
}

fn has_work(w: &World, branch: &str) -> bool {
    let new = w.remote.try_file(branch, "new.txt");
    new.as_deref() == Some(b"new\n") && w.remote.text(branch, "doc.txt") == doc(&[(2, "by A")])
}

fn memory_paths(w: &World, branch: &str) -> Vec<String> {
    let memory = yaml(&w.remote.file(branch, MEMORY));
    let entries = memory.as_array().expect("a list").iter();
    entries.map(|e| text(e, "path")).collect()
}

/// Somebody with plain git alone, on main.
fn plain(w: &World) -> Machine {
    let m = w.other();
    m.git(&["config", "user.name", "Somebody"]);
    m.git(&["config", "user.email", "some@body.invalid"]);
    m.git(&["checkout", "-q", "main"]);
    m.git(&["fetch", "-q", "origin"]);
    m.git(&["reset", "-q", "--hard", "origin/main"]);
    m
}

#[test]
fn a_sync_keeps_the_work_that_main_rolled_back_and_names_the_rollback() {
    let (w, branch, landing) = landed();
    let rollback = roll_back_on_main(&w, &[&landing]);
    assert!(!has_work(&w, "main"));
    let report = sync(&w);
    assert!(has_work(&w, &branch), "the writer's work is gone");
    let kept = report["kept"].as_array().unwrap();
    assert_eq!(kept.len(), 1, "{report}");
    assert_eq!(kept[0]["rolled_back_by"], rollback);
    assert_eq!(kept[0]["landed"], serde_json::json!([landing]));
    assert_eq!(kept[0]["paths"], serde_json::json!(["doc.txt", "new.txt"]));
    assert_eq!(kept[0]["count"], 2);
    // The files stay, and so does what the memory says of them.
    let paths = memory_paths(&w, &branch);
    assert!(paths.contains(&"new.txt".to_owned()), "{paths:?}");
    let words = w.remote.message(&branch);
    assert!(
        words.contains(&format!("Kept 2 files that {}", &rollback[..10])),
        "{words}"
    );
    // A second sync has nothing to do, and takes nothing away.
    assert_eq!(sync(&w)["unchanged"], true);
    assert!(has_work(&w, &branch));
    w.remote.is_sound();
}

#[test]
fn a_landing_that_was_rolled_back_lands_again_after_a_sync() {
    let (w, branch, landing) = landed();
    let rollback = roll_back_on_main(&w, &[&landing]);
    let refs = w.remote.refs();
    let token = operator(&w);
    let args = ["land", &branch, "--reuse-token", &token];
    let out = w.aidf(&args).exits(6);
    assert!(out.stderr.contains(&rollback[..10]), "{out}");
    let hint = format!("aidf sandbox sync {branch} --from main");
    assert!(out.stderr.contains(&hint), "{out}");
    assert_eq!(w.remote.refs(), refs);
    sync(&w);
    w.json(&args);
    assert!(has_work(&w, "main"));
    let paths = memory_paths(&w, "main");
    assert!(paths.contains(&"new.txt".to_owned()), "{paths:?}");
    assert_eq!(w.json(&args)["unchanged"], true);
}

#[test]
fn half_of_a_sandbox_does_not_land_after_a_rollback_of_the_other_half() {
    let (w, branch, landing) = landed();
    roll_back_on_main(&w, &[&landing]);
    w.save("more.txt", "more\n", "More");
    let token = operator(&w);
    w.aidf(&["land", &branch, "--reuse-token", &token]).exits(6);
    assert!(w.remote.try_file("main", "more.txt").is_none());
    sync(&w);
    land(&w, &branch);
    assert!(has_work(&w, "main"));
    assert_eq!(w.remote.text("main", "more.txt"), "more\n");
}

#[test]
fn work_on_a_rolled_back_file_goes_on_without_a_conflict() {
    let (w, branch, landing) = landed();
    roll_back_on_main(&w, &[&landing]);
    w.save("new.txt", "new\nand more\n", "More");
    sync(&w);
    assert_eq!(w.remote.text(&branch, "new.txt"), "new\nand more\n");
    land(&w, &branch);
    assert_eq!(w.remote.text("main", "new.txt"), "new\nand more\n");
}

#[test]
fn what_main_gained_besides_a_rollback_comes_in() {
    let (w, branch, landing) = landed();
    roll_back_on_main(&w, &[&landing]);
    let content = doc(&[(20, "by main")]);
    let files: [(&str, Option<&[u8]>); 1] = [("doc.txt", Some(content.as_bytes()))];
    w.remote.write("main", &files, "Line 20 of main");
    sync(&w);
    let both = doc(&[(2, "by A"), (20, "by main")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), both);
    assert_eq!(w.remote.text(&branch, "new.txt"), "new\n");
}

#[test]
fn what_main_wrote_in_the_place_of_the_work_conflicts_and_names_the_rollback() {
    let (w, branch, landing) = landed();
    let rollback = roll_back_on_main(&w, &[&landing]);
    let files: [(&str, Option<&[u8]>); 1] = [("new.txt", Some(b"of main\n"))];
    w.remote.write("main", &files, "A file of main");
    let refs = w.remote.refs();
    let out = w.aidf(&["sandbox", "sync", "--from", "main"]).exits(6);
    assert!(out.stderr.contains("new.txt"), "{out}");
    assert!(!out.stderr.contains("in doc.txt"), "{out}");
    assert!(out.stderr.contains(&rollback[..10]), "{out}");
    assert_eq!(w.remote.refs(), refs);
    w.write("both.txt", "of both\n");
    w.json(&[
        "sandbox",
        "sync",
        "--from",
        "main",
        "--resolve",
        "new.txt=both.txt",
    ]);
    assert_eq!(w.remote.text(&branch, "new.txt"), "of both\n");
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(2, "by A")]));
}

#[test]
fn a_rollback_of_another_sandboxs_work_comes_in() {
    let (w, _, landing) = landed();
    let other = w.other();
    other.share_key(&w);
    other.json(&["sandbox", "init", "--force-new"]);
    let theirs = text(&other.json(&["status"]), "branch");
    // That sandbox has A's work from main, and nobody's right to keep it.
    other.json(&["sandbox", "sync", "--from", "main"]);
    other.save("b.txt", "b\n", "Of B");
    assert!(has_work(&w, &theirs));
    roll_back_on_main(&w, &[&landing]);
    let report = other.json(&["sandbox", "sync", "--from", "main"]);
    assert_eq!(report["kept"], serde_json::json!([]));
    assert!(w.remote.try_file(&theirs, "new.txt").is_none());
    assert_eq!(w.remote.text(&theirs, "doc.txt"), doc(&[]));
    assert_eq!(w.remote.text(&theirs, "b.txt"), "b\n");
    let token = operator(&w);
    let landed = other.json(&["land", &theirs, "--reuse-token", &token]);
    assert_eq!(landed["unchanged"], false);
    assert!(w.remote.try_file("main", "new.txt").is_none());
}

#[test]
fn a_rollback_that_was_rolled_back_itself_stands_in_nobodys_way() {
    let (w, branch, landing) = landed();
    let rollback = roll_back_on_main(&w, &[&landing]);
    roll_back_on_main(&w, &[&rollback]);
    assert!(has_work(&w, "main"));
    w.save("doc.txt", doc(&[(2, "by A again")]), "Line 2 again");
    land(&w, &branch);
    assert_eq!(w.remote.text("main", "doc.txt"), doc(&[(2, "by A again")]));
    let report = sync(&w);
    assert_eq!(report["kept"], serde_json::json!([]));
}

#[test]
fn commits_of_the_sandbox_that_main_rolled_back_by_name_are_kept() {
    let (w, branch, _) = world();
    let one = text(&w.save("one.txt", "one\n", "One"), "commit");
    let two = text(&w.save("one.txt", "one\ntwo\n", "Two"), "commit");
    land(&w, &branch);
    roll_back_on_main(&w, &[&one, &two]);
    assert!(w.remote.try_file("main", "one.txt").is_none());
    let report = sync(&w);
    assert_eq!(report["kept"][0]["landed"], serde_json::json!([one, two]));
    assert_eq!(w.remote.text(&branch, "one.txt"), "one\ntwo\n");
}

#[test]
fn of_a_rollback_of_some_paths_only_those_are_kept() {
    let (w, branch, landing) = landed();
    let token = operator(&w);
    w.json(&[
        "rollback",
        &landing,
        "--path",
        "new.txt",
        "--branch",
        "main",
        "--reuse-token",
        &token,
    ]);
    let report = sync(&w);
    assert_eq!(report["kept"][0]["paths"], serde_json::json!(["new.txt"]));
    assert!(has_work(&w, &branch));
}

#[test]
fn work_that_main_went_back_behind_is_kept_and_the_work_of_others_is_not() {
    let (w, branch, _) = world();
    let before = w.remote.tip("main");
    let text = doc(&[(28, "by main")]);
    let files: [(&str, Option<&[u8]>); 1] = [("doc.txt", Some(text.as_bytes()))];
    w.remote.write("main", &files, "Line 28 of main");
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    land(&w, &branch);
    let token = operator(&w);
    let to = [
        "rollback",
        "--to",
        &before,
        "--branch",
        "main",
        "--reuse-token",
        &token,
    ];
    w.json(&to);
    assert_eq!(w.remote.text("main", "doc.txt"), doc(&[]));
    sync(&w);
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(2, "by A")]));
}

#[test]
fn a_landing_and_a_revert_by_plain_git_are_understood_too() {
    let (w, branch, _) = world();
    w.save("new.txt", "new\n", "New");
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let m = plain(&w);
    m.git(&[
        "merge",
        "-q",
        "--no-ff",
        "--no-edit",
        &format!("origin/{branch}"),
    ]);
    m.git(&["revert", "-m", "1", "--no-edit", "HEAD"]);
    m.git(&["push", "-q", "origin", "main"]);
    assert!(!has_work(&w, "main"));
    let token = operator(&w);
    w.aidf(&["land", &branch, "--reuse-token", &token]).exits(6);
    sync(&w);
    assert!(has_work(&w, &branch));
    land(&w, &branch);
    assert!(has_work(&w, "main"));
}

#[test]
fn a_squashed_landing_that_was_rolled_back_is_kept_too() {
    let (w, branch, _) = world();
    w.save("new.txt", "new\n", "New");
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let token = operator(&w);
    let landed = w.json(&["land", &branch, "--squash", "--reuse-token", &token]);
    sync(&w);
    roll_back_on_main(&w, &[&text(&landed, "commit")]);
    sync(&w);
    assert!(has_work(&w, &branch));
    land(&w, &branch);
    assert!(has_work(&w, "main"));
}

#[test]
fn a_proposal_says_that_main_rolled_the_work_back() {
    let (w, branch, landing) = landed();
    let rollback = roll_back_on_main(&w, &[&landing]);
    let out = w.aidf(&["propose", &branch, "--provider", "bare"]).ok();
    assert!(out.stderr.contains(&rollback[..10]), "{out}");
    assert!(out.stderr.contains("aidf sandbox sync"), "{out}");
}

#[test]
fn a_claim_without_a_signature_takes_no_work_away_and_keeps_none_that_is_not_the_sandboxs() {
    let (w, branch, landing) = landed();
    let rollback = roll_back_on_main(&w, &[&landing]);
    let content = doc(&[(9, "by main")]);
    let files: [(&str, Option<&[u8]>); 1] = [("doc.txt", Some(content.as_bytes()))];
    let words = format!("Line 9\n\nAidf-Reverts: {rollback}\n");
    w.remote.write("main", &files, &words);
    let content = doc(&[(9, "by main"), (20, "by main")]);
    let files: [(&str, Option<&[u8]>); 1] = [("doc.txt", Some(content.as_bytes()))];
    let words = format!("Line 20\n\nAidf-Reverts: {landing}\n");
    w.remote.write("main", &files, &words);
    sync(&w);
    assert_eq!(w.remote.text(&branch, "new.txt"), "new\n");
    let all = doc(&[(2, "by A"), (9, "by main"), (20, "by main")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), all);
}
