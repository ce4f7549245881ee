//! Commits that another repository of this machine has just pushed, copied from there: who
//! writes next on the same branch need not fetch them.
//!
//! What is copied is what a fetch would bring, and no more is believed. Each object gets the id
//! that its bytes have, and a commit is written last, when all that it reaches is here.

use super::header::Header;
use super::id::{CommitId, ObjectId};
use super::objects::Objects;
use super::store::Store;
use super::tree_lines::Lines;
use git2::ObjectType;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The most commits that are copied at once.
const MOST_COMMITS: usize = 64;
/// The most objects, and the most bytes of them. A fetch brings more than that as quickly.
const MOST_OBJECTS: usize = 4096;
const MOST_BYTES: usize = 64 << 20;
/// The deepest folder that is looked into.
const DEPTH: usize = 256;

impl Store {
    /// The folder from which others may copy what this store has.
    pub fn objects_dir(&self) -> PathBuf {
        self.common_dir().join("objects")
    }

    /// Copies `tip`, and the commits before it that are not here, from the folders of objects
    /// that `source` knows for them. False where that does not bring all of it: then what was
    /// copied is of no harm, and the rest has to be fetched.
    pub fn copy_handed(&self, tip: CommitId, source: impl Fn(CommitId) -> Option<PathBuf>) -> bool {
        // What a store lacks on purpose has rules of its own.
        if self.is_narrow() || self.is_shallow() {
            return false;
        }
        let Ok(ours) = Objects::of(self.repo()) else {
            return false;
        };
        let mut copying = Copying {
            store: self,
            ours,
            objects: 0,
            bytes: 0,
        };
        copying.history(tip, &source).is_some()
    }
}

/// A commit that is not here.
struct Lacking {
    id: CommitId,
    bytes: Vec<u8>,
    header: Header,
    from: PathBuf,
}

/// Each step gives none where it has to be fetched instead.
struct Copying<'s> {
    store: &'s Store,
    ours: Objects<'s>,
    objects: usize,
    bytes: usize,
}

impl Copying<'_> {
    fn history(
        &mut self,
        tip: CommitId,
        source: &impl Fn(CommitId) -> Option<PathBuf>,
    ) -> Option<()> {
        let mut stores: HashMap<PathBuf, Objects<'static>> = HashMap::new();
        let mut lacking: Vec<Lacking> = Vec::new();
        let mut open = vec![tip];
        while let Some(id) = open.pop() {
            if self.store.has_commit(id) || lacking.iter().any(|one| one.id == id) {
                continue;
            }
            if lacking.len() == MOST_COMMITS {
                return None;
            }
            let from = source(id)?;
            if !stores.contains_key(&from) {
                stores.insert(from.clone(), self.open(&from)?);
            }
            let bytes = self.read(&stores[&from], id, ObjectType::Commit)?;
            let header = Header::read(&bytes, self.ours.format())?;
            open.extend(&header.parents);
            lacking.push(Lacking {
                id,
                bytes,
                header,
                from,
            });
        }
        // A commit after its parents: the oldest was met last, where one history leads there.
        let has_parents = |one: &Lacking| {
            let mut parents = one.header.parents.iter();
            parents.all(|p| self.store.has_commit(*p))
        };
        while !lacking.is_empty() {
            let one = lacking.remove(lacking.iter().rposition(has_parents)?);
            let base = match one.header.parents.first() {
                Some(parent) => Some(self.store.commit(*parent).ok()?.tree),
                None => None,
            };
            self.tree(&stores[&one.from], base, one.header.tree, 0)?;
            self.write(one.id, ObjectType::Commit, &one.bytes)?;
        }
        Some(())
    }

    /// The objects of another repository.
    fn open(&self, folder: &Path) -> Option<Objects<'static>> {
        Objects::at(folder, self.ours.format()).ok()
    }

    /// Copies a tree and what it reaches, as far as `base`, which is here with all that it
    /// reaches, does not have it at the same place.
    fn tree(
        &mut self,
        theirs: &Objects<'_>,
        base: Option<ObjectId>,
        id: ObjectId,
        depth: usize,
    ) -> Option<()> {
        if base == Some(id) {
            return Some(());
        }
        if depth > DEPTH {
            return None;
        }
        let before = match base {
            Some(base) => self.ours.read(base).ok()?.data().to_vec(),
            None => Vec::new(),
        };
        let format = self.ours.format();
        let mut known = HashMap::new();
        let mut lines = Lines::of(&before, format);
        while let Some(line) = lines.next_one().ok()? {
            known.insert(line.name, (line.is_folder(), line.id));
        }
        let bytes = self.read(theirs, id, ObjectType::Tree)?;
        let mut lines = Lines::of(&bytes, format);
        while let Some(line) = lines.next_one().ok()? {
            let stood = known.get(line.name).copied();
            if line.is_submodule() || stood == Some((line.is_folder(), line.id)) {
                continue;
            }
            match line.is_folder() {
                true => {
                    let base = stood.filter(|(is_folder, _)| *is_folder);
                    self.tree(theirs, base.map(|(_, id)| id), line.id, depth + 1)?;
                }
                // A file reaches nothing else.
                false if self.ours.has_now(line.id) => {}
                false => {
                    let content = self.read(theirs, line.id, ObjectType::Blob)?;
                    self.write(line.id, ObjectType::Blob, &content)?;
                }
            }
        }
        self.write(id, ObjectType::Tree, &bytes)
    }

    fn read(&mut self, theirs: &Objects<'_>, id: ObjectId, kind: ObjectType) -> Option<Vec<u8>> {
        let (length, is) = theirs.header(id).ok()?;
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(length);
        if is != kind || self.objects > MOST_OBJECTS || self.bytes > MOST_BYTES {
            return None;
        }
        match kind {
            ObjectType::Blob => theirs.blob(id).ok(),
            _ => Some(theirs.read(id).ok()?.data().to_vec()),
        }
    }

    fn write(&self, id: ObjectId, kind: ObjectType, bytes: &[u8]) -> Option<()> {
        (self.ours.write(kind, bytes).ok()? == id).then_some(())
    }
}
