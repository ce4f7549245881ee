//! A folder as a place of bundles. Several machines may share it over a network.

use super::{Draft, Local, Place, Small, Version};
use crate::clock::DAY;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{
    UNFINISHED, digest, digest_of, lock_file, lock_within, move_durably, own_name, real,
    write_durably,
};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The file that is locked while the lists change. It stays: who removed it could leave two
/// runs with a lock each.
const LOCK: &str = ".aidf-lock";
/// How long a run waits for that lock. A change takes a moment.
const PATIENCE: Duration = Duration::from_secs(20);
/// The age at which the unfinished files of another machine are removed.
const STALE: Duration = Duration::from_secs(DAY.unsigned_abs());

/// A folder.
pub(in crate::ops::backup) struct Dir {
    path: PathBuf,
    /// This machine's state folder.
    state: PathBuf,
}

impl Dir {
    /// The folder at this path, which need not exist. `state` is this machine's state folder.
    pub fn at(path: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Dir {
        Dir {
            path: path.into(),
            state: state.into(),
        }
    }

    fn here(&self) -> &Path {
        match self.path.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.path,
        }
    }

    /// What the names of this machine's unfinished files begin with.
    fn own_unfinished(&self) -> io::Result<String> {
        Ok(format!("{UNFINISHED}{}-", own_name(&self.state)?))
    }

    /// A folder in this one for unfinished files, which goes with what is returned.
    fn workplace(&self) -> io::Result<TempDir> {
        std::fs::create_dir_all(self.here())?;
        tempfile::Builder::new()
            .prefix(&self.own_unfinished()?)
            .tempdir_in(self.here())
    }

    /// Keeps runs on other machines from changing anything here meanwhile. The lock in the
    /// state folder keeps away those on this machine alone.
    ///
    /// Errors: unavailable, if another run holds it too long; internal, for the disk.
    fn alone(&self) -> Result<Option<File>> {
        let path = self.path.join(LOCK);
        let file = lock_file(&path).or_fail(Kind::Internal, || {
            format!("{} cannot be written", path.display())
        })?;
        match lock_within(&file, PATIENCE) {
            Ok(true) => Ok(Some(file)),
            Ok(false) => Err(Error::new(
                Kind::Unavailable,
                format!("another run has held {} for a long time", path.display()),
            )),
            // The file system knows no locks. Then it is enough to look before each change.
            Err(_) => Ok(None),
        }
    }

    /// Which state of a small file is there.
    fn version(&self, name: &str) -> Result<Version> {
        let path = self.path.join(name);
        match digest_of(&path) {
            Ok(digest) => Ok(Version::Marked(digest)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Version::Absent),
            other => other.map(Version::Marked).or_fail(Kind::Internal, || {
                format!("{} cannot be read", path.display())
            }),
        }
    }

    /// Whether an unfinished file, or the newest file of an unfinished folder, is older than
    /// a day. `now` is by the clock that dates them.
    fn is_stale(&self, name: &str, now: SystemTime) -> bool {
        let path = self.path.join(name);
        let inside = std::fs::read_dir(&path).into_iter().flatten().flatten();
        let all = inside.map(|e| e.path()).chain([path]);
        let dates = all.filter_map(|path| path.symlink_metadata().ok()?.modified().ok());
        let newest = dates.max();
        newest.is_none_or(|newest| now.duration_since(newest).is_ok_and(|age| age > STALE))
    }
}

impl Place for Dir {
    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    fn id(&self) -> String {
        // A disk that is not mounted must not change how this machine knows the folder, so that
        // links count up to where anything is there.
        let here = self.here();
        let there = here.ancestors().find(|around| around.exists());
        let path = match there.map(|around| (real(around), here.strip_prefix(around))) {
            Some((around, Ok(rest))) if !rest.as_os_str().is_empty() => around.join(rest),
            _ => real(here),
        };
        path.to_string_lossy().into_owned()
    }

    fn is_near(&self) -> bool {
        true
    }

    fn names(&self) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(self.here()).into_iter().flatten();
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    fn read(&self, name: &str, most: u64) -> Result<Small> {
        let path = self.path.join(name);
        match std::fs::metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Small::Absent),
            // Reading a pipe might wait for ever.
            Ok(meta) if !meta.is_file() => {
                let shown = path.display();
                return Err(Error::new(Kind::Internal, format!("{shown} is not a file")));
            }
            Ok(meta) if meta.len() > most => return Ok(Small::TooLong),
            _ => {}
        }
        let bytes = std::fs::read(&path).or_fail(Kind::Internal, || {
            format!("{} cannot be read", path.display())
        })?;
        let version = Version::Marked(digest(&bytes));
        Ok(Small::Bytes(bytes, version))
    }

    fn file(&self, name: &str) -> Result<Local> {
        Ok(Local::itself(self.path.join(name)))
    }

    fn draft(&self) -> Result<Draft> {
        let failed = || format!("the folder {} cannot be used", self.shown());
        Ok(Draft::inside(
            self.workplace().or_fail(Kind::Internal, failed)?,
        ))
    }

    fn put(&self, draft: &Path, name: &str) -> Result<()> {
        let path = self.path.join(name);
        let failed = || format!("{} cannot be written", path.display());
        // Links, which would find out by themselves, are unknown to the file systems of some
        // disks.
        let _alone = self.alone()?;
        if path.symlink_metadata().is_ok() {
            let taken = format!("{} exists already", path.display());
            return Err(Error::new(Kind::Conflict, taken));
        }
        std::fs::rename(draft, &path).or_fail(Kind::Internal, failed)
    }

    fn replace(&self, name: &str, bytes: &[u8], was: &Version) -> Result<Version> {
        let path = self.path.join(name);
        let failed = || format!("{} cannot be written", path.display());
        let draft = self.draft()?;
        write_durably(draft.path(), bytes).or_fail(Kind::Internal, failed)?;
        let _alone = self.alone()?;
        if self.version(name)? != *was {
            return Err(Error::new(
                Kind::Conflict,
                format!("another run changed {}", path.display()),
            ));
        }
        move_durably(draft.path(), &path).or_fail(Kind::Internal, failed)?;
        Ok(Version::Marked(digest(bytes)))
    }

    fn set_aside(&self, name: &str) -> Result<Option<String>> {
        let _alone = self.alone()?;
        let to = self.path.join(self.name_aside(name)?);
        let from = self.path.join(name);
        match std::fs::rename(&from, &to) {
            // There is no such file, and that is the damage.
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.or_fail(Kind::Internal, || {
                format!("{} cannot be set aside", from.display())
            })?,
        }
        Ok(Some(to.display().to_string()))
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            other => other.or_fail(Kind::Internal, || {
                format!("{} cannot be removed", path.display())
            }),
        }
    }

    fn held(&self, _name: &str) -> Result<Option<String>> {
        Ok(None)
    }

    fn tidy(&self) -> Result<()> {
        let mut unfinished = self.names()?;
        unfinished.retain(|name| name.starts_with(UNFINISHED));
        if unfinished.is_empty() {
            return Ok(());
        }
        let failed = || format!("the folder {} cannot be used", self.shown());
        let own = self.own_unfinished().or_fail(Kind::Internal, failed)?;
        // A file that is made now says what the time is where the others were dated.
        let fresh = self.workplace().or_fail(Kind::Internal, failed)?;
        let now = fresh.path().metadata().and_then(|meta| meta.modified());
        let now = now.or_fail(Kind::Internal, failed)?;
        for name in unfinished {
            // Another machine may be writing there. This one's runs wait for each other, so
            // that what they left is of one that was cut off.
            if name.starts_with(&own) || self.is_stale(&name, now) {
                let path = self.path.join(name);
                let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
            }
        }
        Ok(())
    }

    fn address(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }
}
