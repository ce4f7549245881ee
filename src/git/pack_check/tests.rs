//! Packs as nobody sound makes them, and sound ones in pieces.

use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut to = ZlibEncoder::new(Vec::new(), Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn size(kind: u8, mut size: u64) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    size >>= 4;
    while size > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((size & 0x7f) as u8);
        size >>= 7;
    }
    bytes
}

fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![(value & 0x7f) as u8];
    value >>= 7;
    while value > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((value & 0x7f) as u8);
        value >>= 7;
    }
    bytes
}

fn pack(count: u32, entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"PACK\0\0\0\x02".to_vec();
    bytes.extend(count.to_be_bytes());
    entries.iter().for_each(|e| bytes.extend(e));
    bytes.extend([7; 20]);
    bytes
}

fn blob(content: &[u8]) -> Vec<u8> {
    [size(3, content.len() as u64), zip(content)].concat()
}

/// A delta on what lies `back` bytes before it.
fn delta(back: u8, base: u64, result: u64) -> Vec<u8> {
    let content = [number(base), number(result), b"\x01x".to_vec()].concat();
    [size(6, content.len() as u64), vec![back], zip(&content)].concat()
}

fn named(id: [u8; 20], base: u64, result: u64) -> Vec<u8> {
    let content = [number(base), number(result), b"\x01x".to_vec()].concat();
    [size(7, content.len() as u64), id.to_vec(), zip(&content)].concat()
}

fn limits() -> TransferLimits {
    TransferLimits {
        objects: 10,
        object_bytes: 100_000,
        memory_bytes: 1000,
        ..TransferLimits::default()
    }
}

/// Reads a pack whole and byte by byte, which must come to the same.
fn read(bytes: &[u8]) -> Result<bool> {
    let whole = read_in(bytes, bytes.len());
    for piece in [1, 7] {
        let other = read_in(bytes, piece);
        assert_eq!(
            whole.as_ref().map_err(Error::message).ok(),
            other.as_ref().map_err(Error::message).ok()
        );
        if let (Err(one), Err(other)) = (&whole, &other) {
            assert_eq!(one.message(), other.message());
        }
    }
    whole
}

fn read_in(bytes: &[u8], piece: usize) -> Result<bool> {
    let mut check = PackCheck::new(limits(), ObjectFormat::Sha1, true);
    for part in bytes.chunks(piece.max(1)) {
        check.add(part, &|id| match id.as_bytes()[0] {
            1 => Some(10),
            2 => Some(5000),
            _ => None,
        })?;
    }
    Ok(check.is_complete())
}

#[track_caller]
fn refused(bytes: &[u8], kind: Kind, words: &str) {
    let error = read(bytes).unwrap_err();
    assert_eq!(error.kind(), kind, "{}", error.message());
    assert!(error.message().contains(words), "{}", error.message());
}

#[test]
fn a_delta_may_be_based_on_each_entry_before_it_and_on_nothing_else() {
    let blobs: Vec<Vec<u8>> = (0..9).map(|n| blob(&vec![b'a'; n * 3])).collect();
    let mut back = 0;
    for base in blobs.iter().rev() {
        back += base.len() as u8;
        let based_on = |back| pack(10, &[blobs.clone(), vec![delta(back, 3, 1)]].concat());
        assert!(read(&based_on(back)).unwrap());
        refused(&based_on(back - 1), Kind::Integrity, "not an object");
        refused(&based_on(back + 1), Kind::Integrity, "not an object");
    }
}

#[test]
fn a_sound_pack_is_read_to_its_end() {
    assert!(read(&pack(0, &[])).unwrap());
    let (one, two) = (blob(b"one"), blob(b""));
    let back = (one.len() + two.len()) as u8;
    let all = [one, two, delta(back, 3, 1), named([1; 20], 10, 1)];
    let bytes = pack(4, &all);
    assert!(read(&bytes).unwrap());
    assert!(!read(&bytes[..bytes.len() - 1]).unwrap());
    assert!(!read(&bytes[..20]).unwrap());
    assert!(!read(b"").unwrap());
}

#[test]
fn what_is_no_pack_is_refused() {
    refused(b"PACK\0\0\0\x09\0\0\0\0", Kind::Integrity, "version 2");
    refused(b"<html><body>", Kind::Integrity, "version 2");
    let long = [pack(1, &[blob(b"x")]), vec![0]].concat();
    refused(&long, Kind::Integrity, "after its end");
    refused(&pack(1, &[size(5, 1)]), Kind::Integrity, "an unknown type");
    refused(&pack(1, &[vec![0xff; 30]]), Kind::Integrity, "no end");
    let endless = [size(6, 1), vec![0xff; 30]].concat();
    refused(&pack(1, &[endless]), Kind::Integrity, "before the pack");
}

#[test]
fn an_object_of_another_length_than_it_says_is_refused() {
    let short = [size(3, 4), zip(b"abc")].concat();
    refused(&pack(1, &[short]), Kind::Integrity, "shorter");
    let long = [size(3, 2), zip(b"abc")].concat();
    refused(&pack(1, &[long]), Kind::Integrity, "longer");
    let no_zip = [size(3, 2), vec![0x55; 30]].concat();
    refused(&pack(1, &[no_zip]), Kind::Integrity, "inflated");
    let bare = [size(6, 1), vec![1], zip(b"\x05")].concat();
    let bare = [blob(b"one"), bare].concat();
    let at = blob(b"one").len() as u8;
    let mut bytes = bare.clone();
    bytes[at as usize + 1] = at;
    refused(
        &pack(2, &[bytes]),
        Kind::Integrity,
        "does not say the length",
    );
}

#[test]
fn what_is_declared_above_a_bound_is_refused_at_its_declaration() {
    refused(&pack(11, &[])[..12], Kind::Denied, "11 objects");
    refused(&pack(1, &[size(3, 100_001)])[..15], Kind::Denied, "a file");
    for kind in [1, 2, 4] {
        refused(&pack(1, &[size(kind, 1001)])[..14], Kind::Denied, "tree");
    }
    refused(&pack(1, &[size(6, 1001)])[..14], Kind::Denied, "a delta");
    let one = blob(b"one");
    let at = one.len() as u8;
    for (base, result) in [(3, 1001), (1001, 3), (3, u64::MAX >> 2), (1 << 60, 1)] {
        let all = [one.clone(), delta(at, base, result)];
        refused(&pack(2, &all), Kind::Denied, "makes or needs");
    }
    let endless = [vec![0xff; 20]].concat();
    let endless = [size(6, 20), vec![at], zip(&endless)].concat();
    refused(&pack(2, &[one, endless]), Kind::Integrity, "no end");
}

#[test]
fn a_delta_has_an_object_that_fits_for_its_base() {
    let one = blob(b"one");
    let at = one.len() as u8;
    for back in [0, 1, at - 1, at + 1] {
        let all = [one.clone(), delta(back, 3, 1)];
        refused(&pack(2, &all), Kind::Integrity, "base");
    }
    let large = blob(&[0; 5000]);
    let at = large.len() as u8;
    // Whatever it says of its base, that is what would be held.
    let all = [large.clone(), delta(at, 3, 1)];
    refused(&pack(2, &all), Kind::Denied, "a delta on an object");
    refused(
        &pack(1, &[named([2; 20], 3, 1)]),
        Kind::Denied,
        "a delta on an object",
    );
    let mut hash = Hash::new(ObjectFormat::Sha1);
    hash.update(b"blob 5000\0");
    hash.update(&[0; 5000]);
    let id: [u8; 20] = hash.finish().try_into().unwrap();
    for all in [
        [large.clone(), named(id, 3, 1)],
        [named(id, 3, 1), large.clone()],
    ] {
        refused(&pack(2, &all), Kind::Denied, "a delta on an object");
    }
    assert!(read(&pack(2, &[large, named([9; 20], 3, 1)])).unwrap());
}

#[test]
fn a_chain_of_deltas_has_a_longest_length() {
    let limits = TransferLimits::default();
    for (links, fits) in [(4095, true), (4096, false)] {
        let first = blob(b"x");
        let mut last = first.len() as u8;
        let mut all = vec![first];
        for _ in 0..links {
            let next = delta(last, 1, 1);
            last = next.len() as u8;
            all.push(next);
        }
        let bytes = pack(links + 1, &all);
        let read = PackCheck::new(limits, ObjectFormat::Sha1, true).add(&bytes, &|_| None);
        assert_eq!(read.is_ok(), fits, "{links}");
    }
}

#[test]
fn deltas_by_id_are_refused_where_nobody_can_index_them() {
    let bytes = pack(1, &[named([1; 20], 10, 1)]);
    let error = PackCheck::new(limits(), ObjectFormat::Sha1, false).add(&bytes, &|_| Some(10));
    let error = error.unwrap_err();
    assert!(error.hint_text().is_some_and(|h| h.contains("install git")));
}

#[test]
fn a_pack_has_a_longest_length() {
    let limits = TransferLimits {
        pack_bytes: 40,
        ..limits()
    };
    let mut check = PackCheck::new(limits, ObjectFormat::Sha1, true);
    let bytes = pack(2, &[blob(b"some text"), blob(b"other text")]);
    assert_eq!(
        check.add(&bytes, &|_| None).unwrap_err().kind(),
        Kind::Denied
    );
}
