//! Undoing commits by three-way merge of the paths they touched, on trees alone:
//! cost follows those paths, not the repository.

use super::draft::{Draft, Edit};
use super::id::{CommitId, ObjectId};
use super::merge::MergedEntry;
use super::object::{Change, Entry, Mode};
use super::store::Store;
use crate::conflict::{Clash, LineRange, PathConflict};
use crate::error::Result;
use std::collections::BTreeMap;

/// What undoing came to.
#[derive(Debug, Default)]
pub struct Undo {
    /// The edits that undo it, by path; none when it is undone already.
    pub edits: Vec<Edit>,
    /// Paths where later work is in the way. When there is one, the edits are partial.
    pub conflicts: Vec<PathConflict>,
}

/// Undoes `commits`, newest first, on top of the tree `tip`.
///
/// `takes` chooses the paths that are undone at all. A merge is undone against its
/// first parent, a root commit against nothing. Merged contents are written to `draft`.
pub fn undo(
    store: &Store,
    draft: &mut Draft<'_>,
    tip: ObjectId,
    commits: &[CommitId],
    takes: &dyn Fn(&[u8]) -> bool,
) -> Result<Undo> {
    let mut work = Work {
        store,
        tip,
        overlay: BTreeMap::new(),
        conflicts: Vec::new(),
    };
    let mut sides = Vec::new();
    for &id in commits {
        let commit = store.commit(id)?;
        let before = match commit.parents.first() {
            Some(parent) => Some(store.commit(*parent)?.tree),
            None => None,
        };
        sides.push((before, Some(commit.tree)));
    }
    store.ensure_between(sides.iter().copied())?;
    for (before, after) in sides {
        let mut changes = store.changes(before, after, true)?;
        changes.retain(|c| takes(&c.path) || c.renamed_to.as_deref().is_some_and(takes));
        work.ensure_read(&changes)?;
        for change in changes {
            work.undo_change(draft, &change)?;
        }
    }
    work.find_in_the_way()?;
    work.conflicts.sort_by(|a, b| a.path.cmp(&b.path));
    work.conflicts.dedup_by(|a, b| a.path == b.path);
    let mut edits = Vec::new();
    for (path, entry) in work.overlay {
        if store.entry(tip, &path)?.and_then(Entry::no_folder) != entry {
            edits.push((path, entry));
        }
    }
    Ok(Undo {
        edits,
        conflicts: work.conflicts,
    })
}

struct Work<'s> {
    store: &'s Store,
    tip: ObjectId,
    overlay: BTreeMap<Vec<u8>, Option<Entry>>,
    conflicts: Vec<PathConflict>,
}

impl Work<'_> {
    fn now(&self, path: &[u8]) -> Result<Option<Entry>> {
        match self.overlay.get(path) {
            Some(entry) => Ok(*entry),
            None => Ok(self.store.entry(self.tip, path)?.and_then(Entry::no_folder)),
        }
    }

    /// Finds what comes back where a folder stays, or below a file that stays.
    fn find_in_the_way(&mut self) -> Result<()> {
        let mut found = Vec::new();
        for (path, _) in self.overlay.iter().filter(|(_, entry)| entry.is_some()) {
            let there = self.store.entry(self.tip, path)?;
            let mut is_blocked = false;
            if there.is_some_and(|e| e.mode == Mode::Folder) {
                for (file, _) in self.store.files_below(self.tip, path)? {
                    is_blocked |= self.now(&file)?.is_some();
                }
            }
            for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
                is_blocked |= self.now(&path[..at])?.is_some();
            }
            found.extend(is_blocked.then(|| path.clone()));
        }
        for path in found {
            self.clash(&path, Clash::FileAndFolder, Vec::new());
        }
        Ok(())
    }

    /// Has here what undoing reads: the files that were changed again since.
    fn ensure_read(&self, changes: &[Change]) -> Result<()> {
        let store = self.store;
        let names = |c: &Change| [Some(c.path.clone()), c.renamed_to.clone()];
        let paths: Vec<Vec<u8>> = changes.iter().flat_map(names).flatten().collect();
        store.ensure_paths(paths.iter().map(|p| (self.tip, p.as_slice())), false)?;
        let mut read = Vec::new();
        for change in changes {
            let now = self.now(change.renamed_to.as_ref().unwrap_or(&change.path))?;
            if now != change.new && now != change.old {
                read.extend([change.old, change.new, now]);
            }
        }
        store.ensure_entries(read.into_iter().flatten())
    }

    fn undo_change(&mut self, draft: &mut Draft<'_>, change: &Change) -> Result<()> {
        let Some(new_path) = &change.renamed_to else {
            let ours = self.now(&change.path)?;
            match self
                .store
                .merge_entry(draft, change.new, ours, change.old)?
            {
                MergedEntry::Clean(result) => {
                    self.overlay.insert(change.path.clone(), result);
                }
                MergedEntry::Clash(reason, lines) => self.clash(&change.path, reason, lines),
            }
            return Ok(());
        };
        // A rename: what was edited since under the new name goes back under the old one.
        let (there, back) = (self.now(new_path)?, self.now(&change.path)?);
        if there.is_none() && back == change.old {
            return Ok(());
        }
        let free = back.is_none() || back == change.old;
        if there.is_none() || !free {
            self.clash(new_path, Clash::Renamed, Vec::new());
            return Ok(());
        }
        match self
            .store
            .merge_entry(draft, change.new, there, change.old)?
        {
            MergedEntry::Clean(result) => {
                self.overlay.insert(new_path.clone(), None);
                self.overlay.insert(change.path.clone(), result);
            }
            MergedEntry::Clash(reason, lines) => self.clash(new_path, reason, lines),
        }
        Ok(())
    }

    fn clash(&mut self, path: &[u8], reason: Clash, lines: Vec<LineRange>) {
        self.conflicts.push(PathConflict {
            path: String::from_utf8_lossy(path).into_owned(),
            reason,
            lines,
        });
    }
}
