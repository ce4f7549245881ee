//! What a new object has in common with the one before it: a push then sends the change alone,
//! as a delta on an object that the server has (a thin pack).
//!
//! Format: gitformat-pack(5), "Deltified representation". git searches for the best of many
//! bases. Here the base is what the first parent has at the same path, and a delta is what lies
//! between a common beginning and a common end: that fits a log that grows, and an edit of one
//! place of a large file.

use super::id::ObjectId;
use super::objects::Objects;
use crate::ends::Shared;
use git2::{ObjectType, Repository, Tree};
use std::collections::{HashMap, HashSet};

/// Smaller objects, in bytes, are sent whole: there is little to save.
const SMALL: usize = 32 << 10;
/// Larger ones, in bytes, are sent whole: both versions would have to be held in memory.
const LARGE: usize = 32 << 20;

/// An object as a delta.
#[derive(Clone)]
pub(super) struct Delta {
    /// The object that it changes.
    pub base: ObjectId,
    /// The instructions, not compressed.
    pub bytes: Vec<u8>,
}

impl Delta {
    /// A blob of this content as a delta on the one that it was made from; none where that
    /// saves little.
    pub fn of(base: ObjectId, shared: Shared, content: &[u8]) -> Option<Delta> {
        let both = [shared.of, content.len()];
        let fit = both.into_iter().all(is_of_a_size);
        fit.then(|| between(base, shared, content)).flatten()
    }
}

/// What each of these objects can be made from, but for those whose delta is known: the blob
/// that the first parent of their commit has at the same path, where that is none of them.
/// Nothing is looked for where none of them is of a size that a delta serves. What is not here
/// is not fetched for this.
pub(super) fn bases(
    repo: &Repository,
    objects: &[ObjectId],
    known: &HashMap<ObjectId, Delta>,
) -> HashMap<ObjectId, ObjectId> {
    let mut found = HashMap::new();
    let Ok(odb) = Objects::of(repo) else {
        return found;
    };
    let is_sought = |id: &ObjectId| !known.contains_key(id) && is_served(&odb, *id);
    if !objects.iter().any(is_sought) {
        return found;
    }
    let new: HashSet<ObjectId> = objects.iter().copied().collect();
    // A large file is not read to find that it is no commit.
    let is_commit = |id: &ObjectId| matches!(odb.header(*id), Ok((_, ObjectType::Commit)));
    let commits = objects.iter().filter(|id| is_commit(id));
    for commit in commits.filter_map(|id| repo.find_commit(id.within(repo)).ok()) {
        // Whoever has the parent has all of it.
        let Some(parent) = commit
            .parent(0)
            .ok()
            .filter(|p| !new.contains(&p.id().into()))
        else {
            continue;
        };
        if let (Ok(tree), Ok(before)) = (commit.tree(), parent.tree()) {
            pair(repo, &tree, &before, &new, &mut found);
        }
    }
    found
}

fn pair(
    repo: &Repository,
    tree: &Tree<'_>,
    before: &Tree<'_>,
    new: &HashSet<ObjectId>,
    found: &mut HashMap<ObjectId, ObjectId>,
) {
    for entry in tree.iter().filter(|e| new.contains(&e.id().into())) {
        let Some(old) = before.get_name_bytes(entry.name_bytes()) else {
            continue;
        };
        match (entry.kind(), old.kind()) {
            (Some(ObjectType::Tree), Some(ObjectType::Tree)) => {
                let both = (repo.find_tree(entry.id()), repo.find_tree(old.id()));
                if let (Ok(tree), Ok(before)) = both {
                    pair(repo, &tree, &before, new, found);
                }
            }
            (Some(ObjectType::Blob), Some(ObjectType::Blob)) if !new.contains(&old.id().into()) => {
                found.insert(entry.id().into(), old.id().into());
            }
            _ => {}
        }
    }
}

/// Whether this is a blob that is here, of a size that is worth a delta.
fn is_served(odb: &Objects<'_>, id: ObjectId) -> bool {
    if !odb.has_now(id) {
        return false;
    }
    let header = odb.header(id);
    header.is_ok_and(|(size, kind)| kind == ObjectType::Blob && is_of_a_size(size))
}

/// Whether a delta serves an object of so many bytes.
fn is_of_a_size(bytes: usize) -> bool {
    (SMALL..=LARGE).contains(&bytes)
}

/// The object as a delta on this base, where that is shorter by half at least.
pub(super) fn delta(odb: &Objects<'_>, id: ObjectId, base: ObjectId) -> Option<Delta> {
    if ![id, base].into_iter().all(|side| is_served(odb, side)) {
        return None;
    }
    let (old, new) = (odb.read(base).ok()?, odb.read(id).ok()?);
    let shared = Shared::between(old.data(), new.data());
    between(base, shared, new.data())
}

/// The delta, where it is shorter than the object by half at least.
fn between(base: ObjectId, shared: Shared, new: &[u8]) -> Option<Delta> {
    let changed = new.get(shared.start..new.len().checked_sub(shared.end)?)?;
    if changed.len() >= new.len() / 2 {
        return None;
    }
    let bytes = instructions(shared, changed, new.len());
    (bytes.len() < new.len() / 2).then_some(Delta { base, bytes })
}

/// The instructions that make an object of `length` bytes, with `changed` between what it
/// shares with the old one.
fn instructions(shared: Shared, changed: &[u8], length: usize) -> Vec<u8> {
    let Shared { of, start, end } = shared;
    let mut bytes = Vec::new();
    size(of, &mut bytes);
    size(length, &mut bytes);
    copy(0, start, &mut bytes);
    for piece in changed.chunks(127) {
        bytes.push(piece.len() as u8);
        bytes.extend_from_slice(piece);
    }
    copy(of - end, end, &mut bytes);
    bytes
}

/// Seven bits a byte, the lowest first.
fn size(mut number: usize, bytes: &mut Vec<u8>) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Copies `length` bytes of the base. An instruction names the bytes of its offset and its
/// length that are not zero, and copies less than 2^24 bytes.
fn copy(mut offset: usize, mut length: usize, bytes: &mut Vec<u8>) {
    const MOST: usize = 0xff_ffff;
    while length > 0 {
        let piece = length.min(MOST);
        let at = bytes.len();
        bytes.push(0x80);
        let numbers = offset.to_le_bytes()[..4].to_vec();
        let numbers = numbers.into_iter().chain(piece.to_le_bytes()[..3].to_vec());
        for (bit, byte) in numbers.enumerate().filter(|(_, byte)| *byte != 0) {
            bytes[at] |= 1 << bit;
            bytes.push(byte);
        }
        offset += piece;
        length -= piece;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    /// Follows the instructions, as gitformat-pack(5) has them.
    fn applied(old: &[u8], delta: &[u8]) -> Vec<u8> {
        let mut bytes = delta.iter().copied();
        let mut number = || {
            let (mut number, mut shift) = (0, 0);
            loop {
                let byte = bytes.next().unwrap();
                number |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    return number;
                }
            }
        };
        assert_eq!(number(), old.len());
        let length = number();
        let mut new = Vec::new();
        while let Some(instruction) = bytes.next() {
            if instruction & 0x80 == 0 {
                assert_ne!(instruction, 0, "it is reserved");
                new.extend(bytes.by_ref().take(usize::from(instruction)));
                continue;
            }
            let mut part = |bits: std::ops::Range<u8>| {
                let first = bits.start;
                bits.filter(|bit| instruction >> bit & 1 == 1)
                    .map(|bit| usize::from(bytes.next().unwrap()) << (8 * (bit - first)))
                    .sum::<usize>()
            };
            let (offset, size) = (part(0..4), part(4..7));
            // A length that is not named stands for 2^16.
            let size = if size == 0 { 0x10000 } else { size };
            new.extend_from_slice(&old[offset..offset + size]);
        }
        assert_eq!(new.len(), length);
        new
    }

    fn made(old: &[u8], new: &[u8]) -> Vec<u8> {
        let shared = Shared::between(old, new);
        let changed = &new[shared.start..new.len() - shared.end];
        instructions(shared, changed, new.len())
    }

    #[test]
    fn a_delta_makes_the_new_of_the_old() {
        let mut random = StdRng::seed_from_u64(12);
        for round in 0..2000 {
            let length = random.random_range(0..3000);
            let old: Vec<u8> = (0..length).map(|_| random.random_range(0..4)).collect();
            let mut new = old.clone();
            for _ in 0..random.random_range(0..3) {
                let from = random.random_range(0..=new.len());
                let to = random.random_range(from..=new.len());
                let put = vec![random.random_range(0..4); random.random_range(0..400)];
                new.splice(from..to, put);
            }
            assert_eq!(applied(&old, &made(&old, &new)), new, "round {round}");
        }
    }

    #[test]
    fn lengths_at_the_edges_of_an_instruction_are_copied() {
        for length in [
            0, 1, 127, 128, 0xffff, 0x10000, 0x10001, 0xff_ffff, 0x100_0000,
        ] {
            let old: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            for put in ["", "x"] {
                let new = [&old[..], put.as_bytes(), &old[..]].concat();
                let delta = made(&old, &new);
                assert_eq!(applied(&old, &delta), new, "{length} {put:?}");
            }
        }
    }
}
