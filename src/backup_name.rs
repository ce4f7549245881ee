//! Names of backups: which branch, and when. Pure.
//!
//! `backup/2026-11-22` for the default branch, `backup/<branch>/2026-11-22` for others
//! (git cannot hold `a` and `a/b`), and `…2026-11-22T101112Z` for a second one of a day.

use crate::clock::{CLOCK_SKEW, DAY, Moment};

/// What every backup's branch starts with.
pub const PREFIX: &str = "backup/";

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

#[cfg(test)]
mod tests {
    use super::*;

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
