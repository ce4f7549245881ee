//! The pieces of a page. Text becomes markup in one way, which escapes it: nothing that
//! comes from a repository can be more than text. Pure.

use crate::clock::Moment;
use crate::shown::{clipped, visible};

/// The longest name or sentence from elsewhere, in characters.
const LONGEST: usize = 300;

/// A piece of markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// The markup as it is written to a file.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(pieces: I) -> Html {
        Html(pieces.into_iter().map(|piece| piece.0).collect())
    }
}

impl<const N: usize> From<[Html; N]> for Html {
    fn from(pieces: [Html; N]) -> Html {
        pieces.into_iter().collect()
    }
}

/// Text. No character of it is markup, acts on the text around it, or hides.
pub(super) fn text(text: &str) -> Html {
    Html(escaped(text))
}

/// Text from a repository: cut where it is long, and kept from turning the direction of the
/// text around it.
pub(super) fn foreign(given: &str) -> Html {
    tag("bdi", &[], text(&clipped(given, LONGEST)))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An element with attributes, whose values are escaped.
pub(super) fn tag(name: &'static str, attributes: &[(&'static str, &str)], inside: Html) -> Html {
    Html(format!("{}{}</{name}>", start(name, attributes), inside.0))
}

/// An element that has no end.
pub(super) fn void(name: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    Html(format!("{}\n", start(name, attributes)))
}

fn start(name: &str, attributes: &[(&'static str, &str)]) -> String {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value)));
    format!("<{name}{}>", attributes.collect::<String>())
}

/// The style of the page, which is no text.
pub(super) fn style(css: &'static str) -> Html {
    Html(format!("<style>{css}</style>\n"))
}

/// The first line of the document, which is no element.
pub(super) fn document(html: Html) -> Html {
    Html(format!("<!doctype html>\n{}\n", html.0))
}

/// A block on a line of its own, so that the page can be compared line by line.
pub(super) fn block(name: &'static str, attributes: &[(&'static str, &str)], inside: Html) -> Html {
    Html(format!("{}\n", tag(name, attributes, inside).0))
}

/// A paragraph.
pub(super) fn p(sentence: &str) -> Html {
    block("p", &[], text(sentence))
}

/// A moment as people read it, in UTC.
pub(super) fn time(rfc3339: &str) -> Html {
    match Moment::from_rfc3339(rfc3339) {
        // `2026-11-22T10:11:12Z`
        Some(moment) => {
            let exact = moment.rfc3339();
            let shown = format!("{} {}", &exact[..10], &exact[11..16]);
            tag("time", &[("datetime", &exact)], text(&shown))
        }
        None => foreign(rfc3339),
    }
}

/// A word on how something stands; its colour says no more than it does.
pub(super) fn badge(class: &'static str, word: &str) -> Html {
    let class = format!("badge {class}");
    tag("span", &[("class", &class)], text(word))
}

/// A column of a table.
pub(super) struct Column {
    head: &'static str,
    class: &'static str,
}

/// A column of words.
pub(super) const fn words(head: &'static str) -> Column {
    Column { head, class: "w" }
}

/// A column of sentences, which take more room.
pub(super) const fn sentences(head: &'static str) -> Column {
    Column { head, class: "s" }
}

/// A column of numbers.
pub(super) const fn numbers(head: &'static str) -> Column {
    Column { head, class: "n" }
}

/// A table. The first cell of a row is its head.
pub(super) fn table(
    id: &'static str,
    caption: &str,
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<Html>>,
) -> Html {
    let caption_id = format!("{id}-caption");
    let head = columns
        .iter()
        .map(|c| tag("th", &[("scope", "col"), ("class", c.class)], text(c.head)));
    let head = tag("tr", &[], head.collect());
    let rows = rows.into_iter().map(|row| {
        let cells = row.into_iter().zip(columns).enumerate();
        let cells = cells.map(|(at, (cell, c))| match at {
            0 => tag("th", &[("scope", "row"), ("class", c.class)], cell),
            _ => tag("td", &[("class", c.class)], cell),
        });
        block("tr", &[], cells.collect())
    });
    let table: Html = [
        block(
            "caption",
            &[("id", &caption_id)],
            tag("span", &[], text(caption)),
        ),
        block("thead", &[], head),
        block("tbody", &[], rows.collect()),
    ]
    .into();
    // What is wider than the screen scrolls by itself, also from the keyboard.
    let region = [
        ("id", id),
        ("class", "scroll"),
        ("role", "region"),
        ("aria-labelledby", caption_id.as_str()),
        ("tabindex", "0"),
    ];
    block("div", &region, block("table", &[], table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let hostile = "<script>alert('x')</script>\" onload=\"y & z\n\u{202e}\u{0}";
        let shown = text(hostile).into_string();
        assert_eq!(
            shown,
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;y &amp; z\\n\\u{202e}\\x00"
        );
        let within = tag("a", &[("title", hostile)], foreign(hostile)).into_string();
        assert_eq!(
            within,
            format!("<a title=\"{shown}\"><bdi>{shown}</bdi></a>")
        );
    }

    #[test]
    fn a_moment_is_shown_in_utc_and_what_is_none_as_text() {
        assert_eq!(
            time("2026-11-22T10:11:12+02:00").into_string(),
            "<time datetime=\"2026-11-22T08:11:12Z\">2026-11-22 08:11</time>"
        );
        assert_eq!(time("<b>").into_string(), "<bdi>&lt;b&gt;</bdi>");
    }
}
