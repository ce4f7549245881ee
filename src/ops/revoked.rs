//! Which tokens are revoked: by the ref that the remote shows, or by one that it showed.

use crate::context::Context;
use crate::git::{Advertisement, RemoteRef};
use crate::ref_rules::REVOKED;
use crate::revocations::{ref_of, token_of};
use crate::words;
use std::collections::HashSet;

/// Token ids that one warning names.
const MAX_NAMED: usize = 3;

/// Takes note of the revocations in an advertisement, and warns of those that are gone.
pub(super) fn heed(cx: &Context, advertisement: &Advertisement) {
    let shown = advertisement.under(REVOKED);
    note(
        cx,
        shown.filter_map(|(name, _)| token_of(name)).collect(),
        true,
    );
}

/// The same with refs that were listed, [`REVOKED`] among them.
pub(super) fn heed_listed(cx: &Context, refs: &[RemoteRef]) {
    let shown = refs.iter().filter_map(|r| token_of(&r.name)).collect();
    // A mirror that is read need not have what belongs to no branch.
    note(cx, shown, cx.remote.reads_where_it_writes());
}

fn note(cx: &Context, shown: HashSet<&str>, whole: bool) {
    let (memory, address) = (cx.revocations(), cx.remote.address());
    match memory.heed(&shown, &address, &cx.now.rfc3339()) {
        Ok(gone) if gone.is_empty() || !whole => {}
        Ok(gone) => {
            let named = words::few(gone.iter(), MAX_NAMED);
            let (of, it) = match gone.len() {
                1 => ("revocation of token", "it is still in force"),
                _ => ("revocations of tokens", "they are still in force"),
            };
            let be = if gone.len() == 1 { "was" } else { "were" };
            cx.warn(format!(
                "the {of} {named} {be} removed from the remote; {it} here (put it back with `aidf token revoke ID`; recorded in {})",
                memory.path().display()
            ));
        }
        Err(why) => cx.warn(why),
    }
}

/// Whether a token is revoked, as far as the remote shows or is remembered here.
pub(super) fn is_revoked(cx: &Context, advertisement: &Advertisement, token_id: &str) -> bool {
    let shown = advertisement.tip(&ref_of(token_id)).is_some();
    is_known(cx, shown, token_id)
}

/// The same, where it is known whether the remote shows it.
pub(super) fn is_known(cx: &Context, shown: bool, token_id: &str) -> bool {
    if shown {
        remember(cx, token_id);
        return true;
    }
    is_remembered(cx, token_id)
}

/// Whether the revocation of a token was seen here.
pub(super) fn is_remembered(cx: &Context, token_id: &str) -> bool {
    [cx.revocations(), cx.revocations_by_name()]
        .iter()
        .any(|memory| {
            memory.holds(token_id).unwrap_or_else(|why| {
                cx.warn(why);
                false
            })
        })
}

/// Takes note of one token's revocation, whatever else is known.
pub(super) fn remember(cx: &Context, token_id: &str) {
    let (memory, address) = (cx.revocations(), cx.remote.address());
    if let Err(why) = memory.remember(token_id, &address, &cx.now.rfc3339()) {
        cx.warn(why);
    }
}
