//! Packs of a few objects, written without holding any of them in memory.
//!
//! Format: gitformat-pack(5), version 2. Objects are whole, but for large files that change
//! little ([`thin`]). libgit2's own pack builder reads every object whole and marks the base
//! tree, which costs memory by the file and time by the repository.

use super::hash::Hash;
use super::id::{ObjectFormat, ObjectId};
use super::objects::Objects;
use super::thin::{self, Delta};
use crate::error::{Kind, OrFail, Result};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::collections::HashMap;
use std::io::{self, Read, Seek, Write};
use tempfile::SpooledTempFile;

/// Above this many bytes a pack waits on disk.
const IN_MEMORY: usize = 4 << 20;

/// A pack that is read once.
pub(crate) struct Pack {
    pub bytes: Box<dyn Read>,
    /// How many they are, where that is known before the last of them.
    pub length: Option<u64>,
}

impl Pack {
    fn finished(file: SpooledTempFile, length: u64) -> Pack {
        Pack {
            bytes: Box::new(file),
            length: Some(length),
        }
    }
}

/// Writes a pack of `objects`. With `known`, which may be empty, it is for a reader who has the
/// parents of their commits: `known` are deltas that were made together with the objects.
///
/// Errors: internal, when one cannot be read or the disk is full.
pub(super) fn write(
    repo: &git2::Repository,
    objects: &[ObjectId],
    mut known: Option<HashMap<ObjectId, Delta>>,
) -> Result<Pack> {
    let failed = || "the pack for the push could not be written".to_owned();
    let odb = Objects::of(repo)?;
    let mut out = Hashed {
        to: SpooledTempFile::new(IN_MEMORY),
        hash: Hash::new(odb.format()),
        length: 0,
    };
    let count = u32::try_from(objects.len()).or_fail(Kind::Internal, failed)?;
    out.write_all(b"PACK\0\0\0\x02")
        .or_fail(Kind::Internal, failed)?;
    out.write_all(&count.to_be_bytes())
        .or_fail(Kind::Internal, failed)?;
    let bases = match &known {
        Some(known) => thin::bases(repo, objects, known),
        None => HashMap::new(),
    };
    for id in objects {
        let made = known.as_mut().and_then(|known| known.remove(id));
        let delta = made.or_else(|| thin::delta(&odb, *id, *bases.get(id)?));
        match delta {
            Some(delta) => changed(&delta, &mut out),
            None => one(&odb, *id, &mut out),
        }
        .or_fail(Kind::Internal, failed)?;
    }
    let digest = out.hash.clone().finish();
    out.to.write_all(&digest).or_fail(Kind::Internal, failed)?;
    let length = out.length + digest.len() as u64;
    out.to.rewind().or_fail(Kind::Internal, failed)?;
    Ok(Pack::finished(out.to, length))
}

/// Writes a pack of all that `wants` reach and `haves` do not, with deltas, by libgit2's
/// pack builder: where there is no git to do it.
///
/// Errors: not_found, when a part of the history is not here; internal, for the disk.
pub(super) fn write_history(
    repo: &git2::Repository,
    wants: &[ObjectId],
    haves: &[ObjectId],
) -> Result<Pack> {
    let failed = || "the history could not be packed".to_owned();
    let mut walk = repo.revwalk().or_fail(Kind::Internal, failed)?;
    for want in wants {
        walk.push(want.within(repo))
            .or_fail(Kind::NotFound, failed)?;
    }
    for have in haves {
        walk.hide(have.within(repo))
            .or_fail(Kind::NotFound, failed)?;
    }
    let mut builder = repo.packbuilder().or_fail(Kind::Internal, failed)?;
    builder
        .insert_walk(&mut walk)
        .or_fail(Kind::NotFound, failed)?;
    let mut file = SpooledTempFile::new(IN_MEMORY);
    let (mut length, mut full) = (0u64, None);
    builder
        .foreach(|bytes| {
            length += bytes.len() as u64;
            full = file.write_all(bytes).err();
            full.is_none()
        })
        .or_fail(Kind::Internal, failed)?;
    file.rewind().or_fail(Kind::Internal, failed)?;
    Ok(Pack::finished(file, length))
}

/// Whether the next `length` bytes are followed by their digest, as git ends its packs and
/// indexes (gitformat-pack(5)).
pub(super) fn are_followed_by_their_checksum(
    file: &mut impl Read,
    length: u64,
    format: ObjectFormat,
) -> io::Result<bool> {
    let (mut hash, mut buffer) = (Hash::new(format), vec![0; 1 << 16]);
    let mut body = file.by_ref().take(length);
    loop {
        match body.read(&mut buffer)? {
            0 => break,
            n => hash.update(&buffer[..n]),
        }
    }
    let mut trailer = vec![0; format.bytes()];
    file.read_exact(&mut trailer)?;
    Ok(hash.finish() == trailer)
}

/// Reads what git ends with its digest as it passes.
pub(super) struct Checksum {
    hash: Hash,
    /// The last bytes, which may be the digest.
    last: Vec<u8>,
    digest: usize,
}

impl Checksum {
    pub(super) fn new(format: ObjectFormat) -> Checksum {
        Checksum {
            hash: Hash::new(format),
            last: Vec::new(),
            digest: format.bytes(),
        }
    }

    /// Reads on.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.last.extend_from_slice(bytes);
        let before = self.last.len().saturating_sub(self.digest);
        self.hash.update(&self.last[..before]);
        self.last.drain(..before);
    }

    /// Whether what has passed ends with the digest of what came before.
    pub(super) fn matches(self) -> bool {
        self.hash.finish() == self.last
    }
}

fn one(odb: &Objects<'_>, id: ObjectId, out: &mut Hashed) -> anyhow::Result<()> {
    // A loose object can be streamed; one that lies in a pack has to be read whole.
    match odb.reader(id) {
        Ok((mut reader, size, kind)) => {
            head(number_of(kind)?, size, out)?;
            let mut zip = ZlibEncoder::new(&mut *out, Compression::fast());
            io::copy(
                &mut Counted {
                    from: &mut reader,
                    left: size,
                },
                &mut zip,
            )?;
            zip.finish()?;
        }
        Err(_) => {
            let object = odb.read(id)?;
            head(number_of(object.kind())?, object.len() as u64, out)?;
            let mut zip = ZlibEncoder::new(&mut *out, Compression::fast());
            zip.write_all(object.data())?;
            zip.finish()?;
        }
    }
    Ok(())
}

/// An object as a delta on one that the reader has (`OBJ_REF_DELTA`).
fn changed(delta: &Delta, out: &mut Hashed) -> anyhow::Result<()> {
    head(7, delta.bytes.len() as u64, out)?;
    out.write_all(delta.base.as_bytes())?;
    let mut zip = ZlibEncoder::new(&mut *out, Compression::fast());
    zip.write_all(&delta.bytes)?;
    zip.finish()?;
    Ok(())
}

fn number_of(kind: git2::ObjectType) -> anyhow::Result<u8> {
    Ok(match kind {
        git2::ObjectType::Commit => 1,
        git2::ObjectType::Tree => 2,
        git2::ObjectType::Blob => 3,
        git2::ObjectType::Tag => 4,
        git2::ObjectType::Any => anyhow::bail!("an object without a type"),
    })
}

/// The type and size of an entry: three bits of type, the size in groups of 4, 7, 7, … bits.
fn head(number: u8, size: u64, out: &mut Hashed) -> anyhow::Result<()> {
    let mut byte = number << 4 | (size & 15) as u8;
    let mut rest = size >> 4;
    while rest > 0 {
        out.write_all(&[byte | 0x80])?;
        byte = (rest & 0x7f) as u8;
        rest >>= 7;
    }
    out.write_all(&[byte])?;
    Ok(())
}

/// Reads exactly the size that was announced, or fails: a short object would make a
/// pack that no server can read.
struct Counted<'a> {
    from: &'a mut dyn Read,
    left: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(to)?;
        // At the end, whoever reads compares the checksum.
        if n == 0 && self.left == 0 {
            return Ok(0);
        }
        if n == 0 || n as u64 > self.left {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an object does not have the length that its header says",
            ));
        }
        self.left -= n as u64;
        Ok(n)
    }
}

struct Hashed {
    to: SpooledTempFile,
    hash: Hash,
    length: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.length += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
