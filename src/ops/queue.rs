//! The queue of those on this machine who write one branch. Who waits longest writes next, so
//! that none of many writers loses every race.
//!
//! It is a courtesy. The remote's compare-and-swap alone decides what lands: writers on other
//! machines stand in no queue of ours, and who has waited for [`PATIENCE`] races as they do.

use crate::context::Context;
use crate::error::Result;
use crate::files::{lock_in_order, own_lock_file, short_digest};
use crate::git::RefName;
use std::fs::File;
use std::time::Duration;

/// How long to wait for one's turn. One writer may hang, and a server's hook may itself write
/// the branch whose push waits for the hook.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turn of one writer; it ends when this is dropped.
pub(super) struct Turn(#[expect(dead_code, reason = "its lock ends with it")] Option<File>);

/// Waits until nobody on this machine writes `branch` of the remote, for so long at most.
/// Without a folder for the queue nobody waits.
///
/// Errors: interrupted.
pub(super) fn wait_for_turn(cx: &Context, branch: &RefName) -> Result<Turn> {
    let place = format!("{} {branch}", cx.remote.address());
    // The number of files is bounded. Two branches of one file only wait for each other.
    let name = format!("{}.lock", &short_digest(&place)[..3]);
    let path = cx.config.folders.cache.join("queue").join(name);
    let Ok(file) = own_lock_file(&path) else {
        return Ok(Turn(None));
    };
    let within = PATIENCE.min(cx.config.timeout);
    let turn = lock_in_order(file, within, || cx.cancel.is_cancelled());
    cx.cancel.check()?;
    Ok(Turn(turn.ok().flatten()))
}
