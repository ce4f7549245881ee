//! Where sandboxes began that were forked from another branch than the one they are measured
//! against: this clone may not know from which. The record of the opening tells the commit.

use super::opened;
use super::own::Own;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, Lineage, RemoteRef};
use crate::ops::snapshot;
use crate::ref_rules::ARCHIVE;
use std::collections::{HashMap, HashSet};

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
    // Where plain git wrote that work, only the archive tells that it is no other branch's.
    let folder = |place: &usize| format!("{ARCHIVE}{}/", tips[*place].0);
    let folders: Vec<String> = found.keys().map(folder).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let archives = snapshot::listed(cx, &folders)?;
    found.retain(|place, start| {
        let folder = folder(place);
        let is_it = |r: &RemoteRef| r.id == start.fork && r.name.starts_with(&folder);
        !archives.iter().any(is_it)
    });
    for (place, start) in &mut found {
        let among = lineage.own(*place)?.into_iter().collect();
        let (branch, head) = tips[*place];
        if let Some(taken) = own.last_taken(branch, head, &among, start.fork) {
            start.fork = taken;
        }
    }
    Ok(found)
}
