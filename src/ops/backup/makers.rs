//! Who made the backups of a branch, as far as that counts for what the branch has lost.

use super::Found;
use super::manifest::Standing;
use crate::backup_manifest::Entry;

/// Who made a backup. What is earlier here is believed sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Maker {
    /// A machine with a key of ours.
    Ours,
    /// Whoever has a key that is not here: the manifest enters the backup at its commit. It is
    /// another machine of ours as a rule, and it counts for its own loss alone.
    OtherKey,
    /// Nobody entered it, and it was there when our first entry of the branch was made.
    Older,
    /// Anybody.
    Anybody,
}

/// The makers of a branch's backups.
pub(super) struct Makers<'a> {
    branch: &'a str,
    /// Our first entry of the branch.
    first: Option<&'a Entry>,
}

impl<'a> Makers<'a> {
    /// For all backups of the branch.
    pub fn of(branch: &'a str, backups: impl Iterator<Item = &'a Found>) -> Self {
        let entries = backups.filter_map(|f| f.standing.entry());
        let entries = entries.filter(|e| e.branch == branch);
        Makers {
            branch,
            first: entries.min_by(|a, b| a.made.cmp(&b.made)),
        }
    }

    /// Who made this one.
    pub fn of_one(&self, found: &Found) -> Maker {
        match &found.standing {
            Standing::Good(entry) if entry.branch == self.branch => Maker::Ours,
            Standing::Unknown(entry) if entry.commit == found.commit => Maker::OtherKey,
            Standing::None if self.first.is_some_and(|e| e.aside.contains(&found.commit)) => {
                Maker::Older
            }
            _ => Maker::Anybody,
        }
    }
}
