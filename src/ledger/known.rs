//! Ledgers that were read in full before. Such a text need not be parsed again: its entries
//! are found by their lines, and read when they are asked for. What is changed in it is
//! parsed together with its neighbours.

use super::diff::has_anchor;
use super::items::Item;
use super::list::{Ledger, alone, ends_in_open_block, parse, says_by_itself};
use super::own_lines::{self, Said};
use super::says::Entry;
use super::shape::item_lines;
use super::touched::Known;
use crate::ends::Shared;
use std::borrow::Cow;

impl Ledger {
    /// Reads a text of which [`Ledger::is_plain`] was true before. None for one that cannot
    /// be such a text.
    pub fn read_known(name: &str, content: Vec<u8>) -> Option<Ledger> {
        let text = String::from_utf8(content).ok()?;
        match ends_in_open_block(&text) {
            true => None,
            false => Ledger::of_known(name, text).ok(),
        }
    }

    /// Reads a text that somebody made of `known`, of which [`Ledger::is_plain`] was true: only
    /// what differs is parsed, with the entries beside it. None where that does not tell what
    /// the whole says.
    pub fn read_like(name: &str, content: Vec<u8>, known: &[u8]) -> Option<Ledger> {
        let mut ledger = Ledger::read_known(name, content)?;
        if !is_simple(&ledger.text) {
            return None;
        }
        let Shared { start, end, .. } = Shared::between(known, ledger.text.as_bytes());
        // An entry has all lines up to the next one. One that ends where the difference begins
        // may have been longer, so the one beside it is looked at too, and its neighbour.
        let mut first = start;
        for _ in 0..2 {
            if !ledger.list_from(first) {
                return None;
            }
            first = ledger.items.from().saturating_sub(1);
        }
        let (items, last) = (&ledger.items.last, ledger.items.last.len() - 1);
        let length = ledger.text.len();
        let next = |at: usize| items.get(at + 1).map_or(length, |i| i.span.start);
        let from = (0..last).find(|at| next(*at) > start).unwrap_or(last);
        let to = (0..=last).rfind(|at| items[*at].span.start < length - end);
        let (from, to) = (
            from.saturating_sub(2),
            (to.unwrap_or(from).max(from) + 2).min(last),
        );
        let begin = match (from, ledger.items.from()) {
            // What stands before the first entry belongs to the check too.
            (0, 0) => 0,
            _ => items[from].span.start,
        };
        let between = parse::<Entry>(&ledger.text[begin..next(to)]).ok()?;
        let is_right = |(says, item): (&Entry, &Item)| {
            let text = &ledger.text[item.span.clone()];
            has_its_path(text, says) && says_by_itself(text, says)
        };
        let all = between.len() == to - from + 1;
        (all && between.iter().zip(&items[from..=to]).all(is_right)).then_some(ledger)
    }

    /// Reads a text that ends in lines as aidf writes them, all of it, without keeping what
    /// they say. Gives it back where it is no such ledger, or [`Ledger::is_plain`] is not true.
    pub fn read_own(name: &str, content: Vec<u8>) -> Result<Ledger, Vec<u8>> {
        let text = String::from_utf8(content).map_err(|e| e.into_bytes())?;
        match is_own(&text) && !ends_in_open_block(&text) {
            true => Ledger::of_known(name, text).map_err(String::into_bytes),
            false => Err(text.into_bytes()),
        }
    }

    /// The same ledger, which was just read in full: where [`Ledger::is_plain`] is true, only
    /// what is changed from now on is parsed again.
    pub fn known_if_plain(mut self) -> Ledger {
        if self.is_plain() {
            self.known = Some(Known::new(self.items.last.len()));
        }
        self
    }

    /// Whether each entry says by itself what it says in the list, and has its path in its
    /// text as it is. Then nothing but its own lines decides what it says.
    pub fn is_plain(&self) -> bool {
        // Where entries were removed, what stood between them may have another place now.
        let is_removed = self.known.as_ref().is_some_and(|k| k.removed);
        if self.is_empty() || is_removed || ends_in_open_block(&self.text) {
            return false;
        }
        let changed = |at: usize| self.known.as_ref().is_none_or(|k| k.is_changed(at));
        // Where few entries were changed it is quicker to read each by itself.
        let is_simple = self.known.is_none() && is_simple(&self.text) && self.has_no_stray_lines();
        let mut items = self.items.last.iter().enumerate();
        items.all(|(at, item)| {
            if !changed(at) {
                return true;
            }
            let text = &self.text[item.span.clone()];
            let says = self.says(item);
            has_its_path(text, says) && (is_simple || says_by_itself(text, says))
        })
    }

    /// Whether nothing but comments stands between the entries, and after them: what is in
    /// brackets or quotes may go on in a line that is no deeper than the dash.
    fn has_no_stray_lines(&self) -> bool {
        let items = &self.items.last;
        let starts = items.iter().skip(1).map(|item| item.span.start);
        let mut between = items.iter().zip(starts.chain([self.text.len()]));
        between.all(|(item, start)| {
            let lines = self.text[item.span.end..start].lines().map(str::trim_start);
            let mut lines = lines.filter(|line| !line.is_empty()).peekable();
            // A comment is one where the entry before it has ended.
            let has_ended = || says_by_itself(&self.text[item.span.clone()], self.says(item));
            lines.peek().is_none() || (lines.all(|line| line.starts_with('#')) && has_ended())
        })
    }

    /// Whether the text says what it should, where only the entries that were changed, and
    /// those beside them, are parsed; none where all of it must be.
    pub(super) fn is_sound_nearby(&self) -> Option<bool> {
        let known = self.known.as_ref().filter(|k| !k.removed && k.count > 0)?;
        // The lines before those that are listed are as they were.
        let begin = self.items.from();
        let Ok((spans, _)) = item_lines(&self.text[begin..]) else {
            return Some(false);
        };
        let items = &self.items.last;
        let starts = spans.iter().map(|s| begin + s.start);
        let stand = starts.eq(items.iter().map(|i| i.span.start));
        let last = items.len() - 1;
        let near = |from: usize, to: usize| {
            let ends = match to == last {
                // What follows the last entry belongs to the check too.
                true => self.text.len(),
                false => items[to].span.end,
            };
            let slice = &self.text[items[from].span.start..ends];
            parse::<Entry>(slice).is_ok_and(|now| {
                let wanted = items[from..=to].iter().map(|i| self.says(i));
                now.len() == to - from + 1 && now.iter().zip(wanted).all(|(n, w)| n == w)
            })
        };
        let replaced = known
            .replaced
            .iter()
            .map(|at| (at.saturating_sub(1), at + 1));
        let joined = known.joined.iter().map(|at| (at.saturating_sub(1), *at));
        let mut changed = replaced.chain(joined);
        let sound = changed.all(|(from, to)| near(from, to.min(last)));
        Some(stand && sound && near(known.count - 1, last))
    }

    /// What an item says.
    pub(super) fn says<'i>(&self, item: &'i Item) -> &'i Entry {
        let text = &self.text[item.span.clone()];
        item.says.get_or_init(|| alone(text).unwrap_or_default())
    }
}

/// Whether a text is a ledger of which [`Ledger::is_plain`] is true, as far as lines as aidf
/// writes them tell that.
fn is_own(text: &str) -> bool {
    let mut are_plain = true;
    let tail = own_lines::tail(text, |number, line, fields| {
        let mut paths = fields.iter().filter(|(key, _)| *key == "path");
        let is_plain = paths.all(|(_, said)| match said {
            Said::Text(Cow::Owned(path)) => line.contains(path.as_str()),
            _ => true,
        });
        are_plain = is_plain && (are_plain || number == 0);
    });
    let Some(first) = tail.filter(|_| are_plain).map(|tail| tail.first) else {
        return false;
    };
    // What stands before these lines, and the first of them.
    let begin = &text.as_bytes()[..first.end];
    Ledger::read("", Some(begin)).is_ok_and(|begin| {
        let last = begin.items.last.last();
        last.is_some_and(|item| item.span == first) && begin.is_plain()
    })
}

/// Whether the text of an entry has its path as it is.
fn has_its_path(text: &str, says: &Entry) -> bool {
    says.path.as_deref().is_none_or(|path| text.contains(path))
}

/// Whether a list has nothing by which an entry could say more, or less, in it than by itself:
/// no anchor, which an alias elsewhere repeats; no directive; and no block of text, to which
/// the empty lines after it may belong. Then its entries need not be read one by one to know
/// it.
fn is_simple(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins_line = |at: usize| at == 0 || bytes[at - 1] == b'\n';
    let has_directive = || memchr::memchr_iter(b'%', bytes).any(begins_line);
    !has_directive() && !has_anchor(bytes) && !has_block(text)
}

/// Whether one of its words may begin a block of text, such as `|`, `>-` and `|2+`.
fn has_block(text: &str) -> bool {
    let mut marks = memchr::memchr2_iter(b'|', b'>', text.as_bytes());
    marks.any(|at| {
        let begins_word = text[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        let rest = &text[at..];
        let word = rest.split(char::is_whitespace).next().unwrap_or(rest);
        begins_word && word.len() <= 3
    })
}
