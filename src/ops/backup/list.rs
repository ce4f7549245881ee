//! Lists the backups of a remote.

use super::destination::settings_of;
use super::{All, Found, dated, default_branch, read_all};
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RemoteRef};
use crate::ops::outcome::Reported;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListRequest {
    /// How old the newest backup of each branch may be at most.
    pub max_age: Option<Period>,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListReport {
    /// The repository.
    pub repo_name: String,
    /// Newest first.
    pub backups: Vec<Line>,
    /// The branches that the configuration backs up; empty if it names none.
    pub expected: Vec<String>,
    /// Which backups are older than allowed, in words.
    #[serde(skip)]
    pub stale: Option<String>,
}

impl Reported for ListReport {
    fn verdict(&mut self) -> Result<()> {
        match &self.stale {
            None => Ok(()),
            Some(what) => Err(Error::new(Kind::Findings, what.clone())
                .hint("make one with `aidf backup create`, and find out why no job made it")),
        }
    }
}

/// What stands for the default branch of a remote that does not tell it, as a copy that holds
/// backups alone.
const HEAD: &str = "HEAD";

/// Which backup is older than `age`, in words; none where all are that new. `backups` are in
/// order, newest first. Each branch that is `expected` must have a backup of that age or
/// newer. If none is, the newest backup of all must be that new.
fn overdue(backups: &[Line], expected: &[String], age: &Period, now: Moment) -> Option<String> {
    let limit = age.before(now).rfc3339();
    let of = |branch: &str| backups.iter().find(|b| b.branch == branch);
    let newest = |branch: Option<&str>| match branch {
        None => backups.first(),
        // The default branch's backups do not name it.
        Some(branch) => of(branch).or_else(|| of(HEAD)),
    };
    let judged = |branch: Option<&str>| match newest(branch) {
        Some(newest) if newest.time >= limit => None,
        Some(newest) => Some(format!(
            "the newest backup, {}, is older than {age}",
            newest.name
        )),
        None => Some(match branch {
            Some(branch) => format!("there is no backup of {branch} at all"),
            None => "there is no backup at all".to_owned(),
        }),
    };
    // One branch at most can be the default one.
    let lacking: Vec<&str> = expected
        .iter()
        .map(String::as_str)
        .filter(|b| of(b).is_none())
        .collect();
    match expected.is_empty() {
        true => judged(None),
        false if lacking.len() > 1 && of(HEAD).is_some() => Some(format!(
            "only one of these can have the backups of the default branch, which the remote does not name: {}",
            lacking.join(", ")
        )),
        false => expected.iter().find_map(|b| judged(Some(b))),
    }
}

/// The newest backup among a remote's refs, and what [`overdue`] says of them. Nobody looks
/// at who made them.
///
/// Errors: usage, for a destination of the configuration that cannot be read.
pub(in crate::ops) fn newest_among(
    cx: &Context,
    refs: &[RemoteRef],
    default: &str,
    age: &Period,
) -> Result<(Option<Line>, Option<String>)> {
    let found = dated(refs.iter().map(|r| (r.name.as_str(), r.id)));
    let mut lines: Vec<Line> = found.into_iter().map(|f| line(f, default)).collect();
    let stale = overdue(&lines, settings_of(cx)?.branches, age, cx.now);
    lines.truncate(1);
    Ok((lines.pop(), stale))
}

fn line(found: Found, default: &str) -> Line {
    Line {
        branch: found.branch(default).to_owned(),
        authenticated: found.standing.authenticated(),
        name: found.name,
        commit: found.commit,
        time: found.read.time.rfc3339(),
    }
}

/// One backup.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Its branch.
    pub name: String,
    /// The branch that it is a backup of; `HEAD` for the default branch of a remote that has
    /// none.
    pub branch: String,
    /// The commit that it holds.
    pub commit: CommitId,
    /// When it was made; RFC 3339.
    pub time: String,
    /// Whether it was made with a key that we have; none if we do not have its key. False
    /// for a backup that is older than manifests, or that has no known maker.
    pub authenticated: Option<bool>,
}

/// Lists the backups.
///
/// Errors: not_found, unavailable.
pub fn list(cx: &Context, request: &ListRequest) -> Result<ListReport> {
    let All { found, default, .. } = read_all(cx, None)?;
    let default = match default {
        Some(name) => name,
        None if found.iter().any(|f| f.read.branch.is_none()) => match default_branch(cx) {
            Err(e) if e.kind() == Kind::NotFound => HEAD.to_owned(),
            asked => asked?,
        },
        None => String::new(),
    };
    let backups = found.into_iter().map(|f| line(f, &default)).collect();
    let mut report = ListReport {
        repo_name: cx.repo_name.clone(),
        expected: settings_of(cx)?.branches.to_vec(),
        backups,
        stale: None,
    };
    let age = request.max_age.as_ref();
    report.stale = age.and_then(|age| overdue(&report.backups, &report.expected, age, cx.now));
    Ok(report)
}
