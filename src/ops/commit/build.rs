//! One try at a commit: merged on the tip, checked, logged, and made.

use super::read::ReadFile;
use super::{FileChange, Report, Request};
use crate::conflict::{Clash, PathConflict};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Edit, Entry, MergedEntry, Mode, ObjectId, RefUpdate, TreePath};
use crate::ops::access::Target;
use crate::ops::base::Base;
use crate::ops::compose::{self, Words};
use crate::ops::publish::{Objects, Plan, Push};
use crate::policy::Policy;
use crate::words;
use std::collections::BTreeSet;

pub(super) struct Build<'a> {
    pub cx: &'a Context,
    pub target: &'a Target,
    pub policy: &'a Policy,
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
    touched: Vec<(String, Option<Entry>)>,
    /// Whether a file without a change of ours is older than the branch's.
    stale: bool,
}

impl Build<'_> {
    pub fn plan(
        &self,
        wanted: &[ReadFile],
        base: &Base,
        tip: CommitId,
        tree: ObjectId,
        blobs: &[ObjectId],
        touched: &mut Vec<(String, Option<Entry>)>,
    ) -> Result<Plan<Report>> {
        let store = &self.cx.store;
        let mut draft = store.draft();
        let merge = self.merge(&mut draft, wanted, base, tree)?;
        if !merge.conflicts.is_empty() {
            return Err(self.conflict(merge.conflicts));
        }
        *touched = merge.touched;
        let edits = merge.edits;
        let mut report = Report {
            branch: self.target.name().to_owned(),
            repo_name: self.cx.repo_name.clone(),
            commit: None,
            parent: tip,
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
                    "nothing to do: your files have no change since you took them from {}, where they were changed since; take that with `aidf sandbox pull`, or write yours over it with --overwrite",
                    self.target.name()
                ),
                false => format!(
                    "nothing to do: {} holds this content already",
                    self.target.name()
                ),
            },
            dry_run: self.request.dry_run,
        };
        if edits.is_empty() {
            return Ok(Plan::Nothing(report));
        }
        for (path, entry) in &edits {
            let old = store.entry(tree, path)?;
            report.files.push(FileChange::of(store, path, old, *entry)?);
        }
        report.alerts = self.alerts(wanted, &report.files)?;
        let mut all_edits = edits.clone();
        self.append_ledgers(&mut draft, tree, &edits, &mut report, &mut all_edits)?;

        let new_tree = draft.tree(Some(tree), &all_edits)?;
        let mut trailers = vec![("Aidf-Committed-By", self.committed_by.to_owned())];
        trailers.extend(self.request.task_id.clone().map(|v| ("Aidf-Task-Id", v)));
        trailers.extend(self.request.agent.clone().map(|v| ("Aidf-Agent", v)));
        let commit = compose::commit(
            self.cx,
            &mut draft,
            self.target,
            new_tree,
            &[tip],
            &Words {
                message: self.message,
                trailers,
            },
        )?;
        let files = words::count(report.files.len(), "file", "files");
        report.commit = Some(commit);
        report.message = if self.request.dry_run {
            format!("would commit {files} to {}", self.target.name())
        } else {
            format!(
                "committed {files} to {} as {}",
                self.target.name(),
                commit.short()
            )
        };
        if self.request.dry_run {
            return Ok(Plan::Nothing(report));
        }
        let update = RefUpdate {
            name: self.target.branch.clone(),
            old: Some(tip),
            new: Some(commit),
        };
        Ok(Plan::Push(Push {
            updates: vec![update],
            objects: Objects::These(draft.objects_and(blobs)),
            token: self.target.token.clone(),
            report,
        }))
    }

    /// Ours against the tip, with what the files were taken from as the base.
    fn merge(
        &self,
        draft: &mut Draft<'_>,
        wanted: &[ReadFile],
        base: &Base,
        tree: ObjectId,
    ) -> Result<Merge> {
        let store = &self.cx.store;
        let mut merge = Merge::default();
        for want in wanted {
            let path = want.path.as_str();
            let theirs = store.entry(tree, path.as_bytes())?;
            let ours = match (want.entry, theirs) {
                (Some(ours), Some(theirs)) if want.keeps_mode => Some(Entry {
                    mode: theirs.mode,
                    ..ours
                }),
                (ours, _) => ours,
            };
            let mut bases = match self.elsewhere.contains(path) {
                true => base.entries_elsewhere(self.cx, path)?,
                false => base.entries(self.cx, path)?,
            };
            if want.named_removal && bases.iter().all(Option::is_none) {
                bases = vec![theirs];
            }
            if !self.request.overwrite && bases.iter().all(|b| *b == ours) {
                merge.stale |= ours != theirs;
                continue;
            }
            // What came with a pull is no write of ours, whatever path it has; where it may
            // have come with one and may not be written, it did.
            match self.policy.check_path(self.target.name(), path) {
                Err(_) if !self.request.overwrite && bases.contains(&ours) => {
                    merge.stale |= ours != theirs;
                    continue;
                }
                // A local commit may have taken a ledger along that a pull brought.
                Err(_)
                    if self.request.all
                        && !want.named_removal
                        && self.policy.ledgers().contains(path) =>
                {
                    let why = "a ledger, and each commit brings its own entries";
                    self.cx.warn(format!("left out: `{path}` is {why}"));
                    continue;
                }
                // Nor did anybody name what the branch has already.
                Err(_) if self.request.all && ours == theirs => {
                    merge.touched.push((path.to_owned(), want.entry));
                    continue;
                }
                checked => checked?,
            }
            base.check_mended(self.cx, path, want.entry)?;
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
        ))
    }

    /// The error for paths that conflict, with the way out of it.
    fn conflict(&self, conflicts: Vec<PathConflict>) -> Error {
        let hint = match self.cx.store.work_dir() {
            Some(_) => {
                "nothing was written; run `aidf sandbox pull` to merge their version into your files, then commit again; or write yours over it with --overwrite"
            }
            None => {
                "nothing was written; look at their version, then write yours over it with --overwrite"
            }
        };
        Error::conflicts_in("the commit", conflicts).hint(hint)
    }
}
