//! The audit: every record of what was done, and what shows when a record was forged, altered
//! or taken away.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Guarded, Kind, Machine, Remote, World, text};

fn journal(machine: &Machine) -> PathBuf {
    machine.env.state().join("aidf/journal.jsonl")
}

/// The kinds of the findings of a branch, and the commits that they are about.
fn findings(report: &Value, branch: &str) -> Vec<(String, String)> {
    let branches = report["branches"].as_array().unwrap();
    let one = branches.iter().find(|b| b["branch"] == branch);
    let one = one.unwrap_or_else(|| panic!("no {branch} in {report:#}"));
    let found = one["findings"].as_array().unwrap().iter();
    found
        .map(|f| (text(f, "kind"), text(f, "commit")))
        .collect()
}

/// A verification that has to find something.
#[track_caller]
fn found(machine: &Machine) -> Value {
    let out = machine.aidf(&["audit", "verify", "--json"]);
    assert_eq!(out.code, 7, "{out}");
    serde_json::from_str(out.stdout.lines().next().unwrap()).unwrap()
}

/// A world with a sandbox of three commits, a merge and a rollback, all by aidf.
fn worked() -> (World, String) {
    let w = World::path();
    let branch = w.sandbox();
    for n in ["a", "b", "c"] {
        w.save(&format!("{n}.txt"), n, &format!("Add {n}"));
    }
    w.json(&["rollback", "--last", "1"]);
    let ann = w.other();
    ann.git(&["checkout", "--quiet", "sandbox"]);
    ann.write("base.txt", "b\n");
    ann.git(&["add", "base.txt"]);
    ann.git(&["commit", "--quiet", "-m", "Reviewed work"]);
    ann.git(&["push", "--quiet", "origin", "HEAD:sandbox"]);
    w.json(&["sandbox", "sync"]);
    (w, branch)
}

#[test]
fn what_aidf_did_is_found_to_be_in_order() {
    let (w, branch) = worked();
    w.json(&["backup", "create"]);
    let report = w.json(&["audit", "verify"]);
    assert_eq!(report["findings"], 0, "{report:#}");
    let one = report["branches"].as_array().unwrap().iter();
    let one = one
        .clone()
        .find(|b| b["branch"] == branch.as_str())
        .unwrap();
    assert_eq!((&one["commits"], &one["signed"]), (&5.into(), &5.into()));
    let lines = report["journal"]["lines"].as_u64().unwrap();
    assert!(lines >= 6, "{report:#}");
    // The first line is older than the first key.
    let sealed = report["journal"]["authenticated"].as_u64().unwrap();
    assert!(sealed >= lines - 1, "{report:#}");
}

#[test]
fn a_commit_that_was_pushed_round_aidf_is_found() {
    let (w, branch) = worked();
    let eve = w.other();
    eve.git(&["checkout", "--quiet", &branch]);
    eve.write("e.txt", "e\n");
    eve.git(&["add", "e.txt"]);
    eve.git(&["commit", "--quiet", "-m", "Sneak in"]);
    let plain = eve.git(&["rev-parse", "HEAD"]);
    eve.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "Look official\n\nAidf-Committed-By: x",
    ]);
    let forged = eve.git(&["rev-parse", "HEAD"]);
    eve.git(&["push", "--quiet", "origin", &branch]);
    let report = found(&w);
    assert_eq!(
        findings(&report, &branch),
        [
            ("forged_trailers".to_owned(), forged),
            ("not_through_aidf".to_owned(), plain)
        ]
    );
}

#[test]
fn a_made_up_signature_is_found() {
    let (w, branch) = worked();
    let eve = w.other();
    eve.git(&["checkout", "--quiet", &branch]);
    let id = w.remote.identity().unwrap();
    let seal = "A".repeat(43);
    let message = format!(
        "Tidy\n\nAidf-Committed-By: {branch}\nAidf-Token: 0123456789abcdef\nAidf-Repository: {id}\nAidf-Branch: {branch}\nAidf-Signature: deadbeef v3 {seal}"
    );
    eve.git(&["commit", "--quiet", "--allow-empty", "-m", &message]);
    let forged = eve.git(&["rev-parse", "HEAD"]);
    eve.git(&["push", "--quiet", "origin", &branch]);
    let report = found(&w);
    assert_eq!(
        findings(&report, &branch),
        [("unknown_key".to_owned(), forged)]
    );
    let said = text(&report, "message");
    assert!(said.contains("1 signature could not be checked"), "{said}");
    // Who has no key can tell nothing of anybody's, and hears that.
    let report = eve.json(&["audit", "verify"]);
    let said = text(&report, "message");
    assert!(said.contains("could not be checked"), "{said}");
}

#[test]
fn an_altered_commit_a_moved_one_and_a_rewritten_sandbox_are_found() {
    let (w, branch) = worked();
    w.json(&["backup", "create", "--branch", &branch]);
    let signed = w.remote.tip(&branch);
    let eve = w.other();
    eve.git(&["checkout", "--quiet", &branch]);
    // The message with its signature, on another parent.
    eve.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    let message = w.remote.message(&signed);
    eve.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        message.trim_end(),
    ]);
    let altered = eve.git(&["rev-parse", "HEAD"]);
    eve.git(&["push", "--quiet", "--force", "origin", &branch]);
    // A commit of one sandbox on another.
    let other = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    w.remote
        .git(&["update-ref", &format!("refs/heads/{other}"), &signed]);
    let report = found(&w);
    let kinds = findings(&report, &branch);
    assert_eq!(kinds[0], ("altered".to_owned(), altered), "{report:#}");
    assert!(
        kinds.iter().any(|(kind, _)| kind == "rewound"),
        "{report:#}"
    );
    let moved = findings(&report, &other);
    assert!(moved.iter().all(|(kind, _)| kind == "moved"), "{report:#}");
    assert!(!moved.is_empty(), "{report:#}");
}

#[test]
fn a_journal_that_was_cut_reordered_or_edited_is_found() {
    let (w, _) = worked();
    let path = journal(&w);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let check = |lines: &[&str], kind: &str| {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let report = found(&w);
        let faults = report["journal"]["faults"].as_array().unwrap();
        assert!(
            faults.iter().any(|f| f["fault"] == kind),
            "{kind}: {report:#}"
        );
    };
    let mut removed = lines.clone();
    removed.remove(2);
    check(&removed, "broken");
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    check(&swapped, "broken");
    let mut lie = lines.clone();
    let at = lines.iter().position(|l| l.contains("rollback")).unwrap();
    let said = lines[at].replace("rollback", "commit");
    lie[at] = &said;
    check(&lie, "forged");
    let mut torn = lines.clone();
    torn[2] = &torn[2][..20];
    check(&torn, "torn");
    fs::write(&path, &whole).unwrap();
    assert_eq!(w.json(&["audit", "verify"])["findings"], 0);
}

#[test]
fn sixteen_processes_write_whole_lines_and_one_chain() {
    const EACH: usize = 4;
    let w = World::path();
    w.init();
    let machines: Vec<Machine> = (0..16).map(|_| w.other()).collect();
    for machine in &machines {
        machine.share_key(&w);
    }
    let state = w.env.state();
    std::thread::scope(|scope| {
        for machine in &machines {
            let state = &state;
            scope.spawn(move || {
                for n in 0..EACH {
                    let call = machine.call(&["sandbox", "init", "--force-new", "--json"]);
                    let out = call.env("XDG_STATE_HOME", state).run();
                    assert_eq!(out.code, 0, "{n}: {out}");
                }
            });
        }
    });
    let lines = fs::read_to_string(journal(&w)).unwrap();
    let numbers: Vec<u64> = lines
        .lines()
        .map(|l| {
            serde_json::from_str::<Value>(l).unwrap()["seq"]
                .as_u64()
                .unwrap()
        })
        .collect();
    let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
    assert_eq!(numbers, expected);
    assert!(numbers.len() >= 16 * EACH);
    assert_eq!(
        w.json(&["audit", "verify"])["journal"]["faults"],
        serde_json::json!([])
    );
}

#[test]
fn the_log_merges_the_journal_the_commits_and_the_servers_decisions() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let opened = w.init();
    let branch = text(&opened, "branch");
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--task-id", "t-7"]);
    w.write("b.txt", "b\n");
    let denied = w.aidf(&["commit", "b.txt", "-m", "Add b", "--branch", "main"]);
    assert_ne!(denied.code, 0);
    let eve = w.other();
    eve.at("sandbox");
    g.refused(
        &eve,
        &[],
        &["HEAD:refs/heads/main-2", &format!(":refs/heads/{branch}")],
        &branch,
    );

    let report = w.json(&["audit", "log"]);
    let entries = report["entries"].as_array().unwrap();
    let of = |source: &str| entries.iter().filter(|e| e["source"] == source).count();
    assert!(
        of("journal") > 0 && of("repository") > 0 && of("server") > 0,
        "{report:#}"
    );
    let times: Vec<&str> = entries
        .iter()
        .map(|e| e["time"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    let task = w.json(&["audit", "log", "--task-id", "t-7"]);
    let [commit] = task["entries"].as_array().unwrap().as_slice() else {
        panic!("one commit: {task:#}");
    };
    assert_eq!(commit["branch"], branch.as_str());
    let token = text(commit, "token_id");
    let by = w.json(&["audit", "log", "--by", &token]);
    assert!(by["entries"].as_array().unwrap().len() >= 2, "{by:#}");
    let refused = w.json(&["audit", "log", "--branch", "main"]);
    let outcomes: Vec<_> = refused["entries"].as_array().unwrap().iter().collect();
    assert!(
        outcomes.iter().any(|e| e["outcome"] == "denied"),
        "{refused:#}"
    );
    assert_eq!(
        w.json(&["audit", "log", "-n", "1"])["entries"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // No token, and nothing of what was written.
    let all = w.aidf(&["audit", "log"]).all();
    assert!(!all.contains("aidf2."), "{all}");
}

#[test]
fn where_the_audit_is_required_nothing_is_written_without_it() {
    let w = World::path();
    let branch = w.sandbox();
    let config = w.env.path("required.yaml");
    fs::write(&config, "audit: {required: true}\n").unwrap();
    let config = config.to_str().unwrap();
    w.write("a.txt", "a\n");
    let args = ["commit", "a.txt", "-m", "Add a", "--config", config];
    let lock = journal(&w);
    let kept = lock.with_extension("kept");
    fs::rename(&lock, &kept).unwrap();
    fs::create_dir(&lock).unwrap();
    let out = w.refuses(&args, 9);
    assert!(out.all().contains("audit: required"), "{out}");
    // Without the setting it is a warning.
    let tip = w.remote.tip(&branch);
    let done = w.json(&["commit", "a.txt", "-m", "Add a"]);
    assert!(done["warnings"].to_string().contains("journal"), "{done:#}");
    assert_ne!(w.remote.tip(&branch), tip);
    fs::remove_dir(&lock).unwrap();
    fs::rename(&kept, &lock).unwrap();
    w.write("a.txt", "b\n");
    w.json(&args);
}

#[test]
fn lines_of_a_namesake_without_an_identity_are_not_counted() {
    let w = World::path();
    let namesake = Remote::new(Kind::Path, "widgets", true);
    let url = namesake.bare.display().to_string();
    let fail = ["sandbox", "init", "--base", "missing"];
    w.aidf(&[&["-R", &url], &fail[..]].concat()).exits(3);
    // As this one, before its identity was made.
    w.aidf(&fail).exits(3);
    w.init();
    let failures = |args: &[&str]| {
        let report = w.json(&[args, &["audit", "log"]].concat());
        let entries = report["entries"].as_array().unwrap().iter();
        let failed = entries.filter(|e| e["outcome"] == "not_found");
        failed.map(|e| text(e, "detail")).collect::<Vec<_>>()
    };
    let (ours, theirs) = (failures(&[]), failures(&["-R", &url]));
    assert_eq!((ours.len(), theirs.len()), (1, 1), "{ours:?} {theirs:?}");
    assert!(theirs[0].contains(&url), "{theirs:?}");
}
