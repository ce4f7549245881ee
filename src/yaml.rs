//! Reading YAML that others wrote, within bounds; writing scalars that every YAML 1.1
//! and 1.2 reader takes for the same text.

use serde::de::DeserializeOwned;
use std::ops::Range;

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// The most events, and the most nodes, of a document that is read.
pub(crate) const MOST_EVENTS: usize = 20_000_000;

/// The bytes that a scalar in single quotes may have.
pub(crate) const PRINTABLE: Range<u8> = 0x20..0x7f;

/// Reads one document. Depth, aliases and expansion are bounded, so that a bomb is an
/// error and not a crash.
///
/// Errors: one line with the place and the reason.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES >> 20));
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_documents: 1,
            max_events: MOST_EVENTS,
            max_nodes: MOST_EVENTS,
            max_total_scalar_bytes: MAX_BYTES,
        },
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|e| plain_words(&e.to_string().replace('\n', " ")))
}

/// A parser's message with its place first, and its terms in words.
fn plain_words(said: &str) -> String {
    const COUNT: &str = "a whole number that is not below 0, and not too large, is expected here";
    const TERMS: [(&str, &str); 10] = [
        ("invalid u64", COUNT),
        ("invalid u32", COUNT),
        ("invalid u16", COUNT),
        ("expected string scalar", "a text is expected here"),
        ("expected integer", "a whole number is expected here"),
        ("expected boolean", "true or false is expected here"),
        ("expected sequence start", "a list is expected here"),
        (
            "expected mapping start",
            "settings with a colon are expected here",
        ),
        ("unknown field", "there is no setting"),
        (
            ", set DuplicateKeyPolicy in Options if acceptable",
            ": it is there twice",
        ),
    ];
    let mut text = said.to_owned();
    for (term, words) in TERMS {
        text = text.replace(term, words);
    }
    if let Some((before, after)) = text.split_once("budget breached: ") {
        let what = match after.starts_with("Documents") {
            true => "one document is expected, and there are more",
            false => "it is deeper or longer than aidf reads",
        };
        let rest = after.split_once('}').map_or("", |(_, rest)| rest);
        text = format!("{before}{what}{rest}");
    }
    match text.rsplit_once(" at line ") {
        Some((what, place)) if place.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("line {place}: {what}")
        }
        _ => text,
    }
}

/// `text` as a scalar on one line: plain where no reader could take it for anything
/// else, in single quotes where it is printable ASCII, else in double quotes with escapes.
pub fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.bytes().all(|b| PRINTABLE.contains(&b)) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02X}", c as u32)),
            c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push_str(&format!("\\U{:08X}", c as u32)),
        }
    }
    out.push('"');
    out
}

/// `text`, or `null` for none.
pub fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), scalar)
}

/// A value on one line, in flow style.
pub fn flow(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::String(text) => scalar(text),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let fields = map.iter();
            let fields = fields.map(|(k, v)| format!("{}: {}", scalar(k), flow(v)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Words that start with a letter, `/`, `_` or `.` followed by a letter, hold nothing
/// with a meaning, and are no reader's true, false, null or number.
pub(crate) fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = match chars.next() {
        Some('.') => chars.next().is_some_and(|c| c.is_ascii_alphabetic()),
        Some(c) => c.is_ascii_alphabetic() || c == '_' || c == '/',
        None => false,
    };
    const KEYWORDS: [&str; 11] = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan",
    ];
    let keyword = KEYWORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    // A plain scalar of two words may be joined by a colon-space or hash: none is allowed.
    starts
        && !keyword
        && !text.ends_with(' ')
        && !text.contains("  ")
        && text.chars().all(may_be_plain)
}

/// Whether a scalar may have this without quotes.
pub(crate) fn may_be_plain(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '_' | '-' | '.' | '/' | '(' | ')' | '+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn what_is_no_count_is_told_in_words() {
        for text in ["days: -3", "days: soon", "days: 70000000000000000000"] {
            let why = [
                read::<HashMap<String, u16>>(text).unwrap_err(),
                read::<HashMap<String, u32>>(text).unwrap_err(),
                read::<HashMap<String, u64>>(text).unwrap_err(),
            ];
            for why in why {
                assert!(why.starts_with("line 1, column 7: "), "{why}");
                assert!(why.contains("a whole number"), "{why}");
            }
        }
    }

    #[test]
    fn no_term_of_the_parser_is_told() {
        let deep = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
        for (text, words) in [
            (
                "a: 1\na: 2\n",
                "line 2, column 1: duplicate mapping key: a: it is there twice",
            ),
            (
                "a: 1\n---\nb: 2\n",
                "one document is expected, and there are more",
            ),
            (&deep, "deeper or longer than aidf reads"),
        ] {
            let why = read::<HashMap<String, serde_json::Value>>(text).unwrap_err();
            assert!(why.contains(words) && !why.contains("udget"), "{why}");
        }
    }

    #[test]
    fn a_scalar_reads_back_as_the_same_text() {
        let nasty = [
            "",
            " ",
            "a",
            "a b",
            "yes",
            "No",
            "null",
            "~",
            "1",
            "1e3",
            "0x1f",
            "2025-01-01",
            "12:30",
            "- a",
            "a: b",
            "a #b",
            "#",
            "'",
            "\"",
            "it's",
            "a\nb",
            "tab\tx",
            "ends ",
            " starts",
            "ünï",
            "\u{2705} done",
            "\u{1f501}",
            "\u{feff}x",
            "\u{85}",
            "\u{2028}",
            "[x]",
            "{x}",
            "&a",
            "*a",
            "!t",
            "%d",
            "@x",
            "`x`",
            "|",
            ">",
            "?",
            "-",
            "--- x",
            "...",
            ".",
            "..",
            "a:",
            ":a",
            ".inf",
            ".5",
            "/a/b",
            "_1",
            "\\n",
            "\u{0}",
            "\u{7f}",
            "=",
            "<<",
        ];
        for text in nasty {
            let yaml = format!("- {}\n", scalar(text));
            let back: Vec<String> = read(&yaml).unwrap_or_else(|e| panic!("{yaml:?}: {e}"));
            assert_eq!(back, [text], "{yaml:?}");
        }
        let long = "word ".repeat(5000);
        assert_eq!(
            read::<Vec<String>>(&format!("- {}\n", scalar(&long))).unwrap(),
            [long]
        );
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let p = n - 1;
            bomb.push_str(&format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}]\n"));
        }
        assert!(read::<serde_json::Value>(&bomb).is_err());
        let deep = format!("{}x{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read::<serde_json::Value>(&deep).is_err());
        assert!(
            read::<serde_json::Value>("a: 1\n---\nb: 2\n").is_err(),
            "a second document was passed over"
        );
    }
}
