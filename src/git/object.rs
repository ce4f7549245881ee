//! What trees and commits hold, as this crate sees it.

use super::id::{CommitId, ObjectId};
use git2::FileMode;
use std::path::PathBuf;

/// A file's mode in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// 100644
    File,
    /// 100755
    Executable,
    /// 120000
    Symlink,
    /// 160000
    Submodule,
    /// 040000
    Folder,
}

impl Mode {
    pub(super) fn from_raw(raw: i32) -> Mode {
        match raw & 0o170000 {
            0o040000 => Mode::Folder,
            0o120000 => Mode::Symlink,
            0o160000 => Mode::Submodule,
            _ if raw & 0o111 != 0 => Mode::Executable,
            _ => Mode::File,
        }
    }

    pub(super) fn raw(self) -> FileMode {
        match self {
            Mode::File => FileMode::Blob,
            Mode::Executable => FileMode::BlobExecutable,
            Mode::Symlink => FileMode::Link,
            Mode::Submodule => FileMode::Commit,
            Mode::Folder => FileMode::Tree,
        }
    }

    /// True for what has lines of its own.
    pub fn is_file(self) -> bool {
        matches!(self, Mode::File | Mode::Executable)
    }
}

/// What a tree holds at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The blob, tree or submodule commit.
    pub id: ObjectId,
    /// Its mode.
    pub mode: Mode,
}

impl Entry {
    /// This, but for a folder: a folder is what lies in it.
    pub fn no_folder(self) -> Option<Entry> {
        (self.mode != Mode::Folder).then_some(self)
    }
}

/// A tree's own entries, by name.
pub type Folder = std::collections::BTreeMap<Vec<u8>, Entry>;

/// A path's two sides in a comparison of trees. Paths are bytes as trees hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path (of the old side, where a rename was found).
    pub path: Vec<u8>,
    /// The new side's path, when it was renamed.
    pub renamed_to: Option<Vec<u8>>,
    /// Before.
    pub old: Option<Entry>,
    /// After.
    pub new: Option<Entry>,
}

/// Lines gained and lost by one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineCount {
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// True when lines were not counted: binary, or too large.
    pub binary: bool,
}

/// A commit as it was read.
#[derive(Debug, Clone)]
pub struct CommitInfo {
    /// Its id.
    pub id: CommitId,
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, first parent first.
    pub parents: Vec<CommitId>,
    /// `Name <address> seconds zone`, as in the object.
    pub author: String,
    /// The same of the committer.
    pub committer: String,
    /// The author's name.
    pub author_name: String,
    /// Commit time in seconds since 1970, UTC.
    pub time: i64,
    /// The whole message; what is not UTF-8 is replaced.
    pub message: String,
}

/// The largest commit that aidf makes, and that it takes as a whole, in bytes. Messages have up
/// to 64 KiB, and a rollback names each commit that it undoes.
pub const MAX_COMMIT: usize = 1 << 20;
/// How much of a larger message is kept from its beginning, in bytes; the rest from its end.
const BEGINNING: usize = 64 << 10;

/// A message as it is kept: without the middle of one that is larger than any commit should be.
/// Whoever may push could otherwise stop all who read the history.
pub(super) fn kept(message: &[u8]) -> String {
    if message.len() <= MAX_COMMIT {
        return String::from_utf8_lossy(message).into_owned();
    }
    let (first, rest) = message.split_at(BEGINNING);
    let (middle, last) = rest.split_at(rest.len() - (MAX_COMMIT - BEGINNING));
    format!(
        "{}\n\n({} bytes are left out)\n\n{}",
        String::from_utf8_lossy(first),
        middle.len(),
        String::from_utf8_lossy(last)
    )
}

impl CommitInfo {
    /// The first line.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or("")
    }
}

/// A person or sandbox as git writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
}

/// Blobs above this many bytes are not read for counting or merging.
pub const MAX_TEXT: u64 = 16 << 20;

/// A move of HEAD, or of another ref.
#[derive(Debug, Clone, Copy)]
pub struct RefMove {
    /// The commit that it came to.
    pub to: CommitId,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Whether that commit took the place of the one before.
    pub amends: bool,
}

impl RefMove {
    /// As a line of the ref's log tells it.
    pub(super) fn new(to: CommitId, at: i64, why: &[u8]) -> RefMove {
        let amends = why.starts_with(b"commit (amend)");
        RefMove { to, at, amends }
    }
}

/// A path of git's as this platform's.
#[cfg(unix)]
pub fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path of git's as this platform's.
#[cfg(not(unix))]
pub fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// A path of this platform as git stores it, such as the target of a symlink.
#[cfg(unix)]
pub(super) fn path_to_bytes(path: &std::path::Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// A path of this platform as git stores it, with its separators.
#[cfg(not(unix))]
pub(super) fn path_to_bytes(path: &std::path::Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}
