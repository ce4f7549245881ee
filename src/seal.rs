//! HMACs over lists of parts, with a key that is derived for one purpose. Pure.

use crate::keys::Key;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The HMAC-SHA256 of the parts, each preceded by its length as eight big-endian bytes.
/// The result is base64url without padding.
pub fn seal<P: AsRef<[u8]>>(key: &Key, purpose: &str, parts: &[P]) -> String {
    URL_SAFE_NO_PAD.encode(mac(key, purpose, parts).finalize().into_bytes())
}

/// Checks a result of [`seal`], in constant time.
pub fn holds<P: AsRef<[u8]>>(key: &Key, purpose: &str, parts: &[P], sealed: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(sealed)
        .is_ok_and(|bytes| mac(key, purpose, parts).verify_slice(&bytes).is_ok())
}

fn mac<P: AsRef<[u8]>>(key: &Key, purpose: &str, parts: &[P]) -> Hmac<Sha256> {
    // HMAC pads a shorter key with zeros to its block of 64 bytes (RFC 2104).
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key.derive(purpose));
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    for part in parts.iter().map(AsRef::as_ref) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_key_purpose_and_parts_alone() {
        let (key, other) = (Key::new(vec![1; 32]), Key::new(vec![2; 32]));
        let sealed = seal(&key, "one", &["ab", "c"]);
        assert!(holds(&key, "one", &["ab", "c"], &sealed));
        assert!(!holds(&other, "one", &["ab", "c"], &sealed));
        assert!(!holds(&key, "two", &["ab", "c"], &sealed));
        assert!(!holds(&key, "one", &["a", "bc"], &sealed));
        assert!(!holds(&key, "one", &["ab", "c"], "not base64!"));
        assert!(!holds(&key, "one", &["ab", "c"], ""));
    }
}
