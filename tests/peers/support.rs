//! A private place on disk for one test, the programs run in it, and the peers
//! that may be missing.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{found, on_path};
use serde_json::Value;
use tempfile::TempDir;

/// What a program left behind when it ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Ended {
            // A program ended by a signal has no code.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The whole of it, for a failed assertion.
    pub fn told(&self) -> String {
        format!(
            "exit {}\nstdout: {}\nstderr: {}",
            self.code, self.stdout, self.stderr
        )
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.told());
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(
            all.contains(words),
            "does not say {words:?}\n{}",
            self.told()
        );
        self
    }

    #[track_caller]
    pub fn json(self) -> Value {
        let ended = self.exits(0);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("{e}\n{}", ended.told()))
    }
}

/// A temporary folder with a HOME of its own; everything started through it
/// sees that HOME, no system git config, and nothing of the caller's environment.
pub struct Place {
    dir: TempDir,
    env: Vec<(String, String)>,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("aidf-peers-")
            .tempdir()
            .unwrap();
        let place = Place {
            dir,
            env: Vec::new(),
        };
        fs::create_dir(place.path("home")).unwrap();
        place.git_config(
            "[user]\n\tname = Ada\n\temail = ada@example.invalid\n\
             [init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n\
             [gc]\n\tauto = 0\n[protocol \"file\"]\n\tallow = always\n",
        );
        place
    }

    /// The same for every program started from now on.
    pub fn with_env(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub fn without_env(&mut self, name: &str) -> &mut Self {
        self.env.retain(|(n, _)| n != name);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Adds to the user's own git config, `~/.gitconfig`.
    pub fn git_config(&self, text: &str) {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("home/.gitconfig"))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// A program with this place's environment, to be run in `folder`.
    pub fn command(&self, program: &str, folder: &Path) -> Command {
        let home = self.path("home");
        let mut command = Command::new(found(program));
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .envs(self.env.iter().map(|(n, v)| (n, v)))
            .stdin(Stdio::null());
        command
    }

    /// Plain git; it must succeed. Answers its stdout.
    #[track_caller]
    pub fn git(&self, folder: &Path, args: &[&str]) -> String {
        let output = self.command("git", folder).args(args).output().unwrap();
        let ended = Ended::of(output);
        assert_eq!(ended.code, 0, "git {args:?}: {}", ended.told());
        ended.stdout
    }

    pub fn aidf(&self, folder: &Path, args: &[&str]) -> Ended {
        self.aidf_reading(folder, args, "")
    }

    /// aidf with something on its standard input.
    pub fn aidf_reading(&self, folder: &Path, args: &[&str], stdin: &str) -> Ended {
        let mut command = self.command(env!("CARGO_BIN_EXE_aidf"), folder);
        command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if stdin.is_empty() {
            return Ended::of(command.output().unwrap());
        }
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // An aidf that refuses early does not read: its answer says why.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        Ended::of(child.wait_with_output().unwrap())
    }

    /// A bare repository with `main` and `sandbox` on one commit, ready to be
    /// served over HTTP, that checks what it is sent.
    pub fn remote(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let seed = self.path(&format!("{name}-seed"));
        self.git(self.dir.path(), &["init", "-q", seed.to_str().unwrap()]);
        for (path, text) in [("README.md", "# A project\n\nOne line.\n")]
            .iter()
            .chain(files)
        {
            let file = seed.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        self.git(&seed, &["add", "-A"]);
        self.git(&seed, &["commit", "-q", "-m", "Start"]);
        self.git(&seed, &["branch", "sandbox"]);
        let bare = self.path(&format!("served/{name}.git"));
        fs::create_dir_all(bare.parent().unwrap()).unwrap();
        self.git(
            &seed,
            &["clone", "-q", "--bare", ".", bare.to_str().unwrap()],
        );
        self.git(&bare, &["config", "http.receivepack", "true"]);
        self.git(&bare, &["config", "receive.fsckObjects", "true"]);
        self.git(&bare, &["config", "receive.autogc", "false"]);
        bare
    }

    /// A clone made by plain git.
    #[track_caller]
    pub fn clone(&self, url: &str, name: &str) -> PathBuf {
        let folder = self.path(name);
        self.git(
            self.dir.path(),
            &["clone", "-q", url, folder.to_str().unwrap()],
        );
        folder
    }
}

/// The variable PATH with the binary under test before all else.
fn path_with_aidf() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_aidf")).parent().unwrap();
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{}:{rest}", folder.display())
}

/// A program on a terminal of its own.
pub struct Terminal {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts a line of a shell in `folder`.
    pub fn start(place: &Place, folder: &Path, line: &str) -> Terminal {
        let mut command = place.command("script", folder);
        let mut child = command
            .args(["-qfec", line, "/dev/null"])
            .env("PATH", path_with_aidf())
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut pipe, sink) = (child.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..n]);
            }
        });
        Terminal { child, shown }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        let pipe = self.child.stdin.as_mut().unwrap();
        pipe.write_all(keys.as_bytes()).unwrap();
        pipe.flush().unwrap();
    }

    /// All that was shown so far.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// Waits until the terminal shows a text.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        let begun = Instant::now();
        loop {
            let shown = self.shown();
            if shown.contains(text) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the terminal does not show {text:?}: {shown:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a program is, also in the folders of servers.
pub fn find(program: &str) -> Option<PathBuf> {
    let of_servers = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
    let mut of_servers = of_servers.iter().map(|f| Path::new(f).join(program));
    on_path(program).or_else(|| of_servers.find(|p| p.is_file()))
}

/// True when every program is here. Otherwise the test skips and says so, or
/// fails where the peers are required.
pub fn have(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|p| find(p).is_none())
        .collect();
    if !missing.is_empty() {
        skip(&format!("not installed: {}", missing.join(", ")));
    }
    missing.is_empty()
}

/// Says loudly that what a test needs is not allowed on this machine, whatever is installed.
pub fn cannot(reason: &str) {
    say_skipped(reason);
}

/// Says loudly why a test proves nothing here; fails it under `AIDF_PEERS=required`.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    if std::env::var("AIDF_PEERS").is_ok_and(|v| v == "required") {
        panic!("{test} may not skip here: {reason}");
    }
    say_skipped(reason);
}

fn say_skipped(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not `eprintln!`: the test runner would keep it to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {reason}");
}
