//! Checks names that make a claim: backups, archives, and the times of openings.

use super::PreReceive;
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
        let branch = match read.branch {
            Some(branch) => branch,
            None => self.default_branch().unwrap_or_default(),
        };
        let tip = self.store.local_ref(&format!("refs/heads/{branch}"));
        // A server that only holds copies has the backups, and no default branch.
        let default = self.default_branch().unwrap_or_default();
        let is_copy = self
            .store
            .local_ref(&format!("refs/heads/{default}"))
            .is_none();
        match (tip.is_none() && is_copy) || tip == new {
            true => Ok(()),
            false => Err(ref_rules::MOVED),
        }
    }

    /// Checks that a new identity is made now. An old one could be another repository's, and
    /// then its tokens would be valid here.
    pub(super) fn check_identity(
        &self,
        new: Option<CommitId>,
    ) -> std::result::Result<(), &'static str> {
        let commit = new.and_then(|id| self.store.commit(id).ok());
        let Some(commit) = commit else {
            return Err("it is no commit");
        };
        if !commit.parents.is_empty() {
            return Err("it has parents");
        }
        match (self.now.seconds() - commit.time).abs() > CLOCK_SKEW {
            true => Err("it was not made now"),
            false => Ok(()),
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
        let tip = self.store.local_ref(&format!("refs/heads/{branch}"));
        match tip.is_some() && tip == new {
            true => Ok(()),
            false => Err("it is at another commit than its sandbox is here"),
        }
    }

    /// Checks that a record of an opening is made with the branch, and now. Otherwise a
    /// sandbox could have any age.
    pub(super) fn check_opened(&self, name: &str) -> std::result::Result<(), &'static str> {
        let branch = self.of_now(name)?;
        match self.store.local_ref(&format!("refs/heads/{branch}")) {
            None => Ok(()),
            Some(_) => Err("its sandbox is open here already"),
        }
    }

    /// The branch of a name that ends in the present time.
    fn of_now<'n>(&self, name: &'n str) -> std::result::Result<&'n str, &'static str> {
        let (branch, time) = name.rsplit_once('/').unwrap_or((name, ""));
        let Some(time) = Moment::from_stamp(time) else {
            return Err("its name does not end in a time such as 2026-11-22T101112Z");
        };
        match (self.now.seconds() - time.seconds()).abs() > CLOCK_SKEW {
            true => Err("its time is not the present one"),
            false => Ok(branch),
        }
    }
}
