//! What git's index holds of a path.

use super::object::Entry;

/// What the index holds of a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indexed {
    /// What the next commit of git would have; none for nothing, and for what was only
    /// announced by `git add --intent-to-add`.
    pub entry: Option<Entry>,
    /// Whether a merge left several versions, and nobody has said yet which it is.
    pub is_unmerged: bool,
    /// Whether git is told not to look at the file (skip-worktree, as a sparse checkout has it).
    pub is_skipped: bool,
    /// Whether git is told that the file has no change (assume-unchanged).
    pub is_assumed: bool,
}

impl Indexed {
    /// Whether git does not look at the file, so that nobody is told of a change in it.
    pub fn is_hidden(self) -> bool {
        self.is_skipped || self.is_assumed
    }
}
