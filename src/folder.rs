//! A folder held open: what lies below it is opened from it, name by name, and never
//! through a link.
//!
//! A path that is checked and then opened by its name may be another file by then. Here
//! each part is opened from the one before without following a link, so that nothing
//! outside of the folder can be reached, and what was opened is what is looked at: the
//! same as openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, on every Unix and in
//! containers that know no openat2.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// A regular file that is open for reading.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: std::fs::File,
    /// Its length in bytes when it was opened.
    pub size: u64,
    /// Whether its owner may run it.
    pub executable: bool,
}

/// What a name of a folder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symlink.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// Why something was not opened.
#[derive(Debug)]
pub enum NotTaken {
    /// A part of the path is a symlink; how many bytes of the path it takes.
    Link(usize),
    /// It is a folder, a pipe, a socket or a device.
    NotAFile,
    /// The system says no.
    System(io::Error),
}

impl From<io::Error> for NotTaken {
    fn from(e: io::Error) -> Self {
        NotTaken::System(e)
    }
}

pub use platform::{Folder, open_file};

#[cfg(unix)]
mod platform {
    use super::*;
    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, openat, statat};
    use rustix::io::Errno;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::os::unix::ffi::OsStringExt;

    /// A folder held open.
    #[derive(Debug)]
    pub struct Folder(OwnedFd);

    const FOLDER: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::CLOEXEC);
    // A pipe is opened without waiting for its other end, and a terminal takes nobody over.
    const FILE: OFlags = OFlags::RDONLY
        .union(OFlags::NONBLOCK)
        .union(OFlags::NOCTTY)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);

    impl Folder {
        /// Opens a folder by a path that is its giver's word: links in it are followed.
        pub fn open(path: &Path) -> io::Result<Folder> {
            Ok(Folder(openat(CWD, path, FOLDER, Mode::empty())?))
        }

        /// The folder that `path` names below this one; empty: this one.
        pub fn folder(&self, path: &str) -> Result<Folder, NotTaken> {
            let mut here: Option<OwnedFd> = None;
            for (at, part) in parts(path)? {
                here = Some(step(here.as_ref().unwrap_or(&self.0).as_fd(), at, part)?);
            }
            match here {
                Some(fd) => Ok(Folder(fd)),
                None => Ok(Folder(self.0.try_clone()?)),
            }
        }

        /// Opens the regular file that `path` names below this folder.
        pub fn file(&self, path: &str) -> Result<Opened, NotTaken> {
            match path.rsplit_once('/') {
                Some((parents, name)) => self.folder(parents)?.leaf(name, path.len()),
                None => self.leaf(path, path.len()),
            }
        }

        fn leaf(&self, name: &str, length: usize) -> Result<Opened, NotTaken> {
            parts(name)?;
            match openat(&self.0, name, FILE, Mode::empty()) {
                Ok(fd) => opened(fd),
                Err(e) if is_link(self.0.as_fd(), name) => Err(link_or(e, length)),
                Err(e) => Err(not_opened(e)),
            }
        }

        /// What `path` names below this folder; `None` where there is nothing.
        pub fn sort(&self, path: &str) -> Result<Option<Sort>, NotTaken> {
            let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
            let folder = match self.folder(parents) {
                Err(NotTaken::System(e))
                    if matches!(
                        e.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) =>
                {
                    return Ok(None);
                }
                other => other?,
            };
            let name = if name.is_empty() { "." } else { name };
            match statat(&folder.0, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Ok(Some(sort_of(FileType::from_raw_mode(stat.st_mode as _)))),
                Err(Errno::NOENT) => Ok(None),
                Err(e) => Err(NotTaken::System(e.into())),
            }
        }

        /// Every name in it and what it stands for, in the order of the names' bytes.
        pub fn names(&self) -> io::Result<Vec<(OsString, Sort)>> {
            let mut found = Vec::new();
            for entry in Dir::read_from(&self.0)? {
                let entry = entry?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                let sort = match entry.file_type() {
                    // Some file systems do not tell.
                    FileType::Unknown => {
                        let stat = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
                        sort_of(FileType::from_raw_mode(stat.st_mode as _))
                    }
                    known => sort_of(known),
                };
                found.push((OsString::from_vec(name.to_bytes().to_vec()), sort));
            }
            found.sort_by(|a: &(OsString, Sort), b| a.0.cmp(&b.0));
            Ok(found)
        }
    }

    /// Opens a regular file by a path that is its giver's word: links among its parents
    /// are followed, and a link in its own place is not.
    pub fn open_file(path: &Path) -> Result<Opened, NotTaken> {
        match openat(CWD, path, FILE, Mode::empty()) {
            Ok(fd) => opened(fd),
            Err(e @ (Errno::LOOP | Errno::MLINK)) => Err(link_or(e, path.as_os_str().len())),
            Err(e) => Err(not_opened(e)),
        }
    }

    fn step(from: BorrowedFd<'_>, at: usize, part: &str) -> Result<OwnedFd, NotTaken> {
        openat(from, part, FOLDER | OFlags::NOFOLLOW, Mode::empty()).map_err(|e| {
            match is_link(from, part) {
                true => link_or(e, at + part.len()),
                false => NotTaken::System(e.into()),
            }
        })
    }

    /// Told from the error's number alone where it can be: systems differ in what they say
    /// of a link that is not to be followed.
    fn is_link(from: BorrowedFd<'_>, name: &str) -> bool {
        statat(from, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|s| FileType::from_raw_mode(s.st_mode as _) == FileType::Symlink)
    }

    fn link_or(e: Errno, length: usize) -> NotTaken {
        match e {
            // EMLINK is FreeBSD's word for it, and ENOTDIR Linux's where a folder is asked for.
            Errno::LOOP | Errno::MLINK | Errno::NOTDIR => NotTaken::Link(length),
            e => NotTaken::System(e.into()),
        }
    }

    fn not_opened(e: Errno) -> NotTaken {
        match e {
            // What open(2) says of a socket, or of a device that nothing drives.
            Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => NotTaken::NotAFile,
            e => NotTaken::System(e.into()),
        }
    }

    fn opened(fd: OwnedFd) -> Result<Opened, NotTaken> {
        let stat = fstat(&fd).map_err(io::Error::from)?;
        if FileType::from_raw_mode(stat.st_mode as _) != FileType::RegularFile {
            return Err(NotTaken::NotAFile);
        }
        Ok(Opened {
            file: std::fs::File::from(fd),
            size: u64::try_from(stat.st_size).unwrap_or(0),
            executable: stat.st_mode & 0o100 != 0,
        })
    }

    fn sort_of(kind: FileType) -> Sort {
        match kind {
            FileType::RegularFile => Sort::File,
            FileType::Directory => Sort::Folder,
            FileType::Symlink => Sort::Link,
            _ => Sort::Other,
        }
    }
}

/// Elsewhere the standard library has no descriptors of folders: each part is looked at
/// before the file is opened. Making links there takes a right that ordinary accounts
/// do not have.
#[cfg(not(unix))]
mod platform {
    use super::*;
    use std::path::PathBuf;

    /// A folder, by its path.
    #[derive(Debug)]
    pub struct Folder(PathBuf);

    impl Folder {
        /// Opens a folder by a path that is its giver's word.
        pub fn open(path: &Path) -> io::Result<Folder> {
            match std::fs::metadata(path)?.is_dir() {
                true => Ok(Folder(path.to_owned())),
                false => Err(io::ErrorKind::NotADirectory.into()),
            }
        }

        /// The folder that `path` names below this one; empty: this one.
        pub fn folder(&self, path: &str) -> Result<Folder, NotTaken> {
            let mut here = self.0.clone();
            for (at, part) in parts(path)? {
                here.push(part);
                let meta = here.symlink_metadata()?;
                if meta.is_symlink() {
                    return Err(NotTaken::Link(at + part.len()));
                }
                if !meta.is_dir() {
                    return Err(NotTaken::System(io::ErrorKind::NotADirectory.into()));
                }
            }
            Ok(Folder(here))
        }

        /// Opens the regular file that `path` names below this folder.
        pub fn file(&self, path: &str) -> Result<Opened, NotTaken> {
            let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
            let folder = self.folder(parents)?;
            open_file(&folder.0.join(name)).map_err(|e| match e {
                NotTaken::Link(_) => NotTaken::Link(path.len()),
                other => other,
            })
        }

        /// What `path` names below this folder; `None` where there is nothing.
        pub fn sort(&self, path: &str) -> Result<Option<Sort>, NotTaken> {
            let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
            match self
                .folder(parents)
                .and_then(|f| Ok(f.0.join(name).symlink_metadata()?))
            {
                Ok(meta) => Ok(Some(sort_of(meta.file_type()))),
                Err(NotTaken::System(e))
                    if matches!(
                        e.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) =>
                {
                    Ok(None)
                }
                Err(e) => Err(e),
            }
        }

        /// Every name in it and what it stands for, in order.
        pub fn names(&self) -> io::Result<Vec<(OsString, Sort)>> {
            let mut found = Vec::new();
            for entry in std::fs::read_dir(&self.0)? {
                let entry = entry?;
                found.push((entry.file_name(), sort_of(entry.file_type()?)));
            }
            found.sort_by(|a: &(OsString, Sort), b| a.0.cmp(&b.0));
            Ok(found)
        }
    }

    /// Opens a regular file by a path that is its giver's word.
    pub fn open_file(path: &Path) -> Result<Opened, NotTaken> {
        let meta = path.symlink_metadata()?;
        if meta.is_symlink() {
            return Err(NotTaken::Link(path.as_os_str().len()));
        }
        if !meta.is_file() {
            return Err(NotTaken::NotAFile);
        }
        let file = std::fs::File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(NotTaken::NotAFile);
        }
        Ok(Opened {
            size: meta.len(),
            file,
            executable: false,
        })
    }

    fn sort_of(kind: std::fs::FileType) -> Sort {
        match () {
            () if kind.is_symlink() => Sort::Link,
            () if kind.is_dir() => Sort::Folder,
            () if kind.is_file() => Sort::File,
            () => Sort::Other,
        }
    }
}

/// The parts of a path with their places.
///
/// Errors: a part that leads upwards.
fn parts(path: &str) -> io::Result<Vec<(usize, &str)>> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in path.split('/') {
        if part == ".." {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if !part.is_empty() {
            found.push((at, part));
        }
        at += part.len() + 1;
    }
    Ok(found)
}
