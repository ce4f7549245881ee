//! The working copy: its files, its index and its branch, each written only where asked.

use super::convert::Convert;
use super::draft::Draft;
use super::object::{Entry, Mode, bytes_to_path, path_to_bytes};
use super::settings::is_false;
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use std::fs::{File, Metadata};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most bytes of a link's target; Linux takes 4,095 (path_resolution(7)).
const MAX_TARGET: u64 = 1 << 16;

/// A file of the working tree as it was read: its content is in the store.
#[derive(Debug, Clone)]
pub struct WorkFile {
    /// What a tree would hold of it.
    pub entry: Entry,
    stamp: (u64, Option<SystemTime>),
}

/// A symlink of the working tree as it was read: its target is in the store.
#[derive(Debug, Clone)]
pub struct WorkLink {
    entry: Entry,
    target: PathBuf,
}

/// What stands at a path of the working tree.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// A file.
    File(WorkFile),
    /// A symlink.
    Link(WorkLink),
    /// A folder.
    Folder,
    /// Something else, or what lies behind a link.
    Other,
}

impl Standing {
    /// What a tree would hold of a file; none for nothing and for what is no file.
    pub fn entry(&self) -> Option<Entry> {
        match self {
            Standing::File(file) => Some(file.entry),
            _ => None,
        }
    }

    /// What a tree would hold of a file or a symlink; none for anything else.
    pub fn file_or_link(&self) -> Option<Entry> {
        match self {
            Standing::Link(link) => Some(link.entry),
            _ => self.entry(),
        }
    }
}

pub(super) fn stamp(meta: &Metadata) -> (u64, Option<SystemTime>) {
    (meta.len(), meta.modified().ok())
}

/// A new file in `folder` with the mode that git gives it: what the umask leaves.
#[cfg(unix)]
pub(super) fn new_file(folder: &Path, mode: Mode) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let bits = match mode {
        Mode::Executable => 0o777,
        _ => 0o666,
    };
    tempfile::Builder::new()
        .prefix(crate::files::UNFINISHED)
        .permissions(std::fs::Permissions::from_mode(bits))
        .tempfile_in(folder)
}

/// Other platforms have no mode to give.
#[cfg(not(unix))]
pub(super) fn new_file(folder: &Path, _mode: Mode) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .prefix(crate::files::UNFINISHED)
        .tempfile_in(folder)
}

/// Makes a symlink; false where something appeared there meanwhile.
#[cfg(unix)]
fn put_link(target: &Path, place: &Path, replaces: bool) -> std::io::Result<bool> {
    let folder = place.parent().unwrap_or(place);
    let link = tempfile::Builder::new()
        .prefix(crate::files::UNFINISHED)
        .make_in(folder, |path| std::os::unix::fs::symlink(target, path))?;
    let made = match replaces {
        true => link.persist(place).map(drop),
        false => link.persist_noclobber(place).map(drop),
    };
    match made {
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|()| true).map_err(|e| e.error),
    }
}

/// Other platforms need rights for it that few users have: see [`Store::makes_links`].
#[cfg(not(unix))]
fn put_link(_target: &Path, _place: &Path, _replaces: bool) -> std::io::Result<bool> {
    Ok(false)
}

impl Store {
    /// The working tree, for `who` needs one.
    ///
    /// Errors: usage, where there is none.
    pub fn need_work_dir(&self, who: &str) -> Result<&Path> {
        self.work_dir().ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!("{who} needs a clone with a working tree"),
            )
            .hint("run this in one, or name it with -C DIR")
        })
    }

    /// Reads what stands at a path of the working tree; a file's content goes into `draft`
    /// as git would store it.
    ///
    /// Errors: usage, without a working tree; internal, for the disk; denied, for a filter
    /// that may not be run.
    pub fn work_file(
        &self,
        draft: &mut Draft<'_>,
        path: &[u8],
        convert: &Convert<'_>,
    ) -> Result<Standing> {
        let place = self.place(path)?;
        let failed = || format!("`{}` cannot be read", place.display());
        if self.has_link_above(path) {
            return Ok(Standing::Other);
        }
        let meta = match place.symlink_metadata() {
            Ok(meta) if meta.is_file() => meta,
            Ok(meta) if meta.is_dir() => return Ok(Standing::Folder),
            Ok(meta) if meta.is_symlink() => {
                let target = std::fs::read_link(&place).or_fail(Kind::Internal, failed)?;
                let id = draft.blob(&path_to_bytes(&target))?;
                let mode = Mode::Symlink;
                let entry = Entry { id, mode };
                return Ok(Standing::Link(WorkLink { entry, target }));
            }
            Ok(_) => return Ok(Standing::Other),
            Err(_) => return Ok(Standing::Nothing),
        };
        let mut file = File::open(&place).or_fail(Kind::Internal, failed)?;
        let raw = draft.blob_from(&mut file, |_| Ok(()))?;
        let id = match std::str::from_utf8(path) {
            Ok(path) => convert.clean(draft, path, raw)?,
            Err(_) => raw,
        };
        Ok(Standing::File(WorkFile {
            entry: Entry {
                id,
                mode: self.mode_of(path, &meta, Some(convert.tree()))?,
            },
            stamp: stamp(&meta),
        }))
    }

    /// Puts `entry` (none: nothing) into the working tree, where `before` is what stood
    /// there. A folder counts as nothing where its files were removed before. False where that
    /// changed meanwhile, or something else is in the way: then it is left alone.
    ///
    /// A symlink is made as git makes one, where the platform has them. Of a submodule there is
    /// an empty folder, as git has one until `git submodule update`.
    ///
    /// Errors: internal, for the disk; denied, for a filter that may not be run.
    pub fn put_work_file(
        &self,
        path: &[u8],
        before: &Standing,
        entry: Option<Entry>,
        convert: &Convert<'_>,
    ) -> Result<bool> {
        let place = self.place(path)?;
        let failed = || format!("`{}` cannot be written", place.display());
        let is_no_folder = |p: PathBuf| p.symlink_metadata().is_ok_and(|meta| !meta.is_dir());
        if self.above(path).any(is_no_folder) {
            return Ok(false);
        }
        let now = place.symlink_metadata().ok();
        let same = match (before, &now) {
            (Standing::Nothing | Standing::Folder, None) => true,
            (Standing::File(file), Some(meta)) => meta.is_file() && stamp(meta) == file.stamp,
            (Standing::Link(link), Some(meta)) => {
                meta.is_symlink() && std::fs::read_link(&place).is_ok_and(|t| t == link.target)
            }
            (Standing::Nothing | Standing::Folder, Some(meta)) => meta.is_dir(),
            _ => false,
        };
        if !same {
            return Ok(false);
        }
        let is_folder = now.as_ref().is_some_and(Metadata::is_dir);
        if entry.is_some_and(|e| e.mode == Mode::Submodule) {
            if !is_folder && now.is_some() {
                std::fs::remove_file(&place).or_fail(Kind::Internal, failed)?;
            }
            return Ok(std::fs::create_dir_all(&place).is_ok());
        }
        // The folder of a submodule, or an empty one, gives way. What is in it stays.
        if is_folder && std::fs::remove_dir(&place).is_err() {
            return Ok(entry.is_none());
        }
        let now = now.filter(|_| !is_folder);
        let Some(entry) = entry else {
            if now.is_some() {
                std::fs::remove_file(&place).or_fail(Kind::Internal, failed)?;
                self.remove_empty_folders(&place);
            }
            return Ok(true);
        };
        let folder = place.parent().unwrap_or(&place);
        let is_link = entry.mode == Mode::Symlink;
        if is_link && self.blob_size(entry.id)? > MAX_TARGET {
            return Ok(false);
        }
        if is_link && self.makes_links()? {
            let target = bytes_to_path(&self.read_blob(entry.id)?);
            std::fs::create_dir_all(folder).or_fail(Kind::Internal, failed)?;
            // A link that this file system refuses is left alone.
            return Ok(put_link(&target, &place, now.is_some()).unwrap_or(false));
        }
        let content = match std::str::from_utf8(path) {
            Ok(path) if !is_link => convert.smudge(path, entry.id)?,
            _ => self.read_blob(entry.id)?,
        };
        std::fs::create_dir_all(folder).or_fail(Kind::Internal, failed)?;
        let mut temporary = new_file(folder, entry.mode).or_fail(Kind::Internal, failed)?;
        temporary
            .write_all(&content)
            .or_fail(Kind::Internal, failed)?;
        match now {
            Some(_) => temporary.persist(&place).map(drop).map_err(|e| e.error),
            // Something may have appeared there meanwhile.
            None => temporary
                .persist_noclobber(&place)
                .map(drop)
                .map_err(|e| e.error),
        }
        .or_fail(Kind::Internal, failed)?;
        Ok(true)
    }

    /// Whether links come into the working tree as links, and not as files with their targets
    /// (git-config(1), `core.symlinks`).
    pub fn makes_links(&self) -> Result<bool> {
        let setting = self.settings()?.last("core.symlinks");
        Ok(cfg!(unix) && !setting.is_some_and(is_false))
    }

    pub(super) fn place(&self, path: &[u8]) -> Result<PathBuf> {
        Ok(self.need_work_dir("this")?.join(bytes_to_path(path)))
    }

    pub(super) fn has_link_above(&self, path: &[u8]) -> bool {
        self.above(path).any(|place| place.is_symlink())
    }

    /// The folders of the working tree that a path lies in.
    fn above(&self, path: &[u8]) -> impl Iterator<Item = PathBuf> {
        let above = path.iter().enumerate().filter(|(_, b)| **b == b'/');
        above.filter_map(|(at, _)| self.place(&path[..at]).ok())
    }

    pub(super) fn remove_empty_folders(&self, file: &Path) {
        let root = self.work_dir().unwrap_or(file);
        let above = file.ancestors().skip(1);
        for folder in above.take_while(|f| *f != root && f.starts_with(root)) {
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }

    /// Makes the remote's branch of the same name the local branch's upstream.
    pub fn set_upstream(&self, branch: &str, remote: &str) -> Result<()> {
        let failed = || format!("the upstream of {branch} cannot be set");
        // Where git writes it, whatever else is read.
        let file = self.common_dir().join("config");
        let mut config = git2::Config::open(&file).or_fail(Kind::Internal, failed)?;
        let merge = format!("refs/heads/{branch}");
        for (key, value) in [("remote", remote), ("merge", merge.as_str())] {
            config
                .set_str(&format!("branch.{branch}.{key}"), value)
                .or_fail(Kind::Internal, failed)?;
        }
        Ok(())
    }
}
