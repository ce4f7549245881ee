//! A YAML list of mappings as text, with the place of each item.

use crate::error::{Error, Kind, Result};
use crate::yaml;
use serde::Deserialize;
use std::ops::Range;

/// A ledger file, read and checked.
pub struct Ledger {
    text: String,
    items: Vec<Range<usize>>,
    paths: Vec<Option<String>>,
    timestamps: Vec<Option<String>>,
    indent: usize,
    newline: &'static str,
    /// True where the text ends in a `[]` that stands for the items that were removed.
    emptied: bool,
}

/// What is looked at in an item; every item must be a mapping.
#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    path: Option<serde_json::Value>,
    #[serde(default)]
    timestamp: Option<serde_json::Value>,
}

impl Ledger {
    /// Reads the file `name` of a tree; `None` stands for one that is not there.
    ///
    /// Errors: integrity, when it is not a list of mappings in block style, or out of bounds.
    pub fn read(name: &str, content: Option<&[u8]>) -> Result<Ledger> {
        let bad = |why: &str| {
            Error::new(Kind::Integrity, format!("the ledger `{name}` cannot be appended to: {why}"))
                .hint("nothing was written; mend the file by a reviewed change, or leave it out with --no-changelog --no-memory")
        };
        let text =
            std::str::from_utf8(content.unwrap_or_default()).map_err(|_| bad("it is not UTF-8"))?;
        let parsed: Option<Vec<Item>> = match text.trim().is_empty() {
            true => None,
            false => yaml::read(text).map_err(|e| bad(&e))?,
        };
        let parsed = parsed.unwrap_or_default();
        if ends_in_open_block(text) {
            return Err(bad(
                "it ends inside a block of text without a newline, which appending would change",
            ));
        }
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let (items, indent) = item_lines(text).map_err(bad)?;
        if items.len() != parsed.len() {
            return Err(bad(
                "it is not written as one block list (each entry starting with `- ` at the same column)",
            ));
        }
        let text_of = |v: Option<serde_json::Value>| v?.as_str().map(str::to_owned);
        let (paths, timestamps) = parsed
            .into_iter()
            .map(|i| (text_of(i.path), text_of(i.timestamp)))
            .unzip();
        let text = if items.is_empty() {
            without_empty_list(text).ok_or_else(|| bad("it holds something else than a list"))?
        } else {
            text.to_owned()
        };
        Ok(Ledger {
            text,
            items,
            paths,
            timestamps,
            indent,
            newline,
            emptied: false,
        })
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True when it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The text of the last entry for `path`.
    pub fn entry_for(&self, path: &str) -> Option<&str> {
        let at = self
            .paths
            .iter()
            .rposition(|p| p.as_deref() == Some(path))?;
        Some(&self.text[self.items[at].clone()])
    }

    /// Appends an entry given as its lines, `key: value` first to last.
    pub fn append(&mut self, lines: &[String]) {
        if std::mem::take(&mut self.emptied) {
            self.text
                .truncate(self.text.len() - "[]".len() - self.newline.len());
        }
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push_str(self.newline);
        }
        for (at, line) in lines.iter().enumerate() {
            self.text.extend(std::iter::repeat_n(' ', self.indent));
            self.text.push_str(if at == 0 { "- " } else { "  " });
            self.text.push_str(line);
            self.text.push_str(self.newline);
        }
    }

    /// Appends an entry as another version of this ledger has it, unless its dash stands
    /// at another column. Returns whether it was appended.
    pub fn append_entry(&mut self, entry: &str) -> bool {
        let column = entry.len() - entry.trim_start_matches(' ').len();
        if column != self.indent && !self.items.is_empty() {
            return false;
        }
        self.append(&[]);
        self.text.push_str(entry);
        if !entry.ends_with('\n') {
            self.text.push_str(self.newline);
        }
        true
    }

    /// Sets the value of `key` in the last entry for `path`, where the entry has the key
    /// on a line of its own. Returns whether anything changed.
    pub fn set_in_entry(&mut self, path: &str, key: &str, value: &str) -> bool {
        let Some(at) = self.paths.iter().rposition(|p| p.as_deref() == Some(path)) else {
            return false;
        };
        let span = self.items[at].clone();
        let mut start = span.start;
        for line in self.text[span.clone()].split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            let key_at = body.len() - body.trim_start_matches([' ', '-']).len();
            if key_at == self.indent + 2
                && let Some(old) = body[key_at..]
                    .strip_prefix(key)
                    .and_then(|r| r.strip_prefix(": "))
                && !old.starts_with(['|', '>', '&', '*', '!', '[', '{'])
            {
                if old == value {
                    return false;
                }
                let end = start + body.len();
                let was = old.len();
                self.text.replace_range(end - was..end, value);
                self.shift(at, value.len() as isize - was as isize);
                return true;
            }
            start += line.len();
        }
        false
    }

    fn shift(&mut self, at: usize, by: isize) {
        let moved = |n: usize| n.checked_add_signed(by).unwrap_or(n);
        self.items[at].end = moved(self.items[at].end);
        for span in &mut self.items[at + 1..] {
            *span = moved(span.start)..moved(span.end);
        }
    }

    /// Every entry, first to last: its timestamp and its text.
    pub fn entries(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.timestamps
            .iter()
            .zip(&self.items)
            .map(|(time, span)| (time.as_deref(), &self.text[span.clone()]))
    }

    /// Every entry, first to last: its path and its text.
    pub fn items(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.paths
            .iter()
            .zip(&self.items)
            .map(|(path, span)| (path.as_deref(), &self.text[span.clone()]))
    }

    /// Removes every entry whose path `gone` names; the other bytes stay. Returns how many.
    pub fn remove(&mut self, gone: impl Fn(&str) -> bool) -> usize {
        let goes: Vec<bool> = self
            .paths
            .iter()
            .map(|p| p.as_deref().is_some_and(&gone))
            .collect();
        self.remove_at(&goes)
    }

    /// Removes the entries at the places that say true; the other bytes stay. Returns
    /// how many.
    pub fn remove_at(&mut self, goes: &[bool]) -> usize {
        let mut removed = 0;
        for at in (0..self.items.len()).rev() {
            if goes.get(at).is_some_and(|g| *g) {
                let span = self.items.remove(at);
                let by = -((span.end - span.start) as isize);
                self.text.replace_range(span, "");
                self.paths.remove(at);
                self.timestamps.remove(at);
                if at < self.items.len() {
                    self.shift_from(at, by);
                }
                removed += 1;
            }
        }
        if removed > 0 && self.items.is_empty() {
            // An empty list must still be one for its readers.
            self.emptied = true;
            self.text.push_str("[]");
            self.text.push_str(self.newline);
        }
        removed
    }

    fn shift_from(&mut self, from: usize, by: isize) {
        for span in &mut self.items[from..] {
            let moved = |n: usize| n.checked_add_signed(by).unwrap_or(n);
            *span = moved(span.start)..moved(span.end);
        }
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The span of each top-level item, and the column of their dashes.
///
/// YAML wants every line inside an item deeper than its dash, so that a dash at that
/// column begins an item wherever it stands; the caller compares the count with a parser's.
fn item_lines(text: &str) -> Result<(Vec<Range<usize>>, usize), &'static str> {
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut indent = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let column = body.len() - body.trim_start_matches(' ').len();
        let rest = &body[column..];
        let dash = rest == "-" || rest.starts_with("- ");
        let end = at + line.len();
        match indent {
            None if dash => {
                indent = Some(column);
                items.push(at..end);
            }
            Some(i) if dash && column == i => items.push(at..end),
            Some(_) if body == "..." || body.starts_with("... ") => {
                return Err("it has an end-of-document mark");
            }
            // A comment or blank line between two items belongs to neither.
            Some(i) if column > i && !rest.is_empty() => {
                if let Some(last) = items.last_mut() {
                    last.end = end;
                }
            }
            _ => {}
        }
        at = end;
    }
    Ok((items, indent.unwrap_or(0)))
}

/// True where the last line belongs to a block scalar that keeps or clips its newline,
/// and has none: the newline that an append has to add would become a part of it.
fn ends_in_open_block(text: &str) -> bool {
    if text.is_empty() || text.ends_with('\n') {
        return false;
    }
    let column = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut lines = text.lines().rev();
    let last = lines.next().map_or(0, column);
    let Some(head) = lines.find(|l| !l.trim().is_empty() && column(l) < last) else {
        return false;
    };
    let mark = head.split_whitespace().next_back().unwrap_or("");
    mark.starts_with(['|', '>']) && mark[1..].bytes().all(|b| b == b'+' || b.is_ascii_digit())
}

/// The text of a list without items, with its `[]`, `null` or `~` taken out; comments stay.
fn without_empty_list(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut marks = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        match body {
            "[]" | "null" | "~" => marks += 1,
            "" | "---" => out.push_str(line),
            _ if body.starts_with('#') || body.starts_with('%') => out.push_str(line),
            _ => return None,
        }
    }
    (marks <= 1).then(|| {
        if out.trim().is_empty() {
            String::new()
        } else {
            out
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u32) -> Vec<String> {
        vec![
            format!("path: p{n}"),
            format!("message: {}", yaml::scalar("a: b")),
        ]
    }

    fn append(text: &str) -> String {
        let mut ledger = Ledger::read("x", Some(text.as_bytes())).unwrap();
        ledger.append(&entry(9));
        let count = ledger.len() + 1;
        let new = ledger.text().to_owned();
        assert_eq!(
            Ledger::read("x", Some(new.as_bytes())).unwrap().len(),
            count,
            "{new}"
        );
        new
    }

    #[test]
    fn every_byte_that_was_there_stays() {
        for text in [
            "- path: a\n  message: b\n",
            "- path: a\n  message: b",
            "# head\n---\n- path: a\n\n- path: b # tail\n# end\n",
            "  - path: a\n    x:\n    - 1\n    - 2\n",
            "- path: a\r\n  message: b\r\n",
            "- path: a\n  text: |\n    - not an item\n    more\n",
            "- path: \"a\n    b\"\n  tags: [x, y]\n",
            "-\n  path: a\n",
        ] {
            assert!(append(text).starts_with(text), "{text:?}");
        }
        for text in ["", "\n", "[]\n", "[]", "# c\n[]\n", "null\n"] {
            assert!(append(text).contains("path: p9"));
        }
        assert!(append("# kept\n[]\n").starts_with("# kept\n"));
        assert!(append("- path: a\r\n").ends_with("'a: b'\r\n"));
    }

    #[test]
    fn what_is_not_a_block_list_of_mappings_is_refused() {
        for text in [
            "a: b\n",
            "- a\n- b\n",
            "- path: a\n  x: [\n",
            "[{path: a}]\n",
            "- path: a\n...\n",
            "- path: a\n---\n- path: b\n",
            "text\n",
            "- path: a\n b: c\n",
            "- a: 1\n  a: 2\n\t- b",
            "- path: a\n  x: |\n    no newline",
        ] {
            let error = Ledger::read("x", Some(text.as_bytes()))
                .err()
                .unwrap_or_else(|| panic!("{text:?} was accepted"));
            assert_eq!(error.kind(), Kind::Integrity);
        }
        assert!(Ledger::read("x", Some(b"\xff\xfe")).is_err());
    }

    #[test]
    fn an_entry_is_found_changed_and_removed_and_nothing_else_moves() {
        let text = "# top\n- path: a\n  last_updated: '2025-05-02'\n  tags:\n  - x\n- path: b\n  last_updated: '2025-05-02'\n- path: a/c\n";
        let mut ledger = Ledger::read("x", Some(text.as_bytes())).unwrap();
        assert!(ledger.set_in_entry("b", "last_updated", "'2026-11-22'"));
        assert!(!ledger.set_in_entry("b", "last_updated", "'2026-11-22'"));
        assert!(!ledger.set_in_entry("a/c", "last_updated", "x"));
        assert!(ledger.entry_for("b").unwrap().contains("2026"));
        assert!(ledger.entry_for("a").unwrap().contains("2025"));
        assert_eq!(ledger.remove(|p| p == "a"), 1);
        assert_eq!(
            ledger.text(),
            "# top\n- path: b\n  last_updated: '2026-11-22'\n- path: a/c\n"
        );
        assert_eq!(ledger.entry_for("a/c"), Some("- path: a/c\n"));
        assert_eq!(ledger.remove(|_| true), 2);
        assert_eq!(ledger.text(), "# top\n[]\n");
        ledger.append(&entry(1));
        assert_eq!(ledger.text(), "# top\n- path: p1\n  message: 'a: b'\n");
        let mut ledger = Ledger::read(
            "x",
            Some(b"- path: a\n\n# about b\n- path: b\n  tags: []\n# end\n"),
        )
        .unwrap();
        assert_eq!(ledger.remove(|p| p == "a"), 1);
        assert_eq!(ledger.text(), "\n# about b\n- path: b\n  tags: []\n# end\n");
    }
}
