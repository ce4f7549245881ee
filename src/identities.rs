//! A clone's memory of the identities of its remotes, so that a token can be judged before
//! the remote is asked. A file in the git directory; one that cannot be read counts as none.
//! And a server's own note of its identity, in case that its ref is lost.

use crate::files::{write_durably_shared, write_whole};
use crate::git::{CommitId, Store};
use crate::identity::{Identity, RepositoryId};
use crate::sharing::Sharing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// How many remotes are kept; a clone has few.
const MOST: usize = 1000;

#[derive(Default, Serialize, Deserialize)]
struct File {
    version: u32,
    /// By the remote's address.
    remotes: BTreeMap<String, RepositoryId>,
}

/// The identity that the remote at `address` had when it was last asked.
pub fn remembered(store: &Store, address: &str) -> Identity {
    let known = read(store).remotes.get(address).copied();
    known.map_or(Identity::Unknown, Identity::Is)
}

/// Remembers the identity of the remote at `address`.
///
/// Errors: in words, if the file cannot be written.
pub fn remember(store: &Store, address: &str, id: RepositoryId) -> Result<(), String> {
    let mut file = read(store);
    file.version = 1;
    if file.remotes.len() >= MOST {
        file.remotes.clear();
    }
    file.remotes.insert(address.to_owned(), id);
    let path = path(store);
    let text = serde_json::to_vec_pretty(&file).map_err(|e| e.to_string())?;
    write_whole(&path, &text).map_err(|e| {
        format!(
            "the repository's identity could not be remembered in {}: {e}",
            path.display()
        )
    })
}

fn path(store: &Store) -> PathBuf {
    store.common_dir().join("aidf").join("identities.json")
}

fn read(store: &Store) -> File {
    let path = path(store);
    let small = std::fs::metadata(&path).is_ok_and(|m| m.len() <= MAX_BYTES);
    let text = small.then(|| std::fs::read(&path).ok()).flatten();
    let file = text.and_then(|t| serde_json::from_slice(&t).ok());
    file.unwrap_or_default()
}

/// Where a server's repository notes its own identity, beside its journal.
pub fn note_of(store: &Store) -> PathBuf {
    store.common_dir().join("aidf").join("identity")
}

/// The identity that a server's repository noted.
pub fn noted(store: &Store) -> Option<CommitId> {
    let text = std::fs::read_to_string(note_of(store)).ok()?;
    CommitId::parse(text.trim()).ok()
}

/// Notes the identity of a server's repository, unless that is noted already.
///
/// Errors: in words, if the file cannot be written.
pub fn note(store: &Store, id: CommitId, sharing: Sharing) -> Result<(), String> {
    if noted(store) == Some(id) {
        return Ok(());
    }
    let path = note_of(store);
    write_durably_shared(&path, format!("{id}\n").as_bytes(), sharing).map_err(|e| {
        format!(
            "the repository's identity could not be noted in {}: {e}",
            path.display()
        )
    })
}
