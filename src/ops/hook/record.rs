//! What is written down of a decision.

use crate::git::ObjectId;
use crate::journal::Journal;
use crate::ref_rules::Motion;
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
    /// Whether the hook lets it. What git, or a hook after this one, does of it then is not
    /// known here: another may have moved the ref first, or the update be refused.
    pub allowed: bool,
    /// `allowed_by_hook` or `refused_by_hook`: the same in words that say whose it is.
    pub decision: &'static str,
    /// By what rule.
    pub rule: String,
    /// What the pusher can do instead.
    #[serde(skip)]
    pub todo: Option<String>,
}

/// Refused refs of one push that have a line each; of the others there is the count.
const MAX_REFUSED: usize = 100;

/// How many refs of a push have no line of their own.
#[derive(Debug, Serialize)]
struct More<'a> {
    time: &'a str,
    user: Option<&'a str>,
    token_ids: &'a [String],
    /// No one ref.
    #[serde(rename = "ref")]
    name: Option<&'a str>,
    allowed: bool,
    decision: &'a str,
    rule: String,
    /// How many.
    refs: usize,
}

/// Writes a push's decisions down: what is let in ref by ref, of what is refused the first
/// and a count, since whoever may only knock must not fill the disk. Answers warnings.
pub(super) fn write(journal: &Journal, decisions: &[Decision]) -> Option<String> {
    let (Some(first), refused) = (decisions.first(), decisions.iter().any(|d| !d.allowed)) else {
        return None;
    };
    let most = match refused {
        true => MAX_REFUSED,
        false => decisions.len(),
    };
    // What was refused by itself says more than what only went with it.
    let (own, others): (Vec<&Decision>, Vec<&Decision>) =
        decisions.iter().partition(|d| d.todo.is_some());
    let shown: Vec<&Decision> = own.into_iter().chain(others).take(most).collect();
    let more = decisions.len() - shown.len();
    let mut lines: Vec<serde_json::Value> = Vec::new();
    lines.extend(shown.iter().filter_map(|d| serde_json::to_value(d).ok()));
    if more > 0 {
        let more = More {
            time: &first.time,
            user: first.user.as_deref(),
            token_ids: &first.token_ids,
            name: None,
            allowed: false,
            decision: "refused_by_hook",
            rule: format!("{more} more refs of the same push are refused"),
            refs: more,
        };
        lines.extend(serde_json::to_value(more).ok());
    }
    journal.write_all(&lines)
}
