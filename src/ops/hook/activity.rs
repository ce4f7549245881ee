//! The server's own record of when each token was last used: one small file for each
//! token's id under `aidf/activity/`, beside the journal, with the seconds since 1970.
//!
//! A tip's date is what its writer put there; this is what the server saw. It is written
//! for pushes that the hook let in, and no more often than once a minute for one token.

use crate::clock::{DAY, Moment};
use crate::files;
use std::path::{Path, PathBuf};

/// Tokens that are on record at most; the ones that were idle for longest go first.
const MAX_FILES: usize = 20_000;
/// Seconds after which a record may go: longer than any policy is likely to wait.
const MAX_AGE: i64 = 1_000 * DAY;
/// Seconds for which a record is near enough.
const EXACT_TO: i64 = 60;

/// Where the records lie.
pub struct Records {
    folder: PathBuf,
}

impl Records {
    /// The records of the repository whose folder is given.
    pub fn of(repository: &Path) -> Records {
        Records {
            folder: repository.join("aidf").join("activity"),
        }
    }

    /// When a push with this token was last let in.
    pub fn last(&self, token_id: &str) -> Option<i64> {
        let text = std::fs::read_to_string(self.file(token_id)?).ok()?;
        text.trim().parse().ok()
    }

    /// Records that a push with this token is let in. One that cannot be written stops no
    /// push: the reason is returned for a warning.
    pub fn note(&self, token_id: &str, now: Moment) -> Option<String> {
        let file = self.file(token_id)?;
        let before = self.last(token_id);
        let now = now.seconds();
        if before.is_some_and(|last| (0..EXACT_TO).contains(&(now - last))) {
            return None;
        }
        let written = files::write_whole(&file, format!("{now}\n").as_bytes());
        if written.is_ok() && before.is_none() {
            self.keep_few(now, MAX_FILES);
        }
        written
            .err()
            .map(|e| format!("the record {} could not be written: {e}", file.display()))
    }

    /// Removes what is old, and the oldest of what is too many.
    fn keep_few(&self, now: i64, most: usize) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        let mut found: Vec<(i64, PathBuf)> = entries
            .flatten()
            .filter_map(|e| {
                let name = e.file_name();
                let last = self.last(name.to_str()?)?;
                Some((last, e.path()))
            })
            .collect();
        found.sort();
        let surplus = found.len().saturating_sub(most);
        for (at, (last, path)) in found.iter().enumerate() {
            if at < surplus || now - last > MAX_AGE {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// None for what is no token's id: it becomes a file's name.
    fn file(&self, token_id: &str) -> Option<PathBuf> {
        let is_id = token_id.len() == 16 && token_id.bytes().all(|b| b.is_ascii_hexdigit());
        is_id.then(|| self.folder.join(token_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_use_is_kept_and_only_so_many_and_so_old() {
        let place = tempfile::tempdir().unwrap();
        let records = Records::of(place.path());
        let id = |n: u32| format!("{n:016x}");
        assert_eq!(records.last(&id(1)), None);
        for (n, at) in [(1, 1_000), (2, 3_000), (3, 2_000)] {
            assert_eq!(records.note(&id(n), Moment::from_seconds(at)), None);
        }
        assert_eq!(records.last(&id(1)), Some(1_000));
        records.note(&id(1), Moment::from_seconds(1_059));
        assert_eq!(records.last(&id(1)), Some(1_000), "it was near enough");
        records.note(&id(1), Moment::from_seconds(4_000));
        assert_eq!(records.last(&id(1)), Some(4_000));
        records.keep_few(4_000, 2);
        let left = [1, 2, 3].map(|n| records.last(&id(n)));
        assert_eq!(left, [Some(4_000), Some(3_000), None]);
        records.keep_few(3_500 + MAX_AGE, 2);
        assert_eq!(records.last(&id(2)), None);
        assert_eq!(records.last(&id(1)), Some(4_000));
    }

    #[test]
    fn what_is_no_tokens_id_names_no_file() {
        let place = tempfile::tempdir().unwrap();
        let records = Records::of(place.path());
        for id in ["", "../../../../../x", "0123", "0123456789abcdeg"] {
            assert_eq!(records.note(id, Moment::from_seconds(1)), None);
        }
        assert!(!place.path().join("aidf").exists());
    }
}
