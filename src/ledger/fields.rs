//! The fields of one entry, in order.

use super::list::{Ledger, parse};
use super::own_lines::{Line, OfLine, Said};
use crate::yaml;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The fields of an entry, first to last.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl OfLine for Fields {
    fn of_line(line: &Line<'_>) -> Fields {
        let text = |text: &Cow<'_, str>| Value::String(text.to_string());
        let value = |said: &Said<'_>| match said {
            Said::Null => Value::Null,
            Said::Text(one) => text(one),
            Said::List(items) => Value::Array(items.iter().map(text).collect()),
        };
        let fields = line
            .iter()
            .map(|(key, said)| ((*key).to_owned(), value(said)));
        Fields(fields.collect())
    }
}

impl Fields {
    /// A field's text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key)?.1.as_str()
    }

    /// The entry on one line, as [`Ledger::append`] takes it.
    fn line(&self) -> String {
        let fields = self.0.iter();
        let fields = fields.map(|(k, v)| format!("{}: {}", yaml::scalar(k), yaml::flow(v)));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
    }
}

impl Ledger {
    /// The fields of every entry; the result has as many items as there are entries.
    ///
    /// Errors: the reason, if an entry cannot be read.
    pub(super) fn fields(&self) -> Result<Vec<Fields>, String> {
        parse(self.checked().map_err(|e| e.to_string())?)
    }

    /// Sets `last_updated` of the last entry for `path`, if it has that field with another
    /// date. This puts the entry on one line. Returns whether anything changed.
    pub fn touch(&mut self, path: &str, date: &str) -> bool {
        match self.touched_line(path, date) {
            Some(line) => self.replace_entry(path, &line),
            None => false,
        }
    }

    /// The last entry for `path` on one line with this date; `None` if it has that date
    /// already.
    pub fn touched_line(&self, path: &str, date: &str) -> Option<String> {
        let text = self.entry_for(path)?;
        let mut fields = parse::<Fields>(text).ok()?.pop()?;
        let mut texts = Vec::new();
        fields.0.iter().for_each(|(_, v)| all_texts(v, &mut texts));
        let kept = texts.iter().all(|t| keeps_its_type(t, &texts, text));
        let (_, value) = fields.0.iter_mut().find(|(k, _)| k == "last_updated")?;
        let new = Value::String(date.to_owned());
        let changed = std::mem::replace(value, new.clone()) != new;
        (kept && changed).then(|| fields.line())
    }
}

fn all_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|v| all_texts(v, found)),
        Value::Object(all) => all.values().for_each(|v| all_texts(v, found)),
        _ => {}
    }
}

/// Whether a text of an entry keeps its type in YAML 1.1 when it is quoted. There a plain
/// `yes`, `2026-11-26` or `017` is not text, so quoting it would change its type.
fn keeps_its_type(text: &str, all: &[String], entry: &str) -> bool {
    let single = yaml::scalar(text);
    if text.contains(char::is_whitespace) || !single.starts_with('\'') {
        return true;
    }
    let double = format!("\"{text}\"");
    let quoted = entry.matches(&single).count() + entry.matches(&double).count();
    quoted >= all.iter().filter(|t| *t == text).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::own_lines;

    #[test]
    fn a_new_date_puts_an_entry_on_one_line_and_keeps_every_field_in_its_place() {
        let text = "- description: Two\n    lines\n  last_updated: '2025-05-02'\n  path: a\n  odd: {n: 1, no: [~, true]}\n  tags:\n  - x\n- path: b\n";
        let mut ledger = Ledger::read("x", Some(text.as_bytes())).unwrap();
        assert!(ledger.touch("a", "2026-11-25"));
        assert!(!ledger.touch("a", "2026-11-25"), "it has that date");
        assert!(!ledger.touch("b", "2026-11-25"), "it has none");
        assert!(!ledger.touch("c", "2026-11-25"));
        assert_eq!(
            ledger.checked().unwrap(),
            "- {description: Two lines, last_updated: '2026-11-25', path: a, odd: {'n': 1, 'no': [null, true]}, tags: [x]}\n- path: b\n"
        );
        assert_eq!(
            Ledger::read("x", Some(ledger.checked().unwrap().as_bytes()))
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn an_entry_that_another_reader_would_see_otherwise_is_left_alone() {
        for odd in ["since: 2025-05-02", "tags: [12:30:45]"] {
            let text = format!("- path: a\n  {odd}\n  last_updated: '2025-05-02'\n");
            let mut ledger = Ledger::read("x", Some(text.as_bytes())).unwrap();
            assert!(!ledger.touch("a", "2026-11-25"), "{odd}");
        }
    }

    fn count(text: &str) -> Option<usize> {
        own_lines::read_list::<Fields>(text).map(|all| all.len())
    }

    #[test]
    fn lines_as_aidf_writes_them_are_read_and_others_are_left_to_a_reader_of_yaml() {
        let own =
            "- {path: a/b.md, who: 'it''s', note: \"a\\nb\", tags: [x, 'y, z'], task: null}\n";
        assert_eq!(count(own), Some(1));
        assert_eq!(count(&format!("# top\n\n{own}\n# between\n{own}")), Some(2));
        assert_eq!(
            count(&format!("- path: a\n  text: |\n    x\n{own}")),
            Some(2)
        );
        for other in [
            "",
            "- {}\n",
            "- {path: a, path: b}\n",
            "- {path: a,tags: []}\n",
            "- {path: yes}\n",
            "- {path: 12}\n",
            "- {path: \"plain\"}\n",
            "- {path: 'open}\n",
            "- {path: a} # why\n",
            "- {path: {a: b}}\n",
            "- {? path: a}\n",
            "- {path: nullable x: y}\n",
            "- path: a\n",
        ] {
            assert_eq!(count(other), None, "{other:?}");
            let mixed = format!("{own}{other}{own}");
            if let Some(all) = own_lines::read_list::<Fields>(&mixed) {
                assert_eq!(yaml::read::<Vec<Fields>>(&mixed), Ok(all), "{mixed:?}");
            }
        }
    }

    #[test]
    fn what_stands_before_such_lines_hides_none_and_takes_none_into_itself() {
        for text in [
            "- <<:\n  - {a: b}\n  - {a: c}\n",
            "- {path: x}\n- <<:\n  - {path: a}\n  - {path: b}\n",
            "\u{feff}- path: a\n  <<:\n    path: |\n     - {path: a}\n     - {path: c}\n",
            "# x\r- <<:\n  - {a: b}\n  - {a: c}\n",
            "\u{feff}- <<:\n  - {a: b}\n  - {a: c}\n",
            "-\ta: b\n  <<:\n    a: |\n     - {a: b}\n     - {a: c}\n",
            "- a: b\n  ? !!merge x\n  : - {a: b}\n    - {a: c}\n",
        ] {
            assert_eq!(count(text), None, "{text:?}");
            assert!(Ledger::read_own("x", text.into()).is_err(), "{text:?}");
        }
        // A list that no writer needs is left to a reader of YAML, too.
        let long = format!("- {{path: a, tags: [{}]}}\n", vec!["x"; 20_000].join(", "));
        assert_eq!(count(&long), None);
        let open = "- {a: b}\n- {a: 'x | # y'}";
        assert!(Ledger::read("x", Some(open.as_bytes())).is_err());
        assert!(Ledger::read_own("x", open.into()).is_err());
    }

    #[test]
    fn a_line_of_very_many_fields_is_left_to_a_reader_of_yaml() {
        let line = |fields: usize| {
            let fields: Vec<String> = (0..fields).map(|n| format!("k{n}: v")).collect();
            format!("- {{{}}}\n", fields.join(", "))
        };
        assert_eq!(count(&line(own_lines::MOST_FIELDS)), Some(1));
        assert_eq!(count(&line(own_lines::MOST_FIELDS + 1)), None);
    }
}
