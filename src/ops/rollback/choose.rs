//! Which commits of a branch a rollback undoes.

use super::{What, Work};
use crate::clock::{DAY, Moment, Period};
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo};
use crate::ops::compose;
use crate::ops::log::{Reverts, judge, trailer};
use crate::signature::{Check, Judged};
use crate::words;
use std::collections::BTreeMap;

/// Commits that one sentence names.
const MAX_NAMED: usize = 5;

/// What was chosen, each newest first.
#[derive(Default)]
pub(super) struct Chosen {
    /// To be undone.
    pub commits: Vec<CommitId>,
    /// Left as they are, though they could have been meant.
    pub passed_over: Vec<CommitId>,
}

/// A commit in the branch's history.
struct Met {
    commit: CommitInfo,
    judged: Judged,
    /// Whether it was written to this branch, and not brought in by a merge.
    own: bool,
}

impl Work<'_> {
    /// The commits to undo.
    ///
    /// Errors: not_found.
    pub(super) fn commits(&self) -> Result<Chosen> {
        match &self.request.what {
            What::Commits(names) => self.named(names),
            What::Last(count) => self.last(*count),
            What::Task(task) => self.of_task(task),
            What::To(_) | What::At { .. } => Ok(Chosen::default()),
        }
    }

    fn named(&self, names: &[String]) -> Result<Chosen> {
        let mut wanted = names
            .iter()
            .map(|n| self.on_branch(n))
            .collect::<Result<Vec<_>>>()?;
        wanted.sort();
        wanted.dedup();
        let mut chosen = Chosen::default();
        for id in self.state.cx.store.history(self.state.tip, None)? {
            if wanted.contains(&id) {
                chosen.commits.push(id);
                if chosen.commits.len() == wanted.len() {
                    break;
                }
            }
        }
        Ok(chosen)
    }

    /// Parts commits, newest first, into those that were undone already, with a warning, and
    /// the others.
    pub(super) fn parted_by_undone(
        &self,
        commits: Vec<CommitId>,
    ) -> Result<(Vec<CommitId>, Vec<CommitId>)> {
        let (cx, name) = (self.state.cx, self.state.target.name());
        let (mut reverts, mut by) = (Reverts::default(), BTreeMap::new());
        for id in cx.store.history(self.state.tip, None)? {
            let judged = judge(cx, id, name)?;
            reverts.see(cx, &cx.store.commit(id)?, &judged);
            if commits.contains(&id) {
                by.insert(id, reverts.of(id, &judged));
                if by.len() == commits.len() {
                    break;
                }
            }
        }
        for (id, by) in &by {
            if let Some(by) = by {
                cx.warn(format!(
                    "passed over {}: {} rolled it back already, and its files changed since",
                    id.short(),
                    by.short()
                ));
            }
        }
        let is_undone = |id: &CommitId| by.get(id).is_some_and(Option::is_some);
        Ok(commits.into_iter().partition(is_undone))
    }

    /// The last that were written to the branch. Where a commit stands is no claim, so that
    /// unsigned ones are among them; that they are is said.
    fn last(&self, count: usize) -> Result<Chosen> {
        let (mut chosen, mut unsigned) = (Chosen::default(), Vec::new());
        for met in self.walk()? {
            let met = met?;
            match met.own {
                true => chosen.commits.push(met.commit.id),
                false => chosen.passed_over.push(met.commit.id),
            }
            if met.own && met.judged.check != Check::Good {
                unsigned.push(met.commit.id);
            }
            if chosen.commits.len() >= count {
                break;
            }
        }
        let (name, passed) = (self.state.target.name(), &chosen.passed_over);
        if chosen.commits.len() < count {
            let others = match passed.len() {
                0 => String::new(),
                n => format!(" ({n} in its history were written elsewhere)"),
            };
            return Err(Error::new(
                Kind::NotFound,
                format!(
                    "{name} has only {} commits of its own, and {count} were asked for{others}",
                    chosen.commits.len()
                ),
            )
            .hint("see them with `aidf log`; any commit of its history can be named, and so can one that has landed and counts as the base's"));
        }
        if !passed.is_empty() {
            self.state.cx.warn(format!(
                "passed over {}, not written to {name}: {}",
                words::count(passed.len(), "commit", "commits"),
                listed(passed)
            ));
        }
        if !unsigned.is_empty() && !self.state.cx.keys().is_empty() {
            self.state.cx.warn(format!(
                "{} of those undone came without a good signature: {}",
                words::count(unsigned.len(), "commit", "commits"),
                listed(&unsigned)
            ));
        }
        Ok(chosen)
    }

    /// Those of a task that are not undone yet. The task is the writer's word, so that only
    /// signed ones are taken for what they say, unless more was asked for.
    fn of_task(&self, task: &str) -> Result<Chosen> {
        let (mut chosen, mut any, mut reverts) = (Chosen::default(), false, Reverts::default());
        let (mut unsigned, mut elsewhere) = (Vec::new(), Vec::new());
        for met in self.walk()? {
            let met = met?;
            reverts.see(self.state.cx, &met.commit, &met.judged);
            let id = met.commit.id;
            if trailer(&met.commit, compose::TASK).as_deref() != Some(task) {
                continue;
            }
            let undone = reverts.of(id, &met.judged).is_some();
            let signed = met.judged.check == Check::Good;
            if met.own && (signed || self.request.unsigned) {
                any = true;
                if !undone {
                    chosen.commits.push(id);
                }
            } else if !undone {
                chosen.passed_over.push(id);
                match met.own {
                    true => unsigned.push(id),
                    false => elsewhere.push(id),
                }
            }
        }
        let name = self.state.target.name();
        let mut passed = Vec::new();
        if !unsigned.is_empty() {
            let why = match self.state.cx.keys().is_empty() {
                true => ", and no key is here to check the signatures with",
                false => " without a good signature",
            };
            passed.push(format!(
                "{} that only say so{why}: {} (add --unsigned to undo these too)",
                words::count(unsigned.len(), "commit", "commits"),
                listed(&unsigned)
            ));
        }
        if !elsewhere.is_empty() {
            passed.push(format!(
                "{} not written to {name}: {} (name them to undo them)",
                words::count(elsewhere.len(), "commit", "commits"),
                listed(&elsewhere)
            ));
        }
        let passed = passed.join("; ");
        if !any {
            let error = |more: &str| {
                let what = format!("{name} has no commit of task `{task}`{more}");
                Error::new(Kind::NotFound, what)
            };
            return Err(match passed.is_empty() {
                true => error("").hint("see the tasks with `aidf log`"),
                false => error(&format!(" that is known to be: passed over {passed}"))
                    .hint("look at them with `aidf log`; add --unsigned, or name the commits"),
            });
        }
        if !passed.is_empty() {
            self.state
                .cx
                .warn(format!("passed over commits of task `{task}`: {passed}"));
        }
        Ok(chosen)
    }

    /// The branch's history, newest first; of a sandbox without what it inherited.
    ///
    /// Under a good signature a commit belongs to the branch that it was written to; an
    /// unprotected claim must not take it out of there, so that of all others what counts
    /// is that it lies on the branch's own line, or says that it was written to it. A
    /// branch that is no sandbox is also given commits of sandboxes by a fast-forward.
    fn walk(&self) -> Result<impl Iterator<Item = Result<Met>> + '_> {
        let (store, name) = (&self.state.cx.store, self.state.target.name());
        let hide = self.base.filter(|_| self.state.target.is_sandbox());
        // By the first parents; the walk meets a commit before its parents.
        let mut line = Some(self.state.tip);
        Ok(store.history(self.state.tip, hide)?.map(move |id| {
            let commit = store.commit(id)?;
            let on_line = line == Some(id);
            if on_line {
                line = commit.parents.first().copied();
            }
            let judged = judge(self.state.cx, id, name)?;
            let names_it = judged.branch.as_deref() == Some(name);
            let own = match judged.check {
                Check::Good => names_it || (on_line && !self.state.target.is_sandbox()),
                _ => names_it || on_line,
            };
            Ok(Met {
                commit,
                judged,
                own,
            })
        }))
    }

    /// The commit that `name` means, which must be on the branch: an id or its first digits,
    /// or what git makes of it in this clone. `HEAD` and `@` are the branch's own tip.
    pub(super) fn on_branch(&self, name: &str) -> Result<CommitId> {
        let store = &self.state.cx.store;
        let hex = name.len() >= 4 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let mut id = store.by_prefix(name).filter(|_| hex);
        if hex && id.is_none() && store.is_narrow() {
            // What is not here is not known by its first digits.
            store.ensure_history(self.state.tip)?;
            id = store.by_prefix(name);
        }
        let of_tip = ["HEAD", "@"]
            .iter()
            .find_map(|head| name.strip_prefix(head))
            .filter(|rest| rest.is_empty() || rest.starts_with(['~', '^']));
        let revision = match of_tip {
            Some(rest) => format!("{}{rest}", self.state.tip),
            None => name.to_owned(),
        };
        // A whole id that is not in the branch's history need not be asked for.
        let is_id = store.is_narrow() && CommitId::parse(name).is_ok();
        let id = match id {
            None if !name.starts_with('-') && !is_id => store.resolve(&revision)?,
            id => id,
        };
        id.filter(|id| store.is_ancestor(*id, self.state.tip)).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("no commit `{name}` on {}", self.state.target.name()),
            )
            .hint("see its commits with `aidf log`; the first digits of an id are enough, and so is a revision that this clone knows, such as HEAD~2 or v1.0")
        })
    }

    /// The commit that the branch goes back to; none for a request that names commits.
    ///
    /// Errors: not_found.
    pub(super) fn back_to(&self) -> Result<Option<CommitId>> {
        match &self.request.what {
            What::To(name) | What::At { name, .. } => match self.named {
                Some(id) => Ok(Some(id)),
                None => self.revision(name).map(Some),
            },
            _ => Ok(None),
        }
    }

    /// What `--to` names: a day or a moment, then the branch as it was at its end; or a
    /// commit, as [`Work::on_branch`] takes it.
    fn revision(&self, name: &str) -> Result<CommitId> {
        let Some(until) = moment(name, self.state.cx.now) else {
            return self.on_branch(name);
        };
        let mut at = Some(self.state.tip);
        while let Some(id) = at {
            let commit = self.state.cx.store.commit(id)?;
            if commit.time <= until.seconds() {
                return Ok(id);
            }
            at = commit.parents.first().copied();
        }
        Err(Error::new(
            Kind::NotFound,
            format!(
                "{} has no commit that is as old as {}",
                self.state.target.name(),
                until.rfc3339()
            ),
        )
        .hint("see its commits with `aidf log`"))
    }
}

/// The moment that a text means: the end of a day (`2026-11-22`, `yesterday`), a moment of
/// RFC 3339, or a time ago (`36h`, `7d`).
fn moment(text: &str, now: Moment) -> Option<Moment> {
    let end_of = |day: Moment| Moment::from_seconds(day.seconds() + DAY - 1);
    if text == "yesterday" {
        let today = Moment::from_stamp(&now.date())?;
        return Some(Moment::from_seconds(today.seconds() - 1));
    }
    if let Some(day) = Moment::from_stamp(text) {
        return Some(match text.len() {
            10 => end_of(day),
            _ => day,
        });
    }
    // A few digits and a letter may be the beginning of an id as well: that goes first.
    let ago = Period::parse(text).filter(|_| text.len() < 4 || text.contains(['y', 'm', 'w', 'h']));
    ago.map(|p| p.before(now))
        .or_else(|| Moment::from_rfc3339(text))
}

fn listed(ids: &[CommitId]) -> String {
    let mut names: Vec<String> = ids.iter().take(MAX_NAMED).map(|id| id.short()).collect();
    if ids.len() > MAX_NAMED {
        names.push("…".to_owned());
    }
    names.join(", ")
}
