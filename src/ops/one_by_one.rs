//! Refs that are of use each on its own, for servers that cannot move several as one.

use super::publish::{self, Attempt, Plan};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::RefUpdate;

/// Publishes as [`publish::publish`] does, all refs or none. A server that cannot do that gets
/// one push for each: the first ref of every plan, until a plan moves none. So `build` leaves
/// out what has moved, which it is told, and puts first what must not wait for another.
///
/// Where one ref speaks of another, or removes what another keeps, this is right only if the
/// first alone does no harm and the next run goes on from there.
///
/// Errors: those of [`publish::publish`]. What has moved by then stays, and is in `moved`.
pub(super) fn publish<T>(
    cx: &Context,
    moved: &mut Vec<RefUpdate>,
    mut build: impl FnMut(&Attempt<'_>, &[RefUpdate]) -> Result<Plan<T>>,
) -> Result<T> {
    loop {
        let mut is_atomic = true;
        let published = publish::publish(cx, |attempt| {
            is_atomic = attempt.advertisement.is_atomic();
            let mut plan = build(attempt, moved)?;
            if let Plan::Push(push) = &mut plan {
                first_alone(&mut push.updates, is_atomic);
            }
            Ok(plan)
        });
        let published = published.map_err(|e| after(moved, e))?;
        let is_done = is_atomic || published.updates.is_empty();
        take_note(moved, published.updates)?;
        if is_done {
            return Ok(published.report);
        }
    }
}

/// Leaves the first update alone where the server cannot move several refs as one; answers
/// whether others wait.
pub(super) fn first_alone(updates: &mut Vec<RefUpdate>, is_atomic: bool) -> bool {
    let others_wait = updates.len() > 1 && !is_atomic;
    if others_wait {
        updates.truncate(1);
    }
    others_wait
}

/// Takes note of what moved. What is to move a second time did not move the first time,
/// whatever the server said: without an end there would be another push for it.
///
/// Errors: unavailable, for that.
pub(super) fn take_note(moved: &mut Vec<RefUpdate>, updates: Vec<RefUpdate>) -> Result<()> {
    for update in updates {
        if moved.iter().any(|before| before.name == update.name) {
            return Err(after(
                moved,
                publish::not_shown(std::slice::from_ref(&update)),
            ));
        }
        moved.push(update);
    }
    Ok(())
}

/// Says what was done before an error.
pub(super) fn after(moved: &[RefUpdate], error: Error) -> Error {
    let names: Vec<&str> = moved.iter().map(|update| update.name.short()).collect();
    match names.is_empty() {
        true => error,
        false => error.within(&format!(
            "the server cannot update several refs at once; before this it took {}",
            names.join(", ")
        )),
    }
}
