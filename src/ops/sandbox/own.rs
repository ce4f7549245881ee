//! What sandboxes did by themselves.

use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, FileCount, ObjectId};
use crate::ops::compose::COMMITTED_BY;
use crate::ops::log::{judge_bytes, trailer};
use crate::signature;
use crate::signature::Check;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// Of so many commits aidf keeps in mind what they say: sandboxes that were forked from
/// each other have commits in common.
const KEPT: usize = 10_000;

/// Looks at the own commits of sandboxes, one sandbox after the other.
pub(super) struct Own<'c> {
    cx: &'c Context,
    files: FileCount<'c>,
    said: HashMap<CommitId, Said>,
}

/// A sandbox's tip, and the branches whose history is not its own.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub branch: &'a str,
    pub head: CommitId,
    /// The base's tip.
    pub base: Option<CommitId>,
    /// That of the default branch.
    pub default: Option<CommitId>,
}

/// What one sandbox did.
pub(super) struct Did {
    /// How many commits.
    pub commits: usize,
    /// Times of the first and the last commit, in seconds since 1970.
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub files: u64,
    pub who: Vec<String>,
    pub unsigned: Option<usize>,
}

/// What one commit says.
#[derive(Clone)]
struct Said {
    time: i64,
    who: Rc<str>,
    parents: Rc<[CommitId]>,
    /// The branch that it was written to, under a good signature; where no key is here, the
    /// branch that it names.
    signed_for: Option<Rc<str>>,
}

impl Said {
    /// Whether it is a merge of aidf's into the sandbox, as `sync` makes them: what that brought
    /// in was made elsewhere.
    fn is_sync(&self, branch: &str) -> bool {
        self.parents.len() > 1 && self.signed_for.as_deref() == Some(branch)
    }
}

impl<'c> Own<'c> {
    pub fn of(cx: &'c Context) -> Result<Own<'c>> {
        Ok(Own {
            cx,
            files: cx.store.file_count()?,
            said: HashMap::new(),
        })
    }

    /// The commits that a sandbox made itself, of those that its base has not.
    ///
    /// What a merge of aidf's brought in, as `sync` makes them, was made elsewhere. Plain git
    /// also merges two writers of one branch: what such a merge brought in is the sandbox's,
    /// unless the default branch has it.
    ///
    /// Errors: not_found, for a commit that is not here.
    pub fn commits(&mut self, at: Place<'_>, among: Vec<CommitId>) -> Result<Vec<CommitId>> {
        let mut merges = false;
        for id in &among {
            merges |= self.said(*id, at.branch)?.parents.len() > 1;
        }
        if !merges {
            return Ok(among);
        }
        let mut left: HashSet<CommitId> = among.into_iter().collect();
        let (mut own, mut open, mut by_git) = (Vec::new(), vec![at.head], false);
        while let Some(id) = open.pop() {
            if !left.remove(&id) {
                continue;
            }
            own.push(id);
            let said = self.said(id, at.branch)?;
            let is_sync = said.is_sync(at.branch);
            by_git |= said.parents.len() > 1 && !is_sync;
            let followed = if is_sync { 1 } else { said.parents.len() };
            open.extend(said.parents.iter().take(followed));
        }
        if let Some(default) = at.default.filter(|tip| by_git && Some(*tip) != at.base) {
            let cx = self.cx;
            cx.remote
                .fetch(&cx.store, &[default], true, &*cx.progress)?;
            let hide = at.base.into_iter().chain([default]);
            let apart: HashSet<CommitId> = cx.store.history(at.head, hide)?.collect();
            own.retain(|id| apart.contains(id));
        }
        Ok(own)
    }

    /// What a sandbox did, of the commits that its base has not, with its trees: where it left
    /// its base, and now.
    ///
    /// Errors: not_found, for a commit or tree that is not here; integrity.
    pub fn look(
        &mut self,
        at: Place<'_>,
        among: Vec<CommitId>,
        trees: [Option<ObjectId>; 2],
    ) -> Result<Did> {
        let branch = at.branch;
        let own = self.commits(at, among)?;
        let keyed = !self.cx.keys().is_empty();
        let (mut first, mut last, mut unsigned) = (None, None, 0);
        let mut who = BTreeSet::new();
        for id in &own {
            let said = self.said(*id, branch)?;
            last = last.max(Some(said.time));
            first = Some(first.map_or(said.time, |f: i64| f.min(said.time)));
            who.insert(said.who);
            unsigned += usize::from(said.signed_for.as_deref() != Some(branch));
        }
        let files = match own.is_empty() {
            true => 0,
            false => self.files.between(trees[0], trees[1])?,
        };
        Ok(Did {
            commits: own.len(),
            first,
            last,
            files,
            who: who.iter().map(|who| who.to_string()).collect(),
            unsigned: keyed.then_some(unsigned),
        })
    }

    /// Where a commit is a merge of aidf's into the sandbox, what was merged: the sandbox's side,
    /// and the other one.
    ///
    /// Errors: not_found, for a commit that is not here.
    pub fn synced(&mut self, branch: &str, id: CommitId) -> Result<Option<[CommitId; 2]>> {
        let said = self.said(id, branch)?;
        Ok(match *said.parents {
            [sandbox, taken] if said.is_sync(branch) => Some([sandbox, taken]),
            _ => None,
        })
    }

    /// Whether one of these commits says that it is of the sandbox. One that cannot be read says
    /// nothing.
    pub fn has_of(&mut self, branch: &str, commits: &[CommitId]) -> bool {
        let mut said = commits.iter().filter_map(|id| self.said(*id, branch).ok());
        said.any(|said| &*said.who == branch || said.signed_for.as_deref() == Some(branch))
    }

    /// What the sandbox's newest sync took of the branch that has the commit `start`. `among` are
    /// the commits that its base has not.
    pub fn last_taken(
        &mut self,
        branch: &str,
        head: CommitId,
        among: &HashSet<CommitId>,
        start: CommitId,
    ) -> Option<CommitId> {
        let mut at = head;
        while at != start && among.contains(&at) {
            let said = self.said(at, branch).ok()?;
            if let [_, taken] = *said.parents
                && said.is_sync(branch)
                && self.cx.store.is_ancestor(start, taken)
            {
                return Some(taken);
            }
            at = *said.parents.first()?;
        }
        None
    }

    fn said(&mut self, id: CommitId, branch: &str) -> Result<Said> {
        if let Some(said) = self.said.get(&id) {
            return Ok(said.clone());
        }
        let store = &self.cx.store;
        let commit = store.commit(id)?;
        let named = trailer(&commit, signature::BRANCH);
        let who = trailer(&commit, COMMITTED_BY).unwrap_or(commit.author_name);
        let mut said = Said {
            time: commit.time,
            who: who.into(),
            parents: commit.parents.as_slice().into(),
            signed_for: None,
        };
        if !self.cx.keys().is_empty() {
            let judged = judge_bytes(self.cx, &store.raw_commit(id)?, branch);
            // Whether an old signature is good can depend on the branch.
            if judged.check == Check::Bad {
                return Ok(said);
            }
            let good = judged.branch.filter(|_| judged.check == Check::Good);
            said.signed_for = good.map(Rc::from);
        } else {
            said.signed_for = named.map(Rc::from);
        }
        if self.said.len() >= KEPT {
            self.said.clear();
        }
        self.said.insert(id, said.clone());
        Ok(said)
    }
}
