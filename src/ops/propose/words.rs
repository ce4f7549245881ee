//! The title and body of a pull request, and the commands for a server that has none.

use super::Report;
use crate::context::Context;
use crate::git::CommitId;
use crate::ops::log::Line;
use crate::words::shell_word;

/// The longest title, in characters.
const MAX_TITLE: usize = 120;
/// Commits and files that a body lists.
const MAX_LISTED: usize = 50;

/// The longest piece of somebody's text in a body, in characters: forges take 65,536 in all.
const MAX_CELL: usize = 200;

/// The newest commit's subject, or the task's name where all are of one.
pub(super) fn title(commits: &[Line], branch: &str) -> String {
    let first = commits.last().map_or("", |c| c.subject.as_str());
    let text = match commits {
        [one] => one.subject.clone(),
        _ => {
            let task = commits[0].task_id.as_ref();
            match task.filter(|t| commits.iter().all(|c| c.task_id.as_ref() == Some(t))) {
                Some(task) => format!("{task}: {first} (and {} more)", commits.len() - 1),
                None => format!("{first} (and {} more)", commits.len() - 1),
            }
        }
    };
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() && !crate::git::is_invisible(*c))
        .take(MAX_TITLE)
        .collect();
    match text.trim().is_empty() {
        true => format!("Changes of {branch}"),
        false => without_mentions(&text),
    }
}

/// A title without mentions: a forge would write to everybody whom a commit's subject names, and
/// on GitLab `@all` is everybody. An address of mail is none.
fn without_mentions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut before = out.chars().rev();
        let is_mention = before.next() == Some('@') && !before.next().is_some_and(is_of_a_word);
        if is_mention && is_of_a_word(c) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Who did what for which task, and the files.
pub(super) fn body(report: &Report, commits: &[Line]) -> String {
    let mut text = format!(
        "Proposed from `{}` at {} by aidf.\n\n| commit | by | task | what |\n|---|---|---|---|\n",
        report.branch,
        report.head.short()
    );
    for c in commits.iter().take(MAX_LISTED) {
        // What is known first, and then what is only said.
        let known = match c.known() {
            Some(known) => cell(&known),
            None => c.standing().to_owned(),
        };
        let who = match c.says() {
            Some(says) => format!("{known}, says: {}", cell(&says)),
            None => known,
        };
        text.push_str(&format!(
            "| {} | {who} | {} | {} |\n",
            c.commit.short(),
            cell(c.task_id.as_deref().unwrap_or("")),
            cell(&c.subject)
        ));
    }
    if commits.len() > MAX_LISTED {
        text.push_str(&format!(
            "\n… and {} more commits\n",
            commits.len() - MAX_LISTED
        ));
    }
    text.push_str("\nFiles:\n\n");
    for f in report.files.iter().take(MAX_LISTED) {
        let lines = match f.binary {
            true => "binary".to_owned(),
            false => format!("+{} -{}", f.added, f.removed),
        };
        text.push_str(&format!(
            "- {} {} ({lines})\n",
            f.change.name(),
            cell(&f.path)
        ));
    }
    if report.files.len() > MAX_LISTED {
        text.push_str(&format!(
            "- … and {} more\n",
            report.files.len() - MAX_LISTED
        ));
    }
    text
}

/// Text of others as one plain cell of a table: no markup, mention or link of theirs.
fn cell(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if c.is_control() || crate::git::is_invisible(c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    match plain.trim().is_empty() {
        true => String::new(),
        false => {
            let short: String = plain.trim().chars().take(MAX_CELL).collect();
            format!("`{}`", short.replace('`', "'").replace('|', "¦"))
        }
    }
}

/// What an operator runs where there is no forge.
pub(super) fn commands(cx: &Context, report: &Report, base: Option<CommitId>) -> Vec<String> {
    let (branch, to, head) = (&report.branch, &report.to, report.head);
    let remote = cx.remote.name();
    let forward = base.is_some_and(|b| cx.store.is_ancestor(b, head));
    // Without a clone of one's own, one is made for it.
    let (first, git) = match cx.store.is_cache() {
        true => {
            let address = shell_word(&cx.remote.address());
            let clone = format!("git clone {address} {branch}");
            (Some(clone), format!("git -C {branch}"))
        }
        false => (None, "git".to_owned()),
    };
    // Git refuses to push with an option to a server that takes none. Whoever may not push
    // learns nothing of it, and where a hook asks for the token it says how to send it.
    let connection = cx.remote.connect();
    let push = match connection.is_ok_and(|c| c.advertisement.takes_push_options()) {
        true => format!("{git} push -o aidf-token=OPERATOR_TOKEN {remote}"),
        false => format!("{git} push {remote}"),
    };
    let steps = match forward {
        true => vec![
            format!("{git} fetch {remote} {branch}"),
            format!("{push} {head}:refs/heads/{to}"),
        ],
        false => vec![
            format!("{git} fetch {remote} {branch} {to}"),
            format!("{git} switch --detach {remote}/{to}"),
            format!("{git} merge --no-ff -m \"Merge {branch}\" {head}"),
            format!("{push} HEAD:refs/heads/{to}"),
        ],
    };
    first.into_iter().chain(steps).collect()
}
