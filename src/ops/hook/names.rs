//! Names that say something about their commit: backups.

use super::Gate;
use crate::backup_name;
use crate::gate;
use crate::git::CommitId;

impl Gate {
    /// Whether a new backup is what it says: of now, and of what its branch has now. One
    /// that was planted could push real ones out, or hide that a branch was rewound.
    pub(super) fn check_backup(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), &'static str> {
        const DAY: i64 = 86_400;
        let Some(read) = backup_name::parse(name) else {
            return Err("its name is not that of a dated backup");
        };
        let age = self.now.seconds() - read.time.seconds();
        // A day's own name is of its midnight; clocks differ by some minutes.
        if !(-600..=2 * DAY).contains(&age) {
            return Err("its date is not of today");
        }
        let branch = match read.branch {
            Some(branch) => branch,
            None => self.default_branch().unwrap_or_default(),
        };
        let tip = self.store.local_ref(&format!("refs/heads/{branch}"));
        // A copy's server has the backups alone.
        match tip.is_none() || tip == new {
            true => Ok(()),
            false => Err(gate::MOVED),
        }
    }
}
