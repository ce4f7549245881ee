//! `aidf backup list`, `export` and `schedule`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::backup_days::{DAY, backup_of, days_ago, each, list, now, put, report, stamp};
use crate::support::{
    CHANGELOG, Kind, MEMORY, OLD_CHANGELOG, OLD_MEMORY, ROLLBACKS, World, entries, text,
};

#[test]
fn backups_are_listed_newest_first() {
    let w = World::path();
    let (main, sandbox) = (w.remote.tip("main"), w.remote.tip("sandbox"));
    let noon = (now() / DAY - 2) * DAY + 43_200;
    let wanted = [
        (backup_of(0), "main", &main),
        (
            format!("backup/sandbox/{}", days_ago(1)),
            "sandbox",
            &sandbox,
        ),
        (format!("backup/{}", stamp(noon)), "main", &sandbox),
        (backup_of(2), "main", &main),
        (format!("backup/a/b/{}", days_ago(40)), "a/b", &main),
    ];
    let all: Vec<(String, String)> = wanted
        .iter()
        .map(|(name, _, commit)| (name.clone(), (*commit).clone()))
        .collect();
    put(&w.env, &w.remote, &all);
    let answer = report(&w, &["backup", "list"], 0);
    assert_eq!(list(&answer, "backups").len(), wanted.len());
    for (said, (name, branch, commit)) in list(&answer, "backups").iter().zip(&wanted) {
        assert_eq!(said["name"], name.as_str());
        assert_eq!(said["branch"], *branch);
        assert_eq!(said["commit"], commit.as_str());
        let time = text(said, "time");
        let day = name.rsplit('/').next().unwrap();
        assert!(
            time.starts_with(&day[..10]) && time.ends_with('Z'),
            "{time}"
        );
    }
    assert!(text(&answer["backups"][2], "time").contains("T12:00:00"));
    let out = w.aidf(&["backup", "list"]).ok();
    let place = |name: &str| {
        out.stdout
            .find(name)
            .unwrap_or_else(|| panic!("{name}\n{out}"))
    };
    assert!(place(&wanted[0].0) < place(&wanted[1].0));
    assert!(place(&wanted[1].0) < place(&wanted[4].0));
}

#[test]
fn a_list_is_one_connection_and_works_without_a_clone() {
    let w = World::new(Kind::Http);
    w.json(&["backup"]);
    w.remote.reset();
    let home = w.env.home();
    let out = w
        .env
        .aidf(&home, &["-R", &w.remote.url, "backup", "list", "--json"])
        .ok();
    assert_eq!(each(&out.json(), "backups", "name"), [backup_of(0)]);
    assert_eq!(w.remote.connections(), 1);
}

#[test]
fn no_backups_is_an_empty_list() {
    let w = World::path();
    let answer = report(&w, &["backup", "list"], 0);
    assert_eq!(answer["backups"], serde_json::json!([]));
}

#[test]
fn an_old_newest_is_a_finding() {
    let w = World::path();
    let tip = w.remote.tip("main");
    // None at all is one too.
    let answer = report(&w, &["backup", "list", "--max-age", "2d"], 8);
    assert_eq!(answer["backups"], serde_json::json!([]), "printed before");
    put(
        &w.env,
        &w.remote,
        &[(backup_of(5), tip.clone()), (backup_of(9), tip)],
    );
    for age in ["36h", "2d", "4d", "95h"] {
        let answer = report(&w, &["backup", "list", "--max-age", age], 8);
        assert_eq!(list(&answer, "backups").len(), 2, "printed before");
    }
    for age in ["1w", "6d", "145h"] {
        report(&w, &["backup", "list", "--max-age", age], 0);
    }
    w.json(&["backup"]);
    report(&w, &["backup", "list", "--max-age", "36h"], 0);
    let text = w.aidf(&["backup", "list", "--max-age", "36h"]).ok();
    assert!(text.stdout.contains(&backup_of(0)), "{text}");
}

#[test]
fn an_age_that_is_none_is_a_usage_error() {
    let w = World::path();
    for age in ["", "soon", "3", "-2d", "2x"] {
        w.refuses(&["backup", "list", &format!("--max-age={age}")], 2);
    }
}

/// Where a ledger of a branch is exported to.
fn exported(out: &Path, branch: &str, name: &str) -> PathBuf {
    out.join("widgets").join(branch).join(name)
}

/// The longest list in a JSON value: a ledger's entries.
fn longest(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => {
            // A list of entries is what is looked for, not a list within an entry.
            if items.iter().all(Value::is_object) {
                return items.clone();
            }
            items
                .iter()
                .map(longest)
                .max_by_key(Vec::len)
                .unwrap_or_default()
        }
        Value::Object(map) => map
            .values()
            .map(longest)
            .max_by_key(Vec::len)
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The exported entries have to be the ledger's, in some stable order.
#[track_caller]
fn holds(file: &Path, ledger: &[u8]) {
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(
        json.to_string().contains("schema"),
        "the schema is named in {}",
        file.display()
    );
    let said = longest(&json);
    let wanted = entries(ledger);
    assert_eq!(said.len(), wanted.len(), "{}", file.display());
    for entry in &wanted {
        for (key, value) in entry.as_object().unwrap() {
            if value.is_string() && !key.contains("time") {
                assert!(
                    said.iter().any(|s| s[key] == *value),
                    "{key}: {value} in {}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn ledgers_are_exported_as_json() {
    let w = World::path();
    let branch = w.history(3);
    w.json(&["rollback", "--last", "1", "--reason", "For the ledger"]);
    let out = w.env.path("export");
    let dir = out.to_str().unwrap();
    let refs = w.remote.refs();
    let args = [
        "backup", "export", "--branch", "main", "--branch", &branch, "--out", dir,
    ];
    w.json(&args);
    assert_eq!(w.remote.refs(), refs);
    holds(&exported(&out, "main", "changelog.json"), OLD_CHANGELOG);
    holds(&exported(&out, "main", "memory.json"), OLD_MEMORY);
    for (name, ledger) in [
        ("changelog.json", CHANGELOG),
        ("memory.json", MEMORY),
        ("rollbacks.json", ROLLBACKS),
    ] {
        holds(
            &exported(&out, &branch, name),
            &w.remote.file(&branch, ledger),
        );
    }
    // The same again, byte for byte.
    let file = exported(&out, &branch, "changelog.json");
    let first = std::fs::read(&file).unwrap();
    w.json(&args);
    assert_eq!(std::fs::read(&file).unwrap(), first);
    w.clone_is_sound();
}

#[test]
fn the_default_branch_is_exported_into_the_current_folder_or_the_named_one() {
    let w = World::path();
    let out = w.env.path("export");
    w.json(&["backup", "export", "--out", out.to_str().unwrap()]);
    assert!(exported(&out, "main", "changelog.json").exists());
    assert!(exported(&out, "main", "memory.json").exists());
}

/// Every file under a folder.
fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn a_ledger_that_does_not_parse_is_reported_and_exported_as_it_is() {
    let w = World::path();
    let broken = b"- path: a.txt\n  message: 'no end\n- [unclosed\n\tmarker-of-the-broken-one\n";
    w.remote
        .write("main", &[(CHANGELOG, Some(broken))], "Break the ledger");
    let out = w.env.path("export");
    let said = w.aidf(&["backup", "export", "--out", out.to_str().unwrap(), "--json"]);
    assert!(matches!(said.code, 0 | 7), "{said}");
    assert!(
        said.all().contains(CHANGELOG) || said.all().contains("changelog"),
        "it is reported\n{said}"
    );
    let mut all = Vec::new();
    files(&out, &mut all);
    let as_it_is = all.iter().any(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes == broken
            || serde_json::from_slice::<Value>(&bytes)
                .is_ok_and(|v| v.to_string().contains("marker-of-the-broken-one"))
    });
    assert!(as_it_is, "{all:?}");
    // The others are exported as ever.
    holds(&exported(&out, "main", "memory.json"), OLD_MEMORY);
}

#[test]
fn a_ledger_that_is_no_text_is_not_altered_silently() {
    let w = World::path();
    let broken = b"- path: a.txt\n  message: \"caf\xe9\"\n";
    w.remote
        .write("main", &[(CHANGELOG, Some(broken))], "Latin-1");
    let out = w.env.path("export");
    let said = w.aidf(&["backup", "export", "--out", out.to_str().unwrap(), "--json"]);
    assert!(matches!(said.code, 0 | 7), "{said}");
    assert!(
        said.json()["warnings"].to_string().contains("changelog"),
        "it is reported\n{said}"
    );
}

#[test]
fn an_export_of_a_branch_that_is_not_there_is_not_found() {
    let w = World::path();
    let out = w.env.path("export");
    w.refuses(
        &[
            "backup",
            "export",
            "--branch",
            "nowhere",
            "--out",
            out.to_str().unwrap(),
        ],
        3,
    );
}

#[test]
fn a_branch_with_a_slash_is_a_folder_in_a_folder_and_stays_inside() {
    let w = World::path();
    w.remote.git(&["branch", "team/x", "main"]);
    let out = w.env.path("export");
    let dir = out.to_str().unwrap();
    w.json(&["backup", "export", "--branch", "team/x", "--out", dir]);
    assert!(exported(&out, "team/x", "changelog.json").exists());
    // A branch cannot lead out of the folder.
    let said = w.aidf(&[
        "backup", "export", "--branch", "../../x", "--out", dir, "--json",
    ]);
    assert!(matches!(said.code, 2 | 3), "{said}");
}

#[test]
fn a_schedule_is_printed_for_cron_systemd_and_actions() {
    let w = World::path();
    let cron = w.aidf(&["backup", "schedule", "--cron"]).ok().stdout;
    let line = cron
        .lines()
        .find(|l| !l.starts_with('#') && l.contains("backup"))
        .unwrap_or_else(|| panic!("no line: {cron}"));
    let fields: Vec<&str> = line.split_whitespace().collect();
    for field in &fields[..5] {
        assert!(
            field
                .chars()
                .all(|c| c.is_ascii_digit() || "*/,-".contains(c)),
            "{line}"
        );
    }
    // cron knows neither the folder nor the PATH of the one who asked.
    assert!(line.contains(env!("CARGO_BIN_EXE_aidf")), "{line}");
    assert!(line.contains(w.clone.to_str().unwrap()), "{line}");
    let unescaped = line.replace("\\%", "");
    assert!(!unescaped.contains('%'), "cron ends a line at %: {line}");

    let systemd = w.aidf(&["backup", "schedule", "--systemd"]).ok().stdout;
    for part in [
        "[Service]",
        "ExecStart=",
        "[Timer]",
        "OnCalendar=",
        "[Install]",
    ] {
        assert!(systemd.contains(part), "{part} in {systemd}");
    }
    let start = systemd
        .lines()
        .find_map(|l| l.strip_prefix("ExecStart="))
        .unwrap();
    assert!(
        start.starts_with('/') || start.starts_with("\"/"),
        "{start}"
    );

    let actions = w.aidf(&["backup", "schedule", "--actions"]).ok().stdout;
    let workflow: Value = serde_saphyr::from_str(&actions).unwrap();
    assert!(
        workflow["on"]["schedule"][0]["cron"].is_string(),
        "{actions}"
    );
    let jobs = workflow["jobs"].as_object().unwrap();
    assert!(!jobs.is_empty());
    assert!(
        actions
            .lines()
            .any(|l| l.contains("aidf") && l.contains("backup create")),
        "{actions}"
    );
    assert_eq!(
        workflow["permissions"]["contents"]
            .as_str()
            .or_else(|| jobs.values().next().unwrap()["permissions"]["contents"].as_str()),
        Some("write"),
        "{actions}"
    );
}

#[test]
fn a_schedule_of_two_kinds_at_once_or_none_is_a_usage_error() {
    let w = World::path();
    w.refuses(&["backup", "schedule", "--cron", "--systemd"], 2);
    w.refuses(&["backup", "schedule"], 2);
}
