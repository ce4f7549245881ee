//! What sandboxes did by themselves.

use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, FileCount, ObjectId};
use crate::ops::compose::COMMITTED_BY;
use crate::ops::log::{judge_bytes, trailer};
use crate::signature::Check;
use std::collections::{BTreeSet, HashMap};
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

/// What one sandbox did.
pub(super) struct Did {
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
    /// The branch that it was written to, under a good signature.
    signed_for: Option<Rc<str>>,
}

impl<'c> Own<'c> {
    pub fn of(cx: &'c Context) -> Result<Own<'c>> {
        Ok(Own {
            cx,
            files: cx.store.file_count()?,
            said: HashMap::new(),
        })
    }

    /// What a sandbox did whose own commits are these, with its trees: where it left its
    /// base, and now.
    ///
    /// Errors: not_found, for a commit or tree that is not here; integrity.
    pub fn look(
        &mut self,
        branch: &str,
        own: &[CommitId],
        trees: [Option<ObjectId>; 2],
    ) -> Result<Did> {
        let keyed = !self.cx.keys().is_empty();
        let (mut first, mut last, mut unsigned) = (None, None, 0);
        let mut who = BTreeSet::new();
        for id in own {
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
            first,
            last,
            files,
            who: who.iter().map(|who| who.to_string()).collect(),
            unsigned: keyed.then_some(unsigned),
        })
    }

    fn said(&mut self, id: CommitId, branch: &str) -> Result<Said> {
        if let Some(said) = self.said.get(&id) {
            return Ok(said.clone());
        }
        let store = &self.cx.store;
        let commit = store.commit(id)?;
        let who = trailer(&commit, COMMITTED_BY).unwrap_or(commit.author_name);
        let mut said = Said {
            time: commit.time,
            who: who.into(),
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
        }
        if self.said.len() >= KEPT {
            self.said.clear();
        }
        self.said.insert(id, said.clone());
        Ok(said)
    }
}
