//! The programs that we start: what they see of our environment, how long they are waited
//! for, and how they are ended. One rule for all.

use super::limits::{PATIENCE, TransferLimits};
use super::on_path;
use crate::environment::Environment;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process::{Child as Process, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How the programs that work on a repository are started and waited for.
#[derive(Debug, Clone)]
pub struct Programs {
    /// What they are given of it, [`command`] says.
    pub environment: Environment,
    /// `--timeout`.
    pub timeout: Duration,
    /// The bounds of transfers, for what they do with many bytes.
    pub limits: TransferLimits,
    /// Whether they may ask questions in the terminal.
    pub interactive: bool,
}

impl Programs {
    /// With what holds where nothing else is said: 30 seconds, and nobody to be asked.
    pub fn of(environment: Environment) -> Programs {
        Programs {
            environment,
            timeout: Duration::from_secs(30),
            limits: TransferLimits::default(),
            interactive: false,
        }
    }

    /// How long a program may work on so many bytes: as long as a server might.
    pub(super) fn for_bytes(&self, bytes: u64) -> Duration {
        self.limits.allowed(self.timeout, PATIENCE, bytes)
    }
}

/// What is kept of a program's complaints, in bytes.
const COMPLAINT: usize = 64 * 1024;

/// What git lists as local to a repository (`git rev-parse --local-env-vars`), and
/// the protocol version, which is ours to say. A child must not inherit them.
const OF_A_REPOSITORY: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_QUARANTINE_PATH",
    "GIT_PROTOCOL",
];

/// The configuration that an environment holds: `git -c` puts it into the first, and the second
/// counts those named `GIT_CONFIG_KEY_<n>` and `GIT_CONFIG_VALUE_<n>`. It is local to a
/// repository too, and may hold a login.
const OF_A_CALL: &[&str] = &["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];

/// The variables in which forges, their tools and their CI jobs keep logins of theirs.
const OF_FORGES: &[&str] = &[
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GITLAB_TOKEN",
    "GITLAB_ACCESS_TOKEN",
    "GITEA_TOKEN",
    "FORGEJO_TOKEN",
    "CI_JOB_TOKEN",
    "CI_DEPLOY_PASSWORD",
    "CI_REGISTRY_PASSWORD",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "BITBUCKET_TOKEN",
];

/// The secrets of S3 storage, where aidf keeps bundles. Its credential helpers (`aws codecommit
/// credential-helper`) read them too; what reaches a server by ssh can use a profile.
const OF_STORAGE: &[&str] = &["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// A program that is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// git on a repository of this machine, with the hooks of whoever owns that; or ssh, which
    /// the user's `SendEnv *` may make pass on all that it has.
    Server,
    /// git on the caller's own clone, or without one. It is given the configuration that the
    /// caller's environment holds, as any git would be that the caller starts.
    Git,
    /// `git credential`. The helpers that it starts are named by the user's and the system's
    /// configuration alone, and are there to hand out logins: `gh auth git-credential` and
    /// its like read them from the forge's own variables, and get those. The environment may
    /// name a helper too, as git's configuration.
    Helper,
    /// `gh`, asked for a login that it keeps. It would hand out a variable's token for a host
    /// that the token is not meant for, so it sees none: aidf judges those itself.
    Keeper,
}

/// A program to be started: it sees what its kind may see of `environment`, and nothing of
/// this process's own. What is aidf's own (keys, tokens, settings) goes to no child whatsoever.
pub fn command(program: impl AsRef<OsStr>, child: Child, environment: &Environment) -> Command {
    let may = |name: &OsStr| name.to_str().is_none_or(|name| may_see(child, name));
    let mut command = by_its_path(program.as_ref(), environment);
    command
        .env_clear()
        .envs(environment.iter().filter(|(name, _)| may(name)));
    command
}

/// A program with an environment of its own. Where that is given a bare name, Rust's library
/// copies this whole process to search PATH in the copy; a path it starts at once.
#[cfg(unix)]
fn by_its_path(name: &OsStr, environment: &Environment) -> Command {
    use std::os::unix::process::CommandExt;
    let is_bare = Path::new(name).components().count() == 1;
    let found = name.to_str().filter(|_| is_bare);
    let found = found.and_then(|name| on_path::program(name, environment));
    // Where a relative one is depends on the folder that it is started in.
    match found.filter(|path| path.is_absolute()) {
        Some(path) => {
            let mut command = Command::new(path);
            command.arg0(name);
            command
        }
        None => Command::new(name),
    }
}

/// Elsewhere a program is searched for as the system does it.
#[cfg(not(unix))]
fn by_its_path(name: &OsStr, _environment: &Environment) -> Command {
    Command::new(name)
}

/// Has the program begin a group of its own, to be ended with all that it starts. One that
/// may ask somebody must stay in the terminal's foreground group, and gets none.
pub(super) fn own_group(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends a process, and with `group` every process of the group that it began.
#[cfg(unix)]
pub(super) fn end(id: u32, group: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    if let Some(pid) = Pid::from_raw(id as i32) {
        let _ = if group {
            kill_process_group(pid, Signal::KILL)
        } else {
            kill_process(pid, Signal::KILL)
        };
    }
}

/// Without process groups a hung child is ended by dropping what leads to it alone.
#[cfg(not(unix))]
pub(super) fn end(_id: u32, _group: bool) {}

/// Waits for a process to end; none where it is still there after `within`.
pub(super) fn wait(process: &mut Process, within: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > within {
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}

/// What a program has of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    /// Nothing: it is ended together with all that it started.
    None,
    /// It may ask somebody there; what it complains of is kept.
    Asks,
    /// It asks and complains there.
    Speaks,
}

impl Terminal {
    /// For a program that may ask questions where `interactive` says so.
    pub(super) fn asked(interactive: bool) -> Terminal {
        match interactive {
            true => Terminal::Asks,
            false => Terminal::None,
        }
    }
}

/// Runs a program with this input to its end, and gives what it said; none where that takes
/// longer than `within`: then it is ended.
pub(super) fn run(
    command: &mut Command,
    input: Vec<u8>,
    within: Duration,
    terminal: Terminal,
) -> io::Result<Option<Output>> {
    run_keeping(command, input, within, terminal, usize::MAX)
}

/// The same, where so many bytes of what it says are of use.
fn run_keeping(
    command: &mut Command,
    input: Vec<u8>,
    within: Duration,
    terminal: Terminal,
    most: usize,
) -> io::Result<Option<Output>> {
    let group = terminal == Terminal::None;
    if group {
        own_group(command);
    }
    let stderr = match terminal {
        Terminal::Speaks => Stdio::inherit(),
        Terminal::Asks | Terminal::None => Stdio::piped(),
    };
    let begun = Instant::now();
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()?;
    // Threads of their own, which nobody waits for longer than he wants: what a program
    // started may hold its pipes when it is gone.
    if let Some(mut stdin) = process.stdin.take() {
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let (stdout, printed) = collect(process.stdout.take(), most);
    let (stderr, complained) = collect(process.stderr.take(), COMPLAINT);
    let left = |of: Duration| of.saturating_sub(begun.elapsed());
    // The end of the pipe wakes us at once; the process is gone a moment later.
    let ended = match is_over(&printed, within) {
        true => wait(&mut process, left(within)),
        false => Ok(None),
    };
    let status = match ended {
        Ok(Some(status)) => status,
        other => {
            end(process.id(), group);
            stop(&mut process);
            return other.map(|_| None);
        }
    };
    // Its last words may still be on their way.
    is_over(&complained, Duration::from_millis(500));
    let taken = |from: &Mutex<Vec<u8>>| match from.lock() {
        Ok(mut bytes) => std::mem::take(&mut *bytes),
        Err(_) => Vec::new(),
    };
    Ok(Some(Output {
        status,
        stdout: taken(&stdout),
        stderr: taken(&stderr),
    }))
}

/// A program that is started outside any repository, so that no repository's configuration
/// names a helper: in the root folder, which nobody else can write to.
pub(super) fn outside(program: &str, child: Child, environment: &Environment) -> Command {
    let root = std::env::current_dir()
        .ok()
        .and_then(|d| d.ancestors().last().map(Path::to_owned));
    let mut command = command(program, child, environment);
    command.current_dir(root.unwrap_or_else(|| "/".into()));
    command
}

/// Runs a program that is neither git nor a helper of its, with this input, and away from the
/// terminal: in the root folder, where no repository's file can take another's place. It sees
/// of `environment` what a server may. Gives whether it succeeded, and the
/// last line of its complaints; none where it takes longer than `within`: then it is ended
/// with all that it started.
pub fn run_alone(
    words: &[String],
    environment: &Environment,
    input: Vec<u8>,
    within: Duration,
) -> io::Result<Option<(bool, String)>> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut command = outside(program, Child::Server, environment);
    command.args(arguments);
    let output = run_keeping(&mut command, input, within, Terminal::None, 0)?;
    Ok(output.map(|o| (o.status.success(), last_line(&o.stderr))))
}

/// Reads a pipe to its end, and keeps the first `most` bytes; the receiver is let go at the end.
fn collect(
    from: Option<impl Read + Send + 'static>,
    most: usize,
) -> (Arc<Mutex<Vec<u8>>>, Receiver<()>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&kept);
    let (sender, over) = channel();
    std::thread::spawn(move || {
        let _until_the_end = sender;
        let Some(mut from) = from else { return };
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(n) => {
                    let Ok(mut kept) = theirs.lock() else { return };
                    let room = most.saturating_sub(kept.len()).min(n);
                    kept.extend_from_slice(&buffer[..room]);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
    (kept, over)
}

/// Reads a pipe in pieces, on a thread of its own, so that each wait for it can be bounded. What
/// nobody takes waits in the pipe and does not fill the memory.
pub(super) fn pieces_of(mut pipe: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    pieces(64, move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    buffer.truncate(read?);
                    return Ok(buffer);
                }
            }
        }
    })
}

/// The same for a program that makes much, and waits for no answer: the pieces are large, so
/// that whoever reads them is woken less often.
pub(super) fn large_pieces_of(mut pipe: ChildStdout) -> Receiver<io::Result<Vec<u8>>> {
    const PIECE: usize = 256 * 1024;
    pieces(4, move || {
        let mut buffer = Vec::with_capacity(PIECE);
        pipe.by_ref().take(PIECE as u64).read_to_end(&mut buffer)?;
        Ok(buffer)
    })
}

/// Reads pieces ahead, so many at most, until one is empty.
fn pieces(
    ahead: usize,
    mut next: impl FnMut() -> io::Result<Vec<u8>> + Send + 'static,
) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, pieces) = sync_channel(ahead);
    std::thread::spawn(move || {
        loop {
            let piece = next();
            if piece.as_ref().is_ok_and(Vec::is_empty) {
                break;
            }
            let is_over = piece.is_err();
            if sender.send(piece).is_err() || is_over {
                break;
            }
        }
    });
    pieces
}

/// Gives the pipe from a program room for a mebibyte, where the system can (pipe(7)).
pub(super) fn widen(pipe: &ChildStdout) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}

/// What a program wrote into a file in place of its stderr, in short.
pub(super) fn words_of(said: &mut File) -> String {
    let mut words = Vec::new();
    let _ = said.rewind();
    let _ = said.take(4096).read_to_end(&mut words);
    super::wire::pkt_line::brief(&words)
}

/// git at work on the repository of this folder. It fetches nothing on its own: where the clone
/// says that a remote has what is missing, that remote's address and programs are the clone's
/// word too.
pub(super) fn git_on(git_dir: &Path, child: Child, environment: &Environment) -> Command {
    let mut command = command("git", child, environment);
    command
        .env("GIT_DIR", git_dir)
        .env("GIT_NO_LAZY_FETCH", "1");
    command
}

/// The same, on the objects of the repository alone: it reaches no other one.
pub(super) fn git_on_objects(common: &Path, environment: &Environment) -> Command {
    let mut command = git_on(common, Child::Server, environment);
    command.env("GIT_ALLOW_PROTOCOL", "");
    command
}

/// Ends a program that is still at work.
pub(super) fn stop(process: &mut Process) {
    if !matches!(process.try_wait(), Ok(Some(_))) {
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn is_over(pipe: &Receiver<()>, within: Duration) -> bool {
    pipe.recv_timeout(within) == Err(RecvTimeoutError::Disconnected)
}

/// Names are compared in capitals, since those of Windows know no case.
fn may_see(child: Child, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let among = |names: &[&str]| names.contains(&name.as_str());
    let is_pair = name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_");
    let of_a_call = !matches!(child, Child::Git | Child::Helper) && (is_pair || among(OF_A_CALL));
    let of_others = child != Child::Helper && (among(OF_FORGES) || among(OF_STORAGE));
    !(name.starts_with("AIDF_") || of_a_call || among(OF_A_REPOSITORY) || of_others)
}

/// Has git take a setting for this call. `-c` ends a name at its first `=`, and the name of a
/// filter may hold one: such a setting would be another, and the one meant would stay.
pub(super) fn tell(git: &mut Command, name: &str, value: &str) {
    if !name.contains('=') {
        git.arg("-c").arg(format!("{name}={value}"));
        return;
    }
    let variable = format!("GIT_TOLD_{}", git.get_envs().count());
    git.arg(format!("--config-env={name}={variable}"))
        .env(variable, value);
}

/// All that a program complains of, on one line.
pub(super) fn on_one_line(said: &[u8]) -> String {
    const MOST: usize = 400;
    let text = String::from_utf8_lossy(said);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MOST).collect()
}

pub(super) fn last_line(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let line = text.lines().rev().find(|l| !l.trim().is_empty());
    line.unwrap_or("it gave no reason").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_sees_no_secret_that_is_not_meant_for_it() {
        for (name, server, git, helper) in [
            ("AIDF_KEY", false, false, false),
            ("AIDF_ANYTHING", false, false, false),
            ("aidf_reuse_token", false, false, false),
            ("GIT_DIR", false, false, false),
            ("GIT_CONFIG", false, false, false),
            ("GIT_CONFIG_COUNT", false, true, true),
            ("GIT_CONFIG_PARAMETERS", false, true, true),
            ("GIT_CONFIG_VALUE_0", false, true, true),
            ("GITHUB_TOKEN", false, false, true),
            ("gitea_token", false, false, true),
            ("AWS_SECRET_ACCESS_KEY", false, false, true),
            ("AWS_SESSION_TOKEN", false, false, true),
            ("AWS_PROFILE", true, true, true),
            ("PATH", true, true, true),
            ("SSH_AUTH_SOCK", true, true, true),
            ("GIT_CONFIG_GLOBAL", true, true, true),
            ("GIT_TERMINAL_PROMPT", true, true, true),
        ] {
            assert_eq!(may_see(Child::Server, name), server, "{name}");
            assert_eq!(may_see(Child::Git, name), git, "{name}");
            assert_eq!(may_see(Child::Helper, name), helper, "{name}");
            assert_eq!(may_see(Child::Keeper, name), server, "{name}");
        }
    }
}
