//! What the policy lets a pod do: on every machine, and on a server with the hook.

use serde_json::Value;

use crate::support::{CHANGELOG, Guarded, Kind, MEMORY, Machine, World, claims, entries, text};

fn set(w: &World, policy: &str) {
    let file = [(".aidf.yaml", Some(policy.as_bytes()))];
    w.remote.write("sandbox", &file, "Set the policy");
}

/// Opens a sandbox as a pod.
fn open(machine: &Machine, pod: &str) -> Value {
    let call = machine.call(&["sandbox", "init", "--force-new", "--json"]);
    let out = call.env("AIDF_POD", pod).run().ok();
    serde_json::from_str(&out.stdout).unwrap()
}

fn commit(machine: &Machine, path: &str) -> crate::support::Out {
    machine.write(path, format!("{path}\n"));
    machine.aidf(&["commit", path, "-m", "Write"])
}

#[track_caller]
fn refused(out: &crate::support::Out, words: &str) {
    assert_eq!(out.code, 5, "{out}");
    assert!(out.stderr.contains(words), "does not say {words:?}: {out}");
}

#[test]
fn a_pod_writes_its_own_paths_and_the_hint_of_a_refusal_is_enough_to_allow_more() {
    let w = World::path();
    set(
        &w,
        "pods: {DocPod: {paths: {only: ['docs/**'], deny: ['docs/legal/**']}}}\n",
    );
    open(&w, "DocPod");
    commit(&w, "docs/a.md").ok();
    refused(
        &commit(&w, "docs/legal/b.md"),
        "pods.DocPod.paths.deny: docs/legal/**",
    );
    let out = commit(&w, "src/main.rs");
    refused(&out, "pods.DocPod.paths.only");
    let hint = &out.stderr[out.stderr.find("pods: {").unwrap()..];
    let least = hint.lines().next().unwrap();
    set(&w, least);
    commit(&w, "src/main.rs").ok();
    refused(&commit(&w, "src/other.rs"), "pods.DocPod.paths.only");
}

#[test]
fn the_rules_for_all_others_bind_tokens_without_a_pod_and_no_operator() {
    let w = World::path();
    set(
        &w,
        "pods: {'*': {paths: {only: ['docs/**']}}, DevPod: {paths: {deny: ['infra/**']}}}\n",
    );
    w.sandbox();
    refused(&commit(&w, "src/main.rs"), "pods.*.paths.only");
    commit(&w, "docs/a.md").ok();
    open(&w, "DevPod");
    commit(&w, "src/main.rs").ok();
    open(&w, "SomePod");
    refused(&commit(&w, "src/main.rs"), "pods.*.paths.only");
    let issued = w.json(&["token", "issue", "--operator", "--pod", "SomePod"]);
    let token = text(&issued, "token");
    w.write("src/main.rs", "an operator's\n");
    w.json(&[
        "commit",
        "src/main.rs",
        "-m",
        "Write",
        "--branch",
        "main",
        "--reuse-token",
        &token,
    ]);
    assert_eq!(w.remote.text("main", "src/main.rs"), "an operator's\n");
}

#[test]
fn a_pod_uses_its_commands_repositories_and_branches_alone() {
    let w = World::path();
    set(
        &w,
        "pods:\n  ReadPod: {commands: ['sandbox init', commit]}\n  FarPod: {repositories: ['gadgets*']}\n  NamedPod: {branches: ['sandbox-named-*']}\n",
    );
    open(&w, "ReadPod");
    commit(&w, "a.txt").ok();
    refused(
        &w.aidf(&["rollback", "--last", "1"]),
        "pods.ReadPod.commands",
    );
    refused(&w.aidf(&["sandbox", "close"]), "pods.ReadPod.commands");
    let refs = w.remote.refs();
    let init = |pod: &str, name: &[&str]| {
        let args = [&["sandbox", "init", "--force-new"], name].concat();
        w.call(&args).env("AIDF_POD", pod).run()
    };
    refused(&init("FarPod", &[]), "pods.FarPod.repositories");
    refused(
        &init("NamedPod", &["--name", "sandbox-other-one"]),
        "pods.NamedPod.branches",
    );
    assert_eq!(w.remote.refs(), refs, "a refusal opened a sandbox");
    init("NamedPod", &["--name", "sandbox-named-one"]).ok();
    commit(&w, "b.txt").ok();
}

#[test]
fn a_pod_keeps_the_shared_ledgers_its_own_or_none() {
    let w = World::path();
    set(
        &w,
        "pods: {OwnPod: {ledgers: own}, NoPod: {ledgers: none}}\n",
    );
    let shared = text(&open(&w, "OtherPod"), "branch");
    commit(&w, "shared.txt").ok();
    let count = |branch: &str| entries(&w.remote.file(branch, CHANGELOG)).len();
    let before = count("sandbox");
    assert_eq!(count(&shared), before + 1);
    let none = text(&open(&w, "NoPod"), "branch");
    commit(&w, "none.txt").ok();
    assert_eq!(w.remote.text(&none, "none.txt"), "none.txt\n");
    for ledger in [CHANGELOG, MEMORY] {
        let (old, new) = (
            w.remote.file("sandbox", ledger),
            w.remote.file(&none, ledger),
        );
        assert_eq!(old, new, "{ledger}");
    }
    let own = text(&open(&w, "OwnPod"), "branch");
    commit(&w, "own.txt").ok();
    let ledger = format!("project/outputs/changelog.d/{own}.yaml");
    assert!(w.remote.files(&own).contains(&ledger));
    assert_eq!(count(&own), before);
    // Nobody writes the ledgers of another by hand.
    open(&w, "OtherPod");
    let forged = "project/outputs/changelog.d/sandbox-forged-one.yaml";
    refused(&commit(&w, forged), "is a ledger");
    // Landing brings the entries into the shared ledger.
    let issued = w.json(&["token", "issue", "--operator"]);
    let token = text(&issued, "token");
    w.json(&["land", &own, "--to", "main", "--reuse-token", &token]);
    assert_eq!(count("main"), before + 1);
    assert!(!w.remote.files("main").contains(&ledger));
}

#[test]
fn a_quota_of_commits_is_counted_on_the_repository_and_not_on_one_machine() {
    let w = World::path();
    set(
        &w,
        "pods: {SlowPod: {quota: {commits_an_hour: 2, bytes_a_commit: 20}}}\n",
    );
    let opened = open(&w, "SlowPod");
    let token = text(&opened, "reuse_token");
    commit(&w, "a.txt").ok();
    let other = w.other();
    other.share_key(&w);
    let write = |n: usize| {
        let pair = format!("b{n}.txt=-");
        let args = ["commit", &pair, "-m", "Write", "--reuse-token", &token];
        other.call(&args).stdin("b\n").run()
    };
    write(0).ok();
    refused(&write(1), "quota.commits_an_hour");
    refused(&commit(&w, "c.txt"), "quota.commits_an_hour");
    w.write("large.txt", "x".repeat(21));
    let large = ["commit", "large.txt", "-m", "Large", "--dry-run"];
    set(&w, "pods: {SlowPod: {quota: {bytes_a_commit: 20}}}\n");
    w.refuses(&large, 5);
    set(&w, "pods: {SlowPod: {quota: {commits_an_hour: 3}}}\n");
    write(1).ok();
    refused(&write(2), "quota.commits_an_hour");
}

#[test]
fn the_operators_configuration_can_only_be_stricter_than_the_repository() {
    let w = World::path();
    set(
        &w,
        "pods: {DocPod: {paths: {only: ['docs/**', 'src/**']}}}\n",
    );
    w.env
        .operator_config("policy: {pods: {DocPod: {paths: {only: ['docs/**', 'infra/**']}}}}\n");
    open(&w, "DocPod");
    commit(&w, "docs/a.md").ok();
    refused(&commit(&w, "src/a.rs"), "pods.DocPod.paths.only");
    refused(&commit(&w, "infra/a.tf"), "pods.DocPod.paths.only");
    let shown = w.aidf(&["policy", "show"]).ok().stdout;
    for line in [
        "pods.DocPod.paths.only     docs/**                            .aidf.yaml",
        "pods.DocPod.paths.only     infra/**                           operator's configuration",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let branch = text(&w.json(&["status"]), "branch");
    let check = |path: &str| {
        w.aidf(&[
            "policy", "check", path, "--branch", &branch, "--pod", "DocPod",
        ])
    };
    check("docs/a.md").ok();
    assert_eq!(check("src/a.rs").code, 5);
}

#[test]
fn rules_that_name_no_command_of_aidf_are_no_policy() {
    let w = World::path();
    set(&w, "pods: {DocPod: {commands: ['push']}}\n");
    let out = w.aidf(&["sandbox", "init"]);
    assert_eq!(out.code, 7, "{out}");
    assert!(
        out.stderr.contains("pods.DocPod.commands names `push`"),
        "{out}"
    );
}

#[test]
fn the_hook_holds_a_pod_to_its_paths_and_branches_whatever_tool_pushes() {
    let g = Guarded::new(
        Kind::Http,
        "pods: {DocPod: {paths: {only: ['docs/**']}}, FarPod: {repositories: ['gadgets']}, '*': {branches: ['sandbox-b*']}}\n",
    );
    let now = aidf::clock::Moment::now().seconds();
    let of = |branch: &str, pod: Option<&str>| {
        let claims = aidf::token::Claims {
            pod: pod.map(str::to_owned),
            ..claims(Some(branch), now, None)
        };
        g.seal(&claims, "widgets")
    };
    let ada = g.w.other();
    ada.at("sandbox");
    let token = of("sandbox-ada", Some("DocPod"));
    let to = ["HEAD:refs/heads/sandbox-ada"];
    g.passes(&ada, &[&token], &to);
    ada.plain(&[("docs/a.md", "a\n")], "Docs");
    g.passes(&ada, &[&token], &to);
    ada.plain(&[("src/a.rs", "a\n")], "Source");
    g.refused(&ada, &[&token], &to, "pods.DocPod.paths.only");
    // Hiding it below a commit that takes it back does not help.
    ada.git(&["rm", "--quiet", "src/a.rs"]);
    ada.git(&["commit", "--quiet", "-m", "Take it back"]);
    g.refused(&ada, &[&token], &to, "pods.DocPod.paths.only");
    ada.at("sandbox");
    let far = of("sandbox-far", Some("FarPod"));
    g.refused(
        &ada,
        &[&far],
        &["HEAD:refs/heads/sandbox-far"],
        "pods.FarPod.repositories",
    );
    let bob = of("sandbox-bob", None);
    g.passes(&ada, &[&bob], &["HEAD:refs/heads/sandbox-bob"]);
    let eve = of("sandbox-eve", None);
    g.refused(
        &ada,
        &[&eve],
        &["HEAD:refs/heads/sandbox-eve"],
        "pods.*.branches",
    );
    // Two tokens in one push: each sandbox has the rules of its own.
    ada.plain(&[("src/b.rs", "b\n")], "Source");
    let both = ["HEAD:refs/heads/sandbox-bob", "HEAD:refs/heads/sandbox-ada"];
    g.refused(&ada, &[&bob, &token], &both, "pods.DocPod.paths.only");
    g.passes(&ada, &[&bob, &token], &both[..1]);
}

#[test]
fn the_hook_counts_the_commits_of_an_hour_and_takes_none_that_is_dated_back() {
    let g = Guarded::new(
        Kind::Path,
        "pods: {SlowPod: {quota: {commits_an_hour: 2}}}\n",
    );
    let now = aidf::clock::Moment::now().seconds();
    let slow = aidf::token::Claims {
        pod: Some("SlowPod".to_owned()),
        ..claims(Some("sandbox-ada"), now, None)
    };
    let token = g.seal(&slow, "widgets");
    let ada = g.w.other();
    ada.at("sandbox");
    let to = ["HEAD:refs/heads/sandbox-ada"];
    g.passes(&ada, &[&token], &to);
    ada.plain(&[("a.txt", "a\n")], "One");
    g.passes(&ada, &[&token], &to);
    let dated = |date: &str, message: &str| {
        let mut command = ada.env.command("git", &ada.clone);
        let args = ["commit", "--quiet", "--allow-empty", "-m", message];
        let run = command.env("GIT_COMMITTER_DATE", date).args(args).status();
        assert!(run.unwrap().success());
    };
    dated("2026-01-01T00:00:00Z", "Long ago");
    g.refused(&ada, &[&token], &to, "is dated 2026-01-01");
    ada.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    ada.plain(&[("b.txt", "b\n")], "Two");
    g.passes(&ada, &[&token], &to);
    ada.plain(&[("c.txt", "c\n")], "Three");
    g.refused(&ada, &[&token], &to, "quota.commits_an_hour");
    // A sandbox that starts again with another history has had its two.
    ada.git(&["reset", "--quiet", "--hard", "origin/sandbox"]);
    ada.plain(&[("d.txt", "d\n")], "Again");
    ada.plain(&[("e.txt", "e\n")], "And again");
    ada.plain(&[("f.txt", "f\n")], "And again");
    g.refused(&ada, &[&token], &to, "quota.commits_an_hour");
}

#[test]
fn what_cannot_be_a_pods_name_is_no_pod_of_a_machine() {
    let w = World::path();
    let open = |pod: &str| {
        let call = w.call(&["sandbox", "init", "--json"]);
        call.env("AIDF_POD", pod).run()
    };
    let error = open("a\nb").exits(2).error();
    assert!(text(&error, "message").contains("is no name of a pod"));
    // A variable that is set to nothing is not set.
    open("").ok();
    w.env.operator_config("pod: ''\n");
    let error = open("").exits(2).error();
    assert!(text(&error, "message").contains("is no name of a pod"));
}
