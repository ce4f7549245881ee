//! The server's own record of when each token was last used. It is one small file for each
//! token's id in `aidf/activity/`, beside the journal. The file holds the time in seconds
//! since 1970.
//!
//! The date of a tip is only the writer's claim; this is what the server saw. The record is
//! written for pushes that the hook allowed, at most once a minute for each token.

use crate::clock::{DAY, Moment};
use crate::files;
use crate::sharing::Sharing;
use std::path::{Path, PathBuf};

/// How many tokens are on record at most; the longest idle ones are removed first.
const MAX_FILES: usize = 20_000;
/// The age in seconds after which a record may be removed: longer than any policy's idle
/// limit is likely to be.
const MAX_AGE: i64 = 1_000 * DAY;
/// How many seconds old a record may be before it is written again.
const EXACT_TO: i64 = 60;

/// The folder of the records.
pub struct Records {
    folder: PathBuf,
    sharing: Sharing,
}

impl Records {
    /// The records of the repository in the folder `repository`.
    pub fn of(repository: &Path, sharing: Sharing) -> Records {
        Records {
            folder: repository.join("aidf").join("activity"),
            sharing,
        }
    }

    /// When a push with this token was last allowed, in seconds since 1970.
    pub fn last(&self, token_id: &str) -> Option<i64> {
        let text = std::fs::read_to_string(self.file(token_id)?).ok()?;
        text.trim().parse().ok()
    }

    /// Records that a push with this token is allowed. A record that cannot be written does
    /// not stop a push: the reason is returned for a warning.
    pub fn note(&self, token_id: &str, now: Moment) -> Option<String> {
        let file = self.file(token_id)?;
        let before = self.last(token_id);
        let now = now.seconds();
        if before.is_some_and(|last| (0..EXACT_TO).contains(&(now - last))) {
            return None;
        }
        let written = files::write_shared(&file, format!("{now}\n").as_bytes(), self.sharing);
        if written.is_ok() && before.is_none() {
            self.keep_few(now, MAX_FILES);
        }
        written
            .err()
            .map(|e| format!("the record {} could not be written: {e}", file.display()))
    }

    /// Removes records that are too old, and the oldest if there are too many.
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

    /// The record's file; `None` if this is not a token's id, because the id becomes the
    /// file's name.
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
        let records = Records::of(place.path(), Sharing::default());
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
        let records = Records::of(place.path(), Sharing::default());
        for id in ["", "../../../../../x", "0123", "0123456789abcdeg"] {
            assert_eq!(records.note(id, Moment::from_seconds(1)), None);
        }
        assert!(!place.path().join("aidf").exists());
    }
}
