//! The queue of those on this machine who write one branch. Who waits longest writes next, so
//! that none of many writers loses every race. Who has written tells the next one where the
//! commit can be copied from, since to fetch it takes longer than to write one.
//!
//! It is a courtesy. The remote's compare-and-swap alone decides what lands: writers on other
//! machines stand in no queue of ours, and who has waited for [`PATIENCE`] races as they do.

use crate::context::Context;
use crate::error::Result;
use crate::files::{lock_in_order, own_lock_file, short_digest, write_whole};
use crate::git::{CommitId, ObjectId, RefName};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait for one's turn. One writer may hang, and a server's hook may itself write
/// the branch whose push waits for the hook.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of so many of the last commits it is told where they can be copied from.
const HANDED: usize = 64;

/// The turn of one writer; it ends when this is dropped.
pub(super) struct Turn(Option<Held>);

struct Held {
    /// Its lock ends with it.
    _lock: File,
    /// What those before wrote, by [`Handed`].
    handed: PathBuf,
}

/// A commit that was pushed.
#[derive(Serialize, Deserialize)]
struct Handed {
    commit: String,
    /// The folder of objects that has it, in one that has its parents.
    objects: PathBuf,
}

impl Turn {
    /// Has `tip` here without a fetch, where those before have left it.
    pub fn take(&self, cx: &Context, tip: CommitId) {
        if cx.store.has_commit(tip) {
            return;
        }
        let handed = self.handed();
        let copied = !handed.is_empty()
            && cx.store.copy_handed(tip, |id: CommitId| {
                let id = id.to_string();
                let one = handed.iter().rev().find(|one| one.commit == id)?;
                Some(one.objects.clone())
            });
        if copied {
            cx.progress.step("copied the tip from another clone here");
        }
    }

    /// Tells the next one where to find what was pushed. Where that cannot be written down,
    /// the next one fetches it.
    pub fn leave(&self, cx: &Context, commit: ObjectId) {
        let Some(held) = &self.0 else {
            return;
        };
        let mut handed = self.handed();
        handed.push(Handed {
            commit: commit.to_string(),
            objects: cx.store.objects_dir(),
        });
        let last = &handed[handed.len().saturating_sub(HANDED)..];
        if let Ok(text) = serde_json::to_vec(last) {
            let _ = write_whole(&held.handed, &text);
        }
    }

    fn handed(&self) -> Vec<Handed> {
        let text = self.0.as_ref().and_then(|h| std::fs::read(&h.handed).ok());
        let read = text.and_then(|text| serde_json::from_slice(&text).ok());
        read.unwrap_or_default()
    }
}

/// Where this machine keeps what its writers tell each other.
pub(super) fn folder(cx: &Context) -> PathBuf {
    cx.config.folders.cache.join("queue")
}

/// Waits until nobody on this machine writes `branch` of the remote, for so long at most.
/// Without a folder for the queue nobody waits.
///
/// Errors: interrupted.
pub(super) fn wait_for_turn(cx: &Context, branch: &RefName) -> Result<Turn> {
    let place = format!("{} {branch}", cx.remote.address());
    // The number of files is bounded. Two branches of one file only wait for each other.
    let name = format!("{}.lock", &short_digest(&place)[..3]);
    let path = folder(cx).join(name);
    let Ok(file) = own_lock_file(&path) else {
        return Ok(Turn(None));
    };
    let within = PATIENCE.min(cx.config.timeout);
    let lock = lock_in_order(file, within, || cx.cancel.is_cancelled());
    cx.cancel.check()?;
    Ok(Turn(lock.ok().flatten().map(|lock| Held {
        _lock: lock,
        handed: path.with_extension("handed"),
    })))
}
