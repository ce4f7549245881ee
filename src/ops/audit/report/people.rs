//! The parts of the page on who did what: activity, sandboxes, writers and tasks. Pure.

use super::chart::chart;
use super::page::{Html, foreign, numbers, p, table, tag, text, time, words};
use super::parts::{Section, listing, number};
use super::{Report, Sandboxes};
use crate::words::count;

/// A number that is seen less where it is nothing.
fn sparse(n: u64) -> Html {
    match n {
        0 => tag("span", &[("class", "zero")], number(n)),
        n => number(n),
    }
}

fn names(all: &[String]) -> Html {
    const SHOWN: usize = 4;
    let mut parts = Vec::new();
    for (at, name) in all.iter().take(SHOWN).enumerate() {
        parts.extend((at > 0).then(|| text(", ")));
        parts.push(foreign(name));
    }
    if all.len() > SHOWN {
        parts.push(text(&format!(" and {} more", all.len() - SHOWN)));
    }
    match parts.is_empty() {
        true => text("–"),
        false => parts.into_iter().collect(),
    }
}

pub(super) fn activity(report: &Report) -> Section {
    let columns = [
        words("Day"),
        numbers("Commits"),
        numbers("Other work"),
        numbers("Pushes let through"),
        numbers("Refusals"),
        numbers("Failures"),
    ];
    let rows = report.days.iter().map(|day| {
        let counts = [
            day.commits,
            day.others,
            day.pushes,
            day.refusals,
            day.failures,
        ];
        let date = tag("time", &[("datetime", &day.date)], text(&day.date));
        std::iter::once(date).chain(counts.map(sparse)).collect()
    });
    let caption = "The same by day; days without events are left out";
    let table = match report.days.is_empty() {
        true => p("Nothing is on record for these days."),
        false => table("days", caption, &columns, rows),
    };
    Section {
        id: "activity",
        heading: "Activity by day",
        inside: chart(report).into_iter().chain([table]).collect(),
    }
}

pub(super) fn sandboxes(all: &Sandboxes) -> Section {
    let said = format!(
        "{} open: {} written to in these days, {} idle since before, {} not written to yet. {} ahead of the base, {} behind it.",
        count(all.listed.total, "sandbox is", "sandboxes are"),
        all.active,
        all.idle,
        all.unwritten,
        count(all.ahead, "is", "are"),
        all.behind,
    );
    let columns = [
        words("Sandbox"),
        words("Writers, as they say"),
        words("Last write"),
        numbers("Ahead"),
        numbers("Behind"),
        numbers("Unsigned"),
    ];
    let table = |first: &[super::Sandbox]| {
        let rows = first.iter().map(|one| {
            vec![
                foreign(&one.branch),
                names(&one.committed_by),
                match &one.last_write_at {
                    Some(at) => time(at),
                    None => text("none yet"),
                },
                number(one.ahead),
                number(one.behind),
                match one.unsigned {
                    Some(n) => number(n),
                    None => text("unknown"),
                },
            ]
        });
        table(
            "sandboxes-table",
            "Open sandboxes, the last written first",
            &columns,
            rows,
        )
    };
    let listed = listing(&all.listed, "No sandbox is open.", table);
    let said = (!all.listed.first.is_empty()).then(|| p(&said));
    Section {
        id: "sandboxes",
        heading: "Sandboxes",
        inside: said.into_iter().chain(listed).collect(),
    }
}

pub(super) fn writers(report: &Report) -> Section {
    let columns = [
        words("Writer, as the commits say"),
        numbers("Commits"),
        numbers("Signed"),
        numbers("Branches"),
        numbers("Tasks"),
        words("Last commit"),
    ];
    let table = |first: &[super::Writer]| {
        let rows = first.iter().map(|one| {
            vec![
                foreign(&one.writer),
                number(one.commits),
                number(one.signed),
                number(one.branches),
                number(one.tasks),
                time(&one.last_at),
            ]
        });
        table(
            "writers-table",
            "Who wrote commits, the busiest first",
            &columns,
            rows,
        )
    };
    Section {
        id: "writers",
        heading: "Writers",
        inside: listing(
            &report.writers,
            "Nobody wrote a commit through aidf.",
            table,
        ),
    }
}

pub(super) fn tasks(report: &Report) -> Section {
    let columns = [
        words("Task"),
        numbers("Commits"),
        numbers("Branches"),
        words("Writers, as they say"),
        words("Last commit"),
    ];
    let table = |first: &[super::Task]| {
        let rows = first.iter().map(|one| {
            vec![
                foreign(&one.task_id),
                number(one.commits),
                number(one.branches),
                names(&one.writers),
                time(&one.last_at),
            ]
        });
        table(
            "tasks-table",
            "Tasks of these commits, the busiest first",
            &columns,
            rows,
        )
    };
    Section {
        id: "tasks",
        heading: "Tasks",
        inside: listing(&report.tasks, "No commit names a task.", table),
    }
}
