//! Proving backups: everything they reach is fetched into an empty repository, where
//! each object is hashed as it arrives, and then walked.

use super::{Found, named, read_all};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::{CommitId, Store};
use serde::Serialize;

/// What was proven.
#[derive(Debug, Serialize)]
pub struct VerifyReport {
    /// The repository.
    pub repo_name: String,
    /// Backups of which every object is there and intact.
    pub verified: Vec<String>,
    /// What is wrong, and with which.
    pub problems: Vec<Problem>,
    /// One sentence.
    pub message: String,
}

/// Something wrong with a backup.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The backup.
    pub name: String,
    /// What was seen.
    pub problem: String,
}

/// What a drill proved.
#[derive(Debug, Serialize)]
pub struct DrillReport {
    /// The repository.
    pub repo_name: String,
    /// The newest backup.
    pub backup: String,
    /// What it holds.
    pub commit: CommitId,
    /// Objects that came with it, each hashed.
    pub objects: u64,
    /// When that was; RFC 3339. None where it failed.
    pub proven_at: Option<String>,
    /// What is wrong.
    pub problems: Vec<String>,
    /// One sentence.
    pub message: String,
}

/// Verifies one backup, or all.
///
/// Errors: not_found for the backup; unavailable. What is wrong with a backup is in the report.
pub fn verify(cx: &Context, name: Option<&str>) -> Result<VerifyReport> {
    let (found, _) = read_all(cx)?;
    let chosen = match name {
        Some(name) => vec![named(&found, name)?],
        None => found,
    };
    let mut report = VerifyReport {
        repo_name: cx.repo_name.clone(),
        verified: Vec::new(),
        problems: Vec::new(),
        message: String::new(),
    };
    if chosen.is_empty() {
        report.message = "there are no backups to verify".to_owned();
        return Ok(report);
    }
    // All at once, as they share most of their history; one by one where that fails.
    let commits: Vec<CommitId> = chosen.iter().map(|f| f.commit).collect();
    match prove(cx, &commits) {
        Ok(_) => report.verified = chosen.iter().map(|f| f.name.clone()).collect(),
        Err(e) if is_outage(&e) => return Err(e),
        Err(_) => {
            for (at, one) in chosen.iter().enumerate() {
                cx.progress
                    .advance("backups", at as u64 + 1, chosen.len() as u64);
                match prove(cx, &[one.commit]) {
                    Ok(_) => report.verified.push(one.name.clone()),
                    Err(e) if is_outage(&e) => return Err(e),
                    Err(e) => report.problems.push(Problem {
                        name: one.name.clone(),
                        problem: e.in_full(),
                    }),
                }
            }
        }
    }
    report.message = match report.problems.len() {
        0 => format!(
            "{} verified: every object is there and intact",
            count(report.verified.len())
        ),
        bad => format!("{} of {} damaged", bad, count(chosen.len())),
    };
    Ok(report)
}

/// Restores the newest backup into an empty repository, and checks it.
///
/// Errors: not_found, where there is no backup; unavailable.
pub fn drill(cx: &Context) -> Result<DrillReport> {
    let (found, _) = read_all(cx)?;
    let Some(Found { name, commit, .. }) = found.into_iter().next() else {
        return Err(Error::new(Kind::NotFound, "there is no backup to restore")
            .hint("make one with `aidf backup create`"));
    };
    let result = prove(cx, &[commit]);
    let (objects, problems) = match result {
        Ok(objects) => (objects, Vec::new()),
        Err(e) if is_outage(&e) => return Err(e),
        Err(e) => (0, vec![e.in_full()]),
    };
    let proven_at = problems.is_empty().then(|| cx.now.rfc3339());
    let message = match problems.is_empty() {
        true => format!("{name} restored into an empty repository: {objects} objects, all intact"),
        false => format!("{name} cannot be restored"),
    };
    let outcome = if problems.is_empty() {
        Ok(message.as_str())
    } else {
        Err(Error::new(Kind::Integrity, message.clone()))
    };
    cx.record(
        "backup drill",
        Some(&name),
        Some(commit.to_string()),
        outcome.as_ref().map(|m| *m),
    );
    Ok(DrillReport {
        repo_name: cx.repo_name.clone(),
        backup: name,
        commit,
        objects,
        proven_at,
        problems,
        message,
    })
}

/// Fetches commits into an empty repository and counts what they reach.
fn prove(cx: &Context, commits: &[CommitId]) -> Result<u64> {
    let folder =
        tempfile::tempdir().or_fail(Kind::Internal, || "no temporary folder can be made")?;
    let store = Store::scratch(&folder.path().join("drill.git"))?;
    cx.remote.fetch_whole(&store, commits, &*cx.progress)?;
    store.check_whole(commits)
}

/// True where the remote could not be asked, so that nothing is known of the backup.
fn is_outage(error: &Error) -> bool {
    matches!(error.kind(), Kind::Auth | Kind::Unavailable)
}

fn count(n: usize) -> String {
    if n == 1 {
        "1 backup".to_owned()
    } else {
        format!("{n} backups")
    }
}
