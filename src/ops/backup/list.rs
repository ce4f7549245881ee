//! The backups of a remote.

use super::destination::settings_of;
use super::{All, default_branch, read_all};
use crate::context::Context;
use crate::error::Result;
use crate::git::CommitId;
use serde::Serialize;

/// What was found.
#[derive(Debug, Serialize)]
pub struct ListReport {
    /// The repository.
    pub repo_name: String,
    /// Newest first.
    pub backups: Vec<Line>,
    /// The branches that the configuration backs up; empty where it names none.
    pub expected: Vec<String>,
}

/// One backup.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its branch.
    pub name: String,
    /// The branch it is of.
    pub branch: String,
    /// What it holds.
    pub commit: CommitId,
    /// When it was made; RFC 3339.
    pub time: String,
    /// Whether it was made with a key that is here; none where its key is not here. What
    /// is older than manifests, or was made by nobody known, is not.
    pub authenticated: Option<bool>,
}

/// Lists the backups.
///
/// Errors: not_found, unavailable.
pub fn list(cx: &Context) -> Result<ListReport> {
    let All { found, default, .. } = read_all(cx, None)?;
    let default = match default {
        Some(name) => name,
        None if found.iter().any(|f| f.read.branch.is_none()) => default_branch(cx)?,
        None => String::new(),
    };
    let backups = found
        .into_iter()
        .map(|f| Line {
            branch: f.read.branch.unwrap_or_else(|| default.clone()),
            authenticated: f.standing.authenticated(),
            name: f.name,
            commit: f.commit,
            time: f.read.time.rfc3339(),
        })
        .collect();
    Ok(ListReport {
        repo_name: cx.repo_name.clone(),
        expected: settings_of(cx)?.branches.to_vec(),
        backups,
    })
}
