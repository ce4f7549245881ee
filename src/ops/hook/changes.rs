//! The changes that a commit makes by itself: names, kinds and sizes.

use super::objects::ObjectReader;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Entry, MAX_TEXT, TreePath, is_binary};
use crate::policy::Policy;
use std::collections::HashMap;

/// Two versions of a file are compared line by line if neither is larger than this, in
/// bytes. In larger files, lines that only moved are not counted, because finding them
/// costs too much.
const EXACT_BYTES: u64 = 1 << 20;

/// A path at which a commit differs from every parent.
pub struct Change {
    /// The path.
    pub path: Vec<u8>,
    /// The different entries that the parents have there.
    pub theirs: Vec<Option<Entry>>,
    /// The entry that the commit has there.
    pub ours: Option<Entry>,
}

/// Checks the changes of one commit on a sandbox.
///
/// Errors: denied, with the rule; the errors of the budget.
pub fn check(
    objects: &ObjectReader<'_>,
    policy: &Policy,
    id: CommitId,
    changes: &[Change],
) -> Result<()> {
    let limits = policy.limits();
    let at = format!("in commit {}", id.short());
    let (mut files, mut bytes, mut lines) = (0u64, 0u64, 0u64);
    for change in changes {
        let path = String::from_utf8_lossy(&change.path);
        if change.ours.is_some_and(|e| !e.mode.is_file()) {
            return Err(Error::new(
                Kind::Denied,
                format!("`{path}` would be a symlink or submodule ({at})"),
            )
            .hint("sandboxes may contain only files; leave it out"));
        }
        // A name that a parent has already is not new, so it is not checked.
        if change.ours.is_some() && change.theirs.iter().all(Option::is_none) {
            check_name(&change.path, &at)?;
        }
        let size = match change.ours {
            Some(entry) => objects.store.blob_size(entry.id)?,
            None => 0,
        };
        // Each write adds its own entries to the ledgers, which grow with time.
        if policy.ledgers().contains(&path) {
            let most = crate::yaml::MAX_BYTES as u64;
            if size > most {
                return Err(too_much(&format!("`{path}` has {size} bytes"), most, &at));
            }
            continue;
        }
        files += 1;
        bytes = bytes.saturating_add(size);
        if let Some(most) = limits.file_bytes.filter(|most| size > *most) {
            return Err(too_much(&format!("`{path}` has {size} bytes"), most, &at));
        }
        if let Some(most) = limits.lines {
            let old = change.theirs.first().copied().flatten();
            lines += count_lines(objects, old, change.ours)?;
            // The limit is exceeded already, so the rest need not be compared.
            if lines > most {
                return Err(too_much(&format!("{lines} lines change"), most, &at));
            }
        }
    }
    for (what, count, most) in [
        ("files change", files, limits.files),
        ("bytes are written", bytes, limits.total_bytes),
    ] {
        if let Some(most) = most.filter(|most| count > *most) {
            return Err(too_much(&format!("{count} {what}"), most, &at));
        }
    }
    Ok(())
}

fn check_name(path: &[u8], at: &str) -> Result<()> {
    let shown = String::from_utf8_lossy(path);
    let fault = match std::str::from_utf8(path) {
        Err(_) => Some("it is not UTF-8".to_owned()),
        Ok(text) => TreePath::new(text).err().map(|e| e.message().to_owned()),
    };
    match fault {
        None => Ok(()),
        Some(why) => Err(Error::new(
            Kind::Denied,
            format!("`{shown}` is a path that not every platform allows ({at}): {why}"),
        )
        .hint("rename it")),
    }
}

/// How many lines were added and removed; 0 for content without lines. aidf counts in the
/// same way when it commits.
fn count_lines(objects: &ObjectReader<'_>, old: Option<Entry>, new: Option<Entry>) -> Result<u64> {
    let mut total = 0;
    for entry in [old, new]
        .into_iter()
        .flatten()
        .filter(|e| e.mode.is_file())
    {
        let size = objects.store.blob_size(entry.id)?;
        if size > MAX_TEXT {
            return Ok(0);
        }
        total += size;
    }
    if total <= EXACT_BYTES {
        objects.budget.bytes(total)?;
        let count = objects.store.count_lines(old, new)?;
        return Ok(count.added + count.removed);
    }
    let read = |entry: Option<Entry>| match entry.filter(|e| e.mode.is_file()) {
        Some(entry) => objects.blob(entry.id),
        None => Ok(Default::default()),
    };
    Ok(count_by_content(&read(old)?, &read(new)?))
}

/// How many lines only one of two texts has, in any order; 0 for binary files.
fn count_by_content(old: &[u8], new: &[u8]) -> u64 {
    if is_binary(old) || is_binary(new) {
        return 0;
    }
    let mut left: HashMap<&[u8], i64> = HashMap::new();
    for line in old.split_inclusive(|b| *b == b'\n') {
        *left.entry(line).or_default() += 1;
    }
    for line in new.split_inclusive(|b| *b == b'\n') {
        *left.entry(line).or_default() -= 1;
    }
    left.values().map(|n| n.unsigned_abs()).sum()
}

fn too_much(what: &str, most: u64, at: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!("{what}, and the policy allows {most} ({at})"),
    )
    .hint("push less at once, or ask an operator")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_large_files_are_counted_by_their_content() {
        assert_eq!(count_by_content(b"a\nb\nb\n", b"b\na\nc\n"), 2);
        assert_eq!(count_by_content(b"", b"x\ny"), 2);
        assert_eq!(count_by_content(b"\0", b"x\n"), 0);
    }
}
