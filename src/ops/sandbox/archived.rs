//! The sandboxes that were archived, as the names of their refs tell it.

use crate::clock::Moment;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, RemoteRef};
use crate::names;
use crate::ops::snapshot;
use crate::ref_rules::ARCHIVE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// A sandbox that was archived.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Archived {
    /// Its branch.
    pub branch: String,
    /// The ref that keeps it: the newest, which `sandbox restore` brings back.
    pub archive: String,
    /// The tip that it had.
    pub head: CommitId,
    /// When it was archived; none where the ref's name is no time.
    pub archived_at: Option<String>,
    /// How many archives of it there are.
    pub archives: usize,
    /// Whether a branch of that name is open now.
    pub open: bool,
}

/// Lists the archived sandboxes by name. Nothing is fetched.
///
/// Errors: not_found, unavailable.
pub(super) fn list(cx: &Context) -> Result<Vec<Archived>> {
    let sandboxes = format!("refs/heads/{}", names::PREFIX);
    let refs = snapshot::listed(cx, &[ARCHIVE, &sandboxes])?;
    let branches = refs
        .iter()
        .filter_map(|r| r.name.strip_prefix("refs/heads/"));
    let open: HashSet<&str> = branches.collect();
    let mut found: BTreeMap<&str, (&RemoteRef, usize)> = BTreeMap::new();
    for archive in &refs {
        let rest = archive.name.strip_prefix(ARCHIVE);
        let Some((branch, _)) = rest.and_then(|rest| rest.rsplit_once('/')) else {
            continue;
        };
        if !names::is_sandbox(branch) {
            continue;
        }
        let (newest, count) = found.entry(branch).or_insert((archive, 0));
        *count += 1;
        // Their names end in their times.
        if archive.name > newest.name {
            *newest = archive;
        }
    }
    let archived = found.into_iter().map(|(branch, (newest, archives))| {
        let stamp = newest.name.rsplit('/').next().unwrap_or_default();
        Archived {
            branch: branch.to_owned(),
            archive: newest.name.clone(),
            head: newest.id,
            archived_at: Moment::from_stamp(stamp).map(Moment::rfc3339),
            archives,
            open: open.contains(branch),
        }
    });
    Ok(archived.collect())
}
