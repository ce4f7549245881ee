//! `aidf token`: issued, read and revoked by hand.

use serde_json::Value;

use crate::support::{Guarded, Kind, Machine, Remote, World, claims, text};

fn now() -> i64 {
    aidf::clock::Moment::now().seconds()
}

/// The object's fields.
fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

fn inspect(g: &Guarded, token: &str, code: i32) -> Value {
    let call = g.w.call(&["token", "inspect", "-", "--json"]);
    let out = call.stdin(format!("{token}\n")).run().exits(code);
    assert!(!out.all().contains(token), "the token is repeated\n{out}");
    out.json()
}

#[test]
fn a_token_is_issued_with_everything_that_is_told_of_it() {
    let w = World::path();
    let one = w.json(&["token", "issue", "--branch", "sandbox-alice", "--pod", "P"]);
    // The first one brings the repository's identity.
    assert!(w.remote.identity().is_some());
    let refs = w.remote.refs();
    let wanted = [
        "branch",
        "expires_at",
        "kind",
        "message",
        "repo_name",
        "token",
        "token_id",
        "warnings",
    ];
    assert_eq!(fields(&one), wanted);
    assert_eq!(one["kind"], "sandbox");
    assert_eq!(one["branch"], "sandbox-alice");
    assert_eq!(one["repo_name"], "widgets");
    assert_eq!(one["expires_at"], Value::Null);
    assert_eq!(text(&one, "token_id").len(), 16);
    let two = w.json(&["token", "issue", "--operator"]);
    assert_eq!(two["kind"], "operator");
    assert_eq!(two["branch"], Value::Null);
    let end = aidf::clock::Moment::from_seconds(now() + 30 * 86_400).rfc3339();
    assert_eq!(text(&two, "expires_at")[..10], end[..10]);
    let three = w.json(&["token", "issue", "--operator", "--expires", "1h"]);
    let end = aidf::clock::Moment::from_seconds(now() + 3600).rfc3339();
    assert_eq!(text(&three, "expires_at")[..13], end[..13]);
    assert_ne!(two["token"], three["token"]);
    assert_eq!(w.remote.refs(), refs, "nothing is written on the remote");
    // For people: the token is on a line of its own, and told to be kept.
    let out = w.aidf(&["token", "issue", "--operator"]).ok();
    assert!(out.stdout.contains("Keep it safe"), "{out}");
    assert_eq!(out.stdout.matches("aidf2.").count(), 1, "{out}");
    assert_eq!(out.stderr, "");
}

#[test]
fn what_cannot_be_asked_for_is_a_usage_error() {
    let w = World::path();
    for args in [
        &["token", "issue"][..],
        &["token", "issue", "--operator", "--branch", "sandbox-a"],
        &["token", "issue", "--branch", "main"],
        &["token", "issue", "--branch", "sandbox-"],
        &["token", "issue", "--branch", "sandbox-a/b"],
        &["token", "issue", "--branch", "sandbox-$(id)"],
        &["token", "issue", "--branch", "refs/heads/sandbox-a"],
        &["token", "issue", "--operator", "--expires", "soon"],
        &["token", "issue", "--operator", "--expires", "-1d"],
        &["token", "issue", "--operator", "--expires", ""],
        &["token", "issue", "--branch", "sandbox-a", "--pod", ""],
        &["token", "issue", "--operator", "--pod", "a\nb"],
        &["policy", "check", "a.txt", "--pod", ""],
        &["token", "inspect"],
        &["token", "revoke"],
        &["token", "revoke", ""],
        &["token"],
    ] {
        let mut all = args.to_vec();
        all.push("--json");
        let out = w.aidf(&all).exits(2);
        assert_eq!(out.stdout, "", "{out}");
    }
    // As long as there is: no overflow.
    w.json(&["token", "issue", "--operator", "--expires", "999999y"]);
}

#[test]
fn a_token_that_is_good_is_read() {
    let g = Guarded::new(Kind::Path, "");
    let issue = [
        "token",
        "issue",
        "--branch",
        "sandbox-ada",
        "--pod",
        "P",
        "--expires",
        "2d",
    ];
    let issued = g.w.json(&issue);
    let read = inspect(&g, &text(&issued, "token"), 0);
    let wanted = [
        "branch",
        "expires_at",
        "expires_for_good",
        "issued_at",
        "kind",
        "message",
        "pod",
        "rejected",
        "repo_name",
        "token_id",
        "valid",
        "warnings",
    ];
    assert_eq!(fields(&read), wanted);
    assert_eq!(read["valid"], true);
    assert_eq!(read["rejected"], Value::Null);
    assert_eq!(read["pod"], "P");
    for field in ["branch", "kind", "token_id", "expires_at", "repo_name"] {
        assert_eq!(read[field], issued[field], "{field}");
    }
    assert_eq!(read["expires_for_good"], true);
    let operator = inspect(&g, &g.operator, 0);
    assert_eq!(operator["kind"], "operator");
    assert_eq!(operator["branch"], Value::Null);
}

#[test]
fn a_token_that_is_not_good_is_told_why_and_no_more_than_its_holder_may_know() {
    let g = Guarded::new(Kind::Path, "sandbox: {idle_days: 10}\n");
    let day = 86_400;
    let seal = |branch, issued, expires| g.seal(&claims(branch, issued, expires), "widgets");
    let past = seal(Some("sandbox-ada"), now() - day, Some(now() - 1));
    let read = inspect(&g, &past, 4);
    assert_eq!(read["valid"], false);
    assert_eq!(read["rejected"], "it has expired");
    assert_eq!(read["branch"], "sandbox-ada");
    // Not used for longer than the policy allows: as `sandbox init` would say.
    let idle = seal(Some("sandbox-ada"), now() - 11 * day, None);
    assert_eq!(
        inspect(&g, &idle, 4)["rejected"],
        "it was not used for too long"
    );
    let fresh = seal(Some("sandbox-ada"), now() - 9 * day, None);
    assert_eq!(inspect(&g, &fresh, 0)["valid"], true);
    // An operator's does not end with disuse.
    let old = seal(None, now() - 400 * day, None);
    assert_eq!(inspect(&g, &old, 0)["valid"], true);
    // A write on the branch keeps it alive.
    let again = g.token("sandbox-ada");
    g.passes(&g.w, &[&again], &["HEAD:refs/heads/sandbox-ada"]);
    assert_eq!(inspect(&g, &idle, 0)["valid"], true);
    let elsewhere = g.seal(&claims(Some("sandbox-ada"), now(), None), "gadgets");
    for token in [
        elsewhere.as_str(),
        "aidf1.garbage.AAAA",
        "x",
        "=",
        "\u{1b}[31m",
    ] {
        let read = g.w.call(&["token", "inspect", "-", "--json"]);
        let read = read.stdin(format!("{token}\n")).run().exits(4).json();
        assert_eq!(read["rejected"], "it is not valid for this repository");
        for field in [
            "branch",
            "kind",
            "token_id",
            "pod",
            "issued_at",
            "expires_at",
        ] {
            assert_eq!(read[field], Value::Null, "{field} of {token}");
        }
    }
    // What the answer of `inspect` is worth, `sandbox init` says too.
    for token in [&past, &elsewhere] {
        let flag = format!("--reuse-token={token}");
        g.w.refuses(&["sandbox", "init", "--strict", &flag], 4);
    }
}

#[test]
fn a_sandboxs_token_is_told_to_end_when_nobody_writes() {
    let w = World::path();
    w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(b"sandbox: {idle_days: 7}\n"))],
        "Set the policy",
    );
    let opened = w.init();
    let token = text(&opened, "reuse_token");
    let told = w.json(&["token", "inspect", &token]);
    assert_eq!(told["expires_at"], opened["expires_at"]);
    assert_eq!(told["expires_for_good"], false);
    let days = (
        told["expires_at"].as_str().unwrap(),
        told["issued_at"].as_str().unwrap(),
    );
    let seconds = |time| aidf::clock::Moment::from_rfc3339(time).unwrap().seconds();
    assert_eq!(seconds(days.0) - seconds(days.1), 7 * 24 * 3600);
    let out = w.aidf(&["token", "inspect", &token]).ok();
    let line = format!("  ends    {} unless it is used\n", &days.0[..10]);
    assert!(out.stdout.contains(&line), "{out}");
}

#[test]
fn a_policy_that_cannot_be_read_does_not_keep_a_token_from_being_read() {
    let g = Guarded::new(Kind::Path, "");
    let token = g.token("sandbox-ada");
    g.w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(b"nonsense: 1\n"))],
        "Break it",
    );
    let read = inspect(&g, &token, 0);
    assert!(
        read["warnings"].to_string().contains(".aidf.yaml"),
        "{read}"
    );
}

#[test]
fn a_revoked_token_opens_nothing_for_good() {
    let g = Guarded::new(Kind::Path, "");
    let opened = g.w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let tip = g.w.remote.tip(&branch);
    let revoke = |what: &str| {
        g.w.call(&["token", "revoke", what, "--json"])
            .env("AIDF_REUSE_TOKEN", &g.operator)
            .run()
    };
    // The hook asks for an operator's token, and the key alone is none.
    let refs = g.w.remote.refs();
    let out = g.w.aidf(&["token", "revoke", &token, "--json"]).exits(5);
    assert!(
        out.stderr.contains("only an operator may write it"),
        "{out}"
    );
    assert_eq!(g.w.remote.refs(), refs);
    let done = revoke(&token).ok();
    assert!(!done.all().contains(&token), "{done}");
    let done = done.json();
    let wanted = [
        "message",
        "repo_name",
        "revocation",
        "token_id",
        "unchanged",
        "warnings",
    ];
    assert_eq!(fields(&done), wanted);
    assert_eq!(done["unchanged"], false);
    let name = text(&done, "revocation");
    assert!(name.starts_with("refs/aidf/revoked/"), "{name}");
    assert!(g.w.remote.refs().contains(&name));
    // Again, by itself and by its id in either case: nothing to do.
    let refs = g.w.remote.refs();
    let id = text(&done, "token_id");
    for what in [&token, &id, &id.to_uppercase()] {
        assert_eq!(revoke(what).ok().json()["unchanged"], true);
    }
    assert_eq!(g.w.remote.refs(), refs);
    assert_eq!(inspect(&g, &token, 4)["rejected"], "it was revoked");
    let flag = format!("--reuse-token={token}");
    g.w.refuses(&["sandbox", "init", "--strict", &flag], 4);
    g.w.write("a.txt", "a\n");
    g.w.refuses(&["commit", "a.txt", "-m", "x", &flag], 4);
    let to = format!("HEAD:refs/heads/{branch}");
    g.refused(&g.w, &[&token], &[&to], "it was revoked");
    assert_eq!(g.w.remote.tip(&branch), tip);
    // Another one for the same sandbox is good.
    let again = g.token(&branch);
    g.passes(&g.w, &[&again], &[&to]);
}

#[test]
fn an_operators_token_can_be_revoked_and_revokes_no_more() {
    let g = Guarded::new(Kind::Path, "");
    let second = text(&g.w.json(&["token", "issue", "--operator"]), "token");
    let revoke = |what: &str, with: &str| {
        g.w.call(&["token", "revoke", what, "--reuse-token", "-", "--json"])
            .stdin(format!("{with}\n"))
            .run()
    };
    revoke(&g.operator, &second).ok();
    let sandbox = g.token("sandbox-ada");
    revoke(&sandbox, &g.operator).exits(5);
    g.refused(
        &g.w,
        &[&g.operator],
        &["HEAD:refs/heads/sandbox"],
        "it was revoked",
    );
    revoke(&sandbox, &second).ok();
}

#[test]
fn what_is_no_token_of_this_repository_is_not_revoked() {
    let g = Guarded::new(Kind::Path, "");
    let refs = g.w.remote.refs();
    let elsewhere = g.seal(&claims(None, now(), None), "gadgets");
    for what in [
        elsewhere.as_str(),
        "aidf1.garbage.AAAA",
        "0123",
        "../../heads/main",
    ] {
        let out = g.w.call(&["token", "revoke", what, "--json"]);
        let out = out.env("AIDF_REUSE_TOKEN", &g.operator).run().exits(4);
        assert!(!out.all().contains(&elsewhere), "{out}");
    }
    assert_eq!(g.w.remote.refs(), refs);
}

#[test]
fn a_machine_without_the_key_issues_reads_and_revokes_nothing() {
    let remote = Remote::new(Kind::Path, "widgets", true);
    let holder = Machine::new(&remote);
    holder.env.operator_config("trust: holder\n");
    for args in [
        &["token", "issue", "--operator", "--json"][..],
        &["token", "issue", "--branch", "sandbox-a", "--json"],
    ] {
        let out = holder.aidf(args).exits(5);
        assert!(out.stderr.contains("holder"), "{out}");
    }
    assert!(!holder.env.keys().exists(), "a key was made");
    holder
        .aidf(&["token", "inspect", "aidf1.a.b", "--json"])
        .exits(4);
    holder
        .aidf(&["token", "revoke", "aidf1.a.b", "--json"])
        .exits(4);
    holder
        .aidf(&["token", "revoke", "0123456789abcdef", "--json"])
        .exits(4);
}

#[test]
fn a_holder_writes_through_the_hook_with_branch_and_token_alone() {
    for kind in [Kind::Daemon, Kind::Http] {
        let g = Guarded::new(kind, "");
        let holder = g.w.other();
        holder.env.operator_config("trust: holder\n");
        let token = g.token("sandbox-held");
        g.passes(&g.w, &[&token], &["HEAD:refs/heads/sandbox-held"]);
        holder.write("h.txt", "h\n");
        let commit = |token: &str, branch: &str| {
            holder
                .call(&[
                    "commit", "h.txt", "-m", "Held", "--json", "--branch", branch,
                ])
                .env("AIDF_REUSE_TOKEN", token)
                .run()
        };
        let other = g.token("sandbox-other");
        let out = commit(&other, "sandbox-held").exits(5);
        assert!(out.stderr.contains("only the holder of its token"), "{out}");
        commit("aidf1.garbage.AAAA", "sandbox-held").exits(5);
        commit(&token, "main").exits(5);
        let done = commit(&token, "sandbox-held").ok();
        assert_eq!(
            done.json()["warnings"].as_array().unwrap().len(),
            0,
            "{done}"
        );
        assert_eq!(g.w.remote.text("sandbox-held", "h.txt"), "h\n");
    }
}

#[test]
fn a_sandbox_whose_token_has_ended_is_read_and_not_written() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let opened = w.json(&["sandbox", "init"]);
    let branch = text(&opened, "branch");
    let short = g.seal(
        &claims(Some(&branch), now() - 60, Some(now() + 3)),
        "widgets",
    );
    w.json(&["sandbox", "init", "--reuse-token", &short]);
    let other = w.other();
    other.share_key(w);
    let token = text(&opened, "reuse_token");
    other.json(&["sandbox", "init", "--reuse-token", &token]);
    other.write("b.txt", "b\n");
    other.json(&["commit", "b.txt", "-m", "Meanwhile"]);
    std::thread::sleep(std::time::Duration::from_millis(3100));
    w.write("a.txt", "a\n");
    let why = "the reuse token is rejected: it has expired";
    let out = w.aidf(&["status", "--json"]).ok();
    assert!(out.all().contains(why), "{out}");
    assert_eq!(out.json()["branch"], branch.as_str());
    let out = w.aidf(&["sandbox", "pull"]).ok();
    assert!(out.stderr.contains(why), "{out}");
    let taken = std::fs::read_to_string(w.clone.join("b.txt")).unwrap();
    assert_eq!(taken, "b\n");
    w.aidf(&["sandbox", "switch"]).ok();
    let out = w.refuses(&["commit", "a.txt", "-m", "Too late"], 4);
    assert!(out.stderr.contains(why), "{out}");
}

#[test]
fn status_says_that_the_token_was_revoked() {
    let w = World::path();
    let token = text(&w.json(&["sandbox", "init"]), "reuse_token");
    let operator = text(&w.json(&["token", "issue", "--operator"]), "token");
    w.aidf(&["token", "revoke", &token, "--reuse-token", &operator])
        .ok();
    let out = w.aidf(&["status"]).ok();
    assert!(out.stderr.contains("it was revoked"), "{out}");
    assert!(out.stdout.contains("it was revoked"), "{out}");
    assert!(!out.stdout.contains("token ends"), "{out}");
    assert_eq!(w.json(&["status"])["token_rejected"], "it was revoked");
}

#[test]
fn a_token_of_another_ring_is_read_as_one_whose_key_is_not_here() {
    let w = World::path();
    let token = text(&w.init(), "reuse_token");
    let key = token.split('.').nth(1).unwrap();
    let b = w.other();
    b.init();
    let out = b.aidf(&["token", "inspect", &token]).exits(4);
    let words = format!("it was sealed with the key {key}, and that key is not on this machine");
    assert!(out.stderr.contains(&words), "{out}");
    assert!(out.stderr.contains("copy the key ring"), "{out}");
    let out = b.aidf(&["token", "revoke", &token]).exits(4);
    assert!(out.stderr.contains(&words[3..]), "{out}");
}

#[test]
fn what_is_no_operators_token_does_no_operators_work() {
    let w = World::path();
    let sandboxes = text(&w.init(), "reuse_token");
    let operators = text(&w.json(&["token", "issue", "--operator"]), "token");
    let id = "0123456789abcdef";
    let refs = w.remote.refs();
    for (token, code) in [(sandboxes.as_str(), 5), ("junk", 4)] {
        w.aidf(&["token", "revoke", id, "--reuse-token", token])
            .exits(code);
        let prune = ["sandbox", "prune", "--idle", "0", "--reuse-token", token];
        w.aidf(&prune).exits(code);
    }
    assert_eq!(w.remote.refs(), refs);
    w.json(&["token", "revoke", id, "--reuse-token", &operators]);
    // Where neither the key nor a hook is, nobody checks it.
    w.remote
        .git(&["config", "receive.advertisePushOptions", "true"]);
    let holder = w.other();
    for call in [
        &["token", "revoke", "fedcba9876543210"][..],
        &["sandbox", "prune", "--idle", "0"],
    ] {
        let done = holder.json(&[call, &["--reuse-token", "junk"]].concat());
        let warned = done["warnings"].to_string();
        assert!(
            warned.contains("nobody checked the operator's token"),
            "{warned}"
        );
    }
}

#[test]
fn an_operators_token_that_the_hook_checks_brings_no_warning() {
    let g = Guarded::new(Kind::Path, "");
    let holder = Machine::new(&g.w.remote);
    let prune = [
        "sandbox",
        "prune",
        "--idle",
        "0",
        "--reuse-token",
        &g.operator,
    ];
    let done = holder.json(&prune);
    assert_eq!(done["warnings"], Value::Array(Vec::new()), "{done:#}");
}

#[test]
fn where_the_key_is_a_writers_token_in_the_environment_keeps_no_token_from_being_revoked() {
    let w = World::path();
    w.sandbox();
    let issued = w.json(&["token", "issue", "--branch", "sandbox-x"]);
    let own = w.json(&["sandbox", "init"]);
    let id = text(
        &w.json(&["token", "inspect", &text(&issued, "token")]),
        "token_id",
    );
    let call = w.call(&["token", "revoke", &id]);
    call.env("AIDF_REUSE_TOKEN", text(&own, "reuse_token"))
        .run()
        .ok();
}
