//! Comparing trees and files, and merging three versions of a file.

use super::id::ObjectId;
use super::object::{Change, Entry, LineCount, MAX_TEXT, Mode, bytes_to_path};
use super::store::Store;
use crate::error::{Kind, OrFail, Result};
use git2::{Tree, TreeEntry};
use std::collections::{BTreeMap, BTreeSet};

/// An entry of a tree: its object, and its mode as it is written.
type RawEntry = (git2::Oid, i32);

/// A name that stands for different entries in two trees.
type Unlike = (Vec<u8>, Option<RawEntry>, Option<RawEntry>);

fn entry_at<'t>(tree: &'t Option<Tree<'_>>, place: usize) -> Option<TreeEntry<'t>> {
    tree.as_ref()?.get(place)
}

fn raw(entry: &TreeEntry<'_>) -> RawEntry {
    (entry.id(), entry.filemode_raw())
}

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
                for (name, old, new) in self.unlike(old, new)? {
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

    /// The entries that differ between two trees, each with its mode as it is written. Of
    /// several of one name the first counts, as for whoever looks for a path.
    ///
    /// Large folders mostly differ in one entry: what both begin and end with is passed over.
    fn unlike(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Vec<Unlike>> {
        let tree = |id: Option<ObjectId>| id.map(|id| self.tree(id)).transpose();
        let (old, new) = (tree(old)?, tree(new)?);
        let length = |tree: &Option<Tree<'_>>| tree.as_ref().map_or(0, Tree::len);
        let (before, after) = (length(&old), length(&new));
        let is_same = |a: usize, b: usize| {
            let both = entry_at(&old, a).zip(entry_at(&new, b));
            both.is_some_and(|(a, b)| raw(&a) == raw(&b) && a.name_bytes() == b.name_bytes())
        };
        let least = before.min(after);
        let start = (0..least).take_while(|at| is_same(*at, *at)).count();
        let ends = (1..=least - start).take_while(|at| is_same(before - at, after - at));
        let end = ends.count();
        let mut found: BTreeMap<Vec<u8>, [Option<RawEntry>; 2]> = BTreeMap::new();
        for (side, tree, to) in [(0, &old, before - end), (1, &new, after - end)] {
            for entry in (start..to).filter_map(|place| entry_at(tree, place)) {
                let sides = found.entry(entry.name_bytes().to_vec()).or_default();
                sides[side].get_or_insert(raw(&entry));
            }
        }
        // A tree that no git makes may have a name a second time, in what both share.
        for entry in (before - end..before).filter_map(|place| entry_at(&old, place)) {
            if let Some(sides) = found.get_mut(entry.name_bytes()) {
                for side in sides {
                    side.get_or_insert(raw(&entry));
                }
            }
        }
        for entry in (0..start).filter_map(|place| entry_at(&old, place)) {
            found.remove(entry.name_bytes());
        }
        let found = found.into_iter().filter(|(_, [old, new])| old != new);
        Ok(found.map(|(name, [old, new])| (name, old, new)).collect())
    }

    /// Whether two trees differ at a path, or below it. No more folders are read than lead
    /// there.
    ///
    /// Errors: as [`Store::entry`].
    pub fn differ_at(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        path: &[u8],
    ) -> Result<bool> {
        let (mut old, mut new) = (old, new);
        for part in path.split(|b| *b == b'/') {
            if old == new {
                return Ok(false);
            }
            let below = |tree: Option<ObjectId>| match tree {
                Some(tree) => self.entry(tree, part),
                None => Ok(None),
            };
            let (before, after) = (below(old)?, below(new)?);
            if before == after {
                return Ok(false);
            }
            let folder = |entry: Option<Entry>| entry.filter(|e| e.mode == Mode::Folder);
            (old, new) = (folder(before).map(|e| e.id), folder(after).map(|e| e.id));
        }
        Ok(true)
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

    fn store_in(folder: &std::path::Path) -> Store {
        Store::scratch(
            &folder.join("s.git"),
            ObjectFormat::Sha1,
            &Programs::of(Environment::of_process()),
        )
        .unwrap()
    }

    /// What of a tree's lines counts: of several of one name the first.
    fn counting(lines: &[(&str, usize)]) -> BTreeMap<Vec<u8>, usize> {
        let mut found = BTreeMap::new();
        for (name, content) in lines {
            found.entry(name.as_bytes().to_vec()).or_insert(*content);
        }
        found
    }

    #[test]
    fn trees_differ_by_the_names_that_count_in_whatever_order_they_are() {
        use rand::seq::{IndexedRandom, SliceRandom};
        use rand::{RngExt, SeedableRng};
        let folder = tempfile::tempdir().unwrap();
        let store = store_in(folder.path());
        let odb = store.repo().odb().unwrap();
        let write = |bytes: &[u8]| odb.write(git2::ObjectType::Blob, bytes).unwrap();
        let blobs = [write(b"0"), write(b"1"), write(b"2")];
        let made = |lines: &[(&str, usize)]| {
            let mut bytes = Vec::new();
            for (name, content) in lines {
                bytes.extend_from_slice(format!("100644 {name}\0").as_bytes());
                bytes.extend_from_slice(blobs[*content].as_bytes());
            }
            let tree = odb.write(git2::ObjectType::Tree, &bytes).unwrap();
            (!lines.is_empty()).then(|| ObjectId::from(tree))
        };
        let seed: u64 = rand::random();
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        let names = ["a", "b", "c", "d", "e", "f"];
        let line = |random: &mut rand::rngs::StdRng| {
            (*names.choose(random).unwrap(), random.random_range(0..3))
        };
        for _ in 0..2000 {
            let count = random.random_range(0..8);
            let mut old: Vec<_> = (0..count).map(|_| line(&mut random)).collect();
            if random.random_bool(0.7) {
                old.sort();
                old.dedup_by_key(|(name, _)| *name);
            }
            let mut new = old.clone();
            for _ in 0..random.random_range(0..3) {
                let at = random.random_range(0..=new.len());
                let line = line(&mut random);
                match random.random_range(0..4) {
                    0 if at < new.len() => drop(new.remove(at)),
                    1 if at < new.len() => new[at].1 = line.1,
                    2 => new.shuffle(&mut random),
                    _ => new.insert(at, line),
                }
            }
            let (before, after) = (counting(&old), counting(&new));
            let mut wanted: Vec<Vec<u8>> = before.keys().chain(after.keys()).cloned().collect();
            wanted.sort();
            wanted.dedup();
            wanted.retain(|name| before.get(name) != after.get(name));
            let changes = store.changes(made(&old), made(&new), false).unwrap();
            let told: Vec<Vec<u8>> = changes.iter().map(|c| c.path.clone()).collect();
            assert_eq!(told, wanted, "seed {seed}: {old:?} {new:?}");
            for change in changes {
                let id = |content: Option<&usize>| content.map(|c| ObjectId::from(blobs[*c]));
                let sides = [change.old, change.new].map(|side| side.map(|entry| entry.id));
                let right = [before.get(&change.path), after.get(&change.path)].map(id);
                assert_eq!(sides, right, "seed {seed}: {old:?} {new:?}");
            }
            for name in names {
                let differs = store.differ_at(made(&old), made(&new), name.as_bytes());
                let right = wanted.contains(&name.as_bytes().to_vec());
                assert_eq!(
                    differs.unwrap(),
                    right,
                    "seed {seed}: {name} of {old:?} {new:?}"
                );
            }
        }
    }

    #[test]
    fn a_mode_that_is_not_gits_does_not_end_a_comparison() {
        let folder = tempfile::tempdir().unwrap();
        let store = store_in(folder.path());
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
