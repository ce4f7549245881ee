//! Counts the files by which trees differ, for many pairs of trees.

use super::id::ObjectId;
use super::objects::Objects;
use super::store::Store;
use super::tree_lines::{Line, Lines};
use crate::error::{Error, Kind, OrFail, Result};
use git2::ObjectType;
use std::collections::HashMap;
use std::rc::Rc;

/// The deepest folder that is looked into.
const DEPTH: usize = 1024;
/// How many bytes of the trees that many others are compared with are kept.
const KEPT: usize = 4 << 20;

/// Counts the files by which trees differ.
pub struct FileCount<'s> {
    store: &'s Store,
    odb: Objects<'s>,
    kept: HashMap<ObjectId, Rc<[u8]>>,
    kept_bytes: usize,
}

/// Two trees that are compared; none stands for an empty one.
type Pair = (Option<ObjectId>, Option<ObjectId>);

impl Store {
    /// A counter of the files by which trees differ.
    ///
    /// Errors: internal, when the object store cannot be opened.
    pub fn file_count(&self) -> Result<FileCount<'_>> {
        Ok(FileCount {
            store: self,
            odb: Objects::of(self.repo())?,
            kept: HashMap::new(),
            kept_bytes: 0,
        })
    }
}

impl FileCount<'_> {
    /// How many files differ between two trees; `None` stands for an empty one.
    ///
    /// A folder that stands in many places is counted once: a few objects can stand for
    /// millions of files. `old` is expected to come again. Errors: not_found, for a tree
    /// that is not here; integrity, for one that is malformed or too deep.
    pub fn between(&mut self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<u64> {
        self.store.ensure_between([(old, new)])?;
        self.count((old, new), 0, &mut HashMap::new())
    }

    fn count(&mut self, pair: Pair, depth: usize, done: &mut HashMap<Pair, u64>) -> Result<u64> {
        if pair.0 == pair.1 {
            return Ok(0);
        }
        if let Some(count) = done.get(&pair) {
            return Ok(*count);
        }
        if depth > DEPTH {
            return Err(Error::new(
                Kind::Integrity,
                format!("a folder lies more than {DEPTH} folders deep"),
            ));
        }
        let old = pair.0.map(|id| self.read(id, true)).transpose()?;
        let new = pair.1.map(|id| self.read(id, false)).transpose()?;
        let (mut ours, mut theirs) = (self.entries_of(&old), self.entries_of(&new));
        let (mut left, mut right) = (ours.next_one()?, theirs.next_one()?);
        let mut count = 0_u64;
        loop {
            let order = match (&left, &right) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(one), Some(other)) => one.order(other),
            };
            let before = left.take_if(|_| order.is_le());
            let after = right.take_if(|_| order.is_ge());
            let sides = [&before, &after].map(|side| side.as_ref());
            if sides[0].map(Line::content) != sides[1].map(Line::content) {
                let is_folder = sides.iter().flatten().any(|line| line.is_folder());
                let differ = match is_folder {
                    true => {
                        let below = sides.map(|side| side.map(|line| line.id));
                        self.count((below[0], below[1]), depth + 1, done)?
                    }
                    false => 1,
                };
                count = count.saturating_add(differ);
            }
            if before.is_some() {
                left = ours.next_one()?;
            }
            if after.is_some() {
                right = theirs.next_one()?;
            }
        }
        done.insert(pair, count);
        Ok(count)
    }

    fn entries_of<'t>(&self, tree: &'t Option<Rc<[u8]>>) -> Lines<'t> {
        Lines::of(tree.as_deref().unwrap_or_default(), self.odb.format())
    }

    fn read(&mut self, id: ObjectId, keep: bool) -> Result<Rc<[u8]>> {
        if let Some(tree) = self.kept.get(&id) {
            return Ok(Rc::clone(tree));
        }
        let missing = || format!("tree {id} is not in this store");
        let object = self.odb.read(id).or_fail(Kind::NotFound, missing)?;
        if object.kind() != ObjectType::Tree {
            return Err(Error::new(Kind::NotFound, missing()));
        }
        let tree: Rc<[u8]> = object.data().into();
        if keep && tree.len() <= KEPT {
            self.kept_bytes += tree.len();
            if self.kept_bytes > KEPT {
                self.kept.clear();
                self.kept_bytes = tree.len();
            }
            self.kept.insert(id, Rc::clone(&tree));
        }
        Ok(tree)
    }
}
