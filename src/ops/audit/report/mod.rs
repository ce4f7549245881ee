//! The state of a repository as one report: sandboxes, activity, refusals, alerts, backups,
//! protection, and what a verification finds. The same facts at the same moment give the
//! same report, and the same page.

mod chart;
mod gather;
mod html;
mod page;
mod parts;
mod people;
mod safety;
mod tally;

pub use gather::report;
pub use html::html;

use super::events::Entry;
use super::finding::FindingKind;
use crate::alerts::AlertKind;
use crate::clock::Period;
use crate::forge::{Provider, RuleState};
use crate::git::CommitId;
use crate::ops::outcome::Reported;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportRequest {
    /// How far back it looks; 30 days where nothing is said.
    pub since: Option<Period>,
    /// The file that the report goes to as a page of HTML; a relative path starts from the
    /// folder of the call.
    pub html: Option<PathBuf>,
    /// The program that a server's hook should run. Without it nobody can tell whether a
    /// self-hosted server enforces its rules.
    pub program: Option<PathBuf>,
}

/// The first of several, and how many there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Listed<T> {
    /// How many there are in all.
    pub total: usize,
    /// The first of them; at most a hundred.
    pub first: Vec<T>,
}

/// The state of a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The repository.
    pub repo_name: String,
    /// Its address.
    pub remote: String,
    /// The branch that sandboxes are measured against.
    pub base: String,
    /// The moment that it tells of; RFC 3339.
    pub made_at: String,
    /// The start of the period that is counted; RFC 3339.
    pub since: String,
    /// The length of that period, such as `30d`.
    pub period: String,
    /// The sandboxes that are open.
    pub sandboxes: Sandboxes,
    /// Each day of the period on which something happened, the oldest first.
    pub days: Vec<Day>,
    /// All days together, and what is dated later than now.
    pub all: Day,
    /// Who wrote commits in the period, the busiest first.
    pub writers: Listed<Writer>,
    /// The tasks of those commits, the busiest first.
    pub tasks: Listed<Task>,
    /// What was refused in the period, the newest first.
    pub refusals: Listed<Entry>,
    /// The writes of the period that were noticed for something, the newest first.
    pub alerts: Listed<Entry>,
    /// How often each alert was raised in the period; those that were not are left out.
    pub alerts_by_kind: Vec<AlertCount>,
    /// The backups.
    pub backups: Backups,
    /// What the server enforces.
    pub protection: Protection,
    /// What a verification finds.
    pub verified: Verified,
    /// Which records the report was made from, and which were not at hand.
    pub records: Records,
    /// What else the reader should know.
    pub notes: Vec<String>,
    /// The page that was written.
    pub html: Option<PathBuf>,
    /// One sentence.
    pub message: String,
}

impl Reported for Report {}

/// The sandboxes that are open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sandboxes {
    /// How many were written to in the period.
    pub active: usize,
    /// How many were written to, and not in the period.
    pub idle: usize,
    /// How many have no commit of their own yet.
    pub unwritten: usize,
    /// How many have commits that their base lacks.
    pub ahead: usize,
    /// How many lack commits of their base.
    pub behind: usize,
    /// The one that was written to last comes first.
    pub listed: Listed<Sandbox>,
}

/// One sandbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sandbox {
    /// Its branch.
    pub branch: String,
    /// The branch that it is measured against.
    pub base: String,
    /// Who says to have written it.
    pub committed_by: Vec<String>,
    /// Time of its last own commit; none before that.
    pub last_write_at: Option<String>,
    /// Whole days since then.
    pub idle_days: Option<u64>,
    /// Commits that the base has not.
    pub ahead: u64,
    /// Commits of the base that it has not.
    pub behind: u64,
    /// Its own commits without a good signature of this sandbox; none where there is no key
    /// to tell.
    pub unsigned: Option<usize>,
}

/// What happened on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    /// The day in UTC, such as 2026-11-22; empty for several days together.
    pub date: String,
    /// Commits through aidf.
    pub commits: u64,
    /// What this machine did besides, such as opening a sandbox or making a backup.
    pub others: u64,
    /// Pushes that the server's hook let through.
    pub pushes: u64,
    /// What a rule, or a missing right, stopped.
    pub refusals: u64,
    /// What failed for another reason.
    pub failures: u64,
}

/// Somebody who wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Writer {
    /// Who the commits say it is.
    pub writer: String,
    /// Commits through aidf.
    pub commits: u64,
    /// How many of them have a good signature.
    pub signed: u64,
    /// How many branches they were written to.
    pub branches: usize,
    /// How many tasks they belong to.
    pub tasks: usize,
    /// When the newest was written; RFC 3339.
    pub last_at: String,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Its id.
    pub task_id: String,
    /// Commits through aidf.
    pub commits: u64,
    /// Who the commits say wrote them; the first ten by name.
    pub writers: Vec<String>,
    /// How many branches they were written to.
    pub branches: usize,
    /// When the newest was written; RFC 3339.
    pub last_at: String,
}

/// How often an alert was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertCount {
    /// Its kind.
    pub alert: AlertKind,
    /// How often.
    pub count: u64,
}

/// The backups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Backups {
    /// How many there are.
    pub total: usize,
    /// The newest backup of each branch, the newest first.
    pub newest: Listed<Backup>,
    /// The branches that the configuration backs up and that have no backup.
    pub missing: Vec<String>,
    /// When a drill on this machine last proved that the newest backup can be restored;
    /// RFC 3339.
    pub last_drill_at: Option<String>,
    /// Whole days since then.
    pub drill_age_days: Option<u64>,
}

/// The newest backup of a branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// The branch.
    pub branch: String,
    /// The branch of the backup.
    pub name: String,
    /// When it was made; RFC 3339.
    pub made_at: String,
    /// Whole days since then.
    pub age_days: u64,
    /// Whether it was made with a key that we have; none if we do not have its key.
    pub authenticated: Option<bool>,
}

/// What the server enforces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Protection {
    /// The kind of server, where that is known.
    pub provider: Option<Provider>,
    /// Every rule with its state.
    pub rules: Vec<RuleState>,
    /// Why nothing is known of the rules.
    pub unknown: Option<String>,
    /// One sentence.
    pub message: String,
}

/// What a verification finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// How many branches were looked at.
    pub branches: usize,
    /// How many commits.
    pub commits: usize,
    /// How many of them came through aidf, under a good signature.
    pub signed: usize,
    /// How many of them nobody can judge here.
    pub unknown: usize,
    /// How many lines of this machine's journal.
    pub journal_lines: usize,
    /// What is wrong.
    pub findings: Listed<Found>,
    /// One sentence.
    pub message: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The branch; none for a line of the journal.
    pub branch: Option<String>,
    /// What is wrong with the branch; none for a line of the journal.
    pub kind: Option<FindingKind>,
    /// The commit.
    pub commit: Option<CommitId>,
    /// The line of the journal, counted from 1; none for one that is gone.
    pub line: Option<usize>,
    /// One sentence.
    pub detail: String,
}

/// The records that the report was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Records {
    /// The journal of the machine that made the report.
    pub journal: PathBuf,
    /// The journal of the server's hook; none where it is not on that machine.
    pub server: Option<PathBuf>,
}
