//! A commit that is killed at a system call of its own, whichever that is: strace says which
//! there are, and kills at one of them. What is there afterwards is whole, and the same command
//! goes through.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;

use crate::peers::support::{Place, have};
use crate::support::{randomness, times};

const CHANGELOG: &str = "project/outputs/changelog.yaml";

/// `aidf commit` under strace, told `how`; of one file that `number` names.
fn traced(place: &Place, clone: &Path, number: usize, how: &[&str]) -> Command {
    let mut command = place.command("strace", clone);
    command
        .args(how)
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_aidf"))
        .args(["commit", &file(number), "-m", "Save", "--json"]);
    command
}

fn file(number: usize) -> String {
    format!("killed-{number}.txt")
}

/// The system calls of a commit, in order: each with how many of its name came before it,
/// and itself.
fn calls(log: &Path) -> Vec<(String, usize)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let text = fs::read_to_string(log).unwrap();
    let names = text.lines().filter_map(|line| {
        let name = line.split_once('(')?.0;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_name.then(|| name.to_owned())
    });
    names
        .map(|name| {
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            (name, *count)
        })
        .collect()
}

/// What the killed client started may still be at work on the server.
fn comes_to_rest(place: &Place, remote: &Path) {
    let refs = || place.git(remote, &["for-each-ref"]);
    let until = Instant::now() + Duration::from_secs(20);
    let mut before = refs();
    while Instant::now() < until {
        thread::sleep(Duration::from_millis(100));
        let now = refs();
        let busy = fs::read_dir(remote.join("objects"))
            .unwrap()
            .flatten()
            .any(|e| e.file_name().to_string_lossy().starts_with("tmp_objdir"));
        if now == before && !busy {
            return;
        }
        before = now;
    }
}

#[test]
fn a_commit_killed_at_any_of_its_system_calls_leaves_all_whole() {
    if !have(&["strace"]) {
        return;
    }
    let place = Place::new();
    let remote = place.remote("project", &[]);
    let clone = place.clone(remote.to_str().unwrap(), "clone");
    let opened = place.aidf(&clone, &["sandbox", "init", "--json"]).json();
    let reference = format!("refs/heads/{}", opened["branch"].as_str().unwrap());
    let log: PathBuf = place.path("calls");
    let write = |number: usize| fs::write(clone.join(file(number)), format!("{number}\n")).unwrap();
    write(0);
    let listed = traced(&place, &clone, 0, &["-o", log.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let all = calls(&log);
    assert!(all.len() > 300, "{} calls", all.len());
    let many = times(30, all.len());
    let mut random = randomness();
    let chosen: Vec<_> = all.sample(&mut random, many).collect();
    let mut killed = 0;
    for (at, (name, count)) in chosen.into_iter().enumerate() {
        let number = at + 1;
        write(number);
        let before = place.git(&remote, &["rev-parse", &reference]);
        let inject = format!("inject={name}:signal=KILL:when={count}");
        let how = ["-o", "/dev/null", "-e", &inject];
        let ended = traced(&place, &clone, number, &how).output().unwrap();
        killed += usize::from(!ended.status.success());
        comes_to_rest(&place, &remote);
        let what = format!("killed at {name} number {count}");
        let landed = place.git(&remote, &["rev-parse", &reference]) != before;
        let args = ["commit", &file(number), "-m", "Save", "--json"];
        let again = place.aidf(&clone, &args);
        assert_eq!(again.code, 0, "{what}, landed: {landed}\n{}", again.told());
        let range = format!("{}..{reference}", before.trim());
        let commits = place.git(&remote, &["rev-list", "--count", &range]);
        assert_eq!(commits.trim(), "1", "{what}, landed: {landed}");
        let changelog = place.git(&remote, &["show", &format!("{reference}:{CHANGELOG}")]);
        let entry = format!("path: {}", file(number));
        assert_eq!(
            changelog.matches(&entry).count(),
            1,
            "{what}, landed: {landed}"
        );
    }
    println!("{killed} of {many} commits died; {} calls", all.len());
    assert!(killed * 2 > many, "{killed} of {many} commits died");
    for folder in [&remote, &clone] {
        place.git(folder, &["fsck", "--full", "--strict", "--no-dangling"]);
    }
    place.git(&clone, &["fetch", "-q"]);
    place.git(&clone, &["commit", "-q", "--allow-empty", "-m", "By git"]);
}
