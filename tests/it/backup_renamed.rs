//! The backups of the default branch, after another branch became the default one: their names
//! do not say which branch they are of, and their entries do.

use crate::backup_days::{backup_of, days_ago, list, names, report, texts};
use crate::support::{World, text};

/// A world that backed up main as the default branch. Then dev, which has none of main's last
/// commits, became the default branch. Answers main's tip and its parent.
fn with_another_default() -> (World, String, String) {
    let w = World::path();
    let parent = w.remote.tip("main");
    w.remote.git(&["branch", "dev", "main"]);
    let tip = w
        .remote
        .write("main", &[("main.txt", Some(b"main\n"))], "On main");
    w.json(&["backup"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/dev"]);
    w.remote
        .write("dev", &[("dev.txt", Some(b"dev\n"))], "On dev");
    (w, tip, parent)
}

#[test]
fn a_new_default_branch_did_not_lose_what_the_old_one_has() {
    let (w, ..) = with_another_default();
    let answer = report(&w, &["backup"], 0);
    assert_eq!(answer["backups"][0]["branch"], "dev");
    assert_eq!(list(&answer, "rewound").len(), 0, "{answer:#}");
}

#[test]
fn what_the_old_default_branch_loses_is_reported() {
    let (w, lost, parent) = with_another_default();
    w.remote.git(&["update-ref", "refs/heads/main", &parent]);
    let found = report(&w, &["audit", "verify", "main"], 7).to_string();
    assert!(found.contains(&backup_of(0)), "{found}");
    let answer = report(&w, &["backup", "--branch", "main"], 8);
    assert_eq!(answer["rewound"][0]["backup"], backup_of(0).as_str());
    assert_eq!(texts(&answer["rewound"][0], "lost"), [lost]);
}

#[test]
fn each_backup_is_listed_as_one_of_the_branch_that_it_was_made_of() {
    let (w, ..) = with_another_default();
    w.json(&["backup"]);
    let answer = report(&w, &["backup", "list"], 0);
    for line in list(&answer, "backups") {
        let of_main = text(line, "name") == backup_of(0);
        assert_eq!(line["branch"], if of_main { "main" } else { "dev" });
    }
    assert_eq!(list(&answer, "backups").len(), 2);
    // The watch over main does not take dev's newer backup for one of main.
    let day = format!("backup/main/{}", days_ago(0));
    assert!(!names(&w.remote).contains(&day));
    w.env.operator_config("backup:\n  branches: [main]\n");
    report(&w, &["backup", "list", "--max-age", "2d"], 0);
}

#[test]
fn prune_keeps_the_only_backup_of_the_old_default_branch() {
    let (w, ..) = with_another_default();
    w.json(&["backup"]);
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert_eq!(texts(&answer, "removed").len(), 0, "{answer:#}");
    assert!(names(&w.remote).contains(&backup_of(0)));
    // Of the new one the older backup goes.
    let first = names(&w.remote).pop().unwrap();
    w.remote
        .write("dev", &[("dev.txt", Some(b"more\n"))], "On dev");
    w.json(&["backup"]);
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert_eq!(texts(&answer, "removed"), [first]);
}
