//! Repositories that do not hold everything: the cache of `-R`, which holds what was used,
//! partial clones and shallow ones. What they lack is fetched where it is needed, and is never
//! taken for what does not exist.

mod cache;
mod clones;
mod pruned;
mod shallow;

use crate::support::{CHANGELOG, Kind, MEMORY, Machine, Remote, World, unique};
use std::path::{Path, PathBuf};

/// How many files the remotes here have.
const FILES: usize = 3000;
/// And how many commits after the first, each of one file.
const COMMITS: usize = 40;

/// A path of those files: sixteen to a folder, three folders deep.
fn path(i: usize) -> String {
    let folder = i / 16;
    format!(
        "m{:02}/p{:02}/d{folder:03}/f{i:05}.txt",
        folder % 8,
        folder % 16
    )
}

/// A remote with so many files and commits, whose server leaves out what it is asked to.
fn large(kind: Kind) -> Remote {
    let remote = Remote::new(kind, "widgets", false);
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    let mut stream = String::new();
    let mut commit = |n: usize, files: &mut dyn Iterator<Item = (String, String)>| {
        stream.push_str("commit refs/heads/main\n");
        let time = 1_700_000_000 + n * 60;
        stream.push_str(&format!("committer A <a@x.invalid> {time} +0000\n"));
        let message = format!("Change {n}");
        stream.push_str(&format!("data {}\n{message}\n", message.len()));
        if n == 0 {
            stream.push_str("from refs/heads/main^0\n");
        }
        for (path, text) in files {
            stream.push_str(&format!("M 100644 inline {path}\n"));
            stream.push_str(&format!("data {}\n{text}\n", text.len()));
        }
    };
    let lines = |i: usize| (0..20).map(move |n| format!("file {i}, line {n}\n"));
    commit(0, &mut (0..FILES).map(|i| (path(i), lines(i).collect())));
    for n in 1..=COMMITS {
        let i = n * 71;
        let text = lines(i).collect::<String>() + &format!("change {n}\n");
        commit(n, &mut [(path(i), text)].into_iter());
    }
    stream.push_str("reset refs/heads/sandbox\nfrom refs/heads/main\n\n");
    remote.import(&stream);
    remote
}

/// The cache of the one remote that a machine has worked at without a clone.
fn cache_of(machine: &Machine) -> PathBuf {
    let folder = machine.env.cache().join("aidf").join("repos");
    let all = std::fs::read_dir(folder).unwrap();
    let all = all.map(|e| e.unwrap().path());
    let mut caches = all.filter(|p| p.extension().is_some_and(|e| e == "git"));
    let one = caches.next().unwrap();
    assert_eq!(caches.next(), None);
    one
}

/// What a repository got by fetching: objects, and the bytes of their packs.
fn fetched(machine: &Machine, repository: &Path) -> (usize, u64) {
    let counts = machine.env.git(repository, &["count-objects", "-v"]);
    let packed = counts.lines().find_map(|l| l.strip_prefix("in-pack: "));
    let packs = std::fs::read_dir(repository.join("objects/pack")).unwrap();
    let packs = packs.map(|e| e.unwrap());
    let packs = packs.filter(|e| e.path().extension().is_some_and(|x| x == "pack"));
    let bytes = packs.map(|e| e.metadata().unwrap().len()).sum();
    (packed.unwrap().parse().unwrap(), bytes)
}

/// Plain git finds nothing wrong with a repository that lacks what a remote promises, and no
/// lock is left behind.
#[track_caller]
fn is_in_order(machine: &Machine, repository: &Path) {
    let args = ["fsck", "--no-dangling", "--no-progress"];
    let out = machine.env.try_git(repository, &args);
    let all = out.all();
    // A cache knows the default branch by its name alone.
    let default = "error: refs/remotes/origin/HEAD: invalid sha1 pointer";
    let said = all.lines().filter(|line| !line.starts_with(default));
    for word in ["error", "missing", "broken", "fatal"] {
        let mut said = said.clone();
        assert!(!said.any(|line| line.contains(word)), "{out}");
    }
    for lock in ["shallow.lock", "index.lock", "HEAD.lock", "config.lock"] {
        assert!(!repository.join(lock).exists(), "{lock}");
    }
}

/// A machine with a clone that plain git made with these arguments.
fn clone_with(remote: &Remote, args: &[&str]) -> Machine {
    let mut machine = Machine::bare(remote);
    let dir = machine.env.path(&format!("narrow-{}", unique()));
    let to = dir.to_str().unwrap();
    let mut command = machine.env.command("git", &machine.env.home());
    let url = match remote.kind {
        // By a plain path git copies everything.
        Kind::Path => format!("file://{}", remote.url),
        _ => remote.url.clone(),
    };
    command
        .args(["clone", "--quiet"])
        .args(args)
        .args([&url, to]);
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    machine.clone = dir;
    machine
}

/// A world of a remote and an operator's machine with a whole clone and a key.
fn world(kind: Kind) -> World {
    let world = World::of(large(kind));
    world.json(&["token", "issue", "--operator"]);
    world
}

/// The files that a branch has and another has not, or has otherwise, but for the ledgers.
fn differing(remote: &Remote, one: &str, other: &str) -> Vec<String> {
    let text = remote.git(&["diff", "--name-only", one, other]);
    let own = [
        CHANGELOG,
        MEMORY,
        ".gitattributes",
        "project/.logs/reverted_commits.yaml",
    ];
    let files = text.lines().filter(|l| !own.contains(l));
    files.map(str::to_owned).collect()
}
