//! Undoing commits by a new commit. History is never rewritten, later work survives,
//! and a conflict writes nothing.

mod choose;
mod here;
mod write;

use super::access::{self, Target};
use super::base::{self, Before};
use super::compose;
use super::publish::{self, Objects, Plan, Push};
use crate::alerts::{self, AlertKind};
use crate::backup_name;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Edit, ObjectId, RefUpdate, Undo, undo};
use crate::ops::commit::take;
use crate::ops::snapshot;
use crate::policy::{Ledgers, Policy, Reaction};
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Do all but push.
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
    let paths = request.paths.iter().map(|p| take::in_tree(cx, p));
    let paths = paths.collect::<Result<Vec<_>>>()?;
    let request = &Request {
        paths: paths.iter().map(|p| p.to_string()).collect(),
        ..request.clone()
    };
    let target = access::choose(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    let branch = target.as_ref().ok().map(|t| t.name().to_owned());
    let result = target.and_then(|target| write(cx, request, &target));
    cx.journal("rollback", branch.as_deref(), &result, |r| {
        Some((&r.branch, r.commit?, &r.message))
    });
    result
}

fn write(cx: &Context, request: &Request, target: &Target) -> Result<Report> {
    if let Some(reason) = &request.reason {
        compose::check_message(reason)?;
    }
    compose::check_writer(target, request.committed_by.as_deref())?;
    cx.needs_history()?;
    let mut touched: Vec<Edit> = Vec::new();
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let tip = advertisement.branch(target.name()).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("{} has no branch {}", cx.remote.address(), target.name()),
            )
            .hint("name it with --branch; see them with `aidf sandbox list`")
        })?;
        let mut needed = vec![tip];
        // A backup is a branch of its own, and may lie outside this one's history.
        let named = match &request.what {
            What::To(name) if name.starts_with(backup_name::PREFIX) => advertisement.branch(name),
            What::At { commit, .. } => Some(*commit),
            _ => None,
        };
        needed.extend(named.filter(|id| !cx.store.has_commit(*id)));
        // What the sandbox inherited is that of the base it was opened from.
        let from = target.claims.as_ref().and_then(|c| c.base.as_deref());
        let base = advertisement.branch(from.unwrap_or(&cx.config.base));
        needed.extend(base);
        let policy = snapshot::fetch_with_policy(cx, advertisement, needed)?;
        access::authorise(
            cx,
            target,
            &policy,
            advertisement,
            cx.store.commit(tip)?.time,
        )?;
        Work {
            cx,
            request,
            target,
            policy: &policy,
            tip,
            base,
        }
        .plan(named, &mut touched)
    })?;
    let mut report = published.report;
    report.attempts = published.attempts;
    match report.commit {
        Some(_) if request.dry_run => report.commit = None,
        Some(commit) => {
            // The files here stay as they are, and so does what they were taken from; but
            // one that is as the branch has it again was taken from that.
            let before = Before::now();
            let mut here = here::compare(cx, commit).unwrap_or_default();
            let made = std::mem::take(&mut here.made);
            base::remember_rollback(cx, target, commit, &here.same, made, before);
            here.note(cx);
        }
        None => {}
    }
    Ok(report)
}

struct Work<'a> {
    cx: &'a Context,
    request: &'a Request,
    target: &'a Target,
    policy: &'a Policy,
    tip: CommitId,
    base: Option<CommitId>,
}

impl Work<'_> {
    fn plan(&self, named: Option<CommitId>, touched: &mut Vec<Edit>) -> Result<Plan<Report>> {
        let store = &self.cx.store;
        let tree = store.commit(self.tip)?.tree;
        let ledgers = self.policy.ledgers();
        let takes = |path: &[u8]| self.takes(ledgers, path);
        let mut draft = store.draft();
        let mut back_to = None;
        let mut passed_over = Vec::new();
        let (reverted, mut undone) = match &self.request.what {
            What::To(revision) | What::At { name: revision, .. } => {
                let to = match named {
                    Some(id) => id,
                    None => self.revision(revision)?,
                };
                let edits: Vec<Edit> = store
                    .changes(Some(tree), Some(store.commit(to)?.tree), false)?
                    .into_iter()
                    .filter(|c| takes(&c.path))
                    .map(|c| (c.path, c.new))
                    .collect();
                let since = if store.is_ancestor(to, self.tip) {
                    store.history(self.tip, Some(to))?.collect()
                } else {
                    Vec::new()
                };
                back_to = Some(to);
                (
                    since,
                    Undo {
                        edits,
                        conflicts: Vec::new(),
                    },
                )
            }
            _ => {
                let chosen = self.commits()?;
                passed_over = chosen.passed_over;
                let undone = undo(store, &mut draft, tree, &chosen.commits, &takes)?;
                (chosen.commits, undone)
            }
        };
        compose::keep_attributes(self.cx, &mut draft, tree, ledgers, &mut undone.edits)?;
        self.check_paths(&undone, &reverted)?;
        let mut report = Report {
            branch: self.target.name().to_owned(),
            repo_name: self.cx.repo_name.clone(),
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
            message: format!(
                "nothing to do: {} is as it would be after the rollback",
                self.target.name()
            ),
            dry_run: self.request.dry_run,
        };
        if undone.edits.is_empty() {
            return Ok(Plan::Nothing(report));
        }
        self.check_limits(tree, &undone.edits)?;
        touched.clone_from(&undone.edits);
        let commit = self.build(&mut draft, tree, &undone.edits, &report, back_to)?;
        let (commits, files) = (report.reverted.len(), report.reverted_files.len());
        let what = match &self.request.what {
            What::To(revision) | What::At { name: revision, .. } => {
                format!("{} back to {revision}", self.target.name())
            }
            _ => format!(
                "back {} of {}",
                words::count(commits, "commit", "commits"),
                self.target.name()
            ),
        };
        let what = format!("{what} ({})", words::count(files, "file", "files"));
        report.commit = Some(commit);
        if self.request.dry_run {
            report.message = format!("would roll {what}");
            return Ok(Plan::Nothing(report));
        }
        report.message = format!("rolled {what} as {}", commit.short());
        let update = RefUpdate {
            name: self.target.branch.clone(),
            old: Some(self.tip),
            new: Some(commit),
        };
        Ok(Plan::Push(Push {
            updates: vec![update],
            objects: match &self.request.what {
                // The remote may never have seen what came from elsewhere.
                What::At { .. } => Objects::Lacking,
                _ => Objects::These(draft.objects()),
            },
            token: self.target.token.clone(),
            report,
        }))
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
        let limits = self.policy.limits();
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
            for (path, new) in edits {
                let count = self
                    .cx
                    .store
                    .count_lines(self.cx.store.entry(tree, path)?, *new)?;
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

    /// A message that tells CI not to run is answered as the policy says.
    fn check_message(&self, message: &str) -> Result<()> {
        let Some(directive) = alerts::ci_directive(message) else {
            return Ok(());
        };
        let what = format!("ci_directive: the message tells CI not to run: {directive}");
        match self.policy.reaction(AlertKind::CiDirective) {
            Reaction::Ignore => {}
            Reaction::Warn => self.cx.warn(what),
            Reaction::Refuse => {
                return Err(Error::new(
                    Kind::Denied,
                    format!("the policy refuses this rollback ({what})"),
                )
                .hint("nothing was written; say it in other words with --reason"));
            }
        }
        Ok(())
    }

    fn check_paths(&self, undone: &Undo, reverted: &[CommitId]) -> Result<()> {
        if !undone.conflicts.is_empty() {
            return Err(Error::conflicts_in("the rollback", undone.conflicts.clone())
                .hint("nothing was written; roll the later commits back too, or only other files with --path"));
        }
        for (path, _) in &undone.edits {
            self.policy
                .check_path(self.target.name(), &String::from_utf8_lossy(path))?;
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
        let commit = self.cx.store.commit(id)?;
        let before = commit
            .parents
            .first()
            .map(|p| self.cx.store.commit(*p))
            .transpose()?
            .map(|c| c.tree);
        let path = path.trim_end_matches('/').as_bytes();
        let below = |p: &[u8]| {
            p == path
                || p.strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with(b"/"))
        };
        Ok(self
            .cx
            .store
            .changes(before, Some(commit.tree), false)?
            .iter()
            .any(|c| below(&c.path)))
    }
}
