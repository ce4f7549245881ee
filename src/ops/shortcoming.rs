//! What a server was found not to do, remembered for a day: then it is found out again, since
//! servers change.

use crate::clock;
use crate::files::write_whole;
use std::path::PathBuf;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(clock::DAY as u64);

/// A file that is there where the server does not do something.
pub(super) struct Shortcoming(PathBuf);

impl Shortcoming {
    /// What such a file remembers.
    pub fn of(file: PathBuf) -> Shortcoming {
        Shortcoming(file)
    }

    /// Whether it was found out less than a day ago. One from the future was written by a clock
    /// that went back since, and counts for nothing.
    pub fn is_known(&self) -> bool {
        let modified = self.0.metadata().and_then(|m| m.modified());
        let age = modified.ok().and_then(|m| m.elapsed().ok());
        age.is_some_and(|age| age < DAY)
    }

    /// Remembers it. Where it cannot be written down, the next command finds it out again.
    pub fn note(&self) {
        let _ = write_whole(&self.0, b"");
    }
}
