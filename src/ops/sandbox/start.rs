//! Where sandboxes began that were forked from another branch than the one they are measured
//! against: this clone may not know from which. The record of the opening tells the commit.

use super::opened;
use super::own::Own;
use crate::backup_name;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, HEADS, Lineage, RemoteRef};
use crate::names;
use crate::ops::snapshot;
use std::collections::{HashMap, HashSet};

/// How many branches are fetched, to see what they have.
const MOST_FETCHED: usize = 64;

/// Where a sandbox began.
pub(super) struct Start {
    /// The newest commit of that branch which it has: the one that it was opened at, or that a
    /// sync took later.
    pub fork: CommitId,
    /// What it has of that commit's history, and the base has not.
    pub inherited: HashSet<CommitId>,
}

/// By place among `tips`, which are those of `lineage`: where each of them began that
/// began outside of the base's history. `refs` holds the records of the openings.
///
/// Errors: unavailable. What cannot be read is left out.
pub(super) fn starts(
    cx: &Context,
    own: &mut Own<'_>,
    lineage: &mut Lineage<'_>,
    tips: &[(&str, CommitId)],
    refs: &[RemoteRef],
) -> Result<HashMap<usize, Start>> {
    let recorded = opened::places(refs);
    let mut found = HashMap::new();
    for (place, (branch, _)) in tips.iter().enumerate() {
        let Some(at) = recorded.get(branch).copied() else {
            continue;
        };
        let inherited = lineage.inherited(place, at).unwrap_or_default();
        // A sandbox that was brought back was opened at work of its own.
        if !inherited.is_empty() && !own.has_of(branch, &inherited) {
            let inherited = inherited.into_iter().collect();
            found.insert(
                place,
                Start {
                    fork: at,
                    inherited,
                },
            );
        }
    }
    if found.is_empty() {
        return Ok(found);
    }
    // Whoever opens a sandbox writes its record. So the place counts only where another branch
    // has it, which is no sandbox: else a writer could call work of their own inherited.
    let branches = snapshot::listed(cx, &[HEADS])?;
    let is_other = |r: &&RemoteRef| {
        let name = r.name.strip_prefix(HEADS).unwrap_or(&r.name);
        !names::is_sandbox(name) && !name.starts_with(backup_name::PREFIX)
    };
    let mut others: Vec<CommitId> = branches.iter().filter(is_other).map(|r| r.id).collect();
    let lacking = others.iter().filter(|id| !cx.store.has_commit(**id));
    let lacking: Vec<CommitId> = lacking.copied().take(MOST_FETCHED).collect();
    // Without them more counts as the sandbox's own, which hides nothing.
    let _ = cx.remote.fetch(&cx.store, &lacking, false, &*cx.progress);
    others.retain(|id| cx.store.has_commit(*id));
    let forks: Vec<CommitId> = found.values().map(|start| start.fork).collect();
    let alone = match others.is_empty() {
        true => forks,
        false => cx.store.apart_from(&others, &forks)?,
    };
    found.retain(|_, start| !alone.contains(&start.fork));
    for (place, start) in &mut found {
        let among = lineage.own(*place)?.into_iter().collect();
        let (branch, head) = tips[*place];
        if let Some(taken) = own.last_taken(branch, head, &among, start.fork) {
            start.fork = taken;
        }
    }
    Ok(found)
}
