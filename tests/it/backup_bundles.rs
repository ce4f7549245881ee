//! Folders of bundles: a full one, incremental ones made on it, and their checksums.
//! What is in them is read with plain git.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::backup_days::{DAY, backup_of, days_ago, list, names, now, put, report, stamp, texts};
use crate::support::{CHANGELOG, Kind, Machine, Remote, World, listed, text};

/// The list of checksums.
pub const SUMS: &str = "SHA256SUMS";

/// The list for `git clone --bundle-uri`.
pub const LIST: &str = "bundle-list";

/// One repository's folder of bundles, as it lies there.
pub struct Folder {
    pub dir: PathBuf,
}

impl Folder {
    /// That of `widgets` inside `dir`.
    pub fn of(dir: &Path) -> Folder {
        Folder {
            dir: dir.join("widgets"),
        }
    }

    /// Every file, by name.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(&self.dir)
            .unwrap_or_else(|e| panic!("{}: {e}", self.dir.display()))
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The bundles, oldest first.
    pub fn bundles(&self) -> Vec<String> {
        let mut names = self.files();
        names.retain(|n| n.ends_with(".bundle"));
        names
    }

    /// The full ones, oldest first.
    pub fn fulls(&self) -> Vec<String> {
        let mut names = self.bundles();
        names.retain(|n| n.ends_with(".full.bundle"));
        names
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn newest(&self) -> String {
        self.bundles().pop().expect("a bundle")
    }

    /// Name and checksum of what is listed.
    pub fn sums(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.path(SUMS)).unwrap();
        text.lines()
            .skip(1)
            .map(|line| {
                let (sum, name) = line.split_once("  ").unwrap();
                (name.to_owned(), sum.to_owned())
            })
            .collect()
    }

    /// Writes the checksums of what lies there, keeping the first line.
    pub fn sum_anew(&self) {
        let old = std::fs::read_to_string(self.path(SUMS)).unwrap();
        let mut text = format!("{}\n", old.lines().next().unwrap());
        for name in self.bundles() {
            text.push_str(&format!("{}  {name}\n", digest(&self.path(&name))));
        }
        std::fs::write(self.path(SUMS), text).unwrap();
    }

    /// Makes a bundle as many days older as its name says. No manifest lets a bundle change
    /// its name, so that the folder is made one that is older than manifests.
    pub fn age(&self, name: &str, days: i64) -> String {
        let _ = std::fs::remove_file(self.dir.join("MANIFEST"));
        for above in self.dir.ancestors().take(4) {
            let _ = std::fs::remove_dir_all(above.join("home/.local/state/aidf/bundles"));
        }
        let (_, kind) = name.split_once('.').unwrap();
        let older = format!("{}.{kind}", stamp(now() - days * DAY));
        std::fs::rename(self.path(name), self.path(&older)).unwrap();
        self.sum_anew();
        older
    }

    /// Bundles and their list and nothing else; each as its checksum says.
    #[track_caller]
    pub fn is_tidy(&self, machine: &Machine) {
        let listed: Vec<String> = self.sums().into_iter().map(|(name, _)| name).collect();
        assert_eq!(listed, self.bundles(), "what is listed is what is there");
        let mut all = self.bundles();
        all.extend([SUMS, LIST].map(str::to_owned));
        // A folder that is older than manifests has none, and what runs lock is no part of it.
        let more = |f: &String| ["MANIFEST", ".aidf-lock"].contains(&f.as_str());
        all.extend(self.files().into_iter().filter(more));
        all.sort();
        assert_eq!(self.files(), all, "nothing else is left");
        for (name, sum) in self.sums() {
            assert_eq!(digest(&self.path(&name)), sum, "{name}");
        }
        // As an operator would ask.
        let mut command = machine.env.command("sha256sum", &self.dir);
        command.args(["--check", "--quiet", SUMS]);
        if let Ok(out) = command.output() {
            assert!(out.status.success(), "{out:?}");
        }
    }

    /// A bare clone of the newest full bundle, with a fetch from the newest of all.
    #[track_caller]
    pub fn restored(&self, machine: &Machine) -> PathBuf {
        let newest = self.newest();
        let full = self.fulls().pop().expect("a full bundle");
        restored(machine, &self.path(&full), &self.path(&newest))
    }

    /// A copy of the whole folder, to hurt.
    pub fn copy(&self, to: &Path) -> Folder {
        let to = Folder::of(to);
        let _ = std::fs::remove_dir_all(&to.dir);
        std::fs::create_dir_all(&to.dir).unwrap();
        for name in self.files() {
            std::fs::copy(self.path(&name), to.path(&name)).unwrap();
        }
        to
    }
}

/// Dates a file or folder so many days back.
pub fn make_older(path: &Path, days: u64) {
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 86_400);
    let file = std::fs::File::open(path).unwrap();
    file.set_modified(then).unwrap();
}

/// SHA-256 in hexadecimal.
pub fn digest(file: &Path) -> String {
    Sha256::digest(std::fs::read(file).unwrap())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// What plain git makes of a full bundle and one that was made on it.
#[track_caller]
pub fn restored(machine: &Machine, full: &Path, newest: &Path) -> PathBuf {
    let to = machine.env.path("restored.git");
    let _ = std::fs::remove_dir_all(&to);
    let (env, home) = (&machine.env, machine.env.home());
    let [full, newest] = [full, newest].map(|p| p.to_str().unwrap());
    env.git(
        &home,
        &["clone", "--quiet", "--bare", full, to.to_str().unwrap()],
    );
    if newest != full {
        env.git(&to, &["bundle", "verify", "--quiet", newest]);
        env.git(
            &to,
            &["fetch", "--quiet", newest, "+refs/heads/*:refs/heads/*"],
        );
    }
    env.git(&to, &["fsck", "--strict", "--full"]);
    to
}

/// The branches of a bare repository and their tips.
fn heads(machine: &Machine, bare: &Path) -> Vec<String> {
    let format = "--format=%(refname:lstrip=2) %(objectname)";
    machine
        .env
        .git(bare, &["for-each-ref", format, "refs/heads/"])
        .lines()
        .map(str::to_owned)
        .collect()
}

/// `main` and `sandbox` of the remote, in the same form.
fn tips(w: &World) -> Vec<String> {
    ["main", "sandbox"]
        .map(|b| format!("{b} {}", w.remote.tip(b)))
        .into()
}

/// `backup` of both branches.
pub const BOTH_BRANCHES: [&str; 5] = BOTH;
const BOTH: [&str; 5] = ["backup", "--branch", "main", "--branch", "sandbox"];

/// `backup` of both branches with a folder of bundles, and the one that was written.
#[track_caller]
fn bundled(w: &World, dir: &Path, more: &[&str]) -> Option<String> {
    let args = [&BOTH[..], &["--bundle-dir", dir.to_str().unwrap()], more].concat();
    let answer = w.json(&args);
    written(&answer, 0)
}

/// What a destination says was written.
#[track_caller]
fn written(answer: &Value, at: usize) -> Option<String> {
    let one = &answer["destinations"][at];
    assert_eq!(one["error"], Value::Null, "{answer:#}");
    one["bundle"].as_str().map(str::to_owned)
}

/// A config of destinations for every repository.
fn config(machine: &Machine, destinations: &str) {
    machine
        .env
        .operator_config(&format!("backup:\n  destinations:\n{destinations}"));
}

/// A config with this one folder.
pub fn config_folder(machine: &Machine, dir: &Path) {
    config(machine, &format!("    - folder: {}\n", dir.display()));
}

/// One more commit on main.
fn commit(w: &World, n: usize) -> String {
    let content = format!("{n}\n");
    w.remote
        .write("main", &[("n.txt", Some(content.as_bytes()))], "Count")
}

#[test]
fn the_first_bundle_is_full_and_the_next_ones_are_made_on_it() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let dir = w.env.path("bundles");
        let folder = Folder::of(&dir);
        let first = bundled(&w, &dir, &[]).expect("a bundle");
        assert!(first.ends_with(".full.bundle"), "{first}");
        assert!(first.starts_with(&days_ago(0)), "{first}");
        folder.is_tidy(&w);
        assert_eq!(heads(&w, &folder.restored(&w)), tips(&w));
        let whole = std::fs::metadata(folder.path(&first)).unwrap().len();
        for n in 0..3 {
            commit(&w, n);
            let next = bundled(&w, &dir, &[]).expect("a bundle");
            assert!(next.ends_with(".incremental.bundle"), "{next}");
            folder.is_tidy(&w);
            assert_eq!(folder.newest(), next);
            // Any of them needs the full one alone.
            assert_eq!(heads(&w, &folder.restored(&w)), tips(&w));
            let size = std::fs::metadata(folder.path(&next)).unwrap().len();
            assert!(size < whole / 2, "{size} of {whole}");
        }
        assert_eq!(folder.bundles().len(), 4);
        report(
            &w,
            &["backup", "verify", "--bundle", folder.dir.to_str().unwrap()],
            0,
        );
    }
}

#[test]
fn a_clone_of_a_full_bundle_checks_out_the_default_branch() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let full = bundled(&w, &dir, &[]).unwrap();
    let file = Folder::of(&dir).path(&full);
    let to = w.env.path("checked-out");
    w.env.git(
        &w.env.home(),
        &[
            "clone",
            "--quiet",
            file.to_str().unwrap(),
            to.to_str().unwrap(),
        ],
    );
    assert_eq!(w.env.git(&to, &["rev-parse", "HEAD"]), w.remote.tip("main"));
    assert!(to.join("README.md").exists());
}

#[test]
fn what_did_not_change_is_not_bundled_again_unless_asked_for() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    bundled(&w, &dir, &[]).unwrap();
    assert_eq!(bundled(&w, &dir, &[]), None);
    commit(&w, 1);
    bundled(&w, &dir, &[]).unwrap();
    assert_eq!(bundled(&w, &dir, &[]), None, "nor after an incremental one");
    let full = bundled(&w, &dir, &["--full"]).unwrap();
    assert!(full.ends_with(".full.bundle"), "{full}");
    assert_eq!(folder.newest(), full);
    assert_eq!(folder.bundles().len(), 3);
    commit(&w, 2);
    bundled(&w, &dir, &[]).unwrap();
    folder.is_tidy(&w);
    assert_eq!(
        heads(&w, &folder.restored(&w)),
        tips(&w),
        "on the newer one"
    );
}

#[test]
fn a_full_bundle_that_grew_too_old_is_followed_by_another() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config(
        &w,
        &format!("    - {{folder: {}, full_every: 10d}}\n", dir.display()),
    );
    let first = written(&w.json(&["backup"]), 0).unwrap();
    let old = folder.age(&first, 9);
    commit(&w, 1);
    let young = written(&w.json(&["backup"]), 0).unwrap();
    assert!(young.ends_with(".incremental.bundle"), "{young}");
    folder.age(&old, 11);
    commit(&w, 2);
    let next = written(&w.json(&["backup"]), 0).unwrap();
    assert!(next.ends_with(".full.bundle"), "{next}");
    folder.is_tidy(&w);
    // Where nothing is said, thirty days.
    config_folder(&w, &dir);
    for (days, kind) in [(29, ".incremental.bundle"), (31, ".full.bundle")] {
        let full = folder.fulls().pop().unwrap();
        for name in folder.bundles() {
            if name != full {
                std::fs::remove_file(folder.path(&name)).unwrap();
            }
        }
        folder.age(&full, days);
        commit(&w, usize::try_from(days).unwrap());
        let next = written(&w.json(&["backup"]), 0).unwrap();
        assert!(next.ends_with(kind), "{days}: {next}");
    }
}

#[test]
fn a_bundle_whose_base_is_gone_is_no_reason_to_write_none() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    let first = bundled(&w, &dir, &[]).unwrap();
    commit(&w, 1);
    let base = bundled(&w, &dir, &["--full"]).unwrap();
    commit(&w, 2);
    let last = bundled(&w, &dir, &[]).unwrap();
    for (name, days) in [(first, 5), (base, 3), (last, 1)] {
        let name = folder.age(&name, days);
        if days == 3 {
            std::fs::remove_file(folder.path(&name)).unwrap();
        }
    }
    folder.sum_anew();
    let next = bundled(&w, &dir, &[]).expect("a bundle");
    report(
        &w,
        &[
            "backup",
            "verify",
            "--bundle",
            folder.path(&next).to_str().unwrap(),
        ],
        0,
    );
    assert_eq!(heads(&w, &folder.restored(&w)), tips(&w));
}

#[test]
fn of_two_full_bundles_with_the_same_tips_the_one_that_is_whole_is_used() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    bundled(&w, &dir, &[]).unwrap();
    let second = bundled(&w, &dir, &["--full"]).unwrap();
    let tip = commit(&w, 1);
    let last = bundled(&w, &dir, &[]).unwrap();
    let mut bytes = std::fs::read(folder.path(&second)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(folder.path(&second), bytes).unwrap();
    let file = folder.path(&last);
    let file = file.to_str().unwrap();
    report(&w, &["backup", "verify", "--bundle", file], 0);
    // Into another repository, which has nothing of it yet.
    let bare = w.env.path("elsewhere.git");
    let (home, bare) = (w.env.home(), bare.to_str().unwrap());
    w.env.git(&home, &["init", "--quiet", "--bare", bare]);
    let args = [
        "-R", bare, "backup", "restore", "main", "--bundle", file, "--to", "x", "--json",
    ];
    let answer = w.env.aidf(&home, &args).ok().json();
    assert_eq!(answer["commit"], tip.as_str());
    assert!(listed(&answer["warnings"]).contains(&second), "{answer:#}");
}

#[test]
fn a_force_push_between_leaves_bundles_that_can_be_restored() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    let start = w.remote.tip("main");
    commit(&w, 1);
    let ahead = w.remote.tip("main");
    bundled(&w, &dir, &[]).unwrap();
    // Back to what the full one holds already, then to another history.
    let folder_arg = dir.to_str().unwrap();
    let args = [&BOTH[..], &["--bundle-dir", folder_arg]].concat();
    w.remote.git(&["update-ref", "refs/heads/main", &start]);
    let answer = report(&w, &args, 8);
    let back = written(&answer, 0).expect("a bundle");
    folder.is_tidy(&w);
    assert_eq!(heads(&w, &folder.restored(&w)), tips(&w), "{back}");
    let other = commit(&w, 7);
    bundled(&w, &dir, &[]).unwrap();
    let bare = folder.restored(&w);
    assert_eq!(heads(&w, &bare), tips(&w));
    assert_eq!(w.env.git(&bare, &["rev-parse", "main"]), other);
    // The lost commits are in the full one for ever.
    w.env
        .git(&bare, &["cat-file", "-e", &format!("{ahead}^{{commit}}")]);
    let path = folder.dir.to_str().unwrap();
    report(&w, &["backup", "verify", "--bundle", path], 0);
}

#[test]
fn without_a_clone_it_is_the_same() {
    let w = World::new(Kind::Http);
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    let home = w.env.home();
    let args = [
        "-R",
        &w.remote.url,
        "backup",
        "--bundle-dir",
        dir.to_str().unwrap(),
        "--json",
    ];
    w.env.aidf(&home, &args).ok();
    commit(&w, 1);
    let out = w.env.aidf(&home, &args).ok();
    let name = written(&out.json(), 0).unwrap();
    assert!(name.ends_with(".incremental.bundle"), "{out}");
    // Another machine, which knows nothing of the full one, makes one that stands alone
    // or one that is right.
    let other = w.other();
    other.share_key(&w);
    commit(&w, 2);
    other.env.aidf(&other.env.home(), &args).ok();
    folder.is_tidy(&w);
    let bare = folder.restored(&w);
    assert_eq!(
        w.env.git(&bare, &["rev-parse", "main"]),
        w.remote.tip("main")
    );
}

#[test]
fn a_bundle_that_was_finished_and_not_listed_is_adopted() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    bundled(&w, &dir, &[]).unwrap();
    commit(&w, 1);
    let second = bundled(&w, &dir, &[]).unwrap();
    // As if the run had ended between the two renames, with some rubbish besides.
    let text = std::fs::read_to_string(folder.path(SUMS)).unwrap();
    let cut: String = text
        .lines()
        .filter(|l| !l.contains(&second))
        .map(|l| format!("{l}\n"))
        .collect();
    std::fs::write(folder.path(SUMS), cut).unwrap();
    let rubbish = folder.path(".aidf-unfinished-Xy12z");
    std::fs::write(&rubbish, "half").unwrap();
    make_older(&rubbish, 2);
    let answer = report(
        &w,
        &["backup", "verify", "--bundle", folder.dir.to_str().unwrap()],
        0,
    );
    assert!(listed(&answer["verified"]).contains(&second), "{answer:#}");
    assert_eq!(bundled(&w, &dir, &[]), None, "it is what would be written");
    folder.is_tidy(&w);
    assert_eq!(folder.bundles().len(), 2);
}

#[test]
fn one_that_was_not_listed_and_is_damaged_is_not_adopted() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    let first = bundled(&w, &dir, &[]).unwrap();
    let odd = format!("{}.full.bundle", stamp(now() - DAY));
    let bytes = std::fs::read(folder.path(&first)).unwrap();
    std::fs::write(folder.path(&odd), &bytes[..bytes.len() / 2]).unwrap();
    commit(&w, 1);
    let args = [&BOTH[..], &["--bundle-dir", dir.to_str().unwrap()]].concat();
    let answer = w.json(&args);
    assert!(listed(&answer["warnings"]).contains(&odd), "{answer:#}");
    assert!(!folder.sums().iter().any(|(name, _)| *name == odd));
    report(
        &w,
        &["backup", "verify", "--bundle", folder.dir.to_str().unwrap()],
        7,
    );
}

#[test]
fn another_repositorys_folder_is_left_alone_and_the_other_places_get_theirs() {
    let w = World::path();
    let stranger = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    bundled(&w, &dir, &[]).unwrap();
    let before = folder.sums();
    let other = w.env.path("other");
    let answer = {
        let args = [
            "backup",
            "--bundle-dir",
            dir.to_str().unwrap(),
            "--bundle-dir",
            other.to_str().unwrap(),
        ];
        report(&stranger, &args, 6)
    };
    assert_eq!(answer["backups"][0]["created"], true);
    let (bad, good) = (&answer["destinations"][0], &answer["destinations"][1]);
    assert!(
        text(bad, "error").contains("contains the bundles of"),
        "{bad}"
    );
    assert_eq!(good["error"], Value::Null);
    assert_eq!(folder.sums(), before);
    folder.is_tidy(&w);
    Folder::of(&other).is_tidy(&stranger);
    // Nor is it thinned, or taken for a proof, by who does not own it.
    config_folder(&stranger, &dir);
    for args in [
        &["backup", "prune", "--keep-last", "1", "--json"][..],
        &["backup", "verify", "--json"],
        &["backup", "drill", "--json"],
    ] {
        let out = stranger.aidf(args);
        assert!(matches!(out.code, 6 | 7), "{out}");
    }
    assert_eq!(folder.sums(), before);
}

#[test]
fn of_two_repositories_of_one_name_at_once_one_gets_the_folder() {
    let (one, other) = (World::path(), World::path());
    let machine = Machine::bare(&one.remote);
    let dir = machine.env.path("bundles");
    for round in 0..4 {
        let dir = dir.join(round.to_string());
        machine.env.operator_config(&format!(
            "repositories:\n  - url: {}\n  - url: {}\nbackup:\n  destinations: [{{folder: {}}}]\n",
            one.remote.url,
            other.remote.url,
            dir.display()
        ));
        let answer = report(&machine, &["backup", "--all"], 6);
        let errors = answer["repositories"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| !r["destinations"][0]["error"].is_null())
            .count();
        assert_eq!(errors, 1, "{answer:#}");
        let folder = Folder::of(&dir);
        folder.is_tidy(&machine);
        assert_eq!(folder.bundles().len(), 1);
    }
}

#[test]
fn each_destination_is_reported_and_a_rerun_completes_what_one_missed() {
    let w = World::path();
    let good = w.env.path("good");
    let bad = w.env.path("bad");
    // A file where a folder should be.
    std::fs::write(&bad, "in the way").unwrap();
    let copy = w.env.path("copies/widgets.git");
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    w.env.git(
        &w.env.home(),
        &["init", "--quiet", "--bare", copy.to_str().unwrap()],
    );
    config(
        &w,
        &format!(
            "    - folder: {}\n    - folder: {}\n    - url: {}/{{repo}}.git\n",
            bad.display(),
            good.display(),
            w.env.path("copies").display()
        ),
    );
    let out = w.aidf(&["backup", "--json"]);
    assert_eq!(out.code, 1, "the failure's own code\n{out}");
    let answer = out.json();
    let [first, second, third] = [0, 1, 2].map(|n| answer["destinations"][n].clone());
    assert_eq!(first["destination"], bad.to_str().unwrap());
    assert!(!first["error"].is_null());
    assert!(text(&second, "bundle").ends_with(".full.bundle"));
    assert_eq!(texts(&third, "pushed"), [backup_of(0)]);
    std::fs::remove_file(&bad).unwrap();
    let again = w.json(&["backup"]);
    assert!(written(&again, 0).unwrap().ends_with(".full.bundle"));
    assert_eq!(written(&again, 1), None);
    assert_eq!(again["destinations"][2]["pushed"], serde_json::json!([]));
    assert_eq!(names(&w.remote), [backup_of(0)]);
    Folder::of(&bad).is_tidy(&w);
    Folder::of(&good).is_tidy(&w);
}

#[test]
fn a_repository_may_have_destinations_of_its_own() {
    let remotes: Vec<Remote> = ["alpha", "beta"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let (general, own) = (machine.env.path("general"), machine.env.path("own/{repo}"));
    machine.env.operator_config(&format!(
        "backup:\n  destinations: [{{folder: {}}}]\nrepositories:\n  - url: {}\n  - url: {}\n    destinations: [{{folder: '{}'}}]\n",
        general.display(),
        remotes[0].url,
        remotes[1].url,
        own.display()
    ));
    report(&machine, &["backup", "--all"], 0);
    assert!(general.join("alpha").join(SUMS).exists());
    assert!(!general.join("beta").exists());
    assert!(machine.env.path("own/beta/beta").join(SUMS).exists());
}

#[test]
fn a_destination_with_a_mistake_is_a_usage_error_and_nothing_is_made() {
    let w = World::path();
    for entry in [
        "{folder: relative/path}",
        "{folder: /tmp/x, url: /tmp/y}",
        "{url: /tmp/y, full_every: 3d}",
        "{folder: /tmp/x, full_every: soon}",
        "{}",
        "{foldr: /tmp/x}",
    ] {
        config(&w, &format!("    - {entry}\n"));
        w.refuses(&["backup"], 2);
    }
}

#[test]
fn bundles_of_all_repositories_go_to_folders_of_their_names() {
    let remotes: Vec<Remote> = ["alpha", "beta", "gamma"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let list: String = remotes
        .iter()
        .map(|r| format!("  - url: {}\n", r.url))
        .collect();
    machine
        .env
        .operator_config(&format!("repositories:\n{list}"));
    let dir = machine.env.path("bundles");
    let args = ["backup", "--all", "--bundle-dir", dir.to_str().unwrap()];
    report(&machine, &args, 0);
    for name in ["alpha", "beta", "gamma"] {
        let folder = Folder {
            dir: dir.join(name),
        };
        folder.is_tidy(&machine);
        assert_eq!(folder.fulls().len(), 1);
    }
    // One address for all is one name for many, unless it says where the name goes.
    let one = machine.env.path("one.git");
    let out = machine.aidf(&["backup", "--all", "--dest", one.to_str().unwrap(), "--json"]);
    assert_eq!(out.code, 2, "{out}");
    let copies = machine.env.path("copies");
    std::fs::create_dir_all(&copies).unwrap();
    for name in ["alpha", "beta", "gamma"] {
        let bare = copies.join(format!("{name}.git"));
        machine.env.git(
            &machine.env.home(),
            &["init", "--quiet", "--bare", bare.to_str().unwrap()],
        );
    }
    let dest = format!("{}/{{repo}}.git", copies.display());
    report(&machine, &["backup", "--all", "--dest", &dest], 0);
    for (remote, name) in remotes.iter().zip(["alpha", "beta", "gamma"]) {
        let bare = copies.join(format!("{name}.git"));
        let tip = machine.env.git(&bare, &["rev-parse", &backup_of(0)]);
        assert_eq!(tip, remote.tip("main"));
    }
}

/// A remote that lost the commits of a bundle, and that bundle.
fn lost() -> (World, Folder, String) {
    let w = World::path();
    let dir = w.env.path("bundles");
    let start = w.remote.tip("main");
    bundled(&w, &dir, &[]).unwrap();
    let good = commit(&w, 1);
    bundled(&w, &dir, &[]).unwrap();
    for (name, _) in crate::backup_days::backups(&w.remote) {
        w.remote
            .git(&["update-ref", "-d", &format!("refs/heads/{name}")]);
    }
    w.remote.git(&["update-ref", "refs/heads/main", &start]);
    let now = [
        "reflog",
        "expire",
        "--expire=now",
        "--expire-unreachable=now",
        "--all",
    ];
    w.remote.git(&now);
    w.remote.git(&["prune", "--expire=now"]);
    let gone = w.env.try_git(&w.remote.bare, &["cat-file", "-e", &good]);
    assert_ne!(gone.code, 0, "the remote still has it");
    (w, Folder::of(&dir), good)
}

#[test]
fn what_the_remote_lost_comes_back_from_a_bundle_as_a_branch() {
    let (w, folder, good) = lost();
    let before = w.snapshot();
    // From the newest of the folder, from the folder above it, and from a file of it.
    let file = folder.path(&folder.newest());
    let above = folder.dir.parent().unwrap().to_owned();
    for (n, path) in [folder.dir.clone(), above, file].iter().enumerate() {
        let machine = w.other();
        let to = format!("rescue/{n}");
        let answer = machine.json(&[
            "backup",
            "restore",
            "--bundle",
            path.to_str().unwrap(),
            "--to",
            &to,
        ]);
        assert_eq!(answer["branch"], to.as_str());
        assert_eq!(answer["commit"], good.as_str());
        assert_eq!(answer["created"], true);
        assert_eq!(w.remote.tip(&to), good);
    }
    // Without --to under a name of its own, and without a clone.
    let answer = w
        .env
        .aidf(
            &w.env.home(),
            &[
                "-R",
                &w.remote.url,
                "backup",
                "restore",
                "--bundle",
                folder.dir.to_str().unwrap(),
                "sandbox",
                "--json",
            ],
        )
        .ok()
        .json();
    let branch = text(&answer, "branch");
    assert!(branch.starts_with("restore/sandbox/"), "{branch}");
    assert_eq!(w.remote.tip(&branch), w.remote.tip("sandbox"));
    assert_eq!(w.snapshot(), before, "the clone is untouched");
    w.remote.is_sound();
}

#[test]
fn a_bundle_goes_onto_an_existing_branch_as_a_rollback_commit() {
    let (w, folder, good) = lost();
    let branch = w.sandbox();
    w.save("src/lib.py", "broken\n", "Break it");
    let before = w.remote.tip(&branch);
    let log = w.remote.file(&branch, CHANGELOG);
    let answer = w.json(&[
        "backup",
        "restore",
        "main",
        "--bundle",
        folder.dir.to_str().unwrap(),
        "--to",
        &branch,
        "--reason",
        "It was lost",
    ]);
    assert_eq!(answer["created"], false);
    let tip = w.remote.tip(&branch);
    assert_eq!(answer["commit"], tip.as_str());
    assert_eq!(w.remote.git(&["rev-parse", &format!("{tip}^")]), before);
    assert_eq!(w.remote.text(&branch, "n.txt"), "1\n");
    assert_ne!(w.remote.text(&branch, "src/lib.py"), "broken\n");
    assert!(w.remote.file(&branch, CHANGELOG).starts_with(&log));
    let bare = folder.restored(&w);
    let wanted = w.env.git(&bare, &["rev-parse", &format!("{good}:src")]);
    assert_eq!(
        w.remote.git(&["rev-parse", &format!("{branch}:src")]),
        wanted
    );
    w.remote.is_sound();
}

#[test]
fn a_new_repository_gets_its_main_back_from_the_bundles_of_the_lost_one() {
    let (w, folder, good) = lost();
    let above = folder.dir.parent().unwrap();
    w.env.git(
        &w.env.home(),
        &["init", "-q", "--bare", "-b", "main", "anew.git"],
    );
    let anew = w.env.home().join("anew.git");
    let restore = |from: &Path, to: &str| {
        let call = [
            "-R",
            anew.to_str().unwrap(),
            "backup",
            "restore",
            "--bundle",
            from.to_str().unwrap(),
            "--to",
            to,
        ];
        w.env.aidf(&w.env.home(), &call)
    };
    // The new one has another name, and the error says under which the bundles lie.
    let missed = restore(above, "main");
    let missed = missed.exits(3);
    assert!(
        missed.stderr.contains(folder.dir.to_str().unwrap()),
        "{}",
        missed.stderr
    );
    assert_eq!(w.env.git(&anew, &["for-each-ref"]), "");
    restore(&folder.dir, "main").ok();
    assert_eq!(w.env.git(&anew, &["rev-parse", "main"]), good);
    w.env.git(&anew, &["fsck", "--strict"]);
    // From then on its rules count.
    restore(&folder.dir, "main").exits(5);
    restore(&folder.dir, "master").ok();
    w.env.git(&anew, &["update-ref", "-d", "refs/heads/main"]);
    restore(&folder.dir, "main").exits(5);
}

#[test]
fn a_restore_from_a_bundle_obeys_the_policy() {
    let (w, folder, _) = lost();
    let path = folder.dir.to_str().unwrap();
    for to in ["main", "sandbox", "backup/2020-01-01"] {
        w.refuses(&["backup", "restore", "--bundle", path, "--to", to], 5);
    }
    w.refuses(&["backup", "restore", "--bundle", path, "--to", "a..b"], 2);
    w.refuses(
        &[
            "backup", "restore", "--bundle", path, "--to", "x", "nowhere",
        ],
        3,
    );
    w.refuses(
        &["backup", "restore", "--bundle", "/nowhere", "--to", "x"],
        3,
    );
    let nothing = w.env.path("nothing");
    std::fs::create_dir_all(&nothing).unwrap();
    w.refuses(
        &[
            "backup",
            "restore",
            "--bundle",
            nothing.to_str().unwrap(),
            "--to",
            "x",
        ],
        3,
    );
}

#[test]
fn bundles_are_thinned_and_a_full_one_stays_while_it_is_needed() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    // Two fulls with three incremental ones each, days apart.
    let mut wanted = Vec::new();
    for (round, base) in [(0, 40), (1, 20)] {
        let full = written(&w.json(&["backup", "--full"]), 0).unwrap();
        let mut made = vec![(full, base)];
        for n in 1..4 {
            commit(&w, round * 10 + n);
            let next = written(&w.json(&["backup"]), 0).unwrap();
            made.push((next, base - i64::try_from(n).unwrap()));
        }
        for (name, days) in made {
            wanted.push(folder.age(&name, days));
        }
    }
    put(&w.env, &w.remote, &[(backup_of(1), w.remote.tip("main"))]);
    let args = ["backup", "prune", "--keep-last", "1"];
    let dry = w.json(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(folder.bundles(), wanted, "a dry run removes nothing");
    let reason = format!("needed by {}", wanted[7]);
    assert!(listed(&dry["kept"]).contains(&reason), "{dry:#}");
    let done = w.json(&args);
    assert_eq!(dry["removed"], done["removed"]);
    assert_eq!(folder.bundles(), [wanted[4].clone(), wanted[7].clone()]);
    folder.is_tidy(&w);
    let bare = folder.restored(&w);
    assert_eq!(
        w.env.git(&bare, &["rev-parse", "main"]),
        w.remote.tip("main")
    );
    for name in [&wanted[4], &wanted[7]] {
        assert!(listed(&done["kept"]).contains(name.as_str()), "{done:#}");
    }
    // Again there is nothing to do.
    assert!(list(&w.json(&args), "removed").is_empty());
}

#[test]
fn pruning_finishes_what_was_cut_off_and_forgets_what_is_gone() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    let first = written(&w.json(&["backup"]), 0).unwrap();
    let old = folder.age(&first, 3);
    let second = written(&w.json(&["backup", "--full"]), 0).unwrap();
    let second = folder.age(&second, 2);
    let third = written(&w.json(&["backup", "--full"]), 0).unwrap();
    // One was taken off the list and not removed; another is listed and gone.
    std::fs::rename(folder.path(&old), folder.path("kept-aside")).unwrap();
    folder.sum_anew();
    std::fs::rename(folder.path("kept-aside"), folder.path(&old)).unwrap();
    std::fs::remove_file(folder.path(&second)).unwrap();
    w.json(&["backup", "prune", "--keep-last", "1"]);
    assert_eq!(folder.bundles(), [third]);
    folder.is_tidy(&w);
}

#[test]
fn backups_and_prunes_at_once_leave_a_folder_that_is_right() {
    let w = World::path();
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&["backup"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..6 {
                commit(&w, n);
                w.json(&["backup", "--full"]);
            }
        });
        scope.spawn(|| {
            for _ in 0..8 {
                w.json(&["backup", "prune", "--keep-last", "1"]);
            }
        });
    });
    w.json(&["backup"]);
    let folder = Folder::of(&dir);
    folder.is_tidy(&w);
    let bare = folder.restored(&w);
    assert_eq!(
        w.env.git(&bare, &["rev-parse", "main"]),
        w.remote.tip("main")
    );
}

#[test]
fn verify_takes_a_bundle_a_folder_and_other_peoples_bundles() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    bundled(&w, &dir, &[]).unwrap();
    commit(&w, 1);
    let second = bundled(&w, &dir, &[]).unwrap();
    // No remote and no clone is needed for it.
    let nowhere = w.env.path("nowhere");
    std::fs::create_dir_all(&nowhere).unwrap();
    let verify = |path: &Path, code| {
        let args = [
            "backup",
            "verify",
            "--bundle",
            path.to_str().unwrap(),
            "--json",
        ];
        w.env.aidf(&nowhere, &args).exits(code).json()
    };
    assert_eq!(list(&verify(&folder.dir, 0), "verified").len(), 2);
    assert_eq!(list(&verify(&folder.path(&second), 0), "verified").len(), 1);
    let theirs = w.env.path("theirs.bundle");
    w.remote.git(&[
        "bundle",
        "create",
        "--quiet",
        theirs.to_str().unwrap(),
        "--all",
    ]);
    assert_eq!(list(&verify(&theirs, 0), "verified").len(), 1);
    // One that was made on what is not here.
    let alone = nowhere.join(&second);
    std::fs::copy(folder.path(&second), &alone).unwrap();
    let answer = verify(&alone, 7);
    assert!(
        listed(&answer["problems"]).contains("not in the same folder"),
        "{answer:#}"
    );
    verify(&nowhere, 7);
    std::fs::remove_file(&alone).unwrap();
    for none in [nowhere.to_str().unwrap(), "/no/such"] {
        let args = ["backup", "verify", "--bundle", none, "--json"];
        let out = w.env.aidf(&nowhere, &args).exits(3);
        assert_eq!(out.error()["kind"], "not_found");
    }
}

#[test]
fn a_drill_restores_the_newest_bundle_too_and_remembers_when() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    w.json(&["backup"]);
    commit(&w, 1);
    w.json(&["backup"]);
    let first = report(&w, &["backup", "drill"], 0);
    let one = &first["bundles"][0];
    assert!(text(one, "bundle").ends_with(&folder.newest()), "{first:#}");
    assert_eq!(one["same_as_backup"], true);
    assert_eq!(first["last_proven_at"], Value::Null);
    let when = text(&first, "proven_at");
    let second = report(&w, &["backup", "drill"], 0);
    assert_eq!(second["last_proven_at"], when.as_str());
    // A backup of somebody else's is told, and the bundles are held against ours.
    commit(&w, 2);
    let branch = w.remote.tip("main");
    put(
        &w.env,
        &w.remote,
        &[(format!("backup/{}", stamp(now() + 60)), branch)],
    );
    let third = report(&w, &["backup", "drill"], 0);
    assert_eq!(third["bundles"][0]["same_as_backup"], true);
    assert!(!texts(&third, "warnings").is_empty(), "{third:#}");
    // What fails does not count as a proof: a bundle that lacks what a backup has.
    w.env.operator_config("");
    w.aidf(&["backup", "--branch", "main", "--json"]);
    config_folder(&w, &dir);
    let behind = report(&w, &["backup", "drill"], 7);
    assert_eq!(behind["bundles"][0]["same_as_backup"], false);
    w.json(&["backup"]);
    let last = text(&report(&w, &["backup", "drill"], 0), "proven_at");
    std::fs::remove_file(folder.path(&folder.fulls()[0])).unwrap();
    let bad = report(&w, &["backup", "drill"], 7);
    assert_eq!(bad["proven_at"], Value::Null);
    assert_eq!(bad["last_proven_at"], last.as_str());
    let again = report(&w, &["backup", "drill"], 7);
    assert_eq!(again["last_proven_at"], last.as_str());
}

#[test]
fn a_destination_that_has_no_bundle_yet_fails_verify_and_drill() {
    let w = World::path();
    w.json(&["backup"]);
    config_folder(&w, &w.env.path("bundles"));
    report(&w, &["backup", "verify"], 3);
    report(&w, &["backup", "drill"], 3);
    w.json(&["backup"]);
    let answer = report(&w, &["backup", "verify"], 0);
    assert_eq!(list(&answer, "verified").len(), 2);
    report(&w, &["backup", "drill"], 0);
}

#[test]
fn ledgers_are_exported_to_the_folders_of_the_destinations() {
    let w = World::path();
    let out = w.refuses(&["backup", "export", "--to-destinations"], 2);
    assert!(out.stderr.contains("--out"), "{out}");
    let (one, two) = (w.env.path("one"), w.env.path("two"));
    config(
        &w,
        &format!(
            "    - folder: {}\n    - url: /nowhere.git\n    - folder: {}\n",
            one.display(),
            two.display()
        ),
    );
    let answer = w.json(&["backup", "export", "--to-destinations"]);
    assert_eq!(list(&answer, "exports").len(), 4);
    for dir in [&one, &two] {
        let file = dir.join("widgets/main/changelog.json");
        let json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(json["schema"], "aidf-ledger-1");
        assert_eq!(json["commit"], w.remote.tip("main").as_str());
    }
}

#[test]
fn a_bundle_of_somebody_elses_is_no_reason_to_remove_a_full_one() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    let full = written(&w.json(&["backup"]), 0).unwrap();
    let full = folder.age(&full, 9);
    commit(&w, 1);
    let next = written(&w.json(&["backup"]), 0).unwrap();
    // It has all that the incremental one needs, and may be gone tomorrow.
    std::fs::copy(folder.path(&full), folder.path("manual.bundle")).unwrap();
    w.json(&["backup", "prune", "--keep-last", "1"]);
    std::fs::remove_file(folder.path("manual.bundle")).unwrap();
    assert_eq!(folder.bundles(), [full, next]);
    report(&w, &["backup", "verify"], 0);
}

#[test]
fn a_branch_that_the_newest_bundle_lacks_is_drilled_and_restored_from_an_older_one() {
    let w = World::path();
    let dir = w.env.path("bundles");
    let folder = Folder::of(&dir);
    config_folder(&w, &dir);
    let older = written(&w.json(&BOTH), 0).unwrap();
    let tip = w
        .remote
        .write("sandbox", &[("b.txt", Some(b"b\n"))], "Add b");
    let newest = written(&w.json(&["backup", "--branch", "sandbox", "--full"]), 0).unwrap();
    let drill = report(&w, &["backup", "drill"], 0);
    for (at, name) in [&newest, &older].into_iter().enumerate() {
        let one = &drill["bundles"][at];
        assert!(text(one, "bundle").ends_with(name), "{drill:#}");
        assert_eq!(one["same_as_backup"], true, "{drill:#}");
    }
    let path = folder.dir.to_str().unwrap();
    let restore = |branch: &str, to: &str| {
        w.json(&["backup", "restore", branch, "--bundle", path, "--to", to])
    };
    let main = restore("main", "one");
    assert_eq!(main["commit"], w.remote.tip("main").as_str());
    assert!(listed(&main["warnings"]).contains(&newest), "{main:#}");
    assert_eq!(restore("sandbox", "two")["commit"], tip.as_str());
    let args = [
        "backup", "restore", "nowhere", "--bundle", path, "--to", "x",
    ];
    let out = w.refuses(&args, 3);
    assert!(out.all().contains("does not contain"), "{out}");
    // The older one is needed for main, so its damage is found.
    std::fs::write(folder.path(&older), "").unwrap();
    let bad = report(&w, &["backup", "drill"], 7);
    assert!(listed(&bad["problems"]).contains(&older), "{bad:#}");
}
