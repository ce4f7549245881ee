//! `aidf backup export --rotate`: old changelog entries move to archives of their
//! months, byte for byte, in one commit.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::backup_days::{DAY, date, list, now, report};
use crate::support::{CHANGELOG, Kind, MEMORY, OLD_CHANGELOG, World, entries, text};

const ARCHIVE: &str = "project/outputs/archive/changelog-2025-05.yaml";

/// The arguments of a rotation of a branch, exporting to a folder of its own.
fn rotation<'a>(branch: &'a str, age: &'a str, out: &'a str) -> Vec<&'a str> {
    vec![
        "backup",
        "export",
        "--branch",
        branch,
        "--out",
        out,
        "--rotate",
        "--older-than",
        age,
    ]
}

/// Rotates, and answers what was said of it.
#[track_caller]
fn rotated(w: &World, branch: &str, age: &str) -> Value {
    let out = w.env.path("export");
    let answer = w.json(&rotation(branch, age, out.to_str().unwrap()));
    assert_eq!(list(&answer, "rotated").len(), 1, "{answer:#}");
    assert_eq!(list(&answer, "exports").len(), 2, "exported as well");
    answer["rotated"][0].clone()
}

/// An entry as the server before wrote them.
fn entry(time: &str, message: &str) -> String {
    format!(
        "- timestamp: '{time}'\n  path: a.txt\n  task_id: null\n  committed_by: QAPod\n  message: {message}\n"
    )
}

/// Puts a changelog on a branch, with plain git.
fn put_changelog(w: &World, branch: &str, content: &[u8]) {
    w.remote
        .write(branch, &[(CHANGELOG, Some(content))], "Set the changelog");
}

#[test]
fn old_entries_move_byte_for_byte_in_one_commit() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let branch = w.sandbox();
        let before = w.remote.tip(&branch);
        let told = rotated(&w, &branch, "30d");
        let tip = w.remote.tip(&branch);
        assert_eq!(told["commit"], tip.as_str());
        assert_eq!(told["branch"], branch.as_str());
        let count = entries(OLD_CHANGELOG).len();
        assert_eq!(
            told["moved"],
            serde_json::json!([{"file": ARCHIVE, "entries": count}])
        );
        assert_eq!(told["left"], 0);
        assert_eq!(w.remote.git(&["rev-parse", &format!("{tip}^")]), before);
        assert_eq!(w.remote.file(&branch, ARCHIVE), OLD_CHANGELOG);
        // The log says what became of it, and is a log still.
        let live = entries(&w.remote.file(&branch, CHANGELOG));
        assert_eq!(live.len(), 1);
        assert_eq!(live[0]["path"], CHANGELOG);
        assert!(text(&live[0], "message").contains(&count.to_string()));
        let changed: Vec<String> = w
            .remote
            .changes(&tip)
            .into_iter()
            .map(|(_, path)| path)
            .collect();
        assert_eq!(
            changed,
            [ARCHIVE, CHANGELOG],
            "nothing else, {MEMORY} neither"
        );
        // A sandbox's commit like any other.
        assert_eq!(
            w.remote.git(&["log", "-1", "--format=%an", &branch]),
            branch
        );
        let log = w.json(&["log", &branch, "-n", "1"]);
        assert_eq!(log["commits"][0]["signature"], "good", "{log:#}");
        w.remote.is_sound();
        // What was exported is what it was before.
        let file = w
            .env
            .path("export/widgets")
            .join(&branch)
            .join("changelog.json");
        let json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(json["entries"], Value::Array(entries(OLD_CHANGELOG)));
        // Again: nothing.
        let again = rotated(&w, &branch, "30d");
        assert_eq!(again["commit"], Value::Null);
        assert_eq!(again["left"], 1);
        assert_eq!(w.remote.tip(&branch), tip);
        // And commits go on.
        w.save("a.txt", "a\n", "Add a");
        assert_eq!(entries(&w.remote.file(&branch, CHANGELOG)).len(), 2);
    }
}

#[test]
fn an_archive_is_appended_to_and_each_month_has_its_own() {
    let w = World::path();
    let branch = w.sandbox();
    rotated(&w, &branch, "30d");
    let more = [
        entry("2025-05-30T10:00:00.000000", "'Late: may'"),
        entry("2025-06-01T00:00:00.000000", "June"),
        entry("2025-06-02T00:00:00.000000", "June again"),
    ];
    let fresh = entry(
        &format!("{}T00:00:00.000000", date(now() - DAY)),
        "Yesterday",
    );
    put_changelog(&w, &branch, format!("{}{fresh}", more.concat()).as_bytes());
    let told = rotated(&w, &branch, "30d");
    assert_eq!(list(&told, "moved").len(), 2, "{told:#}");
    assert_eq!(told["left"], 1);
    assert_eq!(
        w.remote.file(&branch, ARCHIVE),
        [OLD_CHANGELOG, more[0].as_bytes()].concat()
    );
    let june = ARCHIVE.replace("-05", "-06");
    assert_eq!(w.remote.text(&branch, &june), more[1..].concat());
    let live = w.remote.text(&branch, CHANGELOG);
    assert!(live.starts_with(&fresh), "{live}");
    assert_eq!(entries(live.as_bytes()).len(), 2);
}

#[test]
fn only_what_is_old_moves_and_the_other_bytes_stay() {
    let w = World::path();
    let branch = w.sandbox();
    let at = |days: i64| format!("{}T12:00:00.000000", date(now() - days * DAY));
    let head = "# kept by hand\n";
    let young = entry(&at(3), "Young");
    let odd = "- timestamp: never\n  path: b.txt\n  message: no time\n";
    let none = "- path: c.txt\n  message: none at all\n";
    let wide = "- timestamp: '199\u{e9}-01-01T00:00:00'\n  path: d.txt\n";
    let old = entry(&at(9), "\"Old \\u2028 \u{e9}\"");
    let text = [head, &young, odd, &old, none, wide].concat();
    put_changelog(&w, &branch, text.as_bytes());
    let told = rotated(&w, &branch, "7d");
    assert_eq!(told["left"], 4, "{told:#}");
    let month = &at(9)[..7];
    let file = format!("project/outputs/archive/changelog-{month}.yaml");
    assert_eq!(w.remote.text(&branch, &file), old);
    let rest = [head, &young, odd, none, wide].concat();
    assert!(w.remote.text(&branch, CHANGELOG).starts_with(&rest));
}

#[test]
fn a_dry_run_says_what_would_move() {
    let w = World::path();
    let branch = w.sandbox();
    let refs = w.remote.refs();
    let out = w.env.path("export");
    let mut args = rotation(&branch, "30d", out.to_str().unwrap());
    args.push("--dry-run");
    let told = w.json(&args)["rotated"][0].clone();
    assert_eq!(told["dry_run"], true);
    assert_eq!(told["commit"], Value::Null);
    assert_eq!(told["moved"][0]["file"], ARCHIVE);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_protected_branch_is_not_rotated() {
    let w = World::path();
    let out = w.env.path("export");
    let out = out.to_str().unwrap();
    for branch in ["main", "sandbox"] {
        w.refuses(&rotation(branch, "30d", out), 5);
    }
    // The default branch where none is named.
    w.refuses(
        &[
            "backup",
            "export",
            "--out",
            out,
            "--rotate",
            "--older-than",
            "30d",
        ],
        5,
    );
}

#[test]
fn a_sandbox_is_rotated_with_its_token_alone() {
    let w = World::path();
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let stranger = w.other();
    let out = stranger.env.path("export");
    let mut args = rotation(&branch, "30d", out.to_str().unwrap());
    args.push("--json");
    let refs = w.remote.refs();
    let refused = stranger.aidf(&args);
    assert!(matches!(refused.code, 4 | 5), "{refused}");
    assert_eq!(w.remote.refs(), refs);
    stranger.share_key(&w);
    args.extend(["--reuse-token", &token]);
    stranger.aidf(&args).ok();
    assert_eq!(w.remote.file(&branch, ARCHIVE), OLD_CHANGELOG);
}

#[test]
fn archives_are_not_written_from_a_sandbox() {
    let w = World::path();
    w.sandbox();
    w.write("x.yaml", "- path: forged\n");
    for path in [
        "project/outputs/archive/changelog-2026-01.yaml",
        "project/outputs/archive/changelog-2025-05.yaml",
        "project/outputs/Archive/CHANGELOG-2026-01.yaml",
    ] {
        let arg = format!("{path}=x.yaml");
        w.refuses(&["commit", &arg, "-m", "Forge the past"], 5);
    }
}

#[test]
fn a_changelog_that_does_not_parse_is_left_alone() {
    let w = World::path();
    let branch = w.sandbox();
    let out = w.env.path("export");
    let args = rotation(&branch, "30d", out.to_str().unwrap());
    for (path, content) in [
        (CHANGELOG, "- path: 'no end\n"),
        (CHANGELOG, "just: a map\n"),
        (ARCHIVE, "- [unclosed\n"),
    ] {
        put_changelog(&w, &branch, OLD_CHANGELOG);
        w.remote
            .write(&branch, &[(path, Some(content.as_bytes()))], "Break it");
        w.refuses(&args, 7);
        w.remote
            .write(&branch, &[(ARCHIVE, Some(b"[]\n"))], "Mend it");
    }
}

#[test]
fn rotate_needs_a_limit_and_the_limit_needs_rotate() {
    let w = World::path();
    w.refuses(&["backup", "export", "--rotate"], 2);
    w.refuses(&["backup", "export", "--older-than", "30d"], 2);
    w.refuses(&["backup", "export", "--rotate", "--older-than", "soon"], 2);
    w.refuses(&["backup", "export", "--dry-run"], 2);
}

#[test]
fn no_entry_is_lost_while_others_write() {
    const WRITERS: usize = 4;
    const EACH: usize = 4;
    let w = World::new(Kind::Http);
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let machine = w.other();
            machine.share_key(&w);
            machine
        })
        .collect();
    let done = AtomicBool::new(false);
    let rotations = std::thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter()
            .enumerate()
            .map(|(who, machine)| {
                let token = &token;
                scope.spawn(move || {
                    for n in 0..EACH {
                        let path = format!("w{who}-{n}.txt");
                        machine.write(&path, format!("{who} {n}\n"));
                        machine.json(&[
                            "commit",
                            &path,
                            "-m",
                            &format!("Writer {who} number {n}"),
                            "--reuse-token",
                            token,
                        ]);
                    }
                })
            })
            .collect();
        let rotating = scope.spawn(|| {
            let out = w.env.path("export");
            let args = rotation(&branch, "30d", out.to_str().unwrap());
            let mut commits = 0;
            while !done.load(Ordering::SeqCst) {
                let told = w.json(&args)["rotated"][0].clone();
                commits += usize::from(!told["commit"].is_null());
            }
            commits
        });
        for thread in threads {
            thread.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
        rotating.join().unwrap()
    });
    assert_eq!(rotations, 1, "the old ones moved once");
    assert_eq!(w.remote.file(&branch, ARCHIVE), OLD_CHANGELOG);
    let live = entries(&w.remote.file(&branch, CHANGELOG));
    for who in 0..WRITERS {
        for n in 0..EACH {
            let message = format!("Writer {who} number {n}");
            let found = live.iter().filter(|e| e["message"] == message.as_str());
            assert_eq!(found.count(), 1, "{message}");
            let path = format!("w{who}-{n}.txt");
            assert_eq!(w.remote.text(&branch, &path), format!("{who} {n}\n"));
        }
    }
    assert_eq!(live.len(), WRITERS * EACH + 1);
    w.remote.is_sound();
}

#[test]
fn all_exports_each_and_says_which_could_not_be_rotated() {
    let w = World::path();
    let out = w.env.path("export");
    w.env
        .operator_config(&format!("repositories: [{{url: {}}}]\n", w.remote.url));
    let args = [
        "backup",
        "export",
        "--all",
        "--out",
        out.to_str().unwrap(),
        "--rotate",
        "--older-than",
        "30d",
    ];
    // main is protected, and nobody gave an operator's token.
    let answer = report(&w, &args, 5);
    assert!(text(&answer["repositories"][0], "error").contains("protected"));
}
