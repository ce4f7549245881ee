//! Files, their changelog entries and their memory entries, as one commit on a remote
//! branch; nobody else's write is lost, and the working tree stays as it is.

mod alerts;
mod build;
mod ledgers;
pub(in crate::ops) mod named;
mod read;
pub(in crate::ops) mod take;

use super::access::{self, Target};
use super::base::{self, Base, Before};
use super::{checkout, compose, publish};
use crate::alerts::{Alert, AlertKind};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Entry, ObjectId, Store, TreePath, check_parents};
use crate::ops::snapshot;
use crate::policy::{Policy, Reaction};
use crate::secret::Secret;
use build::Build;
pub use named::{Content, File};
use read::{ReadFile, as_stored, below, check_unique, read_all};
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
    /// Do all but push.
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
    if request.files.is_empty()
        && !request.all
        && request.from_dir.is_none()
        && request.remove.is_empty()
    {
        return Err(Error::new(Kind::Usage, "nothing to commit was named")
            .hint("name files (aidf commit PATH… -m MESSAGE), or take every change of the working tree with -a"));
    }
    let mut inputs = named::named(cx, &request.files)?;
    if let Some(dir) = &request.from_dir {
        inputs.extend(take::from_folder(cx, dir)?);
    }
    let remove = request.remove.iter().map(|p| take::in_tree(cx, p));
    let remove = remove.collect::<Result<Vec<_>>>()?;
    let target = access::choose(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    let branch = target.as_ref().ok().map(|t| t.name().to_owned());
    let result = target.and_then(|target| write(cx, request, &target, inputs, remove));
    cx.journal("commit", branch.as_deref(), &result, |r| {
        Some((&r.branch, r.commit?, &r.message))
    });
    result
}

fn write(
    cx: &Context,
    request: &Request,
    target: &Target,
    mut inputs: Vec<Input>,
    mut remove: Vec<TreePath>,
) -> Result<Report> {
    let message = compose::check_message(&request.message)?;
    for (flag, value) in [
        ("--task-id", &request.task_id),
        ("--committed-by", &request.committed_by),
        ("--agent", &request.agent),
    ] {
        if let Some(value) = value {
            compose::check_value(flag, value)?;
        }
    }
    let committed_by = request
        .committed_by
        .clone()
        .unwrap_or_else(|| target.name().to_owned());
    compose::check_writer(target, request.committed_by.as_deref())?;
    // What was named must be there; what the working tree lacks may be gone already.
    let named = remove.clone();
    inputs.retain(|i| !is_excluded(&request.exclude, &i.path));
    let inputs_named = inputs.len();
    let before = Before::now();
    if request.all {
        take::from_changes(cx, target, &mut inputs, &mut remove)?;
        let exclude = &request.exclude;
        inputs.retain(|i| !is_excluded(exclude, &i.path));
        let removed = std::mem::take(&mut remove).into_iter();
        let stays = |p: &TreePath| named.contains(p) || !is_excluded(exclude, p);
        remove = removed.filter(stays).collect();
    }
    // Without a clone the branch's history is here only once it was fetched.
    if let Some(revision) = request.base.as_deref().filter(|_| !cx.store.is_cache()) {
        base::named(cx, revision)?;
    }
    check_unique(&inputs, &remove)?;
    let elsewhere = from_elsewhere(&inputs);
    take::hold(&mut inputs)?;

    let mut blobs: Vec<ObjectId> = Vec::new();
    let mut wanted: Option<Vec<ReadFile>> = None;
    let mut base: Option<Base> = None;
    let mut touched = Vec::new();
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let tip = access::tip_of(cx, advertisement, target)?;
        if let Some(expected) = &request.expect_head {
            expect(target, tip, expected)?;
        }
        let policy = snapshot::fetch_with_policy(cx, advertisement, [tip])?;
        let parent = cx.store.commit(tip)?;
        access::authorise(cx, target, &policy, advertisement, parent.time)?;
        // What the first try took for the base stays it for every further one.
        let base = match &mut base {
            Some(base) => base,
            none => none.insert(match request.base.as_deref() {
                Some(revision) => Base::of_commit(cx, base::named(cx, revision)?)?,
                None if cx.store.is_cache() => Base::of_commit(cx, tip)?,
                None => Base::of_working_copy(cx, target, tip)?,
            }),
        };
        for path in &named {
            if cx
                .store
                .entry(parent.tree, path.as_str().as_bytes())?
                .is_none()
                && base.entries(cx, path.as_str())?.iter().all(Option::is_none)
            {
                return Err(Error::new(
                    Kind::NotFound,
                    format!("there is no `{path}` on {} to remove", target.name()),
                )
                .hint("nothing was written; see the files with `git ls-tree -r`"));
            }
        }
        let removed = below(cx, parent.tree, &remove)?;
        for path in inputs.iter().map(|i| &i.path).chain(&removed) {
            check_parents(&cx.store, parent.tree, path)?;
        }
        let wanted = match &mut wanted {
            Some(read) => read,
            none => {
                cx.progress.step("read the files");
                let mut draft = cx.store.draft();
                let read = read_all(&mut draft, &mut inputs, removed.len(), policy.limits())?;
                let dry_run = request.dry_run;
                let read = as_stored(cx, &mut draft, parent.tree, read, inputs_named, dry_run)?;
                blobs = draft.objects();
                none.insert(read)
            }
        };
        let built = Build {
            cx,
            target,
            policy: &policy,
            request,
            message: &message,
            committed_by: &committed_by,
            elsewhere: &elsewhere,
        };
        let is_named = |path: &TreePath| {
            let below = |n: &TreePath| {
                let rest = path.as_str().strip_prefix(n.as_str());
                rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
            };
            named.iter().any(below)
        };
        let gone = removed.into_iter().map(|path| ReadFile {
            named_removal: is_named(&path),
            path,
            entry: None,
            secret: None,
            keeps_mode: false,
        });
        let wanted: Vec<ReadFile> = wanted.iter().cloned().chain(gone).collect();
        built.plan(&wanted, base, tip, parent.tree, &blobs, &mut touched)
    })?;
    let mut report = published.report;
    report.attempts = published.attempts;
    for alert in &report.alerts {
        let place = alert.path.as_deref().map(|p| format!("{p}: "));
        cx.warn(format!(
            "{}: {}{}",
            alert.alert.name(),
            place.unwrap_or_default(),
            alert.detail
        ));
    }
    if request.dry_run {
        report.commit = None;
    } else {
        let tip = report.commit.unwrap_or(report.parent);
        base::remember_both(cx, target, tip, touched, &elsewhere, before);
        if let Some(commit) = report.commit {
            checkout::follow(cx, target.name(), report.parent, commit);
        }
    }
    Ok(report)
}

/// The paths whose content does not come from the working tree's own file.
pub(super) fn from_elsewhere(inputs: &[Input]) -> BTreeSet<String> {
    let others = inputs.iter().filter(|i| !i.is_own());
    others.map(|i| i.path.to_string()).collect()
}

/// Whether a pattern leaves a path out: one without a slash is about names in any folder.
fn is_excluded(patterns: &[String], path: &TreePath) -> bool {
    let path = path.as_str();
    let name = path.rsplit('/').next().unwrap_or(path);
    patterns.iter().any(|pattern| match pattern.contains('/') {
        true => fast_glob::glob_match(pattern.trim_start_matches('/'), path),
        false => fast_glob::glob_match(pattern, name),
    })
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
    dry_run: bool,
) -> Result<Vec<(String, Entry)>> {
    check_unique(inputs, &[])?;
    let mut found = Vec::new();
    let read = read_all(draft, inputs, 0, policy.limits())?;
    for want in as_stored(cx, draft, tree, read, inputs.len(), dry_run)? {
        if let Some(what) = want.secret {
            let said = format!("`{}`: the content looks like {what}", want.path);
            match policy.reaction(AlertKind::PossibleSecret) {
                Reaction::Refuse => {
                    let message = format!("the policy refuses this (possible_secret): {said}");
                    return Err(Error::new(Kind::Denied, message).hint("nothing was written"));
                }
                Reaction::Warn => cx.warn(said),
                Reaction::Ignore => {}
            }
        }
        found.extend(want.entry.map(|e| (want.path.to_string(), e)));
    }
    Ok(found)
}

fn expect(target: &Target, tip: CommitId, expected: &str) -> Result<()> {
    let well_formed =
        (7..=40).contains(&expected.len()) && expected.bytes().all(|b| b.is_ascii_hexdigit());
    if !well_formed {
        return Err(Error::new(
            Kind::Usage,
            format!("--expect-head takes 7 to 40 hexadecimal digits, and `{expected}` was given"),
        ));
    }
    if !tip.to_string().starts_with(&expected.to_ascii_lowercase()) {
        return Err(Error::new(
            Kind::Conflict,
            format!("{} is at {tip}, and {expected} was expected", target.name()),
        )
        .hint("nothing was written; look at what came since with `aidf log`"));
    }
    Ok(())
}
