//! What a sparse checkout leaves out of the working tree (git-sparse-checkout(1)).

use super::settings::is_false;
use super::store::Store;
use crate::error::Result;
use std::collections::BTreeSet;

impl Store {
    /// Those of `paths` that are not here because this checkout leaves them out: git's index
    /// says so, or, of a file that is new to the index, the patterns of the sparse checkout.
    ///
    /// Errors: as [`Store::indexed`].
    pub fn left_out<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<BTreeSet<Vec<u8>>> {
        let mut found = BTreeSet::new();
        let mut new = Vec::new();
        for path in paths {
            if self.is_in_work_dir(path) {
                continue;
            }
            let indexed = self.indexed(path)?;
            if indexed.is_skipped {
                found.insert(path.to_vec());
            } else if indexed.entry.is_none() && !indexed.is_unmerged {
                new.push(path);
            }
        }
        found.append(&mut self.outside_patterns(&new)?);
        Ok(found)
    }

    /// Those of `paths` that the patterns of a sparse checkout leave out, as git reads them.
    /// A git older than 2.41 cannot tell: then nothing is left out.
    ///
    /// Errors: those of reading the configuration.
    pub(super) fn outside_patterns(&self, paths: &[&[u8]]) -> Result<BTreeSet<Vec<u8>>> {
        let mut outside = BTreeSet::new();
        if paths.is_empty() || !self.is_sparse()? {
            return Ok(outside);
        }
        let mut command = self.git_without_filters()?;
        command.args(["sparse-checkout", "check-rules", "-z"]);
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path);
            input.push(0);
        }
        let failed = "git cannot tell what the sparse checkout leaves out";
        if let Ok(inside) = self.run(command, input, 0, failed) {
            outside.extend(paths.iter().map(|path| path.to_vec()));
            for path in inside.split(|b| *b == 0) {
                outside.remove(path);
            }
        }
        Ok(outside)
    }

    /// Whether the checkout is sparse (git-config(1), `core.sparseCheckout`).
    ///
    /// Errors: those of reading the configuration.
    pub(super) fn is_sparse(&self) -> Result<bool> {
        let settings = self.settings()?;
        Ok(settings
            .last("core.sparsecheckout")
            .is_some_and(|v| !is_false(v)))
    }
}
