//! Refs that are of use each on its own, for servers that cannot move several as one.

use super::publish::{self, Attempt, Plan};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::RefUpdate;

/// Publishes as [`publish::publish`] does, all refs or none. A server that cannot do that gets
/// one push for each: the first ref of every plan, until a plan moves none. So `build` leaves
/// out what has moved, which it is told, and puts first what must not wait for another.
///
/// Never for refs of which one says something of the others, or removes what another keeps,
/// unless the first alone does no harm and the next run goes on from there.
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
            if let Plan::Push(push) = &mut plan
                && !is_atomic
            {
                push.updates.truncate(1);
            }
            Ok(plan)
        });
        let published = published.map_err(|e| after(moved, e))?;
        let is_done = is_atomic || published.updates.is_empty();
        for update in published.updates {
            let name = &update.name;
            if moved.iter().any(|before| before.name == *name) {
                let lied = Error::new(
                    Kind::Unavailable,
                    format!(
                        "the remote says that {} was pushed, and does not show it",
                        name.short()
                    ),
                );
                return Err(after(moved, lied.retryable(false)));
            }
            moved.push(update);
        }
        if is_done {
            return Ok(published.report);
        }
    }
}

/// Says what was done before an error.
fn after(moved: &[RefUpdate], error: Error) -> Error {
    let names: Vec<&str> = moved.iter().map(|update| update.name.short()).collect();
    match names.is_empty() {
        true => error,
        false => error.within(&format!(
            "the server cannot update several refs at once; before this it took {}",
            names.join(", ")
        )),
    }
}
