//! Whom the operator wants to be told of alerts: a command of his own, or a webhook. Pure.

use crate::alerts::AlertKind;
use crate::callback::Callback;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One of `notify:` in the operator's configuration. Either `run` or `post` is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifyFile {
    /// A program and its arguments. No shell is in between.
    pub run: Vec<String>,
    /// A webhook's address.
    pub post: Option<String>,
    /// The file that holds the webhook's secret.
    pub secret_file: Option<PathBuf>,
    /// The variable that holds the webhook's secret.
    pub secret_env: Option<String>,
    /// The kinds of alerts; all where none is named.
    pub kinds: Vec<AlertKind>,
    /// Seconds that the program, or the webhook with its retries, may take; 10 where nothing
    /// is said.
    pub timeout: Option<u64>,
}

/// How the variables begin that aidf passes to no program.
const OURS: &str = "AIDF_";

/// The longest that a write waits for one of them, in seconds.
const LONGEST: u64 = 300;

/// Whom to tell of an alert.
#[derive(Debug, Clone)]
pub struct Notify {
    /// How.
    pub to: To,
    /// The kinds of alerts; all where none is named.
    pub kinds: Vec<AlertKind>,
    /// How long it may take.
    pub timeout: Duration,
}

/// How somebody is told.
#[derive(Debug, Clone)]
pub enum To {
    /// This program is run, with its arguments; it reads the alert from its standard input.
    Run(Vec<String>),
    /// The alert is posted to this address, signed with the secret that is found there.
    Post(Callback, SecretPlace),
}

/// Where a webhook's secret lies. It is read when it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// In this file.
    File(PathBuf),
    /// In this variable.
    Variable(String),
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            To::Run(words) => write!(f, "the command `{}`", words[0]),
            To::Post(callback, _) => write!(f, "the webhook {callback}"),
        }
    }
}

impl Notify {
    /// Whether it is told of this kind.
    pub fn wants(&self, kind: AlertKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// What tells it from the others, wherever it stands in the configuration.
    pub fn name(&self) -> String {
        match &self.to {
            To::Run(words) => crate::files::short_digest(&words.join("\0")),
            To::Post(callback, _) => crate::files::short_digest(callback.text()),
        }
    }
}

impl NotifyFile {
    /// Reads it.
    ///
    /// Errors: what is wrong with it.
    pub fn resolve(self) -> Result<Notify, String> {
        // A relative path would start from wherever aidf is called, and there somebody else's
        // file can lie.
        let is_relative = |path: &Path| path.components().count() > 1 && !path.is_absolute();
        if let Some(program) = self.run.first().filter(|p| is_relative(Path::new(p))) {
            return Err(format!(
                "`run` names the program `{program}`; a whole path is expected, or a name to be found by PATH"
            ));
        }
        if let Some(file) = self.secret_file.as_deref().filter(|f| !f.is_absolute()) {
            return Err(format!(
                "`secret_file: {}` was given; a whole path is expected",
                file.display()
            ));
        }
        if let Some(name) = self.secret_env.as_deref().filter(|n| !n.starts_with(OURS)) {
            return Err(format!(
                "`secret_env: {name}` was given; a name that begins with {OURS} is expected, because such variables reach no other program"
            ));
        }
        let secret = match (self.secret_file, self.secret_env) {
            (Some(_), Some(_)) => {
                return Err("`secret_file` and `secret_env` are given; give one".to_owned());
            }
            (Some(file), None) => Some(SecretPlace::File(file)),
            (None, Some(name)) => Some(SecretPlace::Variable(name)),
            (None, None) => None,
        };
        let to = match (self.post, self.run) {
            (Some(_), run) if !run.is_empty() => {
                return Err("`run` and `post` are given together; make two entries".to_owned());
            }
            (Some(url), _) => {
                let callback = Callback::parse(&url).map_err(|why| format!("`post`: {why}"))?;
                let secret = secret.ok_or(
                    "the webhook has no secret to sign with; name a file with `secret_file`, or a variable with `secret_env`",
                )?;
                To::Post(callback, secret)
            }
            (None, _) if secret.is_some() => {
                return Err("a secret is given without `post`; a command needs none".to_owned());
            }
            (None, run) if run.first().is_none_or(String::is_empty) => {
                return Err("neither `run` nor `post` is given".to_owned());
            }
            (None, run) => To::Run(run),
        };
        let timeout = self.timeout.unwrap_or(10);
        if !(1..=LONGEST).contains(&timeout) {
            return Err(format!(
                "`timeout: {timeout}` was given; 1 to {LONGEST} seconds are expected"
            ));
        }
        Ok(Notify {
            to,
            kinds: self.kinds,
            timeout: Duration::from_secs(timeout),
        })
    }
}

/// The value of a `webhook-signature` header, as Standard Webhooks 1.0 defines it: the
/// HMAC-SHA256 of `id.timestamp.body`. A secret that begins with `whsec_` goes on in base64;
/// any other is taken as it is.
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let key = secret
        .strip_prefix("whsec_")
        .and_then(|coded| STANDARD.decode(coded).ok());
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    // HMAC takes a key of any length (RFC 2104).
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&key) else {
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Notify, String> {
        crate::yaml::read::<NotifyFile>(text).unwrap().resolve()
    }

    /// The example of Standard Webhooks' own libraries.
    #[test]
    fn a_signature_is_the_one_that_standard_webhooks_verify() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"test\": 2432232314}";
        assert_eq!(
            signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        let plain = signature("plain words", "a", 1, "b");
        assert_ne!(plain, signature("plain wordz", "a", 1, "b"));
        assert_ne!(plain, signature("plain words", "a", 2, "b"));
    }

    #[test]
    fn one_way_to_tell_somebody_and_no_other_is_taken() {
        let told =
            read("{run: [/bin/page, --team, docs], kinds: [large_diff], timeout: 3}").unwrap();
        assert!(told.wants(AlertKind::LargeDiff) && !told.wants(AlertKind::CiDirective));
        assert_eq!(told.timeout, Duration::from_secs(3));
        assert_eq!(told.to_string(), "the command `/bin/page`");
        let told = read("{post: 'https://h.example/s3cret', secret_env: AIDF_X}").unwrap();
        assert!(told.wants(AlertKind::CiDirective));
        assert_eq!(told.to_string(), "the webhook https://h.example/…");
        for (text, word) in [
            ("{}", "neither"),
            ("{run: []}", "neither"),
            ("{run: ['']}", "neither"),
            (
                "{run: [a], post: 'https://h', secret_env: AIDF_X}",
                "two entries",
            ),
            ("{post: 'https://h'}", "no secret"),
            ("{post: 'http://h', secret_env: AIDF_X}", "https"),
            ("{run: [a], secret_env: AIDF_X}", "without `post`"),
            (
                "{post: 'https://h', secret_env: AIDF_X, secret_file: /y}",
                "give one",
            ),
            ("{run: [tools/page]}", "whole path"),
            ("{run: [./page]}", "whole path"),
            (
                "{post: 'https://h', secret_file: hook.secret}",
                "whole path",
            ),
            ("{post: 'https://h', secret_env: HOOK}", "AIDF_"),
            ("{run: [a], timeout: 0}", "seconds"),
            ("{run: [a], timeout: 301}", "seconds"),
        ] {
            let why = read(text).map(|n| n.to_string()).unwrap_err();
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}
