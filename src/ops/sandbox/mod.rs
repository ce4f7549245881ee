//! Sandboxes: opened, listed, shown, brought up to date, closed and brought back.

mod close;
mod init;
mod list;
mod prune;
mod pull;
mod show;
mod switch;
mod sync;

pub use close::{CloseReport, CloseRequest, RestoreReport, RestoreRequest, close, restore};
pub use init::{InitReport, InitRequest, init};
pub use list::{ListReport, ListRequest, Sandbox, list};
pub use prune::{Left, PruneReport, PruneRequest, Pruned, prune};
pub use pull::{PullReport, pull};
pub use show::{DiffReport, ShowReport, diff, show};
pub(in crate::ops) use show::{Found, files, find, fork_tree, patch_of};
pub use switch::{SwitchReport, switch};
pub use sync::{SyncReport, SyncRequest, sync};
