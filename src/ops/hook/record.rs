//! What is written down of a decision.

use crate::gate::Motion;
use crate::git::ObjectId;
use serde::Serialize;

/// What was decided of one ref, as it goes into the server's journal.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// UTC, RFC 3339.
    pub time: String,
    /// Who the server says it was.
    pub user: Option<String>,
    /// The ids of the tokens that were good.
    pub token_ids: Vec<String>,
    /// The ref.
    #[serde(rename = "ref")]
    pub name: String,
    /// How it was to move.
    pub motion: Motion,
    /// Its tip before.
    pub old: Option<ObjectId>,
    /// Its tip after.
    pub new: Option<ObjectId>,
    /// Whether it may.
    pub allowed: bool,
    /// By what rule.
    pub rule: String,
    /// What the pusher can do instead.
    #[serde(skip)]
    pub todo: Option<String>,
}
