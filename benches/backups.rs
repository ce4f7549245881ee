//! Backups by aidf against scripted git, in one run, on the same remotes.
//!
//! `cargo bench --bench backups`, or with
//! `-- --files 80000 --many-refs 100000 --repositories 100 --large-mb 300 --rounds 5`;
//! `--first-copies` runs these alone. Everything is made in a temporary folder and removed
//! at the end.
//!
//! What is compared, on a remote of many refs and on one of many files:
//!
//! - today's backup, a ref that may only be created: `aidf backup` from a clone and with
//!   none of one's own, and `git push` of the tip from a clone that is up to date (with and
//!   without asking the remote first);
//! - a copy elsewhere, first whole and then again after one commit: `aidf backup --dest`
//!   and `--bundle-dir` against `git clone --mirror` with `git remote update`, a clone of
//!   the one branch with `git push`, and `git bundle create`.
//!
//! - a first copy from a clone that is up to date, of many files and of one large file: to a
//!   bundle, to a path and over HTTP, against `git bundle create` and `git push`; with the
//!   memory of aidf, and of the `git pack-objects` that it starts.
//!
//! And many repositories over HTTP, one of which cannot be reached, one refuses and one was
//! rewound: one `aidf backup --all` against loops of `git push`, with the connections and
//! requests that reached the server.
//!
//! The contenders take turns (A B A B …), after one round that is not counted.

#![allow(clippy::unwrap_used)]

#[path = "../tests/it/support/http.rs"]
#[allow(dead_code)]
mod http;
// What serves it.
#[path = "../tests/it/support/listening.rs"]
mod listening;
mod shared;

use http::HttpServer;
use shared::{
    Bench, Contender, HISTORY, peak_memory, print_head, print_table, succeed, thousands, timed,
};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Files of the remote with many refs, and of each of many repositories.
const FEW_FILES: usize = 1000;
const TINY: usize = 40;

struct Asked {
    files: usize,
    refs: usize,
    repositories: usize,
    large_mb: usize,
    first_copies: bool,
    rounds: usize,
}

fn asked() -> Asked {
    let mut asked = Asked {
        files: 80_000,
        refs: 100_000,
        repositories: 100,
        large_mb: 300,
        first_copies: false,
        rounds: 5,
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
            "--files" => asked.files = number(),
            "--many-refs" => asked.refs = number(),
            "--repositories" => asked.repositories = number(),
            "--large-mb" => asked.large_mb = number(),
            "--first-copies" => asked.first_copies = true,
            "--rounds" => asked.rounds = number(),
            other => usage(&format!("what is {other}?")),
        }
    }
    if asked.rounds == 0 || asked.files == 0 || asked.repositories < 4 {
        usage("rounds and files start at 1, and repositories at 4");
    }
    asked
}

fn usage(fault: &str) -> ! {
    eprintln!(
        "{fault}\nusage: cargo bench --bench backups -- [--files N] [--many-refs N] [--repositories N] [--large-mb N] [--first-copies] [--rounds N]"
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
    print_head("backups by aidf against scripted git", &bench, "the one");
    if !asked.first_copies {
        one_remote(&bench, FEW_FILES, asked.refs);
        one_remote(&bench, asked.files, 0);
    }
    first_copies(&bench, asked.files, 0);
    first_copies(&bench, TINY, asked.large_mb);
    if asked.first_copies {
        return;
    }
    many_remotes(&bench, asked.repositories);
}

/// A remote of this size by a path and by HTTP, then it is removed.
fn one_remote(bench: &Bench, files: usize, refs: usize) {
    let name = format!("{files}-{refs}.git");
    let started = Instant::now();
    let remote = bench.work.join("served").join(&name);
    bench.generate(&remote, files, refs);
    println!(
        "\n{} files, {} refs, {} commits (made in {:.0} s)",
        thousands(files),
        thousands(refs + 2),
        thousands(HISTORY + 1),
        started.elapsed().as_secs_f64()
    );
    let path = remote.display().to_string();
    let url = format!("{}/{name}", bench.server.base());
    for (way, url) in [("path", path), ("HTTP", url)] {
        let place = Place::new(bench, &remote, &url);
        place.todays_backup(way);
        place.copies(way);
        fs::remove_dir_all(&place.folder).unwrap();
    }
    fs::remove_dir_all(&remote).unwrap();
}

/// First copies from clones that are up to date, of a remote of so many files and, if any, of
/// one of so many megabytes.
fn first_copies(bench: &Bench, files: usize, large_mb: usize) {
    let remote = bench.work.join("served/first.git");
    bench.generate(&remote, files, 0);
    if large_mb > 0 {
        add_large(bench, &remote, large_mb);
    }
    println!(
        "\n{} files, one of {large_mb} MB, {} commits",
        thousands(files),
        thousands(HISTORY + 1)
    );
    let url = format!("file://{}", remote.display());
    let place = Place::new(bench, &remote, &url);
    let copy = bench.work.join("served/copy.git");
    let copy_path = copy.display().to_string();
    let copy_url = format!("{}/copy.git", bench.server.base());
    let bundle = place.at("out.bundle").display().to_string();
    let today =
        "git push -q origin refs/remotes/origin/main:refs/heads/backup/$(date -u +%Y-%m-%d)";
    let push = format!(
        r#"{today}; git push -q "$1" refs/remotes/origin/main:refs/heads/backup/$(date -u +%Y-%m-%d)"#
    );
    let create = format!(r#"{today}; git bundle create -q "$1" refs/remotes/origin/main"#);
    for (way, option, target, script) in [
        ("to a bundle", "--bundle", &bundle, &create),
        ("by path", "--dest", &copy_path, &push),
        ("by HTTP", "--dest", &copy_url, &push),
    ] {
        let fresh = || {
            let _ = fs::remove_dir_all(&copy);
            let _ = fs::remove_file(&bundle);
            bench.git(&bench.work, &["init", "-q", "--bare", &copy_path]);
            bench.git(&copy, &["config", "http.receivepack", "true"]);
            bench.git(&copy, &["config", "receive.autogc", "false"]);
        };
        let aidf = || place.aidf(&["backup", option, target, "--json"]);
        let mut contenders = [Contender::new("aidf backup"), Contender::new("git")];
        for round in 0..=bench.rounds {
            fresh();
            let ours = place.timed_and_cleared(aidf());
            fresh();
            let git = place.timed_and_cleared(place.script(script, &[target]));
            count(round, &mut contenders, [ours, git]);
        }
        fresh();
        let (of_aidf, of_packing) = peaks(aidf());
        clear(bench, &remote);
        contenders[0].peak = of_aidf;
        print_table(
            &format!("today's backup and a first copy {way}"),
            &contenders,
            1,
        );
        if let Some(kb) = of_packing {
            println!("its git pack-objects held {:.1} MB", kb as f64 / 1024.0);
        }
    }
    fs::remove_dir_all(&place.folder).unwrap();
    fs::remove_dir_all(&remote).unwrap();
    fs::remove_dir_all(&copy).unwrap();
}

/// A commit with one file of so many megabytes that nothing compresses.
fn add_large(bench: &Bench, remote: &Path, megabytes: usize) {
    let file = bench.work.join("large");
    let mut state = 1u64;
    let mut out = std::io::BufWriter::new(fs::File::create(&file).unwrap());
    for _ in 0..megabytes << 17 {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.write_all(&state.to_le_bytes()).unwrap();
    }
    out.flush().unwrap();
    let script = r#"
        blob=$(git hash-object -w "$1")
        tree=$( (git ls-tree main; printf '100644 blob %s\tlarge.bin\n' "$blob") | git mktree)
        git update-ref refs/heads/main "$(git commit-tree "$tree" -p main -m Large)"
        git repack -adq"#;
    let mut command = bench.command("sh", remote);
    succeed(command.args(["-ec", script, "script"]).arg(&file));
    fs::remove_file(&file).unwrap();
}

/// The most memory, in kilobytes, of aidf and of the `git pack-objects` that it starts.
fn peaks(mut command: Command) -> (Option<u64>, Option<u64>) {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut ours, mut packing) = (None, None);
    while child.try_wait().unwrap().is_none() {
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            let field = |name: &str| {
                let line = status.lines().find_map(|l| l.strip_prefix(name))?;
                line.split_whitespace().next()?.parse::<u64>().ok()
            };
            let id = u64::from(child.id());
            if field("Pid:") == Some(id) && status.starts_with("Name:\taidf") {
                ours = ours.max(field("VmHWM:"));
            }
            let packs = line.windows(12).any(|w| w == b"pack-objects");
            if packs && field("PPid:") == Some(id) {
                packing = packing.max(field("VmHWM:"));
            }
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    assert!(child.wait().unwrap().success(), "{command:?} failed");
    (ours, packing)
}

/// A remote, and a folder with a clone of its main for each side.
struct Place<'a> {
    bench: &'a Bench,
    remote: &'a Path,
    url: &'a str,
    folder: PathBuf,
}

impl<'a> Place<'a> {
    fn new(bench: &'a Bench, remote: &'a Path, url: &'a str) -> Self {
        let folder = bench.work.join("place");
        fs::create_dir(&folder).unwrap();
        let place = Place {
            bench,
            remote,
            url,
            folder,
        };
        for name in ["aidf", "git"] {
            let clone = place.at(name);
            let args = [
                "clone",
                "-q",
                "-n",
                "--single-branch",
                "-b",
                "main",
                remote.to_str().unwrap(),
                clone.to_str().unwrap(),
            ];
            bench.git(&bench.work, &args);
            bench.git(&clone, &["remote", "set-url", "origin", url]);
        }
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn aidf(&self, args: &[&str]) -> Command {
        let mut command = self
            .bench
            .command(env!("CARGO_BIN_EXE_aidf"), &self.at("aidf"));
        command.args(args);
        command
    }

    fn script(&self, script: &str, args: &[&str]) -> Command {
        let mut command = self.bench.command("sh", &self.at("git"));
        command.args(["-ec", script, "script"]).args(args);
        command
    }

    /// One more commit on main.
    fn commit(&self, round: usize) {
        let index = self.at("index").display().to_string();
        let script = r#"
            tip=$(git rev-parse refs/heads/main)
            GIT_INDEX_FILE=$2; export GIT_INDEX_FILE
            git read-tree "$tip"
            blob=$(echo "change $1" | git hash-object -w --stdin)
            git update-index --add --cacheinfo "100644,$blob,changed.txt"
            tree=$(git write-tree)
            commit=$(git commit-tree "$tree" -p "$tip" -m "change $1")
            git update-ref refs/heads/main "$commit""#;
        let mut command = self.bench.command("sh", self.remote);
        command.args(["-ec", script, "script", &round.to_string(), &index]);
        succeed(&mut command);
    }

    /// Runs it, then takes away the backups that it made.
    fn timed_and_cleared(&self, mut command: Command) -> Duration {
        let time = timed(&mut command);
        clear(self.bench, self.remote);
        time
    }

    fn todays_backup(&self, way: &str) {
        let mut contenders = [
            Contender::new("aidf backup"),
            Contender::new("aidf -R URL backup"),
            Contender::new("git push, up to date"),
            Contender::new("git fetch, git push"),
        ];
        let from_clone = ["backup", "--json"];
        let without = ["-R", self.url, "backup", "--json"];
        let push =
            "git push -q origin refs/remotes/origin/main:refs/heads/backup/$(date -u +%Y-%m-%d)";
        let fetch = format!("git fetch -q origin main\n{push}");
        for round in 0..=self.bench.rounds {
            let times = [
                self.timed_and_cleared(self.aidf(&from_clone)),
                self.timed_and_cleared(self.aidf(&without)),
                self.timed_and_cleared(self.script(push, &[])),
                self.timed_and_cleared(self.script(&fetch, &[])),
            ];
            count(round, &mut contenders, times);
        }
        contenders[0].peak = peak_memory(self.aidf(&from_clone));
        clear(self.bench, self.remote);
        contenders[1].peak = peak_memory(self.aidf(&without));
        clear(self.bench, self.remote);
        print_table(&format!("today's backup, by {way}"), &contenders, 2);
    }

    /// Copies elsewhere: whole, and what one more commit adds.
    fn copies(&self, way: &str) {
        let names = [
            "aidf backup --dest",
            "aidf backup --bundle-dir",
            "git clone --mirror; git remote update",
            "git fetch, git push to the copy",
            "git fetch, git bundle create",
        ];
        let mut whole = names.map(Contender::new);
        let mut more = names.map(Contender::new);
        let [dest, bundles, mirror, copy, bundle] =
            ["dest.git", "bundles", "mirror.git", "copy.git", "by-git"].map(|n| self.at(n));
        let [dest_arg, bundles_arg, mirror_arg, copy_arg, bundle_arg] =
            [&dest, &bundles, &mirror, &copy, &bundle].map(|p| p.to_str().unwrap());
        let to_dest = ["backup", "--dest", dest_arg, "--json"];
        let to_folder = ["backup", "--bundle-dir", bundles_arg, "--json"];
        // The folder of the last round is gone, and aidf remembers it.
        let anew = [&to_folder[..], &["--full"]].concat();
        let clone_mirror = r#"git clone -q --mirror "$1" "$2""#;
        let update_mirror = r#"git -C "$2" remote update >/dev/null"#;
        let push_copy = r#"
            git fetch -q origin main
            git push -q "$1" refs/remotes/origin/main:refs/heads/backup/$(date -u +%Y-%m-%dT%H%M%S.%N)"#;
        let bundle_whole = r#"
            git fetch -q origin main
            git bundle create -q "$1/full.bundle" refs/remotes/origin/main
            git update-ref refs/bundled refs/remotes/origin/main
            (cd "$1" && sha256sum full.bundle >SHA256SUMS)"#;
        let bundle_more = r#"
            git fetch -q origin main
            git bundle create -q "$1/more.bundle" refs/bundled..refs/remotes/origin/main
            (cd "$1" && sha256sum full.bundle more.bundle >SHA256SUMS)"#;
        let fresh = || {
            for made in [&dest, &bundles, &mirror, &copy, &bundle] {
                let _ = fs::remove_dir_all(made);
            }
            for bare in [dest_arg, copy_arg] {
                self.bench
                    .git(&self.folder, &["init", "-q", "--bare", bare]);
            }
            fs::create_dir(&bundle).unwrap();
        };
        for round in 0..=self.bench.rounds {
            fresh();
            let times = [
                self.timed_and_cleared(self.aidf(&to_dest)),
                self.timed_and_cleared(self.aidf(&anew)),
                timed(&mut self.script(clone_mirror, &[self.url, mirror_arg])),
                timed(&mut self.script(push_copy, &[copy_arg])),
                timed(&mut self.script(bundle_whole, &[bundle_arg])),
            ];
            count(round, &mut whole, times);
            self.commit(round);
            // The second backup at the destination is one of another time.
            self.bench.git(&dest, &["pack-refs", "--all"]);
            let renamed = fs::read_to_string(dest.join("packed-refs"))
                .unwrap()
                .replace("/backup/", "/before/");
            fs::write(dest.join("packed-refs"), renamed).unwrap();
            let times = [
                self.timed_and_cleared(self.aidf(&to_dest)),
                self.timed_and_cleared(self.aidf(&to_folder)),
                timed(&mut self.script(update_mirror, &[self.url, mirror_arg])),
                timed(&mut self.script(push_copy, &[copy_arg])),
                timed(&mut self.script(bundle_more, &[bundle_arg])),
            ];
            count(round, &mut more, times);
            self.is_right(&dest, &bundles);
        }
        fresh();
        for (table, at) in [(&mut whole, 0), (&mut more, 1)] {
            if at == 1 {
                self.commit(self.bench.rounds + 1);
                let _ = fs::remove_dir_all(&dest);
                self.bench
                    .git(&self.folder, &["init", "-q", "--bare", dest_arg]);
            }
            // To a copy that has something already it is too short to be sampled.
            table[0].peak = peak_memory(self.aidf(&to_dest)).filter(|_| at == 0);
            clear(self.bench, self.remote);
            let to_folder = if at == 0 { &anew } else { &to_folder[..] };
            table[1].peak = peak_memory(self.aidf(to_folder));
            clear(self.bench, self.remote);
        }
        print_table(&format!("a first copy of main, by {way}"), &whole, 2);
        print_table(&format!("again after one commit, by {way}"), &more, 2);
    }

    /// Both copies hold the tip, and the second bundle is no second whole one.
    fn is_right(&self, dest: &Path, bundles: &Path) {
        let tip = self.bench.git(self.remote, &["rev-parse", "main"]);
        let there = self.bench.git(dest, &["for-each-ref"]);
        assert!(there.contains(tip.trim()), "{there}");
        let mut names: Vec<PathBuf> = walk(bundles);
        names.retain(|p| p.extension().is_some_and(|e| e == "bundle"));
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(
            names
                .iter()
                .any(|p| p.display().to_string().contains("incremental"))
        );
        for name in names {
            let name = name.display().to_string();
            self.bench
                .git(self.remote, &["bundle", "verify", "-q", &name]);
        }
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.path().is_dir() {
            true => found.extend(walk(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// Takes the backups away from a remote, with plain git.
fn clear(bench: &Bench, remote: &Path) {
    let script = r#"git for-each-ref --format="delete %(refname)" refs/heads/backup |
        git update-ref --stdin"#;
    let mut command = bench.command("sh", remote);
    succeed(command.args(["-ec", script]));
}

/// Adds a round's times; the first one warms the caches.
fn count<const N: usize>(round: usize, contenders: &mut [Contender; N], times: [Duration; N]) {
    if round > 0 {
        for (contender, time) in contenders.iter_mut().zip(times) {
            contender.times.push(time);
        }
    }
}

/// What reached the server in one run.
#[derive(Default, Clone, Copy)]
struct Reached {
    connections: usize,
    requests: usize,
    /// The most for one repository.
    most: usize,
}

fn many_remotes(bench: &Bench, repositories: usize) {
    let started = Instant::now();
    let root = bench.work.join("many");
    fs::create_dir(&root).unwrap();
    let template = bench.work.join("template.git");
    bench.generate(&template, TINY, 0);
    let remotes: Vec<PathBuf> = (0..repositories)
        .map(|n| root.join(format!("r{n:04}.git")))
        .collect();
    let copy = r#"from=$1; shift; for to; do cp -R "$from" "$to"; done"#;
    let mut command = bench.command("sh", &bench.work);
    command.args(["-ec", copy, "script"]).arg(&template);
    succeed(command.args(&remotes));
    let [_, refusing, rewound] = [0, 1, 2].map(|n| &remotes[n]);
    let hook = refusing.join("hooks/update");
    fs::create_dir_all(refusing.join("hooks")).unwrap();
    fs::write(&hook, "#!/bin/sh\necho 'not at night' >&2\nexit 1\n").unwrap();
    succeed(bench.command("chmod", &bench.work).arg("755").arg(&hook));
    let lost = r#"git update-ref refs/heads/old/2000-01-01 \
        "$(git commit-tree -p main -m lost "main^{tree}")""#;
    succeed(bench.command("sh", rewound).args(["-ec", lost]));

    let server = HttpServer::start(root.clone(), bench.work.join("home"));
    let nobody = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .unwrap();
    let url = |n: usize| match n {
        0 => format!("http://{nobody}/r0000.git"),
        _ => format!("{}/r{n:04}.git", server.base()),
    };
    let clones = bench.work.join("clones");
    fs::create_dir(&clones).unwrap();
    let mut config = "repositories:\n".to_owned();
    let mut listed = String::new();
    for (n, remote) in remotes.iter().enumerate() {
        let clone = clones.join(n.to_string()).display().to_string();
        let from = remote.to_str().unwrap();
        bench.git(&bench.work, &["clone", "-q", "-n", from, &clone]);
        bench.git(Path::new(&clone), &["remote", "set-url", "origin", &url(n)]);
        config.push_str(&format!("  - url: {}\n", url(n)));
        listed.push_str(&format!("{clone}\n"));
    }
    let config_file = bench.work.join("config.yaml");
    fs::write(&config_file, config).unwrap();
    let list_file = bench.work.join("clones.txt");
    fs::write(&list_file, listed).unwrap();
    println!(
        "\n{} repositories of {TINY} files, by HTTP; one unreachable, one refusing, one rewound (made in {:.0} s)",
        thousands(repositories),
        started.elapsed().as_secs_f64()
    );

    let aidf = || {
        let mut command = bench.command(env!("CARGO_BIN_EXE_aidf"), &bench.work);
        command
            .arg("--config")
            .arg(&config_file)
            .args(["backup", "--all", "--json"]);
        command
    };
    // One that fails must not stop the others here either.
    let push = r#"git -C "$1" push -q origin refs/remotes/origin/main:refs/heads/backup/$(date -u +%Y-%m-%d) 2>/dev/null || true"#;
    let fetch = format!(r#"git -C "$1" fetch -q origin main 2>/dev/null || true; {push}"#);
    let script = |script: &str, at_once: &str| {
        let mut command = bench.command("xargs", &bench.work);
        command
            .args(["-n", "1", "-P", at_once, "-a"])
            .arg(&list_file)
            .args(["sh", "-c", script, "script"]);
        command
    };
    let runs: [(&'static str, &dyn Fn() -> Command); 4] = [
        ("aidf backup --all", &aidf),
        ("loop of git push, one by one", &|| script(push, "1")),
        ("the same, 8 at once", &|| script(push, "8")),
        ("git fetch and git push, 8 at once", &|| script(&fetch, "8")),
    ];
    let mut contenders = runs.map(|(what, _)| Contender::new(what));
    let mut reached = [Reached::default(); 4];
    let ready = || {
        for remote in &remotes[1..] {
            clear(bench, remote);
        }
        // What aidf sees as rewound: a backup that the branch does not hold any more.
        let again = "git update-ref refs/heads/backup/2000-01-01 refs/heads/old/2000-01-01";
        succeed(bench.command("sh", rewound).args(["-ec", again]));
        server.reset();
    };
    for round in 0..=bench.rounds {
        let mut times = [Duration::ZERO; 4];
        for (at, (what, command)) in runs.iter().enumerate() {
            ready();
            let started = Instant::now();
            let output = command().output().unwrap();
            times[at] = started.elapsed();
            reached[at] = counted(&server);
            done_where_it_can_be(bench, &remotes, what);
            if at == 0 {
                said_of_the_three(&output.stdout, &url(0), &url(1), &url(2));
            }
        }
        count(round, &mut contenders, times);
    }
    print_table("many repositories by one command", &contenders, 1);
    println!(
        "\n{:<39} {:>11} {:>8} {:>8} {:>9}",
        "what reached the server", "connections", "each", "requests", "most each"
    );
    let asked = (repositories - 1) as f64;
    for ((what, _), r) in runs.iter().zip(reached) {
        println!(
            "{what:<39} {:>11} {:>8.2} {:>8} {:>9}",
            r.connections,
            r.connections as f64 / asked,
            r.requests,
            r.most
        );
    }
    ready();
    let mut command = aidf();
    let peak = peak_of_a_failing(command.stdout(Stdio::null()).stderr(Stdio::null()));
    if let Some(kb) = peak {
        println!(
            "aidf backup --all held at most {:.1} MB",
            kb as f64 / 1024.0
        );
    }
}

/// Its exit code tells of the three; the memory is read all the same.
fn peak_of_a_failing(command: &mut Command) -> Option<u64> {
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()));
        std::thread::sleep(Duration::from_micros(500));
    }
    peak
}

fn counted(server: &HttpServer) -> Reached {
    let mut each: BTreeMap<String, usize> = BTreeMap::new();
    let requests = server.requests();
    for request in &requests {
        let name = request.target.split('/').nth(1).unwrap_or("").to_owned();
        *each.entry(name).or_default() += 1;
    }
    Reached {
        connections: server.connections(),
        requests: requests.len(),
        most: each.values().copied().max().unwrap_or(0),
    }
}

/// Every remote but the first two has a backup of its tip now.
fn done_where_it_can_be(bench: &Bench, remotes: &[PathBuf], what: &str) {
    for (n, remote) in remotes.iter().enumerate() {
        let points = ["for-each-ref", "--points-at=main", "refs/heads/backup"];
        let has = !bench.git(remote, &points).trim().is_empty();
        assert_eq!(has, n > 1, "{what}: {}", remote.display());
    }
}

/// aidf told which could not be reached, which refused and which was rewound, and of
/// no other that anything is wrong.
fn said_of_the_three(stdout: &[u8], gone: &str, refusing: &str, rewound: &str) {
    let answer: serde_json::Value = serde_json::from_slice(stdout).unwrap();
    for one in answer["repositories"].as_array().unwrap() {
        let url = one["url"].as_str().unwrap();
        let failed = !one["error"].is_null();
        assert_eq!(failed, url == gone || url == refusing, "{one:#}");
        let lost = !one["rewound"].as_array().unwrap().is_empty();
        assert_eq!(lost, url == rewound, "{one:#}");
    }
}
