//! The mode that a tree has a file of this machine in. Its executable bit tells, unless
//! `core.fileMode` says that the bit means nothing here: then git's index and the branch tell.

use super::id::ObjectId;
use super::object::Mode;
use super::settings::is_false;
use super::store::Store;
use crate::error::Result;
use std::fs::Metadata;

/// Whether a file has its executable bit.
#[cfg(unix)]
fn is_executable(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

/// Other platforms have no executable bit.
#[cfg(not(unix))]
fn is_executable(_meta: &Metadata) -> bool {
    false
}

/// The mode for an executable bit.
fn of_bit(is_executable: bool) -> Mode {
    match is_executable {
        true => Mode::Executable,
        false => Mode::File,
    }
}

/// The mode that the bits of a file stand for, whatever git makes of them.
pub(super) fn of_bits(meta: &Metadata) -> Mode {
    of_bit(is_executable(meta))
}

impl Store {
    /// Whether the executable bits of files here mean something (git-config(1), `core.fileMode`).
    pub fn trusts_modes(&self) -> Result<bool> {
        let setting = self.settings()?.last("core.filemode");
        Ok(self.work_dir().is_none() || !setting.is_some_and(is_false))
    }

    /// The mode of a file at `path` by its executable bit, or by git's index where that bit means
    /// nothing. None where only a tree can tell.
    ///
    /// Errors: unavailable, where git is needed to read the index and cannot be started.
    pub fn mode_here(&self, path: &[u8], is_executable: bool) -> Result<Option<Mode>> {
        if self.trusts_modes()? {
            return Ok(Some(of_bit(is_executable)));
        }
        let staged = self.indexed(path)?.entry.map(|e| e.mode);
        Ok(staged.filter(|mode| mode.is_file()))
    }

    /// The same, where `tree` tells if nothing else does. A file that is new has no such bit.
    ///
    /// Errors: as [`Store::mode_here`], and those of reading the tree.
    pub fn mode_of(&self, path: &[u8], meta: &Metadata, tree: Option<ObjectId>) -> Result<Mode> {
        if let Some(mode) = self.mode_here(path, is_executable(meta))? {
            return Ok(mode);
        }
        let there = match tree {
            Some(tree) => self.entry(tree, path)?.map(|e| e.mode),
            None => None,
        };
        Ok(there.filter(|mode| mode.is_file()).unwrap_or(Mode::File))
    }
}
