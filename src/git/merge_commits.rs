//! Merging two commits as git-merge(1) does, on trees alone: renames are found, and
//! several merge bases are merged themselves first.

use super::draft::{Draft, Edit};
use super::id::{CommitId, ObjectId};
use super::merge::MergedEntry;
use super::object::{Change, Entry, Mode};
use super::store::Store;
use crate::conflict::{Clash, PathConflict};
use crate::error::{Kind, OrFail, Result};
use std::collections::{BTreeMap, BTreeSet};

/// What a merge of two commits came to.
#[derive(Debug, Default)]
pub struct MergedTree {
    /// What changes on our side's tree. Paths in conflict are not among them.
    pub edits: Vec<Edit>,
    /// Paths that cannot be merged, in order.
    pub conflicts: Vec<PathConflict>,
}

/// The three sides of a path in conflict.
#[derive(Default)]
struct Sides {
    base: Option<Entry>,
    ours: Option<Entry>,
    theirs: Option<Entry>,
}

impl Store {
    /// Merges `theirs` into `ours`. Merged contents are written to `draft`; everything
    /// else that the edits name is in `theirs`.
    pub fn merge_commits(
        &self,
        draft: &mut Draft<'_>,
        ours: CommitId,
        theirs: CommitId,
    ) -> Result<MergedTree> {
        let failed = || "the two branches cannot be merged";
        let past = self.past();
        let find = |id: CommitId| {
            past.find_commit(id.within(past))
                .or_fail(Kind::NotFound, failed)
        };
        self.ensure_merge(ours, theirs)?;
        let (one, other) = (find(ours)?, find(theirs)?);
        let mut options = git2::MergeOptions::new();
        options.find_renames(true).target_limit(400);
        let index = past
            .merge_commits(&one, &other, Some(&options))
            .or_fail(Kind::Internal, failed)?;
        let mut merged = MergedTree::default();
        let mut disputed: BTreeMap<Vec<u8>, Sides> = BTreeMap::new();
        for conflict in index.conflicts().or_fail(Kind::Internal, failed)? {
            let conflict = conflict.or_fail(Kind::Internal, failed)?;
            // Where a rename is in it, each side has a path of its own.
            let mut note = |side: Option<git2::IndexEntry>, take: fn(&mut Sides, Entry)| {
                if let Some(entry) = side {
                    let sides = disputed.entry(entry.path.clone()).or_default();
                    take(sides, entry_of(&entry));
                }
            };
            note(conflict.ancestor, |s, e| s.base = Some(e));
            note(conflict.our, |s, e| s.ours = Some(e));
            note(conflict.their, |s, e| s.theirs = Some(e));
        }
        let (old, new) = (self.commit(ours)?.tree, self.commit(theirs)?.tree);
        // Other entries than these are as our tree has them.
        let mut there: BTreeMap<Vec<u8>, Entry> = BTreeMap::new();
        for entry in index.iter() {
            // Bits 12 and 13 are the stage (gitformat-index(5)).
            if entry.flags & 0x3000 == 0 {
                there.insert(entry.path.clone(), entry_of(&entry));
            }
        }
        for (path, entry) in self.files_below(old, b"")? {
            match there.remove(&path) {
                Some(now) if now == entry => {}
                Some(now) => merged.edits.push((path, Some(now))),
                None if disputed.contains_key(&path) => {}
                None => merged.edits.push((path, None)),
            }
        }
        merged
            .edits
            .extend(there.into_iter().map(|(path, entry)| (path, Some(entry))));
        for (path, entry) in &merged.edits {
            // What no side has as it is was written by this merge, and is to be pushed.
            let Some(entry) = entry.filter(|e| e.mode.is_file()) else {
                continue;
            };
            if self.entry(new, path)? != Some(entry) && self.blob_size(entry.id).is_ok() {
                let content = self.read_blob(entry.id)?;
                draft.blob(&content)?;
            }
        }
        for (path, sides) in disputed {
            let is_folder = |tree| -> Result<bool> {
                let entry = self.entry(tree, &path)?;
                Ok(entry.is_some_and(|e| e.mode == Mode::Folder))
            };
            let (reason, lines) = match is_folder(old)? || is_folder(new)? {
                true => (Clash::FileAndFolder, Vec::new()),
                false => self.why(draft, &sides)?,
            };
            merged.conflicts.push(PathConflict {
                path: String::from_utf8_lossy(&path).into_owned(),
                reason,
                lines,
            });
        }
        Ok(merged)
    }

    /// Has here what a merge reads: every folder of all sides, and the files that both sides
    /// changed, or that may have been renamed.
    fn ensure_merge(&self, ours: CommitId, theirs: CommitId) -> Result<()> {
        if !self.is_narrow() {
            return Ok(());
        }
        let (one, other) = (self.commit(ours)?.tree, self.commit(theirs)?.tree);
        for base in self.merge_bases(ours, theirs) {
            let base = self.commit(base)?.tree;
            self.ensure_folders([base, one, other])?;
            let here = self.changes(Some(base), Some(one), true)?;
            let there = self.changes(Some(base), Some(other), true)?;
            let changed: BTreeSet<&[u8]> = here.iter().flat_map(names).collect();
            let both = there
                .iter()
                .filter(|c| names(c).any(|n| changed.contains(n)));
            let both: BTreeSet<&[u8]> = both.flat_map(names).collect();
            let sides = here.iter().chain(&there);
            self.ensure_files(sides.filter(|c| names(c).any(|n| both.contains(n))))?;
        }
        Ok(())
    }

    fn why(
        &self,
        draft: &mut Draft<'_>,
        sides: &Sides,
    ) -> Result<(Clash, Vec<crate::conflict::LineRange>)> {
        let none = Vec::new();
        Ok(match (sides.base, sides.ours, sides.theirs) {
            (Some(_), None, None) | (None, Some(_), None) | (None, None, _) => {
                (Clash::Renamed, none)
            }
            (Some(_), None, Some(_)) => (Clash::DeletedByUs, none),
            (Some(_), Some(_), None) => (Clash::DeletedByThem, none),
            (base, ours, theirs) => match self.merge_entry(draft, base, ours, theirs)? {
                MergedEntry::Clash(reason, lines) => (reason, lines),
                // The path alone would merge: something else stands in its place.
                MergedEntry::Clean(_) => (Clash::Renamed, none),
            },
        })
    }
}

/// The paths that a change is about.
fn names(change: &Change) -> impl Iterator<Item = &[u8]> {
    let renamed = change.renamed_to.as_deref();
    [change.path.as_slice()].into_iter().chain(renamed)
}

fn entry_of(entry: &git2::IndexEntry) -> Entry {
    Entry {
        id: ObjectId::from(entry.id),
        mode: Mode::from_raw(entry.mode as i32),
    }
}
