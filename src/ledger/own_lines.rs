//! Entries as aidf itself writes them, read without a YAML reader, which takes many times as
//! long. A fresh clone has to read its ledgers in full, and most of their entries are such
//! lines.
//!
//! An entry of another form is left to the reader of YAML. What is read here says the same to
//! both, since each scalar is one that [`crate::yaml::scalar`] makes, or could make.

use super::shape::{column_of, item_lines};
use crate::yaml;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::ops::Range;

/// A value of a field.
pub(super) enum Said<'t> {
    Null,
    Text(Cow<'t, str>),
    List(Vec<Cow<'t, str>>),
}

/// The fields of an entry, first to last. No key is there twice.
pub(super) type Line<'t> = Vec<(&'t str, Said<'t>)>;

/// What an entry is read as.
pub(super) trait OfLine: DeserializeOwned + PartialEq {
    /// What a reader of YAML makes of the same entry.
    fn of_line(line: &Line<'_>) -> Self;
}

/// The longest key, in bytes. YAML 1.2.2, 7.4.2, has a limit of its own for keys on one line.
const LONGEST_KEY: usize = 64;

/// The most fields. Each key is compared with those before it, and others write ledgers too.
pub(super) const MOST_FIELDS: usize = 32;

/// The most items of one list. aidf writes tags and paths in lists.
const MOST_ITEMS: usize = 10_000;

/// The entries of a list whose last ones are lines as aidf writes them: those before them are
/// read as YAML. None where all of it has to be: then that tells what is wrong with it, too.
pub(super) fn read_list<T: OfLine>(text: &str) -> Option<Vec<T>> {
    let mut own = Vec::new();
    let tail = tail(text, |number, _, fields| {
        own.truncate(number);
        own.push(T::of_line(fields));
    })?;
    if tail.is_all {
        return Some(own);
    }
    // What stands there may go on in the first of these lines, or put it elsewhere than in the
    // list. Where it does neither, the others follow in the same column.
    let begin = &text[..tail.first.end];
    let (spans, _) = item_lines(begin).ok()?;
    let mut all = yaml::read::<Option<Vec<T>>>(begin).ok()??;
    let is_next = spans.last() == Some(&tail.first) && spans.len() == all.len();
    let is_same = all.pop()? == own[0];
    all.extend(own);
    (is_next && is_same).then_some(all)
}

/// Lines as aidf writes them, up to the end of a text.
pub(super) struct Tail {
    /// The first of them.
    pub first: Range<usize>,
    /// Whether nothing but comments stands before it.
    pub is_all: bool,
}

/// Finds them: the last lines of a text, in one column, between which there may be comments.
/// Each is given to `each`, with the number of those before it; where that is not what it
/// should be, some before were none of these. None where there are none at the end.
pub(super) fn tail<'t>(
    text: &'t str,
    mut each: impl FnMut(usize, &'t str, &Line<'t>),
) -> Option<Tail> {
    if text.len() > yaml::MAX_BYTES {
        return None;
    }
    let mut fields = Vec::new();
    let (mut count, mut column, mut first, mut at) = (0, 0, 0..0, 0);
    let mut events = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        let body = line.strip_suffix('\n').unwrap_or(line);
        let body = body.strip_suffix('\r').unwrap_or(body);
        let here = column_of(body);
        if read_line(&body[here..], &mut fields) {
            if count == 0 || here != column {
                (count, column, first) = (0, here, at..next);
            }
            each(count, body, &fields);
            count += 1;
            events += events_of(&fields);
        } else if !says_nothing(body) {
            count = 0;
        }
        at = next;
    }
    let before = &text[..first.start];
    let tail = Tail {
        is_all: before.lines().all(says_nothing),
        first,
    };
    let is_clear = tail.is_all || !may_hide(before);
    (count > 0 && is_clear && events <= yaml::MOST_EVENTS).then_some(tail)
}

/// Whether a text may have entries that its lines do not show, or take later ones into itself:
/// a byte order mark, a line end that is no line feed, or a tab before the first word of an
/// entry; a merge key, which takes the entries of a list as its own (YAML 1.1, `<<`); a tag or
/// a directive, which could make one of any word.
fn may_hide(text: &str) -> bool {
    let has = |words: &str| memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some();
    let lone_return = || {
        let mut returns = memchr::memchr_iter(b'\r', text.as_bytes());
        returns.any(|at| text.as_bytes().get(at + 1) != Some(&b'\n'))
    };
    let has_directive = || text.starts_with('%') || has("\n%");
    [
        "\u{feff}", "\u{85}", "\u{2028}", "\u{2029}", "-\t", "<<", "!!", "!<",
    ]
    .into_iter()
    .any(has)
        || lone_return()
        || has_directive()
}

/// What a reader of YAML counts for an entry.
fn events_of(fields: &Line<'_>) -> usize {
    let each = fields.iter().map(|(_, said)| match said {
        Said::List(items) => 3 + items.len(),
        _ => 2,
    });
    2 + each.sum::<usize>()
}

/// Whether a line is empty, or a comment, where the entry before it has ended.
fn says_nothing(line: &str) -> bool {
    let is_comment = || line.starts_with('#') && line.bytes().all(|b| yaml::PRINTABLE.contains(&b));
    line.is_empty() || is_comment()
}

/// Reads an entry that is all of a line: `- {key: value, …}`. False for any other.
fn read_line<'t>(line: &'t str, fields: &mut Line<'t>) -> bool {
    fields.clear();
    let mut rest = Rest(line);
    if !rest.take("- {") {
        return false;
    }
    loop {
        let key = rest.plain().filter(|key| key.len() <= LONGEST_KEY);
        let is_new = |key: &&str| fields.iter().all(|(known, _)| known != key);
        let Some(key) = key.filter(is_new).filter(|_| rest.take(": ")) else {
            return false;
        };
        if fields.len() == MOST_FIELDS {
            return false;
        }
        let Some(value) = rest.value() else {
            return false;
        };
        fields.push((key, value));
        if !rest.take(", ") {
            return rest.0 == "}";
        }
    }
}

/// What is left of a line.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn take(&mut self, words: &str) -> bool {
        let rest = self.0.strip_prefix(words);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn value(&mut self) -> Option<Said<'t>> {
        if self.take("null") {
            // Else it is a longer word.
            return self.0.starts_with([',', '}']).then_some(Said::Null);
        }
        if !self.take("[") {
            return self.scalar().map(Said::Text);
        }
        let mut items = Vec::new();
        while !self.take("]") {
            if !items.is_empty() && !self.take(", ") {
                return None;
            }
            items.push(self.scalar()?);
            if items.len() > MOST_ITEMS {
                return None;
            }
        }
        Some(Said::List(items))
    }

    fn scalar(&mut self) -> Option<Cow<'t, str>> {
        match self.0.as_bytes().first()? {
            b'\'' => self.quoted(),
            b'"' => self.escaped(),
            _ => self.plain().map(Cow::Borrowed),
        }
    }

    fn plain(&mut self) -> Option<&'t str> {
        let end = self.0.find(|c| !yaml::may_be_plain(c))?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        yaml::is_plain(text).then_some(text)
    }

    /// A scalar in single quotes; a quote in it is written twice.
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        let inner = &self.0[1..];
        let (mut end, mut has_quotes) = (0, false);
        loop {
            end += memchr::memchr(b'\'', &inner.as_bytes()[end..])?;
            if inner.as_bytes().get(end + 1) != Some(&b'\'') {
                break;
            }
            has_quotes = true;
            end += 2;
        }
        let text = &inner[..end];
        self.0 = &inner[end + 1..];
        let is_ours = text.bytes().all(|b| yaml::PRINTABLE.contains(&b));
        is_ours.then(|| match has_quotes {
            true => Cow::Owned(text.replace("''", "'")),
            false => Cow::Borrowed(text),
        })
    }

    /// A scalar in double quotes, just as [`yaml::scalar`] writes it.
    fn escaped(&mut self) -> Option<Cow<'t, str>> {
        let mut chars = self.0[1..].chars();
        let mut text = String::new();
        loop {
            let c = match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'x' => hexadecimal(&mut chars, 2)?,
                    'u' => hexadecimal(&mut chars, 4)?,
                    'U' => hexadecimal(&mut chars, 8)?,
                    c => c,
                },
                c => c,
            };
            text.push(c);
        }
        let (written, rest) = self.0.split_at(self.0.len() - chars.as_str().len());
        self.0 = rest;
        (yaml::scalar(&text) == written).then_some(Cow::Owned(text))
    }
}

fn hexadecimal(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let (digits, rest) = chars.as_str().split_at_checked(digits)?;
    *chars = rest.chars();
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}
