//! Bundles that were damaged, and bundles that mean harm: found by `verify` and `drill`,
//! never restored, and no reason to stop making new ones.

use std::path::{Path, PathBuf};

use crate::backup_bundles::{Folder, SUMS, config_folder, restored};
use crate::backup_days::{DAY, list, now, report, stamp, texts};
use crate::support::{Kind, World, listed, times};

/// How many bytes of a file are flipped, one at a time: the first, the last, and between.
fn flips() -> usize {
    times(6, 20)
}

/// A full bundle and an incremental one in a folder of the config.
fn two_bundles(w: &World, dir: &Path) -> Folder {
    config_folder(w, dir);
    w.json(&["backup"]);
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    w.json(&["backup"]);
    let folder = Folder::of(dir);
    assert_eq!(folder.bundles().len(), 2);
    folder
}

/// Twenty places of a file, from its first byte to its last.
fn places(length: usize) -> impl Iterator<Item = usize> {
    (0..flips()).map(move |n| n * (length - 1) / (flips() - 1))
}

/// Flips a byte at each place of a file, and answers what the next runs say.
fn flipped_everywhere(which: impl Fn(&Folder) -> String) {
    let w = World::path();
    let whole = two_bundles(&w, &w.env.path("whole"));
    let dir = w.env.path("hurt");
    config_folder(&w, &dir);
    let tip = w.remote.tip("main");
    let name = which(&whole);
    let bytes = std::fs::read(whole.path(&name)).unwrap();
    for at in places(bytes.len()) {
        let folder = whole.copy(&dir);
        // The damage is what is asked of here, and not that an older set came back.
        let _ = std::fs::remove_dir_all(w.env.state().join("aidf/bundles"));
        let mut bad = bytes.clone();
        bad[at] ^= 0x11;
        std::fs::write(folder.path(&name), bad).unwrap();
        let what = format!("byte {at} of {name}");

        let found = w.aidf(&["backup", "verify", "--json"]);
        assert_eq!(found.code, 7, "{what}\n{found}");
        let problems = listed(&found.json()["problems"]);
        assert!(problems.contains(folder.dir.to_str().unwrap()), "{found}");
        let drill = w.aidf(&["backup", "drill", "--json"]);
        assert_eq!(drill.code, 7, "{what}\n{drill}");
        if name != SUMS {
            let path = folder.path(&name);
            let args = [
                "backup",
                "verify",
                "--bundle",
                path.to_str().unwrap(),
                "--json",
            ];
            let alone = w.aidf(&args);
            assert_eq!(alone.code, 7, "{what}\n{alone}");
        }

        // The next run makes what is needed, although nothing else changed.
        let before = folder.bundles();
        let made = w.aidf(&["backup", "--json"]);
        if name == SUMS && made.code != 0 {
            // Another address is for the operator to look at.
            assert!(matches!(made.code, 6 | 7), "{what}\n{made}");
            if made.code == 6 {
                assert_eq!(folder.bundles(), before, "{what}");
                continue;
            }
            // A list that cannot be read is set aside, said so, and made anew.
            assert!(folder.path("SHA256SUMS.damaged").exists(), "{what}");
            let new = made.json()["destinations"][0]["bundle"].clone();
            assert!(new.as_str().unwrap().ends_with(".full.bundle"), "{made}");
            report(&w, &["backup"], 0);
            report(&w, &["backup", "verify"], 0);
            report(&w, &["backup", "drill"], 0);
            continue;
        }
        assert_eq!(made.code, 0, "{what}\n{made}");
        let answer = made.json();
        assert!(!texts(&answer, "warnings").is_empty(), "{what}\n{made}");
        let new = answer["destinations"][0]["bundle"]
            .as_str()
            .unwrap_or_else(|| panic!("{what}: nothing was made\n{made}"))
            .to_owned();
        let of_full = name.ends_with(".full.bundle");
        assert!(!of_full || new.ends_with(".full.bundle"), "{what}: {new}");
        let drill = w.aidf(&["backup", "drill", "--json"]);
        assert_eq!(drill.code, 0, "{what}\n{drill}");
        let full = folder.fulls().pop().unwrap();
        let bare = restored(&w, &folder.path(&full), &folder.path(&new));
        assert_eq!(w.env.git(&bare, &["rev-parse", "main"]), tip, "{what}");
        // What is damaged stays known as damaged.
        report(&w, &["backup", "verify"], 7);
    }
}

#[test]
fn a_flipped_byte_of_a_full_bundle_is_found_and_a_new_one_is_made() {
    flipped_everywhere(|folder| folder.fulls()[0].clone());
}

#[test]
fn a_flipped_byte_of_an_incremental_bundle_is_found_and_a_new_one_is_made() {
    flipped_everywhere(Folder::newest);
}

#[test]
fn a_flipped_byte_of_the_list_of_checksums_is_found() {
    flipped_everywhere(|_| SUMS.to_owned());
}

#[test]
fn a_full_bundle_that_is_gone_is_missed_and_made_anew() {
    let w = World::path();
    let folder = two_bundles(&w, &w.env.path("bundles"));
    let full = folder.fulls()[0].clone();
    std::fs::remove_file(folder.path(&full)).unwrap();
    let answer = report(&w, &["backup", "verify"], 7);
    let problems = listed(&answer["problems"]);
    assert!(problems.contains(&full), "it is listed: {answer:#}");
    assert!(
        problems.contains(&folder.newest()),
        "it needs it: {answer:#}"
    );
    report(&w, &["backup", "drill"], 7);
    // Nothing comes from what stands alone.
    let clone = w.other();
    let path = folder.path(&folder.newest());
    let args = ["backup", "restore", "--to", "rescue", "--json", "--bundle"];
    let bare = w.env.path("elsewhere.git");
    w.env.git(
        &w.env.home(),
        &["init", "--quiet", "--bare", bare.to_str().unwrap()],
    );
    let refs = w.remote.refs();
    let out = clone.env.aidf(
        &clone.env.home(),
        &[
            &["-R", bare.to_str().unwrap()],
            &args[..],
            &[path.to_str().unwrap()],
        ]
        .concat(),
    );
    assert_eq!(out.code, 7, "{out}");
    assert_eq!(w.remote.refs(), refs);
    let made = w.json(&["backup"]);
    let new = made["destinations"][0]["bundle"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(new.ends_with(".full.bundle"), "{made:#}");
    assert!(listed(&made["warnings"]).contains(&full), "{made:#}");
    report(&w, &["backup", "drill"], 0);
}

#[test]
fn a_bundle_that_breaks_off_anywhere_is_found_and_not_restored() {
    let w = World::path();
    let folder = two_bundles(&w, &w.env.path("bundles"));
    let full = folder.fulls()[0].clone();
    let bytes = std::fs::read(folder.path(&full)).unwrap();
    let alone = w.env.path("alone.bundle");
    for at in places(bytes.len()) {
        std::fs::write(&alone, &bytes[..at]).unwrap();
        let path = alone.to_str().unwrap();
        report(&w, &["backup", "verify", "--bundle", path], 7);
        w.refuses(
            &["backup", "restore", "--bundle", path, "--to", "rescue"],
            7,
        );
    }
    // Nor one with something behind it.
    std::fs::write(&alone, [&bytes[..], b"more"].concat()).unwrap();
    let out = w.aidf(&[
        "backup",
        "verify",
        "--bundle",
        alone.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(out.code, 7, "{out}");
}

#[test]
fn without_a_place_for_temporary_files_nothing_is_called_damaged() {
    let w = World::path();
    let folder = two_bundles(&w, &w.env.path("bundles"));
    let nowhere = w.env.path("nowhere");
    let dir = folder.dir.to_str().unwrap();
    for args in [
        &["backup", "verify"][..],
        &["backup", "verify", "--bundle", dir],
        &["backup", "drill"],
        &["-R", &w.url, "backup", "verify"],
    ] {
        let out = w.call(args).env("TMPDIR", &nowhere).run().exits(1);
        assert!(out.stderr.contains("set TMPDIR to a folder"), "{out}");
    }
}

#[test]
fn a_damaged_bundle_is_not_restored() {
    let w = World::path();
    let whole = two_bundles(&w, &w.env.path("bundles"));
    let lost = crate::support::Remote::new(Kind::Path, "lost", false);
    let refs = lost.refs();
    let restore = |path: &Path| {
        let path = path.to_str().unwrap();
        let args = ["-R", &lost.url, "backup", "restore", "--bundle", path];
        let to = ["--to", "rescue", "--json"];
        let machine = crate::support::Machine::bare(&lost);
        machine.aidf(&[&args[..], &to[..]].concat())
    };
    for name in [whole.fulls()[0].clone(), whole.newest()] {
        let bytes = std::fs::read(whole.path(&name)).unwrap();
        for at in places(bytes.len()) {
            let folder = whole.copy(&w.env.path("hurt"));
            let mut bad = bytes.clone();
            bad[at] ^= 0x11;
            std::fs::write(folder.path(&name), bad).unwrap();
            // The list beside it knows each byte of it, and of the one below it.
            for path in [folder.path(&folder.newest()), folder.dir.clone()] {
                let out = restore(&path);
                assert_eq!(out.code, 7, "byte {at} of {name}\n{out}");
                assert_eq!(out.stdout, "", "{out}");
                assert_eq!(lost.refs(), refs);
            }
        }
    }
    restore(&whole.path(&whole.newest())).ok();
}

#[test]
fn an_object_that_the_remote_lost_is_no_bundle() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let tip = w
            .remote
            .write("main", &[("big.txt", Some(b"big\n"))], "Big");
        let blob = w.remote.git(&["rev-parse", &format!("{tip}:big.txt")]);
        let file = w
            .remote
            .bare
            .join("objects")
            .join(&blob[..2])
            .join(&blob[2..]);
        std::fs::remove_file(file).unwrap();
        let dir = w.env.path("bundles");
        let out = w.aidf(&["backup", "--bundle-dir", dir.to_str().unwrap(), "--json"]);
        assert_eq!(out.code, 7, "{out}");
        let folder = Folder::of(&dir);
        assert!(!folder.dir.exists() || folder.bundles().is_empty());
        report(&w, &["backup", "verify"], 7);
    }
}

/// A bundle of these header lines, with the pack of a real one.
fn forged(w: &World, header: &[u8]) -> PathBuf {
    let real = w.env.path("real.bundle");
    let path = real.to_str().unwrap();
    w.remote.git(&["bundle", "create", "--quiet", path, "main"]);
    let bytes = std::fs::read(&real).unwrap();
    let end = bytes.windows(2).position(|w| w == b"\n\n").unwrap();
    let folder = w.env.path("hostile");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("x.bundle");
    std::fs::write(&file, [header, &bytes[end + 2..]].concat()).unwrap();
    file
}

/// Neither proven nor restored, and nothing of it reaches the terminal as it is.
#[track_caller]
fn is_refused(w: &World, file: &Path, codes: &[i32]) {
    let path = file.to_str().unwrap();
    for json in [true, false] {
        let mut verify = vec!["backup", "verify", "--bundle", path];
        let mut restore = vec!["backup", "restore", "--bundle", path, "--to", "rescue"];
        if json {
            verify.push("--json");
            restore.push("--json");
        }
        let refs = w.remote.refs();
        let tree = w.snapshot();
        let runs = [w.aidf(&verify), w.aidf(&restore)];
        assert_eq!(w.remote.refs(), refs);
        assert_eq!(w.snapshot(), tree);
        for out in runs {
            assert!(codes.contains(&out.code), "{out}");
            assert!(out.took.as_secs() < 20, "{out}");
            assert!(out.all().len() < 20_000, "a page is enough");
            for bad in ['\u{1b}', '\u{7}', '\u{202e}'] {
                assert!(!out.all().contains(bad), "{bad:?}\n{out:?}");
            }
        }
    }
}

#[test]
fn headers_that_are_not_gits_are_refused() {
    let w = World::path();
    let tip = w.remote.tip("main");
    let v2 = "# v2 git bundle\n";
    let head = format!("{v2}{tip} refs/heads/main\n");
    let odd: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\n\n".to_vec(),
        b"# v9 git bundle\n\n".to_vec(),
        // Without an end.
        head.clone().into_bytes(),
        [head.as_bytes(), &b"x".repeat(3 << 20)].concat(),
        format!("{v2}{tip} refs/heads/{}\n\n", "x".repeat(1 << 20)).into_bytes(),
        head.repeat(3).into_bytes(),
        // A capability that it does not know leaves objects out.
        format!(
            "# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n{tip} refs/heads/main\n\n"
        )
        .into_bytes(),
        format!("# v3 git bundle\n@object-format=sha256\n{tip} refs/heads/main\n\n").into_bytes(),
        "# v3 git bundle\n@\u{1b}]0;owned\u{7}\n\n".into(),
        // Ids and names.
        format!("{v2}{} refs/heads/main\n\n", &tip[1..]).into_bytes(),
        format!("{v2}zz{} refs/heads/main\n\n", &tip[2..]).into_bytes(),
        format!("{v2}{tip}\n\n").into_bytes(),
        [v2.as_bytes(), tip.as_bytes(), b" refs/heads/\xff\xfe\n\n"].concat(),
        format!("{v2}{tip} refs/heads/../../x\n\n").into_bytes(),
        format!("{v2}{tip} refs/heads/\u{1b}[2Jx\u{7}\n\n").into_bytes(),
        format!("{v2}{tip} refs/heads/a\u{202e}b\n\n").into_bytes(),
        // What it names is not in it.
        format!("{v2}{} refs/heads/main\n\n", "1".repeat(40)).into_bytes(),
        format!("{v2}-{}\n{tip} refs/heads/main\n\n", "1".repeat(40)).into_bytes(),
    ];
    for header in odd {
        let file = forged(&w, &header);
        // A header without an end runs into the pack.
        is_refused(&w, &file, &[7]);
    }
    // No branch at all: nothing to restore.
    let file = forged(&w, format!("{v2}\n").as_bytes());
    let path = file.to_str().unwrap();
    w.refuses_any(
        &["backup", "restore", "--bundle", path, "--to", "rescue"],
        &[3, 7],
    );
}

#[test]
fn a_header_of_many_lines_ends_soon() {
    let w = World::path();
    let line = format!("{} refs/heads/x\n", "1".repeat(40));
    let header = format!("# v2 git bundle\n{}", line.repeat(300_000));
    let file = forged(&w, header.as_bytes());
    is_refused(&w, &file, &[7]);
}

#[test]
fn names_in_a_bundle_are_never_paths() {
    let w = World::path();
    let tip = w.remote.tip("main");
    let header = format!(
        "# v2 git bundle\n{tip} refs/heads/ok\n{tip} refs/heads/-x\n{tip} refs/heads/a b\n{tip} refs/tags/../x\n\n"
    );
    let file = forged(&w, header.as_bytes());
    is_refused(&w, &file, &[7]);
    // Odd ones beside a good one: only a branch that is asked for counts.
    let header = format!("# v2 git bundle\n{tip} refs/heads/-x\n{tip} refs/heads/ok\n\n");
    let file = forged(&w, header.as_bytes());
    let path = file.to_str().unwrap();
    let args = ["backup", "restore", "--bundle", path, "--json", "--", "-x"];
    w.refuses_with(w.call(&args), &[2, 7]);
    let answer = w.json(&["backup", "restore", "ok", "--bundle", path]);
    assert_eq!(answer["branch"], "restore/ok/x");
    assert_eq!(w.remote.tip("restore/ok/x"), tip);
}

#[test]
fn bundles_that_need_each_other_are_no_backup() {
    let w = World::path();
    let folder = w.env.path("circle");
    std::fs::create_dir_all(&folder).unwrap();
    let ids = ["1", "2"].map(|d| d.repeat(40));
    for (n, (mine, other)) in [(&ids[0], &ids[1]), (&ids[1], &ids[0])].iter().enumerate() {
        let header = format!("# v2 git bundle\n-{other}\n{mine} refs/heads/main\n\n");
        let file = forged(&w, header.as_bytes());
        std::fs::rename(file, folder.join(format!("{n}.bundle"))).unwrap();
    }
    for name in ["0.bundle", "1.bundle"] {
        is_refused(&w, &folder.join(name), &[7]);
    }
    let answer = report(
        &w,
        &["backup", "verify", "--bundle", folder.to_str().unwrap()],
        7,
    );
    assert_eq!(list(&answer, "problems").len(), 2);
}

#[test]
fn a_list_that_names_files_elsewhere_is_refused() {
    let w = World::path();
    let folder = two_bundles(&w, &w.env.path("bundles"));
    let outside = folder.dir.parent().unwrap().join("x.full.bundle");
    std::fs::write(&outside, "precious").unwrap();
    let stamp = stamp(now() - 400 * DAY);
    let good = std::fs::read_to_string(folder.path(SUMS)).unwrap();
    let sum = "0".repeat(64);
    for name in [
        "../x.full.bundle".to_owned(),
        format!("../{stamp}.full.bundle"),
        format!("/tmp/{stamp}.full.bundle"),
        format!("{stamp}.full.bundle/../../x"),
        "\u{1b}[2J.full.bundle".to_owned(),
    ] {
        std::fs::write(folder.path(SUMS), format!("{good}{sum}  {name}\n")).unwrap();
        let before = folder.bundles();
        for args in [
            &["backup", "verify", "--json"][..],
            &["backup", "drill", "--json"],
            &["backup", "prune", "--keep-last", "1", "--json"],
            &[
                "backup",
                "restore",
                "--bundle",
                folder.dir.to_str().unwrap(),
                "--to",
                "rescue",
                "--json",
            ],
        ] {
            let out = w.aidf(args);
            assert_eq!(out.code, 7, "{name}\n{out}");
            assert!(!out.all().contains('\u{1b}'), "{out:?}");
        }
        assert_eq!(folder.bundles(), before);
        assert_eq!(std::fs::read(&outside).unwrap(), b"precious");
        assert_eq!(w.remote.try_tip("rescue"), None);
        // The next run sets the list aside, says so, and makes what is needed.
        report(&w, &["backup"], 7);
        report(&w, &["backup", "verify"], 0);
        assert_eq!(std::fs::read(&outside).unwrap(), b"precious");
    }
}

#[cfg(unix)]
#[test]
fn a_bundle_that_is_a_link_to_elsewhere_is_not_followed_for_removal() {
    let w = World::path();
    let folder = two_bundles(&w, &w.env.path("bundles"));
    let full = folder.fulls()[0].clone();
    let aside = w.env.path("aside.bundle");
    std::fs::rename(folder.path(&full), &aside).unwrap();
    std::os::unix::fs::symlink(&aside, folder.path(&full)).unwrap();
    report(&w, &["backup", "verify"], 0);
    w.json(&["backup", "--full"]);
    w.json(&["backup", "prune", "--keep-last", "1"]);
    assert!(aside.exists(), "the link goes, not what it shows");
    assert_eq!(folder.bundles().len(), 1);
}

#[test]
fn a_warning_of_a_damaged_bundle_is_in_the_answer_for_all_too() {
    let w = World::path();
    let dir = w.env.path("bundles");
    w.env.operator_config(&format!(
        "repositories: [{{url: {}}}]\nbackup: {{destinations: [{{folder: {}}}]}}\n",
        w.remote.url,
        dir.display()
    ));
    let first = report(&w, &["backup", "--all"], 0);
    let warned = texts(&first, "warnings");
    assert!(
        matches!(&warned[..], [one] if one.contains("made a key")),
        "{first:#}"
    );
    let folder = Folder::of(&dir);
    std::fs::write(folder.path(&folder.newest()), "rubbish").unwrap();
    let answer = report(&w, &["backup", "--all"], 0);
    assert!(
        listed(&answer["warnings"]).contains("checksum"),
        "{answer:#}"
    );
    assert_eq!(folder.fulls().len(), 2);
}

#[cfg(unix)]
#[test]
fn what_a_killed_proof_left_goes_with_the_next_one() {
    use std::fs::{Permissions, create_dir, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    w.json(&["backup", "create"]);
    let place = w.env.path("temporary");
    create_dir(&place).unwrap();
    let made = |name: &str, mode: u32| {
        let folder = place.join(name);
        create_dir(&folder).unwrap();
        std::fs::write(folder.join("object"), "content").unwrap();
        set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        let opened = std::fs::File::open(&folder).unwrap();
        let hour = std::time::Duration::from_secs(3600);
        opened
            .set_modified(std::time::SystemTime::now() - hour)
            .unwrap();
        opened
    };
    made(".aidf-work-left", 0o700);
    // One that a run is at work in, and folders that are none of ours.
    let lock = made(".aidf-work-used", 0o700);
    lock.lock().unwrap();
    made(".aidf-work-open", 0o755);
    made("aidf-backup", 0o700);
    std::os::unix::fs::symlink(&w.clone, place.join(".aidf-work-link")).unwrap();
    for command in ["drill", "verify"] {
        let args = ["backup", command];
        w.call(&args).env("TMPDIR", &place).run().ok();
        let mut names: Vec<String> = std::fs::read_dir(&place)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let kept = [
            ".aidf-work-link",
            ".aidf-work-open",
            ".aidf-work-used",
            "aidf-backup",
        ];
        assert_eq!(names, kept);
    }
    assert!(w.clone.join("README.md").exists());
    assert!(place.join(".aidf-work-used/object").exists());
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_the_folder_of_a_proof() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    w.json(&["backup", "create"]);
    let place = w.env.path("temporary");
    std::fs::create_dir(&place).unwrap();
    let found = (0..100).find_map(|_| {
        let mut command = w.env.command("sh", &w.clone);
        command.env("TMPDIR", &place);
        let script = "umask 022 && exec \"$0\" backup verify";
        command.args(["-c", script, env!("CARGO_BIN_EXE_aidf")]);
        command.stdout(std::process::Stdio::null());
        let mut running = command.spawn().unwrap();
        let mut mode = None;
        while mode.is_none() && running.try_wait().unwrap().is_none() {
            let mut all = std::fs::read_dir(&place).unwrap().flatten();
            mode = all.find_map(|entry| Some(entry.metadata().ok()?.permissions().mode()));
        }
        let _ = running.kill();
        running.wait().unwrap();
        mode
    });
    let mode = found.expect("no run was seen with its folder");
    assert_eq!(mode & 0o777, 0o700);
}
