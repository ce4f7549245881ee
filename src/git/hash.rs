//! The digests that git ends its own files with, and that objects are named by.

use super::id::{ObjectFormat, ObjectId};
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// A digest in the making.
#[derive(Clone)]
pub(super) enum Hash {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hash {
    /// One of nothing, for a repository of this format.
    pub fn new(format: ObjectFormat) -> Hash {
        match format {
            ObjectFormat::Sha1 => Hash::Sha1(Sha1::new()),
            ObjectFormat::Sha256 => Hash::Sha256(Sha256::new()),
        }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hash::Sha1(hash) => hash.update(bytes),
            Hash::Sha256(hash) => hash.update(bytes),
        }
    }

    /// The digest of all that was taken: 20 bytes, or 32.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Hash::Sha1(hash) => hash.finalize().to_vec(),
            Hash::Sha256(hash) => hash.finalize().to_vec(),
        }
    }

    /// The same, as the name of an object.
    pub fn id(self) -> Option<ObjectId> {
        ObjectId::from_bytes(&self.finish())
    }
}
