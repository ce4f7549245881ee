//! Records the decisions on a push.

use crate::git::ObjectId;
use crate::journal::Journal;
use crate::keys::Key;
use crate::ref_rules::Motion;
use serde::Serialize;

/// The decision on one ref, as the server's journal records it.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// UTC, RFC 3339.
    pub time: String,
    /// The user that the server says is pushing.
    pub user: Option<String>,
    /// The ids of the tokens that were valid.
    pub token_ids: Vec<String>,
    /// Whether one of them was an operator's: then the hook did not look at what was pushed.
    pub operator: bool,
    /// The ref.
    #[serde(rename = "ref")]
    pub name: String,
    /// How it was to move.
    pub motion: Motion,
    /// Its tip before.
    pub old: Option<ObjectId>,
    /// Its tip after.
    pub new: Option<ObjectId>,
    /// Whether the hook allows it. What git or a later hook then does is not known here:
    /// another push may have moved the ref first, or the update may be refused.
    pub allowed: bool,
    /// `allowed_by_hook` or `refused_by_hook`: like `allowed`, but it also says who decided.
    pub decision: &'static str,
    /// The rule that decided.
    pub rule: String,
    /// What the pusher can do instead.
    #[serde(skip)]
    pub todo: Option<String>,
}

/// How many refused refs of one push get a line each; the others are only counted.
const MAX_REFUSED: usize = 100;

/// How many refs of a push have no line of their own.
#[derive(Debug, Serialize)]
struct More<'a> {
    time: &'a str,
    user: Option<&'a str>,
    token_ids: &'a [String],
    /// Always none: the line is about several refs.
    #[serde(rename = "ref")]
    name: Option<&'a str>,
    allowed: bool,
    decision: &'a str,
    rule: String,
    /// How many.
    refs: usize,
}

/// Writes a push's decisions to the journal. Every allowed ref gets a line. Of the refused
/// refs, the first ones get a line and the rest a count, because somebody without access
/// must not be able to fill the disk. Returns warnings.
pub(super) fn write(
    journal: &Journal,
    key: Option<&Key>,
    decisions: &[Decision],
) -> Option<String> {
    let (Some(first), refused) = (decisions.first(), decisions.iter().any(|d| !d.allowed)) else {
        return None;
    };
    let most = match refused {
        true => MAX_REFUSED,
        false => decisions.len(),
    };
    // Refs that broke a rule themselves come first. They say more than refs that were
    // refused only because another ref was.
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
    journal.write_all(&lines, key)
}
