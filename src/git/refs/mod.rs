//! The refs of the clone or cache, HEAD among them. Files are libgit2's to read and write.
//! Tables (reftable) are git's own: libgit2 does not know them, and its calls would make
//! files there that git never sees. So nobody else in this crate calls libgit2 for a ref.

mod files;
pub(super) mod listing;
mod tables;

use super::id::{CommitId, ObjectId, RefName};
use super::object::RefMove;
use super::store::Store;
use crate::error::Result;
use files::Files;
use std::path::{Path, PathBuf};
use tables::Tables;

/// Where the snapshots of the working trees of a clone are.
pub const SNAPSHOTS: &str = "refs/aidf/snapshots/";

/// Where `git stash` keeps what it puts aside: the ref is the newest, and its log has the others.
const STASH: &str = "refs/stash";

/// The most moves of a ref that are read.
const MOST_MOVES: usize = 1000;

/// What each way of keeping refs can do. Names are full ones, and prefixes end in `/`.
trait Backend {
    /// The object that a ref comes to in the end.
    fn id(&self, name: &str) -> Result<Option<ObjectId>>;
    /// What a symbolic ref points at, whether that exists or not.
    fn target(&self, name: &str) -> Result<Option<String>>;
    /// The commit that HEAD names.
    fn head(&self) -> Result<Option<CommitId>>;
    /// Whether a ref has this prefix.
    fn has_below(&self, prefix: &str) -> Result<bool>;
    /// The rest of the name and the object of each ref with this prefix that is not symbolic,
    /// but for those that cannot be read.
    fn below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>>;
    /// The same, and it fails where one cannot be read.
    fn all_below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>>;
    /// The commits that refs with this prefix come to, symbolic ones and tags too.
    fn commits_below(&self, prefix: &str) -> Result<Vec<CommitId>>;
    /// At most so many commits that refs come to, but for snapshots.
    fn tips(&self, most: usize) -> Result<Vec<CommitId>>;
    /// At most so many moves of a ref that is there, the newest first.
    fn moves(&self, name: &str, most: usize) -> Result<Vec<RefMove>>;
    /// The commit that a revision of git's syntax names.
    fn resolve(&self, revision: &str) -> Result<Option<CommitId>>;
    /// Sets a ref, whatever it was.
    fn set(&self, name: &str, id: CommitId, why: &str) -> Result<()>;
    /// Makes a ref; false where it is there already.
    fn create(&self, name: &str, id: CommitId) -> Result<bool>;
    /// Removes refs; what is gone already is no failure.
    fn delete(&self, names: &[&str]) -> Result<()>;
    /// Sets a symbolic ref, whatever it was.
    fn set_target(&self, name: &str, target: &str, why: &str) -> Result<()>;
    /// Moves a ref from `old` (none: it is made) to `new`, with a line in its log.
    fn move_to(&self, name: &str, old: Option<CommitId>, new: CommitId, why: &str) -> Result<()>;
    /// Has HEAD point to a branch, with a line in its log.
    fn set_head(&self, branch: &str) -> Result<()>;
    /// Whether another worktree has a branch checked out.
    fn is_checked_out_elsewhere(&self, branch: &str) -> Result<bool>;
    /// Adds a worktree on a branch, given by its short name, that is made at `tip` where it is
    /// not there. Gives the worktree's own folder in the repository.
    fn add_worktree(&self, dir: &Path, branch: &str, tip: CommitId) -> Result<PathBuf>;
}

impl Store {
    fn refs(&self) -> Box<dyn Backend + '_> {
        match self.listing() {
            None => Box::new(Files(self.repo())),
            Some(listing) => Box::new(Tables {
                store: self,
                listing,
            }),
        }
    }

    /// The tip of a local ref.
    pub fn local_ref(&self, name: &str) -> Result<Option<CommitId>> {
        self.refs().id(name)
    }

    /// Whether there is a local ref whose name starts with `prefix`, such as `refs/tags/v1/`.
    pub fn has_refs_below(&self, prefix: &str) -> Result<bool> {
        self.refs().has_below(prefix)
    }

    /// What a symbolic ref points at.
    pub fn symbolic_ref(&self, name: &str) -> Result<Option<String>> {
        self.refs().target(name)
    }

    /// Whether a ref only stands for another one.
    pub fn is_symbolic(&self, name: &str) -> Result<bool> {
        Ok(self.symbolic_ref(name)?.is_some())
    }

    /// Remembers what a symbolic ref points at.
    pub fn set_symbolic_ref(&self, name: &str, target: &str) -> Result<()> {
        self.refs().set_target(name, target, "aidf: seen")
    }

    /// Sets a local ref to `id`, whatever it was.
    pub fn set_ref(&self, name: &str, id: CommitId, why: &str) -> Result<()> {
        self.refs().set(name, id, why)
    }

    /// Makes a local ref, without a log; false where it is there already, or another
    /// process has its lock.
    ///
    /// Errors: internal.
    pub fn create_ref(&self, name: &str, id: CommitId) -> Result<bool> {
        self.refs().create(name, id)
    }

    /// Removes local refs; one that is gone already is no failure.
    ///
    /// Errors: internal.
    pub fn delete_refs(&self, names: &[&str]) -> Result<()> {
        self.refs().delete(names)
    }

    /// The local refs whose names start with `prefix`, and their commits. The rest of each
    /// name is given. What cannot be read is left out.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<(String, CommitId)>> {
        self.refs().below(prefix)
    }

    /// The same, for whom none may be missing.
    ///
    /// Errors: internal, for one that cannot be read.
    pub fn all_refs_below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>> {
        self.refs().all_below(prefix)
    }

    /// The commits that the local refs below `prefix` come to.
    pub(super) fn commits_below(&self, prefix: &str) -> Result<Vec<CommitId>> {
        self.refs().commits_below(prefix)
    }

    /// The commit that HEAD names.
    pub fn head(&self) -> Result<Option<CommitId>> {
        self.refs().head()
    }

    /// The branch that is checked out, by its short name.
    pub fn head_branch(&self) -> Result<Option<String>> {
        let target = self.symbolic_ref("HEAD")?;
        let branch = target
            .as_deref()
            .and_then(|t| t.strip_prefix("refs/heads/"));
        Ok(branch.map(str::to_owned))
    }

    /// Checks a local branch out in name: HEAD names it, and files and index stay.
    ///
    /// Errors: conflict.
    pub fn set_head(&self, branch: &str) -> Result<()> {
        self.refs().set_head(&full(branch))
    }

    /// Moves a local branch from `old` (none: it is made) to `new`, with a line in its log.
    ///
    /// Errors: conflict, when it is elsewhere by now.
    pub fn move_branch(
        &self,
        branch: &str,
        old: Option<CommitId>,
        new: CommitId,
        why: &str,
    ) -> Result<()> {
        self.refs().move_to(&full(branch), old, new, why)
    }

    /// Whether another worktree has the branch checked out.
    pub fn is_checked_out_elsewhere(&self, branch: &str) -> Result<bool> {
        self.refs().is_checked_out_elsewhere(&full(branch))
    }

    /// Adds a worktree at `dir` on the local branch `branch`, made at `tip`.
    ///
    /// Errors: usage, when the folder is taken or the branch is checked out elsewhere.
    pub fn add_worktree(&self, dir: &Path, branch: &str, tip: CommitId) -> Result<PathBuf> {
        self.refs().add_worktree(dir, branch, tip)
    }

    /// Tips that a fetch may name as had, at most 256. No remote has the snapshots of a
    /// working tree.
    pub fn known_tips(&self) -> Result<Vec<CommitId>> {
        const MOST: usize = 256;
        let refs = self.refs();
        let mut tips: Vec<CommitId> = refs.head()?.into_iter().collect();
        tips.extend(refs.tips(MOST - tips.len())?);
        tips.sort();
        tips.dedup();
        Ok(tips)
    }

    /// Where HEAD has been, the newest first, as its reflog tells; empty where there is none.
    pub fn head_moves(&self) -> Result<Vec<RefMove>> {
        self.refs().moves("HEAD", MOST_MOVES)
    }

    /// What `git stash` put aside and still holds, the newest first: each is a commit, with the
    /// time of its making.
    pub fn stashes(&self) -> Result<Vec<RefMove>> {
        match self.newest_stash()? {
            None => Ok(Vec::new()),
            Some(_) => self.refs().moves(STASH, MOST_MOVES),
        }
    }

    /// The newest of them.
    pub fn newest_stash(&self) -> Result<Option<CommitId>> {
        self.local_ref(STASH)
    }

    /// The commit that a revision of git's syntax names here (gitrevisions(7)).
    pub fn resolve(&self, revision: &str) -> Result<Option<CommitId>> {
        // One that nobody has is no reason to fetch all that there is.
        let whole = ObjectId::parse(revision).ok();
        if whole.is_some_and(|id| self.is_narrow() && !self.has(id)) {
            return Ok(None);
        }
        let found = self.refs().resolve(revision)?;
        if found.is_some() || !self.is_narrow() {
            return Ok(found);
        }
        // What goes back beyond a cut, such as `HEAD~9`, starts on this side of it.
        let Some(at) = revision.find(['~', '^']) else {
            return Ok(None);
        };
        let (from, back) = revision.split_at(at);
        match self.refs().resolve(from)? {
            Some(from) => Files(self.past()).resolve(&format!("{from}{back}")),
            None => Ok(None),
        }
    }
}

/// The full name of a local branch.
fn full(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn cannot_be_set(name: &str) -> String {
    format!("the ref {name} of this clone cannot be set")
}

fn moved_meanwhile(name: &str) -> String {
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    format!("the local branch {branch} moved meanwhile, or is locked")
}

fn head_cannot_point_to(branch: &str) -> String {
    let short = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    format!("HEAD cannot point to {short}; another worktree may have it checked out")
}

fn no_worktree_at(dir: &Path) -> String {
    format!("a worktree cannot be made at {}", dir.display())
}

/// The tracking ref of a branch.
pub fn tracking_ref(remote: &str, branch: &RefName) -> String {
    format!("refs/remotes/{remote}/{}", branch.short())
}
