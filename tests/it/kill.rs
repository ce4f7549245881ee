//! SIGKILL at random moments of a commit: whatever happened, the remote and the
//! clone are whole, and the next command works.
#![cfg(unix)]

use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::support::{CHANGELOG, Kind, World, entries, randomness, text, times};

fn kills() -> usize {
    times(15, 50)
}

/// Lock files under a folder.
fn locks(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            locks(&path, found);
        } else if path.extension().is_some_and(|e| e == "lock") {
            found.push(path.display().to_string());
        }
    }
}

/// What the killed client started may still be at work on the server.
#[track_caller]
fn server_comes_to_rest(w: &World) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let mut found = Vec::new();
        locks(&w.remote.bare, &mut found);
        if found.is_empty() {
            return;
        }
        assert!(
            Instant::now() < until,
            "locks stay on the server: {found:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn killed_at_random_moments(kind: Kind, with_cache: bool) {
    let w = World::new(kind);
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let before = w.remote.tip(&branch);
    let url = w.remote.url.clone();
    let call = |pair: &str| {
        let args: Vec<&str> = if with_cache {
            vec![
                "-R",
                &url,
                "commit",
                pair,
                "-m",
                "Save",
                "--json",
                "--reuse-token",
                &token,
            ]
        } else {
            vec!["commit", pair, "-m", "Save", "--json"]
        };
        w.call(&args).stdin("content\n")
    };
    // How long a commit takes here, so that the moments cover all of it.
    let mut typical = Duration::ZERO;
    for n in 0..3 {
        let out = call(&format!("warm{n}.txt=-")).run().ok();
        typical = out.took;
    }
    let mut random = randomness();
    for n in 0..kills() {
        let moment = typical.mul_f64(random.random_range(0.0..1.2));
        let source = w.env.path("source.txt");
        std::fs::write(&source, format!("{n}\n")).unwrap();
        let pair = format!("killed{n}.txt={}", source.display());
        let mut child = call(&pair).start_unheard();
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        // The next command works, at once: no lock of the dead one is in its way.
        let pair = format!("next{n}.txt=-");
        call(&pair).run().ok();
        if n % 10 == 9 {
            server_comes_to_rest(&w);
            w.remote.is_sound();
            w.clone_is_sound();
            w.git(&["fetch", "--quiet"]);
            w.git(&[
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "Plain git works too",
            ]);
        }
    }
    server_comes_to_rest(&w);
    let mut found = Vec::new();
    locks(&w.clone.join(".git"), &mut found);
    assert!(found.is_empty(), "locks stay in the clone: {found:?}");
    // What landed is whole: each commit has its file and its entry.
    let log = entries(&w.remote.file(&branch, CHANGELOG));
    let files = w.remote.files(&branch);
    let ours: Vec<&String> = files
        .iter()
        .filter(|f| f.starts_with("killed") || f.starts_with("next") || f.starts_with("warm"))
        .collect();
    assert_eq!(w.remote.count(&format!("{before}..{branch}")), ours.len());
    for path in ours {
        let logged = log.iter().filter(|e| e["path"] == path.as_str()).count();
        assert_eq!(logged, 1, "{path}");
    }
    for n in 0..kills() {
        assert!(files.contains(&format!("next{n}.txt")));
    }
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn a_commit_killed_at_any_moment_leaves_all_whole_over_a_path() {
    killed_at_random_moments(Kind::Path, false);
}

#[test]
fn a_commit_killed_at_any_moment_leaves_all_whole_over_http() {
    killed_at_random_moments(Kind::Http, false);
}

#[test]
fn a_commit_killed_at_any_moment_leaves_the_cache_whole() {
    killed_at_random_moments(Kind::Path, true);
}

#[test]
fn a_cache_that_a_killed_run_left_locked_is_used_again() {
    let w = World::path();
    let url = w.remote.url.clone();
    w.aidf(&["-R", &url, "sandbox", "list"]).ok();
    let caches = std::fs::read_dir(w.env.cache().join("aidf/repos")).unwrap();
    let cache = caches
        .map(|e| e.unwrap().path())
        .find(|p| p.is_dir())
        .unwrap();
    // As libgit2 leaves them when it is killed while it makes the cache.
    std::fs::remove_file(cache.join("HEAD")).unwrap();
    for name in ["HEAD.lock", "config.lock"] {
        std::fs::write(cache.join(name), "").unwrap();
    }
    w.aidf(&["-R", &url, "sandbox", "list"]).ok();
    let mut found = Vec::new();
    locks(&cache, &mut found);
    assert!(found.is_empty(), "{found:?}");
}
