//! The committed completions and man pages, read by the programs they are for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::have;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a program that must succeed and answers what it printed.
#[track_caller]
fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .env("LANG", "C.UTF-8")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{program} {args:?}: {said}{complained}"
    );
    assert_eq!(complained, "", "{program} {args:?}");
    said
}

#[test]
fn bash_reads_its_completions_and_offers_the_commands() {
    if !have(&["bash"]) {
        return;
    }
    let file = here("completions/aidf.bash");
    let file = file.to_str().unwrap();
    run("bash", &["-n", file]);
    let script = "source \"$1\"; complete -p aidf >/dev/null; \
                  COMP_WORDS=(aidf sand); COMP_CWORD=1; _aidf aidf sand aidf; \
                  echo \"${COMPREPLY[@]}\"";
    assert_eq!(
        run("bash", &["--norc", "-c", script, "bash", file]).trim(),
        "sandbox"
    );
}

#[test]
fn zsh_reads_its_completions() {
    if !have(&["zsh"]) {
        return;
    }
    run(
        "zsh",
        &["-f", "-n", here("completions/_aidf").to_str().unwrap()],
    );
    // Loaded the way a user's fpath does, without anything of the user's.
    let script = "fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; \
                  print -r -- ${_comps[aidf]}";
    let folder = here("completions");
    assert_eq!(
        run(
            "zsh",
            &["-f", "-c", script, "zsh", folder.to_str().unwrap()]
        )
        .trim(),
        "_aidf"
    );
}

#[test]
fn fish_reads_its_completions_and_offers_the_commands() {
    if !have(&["fish"]) {
        return;
    }
    let file = here("completions/aidf.fish");
    let file = file.to_str().unwrap();
    run("fish", &["--no-config", "--no-execute", file]);
    let script = format!("source '{file}'; complete -C 'aidf sand'");
    let offered = run("fish", &["--no-config", "-c", &script]);
    assert!(
        offered.lines().any(|l| l.starts_with("sandbox")),
        "{offered}"
    );
}

fn man_pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(here("man"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    pages.retain(|p| p.extension().is_some_and(|e| e == "1"));
    assert!(!pages.is_empty());
    pages
}

#[test]
fn mandoc_finds_no_error_in_the_man_pages() {
    if !have(&["mandoc"]) {
        return;
    }
    for page in man_pages() {
        // Warnings are about its taste in spacing, which is the generator's.
        run(
            "mandoc",
            &["-T", "lint", "-W", "error", page.to_str().unwrap()],
        );
    }
}

#[test]
fn man_shows_every_page_without_a_warning() {
    if !have(&["man", "groff"]) {
        return;
    }
    for page in man_pages() {
        let shown = run(
            "man",
            &["--warnings=w", "-E", "UTF-8", "-l", page.to_str().unwrap()],
        );
        assert!(
            shown.contains("NAME") && shown.contains("SYNOPSIS"),
            "{}",
            page.display()
        );
    }
}
