//! The quota of commits an hour, counted in the sandbox's own history: it holds on every
//! machine, and on the server.

use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, Store};
use crate::ops::log::trailer;
use crate::policy::{PATH, Policy};
use crate::signature;
use std::rc::Rc;

/// The time that a quota is for, in seconds.
const HOUR: i64 = 3600;

/// Refuses one more commit on a sandbox that got all that its pod may write within an hour.
/// The sandbox's own commits are those since the first one, by first parents, that was not
/// written to it.
///
/// Errors: denied, with the time from which the next commit is allowed.
pub(super) fn check(
    store: &Store,
    policy: &Policy,
    branch: &str,
    tip: CommitId,
    now: Moment,
) -> Result<()> {
    let Some(most) = policy.commits_an_hour() else {
        return Ok(());
    };
    let times = of_last_hour(store, branch, tip, now, most)?;
    match (times.len() as u64) < most {
        true => Ok(()),
        false => refuse(branch, most, &times, now),
    }
}

/// The times of the branch's own commits within the last hour, the newest first, `most` at
/// most.
pub(super) fn of_last_hour(
    store: &Store,
    branch: &str,
    tip: CommitId,
    now: Moment,
    most: u64,
) -> Result<Vec<i64>> {
    let mut times = Vec::new();
    let mut at = Some(tip);
    while let Some(id) = at.filter(|_| (times.len() as u64) < most) {
        let commit = store.commit(id)?;
        let own = trailer(&commit, signature::BRANCH).is_some_and(|name| name == branch);
        if !own || !is_recent(&commit, now) {
            break;
        }
        times.push(commit.time);
        at = commit.parents.first().copied();
    }
    Ok(times)
}

/// Refuses the commits of a push that are more than the pod may write within an hour.
/// `commits` are all that the sandbox has and no protected branch; `new` tells which of them
/// the push brings.
///
/// Those count whatever their dates say, and none may be dated earlier than an hour ago: it
/// would not count in the next push.
///
/// Errors: denied.
pub(super) fn check_pushed(
    policy: &Policy,
    branch: &str,
    commits: &[Rc<CommitInfo>],
    new: impl Fn(CommitId) -> bool,
    now: Moment,
) -> Result<()> {
    let Some(most) = policy.commits_an_hour() else {
        return Ok(());
    };
    let is_new = |c: &&Rc<CommitInfo>| new(c.id);
    if let Some(old) = commits.iter().filter(is_new).find(|c| !is_recent(c, now)) {
        return Err(Error::new(
            Kind::Denied,
            format!(
                "the commit {} is dated {}, and the policy counts the commits of each hour",
                old.id.short(),
                Moment::from_seconds(old.time).rfc3339()
            ),
        )
        .hint("write it again with the present date"));
    }
    let counts = |c: &&Rc<CommitInfo>| new(c.id) || is_recent(c, now);
    let times: Vec<i64> = commits.iter().filter(counts).map(|c| c.time).collect();
    match times.len() as u64 > most {
        true => refuse(branch, most, &times, now),
        false => Ok(()),
    }
}

fn is_recent(commit: &CommitInfo, now: Moment) -> bool {
    commit.time > now.seconds().saturating_sub(HOUR)
}

/// `times` are those of the commits that count.
fn refuse(branch: &str, most: u64, times: &[i64], now: Moment) -> Result<()> {
    let oldest = times.iter().min().copied().unwrap_or(now.seconds());
    let next = Moment::from_seconds(oldest.saturating_add(HOUR));
    Err(Error::new(
        Kind::Denied,
        format!(
            "{branch} got {} within an hour, and its pod may write {most} (rule: quota.commits_an_hour)",
            crate::words::count(times.len(), "commit", "commits")
        ),
    )
    .hint(format!(
        "the next one is allowed from {}; an operator may raise the quota in {PATH} on the base branch",
        next.rfc3339()
    )))
}
