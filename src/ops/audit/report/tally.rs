//! Counts events: by day, writer and task, and the refusals and alerts among them. Pure.

use super::{AlertCount, Day, Listed, Task, Writer};
use crate::alerts::AlertKind;
use crate::clock::{CLOCK_SKEW, Moment};
use crate::ops::audit::events::{Entry, Source};
use crate::signature::Check;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many of a kind are listed.
pub(super) const LISTED: usize = 100;
/// How many writers of a task are named.
const WRITERS: usize = 10;

/// What was counted so far.
pub(super) struct Tally {
    /// Later is not believed.
    latest: String,
    days: BTreeMap<String, Day>,
    all: Day,
    /// How many events are dated later than the report.
    pub future: u64,
    writers: BTreeMap<String, Many>,
    tasks: BTreeMap<String, Many>,
    refusals: Newest,
    alerts: Newest,
    kinds: BTreeMap<AlertKind, u64>,
}

/// The commits of a writer or of a task.
#[derive(Default)]
struct Many {
    commits: u64,
    signed: u64,
    branches: BTreeSet<String>,
    others: BTreeSet<String>,
    last_at: String,
}

impl Many {
    fn see(&mut self, entry: &Entry, other: Option<&String>) {
        self.commits += 1;
        self.signed += u64::from(entry.signature == Some(Check::Good));
        self.branches.extend(entry.branch.clone());
        self.others.extend(other.cloned());
        if self.last_at < entry.time {
            self.last_at.clone_from(&entry.time);
        }
    }
}

/// The newest of events that come the oldest first.
#[derive(Default)]
struct Newest {
    total: usize,
    kept: VecDeque<Entry>,
}

impl Newest {
    fn see(&mut self, entry: &Entry) {
        self.total += 1;
        self.kept.push_front(entry.clone());
        self.kept.truncate(LISTED);
    }

    fn listed(self) -> Listed<Entry> {
        Listed {
            total: self.total,
            first: self.kept.into(),
        }
    }
}

/// What all of it came to.
pub(super) struct Counts {
    pub days: Vec<Day>,
    pub all: Day,
    pub writers: Listed<Writer>,
    pub tasks: Listed<Task>,
    pub refusals: Listed<Entry>,
    pub alerts: Listed<Entry>,
    pub alerts_by_kind: Vec<AlertCount>,
}

impl Tally {
    pub fn new(now: Moment) -> Tally {
        Tally {
            latest: Moment::from_seconds(now.seconds() + CLOCK_SKEW).rfc3339(),
            days: BTreeMap::new(),
            all: Day::default(),
            future: 0,
            writers: BTreeMap::new(),
            tasks: BTreeMap::new(),
            refusals: Newest::default(),
            alerts: Newest::default(),
            kinds: BTreeMap::new(),
        }
    }

    /// Counts an event; they come the oldest first.
    pub fn see(&mut self, entry: &Entry) {
        count(&mut self.all, entry);
        // A date is ten characters, and anybody can write a commit of any date.
        match entry.time.get(..10).filter(|_| entry.time <= self.latest) {
            Some(date) => count(self.days.entry(date.to_owned()).or_default(), entry),
            None => self.future += 1,
        }
        if entry.source == Source::Repository {
            let by = entry.by.as_ref();
            if let Some(by) = by {
                let writer = self.writers.entry(by.clone()).or_default();
                writer.see(entry, entry.task_id.as_ref());
            }
            if let Some(task) = &entry.task_id {
                self.tasks.entry(task.clone()).or_default().see(entry, by);
            }
        }
        if entry.is_refusal() {
            self.refusals.see(entry);
        }
        if !entry.alerts.is_empty() {
            self.alerts.see(entry);
        }
        for kind in &entry.alerts {
            *self.kinds.entry(*kind).or_default() += 1;
        }
    }

    /// What it came to.
    pub fn counts(self) -> Counts {
        let days = self.days.into_iter().map(|(date, day)| Day { date, ..day });
        let kinds = self.kinds.into_iter();
        Counts {
            days: days.collect(),
            all: self.all,
            writers: busiest(self.writers, |writer, many| Writer {
                writer,
                commits: many.commits,
                signed: many.signed,
                branches: many.branches.len(),
                tasks: many.others.len(),
                last_at: many.last_at,
            }),
            tasks: busiest(self.tasks, |task_id, many| Task {
                task_id,
                commits: many.commits,
                writers: many.others.into_iter().take(WRITERS).collect(),
                branches: many.branches.len(),
                last_at: many.last_at,
            }),
            refusals: self.refusals.listed(),
            alerts: self.alerts.listed(),
            alerts_by_kind: kinds
                .map(|(alert, count)| AlertCount { alert, count })
                .collect(),
        }
    }
}

/// Those with the most commits; by name where they have as many.
fn busiest<T>(all: BTreeMap<String, Many>, made: impl Fn(String, Many) -> T) -> Listed<T> {
    let mut all: Vec<(String, Many)> = all.into_iter().collect();
    all.sort_by(|(a, x), (b, y)| (y.commits, a).cmp(&(x.commits, b)));
    Listed {
        total: all.len(),
        first: all
            .into_iter()
            .take(LISTED)
            .map(|(name, many)| made(name, many))
            .collect(),
    }
}

fn count(day: &mut Day, entry: &Entry) {
    let field = match entry.source {
        _ if entry.is_refusal() => &mut day.refusals,
        _ if !entry.is_done() => &mut day.failures,
        Source::Repository => &mut day.commits,
        Source::Journal => &mut day.others,
        Source::Server => &mut day.pushes,
    };
    *field += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(time: &str, by: &str, task: Option<&str>) -> Entry {
        Entry {
            time: time.to_owned(),
            source: Source::Repository,
            command: "commit".to_owned(),
            outcome: "done".to_owned(),
            branch: Some("sandbox-a".to_owned()),
            commit: None,
            token_id: None,
            pod: None,
            by: Some(by.to_owned()),
            task_id: task.map(str::to_owned),
            detail: None,
            signature: Some(Check::Good),
            alerts: Vec::new(),
        }
    }

    fn counted(events: &[Entry]) -> (Counts, u64) {
        let now = Moment::from_rfc3339("2026-11-22T10:00:00Z").unwrap();
        let mut tally = Tally::new(now);
        events.iter().for_each(|e| tally.see(e));
        let future = tally.future;
        (tally.counts(), future)
    }

    #[test]
    fn events_are_counted_by_day_writer_and_task() {
        let mut refused = commit("2026-11-21T23:59:59Z", "x", None);
        (refused.source, refused.outcome) = (Source::Journal, "denied".to_owned());
        let mut failed = refused.clone();
        failed.outcome = "unavailable".to_owned();
        let mut pushed = refused.clone();
        (pushed.source, pushed.outcome) = (Source::Server, "allowed".to_owned());
        let mut noticed = commit("2026-11-22T09:00:00Z", "ben", Some("t-1"));
        noticed.alerts = vec![AlertKind::LargeDiff];
        noticed.signature = Some(Check::None);
        let (counts, future) = counted(&[
            commit("2026-11-20T08:00:00Z", "ann", Some("t-1")),
            refused.clone(),
            failed,
            pushed,
            noticed.clone(),
            commit("2026-11-22T09:30:00Z", "ann", None),
            commit("2099-01-01T00:00:00Z", "eve", None),
        ]);
        let days: Vec<_> = counts
            .days
            .iter()
            .map(|d| (d.date.as_str(), d.commits))
            .collect();
        assert_eq!(
            days,
            [("2026-11-20", 1), ("2026-11-21", 0), ("2026-11-22", 2)]
        );
        let second = &counts.days[1];
        assert_eq!((second.refusals, second.failures, second.pushes), (1, 1, 1));
        assert_eq!((counts.all.commits, future), (4, 1));
        let writers = counts.writers.first.iter();
        let writers: Vec<_> = writers
            .map(|w| (w.writer.as_str(), w.commits, w.signed))
            .collect();
        assert_eq!(writers, [("ann", 2, 2), ("ben", 1, 0), ("eve", 1, 1)]);
        let task = &counts.tasks.first[0];
        assert_eq!((task.commits, task.writers.len()), (2, 2));
        assert_eq!(counts.refusals.first, [refused]);
        assert_eq!(counts.alerts.first, [noticed]);
        assert_eq!(counts.alerts_by_kind[0].count, 1);
    }

    #[test]
    fn only_the_newest_refusals_are_kept_and_all_are_counted() {
        let mut events = Vec::new();
        for n in 0..=LISTED {
            let mut refused = commit(
                &format!("2026-11-01T00:{:02}:{:02}Z", n / 60, n % 60),
                "x",
                None,
            );
            refused.outcome = "refused".to_owned();
            events.push(refused);
        }
        let (counts, _) = counted(&events);
        assert_eq!(counts.refusals.total, LISTED + 1);
        assert_eq!(counts.refusals.first.len(), LISTED);
        assert_eq!(counts.refusals.first.first(), events.last());
    }
}
