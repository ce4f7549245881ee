//! Lists the backups of a remote.

use super::destination::settings_of;
use super::manifest::Manifest;
use super::{All, Found, dated, default_branch, read_all};
use crate::backup_manifest;
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

/// The backups of a repository, newest first, as those look at them who watch over them.
struct Watch<'a> {
    lines: &'a [Line],
    /// Whether some of them are authenticated.
    some_are_ours: bool,
    now: Moment,
}

impl<'a> Watch<'a> {
    fn of(lines: &'a [Line], now: Moment) -> Watch<'a> {
        Watch {
            lines,
            some_are_ours: lines.iter().any(|l| l.authenticated == Some(true)),
            now,
        }
    }

    /// Why a backup does not show that backups are made; none if it does.
    fn doubt(&self, one: &Line) -> Option<&'static str> {
        let time = Moment::from_rfc3339(&one.time);
        if time.is_none_or(|time| time.is_in_the_future(self.now)) {
            return Some("it is dated in the future");
        }
        // Anybody who can push a branch can make one. Where none at all is authenticated, the
        // repository is older than manifests, it is a copy, or its key is not here.
        match one.authenticated {
            Some(false) if self.some_are_ours => Some("it is not authenticated"),
            None if self.some_are_ours => Some("its key is not on this machine"),
            _ => None,
        }
    }

    /// The newest of these that shows that backups are made.
    fn newest(&self, mut these: impl Iterator<Item = &'a Line>) -> Option<&'a Line> {
        these.find(|l| self.doubt(l).is_none())
    }

    /// Which backup is older than `age`, in words; none where all are that new. Each branch
    /// that is `expected` must have a backup of that age or newer. If none is, the newest
    /// backup of all must be that new.
    fn overdue(&self, expected: &[String], age: &Period) -> Option<String> {
        let of = |branch: &str| -> Vec<&'a Line> {
            let of_branch = self.lines.iter().filter(|l| l.branch == branch);
            of_branch.collect()
        };
        let judged = |branch: &str| {
            // The default branch's backups do not name it.
            let these = Some(of(branch)).filter(|these| !these.is_empty());
            let these = these.unwrap_or_else(|| of(HEAD));
            self.judged(&these, &format!(" of {branch}"), age)
        };
        // One branch at most can be the default one.
        let lacking: Vec<&str> = expected
            .iter()
            .map(String::as_str)
            .filter(|b| of(b).is_empty())
            .collect();
        match expected.is_empty() {
            true => self.judged(&self.lines.iter().collect::<Vec<_>>(), "", age),
            false if lacking.len() > 1 && !of(HEAD).is_empty() => Some(format!(
                "only one of these can have the backups of the default branch, which the remote does not name: {}",
                lacking.join(", ")
            )),
            false => expected.iter().find_map(|b| judged(b)),
        }
    }

    /// What [`Watch::overdue`] says of these alone; `of_what` follows the word `backup`.
    fn judged(&self, these: &[&'a Line], of_what: &str, age: &Period) -> Option<String> {
        let limit = age.before(self.now).rfc3339();
        let newest = self.newest(these.iter().copied());
        let first = these.first();
        let doubted = first.and_then(|l| Some((&l.name, self.doubt(l)?)));
        let what = match (newest, doubted) {
            (Some(newest), _) if newest.time >= limit => return None,
            (Some(newest), None) => {
                format!("the newest backup, {}, is older than {age}", newest.name)
            }
            (Some(newest), Some(_)) => format!(
                "the newest backup{of_what} that counts, {}, is older than {age}",
                newest.name
            ),
            (None, Some(_)) => format!("there is no backup{of_what} that counts"),
            (None, None) => format!("there is no backup{of_what} at all"),
        };
        let but = doubted.map(|(name, why)| format!("; {name} does not count: {why}"));
        Some(what + &but.unwrap_or_default())
    }
}

/// The name of the newest backup among a remote's refs that shows that backups are made, and
/// what [`Watch::overdue`] says. Who made them is looked at if the manifest is here already.
///
/// Errors: usage, for a destination of the configuration that cannot be read.
pub(in crate::ops) fn newest_among(
    cx: &Context,
    refs: &[RemoteRef],
    default: &str,
    age: &Period,
) -> Result<(Option<String>, Option<String>)> {
    let mut found = dated(refs.iter().map(|r| (r.name.as_str(), r.id)));
    let tip = refs.iter().find(|r| r.name == backup_manifest::REF);
    if let Some(manifest) = tip.and_then(|tip| Manifest::at_hand(cx, tip.id)) {
        manifest.judge(&mut found);
    }
    let lines = lines(found, default);
    let watch = Watch::of(&lines, cx.now);
    let stale = watch.overdue(settings_of(cx)?.branches, age);
    let newest = watch.newest(lines.iter()).map(|l| l.name.clone());
    Ok((newest, stale))
}

/// The lines for backups, in their order.
fn lines(found: Vec<Found>, default: &str) -> Vec<Line> {
    found.into_iter().map(|f| line(f, default)).collect()
}

fn line(found: Found, default: &str) -> Line {
    Line {
        time: found.time().rfc3339(),
        branch: found.branch(default).to_owned(),
        authenticated: found.standing.authenticated(),
        name: found.name,
        commit: found.commit,
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
    /// When it was made; RFC 3339. If it is not authenticated, what its name says.
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
    let backups = lines(found, &default);
    let mut report = ListReport {
        repo_name: cx.repo_name.clone(),
        expected: settings_of(cx)?.branches.to_vec(),
        backups,
        stale: None,
    };
    let age = request.max_age.as_ref();
    let watch = Watch::of(&report.backups, cx.now);
    report.stale = age.and_then(|age| watch.overdue(&report.expected, age));
    Ok(report)
}
