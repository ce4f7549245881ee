//! Reuse tokens: encrypted and bound to a repository, so that nothing needs to be looked
//! up.
//!
//! The format is `aidf1.<key id>.<base64url>`. The last part is a nonce of 24 bytes and the
//! claims, encrypted with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). The key is derived
//! for tokens, and the associated data are the format, the key id and the repository.
//! Claims are padded, so that not even the length of a name shows. Pure: the caller
//! provides key, nonce and time.

use crate::keys::{Key, KeyRing};
use crate::names;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "aidf1";
const PURPOSE: &str = "aidf token v1";
const NONCE_BYTES: usize = 24;
/// Claims are padded to a multiple of this many bytes.
const BLOCK: usize = 128;

/// What a token lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Writes one sandbox.
    Sandbox,
    /// Acts as the repository's operator.
    Operator,
}

/// The claims that a token holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The sandbox's branch; none for an operator's token.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none", default)]
    pub branch: Option<String>,
    /// The base that the sandbox was opened from, if it is not the configured one.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none", default)]
    pub base: Option<String>,
    /// The token's own id, by which it is revoked: 16 hexadecimal digits.
    #[serde(rename = "i")]
    pub id: String,
    /// Its kind.
    #[serde(rename = "k")]
    pub kind: TokenKind,
    /// The pod that got the token.
    #[serde(rename = "p", skip_serializing_if = "Option::is_none", default)]
    pub pod: Option<String>,
    /// When it was issued, in seconds since 1970.
    #[serde(rename = "t")]
    pub issued: i64,
    /// When it expires for good, in seconds since 1970.
    #[serde(rename = "e", skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<i64>,
}

/// Seals `claims` for `repository`.
pub fn seal(claims: &Claims, key: &Key, repository: &str, nonce: [u8; NONCE_BYTES]) -> String {
    let mut text = serde_json::to_vec(claims).unwrap_or_default();
    // JSON may end with spaces, so they can be the padding.
    text.resize(text.len().next_multiple_of(BLOCK), b' ');
    let aad = associated(&key.id, repository);
    let sealed = cipher(key)
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &text,
                aad: aad.as_bytes(),
            },
        )
        .unwrap_or_default();
    let mut body = nonce.to_vec();
    body.extend_from_slice(&sealed);
    format!("{FORMAT}.{}.{}", key.id, URL_SAFE_NO_PAD.encode(body))
}

/// Opens a token of `repository`, even if it has expired. `None` for a token that is
/// forged, damaged, or of another key or repository.
pub fn open(token: &str, ring: &KeyRing, repository: &str) -> Option<Claims> {
    // Check the claims of a token like any other input.
    unseal(token, ring, repository).filter(|claims| match claims.kind {
        TokenKind::Sandbox => claims.branch.as_deref().is_some_and(names::is_sandbox),
        TokenKind::Operator => true,
    })
}

/// The id of the key that sealed a token, if the token is well formed and `ring` lacks that
/// key. Then nobody here can tell whether the token is valid.
pub fn other_key<'t>(token: &'t str, ring: &KeyRing) -> Option<&'t str> {
    /// The length of the authentication tag (XChaCha20-Poly1305), in bytes.
    const TAG: usize = 16;
    let mut parts = token.split('.');
    let (Some(FORMAT), Some(id), Some(body), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let named = id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let body = Some(body).filter(|b| b.len() <= 4096);
    let whole = body
        .and_then(|b| URL_SAFE_NO_PAD.decode(b).ok())
        .is_some_and(|b| {
            b.len() >= NONCE_BYTES + TAG + BLOCK
                && (b.len() - NONCE_BYTES - TAG).is_multiple_of(BLOCK)
        });
    (named && whole && ring.get(id).is_none()).then_some(id)
}

/// The text with its tokens removed. The id of each token's key stays, because it opens
/// nothing.
pub fn redact(text: &str) -> std::borrow::Cow<'_, str> {
    let start = concat!("aidf1", ".");
    if !text.contains(start) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(start) {
        let (before, token) = rest.split_at(at);
        let inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let length = token.find(|c| !inside(c)).unwrap_or(token.len());
        let key = token[start.len()..length].split('.').next().unwrap_or("");
        out.push_str(before);
        match token[..length].matches('.').count() {
            // A sentence may mention the format itself.
            0 | 1 => out.push_str(&token[..length]),
            _ => out.push_str(&format!("{start}{key}.…")),
        }
        rest = &token[length..];
    }
    out.push_str(rest);
    out.into()
}

/// The key id that a token names; nothing is verified.
pub fn key_id(token: &str) -> Option<&str> {
    let mut parts = token.split('.');
    (parts.next() == Some(FORMAT))
        .then(|| parts.next())
        .flatten()
}

fn unseal(token: &str, ring: &KeyRing, repository: &str) -> Option<Claims> {
    // Longer than any real token, so not worth decoding.
    if token.len() > 4096 {
        return None;
    }
    let mut parts = token.split('.');
    let (Some(FORMAT), Some(id), Some(body), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let key = ring.get(id)?;
    let body = URL_SAFE_NO_PAD.decode(body).ok()?;
    let (nonce, sealed) = body.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let aad = associated(id, repository);
    let text = cipher(key)
        .decrypt(
            &XNonce::from(nonce),
            Payload {
                msg: sealed,
                aad: aad.as_bytes(),
            },
        )
        .ok()?;
    serde_json::from_slice(&text).ok()
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.derive(PURPOSE).into())
}

fn associated(key_id: &str, repository: &str) -> String {
    format!("{FORMAT}.{key_id}.{repository}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            branch: Some("sandbox-emerald-hawk".into()),
            base: None,
            id: "0123456789abcdef".into(),
            kind: TokenKind::Sandbox,
            pod: Some("GPTPod".into()),
            issued: 1000,
            expires: Some(2000),
        }
    }

    fn ring(n: u8) -> KeyRing {
        KeyRing::of(vec![Key::new(vec![n; 32])])
    }

    fn sealed() -> String {
        seal(&claims(), ring(1).active().unwrap(), "demo", [9; 24])
    }

    #[test]
    fn a_token_opens_with_its_key_for_its_repository_alone() {
        assert_eq!(open(&sealed(), &ring(1), "demo"), Some(claims()));
        assert_eq!(open(&sealed(), &ring(2), "demo"), None);
        assert_eq!(open(&sealed(), &ring(1), "other"), None);
        assert_eq!(open(&sealed(), &KeyRing::default(), "demo"), None);
    }

    #[test]
    fn a_token_in_a_text_is_not_repeated() {
        let token = sealed();
        let text = redact(&format!("no branch `{token}`, nor {token}/x")).into_owned();
        let id = key_id(&token).unwrap();
        assert_eq!(
            text,
            format!("no branch `aidf1.{id}.…`, nor aidf1.{id}.…/x")
        );
        for plain in ["", "the format aidf1", "aidf1.", "aidf10.1"] {
            assert_eq!(redact(plain), plain);
        }
    }

    #[test]
    fn every_single_character_change_is_rejected_with_the_same_answer() {
        let token = sealed();
        for at in 0..token.len() {
            for with in "AZaz09-_.=".chars() {
                let mut changed: Vec<char> = token.chars().collect();
                if changed[at] == with {
                    continue;
                }
                changed[at] = with;
                let changed: String = changed.into_iter().collect();
                assert_eq!(open(&changed, &ring(1), "demo"), None, "at {at}: {changed}");
            }
        }
    }

    #[test]
    fn every_truncation_and_every_addition_is_rejected() {
        let token = sealed();
        for end in 0..token.len() {
            assert_eq!(open(&token[..end], &ring(1), "demo"), None);
        }
        for more in ["A", "=", ".", "\n", " "] {
            assert_eq!(open(&format!("{token}{more}"), &ring(1), "demo"), None);
        }
    }

    #[test]
    fn nothing_of_the_branch_can_be_read_in_a_token_not_even_its_length() {
        let token = sealed();
        let body = URL_SAFE_NO_PAD
            .decode(token.rsplit('.').next().unwrap())
            .unwrap();
        for text in [token.as_bytes(), &body] {
            for word in ["sandbox", "emerald", "hawk", "GPTPod", "demo"] {
                assert!(
                    !text
                        .windows(word.len())
                        .any(|w| w.eq_ignore_ascii_case(word.as_bytes())),
                    "{word}"
                );
            }
        }
        let short = Claims {
            branch: Some("sandbox-a".into()),
            ..claims()
        };
        assert_eq!(
            seal(&short, ring(1).active().unwrap(), "demo", [9; 24]).len(),
            token.len()
        );
    }

    #[test]
    fn a_branch_inside_an_authentic_token_is_checked_like_any_input() {
        for branch in [
            "main",
            "sandbox-../x",
            "sandbox-$(id)",
            "refs/heads/sandbox-a",
        ] {
            let forged = Claims {
                branch: Some(branch.into()),
                ..claims()
            };
            let token = seal(&forged, ring(1).active().unwrap(), "demo", [9; 24]);
            assert_eq!(open(&token, &ring(1), "demo"), None, "{branch}");
        }
    }
}
