//! Names of backups: which branch, and when. Pure.
//!
//! `backup/2026-11-22` for the default branch, `backup/<branch>/2026-11-22` for others
//! (git cannot hold `a` and `a/b`), and `…2026-11-22T101112Z` for a second one of a day.

use crate::clock::{CLOCK_SKEW, DAY, Moment};
use std::collections::HashSet;

/// What every backup's ref starts with.
pub const REFS: &str = "refs/heads/backup/";

/// What every backup's branch starts with.
pub const PREFIX: &str = REFS.split_at("refs/heads/".len()).1;

/// A backup's name, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupName {
    /// The branch; none for the default one.
    pub branch: Option<String>,
    /// When it was made; midnight UTC for a date alone.
    pub time: Moment,
    /// True for a date alone, which stands for that whole day.
    pub whole_day: bool,
}

impl BackupName {
    /// Whether its time is now, or its day today, as far as clocks agree.
    pub fn is_now(&self, now: Moment) -> bool {
        let age = now.seconds() - self.time.seconds();
        let oldest = if self.whole_day { DAY } else { 0 };
        (-CLOCK_SKEW..=oldest + CLOCK_SKEW).contains(&age)
    }
}

/// The name for a backup of a day.
pub fn of_day(branch: Option<&str>, now: Moment) -> String {
    format!("{}{}", folder(branch), now.date())
}

/// The name for a further backup of the same day.
pub fn of_second(branch: Option<&str>, now: Moment) -> String {
    format!("{}{}", folder(branch), now.compact())
}

fn folder(branch: Option<&str>) -> String {
    branch.map_or_else(|| PREFIX.to_owned(), |b| format!("{PREFIX}{b}/"))
}

/// Reads a branch's short name; `None` for one that is no dated backup.
pub fn parse(name: &str) -> Option<BackupName> {
    let rest = name.strip_prefix(PREFIX)?;
    let (branch, stamp) = match rest.rsplit_once('/') {
        Some((branch, stamp)) => (Some(branch.to_owned()), stamp),
        None => (None, rest),
    };
    Some(BackupName {
        branch,
        time: Moment::from_stamp(stamp)?,
        whole_day: !stamp.contains('T'),
    })
}

/// The names that a new backup cannot have. git holds no branch `a` beside a branch `a/b`, so the
/// folders of other backups are among them.
#[derive(Debug, Default)]
pub struct Taken {
    names: HashSet<String>,
    folders: HashSet<String>,
}

impl Taken {
    /// Notes a branch that is there, by its short name.
    pub fn add(&mut self, name: &str) {
        self.folders.extend(folders(name).map(str::to_owned));
        self.names.insert(name.to_owned());
    }

    /// Keeps the folder free that the backups of a branch have; none for the default one.
    pub fn keep_folder(&mut self, branch: Option<&str>) {
        self.folders
            .extend(folders(&folder(branch)).map(str::to_owned));
    }

    /// The name for a backup: the day's own, or else that of the first second from now on whose
    /// name is free.
    ///
    /// Errors: the branch that is where the backup's folder would have to be.
    pub fn free(&self, branch: Option<&str>, now: Moment) -> Result<String, String> {
        let day = of_day(branch, now);
        if let Some(file) = folders(&day).find(|f| self.names.contains(*f)) {
            return Err(file.to_owned());
        }
        let is_taken = |name: &String| self.names.contains(name) || self.folders.contains(name);
        let mut name = day;
        let mut seconds = now.seconds();
        while is_taken(&name) {
            name = of_second(branch, Moment::from_seconds(seconds));
            seconds += 1;
        }
        Ok(name)
    }
}

/// The folders that a name is in.
fn folders(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_a_folder_of_another_nor_below_one() {
        let now = Moment::from_seconds(1_795_342_272);
        let mut taken = Taken::default();
        assert_eq!(taken.free(None, now).unwrap(), "backup/2026-11-22");
        // A branch that is called as the day is.
        taken.keep_folder(Some("2026-11-22"));
        let stamped = "backup/2026-11-22T101112Z";
        assert_eq!(taken.free(None, now).unwrap(), stamped);
        taken.add(stamped);
        assert_eq!(taken.free(None, now).unwrap(), "backup/2026-11-22T101113Z");
        let its = "backup/2026-11-22/2026-11-22";
        assert_eq!(taken.free(Some("2026-11-22"), now).unwrap(), its);
        // What is there already.
        let mut taken = Taken::default();
        taken.add("backup/a/2026-11-22/2026-11-21");
        let stamped = "backup/a/2026-11-22T101112Z";
        assert_eq!(taken.free(Some("a"), now).unwrap(), stamped);
        taken.add("backup/2026-11-20");
        let file = "backup/2026-11-20".to_owned();
        assert_eq!(taken.free(Some("2026-11-20"), now), Err(file));
    }

    #[test]
    fn a_name_is_of_now_for_ten_minutes_and_a_day_for_that_day() {
        let now = 1_795_342_272; // 2026-11-22T10:11:12Z
        let is_now =
            |name: &str, seconds: i64| parse(name).unwrap().is_now(Moment::from_seconds(seconds));
        let stamped = "backup/2026-11-22T101112Z";
        for (shift, good) in [
            (0, true),
            (600, true),
            (-600, true),
            (601, false),
            (-601, false),
        ] {
            assert_eq!(is_now(stamped, now + shift), good, "{shift}");
        }
        let midnight = 1_795_305_600;
        for (shift, good) in [
            (-601, false),
            (-600, true),
            (0, true),
            (86_400 + 600, true),
            (86_400 + 601, false),
        ] {
            assert_eq!(
                is_now("backup/x/2026-11-22", midnight + shift),
                good,
                "{shift}"
            );
        }
    }

    #[test]
    fn a_name_reads_back_as_what_it_was_made_from() {
        let now = Moment::from_seconds(1_795_342_272);
        assert_eq!(of_day(None, now), "backup/2026-11-22");
        assert_eq!(
            of_second(Some("release/1"), now),
            "backup/release/1/2026-11-22T101112Z"
        );
        let read = parse("backup/release/1/2026-11-22T101112Z").unwrap();
        assert_eq!(
            (read.branch.as_deref(), read.time),
            (Some("release/1"), now)
        );
        assert_eq!(
            parse("backup/2026-11-22").unwrap().time.rfc3339(),
            "2026-11-22T00:00:00Z"
        );
        for bad in [
            "backup/",
            "backup/x",
            "backup/2026-13-01",
            "backup/2026-11-2",
            "backup/2026-11-22T101112",
            "backup/2026-11-22T256112Z",
            "main",
            "backup/2026-11-22/x",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
