//! The committed completions and man pages are what the definition gives.
//! `AIDF_BLESS=1` rewrites them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::Env;

const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "aidf.bash"),
    ("zsh", "_aidf"),
    ("fish", "aidf.fish"),
    ("elvish", "aidf.elv"),
    ("powershell", "_aidf.ps1"),
];

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn bless() -> bool {
    std::env::var_os("AIDF_BLESS").is_some_and(|v| v == "1")
}

fn pages(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        found.insert(name, text.replace("\r\n", "\n"));
    }
    found
}

#[test]
fn completions_are_the_committed_ones() {
    let env = Env::new();
    let mut stale = Vec::new();
    for (shell, file) in COMPLETIONS {
        let out = env.aidf(&env.home(), &["completions", shell]).ok();
        assert!(out.stdout.contains("aidf"), "{shell}");
        let path = here("completions").join(file);
        if bless() {
            std::fs::create_dir_all(here("completions")).unwrap();
            std::fs::write(&path, &out.stdout).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        if committed.replace("\r\n", "\n") != out.stdout {
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; AIDF_BLESS=1 rewrites them"
    );
}

#[test]
fn an_unknown_shell_is_a_usage_error() {
    let env = Env::new();
    env.aidf(&env.home(), &["completions", "tcsh-of-old"])
        .exits(2);
}

#[test]
fn man_pages_are_the_committed_ones_and_there_is_one_for_each_command() {
    let env = Env::new();
    let dir = env.path("man");
    std::fs::create_dir_all(&dir).unwrap();
    env.aidf(&env.home(), &["man", "--dir", dir.to_str().unwrap()])
        .ok();
    let made = pages(&dir);
    for page in [
        "aidf.1",
        "aidf-sandbox.1",
        "aidf-sandbox-init.1",
        "aidf-sandbox-list.1",
        "aidf-sandbox-show.1",
        "aidf-sandbox-diff.1",
        "aidf-commit.1",
        "aidf-log.1",
        "aidf-rollback.1",
        "aidf-demo.1",
        "aidf-completions.1",
    ] {
        assert!(made.contains_key(page), "no {page} in {:?}", made.keys());
    }
    if bless() {
        let _ = std::fs::remove_dir_all(here("man"));
        std::fs::create_dir_all(here("man")).unwrap();
        for (name, text) in &made {
            std::fs::write(here("man").join(name), text).unwrap();
        }
    }
    let committed = pages(&here("man"));
    let stale: Vec<&String> = made
        .keys()
        .chain(committed.keys())
        .filter(|name| made.get(*name) != committed.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; AIDF_BLESS=1 rewrites them"
    );
}

#[test]
fn help_lines_are_imperative_and_end_without_a_period() {
    let env = Env::new();
    let mut commands = vec![vec![]];
    for name in [
        "sandbox",
        "commit",
        "log",
        "rollback",
        "demo",
        "completions",
    ] {
        commands.push(vec![name]);
    }
    for name in ["init", "list", "show", "diff"] {
        commands.push(vec!["sandbox", name]);
    }
    for mut args in commands {
        args.push("-h");
        let out = env.aidf(&env.home(), &args).ok();
        for line in out.stdout.lines() {
            let ends_so = line.ends_with('.') && !line.ends_with("..") && !line.ends_with("...");
            assert!(!ends_so, "a help line with a period: {line}\n{out}");
        }
    }
}
