//! Holds every `--json` output of the binary under test to the committed schemas.

use aidf::ops::operations::{OPERATIONS, other_schemas};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Out;

/// Flags of every command that take a value of their own.
const WITH_VALUE: [&str; 6] = ["-C", "-R", "--remote", "--config", "--timeout", "--color"];
/// Commands whose `--json` is no report of an operation.
const NO_OPERATIONS: [&str; 2] = ["demo", "backup schedule"];

/// Every schema by its name. They are made once: that takes as long as some of the calls whose
/// output they are for.
pub fn all() -> &'static BTreeMap<String, Value> {
    static ALL: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    ALL.get_or_init(|| {
        let reports = OPERATIONS.iter().map(|o| (o.name, o.report_schema()));
        let all = reports.chain(other_schemas());
        all.map(|(name, schema)| (name.to_owned(), schema.to_value()))
            .collect()
    })
}

/// What is wrong with `value` as an output of the command `name`. A field that the schema
/// does not name is a fault here, though other readers are to pass it over.
pub fn faults(name: &str, value: &Value) -> Vec<String> {
    static KNOWN: OnceLock<BTreeMap<String, jsonschema::Validator>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let strict = |schema: &Value| {
            let mut schema = schema.clone();
            close(&mut schema);
            jsonschema::validator_for(&schema).expect("a schema that can be used")
        };
        let all = all().iter();
        all.map(|(name, schema)| (name.clone(), strict(schema)))
            .collect()
    });
    let Some(schema) = known.get(name) else {
        return vec![format!("there is no schema of `{name}`")];
    };
    let told = |e: jsonschema::ValidationError<'_>| format!("{name}{}: {e}", e.instance_path());
    schema.iter_errors(value).map(told).collect()
}

/// Lets no object have fields that are not named.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                fields.insert("unevaluatedProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The command of a call, as its schema is named.
fn command_of(args: &[String]) -> String {
    let mut words = Vec::new();
    let mut args = args.iter().take_while(|a| *a != "--");
    while let Some(arg) = args.next() {
        if WITH_VALUE.contains(&arg.as_str()) {
            args.next();
        } else if !arg.starts_with('-') {
            words.push(arg.as_str());
        }
    }
    let known = all();
    let two = words.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    if known.contains_key(&two) || NO_OPERATIONS.contains(&two.as_str()) {
        return two;
    }
    match words.first() {
        // The subcommand that goes without saying.
        Some(&"backup") => "backup create".to_owned(),
        Some(first) => (*first).to_owned(),
        None => String::new(),
    }
}

/// Checks what a call with `--json` printed.
pub fn check(args: &[String], out: &Out) {
    if !args
        .iter()
        .take_while(|a| *a != "--")
        .any(|a| a == "--json")
    {
        return;
    }
    let mut name = command_of(args);
    if NO_OPERATIONS.contains(&name.as_str()) {
        return;
    }
    if args.iter().any(|a| a == "--all") && name.starts_with("backup ") {
        name.push_str(" --all");
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(&out.stdout) {
        found.extend(faults(&name, &value));
    } else {
        assert!(out.code != 0 && out.stdout.is_empty(), "no JSON\n{out}");
    }
    let last = out.stderr.lines().last().unwrap_or_default();
    if out.code != 0
        && let Ok(value) = serde_json::from_str(last)
    {
        found.extend(faults("error", &value));
    }
    assert!(found.is_empty(), "{found:#?}\n{out}");
}
