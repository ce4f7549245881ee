//! Sandboxes: opened, listed, shown, brought up to date, closed and brought back.

mod archived;
mod close;
mod init;
mod list;
mod merge;
mod opened;
mod opening;
mod own;
mod prune;
mod pull;
mod restore;
mod show;
mod start;
mod switch;
mod sync;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use archived::Archived;
pub use close::{CloseReport, CloseRequest, close};
pub use init::{InitReport, InitRequest, init};
pub use list::{ListReport, ListRequest, Sandbox, list};
pub use prune::{Left, PruneReport, PruneRequest, Pruned, prune};
pub use pull::{PullReport, pull};
pub use restore::{RestoreReport, RestoreRequest, restore};
pub use show::{DiffReport, DiffRequest, ShowReport, diff, show};
pub(in crate::ops) use show::{Found, files, find, fork_tree, patch_of};
pub use switch::{SwitchReport, switch};
pub use sync::{SyncReport, SyncRequest, sync};

/// The sandbox that is meant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Named {
    /// Its branch; the clone's own where none is named.
    pub branch: Option<String>,
}
