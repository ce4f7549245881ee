//! Restores that did not come to their end: one was killed, or the disk refused. A file in the
//! git directory of the worktree says that one began, until one of the same files has ended.
//!
//! Each try first saves the present state, and that is the newest snapshot then. Whoever gives
//! the same command again means the snapshot that he restored, and not that one.

use super::{Order, Place, Saved, order_of};
use crate::error::{Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::ObjectId;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::PathBuf;

/// How the message of a snapshot begins that a restore makes.
const BEFORE: &str = "Before the restore of ";

/// The message of the snapshot that a restore of this snapshot makes.
pub(super) fn message(restored: &str) -> String {
    format!("{BEFORE}{restored}")
}

/// A restore that began.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// The newest snapshot at that time.
    newest: Option<String>,
    /// The paths that were to be restored; all of them if none is named.
    paths: Vec<String>,
}

impl Unfinished {
    /// Whether it made this snapshot, or a later try of it did.
    pub fn made(&self, place: &Place, saved: &Saved) -> bool {
        let newest: Option<Order> = self.newest.as_deref().and_then(order_of);
        let is_newer = Some(saved.order) > newest;
        let commit = || place.store.commit(saved.commit);
        is_newer && commit().is_ok_and(|c| c.subject().starts_with(BEFORE))
    }

    /// The newest snapshot, if it made that one, and if what changed since is as the tree
    /// `then` has it: the present state is safe without another snapshot.
    pub fn has_saved(
        &self,
        place: &Place,
        present: ObjectId,
        then: ObjectId,
    ) -> Result<Option<String>> {
        let newest = place.saved()?.into_iter().next();
        let Some(newest) = newest.filter(|newest| self.made(place, newest)) else {
            return Ok(None);
        };
        let before = place.store.commit(newest.commit)?.tree;
        for change in place.changes(Some(before), present)? {
            if place.store.entry(then, &change.path)? != change.new {
                return Ok(None);
            }
        }
        Ok(Some(newest.name))
    }
}

/// The restore that is not finished here. A file that cannot be read counts as none.
pub(super) fn found(place: &Place) -> Option<Unfinished> {
    let text = std::fs::read_to_string(file(place)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Notes that a restore begins. One that is not finished stays noted.
///
/// Errors: internal, for the disk.
pub(super) fn begin(place: &Place, paths: &[String]) -> Result<Unfinished> {
    if let Some(earlier) = found(place) {
        return Ok(earlier);
    }
    let unfinished = Unfinished {
        newest: place.saved()?.into_iter().next().map(|newest| newest.name),
        paths: paths.to_vec(),
    };
    let file = file(place);
    let failed = || {
        format!(
            "{} cannot be written, and nothing was changed",
            file.display()
        )
    };
    let text = serde_json::to_vec(&unfinished).or_fail(Kind::Internal, failed)?;
    write_whole(&file, &text).or_fail(Kind::Internal, failed)?;
    Ok(unfinished)
}

/// Notes that a restore of these paths has ended.
///
/// Errors: internal, for the disk.
pub(super) fn end(place: &Place, paths: &[String]) -> Result<()> {
    let is_done = |noted: Unfinished| paths.is_empty() || noted.paths == paths;
    if !found(place).is_some_and(is_done) {
        return Ok(());
    }
    let file = file(place);
    match std::fs::remove_file(&file) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e).or_fail(Kind::Internal, || {
            format!(
                "the restore has ended, and {} cannot be removed",
                file.display()
            )
        }),
        _ => Ok(()),
    }
}

fn file(place: &Place) -> PathBuf {
    place.store.git_dir().join("aidf").join("restoring.json")
}
