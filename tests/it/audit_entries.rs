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

#[test]
fn what_a_holder_pushes_with_the_hooks_leave_is_no_finding() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let token = g.token(&branch);
    let holder = w.other();
    holder.at(&branch);
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
    let token = g.token(&branch);
    let holder = w.other();
    holder.at(&branch);
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
    let token = g.token(&branch);
    let holder = w.other();
    holder.at(&branch);
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
