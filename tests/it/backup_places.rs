//! Places of bundles that are not there, lag behind or are damaged: what each job says of them,
//! and whether what it advises works.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::backup_bundles::{Folder, config_folder};
use crate::backup_days::{backup_of, list, names, put, report, texts};
use crate::support::{Kind, Machine, Out, Remote, World, text};

/// A world with a backup and a bundle, and the folder that bundles go to.
fn bundled() -> (World, PathBuf) {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&["backup"]);
    (w, dir)
}

/// That the error advises to mount the disk, and to start again only after that.
#[track_caller]
fn advises_to_mount(out: &Out) {
    let error = out.error();
    let (message, hint) = (text(&error, "message"), text(&error, "hint"));
    assert!(message.contains("none is left there"), "{out}");
    assert!(!message.contains("damaged"), "{out}");
    let (mount, full) = (hint.find("mount it"), hint.find("--full"));
    assert!(mount.is_some() && mount < full, "{hint}");
}

#[test]
fn a_place_whose_disk_is_not_mounted_is_missing_and_not_damaged() {
    // The folder is below the mount point, or is the mount point itself.
    for is_mount_point in [false, true] {
        let (w, dir) = bundled();
        let away = w.env.path("away");
        std::fs::rename(&dir, &away).unwrap();
        if is_mount_point {
            std::fs::create_dir(&dir).unwrap();
        }
        for job in ["create", "verify", "drill"] {
            let out = w.aidf(&["backup", job, "--json"]).exits(3);
            advises_to_mount(&out);
        }
        assert_eq!(dir.exists(), is_mount_point);
        if is_mount_point {
            assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
            std::fs::remove_dir(&dir).unwrap();
        }
        std::fs::rename(&away, &dir).unwrap();
        report(&w, &["backup", "verify"], 0);
        report(&w, &["backup", "drill"], 0);
    }
}

#[test]
fn a_disk_that_comes_back_after_its_folder_was_started_again_is_named_as_the_cause() {
    let (w, dir) = bundled();
    let away = w.env.path("away");
    std::fs::rename(&dir, &away).unwrap();
    w.json(&["backup", "--full"]);
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::rename(&away, &dir).unwrap();
    let out = w.aidf(&["backup", "verify"]).exits(7);
    assert!(out.all().contains("was not mounted"), "{out}");
}

#[test]
fn a_folder_that_nothing_was_written_to_yet_is_missing_and_not_damaged() {
    let w = World::path();
    w.json(&["backup"]);
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    for job in ["verify", "drill"] {
        let out = w.aidf(&["backup", job, "--json"]).exits(3);
        assert!(!out.stderr.contains("damaged"), "{out}");
        let hint = text(&out.error(), "hint");
        assert!(hint.contains("aidf backup create"), "{hint}");
    }
    w.json(&["backup"]);
    report(&w, &["backup", "verify"], 0);
}

#[test]
fn without_any_backup_there_is_nothing_to_verify() {
    let w = World::path();
    let out = w.refuses(&["backup", "verify"], 3);
    assert!(
        text(&out.error(), "hint").contains("backup create"),
        "{out}"
    );
    w.env
        .operator_config(&format!("repositories:\n  - url: {}\n", w.remote.url));
    w.aidf(&["backup", "verify", "--all"]).exits(3);
    // There is nothing to back up yet either.
    let empty = w.env.path("empty.git");
    let path = empty.to_str().unwrap();
    w.env.git(&w.env.home(), &["init", "-q", "--bare", path]);
    w.env
        .operator_config(&format!("repositories:\n  - url: {path}\n"));
    w.aidf(&["backup", "verify", "--all"]).ok();
}

/// The loose object of this revision of the remote.
fn loose(w: &World, spec: &str) -> PathBuf {
    let id = w.remote.git(&["rev-parse", spec]);
    w.remote.bare.join("objects").join(&id[..2]).join(&id[2..])
}

#[test]
fn what_a_drill_advises_after_damage_on_the_server_works() {
    for from_bundle in [true, false] {
        let (w, dir) = bundled();
        let folder = Folder::of(&dir);
        let bundle = folder.path(&folder.newest());
        w.env.unpack(&w.remote.bare);
        std::fs::remove_file(loose(&w, "main:assets/logo.bin")).unwrap();
        let out = w.aidf(&["backup", "drill", "--json"]).exits(7);
        let hint = text(&out.error(), "hint");
        assert!(!hint.contains("--full"), "{hint}");
        let (mend, from) = match from_bundle {
            true => (["bundle", "unbundle"], &bundle),
            false => (["fetch", "--refetch"], &w.clone),
        };
        assert!(hint.contains(&format!("git {}", mend.join(" "))), "{hint}");
        w.remote.git(&[mend[0], mend[1], from.to_str().unwrap()]);
        report(&w, &["backup", "drill"], 0);
        report(&w, &["backup", "verify"], 0);
    }
}

#[test]
fn what_a_drill_advises_for_a_damaged_bundle_works() {
    let (w, dir) = bundled();
    let folder = Folder::of(&dir);
    std::fs::write(folder.path(&folder.newest()), "rubbish").unwrap();
    let out = w.aidf(&["backup", "drill", "--json"]).exits(7);
    let hint = text(&out.error(), "hint");
    assert!(hint.contains("aidf backup create --full"), "{hint}");
    w.json(&["backup", "create", "--full"]);
    report(&w, &["backup", "drill"], 0);
}

#[test]
fn what_a_drill_advises_for_a_replaced_backup_works() {
    let w = World::path();
    w.json(&["backup"]);
    let other = w
        .remote
        .write("other", &[("other.txt", Some(b"other\n"))], "Other");
    put(&w.env, &w.remote, &[(backup_of(0), other)]);
    let out = w.aidf(&["backup", "drill", "--json"]).exits(7);
    let hint = text(&out.error(), "hint");
    assert!(hint.contains("`aidf backup create`"), "{hint}");
    let _ = w.aidf(&["backup", "create"]);
    assert_eq!(names(&w.remote).len(), 2);
    report(&w, &["backup", "drill"], 0);
}

#[test]
fn a_bundle_that_lags_behind_is_not_called_damaged() {
    let (w, dir) = bundled();
    w.remote
        .write("main", &[("later.txt", Some(b"later\n"))], "Later");
    // The night's run did not reach the folder.
    w.env.operator_config("");
    w.json(&["backup"]);
    config_folder(&w, &dir);
    let out = w.aidf(&["backup", "drill", "--json"]).exits(7);
    let error = out.error();
    let message = text(&error, "message");
    assert!(message.contains("lags behind"), "{message}");
    assert!(!out.stderr.contains("cannot be restored"), "{out}");
    assert!(!out.stderr.contains("damaged"), "{out}");
    let problems = texts(&out.json(), "problems");
    let bundle = Folder::of(&dir).newest();
    let day = &bundle[..10];
    assert!(
        problems[0].contains(&bundle) && problems[0].contains(&format!("of {day}")),
        "{problems:?}"
    );
    assert!(
        text(&error, "hint").contains("`aidf backup create`"),
        "{out}"
    );
    w.json(&["backup", "create"]);
    report(&w, &["backup", "drill"], 0);
}

/// Three repositories with a backup each, and a folder of bundles for each.
fn three(machine_config: impl Fn(&Machine, &str) -> String) -> (Vec<Remote>, Machine) {
    let remotes: Vec<Remote> = ["alpha", "beta", "gamma"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let urls: String = remotes
        .iter()
        .map(|r| format!("  - url: {}\n", r.url))
        .collect();
    let config = machine_config(&machine, &urls);
    machine.env.operator_config(&config);
    (remotes, machine)
}

fn to_bundles(machine: &Machine, urls: &str) -> String {
    let dir = machine.env.path("bundles");
    let dir = dir.display();
    format!("backup:\n  destinations: [{{folder: {dir}}}]\nrepositories:\n{urls}")
}

#[test]
fn the_summary_of_all_counts_what_failed() {
    let (_remotes, machine) = three(to_bundles);
    report(&machine, &["backup", "--all"], 0);
    for name in ["alpha", "gamma"] {
        let folder = Folder {
            dir: machine.env.path("bundles").join(name),
        };
        std::fs::write(folder.path(&folder.newest()), "rubbish").unwrap();
    }
    for job in ["drill", "verify"] {
        let answer = report(&machine, &["backup", job, "--all"], 7);
        let message = text(&answer, "message");
        assert_eq!(message, "1 of 3 repositories is done; 2 failed");
    }
    let (_remotes, machine) = three(|machine, urls| {
        let file = machine.env.path("file");
        std::fs::write(&file, "no folder\n").unwrap();
        to_bundles(machine, urls).replace("/bundles", "/file/bundles")
    });
    let out = machine.aidf(&["backup", "--all"]);
    assert_ne!(out.code, 0, "{out}");
    assert!(
        out.stdout.contains(
            "3 of 3 repositories are backed up; 0 rewound, 3 failed (3 of them only to copy)"
        ),
        "{out}"
    );
}

/// Ruins the bundle that is alone in a folder; answers its path.
fn ruined(dir: &Path) -> String {
    let folder = Folder::of(dir);
    let file = folder.path(&folder.newest());
    std::fs::write(&file, "rubbish").unwrap();
    file.display().to_string()
}

#[test]
fn a_quiet_verification_names_what_is_damaged_and_where() {
    let (w, dir) = bundled();
    let file = ruined(&dir);
    let out = w.aidf(&["-q", "backup", "verify"]).exits(7);
    assert!(out.stderr.contains(&file), "{out}");
    assert!(out.stderr.contains("1 of 2 backups damaged"), "{out}");
    w.env.unpack(&w.remote.bare);
    std::fs::remove_file(loose(&w, "main:assets/logo.bin")).unwrap();
    config_folder(&w, &w.env.path("elsewhere"));
    let out = w.aidf(&["-q", "backup", "verify"]).exits(7);
    assert!(out.stderr.contains(&backup_of(0)), "{out}");
    assert!(out.stderr.contains(&w.remote.url), "{out}");
    assert!(out.stderr.contains("1 of 1 backup damaged"), "{out}");
    w.env
        .operator_config(&format!("repositories:\n  - url: {}\n", w.remote.url));
    let out = w.aidf(&["-q", "backup", "verify", "--all"]).exits(7);
    assert!(out.stderr.contains(&backup_of(0)), "{out}");
}

#[test]
fn verify_takes_the_folder_that_restore_takes() {
    let (w, dir) = bundled();
    let path = dir.to_str().unwrap();
    let answer = report(&w, &["backup", "verify", "--bundle", path], 0);
    assert_eq!(texts(&answer, "verified").len(), 1, "{answer:#}");
    w.json(&["backup", "restore", "--bundle", path, "--to", "restored"]);
    let file = ruined(&dir);
    let answer = report(&w, &["backup", "verify", "--bundle", path], 7);
    assert_eq!(answer["problems"][0]["name"], file.as_str());
    // A folder without any bundle is no damaged one.
    let empty = w.env.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let verify = ["backup", "verify", "--bundle", empty.to_str().unwrap()];
    w.refuses(&verify, 3);
}

#[test]
fn a_bundle_named_by_a_dash_is_refused() {
    let w = World::path();
    let out = w.refuses(&["backup", "create", "--bundle", "-"], 2);
    assert!(text(&out.error(), "hint").contains("file"), "{out}");
    assert_eq!(names(&w.remote), Vec::<String>::new());
    w.json(&["backup", "create", "--bundle", "./-"]);
    assert!(w.clone.join("-").is_file());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_may_be_a_mount_whose_mode_has_to_change() {
    let w = World::path();
    w.json(&["backup"]);
    let key = w.env.path("keys.json");
    std::fs::copy(w.env.keys(), &key).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&key, mode).unwrap();
    let call = w.call(&["backup", "create", "--json"]);
    let out = call.env("AIDF_KEY_FILE", &key).run().exits(4);
    let hint = text(&out.error(), "hint");
    assert!(hint.contains("chmod 600"), "{hint}");
    assert!(hint.contains("defaultMode: 0400"), "{hint}");
    let _: Value = out.error();
    let _ = list(&w.json(&["backup", "list"]), "backups");
}

/// Verifies the folder around that of a repository.
fn verify_home(dir: &Path) -> [&str; 4] {
    ["backup", "verify", "--bundle", dir.to_str().unwrap()]
}

#[test]
fn the_home_of_folders_tells_what_each_folder_in_it_would() {
    let (w, dir) = bundled();
    let folder = Folder::of(&dir);
    report(&w, &verify_home(&dir), 0);
    // One good bundle of somebody else beside the folder hides no damage in it.
    let stray = dir.join("stray.bundle");
    std::fs::copy(folder.path(&folder.newest()), &stray).unwrap();
    let answer = report(&w, &verify_home(&dir), 0);
    assert_eq!(texts(&answer, "verified").len(), 2, "{answer:#}");
    let file = ruined(&dir);
    let answer = report(&w, &verify_home(&dir), 7);
    assert_eq!(answer["problems"][0]["name"], file.as_str());
    // Nor does it where no bundle is left.
    std::fs::remove_file(&file).unwrap();
    let answer = report(&w, &verify_home(&dir), 7);
    assert_eq!(answer["problems"][0]["name"], file.as_str());
    std::fs::remove_file(&stray).unwrap();
    let answer = report(&w, &verify_home(&dir), 7);
    assert_eq!(answer["problems"][0]["name"], file.as_str());
}

#[cfg(unix)]
#[test]
fn the_home_of_folders_tells_of_one_that_cannot_be_read() {
    let (w, dir) = bundled();
    let unread = dir.join("unread");
    std::os::unix::fs::symlink("unread", &unread).unwrap();
    let answer = report(&w, &verify_home(&dir), 7);
    let name = text(&answer["problems"][0], "name");
    assert!(name.contains("unread"), "{answer:#}");
    std::fs::remove_file(&unread).unwrap();
    std::os::unix::fs::symlink("lost+found", dir.join("lost+found")).unwrap();
    std::fs::write(dir.join("notes.txt"), "notes").unwrap();
    report(&w, &verify_home(&dir), 0);
}

#[test]
fn a_bundle_of_before_a_forced_push_lags_behind_and_is_not_damaged() {
    let (w, dir) = bundled();
    let bare = ["commit-tree", "-m", "Anew", "main^{tree}"];
    let anew = w.remote.git(&bare);
    w.remote.git(&["update-ref", "refs/heads/main", &anew]);
    w.remote
        .write("main", &[("anew.txt", Some(b"anew\n"))], "Go on");
    // The night's run did not reach the folder.
    w.env.operator_config("");
    report(&w, &["backup"], 8);
    config_folder(&w, &dir);
    let out = w.aidf(&["backup", "drill", "--json"]).exits(7);
    let message = out.error();
    assert!(text(&message, "message").contains("lags behind"), "{out}");
    assert!(!out.all().contains("damaged"), "{out}");
    w.json(&["backup", "create"]);
    report(&w, &["backup", "drill"], 0);
}

#[test]
fn a_remote_with_branches_has_something_to_back_up_whatever_its_head_names() {
    let w = World::path();
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    w.refuses(&["backup", "verify"], 3);
}

#[test]
fn the_first_bundles_that_were_written_below_a_mount_point_are_looked_for_there() {
    let (w, dir) = bundled();
    std::fs::rename(&dir, w.env.path("below")).unwrap();
    std::fs::create_dir(&dir).unwrap();
    let out = w.aidf(&["backup", "create", "--json"]).exits(3);
    let hint = text(&out.error(), "hint").to_owned();
    assert!(hint.contains("below its mount point"), "{hint}");
    advises_to_mount(&out);
    w.json(&["backup", "create", "--full"]);
    report(&w, &["backup", "verify"], 0);
}
