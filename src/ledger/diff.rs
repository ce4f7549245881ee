//! Which entries differ between two versions of a ledger. Pure.
//!
//! Versions mostly differ in a few of many lines. So the common start and the common end,
//! cut back to whole entries, are compared as bytes, and only the part between them is
//! parsed.

use super::list::Ledger;
use crate::ends::{common_end, common_start};
use crate::error::Result;
use std::collections::HashMap;

/// An entry that only one of two versions has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// Its text, without trailing whitespace.
    pub text: String,
    /// The path that it is about, if it names one.
    pub path: Option<String>,
}

/// The entries that a newer version lost and gained. An entry that only moved is in neither
/// list, and one that was altered is in both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerDiff {
    /// Entries that only the older version has.
    pub removed: Vec<Item>,
    /// Entries that only the newer version has.
    pub added: Vec<Item>,
    /// Bytes that were parsed, of both versions together.
    pub parsed: usize,
}

/// Compares two versions of the ledger `name`.
///
/// The part of the older version that is not parsed is assumed to be a valid ledger.
/// Errors: integrity, if the newer version, or the parsed part of the older one, is not a
/// ledger.
pub fn diff(name: &str, old: &[u8], new: &[u8]) -> Result<LedgerDiff> {
    let (start, end) = alike(old, new);
    let (old, new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let mut left: HashMap<Item, usize> = HashMap::new();
    for item in items(name, old)? {
        *left.entry(item).or_default() += 1;
    }
    let mut added = Vec::new();
    for item in items(name, new)? {
        match left.get_mut(&item).filter(|n| **n > 0) {
            Some(n) => *n -= 1,
            None => added.push(item),
        }
    }
    let mut removed: Vec<Item> = left
        .into_iter()
        .flat_map(|(item, n)| std::iter::repeat_n(item, n))
        .collect();
    // Sort by path as well: entries that use aliases may have the same text and be about
    // different paths.
    removed.sort();
    Ok(LedgerDiff {
        removed,
        added,
        parsed: old.len() + new.len(),
    })
}

fn items(name: &str, text: &[u8]) -> Result<Vec<Item>> {
    let ledger = Ledger::read(name, Some(text))?;
    let item = |(path, text): (Option<&str>, &str)| Item {
        text: text.trim_end().to_owned(),
        path: path.map(str::to_owned),
    };
    Ok(ledger.items().map(item).collect())
}

/// How many bytes the two versions share at the start and at the end. In both versions,
/// the part between them is a list of whole entries with dashes in the same column as the
/// rest.
fn alike(old: &[u8], new: &[u8]) -> (usize, usize) {
    let Some(column) = first_dash(old) else {
        return (0, 0);
    };
    let same = common_start(old, new);
    let starts = |text: &[u8], at: usize| starts_entry(text, at, column);
    let whole = |text: &[u8], at: usize| at == text.len() || starts(text, at);
    let mut start = same;
    while start > 0 && !(ends_line(old, start) && whole(old, start) && whole(new, start)) {
        start = match old[..start - 1].iter().rposition(|b| *b == b'\n') {
            Some(at) => at + 1,
            None => 0,
        };
    }
    // The text before the first entry belongs to that entry.
    if !(0..start).any(|at| starts(old, at)) {
        start = 0;
    }
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let mut end = common_end(old_rest, new_rest);
    while end > 0 {
        let (old_at, new_at) = (old_rest.len() - end, new_rest.len() - end);
        let begins = |text: &[u8], at: usize| at == 0 || text[at - 1] == b'\n';
        let between = begins(old_rest, old_at) && begins(new_rest, new_at);
        if between && starts_entry(old_rest, old_at, column) {
            break;
        }
        end = match old_rest[old_at..].iter().position(|b| *b == b'\n') {
            Some(at) => end - at - 1,
            None => 0,
        };
    }
    let between = &new[start..new.len() - end];
    let fits = match first_dash(between) {
        Some(at) => at == column,
        None => between.is_empty(),
    };
    // An alias in the unparsed rest may refer to an anchor in the parsed part. Then the
    // whole files are parsed.
    let anchored = has_anchor(between) || has_anchor(&old[start..old.len() - end]);
    match fits && !anchored {
        true => (start, end),
        false => (0, 0),
    }
}

fn ends_line(text: &[u8], at: usize) -> bool {
    at == 0 || text[at - 1] == b'\n'
}

/// Whether the text may define an anchor, a name that aliases repeat elsewhere.
pub(super) fn has_anchor(text: &[u8]) -> bool {
    memchr::memchr_iter(b'&', text).any(|at| {
        let before = at.checked_sub(1).map_or(b' ', |b| text[b]);
        let next = text.get(at + 1);
        next.is_some_and(|b| !b.is_ascii_whitespace()) && !before.is_ascii_alphanumeric()
    })
}

/// Whether an entry with its dash at `column` starts at the line at `at`.
fn starts_entry(text: &[u8], at: usize, column: usize) -> bool {
    let Some(line) = text.get(at..) else {
        return false;
    };
    ends_line(text, at)
        && line.len() > column
        && line[..column].iter().all(|b| *b == b' ')
        && line[column] == b'-'
        && matches!(line.get(column + 1), None | Some(b' ' | b'\n' | b'\r'))
}

/// The column of the first dash that starts an entry.
fn first_dash(text: &[u8]) -> Option<usize> {
    text.split(|b| *b == b'\n').find_map(|line| {
        let column = line.iter().take_while(|b| **b == b' ').count();
        starts_entry(line, 0, column).then_some(column)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[Item]) -> Vec<&str> {
        items.iter().map(|i| i.text.as_str()).collect()
    }

    fn entry(n: usize) -> String {
        format!("- path: p{n}\n  message: text {n}\n")
    }

    fn list(all: impl IntoIterator<Item = usize>) -> String {
        all.into_iter().map(entry).collect()
    }

    #[test]
    fn what_is_added_removed_altered_and_moved_is_told_apart() {
        let old = format!("# head\n---\n{}", list(0..5));
        let differ = |new: &str| diff("x", old.as_bytes(), new.as_bytes()).unwrap();
        let grown = differ(&format!("{old}{}", entry(9)));
        assert!(grown.removed.is_empty());
        assert_eq!(grown.added[0].path.as_deref(), Some("p9"));
        let moved = differ(&list([4, 3, 2, 1, 0]));
        assert!(
            moved.removed.is_empty() && moved.added.is_empty(),
            "{moved:?}"
        );
        let altered = differ(&old.replace("text 2", "another"));
        assert_eq!(texts(&altered.removed), ["- path: p2\n  message: text 2"]);
        assert_eq!(texts(&altered.added), ["- path: p2\n  message: another"]);
        let shorter = differ(&old.replace(&entry(0), ""));
        assert_eq!(texts(&shorter.removed), ["- path: p0\n  message: text 0"]);
        for gone in ["", "[]\n", "# head\n"] {
            assert_eq!(differ(gone).removed.len(), 5, "{gone:?}");
        }
        // A last line without a newline makes the same entry as one with it.
        let open = diff("x", b"- path: a", b"- path: a\n- path: b\n").unwrap();
        assert!(open.removed.is_empty() && open.added.len() == 1, "{open:?}");
        // Two equal entries count as two.
        let twice = diff("x", list([1, 1, 2]).as_bytes(), list([1, 2]).as_bytes()).unwrap();
        assert_eq!(twice.removed.len(), 1);
    }

    #[test]
    fn what_would_alter_an_entry_from_behind_or_break_the_list_is_seen() {
        let old = list(0..3);
        let differ = |new: String| diff("x", old.as_bytes(), new.as_bytes());
        // An extra line in the last entry alters it.
        let longer = differ(format!("{old}  task_id: x\n")).unwrap();
        assert_eq!(texts(&longer.removed), ["- path: p2\n  message: text 2"]);
        for bad in [
            format!("{old}x: y\n"),
            format!("{old}- [\n"),
            format!("{old}- text\n"),
            format!("{old}...\n"),
            format!("{old}- path: a\n---\n- path: b\n"),
            format!("{old}  - path: deeper\n"),
            format!("{old}- path: *a\n"),
            format!("[]\n{old}"),
            format!("{old}[]\n"),
            format!("null\n{old}"),
            format!("  - path: a\n{old}"),
            format!("--- x\n{old}"),
            format!("{}- path: a\n ... x\n{}", entry(0), list(1..3)),
        ] {
            assert!(differ(bad.clone()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_comparison_agrees_with_one_of_all_entries_whatever_the_change() {
        use rand::{RngExt, SeedableRng};
        let mut rng = rand::rngs::StdRng::seed_from_u64(8);
        let parts = [
            "- path: a\n",
            "- path: b\n  x: 1\n",
            "- path: \"c\n    d\"\n",
            "- t: |\n    - x\n    y\n",
            "# c\n",
            "\n",
            "  k: v\n",
            "-\n  path: z\n",
            "- path: é\n",
            "- path: a\r\n",
            "[]\n",
            "- p: 'q'",
        ];
        let mut compared = 0;
        for _ in 0..20_000 {
            let mut make = |n: usize| -> Vec<&str> {
                (0..n)
                    .map(|_| parts[rng.random_range(0..parts.len())])
                    .collect()
            };
            let (head, tail) = (make(2).concat(), make(2).concat());
            let old = [&head, &make(2).concat(), &tail]
                .map(String::as_str)
                .concat();
            let new = [&head, &make(2).concat(), &tail]
                .map(String::as_str)
                .concat();
            if items("x", old.as_bytes()).is_err() {
                continue;
            }
            let full = items("x", new.as_bytes());
            let quick = diff("x", old.as_bytes(), new.as_bytes());
            assert_eq!(full.is_err(), quick.is_err(), "{old:?} {new:?}");
            let (Ok(full), Ok(quick)) = (full, quick) else {
                continue;
            };
            compared += 1;
            let mut rest = items("x", old.as_bytes()).unwrap();
            for item in &quick.removed {
                let at = rest.iter().position(|i| i == item);
                rest.remove(at.unwrap_or_else(|| panic!("{old:?} {new:?}")));
            }
            rest.extend(quick.added);
            let by_text = |mut all: Vec<Item>| {
                all.sort();
                all
            };
            assert_eq!(by_text(rest), by_text(full), "{old:?} {new:?}");
        }
        assert!(compared > 500, "{compared}");
    }

    #[test]
    fn of_a_hundred_thousand_entries_only_what_changed_is_parsed() {
        let old = list(0..100_000);
        let more = format!("{old}{}", entry(7));
        let grown = diff("x", old.as_bytes(), more.as_bytes()).unwrap();
        assert!(grown.parsed < 100 && grown.added.len() == 1, "{grown:?}");
        let altered = old.replace("text 50000\n", "other\n");
        let grown = diff("x", old.as_bytes(), altered.as_bytes()).unwrap();
        assert!(grown.parsed < 200 && grown.removed.len() == 1, "{grown:?}");
    }
}
