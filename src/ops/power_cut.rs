//! Says of a failure that files of the clone are empty, where that is so. Neither git nor
//! libgit2 waits for the disk when it writes a loose object or the index (git-config(1),
//! `core.fsync`): a power cut may leave the file without its content.

use crate::context::Context;
use crate::error::Error;
use std::path::Path;

/// The error, with the way to mend the clone. An error with another reason stays as it is.
pub(super) fn told(cx: &Context, error: Error) -> Error {
    let objects = cx.store.common_dir().join("objects");
    let index = cx.store.git_dir().join("index");
    // As libgit2 and git say it.
    let unread = ["loose object", "object file"];
    let says_so = |cause: &String| unread.iter().any(|words| cause.contains(words));
    let (what, mend) = if error.causes().iter().any(says_so) && has_empty(&objects) {
        let shown = objects.display();
        let mend = match cx.store.is_cache() {
            true => format!("rm -r '{}'", cx.store.git_dir().display()),
            false => {
                format!("find '{shown}' -type f -size 0 -delete; git fetch -q --refetch --all")
            }
        };
        (format!("there are empty objects in {shown}"), mend)
    } else if is_empty(&index) {
        let index = index.display();
        (
            format!("the index {index} is empty"),
            format!("rm '{index}' && git reset -q"),
        )
    } else {
        return error;
    };
    error.hint(format!(
        "{what}, as a power cut leaves it; the remote has what was pushed: run `{mend}`, then the same command again"
    ))
}

/// Whether a loose object is an empty file.
fn has_empty(objects: &Path) -> bool {
    let files = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    files(objects)
        .filter(|folder| folder.file_name().len() == 2)
        .flat_map(|folder| files(&folder.path()))
        .any(|file| is_empty(&file.path()))
}

fn is_empty(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.len() == 0)
}
