//! The one way that a commit of aidf's gets onto a branch. Commit, rollback, sync, land and
//! rotate differ in what they change; the stages, their order and their checks are the same
//! for all and stand here: prepare, edit, ledgers, commit, push, remember, journal.

use super::access::{self, Target};
use super::base::{self, Before};
use super::compose::{self, Words};
use super::noticed::Noticed;
use super::notify::{self, Occurrence};
use super::publish::{self, Attempt, Objects, Plan, Push};
use super::queue;
use super::quota;
use super::snapshot;
use crate::alerts::{Alert, AlertKind};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Draft, Edit, ObjectId, RefUpdate, attribute_files};
use crate::policy::{DEFAULT_LEDGERS, Policy};
use std::collections::BTreeSet;

/// The branch that is written, as one try finds it.
pub(super) struct BranchState<'a> {
    pub cx: &'a Context,
    pub target: &'a Target,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The branch's tip.
    pub tip: CommitId,
    /// The tree of that commit.
    pub tree: ObjectId,
    /// What this try is noticed for.
    pub noticed: &'a Noticed,
}

/// What a write changes on a branch.
pub(super) struct Changed<R> {
    /// What changes in the tip's tree, path by path.
    pub edits: Vec<Edit>,
    /// A second parent, for a merge.
    pub merged: Option<CommitId>,
    /// The objects that the push needs besides those of the edits.
    pub objects: Carried,
    /// What to say of it.
    pub deed: Deed,
    /// The report, without the commit and the sentence.
    pub report: R,
}

/// The objects of a push besides those that its last stages make.
pub(super) enum Carried {
    /// These, which were made before.
    Also(Vec<ObjectId>),
    /// Whatever the remote lacks: the edits may name objects that it has never seen.
    Lacking,
}

/// The sentence about a write: `committed 2 files to main as 1234567`, or
/// `would commit 2 files to main`.
pub(super) struct Deed {
    /// What was done, such as `committed`.
    pub done: &'static str,
    /// The same in a dry run, such as `commit`.
    pub would: &'static str,
    /// To what it was done, such as `2 files to main`.
    pub what: String,
}

/// What an edit came to.
pub(super) enum Edited<R> {
    /// The branch has all of it already.
    Nothing(R),
    /// The branch gets a commit.
    Changed(Changed<R>),
}

/// The fields of a report that the stages fill in.
pub(super) struct Marks<'a> {
    pub branch: &'a str,
    pub commit: &'a mut Option<CommitId>,
    pub attempts: &'a mut u32,
    pub message: &'a mut String,
}

/// The report of a write.
pub(super) trait Written {
    /// The fields that every such report has.
    fn marks(&mut self) -> Marks<'_>;

    /// Takes what the write was noticed for, where the report has a place for it.
    fn take_alerts(&mut self, _alerts: Vec<Alert>) {}
}

/// A report of these field names is a [`Written`]; the second is the field of its branch, and
/// the third, where it has one, that of its alerts.
macro_rules! written {
    ($report:ty, $branch:ident $(, $alerts:ident)?) => {
        impl $crate::ops::write::Written for $report {
            fn marks(&mut self) -> $crate::ops::write::Marks<'_> {
                $crate::ops::write::Marks {
                    branch: &self.$branch,
                    commit: &mut self.commit,
                    attempts: &mut self.attempts,
                    message: &mut self.message,
                }
            }
            $(
                fn take_alerts(&mut self, alerts: Vec<$crate::alerts::Alert>) {
                    self.$alerts = alerts;
                }
            )?
        }
    };
}
pub(super) use written;

/// A kind of write: what is particular to it.
pub(super) trait Change {
    /// What it reports.
    type Report: Written;

    /// The command's name, for the journal.
    const COMMAND: &'static str;

    /// What to do next if the remote lacks the branch.
    const NO_BRANCH: &'static str = access::OPEN_A_SANDBOX;

    /// Whether the change founds the base, and needs no token from somebody who gives none.
    /// Then only the server decides whether it may be made.
    const FOUNDS: bool = false;

    /// Whether to do everything except the push.
    fn is_dry_run(&self) -> bool;

    /// Checks and reads what needs no remote, once.
    fn prepare(&mut self, _cx: &Context, _target: &Target) -> Result<()> {
        Ok(())
    }

    /// The commit that the branch is made from if the remote lacks it; none: it has to be
    /// there.
    fn origin(&self, _cx: &Context, _advertisement: &Advertisement) -> Result<Option<CommitId>> {
        Ok(None)
    }

    /// The commits that the edit needs besides the branch's tip.
    fn wants(
        &mut self,
        _cx: &Context,
        _target: &Target,
        _advertisement: &Advertisement,
        _tip: CommitId,
    ) -> Result<Vec<CommitId>> {
        Ok(Vec::new())
    }

    /// Paths whose content on the branch the edit reads, as far as they are known before it.
    fn paths(&self) -> Vec<String> {
        Vec::new()
    }

    /// A refusal of token or policy, with a better way out where this command knows one.
    fn explain(&self, refusal: Error) -> Error {
        refusal
    }

    /// The edit. It is made anew for each try, on the tip of that try.
    fn edit(
        &mut self,
        state: &BranchState<'_>,
        draft: &mut Draft<'_>,
    ) -> Result<Edited<Self::Report>>;

    /// Adds the ledgers' entries to the edits.
    fn ledgers(
        &mut self,
        _state: &BranchState<'_>,
        _draft: &mut Draft<'_>,
        _changed: &mut Changed<Self::Report>,
    ) -> Result<()> {
        Ok(())
    }

    /// The commit's message and trailers.
    fn words(&self, state: &BranchState<'_>, report: &Self::Report) -> Result<Words>;

    /// Remembers in the clone what is on the branch now. `landed` is the commit; none where
    /// the branch had all of it already. A dry run does not come here.
    fn remember(
        self,
        cx: &Context,
        target: &Target,
        _report: &Self::Report,
        landed: Option<CommitId>,
        before: Before,
    ) where
        Self: Sized,
    {
        if let Some(commit) = landed {
            base::remember(cx, target, commit, &[], before);
        }
    }
}

/// Makes the change on the branch, pushes it, and writes the journal.
///
/// `ready` is the branch and the change, or why there is none: that is journaled too.
/// Errors: those of the change; auth and denied by token and policy; conflict;
/// not_found, if the remote lacks the branch; unavailable.
pub(super) fn run<C: Change>(cx: &Context, ready: Result<(Target, C)>) -> Result<C::Report> {
    let branch = ready.as_ref().ok().map(|(t, _)| t.name().to_owned());
    let is_dry_run = ready.as_ref().is_ok_and(|(_, change)| change.is_dry_run());
    let noticed = Noticed::default();
    let mut result = ready.and_then(|(target, change)| stages(cx, &target, change, &noticed));
    // What failed for another reason is no write that anybody should know of.
    if let Err(e) = &result
        && !matches!(e.kind(), Kind::Denied | Kind::Integrity)
    {
        noticed.clear();
    }
    let alerts = noticed.all();
    // Each kind once: a line of the journal must not follow the number of files. A dry run
    // is no attempt.
    let kinds: BTreeSet<AlertKind> = alerts.iter().map(|a| a.alert).collect();
    let kinds: Vec<AlertKind> = kinds.into_iter().filter(|_| !is_dry_run).collect();
    match &mut result {
        Ok(report) => {
            let marks = report.marks();
            if let Some(commit) = *marks.commit {
                let (branch, commit) = (Some(marks.branch), Some(commit.to_string()));
                cx.record_alerting(C::COMMAND, branch, commit, Ok(marks.message), &kinds);
            }
        }
        Err(e) => cx.record_alerting(C::COMMAND, branch.as_deref(), None, Err(e), &kinds),
    }
    if !is_dry_run {
        tell(cx, C::COMMAND, branch.as_deref(), &mut result, &alerts);
    }
    result
}

/// Tells of what the write was noticed for, now that what came of it is on record.
fn tell<R: Written>(
    cx: &Context,
    command: &str,
    branch: Option<&str>,
    result: &mut Result<R>,
    alerts: &[Alert],
) {
    let (commit, outcome, message) = match result {
        Ok(report) => {
            let marks = report.marks();
            let commit = marks.commit.map(|id| id.to_string());
            (commit, "done", marks.message.clone())
        }
        Err(e) => (None, e.kind().name(), e.message().to_owned()),
    };
    let occurrence = Occurrence {
        command,
        branch,
        commit,
        outcome,
        message: &message,
    };
    notify::tell(cx, &occurrence, alerts);
}

fn stages<C: Change>(
    cx: &Context,
    target: &Target,
    mut change: C,
    noticed: &Noticed,
) -> Result<C::Report> {
    // Files may be rewritten while they are read: what is remembered is older than that.
    let before = Before::now();
    change.prepare(cx, target)?;
    let mut turn = match change.is_dry_run() {
        true => None,
        false => Some(queue::wait_for_turn(cx, &target.branch)?),
    };
    let published = publish::publish_in_turn(cx, turn.as_mut(), |attempt| {
        noticed.clear();
        plan(cx, target, &mut change, attempt, noticed)
    })?;
    let mut report = published.report;
    let marks = report.marks();
    *marks.attempts = published.attempts;
    let landed = *marks.commit;
    if let (Some(turn), Some(commit)) = (&turn, landed) {
        turn.leave(commit);
    }
    drop(turn);
    noticed.warn(cx);
    if !change.is_dry_run() {
        change.remember(cx, target, &report, landed, before);
    }
    Ok(report)
}

/// One try, up to the push.
fn plan<C: Change>(
    cx: &Context,
    target: &Target,
    change: &mut C,
    attempt: &Attempt<'_>,
    noticed: &Noticed,
) -> Result<Plan<C::Report>> {
    let advertisement = attempt.advertisement;
    let origin = match advertisement.branch(target.name()) {
        Some(_) => None,
        None => change.origin(cx, advertisement)?,
    };
    let tip = match origin {
        Some(origin) => origin,
        None => access::tip_of(cx, advertisement, target).map_err(|e| e.hint(C::NO_BRANCH))?,
    };
    let mut wants = change.wants(cx, target, advertisement, tip)?;
    wants.push(tip);
    let ahead = ahead(cx, tip, change.paths());
    let policy = snapshot::fetch_with_policy(cx, advertisement, wants, &ahead)?;
    let commit = cx.store.commit(tip)?;
    let time = commit.time;
    let policy = match C::FOUNDS && target.token.is_none() {
        true => policy,
        false => access::authorise(cx, target, policy, C::COMMAND, advertisement, time)
            .map_err(|e| change.explain(e))?,
    };
    quota::check(&cx.store, &policy, target.name(), tip, cx.now)?;
    let state = BranchState {
        cx,
        target,
        policy: &policy,
        tip,
        tree: commit.tree,
        noticed,
    };
    let ledgers = policy.ledgers().live(target.name());
    let ledgers = ledgers.iter().map(|path| (state.tree, path.as_bytes()));
    cx.store.ensure_paths(ledgers, true)?;
    let mut draft = cx.store.draft();
    let mut changed = match change.edit(&state, &mut draft)? {
        Edited::Nothing(report) => {
            // Nothing is written that could be noticed.
            noticed.clear();
            let made = origin.filter(|_| !change.is_dry_run());
            return Ok(Plan::push_if_any(Push {
                updates: made.map(|tip| created(target, tip)).into_iter().collect(),
                // The remote has all that the branch is made from.
                objects: Objects::These(Vec::new()),
                token: target.token.clone(),
                report,
            }));
        }
        Edited::Changed(changed) => changed,
    };
    noticed.check_time(cx, &policy, C::COMMAND, (target.name(), tip))?;
    change
        .ledgers(&state, &mut draft, &mut changed)
        .inspect_err(|e| noticed.record_ledger(&policy, e))?;
    let tree = draft.tree(Some(state.tree), &changed.edits)?;
    let words = change.words(&state, &changed.report)?;
    noticed.check_message(&policy, C::COMMAND, &words.message)?;
    changed.report.take_alerts(noticed.all());
    let parents: Vec<CommitId> = [tip].into_iter().chain(changed.merged).collect();
    let commit = compose::commit(cx, &mut draft, target, tree, &parents, &words)?;
    let Deed { done, would, what } = changed.deed;
    let mut report = changed.report;
    let marks = report.marks();
    if change.is_dry_run() {
        *marks.message = format!("would {would} {what}");
        return Ok(Plan::Nothing(report));
    }
    *marks.message = format!("{done} {what} as {}", commit.short());
    *marks.commit = Some(commit);
    Ok(Plan::Push(Push {
        updates: vec![RefUpdate {
            name: target.branch.clone(),
            old: origin.is_none().then_some(tip),
            new: Some(commit),
        }],
        objects: match changed.objects {
            Carried::Also(others) => Objects::These(draft.objects_and(&others)),
            Carried::Lacking => Objects::Lacking(draft.objects()),
        },
        token: target.token.clone(),
        report,
    }))
}

/// What the write reads of the tip besides the policy, as far as it can be told before that
/// is read: the paths, their attributes, and the ledgers where they mostly are.
fn ahead(cx: &Context, tip: CommitId, mut paths: Vec<String>) -> Vec<(CommitId, String)> {
    if !cx.store.is_narrow() {
        return Vec::new();
    }
    // Of many files most may be as they were, and their content is then not looked at.
    const MOST: usize = 64;
    if paths.len() > MOST {
        paths.clear();
    }
    paths.extend(DEFAULT_LEDGERS.map(str::to_owned));
    let attributes = attribute_files(paths.iter().map(String::as_str));
    let all = paths.into_iter().chain(attributes);
    all.map(|path| (tip, path)).collect()
}

/// The update that makes the branch, which must not be there yet.
fn created(target: &Target, tip: CommitId) -> RefUpdate {
    RefUpdate {
        name: target.branch.clone(),
        old: None,
        new: Some(tip),
    }
}
