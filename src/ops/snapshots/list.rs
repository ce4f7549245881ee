//! Lists the snapshots of a working tree.

use super::Place;
use crate::clock::Moment;
use crate::error::Result;
use crate::git::CommitId;
use crate::ops::outcome::Reported;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which snapshots are listed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListRequest {
    /// At most so many, the newest; all if no number is given.
    pub number: Option<usize>,
}

/// The snapshots of this working tree, newest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListReport {
    /// Each snapshot.
    pub snapshots: Vec<Line>,
    /// How many there are; not all may be listed.
    pub count: usize,
}

/// One snapshot.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Its name.
    pub snapshot: String,
    /// Its commit.
    pub commit: CommitId,
    /// The commit that HEAD named; none before the first one.
    pub head: Option<CommitId>,
    /// When it was made; RFC 3339.
    pub time: String,
    /// What it is for: the first line of its message.
    pub message: String,
    /// How many of its files differ from that commit.
    pub files: usize,
}

impl Reported for ListReport {}

/// Lists the snapshots of this working tree.
///
/// Errors: not_found and integrity, for a snapshot that cannot be read.
pub fn list(place: &Place, request: &ListRequest) -> Result<ListReport> {
    let all = place.saved()?;
    let most = request.number.unwrap_or(usize::MAX);
    let mut snapshots = Vec::new();
    for saved in all.iter().take(most) {
        let commit = place.store.commit(saved.commit)?;
        let head = commit.parents.first().copied();
        snapshots.push(Line {
            snapshot: saved.name.clone(),
            commit: saved.commit,
            head,
            time: Moment::from_seconds(saved.order.0).rfc3339(),
            message: commit.subject().to_owned(),
            files: place.changed_files(commit.tree, head)?,
        });
    }
    Ok(ListReport {
        snapshots,
        count: all.len(),
    })
}
