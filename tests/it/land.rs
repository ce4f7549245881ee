//! From a sandbox to main and to its end: `land`, plain `git merge` and squash of ten
//! sandboxes; `close`, `restore` and `prune`; `status`.

use crate::support::team::{doc, world};
use crate::support::{Machine, World, entries, yaml};
use serde_json::Value;
use std::collections::BTreeSet;

const LOG: &str = "project/outputs/changelog.yaml";
const MEMORY: &str = "project/memory.yaml";

/// An operator's token of the machine that has the key.
fn operator(w: &World) -> String {
    let issued = w.json(&["token", "issue", "--operator"]);
    issued["token"].as_str().expect("a token").to_owned()
}

/// Ten sandboxes that were opened before any of them landed, each with a file of its own, a
/// line of a shared file, and two commits.
fn ten(w: &World) -> Vec<String> {
    (0..10)
        .map(|n| {
            w.json(&["sandbox", "init", "--force-new"]);
            let own = format!("own/{n}.txt");
            w.save(&own, format!("first {n}\n"), &format!("First of {n}"));
            w.write(&own, format!("second {n}\n"));
            w.git(&["checkout", "--", "doc.txt"]);
            w.write("doc.txt", doc(&[(3 * n + 1, &format!("by {n}"))]));
            w.json(&["commit", &own, "doc.txt", "-m", &format!("Second of {n}")]);
            w.sandbox()
        })
        .collect()
}

/// The path of each entry of main's memory.
fn memory_paths(w: &World) -> Vec<String> {
    let memory = yaml(&w.remote.file("main", MEMORY));
    let entries = memory.as_array().expect("a list").iter();
    entries.map(|e| crate::support::text(e, "path")).collect()
}

/// All of the ten are on main: each line, each file, each entry once.
fn all_on_main(w: &World) {
    let lines: Vec<(usize, String)> = (0..10).map(|n| (3 * n + 1, format!("by {n}"))).collect();
    let lines: Vec<(usize, &str)> = lines.iter().map(|(n, t)| (*n, t.as_str())).collect();
    assert_eq!(w.remote.text("main", "doc.txt"), doc(&lines));
    let mut said: Vec<String> = entries(&w.remote.file("main", LOG))
        .iter()
        .map(|e| {
            format!(
                "{}: {}",
                e["path"].as_str().unwrap(),
                e["message"].as_str().unwrap()
            )
        })
        .filter(|m| m.starts_with("own/") || m.starts_with("doc.txt"))
        .collect();
    said.sort();
    let mut want = Vec::new();
    for n in 0..10 {
        want.push(format!("own/{n}.txt: First of {n}"));
        want.push(format!("own/{n}.txt: Second of {n}"));
        want.push(format!("doc.txt: Second of {n}"));
        assert_eq!(
            w.remote.text("main", &format!("own/{n}.txt")),
            format!("second {n}\n")
        );
    }
    want.sort();
    assert_eq!(said, want);
    let mut paths = memory_paths(w);
    paths.retain(|p| p.starts_with("own/") || p == "doc.txt");
    let distinct: BTreeSet<&String> = paths.iter().collect();
    assert_eq!(distinct.len(), 11, "{paths:?}");
    w.remote.is_sound();
}

#[test]
fn ten_sandboxes_land_without_a_conflict_and_each_entry_once() {
    let (w, _, _) = world();
    let token = operator(&w);
    for branch in ten(&w) {
        let landed = w.json(&["land", &branch, "--reuse-token", &token]);
        let parents = w.remote.git(&["log", "-1", "--format=%P", "main"]);
        assert_eq!(parents.split_whitespace().count(), 2);
        assert_eq!(landed["commit"], w.remote.tip("main"));
        assert!(landed["guards"].as_array().unwrap().len() > 5);
    }
    all_on_main(&w);
    let paths = memory_paths(&w);
    let distinct: BTreeSet<&String> = paths.iter().collect();
    assert_eq!(distinct.len(), paths.len(), "nothing twice");
}

#[test]
fn ten_sandboxes_land_squashed_without_a_conflict_and_each_entry_once() {
    let (w, _, _) = world();
    let token = operator(&w);
    for branch in ten(&w) {
        w.json(&["land", &branch, "--squash", "--reuse-token", &token]);
        let parents = w.remote.git(&["log", "-1", "--format=%P", "main"]);
        assert_eq!(parents.split_whitespace().count(), 1);
    }
    all_on_main(&w);
}

/// Somebody with plain git alone.
fn plain(w: &World) -> Machine {
    let m = w.other();
    m.git(&["config", "user.name", "Somebody"]);
    m.git(&["config", "user.email", "some@body.invalid"]);
    m.git(&["checkout", "-q", "main"]);
    m.git(&["fetch", "-q", "origin"]);
    m
}

#[test]
fn ten_sandboxes_merged_by_plain_git_do_not_conflict() {
    let (w, _, _) = world();
    let branches = ten(&w);
    let m = plain(&w);
    for branch in branches {
        m.git(&["merge", "-q", "--no-edit", &format!("origin/{branch}")]);
    }
    m.git(&["push", "-q", "origin", "main"]);
    all_on_main(&w);
}

#[test]
fn ten_sandboxes_squashed_by_plain_git_do_not_conflict() {
    let (w, _, _) = world();
    let branches = ten(&w);
    let m = plain(&w);
    for branch in branches {
        m.git(&["merge", "-q", "--squash", &format!("origin/{branch}")]);
        m.git(&["commit", "-q", "-m", &format!("Squash {branch}")]);
    }
    m.git(&["push", "-q", "origin", "main"]);
    all_on_main(&w);
}

#[test]
fn after_a_squash_a_sync_and_more_work_the_same_sandbox_lands_again() {
    let (w, branch, _) = world();
    let token = operator(&w);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    w.json(&["land", &branch, "--squash", "--reuse-token", &token]);
    w.json(&["sandbox", "sync", "--from", "main"]);
    w.save("doc.txt", doc(&[(2, "by A"), (9, "more")]), "Line 9");
    w.json(&["land", &branch, "--squash", "--reuse-token", &token]);
    assert_eq!(
        w.remote.text("main", "doc.txt"),
        doc(&[(2, "by A"), (9, "more")])
    );
    let said = entries(&w.remote.file("main", LOG));
    let of = |m: &str| said.iter().filter(|e| e["message"] == m).count();
    assert_eq!((of("Line 2"), of("Line 9")), (1, 1), "{said:?}");
}

#[test]
fn after_a_squash_a_sandbox_changes_its_own_lines_again_without_a_conflict() {
    let (w, branch, _) = world();
    let token = operator(&w);
    let land = ["land", &branch, "--squash", "--reuse-token", &token];
    w.save("doc.txt", doc(&[(2, "first")]), "First");
    w.save("gone.txt", "gone\n", "To be taken back");
    w.json(&land);
    assert_eq!(w.json(&land)["unchanged"], true);
    w.save("doc.txt", doc(&[(2, "second")]), "Second");
    w.json(&["commit", "--rm", "gone.txt", "-m", "Taken back"]);
    // Others wrote to main meanwhile.
    let theirs = doc(&[(2, "first"), (20, "by main")]);
    w.remote
        .write("main", &[("doc.txt", Some(theirs.as_bytes()))], "Others");
    let before = w.remote.tip("main");
    let landed = w.json(&land);
    assert_eq!(landed["merged_count"], 2, "{landed}");
    let both = doc(&[(2, "second"), (20, "by main")]);
    assert_eq!(w.remote.text("main", "doc.txt"), both);
    assert!(w.remote.try_file("main", "gone.txt").is_none());
    assert_eq!(w.remote.git(&["rev-parse", "main^@"]).trim(), before);
    // The other way it is the same.
    w.save("doc.txt", doc(&[(2, "third")]), "Third");
    w.json(&["sandbox", "sync", "--from", "main"]);
    let both = doc(&[(2, "third"), (20, "by main")]);
    assert_eq!(w.remote.text(&branch, "doc.txt"), both);
    assert!(w.remote.try_file(&branch, "gone.txt").is_none());
    let merge = w.remote.git(&["rev-parse", &format!("{branch}^2")]);
    assert_eq!(merge.trim(), w.remote.tip("main"));
    w.json(&land);
    assert_eq!(w.remote.text("main", "doc.txt"), both);
    w.remote.is_sound();
    w.json(&["audit", "verify"]);
}

#[test]
fn a_claim_of_a_squash_without_a_signature_counts_for_nothing() {
    let (w, branch, _) = world();
    let token = operator(&w);
    let mine = w.save("mine.txt", "mine\n", "Mine");
    let tip = mine["commit"].as_str().unwrap();
    let message = format!("Land {branch}\n\nAidf-Squashed: {tip}\n");
    w.remote
        .write("main", &[("other.txt", Some(b"other\n"))], &message);
    w.json(&["land", &branch, "--reuse-token", &token]);
    assert_eq!(w.remote.text("main", "mine.txt"), "mine\n");
}

#[test]
fn where_the_policy_says_so_each_sandbox_has_ledgers_of_its_own_until_it_lands() {
    let (w, _, _) = world();
    w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(b"ledgers: {per_branch: true}\n"))],
        "Policy",
    );
    w.remote
        .git(&["update-ref", "refs/heads/main", "refs/heads/sandbox"]);
    w.git(&["pull", "-q", "origin", "main"]);
    let token = operator(&w);
    let branches = ten(&w);
    for branch in &branches {
        let own = format!("project/outputs/changelog.d/{branch}.yaml");
        assert_eq!(entries(&w.remote.file(branch, &own)).len(), 3);
        assert_eq!(w.remote.file(branch, LOG), w.remote.file("main", LOG));
    }
    for branch in &branches {
        w.json(&["land", branch, "--reuse-token", &token]);
    }
    all_on_main(&w);
    let files = w.remote.files("main");
    assert!(!files.iter().any(|f| f.contains(".d/")), "{files:?}");
}

#[test]
fn a_sandbox_lands_only_with_an_operators_token() {
    let (w, branch, token) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let refs = w.remote.refs();
    let out = w.aidf(&["land", &branch, "--reuse-token", &token]).exits(5);
    assert!(out.stderr.contains("aidf token issue --operator"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    let out = w.aidf(&[
        "land",
        &branch,
        "--to",
        "sandbox-odd-owl",
        "--reuse-token",
        &operator(&w),
    ]);
    assert!(out.exits(2).stderr.contains("sandbox sync"));
}

#[test]
fn landing_what_conflicts_writes_nothing_and_names_the_sync() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let text = doc(&[(2, "by main")]);
    w.remote.write(
        "main",
        &[("doc.txt", Some(text.as_bytes()))],
        "Line 2 of main",
    );
    let refs = w.remote.refs();
    let out = w
        .aidf(&["land", &branch, "--reuse-token", &operator(&w)])
        .exits(6);
    let hint = format!("aidf sandbox sync {branch} --from main");
    assert!(out.stderr.contains(&hint), "{out}");
    assert!(out.stderr.contains("doc.txt"), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_dry_run_of_land_sync_and_close_pushes_nothing() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    w.remote
        .write("main", &[("m.txt", Some(b"m\n"))], "A file of main");
    let refs = w.remote.refs();
    let token = operator(&w);
    let landing = ["land", &branch, "--reuse-token", &token];
    let would = w.json(&[&landing[..], &["--close", "--dry-run"]].concat());
    let said = would["message"].as_str().unwrap();
    assert!(said.ends_with(&format!("; would close {branch}")), "{said}");
    w.write("doc.txt", doc(&[(2, "by A again")]));
    let out = w
        .aidf(&["commit", "doc.txt", "-m", "Again", "--dry-run"])
        .ok();
    assert!(out.stdout.contains("would log in project/"), "{out}");
    w.json(&["sandbox", "sync", "--from", "main", "--dry-run"]);
    w.json(&["sandbox", "close", "--dry-run"]);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn what_was_taken_back_after_it_landed_is_missed_when_its_sandbox_closes() {
    let (w, branch, _) = world();
    let token = operator(&w);
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    w.json(&["land", &branch, "--squash", "--reuse-token", &token]);
    w.save("doc.txt", doc(&[]), "Take it back");
    let dry = w.json(&["sandbox", "close", "--dry-run"]);
    assert_eq!(dry["unlanded"], 1, "{dry:#}");
}

#[test]
fn what_landed_as_one_commit_is_not_missed_when_its_sandbox_closes() {
    let (w, branch, _) = world();
    let token = operator(&w);
    let land = ["land", &branch, "--squash", "--reuse-token", &token];
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    w.save("own.txt", "first\n", "A file");
    w.json(&land);
    // A sync takes the landing in, and others change what landed.
    w.json(&["sandbox", "sync", "--from", "main"]);
    let theirs = doc(&[(2, "by others")]);
    w.remote
        .write("main", &[("doc.txt", Some(theirs.as_bytes()))], "Others");
    let dry = w.json(&["sandbox", "close", "--dry-run"]);
    assert_eq!(dry["unlanded"], 0, "{dry:#}");
    w.save("own.txt", "second\n", "Later work");
    let dry = w.aidf(&["sandbox", "close", "--dry-run"]).ok();
    let said = format!(
        "1 commit of {branch} has not landed; `aidf sandbox restore {branch}` brings it back"
    );
    assert!(dry.stderr.contains(&said), "{dry}");
    w.save("own.txt", "third\n", "More of it");
    let dry = w.aidf(&["sandbox", "close", "--dry-run"]).ok();
    let said = format!("2 commits of {branch} have not landed;");
    assert!(dry.stderr.contains(&said), "{dry}");
    assert!(dry.stderr.contains("brings them back"), "{dry}");
    let closed = w.aidf(&[&land[..], &["--close"]].concat()).ok();
    assert!(closed.stdout.contains("landed"), "{closed}");
    assert!(!closed.all().contains("not landed"), "{closed}");
}

#[test]
fn what_plain_git_squashed_is_not_missed_when_its_sandbox_closes() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    w.save("own.txt", "first\n", "A file");
    let m = plain(&w);
    m.git(&["merge", "-q", "--squash", &format!("origin/{branch}")]);
    m.git(&["commit", "-q", "-m", "A title that names nobody"]);
    m.git(&["push", "-q", "origin", "main"]);
    let dry = w.json(&["sandbox", "close", "--dry-run"]);
    assert_eq!(dry["unlanded"], 0, "{dry:#}");
    // One of its files is another on main: then its commits count.
    w.remote
        .write("main", &[("own.txt", Some(b"others\n"))], "Others");
    let closed = w.json(&["sandbox", "close"]);
    assert_eq!(closed["unlanded"], 2, "{closed:#}");
}

#[test]
fn a_closed_sandbox_is_archived_forgotten_and_comes_back() {
    let (w, branch, token) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let tip = w.remote.tip(&branch);
    let closed = w.aidf(&["sandbox", "close", "--json"]).ok();
    assert!(closed.all().contains("has not landed"), "{closed}");
    let report = closed.json();
    assert_eq!(w.remote.try_tip(&branch), None);
    let archive = report["archive"].as_str().unwrap();
    assert_eq!(w.remote.git(&["rev-parse", archive]).trim(), tip);
    // The clone writes to it no more, and makes no new one unasked.
    let out = w.aidf(&["commit", "doc.txt", "-m", "Too late"]);
    assert_ne!(out.code, 0, "{out}");
    let again = w.json(&["sandbox", "close", &branch, "--reuse-token", &token]);
    assert_eq!(again["unchanged"], true);
    let back = w.json(&["sandbox", "restore", &branch]);
    assert_eq!(back["head"], tip);
    assert_eq!(w.remote.tip(&branch), tip);
    w.aidf(&["sandbox", "restore", &branch]).exits(6);
    w.save("doc.txt", doc(&[(2, "by A"), (3, "by A")]), "Line 3");
    assert_eq!(
        w.remote.git(&["rev-parse", &format!("{branch}~")]).trim(),
        tip
    );
}

#[test]
fn idle_sandboxes_are_archived_and_one_that_wrote_stays() {
    let (w, branch, _) = world();
    w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
    let old = "sandbox-old-otter";
    w.remote.git(&["branch", old, "main"]);
    let message = "Old\n\nAidf-Committed-By: x\n";
    let tree = w.remote.git(&["rev-parse", "main^{tree}"]);
    let day = "2020-01-01T00:00:00Z";
    let commit = {
        let main = w.remote.tip("main");
        let args = ["commit-tree", tree.trim(), "-p", &main, "-m", message];
        let out = w
            .env
            .command("git", &w.remote.bare)
            .args(args)
            .envs([
                ("GIT_AUTHOR_DATE", day),
                ("GIT_COMMITTER_DATE", day),
                ("GIT_AUTHOR_NAME", "x"),
                ("GIT_AUTHOR_EMAIL", "x@x.invalid"),
                ("GIT_COMMITTER_NAME", "x"),
                ("GIT_COMMITTER_EMAIL", "x@x.invalid"),
            ])
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    w.remote
        .git(&["update-ref", &format!("refs/heads/{old}"), commit.trim()]);
    let dry = w.json(&["sandbox", "prune", "--idle", "30", "--dry-run"]);
    let named = |report: &Value| -> Vec<String> {
        let all = report["pruned"].as_array().unwrap().iter();
        all.map(|p| p["branch"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(named(&dry), [old]);
    assert!(w.remote.try_tip(old).is_some());
    let done = w.json(&["sandbox", "prune", "--idle", "30"]);
    assert_eq!(named(&done), [old]);
    assert_eq!(w.remote.try_tip(old), None);
    assert!(w.remote.try_tip(&branch).is_some());
    let archive = done["pruned"][0]["archive"].as_str().unwrap();
    assert_eq!(w.remote.git(&["rev-parse", archive]).trim(), commit.trim());
}

#[test]
fn status_tells_what_differs_and_why() {
    let (w, branch, token) = world();
    let b = crate::support::team::resumed(&w, &token);
    w.save("docs/one.txt", "by A\n", "One");
    w.remote.write(
        "sandbox",
        &[("base.txt", Some(b"b\n"))],
        "A file of the base",
    );
    b.write("doc.txt", doc(&[(2, "by B")]));
    b.write("new.txt", "by B\n");
    std::fs::remove_file(b.clone.join("docs/two.txt")).unwrap();
    b.write("local.txt", "local\n");
    b.git(&["add", "local.txt"]);
    b.git(&["commit", "-q", "-m", "Local"]);
    let status = b.json(&["status"]);
    assert_eq!(status["branch"], branch);
    assert_eq!(status["base"], "sandbox");
    assert_eq!(
        (&status["ahead"], &status["behind"]),
        (&1.into(), &1.into())
    );
    assert_eq!(status["head"], w.remote.tip(&branch));
    assert!(status["expires_at"].as_str().is_some());
    let local: Vec<(String, String)> = status["local"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            (
                l["path"].as_str().unwrap().into(),
                l["state"].as_str().unwrap().into(),
            )
        })
        .collect();
    let want = [
        ("doc.txt", "modified"),
        ("docs/one.txt", "stale"),
        ("docs/two.txt", "deleted"),
        ("local.txt", "local_commit"),
        ("new.txt", "added"),
    ];
    assert_eq!(local, want.map(|(p, s)| (p.to_owned(), s.to_owned())));
    let text = b.aidf(&["status"]).ok().stdout;
    assert!(text.contains("older than the sandbox's"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 110), "{text}");
}

#[test]
fn status_without_a_sandbox_says_how_to_open_one() {
    let w = World::path();
    let out = w.aidf(&["status"]).ok();
    assert!(out.stdout.contains("aidf sandbox init"), "{out}");
}

#[test]
fn without_a_branch_land_takes_the_sandbox_that_other_commands_take() {
    let (w, one, token) = world();
    w.save("doc.txt", doc(&[(2, "by one")]), "Line 2");
    w.json(&["sandbox", "init", "--force-new"]);
    let two = w.sandbox();
    w.save("docs/two.txt", "by two\n", "Two");
    let operator = operator(&w);
    let landing = ["land", "--dry-run", "--reuse-token", &operator, "--json"];
    let landed = |name: &str, value: &str| w.call(&landing).env(name, value).run().ok().json();
    assert_eq!(landed("AIDF_REUSE_TOKEN", &token)["branch"], one);
    assert_eq!(landed("DEFAULT_WRITE_BRANCH", &one)["branch"], one);
    // An operator's token names no sandbox: the one that is open here is meant.
    assert_eq!(landed("AIDF_REUSE_TOKEN", &operator)["branch"], two);
    assert_eq!(landed("UNRELATED", "")["branch"], two);
    w.env
        .operator_config(&format!("write: {{default_branch: {one}}}\n"));
    assert_eq!(landed("UNRELATED", "")["branch"], one);
    // A setting that names no sandbox is about writes.
    w.env.operator_config("write: {default_branch: main}\n");
    assert_eq!(landed("UNRELATED", "")["branch"], two);
}

#[test]
fn without_a_sandbox_every_command_that_needs_one_says_so_in_the_same_words() {
    let w = World::path();
    w.write("README.md", "mine\n");
    let commands: [&[&str]; 9] = [
        &["sandbox", "close"],
        &["sandbox", "sync"],
        &["sandbox", "pull"],
        &["sandbox", "switch"],
        &["sandbox", "show"],
        &["sandbox", "diff"],
        &["propose"],
        &["land"],
        &["land", "--close"],
    ];
    for command in commands {
        let out = w.refuses(command, 2);
        let error = out.error();
        assert_eq!(error["message"], "no sandbox is open here", "{out}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("aidf sandbox init"), "{out}");
        // Where something says that main is meant, that is what has to be changed.
        let args = [command, &["--json"]].concat();
        let call = w.call(&args).env("DEFAULT_WRITE_BRANCH", "main");
        let error = w.refuses_call(call, 2).error();
        assert_eq!(error["message"], "`main` is not a sandbox's name");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("DEFAULT_WRITE_BRANCH"), "{hint}");
    }
    for command in ["close", "sync", "show", "diff"] {
        let error = w.refuses(&["sandbox", command, "main"], 2).error();
        assert_eq!(error["message"], "`main` is not a sandbox's name");
    }
    // A branch that is named may be taken from, whatever it is.
    w.git(&["checkout", "--", "README.md"]);
    w.json(&["sandbox", "pull", "main"]);
}

#[test]
fn a_file_that_was_written_or_pulled_and_then_removed_is_deleted() {
    let (w, _, token) = world();
    let b = crate::support::team::resumed(&w, &token);
    b.save("pulled.txt", "by B\n", "For A");
    w.json(&["sandbox", "pull"]);
    w.save("written.txt", "by A\n", "By A");
    w.save("docs/one.txt", "by A\n", "One");
    for path in ["pulled.txt", "written.txt"] {
        std::fs::remove_file(w.clone.join(path)).unwrap();
    }
    w.git(&["rm", "-q", "docs/two.txt"]);
    w.git(&["commit", "-q", "-m", "Local"]);
    let found = w.json(&["status"])["local"].clone();
    let want = serde_json::json!([
        {"path": "docs/two.txt", "state": "local_commit"},
        {"path": "pulled.txt", "state": "deleted"},
        {"path": "written.txt", "state": "deleted"},
    ]);
    assert_eq!(found, want);
}

/// A sandbox whose holder has no key, on a server without a hook, a commit of somebody on main
/// with this message, and the holder's sync.
fn without_a_key(message: impl Fn(&str) -> String) -> (World, String, impl Fn()) {
    let (w, branch, token) = world();
    let bob = w.other();
    bob.git(&["fetch", "--quiet"]);
    bob.write("bob.txt", "bob's\n");
    bob.write("doc.txt", doc(&[(2, "by Bob")]));
    let args = ["commit", "bob.txt", "doc.txt", "-m", "Bob's"];
    bob.json(&[&args[..], &["--branch", &branch, "--reuse-token", &token]].concat());
    let said = message(&w.remote.tip(&branch));
    w.remote
        .write("main", &[("other.txt", Some(b"o\n"))], &said);
    let name = branch.clone();
    let sync = move || {
        let args = ["sandbox", "sync", &name, "--from", "main"];
        bob.json(&[&args[..], &["--reuse-token", &token]].concat());
    };
    (w, branch, sync)
}

#[test]
fn without_a_key_a_sentence_in_a_message_takes_no_work_away() {
    let (w, branch, sync) = without_a_key(|tip| format!("Add notes\n\nAidf-Squashed: {tip}"));
    sync();
    assert_eq!(w.remote.text(&branch, "bob.txt"), "bob's\n");
    assert_eq!(w.remote.text(&branch, "doc.txt"), doc(&[(2, "by Bob")]));
    assert_eq!(w.remote.text(&branch, "other.txt"), "o\n");
}

#[test]
fn without_a_key_a_squash_that_holds_the_work_counts_all_the_same() {
    let (w, branch, sync) = without_a_key(|_| "Notes".to_owned());
    let tip = w.remote.tip(&branch);
    let work = doc(&[(2, "by Bob")]);
    let files: [(&str, Option<&[u8]>); 2] = [
        ("bob.txt", Some(b"bob's\n")),
        ("doc.txt", Some(work.as_bytes())),
    ];
    let said = format!("Bob's work\n\nAidf-Squashed: {tip}");
    w.remote.write("main", &files, &said);
    w.remote.write("main", &[("bob.txt", None)], "Away with it");
    sync();
    assert_eq!(w.remote.try_file(&branch, "bob.txt"), None);
    assert_eq!(w.remote.text(&branch, "doc.txt"), work);
}

#[test]
fn a_landing_that_brings_back_what_a_force_push_took_off_is_told() {
    let (w, branch, _) = world();
    let bad: [(&str, Option<&[u8]>); 1] = [("bad.txt", Some(b"bad\n"))];
    w.remote.write("main", &bad, "A secret slips in");
    w.json(&["backup"]);
    w.json(&["sandbox", "sync", "--from", "main"]);
    w.save("good.txt", "good\n", "Good work");
    let said = "main had";
    let out = w.aidf(&["sandbox", "sync", "--from", "main"]).ok();
    assert!(!out.stderr.contains(said), "{out}");
    w.remote.git(&["update-ref", "refs/heads/main", "main^"]);
    let told = |args: &[&str]| {
        let out = w.aidf(args).ok();
        assert!(out.stderr.contains(said), "{out}");
        assert!(out.stderr.contains("\"A secret slips in\""), "{out}");
    };
    told(&["sandbox", "sync", "--from", "main"]);
    told(&[
        "land",
        &branch,
        "--to",
        "main",
        "--reuse-token",
        &operator(&w),
        "--dry-run",
    ]);
}
