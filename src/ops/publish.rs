//! The one way to a remote ref: connect, build on the tips that were advertised, push
//! with compare-and-swap, believe the server's report alone, and try again on new tips.

use super::{access, revoked};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::gate::MOVED;
use crate::git::wire::PushFailure;
use crate::git::{Advertisement, ObjectId, RefUpdate, Verdict};
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
    pub token: Option<String>,
    /// What to report when it is done.
    pub report: T,
}

/// The objects of a push.
pub enum Objects {
    /// These, which were made for it; none where the remote has them all.
    These(Vec<ObjectId>),
    /// Whatever the new tips reach and the remote's advertised ones do not.
    Lacking,
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
    mut build: impl FnMut(&Attempt<'_>) -> Result<Plan<T>>,
) -> Result<Published<T>> {
    let mut unconfirmed: Vec<(Vec<RefUpdate>, T)> = Vec::new();
    let mut last: Option<(Vec<RefUpdate>, Error)> = None;
    let mut unmoved = 0;
    let mut number = 0;
    let start = Instant::now();
    loop {
        number += 1;
        let began = Instant::now();
        if let Some((updates, _)) = &last {
            // Whoever won holds the tip already: to be as quick as they, it is fetched
            // before the next advertisement and not after it.
            let existing: Vec<&str> = updates
                .iter()
                .filter(|u| u.old.is_some())
                .map(|u| u.name.as_str())
                .collect();
            if !existing.is_empty() {
                cx.remote.refresh(&cx.store, &existing, &*cx.progress)?;
            }
        }
        cx.progress
            .step(&format!("connect to {}", cx.remote.address()));
        let connection = cx.remote.connect()?;
        let advertisement = &connection.advertisement;
        revoked::heed(cx, advertisement);

        // A push without an answer may have landed after all: look before any retry.
        for at in 0..unconfirmed.len() {
            if landed(cx, advertisement, &unconfirmed[at].0)? {
                let (updates, report) = unconfirmed.swap_remove(at);
                connection.close();
                return Ok(Published {
                    report,
                    attempts: number - 1,
                    updates,
                });
            }
        }
        if let Some((updates, error)) = last.take() {
            let moved = updates
                .iter()
                .any(|u| advertisement.tip(u.name.as_str()) != u.old);
            unmoved = if moved { 0 } else { unmoved + 1 };
            // The same answer on the same tips is not a race.
            if unmoved >= MAX_UNMOVED {
                return Err(error);
            }
            if number > MAX_TRIES || start.elapsed() > cx.config.timeout * PATIENCE {
                return Err(Error::new(
                    Kind::Conflict,
                    format!(
                        "{} kept moving through {} tries",
                        names(&updates),
                        number - 1
                    ),
                )
                .hint("nothing was written; try again when fewer writers are at it")
                .retryable(true)
                .caused_by(anyhow::anyhow!(error.causes().join("; "))));
            }
        }

        let push = match build(&Attempt {
            number,
            advertisement,
        })? {
            Plan::Nothing(report) => {
                connection.close();
                return Ok(Published {
                    report,
                    attempts: number - 1,
                    updates: Vec::new(),
                });
            }
            Plan::Push(push) => push,
        };
        let options = push_options(cx, advertisement, push.token.as_deref());
        cx.progress
            .step(&format!("push {} (try {number})", names(&push.updates)));
        let sent = match &push.objects {
            Objects::These(ids) => {
                cx.remote
                    .push(connection, &cx.store, &push.updates, ids, &options)
            }
            Objects::Lacking => {
                cx.remote
                    .push_history(connection, &cx.store, &push.updates, &options)
            }
        };
        match sent {
            Ok(outcome) => {
                let refused: Vec<&str> = outcome
                    .verdicts
                    .iter()
                    .filter_map(|v| match v {
                        Verdict::Moved => None,
                        Verdict::Refused(why) => Some(why.as_str()),
                    })
                    .collect();
                if refused.is_empty() {
                    if cx.remote.confirms_pushes() {
                        confirm(cx, &push.updates)?;
                    }
                    outcome
                        .messages
                        .iter()
                        .for_each(|line| cx.progress.remote(line));
                    return Ok(Published {
                        report: push.report,
                        attempts: number,
                        updates: push.updates,
                    });
                }
                let error = refusal(&push.updates, &refused, &outcome.messages);
                let moved = outcome.messages.iter().any(|m| m.contains(MOVED));
                if !moved && !refused.iter().all(|why| may_be_stale(why)) {
                    return Err(error);
                }
                // The next try may well land: what the server said of this one is a detail.
                outcome
                    .messages
                    .iter()
                    .for_each(|line| cx.progress.step(&format!("remote: {line}")));
                last = Some((push.updates, error));
            }
            Err(PushFailure::NotSent(error)) => return Err(error),
            Err(PushFailure::NoAnswer(error)) => {
                cx.progress.step("no answer to the push: look at the refs");
                if error.kind() != Kind::Unavailable {
                    return Err(error);
                }
                unconfirmed.push((push.updates.clone(), push.report));
                // Sent and unanswered more than once, or too slow: say so instead of hoping.
                let give_up = unconfirmed.len() > 2 || error.is_futile_at_once();
                if give_up {
                    let connection = cx
                        .remote
                        .connect()
                        .map_err(|_| unknown(&push.updates, &error))?;
                    for at in 0..unconfirmed.len() {
                        if landed(cx, &connection.advertisement, &unconfirmed[at].0)? {
                            let (updates, report) = unconfirmed.swap_remove(at);
                            connection.close();
                            return Ok(Published {
                                report,
                                attempts: number,
                                updates,
                            });
                        }
                    }
                    connection.close();
                    return Err(unknown(&push.updates, &error));
                }
            }
        }
        std::thread::sleep(backoff(number, began.elapsed()));
    }
}

/// Full jitter: uniform in [0, min(2 s, try · 2^tries)], where a try is as long as the
/// last one took and the doubling ends at eight: about a turn of each of eight writers.
fn backoff(tries: u32, took: Duration) -> Duration {
    let most = (took * (1 << tries.min(3))).min(Duration::from_secs(2));
    Duration::from_micros(rand::random_range(0..=most.as_micros() as u64))
}

/// The token goes to a hook that takes options, and never where others could read it.
fn push_options(cx: &Context, advertisement: &Advertisement, token: Option<&str>) -> Vec<String> {
    // What opens nothing here is another repository's, and no business of this server.
    if token.is_some_and(|token| access::opens_nothing(cx, token)) {
        cx.progress
            .step("the token is not of this repository, and is not sent");
        return Vec::new();
    }
    match token {
        Some(token) if advertisement.takes_push_options() && cx.remote.endpoint().is_private() => {
            vec![format!("aidf-token={token}")]
        }
        Some(_) if !cx.remote.endpoint().is_private() => {
            cx.progress
                .step("the token is not sent over a network in the open");
            Vec::new()
        }
        Some(_) => {
            // Neither aidf, which lacks the key, nor a hook, which takes no options, has
            // looked at the token.
            if !cx.is_broker() {
                cx.warn("nobody checked the token: its key is not here, and the server takes no push options");
            }
            Vec::new()
        }
        None => Vec::new(),
    }
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
    if shown? {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unavailable,
        format!(
            "the remote says that the push to {} is done, and does not show it",
            names(updates)
        ),
    )
    .hint("somebody may have moved the branch at once: look with `aidf log` or `aidf sandbox list`; if not, the server is not to be trusted")
    .retryable(false))
}

fn names(updates: &[RefUpdate]) -> String {
    updates
        .iter()
        .map(|u| u.name.short())
        .collect::<Vec<_>>()
        .join(", ")
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
