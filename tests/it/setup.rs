//! `aidf setup`: a repository gets ready for sandboxes, and a second run changes nothing.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Env, Guarded, Kind, Machine, Mode, Out, Remote, World, everything, text};

const POLICY: &str = ".aidf.yaml";
const ATTRIBUTES: &str = ".gitattributes";

/// Runs setup in a machine's clone; it has to end with this code and print a report.
#[track_caller]
fn setup(machine: &Machine, args: &[&str], code: i32) -> Value {
    run(machine, args, code).json()
}

#[track_caller]
fn run(machine: &Machine, args: &[&str], code: i32) -> Out {
    let all = [&["setup", "--json"], args].concat();
    machine.aidf(&all).exits(code)
}

/// A step of a report.
#[track_caller]
fn step(report: &Value, name: &str) -> Value {
    let steps = report["steps"].as_array().expect("steps");
    let found = steps.iter().find(|s| s["step"] == name);
    found
        .unwrap_or_else(|| panic!("no step {name}: {report:#}"))
        .clone()
}

/// The states of base, policy, attributes, key, protect and schedule.
#[track_caller]
fn states(report: &Value) -> Vec<String> {
    let names = ["base", "policy", "attributes", "key", "protect", "schedule"];
    let steps = report["steps"].as_array().expect("steps");
    let order: Vec<&str> = steps.iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert_eq!(order, names);
    names.map(|n| text(&step(report, n), "state")).to_vec()
}

/// How often the base was set up.
fn commits(remote: &Remote) -> usize {
    let subjects = remote.git(&["log", "--format=%s", "sandbox"]);
    subjects
        .lines()
        .filter(|s| s.starts_with("Set aidf up"))
        .count()
}

#[track_caller]
fn is_ready(w: &World) {
    assert_eq!(commits(&w.remote), 1);
    assert!(w.remote.text("sandbox", POLICY).contains("\nversion: 1\n"));
    let lines = w.remote.text("sandbox", ATTRIBUTES);
    assert_eq!(lines.matches(" merge=union\n").count(), 3, "{lines}");
    w.remote.is_sound();
}

#[test]
fn a_fresh_repository_is_ready_after_one_command() {
    let w = World::without_base();
    let main = w.remote.tip("main");
    let before = w.snapshot();
    let report = setup(&w, &["--protect"], 0);
    assert_eq!(
        states(&report),
        ["done", "done", "done", "done", "done", "skipped"]
    );
    assert_eq!(report["base"], "sandbox");
    assert_eq!(report["repo_name"], "widgets");
    assert_eq!(report["unchanged"], false);
    assert_eq!(report["schedule"], Value::Null);
    assert_eq!(report["commit"], w.remote.tip("sandbox"));
    // One commit on top of main, and nothing else was moved.
    assert_eq!(w.remote.tip("sandbox^"), main);
    assert_eq!(w.remote.tip("main"), main);
    assert_eq!(w.snapshot(), before, "the clone changed");
    let changed = w.remote.changes("sandbox");
    let added = |path: &str| ("A".to_owned(), path.to_owned());
    assert_eq!(changed, [added(POLICY), added(ATTRIBUTES)]);
    is_ready(&w);
    // The place of the key is told, and the key is not.
    let key = text(&step(&report, "key"), "detail");
    assert!(key.contains(w.env.keys().to_str().unwrap()), "{key}");
    let ring: Value = serde_json::from_slice(&std::fs::read(w.env.keys()).unwrap()).unwrap();
    assert!(
        !report
            .to_string()
            .contains(&text(&ring["keys"][0], "secret"))
    );
    // Attributed, signed and journaled like every write.
    let log = w.json(&["log", "sandbox", "-n", "1"]);
    assert_eq!(log["commits"][0]["signature"], "good", "{log:#}");
    assert_eq!(w.remote.trailer("sandbox", "Aidf-Committed-By"), "sandbox");
    let journal = std::fs::read_to_string(w.env.state().join("aidf/journal.jsonl")).unwrap();
    assert!(
        journal.contains("\"command\":\"setup\"") && journal.contains(&w.remote.tip("sandbox")),
        "{journal}"
    );
    // Sandboxes work, and plain git is kept from what is protected.
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.text(&branch, "a.txt"), "a\n");
    w.plain(&[("b.txt", "b\n")], "By hand");
    for branch in ["main", "sandbox"] {
        let to = format!("HEAD:refs/heads/{branch}");
        let out = w.env.try_git(&w.clone, &["push", "--force", "origin", &to]);
        assert_ne!(out.code, 0, "{out}");
    }
    w.json(&["policy", "show"]);
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let w = World::without_base();
    setup(&w, &["--protect"], 0);
    let (refs, bare) = (w.remote.refs(), everything(&w.remote.bare));
    let report = setup(&w, &["--protect"], 0);
    assert_eq!(
        states(&report),
        [
            "already", "already", "already", "already", "already", "skipped"
        ]
    );
    assert_eq!(report["unchanged"], true);
    assert_eq!(report["commit"], Value::Null);
    assert!(
        text(&report, "message").starts_with("nothing to do"),
        "{report}"
    );
    assert_eq!(w.remote.refs(), refs);
    assert_eq!(everything(&w.remote.bare), bare, "the server changed");
}

#[test]
fn a_base_that_is_there_gets_one_commit_and_keeps_its_files() {
    let w = World::path();
    let before = w.remote.tip("sandbox");
    let report = setup(&w, &[], 0);
    assert_eq!(
        states(&report),
        ["already", "done", "done", "done", "skipped", "skipped"]
    );
    assert_eq!(w.remote.tip("sandbox^"), before);
    is_ready(&w);
}

#[test]
fn the_server_is_left_as_it_is_unless_somebody_asks_for_more() {
    let hook = |w: &World| w.remote.bare.join("hooks/pre-receive").exists();
    for args in [&[][..], &["--no-input"], &["--no-protect", "-y"]] {
        let w = World::path();
        let report = setup(&w, args, 0);
        assert_eq!(step(&report, "protect")["state"], "skipped");
        assert!(!hook(&w), "{args:?}");
    }
    for args in [["--protect"], ["-y"]] {
        let w = World::path();
        let report = setup(&w, &args, 0);
        assert_eq!(step(&report, "protect")["state"], "done");
        assert!(hook(&w), "{args:?}");
    }
}

#[test]
fn hand_written_files_keep_every_byte() {
    let w = World::path();
    let policy = b"# ours\r\nversion: 1\nlimits: {files: 7}   # few\n";
    let attributes = b"*.bin binary\r\n/x  text eol=lf";
    w.remote.write(
        "sandbox",
        &[(POLICY, Some(policy)), (ATTRIBUTES, Some(attributes))],
        "Add ours",
    );
    let report = setup(&w, &["--protected-branch", "live"], 0);
    assert_eq!(step(&report, "policy")["state"], "already");
    assert_eq!(step(&report, "attributes")["state"], "done");
    assert!(report["warnings"].to_string().contains("live"), "{report}");
    assert_eq!(w.remote.file("sandbox", POLICY), policy);
    let after = w.remote.file("sandbox", ATTRIBUTES);
    assert_eq!(&after[..attributes.len()], attributes);
    assert_eq!(commits(&w.remote), 1);
    let refs = w.remote.refs();
    let again = setup(&w, &[], 0);
    assert_eq!(again["unchanged"], true);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_policy_that_cannot_be_read_is_reported_and_not_replaced() {
    for base in [true, false] {
        let w = World::of(Remote::new(Kind::Path, "widgets", base));
        let branch = if base { "sandbox" } else { "main" };
        let broken = b"version: 1\nlimts: {files: 7}\n";
        w.remote
            .write(branch, &[(POLICY, Some(broken))], "Break it");
        let refs = w.remote.refs();
        let out = run(&w, &["--protect"], 7);
        let report = out.json();
        let policy = step(&report, "policy");
        assert_eq!(policy["state"], "failed");
        assert!(text(&policy, "detail").contains("limts"), "{policy}");
        assert!(policy["mend"].is_string(), "{policy}");
        assert_eq!(out.error()["kind"], "integrity", "{out}");
        assert_eq!(step(&report, "attributes")["state"], "skipped");
        // The key needs no policy. The server's rules do.
        assert_eq!(step(&report, "key")["state"], "done");
        assert_eq!(step(&report, "protect")["state"], "skipped");
        assert_eq!(w.remote.refs(), refs);
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_was_killed_is_completed_by_the_next_one() {
    let w = World::without_base();
    // The server takes the push, and then takes its time.
    w.remote.hook("pre-receive", "#!/bin/sh\nsleep 3\n");
    let mut command = w.call(&["setup", "--protect"]).into_command();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    child.kill().unwrap();
    child.wait().unwrap();
    // Whether the push landed or not, the base is whole or not there.
    std::thread::sleep(Duration::from_secs(3));
    if w.remote.try_tip("sandbox").is_some() {
        is_ready(&w);
    }
    w.remote.unhook("pre-receive");
    setup(&w, &["--protect"], 0);
    is_ready(&w);
    let report = setup(&w, &["--protect"], 0);
    assert_eq!(report["unchanged"], true, "{report:#}");
}

#[test]
fn what_half_a_run_left_is_completed() {
    let w = World::path();
    // Somebody made the base and the lines of two ledgers.
    w.remote.write(
        "sandbox",
        &[(ATTRIBUTES, Some(b"project/memory.yaml merge=union\n"))],
        "Begin",
    );
    let report = setup(&w, &["--no-policy", "--no-key"], 0);
    assert_eq!(
        states(&report),
        [
            "already", "skipped", "done", "skipped", "skipped", "skipped"
        ]
    );
    assert!(!w.env.keys().exists());
    let report = setup(&w, &[], 0);
    assert_eq!(
        states(&report),
        ["already", "done", "already", "done", "skipped", "skipped"]
    );
    assert_eq!(w.remote.changes("sandbox").len(), 1);
}

#[test]
fn two_setups_at_once_end_with_one_commit() {
    for _ in 0..3 {
        let w = World::without_base();
        let other = w.other();
        let reports: Vec<Value> = std::thread::scope(|scope| {
            let both = [&*w, &other].map(|m| scope.spawn(move || setup(m, &[], 0)));
            both.into_iter().map(|t| t.join().unwrap()).collect()
        });
        is_ready(&w);
        let made = reports.iter().filter(|r| r["commit"].is_string()).count();
        assert_eq!(made, 1, "{reports:#?}");
        for report in &reports {
            assert_ne!(step(report, "base")["state"], "failed", "{report:#}");
        }
    }
}

#[test]
fn a_dry_run_writes_nothing_anywhere() {
    let w = World::without_base();
    let files = |w: &World| {
        [
            everything(&w.remote.bare),
            everything(&w.env.config()),
            everything(&w.env.state()),
        ]
    };
    let (before, clone) = (files(&w), w.snapshot());
    let refs = w.git(&["for-each-ref"]);
    let report = setup(&w, &["--dry-run", "--protect", "--schedule", "cron"], 0);
    assert_eq!(
        states(&report),
        ["done", "done", "done", "done", "done", "done"]
    );
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["commit"], Value::Null);
    for name in ["base", "policy", "attributes", "key"] {
        let detail = text(&step(&report, name), "detail");
        assert!(detail.starts_with("would "), "{name}: {detail}");
    }
    assert_eq!(files(&w), before);
    assert_eq!(w.snapshot(), clone);
    assert_eq!(w.git(&["for-each-ref"]), refs);
    // A person sees the text that would be added.
    let out = w.aidf(&["setup", "--dry-run"]).ok();
    assert!(out.stdout.contains("+#limits:"), "{out}");
    assert!(
        out.stdout.contains("+project/memory.yaml merge=union"),
        "{out}"
    );
    assert!(
        out.stdout.lines().all(|l| l.chars().count() <= 120),
        "{out}"
    );
}

#[test]
fn a_repository_without_a_commit_is_told_to_make_one() {
    let w = World::path();
    let empty = w.env.path("empty.git");
    let path = empty.to_str().unwrap();
    w.env
        .git(&w.env.home(), &["init", "--quiet", "--bare", path]);
    w.git(&["remote", "set-url", "origin", path]);
    let out = run(&w, &["--protect"], 3);
    let report = out.json();
    assert_eq!(
        states(&report),
        ["failed", "skipped", "skipped", "done", "skipped", "skipped"]
    );
    assert!(text(&step(&report, "base"), "mend").contains("first commit"));
    assert_eq!(out.error()["kind"], "not_found");
    assert_eq!(w.env.git(&empty, &["for-each-ref"]), "");
}

#[test]
fn a_line_that_is_cut_leaves_nothing_half_made() {
    let w = World::of(Remote::new(Kind::Http, "widgets", false));
    let refs = w.remote.refs();
    w.remote.http().mode(Mode::Silent);
    let out = run(&w, &["--timeout", "2"], 9);
    assert_eq!(out.error()["retryable"], true, "{out}");
    assert_eq!(step(&out.json(), "base")["state"], "failed");
    assert_eq!(w.remote.refs(), refs);
    // The push lands, and its answer is lost: it is found, and made once.
    w.remote.http().mode(Mode::LoseAnswer);
    setup(&w, &["--timeout", "3"], 0);
    w.remote.http().mode(Mode::Serve);
    is_ready(&w);
    assert_eq!(setup(&w, &[], 0)["unchanged"], true);
}

#[test]
fn a_protected_base_refuses_in_words_and_takes_an_operators_token() {
    let guarded = Guarded::new(Kind::Path, "");
    let w = &guarded.w;
    let refs = w.remote.refs();
    let out = run(w, &[], 5);
    let report = out.json();
    assert_eq!(step(&report, "base")["state"], "already");
    let policy = step(&report, "policy");
    assert_eq!(policy["state"], "failed");
    let mend = text(&policy, "mend");
    for word in ["operator's token", "pull request", "--dry-run"] {
        assert!(mend.contains(word), "{mend}");
    }
    assert_eq!(out.error()["kind"], "denied", "{out}");
    assert_eq!(w.remote.refs(), refs);
    let call = w.call(&["setup", "--json", "--reuse-token", "-"]);
    let report = call.stdin(guarded.operator.clone()).run().ok().json();
    assert_eq!(step(&report, "policy")["state"], "done");
    is_ready(w);
    // From now on nobody needs a token to find that nothing is to be done.
    assert_eq!(setup(w, &[], 0)["unchanged"], true);
}

#[test]
fn a_sandboxs_token_does_not_set_a_repository_up() {
    let w = World::path();
    let token = text(&w.init(), "reuse_token");
    let refs = w.remote.refs();
    let call = w.call(&["setup", "--json"]).env("AIDF_REUSE_TOKEN", &token);
    let out = call.run().exits(5);
    let policy = step(&out.json(), "policy");
    assert!(
        text(&policy, "mend").contains("AIDF_REUSE_TOKEN"),
        "{policy}"
    );
    assert!(!out.all().contains(&token), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_server_of_an_unknown_kind_fails_one_step_and_the_others_are_done() {
    let w = World::of(Remote::new(Kind::Daemon, "widgets", false));
    let out = run(&w, &["--protect", "--schedule", "systemd"], 2);
    let report = out.json();
    assert_eq!(
        states(&report),
        ["done", "done", "done", "done", "failed", "done"]
    );
    assert!(text(&step(&report, "protect"), "mend").contains("--provider"));
    assert!(text(&report, "schedule").contains("[Timer]"));
    is_ready(&w);
    assert_eq!(setup(&w, &[], 0)["unchanged"], true);
}

#[test]
fn a_failure_is_told_where_the_base_alone_was_asked_for() {
    let w = World::new(Kind::Http);
    let args = [
        "--no-policy",
        "--no-attributes",
        "--no-key",
        "--timeout",
        "2",
    ];
    w.remote.http().mode(Mode::Status(503));
    let report = run(&w, &args, 9).json();
    assert_eq!(step(&report, "base")["state"], "failed");
    w.remote.http().mode(Mode::Serve);
    let refs = w.remote.refs();
    let report = setup(&w, &args, 0);
    assert_eq!(report["unchanged"], true);
    assert_eq!(w.remote.refs(), refs);
    // A base that is missing is made as it is, and that is on record.
    w.remote.git(&["branch", "-D", "sandbox"]);
    setup(&w, &args, 0);
    assert_eq!(w.remote.tip("sandbox"), w.remote.tip("main"));
    let journal = std::fs::read_to_string(w.env.state().join("aidf/journal.jsonl")).unwrap();
    assert!(journal.contains("made sandbox from main"), "{journal}");
}

#[test]
fn no_clone_is_needed() {
    let remote = Remote::new(Kind::Path, "widgets", false);
    let env = Env::new();
    let args = ["-R", &remote.url, "setup", "--protect", "--json"];
    let report = env.aidf(&env.home(), &args).ok().json();
    assert_eq!(report["commit"], remote.tip("sandbox"));
    assert_eq!(commits(&remote), 1);
    let again = env.aidf(&env.home(), &args).ok().json();
    assert_eq!(again["unchanged"], true);
}

#[test]
fn a_holder_gets_no_key() {
    let w = World::path();
    w.env.operator_config("trust: holder\n");
    let report = setup(&w, &[], 0);
    assert_eq!(step(&report, "key")["state"], "skipped");
    assert!(!w.env.keys().exists());
    assert_eq!(commits(&w.remote), 1);
}

#[test]
fn another_base_is_made_with_a_word_about_the_configuration() {
    let w = World::without_base();
    let report = setup(&w, &["--base", "team", "--protected-branch", "live/*"], 0);
    assert_eq!(report["base"], "team");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("sandbox: {base: team}"), "{warnings}");
    let policy = w.remote.text("team", POLICY);
    assert!(
        policy.contains("\nprotected_branches: ['live/*']\n"),
        "{policy}"
    );
    assert_eq!(w.remote.try_tip("sandbox"), None);
    w.env.operator_config("sandbox: {base: team}\n");
    let again = setup(&w, &[], 0);
    assert_eq!(again["unchanged"], true);
    assert_eq!(again["warnings"].as_array().unwrap().len(), 0);
    for odd in [
        ["--base", "sandbox-odd-name"],
        ["--base", "a..b"],
        ["--protected-branch", "/x"],
    ] {
        w.refuses(&[&["setup"], &odd[..]].concat(), 2);
    }
}

#[test]
fn the_entry_for_backups_is_the_one_that_backup_schedule_prints() {
    let w = World::path();
    for (name, flag) in [
        ("cron", "--cron"),
        ("systemd", "--systemd"),
        ("actions", "--actions"),
    ] {
        let report = setup(&w, &["--schedule", name], 0);
        let printed = w.json(&["backup", "schedule", flag]);
        assert_eq!(report["schedule"], printed["text"]);
    }
    assert_eq!(
        setup(&w, &["--schedule", "none"], 0)["schedule"],
        Value::Null
    );
}

#[test]
fn attributes_that_are_no_text_stay_as_they_are() {
    let w = World::path();
    w.remote
        .write("sandbox", &[(ATTRIBUTES, Some(b"\xff\xfe"))], "Odd");
    let report = setup(&w, &[], 0);
    let attributes = step(&report, "attributes");
    assert_eq!(attributes["state"], "skipped");
    assert!(attributes["mend"].is_string());
    assert_eq!(w.remote.file("sandbox", ATTRIBUTES), b"\xff\xfe");
    assert!(w.remote.try_file("sandbox", POLICY).is_some());
}

#[test]
fn a_hook_that_says_no_to_a_new_base_makes_nothing() {
    let w = World::without_base();
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\necho frozen until Monday >&2\nexit 1\n",
    );
    let refs = w.remote.refs();
    // The protection would close a base that is not there.
    let out = run(&w, &["--protect"], 5);
    let report = out.json();
    assert_eq!(
        states(&report),
        ["failed", "skipped", "skipped", "done", "skipped", "skipped"]
    );
    assert!(text(&step(&report, "base"), "detail").contains("frozen until Monday"));
    assert_eq!(w.remote.refs(), refs);
}
