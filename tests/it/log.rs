//! `aidf log`: newest first, filtered, and with what the signature is worth.

use serde_json::Value;

use crate::support::{Kind, Machine, Remote, World, listed, text};

fn subjects(log: &Value) -> Vec<String> {
    log["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| text(c, "subject"))
        .collect()
}

#[test]
fn commits_come_newest_first_with_every_field() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "First");
    w.write("b.txt", "b\n");
    w.json(&[
        "commit",
        "b.txt",
        "-m",
        "Second",
        "--task-id",
        "t2",
        "--committed-by",
        "QAPod",
        "--model",
        "small-1",
        "--session-url",
        "https://sessions.example/42",
        "--agent",
        "bot",
    ]);
    let log = w.json(&["log"]);
    assert_eq!(log["branch"], branch.as_str());
    assert_eq!(subjects(&log)[..2], ["Second", "First"]);
    let newest = &log["commits"][0];
    for field in [
        "commit",
        "time",
        "committed_by",
        "claimed_by",
        "written_to",
        "token_id",
        "pod",
        "task_id",
        "agent",
        "model",
        "session_url",
        "subject",
        "files",
        "signature",
        "rolled_back_by",
    ] {
        assert!(newest.get(field).is_some(), "no {field} in {newest:#}");
    }
    assert_eq!(newest["commit"], w.remote.tip(&branch).as_str());
    assert_eq!(newest["committed_by"], "QAPod");
    assert_eq!(newest["task_id"], "t2");
    assert_eq!(newest["agent"], "bot");
    assert_eq!(newest["model"], "small-1");
    assert_eq!(newest["session_url"], "https://sessions.example/42");
    assert_eq!(newest["signature"], "good");
    assert_eq!(newest["rolled_back_by"], Value::Null);
    assert!(listed(&newest["files"]).contains("b.txt"), "{newest:#}");
}

#[test]
fn a_branch_may_be_named_and_n_limits() {
    let w = World::path();
    let branch = w.history(3);
    w.json(&["sandbox", "init", "--force-new"]);
    let log = w.json(&["log", &branch, "-n", "2"]);
    assert_eq!(log["branch"], branch.as_str());
    assert_eq!(subjects(&log), ["Note 2", "Note 1"]);
}

#[test]
fn task_writer_and_path_filter() {
    let w = World::path();
    w.sandbox();
    for (path, task, who) in [
        ("a.txt", "t1", "Ann"),
        ("b.txt", "t2", "Bob"),
        ("c.txt", "t1", "Bob"),
    ] {
        w.write(path, "x\n");
        w.json(&[
            "commit",
            path,
            "-m",
            path,
            "--task-id",
            task,
            "--committed-by",
            who,
        ]);
    }
    assert_eq!(
        subjects(&w.json(&["log", "--task-id", "t1"])),
        ["c.txt", "a.txt"]
    );
    assert_eq!(
        subjects(&w.json(&["log", "--committed-by", "Bob"])),
        ["c.txt", "b.txt"]
    );
    assert_eq!(subjects(&w.json(&["log", "--path", "b.txt"])), ["b.txt"]);
    assert_eq!(
        subjects(&w.json(&["log", "--task-id", "none"])),
        Vec::<String>::new()
    );
}

#[test]
fn commits_of_others_are_seen_although_never_fetched() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote
        .write(&branch, &[("far.txt", Some(b"far\n"))], "From afar");
    let log = w.json(&["log"]);
    assert_eq!(subjects(&log)[0], "From afar");
    assert_eq!(log["commits"][0]["signature"], "none");
}

#[test]
fn a_commit_altered_after_signing_is_bad() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let raw = w.remote.git(&["cat-file", "commit", &branch]);
    for (what, forged) in [
        ("message", raw.replace("Add a", "Add b")),
        (
            "author",
            raw.replacen("author sandbox-", "author someone-", 1),
        ),
        ("tree", {
            let tree = w.remote.git(&["rev-parse", &format!("{branch}^{{tree}}")]);
            let other = w.remote.git(&["rev-parse", "main^{tree}"]);
            raw.replace(&tree, &other)
        }),
        (
            "trailer",
            raw.replace("Aidf-Committed-By: ", "Aidf-Committed-By: not-"),
        ),
    ] {
        assert_ne!(forged, raw, "{what}");
        let out = w.env.git_bytes(
            &w.remote.bare,
            &["hash-object", "-t", "commit", "-w", "--stdin"],
            format!("{forged}\n").as_bytes(),
        );
        let id = String::from_utf8(out).unwrap().trim().to_owned();
        w.remote
            .git(&["update-ref", &format!("refs/heads/{branch}"), &id]);
        let log = w.json(&["log", "-n", "1"]);
        assert_eq!(
            log["commits"][0]["signature"], "bad",
            "altered {what}: {log:#}"
        );
    }
}

#[test]
fn a_signed_commit_on_another_branch_says_where_it_was_written() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let other = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    w.remote
        .git(&["update-ref", &format!("refs/heads/{other}"), &commit]);
    let log = w.json(&["log", &other, "-n", "1"]);
    assert_eq!(log["commits"][0]["signature"], "good", "{log:#}");
    assert_eq!(log["commits"][0]["written_to"], branch.as_str());
    // Of its own it has no signed commit.
    let list = w.json(&["sandbox", "list"]);
    let all = list["sandboxes"].as_array().unwrap();
    let theirs = all.iter().find(|s| s["branch"] == other.as_str()).unwrap();
    assert_eq!(theirs["unsigned"], 1, "{list:#}");
}

#[test]
fn a_branch_that_is_not_there_is_not_found() {
    let w = World::path();
    w.refuses(&["log", "sandbox-no-such"], 3);
}

#[test]
fn what_was_rolled_back_says_by_what() {
    let w = World::path();
    w.sandbox();
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let undo = text(&w.json(&["rollback", &commit]), "commit");
    let log = w.json(&["log", "-n", "2"]);
    assert_eq!(log["commits"][1]["commit"], commit.as_str());
    assert_eq!(log["commits"][1]["rolled_back_by"], undo.as_str());
    assert_eq!(log["commits"][0]["rolled_back_by"], Value::Null);
}

#[test]
fn no_clone_is_needed_with_a_repository_url() {
    let remote = Remote::new(Kind::Http, "widgets", true);
    let machine = Machine::bare(&remote);
    remote.write("sandbox-far", &[("far.txt", Some(b"far\n"))], "From afar");
    let log = machine.json(&["-R", &remote.url, "log", "sandbox-far"]);
    assert_eq!(subjects(&log)[0], "From afar");
}

#[test]
fn the_text_for_people_names_commit_writer_and_subject() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a fine file");
    let out = w.aidf(&["log"]).ok();
    assert!(out.stdout.contains("Add a fine file"), "{out}");
    assert!(out.stdout.contains(&w.remote.tip(&branch)[..7]), "{out}");
}

#[test]
fn no_more_of_the_history_is_read_than_is_shown() {
    let w = World::path();
    w.sandbox();
    let commits: Vec<String> = ["First", "Second", "Third", "Fourth"]
        .map(|subject| text(&w.save("a.txt", subject, subject), "commit"))
        .into();
    let (folder, rest) = commits[0].split_at(2);
    std::fs::remove_file(w.clone.join(".git/objects").join(folder).join(rest)).unwrap();
    let log = w.json(&["log", "-n", "2"]);
    assert_eq!(subjects(&log), ["Fourth", "Third"]);
}
