//! `aidf sandbox list`, `show` and `diff`: what a sandbox itself did, and not
//! what it inherited.

use serde_json::Value;

use crate::support::{Kind, Machine, Remote, World, listed, text};

fn find(list: &Value, branch: &str) -> Value {
    list["sandboxes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["branch"] == branch)
        .unwrap_or_else(|| panic!("{branch} is not in {list:#}"))
        .clone()
}

#[test]
fn every_sandbox_is_listed_with_every_field_and_nothing_else_is() {
    let w = World::path();
    let first = w.sandbox();
    let second = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    w.remote
        .write("feature", &[("f.txt", Some(b"f\n"))], "Feature");
    let list = w.json(&["sandbox", "list"]);
    assert_eq!(list["sandboxes"].as_array().unwrap().len(), 2, "{list:#}");
    find(&list, &second);
    let one = find(&list, &first);
    for field in [
        "branch",
        "head",
        "created_at",
        "last_write_at",
        "idle_days",
        "commits",
        "files",
        "committed_by",
        "ahead",
        "behind",
    ] {
        assert!(one.get(field).is_some(), "no {field} in {one:#}");
    }
    assert_eq!(one["head"], w.remote.tip(&first).as_str());
}

#[test]
fn a_sandbox_that_did_nothing_has_no_commits_and_no_files() {
    let w = World::path();
    let branch = w.sandbox();
    let one = find(&w.json(&["sandbox", "list"]), &branch);
    assert_eq!(one["commits"], 0, "{one:#}");
    assert!(!listed(&one["files"]).contains("README"), "{one:#}");
    assert_eq!(one["committed_by"], serde_json::json!([]));
    assert_eq!(one["ahead"], 0);
}

#[test]
fn only_what_the_sandbox_did_counts() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--committed-by", "Ann"]);
    w.write("b.txt", "b\n");
    w.json(&["commit", "b.txt", "-m", "Add b", "--committed-by", "Bob"]);
    w.remote.write(
        "sandbox",
        &[("base.txt", Some(b"base\n"))],
        "The base moves",
    );
    let one = find(&w.json(&["sandbox", "list"]), &branch);
    assert_eq!(one["commits"], 2);
    assert_eq!(one["ahead"], 2);
    assert_eq!(one["behind"], 1);
    let mut who: Vec<&str> = one["committed_by"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    who.sort_unstable();
    assert_eq!(who, ["Ann", "Bob"]);
}

/// How many commits `list` and `show` count, and how many are ahead.
fn counted(w: &World, branch: &str) -> [u64; 3] {
    let one = find(&w.json(&["sandbox", "list"]), branch);
    let shown = w.json(&["sandbox", "show", branch]);
    let number = |value: &Value| value.as_u64().unwrap();
    let commits = shown["commits"].as_array().unwrap().len() as u64;
    [number(&one["commits"]), commits, number(&one["ahead"])]
}

#[test]
fn what_a_sync_brought_in_does_not_count_as_the_sandboxs_own() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    for n in 0..3 {
        let text = format!("{n}\n");
        w.remote
            .write("main", &[("m.txt", Some(text.as_bytes()))], "Of main");
    }
    w.json(&["sandbox", "sync", "--from", "main"]);
    // Its own commit, and the merge.
    assert_eq!(counted(&w, &branch), [2, 2, 5]);
    let one = find(&w.json(&["sandbox", "list"]), &branch);
    assert_eq!(one["committed_by"], serde_json::json!([branch]));
    assert_eq!(one["unsigned"], 0);
    // Nor does what another sandbox did.
    let other = w.other();
    other.share_key(&w);
    other.json(&["sandbox", "init", "--force-new"]);
    let theirs = text(&other.save("b.txt", "b\n", "Add b"), "branch");
    w.json(&["sandbox", "sync", &branch, "--from", &theirs]);
    assert_eq!(counted(&w, &branch), [3, 3, 7]);
    // Without a key it is the same.
    let keyless = w.other();
    let one = find(&keyless.json(&["sandbox", "list"]), &branch);
    assert_eq!(
        (&one["commits"], &one["unsigned"]),
        (&3.into(), &Value::Null)
    );
}

#[test]
fn what_plain_git_merged_counts_unless_main_has_it() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    w.remote
        .write("main", &[("m.txt", Some(b"m\n"))], "Of main");
    w.git(&["fetch", "-q", "origin"]);
    w.git(&[
        "checkout",
        "-q",
        "-f",
        "-b",
        "mine",
        &format!("origin/{branch}"),
    ]);
    w.git(&["merge", "-q", "--no-edit", "origin/main"]);
    w.git(&["checkout", "-q", "-b", "aside", "HEAD~1"]);
    w.write("c.txt", "c\n");
    w.git(&["add", "c.txt"]);
    w.git(&["commit", "-q", "-m", "Aside"]);
    w.git(&["checkout", "-q", "mine"]);
    w.git(&["merge", "-q", "--no-edit", "aside"]);
    w.git(&["push", "-q", "origin", &format!("mine:{branch}")]);
    // Add a, two merges and what was made aside.
    assert_eq!(counted(&w, &branch), [4, 4, 5]);
}

#[test]
fn idle_filters_by_the_last_write() {
    let w = World::path();
    let branch = w.history(1);
    let list = w.json(&["sandbox", "list", "--idle", "30"]);
    assert_eq!(list["sandboxes"], serde_json::json!([]));
    let list = w.json(&["sandbox", "list", "--idle", "0"]);
    find(&list, &branch);
}

#[test]
fn no_sandbox_is_an_empty_list() {
    let w = World::path();
    assert_eq!(
        w.json(&["sandbox", "list"])["sandboxes"],
        serde_json::json!([])
    );
}

#[test]
fn show_tells_of_one_sandbox() {
    let w = World::path();
    let branch = w.history(2);
    let shown = w.json(&["sandbox", "show", &branch]);
    assert_eq!(shown["branch"], branch.as_str());
    assert_eq!(
        shown["commits"].as_array().map(Vec::len),
        Some(2),
        "{shown:#}"
    );
    // The clone remembers which one is meant.
    assert_eq!(w.json(&["sandbox", "show"])["branch"], branch.as_str());
    w.refuses(&["sandbox", "show", "sandbox-no-such"], 3);
}

#[test]
fn diff_is_against_the_fork_point() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "the very line\n", "Add a");
    w.remote.write(
        "sandbox",
        &[("base.txt", Some(b"base line\n"))],
        "The base moves",
    );
    let patch = w.aidf(&["sandbox", "diff", &branch, "--patch"]).ok();
    assert!(patch.stdout.contains("+the very line"), "{patch}");
    assert!(
        !patch.stdout.contains("base line"),
        "what the base did is not its own\n{patch}"
    );
    let stat = w.aidf(&["sandbox", "diff", "--stat"]).ok();
    assert!(stat.stdout.contains("a.txt"), "{stat}");
    assert!(!stat.stdout.contains("+the very line"), "{stat}");
}

#[test]
fn no_clone_is_needed_with_a_repository_url() {
    let remote = Remote::new(Kind::Http, "widgets", true);
    let machine = Machine::bare(&remote);
    let branch = text(
        &machine.json(&["-R", &remote.url, "sandbox", "init"]),
        "branch",
    );
    let list = machine.json(&["-R", &remote.url, "sandbox", "list"]);
    assert_eq!(find(&list, &branch)["commits"], 0);
}

/// A sandbox that was forked from a branch of which only its own clone knows, and another clone.
fn forked_from_a_feature(share_key: bool) -> (World, Machine) {
    let w = World::path();
    w.remote.git(&["branch", "feature", "sandbox"]);
    for n in 0..3 {
        let path = format!("feature-{n}.txt");
        let files: [(&str, Option<&[u8]>); 1] = [(&path, Some(b"f\n"))];
        w.remote.write("feature", &files, "Of the feature");
    }
    w.json(&["sandbox", "init", "--base", "feature", "--name", "b1"]);
    let b = w.other();
    if share_key {
        b.share_key(&w);
    }
    (w, b)
}

/// What a list and `show` tell of the sandbox's own work.
fn own_work(m: &Machine) -> Vec<Value> {
    let one = find(&m.json(&["sandbox", "list"]), "sandbox-b1");
    let shown = m.json(&["sandbox", "show", "sandbox-b1"]);
    let mut told: Vec<Value> = ["commits", "files", "committed_by", "created_at"]
        .map(|field| one[field].clone())
        .into();
    let commits = shown["commits"].as_array().unwrap().iter();
    told.extend(commits.map(|c| c["commit"].clone()));
    told.push(shown["fork_point"].clone());
    told.extend(shown["files"].as_array().unwrap().iter().cloned());
    told
}

#[test]
fn what_a_sandbox_inherited_from_another_branch_is_not_its_own_in_any_clone() {
    for share_key in [true, false] {
        let (w, b) = forked_from_a_feature(share_key);
        let one = find(&b.json(&["sandbox", "list"]), "sandbox-b1");
        assert_eq!((&one["commits"], &one["files"]), (&0.into(), &0.into()));
        assert_eq!(one["committed_by"], serde_json::json!([]));
        assert_eq!(
            (&one["base"], &one["ahead"]),
            (&"sandbox".into(), &3.into())
        );
        assert_eq!(own_work(&b), own_work(&w));
        let text = b.aidf(&["sandbox", "show", "sandbox-b1"]).ok().stdout;
        assert!(text.contains("forked from another branch at"), "{text}");
        w.save("a.txt", "a\n", "Add a");
        assert_eq!(own_work(&b), own_work(&w));
        assert_eq!(own_work(&b)[0], 1);
        // What a sync brings is not its own either.
        w.remote
            .write("feature", &[("more.txt", Some(b"m\n"))], "More of it");
        w.json(&["sandbox", "sync"]);
        assert_eq!(own_work(&b), own_work(&w));
        assert!(!own_work(&b).iter().any(|v| v["path"] == "more.txt"));
    }
}

#[test]
fn a_sandbox_that_was_brought_back_still_has_its_own_work() {
    let (w, b) = forked_from_a_feature(true);
    // No word of aidf's says whose this is.
    w.remote
        .write("sandbox-b1", &[("own.txt", Some(b"o\n"))], "By plain git");
    w.json(&["sandbox", "close"]);
    w.json(&["sandbox", "restore", "sandbox-b1"]);
    for m in [&*w, &b] {
        let one = find(&m.json(&["sandbox", "list"]), "sandbox-b1");
        assert_ne!(one["commits"], 0, "{one:#}");
        let shown = m.json(&["sandbox", "show", "sandbox-b1"]);
        assert!(listed(&shown["files"]).contains("own.txt"), "{shown:#}");
    }
    w.save("a.txt", "a\n", "Add a");
    w.json(&["sandbox", "close"]);
    w.json(&["sandbox", "restore", "sandbox-b1"]);
    let one = find(&b.json(&["sandbox", "list"]), "sandbox-b1");
    assert_ne!(one["commits"], 0, "{one:#}");
}

#[test]
fn no_record_of_an_opening_hides_what_a_writer_did() {
    let w = World::path();
    w.sandbox();
    w.remote.git(&["branch", "sandbox-mal", "sandbox"]);
    w.remote
        .write("sandbox-mal", &[("evil", Some(b"e\n"))], "Evil");
    let tip = w.remote.tip("sandbox-mal");
    let record = "refs/aidf/opened/sandbox-mal/2020-01-01T000000Z";
    w.remote.git(&["update-ref", record, &tip]);
    let one = find(&w.json(&["sandbox", "list"]), "sandbox-mal");
    assert_eq!((&one["commits"], &one["files"]), (&1.into(), &1.into()));
    let shown = w.json(&["sandbox", "show", "sandbox-mal"]);
    assert!(listed(&shown["files"]).contains("evil"), "{shown:#}");
}
