//! `aidf sandbox list` against git's own counting, in one run, on the same clone.
//!
//! `cargo bench --bench lists`, or with `-- --sandboxes 1000 --history 20000 --rounds 9`.
//! Without `--sandboxes` it measures 1,000 and 10,000. Everything is made in a temporary
//! folder and removed at the end.
//!
//! Each sandbox has a commit of its own and forks from another place of the base's history.
//! The clone has all objects. What is compared:
//!
//! - `aidf sandbox list`: the refs of the remote, and for each sandbox ahead and behind, its
//!   fork point, its files, its writers, and its signatures where there is a key;
//! - `git for-each-ref` with `%(ahead-behind:…)`, which counts on the clone's own refs;
//! - `git ls-remote`, which is what the connection takes.

#![allow(clippy::unwrap_used)]

// The servers and the history of the other benches are not needed here.
#[allow(dead_code)]
mod shared;

use shared::{Bench, Contender, path_of, peak_memory, print_head, print_table, thousands, timed};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FILES: usize = 1000;

struct Asked {
    sandboxes: Vec<usize>,
    history: usize,
    rounds: usize,
}

fn asked() -> Asked {
    let mut asked = Asked {
        sandboxes: Vec::new(),
        history: 1000,
        rounds: 9,
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
            "--sandboxes" => asked.sandboxes.push(number()),
            "--history" => asked.history = number(),
            "--rounds" => asked.rounds = number(),
            other => usage(&format!("what is {other}?")),
        }
    }
    if asked.sandboxes.is_empty() {
        asked.sandboxes = vec![1000, 10_000];
    }
    if asked.rounds == 0 || asked.history == 0 {
        usage("numbers start at 1");
    }
    asked
}

fn usage(fault: &str) -> ! {
    eprintln!(
        "{fault}\nusage: cargo bench --bench lists -- [--sandboxes N]... [--history N] [--rounds N]"
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
    print_head("aidf sandbox list against git", &bench, "for-each-ref");
    for sandboxes in &asked.sandboxes {
        measure(&bench, *sandboxes, asked.history);
    }
}

fn measure(bench: &Bench, sandboxes: usize, history: usize) {
    let remote = bench.work.join("served").join(format!("{sandboxes}.git"));
    generate(bench, &remote, sandboxes, history);
    let clone = bench.work.join("clone");
    let (from, to) = (remote.to_str().unwrap(), clone.to_str().unwrap());
    bench.git(
        &bench.work,
        &["clone", "-q", "-n", "-b", "sandbox", from, to],
    );
    println!(
        "\n{} sandboxes, {} commits of the base, {} files",
        thousands(sandboxes),
        thousands(history),
        thousands(FILES)
    );
    let format = "--format=%(refname) %(ahead-behind:refs/remotes/origin/sandbox)";
    let git = |args: &[&str]| -> Command {
        let mut command = bench.command("git", &clone);
        command.args(args);
        command
    };
    let list = || -> Command {
        let mut command = bench.command(env!("CARGO_BIN_EXE_aidf"), &clone);
        command.args(["sandbox", "list", "--json"]);
        command
    };
    let mut contenders = [
        Contender::new("aidf sandbox list"),
        Contender::new("git for-each-ref with ahead-behind"),
        Contender::new("git ls-remote"),
    ];
    for round in 0..=bench.rounds {
        let times = [
            timed(&mut list()),
            timed(&mut git(&[
                "for-each-ref",
                format,
                "refs/remotes/origin/sandbox-*",
            ])),
            timed(&mut git(&["ls-remote", "origin", "refs/heads/sandbox-*"])),
        ];
        // The first round warms the caches.
        if round > 0 {
            let each = contenders.iter_mut().zip(times);
            each.for_each(|(contender, time)| contender.times.push(time));
        }
    }
    contenders[0].peak = peak_memory(list());
    print_table("all sandboxes listed, by path", &contenders, 1);
    fs::remove_dir_all(&clone).unwrap();
    fs::remove_dir_all(&remote).unwrap();
}

/// A packed bare repository: a base whose every commit changes one file, and sandboxes with
/// a commit each, forked all along the base's history.
fn generate(bench: &Bench, remote: &Path, sandboxes: usize, history: usize) {
    let path = remote.to_str().unwrap();
    let init = ["init", "-q", "--bare", "-b", "main", path];
    bench.git(&bench.work, &init);
    let mut import = bench
        .command("git", remote)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufWriter::new(import.stdin.take().unwrap());
    let mut put = |text: String| out.write_all(text.as_bytes()).unwrap();
    let commit = |branch: &str, mark: usize, message: &str| {
        format!(
            "commit refs/heads/{branch}\nmark :{mark}\n\
             committer bench <bench@example.invalid> {} +0000\ndata {}\n{message}\n",
            1_700_000_000 + 60 * mark,
            message.len()
        )
    };
    let file = |n: usize, text: String| {
        format!(
            "M 100644 inline {}\ndata {}\n{text}\n",
            path_of(n),
            text.len()
        )
    };
    put(commit("main", 1, "seed"));
    for n in 0..FILES {
        put(file(n, format!("file {n}\n")));
    }
    for n in 2..=history {
        put(commit("main", n, "change"));
        put(file(n * 7919 % FILES, format!("change {n}\n")));
    }
    put("reset refs/heads/sandbox\nfrom refs/heads/main\n\n".into());
    for n in 0..sandboxes {
        let message = format!("Work {n}\n\nAidf-Committed-By: agent {}\n", n % 7);
        let branch = format!("sandbox-bench-{n:06}");
        put(commit(&branch, history + 1 + n, &message));
        put(format!("from :{}\n", 1 + n % history));
        put(file(n % FILES, format!("work {n}\n")));
    }
    out.flush().unwrap();
    drop(out);
    assert!(import.wait().unwrap().success(), "git fast-import failed");
    bench.git(remote, &["repack", "-adq"]);
    bench.git(remote, &["pack-refs", "--all"]);
}
