//! Reuse tokens: encrypted and bound to a repository, so that nothing needs to be looked
//! up.
//!
//! The format is `aidf2.<key id>.<base64url><check>`. The middle part is a nonce of 24 bytes
//! and the claims, encrypted with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). The key is
//! derived for tokens, and the associated data are the format and the key id. The claims
//! name the repository by its identity, and are padded, so that not even the length of a
//! name shows. The check is the first six characters of the base64url of the SHA-256 of
//! everything before it: a secret scanner can tell a token from other text without a key.
//!
//! The first format, `aidf1.<key id>.<base64url>`, has no check, and is bound to the
//! repository's name by the associated data. It is made for repositories without an
//! identity. Pure: the caller provides key, nonce and time.

use crate::identity::RepositoryId;
use crate::keys::{Key, KeyRing};
use crate::names;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Each format's name, the purpose of its key, and the bytes to whose multiple its claims
/// are padded.
const FORMATS: [(&str, &str, usize); 2] = [
    ("aidf1", "aidf token v1", 128),
    ("aidf2", "aidf token v2", 192),
];
/// The most characters that a token may have.
const MOST: usize = 4096;
/// How many characters the check at the end has.
const CHECK: usize = 6;
const NONCE_BYTES: usize = 24;

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
    /// The identity of the repository; none in a token of the first format.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none", default)]
    pub repository: Option<RepositoryId>,
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

/// Seals `claims`; those without an identity are for the repository of this name.
pub fn seal(claims: &Claims, key: &Key, repository: &str, nonce: [u8; NONCE_BYTES]) -> String {
    let mut text = serde_json::to_vec(claims).unwrap_or_default();
    let version = match claims.repository {
        None => Version::One,
        Some(_) => Version::Two,
    };
    // JSON may end with spaces, so they can be the padding.
    text.resize(text.len().next_multiple_of(version.block()), b' ');
    let aad = version.associated(&key.id, repository);
    let sealed = version
        .cipher(key)
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
    let body = URL_SAFE_NO_PAD.encode(body);
    let mut token = format!("{}.{}.{body}", version.name(), key.id);
    if version == Version::Two {
        token.push_str(&check_of(&token));
    }
    token
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
    let parts = Parts::read(token)?;
    let named = parts.key_id.len() == 8 && parts.key_id.bytes().all(|b| b.is_ascii_hexdigit());
    let (length, block) = (parts.body.len(), parts.version.block());
    let whole =
        length >= NONCE_BYTES + TAG + block && (length - NONCE_BYTES - TAG).is_multiple_of(block);
    (named && whole && ring.get(parts.key_id).is_none()).then_some(parts.key_id)
}

/// The id of the key that sealed a token, if the token is well formed and that key is retired
/// in `ring`: it opens no token any more.
pub fn retired_key<'t>(token: &'t str, ring: &KeyRing) -> Option<&'t str> {
    let id = Parts::read(token)?.key_id;
    (ring.get(id).is_some() && ring.opener(id).is_none()).then_some(id)
}

/// The text with its tokens removed. The id of each token's key stays, because it opens
/// nothing.
pub fn redact(text: &str) -> std::borrow::Cow<'_, str> {
    let starts: Vec<String> = FORMATS
        .iter()
        .map(|(name, ..)| format!("{name}."))
        .collect();
    if !starts.iter().any(|s| text.contains(s.as_str())) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, start)) = starts
        .iter()
        .filter_map(|s| Some((rest.find(s.as_str())?, s)))
        .min()
    {
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
    let version = parts.next()?;
    Version::named(version).and_then(|_| parts.next())
}

fn unseal(token: &str, ring: &KeyRing, repository: &str) -> Option<Claims> {
    let parts = Parts::read(token)?;
    let key = ring.opener(parts.key_id)?;
    let (nonce, sealed) = parts.body.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let aad = parts.version.associated(parts.key_id, repository);
    let text = parts
        .version
        .cipher(key)
        .decrypt(
            &XNonce::from(nonce),
            Payload {
                msg: sealed,
                aad: aad.as_bytes(),
            },
        )
        .ok()?;
    let claims: Claims = serde_json::from_slice(&text).ok()?;
    // A token says in one way alone which repository it is for.
    (claims.repository.is_some() == (parts.version == Version::Two)).then_some(claims)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Version {
    fn named(name: &str) -> Option<Version> {
        let all = [Version::One, Version::Two];
        all.into_iter().find(|v| v.name() == name)
    }

    fn name(self) -> &'static str {
        FORMATS[self as usize].0
    }

    fn cipher(self, key: &Key) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&key.derive(FORMATS[self as usize].1).into())
    }

    fn block(self) -> usize {
        FORMATS[self as usize].2
    }

    fn associated(self, key_id: &str, repository: &str) -> String {
        match self {
            Version::One => format!("{}.{key_id}.{repository}", self.name()),
            Version::Two => format!("{}.{key_id}", self.name()),
        }
    }
}

/// A token taken apart; nothing is verified but its check.
struct Parts<'t> {
    version: Version,
    key_id: &'t str,
    /// The nonce and what is sealed.
    body: Vec<u8>,
}

impl<'t> Parts<'t> {
    fn read(token: &'t str) -> Option<Parts<'t>> {
        // Longer than any real token, so not worth decoding.
        if token.len() > MOST {
            return None;
        }
        let mut parts = token.split('.');
        let (Some(version), Some(key_id), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let version = Version::named(version)?;
        let body = match version {
            Version::One => body,
            Version::Two => {
                let (rest, check) = token.split_at_checked(token.len().checked_sub(CHECK)?)?;
                let body = body.strip_suffix(check)?;
                (check_of(rest) == check).then_some(body)?
            }
        };
        Some(Parts {
            version,
            key_id,
            body: URL_SAFE_NO_PAD.decode(body).ok()?,
        })
    }
}

/// The check of a token that begins with `text`.
fn check_of(text: &str) -> String {
    let mut check = URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()));
    check.truncate(CHECK);
    check
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
            repository: None,
            pod: Some("GPTPod".into()),
            issued: 1000,
            expires: Some(2000),
        }
    }

    fn ring(n: u8) -> KeyRing {
        KeyRing::of(vec![Key::new(vec![n; 32])])
    }

    /// One token of each format, with its claims.
    fn both() -> [(String, Claims); 2] {
        let old = claims();
        let new = Claims {
            repository: RepositoryId::parse(&"0f".repeat(20)),
            ..claims()
        };
        [old, new].map(|c| (seal(&c, ring(1).active().unwrap(), "demo", [9; 24]), c))
    }

    fn opened(token: &str) -> Option<Claims> {
        open(token, &ring(1), "demo")
    }

    #[test]
    fn a_token_opens_with_its_key_and_names_its_repository() {
        for (token, claims) in both() {
            assert_eq!(opened(&token), Some(claims.clone()));
            assert_eq!(open(&token, &ring(2), "demo"), None);
            assert_eq!(open(&token, &KeyRing::default(), "demo"), None);
            // The old format is bound to the name, the new one to the identity in it.
            let elsewhere = open(&token, &ring(1), "other");
            assert_eq!(elsewhere, Some(claims).filter(|c| c.repository.is_some()));
        }
    }

    #[test]
    fn a_token_of_one_format_is_none_of_the_other() {
        let [(old, _), (new, _)] = both();
        let body = new.strip_prefix("aidf2").unwrap();
        assert_eq!(opened(&format!("aidf1{body}")), None);
        assert_eq!(
            opened(&format!("aidf1{}", &body[..body.len() - CHECK])),
            None
        );
        let renamed = format!("aidf2{}", old.strip_prefix("aidf1").unwrap());
        assert_eq!(opened(&renamed), None);
        assert_eq!(opened(&format!("{renamed}{}", check_of(&renamed))), None);
    }

    #[test]
    fn a_scanner_can_tell_a_token_by_its_form_and_its_check() {
        let [_, (token, _)] = both();
        let (text, check) = token.split_at(token.len() - 6);
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()));
        assert!(digest.starts_with(check));
        let mut parts = token.split('.');
        assert_eq!(parts.next(), Some("aidf2"));
        assert!(parts.next().is_some_and(|id| id.len() == 8));
        let url = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        assert!(
            parts
                .next()
                .is_some_and(|b| b.len() >= 300 && b.chars().all(url))
        );
    }

    #[test]
    fn a_token_in_a_text_is_not_repeated() {
        let [(old, _), (new, _)] = both();
        let text = redact(&format!("no branch `{old}`, nor {new}/x, {old}")).into_owned();
        let id = key_id(&old).unwrap();
        assert_eq!(key_id(&new), Some(id));
        assert_eq!(
            text,
            format!("no branch `aidf1.{id}.…`, nor aidf2.{id}.…/x, aidf1.{id}.…")
        );
        for plain in ["", "the format aidf1", "aidf1.", "aidf2.x", "aidf10.1"] {
            assert_eq!(redact(plain), plain);
        }
    }

    #[test]
    fn every_single_character_change_is_rejected_with_the_same_answer() {
        for (token, _) in both() {
            for at in 0..token.len() {
                for with in "AZaz09-_.=".chars() {
                    let mut changed: Vec<char> = token.chars().collect();
                    if changed[at] == with {
                        continue;
                    }
                    changed[at] = with;
                    let changed: String = changed.into_iter().collect();
                    assert_eq!(opened(&changed), None, "at {at}: {changed}");
                    // Nor is it the check alone that keeps a forger out.
                    let (text, _) = changed.split_at(changed.len() - CHECK);
                    let mended = format!("{text}{}", check_of(text));
                    if mended != token && changed.starts_with("aidf2") {
                        assert_eq!(opened(&mended), None, "at {at}: {mended}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_truncation_and_every_addition_is_rejected() {
        for (token, _) in both() {
            for end in 0..token.len() {
                assert_eq!(opened(&token[..end]), None);
            }
            for more in ["A", "=", ".", "\n", " ", "ä"] {
                assert_eq!(opened(&format!("{token}{more}")), None);
            }
        }
    }

    #[test]
    fn nothing_of_the_branch_can_be_read_in_a_token_not_even_its_length() {
        for (token, claims) in both() {
            let body = Parts::read(&token).unwrap().body;
            for text in [token.as_bytes(), &body] {
                for word in ["sandbox", "emerald", "hawk", "GPTPod", "demo"] {
                    let word = word.as_bytes();
                    let shows = |w: &[u8]| w.eq_ignore_ascii_case(word);
                    assert!(!text.windows(word.len()).any(shows), "{word:?}");
                }
            }
            let short = Claims {
                branch: Some("sandbox-a".into()),
                ..claims
            };
            let short = seal(&short, ring(1).active().unwrap(), "demo", [9; 24]);
            assert_eq!(short.len(), token.len());
        }
    }

    #[test]
    fn a_branch_inside_an_authentic_token_is_checked_like_any_input() {
        for (_, claims) in both() {
            for branch in [
                "main",
                "sandbox-../x",
                "sandbox-$(id)",
                "refs/heads/sandbox-a",
            ] {
                let forged = Claims {
                    branch: Some(branch.into()),
                    ..claims.clone()
                };
                let token = seal(&forged, ring(1).active().unwrap(), "demo", [9; 24]);
                assert_eq!(opened(&token), None, "{branch}");
            }
        }
    }

    #[test]
    fn a_token_that_another_key_sealed_names_that_key_if_it_is_whole() {
        let id = ring(1).active().unwrap().id.clone();
        for (token, _) in both() {
            assert_eq!(other_key(&token, &ring(2)), Some(id.as_str()));
            assert_eq!(other_key(&token, &ring(1)), None, "the key is here");
            assert_eq!(other_key(&token[..token.len() - 1], &ring(2)), None);
        }
        let of = |key: &str, bytes: usize| {
            let body = URL_SAFE_NO_PAD.encode(vec![0; bytes]);
            other_key(&format!("aidf1.{key}.{body}"), &ring(2)).is_some()
        };
        // A nonce, an authentication tag, and claims padded to blocks of 128 bytes.
        let least = NONCE_BYTES + 16;
        for blocks in [1, 2, 3] {
            assert!(of("0123abcd", least + blocks * 128), "{blocks}");
        }
        for bytes in [0, NONCE_BYTES, least, least + 64, least + 127, least + 129] {
            assert!(!of("0123abcd", bytes), "{bytes}");
        }
        for key in ["", "0123abc", "0123abcd0", "0123abcg", "0123 bcd"] {
            assert!(!of(key, least + 128), "{key}");
        }
    }

    #[test]
    fn a_text_longer_than_any_token_is_not_taken_apart() {
        let of = |length: usize| {
            let text = format!("aidf1..{}", "A".repeat(4));
            text.replace("..", &format!(".{}.", "0".repeat(length - text.len())))
        };
        for (length, is_read) in [(40, true), (MOST, true), (MOST + 1, false)] {
            let text = of(length);
            assert_eq!(text.len(), length);
            assert_eq!(Parts::read(&text).is_some(), is_read, "{length}");
        }
    }
}
