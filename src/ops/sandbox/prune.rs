//! Archiving sandboxes that nobody writes any more, each with a lease of its own.

use super::close::{delete, steps};
use super::list::{ListRequest, Sandbox, list};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName};
use crate::ops::access::{self, Target};
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::session;
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PruneRequest {
    /// Those without a write for so many days.
    pub idle_days: u64,
    /// An operator's token.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
    /// Say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was archived.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PruneReport {
    /// The repository.
    pub repo_name: String,
    /// Days without a write.
    pub idle_days: u64,
    /// The sandboxes that are archived.
    pub pruned: Vec<Pruned>,
    /// Those that stay, and why.
    pub left: Vec<Left>,
    /// One sentence.
    pub message: String,
    /// True where nothing was done because that was asked for.
    pub dry_run: bool,
}

/// A sandbox that was archived.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pruned {
    /// The sandbox.
    pub branch: String,
    /// The tip that it had.
    pub head: CommitId,
    /// The ref that keeps it.
    pub archive: String,
    /// Its last write; RFC 3339.
    pub last_write_at: Option<String>,
}

/// A sandbox that stays.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// The sandbox.
    pub branch: String,
    /// Why.
    pub reason: String,
}

/// Archives idle sandboxes. One that never wrote has no age to go by, and stays.
///
/// Errors: auth, without a key or an operator's token; unavailable.
pub fn prune(cx: &Context, request: &PruneRequest) -> Result<PruneReport> {
    let token = operator(cx, request)?;
    let found = list(
        cx,
        &ListRequest {
            idle_days: Some(request.idle_days),
        },
    )?;
    let mut report = PruneReport {
        repo_name: cx.repo_name.clone(),
        idle_days: request.idle_days,
        pruned: Vec::new(),
        left: Vec::new(),
        message: String::new(),
        dry_run: request.dry_run,
    };
    for sandbox in found.sandboxes {
        let branch = sandbox.branch.clone();
        let done = one(cx, request, &sandbox, token.as_ref());
        match &done {
            Ok(Some(p)) if !request.dry_run => cx.record(
                "sandbox prune",
                Some(&branch),
                Some(p.head.to_string()),
                Ok(&format!("archived as {}", p.archive)),
            ),
            Err(e) => cx.record("sandbox prune", Some(&branch), None, Err(e)),
            _ => {}
        }
        match done {
            Ok(Some(pruned)) => report.pruned.push(pruned),
            Ok(None) => report.left.push(Left {
                branch,
                reason: "somebody wrote to it meanwhile".to_owned(),
            }),
            // One that is refused must not keep the others.
            Err(e) if e.kind() != Kind::Unavailable => {
                cx.warn(format!("{branch} is not archived: {}", e.in_full()));
                report.left.push(Left {
                    branch,
                    reason: e.message().to_owned(),
                });
            }
            Err(e) => return Err(e),
        }
    }
    let count = report.pruned.len();
    let what = words::count(count, "sandbox", "sandboxes");
    let days = request.idle_days;
    report.message = match (count, request.dry_run) {
        (0, _) => format!("nothing to do: no sandbox was idle for {days} days"),
        (_, true) => format!("would archive {what}"),
        (_, false) => format!("archived {what}; `aidf sandbox restore` brings one back"),
    };
    Ok(report)
}

/// The token that is sent along. Where aidf holds the key it decides itself, and the
/// machine that has the key is the operator's.
fn operator(cx: &Context, request: &PruneRequest) -> Result<Option<Secret>> {
    let given = request
        .reuse_token
        .clone()
        .or_else(|| cx.config.environment_token.clone());
    let Some(token) = given else {
        return match cx.is_broker() {
            true => Ok(None),
            false => Err(Error::new(
                Kind::Auth,
                "an operator's token is needed to archive the sandboxes of others, and none was given",
            )
            .hint("give --reuse-token TOKEN; an operator issues it: aidf token issue --operator")),
        };
    };
    let claims = access::open(cx, &token)?;
    if claims.is_some_and(|c| !c.is_operator()) {
        return Err(Error::new(
            Kind::Denied,
            "the token is for one sandbox, and an operator's token is needed",
        )
        .hint("to close only that sandbox: aidf sandbox close"));
    }
    Ok(Some(token))
}

/// Archives one sandbox; none where it is not at that tip any more.
fn one(
    cx: &Context,
    request: &PruneRequest,
    sandbox: &Sandbox,
    token: Option<&Secret>,
) -> Result<Option<Pruned>> {
    let target = Target {
        branch: RefName::branch(&sandbox.branch)?,
        token: token.cloned(),
        claims: None,
    };
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        if advertisement.branch(&sandbox.branch) != Some(sandbox.head) {
            return Ok(Plan::Nothing(None));
        }
        let (archive, updates) = steps(cx, advertisement, &sandbox.branch, sandbox.head)?;
        let pruned = Pruned {
            branch: sandbox.branch.clone(),
            head: sandbox.head,
            archive,
            last_write_at: sandbox.last_write_at.clone(),
        };
        if request.dry_run {
            return Ok(Plan::Nothing(Some(pruned)));
        }
        Ok(Plan::Push(Push {
            updates,
            objects: Objects::These(Vec::new()),
            token: token.cloned(),
            report: Some(pruned),
        }))
    })?;
    let pruned = published.report;
    if request.dry_run || pruned.is_none() {
        return Ok(pruned);
    }
    if published.updates.iter().all(|u| u.new.is_some()) {
        match delete(cx, &target, sandbox.head) {
            Err(e) if e.kind() == Kind::Conflict => return Ok(None),
            other => other?,
        }
    }
    session::set_closed(cx, &sandbox.branch, true)?;
    Ok(pruned)
}
