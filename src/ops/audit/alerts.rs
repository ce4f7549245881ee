//! The alerts that writes raised, for a scheduled job to look at.

use super::events::{self, Entry, Wanted};
use crate::alerts::AlertKind;
use crate::clock::Period;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::ops::notify;
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which alerts are asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsRequest {
    /// Only what is not older than this.
    pub since: Option<Period>,
    /// Only these kinds; all where none is named.
    pub kinds: Vec<AlertKind>,
    /// Only what was done to this branch.
    pub branch: Option<String>,
    /// Only what this one did: a token's id, a pod or a writer.
    pub by: Option<String>,
    /// Only what was done for this task.
    pub task_id: Option<String>,
}

/// The alerts.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AlertsReport {
    /// The repository.
    pub repo_name: String,
    /// The writes, and refused writes, that raised alerts; the oldest first.
    pub entries: Vec<Entry>,
    /// How many messages about alerts of this machine could not be delivered so far.
    pub waiting: usize,
    /// One sentence.
    pub message: String,
}

impl Reported for AlertsReport {
    fn verdict(&mut self) -> Result<()> {
        match self.entries.is_empty() {
            true => Ok(()),
            false => Err(Error::new(Kind::Findings, self.message.clone()).hint(
                "look at the commits with `aidf log BRANCH`; undo one with `aidf rollback COMMIT`",
            )),
        }
    }
}

/// Lists the alerts, and tells those whom the configuration names of what still waits.
///
/// Errors: unavailable; findings, where there are alerts.
pub fn alerts(cx: &Context, request: &AlertsRequest) -> Result<AlertsReport> {
    let AlertsRequest {
        since,
        kinds,
        branch,
        by,
        task_id,
    } = request;
    // Also where the repository does not answer.
    let waiting = notify::tell_waiting(cx);
    let wanted = Wanted::new(cx.now, since.as_ref(), branch, by, task_id);
    let is_wanted = |kind: &AlertKind| kinds.is_empty() || kinds.contains(kind);
    let mut entries = Vec::new();
    events::each(cx, &wanted, |entry| {
        if entry.alerts.iter().any(is_wanted) {
            entries.push(entry);
        }
        Ok(())
    })?;
    let found = match entries.len() {
        0 => "no alerts".to_owned(),
        n => words::count(n, "write raised alerts", "writes raised alerts"),
    };
    let message = match waiting {
        0 => found,
        n => format!(
            "{found}; {} of this machine could not be delivered yet",
            words::count(n, "message", "messages")
        ),
    };
    Ok(AlertsReport {
        repo_name: cx.repo_name.clone(),
        entries,
        waiting,
        message,
    })
}
