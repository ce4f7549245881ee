//! Restores that did not come to their end: one was killed, or the disk refused. A file in the
//! git directory of the worktree says that one began, until one of the same files has ended.
//!
//! Each try first saves the present state, and that is the newest snapshot then. Whoever gives
//! the same command again means the snapshot that he restored, and not that one.

use super::{Order, Place, Present, Saved, order_of, take};
use crate::error::{Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::ObjectId;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::PathBuf;

/// More notes than this are of restores that nobody finishes: the oldest go.
const MOST: usize = 16;

/// The message of the snapshot that a restore of this snapshot makes.
pub(super) fn message(restored: &str) -> String {
    format!("Before the restore of {restored}")
}

/// A restore that began.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// The paths that are restored, from the top; all of them if none is named.
    paths: Vec<String>,
    /// The snapshot that is restored.
    target: String,
    /// The newest snapshot when its last try began.
    newest: Option<String>,
    /// The snapshots that its tries made.
    made: Vec<String>,
}

/// Those that are not finished, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Notes(Vec<Unfinished>);

impl Notes {
    /// The notes of this working tree. A file that cannot be read has none.
    pub fn of(place: &Place) -> Notes {
        let text = std::fs::read_to_string(file(place)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Which of all snapshots, newest first, such restores made.
    pub fn made(&self, place: &Place, all: &[Saved]) -> HashSet<String> {
        let made = self.0.iter().flat_map(|u| u.made.iter().cloned());
        // A restore that was killed after it made one did not come to note that.
        let unnoted = self.0.iter().filter_map(|u| {
            let newest: Option<Order> = u.newest.as_deref().and_then(order_of);
            let next = all.iter().rfind(|saved| Some(saved.order) > newest)?;
            let commit = place.store.commit(next.commit).ok()?;
            (commit.subject() == message(&u.target)).then(|| next.name.clone())
        });
        made.chain(unnoted).collect()
    }

    /// The snapshots that such restores restore.
    pub fn targets(&self) -> HashSet<&str> {
        self.0.iter().map(|u| u.target.as_str()).collect()
    }

    fn write(&self, place: &Place) -> Result<()> {
        let file = file(place);
        let failed = || format!("{} cannot be written", file.display());
        let text = serde_json::to_vec(self).or_fail(Kind::Internal, failed)?;
        write_whole(&file, &text).or_fail(Kind::Internal, failed)
    }
}

/// Notes that a try of a restore begins, and saves the present state. Returns the snapshot that
/// has it: that of an earlier try, if all that changed since is as the tree `then` has it.
///
/// Errors: those of [`take::of`]; internal, for the disk.
pub(super) fn begin(
    place: &Place,
    (target, then): (&str, ObjectId),
    paths: &[String],
    present: &Present,
) -> Result<String> {
    let mut notes = Notes::of(place);
    let all = place.saved()?;
    let made = notes.made(place, &all);
    let is_it = |noted: &Unfinished| noted.paths == paths;
    let mut noted = match notes.0.iter().position(is_it) {
        Some(at) => notes.0.remove(at),
        None => Unfinished {
            paths: paths.to_vec(),
            target: String::new(),
            newest: None,
            made: Vec::new(),
        },
    };
    let newest = all.first();
    if let Some(newest) = newest.filter(|newest| made.contains(&newest.name))
        && is_saved(place, newest, present.tree, then)?
    {
        return Ok(newest.name.clone());
    }
    let ours = noted.target == target;
    noted.made.retain(|name| ours && made.contains(name));
    noted.target = target.to_owned();
    noted.newest = newest.map(|newest| newest.name.clone());
    notes.0.push(noted);
    let surplus = notes.0.len().saturating_sub(MOST);
    notes.0.drain(..surplus);
    notes.write(place)?;
    let before = take::of(place, present, Some(&message(target)))?.name;
    if let Some(noted) = notes.0.last_mut() {
        noted.made.push(before.clone());
    }
    notes.write(place)?;
    Ok(before)
}

/// Whether all that changed since this snapshot is as the tree `then` has it.
fn is_saved(place: &Place, saved: &Saved, present: ObjectId, then: ObjectId) -> Result<bool> {
    let before = place.store.commit(saved.commit)?.tree;
    for change in place.changes(Some(before), present)? {
        if place.store.entry(then, &change.path)? != change.new {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Notes that a restore of these paths has ended.
///
/// Errors: internal, for the disk.
pub(super) fn end(place: &Place, paths: &[String]) -> Result<()> {
    let mut notes = Notes::of(place);
    let before = notes.0.len();
    notes
        .0
        .retain(|noted| !paths.is_empty() && noted.paths != paths);
    if notes.0.len() == before {
        return Ok(());
    }
    if !notes.0.is_empty() {
        return notes.write(place);
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
