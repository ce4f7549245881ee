//! Bringing an archived sandbox back under its name, from its newest archive.

use super::close::{newest_archive, sandbox_of};
use super::opened;
use crate::authority::{self, Facts};
use crate::clock::Moment;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefUpdate};
use crate::names;
use crate::ops::access::{self, Target};
use crate::ops::base::{self, Before};
use crate::ops::compose;
use crate::ops::log;
use crate::ops::publish::{self, Attempt, Objects, Plan, Push};
use crate::ops::session;
use crate::ops::snapshot;
use crate::secret::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreRequest {
    /// The sandbox.
    pub branch: String,
    /// The token.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
    /// Say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What came back.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestoreReport {
    /// The sandbox.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// Its tip.
    pub head: CommitId,
    /// The archive that it came from, which stays.
    pub archive: String,
    /// Pushes it took.
    pub attempts: u32,
    /// When its token ends if nothing is written; RFC 3339. None where no token was given.
    pub expires_at: Option<String>,
    /// One sentence, with the way to a new token.
    pub message: String,
    /// True where nothing was done because that was asked for.
    pub dry_run: bool,
}

/// Brings a sandbox back from its newest archive; never over a branch that is there.
///
/// Errors: usage, for what is no sandbox's name; not_found, where there is no archive;
/// conflict, where the branch is there; auth and denied; unavailable.
pub fn restore(cx: &Context, request: &RestoreRequest) -> Result<RestoreReport> {
    cx.note_request(request);
    let result = unarchive(cx, request);
    cx.journal("sandbox restore", Some(&request.branch), &result, |r| {
        (!r.dry_run).then_some((&r.branch, r.head, &r.message))
    });
    result
}

fn unarchive(cx: &Context, request: &RestoreRequest) -> Result<RestoreReport> {
    if !names::is_sandbox(&request.branch) {
        return Err(Error::new(
            Kind::Usage,
            format!("`{}` is not a sandbox's name", request.branch),
        )
        .hint("give the name that the sandbox had, such as sandbox-emerald-hawk"));
    }
    let target = sandbox_of(cx, Some(&request.branch), request.reuse_token.as_ref())?;
    let branch = target.name();
    let mut untimed = None;
    let published = loop {
        let again = untimed.is_some();
        match publish::publish(cx, |attempt| plan(cx, request, &target, attempt, again)) {
            // A server with an older hook may take it without the time.
            Err(e) if opened::is_refused(&e) && untimed.is_none() => untimed = Some(e),
            Err(e) => return Err(opened::told(untimed, e)),
            Ok(done) => break done,
        }
    };
    let mut report = published.report;
    report.attempts = published.attempts;
    if !request.dry_run {
        if let Err(e) = session::set_closed(cx, &[branch], false) {
            cx.warn(format!("the sandbox is back, but {e}"));
        }
        base::remember(cx, &target, report.head, &[], Before::now());
    }
    Ok(report)
}

fn plan(
    cx: &Context,
    request: &RestoreRequest,
    target: &Target,
    attempt: &Attempt<'_>,
    untimed: bool,
) -> Result<Plan<RestoreReport>> {
    let (advertisement, branch) = (attempt.advertisement, target.name());
    if advertisement.branch(branch).is_some() {
        return Err(Error::new(
            Kind::Conflict,
            format!("{branch} is open, and restore does not overwrite it"),
        )
        .hint("to go back to an older state of it: aidf rollback --to REV"));
    }
    let (archive, head) = newest_archive(advertisement, branch).ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            format!("{} has no archive of {branch}", cx.remote.address()),
        )
        .hint("see the archived sandboxes with `aidf sandbox list --archived`")
    })?;
    let policy = snapshot::fetch_with_policy(cx, advertisement, [head], &[])?;
    let commit = cx.store.commit(head)?;
    let last_write = commit.time;
    // Without its token the last write tells the pod, where aidf made it.
    let pod = match &target.claims {
        Some(claims) => claims.pod.clone(),
        None => log::trailer(&commit, compose::POD).or(cx.config.pod.clone()),
    };
    let pod = pod.as_deref();
    opened::check_quota(advertisement, &policy, pod, untimed)?;
    // As with prune: whoever has the key can make any token.
    let is_keeper = target.token.is_none() && cx.is_broker() && !policy.is_protected(branch);
    if !is_keeper {
        let command = "sandbox restore";
        access::authorise(
            cx,
            target,
            policy.clone(),
            command,
            advertisement,
            last_write,
        )?;
    }
    let ends = target.claims.as_ref().and_then(|claims| {
        let facts = Facts {
            tip: Some(last_write),
            ..Facts::at(cx.now).of(cx.identity()).under(&policy)
        };
        authority::ends(claims, &facts)
    });
    let what = match request.dry_run {
        true => "would restore",
        false => "restored",
    };
    let token = match target.token.is_some() {
        true => "its token works again".to_owned(),
        false => format!(
            "its token works again unless it has ended; for a new one: aidf token issue --branch {branch}"
        ),
    };
    let report = RestoreReport {
        branch: branch.to_owned(),
        repo_name: cx.repo_name.clone(),
        head,
        archive,
        attempts: 0,
        expires_at: ends.map(|end| Moment::from_seconds(end).rfc3339()),
        message: format!("{what} {branch} at {}; {token}", head.short()),
        dry_run: request.dry_run,
    };
    if request.dry_run {
        return Ok(Plan::Nothing(report));
    }
    let mut updates = vec![RefUpdate {
        name: target.branch.clone(),
        old: None,
        new: Some(head),
    }];
    if !untimed {
        updates.extend(opened::record(advertisement, branch, head, cx.now, pod)?);
    }
    Ok(Plan::Push(Push {
        updates,
        objects: Objects::These(Vec::new()),
        token: target.token.clone(),
        report,
    }))
}
