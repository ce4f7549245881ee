//! Where a repository's bundles lie: what the rest of the house asks of such a place, and what
//! a file of it is once it can be read here.

mod bucket;
mod dir;
mod home;

pub(super) use dir::Dir;
pub(super) use home::{Home, Reach};

use crate::error::Result;
use crate::files::{digest_of, names_aside};
use crate::git::Bundle;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, TempPath};

/// The list of a place's bundles for git.
pub(super) const LIST: &str = "bundle-list";

/// A place with files in it, and no folders below.
pub(super) trait Place {
    /// Its address for messages.
    fn shown(&self) -> String;

    /// What locks and this machine's memory know it by: two ways to one place have one id.
    fn id(&self) -> String;

    /// Whether its files lie on this machine, so that reading one costs no transfer.
    fn is_near(&self) -> bool;

    /// The names of its files, in order; none if the place does not exist yet.
    ///
    /// Errors: unavailable, auth, denied, for a place elsewhere.
    fn names(&self) -> Result<Vec<String>>;

    /// A small file, whole.
    ///
    /// Errors: internal, for the disk; unavailable, auth, denied.
    fn read(&self, name: &str, most: u64) -> Result<Small>;

    /// A file of any size, to be read on this machine.
    ///
    /// Errors: not_found; internal, for the disk; unavailable, auth, denied.
    fn file(&self, name: &str) -> Result<Local>;

    /// Where a new file is written before [`Place::put`] gives it its name.
    ///
    /// Errors: internal, for the disk.
    fn draft(&self) -> Result<Draft>;

    /// Gives a finished draft its name. Under that name it appears whole or not at all, and
    /// nothing that exists is replaced. The draft may be gone after that.
    ///
    /// Errors: conflict, if the name is taken; internal, for the disk; unavailable, auth,
    /// denied.
    fn put(&self, draft: &Path, name: &str) -> Result<()>;

    /// Writes a small file, if it is still the one of this version.
    ///
    /// Errors: conflict, if another run changed it; internal, for the disk; unavailable, auth,
    /// denied.
    fn replace(&self, name: &str, bytes: &[u8], was: &Version) -> Result<Version>;

    /// Gives a file another name, so that it can be looked at later. Returns its new address;
    /// `None` if there is no such file, or none that anybody could use.
    ///
    /// Errors: as those of [`Place::replace`].
    fn set_aside(&self, name: &str) -> Result<Option<String>>;

    /// A name that no file has yet, for a damaged one.
    ///
    /// Errors: as those of [`Place::names`].
    fn name_aside(&self, name: &str) -> Result<String> {
        let taken = self.names()?;
        Ok(names_aside(name)
            .find(|n| !taken.contains(n))
            .unwrap_or_default())
    }

    /// Removes a file. It may be gone already.
    ///
    /// Errors: as those of [`Place::replace`].
    fn remove(&self, name: &str) -> Result<()>;

    /// Why a file cannot be removed yet, if something holds it.
    ///
    /// Errors: unavailable, auth, denied.
    fn held(&self, name: &str) -> Result<Option<String>>;

    /// Removes what runs that were cut off have left unfinished. What may be of a run on
    /// another machine stays for a day.
    ///
    /// Errors: unavailable, auth, denied.
    fn tidy(&self) -> Result<()>;

    /// The address of one of its files, for messages.
    fn address(&self, name: &str) -> String;
}

/// Which state of a small file was read or written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Version {
    /// There was no such file.
    #[default]
    Absent,
    /// The file with this mark.
    Marked(String),
}

/// A file that is not finished. What is left of it goes with this.
pub(super) struct Draft {
    path: PathBuf,
    _file: Option<TempPath>,
    _around: Option<TempDir>,
}

impl Draft {
    /// This file.
    pub fn file(file: TempPath) -> Draft {
        Draft {
            path: file.to_path_buf(),
            _file: Some(file),
            _around: None,
        }
    }

    /// A file in this folder, which need not exist yet.
    pub fn inside(around: TempDir) -> Draft {
        Draft {
            path: around.path().join("draft"),
            _file: None,
            _around: Some(around),
        }
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A small file, as read.
pub(super) enum Small {
    /// There is none.
    Absent,
    /// It is longer than was asked for.
    TooLong,
    /// Its bytes.
    Bytes(Vec<u8>, Version),
}

/// A file that can be read on this machine: the file itself, or a copy that goes with this.
pub(super) struct Local {
    path: PathBuf,
    shown: String,
    _copy: Option<TempPath>,
}

impl Local {
    /// The file itself.
    pub fn itself(path: PathBuf) -> Local {
        Local {
            shown: path.display().to_string(),
            path,
            _copy: None,
        }
    }

    /// A copy of a file that messages call `shown`.
    pub fn copy(copy: TempPath, shown: String) -> Local {
        Local {
            path: copy.to_path_buf(),
            shown,
            _copy: Some(copy),
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> io::Result<String> {
        digest_of(&self.path)
    }

    /// The bundle in it.
    ///
    /// Errors: as those of [`Bundle::read`].
    pub fn bundle(&self) -> Result<Bundle> {
        Bundle::read_as(&self.path, &self.shown)
    }
}
