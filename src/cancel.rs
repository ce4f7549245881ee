//! Ends a call early, from another thread.

use crate::error::{Error, Kind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A signal to end a call. Copies share it; once given it stays.
///
/// A call looks at it before each try of a push, while it waits for the next one, and at each
/// packet of a fetch. Waits for locks and programs end with their own bounds. It never looks
/// once a push was sent whose fate is not known, so that a call that ends early knows what it
/// wrote: nothing.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

/// How often a long wait looks whether it is to end.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

impl Cancel {
    /// A signal that nobody has given yet.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Gives it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was given.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Errors: interrupted, once it was given.
    pub fn check(&self) -> Result<()> {
        match self.is_cancelled() {
            false => Ok(()),
            true => Err(Error::new(
                Kind::Interrupted,
                "the command was interrupted before it finished",
            )),
        }
    }

    /// Waits for so long.
    ///
    /// Errors: interrupted.
    pub fn sleep(&self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        loop {
            self.check()?;
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_another_thread_says_so() {
        let cancel = Cancel::new();
        assert!(cancel.sleep(Duration::from_millis(1)).is_ok());
        let theirs = cancel.clone();
        let other = std::thread::spawn(move || theirs.cancel());
        let ended = cancel.sleep(Duration::from_secs(600)).unwrap_err();
        other.join().unwrap();
        assert_eq!(ended.kind(), Kind::Interrupted);
    }
}
