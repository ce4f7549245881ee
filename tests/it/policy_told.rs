//! `aidf policy`: what is in force, who set it, and what it says of a path.

use serde_json::Value;

use crate::support::World;

/// Puts a policy on the base branch.
fn set(w: &World, policy: &str) {
    let ann = w.other();
    ann.git(&["checkout", "--quiet", "sandbox"]);
    ann.write(".aidf.yaml", policy);
    ann.git(&["add", ".aidf.yaml"]);
    ann.git(&["commit", "--quiet", "-m", "Set the policy"]);
    ann.git(&["push", "--quiet", "origin", "sandbox"]);
}

/// The values and sources of a rule.
fn rule(report: &Value, name: &str) -> Vec<(String, String)> {
    let rules = report["rules"].as_array().unwrap().iter();
    let of = rules.filter(|r| r["rule"] == name);
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    of.map(|r| (text(&r["value"]), text(&r["source"])))
        .collect()
}

fn one(report: &Value, name: &str) -> (String, String) {
    let found = rule(report, name);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0].clone()
}

#[test]
fn each_rule_is_told_with_its_value_and_who_set_it() {
    let w = World::path();
    let plain = w.json(&["policy", "show"]);
    let own = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(one(&plain, "limits.files"), own("no limit", "default"));
    assert_eq!(one(&plain, "sandbox.idle_days"), own("90", "default"));
    assert_eq!(one(&plain, "alerts.large_diff"), own("warn", "default"));
    assert!(rule(&plain, "protected_branches").contains(&own("main", "default")));

    set(
        &w,
        "protected_branches: ['release/*']\npaths: {deny: ['infra/**'], allow: ['.github/x.yml']}\nlimits: {files: 9, lines: 50}\nalerts: {possible_secret: refuse}\n",
    );
    let config = w.env.path("strict.yaml");
    let stricter = "policy: {limits: {files: 5, lines: 99}, paths: {deny: ['secret/**']}, alerts: {large_diff: refuse}, ledgers: {required: true}}\n";
    std::fs::write(&config, stricter).unwrap();
    let config = config.to_str().unwrap();
    let report = w.json(&["policy", "show", "--config", config]);
    assert_eq!(report["commit"], w.remote.tip("sandbox").as_str());
    assert_eq!(one(&report, "limits.files"), own("5", "operator"));
    assert_eq!(one(&report, "limits.lines"), own("50", "repository"));
    assert_eq!(
        rule(&report, "paths.deny"),
        [own("infra/**", "repository"), own("secret/**", "operator")]
    );
    assert_eq!(
        rule(&report, "paths.allow"),
        [own(".github/x.yml", "repository")]
    );
    assert_eq!(
        one(&report, "alerts.possible_secret"),
        own("refuse", "repository")
    );
    assert_eq!(one(&report, "alerts.large_diff"), own("refuse", "operator"));
    assert_eq!(one(&report, "ledgers.required"), own("true", "operator"));
    assert!(rule(&report, "protected_branches").contains(&own("release/*", "repository")));
}

#[test]
fn a_check_says_of_each_path_what_a_commit_would_come_to() {
    let w = World::path();
    set(&w, "paths: {deny: ['infra/**']}\n");
    w.sandbox();
    let fine = w.json(&["policy", "check", "docs/a.md", "src/b.rs"]);
    assert_eq!(fine["paths"][0]["allowed"], true);
    let paths = [
        "docs/a.md",
        "infra/x.tf",
        ".github/workflows/ci.yml",
        "project/memory.yaml",
    ];
    let mut args = vec!["policy", "check", "--json"];
    args.extend(paths);
    let out = w.aidf(&args);
    assert_eq!(out.code, 5, "{out}");
    let report: Value = serde_json::from_str(out.stdout.lines().next().unwrap()).unwrap();
    let said: Vec<bool> = report["paths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["allowed"].as_bool().unwrap())
        .collect();
    assert_eq!(said, [true, false, false, false]);
    assert!(
        report["paths"][1]["why"]
            .as_str()
            .unwrap()
            .contains("infra/**")
    );
    assert!(
        report["paths"][2]["todo"]
            .as_str()
            .unwrap()
            .contains("allow")
    );
    // A commit says the same.
    for path in &paths[1..] {
        w.write(path, "x\n");
        assert_eq!(w.aidf(&["commit", path, "-m", "Try"]).code, 5, "{path}");
    }
    let main = w.aidf(&["policy", "check", "a.md", "--branch", "main"]);
    assert_eq!(main.code, 5, "{main}");
    assert!(main.all().contains("main is protected"), "{main}");
}
