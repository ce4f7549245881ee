//! What is said of two sides that do not go together. Words alone: the merges are in
//! [`crate::git`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Lines of a file, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineRange {
    /// The first line.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

impl fmt::Display for LineRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// Why two sides of a path do not go together.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Clash {
    /// Both changed the same lines.
    SameLines,
    /// We changed what they deleted.
    DeletedByThem,
    /// We deleted what they changed.
    DeletedByUs,
    /// Both added it, with other content.
    BothAdded,
    /// Both changed it, and it has no lines to merge: binary, too large, a link.
    NotText,
    /// It is a file on one side, and a folder on the other.
    FileAndFolder,
    /// Both renamed it, or moved it to where the other side has something else.
    Renamed,
    /// Several bases are possible, and they give different results.
    TwoBases,
}

impl Clash {
    /// What happened to the path, for a message.
    pub fn in_words(self) -> &'static str {
        match self {
            Clash::SameLines => "others changed the same lines",
            Clash::DeletedByThem => "others deleted it, and you changed it",
            Clash::DeletedByUs => "you deleted it, and others changed it",
            Clash::BothAdded => "others added it too, with other content",
            Clash::NotText => "others changed it too, and it is not text that can be merged",
            Clash::FileAndFolder => "it is a file on one side, and a folder on the other",
            Clash::Renamed => "both sides renamed or moved it, in different ways",
            Clash::TwoBases => "more than one version could be the one you started from",
        }
    }
}

/// One path in conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PathConflict {
    /// The path.
    pub path: String,
    /// Why.
    pub reason: Clash,
    /// The lines of our side that are in dispute, where they are known.
    pub lines: Vec<LineRange>,
}

impl fmt::Display for PathConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        let lines: Vec<String> = self.lines.iter().map(LineRange::to_string).collect();
        match (lines.len(), self.lines.first()) {
            (0, _) => {}
            (1, Some(one)) if one.first == one.last => write!(f, " line {one}")?,
            _ => write!(f, " lines {}", lines.join(", "))?,
        }
        write!(f, ": {}", self.reason.in_words())
    }
}

/// All of them, one a line.
pub fn listed(conflicts: &[PathConflict]) -> String {
    let lines: Vec<String> = conflicts.iter().map(PathConflict::to_string).collect();
    lines.join("\n")
}
