//! One sandbox: its commits and files, and its difference from its fork point.

use super::Named;
use super::own::{Own, Place};
use super::start::starts;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, ObjectId, RefName, Stand};
use crate::ops::access;
use crate::ops::commit::FileChange;
use crate::ops::log::{self, Line};
use crate::ops::snapshot;
use crate::ref_rules::OPENED;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A sandbox as a whole.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowReport {
    /// Its branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// Its tip.
    pub head: CommitId,
    /// The branch it is measured against.
    pub base: String,
    /// Commits that the base has not, wherever they were made.
    pub ahead: u64,
    /// Commits of the base that it has not.
    pub behind: u64,
    /// Where it left its base.
    pub fork_point: Option<CommitId>,
    /// Whether that is a commit which the branch it is measured against has not.
    #[serde(skip)]
    pub began_elsewhere: bool,
    /// Its own commits, newest first, without those that a sync brought in.
    pub commits: Vec<Line>,
    /// The files that differ from the fork point.
    pub files: Vec<FileChange>,
}

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DiffRequest {
    /// The sandbox; the clone's own where none is named.
    pub branch: Option<String>,
    /// The changed lines too.
    pub patch: bool,
}

/// A sandbox's difference from its fork point.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiffReport {
    /// Its branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// Its tip.
    pub head: CommitId,
    /// Where it left its base.
    pub fork_point: Option<CommitId>,
    /// The files that differ.
    pub files: Vec<FileChange>,
    /// The difference in git's patch format, where it was asked for; what is not UTF-8 is replaced.
    pub patch: Option<String>,
}

/// A sandbox, and where it left another branch.
pub(in crate::ops) struct Found {
    pub branch: RefName,
    pub head: CommitId,
    /// The other branch's tip.
    pub base: Option<CommitId>,
    /// The default branch's.
    pub default: Option<CommitId>,
    /// How it stands to that; where it began elsewhere, it left that place.
    pub stand: Stand,
    /// Where it left the branch that it was forked from, where that is another one.
    pub start: Option<CommitId>,
}

/// Finds a sandbox, the clone's own where none is named, and fetches it; `against` is the
/// branch to compare it with, its base where none is given.
///
/// Errors: usage, not_found, unavailable.
pub(in crate::ops) fn find(
    cx: &Context,
    branch: Option<&str>,
    against: Option<&str>,
) -> Result<Found> {
    let branch = match branch {
        Some(name) => access::sandbox_only(cx, name, true)?,
        None => access::sandbox_only(cx, access::choose_to_read(cx, None)?.name(), false)?,
    };
    let compared = match against {
        Some(named) => named.to_owned(),
        None => access::base_of_branch(cx, &branch)?,
    };
    let base_ref = format!("refs/heads/{compared}");
    let opened = format!("{OPENED}{}/", branch.short());
    let refs = snapshot::listed(cx, &[branch.as_str(), &base_ref, &opened])?;
    let tip = |name: &str| refs.iter().find(|r| r.name == name).map(|r| r.id);
    let head = tip(branch.as_str()).ok_or_else(|| access::no_branch(cx, branch.short()))?;
    let base = match against {
        None => tip(&base_ref).or(tip("HEAD")),
        Some(named) => Some(tip(&base_ref).ok_or_else(|| access::no_branch(cx, named))?),
    };
    let mut wants = vec![head];
    wants.extend(base);
    cx.remote.fetch(&cx.store, &wants, false, &*cx.progress)?;
    let mut lineage = cx.store.lineage(base, &[head])?;
    let mut stand = lineage.stand(0)?;
    let start = match against {
        None => {
            let mut own = Own::of(cx)?;
            let starts = starts(cx, &mut own, &mut lineage, &[(branch.short(), head)], &refs)?;
            starts.get(&0).map(|start| start.fork)
        }
        Some(_) => None,
    };
    stand.fork = start.or(stand.fork);
    Ok(Found {
        branch,
        head,
        base,
        default: tip("HEAD"),
        stand,
        start,
    })
}

/// The files of a sandbox that differ from where it left.
pub(in crate::ops) fn files(cx: &Context, found: &Found) -> Result<Vec<FileChange>> {
    let store = &cx.store;
    let old = fork_tree(cx, found)?;
    let new = store.commit(found.head)?.tree;
    FileChange::all(store, &store.changes(old, Some(new), false)?)
}

/// Shows a sandbox; the clone's own where none is named.
///
/// Errors: usage, not_found, unavailable.
pub fn show(cx: &Context, request: &Named) -> Result<ShowReport> {
    let branch = request.branch.as_deref();
    let found = find(cx, branch, None)?;
    let commits = if found.stand.ahead == 0 {
        Vec::new()
    } else {
        let place = Place {
            branch: found.branch.short(),
            head: found.head,
            base: found.base,
            default: found.default,
        };
        let others = found.base.into_iter().chain(found.start);
        let among = cx.store.history(found.head, others)?.collect();
        let own = Own::of(cx)?.commits(place, among)?;
        let request = log::Request {
            branch: Some(found.branch.short().to_owned()),
            number: own.len(),
            ..log::Request::default()
        };
        let own: HashSet<CommitId> = own.into_iter().collect();
        let is_own = |id| own.contains(&id);
        log::log_where(
            cx,
            &found.branch,
            (found.head, found.base),
            &request,
            is_own,
        )?
        .commits
    };
    Ok(ShowReport {
        branch: found.branch.short().to_owned(),
        repo_name: cx.repo_name.clone(),
        head: found.head,
        base: access::base_of_branch(cx, &found.branch)?,
        ahead: found.stand.ahead,
        behind: found.stand.behind,
        fork_point: found.stand.fork,
        began_elsewhere: found.start.is_some(),
        commits,
        files: files(cx, &found)?,
    })
}

/// Compares a sandbox with its fork point; `patch` adds the lines.
///
/// Errors: usage, not_found, unavailable.
pub fn diff(cx: &Context, request: &DiffRequest) -> Result<DiffReport> {
    let (branch, patch) = (request.branch.as_deref(), request.patch);
    let found = find(cx, branch, None)?;
    let patch = patch.then(|| patch_of(cx, &found)).transpose()?;
    Ok(DiffReport {
        branch: found.branch.short().to_owned(),
        repo_name: cx.repo_name.clone(),
        head: found.head,
        fork_point: found.stand.fork,
        files: files(cx, &found)?,
        patch,
    })
}

/// A sandbox's difference in git's patch format; what is not UTF-8 is replaced.
pub(in crate::ops) fn patch_of(cx: &Context, found: &Found) -> Result<String> {
    let new = cx.store.commit(found.head)?.tree;
    let patch = cx.store.patch(fork_tree(cx, found)?, Some(new))?;
    Ok(String::from_utf8_lossy(&patch).into_owned())
}

/// The tree where a sandbox left the other branch.
pub(in crate::ops) fn fork_tree(cx: &Context, found: &Found) -> Result<Option<ObjectId>> {
    let fork = found.stand.fork.map(|f| cx.store.commit(f)).transpose()?;
    Ok(fork.map(|c| c.tree))
}
