//! Files and folders in the folder for temporary files, which go with what is returned.

use crate::error::{Error, Kind, Result};
use std::io;
use std::path::PathBuf;
use tempfile::{Builder, NamedTempFile, TempDir};

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
    let made = Builder::new().prefix(prefix).tempdir();
    made.map_err(|e| not_made("folder", &e))
}

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
