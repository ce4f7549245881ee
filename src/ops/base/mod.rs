//! The base of each file in a working copy: the version that the file was taken from. Every
//! three-way merge needs it.
//!
//! Git's own base is the merge base of HEAD and the branch's tip. HEAD moves when git
//! changes the files, so local commits count as our changes. A fetch changes no file, so it
//! changes no base.
//!
//! For some paths a record takes precedence. It says what was last written from this
//! working copy (or merged into it by `sandbox pull`). The landed commit has that content,
//! and the file still holds it until git rewrites the file. Git has rewritten the file if
//! one of these is true:
//!
//! - The landed commit is in HEAD's history.
//! - The file was created after our record, and since then the index noted other content
//!   for it: the content that HEAD had at the time of the record, or that the published
//!   part of HEAD's history has. Git creates a file anew when it rewrites it. `git status`
//!   notes a file without creating it anew, and `git add` notes the user's own content. If
//!   a local commit brought that content, its base is what was written from here before
//!   that commit.
//! - The file is gone, HEAD and the index lack it, and since then HEAD was at a commit
//!   that has it. Git removes a file when it leaves such a commit.
//! - The file is gone, HEAD and the index lack it, and a stash that was made since then took
//!   it along.
//!
//! A checkout that moves to the branch takes no file for removed that git does not show as
//! removed: git writes such a file when it goes to a commit that has it.
//!
//! Where the branch lost the landed commit, because somebody set it back or opened it anew, the
//! base is what the branch had where the two went apart.
//!
//! Without a clone (`-R`) the base is what the tip holds when the command starts.

mod history;
mod lost;
mod record;
mod records;

use super::access::Target;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Entry, MAX_TEXT, Mode, ObjectId, TreePath};
use history::{Written, entry_at, standing};
use lost::standing_at;
pub(in crate::ops) use record::Before;
#[cfg(any(fuzzing, test))]
pub(in crate::ops) use record::reread;
pub(in crate::ops) use records::{
    absent, remember, remember_absent, remember_both, remember_pull, remember_rollback,
    remember_switch,
};
use records::{file, load, load_at};
use std::collections::{BTreeMap, BTreeSet};

/// The base of a merge, path by path.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Base {
    /// Trees of the merge bases of HEAD and the tip; a criss-cross history has several.
    trees: Vec<ObjectId>,
    written: BTreeMap<String, Written>,
    /// What was last written from a source other than the working files.
    elsewhere: BTreeMap<String, Option<Entry>>,
    marked: BTreeSet<String>,
    /// What was never written here, though the branch has it.
    absent: BTreeMap<String, ObjectId>,
}

impl Base {
    /// A base that is a whole commit.
    ///
    /// Errors: not_found, if the store lacks the commit.
    pub fn of_commit(cx: &Context, commit: CommitId) -> Result<Base> {
        Ok(Base {
            trees: vec![cx.store.commit(commit)?.tree],
            ..Base::default()
        })
    }

    /// The base of this working copy's files, for a branch whose tip is `tip`.
    ///
    /// If HEAD has no history in common with the branch, or the history is cut before that
    /// point (a shallow clone), HEAD itself is the base. Then only the differences from the
    /// checkout are ours.
    pub fn of_working_copy(cx: &Context, target: &Target, tip: CommitId) -> Result<Base> {
        Base::of_paths(cx, target, tip, |_| true)
    }

    /// The same, for those files alone that are asked for.
    pub fn of_paths(
        cx: &Context,
        target: &Target,
        tip: CommitId,
        is_asked_for: impl Fn(&str) -> bool,
    ) -> Result<Base> {
        let Some(head) = cx.store.head()? else {
            return Ok(Base::default());
        };
        let memory = load_at(cx, &file(cx, target), tip);
        let mut commits = match memory.is_followed(&cx.store, head, tip) {
            true => vec![head],
            false => cx.store.merge_bases(head, tip),
        };
        if commits.is_empty() {
            commits.push(head);
        }
        let trees = commits
            .into_iter()
            .map(|id| Ok(cx.store.commit(id)?.tree))
            .collect::<Result<_>>()?;
        Ok(Base {
            trees,
            marked: memory.marked.clone(),
            elsewhere: memory.elsewhere(cx, head),
            absent: absent(cx),
            written: standing_at(cx, memory, head, (target.name(), tip), is_asked_for),
        })
    }

    /// The base of the files when the checkout moves to the branch, which is at `tip`: HEAD, and
    /// what was written to the branch from here.
    pub fn of_checkout(
        cx: &Context,
        target: &Target,
        tip: CommitId,
        head: CommitId,
    ) -> Result<Base> {
        let memory = load_at(cx, &file(cx, target), tip);
        let mut base = Base {
            trees: vec![cx.store.commit(head)?.tree],
            absent: absent(cx),
            written: standing_at(cx, memory, head, (target.name(), tip), |_| true),
            ..Base::default()
        };
        for path in base.gone_unseen(cx, head)? {
            base.written.remove(&path);
        }
        Ok(base)
    }

    /// The files that were written or pulled here and are gone, where git does not show that:
    /// neither HEAD nor the index has them. They count as removed by the user.
    ///
    /// Errors: those of reading the index.
    pub fn gone_unseen(&self, cx: &Context, head: CommitId) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for (path, written) in &self.written {
            let mut held = written.held.iter().flatten();
            let is_here = || cx.store.is_in_work_dir(path.as_bytes());
            let in_head = || entry_at(cx, head, path).and_then(Entry::no_folder);
            if held.any(|e| e.mode != Mode::Submodule)
                && !is_here()
                && cx.store.indexed(path.as_bytes())?.entry.is_none()
                && in_head().is_none()
            {
                found.push(path.clone());
            }
        }
        Ok(found)
    }

    /// The trees of the commits that are the base.
    pub fn trees(&self) -> &[ObjectId] {
        &self.trees
    }

    /// The paths whose record takes precedence over the trees.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.written.keys().map(String::as_str)
    }

    /// The paths that the checkout left alone, and where nothing stands: that they are not here
    /// is no removal.
    pub fn absent(&self) -> impl Iterator<Item = &str> {
        self.absent.keys().map(String::as_str)
    }

    /// Whether it is one of those.
    pub fn is_absent(&self, path: &str) -> bool {
        self.absent.contains_key(path)
    }

    /// A working file with the mode that it has in truth. Where executable bits mean nothing git's
    /// index tells it, and the index knows nothing of what was written or pulled since. So the
    /// index counts only where its mode was changed here.
    ///
    /// Errors: those of reading the index and the trees.
    pub fn with_mode(
        &self,
        cx: &Context,
        path: &str,
        ours: Option<Entry>,
    ) -> Result<Option<Entry>> {
        let (Some(file), Some(written)) = (ours, self.written.get(path)) else {
            return Ok(ours);
        };
        let held = written.held.iter().flatten().map(|e| e.mode);
        let Some(mode) = held.into_iter().find(|mode| mode.is_file()) else {
            return Ok(ours);
        };
        if !file.mode.is_file() || mode == file.mode || cx.store.trusts_modes()? {
            return Ok(ours);
        }
        let staged = cx.store.indexed(path.as_bytes())?.entry.map(|e| e.mode);
        let mut is_changed = staged.is_some();
        let mut is_known = false;
        for tree in &self.trees {
            let there = cx.store.entry(*tree, path.as_bytes())?;
            is_changed &= there.map(|e| e.mode) != staged;
            is_known |= there.is_some();
        }
        // Of a file that is new to it, git can only stage that it has no such bit.
        is_changed &= is_known || staged == Some(Mode::Executable);
        Ok(match is_changed {
            true => ours,
            false => Some(Entry { mode, ..file }),
        })
    }

    /// Refuses a file that still holds conflict markers that aidf put into it.
    ///
    /// Errors: conflict.
    pub fn check_mended(&self, cx: &Context, path: &str, entry: Option<Entry>) -> Result<()> {
        let Some(entry) = entry.filter(|e| e.mode.is_file() && self.marked.contains(path)) else {
            return Ok(());
        };
        if cx.store.blob_size(entry.id)? > MAX_TEXT {
            return Ok(());
        }
        let content = cx.store.read_blob(entry.id)?;
        let mut lines = content.split(|b| *b == b'\n');
        match lines.any(|l| l.starts_with(b"<<<<<<< ") || l.starts_with(b">>>>>>> ")) {
            false => Ok(()),
            true => Err(Error::new(
                Kind::Conflict,
                format!("`{path}` still holds the conflict markers that aidf put into it"),
            )
            .hint("nothing was written; keep the right lines, remove the markers, and try again")),
        }
    }

    /// Like [`Base::entries`], for content that does not come from the working tree's own
    /// file, such as standard input. Its base is the content that was last written in this
    /// way.
    pub fn entries_elsewhere(&self, cx: &Context, path: &str) -> Result<Vec<Option<Entry>>> {
        match self.elsewhere.get(path) {
            Some(held) => Ok(vec![*held]),
            None => self.entries(cx, path),
        }
    }

    /// The versions that the path's content may have come from: one, or several if it is not
    /// certain.
    pub fn entries(&self, cx: &Context, path: &str) -> Result<Vec<Option<Entry>>> {
        let mut found = Vec::new();
        if let Some(written) = self.written.get(path) {
            found.extend(&written.held);
            if !written.or_trees {
                return Ok(found);
            }
        }
        for tree in &self.trees {
            let entry = cx.store.entry(*tree, path.as_bytes())?;
            let is_absent = |entry: &Entry| self.absent.get(path) == Some(&entry.id);
            let entry = entry.filter(|entry| !is_absent(entry));
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
        if found.is_empty() {
            found.push(None);
        }
        Ok(found)
    }
}

/// Paths that `commit -a` includes besides git's own changes: those that local commits
/// changed, and those that were written from here, whatever HEAD holds for them.
///
/// Errors: internal, if the history cannot be walked.
pub(in crate::ops) fn own_paths(cx: &Context, target: &Target) -> Result<Vec<TreePath>> {
    let mut found = Vec::new();
    let Some(head) = cx.store.head()? else {
        return Ok(found);
    };
    for id in cx.store.local_commits(head, cx.remote.name())? {
        let commit = cx.store.commit(id)?;
        let before = match commit.parents.first() {
            Some(parent) => Some(cx.store.commit(*parent)?.tree),
            None => None,
        };
        for change in cx.store.changes(before, Some(commit.tree), false)? {
            let text = std::str::from_utf8(&change.path).ok();
            found.extend(text.and_then(|p| TreePath::new(p).ok()));
        }
    }
    let written = standing(cx, load(&file(cx, target)), head, |_| true);
    found.extend(written.keys().filter_map(|p| TreePath::new(p).ok()));
    found.sort();
    found.dedup();
    Ok(found)
}

/// The commit that `--base` names.
///
/// Errors: usage, for a revision that this clone does not have.
pub(in crate::ops) fn named(cx: &Context, revision: &str) -> Result<CommitId> {
    cx.store.resolve(revision)?.ok_or_else(|| {
        Error::new(
            Kind::Usage,
            format!("--base names `{revision}`, which is not a commit of this clone"),
        )
        .hint("give a commit's id, or a branch or tag that `git log` knows")
    })
}
