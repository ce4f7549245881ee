//! `aidf commit` on a branch that others write to as well.

use crate::support::{CHANGELOG, SEED_LIB, World, entries, rivals};

/// The working tree of the first clone is `main`; the sandbox's lib is the same.
fn lib_with(from: &str, to: &str) -> String {
    let changed = SEED_LIB.replace(from, to);
    assert_ne!(changed, SEED_LIB);
    changed
}

#[test]
fn content_equal_to_the_tip_makes_no_commit() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let refs = w.remote.refs();
    let answer = w.save("a.txt", "a\n", "Add a again");
    assert_eq!(answer["unchanged"], true);
    assert_eq!(answer["attempts"], 0, "nothing was pushed");
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_commit_is_refused_when_the_head_is_not_the_expected_one() {
    let w = World::path();
    let branch = w.sandbox();
    let old = w.remote.tip(&branch);
    w.save("a.txt", "a\n", "Add a");
    w.write("b.txt", "b\n");
    let out = w.refuses(
        &["commit", "b.txt", "-m", "Add b", "--expect-head", &old],
        6,
    );
    // A failed push names what was seen and what was expected.
    assert!(out.stderr.contains(&old[..7]), "{out}");
    assert!(out.stderr.contains(&w.remote.tip(&branch)[..7]), "{out}");
    let now = w.remote.tip(&branch);
    w.json(&["commit", "b.txt", "-m", "Add b", "--expect-head", &now]);
    assert_eq!(w.remote.file(&branch, "b.txt"), b"b\n");
}

#[test]
fn an_expected_head_that_is_no_commit_name_is_a_usage_error() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    w.refuses(
        &["commit", "a.txt", "-m", "Add a", "--expect-head", "zzz"],
        2,
    );
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let w = World::path();
    let branch = w.sandbox();
    let refs = w.remote.refs();
    w.write("a.txt", "a\n");
    let answer = w.json(&["commit", "a.txt", "-m", "Add a", "--dry-run"]);
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(answer["files"][0]["path"], "a.txt");
    assert_eq!(w.remote.refs(), refs);
    let seen = w.git(&["for-each-ref", "refs/remotes"]);
    assert!(!seen.is_empty());
    let again = w.json(&["commit", "a.txt", "-m", "Add a"]);
    assert_eq!(again["unchanged"], false, "the dry run was no commit");
}

#[test]
fn anothers_edit_elsewhere_in_the_same_file_is_merged() {
    let w = World::path();
    let branch = w.sandbox();
    let theirs = lib_with("return text.split()", "return text.lower().split()");
    w.remote.write(
        &branch,
        &[("src/lib.py", Some(theirs.as_bytes()))],
        "Theirs",
    );
    let ours = lib_with(
        "report(top(count(parse(text)), 3))",
        "report(top(count(parse(text)), 5))",
    );
    w.write("src/lib.py", &ours);
    w.json(&["commit", "src/lib.py", "-m", "Ours"]);
    let merged = w.remote.text(&branch, "src/lib.py");
    assert!(
        merged.contains("text.lower().split()"),
        "theirs is lost: {merged}"
    );
    assert!(merged.contains(", 5))"), "ours is lost: {merged}");
}

#[test]
fn a_conflict_writes_nothing_and_stays_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"theirs\n"))], "Theirs");
    w.write("a.txt", "ours\n");
    w.write("b.txt", "b\n");
    let seen = format!("refs/remotes/origin/{branch}");
    let before = w.git(&["rev-parse", &seen]);
    for _ in 0..3 {
        let out = w.refuses(&["commit", "a.txt", "b.txt", "-m", "Ours"], 6);
        assert!(out.stderr.contains("a.txt"), "it names the path\n{out}");
        // Moved on, the next try would silently replace the other's edit.
        assert_eq!(w.git(&["rev-parse", &seen]), before);
    }
    assert_eq!(w.remote.file(&branch, "a.txt"), b"theirs\n");
}

#[test]
fn overwrite_takes_ours() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote.write(
        &branch,
        &[
            ("a.txt", Some(b"theirs\n")),
            ("other.txt", Some(b"theirs\n")),
        ],
        "Theirs",
    );
    w.write("a.txt", "ours\n");
    w.json(&["commit", "a.txt", "-m", "Ours", "--overwrite"]);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"ours\n");
    assert_eq!(w.remote.file(&branch, "other.txt"), b"theirs\n");
}

#[test]
fn after_a_fetch_anothers_edit_is_still_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"theirs\n"))], "Theirs");
    w.git(&["fetch", "--quiet"]);
    w.write("a.txt", "ours\n");
    w.refuses(&["commit", "a.txt", "-m", "Ours"], 6);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"theirs\n");
}

#[test]
fn files_that_others_changed_elsewhere_never_matter() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    for n in 0..3 {
        w.remote.write(
            &branch,
            &[(format!("theirs{n}.txt").as_str(), Some(b"theirs\n"))],
            "Theirs",
        );
        w.save("a.txt", format!("ours {n}\n"), "Ours");
    }
    for n in 0..3 {
        assert_eq!(
            w.remote.file(&branch, &format!("theirs{n}.txt")),
            b"theirs\n"
        );
    }
    assert_eq!(w.remote.file(&branch, "a.txt"), b"ours 2\n");
}

#[test]
fn anothers_file_of_the_same_new_name_is_not_replaced() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("first.txt", "x\n", "First");
    w.remote
        .write(&branch, &[("new.txt", Some(b"theirs\n"))], "Theirs");
    w.write("new.txt", "ours\n");
    w.refuses(&["commit", "new.txt", "-m", "Ours"], 6);
    assert_eq!(w.remote.file(&branch, "new.txt"), b"theirs\n");
}

#[test]
fn a_file_where_another_made_a_folder_is_refused_and_so_is_the_reverse() {
    for (theirs, ours) in [("a/x.txt", "a"), ("a", "a/x.txt")] {
        let w = World::path();
        let branch = w.sandbox();
        let theirs = [(theirs, Some(&b"theirs\n"[..]))];
        let tip = w.remote.write(&branch, &theirs, "Theirs");
        w.write(ours, "ours\n");
        for extra in [&[][..], &["--overwrite"]] {
            let args = [&["commit", ours, "-m", "Ours"], extra].concat();
            let out = w.refuses(&args, 6);
            assert!(out.stderr.contains("folder"), "{out}");
            assert!(out.stderr.contains("in the same commit"), "{out}");
        }
        assert_eq!(w.remote.tip(&branch), tip);
    }
}

#[test]
fn one_commit_may_put_a_file_in_the_place_of_a_folder_and_the_reverse() {
    for is_named in [true, false] {
        let w = World::path();
        let branch = w.sandbox();
        w.save("a/x.txt", "x\n", "A folder");
        let replace = |gone: &str, path: &str| {
            match gone.contains('/') {
                true => std::fs::remove_dir_all(w.clone.join("a")).unwrap(),
                false => std::fs::remove_file(w.clone.join("a")).unwrap(),
            }
            w.write(path, "new\n");
            match is_named {
                true => w.json(&["commit", path, "--rm", gone, "-m", "In one commit"]),
                false => w.json(&["commit", "-a", "-m", "In one commit"]),
            };
            assert_eq!(w.remote.text(&branch, path), "new\n");
        };
        replace("a/x.txt", "a");
        replace("a", "a/y.txt");
        // A folder that is removed as a whole, but for what the commit writes in it.
        if is_named {
            w.save("a/z.txt", "z\n", "Another file");
            w.write("a/z.txt", "newer\n");
            w.json(&["commit", "a/z.txt", "--rm", "a", "-m", "In one commit"]);
            let files = w.remote.git(&["ls-tree", "--name-only", &branch, "a/"]);
            assert_eq!(files, "a/z.txt");
            assert_eq!(w.remote.text(&branch, "a/z.txt"), "newer\n");
        }
        w.remote.is_sound();
    }
}

#[test]
fn the_same_edit_by_another_is_nothing_to_do() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"same\n"))], "Theirs");
    let refs = w.remote.refs();
    let answer = w.save("a.txt", "same\n", "Ours");
    assert_eq!(answer["unchanged"], true);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn removing_what_another_changed_is_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"theirs\n"))], "Theirs");
    w.refuses(&["commit", "--rm", "a.txt", "-m", "Remove"], 6);
}

#[test]
fn changing_what_another_removed_is_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote.write(&branch, &[("a.txt", None)], "Theirs");
    w.write("a.txt", "ours\n");
    w.refuses(&["commit", "a.txt", "-m", "Ours"], 6);
}

#[test]
fn a_binary_file_that_both_changed_is_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote.write(
        &branch,
        &[("assets/logo.bin", Some(&[0, 1, 2, 0xff]))],
        "Theirs",
    );
    w.write("assets/logo.bin", [0_u8, 9, 9, 0xfe]);
    w.refuses(&["commit", "assets/logo.bin", "-m", "Ours"], 6);
}

#[test]
fn a_writer_in_the_middle_of_our_push_is_kept() {
    // The hook makes another's commit between our look at the ref and our push.
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    w.remote.hook("pre-receive", &rivals(&branch, 1, ""));
    let answer = w.save("a.txt", "ours\n", "Ours");
    assert_eq!(answer["attempts"], 2, "{answer:#}");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"ours\n");
    assert!(
        w.remote.message(&format!("{branch}~1")).contains("A rival"),
        "the rival is under ours"
    );
    let logged = entries(&w.remote.file(&branch, CHANGELOG));
    assert_eq!(logged.iter().filter(|e| e["path"] == "a.txt").count(), 2);
    w.remote.is_sound();
}

#[test]
fn a_branch_that_stays_locked_is_given_up_after_a_few_tries() {
    // The server says of a lock what it says of a ref that moved, but nothing moves.
    let w = World::path();
    let branch = w.sandbox();
    let lock = w.remote.bare.join(format!("refs/heads/{branch}.lock"));
    std::fs::write(&lock, "").unwrap();
    w.write("a.txt", "a\n");
    let out = w.refuses(&["commit", "a.txt", "-m", "Add a"], 6);
    assert!(!out.stderr.contains("kept moving"), "{out}");
    assert!(out.stderr.contains("the remote refused"), "{out}");
    std::fs::remove_file(&lock).unwrap();
    assert_eq!(w.json(&["commit", "a.txt", "-m", "Add a"])["attempts"], 1);
}

#[test]
fn a_branch_that_keeps_moving_ends_as_a_conflict_that_may_be_tried_again() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote.hook("pre-receive", &rivals(&branch, 1000, ""));
    w.write("a.txt", "a\n");
    let out = w
        // It is given up after ten times the bound on one wait.
        .aidf(&["commit", "a.txt", "-m", "Ours", "--timeout", "2", "--json"])
        .exits(6);
    assert_eq!(out.error()["retryable"], true, "{out}");
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
}
