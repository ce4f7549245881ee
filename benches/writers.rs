//! Writers of one branch at the same time, aidf against scripted git, in one run.
//!
//! `cargo bench --bench writers`, or with `-- --writers 8 --commits 25`. Without them it
//! measures 8 writers of 25 commits, and 64 of one. Everything is made in a temporary folder
//! and removed at the end.
//!
//! Each writer has a clone of its own and commits one file after the other, all to one sandbox,
//! or, with `--sandboxes N`, each to one of so many.
//! What is compared, by path and by HTTP:
//!
//! - aidf on one machine, where writers stand in a queue;
//! - aidf on as many machines, where they race for the branch;
//! - git: fetch, plumbing without a checkout, push with a lease, again until it lands.
//!
//! What is shown is how many commits land in a second, and how long a command takes: the
//! median, the longest, and how many times the median that is.

#![allow(clippy::unwrap_used)]

// The tables and sizes of the other benches are not needed here.
#[allow(dead_code)]
mod shared;

use shared::{Bench, print_head, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const FILES: usize = 1000;

/// As a user would script it: the tip is fetched, the commit made on it, and pushed where
/// nobody was quicker. $1 file, $2 branch.
const SCRIPT: &str = r#"
set -e
blob=$(git hash-object -w -- "$1")
export GIT_INDEX_FILE=.git/bench-index
while :; do
  git fetch -q origin "$2"
  tip=$(git rev-parse FETCH_HEAD)
  rm -f "$GIT_INDEX_FILE"
  git read-tree "$tip"
  git update-index --add --cacheinfo "100644,$blob,$1"
  commit=$(git commit-tree "$(git write-tree)" -p "$tip" -m bench)
  git push -q --force-with-lease="refs/heads/$2:$tip" origin "$commit:refs/heads/$2" 2>/dev/null && exit 0
done
"#;

fn main() {
    let (mut races, mut args) = (Vec::new(), std::env::args().skip(1));
    let (mut writers, mut commits, mut sandboxes) = (None, None, 1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        match arg.as_str() {
            // What `cargo bench` itself adds.
            "--bench" => continue,
            "--writers" => writers = number(),
            "--commits" => commits = number(),
            "--sandboxes" => sandboxes = number().unwrap_or_else(|| usage()),
            _ => usage(),
        }
    }
    match (writers, commits) {
        (None, None) => races.extend([(8, 25), (64, 1)]),
        (Some(writers), Some(commits)) => races.push((writers, commits)),
        _ => usage(),
    }
    let work = tempfile::Builder::new()
        .prefix("aidf-bench-")
        .tempdir()
        .unwrap();
    let bench = Bench::new(work.path(), 1);
    print_head("writers of one branch at once", &bench, "nothing");
    for (writers, commits) in races {
        for way in ["path", "HTTP"] {
            race(&bench, way, writers, commits, sandboxes);
        }
    }
}

fn usage() -> ! {
    eprintln!("usage: cargo bench --bench writers -- [--writers N --commits N] [--sandboxes N]");
    std::process::exit(2);
}

fn race(bench: &Bench, way: &str, writers: usize, commits: usize, sandboxes: usize) {
    let remote = bench.work.join("served/race.git");
    bench.generate(&remote, FILES, 0);
    let url = match way {
        "path" => remote.display().to_string(),
        _ => format!("{}/race.git", bench.server.base()),
    };
    println!("\n{writers} writers of {commits} commits each, {sandboxes} sandboxes, by {way}");
    println!("  commits/s  median ms  longest ms  longest/median");
    let folder = bench.work.join("race");
    let clone = |name: String| -> PathBuf {
        let to = folder.join(name);
        let (from, path) = (remote.to_str().unwrap(), to.to_str().unwrap());
        bench.git(
            &bench.work,
            &["clone", "-q", "-n", "-b", "sandbox", from, path],
        );
        bench.git(&to, &["remote", "set-url", "origin", &url]);
        to
    };
    let open = |clone: &Path| -> (String, String) {
        let mut command = bench.command(env!("CARGO_BIN_EXE_aidf"), clone);
        let text = succeed(command.args(["sandbox", "init", "--force-new", "--json"]));
        let opened: serde_json::Value = serde_json::from_str(&text).unwrap();
        let field = |name: &str| opened[name].as_str().unwrap().to_owned();
        (field("branch"), field("reuse_token"))
    };
    for (name, alone) in [("aidf, one machine", false), ("aidf, a machine each", true)] {
        let clones: Vec<PathBuf> = (0..writers).map(|w| clone(format!("{w}"))).collect();
        let opened: Vec<(String, String)> = (0..sandboxes).map(|_| open(&clones[0])).collect();
        let took = at_once(&clones, commits, &|writer, clone, file| {
            let (branch, token) = &opened[writer % sandboxes];
            let mut command = bench.command(env!("CARGO_BIN_EXE_aidf"), clone);
            command.args(["commit", file, "-m", "bench", "--timeout", "120"]);
            command.args(["--branch", branch]);
            command.env("AIDF_REUSE_TOKEN", token);
            if alone {
                command.env("XDG_CACHE_HOME", clone.join(".git/cache"));
            }
            command
        });
        let branches: Vec<String> = opened.into_iter().map(|(branch, _)| branch).collect();
        told(bench, &remote, &branches, name, &took);
        fs::remove_dir_all(&folder).unwrap();
    }
    let clones: Vec<PathBuf> = (0..writers).map(|w| clone(format!("{w}"))).collect();
    let branches: Vec<String> = (0..sandboxes).map(|n| format!("scripted-{n}")).collect();
    for branch in &branches {
        let new = format!("HEAD:refs/heads/{branch}");
        bench.git(&clones[0], &["push", "-q", "origin", &new]);
    }
    let took = at_once(&clones, commits, &|writer, clone, file| {
        let mut command = bench.command("sh", clone);
        command.args(["-c", SCRIPT, "script", file, &branches[writer % sandboxes]]);
        command
    });
    told(
        bench,
        &remote,
        &branches,
        "git, scripted, again until it lands",
        &took,
    );
    fs::remove_dir_all(&folder).unwrap();
    fs::remove_dir_all(&remote).unwrap();
}

/// All writers at once; answers the time of the whole race and of each command.
fn at_once(
    clones: &[PathBuf],
    commits: usize,
    command: &(dyn Fn(usize, &Path, &str) -> Command + Sync),
) -> (Duration, Vec<Duration>) {
    let started = Instant::now();
    let each = std::thread::scope(|scope| {
        let threads: Vec<_> = clones
            .iter()
            .enumerate()
            .map(|(writer, clone)| {
                scope.spawn(move || {
                    let one = |n: usize| {
                        let file = format!("w{writer}-{n}.txt");
                        fs::write(clone.join(&file), format!("{writer} {n}\n")).unwrap();
                        let begun = Instant::now();
                        succeed(&mut command(writer, clone, &file));
                        begun.elapsed()
                    };
                    (0..commits).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        let all = threads.into_iter().map(|t| t.join().unwrap());
        all.collect::<Vec<_>>().concat()
    });
    (started.elapsed(), each)
}

fn told(
    bench: &Bench,
    remote: &Path,
    branches: &[String],
    name: &str,
    (all, each): &(Duration, Vec<Duration>),
) {
    let tips = branches.iter().map(|branch| format!("refs/heads/{branch}"));
    let tips: Vec<String> = tips.collect();
    let mut args = vec!["rev-list", "--count", "^refs/heads/sandbox"];
    args.extend(tips.iter().map(String::as_str));
    let landed = bench.git(remote, &args);
    assert_eq!(
        landed.trim(),
        each.len().to_string(),
        "{name} lost a commit"
    );
    let mut each: Vec<f64> = each.iter().map(|t| t.as_secs_f64() * 1000.0).collect();
    each.sort_by(f64::total_cmp);
    let (median, longest) = (each[each.len() / 2], each[each.len() - 1]);
    println!(
        "  {:9.1}  {median:9.0}  {longest:10.0}  {:14.1}  {name}",
        each.len() as f64 / all.as_secs_f64(),
        longest / median
    );
}
