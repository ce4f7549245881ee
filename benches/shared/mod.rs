//! What the benchmarks share: a machine of their own, a server, repositories of any
//! size, and tables.

#[path = "../../tests/peers/web.rs"]
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
pub const HISTORY: usize = 1000;

/// What stands above the tables; `yardstick` names what ratios are to.
pub fn print_head(title: &str, bench: &Bench, yardstick: &str) {
    println!("{title}, {} rounds, contenders taking turns", bench.rounds);
    if cfg!(debug_assertions) {
        println!("NOT OPTIMISED: this is a debug build, and its figures mean nothing");
    }
    println!("  {}", bench.text("git", &["--version"]));
    println!("  aidf {}, {} cores", env!("CARGO_PKG_VERSION"), cores());
    println!("  HTTP by {}", bench.server.name());
    println!("  times in ms, by the whole command; ratio is to {yardstick} marked 1.00");
    println!("  RSS: peak of the aidf process alone, sampled in a run that is not timed");
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A machine of its own with a server.
pub struct Bench {
    pub work: PathBuf,
    pub rounds: usize,
    pub server: Server,
}

impl Bench {
    pub fn new(work: &Path, rounds: usize) -> Self {
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
    pub fn command(&self, program: &str, folder: &Path) -> Command {
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

    pub fn text(&self, program: &str, args: &[&str]) -> String {
        let output = self
            .command(program, &self.work)
            .args(args)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub fn git(&self, folder: &Path, args: &[&str]) -> String {
        succeed(self.command("git", folder).args(args))
    }

    /// A packed bare repository: files three folders deep, then a history of
    /// commits that change one file each; `main` and `sandbox` at its tip, and
    /// `refs` more branches spread over the history.
    pub fn generate(&self, remote: &Path, files: usize, refs: usize) {
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
        self.git(remote, &["config", "uploadpack.allowFilter", "true"]);
        self.git(remote, &["config", "receive.autogc", "false"]);
    }
}

pub fn path_of(n: usize) -> String {
    let d = n / PER_FOLDER;
    format!("m{:02}/p{:02}/d{d:05}/f{n:06}.txt", d % 40, d / 40 % 40)
}

/// Runs a command that must succeed and answers what it printed.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    if !output.status.success() {
        panic!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    succeed(command);
    started.elapsed()
}

/// The most memory a process held, in kilobytes, itself and without the
/// children that it starts. The kernel's high-water mark is read until the
/// process ends; only what it takes in its last moment can be missed. None
/// where there is no /proc.
pub fn peak_memory(mut command: Command) -> Option<u64> {
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

pub struct Contender {
    pub what: &'static str,
    pub times: Vec<Duration>,
    pub peak: Option<u64>,
}

impl Contender {
    pub fn new(what: &'static str) -> Self {
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
pub fn print_table(title: &str, contenders: &[Contender], to: usize) {
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

pub fn thousands(n: usize) -> String {
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
pub enum Server {
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

    pub fn base(&self) -> &str {
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
