//! Eight writers of several commits each to one sandbox: none is lost, each is logged once,
//! over every kind of remote. `AIDF_RACE_COMMITS=N` has each of them commit N times.

use std::time::Duration;

use crate::support::{CHANGELOG, Kind, MEMORY, Machine, World, entries, some_of, text, times};

const WRITERS: usize = 8;

/// How often each writer commits.
fn commits() -> usize {
    let asked = std::env::var("AIDF_RACE_COMMITS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(times(2, 25))
}

/// Every save landed as one commit, with its file and one changelog entry.
#[track_caller]
fn nothing_is_lost(w: &World, branch: &str, before: &str) {
    let tip = w.remote.tip(branch);
    assert_eq!(
        w.remote.count(&format!("{before}..{tip}")),
        WRITERS * commits()
    );
    // A merge would be two parents: the history is one line.
    assert_eq!(
        w.remote.git(&["rev-list", "--merges", "--count", &tip]),
        "0"
    );
    let tickets = w.remote.git(&["for-each-ref", "refs/aidf/turn"]);
    assert_eq!(tickets, "", "nobody stands in line any more");
    let log = entries(&w.remote.file(branch, CHANGELOG));
    let memory = entries(&w.remote.file(branch, MEMORY));
    let files = w.remote.files(branch);
    for writer in 0..WRITERS {
        for n in 0..commits() {
            let path = format!("race/w{writer}/f{n}.txt");
            assert!(files.contains(&path), "{path} is lost");
            let logged = log.iter().filter(|e| e["path"] == path.as_str()).count();
            assert_eq!(logged, 1, "{path} in the changelog");
            let known = memory.iter().filter(|e| e["path"] == path.as_str()).count();
            assert_eq!(known, 1, "{path} in the memory");
        }
    }
    w.remote.is_sound();
}

/// One writer's share.
fn write(machine: &Machine, writer: usize, token: &str) {
    for n in 0..commits() {
        let pair = format!("race/w{writer}/f{n}.txt=-");
        machine
            .call(&[
                "commit",
                &pair,
                "-m",
                &format!("Save {writer}.{n}"),
                "--json",
            ])
            .env("AIDF_REUSE_TOKEN", token)
            .stdin(format!("{writer} {n}\n"))
            .run()
            .ok();
    }
}

/// Each writer has a machine and a clone of its own.
fn race(kind: Kind) {
    let w = World::new(kind);
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let before = w.remote.tip(&branch);
    let machines: Vec<Machine> = (0..WRITERS)
        .map(|_| {
            let machine = w.other();
            machine.share_key(&w);
            machine
        })
        .collect();
    std::thread::scope(|scope| {
        for (writer, machine) in machines.iter().enumerate() {
            let token = &token;
            scope.spawn(move || write(machine, writer, token));
        }
    });
    nothing_is_lost(&w, &branch, &before);
    for machine in &machines {
        machine.clone_is_sound();
    }
}

#[test]
fn eight_writers_lose_nothing_over_any_transport() {
    for kind in some_of([Kind::Path, Kind::Daemon, Kind::Http, Kind::Ssh], 2) {
        race(kind);
    }
}

#[test]
fn eight_writers_in_one_clone_lose_nothing() {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let before = w.remote.tip(&branch);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (w, token) = (&w, &token);
            scope.spawn(move || write(w, writer, token));
        }
    });
    nothing_is_lost(&w, &branch, &before);
    w.clone_is_sound();
}

#[test]
fn eight_writers_through_one_cache_lose_nothing() {
    let w = World::path();
    let opened = w.json(&["-R", &w.remote.url, "sandbox", "init"]);
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let before = w.remote.tip(&branch);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (w, token) = (&w, &token);
            scope.spawn(move || {
                for n in 0..commits() {
                    let pair = format!("race/w{writer}/f{n}.txt=-");
                    w.env
                        .call(
                            &w.env.home(),
                            &["-R", &w.remote.url, "commit", &pair, "-m", "Save", "--json"],
                        )
                        .env("AIDF_REUSE_TOKEN", token)
                        .stdin(format!("{writer} {n}\n"))
                        .run()
                        .ok();
                }
            });
        }
    });
    nothing_is_lost(&w, &branch, &before);
}

#[test]
fn writers_of_one_file_append_or_conflict_but_never_replace() {
    // All on one path: whoever is told of success is in the history.
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let before = w.remote.tip(&branch);
    let landed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (w, token) = (&w, &token);
                scope.spawn(move || {
                    let mut landed = 0;
                    for n in 0..5 {
                        let out = w
                            .call(&["commit", "one.txt=-", "-m", "Save", "--json", "--overwrite"])
                            .env("AIDF_REUSE_TOKEN", token)
                            .stdin(format!("{writer} {n}\n"))
                            .run();
                        assert!(matches!(out.code, 0 | 6), "{out}");
                        landed += usize::from(out.code == 0);
                    }
                    landed
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert!(landed > 0, "nobody wrote, and so nothing was tried");
    assert_eq!(w.remote.count(&format!("{before}..{branch}")), landed);
    let log = entries(&w.remote.file(&branch, CHANGELOG));
    assert_eq!(
        log.iter().filter(|e| e["path"] == "one.txt").count(),
        landed
    );
    w.remote.is_sound();
}

#[test]
fn eight_openings_at_once_are_eight_sandboxes() {
    let w = World::without_base();
    // The base is missing too: it is made once, by whoever is first.
    let machines: Vec<Machine> = (0..WRITERS).map(|_| w.other()).collect();
    let mut branches: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = machines
            .iter()
            .map(|machine| scope.spawn(move || machine.sandbox()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    branches.sort();
    branches.dedup();
    assert_eq!(branches.len(), WRITERS);
    assert_eq!(w.remote.tip("sandbox"), w.remote.tip("main"));
}

#[test]
fn one_name_asked_for_by_eight_is_given_to_one() {
    let w = World::path();
    let machines: Vec<Machine> = (0..WRITERS).map(|_| w.other()).collect();
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let threads: Vec<_> = machines
            .iter()
            .map(|m| scope.spawn(move || m.aidf(&["sandbox", "init", "--name", "only-one"]).code))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|c| **c == 0).count(), 1, "{codes:?}");
    assert_eq!(
        codes.iter().filter(|c| **c == 6).count(),
        WRITERS - 1,
        "{codes:?}"
    );
}

#[test]
fn a_key_ring_made_by_eight_at_once_is_one_ring() {
    let w = World::path();
    let answers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|_| {
                let w = &w;
                scope.spawn(move || {
                    text(
                        &w.json(&["-R", &w.remote.url, "sandbox", "init"]),
                        "reuse_token",
                    )
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    // Each token has to be good under the ring that stayed.
    for token in answers {
        let answer = w.json(&["sandbox", "init", "--strict", "--reuse-token", &token]);
        assert_eq!(answer["reused"], true);
    }
}

/// Many writers at once, each with a machine and a clone of its own: of one sandbox, or of one
/// for each. Nobody's commit is lost, and each ends; how long they wait is printed.
fn crowd(kind: Kind, shared: bool) {
    let writers = times(6, 64);
    let w = World::new(kind);
    let opened = w.init();
    let machines: Vec<Machine> = (0..writers)
        .map(|_| {
            let machine = w.other();
            machine.share_key(&w);
            machine
        })
        .collect();
    let own = |machine: &Machine| match shared {
        true => opened.clone(),
        false => machine.json(&["sandbox", "init", "--force-new"]),
    };
    let places: Vec<(String, String)> = machines
        .iter()
        .map(|machine| {
            let opened = own(machine);
            (text(&opened, "branch"), text(&opened, "reuse_token"))
        })
        .collect();
    let base = w.remote.tip("sandbox");
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = machines
            .iter()
            .zip(&places)
            .enumerate()
            .map(|(n, (machine, (branch, token)))| {
                scope.spawn(move || {
                    let pair = format!("crowd/{n}.txt=-");
                    let args = ["commit", &pair, "-m", "Save", "--branch", branch, "--json"];
                    let call = machine.call(&args).env("AIDF_REUSE_TOKEN", token);
                    call.stdin(format!("{n}\n")).run().ok().took
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for (n, (branch, _)) in places.iter().enumerate() {
        let path = format!("crowd/{n}.txt");
        assert_eq!(w.remote.text(branch, &path), format!("{n}\n"), "{branch}");
        let logged = entries(&w.remote.file(branch, CHANGELOG));
        let logged = logged.iter().filter(|e| e["path"] == path.as_str());
        assert_eq!(logged.count(), 1, "{path} in the changelog of {branch}");
        let made = w.remote.count(&format!("{base}..{branch}"));
        assert_eq!(made, if shared { writers } else { 1 }, "{branch}");
    }
    w.remote.is_sound();
    waits.sort();
    let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!(
        "{writers} writers, one sandbox: {shared}, {kind:?}: median {median:?}, worst {worst:?}"
    );
}

#[test]
fn a_crowd_of_writers_of_one_sandbox_loses_nothing_over_a_path() {
    crowd(Kind::Path, true);
}

#[test]
fn a_crowd_of_writers_of_one_sandbox_loses_nothing_over_http() {
    crowd(Kind::Http, true);
}

#[test]
fn a_crowd_of_writers_of_a_sandbox_each_loses_nothing_over_a_path() {
    crowd(Kind::Path, false);
}

#[test]
fn a_crowd_of_writers_of_a_sandbox_each_loses_nothing_over_http() {
    crowd(Kind::Http, false);
}
