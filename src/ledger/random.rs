//! Random ledgers with hostile endings: either the old entries keep their meaning, or
//! nothing is written. `AIDF_LEDGER_ROUNDS` sets the number of rounds (a million takes
//! minutes in a release build); `AIDF_LEDGER_SEED` replays a round that failed.

#![allow(clippy::print_stdout, reason = "the seed of a failure is printed")]

use super::Ledger;
use super::fields::Fields;
use super::own_lines::read_list;
use super::says::Entry;
use crate::ends::Shared;
use crate::error::Kind;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::ops::Range;

/// Lines of an entry after its first line; they hold its fields.
const FIELDS: [&str; 26] = [
    "task_id: null",
    "message: 'a: b'",
    "message: \"a\n    b\"",
    "message: 'two\n\n    lines'",
    "message: plain\n    goes on",
    "text: |\n    kept\n    - no item",
    "text: |-\n    stripped",
    "text: |+\n    kept\n\n",
    "text: >\n    folded\n      deeper\n    back",
    "text: >+\n    folded\n\n",
    "text: |2\n      two\n    one",
    "text: | # said\n    after a comment",
    "tags: [x, y]",
    "tags: [x,\n    y]",
    "tags:\n  - 1\n  - 2",
    "tags:\n    - deep\n    - er",
    "who: &a Pat",
    "who: *a",
    "who: &b {x: 1}",
    "other: *b",
    "empty:",
    "tab:\there",
    "x: y # tail",
    "? q\n  : v",
    "num: 1.0",
    "!!str t: !!str 1",
];

/// What may stand between entries, and at the end.
const BETWEEN: [&str; 14] = [
    "",
    "",
    "",
    "\n",
    "\n\n",
    "# a comment\n",
    "  # deeper\n",
    "    # deepest\n",
    "\t\n",
    " \n",
    "   \n",
    "#\n",
    "\r\n",
    "\t# tab\n",
];

/// What the file may end in.
const ENDS: [&str; 22] = [
    "",
    "",
    "\n",
    "...",
    "...\n",
    "...\t",
    "...\t\n",
    "... # x\n",
    "---",
    "---\n",
    "---\t\n",
    "--- []\n",
    "[]\n",
    "null\n",
    "# end",
    "  # end",
    "\t",
    "    ",
    "- ",
    "-",
    "\u{feff}",
    "%YAML 1.2\n",
];

/// What the file may start with.
const STARTS: [&str; 12] = [
    "",
    "",
    "",
    "",
    "---\n",
    "--- # x\n",
    "# top\n",
    "\u{feff}",
    "%YAML 1.1\n---\n",
    "\n",
    "...\n",
    "--- \n",
];

fn ledger(random: &mut StdRng) -> String {
    ledger_of(random, 0..4, &FIELDS)
}

/// One of so many entries with some of these fields.
fn ledger_of(random: &mut StdRng, entries: Range<usize>, fields: &[&'static str]) -> String {
    let pick = |random: &mut StdRng, from: &[&'static str]| *from.choose(random).unwrap();
    let mut text = pick(random, &STARTS).to_owned();
    let indent = " ".repeat(*[0, 0, 0, 2, 3].choose(random).unwrap());
    for n in 0..random.random_range(entries) {
        let dash = *["- ", "- ", "- ", "-\n  ", "-   ", "-\t"]
            .choose(random)
            .unwrap();
        let mut lines = format!("{dash}path: p{n}\n");
        for _ in 0..random.random_range(0..3) {
            lines.push_str("  ");
            lines.push_str(pick(random, fields));
            lines.push('\n');
        }
        for line in lines.split_inclusive('\n') {
            if line.trim().is_empty() {
                text.push_str(line);
            } else {
                text.push_str(&format!("{indent}{line}"));
            }
        }
        text.push_str(pick(random, &BETWEEN));
    }
    if random.random_bool(0.3) {
        text.truncate(text.trim_end_matches('\n').len());
    }
    text.push_str(pick(random, &ENDS));
    if random.random_bool(0.15) {
        text = text.replace('\n', "\r\n");
    }
    if random.random_bool(0.02) {
        text = text.replace('\n', "\r");
    }
    text
}

/// The entries as an independent reader sees them; `None` if it cannot read them.
fn seen(text: &str) -> Option<Vec<Value>> {
    match serde_saphyr::from_str::<Option<Value>>(text).ok()? {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(all)) => Some(all),
        Some(_) => None,
    }
}

/// One round; returns whether the ledger was accepted.
fn round(random: &mut StdRng) -> bool {
    let text = ledger(random);
    let Ok(mut ledger) = Ledger::read("x", Some(text.as_bytes())) else {
        return false;
    };
    let Some(before) = seen(&text).or_else(|| text.trim().is_empty().then(Vec::new)) else {
        return false;
    };
    let ours = serde_json::json!({"path": "ours", "message": "a: b", "tags": ["x"]});
    ledger.append("{path: ours, message: 'a: b', tags: [x]}");
    let appended = match ledger.checked() {
        Ok(appended) => appended.to_owned(),
        Err(e) => {
            assert_eq!(e.kind(), Kind::Integrity);
            return false;
        }
    };
    let with_ours: Vec<Value> = before.iter().cloned().chain([ours]).collect();
    assert_eq!(
        seen(&appended).as_ref(),
        Some(&with_ours),
        "appended to {text:?}: {appended:?}"
    );
    let kept = appended.starts_with(&text) || before.is_empty();
    assert!(kept, "bytes moved in {text:?}: {appended:?}");
    // Remove the entry right away, and also after reading back what was written.
    let again = Ledger::read("x", Some(appended.as_bytes()));
    for mut ledger in [Some(ledger), again.ok()].into_iter().flatten() {
        assert_eq!(ledger.remove_paths(&["ours"]), 1, "{text:?}");
        match ledger.checked() {
            Ok(removed) => {
                assert_eq!(
                    seen(removed).as_ref(),
                    Some(&before),
                    "removed from {appended:?}"
                );
            }
            Err(e) => assert_eq!(e.kind(), Kind::Integrity),
        }
        // Removing any other entry removes only that one, or is refused.
        if !before.is_empty() {
            let at = random.random_range(0..before.len());
            let goes: Vec<bool> = (0..before.len()).map(|n| n == at).collect();
            ledger.remove_at(&goes);
            if let Ok(removed) = ledger.checked() {
                let mut left = before.clone();
                left.remove(at);
                assert_eq!(seen(removed), Some(left), "removed from {text:?}");
            }
        }
    }
    true
}

/// Entries as aidf writes them.
fn own_entry(random: &mut StdRng) -> String {
    const TEXTS: [&str; 12] = [
        "a/b.txt",
        "null",
        "nullable",
        "it's",
        "''",
        "a: b, {c} [d] # e",
        "\"quoted\" \\ and not",
        "Grüße, 日本 🦀",
        "two\nlines\t",
        "2026-11-22",
        "",
        "\u{feff}\u{85}\u{2028}\u{7f}",
    ];
    let mut text = || *TEXTS.choose(random).unwrap();
    let (path, who, message, task) = (text(), text(), text(), text());
    let tags = [text().to_owned(), text().to_owned()];
    let (timestamp, count) = ("2026-11-22T10:11:12.345678", random.random_range(0..3));
    match random.random_bool(0.5) {
        true => super::ChangelogEntry {
            timestamp,
            path,
            task_id: Some(task).filter(|_| count > 0),
            committed_by: who,
            message,
        }
        .line(),
        false => super::MemoryEntry {
            path,
            raw_url: Some(task).filter(|_| count > 0),
            description: message,
            tags: &tags[..count],
            last_updated: "2026-11-22",
            pod_owner: who,
        }
        .line(),
    }
}

/// Lines that aidf wrote are read as a reader of YAML reads them, after whatever stands before
/// them, and however they were altered. Returns whether they were read without that reader.
fn own_round(random: &mut StdRng) -> bool {
    let mut text = match random.random_bool(0.5) {
        true => ledger(random),
        false => (*STARTS.choose(random).unwrap()).to_owned(),
    };
    let indent = " ".repeat(*[0, 0, 0, 0, 2].choose(random).unwrap());
    for _ in 0..random.random_range(1..4) {
        text += &format!("{indent}- {}\n", own_entry(random));
        if random.random_bool(0.2) {
            text += BETWEEN.choose(random).unwrap();
        }
    }
    if random.random_bool(0.1) {
        text = text.replace('\n', "\r\n");
    }
    for _ in 0..random.random_range(0..3) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = *places.choose(random).unwrap();
        const ODD: [&str; 24] = [
            "<<: ", "\u{feff}", "-\t", "|\n ", "", "", "'", "\"", "\\", "{", "}", "[", "]", ", ",
            ",", ": ", ":", " ", "\n", "\r", "#", "null", "&a ", "path: ",
        ];
        let gone = text[at..].chars().next().map_or(0, char::len_utf8);
        let gone = if random.random_bool(0.5) { gone } else { 0 };
        text.replace_range(at..at + gone, ODD.choose(random).unwrap());
    }
    let Some(all) = read_list::<Entry>(&text) else {
        return false;
    };
    let read = crate::yaml::read::<Option<Vec<Entry>>>(&text);
    assert_eq!(read, Ok(Some(all)), "of {text:?}");
    if let Ok(own) = Ledger::read_own("x", text.clone().into()) {
        let whole = Ledger::read("x", Some(text.as_bytes())).expect("a ledger");
        assert!(
            whole.is_plain() && own.items().eq(whole.items()),
            "of {text:?}"
        );
        assert!(own.entries().eq(whole.entries()), "of {text:?}");
    }
    if let Some(fields) = read_list::<Fields>(&text) {
        let read = crate::yaml::read::<Vec<Fields>>(&text);
        assert_eq!(read, Ok(fields), "of {text:?}");
    }
    true
}

/// What is done to a ledger.
enum Deed {
    Append,
    Replace(String),
    Set(String),
    Touch(String),
    Remove(String),
}

fn does(deed: &Deed, ledger: &mut Ledger) -> Option<String> {
    let line = "{path: ours, message: 'a: b', tags: [x]}";
    match deed {
        Deed::Append => ledger.append(line),
        Deed::Replace(path) => {
            ledger.replace_entry(path, line);
        }
        Deed::Set(path) => ledger.set(path, line),
        Deed::Touch(path) => {
            ledger.touch(path, "2026-11-22");
        }
        Deed::Remove(path) => {
            ledger.remove_paths(&[path]);
        }
    }
    ledger.checked().ok().map(str::to_owned)
}

/// A text that was read in full once is written as one that is read in full again. Returns
/// whether there was such a text.
fn known_round(random: &mut StdRng) -> bool {
    let text = ledger_of(random, 0..7, &FIELDS);
    let read = || Ledger::read("x", Some(text.as_bytes()));
    let Some(mut whole) = read().ok().filter(|l| !l.is_empty() && l.is_plain()) else {
        return false;
    };
    let mut known = Ledger::read_known("x", text.clone().into()).expect("a list");
    let paths: Vec<String> = whole
        .items()
        .filter_map(|(path, _)| path.map(str::to_owned))
        .collect();
    for _ in 0..random.random_range(1..4) {
        let path = paths.choose(random).cloned().unwrap_or_default();
        let deed = match random.random_range(0..6) {
            0 => Deed::Replace(path),
            3 => Deed::Set(path),
            1 => Deed::Touch(path),
            2 => Deed::Remove(path),
            _ => Deed::Append,
        };
        let [theirs, ours] = [&mut whole, &mut known].map(|l| does(&deed, l));
        assert_eq!(ours, theirs, "of {text:?}");
        let Some(now) = ours else { return true };
        for shared in [&whole, &known].map(|l| l.shared().expect("it was a list")) {
            is_shared(shared, text.as_bytes(), now.as_bytes());
        }
        let plain = Ledger::read("x", Some(now.as_bytes())).is_ok_and(|l| l.is_plain());
        assert!(
            !known.is_plain() || plain,
            "{now:?} is not as plain as {text:?}"
        );
    }
    true
}

/// What a ledger says to have of the file that it was read from, it has.
fn is_shared(shared: Shared, old: &[u8], new: &[u8]) {
    let Shared { of, start, end } = shared;
    let shown = || format!("{shared:?} of {old:?} in {new:?}");
    assert_eq!(of, old.len());
    assert!(!shared.is_all() || old == new, "{}", shown());
    assert_eq!(old.get(..start), new.get(..start), "{}", shown());
    let ends = [old, new].map(|text| &text[text.len() - end..]);
    assert_eq!(ends[0], ends[1], "{}", shown());
    let least = old.len().min(new.len());
    assert!(shared.is_all() || start + end <= least, "{}", shown());
}

/// A text that was made of a known one is read as it is read in full. Returns whether it was
/// read without that.
fn like_round(random: &mut StdRng) -> bool {
    // Of others nothing is read without the whole.
    let is_simple = |field: &&&str| !field.contains(['|', '>', '&', '*']);
    let simple: Vec<&str> = FIELDS.iter().filter(is_simple).copied().collect();
    let read = |text: &str| Ledger::read("x", Some(text.as_bytes())).ok();
    let is_plain = |text: &String| read(text).is_some_and(|l| !l.is_empty() && l.is_plain());
    let mut some = (0..30).map(|_| ledger_of(random, 1..12, &simple));
    let Some(known) = some.find(is_plain) else {
        return false;
    };
    // Another writer's, who may do anything at any place.
    let mut text = known.clone();
    for _ in 0..random.random_range(1..3) {
        let places: Vec<usize> = (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .collect();
        let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let places = match random.random_bool(0.8) && !lines.is_empty() {
            true => lines,
            false => places,
        };
        let from = *places.choose(random).unwrap();
        let to = *places.choose(random).unwrap();
        let to = if to < from || random.random_bool(0.5) {
            from
        } else {
            to
        };
        let put = match random.random_range(0..6) {
            0 => String::new(),
            1 => ledger(random),
            2 => format!("  {}\n", FIELDS.choose(random).unwrap()),
            3 => (*BETWEEN.choose(random).unwrap()).to_owned(),
            4 => (*ENDS.choose(random).unwrap()).to_owned(),
            _ => "- {path: theirs, message: 'a: b', tags: [x]}\n".to_owned(),
        };
        text.replace_range(from..to, &put);
    }
    let Some(like) = Ledger::read_like("x", text.clone().into(), known.as_bytes()) else {
        return false;
    };
    let whole = read(&text);
    let whole = whole.unwrap_or_else(|| panic!("{text:?} is no ledger; it was {known:?}"));
    assert!(whole.is_plain(), "{text:?} is not plain; it was {known:?}");
    assert!(like.items().eq(whole.items()), "{text:?} was {known:?}");
    assert!(like.entries().eq(whole.entries()), "{text:?} was {known:?}");
    true
}

/// Runs so many rounds, each of which says whether its ledger was one that counts. Fewer than
/// one in `least` would prove nothing.
fn runs(rounds: u64, least: u64, what: &str, round: impl Fn(&mut StdRng) -> bool) {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let rounds = number("AIDF_LEDGER_ROUNDS").unwrap_or(rounds);
    let seed = number("AIDF_LEDGER_SEED").unwrap_or_else(rand::random);
    println!("AIDF_LEDGER_SEED={seed} AIDF_LEDGER_ROUNDS={rounds}");
    let mut random = StdRng::seed_from_u64(seed);
    let counted = (0..rounds).filter(|_| round(&mut random)).count() as u64;
    println!("{counted} of {rounds} ledgers were {what}");
    assert!(
        counted * least > rounds,
        "{counted} of {rounds} were {what}"
    );
}

#[test]
fn a_ledger_that_others_changed_is_read_by_what_they_changed() {
    runs(1_000, 10, "read by what was changed", like_round);
}

#[test]
fn a_ledger_that_was_read_before_is_written_like_one_that_is_read_again() {
    runs(3_000, 20, "known", known_round);
}

#[test]
fn what_a_random_ledger_says_stays_through_append_and_remove() {
    runs(3_000, 10, "appended to", round);
}

#[test]
fn entries_that_aidf_wrote_say_the_same_to_a_reader_of_yaml() {
    runs(3_000, 10, "read without a reader of YAML", own_round);
}
