//! `audit verify`: what holders write with the hook's leave is in order, and changelog
//! entries that are false, altered or missing show.

use serde_json::Value;

use crate::support::{Guarded, Kind, Machine, World, text};

const CHANGELOG: &str = "project/outputs/changelog.yaml";

/// The report, and the kinds of all findings of a branch, the newest commit first.
fn verified(machine: &Machine, branch: &str) -> (Value, Vec<String>) {
    let out = machine.aidf(&["audit", "verify", "--json"]);
    assert!([0, 7].contains(&out.code), "{out}");
    let report: Value = serde_json::from_str(out.stdout.lines().next().unwrap()).unwrap();
    let branches = report["branches"].as_array().unwrap();
    let one = branches.iter().find(|b| b["branch"] == branch).unwrap();
    let found = one["findings"].as_array().unwrap().iter();
    let kinds = found.map(|f| text(f, "kind")).collect();
    (one.clone(), kinds)
}

fn entry(path: &str, by: &str) -> String {
    format!(
        "- {{timestamp: '2026-11-27T07:30:00.000000', path: {path}, task_id: null, committed_by: {by}, message: x}}\n"
    )
}

/// The changelog of a branch, as it is now.
fn changelog(w: &World, branch: &str) -> String {
    w.remote.text(branch, CHANGELOG)
}

/// Somebody who has the sandbox checked out, and its token.
fn holder_of(g: &Guarded, branch: &str) -> (Machine, String) {
    let holder = g.w.other();
    holder.at(branch);
    (holder, g.token(branch))
}

#[test]
fn what_a_holder_pushes_with_the_hooks_leave_is_no_finding() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let (holder, token) = holder_of(&g, &branch);
    let ours = changelog(w, &branch) + &entry("h.txt", &branch);
    for n in ["one", "two"] {
        holder.plain(&[("h.txt", n), (CHANGELOG, &ours)], "By a holder");
    }
    g.passes(&holder, &[&token], &[&format!("HEAD:refs/heads/{branch}")]);
    let (report, kinds) = verified(w, &branch);
    assert_eq!(kinds, [] as [&str; 0], "{report:#}");
    assert_eq!(
        (&report["admitted"], &report["signed"]),
        (&2.into(), &1.into())
    );
    w.aidf(&["audit", "verify"]).ok();
    // What reached the server on another way is one, also below what came by the hook.
    holder.plain(&[("e.txt", "e\n")], "Round the hook");
    let path = holder.clone.to_str().unwrap();
    let to = format!("HEAD:refs/heads/{branch}");
    w.remote.git(&["fetch", "--quiet", path, &to]);
    holder.plain(&[("h.txt", "three")], "By a holder again");
    g.passes(&holder, &[&token], &[&to]);
    let (report, kinds) = verified(w, &branch);
    assert_eq!(kinds, ["not_through_aidf"], "{report:#}");
    assert_eq!(report["admitted"], 3);
}

#[test]
fn where_the_servers_journal_is_out_of_reach_the_configuration_tells_of_holders() {
    let g = Guarded::new(Kind::Http, "");
    let w = &g.w;
    let branch = w.sandbox();
    let (holder, token) = holder_of(&g, &branch);
    holder.plain(&[("h.txt", "h\n")], "By a holder");
    g.passes(&holder, &[&token], &[&format!("HEAD:refs/heads/{branch}")]);
    assert_eq!(verified(w, &branch).1, ["not_through_aidf"]);
    w.env.operator_config("audit: {holders: true}\n");
    let (report, kinds) = verified(w, &branch);
    assert_eq!(kinds, [] as [&str; 0]);
    assert_eq!(report["admitted"], 1);
}

#[test]
fn an_entry_that_tells_of_what_the_commit_does_not_do_is_false() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let (holder, token) = holder_of(&g, &branch);
    let to = format!("HEAD:refs/heads/{branch}");
    let other = changelog(w, &branch) + &entry("never.txt", &branch);
    holder.plain(&[("h.txt", "h\n"), (CHANGELOG, &other)], "Another file");
    let lie = other + &entry("h.txt", "somebody-else");
    let message = format!("Another writer\n\nAidf-Committed-By: {branch}");
    holder.plain(&[("h.txt", "h2\n"), (CHANGELOG, &lie)], &message);
    g.passes(&holder, &[&token], &[&to]);
    let (report, kinds) = verified(w, &branch);
    assert_eq!(kinds, ["false_entry", "false_entry"], "{report:#}");
    let all = report.to_string();
    assert!(
        all.contains("never.txt") && all.contains("somebody-else"),
        "{all}"
    );
}

#[test]
fn an_altered_and_a_missing_entry_are_found() {
    let w = World::path();
    let policy: &[u8] = b"ledgers: {required: true}\n";
    w.remote
        .write("sandbox", &[(".aidf.yaml", Some(policy))], "Policy");
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    w.save("b.txt", "b\n", "Add b");
    w.json(&["rollback", "--last", "1"]);
    assert_eq!(verified(&w, &branch).1, [] as [&str; 0]);
    let edited = changelog(&w, &branch).replace("Add a", "Add nothing");
    w.remote.write(
        &branch,
        &[(CHANGELOG, Some(edited.as_bytes()))],
        "Rewrite what was",
    );
    w.remote
        .write(&branch, &[("c.txt", Some(b"c\n"))], "Say nothing of it");
    w.remote
        .write(&branch, &[(CHANGELOG, Some(b"- {broken: [\n"))], "Break it");
    let (report, kinds) = verified(&w, &branch);
    let entries: Vec<&String> = kinds.iter().filter(|k| k.contains("entry")).collect();
    assert_eq!(
        entries,
        ["altered_entry", "missing_entry", "altered_entry"],
        "{report:#}"
    );
}

#[test]
fn neither_a_forged_line_of_the_servers_journal_nor_an_operators_token_admits_a_commit() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let branch = w.sandbox();
    let old = w.remote.tip(&branch);
    let new = w
        .remote
        .write(&branch, &[("e.txt", Some(b"e\n"))], "Planted");
    assert_eq!(verified(w, &branch).1, ["not_through_aidf"]);
    let line = format!(
        "{{\"time\":\"2026-11-27T07:30:00Z\",\"ref\":\"refs/heads/{branch}\",\"old\":\"{old}\",\"new\":\"{new}\",\"allowed\":true,\"operator\":false,\"token_ids\":[\"x\"]}}\n"
    );
    let journal = w.remote.bare.join("aidf/journal.jsonl");
    let mut text = std::fs::read_to_string(&journal).unwrap();
    text.push_str(&line);
    std::fs::write(&journal, text).unwrap();
    let out = w.aidf(&["audit", "verify"]).exits(7);
    assert!(out.all().contains("was altered"), "{out}");
    // What an operator pushes is looked at by no hook.
    let other = text_of(w);
    let holder = w.other();
    holder.at(&other);
    holder.plain(&[("f.txt", "f\n")], "Look\n\nAidf-Committed-By: alice");
    g.passes(
        &holder,
        &[&g.operator],
        &[&format!("HEAD:refs/heads/{other}")],
    );
    assert_eq!(verified(w, &other).1, ["forged_trailers"]);
}

/// Another sandbox.
fn text_of(w: &World) -> String {
    text(&w.json(&["sandbox", "init", "--force-new"]), "branch")
}

#[test]
fn a_policy_that_is_made_stricter_later_judges_no_commit_that_was_made_before() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--no-changelog"]);
    w.save("b.txt", "b\n", "Add b");
    let policy: &[u8] = b"ledgers: {required: true, changelog: logs/changes.yaml}\n";
    w.remote
        .write("sandbox", &[(".aidf.yaml", Some(policy))], "Policy");
    assert_eq!(verified(&w, &branch).1, [] as [&str; 0]);
    // From when the sandbox takes it in, it holds.
    w.json(&["sandbox", "sync"]);
    w.save("c.txt", "c\n", "Add c");
    w.remote
        .write(&branch, &[("d.txt", Some(b"d\n"))], "Say nothing");
    let kinds = verified(&w, &branch).1;
    assert_eq!(kinds, ["not_through_aidf", "missing_entry"]);
}

#[test]
fn a_rotation_is_no_finding_where_its_key_is_not_at_hand() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let edited = changelog(&w, &branch).replace("timestamp: '20", "timestamp: '19");
    w.remote
        .write(&branch, &[(CHANGELOG, Some(edited.as_bytes()))], "Older");
    let token = text(&w.json(&["token", "issue", "--branch", &branch]), "token");
    w.json(&[
        "backup",
        "export",
        "--rotate",
        "--older-than",
        "30d",
        "--branch",
        &branch,
        "--reuse-token",
        &token,
    ]);
    let other = w.other();
    let kinds = verified(&other, &branch).1;
    assert_eq!(
        kinds.iter().filter(|k| k.contains("entry")).count(),
        1,
        "{kinds:?}"
    );
}
