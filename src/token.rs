//! Reuse tokens: sealed, bound to a repository, with nothing to look up.
//!
//! `aidf1.<key id>.<base64url>`; the last part is a nonce of 24 bytes and the claims
//! under XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), with a key derived for tokens
//! and the format, key id and repository as associated data. Claims are padded, so
//! that not even a name's length shows. Pure: key, nonce and time come in.

use crate::keys::{Key, KeyRing};
use crate::names;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use std::fmt;

const FORMAT: &str = "aidf1";
const PURPOSE: &str = "aidf token v1";
const NONCE_BYTES: usize = 24;
/// Claims are padded to a multiple of this many bytes.
const BLOCK: usize = 128;

/// What a token lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Write one sandbox.
    Sandbox,
    /// Act as the repository's operator.
    Operator,
}

/// What is sealed inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The sandbox's branch; none for an operator.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none", default)]
    pub branch: Option<String>,
    /// The base the sandbox was opened from, where it is not the configured one.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none", default)]
    pub base: Option<String>,
    /// The token's own id, for revoking it: 16 hexadecimal digits.
    #[serde(rename = "i")]
    pub id: String,
    /// Its kind.
    #[serde(rename = "k")]
    pub kind: TokenKind,
    /// The pod it was given to.
    #[serde(rename = "p", skip_serializing_if = "Option::is_none", default)]
    pub pod: Option<String>,
    /// When it was issued, in seconds since 1970.
    #[serde(rename = "t")]
    pub issued: i64,
    /// When it ends for good, in seconds since 1970.
    #[serde(rename = "e", skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<i64>,
}

/// Why a token is not accepted. Everything that is not authentic gives one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Forged, damaged, of another key or another repository.
    NotValid,
    /// Authentic, and past its end.
    Expired,
    /// Authentic, and unused for longer than the policy allows.
    Idle,
    /// Authentic, and revoked.
    Revoked,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rejection::NotValid => "it is not valid for this repository",
            Rejection::Expired => "it has expired",
            Rejection::Idle => "it was not used for too long",
            Rejection::Revoked => "it was revoked",
        })
    }
}

/// Seals `claims` for `repository`.
pub fn seal(claims: &Claims, key: &Key, repository: &str, nonce: [u8; NONCE_BYTES]) -> String {
    let mut text = serde_json::to_vec(claims).unwrap_or_default();
    // JSON may end in spaces.
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

/// Opens a token of `repository` at the time `now` (seconds since 1970).
///
/// Errors: a [`Rejection`] that says no more than its name.
pub fn open(token: &str, ring: &KeyRing, repository: &str, now: i64) -> Result<Claims, Rejection> {
    let claims = unseal(token, ring, repository).ok_or(Rejection::NotValid)?;
    // What came out of a token is checked like anything that comes in.
    let well_formed = match claims.kind {
        TokenKind::Sandbox => claims.branch.as_deref().is_some_and(names::is_sandbox),
        TokenKind::Operator => true,
    };
    if !well_formed {
        return Err(Rejection::NotValid);
    }
    if claims.expires.is_some_and(|end| now >= end) {
        return Err(Rejection::Expired);
    }
    Ok(claims)
}

/// The id of the key that sealed a token, where the token is well formed and `ring` does not
/// hold that key: then nobody here can tell whether it is a good one.
pub fn other_key<'t>(token: &'t str, ring: &KeyRing) -> Option<&'t str> {
    /// What authenticates the sealed text (XChaCha20-Poly1305), in bytes.
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

/// The text without tokens: of each the key's id stays, which opens nothing.
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
            // A sentence may name the format itself.
            0 | 1 => out.push_str(&token[..length]),
            _ => out.push_str(&format!("{start}{key}.…")),
        }
        rest = &token[length..];
    }
    out.push_str(rest);
    out.into()
}

/// The id of the key that a token says it is sealed with; nothing is verified.
pub fn key_id(token: &str) -> Option<&str> {
    let mut parts = token.split('.');
    (parts.next() == Some(FORMAT))
        .then(|| parts.next())
        .flatten()
}

fn unseal(token: &str, ring: &KeyRing, repository: &str) -> Option<Claims> {
    // Longer than any token of ours: not worth decoding.
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

/// Seconds by which an honest clock may be ahead of ours.
pub const CLOCK_SKEW: i64 = 600;

/// What shows that a token is in use, in seconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// The date of the branch's tip. It is what the pusher wrote there.
    pub tip: Option<i64>,
    /// When the server last took a push with this token, by its own clock.
    pub recorded: Option<i64>,
}

/// What disuse makes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idleness {
    /// When it ends, in seconds since 1970, if nothing is written until then; `None`: never.
    pub ends: Option<i64>,
    /// Whether that has come.
    pub over: bool,
}

/// The one rule of disuse: a sandbox's token ends `idle_days` after the later of its issue
/// and its last use, and never after its own end; an operator's only has its own end.
///
/// The server's own record is what counts where there is one, since a tip's date is its
/// writer's claim. A tip that is dated ahead of `now` by more than [`CLOCK_SKEW`] shows no
/// use at all.
pub fn idleness(claims: &Claims, activity: Activity, idle_days: Option<u32>, now: i64) -> Idleness {
    let credible = |tip: i64| (tip <= now.saturating_add(CLOCK_SKEW)).then(|| tip.min(now));
    let last = activity.recorded.or(activity.tip.and_then(credible));
    let idle = idle_days
        .filter(|_| claims.kind == TokenKind::Sandbox)
        .map(|days| {
            claims
                .issued
                .max(last.unwrap_or(claims.issued))
                .saturating_add(i64::from(days) * 86_400)
        });
    let ends = idle.into_iter().chain(claims.expires).min();
    Idleness {
        ends,
        over: ends.is_some_and(|end| now >= end),
    }
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
    fn a_token_opens_with_its_key_for_its_repository_until_it_expires() {
        assert_eq!(open(&sealed(), &ring(1), "demo", 1999), Ok(claims()));
        assert_eq!(
            open(&sealed(), &ring(1), "demo", 2000),
            Err(Rejection::Expired)
        );
        assert_eq!(
            open(&sealed(), &ring(2), "demo", 1999),
            Err(Rejection::NotValid)
        );
        assert_eq!(
            open(&sealed(), &ring(1), "other", 1999),
            Err(Rejection::NotValid)
        );
        assert_eq!(
            open(&sealed(), &KeyRing::default(), "demo", 1999),
            Err(Rejection::NotValid)
        );
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
                assert_eq!(
                    open(&changed, &ring(1), "demo", 1500),
                    Err(Rejection::NotValid),
                    "at {at}: {changed}"
                );
            }
        }
    }

    #[test]
    fn every_truncation_and_every_addition_is_rejected() {
        let token = sealed();
        for end in 0..token.len() {
            assert_eq!(
                open(&token[..end], &ring(1), "demo", 1500),
                Err(Rejection::NotValid)
            );
        }
        for more in ["A", "=", ".", "\n", " "] {
            assert_eq!(
                open(&format!("{token}{more}"), &ring(1), "demo", 1500),
                Err(Rejection::NotValid)
            );
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
            assert_eq!(
                open(&token, &ring(1), "demo", 1500),
                Err(Rejection::NotValid),
                "{branch}"
            );
        }
    }

    #[test]
    fn idle_time_counts_from_the_later_of_issue_and_last_use() {
        let day = 86_400;
        let c = Claims {
            expires: None,
            ..claims()
        };
        let ends = |c: &Claims, tip, recorded, days, now| {
            idleness(c, Activity { tip, recorded }, days, now).ends
        };
        assert_eq!(ends(&c, None, None, Some(1), 9000), Some(1000 + day));
        assert_eq!(ends(&c, Some(5000), None, Some(1), 9000), Some(5000 + day));
        assert_eq!(ends(&c, Some(500), None, Some(1), 9000), Some(1000 + day));
        assert_eq!(ends(&c, Some(5000), None, None, 9000), None);
        assert_eq!(
            ends(&claims(), Some(5000), None, Some(1), 9000),
            Some(2000),
            "a use outlives the token's own end"
        );
        let operator = Claims {
            branch: None,
            kind: TokenKind::Operator,
            ..c.clone()
        };
        assert_eq!(ends(&operator, None, None, Some(0), 9000), None);
        let at_end = idleness(&c, Activity::default(), Some(1), 1000 + day);
        assert!(at_end.over);
        assert!(!idleness(&c, Activity::default(), Some(1), 999 + day).over);
    }

    #[test]
    fn a_tip_that_is_dated_ahead_is_no_use_and_the_servers_record_outweighs_any_tip() {
        let day = 86_400;
        let c = Claims {
            expires: None,
            ..claims()
        };
        let now = 1000 + 100 * day;
        let over = |tip, recorded| idleness(&c, Activity { tip, recorded }, Some(90), now).over;
        assert!(over(Some(now + CLOCK_SKEW + 1), None));
        assert!(over(Some(i64::MAX), None));
        assert!(!over(Some(now + CLOCK_SKEW), None), "a clock may be ahead");
        assert!(!over(Some(now - day), None));
        assert!(
            over(Some(now - day), Some(1000)),
            "the tip is a claim alone"
        );
        assert!(!over(Some(i64::MAX), Some(now - day)));
        // What a clock is ahead by gives no time.
        let ahead = Activity {
            tip: Some(now + CLOCK_SKEW),
            recorded: None,
        };
        assert_eq!(idleness(&c, ahead, Some(1), now).ends, Some(now + day));
    }
}
