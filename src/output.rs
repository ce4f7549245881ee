//! A file that a user names for what a command writes.
//!
//! It appears whole or not at all. Where the name is a link, the file that it leads to is
//! replaced, and the link stays. What is there and is no file stays too: a pipe or a terminal
//! takes the bytes as they come, and anything else is refused.

use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{followed, temporary};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What is being written to.
pub struct Output {
    given: PathBuf,
    to: To,
}

enum To {
    /// A file beside the path, which takes its place when it is finished.
    Whole(BufWriter<NamedTempFile>, PathBuf),
    /// What takes bytes and cannot be replaced.
    Open(BufWriter<File>),
}

impl Output {
    /// Begins to write. Folders above a new file are made, and its mode is 0600.
    ///
    /// Errors: usage, where it cannot be written.
    pub fn begin(given: &Path) -> Result<Output> {
        let failed = || cannot_be_written(given);
        let to = match Place::of(given)? {
            Place::File(path) => {
                let file = temporary(&path).or_fail(Kind::Usage, failed)?;
                To::Whole(BufWriter::new(file), path)
            }
            Place::Open => {
                let mut options = File::options();
                // With this Linux protects a pipe that somebody else put into a shared folder
                // (fs.protected_fifos in proc(5)).
                options.create(true).truncate(false);
                let file = options.write(true).open(given);
                To::Open(BufWriter::new(file.or_fail(Kind::Usage, failed)?))
            }
            Place::Other(what) => return Err(no_file(given, what)),
        };
        Ok(Output {
            given: given.to_owned(),
            to,
        })
    }

    /// Writes the next piece.
    ///
    /// Errors: internal.
    pub fn write(&mut self, piece: &[u8]) -> Result<()> {
        let written = match &mut self.to {
            To::Whole(out, _) => out.write_all(piece),
            To::Open(out) => out.write_all(piece),
        };
        written.or_fail(Kind::Internal, || cannot_be_written(&self.given))
    }

    /// Puts it in place.
    ///
    /// Errors: internal.
    pub fn finish(self) -> Result<()> {
        let done = match self.to {
            To::Whole(out, path) => out
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)
                .and_then(|file| Ok(file.persist(path)?))
                .map(drop),
            To::Open(mut out) => out.flush(),
        };
        done.or_fail(Kind::Internal, || cannot_be_written(&self.given))
    }
}

/// Where a file lies, or will lie, that is written under this name.
///
/// Errors: usage, for what is there and is no file.
pub fn file(given: &Path) -> Result<PathBuf> {
    match Place::of(given)? {
        Place::File(path) => Ok(path),
        Place::Open => Err(no_file(given, "a pipe or a device")),
        Place::Other(what) => Err(no_file(given, what)),
    }
}

/// What a name leads to.
enum Place {
    File(PathBuf),
    /// A pipe, or a device that takes bytes one after the other.
    Open,
    Other(&'static str),
}

impl Place {
    fn of(given: &Path) -> Result<Place> {
        let path = followed(given).or_fail(Kind::Usage, || cannot_be_written(given))?;
        let Ok(meta) = given.metadata() else {
            return Ok(Place::File(path));
        };
        let kind = meta.file_type();
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt;
            if kind.is_fifo() || kind.is_char_device() {
                return Ok(Place::Open);
            }
        }
        Ok(match (kind.is_file(), kind.is_dir()) {
            // /dev/stdout may lead to a file that nothing names any more.
            (true, _) if !path.exists() => Place::Open,
            (true, _) => Place::File(path),
            (_, true) => Place::Other("a folder"),
            _ => Place::Other("no regular file"),
        })
    }
}

fn cannot_be_written(given: &Path) -> String {
    format!("the file {} cannot be written", given.display())
}

fn no_file(given: &Path, what: &str) -> Error {
    let message = format!("{}: it is {what}", cannot_be_written(given));
    Error::new(Kind::Usage, message).hint("name a new file, or one to be replaced")
}
