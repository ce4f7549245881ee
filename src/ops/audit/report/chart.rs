//! Activity by day as a bar chart: shapes in SVG, which stretch with the page, and the same
//! in words beside them. Pure.

use super::page::{Html, block, tag, text};
use super::{Day, Report};
use crate::clock::{DAY, Moment};
use crate::words;
use std::collections::BTreeMap;

/// How many bars there are at most; in longer periods each is of several days.
const BARS: i64 = 92;
/// The width that each bar has to itself, and the height of the tallest, in units that the
/// page stretches.
const STEP: i64 = 10;
const TALL: u64 = 1000;

/// The days of one bar.
struct Bar {
    name: String,
    commits: u64,
    refusals: u64,
}

/// The chart of a report's days; none for a report without a period.
pub(super) fn chart(report: &Report) -> Option<Html> {
    let first = Moment::from_rfc3339(&report.since)?.day_number();
    let last = Moment::from_rfc3339(&report.made_at)?.day_number();
    let count = last.checked_sub(first)?.checked_add(1).filter(|n| *n > 0)?;
    let days = count.div_euclid(BARS) + i64::from(count.rem_euclid(BARS) > 0);
    let by_date: BTreeMap<&str, &Day> = report.days.iter().map(|d| (d.date.as_str(), d)).collect();
    let bars: Vec<Bar> = (0..count.div_euclid(days) + i64::from(count.rem_euclid(days) > 0))
        .map(|n| bar(first + n * days, days, last, &by_date))
        .collect();
    let most = bars.iter().map(|b| b.commits + b.refusals).max()?;
    let top = even(most);
    let width = bars.len() as i64 * STEP;
    let view = format!("0 0 {width} {TALL}");
    let shapes: Vec<Html> = [
        tag("title", &[("id", "chart-title")], text("Activity by day")),
        line(0, width),
        line(TALL / 2, width),
    ]
    .into_iter()
    .chain(bars.iter().zip(0..).map(|(bar, n)| shape(bar, n, top)))
    .collect();
    let svg = block(
        "svg",
        &[
            ("viewBox", &view),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("aria-labelledby", "chart-title"),
            ("aria-describedby", "chart-text"),
        ],
        shapes.into_iter().collect(),
    );
    let scale = [top, top / 2, 0].map(|n| tag("span", &[], text(&n.to_string())));
    let middle = Moment::from_seconds((first + count / 2) * DAY).date();
    let ends = [first, last].map(|day| Moment::from_seconds(day * DAY).date());
    let dates = [&ends[0], &middle, &ends[1]].map(|d| tag("span", &[], text(d)));
    let hidden = ("aria-hidden", "true");
    let legend = |class: &str, name: &str| {
        let swatch = tag("span", &[("class", class), hidden], Html::default());
        tag("li", &[], [swatch, text(name)].into())
    };
    let plot = [
        tag("div", &[("class", "scale"), hidden], scale.into()),
        svg,
        tag("div", &[("class", "dates"), hidden], dates.into()),
    ];
    let names = [
        legend("swatch commits", "Commits"),
        legend("swatch refusals", "Refusals"),
    ];
    let parts = [
        block("ul", &[("class", "legend")], names.into()),
        block("div", &[("class", "plot")], plot.into()),
        block(
            "figcaption",
            &[("id", "chart-text")],
            text(&said(report, &bars, days)),
        ),
    ];
    Some(block("figure", &[], parts.into()))
}

fn bar(from: i64, days: i64, last: i64, by_date: &BTreeMap<&str, &Day>) -> Bar {
    let dates: Vec<String> = (from..(from + days).min(last + 1))
        .map(|day| Moment::from_seconds(day * DAY).date())
        .collect();
    let of = |count: fn(&Day) -> u64| {
        let found = dates.iter().filter_map(|d| by_date.get(d.as_str()));
        found.map(|day| count(day)).sum()
    };
    Bar {
        commits: of(|d| d.commits),
        refusals: of(|d| d.refusals),
        name: match (dates.first(), dates.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            (first, _) => first.cloned().unwrap_or_default(),
        },
    }
}

/// The next number from `most` on whose half is a whole one, and which is easy to read.
fn even(most: u64) -> u64 {
    let mut unit = 1;
    loop {
        for step in [2, 4, 10] {
            if unit * step >= most {
                return unit * step;
            }
        }
        unit *= 10;
    }
}

fn line(y: u64, width: i64) -> Html {
    let (y, width) = (y.to_string(), width.to_string());
    let ends = [("x1", "0"), ("y1", &y), ("x2", &width), ("y2", &y)];
    tag("line", &ends, Html::default())
}

fn shape(bar: &Bar, n: i64, top: u64) -> Html {
    let height = |count: u64| (count * TALL).div_ceil(top);
    let (commits, refusals) = (height(bar.commits), height(bar.refusals));
    let part = |class: &'static str, y: u64, height: u64| {
        let (x, y, height) = (
            (n * STEP + 1).to_string(),
            y.to_string(),
            height.to_string(),
        );
        let width = (STEP - 2).to_string();
        let place = [
            ("class", class),
            ("x", &x),
            ("y", &y),
            ("width", &width),
            ("height", &height),
        ];
        tag("rect", &place, Html::default())
    };
    let mut parts = vec![tag("title", &[], text(&told(bar)))];
    if commits > 0 {
        parts.push(part("commits", TALL.saturating_sub(commits), commits));
    }
    if refusals > 0 {
        let y = TALL.saturating_sub(commits + refusals);
        parts.push(part("refusals", y, refusals));
    }
    match parts.len() {
        1 => Html::default(),
        _ => block("g", &[], parts.into_iter().collect()),
    }
}

fn told(bar: &Bar) -> String {
    format!(
        "{}: {}, {}",
        bar.name,
        words::count(bar.commits, "commit", "commits"),
        words::count(bar.refusals, "refusal", "refusals")
    )
}

/// What the chart shows, for those who do not see it.
fn said(report: &Report, bars: &[Bar], days: i64) -> String {
    let sum = |of: fn(&Bar) -> u64| bars.iter().map(of).sum::<u64>();
    let busy = bars.iter().filter(|b| b.commits + b.refusals > 0).count();
    let mut said = format!(
        "{} and {} since {}",
        words::count(sum(|b| b.commits), "commit", "commits"),
        words::count(sum(|b| b.refusals), "refusal", "refusals"),
        report.since.get(..10).unwrap_or(""),
    );
    said.push_str(&match days {
        1 => format!(", on {} of {} days.", busy, bars.len()),
        n => format!("; each bar is {n} days."),
    });
    // The first of those that are as busy.
    let busiest = bars.iter().rev().max_by_key(|b| b.commits + b.refusals);
    if let Some(busiest) = busiest.filter(|_| busy > 0) {
        said.push_str(&format!(" The busiest was {}.", told(busiest)));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_in_a_number_whose_half_is_whole() {
        let ends: Vec<u64> = [0, 1, 2, 3, 5, 11, 21, 99, 150].map(even).to_vec();
        assert_eq!(ends, [2, 2, 2, 4, 10, 20, 40, 100, 200]);
    }

    #[test]
    fn a_bar_has_the_height_of_its_count_and_says_it() {
        let bar = Bar {
            name: "2026-11-22".to_owned(),
            commits: 3,
            refusals: 1,
        };
        let shape = shape(&bar, 2, 4).into_string();
        assert!(
            shape.contains("2026-11-22: 3 commits, 1 refusal"),
            "{shape}"
        );
        assert!(
            shape.contains("class=\"commits\" x=\"21\" y=\"250\" width=\"8\" height=\"750\""),
            "{shape}"
        );
        assert!(
            shape.contains("class=\"refusals\" x=\"21\" y=\"0\" width=\"8\" height=\"250\""),
            "{shape}"
        );
    }
}
