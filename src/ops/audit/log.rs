//! What was done, from every record at hand.

use super::events::{self, Entry, Wanted};
use crate::clock::Period;
use crate::context::Context;
use crate::error::Result;
use crate::ops::outcome::Reported;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogRequest {
    /// At most this many entries, the newest first.
    pub number: usize,
    /// Only what is not older than this.
    pub since: Option<Period>,
    /// Only what was done to this branch.
    pub branch: Option<String>,
    /// Only what this one did: a token's id, a pod, a writer or a server's user.
    pub by: Option<String>,
    /// Only what was done for this task.
    pub task_id: Option<String>,
}

impl Default for LogRequest {
    fn default() -> Self {
        LogRequest {
            number: 50,
            since: None,
            branch: None,
            by: None,
            task_id: None,
        }
    }
}

/// The entries.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogReport {
    /// The repository.
    pub repo_name: String,
    /// The newest first.
    pub entries: Vec<Entry>,
}

impl Reported for LogReport {}

/// Reads every record.
///
/// Errors: unavailable.
pub fn log(cx: &Context, request: &LogRequest) -> Result<LogReport> {
    let LogRequest {
        number,
        since,
        branch,
        by,
        task_id,
    } = request;
    let wanted = Wanted {
        newest: Some(*number),
        ..Wanted::new(cx.now, since.as_ref(), branch, by, task_id)
    };
    let mut newest = VecDeque::new();
    events::each(cx, &wanted, |entry| {
        newest.push_front(entry);
        newest.truncate(*number);
        Ok(())
    })?;
    Ok(LogReport {
        repo_name: cx.repo_name.clone(),
        entries: newest.into(),
    })
}
