//! Where a path that a user gives lies in the tree.

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::real;
use crate::git::{Store, TreePath};
use std::path::{Component, Path, PathBuf};

/// A path as the user means it, from the folder they are in, as the tree has it.
///
/// Errors: usage, for an empty one, and for one outside of the working tree; denied, for one
/// that no tree takes.
pub(in crate::ops) fn in_tree(cx: &Context, path: &str) -> Result<TreePath> {
    TreePath::new(&relative(&cx.store, &cx.dir, path)?)
}

/// The same without a check of what a tree takes; empty for the working tree itself. `dir`
/// is the folder that the user is in.
///
/// Errors: usage, for an empty one, and for one outside of the working tree; denied, for one
/// that is not UTF-8.
pub(in crate::ops) fn relative(store: &Store, dir: &Path, path: &str) -> Result<String> {
    // Below a folder it would be the folder itself: all of it, where nothing was meant.
    if path.is_empty() {
        return Err(Error::new(Kind::Usage, "a path was given, and it is empty")
            .hint("name a file or a folder; an unset variable of a script gives an empty one"));
    }
    let Some(root) = store.work_dir() else {
        // Without a working tree a path is the tree's own.
        return Ok(if path == "." {
            String::new()
        } else {
            path.strip_prefix("./")
                .unwrap_or(path)
                .trim_end_matches('/')
                .to_owned()
        });
    };
    // `.` and `..` are the user's shorthand here; every other part is checked later as it is.
    let mut parts: Vec<Component<'_>> = Vec::new();
    let whole = dir.join(path);
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let flat: PathBuf = parts.iter().collect();
    let root = real(root);
    let inside = flat.strip_prefix(&root).map_err(|_| {
        Error::new(
            Kind::Usage,
            format!("`{path}` is outside the working tree {}", root.display()),
        )
        .hint("name a path of this working tree; -C DIR works in another one")
    })?;
    let text = inside.to_str().ok_or_else(|| not_text(path))?;
    Ok(if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.to_owned()
    })
}

/// The error for a path that is not UTF-8.
pub(super) fn not_text(path: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!("the path `{path}` is refused: it is not UTF-8"),
    )
}
