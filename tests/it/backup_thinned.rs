//! Folders of bundles in which something is wrong when they are thinned.

use serde_json::Value;

use crate::backup_bundles::{Folder, config_folder};
use crate::backup_days::{list, report, texts};
use crate::support::{World, listed, text};

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
