//! A branch that took a sandbox's work as one ordinary commit.
//!
//! For git such a landing has nothing to do with the sandbox's commits. A later merge would
//! start from before it, and find that both sides changed the same lines; and what the sandbox
//! took back since would come back to it. So the branch is taken for the merge as though it had
//! merged the sandbox's tip, which the landing names.

use super::join::stand_in;
use super::log::{judge, trailer};
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, CommitInfo, ObjectId};
use crate::policy::Ledgers;
use crate::signature::Check;

/// The trailer with the sandbox's tip of a landing that is one ordinary commit.
pub(super) const SQUASHED: &str = "Aidf-Squashed";

/// The sandbox's tip that a commit says to have landed as one commit.
pub(super) fn landed_tip(commit: &CommitInfo) -> Option<CommitId> {
    trailer(commit, SQUASHED).and_then(|tip| CommitId::parse(&tip).ok())
}

/// A commit that stands for `there`, the tip of the branch `to`, in a merge with a sandbox at
/// `head`: it has the same files, and the newest tip of the sandbox that landed there as one
/// commit since they parted is its second parent. It is never pushed. `there` itself where there
/// was no such landing.
///
/// Errors: not_found, for commits that are not here; internal.
pub(super) fn as_merged(
    cx: &Context,
    to: &str,
    there: CommitId,
    head: CommitId,
    ledgers: &Ledgers,
) -> Result<CommitId> {
    let store = &cx.store;
    for id in store.history(there, Some(head))? {
        let Some(tip) = landed_tip(&store.commit(id)?) else {
            continue;
        };
        let is_of_sandbox = store.has(tip) && store.is_ancestor(tip, head);
        if !is_of_sandbox || store.is_ancestor(tip, there) {
            continue;
        }
        // What says so without proof must not have work count as landed. Without a key the
        // files are the proof.
        let is_proven = match cx.keys().is_empty() {
            true => holds_since(cx, ledgers, id, tip)?,
            false => judge(cx, id, to)?.check == Check::Good,
        };
        if !is_proven {
            continue;
        }
        let now = store.commit(there)?;
        return stand_in(&mut store.draft(), now.tree, &[there, tip], now.time);
    }
    Ok(there)
}

/// Whether a landing holds what the sandbox's tip has, as [`holds_all`] says it. The two parted
/// before the landing.
fn holds_since(cx: &Context, ledgers: &Ledgers, landing: CommitId, tip: CommitId) -> Result<bool> {
    let landing = cx.store.commit(landing)?;
    match landing.parents.first() {
        Some(before) => holds_between(cx, ledgers, (*before, landing.tree), tip),
        None => Ok(false),
    }
}

/// Whether a branch at `there` holds each file as the sandbox's tip has it, that the sandbox
/// changed since the two parted. So it is after a squash that names no tip, as forges make it.
///
/// Errors: not_found, for commits that are not here; internal.
pub(super) fn holds_all(
    cx: &Context,
    ledgers: &Ledgers,
    there: CommitId,
    tip: CommitId,
) -> Result<bool> {
    let tree = cx.store.commit(there)?.tree;
    holds_between(cx, ledgers, (there, tree), tip)
}

/// The same of a tree, for a sandbox that parted from the commit `before`.
fn holds_between(
    cx: &Context,
    ledgers: &Ledgers,
    (before, there): (CommitId, ObjectId),
    tip: CommitId,
) -> Result<bool> {
    let store = &cx.store;
    let tree = store.commit(tip)?.tree;
    let bases = store.merge_bases(before, tip);
    for base in &bases {
        let base = store.commit(*base)?.tree;
        let changes = store.changes(Some(base), Some(tree), false)?;
        let paths = changes.iter().map(|change| (there, change.path.as_slice()));
        store.ensure_paths(paths, false)?;
        for change in changes {
            let path = std::str::from_utf8(&change.path).unwrap_or_default();
            if !ledgers.are_aidfs(path) && store.entry(there, &change.path)? != change.new {
                return Ok(false);
            }
        }
    }
    Ok(!bases.is_empty())
}

/// How many of these commits of a sandbox at `tip` did what a branch at `there` does not have: the
/// sandbox has a file otherwise that such a commit changed. What changed no file, or ledgers
/// alone, cannot be found there, and nor can a file that is again as it was before.
///
/// Errors: not_found, for commits that are not here; internal.
pub(super) fn not_held(
    cx: &Context,
    ledgers: &Ledgers,
    (there, tip): (CommitId, CommitId),
    commits: &[CommitId],
) -> Result<usize> {
    let store = &cx.store;
    let tree = |id: &CommitId| store.commit(*id).map(|commit| commit.tree);
    let bases = store.merge_bases(there, tip);
    let bases = bases.iter().map(tree).collect::<Result<Vec<_>>>()?;
    let (there, tip) = (tree(&there)?, tree(&tip)?);
    let mut count = 0;
    for id in commits {
        let commit = store.commit(*id)?;
        let before = commit.parents.first().map(|id| store.commit(*id));
        let before = before.transpose()?.map(|before| before.tree);
        let mut changes = store.changes(before, Some(commit.tree), false)?;
        changes.retain(|c| !ledgers.are_aidfs(std::str::from_utf8(&c.path).unwrap_or_default()));
        let paths = || changes.iter().map(|change| change.path.as_slice());
        let trees = || bases.iter().chain([&there, &tip]).copied();
        let asked = paths().flat_map(|path| trees().map(move |tree| (tree, path)));
        store.ensure_paths(asked, false)?;
        let mut is_held = !changes.is_empty();
        for path in paths() {
            let now = store.entry(tip, path)?;
            is_held &= store.entry(there, path)? == now;
            for base in &bases {
                is_held &= store.entry(*base, path)? != now;
            }
        }
        count += usize::from(!is_held);
    }
    Ok(count)
}
