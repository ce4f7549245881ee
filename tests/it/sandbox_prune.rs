//! `sandbox prune`, `restore` and `list --archived`: idle sandboxes go as they were looked
//! at, and come back under their names.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::support::team::resumed;
use crate::support::{Guarded, Kind, World, make_executable, text};

/// Sandboxes of these names, each with one commit that is years old.
fn idle(w: &World, names: &[&str]) {
    let main = w.remote.tip("main");
    let mut import = String::new();
    for name in names {
        let content = format!("by {name}\n");
        let _ = write!(
            import,
            "commit refs/heads/{name}\ncommitter x <x@x.invalid> 1600000000 +0000\ndata 4\nOld\n\n\
             from {main}\nM 100644 inline old.txt\ndata {}\n{content}\n",
            content.len()
        );
    }
    let import = import.as_bytes();
    w.env
        .git_bytes(&w.remote.bare, &["fast-import", "--quiet"], import);
}

fn branches(report: &Value, list: &str) -> Vec<String> {
    let all = report[list].as_array().unwrap().iter();
    all.map(|one| text(one, "branch")).collect()
}

fn opened(w: &World) -> String {
    w.remote
        .git(&["for-each-ref", "--format=%(refname)", "refs/aidf/opened/"])
}

/// Sets the time at which a sandbox was opened, as its ref tells it.
fn opened_at(w: &World, branch: &str, stamp: &str) {
    let tip = w.remote.tip(branch);
    for name in opened(w).lines().filter(|n| n.contains(branch)) {
        w.remote.git(&["update-ref", "-d", name]);
    }
    let name = format!("refs/aidf/opened/{branch}/{stamp}");
    w.remote.git(&["update-ref", &name, &tip]);
}

const PRUNE: [&str; 4] = ["sandbox", "prune", "--idle", "30"];

#[test]
fn every_machine_sees_when_a_sandbox_was_opened() {
    let w = World::path();
    let branch = w.sandbox();
    let b = w.other();
    let one = &b.json(&["sandbox", "list"])["sandboxes"][0];
    let at = text(one, "opened_at");
    let stamp = at.replace(':', "");
    assert_eq!(
        opened(&w).trim(),
        format!("refs/aidf/opened/{branch}/{stamp}")
    );
    assert_eq!((&one["idle_days"], &one["commits"]), (&0.into(), &0.into()));
    opened_at(&w, &branch, "2025-01-02T030405Z");
    let one = &b.json(&["sandbox", "list"])["sandboxes"][0];
    assert_eq!(one["opened_at"], "2025-01-02T03:04:05Z");
    assert!(one["idle_days"].as_u64().unwrap() > 30, "{one:#}");
    let shown = b.aidf(&["sandbox", "list"]).ok().stdout;
    assert!(shown.contains("never, opened"), "{shown}");
    // A write counts from then on.
    w.save("a.txt", "a\n", "Add a");
    let one = &b.json(&["sandbox", "list"])["sandboxes"][0];
    assert_eq!(one["idle_days"], 0, "{one:#}");
}

#[test]
fn a_sandbox_that_never_wrote_is_idle_since_it_was_opened() {
    let w = World::path();
    let old = w.sandbox();
    let new = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    // One that plain git made: nobody knows its age.
    w.remote.git(&["branch", "sandbox-by-hand", "main"]);
    opened_at(&w, &old, "2025-01-02T030405Z");
    let done = w.json(&PRUNE);
    assert_eq!(branches(&done, "pruned"), [old.as_str()]);
    let back = format!("`aidf sandbox restore {old}` brings it back");
    let message = text(&done, "message");
    assert!(message.ends_with(&back), "{message}");
    assert_eq!(w.remote.try_tip(&old), None);
    assert!(w.remote.try_tip(&new).is_some());
    assert!(w.remote.try_tip("sandbox-by-hand").is_some());
    // With it went the record of its opening.
    assert!(!opened(&w).contains(&old), "{}", opened(&w));
    w.json(&["sandbox", "close", &new]);
    assert_eq!(opened(&w), "");
}

#[test]
fn many_idle_sandboxes_are_archived_with_one_push() {
    let w = World::new(Kind::Http);
    let names: Vec<String> = (0..300).map(|n| format!("sandbox-old-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    idle(&w, &names);
    let fresh = w.history(1);
    let tips: Vec<String> = names.iter().map(|n| w.remote.tip(n)).collect();
    let before = w.remote.refs();
    let dry = w.json(&[&PRUNE[..], &["--dry-run"]].concat());
    assert_eq!(branches(&dry, "pruned").len(), 300);
    assert_eq!(w.remote.refs(), before, "a dry run changes nothing");
    w.remote.reset();
    let done = w.json(&PRUNE);
    let pushes = w.remote.http().requests().into_iter();
    let pushes = pushes.filter(|r| r.method == "POST" && r.target.contains("receive-pack"));
    assert_eq!(pushes.count(), 1);
    let want: BTreeSet<String> = names.iter().map(|n| n.to_string()).collect();
    let pruned = branches(&done, "pruned");
    assert_eq!(pruned.into_iter().collect::<BTreeSet<_>>(), want);
    for (name, tip) in names.iter().zip(&tips) {
        assert_eq!(w.remote.try_tip(name), None);
        let archive = format!("refs/aidf/archive/{name}/*");
        let kept = ["for-each-ref", "--format=%(objectname)", &archive];
        assert_eq!(w.remote.git(&kept).trim(), tip, "{name}");
    }
    assert!(w.remote.try_tip(&fresh).is_some());
    w.remote.is_sound();
    let again = w.json(&PRUNE);
    assert_eq!(branches(&again, "pruned"), [""; 0]);
}

#[test]
fn a_sandbox_that_is_written_during_the_push_stays_and_the_others_go() {
    let w = World::path();
    idle(&w, &["sandbox-one", "sandbox-three", "sandbox-two"]);
    w.sandbox();
    // Its holder writes between our look and our push.
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\n\
         [ -e was-here ] && exit 0\n\
         touch was-here\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         tip=$(git rev-parse refs/heads/sandbox-two)\n\
         new=$(git commit-tree -p $tip -m 'Back at work' $tip^{tree}) || exit 1\n\
         git update-ref refs/heads/sandbox-two $new\n",
    );
    let done = w.json(&PRUNE);
    assert_eq!(branches(&done, "pruned"), ["sandbox-one", "sandbox-three"]);
    assert_eq!(branches(&done, "left"), ["sandbox-two"]);
    let reason = text(&done["left"][0], "reason");
    assert!(reason.contains("meanwhile"), "{reason}");
    assert_eq!(w.remote.message("sandbox-two").trim(), "Back at work");
    let archive = ["for-each-ref", "refs/aidf/archive/sandbox-two/"];
    assert_eq!(w.remote.git(&archive), "");
    w.remote.is_sound();
}

#[test]
fn what_a_server_refuses_stays_and_does_not_keep_the_others() {
    let w = World::path();
    let names: Vec<String> = (0..9).map(|n| format!("sandbox-old-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    idle(&w, &names);
    w.sandbox();
    let update = w.remote.bare.join("hooks/update");
    let script =
        "#!/bin/sh\ncase \"$1\" in refs/heads/sandbox-old-4) echo kept by law; exit 1;; esac\n";
    std::fs::write(&update, script).unwrap();
    make_executable(&update);
    let out = w.aidf(&[&PRUNE[..], &["--json"]].concat()).exits(5);
    let done = out.json();
    assert_eq!(branches(&done, "pruned").len(), 8, "{out}");
    assert_eq!(branches(&done, "left"), ["sandbox-old-4"]);
    let message = text(&done, "message");
    assert!(message.starts_with("archived 8 sandboxes;"), "{message}");
    assert!(message.ends_with("; 1 stays"), "{message}");
    let error = out.error();
    let said = text(&error, "message");
    assert!(said.starts_with("1 idle sandbox stays: "), "{said}");
    assert!(said.contains("kept by law"), "{said}");
    let hint = text(&error, "hint");
    assert!(hint.starts_with("the others are archived"), "{hint}");
    assert!(w.remote.try_tip("sandbox-old-4").is_some());
    let archive = ["for-each-ref", "refs/aidf/archive/sandbox-old-4/"];
    assert_eq!(
        w.remote.git(&archive),
        "",
        "no archive without its branch's end"
    );
}

#[test]
fn a_server_that_refuses_everything_is_not_asked_for_ever() {
    let w = World::new(Kind::Http);
    let names: Vec<String> = (0..200).map(|n| format!("sandbox-old-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    idle(&w, &names);
    w.sandbox();
    w.remote.git(&["config", "receive.denyDeletes", "true"]);
    w.remote.reset();
    let out = w.aidf(&[&PRUNE[..], &["--json"]].concat()).exits(5);
    let done = out.json();
    assert_eq!(branches(&done, "pruned"), [""; 0]);
    assert_eq!(branches(&done, "left").len(), 200);
    let message = "200 sandboxes were idle for 30 days and stay";
    assert_eq!(text(&done, "message"), message);
    let pushes = w.remote.http().requests().into_iter();
    let pushes = pushes.filter(|r| r.method == "POST" && r.target.contains("receive-pack"));
    let count = pushes.count();
    assert!(count < 100, "{count} pushes");
    assert_eq!(w.remote.git(&["for-each-ref", "refs/aidf/archive/"]), "");
}

#[test]
fn a_server_that_moves_one_ref_at_a_time_archives_first() {
    let w = World::path();
    idle(&w, &["sandbox-one", "sandbox-two"]);
    w.sandbox();
    w.remote
        .git(&["config", "receive.advertiseAtomic", "false"]);
    let tips = ["sandbox-one", "sandbox-two"].map(|n| w.remote.tip(n));
    let done = w.json(&PRUNE);
    assert_eq!(branches(&done, "pruned"), ["sandbox-one", "sandbox-two"]);
    for (one, tip) in done["pruned"].as_array().unwrap().iter().zip(tips) {
        assert_eq!(w.remote.try_tip(&text(one, "branch")), None);
        let archive = text(one, "archive");
        assert_eq!(w.remote.git(&["rev-parse", &archive]).trim(), tip);
    }
}

#[test]
fn another_machine_sees_the_archive_and_brings_the_sandbox_back_with_its_token() {
    let w = World::path();
    let opening = w.init();
    let (branch, token) = (text(&opening, "branch"), text(&opening, "reuse_token"));
    let head = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    w.json(&["sandbox", "close"]);
    let b = w.other();
    b.share_key(&w);
    assert_eq!(
        b.json(&["sandbox", "list"])["sandboxes"],
        Value::Array(vec![])
    );
    let list = b.json(&["sandbox", "list", "--archived"]);
    let one = &list["archived"][0];
    assert_eq!(one["branch"], branch.as_str(), "{list:#}");
    assert_eq!(one["head"], head.as_str());
    assert_eq!((&one["archives"], &one["open"]), (&1.into(), &false.into()));
    assert!(text(one, "archived_at").ends_with('Z'));
    let shown = b.aidf(&["sandbox", "list", "--archived"]).ok().stdout;
    assert!(shown.contains(&branch), "{shown}");
    w.refuses(&["sandbox", "list", "--archived", "--idle", "3"], 2);

    let args = ["sandbox", "restore", &branch, "--reuse-token", &token];
    let dry = b.json(&[&args[..], &["--dry-run"]].concat());
    assert!(
        text(&dry, "message").starts_with("would restore"),
        "{dry:#}"
    );
    assert_eq!(w.remote.try_tip(&branch), None);
    let back = b.json(&args);
    assert_eq!(back["head"], head.as_str());
    assert!(
        text(&back, "message").contains("its token works again"),
        "{back:#}"
    );
    assert_eq!(w.remote.tip(&branch), head);
    // The token works again, on both machines.
    b.write("b.txt", "b\n");
    b.json(&["commit", "b.txt", "-m", "Add b", "--reuse-token", &token]);
    let c = resumed(&w, &token);
    c.save("c.txt", "c\n", "Add c");
    assert_eq!(w.remote.count(&format!("{head}..{branch}")), 2);
    let list = b.json(&["sandbox", "list", "--archived"]);
    assert_eq!(list["archived"][0]["open"], true, "{list:#}");
}

#[test]
fn what_was_brought_back_is_not_idle_and_not_pruned_again() {
    let w = World::path();
    idle(&w, &["sandbox-old-otter"]);
    w.sandbox();
    w.json(&PRUNE);
    // The machine that has the key is the operator's; the token is another matter.
    let back = w.json(&["sandbox", "restore", "sandbox-old-otter"]);
    let message = text(&back, "message");
    assert!(
        message.contains("aidf token issue --branch sandbox-old-otter"),
        "{message}"
    );
    assert_eq!(branches(&w.json(&PRUNE), "pruned"), [""; 0]);
    assert!(w.remote.try_tip("sandbox-old-otter").is_some());
    let token = w.json(&["token", "issue", "--branch", "sandbox-old-otter"]);
    let token = text(&token, "token");
    w.write("new.txt", "new\n");
    w.json(&["commit", "new.txt", "-m", "Again", "--reuse-token", &token]);
    assert_eq!(
        w.remote.message("sandbox-old-otter").lines().next(),
        Some("Again")
    );
}

#[test]
fn a_name_that_was_taken_again_is_not_overwritten() {
    let w = World::path();
    idle(&w, &["sandbox-old-otter"]);
    w.sandbox();
    w.json(&PRUNE);
    let tip = w.remote.tip("main");
    w.remote.git(&["branch", "sandbox-old-otter", "main"]);
    w.refuses(&["sandbox", "restore", "sandbox-old-otter"], 6);
    assert_eq!(w.remote.tip("sandbox-old-otter"), tip);
    let out = w.refuses(&["sandbox", "restore", "sandbox-no-such"], 3);
    assert!(out.stderr.contains("list --archived"), "{out}");
}

#[test]
fn a_name_that_is_taken_during_the_push_is_not_overwritten() {
    let w = World::path();
    idle(&w, &["sandbox-old-otter"]);
    w.sandbox();
    w.json(&PRUNE);
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\n\
         git update-ref refs/heads/sandbox-old-otter refs/heads/main\n",
    );
    let out = w
        .aidf(&["sandbox", "restore", "sandbox-old-otter"])
        .exits(6);
    assert!(out.stderr.contains("is open"), "{out}");
    assert_eq!(w.remote.tip("sandbox-old-otter"), w.remote.tip("main"));
}

#[test]
fn a_server_that_takes_no_time_still_opens_and_restores() {
    let w = World::path();
    let hook = w.remote.bare.join("hooks/update");
    let script =
        "#!/bin/sh\ncase \"$1\" in refs/aidf/opened/*) echo no such refs here; exit 1;; esac\n";
    std::fs::write(&hook, script).unwrap();
    make_executable(&hook);
    let branch = w.sandbox();
    assert!(
        w.remote.identity().is_some(),
        "the identity is taken all the same"
    );
    assert_eq!(opened(&w), "");
    let one = &w.json(&["sandbox", "list"])["sandboxes"][0];
    assert_eq!(
        (&one["opened_at"], &one["idle_days"]),
        (&Value::Null, &Value::Null)
    );
    w.json(&["sandbox", "close", &branch]);
    w.json(&["sandbox", "restore", &branch]);
    assert!(w.remote.try_tip(&branch).is_some());
}

#[test]
fn under_the_hook_a_holder_opens_closes_and_restores_and_an_operator_prunes() {
    let g = Guarded::new(Kind::Path, "");
    let (w, operator) = (&g.w, g.operator.as_str());
    let opening = w.init();
    let (branch, token) = (text(&opening, "branch"), text(&opening, "reuse_token"));
    assert!(opened(w).contains(&branch), "{}", opened(w));
    w.json(&["sandbox", "close"]);
    assert_eq!(opened(w), "");
    w.json(&["sandbox", "restore", &branch, "--reuse-token", &token]);
    assert!(opened(w).contains(&branch), "{}", opened(w));
    // Nobody says of another's sandbox when it was opened, and its holder not twice.
    let tip = w.remote.tip(&branch);
    w.git(&["fetch", "-q", "origin", &branch]);
    let fake = format!("{tip}:refs/aidf/opened/{branch}/2030-01-01T000000Z");
    g.refused(w, &[], &[&fake], "belongs to aidf");
    g.refused(w, &[&token], &[&fake], "its time is not the present one");
    idle(w, &["sandbox-old-otter"]);
    opened_at(w, &branch, "2025-01-02T030405Z");
    let refs = w.remote.refs();
    let out = w.aidf(&PRUNE).exits(5);
    let idle = "2 sandboxes were idle for 30 days and stay\n";
    assert!(out.stdout.starts_with(idle), "{out}");
    let said = "error: 2 idle sandboxes stay: the remote refused to archive them\ncaused by: ";
    assert!(out.stderr.contains(said), "{out}");
    // The server's words, a line each and once, and then the way in aidf's own words.
    assert!(!out.all().contains("\\n"), "{out}");
    let lines: BTreeSet<&str> = out.stderr.lines().collect();
    assert_eq!(lines.len(), out.stderr.lines().count(), "{out}");
    let hint = out.stderr.lines().last().unwrap();
    assert!(hint.starts_with("hint: set AIDF_REUSE_TOKEN"), "{out}");
    assert!(hint.contains("--reuse-token -"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    let done = w.json(&[&PRUNE[..], &["--reuse-token", operator]].concat());
    let mut want = vec!["sandbox-old-otter".to_owned(), branch.clone()];
    want.sort();
    assert_eq!(branches(&done, "pruned"), want, "{done:#}");
    w.json(&[
        "sandbox",
        "restore",
        "sandbox-old-otter",
        "--reuse-token",
        operator,
    ]);
    assert!(w.remote.try_tip("sandbox-old-otter").is_some());
    w.remote.is_sound();
}
