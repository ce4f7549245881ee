//! Times as text. The present comes in from the front end.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt;
use std::sync::Arc;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Seconds by which an honest clock may be ahead of ours.
pub const CLOCK_SKEW: i64 = 600;

/// Seconds ahead of ours from which on a date is of no correct clock.
const AHEAD: i64 = DAY;

/// Tells the present to what lasts longer than a moment, such as the life of a forge's token.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The machine's own.
    pub fn of_machine() -> Clock {
        Clock::new(Moment::now)
    }

    /// One that tells what `now` says.
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The present.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

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

    /// Whether this lies so far ahead of the present that no correct clock can have told it.
    /// What bears such a date never stands in the way of anything else.
    pub fn is_in_the_future(self, now: Moment) -> bool {
        self.seconds() > now.seconds() + AHEAD
    }

    /// This, or a second after the latest of these if that is later: what is made now must not
    /// look older than they do, though a clock goes back a little.
    pub fn after_all(self, others: impl Iterator<Item = Moment>) -> Moment {
        let next = others.map(|other| other.seconds() + 1).max();
        next.map_or(self, |next| self.max(Moment::from_seconds(next)))
    }

    /// As files tell their times.
    pub fn system(self) -> std::time::SystemTime {
        self.0.into()
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

    /// `2026-11-22T101112Z`, which a ref may hold.
    pub fn compact(self) -> String {
        self.format("%Y-%m-%dT%H%M%SZ")
    }

    /// Reads `2026-11-22` (midnight) or `2026-11-22T101112Z`, and nothing else.
    pub fn from_stamp(stamp: &str) -> Option<Self> {
        let time = match stamp.len() {
            10 => jiff::civil::Date::strptime("%Y-%m-%d", stamp)
                .ok()?
                .to_datetime(jiff::civil::Time::midnight()),
            18 => jiff::civil::DateTime::strptime("%Y-%m-%dT%H%M%SZ", stamp).ok()?,
            _ => return None,
        };
        let moment = Moment(time.to_zoned(TimeZone::UTC).ok()?.timestamp());
        // One spelling for each moment: no `2026-1-01` of the same length.
        (moment.date() == stamp || moment.compact() == stamp).then_some(moment)
    }

    /// Reads a moment as RFC 3339 has it, with its offset from UTC.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        text.parse().ok().map(Moment)
    }

    /// Reads a moment as HTTP has it, such as `Sun, 22 Nov 2026 10:11:12 GMT`.
    pub fn from_http(text: &str) -> Option<Self> {
        let time = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Moment(time.timestamp()))
    }

    /// Days since 1970.
    pub fn day_number(self) -> i64 {
        self.seconds().div_euclid(DAY)
    }

    /// The ISO week, as a number that grows with time.
    pub fn week_number(self) -> i64 {
        // 1970-01-01 was a Thursday; ISO weeks start on Mondays.
        (self.day_number() + 3).div_euclid(7)
    }

    /// Months since the year 0.
    pub fn month_number(self) -> i64 {
        let date = self.0.to_zoned(TimeZone::UTC).date();
        i64::from(date.year()) * 12 + i64::from(date.month())
    }

    fn format(self, how: &str) -> String {
        self.0.to_zoned(TimeZone::UTC).strftime(how).to_string()
    }
}

/// A length of time in years, months, weeks, days and hours, such as `1y6m`, `30d`, `36h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    text: String,
    months: i64,
    hours: i64,
}

impl Period {
    /// Reads numbers with units `y`, `m`, `w`, `d` and `h`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut months, mut hours, mut number) = (0i64, 0i64, None::<i64>);
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                number = Some(
                    number
                        .unwrap_or(0)
                        .checked_mul(10)?
                        .checked_add(i64::from(digit))?,
                )
                .filter(|n| *n < 1_000_000);
                number?;
                continue;
            }
            let count = number.take()?;
            match c {
                'y' => months += count * 12,
                'm' => months += count,
                'w' => hours += count * 24 * 7,
                'd' => hours += count * 24,
                'h' => hours += count,
                _ => return None,
            }
        }
        (number.is_none() && months + hours > 0).then(|| Period {
            text: text.to_owned(),
            months,
            hours,
        })
    }

    /// The moment that lies this long before another, by the calendar in UTC.
    pub fn before(&self, moment: Moment) -> Moment {
        let zoned = moment.0.to_zoned(TimeZone::UTC);
        self.span()
            .and_then(|s| zoned.checked_sub(s))
            .map_or(Moment(Timestamp::UNIX_EPOCH), |z| Moment(z.timestamp()))
    }

    /// The moment that lies this long after another, by the calendar in UTC.
    pub fn after(&self, moment: Moment) -> Moment {
        let zoned = moment.0.to_zoned(TimeZone::UTC);
        self.span()
            .and_then(|s| zoned.checked_add(s))
            .map_or(Moment(Timestamp::MAX), |z| Moment(z.timestamp()))
    }

    fn span(&self) -> std::result::Result<jiff::Span, jiff::Error> {
        jiff::Span::new()
            .try_months(self.months)?
            .try_hours(self.hours)
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Period::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is not a length of time such as 30d or 36h"
            ))
        })
    }
}

impl schemars::JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^([0-9]{1,6}[ymwdh])+$",
            "description": "A length of time in years, months, weeks, days and hours, such as 1y6m, 30d or 36h."
        })
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_http_has_it() {
        let read = |text: &str| Moment::from_http(text).map(Moment::rfc3339);
        assert_eq!(
            read("Sun, 22 Nov 2026 10:11:12 GMT").as_deref(),
            Some("2026-11-22T10:11:12Z")
        );
        for bad in [
            "",
            "now",
            "2026-11-22T10:11:12Z",
            "Sun, 31 Nov 2026 10:11:12 GMT",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_period_is_read_by_its_units_and_goes_by_the_calendar() {
        let m = Moment::from_seconds(1_795_342_272);
        let before = |text: &str| Period::parse(text).unwrap().before(m).rfc3339();
        assert_eq!(before("1y2m"), "2025-09-22T10:11:12Z");
        assert_eq!(before("1w1d2h"), "2026-11-14T08:11:12Z");
        for bad in ["", "d", "3", "3x", "3 d", "-3d", "0d", "99999999999d"] {
            assert_eq!(Period::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn weeks_start_on_mondays_as_iso_has_it() {
        let sunday = Moment::from_stamp("2026-11-22").unwrap();
        let monday = Moment::from_stamp("2026-11-23").unwrap();
        assert_eq!(sunday.week_number() + 1, monday.week_number());
        assert_eq!(
            Moment::from_stamp("2026-11-16").unwrap().week_number(),
            sunday.week_number()
        );
    }

    #[test]
    fn times_are_written_as_their_readers_expect() {
        let m = Moment::from_seconds(1_795_342_272);
        assert_eq!(m.rfc3339(), "2026-11-22T10:11:12Z");
        assert_eq!(m.ledger(), "2026-11-22T10:11:12.000000");
        assert_eq!(m.date(), "2026-11-22");
        assert_eq!(m.compact(), "2026-11-22T101112Z");
        assert_eq!(format!("{:?}", Clock::new(move || m)), "Clock");
        assert_eq!(Clock::new(move || m).now(), m);
    }

    #[test]
    fn a_stamp_has_one_spelling_and_reads_back() {
        let m = Moment::from_seconds(1_795_342_272);
        assert_eq!(Moment::from_stamp(&m.compact()), Some(m));
        let midnight = Moment::from_stamp(&m.date()).unwrap();
        assert_eq!(midnight.rfc3339(), "2026-11-22T00:00:00Z");
        for odd in [
            "",
            "2026-1-022",
            "2026-11-2 ",
            "+026-11-22",
            "2026-11-22T101112z",
            "2026-11-22T10111Z ",
            "2026-11-022T10111Z",
            "2026-11-22T101112ZZ",
            "2026-02-30",
        ] {
            assert_eq!(Moment::from_stamp(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_moment_with_an_offset_is_read_as_utc() {
        let read = |text| Moment::from_rfc3339(text).map(Moment::rfc3339);
        let utc = Some("2026-11-22T10:11:12Z".to_owned());
        assert_eq!(read("2026-11-22T10:11:12Z"), utc);
        assert_eq!(read("2026-11-22T12:11:12+02:00"), utc);
        assert_eq!(read("2026-11-22T10:11:12"), None);
    }

    #[test]
    fn months_are_counted_through_the_years() {
        let month = |stamp| Moment::from_stamp(stamp).unwrap().month_number();
        assert_eq!(month("2026-11-22"), 2026 * 12 + 11);
        assert_eq!(month("2026-12-31") + 1, month("2027-01-01"));
        assert_eq!(month("2026-11-01"), month("2026-11-30"));
    }

    #[test]
    fn a_period_is_written_as_it_was_read() {
        let period = Period::parse("1y6m2w30d36h").unwrap();
        assert_eq!(period.to_string(), "1y6m2w30d36h");
        let json = serde_json::to_string(&period).unwrap();
        assert_eq!(json, "\"1y6m2w30d36h\"");
        assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period);
        let schema = schemars::schema_for!(Period);
        assert_eq!(schema.get("type").and_then(|t| t.as_str()), Some("string"));
        // A number has six digits at most.
        assert!(Period::parse("999999h").is_some());
        assert_eq!(Period::parse("1000000h"), None);
    }
}
