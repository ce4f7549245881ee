//! The policy is what the protected base says at the remote's tip: not a sandbox,
//! not a working tree, and not an old copy.

use crate::support::{CHANGELOG, Kind, World, entries, text};

/// A world whose base has this policy; the clone has not fetched it.
fn under(policy: &str) -> World {
    let w = World::path();
    publish(&w, policy);
    w
}

fn publish(w: &World, policy: &str) {
    w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(policy.as_bytes()))],
        "Set the policy",
    );
}

#[test]
fn the_base_may_deny_more_paths() {
    let w = under("version: 1\npaths:\n  deny: ['secret/**', '*.pem']\n");
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    for path in ["secret/x.txt", "SECRET/x.txt", "key.pem"] {
        let out = w.refuses(&["commit", &format!("{path}=a.txt"), "-m", "x"], 5);
        assert!(
            out.stderr.contains("key.pem") || out.stderr.to_lowercase().contains("secret"),
            "{out}"
        );
    }
    w.json(&["commit", "a.txt", "-m", "Fine"]);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[test]
fn the_base_may_allow_what_is_denied_by_default() {
    let w = under("paths:\n  allow: ['.github/workflows/docs.yml']\n");
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&[
        "commit",
        ".github/workflows/docs.yml=a.txt",
        "-m",
        "Allowed",
    ]);
    assert_eq!(w.remote.file(&branch, ".github/workflows/docs.yml"), b"a\n");
    w.refuses(
        &["commit", ".github/workflows/other.yml=a.txt", "-m", "x"],
        5,
    );
}

#[test]
fn what_makes_a_tool_run_code_is_refused_with_the_reason_and_the_least_that_allows_it() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    for path in [
        ".claude/settings.json",
        "CLAUDE.md",
        "sub/AGENTS.md",
        ".mcp.json",
        ".vscode/tasks.json",
        "sub/.vscode/tasks.json",
        ".devcontainer/devcontainer.json",
        ".envrc",
        ".cursor/mcp.json",
        ".github/copilot-instructions.md",
        ".github/anything.md",
        ".drone.yaml",
        "lefthook.yml",
        ".pre-commit-config.yaml",
        "web/.husky/pre-commit",
        "crates/x/.cargo/config.toml",
        "sub/.gitattributes",
        "AGENTS.MD",
    ] {
        let out = w.refuses(&["commit", &format!("{path}=a.txt"), "-m", "x"], 5);
        let error = out.error();
        assert!(text(&error, "message").contains("rule: "), "{out}");
        let hint = text(&error, "hint");
        assert!(hint.contains(&format!("allow: ['{path}']")), "{out}");
    }
    publish(&w, "paths: {allow: ['sub/AGENTS.md']}\n");
    w.json(&["commit", "sub/AGENTS.md=a.txt", "-m", "Allowed"]);
    assert_eq!(w.remote.file(&branch, "sub/AGENTS.md"), b"a\n");
    w.refuses(&["commit", "AGENTS.md=a.txt", "-m", "x"], 5);
    // What the policy itself denies no `allow` takes out, and the refusal says so.
    publish(&w, "paths: {allow: ['x/**'], deny: ['x/**']}\n");
    let out = w.refuses(&["commit", "x/y=a.txt", "-m", "x"], 5);
    assert!(text(&out.error(), "hint").contains("paths: deny:"), "{out}");
}

#[test]
fn a_policy_that_changed_holds_for_the_next_commit() {
    let w = under("version: 1\n");
    w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&["commit", "late/x.txt=a.txt", "-m", "Before"]);
    publish(&w, "paths:\n  deny: ['late/**']\n");
    w.refuses(&["commit", "late/y.txt=a.txt", "-m", "After"], 5);
    publish(&w, "version: 1\n");
    w.json(&["commit", "late/y.txt=a.txt", "-m", "Allowed again"]);
}

#[test]
fn a_sandboxs_own_policy_counts_for_nothing() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote.write(
        &branch,
        &[(".aidf.yaml", Some(b"paths:\n  allow: ['**']\n"))],
        "Let me",
    );
    w.write("a.txt", "a\n");
    w.write(".aidf.yaml", "paths:\n  allow: ['**']\n");
    w.refuses(&["commit", ".github/workflows/x.yml=a.txt", "-m", "x"], 5);
    w.refuses(&["commit", ".aidf.yaml", "-m", "x"], 5);
    // A base that the caller chooses is no source of policy for other branches either.
    w.remote.write(
        "lax",
        &[(".aidf.yaml", Some(b"paths:\n  allow: ['**']\n"))],
        "Lax",
    );
    w.json(&["sandbox", "init", "--force-new", "--base", "lax"]);
    w.refuses(&["commit", ".github/workflows/x.yml=a.txt", "-m", "x"], 5);
}

#[test]
fn caps_on_files_bytes_and_lines_are_held() {
    let w = under("limits:\n  files: 3\n  file_bytes: 1000\n  total_bytes: 2000\n  lines: 50\n");
    w.sandbox();
    w.write("ok.txt", "a\n");
    w.json(&["commit", "ok.txt", "-m", "Fine"]);
    for n in 0..4 {
        w.write(&format!("many/{n}.txt"), "x\n");
    }
    w.refuses(&["commit", "many", "-m", "Too many files"], 5);
    w.write("big.txt", "x".repeat(1001));
    w.refuses(&["commit", "big.txt", "-m", "Too large"], 5);
    let call = w
        .call(&["commit", "big.txt=-", "-m", "Too large", "--json"])
        .stdin("x".repeat(5_000_000));
    w.refuses_call(call, 5);
    for n in 0..3 {
        w.write(&format!("sum/{n}.txt"), "x".repeat(900));
    }
    w.refuses(&["commit", "sum", "-m", "Too large together"], 5);
    w.write("lines.txt", "x\n".repeat(51));
    w.refuses(&["commit", "lines.txt", "-m", "Too many lines"], 5);
}

#[test]
fn the_policy_may_refuse_what_is_an_alert_by_default() {
    let w = under(
        "alerts:\n  ci_directive: refuse\n  possible_secret: refuse\n  large_diff: refuse\nlarge_diff_lines: 10\n",
    );
    w.sandbox();
    w.write("a.txt", "a\n");
    w.refuses(&["commit", "a.txt", "-m", "Add a [skip ci]"], 5);
    w.write("big.txt", "x\n".repeat(11));
    w.refuses(&["commit", "big.txt", "-m", "Add"], 5);
    let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    w.write("s.txt", &secret);
    let out = w.refuses(&["commit", "s.txt", "-m", "Add"], 5);
    assert!(!out.all().contains(&secret), "{out}");
    w.json(&["commit", "a.txt", "-m", "Add a"]);
}

#[test]
fn more_branches_may_be_protected() {
    let w = under("protected_branches: ['release/*']\n");
    w.sandbox();
    w.remote
        .write("release/1", &[("r.txt", Some(b"r\n"))], "Release");
    w.write("a.txt", "a\n");
    w.refuses(&["commit", "a.txt", "-m", "x", "--branch", "release/1"], 5);
}

#[test]
fn open_sandboxes_may_be_limited() {
    let w = under("sandbox:\n  max_open: 2\n");
    let first = w.init();
    w.json(&["sandbox", "init", "--force-new"]);
    w.refuses(&["sandbox", "init", "--force-new"], 5);
    // Resuming opens none.
    let again = w.json(&[
        "sandbox",
        "init",
        "--reuse-token",
        &text(&first, "reuse_token"),
    ]);
    assert_eq!(again["reused"], true);
}

#[test]
fn tokens_may_be_given_an_end() {
    let w = under("sandbox:\n  token_days: 7\n");
    let opened = w.init();
    assert!(text(&opened, "expires_at").starts_with("20"), "{opened:#}");
    assert_eq!(opened["expires_for_good"], true);
    let status = w.aidf(&["status"]).ok().stdout;
    assert!(status.contains("token ends"), "{status}");
    assert!(
        !status.contains("unless"),
        "its end is a fixed one: {status}"
    );
    let w = World::path();
    let opened = w.init();
    assert!(
        opened["expires_at"].is_null() || opened["expires_at"].is_string(),
        "{opened:#}"
    );
    assert_eq!(opened["expires_for_good"], false);
    let status = w.aidf(&["status"]).ok().stdout;
    assert!(status.contains("unless it is used"), "{status}");
}

#[test]
fn the_ledgers_may_lie_elsewhere_or_not_be_kept() {
    let w = under("ledgers:\n  changelog: logs/changes.yaml\n  memory: logs/memory.yaml\n");
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(
        entries(&w.remote.file(&branch, "logs/changes.yaml"))[0]["path"],
        "a.txt"
    );
    w.write("x.txt", "x\n");
    w.refuses(&["commit", "logs/changes.yaml=x.txt", "-m", "Erase"], 5);
    let w = under("ledgers:\n  enabled: false\n");
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(
        w.remote.changes(&branch),
        [("A".to_owned(), "a.txt".to_owned())]
    );
}

#[test]
fn a_ledgers_place_is_checked_like_any_path() {
    for place in [
        "../outside.yaml",
        ".git/config",
        "/etc/x.yaml",
        "docs\\x.yaml",
    ] {
        let w = under(&format!("ledgers:\n  changelog: '{place}'\n"));
        w.write("a.txt", "a\n");
        let opened = w.aidf(&["sandbox", "init"]);
        if opened.code == 0 {
            w.refuses_any(&["commit", "a.txt", "-m", "Add a"], &[2, 5, 7]);
        }
    }
}

#[test]
fn an_unknown_rule_is_not_passed_over() {
    // A typing mistake in a rule would otherwise be a rule that does not hold.
    let w = under("paths:\n  denny: ['secret/**']\n");
    w.write("a.txt", "a\n");
    let out = w.refuses_any(&["sandbox", "init"], &[2, 5, 7]);
    assert!(
        out.stderr.contains(".aidf.yaml"),
        "it names the file\n{out}"
    );
}

#[test]
fn the_policy_costs_no_connection_while_the_base_has_not_moved() {
    let w = World::new(Kind::Http);
    publish(&w, "paths:\n  deny: ['secret/**']\n");
    w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    w.remote.reset();
    w.save("b.txt", "b\n", "Add b");
    assert_eq!(
        w.remote.connections(),
        1,
        "{:?}",
        w.remote.http().requests()
    );
    w.write("x.txt", "x\n");
    w.refuses(&["commit", "secret/x=x.txt", "-m", "x"], 5);
}

#[test]
fn a_rollback_cannot_bring_in_what_a_commit_cannot() {
    // Undoing the removal of a workflow would write one.
    let w = World::path();
    let branch = w.sandbox();
    w.remote.write(
        &branch,
        &[(".github/workflows/x.yml", Some(b"on: push\n"))],
        "By an operator",
    );
    let removal = w.remote.write(
        &branch,
        &[(".github/workflows/x.yml", None)],
        "Removed by an operator",
    );
    w.refuses(&["rollback", &removal], 5);
    assert!(
        !entries(&w.remote.file(&branch, CHANGELOG))
            .iter()
            .any(|e| e["path"] == ".github/workflows/x.yml")
    );
}
