//! aidf against scripted git, in one run, on the same remotes.
//!
//! `cargo bench --bench against_git`, or with `-- --files 80000 --rounds 9 --refs`. Without
//! `--files` it measures 1,000 and 80,000 files. Everything is made in a
//! temporary folder and removed at the end.
//!
//! What is compared, each from a clone of its own that is kept and knows the tip:
//!
//! - one file committed and pushed: `aidf commit` as it comes (changelog and
//!   memory written too) and without the two, a plumbing script without a
//!   checkout (with and without a fetch first), and `git push` alone of a commit
//!   made beforehand, which is about what the server itself takes;
//! - a sandbox opened: `aidf sandbox init` and `git ls-remote` with a push that
//!   may only create;
//! - one file committed by a machine that has never seen the remote: `aidf -R … commit`
//!   without a cache, and a shallow clone without files, the plumbing and a push.
//!
//! The contenders take turns (A B A B …), after one round that is not counted.

#![allow(clippy::unwrap_used)]

mod shared;

use shared::{
    Bench, Contender, HISTORY, path_of, peak_memory, print_head, print_table, succeed, thousands,
    timed,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const MANY_REFS: usize = 100_000;

/// The plumbing: blob, index, tree and commit without a checkout, then a push
/// with a lease. $1 file, $2 its path in the tree, $3 branch, $4 "fetch" or not.
const PLUMBING: &str = r#"
set -e
if [ "$4" = fetch ]; then git fetch -q origin "$3"; fi
blob=$(git hash-object -w -- "$1")
tip=$(git rev-parse "refs/remotes/origin/$3")
GIT_INDEX_FILE=.git/bench-index; export GIT_INDEX_FILE
rm -f "$GIT_INDEX_FILE"
git read-tree "$tip"
git update-index --add --cacheinfo "100644,$blob,$2"
tree=$(git write-tree --missing-ok)
commit=$(git commit-tree "$tree" -p "$tip" -m bench)
unset GIT_INDEX_FILE
git push -q --force-with-lease="refs/heads/$3:$tip" origin "$commit:refs/heads/$3"
"#;

/// A branch made where nobody has one. $1 base, $2 the new branch.
const SCRIPTED_INIT: &str = r#"
set -e
tip=$(git ls-remote origin "refs/heads/$1" | cut -f1)
git push -q --force-with-lease="refs/heads/$2:" origin "$tip:refs/heads/$2"
"#;

/// The same from nothing. $1 file, $2 its path in the tree, $3 branch, $4 "no", $5 the remote's
/// address.
const FROM_NOTHING: &str = r#"
set -e
rm -rf new
git clone -q -n --depth 1 --filter=blob:none --single-branch -b "$3" "$5" new
cd new
"#;

struct Asked {
    files: Vec<usize>,
    rounds: usize,
    refs: bool,
}

fn asked() -> Asked {
    let mut asked = Asked {
        files: Vec::new(),
        rounds: 9,
        refs: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || {
            let text = args.next().unwrap_or_default().replace(['_', ','], "");
            text.parse()
                .unwrap_or_else(|_| usage(&format!("{arg} takes a number")))
        };
        match arg.as_str() {
            // What `cargo bench` itself adds.
            "--bench" => {}
            "--files" => asked.files.push(number()),
            "--rounds" => asked.rounds = number(),
            "--refs" => asked.refs = true,
            other => usage(&format!("what is {other}?")),
        }
    }
    if asked.files.is_empty() {
        asked.files = vec![1000, 80_000];
    }
    if asked.rounds == 0 || asked.files.contains(&0) {
        usage("numbers start at 1");
    }
    asked
}

fn usage(fault: &str) -> ! {
    eprintln!(
        "{fault}\nusage: cargo bench --bench against_git -- [--files N]... [--rounds N] [--refs]"
    );
    std::process::exit(2);
}

fn main() {
    let asked = asked();
    let work = tempfile::Builder::new()
        .prefix("aidf-bench-")
        .tempdir()
        .unwrap();
    let bench = Bench::new(work.path(), asked.rounds);
    print_head("aidf against scripted git", &bench, "the plumbing");
    for files in &asked.files {
        bench.measure(*files, 0);
    }
    if asked.refs {
        bench.measure(1000, MANY_REFS);
    }
}

impl Bench {
    /// Both ways to one repository of this size, then the repository is removed.
    fn measure(&self, files: usize, refs: usize) {
        let name = format!("{files}-{refs}.git");
        let started = Instant::now();
        let remote = self.work.join("served").join(&name);
        self.generate(&remote, files, refs);
        let many = if refs == 0 {
            String::new()
        } else {
            format!(", {} refs", thousands(refs))
        };
        println!(
            "\n{} files{many}, {} commits (made in {:.0} s)",
            thousands(files),
            thousands(HISTORY + 1),
            started.elapsed().as_secs_f64()
        );
        let path = remote.display().to_string();
        let url = format!("{}/{name}", self.server.base());
        for (way, url) in [("path", path), ("HTTP", url)] {
            let clones = Clones::new(self, &remote, &url, way, files);
            self.commit_one_file(&clones, way);
            self.open_a_sandbox(&clones, way);
            self.commit_from_nothing(&clones, &url, way);
            fs::remove_dir_all(&clones.folder).unwrap();
        }
        fs::remove_dir_all(&remote).unwrap();
    }

    fn commit_one_file(&self, clones: &Clones, way: &str) {
        let mut contenders = [
            Contender::new("aidf commit"),
            Contender::new("aidf commit --no-changelog --no-memory"),
            Contender::new("plumbing, git push"),
            Contender::new("git fetch, plumbing, git push"),
            Contender::new("git push alone, of a ready commit"),
        ];
        let (aidf, aidf_plain, plumbing, fetching, ready) =
            ("aidf", "aidf-plain", "plumbing", "fetching", "ready");
        for name in [aidf, aidf_plain] {
            succeed(&mut clones.aidf(name, &["sandbox", "init", "--json"]));
        }
        for round in 0..=self.rounds {
            let mut times = Vec::new();
            times.push(timed(&mut clones.aidf_commit(aidf, round, &[])));
            times.push(timed(&mut clones.aidf_commit(aidf_plain, round, PLAIN)));
            times.push(timed(&mut clones.plumbing(plumbing, round, "no")));
            times.push(timed(&mut clones.plumbing(fetching, round, "fetch")));
            times.push(timed(&mut clones.ready_push(ready, round)));
            // The first round warms the caches.
            if round > 0 {
                contenders
                    .iter_mut()
                    .zip(times)
                    .for_each(|(c, t)| c.times.push(t));
            }
        }
        contenders[0].peak = peak_memory(clones.aidf_commit(aidf, self.rounds + 1, &[]));
        contenders[1].peak = peak_memory(clones.aidf_commit(aidf_plain, self.rounds + 1, PLAIN));
        print_table(&format!("one file committed, by {way}"), &contenders, 2);
    }

    fn open_a_sandbox(&self, clones: &Clones, way: &str) {
        let mut contenders = [
            Contender::new("aidf sandbox init"),
            Contender::new("git ls-remote, git push"),
        ];
        let init = ["sandbox", "init", "--force-new", "--json"];
        for round in 0..=self.rounds {
            let aidf = timed(&mut clones.aidf("aidf", &init));
            let name = format!("sandbox-scripted-{way}-{round}");
            let script = timed(&mut clones.script("plumbing", SCRIPTED_INIT, &["sandbox", &name]));
            if round > 0 {
                contenders[0].times.push(aidf);
                contenders[1].times.push(script);
            }
        }
        contenders[0].peak = peak_memory(clones.aidf("aidf", &init));
        print_table(&format!("a sandbox opened, by {way}"), &contenders, 1);
    }

    fn commit_from_nothing(&self, clones: &Clones, url: &str, way: &str) {
        let mut contenders = [
            Contender::new("aidf -R commit, no cache"),
            Contender::new("git clone --depth 1 --filter, push"),
        ];
        let opened = succeed(&mut clones.aidf("aidf", &["-R", url, "sandbox", "init", "--json"]));
        let opened: serde_json::Value = serde_json::from_str(&opened).unwrap();
        let token = opened["reuse_token"].as_str().unwrap();
        // By a plain path git copies everything.
        let from = match way {
            "path" => format!("file://{url}"),
            _ => url.to_owned(),
        };
        let script = format!("{FROM_NOTHING}{PLUMBING}");
        let commit = |round| {
            let cache = self.work.join("home/cache");
            fs::remove_dir_all(cache).unwrap_or_default();
            clones.change("aidf", round);
            let args = ["-R", url, "commit", &clones.file, "-m", "bench", "--json"];
            let mut command = clones.aidf("aidf", &args);
            command.args(["--reuse-token", token]);
            command
        };
        for round in 0..=self.rounds {
            let aidf = timed(&mut commit(round));
            clones.change("plumbing", round);
            let branch = clones.branch("plumbing");
            let file = clones.clone_of("plumbing").join(&clones.file);
            let file = file.to_str().unwrap();
            let args = [file, &clones.file, &branch, "no", &from];
            let scripted = timed(&mut clones.script("plumbing", &script, &args));
            if round > 0 {
                contenders[0].times.push(aidf);
                contenders[1].times.push(scripted);
            }
        }
        contenders[0].peak = peak_memory(commit(self.rounds + 1));
        print_table(
            &format!("the first use of a remote, by {way}"),
            &contenders,
            1,
        );
    }
}

const PLAIN: &[&str] = &["--no-changelog", "--no-memory"];

/// A clone without a checkout for each contender, all of one remote: `main`,
/// `sandbox` and the contender's own branch, whatever else the remote has.
struct Clones<'a> {
    bench: &'a Bench,
    folder: PathBuf,
    way: &'a str,
    /// The one file that each round changes.
    file: String,
}

impl<'a> Clones<'a> {
    fn new(bench: &'a Bench, remote: &Path, url: &str, way: &'a str, files: usize) -> Self {
        let folder = bench.work.join("clones");
        fs::create_dir(&folder).unwrap();
        let clones = Clones {
            bench,
            folder,
            way,
            file: path_of(files / 2),
        };
        for name in ["aidf", "aidf-plain", "plumbing", "fetching", "ready"] {
            let clone = clones.clone_of(name);
            let to = clone.to_str().unwrap();
            let from = remote.to_str().unwrap();
            let args = [
                "clone",
                "-q",
                "-n",
                "--single-branch",
                "-b",
                "sandbox",
                from,
                to,
            ];
            bench.git(&bench.work, &args);
            bench.git(&clone, &["remote", "set-url", "origin", url]);
            let branch = clones.branch(name);
            for kept in ["main", &branch] {
                let kept = format!("+refs/heads/{kept}:refs/remotes/origin/{kept}");
                bench.git(&clone, &["config", "--add", "remote.origin.fetch", &kept]);
            }
            fs::create_dir_all(clone.join(&clones.file).parent().unwrap()).unwrap();
            if !name.starts_with("aidf") {
                let new = format!("HEAD:refs/heads/{branch}");
                bench.git(&clone, &["push", "-q", "origin", &new]);
            }
            bench.git(&clone, &["fetch", "-q", "origin", "main"]);
        }
        clones
    }

    fn clone_of(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn branch(&self, name: &str) -> String {
        format!("{name}-{}", self.way)
    }

    /// New content for the file, never the same twice.
    fn change(&self, name: &str, round: usize) {
        let text = format!("{} {name} {round}\n", self.way);
        fs::write(self.clone_of(name).join(&self.file), text).unwrap();
    }

    fn aidf(&self, name: &str, args: &[&str]) -> Command {
        let mut command = self
            .bench
            .command(env!("CARGO_BIN_EXE_aidf"), &self.clone_of(name));
        command.args(args);
        command
    }

    fn aidf_commit(&self, name: &str, round: usize, more: &[&str]) -> Command {
        self.change(name, round);
        let mut command = self.aidf(name, &["commit", &self.file, "-m", "bench", "--json"]);
        command.args(more);
        command
    }

    fn script(&self, name: &str, script: &str, args: &[&str]) -> Command {
        let mut command = self.bench.command("sh", &self.clone_of(name));
        command.args(["-c", script, "script"]).args(args);
        command
    }

    fn plumbing(&self, name: &str, round: usize, fetch: &str) -> Command {
        self.change(name, round);
        self.script(
            name,
            PLUMBING,
            &[&self.file, &self.file, &self.branch(name), fetch],
        )
    }

    /// Makes the commit as the plumbing does, and leaves only its push.
    fn ready_push(&self, name: &str, round: usize) -> Command {
        self.change(name, round);
        let (make, _) = PLUMBING.trim_end().rsplit_once('\n').unwrap();
        let make = format!("{make}\necho \"$tip $commit\"");
        let args = [self.file.as_str(), &self.file, &self.branch(name), "no"];
        let made = succeed(&mut self.script(name, &make, &args));
        let (tip, commit) = made.trim().split_once(' ').unwrap();
        let branch = self.branch(name);
        let mut command = self.bench.command("git", &self.clone_of(name));
        command.args([
            "push",
            "-q",
            &format!("--force-with-lease=refs/heads/{branch}:{tip}"),
        ]);
        command.args(["origin", &format!("{commit}:refs/heads/{branch}")]);
        command
    }
}
