//! What runs that were cut off have left in the clone: unfinished files, and locks that
//! nobody holds any more.

use super::{Findings, Subject};
use crate::clock::Moment;
use crate::files::{UNFINISHED, YOUNG};
use crate::git::{INTAKE, Store, bytes_to_path};
use crate::words;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The most entries of the folder of refs that are looked at.
const MOST: usize = 100_000;
/// How many files are named.
const NAMED: usize = 3;

/// Looks for files that nobody finished, and for locks.
pub(super) fn look(store: &Store, now: Moment, found: &mut Findings) {
    const NAME: Subject = Subject::Leftovers;
    let mut locks = locks(store);
    let mut files = unfinished(store);
    for left in [&mut locks, &mut files] {
        left.retain(|path| is_old(path, now));
        left.sort();
        left.dedup();
    }
    let root = store.work_dir().unwrap_or(store.git_dir());
    let short = |p: &PathBuf| p.strip_prefix(root).unwrap_or(p).display().to_string();
    let named = |paths: &[PathBuf]| words::few(paths.iter().map(short), NAMED);
    let remove = |paths: &[PathBuf]| {
        let command: Vec<String> = paths
            .iter()
            .take(NAMED)
            .map(|p| words::shell_word(&short(p)))
            .collect();
        let again = match paths.len() > NAMED {
            true => "; then run `aidf doctor` again, which names the next",
            false => "",
        };
        format!("rm -r -- {}{again}", command.join(" "))
    };
    if !locks.is_empty() {
        let count = words::count(locks.len(), "lock is", "locks are");
        return found.problem(
            NAME,
            format!(
                "{count} older than 10 minutes, and git waits for them: {}",
                named(&locks)
            ),
            format!("if no git and no aidf runs here: {}", remove(&locks)),
        );
    }
    match files.len() {
        0 => found.ok(NAME, "no run that was cut off has left anything here"),
        n => found.warning(
            NAME,
            format!(
                "{} left by runs that were cut off: {}",
                words::count(n, "file was", "files were"),
                named(&files)
            ),
            format!("they harm nobody; if no aidf runs here: {}", remove(&files)),
        ),
    }
}

/// The locks of git's own files and of refs. aidf's own locks end with the process that has
/// them, and none is left.
fn locks(store: &Store) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [store.git_dir(), store.common_dir()] {
        let names = [
            "index.lock",
            "HEAD.lock",
            "config.lock",
            "packed-refs.lock",
            "reftable/tables.list.lock",
        ];
        let all = names.map(|name| folder.join(name));
        found.extend(all.into_iter().filter(|p| p.symlink_metadata().is_ok()));
    }
    let refs = files_below(&store.common_dir().join("refs"));
    found.extend(
        refs.into_iter()
            .filter(|p| p.extension().is_some_and(|e| e == "lock")),
    );
    found
}

/// Unfinished files of aidf: its own in the clone's folder, packs that were on their way, and
/// files of the working tree.
fn unfinished(store: &Store) -> Vec<PathBuf> {
    let starts = |path: &Path, with: &str| {
        path.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with(with))
    };
    let mut found = Vec::new();
    for folder in [store.git_dir(), store.common_dir()] {
        let own = files_below(&folder.join("aidf"));
        found.extend(own.into_iter().filter(|p| starts(p, UNFINISHED)));
    }
    let objects = std::fs::read_dir(store.common_dir().join("objects"));
    let packs = objects.into_iter().flatten().flatten().map(|e| e.path());
    found.extend(packs.filter(|p| starts(p, INTAKE)));
    if let Some(root) = store.work_dir() {
        let changed = store.working_changes().unwrap_or_default();
        let paths = changed
            .iter()
            .map(|(path, _)| root.join(bytes_to_path(path)));
        found.extend(paths.filter(|p| starts(p, UNFINISHED)));
    }
    found
}

/// The files below a folder. No link is followed.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open, mut seen) = (Vec::new(), vec![folder.to_owned()], 0);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST {
                return found;
            }
            match entry.file_type().is_ok_and(|t| t.is_dir()) {
                true => open.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found
}

/// Whether something is too old to be of a run that is still at work.
fn is_old(path: &Path, now: Moment) -> bool {
    let changed = path.symlink_metadata().and_then(|m| m.modified()).ok();
    let since = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let seconds = since.and_then(|s| i64::try_from(s.as_secs()).ok());
    seconds.is_some_and(|s| now.seconds() - s > YOUNG.cast_signed())
}
