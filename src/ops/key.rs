//! The key ring: shown, given a new key, and a key of it retired. None of it needs a
//! repository.

use super::outcome::Reported;
use crate::error::Result;
use crate::keys::{self, KeyInfo, KeySource, KeyState, Retired};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The keys at hand.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowReport {
    /// The file that they come from; none for the variable AIDF_KEY.
    pub file: Option<PathBuf>,
    /// Each key. Its secret is never told.
    pub keys: Vec<KeyInfo>,
    /// One sentence.
    pub message: String,
}

/// How keys are changed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RotateRequest {
    /// Make the new key, and let the old one go on sealing until the next rotation.
    pub prepare: bool,
}

/// What a rotation did.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RotateReport {
    /// The key that seals tokens and signs commits now.
    pub active: Option<String>,
    /// The key that the next rotation makes active.
    pub next: Option<String>,
    /// The file of the ring.
    pub file: Option<PathBuf>,
    /// One sentence.
    pub message: String,
}

/// Which key is retired.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireRequest {
    /// The key's id.
    pub key_id: String,
}

/// What was retired.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RetireReport {
    /// The key's id.
    pub key_id: String,
    /// Whether it was retired before.
    pub unchanged: bool,
    /// One sentence.
    pub message: String,
}

impl Reported for ShowReport {}
impl Reported for RotateReport {}
impl Reported for RetireReport {}

/// Shows the keys.
///
/// Errors: usage, for a ring that cannot be read; auth, for one that others can read.
pub fn show(source: &KeySource) -> Result<ShowReport> {
    let (keys, file) = keys::list(source)?;
    let active = keys.iter().find(|k| k.state == KeyState::Active);
    let message = match active {
        Some(key) => format!("{} seals new tokens and signs new commits", key.key_id),
        None if keys.is_empty() => {
            "there is no key here; the first sandbox makes one: aidf sandbox init".to_owned()
        }
        None => "no key here seals tokens; make one: aidf key rotate".to_owned(),
    };
    Ok(ShowReport {
        file,
        keys,
        message,
    })
}

/// Makes another key the active one. `random` is the new key, and `now` its time (RFC 3339).
///
/// Errors: usage, for keys that are no file of aidf's; auth; unavailable.
pub fn rotate(
    source: &KeySource,
    random: [u8; 32],
    now: &str,
    request: &RotateRequest,
) -> Result<RotateReport> {
    let rotated = keys::rotate(source, random, now, request.prepare)?;
    let (_, file) = keys::list(source)?;
    let active = rotated.active.as_deref().unwrap_or("no key");
    let message = match &rotated.next {
        Some(next) => format!(
            "{next} waits to be active, and {active} goes on sealing; copy the key ring to every machine and server that has it, then: aidf key rotate"
        ),
        None if rotated.is_made => format!(
            "{active} is a new key and active at once, for no key was waiting; whoever has another copy of the key ring refuses its tokens until you copy this one there. The keys before it still open their tokens"
        ),
        None => format!(
            "{active} is active; the keys before it still open their tokens. Copy the key ring to every machine and server that has it"
        ),
    };
    Ok(RotateReport {
        active: rotated.active,
        next: rotated.next,
        file,
        message,
    })
}

/// Retires a key: the tokens that it sealed are rejected from now on, and the commits that
/// it signed stay good.
///
/// Errors: not_found; usage, for the active key; auth; unavailable.
pub fn retire(source: &KeySource, request: &RetireRequest) -> Result<RetireReport> {
    let key_id = request.key_id.to_ascii_lowercase();
    let done = keys::retire(source, &key_id)?;
    Ok(RetireReport {
        unchanged: done == Retired::Before,
        message: match done {
            Retired::Done => format!(
                "retired {key_id}: its tokens are rejected here from now on; copy the key ring to every machine and server that has it"
            ),
            Retired::Before => format!("{key_id} was retired before"),
        },
        key_id,
    })
}
