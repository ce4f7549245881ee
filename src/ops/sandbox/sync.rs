//! What the base has gained comes into a sandbox, as one signed merge commit made without
//! a checkout.

use super::merge::Merge;
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Draft, ObjectId, RefName, TreePath};
use crate::ops::access::{self, Target};
use crate::ops::base::{self, Base, Before};
use crate::ops::checkout;
use crate::ops::commit::{File, Input, from_elsewhere, indexed, named, place, read_inputs};
use crate::ops::compose::Words;
use crate::ops::join::{Merged, Resolved};
use crate::ops::lost_again::Backups;
use crate::ops::rolled_back::{Brought, Kept};
use crate::ops::snapshot;
use crate::ops::write::{self, BranchState, Change, Edited, written};
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// Do everything except the push.
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
    /// The sandbox's own work that the branch had rolled back, and that stays.
    pub kept: Vec<Kept>,
    /// The branch's work that the sandbox had rolled back after an earlier sync, and that comes
    /// again.
    pub brought_again: Vec<Brought>,
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

/// Brings a branch's commits into a sandbox.
///
/// Errors: usage, for what is no sandbox; conflict, with the paths; integrity for a ledger
/// that cannot be read; auth and denied by token and policy; unavailable.
pub fn sync(cx: &Context, request: &SyncRequest) -> Result<SyncReport> {
    cx.note_request(request);
    let resolve = named::named(cx, &request.resolve)?;
    let remove = request.remove.iter().map(|p| place::in_tree(cx, p));
    let sync = Sync {
        request,
        elsewhere: from_elsewhere(&resolve),
        resolve,
        remove: remove.collect::<Result<_>>()?,
        from: String::new(),
        theirs: None,
        default: None,
        made_good: Vec::new(),
        backups: Backups::default(),
        read: None,
    };
    let target = access::choose(cx, request.branch.as_deref(), request.reuse_token.as_ref());
    write::run(cx, target.map(|target| (target, sync)))
}

/// The merge of a branch into a sandbox.
struct Sync<'r> {
    request: &'r SyncRequest,
    /// Content for paths in conflict.
    resolve: Vec<Input>,
    /// Paths in conflict that are to go.
    remove: Vec<TreePath>,
    /// The paths whose content does not come from the working tree's own file.
    elsewhere: BTreeSet<String>,
    /// The branch that is merged.
    from: String,
    /// Its tip.
    theirs: Option<CommitId>,
    /// The default branch, where it is known without asking for it.
    default: Option<(String, CommitId)>,
    /// The trailers for the rollbacks in the sandbox that the merge makes good.
    made_good: Vec<(&'static str, String)>,
    /// The backups of the branch that is taken from.
    backups: Backups,
    /// The content for paths in conflict, read once, and its objects.
    read: Option<(Resolved, Vec<ObjectId>)>,
}

written!(SyncReport, branch);

impl Change for Sync<'_> {
    type Report = SyncReport;

    const COMMAND: &'static str = "sandbox sync";

    fn is_dry_run(&self) -> bool {
        self.request.dry_run
    }

    fn prepare(&mut self, cx: &Context, target: &Target) -> Result<()> {
        access::sandbox_only(cx, target.name(), self.request.branch.is_some())?;
        self.from = match &self.request.from {
            Some(from) => RefName::branch(from)?.short().to_owned(),
            None => access::base_of(cx, target)?,
        };
        if self.from == target.name() {
            return Err(Error::new(
                Kind::Usage,
                format!("{} cannot be merged into itself", self.from),
            ));
        }
        indexed::check_merged(cx, &self.resolve, [].into_iter())?;
        match self.request.markers {
            true => {
                cx.store.need_work_dir("--markers")?;
                cx.store.check_finished()
            }
            false => Ok(()),
        }
    }

    fn wants(
        &mut self,
        cx: &Context,
        _target: &Target,
        advertisement: &Advertisement,
        _tip: CommitId,
    ) -> Result<Vec<CommitId>> {
        self.theirs = advertisement.branch(&self.from);
        self.backups = Backups::of(cx, advertisement, &self.from);
        let default = snapshot::learn_default_branch(cx).ok();
        self.default = default
            .and_then(|name| Some((advertisement.branch(&name)?, name)))
            .map(|(tip, name)| (name, tip));
        let theirs = self.theirs.ok_or_else(|| {
            let hint = match self.request.from {
                Some(_) => format!(
                    "--from names it; see the remote's branches with `git ls-remote --heads {}`, and name one of them",
                    words::shell_word(&cx.remote.read_address())
                ),
                None => "name the branch to take from with --from BRANCH".to_owned(),
            };
            access::no_branch(cx, &self.from).hint(hint)
        })?;
        Ok(vec![theirs])
    }

    fn edit(
        &mut self,
        state: &BranchState<'_>,
        draft: &mut Draft<'_>,
    ) -> Result<Edited<SyncReport>> {
        let (cx, target) = (state.cx, state.target);
        if let Some(theirs) = self.theirs {
            let from = (self.from.as_str(), theirs);
            let brings = "this sandbox holds it, and landing it brings it back";
            self.backups.warn(cx, from, state.tip, brings)?;
        }
        let (resolved, blobs) = match &self.read {
            Some(read) => read.clone(),
            None => {
                let read = self.read(state)?;
                self.read.insert(read).clone()
            }
        };
        if cx.store.work_dir().is_some() && !resolved.is_empty() {
            let base = Base::of_working_copy(cx, target, state.tip)?;
            for (path, entry) in &resolved {
                base.check_mended(cx, path, *entry)?;
            }
        }
        let mut merge = Merge {
            state,
            from: &self.from,
            theirs: self.theirs.unwrap_or(state.tip),
            markers: self.request.markers && !self.request.dry_run,
            dry_run: self.request.dry_run,
            default: self.default.as_ref(),
            made_good: Vec::new(),
        };
        let edited = merge.edit(draft, &resolved, blobs);
        self.made_good = merge.made_good;
        edited
    }

    /// Always a merge commit, where git would only move the branch forward as well: what a
    /// sandbox gets comes in by a commit that aidf signed for it.
    fn words(&self, _state: &BranchState<'_>, report: &SyncReport) -> Result<Words> {
        let branch = &report.branch;
        let commits = words::count(report.merged_count, "commit", "commits");
        let theirs = self.theirs.map(|id| id.short()).unwrap_or_default();
        let kept = report.kept.iter().map(|kept| {
            let files = words::count(kept.count, "file", "files");
            format!(
                "\nKept {files} that {} rolled back.",
                kept.rolled_back_by.short()
            )
        });
        let again = report.brought_again.iter().map(|again| {
            let files = words::count(again.count, "file", "files");
            format!(
                "\nBrought {files} again that {} rolled back.",
                again.rolled_back_by.short()
            )
        });
        let notes: String = kept.chain(again).collect();
        Ok(Words {
            message: format!(
                "Merge {} into {branch}\n\n{commits} from {theirs}.{notes}",
                self.from
            ),
            committed_by: branch.clone(),
            trailers: self.made_good.clone(),
        })
    }

    fn remember(
        self,
        cx: &Context,
        target: &Target,
        report: &SyncReport,
        landed: Option<CommitId>,
        before: Before,
    ) {
        let Some(commit) = landed else { return };
        let resolved = self.read.map(|(resolved, _)| resolved).unwrap_or_default();
        let given = resolved.clone().into_iter().collect();
        base::remember_both(cx, target, commit, given, &self.elsewhere, before);
        let is_written = |p: &str| resolved.contains_key(p) && !self.elsewhere.contains(p);
        checkout::follow(cx, target, report.parent, commit, &is_written);
    }
}

impl Sync<'_> {
    /// The content that was given for conflicts, held to the rules of a commit.
    fn read(&mut self, state: &BranchState<'_>) -> Result<(Resolved, Vec<ObjectId>)> {
        let (cx, policy) = (state.cx, state.policy);
        let given = self.resolve.iter().map(|i| &i.path);
        for path in given.chain(&self.remove) {
            policy.check_path(state.target.name(), path.as_str())?;
        }
        let mut draft = cx.store.draft();
        let dry_run = self.request.dry_run;
        let read = read_inputs(
            cx,
            &mut draft,
            &mut self.resolve,
            policy,
            state.tree,
            state.noticed,
            dry_run,
        )?;
        let mut resolved: Resolved = read.into_iter().map(|(p, e)| (p, Some(e))).collect();
        resolved.extend(self.remove.iter().map(|p| (p.to_string(), None)));
        Ok((resolved, draft.objects()))
    }
}
