//! What goes with a push for the server's hooks.

use super::access;
use crate::context::Context;
use crate::git::{Advertisement, RefUpdate};
use crate::identity::REF;
use crate::secret::Secret;

/// The token goes to a hook that takes options, and never where others could read it.
pub(super) fn push_options(
    cx: &Context,
    advertisement: &Advertisement,
    token: Option<&Secret>,
    updates: &[RefUpdate],
) -> Vec<String> {
    // Another repository's token is no business of this server. One that is bound to the
    // identity which this push makes is not.
    let makes_identity = updates.iter().any(|u| u.name.as_str() == REF);
    if !makes_identity && token.is_some_and(|token| access::is_foreign(cx, token)) {
        cx.progress
            .step("the token is not of this repository, and is not sent");
        return Vec::new();
    }
    match token {
        Some(token) if advertisement.takes_push_options() && cx.remote.endpoint().is_private() => {
            vec![format!("aidf-token={}", token.reveal())]
        }
        Some(_) if !cx.remote.endpoint().is_private() => {
            cx.progress
                .step("the token is not sent over a network in the open");
            Vec::new()
        }
        Some(_) => {
            // Neither aidf, which lacks the key, nor a hook, which takes no options, has
            // looked at the token.
            if !cx.is_broker() {
                cx.warn("nobody checked the token: its key is not here, and the server takes no push options");
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}
