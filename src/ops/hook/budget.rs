//! Limits how much of one push the server examines: one budget for all its refs. Pure: the
//! caller reports the cost and provides the clock.

use crate::error::{Error, Kind, Result};
use std::cell::Cell;
use std::time::Duration;

/// The limits for one push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries of trees.
    pub entries: u64,
    /// Commits.
    pub commits: u64,
    /// Bytes of files that are read, to count lines and to check the ledgers.
    pub bytes: u64,
    /// Seconds since the hook began.
    pub seconds: u64,
}

/// A real import passes within these limits, and no push keeps the server busy much longer.
pub const BOUNDS: Bounds = Bounds {
    entries: 1_000_000,
    commits: 10_000,
    bytes: 2 << 30,
    seconds: 30,
};

/// What is left of the bounds.
pub struct Budget<'a> {
    bounds: Bounds,
    entries: Cell<u64>,
    commits: Cell<u64>,
    bytes: Cell<u64>,
    /// The time since the hook began.
    clock: &'a dyn Fn() -> Duration,
}

impl<'a> Budget<'a> {
    /// A full budget.
    pub fn new(bounds: Bounds, clock: &'a dyn Fn() -> Duration) -> Budget<'a> {
        Budget {
            bounds,
            entries: Cell::new(0),
            commits: Cell::new(0),
            bytes: Cell::new(0),
            clock,
        }
    }

    /// Spends entries of trees.
    ///
    /// Errors: denied, if there are too many.
    pub fn entries(&self, count: u64) -> Result<()> {
        let before = self.entries.get();
        spend(
            &self.entries,
            count,
            self.bounds.entries,
            "entries of trees",
        )?;
        // Check the clock only now and then, because reading it costs time too.
        match before >> 12 == self.entries.get() >> 12 {
            true => Ok(()),
            false => self.time(),
        }
    }

    /// Spends commits.
    ///
    /// Errors: denied, if there are too many or the time is over.
    pub fn commits(&self, count: u64) -> Result<()> {
        spend(&self.commits, count, self.bounds.commits, "commits")?;
        self.time()
    }

    /// How many commits are left in the budget.
    pub fn commits_left(&self) -> u64 {
        self.bounds.commits.saturating_sub(self.commits.get())
    }

    /// Spends bytes of files.
    ///
    /// Errors: denied, if there are too many or the time is over.
    pub fn bytes(&self, count: u64) -> Result<()> {
        spend(&self.bytes, count, self.bounds.bytes, "bytes of files")?;
        self.time()
    }

    /// Checks that there is time left.
    ///
    /// Errors: denied, if there is none.
    pub fn time(&self) -> Result<()> {
        match (self.clock)().as_secs() >= self.bounds.seconds {
            true => Err(too_much(self.bounds.seconds, "seconds")),
            false => Ok(()),
        }
    }
}

fn spend(spent: &Cell<u64>, count: u64, most: u64, what: &str) -> Result<()> {
    spent.set(spent.get().saturating_add(count));
    match spent.get() > most {
        true => Err(too_much(most, what)),
        false => Ok(()),
    }
}

fn too_much(most: u64, what: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!(
            "the push is too large to check: the server checks at most {most} {what} of one push"
        ),
    )
    .hint("push it in smaller parts, or with an operator's token: git push -o aidf-token=TOKEN …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_holds_says_its_name_and_what_to_do() {
        let bounds = Bounds {
            entries: 5,
            commits: 2,
            bytes: 10,
            seconds: 3,
        };
        let now = Cell::new(Duration::ZERO);
        let clock = || now.get();
        let budget = Budget::new(bounds, &clock);
        assert!(budget.entries(5).is_ok() && budget.commits(2).is_ok() && budget.bytes(10).is_ok());
        let told = |e: Result<()>, words: &str| {
            let e = e.unwrap_err();
            assert_eq!(e.kind(), Kind::Denied);
            assert!(e.message().contains(words), "{}", e.message());
            assert!(e.hint_text().unwrap().contains("smaller parts"));
        };
        told(budget.entries(1), "5 entries of trees");
        told(budget.commits(1), "2 commits");
        told(budget.bytes(u64::MAX), "10 bytes");
        told(budget.bytes(u64::MAX), "10 bytes");
        assert!(budget.time().is_ok());
        now.set(Duration::from_secs(3));
        told(budget.time(), "3 seconds");
        let late = Budget::new(BOUNDS, &clock);
        now.set(Duration::from_secs(BOUNDS.seconds));
        assert!(late.entries(1).is_ok(), "the clock is asked now and then");
        told(late.entries(1 << 12), "30 seconds");
        told(late.commits(1), "30 seconds");
    }
}
