//! The parts of the page on what was stopped and how safe things are: refusals, alerts,
//! backups, protection and verification. Pure.

use super::page::{Html, badge, block, foreign, p, sentences, table, tag, text, time, words};
use super::parts::{Section, ago, listing, number, or_none};
use super::{Backups, Found, Protection, Report, Verified};
use crate::forge::State;
use crate::ops::audit::events::{Entry, Source};
use crate::words::count;

/// The first seven digits of a commit.
fn commit(id: Option<&String>) -> Html {
    let Some(id) = id else { return text("–") };
    let short = id.get(..7).unwrap_or(id);
    tag("code", &[], foreign(short))
}

pub(super) fn refusals(report: &Report) -> Section {
    let columns = [
        words("Time"),
        words("What"),
        words("Branch"),
        words("Who"),
        sentences("Why"),
    ];
    let table = |first: &[Entry]| {
        let rows = first.iter().map(|one| {
            let place = match one.source {
                Source::Server => " (server)",
                _ => "",
            };
            vec![
                time(&one.time),
                [foreign(&one.command), text(place)].into(),
                or_none(one.branch.as_ref()),
                who(one),
                or_none(one.detail.as_ref()),
            ]
        });
        table(
            "refusals-table",
            "What was refused, the newest first",
            &columns,
            rows,
        )
    };
    Section {
        id: "refusals",
        heading: "Refusals",
        inside: listing(&report.refusals, "Nothing was refused.", table),
    }
}

/// Who did it, as far as the record tells.
fn who(entry: &Entry) -> Html {
    let known = [
        ("", &entry.by),
        ("pod ", &entry.pod),
        ("token ", &entry.token_id),
    ];
    let known = known
        .into_iter()
        .filter_map(|(what, who)| Some((what, who.as_ref()?)));
    match known.into_iter().next() {
        Some((what, who)) => [text(what), foreign(who)].into(),
        None => text("–"),
    }
}

pub(super) fn alerts(report: &Report) -> Section {
    let counted = report.alerts_by_kind.iter();
    let counted: Vec<String> = counted
        .map(|a| format!("{} {}", a.count, a.alert.words()))
        .collect();
    let columns = [
        words("Time"),
        words("Alert"),
        words("Branch"),
        words("Writer"),
        words("Commit"),
        sentences("What was written"),
    ];
    let table = |first: &[Entry]| {
        let rows = first.iter().map(|one| {
            let kinds = one.alerts.iter().map(|a| badge("warn", a.words()));
            vec![
                time(&one.time),
                kinds.collect(),
                or_none(one.branch.as_ref()),
                who(one),
                commit(one.commit.as_ref()),
                or_none(one.detail.as_ref()),
            ]
        });
        table(
            "alerts-table",
            "Writes that were noticed, the newest first",
            &columns,
            rows,
        )
    };
    let none = "No write on record was noticed for anything.";
    let listed = listing(&report.alerts, none, table);
    let said = (!counted.is_empty()).then(|| p(&format!("{}.", counted.join(", "))));
    Section {
        id: "alerts",
        heading: "Alerts",
        inside: said.into_iter().chain(listed).collect(),
    }
}

pub(super) fn backups(all: &Backups) -> Section {
    let mut inside = vec![match (&all.last_drill_at, all.drill_age_days) {
        (Some(at), days) => {
            let age = days.map(|_| format!(" ({})", ago(days)));
            let said = [
                text("A drill on this machine restored the newest backup on "),
                time(at),
                text(&age.unwrap_or_default()),
                text("."),
            ];
            block("p", &[], said.into())
        }
        (None, _) => p(
            "No drill on this machine has proved that a backup can be restored. `aidf backup drill` does.",
        ),
    }];
    for branch in &all.missing {
        let said = [
            badge("bad", "missing"),
            text(" There is no backup of "),
            foreign(branch),
            text(", which the configuration names."),
        ];
        inside.push(block("p", &[], said.into()));
    }
    let columns = [
        words("Branch"),
        words("Newest backup"),
        words("Made"),
        words("Age"),
        words("Maker"),
    ];
    let table = |first: &[super::Backup]| {
        let rows = first.iter().map(|one| {
            vec![
                foreign(&one.branch),
                foreign(&one.name),
                time(&one.made_at),
                text(&ago(Some(one.age_days))),
                match one.authenticated {
                    Some(true) => badge("good", "authenticated"),
                    Some(false) => badge("warn", "not authenticated"),
                    None => badge("plain", "unknown: its key is not here"),
                },
            ]
        });
        table(
            "backups-table",
            "The newest backup of each branch",
            &columns,
            rows,
        )
    };
    inside.extend(listing(&all.newest, "There is no backup.", table));
    Section {
        id: "backups",
        heading: "Backups",
        inside,
    }
}

pub(super) fn protection(found: &Protection) -> Section {
    let mut inside = vec![match found.provider {
        Some(provider) => p(&format!(
            "The server ({}): {}.",
            provider.name(),
            found.message
        )),
        None => p("It is unknown which rules the server enforces."),
    }];
    if let Some(why) = &found.unknown {
        let said = [text("The reason: "), foreign(why)];
        inside.push(block("p", &[], said.into()));
    }
    let columns = [
        words("Branch"),
        words("Rule"),
        words("State"),
        sentences("Detail"),
    ];
    let rows = found.rules.iter().map(|one| {
        vec![
            foreign(&one.branch),
            text(&one.rule.name().replace('_', " ")),
            match one.state {
                State::Enforced => badge("good", "enforced"),
                State::Advisory => badge("warn", "advisory"),
                State::Missing => badge("bad", "missing"),
                State::Unknown => badge("warn", "unknown"),
            },
            foreign(&one.detail),
        ]
    });
    if !found.rules.is_empty() {
        inside.push(table("rules", "The rules of the server", &columns, rows));
    }
    Section {
        id: "protection",
        heading: "Protection",
        inside,
    }
}

pub(super) fn verified(found: &Verified) -> Section {
    let said = format!(
        "Looked at {} of {} and {} of the journal. {} signed by aidf; {} cannot be judged here, for want of a key.",
        count(found.commits, "commit", "commits"),
        count(found.branches, "branch", "branches"),
        count(found.journal_lines, "line", "lines"),
        count(found.signed, "commit is", "commits are"),
        found.unknown,
    );
    let columns = [
        words("Where"),
        words("What"),
        words("Commit or line"),
        sentences("Detail"),
    ];
    let table = |first: &[Found]| {
        let rows = first.iter().map(|one| {
            vec![
                match &one.branch {
                    Some(branch) => foreign(branch),
                    None => text("journal"),
                },
                match one.kind {
                    Some(kind) => badge("bad", kind.words()),
                    None => badge("bad", "altered journal"),
                },
                match (one.commit, one.line) {
                    (Some(id), _) => commit(Some(&id.to_string())),
                    (None, Some(line)) => number(line),
                    (None, None) => text("–"),
                },
                foreign(&one.detail),
            ]
        });
        table(
            "findings-table",
            "What a verification found",
            &columns,
            rows,
        )
    };
    let listed = listing(
        &found.findings,
        "Nothing is wrong with what was looked at.",
        table,
    );
    Section {
        id: "findings",
        heading: "Verification",
        inside: std::iter::once(p(&said)).chain(listed).collect(),
    }
}

pub(super) fn notes(report: &Report) -> Section {
    let items = report
        .notes
        .iter()
        .map(|note| block("li", &[], foreign(note)));
    let inside = match report.notes.is_empty() {
        true => p("There is nothing to add."),
        false => block("ul", &[], items.collect()),
    };
    Section {
        id: "notes",
        heading: "Notes",
        inside: vec![inside],
    }
}
