//! Standing in line for a branch with writers on other machines ([`crate::turns`]).
//!
//! All of it is a courtesy: where a server takes no such refs, or does not answer, the write
//! races as it would without.

use super::push_options::push_options;
use super::queue;
use super::shortcoming::Shortcoming;
use crate::context::Context;
use crate::error::Result;
use crate::files::short_digest;
use crate::git::{Advertisement, CommitId, PushConnection, RefName, RefUpdate, Verdict};
use crate::secret::Secret;
use crate::turns::{Line, Stand};
use rand::RngExt;
use std::time::{Duration, Instant};

/// Who has lost so many races takes a ticket.
const LOSSES: u32 = 2;
/// How long a write waits while its place in the line stays as it is, unless `--timeout` is
/// shorter; and so many times that in all.
const PATIENCE: Duration = Duration::from_secs(10);
const IN_ALL: u32 = 6;
/// How long one writer may take for its turn, where tries are short; else so many tries.
const SLOW: Duration = Duration::from_secs(3);
const SLOW_TRIES: u32 = 5;
/// Between two looks at the line: at least, and at most for each writer before.
const LOOK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(60));
/// Who has so many before it at most has the branch's tip here.
const NEAR: usize = 2;
/// A turn takes so many times what a try takes up to its push, until the line tells its pace.
const TURN: u32 = 2;

/// One write in the line for its branch.
pub(super) struct InLine<'a> {
    cx: &'a Context,
    branch: RefName,
    /// What goes with the pushes of tickets.
    token: Option<Secret>,
    line: Line,
    started: Instant,
    losses: u32,
    /// Whether it waits for nobody any more.
    is_over: bool,
    /// Whether the server refused to delete a ticket together with the push.
    is_refused: bool,
}

impl<'a> InLine<'a> {
    /// The line for the branch that these updates move, where they move one that is there and
    /// nothing else, and the server moves several refs or none.
    pub fn of(
        cx: &'a Context,
        advertisement: &Advertisement,
        updates: &[RefUpdate],
        token: Option<Secret>,
    ) -> Option<InLine<'a>> {
        let [update] = updates else {
            return None;
        };
        let moves = update.old.is_some() && update.new.is_some();
        let branch = update.name.as_str().strip_prefix("refs/heads/")?;
        let can = advertisement.is_atomic() && advertisement.deletes_refs();
        (moves && can && !races_only(cx).is_known()).then(|| InLine {
            cx,
            branch: update.name.clone(),
            token,
            line: Line::of(branch),
            started: Instant::now(),
            losses: 0,
            is_over: false,
            is_refused: false,
        })
    }

    /// Whether the write may push now, by the refs that it is built on. `took` is how long a
    /// try takes.
    pub fn is_ours(&mut self, advertisement: &Advertisement, took: Duration) -> bool {
        let folder = self.line.folder().to_owned();
        let there: Vec<&str> = advertisement.under(&folder).map(|(name, _)| name).collect();
        self.stand(there, took) == Stand::Ours
    }

    fn stand(&mut self, there: Vec<&str>, took: Duration) -> Stand {
        if self.is_over {
            return Stand::Ours;
        }
        let slow = SLOW.max(took * SLOW_TRIES);
        self.line.look(there, self.started.elapsed(), slow)
    }

    /// Waits for its turn, and mostly has the branch's tip here when it comes.
    ///
    /// Errors: interrupted.
    pub fn wait(&mut self, took: Duration) -> Result<()> {
        let cx = self.cx;
        if self.is_over {
            return Ok(());
        }
        cx.progress
            .step("others write this branch, and were here before: wait for them");
        let patience = PATIENCE.min(cx.config.timeout);
        let (mut place, mut came) = (usize::MAX, Instant::now());
        let (mut pause, mut turn) = (took.min(LOOK.1), took * TURN);
        loop {
            if came.elapsed() > patience || self.started.elapsed() > patience * IN_ALL {
                self.is_over = true;
                return Ok(());
            }
            cx.cancel.sleep(pause.max(LOOK.0))?;
            let folder = self.line.folder().to_owned();
            // What others build on will have been built on when its turn comes.
            let branch = [self.branch.as_str()];
            let fetched = if place <= NEAR { &branch[..] } else { &[] };
            let refs = cx
                .remote
                .refresh(&cx.store, fetched, &[&folder], &*cx.progress);
            let Ok(refs) = refs else {
                self.is_over = true;
                return Ok(());
            };
            let names = refs.iter().map(|r| r.name.as_str());
            match self.stand(names.collect(), took) {
                Stand::Ours => return Ok(()),
                Stand::Behind(others) => {
                    if others < place {
                        if place != usize::MAX {
                            turn = came.elapsed() / (place - others) as u32;
                        }
                        (place, came) = (others, Instant::now());
                    }
                    let others = others as u32;
                    pause = match others {
                        1 => took,
                        // Some of them may be quicker than those before were.
                        _ => turn * (others - 1) / 2,
                    };
                    // The branch is not to be left alone when its turn comes.
                    pause = pause.min(LOOK.1 * others);
                }
            }
        }
    }

    /// Takes note of a lost race. Who has lost some takes a ticket.
    pub fn lost(&mut self) {
        self.losses += 1;
        if self.losses < LOSSES || self.is_over || self.has_ticket() {
            return;
        }
        match self.cx.remote.connect() {
            Ok(connection) => self.join(connection),
            Err(_) => self.is_over = true,
        }
    }

    /// Takes a ticket on this connection, unless it has one. Who gets none waits for nobody.
    pub fn join(&mut self, connection: PushConnection) {
        let cx = self.cx;
        if self.has_ticket() {
            return connection.close();
        }
        let refs = &connection.advertisement;
        let chance = cx.draw(|r| r.random());
        let there = refs.under(self.line.folder()).map(|(name, _)| name);
        let ticket = self.line.next_ticket(there, chance);
        let made = ticket.and_then(|name| {
            Some(RefUpdate {
                name: RefName::new(&name).ok()?,
                old: None,
                // Any object that is there would do.
                new: Some(refs.tip(self.branch.as_str())?),
            })
        });
        let Some(made) = made else {
            self.is_over = true;
            return connection.close();
        };
        let ticket = made.name.as_str().to_owned();
        cx.progress.step("stand in line for the branch");
        // What got no answer may be there: then it is ours, and goes with our push.
        match self.push(connection, made) {
            Some(Verdict::Refused(_)) => self.is_over = true,
            _ => self.line.hold(Some(ticket)),
        }
    }

    /// Takes note that the server refused to delete a ticket, or all of the push. False, where it
    /// has been told before: then the tickets are not what it refuses.
    pub fn refused(&mut self) -> bool {
        let is_new = !self.is_refused;
        (self.is_refused, self.is_over) = (true, true);
        is_new
    }

    /// The tickets that end with a push that is built on these refs.
    pub fn ended(&self, advertisement: &Advertisement) -> Vec<RefUpdate> {
        if self.is_refused {
            return Vec::new();
        }
        let there = advertisement.under(self.line.folder());
        let ended = there.filter(|(name, _)| self.line.ends(name));
        ended.filter_map(|(name, id)| deleted(name, id)).collect()
    }

    /// Whether it holds a ticket.
    pub fn has_ticket(&self) -> bool {
        self.line.ticket().is_some()
    }

    /// Takes note that its push has landed, and the ticket is gone with it.
    pub fn landed(&mut self) {
        if self.is_refused {
            // A ticket that stays for ever would hold every write up.
            races_only(self.cx).note();
            return;
        }
        self.line.hold(None);
    }

    /// Gives its ticket back, where it has one: the write came to nothing. Where that fails,
    /// the others wait for it in vain for a moment.
    pub fn leave(&mut self) {
        let Some(ticket) = self.line.ticket().map(str::to_owned) else {
            return;
        };
        let Ok(connection) = self.cx.remote.connect() else {
            return;
        };
        let id = connection.advertisement.tip(&ticket);
        let Some(gone) = id.and_then(|id| deleted(&ticket, id)) else {
            return connection.close();
        };
        self.push(connection, gone);
        self.line.hold(None);
    }

    /// Makes or deletes a ticket; none where the server gave no answer.
    fn push(&self, connection: PushConnection, update: RefUpdate) -> Option<Verdict> {
        let cx = self.cx;
        let options = push_options(cx, &connection.advertisement, self.token.as_ref(), &[]);
        let pushed = cx
            .remote
            .push(connection, &cx.store, &[update], &[], &options);
        pushed.ok()?.verdicts.pop()
    }
}

/// That the remote deletes no refs: then its tickets count for nothing.
fn races_only(cx: &Context) -> Shortcoming {
    let name = format!("{}.races", short_digest(&cx.remote.address()));
    Shortcoming::of(queue::folder(cx).join(name))
}

fn deleted(name: &str, id: CommitId) -> Option<RefUpdate> {
    Some(RefUpdate {
        name: RefName::new(name).ok()?,
        old: Some(id),
        new: None,
    })
}
