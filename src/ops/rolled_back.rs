//! Work that a sandbox had landed on a branch, and that a rollback took back there since.
//!
//! For git such work stays merged. A later merge of the branch would take it out of the
//! sandbox, and another landing would not bring it back (git's own
//! `Documentation/howto/revert-a-faulty-merge.adoc`). Here a rollback on the branch is a change
//! of the branch's files, and none of the sandbox's: `sync` keeps the sandbox's own work,
//! and `land` brings it once the sandbox has taken the rollback in.
//!
//! Who says that it undoes a commit is not asked to prove it. Its word only chooses whose
//! changes are made again, and a change that is there is not made twice.

use super::join::{Join, Joined};
use super::log::{judge, reverts, trailer, trees_of};
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::Result;
use crate::git::{Change, CommitId, CommitInfo, Draft, Entry, MergedEntry, Mode};
use crate::ledger::Ledger;
use crate::signature::Check;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The trailer with the sandbox's tip of a landing that is one ordinary commit.
pub(super) const SQUASHED: &str = "Aidf-Squashed";
/// Paths that one rollback is reported with.
const MAX_LISTED: usize = 100;

/// A commit that took back what a sandbox had landed.
#[derive(Debug)]
pub(super) struct RolledBack {
    /// Its id.
    pub commit: CommitId,
    /// The first line of its message.
    pub subject: String,
    /// What it took back of that sandbox, oldest first.
    landed: Vec<CommitId>,
}

/// What a sandbox keeps of its own, though the branch that was merged had taken it back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// The commit that took it back.
    pub rolled_back_by: CommitId,
    /// What it took back: the landing, or commits of the sandbox, oldest first.
    pub landed: Vec<CommitId>,
    /// The paths that the sandbox keeps, a hundred at most.
    pub paths: Vec<String>,
    /// How many it keeps.
    pub count: usize,
}

impl RolledBack {
    /// Its id and subject, for a sentence.
    pub fn named(&self) -> String {
        format!("{} ({})", self.commit.short(), self.subject)
    }
}

/// The sentence about work that is not on the branch any more, with the way to land it
/// again: what `land` refuses with, and `propose` warns of. None where there is none.
///
/// Errors: not_found, for commits that are not here.
pub(super) fn told(
    cx: &Context,
    branch: &str,
    head: CommitId,
    to: (&str, CommitId),
) -> Result<Option<(String, String)>> {
    let (to, tip) = to;
    let found = of(cx, branch, head, tip)?;
    let Some(newest) = found.first() else {
        return Ok(None);
    };
    let more = match found.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    Ok(Some((
        format!(
            "what {branch} had landed on {to} was rolled back there by {}{more}",
            newest.named()
        ),
        format!(
            "take the rollback into the sandbox, which keeps its own work: aidf sandbox sync {branch} --from {to}; then land it again"
        ),
    )))
}

/// The rollbacks of a sandbox's own work that are in `there`, the tip of another branch, and
/// not in `head`, the sandbox's tip; newest first. One that was rolled back itself is none.
///
/// Errors: not_found, for commits that are not here.
pub(super) fn of(
    cx: &Context,
    branch: &str,
    head: CommitId,
    there: CommitId,
) -> Result<Vec<RolledBack>> {
    let mut undone = BTreeSet::new();
    let mut found = Vec::new();
    for id in cx.store.history(there, Some(head))? {
        let commit = cx.store.commit(id)?;
        let reverted = reverts(&commit);
        if reverted.is_empty() || undone.contains(&id) {
            continue;
        }
        // What says so without proof must not have the sandbox's work go.
        let is_trusted = cx.keys().is_empty() || judge(cx, id, branch)?.check == Check::Good;
        let mut landed = Vec::new();
        for (of, is_whole) in reverted {
            if is_whole && is_trusted {
                undone.insert(of);
            }
            if is_own(cx, branch, head, of)? {
                landed.push(of);
            }
        }
        if !landed.is_empty() {
            // Newest first is how a rollback names them.
            landed.reverse();
            found.push(RolledBack {
                commit: id,
                subject: commit.subject().to_owned(),
                landed,
            });
        }
    }
    Ok(found)
}

/// Whether a commit brought work of the sandbox to another branch: it was written to the
/// sandbox, or it landed what was.
fn is_own(cx: &Context, branch: &str, head: CommitId, id: CommitId) -> Result<bool> {
    if !cx.store.has_commit(id) {
        return Ok(false);
    }
    let commit = cx.store.commit(id)?;
    let squashed = trailer(&commit, SQUASHED).and_then(|tip| CommitId::parse(&tip).ok());
    for tip in commit.parents.iter().skip(1).copied().chain(squashed) {
        if cx.store.has_commit(tip)
            && (is_written_to(cx, branch, tip)? || is_on_line(cx, head, &commit, tip)?)
        {
            return Ok(true);
        }
    }
    Ok(commit.parents.len() < 2 && is_written_to(cx, branch, id)?)
}

fn is_written_to(cx: &Context, branch: &str, id: CommitId) -> Result<bool> {
    Ok(judge(cx, id, branch)?.branch.as_deref() == Some(branch))
}

/// Whether a tip that landed lies on the sandbox's own line, which plain git may have
/// written.
fn is_on_line(cx: &Context, head: CommitId, landing: &CommitInfo, tip: CommitId) -> Result<bool> {
    let mut line = Some(head);
    let before = landing.parents.first().copied();
    for id in cx.store.history(head, before)? {
        if line == Some(id) {
            if id == tip {
                return Ok(true);
            }
            line = cx.store.commit(id)?.parents.first().copied();
        }
    }
    Ok(false)
}

/// Has a sandbox keep its own work where the branch that is merged into it took that back:
/// there the branch is merged as though it had not. What somebody wrote in its place
/// meanwhile conflicts. Answers what would have gone otherwise.
///
/// Errors: those of the merge.
pub(super) fn keep(
    draft: &mut Draft<'_>,
    join: &Join<'_>,
    joined: &mut Joined,
    found: &[RolledBack],
) -> Result<Vec<Kept>> {
    let mut again = Again::default();
    let mut each = Vec::new();
    for rollback in found {
        each.push(again.make(draft, join, rollback)?);
    }
    let mut kept = BTreeSet::new();
    for (path, theirs) in again.there {
        let is_kept = match theirs {
            Ok(theirs) => join.merge_at(draft, joined, &path, theirs)?,
            Err(conflict) => {
                joined.put(conflict);
                true
            }
        };
        if is_kept {
            kept.insert(path);
        }
    }
    let kept: BTreeSet<String> = kept.iter().map(|path| shown(path)).collect();
    keep_memory(draft, join, joined, &kept)?;
    let each = found.iter().zip(each).map(|(rollback, paths)| {
        let paths: Vec<&String> = paths.intersection(&kept).collect();
        Kept {
            rolled_back_by: rollback.commit,
            landed: rollback.landed.clone(),
            count: paths.len(),
            paths: paths.into_iter().take(MAX_LISTED).cloned().collect(),
        }
    });
    Ok(each.filter(|kept| kept.count > 0).collect())
}

/// A branch as it would be, had it not taken back what a sandbox landed.
#[derive(Default)]
struct Again {
    /// What it would hold, or why that cannot be told, where work was made again.
    there: BTreeMap<Vec<u8>, std::result::Result<Option<Entry>, PathConflict>>,
}

impl Again {
    /// Makes again what one rollback took back, and answers the paths of it.
    fn make(
        &mut self,
        draft: &mut Draft<'_>,
        join: &Join<'_>,
        rollback: &RolledBack,
    ) -> Result<BTreeSet<String>> {
        let (cx, store) = (join.cx, &join.cx.store);
        let taken = changes(cx, rollback.commit)?;
        let taken: BTreeSet<Vec<u8>> = taken.into_iter().map(|change| change.path).collect();
        let mut paths = BTreeSet::new();
        for landed in &rollback.landed {
            let mut again = changes(cx, *landed)?;
            again.retain(|c| taken.contains(&c.path) && !join.ledgers.contains(&shown(&c.path)));
            store.ensure_files(&again)?;
            for change in again {
                let now = match self.there.get(&change.path) {
                    Some(Ok(entry)) => *entry,
                    Some(Err(_)) => continue,
                    None => join.theirs_at(&change.path)?,
                };
                let name = shown(&change.path);
                let made = match store.merge_entry(draft, change.old, now, change.new)? {
                    MergedEntry::Clean(entry) => Ok(entry),
                    MergedEntry::Clash(reason, lines) => Err(PathConflict {
                        path: name.clone(),
                        reason,
                        lines,
                    }),
                };
                self.there.insert(change.path, made);
                paths.insert(name);
            }
        }
        Ok(paths)
    }
}

/// Gives files that the sandbox keeps the memory entries back that it had of them.
fn keep_memory(
    draft: &mut Draft<'_>,
    join: &Join<'_>,
    joined: &mut Joined,
    kept: &BTreeSet<String>,
) -> Result<()> {
    let path = &join.ledgers.memory;
    let bytes = path.as_bytes();
    let Some(at) = joined.edits.iter().position(|(p, _)| p == bytes) else {
        return Ok(());
    };
    let now = joined.edits[at].1;
    let mine = join.ours_at(bytes)?;
    let before = Ledger::read(path, join.read(path, mine)?.as_deref())?;
    let mut memory = Ledger::read(path, join.read(path, now)?.as_deref())?;
    let mut is_changed = false;
    for file in kept {
        if !memory.has(file)
            && let Some(entry) = before.entry_for(file)
        {
            is_changed |= memory.append_entry(entry);
        }
    }
    if is_changed {
        let id = draft.blob(memory.checked()?.as_bytes())?;
        let mode = now.or(mine).map_or(Mode::File, |entry| entry.mode);
        joined.edits[at].1 = Some(Entry { id, mode });
    }
    Ok(())
}

/// What a commit changed against its first parent.
fn changes(cx: &Context, id: CommitId) -> Result<Vec<Change>> {
    let (before, after) = trees_of(cx, &cx.store.commit(id)?)?;
    cx.store.ensure_between([(before, after)])?;
    cx.store.changes(before, after, false)
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
