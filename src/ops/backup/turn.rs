//! One run at a time at one place on this machine.

use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::short_digest;
use std::time::{Duration, Instant};

/// Waits for the turn at a place, such as this remote, so that runs that overlap make no
/// backup twice. It ends with the file that is returned, and with the process.
///
/// Errors: unavailable, when another run keeps it for too long.
pub(super) fn turn(cx: &Context, kind: &str, place: &str) -> Result<std::fs::File> {
    let name = short_digest(place);
    let path = cx
        .config
        .folders
        .state
        .join("locks")
        .join(format!("{kind}-{name}"));
    let failed = || format!("the lock {} cannot be taken", path.display());
    std::fs::create_dir_all(path.parent().unwrap_or(&path)).or_fail(Kind::Internal, failed)?;
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .or_fail(Kind::Internal, failed)?;
    let until = Instant::now() + cx.config.timeout * 10;
    while file.try_lock().is_err() {
        if Instant::now() > until {
            return Err(Error::new(
                Kind::Unavailable,
                format!("another run has been at work on {place} for long"),
            )
            .hint("look at what keeps it; nothing was done here"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(file)
}
