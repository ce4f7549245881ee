//! What the parts of the page have in common. Pure.

use super::Listed;
use super::page::{Html, block, foreign, p, text};
use crate::words::count;

/// A part of the page under a heading.
pub(super) struct Section {
    pub id: &'static str,
    pub heading: &'static str,
    pub inside: Vec<Html>,
}

impl Section {
    pub fn html(self) -> Html {
        let heading = format!("{}-heading", self.id);
        let head = block("h2", &[("id", &heading)], text(self.heading));
        let all = std::iter::once(head).chain(self.inside);
        let named = [("id", self.id), ("aria-labelledby", heading.as_str())];
        block("section", &named, all.collect())
    }
}

pub(super) fn ago(days: Option<u64>) -> String {
    match days {
        Some(0) => "today".to_owned(),
        Some(n) => format!("{} ago", count(n, "day", "days")),
        None => "never".to_owned(),
    }
}

/// A sentence where the table has no rows, and else one where it has not all.
pub(super) fn listing<T>(
    listed: &Listed<T>,
    none: &str,
    table: impl FnOnce(&[T]) -> Html,
) -> Vec<Html> {
    if listed.first.is_empty() {
        return vec![p(none)];
    }
    let left = listed.total.saturating_sub(listed.first.len());
    let more = format!("{left} more are not listed here.");
    let more = (left > 0).then(|| block("p", &[("class", "more")], text(&more)));
    std::iter::once(table(&listed.first)).chain(more).collect()
}

pub(super) fn number<N: ToString>(n: N) -> Html {
    text(&n.to_string())
}

pub(super) fn or_none(given: Option<&String>) -> Html {
    given.map_or_else(|| text("–"), |given| foreign(given))
}
