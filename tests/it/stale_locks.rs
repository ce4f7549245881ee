//! Locks in the clone whose process has died: a command does without them, or names the one
//! that is in its way, and goes through once that is gone.

use std::fs;

use crate::support::{World, some_of, text};

/// What may lie in a clone's git folder after a process was killed: git's own locks, and files
/// that aidf locks. `BRANCH` stands for the sandbox's name.
const LOCKS: [&str; 11] = [
    "index.lock",
    "HEAD.lock",
    "config.lock",
    "packed-refs.lock",
    "shallow.lock",
    "refs/heads/BRANCH.lock",
    "refs/heads/main.lock",
    "refs/remotes/origin/BRANCH.lock",
    "refs/remotes/origin/main.lock",
    "aidf/cuts.lock",
    "objects/maintenance.lock",
];

#[test]
fn a_lock_that_was_left_behind_stops_no_write_without_its_name() {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    w.json(&["sandbox", "switch"]);
    let (mut through, mut named, mut n) = (0, Vec::new(), 0);
    let whats = ["commit", "rollback", "sync", "pull", "list", "backup"];
    let pairs = LOCKS.iter().flat_map(|lock| whats.map(|what| (lock, what)));
    for (lock, what) in some_of(pairs, 30) {
        let file = w.clone.join(".git").join(lock.replace("BRANCH", &branch));
        n += 1;
        let path = format!("file-{n}.txt");
        let undone = match what {
            "rollback" => text(&w.save(&path, "undone\n", "To be undone"), "commit"),
            _ => String::new(),
        };
        if what == "commit" {
            w.write(&path, format!("{n}\n"));
        }
        let content = format!("{n}\n");
        if what == "sync" {
            let files = [("of-main.txt", Some(content.as_bytes()))];
            w.remote.write("main", &files, "Of main");
        }
        if what == "pull" {
            let files = [("of-others.txt", Some(content.as_bytes()))];
            w.remote.write(&branch, &files, "Of others");
        }
        let args: &[&str] = match what {
            "commit" => &["commit", &path, "-m", "Save"],
            "rollback" => &["rollback", &undone],
            "sync" => &["sandbox", "sync", "--from", "main"],
            "pull" => &["sandbox", "pull"],
            "list" => &["sandbox", "list"],
            _ => &["backup", "create", "--branch", &branch],
        };
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        let before = w.remote.refs();
        let out = w.aidf(args);
        match out.code {
            0 => through += 1,
            1..=9 => {
                assert!(out.stderr.contains(".lock"), "{what}, {lock}\n{out}");
                assert_eq!(w.remote.refs(), before, "{what}, {lock}\n{out}");
                named.push(format!("{what}: {lock}"));
            }
            _ => panic!("{what}, {lock}\n{out}"),
        }
        if file.is_file() {
            fs::remove_file(&file).unwrap();
        }
        w.aidf(args).ok();
        w.json(&["sandbox", "pull"]);
    }
    println!("{through} go through; a lock is named by {named:#?}");
    w.remote.is_sound();
    w.clone_is_sound();
}
