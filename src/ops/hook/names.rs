//! Checks names that make a claim: backups and archives.

use super::{NO_REFS, PreReceive};
use crate::backup_name;
use crate::clock::{CLOCK_SKEW, DAY, Moment};
use crate::git::CommitId;
use crate::ref_rules;
use crate::words;

/// What is wrong with a name that tells no time.
pub(super) const NO_TIME: &str = "its name does not end in a time such as 2026-11-22T101112Z";

impl PreReceive {
    /// Checks that a new backup is what its name claims: made now, of its branch's current
    /// tip. A planted backup could cause real ones to be pruned, or hide that a branch was
    /// rewound.
    pub(super) fn check_backup(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), String> {
        let Some(read) = backup_name::parse(name) else {
            return Err("its name is not the name of a dated backup".to_owned());
        };
        if !read.is_now(self.now) {
            let off = self.off_by(read.time);
            return Err(format!("its date is not the present date: {off}"));
        }
        let default = self.default_branch().map_err(|_| NO_REFS)?;
        let default = default.unwrap_or_default();
        let branch = read.branch.unwrap_or_else(|| default.clone());
        let tip = self.tip_of(&branch).map_err(|_| NO_REFS)?;
        // A server that only holds copies has the backups, and no default branch.
        let is_copy = self.tip_of(&default).map_err(|_| NO_REFS)?.is_none();
        match (tip.is_none() && is_copy) || tip == new {
            true => Ok(()),
            false => Err(ref_rules::MOVED.to_owned()),
        }
    }

    /// Checks that a new archive is what its name claims: made now, of its sandbox's current
    /// tip. A push that deletes the sandbox must archive that same tip. If an archive could
    /// hold other content, the sandbox would be restored with that content when its holder
    /// comes back. If its name could have a later time, it would remain the newest archive
    /// for ever.
    pub(super) fn check_archive(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), String> {
        let branch = self.of_now(name)?;
        let tip = self.tip_of(branch).map_err(|_| NO_REFS)?;
        match tip.is_some() && tip == new {
            true => Ok(()),
            false => Err("it is at another commit than its sandbox is here".to_owned()),
        }
    }

    /// The branch of a name that ends in the present time.
    fn of_now<'n>(&self, name: &'n str) -> std::result::Result<&'n str, String> {
        let (branch, time) = name.rsplit_once('/').unwrap_or((name, ""));
        let Some(time) = Moment::from_stamp(time) else {
            return Err(NO_TIME.to_owned());
        };
        self.check_now(time).map(|()| branch)
    }

    pub(super) fn check_now(&self, time: Moment) -> std::result::Result<(), String> {
        match (self.now.seconds() - time.seconds()).abs() > CLOCK_SKEW {
            true => Err(format!(
                "its time is not the present one: {}",
                self.off_by(time)
            )),
            false => Ok(()),
        }
    }

    /// The present time of the server, and how far that of a name is from it.
    fn off_by(&self, time: Moment) -> String {
        let seconds = time.seconds().saturating_sub(self.now.seconds());
        let of = |unit: i64| usize::try_from(seconds.abs() / unit).unwrap_or(usize::MAX);
        let by = match seconds.saturating_abs() {
            s if s >= 2 * DAY => words::count(of(DAY), "day", "days"),
            s if s >= 2 * 3_600 => words::count(of(3_600), "hour", "hours"),
            _ => words::count(of(60), "minute", "minutes"),
        };
        let side = if seconds > 0 { "ahead" } else { "behind" };
        format!(
            "here it is {}, so the clock of the sender, or this server's, is off: the sender's is {by} {side}",
            self.now.rfc3339()
        )
    }
}
