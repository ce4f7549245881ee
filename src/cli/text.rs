//! Pieces of text that several commands show.

use super::ui::{Style, Text, visible};
use aidf::guards::Guard;
use aidf::ops::commit::ChangeKind;
use aidf::ops::commit::FileChange;
use aidf::ops::join::Merged;
use aidf::ops::log::Line;
use aidf::ops::rolled_back::{Brought, Kept};
use aidf::signature::Check;
use aidf::words;

/// Files that are listed without --verbose.
pub const LISTED: usize = 20;

/// The files of a write: a few by name, many by their number.
pub fn written(text: &mut Text, all: &[FileChange]) {
    if all.len() <= LISTED || text.verbose {
        return files(text, all);
    }
    let count = |change: ChangeKind| all.iter().filter(|f| f.change == change).count();
    let all_kinds = [ChangeKind::Added, ChangeKind::Modified, ChangeKind::Deleted];
    let kinds = all_kinds.map(|c| (count(c), c.name()));
    let kinds = kinds.iter().filter(|(n, _)| *n > 0);
    let kinds: Vec<String> = kinds.map(|(n, c)| format!("{n} {c}")).collect();
    let (plus, minus) = all
        .iter()
        .fold((0, 0), |(p, m), f| (p + f.added, m + f.removed));
    text.line(format!(
        "  {} files: {}, +{plus} -{minus}; see them with --verbose",
        all.len(),
        kinds.join(", ")
    ));
}

/// `A  path  +3 -1`, one line a file.
pub fn files(text: &mut Text, files: &[FileChange]) {
    for file in files {
        let (letter, style) = match file.change {
            ChangeKind::Added => ("A", Style::Added),
            ChangeKind::Deleted => ("D", Style::Removed),
            ChangeKind::Modified => ("M", Style::Strong),
        };
        let count = if file.binary {
            "binary".to_owned()
        } else {
            let plus = if file.added > 0 {
                text.styled(Style::Added, &format!("+{}", file.added))
            } else {
                String::new()
            };
            let minus = if file.removed > 0 {
                text.styled(Style::Removed, &format!("-{}", file.removed))
            } else {
                String::new()
            };
            format!("{plus} {minus}").trim().to_owned()
        };
        text.line(format!(
            "  {}  {}  {count}",
            text.styled(style, letter),
            super::ui::visible(&file.path)
        ));
    }
}

/// How far the facts of a commit stand from the left, and how wide a terminal is.
const INDENT: usize = 12;
const WIDTH: usize = 80;

/// Some lines a commit: what; when (UTC) and whether it is signed; who it is known to be
/// by; and what its writer says. Only after `says:` stands what anybody can claim.
pub fn commits(text: &mut Text, branch: &str, commits: &[Line]) {
    let indent = " ".repeat(INDENT);
    for c in commits {
        let id = text.styled(Style::Warn, &c.commit.short());
        text.line(format!("{id}  {}", text.styled(Style::Strong, &c.subject)));
        let when = c.time[..c.time.len().min(16)].replace('T', " ");
        let files = words::count(c.files.len(), "file", "files");
        let style = match c.signature {
            Check::Good => Style::Good,
            Check::Bad => Style::Bad,
            Check::None | Check::Unknown => Style::Warn,
        };
        let when = text.styled(Style::Dim, &format!("{when}, {files}"));
        let standing = text.styled(style, c.standing());
        text.line(format!("{indent}{when}, {standing}"));
        let mut lines = Vec::new();
        if let Some(mut known) = c.known() {
            let to = c.written_to.as_deref().filter(|to| *to != branch);
            if let Some(to) = to.filter(|to| *to != c.author) {
                known.push_str(&format!(", on {to}"));
            }
            lines.push(format!("by {known}"));
        }
        let task = c.task().map(|task| format!("task {task}"));
        let said: Vec<String> = c.says().into_iter().chain(task).collect();
        if !said.is_empty() {
            lines.push(format!("says: {}", said.join(", ")));
        }
        let width = INDENT + lines.join(", ").chars().count();
        match width > WIDTH {
            true => lines
                .iter()
                .for_each(|l| text.line(format!("{indent}{}", text.styled(Style::Dim, l)))),
            false if lines.is_empty() => {}
            false => text.line(format!(
                "{indent}{}",
                text.styled(Style::Dim, &lines.join(", "))
            )),
        }
        if let Some(by) = c.rolled_back_by {
            text.line(format!(
                "{indent}{}",
                text.styled(Style::Warn, &format!("rolled back by {}", by.short()))
            ));
        }
    }
}

/// One sentence: what was done, or that nothing was to be done.
pub fn outcome(text: &mut Text, unchanged: bool, message: &str) {
    let style = match unchanged {
        true => Style::Strong,
        false => Style::Good,
    };
    text.line(text.styled(style, message));
}

/// The commits that a merge brought, one line each.
pub fn merged(text: &mut Text, merged: &[Merged], count: usize) {
    const SHOWN: usize = 10;
    for m in merged.iter().take(SHOWN) {
        let id = text.styled(Style::Warn, &m.commit.short());
        text.line(format!("  {id}  {}", super::ui::visible(&m.subject)));
    }
    if count > SHOWN {
        text.line(format!("  and {} more", count - SHOWN));
    }
}

/// The work that a sandbox keeps, though the branch `from` had rolled it back.
pub fn kept(text: &mut Text, from: &str, kept: &[Kept]) {
    for one in kept {
        named(text, "kept ", &one.paths, one.count);
        let landed: Vec<String> = one.landed.iter().rev().map(|id| id.short()).collect();
        text.line(format!(
            "  {from} rolled this back by {}; to let it go here too: aidf rollback {}",
            one.rolled_back_by.short(),
            landed.join(" ")
        ));
    }
}

/// The work of a branch that comes again, though the sandbox had rolled it back.
pub fn brought_again(text: &mut Text, brought: &[Brought]) {
    for one in brought {
        named(text, "again", &one.paths, one.count);
        text.line(format!(
            "  {} had rolled this back here",
            one.rolled_back_by.short()
        ));
    }
}

/// Some paths, one line each, of so many.
fn named(text: &mut Text, what: &str, paths: &[String], count: usize) {
    const SHOWN: usize = 10;
    for path in paths.iter().take(SHOWN) {
        text.line(format!("  {what} {}", super::ui::visible(path)));
    }
    if count > SHOWN {
        text.line(format!("  and {} more", count - SHOWN));
    }
}

/// What each guard says.
pub fn guards(text: &mut Text, guards: &[Guard]) {
    for g in guards {
        let (style, mark) = match g.ok {
            true => (Style::Good, "yes"),
            false => (Style::Warn, "no "),
        };
        text.line(format!(
            "  {}  {:8}  {}",
            text.styled(style, mark),
            g.guard.name(),
            super::ui::visible(&g.detail)
        ));
    }
}

/// A patch in git's format, with its colours.
pub fn patch(text: &mut Text, patch: &str) {
    for line in patch.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => Style::Added,
            Some(b'-') => Style::Removed,
            Some(b'@') => Style::Dim,
            Some(b'd' | b'i' | b'n' | b'r' | b's' | b'o') => Style::Strong,
            _ => {
                text.block(&format!("{}\n", super::ui::visible(line)));
                continue;
            }
        };
        text.block(&format!("{}\n", text.styled(style, line)));
    }
}

/// `text` in lines of at most `width` characters, broken between words.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The day on which a token ends; most end later if they are used.
pub fn end(time: &str, for_good: bool) -> String {
    let day = visible(time.get(..10).unwrap_or(time));
    match for_good {
        true => day,
        false => format!("{day} unless it is used"),
    }
}

/// A line of a list of checks or steps: `head`, which takes `start` columns, and what was seen;
/// below it, what to do.
pub fn checked(
    out: &mut Text,
    (head, start): (&str, usize),
    seen: &str,
    dim: bool,
    mend: Option<&str>,
) {
    let indent = " ".repeat(start);
    for (at, part) in wrapped(&visible(seen), WIDTH - start).iter().enumerate() {
        let before = if at == 0 { head } else { &indent };
        let part = match dim {
            true => out.styled(Style::Dim, part),
            false => part.clone(),
        };
        out.line(format!("{before}{part}"));
    }
    let mend = mend.map(visible).unwrap_or_default();
    for (at, part) in wrapped(&mend, WIDTH - start - 3).iter().enumerate() {
        let mark = if at == 0 { "-> " } else { "   " };
        out.line(format!("{indent}{mark}{}", out.styled(Style::Strong, part)));
    }
}
