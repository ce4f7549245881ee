//! `aidf backup prune` on real refs, held against restic's rule written again here. What
//! plain git puts there is in no manifest, so the flag says to judge all alike.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::backup_days::{
    DAY, backup_of, civil, date, list, names, now, put, report, stamp, texts,
};
use crate::support::{Kind, World};

/// What to keep.
#[derive(Clone, Copy, Default)]
struct Rule {
    last: usize,
    daily: usize,
    weekly: usize,
    monthly: usize,
    /// The flag's text and its seconds.
    within: Option<(&'static str, i64)>,
}

impl Rule {
    fn flags(&self) -> Vec<String> {
        let mut flags: Vec<String> = [
            ("last", self.last),
            ("daily", self.daily),
            ("weekly", self.weekly),
            ("monthly", self.monthly),
        ]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(name, n)| format!("--keep-{name}={n}"))
        .collect();
        if let Some((text, _)) = self.within {
            flags.push(format!("--keep-within={text}"));
        }
        flags
    }

    /// restic's policy: times newest first, and for each the reasons to keep it.
    fn apply(&self, times: &[i64]) -> Vec<Vec<String>> {
        let bucket = |kind: &str, at: usize| -> i64 {
            let seconds = times[at];
            let (year, month, _) = civil(seconds);
            let days = seconds.div_euclid(DAY);
            match kind {
                "last" => i64::try_from(at).unwrap(),
                "daily" => days,
                // Monday to Sunday, as ISO counts weeks; 1970 began on a Thursday.
                "weekly" => (days + 3).div_euclid(7),
                _ => year * 12 + month,
            }
        };
        let mut reasons = vec![Vec::new(); times.len()];
        if let Some((text, seconds)) = self.within {
            for (at, time) in times.iter().enumerate() {
                if *time > times[0] - seconds {
                    reasons[at].push(format!("within {text}"));
                }
            }
        }
        for (kind, count) in [
            ("last", self.last),
            ("daily", self.daily),
            ("weekly", self.weekly),
            ("monthly", self.monthly),
        ] {
            let mut left = count;
            let mut previous = None;
            for (at, why) in reasons.iter_mut().enumerate() {
                let value = bucket(kind, at);
                let oldest = at + 1 == times.len();
                if left > 0 && (previous != Some(value) || oldest) {
                    left -= 1;
                    previous = Some(value);
                    why.push(kind.to_owned());
                }
            }
        }
        reasons
    }
}

/// The rules that are tried.
fn rules() -> Vec<Rule> {
    let none = Rule::default();
    vec![
        Rule { last: 1, ..none },
        Rule { last: 7, ..none },
        Rule { last: 1000, ..none },
        Rule { daily: 1, ..none },
        Rule { daily: 5, ..none },
        Rule { weekly: 4, ..none },
        Rule {
            weekly: 500,
            ..none
        },
        Rule { monthly: 3, ..none },
        Rule {
            monthly: 24,
            ..none
        },
        Rule {
            within: Some(("10d", 10 * DAY)),
            ..none
        },
        Rule {
            within: Some(("36h", 36 * 3600)),
            ..none
        },
        Rule {
            within: Some(("2w", 14 * DAY)),
            ..none
        },
        Rule {
            last: 2,
            daily: 7,
            weekly: 5,
            monthly: 12,
            within: None,
        },
        Rule {
            last: 3,
            daily: 4,
            weekly: 3,
            monthly: 2,
            within: Some(("3d", 3 * DAY)),
        },
    ]
}

/// Backups of one branch: the folder and the time of each.
struct Made {
    /// `backup/` or `backup/<branch>/`.
    folder: &'static str,
    times: Vec<i64>,
}

impl Made {
    /// The name of a time: a date alone is midnight.
    fn name(&self, time: i64) -> String {
        if time % DAY == 0 {
            format!("{}{}", self.folder, date(time))
        } else {
            format!("{}{}", self.folder, stamp(time))
        }
    }

    /// What a rule keeps of these, with the reasons; the newest first.
    fn kept(&self, rule: &Rule) -> BTreeMap<String, Vec<String>> {
        let mut times = self.times.clone();
        times.sort_unstable_by(|a, b| b.cmp(a));
        rule.apply(&times)
            .into_iter()
            .zip(&times)
            .filter(|(why, _)| !why.is_empty())
            .map(|(why, time)| (self.name(*time), why))
            .collect()
    }
}

/// Sixty and more, of two branches: nights with gaps, several of one day, over a year.
fn many() -> Vec<Made> {
    let today = now() / DAY * DAY;
    let mut main: Vec<i64> = (0..25).map(|n| today - n * DAY).collect();
    main.extend((4..16).map(|n| today - n * 9 * DAY));
    main.extend([1, 2, 3].map(|n| today - 320 * DAY - n * 29 * DAY));
    main.extend([3600 * 3 + 61, 3600 * 23 + 3599, 7].map(|s| today - 2 * DAY + s));
    main.extend([12 * 3600, 12 * 3600 + 1].map(|s| today - 8 * DAY + s));
    main.sort_unstable();
    main.dedup();
    let sandbox = (0..20)
        .map(|n| today - 5 * DAY - n * 4 * DAY - if n % 3 == 0 { 0 } else { 3600 * n })
        .collect();
    vec![
        Made {
            folder: "backup/",
            times: main,
        },
        Made {
            folder: "backup/team/release/",
            times: sandbox,
        },
    ]
}

/// Names that tell no date: never to be removed.
const UNDATED: [&str; 6] = [
    "backup/notadate",
    "backup/2026-02-30",
    "backup/2026-13-01",
    "backup/team/release/keep-me",
    "backup/2025-01-01-old",
    "backup/other/2025-1-1",
];

fn prepared(kind: Kind) -> (World, Vec<Made>) {
    let w = World::new(kind);
    let tip = w.remote.tip("main");
    let made = many();
    let all: Vec<(String, String)> = made
        .iter()
        .flat_map(|m| m.times.iter().map(|t| m.name(*t)))
        .chain(UNDATED.map(str::to_owned))
        .map(|name| (name, tip.clone()))
        .collect();
    put(&w.env, &w.remote, &all);
    assert!(all.len() > 60);
    assert_eq!(names(&w.remote).len(), all.len());
    (w, made)
}

/// Holds an answer against the rule.
#[track_caller]
fn is_as_restic_has_it(answer: &Value, made: &[Made], rule: &Rule) {
    let mut wanted = BTreeMap::new();
    let mut all: Vec<String> = Vec::new();
    for branch in made {
        wanted.extend(branch.kept(rule));
        all.extend(branch.times.iter().map(|t| branch.name(*t)));
    }
    let mut undated = Vec::new();
    let mut kept = BTreeMap::new();
    for item in list(answer, "kept") {
        let name = item["name"].as_str().unwrap().to_owned();
        let mut why = texts(item, "reasons");
        assert!(!why.is_empty(), "no reason: {item}");
        if why.contains(&"undated".to_owned()) {
            undated.push(name);
            continue;
        }
        // That the newest stays anyway may be said too.
        why.retain(|w| w != "newest");
        kept.insert(name, why);
    }
    for why in wanted.values_mut().chain(kept.values_mut()) {
        why.sort();
    }
    assert_eq!(kept, wanted, "{:?}", rule.flags());
    let mut removed = texts(answer, "removed");
    removed.sort();
    all.retain(|name| !wanted.contains_key(name));
    all.sort();
    assert_eq!(removed, all, "{:?}", rule.flags());
    undated.sort();
    let mut never = UNDATED.map(str::to_owned);
    never.sort();
    assert_eq!(undated, never);
}

#[test]
fn a_dry_run_keeps_by_restics_rule_and_removes_nothing() {
    let (w, made) = prepared(Kind::Path);
    let refs = w.remote.refs();
    for rule in rules() {
        let flags = rule.flags();
        let mut args = vec!["backup", "prune", "--trust-unauthenticated", "--dry-run"];
        args.extend(flags.iter().map(String::as_str));
        let answer = report(&w, &args, 0);
        assert_eq!(answer["dry_run"], true);
        assert!(answer["message"].is_string());
        is_as_restic_has_it(&answer, &made, &rule);
    }
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn what_the_rule_does_not_keep_is_removed_and_nothing_else() {
    for kind in [Kind::Path, Kind::Http] {
        let (w, made) = prepared(kind);
        let rule = Rule {
            last: 2,
            daily: 7,
            weekly: 5,
            monthly: 12,
            within: None,
        };
        let flags = rule.flags();
        let mut args = vec!["backup", "prune", "--trust-unauthenticated"];
        args.extend(flags.iter().map(String::as_str));
        let others = w
            .remote
            .git(&["for-each-ref", "--exclude=refs/heads/backup/"]);
        let before = w.snapshot();
        if kind == Kind::Http {
            w.remote.reset();
        }
        let answer = report(&w, &args, 0);
        if kind == Kind::Http {
            assert_eq!(w.remote.connections(), 1, "one connection");
        }
        assert_eq!(answer["dry_run"], false);
        is_as_restic_has_it(&answer, &made, &rule);
        let mut left: Vec<String> = UNDATED.map(str::to_owned).into();
        for branch in &made {
            left.extend(branch.kept(&rule).into_keys());
        }
        left.sort();
        let mut there = names(&w.remote);
        there.sort();
        assert_eq!(there, left);
        assert_eq!(
            w.remote
                .git(&["for-each-ref", "--exclude=refs/heads/backup/"]),
            others
        );
        assert_eq!(w.snapshot(), before);
        w.remote.is_sound();
    }
}

#[test]
fn four_hundred_backups_of_a_year_are_pruned() {
    let w = World::path();
    let tip = w.remote.tip("main");
    let today = now() / DAY * DAY;
    let mut times: Vec<i64> = (0..365).map(|n| today - n * DAY).collect();
    times.extend((0..35).map(|n| today - n * 10 * DAY + 3600 * (n % 20 + 1)));
    times.retain(|t| *t <= now());
    let made = Made {
        folder: "backup/",
        times,
    };
    let all: Vec<(String, String)> = made
        .times
        .iter()
        .map(|t| (made.name(*t), tip.clone()))
        .collect();
    put(&w.env, &w.remote, &all);
    w.json(&[
        "backup",
        "prune",
        "--trust-unauthenticated",
        "--keep-daily",
        "14",
        "--keep-weekly",
        "8",
        "--keep-monthly",
        "12",
    ]);
    let rule = Rule {
        daily: 14,
        weekly: 8,
        monthly: 12,
        ..Rule::default()
    };
    let wanted: Vec<String> = made.kept(&rule).into_keys().collect();
    let mut there = names(&w.remote);
    there.sort();
    assert_eq!(there, wanted);
}

#[test]
fn the_config_holds_the_rule_and_a_flag_goes_before_it() {
    let (w, made) = prepared(Kind::Path);
    w.env.operator_config(
        "backup:\n  keep:\n    last: 2\n    daily: 3\n    weekly: 2\n    monthly: 2\n    within: 4d\n",
    );
    let rule = Rule {
        last: 2,
        daily: 3,
        weekly: 2,
        monthly: 2,
        within: Some(("4d", 4 * DAY)),
    };
    let answer = report(
        &w,
        &["backup", "prune", "--trust-unauthenticated", "--dry-run"],
        0,
    );
    is_as_restic_has_it(&answer, &made, &rule);
    let answer = report(
        &w,
        &[
            "backup",
            "prune",
            "--trust-unauthenticated",
            "--keep-last",
            "40",
            "--dry-run",
        ],
        0,
    );
    assert!(texts(&answer, "removed").len() < made[0].times.len() - 30);
}

#[test]
fn no_rule_at_all_is_a_usage_error() {
    let (w, _) = prepared(Kind::Path);
    let out = w.refuses(&["backup", "prune"], 2);
    assert!(out.stderr.contains("--keep-"), "{out}");
    w.refuses(&["backup", "prune", "--dry-run"], 2);
    w.refuses(&["backup", "prune", "--keep-within", "soon"], 2);
    w.refuses(&["backup", "prune", "--keep-last=-1"], 2);
}

#[test]
fn a_rule_of_nothing_never_empties_a_branch() {
    let (w, made) = prepared(Kind::Path);
    for flags in [
        &["--keep-last", "0"][..],
        &["--keep-daily", "0", "--keep-weekly", "0"],
        &["--keep-within", "1h"],
    ] {
        let out = w.aidf(
            &[
                &["backup", "prune", "--trust-unauthenticated", "--json"],
                flags,
            ]
            .concat(),
        );
        assert!(matches!(out.code, 0 | 2), "{out}");
        let there = names(&w.remote);
        for branch in &made {
            let newest = branch.name(*branch.times.iter().max().unwrap());
            assert!(there.contains(&newest), "{newest} is gone\n{out}");
        }
        for name in UNDATED {
            assert!(there.contains(&name.to_owned()), "{name} is gone\n{out}");
        }
    }
}

#[test]
fn a_person_sees_each_backup_and_the_rule_that_keeps_it() {
    let (w, made) = prepared(Kind::Path);
    let out = w
        .aidf(&[
            "backup",
            "prune",
            "--trust-unauthenticated",
            "--keep-monthly",
            "3",
            "--dry-run",
        ])
        .ok();
    let rule = Rule {
        monthly: 3,
        ..Rule::default()
    };
    for name in made[0].kept(&rule).into_keys() {
        assert!(
            out.stdout
                .lines()
                .any(|l| l.contains(&name) && l.contains("monthly")),
            "{name}\n{out}"
        );
    }
}

#[test]
fn nothing_to_prune_is_done() {
    let w = World::path();
    let answer = report(&w, &["backup", "prune", "--keep-last", "3"], 0);
    assert_eq!(answer["kept"], serde_json::json!([]));
    assert_eq!(answer["removed"], serde_json::json!([]));
    w.json(&["backup"]);
    let answer = report(&w, &["backup", "prune", "--keep-last", "3"], 0);
    assert_eq!(answer["kept"][0]["name"], backup_of(0).as_str());
    assert_eq!(answer["removed"], serde_json::json!([]));
}

#[test]
fn a_server_that_protects_its_backups_is_obeyed() {
    let (w, _) = prepared(Kind::Path);
    w.remote.git(&["config", "receive.denyDeletes", "true"]);
    let refs = w.remote.refs();
    let out = w
        .aidf(&[
            "backup",
            "prune",
            "--trust-unauthenticated",
            "--keep-last",
            "1",
            "--json",
        ])
        .exits(5);
    assert_eq!(out.error()["kind"], "denied");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_backup_that_changed_meanwhile_is_not_deleted() {
    let (w, _) = prepared(Kind::Path);
    let victim = backup_of(20);
    let other = w.remote.tip("sandbox");
    // Between every look and its deletion, somebody makes the name mean something else.
    let main = w.remote.tip("main");
    let log = w.env.path("moves.log");
    w.remote.hook(
        "pre-receive",
        &format!(
            "#!/bin/sh\nunset GIT_QUARANTINE_PATH\necho x >> '{}'\n\
             now=$(git rev-parse refs/heads/{victim})\n\
             [ $now = {main} ] && next={other} || next={main}\n\
             git update-ref refs/heads/{victim} $next\n",
            log.display()
        ),
    );
    let out = w.aidf(&[
        "backup",
        "prune",
        "--trust-unauthenticated",
        "--keep-last",
        "1",
        "--json",
    ]);
    assert!(log.exists(), "the hook ran\n{out}");
    assert!(w.remote.try_tip(&victim).is_some(), "{out}");
    let answer = out.ok().json();
    let kept = answer["kept"].as_array().unwrap();
    let line = kept.iter().find(|k| k["name"] == victim.as_str()).unwrap();
    assert_eq!(line["reasons"], serde_json::json!(["changed"]));
}
