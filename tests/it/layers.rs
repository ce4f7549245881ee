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
    let found = offenders(&["libgit2_sys"], |name| name == "git/filled.rs");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn refs_are_libgit2s_in_one_file_alone() {
    // In a repository that keeps its refs in tables each of these answers wrongly, or writes a
    // file that git never sees.
    let calls = [
        ".branch(",
        ".branch_remote_name(",
        ".branch_upstream_name(",
        ".branch_upstream_remote(",
        ".branches(",
        ".checkout_head(",
        ".cherrypick(",
        ".cleanup_state(",
        ".commit(Some(",
        ".fetchhead_foreach(",
        ".find_branch(",
        ".find_note(",
        ".find_reference(",
        ".find_worktree(",
        ".head_detached(",
        ".head_unborn(",
        ".hide_glob(",
        ".hide_head(",
        ".hide_ref(",
        ".mergehead_foreach(",
        ".note(",
        ".push_glob(",
        ".push_head(",
        ".push_range(",
        ".push_ref(",
        ".rebase(",
        ".reference(",
        ".reference_",
        ".references(",
        ".references_glob(",
        ".reflog",
        ".refname_to_id",
        ".reset(",
        ".reset_default(",
        ".resolve_reference_from_short_name(",
        ".revert(",
        ".revparse",
        ".set_head",
        ".stash_",
        ".tag(",
        ".tag_annotation_create(",
        ".tag_delete(",
        ".tag_foreach(",
        ".tag_lightweight(",
        ".tag_names(",
        ".transaction(",
        ".worktree(",
        ".worktrees(",
        "repo.head(",
        "repo.is_empty(",
        "repo.state(",
        "repo().head(",
        "repo().is_empty(",
        "repo().state(",
        "Branch::",
        "BranchType",
        "Reference::",
        "Reflog",
        "Worktree",
    ];
    let mut found = Vec::new();
    for (name, text) in sources() {
        // Fuzzing is in no build but a test's, and compares rules.
        if !name.starts_with("git/") || name == "git/refs/files.rs" || name.ends_with("fuzzing.rs")
        {
            continue;
        }
        for (n, line) in code(without_tests(&text)) {
            // What is asked of a name alone, of the store, and of other types of our own.
            let harmless = [
                "ConfigLevel::Worktree",
                "Reference::is_valid_name(",
                "advertisement.branch(",
                "inflate.reset(",
                "refs().set_head(",
            ];
            let line = harmless
                .iter()
                .fold(line.to_owned(), |l, h| l.replace(h, ""));
            if calls.iter().any(|c| line.contains(c)) {
                found.push(format!("src/{name}:{n}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/git/refs/files.rs");
    let files = std::fs::read_to_string(files).unwrap();
    assert!(
        files.contains(".find_reference("),
        "the calls are elsewhere"
    );
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

/// The module of a file: `git/wire/mod.rs` is `git::wire`.
fn module_of(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = name
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if parts.last().is_some_and(|p| p == "mod") {
        parts.pop();
    }
    parts
}

/// The names at the end of a path in code, `a::b::{c, d::e}` giving `a::b::c` and `a::b::d`.
fn ends_of(path: &str) -> Vec<Vec<String>> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut before, mut rest) = (Vec::new(), path);
    loop {
        if let Some(list) = rest.strip_prefix('{') {
            let list = &list[..list.find('}').unwrap_or(list.len())];
            let first = |item: &str| {
                item.trim()
                    .chars()
                    .take_while(|c| word(*c))
                    .collect::<String>()
            };
            let names = list.split(',').map(first).filter(|n| !n.is_empty());
            return names.map(|n| [before.clone(), vec![n]].concat()).collect();
        }
        let name: String = rest.chars().take_while(|c| word(*c)).collect();
        rest = &rest[name.len()..];
        before.push(name);
        match rest.strip_prefix("::") {
            Some(more) => rest = more,
            None => return vec![before],
        }
    }
}

/// The paths that a file names by `crate::` and `super::`, each from the root on, without what
/// its tests name.
fn named_paths(module: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let lines: Vec<&str> = code(without_tests(text)).map(|(_, line)| line).collect();
    let text = lines.join("\n");
    let mut found = BTreeSet::new();
    for (at, start) in text.match_indices("crate::") {
        found.extend(ends_of(&text[at + start.len()..]));
    }
    for (at, start) in text.match_indices("super::") {
        // The last one of a row tells how far up it goes.
        let rest = &text[at + start.len()..];
        if rest.starts_with("super::") {
            continue;
        }
        let before = &text[..at];
        let up = 1 + (before.len() - before.trim_end_matches("super::").len()) / "super::".len();
        let base = &module[..module.len().saturating_sub(up)];
        found.extend(
            ends_of(rest)
                .into_iter()
                .map(|path| [base.to_vec(), path].concat()),
        );
    }
    found
}

#[test]
fn no_files_need_each_other_in_a_circle() {
    let all: Vec<(Vec<String>, String)> = sources()
        .into_iter()
        // Fuzzing calls all, and is in no build but a test's; a command's file and the table of
        // commands name each other.
        .filter(|(name, _)| {
            let outside = ["cli/", "main.rs", "lib.rs", "fuzzing/"];
            !outside.iter().any(|o| name.starts_with(o)) && !name.ends_with("fuzzing.rs")
        })
        .map(|(name, text)| (module_of(&name), text))
        .collect();
    let modules: BTreeSet<Vec<String>> = all.iter().map(|(m, _)| m.clone()).collect();
    let mut needs: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (module, text) in &all {
        let others = named_paths(module, text)
            .into_iter()
            .filter_map(|mut path| {
                // The innermost file that the path leads through.
                while !path.is_empty() && !modules.contains(&path) {
                    path.pop();
                }
                // A folder's own file gathers what lies in it, and is no file of its own there.
                let above = module.starts_with(&path);
                (!path.is_empty() && !above && !path.starts_with(module)).then_some(path)
            });
        needs.entry(module.clone()).or_default().extend(others);
    }
    let git: Vec<String> = vec!["git".to_owned(), "store".to_owned()];
    assert!(!needs[&git].is_empty(), "{needs:#?}");
    // The rooms, which are the modules at the top, need each other in no circle either.
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, others) in &needs {
        let others = others.iter().map(|o| o[0].clone());
        let others = others.filter(|o| *o != module[0]);
        rooms.entry(module[0].clone()).or_default().extend(others);
    }
    for circle in [
        format!("{:#?}", in_circles(needs)),
        format!("{:#?}", in_circles(rooms)),
    ] {
        assert_eq!(circle, "{}", "a circle is among these");
    }
}

/// What is left when all is taken away that needs nothing, or only what is gone already.
fn in_circles<T: Ord + Clone>(mut needs: BTreeMap<T, BTreeSet<T>>) -> BTreeMap<T, BTreeSet<T>> {
    loop {
        let left: BTreeSet<T> = needs.keys().cloned().collect();
        let free = needs.iter().find(|(_, n)| n.is_disjoint(&left));
        let Some(free) = free.map(|(name, _)| name.clone()) else {
            return needs;
        };
        needs.remove(&free);
    }
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
        "forge/login/device.rs",
        "forge/login/refused.rs",
        "ref_rules.rs",
        "ref_rules/shadow.rs",
        "guards.rs",
        "names.rs",
        "policy/file.rs",
        "policy/mod.rs",
        "retention.rs",
        "s3/address.rs",
        "s3/refusal.rs",
        "s3/signature.rs",
        "s3/xml.rs",
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
