//! Where the entries of a list stand, as its lines tell it.

use std::ops::Range;

/// The column of the dash with which a line begins; none for another line.
pub(super) fn dash_column(line: &str) -> Option<usize> {
    let body = line.trim_end_matches(['\n', '\r']);
    let column = column_of(body);
    let rest = &body[column..];
    (rest == "-" || rest.starts_with("- ")).then_some(column)
}

/// How many spaces a line begins with.
pub(super) fn column_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The span of each top-level item, and the column of their dashes.
///
/// YAML wants every line inside an item to be deeper than its dash. So a dash at that
/// column always begins an item. The caller compares the count with a parser's.
pub(super) fn item_lines(text: &str) -> Result<(Vec<Range<usize>>, usize), &'static str> {
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut indent = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let column = column_of(body);
        let dash = dash_column(line).is_some();
        let end = at + line.len();
        match indent {
            None if dash => {
                indent = Some(column);
                items.push(at..end);
            }
            Some(i) if dash && column == i => items.push(at..end),
            _ if is_mark(body, "...") => return Err("it has an end-of-document mark"),
            Some(_) if is_mark(body, "---") => return Err("it contains more than one document"),
            // A comment or blank line between two items belongs to neither.
            Some(i) if column > i && column < body.len() => {
                if let Some(last) = items.last_mut() {
                    last.end = end;
                }
            }
            _ => {}
        }
        at = end;
    }
    Ok((items, indent.unwrap_or(0)))
}

/// Whether a line is a YAML document marker: alone, or followed by white space.
fn is_mark(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}
