//! Files, their changelog entries and their memory entries, as one commit on a remote
//! branch; nobody else's write is lost, and the working tree stays as it is.

mod alerts;
mod build;
mod change;
pub(in crate::ops) mod indexed;
mod ledgers;
pub(in crate::ops) mod named;
pub(in crate::ops) mod place;
mod read;
pub(in crate::ops) mod take;

use super::{access, write};
use crate::alerts::Alert;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Change, CommitId, Draft, Entry, ObjectId, Store};
use crate::ops::noticed::Noticed;
use crate::policy::Policy;
use crate::secret::Secret;
use change::Commit;
pub use named::{Content, File};
use read::{as_stored, check_unique, read_all};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
pub(in crate::ops) use take::Input;
pub use take::is_there;

/// What is asked for.
#[derive(Default, Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// What to write.
    pub files: Vec<File>,
    /// A folder: every file below it goes into the same path of the tree.
    pub from_dir: Option<PathBuf>,
    /// Paths to remove; they start from the folder that the call is in.
    pub remove: Vec<String>,
    /// Take every change of the working tree against its HEAD.
    pub all: bool,
    /// The message.
    pub message: String,
    /// The task it belongs to.
    pub task_id: Option<String>,
    /// Who wrote it; the branch's name where none is given.
    pub committed_by: Option<String>,
    /// The program that wrote it.
    pub agent: Option<String>,
    /// The model that the program used.
    pub model: Option<String>,
    /// Where the session that wrote it can be read.
    pub session_url: Option<String>,
    /// For the memory entry.
    pub description: Option<String>,
    /// For the memory entry.
    pub tags: Vec<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The token.
    pub reuse_token: Option<Secret>,
    /// The tip that the branch must have: an id, or its first digits.
    pub expect_head: Option<String>,
    /// The commit that the files were taken from, in git's syntax.
    pub base: Option<String>,
    /// Take ours where others changed the same file.
    pub overwrite: bool,
    /// Write no changelog entries.
    pub no_changelog: bool,
    /// Write no memory entries.
    pub no_memory: bool,
    /// Patterns of paths that are left out of folders and of `all`.
    pub exclude: Vec<String>,
    /// Do everything except the push.
    pub dry_run: bool,
}

/// What was written.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// The commit; none where nothing was written.
    pub commit: Option<CommitId>,
    /// What it is built on.
    pub parent: CommitId,
    /// The task.
    pub task_id: Option<String>,
    /// Who wrote it.
    pub committed_by: String,
    /// The files, without the ledgers.
    pub files: Vec<FileChange>,
    /// The changelog that has new entries.
    pub changelog: Option<String>,
    /// The memory that has new entries.
    pub memory: Option<String>,
    /// True where the branch holds all of it already.
    pub unchanged: bool,
    /// Pushes it took.
    pub attempts: u32,
    /// What somebody should know of.
    pub alerts: Vec<Alert>,
    /// One sentence.
    pub message: String,
    /// True where nothing was pushed because that was asked for.
    pub dry_run: bool,
}

/// One file of a commit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub change: ChangeKind,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// True where lines were not counted.
    pub binary: bool,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It has other content or another mode.
    Modified,
    /// It is gone.
    Deleted,
}

impl ChangeKind {
    /// Its name, as reports have it.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Modified => "modified",
            ChangeKind::Deleted => "deleted",
        }
    }
}

impl FileChange {
    /// Compares the sides of all these changes.
    ///
    /// Errors: those of reading the files.
    pub(super) fn all<'c>(
        store: &Store,
        changes: impl IntoIterator<Item = &'c Change> + Clone,
    ) -> Result<Vec<FileChange>> {
        store.ensure_files(changes.clone())?;
        let of = |c: &Change| FileChange::of(store, &c.path, c.old, c.new);
        changes.into_iter().map(of).collect()
    }

    /// Compares two sides of a path.
    pub(super) fn of(
        store: &Store,
        path: &[u8],
        old: Option<Entry>,
        new: Option<Entry>,
    ) -> Result<FileChange> {
        let lines = store.count_lines(old, new)?;
        Ok(FileChange {
            path: String::from_utf8_lossy(path).into_owned(),
            change: match (old, new) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Deleted,
                _ => ChangeKind::Modified,
            },
            added: lines.added,
            removed: lines.removed,
            binary: lines.binary,
        })
    }
}

/// Writes the commit.
///
/// Errors: usage; denied and auth by policy and token; conflict, with the paths;
/// integrity for a ledger that cannot be appended to; unavailable.
pub fn commit(cx: &Context, request: &Request) -> Result<Report> {
    cx.note_request(request);
    if request.files.is_empty()
        && !request.all
        && request.from_dir.is_none()
        && request.remove.is_empty()
    {
        return Err(Error::new(Kind::Usage, "nothing to commit was named")
            .hint("name files (aidf commit PATH… -m MESSAGE), or take every change of the working tree with -a"));
    }
    change::check_patterns(&request.exclude)?;
    let mut inputs = named::named(cx, &request.files)?;
    if let Some(dir) = &request.from_dir {
        inputs.extend(take::from_folder(cx, dir)?);
    }
    let remove = request.remove.iter().map(|p| place::in_tree(cx, p));
    let remove = remove.collect::<Result<Vec<_>>>()?;
    let target = access::choose(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    write::run(
        cx,
        target.map(|target| {
            let commit = Commit {
                request,
                message: String::new(),
                committed_by: request
                    .committed_by
                    .clone()
                    .unwrap_or_else(|| target.name().to_owned()),
                inputs_named: 0,
                inputs,
                named: remove.clone(),
                remove,
                elsewhere: BTreeSet::new(),
                base: None,
                read: None,
                touched: Vec::new(),
            };
            (target, commit)
        }),
    )
}

/// The paths whose content does not come from the working tree's own file.
pub(super) fn from_elsewhere(inputs: &[Input]) -> BTreeSet<String> {
    let others = inputs.iter().filter(|i| !i.is_own());
    others.map(|i| i.path.to_string()).collect()
}

/// Reads content for paths, held to the policy's limits and alerts, and stored as the
/// attributes of `tree` say.
///
/// Errors: usage, for what cannot be read; denied.
pub(super) fn read_inputs(
    cx: &Context,
    draft: &mut Draft<'_>,
    inputs: &mut [Input],
    policy: &Policy,
    tree: ObjectId,
    noticed: &Noticed,
    dry_run: bool,
) -> Result<Vec<(String, Entry)>> {
    check_unique(inputs, &[])?;
    let mut found = Vec::new();
    let read = read_all(cx, draft, inputs, 0, policy.limits())?;
    for want in as_stored(cx, draft, tree, read, inputs.len(), dry_run)? {
        noticed.check_secret(policy, "merge", want.path.as_str(), want.secret)?;
        found.extend(want.entry.map(|e| (want.path.to_string(), e)));
    }
    Ok(found)
}
