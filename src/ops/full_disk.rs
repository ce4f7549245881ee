//! Says of a failure that a disk is full, where that is so. libgit2 and git often give another
//! reason, or none.

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::files::is_full;
use std::path::Path;

/// The error, with the folder whose disk is full for its cause, and what to do. An error with
/// another reason stays as it is.
pub(super) fn told(cx: &Context, error: Error) -> Error {
    if !matches!(error.kind(), Kind::Internal | Kind::Unavailable) {
        return error;
    }
    let folders = &cx.config.folders;
    let places: [&Path; 4] = [
        cx.store.common_dir(),
        &folders.cache,
        &folders.state,
        &folders.config,
    ];
    let Some(full) = places.into_iter().find(|folder| is_full(folder)) else {
        return error;
    };
    let full = full.display();
    let advice = format!("make room on the disk of {full}, then run the same command again");
    let hint = match error.hint_text() {
        Some(hint) => format!("{advice}; {hint}"),
        None => advice,
    };
    error
        .within(&format!(
            "the disk of {full} is full: it has no room for a MiB"
        ))
        .hint(hint)
}
