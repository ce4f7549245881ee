//! `aidf backup verify` and `drill`: every object of a backup is there and whole, on
//! the remote itself and not in some copy of it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::Value;

use crate::backup_days::{backup_of, backups, days_ago, each, list, put, report};
use crate::support::{Kind, Mode, World, listed, randomness, text};

/// A loose object's file.
fn loose(w: &World, spec: &str) -> PathBuf {
    let id = w.remote.git(&["rev-parse", spec]);
    let file = w.remote.bare.join("objects").join(&id[..2]).join(&id[2..]);
    assert!(file.exists(), "{spec} is not loose");
    file
}

/// Replaces a file, without reaching through hard links into a clone's copy.
fn replace(file: &Path, bytes: &[u8]) {
    std::fs::remove_file(file).unwrap();
    std::fs::write(file, bytes).unwrap();
}

/// Turns around one byte in the middle of a file.
fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    replace(file, &bytes);
}

/// Another content under the old name, in a form that reads without an error.
fn swap_content(file: &Path) {
    let mut plain = Vec::new();
    flate2::read::ZlibDecoder::new(std::fs::File::open(file).unwrap())
        .read_to_end(&mut plain)
        .unwrap();
    *plain.last_mut().unwrap() ^= 1;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).unwrap();
    replace(file, &encoder.finish().unwrap());
}

/// The one pack of the remote, after all was packed.
fn packed(w: &World) -> PathBuf {
    w.remote.git(&["repack", "-a", "-d", "-q"]);
    w.remote.git(&["prune-packed", "-q"]);
    let packs: Vec<PathBuf> = std::fs::read_dir(w.remote.bare.join("objects/pack"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "pack"))
        .collect();
    assert_eq!(packs.len(), 1);
    packs.into_iter().next().unwrap()
}

/// Where an object begins in the pack.
fn offset(w: &World, pack: &Path, spec: &str) -> usize {
    let id = w.remote.git(&["rev-parse", spec]);
    let index = pack.with_extension("idx");
    let list = w
        .remote
        .git(&["verify-pack", "-v", index.to_str().unwrap()]);
    let line = list.lines().find(|l| l.starts_with(&id)).unwrap();
    // id, type, size, size in the pack, offset.
    line.split_whitespace().nth(4).unwrap().parse().unwrap()
}

/// A remote whose objects are loose, with a backup of today.
fn backed_up(kind: Kind) -> World {
    let w = World::new(kind);
    w.json(&["backup"]);
    w.env.unpack(&w.remote.bare);
    w
}

/// `verify` finds it, with 7 and the backup's name, from a clone and without one.
#[track_caller]
fn is_found(w: &World, name: &str) {
    let home = w.env.home();
    let url = &w.remote.url;
    for args in [vec!["backup", "verify"], vec!["backup", "verify", name]] {
        let from_clone = w.aidf(&[&args[..], &["--json"]].concat()).exits(7);
        let mut all = vec!["-R", url];
        all.extend(&args);
        all.push("--json");
        let without = w.env.aidf(&home, &all).exits(7);
        for out in [from_clone, without] {
            let answer = out.json();
            assert!(!list(&answer, "problems").is_empty(), "{out}");
            assert!(listed(&answer["problems"]).contains(name), "{out}");
            assert!(!listed(&answer["verified"]).contains(name), "{out}");
        }
    }
}

#[test]
fn whole_backups_are_verified() {
    for kind in [Kind::Path, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        w.json(&["backup", "--branch", "main", "--branch", "sandbox"]);
        let refs = w.remote.refs();
        let answer = report(&w, &["backup", "verify"], 0);
        let mut names = listed(&answer["verified"]);
        for (name, _) in backups(&w.remote) {
            assert!(names.contains(&name), "{name} in {names}");
        }
        assert_eq!(list(&answer, "verified").len(), 2);
        assert_eq!(answer["problems"], serde_json::json!([]));
        let one = report(&w, &["backup", "verify", &backup_of(0)], 0);
        assert_eq!(list(&one, "verified").len(), 1);
        names = listed(&one["verified"]);
        assert!(names.contains(&backup_of(0)), "{names}");
        assert_eq!(w.remote.refs(), refs, "it only reads");
    }
}

#[test]
fn a_backup_that_is_not_there_is_not_found() {
    let w = World::path();
    w.json(&["backup"]);
    w.refuses(&["backup", "verify", "backup/1999-01-01"], 3);
}

#[test]
fn a_flipped_byte_in_a_loose_object_is_found() {
    for kind in [Kind::Path, Kind::Http] {
        let w = backed_up(kind);
        flip(&loose(&w, "main:assets/logo.bin"));
        is_found(&w, &backup_of(0));
    }
}

#[test]
fn a_content_that_is_not_its_names_is_found() {
    for kind in [Kind::Path, Kind::Http] {
        let w = backed_up(kind);
        swap_content(&loose(&w, "main:docs/guide.md"));
        is_found(&w, &backup_of(0));
    }
}

#[test]
fn a_flipped_byte_in_a_pack_is_found() {
    for spec in ["main:assets/logo.bin", "main:docs", "main^{commit}"] {
        let w = World::path();
        w.json(&["backup"]);
        let pack = packed(&w);
        let at = offset(&w, &pack, spec);
        let mut bytes = std::fs::read(&pack).unwrap();
        // Behind the object's head, within its deflated bytes.
        bytes[at + 12] ^= 0x10;
        replace(&pack, &bytes);
        is_found(&w, &backup_of(0));
    }
}

#[test]
fn a_missing_object_is_found() {
    for spec in ["main:assets/logo.bin", "main:docs", "main:src"] {
        for kind in [Kind::Path, Kind::Http] {
            let w = backed_up(kind);
            std::fs::remove_file(loose(&w, spec)).unwrap();
            is_found(&w, &backup_of(0));
        }
    }
}

#[test]
fn an_old_commit_that_is_missing_is_found() {
    let w = World::path();
    let old = w.remote.tip("main");
    for n in 0..3 {
        let content = format!("{n}\n");
        w.remote
            .write("main", &[("n.txt", Some(content.as_bytes()))], "Count");
    }
    w.json(&["backup"]);
    w.env.unpack(&w.remote.bare);
    std::fs::remove_file(loose(&w, &old)).unwrap();
    is_found(&w, &backup_of(0));
}

#[test]
fn only_the_backup_that_is_hurt_is_a_problem() {
    let w = World::path();
    put(&w.env, &w.remote, &[(backup_of(1), w.remote.tip("main"))]);
    w.remote
        .write("main", &[("later.txt", Some(b"later\n"))], "Later");
    w.json(&["backup"]);
    std::fs::remove_file(loose(&w, "main:later.txt")).unwrap();
    let answer = report(&w, &["backup", "verify"], 7);
    assert!(listed(&answer["problems"]).contains(&backup_of(0)));
    assert!(!listed(&answer["problems"]).contains(&backup_of(1)));
    assert!(listed(&answer["verified"]).contains(&backup_of(1)));
    let whole = report(&w, &["backup", "verify", &backup_of(1)], 0);
    assert_eq!(whole["problems"], serde_json::json!([]));
}

#[test]
fn what_was_fetched_before_the_hurt_does_not_hide_it() {
    let w = backed_up(Kind::Path);
    // Every cache has all of it now.
    report(&w, &["backup", "verify"], 0);
    let home = w.env.home();
    w.env
        .aidf(&home, &["-R", &w.remote.url, "backup", "verify"])
        .ok();
    flip(&loose(&w, "main:README.md"));
    is_found(&w, &backup_of(0));
}

#[test]
fn a_person_reads_what_is_wrong() {
    let w = backed_up(Kind::Path);
    std::fs::remove_file(loose(&w, "main:README.md")).unwrap();
    let out = w.aidf(&["backup", "verify"]).exits(7);
    assert!(out.all().contains(&backup_of(0)), "{out}");
}

#[test]
fn a_drill_of_a_long_history_counts_each_object_once() {
    let w = World::path();
    for n in 0..60 {
        let content = format!("{n}\n");
        let names: Vec<String> = (0..8).map(|d| format!("d{d}/e/{n}.txt")).collect();
        let files = names.iter().map(|f| (f.as_str(), Some(content.as_bytes())));
        w.remote.write("main", &files.collect::<Vec<_>>(), "More");
    }
    w.json(&["backup"]);
    let answer = report(&w, &["backup", "drill"], 0);
    let count = ["rev-list", "--objects", "--count", "main"];
    let objects: u64 = w.remote.git(&count).parse().unwrap();
    assert_eq!(answer["objects"], objects, "{answer:#}");
}

#[test]
fn a_drill_restores_the_newest_and_says_so() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        put(&w.env, &w.remote, &[(backup_of(3), w.remote.tip("main"))]);
        let tip = w
            .remote
            .write("main", &[("later.txt", Some(b"later\n"))], "Later");
        w.json(&["backup"]);
        let refs = w.remote.refs();
        let before = w.snapshot();
        let answer = report(&w, &["backup", "drill"], 0);
        assert_eq!(answer["backup"], backup_of(0).as_str());
        assert_eq!(answer["commit"], tip.as_str());
        let objects = w
            .remote
            .git(&["rev-list", "--objects", "--count", &tip])
            .parse::<u64>()
            .unwrap();
        assert_eq!(answer["objects"], objects, "{answer:#}");
        assert!(text(&answer, "proven_at").starts_with(&days_ago(0)));
        assert_eq!(answer["problems"], serde_json::json!([]));
        assert!(answer["message"].is_string());
        assert_eq!(w.remote.refs(), refs);
        assert_eq!(w.snapshot(), before);
    }
}

#[test]
fn a_drill_of_a_hurt_backup_fails() {
    for hurt in [flip, swap_content, |file: &Path| {
        std::fs::remove_file(file).unwrap();
    }] {
        let w = backed_up(Kind::Path);
        hurt(&loose(&w, "main:assets/logo.bin"));
        let answer = report(&w, &["backup", "drill"], 7);
        assert!(!list(&answer, "problems").is_empty(), "{answer:#}");
        assert_ne!(answer.get("message"), Some(&Value::Null));
    }
}

#[test]
fn a_drill_without_a_backup_is_not_found() {
    let w = World::path();
    w.refuses(&["backup", "drill"], 3);
}

#[test]
fn a_remote_that_goes_away_meanwhile_is_unavailable_and_not_damaged() {
    for args in [["backup", "verify"], ["backup", "drill"]] {
        let w = World::new(Kind::Http);
        w.json(&["backup"]);
        w.remote.reset();
        let out = std::thread::scope(|scope| {
            let run = scope.spawn(|| w.aidf(&[&args[..], &["--json"]].concat()));
            // The backups have been listed by two requests.
            while !run.is_finished() && w.remote.http().requests().len() < 3 {
                std::thread::yield_now();
            }
            w.remote.http().mode(Mode::Status(503));
            run.join().unwrap()
        });
        let asked = w.remote.http().requests().len();
        assert!(asked >= 3, "{asked} requests\n{out}");
        assert_ne!(out.code, 7, "nothing is known of the backup\n{out}");
        // The answer may have been through before the change.
        assert!(matches!(out.code, 0 | 9), "{out}");
    }
}

#[test]
fn verify_and_fsck_agree_on_any_flipped_byte() {
    let w = backed_up(Kind::Path);
    let name = backup_of(0);
    let files: Vec<PathBuf> = ["main^{commit}", "main^{tree}", "main:src", "main:README.md"]
        .iter()
        .map(|spec| loose(&w, spec))
        .collect();
    let mut random = randomness();
    for _ in 0..24 {
        let file = files.choose(&mut random).unwrap();
        let whole = std::fs::read(file).unwrap();
        let mut bytes = whole.clone();
        let at = random.random_range(0..whole.len());
        bytes[at] ^= 1 << random.random_range(0..8);
        replace(file, &bytes);
        let fsck = w.env.try_git(&w.remote.bare, &["fsck", "--full"]);
        let code = if fsck.code == 0 { 0 } else { 7 };
        let out = w.aidf(&["backup", "verify", &name, "--json"]);
        replace(file, &whole);
        assert_eq!(out.code, code, "byte {at} of {file:?}\n{out}\n{fsck}");
    }
    report(&w, &["backup", "verify"], 0);
}

#[test]
fn a_drill_restores_the_newest_backup_of_each_branch() {
    let w = World::path();
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    let both = ["backup", "--branch", "main", "--branch", "sandbox"];
    let made = w.json(&both);
    let good = w.json(&["backup", "drill"]);
    let names = each(&good, "backups", "backup");
    assert_eq!(names.len(), 2, "{good:#}");
    for backup in list(&made, "backups") {
        assert!(names.contains(&text(backup, "backup")), "{good:#}");
    }
    // What main alone has is lost.
    std::fs::remove_file(loose(&w, "main:a.txt")).unwrap();
    let bad = report(&w, &["backup", "drill"], 7);
    let problems = listed(&bad["problems"]);
    assert!(problems.contains(&backup_of(0)), "{bad:#}");
    assert!(!problems.contains("backup/sandbox"), "{bad:#}");
    assert!(text(&bad, "message").contains(&backup_of(0)), "{bad:#}");
}

#[test]
fn that_contents_of_lfs_are_in_no_backup_is_said() {
    let w = World::path();
    let said = "files of git-lfs are in the backups as pointers";
    w.json(&["backup"]);
    let out = w.aidf(&["backup", "drill"]).ok();
    assert!(!out.stderr.contains(said), "{out}");
    let attributes: &[u8] = b"*.psd filter=lfs diff=lfs merge=lfs -text\n";
    w.remote
        .write("main", &[(".gitattributes", Some(attributes))], "Use LFS");
    w.json(&["backup"]);
    for command in ["verify", "drill"] {
        let out = w.aidf(&["backup", command]).ok();
        assert_eq!(out.stderr.matches(said).count(), 1, "{out}");
    }
}
