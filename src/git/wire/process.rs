//! Connects to a remote through a child process: `git receive-pack` for a path, the
//! system's ssh (with its own config, agent and prompts) for a host.

use super::{CHECK_ADDRESS, Link, LinkSettings, Service};
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::children::{self, Child as Started};
use crate::git::endpoint::Ssh;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The largest request that fits in a pipe at once, in bytes, so that writing it cannot
/// block.
const PIPE_BYTES: u64 = 32 * 1024;
/// How long a server that has answered may take to end.
const ENDING: Duration = Duration::from_secs(2);

pub(super) struct ProcessLink {
    child: Child,
    stdin: Option<ChildStdin>,
    chunks: Receiver<io::Result<Vec<u8>>>,
    pending: io::Cursor<Vec<u8>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    timeout: Duration,
    own_group: bool,
}

/// Starts `git <service>` on a repository of this machine.
pub(super) fn open_path(
    path: &Path,
    service: Service,
    version2: bool,
    settings: &LinkSettings,
) -> Result<ProcessLink> {
    if !path.exists() {
        return Err(Error::new(
            Kind::NotFound,
            format!("there is no repository at {}", path.display()),
        )
        .hint(CHECK_ADDRESS));
    }
    let mut command = children::command("git", Started::Server, &settings.environment);
    command.arg(service.command()).arg(path);
    // When the process is killed, its hooks must end too.
    children::own_group(&mut command);
    start(command, version2, settings, true, "git")
}

/// What reaches a host by ssh, as git chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SshClient {
    /// The user's own command, a line for the shell (GIT_SSH_COMMAND, core.sshCommand).
    Line(String),
    /// A program: that of GIT_SSH, or else `ssh`.
    Program(OsString),
}

impl SshClient {
    /// The one of these settings.
    pub(in crate::git) fn of(settings: &LinkSettings) -> SshClient {
        if let Some(line) = &settings.ssh_command {
            return SshClient::Line(line.clone());
        }
        let named = settings.environment.os("GIT_SSH").filter(|v| !v.is_empty());
        SshClient::Program(named.unwrap_or("ssh".as_ref()).to_owned())
    }
}

/// Starts ssh, as git would.
pub(super) fn open_ssh(
    to: &Ssh,
    service: Service,
    version2: bool,
    settings: &LinkSettings,
) -> Result<ProcessLink> {
    let started =
        |program: &OsStr| children::command(program, Started::Server, &settings.environment);
    let remote_command = format!("git-{} {}", service.command(), shell_quote(to.path()));
    let (mut command, plain_openssh, name) = match SshClient::of(settings) {
        SshClient::Line(line) => {
            // The user's own command is a shell line, as in git. The parts of the URL are
            // passed as arguments and never become part of that line.
            let mut sh = started("sh".as_ref());
            sh.arg("-c").arg(format!("{line} \"$@\"")).arg(&line);
            let first = line.split_whitespace().next().unwrap_or("");
            (sh, is_openssh(first), line)
        }
        SshClient::Program(program) => {
            let name = program.to_string_lossy().into_owned();
            (started(&program), is_openssh(&name), name)
        }
    };
    if plain_openssh {
        command.arg("-o").arg(format!(
            "ConnectTimeout={}",
            settings.timeout.as_secs().max(1)
        ));
        command.arg("-o").arg("SendEnv=GIT_PROTOCOL");
        if !settings.interactive {
            command.arg("-o").arg("BatchMode=yes");
        }
    }
    if let Some(port) = to.port() {
        command.arg("-p").arg(port.to_string());
    }
    if plain_openssh {
        // No later argument can be read as an option. Not every other ssh client knows
        // `--`.
        command.arg("--");
    }
    command.arg(to.destination()).arg(remote_command);
    // If ssh may ask the user for a passphrase, it must stay in the terminal's foreground
    // group. Otherwise it gets its own group, which can be killed as a whole.
    let own_group = !settings.interactive;
    if own_group {
        children::own_group(&mut command);
    }
    start(command, version2, settings, own_group, &name)
}

fn is_openssh(program: &str) -> bool {
    Path::new(program)
        .file_stem()
        .is_some_and(|n| n.eq_ignore_ascii_case("ssh"))
}

/// Puts text in single quotes, as git quotes a path for the server's shell.
fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''").replace('!', "'\\!'"))
}

fn start(
    mut command: Command,
    version2: bool,
    settings: &LinkSettings,
    own_group: bool,
    name: &str,
) -> Result<ProcessLink> {
    if version2 {
        command.env("GIT_PROTOCOL", "version=2");
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .or_fail(Kind::Unavailable, || {
            format!("this remote needs `{name}`, which could not be started")
        })
        .map_err(|e| e.hint("nothing was done; install it, and see that PATH has it"))?;
    let (stdin, stdout, mut errors) =
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(i), Some(o), Some(e)) => (i, o, e),
            _ => {
                return Err(Error::new(
                    Kind::Internal,
                    format!("`{name}` was started without pipes"),
                ));
            }
        };
    let stderr = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&stderr);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n) = errors.read(&mut buffer) {
            if n == 0 {
                break;
            }
            if let Ok(mut text) = kept.lock()
                && text.len() < 64 * 1024
            {
                text.extend_from_slice(&buffer[..n]);
            }
        }
    });
    Ok(ProcessLink {
        child,
        stdin: Some(stdin),
        chunks: children::pieces_of(stdout),
        pending: io::Cursor::new(Vec::new()),
        stderr,
        timeout: settings.timeout,
        own_group,
    })
}

impl ProcessLink {
    fn end(&mut self) {
        children::end(self.child.id(), self.own_group);
        let _ = self.child.kill();
    }
}

impl Read for ProcessLink {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.pending.read(to)?;
            if n > 0 {
                return Ok(n);
            }
            match self.chunks.recv_timeout(self.timeout) {
                Ok(Ok(chunk)) => self.pending = io::Cursor::new(chunk),
                Ok(Err(e)) => return Err(e),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) => {
                    self.end();
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
    }
}

impl Link for ProcessLink {
    fn send(&mut self, body: &mut dyn Read, length: Option<u64>) -> io::Result<()> {
        let Some(stdin) = self.stdin.as_mut() else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let result = if length.is_some_and(|l| l <= PIPE_BYTES) {
            io::copy(body, stdin).and_then(|_| stdin.flush())
        } else {
            copy_watched(body, stdin, self.timeout, self.child.id(), self.own_group)
        };
        match result {
            // The server closed the connection first; its answer may still say why.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    fn finish_sending(&mut self) {
        self.stdin = None;
    }

    fn complaint(&mut self) -> String {
        // Its last words may still be in the pipe.
        let _ = children::wait(&mut self.child, Duration::from_millis(500));
        std::thread::sleep(Duration::from_millis(10));
        let text = self.stderr.lock().map(|t| t.clone()).unwrap_or_default();
        String::from_utf8_lossy(&text).trim().to_owned()
    }
}

/// Copies to a pipe, and kills the child if nothing moves for `timeout`.
fn copy_watched(
    body: &mut dyn Read,
    to: &mut ChildStdin,
    timeout: Duration,
    id: u32,
    group: bool,
) -> io::Result<()> {
    let moved = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let timed_out = Arc::new(AtomicBool::new(false));
    let watch = {
        let (moved, done, timed_out) = (
            Arc::clone(&moved),
            Arc::clone(&done),
            Arc::clone(&timed_out),
        );
        std::thread::spawn(move || {
            let (mut seen, mut since) = (0, Instant::now());
            while !done.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(100));
                let now = moved.load(Ordering::Relaxed);
                if now != seen {
                    (seen, since) = (now, Instant::now());
                } else if since.elapsed() > timeout {
                    timed_out.store(true, Ordering::Relaxed);
                    children::end(id, group);
                    return;
                }
            }
        })
    };
    let mut buffer = vec![0; 32 * 1024];
    let result = loop {
        match body.read(&mut buffer) {
            Ok(0) => break to.flush(),
            Ok(n) => {
                if let Err(e) = to.write_all(&buffer[..n]) {
                    break Err(e);
                }
                moved.fetch_add(n as u64, Ordering::Relaxed);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => break Err(e),
        }
    };
    done.store(true, Ordering::Relaxed);
    watch.thread().unpark();
    let _ = watch.join();
    if timed_out.load(Ordering::Relaxed) {
        return Err(io::ErrorKind::TimedOut.into());
    }
    result
}

impl Drop for ProcessLink {
    fn drop(&mut self) {
        self.stdin = None;
        // Give it a moment to end by itself: a receive-pack that is killed may leave a
        // lock.
        if !matches!(children::wait(&mut self.child, ENDING), Ok(None)) {
            return;
        }
        self.end();
        let _ = self.child.wait();
    }
}
