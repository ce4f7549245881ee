//! The private cache of a remote, for work without a clone.

use super::children::Programs;
use super::open::check_owner;
use super::store::{Store, prepare};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_within, own_lock_file, share_within};
use git2::Repository;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

impl Store {
    /// Opens, or makes, the private bare cache at `path`. Any number of processes and threads
    /// use one at the same time: objects are only added, and a ref is replaced by a rename.
    ///
    /// Errors: internal; unavailable, when another aidf makes or mends it for longer than
    /// the programs' timeout.
    pub fn open_cache(path: &Path, programs: &Programs) -> Result<Store> {
        if let Some(parent) = path.parent() {
            let failed = || format!("the cache {} cannot be used", path.display());
            std::fs::create_dir_all(parent).or_fail(Kind::Internal, failed)?;
            check_all_own(path, parent)?;
            // Whoever can open the lock can hold it, and whoever writes here decides what
            // we take for the remote's history.
            private(parent);
        }
        Store::open_locked(path, programs)
    }

    /// Opens the cache at `path` to look at it, if it is there: nothing is made, mended or
    /// locked. Another process may change it meanwhile.
    ///
    /// Errors: not_found; usage, for a cache of another account.
    pub fn look_at_cache(path: &Path, programs: &Programs) -> Result<Store> {
        prepare();
        check_all_own(path, path.parent().unwrap_or(path))?;
        let missing = || format!("there is no cache {}", path.display());
        let repo = Repository::open_bare(path).or_fail(Kind::NotFound, missing)?;
        Ok(Store::of_cache(repo, None, programs))
    }

    /// As [`Store::open_cache`], wherever it is.
    pub(super) fn open_locked(path: &Path, programs: &Programs) -> Result<Store> {
        prepare();
        let failed = || format!("the cache {} cannot be used", path.display());
        let file = path.with_extension("lock");
        let lock = own_lock_file(&file).or_fail(Kind::Internal, failed)?;
        let begun = Instant::now();
        loop {
            // Who has it alone makes the cache, or mends it. All who use it share it.
            if lock_within(&lock, Duration::ZERO).or_fail(Kind::Internal, failed)? {
                make_or_mend(path).or_fail(Kind::Internal, failed)?;
                lock.unlock().or_fail(Kind::Internal, failed)?;
            }
            let left = programs.timeout.saturating_sub(begun.elapsed());
            if !share_within(&lock, left).or_fail(Kind::Internal, failed)? {
                return Err(Error::new(
                    Kind::Unavailable,
                    format!(
                        "another aidf process has locked the cache {} for {} s",
                        path.display(),
                        programs.timeout.as_secs()
                    ),
                )
                .hint("wait until it is done, or allow a longer wait with --timeout SECS"));
            }
            // Whoever made it may have been killed before it was whole.
            if path.join("HEAD").exists() {
                break;
            }
            lock.unlock().or_fail(Kind::Internal, failed)?;
        }
        let repo = Repository::open(path).or_fail(Kind::Internal, failed)?;
        check_owner(&repo, programs)?;
        Ok(Store::of_cache(repo, Some(lock), programs))
    }
}

/// Makes the cache where it is not there, and takes away what a killed run left locked.
/// Nobody else is at work in it.
fn make_or_mend(path: &Path) -> anyhow::Result<()> {
    for left in ["HEAD.lock", "config.lock", "packed-refs.lock"] {
        let _ = std::fs::remove_file(path.join(left));
    }
    if !path.join("HEAD").exists() {
        Repository::init_bare(path)?;
        private(path);
    }
    Ok(())
}

/// Refuses a cache of another account: its folder, the ones it is in, and what an open folder
/// may have let in before.
///
/// Errors: usage.
fn check_all_own(path: &Path, parent: &Path) -> Result<()> {
    let inside = ["", "HEAD", "config", "objects", "refs"].map(|n| path.join(n));
    let lock = path.with_extension("lock");
    let above = [parent, parent.parent().unwrap_or(parent), &lock];
    let mut all = above.into_iter().chain(inside.iter().map(PathBuf::as_path));
    all.try_for_each(check_own)
}

/// Refuses a cache folder of another account; root has reasons to use its users'.
///
/// Errors: usage.
#[cfg(unix)]
fn check_own(folder: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let us = rustix::process::geteuid().as_raw();
    let Ok(meta) = folder.symlink_metadata() else {
        return Ok(());
    };
    let owner = meta.uid();
    if meta.is_symlink() && folder.extension().is_some_and(|e| e == "lock") {
        return Err(Error::new(
            Kind::Usage,
            format!(
                "the lock file {} of the cache is a symlink",
                folder.display()
            ),
        )
        .hint("remove it"));
    }
    if owner == us || us == 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Usage,
        format!(
            "{} in the cache belongs to another account (number {owner})",
            folder.display()
        ),
    )
    .hint("name a folder of your own with XDG_CACHE_HOME"))
}

/// Elsewhere accounts are not told apart by a number.
#[cfg(not(unix))]
fn check_own(_folder: &Path) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
}

/// On other platforms the user's cache folder is private by itself.
#[cfg(not(unix))]
fn private(_path: &Path) {}
