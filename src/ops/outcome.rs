//! What comes of a call: a report, what somebody should know besides, and a verdict.

use super::{full_disk, power_cut};
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::token::redact;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A report of an operation.
pub trait Reported: Serialize + DeserializeOwned + JsonSchema {
    /// What makes a failure of a call that was carried out, such as a rule that does not hold.
    ///
    /// It is asked for once: an error may move out of the report. Errors: that failure.
    fn verdict(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What comes of a call that was carried out.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What was done, or seen.
    pub report: T,
    /// What somebody should know besides.
    pub warnings: Vec<String>,
    /// Whether it is a failure all the same; its kind gives the exit code.
    pub verdict: Result<()>,
}

impl<T: Reported> Outcome<T> {
    /// Carries out a call.
    ///
    /// Errors: those of `operation`; and why something could not be fetched that it read:
    /// whatever it came to without that is not to be believed.
    pub fn of(cx: &Context, operation: impl FnOnce(&Context) -> Result<T>) -> Result<Outcome<T>> {
        let report = operation(cx);
        cx.check_fetched()?;
        let report = report
            .map_err(|error| full_disk::told(cx, error))
            .map_err(|error| power_cut::told(cx, error))?;
        Ok(Outcome::with(report, cx.warnings()))
    }

    /// The outcome of a call that had these warnings.
    pub fn with(mut report: T, warnings: Vec<String>) -> Outcome<T> {
        let verdict = report.verdict();
        Outcome {
            report,
            warnings,
            verdict,
        }
    }

    /// The report with its warnings, as `--json` prints it.
    ///
    /// Errors: internal.
    pub fn to_json(&self) -> Result<Value> {
        json_of(&self.report, &self.warnings)
    }
}

/// A report with warnings, as `--json` prints it.
///
/// Errors: internal.
pub fn json_of(report: &impl Serialize, warnings: &[String]) -> Result<Value> {
    let mut value = serde_json::to_value(report)
        .map_err(|e| Error::new(Kind::Internal, "the report is no JSON").caused_by(e))?;
    if let Value::Object(fields) = &mut value {
        fields.insert(WARNINGS.to_owned(), serde_json::json!(warnings));
    }
    Ok(value)
}

/// The field that warnings have in JSON.
pub(super) const WARNINGS: &str = "warnings";

/// A failure as `--json` prints it, under `error`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ErrorReport {
    /// The failure.
    pub error: Failure,
}

/// What went wrong, and what to do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Its kind, which decides the exit code.
    pub kind: Kind,
    /// What was given, what was expected, and what caused it.
    pub message: String,
    /// The next thing to do.
    pub hint: Option<String>,
    /// Whether the same call may do better later.
    pub retryable: bool,
    /// The paths in conflict, with their lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<PathConflict>,
}

impl ErrorReport {
    /// What is told of a failure: no token that found its way into it.
    pub fn of(error: &Error) -> ErrorReport {
        ErrorReport {
            error: Failure {
                kind: error.kind(),
                message: redact(&error.in_full()).into_owned(),
                hint: error.hint_text().map(|hint| redact(hint).into_owned()),
                retryable: error.is_retryable(),
                conflicts: error.conflicts().to_vec(),
            },
        }
    }
}
