//! A folder on this machine as a place of bundles.

use super::{Local, Place, Small, Version};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{UNFINISHED, real, temporary, write_durably};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A folder.
pub(in crate::ops::backup) struct Dir(PathBuf);

impl Dir {
    /// The folder at this path, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Dir {
        Dir(path.into())
    }

    fn here(&self) -> &Path {
        match self.0.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.0,
        }
    }
}

impl Place for Dir {
    fn shown(&self) -> String {
        self.0.display().to_string()
    }

    fn id(&self) -> String {
        real(self.here()).to_string_lossy().into_owned()
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
        let path = self.0.join(name);
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
        Ok(Small::Bytes(bytes, Version::Marked(String::new())))
    }

    fn file(&self, name: &str) -> Result<Local> {
        Ok(Local::itself(self.0.join(name)))
    }

    fn draft(&self) -> Result<TempPath> {
        let failed = || format!("the folder {} cannot be used", self.shown());
        let file = temporary(&self.0.join("draft"));
        Ok(file.or_fail(Kind::Internal, failed)?.into_temp_path())
    }

    fn put(&self, draft: &Path, name: &str) -> Result<()> {
        let path = self.0.join(name);
        let failed = || format!("{} cannot be written", path.display());
        // The lock keeps others away. Links, which would find out by themselves, are unknown to
        // the file systems of some disks.
        if path.symlink_metadata().is_ok() {
            let taken = format!("{} exists already", path.display());
            return Err(Error::new(Kind::Conflict, taken));
        }
        std::fs::rename(draft, &path).or_fail(Kind::Internal, failed)
    }

    fn replace(&self, name: &str, bytes: &[u8], _was: &Version) -> Result<Version> {
        let path = self.0.join(name);
        write_durably(&path, bytes).or_fail(Kind::Internal, || {
            format!("{} cannot be written", path.display())
        })?;
        Ok(Version::Marked(String::new()))
    }

    fn set_aside(&self, name: &str) -> Result<String> {
        let (from, to) = (self.0.join(name), self.0.join(format!("{name}.damaged")));
        match std::fs::rename(&from, &to) {
            // There is no such file, and that is the damage.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            other => other.or_fail(Kind::Internal, || {
                format!("{} cannot be set aside", from.display())
            })?,
        }
        Ok(to.display().to_string())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.0.join(name);
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
        for name in self.names()? {
            if name.starts_with(UNFINISHED) {
                let _ = std::fs::remove_file(self.0.join(name));
            }
        }
        Ok(())
    }

    fn address(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}
