//! The part of a commit's bytes that says how it hangs together with others.

use super::id::{ObjectFormat, ObjectId};

/// What the first lines of a commit say.
pub(super) struct Header {
    pub tree: ObjectId,
    /// In order.
    pub parents: Vec<ObjectId>,
    /// Commit time in seconds since 1970.
    pub time: i64,
}

impl Header {
    /// Reads a commit's bytes; none for bytes that are no commit of a repository of this
    /// format.
    pub fn read(raw: &[u8], format: ObjectFormat) -> Option<Header> {
        let mut lines = raw.split(|b| *b == b'\n');
        let id = |hex: &[u8]| ObjectId::parse_bytes(hex, format);
        let tree = id(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut parents = Vec::new();
        let mut line = lines.next()?;
        // A later line of that name is nothing to git.
        while let Some(parent) = line.strip_prefix(b"parent ") {
            parents.push(id(parent)?);
            line = lines.next()?;
        }
        line.strip_prefix(b"author ")?;
        let committer = lines.next()?.strip_prefix(b"committer ")?;
        // As git reads it: what follows the address, and 0 where that is no number.
        let date = committer.rsplit(|b| *b == b'>').next().unwrap_or_default();
        let date = std::str::from_utf8(date).unwrap_or_default();
        let seconds = date.split_ascii_whitespace().next();
        Some(Header {
            tree,
            parents,
            time: seconds.and_then(|s| s.parse().ok()).unwrap_or(0),
        })
    }
}
