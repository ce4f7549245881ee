//! The clone's memory of its sandbox, so that the next command needs neither branch
//! nor token. A file inside the git directory, mode 0600; never in a shared cache.

use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_file, lock_within, names_aside, write_durably};
use crate::git::Store;
use crate::identity::{Identity, RepositoryId};
use crate::keys::read_private;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The sandbox's branch.
    pub branch: String,
    /// Its token.
    pub reuse_token: Secret,
    /// The repository's name.
    pub repo_name: String,
    /// Its identity, if that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryId>,
    /// The clone's name of the remote; none in what an older aidf wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The remote's address, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The branch it was forked from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// True where it was closed: then only its token is of use, to bring it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// Sandboxes opened here before, newest first: no token is lost by opening another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<Earlier>,
}

/// A sandbox opened before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Earlier {
    /// Its branch.
    pub branch: String,
    /// Its token.
    pub reuse_token: Secret,
    /// The branch it was forked from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// What a git directory remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sessions {
    /// The session that was written last.
    #[serde(flatten)]
    pub(super) last: Session,
    /// Those of other repositories, which this clone has as further remotes or was of before;
    /// the last one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Session>,
}

impl Sessions {
    /// These and one more, which is the last one now.
    ///
    /// What is of its repository becomes its past. All others stay: a token is nowhere else.
    pub(super) fn with(self, session: Session, before: Option<Session>) -> Sessions {
        let mut others: Vec<Session> = self.sessions().collect();
        let same = others.iter().position(|s| s.is_with(&session));
        let past = same.map(|at| others.remove(at)).or(before);
        others.truncate(MAX_OTHERS);
        Sessions {
            last: session.after(past),
            others,
        }
    }

    /// All of them, the last one first.
    fn sessions(self) -> impl Iterator<Item = Session> {
        std::iter::once(self.last).chain(self.others)
    }
}

/// The name of the file.
const FILE: &str = "session.json";
/// What to do where it is damaged.
pub(super) const MEND: &str = "come back with the token: aidf sandbox init --reuse-token - (it reads the token from standard input), which keeps the damaged file beside the new one; a token may still be read in it";
/// How long a command waits for another one that writes the sessions.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many other repositories are remembered.
const MAX_OTHERS: usize = 100;
/// How many earlier sandboxes are remembered.
const MAX_EARLIER: usize = 100;
/// How many linked worktrees are looked at.
const MAX_WORKTREES: usize = 1000;

impl Session {
    /// Whether it is of the repository at the remote: by its identity, or by its name and its
    /// remote where one of the identities is not known.
    pub(super) fn is_of(&self, cx: &Context) -> bool {
        match (self.repository, cx.identity()) {
            (Some(ours), Identity::Is(id)) => ours == id,
            _ => {
                let (name, address) = (cx.remote.name(), cx.remote.address());
                self.is_at(&cx.repo_name, Some(name), Some(&address))
            }
        }
    }

    /// Whether two are of one repository.
    fn is_with(&self, other: &Session) -> bool {
        match (self.repository, other.repository) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.is_at(
                &other.repo_name,
                other.remote.as_deref(),
                other.address.as_deref(),
            ),
        }
    }

    /// Whether it was opened on a repository of this name at this remote, or at this address. A
    /// name alone says too little: a fork has it too, and must not get the token of another one.
    fn is_at(&self, repo_name: &str, remote: Option<&str>, address: Option<&str>) -> bool {
        let knows_none = self.remote.is_none() && self.address.is_none();
        let same = |ours: &Option<String>, theirs: Option<&str>| {
            ours.is_some() && ours.as_deref() == theirs
        };
        self.repo_name == repo_name
            && (knows_none || same(&self.remote, remote) || same(&self.address, address))
    }

    /// The token of a sandbox that was opened here.
    pub fn token_of(&self, branch: &str) -> Option<&Secret> {
        if self.branch == branch {
            return Some(&self.reuse_token);
        }
        self.previous
            .iter()
            .find(|p| p.branch == branch)
            .map(|p| &p.reuse_token)
    }

    /// The sandboxes that were opened here, the last one first.
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        let earlier = self.previous.iter().map(|p| p.branch.as_str());
        std::iter::once(self.branch.as_str()).chain(earlier)
    }

    /// The branch that a sandbox was forked from, where it was opened here.
    pub fn base_of(&self, branch: &str) -> Option<&str> {
        if self.branch == branch {
            return self.base.as_deref();
        }
        let earlier = self.previous.iter().find(|p| p.branch == branch)?;
        earlier.base.as_deref()
    }

    /// This session, with what `before` had in its past.
    pub fn after(mut self, before: Option<Session>) -> Session {
        if let Some(before) = before {
            self.previous.clone_from(&before.previous);
            self.take_earlier(before);
            let branch = self.branch.clone();
            self.previous.retain(|p| p.branch != branch);
        }
        self
    }

    /// Takes a session into the past of this one.
    fn take_earlier(&mut self, earlier: Session) {
        self.previous.retain(|p| p.branch != earlier.branch);
        self.previous.insert(
            0,
            Earlier {
                branch: earlier.branch,
                reuse_token: earlier.reuse_token,
                base: earlier.base,
            },
        );
        self.previous.truncate(MAX_EARLIER);
    }
}

fn file(git_dir: &Path) -> PathBuf {
    git_dir.join("aidf").join(FILE)
}

/// The session of this worktree, or else of the clone. One that cannot be read is as
/// if there were none.
///
/// Errors: auth, when others can read it.
pub fn load(cx: &Context) -> Result<Option<Session>> {
    let store = &cx.store;
    if store.is_cache() {
        return Ok(None);
    }
    for dir in [store.git_dir(), store.common_dir()] {
        let ours = |s: &Session| s.is_of(cx);
        let session = match heard(cx, dir)? {
            Heard::Nothing => None,
            Heard::All(sessions) => sessions.sessions().find(ours),
            // The worktree has a sandbox of its own, and not that of the clone.
            Heard::Damaged => return Ok(None),
        };
        if session.is_some() {
            return Ok(session);
        }
    }
    Ok(None)
}

/// The sessions of all worktrees of the clone, that of this one first; also those of another
/// repository, which the clone was of before.
///
/// Errors: auth, when others can read one.
pub fn all(cx: &Context) -> Result<Vec<Session>> {
    let store = &cx.store;
    if store.is_cache() {
        return Ok(Vec::new());
    }
    let linked = std::fs::read_dir(store.common_dir().join("worktrees"));
    let linked = linked.into_iter().flatten().flatten().map(|e| e.path());
    let mut linked: Vec<PathBuf> = linked.take(MAX_WORKTREES).collect();
    linked.sort();
    let own = [store.git_dir().to_owned(), store.common_dir().to_owned()];
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found = Vec::new();
    for dir in own.into_iter().chain(linked) {
        if !seen.contains(&dir) {
            if let Heard::All(sessions) = heard(cx, &dir)? {
                found.extend(sessions.sessions());
            }
            seen.push(dir);
        }
    }
    Ok(found)
}

/// What a git directory remembers.
enum Heard {
    Nothing,
    All(Box<Sessions>),
    Damaged,
}

/// What a git directory remembers, with a warning where that is damaged.
fn heard(cx: &Context, git_dir: &Path) -> Result<Heard> {
    Ok(match read(git_dir)? {
        Some(Err(path)) => {
            cx.warn(format!(
                "{} is damaged, so the sandbox and the token that it remembered are not known; {MEND}",
                path.display()
            ));
            Heard::Damaged
        }
        Some(Ok(sessions)) => Heard::All(Box::new(sessions)),
        None => Heard::Nothing,
    })
}

/// What a git directory remembers; the inner error is a file that is damaged.
fn read(git_dir: &Path) -> Result<Option<std::result::Result<Sessions, PathBuf>>> {
    let path = file(git_dir);
    if !path.is_file() {
        return Ok(None);
    }
    let text = read_private(&path, || format!("{} cannot be read", path.display()))?;
    Ok(Some(serde_json::from_str(&text).map_err(|_| path)))
}

/// What a git directory remembers, to write more of it. A damaged file gets another name: a
/// token in it is nowhere else.
fn read_to_write(git_dir: &Path) -> Result<Option<Sessions>> {
    let path = match read(git_dir)? {
        Some(Err(path)) => path,
        whole => return Ok(whole.and_then(std::result::Result::ok)),
    };
    let mut aside = names_aside(FILE).map(|name| path.with_file_name(name));
    let aside = aside.find(|p| p.symlink_metadata().is_err());
    let failed = || format!("{} is damaged, and cannot be renamed", path.display());
    std::fs::rename(&path, aside.unwrap_or_default()).or_fail(Kind::Internal, failed)?;
    Ok(None)
}

/// The memories of a clone that are damaged.
pub(super) fn damaged(store: &Store) -> Vec<PathBuf> {
    let mut dirs = vec![store.git_dir(), store.common_dir()];
    dirs.dedup();
    let read = dirs.into_iter().filter_map(|dir| read(dir).ok().flatten());
    read.filter_map(std::result::Result::err).collect()
}

/// Remembers a session in the git directory `git_dir`, beside those of other repositories.
/// What was opened there before is its past; where nothing was, `before` is.
///
/// Errors: auth, when others can read what is remembered there; unavailable, while another
/// command writes it; internal, for the disk.
pub fn add(git_dir: &Path, session: Session, before: Option<Session>) -> Result<()> {
    let _lock = lock(git_dir)?;
    let sessions = match read_to_write(git_dir)? {
        Some(sessions) => sessions.with(session, before),
        None => Sessions {
            last: session.after(before),
            others: Vec::new(),
        },
    };
    write(git_dir, &sessions)
}

/// Remembers a session as one of the past: what is open there, `open`, stays so.
///
/// Errors: those of [`add`].
pub fn add_earlier(git_dir: &Path, session: Session, open: Session) -> Result<()> {
    let _lock = lock(git_dir)?;
    let mut sessions = read_to_write(git_dir)?.unwrap_or(Sessions {
        last: open,
        others: Vec::new(),
    });
    let mut all = std::iter::once(&mut sessions.last).chain(&mut sessions.others);
    match all.find(|s| s.is_with(&session)) {
        Some(open) if open.branch == session.branch => open.reuse_token = session.reuse_token,
        Some(open) => open.take_earlier(session),
        None => sessions.others.insert(0, session),
    }
    write(git_dir, &sessions)
}

/// Keeps other commands from writing it until this is dropped: a token that they write at the
/// same moment is nowhere else.
fn lock(git_dir: &Path) -> Result<File> {
    // Not `….lock`: what git calls so is in the way as long as it lies there.
    let path = file(git_dir).with_file_name("session-lock");
    let failed = || format!("{} cannot be locked", path.display());
    let lock = lock_file(&path).or_fail(Kind::Internal, failed)?;
    match lock_within(&lock, PATIENCE).or_fail(Kind::Internal, failed)? {
        true => Ok(lock),
        false => Err(Error::new(
            Kind::Unavailable,
            format!(
                "another command has held {} for a long time",
                path.display()
            ),
        )),
    }
}

fn write(git_dir: &Path, sessions: &Sessions) -> Result<()> {
    let path = file(git_dir);
    let failed = || format!("the sandbox could not be recorded in {}", path.display());
    let text = serde_json::to_vec_pretty(sessions).or_fail(Kind::Internal, failed)?;
    // The token is nowhere else.
    write_durably(&path, &text).or_fail(Kind::Internal, failed)
}

/// Takes note that sandboxes were closed, or are open again; wherever they are remembered.
pub fn set_closed(cx: &Context, branches: &[&str], closed: bool) -> Result<()> {
    let store = &cx.store;
    if store.is_cache() {
        return Ok(());
    }
    let mut seen = None;
    for dir in [store.git_dir(), store.common_dir()] {
        if seen.replace(dir) == Some(dir) {
            continue;
        }
        if !file(dir).is_file() {
            continue;
        }
        let _lock = lock(dir)?;
        let text = std::fs::read_to_string(file(dir)).unwrap_or_default();
        let Ok(mut sessions) = serde_json::from_str::<Sessions>(&text) else {
            continue;
        };
        let all = std::iter::once(&mut sessions.last).chain(&mut sessions.others);
        let ours = |s: &Session| s.is_of(cx) && branches.contains(&s.branch.as_str());
        let mut changed = false;
        for session in all.filter(|s| ours(s) && s.closed != closed) {
            session.closed = closed;
            changed = true;
        }
        if changed {
            write(dir, &sessions)?;
        }
    }
    Ok(())
}
