//! A pull request, or merge request, in words that every provider shares.

use super::Forge;
use crate::error::Result;
use serde::Serialize;

/// An open proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// The branch that it is for.
    pub base: String,
    /// The commit that it proposes.
    pub head: String,
    /// Who opened it.
    pub author: String,
    /// Whether it is a draft.
    pub draft: bool,
}

/// What came of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// It was given.
    Given,
    /// It had been given by us before.
    Already,
    /// The forge lets nobody approve a proposal of their own.
    OwnProposal,
}

impl Forge<'_> {
    /// The proposal of this number, as it is now.
    ///
    /// Errors: not_found, auth, denied, unavailable.
    pub fn read_proposal(&self, number: u64) -> Result<Proposal> {
        match self {
            Forge::GitHub(g) => g.read_proposal(number),
            Forge::GitLab(g) => g.read_proposal(number),
            Forge::Gitea(g) => g.read_proposal(number),
        }
    }
}
