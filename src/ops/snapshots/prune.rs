//! Removes old snapshots of a working tree.

use super::Place;
use super::unfinished::Notes;
use crate::clock::Period;
use crate::error::{Error, Kind, Result};
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which snapshots go: one of the two rules has to be given.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PruneRequest {
    /// Keep so many, the newest.
    pub keep_last: Option<usize>,
    /// Remove those that are older.
    pub older_than: Option<Period>,
    /// Only say what would be removed.
    pub dry_run: bool,
}

/// What was removed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PruneReport {
    /// The names of the snapshots that went, or would go.
    pub removed: Vec<String>,
    /// How many stay.
    pub kept: usize,
    /// One sentence.
    pub message: String,
}

impl Reported for PruneReport {}

/// Removes snapshots of this working tree. git removes their content when it next cleans up.
///
/// Errors: usage, unless one rule is given; internal.
pub fn prune(place: &Place, request: &PruneRequest) -> Result<PruneReport> {
    let all = place.saved()?;
    let goes: Vec<bool> = match (request.keep_last, &request.older_than) {
        (Some(last), None) => (0..all.len()).map(|at| at >= last).collect(),
        (None, Some(age)) => {
            let limit = age.before(place.now).seconds();
            all.iter().map(|s| s.order.0 < limit).collect()
        }
        (keep, _) => {
            let given = if keep.is_none() { "none" } else { "both" };
            return Err(Error::new(
                Kind::Usage,
                format!("{given} of keep_last and older_than is given, and one was expected"),
            )
            .hint("say which snapshots go: --keep-last N or --older-than D"));
        }
    };
    let gone = all.iter().zip(goes).filter(|(_, goes)| *goes);
    let mut gone: Vec<_> = gone.map(|(saved, _)| saved).collect();
    // A restore that was killed is finished by the same command.
    let notes = Notes::of(place);
    let needed = notes.targets();
    gone.retain(|saved| !needed.contains(saved.name.as_str()));
    if !request.dry_run {
        let refs: Vec<&str> = gone.iter().map(|s| s.full.as_str()).collect();
        place.store.delete_refs(&refs)?;
    }
    let removed: Vec<String> = gone.iter().map(|s| s.name.clone()).collect();
    let kept = all.len() - removed.len();
    let what = words::count(removed.len(), "snapshot", "snapshots");
    let message = match request.dry_run {
        true => format!("would remove {what}, and keep {kept}"),
        false => format!("removed {what}, and kept {kept}"),
    };
    Ok(PruneReport {
        removed,
        kept,
        message,
    })
}
