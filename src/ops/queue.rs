//! The queue of those on this machine who write one branch. Who waits longest writes next, so
//! that none of many writers loses every race. Who has written tells the next one where the
//! commit can be copied from, since to fetch it takes longer than to write one.
//!
//! Two of them are at work: one makes its commit while the one before it pushes. It builds on
//! the commit that is being pushed, and pushes when that one has landed. Where it has not, the
//! commit is made anew.
//!
//! It is a courtesy. The remote's compare-and-swap alone decides what lands: writers on other
//! machines stand in no queue of ours, and who has waited for [`PATIENCE`] races as they do.

use super::shortcoming::Shortcoming;
use crate::context::Context;
use crate::error::Result;
use crate::files::{lock_in_order, lock_within, own_lock_file, short_digest, write_whole};
use crate::git::{Advertisement, CommitId, ObjectId, RefName, RefUpdate};
use crate::turns;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for one's turn. One writer may hang, and a server's hook may itself write
/// the branch whose push waits for the hook.
const PATIENCE: Duration = Duration::from_secs(10);

/// After so long a wait for the one before, a connection that was made before it is old.
const OLD: Duration = Duration::from_secs(2);

/// Of so many of the last commits it is told where they can be copied from.
const HANDED: usize = 64;

/// The turn of one writer; it ends when this is dropped.
pub(super) struct Turn<'a> {
    cx: &'a Context,
    branch: &'a RefName,
    /// None for who stands in no queue, and races.
    place: Option<Place>,
}

/// A place in the queue; its locks end with it.
struct Place {
    files: Files,
    /// Nobody waits for longer than this.
    until: Instant,
    /// The lock of who makes a commit; the next one has it from the push on.
    making: Option<File>,
    /// The lock of who pushes; none as long as the one before has it.
    pushing: Option<File>,
    /// The commit that the one before is pushing, which is here.
    foreseen: Option<CommitId>,
}

/// What the queue of a branch has on this machine.
struct Files {
    /// Which branch of which remote.
    of: String,
    /// Locked by who makes a commit.
    making: PathBuf,
    /// Locked by who pushes.
    pushing: PathBuf,
    /// What has landed, by [`Handed`].
    landed: PathBuf,
    /// What is being pushed, and to which branch.
    pushed: PathBuf,
    /// That the server takes no push that is built on another tip than it told on connecting.
    told_tips_only: Shortcoming,
}

/// A commit that was pushed.
#[derive(Serialize, Deserialize)]
struct Handed {
    commit: String,
    /// The folder of objects that has it, in one that has its parents.
    objects: PathBuf,
}

/// What a writer can do with what it has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Push it: nobody was before it.
    First,
    /// Push it: the commit that it is built on has landed since it connected.
    Behind,
    /// Connect, and make it anew.
    Anew,
}

impl Turn<'_> {
    /// Has the branch's tip here without a fetch, where those before have left it, and shows
    /// the tip that is to be built on: the one before may still be pushing it.
    ///
    /// False where that cannot be told: then this has waited for the one before, and the
    /// refs have to be read again. Errors: interrupted.
    pub fn see(&mut self, refs: &mut Advertisement) -> Result<bool> {
        let Some(place) = &self.place else {
            return Ok(true);
        };
        let tip = refs.tip(self.branch.as_str());
        let Some(foreseen) = place.foreseen else {
            if let Some(tip) = tip {
                self.copy(tip, &place.files, None);
            }
            return Ok(true);
        };
        // Somebody else may have been quicker than the one before, or stands in line before it.
        let built_on = self.cx.store.commit(foreseen).ok();
        let built_on = built_on.and_then(|commit| commit.parents.first().copied());
        let follows = tip.is_some() && (tip == built_on || tip == Some(foreseen));
        let line = turns::folder(self.branch.short());
        let has_line = refs.under(&line).next().is_some();
        if follows && !has_line {
            refs.foresee(self.branch.as_str(), foreseen);
            let step = format!(
                "build on {}, which another command here pushes",
                foreseen.short()
            );
            self.cx.progress.step(&step);
            return Ok(true);
        }
        self.come()?;
        Ok(false)
    }

    /// Waits until the one before has pushed.
    ///
    /// Errors: interrupted.
    pub fn come(&mut self) -> Result<Came> {
        let Some(place) = &mut self.place else {
            return Ok(Came::First);
        };
        if place.pushing.is_some() {
            return Ok(Came::First);
        }
        let begun = Instant::now();
        place.pushing = locked(self.cx, &place.files.pushing, place.until)?;
        let foreseen = place.foreseen.take().map(|id| id.to_string());
        if place.pushing.is_none() {
            self.place = None;
            return Ok(Came::Anew);
        }
        let landed = place.files.landed();
        let has_landed = foreseen.is_some_and(|id| landed.iter().rev().any(|h| h.commit == id));
        let old = OLD.min(self.cx.config.timeout / 4);
        Ok(match has_landed && begun.elapsed() < old {
            true => Came::Behind,
            false => Came::Anew,
        })
    }

    /// Lets the next one build on what is pushed now.
    pub fn push(&mut self, updates: &[RefUpdate]) {
        let Some(place) = self.place.as_mut().filter(|p| p.making.is_some()) else {
            return;
        };
        // Where this is not told, the next one waits until it has landed.
        if let Some(commit) = updates.iter().find(|u| u.name == *self.branch)
            && let Some(commit) = commit.new
        {
            let pushed = (&place.files.of, Handed::of(self.cx, commit));
            let _ = write_json(&place.files.pushed, &pushed);
        }
        place.making = None;
    }

    /// Takes note that the server refuses what is built on a tip that it did not tell itself.
    pub fn build_on_told_tips(&self) {
        if let Some(place) = &self.place {
            place.files.told_tips_only.note();
        }
    }

    /// Tells the next one where to find what was pushed. Where that cannot be written down,
    /// the next one fetches it.
    pub fn leave(&self, commit: CommitId) {
        let Some(place) = &self.place else {
            return;
        };
        let mut handed = place.files.landed();
        handed.push(Handed::of(self.cx, commit));
        let last = &handed[handed.len().saturating_sub(HANDED)..];
        let _ = write_json(&place.files.landed, &last);
    }

    /// Has a commit here, as those before have left it, and who is pushing now. Whether it is.
    fn copy(&self, tip: CommitId, files: &Files, pushed: Option<Handed>) -> bool {
        let cx = self.cx;
        if cx.store.has_commit(tip) {
            return true;
        }
        let mut handed = files.landed();
        handed.extend(pushed);
        let copied = !handed.is_empty()
            && cx.store.copy_handed(tip, |id: CommitId| {
                let id = id.to_string();
                let one = handed.iter().rev().find(|one| one.commit == id)?;
                Some(one.objects.clone())
            });
        if copied {
            cx.progress.step("copied the tip from another clone here");
        }
        copied
    }

    /// The commit that the one before is pushing, when it is here.
    fn foreseen(&self, files: &Files) -> Option<CommitId> {
        if files.told_tips_only.is_known() {
            return None;
        }
        let (of, pushed): (String, Handed) = read_json(&files.pushed)?;
        if of != files.of {
            return None;
        }
        let commit = ObjectId::parse_in(&pushed.commit, self.cx.store.format())?;
        let is_here = self.copy(commit, files, Some(pushed));
        is_here.then_some(commit)
    }
}

impl Handed {
    fn of(cx: &Context, commit: CommitId) -> Handed {
        Handed {
            commit: commit.to_string(),
            objects: cx.store.objects_dir(),
        }
    }
}

impl Files {
    fn of(cx: &Context, branch: &RefName) -> Files {
        let of = short_digest(&format!("{} {branch}", cx.remote.address()));
        // The number of files is bounded. Two branches of one file only wait for each other.
        let path = folder(cx).join(&of[..3]);
        Files {
            of,
            making: path.with_extension("lock"),
            pushing: path.with_extension("push"),
            landed: path.with_extension("handed"),
            pushed: path.with_extension("pushed"),
            told_tips_only: Shortcoming::of(path.with_extension("told")),
        }
    }

    fn landed(&self) -> Vec<Handed> {
        read_json(&self.landed).unwrap_or_default()
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn write_json(path: &Path, what: &impl Serialize) -> std::io::Result<()> {
    write_whole(path, &serde_json::to_vec(what)?)
}

/// Where this machine keeps what its writers tell each other.
pub(super) fn folder(cx: &Context) -> PathBuf {
    cx.config.folders.cache.join("queue")
}

/// Waits until nobody on this machine makes a commit for `branch` of the remote, for so long at
/// most. Without a folder for the queue nobody waits.
///
/// Errors: interrupted.
pub(super) fn wait_for_turn<'a>(cx: &'a Context, branch: &'a RefName) -> Result<Turn<'a>> {
    let until = Instant::now() + PATIENCE.min(cx.config.timeout);
    let mut turn = Turn {
        cx,
        branch,
        place: None,
    };
    let files = Files::of(cx, branch);
    let Some(making) = locked(cx, &files.making, until)? else {
        return Ok(turn);
    };
    let (pushing, foreseen) = match lock_now(&files.pushing) {
        Ok(None) => match turn.foreseen(&files) {
            None => (locked(cx, &files.pushing, until)?, None),
            foreseen => (None, foreseen),
        },
        Ok(pushing) => (pushing, None),
        Err(_) => (None, None),
    };
    if pushing.is_some() || foreseen.is_some() {
        turn.place = Some(Place {
            files,
            until,
            making: Some(making),
            pushing,
            foreseen,
        });
    }
    Ok(turn)
}

/// The lock of a file; none where somebody has it until then, or it cannot be had.
///
/// Errors: interrupted.
fn locked(cx: &Context, path: &Path, until: Instant) -> Result<Option<File>> {
    let Ok(file) = own_lock_file(path) else {
        return Ok(None);
    };
    let within = until.saturating_duration_since(Instant::now());
    let lock = lock_in_order(file, within, || cx.cancel.is_cancelled());
    cx.cancel.check()?;
    Ok(lock.ok().flatten())
}

/// The lock of a file; none where somebody has it.
fn lock_now(path: &Path) -> std::io::Result<Option<File>> {
    let file = own_lock_file(path)?;
    let is_locked = lock_within(&file, Duration::ZERO)?;
    Ok(is_locked.then_some(file))
}
