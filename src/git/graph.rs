//! How commits stand to each other.

use super::cuts::cuts;
use super::id::{CommitId, ObjectId};
use super::store::Store;
use crate::error::{Kind, OrFail, Result};
use std::collections::HashSet;

/// How many questions of one history are asked one by one, and not by a walk of all of it.
const FEW: usize = 8;

impl Store {
    /// Whether `ancestor` is `of` or in its history.
    pub fn is_ancestor(&self, ancestor: CommitId, of: CommitId) -> bool {
        ancestor == of
            || self
                .narrow()
                .is_some_and(|narrow| narrow.sees(of, ancestor))
            || self.may_be_before(ancestor, of) && self.descends_from(of, ancestor)
    }

    fn descends_from(&self, commit: CommitId, ancestor: CommitId) -> bool {
        let past = self.past();
        let (of, ancestor) = (commit.within(past), ancestor.within(past));
        past.graph_descendant_of(of, ancestor).unwrap_or(false)
    }

    /// Whether a commit can be had that may be in a history. A commit that was written from
    /// here and then dropped may be gone from everywhere: it is in no history, and that is no
    /// failure.
    fn may_be_before(&self, commit: CommitId, of: CommitId) -> bool {
        let Some(narrow) = self.narrow().filter(|_| !self.has(commit)) else {
            return true;
        };
        // A server need not give a commit by its id. The whole history tells.
        match self.ensure_history(of) {
            Ok(()) => self.has_here(commit),
            Err(e) => {
                narrow.keep_failure(e);
                false
            }
        }
    }

    /// That of two commits which is in the other's history, as far as is seen without asking
    /// anybody: libgit2 goes on beyond what it looks for, and so beyond a cut.
    fn older_of(&self, one: CommitId, other: CommitId) -> Option<CommitId> {
        let narrow = self.narrow()?;
        let is_older = |older, newer| narrow.sees(newer, older).then_some(older);
        is_older(one, other).or_else(|| is_older(other, one))
    }

    /// Of these commits, those that are none of `tips` nor in the history of one; one walk for
    /// all.
    pub fn apart_from(&self, tips: &[CommitId], commits: &[CommitId]) -> Result<Vec<CommitId>> {
        let failed = || "the history cannot be walked";
        let past = self.past();
        let mut walk = past.revwalk().or_fail(Kind::Internal, failed)?;
        for id in commits {
            walk.push(id.within(past)).or_fail(Kind::NotFound, failed)?;
        }
        for tip in tips {
            walk.hide(tip.within(past))
                .or_fail(Kind::NotFound, failed)?;
        }
        let wanted: HashSet<CommitId> = commits.iter().copied().collect();
        let mut found = HashSet::new();
        for id in walk {
            let id = ObjectId::from(id.or_fail(Kind::Internal, failed)?);
            if wanted.contains(&id) {
                found.insert(id);
            }
        }
        // The walk goes by dates, which may lie: what it met is asked for by itself.
        if found.len() * tips.len() <= FEW {
            found.retain(|id| !tips.iter().any(|tip| self.is_ancestor(*id, *tip)));
        } else {
            self.retain_apart(tips, &mut found)?;
        }
        let mut apart = commits.to_vec();
        apart.retain(|id| found.remove(id));
        Ok(apart)
    }

    /// Takes away the commits that are among `tips` or in their history. It reads all of that
    /// once, however many commits there are.
    fn retain_apart(&self, tips: &[CommitId], commits: &mut HashSet<CommitId>) -> Result<()> {
        let failed = || "the history cannot be walked";
        let past = self.past();
        let mut walk = past.revwalk().or_fail(Kind::Internal, failed)?;
        for tip in tips {
            walk.push(tip.within(past))
                .or_fail(Kind::NotFound, failed)?;
        }
        for id in walk {
            commits.remove(&ObjectId::from(id.or_fail(Kind::Internal, failed)?));
            if commits.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Every best common ancestor; criss-cross histories have several.
    pub fn merge_bases(&self, one: CommitId, other: CommitId) -> Vec<CommitId> {
        if let Some(older) = self.older_of(one, other) {
            return vec![older];
        }
        let past = self.past();
        match past.merge_bases(one.within(past), other.within(past)) {
            Ok(found) => found.iter().map(|id| ObjectId::from(*id)).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// The best common ancestor.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Option<CommitId> {
        let older = self.older_of(one, other);
        older.or_else(|| {
            let past = self.past();
            let base = past.merge_base(one.within(past), other.within(past));
            base.ok().map(ObjectId::from)
        })
    }

    /// The commits of `head`'s history that no branch of `remote` has, as far as this clone
    /// knows them. Those at which a shallow clone is cut came from there, with all before them.
    ///
    /// Errors: internal, when the history cannot be walked.
    pub fn local_commits(&self, head: CommitId, remote: &str) -> Result<Vec<CommitId>> {
        self.beyond(
            head,
            self.commits_below(&format!("refs/remotes/{remote}/"))?,
        )
    }

    /// The commits of `head` that no ref leads to, and not `other` either; newest first.
    ///
    /// Errors: internal, if the history cannot be walked.
    pub fn held_by_none(&self, head: CommitId, other: CommitId) -> Result<Vec<CommitId>> {
        let mut held = self.commits_below("refs/")?;
        held.push(other);
        self.beyond(head, held)
    }

    /// The commits reachable from `head` and from none of `tips`, as far as this clone goes.
    fn beyond(&self, head: CommitId, tips: Vec<CommitId>) -> Result<Vec<CommitId>> {
        let failed = || "the history cannot be walked";
        let repo = self.repo();
        let mut walk = repo.revwalk().or_fail(Kind::Internal, failed)?;
        walk.push(head.within(repo))
            .or_fail(Kind::NotFound, failed)?;
        for tip in tips {
            walk.hide(tip.within(repo))
                .or_fail(Kind::Internal, failed)?;
        }
        for cut in cuts(self.common_dir()) {
            // One that is here no more hides nothing.
            let _ = walk.hide(cut.within(repo));
        }
        Ok(walk
            .map_while(std::result::Result::ok)
            .map(ObjectId::from)
            .collect())
    }

    /// At most so many commits reachable from `tips`, newest first by their dates. It reads no
    /// more than these, however long the history is; what is not here ends it.
    pub fn recent(&self, tips: &[CommitId], most: usize) -> Vec<CommitId> {
        self.lazily(tips).into_iter().flatten().take(most).collect()
    }

    /// Has all commits of this history here.
    ///
    /// Errors: why one could not be fetched.
    pub fn ensure_history(&self, tip: CommitId) -> Result<()> {
        if self.is_narrow() {
            self.history(tip, None)?.for_each(drop);
            self.check_fetched()?;
        }
        Ok(())
    }

    /// The commits reachable from `tip` and from none of `hide`, newest first, and each before
    /// all that it comes from. The whole history is read before the first is told.
    pub fn history(
        &self,
        tip: CommitId,
        hide: impl IntoIterator<Item = CommitId>,
    ) -> Result<impl Iterator<Item = CommitId>> {
        let failed = || "the history cannot be walked";
        let past = self.past();
        let mut walk = past.revwalk().or_fail(Kind::Internal, failed)?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)
            .or_fail(Kind::Internal, failed)?;
        walk.push(tip.within(past))
            .or_fail(Kind::NotFound, failed)?;
        for id in hide {
            walk.hide(id.within(past)).or_fail(Kind::NotFound, failed)?;
        }
        Ok(walk.map_while(std::result::Result::ok).map(ObjectId::from))
    }

    /// The commits reachable from `tip`, newest first by their dates, as git-log(1) tells them:
    /// each after one that comes from it. No more is read than is asked for.
    pub fn log(&self, tip: CommitId) -> Result<impl Iterator<Item = CommitId>> {
        let commit = self.commit(tip)?;
        let walk = self.lazily(&[commit.id]);
        walk.or_fail(Kind::Internal, || "the history cannot be walked")
    }

    /// The commits reachable from these, the newest of all that was met so far first.
    fn lazily<'s>(
        &'s self,
        tips: &[CommitId],
    ) -> std::result::Result<impl Iterator<Item = CommitId> + use<'s>, git2::Error> {
        let past = self.past();
        let mut walk = past.revwalk()?;
        // Every other order reads all of the history first.
        walk.set_sorting(git2::Sort::NONE)?;
        // It begins with the last that is pushed, and sorts only what it meets.
        let mut tips: Vec<_> = tips.iter().map(|tip| tip.within(past)).collect();
        tips.sort_by_cached_key(|tip| past.find_commit(*tip).ok().map(|c| c.time().seconds()));
        for tip in tips {
            let _ = walk.push(tip);
        }
        Ok(walk.map_while(std::result::Result::ok).map(ObjectId::from))
    }
}
