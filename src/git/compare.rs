//! Comparing trees and files, and merging three versions of a file.

use super::id::ObjectId;
use super::object::{Change, Entry, LineCount, MAX_TEXT, Mode};
use super::store::Store;
use crate::error::{Kind, OrFail, Result};
use std::collections::BTreeSet;

impl Store {
    /// Compares two trees; `None` stands for an empty one.
    pub fn changes(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        find_renames: bool,
    ) -> Result<Vec<Change>> {
        let mut diff = self.diff(old, new)?;
        if find_renames {
            let mut options = git2::DiffFindOptions::new();
            options.renames(true).rename_limit(400);
            diff.find_similar(Some(&mut options)).or_fail(
                Kind::Internal,
                || "the trees cannot be compared for renames",
            )?;
        }
        let side = |f: &git2::DiffFile<'_>| {
            (!f.id().is_zero()).then(|| Entry {
                id: ObjectId(f.id()),
                mode: Mode::from_raw(i32::from(f.mode())),
            })
        };
        let mut found = Vec::new();
        for delta in diff.deltas() {
            let (old, new) = (delta.old_file(), delta.new_file());
            let (from, to) = (old.path_bytes(), new.path_bytes());
            let renamed = delta.status() == git2::Delta::Renamed;
            let Some(path) = from.or(to) else { continue };
            found.push(Change {
                path: path.to_vec(),
                renamed_to: to.filter(|_| renamed).map(<[u8]>::to_vec),
                old: side(&old),
                new: side(&new),
            });
        }
        Ok(found)
    }

    /// What differs between two trees, at most `most` paths; `None` where there is more.
    ///
    /// A tree of a few objects can stand for millions of files: it is left as soon as it
    /// is too much. Errors: as [`Store::folder`].
    pub fn changes_up_to(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        most: usize,
    ) -> Result<Option<Vec<Change>>> {
        let entries = |id: Option<ObjectId>| id.map(|id| self.folder(id)).transpose();
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), old, new)];
        while let Some((folder, old, new)) = open.pop() {
            let before = entries(old)?.unwrap_or_default();
            let after = entries(new)?.unwrap_or_default();
            let names: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
            for name in names {
                let (old, new) = (before.get(name).copied(), after.get(name).copied());
                if old == new {
                    continue;
                }
                let mut path: Vec<u8> = folder.clone();
                path.extend_from_slice(name);
                let is_folder = |e: &Entry| e.mode == Mode::Folder;
                let below = (old.filter(is_folder), new.filter(is_folder));
                let here = (old.filter(|e| !is_folder(e)), new.filter(|e| !is_folder(e)));
                if here != (None, None) {
                    found.push(Change {
                        path: path.clone(),
                        renamed_to: None,
                        old: here.0,
                        new: here.1,
                    });
                }
                if below != (None, None) {
                    path.push(b'/');
                    open.push((path, below.0.map(|e| e.id), below.1.map(|e| e.id)));
                }
                if found.len() + open.len() > most {
                    return Ok(None);
                }
            }
        }
        Ok(Some(found))
    }

    fn diff(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<git2::Diff<'_>> {
        let old = old.map(|t| self.tree(t)).transpose()?;
        let new = new.map(|t| self.tree(t)).transpose()?;
        // Types of one path may change (file to symlink), and modes as well.
        let mut options = git2::DiffOptions::new();
        options.include_typechange(true).ignore_submodules(false);
        self.repo
            .diff_tree_to_tree(old.as_ref(), new.as_ref(), Some(&mut options))
            .or_fail(Kind::Internal, || "the trees cannot be compared")
    }

    /// The difference of two trees as a patch, in git's format.
    pub fn patch(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Vec<u8>> {
        let mut diff = self.diff(old, new)?;
        let failed = || "the patch cannot be made";
        diff.find_similar(None).or_fail(Kind::Internal, failed)?;
        let mut out = Vec::new();
        diff.print(git2::DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                out.push(line.origin() as u8);
            }
            out.extend_from_slice(line.content());
            true
        })
        .or_fail(Kind::Internal, failed)?;
        Ok(out)
    }

    /// Counts the lines by which two blobs differ.
    pub fn count_lines(&self, old: Option<Entry>, new: Option<Entry>) -> Result<LineCount> {
        let mut sides = Vec::new();
        for entry in [old, new] {
            let Some(entry) = entry.filter(|e| e.mode.is_file()) else {
                sides.push(Vec::new());
                continue;
            };
            if self.blob_size(entry.id)? > MAX_TEXT {
                return Ok(LineCount {
                    binary: true,
                    ..LineCount::default()
                });
            }
            sides.push(self.read_blob(entry.id)?);
        }
        if sides.iter().any(|s| is_binary(s)) {
            return Ok(LineCount {
                binary: true,
                ..LineCount::default()
            });
        }
        let patch = git2::Patch::from_buffers(&sides[0], None, &sides[1], None, None)
            .or_fail(Kind::Internal, || "the lines cannot be compared")?;
        let (_, added, removed) = patch
            .line_stats()
            .or_fail(Kind::Internal, || "the lines cannot be counted")?;
        Ok(LineCount {
            added: added as u64,
            removed: removed as u64,
            binary: false,
        })
    }

    /// Merges three versions of a file; `None` when they conflict, or are not text.
    pub fn merge_files(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>> {
        if [base, ours, theirs]
            .iter()
            .any(|s| is_binary(s) || s.len() as u64 > MAX_TEXT)
        {
            return Ok(None);
        }
        let input = |content| {
            let mut input = git2::MergeFileInput::new();
            input.content(content);
            input
        };
        let merged = git2::merge_file(&input(base), &input(ours), &input(theirs), None)
            .or_fail(Kind::Internal, || "the versions of a file cannot be merged")?;
        Ok(merged.is_automergeable().then(|| merged.content().to_vec()))
    }
}

/// git's own rule: a NUL in the first 8,000 bytes.
pub fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(8000)].contains(&0)
}
