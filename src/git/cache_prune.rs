//! Bounds what the private caches of remotes take: those that were not used for the longest
//! go first, and one that somebody uses stays. All that a cache holds can be fetched again.

use super::store::Store;
use crate::files::lock_within;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the sizes are looked at.
const OFTEN: Duration = Duration::from_secs(3600);

/// What a cache remembers of its remote, and no fetch brings back.
const KEPT: &str = "identities.json";

/// A cache that may go.
struct Cache {
    path: PathBuf,
    lock: PathBuf,
    /// When it was last opened: then its lock was written.
    used: SystemTime,
    bytes: u64,
}

impl Store {
    /// Removes what other caches than this one hold, until all together take no more than
    /// `most` bytes. It looks at most once in an hour; a store that is no cache, or is only
    /// looked at, removes nothing.
    ///
    /// Errors: for the disk; whatever was done until then is in order.
    pub fn prune_others(&self, most: u64) -> io::Result<()> {
        match self.git_dir().parent() {
            Some(folder) if self.is_cache() && self.is_locked() => {
                prune(folder, self.git_dir(), most)
            }
            _ => Ok(()),
        }
    }
}

fn prune(folder: &Path, own: &Path, most: u64) -> io::Result<()> {
    let stamp = folder.join("pruned");
    let time = |path: &Path| path.metadata().and_then(|m| m.modified()).ok();
    let now = time(&own.with_extension("lock"));
    let since = time(&stamp)
        .zip(now)
        .map(|(then, now)| now.duration_since(then));
    if since.is_some_and(|since| since.unwrap_or_default() < OFTEN) {
        return Ok(());
    }
    std::fs::write(&stamp, "when the sizes of the caches were last looked at\n")?;
    let mut caches = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let lock = path.with_extension("lock");
        // What a machine remembers of the manifest of backups tells it of one that was put back.
        let remembers = path.join("refs/aidf").exists();
        if path.extension().is_none_or(|e| e != "git") || !path.is_dir() || remembers {
            continue;
        }
        caches.push(Cache {
            used: time(&lock).unwrap_or(SystemTime::UNIX_EPOCH),
            bytes: size(&path)?,
            path,
            lock,
        });
    }
    let mut all: u64 = caches.iter().map(|c| c.bytes).sum();
    caches.sort_by_key(|c| c.used);
    for cache in caches {
        if all <= most {
            break;
        }
        if cache.path != own && cache.empty()? {
            all -= cache.bytes;
        }
    }
    Ok(())
}

impl Cache {
    /// Removes what it holds; false where somebody uses it. Its lock stays, since another may
    /// be about to take it.
    fn empty(&self) -> io::Result<bool> {
        let lock = File::options().write(true).open(&self.lock);
        let Ok(lock) = lock else { return Ok(false) };
        if !lock_within(&lock, Duration::ZERO)? {
            return Ok(false);
        }
        // Without the first it is a cache that asks for what it lacks, without the second it is
        // made anew, and without the others it tells no server that it has anything: so it is
        // in order whenever this ends.
        let own = self.path.join("aidf");
        remove(&own.join("whole"))?;
        for first in ["HEAD", "refs", "packed-refs", "shallow"] {
            remove(&self.path.join(first))?;
        }
        for (folder, kept) in [(&self.path, "aidf"), (&own, KEPT)] {
            let entries = match std::fs::read_dir(folder) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_name() != kept {
                    remove(&entry.path())?;
                }
            }
        }
        Ok(true)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata().map(|m| m.is_dir()) {
        Ok(true) => std::fs::remove_dir_all(path),
        _ => std::fs::remove_file(path),
    };
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The bytes of all files in a folder. One that goes meanwhile counts as none.
fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry?;
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) => bytes += blocks(&meta),
                Err(_) => {}
            }
        }
    }
    Ok(bytes)
}

/// What a file takes of the disk: of small ones that is more than they hold.
#[cfg(unix)]
fn blocks(meta: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    meta.blocks() * 512
}

/// Other platforms do not tell.
#[cfg(not(unix))]
fn blocks(meta: &Metadata) -> u64 {
    meta.len()
}
