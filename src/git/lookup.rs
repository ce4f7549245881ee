//! What the tree of a commit has at a path.

use super::folders::{Folder, LARGE};
use super::id::ObjectId;
use super::object::{Entry, Mode};
use super::objects::Objects;
use super::store::Store;
use crate::error::{Kind, OrFail, Result};
use crate::mutex::locked;

impl Store {
    /// What `tree` holds at `path`; `None` when nothing.
    pub fn entry(&self, tree: ObjectId, path: &[u8]) -> Result<Option<Entry>> {
        let mut folder = tree;
        let mut parts = path.split(|&b| b == b'/').peekable();
        while let Some(part) = parts.next() {
            let Some(entry) = self.entry_of(folder, part)? else {
                return Ok(None);
            };
            if parts.peek().is_none() {
                return Ok(Some(entry));
            }
            if entry.mode != Mode::Folder {
                return Ok(None);
            }
            folder = entry.id;
        }
        Ok(None)
    }

    /// What one folder has under a name.
    fn entry_of(&self, folder: ObjectId, name: &[u8]) -> Result<Option<Entry>> {
        if let Some(kept) = locked(&self.folders).get(folder) {
            return Ok(kept.entry(name));
        }
        let tree = self.tree(folder)?;
        let found = tree.iter().find(|e| e.name_bytes() == name).map(|e| Entry {
            id: ObjectId::from(e.id()),
            mode: Mode::from_raw(e.filemode_raw()),
        });
        if tree.len() >= LARGE && locked(&self.folders).is_looked_into_again(folder) {
            let unread = || format!("tree {folder} cannot be read");
            let objects = Objects::of(self.repo())?;
            let tree = objects.read(folder).or_fail(Kind::NotFound, unread)?;
            let kept = Folder::of(tree.data().to_vec(), self.format())?;
            locked(&self.folders).keep(folder, kept);
        }
        Ok(found)
    }
}
