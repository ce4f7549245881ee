//! What a hostile or hurried moment once broke: each a story that ends with nobody's
//! work lost and nothing let through.

use crate::support::{MEMORY, World, text};

const NINE: &str = "l1\nl2\nl3\nl4\nl5\nl6\nl7\nl8\nl9\n";

/// Two machines on one sandbox; `f` with nine lines is on it, and in both clones.
fn two_on_one() -> (World, crate::support::Machine, String, String) {
    let w = World::path();
    w.remote
        .write("sandbox", &[("f", Some(NINE.as_bytes()))], "Seed f");
    w.git(&["pull", "--quiet", "origin", "sandbox"]);
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let bob = w.other();
    bob.share_key(&w);
    bob.git(&["checkout", "--quiet", "--detach", "origin/sandbox"]);
    (w, bob, branch, token)
}

#[test]
fn anothers_line_survives_a_second_commit_of_a_file_that_was_merged() {
    let (w, bob, branch, token) = two_on_one();
    bob.write("f", NINE.replace("l9", "bob"));
    bob.call(&["commit", "f", "-m", "bob"])
        .env("AIDF_REUSE_TOKEN", &token)
        .run()
        .ok();
    w.write("f", NINE.replace("l1", "one"));
    w.json(&["commit", "f", "-m", "First"]);
    w.write("f", NINE.replace("l1", "one").replace("l2", "two"));
    w.json(&["commit", "f", "-m", "Second"]);
    let now = w.remote.text(&branch, "f");
    for word in ["one", "two", "bob"] {
        assert!(now.contains(word), "{word} is gone:\n{now}");
    }
}

#[test]
fn anothers_line_survives_a_commit_of_another_file_and_a_resumed_sandbox() {
    for between in [true, false] {
        let (w, bob, branch, token) = two_on_one();
        bob.write("f", NINE.replace("l9", "bob"));
        bob.call(&["commit", "f", "-m", "bob"])
            .env("AIDF_REUSE_TOKEN", &token)
            .run()
            .ok();
        if between {
            w.save("g.txt", "g\n", "Another file");
        } else {
            w.json(&["sandbox", "init"]);
        }
        w.write("f", NINE.replace("l1", "one"));
        w.json(&["commit", "f", "-m", "Mine"]);
        let now = w.remote.text(&branch, "f");
        assert!(now.contains("one") && now.contains("bob"), "{now}");
    }
}

#[test]
fn a_clone_that_never_saw_the_branch_takes_nothing_back() {
    let (w, bob, branch, token) = two_on_one();
    w.write("f", NINE.replace("l1", "one"));
    w.json(&["commit", "f", "-m", "Mine"]);
    let call = |args: &[&str]| bob.call(args).env("AIDF_REUSE_TOKEN", &token).run().ok();
    // Unmodified, and then with an edit elsewhere.
    call(&["commit", "f", "-m", "Nothing of mine"]);
    bob.write("f", NINE.replace("l9", "bob"));
    call(&["commit", "-a", "-m", "Bob's"]);
    let now = w.remote.text(&branch, "f");
    assert!(now.contains("one") && now.contains("bob"), "{now}");
}

#[test]
fn a_file_in_the_place_of_a_ledgers_folder_is_not_removed() {
    let w = World::path();
    let branch = w.sandbox();
    let gone: Vec<(&str, Option<&[u8]>)> = vec![(MEMORY, None), (crate::support::CHANGELOG, None)];
    w.remote.write(&branch, &gone, "Clear the way");
    w.remote.write(
        &branch,
        &[("project", Some(b"IMPORTANT\n".as_slice()))],
        "A file",
    );
    w.write("n.txt", "n\n");
    w.refuses(&["commit", "n.txt", "-m", "x"], 7);
    assert_eq!(w.remote.text(&branch, "project"), "IMPORTANT\n");
}

#[test]
fn a_rollback_does_not_remove_a_later_file_in_its_way() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a/b", "b\n", "One");
    let removed = text(&w.json(&["commit", "--rm", "a/b", "-m", "Two"]), "commit");
    std::fs::remove_dir_all(w.clone.join("a")).unwrap();
    w.save("a", "a file\n", "Three");
    w.refuses(&["rollback", &removed], 6);
    assert_eq!(w.remote.text(&branch, "a"), "a file\n");
}

#[test]
fn a_shallow_clone_rolls_back_what_lies_beyond_its_cut() {
    let w = World::path();
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    w.save("a.txt", "a\n", "One");
    let url = format!("file://{}", w.remote.bare.display());
    let shallow = w.env.path("shallow");
    let place = shallow.to_str().unwrap();
    w.git(&[
        "clone", "--quiet", "--depth", "1", "-b", &branch, &url, place,
    ]);
    let call = |args: &[&str]| w.env.call(&shallow, args).env("AIDF_REUSE_TOKEN", &token);
    let undone = call(&["rollback", "--last", "1", "--json"])
        .run()
        .ok()
        .json();
    assert_eq!(undone["reverted_files"], serde_json::json!(["a.txt"]));
    assert!(!w.remote.files(&branch).contains(&"a.txt".to_owned()));
    let log = call(&["log", "--json"]).run().ok().json();
    assert_eq!(log["commits"][0]["signature"], "good");
    std::fs::write(shallow.join("b.txt"), "b\n").unwrap();
    call(&["commit", "b.txt", "-m", "Writing works"]).run().ok();
    assert_eq!(w.remote.text(&branch, "b.txt"), "b\n");
}

#[test]
fn the_default_branch_is_protected_whatever_its_name_and_without_a_clone() {
    let w = World::path();
    w.remote.git(&["branch", "trunk", "main"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let url = w.remote.url.clone();
    w.write("x.txt", "x\n");
    w.refuses(
        &[
            "-R",
            &url,
            "commit",
            "x.txt=x.txt",
            "-m",
            "x",
            "--branch",
            "trunk",
        ],
        5,
    );
}

#[test]
fn a_config_cannot_move_the_policy_away() {
    let w = World::path();
    w.remote.write(
        "sandbox",
        &[(
            ".aidf.yaml",
            Some(b"paths: {deny: ['secret/**']}\n".as_slice()),
        )],
        "Policy",
    );
    w.sandbox();
    w.env
        .operator_config("policy: {ledgers: {enabled: false}}\nsandbox: {base: nosuch}\n");
    w.write("x.txt", "x\n");
    w.refuses(&["commit", "secret/x=x.txt", "-m", "x"], 5);
    w.refuses(&["commit", "x.txt", "-m", "x", "--branch", "sandbox"], 5);
}

#[test]
fn a_worktree_that_cannot_be_made_leaves_no_sandbox_behind() {
    let w = World::path();
    let busy = w.env.path("busy");
    std::fs::create_dir(&busy).unwrap();
    std::fs::write(busy.join("x"), "x").unwrap();
    let place = busy.to_str().unwrap();
    w.refuses(&["sandbox", "init", "--name", "wt", "--worktree", place], 2);
    let url = w.remote.url.clone();
    w.refuses(
        &[
            "-R",
            &url,
            "sandbox",
            "init",
            "--name",
            "wt",
            "--worktree",
            "d",
        ],
        2,
    );
}

#[test]
fn a_rollback_obeys_the_rules_of_a_commit() {
    let w = World::path();
    w.remote.write(
        "sandbox",
        &[(
            ".aidf.yaml",
            Some(b"alerts: {ci_directive: refuse}\n".as_slice()),
        )],
        "Policy",
    );
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "One");
    w.refuses(&["rollback", "--last", "1", "--reason", "[skip ci]"], 5);
    w.refuses(
        &[
            "rollback",
            "--last",
            "1",
            "--committed-by",
            "sandbox-somebody",
        ],
        5,
    );
    let other = text(&w.other().init(), "branch");
    assert_ne!(other, branch);
    w.refuses(&["rollback", "--to", &other], 3);
}

#[test]
fn a_glob_that_matches_nothing_closes_the_repository() {
    for deny in ["[z", "/z", "./z"] {
        let w = World::path();
        w.sandbox();
        let policy = format!("paths: {{deny: ['{deny}']}}\n");
        w.remote.write(
            "sandbox",
            &[(".aidf.yaml", Some(policy.as_bytes()))],
            "Policy",
        );
        w.write("z", "z\n");
        w.refuses(&["commit", "z", "-m", "x"], 7);
    }
    let w = World::path();
    w.sandbox();
    w.remote.write(
        "sandbox",
        &[(
            ".aidf.yaml",
            Some(b"paths: {deny: ['infra/', 'ops']}\n".as_slice()),
        )],
        "Policy",
    );
    w.write("z", "z\n");
    for place in ["infra/a=z", "ops/deep/a=z", "ops=z"] {
        w.refuses(&["commit", place, "-m", "x"], 5);
    }
}

#[test]
fn a_revert_that_only_plain_git_claims_hides_nothing() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    let done = w.json(&["commit", "a.txt", "-m", "One", "--task-id", "t1"]);
    let claim = format!("Claim\n\nAidf-Reverts: {}", text(&done, "commit"));
    w.remote
        .write(&branch, &[("other.txt", Some(b"x\n".as_slice()))], &claim);
    let log = w.json(&["log", "--task-id", "t1"]);
    assert_eq!(log["commits"][0]["rolled_back_by"], serde_json::Value::Null);
    w.json(&["rollback", "--task-id", "t1"]);
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
}
