//! What a forge says in the device flow (RFC 8628), and how often it is asked. Pure: the time
//! that has passed is given.

use crate::secret::Secret;
use crate::url::{HttpUrl, parse_http};
use serde_json::Value;
use std::time::Duration;

/// Nobody is waited for longer, whatever the forge says.
const LONGEST: u64 = 900;
/// The seconds between two questions where the forge names none (RFC 8628, 3.2).
const INTERVAL: u64 = 5;
/// What `slow_down` adds to them (RFC 8628, 3.5).
const SLOWER: u64 = 5;
/// The longest code that a person is asked to type, in characters.
const MAX_USER_CODE: usize = 64;
/// The longest device code, address or token, in bytes.
const MAX_TEXT: usize = 8192;
/// The longest that a token can last, in seconds: ten years.
const MAX_LIFE: u64 = 10 * 365 * 86_400;

/// Why an answer cannot be used, in words that end a sentence.
pub(in crate::forge) type Flaw = &'static str;

/// A login that has begun: a person is to enter a code.
#[derive(Debug, Clone)]
pub struct Device {
    /// What the forge knows this login by. Whoever has it gets the token.
    pub(super) code: Secret,
    /// What the person enters; it is the forge's text, and may hold any character.
    pub user_code: String,
    /// Where the person enters it: an address of the forge itself.
    pub address: String,
    /// How long the code is good for.
    pub lasts: Duration,
    interval: u64,
}

impl Device {
    /// Reads the answer of the forge at `web`.
    pub(in crate::forge) fn read(json: &Value, web: &HttpUrl) -> Result<Device, Flaw> {
        let code = short(json, "device_code").ok_or("it has no device_code")?;
        let user_code = short(json, "user_code")
            .filter(|code| !code.trim().is_empty() && code.chars().count() <= MAX_USER_CODE)
            .ok_or("it has no user_code that a person could enter")?;
        let address = short(json, "verification_uri").ok_or("it has no verification_uri")?;
        let address = on_its_own_server(address, web)
            .ok_or("its verification_uri is not an address of the forge itself")?;
        let lasts = json["expires_in"]
            .as_u64()
            .filter(|seconds| *seconds > 0)
            .ok_or("it does not say when its code expires")?;
        let interval = match &json["interval"] {
            Value::Null => INTERVAL,
            named => named.as_u64().ok_or("its interval is not a number")?,
        };
        Ok(Device {
            code: Secret::new(code),
            user_code: user_code.to_owned(),
            address,
            lasts: Duration::from_secs(lasts.min(LONGEST)),
            interval: interval.max(1),
        })
    }
}

/// A text of the answer that is there, and not too long.
fn short<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    json[name]
        .as_str()
        .filter(|text| !text.is_empty() && text.len() <= MAX_TEXT)
}

/// The address, where it is one of the same server and reached as safely.
fn on_its_own_server(address: &str, web: &HttpUrl) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let secure = match scheme {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let url = parse_http(secure, rest)?;
    let same = secure == web.is_secure() && url.is_same_server(web) && url.user().is_none();
    // The server is written as it was parsed: another program might read the text otherwise.
    let path = &rest[rest.find('/').unwrap_or(rest.len())..];
    let plain = path.bytes().all(|b| b.is_ascii_graphic());
    (same && plain).then(|| format!("{}{path}", url.root().plain()))
}

/// A token that the forge has given.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The token.
    pub token: Secret,
    /// What gets the next token, where the forge gives such a thing.
    pub refresh: Option<Secret>,
    /// How many seconds it lasts, where the forge tells.
    pub lasts: Option<u64>,
    /// What it may do, where the forge tells.
    pub scopes: Option<Vec<String>>,
}

/// What the forge says to the question whether there is a token.
#[derive(Debug, Clone)]
pub enum Said {
    /// There is.
    Granted(Grant),
    /// The person has not entered the code yet.
    Pending,
    /// It was asked too often. It may name the seconds to wait from now on.
    SlowDown(Option<u64>),
    /// It said nothing that could be used, and may do so later.
    Nothing,
}

/// How an answer ends the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::forge) enum Ended {
    /// The forge refuses, by this code of RFC 8628 or of its own.
    Refused(String),
    /// The answer cannot be used.
    Flawed(Flaw),
}

impl Said {
    /// Reads an answer of this status. GitHub refuses with 200, and GitLab with 400.
    pub(in crate::forge) fn read(status: u16, json: &Value) -> Result<Said, Ended> {
        if let Some(code) = refusal(json) {
            return match code {
                "authorization_pending" => Ok(Said::Pending),
                "slow_down" => Ok(Said::SlowDown(json["interval"].as_u64())),
                // GitLab's own limit of requests has no code of RFC 8628.
                _ if status == 429 => Ok(Said::SlowDown(None)),
                _ if status >= 500 => Ok(Said::Nothing),
                code => Err(Ended::Refused(code.to_owned())),
            };
        }
        match status {
            200..=299 => Grant::read(json).map(Said::Granted).map_err(Ended::Flawed),
            429 => Ok(Said::SlowDown(None)),
            500.. => Ok(Said::Nothing),
            _ => Err(Ended::Flawed("it is neither a token nor a reason")),
        }
    }
}

/// The code of a refusal.
pub(super) fn refusal(json: &Value) -> Option<&str> {
    json["error"].as_str().filter(|code| !code.is_empty())
}

impl Grant {
    fn read(json: &Value) -> Result<Grant, Flaw> {
        // RFC 6749, A.12: visible characters. So it ends neither a header nor a helper's line.
        let sound = |text: &&str| text.bytes().all(|b| b.is_ascii_graphic());
        let token = short(json, "access_token")
            .filter(sound)
            .ok_or("it has no access_token")?;
        let bearer = json["token_type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !bearer {
            return Err("its token_type is not bearer");
        }
        let refresh = short(json, "refresh_token").filter(sound);
        let scopes = json["scope"].as_str().map(|text| {
            // RFC 6749 has spaces between them, and GitHub commas.
            let all = text.split([' ', ',']).filter(|scope| !scope.is_empty());
            all.map(str::to_owned).collect()
        });
        Ok(Grant {
            token: Secret::new(token),
            refresh: refresh.map(Secret::new),
            lasts: json["expires_in"]
                .as_u64()
                .filter(|seconds| *seconds > 0)
                .map(|seconds| seconds.min(MAX_LIFE)),
            scopes,
        })
    }
}

/// When the forge is asked next.
#[derive(Debug, Clone)]
pub struct Polling {
    interval: u64,
    lasts: Duration,
}

impl Polling {
    /// The beginning.
    pub fn of(device: &Device) -> Polling {
        Polling {
            interval: device.interval,
            lasts: device.lasts,
        }
    }

    /// How long to wait before the next question, so long after the code was given; none where
    /// the code is no longer good by then.
    pub fn wait(&self, passed: Duration) -> Option<Duration> {
        let wait = Duration::from_secs(self.interval);
        let at = passed.checked_add(wait)?;
        (at < self.lasts).then_some(wait)
    }

    /// Takes note of an answer.
    pub fn heard(&mut self, said: &Said) {
        match said {
            Said::Granted(_) | Said::Pending => {}
            Said::SlowDown(named) => {
                let slower = self.interval.saturating_add(SLOWER);
                self.interval = slower.max(named.unwrap_or(0));
            }
            // RFC 8628, 3.5: ask half as often.
            Said::Nothing => self.interval = self.interval.saturating_mul(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn web() -> HttpUrl {
        parse_http(true, "git.example:8443").unwrap()
    }

    fn begun(interval: Value, lasts: Value) -> Result<Device, Flaw> {
        let json = json!({
            "device_code": "dev", "user_code": "AB-CD", "interval": interval,
            "verification_uri": "https://git.example:8443/login/device", "expires_in": lasts,
        });
        Device::read(&json, &web())
    }

    #[test]
    fn a_login_begins_with_a_code_an_address_and_an_end() {
        let device = begun(json!(7), json!(60)).unwrap();
        assert_eq!(device.user_code, "AB-CD");
        assert_eq!(device.address, "https://git.example:8443/login/device");
        assert_eq!((device.interval, device.lasts.as_secs()), (7, 60));
        assert!(!format!("{device:?}").contains("\"dev\""), "{device:?}");
        let no_interval = begun(Value::Null, json!(86_400)).unwrap();
        assert_eq!(
            (no_interval.interval, no_interval.lasts.as_secs()),
            (5, 900)
        );
        assert_eq!(begun(json!(0), json!(60)).unwrap().interval, 1);
    }

    #[test]
    fn an_answer_that_lacks_something_is_no_beginning() {
        assert!(begun(json!("soon"), json!(60)).is_err());
        for lasts in [Value::Null, json!(0), json!(-1), json!("900")] {
            assert!(begun(json!(5), lasts).is_err());
        }
        let whole = json!({
            "device_code": "dev", "user_code": "AB-CD", "expires_in": 60,
            "verification_uri": "https://git.example:8443/device",
        });
        assert!(Device::read(&whole, &web()).is_ok());
        for field in ["device_code", "user_code", "verification_uri"] {
            for bad in [json!(""), json!(7), Value::Null, json!("x".repeat(9000))] {
                let mut json = whole.clone();
                json[field] = bad;
                assert!(Device::read(&json, &web()).is_err(), "{json}");
            }
        }
        for other in [json!([]), json!("x"), Value::Null, json!({})] {
            assert!(Device::read(&other, &web()).is_err(), "{other}");
        }
    }

    #[test]
    fn nobody_is_sent_to_another_server() {
        let plain = parse_http(false, "127.0.0.1:9").unwrap();
        for (address, web, taken) in [
            ("https://git.example:8443/x?y=1", web(), true),
            ("https://GIT.example:8443", web(), true),
            ("https://git.example/x", web(), false),
            ("http://git.example:8443/x", web(), false),
            ("https://git.example:8443@evil.example/x", web(), false),
            ("https://git.example:8443\\.evil.example/x", web(), false),
            ("https://me@git.example:8443/x", web(), false),
            ("https://git.example.evil.example:8443/x", web(), false),
            ("javascript:alert(1)", web(), false),
            ("//git.example:8443/x", web(), false),
            ("https://git.example:8443/\u{1b}[2J", web(), false),
            ("https://git.example:8443/\u{202e}x", web(), false),
            ("http://127.0.0.1:9/x", plain.clone(), true),
            ("https://127.0.0.1:9/x", plain.clone(), false),
            ("http://127.0.0.1:10/x", plain, false),
        ] {
            let found = on_its_own_server(address, &web);
            assert_eq!(found.is_some(), taken, "{address}: {found:?}");
        }
    }

    #[test]
    fn each_answer_is_what_rfc_8628_says() {
        let said = |status, json: Value| Said::read(status, &json);
        for status in [200, 400] {
            let pending = said(status, json!({"error": "authorization_pending"}));
            assert!(matches!(pending, Ok(Said::Pending)));
            let slow = said(status, json!({"error": "slow_down", "interval": 10}));
            assert!(matches!(slow, Ok(Said::SlowDown(Some(10)))));
            for code in [
                "access_denied",
                "expired_token",
                "device_flow_disabled",
                "x",
            ] {
                let ended = said(status, json!({"error": code})).unwrap_err();
                assert_eq!(ended, Ended::Refused(code.to_owned()));
            }
        }
        let limited = said(429, json!({"error": "Too many requests"}));
        assert!(matches!(limited, Ok(Said::SlowDown(None))));
        assert!(matches!(said(429, Value::Null), Ok(Said::SlowDown(None))));
        assert!(matches!(said(502, Value::Null), Ok(Said::Nothing)));
        assert!(matches!(said(404, Value::Null), Err(Ended::Flawed(_))));
    }

    #[test]
    fn a_token_is_a_bearers_and_holds_no_space() {
        let read = |json: Value| Said::read(200, &json);
        let granted = |json| match read(json) {
            Ok(Said::Granted(grant)) => grant,
            other => panic!("no token: {other:?}"),
        };
        let whole = granted(json!({
            "access_token": "s3cret", "token_type": "bearer", "scope": "repo,read:org gist",
            "expires_in": 7200, "refresh_token": "again",
        }));
        assert_eq!(whole.token.reveal(), "s3cret");
        assert_eq!(whole.refresh.as_ref().unwrap().reveal(), "again");
        assert_eq!(whole.lasts, Some(7200));
        assert_eq!(
            whole.scopes.as_ref().unwrap(),
            &["repo", "read:org", "gist"]
        );
        let shown = format!("{:?}", Said::Granted(whole));
        assert!(
            !shown.contains("s3cret") && !shown.contains("again"),
            "{shown}"
        );
        let least = granted(json!({"access_token": "t", "token_type": "Bearer"}));
        assert!(least.refresh.is_none() && least.lasts.is_none() && least.scopes.is_none());
        for bad in [
            json!({"access_token": "a b", "token_type": "bearer"}),
            json!({"access_token": "a\nhost=evil", "token_type": "bearer"}),
            json!({"access_token": "", "token_type": "bearer"}),
            json!({"access_token": "t", "token_type": "mac"}),
            json!({"access_token": "t"}),
            json!({"access_token": 7, "token_type": "bearer"}),
            json!([]),
            json!({}),
        ] {
            assert!(matches!(read(bad.clone()), Err(Ended::Flawed(_))), "{bad}");
        }
    }

    #[test]
    fn the_forge_is_asked_as_often_as_it_says_and_no_longer_than_the_code_lasts() {
        let wait = |polling: &Polling, passed| {
            let passed = Duration::from_secs(passed);
            polling.wait(passed).map(|wait| wait.as_secs())
        };
        let mut polling = Polling::of(&begun(json!(5), json!(60)).unwrap());
        assert_eq!(wait(&polling, 0), Some(5));
        polling.heard(&Said::Pending);
        assert_eq!(wait(&polling, 5), Some(5));
        polling.heard(&Said::SlowDown(None));
        assert_eq!(wait(&polling, 10), Some(10));
        polling.heard(&Said::SlowDown(Some(7)));
        assert_eq!(wait(&polling, 20), Some(15), "never less than 5 s more");
        polling.heard(&Said::SlowDown(Some(24)));
        assert_eq!(wait(&polling, 30), Some(24));
        assert_eq!(wait(&polling, 36), None, "the code has expired by then");
        let mut polling = Polling::of(&begun(json!(1), json!(60)).unwrap());
        for seconds in [2, 4, 8] {
            polling.heard(&Said::Nothing);
            assert_eq!(wait(&polling, 0), Some(seconds));
        }
        for _ in 0..100 {
            polling.heard(&Said::Nothing);
            polling.heard(&Said::SlowDown(Some(u64::MAX)));
        }
        assert_eq!(wait(&polling, 0), None);
    }
}
