//! A YAML list of mappings, kept as text with the span of each item.

use super::items::{Item, Items};
use super::own_lines::{self, OfLine};
use super::says::Entry;
use super::shape::{column_of, item_lines};
use super::touched::Known;
use crate::ends::Shared;
use crate::error::{Error, Kind, Result};
use crate::yaml;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::ops::Range;

/// What to do about a ledger that stops a write.
pub const REPAIR: &str = "nothing was written; repair the file by a reviewed change; `aidf commit` can leave it out: --no-changelog --no-memory";

/// A ledger file, read and checked.
pub struct Ledger {
    name: String,
    pub(super) text: String,
    pub(super) items: Items,
    pub(super) newline: &'static str,
    /// True if the text ends in a `[]` that replaced the removed items.
    pub(super) emptied: bool,
    /// For a text that was read in full before: what was changed since.
    pub(super) known: Option<Known>,
    /// What the text has of the file that was read; none where it was not taken as it was.
    shared: Option<Shared>,
}

impl Ledger {
    /// Reads the file `name` of a tree; `None` means that there is no such file.
    ///
    /// Errors: integrity, if it is not a list of mappings in block style, or exceeds a
    /// limit.
    pub fn read(name: &str, content: Option<&[u8]>) -> Result<Ledger> {
        let bad = |why: &str| {
            Error::new(
                Kind::Integrity,
                format!("the ledger `{name}` cannot be appended to: {why}"),
            )
            .hint(REPAIR)
        };
        let text =
            std::str::from_utf8(content.unwrap_or_default()).map_err(|_| bad("it is not UTF-8"))?;
        if text.starts_with('\u{feff}') {
            return Err(bad(
                "it begins with a byte order mark; save it as UTF-8 without one",
            ));
        }
        let parsed = parse::<Entry>(text).map_err(|e| bad(&e))?;
        if ends_in_open_block(text) {
            return Err(bad(
                "it ends inside a block of text without a newline, which appending would change",
            ));
        }
        let (spans, indent) = item_lines(text).map_err(bad)?;
        if spans.len() != parsed.len() {
            return Err(bad(
                "it is not one block list (in which each entry starts with `- ` at the same column)",
            ));
        }
        let newline = newline_of(text);
        let (text, shared) = if spans.is_empty() {
            let without = without_empty_list(text)
                .ok_or_else(|| bad("it contains something other than a list"))?;
            (without, None)
        } else {
            (text.to_owned(), Some(Shared::all(text.len())))
        };
        let items = spans.into_iter().zip(parsed);
        let items = items.map(|(span, says)| Item::new(span, says)).collect();
        Ok(Ledger {
            name: name.to_owned(),
            text,
            items: Items::all(items, indent),
            newline,
            emptied: false,
            known: None,
            shared,
        })
    }

    /// One whose text was read in full before. Gives it back where it has no entries.
    pub(super) fn of_known(name: &str, text: String) -> std::result::Result<Ledger, String> {
        let Some(items) = Items::of_known(&text) else {
            return Err(text);
        };
        Ok(Ledger {
            name: name.to_owned(),
            newline: newline_of(&text),
            emptied: false,
            known: Some(Known::new(items.last.len())),
            shared: Some(Shared::all(text.len())),
            items,
            text,
        })
    }

    /// What the text has of the file that it was read from; none where that is not known.
    pub fn shared(&self) -> Option<Shared> {
        self.shared
    }

    pub(super) fn note_change(&mut self, before: usize, after: usize) {
        if let Some(shared) = &mut self.shared {
            shared.change(before, after);
        }
    }

    /// How many bytes its text has.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.items.iter(&self.text).count()
    }

    /// True when it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether there is an entry for `path`.
    pub fn has(&self, path: &str) -> bool {
        self.last_for(path).is_some()
    }

    /// The path of each entry. Every entry is read for that, once: of many paths this tells in
    /// less time than [`Ledger::has`] which ones have an entry.
    pub fn paths(&self) -> HashSet<String> {
        let all = self.items.iter(&self.text);
        all.filter_map(|item| self.says(item).path.clone())
            .collect()
    }

    /// Where the last entry for `path` is, and whether it says all of it by itself.
    pub(super) fn last_for(&self, path: &str) -> Option<(Range<usize>, bool)> {
        self.last_before(path, self.text.len())
    }

    /// The same among the entries that begin before `end`.
    fn last_before(&self, path: &str, end: usize) -> Option<(Range<usize>, bool)> {
        // An entry that is not read yet has its path in its text as it is.
        let may_be = |i: &Item| i.says.get().is_some() || self.text[i.span.clone()].contains(path);
        let is_for = |says: &Entry| says.path.as_deref() == Some(path);
        let mut listed = self.items.last.iter().rev();
        let is_it = |i: &&Item| i.span.start < end && may_be(i) && is_for(self.says(i));
        if let Some(item) = listed.find(is_it) {
            let by_itself = says_by_itself(&self.text[item.span.clone()], self.says(item));
            return Some((item.span.clone(), by_itself));
        }
        // Some of the others have these words. Where many have them, all are read once.
        const TRIES: usize = 64;
        let mut until = end.min(self.items.from());
        for _ in 0..TRIES {
            if self.items.are_listed() {
                break;
            }
            let span = self.items.find_before(&self.text, path, until)?;
            until = span.start;
            if alone(&self.text[span.clone()]).is_some_and(|says| is_for(&says)) {
                return Some((span, true));
            }
        }
        let mut before = self.items.iter(&self.text).rev();
        let item = before.find(|i| i.span.start < until && may_be(i) && is_for(self.says(i)))?;
        Some((item.span.clone(), true))
    }

    /// The text of the last entry for `path`; `None` if the entry refers to another entry,
    /// so that its text alone is not complete.
    pub fn entry_for(&self, path: &str) -> Option<&str> {
        let (span, by_itself) = self.last_for(path)?;
        by_itself.then(|| &self.text[span])
    }

    /// Appends an entry, given as one line without its dash.
    pub fn append(&mut self, line: &str) {
        let entry = self.as_entry(line);
        // A line that is not an entry is reported when the whole text is checked.
        let says = alone(&entry).unwrap_or_default();
        self.push(&entry, says);
    }

    fn as_entry(&self, line: &str) -> String {
        let indent = " ".repeat(self.items.indent());
        format!("{indent}- {line}{}", self.newline)
    }

    fn push(&mut self, entry: &str, says: Entry) {
        if std::mem::take(&mut self.emptied) {
            self.text
                .truncate(self.text.len() - "[]".len() - self.newline.len());
        }
        self.note_change(self.text.len(), 0);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push_str(self.newline);
        }
        let start = self.text.len();
        self.text.push_str(entry);
        if !entry.ends_with('\n') {
            self.text.push_str(self.newline);
        }
        let span = start..self.text.len();
        self.items.last.push(Item::new(span, says));
    }

    /// Appends the text of an entry from another version of this ledger. It is moved to this
    /// ledger's column and line ends if they differ. Returns whether it was appended; false
    /// if the text alone is not a complete entry.
    pub fn append_entry(&mut self, entry: &str) -> bool {
        if ends_in_open_block(entry) {
            return false;
        }
        let from = column_of(entry);
        // A list that lost its last entry has no column of its own.
        if self.items.is_empty() {
            self.items.set_indent(from);
        }
        let mut moved = String::with_capacity(entry.len());
        for line in entry.split_inclusive('\n') {
            let body = line.trim_end_matches('\n').trim_end_matches('\r');
            // Every line of an entry is indented deeper than its dash, except empty lines.
            let kept = &body[column_of(body).min(from)..];
            if !kept.is_empty() {
                moved.extend(std::iter::repeat_n(' ', self.items.indent()));
            }
            moved.push_str(kept);
            moved.push_str(self.newline);
        }
        match (alone(entry), alone(&moved)) {
            (Some(says), Some(same)) if says == same => {
                self.push(&moved, says);
                true
            }
            _ => false,
        }
    }

    /// Replaces the last entry for `path` with a line as [`Ledger::append`] takes it.
    /// Returns true if there was such an entry and the line is a valid entry.
    pub fn replace_entry(&mut self, path: &str, line: &str) -> bool {
        let new = self.as_entry(line);
        let (Some((span, _)), Some(says)) = (self.last_for(path), alone(&new)) else {
            return false;
        };
        self.list_from(span.start);
        let mut listed = self.items.last.iter();
        let Some(at) = listed.position(|item| item.span == span) else {
            return false;
        };
        self.note_change(span.start, self.text.len() - span.end);
        let by = new.len() as isize - span.len() as isize;
        self.items.last[at] = Item::new(span.start..span.start + new.len(), says);
        if let Some(known) = &mut self.known {
            known.replace(at);
        }
        self.text.replace_range(span, &new);
        self.shift_from(at + 1, by);
        true
    }

    /// Makes a line, as [`Ledger::append`] takes it, the only entry for `path`: in the place of
    /// the one that is there, or at the end where there is none, or more than one.
    pub fn set(&mut self, path: &str, line: &str) {
        let last = self.last_for(path);
        let is_only = last.is_some_and(|(span, _)| self.last_before(path, span.start).is_none());
        if !(is_only && self.replace_entry(path, line)) {
            self.remove_paths(&[path]);
            self.append(line);
        }
    }

    /// Lists the entry that has the byte `at`, the one before it and all after it. False where
    /// these lines are no list.
    pub(super) fn list_from(&mut self, at: usize) -> bool {
        let more = self.items.list_from(&self.text, at);
        self.note_listed(more.unwrap_or(0));
        more.is_some()
    }

    /// Takes note that so many more entries of the text that was known are listed.
    pub(super) fn note_listed(&mut self, more: usize) {
        if let Some(known) = &mut self.known {
            known.listed(more);
        }
    }

    /// Every entry, first to last: its timestamp and its text.
    pub fn entries(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.items.iter(&self.text).map(|i| {
            (
                self.says(i).timestamp.as_deref(),
                &self.text[i.span.clone()],
            )
        })
    }

    /// Every entry, first to last: its path and its text.
    pub fn items(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.items
            .iter(&self.text)
            .map(|i| (self.says(i).path.as_deref(), &self.text[i.span.clone()]))
    }

    pub(super) fn shift_from(&mut self, from: usize, by: isize) {
        let moved = |n: usize| n.checked_add_signed(by).unwrap_or(n);
        for item in &mut self.items.last[from..] {
            item.span = moved(item.span.start)..moved(item.span.end);
        }
    }

    /// The file's text, parsed again to check it: every entry that was not touched still
    /// says what it said, and our entries say what we wrote.
    ///
    /// Errors: integrity, if a reader would see anything else.
    pub fn checked(&self) -> Result<&str> {
        let bad = |why: &str| {
            Error::new(
                Kind::Integrity,
                format!("the ledger `{}` cannot be written: {why}", self.name),
            )
            .hint(REPAIR)
        };
        match self.is_sound_nearby() {
            Some(true) => return Ok(&self.text),
            Some(false) => return Err(bad("the change would alter other entries too")),
            None => {}
        }
        let now = parse::<Entry>(&self.text)
            .map_err(|e| bad(&format!("with the change it does not parse: {e}")))?;
        let items = self.items.iter(&self.text);
        let same = now.iter().eq(items.map(|i| self.says(i)));
        match same {
            true if item_lines(&self.text).is_ok() => Ok(&self.text),
            _ => Err(bad("the change would alter other entries too")),
        }
    }
}

/// How lines end.
fn newline_of(text: &str) -> &'static str {
    match memchr::memmem::find(text.as_bytes(), b"\r\n").is_some() {
        true => "\r\n",
        false => "\n",
    }
}

/// The entries in a text; none for an empty text. Lines as aidf writes them are read without
/// a reader of YAML.
///
/// Errors: the reason, if it is not a list of mappings.
pub(super) fn parse<T: OfLine + DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    match own_lines::read_list(text) {
        Some(all) => Ok(all),
        None => Ok(yaml::read::<Option<Vec<T>>>(text)?.unwrap_or_default()),
    }
}

/// The entry in a text that holds exactly one; `None` for any other text.
pub(super) fn alone(text: &str) -> Option<Entry> {
    let mut all = parse(text).ok()?;
    let says = all.pop();
    says.filter(|_| all.is_empty())
}

/// Whether the text of an entry says this without the rest of the list.
pub(super) fn says_by_itself(text: &str, says: &Entry) -> bool {
    alone(text).is_some_and(|by_itself| by_itself == *says)
}

/// Whether the text ends, without a newline, in a block scalar that keeps or clips its
/// newline. An append has to add a newline, and that newline would become part of the
/// scalar.
pub(super) fn ends_in_open_block(text: &str) -> bool {
    if text.is_empty() || text.ends_with('\n') {
        return false;
    }
    // Go up from the last line, through each line with less indent. If there is a block,
    // one of those lines opens it.
    let mut column = usize::MAX;
    for line in text.lines().rev().filter(|l| !l.trim().is_empty()) {
        let here = column_of(line);
        if here >= column {
            continue;
        }
        column = here;
        // A comment may follow the block indicator.
        let head = line.split(" #").next().unwrap_or(line);
        let head = head.split("\t#").next().unwrap_or(head);
        let mark = head.split_whitespace().next_back().unwrap_or("");
        if mark.starts_with(['|', '>'])
            && mark[1..]
                .bytes()
                .all(|b| b"+".contains(&b) || b.is_ascii_digit())
        {
            return true;
        }
    }
    false
}

/// The text of a list without items, with its `[]`, `null` or `~` removed; comments stay.
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

    fn entry(n: u32) -> String {
        format!("{{path: p{n}, message: {}}}", yaml::scalar("a: b"))
    }

    fn append(text: &str) -> String {
        let mut ledger = Ledger::read("x", Some(text.as_bytes())).unwrap();
        ledger.append(&entry(9));
        let count = ledger.len();
        let new = ledger.checked().unwrap().to_owned();
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
        assert!(append("- path: a\r\n").ends_with("'a: b'}\r\n"));
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
    fn a_document_that_has_ended_is_not_appended_to() {
        for end in [
            "...\t\n",
            "...",
            "... \n",
            "...\t# x\n",
            "... # x\r\n",
            "---\t\n",
        ] {
            for text in ["- path: a\n", "[]\n", ""] {
                let text = format!("{text}{end}");
                let ledger = Ledger::read("x", Some(text.as_bytes()));
                let refused = match ledger {
                    Err(e) => e.kind() == Kind::Integrity,
                    // A marker at the very beginning opens the document.
                    Ok(mut l) => {
                        l.append(&entry(1));
                        end.starts_with("---") && l.checked().is_ok()
                    }
                };
                assert!(refused, "{text:?}");
            }
        }
    }

    #[test]
    fn a_block_that_is_still_open_is_found_behind_comments_and_deeper_lines() {
        for text in [
            "- path: a\n  x: | # said\n    no newline",
            "- path: a\n  x: |\n    text\n      deeper, no newline",
            "- path: a\n  x: >+\n    text\n    ",
            "- |\n    text",
        ] {
            assert!(
                Ledger::read("x", Some(text.as_bytes())).is_err(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_change_that_would_alter_another_entry_is_refused() {
        let read = |text: &str| Ledger::read("x", Some(text.as_bytes())).unwrap();
        // Removing the entry also removes its anchor, and so the value of the other entry.
        let mut ledger = read("- path: a\n  who: &w Pat\n- path: b\n  who: *w\n");
        assert_eq!(ledger.remove_paths(&["a"]), 1);
        assert_eq!(ledger.checked().unwrap_err().kind(), Kind::Integrity);
        // An older anchor with the same name would take its place.
        let mut ledger =
            read("- path: o\n  who: &w Old\n- path: a\n  who: &w Pat\n- path: b\n  who: *w\n");
        ledger.remove_paths(&["a"]);
        assert_eq!(ledger.checked().unwrap_err().kind(), Kind::Integrity);
        // A line that is left behind would become part of the block before it.
        let mut ledger = read("- path: a\n  text: |+\n    x\n- path: b\n\n- path: c\n");
        ledger.remove_paths(&["b"]);
        assert_eq!(ledger.checked().unwrap_err().kind(), Kind::Integrity);
        // Setting the date would also remove the anchor.
        let mut ledger = read("- path: a\n  last_updated: &w x\n- path: b\n  who: *w\n");
        ledger.touch("a", "2026-11-22");
        assert_eq!(ledger.checked().unwrap_err().kind(), Kind::Integrity);
        // An entry with an alias does not say anything by itself.
        let ledger = read("- path: a\n  who: &w Pat\n- path: b\n  who: *w\n");
        assert!(ledger.has("b") && ledger.entry_for("b").is_none());
        assert!(ledger.entry_for("a").is_some());
    }

    #[test]
    fn an_empty_list_after_a_comment_without_a_newline_is_still_one() {
        let mut ledger = Ledger::read("x", Some(b"- path: a\n# end")).unwrap();
        ledger.remove_at(&[true]);
        assert_eq!(ledger.checked().unwrap(), "# end\n[]\n");
    }

    #[test]
    fn an_entry_is_found_changed_and_removed_and_nothing_else_moves() {
        let text = "# top\n- path: a\n  last_updated: '2025-05-02'\n  tags:\n  - x\n- path: b\n  last_updated: '2025-05-02'\n- path: a/c\n";
        let mut ledger = Ledger::read("x", Some(text.as_bytes())).unwrap();
        assert!(ledger.replace_entry("b", "{path: b, last_updated: '2026-11-22'}"));
        assert!(!ledger.replace_entry("c", "{path: c}"));
        assert!(!ledger.replace_entry("b", "{path: b"));
        assert!(ledger.entry_for("b").unwrap().contains("2026"));
        assert!(ledger.entry_for("a").unwrap().contains("2025"));
        assert_eq!(ledger.remove_paths(&["a"]), 1);
        assert_eq!(
            ledger.checked().unwrap(),
            "# top\n- {path: b, last_updated: '2026-11-22'}\n- path: a/c\n"
        );
        assert_eq!(ledger.entry_for("a/c"), Some("- path: a/c\n"));
        assert_eq!(ledger.remove_at(&[true, true]), 2);
        assert_eq!(ledger.checked().unwrap(), "# top\n[]\n");
        ledger.append(&entry(1));
        assert_eq!(
            ledger.checked().unwrap(),
            "# top\n- {path: p1, message: 'a: b'}\n"
        );
        let mut ledger = Ledger::read(
            "x",
            Some(b"- path: a\n\n# about b\n- path: b\n  tags: []\n# end\n"),
        )
        .unwrap();
        assert_eq!(ledger.remove_paths(&["a"]), 1);
        assert_eq!(
            ledger.checked().unwrap(),
            "\n# about b\n- path: b\n  tags: []\n# end\n"
        );
    }
}
