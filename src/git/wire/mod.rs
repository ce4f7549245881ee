//! Connects to a remote. One link is one connection to one service (`upload-pack` or
//! `receive-pack`). Every wait on it has a limit.

mod advertisement;
mod daemon;
mod deadline;
mod fetch;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod http;
mod logins;
pub(super) mod pkt_line;
pub(in crate::git) mod process;
mod report;
mod send_pack;

pub use advertisement::Advertisement;
pub(crate) use fetch::Ask;
pub use fetch::{FetchConnection, RemoteRef};
pub use process::SshClient;
pub use report::{PushOutcome, RefUpdate, Verdict};
pub use send_pack::PushConnection;
pub(crate) use send_pack::PushFailure;

use self::deadline::{Deadline, Timed, TimedBody, TooSlow};
use super::credential::LoginSource;
use super::endpoint::Endpoint;
use super::id::ObjectFormat;
use super::limits::{PATIENCE, TransferLimits};
use super::open::untrusted;
use super::settings::{GitSettings, why_ignored};
use crate::cancel::Cancel;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::http::Http;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What to do where there is no repository at an address.
const CHECK_ADDRESS: &str =
    "check the address: that of -R, or with `git remote -v` that of the clone's remote";

/// A service of a git server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    UploadPack,
    ReceivePack,
}

impl Service {
    fn command(self) -> &'static str {
        match self {
            Service::UploadPack => "upload-pack",
            Service::ReceivePack => "receive-pack",
        }
    }
}

/// How many timeouts a push may last without useful bytes. Its hooks may be slow.
const PATIENCE_WITH_HOOKS: u32 = 20;

/// The settings of a link, besides its address.
pub(crate) struct LinkSettings {
    /// The longest single wait for the network.
    pub timeout: Duration,
    /// The environment of the programs that connect to a remote.
    pub environment: Environment,
    /// Cancels a fetch early.
    pub cancel: Cancel,
    /// Limits on what a server may send.
    pub limits: TransferLimits,
    /// The user's ssh command (GIT_SSH_COMMAND, core.sshCommand).
    pub ssh_command: Option<String>,
    /// Whether a user is there to answer ssh's questions.
    pub interactive: bool,
    /// Whether git's credential helpers are not told what came of their logins.
    pub looks_only: bool,
    /// How HTTP servers are reached.
    pub http: Http,
    /// Whether the user gave the address; false if a clone's own configuration gave it.
    pub named: bool,
    /// Another source of logins for HTTP servers.
    pub logins: Option<Arc<dyn LoginSource>>,
    /// git's own configuration.
    pub git: GitSettings,
    /// The repository that is worked with, once it is known.
    pub ours: OnceLock<Arc<dyn Ours>>,
}

/// The repository that is worked with, as far as a remote has to do with it.
pub(crate) trait Ours: Send + Sync {
    /// How it names its objects.
    fn format(&self) -> ObjectFormat;
    /// Where it is, if it is the cache of the remote.
    fn cache(&self) -> Option<&Path>;
    /// Has it name its objects as the remote does, if it holds none yet; whether it does now.
    ///
    /// Errors: internal, for the disk.
    fn follow(&self, theirs: ObjectFormat) -> Result<bool>;
}

/// If a server cannot be reached, adds a hint to the error: it names a setting of the
/// clone that was ignored and that might have helped.
fn told_of_ignored(error: Error, endpoint: &Endpoint, settings: &LinkSettings) -> Error {
    if error.kind() != Kind::Unavailable {
        return error;
    }
    let Some(name) = settings.git.ignored(endpoint).pop() else {
        return error;
    };
    let hint = match error.hint_text() {
        Some(hint) => format!("{hint}; {}", why_ignored(name)),
        None => why_ignored(name),
    };
    error.hint(hint)
}

/// One connection. Reading from it gives the server's current answer.
pub(crate) trait Link: Read + Send {
    /// Sends a request; then the answer can be read from the link. `length` is its length in
    /// bytes, where that is known before its end.
    fn send(&mut self, body: &mut dyn Read, length: Option<u64>) -> io::Result<()>;
    /// Says that nothing more will be sent.
    fn finish_sending(&mut self);
    /// What the server said outside the protocol (a child's stderr).
    fn complaint(&mut self) -> String;
    /// What was heard of the server when the link was opened.
    fn heard(&self) -> Heard {
        Heard::default()
    }
}

/// What was heard of a server besides what it was asked for. Only HTTP servers tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// Where the login came from that was sent when the server let us in; none where none was
    /// sent.
    pub login: Option<&'static str>,
    /// Where the logins came from that were of no use before it.
    pub refused: Vec<&'static str>,
    /// Whether `AIDF_FORGE_TOKEN` is set and was not sent, since it is not meant for this server.
    pub withheld: bool,
    /// How many seconds the server's clock is ahead of ours.
    pub ahead: Option<i64>,
}

/// What comes next in a stream that is no longer made of packets alone.
enum Ahead {
    Packet(pkt_line::Packet),
    Other([u8; 4]),
}

/// A link with its address, for messages.
pub(crate) struct Wire {
    link: Box<dyn Link>,
    endpoint: Endpoint,
    timeout: Duration,
    limits: TransferLimits,
    cancel: Cancel,
    environment: Environment,
    deadline: Deadline,
    ours: Option<Arc<dyn Ours>>,
}

impl Wire {
    /// Connects and asks for `service`. With `version2` it asks for protocol version 2; the
    /// server's first line says whether the server agreed.
    ///
    /// Errors: not_found, auth, unavailable.
    fn connect(
        endpoint: &Endpoint,
        service: Service,
        version2: bool,
        settings: &LinkSettings,
    ) -> Result<Wire> {
        let deadline = Deadline::start(settings.timeout, PATIENCE, &settings.limits);
        let link: Box<dyn Link> = match endpoint {
            Endpoint::Path(path) => {
                Box::new(process::open_path(path, service, version2, settings)?)
            }
            Endpoint::Ssh(to) => Box::new(process::open_ssh(to, service, version2, settings)?),
            Endpoint::Daemon(to) => Box::new(daemon::open(to, service, version2, settings)?),
            Endpoint::Http(url) => {
                let link = http::HttpLink::open(url, service, version2, settings);
                Box::new(link.map_err(|e| told_of_ignored(e, endpoint, settings))?)
            }
        };
        Ok(Wire {
            link,
            endpoint: endpoint.clone(),
            timeout: settings.timeout,
            limits: settings.limits,
            cancel: settings.cancel.clone(),
            environment: settings.environment.clone(),
            deadline,
            ours: settings.ours.get().cloned(),
        })
    }

    fn is_http(&self) -> bool {
        matches!(self.endpoint, Endpoint::Http(_))
    }

    /// Reads a packet; `None` at the end of the stream.
    fn next(&mut self) -> Result<Option<pkt_line::Packet>> {
        let mut from = Timed {
            from: &mut *self.link,
            deadline: &self.deadline,
        };
        pkt_line::read(&mut from).map_err(|e| self.fail(e))
    }

    /// Reads a packet, or these bytes where they stand in place of one.
    fn next_or(&mut self, other: [u8; 4]) -> Result<Option<Ahead>> {
        let mut from = Timed {
            from: &mut *self.link,
            deadline: &self.deadline,
        };
        let read = match pkt_line::read_head(&mut from) {
            Ok(Some(head)) if head == other => Ok(Some(Ahead::Other(head))),
            Ok(Some(head)) => pkt_line::read_after(head, &mut from).map(|p| Some(Ahead::Packet(p))),
            Ok(None) => Ok(None),
            Err(e) => Err(e),
        };
        read.map_err(|e| self.fail(e))
    }

    /// Reads what comes in no packet; 0 at the end of the stream.
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let mut from = Timed {
            from: &mut *self.link,
            deadline: &self.deadline,
        };
        loop {
            match from.read(to) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|e| self.fail(e)),
            }
        }
    }

    fn send(&mut self, body: &[u8]) -> Result<()> {
        self.send_from(&mut &body[..], Some(body.len() as u64))
    }

    /// Sends a request, which begins a new exchange.
    fn send_from(&mut self, body: &mut dyn Read, length: Option<u64>) -> Result<()> {
        self.deadline = Deadline::start(self.timeout, PATIENCE, &self.limits);
        let mut body = TimedBody {
            body,
            deadline: &mut self.deadline,
        };
        let sent = self.link.send(&mut body, length);
        sent.map_err(|e| self.fail(e))?;
        self.deadline = Deadline::start(self.timeout, PATIENCE, &self.limits);
        Ok(())
    }

    /// Reads an HTTP answer to its end, so that other requests can use its connection.
    fn settle(&mut self) {
        if self.is_http() {
            deadline::drain(&mut *self.link, 64 * 1024, self.timeout);
        }
    }

    /// The error for a stream that ended before its answer was complete.
    fn cut_off(&mut self) -> Error {
        self.fail(io::ErrorKind::UnexpectedEof.into())
    }

    /// The error for an answer that exceeds a limit.
    fn too_much(&self, what: &str, limit: &str, setting: &str) -> Error {
        Error::new(
            Kind::Unavailable,
            format!(
                "{} sends too much: {what} is longer than {limit}",
                self.endpoint
            ),
        )
        .hint(match setting {
            "" => "check that this is a working git server".to_owned(),
            name => {
                format!("if this is expected, raise transfer.{name} in the configuration")
            }
        })
        .retryable(false)
        .futile_at_once()
    }

    /// The error for an answer that does not follow git's protocol.
    fn malformed(&mut self, why: &str) -> Error {
        self.fail(io::Error::new(io::ErrorKind::InvalidData, why))
    }

    /// Errors: usage, for a server whose repository names its objects otherwise than ours. A
    /// cache that is new does as the server does.
    fn check_format(&self, theirs: ObjectFormat) -> Result<()> {
        match &self.ours {
            Some(ours) if ours.format() != theirs && !ours.follow(theirs)? => {
                Err(self.other_format(theirs, ours.format()))
            }
            _ => Ok(()),
        }
    }

    /// The error for a server whose repository names its objects otherwise than ours.
    fn other_format(&self, theirs: ObjectFormat, ours: ObjectFormat) -> Error {
        Error::new(
            Kind::Usage,
            format!(
                "{} is a {} repository, and the one here is a {} repository: no object of one fits the other",
                self.endpoint,
                theirs.title(),
                ours.title()
            ),
        )
        .hint(match self.ours.as_ref().and_then(|ours| ours.cache()) {
            Some(cache) => format!(
                "the repository was made anew since it was last used: remove its old cache, {}",
                cache.display()
            ),
            None => "make a new clone of it".to_owned(),
        })
    }

    /// The error that a server sent in place of an answer.
    fn said_error(&self, said: &[u8]) -> Error {
        let said = pkt_line::brief(said);
        classify_complaint(&self.endpoint, &said).caused_by(anyhow::anyhow!(said))
    }

    /// Turns a stream's error into one with the right kind and the server's own words.
    fn fail(&mut self, error: io::Error) -> Error {
        let error = match Error::carried(error) {
            Ok(ours) => return ours,
            Err(error) => error,
        };
        if error.get_ref().is_some_and(|e| e.is::<TooSlow>()) {
            return Error::new(
                Kind::Unavailable,
                format!("{} is too slow: it sent {error}", self.endpoint),
            )
            .hint("try again, or allow more time with --timeout SECS (transfer.bytes_per_second, transfer.seconds)")
            .futile_at_once();
        }
        if error.kind() == io::ErrorKind::TimedOut {
            return Error::no_answer(&self.endpoint, self.timeout.as_secs());
        }
        if error.kind() == io::ErrorKind::InvalidData {
            let error = Error::new(
                Kind::Unavailable,
                format!(
                    "{} sent an answer that is not in git's protocol",
                    self.endpoint
                ),
            )
            .caused_by(error);
            return match self.endpoint {
                Endpoint::Ssh(_) => error.hint("see that this login may run git on the server, and that no forced command or start file of its shell prints anything: ssh has to carry git's answer alone"),
                _ => error,
            };
        }
        let said = self.link.complaint();
        classify_complaint(&self.endpoint, &said).caused_by(match said.is_empty() {
            true => anyhow::Error::from(error),
            false => anyhow::anyhow!(pkt_line::brief(said.as_bytes())),
        })
    }
}

/// The kind of failure, judged by a child's last words. ssh and git print them in English
/// or in the user's language; unknown words are `unavailable`.
fn classify_complaint(endpoint: &Endpoint, said: &str) -> Error {
    let has = |words: &[&str]| words.iter().any(|w| said.contains(w));
    // git offers a command that has this name in every language.
    if has(&["safe.directory"]) {
        return match endpoint {
            Endpoint::Path(path) => untrusted(path),
            _ => Error::new(
                Kind::Denied,
                format!("the server's git does not trust {endpoint}, which belongs to another account there"),
            )
            .hint("on the server, for the account that runs git there: git config --global --add safe.directory PATH"),
        };
    }
    if has(&[
        "Permission denied (",
        "Host key verification failed",
        "Too many authentication failures",
        "No supported authentication",
    ]) {
        let hint = if said.contains("Host key") {
            "check the host's key, then add it to ~/.ssh/known_hosts"
        } else {
            "tried: ssh with its own config, agent and keys; check them with `ssh -v`"
        };
        return Error::new(Kind::Auth, format!("ssh could not log in at {endpoint}")).hint(hint);
    }
    if has(&[
        "does not appear to be a git repository",
        "not a git repository",
        "epository not found",
        "No such file or directory",
        "repository '",
    ]) || (matches!(endpoint, Endpoint::Path(_)) && !said.is_empty())
    {
        return Error::new(
            Kind::NotFound,
            format!("there is no usable git repository at {endpoint}"),
        )
        .hint(CHECK_ADDRESS);
    }
    if matches!(endpoint, Endpoint::Daemon(_)) && said.contains("repository not exported") {
        return Error::new(
            Kind::NotFound,
            format!("the daemon at {endpoint} does not serve this: there is no such repository, or it is not exported, or it takes no pushes"),
        )
        .hint("check the address: that of -R, or with `git remote -v` that of the clone's remote; for pushes the daemon needs --enable=receive-pack");
    }
    if has(&[
        "access denied",
        "not permitted",
        "DENIED",
        "service not enabled",
    ]) {
        return Error::new(Kind::Auth, format!("{endpoint} refused access"));
    }
    Error::new(
        Kind::Unavailable,
        format!("{endpoint} ended the connection without an answer"),
    )
    .hint("check that the server is up, that the repository exists there, and that you have access")
}
