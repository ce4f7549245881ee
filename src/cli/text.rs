//! Pieces of text that several commands show.

use super::ui::{Style, Text};
use aidf::ops::commit::FileChange;
use aidf::ops::log::Line;
use aidf::signature::Check;

/// `A  path  +3 -1`, one line a file.
pub fn files(text: &mut Text, files: &[FileChange]) {
    for file in files {
        let (letter, style) = match file.change {
            "added" => ("A", Style::Added),
            "deleted" => ("D", Style::Removed),
            _ => ("M", Style::Strong),
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

/// Two lines a commit: what, then when (UTC), who and how it stands.
pub fn commits(text: &mut Text, commits: &[Line]) {
    for c in commits {
        let id = text.styled(Style::Warn, &c.commit.short());
        text.line(format!("{id}  {}", text.styled(Style::Strong, &c.subject)));
        let mut facts = vec![
            c.time[..c.time.len().min(16)].replace('T', " "),
            c.committed_by.clone(),
        ];
        facts.extend(c.task_id.as_ref().map(|t| format!("task {t}")));
        facts.extend(c.agent.as_ref().map(|a| format!("agent {a}")));
        facts.push(match c.files.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        });
        let mut line = format!("            {}", text.styled(Style::Dim, &facts.join(", ")));
        match c.signature {
            Check::Good => line.push_str(&format!(", {}", text.styled(Style::Good, "signed"))),
            Check::Bad => line.push_str(&format!(", {}", text.styled(Style::Bad, "BAD SIGNATURE"))),
            Check::None => {}
        }
        text.line(line);
        if let Some(by) = c.rolled_back_by {
            text.line(format!(
                "            {}",
                text.styled(Style::Warn, &format!("rolled back by {}", by.short()))
            ));
        }
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
