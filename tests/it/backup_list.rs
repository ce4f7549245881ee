//! `aidf backup list` and `export`.

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

#[test]
fn each_branch_that_is_to_be_backed_up_has_an_age_of_its_own() {
    let w = World::path();
    let tip = w.remote.tip("main");
    let other = |days| format!("backup/sandbox/{}", days_ago(days));
    w.env
        .operator_config("backup:\n  branches: [main, sandbox]\n");
    let max_age = ["backup", "list", "--max-age", "3d"];
    put(&w.env, &w.remote, &[(backup_of(1), tip.clone())]);
    let out = w.aidf(&max_age).exits(8);
    assert!(out.stderr.contains("no backup of sandbox"), "{out}");
    put(&w.env, &w.remote, &[(other(9), tip.clone())]);
    let out = w.aidf(&max_age).exits(8);
    assert!(out.stderr.contains(&other(9)), "{out}");
    put(&w.env, &w.remote, &[(other(2), tip)]);
    report(&w, &max_age, 0);
    // A branch that is not in the configuration may be as old as it likes.
    w.env.operator_config("backup:\n  branches: [main]\n");
    report(&w, &["backup", "list", "--max-age", "20h"], 8);
    report(&w, &["backup", "list", "--max-age", "2d"], 0);
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
    assert_eq!(said.code, 7, "{said}");
    assert_eq!(said.error()["kind"], "integrity");
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
    assert_eq!(said.code, 7, "{said}");
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
