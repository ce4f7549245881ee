//! What the files of a working copy were taken from: nobody's line is undone by a clone that
//! is fresh, fetched, pulled, resumed or left overnight, no own line stays behind, and edits
//! apart never conflict.

use crate::support::team::{doc, edit, resumed, world};
use crate::support::{Machine, World};

#[test]
fn a_fresh_clone_that_resumes_undoes_no_line() {
    let (w, branch, token) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let b = resumed(&w, &token);
    edit(&b, "doc.txt", 28, "by B");
    b.json(&["commit", "doc.txt", "-m", "Line 28"]);
    let expected = doc(&[(2, "by A"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn a_fetch_changes_no_file_and_no_base() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.git(&["fetch", "--quiet"]);
    edit(&b, "doc.txt", 28, "by B");
    b.json(&["commit", "doc.txt", "-m", "Line 28"]);
    let expected = doc(&[(2, "by A"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn files_that_git_put_back_overnight_undo_no_line() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.save("doc.txt", doc(&[(28, "by B")]), "Line 28");
    w.json(&["sandbox", "pull"]);
    edit(&w, "doc.txt", 2, "by A");
    w.json(&["commit", "doc.txt", "-m", "Line 2"]);
    // The files go back to what HEAD has, and with them what they were taken from.
    b.git(&["checkout", "--", "."]);
    edit(&b, "doc.txt", 15, "next day");
    b.json(&["commit", "-a", "-m", "Line 15"]);
    let expected = doc(&[(2, "by A"), (15, "next day"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn what_a_conflict_on_main_says_to_do_works_without_a_sandbox() {
    let (w, _, _) = world();
    let operator = w.json(&["token", "issue", "--operator"]);
    let token = operator["token"].as_str().unwrap();
    let b = w.other();
    b.share_key(&w);
    b.git(&["checkout", "-q", "main"]);
    let pull = ["sandbox", "pull", "main"];
    let says = format!("`aidf {}`", pull.join(" "));
    let theirs = doc(&[(2, "by A")]);
    w.remote
        .write("main", &[("doc.txt", Some(theirs.as_bytes()))], "Line 2");
    b.write("doc.txt", doc(&[(2, "by B")]));
    let with = ["-m", "B", "--branch", "main", "--reuse-token", token];
    let call = [&["commit", "doc.txt"], &with[..]].concat();
    let out = b.aidf(&call).exits(6);
    assert!(out.stderr.contains(&says), "{out}");
    b.aidf(&pull).exits(6);
    b.write("doc.txt", doc(&[(2, "by both")]));
    b.aidf(&call).ok();
    assert_eq!(w.remote.text("main", "doc.txt"), doc(&[(2, "by both")]));
    // So does what the warning says of a checkout that is behind.
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "A file");
    b.write("b.txt", "b\n");
    let out = b.aidf(&[&["commit", "b.txt"], &with[..]].concat()).ok();
    assert!(out.stderr.contains(&says), "{out}");
    b.aidf(&pull).ok();
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip("main"));
    assert_eq!(b.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_a_conflict_says_to_do_loses_no_line() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A"), (9, "by A")]), "Lines");
    b.write("doc.txt", doc(&[(2, "by B"), (28, "by B")]));
    let call = ["commit", "doc.txt", "-m", "Lines of B"];
    let out = b.aidf(&call).exits(6);
    assert!(out.stderr.contains("doc.txt line 2:"), "{out}");
    assert!(out.stderr.contains("aidf sandbox pull"), "{out}");
    // What the hint said until now, and what people do anyway.
    b.git(&["fetch", "--quiet"]);
    b.aidf(&call).exits(6);
    assert_eq!(
        w.remote.text(&branch, "doc.txt"),
        doc(&[(2, "by A"), (9, "by A")])
    );
    b.aidf(&["sandbox", "pull"]).exits(6);
    let merged = doc(&[(2, "by both"), (9, "by A"), (28, "by B")]);
    b.write("doc.txt", &merged);
    b.aidf(&call).ok();
    assert_eq!(w.remote.text(&branch, "doc.txt"), merged);
}

#[test]
fn a_file_that_another_removed_does_not_come_back() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.json(&["commit", "--rm", "doc.txt", "-m", "Remove"]);
    b.git(&["fetch", "--quiet"]);
    edit(&b, "doc.txt", 28, "by B");
    let out = b.aidf(&["commit", "doc.txt", "-m", "Line 28"]).exits(6);
    assert!(out.stderr.contains("others deleted it"), "{out}");
    assert!(!out.stderr.contains("same lines"), "{out}");
    b.aidf(&["commit", "-a", "-m", "All"]).exits(6);
    assert!(w.remote.try_file(&branch, "doc.txt").is_none());
}

#[test]
fn a_deletion_of_what_another_changed_says_so() {
    let (w, _, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    std::fs::remove_file(b.clone.join("doc.txt")).unwrap();
    let out = b.aidf(&["commit", "-a", "-m", "All"]).exits(6);
    assert!(out.stderr.contains("you deleted it"), "{out}");
    assert!(!out.stderr.contains("same lines"), "{out}");
}

#[test]
fn a_folder_takes_no_file_that_was_not_changed_here() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("docs/two.txt", doc(&[(2, "by A")]), "Line 2");
    b.git(&["fetch", "--quiet"]);
    edit(&b, "docs/one.txt", 28, "by B");
    b.json(&["commit", "docs", "-m", "The folder"]);
    assert_eq!(
        w.remote.text(&branch, "docs/two.txt"),
        doc(&[(2, "by A")]),
        "the file that B never touched"
    );
    assert_eq!(w.remote.text(&branch, "docs/one.txt"), doc(&[(28, "by B")]));
}

#[test]
fn a_sandbox_that_is_checked_out_and_pulled_has_no_false_conflict() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.git(&["fetch", "--quiet"]);
    b.git(&["checkout", "--quiet", &branch]);
    b.save("doc.txt", doc(&[(28, "by B")]), "Line 28");
    w.json(&["sandbox", "pull"]);
    for n in 1..4 {
        edit(&w, "doc.txt", 2, &format!("by A, {n}"));
        w.json(&["commit", "doc.txt", "-m", "Line 2"]);
        b.git(&["pull", "--quiet"]);
        edit(&b, "doc.txt", 28, &format!("by B, {n}"));
        b.json(&["commit", "doc.txt", "-m", "Line 28"]);
        w.json(&["sandbox", "pull"]);
    }
    let expected = doc(&[(2, "by A, 3"), (28, "by B, 3")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

/// Has the checkout hold what the branch has, on no branch of its own.
fn checked_out(w: &World, branch: &str) {
    let tip = format!("origin/{branch}");
    w.git(&["fetch", "--quiet"]);
    w.git(&["checkout", "--quiet", "-f", "--detach", &tip]);
}

#[test]
fn a_branch_that_somebody_set_back_behind_the_checkout_is_compared_from_there() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    // From here on it is known that the branch goes on from the checkout.
    checked_out(&w, &branch);
    for n in ["1", "2"] {
        w.save("other.txt", n, "Another file");
    }
    let reference = format!("refs/heads/{branch}");
    w.remote.git(&["update-ref", &reference, "refs/heads/main"]);
    edit(&w, "doc.txt", 28, "by A");
    w.json(&["commit", "doc.txt", "-m", "Line 28"]);
    let expected = doc(&[(2, "by A"), (28, "by A")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn records_that_git_made_useless_are_forgotten_where_there_are_many() {
    let (w, branch, _) = world();
    for n in 0..1100 {
        w.write(&format!("many/{n}.txt"), n.to_string());
    }
    w.json(&["commit", "many", "-m", "Many files"]);
    let name = format!(".git/aidf/taken/origin@{branch}.json");
    let kept = || {
        let text = std::fs::read(w.clone.join(&name)).unwrap();
        let memory: serde_json::Value = serde_json::from_slice(&text).unwrap();
        memory["written"].as_object().unwrap().len()
    };
    assert_eq!(kept(), 1100);
    // Now the checkout has all of it, and says so itself.
    checked_out(&w, &branch);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    assert_eq!(kept(), 1000 + 1);
    w.save("many/7.txt", "changed", "Change one of them");
    assert_eq!(w.remote.text(&branch, "many/7.txt"), "changed");
}

#[test]
fn anothers_token_beside_an_own_sandbox_makes_no_false_conflict() {
    let (w, branch, token) = world();
    let b = w.other();
    b.share_key(&w);
    let own = b.sandbox();
    b.save("doc.txt", doc(&[(20, "own")]), "For my own sandbox");
    b.git(&["checkout", "--", "."]);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    edit(&b, "doc.txt", 28, "by B");
    b.json(&[
        "commit",
        "doc.txt",
        "-m",
        "For theirs",
        "--reuse-token",
        &token,
    ]);
    let expected = doc(&[(2, "by A"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
    assert_eq!(w.remote.text(&own, "doc.txt"), doc(&[(20, "own")]));
}

#[test]
fn a_file_written_from_here_and_pulled_since_makes_no_false_conflict() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.save("doc.txt", doc(&[(28, "by B")]), "Line 28");
    w.json(&["sandbox", "pull"]);
    edit(&w, "doc.txt", 28, "by A");
    w.json(&["commit", "doc.txt", "-m", "Line 28 again"]);
    b.git(&["fetch", "--quiet"]);
    b.git(&["checkout", "--", "."]);
    b.git(&["checkout", "--quiet", &branch]);
    edit(&b, "doc.txt", 28, "by B again");
    b.json(&["commit", "doc.txt", "-m", "Line 28 for the third time"]);
    assert_eq!(
        w.remote.text(&branch, "doc.txt"),
        doc(&[(28, "by B again")])
    );
}

#[test]
fn local_commits_are_changes_of_ours() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.write("doc.txt", doc(&[(28, "by B")]));
    std::fs::remove_file(b.clone.join("docs/two.txt")).unwrap();
    b.git(&["commit", "--quiet", "-a", "-m", "Local"]);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let answer = b.json(&["commit", "-a", "-m", "All of it"]);
    assert_eq!(answer["unchanged"], false, "{answer:#}");
    let expected = doc(&[(2, "by A"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
    assert!(w.remote.try_file(&branch, "docs/two.txt").is_none());
}

#[test]
fn a_local_commit_that_git_put_back_after_it_landed_is_no_change() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.write("doc.txt", doc(&[(28, "by B")]));
    b.git(&["commit", "--quiet", "-a", "-m", "Local"]);
    edit(&b, "doc.txt", 20, "by B");
    b.json(&["commit", "-a", "-m", "Both"]);
    w.json(&["sandbox", "pull"]);
    edit(&w, "doc.txt", 28, "by A");
    w.json(&["commit", "doc.txt", "-m", "Line 28"]);
    b.git(&["checkout", "--", "."]);
    edit(&b, "doc.txt", 5, "next day");
    b.json(&["commit", "-a", "-m", "Line 5"]);
    let expected = doc(&[(5, "next day"), (20, "by B"), (28, "by A")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn a_file_that_git_took_away_with_its_commit_is_not_removed_from_the_branch() {
    let (w, branch, token) = world();
    w.save("new.txt", doc(&[]), "A new file");
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    edit(&b, "new.txt", 28, "by B");
    b.json(&["commit", "new.txt", "-m", "Line 28"]);
    b.git(&["checkout", "--quiet", "main"]);
    assert!(!b.clone.join("new.txt").exists());
    edit(&b, "doc.txt", 5, "by B");
    b.json(&["commit", "-a", "-m", "Line 5"]);
    assert_eq!(w.remote.text(&branch, "new.txt"), doc(&[(28, "by B")]));
}

#[test]
fn a_local_commit_counts_from_what_was_pulled_before_it() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    b.write("doc.txt", doc(&[(28, "by B")]));
    b.git(&["commit", "--quiet", "-a", "-m", "Local"]);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.json(&["sandbox", "pull"]);
    edit(&b, "doc.txt", 5, "by B");
    b.git(&["commit", "--quiet", "-a", "-m", "Local again"]);
    w.save("doc.txt", doc(&[(2, "by A again")]), "Line 2 again");
    b.git(&["checkout", "--quiet", "main"]);
    b.json(&["sandbox", "switch"]);
    b.json(&["commit", "-a", "-m", "Lines 5 and 28"]);
    let expected = doc(&[(2, "by A again"), (5, "by B"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
}

#[test]
fn what_landed_is_still_known_after_a_day_on_a_branch_without_the_file() {
    let (w, branch, token) = world();
    w.save("new.txt", doc(&[]), "A new file");
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    b.write("new.txt", doc(&[(28, "by B")]));
    b.git(&["commit", "--quiet", "-a", "-m", "Local"]);
    b.json(&["commit", "new.txt", "-m", "Line 28"]);
    w.json(&["sandbox", "pull"]);
    w.save("new.txt", doc(&[(28, "by A")]), "Line 28 again");
    b.git(&["checkout", "--quiet", "main"]);
    edit(&b, "doc.txt", 5, "by B");
    b.json(&["commit", "doc.txt", "-m", "Line 5"]);
    b.json(&["sandbox", "switch"]);
    edit(&b, "new.txt", 5, "by B");
    b.json(&["commit", "new.txt", "-m", "Line 5"]);
    let expected = doc(&[(5, "by B"), (28, "by A")]);
    assert_eq!(w.remote.text(&branch, "new.txt"), expected);
}

#[test]
fn a_deletion_in_a_commit_that_was_amended_is_still_ones_own() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.write("new.txt", doc(&[]));
    b.json(&["commit", "new.txt", "-m", "A new file"]);
    b.git(&["add", "new.txt"]);
    b.git(&["commit", "--quiet", "-m", "Local"]);
    b.save("new.txt", doc(&[(5, "by B")]), "Line 5");
    std::fs::remove_file(b.clone.join("new.txt")).unwrap();
    b.write("other.txt", "other\n");
    b.git(&["add", "-A"]);
    b.git(&["commit", "--quiet", "--amend", "-m", "Local"]);
    b.json(&["commit", "-a", "-m", "All"]);
    assert!(w.remote.try_file(&branch, "new.txt").is_none());
    assert_eq!(w.remote.text(&branch, "other.txt"), "other\n");
}

#[test]
fn the_base_may_be_named() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    let fork = b.git(&["rev-parse", "HEAD"]).trim().to_owned();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let piped = |args: &[&str], text: String| {
        let mut call = vec!["commit", "doc.txt=-", "-m", "Piped"];
        call.extend(args);
        b.call(&call).stdin(text).run()
    };
    piped(&["--base", &fork], doc(&[(28, "by B")])).ok();
    let expected = doc(&[(2, "by A"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
    // Made from what the fork had, on the same line.
    let out = piped(&["--base", &fork], doc(&[(2, "by B")])).exits(6);
    assert!(out.stderr.contains("doc.txt line 2:"), "{out}");
    // The content was made from the newest, with line 2 back to what it was.
    b.git(&["fetch", "--quiet"]);
    let newest = format!("origin/{branch}");
    piped(&["--base", &newest], doc(&[(28, "by B")])).ok();
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(28, "by B")]));
    let out = piped(&["--base", "no-such-thing"], doc(&[])).exits(2);
    assert!(out.stderr.contains("no-such-thing"), "{out}");
}

#[test]
fn content_from_standard_input_in_a_clone_has_the_clones_base() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    b.git(&["fetch", "--quiet"]);
    let folder = b.env.path("elsewhere");
    std::fs::create_dir_all(folder.join("docs")).unwrap();
    b.call(&["commit", "doc.txt=-", "-m", "Piped"])
        .stdin(doc(&[(28, "by B")]))
        .run()
        .ok();
    let expected = doc(&[(2, "by A"), (28, "by B")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), expected);
    w.save("docs/one.txt", doc(&[(2, "by A")]), "Line 2");
    std::fs::write(folder.join("docs/one.txt"), doc(&[(28, "by B")])).unwrap();
    b.json(&[
        "commit",
        "--from-dir",
        folder.to_str().unwrap(),
        "-m",
        "A folder",
    ]);
    assert_eq!(w.remote.text(&branch, "docs/one.txt"), expected);
}

#[test]
fn without_a_clone_the_tip_is_replaced_guarded_by_head_and_base() {
    let (w, branch, token) = world();
    let url = w.url.clone();
    let before = w.remote.tip(&branch);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let far = Machine::bare(&w.remote);
    far.share_key(&w);
    let commit = |args: &[&str], text: String| {
        let mut call = vec!["-R", &url, "commit", "doc.txt=-", "-m", "Far"];
        call.extend(args);
        let call = far.call(&call).env("AIDF_REUSE_TOKEN", &token);
        call.stdin(text).run()
    };
    commit(&["--expect-head", &before], doc(&[(28, "far")])).exits(6);
    commit(&["--base", &before], doc(&[(28, "far")])).ok();
    let merged = doc(&[(2, "by A"), (28, "far")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), merged);
    commit(&[], doc(&[(15, "far")])).ok();
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(15, "far")]));
}

#[test]
fn a_further_try_keeps_the_base_of_the_first() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.save("doc.txt", doc(&[(28, "by B")]), "Line 28");
    // The hook makes another's commit on the same line between our look and our push.
    let script = format!(
        "#!/bin/sh\n\
         [ -e rival-was-here ] && exit 0\n\
         touch rival-was-here\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         export GIT_INDEX_FILE=$PWD/rival-index\n\
         tip=$(git rev-parse refs/heads/{branch})\n\
         git read-tree $tip\n\
         blob=$(git cat-file blob $tip:doc.txt | sed 's/^line 2$/rival/' | git hash-object -w --stdin)\n\
         git update-index --cacheinfo 100644,$blob,doc.txt\n\
         new=$(git commit-tree -p $tip -m 'A rival' $(git write-tree)) || exit 1\n\
         git update-ref refs/heads/{branch} $new\n"
    );
    w.remote.hook("pre-receive", &script);
    edit(&b, "doc.txt", 2, "by B");
    b.aidf(&["commit", "doc.txt", "-m", "Line 2"]).exits(6);
    assert_eq!(
        w.remote.text(&branch, "doc.txt"),
        doc(&[(2, "rival"), (28, "by B")])
    );
    edit(&b, "doc.txt", 2, "line 2");
    edit(&b, "doc.txt", 15, "by B");
    b.json(&["commit", "doc.txt", "-m", "Line 15"]);
    assert_eq!(
        w.remote.text(&branch, "doc.txt"),
        doc(&[(2, "rival"), (15, "by B"), (28, "by B")])
    );
}

#[test]
fn a_removal_by_name_is_of_what_the_branch_has_though_it_was_never_here() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("new.txt", "by A\n", "A new file");
    // B's files are older: nothing of B's own says that it ever had it.
    b.json(&["commit", "--rm", "new.txt", "-m", "Remove it"]);
    assert!(w.remote.try_file(&branch, "new.txt").is_none());
}

#[test]
fn what_was_written_from_elsewhere_says_nothing_of_the_working_files() {
    let (w, branch, _) = world();
    // A path that the working tree does not have, and one that it has an older version of.
    w.write("draft.txt", "draft\n");
    w.json(&["commit", "new.txt=draft.txt", "-m", "From a draft"]);
    let call = w.call(&["commit", "doc.txt=-", "-m", "From a pipe"]);
    call.stdin(doc(&[(2, "piped")])).run().ok();
    edit(&w, "doc.txt", 28, "by hand");
    let status = w.json(&["status"]).to_string();
    assert!(!status.contains("local_commit"), "{status}");
    w.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(w.remote.text(&branch, "new.txt"), "draft\n");
    let both = doc(&[(2, "piped"), (28, "by hand")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), both);
    // Whoever pipes goes on from what was piped: a line that is left out goes.
    let call = w.call(&["commit", "doc.txt=-", "-m", "From a pipe again"]);
    call.stdin(doc(&[(5, "piped")])).run().ok();
    let want = doc(&[(5, "piped"), (28, "by hand")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), want);
}

#[test]
fn what_was_rolled_back_may_be_piped_again() {
    let (w, branch, _) = world();
    let pipe = || {
        let call = w.call(&["commit", "piped.txt=-", "-m", "Piped", "--json"]);
        call.stdin("text\n").run().ok().json()
    };
    for _ in 0..2 {
        assert_eq!(pipe()["unchanged"], false);
        assert_eq!(w.remote.text(&branch, "piped.txt"), "text\n");
        w.json(&["rollback", "--last", "1"]);
        assert!(w.remote.try_file(&branch, "piped.txt").is_none());
    }
}

#[test]
fn a_ledger_that_a_local_commit_took_along_is_left_out_of_all() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.write("docs/one.txt", doc(&[(2, "by B")]));
    b.json(&["commit", "docs/one.txt", "-m", "Line 2"]);
    w.json(&["sandbox", "pull"]);
    w.git(&["config", "user.name", "Somebody"]);
    w.git(&["config", "user.email", "some@body.invalid"]);
    w.git(&["add", "-A"]);
    w.git(&["commit", "-q", "-m", "Local"]);
    b.write("docs/two.txt", doc(&[(5, "by B")]));
    b.json(&["commit", "docs/two.txt", "-m", "Line 5"]);
    edit(&w, "doc.txt", 28, "by A");
    let done = w.json(&["commit", "-a", "-m", "Line 28"]);
    let files: Vec<&str> = done["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["path"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["doc.txt"]);
    // What each writer entered is there once, and so are their lines.
    let log = crate::support::entries(&w.remote.file(&branch, "project/outputs/changelog.yaml"));
    let said: Vec<&str> = log.iter().map(|e| e["message"].as_str().unwrap()).collect();
    assert!(said.ends_with(&["Line 2", "Line 5", "Line 28"]), "{said:?}");
    assert_eq!(w.remote.text(&branch, "docs/two.txt"), doc(&[(5, "by B")]));
    assert_eq!(w.remote.text(&branch, "docs/one.txt"), doc(&[(2, "by B")]));
    // By name it is refused as before.
    w.write("project/memory.yaml", "[]\n");
    w.aidf(&["commit", "project/memory.yaml", "-m", "By hand"])
        .exits(5);
    let by_hand = w.json(&["commit", "-a", "-m", "By hand"]);
    assert!(
        crate::support::listed(&by_hand["warnings"]).contains("is a ledger"),
        "{by_hand}"
    );
}

#[test]
fn a_file_that_was_removed_and_that_git_put_back_is_not_new() {
    let (w, branch, _) = world();
    w.git(&["config", "user.name", "Somebody"]);
    w.git(&["config", "user.email", "some@body.invalid"]);
    w.save("own.txt", doc(&[]), "A file of the sandbox alone");
    w.git(&["add", "own.txt"]);
    w.git(&["commit", "-q", "-m", "Local"]);
    std::fs::remove_file(w.clone.join("own.txt")).unwrap();
    w.json(&["commit", "--rm", "own.txt", "-m", "Remove it"]);
    w.git(&["checkout", "-q", "--", "own.txt"]);
    edit(&w, "own.txt", 2, "changed");
    w.git(&["add", "own.txt"]);
    w.git(&["commit", "-q", "-m", "Changed"]);
    let tip = w.remote.tip(&branch);
    let out = w.aidf(&["commit", "own.txt", "-m", "Line 2"]).exits(6);
    assert!(out.stderr.contains("own.txt"), "{out}");
    assert_eq!(w.remote.tip(&branch), tip);
    // Whoever means it says so.
    w.json(&["commit", "own.txt", "-m", "Line 2", "--overwrite"]);
    assert_eq!(w.remote.text(&branch, "own.txt"), doc(&[(2, "changed")]));
}
