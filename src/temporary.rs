//! Files and folders in the folder for temporary files, which go with what is returned.

use crate::error::{Error, Kind, Result};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir};

/// How the names of work folders begin. What a killed run left is known by it, and removed: so
/// it is a name that nobody gives to a folder of their own.
const WORK: &str = ".aidf-work-";
/// A work folder that is younger than this may not be locked yet, in seconds.
#[cfg(unix)]
const YOUNG: u64 = 60;

/// The folder for temporary files cannot be used. What was to be done with such a file is
/// then neither done nor known.
#[derive(Debug)]
pub struct Unusable(String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// A new temporary file, with mode 0600; its name begins with `prefix`.
///
/// Errors: internal, caused by [`Unusable`].
pub fn file(prefix: &str) -> Result<NamedTempFile> {
    let made = Builder::new().prefix(prefix).tempfile();
    made.map_err(|e| not_made("file", &e))
}

/// A new temporary folder, with mode 0700; its name begins with `prefix`.
///
/// Errors: internal, caused by [`Unusable`].
pub fn folder(prefix: &str) -> Result<TempDir> {
    let mut builder = Builder::new();
    // Without this the umask alone decides.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    let made = builder.prefix(prefix).tempdir();
    made.map_err(|e| not_made("folder", &e))
}

/// A folder that a command works in. It is locked as long as it is in use.
#[derive(Debug)]
pub struct WorkFolder {
    folder: TempDir,
    /// The system gives the lock back with the process, however that ends.
    _lock: Option<File>,
}

impl WorkFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A new folder to work in, with mode 0700.
///
/// Errors: internal, caused by [`Unusable`].
pub fn work_folder() -> Result<WorkFolder> {
    let folder = folder(WORK)?;
    // Without a lock (not every file system has them) nobody removes it for us, and that is all.
    let lock = File::open(folder.path()).ok();
    let lock = lock.filter(|lock| lock.try_lock().is_ok());
    Ok(WorkFolder {
        folder,
        _lock: lock,
    })
}

/// Removes the work folders of runs that were killed: each may hold a whole repository. They are
/// this account's own, and no process has them locked.
#[cfg(unix)]
pub fn sweep() {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    let us = rustix::process::geteuid().as_raw();
    let links = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY;
    for entry in place().read_dir().into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(WORK) {
            continue;
        }
        let mut options = File::options();
        options.read(true).custom_flags(links.bits() as i32);
        let is_left = |folder: &File| {
            let meta = folder.metadata().ok()?;
            let age = meta.modified().ok()?.elapsed().ok()?;
            let is_ours = meta.uid() == us && meta.mode() & 0o077 == 0;
            Some(is_ours && age.as_secs() >= YOUNG && folder.try_lock().is_ok())
        };
        if let Ok(folder) = options.open(entry.path())
            && is_left(&folder) == Some(true)
        {
            // What cannot be removed is no reason to do nothing else.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Other platforms have no lock on a folder.
#[cfg(not(unix))]
pub fn sweep() {}

/// The folder for temporary files (`TMPDIR`).
pub fn place() -> PathBuf {
    tempfile::env::temp_dir()
}

/// The folder for temporary files is full: `what` was to be done there.
pub fn full(what: &str) -> Error {
    let place = place();
    Error::new(
        Kind::Internal,
        format!("{what}, and there is no room for it in {}", place.display()),
    )
    .caused_by(Unusable(format!("the disk of {} is full", place.display())))
    .hint(
        "make room there, or set TMPDIR to a folder with more room, and run the same command again",
    )
}

fn not_made(what: &str, why: &io::Error) -> Error {
    Error::new(
        Kind::Internal,
        format!("no temporary {what} can be made in {}", place().display()),
    )
    .caused_by(Unusable(why.to_string()))
    .hint("set TMPDIR to a folder that you can write, and run the same command again")
}
