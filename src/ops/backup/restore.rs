//! Bringing a backup back: as a new branch, or onto an existing one as a rollback commit.

use super::{dated, named};
use crate::backup_name;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName, RefUpdate};
use crate::names;
use crate::ops::access;
use crate::ops::publish::{self, Plan, Push};
use crate::ops::rollback::{self, What};
use serde::Serialize;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct RestoreRequest {
    /// The backup.
    pub name: String,
    /// The branch; `restore/…` where none is named.
    pub to: Option<String>,
    /// Why, for the log of an existing branch.
    pub reason: Option<String>,
    /// The token of a sandbox.
    pub reuse_token: Option<String>,
}

/// What was brought back.
#[derive(Debug, Serialize)]
pub struct RestoreReport {
    /// The repository.
    pub repo_name: String,
    /// The backup.
    pub backup: String,
    /// The branch that now has its files.
    pub branch: String,
    /// That branch's tip; none where nothing had to be done.
    pub commit: Option<CommitId>,
    /// True for a new branch.
    pub created: bool,
    /// One sentence.
    pub message: String,
}

/// Brings a backup back.
///
/// Errors: not_found; denied and auth, as for any write; conflict; unavailable.
pub fn restore(cx: &Context, request: &RestoreRequest) -> Result<RestoreReport> {
    let prefix = format!("refs/heads/{}", backup_name::PREFIX);
    let (found, existing) = {
        let mut connection = cx.remote.connect_for_reading()?;
        let refs = connection.refs(&[&prefix, "refs/heads/"])?;
        let branches: Vec<String> = refs
            .iter()
            .filter_map(|r| r.name.strip_prefix("refs/heads/").map(str::to_owned))
            .collect();
        (
            dated(refs.iter().map(|r| (r.name.as_str(), r.id))),
            branches,
        )
    };
    let backup = named(&found, &request.name)?;
    let to = match &request.to {
        Some(to) => to.clone(),
        None => format!(
            "restore/{}",
            backup.name.trim_start_matches(backup_name::PREFIX)
        ),
    };
    let branch = RefName::branch(&to)?;
    if request.to.is_some() && existing.contains(&to) {
        let request = rollback::Request {
            what: What::To(backup.name.clone()),
            paths: Vec::new(),
            reason: request.reason.clone(),
            branch: Some(to.clone()),
            reuse_token: request.reuse_token.clone(),
            committed_by: None,
            dry_run: false,
        };
        let done = rollback::rollback(cx, &request)?;
        return Ok(RestoreReport {
            repo_name: cx.repo_name.clone(),
            backup: backup.name,
            branch: to,
            commit: done.commit,
            created: false,
            message: done.message,
        });
    }
    if names::is_sandbox(&to) {
        return Err(Error::new(
            Kind::Denied,
            format!(
                "{to} is a sandbox's name, and sandboxes are opened by `aidf sandbox init` alone"
            ),
        )
        .hint("restore to another branch, or open a sandbox and restore onto it with --to"));
    }
    let target = access::choose(cx, Some(&to), request.reuse_token.as_deref())?;
    let published = publish::publish(cx, |attempt| {
        if attempt.advertisement.tip(branch.as_str()).is_some() {
            return Err(Error::new(Kind::Conflict, format!("{to} is there already")).hint("choose another branch with --to; onto an existing one, --to BRANCH writes a rollback commit"));
        }
        cx.remote.fetch(
            &cx.store,
            &access::policy_tip(cx, attempt.advertisement)
                .into_iter()
                .collect::<Vec<_>>(),
            true,
            &*cx.progress,
        )?;
        let policy = access::policy(cx, attempt.advertisement)?;
        access::authorise(cx, &target, &policy, attempt.advertisement, 0)?;
        let update = RefUpdate {
            name: branch.clone(),
            old: None,
            new: Some(backup.commit),
        };
        Ok(Plan::Push(Push {
            updates: vec![update],
            objects: Vec::new(),
            token: target.token.clone(),
            report: (),
        }))
    });
    let message = format!(
        "restored {} as {to} at {}",
        backup.name,
        backup.commit.short()
    );
    cx.record(
        "backup restore",
        Some(&to),
        Some(backup.commit.to_string()),
        published.as_ref().map(|_| message.as_str()),
    );
    published?;
    Ok(RestoreReport {
        repo_name: cx.repo_name.clone(),
        backup: backup.name,
        branch: to,
        commit: Some(backup.commit),
        created: true,
        message,
    })
}
