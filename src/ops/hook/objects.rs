//! Reads the objects of a push: each object once, and within the push's budget.

use super::budget::Budget;
use super::{PreReceive, Push};
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, Entry, Folder, MAX_COMMIT, Mode, ObjectId, Store};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// A longer path, in bytes, is refused.
const MAX_PATH: usize = 4096;
/// How many files are kept in memory for the next comparison.
const KEPT: usize = 4;

/// The entries that some trees have at one path; `None` for a tree that has nothing there.
pub type Sides = Rc<HashSet<Option<Entry>>>;

/// Reads the repository's objects for one push, and keeps what it read.
pub struct ObjectReader<'a> {
    /// The repository.
    pub store: &'a Store,
    /// The budget of the push.
    pub budget: &'a Budget<'a>,
    folders: RefCell<HashMap<ObjectId, Rc<Folder>>>,
    commits: RefCell<HashMap<CommitId, Rc<CommitInfo>>>,
    blobs: RefCell<VecDeque<(ObjectId, Rc<Vec<u8>>)>>,
}

/// A path at which the trees of a walk differ: our entry, and the different entries of the
/// others.
pub struct Where<'p> {
    /// The path.
    pub path: &'p [u8],
    /// Our entry; `None` if it is a folder.
    pub ours: Option<Entry>,
    /// Their different entries; `None` for one that is a folder.
    pub theirs: &'p [Option<Entry>],
}

impl PreReceive {
    /// Refuses commits and tags that are too large. Whoever reads the history reads each one as
    /// a whole, so one of them could stop everybody.
    ///
    /// Errors: denied; those of the budget.
    pub(super) fn check_sizes(&self, push: &Push, budget: &Budget<'_>) -> Result<()> {
        let tips = push.updates.iter().filter_map(|u| u.new);
        let large = self.store.find_large(tips, MAX_COMMIT, || budget.time())?;
        let Some((id, size)) = large else {
            return Ok(());
        };
        Err(Error::new(
            Kind::Denied,
            format!("{id} is a commit or a tag of {size} bytes, and the server takes at most {MAX_COMMIT} of one without its files"),
        )
        .hint("shorten its message: git commit --amend, or git tag --force"))
    }
}

impl<'a> ObjectReader<'a> {
    /// Prepares to read `store`.
    pub fn new(store: &'a Store, budget: &'a Budget<'a>) -> ObjectReader<'a> {
        ObjectReader {
            store,
            budget,
            folders: RefCell::default(),
            commits: RefCell::default(),
            blobs: RefCell::default(),
        }
    }

    /// Reads a commit.
    ///
    /// Errors: integrity and not_found, if it cannot be read.
    pub fn commit(&self, id: CommitId) -> Result<Rc<CommitInfo>> {
        if let Some(found) = self.commits.borrow().get(&id) {
            return Ok(found.clone());
        }
        let read = Rc::new(self.store.commit(id)?);
        self.commits.borrow_mut().insert(id, read.clone());
        Ok(read)
    }

    /// The entries at the top of a tree; empty for `None`.
    ///
    /// Errors: denied, if the budget is spent, or for a tree with the same name twice.
    pub fn folder(&self, tree: Option<ObjectId>) -> Result<Rc<Folder>> {
        let Some(tree) = tree else {
            return Ok(Rc::default());
        };
        if let Some(found) = self.folders.borrow().get(&tree) {
            return Ok(found.clone());
        }
        let read = Rc::new(self.store.folder(tree)?);
        self.budget.entries(read.len() as u64 + 1)?;
        self.folders.borrow_mut().insert(tree, read.clone());
        Ok(read)
    }

    /// The entry of a tree at a path.
    ///
    /// Errors: those of [`ObjectReader::folder`].
    pub fn entry(&self, tree: ObjectId, path: &[u8]) -> Result<Option<Entry>> {
        let mut at = Some(Entry {
            id: tree,
            mode: Mode::Folder,
        });
        for name in path.split(|b| *b == b'/') {
            self.budget.entries(1)?;
            at = match at.filter(|e| e.mode == Mode::Folder) {
                Some(folder) => self.folder(Some(folder.id))?.get(name).copied(),
                None => return Ok(None),
            };
        }
        Ok(at)
    }

    /// The bytes of a file; the last few files are kept in memory.
    ///
    /// Errors: denied, if the budget is spent.
    pub fn blob(&self, id: ObjectId) -> Result<Rc<Vec<u8>>> {
        if let Some((_, found)) = self.blobs.borrow().iter().find(|(i, _)| *i == id) {
            return Ok(found.clone());
        }
        self.budget.bytes(self.store.blob_size(id)?)?;
        let read = Rc::new(self.store.read_blob(id)?);
        let mut kept = self.blobs.borrow_mut();
        kept.push_back((id, read.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(read)
    }

    /// Visits every path at which `ours` differs from one or more of `theirs`. Where our
    /// folder equals one of theirs but not all, `passed` says whether to skip it.
    ///
    /// Equal folders are never opened, so the cost depends on what differs. Errors: denied,
    /// if the budget is spent; those of `visit` and `passed`.
    pub fn walk(
        &self,
        ours: Option<ObjectId>,
        theirs: &[Option<ObjectId>],
        mut passed: impl FnMut(&[u8], Option<ObjectId>) -> Result<bool>,
        mut visit: impl FnMut(Where<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut open = vec![(Vec::new(), ours, distinct(theirs.iter().copied()))];
        while let Some((path, ours, theirs)) = open.pop() {
            if theirs.iter().all(|t| *t == ours) {
                continue;
            }
            let mine = self.folder(ours)?;
            let others = theirs
                .iter()
                .map(|t| self.folder(*t))
                .collect::<Result<Vec<_>>>()?;
            let mut names: BTreeSet<&Vec<u8>> = mine.keys().collect();
            others.iter().for_each(|o| names.extend(o.keys()));
            self.budget
                .entries((names.len() * (1 + others.len())) as u64)?;
            for name in names {
                let our = mine.get(name).copied();
                let their = distinct(others.iter().map(|o| o.get(name).copied()));
                if their.iter().all(|t| *t == our) {
                    continue;
                }
                let mut here = path.clone();
                here.extend_from_slice(name);
                if here.len() > MAX_PATH {
                    return Err(Error::new(
                        Kind::Denied,
                        format!("a path of the push is longer than {MAX_PATH} bytes"),
                    )
                    .hint("give it a shorter name"));
                }
                let leaf = |e: Option<Entry>| e.filter(|e| e.mode != Mode::Folder);
                let below = |e: Option<Entry>| e.filter(|e| e.mode == Mode::Folder).map(|e| e.id);
                let leaves = distinct(their.iter().map(|t| leaf(*t)));
                if leaves.iter().any(|t| *t != leaf(our)) {
                    visit(Where {
                        path: &here,
                        ours: leaf(our),
                        theirs: &leaves,
                    })?;
                }
                let folders = distinct(their.iter().map(|t| below(*t)));
                let ours = below(our);
                if folders.iter().any(|t| *t != ours) {
                    if folders.contains(&ours) && passed(&here, ours)? {
                        continue;
                    }
                    here.push(b'/');
                    open.push((here, ours, folders));
                }
            }
        }
        Ok(())
    }
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// What some trees hold, path by path. Each tree is opened once, however many paths are
/// asked for.
pub struct TreeEntries {
    known: RefCell<HashMap<Vec<u8>, Sides>>,
}

impl TreeEntries {
    /// Prepares to read these trees; an empty list counts as one empty tree.
    pub fn of(trees: &[ObjectId]) -> TreeEntries {
        let folder = |id: &ObjectId| {
            Some(Entry {
                id: *id,
                mode: Mode::Folder,
            })
        };
        let mut roots: HashSet<Option<Entry>> = trees.iter().map(folder).collect();
        if roots.is_empty() {
            roots.insert(None);
        }
        TreeEntries {
            known: RefCell::new(HashMap::from([(Vec::new(), Rc::new(roots))])),
        }
    }

    /// The entries that the trees have at `path`.
    ///
    /// Errors: denied, if the budget is spent.
    pub fn at(&self, objects: &ObjectReader<'_>, path: &[u8]) -> Result<Sides> {
        if let Some(found) = self.known.borrow().get(path) {
            return Ok(found.clone());
        }
        let mut at = self
            .known
            .borrow()
            .get(&Vec::new())
            .cloned()
            .unwrap_or_default();
        let ends = path.iter().enumerate().filter(|(_, b)| **b == b'/');
        let mut start = 0;
        for end in ends.map(|(n, _)| n).chain([path.len()]) {
            let known = self.known.borrow().get(&path[..end]).cloned();
            at = match known {
                Some(known) => known,
                None => {
                    let below = below(objects, &at, &path[start..end])?;
                    self.known
                        .borrow_mut()
                        .insert(path[..end].to_vec(), below.clone());
                    below
                }
            };
            start = end + 1;
        }
        Ok(at)
    }
}

fn below(objects: &ObjectReader<'_>, at: &HashSet<Option<Entry>>, name: &[u8]) -> Result<Sides> {
    objects.budget.entries(at.len() as u64)?;
    let mut found = HashSet::new();
    for side in at {
        found.insert(match side {
            Some(e) if e.mode == Mode::Folder => objects.folder(Some(e.id))?.get(name).copied(),
            _ => None,
        });
    }
    Ok(Rc::new(found))
}
