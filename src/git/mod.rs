//! The door to git: the only module that names `git2`.
//!
//! Rules of the door: nothing of `git2` leaves it; ids, refs and paths are checked
//! types; a remote is reached through `wire` alone, never through libgit2's own
//! transports (its local one loses updates, its push believes nothing the server says);
//! trees are edited by path, without index or working tree.

mod alternates;
mod bundle;
mod bundling;
mod cache;
mod cache_prune;
mod checkout;
mod children;
mod compare;
mod config;
mod connectivity;
mod convert;
mod count_files;
mod credential;
mod cuts;
mod draft;
mod endpoint;
mod fetched;
mod file_mode;
mod filled;
mod filters_here;
mod folders;
#[cfg(test)]
mod foreign_ids;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod graph;
mod handed;
mod handles;
mod hash;
mod header;
mod id;
mod index;
mod index_scan;
mod indexed;
mod installed;
mod intake;
mod keep;
mod lanes;
mod lfs;
mod limits;
mod lineage;
mod lookup;
mod loose;
mod made;
mod merge;
mod merge_commits;
mod narrow;
mod object;
mod object_folders;
mod objects;
mod oid;
mod on_path;
mod open;
mod pack;
mod pack_check;
mod packing;
mod places;
mod plumbing;
mod present;
mod refs;
mod remote;
mod revert;
mod server;
mod settings;
mod sparse;
mod store;
mod thin;
mod tree_lines;
mod unfinished;
mod why;
mod wire;
mod working;

pub use alternates::borrowed_from;
pub use bundle::Bundle;
pub use bundling::{BegunBundle, FullBundle};
pub use checkout::{Standing, WorkFile};
pub use children::Programs;
pub use children::{Child, command, run_alone};
pub use compare::is_binary;
pub use connectivity::Known;
pub use convert::{Convert, attribute_files};
pub use count_files::FileCount;
pub(crate) use credential::{
    Asked, FROM_APP, FROM_HELPERS, FROM_URL, Family, ask_helpers, families, hide, how_to_name,
    tell_helpers, token,
};
pub use credential::{Login, LoginSource};
pub use draft::{Draft, Edit};
pub use endpoint::Endpoint;
pub use endpoint::{has_password, redact};
pub use fetched::TreePair;
pub(crate) use id::leads_away;
pub use id::{CommitId, ObjectFormat, ObjectId, RefName, TreePath, is_invisible};
pub use index::{INDEX_UNREADABLE, unmerged};
pub use installed::{OLDEST_GIT, git_version, numbers_of};
pub use intake::INTAKE;
pub(crate) use keep::{FROM_GH, Keepsake, Kept, gh_login, has_helper, how_to_have_one, keep};
pub use limits::{TransferFile, TransferLimits};
pub use lineage::{Lineage, Stand};
pub use merge::{Conflict, Labels, MergedEntry, MergedText};
pub use merge_commits::MergedTree;
pub use object::{
    Change, CommitInfo, Entry, Folder, LineCount, MAX_COMMIT, MAX_TEXT, Mode, Person, RefMove,
    bytes_to_path,
};
pub use on_path::has_program;
pub use present::Present;
pub use refs::{SNAPSHOTS, tracking_ref};
pub use remote::{HEADS, Remote, RemoteOptions, http_of_user};
pub use revert::{Undo, undo};
pub use store::{Store, Unkept, in_the_way};
pub(crate) use wire::PushFailure;
#[cfg(any(fuzzing, test))]
pub(crate) use wire::fuzzing as wire_fuzzing;
pub use wire::{
    Advertisement, FetchConnection, Heard, PushConnection, PushOutcome, RefUpdate, RemoteRef,
    SshClient, Verdict,
};
pub use working::IndexStamp;
