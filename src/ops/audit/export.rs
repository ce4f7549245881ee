//! Every event as JSON lines, the oldest first.

use super::events::{self, Entry, Wanted};
use crate::clock::Period;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::ops::outcome::Reported;
use crate::output::Output;
use crate::shown;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportRequest {
    /// The file that the lines go to; a relative path starts from the folder of the call. It
    /// must be given, except where the lines are taken one by one.
    pub output: Option<PathBuf>,
    /// Only what is not older than this.
    pub since: Option<Period>,
    /// Only what was done to this branch.
    pub branch: Option<String>,
    /// Only what this one did: a token's id, a pod, a writer or a server's user.
    pub by: Option<String>,
    /// Only what was done for this task.
    pub task_id: Option<String>,
}

/// What was exported.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExportReport {
    /// The repository.
    pub repo_name: String,
    /// The file.
    pub output: PathBuf,
    /// How many events it has, one on a line.
    pub events: u64,
    /// One sentence.
    pub message: String,
}

impl Reported for ExportReport {}

/// Writes the events to a file, which is there whole or not at all, or to a pipe.
///
/// Errors: usage, without a file and for one that cannot be written; unavailable.
pub fn export(cx: &Context, request: &ExportRequest) -> Result<ExportReport> {
    let given = request.output.as_ref().ok_or_else(|| {
        Error::new(Kind::Usage, "no file was named for the events")
            .hint("name one, as the field `output`")
    })?;
    let output = cx.dir.join(given);
    let mut file = Output::begin(&output)?;
    let mut events = 0;
    each_line(cx, request, |line| {
        events += 1;
        file.write(line.as_bytes())
    })?;
    file.finish()?;
    Ok(ExportReport {
        repo_name: cx.repo_name.clone(),
        events,
        message: format!(
            "wrote {} to {}",
            words::count(events, "event", "events"),
            output.display()
        ),
        output,
    })
}

/// Gives every event as a line of JSON with its newline, the oldest first. Memory does not
/// follow their number.
///
/// Errors: unavailable; those of `take`.
pub fn each_line(
    cx: &Context,
    request: &ExportRequest,
    mut take: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let ExportRequest {
        since,
        branch,
        by,
        task_id,
        ..
    } = request;
    let wanted = Wanted::new(cx.now, since.as_ref(), branch, by, task_id);
    events::each(cx, &wanted, |entry: Entry| {
        let value = serde_json::to_value(entry);
        let value = value.or_fail(Kind::Internal, || "an event is no JSON")?;
        take(&format!("{}\n", shown::json(&value)))
    })
}
