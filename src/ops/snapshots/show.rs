//! Shows what became of the working tree since a snapshot.

use super::{Place, texts};
use crate::error::Result;
use crate::git::CommitId;
use crate::ops::commit::FileChange;
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which snapshot is shown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowRequest {
    /// `latest`, its name, or the start of its name that no other has.
    pub snapshot: String,
}

/// The difference.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowReport {
    /// The snapshot's name.
    pub snapshot: String,
    /// Its commit.
    pub commit: CommitId,
    /// The files that changed since then.
    pub files: Vec<FileChange>,
    /// The files that could not be compared.
    pub left_out: Vec<String>,
    /// One sentence.
    pub message: String,
}

impl Reported for ShowReport {}

/// Compares the working tree with a snapshot.
///
/// Errors: not_found; usage; denied, for a filter that may not be run.
pub fn show(place: &Place, request: &ShowRequest) -> Result<ShowReport> {
    let saved = place.find(&request.snapshot)?;
    let then = place.store.commit(saved.commit)?.tree;
    let present = place.present()?;
    let changes = place.changes(Some(then), present.tree)?.into_iter();
    let files = changes.map(|c| FileChange::of(&place.store, &c.path, c.old, c.new));
    let files = files.collect::<Result<Vec<_>>>()?;
    let message = match files.len() {
        0 => format!("nothing changed since snapshot {}", saved.name),
        n => format!(
            "{} changed since snapshot {}",
            words::count(n, "file", "files"),
            saved.name
        ),
    };
    Ok(ShowReport {
        snapshot: saved.name,
        commit: saved.commit,
        files,
        left_out: texts(&present.unread),
        message,
    })
}
