//! The power goes right after a command: what was not flushed to the disk may be empty. strace
//! says what was flushed. The next command goes on, or says what is damaged and how to mend it.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use crate::peers::support::{Ended, Place, have};

/// Every file below a folder, with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => drop(found.insert(entry.path(), fs::read(entry.path()).unwrap())),
            }
        }
    }
    found
}

/// The files that a traced program flushed, by the names that they have in the end.
fn flushed(log: &Path) -> BTreeSet<PathBuf> {
    let text = fs::read_to_string(log).unwrap();
    let mut flushed: BTreeSet<PathBuf> = BTreeSet::new();
    let mut moved: HashMap<PathBuf, PathBuf> = HashMap::new();
    for line in text.lines() {
        let call = line
            .split_once(' ')
            .map_or(line, |(_, call)| call.trim_start());
        if call.starts_with("fsync(") || call.starts_with("fdatasync(") {
            let path = call
                .split_once('<')
                .and_then(|(_, rest)| rest.split_once('>'));
            flushed.extend(path.map(|(path, _)| PathBuf::from(path)));
        } else if call.starts_with("rename") || call.starts_with("link") {
            let names: Vec<&str> = call.split('"').skip(1).step_by(2).collect();
            if let [from, to] = names.as_slice() {
                moved.insert(PathBuf::from(from), PathBuf::from(to));
            }
        }
    }
    let ends = flushed.iter().filter_map(|path| moved.get(path)).cloned();
    let ends: Vec<PathBuf> = ends.collect();
    flushed.extend(ends);
    flushed
}

/// A clone with an open sandbox, checked out.
struct Cut {
    place: Place,
    remote: PathBuf,
    clone: PathBuf,
}

impl Cut {
    fn new() -> Cut {
        let place = Place::new();
        let remote = place.remote("project", &[]);
        let clone = place.clone(remote.to_str().unwrap(), "clone");
        Cut {
            place,
            remote,
            clone,
        }
    }

    /// Runs a command; answers the files of the git folder that it changed and did not flush,
    /// and those that it flushed.
    fn traced(&self, args: &[&str]) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let git = self.clone.join(".git");
        let before = files(&git);
        let log = self.place.path("calls");
        let mut command = self.place.command("strace", &self.clone);
        command.args(["-f", "-y", "-o", log.to_str().unwrap()]);
        command.args([
            "-e",
            "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat",
        ]);
        command.arg("--").arg(env!("CARGO_BIN_EXE_aidf")).args(args);
        Ended::of(command.output().unwrap()).exits(0);
        let flushed = flushed(&log);
        let changed = files(&git).into_iter();
        let changed = changed.filter(|(path, now)| before.get(path) != Some(now));
        changed
            .map(|(path, _)| path)
            .partition(|path| !flushed.contains(path))
    }

    /// The clone as it is after the power went, where these files are empty.
    fn copied(&self, name: &str, empty: &[PathBuf]) -> PathBuf {
        let to = self.place.path(name);
        let mut command = self.place.command("cp", &self.clone);
        command.args(["-a", "."]).arg(&to);
        fs::create_dir(&to).unwrap();
        Ended::of(command.output().unwrap()).exits(0);
        for file in empty {
            let file = to.join(file.strip_prefix(&self.clone).unwrap());
            let mode = fs::metadata(&file).unwrap().permissions();
            fs::remove_file(&file).unwrap();
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, mode).unwrap();
        }
        to
    }
}

#[test]
fn a_power_cut_right_after_a_sandbox_was_opened_does_not_lose_its_token() {
    if !have(&["strace"]) {
        return;
    }
    let cut = Cut::new();
    let (lost, kept) = cut.traced(&["sandbox", "init"]);
    let session = cut.clone.join(".git/aidf/session.json");
    assert!(kept.contains(&session), "flushed: {kept:?}");
    let clone = cut.copied("after", &lost);
    fs::write(clone.join("a.txt"), "a\n").unwrap();
    cut.place
        .aidf(&clone, &["commit", "a.txt", "-m", "A"])
        .exits(0);
}

#[test]
fn after_a_power_cut_right_after_a_commit_work_goes_on_or_the_damage_is_named() {
    if !have(&["strace"]) {
        return;
    }
    let cut = Cut::new();
    cut.place.aidf(&cut.clone, &["sandbox", "init"]).exits(0);
    cut.place.aidf(&cut.clone, &["sandbox", "switch"]).exits(0);
    fs::write(cut.clone.join("a.txt"), "a\n").unwrap();
    let (lost, _) = cut.traced(&["commit", "a.txt", "-m", "A"]);
    assert!(lost.len() > 5, "{lost:?}");
    let mut cases: Vec<Vec<PathBuf>> = lost.iter().map(|file| vec![file.clone()]).collect();
    cases.push(lost);
    let branch = cut
        .place
        .git(&cut.clone, &["rev-parse", "--abbrev-ref", "HEAD"]);
    let branch = format!("refs/heads/{}", branch.trim());
    let (mut on, mut mended) = (0, 0);
    for (at, empty) in cases.iter().enumerate() {
        let file = format!("b{at}.txt");
        for (name, args) in [
            ("status", &["status"][..]),
            ("log", &["log"]),
            ("list", &["sandbox", "list"]),
            ("commit", &["commit", &file, "-m", "B"]),
            ("pull", &["sandbox", "pull"]),
        ] {
            let clone = cut.copied(&format!("{name}-{at}"), empty);
            fs::write(clone.join(&file), format!("{at}\n")).unwrap();
            let ended = cut.place.aidf(&clone, args);
            let what = format!("{name} where {empty:?} are empty\n{}", ended.told());
            if ended.code == 0 {
                on += 1;
                continue;
            }
            mended += 1;
            // As often as another file is empty.
            let mut ended = ended;
            for _ in 0..3 {
                let mend = ended.stderr.split('`').nth(1);
                let mend = mend.filter(|_| ended.stderr.contains("power cut"));
                let mend = mend.unwrap_or_else(|| panic!("{what}\nnow: {}", ended.told()));
                let mend = cut.place.command("sh", &clone).args(["-c", mend]).output();
                Ended::of(mend.unwrap()).exits(0);
                ended = cut.place.aidf(&clone, args);
                if ended.code == 0 {
                    break;
                }
            }
            assert_eq!(ended.code, 0, "{what}\nmended: {}", ended.told());
        }
        // The work of before, and that of after, are on the remote.
        cut.place.git(&cut.remote, &["fsck", "--full", "--strict"]);
        for file in ["a.txt", &file] {
            let place = format!("{branch}:{file}");
            cut.place.git(&cut.remote, &["cat-file", "-e", &place]);
        }
    }
    println!("{on} went on, {mended} after the mend");
}
