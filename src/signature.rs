//! The HMAC on a commit: shows that it came through aidf with a key at hand, and that
//! nothing of it was altered. Pure.
//!
//! `Aidf-Signature: <key id> <base64url of HMAC-SHA256>`, over the parts named in
//! [`Signed`], each preceded by its length as eight bytes, big end first.

use crate::keys::{Key, KeyRing};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The trailer that carries it; always the last line of the message.
pub const TRAILER: &str = "Aidf-Signature";
const PURPOSE: &str = "aidf commit signature v1";

/// What a signature covers.
pub struct Signed<'a> {
    /// The repository's name.
    pub repository: &'a str,
    /// The branch that was written.
    pub branch: &'a str,
    /// The tree's id, in hexadecimal.
    pub tree: &'a str,
    /// The parents' ids, in hexadecimal, apart by spaces.
    pub parents: &'a str,
    /// The author line of the commit.
    pub author: &'a str,
    /// The committer line of the commit.
    pub committer: &'a str,
    /// The message before the trailer.
    pub message: &'a str,
}

/// What a check of a commit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Signed by a key of the ring, and nothing altered.
    Good,
    /// Signed in the name of a key of the ring, and altered or forged.
    Bad,
    /// Not signed, or by a key that is not at hand.
    None,
}

/// The trailer's line for these parts.
pub fn sign(key: &Key, signed: &Signed<'_>) -> String {
    format!(
        "{TRAILER}: {} {}",
        key.id,
        URL_SAFE_NO_PAD.encode(mac(key, signed).finalize().into_bytes())
    )
}

/// Takes the trailer off a message: the message before it, the key id, the signature.
pub fn split(message: &str) -> Option<(&str, &str, &str)> {
    let body = message.trim_end_matches('\n');
    let at = body.rfind('\n')? + 1;
    let value = body[at..].strip_prefix(TRAILER)?.strip_prefix(": ")?;
    let (id, signature) = value.split_once(' ')?;
    Some((&body[..at], id, signature))
}

/// Checks a signature in constant time.
pub fn verify(ring: &KeyRing, key_id: &str, signature: &str, signed: &Signed<'_>) -> Check {
    let Some(key) = ring.get(key_id) else {
        return Check::None;
    };
    match URL_SAFE_NO_PAD.decode(signature) {
        Ok(bytes) if mac(key, signed).verify_slice(&bytes).is_ok() => Check::Good,
        _ => Check::Bad,
    }
}

fn mac(key: &Key, signed: &Signed<'_>) -> Hmac<Sha256> {
    let derived: [u8; 32] = key.derive(PURPOSE);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&derived_block(&derived).into());
    for part in [
        signed.repository,
        signed.branch,
        signed.tree,
        signed.parents,
        signed.author,
        signed.committer,
        signed.message,
    ] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

/// HMAC pads a shorter key with zeros to its block of 64 bytes (RFC 2104).
fn derived_block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed<'a>(branch: &'a str, message: &'a str) -> Signed<'a> {
        Signed {
            repository: "demo",
            branch,
            tree: "t",
            parents: "p",
            author: "a",
            committer: "c",
            message,
        }
    }

    #[test]
    fn a_signature_covers_every_part() {
        let ring = KeyRing::of(vec![Key::new(vec![1; 32])]);
        let trailer = sign(ring.active().unwrap(), &signed("sandbox-a", "m\n\n"));
        let message = format!("m\n\n{trailer}\n");
        let (before, id, signature) = split(&message).unwrap();
        assert_eq!(
            verify(&ring, id, signature, &signed("sandbox-a", before)),
            Check::Good
        );
        assert_eq!(
            verify(&ring, id, signature, &signed("sandbox-b", before)),
            Check::Bad
        );
        assert_eq!(
            verify(&ring, id, signature, &signed("sandbox-a", "n\n\n")),
            Check::Bad
        );
        assert_eq!(
            verify(&ring, id, "AAAA", &signed("sandbox-a", before)),
            Check::Bad
        );
        let other = KeyRing::of(vec![Key::new(vec![2; 32])]);
        assert_eq!(
            verify(&other, id, signature, &signed("sandbox-a", before)),
            Check::None
        );
        assert!(split("no trailer\n").is_none());
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_signature() {
        let key = Key::new(vec![1; 32]);
        let one = Signed {
            tree: "ab",
            parents: "c",
            ..signed("b", "m")
        };
        let two = Signed {
            tree: "a",
            parents: "bc",
            ..signed("b", "m")
        };
        assert_ne!(sign(&key, &one), sign(&key, &two));
    }
}
