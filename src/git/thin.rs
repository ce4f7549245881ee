//! What a new object has in common with the one before it: a push then sends the change alone,
//! as a delta on an object that the server has (a thin pack).
//!
//! Format: gitformat-pack(5), "Deltified representation". git searches for the best of many
//! bases. Here the base is what the first parent has at the same path, and a delta is what lies
//! between a common beginning and a common end: that fits a log that grows, and an edit of one
//! place of a large file.

use super::id::ObjectId;
use super::objects::Objects;
use crate::ends::{common_end, common_start};
use git2::{ObjectType, Repository, Tree};
use std::collections::{HashMap, HashSet};

/// Smaller objects, in bytes, are sent whole: there is little to save.
const SMALL: usize = 32 << 10;
/// Larger ones, in bytes, are sent whole: both versions would have to be held in memory.
const LARGE: usize = 32 << 20;

/// An object as a delta.
pub(super) struct Delta {
    /// The object that it changes.
    pub base: ObjectId,
    /// The instructions, not compressed.
    pub bytes: Vec<u8>,
}

/// What each of these objects can be made from: the blob that the first parent of their
/// commit has at the same path, where that is none of them. Nothing is looked for where none of
/// them is of a size that a delta serves. What is not here is not fetched for this.
pub(super) fn bases(repo: &Repository, objects: &[ObjectId]) -> HashMap<ObjectId, ObjectId> {
    let mut found = HashMap::new();
    if !Objects::of(repo).is_ok_and(|odb| objects.iter().any(|o| is_served(&odb, *o))) {
        return found;
    }
    let new: HashSet<ObjectId> = objects.iter().copied().collect();
    let commit = |id: &ObjectId| repo.find_commit(id.within(repo)).ok();
    for commit in objects.iter().filter_map(commit) {
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
    header.is_ok_and(|(size, kind)| kind == ObjectType::Blob && (SMALL..=LARGE).contains(&size))
}

/// The object as a delta on this base, where that is shorter by half at least.
pub(super) fn delta(odb: &Objects<'_>, id: ObjectId, base: ObjectId) -> Option<Delta> {
    if ![id, base].into_iter().all(|side| is_served(odb, side)) {
        return None;
    }
    let (old, new) = (odb.read(base).ok()?, odb.read(id).ok()?);
    let bytes = between(old.data(), new.data());
    (bytes.len() < new.len() / 2).then_some(Delta { base, bytes })
}

/// The instructions that make `new` of `old`.
fn between(old: &[u8], new: &[u8]) -> Vec<u8> {
    let start = common_start(old, new);
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = common_end(old_rest, new_rest);
    let mut bytes = Vec::new();
    size(old.len(), &mut bytes);
    size(new.len(), &mut bytes);
    copy(0, start, &mut bytes);
    for piece in new_rest[..new_rest.len() - end].chunks(127) {
        bytes.push(piece.len() as u8);
        bytes.extend_from_slice(piece);
    }
    copy(old.len() - end, end, &mut bytes);
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
            assert_eq!(applied(&old, &between(&old, &new)), new, "round {round}");
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
                let delta = between(&old, &new);
                assert_eq!(applied(&old, &delta), new, "{length} {put:?}");
            }
        }
    }
}
