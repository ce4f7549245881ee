//! What a push brings: paths, sizes, and what merges take.

use super::Gate;
use crate::error::{Error, Kind, Result};
use crate::git::{Change, CommitId, TreePath};
use crate::names;
use crate::policy::Policy;
use std::collections::HashSet;

/// Paths of one push that are looked at: a real import, and no more than some megabytes.
const MAX_CHANGES: usize = 200_000;

impl Gate {
    /// The paths and sizes of what is new on a branch: what neither the protected
    /// branches nor its own past have.
    pub(super) fn check_content(
        &self,
        branch: &str,
        old: Option<CommitId>,
        new: CommitId,
        policy: &Policy,
        reviewed: &[CommitId],
    ) -> Result<()> {
        if !names::is_sandbox(branch) && !policy.has_own_denials() {
            return Ok(());
        }
        let mut known: Vec<CommitId> = old.into_iter().collect();
        known.extend(reviewed);
        let mut left = MAX_CHANGES;
        for id in self.store.new_commits(new, &known)? {
            let (own, taken) = self.own_changes(id, &mut left)?;
            for change in &taken {
                self.check_taken(branch, change, policy, reviewed)?;
            }
            self.check_own(branch, id, &own, policy)?;
        }
        Ok(())
    }

    /// What a commit brings by itself.
    fn check_own(
        &self,
        branch: &str,
        id: CommitId,
        changes: &[Change],
        policy: &Policy,
    ) -> Result<()> {
        let limits = policy.limits();
        let at = format!("in commit {}", id.short());
        let (mut files, mut bytes, mut lines) = (0u64, 0u64, 0u64);
        for change in changes {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let odd = change.new.is_some_and(|e| !e.mode.is_file());
            let ledger = policy.ledgers().contains(&path);
            if !ledger {
                policy.check_path(branch, &path)?;
                if odd {
                    // A link or a module in a folder's place brings all that is below it.
                    policy.check_path(branch, &format!("{path}/x"))?;
                }
            }
            if !names::is_sandbox(branch) {
                continue;
            }
            if odd {
                return Err(Error::new(
                    Kind::Denied,
                    format!("`{path}` would be a symlink or submodule ({at})"),
                )
                .hint("sandboxes hold files alone; leave it out"));
            }
            if change.new.is_some() && TreePath::new(&path).is_err() {
                return Err(Error::new(
                    Kind::Denied,
                    format!("`{path}` is no path that every platform can hold ({at})"),
                )
                .hint("rename it"));
            }
            let size = match change.new {
                Some(entry) => self.store.blob_size(entry.id)?,
                None => 0,
            };
            // Each write brings its own entries to the ledgers, which grow with time.
            if ledger {
                let most = crate::yaml::MAX_BYTES as u64;
                if size > most {
                    return Err(too_much(&format!("`{path}` has {size} bytes"), most, &at));
                }
                continue;
            }
            files += 1;
            bytes += size;
            if let Some(most) = limits.file_bytes.filter(|most| size > *most) {
                return Err(too_much(&format!("`{path}` has {size} bytes"), most, &at));
            }
            if limits.lines.is_some() {
                let count = self.store.count_lines(change.old, change.new)?;
                lines += count.added + count.removed;
            }
        }
        for (what, count, most) in [
            ("files change", files, limits.files),
            ("bytes are written", bytes, limits.total_bytes),
            ("lines change", lines, limits.lines),
        ] {
            if let Some(most) = most.filter(|most| count > *most) {
                return Err(too_much(&format!("{count} {what}"), most, &at));
            }
        }
        Ok(())
    }

    /// What a merge takes from another parent than its first: of the paths that nobody
    /// writes on this branch, only what the protected branches have now. An old version
    /// of a workflow was reviewed once, and replaced for a reason.
    fn check_taken(
        &self,
        branch: &str,
        change: &Change,
        policy: &Policy,
        reviewed: &[CommitId],
    ) -> Result<()> {
        let path = String::from_utf8_lossy(&change.path).into_owned();
        if policy.ledgers().contains(&path) {
            return Ok(());
        }
        let Err(denied) = policy.check_path(branch, &path) else {
            return Ok(());
        };
        for tip in reviewed {
            let tree = self.store.commit(*tip)?.tree;
            if self.store.entry(tree, &change.path)? == change.new {
                return Ok(());
            }
        }
        Err(denied)
    }

    /// What a commit itself changes, of a merge what is as none of its parents has it; and
    /// what a merge takes over its first parent from another one.
    fn own_changes(&self, id: CommitId, left: &mut usize) -> Result<(Vec<Change>, Vec<Change>)> {
        let commit = self.store.commit(id)?;
        let mut parents = commit.parents.iter();
        let mut against = |parent: Option<&CommitId>| -> Result<Vec<Change>> {
            let tree = parent.map(|p| self.store.commit(*p)).transpose()?;
            let changes =
                self.store
                    .changes_up_to(tree.map(|c| c.tree), Some(commit.tree), *left)?;
            let changes = changes.ok_or_else(|| {
                too_much(
                    "more paths change by this push than the server looks at",
                    MAX_CHANGES as u64,
                    &format!("in commit {}", id.short()),
                )
            })?;
            *left -= changes.len();
            Ok(changes)
        };
        let mut own = against(parents.next())?;
        let mut taken = Vec::new();
        for parent in parents {
            let others: HashSet<Vec<u8>> =
                against(Some(parent))?.into_iter().map(|c| c.path).collect();
            let (still, from_it) = own.into_iter().partition(|c| others.contains(&c.path));
            own = still;
            taken.extend::<Vec<Change>>(from_it);
        }
        Ok((own, taken))
    }
}

fn too_much(what: &str, most: u64, at: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!("{what}, and the policy allows {most} ({at})"),
    )
    .hint("write less at once, or ask an operator")
}
