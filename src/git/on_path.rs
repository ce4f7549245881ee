//! The programs that PATH leads to.

use crate::environment::Environment;
use std::path::{Path, PathBuf};

/// Whether PATH has a program of this name.
pub fn has_program(name: &str, environment: &Environment) -> bool {
    program(name, environment).is_some()
}

/// The program of this name that PATH leads to first.
pub(super) fn program(name: &str, environment: &Environment) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = environment.os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(path).map(|folder| folder.join(&name));
    all.find(|file| is_program(file))
}

/// As execvp(3) does: a file that may not be run is passed over.
#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let meta = file.metadata();
    meta.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}
