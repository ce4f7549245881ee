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
    // Within ten minutes of midnight the day before, or the next one, is the present too.
    for days in [2, -2] {
        let to = format!("HEAD:refs/heads/{}", backup_of(days));
        g.refused(&stranger, &[], &[&to], "its date is not the present date");
    }
}

#[test]
fn prune_says_of_each_bundle_that_it_keeps_whose_it_is() {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&BOTH_BRANCHES);
    let kept = |w: &World| {
        let answer = report(w, &["backup", "prune", "--keep-last", "3"], 0);
        let all = list(&answer, "kept");
        let of = |b: &&serde_json::Value| text(b, "name").ends_with(".bundle");
        all.iter()
            .filter(of)
            .map(|b| b["authenticated"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&w), [true]);
    // As one that is older than manifests.
    let folder = Folder::of(&dir);
    folder.age(&folder.newest(), 1);
    assert_eq!(kept(&w), [false]);
}

/// A world whose main was backed up twice, going on in between; the tip before, the tip
/// after, and the manifest after the first.
fn backed_up_twice() -> (World, String, String, String) {
    let w = World::path();
    let before = w.remote.tip("main");
    w.json(&["backup", "--branch", "main"]);
    let manifest = w.remote.git(&["rev-parse", "refs/aidf/backups"]);
    let after = w.remote.write("main", &[("n.txt", Some(b"1\n"))], "Count");
    w.json(&["backup", "--branch", "main"]);
    (w, before, after, manifest)
}

/// The rewind is reported, with the commit that was lost.
#[track_caller]
fn is_reported(w: &World, lost: &str) {
    let answer = report(w, &["backup", "--branch", "main"], 8);
    let rewound = list(&answer, "rewound");
    let named = |r: &serde_json::Value| r["lost"].to_string().contains(lost);
    assert!(rewound.iter().any(named), "{answer:#}");
}

#[test]
fn a_manifest_that_was_deleted_hides_no_rewind_behind_a_planted_backup() {
    for elsewhere in [false, true] {
        let (w, before, after, _) = backed_up_twice();
        w.remote.git(&["update-ref", "-d", "refs/aidf/backups"]);
        w.remote.git(&["update-ref", "refs/heads/main", &before]);
        put(&w.env, &w.remote, &[(backup_of(0), before)]);
        match elsewhere {
            false => is_reported(&w, &after),
            // On a machine that never saw the manifest too.
            true => {
                let other = w.other();
                other.share_key(&w);
                let out = other
                    .aidf(&["backup", "--branch", "main", "--json"])
                    .exits(8);
                assert!(out.json()["rewound"].to_string().contains(&after), "{out}");
            }
        }
    }
}

#[test]
fn a_manifest_that_was_set_back_hides_no_rewind() {
    let (w, before, after, manifest) = backed_up_twice();
    w.remote
        .git(&["update-ref", "refs/aidf/backups", &manifest]);
    w.remote.git(&["update-ref", "refs/heads/main", &before]);
    is_reported(&w, &after);
}

#[test]
fn a_line_under_a_key_that_nobody_has_vouches_for_no_bundle() {
    let (w, folder) = replaced();
    let name = folder.newest();
    let (_, sum) = folder.sums().into_iter().find(|(n, _)| *n == name).unwrap();
    let line = serde_json::json!({
        "number": 99, "kind": "made", "time": "2026-11-22T00:00:00Z", "repository": "widgets",
        "bundles": [{"name": name, "sha256": sum}], "before": "", "key": "00000000", "mac": "x",
    });
    for key in ["00000000", ""] {
        let mut line = line.clone();
        line["key"] = key.into();
        std::fs::write(folder.path("MANIFEST"), format!("{line}\n")).unwrap();
        let dir = folder.dir.to_str().unwrap();
        report(&w, &["backup", "verify", "--bundle", dir], 7);
        let file = folder.path(&name);
        let args = ["backup", "restore", "--bundle", file.to_str().unwrap()];
        w.refuses(&[&args[..], &["--to", "restored"]].concat(), 7);
    }
}

#[test]
fn the_hook_takes_no_entry_under_a_key_that_the_server_lacks() {
    let g = Guarded::new(Kind::Path, "");
    g.w.json(&["backup", "--branch", "main"]);
    let name = names(&g.w.remote).pop().expect("a backup");
    let ada = g.w.other();
    ada.git(&["fetch", "-q", "origin", "refs/aidf/backups"]);
    let tip = ada.git(&["rev-parse", "FETCH_HEAD"]);
    let list = ada.git(&["ls-tree", tip.trim()]);
    // The same entry, as if another key had made it.
    let (head, file) = list.trim().split_once('\t').unwrap();
    let key = file.rsplit_once('@').unwrap().1;
    let blob = head.rsplit_once(' ').unwrap().1;
    let entry = ada
        .git(&["cat-file", "blob", blob])
        .replace(key, "00000000");
    let entry = format!("{}\n", entry.trim_end());
    let run = |args: &[&str], input: &[u8]| {
        let out = ada.env.git_bytes(&ada.clone, args, input);
        String::from_utf8(out).unwrap().trim().to_owned()
    };
    let forged = run(&["hash-object", "-w", "--stdin"], entry.as_bytes());
    let other = file.replace(key, "00000000");
    let tree = format!("{}\n100644 blob {forged}\t{other}\n", list.trim());
    let tree = run(&["mktree"], tree.as_bytes());
    let commit = ada.git(&["commit-tree", &tree, "-p", tip.trim(), "-m", "More"]);
    let spec = format!("{}:refs/aidf/backups", commit.trim());
    g.refused(&ada, &[], &[&spec], "a key that the server does not have");
    assert_eq!(standing(&g.w, &name), true);
}
