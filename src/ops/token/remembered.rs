//! The tokens that are at hand: those that the clone remembers, and that of the environment.
//! And those that were issued here, of which the journal tells all but the token itself.

use super::ISSUE;
use crate::context::Context;
use crate::error::Result;
use crate::ops::own_lines::Here;
use crate::ops::revoked;
use crate::ops::session;
use crate::revocations;
use crate::secret::Secret;
use serde::Deserialize;

/// A token at hand.
pub struct Remembered {
    /// The token itself.
    pub token: Secret,
    /// Its sandbox, if that was remembered with it.
    pub branch: Option<String>,
    /// Whether it was remembered for the repository at the remote.
    pub is_ours: bool,
}

/// Every token at hand, each one once, those in use first.
///
/// Errors: auth, for a session that others can read.
pub fn all(cx: &Context) -> Result<Vec<Remembered>> {
    let mut found: Vec<Remembered> = Vec::new();
    let mut add = |token: &Secret, branch: Option<&String>, is_ours: bool| {
        if !found.iter().any(|f| f.token == *token) {
            found.push(Remembered {
                token: token.clone(),
                branch: branch.cloned(),
                is_ours,
            });
        }
    };
    for session in session::all(cx)? {
        let is_ours = session.is_of(cx);
        add(&session.reuse_token, Some(&session.branch), is_ours);
        for earlier in &session.previous {
            add(&earlier.reuse_token, Some(&earlier.branch), is_ours);
        }
    }
    if let Some(token) = &cx.config.environment_token {
        add(token, None, true);
    }
    Ok(found)
}

/// A token that was issued here.
#[derive(Deserialize)]
pub struct Issued {
    /// Its id.
    #[serde(rename = "token_id")]
    pub id: String,
    /// Its sandbox; none for an operator's.
    pub branch: Option<String>,
    /// Whom it was given to.
    pub pod: Option<String>,
    /// When; RFC 3339.
    pub time: String,
}

/// The tokens of this repository that were issued here, as far as the end of the journal
/// tells, the newest first.
pub fn issued(cx: &Context) -> Vec<Issued> {
    #[derive(Deserialize)]
    struct Line {
        command: String,
        outcome: String,
    }
    let found = own_lines(cx).filter_map(|text| {
        let line: Line = serde_json::from_slice(&text).ok()?;
        (line.command == ISSUE && line.outcome == "done").then_some(())?;
        let issued: Issued = serde_json::from_slice(&text).ok()?;
        revocations::token_of(&revocations::ref_of(&issued.id))?;
        Some(issued)
    });
    found.collect()
}

/// Whether anything here tells of a token with this id: a token at hand, the end of the
/// journal, or a revocation that was seen.
///
/// Errors: auth, for a session that others can read.
pub fn is_known(cx: &Context, id: &str) -> Result<bool> {
    #[derive(Deserialize)]
    struct Line {
        token_id: String,
    }
    let used = |text: Vec<u8>| serde_json::from_slice(&text).is_ok_and(|l: Line| l.token_id == id);
    let held = all(cx)?;
    let mut claims = held.iter().filter_map(|one| cx.claims_of(&one.token));
    Ok(claims.any(|c| c.id == id) || revoked::is_remembered(cx, id) || own_lines(cx).any(used))
}

/// The lines of this repository at the end of the journal, the newest first.
fn own_lines(cx: &Context) -> impl Iterator<Item = Vec<u8>> {
    let here = Here::of(cx);
    let lines = cx.journal_file().last_lines().into_iter().rev();
    lines.filter(move |text| serde_json::from_slice(text).is_ok_and(|whose| here.has(&whose)))
}
