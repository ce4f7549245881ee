//! The remote: whether it answers, to which login, and what its refs tell.

use super::{Findings, Opened, Seat, Subject, names};
use crate::backup_manifest;
use crate::config::Config;
use crate::context::Caller;
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::git::{
    CommitId, Endpoint, FetchConnection, Heard, Remote, RemoteOptions, RemoteRef, SshClient, Store,
    has_program,
};
use crate::identities;
use crate::identity::{self, Identity, Shown};
use crate::ops::identity as ids;
use crate::ops::snapshot;
use crate::progress::Progress;
use crate::words;
use std::path::{Path, PathBuf};

/// What the remote told, and the connection on which more can be asked.
pub(super) struct Listed {
    pub connection: FetchConnection,
    pub refs: Vec<RemoteRef>,
    pub branches: Vec<(String, CommitId)>,
    pub default: Option<String>,
    pub heard: Heard,
}

impl Listed {
    /// The tip of a branch.
    pub fn tip_of(&self, branch: &str) -> Option<CommitId> {
        let mut all = self.branches.iter();
        all.find(|(name, _)| name == branch).map(|(_, tip)| *tip)
    }
}

/// The remote that is meant; nothing is sent yet.
pub(super) fn find(
    seat: &Seat,
    config: &Config,
    caller: &Caller,
    clone: Option<&Store>,
    found: &mut Findings,
) -> Option<Remote> {
    let options = RemoteOptions {
        looks_only: true,
        ..caller.remote_options(config, seat.interactive)
    };
    let dir = match &seat.dir {
        Ok(dir) => dir.clone(),
        Err(_) => PathBuf::from(std::path::MAIN_SEPARATOR_STR),
    };
    let remote = match (&seat.repo, clone) {
        (Some(url), _) => Remote::of_url(url, &dir, &options),
        (None, Some(store)) => Remote::of_clone(store, seat.remote.as_deref(), &options),
        (None, None) => return None,
    };
    let failed = |e| found.failed(Subject::Remote, &e, "see its address: git remote -v");
    remote.map_err(failed).ok()
}

/// Whether the program that reaches the remote by ssh is there.
pub(super) fn ssh(remote: &Remote, environment: &Environment, found: &mut Findings) {
    const NAME: Subject = Subject::Ssh;
    let program = match remote.ssh_client() {
        None => return found.skip(NAME, "the remote is not reached by ssh"),
        Some(SshClient::Line(line)) => {
            // The rest of the line may hold what is nobody's business.
            let first = line.split_whitespace().next().unwrap_or_default();
            return found.ok(NAME, format!("your own command, `{first} …`"));
        }
        Some(SshClient::Program(program)) => program,
    };
    let name = program.to_string_lossy();
    let is_there = match Path::new(&program).components().count() {
        0 | 1 => has_program(&name, environment),
        _ => Path::new(&program).is_file(),
    };
    match is_there {
        true => found.ok(NAME, format!("`{name}` is there")),
        false => found.problem(
            NAME,
            format!("the remote needs `{name}`, which is not there"),
            "install OpenSSH's client, or name another with GIT_SSH_COMMAND",
        ),
    }
}

/// Connects, and lists the refs.
pub(super) fn listed(
    remote: &Remote,
    progress: &dyn Progress,
    found: &mut Findings,
) -> Option<Listed> {
    progress.step(&format!("connect to {}", remote.read_endpoint()));
    let asked = remote.connect_for_reading().and_then(|mut connection| {
        let refs = connection.refs(&["refs/heads/", identity::REF, backup_manifest::REF])?;
        Ok((connection, refs))
    });
    let (connection, refs) = match asked {
        Ok(asked) => asked,
        Err(e) => {
            refused(remote, &e, found);
            return None;
        }
    };
    let listed = Listed {
        heard: connection.heard(),
        connection,
        branches: snapshot::branches_among(&refs),
        default: snapshot::default_among(&refs),
        refs,
    };
    let branches = words::count(listed.branches.len(), "branch", "branches");
    let mut seen = format!("{branches} at {}", remote.read_endpoint());
    if !remote.reads_where_it_writes() {
        seen.push_str(&format!(
            "; writes go to {}, which was not asked",
            remote.address()
        ));
    }
    found.ok(Subject::Remote, seen);
    credentials(remote.read_endpoint(), &listed.heard, found);
    Some(listed)
}

/// The remote did not tell its refs.
fn refused(remote: &Remote, error: &Error, found: &mut Findings) {
    if error.kind() == Kind::Auth {
        let seen = format!("{} tells nothing without a login", remote.read_endpoint());
        found.unknown(Subject::Remote, seen, None);
        let mend = "log in with `aidf login`, store a login with `git credential approve`, or set AIDF_FORGE_TOKEN";
        found.failed(Subject::Credentials, error, mend);
        return;
    }
    let mend = "see whether the server is up, and whether the address is right: git remote -v";
    found.failed(Subject::Remote, error, mend);
}

/// Which login the remote took. It was asked as one asks for a fetch: whether the login may
/// push, only a push tells.
fn credentials(endpoint: &Endpoint, heard: &Heard, found: &mut Findings) {
    const NAME: Subject = Subject::Credentials;
    match endpoint {
        Endpoint::Path(_) => return found.skip(NAME, "a folder of this machine asks for no login"),
        Endpoint::Daemon(_) => return found.skip(NAME, "git:// knows no logins"),
        Endpoint::Ssh(_) => {
            return found.ok(NAME, "ssh logged in, with its own configuration and keys");
        }
        Endpoint::Http(_) => {}
    }
    let took = match heard.login {
        Some(from) => format!("the login of {from} was taken"),
        None => "the server asked for no login".to_owned(),
    };
    if !heard.refused.is_empty() {
        let refused = heard.refused.join(", ");
        return found.warning(
            NAME,
            format!("{took}, after that of {refused} was refused"),
            format!("renew or remove what is refused: {refused}"),
        );
    }
    match (heard.withheld, endpoint) {
        (true, Endpoint::Http(url)) => found.warning(
            NAME,
            format!("{took}; AIDF_FORGE_TOKEN is set, and was not sent"),
            crate::git::how_to_name(&url.authority()),
        ),
        _ => found.ok(NAME, took),
    }
}

/// What the refs tell by themselves.
pub(super) fn refs(opened: &Opened, listed: &Listed, found: &mut Findings) {
    let (remote, base) = (&opened.remote, &opened.config.base);
    default_branch(listed, found);
    self::base(base, listed, found);
    identity(remote, listed, opened.lender.as_ref(), found);
    names::check(base, remote.name(), &listed.branches, found);
}

fn default_branch(listed: &Listed, found: &mut Findings) {
    const NAME: Subject = Subject::DefaultBranch;
    match &listed.default {
        _ if listed.branches.is_empty() => found.warning(
            NAME,
            "the remote is empty",
            "push a first commit to it: git push origin HEAD",
        ),
        Some(name) if listed.tip_of(name).is_some() => found.ok(NAME, name),
        Some(name) => found.warning(
            NAME,
            format!("the remote's HEAD names {name}, which is not there"),
            "name another one in the server's settings, or there: git symbolic-ref HEAD refs/heads/BRANCH",
        ),
        None => found.warning(
            NAME,
            "the remote's HEAD names no branch that is there",
            "name one in the server's settings, or there: git symbolic-ref HEAD refs/heads/BRANCH",
        ),
    }
}

fn base(base: &str, listed: &Listed, found: &mut Findings) {
    const NAME: Subject = Subject::Base;
    if listed.tip_of(base).is_some() {
        return found.ok(NAME, base);
    }
    match &listed.default {
        Some(default) => found.warning(
            NAME,
            format!("there is no branch {base} yet"),
            format!("the first sandbox makes it from {default}: aidf sandbox init; another base is named in the configuration (sandbox: base)"),
        ),
        None => found.warning(
            NAME,
            format!("there is no branch {base}, and no default branch to make it from"),
            "name the base in the configuration (sandbox: base)",
        ),
    }
}

fn identity(remote: &Remote, listed: &Listed, lender: Option<&Store>, found: &mut Findings) {
    const NAME: Subject = Subject::Identity;
    let known = match lender {
        Some(store) => identities::remembered(store, &remote.address()),
        None => Identity::Unknown,
    };
    match known.beside(ids::shown(&listed.refs)) {
        Shown::Same(id) => found.ok(NAME, format!("{id}")),
        Shown::First(id) => found.ok(NAME, format!("{id}, new to this clone")),
        Shown::Other { before, now } => found.problem(
            NAME,
            ids::is_another(&remote.address(), before, now),
            "see that the address is the right one: git remote -v; if it is, open a new sandbox: aidf sandbox init --force-new",
        ),
        Shown::Gone(id) if remote.reads_where_it_writes() => {
            let (seen, mend) = ids::is_gone(remote.name(), id);
            found.problem(NAME, seen, mend);
        }
        // A mirror that is read need not have what belongs to no branch.
        Shown::Absent if !remote.reads_where_it_writes() => {
            found.unknown(NAME, "the mirror that is read does not show it", None);
        }
        Shown::Gone(_) => found.unknown(NAME, "the mirror that is read does not show it", None),
        Shown::Absent => found.ok(NAME, "none yet; the first sandbox brings it"),
    }
}
