//! Work that was merged, and that a rollback took back since: what a sandbox had landed on a
//! branch, or what a sync had brought from a branch into a sandbox.
//!
//! For git such work stays merged. A later merge would take it away on the side that still has
//! it, and would not bring it back to the other (git's own
//! `Documentation/howto/revert-a-faulty-merge.adoc`). Here a rollback changes the side that it
//! was made on, and no other. After one on the branch `sync` keeps the sandbox's own work, and
//! `land` brings it once the sandbox has taken the rollback in. After one of a sync in the
//! sandbox the next `sync` brings the branch's work again, and until then `land` refuses to take
//! it off the branch.
//!
//! Who says that it undoes a commit is not asked to prove it. Its word only chooses whose
//! changes are made again, and a change that is there is not made twice.

use super::join::{Join, Joined};
use super::log::{BROUGHT_AGAIN, brought_again, judge, reverts, trailers, trees_of};
use super::squashed::landed_tip;
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::Result;
use crate::git::{Change, CommitId, CommitInfo, Draft, Edit, Entry, MergedEntry, Mode};
use crate::ledger::Ledger;
use crate::names;
use crate::signature::{self, Check};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Paths that one rollback is reported with.
const MAX_LISTED: usize = 100;

/// A commit that took back what had been merged.
#[derive(Debug)]
pub(super) struct RolledBack {
    /// Its id.
    pub commit: CommitId,
    /// The first line of its message.
    pub subject: String,
    /// What it took back of that, oldest first.
    taken: Vec<CommitId>,
}

/// The rollbacks that a merge makes good.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Those on the side that is written, of what came from the other.
    pub ours: Vec<RolledBack>,
    /// Those on the side that is merged, of what came from the one that is written.
    pub theirs: Vec<RolledBack>,
}

/// What a merge came to only because a rollback was made good.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// What the other side's work came to, that ours had taken back.
    pub ours: Vec<Kept>,
    /// What our side keeps, though the other had taken it back.
    pub theirs: Vec<Kept>,
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

/// What a sync brings again, though the sandbox had rolled back an earlier sync that brought it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Brought {
    /// The commit of the sandbox that took it back.
    pub rolled_back_by: CommitId,
    /// The syncs that it took back, oldest first.
    pub merges: Vec<CommitId>,
    /// The paths that come again, a hundred at most.
    pub paths: Vec<String>,
    /// How many come again.
    pub count: usize,
}

impl From<Kept> for Brought {
    fn from(kept: Kept) -> Brought {
        Brought {
            rolled_back_by: kept.rolled_back_by,
            merges: kept.landed,
            paths: kept.paths,
            count: kept.count,
        }
    }
}

impl RolledBack {
    /// What a sync says that makes it good.
    pub fn made_good(&self) -> impl Iterator<Item = (&'static str, String)> {
        let pair = |merge| (BROUGHT_AGAIN, format!("{} {merge}", self.commit));
        self.taken.iter().map(pair)
    }

    /// Its id and subject, for a sentence.
    pub fn named(&self) -> String {
        format!("{} ({})", self.commit.short(), self.subject)
    }

    /// Says that what it took back stays at these paths all the same.
    fn kept(&self, paths: BTreeSet<String>) -> Kept {
        Kept {
            rolled_back_by: self.commit,
            landed: self.taken.clone(),
            count: paths.len(),
            paths: paths.into_iter().take(MAX_LISTED).collect(),
        }
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
    if found.is_empty() {
        return Ok(None);
    }
    Ok(Some((
        format!(
            "what {branch} had landed on {to} was rolled back there by {}",
            words::few(found.iter().map(RolledBack::named), 1)
        ),
        format!(
            "take the rollback into the sandbox, which keeps its own work: aidf sandbox sync {branch} --from {to}; then land it again"
        ),
    )))
}

/// What of a branch a landing would take off it, because the sandbox rolled back the sync that
/// had brought it, with the way out: what `land` refuses with, and `propose` warns of. None where
/// there is none. `join` merges the sandbox into the branch `to`, and `joined` is what that came
/// to.
///
/// Errors: not_found, for commits that are not here; those of the merge.
pub(super) fn taken_off(
    draft: &mut Draft<'_>,
    join: &Join<'_>,
    joined: &mut Joined,
    branch: &str,
    to: &str,
) -> Result<Option<(String, String)>> {
    let found = Found {
        ours: Vec::new(),
        theirs: of_syncs(join.cx, branch, join.theirs, join.ours)?,
    };
    let again = make_again(draft, join, joined, &found)?.theirs;
    if again.is_empty() {
        return Ok(None);
    }
    let is_by = |one: &&RolledBack| again.iter().any(|a| a.rolled_back_by == one.commit);
    let by = found.theirs.iter().filter(is_by).map(RolledBack::named);
    let by: Vec<String> = by.collect();
    let paths: BTreeSet<&String> = again.iter().flat_map(|one| &one.paths).collect();
    Ok(Some((
        format!(
            "{branch} rolled back, by {}, what a sync had brought from {to}, and landing {branch} would take that off {to}: {}",
            words::few(by.iter(), 1),
            words::few(paths.iter(), 3)
        ),
        format!(
            "bring it in again: aidf sandbox sync {branch} --from {to}; then land it. To take work off {to} on purpose, roll back the commits of {to} in the sandbox, and not the sync"
        ),
    )))
}

/// The rollbacks that matter where `there`, the tip of another branch, is merged into a sandbox
/// at `head`; each newest first.
///
/// Errors: not_found, for commits that are not here.
pub(super) fn between(
    cx: &Context,
    branch: &str,
    head: CommitId,
    there: CommitId,
    is_reviewed: bool,
) -> Result<Found> {
    Ok(Found {
        ours: of_syncs(cx, branch, head, there)?,
        // What another sandbox undid is for itself alone.
        theirs: match is_reviewed {
            true => of(cx, branch, head, there)?,
            false => Vec::new(),
        },
    })
}

/// The rollbacks of a sandbox's own work that are in `there`, the tip of another branch, and
/// not in `head`, the sandbox's tip; newest first. One that was rolled back itself is none.
///
/// Errors: not_found, for commits that are not here.
fn of(cx: &Context, branch: &str, head: CommitId, there: CommitId) -> Result<Vec<RolledBack>> {
    let is_own = |_: &CommitInfo, id| is_own(cx, branch, head, id);
    rollbacks(cx, branch, (there, head), is_own, false)
}

/// The rollbacks in a sandbox of merges that had brought work of `there`, the tip of another
/// branch; newest first. A rollback of a commit of that branch's own is none: that is how its
/// work is undone on purpose.
///
/// Errors: not_found, for commits that are not here.
fn of_syncs(
    cx: &Context,
    branch: &str,
    head: CommitId,
    there: CommitId,
) -> Result<Vec<RolledBack>> {
    let store = &cx.store;
    let synced = |rollback: &CommitInfo, id: CommitId| {
        // What was rolled back on a branch that is no sandbox is gone on purpose.
        if written_to(rollback).is_some_and(|branch| !names::is_sandbox(branch)) {
            return Ok(false);
        }
        if !store.has(id) || !store.is_ancestor(id, head) {
            return Ok(false);
        }
        let commit = store.commit(id)?;
        let is_there = |tip: &CommitId| store.has(*tip) && store.is_ancestor(*tip, there);
        let merged = commit.parents.iter().skip(1).copied().find(is_there);
        match merged {
            Some(merged) => Ok(!is_made_on(cx, &commit, merged, there)?),
            None => Ok(false),
        }
    };
    // Whoever can write to the sandbox could as well remove the files: no proof is asked for,
    // and so no machine lacks it.
    rollbacks(cx, branch, (head, there), synced, true)
}

/// The commits of `tip` that `hidden` has not, and that undo one that is asked for; newest
/// first. One that was undone itself, or made good by a sync since, is none. What says so
/// without proof is believed where `believes` says so.
fn rollbacks(
    cx: &Context,
    branch: &str,
    (tip, hidden): (CommitId, CommitId),
    is_asked_for: impl Fn(&CommitInfo, CommitId) -> Result<bool>,
    believes: bool,
) -> Result<Vec<RolledBack>> {
    let mut undone = BTreeSet::new();
    let mut made_good = BTreeSet::new();
    let mut found = Vec::new();
    for id in cx.store.history(tip, Some(hidden))? {
        let commit = cx.store.commit(id)?;
        let reverted = reverts(cx, &commit);
        let again: Vec<(CommitId, CommitId)> = brought_again(&commit).collect();
        if (reverted.is_empty() && again.is_empty()) || undone.contains(&id) {
            continue;
        }
        // What says so without proof must not have anybody's work go, and without a key there
        // is no proof.
        let is_trusted = believes || judge(cx, id, branch)?.check == Check::Good;
        if is_trusted {
            made_good.extend(again);
        }
        let mut one = RolledBack {
            commit: id,
            subject: commit.subject().to_owned(),
            taken: Vec::new(),
        };
        for (of, is_whole) in &reverted {
            // Where the work that a rollback took back goes along with it, it stays undone.
            let goes_along = || -> Result<bool> {
                let of = cx.store.has(*of).then(|| cx.store.commit(*of));
                let undid = of.transpose()?.map_or_else(Vec::new, |of| reverts(cx, &of));
                let is_named = |id: &CommitId| reverted.iter().any(|(named, _)| named == id);
                Ok(undid.iter().any(|(id, _)| is_named(id)))
            };
            if *is_whole && is_trusted && !goes_along()? {
                undone.insert(*of);
            }
            // Newest first is how a rollback names them.
            for of in with_renewed(cx, *of, hidden)? {
                if !made_good.contains(&(id, of)) && is_asked_for(&commit, of)? {
                    one.taken.insert(0, of);
                }
            }
        }
        if !one.taken.is_empty() {
            found.push(one);
        }
    }
    Ok(found)
}

/// The branch that a commit says to have been written to.
fn written_to(commit: &CommitInfo) -> Option<&str> {
    trailers(commit, signature::BRANCH).next()
}

/// Whether a merge was made on the branch whose tip is `there`, and not in a sandbox that landed
/// there since. A branch's own line goes by the first parents, and of a merge that lies beside
/// it, the parent that was merged lies on it.
fn is_made_on(cx: &Context, merge: &CommitInfo, merged: CommitId, there: CommitId) -> Result<bool> {
    if !cx.store.is_ancestor(merge.id, there) {
        return Ok(false);
    }
    if let Some(branch) = written_to(merge) {
        return Ok(!names::is_sandbox(branch));
    }
    let mut line = Some(there);
    while let Some(id) = line.filter(|id| cx.store.has(*id)) {
        if id == merge.id || id == merged {
            return Ok(id == merge.id);
        }
        line = cx.store.commit(id)?.parents.first().copied();
    }
    Ok(true)
}

/// What a commit takes back that undoes `of`: `of`, and, where `of` is itself a rollback of
/// rollbacks that `known` has, what those take back again.
fn with_renewed(cx: &Context, of: CommitId, known: CommitId) -> Result<Vec<CommitId>> {
    let store = &cx.store;
    let mut all = vec![of];
    let mut at = 0;
    while let Some(of) = all.get(at).copied() {
        at += 1;
        if !store.has(of) {
            continue;
        }
        for (rollback, _) in reverts(cx, &store.commit(of)?) {
            if store.has(rollback) && store.is_ancestor(rollback, known) {
                let again = reverts(cx, &store.commit(rollback)?);
                let again: Vec<CommitId> = again.into_iter().map(|(id, _)| id).collect();
                let again = again.into_iter().filter(|id| !all.contains(id));
                all.extend(again.collect::<Vec<_>>());
            }
        }
    }
    Ok(all)
}

/// Whether a commit brought work of the sandbox to another branch: it was written to the
/// sandbox, or it landed what was.
fn is_own(cx: &Context, branch: &str, head: CommitId, id: CommitId) -> Result<bool> {
    if !cx.store.has(id) {
        return Ok(false);
    }
    let commit = cx.store.commit(id)?;
    let squashed = landed_tip(&commit);
    for tip in commit.parents.iter().skip(1).copied().chain(squashed) {
        if cx.store.has(tip)
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

/// Merges each side as though it had not rolled back what came from the other. What somebody
/// wrote in its place meanwhile conflicts. Answers what would be otherwise without that.
///
/// The fork point is taken as though it had that work, too: so nothing comes to a side that
/// gave the work up itself, or to both where neither has it.
///
/// Errors: those of the merge.
pub(super) fn make_again(
    draft: &mut Draft<'_>,
    join: &Join<'_>,
    joined: &mut Joined,
    found: &Found,
) -> Result<Again> {
    let (mut ours, mut theirs) = (Made::default(), Made::default());
    let mine = ours.make_all(draft, join, &found.ours, |path| join.ours_at(path))?;
    let yours = theirs.make_all(draft, join, &found.theirs, |path| join.theirs_at(path))?;
    if ours.at.is_empty() && theirs.at.is_empty() {
        return Ok(Again::default());
    }
    let mut base = Made::default();
    for rollbacks in [&found.ours, &found.theirs] {
        base.make_all(draft, join, rollbacks, |path| join.base_at(path))?;
    }
    let edits = [base.edits(), ours.edits(), theirs.edits()];
    let mut again = join.files_with(draft, edits)?;
    for conflict in ours.conflicts().chain(theirs.conflicts()) {
        again.put(conflict);
    }
    let changed = joined.take_files(join.ledgers, again);
    let mut sides = [mine, yours];
    let mut told = BTreeSet::new();
    for side in &mut sides {
        for (_, paths) in side.iter_mut() {
            paths.retain(|path| changed.contains(path));
            told.extend(paths.iter().cloned());
        }
    }
    // Where a rename took the work elsewhere, it is the newest rollback's all the same.
    let moved = changed.difference(&told).cloned();
    if let Some((_, paths)) = sides.iter_mut().flatten().next() {
        paths.extend(moved);
    }
    for side in &mut sides {
        side.retain(|(_, paths)| !paths.is_empty());
    }
    let memory = join.ledgers.memory.as_bytes();
    let from = [join.theirs_at(memory)?, join.ours_at(memory)?];
    for (side, from) in sides.iter().zip(from) {
        let files = side.iter().flat_map(|(_, paths)| paths).collect();
        keep_memory(draft, join, joined, &files, from)?;
    }
    let [ours, theirs] = sides.map(|side| {
        let each = side.into_iter().map(|(one, paths)| one.kept(paths));
        each.collect()
    });
    Ok(Again { ours, theirs })
}

/// A side as it would be, had it not rolled back what came from the other.
#[derive(Default)]
struct Made {
    /// What it would hold, or why that cannot be told, where work was made again.
    at: BTreeMap<Vec<u8>, std::result::Result<Option<Entry>, PathConflict>>,
}

impl Made {
    /// What is made again, as edits.
    fn edits(&self) -> Vec<Edit> {
        let made = self.at.iter();
        let made = made.filter_map(|(path, made)| Some((path.clone(), *made.as_ref().ok()?)));
        made.collect()
    }

    /// What cannot be made again.
    fn conflicts(&self) -> impl Iterator<Item = PathConflict> {
        let made = self.at.values();
        made.filter_map(|made| made.as_ref().err().cloned())
    }

    /// Makes again what the rollbacks took back, newest first, and answers the paths of each.
    fn make_all<'f>(
        &mut self,
        draft: &mut Draft<'_>,
        join: &Join<'_>,
        rollbacks: &'f [RolledBack],
        now_at: impl Fn(&[u8]) -> Result<Option<Entry>>,
    ) -> Result<Vec<(&'f RolledBack, BTreeSet<String>)>> {
        let each = rollbacks.iter();
        each.map(|one| Ok((one, self.make(draft, join, one, &now_at)?)))
            .collect()
    }

    fn make(
        &mut self,
        draft: &mut Draft<'_>,
        join: &Join<'_>,
        rollback: &RolledBack,
        now_at: impl Fn(&[u8]) -> Result<Option<Entry>>,
    ) -> Result<BTreeSet<String>> {
        let (cx, store) = (join.cx, &join.cx.store);
        let taken = changes(cx, rollback.commit)?;
        let taken: BTreeSet<Vec<u8>> = taken.into_iter().map(|change| change.path).collect();
        let mut paths = BTreeSet::new();
        for id in &rollback.taken {
            let mut again = changes(cx, *id)?;
            again.retain(|c| taken.contains(&c.path) && !join.ledgers.contains(&shown(&c.path)));
            store.ensure_files(&again)?;
            for change in again {
                let now = match self.at.get(&change.path) {
                    Some(Ok(entry)) => *entry,
                    Some(Err(_)) => continue,
                    None => now_at(&change.path)?,
                };
                let name = shown(&change.path);
                let entry = match store.merge_entry(draft, change.old, now, change.new)? {
                    MergedEntry::Clean(entry) => Ok(entry),
                    MergedEntry::Clash(reason, lines) => Err(PathConflict {
                        path: name.clone(),
                        reason,
                        lines,
                    }),
                };
                self.at.insert(change.path, entry);
                paths.insert(name);
            }
        }
        Ok(paths)
    }
}

/// Gives files whose work stays or comes again the memory entries back that `from` has of
/// them.
fn keep_memory(
    draft: &mut Draft<'_>,
    join: &Join<'_>,
    joined: &mut Joined,
    files: &BTreeSet<&String>,
    from: Option<Entry>,
) -> Result<()> {
    let path = &join.ledgers.memory;
    let bytes = path.as_bytes();
    if files.is_empty() {
        return Ok(());
    }
    let mine = join.ours_at(bytes)?;
    let now = joined.entry_at(bytes, mine);
    let before = Ledger::read(path, join.read(path, from)?.as_deref())?;
    let mut memory = Ledger::read(path, join.read(path, now)?.as_deref())?;
    let mut is_changed = false;
    for file in files {
        if !memory.has(file)
            && let Some(entry) = before.entry_for(file)
        {
            is_changed |= memory.append_entry(entry);
        }
    }
    if is_changed {
        let id = draft.blob(memory.checked()?.as_bytes())?;
        let mode = now.or(from).map_or(Mode::File, |entry| entry.mode);
        joined.set(bytes, Some(Entry { id, mode }), mine);
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
