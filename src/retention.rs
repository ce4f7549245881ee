//! Which backups to keep, by restic's rules (restic's manual, "Removing backup
//! snapshots"), in UTC. Pure.

use crate::clock::{Moment, Period};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many of each kind to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// How many of the last backups.
    pub last: u32,
    /// For how many days; the last backup of each day that has one.
    pub daily: u32,
    /// For how many ISO weeks; the last backup of each.
    pub weekly: u32,
    /// For how many months; the last backup of each.
    pub monthly: u32,
    /// All backups that are at most this much older than the newest.
    pub within: Option<Period>,
}

impl Rules {
    /// True if no rule says what to keep.
    pub fn is_empty(&self) -> bool {
        *self == Rules::default()
    }
}

/// For each time, newest first, the reasons to keep it; if there are none, it may be
/// removed.
///
/// A rule that has counts left also keeps the oldest of all, as restic does. The newest is
/// always kept.
pub fn reasons(newest_first: &[Moment], rules: &Rules) -> Vec<Vec<String>> {
    type Bucket = (&'static str, u32, fn(Moment, usize) -> i64, Option<i64>);
    let mut buckets: [Bucket; 4] = [
        ("last", rules.last, |_, at| at as i64, None),
        ("daily", rules.daily, |t, _| t.day_number(), None),
        ("weekly", rules.weekly, |t, _| t.week_number(), None),
        ("monthly", rules.monthly, |t, _| t.month_number(), None),
    ];
    let oldest = newest_first.len().saturating_sub(1);
    newest_first
        .iter()
        .enumerate()
        .map(|(at, time)| {
            let mut why = Vec::new();
            if let Some(within) = &rules.within
                && *time > within.before(newest_first[0])
            {
                why.push(format!("within {within}"));
            }
            for (name, left, number, previous) in &mut buckets {
                let value = Some(number(*time, at));
                if *left > 0 && (value != *previous || at == oldest) {
                    *previous = value;
                    *left -= 1;
                    why.push((*name).to_owned());
                }
            }
            if at == 0 && why.is_empty() {
                why.push("newest".to_owned());
            }
            why
        })
        .collect()
}

/// Like [`reasons`], for times that may not all be genuine. Each item is (time,
/// genuine), newest first.
///
/// The genuine ones are judged among themselves. Each other one is judged as if it were
/// added alone to the genuine ones. So it is removed if the rules would remove it, and it
/// never causes another one to be removed.
pub fn reasons_apart(newest_first: &[(Moment, bool)], rules: &Rules) -> Vec<Vec<String>> {
    let genuine: Vec<Moment> = newest_first
        .iter()
        .filter_map(|(time, genuine)| genuine.then_some(*time))
        .collect();
    let mut judged = reasons(&genuine, rules).into_iter();
    let mut before = 0;
    newest_first
        .iter()
        .map(|(time, is_genuine)| {
            if *is_genuine {
                before += 1;
                return judged.next().unwrap_or_default();
            }
            let mut all = genuine.clone();
            all.insert(before, *time);
            reasons(&all, rules).swap_remove(before)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A year of nights, newest first, ending on a Sunday.
    fn year() -> Vec<Moment> {
        (0..365)
            .map(|n| Moment::from_seconds(1_795_305_600 - n * 86_400))
            .collect()
    }

    fn kept(times: &[Moment], rules: &Rules) -> Vec<String> {
        reasons(times, rules)
            .iter()
            .zip(times)
            .filter(|(why, _)| !why.is_empty())
            .map(|(_, t)| t.date())
            .collect()
    }

    #[test]
    fn a_year_of_nights_is_thinned_as_restic_thins_it() {
        let rules = Rules {
            daily: 7,
            weekly: 5,
            monthly: 12,
            ..Rules::default()
        };
        let dates = kept(&year(), &rules);
        // Seven nights. Then the last night of five weeks; the first of them is one of the
        // seven. Then the last night of twelve months; the first of them is the newest.
        let expected = [
            "2026-11-22",
            "2026-11-21",
            "2026-11-20",
            "2026-11-19",
            "2026-11-18",
            "2026-11-17",
            "2026-11-16",
            "2026-11-15",
            "2026-11-08",
            "2026-11-01",
            "2026-10-31",
            "2026-10-25",
            "2026-09-30",
            "2026-08-31",
            "2026-07-31",
            "2026-06-30",
            "2026-05-31",
            "2026-04-30",
            "2026-03-31",
            "2026-02-28",
            "2026-01-31",
            "2025-12-31",
        ];
        assert_eq!(dates, expected);
    }

    #[test]
    fn rules_are_empty_only_if_none_of_them_keeps_anything() {
        assert!(Rules::default().is_empty());
        let within = Period::parse("1d");
        let one = |rules: Rules| assert!(!rules.is_empty(), "{rules:?}");
        let none = Rules::default;
        one(Rules { last: 1, ..none() });
        one(Rules { daily: 1, ..none() });
        one(Rules {
            weekly: 1,
            ..none()
        });
        one(Rules {
            monthly: 1,
            ..none()
        });
        one(Rules { within, ..none() });
    }

    #[test]
    fn a_bucket_with_counts_left_keeps_the_oldest() {
        let times = year();
        let dates = kept(
            &times[..10],
            &Rules {
                monthly: 12,
                ..Rules::default()
            },
        );
        assert_eq!(dates, ["2026-11-22", "2026-11-13"]);
        let two_months = kept(
            &times[..40],
            &Rules {
                monthly: 2,
                ..Rules::default()
            },
        );
        assert_eq!(two_months, ["2026-11-22", "2026-10-31"]);
    }

    #[test]
    fn within_counts_from_the_newest_and_not_from_now() {
        let times = year();
        let within = |text: &str| Rules {
            within: Some(Period::parse(text).unwrap()),
            ..Rules::default()
        };
        assert_eq!(kept(&times, &within("3d")).len(), 3);
        assert_eq!(kept(&times, &within("1w")).len(), 7);
        assert_eq!(kept(&times, &within("1m")).last().unwrap(), "2026-10-23");
        assert_eq!(kept(&times, &within("36h")).len(), 2);
    }

    #[test]
    fn the_newest_is_always_kept() {
        assert_eq!(kept(&year(), &Rules::default()), ["2026-11-22"]);
        assert_eq!(
            kept(
                &[],
                &Rules {
                    last: 3,
                    ..Rules::default()
                }
            ),
            Vec::<String>::new()
        );
        assert_eq!(
            kept(
                &year(),
                &Rules {
                    last: 3,
                    ..Rules::default()
                }
            )
            .len(),
            3
        );
    }

    #[test]
    fn what_is_not_genuine_lets_nothing_go() {
        let rules = Rules {
            last: 1,
            daily: 3,
            monthly: 2,
            ..Rules::default()
        };
        let real: Vec<(Moment, bool)> = year()[..60].iter().map(|t| (*t, true)).collect();
        let kept = |all: &[(Moment, bool)]| -> Vec<Moment> {
            let reasons = reasons_apart(all, &rules);
            let pairs = all.iter().zip(reasons);
            pairs
                .filter(|((_, genuine), why)| *genuine && !why.is_empty())
                .map(|((time, _), _)| *time)
                .collect()
        };
        let alone = kept(&real);
        assert_eq!(alone.len(), 4);
        // Planted backups shortly after, between and before the real ones.
        let mut all = real.clone();
        for shift in [3600, -3600, 86_399] {
            all.extend(
                real.iter()
                    .map(|(t, _)| (Moment::from_seconds(t.seconds() + shift), false)),
            );
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.0));
        assert_eq!(kept(&all), alone);
        // The same rules apply to each planted one alone; the newest of all stays.
        let reasons = reasons_apart(&all, &rules);
        assert!(!reasons[0].is_empty());
        let gone = all
            .iter()
            .zip(&reasons)
            .filter(|((_, g), why)| !g && why.is_empty());
        assert!(gone.count() > 100);
    }

    #[test]
    fn several_of_one_day_leave_the_last_of_it() {
        let times: Vec<Moment> = [5, 4, 3, 2, 1]
            .map(|h| Moment::from_seconds(1_795_305_600 + h * 3600))
            .to_vec();
        let why = reasons(
            &times,
            &Rules {
                daily: 1,
                ..Rules::default()
            },
        );
        assert_eq!(why.iter().filter(|w| !w.is_empty()).count(), 1);
        assert_eq!(why[0], ["daily"]);
    }
}
