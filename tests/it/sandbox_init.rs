//! `aidf sandbox init`: what is made on the remote, what is answered, and what
//! is left alone.

use std::collections::HashSet;

use serde_json::Value;

use crate::support::{Kind, Machine, Remote, World, permissions, text};

fn is_drawn_name(branch: &str) -> bool {
    let words: Vec<&str> = branch.split('-').collect();
    words.len() >= 3
        && words[0] == "sandbox"
        && words[1..].iter().all(|w| {
            !w.is_empty()
                && w.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

#[test]
fn a_sandbox_is_made_from_the_base_and_the_answer_has_every_field() {
    let w = World::path();
    let base = w.remote.tip("sandbox");
    let answer = w.init();
    for field in [
        "branch",
        "repo_name",
        "reuse_token",
        "created",
        "reused",
        "recreated",
        "token_rejected",
        "base",
        "base_commit",
        "head",
        "base_created",
        "expires_at",
        "message",
        "warnings",
    ] {
        assert!(answer.get(field).is_some(), "no {field} in {answer:#}");
    }
    let branch = text(&answer, "branch");
    assert!(is_drawn_name(&branch), "{branch}");
    assert_eq!(w.remote.tip(&branch), base);
    assert_eq!(answer["created"], true);
    assert_eq!(answer["reused"], false);
    assert_eq!(answer["recreated"], false);
    assert_eq!(answer["token_rejected"], Value::Null);
    assert_eq!(answer["base"], "sandbox");
    assert_eq!(answer["base_commit"], base.as_str());
    assert_eq!(answer["head"], base.as_str());
    assert_eq!(answer["base_created"], false);
    assert!(text(&answer, "repo_name").contains("widgets"), "{answer:#}");
    assert!(
        text(&answer, "reuse_token").starts_with("aidf2."),
        "{answer:#}"
    );
    w.remote.is_sound();
}

#[test]
fn the_welcome_names_branch_repository_and_token_and_says_to_keep_it_safe() {
    let w = World::path();
    let out = w.aidf(&["sandbox", "init"]).ok();
    let branch = w.remote.git(&[
        "for-each-ref",
        "--format=%(refname:short)",
        "refs/heads/sandbox-*",
    ]);
    assert!(out.stdout.contains(branch.trim()), "{out}");
    assert!(out.stdout.contains("widgets"), "{out}");
    assert!(out.stdout.contains("aidf2."), "{out}");
    assert!(
        out.stdout.to_lowercase().contains("keep this safe"),
        "{out}"
    );
    // The token is shown once, and only where the result goes.
    assert_eq!(out.stdout.matches("aidf2.").count(), 1, "{out}");
    assert!(!out.stderr.contains("aidf2."), "{out}");
}

#[test]
fn the_message_field_is_the_welcome_text() {
    let w = World::path();
    let answer = w.init();
    let message = text(&answer, "message");
    for part in [
        text(&answer, "branch"),
        text(&answer, "repo_name"),
        text(&answer, "reuse_token"),
    ] {
        assert!(message.contains(&part), "{part} is not in: {message}");
    }
    assert!(
        message.to_lowercase().contains("keep this safe"),
        "{message}"
    );
}

#[test]
fn nothing_of_the_working_tree_index_or_head_changes() {
    let w = World::path();
    w.write("README.md", "changed, not staged\n");
    w.write("docs/guide.md", "changed and staged\n");
    w.git(&["add", "docs/guide.md"]);
    w.write("new.txt", "untracked\n");
    let before = w.snapshot();
    w.init();
    assert_eq!(w.snapshot(), before);
    assert_eq!(
        std::fs::read_to_string(w.clone.join("README.md")).unwrap(),
        "changed, not staged\n"
    );
    w.clone_is_sound();
}

#[test]
fn the_clone_resumes_its_own_sandbox_the_next_time() {
    let w = World::path();
    let first = w.init();
    let again = w.init();
    assert_eq!(again["branch"], first["branch"]);
    assert_eq!(again["reused"], true);
    assert_eq!(again["created"], false);
    assert_eq!(again["recreated"], false);
}

#[test]
fn a_token_resumes_its_branch_from_another_machine_with_the_same_key() {
    let w = World::path();
    let first = w.init();
    let token = text(&first, "reuse_token");
    let branch = text(&first, "branch");
    let head = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let other = w.other();
    other.share_key(&w);
    let again = other.json(&["sandbox", "init", "--reuse-token", &token]);
    assert_eq!(again["branch"], branch.as_str());
    assert_eq!(again["reused"], true);
    assert_eq!(again["head"], head.as_str());
    assert_eq!(
        w.remote.tip(&branch),
        head,
        "a resumed branch stays as it is"
    );
}

#[test]
fn a_token_may_come_from_standard_input_or_the_environment() {
    let w = World::path();
    let first = w.init();
    let token = text(&first, "reuse_token");
    let other = w.other();
    other.share_key(&w);
    let by_stdin = other
        .call(&["sandbox", "init", "--reuse-token", "-", "--json"])
        .stdin(format!("{token}\n"))
        .run()
        .ok()
        .json();
    assert_eq!(by_stdin["branch"], first["branch"]);
    let third = w.other();
    third.share_key(&w);
    let by_env = third
        .call(&["sandbox", "init", "--json"])
        .env("AIDF_REUSE_TOKEN", &token)
        .run()
        .ok()
        .json();
    assert_eq!(by_env["branch"], first["branch"]);
    assert_eq!(by_env["reused"], true);
}

#[test]
fn a_deleted_branch_is_recreated_from_the_base() {
    let w = World::path();
    let first = w.init();
    let branch = text(&first, "branch");
    w.save("a.txt", "a\n", "Add a");
    w.remote
        .git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
    let again = w.json(&[
        "sandbox",
        "init",
        "--reuse-token",
        &text(&first, "reuse_token"),
    ]);
    assert_eq!(again["branch"], branch.as_str());
    assert_eq!(again["recreated"], true);
    assert_eq!(again["reused"], false);
    assert_eq!(w.remote.tip(&branch), w.remote.tip("sandbox"));
}

#[test]
fn a_deleted_branch_returns_from_its_archive_if_there_is_one() {
    let w = World::path();
    let first = w.init();
    let branch = text(&first, "branch");
    let head = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let archive = format!("refs/aidf/archive/{branch}/2026-01-02T030405Z");
    w.remote.git(&["update-ref", &archive, &head]);
    w.remote
        .git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
    let again = w.json(&[
        "sandbox",
        "init",
        "--reuse-token",
        &text(&first, "reuse_token"),
    ]);
    assert_eq!(again["recreated"], true);
    assert_eq!(again["head"], head.as_str());
    assert_eq!(w.remote.tip(&branch), head);
}

#[test]
fn a_sandbox_that_comes_back_from_its_archive_is_told_as_such() {
    let w = World::path();
    let first = w.init();
    let (branch, token) = (text(&first, "branch"), text(&first, "reuse_token"));
    let head = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let back = ["sandbox", "init", "--reuse-token", &token];
    w.json(&["sandbox", "close"]);
    let out = w.aidf(&back).ok();
    assert!(out.stdout.contains("back from its archive"), "{out}");
    assert!(out.stdout.contains(&head[..8]), "{out}");
    assert!(!out.stdout.contains("forked from"), "{out}");
    w.json(&["sandbox", "close"]);
    let told = w.json(&back);
    assert_eq!(
        (&told["recreated"], &told["from_archive"]),
        (&true.into(), &true.into())
    );
    assert!(
        text(&told, "message").contains("back from its archive"),
        "{told:#}"
    );
    // What is made again from the base is new.
    for name in w
        .remote
        .git(&["for-each-ref", "--format=%(refname)"])
        .lines()
    {
        if name.contains(&branch) {
            w.remote.git(&["update-ref", "-d", name]);
        }
    }
    let told = w.json(&back);
    assert_eq!(
        (&told["recreated"], &told["from_archive"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn an_archive_this_clone_never_saw_is_fetched_or_used_as_it_is() {
    let w = World::path();
    let first = w.init();
    let branch = text(&first, "branch");
    // Another machine's work: this clone has no such object.
    let head = w
        .remote
        .write(&branch, &[("far.txt", Some(b"far\n"))], "Far");
    let archive = format!("refs/aidf/archive/{branch}/2026-01-02T030405Z");
    w.remote.git(&["update-ref", &archive, &head]);
    w.remote
        .git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
    let again = w.json(&[
        "sandbox",
        "init",
        "--reuse-token",
        &text(&first, "reuse_token"),
    ]);
    assert_eq!(again["head"], head.as_str());
    assert_eq!(w.remote.tip(&branch), head);
    w.remote.is_sound();
}

#[test]
fn force_new_leaves_the_old_sandbox_and_opens_another() {
    let w = World::path();
    let first = w.init();
    let next = w.json(&["sandbox", "init", "--force-new"]);
    assert_ne!(next["branch"], first["branch"]);
    assert_eq!(next["created"], true);
    w.remote.tip(&text(&first, "branch"));
    // The clone now remembers the new one.
    assert_eq!(w.save("a.txt", "a\n", "Add a")["branch"], next["branch"]);
}

#[test]
fn a_rejected_token_gives_a_new_sandbox_and_a_warning() {
    let w = World::path();
    let answer = w.json(&["sandbox", "init", "--reuse-token", "aidf1.nope.bm9wZQ"]);
    assert_eq!(answer["created"], true);
    assert!(answer["token_rejected"].is_string(), "{answer:#}");
    let warnings = answer["warnings"].as_array().unwrap();
    assert!(!warnings.is_empty(), "{answer:#}");
    w.remote.tip(&text(&answer, "branch"));
}

#[test]
fn a_rejected_token_makes_nothing_when_strict() {
    let w = World::path();
    w.init();
    w.refuses(
        &[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            "aidf1.nope.bm9wZQ",
        ],
        4,
    );
}

#[test]
fn the_rejected_token_is_not_repeated_in_the_answer() {
    let w = World::path();
    let secret = "aidf1.nope.c2VjcmV0LXNlY3JldC1zZWNyZXQ";
    let out = w
        .aidf(&["-v", "sandbox", "init", "--reuse-token", secret])
        .ok();
    assert!(!out.all().contains("c2VjcmV0LXNlY3JldC1zZWNyZXQ"), "{out}");
}

#[test]
fn a_name_may_be_asked_for() {
    let w = World::path();
    let answer = w.json(&["sandbox", "init", "--name", "alice"]);
    assert_eq!(answer["branch"], "sandbox-alice");
    assert_eq!(w.remote.tip("sandbox-alice"), w.remote.tip("sandbox"));
}

#[test]
fn a_taken_name_is_refused() {
    let w = World::path();
    w.json(&["sandbox", "init", "--name", "alice"]);
    let other = w.other();
    let refs = w.remote.refs();
    let out = other
        .aidf(&["sandbox", "init", "--name", "alice", "--json"])
        .exits(6);
    assert_eq!(out.error()["kind"], "conflict", "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn malformed_names_are_refused() {
    let w = World::path();
    let long = "x".repeat(65);
    for name in [
        "",
        "Alice",
        "a b",
        "a..b",
        "a/b",
        "a_b",
        "ünï",
        "$(touch x)",
        "`x`",
        "a@{0}",
        "x.lock",
        "a\u{3000}b",
        "a\nb",
        "a~1",
        "*",
        long.as_str(),
    ] {
        let flag = format!("--name={name}");
        w.refuses(&["sandbox", "init", &flag], 2);
    }
}

#[test]
fn the_base_may_be_chosen() {
    let w = World::path();
    let tip = w
        .remote
        .write("develop", &[("dev.txt", Some(b"dev\n"))], "Dev");
    w.git(&["fetch", "--quiet"]);
    let answer = w.json(&["sandbox", "init", "--base", "develop"]);
    assert_eq!(answer["base"], "develop");
    assert_eq!(answer["base_commit"], tip.as_str());
    assert_eq!(w.remote.tip(&text(&answer, "branch")), tip);
}

#[test]
fn a_base_this_clone_has_not_fetched_is_no_obstacle() {
    let w = World::path();
    let tip = w
        .remote
        .write("sandbox", &[("news.txt", Some(b"news\n"))], "News");
    let answer = w.init();
    assert_eq!(answer["base_commit"], tip.as_str());
    assert_eq!(w.remote.tip(&text(&answer, "branch")), tip);
    w.clone_is_sound();
}

#[test]
fn a_chosen_base_that_is_missing_is_not_found() {
    let w = World::path();
    w.refuses(&["sandbox", "init", "--base", "nowhere"], 3);
}

#[test]
fn a_missing_base_is_made_from_the_default_branch() {
    let w = World::without_base();
    let main = w.remote.tip("main");
    let answer = w.init();
    assert_eq!(answer["base_created"], true);
    assert_eq!(answer["base"], "sandbox");
    assert_eq!(w.remote.tip("sandbox"), main);
    assert_eq!(w.remote.tip(&text(&answer, "branch")), main);
    let human = World::without_base().aidf(&["sandbox", "init"]).ok();
    assert!(
        human.all().contains("default branch"),
        "the answer says so\n{human}"
    );
}

#[test]
fn a_default_branch_of_another_name_is_found() {
    let remote = Remote::new(Kind::Path, "widgets", false);
    remote.git(&["branch", "-m", "main", "trunk"]);
    remote.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let w = World::of(remote);
    let answer = w.init();
    assert_eq!(answer["base_created"], true);
    assert_eq!(w.remote.tip("sandbox"), w.remote.tip("trunk"));
}

#[test]
fn a_worktree_may_be_added_on_the_branch() {
    let w = World::path();
    let before = w.snapshot();
    let dir = w.env.path("tree");
    let answer = w.json(&["sandbox", "init", "--worktree", dir.to_str().unwrap()]);
    assert_eq!(
        w.env.git(&dir, &["branch", "--show-current"]),
        text(&answer, "branch")
    );
    assert_eq!(w.env.git(&dir, &["status", "--porcelain"]), "");
    assert!(dir.join("docs/sandbox.md").exists());
    assert_eq!(w.snapshot(), before, "the first tree is left alone");
}

#[test]
fn a_worktree_that_cannot_be_made_opens_nothing() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("file", "a file\n");
    let below = w.clone.join("file/tree").display().to_string();
    for bad in [below.as_str(), "/proc/y"] {
        w.refuses(&["sandbox", "init", "--worktree", bad], 2);
    }
    assert_eq!(w.json(&["status"])["branch"], branch.as_str());
}

#[test]
fn a_worktree_that_fails_leaves_the_clone_its_sandbox_and_loses_no_token() {
    let w = World::path();
    let branch = w.sandbox();
    // No folder of worktrees can be made in the git directory.
    w.write(".git/worktrees", "in the way\n");
    let dir = w.env.path("tree").display().to_string();
    let opened = w.json(&["sandbox", "init", "--worktree", &dir]);
    let new = text(&opened, "branch");
    assert_ne!(new, branch);
    let warned = opened["warnings"].to_string();
    assert!(warned.contains("--worktree"), "{warned}");
    assert_eq!(w.json(&["status"])["branch"], branch.as_str());
    // The clone has the token, and the answer too.
    let session = std::fs::read_to_string(w.clone.join(".git/aidf/session.json")).unwrap();
    let token = text(&opened, "reuse_token");
    assert!(session.contains(&token));
    std::fs::remove_file(w.clone.join(".git/worktrees")).unwrap();
    let _ = std::fs::remove_dir_all(&dir);
    let call = [
        "sandbox",
        "init",
        "--reuse-token",
        &token,
        "--worktree",
        &dir,
    ];
    assert_eq!(w.json(&call)["branch"], new.as_str());
    assert_eq!(
        w.env
            .git(std::path::Path::new(&dir), &["branch", "--show-current"]),
        new
    );
}

#[test]
fn an_operators_token_opens_no_sandbox() {
    let w = World::path();
    w.init();
    let token = text(&w.json(&["token", "issue", "--operator"]), "token");
    let refs = w.remote.refs();
    let init = ["sandbox", "init", "--reuse-token", &token];
    let out = w.aidf(&[&init[..], &["--strict"]].concat()).exits(4);
    assert!(out.stderr.contains("it is an operator's"), "{out}");
    let named = [&init[..], &["--branch", "sandbox-ada"]].concat();
    let out = w.aidf(&named).exits(4);
    assert!(out.stderr.contains("for an operator"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    let told = w.json(&init);
    assert_eq!(told["created"], true);
    let why = text(&told, "token_rejected");
    assert!(why.contains("it is an operator's"), "{why}");
    assert!(told["warnings"].to_string().contains(&why), "{told:#}");
}

#[test]
fn a_damaged_memory_of_the_clone_is_kept_beside_the_next_one() {
    let w = World::path();
    w.init();
    let session = w.clone.join(".git/aidf/session.json");
    let whole = std::fs::read_to_string(&session).unwrap();
    let half = &whole[..whole.len() / 2];
    for aside in ["session.json.damaged", "session.json.damaged.2"] {
        std::fs::write(&session, half).unwrap();
        let status = w.json(&["status"]);
        let warned = status["warnings"].to_string();
        assert!(warned.contains("session.json is damaged"), "{warned}");
        let looked = w.aidf(&["doctor", "--json"]).exits(8).json();
        let checks = looked["checks"].as_array().unwrap();
        let clone = checks.iter().find(|c| c["name"] == "clone").unwrap();
        assert_eq!(clone["state"], "problem", "{clone:#}");
        assert!(text(clone, "seen").contains("session.json"), "{clone:#}");
        let opened = w.init();
        assert!(
            opened["warnings"]
                .to_string()
                .contains("session.json is damaged")
        );
        let kept = session.with_file_name(aside);
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), half);
        #[cfg(unix)]
        assert_eq!(permissions(&kept), 0o600);
        assert_eq!(w.json(&["status"])["branch"], opened["branch"]);
    }
}

#[cfg(unix)]
#[test]
fn what_the_clone_remembers_is_for_its_user_alone() {
    let w = World::path();
    let answer = w.init();
    let session = w.clone.join(".git/aidf/session.json");
    assert_eq!(permissions(&session), 0o600);
    assert_eq!(permissions(&w.env.keys()), 0o600);
    let remembered = std::fs::read_to_string(session).unwrap();
    assert!(remembered.contains(&text(&answer, "branch")));
}

#[cfg(unix)]
#[test]
fn a_key_ring_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    w.init();
    std::fs::set_permissions(w.env.keys(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let out = w.aidf(&["sandbox", "init", "--force-new", "--json"]);
    assert_ne!(out.code, 0, "{out}");
    assert!(
        out.stderr.contains("keys.json"),
        "it says which file\n{out}"
    );
}

#[test]
fn a_hundred_names_are_drawn_while_thousands_are_taken() {
    let w = World::path();
    // The server that aidf replaces failed first with 41 to 65 sandboxes open.
    let tip = w.remote.tip("sandbox");
    let mut input = String::new();
    for n in 0..3000 {
        input.push_str(&format!("create refs/heads/sandbox-quick-fox{n} {tip}\n"));
    }
    w.env
        .git_bytes(&w.remote.bare, &["update-ref", "--stdin"], input.as_bytes());
    w.remote.git(&["pack-refs", "--all"]);
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let answer = w.json(&["sandbox", "init", "--force-new"]);
        assert_eq!(answer["created"], true);
        assert!(
            seen.insert(text(&answer, "branch")),
            "drawn twice: {answer:#}"
        );
    }
    assert_eq!(seen.len(), 100);
}

#[test]
fn opening_a_sandbox_is_one_connection_over_http() {
    let w = World::new(Kind::Http);
    w.remote.reset();
    w.init();
    assert_eq!(
        w.remote.connections(),
        1,
        "{:?}",
        w.remote.http().requests()
    );
}

#[test]
fn opening_a_sandbox_is_one_connection_to_a_daemon() {
    let w = World::new(Kind::Daemon);
    w.remote.reset();
    w.init();
    assert_eq!(w.remote.connections(), 1);
}

#[test]
fn opening_a_sandbox_is_one_ssh_login() {
    let w = World::new(Kind::Ssh);
    let log = w.env.path("ssh.log");
    std::fs::write(&log, "").unwrap();
    w.init();
    let calls = std::fs::read_to_string(&log).unwrap();
    assert_eq!(calls.lines().count(), 1, "{calls}");
}

#[test]
fn every_kind_of_remote_opens_a_sandbox() {
    for kind in [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        let answer = w.init();
        assert_eq!(
            w.remote.tip(&text(&answer, "branch")),
            w.remote.tip("sandbox"),
            "{kind:?}"
        );
        w.remote.is_sound();
    }
}

#[test]
fn no_clone_is_needed_with_a_repository_url() {
    for kind in [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let remote = Remote::new(kind, "widgets", true);
        let machine = Machine::bare(&remote);
        let answer = machine.json(&["-R", &remote.url, "sandbox", "init"]);
        assert_eq!(
            remote.tip(&text(&answer, "branch")),
            remote.tip("sandbox"),
            "{kind:?}"
        );
        assert_eq!(
            std::fs::read_dir(&machine.clone).unwrap().count(),
            0,
            "nothing is put into the current folder"
        );
    }
}

#[test]
fn a_sandbox_pushed_meanwhile_under_the_drawn_name_is_never_taken_over() {
    // Create-only on the server: the hook makes the very ref that is being
    // pushed, as another machine would a moment before.
    let w = World::path();
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\nread old new ref\nunset GIT_QUARANTINE_PATH\n\
         [ -e first-taken ] || { while [ \"$ref\" = refs/aidf/id ]; do read old new ref; done; echo \"$ref\" > first-taken; git update-ref \"$ref\" refs/heads/main; }\n",
    );
    let answer = w.init();
    let taken = std::fs::read_to_string(w.remote.bare.join("first-taken")).unwrap();
    let taken = taken.trim().trim_start_matches("refs/heads/").to_owned();
    assert_ne!(text(&answer, "branch"), taken);
    assert_eq!(
        w.remote.tip(&taken),
        w.remote.tip("main"),
        "the other's branch is as it was"
    );
    assert_eq!(answer["created"], true);
}

#[test]
fn a_server_whose_head_names_no_branch_of_its_own_is_told_as_such() {
    let w = World::without_base();
    w.remote
        .git(&["symbolic-ref", "HEAD", "refs/heads/nowhere"]);
    let url = &w.remote.url;
    let out = w.aidf(&["-R", url, "sandbox", "init"]).exits(3);
    assert!(out.stderr.contains("git symbolic-ref HEAD"), "{out}");
}

#[test]
fn the_clone_remembers_a_sandbox_on_each_of_its_remotes() {
    let w = World::path();
    let other = Remote::new(Kind::Path, "fork", false);
    w.git(&["remote", "add", "upstream", &other.url]);
    let at =
        |remote: &str, args: &[&str]| w.call(&[&["--remote", remote][..], args].concat()).run();
    // Nothing of this says the tokens: the clone alone knows them.
    at("origin", &["-q", "sandbox", "init", "--name", "one"]).ok();
    at("upstream", &["-q", "sandbox", "init", "--name", "two"]).ok();
    w.write("a.txt", "a\n");
    at("origin", &["commit", "a.txt", "-m", "There"]).ok();
    at("upstream", &["commit", "a.txt", "-m", "Here"]).ok();
    assert_eq!(w.remote.text("sandbox-one", "a.txt"), "a\n");
    assert_eq!(other.text("sandbox-two", "a.txt"), "a\n");
    // Closing one takes no note of it at the other.
    at("origin", &["sandbox", "close", "sandbox-one"]).ok();
    w.write("a.txt", "b\n");
    at("upstream", &["commit", "a.txt", "-m", "Again"]).ok();
    assert_eq!(other.text("sandbox-two", "a.txt"), "b\n");
}

#[test]
fn no_token_is_lost_when_sandboxes_are_opened_at_the_same_moment() {
    let w = World::path();
    let names: Vec<String> = (0..6).map(|n| format!("n{n}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| {
                w.call(&["-q", "sandbox", "init", "--force-new", "--name", name])
                    .run()
                    .ok()
            });
        }
    });
    w.write("a.txt", "a\n");
    for name in names {
        let branch = format!("sandbox-{name}");
        let call = ["commit", "a.txt", "-m", "Mine", "--branch", &branch];
        w.call(&call).run().ok();
        assert_eq!(w.remote.text(&branch, "a.txt"), "a\n");
    }
}

#[test]
fn sandboxes_of_repositories_that_share_a_name_keep_their_tokens() {
    let w = World::path();
    let others: Vec<Remote> = (0..2)
        .map(|_| Remote::new(Kind::Path, "widgets", true))
        .collect();
    for (at, other) in others.iter().enumerate() {
        w.git(&["remote", "add", &format!("r{at}"), &other.url]);
    }
    // The last one takes no identity, as a server with an older hook.
    others[1].git(&["config", "receive.hideRefs", "refs/aidf"]);
    let remotes = ["origin", "r0", "r1", "r0", "r1", "origin"];
    let opened: Vec<(&str, String)> = remotes
        .iter()
        .map(|remote| {
            let call = ["--remote", remote, "sandbox", "init", "--force-new"];
            (*remote, text(&w.json(&call), "branch"))
        })
        .collect();
    for (at, (remote, branch)) in opened.iter().enumerate() {
        w.write("a.txt", format!("{at}\n"));
        let call = [
            "--remote", remote, "commit", "a.txt", "-m", "x", "--branch", branch,
        ];
        w.json(&call);
    }
    for (remote, branch) in &opened[3..] {
        let status = w.json(&["--remote", remote, "status"]);
        assert_eq!(status["branch"], branch.as_str(), "{remote}");
    }
}

#[test]
fn a_damaged_memory_of_a_worktree_is_not_replaced_by_the_clones() {
    let w = World::path();
    w.json(&["sandbox", "init", "--name", "aa"]);
    let place = w.env.path("wb");
    let place = place.to_str().unwrap();
    w.json(&[
        "sandbox",
        "init",
        "--name",
        "bb",
        "--force-new",
        "--worktree",
        place,
    ]);
    let git_dir = w.git(&["-C", place, "rev-parse", "--git-dir"]);
    let file = std::path::Path::new(&git_dir).join("aidf/session.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    let refs = w.remote.refs();
    w.aidf(&["-C", place, "sandbox", "close"]).exits(2);
    assert_eq!(w.remote.refs(), refs);
}
