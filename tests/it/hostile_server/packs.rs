//! Packs as nobody sound makes them.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};
use std::io::Write;

pub const COMMIT: u8 = 1;
pub const TREE: u8 = 2;
pub const BLOB: u8 = 3;

/// Deflates.
pub fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut to = ZlibEncoder::new(Vec::new(), Compression::best());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

/// Deflates so many zeros.
pub fn zeros(count: u64) -> Vec<u8> {
    let mut to = ZlibEncoder::new(Vec::new(), Compression::best());
    let piece = vec![0; 1 << 20];
    let mut left = count;
    while left > 0 {
        let n = left.min(1 << 20);
        to.write_all(&piece[..n as usize]).unwrap();
        left -= n;
    }
    to.finish().unwrap()
}

/// An entry's head: its kind and its length.
pub fn head(kind: u8, size: u64) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

fn number(value: u64) -> Vec<u8> {
    let mut bytes = vec![(value & 0x7f) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

/// An object as it is.
pub fn whole(kind: u8, content: &[u8]) -> Vec<u8> {
    [head(kind, content.len() as u64), zip(content)].concat()
}

/// A delta's instructions: `times` copies of the base's first `copied` bytes.
pub fn copies(base: u64, times: usize, copied: u32) -> Vec<u8> {
    let mut bytes = number(base);
    bytes.extend(number(times as u64 * u64::from(copied)));
    let [a, b, c, _] = copied.to_le_bytes();
    for _ in 0..times {
        bytes.extend([0xf0, a, b, c]);
    }
    bytes
}

/// A delta on the object `back` bytes before it.
pub fn on_offset(back: usize, delta: &[u8]) -> Vec<u8> {
    let mut place = vec![(back & 0x7f) as u8];
    let mut rest = back >> 7;
    while rest > 0 {
        rest -= 1;
        place.insert(0, 0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    [head(6, delta.len() as u64), place, zip(delta)].concat()
}

/// A delta on the object of this id.
pub fn on_id(id: &[u8; 20], delta: &[u8]) -> Vec<u8> {
    [head(7, delta.len() as u64), id.to_vec(), zip(delta)].concat()
}

/// The id of an object.
pub fn id_of(kind: &str, content: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hash.finalize().into()
}

/// An id's digits.
pub fn hex(id: &[u8; 20]) -> String {
    id.iter().map(|b| format!("{b:02x}")).collect()
}

/// A pack that says it has `count` objects, with its checksum.
pub fn pack(count: u32, entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"PACK\0\0\0\x02".to_vec();
    bytes.extend(count.to_be_bytes());
    entries.iter().for_each(|e| bytes.extend(e));
    let digest = Sha1::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// A commit of an empty tree, with its pack's entries and its id.
pub fn commit() -> (Vec<Vec<u8>>, String) {
    let text = format!(
        "tree {}\nauthor A <a@b.example> 1700000000 +0000\ncommitter A <a@b.example> 1700000000 +0000\n\nAll\n",
        hex(&id_of("tree", b""))
    );
    let id = hex(&id_of("commit", text.as_bytes()));
    (vec![whole(TREE, b""), whole(COMMIT, text.as_bytes())], id)
}
