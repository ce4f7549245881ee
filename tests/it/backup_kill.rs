//! SIGKILL at random moments of `backup create`: a re-run finishes, and nothing half
//! stands under its final name.
#![cfg(unix)]

use std::time::{Duration, Instant};

use rand::RngExt;

use crate::backup_bundles::{Folder, config_folder};
use crate::backup_days::{DAY, backup_of, backups, days_ago, names, now, put, report, stamp};
use crate::support::{Kind, World, randomness, times};

fn kills() -> usize {
    times(6, 20)
}

/// What the killed client started may still be at work on the server.
#[track_caller]
fn server_comes_to_rest(w: &World) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let locks = w
            .env
            .command("find", &w.remote.bare)
            .args([".", "-name", "*.lock"])
            .output()
            .unwrap()
            .stdout;
        if locks.is_empty() {
            return;
        }
        assert!(
            Instant::now() < until,
            "locks stay on the server: {}",
            String::from_utf8_lossy(&locks)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Takes the day's backups away again, with plain git.
fn clear(w: &World) {
    for (name, _) in backups(&w.remote) {
        w.remote
            .git(&["update-ref", "-d", &format!("refs/heads/{name}")]);
    }
}

fn killed_at_random_moments(kind: Kind, with_cache: bool) {
    let w = World::new(kind);
    let url = w.remote.url.clone();
    let bundle = w.env.path("w.bundle");
    let file = bundle.display().to_string();
    let dest = w.env.path("copy.git");
    let copy = dest.display().to_string();
    w.env
        .git(&w.env.home(), &["init", "--quiet", "--bare", &copy]);
    let nothing = w.env.path("nothing.git");
    w.env.git(
        &w.env.home(),
        &["init", "--quiet", "--bare", nothing.to_str().unwrap()],
    );
    let call = || {
        let mut args = vec![
            "backup", "create", "--branch", "main", "--branch", "sandbox", "--bundle", &file,
            "--dest", &copy, "--json",
        ];
        if with_cache {
            args.extend(["-R", &url]);
        }
        w.call(&args)
    };
    let mut typical = Duration::ZERO;
    for _ in 0..2 {
        clear(&w);
        typical = call().run().ok().took;
    }
    let mut random = randomness();
    for n in 0..kills() {
        let moment = typical.mul_f64(random.random_range(0.0..1.2));
        clear(&w);
        for name in w
            .env
            .git(&dest, &["for-each-ref", "--format=%(refname)"])
            .lines()
        {
            w.env.git(&dest, &["update-ref", "-d", name]);
        }
        let _ = std::fs::remove_file(&bundle);
        let content = format!("{n}\n");
        let tip = w
            .remote
            .write("main", &[("n.txt", Some(content.as_bytes()))], "Count");
        let mut child = call().start_unheard();
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        if bundle.exists() {
            w.env.git(&nothing, &["bundle", "verify", &file]);
        }
        server_comes_to_rest(&w);
        // The next run finishes, at once.
        call().run().ok();
        let wanted = [
            (backup_of(0), tip.clone()),
            (
                format!("backup/sandbox/{}", days_ago(0)),
                w.remote.tip("sandbox"),
            ),
        ];
        assert_eq!(backups(&w.remote), wanted, "kill {n}");
        let there = w.env.git(
            &dest,
            &["for-each-ref", "--format=%(refname:lstrip=2) %(objectname)"],
        );
        let lines: Vec<String> = wanted.iter().map(|(n, c)| format!("{n} {c}")).collect();
        assert_eq!(there, lines.join("\n"), "kill {n}");
        w.env.git(&nothing, &["bundle", "verify", &file]);
        let heads = w.env.git(&nothing, &["bundle", "list-heads", &file]);
        assert!(heads.contains(&tip), "{heads}");
        if n % 5 == 4 {
            w.remote.is_sound();
            w.clone_is_sound();
            w.git(&["fetch", "--quiet"]);
        }
    }
    w.env.git(&dest, &["fsck", "--strict"]);
}

#[test]
fn a_create_killed_at_any_moment_is_finished_by_the_next_over_a_path() {
    killed_at_random_moments(Kind::Path, false);
}

#[test]
fn a_create_killed_at_any_moment_is_finished_by_the_next_over_http() {
    killed_at_random_moments(Kind::Http, false);
}

#[test]
fn a_create_killed_at_any_moment_is_finished_by_the_next_without_a_clone() {
    killed_at_random_moments(Kind::Path, true);
}

#[test]
fn a_prune_killed_at_any_moment_is_finished_by_the_next() {
    let w = World::new(Kind::Http);
    let tip = w.remote.tip("main");
    let all: Vec<(String, String)> = (0..60).map(|n| (backup_of(n), tip.clone())).collect();
    let args = [
        "backup",
        "prune",
        "--trust-unauthenticated",
        "--keep-daily",
        "7",
        "--json",
    ];
    let mut wanted: Vec<String> = (0..7).map(backup_of).collect();
    wanted.sort();
    put(&w.env, &w.remote, &all);
    let typical = w.aidf(&args).ok().took;
    let mut random = randomness();
    for n in 0..kills() {
        let moment = typical.mul_f64(random.random_range(0.0..1.2));
        put(&w.env, &w.remote, &all);
        let mut child = w.call(&args).start_unheard();
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        server_comes_to_rest(&w);
        let there = names(&w.remote);
        assert!(wanted.iter().all(|name| there.contains(name)), "kill {n}");
        w.aidf(&args).ok();
        assert_eq!(names(&w.remote), wanted, "kill {n}");
    }
    w.remote.is_sound();
    w.clone_is_sound();
}

/// Nothing under a final name is half: plain git reads each bundle in the remote itself,
/// which has all that any of them needs.
#[track_caller]
fn bundles_are_whole(w: &World, folder: &Folder) {
    if !folder.dir.exists() {
        return;
    }
    for name in folder.bundles() {
        let path = folder.path(&name);
        w.remote
            .git(&["bundle", "verify", "--quiet", path.to_str().unwrap()]);
    }
}

#[test]
fn a_folder_of_bundles_killed_at_any_moment_is_finished_by_the_next_run() {
    let w = World::path();
    // Enough bytes for the writing to take a while.
    let big: Vec<u8> = (0..1_500_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    w.remote.write("main", &[("big.bin", Some(&big))], "Big");
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    let mut typical = Duration::ZERO;
    for _ in 0..2 {
        clear(&w);
        typical = w.call(&["backup", "--full"]).run().ok().took;
    }
    let mut random = randomness();
    for n in 0..kills() {
        let moment = typical.mul_f64(random.random_range(0.0..1.2));
        clear(&w);
        if n % 7 == 6 {
            std::fs::remove_dir_all(&folder.dir).unwrap();
        }
        let content = format!("{n}\n");
        let tip = w
            .remote
            .write("main", &[("n.txt", Some(content.as_bytes()))], "Count");
        let full: &[&str] = if n % 2 == 0 { &["--full"] } else { &[] };
        let mut child = w.call(&[&["backup"], full].concat()).start_unheard();
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        bundles_are_whole(&w, &folder);
        server_comes_to_rest(&w);
        w.json(&["backup"]);
        folder.is_tidy(&w);
        let bare = folder.restored(&w);
        assert_eq!(w.env.git(&bare, &["rev-parse", "main"]), tip, "kill {n}");
    }
    report(
        &w,
        &["backup", "verify", "--bundle", folder.dir.to_str().unwrap()],
        0,
    );
    w.remote.is_sound();
}

#[test]
fn a_prune_of_bundles_killed_at_any_moment_is_finished_by_the_next() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    w.json(&["backup"]);
    w.remote.write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    w.json(&["backup"]);
    let (full, last) = (folder.fulls().remove(0), folder.newest());
    let aged = folder.age(&full, 50);
    // Many more of both kinds, and none of them needed.
    for n in 1..40 {
        let old = format!("{}.full.bundle", stamp(now() - (50 + n) * DAY));
        std::fs::copy(folder.path(&aged), folder.path(&old)).unwrap();
        let young = format!("{}.incremental.bundle", stamp(now() - n * DAY));
        std::fs::copy(folder.path(&last), folder.path(&young)).unwrap();
    }
    folder.sum_anew();
    let whole = folder.copy(&w.env.path("whole"));
    let args = ["backup", "prune", "--keep-last", "1", "--json"];
    let wanted = [aged, last];
    let typical = w.aidf(&args).ok().took;
    assert_eq!(folder.bundles(), wanted);
    let mut random = randomness();
    for n in 0..kills() {
        let moment = typical.mul_f64(random.random_range(0.0..1.2));
        whole.copy(&dir);
        // The folder is older than manifests again, and the machine has seen none there.
        let _ = std::fs::remove_dir_all(w.env.state().join("aidf/bundles"));
        let mut child = w.call(&args).start_unheard();
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        let there = folder.bundles();
        assert!(wanted.iter().all(|name| there.contains(name)), "kill {n}");
        // The list never names what is gone.
        for (name, _) in folder.sums() {
            assert!(there.contains(&name), "kill {n}: {name}");
        }
        w.aidf(&args).ok();
        assert_eq!(folder.bundles(), wanted, "kill {n}");
        folder.is_tidy(&w);
    }
    folder.restored(&w);
}
