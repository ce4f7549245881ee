//! A clone, a cache or a home that nobody can write to. What only reads goes on where it can;
//! what cannot says why, writes nothing anywhere, and goes through once it may.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::peers::disk::Disk;
use crate::peers::support::{Ended, Place};

/// A remote, and what is read-only.
struct Fixed {
    place: Place,
    disk: Disk,
    remote: PathBuf,
    clone: PathBuf,
    /// What comes before each command's arguments.
    first: Vec<String>,
}

impl Fixed {
    fn new(is_clone: bool, home: &[&str]) -> Option<Fixed> {
        let mut place = Place::new();
        let disk = Disk::mount(&place)?;
        let remote = place.remote("project", &[]);
        for name in home {
            let folder = disk.folder.join(name.to_lowercase());
            place.with_env(name, folder.to_str().unwrap());
        }
        let clone = match is_clone {
            true => disk.folder.join("clone"),
            false => place.path("clone"),
        };
        let (from, to) = (remote.to_str().unwrap(), clone.to_str().unwrap());
        disk.run(&place, Path::new("/"), "git", &["clone", "-q", from, to])
            .exits(0);
        let opened = disk.aidf(&place, &clone, &["sandbox", "init", "--json"]);
        let opened = opened.json();
        place.with_env("AIDF_REUSE_TOKEN", opened["reuse_token"].as_str().unwrap());
        fs::write(place.path("new.txt"), "new\n").unwrap();
        Some(Fixed {
            place,
            disk,
            remote,
            clone,
            first: Vec::new(),
        })
    }

    fn aidf(&self, args: &[&str]) -> Ended {
        let first = self.first.iter().map(String::as_str);
        let all: Vec<&str> = first.chain(args.iter().copied()).collect();
        self.disk.aidf(&self.place, &self.clone, &all)
    }

    fn refs(&self) -> String {
        self.place.git(&self.remote, &["for-each-ref"])
    }

    /// The commands that go through, of all; the others say why not.
    fn through(&self) -> Vec<&'static str> {
        let file = format!("new.txt={}", self.place.path("new.txt").display());
        let commands: [(&str, &[&str]); 8] = [
            ("list", &["sandbox", "list"]),
            ("log", &["log"]),
            ("show", &["sandbox", "show"]),
            ("commit", &["commit", &file, "-m", "New"]),
            ("rollback", &["rollback", "--last", "1"]),
            ("sync", &["sandbox", "sync", "--from", "main"]),
            ("backup", &["backup", "create"]),
            ("export", &["audit", "export"]),
        ];
        self.aidf(&["commit", "old.txt=README.md", "-m", "Old"])
            .exits(0);
        let tree = self.place.git(&self.remote, &["rev-parse", "main^{tree}"]);
        let args = ["commit-tree", tree.trim(), "-p", "main", "-m", "Of main"];
        let commit = self.place.git(&self.remote, &args);
        let args = ["update-ref", "refs/heads/main", commit.trim()];
        self.place.git(&self.remote, &args);
        let mut through = Vec::new();
        for (name, args) in commands {
            let before = self.refs();
            self.disk.remount(&self.place, "ro");
            let ended = self.aidf(args);
            self.disk.remount(&self.place, "rw");
            let told = ended.told();
            match ended.code {
                0 => through.push(name),
                1..=9 => {
                    assert!(told.to_lowercase().contains("read-only"), "{name}\n{told}");
                    assert_eq!(self.refs(), before, "{name}\n{told}");
                    self.aidf(args).exits(0);
                }
                _ => panic!("{name}\n{told}"),
            }
            assert!(!told.contains("panicked"), "{name}\n{told}");
            self.place
                .git(&self.remote, &["fsck", "--full", "--strict"]);
        }
        through
    }
}

#[test]
fn in_a_read_only_clone_what_reads_goes_on_and_what_writes_says_why_not() {
    let Some(fixed) = Fixed::new(true, &[]) else {
        return;
    };
    let through = fixed.through();
    for reads in ["list", "log", "show", "export"] {
        assert!(through.contains(&reads), "{reads} is not in {through:?}");
    }
    for writes in ["commit", "rollback", "sync", "backup"] {
        assert!(!through.contains(&writes), "{writes} is in {through:?}");
    }
    println!("a read-only clone: {through:?}");
}

#[test]
fn with_a_read_only_home_all_goes_on_but_a_backup_which_takes_its_lock_there() {
    let home = [
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "XDG_DATA_HOME",
    ];
    let Some(fixed) = Fixed::new(false, &home) else {
        return;
    };
    let through = fixed.through();
    println!("a read-only home: {through:?}");
    let all = [
        "list", "log", "show", "commit", "rollback", "sync", "export",
    ];
    assert_eq!(through, all);
}

#[test]
fn a_read_only_cache_says_so() {
    let Some(mut fixed) = Fixed::new(false, &["XDG_CACHE_HOME"]) else {
        return;
    };
    let url = fixed.remote.display().to_string();
    fixed.first = vec!["-R".to_owned(), url];
    // Each run locks the cache, and so has to write to it.
    assert_eq!(fixed.through(), [""; 0]);
}
