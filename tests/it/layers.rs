//! The house's layers, held over the sources themselves: git2 behind one door,
//! the terminal unknown to the library, one printer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every Rust file under `src`, with its path from there.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 10, "these are not the sources");
    found
}

fn walk(root: &Path, dir: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(root, &path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Code lines: without comments, which may name anything.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// What comes before the tests at a file's end, which may do what they like.
fn without_tests(text: &str) -> &str {
    let end = text.find("#[cfg(test)]\nmod tests");
    &text[..end.unwrap_or(text.len())]
}

/// Lines that hold one of the words outside of where they may be.
fn offenders(words: &[&str], allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in sources() {
        if allowed(&name) {
            continue;
        }
        for (n, line) in code(&text) {
            if words.iter().any(|w| has_word(line, w)) {
                found.push(format!("src/{name}:{n}: {}", line.trim()));
            }
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn git2_is_named_only_behind_its_door() {
    let found = offenders(&["git2"], |name| name.starts_with("git/"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_library_does_not_know_the_terminal() {
    let found = offenders(
        &[
            "clap",
            "dialoguer",
            "indicatif",
            "clap_complete",
            "clap_mangen",
        ],
        |name| name.starts_with("cli/") || name == "main.rs",
    );
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn there_is_one_printer() {
    let mut found = offenders(
        &[
            "println!",
            "eprintln!",
            "print!",
            "eprint!",
            "stdout()",
            "stderr()",
        ],
        // A test says its seed.
        |name| name == "cli/ui.rs" || name == "ledger/random.rs",
    );
    // Asking whether somebody looks is not printing.
    found.retain(|line| !line.contains("().is_terminal()"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn layers_are_crossed_downward_only() {
    // Who may not be named by whom: `cli -> ops -> the rest -> error`.
    let mut found = offenders(&["crate::cli::", "super::cli::"], |name| {
        name.starts_with("cli/") || name == "main.rs"
    });
    found.extend(offenders(&["crate::ops"], |name| {
        // The list of what is fuzzed calls all, and is in no build but a test's.
        name.starts_with("ops/") || name.starts_with("cli/") || name.starts_with("fuzzing/")
    }));
    found.extend(offenders(&["crate::context"], |name| {
        name.starts_with("ops/") || name.starts_with("cli/") || name == "context.rs"
    }));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_library_takes_nothing_from_the_process_it_runs_in() {
    // Two identities must be able to work side by side in one process.
    let mut found = Vec::new();
    let words = [
        "std::env::var",
        "std::env::set_var",
        "Moment::now",
        "Timestamp::now",
        "SystemTime::now",
        "Clock::of_machine",
        "rand::random",
        "rand::rng",
        "rand::make_rng",
        "io::stdin",
    ];
    for (name, text) in sources() {
        let outside = name.starts_with("cli/")
            || name.ends_with("fuzzing.rs")
            || name.starts_with("fuzzing/");
        // What they are for; a test that prints its seed; and the clock that dates the files of
        // a working copy, which is the one that stamps them.
        let known = [
            "environment.rs",
            "clock.rs",
            "ledger/random.rs",
            "ops/base/record.rs",
        ];
        if outside || known.contains(&name.as_str()) {
            continue;
        }
        for (n, line) in code(without_tests(&text)) {
            if words.iter().any(|w| line.contains(w)) {
                found.push(format!("src/{name}:{n}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_call_can_be_used_by_several_threads() {
    fn several<T: Send + Sync>() {}
    several::<aidf::context::Context>();
}

/// The modules that a file names by `crate::`, without what its tests name.
fn named_modules(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in code(without_tests(text)) {
        for (at, before) in line.match_indices("crate::") {
            let rest = &line[at + before.len()..];
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let name: String = rest.chars().take_while(|c| word(*c)).collect();
            assert!(!name.is_empty(), "name one module a line: {line}");
            found.insert(name);
        }
    }
    found
}

#[test]
fn no_modules_need_each_other_in_a_circle() {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in sources() {
        let module = name.split(['/', '.']).next().unwrap_or_default().to_owned();
        // Fuzzing calls all, and is in no build but a test's.
        let outside = ["cli", "main", "lib", "fuzzing"];
        if outside.contains(&module.as_str()) || name.ends_with("fuzzing.rs") {
            continue;
        }
        let named = named_modules(&text);
        let others = named.into_iter().filter(|n| *n != module);
        needs.entry(module.clone()).or_default().extend(others);
    }
    assert!(needs["ops"].contains("git"), "{needs:#?}");
    // What needs only what is gone already goes too: in the end nothing is left.
    loop {
        let all: BTreeSet<String> = needs.keys().cloned().collect();
        let free = needs.iter().find(|(_, n)| n.is_disjoint(&all));
        let Some(free) = free.map(|(name, _)| name.clone()) else {
            break;
        };
        needs.remove(&free);
    }
    assert!(needs.is_empty(), "a circle is among these: {needs:#?}");
}

#[test]
fn pure_rules_do_no_input_or_output_and_read_no_clock() {
    let pure = [
        "alerts.rs",
        "authority.rs",
        "backup_manifest.rs",
        "backup_name.rs",
        "bundle_manifest.rs",
        "conflict.rs",
        "denied/mod.rs",
        "denied/table.rs",
        "ref_rules.rs",
        "ref_rules/shadow.rs",
        "guards.rs",
        "names.rs",
        "policy/file.rs",
        "policy/mod.rs",
        "retention.rs",
        "seal.rs",
        "secret.rs",
        "signature.rs",
        "token.rs",
        "words.rs",
    ];
    let all = sources();
    for name in pure {
        assert!(all.iter().any(|(n, _)| n == name), "there is no {name}");
    }
    let words = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Moment::now",
        "Instant::now",
        "rand::random",
        "rand::rng",
    ];
    let mut found = Vec::new();
    for (name, text) in all {
        if !pure.contains(&name.as_str())
            && (!name.starts_with("ledger/") || name == "ledger/random.rs")
        {
            continue;
        }
        for (n, line) in code(without_tests(&text)) {
            if words.iter().any(|w| line.contains(w)) {
                found.push(format!("src/{name}:{n}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_is_secret_is_of_the_type_that_prints_none_of_it() {
    let names = [
        "token",
        "reuse_token",
        "environment_token",
        "password",
        "secret",
        "inline",
    ];
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (n, line) in code(&text) {
            let field = line.trim().trim_start_matches("pub ");
            let Some((field, kind)) = field.split_once(": ") else {
                continue;
            };
            let plain = ["String,", "Option<String>,"].contains(&kind);
            if plain && names.contains(&field) {
                found.push(format!("src/{name}:{n}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}
