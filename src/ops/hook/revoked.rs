//! The server's memory of revoked tokens: a ref for each, and a file of its own. The file
//! matters when somebody deletes refs without passing the hook: that does not make a token
//! valid again.

use super::PreReceive;
use crate::error::{Error, Kind, Result};
use crate::revocations::ref_of;

/// The server's own repository has no address.
const HERE: &str = "";

impl PreReceive {
    /// Whether a token's ref revokes it now, or did when the token was last used.
    pub(super) fn is_revoked(&self, token_id: &str, warnings: &mut Vec<String>) -> Result<bool> {
        if self.store.local_ref(&ref_of(token_id))?.is_some() {
            warnings.extend(self.remember_revoked(token_id));
            return Ok(true);
        }
        // Without that memory nobody can tell whether the token is still good.
        self.revocations.holds(token_id).map_err(|why| {
            Error::new(Kind::Internal, why).hint(format!(
                "on the server, let every account that runs the hook read and write it: as its owner, `chmod g+rw {}`, and `git config core.sharedRepository group`, so that the hook shares what it writes from then on",
                self.revocations.path().display()
            ))
        })
    }

    /// Remembers a token as revoked. Returns the reason if that fails.
    pub(super) fn remember_revoked(&self, token_id: &str) -> Option<String> {
        let now = self.now.rfc3339();
        self.revocations.remember(token_id, HERE, &now).err()
    }
}
