//! Keeps the current changelog small: in one commit, entries older than a limit move to the
//! archive of their month, byte for byte.

use super::default_branch;
use crate::clock::Period;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Edit, RefUpdate};
use crate::ledger::{ChangelogEntry, Ledger};
use crate::ops::access;
use crate::ops::compose::{self, Words};
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::snapshot;
use crate::secret::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateRequest {
    /// The branch; if none is named, the default branch.
    #[serde(default)]
    pub branch: Option<String>,
    /// Entries of this age or older move.
    pub older_than: Period,
    /// The token: a sandbox's, or an operator's for a protected branch.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
    /// Whether to do everything except the push.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was moved.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RotateReport {
    /// The branch.
    pub branch: String,
    /// The commit; none if nothing was written.
    pub commit: Option<CommitId>,
    /// How many entries moved, and to which files.
    pub moved: Vec<Moved>,
    /// How many entries stayed.
    pub left: usize,
    /// True if nothing was pushed because this was a dry run.
    pub dry_run: bool,
    /// One sentence.
    pub message: String,
}

/// The entries that moved to one file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    /// The archive.
    pub file: String,
    /// How many entries.
    pub entries: usize,
}

/// Moves the old entries of a branch's changelog.
///
/// Errors: not_found; denied and auth, as for any write to that branch; integrity, for a
/// changelog or archive that does not parse; unavailable.
pub fn rotate(cx: &Context, request: &RotateRequest) -> Result<RotateReport> {
    let result = write(cx, request);
    let branch = request.branch.as_deref();
    cx.journal("backup export --rotate", branch, &result, |r| {
        let commit = r.commit.filter(|_| !r.dry_run)?;
        Some((&r.branch, commit, &r.message))
    });
    result
}

fn write(cx: &Context, request: &RotateRequest) -> Result<RotateReport> {
    let branch = match &request.branch {
        Some(branch) => branch.clone(),
        None => default_branch(cx)?,
    };
    let target = access::choose(cx, Some(&branch), request.reuse_token.as_ref())?;
    let limit = request.older_than.before(cx.now).ledger();
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let tip = advertisement.branch(&branch).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("{} has no branch {branch}", cx.remote.address()),
            )
        })?;
        let policy = snapshot::fetch_with_policy(cx, advertisement, [tip])?;
        let commit = cx.store.commit(tip)?;
        access::authorise(cx, &target, &policy, advertisement, commit.time)?;
        let ledgers = policy.ledgers();
        let mut changelog = compose::read_ledger(cx, commit.tree, &ledgers.changelog)?;

        let mut archives: BTreeMap<String, (Ledger, usize)> = BTreeMap::new();
        let mut goes = Vec::new();
        for (time, text) in changelog.entries() {
            let month = time.filter(|t| *t < limit.as_str()).and_then(month_of);
            let moved = match month {
                None => false,
                Some(month) => {
                    let file = ledgers.archive(month);
                    if !archives.contains_key(&file) {
                        let there = compose::read_ledger(cx, commit.tree, &file)?;
                        archives.insert(file.clone(), (there, 0));
                    }
                    let archive = archives.get_mut(&file);
                    archive.is_some_and(|(ledger, count)| {
                        let fits = ledger.append_entry(text);
                        *count += usize::from(fits);
                        fits
                    })
                }
            };
            goes.push(moved);
        }
        archives.retain(|_, (_, count)| *count > 0);
        let removed = changelog.remove_at(&goes);
        let moved: Vec<Moved> = archives
            .iter()
            .map(|(file, (_, count))| Moved {
                file: file.clone(),
                entries: *count,
            })
            .collect();
        let mut report = RotateReport {
            branch: branch.clone(),
            commit: None,
            moved,
            left: goes.len() - removed,
            dry_run: request.dry_run,
            message: format!(
                "nothing to move: the changelog of {branch} has no entry older than {}",
                request.older_than
            ),
        };
        if removed == 0 {
            return Ok(Plan::Nothing(report));
        }
        let entries = if removed == 1 { "entry" } else { "entries" };
        let what = format!("{removed} changelog {entries} of {branch}");
        if request.dry_run {
            report.message = format!("would move {what} to the archive");
            return Ok(Plan::Nothing(report));
        }
        let subject = format!(
            "Archive {removed} changelog {entries} older than {}",
            request.older_than
        );
        let committed_by = target.name().to_owned();
        let timestamp = cx.now.ledger();
        let entry = ChangelogEntry {
            timestamp: &timestamp,
            path: &ledgers.changelog,
            task_id: None,
            committed_by: &committed_by,
            message: &subject,
        };
        changelog.append(&entry.line());
        let mut draft = cx.store.draft();
        let mut edits: Vec<Edit> = Vec::new();
        edits.extend(compose::ledger_edit(
            cx,
            &mut draft,
            commit.tree,
            &ledgers.changelog,
            &changelog,
        )?);
        for (file, (ledger, _)) in &archives {
            edits.extend(compose::ledger_edit(
                cx,
                &mut draft,
                commit.tree,
                file,
                ledger,
            )?);
        }
        let tree = draft.tree(Some(commit.tree), &edits)?;
        let words = Words {
            message: &subject,
            trailers: vec![("Aidf-Committed-By", committed_by.clone())],
        };
        let new = compose::commit(cx, &mut draft, &target, tree, &[tip], &words)?;
        report.commit = Some(new);
        report.message = format!("moved {what} to the archive as {}", new.short());
        Ok(Plan::Push(Push {
            updates: vec![RefUpdate {
                name: target.branch.clone(),
                old: Some(tip),
                new: Some(new),
            }],
            objects: Objects::These(draft.objects()),
            token: target.token.clone(),
            report,
        }))
    })?;
    Ok(published.report)
}

/// The month of a ledger's timestamp, as `YYYY-MM`.
fn month_of(time: &str) -> Option<&str> {
    let month = time.get(..7)?;
    // Split the bytes: a hostile timestamp may have a multi-byte character anywhere.
    let (year, rest) = month.as_bytes().split_at(4);
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    (digits(year) && rest[0] == b'-' && digits(&rest[1..])).then_some(month)
}
