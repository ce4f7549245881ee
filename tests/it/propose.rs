//! `aidf propose` for a server without a forge: the difference, the guards, and commands
//! that an operator can run as they are.

use serde_json::Value;

use crate::support::{CHANGELOG, Guarded, Kind, MEMORY, Machine, World, text};

const POLICY: &str = "propose: {auto_approve_lines: 5}\npaths: {allow: ['.github/workflows/**', '.husky/**', '.aidf.yaml'], deny: ['Secret/**']}\n";

/// A repository whose policy approves proposals of under five lines.
fn world() -> World {
    let w = World::path();
    for branch in ["main", "sandbox"] {
        w.remote
            .write(branch, &[(".aidf.yaml", Some(POLICY.as_bytes()))], "Policy");
    }
    w
}

/// The guards that do not agree.
fn against(report: &Value) -> Vec<String> {
    let guards = report["guards"].as_array().unwrap();
    assert!(!guards.is_empty(), "{report:#}");
    guards
        .iter()
        .filter(|g| g["ok"] == false)
        .map(|g| text(g, "guard"))
        .collect()
}

/// What the guards say of a sandbox that saved two lines by aidf, and then this by plain
/// git on the server; the guard on signatures, which that flips each time, is left out.
#[track_caller]
fn after(change: impl Fn(&World, &str)) -> Vec<String> {
    let w = world();
    let branch = w.sandbox();
    w.save("docs/a.md", "one\ntwo\n", "Add two lines");
    change(&w, &branch);
    let report = w.json(&["propose", "--to", "sandbox"]);
    let mut found = against(&report);
    found.retain(|g| g != "signed");
    found
}

#[test]
fn a_small_plain_change_is_agreed_to_by_every_guard_and_still_left_to_an_operator() {
    let w = world();
    let branch = w.sandbox();
    w.save("docs/a.md", "1\n2\n3\n4\n", "Add four lines");
    let refs = w.remote.refs();
    let report = w.json(&["propose", "--to", "sandbox"]);
    assert_eq!(against(&report), Vec::<String>::new(), "{report:#}");
    for (field, value) in [
        ("branch", branch.as_str()),
        ("to", "sandbox"),
        ("provider", "bare"),
        ("repo_name", "widgets"),
        ("head", &w.remote.tip(&branch)),
        ("fork_point", &w.remote.tip("sandbox")),
    ] {
        assert_eq!(report[field], value, "{field}");
    }
    assert_eq!(report["approval"], Value::Null);
    assert_eq!(report["url"], Value::Null);
    assert!(text(&report, "patch").contains("+4\n"));
    assert!(report["files"].to_string().contains("docs/a.md"));
    assert_eq!(w.remote.refs(), refs, "a proposal moves nothing");
    // Under five: five are too many.
    w.save("docs/a.md", "1\n2\n3\n4\n5\n", "Add a fifth");
    assert_eq!(against(&w.json(&["propose", "--to", "sandbox"])), ["lines"]);
    // Counted over the whole branch, however small each step was.
    w.save("docs/a.md", "", "Take all back");
    w.save("docs/b.md", "1\n2\n3\n", "Three elsewhere");
    assert_eq!(
        against(&w.json(&["propose", "--to", "sandbox"])),
        Vec::<String>::new()
    );
}

#[test]
fn without_the_policys_word_nothing_is_approved_and_the_operator_may_only_lower_it() {
    let w = World::path();
    w.sandbox();
    w.save("docs/a.md", "one\n", "Add a line");
    let base = ["propose", "--to", "sandbox"];
    assert_eq!(against(&w.json(&base)), ["enabled", "lines"]);
    // What the base has and main lacks is a part of what main would get.
    let to_main = against(&w.json(&["propose"]));
    assert_eq!(to_main, ["enabled", "lines", "signed"]);
    w.env
        .operator_config("policy: {propose: {auto_approve_lines: 100}}\n");
    assert_eq!(against(&w.json(&base)), ["enabled", "lines"]);
    let w = world();
    w.sandbox();
    w.save("docs/a.md", "1\n2\n3\n", "Three lines");
    w.env
        .operator_config("policy: {propose: {auto_approve_lines: 2}}\n");
    assert_eq!(against(&w.json(&["propose", "--to", "sandbox"])), ["lines"]);
}

#[test]
fn each_surprise_is_found_by_its_guard() {
    let none: Vec<String> = Vec::new();
    assert_eq!(after(|_, _| {}), none);
    let write = |path: &'static str, bytes: &'static [u8]| {
        after(move |w, b| {
            w.remote.write(b, &[(path, Some(bytes))], "Surprise");
        })
    };
    assert_eq!(write("docs/b.md", b"three\n"), none);
    assert_eq!(write("x.bin", b"\0\x01\x02"), ["binary"]);
    // Allowed to be written, and still no small plain change.
    assert_eq!(write(".github/workflows/x.yml", b"on: push\n"), ["paths"]);
    assert_eq!(write(".GitHub/Workflows/x.yml", b"on: push\n"), ["paths"]);
    assert_eq!(write(".gitlab-ci.yml", b"a: b\n"), ["paths"]);
    assert_eq!(write(".husky/pre-commit", b"id\n"), ["paths"]);
    assert_eq!(write("CODEOWNERS", b"* @a\n"), ["paths"]);
    assert_eq!(write("docs/.gitattributes", b"* -diff\n"), ["paths"]);
    assert_eq!(
        write(".aidf.yaml", b"propose: {auto_approve_lines: 5}\n"),
        ["paths"]
    );
    assert_eq!(write(".husky", b"x\n"), ["paths"]);
    assert_eq!(write("secret/a.txt", b"x\n"), ["paths"]);
    assert_eq!(write("SECRET", b"x\n"), ["paths"]);
    // Thousands of statements that are one line, or one long line.
    let statements = "id;\r".repeat(5000).leak().as_bytes();
    assert_eq!(write("run.js", statements), ["lines", "text"]);
    let long = "id; ".repeat(5000).leak().as_bytes();
    assert_eq!(write("run.js", long), ["lines"]);
    let turned = "if admin\u{202e} {\n".as_bytes();
    assert_eq!(write("run.js", turned), ["text"]);
    assert_eq!(write("run.js", "a\u{2028}b\n".as_bytes()), ["text"]);
    assert_eq!(write("run.js", b"caf\xe9\n"), ["text"]);
    assert_eq!(write("docs/a\u{200b}.md", b"x\n"), ["text"]);
    assert_eq!(write("docs/a\u{7f}.md", b"x\n"), ["text"]);
    assert_eq!(write("docs/b.md", b"\ta\r\nb\r\n"), none);
    let modes = |path: &'static str, mode: &'static str, bytes: &'static [u8]| {
        after(move |w, b| {
            w.remote
                .write_modes(b, &[(path, mode, Some(bytes))], "Surprise");
        })
    };
    assert_eq!(modes("run.sh", "100755", b"id\n"), ["mode"]);
    assert_eq!(modes("link", "120000", b"/etc/passwd"), ["mode"]);
    assert_eq!(modes(".husky", "120000", b"docs"), ["mode", "paths"]);
    let commit = "1".repeat(40).leak();
    assert_eq!(modes("module", "160000", commit.as_bytes())[0], "mode");
    // The mode alone, with not a line changed.
    let readme = b"# Widgets\n\nCounts words.\n";
    assert_eq!(modes("README.md", "100755", readme), ["mode"]);
    let renamed = after(|w, b| {
        let guide = w.remote.file(b, "docs/guide.md");
        w.remote.write(
            b,
            &[("docs/guide.md", None), ("docs/manual.md", Some(&guide))],
            "Rename",
        );
    });
    assert_eq!(renamed, ["rename"]);
}

#[test]
fn ledgers_alone_or_rewritten_are_no_small_change() {
    // Its own entries come with each commit; older ones must stay.
    let rewritten = after(|w, b| {
        let log = w
            .remote
            .text(b, CHANGELOG)
            .replacen("message: ", "message: not ", 1);
        w.remote
            .write(b, &[(CHANGELOG, Some(log.as_bytes()))], "Rewrite");
    });
    assert_eq!(rewritten, ["ledgers"]);
    for path in [CHANGELOG, MEMORY] {
        for bytes in [None, Some(b"not: a list\n".as_slice())] {
            let found = after(|w, b| {
                w.remote.write(b, &[(path, bytes)], "Spoil it");
            });
            assert_eq!(found, ["ledgers"], "{path} {bytes:?}");
        }
    }
    // A file that only looks like one of aidf's own archives is looked at, too.
    let archive = "project/outputs/archive/changelog-2020-01.yaml";
    let found = after(|w, b| {
        w.remote
            .write(b, &[(archive, Some(b"#!/bin/sh\nid\n"))], "Hide it");
    });
    assert_eq!(found, ["ledgers"]);
    // Nor is one that reads as a ledger and has another name, or is far too long.
    for (path, entries) in [
        ("project/outputs/archive/changelog-evil.yaml", 1),
        ("project/outputs/archive/changelog-evil.yaml", 100_000),
        ("project/outputs/archive/changelog-2020-01.yaml", 200),
        ("project/Memory.yaml", 1),
        (CHANGELOG, 200),
        (MEMORY, 200),
    ] {
        let found = after(|w, b| {
            let mut bytes = w.remote.try_file(b, path).unwrap_or_default();
            bytes.extend("- path: x\n".repeat(entries).into_bytes());
            w.remote.write(b, &[(path, Some(&bytes))], "Carry it");
        });
        assert_eq!(found, ["ledgers"], "{path} {entries}");
    }
    let found = after(|w, b| {
        let mut log = w.remote.text(b, CHANGELOG);
        log.push_str(&format!(
            "- path: x\n  message: {}\n",
            "id; ".repeat(10_000)
        ));
        w.remote
            .write(b, &[(CHANGELOG, Some(log.as_bytes()))], "Carry it");
    });
    assert_eq!(found, ["ledgers"], "in one line");
    let w = world();
    let branch = w.sandbox();
    let mut log = w.remote.text(&branch, CHANGELOG);
    log.push_str("- timestamp: '2026-11-22T00:00:00.000000'\n  path: x\n  message: y\n");
    w.remote.write(
        &branch,
        &[(CHANGELOG, Some(log.as_bytes()))],
        "Ledger alone",
    );
    let found = against(&w.json(&["propose", "--to", "sandbox"]));
    assert_eq!(found, ["content", "signed"]);
}

#[test]
fn a_commit_that_did_not_come_through_aidf_is_found() {
    let w = world();
    let branch = w.sandbox();
    w.save("docs/a.md", "one\n", "Add a line");
    w.remote
        .write(&branch, &[("docs/b.md", Some(b"two\n"))], "By plain git");
    assert_eq!(
        against(&w.json(&["propose", "--to", "sandbox"])),
        ["signed"]
    );
    // Nor does a forged trailer help.
    let w = world();
    let branch = w.sandbox();
    let forged = format!("Add\n\nAidf-Committed-By: {branch}\nAidf-Signature: v1 aaaaaaaa bm8=\n");
    w.remote
        .write(&branch, &[("docs/b.md", Some(b"two\n"))], &forged);
    assert_eq!(
        against(&w.json(&["propose", "--to", "sandbox"])),
        ["signed"]
    );
}

#[test]
fn where_no_key_can_tell_the_signatures_are_not_taken_for_good() {
    let w = world();
    let branch = w.sandbox();
    w.save("docs/a.md", "one\n", "Add a line");
    let report = w.other().json(&["propose", &branch, "--to", "sandbox"]);
    assert_eq!(against(&report), ["signed"]);
    let guards = report["guards"].to_string();
    assert!(
        guards.contains("no key to check signatures with"),
        "{report:#}"
    );
}

#[test]
fn a_branch_that_anybody_writes_does_not_hide_the_difference() {
    let w = world();
    let branch = w.sandbox();
    w.remote
        .write(&branch, &[("run.js", Some(b"1\n2\n3\n4\n5\n6\n"))], "Much");
    // All of it but two lines is on the other branch already.
    w.remote.git(&[
        "update-ref",
        "refs/heads/feature",
        &format!("refs/heads/{branch}"),
    ]);
    w.git(&["pull", "--quiet", "origin", &branch]);
    w.save("docs/a.md", "one\ntwo\n", "Add two lines");
    let report = w.json(&["propose", "--to", "feature"]);
    assert_eq!(against(&report), ["target"], "{report:#}");
    let found = against(&w.json(&["propose", "--to", "sandbox"]));
    assert_eq!(found, ["lines", "signed"]);
}

/// Runs the commands of a report in a clone, as an operator with a token would.
fn run(report: &Value, machine: &Machine, token: &str) {
    let commands = report["commands"].as_array().unwrap();
    assert!(!commands.is_empty(), "{report:#}");
    for command in commands {
        let line = command.as_str().unwrap();
        assert!(line.starts_with("git "), "{line}");
        let line = line.replace("OPERATOR_TOKEN", token);
        let mut shell = machine.env.command("sh", &machine.clone);
        let out = shell.args(["-c", &line]).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{line}: {said}");
    }
}

#[test]
fn the_commands_carry_the_sandbox_to_main_when_an_operator_runs_them() {
    for moved in [false, true] {
        let g = Guarded::new(Kind::Http, "");
        let opened = g.w.json(&["sandbox", "init", "--base", "main"]);
        let branch = text(&opened, "branch");
        g.w.save("docs/a.md", "one\n", "Add a line");
        if moved {
            g.w.remote
                .write("main", &[("m.txt", Some(b"m\n"))], "Meanwhile");
        }
        let bob = g.w.other();
        let report = g.w.json(&["propose", "--provider", "bare"]);
        assert_eq!(report["to"], "main");
        let commands = report["commands"].to_string();
        assert!(!commands.contains("aidf2."), "{commands}");
        run(&report, &bob, &g.operator);
        let main = g.w.remote.tip("main");
        g.w.remote.git(&[
            "merge-base",
            "--is-ancestor",
            &g.w.remote.tip(&branch),
            &main,
        ]);
        assert_eq!(g.w.remote.text("main", "docs/a.md"), "one\n");
        assert_eq!(g.w.remote.try_file("main", "m.txt").is_some(), moved);
        assert_eq!(g.w.remote.tip(&branch) == main, !moved);
        // And now there is nothing left to propose.
        let again = g.w.json(&["propose", "--provider", "bare"]);
        assert!(
            text(&again, "message").contains("nothing to propose"),
            "{again}"
        );
        assert_eq!(again["guards"].as_array().unwrap().len(), 0);
        assert_eq!(again["commands"].as_array().unwrap().len(), 0);
        g.w.remote.is_sound();
    }
}

#[test]
fn the_commands_send_a_token_only_where_the_server_takes_one() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("docs/a.md", "one\n", "Add a line");
    let bob = w.other();
    let takes = ["config", "receive.advertisePushOptions"];
    let takes = |word: &str| w.remote.git(&[&takes[..], &[word]].concat());
    takes("false");
    let propose = ["propose", "--to", "main", "--provider", "bare"];
    let report = w.json(&propose);
    let commands = report["commands"].to_string();
    assert!(!commands.contains("aidf-token"), "{commands}");
    let land = format!("aidf land {branch} --to main");
    assert!(text(&report, "message").contains(&land), "{report:#}");
    w.remote
        .git(&["config", "receive.advertisePushOptions", "true"]);
    let with_options = w.json(&propose);
    let commands = with_options["commands"].to_string();
    assert!(
        commands.contains("-o aidf-token=OPERATOR_TOKEN"),
        "{commands}"
    );
    // Plain git carries it there as it stands.
    w.remote
        .git(&["config", "receive.advertisePushOptions", "false"]);
    run(&report, &bob, "");
    assert_eq!(w.remote.text("main", "docs/a.md"), "one\n");
}

#[test]
fn without_a_clone_the_commands_make_one() {
    for moved in [false, true] {
        let g = Guarded::new(Kind::Http, "");
        let opened = g.w.json(&["sandbox", "init", "--base", "main"]);
        let branch = text(&opened, "branch");
        g.w.save("docs/a.md", "one\n", "Add a line");
        if moved {
            g.w.remote
                .write("main", &[("m.txt", Some(b"m\n"))], "Meanwhile");
        }
        let url = g.w.remote.url.clone();
        let args = ["-R", &url, "propose", &branch, "--provider", "bare"];
        let report = g.w.json(&args);
        let nowhere = Machine::bare(&g.w.remote);
        run(&report, &nowhere, &g.operator);
        assert_eq!(g.w.remote.text("main", "docs/a.md"), "one\n");
    }
}

#[test]
fn what_cannot_be_proposed_is_told_by_its_kind() {
    let w = World::path();
    w.refuses(&["propose"], 2);
    let branch = w.sandbox();
    let empty = w.json(&["propose", "--to", "sandbox"]);
    assert!(
        text(&empty, "message").contains("nothing to propose"),
        "{empty}"
    );
    w.save("a.txt", "a\n", "Add");
    w.refuses(&["propose", "--to", "nosuch"], 3);
    w.refuses(&["propose", "sandbox-no-such"], 3);
    w.refuses(&["propose", "main"], 2);
    w.refuses(&["propose", "sandbox-../../x"], 2);
    // A dry run says the same, and an answer for people names the branch.
    let out = w.aidf(&["propose", "--dry-run"]).ok();
    for word in [branch.as_str(), "+a", "enabled", "$ git fetch"] {
        assert!(out.stdout.contains(word), "{word}\n{out}");
    }
}

#[test]
fn a_hostile_commit_message_is_plain_text_in_title_and_body() {
    let w = world();
    let branch = w.sandbox();
    let evil = [
        "`whoami` | **bold** | @everyone #1",
        "\u{1b}[31mred\u{202e}evil\u{200b}",
        "![x](http://evil.example/x.png) <img src=x onerror=alert(1)>",
        "``` \n\n| a | b |",
        &"long ".repeat(20_000),
    ];
    for (n, message) in evil.iter().enumerate() {
        w.remote.write(
            &branch,
            &[(&format!("f{n}|`@x`.txt"), Some(b"x\n"))],
            message,
        );
        let report = w.json(&["propose", "--to", "sandbox"]);
        let (title, body) = (text(&report, "title"), text(&report, "body"));
        for hidden in ['\u{1b}', '\u{202e}', '\u{200b}'] {
            assert!(!title.contains(hidden), "{title:?}");
            assert!(!body.contains(hidden), "{body:?}");
        }
        assert!(
            !title.contains('\n') && title.chars().count() <= 120,
            "{title}"
        );
        assert!(!title.contains("@everyone"), "{title}");
        assert!(body.len() < 60_000, "{} bytes", body.len());
        for line in body.lines() {
            // What they wrote is in code, and code is closed on its line.
            assert_eq!(line.matches('`').count() % 2, 0, "{line}");
            let outside: String = line.split('`').step_by(2).collect();
            for mark in ["@", "![", "<img", "**", "http"] {
                assert!(!outside.contains(mark), "{mark} in {line}");
            }
            if line.starts_with("| ") {
                assert_eq!(line.matches('|').count(), 5, "{line}");
            }
        }
        let people = w.aidf(&["propose", "--to", "sandbox"]).ok();
        assert!(!people.all().contains('\u{1b}'), "an escape is printed");
    }
}
