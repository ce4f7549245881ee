//! Checks names that make a claim: backups and archives.

use super::{NO_REFS, PreReceive};
use crate::backup_name;
use crate::clock::CLOCK_SKEW;
use crate::clock::Moment;
use crate::git::CommitId;
use crate::ref_rules;

impl PreReceive {
    /// Checks that a new backup is what its name claims: made now, of its branch's current
    /// tip. A planted backup could cause real ones to be pruned, or hide that a branch was
    /// rewound.
    pub(super) fn check_backup(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), &'static str> {
        let Some(read) = backup_name::parse(name) else {
            return Err("its name is not the name of a dated backup");
        };
        if !read.is_now(self.now) {
            return Err("its date is not the present date");
        }
        let default = self.default_branch().map_err(|_| NO_REFS)?;
        let default = default.unwrap_or_default();
        let branch = read.branch.unwrap_or_else(|| default.clone());
        let tip = self.tip_of(&branch).map_err(|_| NO_REFS)?;
        // A server that only holds copies has the backups, and no default branch.
        let is_copy = self.tip_of(&default).map_err(|_| NO_REFS)?.is_none();
        match (tip.is_none() && is_copy) || tip == new {
            true => Ok(()),
            false => Err(ref_rules::MOVED),
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
    ) -> std::result::Result<(), &'static str> {
        let branch = self.of_now(name)?;
        let tip = self.tip_of(branch).map_err(|_| NO_REFS)?;
        match tip.is_some() && tip == new {
            true => Ok(()),
            false => Err("it is at another commit than its sandbox is here"),
        }
    }

    /// The branch of a name that ends in the present time.
    fn of_now<'n>(&self, name: &'n str) -> std::result::Result<&'n str, &'static str> {
        let (branch, time) = name.rsplit_once('/').unwrap_or((name, ""));
        let Some(time) = Moment::from_stamp(time) else {
            return Err("its name does not end in a time such as 2026-11-22T101112Z");
        };
        self.check_now(time).map(|()| branch)
    }

    pub(super) fn check_now(&self, time: Moment) -> std::result::Result<(), &'static str> {
        match (self.now.seconds() - time.seconds()).abs() > CLOCK_SKEW {
            true => Err("its time is not the present one"),
            false => Ok(()),
        }
    }
}
