//! Comparing trees and files, and merging three versions of a file.

use super::id::ObjectId;
use super::object::{Change, Entry, LineCount, MAX_TEXT, Mode};
use super::store::{Store, bytes_to_path};
use crate::error::{Kind, OrFail, Result};
use std::collections::{BTreeMap, BTreeSet};

/// An entry of a tree: its object, and its mode as it is written.
type RawEntry = (git2::Oid, i32);

/// Among so many files at most, renamed ones are looked for.
const RENAMES: usize = 400;

impl Store {
    /// Compares two trees; `None` stands for an empty one. Only the folders that differ are
    /// read.
    pub fn changes(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        find_renames: bool,
    ) -> Result<Vec<Change>> {
        let changes = self.differences(old, new)?;
        let (added, deleted): (Vec<&Change>, Vec<&Change>) = changes
            .iter()
            .filter(|c| c.old.is_none() || c.new.is_none())
            .partition(|c| c.old.is_none());
        if !find_renames || added.is_empty() || deleted.is_empty() {
            return Ok(changes);
        }
        // Contents tell a renamed file from one that was added.
        if added.len() <= RENAMES {
            self.ensure_files(added.into_iter().chain(deleted))?;
        }
        let mut diff = self.diff(old, new, &changes)?;
        let mut options = git2::DiffFindOptions::new();
        options.renames(true).rename_limit(RENAMES);
        diff.find_similar(Some(&mut options)).or_fail(
            Kind::Internal,
            || "the trees cannot be compared for renames",
        )?;
        let mut found = Vec::new();
        // The raw form alone tells every mode: the binding ends the program at one that is
        // not git's, and any push may bring one.
        diff.print(git2::DiffFormat::Raw, |delta, _, line| {
            let (old, new) = (delta.old_file(), delta.new_file());
            let (from, to) = (old.path_bytes(), new.path_bytes());
            let renamed = delta.status() == git2::Delta::Renamed;
            let Some((modes, path)) = modes(line.content()).zip(from.or(to)) else {
                return false;
            };
            let side = |id: git2::Oid, raw: i32| {
                (!id.is_zero()).then(|| Entry {
                    id: ObjectId::from(id),
                    mode: Mode::from_raw(raw),
                })
            };
            found.push(Change {
                path: path.to_vec(),
                renamed_to: to.filter(|_| renamed).map(<[u8]>::to_vec),
                old: side(old.id(), modes.0),
                new: side(new.id(), modes.1),
            });
            true
        })
        .or_fail(Kind::Internal, || "the trees cannot be compared")?;
        Ok(found)
    }

    /// The paths that differ between two trees, in order: folder by folder, those of one depth
    /// together.
    fn differences(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Vec<Change>> {
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), old, new)];
        while !open.is_empty() {
            open.retain(|(_, old, new)| old != new);
            let trees = open.iter().flat_map(|(_, old, new)| [*old, *new]);
            self.ensure(trees.flatten())?;
            let mut below = Vec::new();
            for (folder, old, new) in open {
                let (mut before, after) = (self.raw_entries(old)?, self.raw_entries(new)?);
                let mut pairs: Vec<_> = after
                    .into_iter()
                    .map(|(name, new)| (before.remove(&name), Some(new), name))
                    .collect();
                pairs.extend(
                    before
                        .into_iter()
                        .map(|(name, old)| (Some(old), None, name)),
                );
                for (old, new, name) in pairs {
                    if old == new {
                        continue;
                    }
                    let path = [folder.as_slice(), &name].concat();
                    let entry = |raw: Option<RawEntry>| {
                        raw.map(|(id, raw)| Entry {
                            id: ObjectId::from(id),
                            mode: Mode::from_raw(raw),
                        })
                    };
                    let (old, new) = (entry(old), entry(new));
                    let is_folder = |e: &Entry| e.mode == Mode::Folder;
                    let inner = (old.filter(is_folder), new.filter(is_folder));
                    let here = (old.filter(|e| !is_folder(e)), new.filter(|e| !is_folder(e)));
                    if inner != (None, None) {
                        let path = [path.as_slice(), b"/"].concat();
                        below.push((path, inner.0.map(|e| e.id), inner.1.map(|e| e.id)));
                    }
                    if here != (None, None) {
                        found.push(Change {
                            path,
                            renamed_to: None,
                            old: here.0,
                            new: here.1,
                        });
                    }
                }
            }
            open = below;
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// A tree's entries by name, each with its mode as it is written. Of several of one name
    /// the first counts, as for whoever looks for a path.
    fn raw_entries(&self, tree: Option<ObjectId>) -> Result<BTreeMap<Vec<u8>, RawEntry>> {
        let mut found = BTreeMap::new();
        if let Some(tree) = tree {
            for entry in self.tree(tree)?.iter() {
                let there = (entry.id(), entry.filemode_raw());
                found.entry(entry.name_bytes().to_vec()).or_insert(there);
            }
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

    /// libgit2's own comparison of two trees, for what it does with the contents. It would read
    /// every folder, if it were not told which paths differ.
    fn diff(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        changes: &[Change],
    ) -> Result<git2::Diff<'_>> {
        let old = old.map(|t| self.tree(t)).transpose()?;
        let new = new.map(|t| self.tree(t)).transpose()?;
        // Types of one path may change (file to symlink), and modes as well.
        let mut options = git2::DiffOptions::new();
        options
            .include_typechange(true)
            .ignore_submodules(false)
            .disable_pathspec_match(true);
        for change in changes {
            options.pathspec(bytes_to_path(&change.path));
        }
        self.repo()
            .diff_tree_to_tree(old.as_ref(), new.as_ref(), Some(&mut options))
            .or_fail(Kind::Internal, || "the trees cannot be compared")
    }

    /// The difference of two trees as a patch, in git's format.
    pub fn patch(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Vec<u8>> {
        let failed = || "the patch cannot be made";
        let changes = self.changes(old, new, false)?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.ensure_files(&changes)?;
        let mut diff = self.diff(old, new, &changes)?;
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

/// The modes of the old and the new side, which a line of the raw form begins with:
/// `:100644 100755 …` (git-diff(1), "Raw output format").
fn modes(line: &[u8]) -> Option<(i32, i32)> {
    let text = std::str::from_utf8(line.get(..14)?).ok()?;
    let (old, new) = text.strip_prefix(':')?.split_once(' ')?;
    let octal = |digits: &str| i32::from_str_radix(digits, 8).ok();
    octal(old).zip(octal(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::git::{ObjectFormat, Programs};

    #[test]
    fn a_mode_that_is_not_gits_does_not_end_a_comparison() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::scratch(
            &folder.path().join("s.git"),
            ObjectFormat::Sha1,
            &Programs::of(Environment::of_process()),
        )
        .unwrap();
        let odb = store.repo().odb().unwrap();
        let blob = odb.write(git2::ObjectType::Blob, b"x\n").unwrap();
        let modes = ["100644", "100645", "100000", "120777", "7"];
        let mut tree = Vec::new();
        for (name, mode) in modes.iter().enumerate() {
            tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            tree.extend_from_slice(blob.as_bytes());
        }
        let tree = ObjectId::from(odb.write(git2::ObjectType::Tree, &tree).unwrap());
        for find_renames in [true, false] {
            let found = store.changes(None, Some(tree), find_renames).unwrap();
            let found: Vec<Mode> = found.iter().map(|c| c.new.unwrap().mode).collect();
            assert_eq!(found[..3], [Mode::File, Mode::Executable, Mode::File]);
            assert_eq!(found[3], Mode::Symlink);
        }
    }
}
