//! Comparing trees and files, and merging three versions of a file.

use super::id::ObjectId;
use super::object::{Change, Entry, LineCount, MAX_TEXT, Mode};
use super::store::Store;
use crate::error::{Kind, OrFail, Result};

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
}

/// git's own rule: a NUL in the first 8,000 bytes.
pub fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(8000)].contains(&0)
}
