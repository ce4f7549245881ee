//! The identity of a self-hosted server's repository: made, noted and put back.

use super::bare::Server;
use super::hook_file::is_own;
use super::steps::Step;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::identities;
use crate::identity::{MEND, REF};
use crate::ops::hook::sharing_of;

impl Server<'_> {
    /// The step that gives the repository its identity, or notes the one that it has. Without
    /// one the hook cannot tell its tokens from those of another repository of the same name.
    ///
    /// Errors: internal, for refs that cannot be read.
    pub(super) fn identity(&self, warnings: &mut Vec<String>) -> Result<Option<Step>> {
        let there = self.store.local_ref(REF)?;
        let noted = identities::noted(&self.store);
        if there.is_some() && there == noted {
            return Ok(None);
        }
        // In the folders that another account makes, its owner could make no ref and no object.
        if !is_own(self.store.common_dir()) {
            if there.is_none() {
                warnings.push(format!(
                    "the repository has no identity {REF}, and gets none from an account that does not own it; {MEND}"
                ));
            }
            return Ok(None);
        }
        if let Some(id) = there {
            return Ok(Some(Step::NoteIdentity(id)));
        }
        // If the ref was deleted, the tokens are still bound to its commit.
        if let Some(id) = noted.filter(|id| !self.store.has_commit(*id)) {
            warnings.push(format!(
                "the repository lost its identity {REF}, and the commit {id} as well: fetch that commit from a clone that has it, git -C {} fetch CLONE {id}, and run this again; or remove {}, and it gets a new identity, for which no token of the old one is valid",
                self.store.common_dir().display(),
                identities::note_of(&self.store).display()
            ));
            return Ok(None);
        }
        let known = || {
            let id = self.cx.identity().id()?;
            let id = CommitId::parse(&id.to_string()).ok()?;
            self.store.has_commit(id).then_some(id)
        };
        Ok(Some(Step::Identify(noted.or_else(known))))
    }

    /// Notes the identity, so that it can be put back.
    ///
    /// Errors: internal.
    pub(super) fn note(&self, id: CommitId) -> Result<()> {
        identities::note(&self.store, id, sharing_of(&self.store))
            .map_err(|why| Error::new(Kind::Internal, why))
    }
}
