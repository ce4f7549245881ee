//! A rollback as a change: its stages.

use super::{Report, Request, What, Work, here};
use crate::backup_name;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Draft};
use crate::ops::access::{PROPOSE_IT, Target};
use crate::ops::base::{self, Before};
use crate::ops::compose::{self, Words};
use crate::ops::write::{BranchState, Change, Changed, Edited, written};

/// The undoing of commits that a request names.
pub(super) struct Rollback<'r> {
    pub request: &'r Request,
    /// The commit to go back to, where the request gives it or it is a branch's tip.
    pub named: Option<CommitId>,
    /// The tip of the branch that a sandbox was opened from.
    pub base: Option<CommitId>,
}

written!(Report, branch);

impl Change for Rollback<'_> {
    type Report = Report;

    const COMMAND: &'static str = "rollback";

    const NO_BRANCH: &'static str =
        "name it with --branch; see the sandboxes with `aidf sandbox list`";

    fn is_dry_run(&self) -> bool {
        self.request.dry_run
    }

    /// What landed is mostly undone where it landed, and an operator does that.
    fn explain(&self, refusal: Error) -> Error {
        match refusal.hint_text() == Some(PROPOSE_IT) {
            true => refusal.hint(format!(
                "roll it back with an operator's token (aidf token issue --operator), or {PROPOSE_IT}"
            )),
            false => refusal,
        }
    }

    fn prepare(&mut self, _cx: &Context, target: &Target) -> Result<()> {
        if let Some(reason) = &self.request.reason {
            if reason.trim().is_empty() {
                return Err(Error::new(Kind::Usage, "the reason is empty")
                    .hint("say why with --reason TEXT, or leave it out"));
            }
            compose::check_message(reason)?;
        }
        compose::check_writer(target, self.request.committed_by.as_deref())
    }

    fn wants(
        &mut self,
        cx: &Context,
        target: &Target,
        advertisement: &Advertisement,
        _tip: CommitId,
    ) -> Result<Vec<CommitId>> {
        // A backup is a branch of its own, and may lie outside this one's history.
        self.named = match &self.request.what {
            What::To(name) if name.starts_with(backup_name::PREFIX) => advertisement.branch(name),
            What::At { commit, .. } => Some(*commit),
            _ => None,
        };
        let mut wants: Vec<CommitId> = self.named.into_iter().collect();
        wants.retain(|id| !cx.store.has_commit(*id));
        // What the sandbox inherited is that of the base it was opened from.
        let from = target.claims.as_ref().and_then(|c| c.base.as_deref());
        self.base = advertisement.branch(from.unwrap_or(&cx.config.base));
        wants.extend(self.base);
        Ok(wants)
    }

    fn edit(&mut self, state: &BranchState<'_>, draft: &mut Draft<'_>) -> Result<Edited<Report>> {
        self.work(state).edit(draft)
    }

    fn ledgers(
        &mut self,
        state: &BranchState<'_>,
        draft: &mut Draft<'_>,
        changed: &mut Changed<Report>,
    ) -> Result<()> {
        self.work(state).append_ledgers(draft, changed)
    }

    fn words(&self, state: &BranchState<'_>, report: &Report) -> Result<Words> {
        self.work(state).words(report)
    }

    /// The files here stay as they are, and so does what they were taken from; but one that
    /// is as the branch has it again was taken from that.
    fn remember(
        self,
        cx: &Context,
        target: &Target,
        _report: &Report,
        landed: Option<CommitId>,
        _before: Before,
    ) {
        let Some(commit) = landed else { return };
        let before = Before::now();
        let mut here = here::compare(cx, commit).unwrap_or_default();
        let made = std::mem::take(&mut here.made);
        base::remember_rollback(cx, target, commit, &here.same, made, before);
        here.note(cx, target.name());
    }
}

impl Rollback<'_> {
    fn work<'w>(&'w self, state: &'w BranchState<'w>) -> Work<'w> {
        Work {
            state,
            request: self.request,
            named: self.named,
            base: self.base,
        }
    }
}
