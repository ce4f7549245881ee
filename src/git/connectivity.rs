//! Whole histories, checked.

use super::alternates::borrow_from;
use super::id::{CommitId, ObjectId};
use super::objects::Objects;
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use git2::ObjectType;
use std::collections::HashSet;
use std::path::Path;

/// Objects that were found with everything they reach.
#[derive(Default, Clone)]
pub struct Known(HashSet<ObjectId>);

impl Known {
    /// How many they are.
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Store {
    /// A store as [`Store::scratch`] makes it, which also sees every object of `other`.
    pub fn scratch_over(path: &Path, other: &Store) -> Result<Store> {
        let store = Store::scratch(path, other.format(), other.programs())?;
        let failed = || "a store over another one cannot be made";
        // A working tree that was added to a clone has its objects there.
        let objects = other.common_dir().join("objects");
        borrow_from(&path.join("objects"), &objects).or_fail(Kind::Internal, failed)?;
        // Where its history is cut, so is this one's.
        match std::fs::copy(other.common_dir().join("shallow"), path.join("shallow")) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::new(Kind::Internal, failed()).caused_by(e));
            }
            _ => {}
        }
        // libgit2 reads the alternates when it opens the object store.
        drop(store);
        Store::scratch(path, other.format(), other.programs())
    }

    /// Walks every object that `tips` reach, and fails at the first that is not here.
    ///
    /// Errors: integrity, with the object that is missing or broken and what needs it.
    /// `known` are objects that were found whole before; those found now are added.
    pub fn check_connected(&self, tips: &[CommitId], known: &mut Known) -> Result<()> {
        let result = self.walk_connected(tips, &mut known.0);
        if result.is_err() {
            // What was met on the way to something missing is not known to be whole.
            known.0.clear();
        }
        result
    }

    fn walk_connected(&self, tips: &[CommitId], seen: &mut HashSet<ObjectId>) -> Result<()> {
        let (repo, past) = (self.repo(), self.past());
        let odb = Objects::of(repo)?;
        let lacks = |id: ObjectId, of: &str| {
            Error::new(
                Kind::Integrity,
                format!("object {id} is missing or broken; it is needed by {of}"),
            )
        };
        let mut open: Vec<(ObjectId, String)> =
            tips.iter().map(|t| (*t, "the backup".to_owned())).collect();
        while let Some((id, of)) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let (_, kind) = odb.header(id).map_err(|_| lacks(id, &of))?;
            match kind {
                ObjectType::Commit => {
                    let commit = past
                        .find_commit(id.within(past))
                        .map_err(|_| lacks(id, &of))?;
                    open.push((commit.tree_id().into(), format!("commit {id}")));
                    open.extend(
                        commit
                            .parent_ids()
                            .map(|p| (p.into(), format!("commit {id}"))),
                    );
                }
                ObjectType::Tree => {
                    let tree = repo
                        .find_tree(id.within(repo))
                        .map_err(|_| lacks(id, &of))?;
                    // A submodule's commit lies in another repository.
                    let inner = tree.iter().filter(|e| e.kind() != Some(ObjectType::Commit));
                    open.extend(
                        inner
                            .map(|e| (ObjectId::from(e.id()), format!("tree {id}")))
                            .filter(|(i, _)| !seen.contains(i)),
                    );
                }
                ObjectType::Tag => {
                    let tag = repo.find_tag(id.within(repo)).map_err(|_| lacks(id, &of))?;
                    open.push((tag.target_id().into(), format!("tag {id}")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Of these commits, those that are here.
    pub fn present(&self, ids: impl Iterator<Item = ObjectId>) -> Vec<ObjectId> {
        ids.filter(|id| self.has_commit(*id)).collect()
    }
}
