//! Sandboxes: opened, listed, shown.

mod init;
mod list;
mod pull;
mod show;
mod switch;

pub use init::{InitReport, InitRequest, init};
pub use list::{ListReport, ListRequest, Sandbox, list};
pub use pull::{PullReport, pull};
pub use show::{DiffReport, ShowReport, diff, show};
pub(in crate::ops) use show::{Found, files, find, fork_tree, patch_of};
pub use switch::{SwitchReport, switch};
