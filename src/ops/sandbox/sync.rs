//! What the base has gained comes into a sandbox, as one signed merge commit made without
//! a checkout.

use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Entry, ObjectId, RefName, RefUpdate, TreePath};
use crate::ledger::{Side, attributes};
use crate::ops::access::{self, Target};
use crate::ops::base::{self, Base, Before};
use crate::ops::checkout::{self, Plan};
use crate::ops::commit::{File, Input, from_elsewhere, named, read_inputs, take};
use crate::ops::compose::{self, Words};
use crate::ops::join::{self, Join, Merged, Resolved};
use crate::ops::publish::{self, Objects, Plan as Pushed, Push};
use crate::ops::snapshot;
use crate::policy::Policy;
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Default, Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyncRequest {
    /// The sandbox; the clone's own where none is named.
    pub branch: Option<String>,
    /// The branch that is merged; the sandbox's base where none is named.
    pub from: Option<String>,
    /// Content for paths in conflict.
    pub resolve: Vec<File>,
    /// Paths in conflict that are to go.
    pub remove: Vec<String>,
    /// Put both versions of what conflicts into the working files.
    pub markers: bool,
    /// The token.
    pub reuse_token: Option<Secret>,
    /// Do all but push.
    pub dry_run: bool,
}

/// What came in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SyncReport {
    /// The sandbox.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// The branch that was merged.
    pub from: String,
    /// The sandbox's tip before.
    pub parent: CommitId,
    /// The merge commit; none where nothing was written.
    pub commit: Option<CommitId>,
    /// The commits that came in, newest first, a hundred at most.
    pub merged: Vec<Merged>,
    /// How many came in.
    pub merged_count: usize,
    /// The paths whose content was given.
    pub resolved: Vec<String>,
    /// Empty in a report; an error carries them.
    pub conflicts: Vec<PathConflict>,
    /// True where the sandbox had all of it already.
    pub unchanged: bool,
    /// Pushes it took.
    pub attempts: u32,
    /// One sentence.
    pub message: String,
    /// True where nothing was pushed because that was asked for.
    pub dry_run: bool,
}

/// What was given for paths in conflict.
struct Given {
    resolve: Vec<Input>,
    remove: Vec<TreePath>,
}

/// Brings a branch's commits into a sandbox.
///
/// Errors: usage, for what is no sandbox; conflict, with the paths; integrity for a ledger
/// that cannot be read; auth and denied by token and policy; unavailable.
pub fn sync(cx: &Context, request: &SyncRequest) -> Result<SyncReport> {
    let mut given = Given {
        resolve: named::named(cx, &request.resolve)?,
        remove: request
            .remove
            .iter()
            .map(|p| take::in_tree(cx, p))
            .collect::<Result<_>>()?,
    };
    let target = access::choose(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    let branch = target.as_ref().ok().map(|t| t.name().to_owned());
    let result = target.and_then(|target| write(cx, request, &mut given, &target));
    cx.journal("sandbox sync", branch.as_deref(), &result, |r| {
        Some((&r.branch, r.commit?, &r.message))
    });
    result
}

fn write(
    cx: &Context,
    request: &SyncRequest,
    named: &mut Given,
    target: &Target,
) -> Result<SyncReport> {
    cx.needs_history()?;
    if !target.is_sandbox() {
        return Err(Error::new(
            Kind::Usage,
            format!(
                "{} is no sandbox, and sync writes sandboxes alone",
                target.name()
            ),
        )
        .hint("name one: aidf sandbox sync sandbox-NAME; see them with `aidf sandbox list`"));
    }
    let from = match &request.from {
        Some(from) => RefName::branch(from)?.short().to_owned(),
        None => access::base_of(cx, target)?,
    };
    if from == target.name() {
        return Err(Error::new(
            Kind::Usage,
            format!("{from} cannot be merged into itself"),
        ));
    }
    if request.markers {
        cx.store.need_work_dir("--markers")?;
    }
    let before = Before::now();
    let mut read: Option<(Resolved, Vec<ObjectId>)> = None;
    let elsewhere = from_elsewhere(&named.resolve);
    let mut given: Vec<(String, Option<Entry>)> = Vec::new();
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let tip = access::tip_of(cx, advertisement, target)?;
        let theirs = advertisement.branch(&from).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("{} has no branch {from}", cx.remote.address()),
            )
            .hint("name the branch to take from with --from BRANCH")
        })?;
        let default = snapshot::learn_default_branch(cx).ok();
        let default = default.and_then(|name| Some((advertisement.branch(&name)?, name)));
        let default = default.map(|(tip, name)| (name, tip));
        let policy = snapshot::fetch_with_policy(cx, advertisement, [tip, theirs])?;
        let commit = cx.store.commit(tip)?;
        access::authorise(cx, target, &policy, advertisement, commit.time)?;
        if read.is_none() {
            read = Some(resolved(
                cx,
                named,
                request.dry_run,
                target,
                &policy,
                commit.tree,
            )?);
        }
        let (resolved, blobs) = read.clone().unwrap_or_default();
        given = resolved.clone().into_iter().collect();
        if cx.store.work_dir().is_some() && !given.is_empty() {
            let base = Base::of_working_copy(cx, target, tip)?;
            for (path, entry) in &given {
                base.check_mended(cx, path, *entry)?;
            }
        }
        let work = Work {
            cx,
            target,
            policy: &policy,
            from: &from,
            tip,
            theirs,
            markers: request.markers && !request.dry_run,
            dry_run: request.dry_run,
            default: default.clone(),
        };
        work.plan(commit.tree, &resolved, &blobs)
    })?;
    let mut report = published.report;
    report.attempts = published.attempts;
    if report.dry_run {
        report.commit = None;
    } else if let Some(commit) = report.commit {
        base::remember_both(cx, target, commit, given, &elsewhere, before);
        checkout::follow(cx, target.name(), report.parent, commit);
    }
    Ok(report)
}

/// The content that was given for conflicts, held to the rules of a commit.
fn resolved(
    cx: &Context,
    named: &mut Given,
    dry_run: bool,
    target: &Target,
    policy: &Policy,
    tree: ObjectId,
) -> Result<(Resolved, Vec<ObjectId>)> {
    let inputs = named.resolve.iter().map(|i| &i.path);
    for path in inputs.chain(&named.remove) {
        policy.check_path(target.name(), path.as_str())?;
    }
    let mut draft = cx.store.draft();
    let read = read_inputs(cx, &mut draft, &mut named.resolve, policy, tree, dry_run)?;
    let mut resolved: Resolved = read.into_iter().map(|(p, e)| (p, Some(e))).collect();
    resolved.extend(named.remove.iter().map(|p| (p.to_string(), None)));
    Ok((resolved, draft.objects()))
}

struct Work<'a> {
    cx: &'a Context,
    target: &'a Target,
    policy: &'a Policy,
    from: &'a str,
    tip: CommitId,
    theirs: CommitId,
    markers: bool,
    dry_run: bool,
    /// The default branch, where it is known without asking for it.
    default: Option<(String, CommitId)>,
}

impl Work<'_> {
    fn plan(
        &self,
        tree: ObjectId,
        resolved: &Resolved,
        blobs: &[ObjectId],
    ) -> Result<Pushed<SyncReport>> {
        let (cx, branch, from) = (self.cx, self.target.name(), self.from);
        let mut report = SyncReport {
            branch: branch.to_owned(),
            repo_name: cx.repo_name.clone(),
            from: from.to_owned(),
            parent: self.tip,
            commit: None,
            merged: Vec::new(),
            merged_count: 0,
            resolved: resolved.keys().cloned().collect(),
            conflicts: Vec::new(),
            unchanged: true,
            attempts: 0,
            message: format!("nothing to do: {branch} has all that {from} has"),
            dry_run: self.dry_run,
        };
        if cx.store.is_ancestor(self.theirs, self.tip) {
            if let Some(said) = self.elsewhere()? {
                report.message = format!("{}; {said}", report.message);
            }
            return Ok(Pushed::Nothing(report));
        }
        report.unchanged = false;
        (report.merged_count, report.merged) = join::brought(cx, self.tip, self.theirs)?;
        let mut draft = cx.store.draft();
        let joined = Join {
            cx,
            ledgers: self.policy.ledgers(),
            ours: self.tip,
            theirs: self.theirs,
            sandbox: Side::Ours,
        };
        let joined = joined
            .run(&mut draft)?
            .resolve(&self.with_modes(tree, resolved)?)?;
        if !joined.conflicts.is_empty() {
            return Err(self.conflict(&mut draft, joined.conflicts));
        }
        // Of a branch that is not reviewed nothing comes that a commit could not bring.
        if !self.policy.is_protected(from) {
            let there = cx.store.entry(tree, attributes::PATH.as_bytes())?;
            let own = compose::with_union(cx, &mut draft, there, self.policy.ledgers())?;
            for (path, entry) in &joined.edits {
                let path = String::from_utf8_lossy(path);
                let own = *entry == own && path == attributes::PATH;
                if !own && !self.policy.ledgers().contains(&path) {
                    self.policy.check_path(branch, &path)?;
                }
            }
        }
        let new_tree = draft.tree(Some(tree), &joined.edits)?;
        let commit = self.commit(&mut draft, new_tree, report.merged_count)?;
        report.commit = Some(commit);
        let what = format!(
            "{} of {from} into {branch}",
            words::count(report.merged_count, "commit", "commits")
        );
        if self.dry_run {
            report.message = format!("would merge {what}");
            return Ok(Pushed::Nothing(report));
        }
        report.message = format!("merged {what} as {}", commit.short());
        Ok(Pushed::Push(Push {
            updates: vec![RefUpdate {
                name: self.target.branch.clone(),
                old: Some(self.tip),
                new: Some(commit),
            }],
            objects: Objects::These(draft.objects_and(blobs)),
            token: self.target.token.clone(),
            report,
        }))
    }

    /// What the default branch has besides: sandboxes are mostly forked from a base that
    /// follows it by hand.
    fn elsewhere(&self) -> Result<Option<String>> {
        let Some((name, tip)) = &self.default else {
            return Ok(None);
        };
        if name == self.from {
            return Ok(None);
        }
        let cx = self.cx;
        cx.remote.fetch(&cx.store, &[*tip], true, &*cx.progress)?;
        if cx.store.is_ancestor(*tip, self.tip) {
            return Ok(None);
        }
        let (count, _) = join::brought(self.cx, self.tip, *tip)?;
        Ok(Some(format!(
            "{name} has {} more; to bring them in: aidf sandbox sync {} --from {name}",
            words::count(count, "commit", "commits"),
            self.target.name()
        )))
    }

    /// Content that was given keeps the mode that the path has.
    fn with_modes(&self, tree: ObjectId, resolved: &Resolved) -> Result<Resolved> {
        let theirs = self.cx.store.commit(self.theirs)?.tree;
        let mut with = Resolved::new();
        for (path, content) in resolved {
            let entry = |tree| self.cx.store.entry(tree, path.as_bytes());
            let there = entry(tree)?.or(entry(theirs)?);
            let mode = there.map(|e| e.mode).filter(|m| m.is_file());
            let content = content.map(|e| Entry {
                mode: mode.unwrap_or(e.mode),
                ..e
            });
            with.insert(path.clone(), content);
        }
        Ok(with)
    }

    /// Always a merge commit, where git would only move the branch forward as well: what a
    /// sandbox gets comes in by a commit that aidf signed for it.
    fn commit(&self, draft: &mut Draft<'_>, tree: ObjectId, count: usize) -> Result<CommitId> {
        let branch = self.target.name();
        let message = format!(
            "Merge {} into {branch}\n\n{} from {}.",
            self.from,
            words::count(count, "commit", "commits"),
            self.theirs.short()
        );
        compose::commit(
            self.cx,
            draft,
            self.target,
            tree,
            &[self.tip, self.theirs],
            &Words {
                message: &message,
                trailers: vec![("Aidf-Committed-By", branch.to_owned())],
            },
        )
    }

    /// The error for what conflicts, with the way out of it.
    fn conflict(&self, draft: &mut Draft<'_>, conflicts: Vec<PathConflict>) -> Error {
        let (cx, branch, from) = (self.cx, self.target.name(), self.from);
        let again = |what: &str| {
            let paths = conflicts
                .iter()
                .map(|c| format!(" --resolve {}{what}", c.path));
            let paths = paths.collect::<String>();
            format!("aidf sandbox sync {branch} --from {from}{paths}")
        };
        let hint = match (cx.store.work_dir(), self.markers) {
            (None, _) => format!(
                "nothing was written; give the merged content of each path: {}",
                again("=FILE")
            ),
            (Some(_), false) => format!(
                "nothing was written; to get both versions into the files: aidf sandbox sync {branch} --from {from} --markers; or give the merged content of each path: {}",
                again("=FILE")
            ),
            (Some(_), true) => match self.mark(draft, &conflicts) {
                Ok(()) => format!(
                    "nothing was written to the branch; mend the lines between the markers, then: {}",
                    again("")
                ),
                Err(e) => return e,
            },
        };
        Error::conflicts_in("the sync", conflicts).hint(hint)
    }

    fn mark(&self, draft: &mut Draft<'_>, conflicts: &[PathConflict]) -> Result<()> {
        let (cx, label) = (self.cx, self.from);
        let mut plan =
            Plan::of_conflicts(cx, draft, self.tip, self.theirs, conflicts.to_vec(), label)?;
        let done = plan.write_files(cx)?;
        let marked = done.updated.iter().map(String::as_str);
        base::remember_pull(
            cx,
            self.target,
            self.tip,
            &done.taken,
            Before::now(),
            marked,
        );
        for left in &plan.left {
            cx.warn(format!("left alone: {left}"));
        }
        Ok(())
    }
}
