//! What aidf writes into a pull request that people write into as well: its part of the
//! text, between two marks, and the title as long as nobody chose another. Pure.
//!
//! The first mark holds the fingerprints of the part and of the title that aidf wrote. So a
//! later proposal can tell what is still as aidf left it, whatever became of the branch.

use crate::files::short_digest;
use crate::forge::draft_mark;

const BEGIN: &str = "<!-- aidf:begin";
const END: &str = "<!-- aidf:end -->";
/// For people who edit the text; it is not read again.
const NOTICE: &str = "aidf writes this part anew: write above or below it";
/// The longest text that is sent, in characters: GitHub takes 65,536.
const MAX_TEXT: usize = 65_000;

/// Aidf's part as the whole text of a new pull request.
pub(super) fn alone(part: &str, title: &str) -> String {
    let mut text = format!(
        "{BEGIN} {} {} {NOTICE} -->\n{part}",
        fingerprint(part),
        fingerprint(title)
    );
    if !part.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// The text with the new part in the place of the old one; all else in it stays. None where
/// that is too long for a forge.
///
/// What people changed within the part stays as well, before it. Where the marks are not one
/// pair in their order, nobody can say what is between them: all stays, and the part follows.
pub(super) fn renewed(there: &str, part: &str, title: &str) -> Option<String> {
    let lines: Vec<&str> = there.lines().collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut after: &[&str] = &[];
    match pair(&lines) {
        Some((begin, end)) => {
            kept.extend(&lines[..begin]);
            let within = &lines[begin + 1..end];
            if !is_as_written(lines[begin], 0, &within.join("\n")) {
                kept.extend(within);
            }
            after = &lines[end + 1..];
        }
        // Somebody took the marks away and left the rest.
        None if fingerprint(there) == fingerprint(part) => {}
        None => kept.extend(lines.iter().filter(|l| !is_begin(l) && !is_end(l))),
    }
    let (before, after) = (kept.join("\n"), after.join("\n"));
    let part = alone(part, title);
    // Without an empty line, Markdown would join the texts.
    let all = [
        before.trim_end(),
        part.trim_end(),
        after.trim_matches(['\r', '\n']),
    ];
    let all: Vec<&str> = all.into_iter().filter(|t| !t.trim().is_empty()).collect();
    let text = format!("{}\n", all.join("\n\n"));
    (text.chars().count() <= MAX_TEXT).then_some(text)
}

/// The title that a pull request gets: the new one where the present one is aidf's, and the
/// present one where people chose it. A mark that makes it a draft stays in any case.
pub(super) fn titled(there: &str, text: &str, new: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let Some((begin, _)) = pair(&lines) else {
        return there.to_owned();
    };
    let draft = draft_mark(there);
    let ours = [there, &there[draft.len()..]]
        .iter()
        .any(|t| is_as_written(lines[begin], 1, t));
    match ours {
        true if draft_mark(new).is_empty() => format!("{draft}{new}"),
        true => new.to_owned(),
        false => there.to_owned(),
    }
}

/// The places of the marks, where they are one pair.
fn pair(lines: &[&str]) -> Option<(usize, usize)> {
    let mut begins = (0..lines.len()).filter(|at| is_begin(lines[*at]));
    let mut ends = (0..lines.len()).filter(|at| is_end(lines[*at]));
    match (begins.next(), begins.next(), ends.next(), ends.next()) {
        (Some(begin), None, Some(end), None) if begin < end => Some((begin, end)),
        _ => None,
    }
}

/// A mark is a line by itself. What commits say never is, so it cannot pass for one.
fn is_begin(line: &str) -> bool {
    let line = line.trim();
    line.starts_with(BEGIN) && line.ends_with("-->")
}

fn is_end(line: &str) -> bool {
    line.trim() == END
}

/// Whether a text is the one whose fingerprint stands at this place of the first mark.
fn is_as_written(mark: &str, place: usize, text: &str) -> bool {
    let words = mark.trim().strip_prefix(BEGIN).unwrap_or_default();
    words.split_whitespace().nth(place) == Some(&*fingerprint(text))
}

/// Tells texts apart, whatever a forge did to their spaces and line ends.
fn fingerprint(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    short_digest(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "Proposed by aidf.\n\n| a | b |\n\n- x\n";

    #[test]
    fn the_part_alone_is_renewed_and_what_people_wrote_around_it_stays() {
        let old = alone(PART, "T");
        assert_eq!(renewed(&old, PART, "T").as_deref(), Some(&*old));
        let new = alone("New\n", "T");
        assert_eq!(renewed(&old, "New\n", "T").as_deref(), Some(&*new));
        let people = format!(
            "Before\r\n\r\n{}\r\nAfter\r\n\r\nmore",
            old.replace('\n', "\r\n")
        );
        let text = renewed(&people, "New\n", "T").unwrap();
        assert_eq!(text, format!("Before\n\n{new}\nAfter\n\nmore\n"));
        assert_eq!(renewed(&text, "New\n", "T").as_deref(), Some(&*text));
        assert_eq!(renewed("", "New\n", "T").as_deref(), Some(&*new));
        assert_eq!(
            renewed("Mine", "New\n", "T").unwrap(),
            format!("Mine\n\n{new}")
        );
        assert_eq!(
            renewed(PART, PART, "T").unwrap(),
            old,
            "the marks alone are gone"
        );
    }

    #[test]
    fn no_line_of_a_person_is_lost_whatever_becomes_of_the_marks() {
        let old = alone(PART, "T");
        let (begin, rest) = old.split_once('\n').unwrap();
        let spoiled = [
            old.replace("- x", "- x\nmy words"),
            old.replace(END, "my words"),
            old.replace(begin, "my words"),
            format!("{END}\nmy words\n{begin}\n"),
            format!("{old}my words\n{old}"),
            format!("{begin}\nmy words\n{rest}"),
            format!("<!-- aidf:begin -->\nmy words\n{END}\n"),
            format!("<!-- aidf:begin\nmy words\n-->\n{END}\n"),
            format!("my words {END}\n{old}"),
        ];
        for there in spoiled {
            let text = renewed(&there, "New\n", "T").unwrap();
            assert!(text.contains("my words"), "{there}\n---\n{text}");
            assert!(text.trim_end().ends_with(END), "{text}");
            // Once mended, it stays so.
            let again = renewed(&text, "New\n", "T").unwrap();
            assert_eq!(again, text, "{there}");
            let next = renewed(&text, "Newer\n", "T").unwrap();
            assert_eq!(
                next.replace("Newer\n", "").len(),
                text.replace("New\n", "").len()
            );
        }
    }

    #[test]
    fn a_text_that_holds_marks_within_its_lines_has_none() {
        let part = format!("| `{BEGIN} x -->` | `{END}` |\n");
        let old = alone(&part, "T");
        let there = format!("{old}\nmy words\n");
        let text = renewed(&there, "New\n", "T").unwrap();
        assert_eq!(text, format!("{}\nmy words\n", alone("New\n", "T")));
        let long = "x".repeat(MAX_TEXT);
        assert_eq!(renewed(&long, PART, "T"), None);
    }

    #[test]
    fn a_title_is_renewed_only_while_it_is_ours_and_stays_a_draft() {
        let text = alone(PART, "Add a note");
        for (there, then) in [
            ("Add a note", "New"),
            (" Add a note ", "New"),
            ("Draft: Add a note", "Draft: New"),
            ("[WIP] Add a note", "[WIP] New"),
            ("Add a note!", "Add a note!"),
            ("draft: my title", "draft: my title"),
            ("", ""),
        ] {
            assert_eq!(titled(there, &text, "New"), then, "{there}");
        }
        assert_eq!(titled("Draft: Add a note", &text, "WIP: x"), "WIP: x");
        assert_eq!(titled("WIP: x", &alone(PART, "WIP: x"), "New"), "WIP: New");
        // Without the mark nobody knows whose it is.
        assert_eq!(titled("Add a note", PART, "New"), "Add a note");
    }
}
