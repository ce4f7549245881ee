//! A pull request, or merge request, in words that every provider shares.

use serde::Serialize;

/// An open proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
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
