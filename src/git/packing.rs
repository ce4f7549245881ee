//! A pack of whole histories: of all that some commits reach and others do not.
//!
//! `git pack-objects` makes it where git is installed, and it is read while it is made.
//! libgit2's own builder takes up to forty times as long, and serves where there is no git.

use super::children::{self, Programs};
use super::id::{CommitId, ObjectFormat};
use super::object_folders::{Maps, ObjectFolders, PackLook};
use super::on_path::has_program;
use super::pack::{self, Pack};
use super::store::Store;
use crate::cancel::{Cancel, LOOK};
use crate::error::{Error, Kind, OrFail, Result};
use crate::temporary;
use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Who takes a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taker {
    /// A file of ours: the fewer pieces, the less often who writes it is woken.
    File,
    /// Another program, which is to have something to do while the rest is made.
    Peer {
        /// Whether deltas may be based on what it has already, and not on objects of the pack
        /// alone.
        takes_thin: bool,
    },
}

/// A pack up to this many bytes is whole before the first is passed on to a peer, so that its
/// length can be told: as git does (http.postBuffer).
const TOLD: u64 = 1 << 20;

/// The bounds on git's memory: what it takes follows the number of objects, and not how large
/// they are. They hold whatever the clone's own configuration says.
const BOUNDS: &[&str] = &[
    // Files above this are streamed, and not compared with others. Each thread holds two files,
    // and an index of one, where it compares.
    "core.bigFileThreshold=8m",
    "pack.threads=2",
    "pack.windowMemory=8m",
    // Mapped parts of packs count too.
    "core.packedGitWindowSize=1m",
    "core.packedGitLimit=24m",
    "core.deltaBaseCacheLimit=8m",
    "pack.deltaCacheSize=8m",
    // git's own defaults; a clone might ask for days of work.
    "pack.window=10",
    "pack.depth=50",
    // It may tell of other parents and trees than the commits do.
    "core.commitGraph=false",
];

/// A pack of all that `wants` reach and `haves` do not, as [`Order::pack`] makes it.
///
/// Errors: those of [`Order::pack`].
pub(crate) fn pack_of_history(
    store: &Store,
    wants: &[CommitId],
    haves: &[CommitId],
    taker: Taker,
) -> Result<Pack> {
    Order::of(store, wants, haves, taker).pack(store)
}

/// The order for a pack of all that some commits reach and others do not. git needs no store for
/// it, so that another thread can take it.
pub(super) struct Order {
    place: PathBuf,
    folders: ObjectFolders,
    format: ObjectFormat,
    programs: Programs,
    wants: Vec<CommitId>,
    haves: Vec<CommitId>,
    taker: Taker,
    cancel: Cancel,
}

impl Order {
    pub(super) fn of(store: &Store, wants: &[CommitId], haves: &[CommitId], taker: Taker) -> Order {
        // That beside a cut history sees the objects of both.
        let place = store.past().path();
        Order {
            place: place.to_owned(),
            folders: ObjectFolders::of(&[place, store.common_dir()]),
            format: store.format(),
            programs: store.programs().clone(),
            wants: wants.to_vec(),
            haves: haves.to_vec(),
            taker,
            cancel: Cancel::new(),
        }
    }

    /// Begins to look whether what git copies is whole, where that is worth it: to read all
    /// packs is not, where only a part of them is copied.
    pub(super) fn look_at_packs(&self) -> Option<PackLook> {
        match self.haves.is_empty() {
            true => PackLook::begin(&self.folders, self.format),
            false => None,
        }
    }

    /// What ends the work on it.
    pub(super) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// The pack. Reading it fails where a part of it cannot be made; what was read until then is
    /// no whole pack. `store` is the one that it was ordered of.
    ///
    /// Errors: integrity, when a part of the history is missing or damaged, if that is known
    /// before the first byte; those of fetching a part that the store lacks.
    pub(super) fn pack(&self, store: &Store) -> Result<Pack> {
        let Order { wants, haves, .. } = self;
        let mut ids = wants.iter().chain(haves);
        ids.try_for_each(|id| store.check_format(*id))?;
        if !has_program("git", &self.programs.environment) {
            let before = store.ensure_between_commits(wants, haves)?;
            // libgit2 goes through all folders of what is left out.
            store.ensure_folders(before)?;
            return pack::write_history(store.past(), wants, haves);
        }
        match self.begin() {
            // It walks the history before it writes the first byte, and fetches nothing.
            Err(e) if store.is_narrow() && e.kind() == Kind::Integrity => {
                store.ensure_between_commits(wants, haves)?;
                self.begin()
            }
            done => done,
        }
    }

    /// A pack that git has begun to write.
    ///
    /// Errors: those of [`Order::pack`] that a store does not mend.
    pub(super) fn begin(&self) -> Result<Pack> {
        let maps = self.folders.first_look();
        let mut packing = Packing::start(self, maps)?;
        // git walks the history meanwhile. Nothing of what it makes is passed on before this is
        // known.
        let checked = self.folders.check(self.format)?;
        if checked != maps {
            // Two at once would hold twice the memory.
            drop(packing);
            packing = Packing::start(self, checked)?;
        }
        let told = match self.taker {
            // Whether git can make it at all, the first byte says.
            Taker::File => 0,
            Taker::Peer { .. } => TOLD,
        };
        let mut first = Vec::new();
        (&mut packing)
            .take(told + 1)
            .read_to_end(&mut first)
            .map_err(|e| match Error::carried(e) {
                Ok(ours) => ours,
                Err(e) => Error::new(Kind::Internal, not_packed()).caused_by(e),
            })?;
        let length = first.len() as u64;
        Ok(match length > told {
            true => Pack {
                bytes: Box::new(Cursor::new(first).chain(packing)),
                length: None,
            },
            false => Pack {
                bytes: Box::new(Cursor::new(first)),
                length: Some(length),
            },
        })
    }
}

fn not_packed() -> String {
    "the history could not be packed".to_owned()
}

/// `git pack-objects` at work.
struct Packing {
    child: Child,
    pieces: Receiver<io::Result<Vec<u8>>>,
    pending: Cursor<Vec<u8>>,
    said: File,
    begun: Instant,
    within: Duration,
    cancel: Cancel,
    is_over: bool,
}

impl Packing {
    fn start(order: &Order, maps: Maps) -> Result<Packing> {
        let Order {
            place,
            programs,
            wants,
            haves,
            taker,
            cancel,
            ..
        } = order;
        let said = temporary::file("aidf-")?.into_file();
        let theirs = said.try_clone().or_fail(Kind::Internal, not_packed)?;
        let mut command = children::git_on_objects(place, &programs.environment);
        for bound in BOUNDS {
            command.args(["-c", bound]);
        }
        command
            .args(["pack-objects", "--revs", "--stdout", "-q"])
            .arg("--delta-base-offset")
            // What stands in for an object here is not what another place would get, and a
            // history that is cut here is not whole.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "")
            .env("GIT_SHALLOW_FILE", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(theirs);
        if *taker == (Taker::Peer { takes_thin: true }) {
            command.arg("--thin");
        }
        if maps == Maps::Doubtful {
            command.arg("--no-use-bitmap-index");
        }
        let mut child = command
            .spawn()
            .or_fail(Kind::Unavailable, || "`git` could not be started")?;
        let mut asked = String::new();
        for want in wants {
            asked.push_str(&format!("{want}\n"));
        }
        for have in haves {
            asked.push_str(&format!("^{have}\n"));
        }
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::new(Kind::Internal, not_packed()));
        };
        children::widen(&stdout);
        // If git ends early, its exit tells.
        std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
        Ok(Packing {
            child,
            pieces: match taker {
                Taker::File => children::large_pieces_of(stdout),
                Taker::Peer { .. } => children::pieces_of(stdout),
            },
            pending: Cursor::new(Vec::new()),
            said,
            begun: Instant::now(),
            within: programs.limits.time,
            cancel: cancel.clone(),
            is_over: false,
        })
    }

    fn left(&self) -> Duration {
        self.within.saturating_sub(self.begun.elapsed())
    }

    /// Whether git says that it made all of it.
    fn finish(&mut self) -> Result<()> {
        let left = self.left();
        let ended = children::wait(&mut self.child, left);
        match ended.or_fail(Kind::Internal, not_packed)? {
            None => Err(self.too_slow()),
            Some(status) if status.success() => Ok(()),
            Some(_) => {
                let error = Error::new(
                    Kind::Integrity,
                    "the history could not be packed: a part of it is missing or damaged",
                )
                .hint("find out which with `git fsck`; `git fetch` does not repair it, a new clone does");
                Err(match children::words_of(&mut self.said) {
                    words if words.is_empty() => error,
                    words => error.caused_by(anyhow::anyhow!(words)),
                })
            }
        }
    }

    fn too_slow(&self) -> Error {
        Error::new(
            Kind::Unavailable,
            format!(
                "packing the history takes longer than {} s",
                self.within.as_secs()
            ),
        )
        .hint("raise transfer.seconds in the configuration")
    }
}

impl Read for Packing {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.pending.read(to)?;
            if n > 0 || self.is_over || to.is_empty() {
                return Ok(n);
            }
            self.cancel.check().map_err(io::Error::other)?;
            let left = self.left();
            match self.pieces.recv_timeout(left.min(LOOK)) {
                Ok(piece) => self.pending = Cursor::new(piece?),
                Err(RecvTimeoutError::Timeout) if left > LOOK => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.finish().map_err(io::Error::other)?;
                    self.is_over = true;
                }
                Err(RecvTimeoutError::Timeout) => return Err(io::Error::other(self.too_slow())),
            }
        }
    }
}

impl Drop for Packing {
    fn drop(&mut self) {
        children::stop(&mut self.child);
    }
}
