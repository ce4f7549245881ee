//! A forge's API as the tests tell it: what answers is a function of theirs, and what was
//! asked is kept.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{read_body, read_head};
use super::listening::Listening;
use super::{World, make_executable};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; null where it is empty, or no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Asked {
    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers (`Name: value`) and a body.
    Answer(u16, Vec<String>, String),
    /// The line is cut before a byte is said.
    Cut,
    /// The line is cut in the midst of a body.
    CutMidway,
    /// Nothing is said, until the server is dropped.
    Silent,
}

impl Reply {
    /// A status and a body of JSON.
    pub fn json(status: u16, body: Value) -> Reply {
        Reply::Answer(status, Vec::new(), body.to_string())
    }

    /// A status without a body.
    pub fn empty(status: u16) -> Reply {
        Reply::Answer(status, Vec::new(), String::new())
    }

    /// What GitHub says of a path that it does not know.
    pub fn missing() -> Reply {
        Reply::json(404, json!({"message": "Not Found"}))
    }

    /// The same with one more header.
    pub fn with(self, header: &str) -> Reply {
        match self {
            Reply::Answer(status, mut headers, body) => {
                headers.push(header.to_owned());
                Reply::Answer(status, headers, body)
            }
            other => other,
        }
    }
}

type Answers = dyn Fn(&Asked) -> Reply + Send + Sync;

struct Shared {
    answers: Box<Answers>,
    asked: Mutex<Vec<Asked>>,
    stop: Arc<AtomicBool>,
}

/// A forge's API on a free port, until it is dropped.
pub struct ForgeServer {
    listening: Listening,
    shared: Arc<Shared>,
}

impl ForgeServer {
    /// Answers as `answers` says.
    pub fn start(answers: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> ForgeServer {
        let shared = Arc::new(Shared {
            answers: Box::new(answers),
            asked: Mutex::default(),
            stop: Arc::default(),
        });
        let theirs = Arc::clone(&shared);
        let listening = Listening::start(&shared.stop, move |stream| serve(&theirs, stream));
        ForgeServer { listening, shared }
    }

    /// Gives these replies one after the other, and the last one ever after.
    pub fn replies(replies: Vec<Reply>) -> ForgeServer {
        let left = Mutex::new(replies);
        ForgeServer::start(move |_| {
            let mut left = left.lock().expect("the replies");
            match left.len() {
                1 => left[0].clone(),
                _ => left.remove(0),
            }
        })
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        self.listening.base()
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("the log").clone()
    }

    /// The requests that were to change something, as `METHOD path`.
    pub fn writes(&self) -> Vec<String> {
        self.asked()
            .iter()
            .filter(|a| a.method != "GET")
            .map(|a| format!("{} {}", a.method, a.path()))
            .collect()
    }
}

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(head) = read_head(&mut reader)? {
        let body = read_body(&mut reader, &head)?;
        let asked = Asked {
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&body).into_owned(),
            method: head.method,
            target: head.target,
            headers: head.headers,
        };
        shared.asked.lock().expect("the log").push(asked.clone());
        match (shared.answers)(&asked) {
            Reply::Answer(status, headers, body) => {
                let mut text = format!("HTTP/1.1 {status} Said\r\n");
                for header in headers {
                    text.push_str(&format!("{header}\r\n"));
                }
                if status != 204 {
                    text.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                text.push_str("\r\n");
                text.push_str(&body);
                writer.write_all(text.as_bytes())?;
                writer.flush()?;
            }
            Reply::Cut => return writer.shutdown(std::net::Shutdown::Both),
            Reply::CutMidway => {
                writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":")?;
                return writer.shutdown(std::net::Shutdown::Both);
            }
            Reply::Silent => {
                while !shared.stop.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A clone whose remote has a forge's address, such as `git@github.com:acme/widgets.git`;
/// git's own traffic goes to a repository on disk, and calls carry `AIDF_FORGE_TOKEN`.
pub fn clone_of(address: &str) -> World {
    let mut w = World::path();
    let path = address.split_once(':').expect("an address for ssh").1;
    let root = w.remote.bare.parent().expect("a folder").to_owned();
    let place = root.join(path);
    std::fs::create_dir_all(place.parent().expect("an owner")).expect("a folder");
    std::fs::rename(&w.remote.bare, &place).expect("a repository with an owner");
    w.remote.bare = place;
    let script = w.env.path("ssh-to-disk");
    let text = format!(
        "#!/bin/sh\nfor last; do :; done\ncd '{}' && exec sh -c \"$last\"\n",
        root.display()
    );
    std::fs::write(&script, text).expect("a script");
    make_executable(&script);
    w.git(&["remote", "set-url", "origin", address]);
    w.url = address.to_owned();
    w.vars.extend([
        ("GIT_SSH_COMMAND".to_owned(), script.display().to_string()),
        ("AIDF_FORGE_TOKEN".to_owned(), FORGE_TOKEN.to_owned()),
    ]);
    w
}

/// What [`clone_of`] logs in with.
pub const FORGE_TOKEN: &str = "tok-of-the-forge-0451";
