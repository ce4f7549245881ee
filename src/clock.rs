//! Times as text. The present comes in from the front end.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment, as every rule is given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Timestamp);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Moment(Timestamp::now())
    }

    /// A moment in seconds since 1970, UTC; out of range is 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Moment(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// `2026-11-22T10:11:12Z`
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2026-11-22T10:11:12.123456`, UTC without a zone, as the ledgers have it.
    pub fn ledger(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.%6f")
    }

    /// `2026-11-22`
    pub fn date(self) -> String {
        self.format("%Y-%m-%d")
    }

    fn format(self, how: &str) -> String {
        self.0.to_zoned(TimeZone::UTC).strftime(how).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_their_readers_expect() {
        let m = Moment::from_seconds(1_795_342_272);
        assert_eq!(m.rfc3339(), "2026-11-22T10:11:12Z");
        assert_eq!(m.ledger(), "2026-11-22T10:11:12.000000");
        assert_eq!(m.date(), "2026-11-22");
    }
}
