//! Working hours: when writes are expected, as the policy writes it. Pure.

use crate::clock::{DAY, Moment};
use serde::Deserialize;
use std::fmt;

/// The names of the days, as the policy has them. Monday is the first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes of a day.
const MINUTES: u32 = 24 * 60;

/// The hours of a week in which writes are expected, in UTC: `mon-fri 07:00-19:00`, or
/// `22:00-06:00` for every day. What ends before it begins goes on after midnight, and belongs
/// to the day on which it began.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours {
    text: String,
    days: [bool; 7],
    /// Minutes since midnight; `to` is the first that is outside.
    from: u32,
    to: u32,
}

impl Hours {
    /// Reads them; none for any other text.
    pub fn parse(text: &str) -> Option<Hours> {
        let lower = text.trim().to_ascii_lowercase();
        let (days, times) = match lower.split_once(' ') {
            Some((days, times)) => (read_days(days)?, times.trim_start()),
            None => ([true; 7], lower.as_str()),
        };
        let (from, to) = times.split_once('-')?;
        let (from, to) = (read_time(from)?, read_time(to)?);
        // An empty span would refuse everything, and a whole day says nothing.
        if from == to || from == MINUTES {
            return None;
        }
        Some(Hours {
            text: text.trim().to_owned(),
            days,
            from,
            to,
        })
    }

    /// Whether the moment is within them.
    pub fn contain(&self, moment: Moment) -> bool {
        // 1970-01-01 was a Thursday.
        let day = (moment.day_number() + 3).rem_euclid(7) as usize;
        let minute = (moment.seconds().rem_euclid(DAY) / 60) as u32;
        let (today, yesterday) = (self.days[day], self.days[(day + 6) % 7]);
        match self.from < self.to {
            true => today && (self.from..self.to).contains(&minute),
            false => (today && minute >= self.from) || (yesterday && minute < self.to),
        }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} UTC", self.text)
    }
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Hours, String> {
        Hours::parse(&text).ok_or_else(|| {
            format!("`{text}` are no hours; expected days and times in UTC, such as `mon-fri 07:00-19:00` or `22:00-06:00`")
        })
    }
}

/// `mon-fri`, `sat,sun`, or both kinds with commas between.
fn read_days(text: &str) -> Option<[bool; 7]> {
    let number = |name: &str| DAYS.iter().position(|day| *day == name);
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (number(first)?, number(last)?);
        // `fri-mon` goes round the end of the week.
        loop {
            days[day] = true;
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Some(days)
}

/// `07:00` to `24:00`, in minutes.
fn read_time(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| match digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => digits.parse::<u32>().ok(),
        false => None,
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let time = hours * 60 + minutes;
    (minutes < 60 && time <= MINUTES).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 was a Monday.
    fn at(day: i64, time: &str) -> Moment {
        let text = format!("2026-11-{}T{time}:00Z", 23 + day);
        Moment::from_rfc3339(&text).unwrap()
    }

    #[test]
    fn the_days_and_both_ends_of_the_hours_count() {
        let hours = Hours::parse("mon-fri 07:00-19:30").unwrap();
        for (day, time, within) in [
            (0, "07:00", true),
            (0, "06:59", false),
            (4, "19:29", true),
            (4, "19:30", false),
            (5, "12:00", false),
            (6, "12:00", false),
            (2, "00:00", false),
            (2, "23:59", false),
        ] {
            assert_eq!(hours.contain(at(day, time)), within, "{day} {time}");
        }
        assert_eq!(hours.to_string(), "mon-fri 07:00-19:30 UTC");
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_began() {
        let night = Hours::parse("fri 22:00-06:00").unwrap();
        for (day, time, within) in [
            (4, "22:00", true),
            (4, "05:00", false),
            (5, "05:59", true),
            (5, "06:00", false),
            (5, "23:00", false),
            (3, "23:00", false),
        ] {
            assert_eq!(night.contain(at(day, time)), within, "{day} {time}");
        }
        let sunday = Hours::parse("sun 22:00-06:00").unwrap();
        assert!(sunday.contain(at(0, "01:00")), "the week begins anew");
        let every = Hours::parse("00:00-24:00").unwrap();
        assert!(every.contain(at(3, "00:00")) && every.contain(at(6, "23:59")));
        let back = Hours::parse("sat-mon,wed 08:00-09:00").unwrap();
        let days: Vec<i64> = (0..7)
            .filter(|day| back.contain(at(*day, "08:30")))
            .collect();
        assert_eq!(days, [0, 2, 5, 6]);
    }

    #[test]
    fn what_is_no_hours_is_refused_with_an_example() {
        for text in [
            "",
            "mon",
            "07:00",
            "7:00-19:00",
            "07:00-25:00",
            "07:60-08:00",
            "mon-fry 07:00-19:00",
            "07:00-07:00",
            "24:00-07:00",
            ", 07:00-08:00",
            "mon 07:00-19:00 UTC",
            "+7:00-08:00",
        ] {
            assert_eq!(Hours::parse(text), None, "{text}");
            let said = Hours::try_from(text.to_owned()).unwrap_err();
            assert!(said.contains("mon-fri 07:00-19:00"), "{said}");
        }
    }
}
