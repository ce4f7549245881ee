//! A tree's bytes, read entry by entry: mode, space, name, NUL, id (git's `tree-walk.c`).

use super::id::{ObjectFormat, ObjectId};
use crate::error::{Error, Kind, Result};

/// The entries of a tree's bytes.
pub(super) struct Lines<'t> {
    left: &'t [u8],
    format: ObjectFormat,
}

/// One of them.
pub(super) struct Line<'t> {
    pub mode: &'t [u8],
    pub name: &'t [u8],
    pub id: ObjectId,
}

impl<'t> Lines<'t> {
    pub fn of(tree: &'t [u8], format: ObjectFormat) -> Lines<'t> {
        Lines { left: tree, format }
    }

    /// How many bytes are left to read.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// The next one; none at the end.
    ///
    /// Errors: integrity, for what is no tree.
    pub fn next_one(&mut self) -> Result<Option<Line<'t>>> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let bytes = self.left;
        let line = || {
            let space = bytes.iter().position(|b| *b == b' ')?;
            let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
            let end = rest.iter().position(|b| *b == 0)?;
            let (id, next) = rest[end + 1..].split_at_checked(self.format.bytes())?;
            let id = ObjectId::from_bytes(id)?;
            let name = &rest[..end];
            Some((Line { mode, name, id }, next))
        };
        let malformed = || Error::new(Kind::Integrity, "a tree is malformed");
        let (line, next) = line().ok_or_else(malformed)?;
        self.left = next;
        Ok(Some(line))
    }
}

impl Line<'_> {
    pub fn is_folder(&self) -> bool {
        matches!(self.mode, b"40000" | b"040000")
    }

    /// Its mode as a number; 0 for what is none.
    pub fn raw_mode(&self) -> i32 {
        let text = std::str::from_utf8(self.mode);
        text.ok()
            .and_then(|text| i32::from_str_radix(text, 8).ok())
            .unwrap_or_default()
    }

    pub fn is_submodule(&self) -> bool {
        self.mode == b"160000"
    }

    pub fn content(&self) -> (&[u8], ObjectId) {
        (self.mode, self.id)
    }

    /// The order in which a tree has its entries: a folder's name ends in `/`.
    pub fn order(&self, other: &Line<'_>) -> std::cmp::Ordering {
        let end = |line: &Self| line.is_folder().then_some(&b'/');
        let (ours, theirs) = (self.name.iter().chain(end(self)), other.name.iter());
        let end = other.is_folder().then_some(&b'/');
        ours.cmp(theirs.chain(end))
    }
}
