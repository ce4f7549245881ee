//! Undoing commits by three-way merge of the paths they touched, on trees alone:
//! cost follows those paths, not the repository.

use super::draft::{Draft, Edit};
use super::id::{CommitId, ObjectId};
use super::merge::MergedEntry;
use super::object::{Change, Entry};
use super::store::Store;
use crate::error::Result;
use std::collections::BTreeMap;

/// What undoing came to.
#[derive(Debug, Default)]
pub struct Undo {
    /// The edits that undo it, by path; none when it is undone already.
    pub edits: Vec<Edit>,
    /// Paths where later work is in the way. When there is one, the edits are partial.
    pub conflicts: Vec<Vec<u8>>,
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
    for &id in commits {
        let commit = store.commit(id)?;
        let before = match commit.parents.first() {
            Some(parent) => Some(store.commit(*parent)?.tree),
            None => None,
        };
        for change in store.changes(before, Some(commit.tree), true)? {
            let chosen = takes(&change.path) || change.renamed_to.as_deref().is_some_and(takes);
            if chosen {
                work.undo_change(draft, &change)?;
            }
        }
    }
    work.conflicts.sort();
    work.conflicts.dedup();
    let mut edits = Vec::new();
    for (path, entry) in work.overlay {
        if store.entry(tip, &path)? != entry {
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
    conflicts: Vec<Vec<u8>>,
}

impl Work<'_> {
    fn now(&self, path: &[u8]) -> Result<Option<Entry>> {
        match self.overlay.get(path) {
            Some(entry) => Ok(*entry),
            None => self.store.entry(self.tip, path),
        }
    }

    fn undo_change(&mut self, draft: &mut Draft<'_>, change: &Change) -> Result<()> {
        let Some(new_path) = &change.renamed_to else {
            let ours = self.now(&change.path)?;
            return match self.merge(draft, change.new, ours, change.old)? {
                Some(result) => {
                    self.overlay.insert(change.path.clone(), result);
                    Ok(())
                }
                None => {
                    self.conflicts.push(change.path.clone());
                    Ok(())
                }
            };
        };
        // A rename: what was edited since under the new name goes back under the old one.
        let (there, back) = (self.now(new_path)?, self.now(&change.path)?);
        if there.is_none() && back == change.old {
            return Ok(());
        }
        let free = back.is_none() || back == change.old;
        match (there.is_some() && free)
            .then(|| self.merge(draft, change.new, there, change.old))
            .transpose()?
            .flatten()
        {
            Some(result) => {
                self.overlay.insert(new_path.clone(), None);
                self.overlay.insert(change.path.clone(), result);
            }
            None => self.conflicts.push(new_path.clone()),
        }
        Ok(())
    }

    /// Three-way: `base` is what the commit made, `ours` what is there now, `theirs`
    /// what was there before it. The outer `None` is a conflict.
    fn merge(
        &self,
        draft: &mut Draft<'_>,
        base: Option<Entry>,
        ours: Option<Entry>,
        theirs: Option<Entry>,
    ) -> Result<Option<Option<Entry>>> {
        Ok(match self.store.merge_entry(draft, base, ours, theirs)? {
            MergedEntry::Clean(entry) => Some(entry),
            MergedEntry::Clash(..) => None,
        })
    }
}
