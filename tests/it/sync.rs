//! `sandbox sync`: what the base or the default branch has gained comes into a sandbox, and
//! the way out of a conflict.

use crate::support::team::{doc, edit, world};
use crate::support::{World, entries, text, yaml};
use serde_json::json;

/// A commit of somebody on main.
fn main_gains(w: &World, path: &str, content: &str) -> String {
    w.remote.write(
        "main",
        &[(path, Some(content.as_bytes()))],
        "A line of main",
    )
}

#[test]
fn what_main_gained_comes_in_as_one_signed_merge_commit() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(28, "by A")]), "Line 28");
    let before = w.remote.tip(&branch);
    let main = main_gains(&w, "doc.txt", &doc(&[(2, "by main")]));
    let files = w.git(&["status", "--porcelain"]);
    let answer = w.json(&["sandbox", "sync", "--from", "main"]);
    assert_eq!(answer["merged_count"], 1);
    assert_eq!(answer["merged"][0]["subject"], "A line of main");
    let tip = w.remote.tip(&branch);
    assert_eq!(answer["commit"], tip);
    let parents = w.remote.git(&["log", "-1", "--format=%P", &tip]);
    assert_eq!(parents.trim(), format!("{before} {main}"));
    assert_eq!(
        w.remote.text(&branch, "doc.txt"),
        doc(&[(2, "by main"), (28, "by A")])
    );
    assert_eq!(w.git(&["status", "--porcelain"]), files, "no checkout");
    let log = w.json(&["log", "-n", "1"]);
    assert_eq!(log["commits"][0]["signature"], "good", "{log}");
    // Again there is nothing to do.
    let again = w.json(&["sandbox", "sync", "--from", "main"]);
    assert_eq!(again["unchanged"], true);
    assert_eq!(w.remote.tip(&branch), tip);
    w.remote.is_sound();
}

#[test]
fn where_the_base_stayed_behind_main_it_is_said() {
    let (w, branch, _) = world();
    main_gains(&w, "new.txt", "new\n");
    let answer = w.json(&["sandbox", "sync"]);
    assert_eq!(answer["unchanged"], true);
    let said = answer["message"].as_str().unwrap();
    assert!(
        said.contains(&format!("aidf sandbox sync {branch} --from main")),
        "{said}"
    );
}

#[test]
fn a_conflict_writes_nothing_and_names_its_lines() {
    let (w, _, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    main_gains(&w, "doc.txt", &doc(&[(2, "by main")]));
    let refs = w.remote.refs();
    let file = std::fs::read(w.clone.join("doc.txt")).unwrap();
    let out = w
        .aidf(&["sandbox", "sync", "--from", "main", "--json"])
        .exits(6);
    let error = out.error();
    assert_eq!(
        error["conflicts"],
        json!([{"path": "doc.txt", "reason": "same_lines", "lines": [{"first": 2, "last": 2}]}]),
        "{error}"
    );
    assert_eq!(w.remote.refs(), refs);
    assert_eq!(std::fs::read(w.clone.join("doc.txt")).unwrap(), file);
}

#[test]
fn a_conflict_is_resolved_by_content_that_is_given() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let main = main_gains(&w, "doc.txt", &doc(&[(2, "by main")]));
    let refs = w.remote.refs();
    // What does not conflict cannot be resolved.
    let out = w
        .aidf(&[
            "sandbox",
            "sync",
            "--from",
            "main",
            "--resolve",
            "docs/one.txt=doc.txt",
        ])
        .exits(2);
    assert!(out.stderr.contains("these do: doc.txt"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    let call = w.call(&[
        "sandbox",
        "sync",
        "--from",
        "main",
        "--resolve",
        "doc.txt=-",
    ]);
    call.stdin(doc(&[(2, "by both")])).run().ok();
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(2, "by both")]));
    let merged = w
        .remote
        .git(&["merge-base", "--is-ancestor", &main, &branch]);
    assert_eq!(merged, "");
}

#[test]
fn a_conflict_is_mended_between_markers_in_the_clone() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    main_gains(&w, "doc.txt", &doc(&[(2, "by main"), (20, "by main")]));
    let refs = w.remote.refs();
    let out = w
        .aidf(&["sandbox", "sync", "--from", "main", "--markers"])
        .exits(6);
    let again = format!("aidf sandbox sync {branch} --from main --resolve doc.txt");
    assert!(out.stderr.contains(&again), "{out}");
    let text = std::fs::read_to_string(w.clone.join("doc.txt")).unwrap();
    let marked = "line 1\n<<<<<<< yours\nby A\n=======\nby main\n>>>>>>> main\nline 3\n";
    assert!(text.starts_with(marked), "{text}");
    assert!(text.contains("line 19\nby main\nline 21\n"), "{text}");
    let resolve = ["sandbox", "sync", "--from", "main", "--resolve", "doc.txt"];
    let out = w.aidf(&resolve).exits(6);
    assert!(out.stderr.contains("conflict markers"), "{out}");
    w.aidf(&["commit", "doc.txt", "-m", "Too early"]).exits(6);
    assert_eq!(w.remote.refs(), refs);
    w.write("doc.txt", doc(&[(2, "by both"), (20, "by main")]));
    w.json(&resolve);
    let want = doc(&[(2, "by both"), (20, "by main")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), want);
    // The file counts as taken from the merge: the next edit is an edit of that.
    edit(&w, "doc.txt", 25, "by A again");
    w.json(&["commit", "doc.txt", "-m", "Line 25"]);
    let want = doc(&[(2, "by both"), (20, "by main"), (25, "by A again")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), want);
}

#[test]
fn a_path_in_a_printed_command_is_one_word_of_the_shell_and_runs_nothing() {
    let (w, branch, _) = world();
    let path = "it's $(touch ran);touch ran.txt";
    w.save(path, "ours\n", "Ours");
    main_gains(&w, path, "theirs\n");
    let out = w
        .aidf(&["sandbox", "sync", "--from", "main", "--markers", "--json"])
        .exits(6);
    let error = out.error();
    let hint = error["hint"].as_str().unwrap();
    let (_, command) = hint.split_once("then: aidf ").unwrap();
    let shell = std::process::Command::new("sh")
        .args(["-c", &format!("printf '%s\\n' {command}")])
        .current_dir(&w.clone)
        .output()
        .unwrap();
    let said = String::from_utf8(shell.stdout).unwrap();
    let words = [
        "sandbox",
        "sync",
        &branch,
        "--from",
        "main",
        "--resolve",
        path,
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), words, "{hint}");
    assert!(!w.clone.join("ran").exists());
}

#[test]
fn a_file_on_one_side_and_a_folder_on_the_other_are_named_as_such() {
    for (ours, theirs) in [("a/x.txt", "a"), ("a", "a/x.txt")] {
        let (w, branch, _) = world();
        w.save(ours, "ours\n", "Ours");
        main_gains(&w, theirs, "theirs\n");
        let tip = w.remote.tip(&branch);
        let sync = ["sandbox", "sync", "--from", "main"];
        let out = w.aidf(&[&sync[..], &["--json"]].concat()).exits(6);
        let error = out.error();
        assert_eq!(
            error["conflicts"],
            json!([{"path": "a", "reason": "file_and_folder", "lines": []}]),
            "{error}"
        );
        assert_eq!(w.remote.tip(&branch), tip);
        // The folder is moved out of the way, and the sync goes through.
        w.json(&["commit", "--rm", ours, "-m", "Make room"]);
        w.json(&sync);
        assert_eq!(w.remote.text(&branch, theirs), "theirs\n");
        w.remote.is_sound();
    }
}

#[test]
fn markers_are_not_put_over_changes_that_are_not_committed() {
    let (w, _, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    main_gains(&w, "doc.txt", &doc(&[(2, "by main")]));
    edit(&w, "doc.txt", 9, "not committed");
    let before = std::fs::read(w.clone.join("doc.txt")).unwrap();
    let out = w
        .aidf(&["sandbox", "sync", "--from", "main", "--markers"])
        .exits(6);
    assert!(out.stderr.contains("commit it or run"), "{out}");
    assert_eq!(std::fs::read(w.clone.join("doc.txt")).unwrap(), before);
}

#[test]
fn on_the_sandboxs_own_branch_the_checkout_follows_a_sync() {
    let (w, branch, _) = world();
    w.json(&["sandbox", "switch"]);
    w.save("doc.txt", doc(&[(28, "by A")]), "Line 28");
    main_gains(&w, "doc.txt", &doc(&[(2, "by main")]));
    w.json(&["sandbox", "sync", "--from", "main"]);
    assert_eq!(w.git(&["rev-parse", "HEAD"]).trim(), w.remote.tip(&branch));
    assert_eq!(w.git(&["status", "--porcelain"]), "");
    let text = std::fs::read_to_string(w.clone.join("doc.txt")).unwrap();
    assert_eq!(text, doc(&[(2, "by main"), (28, "by A")]));
}

#[test]
fn ledgers_of_both_sides_come_together_entry_by_entry() {
    let (w, branch, _) = world();
    let log = "project/outputs/changelog.yaml";
    w.save("a.txt", "a\n", "First of A");
    let other = w.other();
    other.share_key(&w);
    other.json(&["sandbox", "init", "--force-new"]);
    let theirs = other.sandbox();
    other.save("b.txt", "b\n", "First of B");
    w.json(&["sandbox", "sync", &branch, "--from", &theirs]);
    let messages: Vec<String> = entries(&w.remote.file(&branch, log))
        .iter()
        .map(|e| e["message"].as_str().unwrap().to_owned())
        .filter(|m| m.starts_with("First of"))
        .collect();
    assert_eq!(messages, ["First of A", "First of B"]);
    let memory = yaml(&w.remote.file(&branch, "project/memory.yaml"));
    let paths: Vec<&str> = memory
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["path"].as_str().unwrap())
        .filter(|p| ["a.txt", "b.txt"].contains(p))
        .collect();
    assert_eq!(paths, ["a.txt", "b.txt"]);
}

#[test]
fn a_sync_from_a_sandbox_brings_nothing_that_a_commit_could_not() {
    let (w, branch, _) = world();
    w.remote.git(&["branch", "sandbox-sly-fox", "main"]);
    w.remote.write(
        "sandbox-sly-fox",
        &[(".github/workflows/x.yml", Some(b"on: push\n"))],
        "A workflow",
    );
    let refs = w.remote.refs();
    let out = w
        .aidf(&["sandbox", "sync", &branch, "--from", "sandbox-sly-fox"])
        .exits(5);
    assert!(out.stderr.contains(".github"), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_branch_to_take_from_that_is_not_there_is_told_with_how_to_see_the_branches() {
    let (w, _, _) = world();
    let out = w
        .aidf(&["sandbox", "sync", "--from", "nosuch", "--json"])
        .exits(3);
    let error = out.error();
    assert!(
        text(&error, "message").ends_with("no branch nosuch"),
        "{out}"
    );
    let hint = text(&error, "hint");
    assert!(hint.starts_with("--from names it; "), "{hint}");
    let (_, command) = hint.split_once("`git ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    assert!(w.git(&words).contains("refs/heads/main"), "{command}");
}
