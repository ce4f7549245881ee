//! What was done, from every record at hand: this machine's journal, the commits of the
//! repository, and the journal of a server whose files are here.

use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Kind, OrFail, Result};
use crate::git::{CommitId, Endpoint};
use crate::journal::Journal;
use crate::names;
use crate::ops::log;
use crate::ops::outcome::Reported;
use crate::ops::snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogRequest {
    /// At most this many entries, the newest first.
    pub number: usize,
    /// Only what is not older than this.
    pub since: Option<Period>,
    /// Only what was done to this branch.
    pub branch: Option<String>,
    /// Only what this one did: a token's id, a pod, a writer or a server's user.
    pub by: Option<String>,
    /// Only what was done for this task.
    pub task_id: Option<String>,
}

impl Default for LogRequest {
    fn default() -> Self {
        LogRequest {
            number: 50,
            since: None,
            branch: None,
            by: None,
            task_id: None,
        }
    }
}

/// The entries.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogReport {
    /// The repository.
    pub repo_name: String,
    /// The newest first.
    pub entries: Vec<Entry>,
}

impl Reported for LogReport {}

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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
}

/// A line of a machine's journal, or of a server's.
#[derive(Deserialize)]
struct Line {
    time: String,
    command: Option<String>,
    outcome: Option<String>,
    repo_name: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    token_id: Option<String>,
    pod: Option<String>,
    detail: Option<String>,
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

/// Reads every record.
///
/// Errors: unavailable.
pub fn log(cx: &Context, request: &LogRequest) -> Result<LogReport> {
    let since = request.since.as_ref().map(|p| p.before(cx.now).rfc3339());
    let mut entries = commits(cx, request)?;
    let known: HashMap<String, usize> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, e)| Some((e.commit.clone()?, at)))
        .collect();
    for entry in of_journal(cx)? {
        // The commit tells more than the line about it.
        let at = entry.commit.as_ref().and_then(|id| known.get(id));
        match at.filter(|_| entry.outcome == "done") {
            Some(at) => {
                let there = &mut entries[*at];
                there.command = entry.command;
                there.detail = entry.detail.or(there.detail.take());
            }
            None => entries.push(entry),
        }
    }
    entries.extend(of_server(cx)?);
    entries.retain(|e| {
        let newer = since.as_ref().is_none_or(|since| e.time >= *since);
        let branch = request.branch.as_ref();
        let task = request.task_id.as_ref();
        let by = request.by.as_ref();
        let is_by = |by: &String| [&e.token_id, &e.pod, &e.by].contains(&&Some(by.clone()));
        newer
            && branch.is_none_or(|b| e.branch.as_ref() == Some(b))
            && task.is_none_or(|t| e.task_id.as_ref() == Some(t))
            && by.is_none_or(is_by)
    });
    entries.sort_by(|a, b| b.time.cmp(&a.time));
    entries.truncate(request.number);
    Ok(LogReport {
        repo_name: cx.repo_name.clone(),
        entries,
    })
}

/// The commits of the sandboxes, the base and the default branch that came through aidf.
fn commits(cx: &Context, request: &LogRequest) -> Result<Vec<Entry>> {
    let standing = snapshot::standing(cx)?;
    let is_meant = |name: &String| match &request.branch {
        Some(branch) => branch == name,
        None => {
            names::is_sandbox(name)
                || *name == cx.config.base
                || Some(name) == standing.default_branch.as_ref()
        }
    };
    let meant: Vec<(String, CommitId)> = standing
        .branches
        .iter()
        .filter(|(name, _)| is_meant(name))
        .cloned()
        .collect();
    let tips: Vec<CommitId> = meant.iter().map(|(_, tip)| *tip).collect();
    cx.remote.fetch(&cx.store, &tips, true, &*cx.progress)?;
    let since = request.since.as_ref().map(|p| p.before(cx.now).seconds());
    let (mut seen, mut entries) = (HashSet::new(), Vec::new());
    for (branch, tip) in meant {
        let mut left = request.number.saturating_mul(4);
        for id in cx.store.history(tip, None)? {
            let commit = cx.store.commit(id)?;
            // The walk goes by dates: the rest is older, or known from another branch.
            if left == 0 || since.is_some_and(|since| commit.time < since) {
                break;
            }
            left -= 1;
            let Some(by) = log::trailer(&commit, "Aidf-Committed-By") else {
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            let judged = log::judge(cx, id, &branch)?;
            let own = |name| log::trailer(&commit, name);
            entries.push(Entry {
                time: Moment::from_seconds(commit.time).rfc3339(),
                source: Source::Repository,
                command: "commit".to_owned(),
                outcome: "done".to_owned(),
                branch: judged.branch.or(Some(branch.clone())),
                commit: Some(id.to_string()),
                token_id: own("Aidf-Token"),
                pod: own("Aidf-Pod"),
                by: Some(by),
                task_id: own("Aidf-Task-Id"),
                detail: Some(commit.subject().to_owned()),
            });
        }
    }
    Ok(entries)
}

fn of_journal(cx: &Context) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    read(cx, cx.journal_file(), |line| {
        if line.repo_name.as_ref() != Some(&cx.repo_name) {
            return;
        }
        entries.push(Entry {
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
        });
    })?;
    Ok(entries)
}

/// The decisions of the hook, where the server's repository is a folder of this machine.
fn of_server(cx: &Context) -> Result<Vec<Entry>> {
    let Endpoint::Path(path) = cx.remote.endpoint() else {
        return Ok(Vec::new());
    };
    let journal = Journal::new(path.join("aidf").join("journal.jsonl"));
    let mut entries = Vec::new();
    read(cx, &journal, |line| {
        let name = line.name.unwrap_or_default();
        let branch = name.strip_prefix("refs/heads/").unwrap_or(&name);
        entries.push(Entry {
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
        });
    })?;
    Ok(entries)
}

/// Reads the lines of a journal that can be read.
fn read(cx: &Context, journal: &Journal, mut each: impl FnMut(Line)) -> Result<()> {
    let checked = journal.check(cx.keys(), |text| {
        if let Ok(line) = serde_json::from_slice::<Line>(text) {
            each(line);
        }
    });
    let checked = checked.or_fail(Kind::Internal, || {
        format!("the journal {} cannot be read", journal.path().display())
    })?;
    if !checked.faults.is_empty() {
        cx.warn(format!(
            "the journal {} was altered; see what: aidf audit verify",
            journal.path().display()
        ));
    }
    Ok(())
}
