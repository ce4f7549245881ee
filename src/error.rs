//! What can go wrong, in the words of the person who has to mend it.
//!
//! Rules, held by every fallible function of the library:
//! - the message names what was given and what was expected;
//! - the hint is the next thing to do, where there is one;
//! - the kind decides the exit code (`cli/exit_code.rs`), nothing else does;
//! - a secret never enters a message, a hint or a source.

use crate::conflict::{self, PathConflict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of a failure; scripts see it as an exit code and as `error.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Input or output failed here, or a bug.
    Internal,
    /// Wrong arguments or configuration.
    Usage,
    /// No such repository, branch, commit or backup.
    NotFound,
    /// Credentials refused, or a token rejected.
    Auth,
    /// The policy, or the server, says no.
    Denied,
    /// A revert or merge conflict, or a branch that kept moving.
    Conflict,
    /// A verification failed.
    Integrity,
    /// A check found drift or alerts.
    Findings,
    /// The remote is unreachable, timed out, or limits us.
    Unavailable,
    /// The caller ended it early.
    Interrupted,
}

impl Kind {
    /// The kind's name in `--json` errors.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Internal => "internal",
            Kind::Usage => "usage",
            Kind::NotFound => "not_found",
            Kind::Auth => "auth",
            Kind::Denied => "denied",
            Kind::Conflict => "conflict",
            Kind::Integrity => "integrity",
            Kind::Findings => "findings",
            Kind::Unavailable => "unavailable",
            Kind::Interrupted => "interrupted",
        }
    }
}

/// A failure: its kind, one sentence, what to do next, and what caused it.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    hint: Option<String>,
    retryable: bool,
    futile_at_once: bool,
    conflicts: Vec<PathConflict>,
    source: Option<anyhow::Error>,
}

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of ours that an `io::Error` carried through somebody's reader; that error
    /// itself where it carries none.
    pub fn carried(error: std::io::Error) -> std::result::Result<Error, std::io::Error> {
        error.downcast::<Error>()
    }

    /// A failure of `kind` that says `message`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            retryable: kind == Kind::Unavailable,
            futile_at_once: false,
            conflicts: Vec::new(),
            source: None,
        }))
    }

    /// Adds the next thing to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds what caused it; printed as `caused by:` lines.
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says where it came about, before its cause.
    pub fn within(mut self, place: &str) -> Self {
        let place = place.to_owned();
        self.0.source = Some(match self.0.source {
            Some(source) => source.context(place),
            None => anyhow::anyhow!(place),
        });
        self
    }

    /// A conflict in these paths; `what` was to be done, such as `the commit`. Its cause
    /// lists the paths, a line each.
    pub fn conflicts_in(what: &str, conflicts: Vec<PathConflict>) -> Self {
        let paths: Vec<&str> = conflicts.iter().map(|c| c.path.as_str()).collect();
        let message = format!(
            "{what} conflicts with what others wrote in {}",
            paths.join(", ")
        );
        let mut error = Error::new(Kind::Conflict, message)
            .caused_by(anyhow::anyhow!(conflict::listed(&conflicts)));
        error.0.conflicts = conflicts;
        error
    }

    /// The paths in conflict, where that is what failed.
    pub fn conflicts(&self) -> &[PathConflict] {
        &self.0.conflicts
    }

    /// Says whether the same call may succeed later, unchanged.
    pub fn retryable(mut self, yes: bool) -> Self {
        self.0.retryable = yes;
        self
    }

    /// Says that time ran out, or that the other side sends without end: what is tried
    /// again at once goes the same way.
    pub fn futile_at_once(mut self) -> Self {
        self.0.futile_at_once = true;
        self
    }

    /// Whether the same call, tried again at once, goes the same way.
    pub fn is_futile_at_once(&self) -> bool {
        self.0.futile_at_once
    }

    /// A wait for `place` that was longer than `seconds`.
    pub fn no_answer(place: impl fmt::Display, seconds: u64) -> Self {
        Error::new(
            Kind::Unavailable,
            format!("{place} did not answer within {seconds} s"),
        )
        .hint("try again, or allow more time with --timeout SECS")
        .futile_at_once()
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The next thing to do, if there is one.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The cause of type `T`, for callers that must tell refusals apart.
    pub fn cause<T: std::error::Error + 'static>(&self) -> Option<&T> {
        self.0
            .source
            .as_ref()?
            .chain()
            .find_map(|c| c.downcast_ref())
    }

    /// What caused it, outermost first; what was said already is not said again.
    pub fn causes(&self) -> Vec<String> {
        let mut told = self.0.message.clone();
        let mut causes = Vec::new();
        for cause in self.0.source.iter().flat_map(|s| s.chain()) {
            let text = cause.to_string();
            if !told.contains(text.trim()) {
                causes.push(text.clone());
                told.push('\n');
                told.push_str(&text);
            }
        }
        causes
    }
}

impl Error {
    /// The sentence and what caused it, on one line.
    pub fn in_full(&self) -> String {
        let mut all = vec![self.0.message.clone()];
        all.extend(self.causes());
        all.join(": ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Turns a foreign error into ours, with a kind and a sentence.
pub trait OrFail<T> {
    /// Fails with `kind` and the sentence that `message` gives, keeping the cause.
    fn or_fail<M: Into<String>>(self, kind: Kind, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for std::result::Result<T, E> {
    fn or_fail<M: Into<String>>(self, kind: Kind, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|e| Error::new(kind, message()).caused_by(e))
    }
}
