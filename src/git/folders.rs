//! The large folders of commits that are looked into again and again. libgit2 keeps small trees
//! and parses a large one for each look, so that to look up every file of a folder would cost
//! the square of its size.

use super::id::{ObjectFormat, ObjectId};
use super::object::{Entry, Mode};
use super::tree_lines::{Line, Lines};
use crate::error::Result;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// From so many entries on a folder is large. libgit2 keeps trees of up to 4096 bytes
/// (`GIT_OPT_SET_CACHE_OBJECT_LIMIT`).
pub(super) const LARGE: usize = 100;

/// How many bytes of folders are kept, besides the last one.
const MOST_BYTES: usize = 32 << 20;

/// How many folders are remembered that were looked into once.
const MOST_SEEN: usize = 10_000;

/// Those that were looked into.
#[derive(Default)]
pub(super) struct Folders {
    seen: HashSet<ObjectId>,
    kept: VecDeque<(ObjectId, Arc<Folder>)>,
    bytes: usize,
}

impl Folders {
    /// One that is kept.
    pub fn get(&self, id: ObjectId) -> Option<Arc<Folder>> {
        let (_, folder) = self.kept.iter().find(|(kept, _)| *kept == id)?;
        Some(Arc::clone(folder))
    }

    /// Takes note of a look into a large folder. True if it was looked into before, and is
    /// worth to be kept.
    pub fn is_looked_into_again(&mut self, id: ObjectId) -> bool {
        if self.seen.len() >= MOST_SEEN {
            self.seen.clear();
        }
        !self.seen.insert(id)
    }

    /// Keeps one, in the place of those that were kept for the longest.
    pub fn keep(&mut self, id: ObjectId, folder: Folder) {
        while self.bytes + folder.size() > MOST_BYTES
            && let Some((_, old)) = self.kept.pop_front()
        {
            self.bytes -= old.size();
        }
        self.bytes += folder.size();
        self.kept.push_back((id, Arc::new(folder)));
    }
}

/// A tree's bytes, and where its entries begin, in the order of their names.
pub(super) struct Folder {
    bytes: Vec<u8>,
    starts: Vec<u32>,
    format: ObjectFormat,
}

impl Folder {
    /// Errors: integrity, for what is no tree.
    pub fn of(bytes: Vec<u8>, format: ObjectFormat) -> Result<Folder> {
        let mut lines = Lines::of(&bytes, format);
        let mut named = Vec::new();
        loop {
            let start = bytes.len() - lines.left();
            match lines.next_one()? {
                Some(line) => named.push((line.name, start as u32)),
                None => break,
            }
        }
        // Of one name twice the first counts, as for one who reads from the beginning.
        named.sort_by_key(|(name, _)| *name);
        let starts = named.into_iter().map(|(_, start)| start).collect();
        Ok(Folder {
            bytes,
            starts,
            format,
        })
    }

    /// What it has under this name.
    pub fn entry(&self, name: &[u8]) -> Option<Entry> {
        let is_before = |start: &u32| self.line(*start).is_some_and(|line| line.name < name);
        let at = self.starts.partition_point(is_before);
        let line = self.line(*self.starts.get(at)?)?;
        (line.name == name).then(|| Entry {
            id: line.id,
            mode: Mode::from_raw(line.raw_mode()),
        })
    }

    fn line(&self, start: u32) -> Option<Line<'_>> {
        let mut lines = Lines::of(&self.bytes[start as usize..], self.format);
        lines.next_one().ok().flatten()
    }

    fn size(&self) -> usize {
        self.bytes.len() + 4 * self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (at, (mode, name)) in entries.iter().enumerate() {
            bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            bytes.extend_from_slice(&[at as u8 + 1; 20]);
        }
        bytes
    }

    #[test]
    fn each_entry_is_found_though_a_folder_sorts_behind_its_name() {
        // git has `a.b` before the folder `a`, as it takes it for `a/`.
        let entries = [
            ("100644", "a.b"),
            ("40000", "a"),
            ("100755", "a0"),
            ("120000", "b"),
            ("100644", "b"),
        ];
        let folder = Folder::of(tree(&entries), ObjectFormat::Sha1).unwrap();
        let found = |name: &str| folder.entry(name.as_bytes()).map(|e| (e.mode, e.id));
        let id = |byte: u8| ObjectId::from_bytes(&[byte; 20]).unwrap();
        assert_eq!(found("a.b"), Some((Mode::File, id(1))));
        assert_eq!(found("a"), Some((Mode::Folder, id(2))));
        assert_eq!(found("a0"), Some((Mode::Executable, id(3))));
        assert_eq!(found("b"), Some((Mode::Symlink, id(4))), "the first of two");
        for absent in ["", "a.", "a1", "A", "c", "a/"] {
            assert_eq!(found(absent), None, "{absent}");
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let mut bytes = tree(&[("100644", "a")]);
        bytes.pop();
        assert!(Folder::of(bytes, ObjectFormat::Sha1).is_err());
    }

    #[test]
    fn folders_that_were_kept_for_the_longest_make_room() {
        let mut folders = Folders::default();
        let id = |byte: u8| ObjectId::from_bytes(&[byte; 20]).unwrap();
        let name = "n".repeat(MOST_BYTES / 3);
        for byte in 1..=4 {
            assert!(!folders.is_looked_into_again(id(byte)));
            assert!(folders.is_looked_into_again(id(byte)));
            let bytes = tree(&[("100644", &name)]);
            folders.keep(id(byte), Folder::of(bytes, ObjectFormat::Sha1).unwrap());
        }
        let kept: Vec<bool> = (1..=4)
            .map(|byte| folders.get(id(byte)).is_some())
            .collect();
        assert_eq!(kept, [false, false, true, true]);
        assert!(folders.bytes <= MOST_BYTES);
    }
}
