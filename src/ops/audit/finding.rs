//! What can be wrong with a branch, and where.

use crate::git::CommitId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The commit.
    pub commit: CommitId,
    /// One sentence.
    pub detail: String,
}

/// What can be wrong with a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A commit of a sandbox did not come through aidf.
    NotThroughAidf,
    /// A commit was altered after it was signed.
    Altered,
    /// A commit was written to another branch, and moved to this one.
    Moved,
    /// A commit claims in trailers to come from aidf, and is not signed.
    ForgedTrailers,
    /// A commit's signature cannot be checked, though keys are at hand.
    UnknownKey,
    /// The branch lacks commits that a backup of it holds.
    Rewound,
    /// A commit altered or removed an entry of the changelog.
    AlteredEntry,
    /// A commit's changelog entry says what the commit does not.
    FalseEntry,
    /// A commit lacks a changelog entry that the policy wants.
    MissingEntry,
}

impl FindingKind {
    /// Its name in words.
    pub fn words(self) -> &'static str {
        match self {
            FindingKind::NotThroughAidf => "not through aidf",
            FindingKind::Altered => "altered",
            FindingKind::Moved => "moved",
            FindingKind::ForgedTrailers => "forged trailers",
            FindingKind::UnknownKey => "unknown key",
            FindingKind::Rewound => "rewound",
            FindingKind::AlteredEntry => "altered changelog entry",
            FindingKind::FalseEntry => "false changelog entry",
            FindingKind::MissingEntry => "missing changelog entry",
        }
    }
}
