//! Smart HTTP without a web server to install: `git http-backend` behind a
//! small CGI server of std, which counts what reaches it and can misbehave.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;

use super::listening::Listening;

/// How the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As a git server does.
    Serve,
    /// Every request gets this status.
    Status(u16),
    /// Requests are read and never answered.
    Silent,
    /// The push is done, and its answer never sent: the line is cut.
    LoseAnswer,
    /// The push is done, and its answer never sent: the line stays open.
    HoldAnswer,
    /// The push is done, and the answer is this status, as of a proxy that gave up.
    BadAnswer(u16),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET or POST.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

struct Shared {
    root: PathBuf,
    home: PathBuf,
    mode: Mutex<Mode>,
    /// User and password that are asked for.
    auth: Mutex<Option<(String, String)>>,
    /// What it says in `Date`, if anything.
    date: Mutex<Option<String>>,
    /// Where the first GET is sent, if anywhere: scheme, host and prefix.
    redirect: Mutex<Option<String>>,
    connections: AtomicUsize,
    requests: Mutex<Vec<Request>>,
    stop: Arc<AtomicBool>,
}

/// A smart HTTP server on a free port, until it is dropped.
pub struct HttpServer {
    listening: Listening,
    shared: Arc<Shared>,
}

impl HttpServer {
    /// Serves the repositories in `root`; git runs with `home` as its HOME.
    pub fn start(root: PathBuf, home: PathBuf) -> HttpServer {
        let shared = Arc::new(Shared {
            root,
            home,
            mode: Mutex::new(Mode::Serve),
            auth: Mutex::new(None),
            date: Mutex::new(None),
            redirect: Mutex::new(None),
            connections: AtomicUsize::new(0),
            requests: Mutex::new(Vec::new()),
            stop: Arc::default(),
        });
        let theirs = Arc::clone(&shared);
        let listening = Listening::start(&shared.stop, move |stream| serve(&theirs, stream));
        HttpServer { listening, shared }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base(&self) -> String {
        self.listening.base()
    }

    /// Changes how it answers.
    pub fn mode(&self, mode: Mode) {
        *self.shared.mode.lock().expect("the mode") = mode;
    }

    /// Asks for this user and password from now on.
    pub fn require(&self, user: &str, password: &str) {
        *self.shared.auth.lock().expect("the auth") = Some((user.to_owned(), password.to_owned()));
    }

    /// Tells this time from now on, as HTTP has it.
    pub fn tell_time(&self, date: &str) {
        *self.shared.date.lock().expect("the date") = Some(date.to_owned());
    }

    /// Sends GETs to the same path under another base.
    pub fn redirect_to(&self, base: &str) {
        *self.shared.redirect.lock().expect("the redirect") = Some(base.to_owned());
    }

    /// TCP connections that carried a request since the last [`HttpServer::reset`].
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Requests since the last [`HttpServer::reset`].
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("the log").clone()
    }

    /// Forgets what was counted.
    pub fn reset(&self) {
        self.shared.connections.store(0, Ordering::SeqCst);
        self.shared.requests.lock().expect("the log").clear();
    }
}

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut counted = false;
    loop {
        let Some(request) = read_head(&mut reader)? else {
            return Ok(());
        };
        if !counted {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            counted = true;
        }
        shared
            .requests
            .lock()
            .expect("the log")
            .push(request.clone());
        if request
            .header("expect")
            .is_some_and(|e| e.eq_ignore_ascii_case("100-continue"))
        {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = read_body(&mut reader, &request)?;
        let mode = shared.mode.lock().expect("the mode").clone();
        match mode {
            Mode::Status(code) => {
                answer(&mut writer, code, &[], b"the server says no\n")?;
                continue;
            }
            Mode::Silent => hold(shared),
            _ => {}
        }
        if let Some(base) = shared.redirect.lock().expect("the redirect").clone() {
            let place = format!("Location: {base}{}", request.target);
            answer(&mut writer, 302, &[&place], b"")?;
            continue;
        }
        if let Some((user, password)) = shared.auth.lock().expect("the auth").clone() {
            let pair =
                base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            let wanted = format!("Basic {pair}");
            if request.header("authorization") != Some(wanted.as_str()) {
                let ask = "WWW-Authenticate: Basic realm=\"git\"";
                answer(&mut writer, 401, &[ask], b"who are you\n")?;
                continue;
            }
        }
        let (code, headers, content) = backend(shared, &request, &body)?;
        let is_push = request.method == "POST" && request.target.ends_with("/git-receive-pack");
        match (is_push, mode) {
            (true, Mode::LoseAnswer) => return Ok(()),
            (true, Mode::HoldAnswer) => hold(shared),
            (true, Mode::BadAnswer(code)) => {
                answer(&mut writer, code, &[], b"bad gateway\n")?;
                continue;
            }
            _ => {}
        }
        let date = shared.date.lock().expect("the date").clone();
        let date = date.map(|date| format!("Date: {date}"));
        let headers: Vec<&str> = headers.iter().chain(&date).map(String::as_str).collect();
        answer(&mut writer, code, &headers, &content)?;
    }
}

/// Keeps the line open and says nothing, until the server is dropped.
fn hold(shared: &Shared) {
    while !shared.stop.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(super) fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Ok(Some(Request {
        method,
        target,
        headers,
    }))
}

pub(super) fn read_body(reader: &mut impl BufRead, request: &Request) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let chunked = request
        .header("transfer-encoding")
        .is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
    if chunked {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = line.trim().split(';').next().unwrap_or_default();
            let size = u64::from_str_radix(size, 16).unwrap_or(0);
            if size > 0 {
                reader.by_ref().take(size).read_to_end(&mut body)?;
            }
            let mut end = String::new();
            reader.read_line(&mut end)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = request.header("content-length") {
        let length: u64 = length.parse().unwrap_or(0);
        reader.by_ref().take(length).read_to_end(&mut body)?;
    }
    Ok(body)
}

fn backend(
    shared: &Shared,
    request: &Request,
    body: &[u8],
) -> std::io::Result<(u16, Vec<String>, Vec<u8>)> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((request.target.as_str(), ""));
    let mut command = Command::new(found("git"));
    command
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &shared.home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_PROJECT_ROOT", &shared.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "tester")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_LENGTH", body.len().to_string());
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("git-protocol", "HTTP_GIT_PROTOCOL"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("accept-encoding", "HTTP_ACCEPT_ENCODING"),
        ("user-agent", "HTTP_USER_AGENT"),
    ] {
        if let Some(value) = request.header(header) {
            command.env(variable, value);
        }
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = body.to_vec();
    let feeder = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let mut output = Vec::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_end(&mut output)?;
    let _ = feeder.join();
    child.wait()?;
    let mut code = 200;
    let mut headers = Vec::new();
    let mut rest = output.as_slice();
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end]).trim_end().to_owned();
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        match line.strip_prefix("Status: ") {
            Some(status) => {
                code = status
                    .split(' ')
                    .next()
                    .and_then(|c| c.parse().ok())
                    .unwrap_or(500);
            }
            None => headers.push(line),
        }
    }
    Ok((code, headers, rest.to_vec()))
}

fn answer(writer: &mut TcpStream, code: u16, headers: &[&str], body: &[u8]) -> std::io::Result<()> {
    let reason = match code {
        200 => "OK",
        302 => "Found",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "Other",
    };
    let mut head = format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    writer.write_all(head.as_bytes())?;
    writer.write_all(body)?;
    writer.flush()
}

/// The program of this name that PATH leads to first.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut all = std::env::split_paths(&path).map(|folder| folder.join(program));
    all.find(|file| file.is_file())
}

/// Where PATH has `program`, looked up once; as given where PATH does not have it.
///
/// A program that is named by its path is spawned. With an environment of its
/// own and a bare name, Rust's library forks this whole process instead.
pub fn found(program: &str) -> PathBuf {
    static KNOWN: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    if program.contains('/') {
        return program.into();
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let look = || on_path(program).unwrap_or_else(|| program.into());
    known.entry(program.to_owned()).or_insert_with(look).clone()
}
