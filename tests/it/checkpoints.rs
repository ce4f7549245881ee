//! `aidf audit checkpoint`: a journal that is cut at its end shows.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Guarded, Kind, World, text};

fn journal(w: &World) -> PathBuf {
    w.env.state().join("aidf/journal.jsonl")
}

fn lines(w: &World) -> Vec<String> {
    let text = std::fs::read_to_string(journal(w)).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn keep(w: &World, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(journal(w), text).unwrap();
}

/// The faults of the journal, by their kinds.
fn faults(w: &World, code: i32) -> Vec<String> {
    let report = verified(w, code);
    let faults = report["journal"]["faults"].as_array().unwrap().iter();
    faults.map(|f| text(f, "fault")).collect()
}

fn verified(w: &World, code: i32) -> Value {
    let out = w.aidf(&["audit", "verify", "--json"]).exits(code);
    serde_json::from_str(&out.stdout).unwrap()
}

#[test]
fn a_journal_that_was_cut_at_its_end_shows_and_one_that_grew_does_not() {
    let w = World::path();
    w.sandbox();
    w.save("a.txt", "a\n", "One");
    let made = w.json(&["audit", "checkpoint"]);
    assert_eq!(made["line"], lines(&w).len());
    assert_eq!(w.json(&["audit", "checkpoint"])["unchanged"], true);
    w.save("b.txt", "b\n", "Two");
    let report = verified(&w, 0);
    assert_eq!(report["journal"]["checkpoints"]["compared"], 1);
    let all = lines(&w);
    keep(&w, &all[..all.len() - 1]);
    assert!(faults(&w, 0).is_empty(), "the lines since are not known");
    keep(&w, &all[..all.len() - 2]);
    assert_eq!(faults(&w, 7), ["cut"]);
    let said = w.aidf(&["audit", "verify"]).exits(7);
    assert!(
        said.stdout.contains("a checkpoint knows line number"),
        "{said}"
    );
    // Other lines in the place of those that are gone are a chain, and not that one.
    w.save("c.txt", "c\n", "Three");
    assert_eq!(faults(&w, 7), ["rewritten"]);
    keep(&w, &all);
    assert!(faults(&w, 0).is_empty());
}

#[test]
fn what_somebody_else_pushes_there_neither_accuses_nor_hides() {
    let w = World::path();
    w.sandbox();
    let made = w.json(&["audit", "checkpoint"]);
    let name = text(&made, "ref");
    let eve = w.other();
    eve.git(&["fetch", "--quiet", "origin", &name]);
    eve.git(&["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    let lie = format!(
        "Checkpoint of a journal\n\nAidf-Journal-Line: 999\nAidf-Journal-Hash: 00\nAidf-Branch: {name}\n"
    );
    eve.git(&["commit", "--quiet", "--allow-empty", "-m", &lie]);
    eve.git(&["push", "--quiet", "origin", &format!("HEAD:{name}")]);
    let report = verified(&w, 0);
    assert_eq!(report["journal"]["checkpoints"]["line"], made["line"]);
    let all = lines(&w);
    keep(&w, &all[..all.len() - 1]);
    assert_eq!(faults(&w, 7), ["cut"]);
    keep(&w, &all);
    // The next one goes on top of it.
    w.save("a.txt", "a\n", "One");
    w.json(&["audit", "checkpoint"]);
    assert_eq!(verified(&w, 0)["journal"]["checkpoints"]["compared"], 2);
}

#[test]
fn no_number_of_other_commits_buries_a_checkpoint() {
    let w = World::path();
    w.sandbox();
    let name = text(&w.json(&["audit", "checkpoint"]), "ref");
    let mut stream = format!("reset {name}\nfrom {name}^0\n\n");
    for _ in 0..10_001 {
        stream.push_str(&format!(
            "commit {name}\ncommitter x <x@x> 1795940000 +0000\ndata 1\nx\n\n"
        ));
    }
    w.remote.import(&stream);
    let all = lines(&w);
    keep(&w, &all[..all.len() - 1]);
    assert_eq!(faults(&w, 7), ["cut"]);
    keep(&w, &all);
    verified(&w, 0);
}

#[test]
fn each_machine_has_checkpoints_of_its_own() {
    let w = World::path();
    w.sandbox();
    let here = text(&w.json(&["audit", "checkpoint"]), "ref");
    let other = w.other();
    other.share_key(&w);
    other.json(&["sandbox", "init", "--force-new"]);
    let there = text(&other.json(&["audit", "checkpoint"]), "ref");
    assert_ne!(here, there);
    let report = verified(&w, 0);
    assert_eq!(report["journal"]["checkpoints"]["others"], 1);
}

#[test]
fn a_dry_run_pushes_nothing_and_a_broken_journal_gets_no_checkpoint() {
    let w = World::path();
    w.sandbox();
    w.save("a.txt", "a\n", "One");
    let refs = w.remote.refs();
    let dry = w.json(&["audit", "checkpoint", "--dry-run"]);
    assert!(dry["commit"].is_null());
    let mut all = lines(&w);
    all[0] = all[0].replace("sandbox", "sandbag");
    keep(&w, &all);
    w.refuses(&["audit", "checkpoint"], 7);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn the_hook_lets_checkpoints_grow_and_nobody_take_them_back() {
    let g = Guarded::new(Kind::Path, "");
    g.w.sandbox();
    let name = text(&g.w.json(&["audit", "checkpoint"]), "ref");
    g.w.save("a.txt", "a\n", "One");
    g.w.json(&["audit", "checkpoint"]);
    let eve = g.w.other();
    eve.at("main");
    let (back, gone) = (format!("HEAD:{name}"), format!(":{name}"));
    g.refused(&eve, &[], &[&back], "may only grow");
    g.refused(&eve, &[], &[&gone], "may only grow");
    g.refused(
        &eve,
        &[],
        &["HEAD:refs/heads/x", "HEAD:refs/aidf/audit/x/y"],
        "is no name of a journal",
    );
    assert!(verified(&g.w, 0)["findings"] == 0);
}
