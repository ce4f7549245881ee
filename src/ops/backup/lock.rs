//! Locks: only one run at a time works on one place on this machine.

use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_file, lock_within, short_digest};
use std::time::{Duration, Instant};

/// How often a wait looks whether the call is to end.
const LOOK: Duration = Duration::from_millis(200);

/// Waits for the lock of a place, such as this remote, so that overlapping runs do not make
/// the same backup twice. The lock is released when the returned file is dropped or the
/// process ends.
///
/// Errors: interrupted; unavailable, if another run holds it for too long.
pub(super) fn lock(cx: &Context, kind: &str, place: &str) -> Result<std::fs::File> {
    let name = short_digest(place);
    let path = cx
        .config
        .folders
        .state
        .join("locks")
        .join(format!("{kind}-{name}"));
    let failed = || format!("the lock {} cannot be taken", path.display());
    let file = lock_file(&path).or_fail(Kind::Internal, failed)?;
    let (begun, patience) = (Instant::now(), cx.config.timeout * 10);
    while !lock_within(&file, LOOK).or_fail(Kind::Internal, failed)? {
        cx.progress
            .step("wait for another aidf process that works here");
        cx.cancel.check()?;
        if begun.elapsed() > patience {
            return Err(Error::new(
                Kind::Unavailable,
                format!("another aidf process has been working on {place} for a long time"),
            )
            .hint("nothing was done here; find out what that process waits for"));
        }
    }
    Ok(file)
}
