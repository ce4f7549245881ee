//! A machine of its own: an empty environment, a private HOME, no system git
//! configuration; and a way to run programs on it that always ends.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::times;

/// No single command of a test may take longer: a hang fails, it does not hang. In the long runs
/// several crowds of writers share the machine.
fn patience() -> Duration {
    Duration::from_secs(times(180, 900) as u64)
}

/// A private machine.
pub struct Env {
    root: tempfile::TempDir,
}

impl Env {
    /// Makes a machine with a HOME that only knows who its user is.
    pub fn new() -> Env {
        let root = tempfile::Builder::new()
            .prefix("aidf-it-")
            .tempdir()
            .expect("a temporary folder");
        let env = Env { root };
        for dir in [
            env.home(),
            env.config(),
            env.cache(),
            env.state(),
            env.data(),
        ] {
            std::fs::create_dir_all(dir).expect("a folder of the machine");
        }
        std::fs::write(
            env.home().join(".gitconfig"),
            "[user]\n\tname = Pat Person\n\temail = pat@workstation.example\n\
             [init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n\
             [commit]\n\tgpgSign = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n\
             [receive]\n\tautogc = false\n[advice]\n\tdetachedHead = false\n",
        )
        .expect("a global git config");
        // The whole of the tests may be run on repositories that keep their refs otherwise.
        if let Ok(format) = std::env::var("AIDF_TEST_REF_FORMAT") {
            env.ref_format(&format);
        }
        // Or that name their objects otherwise.
        if let Ok(format) = std::env::var("AIDF_TEST_OBJECT_FORMAT") {
            env.object_format(&format);
        }
        env
    }

    /// How repositories name their objects that are made here from now on.
    pub fn object_format(&self, format: &str) {
        self.gitconfig(&format!("[init]\n\tdefaultObjectFormat = {format}\n"));
    }

    /// How the refs of repositories are kept that are made here from now on.
    pub fn ref_format(&self, format: &str) {
        self.gitconfig(&format!("[init]\n\tdefaultRefFormat = {format}\n"));
    }

    /// Whether the installed git can make repositories that keep their refs in tables.
    pub fn makes_tables(&self) -> bool {
        let make = ["init", "--quiet", "--ref-format=reftable", "probe"];
        self.try_git(&self.home(), &make).code == 0
            && self
                .try_git(&self.path("home/probe"), &["refs", "migrate", "-h"])
                .all()
                .contains("ref-format")
    }

    /// A path under the machine's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// HOME.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// XDG_CONFIG_HOME.
    pub fn config(&self) -> PathBuf {
        self.path("home/.config")
    }

    /// XDG_CACHE_HOME.
    pub fn cache(&self) -> PathBuf {
        self.path("home/.cache")
    }

    /// XDG_STATE_HOME.
    pub fn state(&self) -> PathBuf {
        self.path("home/.local/state")
    }

    /// XDG_DATA_HOME.
    pub fn data(&self) -> PathBuf {
        self.path("home/.local/share")
    }

    /// The key ring's file.
    pub fn keys(&self) -> PathBuf {
        self.config().join("aidf/keys.json")
    }

    /// The operator's config file.
    pub fn operator_config(&self, text: &str) {
        let dir = self.config().join("aidf");
        std::fs::create_dir_all(&dir).expect("the config folder");
        std::fs::write(dir.join("config.yaml"), text).expect("the operator's config");
    }

    /// Appends to the user's git configuration.
    pub fn gitconfig(&self, text: &str) {
        let file = self.home().join(".gitconfig");
        let mut old = std::fs::read_to_string(&file).expect("the global git config");
        old.push_str(text);
        std::fs::write(file, old).expect("the global git config");
    }

    /// A command with this machine's environment and nothing else.
    pub fn command(&self, program: &str, dir: &Path) -> Command {
        let mut command = Command::new(super::http::found(program));
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.config())
            .env("XDG_CACHE_HOME", self.cache())
            .env("XDG_STATE_HOME", self.state())
            .env("XDG_DATA_HOME", self.data())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        command
    }

    /// A call of the binary under test in `dir`, to be run with [`Call::run`].
    pub fn call(&self, dir: &Path, args: &[&str]) -> Call {
        let mut command = self.command(env!("CARGO_BIN_EXE_aidf"), dir);
        command.args(args);
        Call {
            command,
            stdin: None,
            patience: patience(),
            watched: false,
        }
    }

    /// Runs the binary under test in `dir`.
    pub fn aidf(&self, dir: &Path, args: &[&str]) -> Out {
        self.call(dir, args).run()
    }

    /// Runs git; answers what it said, whatever that was.
    pub fn try_git(&self, dir: &Path, args: &[&str]) -> Out {
        let mut command = self.command("git", dir);
        command.args(args);
        Call {
            command,
            stdin: None,
            patience: patience(),
            watched: false,
        }
        .run()
    }

    /// Runs git, which has to succeed; answers its stdout without the last newline.
    pub fn git(&self, dir: &Path, args: &[&str]) -> String {
        let out = self.try_git(dir, args);
        assert_eq!(out.code, 0, "git {args:?} failed\n{out}");
        out.stdout.trim_end_matches('\n').to_owned()
    }

    /// Runs git with an input; answers its stdout's bytes.
    pub fn git_bytes(&self, dir: &Path, args: &[&str], stdin: &[u8]) -> Vec<u8> {
        let mut command = self.command("git", dir);
        command.args(args);
        let out = Call {
            command,
            stdin: Some(stdin.to_vec()),
            patience: patience(),
            watched: false,
        }
        .run();
        assert_eq!(out.code, 0, "git {args:?} failed\n{out}");
        out.bytes
    }

    /// Makes every object of a git directory a file of its own.
    pub fn unpack(&self, git_dir: &Path) {
        let folder = git_dir.join("objects/pack");
        // Objects that are in a pack of the repository are not unpacked.
        let aside = self.path("packs-aside");
        std::fs::rename(&folder, &aside).expect("the packs");
        std::fs::create_dir(&folder).expect("a folder");
        for entry in std::fs::read_dir(&aside).expect("the packs") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "pack") {
                let bytes = std::fs::read(&path).expect("a pack");
                self.git_bytes(git_dir, &["unpack-objects", "-q"], &bytes);
            }
        }
    }
}

/// One run of a program that has not begun.
pub struct Call {
    command: Command,
    stdin: Option<Vec<u8>>,
    patience: Duration,
    watched: bool,
}

impl Call {
    /// Any command at all, with the environment that it has.
    pub fn of(command: Command) -> Call {
        Call {
            command,
            stdin: None,
            patience: patience(),
            watched: false,
        }
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Call {
        self.command.env(name, value);
        self
    }

    /// Adds an argument that need not be text.
    pub fn arg(mut self, value: impl AsRef<std::ffi::OsStr>) -> Call {
        self.command.arg(value);
        self
    }

    /// Gives standard input.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Call {
        self.stdin = Some(bytes.into());
        self
    }

    /// Watches how much memory it takes, its children included, where Linux tells.
    pub fn watched(mut self) -> Call {
        self.watched = true;
        self
    }

    /// The command itself, for tests that start it on their own.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Starts it, for tests that end it on their own. Nobody hears what it says.
    pub fn start_unheard(mut self) -> Child {
        let quiet = || Stdio::null();
        self.command
            .stdin(quiet())
            .stdout(quiet())
            .stderr(quiet())
            .spawn()
            .expect("the program starts")
    }

    /// Runs to the end. A program that does not end is killed, and the test fails.
    pub fn run(mut self) -> Out {
        let shown = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let args = self.command.get_args().map(|a| a.to_string_lossy());
        let args: Vec<String> = args.map(|a| a.into_owned()).collect();
        let ours = self.command.get_program() == env!("CARGO_BIN_EXE_aidf");
        self.command
            .stdin(if self.stdin.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = self.command.spawn().expect("the program starts");
        if let (Some(bytes), Some(mut pipe)) = (self.stdin.take(), child.stdin.take()) {
            std::thread::spawn(move || {
                // A program may end without reading its input; that is its right.
                let _ = pipe.write_all(&bytes);
            });
        }
        let stdout = Reading::start(child.stdout.take().expect("a pipe"));
        let stderr = Reading::start(child.stderr.take().expect("a pipe"));
        let mut peak = 0;
        let status = loop {
            if self.watched {
                peak = peak.max(memory_of(child.id()));
            }
            if let Some(status) = child.try_wait().expect("a child to wait for") {
                break status;
            }
            if begun.elapsed() > self.patience {
                let _ = child.kill();
                let _ = child.wait();
                panic!(
                    "{shown} had not ended after {:?}\nstdout: {}\nstderr: {}",
                    self.patience,
                    String::from_utf8_lossy(&stdout.take()),
                    String::from_utf8_lossy(&stderr.take()),
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = begun.elapsed();
        let bytes = stdout.take();
        let out = Out {
            shown,
            code: exit_code(status),
            took,
            stdout: String::from_utf8_lossy(&bytes).into_owned(),
            stderr: String::from_utf8_lossy(&stderr.take()).into_owned(),
            bytes,
            peak,
        };
        if ours {
            super::schema::check(&args, &out);
        }
        out
    }
}

/// The most memory that a process and its children have held, in bytes; 0 where nobody
/// tells.
fn memory_of(pid: u32) -> u64 {
    // A process that is about to become another program still has the memory of this one.
    let program = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    if program(&pid.to_string()) == program("self") {
        return 0;
    }
    let own = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .unwrap_or_default()
        .lines()
        .find_map(|l| {
            l.strip_prefix("VmHWM:")?
                .trim()
                .strip_suffix("kB")?
                .trim()
                .parse::<u64>()
                .ok()
        })
        .unwrap_or(0);
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let theirs = children.split_whitespace().filter_map(|c| c.parse().ok());
    own * 1024 + theirs.map(memory_of).sum::<u64>()
}

/// A signal's death reads as 128 + its number, as a shell says it.
fn exit_code(status: std::process::ExitStatus) -> i32 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return 128 + signal;
        }
    }
    status.code().unwrap_or(-1)
}

/// A pipe being read on a thread of its own.
struct Reading {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: std::thread::JoinHandle<()>,
}

impl Reading {
    fn start(mut pipe: impl Read + Send + 'static) -> Reading {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0_u8; 64 * 1024];
            while let Ok(n) = pipe.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                sink.lock()
                    .expect("the sink")
                    .extend_from_slice(&buffer[..n]);
            }
        });
        Reading { bytes, thread }
    }

    /// What was read. A grandchild may hold the pipe open: that is not waited for.
    fn take(self) -> Vec<u8> {
        let until = Instant::now() + Duration::from_secs(3);
        while !self.thread.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::mem::take(&mut *self.bytes.lock().expect("the sink"))
    }
}

/// What a program said.
#[derive(Debug)]
pub struct Out {
    shown: String,
    /// Exit code.
    pub code: i32,
    /// Wall time.
    pub took: Duration,
    /// Standard output as text.
    pub stdout: String,
    /// Standard error as text.
    pub stderr: String,
    /// Standard output as it came.
    pub bytes: Vec<u8>,
    /// The most memory it was seen to hold, in bytes, where it was watched.
    pub peak: u64,
}

impl std::fmt::Display for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ran: {}\nexit: {}\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.shown, self.code, self.stdout, self.stderr
        )
    }
}

impl Out {
    /// It has to have ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Out {
        assert_eq!(self.code, code, "exit {code} expected\n{self}");
        self
    }

    /// It has to have succeeded.
    #[track_caller]
    pub fn ok(self) -> Out {
        self.exits(0)
    }

    /// stdout as exactly one JSON object.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(self.stdout.trim_end_matches('\n'))
            .unwrap_or_else(|e| panic!("stdout is not one JSON value ({e})\n{self}"));
        assert!(value.is_object(), "stdout is not an object\n{self}");
        value
    }

    /// The error object on stderr's last line.
    #[track_caller]
    pub fn error(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(last)
            .unwrap_or_else(|e| panic!("stderr's last line is not JSON ({e})\n{self}"));
        let error = value["error"].clone();
        assert!(error.is_object(), "no error object\n{self}");
        error
    }

    /// Everything that was printed.
    pub fn all(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}
