//! Sandboxes: opened, listed, shown.

mod init;
mod list;
mod show;

pub use init::{InitReport, InitRequest, init};
pub use list::{ListReport, ListRequest, Sandbox, list};
pub use show::{DiffReport, ShowReport, diff, show};
pub(in crate::ops) use show::{Found, files, find, fork_tree, patch_of};
