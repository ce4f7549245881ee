//! The pushes that a server's hook let through for somebody with a token. What a holder
//! writes is unsigned by design, and the hook has judged it.

use super::events;
use crate::context::Context;
use crate::error::Result;
use crate::git::CommitId;
use serde::Deserialize;
use std::collections::HashMap;

/// What is known of such pushes: for each branch the tips, each with the one before it.
#[derive(Default)]
pub(super) struct Admitted {
    pushes: HashMap<String, HashMap<CommitId, Option<CommitId>>>,
    all: bool,
}

/// What of a line of the server's journal tells of a push.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "ref")]
    name: Option<String>,
    old: Option<CommitId>,
    new: Option<CommitId>,
    #[serde(default)]
    allowed: bool,
    #[serde(default)]
    token_ids: Vec<String>,
    /// Lines of older hooks do not tell.
    operator: Option<bool>,
}

impl Admitted {
    /// Reads them from the journal of the server, where that is a folder of this machine, by
    /// the lines that a key at hand authenticates. What operators push is not looked at by a
    /// hook, so it does not count. Where the configuration says that holders write, every unsigned commit counts.
    ///
    /// Errors: internal, for a journal that cannot be read.
    pub fn read(cx: &Context) -> Result<Admitted> {
        let mut admitted = Admitted {
            all: cx.config.audit_holders,
            ..Admitted::default()
        };
        let Some(journal) = events::journal_of_server(cx) else {
            return Ok(admitted);
        };
        let checked = super::check_each(cx, &journal, |text, is_authentic| {
            let Ok(line) = serde_json::from_slice::<Line>(text) else {
                return;
            };
            let branch = line
                .name
                .as_deref()
                .and_then(|n| n.strip_prefix("refs/heads/"));
            if let (Some(branch), Some(new)) = (branch, line.new)
                && is_authentic
                && line.allowed
                && line.operator == Some(false)
                && !line.token_ids.is_empty()
            {
                let tips = admitted.pushes.entry(branch.to_owned()).or_default();
                tips.insert(new, line.old);
            }
        })?;
        if !checked.faults.is_empty() {
            cx.warn(format!(
                "the server's journal {} was altered: {}",
                journal.path().display(),
                checked.faults[0].detail
            ));
        }
        Ok(admitted)
    }

    /// A walk of this branch, by first parents, from its tip.
    pub fn walk(&self, branch: &str) -> Passed<'_> {
        Passed {
            tips: self.pushes.get(branch),
            within: None,
            all: self.all,
        }
    }
}

/// The pushes of one branch, as a walk passes through them.
pub(super) struct Passed<'a> {
    tips: Option<&'a HashMap<CommitId, Option<CommitId>>>,
    /// The commit below which the push that we are in ends; the inner one is none for a push
    /// that made the branch.
    within: Option<Option<CommitId>>,
    all: bool,
}

impl Passed<'_> {
    /// Whether the next commit of the walk came with such a push.
    pub fn has(&mut self, id: CommitId) -> bool {
        match self.tips.and_then(|tips| tips.get(&id)) {
            Some(old) => self.within = Some(*old),
            None if self.within == Some(Some(id)) => self.within = None,
            None => {}
        }
        self.all || self.within.is_some()
    }
}
