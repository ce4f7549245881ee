//! `aidf token list`: what a machine knows of tokens, without a list on any server.

use aidf::keys::{KeyRing, KeySource};
use aidf::token::{Claims, TokenKind, seal};
use serde_json::Value;

use crate::support::{Kind, Machine, Remote, World, text};

/// The list, which never holds one of these tokens.
#[track_caller]
fn list(machine: &Machine, vars: &[(&str, &str)], tokens: &[&str]) -> Value {
    for args in [&["token", "list"][..], &["token", "list", "--json"]] {
        let call = machine.call(args);
        let call = vars.iter().fold(call, |call, (n, v)| call.env(n, v));
        let out = call.run().ok();
        for token in tokens {
            assert!(!out.all().contains(token), "a token is told\n{out}");
        }
        if args.len() == 3 {
            return out.json();
        }
        assert!(out.stdout.contains("given out elsewhere"), "{out}");
    }
    unreachable!()
}

/// Branch, state and whether it is at hand, of each token.
fn states(report: &Value) -> Vec<(String, String, bool)> {
    let tokens = report["tokens"].as_array().unwrap().iter();
    let of = |t: &Value| {
        let branch = t["branch"].as_str().unwrap_or("-").to_owned();
        (branch, text(t, "state"), t["at_hand"].as_bool().unwrap())
    };
    tokens.map(of).collect()
}

fn one(branch: &str, state: &str) -> (String, String, bool) {
    (branch.to_owned(), state.to_owned(), true)
}

#[test]
fn the_tokens_that_the_clone_remembers_are_listed_with_all_that_is_known_of_them() {
    let w = World::path();
    let first = w.json(&["sandbox", "init", "--name", "one"]);
    let second = w.call(&["sandbox", "init", "--name", "two", "--json"]);
    let second = second.env("AIDF_POD", "P").run().ok().json();
    let tokens = [text(&first, "reuse_token"), text(&second, "reuse_token")];
    let [a, b] = [&tokens[0], &tokens[1]].map(String::as_str);
    let report = list(&w, &[], &[a, b]);
    assert_eq!(
        states(&report),
        [one("sandbox-two", "valid"), one("sandbox-one", "valid")]
    );
    let inspected = w.json(&["token", "inspect", b]);
    let newest = &report["tokens"][0];
    for field in ["token_id", "kind", "branch", "pod", "issued_at"] {
        assert_eq!(newest[field], inspected[field], "{field}");
    }
    assert_eq!(newest["pod"], "P");
    assert_eq!(newest["expires_at"], w.json(&["status"])["expires_at"]);
    assert_eq!(text(newest, "key_id"), b.split('.').nth(1).unwrap());
    assert_eq!(report["sandboxes_without_token"], 0);
    assert_eq!(report["repo_name"], "widgets");

    // Sandboxes of others are told by their number alone.
    let other = w.other();
    other.share_key(&w);
    other.json(&["sandbox", "init", "--name", "far"]);
    let report = list(&w, &[], &[a, b]);
    assert_eq!(report["sandboxes_without_token"], 1);
    assert_eq!(report["tokens"].as_array().unwrap().len(), 2);
    assert!(text(&report, "message").contains("1 sandbox"), "{report:#}");
    // Nor does another worktree hide what was opened here.
    let linked = w.env.path("linked");
    w.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        linked.to_str().unwrap(),
    ]);
    let there = w
        .env
        .aidf(&linked, &["token", "list", "--json"])
        .ok()
        .json();
    assert_eq!(states(&there).len(), 2);
}

#[test]
fn a_token_that_is_over_is_listed_with_the_reason() {
    let w = World::path();
    let token = text(&w.init(), "reuse_token");
    let branch = w.json(&["status"])["branch"].as_str().unwrap().to_owned();
    let id = text(&w.json(&["token", "inspect", &token]), "token_id");
    let source = KeySource {
        inline: None,
        file: None,
        ring: w.env.keys(),
    };
    let ring = KeyRing::load(&source).unwrap();
    let now = aidf::clock::Moment::now().seconds();
    let operator = Claims {
        branch: None,
        base: None,
        id: "00000000000000aa".to_owned(),
        kind: TokenKind::Operator,
        repository: w.remote.identity(),
        pod: None,
        issued: now - 100,
        expires: Some(now - 10),
    };
    let expired = seal(&operator, ring.active().unwrap(), "widgets", [1; 24]);
    let with = [("AIDF_REUSE_TOKEN", expired.as_str())];
    let report = list(&w, &with, &[&token, &expired]);
    assert_eq!(
        states(&report),
        [one(&branch, "valid"), one("-", "expired")]
    );
    assert_eq!(report["tokens"][1]["kind"], "operator");
    assert_eq!(report["tokens"][1]["token_id"], "00000000000000aa");

    // Nobody has used it for three days; the remote lacks its branch.
    let unused = Claims {
        branch: Some("sandbox-old".to_owned()),
        id: "00000000000000cc".to_owned(),
        kind: TokenKind::Sandbox,
        issued: now - 3 * 86_400,
        expires: None,
        ..operator
    };
    let unused = seal(&unused, ring.active().unwrap(), "widgets", [2; 24]);
    let with = [("AIDF_REUSE_TOKEN", unused.as_str())];
    let of_old = |state: &str| states(&list(&w, &with, &[&unused]))[1] == one("sandbox-old", state);
    assert!(of_old("valid"));
    let ann = w.other();
    ann.git(&["checkout", "--quiet", "sandbox"]);
    ann.write(".aidf.yaml", "sandbox: {idle_days: 2}\n");
    ann.git(&["add", ".aidf.yaml"]);
    ann.git(&["commit", "--quiet", "-m", "Set the policy"]);
    ann.git(&["push", "--quiet", "origin", "sandbox"]);
    assert!(of_old("idle"));

    w.json(&["token", "revoke", &id]);
    w.json(&["token", "revoke", "00000000000000bb"]);
    let report = list(&w, &[], &[&token]);
    let unknown = ("-".to_owned(), "revoked".to_owned(), false);
    assert_eq!(states(&report), [one(&branch, "revoked"), unknown]);
    assert_eq!(report["tokens"][1]["token_id"], "00000000000000bb");
    assert!(report["tokens"][0]["revoked_at"].is_string(), "{report:#}");

    w.json(&["key", "rotate"]);
    let key = text(&report["tokens"][0], "key_id");
    w.json(&["key", "retire", &key]);
    let report = list(&w, &[], &[&token]);
    assert_eq!(states(&report)[0], one(&branch, "retired_key"));
    assert_eq!(report["tokens"][0]["token_id"], Value::Null);
    std::fs::remove_file(w.env.keys()).unwrap();
    assert_eq!(
        states(&list(&w, &[], &[&token]))[0],
        one(&branch, "other_key")
    );
}

#[test]
fn a_token_that_was_issued_here_is_found_again_by_its_id() {
    let w = World::path();
    w.json(&["sandbox", "init", "--name", "one"]);
    let issue = ["token", "issue", "--branch", "sandbox-bob", "--pod", "bob"];
    let issued = w.json(&issue);
    let operators = w.json(&["token", "issue", "--operator"]);
    let tokens = [&issued, &operators].map(|t| text(t, "token"));
    let [bobs, operator] = [&issued, &operators].map(|t| text(t, "token_id"));
    let report = list(&w, &[], &[&tokens[0], &tokens[1]]);
    let state = |branch: &str, state: &str| (branch.to_owned(), state.to_owned(), false);
    let wanted = [
        one("sandbox-one", "valid"),
        state("-", "not_judged"),
        state("sandbox-bob", "not_judged"),
    ];
    assert_eq!(states(&report), wanted);
    assert_eq!(report["tokens"][1]["token_id"], operator.as_str());
    assert_eq!(report["tokens"][1]["kind"], "operator");
    assert_eq!(report["tokens"][2]["token_id"], bobs.as_str());
    assert_eq!(report["tokens"][2]["pod"], "bob");
    w.json(&["token", "revoke", &bobs]);
    assert_eq!(
        states(&list(&w, &[], &[]))[2],
        state("sandbox-bob", "revoked")
    );
    // Whoever has the token has more to tell of it.
    let with = [("AIDF_REUSE_TOKEN", tokens[1].as_str())];
    let report = list(&w, &with, &[&tokens[1]]);
    assert_eq!(states(&report)[1], one("-", "valid"));
    assert_eq!(states(&report).len(), 3);
}

#[test]
fn a_token_of_another_repository_is_told_from_those_of_this_one() {
    let w = World::path();
    let opened = w.json(&["sandbox", "init", "--name", "one"]);
    let token = text(&opened, "reuse_token");
    let namesake = Remote::new(Kind::Path, "widgets", true);
    let there = Machine::new(&namesake);
    there.share_key(&w);
    there.json(&["sandbox", "init", "--name", "one"]);
    w.git(&["remote", "set-url", "origin", &namesake.url]);
    let report = list(&w, &[], &[&token]);
    assert_eq!(states(&report), [one("sandbox-one", "other_repository")]);
    assert_eq!(report["sandboxes_without_token"], 1);
}

#[test]
fn what_is_here_is_listed_while_the_remote_cannot_be_asked() {
    let w = World::path();
    let token = text(
        &w.json(&["sandbox", "init", "--name", "one"]),
        "reuse_token",
    );
    w.json(&["token", "revoke", "00000000000000bb"]);
    std::fs::rename(&w.remote.bare, w.remote.bare.with_extension("gone")).unwrap();
    let report = list(&w, &[], &[&token]);
    let revoked = ("-".to_owned(), "revoked".to_owned(), false);
    assert_eq!(states(&report), [one("sandbox-one", "valid"), revoked]);
    assert_eq!(report["sandboxes_without_token"], Value::Null);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("could not be asked"), "{warnings}");
}

#[test]
fn a_token_that_was_issued_for_a_namesake_is_not_listed() {
    let w = World::path();
    let ours = text(&w.json(&["token", "issue", "--operator"]), "token_id");
    let namesake = Remote::new(Kind::Path, "widgets", true);
    let url = namesake.bare.display().to_string();
    let theirs = w.json(&["-R", &url, "token", "issue", "--operator"]);
    let ids = |report: &Value| {
        let tokens = report["tokens"].as_array().unwrap().iter();
        tokens.map(|t| text(t, "token_id")).collect::<Vec<_>>()
    };
    assert_eq!(ids(&list(&w, &[], &[])), [ours]);
    let there = w.json(&["-R", &url, "token", "list"]);
    assert_eq!(ids(&there), [text(&theirs, "token_id")]);
}

#[test]
fn an_id_that_nothing_here_tells_of_is_revoked_with_a_warning() {
    let w = World::path();
    w.json(&["sandbox", "init", "--name", "one"]);
    let used = text(&list(&w, &[], &[])["tokens"][0], "token_id");
    let issued = text(&w.json(&["token", "issue", "--operator"]), "token_id");
    for id in [&used, &issued] {
        let revoked = w.json(&["token", "revoke", id]);
        assert_eq!(revoked["warnings"], Value::Array(Vec::new()), "{revoked:#}");
    }
    let revoked = w.json(&["token", "revoke", "0123456789abcdef"]);
    assert_eq!(revoked["unchanged"], false);
    let warned = revoked["warnings"].to_string();
    assert!(warned.contains("nothing here tells of a token"), "{warned}");
    let again = w.json(&["token", "revoke", "0123456789abcdef"]);
    assert_eq!(again["unchanged"], true);
}
