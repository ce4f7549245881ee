//! A disk that is full: that of the clone, of the private caches, of the temporary files, of a
//! folder of bundles, and of the home. A command does all of it or says that there is no room,
//! leaves nothing half-written, and goes through once there is room.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt;
use serde_json::Value;

use crate::peers::disk::Disk;
use crate::peers::support::{Ended, Place};
use crate::support::{randomness, times};

/// What lies on the full disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Clone,
    Cache,
    Temporary,
    Bundles,
    Home,
}

/// A remote, and a clone of it, where part of what aidf uses is on a small disk.
struct Full {
    place: Place,
    disk: Disk,
    on: On,
    remote: PathBuf,
    clone: PathBuf,
    branch: String,
    count: usize,
}

impl Full {
    fn new(on: On) -> Option<Full> {
        let mut place = Place::new();
        let disk = Disk::mount(&place)?;
        let remote = place.remote("project", &[]);
        let path = |name: &str| disk.folder.join(name);
        match on {
            On::Cache => drop(place.with_env("XDG_CACHE_HOME", path("cache").to_str().unwrap())),
            On::Temporary => drop(place.with_env("TMPDIR", disk.folder.to_str().unwrap())),
            On::Home => {
                for name in [
                    "XDG_CONFIG_HOME",
                    "XDG_CACHE_HOME",
                    "XDG_STATE_HOME",
                    "XDG_DATA_HOME",
                ] {
                    place.with_env(name, path(&name.to_lowercase()).to_str().unwrap());
                }
            }
            On::Clone | On::Bundles => {}
        }
        let clone = match on {
            On::Clone => path("clone"),
            _ => place.path("clone"),
        };
        let args = [
            "clone",
            "-q",
            remote.to_str().unwrap(),
            clone.to_str().unwrap(),
        ];
        disk.run(&place, Path::new("/"), "git", &args).exits(0);
        let opened = disk
            .aidf(&place, &clone, &["sandbox", "init", "--json"])
            .json();
        let text = |name: &str| opened[name].as_str().unwrap().to_owned();
        let (token, branch) = (text("reuse_token"), text("branch"));
        place.with_env("AIDF_REUSE_TOKEN", token.as_str());
        Some(Full {
            place,
            disk,
            on,
            remote,
            clone,
            branch,
            count: 0,
        })
    }

    fn aidf(&self, args: &[&str]) -> Ended {
        let mut all = Vec::new();
        let url = self.remote.to_str().unwrap();
        if self.on == On::Cache {
            all.extend(["-R", url]);
        }
        all.extend(args);
        self.disk.aidf(&self.place, &self.clone, &all)
    }

    fn refs(&self) -> String {
        self.place.git(&self.remote, &["for-each-ref"])
    }

    fn tip(&self) -> String {
        let name = format!("refs/heads/{}", self.branch);
        self.place
            .git(&self.remote, &["rev-parse", &name])
            .trim()
            .to_owned()
    }

    /// Writes a file of the working tree that is not there yet; answers how `commit` is told
    /// of it.
    fn write(&mut self) -> String {
        self.count += 1;
        let name = format!("file-{}.txt", self.count);
        // No run of bytes is like another, so that no file is packed away.
        let noise: String = (0..2000)
            .map(|n| format!("{} {n}\n", n * self.count * 7919 % 104_729))
            .collect();
        let source = self.place.path("source.txt");
        fs::write(&source, noise).unwrap();
        format!("{name}={}", source.display())
    }

    fn commit(&mut self) -> String {
        let file = self.write();
        let made = self.aidf(&["commit", &file, "-m", "Save", "--json"]).json();
        made["commit"].as_str().unwrap().to_owned()
    }

    /// A commit of somebody on main.
    fn main_gains(&mut self) {
        self.count += 1;
        let blob = format!("blob-{}", self.count);
        let (bare, git) = (&self.remote, |args: &[&str]| {
            self.place.git(&self.remote, args).trim().to_owned()
        });
        fs::write(bare.join(&blob), format!("{blob}\n")).unwrap();
        let id = git(&["hash-object", "-w", bare.join(&blob).to_str().unwrap()]);
        fs::remove_file(bare.join(&blob)).unwrap();
        let index = self.place.path("index");
        let mut command = self.place.command("git", bare);
        command.env("GIT_INDEX_FILE", &index);
        let git_in = |args: &[&str]| {
            let mut command = self.place.command("git", bare);
            let ended = Ended::of(
                command
                    .env("GIT_INDEX_FILE", &index)
                    .args(args)
                    .output()
                    .unwrap(),
            );
            ended.exits(0).stdout.trim().to_owned()
        };
        git_in(&["read-tree", "main"]);
        git_in(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("100644,{id},main/{blob}"),
        ]);
        let tree = git_in(&["write-tree"]);
        let commit = git(&["commit-tree", &tree, "-p", "main", "-m", "Of main"]);
        git(&["update-ref", "refs/heads/main", &commit]);
    }

    /// Runs a command at one fill level, and again with room. `many` commits, or refs, are
    /// what it makes once.
    fn tried(&self, args: &[&str], left: u64, sums: &mut Sums) {
        let what = format!("{:?}: aidf {args:?} with {left} pages left", self.on);
        let before = self.refs();
        self.disk.fill(left);
        let ended = self.aidf(args);
        self.disk.make_room();
        let after = self.refs();
        match ended.code {
            0 => sums.through += 1,
            1..=9 => {
                sums.refused += 1;
                sums.landed += usize::from(after != before);
                let said = ended.stderr.to_lowercase();
                assert!(
                    said.contains("no space left") || said.contains("is full"),
                    "{what}\n{}",
                    ended.told()
                );
            }
            _ => panic!("{what}\n{}", ended.told()),
        }
        assert!(
            !ended.stderr.contains("panicked"),
            "{what}\n{}",
            ended.told()
        );
        // A sandbox that was made is nobody's, unless its token was told.
        if args.contains(&"init") && after != before {
            let opened: Value = serde_json::from_str(&ended.stdout)
                .unwrap_or_else(|e| panic!("{e} {what}\n{}", ended.told()));
            assert!(
                opened["reuse_token"]
                    .as_str()
                    .is_some_and(|t| t.starts_with("aidf"))
            );
        }
        self.whole(&what);
        let again = self.aidf(args);
        assert_eq!(
            again.code,
            0,
            "{what}, and again with room\n{}\nbefore: {}",
            again.told(),
            ended.told()
        );
        self.whole(&what);
        let left = self.disk.unfinished();
        assert!(left.is_empty(), "{what} left {left:?}\n{}", ended.told());
    }

    fn whole(&self, what: &str) {
        let fsck = ["fsck", "--full", "--strict", "--no-dangling"];
        self.place.git(&self.remote, &fsck);
        let ended = self.disk.run(&self.place, &self.clone, "git", &fsck);
        assert_eq!(ended.code, 0, "{what}\n{}", ended.told());
    }
}

/// What came of the tries.
#[derive(Default, Debug)]
struct Sums {
    through: usize,
    refused: usize,
    /// Of those: what had landed all the same.
    landed: usize,
}

/// Fill levels in pages: none, a few, and more by chance.
fn levels(most: u64) -> Vec<u64> {
    let mut random = randomness();
    let mut levels = vec![0, 1];
    levels.extend((0..times(2, 40)).map(|_| random.random_range(0..most)));
    levels
}

/// Tries each command on a disk that is full at several levels.
fn full(on: On, most: u64, commands: &[&str]) {
    for name in commands {
        let Some(mut full) = Full::new(on) else {
            return;
        };
        let mut sums = Sums::default();
        for left in levels(most) {
            let bundles = full.disk.folder.join("bundles");
            let out = full.disk.folder.join("events.jsonl");
            let before = full.tip();
            match *name {
                "commit" => {
                    let file = full.write();
                    full.tried(&["commit", &file, "-m", "Save"], left, &mut sums);
                    let range = format!("{before}..{}", full.tip());
                    let count = full
                        .place
                        .git(&full.remote, &["rev-list", "--count", &range]);
                    assert_eq!(count.trim(), "1", "committed once");
                }
                "rollback" => {
                    let commit = full.commit();
                    full.tried(&["rollback", &commit], left, &mut sums);
                    let range = format!("{before}..{}", full.tip());
                    let count = full
                        .place
                        .git(&full.remote, &["rev-list", "--count", &range]);
                    assert_eq!(count.trim(), "2", "rolled back once");
                }
                "init" => full.tried(
                    &["sandbox", "init", "--force-new", "--json"],
                    left,
                    &mut sums,
                ),
                "sync" => {
                    full.main_gains();
                    full.tried(&["sandbox", "sync", "--from", "main"], left, &mut sums);
                }
                "backup" => {
                    full.commit();
                    let branch = full.branch.clone();
                    full.tried(&["backup", "create", "--branch", &branch], left, &mut sums);
                }
                "bundle" => {
                    full.commit();
                    let (branch, dir) = (full.branch.clone(), bundles.to_str().unwrap());
                    let args = ["backup", "create", "--branch", &branch, "--bundle-dir", dir];
                    full.tried(&args, left, &mut sums);
                    let folder = bundles.join("project");
                    full.aidf(&["backup", "verify", "--bundle", folder.to_str().unwrap()])
                        .exits(0);
                }
                "drill" | "verify" => {
                    full.commit();
                    let branch = full.branch.clone();
                    full.aidf(&["backup", "create", "--branch", &branch])
                        .exits(0);
                    full.tried(&["backup", name], left, &mut sums);
                }
                "export" => {
                    let args = ["audit", "export", "--output", out.to_str().unwrap()];
                    full.tried(&args, left, &mut sums);
                }
                _ => unreachable!(),
            }
        }
        let verified = full.aidf(&["audit", "verify"]);
        assert!(matches!(verified.code, 0), "{}", verified.told());
        full.aidf(&["audit", "log"]).exits(0);
        println!("{on:?}, {name}: {sums:?}");
    }
}

#[test]
fn a_full_disk_of_the_clone_loses_nothing() {
    full(
        On::Clone,
        80,
        &["commit", "rollback", "init", "sync", "backup", "export"],
    );
}

#[test]
fn a_full_disk_of_the_cache_loses_nothing() {
    full(
        On::Cache,
        80,
        &["commit", "rollback", "init", "sync", "backup", "export"],
    );
}

#[test]
fn a_full_disk_of_temporary_files_loses_nothing() {
    full(
        On::Temporary,
        40,
        &["commit", "init", "sync", "drill", "verify", "export"],
    );
}

#[test]
fn a_full_disk_of_bundles_loses_nothing() {
    full(On::Bundles, 60, &["bundle", "export"]);
}

#[test]
fn a_full_disk_of_the_home_loses_nothing() {
    full(
        On::Home,
        40,
        &["commit", "rollback", "init", "sync", "backup", "export"],
    );
}

#[test]
fn on_a_full_disk_a_required_journal_has_the_line_or_nothing_is_written() {
    let Some(mut full) = Full::new(On::Home) else {
        return;
    };
    let folder = |name: &str| full.disk.seen(&full.disk.folder.join(name)).join("aidf");
    let (config, journal) = (folder("xdg_config_home"), folder("xdg_state_home"));
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.yaml"), "audit: {required: true}\n").unwrap();
    let mut refused = 0;
    for left in 0..24 {
        let (file, before) = (full.write(), full.tip());
        full.disk.fill(left);
        let ended = full.aidf(&["commit", &file, "-m", "Save", "--json"]);
        full.disk.make_room();
        let what = format!("{left} pages left\n{}", ended.told());
        if ended.code != 0 {
            refused += 1;
            assert_eq!(full.tip(), before, "{what}");
            continue;
        }
        let lines = fs::read_to_string(journal.join("journal.jsonl")).unwrap();
        let last = lines.lines().last().unwrap();
        assert!(last.contains(&full.tip()), "{last}\n{what}");
    }
    assert!(refused > 0, "there was room each time");
}
