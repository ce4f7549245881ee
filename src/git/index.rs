//! git's index: what it holds of a path, and making it hold what a checkout brings.

use super::id::{ObjectId, leads_away};
use super::index_scan::has_stages;
use super::indexed::Indexed;
use super::object::{Entry, Mode, bytes_to_path};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use git2::{IndexEntryExtendedFlag, IndexEntryFlag};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io::ErrorKind;

impl Store {
    /// What the index holds of a path. git itself is asked where libgit2 reads no such index.
    ///
    /// Errors: unavailable, where git is needed and cannot be started; denied, where it fails.
    pub fn indexed(&self, path: &[u8]) -> Result<Indexed> {
        // No index holds such a path, and libgit2 takes none.
        if leads_away(path) || self.work_dir().is_none() {
            return Ok(Indexed::default());
        }
        // libgit2 reads an index that it cannot read again each time.
        let index = match self.index_seen().get() {
            Some(_) => None,
            None => self.repo().index().ok(),
        };
        let Some(index) = index else {
            let all = self.index_by_git()?;
            return Ok(all.get(path).copied().unwrap_or_default());
        };
        let place = bytes_to_path(path);
        let Some(found) = index.get_path(&place, 0) else {
            let mut stages = 1..=3;
            return Ok(Indexed {
                is_unmerged: stages.any(|stage| index.get_path(&place, stage).is_some()),
                ..Indexed::default()
            });
        };
        let extended = |flag: IndexEntryExtendedFlag| found.flags_extended & flag.bits() != 0;
        let is_announced = extended(IndexEntryExtendedFlag::INTENT_TO_ADD);
        Ok(Indexed {
            entry: (!is_announced).then(|| entry_of(found.mode, found.id.into())),
            is_unmerged: false,
            is_skipped: extended(IndexEntryExtendedFlag::SKIP_WORKTREE),
            is_assumed: found.flags & IndexEntryFlag::VALID.bits() != 0,
        })
    }

    /// Whether git is told not to look at a file: nobody means it who does not name it.
    ///
    /// Errors: as [`Store::indexed`].
    pub fn is_hidden(&self, path: &str) -> Result<bool> {
        Ok(self.indexed(path.as_bytes())?.is_hidden())
    }

    /// The whole index as git tells it (git-ls-files(1), `-v` and `--stage`), asked once.
    fn index_by_git(&self) -> Result<&BTreeMap<Vec<u8>, Indexed>> {
        if let Some(known) = self.index_seen().get() {
            return Ok(known);
        }
        let mut command = self.git_without_filters()?;
        command.args(["ls-files", "-z", "-v", "--stage"]);
        let failed = "the index cannot be read, and git cannot tell what it holds";
        let said = self.run(command, Vec::new(), 0, failed).map_err(|e| {
            e.hint("nothing was changed; see what `git status` says, and have git installed")
        })?;
        let mut found: BTreeMap<Vec<u8>, Indexed> = BTreeMap::new();
        for line in said.split(|b| *b == 0) {
            let Some(tab) = line.iter().position(|b| *b == b'\t') else {
                continue;
            };
            let head = String::from_utf8_lossy(&line[..tab]);
            let fields: Vec<&str> = head.split(' ').collect();
            let [tag, mode, id, stage] = fields[..] else {
                continue;
            };
            let at = found.entry(line[tab + 1..].to_vec()).or_default();
            at.is_unmerged |= stage != "0";
            at.is_skipped |= tag.eq_ignore_ascii_case("s");
            at.is_assumed |= tag.chars().all(|c| c.is_ascii_lowercase());
            if let (Ok(mode), Some(id), "0") = (
                u32::from_str_radix(mode, 8),
                ObjectId::parse(id).ok(),
                stage,
            ) {
                at.entry = Some(entry_of(mode, id));
            }
        }
        Ok(self.index_seen().get_or_init(|| found))
    }

    /// Whether a merge may have left several versions of a path. Cheap; true where only the
    /// whole index can tell.
    pub fn may_be_unmerged(&self) -> bool {
        match std::fs::read(self.git_dir().join("index")) {
            Ok(bytes) => has_stages(&bytes, self.format()) != Some(false),
            Err(e) => e.kind() != ErrorKind::NotFound,
        }
    }

    /// The first path that a merge left several versions of.
    ///
    /// Errors: as [`Store::indexed`].
    pub fn first_unmerged(&self) -> Result<Option<Vec<u8>>> {
        if !self.may_be_unmerged() {
            return Ok(None);
        }
        let Ok(index) = self.repo().index() else {
            let mut all = self.index_by_git()?.iter();
            return Ok(all
                .find(|(_, at)| at.is_unmerged)
                .map(|(path, _)| path.clone()));
        };
        if !index.has_conflicts() {
            return Ok(None);
        }
        let stage = |flags: u16| (flags >> 12) & 3;
        let found = index.iter().find(|entry| stage(entry.flags) != 0);
        Ok(found.map(|entry| entry.path))
    }

    /// Refuses to go on where a merge left several versions of a path, as git does before it
    /// moves HEAD.
    ///
    /// Errors: conflict, with the path; as [`Store::indexed`].
    pub fn check_merged(&self) -> Result<()> {
        match self.first_unmerged()? {
            None => Ok(()),
            Some(path) => Err(unmerged(&String::from_utf8_lossy(&path))),
        }
    }

    /// Sees to it that the index can be written, before anything else is.
    ///
    /// Errors: conflict, for an index that libgit2 cannot read.
    pub fn check_index(&self) -> Result<()> {
        self.own_index().map(drop)
    }

    fn own_index(&self) -> Result<git2::Index> {
        let index = self.repo().index();
        let index = index.or_fail(Kind::Conflict, || INDEX_UNREADABLE);
        index.map_err(|e| e.hint(MAKE_INDEX_READABLE))
    }

    /// Makes the index hold `entries` at these paths. What git was told of a file (that it is
    /// not to look at it) stays so.
    ///
    /// Errors: conflict, for an index that cannot be read or is locked.
    pub fn set_index(&self, entries: &[(Vec<u8>, Option<Entry>)]) -> Result<()> {
        let mut index = self.own_index()?;
        let unreadable = || "git's index cannot be changed";
        index.read(false).or_fail(Kind::Conflict, unreadable)?;
        let outside = match self.is_sparse()? {
            true => self.outside_patterns(&self.absent_from(&index, entries))?,
            false => BTreeSet::new(),
        };
        for (path, entry) in entries {
            match entry {
                None => {
                    // What is not there need not go.
                    let _ = index.remove(&bytes_to_path(path), 0);
                }
                Some(entry) => {
                    let skip = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
                    let mut new = self.index_entry(path, *entry)?;
                    let old = match leads_away(path) {
                        true => None,
                        false => index.get_path(&bytes_to_path(path), 0),
                    };
                    if let Some(old) = old {
                        new.flags |= old.flags & IndexEntryFlag::VALID.bits();
                        new.flags_extended |= old.flags_extended & skip;
                    } else if outside.contains(path) {
                        new.flags_extended |= skip;
                    }
                    // git takes no look at such a file, and so it would never stamp it.
                    if new.flags != 0 || new.flags_extended != 0 {
                        self.stamp_entry(&mut new, *entry)?;
                    }
                    index.add(&new).or_fail(Kind::Conflict, unreadable)?;
                }
            }
        }
        let written = index.write().or_fail(
            Kind::Conflict,
            || "git's index cannot be written; another git process may be using it",
        );
        written.map_err(|e| {
            let lock = self.git_dir().join("index.lock");
            match lock.exists() {
                true => e.hint(format!(
                    "wait for that process and run the same command again; if none runs, remove {}",
                    lock.display()
                )),
                false => e,
            }
        })
    }

    /// Those of `entries` that are in neither the index nor the working tree.
    fn absent_from<'a>(
        &self,
        index: &git2::Index,
        entries: &'a [(Vec<u8>, Option<Entry>)],
    ) -> Vec<&'a [u8]> {
        let added = entries.iter().filter(|(_, entry)| entry.is_some());
        let paths = added.map(|(path, _)| path.as_slice());
        paths
            .filter(|path| !leads_away(path) && !self.is_in_work_dir(path))
            .filter(|path| index.get_path(&bytes_to_path(path), 0).is_none())
            .collect()
    }

    /// Notes for git how the file of an entry looks, where it holds what the entry does.
    fn stamp_entry(&self, new: &mut git2::IndexEntry, entry: Entry) -> Result<()> {
        let place = self.place(&new.path)?;
        if let Ok(meta) = place.symlink_metadata()
            && meta.is_file()
            && self.hash_file(&place).is_ok_and(|id| id == entry.id)
        {
            stamp_entry(new, &meta);
        }
        Ok(())
    }

    /// An entry without a stamp: git looks at the file once, and stamps it then.
    fn index_entry(&self, path: &[u8], entry: Entry) -> Result<git2::IndexEntry> {
        let none = git2::IndexTime::new(0, 0);
        Ok(git2::IndexEntry {
            ctime: none,
            mtime: none,
            dev: 0,
            ino: 0,
            mode: i32::from(entry.mode.raw()) as u32,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: entry.id.written_in(self.repo())?,
            flags: 0,
            flags_extended: 0,
            path: path.to_vec(),
        })
    }
}

/// What is said of a path that a merge left several versions of.
pub fn unmerged(path: &str) -> Error {
    Error::new(
        Kind::Conflict,
        format!("`{path}` is unmerged: git has several versions of it, and may have put its conflict markers into the file"),
    )
    .hint("nothing was changed; make the file what it is to be, and tell git so: `git add` or `git rm`")
}

/// What is said of an index that libgit2 does not read.
pub const INDEX_UNREADABLE: &str = "git's index cannot be read here (it may be split or sparse)";

/// How to have one that it reads.
const MAKE_INDEX_READABLE: &str = "nothing was changed; have git write it whole: `git sparse-checkout reapply --no-sparse-index` for a sparse one, `git update-index --no-split-index` for a split one";

/// An entry of the index as a tree would hold it.
fn entry_of(mode: u32, id: ObjectId) -> Entry {
    let mode = Mode::from_raw(mode.cast_signed());
    Entry { id, mode }
}

/// What git compares of a file with its entry. It keeps 32 bits of each.
#[cfg(unix)]
fn stamp_entry(new: &mut git2::IndexEntry, meta: &Metadata) {
    use std::os::unix::fs::MetadataExt;
    let time = |seconds: i64, nanos: i64| git2::IndexTime::new(seconds as i32, nanos as u32);
    new.ctime = time(meta.ctime(), meta.ctime_nsec());
    new.mtime = time(meta.mtime(), meta.mtime_nsec());
    (new.dev, new.ino) = (meta.dev() as u32, meta.ino() as u32);
    (new.uid, new.gid) = (meta.uid(), meta.gid());
    new.file_size = meta.len() as u32;
}

/// Elsewhere the standard library does not tell it all.
#[cfg(not(unix))]
fn stamp_entry(_new: &mut git2::IndexEntry, _meta: &Metadata) {}
