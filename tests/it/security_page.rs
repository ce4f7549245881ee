//! The page of promises names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

/// Every function of the tests, with the modules it may be named by: its file and folder.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
            continue;
        }
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let name = |p: &Path| p.file_stem().unwrap().to_string_lossy().into_owned();
        let modules = [
            name(&path),
            name(path.parent().unwrap()),
            "tests".to_owned(),
        ];
        for (at, _) in text.match_indices("#[test]") {
            let rest = &text[at..];
            let function = rest.split_once("fn ").and_then(|(_, r)| r.split_once('('));
            if let Some((function, _)) = function {
                found.extend(modules.iter().map(|m| format!("{m}::{function}")));
            }
        }
    }
}

#[test]
fn each_test_that_the_page_of_promises_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut there = BTreeSet::new();
    for folder in ["src", "tests/it", "tests/peers"] {
        tests_below(&root.join(folder), &mut there);
    }
    let named: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains("::") && *word != "module::test")
        .collect();
    assert!(named.len() > 50, "the page names {} tests", named.len());
    let gone: Vec<&&str> = named.iter().filter(|n| !there.contains(**n)).collect();
    assert!(gone.is_empty(), "no such tests: {gone:#?}");
}
