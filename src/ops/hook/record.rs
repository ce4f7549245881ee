//! Records the decisions on a push.

use crate::git::ObjectId;
use crate::journal::Journal;
use crate::keys::Key;
use crate::ref_rules::{self, Motion};
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
    /// Whether the ref leaves its tip by this: then nothing else tells what it was.
    #[serde(skip)]
    pub leaves: bool,
    /// What the pusher can do instead.
    #[serde(skip)]
    pub todo: Option<String>,
}

/// How many refused refs of one push get a line each; the others are only counted.
const MAX_REFUSED: usize = 100;
/// The same for allowed refs that anybody may make or move forward.
const MAX_OPEN: usize = 10;
/// How many characters such lines show of a name, and of what is said about it.
const MAX_SHOWN: usize = 200;

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

/// Writes a push's decisions to the journal. Every allowed ref that is guarded gets a line, and
/// so does every ref of an operator, and every ref that leaves its tip: its line alone tells
/// which that was. Of the others the first ones get a line and the rest a count, because
/// somebody without access must not be able to fill the disk, or to push earlier decisions out
/// of the journal. Returns warnings.
pub(super) fn write(
    journal: &Journal,
    key: Option<&Key>,
    decisions: &[Decision],
) -> Option<String> {
    decisions.first()?;
    let refused = decisions.iter().any(|d| !d.allowed);
    let is_strangers = |d: &Decision| !d.operator && ref_rules::is_open_to_all(&d.rule);
    let is_bounded = |d: &&Decision| refused || is_strangers(d) && !d.leaves;
    let (bounded, whole): (Vec<&Decision>, Vec<&Decision>) = decisions.iter().partition(is_bounded);
    // Refs that broke a rule themselves come first. They say more than refs that were
    // refused only because another ref was.
    let (own, others): (Vec<&Decision>, Vec<&Decision>) =
        bounded.into_iter().partition(|d| d.todo.is_some());
    let bounded: Vec<&Decision> = own.into_iter().chain(others).collect();
    let most = if refused { MAX_REFUSED } else { MAX_OPEN };
    let (shown, more) = bounded.split_at(bounded.len().min(most));
    let mut lines: Vec<serde_json::Value> = Vec::new();
    let short = |d: &Decision| {
        serde_json::to_value(Decision {
            name: shortened(&d.name),
            rule: shortened(&d.rule),
            ..d.clone()
        })
    };
    lines.extend(whole.iter().filter_map(|d| match is_strangers(d) {
        true => short(d).ok(),
        false => serde_json::to_value(d).ok(),
    }));
    lines.extend(shown.iter().filter_map(|d| short(d).ok()));
    if let Some(first) = more.first() {
        let more = More {
            time: &first.time,
            user: first.user.as_deref(),
            token_ids: &first.token_ids,
            name: None,
            allowed: first.allowed,
            decision: first.decision,
            rule: match refused {
                true => format!("{} more refs of the same push are refused", more.len()),
                false => format!(
                    "{} more refs of the same push are allowed, which anybody may write",
                    more.len()
                ),
            },
            refs: more.len(),
        };
        lines.extend(serde_json::to_value(more).ok());
    }
    journal.write_all(&lines, key)
}

/// The beginning of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
