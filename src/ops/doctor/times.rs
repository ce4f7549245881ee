//! The time here, beside that of the server and of the commits.

use super::{Findings, Subject};
use crate::clock::{CLOCK_SKEW, DAY};
use crate::context::Context;
use crate::git::CommitId;
use crate::words;

/// Compares this clock with the server's, where it tells its own (`ahead`, in seconds), and
/// with the tips that are here.
pub(super) fn check(
    cx: &Context,
    branches: &[(String, CommitId)],
    ahead: Option<i64>,
    found: &mut Findings,
) {
    const NAME: Subject = Subject::Clock;
    if let Some(ahead) = ahead.filter(|a| a.abs() > CLOCK_SKEW) {
        let side = if ahead > 0 { "behind" } else { "ahead of" };
        return found.problem(
            NAME,
            format!("this clock is {} {side} the server's", length(ahead.abs())),
            "set it (`timedatectl set-ntp true` on most Linux machines): tokens, commits and backups are dated by it",
        );
    }
    let newest = branches
        .iter()
        .filter_map(|(name, tip)| Some((cx.store.commit(*tip).ok()?.time, name)))
        .max();
    let future = newest.filter(|(time, _)| *time - cx.now.seconds() > CLOCK_SKEW);
    match (future, ahead) {
        (Some((time, branch)), _) => {
            let by = length(time - cx.now.seconds());
            let mend = match ahead {
                Some(_) => "the server agrees with this clock, so the commit's date is wrong; set the clock of the machine that wrote it".to_owned(),
                None => format!("look at `date -u`; if it is right, the commit's date is wrong: git log -1 --format=fuller {}/{branch}", cx.remote.name()),
            };
            found.warning(
                NAME,
                format!("the last commit of {branch} is dated {by} ahead of this clock"),
                mend,
            );
        }
        (None, Some(_)) => found.ok(NAME, "the server's clock agrees with this one"),
        (None, None) => found.ok(NAME, "no branch is dated ahead of this clock"),
    }
}

/// So many seconds, in the largest unit that fits.
fn length(seconds: i64) -> String {
    match seconds {
        s if s >= 2 * 365 * DAY => words::count(s / (365 * DAY), "year", "years"),
        s if s >= 2 * DAY => words::count(s / DAY, "day", "days"),
        s if s >= 2 * 3600 => words::count(s / 3600, "hour", "hours"),
        s => words::count(s / 60, "minute", "minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_is_told_in_the_largest_unit_that_fits() {
        for (seconds, told) in [
            (660, "11 minutes"),
            (7199, "119 minutes"),
            (7200, "2 hours"),
            (3 * 86_400, "3 days"),
            (15 * 365 * 86_400, "15 years"),
        ] {
            assert_eq!(length(seconds), told);
        }
    }
}
