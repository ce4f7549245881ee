//! What was done and refused, event by event, the oldest first: from this machine's journal,
//! the commits of the repository, and the journal of a server whose files are here.

use super::sorted::Sorter;
use crate::alerts::{self, AlertKind};
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, CommitInfo, Endpoint, Unkept};
use crate::journal::Journal;
use crate::names;
use crate::ops::compose;
use crate::ops::log;
use crate::ops::own_lines::{Here, Whose};
use crate::ops::snapshot;
use crate::policy::Reaction;
use crate::signature::Check;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// This machine's journal.
    Journal,
    /// A commit of the repository.
    Repository,
    /// The journal of the server's hook.
    Server,
}

/// One thing that was done, or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// UTC, RFC 3339.
    pub time: String,
    /// Where it is recorded.
    pub source: Source,
    /// The command, or `push` for what a server's hook decided, or `commit`.
    pub command: String,
    /// `done`, `allowed`, `refused`, or the kind of failure.
    pub outcome: String,
    /// The branch or ref.
    pub branch: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// The token, by its id.
    pub token_id: Option<String>,
    /// The pod that the token was given to.
    pub pod: Option<String>,
    /// Who says to have written it, or the server's user.
    pub by: Option<String>,
    /// The task.
    pub task_id: Option<String>,
    /// One sentence.
    pub detail: Option<String>,
    /// What the signature says of a commit of the repository. Anybody can say anything in a
    /// commit whose signature is not good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Check>,
    /// What a write was noticed for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertKind>,
}

impl Entry {
    /// Whether it tells that a rule, or a missing right, stopped something.
    pub fn is_refusal(&self) -> bool {
        ["refused", "denied", "auth"].contains(&self.outcome.as_str())
    }

    /// Whether it tells that something was done, or let through.
    pub fn is_done(&self) -> bool {
        ["done", "allowed"].contains(&self.outcome.as_str())
    }
}

/// Which events are asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted<'a> {
    /// Only what is not older than this.
    pub since: Option<Moment>,
    /// Only what was done to this branch.
    pub branch: Option<&'a str>,
    /// Only what this one did.
    pub by: Option<&'a str>,
    /// Only what was done for this task.
    pub task_id: Option<&'a str>,
    /// About how many of the newest are asked for; none for all.
    pub newest: Option<usize>,
}

impl<'a> Wanted<'a> {
    /// By what every request of events has.
    pub fn new(
        now: Moment,
        since: Option<&Period>,
        branch: &'a Option<String>,
        by: &'a Option<String>,
        task_id: &'a Option<String>,
    ) -> Self {
        Wanted {
            since: since.map(|p| p.before(now)),
            branch: branch.as_deref(),
            by: by.as_deref(),
            task_id: task_id.as_deref(),
            newest: None,
        }
    }

    fn has(&self, entry: &Entry) -> bool {
        let is = |asked: Option<&str>, found: &Option<String>| {
            asked.is_none_or(|asked| found.as_deref() == Some(asked))
        };
        is(self.branch, &entry.branch)
            && is(self.task_id, &entry.task_id)
            && [&entry.token_id, &entry.pod, &entry.by]
                .into_iter()
                .any(|who| is(self.by, who))
    }
}

/// How many events of one second are looked at together.
const TOGETHER: usize = 10_000;

/// Gives every event that is asked for, the oldest first. Memory does not follow their
/// number: what is too much to be sorted there goes to temporary files.
///
/// Errors: unavailable; those of `take`.
pub(super) fn each(
    cx: &Context,
    wanted: &Wanted<'_>,
    mut take: impl FnMut(Entry) -> Result<()>,
) -> Result<()> {
    let mut sorter = Sorter::new(cx);
    let since = wanted.since.map(Moment::rfc3339);
    let mut number = 0;
    let mut add = |rank: u8, sign: i64, entry: Entry| {
        cx.cancel.check()?;
        if since.as_ref().is_some_and(|since| entry.time < *since) {
            return Ok(());
        }
        number += 1;
        sorter.add((entry.time.clone(), rank, sign * number), &entry)
    };
    // The walk meets the newest commit first, and a journal has the oldest line first.
    commits(cx, wanted, |entry| add(0, -1, entry))?;
    of_journal(cx, |entry| add(1, 1, entry))?;
    of_server(cx, |entry| add(2, 1, entry))?;
    let mut give = |second: &mut Vec<Entry>| {
        cx.cancel.check()?;
        let mut told = told_once(std::mem::take(second)).filter(|e| wanted.has(e));
        told.try_for_each(&mut take)
    };
    let mut second: Vec<Entry> = Vec::new();
    for entry in sorter.sorted()? {
        let (_, entry) = entry?;
        let begins = second.last().is_some_and(|last| last.time != entry.time);
        if begins || second.len() == TOGETHER {
            give(&mut second)?;
        }
        second.push(entry);
    }
    give(&mut second)
}

/// The events of one second, of which a commit and the journal's line about its making are
/// one: the commit tells more, the line has the command, and its place among the others.
fn told_once(events: Vec<Entry>) -> impl Iterator<Item = Entry> {
    let (commits, others): (Vec<Entry>, Vec<Entry>) = events
        .into_iter()
        .partition(|e| e.source == Source::Repository);
    let about = |e: &Entry| (e.commit.clone(), e.branch.clone());
    let places = commits.iter().enumerate();
    let mut places: HashMap<_, usize> = places.map(|(at, e)| (about(e), at)).collect();
    let mut commits: Vec<Option<Entry>> = commits.into_iter().map(Some).collect();
    let mut told = Vec::with_capacity(others.len());
    for event in others {
        let makes = event.source == Source::Journal && event.outcome == "done";
        let at = makes.then(|| places.remove(&about(&event))).flatten();
        let Some(mut commit) = at.and_then(|at| commits[at].take()) else {
            told.push(event);
            continue;
        };
        commit.command = event.command;
        commit.detail = event.detail.or(commit.detail);
        let new = event.alerts.into_iter();
        let new: Vec<AlertKind> = new.filter(|a| !commit.alerts.contains(a)).collect();
        commit.alerts.extend(new);
        told.push(commit);
    }
    commits.into_iter().flatten().chain(told)
}

/// The commits of the sandboxes, the base and the default branch that came through aidf.
fn commits(
    cx: &Context,
    wanted: &Wanted<'_>,
    mut take: impl FnMut(Entry) -> Result<()>,
) -> Result<()> {
    let standing = snapshot::standing(cx)?;
    let policy = standing.policy(cx);
    let heeds_ci = policy.reaction(AlertKind::CiDirective) != Reaction::Ignore;
    let is_reviewed =
        |name: &str| name == cx.config.base || Some(name) == standing.default_branch.as_deref();
    let mut meant: Vec<(&str, CommitId)> = standing
        .branches
        .iter()
        .map(|(name, tip)| (name.as_str(), *tip))
        .filter(|(name, _)| match wanted.branch {
            Some(branch) => branch == *name,
            None => names::is_sandbox(name) || is_reviewed(name),
        })
        .collect();
    // What a reviewed branch has is walked there, and not once more on every sandbox.
    meant.sort_by_key(|(name, _)| !is_reviewed(name));
    let tips: Vec<CommitId> = meant.iter().map(|(_, tip)| *tip).collect();
    cx.remote.fetch(&cx.store, &tips, true, &*cx.progress)?;
    let since = wanted.since.map(Moment::seconds);
    let (mut reviewed, mut seen) = (Vec::new(), HashSet::new());
    let _unkept = Unkept::new();
    for (branch, tip) in meant {
        cx.progress.step(&format!("read the commits of {branch}"));
        let mut left = wanted.newest.map(|n| n.saturating_mul(4));
        for id in cx.store.history(tip, reviewed.iter().copied())? {
            let commit = cx.store.commit(id)?;
            // The walk goes by dates: the rest is older.
            if left == Some(0) || since.is_some_and(|since| commit.time < since) {
                break;
            }
            left = left.map(|left| left - 1);
            let Some(by) = log::trailer(&commit, compose::COMMITTED_BY) else {
                continue;
            };
            if !is_reviewed(branch) && !seen.insert(id) {
                continue;
            }
            let mut entry = of_commit(cx, &commit, branch, by)?;
            if heeds_ci && alerts::ci_directive(&commit.message).is_some() {
                entry.alerts.push(AlertKind::CiDirective);
            }
            take(entry)?;
        }
        if is_reviewed(branch) {
            reviewed.push(tip);
        }
    }
    Ok(())
}

fn of_commit(cx: &Context, commit: &CommitInfo, branch: &str, by: String) -> Result<Entry> {
    let judged = log::judge(cx, commit.id, branch)?;
    let own = |name| log::trailer(commit, name);
    Ok(Entry {
        time: Moment::from_seconds(commit.time).rfc3339(),
        source: Source::Repository,
        command: "commit".to_owned(),
        outcome: "done".to_owned(),
        branch: judged.branch.or(Some(branch.to_owned())),
        commit: Some(commit.id.to_string()),
        token_id: own(compose::TOKEN),
        pod: own(compose::POD),
        by: Some(by),
        task_id: own(compose::TASK),
        detail: Some(commit.subject().to_owned()),
        signature: Some(judged.check),
        alerts: Vec::new(),
    })
}

/// A line of a machine's journal, or of a server's.
#[derive(Deserialize)]
struct Line {
    time: String,
    command: Option<String>,
    outcome: Option<String>,
    repo_name: Option<String>,
    repository: Option<String>,
    address: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    token_id: Option<String>,
    pod: Option<String>,
    detail: Option<String>,
    // A kind that this aidf does not know makes no line unreadable.
    #[serde(default)]
    alerts: Vec<serde_json::Value>,
    // Of a server's:
    user: Option<String>,
    #[serde(default)]
    token_ids: Vec<String>,
    #[serde(rename = "ref")]
    name: Option<String>,
    new: Option<String>,
    allowed: Option<bool>,
    rule: Option<String>,
}

fn of_journal(cx: &Context, mut take: impl FnMut(Entry) -> Result<()>) -> Result<()> {
    let here = Here::of(cx);
    read(cx, cx.journal_file(), |line| {
        let whose = Whose {
            repo_name: line.repo_name,
            repository: line.repository,
            address: line.address,
            commit: line.commit.clone(),
        };
        if !here.has(&whose) {
            return Ok(());
        }
        let alerts = line.alerts.into_iter();
        take(Entry {
            time: line.time,
            source: Source::Journal,
            command: line.command.unwrap_or_default(),
            outcome: line.outcome.unwrap_or_default(),
            branch: line.branch,
            commit: line.commit,
            token_id: line.token_id,
            pod: line.pod,
            by: None,
            task_id: None,
            detail: line.detail,
            signature: None,
            alerts: alerts
                .filter_map(|a| serde_json::from_value(a).ok())
                .collect(),
        })
    })
}

/// The journal of the server's hook, where the server's repository is a folder of this
/// machine.
pub(super) fn journal_of_server(cx: &Context) -> Option<Journal> {
    match cx.remote.endpoint() {
        Endpoint::Path(path) => Some(Journal::new(path.join("aidf").join("journal.jsonl"))),
        _ => None,
    }
}

/// The decisions of the hook.
fn of_server(cx: &Context, mut take: impl FnMut(Entry) -> Result<()>) -> Result<()> {
    let Some(journal) = journal_of_server(cx) else {
        return Ok(());
    };
    read(cx, &journal, |line| {
        let name = line.name.unwrap_or_default();
        let branch = name.strip_prefix("refs/heads/").unwrap_or(&name);
        take(Entry {
            time: line.time,
            source: Source::Server,
            command: "push".to_owned(),
            outcome: match line.allowed {
                Some(true) => "allowed".to_owned(),
                _ => "refused".to_owned(),
            },
            branch: Some(branch.to_owned()).filter(|b| !b.is_empty()),
            commit: line.new,
            token_id: line.token_ids.first().cloned(),
            pod: None,
            by: line.user,
            task_id: None,
            detail: line.rule,
            signature: None,
            alerts: Vec::new(),
        })
    })
}

/// Reads the lines of a journal that can be read.
fn read(cx: &Context, journal: &Journal, mut each: impl FnMut(Line) -> Result<()>) -> Result<()> {
    let mut outcome = Ok(());
    let checked = super::check_each(cx, journal, |text, _| {
        if outcome.is_ok()
            && let Ok(line) = serde_json::from_slice::<Line>(text)
        {
            outcome = each(line);
        }
    })?;
    outcome?;
    if !checked.faults.is_empty() {
        cx.warn(format!(
            "the journal {} was altered; see what: aidf audit verify",
            journal.path().display()
        ));
    }
    Ok(())
}
