//! A commit onto ledgers that grew, aidf against git, in one run.
//!
//! `cargo bench --bench ledgers`, or with `-- --entries 10000 --rounds 9`. Without `--entries`
//! it measures 0, 1,000, 10,000 and 100,000. Everything is made in a temporary folder and
//! removed at the end.
//!
//! Changelog and memory have so many entries each, one a line, as a program of many writers
//! leaves them. What is compared, by path and by HTTP:
//!
//! - `aidf commit` of one file that the memory has with this day: the changelog gets an entry;
//! - `aidf commit --description`, which writes the file's entry in the memory, too;
//! - the same, where the policy lets each sandbox write ledgers of its own (`ledgers: own`);
//! - `aidf commit --no-changelog --no-memory`, which leaves both alone;
//! - git: a plumbing script without a checkout that adds a line to the changelog and pushes;
//! - by path, the server alone: git's `receive-pack` is given such a commit, and one that adds a
//!   line to both, packed before as a change of the old ledgers. Nobody can be quicker than that.
//!
//! The first commit reads the ledgers in full; it is shown by itself.

#![allow(clippy::unwrap_used)]

// The servers and sizes of the other benches are not needed here.
#[allow(dead_code)]
mod shared;

use shared::{Bench, Contender, peak_memory, print_head, print_table, succeed, thousands, timed};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 1000;
const CHANGELOG: &str = "project/outputs/changelog.yaml";
const MEMORY: &str = "project/memory.yaml";
/// The pod whose sandboxes write ledgers of their own.
const POD: &str = "Own";

/// $1 file, $2 branch, then the ledgers. A line names its branch: a server does not write a
/// blob that it has from another one.
const SCRIPT: &str = r#"
set -e
file=$1 branch=$2
shift 2
tip=$(git rev-parse "refs/remotes/origin/$branch")
export GIT_INDEX_FILE=.git/bench-index
rm -f "$GIT_INDEX_FILE"
git read-tree "$tip"
git update-index --add --cacheinfo "100644,$(git hash-object -w -- "$file"),$file"
for ledger; do
  blob=$({ git cat-file blob "$tip:$ledger"; echo "- {path: $file, branch: $branch}"; } | git hash-object -w --stdin)
  git update-index --cacheinfo "100644,$blob,$ledger"
done
commit=$(git commit-tree "$(git write-tree)" -p "$tip" -m bench)
unset GIT_INDEX_FILE
"#;

/// After it, pushes.
const PUSH: &str = r#"
git push -q --force-with-lease="refs/heads/$branch:$tip" origin "$commit:refs/heads/$branch"
"#;

/// After it, leaves what a server is sent: both tips, and the pack.
const PACK: &str = r#"
printf '%s %s' "$tip" "$commit" > .git/bench-tips
printf '%s\n^%s\n' "$commit" "$tip" | git pack-objects -q --thin --stdout --revs > .git/bench-pack
git update-ref "refs/remotes/origin/$branch" "$commit"
"#;

fn main() {
    let (mut entries, mut rounds, mut args) = (Vec::new(), 9, std::env::args().skip(1));
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|n| n.parse().ok());
        match arg.as_str() {
            // What `cargo bench` itself adds.
            "--bench" => {}
            "--entries" => entries.push(number().unwrap_or_else(|| usage())),
            "--rounds" => rounds = number().filter(|n| *n > 0).unwrap_or_else(|| usage()),
            _ => usage(),
        }
    }
    if entries.is_empty() {
        entries = vec![0, 1000, 10_000, 100_000];
    }
    let work = tempfile::Builder::new()
        .prefix("aidf-bench-")
        .tempdir()
        .unwrap();
    let bench = Bench::new(work.path(), rounds);
    print_head("commits onto ledgers that grew", &bench, "the script");
    for entries in entries {
        for way in ["path", "HTTP"] {
            measure(&bench, way, entries);
        }
    }
}

fn usage() -> ! {
    eprintln!("usage: cargo bench --bench ledgers -- [--entries N]... [--rounds N]");
    std::process::exit(2);
}

fn measure(bench: &Bench, way: &str, entries: usize) {
    let remote = bench.work.join("served/ledgers.git");
    bench.generate(&remote, FILES, 0);
    grow(bench, &remote, entries);
    let url = match way {
        "path" => remote.display().to_string(),
        _ => format!("{}/ledgers.git", bench.server.base()),
    };
    let clone = |name: &str| -> PathBuf {
        let to = bench.work.join("clones").join(name);
        let (from, path) = (remote.to_str().unwrap(), to.to_str().unwrap());
        let args = ["clone", "-q", "-n", "-b", "sandbox", from, path];
        bench.git(&bench.work, &args);
        bench.git(&to, &["remote", "set-url", "origin", &url]);
        to
    };
    let names = [
        "with",
        "described",
        "own",
        "without",
        "script",
        "one",
        "both",
    ];
    let [with, described, own, without, script, one, both] = names.map(clone);
    let aidf = |clone: &Path, args: &[&str]| -> Command {
        let mut command = bench.command(env!("CARGO_BIN_EXE_aidf"), clone);
        command.args(args);
        command
    };
    let change = |clone: &Path, round: usize| {
        fs::write(clone.join("bench.txt"), format!("{way} {round}\n")).unwrap();
    };
    let commit = |clone: &Path, round: usize, more: &[&str]| -> Command {
        change(clone, round);
        aidf(
            clone,
            &[&["commit", "bench.txt", "-m", "bench"], more].concat(),
        )
    };
    for clone in [&with, &described, &without] {
        succeed(&mut aidf(clone, &["sandbox", "init", "--force-new"]));
    }
    let init = ["sandbox", "init", "--force-new"];
    succeed(aidf(&own, &init).env("AIDF_POD", POD));
    for (clone, branch) in [(&script, "scripted"), (&one, "one"), (&both, "both")] {
        let to = format!("HEAD:refs/heads/{branch}");
        bench.git(clone, &["push", "-q", "origin", &to]);
    }
    let scripted = |clone: &Path, branch: &str, last: &str, ledgers: &[&str], round: usize| {
        change(clone, round);
        let mut command = bench.command("sh", clone);
        let text = [SCRIPT, last].concat();
        command.args(["-c", &text, "script", "bench.txt", branch]);
        command.args(ledgers);
        command
    };
    let mut contenders = vec![
        Contender::new("aidf commit"),
        Contender::new("aidf commit --description"),
        Contender::new("the same, ledgers of its own"),
        Contender::new("aidf commit --no-changelog --no-memory"),
        Contender::new("plumbing, git push"),
    ];
    let is_path = way == "path";
    if is_path {
        contenders.push(Contender::new("git receive-pack alone"));
        contenders.push(Contender::new("the same, both ledgers"));
    }
    let plain = &["--no-changelog", "--no-memory"];
    let mut first = None;
    for round in 0..=bench.rounds {
        let words = format!("Round {round}");
        let mut times = vec![
            timed(&mut commit(&with, round, &[])),
            timed(&mut commit(&described, round, &["--description", &words])),
            timed(&mut commit(&own, round, &["--description", &words])),
            timed(&mut commit(&without, round, plain)),
            timed(&mut scripted(
                &script,
                "scripted",
                PUSH,
                &[CHANGELOG],
                round,
            )),
        ];
        if is_path {
            let all: [(_, _, &[&str]); 2] = [
                (&one, "one", &[CHANGELOG]),
                (&both, "both", &[CHANGELOG, MEMORY]),
            ];
            for (clone, branch, ledgers) in all {
                succeed(&mut scripted(clone, branch, PACK, ledgers, round));
                times.push(received(bench, &remote, clone, branch));
            }
        }
        if round == 0 {
            first = Some(times[0]);
            continue;
        }
        let each = contenders.iter_mut().zip(times);
        each.for_each(|(contender, time)| contender.times.push(time));
    }
    contenders[0].peak = peak_memory(commit(&with, bench.rounds + 1, &[]));
    let words = ["--description", "The last round"];
    contenders[1].peak = peak_memory(commit(&described, bench.rounds + 1, &words));
    contenders[2].peak = peak_memory(commit(&own, bench.rounds + 1, &words));
    contenders[3].peak = peak_memory(commit(&without, bench.rounds + 1, plain));
    println!(
        "\n{} entries in each ledger; the first commit takes {:.0} ms",
        thousands(entries),
        first.unwrap().as_secs_f64() * 1000.0
    );
    print_table(&format!("one file committed, by {way}"), &contenders, 4);
    fs::remove_dir_all(bench.work.join("clones")).unwrap();
    fs::remove_dir_all(&remote).unwrap();
}

/// How long git's server takes for the commit that [`PACK`] left, from its start to its end.
fn received(bench: &Bench, remote: &Path, from: &Path, branch: &str) -> Duration {
    let tips = fs::read_to_string(from.join(".git/bench-tips")).unwrap();
    let pack = fs::read(from.join(".git/bench-pack")).unwrap();
    let command = format!("{tips} refs/heads/{branch}\0 report-status\n");
    let start = Instant::now();
    let mut server = bench
        .command("git", remote)
        .args(["receive-pack", "."])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = server.stdin.take().unwrap();
    let mut answer = server.stdout.take().unwrap();
    skip_refs(&mut answer);
    write!(to, "{:04x}{command}0000", command.len() + 4).unwrap();
    to.write_all(&pack).unwrap();
    drop(to);
    let mut report = String::new();
    answer.read_to_string(&mut report).unwrap();
    assert!(server.wait().unwrap().success());
    let time = start.elapsed();
    assert!(
        report.contains(&format!("ok refs/heads/{branch}")),
        "{report}"
    );
    time
}

/// Reads the refs that a server lists, up to the flush packet (gitprotocol-pack(5)).
fn skip_refs(answer: &mut impl Read) {
    loop {
        let mut length = [0; 4];
        answer.read_exact(&mut length).unwrap();
        let length = std::str::from_utf8(&length).unwrap();
        match u64::from_str_radix(length, 16).unwrap() {
            0 => return,
            length => std::io::copy(&mut answer.take(length - 4), &mut std::io::sink()).unwrap(),
        };
    }
}

/// Puts a policy and ledgers of so many entries onto the base, by plain git.
fn grow(bench: &Bench, remote: &Path, entries: usize) {
    let (mut log, mut memory) = (String::new(), String::new());
    for n in 0..entries {
        let path = format!("docs/d{}/plan{n}.md", n % 97);
        let (day, minute) = (1 + n % 27, n % 60);
        writeln!(
            log,
            "- {{timestamp: '2026-11-{day:02}T10:{minute:02}:03.{n:06}', path: {path}, task_id: table-{}, committed_by: sandbox-guided-moorhen, message: Plan the table number {n}}}",
            n % 13
        )
        .unwrap();
        writeln!(
            memory,
            "- {{path: {path}, file_type: md, description: Plan the table number {n}, tags: [], last_updated: '2026-11-{day:02}', pod_owner: sandbox-guided-moorhen}}"
        )
        .unwrap();
    }
    let import = bench.work.join("import");
    let mut text = String::from(
        "commit refs/heads/sandbox\ncommitter bench <bench@example.invalid> 1800000000 +0000\ndata 5\ngrow\n\nfrom refs/heads/sandbox^0\n",
    );
    let policy = format!("pods: {{{POD}: {{ledgers: own}}}}\n");
    let ledgers = [(CHANGELOG, log), (MEMORY, memory)].into_iter();
    let ledgers = ledgers.filter(|_| entries > 0);
    for (path, content) in ledgers.chain([(".aidf.yaml", policy)]) {
        write!(
            text,
            "M 100644 inline {path}\ndata {}\n{content}\n",
            content.len()
        )
        .unwrap();
    }
    fs::write(&import, text).unwrap();
    let mut command = bench.command("git", remote);
    command.args(["fast-import", "--quiet"]);
    succeed(command.stdin(fs::File::open(&import).unwrap()));
    bench.git(remote, &["repack", "-adq"]);
}
