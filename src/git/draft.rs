//! New objects for one push: blobs, trees edited by path, a commit.

use super::id::{CommitId, ObjectId};
use super::object::{Entry, MAX_COMMIT, Mode, Person};
use super::objects::Objects;
use super::pack;
use super::store::Store;
use super::thin::Delta;
use crate::ends::Shared;
use crate::error::{Error, Kind, OrFail, Result};
use git2::{FileMode, ObjectType};
use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Write};

/// Objects made for one push, so that they can be packed without a walk.
pub struct Draft<'s> {
    store: &'s Store,
    objects: Vec<ObjectId>,
}

/// One path's new content in a tree: an entry, or nothing.
pub type Edit = (Vec<u8>, Option<Entry>);

/// The same, borrowed: the path is what is left of it below some folder.
type BorrowedEdit<'a> = (&'a [u8], Option<Entry>);

impl Store {
    /// Starts a set of new objects. What was made before from others is no longer known.
    pub fn draft(&self) -> Draft<'_> {
        self.forget_deltas();
        Draft {
            store: self,
            objects: Vec::new(),
        }
    }
}

impl<'s> Draft<'s> {
    /// Writes a blob.
    pub fn blob(&mut self, content: &[u8]) -> Result<ObjectId> {
        let id = Objects::of(self.store.repo())?.write(ObjectType::Blob, content);
        let id = id.or_fail(Kind::Internal, || "a file's content could not be stored")?;
        self.objects.push(id);
        Ok(id)
    }

    /// Writes a blob that was made from another one, which the remote has: it is sent as what
    /// was changed.
    pub fn blob_made_from(
        &mut self,
        base: ObjectId,
        shared: Shared,
        content: &[u8],
    ) -> Result<ObjectId> {
        let id = self.blob(content)?;
        if let Some(delta) = Delta::of(base, shared, content) {
            self.store.keep_delta(id, delta);
        }
        Ok(id)
    }

    /// Takes note of an object that was written otherwise.
    pub(super) fn add(&mut self, id: ObjectId) {
        self.objects.push(id);
    }

    /// Forgets every object but these: what is not part of the push stays here.
    pub fn keep_only(&mut self, ids: &HashSet<ObjectId>) {
        self.objects.retain(|id| ids.contains(id));
    }

    /// Writes a blob from a stream, looking at each piece as it passes.
    ///
    /// Errors: what `look` says, at once; internal for the disk.
    pub fn blob_from(
        &mut self,
        from: &mut dyn Read,
        mut look: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<ObjectId> {
        let failed = || "a file's content could not be stored";
        let mut writer = self
            .store
            .repo()
            .blob_writer(None)
            .or_fail(Kind::Internal, failed)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    look(&buffer[..n])?;
                    writer
                        .write_all(&buffer[..n])
                        .or_fail(Kind::Internal, failed)?;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    return Err(
                        Error::new(Kind::Internal, "a file could not be read to its end")
                            .caused_by(e),
                    );
                }
            }
        }
        let id = writer.commit().or_fail(Kind::Internal, failed)?;
        self.objects.push(ObjectId::from(id));
        Ok(ObjectId::from(id))
    }

    /// A tree like `base` (none: empty) with `edits` made; folders left empty go.
    ///
    /// Cost follows the edits, not the tree. An edit may turn a folder into a file or a
    /// file into a folder only together with the removal of what was there.
    pub fn tree(&mut self, base: Option<ObjectId>, edits: &[Edit]) -> Result<ObjectId> {
        self.store
            .take_in(edits.iter().filter_map(|(_, entry)| *entry))?;
        let edits: Vec<BorrowedEdit<'_>> = edits.iter().map(|(p, e)| (p.as_slice(), *e)).collect();
        match self.edit_folder(base, &edits)? {
            Some(id) => Ok(id),
            None => {
                let empty = self
                    .store
                    .repo()
                    .treebuilder(None)
                    .and_then(|b| b.write())
                    .or_fail(Kind::Internal, || "an empty tree could not be stored")?;
                self.objects.push(ObjectId::from(empty));
                Ok(ObjectId::from(empty))
            }
        }
    }

    fn edit_folder(
        &mut self,
        base: Option<ObjectId>,
        edits: &[BorrowedEdit<'_>],
    ) -> Result<Option<ObjectId>> {
        let failed = || "a tree could not be stored";
        let repo = self.store.repo();
        let tree = base.map(|id| self.store.tree(id)).transpose()?;
        let mut builder = repo
            .treebuilder(tree.as_ref())
            .or_fail(Kind::Internal, failed)?;
        let mut leaves: BTreeMap<&[u8], Option<Entry>> = BTreeMap::new();
        let mut below: BTreeMap<&[u8], Vec<BorrowedEdit<'_>>> = BTreeMap::new();
        for (path, entry) in edits {
            match path.iter().position(|&b| b == b'/') {
                Some(at) => below
                    .entry(&path[..at])
                    .or_default()
                    .push((&path[at + 1..], *entry)),
                None => {
                    leaves.insert(path, *entry);
                }
            }
        }
        let now = |builder: &git2::TreeBuilder<'_>, name: &[u8]| -> Result<Option<Entry>> {
            let entry = builder.get(name).or_fail(Kind::Internal, failed)?;
            Ok(entry.map(|e| Entry {
                id: ObjectId::from(e.id()),
                mode: Mode::from_raw(e.filemode_raw()),
            }))
        };
        for (name, entry) in &leaves {
            let there = now(&builder, name)?;
            if entry.is_none()
                && there.is_some_and(|e| e.mode != Mode::Folder || !below.contains_key(name))
            {
                builder.remove(*name).or_fail(Kind::Internal, failed)?;
            }
        }
        for (name, edits) in &below {
            let there = now(&builder, name)?;
            let folder = there.filter(|e| e.mode == Mode::Folder).map(|e| e.id);
            match self.edit_folder(folder, edits)? {
                Some(id) => {
                    // Only what these edits remove themselves may make room for a folder.
                    if there.is_some() && folder.is_none() {
                        return Err(Error::new(
                            Kind::Conflict,
                            format!("`{}` is a file on the branch and would become a folder", String::from_utf8_lossy(name)),
                        )
                        .hint("nothing was written; choose another path, or remove that file in the same commit"));
                    }
                    let id = id.written_in(repo)?;
                    builder
                        .insert(*name, id, i32::from(FileMode::Tree))
                        .map(drop)
                        .or_fail(Kind::Denied, || refused_name(name))?;
                }
                None if folder.is_some() => {
                    builder.remove(*name).or_fail(Kind::Internal, failed)?
                }
                None => {}
            }
        }
        for (name, entry) in &leaves {
            if let Some(entry) = entry {
                let there = now(&builder, name)?;
                if there.is_some_and(|e| (e.mode == Mode::Folder) != (entry.mode == Mode::Folder)) {
                    return Err(Error::new(
                        Kind::Conflict,
                        format!("`{}` is a folder on the branch and would become a file", String::from_utf8_lossy(name)),
                    )
                    .hint("nothing was written; choose another path, or remove all files of that folder in the same commit"));
                }
                let id = entry.id.written_in(repo)?;
                builder
                    .insert(*name, id, i32::from(entry.mode.raw()))
                    .map(drop)
                    .or_fail(Kind::Denied, || refused_name(name))?;
            }
        }
        if builder.is_empty() {
            return Ok(None);
        }
        let id = ObjectId::from(builder.write().or_fail(Kind::Internal, failed)?);
        if Some(id) != base {
            self.objects.push(id);
        }
        Ok(Some(id))
    }

    /// Writes a commit. `time` is in seconds since 1970, written as UTC.
    ///
    /// `last_line` sees every byte of the object before it, and may add one line, which
    /// brings its own end.
    pub fn commit(
        &mut self,
        tree: ObjectId,
        parents: &[CommitId],
        who: &Person,
        time: i64,
        message: &str,
        last_line: impl FnOnce(&[u8]) -> Option<String>,
    ) -> Result<CommitId> {
        let failed = || "the commit could not be stored";
        let signature = git2::Signature::new(&who.name, &who.email, &git2::Time::new(time, 0))
            .or_fail(Kind::Usage, || {
                format!(
                    "`{} <{}>` cannot be written into a commit",
                    who.name, who.email
                )
            })?;
        let tree = self.store.tree(tree)?;
        let repo = self.store.repo();
        let parents = parents
            .iter()
            .map(|p| repo.find_commit(p.within(repo)))
            .collect::<std::result::Result<Vec<_>, _>>()
            .or_fail(Kind::Internal, failed)?;
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let mut bytes = repo
            .commit_create_buffer(&signature, &signature, message, &tree, &parents)
            .or_fail(Kind::Internal, failed)?
            .to_vec();
        if let Some(line) = last_line(&bytes) {
            bytes.extend_from_slice(line.as_bytes());
        }
        if bytes.len() > MAX_COMMIT {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "the commit itself would have {} bytes without its files, and aidf makes none of more than {MAX_COMMIT}",
                    bytes.len()
                ),
            )
            .hint("shorten its message, or undo fewer commits at once"));
        }
        let id = Objects::of(repo)?.write(ObjectType::Commit, &bytes);
        let id = id.or_fail(Kind::Internal, failed)?;
        self.objects.push(id);
        Ok(id)
    }

    /// Everything that was written, and others that were written before, each once.
    pub fn objects_and(mut self, others: &[ObjectId]) -> Vec<ObjectId> {
        self.objects.extend_from_slice(others);
        self.objects()
    }

    /// Everything that was written, each once.
    pub fn objects(mut self) -> Vec<ObjectId> {
        self.objects.sort();
        self.objects.dedup();
        self.objects
    }
}

fn refused_name(name: &[u8]) -> String {
    format!(
        "git does not accept `{}` as a name in a tree",
        String::from_utf8_lossy(name)
    )
}

/// A pack of `objects`, thin where that is allowed.
pub(crate) fn pack_of(
    store: &Store,
    objects: &[ObjectId],
    may_be_thin: bool,
) -> Result<pack::Pack> {
    let known = may_be_thin.then(|| store.deltas());
    pack::write(store.repo(), objects, known)
}
