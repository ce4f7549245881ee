//! A working copy that somebody else changes while aidf reads it: links in the place of
//! folders and files, pipes, devices, folders without an end. Nothing from outside of it
//! lands, and nothing hangs.

use std::path::Path;
use std::time::Duration;

use crate::support::{Call, Kind, World};

/// What lies outside and must never be on the remote.
const SECRET: &str = "the-content-of-a-file-outside";

/// A folder outside of the clone with files of these names.
fn outside(w: &World, names: &[String]) -> std::path::PathBuf {
    let dir = w.env.path("outside");
    std::fs::create_dir_all(&dir).unwrap();
    for name in names {
        std::fs::write(dir.join(name), format!("{SECRET} {name}\n")).unwrap();
    }
    dir
}

/// Every object of the remote, as bytes.
#[track_caller]
fn nothing_landed(w: &World) {
    let all = w.env.git_bytes(
        &w.remote.bare,
        &["cat-file", "--batch", "--batch-all-objects", "--unordered"],
        b"",
    );
    let found = all
        .windows(SECRET.len())
        .any(|bytes| bytes == SECRET.as_bytes());
    assert!(!found, "what is outside of the folder is on the remote");
}

#[cfg(target_os = "linux")]
mod races {
    use super::*;
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    /// Exchanges two names, over and over, until the work is done; answers how often.
    fn while_swapped(one: &Path, other: &Path, seed: u64, work: impl FnOnce()) -> u64 {
        let (done, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut state = seed | 1;
                while !done.load(Ordering::Relaxed) {
                    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
                    swaps.fetch_add(1, Ordering::Relaxed);
                    // Marsaglia's xorshift: the pauses are another mix for each seed.
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    std::thread::sleep(Duration::from_micros(20 + state % 400));
                }
            });
            let work = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            done.store(true, Ordering::Relaxed);
            if let Err(panic) = work {
                std::panic::resume_unwind(panic);
            }
        });
        swaps.into_inner()
    }

    fn seed() -> u64 {
        let given = std::env::var("AIDF_TEST_SEED").ok();
        let seed = given.and_then(|s| s.parse().ok()).unwrap_or_else(|| {
            let now = std::time::SystemTime::now();
            now.duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_nanos() as u64
        });
        println!("AIDF_TEST_SEED={seed}");
        seed
    }

    /// Runs commits while `inner` is now a folder and now a link to one outside.
    fn race(names: usize, rounds: usize, commit: impl Fn(&World, &str) -> Call) {
        let seed = seed();
        let w = World::path();
        w.sandbox();
        let names: Vec<String> = (0..names).map(|n| format!("f{n:03}.txt")).collect();
        let secret = outside(&w, &names);
        let inner = w.clone.join("site/inner");
        std::fs::create_dir_all(&inner).unwrap();
        let aside = w.env.path("aside");
        std::os::unix::fs::symlink(&secret, &aside).unwrap();
        let (mut landed, mut refused) = (0, 0);
        let swaps = while_swapped(&inner, &aside, seed, || {
            for round in 0..rounds {
                // Written through the folder's own name, whichever that is just now.
                for place in [&inner, &aside] {
                    if place.symlink_metadata().is_ok_and(|m| m.is_dir()) {
                        for name in &names {
                            let held = rustix::fs::openat(
                                CWD,
                                place,
                                rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY,
                                rustix::fs::Mode::empty(),
                            );
                            let Ok(held) = held else { continue };
                            let file = rustix::fs::openat(
                                held,
                                name.as_str(),
                                rustix::fs::OFlags::CREATE
                                    | rustix::fs::OFlags::TRUNC
                                    | rustix::fs::OFlags::WRONLY,
                                rustix::fs::Mode::from_raw_mode(0o644),
                            )
                            .unwrap();
                            rustix::io::write(file, format!("round {round}\n").as_bytes()).unwrap();
                        }
                    }
                }
                let out = commit(&w, &format!("Round {round}")).run();
                match out.code {
                    0 => landed += 1,
                    // Denied for the link, or usage where a name was gone in between.
                    2 | 3 | 5 => refused += 1,
                    _ => panic!("{out}"),
                }
                nothing_landed(&w);
            }
        });
        println!("{landed} landed, {refused} refused, {swaps} swaps");
        assert!(swaps > 10, "nothing was swapped");
        assert!(landed + refused == rounds);
    }

    #[test]
    fn a_folder_swapped_for_a_link_while_it_is_read_brings_nothing_from_outside() {
        race(150, 12, |w, message| {
            w.call(&["commit", "--from-dir", "site", "-m", message, "--json"])
        });
    }

    #[test]
    fn a_named_folder_swapped_for_a_link_brings_nothing_from_outside() {
        race(150, 12, |w, message| {
            w.call(&["commit", "site", "-m", message, "--json"])
        });
    }

    #[test]
    fn a_working_tree_whose_folder_is_swapped_for_a_link_brings_nothing_from_outside() {
        race(150, 12, |w, message| {
            w.call(&["commit", "-a", "-m", message, "--json"])
        });
    }

    #[test]
    fn a_file_below_a_folder_swapped_for_a_link_brings_nothing_from_outside() {
        race(1, 20, |w, message| {
            w.call(&["commit", "site/inner/f000.txt", "-m", message, "--json"])
        });
    }

    #[test]
    fn a_file_swapped_for_a_link_while_it_is_read_brings_nothing_from_outside() {
        let seed = seed();
        let w = World::path();
        w.sandbox();
        let secret = outside(&w, &["f.txt".to_owned()]).join("f.txt");
        w.write("f.txt", "mine\n");
        let aside = w.env.path("aside");
        std::os::unix::fs::symlink(&secret, &aside).unwrap();
        while_swapped(&w.clone.join("f.txt"), &aside, seed, || {
            for (round, what) in ["f.txt", "-a", "other.txt=f.txt", "--from-dir=."]
                .iter()
                .cycle()
                .take(24)
                .enumerate()
            {
                let message = format!("Round {round}");
                let out = w.aidf(&["commit", what, "--overwrite", "-m", &message, "--json"]);
                assert!([0, 2, 3, 5].contains(&out.code), "{out}");
                nothing_landed(&w);
            }
        });
    }
}

#[cfg(unix)]
#[test]
fn a_link_below_a_folder_is_refused_wherever_it_lies() {
    use std::os::unix::fs::symlink;
    let w = World::path();
    w.sandbox();
    let secret = outside(&w, &["x.txt".to_owned()]);
    w.write("site/a.txt", "a\n");
    w.write("site/in/b.txt", "b\n");
    let takes = [
        &["commit", "--from-dir", "site", "-m", "x"][..],
        &["commit", "site", "-m", "x"],
    ];
    for (place, to) in [
        ("site/in/link", secret.clone()),
        ("site/link", secret.join("x.txt")),
        ("site/in/up", "..".into()),
    ] {
        symlink(to, w.clone.join(place)).unwrap();
        for take in takes {
            let out = w.refuses(take, 5);
            assert!(out.stderr.contains("symlink"), "{out}");
        }
        // Of all changes the link is left out, and said; nothing behind it is taken.
        let all = w.json(&["commit", "-a", "-m", "x", "--dry-run"]);
        let said = all["warnings"].to_string();
        assert!(said.contains(&format!("`{place}` is a symlink")), "{said}");
        let taken: Vec<String> = all["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| crate::support::text(f, "path"))
            .collect();
        assert_eq!(taken, ["site/a.txt", "site/in/b.txt"]);
        std::fs::remove_file(w.clone.join(place)).unwrap();
    }
    // Behind a link, by its name.
    symlink(&secret, w.clone.join("site/in/link")).unwrap();
    let out = w.refuses(&["commit", "site/in/link/x.txt", "-m", "x"], 5);
    assert!(out.stderr.contains("`site/in/link` is a symlink"), "{out}");
    // Without a working tree the folder one is in is what holds.
    let url = w.url.clone();
    let branch = w.json(&["sandbox", "show"])["branch"].to_string();
    let branch = branch.trim_matches('"');
    let token = crate::support::text(&w.json(&["token", "issue", "--branch", branch]), "token");
    for file in ["site/in/link/x.txt", "site/in/link"] {
        let args = [
            "-R",
            &url,
            "commit",
            file,
            "-m",
            "x",
            "--branch",
            branch,
            "--reuse-token",
            &token,
            "--json",
        ];
        w.refuses_call(w.call(&args), 5);
    }
    nothing_landed(&w);
}

#[cfg(unix)]
#[test]
fn what_a_user_names_by_itself_may_lie_behind_links() {
    let w = World::path();
    let branch = w.sandbox();
    let folder = w.env.path("real");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("x.txt"), "x\n").unwrap();
    let alias = w.env.path("alias");
    std::os::unix::fs::symlink(&folder, &alias).unwrap();
    let source = format!("taken.txt={}", alias.join("x.txt").display());
    w.json(&["commit", &source, "-m", "Through a link"]);
    assert_eq!(w.remote.file(&branch, "taken.txt"), b"x\n");
    w.json(&["commit", "--from-dir", alias.to_str().unwrap(), "-m", "All"]);
    assert_eq!(w.remote.file(&branch, "x.txt"), b"x\n");
    // The file itself is what is meant, and no link in its place.
    std::os::unix::fs::symlink("x.txt", folder.join("y.txt")).unwrap();
    let source = format!("y.txt={}", folder.join("y.txt").display());
    w.refuses(&["commit", &source, "-m", "A link"], 5);
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused_and_nobody_waits_for_them() {
    let w = World::path();
    w.sandbox();
    let pipe = w.clone.join("site/pipe");
    w.write("site/a.txt", "a\n");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    let named = format!("x.txt={}", pipe.display());
    let quick = |args: &[&str]| {
        let out = w.refuses(args, 5);
        assert!(out.stderr.contains("not a regular file"), "{out}");
        assert!(out.took < Duration::from_secs(20), "{out}");
    };
    quick(&["commit", "--from-dir", "site", "-m", "x"]);
    quick(&["commit", "site", "-m", "x"]);
    quick(&["commit", "site/pipe", "-m", "x"]);
    quick(&["commit", &named, "-m", "x"]);
    std::fs::remove_file(&pipe).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&pipe).unwrap();
    quick(&["commit", "--from-dir", "site", "-m", "x"]);
    quick(&["commit", &named, "-m", "x"]);
    quick(&["commit", "x.txt=/dev/zero", "-m", "x"]);
    quick(&["commit", "x.txt=/dev/tty", "-m", "x"]);
    quick(&["commit", "x.txt=.", "-m", "x"]);
}

#[test]
fn a_folder_without_an_end_is_refused() {
    let w = World::path();
    w.sandbox();
    let mut deep = w.clone.join("deep");
    for _ in 0..140 {
        deep.push("d");
    }
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("x.txt"), "x\n").unwrap();
    for args in [
        ["commit", "--from-dir", "deep", "-m", "x"].as_slice(),
        &["commit", "deep", "-m", "x"],
    ] {
        let out = w.refuses(args, 5);
        assert!(out.stderr.contains("folders deep"), "{out}");
    }
}

#[test]
fn more_files_than_a_process_may_have_open_are_taken() {
    let w = World::new(Kind::Path);
    let branch = w.sandbox();
    for n in 0..400 {
        w.write(&format!("many/{}/f{n}.txt", n % 7), format!("{n}\n"));
    }
    let limited = |args: &[&str]| {
        let mut command = w.env.command("sh", &w.clone);
        command.args(["-c", "ulimit -n 128 && exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_aidf")).args(args);
        Call::of(command).run().ok()
    };
    limited(&["commit", "many", "-m", "Many", "--json"]);
    assert_eq!(w.remote.file(&branch, "many/0/f399.txt"), b"399\n");
}

/// Whether the tests may give files to another account; said loudly where not.
#[cfg(unix)]
fn gives_away(path: &std::path::Path) -> bool {
    let given = std::os::unix::fs::chown(path, Some(65_534), None).is_ok();
    if !given {
        eprintln!("SKIPPED in part: only root gives files to another account");
    }
    given
}

#[cfg(unix)]
#[test]
fn a_key_file_of_another_account_is_refused() {
    let w = World::path();
    w.sandbox();
    let key = w.env.path("foreign.json");
    std::fs::copy(w.env.keys(), &key).unwrap();
    w.write("a.txt", "a\n");
    let args = ["commit", "a.txt", "-m", "A", "--json"];
    if gives_away(&key) {
        let out = w.call(&args).env("AIDF_KEY_FILE", &key).run().exits(4);
        assert!(out.stderr.contains("belongs to another account"), "{out}");
    }
    std::fs::copy(w.env.keys(), w.env.path("own.json")).unwrap();
    w.call(&args)
        .env("AIDF_KEY_FILE", w.env.path("own.json"))
        .run()
        .ok();
}

#[cfg(unix)]
#[test]
fn nobody_else_can_open_the_cache_or_hold_its_lock() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    let url = w.remote.url.clone();
    let repos = w.env.cache().join("aidf/repos");
    std::fs::create_dir_all(&repos).unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(&repos, open).unwrap();
    w.aidf(&["-R", &url, "log", "main"]).ok();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&repos), 0o700);
    let locks: Vec<_> = std::fs::read_dir(&repos)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "lock"))
        .collect();
    assert!(!locks.is_empty());
    for lock in locks {
        assert_eq!(mode(&lock), 0o600, "{lock:?}");
    }
}
