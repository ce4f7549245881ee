//! The entries of a text, found by their lines, as far back as somebody asks. A text of a
//! hundred thousand entries that was read in full before grows at its end: nobody asks for the
//! others.

use super::says::Entry;
use super::shape::{dash_column, item_lines};
use std::cell::OnceCell;
use std::ops::Range;

/// An entry: the span of its lines, and what it says, once it was read.
pub(super) struct Item {
    pub span: Range<usize>,
    pub says: OnceCell<Entry>,
}

impl Item {
    pub fn new(span: Range<usize>, says: Entry) -> Item {
        Item {
            span,
            says: OnceCell::from(says),
        }
    }

    /// One that is not read yet.
    pub fn unread(span: Range<usize>) -> Item {
        Item {
            span,
            says: OnceCell::new(),
        }
    }
}

/// The entries of a text. The text is given to each call.
pub(super) struct Items {
    /// The column of their dashes.
    indent: usize,
    /// Where the first of `last` begins; 0 where there is none before it.
    from: usize,
    /// Those before, once they were asked for.
    before: OnceCell<Vec<Item>>,
    /// The last ones, which nobody has to ask for.
    pub last: Vec<Item>,
}

impl Items {
    /// All of a text.
    pub fn all(items: Vec<Item>, indent: usize) -> Items {
        Items {
            indent,
            from: 0,
            before: OnceCell::new(),
            last: items,
        }
    }

    /// Those of a text that was read in full before; the last one is listed. None where it has
    /// none, and so is no such text.
    pub fn of_known(text: &str) -> Option<Items> {
        let indent = text.split_inclusive('\n').find_map(dash_column)?;
        let mut items = Items {
            from: text.len(),
            ..Items::all(Vec::new(), indent)
        };
        items.list_from(text, text.len())?;
        (!items.is_empty()).then_some(items)
    }

    /// The column of their dashes.
    pub fn indent(&self) -> usize {
        self.indent
    }

    /// Sets the column for what is added; for a list that has nothing else.
    pub fn set_indent(&mut self, indent: usize) {
        self.indent = indent;
    }

    /// Where those begin that are listed; 0 where all are.
    pub fn from(&self) -> usize {
        self.from
    }

    /// Whether all of them are listed.
    pub fn are_listed(&self) -> bool {
        self.from == 0 || self.before.get().is_some()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// All of them, first to last.
    pub fn iter<'i>(&'i self, text: &str) -> impl DoubleEndedIterator<Item = &'i Item> {
        let listed = || self.between(text, 0).unwrap_or_default();
        let before = self.before.get_or_init(listed);
        before.iter().chain(&self.last)
    }

    /// Lists all of them. Returns how many more they are.
    pub fn list_all(&mut self, text: &str) -> usize {
        let before = self.before.take().or_else(|| self.between(text, 0));
        let before = before.unwrap_or_default();
        self.put_before(before, 0)
    }

    /// Lists them from the one on that has the byte `at`, and one before that. Returns how many
    /// more they are; none where these lines are no list.
    pub fn list_from(&mut self, text: &str, at: usize) -> Option<usize> {
        if at >= self.from && !self.last.is_empty() {
            return Some(0);
        }
        if let Some(before) = self.before.take() {
            // All of them were listed, and read perhaps.
            return Some(self.put_before(before, 0));
        }
        let start = self.start_of(text, at);
        let one_before = |start: usize| start.checked_sub(1).and_then(|at| self.start_of(text, at));
        let from = start.and_then(one_before).unwrap_or(0);
        let more = self.between(text, from)?;
        Some(self.put_before(more, from))
    }

    /// The last entry whose text has these words, in what is not listed, and before `end`.
    pub fn find_before(&self, text: &str, words: &str, end: usize) -> Option<Range<usize>> {
        let end = end.min(self.from);
        let at = memchr::memmem::rfind(&text.as_bytes()[..end], words.as_bytes())?;
        let start = self.start_of(text, at.min(end.checked_sub(1)?))?;
        let next = self.start_after(text, at).map_or(end, |next| next.min(end));
        let (spans, _) = item_lines(&text[start..next]).ok()?;
        let first = spans.first()?;
        Some(start + first.start..start + first.end)
    }

    /// Those that are not listed, from the one on that begins at `from`; 0 for all.
    fn between(&self, text: &str, from: usize) -> Option<Vec<Item>> {
        let (spans, _) = item_lines(&text[from..self.from]).ok()?;
        let spans = spans.into_iter();
        let moved = spans.map(|s| from + s.start..from + s.end);
        Some(moved.map(Item::unread).collect())
    }

    fn put_before(&mut self, more: Vec<Item>, from: usize) -> usize {
        let count = more.len();
        self.last.splice(0..0, more);
        self.from = from;
        count
    }

    /// Where the entry begins that has the byte `at`; none for what stands before the first.
    fn start_of(&self, text: &str, at: usize) -> Option<usize> {
        let mut end = at;
        loop {
            let line = memchr::memrchr(b'\n', &text.as_bytes()[..end]).map_or(0, |at| at + 1);
            if self.begins_at(text, line) {
                return Some(line);
            }
            end = line.checked_sub(1)?;
        }
    }

    /// Where the next entry begins after the line that has the byte `at`.
    fn start_after(&self, text: &str, at: usize) -> Option<usize> {
        let mut lines = memchr::memchr_iter(b'\n', &text.as_bytes()[at..]);
        lines.find_map(|end| Some(at + end + 1).filter(|line| self.begins_at(text, *line)))
    }

    /// Whether an entry begins in the line that begins here.
    fn begins_at(&self, text: &str, line: usize) -> bool {
        let line = &text[line..];
        let dash = line.as_bytes().get(self.indent) == Some(&b'-');
        dash && line.split_inclusive('\n').next().and_then(dash_column) == Some(self.indent)
    }
}
