//! `aidf agents install`: a text between marker lines in the files that agents read.

use serde_json::Value;

use crate::support::{World, text};

const FILES: [&str; 4] = [
    "CLAUDE.md",
    "AGENTS.md",
    ".cursor/rules/aidf.mdc",
    ".github/copilot-instructions.md",
];

fn changes(report: &Value) -> Vec<(String, String)> {
    let files = report["files"].as_array().unwrap().iter();
    files
        .map(|f| (text(f, "path"), text(f, "change")))
        .collect()
}

fn read(w: &World, path: &str) -> String {
    std::fs::read_to_string(w.clone.join(path)).unwrap()
}

#[test]
fn without_apply_it_is_told_what_would_be_written_and_nothing_is() {
    let w = World::path();
    let before = w.snapshot();
    let report = w.json(&["agents", "install"]);
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["unchanged"], false);
    let added = FILES.map(|f| (f.to_owned(), "added".to_owned()));
    assert_eq!(changes(&report), added);
    assert!(text(&report, "text").contains("AIDF_REUSE_TOKEN"));
    let out = w.aidf(&["agents", "install"]).ok();
    assert!(out.stdout.contains("aidf commit"), "{out}");
    assert_eq!(w.snapshot(), before);
}

#[test]
fn with_apply_each_file_has_the_text_and_a_second_time_nothing_changes() {
    let w = World::path();
    let report = w.json(&["agents", "install", "--apply"]);
    let block = text(&report, "text");
    for file in FILES {
        assert!(read(&w, file).contains(&block), "{file}");
    }
    let rule = read(&w, ".cursor/rules/aidf.mdc");
    assert!(rule.starts_with("---\n"), "{rule}");
    assert!(rule.contains("\nalwaysApply: true\n---\n"), "{rule}");
    let before = FILES.map(|f| read(&w, f));
    let again = w.json(&["agents", "install", "--apply"]);
    assert_eq!(again["unchanged"], true);
    assert_eq!(FILES.map(|f| read(&w, f)), before);
}

#[test]
fn the_text_names_the_default_branch_and_its_commands_run() {
    let mut w = World::path();
    w.remote.git(&["branch", "-m", "main", "trunk"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    w.clone_again();
    let block = text(&w.json(&["agents", "install", "--apply"]), "text");
    assert!(read(&w, "AGENTS.md").contains(&block));
    assert!(!block.contains("main"), "{block}");
    w.sandbox();
    let command = block.split('`').find(|code| code.contains("sync --from"));
    let words: Vec<&str> = command.unwrap().split(' ').skip(1).collect();
    w.aidf(&words).ok();
}

#[test]
fn a_clone_that_does_not_know_the_default_branch_asks_and_else_says_so() {
    let w = World::path();
    w.git(&["remote", "set-head", "origin", "--delete"]);
    let gone = w.remote.bare.with_extension("gone");
    std::fs::rename(&w.remote.bare, &gone).unwrap();
    let report = w.json(&["agents", "install"]);
    assert!(text(&report, "text").contains("--from main`"));
    let warned = report["warnings"].to_string();
    assert!(
        warned.contains("the default branch is not known"),
        "{warned}"
    );
    std::fs::rename(&gone, &w.remote.bare).unwrap();
    w.remote.git(&["branch", "-m", "main", "trunk"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let report = w.json(&["agents", "install"]);
    assert!(text(&report, "text").contains("--from trunk`"));
}

#[test]
fn only_the_agents_that_are_named_get_a_file() {
    let w = World::path();
    w.json(&[
        "agents", "install", "--for", "codex", "--for", "claude", "--apply",
    ]);
    for (file, there) in FILES.iter().zip([true, true, false, false]) {
        assert_eq!(w.clone.join(file).exists(), there, "{file}");
    }
    w.refuses(&["agents", "install", "--for", "somebody"], 2);
}

#[test]
fn what_is_outside_of_the_marker_lines_stays_to_the_byte() {
    let w = World::path();
    w.write("CLAUDE.md", "# Ours\r\n\r\nBe brief.");
    w.json(&["agents", "install", "--for", "claude", "--apply"]);
    let once = read(&w, "CLAUDE.md");
    assert!(once.starts_with("# Ours\r\n\r\nBe brief.\r\n"), "{once:?}");
    // Somebody writes after it, and an older version of the text stands there.
    let older = once.replace("Write to this repository", "Scribble") + "After.";
    w.write("CLAUDE.md", &older);
    let report = w.json(&["agents", "install", "--for", "claude", "--apply"]);
    assert_eq!(changes(&report)[0].1, "modified");
    assert_eq!(read(&w, "CLAUDE.md"), once + "After.");
}

#[test]
fn marker_lines_that_do_not_match_are_refused_and_no_file_is_written() {
    let w = World::path();
    w.write("AGENTS.md", "<!-- aidf: begin -->\nhalf\n");
    w.refuses(&["agents", "install", "--apply"], 6);
    assert!(!w.clone.join("CLAUDE.md").exists());
    assert_eq!(read(&w, "AGENTS.md"), "<!-- aidf: begin -->\nhalf\n");
}

#[cfg(unix)]
#[test]
fn a_symlink_is_refused_and_what_it_leads_to_stays() {
    use std::os::unix::fs::symlink;
    let w = World::path();
    let outside = w.env.path("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("notes.md"), "mine\n").unwrap();
    symlink(outside.join("notes.md"), w.clone.join("CLAUDE.md")).unwrap();
    w.refuses(&["agents", "install", "--apply"], 5);
    assert_eq!(
        std::fs::read_to_string(outside.join("notes.md")).unwrap(),
        "mine\n"
    );
    assert!(!w.clone.join("AGENTS.md").exists(), "all or nothing");
    // A folder on the way counts too.
    symlink(&outside, w.clone.join(".cursor")).unwrap();
    w.refuses(&["agents", "install", "--for", "cursor", "--apply"], 5);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    w.json(&["agents", "install", "--for", "codex", "--apply"]);
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    w.write("AGENTS.md", "# Ours\n");
    let file = w.clone.join("AGENTS.md");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    w.json(&["agents", "install", "--for", "codex", "--apply"]);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn from_a_folder_of_the_clone_the_files_at_its_top_are_written() {
    let w = World::path();
    let below = w.clone.join("docs");
    std::fs::create_dir_all(&below).unwrap();
    let args = ["agents", "install", "--for", "codex", "--apply"];
    w.env.aidf(&below, &args).ok();
    assert!(w.clone.join("AGENTS.md").exists());
    assert!(!below.join("AGENTS.md").exists());
}

#[test]
fn without_a_working_tree_it_is_a_usage_error() {
    let w = World::path();
    let url = w.url.clone();
    w.refuses(&["-R", &url, "agents", "install"], 2);
}

#[test]
fn a_sandbox_may_not_write_the_files() {
    let w = World::path();
    w.sandbox();
    w.json(&["agents", "install", "--apply"]);
    for file in FILES {
        w.refuses(&["commit", file, "-m", "Instruct the agents"], 5);
    }
}

#[test]
fn the_guide_has_the_same_text() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("src/ops/agents/instructions.md")).unwrap();
    let guide = std::fs::read_to_string(root.join("docs/for-agents.md")).unwrap();
    let plain = |t: String| t.replace("\r\n", "\n");
    assert!(plain(guide).contains(&plain(text)));
}
