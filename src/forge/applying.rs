//! Sending the changes of a survey, so that no failure leaves a branch open without a word.

use super::Client;
use super::answer::Method;
use super::protection::{Anew, Change, covers};
use super::refusal::{Reason, reason, saying_also, status};
use crate::error::{Error, Kind, Result};
use std::time::Duration;

/// How often an old rule is put back, at most. Twice is no harm: the second is refused.
const MOST_TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// What became of a change that failed.
enum Left {
    /// All is as it was before.
    Unchanged,
    /// It may have been made or not.
    Unsure,
    /// The error says it.
    Told,
}

type Sent = std::result::Result<(), (Error, Left)>;

/// Sends `changes` in order.
///
/// Errors: the first refusal, which says what was changed before it and stays changed.
pub(super) fn apply(client: &Client, changes: &[Change]) -> Result<()> {
    for (at, change) in changes.iter().enumerate() {
        let sent = match &change.anew {
            None => send(client, change),
            Some(anew) => correct(client, change, anew),
        };
        if let Err((error, left)) = sent {
            return Err(match so_far(&changes[..at], change, &left) {
                more if more.is_empty() => error,
                more => saying_also(error, &more),
            });
        }
    }
    Ok(())
}

fn send(client: &Client, change: &Change) -> Sent {
    let body = change.body.as_ref();
    match client.call(change.method, &change.path, body, change.needs) {
        Ok(_) => Ok(()),
        // It was to be deleted, and it is gone already.
        Err(e) if change.method == Method::Delete && status(&e) == Some(404) => Ok(()),
        Err(e) => {
            let left = left_by(&e);
            Err((e, left))
        }
    }
}

/// A refusal changed nothing. A broken connection may have carried the request.
fn left_by(error: &Error) -> Left {
    match status(error) {
        Some(300..=499) => Left::Unchanged,
        _ => Left::Unsure,
    }
}

/// Changes a rule in place where the server can, and makes it anew where it cannot.
fn correct(client: &Client, change: &Change, anew: &Anew) -> Sent {
    if change.method != Method::Delete {
        match client.call(
            change.method,
            &change.path,
            change.body.as_ref(),
            change.needs,
        ) {
            Ok(answer) if covers(&answer.json, &anew.holds) => return Ok(()),
            // It ignores what it cannot change.
            Ok(_) => {}
            Err(e) if matches!(status(&e), Some(400 | 403 | 404 | 405 | 422)) => {}
            Err(e) => {
                let left = left_by(&e);
                return Err((e, left));
            }
        }
    }
    match client.delete(&change.path, change.needs) {
        Ok(_) => {}
        Err(e) if status(&e) == Some(404) => {}
        Err(e) if matches!(left_by(&e), Left::Unchanged) => return Err((e, Left::Unchanged)),
        Err(e) => {
            let open = "may be unprotected NOW: its protection was to be made anew";
            return Err(back(client, change, anew, open, e));
        }
    }
    let Err(error) = client.post(&anew.path, &anew.new, change.needs) else {
        return Ok(());
    };
    // The answer alone was lost, where the new rule stands.
    if matches!(left_by(&error), Left::Unsure)
        && let Ok(Some(now)) = client.find(&change.path, change.needs)
        && covers(&now.json, &anew.holds)
    {
        return Ok(());
    }
    let open = "is unprotected NOW: its old protection was removed, and the new one failed";
    Err(back(client, change, anew, open, error))
}

/// Puts the old rule back after `error`, and says whether that went well; `open` is said where
/// it did not.
fn back(client: &Client, change: &Change, anew: &Anew, open: &str, error: Error) -> (Error, Left) {
    let name = &anew.name;
    let mut tries = 0;
    let second = loop {
        tries += 1;
        match client.post(&anew.path, &anew.old, change.needs) {
            Ok(_) => {
                let more = format!("`{name}` has its old protection again");
                return (saying_also(error, &more), Left::Unchanged);
            }
            Err(e) if reason(&e) == Some(Reason::Conflict) => {
                let more = format!("`{name}` has a protection, the old or the new one");
                return (saying_also(error, &more), Left::Told);
            }
            Err(e) if e.is_retryable() && tries < MOST_TRIES => std::thread::sleep(PAUSE),
            Err(e) => break e,
        }
    };
    // It is no mistake in what was typed, for that was refused too late.
    let kinds = [error.kind(), second.kind()];
    let kind = kinds.into_iter().find(|k| *k != Kind::Usage);
    let told = Error::new(
        kind.unwrap_or(Kind::Unavailable),
        format!(
            "`{name}` {open} ({}); the old one could not be put back ({})",
            error.in_full(),
            second.in_full()
        ),
    )
    .hint(format!(
        "protect `{name}` at once: run `aidf protect apply` again, or do it by hand as `aidf protect guide` says"
    ));
    (told, Left::Told)
}

/// Says what was done before an error, so that nobody has to find that out by hand.
fn so_far(made: &[Change], failed: &Change, left: &Left) -> String {
    let made: Vec<&str> = made.iter().map(|c| c.what.as_str()).collect();
    let before = match (made.is_empty(), left) {
        (true, Left::Unchanged) => "nothing was changed".to_owned(),
        (true, Left::Unsure) => "nothing was changed before that".to_owned(),
        (true, Left::Told) => String::new(),
        (false, _) => format!(
            "these changes were made before the error, and remain: {}",
            made.join("; ")
        ),
    };
    match left {
        Left::Unsure => format!(
            "{before}; this change may have been made or not: {}",
            failed.what
        ),
        Left::Unchanged | Left::Told => before,
    }
}
