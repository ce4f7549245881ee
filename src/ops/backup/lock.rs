//! One run at a time at one place on this machine.

use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_file, lock_within, short_digest};

/// Waits for the turn at a place, such as this remote, so that runs that overlap make no
/// backup twice. It ends with the file that is returned, and with the process.
///
/// Errors: unavailable, when another run keeps it for too long.
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
    match lock_within(&file, cx.config.timeout * 10).or_fail(Kind::Internal, failed)? {
        true => Ok(file),
        false => Err(Error::new(
            Kind::Unavailable,
            format!("another run has been at work on {place} for long"),
        )
        .hint("look at what keeps it; nothing was done here")),
    }
}
