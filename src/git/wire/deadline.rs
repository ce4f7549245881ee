//! How long one exchange may last: a fixed time, and more for each useful byte.
//!
//! `--timeout` limits each wait, but a server that sends a byte just before the limit can
//! begin the wait again for ever. So slow drips are cut off, as curl's speed limit does. A
//! transfer that makes progress goes on, however large it is.

use super::super::limits::{TransferLimits, shown};
use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// The clock of one exchange.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    begun: Instant,
    timeout: Duration,
    waits: u32,
    limits: TransferLimits,
    useful: u64,
}

/// The error for an exchange that took too long for the bytes it transferred.
#[derive(Debug)]
pub(super) struct TooSlow {
    useful: u64,
    seconds: u64,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooSlow { useful, seconds } = self;
        write!(f, "{} in {seconds} s", shown(*useful))
    }
}

impl std::error::Error for TooSlow {}

impl Deadline {
    /// Starts the clock; without useful bytes it runs for `waits` timeouts.
    pub(super) fn start(timeout: Duration, waits: u32, limits: &TransferLimits) -> Deadline {
        Deadline {
            begun: Instant::now(),
            timeout,
            waits,
            limits: *limits,
            useful: 0,
        }
    }

    /// Counts useful bytes, those that were asked for. No other bytes extend the time.
    pub(super) fn useful(&mut self, bytes: u64) {
        self.useful = self.useful.saturating_add(bytes);
    }

    /// How long the exchange may still last.
    pub(super) fn left(&self) -> Duration {
        let allowed = self.limits.allowed(self.timeout, self.waits, self.useful);
        allowed.saturating_sub(self.begun.elapsed())
    }

    /// Fails with [`TooSlow`] if the exchange has lasted too long.
    pub(super) fn check(&self) -> io::Result<()> {
        if !self.left().is_zero() {
            return Ok(());
        }
        Err(io::Error::other(TooSlow {
            useful: self.useful,
            seconds: self.begun.elapsed().as_secs(),
        }))
    }
}

/// A reader that checks the clock.
pub(super) struct Timed<'a> {
    pub from: &'a mut dyn Read,
    pub deadline: &'a Deadline,
}

impl Read for Timed<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.deadline.check()?;
        self.from.read(to)
    }
}

/// A request's body. It checks the clock, and each byte that the server accepts extends the
/// time.
pub(super) struct TimedBody<'a> {
    pub body: &'a mut dyn Read,
    pub deadline: &'a mut Deadline,
}

impl Read for TimedBody<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.deadline.check().is_err() {
            // Links recognize this kind of error; they may wrap any other.
            return Err(io::ErrorKind::TimedOut.into());
        }
        let n = self.body.read(to)?;
        self.deadline.useful(n as u64);
        Ok(n)
    }
}

/// Reads at most `bytes` into `page`, for at most `time` plus one wait. Errors are ignored:
/// nothing depends on such an answer.
pub(super) fn read_for(from: &mut dyn Read, page: &mut Vec<u8>, bytes: u64, time: Duration) {
    let until = Instant::now() + time;
    let mut buffer = [0; 4096];
    let mut left = bytes;
    while left > 0 && Instant::now() < until {
        let room = left.min(buffer.len() as u64) as usize;
        match from.read(&mut buffer[..room]) {
            Ok(0) => return,
            Ok(n) => {
                page.extend_from_slice(&buffer[..n]);
                left -= n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Reads and drops the rest of an answer, within the same limits.
pub(super) fn drain(from: &mut dyn Read, bytes: u64, time: Duration) {
    read_for(from, &mut Vec::new(), bytes, time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_brings_something_may_take_its_time_and_nothing_takes_more_than_the_ceiling() {
        let limits = TransferLimits {
            bytes_per_second: 1000,
            time: Duration::from_secs(3600),
            ..TransferLimits::default()
        };
        let mut deadline = Deadline::start(Duration::from_secs(2), 10, &limits);
        assert!(deadline.left() <= Duration::from_secs(20));
        deadline.useful(1_000_000);
        assert!(
            deadline.left() > Duration::from_secs(1000),
            "{:?}",
            deadline.left()
        );
        deadline.useful(u64::MAX);
        assert!(deadline.left() <= Duration::from_secs(3600));
        deadline.begun -= Duration::from_secs(3601);
        let error = deadline.check().unwrap_err();
        assert!(error.get_ref().is_some_and(|e| e.is::<TooSlow>()));
    }

    #[test]
    fn a_drip_is_not_drained_for_ever() {
        struct Drip;
        impl Read for Drip {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                std::thread::sleep(Duration::from_millis(5));
                to[0] = 0;
                Ok(1)
            }
        }
        let begun = Instant::now();
        drain(&mut Drip, 1 << 20, Duration::from_millis(50));
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
