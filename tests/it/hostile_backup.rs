//! Backups and bundles as somebody plants, replaces or cuts them who has no key.

use std::path::Path;

use crate::backup_bundles::{BOTH_BRANCHES, Folder, config_folder};
use crate::backup_days::{backup_of, list, names, put, report, texts};
use crate::support::{Guarded, Kind, World, text};

/// A world with one backup of main that was made with a key, and its name.
fn backed_up() -> (World, String) {
    let w = World::path();
    w.json(&["backup", "--branch", "main"]);
    let name = names(&w.remote).pop().expect("a backup");
    (w, name)
}

/// Whether each listed backup is authenticated.
fn standing(w: &World, name: &str) -> serde_json::Value {
    let answer = report(w, &["backup", "list"], 0);
    let all = list(&answer, "backups");
    let one = all.iter().find(|b| b["name"] == name);
    one.expect("it is listed")["authenticated"].clone()
}

#[test]
fn a_planted_backup_never_lets_prune_remove_a_real_one() {
    let (w, real) = backed_up();
    let planted = backup_of(-1);
    put(&w.env, &w.remote, &[(planted, w.remote.tip("main"))]);
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert!(!texts(&answer, "removed").contains(&real), "{answer:#}");
    assert!(names(&w.remote).contains(&real));
}

#[test]
fn a_planted_backup_is_listed_as_unauthenticated() {
    let (w, real) = backed_up();
    let planted = backup_of(3);
    put(
        &w.env,
        &w.remote,
        &[(planted.clone(), w.remote.tip("main"))],
    );
    assert_eq!(standing(&w, &real), true);
    assert_eq!(standing(&w, &planted), false);
    let answer = report(&w, &["backup", "verify"], 0);
    assert_eq!(texts(&answer, "unauthenticated"), [planted]);
}

#[test]
fn a_planted_backup_does_not_hide_a_rewind() {
    let w = World::path();
    let parent = w.remote.tip("main");
    let before = w.remote.write("main", &[("n.txt", Some(b"1\n"))], "Count");
    w.json(&["backup", "--branch", "main"]);
    let real = names(&w.remote).pop().expect("a backup");
    w.remote.git(&["update-ref", "refs/heads/main", &parent]);
    put(&w.env, &w.remote, &[(backup_of(-1), parent)]);
    let out = w.aidf(&["backup", "--branch", "main", "--json"]);
    let said = format!("{out}");
    assert!(said.contains("rewound"), "{said}");
    assert!(said.contains(&real) && said.contains(&before), "{said}");
}

/// A folder whose newest bundle was replaced by one of another history, with its sums
/// written anew.
fn replaced() -> (World, Folder) {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&BOTH_BRANCHES);
    let folder = Folder::of(&dir);
    let file = folder.path(&folder.newest());
    let bare: &Path = &w.remote.bare;
    let good = w.remote.tip("main");
    w.remote
        .write("main", &[("evil.txt", Some(b"evil\n"))], "Plant");
    std::fs::remove_file(&file).unwrap();
    w.env.git(
        bare,
        &[
            "bundle",
            "create",
            "-q",
            file.to_str().unwrap(),
            "main",
            "sandbox",
        ],
    );
    w.remote.git(&["update-ref", "refs/heads/main", &good]);
    folder.sum_anew();
    (w, folder)
}

#[test]
fn a_replaced_bundle_with_its_sums_written_anew_is_not_verified() {
    let (w, folder) = replaced();
    let dir = folder.dir.to_str().unwrap();
    report(&w, &["backup", "verify", "--bundle", dir], 7);
    report(&w, &["backup", "verify"], 7);
}

#[test]
fn a_replaced_bundle_with_its_sums_written_anew_is_not_drilled() {
    let (w, _folder) = replaced();
    report(&w, &["backup", "drill"], 7);
}

#[test]
fn a_replaced_bundle_with_its_sums_written_anew_is_not_restored() {
    let (w, folder) = replaced();
    let file = folder.path(&folder.newest());
    let refs = w.remote.refs();
    let args = ["backup", "restore", "--bundle", file.to_str().unwrap()];
    let args = [&args[..], &["--to", "restored", "--json"]].concat();
    let out = w.aidf(&args).exits(7);
    assert_eq!(text(&out.error(), "kind"), "integrity");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_bundle_manifest_that_is_taken_away_is_missed() {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&BOTH_BRANCHES);
    let folder = Folder::of(&dir);
    std::fs::remove_file(folder.path("MANIFEST")).unwrap();
    let dir = folder.dir.to_str().unwrap();
    report(&w, &["backup", "verify", "--bundle", dir], 7);
}

#[test]
fn an_older_set_of_bundles_is_not_taken_for_the_newest() {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&BOTH_BRANCHES);
    let folder = Folder::of(&dir);
    let older = folder.copy(&w.env.path("older"));
    w.remote
        .write("main", &[("later.txt", Some(b"later\n"))], "Go on");
    w.json(&["backup", "--full"]);
    std::fs::remove_dir_all(&folder.dir).unwrap();
    let folder = older.copy(&dir);
    report(&w, &["backup", "verify"], 7);
    report(&w, &["backup", "drill"], 7);
    let file = folder.path(&folder.newest());
    let args = ["backup", "restore", "--bundle", file.to_str().unwrap()];
    let out = w.aidf(&[&args[..], &["--to", "restored"]].concat());
    assert_eq!(out.code, 7, "{out}");
    assert_eq!(w.remote.try_tip("restored"), None);
}

#[test]
fn the_hook_takes_no_backup_of_another_hour_from_a_stranger() {
    let g = Guarded::new(Kind::Path, "");
    let stranger = g.w.other();
    for days in [1, -1] {
        let to = format!("HEAD:refs/heads/{}", backup_of(days));
        g.refused(&stranger, &[], &[&to], "its date is not of now");
    }
}
