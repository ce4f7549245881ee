//! Looking at what a push brings, each object once and within the push's budget.

use super::budget::Budget;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, Entry, Folder, Mode, ObjectId, Store};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// A path that is longer is no path for files.
const MAX_PATH: usize = 4096;
/// Files whose bytes are kept for the next comparison.
const KEPT: usize = 4;

/// What some trees hold at one path; none where one holds nothing there.
pub type Sides = Rc<HashSet<Option<Entry>>>;

/// One repository, as it is looked at for one push.
pub struct Look<'a> {
    /// The repository.
    pub store: &'a Store,
    /// What may be spent.
    pub budget: &'a Budget<'a>,
    folders: RefCell<HashMap<ObjectId, Rc<Folder>>>,
    commits: RefCell<HashMap<CommitId, Rc<CommitInfo>>>,
    blobs: RefCell<VecDeque<(ObjectId, Rc<Vec<u8>>)>>,
}

/// What a walk finds at a path: ours, and the different things that the others have.
pub struct Where<'p> {
    /// The path.
    pub path: &'p [u8],
    /// Ours, unless it is a folder.
    pub ours: Option<Entry>,
    /// Theirs, each once, unless they are folders.
    pub theirs: &'p [Option<Entry>],
}

impl<'a> Look<'a> {
    /// A look at `store`.
    pub fn new(store: &'a Store, budget: &'a Budget<'a>) -> Look<'a> {
        Look {
            store,
            budget,
            folders: RefCell::default(),
            commits: RefCell::default(),
            blobs: RefCell::default(),
        }
    }

    /// A commit.
    ///
    /// Errors: integrity and not_found, for one that cannot be read.
    pub fn commit(&self, id: CommitId) -> Result<Rc<CommitInfo>> {
        if let Some(found) = self.commits.borrow().get(&id) {
            return Ok(found.clone());
        }
        let read = Rc::new(self.store.commit(id)?);
        self.commits.borrow_mut().insert(id, read.clone());
        Ok(read)
    }

    /// A tree's own entries; nothing for none.
    ///
    /// Errors: denied, for more than the budget and for a tree that holds a name twice.
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

    /// What a tree holds at a path.
    ///
    /// Errors: as for [`Look::folder`].
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

    /// A file's bytes; the last few are kept.
    ///
    /// Errors: denied, for more than the budget.
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

    /// Every path at which `ours` is not as all of `theirs` are. `passed` says of a folder,
    /// of which ours is as some of theirs, whether what is below it need not be looked at.
    ///
    /// Folders that are alike are never opened, so that the cost follows what differs.
    /// Errors: denied, for more than the budget; what `visit` and `passed` say.
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

/// What some trees hold, path by path: asked for many paths, each tree is opened once.
pub struct Held {
    known: RefCell<HashMap<Vec<u8>, Sides>>,
}

impl Held {
    /// What these trees hold; one that is empty where there is none.
    pub fn by(trees: &[ObjectId]) -> Held {
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
        Held {
            known: RefCell::new(HashMap::from([(Vec::new(), Rc::new(roots))])),
        }
    }

    /// What they hold at `path`.
    ///
    /// Errors: denied, for more than the budget.
    pub fn at(&self, look: &Look<'_>, path: &[u8]) -> Result<Sides> {
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
                    let below = below(look, &at, &path[start..end])?;
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

fn below(look: &Look<'_>, at: &HashSet<Option<Entry>>, name: &[u8]) -> Result<Sides> {
    look.budget.entries(at.len() as u64)?;
    let mut found = HashSet::new();
    for side in at {
        found.insert(match side {
            Some(e) if e.mode == Mode::Folder => look.folder(Some(e.id))?.get(name).copied(),
            _ => None,
        });
    }
    Ok(Rc::new(found))
}
