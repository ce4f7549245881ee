//! A folder of bundles that several machines write to, each with a state folder of its own.

use std::path::Path;
use std::process::Stdio;

use crate::backup_bundles::{Folder, config_folder, make_older};
use crate::backup_days::{list, report};
use crate::support::{Machine, World, listed, text};

/// Another machine with the same key and the same folder.
fn another(w: &World, dir: &Path) -> Machine {
    let machine = w.other();
    machine.share_key(w);
    config_folder(&machine, dir);
    machine
}

#[test]
fn what_another_machine_has_begun_stays_for_a_day() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    w.json(&["backup"]);
    let begun = folder.path(".aidf-unfinished-0123456789abcdef-Xy12z");
    std::fs::create_dir(&begun).unwrap();
    std::fs::write(begun.join("draft"), "half").unwrap();
    let prune = ["backup", "prune", "--keep-last", "1"];
    w.json(&prune);
    assert!(begun.join("draft").exists());
    make_older(&begun.join("draft"), 2);
    w.json(&prune);
    assert!(begun.exists(), "the folder itself is of today");
    make_older(&begun, 2);
    w.json(&prune);
    folder.is_tidy(&w);
}

#[test]
fn a_bundle_is_finished_although_another_machine_cleans_up_meanwhile() {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&["backup"]);
    let other = another(&w, &dir);
    let (begun, go) = (w.env.path("begun"), w.env.path("go"));
    let path = w.with_git(&format!(
        "case \"$*\" in *pack-objects*) touch '{}'; while [ ! -e '{}' ]; do sleep 0.02; done;; esac\nexec \"$real\" \"$@\"",
        begun.display(),
        go.display()
    ));
    let call = w.call(&["backup", "--full", "--json"]).env("PATH", path);
    let mut command = call.into_command();
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    while !begun.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    other.json(&["backup", "--full"]);
    other.json(&["backup", "prune", "--keep-last", "1"]);
    std::fs::write(go, "").unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let folder = Folder::of(&dir);
    assert_eq!(folder.fulls().len(), 2);
    folder.is_tidy(&w);
    report(&w, &["backup", "verify"], 0);
}

#[test]
fn machines_that_write_to_a_folder_at_the_same_moment_lose_no_bundle_and_no_line() {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&["backup"]);
    let others: Vec<Machine> = (0..3).map(|_| another(&w, &dir)).collect();
    // Bundles that are the same to the last byte would be one.
    let branches: [&[&str]; 3] = [
        &["--branch", "main"],
        &["--branch", "sandbox"],
        &["--branch", "main", "--branch", "sandbox"],
    ];
    let rounds = 4;
    std::thread::scope(|scope| {
        for (machine, branches) in others.iter().zip(branches) {
            scope.spawn(move || {
                for _ in 0..rounds {
                    let args = [&["backup", "create", "--full"], branches].concat();
                    let answer = machine.json(&args);
                    assert!(!text(&answer["destinations"][0], "bundle").is_empty());
                }
            });
        }
    });
    let folder = Folder::of(&dir);
    assert_eq!(folder.bundles().len(), 1 + 3 * rounds);
    folder.is_tidy(&w);
    report(&w, &["backup", "verify"], 0);
}

/// A machine that has a key of its own, and the same folder in its config.
fn stranger(w: &World, dir: &Path) -> Machine {
    let machine = w.other();
    config_folder(&machine, &machine.env.path("own"));
    machine.json(&["backup", "--branch", "sandbox"]);
    assert!(machine.env.keys().exists());
    config_folder(&machine, dir);
    machine
}

/// What a folder holds, byte for byte.
fn content(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let files = folder.files().into_iter();
    let read = |name: String| (std::fs::read(folder.path(&name)).unwrap(), name);
    files.map(read).map(|(bytes, name)| (name, bytes)).collect()
}

#[test]
fn bundles_of_a_key_that_is_elsewhere_are_verified_and_restored_and_said_to_be() {
    for pruned in [false, true] {
        let w = World::path();
        let dir = w.env.path("bundles");
        let folder = Folder::of(&dir);
        config_folder(&w, &dir);
        w.json(&["backup"]);
        w.json(&["backup", "--full"]);
        if pruned {
            // The first lines of the manifest go with their bundles.
            w.json(&["backup", "prune", "--keep-last", "1"]);
        }
        let other = stranger(&w, &dir);
        let path = folder.dir.to_str().unwrap();
        for args in [
            &["backup", "verify", "--bundle", path][..],
            &["backup", "verify"],
        ] {
            let answer = report(&other, args, 0);
            let bundles = folder.bundles().len();
            assert!(list(&answer, "unknown").len() >= bundles, "{answer:#}");
            assert!(text(&answer, "message").contains("a key that is not here"));
        }
        let args = ["backup", "restore", "--bundle", path, "--to", "rescue"];
        let answer = other.json(&args);
        assert_eq!(answer["commit"], w.remote.tip("main").as_str());
        let warnings = listed(&answer["warnings"]);
        assert!(
            warnings.contains("its key is not on this machine"),
            "{warnings}"
        );
    }
}

#[test]
fn a_folder_that_is_sealed_with_another_key_is_not_written_to() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    w.json(&["backup"]);
    w.json(&["backup", "--full"]);
    let strangers = [stranger(&w, &dir), w.other()];
    config_folder(&strangers[1], &dir);
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    for sums in [None, Some("broken\n")] {
        if let Some(text) = sums {
            std::fs::write(folder.path("SHA256SUMS"), text).unwrap();
        }
        let before = content(&folder);
        for machine in &strangers {
            let out = machine.aidf(&["backup", "--json"]).exits(4);
            let error = out.error();
            assert_eq!(text(&error, "kind"), "auth", "{out}");
            assert!(text(&error, "hint").contains("key ring"), "{out}");
            let prune = ["backup", "prune", "--keep-last", "1", "--json"];
            let code = if sums.is_some() { 7 } else { 4 };
            machine.aidf(&prune).exits(code);
            assert_eq!(content(&folder), before, "{out}");
        }
    }
}

#[test]
fn a_damaged_list_is_set_aside_each_time_and_the_run_says_where() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    w.json(&["backup"]);
    for names in [
        ["SHA256SUMS.damaged", "MANIFEST.damaged"],
        ["SHA256SUMS.damaged.2", "MANIFEST.damaged.2"],
    ] {
        std::fs::write(folder.path("SHA256SUMS"), names[0]).unwrap();
        let out = w.aidf(&["backup", "--json"]).exits(7);
        let answer = out.json();
        let one = &answer["destinations"][0];
        assert!(text(one, "bundle").ends_with(".full.bundle"), "{out}");
        for name in names {
            assert!(text(one, "error").contains(name), "{out}");
            assert!(folder.path(name).exists(), "{out}");
        }
        let said = text(&out.error(), "message");
        assert!(
            said.contains("reached") && !said.contains("did not"),
            "{out}"
        );
        assert!(
            !text(&out.error(), "hint").contains("same command"),
            "{out}"
        );
        w.json(&["backup"]);
        report(&w, &["backup", "verify"], 0);
    }
    let first = std::fs::read_to_string(folder.path("SHA256SUMS.damaged")).unwrap();
    assert_eq!(first, "SHA256SUMS.damaged");
}

#[test]
fn below_a_disk_that_is_not_mounted_no_folder_is_started_again() {
    let w = World::path();
    let (disk, away) = (w.env.path("disk"), w.env.path("away"));
    let dir = disk.join("bundles");
    config_folder(&w, &dir);
    w.json(&["backup"]);
    std::fs::rename(&disk, &away).unwrap();
    std::fs::create_dir(&disk).unwrap();
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    let out = w.aidf(&["backup", "--json"]).exits(3);
    assert!(text(&out.error(), "hint").contains("mounted"), "{out}");
    assert!(text(&out.error(), "hint").contains("--full"), "{out}");
    assert_eq!(std::fs::read_dir(&disk).unwrap().count(), 0);
    std::fs::remove_dir(&disk).unwrap();
    std::fs::rename(&away, &disk).unwrap();
    let next = w.json(&["backup"]);
    let name = text(&next["destinations"][0], "bundle");
    assert!(name.ends_with(".incremental.bundle"), "{next:#}");
    report(&w, &["backup", "verify"], 0);
    // On purpose it starts again.
    std::fs::rename(&disk, &away).unwrap();
    w.json(&["backup", "--full"]);
    report(&w, &["backup", "verify"], 0);
    // What only lost its bundles may be a mount point, and does not start again by itself either.
    std::fs::remove_dir_all(Folder::of(&dir).dir).unwrap();
    let out = w.aidf(&["backup", "--json"]).exits(3);
    assert!(text(&out.error(), "hint").contains("mounted"), "{out}");
    assert!(!Folder::of(&dir).dir.exists());
    w.json(&["backup", "--full"]);
    report(&w, &["backup", "verify"], 0);
}
