//! git servers of other makers: dulwich over git:// and HTTP, and JGit's daemon. What aidf
//! wrote through them is read by plain git on the server's disk.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::peers::support::{Place, have, skip};
use crate::peers::web::{Daemon, on_a_free_port_within};
use crate::support::times;

/// Java and Python have much to load, and the machine may be busy.
const READY: Duration = Duration::from_secs(90);

/// How many write at the same time, and how often each.
const WRITERS: usize = 3;

/// A server, and a repository that it serves.
struct Server {
    place: Place,
    bare: PathBuf,
    url: String,
    _daemon: Daemon,
}

#[derive(Clone, Copy, Debug)]
enum Maker {
    DulwichDaemon,
    DulwichWeb,
    JGit,
}

impl Server {
    /// None where the maker's server is not here; the test then skips.
    fn start(maker: Maker) -> Option<Server> {
        let place = Place::new();
        let bare = place.remote("widgets", &[("src/a.txt", "a\n")]);
        let root = bare.parent().unwrap().to_owned();
        let log = fs::File::create(place.path("server.log")).unwrap();
        let launch = launch(maker)?;
        let (port, daemon) = on_a_free_port_within(READY, |port| {
            let mut command = place.command(launch.program, &root);
            command.args(&launch.before).arg(port.to_string());
            command
                .arg(&root)
                .env(launch.variable.0, &launch.variable.1);
            command.stdout(log.try_clone()?).stderr(log.try_clone()?);
            Daemon::start(&mut command)
        })
        .unwrap_or_else(|e| panic!("{maker:?}: {e}"));
        let url = match maker {
            // It serves whole paths below its folder.
            Maker::DulwichDaemon => format!("git://127.0.0.1:{port}{}", bare.display()),
            Maker::DulwichWeb => format!("http://127.0.0.1:{port}{}", bare.display()),
            Maker::JGit => format!("git://127.0.0.1:{port}/widgets.git"),
        };
        Some(Server {
            place,
            bare,
            url,
            _daemon: daemon,
        })
    }

    fn clone(&self, name: &str) -> PathBuf {
        self.place.clone(&self.url, name)
    }

    fn json(&self, clone: &Path, args: &[&str]) -> Value {
        self.place.aidf(clone, &[args, &["--json"]].concat()).json()
    }

    fn git(&self, args: &[&str]) -> String {
        self.place.git(&self.bare, args).trim().to_owned()
    }

    fn refs(&self, pattern: &str) -> Vec<String> {
        let all = self.git(&["for-each-ref", "--format=%(refname)", pattern]);
        all.lines().map(str::to_owned).collect()
    }
}

/// The words that start a server, before its port and its folder.
struct Launch {
    program: &'static str,
    before: Vec<&'static str>,
    variable: (&'static str, OsString),
}

/// `dulwich daemon` itself serves one connection at a time, and a writer that others were
/// quicker than reads what they wrote while its own waits.
const DAEMON: &str = "import sys, socketserver
from dulwich.server import FileSystemBackend, TCPGitServer
class Server(socketserver.ThreadingMixIn, TCPGitServer): daemon_threads = True
Server(FileSystemBackend(sys.argv[2]), '127.0.0.1', int(sys.argv[1])).serve_forever()";

fn launch(maker: Maker) -> Option<Launch> {
    let dulwich = |before: &[&'static str]| {
        if !have(&["git", "python3"]) {
            return None;
        }
        let Some(packages) = std::env::var_os("AIDF_DULWICH") else {
            skip("AIDF_DULWICH does not say where .ci/run put dulwich");
            return None;
        };
        Some(Launch {
            program: "python3",
            before: [&["-B"], before].concat(),
            variable: ("PYTHONPATH", packages),
        })
    };
    match maker {
        Maker::DulwichDaemon => dulwich(&["-c", DAEMON]),
        Maker::DulwichWeb => dulwich(&["-m", "dulwich", "web-daemon", "-l", "127.0.0.1", "-p"]),
        Maker::JGit => have(&["git", "jgit", "java"]).then(|| Launch {
            program: "jgit",
            before: vec![
                "daemon",
                "--export-all",
                "--enable=receive-pack",
                "--listen=127.0.0.1",
                "--port",
            ],
            // Debian's launcher names a part of what it needs.
            variable: ("JGIT_CLASSPATH", "/usr/share/java/*".into()),
        }),
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

/// A sandbox's whole life, backups, and several writers on one branch.
fn works_through(maker: Maker) {
    let Some(server) = Server::start(maker) else {
        return;
    };
    let first = server.clone("first");
    let opened = server.json(&first, &["sandbox", "init"]);
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    fs::write(first.join("one.txt"), "one\n").unwrap();
    fs::write(first.join("src/a.txt"), "b\n").unwrap();
    let written = server.json(&first, &["commit", "-a", "-m", "One"]);
    let tip = server.git(&["rev-parse", &branch]);
    assert_eq!(tip, text(&written, "commit"));
    assert_eq!(server.git(&["show", &format!("{branch}:src/a.txt")]), "b");

    // Others on the same branch, at the same time, each from a clone of its own.
    let commits = times(2, 5);
    let writers: Vec<PathBuf> = (0..WRITERS)
        .map(|n| {
            let clone = server.clone(&format!("writer-{n}"));
            let args = ["sandbox", "init", "--reuse-token", &token];
            assert_eq!(text(&server.json(&clone, &args), "branch"), branch);
            clone
        })
        .collect();
    std::thread::scope(|scope| {
        for (n, clone) in writers.iter().enumerate() {
            let server = &server;
            scope.spawn(move || {
                for c in 0..commits {
                    let name = format!("w{n}-{c}.txt");
                    fs::write(clone.join(&name), "w\n").unwrap();
                    server.json(clone, &["commit", &name, "-m", &name]);
                }
            });
        }
    });
    let files = server.git(&["ls-tree", "--name-only", &branch]);
    let theirs = files.lines().filter(|f| f.starts_with('w')).count();
    assert_eq!(theirs, WRITERS * commits, "{files}");
    let count = server.git(&["rev-list", "--count", &format!("{tip}..{branch}")]);
    assert_eq!(count, (WRITERS * commits).to_string());

    server.json(&first, &["rollback", &tip]);
    assert_eq!(server.git(&["show", &format!("{branch}:src/a.txt")]), "a");
    let files = server.git(&["ls-tree", "--name-only", &branch]);
    assert!(
        !files.contains("one.txt") && files.contains("w0-0.txt"),
        "{files}"
    );
    let verified = server.json(&first, &["audit", "verify"]);
    assert_eq!(verified["findings"], 0, "{verified}");

    let both = [
        "backup", "create", "--branch", "main", "--branch", "sandbox",
    ];
    let made = server.json(&first, &both);
    for backup in made["backups"].as_array().unwrap() {
        assert_eq!(backup["created"], true, "{made}");
        let there = server.git(&["rev-parse", &text(backup, "backup")]);
        assert_eq!(there, text(backup, "commit"));
    }
    let checked = server.json(&first, &["backup", "verify"]);
    assert_eq!(checked["problems"], serde_json::json!([]), "{checked}");
    server.place.aidf(&first, &["backup", "drill"]).exits(0);

    let last = server.git(&["rev-parse", &branch]);
    let closed = server.json(&first, &["sandbox", "close"]);
    assert_eq!(server.git(&["rev-parse", &text(&closed, "archive")]), last);
    assert!(
        !server
            .refs("refs/heads/")
            .contains(&format!("refs/heads/{branch}"))
    );
    server.json(&first, &["sandbox", "restore", &branch]);
    assert_eq!(server.git(&["rev-parse", &branch]), last);
    // Without a clone it is the same repository.
    let list = ["-R", &server.url, "sandbox", "list"];
    let list = server.json(&server.place.path(""), &list);
    assert_eq!(text(&list["sandboxes"][0], "branch"), branch);
    server.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn dulwich_by_its_daemon_serves_a_sandbox_and_backups() {
    works_through(Maker::DulwichDaemon);
}

#[test]
fn dulwich_by_http_serves_a_sandbox_and_backups() {
    works_through(Maker::DulwichWeb);
}

#[test]
fn jgit_serves_a_sandbox_and_backups() {
    works_through(Maker::JGit);
}
