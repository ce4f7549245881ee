//! The tokens that are revoked, as a server remembers them: by a ref, and by a file of its
//! own, so that who can delete refs behind the hook's back does not bring a token back.

use super::PreReceive;
use crate::revocations::ref_of;

/// A server's own repository has no address.
const HERE: &str = "";

impl PreReceive {
    /// Whether a token is revoked by its ref, or was when it was last sent.
    pub(super) fn is_revoked(&self, token_id: &str, warnings: &mut Vec<String>) -> bool {
        if self.store.local_ref(&ref_of(token_id)).is_some() {
            warnings.extend(self.remember_revoked(token_id));
            return true;
        }
        self.revocations.holds(token_id).unwrap_or_else(|why| {
            warnings.push(why);
            false
        })
    }

    /// Remembers a token as revoked. What keeps it from that is returned.
    pub(super) fn remember_revoked(&self, token_id: &str) -> Option<String> {
        let now = self.now.rfc3339();
        self.revocations.remember(token_id, HERE, &now).err()
    }
}
