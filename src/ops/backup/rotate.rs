//! Keeps the current changelog small: in one commit, entries older than a limit move to the
//! archive of their month, byte for byte.

use super::default_branch;
use crate::clock::Period;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, Draft, Edit};
use crate::ledger::{ChangelogEntry, Ledger};
use crate::ops::access;
use crate::ops::compose::{self, Words};
use crate::ops::write::{self, BranchState, Carried, Change, Changed, Deed, Edited, written};
use crate::secret::Secret;
use crate::words;
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
    /// How many pushes it took.
    pub attempts: u32,
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
    cx.note_request(request);
    let branch = match &request.branch {
        Some(branch) => Ok(branch.clone()),
        None => default_branch(cx),
    };
    let target =
        branch.and_then(|name| access::choose(cx, Some(&name), request.reuse_token.as_ref()));
    write::run(cx, target.map(|target| (target, Rotate { request })))
}

/// The moving of old entries that a request asks for.
struct Rotate<'r> {
    request: &'r RotateRequest,
}

written!(RotateReport, branch);

impl Change for Rotate<'_> {
    type Report = RotateReport;

    const COMMAND: &'static str = "backup export --rotate";

    const NO_BRANCH: &'static str = "name a branch of the remote with --branch";

    fn is_dry_run(&self) -> bool {
        self.request.dry_run
    }

    fn edit(
        &mut self,
        state: &BranchState<'_>,
        draft: &mut Draft<'_>,
    ) -> Result<Edited<RotateReport>> {
        let (cx, tree, branch) = (state.cx, state.tree, state.target.name());
        let ledgers = state.policy.ledgers();
        let limit = self.request.older_than.before(cx.now).ledger();
        let mut changelog = compose::read_ledger(cx, tree, &ledgers.changelog)?;

        let mut archives: BTreeMap<String, (Ledger, usize)> = BTreeMap::new();
        let mut goes = Vec::new();
        for (time, text) in changelog.entries() {
            let month = time.filter(|t| *t < limit.as_str()).and_then(month_of);
            let moved = match month {
                None => false,
                Some(month) => {
                    let file = ledgers.archive(month);
                    if !archives.contains_key(&file) {
                        let there = compose::read_ledger(cx, tree, &file)?;
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
        let moved = archives.iter().map(|(file, (_, count))| Moved {
            file: file.clone(),
            entries: *count,
        });
        let older_than = &self.request.older_than;
        let report = RotateReport {
            branch: branch.to_owned(),
            commit: None,
            moved: moved.collect(),
            left: goes.len() - removed,
            attempts: 0,
            dry_run: self.request.dry_run,
            message: format!(
                "nothing to move: the changelog of {branch} has no entry older than {older_than}"
            ),
        };
        if removed == 0 {
            return Ok(Edited::Nothing(report));
        }
        let entry = ChangelogEntry {
            timestamp: &cx.now.ledger(),
            path: &ledgers.changelog,
            task_id: None,
            committed_by: branch,
            message: &self.subject(&report),
        };
        changelog.append(&entry.line());
        let mut edits: Vec<Edit> = Vec::new();
        edits.extend(compose::ledger_edit(
            cx,
            draft,
            tree,
            &ledgers.changelog,
            &changelog,
        )?);
        for (file, (ledger, _)) in &archives {
            edits.extend(compose::ledger_edit(cx, draft, tree, file, ledger)?);
        }
        let entries = words::count(removed, "changelog entry", "changelog entries");
        Ok(Edited::Changed(Changed {
            edits,
            merged: None,
            objects: Carried::Also(Vec::new()),
            deed: Deed {
                done: "moved",
                would: "move",
                what: format!("{entries} of {branch} to the archive"),
            },
            report,
        }))
    }

    fn words(&self, _state: &BranchState<'_>, report: &RotateReport) -> Result<Words> {
        Ok(Words {
            message: self.subject(report),
            committed_by: report.branch.clone(),
            trailers: Vec::new(),
        })
    }
}

impl Rotate<'_> {
    fn subject(&self, report: &RotateReport) -> String {
        let moved: usize = report.moved.iter().map(|m| m.entries).sum();
        let entries = words::count(moved, "changelog entry", "changelog entries");
        format!("Archive {entries} older than {}", self.request.older_than)
    }
}

/// The month of a ledger's timestamp, as `YYYY-MM`.
fn month_of(time: &str) -> Option<&str> {
    let month = time.get(..7)?;
    // Split the bytes: a hostile timestamp may have a multi-byte character anywhere.
    let (year, rest) = month.as_bytes().split_at(4);
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    (digits(year) && rest[0] == b'-' && digits(&rest[1..])).then_some(month)
}
