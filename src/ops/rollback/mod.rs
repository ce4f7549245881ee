//! Undoing commits by a new commit. History is never rewritten, later work survives,
//! and a conflict writes nothing.

mod change;
mod choose;
mod here;
mod ledgers;

use super::access;
use super::compose;
use super::write::{self, BranchState, Carried, Changed, Deed, Edited};
use crate::alerts::{AlertKind, SecretScan};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Edit, Entry, MAX_TEXT, ObjectId, Undo, undo};
use crate::ops::commit::place;
use crate::policy::{Ledgers, Reaction};
use crate::secret::Secret;
use crate::words;
use change::Rollback;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// So many bytes of a file are searched at once for what looks like a credential.
const SCANNED: usize = 64 * 1024;

/// Which commits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// These, by id or the first digits of one.
    Commits(Vec<String>),
    /// The last so many.
    Last(usize),
    /// Every one of a task that is not undone yet, under a good signature.
    Task(String),
    /// Everything since a commit or backup.
    To(String),
    /// All that differs from a commit that is in the store, wherever it came from.
    At {
        /// The commit.
        commit: CommitId,
        /// What it is called.
        name: String,
    },
}

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which commits.
    pub what: What,
    /// Of a task, those without a good signature too.
    #[serde(default)]
    pub unsigned: bool,
    /// Only these paths, or what lies below them; they start from the folder that the call
    /// is in.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The branch.
    #[serde(default)]
    pub branch: Option<String>,
    /// The token.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
    /// Who undoes it; the branch's name where none is given.
    #[serde(default)]
    pub committed_by: Option<String>,
    /// Do everything except the push.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was undone.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// The commit that undoes them; none where nothing was written.
    pub commit: Option<CommitId>,
    /// What was undone, newest first.
    pub reverted: Vec<CommitId>,
    /// What could have been meant and was left alone, newest first; a warning says why.
    pub passed_over: Vec<CommitId>,
    /// The files that changed by it.
    pub reverted_files: Vec<String>,
    /// Always empty here: a conflict is an error that names its paths.
    pub conflicts: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// True where it is all undone already.
    pub unchanged: bool,
    /// Pushes it took.
    pub attempts: u32,
    /// One sentence.
    pub message: String,
    /// True where nothing was pushed because that was asked for.
    pub dry_run: bool,
}

/// Undoes the commits.
///
/// Errors: usage; not_found for a commit that is not on the branch; denied and auth;
/// conflict with the paths; integrity; unavailable.
pub fn rollback(cx: &Context, request: &Request) -> Result<Report> {
    cx.note_request(request);
    let paths = request.paths.iter().map(|p| place::in_tree(cx, p));
    let paths = paths.collect::<Result<Vec<_>>>()?;
    let request = &Request {
        paths: paths.iter().map(|p| p.to_string()).collect(),
        ..request.clone()
    };
    let target = access::choose(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    let rollback = Rollback {
        request,
        named: None,
        base: None,
    };
    write::run(cx, target.map(|target| (target, rollback)))
}

/// A rollback in the making, on one tip.
struct Work<'a> {
    state: &'a BranchState<'a>,
    request: &'a Request,
    named: Option<CommitId>,
    base: Option<CommitId>,
}

impl Work<'_> {
    fn edit(&self, draft: &mut Draft<'_>) -> Result<Edited<Report>> {
        let (store, tree) = (&self.state.cx.store, self.state.tree);
        let branch = self.state.target.name();
        let ledgers = self.state.policy.ledgers();
        let takes = |path: &[u8]| self.takes(ledgers, path);
        let mut passed_over = Vec::new();
        let (reverted, mut undone) = match self.back_to()? {
            Some(to) => {
                let edits: Vec<Edit> = store
                    .changes(Some(tree), Some(store.commit(to)?.tree), false)?
                    .into_iter()
                    .filter(|c| takes(&c.path))
                    .map(|c| (c.path, c.new))
                    .collect();
                let since = if store.is_ancestor(to, self.state.tip) {
                    store.history(self.state.tip, Some(to))?.collect()
                } else {
                    Vec::new()
                };
                (
                    since,
                    Undo {
                        edits,
                        conflicts: Vec::new(),
                    },
                )
            }
            None => {
                let chosen = self.commits()?;
                passed_over = chosen.passed_over;
                let (mut commits, mut again) = (chosen.commits, Vec::new());
                let mut undone = undo(store, draft, tree, &commits, &takes)?;
                if !undone.conflicts.is_empty() {
                    // What was undone already and changed since need not be undone again.
                    (again, commits) = self.parted_by_undone(commits)?;
                }
                if !again.is_empty() {
                    undone = undo(store, draft, tree, &commits, &takes)?;
                    passed_over.extend(again);
                }
                (commits, undone)
            }
        };
        compose::keep_attributes(self.state.cx, draft, tree, ledgers, &mut undone.edits)?;
        self.check_paths(&undone, &reverted)?;
        let reverted = match undone.edits.is_empty() {
            true => Vec::new(),
            false => self.only_undone(reverted, &undone.edits)?,
        };
        let report = Report {
            branch: branch.to_owned(),
            repo_name: self.state.cx.repo_name.clone(),
            commit: None,
            reverted,
            passed_over,
            reverted_files: undone
                .edits
                .iter()
                .map(|(p, _)| String::from_utf8_lossy(p).into_owned())
                .collect(),
            conflicts: Vec::new(),
            reason: self.request.reason.clone(),
            unchanged: undone.edits.is_empty(),
            attempts: 0,
            message: format!("nothing to do: {branch} is as it would be after the rollback"),
            dry_run: self.request.dry_run,
        };
        if undone.edits.is_empty() {
            return Ok(Edited::Nothing(report));
        }
        self.check_limits(tree, &undone.edits)?;
        self.check_secrets(&undone.edits)?;
        let (commits, files) = (report.reverted.len(), report.reverted_files.len());
        let what = match &self.request.what {
            What::To(revision) | What::At { name: revision, .. } => {
                format!("{branch} back to {revision}")
            }
            _ => format!(
                "back {} of {branch}",
                words::count(commits, "commit", "commits")
            ),
        };
        Ok(Edited::Changed(Changed {
            edits: undone.edits,
            merged: None,
            objects: match &self.request.what {
                // The remote may never have seen what came from elsewhere.
                What::At { .. } => Carried::Lacking,
                _ => Carried::Also(Vec::new()),
            },
            deed: Deed {
                done: "rolled",
                would: "roll",
                what: format!("{what} ({})", words::count(files, "file", "files")),
            },
            report,
        }))
    }

    /// Of the commits, those of which something is undone: where only some paths are, the
    /// others stay as they are.
    fn only_undone(&self, reverted: Vec<CommitId>, edits: &[Edit]) -> Result<Vec<CommitId>> {
        if self.request.paths.is_empty() {
            return Ok(reverted);
        }
        let mut undone = Vec::new();
        for id in reverted {
            if !self.paths_of(id, edits)?.is_empty() {
                undone.push(id);
            }
        }
        Ok(undone)
    }

    /// Ledgers are append-only; of the rest what --path chose.
    fn takes(&self, ledgers: &Ledgers, path: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(path) else {
            return self.request.paths.is_empty();
        };
        if ledgers.contains(text) {
            return false;
        }
        let below = |folder: &String| {
            let folder = folder.trim_end_matches('/');
            text == folder
                || text
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        self.request.paths.is_empty() || self.request.paths.iter().any(below)
    }

    /// The limits on a write, as for a commit.
    fn check_limits(&self, tree: ObjectId, edits: &[Edit]) -> Result<()> {
        let limits = self.state.policy.limits();
        let files = edits.len() as u64;
        if let Some(most) = limits.files.filter(|most| files > *most) {
            return Err(Error::new(
                Kind::Denied,
                format!("the rollback changes {files} files, and the policy allows {most}"),
            )
            .hint("nothing was written; roll back fewer at once with --path"));
        }
        if let Some(most) = limits.lines {
            let mut lines = 0;
            let paths = edits.iter().map(|(path, _)| (tree, path.as_slice()));
            self.state.cx.store.ensure_paths(paths, true)?;
            let new = edits.iter().filter_map(|(_, new)| *new);
            self.state.cx.store.ensure_entries(new)?;
            for (path, new) in edits {
                let count = self
                    .state
                    .cx
                    .store
                    .count_lines(self.state.cx.store.entry(tree, path)?, *new)?;
                lines += count.added + count.removed;
            }
            if lines > most {
                return Err(Error::new(
                    Kind::Denied,
                    format!("the rollback changes {lines} lines, and the policy allows {most}"),
                )
                .hint("nothing was written; roll back fewer at once with --path"));
            }
        }
        Ok(())
    }

    /// What comes back is noticed for what looks like a credential, as what a commit brings; but
    /// not in a file that has one as it is.
    ///
    /// Errors: denied, where the policy refuses that.
    fn check_secrets(&self, edits: &[Edit]) -> Result<()> {
        let (store, policy) = (&self.state.cx.store, self.state.policy);
        if policy.reaction(AlertKind::PossibleSecret) == Reaction::Ignore {
            return Ok(());
        }
        let files = || edits.iter().filter_map(|(path, new)| Some((path, (*new)?)));
        let files = || files().filter(|(_, new)| new.mode.is_file());
        store.ensure_entries(files().map(|(_, new)| new))?;
        for (path, new) in files() {
            let found = self.secret_in(new)?;
            let old = store.entry(self.state.tree, path)?;
            let old = old.filter(|old| found.is_some() && old.mode.is_file());
            if old.map(|old| self.secret_in(old)).transpose()?.flatten() == found {
                continue;
            }
            let path = String::from_utf8_lossy(path);
            let noticed = self.state.noticed;
            noticed.check_secret(policy, "rollback", &path, found)?;
        }
        Ok(())
    }

    /// What a file looks to contain, if it looks to contain a credential. One that is too large for
    /// text is left out: it could only be read as a whole.
    fn secret_in(&self, file: Entry) -> Result<Option<&'static str>> {
        let store = &self.state.cx.store;
        let mut scan = SecretScan::default();
        if store.blob_size(file.id)? <= MAX_TEXT {
            for piece in store.read_blob(file.id)?.chunks(SCANNED) {
                scan.feed(piece);
            }
        }
        Ok(scan.found())
    }

    fn check_paths(&self, undone: &Undo, reverted: &[CommitId]) -> Result<()> {
        if !undone.conflicts.is_empty() {
            return Err(Error::conflicts_in("the rollback", undone.conflicts.clone())
                .hint("nothing was written; roll the later commits back too, or only other files with --path"));
        }
        for (path, _) in &undone.edits {
            self.state
                .policy
                .check_path(self.state.target.name(), &String::from_utf8_lossy(path))?;
        }
        if undone.edits.is_empty()
            && !self.request.paths.is_empty()
            && !matches!(self.request.what, What::To(_) | What::At { .. })
        {
            for path in &self.request.paths {
                let touched = reverted.iter().try_fold(false, |hit, id| {
                    Ok::<_, Error>(hit || self.touches(*id, path)?)
                })?;
                if !touched {
                    return Err(Error::new(
                        Kind::NotFound,
                        format!("`{path}` was not changed by these commits"),
                    )
                    .hint("see their files with `aidf log`"));
                }
            }
        }
        Ok(())
    }

    fn touches(&self, id: CommitId, path: &str) -> Result<bool> {
        let commit = self.state.cx.store.commit(id)?;
        let before = commit
            .parents
            .first()
            .map(|p| self.state.cx.store.commit(*p))
            .transpose()?
            .map(|c| c.tree);
        let path = path.trim_end_matches('/').as_bytes();
        let below = |p: &[u8]| {
            p == path
                || p.strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with(b"/"))
        };
        Ok(self
            .state
            .cx
            .store
            .changes(before, Some(commit.tree), false)?
            .iter()
            .any(|c| below(&c.path)))
    }
}
