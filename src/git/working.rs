//! The working tree and the index: what differs in them, and since when.

use super::id::ObjectId;
use super::object::{Entry, Mode, bytes_to_path};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use git2::ObjectType;
use std::collections::BTreeMap;
use std::path::Path;

impl Store {
    /// What the index says of each path, and when git last looked; `None` where the index
    /// cannot be read.
    pub fn index_stamps(&self) -> Option<BTreeMap<Vec<u8>, IndexStamp>> {
        let index = self.repo().index().ok()?;
        let nanos = |time: git2::IndexTime| {
            u64::try_from(time.seconds()).unwrap_or(0) * 1_000_000_000
                + u64::from(time.nanoseconds())
        };
        let entries = index.iter().map(|entry| {
            let stamp = IndexStamp {
                id: ObjectId::from(entry.id),
                at: nanos(entry.mtime),
            };
            (entry.path, stamp)
        });
        Some(entries.collect())
    }

    /// Files of the working tree that differ from HEAD: path, and whether it is still there.
    ///
    /// Errors: usage, in a bare repository or before the first commit.
    pub fn working_changes(&self) -> Result<Vec<(Vec<u8>, bool)>> {
        if self.repo().workdir().is_none() {
            return Err(Error::new(
                Kind::Usage,
                "there is no working tree here to take changes from",
            )
            .hint("name the files: aidf commit PATH… -m MESSAGE"));
        }
        let head = self.head()?.ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "HEAD has no commit to compare the working tree with",
            )
        })?;
        self.changes_since(Some(self.commit(head)?.tree))
    }

    /// The same, where `head` is the tree of HEAD, and none before the first commit. The
    /// index is read for what git last saw of each file, and not written.
    pub(super) fn changes_since(&self, head: Option<ObjectId>) -> Result<Vec<(Vec<u8>, bool)>> {
        let failed = || "the working tree cannot be compared with HEAD";
        if self.repo().index().is_err() {
            return self.changes_by_git();
        }
        // libgit2 goes through all of them.
        self.ensure_folders(head)?;
        let head = head.map(|id| self.tree(id)).transpose()?;
        let mut options = git2::DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_typechange(true)
            .ignore_submodules(true);
        let diff = self
            .repo()
            .diff_tree_to_workdir_with_index(head.as_ref(), Some(&mut options))
            .or_fail(Kind::Internal, failed)?;
        let mut found = Vec::new();
        for delta in diff.deltas() {
            let Some(path) = delta
                .new_file()
                .path_bytes()
                .or(delta.old_file().path_bytes())
            else {
                continue;
            };
            let there = self.is_in_work_dir(path);
            // What a sparse checkout leaves out was not removed (git-sparse-checkout(1)).
            if !there && self.indexed(path)?.is_hidden() {
                continue;
            }
            found.push((path.to_vec(), there));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Whether something stands at a path: anything but a folder, which is what lies in it, if
    /// it is no repository of its own.
    pub fn is_in_work_dir(&self, path: &[u8]) -> bool {
        let Some(place) = self.work_dir().map(|w| w.join(bytes_to_path(path))) else {
            return false;
        };
        match place.symlink_metadata() {
            Ok(meta) if meta.is_dir() => place.join(".git").symlink_metadata().is_ok(),
            found => found.is_ok(),
        }
    }

    /// The same by git itself: libgit2 reads neither a split nor a sparse index. No program
    /// that the repository's configuration names is run (git-status(1), porcelain format 2).
    fn changes_by_git(&self) -> Result<Vec<(Vec<u8>, bool)>> {
        let mut command = self.git_without_filters()?;
        command.arg("--no-optional-locks");
        command.args([
            "status",
            "--porcelain=v2",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--ignore-submodules=all",
        ]);
        let said = self.run(
            command,
            Vec::new(),
            0,
            "the index cannot be read, and git cannot tell what changed",
        )?;
        let mut found = Vec::new();
        for line in said.split(|b| *b == 0) {
            // The path follows so many fields.
            let fields = match line.first() {
                Some(b'1') => 8,
                Some(b'u') => 10,
                Some(b'?') => 1,
                _ => continue,
            };
            let path = line.splitn(fields + 1, |b| *b == b' ').nth(fields);
            found.extend(path.map(|p| (p.to_vec(), self.is_in_work_dir(p))));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What a file of the working tree would be in a tree; nothing is stored.
    ///
    /// Errors: usage, for one that cannot be read.
    pub fn as_blob(&self, file: &Path, mode: Mode) -> Result<Entry> {
        let id = self.hash_file(file).or_fail(Kind::Usage, || {
            format!("`{}` cannot be read", file.display())
        })?;
        Ok(Entry { id, mode })
    }

    /// The name that a file would have as a blob here.
    pub(super) fn hash_file(&self, file: &Path) -> std::result::Result<ObjectId, git2::Error> {
        let format = self.repo().object_format();
        git2::Oid::hash_file_ext(ObjectType::Blob, file, format).map(ObjectId::from)
    }

    /// Whether git's ignore rules leave a file of the working tree out.
    pub fn is_ignored(&self, path: &Path) -> bool {
        self.repo().is_path_ignored(path).unwrap_or(false)
    }
}

/// What the index holds of a path.
#[derive(Debug, Clone, Copy)]
pub struct IndexStamp {
    /// The blob.
    pub id: ObjectId,
    /// The file's time of modification when git last took note of it, in nanoseconds since
    /// 1970.
    at: u64,
}

impl IndexStamp {
    /// Whether git took note of the file after `moment`, in nanoseconds since 1970. An entry
    /// of whole seconds counts as newer within its second. `None` where git forgot when it
    /// was, as `git merge --abort` makes it.
    pub fn is_newer_than(&self, moment: u64) -> Option<bool> {
        const SECOND: u64 = 1_000_000_000;
        match self.at {
            0 => None,
            at if at.is_multiple_of(SECOND) => Some(at / SECOND >= moment / SECOND),
            at => Some(at > moment),
        }
    }
}
