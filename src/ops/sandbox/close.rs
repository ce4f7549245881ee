//! Closing a sandbox: archived, then deleted, as one push where the server can.

use super::opened;
use super::own::Own;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, RefName, RefUpdate};
use crate::ops::access::{self, Target};
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::session;
use crate::ops::snapshot;
use crate::ops::squashed;
use crate::policy::Ledgers;
use crate::ref_rules::ARCHIVE;
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloseRequest {
    /// The sandbox; the clone's own where none is named.
    pub branch: Option<String>,
    /// The token.
    pub reuse_token: Option<Secret>,
    /// Say what would be done.
    pub dry_run: bool,
}

/// What was closed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CloseReport {
    /// The sandbox.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// The tip that it had; none where it was closed before.
    pub head: Option<CommitId>,
    /// The ref that keeps it.
    pub archive: Option<String>,
    /// Its own commits that have not landed: neither the branch it was forked from nor the
    /// default branch has them, or what they did as one commit.
    pub unlanded: usize,
    /// True where it was closed already.
    pub unchanged: bool,
    /// Pushes it took.
    pub attempts: u32,
    /// One sentence.
    pub message: String,
    /// True where nothing was done because that was asked for.
    pub dry_run: bool,
}

/// Closes a sandbox.
///
/// Errors: usage, for what is no sandbox; not_found, for one that never was; auth and
/// denied; unavailable.
pub fn close(cx: &Context, request: &CloseRequest) -> Result<CloseReport> {
    cx.note_request(request);
    let target = sandbox_of(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    let branch = target.as_ref().ok().map(|t| t.name().to_owned());
    let result = target.and_then(|target| carry(cx, request, &target));
    cx.journal("sandbox close", branch.as_deref(), &result, |r| {
        let head = r.head.filter(|_| !r.dry_run)?;
        Some((&r.branch, head, &r.message))
    });
    result
}

/// The sandbox that is meant.
pub(super) fn sandbox_of(
    cx: &Context,
    branch: Option<&str>,
    token: Option<&Secret>,
) -> Result<Target> {
    let target = access::choose(cx, branch, token)?;
    access::sandbox_only(cx, target.name(), branch.is_some())?;
    Ok(target)
}

fn carry(cx: &Context, request: &CloseRequest, target: &Target) -> Result<CloseReport> {
    let branch = target.name();
    let base = access::base_of(cx, target)?;
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let mut report = CloseReport {
            branch: branch.to_owned(),
            repo_name: cx.repo_name.clone(),
            head: None,
            archive: newest_archive(advertisement, branch).map(|(name, _)| name),
            unlanded: 0,
            unchanged: true,
            attempts: 0,
            message: format!("nothing to do: {branch} is closed already"),
            dry_run: request.dry_run,
        };
        let Some(tip) = advertisement.branch(branch) else {
            return match report.archive {
                Some(_) => Ok(Plan::Nothing(report)),
                None => access::tip_of(cx, advertisement, target).map(|_| Plan::Nothing(report)),
            };
        };
        let homes = landed_in(cx, advertisement, &base);
        let wants = std::iter::once(tip).chain(homes.iter().map(|(_, id)| *id));
        let policy = snapshot::fetch_with_policy(cx, advertisement, wants, &[])?;
        let last_write = cx.store.commit(tip)?.time;
        let policy = access::authorise(
            cx,
            target,
            policy,
            "sandbox close",
            advertisement,
            last_write,
        )?;
        report.unchanged = false;
        report.head = Some(tip);
        report.unlanded = unlanded(cx, branch, tip, &homes, policy.ledgers())?;
        let (archive, steps) = steps(cx, advertisement, branch, tip)?;
        report.archive = Some(archive.clone());
        if request.dry_run {
            report.message = format!("would close {branch} and keep it as {archive}");
            return Ok(Plan::Nothing(report));
        }
        report.message = format!("closed {branch}; {archive} keeps it");
        Ok(Plan::Push(Push {
            updates: steps,
            objects: Objects::These(Vec::new()),
            token: target.token.clone(),
            report,
        }))
    })?;
    let mut report = published.report;
    report.attempts = published.attempts;
    // A server that cannot move two refs as one has only the archive so far.
    let archived_only = published.updates.iter().all(|u| u.new.is_some());
    if let (Some(tip), true, false) = (report.head, archived_only, request.dry_run) {
        delete(cx, target, tip)?;
    }
    if report.unlanded > 0 {
        let what = words::count(report.unlanded, "commit", "commits");
        let (have, them) = match report.unlanded {
            1 => ("has", "it"),
            _ => ("have", "them"),
        };
        cx.warn(format!(
            "{what} of {branch} {have} not landed; `aidf sandbox restore {branch}` brings {them} back"
        ));
    }
    if !request.dry_run {
        // The sandbox is closed, whatever happens here.
        if let Err(e) = session::set_closed(cx, &[branch], true) {
            cx.warn(format!("the sandbox is closed, but {e}"));
        }
        let tracking = crate::git::tracking_ref(cx.remote.name(), &target.branch);
        let _ = cx.store.delete_refs(&[&tracking]);
    }
    Ok(report)
}

/// The newest archive of a sandbox: they are named by their time.
pub(super) fn newest_archive(
    advertisement: &Advertisement,
    branch: &str,
) -> Option<(String, CommitId)> {
    let folder = format!("{ARCHIVE}{branch}/");
    let archives = advertisement.under(&folder);
    archives.map(|(name, id)| (name.to_owned(), id)).max()
}

/// Where work counts as landed: the sandbox's base and the default branch, with their tips.
fn landed_in(cx: &Context, advertisement: &Advertisement, base: &str) -> Vec<(String, CommitId)> {
    let default = snapshot::learn_default_branch(cx).ok();
    let names = [Some(base.to_owned()), default];
    names
        .into_iter()
        .flatten()
        .filter_map(|name| Some((advertisement.branch(&name)?, name)))
        .map(|(tip, name)| (name, tip))
        .collect()
}

/// How many of a sandbox's commits no such branch has, nor what they did as one commit.
fn unlanded(
    cx: &Context,
    branch: &str,
    tip: CommitId,
    homes: &[(String, CommitId)],
    ledgers: &Ledgers,
) -> Result<usize> {
    let mut fewest = None;
    for (name, home) in homes {
        let left = not_in(cx, branch, tip, (name, *home), ledgers)?;
        // A forge squashes without a word of the sandbox's commits.
        let may_hold = !left.is_empty() && squashed::holds_all(cx, ledgers, *home, tip)?;
        let count = match may_hold {
            true => squashed::not_held(cx, ledgers, (*home, tip), &left)?,
            false => left.len(),
        };
        fewest = Some(fewest.map_or(count, |fewest: usize| fewest.min(count)));
    }
    Ok(fewest.unwrap_or(0))
}

/// The commits of a sandbox that one branch has not. Merges that `sync` made brought in what
/// others did.
fn not_in(
    cx: &Context,
    branch: &str,
    tip: CommitId,
    (name, home): (&str, CommitId),
    ledgers: &Ledgers,
) -> Result<Vec<CommitId>> {
    let mut own = Own::of(cx)?;
    let mut landed = vec![squashed::as_merged(cx, name, home, tip, ledgers)?];
    let mut commits: HashSet<CommitId> = cx.store.history(tip, Some(landed[0]))?.collect();
    for id in commits.clone() {
        let Some([sandbox, taken]) = own.synced(branch, id)? else {
            continue;
        };
        commits.remove(&id);
        // The sandbox has landed as one commit, and then took that in.
        if cx.store.is_ancestor(taken, home) {
            landed.push(squashed::as_merged(cx, name, taken, sandbox, ledgers)?);
        }
    }
    let apart = cx.store.history(tip, landed)?;
    Ok(apart.filter(|id| commits.contains(id)).collect())
}

/// The refs that move: the archive is made, and the branch goes, with the record of its
/// opening. A server that cannot do that as one makes the archive first.
pub(super) fn steps(
    cx: &Context,
    advertisement: &Advertisement,
    branch: &str,
    tip: CommitId,
) -> Result<(String, Vec<RefUpdate>)> {
    let mut at = cx.now;
    let archive = loop {
        let name = format!("{ARCHIVE}{branch}/{}", at.compact());
        match advertisement.tip(&name) {
            // Of this second, and of the same commit: it is made already.
            Some(id) if id == tip => break name,
            Some(_) => at = crate::clock::Moment::from_seconds(at.seconds() + 1),
            None => break name,
        }
    };
    let there = advertisement.tip(&archive).is_some();
    let make = RefUpdate {
        name: RefName::new(&archive)?,
        old: None,
        new: Some(tip),
    };
    let mut steps = Vec::new();
    if !there {
        steps.push(make);
    }
    if there || advertisement.is_atomic() {
        steps.push(RefUpdate {
            name: RefName::branch(branch)?,
            old: Some(tip),
            new: None,
        });
    }
    if advertisement.is_atomic() {
        steps.extend(opened::forget(advertisement, branch)?);
    }
    Ok((archive, steps))
}

/// Deletes a branch that was archived, if it is still at that tip.
pub(super) fn delete(cx: &Context, target: &Target, tip: CommitId) -> Result<()> {
    publish::publish(cx, |attempt| {
        match attempt.advertisement.branch(target.name()) {
            None => Ok(Plan::Nothing(())),
            Some(now) if now != tip => Err(Error::new(
                Kind::Conflict,
                format!("{} was written while aidf closed it", target.name()),
            )
            .hint("it is archived but still open; close it again")),
            Some(_) => Ok(Plan::Push(Push {
                updates: vec![RefUpdate {
                    name: target.branch.clone(),
                    old: Some(tip),
                    new: None,
                }],
                objects: Objects::These(Vec::new()),
                token: target.token.clone(),
                report: (),
            })),
        }
    })
    .map(drop)
}
