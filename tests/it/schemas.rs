//! The committed schemas are those of the types, so that a program can be written against
//! them. `AIDF_BLESS=1` rewrites them. That what the commands print is as they say is
//! checked wherever a test calls one with `--json` (support/schema.rs).

use aidf::ops::operations::{OPERATIONS, find, other_schemas};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::schema;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

/// Every schema under its file's name.
fn wanted() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut add = |name: &str, what: &str, schema: Value| {
        let name = name.replace(" --", "-").replace(' ', "-");
        let text = serde_json::to_string_pretty(&schema).unwrap();
        found.insert(format!("{name}{what}.json"), format!("{text}\n"));
    };
    for operation in OPERATIONS {
        add(
            operation.name,
            ".request",
            operation.request_schema().to_value(),
        );
        add(
            operation.name,
            ".report",
            operation.report_schema().to_value(),
        );
    }
    for (name, schema) in other_schemas() {
        let what = if name == "error" { "" } else { ".report" };
        add(name, what, schema.to_value());
    }
    found
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let wanted = wanted();
    if std::env::var_os("AIDF_BLESS").is_some_and(|v| v == "1") {
        let _ = std::fs::remove_dir_all(folder());
        std::fs::create_dir_all(folder()).unwrap();
        for (name, text) in &wanted {
            std::fs::write(folder().join(name), text).unwrap();
        }
    }
    let mut committed = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        committed.insert(name, text.replace("\r\n", "\n"));
    }
    let names = |all: &BTreeMap<String, String>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&committed),
        names(&wanted),
        "AIDF_BLESS=1 rewrites them"
    );
    let stale: Vec<&String> = wanted
        .iter()
        .filter(|(name, text)| committed.get(*name) != Some(text))
        .map(|(name, _)| name)
        .collect();
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; AIDF_BLESS=1 rewrites them"
    );
}

#[test]
fn a_schema_refuses_what_is_no_such_report() {
    let conflict = json!({"error": {
        "kind": "conflict", "message": "m", "hint": null, "retryable": false,
    }});
    assert_eq!(schema::faults("error", &conflict), Vec::<String>::new());
    for (path, value) in [
        ("/error/kind", json!("sorry")),
        ("/error/message", json!(7)),
        ("/error/retryable", json!(null)),
    ] {
        let mut wrong = conflict.clone();
        *wrong.pointer_mut(path).unwrap() = value;
        assert_eq!(schema::faults("error", &wrong).len(), 1, "{path}");
    }
    let mut more = conflict.clone();
    more["error"]["surprise"] = json!(1);
    assert!(!schema::faults("error", &more).is_empty());
}

#[test]
fn every_command_that_reports_is_an_operation() {
    // A command of the table that is none of the help, or the other way round, is a slip.
    assert!(find("commit").is_some() && find("sandbox init").is_some());
    let mut names: Vec<&str> = OPERATIONS.iter().map(|o| o.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), OPERATIONS.len(), "two operations of one name");
}

/// The values that a schema's definition allows.
fn allowed(schema: &Value, definition: &str) -> BTreeSet<String> {
    let of = &schema["$defs"][definition];
    let plain = of["enum"].as_array().into_iter().flatten();
    let told = of["oneOf"].as_array().into_iter().flatten();
    let all = plain.chain(told.clone().map(|o| &o["const"]));
    let all = all.chain(told.flat_map(|o| o["enum"].as_array().into_iter().flatten()));
    all.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

#[test]
fn what_people_read_is_called_as_in_the_schemas() {
    use aidf::forge::Rule;
    use aidf::guards::GuardName;
    use aidf::ops::commit::ChangeKind;
    use aidf::ops::doctor;
    let report = |name: &str| find(name).unwrap().report_schema().to_value();
    let names = |all: &[&str]| all.iter().map(|n| n.to_string()).collect::<BTreeSet<_>>();
    let changes = [ChangeKind::Added, ChangeKind::Modified, ChangeKind::Deleted];
    assert_eq!(
        allowed(&report("commit"), "ChangeKind"),
        names(&changes.map(ChangeKind::name))
    );
    let rules = [
        Rule::Review,
        Rule::NoForce,
        Rule::NoDeletion,
        Rule::SignedCommits,
        Rule::StatusChecks,
        Rule::CodeOwners,
        Rule::CreateOnly,
        Rule::HolderOnly,
    ];
    assert_eq!(
        allowed(&report("protect check"), "Rule"),
        names(&rules.map(Rule::name))
    );
    let looked = other_schemas();
    let looked = looked.iter().find(|(name, _)| *name == "doctor").unwrap();
    let subjects = doctor::Subject::ALL.iter();
    let subjects = subjects.map(|s| s.name().replace(' ', "_")).collect();
    assert_eq!(allowed(&looked.1.clone().to_value(), "Subject"), subjects);
    let guards = [
        GuardName::Enabled,
        GuardName::Lines,
        GuardName::Content,
        GuardName::Binary,
        GuardName::Text,
        GuardName::Mode,
        GuardName::Rename,
        GuardName::Paths,
        GuardName::Ledgers,
        GuardName::Signed,
        GuardName::Target,
        GuardName::Pinned,
        GuardName::Draft,
    ];
    assert_eq!(
        allowed(&report("propose"), "GuardName"),
        names(&guards.map(GuardName::name))
    );
}
