//! A second machine and a team: tokens whose key is elsewhere, holders, secrets from files.

use serde_json::Value;

use crate::support::team::{doc, world};
use crate::support::{Guarded, Kind, Machine, Remote, permissions};

#[test]
fn a_token_of_a_key_that_is_elsewhere_is_told_and_nothing_is_made() {
    let (w, branch, token) = world();
    let b = w.other();
    let key = token.split('.').nth(1).unwrap();
    let refs = w.remote.refs();
    for call in [
        b.call(&["sandbox", "init", "--reuse-token", &token]),
        b.call(&["sandbox", "init"]).env("AIDF_REUSE_TOKEN", &token),
    ] {
        let out = call.run().exits(4);
        assert!(out.stderr.contains(key), "{out}");
        assert!(out.stderr.contains("AIDF_KEY"), "{out}");
        assert_eq!(w.remote.refs(), refs);
        assert!(!b.env.keys().exists(), "no key ring is made");
    }
    // A machine with another key says the same.
    b.json(&["sandbox", "init"]);
    let refs = w.remote.refs();
    let out = b
        .aidf(&["sandbox", "init", "--reuse-token", &token])
        .exits(4);
    assert!(out.stderr.contains(key), "{out}");
    b.write("x.txt", "x\n");
    let commit = [
        "commit",
        "x.txt",
        "-m",
        "x",
        "--branch",
        &branch,
        "--reuse-token",
        &token,
    ];
    let out = b.aidf(&commit).exits(4);
    assert!(out.stderr.contains(key), "{out}");
    assert_eq!(w.remote.refs(), refs);
    // With the ring it is the sandbox again.
    b.share_key(&w);
    let back = b.json(&["sandbox", "init", "--reuse-token", &token]);
    assert_eq!(
        (&back["branch"], &back["reused"]),
        (&branch.into(), &true.into())
    );
}

#[test]
fn a_damaged_token_stays_a_warning_and_a_refusal_with_strict() {
    let (w, branch, token) = world();
    let (start, last) = token.split_at(token.len() - 1);
    let damaged = format!("{start}{}", if last == "A" { "B" } else { "A" });
    for bad in [damaged.as_str(), "aidf1.zz.AAAA", "not a token"] {
        w.aidf(&["sandbox", "init", "--strict", "--reuse-token", bad])
            .exits(4);
        let new = w.json(&["sandbox", "init", "--reuse-token", bad]);
        assert_eq!(new["created"], true, "{bad}");
        assert_ne!(new["branch"], branch);
    }
}

#[test]
fn a_token_of_the_clone_is_left_aside_where_another_repository_is_named() {
    let (w, branch, token) = world();
    let other = Remote::new(Kind::Path, "other", true);
    let url = other.bare.display().to_string();
    let there = |args: &[&str]| {
        let call = w.call(&[&["-R", &url], args].concat());
        call.env("AIDF_REUSE_TOKEN", &token)
    };
    // What only reads does not ask for a branch, and says what it left aside.
    for read in [&["log"][..], &["status"], &["sandbox", "list"]] {
        there(read).run().ok();
    }
    let log = there(&["log"]).run().ok();
    assert!(
        log.stderr.contains("AIDF_REUSE_TOKEN is no token of other"),
        "{log}"
    );
    // Only the token said which branch is meant: nothing is guessed.
    let write = ["commit", "x.txt=-", "-m", "x"];
    let out = there(&write).stdin("x\n").run().exits(4);
    assert!(
        out.stderr.contains("not valid for this repository"),
        "{out}"
    );
    // A token of the other repository, given by hand, counts.
    let opened = there(&["sandbox", "init", "--json"]).run().ok().json();
    let new = opened["branch"].as_str().unwrap();
    let own = opened["reuse_token"].as_str().unwrap();
    let wrote = there(&[&write[..], &["--json", "--reuse-token", own]].concat());
    let wrote = wrote.stdin("x\n").run().ok().json();
    assert_eq!(wrote["branch"], new);
    assert_eq!(other.tip(new), wrote["commit"].as_str().unwrap());
    there(&["backup"]).run().ok();
    assert_eq!(w.remote.tip(&branch), w.remote.tip("sandbox"), "untouched");
}

/// The branch and the token that an answer of `sandbox init` tells.
fn named(opened: &Value) -> (&str, &str) {
    let text = |field: &str| opened[field].as_str().unwrap();
    (text("branch"), text("reuse_token"))
}

#[test]
fn a_holder_names_the_branch_and_the_clone_remembers_both() {
    let g = Guarded::new(Kind::Path, "");
    let opened = g.w.json(&["sandbox", "init"]);
    let (branch, token) = named(&opened);
    let b = Machine::new(&g.w.remote);
    let out = b.aidf(&["sandbox", "init", "--branch", branch]).exits(2);
    assert!(out.stderr.contains("AIDF_REUSE_TOKEN"), "{out}");
    let held = b.json(&[
        "sandbox",
        "init",
        "--branch",
        branch,
        "--reuse-token",
        token,
    ]);
    assert_eq!(
        (&held["branch"], &held["reused"]),
        (&branch.into(), &true.into())
    );
    assert!(!b.env.keys().exists(), "a holder has no key");
    b.write("x.txt", "by the holder\n");
    b.json(&["commit", "x.txt", "-m", "By the holder"]);
    assert_eq!(g.w.remote.text(branch, "x.txt"), "by the holder\n");
    // The next day nothing has to be said again.
    let again = b.json(&["sandbox", "init"]);
    assert_eq!(
        (&again["branch"], &again["reused"]),
        (&branch.into(), &true.into())
    );
    // A false token gets nowhere: the server judges.
    let c = Machine::new(&g.w.remote);
    let mut bad = token.to_owned();
    bad.replace_range(30..31, if &token[30..31] == "A" { "B" } else { "A" });
    c.json(&["sandbox", "init", "--branch", branch, "--reuse-token", &bad]);
    c.write("y.txt", "y\n");
    let out = c.aidf(&["commit", "y.txt", "-m", "y"]).exits(5);
    assert!(out.stderr.contains("is rejected"), "{out}");
}

#[test]
fn where_the_key_is_a_branch_that_is_not_the_tokens_is_refused() {
    let (w, _, token) = world();
    let refs = w.remote.refs();
    let call = [
        "sandbox",
        "init",
        "--branch",
        "sandbox-odd-owl",
        "--reuse-token",
        &token,
    ];
    w.aidf(&call).exits(4);
    w.aidf(&[
        "sandbox",
        "init",
        "--branch",
        "main",
        "--reuse-token",
        &token,
    ])
    .exits(2);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_token_from_a_secret_file_may_end_in_a_newline() {
    let (w, branch, token) = world();
    let b = w.other();
    b.share_key(&w);
    let call = b.call(&["sandbox", "init", "--json"]);
    let out = call
        .env("AIDF_REUSE_TOKEN", format!("{token}\n"))
        .run()
        .ok();
    assert_eq!(out.json()["branch"], branch);
    b.write("doc.txt", doc(&[(2, "by B")]));
    let call = b.call(&["commit", "doc.txt", "-m", "Line 2"]);
    call.env("AIDF_REUSE_TOKEN", format!("{token}\r\n"))
        .run()
        .ok();
    // An empty one is none: CI sets variables that have no secret.
    let call = b.call(&["status"]);
    call.env("AIDF_REUSE_TOKEN", "\n").run().ok();
}

#[cfg(unix)]
#[test]
fn the_folder_of_the_key_ring_is_private_under_any_umask() {
    let (w, _, _) = world();
    let b = w.other();
    let ring = b.env.keys();
    let folder = ring.parent().unwrap();
    let _ = std::fs::remove_dir_all(folder);
    let aidf = env!("CARGO_BIN_EXE_aidf");
    let mut command = b.env.command("sh", &b.clone);
    command.args(["-c", &format!("umask 000; '{aidf}' sandbox init")]);
    assert!(command.output().unwrap().status.success());
    assert_eq!(permissions(folder), 0o700);
    assert_eq!(permissions(&ring), 0o600);
}

#[test]
fn a_holders_token_goes_to_no_other_repository_of_the_name() {
    let g = Guarded::new(Kind::Path, "");
    let opened = g.w.json(&["sandbox", "init"]);
    let (branch, token) = named(&opened);
    let b = Machine::new(&g.w.remote);
    let held = [
        "sandbox",
        "init",
        "--branch",
        branch,
        "--reuse-token",
        token,
    ];
    b.json(&held);
    // Another party's server, of the same name and with an identity of its own.
    let fork = Remote::new(Kind::Path, "widgets", true);
    Machine::new(&fork).json(&["token", "issue", "--operator"]);
    fork.git(&["config", "receive.advertisePushOptions", "true"]);
    fork.git(&["update-ref", &format!("refs/heads/{branch}"), "main"]);
    let spy = fork.bare.join("hooks/pre-receive");
    std::fs::write(&spy, "#!/bin/sh\nenv > \"$(dirname \"$0\")/../told\"\n").unwrap();
    crate::support::make_executable(&spy);
    b.git(&["remote", "add", "fork", &fork.url]);
    b.write("x.txt", "x\n");
    b.aidf(&["--remote", "fork", "sandbox", "init"]);
    let refused = [
        "--remote", "fork", "commit", "x.txt", "-m", "x", "--branch", branch,
    ];
    b.aidf(&refused).exits(4);
    // The same address in the place of the one that it was opened at.
    let c = Machine::new(&g.w.remote);
    c.json(&held);
    c.git(&["remote", "set-url", "origin", &fork.url]);
    c.write("x.txt", "x\n");
    c.aidf(&["commit", "x.txt", "-m", "x"]).exits(4);
    // From now on it is known whose address that is.
    c.aidf(&["commit", "x.txt", "-m", "x"]).exits(5);
    let d = Machine::new(&g.w.remote);
    d.json(&held);
    d.git(&["remote", "set-url", "origin", &fork.url]);
    d.aidf(&["sandbox", "init"]).exits(4);
    let told = std::fs::read_to_string(fork.bare.join("told")).unwrap_or_default();
    assert!(!told.contains(token), "the token was sent");
    c.git(&["remote", "set-url", "origin", &g.w.remote.url]);
    c.json(&["commit", "x.txt", "-m", "x"]);
    assert_eq!(g.w.remote.text(branch, "x.txt"), "x\n");
}

#[test]
fn an_init_that_fails_leaves_no_key_and_a_holder_goes_on() {
    let g = Guarded::new(Kind::Path, "");
    let opened = g.w.json(&["sandbox", "init", "--name", "taken"]);
    let (branch, token) = named(&opened);
    let b = Machine::new(&g.w.remote);
    let held = ["sandbox", "init", "--branch", branch];
    b.json(&[&held[..], &["--reuse-token", token]].concat());
    let away = b.env.path("away").display().to_string();
    for (args, code) in [
        (&["--strict", "--reuse-token", "junk"][..], 4),
        (&["--name", "taken"], 6),
        (&["--force-new", "--base", "missing"], 3),
    ] {
        b.aidf(&[&["sandbox", "init"], args].concat()).exits(code);
        assert!(!b.env.keys().exists(), "{args:?}");
    }
    b.aidf(&["-R", &away, "sandbox", "init"]).exits(3);
    g.w.remote.hook("update", "#!/bin/sh\nexit 1\n");
    b.aidf(&["sandbox", "init", "--force-new"]).exits(5);
    g.w.remote.unhook("update");
    // Nor would the server's hook take what a new key of this machine sealed.
    b.aidf(&["sandbox", "init", "--force-new"]).exits(5);
    assert!(!b.env.keys().exists());
    b.write("x.txt", "by the holder\n");
    b.json(&["commit", "x.txt", "-m", "By the holder"]);
    assert_eq!(g.w.remote.text(branch, "x.txt"), "by the holder\n");
    for read in [&["status"][..], &["log"], &["sandbox", "pull"]] {
        b.aidf(read).ok();
    }
}

#[test]
fn a_ring_that_is_made_beside_another_machines_is_told_and_a_first_one_is_not() {
    let w = crate::support::World::path();
    assert_eq!(w.init()["warnings"], Value::Array(Vec::new()));
    let b = w.other();
    b.aidf(&["sandbox", "init", "--base", "missing"]).exits(3);
    assert!(!b.env.keys().exists());
    let new = b.init();
    assert!(b.env.keys().exists());
    let warnings = new["warnings"].to_string();
    assert!(warnings.contains("key ring for this machine"), "{new:#}");
    // The line of the failure was sealed by no key that is lost.
    b.aidf(&["audit", "verify"]).ok();
}

#[test]
fn machines_that_make_their_first_key_at_once_have_one_and_open_all_of_its_tokens() {
    let w = crate::support::World::path();
    let opened: Vec<Value> = std::thread::scope(|scope| {
        let new = || scope.spawn(|| w.json(&["sandbox", "init", "--force-new"]));
        let all: Vec<_> = (0..6).map(|_| new()).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for one in &opened {
        let (branch, token) = named(one);
        let back = w.json(&["sandbox", "init", "--strict", "--reuse-token", token]);
        assert_eq!(back["branch"], branch);
    }
}
