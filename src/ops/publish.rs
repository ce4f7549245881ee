//! The one way to a remote ref: connect, build on the tips that were advertised, push
//! with compare-and-swap, believe the server's report alone, and try again on new tips.

use super::in_line::InLine;
use super::push_options::{explain, push_options, warn_if_held_back};
use super::queue::{Came, Turn};
use super::{identity, revoked, taken_back};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::PushFailure;
use crate::git::{Advertisement, ObjectId, PushOutcome, RefUpdate, Verdict};
use crate::ref_rules::MOVED;
use crate::secret::Secret;
use crate::words;
use rand::RngExt;
use std::time::{Duration, Instant};

/// At most this many pushes for one write: where eight writers race without pause, one
/// in eight tries wins, and a hundred all lose less often than once in 600,000 writes.
const MAX_TRIES: u32 = 100;
/// A write is given up after so many times the bound on one wait.
const PATIENCE: u32 = 10;
/// Refusals without a moved tip that may still be a race for the server's lock.
const MAX_UNMOVED: u32 = 5;

/// One try.
pub struct Attempt<'a> {
    /// 1 for the first.
    pub number: u32,
    /// Every ref of the remote, as it was just now.
    pub advertisement: &'a Advertisement,
}

/// What a try is to do.
pub enum Plan<T> {
    /// There is nothing to write.
    Nothing(T),
    /// Push this.
    Push(Push<T>),
}

impl<T> Plan<T> {
    /// The same with another report.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Plan<U> {
        match self {
            Plan::Nothing(report) => Plan::Nothing(to(report)),
            Plan::Push(push) => Plan::Push(Push {
                updates: push.updates,
                objects: push.objects,
                token: push.token,
                report: to(push.report),
            }),
        }
    }

    /// The push, unless it moves no ref.
    pub fn push_if_any(push: Push<T>) -> Plan<T> {
        match push.updates.is_empty() {
            true => Plan::Nothing(push.report),
            false => Plan::Push(push),
        }
    }
}

/// What is pushed, all refs or none.
pub struct Push<T> {
    /// The refs, with the tips they must have.
    pub updates: Vec<RefUpdate>,
    /// What goes with them.
    pub objects: Objects,
    /// The token that a server's hook may ask for.
    pub token: Option<Secret>,
    /// What to report when it is done.
    pub report: T,
}

/// The objects of a push.
pub enum Objects {
    /// These, which were made for it; none where the remote has them all.
    These(Vec<ObjectId>),
    /// Whatever the new tips reach and the remote's advertised ones do not; these of them were
    /// made for it.
    Lacking(Vec<ObjectId>),
}

/// What was done.
pub struct Published<T> {
    /// The plan's report.
    pub report: T,
    /// How many pushes it took; 0 where there was nothing to do.
    pub attempts: u32,
    /// The refs that moved.
    pub updates: Vec<RefUpdate>,
}

/// Builds with `build` and pushes, until it is done, refused, or tried too often.
///
/// `build` is called again for each try, on a fresh advertisement. Errors: what `build`
/// says; denied with the server's words; conflict when the refs kept moving;
/// unavailable when the server gave no answer and the refs do not show the push.
pub fn publish<T>(
    cx: &Context,
    build: impl FnMut(&Attempt<'_>) -> Result<Plan<T>>,
) -> Result<Published<T>> {
    publish_in_turn(cx, None, build)
}

/// The same for a write of one branch, in its turn among those of this machine.
pub(super) fn publish_in_turn<T>(
    cx: &Context,
    turn: Option<&mut Turn<'_>>,
    mut build: impl FnMut(&Attempt<'_>) -> Result<Plan<T>>,
) -> Result<Published<T>> {
    let mut publishing = Publishing {
        cx,
        turn,
        started: Instant::now(),
        number: 1,
        unanswered: Vec::new(),
        stale: None,
        unmoved: 0,
        line: None,
        foresaw_in_vain: false,
    };
    let done = publishing.run(&mut build);
    if let Some(line) = &mut publishing.line {
        line.leave();
    }
    let done = done?;
    if !done.updates.is_empty() {
        cx.note_published();
    }
    identity::heed_pushed(cx, &done.updates);
    Ok(done)
}

/// A write under way: what its tries so far came to.
struct Publishing<'a, 't, T> {
    cx: &'a Context,
    turn: Option<&'a mut Turn<'t>>,
    started: Instant,
    /// The present try; 1 for the first.
    number: u32,
    /// Pushes that got no answer. Each may have landed after all.
    unanswered: Vec<(Vec<RefUpdate>, T)>,
    /// The last push, where the server refused it as one of refs that had moved.
    stale: Option<(Vec<RefUpdate>, Error)>,
    /// How many times in a row that was said of refs that had not.
    unmoved: u32,
    /// Its place among those who write the same branch.
    line: Option<InLine<'a>>,
    /// Whether a push was refused that was built on a tip which the server had not told.
    foresaw_in_vain: bool,
}

/// What a try came to.
enum Tried<T> {
    /// All that there is to do is done.
    Done(Published<T>),
    /// Another one may do better.
    Again,
    /// Others were let before it: what it knows of the refs is old.
    Waited,
}

impl<T> Publishing<'_, '_, T> {
    /// Tries until it is done.
    fn run(
        &mut self,
        build: &mut impl FnMut(&Attempt<'_>) -> Result<Plan<T>>,
    ) -> Result<Published<T>> {
        loop {
            let began = Instant::now();
            match self.try_once(began, build)? {
                Tried::Done(done) => return Ok(done),
                Tried::Waited => {}
                Tried::Again => {
                    self.pause(began.elapsed())?;
                    self.number += 1;
                }
            }
        }
    }

    /// Waits before the next try, which is to be another one than that of whoever won.
    fn pause(&mut self, took: Duration) -> Result<()> {
        if self.unanswered.is_empty()
            && let Some(line) = &mut self.line
        {
            line.lost();
            // Who stands in line need not hope for a moment without others.
            if line.has_ticket() {
                return Ok(());
            }
        }
        let pause = backoff(self.cx, self.number, took);
        match self.unanswered.is_empty() {
            true => self.cx.cancel.sleep(pause),
            // A push that got no answer may have landed: its fate is looked for first.
            false => {
                std::thread::sleep(pause);
                Ok(())
            }
        }
    }

    /// One try, which began then.
    fn try_once(
        &mut self,
        began: Instant,
        build: &mut impl FnMut(&Attempt<'_>) -> Result<Plan<T>>,
    ) -> Result<Tried<T>> {
        let (cx, number) = (self.cx, self.number);
        self.heed_cancel()?;
        self.fetch_what_won()?;
        cx.progress
            .step(&format!("connect to {}", cx.remote.address()));
        let mut connection = cx.remote.connect()?;
        if let Some(turn) = &mut self.turn
            && !turn.see(&mut connection.advertisement)?
        {
            connection.close();
            return Ok(Tried::Waited);
        }
        let advertisement = &connection.advertisement;
        identity::heed(cx, advertisement);
        revoked::heed(cx, advertisement);
        if let Some(done) = self.found(advertisement, number - 1)? {
            connection.close();
            return Ok(Tried::Done(done));
        }
        self.check_patience(advertisement)?;
        let plan = build(&Attempt {
            number,
            advertisement,
        });
        let came = match &mut self.turn {
            Some(turn) => turn.come()?,
            None => Came::First,
        };
        if came == Came::Anew {
            // What is wrong with it may come from what was foreseen.
            connection.close();
            return Ok(Tried::Waited);
        }
        let push = match plan? {
            Plan::Push(push) => push,
            Plan::Nothing(report) => {
                connection.close();
                return Ok(Tried::Done(Published {
                    report,
                    attempts: number - 1,
                    updates: Vec::new(),
                }));
            }
        };
        if self.line.is_none() {
            let token = push.token.clone();
            self.line = InLine::of(cx, advertisement, &push.updates, token);
        }
        let mut updates = push.updates.clone();
        if let Some(line) = &mut self.line {
            let took = began.elapsed();
            if self.unanswered.is_empty() && !line.is_ours(advertisement, took) {
                line.join(connection);
                line.wait(took)?;
                return Ok(Tried::Waited);
            }
            updates.extend(line.ended(advertisement));
        }
        self.heed_cancel()?;
        cx.check_journal()?;
        // What was built without something that could not be fetched is not sent.
        cx.store.check_fetched()?;
        let options = push_options(cx, advertisement, push.token.as_ref(), &push.updates);
        cx.progress
            .step(&format!("push {} (try {number})", names(&push.updates)));
        if let Some(turn) = &mut self.turn {
            turn.push(&push.updates);
        }
        let store = &cx.store;
        let sent = match &push.objects {
            Objects::These(ids) => cx.remote.push(connection, store, &updates, ids, &options),
            Objects::Lacking(_) => cx
                .remote
                .push_history(connection, store, &updates, &options),
        };
        let done = match sent {
            Ok(outcome) => self.answered(push, &updates, outcome, &options, came)?,
            Err(PushFailure::NotSent(error)) => return Err(error),
            Err(PushFailure::NoAnswer(error)) => self.without_answer(push, error)?,
        };
        Ok(done.map_or(Tried::Again, Tried::Done))
    }

    /// Ends the call where that was asked for, unless a push may have landed unseen.
    ///
    /// Errors: interrupted.
    fn heed_cancel(&self) -> Result<()> {
        match self.unanswered.is_empty() {
            true => self.cx.cancel.check(),
            false => Ok(()),
        }
    }

    /// Whoever won holds the tip already: to be as quick as they, it is fetched before the
    /// next advertisement and not after it.
    fn fetch_what_won(&self) -> Result<()> {
        let Some((updates, _)) = &self.stale else {
            return Ok(());
        };
        let existing = updates.iter().filter(|u| u.old.is_some());
        let existing: Vec<&str> = existing.map(|u| u.name.as_str()).collect();
        match existing.is_empty() {
            true => Ok(()),
            false => {
                let cx = self.cx;
                let refreshed = cx.remote.refresh(&cx.store, &existing, &[], &*cx.progress);
                refreshed.map(drop)
            }
        }
    }

    /// The push without an answer that the refs show, if one landed after all.
    fn found(
        &mut self,
        advertisement: &Advertisement,
        attempts: u32,
    ) -> Result<Option<Published<T>>> {
        for at in 0..self.unanswered.len() {
            if landed(self.cx, advertisement, &self.unanswered[at].0)? {
                let (updates, report) = self.unanswered.swap_remove(at);
                return Ok(Some(Published {
                    report,
                    attempts,
                    updates,
                }));
            }
        }
        Ok(None)
    }

    /// Gives up a write whose refs do not move, or move for ever.
    ///
    /// Errors: the server's last answer; conflict.
    fn check_patience(&mut self, advertisement: &Advertisement) -> Result<()> {
        let Some((updates, error)) = self.stale.take() else {
            return Ok(());
        };
        let moved = |u: &RefUpdate| advertisement.tip(u.name.as_str()) != u.old;
        self.unmoved = match updates.iter().any(moved) {
            true => 0,
            false => self.unmoved + 1,
        };
        // The same answer on the same tips is not a race.
        if self.unmoved >= MAX_UNMOVED {
            return Err(error);
        }
        let most = self.cx.config.timeout * PATIENCE;
        if self.number <= MAX_TRIES && self.started.elapsed() <= most {
            return Ok(());
        }
        Err(Error::new(
            Kind::Conflict,
            format!(
                "{} kept moving through {} tries",
                names(&updates),
                self.number - 1
            ),
        )
        .hint("nothing was written; try again when fewer writers are at it")
        .retryable(true)
        .caused_by(anyhow::anyhow!(error.causes().join("; "))))
    }

    /// The server said what became of each ref that was sent.
    fn answered(
        &mut self,
        push: Push<T>,
        sent: &[RefUpdate],
        outcome: PushOutcome,
        options: &[String],
        came: Came,
    ) -> Result<Option<Published<T>>> {
        let cx = self.cx;
        let refused = outcome.verdicts.iter().filter_map(|v| match v {
            Verdict::Moved => None,
            Verdict::Refused(why) => Some(why.as_str()),
        });
        let refused: Vec<&str> = refused.collect();
        if refused.is_empty() {
            if cx.remote.confirms_pushes() {
                confirm(cx, &push.updates)?;
            }
            warn_if_held_back(cx, push.token.as_ref(), &push.updates);
            for line in &outcome.messages {
                cx.progress.remote(line);
            }
            let (Objects::These(made) | Objects::Lacking(made)) = &push.objects;
            if let Err(why) = cx.store.mark_promised(made) {
                cx.warn_of_record(&why);
            }
            if let Some(line) = &mut self.line {
                line.landed();
            }
            if self.foresaw_in_vain
                && let Some(turn) = &self.turn
            {
                turn.build_on_told_tips();
            }
            return Ok(Some(Published {
                report: push.report,
                attempts: self.number,
                updates: push.updates,
            }));
        }
        let error = refusal(&push.updates, &refused, &outcome.messages);
        let error = explain(cx, push.token.as_ref(), &push.updates, error);
        let mut tickets = outcome.verdicts.iter().skip(push.updates.len());
        let is_refused = |v: &Verdict| matches!(v, Verdict::Refused(why) if !may_be_stale(why));
        if tickets.any(is_refused)
            && let Some(line) = &mut self.line
            && line.refused()
        {
            // Without them, the server says what it has against the push itself.
            return Ok(None);
        }
        let landed = taken_back::landed_alone(sent, &outcome);
        if !landed.is_empty() {
            return Err(taken_back::take_back(cx, &landed, options, error));
        }
        let moved = outcome.messages.iter().any(|m| m.contains(MOVED));
        if !moved && !refused.iter().all(|why| may_be_stale(why)) {
            let by_hook = refused.iter().any(|why| why.contains("hook declined"));
            // Some servers hold a push against the tip that they told on connecting.
            self.foresaw_in_vain = came == Came::Behind && !by_hook;
            if !self.foresaw_in_vain {
                return Err(error);
            }
        }
        // The next try may well land: what the server said of this one is a detail.
        for line in &outcome.messages {
            cx.progress.step(&format!("remote: {line}"));
        }
        self.stale = Some((push.updates, error));
        Ok(None)
    }

    /// The push was sent, and nobody knows what became of it.
    fn without_answer(&mut self, push: Push<T>, error: Error) -> Result<Option<Published<T>>> {
        let cx = self.cx;
        cx.progress.step("no answer to the push: look at the refs");
        if error.kind() != Kind::Unavailable {
            return Err(error);
        }
        let updates = push.updates.clone();
        self.unanswered.push((push.updates, push.report));
        // Sent and unanswered more than once, or too slow: say so instead of hoping.
        if self.unanswered.len() <= 2 && !error.is_futile_at_once() {
            return Ok(None);
        }
        let unknown = || unknown(&updates, &error);
        let connection = cx.remote.connect().map_err(|_| unknown())?;
        let found = self.found(&connection.advertisement, self.number);
        connection.close();
        found?.map(Some).ok_or_else(unknown)
    }
}

/// Full jitter: uniform in [0, min(2 s, try · 2^tries)], where a try is as long as the
/// last one took and the doubling ends at eight: about a turn of each of eight writers.
fn backoff(cx: &Context, tries: u32, took: Duration) -> Duration {
    let most = (took * (1 << tries.min(3))).min(Duration::from_secs(2));
    Duration::from_micros(cx.draw(|r| r.random_range(0..=most.as_micros() as u64)))
}

/// Whether every ref shows these updates: at their tips, or in their history.
fn landed(cx: &Context, advertisement: &Advertisement, updates: &[RefUpdate]) -> Result<bool> {
    for update in updates {
        let tip = advertisement.tip(update.name.as_str());
        let shows = match (update.new, tip) {
            (None, tip) => tip.is_none(),
            (Some(new), Some(tip)) if new == tip => true,
            (Some(new), Some(tip)) => {
                cx.remote.fetch(&cx.store, &[tip], true, &*cx.progress)?;
                cx.store.is_ancestor(new, tip)
            }
            (Some(_), None) => false,
        };
        if !shows {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looks whether a push that the server calls done is to be seen.
///
/// Errors: unavailable, when it is not.
fn confirm(cx: &Context, updates: &[RefUpdate]) -> Result<()> {
    let connection = cx.remote.connect()?;
    let shown = landed(cx, &connection.advertisement, updates);
    connection.close();
    match shown? {
        true => Ok(()),
        false => Err(not_shown(updates)),
    }
}

/// What a server calls done, and does not show when it is asked again.
pub(super) fn not_shown(updates: &[RefUpdate]) -> Error {
    Error::new(
        Kind::Unavailable,
        format!(
            "the remote says that the push to {} is done, and does not show it",
            names(updates)
        ),
    )
    .hint("somebody may have moved the branch at once: look with `aidf log` or `aidf sandbox list`; if not, the server is not to be trusted")
    .retryable(false)
}

/// The refs of a push, for people: of many, the first ones.
fn names(updates: &[RefUpdate]) -> String {
    const NAMED: usize = 8;
    words::few(updates.iter().map(|u| u.name.short()), NAMED)
}

/// Reasons that git's own servers give when the ref is not what the push expected, or
/// its lock is taken. A directory in the way reads the same: the tips tell.
pub(super) fn may_be_stale(why: &str) -> bool {
    const STALE: [&str; 13] = [
        "failed to update ref",
        "atomic transaction failed",
        "atomic push failed",
        "transaction failed",
        "fetch first",
        "stale info",
        "non-fast-forward",
        "failed to lock",
        "cannot lock ref",
        "already exists",
        "incorrect old value",
        "reference is at",
        "failed to write",
    ];
    STALE.iter().any(|s| why.contains(s))
}

fn refusal(updates: &[RefUpdate], reasons: &[&str], messages: &[String]) -> Error {
    let mut reasons = reasons.to_vec();
    reasons.dedup();
    let kind = if reasons.iter().all(|r| may_be_stale(r)) {
        Kind::Conflict
    } else {
        Kind::Denied
    };
    let mut said = reasons.join("; ");
    if !messages.is_empty() {
        said = format!("{said}\n{}", messages.join("\n"));
    }
    let hint = match kind {
        Kind::Denied => "nothing was written; the words above are the server's own",
        _ => "nothing was written; a branch of a name that is a part of this one may be in the way",
    };
    Error::new(kind, format!("the remote refused {}", names(updates)))
        .hint(hint)
        .caused_by(anyhow::anyhow!(said))
}

fn unknown(updates: &[RefUpdate], error: &Error) -> Error {
    Error::new(
        Kind::Unavailable,
        format!(
            "the remote did not answer the push to {}, and does not show it so far",
            names(updates)
        ),
    )
    .hint("it may still land: look with `aidf log` or `aidf sandbox list` before you run the command again")
    .caused_by(anyhow::anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::RefName;

    fn updates() -> Vec<RefUpdate> {
        ["a", "b"]
            .map(|branch| RefUpdate {
                name: RefName::branch(branch).unwrap(),
                old: None,
                new: None,
            })
            .into()
    }

    #[test]
    fn a_reason_that_a_moved_ref_has_may_be_stale_and_no_other() {
        for why in [
            "failed to update ref",
            "remote: cannot lock ref 'refs/heads/a'",
            "non-fast-forward",
            "atomic push failed",
        ] {
            assert!(may_be_stale(why), "{why}");
        }
        for why in [
            "",
            "pre-receive hook declined",
            "deny updating a hidden ref",
        ] {
            assert!(!may_be_stale(why), "{why}");
        }
    }

    #[test]
    fn a_refusal_is_a_conflict_only_where_every_reason_may_be_a_race() {
        let of = |reasons: &[&str], messages: &[&str]| {
            let messages: Vec<String> = messages.iter().map(|m| m.to_string()).collect();
            let error = refusal(&updates(), reasons, &messages);
            assert_eq!(error.message(), "the remote refused a, b");
            let hint = error.hint_text().unwrap().to_owned();
            (error.kind(), error.causes().join("|"), hint)
        };
        let (kind, said, hint) = of(&["stale info", "stale info", "failed to lock"], &[]);
        assert_eq!(
            (kind, said.as_str()),
            (Kind::Conflict, "stale info; failed to lock")
        );
        assert!(hint.contains("in the way"), "{hint}");
        let (kind, said, hint) = of(&["stale info", "hook declined"], &["No.", "Never."]);
        assert_eq!(kind, Kind::Denied);
        assert_eq!(said, "stale info; hook declined\nNo.\nNever.");
        assert!(hint.contains("the server's own"), "{hint}");
    }

    #[test]
    fn a_push_without_an_answer_names_its_branches_and_the_cause() {
        let cause = Error::new(Kind::Unavailable, "the line is cut");
        let error = unknown(&updates(), &cause);
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.message().contains("the push to a, b,"), "{error}");
        assert!(error.hint_text().unwrap().contains("may still land"));
        assert_eq!(error.causes(), ["the line is cut"]);
    }

    #[test]
    fn a_plan_that_moves_no_ref_is_no_push() {
        let plan = |updates| {
            Plan::push_if_any(Push {
                updates,
                objects: Objects::Lacking(Vec::new()),
                token: None,
                report: 1,
            })
        };
        assert!(matches!(plan(Vec::new()), Plan::Nothing(1)));
        assert!(matches!(plan(updates()), Plan::Push(push) if push.updates == updates()));
    }
}
