//! The private cache of a remote, for work without a clone.

use super::children::{self, Programs, Terminal};
use super::id::ObjectFormat;
use super::intake::INTAKE;
use super::made::init_bare;
use super::open::check_owner;
use super::store::{Store, prepare};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_within, own_lock_file, share_within};
use git2::Repository;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

impl Store {
    /// Opens, or makes, the private bare cache at `path`. A new one takes the format of its
    /// remote as soon as that is known. Any number of processes and threads
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
        let (repo, mut lock) = open_locked(path, ObjectFormat::default(), programs)?;
        // Its time says when the cache was last used.
        let failed = || format!("the cache {} cannot be used", path.display());
        lock.rewind()
            .and_then(|()| lock.write_all(b"\n"))
            .or_fail(Kind::Internal, failed)?;
        promise(&repo).or_fail(Kind::Internal, failed)?;
        Store::of_cache(repo, Some(lock), programs)
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
        Store::of_cache(repo, None, programs)
    }

    /// A new, empty bare repository at `path`, for looking at what a remote gives.
    pub fn scratch(path: &Path, format: ObjectFormat, programs: &Programs) -> Result<Store> {
        let (repo, lock) = open_locked(path, format, programs)?;
        Ok(Store::of_own(repo, Some(lock), programs))
    }

    /// The same for looking at a little of it: what is read comes when it is read.
    pub fn scratch_narrow(path: &Path, format: ObjectFormat, programs: &Programs) -> Result<Store> {
        let (repo, lock) = open_locked(path, format, programs)?;
        Store::of_cache(repo, Some(lock), programs)
    }
}

/// Opens, or makes, a bare repository that others may open at the same time.
fn open_locked(
    path: &Path,
    format: ObjectFormat,
    programs: &Programs,
) -> Result<(Repository, File)> {
    prepare();
    let failed = || format!("the cache {} cannot be used", path.display());
    let file = path.with_extension("lock");
    let lock = own_lock_file(&file).or_fail(Kind::Internal, failed)?;
    let begun = Instant::now();
    loop {
        // Who has it alone makes the cache, or mends it. All who use it share it.
        if lock_within(&lock, Duration::ZERO).or_fail(Kind::Internal, failed)? {
            make_or_mend(path, format).or_fail(Kind::Internal, failed)?;
            repack(path, programs);
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
    Ok((repo, lock))
}

/// Tells plain git that the cache holds what was used alone, and that this is in order. It has
/// no address to fetch the rest from: one may hold a password.
fn promise(repo: &Repository) -> Result<(), git2::Error> {
    const SETTING: &str = "remote.origin.promisor";
    let mut config = repo.config()?.open_level(git2::ConfigLevel::Local)?;
    match config.get_bool(SETTING) {
        Ok(true) => Ok(()),
        _ => match config.set_bool(SETTING, true) {
            // Another process is at it.
            Err(e) if e.code() == git2::ErrorCode::Locked => Ok(()),
            done => done,
        },
    }
}

/// Each fetch brings a pack of its own, and each read looks through them all: many become one,
/// where git is at hand. Nobody else is at work here, and a run that is cut off changes nothing.
fn repack(path: &Path, programs: &Programs) {
    const MANY: usize = 50;
    // Others wait for this. A cache that takes everything may hold gigabytes, and grows by few
    // packs.
    const MOST: u64 = 256 << 20;
    let folder = path.join("objects/pack");
    let packs = || -> Vec<u64> {
        let all = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let packs = all.filter(|e| e.path().extension().is_some_and(|e| e == "pack"));
        packs
            .filter_map(|e| Some(e.metadata().ok()?.len()))
            .collect()
    };
    // So many were left the last time. If that failed, it is not tried again for each call.
    let note = path.join("aidf").join("packs");
    let left = std::fs::read_to_string(&note).unwrap_or_default();
    let left: usize = left.trim().parse().unwrap_or(0);
    let now = packs();
    if now.len() < left.saturating_add(MANY) || now.iter().sum::<u64>() > MOST {
        return;
    }
    let mut command = children::git_on_objects(path, &programs.environment);
    // A map of all that a commit reaches cannot be made where some of it is lacking.
    command.args(["-c", "repack.writeBitmaps=false"]);
    command.args(["repack", "-a", "-d", "-q"]);
    // What cannot be done now is done another time.
    let _ = children::run(&mut command, Vec::new(), programs.timeout, Terminal::None);
    for name in names_in(&folder) {
        // A run that is cut off leaves these.
        if name.starts_with("tmp_") || name.starts_with(".tmp-") {
            let _ = std::fs::remove_file(folder.join(name));
        }
    }
    let _ = std::fs::create_dir_all(path.join("aidf"));
    let _ = std::fs::write(&note, format!("{}\n", packs().len()));
}

fn names_in(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten();
    all.filter_map(|e| e.file_name().into_string().ok())
        .collect()
}

/// Makes the cache where it is not there, and takes away what a killed run left locked.
/// Nobody else is at work in it.
fn make_or_mend(path: &Path, format: ObjectFormat) -> anyhow::Result<()> {
    for left in [
        "HEAD.lock",
        "config.lock",
        "packed-refs.lock",
        "shallow.lock",
    ] {
        let _ = std::fs::remove_file(path.join(left));
    }
    let objects = path.join("objects");
    for pack in names_in(&objects) {
        // A pack that was on its way when its process was killed.
        if pack.starts_with(INTAKE) {
            let _ = std::fs::remove_dir_all(objects.join(pack));
        }
    }
    if !path.join("HEAD").exists() {
        init_bare(path, format)?;
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
