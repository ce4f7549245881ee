//! Alerts: things in a write that somebody should know about. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of alert.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// One commit changes more lines than the policy expects.
    LargeDiff,
    /// A ledger does not parse.
    InvalidLedger,
    /// The message tells CI not to run.
    CiDirective,
    /// The content looks like a credential.
    PossibleSecret,
    /// A branch gets more commits within an hour than the policy expects.
    HighRate,
    /// The write comes outside of the policy's working hours.
    OutsideHours,
}

impl AlertKind {
    /// All of them.
    pub const ALL: [AlertKind; 6] = [
        AlertKind::LargeDiff,
        AlertKind::InvalidLedger,
        AlertKind::CiDirective,
        AlertKind::PossibleSecret,
        AlertKind::HighRate,
        AlertKind::OutsideHours,
    ];

    /// Its name in JSON and in the policy.
    pub fn name(self) -> &'static str {
        match self {
            AlertKind::LargeDiff => "large_diff",
            AlertKind::InvalidLedger => "invalid_ledger",
            AlertKind::CiDirective => "ci_directive",
            AlertKind::PossibleSecret => "possible_secret",
            AlertKind::HighRate => "high_rate",
            AlertKind::OutsideHours => "outside_hours",
        }
    }

    /// Its name in words.
    pub fn words(self) -> &'static str {
        match self {
            AlertKind::LargeDiff => "large diff",
            AlertKind::InvalidLedger => "invalid ledger",
            AlertKind::CiDirective => "CI directive",
            AlertKind::PossibleSecret => "possible secret",
            AlertKind::HighRate => "high rate",
            AlertKind::OutsideHours => "outside hours",
        }
    }
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Its kind.
    pub alert: AlertKind,
    /// The file that it is about, if any.
    pub path: Option<String>,
    /// What was seen; never the secret itself.
    pub detail: String,
}

impl Alert {
    /// One about no file in particular.
    pub fn of(alert: AlertKind, detail: String) -> Alert {
        Alert {
            alert,
            path: None,
            detail,
        }
    }

    /// It as a sentence: its kind, its file and what was seen.
    pub fn sentence(&self) -> String {
        let place = self.path.as_deref().map(|p| format!("{p}: "));
        let (name, place) = (self.alert.name(), place.unwrap_or_default());
        format!("{name}: {place}{}", self.detail)
    }
}

/// The directive in a message that makes some CI systems skip the commit, if there is one.
pub fn ci_directive(message: &str) -> Option<&'static str> {
    const BRACKETED: [&str; 9] = [
        "[skip ci]",
        "[ci skip]",
        "[no ci]",
        "[skip actions]",
        "[actions skip]",
        "[skip-ci]",
        "[ci-skip]",
        "[skip travis]",
        "***no_ci***",
    ];
    let lower = message.to_lowercase();
    if let Some(found) = BRACKETED.into_iter().find(|d| lower.contains(d)) {
        return Some(found);
    }
    let trailer = |line: &str| {
        line.split_once(':').is_some_and(|(k, v)| {
            matches!(k.trim(), "skip-checks" | "skip-ci" | "ci-skip")
                && matches!(v.trim(), "true" | "yes" | "1")
        })
    };
    lower.lines().any(trailer).then_some("skip-checks: true")
}

/// The form of a credential: its prefix, and how many token characters follow.
struct Pattern {
    name: &'static str,
    start: &'static str,
    then: usize,
    dashes: bool,
}

const fn pattern(name: &'static str, start: &'static str, then: usize, dashes: bool) -> Pattern {
    Pattern {
        name,
        start,
        then,
        dashes,
    }
}

/// The list prefers precision to recall: each provider made its prefix for such scanning.
const PATTERNS: [Pattern; 20] = [
    pattern("a GitHub token", "ghp_", 36, false),
    pattern("a GitHub token", "gho_", 36, false),
    pattern("a GitHub token", "ghs_", 36, false),
    pattern("a GitHub token", "ghu_", 36, false),
    pattern("a GitHub token", "ghr_", 36, false),
    pattern("a GitHub token", "github_pat_", 60, false),
    pattern("a GitLab token", "glpat-", 20, true),
    pattern("an AWS access key id", "AKIA", 16, false),
    pattern("an AWS access key id", "ASIA", 16, false),
    pattern("a Slack token", "xoxb-", 20, true),
    pattern("a Slack token", "xoxp-", 20, true),
    pattern("a Google API key", "AIza", 35, true),
    pattern("a Stripe key", "sk_live_", 24, false),
    pattern("an npm token", "npm_", 36, false),
    pattern("a PyPI token", "pypi-AgEIcHlwaS5vcmc", 50, true),
    pattern("an Anthropic key", "sk-ant-", 40, true),
    pattern("an OpenAI key", "sk-proj-", 40, true),
    pattern("a DigitalOcean token", "dop_v1_", 64, false),
    pattern("a reuse token of aidf", "aidf1.", 8, false),
    pattern("a reuse token of aidf", "aidf2.", 8, false),
];

/// The longest piece that must be seen at once, in bytes, including the byte before it.
const REACH: usize = 128;

/// Searches for credentials in content that arrives in pieces.
#[derive(Default)]
pub struct SecretScan {
    carry: Vec<u8>,
    /// Whether earlier bytes were dropped. Then the first kept byte was searched already,
    /// and is kept only as the byte before the next one.
    cut: bool,
    found: Option<&'static str>,
}

impl SecretScan {
    /// Searches the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        if self.found.is_some() {
            return;
        }
        let mut text = std::mem::take(&mut self.carry);
        text.extend_from_slice(piece);
        self.found = find_secret(&text, usize::from(self.cut));
        let keep = text.len().saturating_sub(REACH);
        self.cut |= keep > 0;
        self.carry = text.split_off(keep);
    }

    /// What was found, if anything.
    pub fn found(&self) -> Option<&'static str> {
        self.found
    }
}

/// What a text looks to contain, if it looks to contain a credential.
pub fn secret_in(text: &str) -> Option<&'static str> {
    find_secret(text.as_bytes(), 0)
}

fn find_secret(text: &[u8], from: usize) -> Option<&'static str> {
    for (at, &byte) in text.iter().enumerate().skip(from) {
        if !matches!(
            byte,
            b'g' | b'A' | b'x' | b's' | b'n' | b'p' | b'd' | b'a' | b'-'
        ) {
            continue;
        }
        let rest = &text[at..];
        if byte == b'-' && rest.starts_with(b"-----BEGIN ") {
            let line = &rest[..rest.len().min(64)];
            if line.windows(16).any(|w| w == b"PRIVATE KEY-----") {
                return Some("a private key");
            }
        }
        // Inside a longer word it is not a token's prefix.
        if at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'_') {
            continue;
        }
        if is_aws_secret(rest) {
            return Some("an AWS secret access key");
        }
        for p in &PATTERNS {
            let Some(tail) = rest.strip_prefix(p.start.as_bytes()) else {
                continue;
            };
            let good = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || (p.dashes && *b == b'-');
            if tail.iter().take_while(|b| good(b)).count() >= p.then {
                return Some(p.name);
            }
        }
    }
    None
}

/// A secret access key has no prefix of its own. So it only counts after the name that
/// AWS's own files and variables give it.
fn is_aws_secret(text: &[u8]) -> bool {
    const NAME: &[u8] = b"aws_secret_access_key";
    /// The most bytes between the name and the value: spaces, quotes, an equals sign or a
    /// colon.
    const BETWEEN: usize = 8;
    const LENGTH: usize = 40;
    let Some((name, rest)) = text.split_at_checked(NAME.len()) else {
        return false;
    };
    if !name.eq_ignore_ascii_case(NAME) {
        return false;
    }
    let between = rest.iter().take_while(|b| b" \t=:\"'".contains(b)).count();
    let good = |b: &&u8| b.is_ascii_alphanumeric() || b"/+".contains(b);
    (1..=BETWEEN).contains(&between) && rest[between..].iter().take_while(good).count() >= LENGTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aws_secret_is_known_by_the_name_before_it() {
        let secret = "aB3/".repeat(10);
        for line in [
            format!("aws_secret_access_key = {secret}\n"),
            format!("export AWS_SECRET_ACCESS_KEY=\"{secret}\""),
            format!("\"aws_secret_access_key\": \"{secret}\","),
        ] {
            assert_eq!(
                scan(&[line.as_bytes()]),
                Some("an AWS secret access key"),
                "{line}"
            );
            let pieces: Vec<&[u8]> = line.as_bytes().chunks(7).collect();
            assert!(scan(&pieces).is_some(), "{line}");
        }
        for line in [
            "aws_secret_access_key = ${SECRET}".to_owned(),
            format!("aws_secret_access_key{secret}"),
            format!("secret = {secret}"),
        ] {
            assert_eq!(scan(&[line.as_bytes()]), None, "{line}");
        }
    }

    #[test]
    fn every_spelling_that_skips_ci_is_seen() {
        for message in [
            "x [skip ci]",
            "[CI SKIP] x",
            "a\n\nskip-checks: true",
            "a\n\nSkip-Checks:  TRUE",
            "***NO_CI***",
            "[no ci]",
        ] {
            assert!(ci_directive(message).is_some(), "{message}");
        }
        for message in ["skip the ci step", "[ci] skip", "skip-checks: false"] {
            assert_eq!(ci_directive(message), None, "{message}");
        }
    }

    #[test]
    fn a_word_is_longer_than_what_is_kept_of_it() {
        let word = format!("xghr_{}", "v".repeat(300));
        assert_eq!(scan(&[word.as_bytes()]), None);
        let pieces: Vec<&[u8]> = word.as_bytes().chunks(1).collect();
        assert_eq!(scan(&pieces), None);
    }

    fn scan(pieces: &[&[u8]]) -> Option<&'static str> {
        let mut scan = SecretScan::default();
        pieces.iter().for_each(|p| scan.feed(p));
        scan.found()
    }

    #[test]
    fn a_credential_is_found_even_across_two_pieces() {
        let token = format!("key = ghp_{}\n", "a1".repeat(18));
        assert_eq!(scan(&[token.as_bytes()]), Some("a GitHub token"));
        for at in 1..token.len() {
            assert!(
                scan(&[&token.as_bytes()[..at], &token.as_bytes()[at..]]).is_some(),
                "{at}"
            );
        }
        assert_eq!(
            scan(&[b"-----BEGIN OPENSSH PRIVATE KEY-----\n"]),
            Some("a private key")
        );
    }

    #[test]
    fn a_token_that_is_sealed_now_is_found_as_one() {
        let ring = crate::keys::KeyRing::of(vec![crate::keys::Key::new(vec![1; 32])]);
        let id = crate::identity::RepositoryId::parse(&"ab".repeat(20));
        for repository in [None, id] {
            let claims = crate::token::Claims {
                branch: Some("sandbox-a-b".to_owned()),
                base: None,
                id: "0123456789abcdef".to_owned(),
                kind: crate::token::TokenKind::Sandbox,
                repository,
                pod: None,
                issued: 0,
                expires: None,
            };
            let token = crate::token::seal(&claims, ring.active().unwrap(), "demo", [0; 24]);
            assert_eq!(scan(&[token.as_bytes()]), Some("a reuse token of aidf"));
        }
    }

    #[test]
    fn what_only_resembles_a_credential_is_left_alone() {
        for text in [
            "ghp_short",
            "AKIA",
            "the AKIAwordsgoon",
            "-----BEGIN PUBLIC KEY-----",
            "xghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "sk-ant-",
            "--- PRIVATE KEY-----",
            "my_ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "AKIA and so on, for some words",
            "ghp_aaaaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaa",
            "glpat-aaaaaaaaaa aaaaaaaaaaaa",
        ] {
            assert_eq!(scan(&[text.as_bytes()]), None, "{text}");
        }
    }

    #[test]
    fn a_credential_may_hold_what_its_provider_puts_into_it() {
        for (text, name) in [
            (format!("glpat-{}", "a-_1".repeat(5)), "a GitLab token"),
            (format!("github_pat_{}", "a_1".repeat(20)), "a GitHub token"),
            (format!("sk-ant-{}", "a-_1".repeat(10)), "an Anthropic key"),
        ] {
            assert_eq!(scan(&[text.as_bytes()]), Some(name), "{text}");
            let short = &text[..text.len() - 1];
            assert_eq!(scan(&[short.as_bytes()]), None, "{short}");
        }
    }

    #[test]
    fn an_alert_has_one_name_in_json_and_in_words() {
        for kind in AlertKind::ALL {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.name()));
        }
    }
}
