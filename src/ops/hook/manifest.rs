//! Checks a push to the manifest of the backups.

use super::push::{Push, Update};
use super::{NO_REFS, PreReceive};
use crate::backup_manifest::{self, Opened};
use crate::git::ObjectId;

impl PreReceive {
    /// Checks that the manifest loses no entry of an existing backup, and gains only
    /// entries that match a backup that exists or that this push makes.
    pub(super) fn check_manifest(
        &self,
        update: &Update,
        push: &Push,
    ) -> std::result::Result<(), &'static str> {
        const MOST: usize = 1000;
        const UNREADABLE: &str = "it cannot be read";
        let tree = |id: Option<ObjectId>| -> std::result::Result<Option<ObjectId>, &'static str> {
            id.map(|id| self.store.commit(id).map(|c| c.tree))
                .transpose()
                .map_err(|_| UNREADABLE)
        };
        let changes = self
            .store
            .changes_up_to(tree(update.old)?, tree(update.new)?, MOST)
            .map_err(|_| UNREADABLE)?
            .ok_or("it changes more entries than one push may")?;
        for change in changes {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let Some((name, _)) = backup_manifest::read_file(&path) else {
                match change.new {
                    Some(_) => return Err("it contains something other than entries of backups"),
                    None => continue,
                }
            };
            let full = format!("refs/heads/{name}");
            let there = self.store.local_ref(&full).map_err(|_| NO_REFS)?;
            if change.old.is_some() && there.is_some() {
                return Err("an entry of an existing backup would change");
            }
            let Some(new) = change.new else { continue };
            let made = push.updates.iter().find(|u| u.name == full);
            let commit = made.map_or(there, |u| u.new);
            let size = self.store.blob_size(new.id).unwrap_or(u64::MAX);
            if !new.mode.is_file() || size > backup_manifest::MAX_BYTES {
                return Err("one of its entries is too long, or not a file");
            }
            let text = self.store.read_blob(new.id).map_err(|_| UNREADABLE)?;
            let opened = backup_manifest::open(&self.keys, &self.repo_name, &path, &text);
            match opened {
                Opened::Bad(why) => return Err(why),
                // Anybody could make up keys and fill the manifest with their entries.
                Opened::Unknown(_) if !self.keys.is_empty() => {
                    return Err(
                        "one of its entries is sealed with a key that the server does not have",
                    );
                }
                _ => {}
            }
            let says = backup_manifest::read(&text).map(|s| s.entry.commit);
            if says.is_none() || says != commit {
                return Err("one of its entries is for a backup that does not exist");
            }
        }
        Ok(())
    }
}
