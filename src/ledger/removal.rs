//! Entries that go from a ledger. All other bytes stay.

use super::items::Item;
use super::list::Ledger;
use crate::ends::Shared;
use std::collections::HashSet;

/// So many paths are looked for one by one in a text that was read in full before. For more
/// of them it is quicker to read all entries once.
const FEW: usize = 16;

impl Ledger {
    /// Removes every entry for these paths. Returns how many it removed.
    pub fn remove_paths(&mut self, paths: &[&str]) -> usize {
        let mut removed = 0;
        if paths.len() <= FEW {
            // One of each, as there mostly is: the text moves for each of them.
            for path in paths {
                removed += usize::from(self.take_out(path));
            }
            if !paths.iter().any(|path| self.has(path)) {
                return removed;
            }
        }
        let gone: HashSet<&str> = paths.iter().copied().collect();
        let path_of = |item| self.says(item).path.as_deref();
        let goes = |item| path_of(item).is_some_and(|path| gone.contains(path));
        let goes: Vec<bool> = self.items.iter(&self.text).map(goes).collect();
        removed + self.remove_at(&goes)
    }

    /// Removes the last entry for `path` from a text that was read in full before: only the
    /// entries beside it are read. False where there is none, or where that does not do.
    fn take_out(&mut self, path: &str) -> bool {
        if self.known.as_ref().is_none_or(|k| k.removed) {
            return false;
        }
        let Some((span, _)) = self.last_for(path) else {
            return false;
        };
        let listed = span
            .start
            .checked_sub(1)
            .map(|before| self.list_from(before));
        let mut items = self.items.last.iter();
        let at = items.position(|item| item.span == span);
        // What stands before the first entry belongs to all of them.
        let Some(at) = at.filter(|at| listed == Some(true) && *at > 0) else {
            return false;
        };
        // What a neighbour says may change: it is read while the text is still whole.
        for item in self.items.last.get(at - 1..).into_iter().flatten().take(3) {
            self.says(item);
        }
        self.note_change(span.start, self.text.len() - span.end);
        self.items.last.remove(at);
        if let Some(known) = &mut self.known {
            known.take_out(at);
        }
        self.shift_from(at, -(span.len() as isize));
        self.text.replace_range(span, "");
        true
    }

    /// Removes the entries whose index is true in `goes`. Returns how many it removed.
    pub fn remove_at(&mut self, goes: &[bool]) -> usize {
        if !goes.contains(&true) {
            return 0;
        }
        let more = self.items.list_all(&self.text);
        self.note_listed(more);
        // What a neighbour says may change: all of it is read while the text is still whole.
        if let Some(known) = &mut self.known {
            known.remove();
            for item in &self.items.last {
                self.says(item);
            }
        }
        let goes = |at: usize| goes.get(at).is_some_and(|g| *g);
        let mut kept = String::with_capacity(self.text.len());
        let mut items = Vec::with_capacity(self.items.last.len());
        let (mut from, mut removed) = (0, 0);
        for (at, item) in std::mem::take(&mut self.items.last).into_iter().enumerate() {
            if goes(at) {
                kept.push_str(&self.text[from..item.span.start]);
                from = item.span.end;
                removed += 1;
            } else {
                kept.push_str(&self.text[from..item.span.end]);
                from = item.span.end;
                let length = item.span.len();
                items.push(Item {
                    span: kept.len() - length..kept.len(),
                    says: item.says,
                });
            }
        }
        kept.push_str(&self.text[from..]);
        self.items.last = items;
        if removed == 0 {
            return 0;
        }
        if self.items.is_empty() {
            // A list without entries must still be a list for its readers.
            if !kept.is_empty() && !kept.ends_with('\n') {
                kept.push_str(self.newline);
            }
            self.emptied = true;
            kept.push_str("[]");
            kept.push_str(self.newline);
        }
        let stays = Shared::between(self.text.as_bytes(), kept.as_bytes());
        self.note_change(stays.start, stays.end);
        self.text = kept;
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(paths: impl Iterator<Item = u32>) -> String {
        paths
            .map(|n| format!("- path: p{n}.\n  tags: []\n"))
            .collect()
    }

    #[test]
    fn what_goes_from_a_known_ledger_is_found_without_reading_the_others() {
        let all = text(0..1000);
        let mut ledger = Ledger::read_known("x", all.clone().into()).unwrap();
        assert_eq!(ledger.remove_paths(&["p500.", "p503.", "none"]), 2);
        ledger.set("p510.", "{path: p510., tags: [x]}");
        ledger.append("{path: p1000.}");
        let expected = text((0..1000).filter(|n| ![500, 503].contains(n)));
        let expected = expected.replace("- path: p510.\n  tags: []", "- {path: p510., tags: [x]}");
        assert_eq!(ledger.checked().unwrap(), expected + "- {path: p1000.}\n");
        assert!(ledger.is_plain(), "it need not be read in full again");
        let items = ledger.items.last.iter();
        let read = items.filter(|item| item.says.get().is_some()).count();
        assert!(read < 20, "{read} entries were read");
        // The first one has what stands before the list beside it.
        let mut ledger = Ledger::read_known("x", all.into()).unwrap();
        assert_eq!(ledger.remove_paths(&["p0."]), 1);
        assert_eq!(ledger.checked().unwrap(), text(1..1000));
    }
}
