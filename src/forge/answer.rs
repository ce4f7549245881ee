//! A forge's answer, read within bounds.

use super::identity::Auth;
use crate::error::{Error, Kind, Result};
use crate::http::transport_error;
use crate::url::HttpUrl;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use ureq::Body;
use ureq::http::Response;

/// The largest answer that is read, in bytes, where nothing else is said.
pub(super) const MAX_ANSWER: u64 = 32 * 1024 * 1024;
/// How much of an error's body is kept, in characters.
const MAX_SAID: usize = 2000;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method's name, as HTTP sends it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether the method is idempotent: doing it twice is the same as doing it once.
    pub(super) fn may_repeat(self) -> bool {
        matches!(self, Method::Get | Method::Put | Method::Delete)
    }
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(super) enum Payload<'p> {
    /// A value of JSON.
    Json(&'p Value),
    /// The fields of a form, encoded.
    Form(&'p str),
}

impl Payload<'_> {
    /// Its `Content-Type`.
    pub fn kind(self) -> &'static str {
        match self {
            Payload::Json(_) => "application/json",
            Payload::Form(_) => "application/x-www-form-urlencoded",
        }
    }

    /// As it is sent.
    pub fn bytes(self) -> serde_json::Result<Vec<u8>> {
        match self {
            Payload::Json(value) => serde_json::to_vec(value),
            Payload::Form(form) => Ok(form.into()),
        }
    }
}

/// A forge's answer.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null if there is none.
    pub json: Value,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The forge's own words for an error; empty for a success.
    pub said: String,
}

impl fmt::Debug for Answer {
    /// Leaves out the body, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("said", &self.said)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// An attempt that got no answer.
pub(super) struct Failed {
    pub error: Error,
    /// Whether the server may have begun to act.
    pub began: bool,
    /// Whether the time for the request is over, so that another attempt would exceed it.
    pub late: bool,
}

impl Failed {
    /// The transport failed, and it says how.
    pub fn unanswered(error: ureq::Error, base: &HttpUrl, timeout: Duration) -> Failed {
        Failed {
            began: !refused_to_connect(&error),
            late: matches!(error, ureq::Error::Timeout(_)),
            error: transport_error(error, base, timeout.as_secs()),
        }
    }
}

/// Whether a request certainly did not reach the server.
fn refused_to_connect(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
        ureq::Error::Io(e) => e.kind() == std::io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

/// Where an answer stops being JSON; the cause of the error that reports it.
#[derive(Debug)]
pub(super) struct NotJson {
    line: usize,
    column: usize,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl std::error::Error for NotJson {}

/// Reads an answer of at most so many bytes to its end. `forge` and `base` name the forge in
/// messages. The secrets of `auth` are kept out of those messages.
///
/// Errors: unavailable, for a connection that broke, an answer that is too large, or a body
/// that is not JSON.
pub(super) fn read(
    response: Response<Body>,
    forge: &str,
    base: &HttpUrl,
    auth: &Auth,
    timeout: Duration,
    most: u64,
) -> Result<Answer> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned())))
        .collect();
    let bytes = response
        .into_body()
        .into_with_config()
        .limit(most)
        .read_to_vec()
        .map_err(|e| match e {
            ureq::Error::BodyExceedsLimit(_) => Error::new(
                Kind::Unavailable,
                match most >> 20 {
                    0 => format!("{forge} sent more than {} KiB", most >> 10),
                    mib => format!("{forge} sent more than {mib} MiB"),
                },
            )
            .retryable(false),
            ureq::Error::Timeout(_) => transport_error(e, base, timeout.as_secs()),
            e => Error::new(
                Kind::Unavailable,
                format!(
                    "{} closed the connection before its answer was complete",
                    base.authority()
                ),
            )
            .hint("try again")
            .caused_by(anyhow::anyhow!(e.to_string())),
        })?;
    let parsed = match bytes.iter().all(u8::is_ascii_whitespace) {
        true => Ok(Value::Null),
        false => serde_json::from_slice::<Value>(&bytes),
    };
    let good = (200..300).contains(&status);
    let json = match parsed {
        Ok(json) => json,
        Err(e) if good => {
            return Err(Error::new(
                Kind::Unavailable,
                format!(
                    "{} sent an answer that is not JSON",
                    base.authority()
                ),
            )
            .hint(
                "check that this is the address of its API, and that no proxy or login page answers instead",
            )
            .caused_by(NotJson {
                line: e.line(),
                column: e.column(),
            }));
        }
        Err(_) => Value::Null,
    };
    let mut said = String::new();
    if !good {
        said = match &json {
            Value::Null => String::from_utf8_lossy(&bytes).trim().to_owned(),
            json => words(json),
        };
        // An HTML page explains nothing in a terminal.
        if said.starts_with('<') {
            said.clear();
        }
        // A server may repeat our own secrets. Hide them before the text is cut: a secret
        // that is cut in two is no longer found.
        said = auth.hide_in(said).chars().take(MAX_SAID).collect();
    }
    Ok(Answer {
        status,
        json,
        headers,
        said,
    })
}

/// What an error's body says: its message, then each of its errors.
pub(super) fn words(json: &Value) -> String {
    let mut all: Vec<String> = Vec::new();
    match json {
        Value::Object(_) => {
            for key in ["message", "error", "error_description"] {
                collect(&json[key], &mut all);
            }
            collect(&json["errors"], &mut all);
        }
        other => collect(other, &mut all),
    }
    all.dedup();
    all.join("; ")
}

/// Adds the texts of `value` to `to`. A string is taken as it is. An object gives its
/// message, or else its fields.
fn collect(value: &Value, to: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.trim().is_empty() => to.push(text.trim().to_owned()),
        Value::Array(items) => items.iter().for_each(|v| collect(v, to)),
        Value::Object(fields) => match fields.get("message") {
            Some(Value::String(text)) => to.push(text.clone()),
            _ => {
                let known: Vec<String> = fields
                    .iter()
                    .filter(|(k, _)| *k != "documentation_url")
                    .filter_map(|(k, v)| match v {
                        Value::String(v) => Some(format!("{k} {v}")),
                        Value::Array(v) => {
                            let words: Vec<&str> = v.iter().filter_map(Value::as_str).collect();
                            (!words.is_empty()).then(|| format!("{k} {}", words.join(", ")))
                        }
                        _ => None,
                    })
                    .collect();
                if !known.is_empty() {
                    to.push(known.join(", "));
                }
            }
        },
        _ => {}
    }
}
