//! How long a forge asks us to wait, and where its next page is. Pure.

use super::answer::Answer;
use crate::clock::Moment;

/// The first wait, in seconds, when a forge limits us and names no time.
const UNNAMED_WAIT: u64 = 60;
/// The longest wait, in seconds: a day. A larger number is nonsense, and nobody waits for
/// it.
const LONGEST_WAIT: u64 = 86_400;

/// Whether an answer is a rate limit: the request is valid, but it must be sent later.
pub(super) fn is_limit(answer: &Answer) -> bool {
    match answer.status {
        429 => true,
        403 => {
            answer.header("retry-after").is_some()
                || answer.header("x-ratelimit-remaining") == Some("0")
                || answer.said.to_ascii_lowercase().contains("rate limit")
        }
        _ => false,
    }
}

/// Seconds to wait before the same request may be sent again. `earlier` is how many times
/// it has waited already.
pub(super) fn wait(answer: &Answer, now: i64, earlier: u32) -> u64 {
    asked_wait(answer, now, earlier).min(LONGEST_WAIT)
}

fn asked_wait(answer: &Answer, now: i64, earlier: u32) -> u64 {
    let number = |name: &str| answer.header(name)?.trim().parse::<i64>().ok();
    let until = |moment: i64| (moment.saturating_sub(now).max(0) as u64).saturating_add(1);
    if let Some(after) = answer.header("retry-after") {
        if let Ok(seconds) = after.trim().parse::<u64>() {
            return seconds.max(1);
        }
        if let Some(date) = Moment::from_http(after) {
            return until(date.seconds());
        }
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        return until(reset);
    }
    if let Some(reset) = number("ratelimit-reset") {
        // GitLab gives a Unix time; the draft standard gives seconds from now.
        return match reset > 1_000_000_000 {
            true => until(reset),
            false => reset.max(1) as u64,
        };
    }
    UNNAMED_WAIT << earlier.min(6)
}

/// The address under `rel="next"` of a `Link` header.
pub(super) fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = parameters.split(';').any(|p| {
            let p = p.trim();
            p.eq_ignore_ascii_case("rel=\"next\"") || p.eq_ignore_ascii_case("rel=next")
        });
        next.then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], said: &str) -> Answer {
        Answer {
            status,
            json: serde_json::Value::Null,
            headers: headers
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect(),
            said: said.to_owned(),
        }
    }

    #[test]
    fn a_limit_is_told_from_a_refusal() {
        assert!(is_limit(&answer(429, &[], "")));
        assert!(is_limit(&answer(
            403,
            &[("x-ratelimit-remaining", "0")],
            ""
        )));
        assert!(is_limit(&answer(
            403,
            &[],
            "You have exceeded a secondary rate limit"
        )));
        assert!(!is_limit(&answer(
            403,
            &[("x-ratelimit-remaining", "4999")],
            "Resource not accessible"
        )));
        assert!(!is_limit(&answer(404, &[("retry-after", "1")], "")));
    }

    #[test]
    fn the_wait_is_what_the_forge_says() {
        let now = 1_700_000_000;
        let wait =
            |headers: &[(&str, &str)], earlier| wait(&answer(429, headers, ""), now, earlier);
        assert_eq!(wait(&[("retry-after", "7")], 0), 7);
        assert_eq!(wait(&[("retry-after", "0")], 0), 1);
        assert_eq!(
            wait(&[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")], 0),
            11
        );
        assert_eq!(
            wait(
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1700000030")
                ],
                0
            ),
            31
        );
        assert_eq!(
            wait(
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1600000000")
                ],
                0
            ),
            1,
            "a moment that is over"
        );
        assert_eq!(
            wait(
                &[
                    ("x-ratelimit-remaining", "9"),
                    ("x-ratelimit-reset", "1700000030")
                ],
                0
            ),
            60
        );
        assert_eq!(wait(&[("ratelimit-reset", "1700000009")], 0), 10);
        assert_eq!(wait(&[("ratelimit-reset", "9")], 0), 9);
        for nonsense in ["9223372036854775807", "18446744073709551615"] {
            assert_eq!(wait(&[("retry-after", nonsense)], 0), LONGEST_WAIT);
        }
        let reset = |at: &'static str| {
            wait(
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", at)],
                0,
            )
        };
        assert_eq!(reset("9223372036854775807"), LONGEST_WAIT);
        assert_eq!(reset("-9223372036854775808"), 1);
        assert_eq!((wait(&[], 0), wait(&[], 1), wait(&[], 99)), (60, 120, 3840));
    }

    #[test]
    fn the_next_page_is_read_from_the_link() {
        let header = "<https://h/x?page=1>; rel=\"prev\", <https://h/x?a=b;c&page=3>; rel=\"next\"";
        assert_eq!(
            next_link(header).as_deref(),
            Some("https://h/x?a=b;c&page=3")
        );
        assert_eq!(next_link("<https://h/x>; rel=\"last\""), None);
        assert_eq!(next_link("nonsense"), None);
    }
}
