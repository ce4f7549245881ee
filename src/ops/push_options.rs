//! What goes with a push for the server's hooks.

use super::access;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::{Advertisement, RefUpdate};
use crate::identity::REF;
use crate::secret::Secret;

/// Why a token is not sent where anybody between here and the server could read it, and what to do.
const IN_THE_OPEN: &str = "others could read it on its way over git:// or http:// to another machine; use the server's https or ssh address";

/// The token goes to a hook that takes options, and never where others could read it.
pub(super) fn push_options(
    cx: &Context,
    advertisement: &Advertisement,
    token: Option<&Secret>,
    updates: &[RefUpdate],
) -> Vec<String> {
    let Some(token) = token else {
        return Vec::new();
    };
    if is_anothers(cx, token, updates) {
        cx.progress
            .step("the token is not of this repository, and is not sent");
        return Vec::new();
    }
    if !cx.remote.endpoint().is_private() {
        cx.progress
            .step("the token is not sent over a network in the open");
        return Vec::new();
    }
    if advertisement.takes_push_options() {
        return vec![format!("aidf-token={}", token.reveal())];
    }
    warn_unchecked(cx, "the server takes no push options");
    Vec::new()
}

/// Says of a push that was done that its token was held back for the network's sake, where it was.
pub(super) fn warn_if_held_back(cx: &Context, token: Option<&Secret>, updates: &[RefUpdate]) {
    if is_held_back(cx, token, updates) {
        warn_unchecked(cx, &format!("it was not sent: {IN_THE_OPEN}"));
    }
}

/// A server's refusal, with what to do where it may come from a token that was held back.
pub(super) fn explain(
    cx: &Context,
    token: Option<&Secret>,
    updates: &[RefUpdate],
    refusal: Error,
) -> Error {
    match refusal.kind() == Kind::Denied && is_held_back(cx, token, updates) {
        true => refusal.hint(format!(
            "nothing was written; the server got no token, because aidf did not send it: {IN_THE_OPEN}"
        )),
        false => refusal,
    }
}

/// Whether the token is this server's business, and is not sent for the network's sake.
fn is_held_back(cx: &Context, token: Option<&Secret>, updates: &[RefUpdate]) -> bool {
    token
        .is_some_and(|token| !cx.remote.endpoint().is_private() && !is_anothers(cx, token, updates))
}

/// Another repository's token is no business of this server. One that is bound to the
/// identity which this push makes is not.
fn is_anothers(cx: &Context, token: &Secret, updates: &[RefUpdate]) -> bool {
    let makes_identity = updates.iter().any(|u| u.name.as_str() == REF);
    !makes_identity && access::is_foreign(cx, token)
}

/// Says that neither aidf, which lacks the key, nor a hook has looked at the token.
fn warn_unchecked(cx: &Context, why: &str) {
    if !cx.is_broker() {
        cx.warn(format!(
            "nobody checked the token: its key is not here, and {why}"
        ));
    }
}
