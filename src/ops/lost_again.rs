//! Commits that a branch had once and was robbed of by a force push, and that a merge brings
//! back. git merges them like any others. The branch's backups remember that it had them.

use super::snapshot;
use crate::backup_name;
use crate::context::Context;
use crate::error::Result;
use crate::git::{Advertisement, CommitId};
use std::collections::HashMap;

/// The backups of one branch: their names by what they hold.
#[derive(Debug, Default)]
pub(super) struct Backups(HashMap<CommitId, String>);

impl Backups {
    /// Those that the remote shows.
    pub fn of(cx: &Context, advertisement: &Advertisement, branch: &str) -> Backups {
        let is_default = snapshot::learn_default_branch(cx).is_ok_and(|name| name == branch);
        let all = advertisement.under(backup_name::REFS);
        let ours = all.filter_map(|(name, id)| {
            let name = name.strip_prefix("refs/heads/")?;
            let of = backup_name::parse(name)?.branch;
            let is_ours = of.map_or(is_default, |of| of == branch);
            is_ours.then(|| (id, name.to_owned()))
        });
        Backups(ours.collect())
    }

    /// Warns if `head` holds what a backup of the branch holds, and the branch at `tip` does
    /// not: it lost that since. `brings` says what becomes of it.
    ///
    /// Errors: internal, for a history that cannot be walked.
    pub fn warn(
        &self,
        cx: &Context,
        (branch, tip): (&str, CommitId),
        head: CommitId,
        brings: &str,
    ) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        for commit in cx.store.history(head, Some(tip))? {
            let Some(backup) = self.0.get(&commit) else {
                continue;
            };
            cx.warn(format!(
                "{branch} had {} \"{}\" when {backup} was made, and lost it since, as by a force push; {brings}",
                commit.short(),
                cx.store.commit(commit)?.subject()
            ));
            return Ok(());
        }
        Ok(())
    }
}
