//! What a rollback leaves in the working tree, which it does not touch.

use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, Entry};
use crate::names;
use crate::ops::access;
use crate::words;

/// The working files against what a commit made of them.
#[derive(Default)]
pub(super) struct Here {
    /// Files that are what it made of them.
    pub same: Vec<(String, Option<Entry>)>,
    /// All that it made, on the branch.
    pub made: Vec<(String, Option<Entry>)>,
    /// Files that it removed, and that are here as they were before.
    left: Vec<String>,
}

impl Here {
    /// Warns of files that the branch lacks now and the working tree still holds: the next
    /// `commit -a` must not surprise anybody with them.
    pub fn note(&self, cx: &Context, branch: &str) {
        /// Files that are named.
        const SHOWN: usize = 3;
        if self.left.is_empty() {
            return;
        }
        let named = words::few(self.left.iter(), SHOWN);
        let head = cx.store.head().ok().flatten();
        let head = head.and_then(|id| cx.store.commit(id).ok());
        let knows = |path: &String| {
            let entry = |tree| cx.store.entry(tree, path.as_bytes()).ok().flatten();
            head.as_ref().is_some_and(|head| entry(head.tree).is_some())
        };
        let todo = match names::is_sandbox(branch) {
            true => format!("`{}` takes it away", access::pull_command(cx, branch)),
            false if self.left.iter().all(knows) => "`git pull` takes it away".to_owned(),
            // git never removes what it does not know.
            false => "delete it, where nobody needs it".to_owned(),
        };
        cx.warn(format!(
            "the working tree still holds what the rollback removed ({named}); {todo}"
        ));
    }
}

/// Compares them.
///
/// Errors: internal, for what cannot be read.
pub(super) fn compare(cx: &Context, commit: CommitId) -> Result<Here> {
    let mut found = Here::default();
    if cx.store.work_dir().is_none() {
        return Ok(found);
    }
    let made = cx.store.commit(commit)?;
    let parent = made.parents.first().map(|id| cx.store.commit(*id));
    let before = parent.transpose()?.map(|p| p.tree);
    let mut draft = cx.store.draft();
    let convert = cx.store.convert(made.tree);
    let changes = cx.store.changes(before, Some(made.tree), false)?;
    let paths = changes.iter().map(|c| c.path.as_slice());
    convert.learn(paths.filter_map(|p| std::str::from_utf8(p).ok()))?;
    for change in changes {
        let Ok(path) = String::from_utf8(change.path) else {
            continue;
        };
        found.made.push((path.clone(), change.new));
        // One that cannot be compared is not known to be the same.
        let Ok(here) = cx.store.work_file(&mut draft, path.as_bytes(), &convert) else {
            continue;
        };
        let here = here.entry();
        if here == change.new {
            found.same.push((path, here));
        } else if change.new.is_none() && here == change.old {
            found.left.push(path);
        }
    }
    Ok(found)
}
