//! One try at a commit: merged on the tip, checked, logged, and made.

use super::read::ReadFile;
use super::{FileChange, Report, Request};
use crate::conflict::{Clash, PathConflict};
use crate::error::{Error, Kind, Result};
use crate::git::{Change, Draft, Edit, Entry, MergedEntry, Mode, ObjectId, TreePath};
use crate::ops::access;
use crate::ops::base::Base;
use crate::ops::write::{BranchState, Carried, Changed, Deed, Edited};
use crate::words;
use std::collections::BTreeSet;

/// The files that a write has in hand, as they were read; none for one that is gone.
pub(super) type Touched = Vec<(String, Option<Entry>)>;

/// A commit in the making, on one tip.
pub(super) struct Build<'a> {
    pub state: &'a BranchState<'a>,
    pub request: &'a Request,
    pub message: &'a str,
    pub committed_by: &'a str,
    /// Paths whose content does not come from the working tree's own file.
    pub elsewhere: &'a BTreeSet<String>,
}

/// What the files and the tip came to.
#[derive(Default)]
struct Merge {
    /// What changes on the branch.
    edits: Vec<Edit>,
    /// What cannot be merged.
    conflicts: Vec<PathConflict>,
    /// The files that hold something of ours, as they were read.
    touched: Touched,
    /// Whether a file without a change of ours is older than the branch's.
    stale: bool,
}

impl Build<'_> {
    /// What the files change on the branch, and what of them was written.
    ///
    /// `blobs` are the files' objects. Errors: conflict, with the paths; denied.
    pub fn edit(
        &self,
        draft: &mut Draft<'_>,
        wanted: &[ReadFile],
        base: &Base,
        blobs: Vec<ObjectId>,
    ) -> Result<(Edited<Report>, Touched)> {
        let state = self.state;
        let (store, branch) = (&state.cx.store, state.target.name());
        let merge = self.merge(draft, wanted, base, state.tree)?;
        if !merge.conflicts.is_empty() {
            return Err(self.conflict(merge.conflicts));
        }
        let edits = merge.edits;
        let mut report = Report {
            branch: branch.to_owned(),
            repo_name: state.cx.repo_name.clone(),
            commit: None,
            parent: state.tip,
            task_id: self.request.task_id.clone(),
            committed_by: self.committed_by.to_owned(),
            files: Vec::new(),
            changelog: None,
            memory: None,
            unchanged: edits.is_empty(),
            attempts: 0,
            alerts: Vec::new(),
            message: match merge.stale {
                true => format!(
                    "nothing to do: your files have no change since you took them from {branch}, where they were changed since; take that with `{}`, or write yours over it with --overwrite",
                    access::pull_command(state.cx, branch)
                ),
                false => format!("nothing to do: {branch} holds this content already"),
            },
            dry_run: self.request.dry_run,
        };
        if edits.is_empty() {
            return Ok((Edited::Nothing(report), merge.touched));
        }
        let mut changes = Vec::new();
        for (path, entry) in &edits {
            changes.push(Change {
                path: path.clone(),
                renamed_to: None,
                old: store.entry(state.tree, path)?,
                new: *entry,
            });
        }
        report.files = FileChange::all(store, &changes)?;
        self.notice(wanted, &report.files)?;
        let files = words::count(report.files.len(), "file", "files");
        let changed = Changed {
            edits,
            merged: None,
            objects: Carried::Also(blobs),
            deed: Deed {
                done: "committed",
                would: "commit",
                what: format!("{files} to {branch}"),
            },
            report,
        };
        Ok((Edited::Changed(changed), merge.touched))
    }

    /// Ours against the tip, with what the files were taken from as the base.
    fn merge(
        &self,
        draft: &mut Draft<'_>,
        wanted: &[ReadFile],
        base: &Base,
        tree: ObjectId,
    ) -> Result<Merge> {
        let store = &self.state.cx.store;
        let mut merge = Merge::default();
        self.ensure_read(wanted, base, tree)?;
        for want in wanted {
            let path = want.path.as_str();
            // A file takes a folder's place where the commit empties the folder: the draft sees
            // to that.
            let made_room = |there: Option<Entry>| match want.entry {
                Some(_) => there.and_then(Entry::no_folder),
                None => there,
            };
            let theirs = made_room(store.entry(tree, path.as_bytes())?);
            let ours = match (want.entry, theirs) {
                (Some(ours), Some(theirs)) if want.keeps_mode => Some(Entry {
                    mode: theirs.mode,
                    ..ours
                }),
                (ours, _) => ours,
            };
            let cx = self.state.cx;
            let ours = base.with_mode(cx, path, ours)?;
            let mut bases = match self.elsewhere.contains(path) {
                true => base.entries_elsewhere(cx, path)?,
                false => base.entries(cx, path)?,
            };
            bases.iter_mut().for_each(|base| *base = made_room(*base));
            if want.named_removal && bases.iter().all(Option::is_none) {
                bases = vec![theirs];
            }
            if !self.request.overwrite && bases.iter().all(|b| *b == ours) {
                merge.stale |= ours != theirs;
                continue;
            }
            // What came with a pull is no write of ours, whatever path it has; where it may
            // have come with one and may not be written, it did.
            let (policy, branch) = (self.state.policy, self.state.target.name());
            let checked = policy.check_path(branch, path);
            let has_room = || match want.entry {
                Some(_) => policy.check_room(branch, path),
                None => Ok(()),
            };
            match checked.and_then(|()| has_room()) {
                Err(_) if !self.request.overwrite && bases.contains(&ours) => {
                    merge.stale |= ours != theirs;
                    continue;
                }
                // A local commit may have taken a ledger along that a pull brought.
                Err(_)
                    if self.request.all
                        && !want.named_removal
                        && self.state.policy.ledgers().contains(path) =>
                {
                    let why = "a ledger, and each commit brings its own entries";
                    self.state.cx.warn(format!("left out: `{path}` is {why}"));
                    continue;
                }
                // Nor did anybody name what the branch has already.
                Err(_) if self.request.all && ours == theirs => {
                    merge.touched.push((path.to_owned(), want.entry));
                    continue;
                }
                checked => checked?,
            }
            base.check_mended(self.state.cx, path, want.entry)?;
            merge.touched.push((path.to_owned(), want.entry));
            if ours == theirs {
                continue;
            }
            self.check_replaceable(&want.path, ours, theirs)?;
            if self.request.overwrite {
                merge.edits.push((path.as_bytes().to_vec(), ours));
                continue;
            }
            let mut results = Vec::new();
            for base in bases {
                let result = store.merge_entry(draft, base, ours, theirs)?;
                if !results.contains(&result) {
                    results.push(result);
                }
            }
            let (reason, lines) = match results.pop() {
                Some(MergedEntry::Clean(entry)) if results.is_empty() => {
                    if entry != theirs {
                        merge.edits.push((path.as_bytes().to_vec(), entry));
                    }
                    continue;
                }
                Some(MergedEntry::Clash(reason, lines)) if results.is_empty() => (reason, lines),
                _ => (Clash::TwoBases, Vec::new()),
            };
            merge.conflicts.push(PathConflict {
                path: path.to_owned(),
                reason,
                lines,
            });
        }
        Ok(merge)
    }

    /// Has here what the merge reads: both sides of the files that differ from the branch's.
    fn ensure_read(&self, wanted: &[ReadFile], base: &Base, tree: ObjectId) -> Result<()> {
        let store = &self.state.cx.store;
        if !store.is_narrow() {
            return Ok(());
        }
        let path = |want: &&ReadFile| want.path.as_str().as_bytes().to_vec();
        let paths: Vec<Vec<u8>> = wanted.iter().map(|w| path(&w)).collect();
        let trees = [tree].into_iter().chain(base.trees().iter().copied());
        let of = |tree| paths.iter().map(move |p| (tree, p.as_slice()));
        store.ensure_paths(trees.flat_map(of), false)?;
        let mut read = Vec::new();
        for want in wanted {
            let theirs = store.entry(tree, want.path.as_str().as_bytes())?;
            if theirs != want.entry {
                read.push(theirs);
                read.extend(base.entries(self.state.cx, want.path.as_str())?);
            }
        }
        store.ensure_entries(read.into_iter().flatten())
    }

    /// A symlink or submodule may be removed, but not written over.
    fn check_replaceable(
        &self,
        path: &TreePath,
        ours: Option<Entry>,
        theirs: Option<Entry>,
    ) -> Result<()> {
        let what = match theirs.map(|t| t.mode) {
            Some(Mode::Folder) => "a folder",
            Some(mode) if !mode.is_file() && ours.is_some() => "a symlink or submodule",
            _ => return Ok(()),
        };
        Err(Error::new(
            Kind::Denied,
            format!("the path `{path}` is refused: it is {what} on the branch"),
        )
        .hint("nothing was written; leave it out, or remove what is there in a commit of its own"))
    }

    /// The error for paths that conflict, with the way out of it.
    fn conflict(&self, conflicts: Vec<PathConflict>) -> Error {
        let cx = self.state.cx;
        let hint = match cx.store.work_dir() {
            Some(_) => format!(
                "nothing was written; run `{}` to merge their version into your files, then commit again; or write yours over it with --overwrite",
                access::pull_command(cx, self.state.target.name())
            ),
            None => {
                "nothing was written; look at their version, then write yours over it with --overwrite".to_owned()
            }
        };
        Error::conflicts_in("the commit", conflicts).hint(hint)
    }
}
