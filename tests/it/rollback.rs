//! `aidf rollback`: undone by a new commit, all of it or nothing.

use serde_json::Value;

use crate::support::{
    CHANGELOG, Kind, MEMORY, OLD_MEMORY, ROLLBACKS, SEED_LIB, World, entries, listed,
    make_executable, text,
};

/// A commit that adds, changes and deletes.
fn mixed(w: &World) -> String {
    w.write("added.txt", "added\n");
    w.write("README.md", "# Changed\n");
    text(
        &w.json(&[
            "commit",
            "added.txt",
            "README.md",
            "--rm",
            "docs/guide.md",
            "-m",
            "A mix",
        ]),
        "commit",
    )
}

#[test]
fn a_commit_is_undone_by_a_new_commit() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.contents(&branch);
    let commit = mixed(&w);
    let answer = w.json(&["rollback", &commit, "--reason", "It was wrong"]);
    for field in [
        "branch",
        "repo_name",
        "commit",
        "reverted",
        "reverted_files",
        "conflicts",
        "reason",
        "unchanged",
        "message",
        "warnings",
    ] {
        assert!(answer.get(field).is_some(), "no {field} in {answer:#}");
    }
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(answer["reverted"], serde_json::json!([commit]));
    assert_eq!(answer["conflicts"], serde_json::json!([]));
    assert_eq!(answer["reason"], "It was wrong");
    assert_eq!(answer["unchanged"], false);
    let mut files: Vec<&str> = answer["reverted_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f.as_str().or(f["path"].as_str()).unwrap())
        .collect();
    files.sort_unstable();
    assert_eq!(files, ["README.md", "added.txt", "docs/guide.md"]);
    assert_eq!(answer["commit"], w.remote.tip(&branch).as_str());
    assert_eq!(w.remote.contents(&branch), before, "all as it was");
    // History is never rewritten: the commit is still there, under one new one.
    assert_eq!(w.remote.git(&["rev-parse", &format!("{branch}~1")]), commit);
    w.remote.is_sound();
}

#[test]
fn a_file_the_commit_added_goes() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = text(&w.save("deep/in/here.txt", "x\n", "Add"), "commit");
    w.json(&["rollback", &commit]);
    assert!(w.remote.try_file(&branch, "deep/in/here.txt").is_none());
    assert!(
        !w.remote.git(&["ls-tree", &branch]).contains("deep"),
        "no empty folder stays"
    );
}

#[test]
fn a_file_the_commit_deleted_returns() {
    let w = World::path();
    let branch = w.sandbox();
    let old = w.remote.file(&branch, "docs/guide.md");
    let commit = text(
        &w.json(&["commit", "--rm", "docs/guide.md", "-m", "Remove"]),
        "commit",
    );
    w.json(&["rollback", &commit]);
    assert_eq!(w.remote.file(&branch, "docs/guide.md"), old);
}

#[test]
fn a_later_edit_elsewhere_in_the_file_survives() {
    let w = World::path();
    let branch = w.sandbox();
    let bad = SEED_LIB.replace("return text.split()", "return []");
    let commit = text(&w.save("src/lib.py", &bad, "A mistake"), "commit");
    let later = bad.replace("parse(text)), 3)", "parse(text)), 5)");
    w.save("src/lib.py", &later, "A good edit");
    w.json(&["rollback", &commit]);
    let wanted = SEED_LIB.replace("parse(text)), 3)", "parse(text)), 5)");
    assert_eq!(w.remote.text(&branch, "src/lib.py"), wanted);
}

#[test]
fn a_conflict_writes_nothing_and_names_the_paths() {
    let w = World::path();
    w.sandbox();
    w.write("other.txt", "other\n");
    w.write("README.md", "# One\n");
    let commit = text(
        &w.json(&["commit", "other.txt", "README.md", "-m", "Both"]),
        "commit",
    );
    w.save("README.md", "# Two\n", "The same line again");
    let out = w.refuses(&["rollback", &commit], 6);
    assert!(out.stderr.contains("README.md"), "{out}");
    assert!(
        !out.stderr.contains("other.txt"),
        "only what conflicts\n{out}"
    );
}

#[test]
fn an_added_file_that_was_changed_since_is_a_conflict() {
    let w = World::path();
    w.sandbox();
    let commit = text(&w.save("a.txt", "one\n", "Add a"), "commit");
    w.save("a.txt", "two\n", "Work on it");
    w.refuses(&["rollback", &commit], 6);
}

#[test]
fn the_ledgers_are_never_reverted_as_text() {
    let w = World::path();
    let branch = w.sandbox();
    let first = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    w.save("b.txt", "b\n", "Add b");
    let changelog = w.remote.file(&branch, CHANGELOG);
    w.json(&["rollback", &first, "--reason", "Not wanted"]);
    let after = w.remote.file(&branch, CHANGELOG);
    assert!(after.starts_with(&changelog), "the log only grows");
    let own = &entries(&after)[entries(&changelog).len()..];
    assert!(own.iter().any(|e| e["path"] == "a.txt"), "{own:#?}");
    assert!(entries(&after).iter().any(|e| e["path"] == "b.txt"));
}

#[test]
fn the_rollback_is_entered_in_its_own_ledger() {
    let w = World::path();
    let branch = w.sandbox();
    let first = mixed(&w);
    w.json(&["rollback", &first, "--reason", "It's: wrong"]);
    let list = entries(&w.remote.file(&branch, ROLLBACKS));
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["commit_sha"], first.as_str());
    assert_eq!(list[0]["reason"], "It's: wrong");
    assert!(list[0]["timestamp"].is_string());
    let mut paths: Vec<&str> = list[0]["paths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["README.md", "added.txt", "docs/guide.md"]);
    // Appended the second time.
    let before = w.remote.file(&branch, ROLLBACKS);
    let second = text(&w.save("c.txt", "c\n", "Add c"), "commit");
    w.json(&["rollback", &second]);
    let after = w.remote.file(&branch, ROLLBACKS);
    assert!(after.starts_with(&before));
    assert_eq!(entries(&after).len(), 2);
}

#[test]
fn a_rollback_is_one_commit_with_its_ledgers_in_it_and_one_connection() {
    let w = World::new(Kind::Http);
    let branch = w.sandbox();
    let commit = mixed(&w);
    w.remote.reset();
    w.json(&["rollback", &commit]);
    assert_eq!(
        w.remote.connections(),
        1,
        "{:?}",
        w.remote.http().requests()
    );
    assert_eq!(w.remote.count(&format!("{commit}..{branch}")), 1);
    let changed = listed(&serde_json::json!(w.remote.changes(&branch)));
    for path in [
        CHANGELOG,
        ROLLBACKS,
        "README.md",
        "added.txt",
        "docs/guide.md",
    ] {
        assert!(changed.contains(path), "{path}: {changed}");
    }
}

#[test]
fn memory_entries_of_vanished_files_are_dropped_and_others_stay() {
    let w = World::path();
    let branch = w.sandbox();
    let gone = text(&w.save("docs/gone.md", "# Gone\n", "Add gone"), "commit");
    w.save("docs/stays.md", "# Stays\n", "Add stays");
    w.json(&["rollback", &gone]);
    let memory = w.remote.file(&branch, MEMORY);
    assert!(
        memory.starts_with(OLD_MEMORY),
        "old entries keep every byte"
    );
    let list = entries(&memory);
    assert!(!list.iter().any(|e| e["path"] == "docs/gone.md"));
    assert!(list.iter().any(|e| e["path"] == "docs/stays.md"));
}

#[test]
fn a_rename_that_is_undone_already_is_passed_over_whatever_was_written_since() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("old.txt", "one\n", "Old");
    w.write("new.txt", "one\n");
    std::fs::remove_file(w.clone.join("old.txt")).unwrap();
    let renamed = w.json(&["commit", "new.txt", "--rm", "old.txt", "-m", "Rename"]);
    let renamed = text(&renamed, "commit");
    let rollback = text(&w.json(&["rollback", &renamed]), "commit");
    w.json(&["sandbox", "pull"]);
    w.save("old.txt", "one\ntwo\n", "Edit");
    let refs = w.remote.refs();
    let again = w.json(&["rollback", &renamed]);
    assert_eq!(again["unchanged"], true);
    assert_eq!(again["passed_over"], serde_json::json!([renamed]));
    let warning = again["warnings"][0].as_str().unwrap();
    assert!(warning.contains(&rollback[..10]), "{warning}");
    assert_eq!(w.remote.refs(), refs);
    // Where the rollback was undone as well, the rename can be undone again.
    w.json(&["rollback", &rollback]);
    assert_eq!(w.remote.text(&branch, "new.txt"), "one\ntwo\n");
    w.json(&["rollback", &renamed]);
    assert_eq!(w.remote.text(&branch, "old.txt"), "one\ntwo\n");
    assert!(w.remote.try_file(&branch, "new.txt").is_none());
}

#[test]
fn a_rename_is_undone() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.contents(&branch);
    let body = w.remote.text(&branch, "docs/guide.md");
    w.write("docs/handbook.md", format!("{body}One more line.\n"));
    let commit = text(
        &w.json(&[
            "commit",
            "docs/handbook.md",
            "--rm",
            "docs/guide.md",
            "-m",
            "Rename",
        ]),
        "commit",
    );
    w.json(&["rollback", &commit]);
    assert_eq!(w.remote.contents(&branch), before);
}

#[cfg(unix)]
#[test]
fn a_change_of_mode_is_undone() {
    let w = World::path();
    let branch = w.sandbox();
    make_executable(&w.clone.join("README.md"));
    let commit = text(
        &w.json(&["commit", "README.md", "-m", "Executable"]),
        "commit",
    );
    assert_eq!(w.remote.mode(&branch, "README.md"), "100755");
    w.json(&["rollback", &commit]);
    assert_eq!(w.remote.mode(&branch, "README.md"), "100644");
}

#[test]
fn a_binary_file_is_undone() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.file(&branch, "assets/logo.bin");
    let commit = text(
        &w.save("assets/logo.bin", [0, 255, 0, 254], "A new logo"),
        "commit",
    );
    w.json(&["rollback", &commit]);
    assert_eq!(w.remote.file(&branch, "assets/logo.bin"), before);
}

#[test]
fn a_binary_file_that_was_changed_since_is_a_conflict() {
    let w = World::path();
    w.sandbox();
    let commit = text(
        &w.save("assets/logo.bin", [0, 255, 0, 254], "A new logo"),
        "commit",
    );
    w.save("assets/logo.bin", [0, 255, 0, 253], "A newer logo");
    w.refuses(&["rollback", &commit], 6);
}

#[test]
fn the_last_n_are_undone_together() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "1\n", "One");
    let state = w.remote.contents(&branch);
    let two = text(&w.save("a.txt", "2\n", "Two"), "commit");
    let three = text(&w.save("a.txt", "3\n", "Three"), "commit");
    let before = w.remote.tip(&branch);
    let answer = w.json(&["rollback", "--last", "2"]);
    assert_eq!(w.remote.contents(&branch), state);
    let reverted = listed(&answer["reverted"]);
    assert!(
        reverted.contains(&two) && reverted.contains(&three),
        "{reverted}"
    );
    assert_eq!(
        w.remote.count(&format!("{before}..{branch}")),
        1,
        "by one commit"
    );
    let list = entries(&w.remote.file(&branch, ROLLBACKS));
    for commit in [two, three] {
        assert!(
            list.iter().any(|e| e["commit_sha"] == commit.as_str()),
            "{list:#?}"
        );
    }
}

#[test]
fn the_last_n_never_reaches_into_what_the_sandbox_inherited() {
    let w = World::path();
    let branch = w.sandbox();
    let fork = w.remote.contents(&branch);
    w.save("a.txt", "1\n", "One");
    let out = w.aidf(&["rollback", "--last", "5", "--json"]);
    // Refused, or all that is the sandbox's own: never the base's commits.
    if out.code == 0 {
        assert_eq!(w.remote.contents(&branch), fork);
    } else {
        assert!(matches!(out.code, 2 | 3), "{out}");
        assert!(w.remote.try_file(&branch, "a.txt").is_some());
    }
}

#[test]
fn a_task_is_undone_and_nothing_else() {
    let w = World::path();
    let branch = w.sandbox();
    for (path, task) in [("a.txt", "bad"), ("b.txt", "good"), ("c.txt", "bad")] {
        w.write(path, "x\n");
        w.json(&["commit", path, "-m", path, "--task-id", task]);
    }
    w.json(&["rollback", "--task-id", "bad"]);
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
    assert!(w.remote.try_file(&branch, "b.txt").is_some());
    assert!(w.remote.try_file(&branch, "c.txt").is_none());
}

#[test]
fn an_unknown_task_is_not_found() {
    let w = World::path();
    w.history(1);
    w.refuses(&["rollback", "--task-id", "nobody"], 3);
}

#[test]
fn to_a_revision_makes_the_files_what_they_were() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "1\n", "One");
    let to = w.remote.tip(&branch);
    let state = w.remote.contents(&branch);
    w.save("a.txt", "2\n", "Two");
    mixed(&w);
    w.save("new/deep.txt", "x\n", "Three");
    let changelog = w.remote.file(&branch, CHANGELOG);
    w.json(&["rollback", "--to", &to, "--reason", "Back"]);
    assert_eq!(w.remote.contents(&branch), state);
    assert!(
        w.remote.file(&branch, CHANGELOG).starts_with(&changelog),
        "the log only grows"
    );
    assert!(
        !entries(&w.remote.file(&branch, MEMORY))
            .iter()
            .any(|e| e["path"] == "new/deep.txt")
    );
}

#[test]
fn one_path_of_a_commit_may_be_undone() {
    let w = World::path();
    let branch = w.sandbox();
    let readme = w.remote.file(&branch, "README.md");
    let commit = mixed(&w);
    let answer = w.json(&["rollback", &commit, "--path", "README.md"]);
    assert_eq!(w.remote.file(&branch, "README.md"), readme);
    assert!(
        w.remote.try_file(&branch, "added.txt").is_some(),
        "not asked for"
    );
    assert!(
        w.remote.try_file(&branch, "docs/guide.md").is_none(),
        "not asked for"
    );
    assert_eq!(answer["reverted_files"].as_array().unwrap().len(), 1);
    let list = entries(&w.remote.file(&branch, ROLLBACKS));
    assert_eq!(list[0]["paths"], serde_json::json!(["README.md"]));
    // The rest may follow.
    w.json(&[
        "rollback",
        &commit,
        "--path",
        "added.txt",
        "--path",
        "docs/guide.md",
    ]);
    assert!(w.remote.try_file(&branch, "added.txt").is_none());
    assert!(w.remote.try_file(&branch, "docs/guide.md").is_some());
}

#[test]
fn the_entries_of_a_rollback_name_the_paths_that_changed_by_it() {
    let w = World::path();
    let branch = w.sandbox();
    let to = w.remote.tip(&branch);
    let one = text(&w.save("one.txt", "one\n", "One"), "commit");
    w.save("gone.txt", "gone\n", "For a while");
    w.json(&["commit", "--rm", "gone.txt", "-m", "Not any more"]);
    let two = text(&w.save("two.txt", "two\n", "Two"), "commit");
    // What stands in the ledger before, and of each entry after that the commit and its paths.
    let named = |answer: &Value, before: usize| {
        let list = entries(&w.remote.file(&branch, ROLLBACKS));
        assert_eq!(answer["unchanged"], false);
        let of = |e: &Value| (text(e, "commit_sha"), e["paths"].clone());
        list[before..].iter().map(of).collect::<Vec<_>>()
    };
    let answer = w.json(&["rollback", "--to", &to, "--path", "two.txt"]);
    assert_eq!(answer["reverted"], serde_json::json!([two]));
    assert_eq!(
        named(&answer, 0),
        [(two, serde_json::json!(["two.txt"]))],
        "only what --path chose was undone"
    );
    let answer = w.json(&["rollback", "--to", &to]);
    assert_eq!(named(&answer, 1), [(one, serde_json::json!(["one.txt"]))]);
}

#[test]
fn an_entry_of_a_rollback_names_a_hundred_paths_at_most() {
    let w = World::path();
    let branch = w.sandbox();
    for n in 0..120 {
        w.write(&format!("many/{n:03}.txt"), "many\n");
    }
    let commit = text(&w.json(&["commit", "many", "-m", "Many"]), "commit");
    let answer = w.json(&["rollback", &commit]);
    assert_eq!(answer["reverted_files"].as_array().unwrap().len(), 120);
    let list = entries(&w.remote.file(&branch, ROLLBACKS));
    assert_eq!(list[0]["paths"].as_array().unwrap().len(), 100);
}

#[test]
fn a_folder_as_the_path_undoes_what_is_in_it() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = mixed(&w);
    w.json(&["rollback", &commit, "--path", "docs"]);
    assert!(w.remote.try_file(&branch, "docs/guide.md").is_some());
    assert!(w.remote.try_file(&branch, "added.txt").is_some());
}

#[test]
fn a_disguised_path_is_refused() {
    let w = World::path();
    w.sandbox();
    let commit = mixed(&w);
    for path in ["../README.md", ".git/config", "docs\\guide.md"] {
        w.refuses_any(&["rollback", &commit, "--path", path], &[2, 3, 5]);
    }
}

#[test]
fn a_rollback_can_be_rolled_back() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = mixed(&w);
    let state = w.remote.contents(&branch);
    let undo = text(&w.json(&["rollback", &commit]), "commit");
    let changelog = w.remote.file(&branch, CHANGELOG);
    w.json(&["rollback", &undo]);
    assert_eq!(w.remote.contents(&branch), state);
    assert!(w.remote.file(&branch, CHANGELOG).starts_with(&changelog));
    assert_eq!(entries(&w.remote.file(&branch, ROLLBACKS)).len(), 2);
}

#[test]
fn undoing_what_is_undone_is_nothing_to_do() {
    let w = World::path();
    w.sandbox();
    let commit = mixed(&w);
    w.json(&["rollback", &commit]);
    let refs = w.remote.refs();
    let answer = w.json(&["rollback", &commit]);
    assert_eq!(answer["unchanged"], true);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn several_commits_may_be_named() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.contents(&branch);
    let one = text(&w.save("a.txt", "1\n", "One"), "commit");
    let two = text(&w.save("a.txt", "2\n", "Two"), "commit");
    // In either order: the newest is undone first.
    w.json(&["rollback", &one, &two]);
    assert_eq!(w.remote.contents(&branch), before);
}

#[test]
fn a_commits_short_name_is_enough() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let answer = w.json(&["rollback", &commit[..10]]);
    assert_eq!(answer["reverted"], serde_json::json!([commit]));
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
}

#[test]
fn a_commit_of_another_branch_is_not_found() {
    let w = World::path();
    w.sandbox();
    let elsewhere = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    w.json(&["sandbox", "init", "--force-new"]);
    w.refuses(&["rollback", &elsewhere], 3);
}

#[test]
fn a_commit_that_does_not_exist_is_not_found() {
    let w = World::path();
    w.history(1);
    w.refuses(&["rollback", "0123456789012345678901234567890123456789"], 3);
    w.refuses_any(&["rollback", "no-such-name"], &[2, 3]);
}

#[test]
fn nothing_to_undo_is_a_usage_error() {
    let w = World::path();
    w.history(1);
    w.refuses(&["rollback"], 2);
    w.refuses(&["rollback", "--last", "0"], 2);
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let w = World::path();
    w.sandbox();
    let commit = mixed(&w);
    let refs = w.remote.refs();
    let answer = w.json(&["rollback", &commit, "--dry-run"]);
    assert_eq!(w.remote.refs(), refs);
    assert!(listed(&answer["reverted_files"]).contains("README.md"));
}

#[test]
fn work_of_others_since_is_kept() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = mixed(&w);
    w.remote
        .write(&branch, &[("theirs.txt", Some(b"theirs\n"))], "Theirs");
    w.json(&["rollback", &commit]);
    assert_eq!(w.remote.file(&branch, "theirs.txt"), b"theirs\n");
    assert!(w.remote.try_file(&branch, "added.txt").is_none());
}

#[test]
fn a_plain_git_commit_of_another_can_be_undone() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = w
        .remote
        .write(&branch, &[("theirs.txt", Some(b"theirs\n"))], "Theirs");
    w.json(&["rollback", &commit]);
    assert!(w.remote.try_file(&branch, "theirs.txt").is_none());
}

#[test]
fn the_working_tree_index_and_head_are_left_alone() {
    let w = World::path();
    w.sandbox();
    let commit = mixed(&w);
    let before = w.snapshot();
    w.json(&["rollback", &commit]);
    assert_eq!(w.snapshot(), before);
}

#[test]
fn a_protected_branch_is_refused() {
    let w = World::path();
    w.sandbox();
    let tip = w.remote.tip("main");
    w.refuses(&["rollback", &tip, "--branch", "main"], 5);
}

#[test]
fn a_sandbox_is_not_rolled_back_without_its_token() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = mixed(&w);
    let other = w.other();
    other.share_key(&w);
    let refs = w.remote.refs();
    let out = other.aidf(&["rollback", &commit, "--branch", &branch, "--json"]);
    assert!(matches!(out.code, 4 | 5), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn an_unparsable_ledger_refuses_the_whole_rollback() {
    for path in [CHANGELOG, MEMORY, ROLLBACKS] {
        let w = World::path();
        let branch = w.sandbox();
        let commit = mixed(&w);
        w.remote
            .write(&branch, &[(path, Some(b"- path: [unclosed\n"))], "Break it");
        w.refuses(&["rollback", &commit], 7);
    }
}

#[test]
fn a_rollback_names_no_person_and_is_signed() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = mixed(&w);
    w.json(&["rollback", &commit]);
    let raw = w.remote.git(&["cat-file", "commit", &branch]);
    assert!(
        !raw.contains("Pat Person") && !raw.contains("pat@"),
        "{raw}"
    );
    assert!(
        raw.contains(&commit),
        "the message says what is undone: {raw}"
    );
    assert_ne!(w.remote.trailer(&branch, "Aidf-Signature"), "");
    let log = w.json(&["log", "-n", "1"]);
    assert_eq!(log["commits"][0]["signature"], "good");
}

#[test]
fn a_hooks_refusal_fails_the_rollback_and_nothing_moves() {
    let w = World::path();
    w.sandbox();
    let commit = mixed(&w);
    w.remote
        .hook("pre-receive", "#!/bin/sh\necho 'Frozen.' >&2\nexit 1\n");
    let out = w.refuses(&["rollback", &commit], 5);
    assert!(out.stderr.contains("Frozen."), "{out}");
}

#[test]
fn a_commit_that_only_touched_ledgers_is_nothing_to_do() {
    let w = World::path();
    let branch = w.sandbox();
    let old = w.remote.text(&branch, CHANGELOG);
    let grown = format!("{old}- timestamp: '2026-01-01T00:00:00'\n  path: x\n  message: m\n");
    let commit = w
        .remote
        .write(&branch, &[(CHANGELOG, Some(grown.as_bytes()))], "By hand");
    let answer = w.json(&["rollback", &commit]);
    assert_eq!(answer["unchanged"], Value::Bool(true));
    assert_eq!(w.remote.tip(&branch), commit);
}

#[test]
fn a_conflict_fills_the_field_of_its_name() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "one\ntwo\nthree\n", "First");
    w.save("a.txt", "one\nTWO\nthree\n", "Second");
    w.save("a.txt", "one\n2\nthree\n", "Third");
    let second = w.remote.git(&["rev-parse", &format!("{branch}~1")]);
    let out = w.aidf(&["rollback", second.trim(), "--json"]).exits(6);
    let conflicts = &out.error()["conflicts"];
    assert_eq!(conflicts[0]["path"], "a.txt");
    assert_eq!(conflicts[0]["lines"][0]["first"], 2);
}

#[test]
fn to_takes_days_moments_and_revisions() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.text(&branch, "README.md");
    w.save("README.md", "one\n", "First");
    w.save("README.md", "two\n", "Second");
    let tip = w.remote.tip(&branch);
    let roll = |to: &str| w.json(&["rollback", "--to", to, "--dry-run"]);
    assert_eq!(roll("HEAD")["unchanged"], true);
    assert_eq!(roll("HEAD~1")["reverted_files"][0], "README.md");
    assert_eq!(roll(&tip)["unchanged"], true);
    let today = w
        .remote
        .git(&["log", "-1", "--format=%cd", "--date=format:%F", &branch]);
    assert_eq!(roll(today.trim())["unchanged"], true);
    w.git(&["tag", "start", "origin/main"]);
    w.json(&["rollback", "--to", "start"]);
    assert_eq!(w.remote.text(&branch, "README.md"), before);
    for to in ["1970-01-02", "no-such", "-x"] {
        let to = format!("--to={to}");
        w.aidf(&["rollback", &to, "--dry-run"]).exits(3);
    }
}

#[test]
fn what_a_rollback_removed_and_the_working_tree_still_holds_is_said() {
    let w = World::path();
    w.sandbox();
    w.save("new.txt", "new\n", "A file");
    let out = w.json(&["rollback", "--last", "1"]);
    let said = out["warnings"].to_string();
    assert!(
        said.contains("still holds") && said.contains("new.txt"),
        "{said}"
    );
    assert!(said.contains("aidf sandbox pull"), "{said}");
    let pulled = w.json(&["sandbox", "pull"]);
    assert!(!w.clone.join("new.txt").exists());
    let removed = pulled["removed"].as_array().unwrap();
    assert!(removed.contains(&"new.txt".into()), "{pulled:#}");
}

#[test]
fn on_main_what_git_does_not_know_is_to_be_deleted_by_hand() {
    let w = World::path();
    let branch = w.sandbox();
    let token = text(&w.json(&["token", "issue", "--operator"]), "token");
    w.save("new.txt", "new\n", "A file");
    let land = ["land", &branch, "--reuse-token", &token];
    let landing = text(&w.json(&land), "commit");
    let undo = |commit: &str| {
        let out = w.json(&[
            "rollback",
            commit,
            "--branch",
            "main",
            "--reuse-token",
            &token,
        ]);
        (text(&out, "commit"), out["warnings"].to_string())
    };
    let (rollback, said) = undo(&landing);
    assert!(
        said.contains("new.txt") && said.contains("delete it"),
        "{said}"
    );
    undo(&rollback);
    std::fs::remove_file(w.clone.join("new.txt")).unwrap();
    w.git(&["pull", "-q", "--ff-only", "origin", "main"]);
    assert!(w.clone.join("new.txt").exists());
    let (_, said) = undo(&landing);
    assert!(said.contains("`git pull` takes it away"), "{said}");
    w.git(&["pull", "-q", "--ff-only", "origin", "main"]);
    assert!(!w.clone.join("new.txt").exists());
}

#[test]
fn what_is_undone_already_is_not_reverted_again_however_it_is_named() {
    let w = World::path();
    w.sandbox();
    let named = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    w.json(&["rollback", &named]);
    for args in [&["rollback", "--last", "2"][..], &["rollback", &named]] {
        let again = w.json(args);
        assert_eq!(again["unchanged"], true, "{again:#}");
        assert_eq!(again["commit"], Value::Null);
        assert_eq!(again["reverted"], serde_json::json!([]), "{again:#}");
    }
}

#[test]
fn a_rollback_that_brings_a_secret_back_is_noticed_as_a_commit_is() {
    let secret = concat!("AKIA", "IOSFODNN7EXAMPLE\n");
    for reaction in ["warn", "refuse"] {
        let w = World::path();
        let branch = w.sandbox();
        w.write("s.txt", secret);
        w.json(&["commit", "s.txt", "-m", "Add s"]);
        let removed = text(
            &w.json(&["commit", "--rm", "s.txt", "-m", "Remove s"]),
            "commit",
        );
        let policy = format!("alerts: {{possible_secret: {reaction}}}\n");
        let files: [(&str, Option<&[u8]>); 1] = [(".aidf.yaml", Some(policy.as_bytes()))];
        w.remote.write("sandbox", &files, "Set the policy");
        if reaction == "warn" {
            let done = w.json(&["rollback", &removed]);
            let warned = done["warnings"].to_string();
            assert!(warned.contains("s.txt"), "{done:#}");
            assert!(warned.contains("looks like"), "{done:#}");
            // What takes it away is none.
            let done = w.json(&["rollback", &text(&done, "commit")]);
            let warned = done["warnings"].to_string();
            assert!(!warned.contains("looks like"), "{done:#}");
        } else {
            let tip = w.remote.tip(&branch);
            let error = w.refuses(&["rollback", &removed], 5).error();
            let said = error["message"].as_str().unwrap();
            assert!(said.contains("refuses this rollback"), "{said}");
            assert_eq!(w.remote.tip(&branch), tip);
        }
    }
}

#[test]
fn a_rollback_is_not_refused_for_a_secret_that_is_there_as_it_is() {
    let w = World::path();
    w.sandbox();
    let secret = concat!("AKIA", "IOSFODNN7EXAMPLE\n");
    w.save("s.txt", format!("one\n{secret}"), "Add s");
    let done = w.save("s.txt", format!("broken\n{secret}"), "Break s");
    let policy = b"alerts: {possible_secret: refuse}\n";
    let files: [(&str, Option<&[u8]>); 1] = [(".aidf.yaml", Some(policy))];
    w.remote.write("sandbox", &files, "Set the policy");
    w.json(&["rollback", &text(&done, "commit")]);
}
