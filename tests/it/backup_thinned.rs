//! Folders of bundles in which something is wrong when they are thinned: a bundle that is
//! damaged, and one whose date no correct clock has made.

use serde_json::{Value, json};

use crate::backup_bundles::{Folder, config_folder};
use crate::backup_days::{DAY, at, days_ago, list, now, report, texts};
use crate::support::{Machine, World, listed, text};

/// A world with a folder in its config.
fn world() -> (World, Folder) {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    (w, Folder::of(&dir))
}

/// One more commit on main.
fn commit(w: &World, n: usize) -> String {
    let content = format!("{n}\n");
    w.remote
        .write("main", &[("n.txt", Some(content.as_bytes()))], "Count")
}

/// A full bundle or an incremental one of what main is now.
#[track_caller]
fn bundled(w: &World, more: &[&str]) -> String {
    let answer = w.json(&[&["backup"], more].concat());
    text(&answer["destinations"][0], "bundle")
}

fn prune(w: &World, rule: [&str; 2]) -> Value {
    report(w, &[&["backup", "prune"], &rule[..]].concat(), 0)
}

/// Why a bundle was kept.
fn reasons(answer: &Value, name: &str) -> Vec<String> {
    let kept = list(answer, "kept").iter();
    let one = kept.into_iter().find(|k| text(k, "name").ends_with(name));
    let one = one.unwrap_or_else(|| panic!("{name} is not kept: {answer:#}"));
    texts(one, "reasons")
}

/// What ruins a bundle.
type Harm = fn(&std::path::Path);
const HARMS: [Harm; 3] = [
    |file| std::fs::write(file, "").unwrap(),
    |file| std::fs::remove_file(file).unwrap(),
    |file| {
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(file, bytes).unwrap();
    },
];

/// Calls an operation on a machine whose clock is so many days ahead.
#[track_caller]
fn days_ahead(machine: &Machine, days: i64, name: &str, request: Value) -> Value {
    at(machine, now() + days * DAY, name, request).0
}

#[test]
fn a_bundle_that_is_missing_or_damaged_is_no_reason_to_remove_a_good_one() {
    for harm in HARMS {
        let (w, folder) = world();
        let made: Vec<String> = (0..3).map(|_| bundled(&w, &["--full"])).collect();
        harm(&folder.path(&made[2]));
        let answer = prune(&w, ["--keep-last", "1"]);
        assert_eq!(reasons(&answer, &made[2]), ["damaged"], "{answer:#}");
        assert_eq!(reasons(&answer, &made[1]), ["last"], "{answer:#}");
        assert_eq!(texts(&answer, "removed").len(), 1, "{answer:#}");
        assert!(!folder.path(&made[0]).exists() && folder.path(&made[1]).exists());
        let warnings = listed(&answer["warnings"]);
        assert!(warnings.contains(&made[2]), "{answer:#}");
        report(&w, &["backup", "verify"], 7);
    }
}

#[test]
fn a_base_that_is_damaged_is_no_reason_to_remove_another_base() {
    for harm in HARMS {
        let (w, folder) = world();
        let first = bundled(&w, &["--full"]);
        let second = bundled(&w, &["--full"]);
        commit(&w, 1);
        let next = bundled(&w, &[]);
        assert!(next.ends_with(".incremental.bundle"), "{next}");
        harm(&folder.path(&second));
        let answer = prune(&w, ["--keep-last", "1"]);
        let needed = [format!("needed by {next}")];
        assert_eq!(reasons(&answer, &first), needed, "{answer:#}");
        assert_eq!(reasons(&answer, &next), ["last"], "{answer:#}");
        assert!(folder.path(&first).exists() && folder.path(&next).exists());
    }
}

#[test]
fn an_incremental_bundle_whose_base_is_damaged_is_no_reason_either() {
    let (w, folder) = world();
    let old = bundled(&w, &["--full"]);
    commit(&w, 1);
    let base = bundled(&w, &["--full"]);
    commit(&w, 2);
    let next = bundled(&w, &[]);
    HARMS[2](&folder.path(&base));
    let answer = prune(&w, ["--keep-last", "1"]);
    assert_eq!(reasons(&answer, &next), ["damaged"], "{answer:#}");
    assert!(folder.path(&old).exists(), "{answer:#}");
    assert!(listed(&answer["warnings"]).contains(&next), "{answer:#}");
}

#[test]
fn a_prune_that_removes_no_bundle_reads_none() {
    let (w, folder) = world();
    let made: Vec<String> = (0..3).map(|_| bundled(&w, &["--full"])).collect();
    std::fs::write(folder.path(&made[2]), "").unwrap();
    let answer = prune(&w, ["--keep-last", "3"]);
    assert_eq!(list(&answer, "warnings").len(), 0, "{answer:#}");
    assert_eq!(folder.bundles(), made);
}

#[test]
fn a_clock_that_was_weeks_ahead_once_removes_no_bundle_and_dates_no_other() {
    let (w, folder) = world();
    let first = bundled(&w, &[]);
    commit(&w, 1);
    let made = days_ahead(&w, 20, "backup create", json!({}));
    let ahead = text(&made["destinations"][0], "bundle");
    assert!(ahead.starts_with(&days_ago(-20)), "{made:#}");
    assert!(ahead.ends_with(".incremental.bundle"), "{made:#}");
    // The clock is right again.
    commit(&w, 2);
    let next = bundled(&w, &[]);
    assert!(next.starts_with(&days_ago(0)), "{next}");
    commit(&w, 3);
    let good = commit(&w, 4);
    let last = bundled(&w, &["--full"]);
    assert!(last.starts_with(&days_ago(0)), "{last}");
    folder.is_tidy(&w);
    // The newest is the one that was made last.
    let path = folder.dir.to_str().unwrap();
    let args = ["backup", "restore", "--bundle", path, "--to", "rescue"];
    assert_eq!(w.json(&args)["commit"], good.as_str());
    let clones = std::fs::read_to_string(folder.path("bundle-list")).unwrap();
    assert!(
        clones.contains(&last) && !clones.contains(&ahead),
        "{clones}"
    );
    let answer = prune(&w, ["--keep-last", "1"]);
    assert_eq!(
        reasons(&answer, &ahead),
        ["dated in the future"],
        "{answer:#}"
    );
    assert_eq!(reasons(&answer, &last), ["last"], "{answer:#}");
    let needed = reasons(&answer, &first);
    assert!(needed[0].starts_with("needed by"), "{answer:#}");
    report(&w, &["backup", "verify"], 0);
}

#[test]
fn a_full_bundle_of_the_future_is_never_young_enough_to_be_based_on() {
    let (w, folder) = world();
    let made = days_ahead(&w, 365, "backup create", json!({}));
    let ahead = text(&made["destinations"][0], "bundle");
    commit(&w, 1);
    let next = bundled(&w, &[]);
    assert!(next.ends_with(".full.bundle"), "{next}");
    assert!(next.starts_with(&days_ago(0)), "{next}");
    let tip = commit(&w, 2);
    let last = bundled(&w, &[]);
    assert!(last.ends_with(".incremental.bundle"), "{last}");
    // The same where no manifest tells the order.
    folder.age(&ahead, -365);
    let path = folder.dir.to_str().unwrap();
    let args = ["backup", "restore", "--bundle", path, "--to", "rescue"];
    assert_eq!(w.json(&args)["commit"], tip.as_str());
}

#[test]
fn the_newest_bundle_of_each_branch_stays_though_the_branch_is_gone() {
    let (w, _) = world();
    w.remote
        .write("dev", &[("d.txt", Some(b"1\n"))], "Work on dev");
    bundled(&w, &["--branch", "main"]);
    let dev = bundled(&w, &["--branch", "dev"]);
    w.remote
        .write("dev", &[("d.txt", Some(b"2\n"))], "More on dev");
    let last_of_dev = bundled(&w, &["--branch", "dev"]);
    assert_ne!(dev, last_of_dev);
    w.remote.git(&["update-ref", "-d", "refs/heads/dev"]);
    for n in 0..3 {
        // Of two backups of one second nobody can tell the newer.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        commit(&w, n);
        bundled(&w, &["--branch", "main"]);
        let answer = prune(&w, ["--keep-last", "1"]);
        assert_eq!(reasons(&answer, &last_of_dev), ["newest of dev"]);
    }
    w.json(&["backup", "drill"]);
}

#[test]
fn where_the_newest_bundle_of_a_branch_is_damaged_the_one_before_it_stays() {
    for harm in HARMS {
        let (w, folder) = world();
        w.remote
            .write("dev", &[("d.txt", Some(b"1\n"))], "Work on dev");
        let dev = bundled(&w, &["--branch", "dev", "--full"]);
        let last_of_dev = bundled(&w, &["--branch", "dev", "--full"]);
        harm(&folder.path(&last_of_dev));
        let newest = bundled(&w, &["--branch", "main", "--full"]);
        let answer = prune(&w, ["--keep-last", "1"]);
        assert_eq!(reasons(&answer, &newest), ["last"], "{answer:#}");
        assert_eq!(reasons(&answer, &last_of_dev), ["damaged"], "{answer:#}");
        assert_eq!(reasons(&answer, &dev), ["newest of dev"], "{answer:#}");
    }
}
