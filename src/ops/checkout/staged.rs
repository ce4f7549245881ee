//! What the index alone holds, where it is to come from one commit to another.

use super::Plan;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Entry, leads_away};
use std::collections::HashMap;

impl Plan {
    /// Checks that the index can come to hold `to`, where HEAD is `head`, and that nothing which
    /// it alone holds is lost by that.
    ///
    /// Errors: conflict, with the path; and for an index that cannot be written.
    pub fn check_staged(
        &self,
        cx: &Context,
        draft: &mut Draft<'_>,
        head: CommitId,
        to: CommitId,
    ) -> Result<()> {
        cx.store.check_index()?;
        match self.staged_alone(cx, draft, [head, to], &|_| false)? {
            None => Ok(()),
            Some(path) => Err(Error::new(
                Kind::Conflict,
                format!("`{path}` is staged as neither HEAD nor the file has it"),
            )
            .hint("nothing was changed; unstage it with `git restore --staged`, or stage what the file has with `git add`")),
        }
    }

    /// The first path whose entry in the index would be lost: the index comes to hold each path
    /// that differs between the two commits as the second has it. What was just written from its
    /// file is newer than what was staged of it.
    pub(super) fn staged_alone(
        &self,
        cx: &Context,
        draft: &mut Draft<'_>,
        [from, to]: [CommitId; 2],
        is_written: &dyn Fn(&str) -> bool,
    ) -> Result<Option<String>> {
        let store = &cx.store;
        let (old, new) = (store.commit(from)?.tree, store.commit(to)?.tree);
        let convert = store.convert(new);
        let steps: HashMap<&[u8], Option<Entry>> =
            self.steps.iter().map(|s| (&*s.path, s.ours)).collect();
        for change in store.changes(Some(old), Some(new), false)? {
            let staged = store.indexed(&change.path)?;
            let is_known = staged.entry == change.old || staged.entry == change.new;
            if is_known && !staged.is_unmerged || leads_away(&change.path) {
                continue;
            }
            let ours = match steps.get(&*change.path) {
                Some(ours) => *ours,
                None => store
                    .work_file(draft, &change.path, &convert)?
                    .file_or_link(),
            };
            let text = String::from_utf8_lossy(&change.path).into_owned();
            let is_in_file = staged.entry == ours && !staged.is_unmerged;
            if is_in_file || ours == change.new && is_written(&text) {
                continue;
            }
            return Ok(Some(text));
        }
        Ok(None)
    }
}
