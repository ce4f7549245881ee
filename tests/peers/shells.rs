//! The committed completions and man pages, used by the programs they are for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers::support::{Place, Terminal, have};

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
fn the_shells_find_no_mistake_in_their_completions() {
    for (shell, arguments, file) in [
        ("bash", &["-n"][..], "completions/aidf.bash"),
        ("zsh", &["-f", "-n"], "completions/_aidf"),
        (
            "fish",
            &["--no-config", "--no-execute"],
            "completions/aidf.fish",
        ),
    ] {
        if have(&[shell]) {
            let file = here(file);
            run(shell, &[arguments, &[file.to_str().unwrap()]].concat());
        }
    }
}

#[test]
fn zsh_finds_its_completions_in_a_folder() {
    if !have(&["zsh"]) {
        return;
    }
    // Loaded the way a user's fpath does, without anything of the user's.
    let script = "fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; \
                  print -r -- ${_comps[aidf]}";
    let folder = here("completions");
    let folder = folder.to_str().unwrap();
    let found = run("zsh", &["-f", "-c", script, "zsh", folder]);
    assert_eq!(found.trim(), "_aidf");
}

/// Types a line with TABs at a real shell, and looks which line that made.
#[track_caller]
fn types(terminal: &mut Terminal, number: usize, keys: &str, line: &str) {
    terminal.press(keys);
    // To the start of the line, whose words are then printed. What is typed is shown too, but
    // with the quotes.
    terminal.press(&format!("\u{1}echo LI''NE{number}: \r"));
    terminal.shows(&format!("LINE{number}: {line}"));
}

/// TAB at a shell that has loaded its script by `load`.
fn a_tab_completes_in(shell: &str, command: &str, load: &str) {
    if !have(&[shell, "script"]) {
        return;
    }
    let place = Place::new();
    let remote = place.remote("widgets", &[]);
    let clone = place.clone(remote.to_str().unwrap(), "clone");
    let opened = place.aidf(&clone, &["sandbox", "init", "--name", "tabby", "--json"]);
    opened.exits(0);
    fs::write(clone.join("a.txt"), "a\n").unwrap();
    let task = "$(touch pwned)";
    let commit = ["commit", "a.txt", "-m", "Add a", "--task-id", task];
    place.aidf(&clone, &commit).exits(0);
    // The shell must not find the file that a TAB could complete in place of a branch.
    fs::remove_file(clone.join("a.txt")).unwrap();

    let mut terminal = Terminal::start(&place, &clone, command);
    terminal.press(&format!("{load}\recho LOA''DED\r"));
    terminal.shows("LOADED");
    types(
        &mut terminal,
        1,
        "aidf sandbox show sand\t",
        "aidf sandbox show sandbox-tabby",
    );
    types(
        &mut terminal,
        2,
        "aidf commit --branch=sandbox-t\t",
        "aidf commit --branch=sandbox-tabby",
    );
    // The name of a task is a stranger's, and must not become a command.
    types(
        &mut terminal,
        3,
        "aidf log --task-id \t",
        "aidf log --task-id $(touch pwned)",
    );
    types(&mut terminal, 4, "aidf sand\t", "aidf sandbox");
    assert!(!clone.join("pwned").exists(), "the name was carried out");
}

#[test]
fn a_tab_in_bash_completes_a_branch_of_the_clone() {
    let file = here("completions/aidf.bash");
    let load = format!("source '{}'", file.display());
    a_tab_completes_in("bash", "bash --norc --noprofile -i", &load);
}

#[test]
fn a_tab_in_zsh_completes_a_branch_of_the_clone() {
    let folder = here("completions");
    let load = format!(
        "fpath=('{}' $fpath); autoload -Uz compinit; compinit -D -u; bindkey -e",
        folder.display()
    );
    a_tab_completes_in("zsh", "zsh -f -i", &load);
}

#[test]
fn a_tab_in_fish_completes_a_branch_of_the_clone() {
    let file = here("completions/aidf.fish");
    let load = format!("source '{}'", file.display());
    a_tab_completes_in("fish", "fish --no-config -i", &load);
}

#[test]
fn the_script_that_aidf_prints_is_one_to_load_at_the_start_of_a_shell() {
    let load = "source <(aidf completions zsh)";
    let start = "autoload -Uz compinit; compinit -D -u; bindkey -e";
    a_tab_completes_in("zsh", "zsh -f -i", &format!("{start}; {load}"));
    let load = "source <(aidf completions bash)";
    a_tab_completes_in("bash", "bash --norc --noprofile -i", load);
    let load = "aidf completions fish | source";
    a_tab_completes_in("fish", "fish --no-config -i", load);
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
