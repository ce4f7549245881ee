//! What satisfies the watch over backups, and what does not: a date that no clock can have
//! made, and a branch that anybody can have pushed.

use serde_json::{Value, json};

use crate::backup_days::{DAY, at, backup_of, date, list, names, now, put, report, stamp};
use crate::support::{Machine, World, text};

const WATCH: [&str; 4] = ["backup", "list", "--max-age", "36h"];

/// A world whose last backup was made with a key, so many seconds ago.
fn backed_up(ago: i64) -> (World, String) {
    let w = World::path();
    w.json(&["key", "rotate"]);
    let (answer, failure) = at(&w, now() - ago, "backup create", json!({}));
    assert_eq!(failure, None);
    assert_eq!(answer["backups"][0]["authenticated"], true);
    let name = text(&answer["backups"][0], "backup");
    (w, name)
}

#[test]
fn a_backup_that_is_dated_in_the_future_does_not_satisfy_the_watch() {
    let w = World::path();
    let tip = w.remote.tip("main");
    put(&w.env, &w.remote, &[(backup_of(-30), tip.clone())]);
    let out = w.aidf(&WATCH).exits(8);
    assert!(out.stderr.contains("no backup that counts"), "{out}");
    assert!(
        out.stderr.contains(&backup_of(-30)) && out.stderr.contains("in the future"),
        "{out}"
    );
    put(&w.env, &w.remote, &[(backup_of(5), tip.clone())]);
    let out = w.aidf(&WATCH).exits(8);
    assert!(out.stderr.contains(&backup_of(5)), "{out}");
    // Nor is it the last one for those who ask for that.
    let status = w.json(&["status"]);
    assert_eq!(status["last_backup"], backup_of(5).as_str());
    put(&w.env, &w.remote, &[(backup_of(0), tip)]);
    report(&w, &WATCH, 0);
}

#[test]
fn a_branch_that_somebody_pushed_does_not_satisfy_the_watch() {
    let (w, ours) = backed_up(5 * DAY);
    put(&w.env, &w.remote, &[(backup_of(0), w.remote.tip("main"))]);
    let out = w.aidf(&WATCH).exits(8);
    assert!(out.stderr.contains(&ours), "{out}");
    assert!(
        out.stderr.contains(&format!(
            "{} does not count: it is not authenticated",
            backup_of(0)
        )),
        "{out}"
    );
    // Without the key nobody can tell them apart.
    let other = w.other();
    other.aidf(&WATCH).ok();
    other.share_key(&w);
    other.aidf(&WATCH).exits(8);
    // doctor sees it too, where the manifest is at hand.
    let out = w.aidf(&["doctor", "--json"]);
    assert!(out.stdout.contains("it is not authenticated"), "{out}");
    w.json(&["backup"]);
    report(&w, &WATCH, 0);
}

#[test]
fn a_backup_is_as_old_as_its_entry_says_and_not_as_its_day_is() {
    // It was made in the last second of a day, and it is looked at 35 hours later.
    let end = (now() / DAY - 3) * DAY - 1;
    let w = World::path();
    w.json(&["key", "rotate"]);
    at(&w, end, "backup create", json!({}));
    assert_eq!(names(&w.remote), [format!("backup/{}", date(end))]);
    let listed = |hours: i64| {
        let asked = json!({"max_age": "36h"});
        at(&w, end + hours * 3600, "backup list", asked)
    };
    let (answer, failure) = listed(35);
    assert_eq!(failure, None, "{answer:#}");
    let time = text(&list(&answer, "backups")[0], "time");
    assert!(time.ends_with("T23:59:59Z"), "{time}");
    let (_, failure) = listed(37);
    assert!(failure.unwrap().contains("older than 36h"));
}

#[test]
fn what_a_backup_of_a_clock_that_was_ahead_holds_is_not_lost_without_a_word() {
    let w = World::path();
    let keep = w.remote.tip("main");
    w.json(&["backup"]);
    let lost = w
        .remote
        .write("main", &[("lost.txt", Some(b"lost\n"))], "Lost");
    // For one night the clock was a year ahead.
    let ahead = now() + 365 * DAY;
    at(&w, ahead, "backup create", json!({}));
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let next = w
        .remote
        .write("main", &[("next.txt", Some(b"next\n"))], "Next");
    let answer = report(&w, &["backup"], 8);
    let rewound = &answer["rewound"][0];
    assert_eq!(rewound["backup"], format!("backup/{}", date(ahead)));
    assert_eq!(rewound["lost"], json!([lost]));
    assert_eq!(answer["backups"][0]["commit"], next.as_str());
    // It is reported once.
    w.remote
        .write("main", &[("more.txt", Some(b"more\n"))], "More");
    let (answer, failure) = at(&w, now() + 1, "backup create", json!({}));
    assert_eq!(failure, None, "{answer:#}");
    assert!(text(&answer["backups"][0], "backup") < format!("backup/{}", stamp(now() + DAY)));
}

/// Commits that files of these names were written in, one after the other.
fn commits<const N: usize>(w: &World, names: [&str; N]) -> [String; N] {
    names.map(|name| w.remote.write("main", &[(name, Some(b"new\n"))], name))
}

/// A world that was backed up at noon of yesterday, another machine with its key, and that time.
fn backed_up_at_noon() -> (World, Machine, i64) {
    let w = World::path();
    w.json(&["key", "rotate"]);
    let other = w.other();
    other.share_key(&w);
    let noon = (now() / DAY - 1) * DAY + DAY / 2;
    at(&w, noon, "backup create", json!({}));
    (w, other, noon)
}

#[test]
fn what_is_backed_up_later_is_dated_later_though_a_clock_lags() {
    let (w, other, noon) = backed_up_at_noon();
    let [first] = commits(&w, ["first.txt"]);
    at(&other, noon + 120, "backup create", json!({}));
    let [second] = commits(&w, ["second.txt"]);
    let (answer, _) = at(&w, noon + 60, "backup create", json!({}));
    let name = format!("backup/{}", stamp(noon + 121));
    assert_eq!(answer["backups"][0]["backup"], name.as_str(), "{answer:#}");

    let (answer, _) = at(&w, noon + 180, "backup create", json!({}));
    assert_eq!(answer["backups"][0]["created"], false, "{answer:#}");
    at(
        &w,
        noon + 200,
        "backup prune",
        json!({"rules": {"last": 1}}),
    );
    assert_eq!(names(&w.remote), [name.as_str()]);
    assert_eq!(w.remote.tip(&name), second);
    w.remote.git(&["update-ref", "refs/heads/main", &first]);
    let (answer, failure) = at(&w, noon + 300, "backup create", json!({}));
    assert!(failure.unwrap().contains("was rewound"), "{answer:#}");
    assert_eq!(answer["rewound"][0]["lost"], json!([second]));
}

#[test]
fn a_backup_that_anybody_can_have_made_dates_no_other_one() {
    let (w, _, noon) = backed_up_at_noon();
    let ahead = format!("backup/{}", stamp(noon + 590));
    put(&w.env, &w.remote, &[(ahead, w.remote.tip("main"))]);
    commits(&w, ["next.txt"]);
    let (answer, _) = at(&w, noon + 60, "backup create", json!({}));
    let name = format!("backup/{}", stamp(noon + 60));
    assert_eq!(answer["backups"][0]["backup"], name.as_str(), "{answer:#}");
}

#[test]
fn no_rule_removes_the_only_backup_of_a_commit_though_a_clock_dated_it_as_an_older_one() {
    let (w, other, noon) = backed_up_at_noon();
    commits(&w, ["first.txt"]);
    // Its clock is an hour ahead.
    at(&other, noon + 3600, "backup create", json!({}));
    let [second] = commits(&w, ["second.txt"]);
    at(&w, noon + 1800, "backup create", json!({}));
    let name = format!("backup/{}", stamp(noon + 1800));
    assert_eq!(w.remote.tip(&name), second);
    let (answer, _) = at(
        &w,
        noon + 7200,
        "backup prune",
        json!({"rules": {"last": 1}}),
    );
    let kept = names(&w.remote);
    assert_eq!(kept, [name, format!("backup/{}", stamp(noon + 3600))]);
    let reasons: Vec<&Value> = list(&answer, "kept")
        .iter()
        .map(|k| &k["reasons"])
        .collect();
    assert!(reasons.contains(&&json!(["only backup"])), "{answer:#}");
}
