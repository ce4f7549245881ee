//! The wizard of `aidf setup` on a real terminal, answered by keys.

use crate::peers::support::{Place, Terminal, have};
use std::path::{Path, PathBuf};

const ENTER: &str = "\r";
const DOWN: &str = "\u{1b}[B";

/// A remote without a base, and a clone of it.
fn world(place: &Place, name: &str) -> (PathBuf, PathBuf) {
    let remote = place.remote(name, &[]);
    place.git(&remote, &["branch", "-D", "sandbox"]);
    let clone = place.clone(remote.to_str().unwrap(), &format!("{name}-clone"));
    (remote, clone)
}

/// What the remote has: the base's tree and the settings of the server.
fn made(place: &Place, remote: &Path, base: &str) -> (String, String, bool) {
    let tree = place.git(remote, &["ls-tree", "-r", base]);
    let subject = place.git(remote, &["log", "-1", "--format=%s", base]);
    (tree, subject, remote.join("hooks/pre-receive").exists())
}

/// Asks for the end of the program by what it prints last.
fn start(place: &Place, clone: &Path, arguments: &str) -> Terminal {
    let line = format!("stty cols 200; aidf {arguments}; echo EN''DED $?");
    Terminal::start(place, clone, &line)
}

#[test]
fn the_wizard_answered_by_keys_does_what_the_flags_do() {
    if !have(&["script"]) {
        return;
    }
    let place = Place::new();
    let (asked, clone) = world(&place, "asked");
    let mut terminal = start(&place, &clone, "setup");
    terminal.shows("Branch that sandboxes fork from");
    terminal.press(&format!("\u{15}team{ENTER}"));
    terminal.shows("Make the server enforce the rules for everybody now?");
    terminal.press("y");
    terminal.shows("install the pre-receive hook");
    assert!(!asked.join("hooks/pre-receive").exists(), "before the yes");
    terminal.shows("Make these changes?");
    terminal.press("y");
    terminal.shows("Print an entry for nightly backups");
    terminal.press(&format!("{DOWN}{ENTER}"));
    terminal.shows("ENDED 0");
    let shown = terminal.shown();
    assert!(shown.contains("backup create"), "no crontab line: {shown}");
    let wanted = "aidf setup --no-input --base team --protect --schedule cron";
    assert!(shown.contains(wanted), "no command to repeat: {shown}");

    let (flagged, clone) = world(&place, "flagged");
    let words: Vec<&str> = wanted.split(' ').skip(1).collect();
    place.aidf(&clone, &words).exits(0);
    assert_eq!(made(&place, &asked, "team"), made(&place, &flagged, "team"));
    assert!(made(&place, &asked, "team").2, "the hook is not there");
}

#[test]
fn a_no_to_the_changes_leaves_the_server_and_does_the_rest() {
    if !have(&["script"]) {
        return;
    }
    let place = Place::new();
    let (remote, clone) = world(&place, "plain");
    let mut terminal = start(&place, &clone, "setup");
    terminal.shows("Branch that sandboxes fork from");
    // The defaults of all questions but one.
    terminal.press(ENTER);
    terminal.shows("Make the server enforce the rules for everybody now?");
    terminal.press(ENTER);
    terminal.shows("Make these changes?");
    terminal.press("n");
    terminal.shows("Print an entry for nightly backups");
    terminal.press(ENTER);
    terminal.shows("ENDED 0");
    let wanted = "aidf setup --no-input --base sandbox --no-protect --schedule none";
    assert!(terminal.shown().contains(wanted), "{}", terminal.shown());
    let (tree, subject, hook) = made(&place, &remote, "sandbox");
    assert!(tree.contains(".aidf.yaml") && tree.contains(".gitattributes"));
    assert!(subject.starts_with("Set aidf up"), "{subject}");
    assert!(!hook);
}

#[test]
fn a_wizard_that_is_interrupted_has_written_nothing() {
    if !have(&["script"]) {
        return;
    }
    let place = Place::new();
    let (remote, clone) = world(&place, "left");
    let before = place.git(&remote, &["for-each-ref"]);
    let mut terminal = start(&place, &clone, "setup");
    terminal.shows("Branch that sandboxes fork from");
    terminal.press(ENTER);
    terminal.shows("Make the server enforce the rules for everybody now?");
    terminal.press("\u{3}");
    // The shell on the terminal may be interrupted too, and then says nothing.
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(
        !terminal.shown().contains("ENDED 0"),
        "{}",
        terminal.shown()
    );
    assert_eq!(place.git(&remote, &["for-each-ref"]), before);
}

#[test]
fn yes_and_no_input_ask_nothing_on_a_terminal() {
    if !have(&["script"]) {
        return;
    }
    let place = Place::new();
    for (arguments, hook) in [("setup -y", true), ("setup --no-input", false)] {
        let (remote, clone) = world(&place, if hook { "yes" } else { "quiet" });
        let terminal = start(&place, &clone, arguments);
        terminal.shows("ENDED 0");
        assert!(!terminal.shown().contains('?'), "{}", terminal.shown());
        assert_eq!(made(&place, &remote, "sandbox").2, hook, "{arguments}");
    }
}
