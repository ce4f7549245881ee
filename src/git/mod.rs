//! The door to git: the only module that names `git2`.
//!
//! Rules of the door: nothing of `git2` leaves it; ids, refs and paths are checked
//! types; a remote is reached through `wire` alone, never through libgit2's own
//! transports (its local one loses updates, its push believes nothing the server says);
//! trees are edited by path, without index or working tree.

mod credential;
mod id;
mod pack;
mod remote;
mod revert;
mod settings;
mod store;
pub mod wire;

pub use id::{CommitId, ObjectId, RefName, TreePath, is_invisible};
pub use remote::{Remote, RemoteOptions};
pub use revert::{Undo, undo};
pub use store::{
    Change, CommitInfo, Draft, Edit, Entry, LineCount, MAX_TEXT, Mode, Person, Store,
    bytes_to_path, check_parents, is_binary, tracking_ref,
};
pub use wire::{
    Advertisement, Endpoint, PushConnection, PushOutcome, RefUpdate, RemoteRef, Verdict,
};
