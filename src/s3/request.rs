//! A request to S3 storage before it is signed, and the digests of what it sends.

use crate::files::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

/// Where the SHA-256 of an object's bytes is written down, so that a writer whose answer was
/// lost finds out whether the object is its own.
pub(super) const MARK: &str = "x-amz-meta-sha256";

/// What a write asks for of what is there before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing may be there.
    Absent,
    /// The object with this ETag has to be there.
    Is(String),
}

/// The digests of a body.
#[derive(Clone)]
pub(super) struct Digests {
    pub sha256: String,
    pub md5: String,
}

impl Digests {
    pub fn of(bytes: &[u8]) -> Digests {
        Digests {
            sha256: hex(&Sha256::digest(bytes)),
            md5: STANDARD.encode(Md5::digest(bytes)),
        }
    }

    /// Reads to the end.
    pub fn of_reader(mut from: impl Read) -> std::io::Result<(Digests, u64)> {
        let (mut sha256, mut md5, mut length) = (Sha256::new(), Md5::new(), 0);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match from.read(&mut buffer)? {
                0 => break,
                n => {
                    sha256.update(&buffer[..n]);
                    md5.update(&buffer[..n]);
                    length += n as u64;
                }
            }
        }
        let digests = Digests {
            sha256: hex(&sha256.finalize()),
            md5: STANDARD.encode(md5.finalize()),
        };
        Ok((digests, length))
    }
}

/// What is sent.
pub(super) enum Payload<'p> {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(&'p [u8]),
    /// A part of a file, which is never whole in memory.
    Part {
        path: &'p Path,
        at: u64,
        length: u64,
        digests: Digests,
    },
}

impl Payload<'_> {
    pub fn length(&self) -> u64 {
        match self {
            Payload::Empty => 0,
            Payload::Bytes(bytes) => bytes.len() as u64,
            Payload::Part { length, .. } => *length,
        }
    }

    pub fn digests(&self) -> Digests {
        match self {
            Payload::Empty => Digests::of(b""),
            Payload::Bytes(bytes) => Digests::of(bytes),
            Payload::Part { digests, .. } => digests.clone(),
        }
    }
}

/// A request.
pub(super) struct Ask<'q> {
    pub method: &'static str,
    /// The key; none for the bucket itself.
    pub key: Option<&'q str>,
    pub query: Vec<(&'static str, String)>,
    pub headers: Vec<(&'static str, String)>,
    pub payload: Payload<'q>,
    /// Whether the server may think for minutes before it answers.
    pub is_long: bool,
}

impl<'q> Ask<'q> {
    pub fn new(method: &'static str, key: Option<&'q str>) -> Ask<'q> {
        Ask {
            method,
            key,
            query: Vec::new(),
            headers: Vec::new(),
            payload: Payload::Empty,
            is_long: false,
        }
    }

    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn condition(self, condition: &Condition) -> Self {
        match condition {
            Condition::Absent => self.header("if-none-match", "*"),
            Condition::Is(etag) => self.header("if-match", etag),
        }
    }

    /// Writes the digest of the whole object down, for [`Client::is_ours`].
    pub fn mark(self, sha256: &str) -> Self {
        self.header(MARK, sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_digests_that_it_has_as_a_stream() {
        let (of_reader, length) = Digests::of_reader(&b"abc"[..]).unwrap();
        let of_bytes = Digests::of(b"abc");
        assert_eq!(of_reader.sha256, of_bytes.sha256);
        assert_eq!(of_reader.md5, of_bytes.md5);
        assert_eq!(
            (of_bytes.md5.as_str(), length),
            ("kAFQmDzST7DWlj99KOF/cg==", 3)
        );
    }
}
