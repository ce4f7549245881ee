//! Whole histories: packed for another remote, bundled into a file, and checked.

use super::id::{CommitId, ObjectId};
use super::pack::{self, Pack};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use git2::ObjectType;
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

/// A pack of all that `wants` reach and `haves` do not.
pub(crate) fn pack_of_history(
    store: &Store,
    wants: &[CommitId],
    haves: &[CommitId],
) -> Result<Pack> {
    pack::write_history(&store.repo, wants, haves)
}

impl Store {
    /// A new, empty bare repository at `path`, for looking at what a remote gives.
    pub fn scratch(path: &Path) -> Result<Store> {
        Store::open_cache(path, std::time::Duration::from_secs(1))
    }

    /// Writes `refs` (full names and tips) with all of their history as a git bundle
    /// (gitformat-bundle(5), version 2). Under its own name it appears whole or not at all.
    ///
    /// Errors: internal, for the disk; not_found, for a history that is not all here.
    pub fn write_bundle(&self, path: &Path, refs: &[(String, CommitId)]) -> Result<()> {
        let failed = || format!("the bundle {} cannot be written", path.display());
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).or_fail(Kind::Internal, failed)?;
        let tips: Vec<CommitId> = refs.iter().map(|(_, id)| *id).collect();
        let mut pack = pack_of_history(self, &tips, &[])?;
        let mut file = tempfile::NamedTempFile::new_in(folder).or_fail(Kind::Internal, failed)?;
        let mut head = String::from("# v2 git bundle\n");
        for (name, id) in refs {
            head.push_str(&format!("{id} {name}\n"));
        }
        head.push('\n');
        file.write_all(head.as_bytes())
            .and_then(|()| std::io::copy(&mut pack.file, &mut file).map(drop))
            .and_then(|()| file.as_file().sync_all())
            .or_fail(Kind::Internal, failed)?;
        file.persist(path)
            .map_err(|e| Error::new(Kind::Internal, failed()).caused_by(e.error))?;
        Ok(())
    }

    /// Counts every object that `tips` reach, and fails at the first that is not here.
    ///
    /// Errors: integrity, with the object that is missing or broken and what needs it.
    pub fn check_whole(&self, tips: &[CommitId]) -> Result<u64> {
        let odb = self
            .repo
            .odb()
            .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        let lacks = |id: git2::Oid, of: &str| {
            Error::new(
                Kind::Integrity,
                format!("object {id} is missing or broken; it is needed by {of}"),
            )
        };
        let mut seen: HashSet<git2::Oid> = HashSet::new();
        let mut open: Vec<(git2::Oid, String)> = tips
            .iter()
            .map(|t| (t.0, "the backup".to_owned()))
            .collect();
        while let Some((id, of)) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let (_, kind) = odb.read_header(id).map_err(|_| lacks(id, &of))?;
            match kind {
                ObjectType::Commit => {
                    let commit = self.repo.find_commit(id).map_err(|_| lacks(id, &of))?;
                    open.push((commit.tree_id(), format!("commit {id}")));
                    open.extend(commit.parent_ids().map(|p| (p, format!("commit {id}"))));
                }
                ObjectType::Tree => {
                    let tree = self.repo.find_tree(id).map_err(|_| lacks(id, &of))?;
                    // A submodule's commit lies in another repository.
                    let inner = tree.iter().filter(|e| e.kind() != Some(ObjectType::Commit));
                    open.extend(
                        inner
                            .map(|e| (e.id(), format!("tree {id}")))
                            .filter(|(i, _)| !seen.contains(i)),
                    );
                }
                ObjectType::Tag => {
                    let tag = self.repo.find_tag(id).map_err(|_| lacks(id, &of))?;
                    open.push((tag.target_id(), format!("tag {id}")));
                }
                _ => {}
            }
        }
        Ok(seen.len() as u64)
    }

    /// Remembers what a symbolic ref points at.
    pub fn set_symbolic_ref(&self, name: &str, target: &str) -> Result<()> {
        self.repo
            .reference_symbolic(name, target, true, "aidf: seen")
            .map(drop)
            .or_fail(Kind::Internal, || {
                format!("the ref {name} of this clone cannot be set")
            })
    }

    /// Of these commits, those that are here.
    pub fn present(&self, ids: impl Iterator<Item = ObjectId>) -> Vec<ObjectId> {
        ids.filter(|id| self.has_commit(*id)).collect()
    }
}
