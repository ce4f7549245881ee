//! Days and refs for the tests of `aidf backup`: names are made and read here
//! without the program's own code.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aidf::cancel::Cancel;
use aidf::clock::{Clock, Moment};
use aidf::config::{Config, Flags, Folders};
use aidf::context::{Caller, Context, Location};
use aidf::environment::Environment;
use aidf::ops::operations::find;
use aidf::progress::Silent;
use serde_json::Value;

use crate::support::{Env, Machine, Out, Remote};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Seconds since 1970. Close to midnight it waits, so that a test sees one day.
pub fn now() -> i64 {
    loop {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock")
            .as_secs();
        if seconds % 86_400 < 86_340 {
            return i64::try_from(seconds).expect("a time");
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Year, month and day of a moment in UTC.
pub fn civil(seconds: i64) -> (i64, i64, i64) {
    // Counted in 400-year eras that begin on the first of March.
    let days = seconds.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// `2026-11-22`.
pub fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-11-22T101112Z`.
pub fn stamp(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(DAY);
    format!(
        "{}T{:02}{:02}{:02}Z",
        date(seconds),
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Today's date, or that of some days ago.
pub fn days_ago(days: i64) -> String {
    date(now() - days * DAY)
}

/// The name of the default branch's backup of today, or of some days ago.
pub fn backup_of(days: i64) -> String {
    format!("backup/{}", days_ago(days))
}

/// Makes or moves branches of the remote with plain git.
pub fn put(env: &Env, remote: &Remote, branches: &[(String, String)]) {
    let lines: String = branches
        .iter()
        .map(|(name, commit)| format!("update refs/heads/{name} {commit}\n"))
        .collect();
    env.git_bytes(&remote.bare, &["update-ref", "--stdin"], lines.as_bytes());
}

/// Calls an operation in a machine's clone at that time; answers its report, and the message of
/// its verdict where that is a failure.
#[track_caller]
pub fn at(machine: &Machine, seconds: i64, name: &str, request: Value) -> (Value, Option<String>) {
    let env = &machine.env;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let environment = Environment::from_iter([("PATH", path)])
        .with("HOME", env.home())
        .with("GIT_CONFIG_NOSYSTEM", "1");
    let folders = Folders {
        config: env.config().join("aidf"),
        cache: env.cache().join("aidf"),
        state: env.state().join("aidf"),
    };
    let config = Config::resolve(&Flags::default(), &environment, folders).unwrap();
    let place = Location {
        repo: None,
        dir: machine.clone.clone(),
        remote: None,
        interactive: false,
    };
    let now = Moment::from_seconds(seconds);
    let caller = Caller {
        environment,
        clock: Clock::new(move || now),
        random: Box::new(rand::make_rng::<rand::rngs::StdRng>()),
        progress: Box::new(Silent),
        cancel: Cancel::new(),
        input: None,
        door: "test",
    };
    let cx = Context::open(config, &place, now, caller).unwrap();
    let operation = find(name).unwrap_or_else(|| panic!("there is no operation `{name}`"));
    let outcome = operation
        .call(&cx, request)
        .unwrap_or_else(|e| panic!("{name}: {}", e.in_full()));
    let failure = outcome.verdict.err().map(|e| e.in_full());
    (outcome.report, failure)
}

/// Every backup on the remote and its commit, by name.
pub fn backups(remote: &Remote) -> Vec<(String, String)> {
    remote
        .git(&[
            "for-each-ref",
            "--format=%(refname:lstrip=2) %(objectname)",
            "refs/heads/backup/",
        ])
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, commit)| (name.to_owned(), commit.to_owned()))
        .collect()
}

/// The names alone.
pub fn names(remote: &Remote) -> Vec<String> {
    backups(remote).into_iter().map(|(name, _)| name).collect()
}

/// Runs with `--json` and answers the result, which is printed with this exit code.
#[track_caller]
pub fn report(machine: &Machine, args: &[&str], code: i32) -> Value {
    let out = machine.aidf(&[args, &["--json"]].concat()).exits(code);
    reported(&out)
}

/// The result of a run that printed one, whatever its exit code was.
#[track_caller]
pub fn reported(out: &Out) -> Value {
    let value = out.json();
    assert!(value["warnings"].is_array(), "no warnings field\n{out}");
    value
}

/// The items of a list.
#[track_caller]
pub fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field]
        .as_array()
        .unwrap_or_else(|| panic!("no list in {field}: {value:#}"))
}

/// The texts of a list.
#[track_caller]
pub fn texts(value: &Value, field: &str) -> Vec<String> {
    list(value, field)
        .iter()
        .map(|t| t.as_str().expect("a text").to_owned())
        .collect()
}

/// One field of each item of a list.
#[track_caller]
pub fn each(value: &Value, field: &str, of: &str) -> Vec<String> {
    list(value, field)
        .iter()
        .map(|item| item[of].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// True for a name of a second backup of the same day.
pub fn is_stamped(name: &str, folder: &str, day: &str) -> bool {
    let Some(rest) = name.strip_prefix(&format!("{folder}{day}T")) else {
        return false;
    };
    rest.len() == 7 && rest.ends_with('Z') && rest[..6].chars().all(|c| c.is_ascii_digit())
}
