//! What git has begun in a working tree and not finished: a merge, a rebase and the like. Until
//! it is finished HEAD stands for it, and so nobody else may move HEAD.

use super::store::Store;
use crate::error::{Error, Kind, Result};

/// What is not finished in a working tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// `git merge`.
    Merge,
    /// `git rebase`, whichever of its backends does it.
    Rebase,
    /// `git am`.
    Mail,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
}

impl Unfinished {
    /// With its article, for a sentence.
    pub fn named(self) -> &'static str {
        match self {
            Unfinished::Merge => "a merge",
            Unfinished::Rebase => "a rebase",
            Unfinished::Mail => "`git am`",
            Unfinished::CherryPick => "a cherry-pick",
            Unfinished::Revert => "a revert",
        }
    }

    /// git's command that began it, and that finishes it.
    pub fn command(self) -> &'static str {
        match self {
            Unfinished::Merge => "git merge",
            Unfinished::Rebase => "git rebase",
            Unfinished::Mail => "git am",
            Unfinished::CherryPick => "git cherry-pick",
            Unfinished::Revert => "git revert",
        }
    }
}

impl Store {
    /// What git has begun in this working tree and not finished. git-status(1) looks at the same
    /// files. A rebase comes first: what it applies may look like a merge or a cherry-pick.
    ///
    /// Errors: internal, for refs in tables that git cannot read.
    pub fn unfinished(&self) -> Result<Option<Unfinished>> {
        let dir = self.git_dir();
        let is_there = |name: &str| dir.join(name).symlink_metadata().is_ok();
        // In tables these two are refs, and MERGE_HEAD is a file wherever the refs are
        // (gitglossary(7), "pseudoref"). Of large tables git lists none but those below `refs/`,
        // and has to be asked for the one.
        let is_ref = |name: &str| -> Result<bool> {
            let may_be_unlisted = self.listing().is_some() && is_there("MERGE_MSG");
            Ok(self.local_ref(name)?.is_some() || may_be_unlisted && self.resolve(name)?.is_some())
        };
        Ok(if is_there("rebase-apply/applying") {
            Some(Unfinished::Mail)
        } else if is_there("rebase-apply") || is_there("rebase-merge") {
            Some(Unfinished::Rebase)
        } else if is_there("MERGE_HEAD") {
            Some(Unfinished::Merge)
        } else if is_ref("CHERRY_PICK_HEAD")? {
            Some(Unfinished::CherryPick)
        } else if is_ref("REVERT_HEAD")? {
            Some(Unfinished::Revert)
        } else {
            // Between two commits of a sequence only the list of what is left to do tells.
            let left = std::fs::read_to_string(dir.join("sequencer/todo")).unwrap_or_default();
            match left.split_whitespace().next() {
                Some("pick" | "p") => Some(Unfinished::CherryPick),
                Some("revert") => Some(Unfinished::Revert),
                _ => None,
            }
        })
    }

    /// Refuses to go on where git has not finished something that HEAD stands for.
    ///
    /// Errors: conflict, with what it is.
    pub fn check_finished(&self) -> Result<()> {
        let Some(unfinished) = self.unfinished()? else {
            return Ok(());
        };
        let (named, command) = (unfinished.named(), unfinished.command());
        Err(Error::new(
            Kind::Conflict,
            format!("{named} is not finished in this working tree"),
        )
        .hint(format!(
            "nothing was changed; finish it with `{command} --continue`, give it up with `{command} --abort`, or, if aidf has committed all of it, end it with `{command} --quit`"
        )))
    }

    /// Whether git looks for a bad commit here. It warns who switches meanwhile, and no more.
    pub fn is_bisecting(&self) -> bool {
        self.git_dir().join("BISECT_LOG").exists()
    }
}
