//! Tells a monitor that a scheduled job ran, so that somebody notices when it does not.

use crate::callback::{Callback, tried};
use crate::config::Config;
use crate::context::Caller;
use crate::error::Result;
use crate::git::http_of_user;
use std::time::Duration;

/// What an address has in the place of the job's exit code.
pub const EXIT: &str = "{exit}";

/// The pauses between the tries.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// The address to call for a job that ended with this exit code. One without `{exit}` is
/// called for success alone: a monitor then notices the silence.
///
/// Errors: why it is no address.
pub fn address(template: &str, exit: u8) -> std::result::Result<Option<Callback>, String> {
    let is_called = exit == 0 || template.contains(EXIT);
    let callback = Callback::parse(&template.replace(EXIT, &exit.to_string()))?;
    Ok(is_called.then_some(callback))
}

/// Calls the address, a few times if need be.
///
/// Errors: unavailable; interrupted.
pub fn beat(config: &Config, caller: &Caller, callback: &Callback) -> Result<()> {
    let http = http_of_user(&caller.remote_options(config, false))?;
    tried(&caller.cancel, config.timeout, &PAUSES, |left| {
        callback.get(&http, left)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_only_where_the_address_has_a_place_for_it() {
        let of = |template, exit| {
            let callback = address(template, exit).unwrap();
            callback.map(|c| c.text().to_owned())
        };
        let plain = "https://h.example/id";
        assert_eq!(of(plain, 0).as_deref(), Some(plain));
        assert_eq!(of(plain, 8), None);
        let coded = "https://h.example/id/{exit}";
        assert_eq!(of(coded, 0).as_deref(), Some("https://h.example/id/0"));
        assert_eq!(of(coded, 8).as_deref(), Some("https://h.example/id/8"));
        assert!(address("h.example", 0).is_err());
    }
}
