//! Takes a pack from outside into an object store: checked as it streams by, indexed by
//! git in a quarantine, and moved into the store when it is whole.
//!
//! git's own `index-pack` does the indexing where git is installed. libgit2's indexer
//! never ends, and fills the memory, on a delta by id that makes an object twice. It is used
//! for packs without such deltas: for small ones, which are over before git has started, and
//! where there is no git.

use super::alternates::borrow_from;
use super::children;
use super::id::ObjectFormat;
use super::limits::TransferLimits;
use super::objects::Objects;
use super::on_path::has_program;
use super::pack_check::PackCheck;
use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::is_full;
use crate::temporary;
use git2::Indexer;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Files above this many bytes are not held in memory by git, but for deltas.
const BIG_FILE: &str = "core.bigFileThreshold=16m";

/// What the remote gave can be had again: as in a fetch of few objects by git itself, the
/// disk is not waited for.
const NO_WAIT: &str = "core.fsync=none";

/// A pack of at most so many bytes waits in memory for its end.
const SMALL: usize = 1 << 20;

/// The deltas of a small pack that make more bytes than this are left to git: libgit2 holds
/// all of a chain at once.
const MOST_MADE: u64 = 16 << 20;

/// Where a pack goes.
pub(super) struct Place<'a> {
    /// The objects that its deltas may be against.
    pub odb: &'a Objects<'a>,
    /// The git directory whose objects it joins.
    pub to: PathBuf,
    /// Whether what its objects name may be missing, since a remote has it: git is told so by
    /// a file beside the pack (git-index-pack(1), `--promisor`).
    pub promised: bool,
}

impl<'a> Place<'a> {
    /// Into `odb`, the object store of `repo`.
    pub fn of(repo: &git2::Repository, odb: &'a Objects<'a>) -> Place<'a> {
        Place {
            odb,
            to: repo.commondir().to_owned(),
            promised: false,
        }
    }
}

/// A pack that is being taken in. Dropped unfinished, it leaves nothing behind.
pub(super) struct Intake<'a> {
    place: Place<'a>,
    /// What git sees; none where it cannot be started.
    git: Option<Environment>,
    check: PackCheck,
    sink: Option<Sink>,
    /// The pack's beginning, until it is known who indexes it.
    held: Vec<u8>,
}

/// Who indexes a pack.
enum Sink {
    Git(Indexing),
    Library(Indexer<'static>, Quarantine),
}

/// What the folder of a pack on its way is called; the rest is random. `git gc` removes it in
/// time.
pub const INTAKE: &str = "tmp_objdir-aidf-";

fn not_stored() -> String {
    "the objects could not be stored".to_owned()
}

impl<'a> Intake<'a> {
    /// Takes a pack to its place.
    pub(super) fn new(
        place: Place<'a>,
        limits: TransferLimits,
        environment: &Environment,
    ) -> Intake<'a> {
        let git = has_program("git", environment);
        Intake {
            check: PackCheck::new(limits, place.odb.format(), git),
            place,
            git: git.then(|| environment.clone()),
            sink: None,
            held: Vec::new(),
        }
    }

    /// Takes the next bytes.
    ///
    /// Errors: integrity, for what is no pack; denied, for what is above a bound;
    /// internal, for the disk.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<()> {
        let odb = self.place.odb;
        self.check.add(bytes, &|id| {
            // What is not here lies in the pack itself; looking for it on disk is slow.
            let here = odb.has_now(id);
            here.then(|| odb.header(id).ok())?
                .map(|(size, _)| size as u64)
        })?;
        if let Some(sink) = &mut self.sink {
            return sink.add(bytes);
        }
        self.held.extend_from_slice(bytes);
        match self.held.len() > SMALL {
            true => self.choose(self.git.is_some()),
            false => Ok(()),
        }
    }

    /// Takes all bytes that `from` gives; `taken` is told how many came, piece by piece.
    ///
    /// Errors: those of reading, and of [`Intake::add`].
    pub(super) fn add_all(
        &mut self,
        from: &mut dyn Read,
        mut taken: impl FnMut(u64),
    ) -> anyhow::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok(()),
                n => {
                    taken(n as u64);
                    self.add(&buffer[..n])?;
                }
            }
        }
    }

    /// Chooses who indexes the pack, and passes on what was held.
    fn choose(&mut self, by_git: bool) -> Result<()> {
        let quarantine = Quarantine::new(&self.place)?;
        let mut sink = match self.git.as_ref().filter(|_| by_git) {
            Some(environment) => Sink::Git(Indexing::start(quarantine, environment)?),
            None => Sink::Library(quarantine.indexer(self.place.odb.format())?, quarantine),
        };
        sink.add(&std::mem::take(&mut self.held))?;
        self.sink = Some(sink);
        Ok(())
    }

    /// Whether the whole pack has come.
    pub(super) fn is_complete(&self) -> bool {
        self.check.is_complete()
    }

    /// Keeps it all, or nothing; indexing may take as long as `within`.
    ///
    /// Errors: integrity, for a pack that is not whole; unavailable, when it takes longer.
    pub(super) fn finish(mut self, within: Duration) -> Result<()> {
        if !self.is_complete() {
            return Err(Error::new(Kind::Integrity, "the pack is incomplete"));
        }
        // Nobody can index a pack of nothing, and nobody need.
        if self.check.count() > 0 && self.sink.is_none() {
            let is_for_git = self.check.names_bases() || self.check.made() > MOST_MADE;
            self.choose(is_for_git)?;
        }
        match self.sink {
            None => Ok(()),
            Some(Sink::Git(indexing)) => indexing.finish(within),
            Some(Sink::Library(indexer, quarantine)) => {
                indexer.commit().or_fail(Kind::Integrity, not_stored)?;
                quarantine.keep().or_fail(Kind::Internal, not_stored)
            }
        }?;
        self.place.odb.refresh()
    }
}

impl Sink {
    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Sink::Git(indexing) => indexing.add(bytes),
            Sink::Library(indexer, _) => indexer
                .write_all(bytes)
                .or_fail(Kind::Integrity, not_stored),
        }
    }
}

/// A folder beside the objects, in which a pack is indexed.
struct Quarantine {
    folder: TempDir,
    /// The git directory.
    to: PathBuf,
    promised: bool,
}

impl Quarantine {
    fn new(place: &Place<'_>) -> Result<Quarantine> {
        let objects = place.to.join("objects");
        let folder = tempfile::Builder::new()
            .prefix(INTAKE)
            .tempdir_in(&objects)
            .or_fail(Kind::Internal, not_stored)?;
        for inner in ["info", "pack"] {
            std::fs::create_dir(folder.path().join(inner)).or_fail(Kind::Internal, not_stored)?;
        }
        // A thin pack's bases are in the store.
        let known = std::path::absolute(&objects).or_fail(Kind::Internal, not_stored)?;
        borrow_from(folder.path(), &known).or_fail(Kind::Internal, not_stored)?;
        Ok(Quarantine {
            folder,
            to: place.to.clone(),
            promised: place.promised,
        })
    }

    /// libgit2's own indexer, for a pack that brings all its bases.
    fn indexer(&self, format: ObjectFormat) -> Result<Indexer<'static>> {
        let pack = self.folder.path().join("pack");
        Indexer::new_ext(None, &pack, 0, false, format.raw()).or_fail(Kind::Internal, not_stored)
    }

    /// Moves what was indexed into the store; the index goes last, since readers look for
    /// it alone.
    fn keep(&self) -> io::Result<()> {
        let to = self.to.join("objects/pack");
        std::fs::create_dir_all(&to)?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.folder.path().join("pack"))?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<io::Result<_>>()?;
        files.sort_by_key(|f| f.extension().is_some_and(|e| e == "idx"));
        for file in files {
            let Some(name) = file.file_name() else {
                continue;
            };
            let target = to.join(name);
            if self.promised && file.extension().is_some_and(|e| e == "pack") {
                File::create(target.with_extension("promisor"))?;
            }
            // A pack's name is its content.
            if !target.exists() {
                std::fs::rename(&file, target)?;
            }
        }
        Ok(())
    }
}

/// `git index-pack` at work.
struct Indexing {
    child: Child,
    stdin: Option<ChildStdin>,
    said: File,
    quarantine: Quarantine,
}

impl Indexing {
    fn start(quarantine: Quarantine, environment: &Environment) -> Result<Indexing> {
        let said = temporary::file("aidf-")?.into_file();
        let theirs = said.try_clone().or_fail(Kind::Internal, not_stored)?;
        let mut command = children::git_on_objects(&quarantine.to, environment);
        command
            .args(["-c", BIG_FILE, "-c", NO_WAIT])
            .args(["index-pack", "--stdin", "--fix-thin"])
            // One at a time: each holds a base and what is made of it.
            .arg("--threads=1")
            .env("GIT_OBJECT_DIRECTORY", quarantine.folder.path())
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
        self.quarantine.keep().or_fail(Kind::Internal, not_stored)
    }

    fn refused(&mut self) -> Error {
        let words = children::words_of(&mut self.said);
        // In git's words that depends on the user's language.
        let error = match is_full(self.quarantine.folder.path()) {
            true => Error::new(Kind::Internal, not_stored()),
            false => Error::new(Kind::Integrity, "the pack is damaged: git cannot index it"),
        };
        match words {
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
