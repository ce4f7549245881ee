//! Merges the ledgers of two branches entry by entry, never line by line. Pure.
//!
//! An entry is identified by all its fields, whatever form it is written in. So an entry
//! that already came with a squash does not come a second time.

use super::fields::Fields;
use super::items::Item;
use super::list::{Ledger, parse, says_by_itself};
use super::says::Entry;
use crate::error::{Error, Kind, Result};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One of the two sides of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The branch that is written to.
    Ours,
    /// The branch that is merged into it.
    Theirs,
}

/// The versions of one ledger; `None` if a side has no such file.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'a> {
    /// Its path, for messages.
    pub name: &'a str,
    /// The versions in the merge bases; a criss-cross history has several.
    pub bases: &'a [Option<Vec<u8>>],
    /// The version in the branch that is written to.
    pub ours: Option<&'a [u8]>,
    /// The version in the branch that is merged into it.
    pub theirs: Option<&'a [u8]>,
}

const HINT: &str =
    "nothing was written; fix the ledger in a reviewed change on the branch that has it";

/// Each side, read.
struct Read {
    ledger: Ledger,
    /// The fields of all entries, where one has to be read together with the others.
    fields: OnceCell<Option<Vec<Fields>>>,
}

impl Read {
    fn of(name: &str, content: Option<&[u8]>) -> Result<Read> {
        let ledger = Ledger::read(name, content).map_err(|e| e.hint(HINT))?;
        Ok(Read {
            ledger,
            fields: OnceCell::new(),
        })
    }

    /// What each entry says, first to last.
    fn says(&self) -> impl ExactSizeIterator<Item = &Entry> {
        let items = self.ledger.items.last.iter();
        items.map(|item| self.ledger.says(item))
    }

    /// What each entry says, and its text.
    fn texts(&self) -> impl Iterator<Item = (&Entry, &str)> {
        let items = self.ledger.items.last.iter();
        let text = |item: &Item| &self.ledger.text[item.span.clone()];
        items.map(move |item| (self.ledger.says(item), text(item)))
    }

    /// How often each of its entries occurs, of those that `is_meant`.
    fn counts(&self, is_meant: impl Fn(&Entry) -> bool) -> HashMap<u64, usize> {
        let mut counts = HashMap::new();
        for says in self.says().filter(|says| is_meant(says)) {
            *counts.entry(says.identity()).or_default() += 1;
        }
        counts
    }

    /// The index of the newest entry of each path: the one with the latest day, and the last
    /// one of that day.
    fn newest(&self) -> BTreeMap<&str, usize> {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        // The days of those that are found, of paths that have several.
        let mut days: BTreeMap<&str, Option<String>> = BTreeMap::new();
        for (at, says) in self.says().enumerate() {
            let Some(path) = says.path.as_deref() else {
                continue;
            };
            if let Some(before) = found.get(path) {
                let before = days.entry(path).or_insert_with(|| self.day(*before));
                let day = self.day(at);
                if *before > day {
                    continue;
                }
                *before = day;
            }
            found.insert(path, at);
        }
        found
    }

    fn day(&self, at: usize) -> Option<String> {
        let day = |fields: &Fields| fields.text("last_updated").map(str::to_owned);
        let item = &self.ledger.items.last[at];
        let text = &self.ledger.text[item.span.clone()];
        // One may say more among the others than by itself.
        let by_itself = says_by_itself(text, self.ledger.says(item));
        let alone = parse::<Fields>(text).ok().filter(|_| by_itself);
        match alone.as_deref() {
            Some([fields]) => day(fields),
            _ => {
                let all = self.fields.get_or_init(|| self.ledger.fields().ok());
                day(all.as_ref()?.get(at)?)
            }
        }
    }

    fn identity(&self, at: usize) -> u64 {
        self.ledger.says(&self.ledger.items.last[at]).identity()
    }
}

/// Merges a list that only grows. Our text stays byte for byte. Their entries follow, in
/// their order, except those that our list, a base or an archive of ours already has. A
/// merge never removes an entry from ours.
///
/// `None` means that neither side has the ledger. Errors: integrity, for a side that cannot
/// be read.
pub fn lists(versions: Versions<'_>, archives: &[Vec<u8>]) -> Result<Option<Vec<u8>>> {
    let Versions { name, ours, .. } = versions;
    if ours == versions.theirs {
        return Ok(ours.map(<[u8]>::to_vec));
    }
    let theirs = Read::of(name, versions.theirs)?;
    let mut mine = Read::of(name, ours)?;
    let all = |_: &Entry| true;
    let mut known = mine.counts(all);
    let others = versions.bases.iter().map(Option::as_deref);
    for other in others.chain(archives.iter().map(|a| Some(a.as_slice()))) {
        // A base or archive that cannot be read counts as empty.
        let Ok(other) = Read::of(name, other) else {
            continue;
        };
        for (identity, count) in other.counts(all) {
            let most = known.entry(identity).or_default();
            *most = count.max(*most);
        }
    }
    // A new file is taken as it is, with the comments at its top.
    if ours.is_none() && versions.bases.iter().all(Option::is_none) && archives.is_empty() {
        return Ok(versions.theirs.map(<[u8]>::to_vec));
    }
    let before = mine.says().len();
    for (says, text) in theirs.texts() {
        match known.get_mut(&says.identity()).filter(|n| **n > 0) {
            Some(left) => *left -= 1,
            None => take_over(name, &mut mine.ledger, text)?,
        }
    }
    match mine.says().len() == before {
        true => Ok(ours.map(<[u8]>::to_vec)),
        false => finished(name, &mine.ledger),
    }
}

/// Merges a memory, which has one entry for each path. If only one side changed or removed
/// an entry since the base, that side wins. If both changed it, the later `last_updated`
/// wins; on the same day, the side `tie` wins. If one side changed an entry and the other
/// removed it, the changed entry stays. No path has two entries.
///
/// `None` means that neither side has the ledger. Errors: integrity, for a side that cannot
/// be read.
pub fn memories(versions: Versions<'_>, tie: Side) -> Result<Option<Vec<u8>>> {
    let Versions { name, ours, .. } = versions;
    if ours == versions.theirs {
        return Ok(ours.map(<[u8]>::to_vec));
    }
    let theirs = Read::of(name, versions.theirs)?;
    let mut mine = Read::of(name, ours)?;
    let is_base = |base: &Option<Vec<u8>>| base.as_deref() == ours;
    if ours.is_none() && versions.bases.iter().all(is_base) {
        return Ok(versions.theirs.map(<[u8]>::to_vec));
    }
    let bases: Vec<Read> = versions
        .bases
        .iter()
        .filter_map(|b| Read::of(name, b.as_deref()).ok())
        .collect();
    let bases: Vec<_> = bases.iter().map(|base| (base, base.newest())).collect();
    let (a, b) = (mine.newest(), theirs.newest());
    let paths: BTreeSet<&str> = a.keys().chain(b.keys()).copied().collect();
    let mut take: BTreeSet<&str> = BTreeSet::new();
    let mut remove: BTreeSet<&str> = BTreeSet::new();
    for path in paths {
        let (one, other) = (a.get(path).copied(), b.get(path).copied());
        let says = [
            one.map(|at| mine.identity(at)),
            other.map(|at| theirs.identity(at)),
        ];
        if says[0] == says[1] {
            continue;
        }
        let unchanged = |side: Option<u64>| {
            let same = |(base, newest): &(&Read, BTreeMap<&str, usize>)| {
                newest.get(path).map(|at| base.identity(*at)) == side
            };
            bases.iter().any(same) || (bases.is_empty() && side.is_none())
        };
        let side = match (unchanged(says[0]), unchanged(says[1]), one, other) {
            (true, _, _, _) => Side::Theirs,
            (_, true, _, _) | (_, _, Some(_), None) => Side::Ours,
            (_, _, None, _) => Side::Theirs,
            (_, _, Some(one), Some(other)) => match mine.day(one).cmp(&theirs.day(other)) {
                std::cmp::Ordering::Greater => Side::Ours,
                std::cmp::Ordering::Less => Side::Theirs,
                std::cmp::Ordering::Equal => tie,
            },
        };
        if side == Side::Theirs {
            if one.is_some() {
                remove.insert(path);
            }
            if other.is_some() {
                take.insert(path);
            }
        }
    }
    // Each path keeps only its newest entry; entries without a path are kept as they are.
    let goes = mine.says().enumerate().map(|(at, says)| {
        let path = says.path.as_deref();
        path.is_some_and(|path| remove.contains(path) || a.get(path) != Some(&at))
    });
    let goes: Vec<bool> = goes.collect();
    let mut odd = mine.counts(|says| says.path.is_none());
    let comes = theirs
        .texts()
        .enumerate()
        .filter(|(at, (says, _))| match says.path.as_deref() {
            Some(path) => take.contains(path) && b.get(path) == Some(at),
            None => match odd.get_mut(&says.identity()).filter(|n| **n > 0) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => true,
            },
        });
    let comes: Vec<&str> = comes.map(|(_, (_, text))| text).collect();
    mine.ledger.remove_at(&goes);
    for text in comes {
        take_over(name, &mut mine.ledger, text)?;
    }
    finished(name, &mine.ledger)
}

/// Appends an entry of the other side.
///
/// Errors: integrity, for an entry that has a meaning only in its own file, because it
/// refers to others.
fn take_over(name: &str, ledger: &mut Ledger, entry: &str) -> Result<()> {
    match ledger.append_entry(entry) {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Integrity,
            format!("the ledger `{name}` cannot be merged: an entry refers to others:\n{entry}"),
        )
        .hint(HINT)),
    }
}

/// The text, after it was read again: a reader finds exactly its entries, and can go on from
/// there.
fn finished(name: &str, ledger: &Ledger) -> Result<Option<Vec<u8>>> {
    let bytes = ledger.text.as_bytes().to_vec();
    let again = Read::of(name, Some(&bytes))?;
    let wanted = ledger.items.last.iter().map(|item| ledger.says(item));
    match again.says().eq(wanted) {
        true => Ok(Some(bytes)),
        false => Err(Error::new(
            Kind::Integrity,
            format!("the ledger `{name}` cannot be merged: other entries would change with it"),
        )
        .hint(HINT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<Option<Vec<u8>>>) -> String {
        String::from_utf8(result.unwrap().unwrap()).unwrap()
    }

    fn versions<'a>(bases: &'a [Option<Vec<u8>>], ours: &'a str, theirs: &'a str) -> Versions<'a> {
        Versions {
            name: "x",
            bases,
            ours: Some(ours.as_bytes()),
            theirs: Some(theirs.as_bytes()),
        }
    }

    fn base(text: &str) -> Vec<Option<Vec<u8>>> {
        vec![Some(text.as_bytes().to_vec())]
    }

    #[test]
    fn entries_are_the_same_whatever_their_form() {
        let text = "- {path: a, tags: [x], n: 1}\n- n: 1\n  tags:\n  - x\n  path: 'a'\n- path: a\n  tags: [x]\n  n: '1'\n";
        let read = Read::of("x", Some(text.as_bytes())).unwrap();
        let ids: Vec<u64> = read.says().map(Entry::identity).collect();
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2], "a number is no text");
    }

    #[test]
    fn the_day_of_an_entry_is_what_it_says_among_the_others() {
        // The empty line after it belongs to the block.
        let ours = "- path: a\n  v: '1'\n  last_updated: |+\n    2026\n\n- {path: a, v: '2', last_updated: \"2026\\n\"}\n";
        let merged = memories(versions(&base("[]\n"), ours, "- {path: q}\n"), Side::Ours);
        let expected = "- path: a\n  v: '1'\n  last_updated: |+\n    2026\n\n- {path: q}\n";
        assert_eq!(text(merged), expected);
    }

    #[test]
    fn of_a_list_ours_stays_byte_for_byte_and_theirs_follow_once() {
        let b = "# head\n- path: a\n  n: 1\n";
        let ours = format!("{b}- {{path: mine}}\n# mine\n");
        let theirs = format!("{b}- path: b\n  text: |\n    x\n- {{n: 2, path: c}}\n");
        let merged = text(lists(versions(&base(b), &ours, &theirs), &[]));
        assert_eq!(
            merged,
            format!("{ours}- path: b\n  text: |\n    x\n- {{n: 2, path: c}}\n")
        );
        // Merge again, and in the other direction: nothing comes twice.
        let again = text(lists(versions(&base(b), &merged, &theirs), &[]));
        assert_eq!(again, merged);
        let squashed = text(lists(versions(&base(b), &merged, &ours), &[]));
        assert_eq!(squashed, merged);
    }

    #[test]
    fn equal_entries_are_counted_and_what_was_taken_away_stays_so() {
        let b = "- path: a\n";
        let twice = "- path: a\n- path: a\n- path: b\n- path: b\n";
        let merged = text(lists(versions(&base(b), "- path: b\n", twice), &[]));
        assert_eq!(merged, "- path: b\n- path: a\n- path: b\n");
        // Our side has since moved an entry to an archive; their side still has it.
        let archive = [b"- path: b\n".to_vec()];
        let merged = text(lists(
            versions(&base("[]\n"), "- path: c\n", "- path: b\n- path: d\n"),
            &archive,
        ));
        assert_eq!(merged, "- path: c\n- path: d\n");
        // Their side removed an entry; the merge does not remove it from ours.
        let ours = "- path: a\n- path: c\n";
        let merged = text(lists(versions(&base(b), ours, "[]\n"), &[]));
        assert_eq!(merged, ours);
    }

    #[test]
    fn columns_and_line_ends_follow_the_ledger_that_is_written() {
        let merged = text(lists(
            versions(
                &base(""),
                "  - path: a\r\n",
                "- path: b\n  t: |\n    x\n\n    y\n",
            ),
            &[],
        ));
        assert_eq!(
            merged,
            "  - path: a\r\n  - path: b\r\n    t: |\r\n      x\r\n\r\n      y\r\n"
        );
        let merged = text(lists(
            versions(&base(""), "- path: a", "  - path: b\r\n    n: 1\r\n"),
            &[],
        ));
        assert_eq!(merged, "- path: a\n- path: b\n  n: 1\n");
    }

    #[test]
    fn a_new_list_comes_as_it_is_and_one_that_cannot_be_read_is_refused() {
        let only = Versions {
            name: "x",
            bases: &[None],
            ours: None,
            theirs: Some(b"# head\n- path: a\n"),
        };
        assert_eq!(text(lists(only, &[])), "# head\n- path: a\n");
        assert_eq!(text(memories(only, Side::Ours)), "# head\n- path: a\n");
        for (ours, theirs) in [("- path: [\n", "- path: a\n"), ("- path: a\n", "a: b\n")] {
            let error = lists(versions(&base(""), ours, theirs), &[]).unwrap_err();
            assert_eq!(error.kind(), Kind::Integrity);
            let error = memories(versions(&base(""), ours, theirs), Side::Ours).unwrap_err();
            assert_eq!(error.kind(), Kind::Integrity);
        }
    }

    #[test]
    fn a_memory_has_each_path_once_as_the_newest_side_has_it() {
        let entry = |path: &str, day: u32, what: &str| {
            format!("- {{path: {path}, description: {what}, last_updated: '2026-11-{day:02}'}}\n")
        };
        let of = |list: &[(&str, u32, &str)]| -> String {
            list.iter().map(|(p, d, w)| entry(p, *d, w)).collect()
        };
        let b = of(&[
            ("a", 1, "old"),
            ("b", 1, "old"),
            ("c", 1, "old"),
            ("d", 1, "old"),
            ("e", 1, "old"),
            ("f", 1, "old"),
        ]);
        // a: newer in ours; b: newer in theirs; c: removed in theirs; d: removed in ours;
        // e: removed in theirs and changed in ours; f: changed in both on one day.
        let ours = of(&[
            ("a", 3, "mine"),
            ("b", 2, "mine"),
            ("c", 1, "old"),
            ("e", 2, "mine"),
            ("f", 2, "mine"),
            ("g", 2, "mine"),
        ]);
        let theirs = of(&[
            ("a", 2, "yours"),
            ("b", 3, "yours"),
            ("d", 1, "old"),
            ("f", 2, "yours"),
            ("h", 2, "yours"),
        ]);
        let merged = text(memories(versions(&base(&b), &ours, &theirs), Side::Ours));
        assert_eq!(
            merged,
            of(&[
                ("a", 3, "mine"),
                ("e", 2, "mine"),
                ("f", 2, "mine"),
                ("g", 2, "mine"),
                ("b", 3, "yours"),
                ("h", 2, "yours")
            ])
        );
        let merged = text(memories(versions(&base(&b), &ours, &theirs), Side::Theirs));
        assert!(
            merged.contains(&entry("f", 2, "yours")) && !merged.contains(&entry("f", 2, "mine"))
        );
        // An entry that plain git's union left twice occurs once again.
        let twice = of(&[("a", 3, "new"), ("a", 2, "old"), ("b", 1, "x")]);
        let merged = text(memories(
            versions(&base(""), &twice, &of(&[("b", 1, "x")])),
            Side::Ours,
        ));
        assert_eq!(merged, of(&[("a", 3, "new"), ("b", 1, "x")]));
    }

    #[test]
    fn an_entry_whose_end_would_change_another_stays_and_the_merge_is_refused() {
        let b = "- path: a\n  who: &w Pat\n- path: b\n  who: *w\n";
        let theirs = "- path: b\n  who: Pat\n";
        let error = memories(versions(&base(b), b, theirs), Side::Ours).unwrap_err();
        assert_eq!(error.kind(), Kind::Integrity);
        let b = "- path: o\n  who: &w Old\n- path: a\n  who: &w Pat\n- path: b\n  who: *w\n";
        let theirs = "- path: o\n  who: Old\n- path: b\n  who: Pat\n";
        let error = memories(versions(&base(b), b, theirs), Side::Ours).unwrap_err();
        assert!(error.to_string().contains("other entries"), "{error}");
    }

    #[test]
    fn a_memory_that_loses_its_last_entry_is_still_a_list() {
        let b = "# head\n- {path: a}\n";
        assert_eq!(
            text(memories(versions(&base(b), b, "# head\n[]\n"), Side::Ours)),
            "# head\n[]\n"
        );
    }
}
