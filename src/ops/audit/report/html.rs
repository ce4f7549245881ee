//! The report as one page of HTML, which needs nothing from anywhere: no script, no picture,
//! no other file. Pure.

use super::Report;
use super::page::{Html, block, document, foreign, style, tag, text, time, void};
use super::parts::{Section, ago};
use super::{people, safety};
use crate::forge::State;
use crate::words::count;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// The page. The same report gives the same bytes.
pub fn html(report: &Report) -> String {
    let title = format!("Audit of {}", report.repo_name);
    // The style by its hash, and nothing else at all.
    let allowed = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        STANDARD.encode(Sha256::digest(STYLE))
    );
    let meta = |name, content| void("meta", &[("name", name), ("content", content)]);
    let head = [
        void("meta", &[("charset", "utf-8")]),
        void(
            "meta",
            &[
                ("http-equiv", "Content-Security-Policy"),
                ("content", &allowed),
            ],
        ),
        meta("viewport", "width=device-width, initial-scale=1"),
        meta("color-scheme", "light dark"),
        meta("referrer", "no-referrer"),
        meta("robots", "noindex"),
        block("title", &[], text(&title)),
        style(STYLE),
    ];
    let sections = [
        overview(report),
        people::activity(report),
        people::sandboxes(&report.sandboxes),
        people::writers(report),
        people::tasks(report),
        safety::refusals(report),
        safety::alerts(report),
        safety::backups(&report.backups),
        safety::protection(&report.protection),
        safety::verified(&report.verified),
        safety::notes(report),
    ];
    let links = sections.iter().map(|s| {
        let link = format!("#{}", s.id);
        tag("li", &[], tag("a", &[("href", &link)], text(s.heading)))
    });
    let links = block("ul", &[], links.collect());
    let body = [
        tag(
            "a",
            &[("class", "skip"), ("href", "#main")],
            text("Skip to the report"),
        ),
        block("header", &[], top(report)),
        block("nav", &[("aria-label", "Contents")], links),
        block(
            "main",
            &[("id", "main")],
            sections.into_iter().map(Section::html).collect(),
        ),
        block("footer", &[], bottom(report)),
    ];
    let html = [
        block("head", &[], head.into()),
        block("body", &[], body.into()),
    ];
    document(tag("html", &[("lang", "en")], html.into())).into_string()
}

fn top(report: &Report) -> Html {
    let said = [
        text(&format!("The last {}, from ", spelled(&report.period))),
        time(&report.since),
        text(" to "),
        time(&report.made_at),
        text(". All times are in UTC."),
    ];
    let name = [text("Audit of "), foreign(&report.repo_name)];
    let place = tag("code", &[], foreign(&report.remote));
    [
        block("h1", &[], name.into()),
        block("p", &[], place),
        block("p", &[], said.into()),
    ]
    .into()
}

fn bottom(report: &Report) -> Html {
    let file = |path: &std::path::Path| tag("code", &[], foreign(&path.display().to_string()));
    let own = [
        text("Made by aidf from the commits of the repository, from the journal of one machine ("),
        file(&report.records.journal),
        text(")"),
    ];
    let server = match &report.records.server {
        Some(path) => Html::from([
            text(", and from the journal of the server’s hook ("),
            file(path),
            text(")."),
        ]),
        None => text(". The journal of a server’s hook was not at hand."),
    };
    block("p", &[], Html::from([own.into(), server]))
}

/// `30d` as `30 days`.
fn spelled(period: &str) -> String {
    let mut parts = Vec::new();
    let mut number = String::new();
    for c in period.chars() {
        let unit = match c {
            'y' => ("year", "years"),
            'm' => ("month", "months"),
            'w' => ("week", "weeks"),
            'd' => ("day", "days"),
            'h' => ("hour", "hours"),
            digit => {
                number.push(digit);
                continue;
            }
        };
        let n: u64 = std::mem::take(&mut number).parse().unwrap_or(0);
        parts.push(count(n, unit.0, unit.1));
    }
    parts.join(" ")
}

/// How well something stands.
#[derive(Clone, Copy)]
enum Look {
    Plain,
    Good,
    Warn,
    Bad,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Plain => "plain",
            Look::Good => "good",
            Look::Warn => "warn",
            Look::Bad => "bad",
        }
    }

    /// Good where there is none of something.
    fn of(count: u64, otherwise: Look) -> Look {
        if count == 0 { Look::Good } else { otherwise }
    }
}

fn overview(report: &Report) -> Section {
    let boxes = &report.sandboxes;
    let tile = |name: &str, value: &str, more: &str, look: Look| {
        let parts = [
            tag("dt", &[], text(name)),
            tag("dd", &[("class", "value")], text(value)),
            tag("dd", &[], text(more)),
        ];
        block("div", &[("class", look.class())], parts.into())
    };
    let newest = report.backups.newest.first.first();
    let enforced = report.protection.rules.iter();
    let enforced = enforced.filter(|r| r.state == State::Enforced).count();
    let rules = report.protection.rules.len();
    let findings = report.verified.findings.total as u64;
    let tiles = [
        tile(
            "Open sandboxes",
            &boxes.listed.total.to_string(),
            &format!(
                "{} active, {} idle, {} ahead",
                boxes.active, boxes.idle, boxes.ahead
            ),
            Look::Plain,
        ),
        tile(
            "Commits",
            &report.all.commits.to_string(),
            &format!("by {}", count(report.writers.total, "writer", "writers")),
            Look::Plain,
        ),
        tile(
            "Refusals",
            &report.all.refusals.to_string(),
            &format!(
                "and {}",
                count(report.all.failures, "other failure", "other failures")
            ),
            Look::of(report.all.refusals, Look::Warn),
        ),
        tile(
            "Alerts",
            &report.alerts.total.to_string(),
            "writes that were noticed",
            Look::of(report.alerts.total as u64, Look::Warn),
        ),
        match newest {
            Some(newest) => tile(
                "Newest backup",
                &ago(Some(newest.age_days)),
                &format!("of {}", newest.branch),
                if newest.age_days <= 7 {
                    Look::Good
                } else {
                    Look::Warn
                },
            ),
            None => tile("Newest backup", "none", "nothing is backed up", Look::Bad),
        },
        match report.backups.drill_age_days {
            Some(days) => tile(
                "Last drill",
                &ago(Some(days)),
                "proved that it restores",
                if days <= 31 { Look::Good } else { Look::Warn },
            ),
            None => tile("Last drill", "never", "on this machine", Look::Warn),
        },
        match report.protection.unknown {
            Some(_) => tile(
                "Rules enforced",
                "unknown",
                "they cannot be read",
                Look::Warn,
            ),
            None => tile(
                "Rules enforced",
                &format!("{enforced} of {rules}"),
                "by the server itself",
                if enforced == rules {
                    Look::Good
                } else {
                    Look::Warn
                },
            ),
        },
        tile(
            "Findings",
            &findings.to_string(),
            &format!("in {}", count(report.verified.commits, "commit", "commits")),
            Look::of(findings, Look::Bad),
        ),
    ];
    Section {
        id: "overview",
        heading: "Overview",
        inside: vec![block("dl", &[("class", "tiles")], tiles.into())],
    }
}
