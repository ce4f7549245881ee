//! Takes a pack from outside into an object store: checked as it streams by, indexed by
//! git in a quarantine, and moved into the store when it is whole.
//!
//! git's own `index-pack` does the indexing where git is installed. libgit2's indexer
//! never ends, and fills the memory, on a delta by id that makes an object twice; where
//! there is no git it is used for packs without such deltas.

use super::children;
use super::installed::has_program;
use super::limits::TransferLimits;
use super::pack_check::PackCheck;
use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use git2::OdbLookupFlags;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Files above this many bytes are not held in memory by git, but for deltas.
const BIG_FILE: &str = "core.bigFileThreshold=16m";

/// What the remote gave can be had again: as in a fetch of few objects by git itself, the
/// disk is not waited for.
const NO_WAIT: &str = "core.fsync=none";

/// A pack that is being taken in. Dropped unfinished, it leaves nothing behind.
pub(super) struct Intake<'a> {
    odb: &'a git2::Odb<'a>,
    common: PathBuf,
    /// What git sees; none where it cannot be started.
    git: Option<Environment>,
    check: PackCheck,
    sink: Sink<'a>,
    /// The pack's beginning, until its head tells whether there is anything to index.
    held: Vec<u8>,
}

enum Sink<'a> {
    /// Nothing has been passed on yet.
    None,
    Git(Indexing),
    Library(git2::OdbPackwriter<'a>),
}

/// What the folder of a pack on its way is called; the rest is random. `git gc` removes it in
/// time.
pub const INTAKE: &str = "tmp_objdir-aidf-";

fn not_stored() -> String {
    "the objects could not be stored".to_owned()
}

impl<'a> Intake<'a> {
    /// Takes a pack into `odb`, the object store of `repo`.
    pub(super) fn new(
        repo: &git2::Repository,
        odb: &'a git2::Odb<'a>,
        limits: TransferLimits,
        environment: &Environment,
    ) -> Result<Self> {
        let git = has_program("git", environment);
        Ok(Intake {
            odb,
            common: repo.commondir().to_owned(),
            check: PackCheck::new(limits, git),
            git: git.then(|| environment.clone()),
            sink: Sink::None,
            held: Vec::new(),
        })
    }

    /// Takes the next bytes.
    ///
    /// Errors: integrity, for what is no pack; denied, for what is above a bound;
    /// internal, for the disk.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<()> {
        let odb = self.odb;
        self.check.add(bytes, &|id| {
            let id = git2::Oid::from_bytes(id).ok()?;
            // What is not here lies in the pack itself; looking for it on disk is slow.
            let here = odb.exists_ext(id, OdbLookupFlags::NO_REFRESH);
            here.then(|| odb.read_header(id).ok())?
                .map(|(size, _)| size as u64)
        })?;
        if matches!(self.sink, Sink::None) {
            self.held.extend_from_slice(bytes);
            // libgit2 does not take a pack of no objects, and git need not be asked.
            if !self.check.has_begun() || self.check.count() == 0 {
                return Ok(());
            }
            self.sink = match &self.git {
                Some(environment) => Sink::Git(Indexing::start(&self.common, environment)?),
                None => Sink::Library(odb.packwriter().or_fail(Kind::Internal, not_stored)?),
            };
            let held = std::mem::take(&mut self.held);
            return self.pass_on(&held);
        }
        self.pass_on(bytes)
    }

    fn pass_on(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.sink {
            Sink::None => Ok(()),
            Sink::Git(indexing) => indexing.add(bytes),
            Sink::Library(writer) => writer.write_all(bytes).or_fail(Kind::Integrity, not_stored),
        }
    }

    /// Whether the whole pack has come.
    pub(super) fn is_complete(&self) -> bool {
        self.check.is_complete()
    }

    /// Keeps it all, or nothing; indexing may take as long as `within`.
    ///
    /// Errors: integrity, for a pack that is not whole; unavailable, when it takes longer.
    pub(super) fn finish(self, within: Duration) -> Result<()> {
        if !self.is_complete() {
            return Err(Error::new(Kind::Integrity, "the pack is incomplete"));
        }
        match self.sink {
            Sink::None => Ok(()),
            Sink::Git(indexing) => indexing.finish(within),
            Sink::Library(mut writer) => writer
                .commit()
                .map(drop)
                .or_fail(Kind::Integrity, not_stored),
        }?;
        self.odb
            .refresh()
            .or_fail(Kind::Internal, || "the object store cannot be read again")
    }
}

/// `git index-pack` at work, in a folder of its own beside the objects.
struct Indexing {
    child: Child,
    stdin: Option<ChildStdin>,
    said: File,
    quarantine: TempDir,
    objects: PathBuf,
}

impl Indexing {
    fn start(common: &Path, environment: &Environment) -> Result<Indexing> {
        let objects = common.join("objects");
        let quarantine = tempfile::Builder::new()
            .prefix(INTAKE)
            .tempdir_in(&objects)
            .or_fail(Kind::Internal, not_stored)?;
        // A thin pack's bases are in the store.
        for folder in ["info", "pack"] {
            std::fs::create_dir(quarantine.path().join(folder))
                .or_fail(Kind::Internal, not_stored)?;
        }
        let known = std::path::absolute(&objects).or_fail(Kind::Internal, not_stored)?;
        write_line(&quarantine.path().join("info/alternates"), &known)
            .or_fail(Kind::Internal, not_stored)?;
        let said = tempfile::tempfile().or_fail(Kind::Internal, not_stored)?;
        let theirs = said.try_clone().or_fail(Kind::Internal, not_stored)?;
        let mut command = children::git_on_objects(common, environment);
        command
            .args(["-c", BIG_FILE, "-c", NO_WAIT])
            .args(["index-pack", "--stdin", "--fix-thin"])
            // One at a time: each holds a base and what is made of it.
            .arg("--threads=1")
            .env("GIT_OBJECT_DIRECTORY", quarantine.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(theirs);
        let mut child = command
            .spawn()
            .or_fail(Kind::Unavailable, || "`git` could not be started")?;
        Ok(Indexing {
            stdin: child.stdin.take(),
            child,
            said,
            quarantine,
            objects,
        })
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = match &mut self.stdin {
            Some(stdin) => stdin.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        sent.map_err(|e| {
            // It has ended, and says why.
            let _ = self.child.wait();
            self.refused().caused_by(e)
        })
    }

    fn finish(mut self, within: Duration) -> Result<()> {
        self.stdin = None;
        let ended = children::wait(&mut self.child, within);
        let Some(status) = ended.or_fail(Kind::Internal, not_stored)? else {
            return Err(Error::new(
                Kind::Unavailable,
                "indexing the pack takes longer than a pack of its size should",
            )
            .hint("nothing was kept; allow more time with --timeout SECS"));
        };
        if !status.success() {
            return Err(self.refused());
        }
        self.keep().or_fail(Kind::Internal, not_stored)
    }

    /// Moves what was indexed into the store; the index goes last, since readers look for
    /// it alone.
    fn keep(&self) -> io::Result<()> {
        let to = self.objects.join("pack");
        std::fs::create_dir_all(&to)?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.quarantine.path().join("pack"))?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<io::Result<_>>()?;
        files.sort_by_key(|f| f.extension().is_some_and(|e| e == "idx"));
        for file in files {
            let Some(name) = file.file_name() else {
                continue;
            };
            let target = to.join(name);
            // A pack's name is its content.
            if !target.exists() {
                std::fs::rename(&file, target)?;
            }
        }
        Ok(())
    }

    fn refused(&mut self) -> Error {
        let error = Error::new(Kind::Integrity, "the pack is damaged: git cannot index it");
        match children::words_of(&mut self.said) {
            words if words.is_empty() => error,
            words => error.caused_by(anyhow::anyhow!(words)),
        }
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.stdin = None;
        children::stop(&mut self.child);
    }
}

#[cfg(unix)]
fn write_line(file: &Path, line: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let mut bytes = line.as_os_str().as_bytes().to_vec();
    bytes.push(b'\n');
    std::fs::write(file, bytes)
}

/// Elsewhere paths are text, and git reads them as UTF-8.
#[cfg(not(unix))]
fn write_line(file: &Path, line: &Path) -> io::Result<()> {
    std::fs::write(file, format!("{}\n", line.display()))
}
