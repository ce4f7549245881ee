//! What git's index says of the working files that a commit takes.

use super::take::Input;
use crate::context::Context;
use crate::error::Result;
use crate::git::{TreePath, unmerged};

/// Refuses a working file that a merge left several versions of: it may hold git's conflict
/// markers, and whoever resolved it tells git so. So is a removal that nobody named.
///
/// Errors: conflict; unavailable, where git is needed and cannot be started.
pub(in crate::ops) fn check_merged<'p>(
    cx: &Context,
    inputs: &'p [Input],
    removed: impl Iterator<Item = &'p TreePath>,
) -> Result<()> {
    if !cx.store.may_be_unmerged() {
        return Ok(());
    }
    let own = inputs.iter().filter(|input| input.is_own());
    for path in own.map(|input| &input.path).chain(removed) {
        if cx.store.indexed(path.as_str().as_bytes())?.is_unmerged {
            return Err(unmerged(path.as_str()));
        }
    }
    Ok(())
}
