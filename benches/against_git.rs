//! aidf against scripted git, in one run, on the same remotes.
//!
//! `cargo bench`, or `cargo bench -- --files 80000 --rounds 9 --refs`. Without
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
//!   may only create.
//!
//! The contenders take turns (A B A B …), after one round that is not counted.

#![allow(clippy::unwrap_used)]

#[path = "../tests/peers/web.rs"]
#[allow(dead_code)]
mod web;

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Files to a folder, as in real trees of this size.
const PER_FOLDER: usize = 16;
/// Commits of history on top of the first.
const HISTORY: usize = 1000;
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
tree=$(git write-tree)
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
    eprintln!("{fault}\nusage: cargo bench -- [--files N]... [--rounds N] [--refs]");
    std::process::exit(2);
}

fn main() {
    let asked = asked();
    let work = tempfile::Builder::new()
        .prefix("aidf-bench-")
        .tempdir()
        .unwrap();
    let bench = Bench::new(work.path(), asked.rounds);
    println!(
        "aidf against scripted git, {} rounds, contenders taking turns",
        asked.rounds
    );
    if cfg!(debug_assertions) {
        println!("NOT OPTIMISED: this is a debug build, and its figures mean nothing");
    }
    println!("  {}", bench.text("git", &["--version"]));
    println!("  aidf {}, {} cores", env!("CARGO_PKG_VERSION"), cores());
    println!("  HTTP by {}", bench.server.name());
    println!("  times in ms, by the whole command; ratio is to the plumbing marked 1.00");
    println!("  RSS: peak of the aidf process alone, sampled in a run that is not timed");
    for files in &asked.files {
        bench.measure(*files, 0);
    }
    if asked.refs {
        bench.measure(1000, MANY_REFS);
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

struct Bench {
    work: PathBuf,
    rounds: usize,
    server: Server,
}

impl Bench {
    fn new(work: &Path, rounds: usize) -> Self {
        let home = work.join("home");
        let served = work.join("served");
        fs::create_dir_all(&home).unwrap();
        fs::create_dir_all(&served).unwrap();
        fs::write(
            home.join(".gitconfig"),
            "[user]\n\tname = bench\n\temail = bench@example.invalid\n\
             [safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n",
        )
        .unwrap();
        let server = Server::start(&work.join("web"), &served, &home);
        Bench {
            work: work.to_owned(),
            rounds,
            server,
        }
    }

    /// A program with a HOME of the bench's own and nothing else of the user's.
    fn command(&self, program: &str, folder: &Path) -> Command {
        let home = self.work.join("home");
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
        command
    }

    fn text(&self, program: &str, args: &[&str]) -> String {
        let output = self
            .command(program, &self.work)
            .args(args)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn git(&self, folder: &Path, args: &[&str]) -> String {
        succeed(self.command("git", folder).args(args))
    }

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

    /// A packed bare repository: files three folders deep, then a history of
    /// commits that change one file each; `main` and `sandbox` at its tip, and
    /// `refs` more branches spread over the history.
    fn generate(&self, remote: &Path, files: usize, refs: usize) {
        self.git(
            &self.work,
            &[
                "init",
                "-q",
                "--bare",
                "-b",
                "main",
                remote.to_str().unwrap(),
            ],
        );
        let mut import = self
            .command("git", remote)
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufWriter::new(import.stdin.take().unwrap());
        let mut put = |text: String| out.write_all(text.as_bytes()).unwrap();
        let commit = |n: usize, message: String| {
            format!(
                "commit refs/heads/main\nmark :{n}\n\
                 committer bench <bench@example.invalid> {} +0000\ndata {}\n{message}\n",
                1_700_000_000 + n,
                message.len()
            )
        };
        let file = |path: String, text: String| {
            format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len())
        };
        put(commit(1, "seed".into()));
        for n in 0..files {
            let lines = "the quick brown fox jumps over the lazy dog\n".repeat(1 + n % 7);
            put(file(path_of(n), format!("file {n}\n{lines}")));
        }
        put(file("project/outputs/changelog.yaml".into(), "[]\n".into()));
        put(file("project/memory.yaml".into(), "[]\n".into()));
        for n in 2..HISTORY + 2 {
            put(commit(n, format!("change {n}")));
            put(file(path_of(n * 7919 % files), format!("change {n}\n")));
        }
        put("reset refs/heads/sandbox\nfrom refs/heads/main\n\n".into());
        for n in 0..refs {
            let mark = 1 + n % (HISTORY + 1);
            put(format!(
                "reset refs/heads/sandbox-bench-{n:06}\nfrom :{mark}\n\n"
            ));
        }
        out.flush().unwrap();
        drop(out);
        assert!(import.wait().unwrap().success(), "git fast-import failed");
        self.git(remote, &["repack", "-adq"]);
        self.git(remote, &["pack-refs", "--all"]);
        self.git(remote, &["config", "http.receivepack", "true"]);
        self.git(remote, &["config", "receive.autogc", "false"]);
    }
}

const PLAIN: &[&str] = &["--no-changelog", "--no-memory"];

fn path_of(n: usize) -> String {
    let d = n / PER_FOLDER;
    format!("m{:02}/p{:02}/d{d:05}/f{n:06}.txt", d % 40, d / 40 % 40)
}

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

/// Runs a command that must succeed and answers what it printed.
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    if !output.status.success() {
        panic!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    succeed(command);
    started.elapsed()
}

/// The most memory a process held, in kilobytes, itself and without the
/// children that it starts. The kernel's high-water mark is read until the
/// process ends; only what it takes in its last moment can be missed. None
/// where there is no /proc.
fn peak_memory(mut command: Command) -> Option<u64> {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        // Until it has become aidf, it is still a copy of this process.
        let is_aidf = text.lines().next().is_some_and(|l| l.ends_with("\taidf"));
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let now: Option<u64> = line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok());
        if is_aidf {
            peak = peak.max(now);
        }
        thread::sleep(Duration::from_micros(200));
    }
    assert!(child.wait().unwrap().success(), "{command:?} failed");
    peak
}

struct Contender {
    what: &'static str,
    times: Vec<Duration>,
    peak: Option<u64>,
}

impl Contender {
    fn new(what: &'static str) -> Self {
        Contender {
            what,
            times: Vec::new(),
            peak: None,
        }
    }

    /// Smallest, middle and largest time, in milliseconds.
    fn spread(&self) -> (f64, f64, f64) {
        let mut ms: Vec<f64> = self
            .times
            .iter()
            .map(|t| t.as_secs_f64() * 1000.0)
            .collect();
        ms.sort_by(f64::total_cmp);
        let middle = ms.len() / 2;
        let median = if ms.len() % 2 == 1 {
            ms[middle]
        } else {
            (ms[middle - 1] + ms[middle]) / 2.0
        };
        (ms[0], median, ms[ms.len() - 1])
    }
}

/// A table of 80 columns at most; ratios are to the contender `to`.
fn print_table(title: &str, contenders: &[Contender], to: usize) {
    let yardstick = contenders[to].spread().1;
    println!(
        "\n{title:<39} {:>7} {:>15} {:>6} {:>8}",
        "median", "min - max", "ratio", "RSS"
    );
    for contender in contenders {
        let (least, median, most) = contender.spread();
        let digits = if most < 1000.0 { 1 } else { 0 };
        let range = format!("{least:.digits$} - {most:.digits$}");
        let ratio = median / yardstick;
        let peak = contender
            .peak
            .map_or(String::new(), |kb| format!("{:.1} MB", kb as f64 / 1024.0));
        let line = format!(
            "{:<39} {median:>7.1} {range:>15} {ratio:>6.2} {peak:>8}",
            contender.what
        );
        println!("{}", line.trim_end());
    }
}

fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What serves the repositories over HTTP.
enum Server {
    Nginx(web::Web),
    Lighttpd(web::Web),
    /// Where no web server is installed.
    Own(String),
}

impl Server {
    fn start(folder: &Path, served: &Path, home: &Path) -> Self {
        if let Ok(web) = web::nginx(folder, served, &web::Site::default()) {
            return Server::Nginx(web);
        }
        if let Ok(web) = web::lighttpd(folder, served) {
            return Server::Lighttpd(web);
        }
        Server::Own(cgi_server(served, home))
    }

    fn name(&self) -> &'static str {
        match self {
            Server::Nginx(_) => "nginx, fcgiwrap and git http-backend",
            Server::Lighttpd(_) => "lighttpd and git http-backend",
            Server::Own(_) => "the bench's own CGI server and git http-backend",
        }
    }

    fn base(&self) -> &str {
        match self {
            Server::Nginx(web) | Server::Lighttpd(web) => &web.base,
            Server::Own(base) => base,
        }
    }
}

/// The least server that runs `git http-backend`; a thread for each connection,
/// until the bench ends. Answers where it listens.
fn cgi_server(served: &Path, home: &Path) -> String {
    let backend = web::http_backend().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let site = Arc::new((backend, served.to_owned(), home.to_owned()));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let site = Arc::clone(&site);
            let _ = connection.set_nodelay(true);
            // A client that hangs up ends its connection, not the server.
            thread::spawn(move || {
                while let Ok(true) = answer_one(&connection, &site.0, &site.1, &site.2) {}
            });
        }
    });
    base
}

/// One request and its answer; true while the connection may bring another.
fn answer_one(
    connection: &TcpStream,
    backend: &Path,
    served: &Path,
    home: &Path,
) -> std::io::Result<bool> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(false);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or(""),
        words.next().unwrap_or("/").to_owned(),
    );
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut cgi = Command::new(backend);
    cgi.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("GIT_PROJECT_ROOT", served)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let (mut length, mut chunked, mut wait, mut last) = (0usize, false, false, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "content-type" => drop(cgi.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(cgi.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(cgi.env("GIT_PROTOCOL", value)),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => wait = true,
            "connection" => last = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut writer = BufWriter::new(connection);
    if wait {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        writer.flush()?;
    }
    let body = if chunked {
        read_chunks(&mut reader)?
    } else {
        read_exactly(&mut reader, length)?
    };
    let mut child = cgi.env("CONTENT_LENGTH", body.len().to_string()).spawn()?;
    let mut stdin = child.stdin.take().unwrap();
    // It may answer without having read everything.
    let feed = thread::spawn(move || drop(stdin.write_all(&body)));
    let mut answer = BufReader::new(child.stdout.take().unwrap());
    let (mut status, mut head) = ("200 OK".to_owned(), String::new());
    loop {
        let mut line = String::new();
        answer.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("status") {
            status = value.trim().to_owned();
        } else {
            head += &format!("{name}:{value}\r\n");
        }
    }
    let head = format!("HTTP/1.1 {status}\r\n{head}Transfer-Encoding: chunked\r\n\r\n");
    writer.write_all(head.as_bytes())?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = answer.read(&mut buffer)?;
        writer.write_all(format!("{n:x}\r\n").as_bytes())?;
        writer.write_all(&buffer[..n])?;
        writer.write_all(b"\r\n")?;
        writer.flush()?;
        if n == 0 {
            break;
        }
    }
    let _ = feed.join();
    child.wait()?;
    Ok(!last)
}

fn read_exactly(reader: &mut impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
        body.extend(read_exactly(reader, length)?);
        reader.read_line(&mut String::new())?;
        if length == 0 {
            return Ok(body);
        }
    }
}
