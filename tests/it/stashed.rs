//! Files of the branch that `git stash -u` took off the disk of a checkout whose HEAD does not
//! know them: that they are gone is no removal. What somebody removed himself is one.

use crate::support::team::{resumed, world};
use crate::support::{Machine, World};

/// A and B share a sandbox, and B's checkout is on main. A wrote `other.md` to the sandbox, and B
/// pulled it. Main has the attributes that aidf writes, so that nothing else is removed with it.
fn pulled() -> (World, Machine, String) {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("other.md", "by A\n", "Another file");
    let attributes = w.remote.file(&branch, ".gitattributes");
    w.remote
        .write("main", &[(".gitattributes", Some(&attributes))], "As aidf");
    b.git(&["pull", "--quiet"]);
    b.json(&["sandbox", "pull"]);
    assert!(has(&b));
    (w, b, branch)
}

fn has(machine: &Machine) -> bool {
    machine.clone.join("other.md").exists()
}

fn remove(machine: &Machine) {
    std::fs::remove_file(machine.clone.join("other.md")).unwrap();
}

/// As docs/day-two.md has it after a landing.
fn put_aside(w: &World, b: &Machine) {
    b.git(&["stash", "--quiet", "--include-untracked"]);
    w.remote
        .write("main", &[("docs/two.txt", Some(b"moved on\n"))], "On");
    b.git(&["pull", "--quiet"]);
    assert!(!has(b));
}

/// Writes another file with `commit -a`; whether the branch still has the first one then.
fn stays(w: &World, b: &Machine, branch: &str) -> bool {
    b.write("docs/one.txt", "work\n");
    b.json(&["commit", "-a", "-m", "Tidy"]);
    assert_eq!(w.remote.text(branch, "docs/one.txt"), "work\n");
    w.remote.try_file(branch, "other.md").is_some()
}

#[test]
fn a_switch_writes_what_git_put_aside_and_the_next_commit_removes_nothing() {
    for is_dropped in [false, true] {
        let (w, b, branch) = pulled();
        put_aside(&w, &b);
        if is_dropped {
            b.git(&["stash", "drop", "--quiet"]);
        }
        b.json(&["sandbox", "switch"]);
        assert!(has(&b));
        assert_eq!(b.git(&["status", "--porcelain"]), "");
        assert!(stays(&w, &b, &branch));
        // A file that is removed there is one that somebody removed.
        remove(&b);
        assert!(!stays(&w, &b, &branch));
    }
}

#[test]
fn a_switch_writes_over_nothing_that_took_the_place_of_what_git_put_aside() {
    let (w, b, branch) = pulled();
    put_aside(&w, &b);
    b.write("other.md", "by B\n");
    b.json(&["sandbox", "switch"]);
    let here = std::fs::read_to_string(b.clone.join("other.md")).unwrap();
    assert_eq!(here, "by B\n");
    let status = b.git(&["status", "--porcelain"]);
    assert_eq!(status.trim(), "M other.md");
    assert_eq!(w.remote.text(&branch, "other.md"), "by A\n");
}

#[test]
fn a_pull_brings_back_what_git_put_aside() {
    let (w, b, branch) = pulled();
    put_aside(&w, &b);
    let local = b.json(&["status"])["local"].to_string();
    assert!(!local.contains("deleted"), "{local}");
    b.json(&["sandbox", "pull"]);
    assert!(has(&b));
    assert!(stays(&w, &b, &branch));
    // The stash is still there, and older than what was pulled.
    remove(&b);
    assert!(!stays(&w, &b, &branch));
}

#[test]
fn a_commit_of_all_removes_nothing_that_git_put_aside() {
    let (w, b, branch) = pulled();
    b.save("mine.md", "by B\n", "A file of B's own");
    put_aside(&w, &b);
    assert!(stays(&w, &b, &branch));
    assert_eq!(w.remote.text(&branch, "mine.md"), "by B\n");
    // What was put aside is named to a removal like any other path.
    b.json(&["commit", "--rm", "other.md", "-m", "Remove it"]);
    assert!(w.remote.try_file(&branch, "other.md").is_none());
}

#[test]
fn a_pull_names_the_files_whose_removal_git_shows_to_nobody() {
    let (w, b, branch) = pulled();
    b.git(&["clean", "--quiet", "--force", "--", "other.md"]);
    let out = b.aidf(&["sandbox", "pull"]).ok();
    let command = format!("git restore --source=origin/{branch} -- :/other.md");
    assert!(out.stderr.contains(&command), "{out}");
    assert!(out.stdout.contains("but for what you removed"), "{out}");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    // It works wherever one stands.
    b.write("below/mine.txt", "mine\n");
    b.env.git(&b.clone.join("below"), &words);
    assert!(has(&b));
    assert!(!b.aidf(&["sandbox", "pull"]).ok().stderr.contains("other"));
    assert!(stays(&w, &b, &branch));
    // Whoever removes it means it.
    remove(&b);
    assert!(!stays(&w, &b, &branch));
}
