//! The merge of a branch's tip into a sandbox's, and what to do where it conflicts.

use super::SyncReport;
use crate::conflict::PathConflict;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Entry, Mode, ObjectId};
use crate::ledger::{Side, attributes};
use crate::names;
use crate::ops::base::{self, Before};
use crate::ops::checkout::Plan;
use crate::ops::compose;
use crate::ops::join::{self, Join, Resolved};
use crate::ops::rolled_back::{self, Brought, Kept, RolledBack};
use crate::ops::squashed;
use crate::ops::write::{BranchState, Carried, Changed, Deed, Edited};
use crate::words;

/// A merge in the making, on one tip.
pub(super) struct Merge<'a> {
    pub state: &'a BranchState<'a>,
    pub from: &'a str,
    pub theirs: CommitId,
    pub markers: bool,
    pub dry_run: bool,
    pub default: Option<&'a (String, CommitId)>,
    /// The trailers for the rollbacks in the sandbox that the merge makes good.
    pub made_good: Vec<(&'static str, String)>,
}

impl Merge<'_> {
    pub fn edit(
        &mut self,
        draft: &mut Draft<'_>,
        resolved: &Resolved,
        blobs: Vec<ObjectId>,
    ) -> Result<Edited<SyncReport>> {
        let (cx, from) = (self.state.cx, self.from);
        let (branch, tree) = (self.state.target.name(), self.state.tree);
        let mut report = SyncReport {
            branch: branch.to_owned(),
            repo_name: cx.repo_name.clone(),
            from: from.to_owned(),
            parent: self.state.tip,
            commit: None,
            merged: Vec::new(),
            merged_count: 0,
            kept: Vec::new(),
            brought_again: Vec::new(),
            resolved: resolved.keys().cloned().collect(),
            conflicts: Vec::new(),
            unchanged: true,
            attempts: 0,
            message: format!("nothing to do: {branch} has all that {from} has"),
            dry_run: self.dry_run,
        };
        let reviewed = !names::is_sandbox(from);
        let found = rolled_back::between(cx, branch, self.state.tip, self.theirs, reviewed)?;
        let is_there = cx.store.is_ancestor(self.theirs, self.state.tip);
        if is_there && found.ours.is_empty() {
            return self.nothing(report);
        }
        (report.merged_count, report.merged) = join::brought(cx, self.state.tip, self.theirs)?;
        let theirs = squashed::as_merged(
            cx,
            from,
            self.theirs,
            self.state.tip,
            self.state.policy.ledgers(),
        )?;
        let join = Join {
            cx,
            ledgers: self.state.policy.ledgers(),
            ours: self.state.tip,
            theirs,
            sandbox: Side::Ours,
        };
        let mut joined = join.run(draft)?;
        let again = rolled_back::make_again(draft, &join, &mut joined, &found)?;
        if is_there && again.ours.is_empty() {
            return self.nothing(report);
        }
        self.made_good = found.ours.iter().flat_map(RolledBack::made_good).collect();
        report.unchanged = false;
        report.kept = again.theirs.clone();
        let brought = again.ours.iter().cloned();
        report.brought_again = brought.map(Brought::from).collect();
        let joined = joined.resolve(&self.with_modes(tree, resolved)?)?;
        if !joined.conflicts.is_empty() {
            let here = why_disputed(&found.ours, &again.ours, &joined.conflicts);
            let there = why_disputed(&found.theirs, &again.theirs, &joined.conflicts);
            let mut error = self.conflict(draft, theirs, joined.conflicts);
            if !there.is_empty() {
                error = error.within(&format!(
                    "{from} rolled back what {branch} had landed, by {there}; the sandbox keeps that, and {from} has other work in its place"
                ));
            }
            if !here.is_empty() {
                error = error.within(&format!(
                    "{branch} rolled back what it had taken from {from}, by {here}; the sync brings that again, and {branch} has other work in its place"
                ));
            }
            return Err(error);
        }
        // Of a branch that is not reviewed nothing comes that a commit could not bring.
        if !self.state.policy.is_protected(from) {
            let there = cx.store.entry(tree, attributes::PATH.as_bytes())?;
            let own = compose::with_union(cx, draft, there, self.state.policy.ledgers())?;
            for (path, entry) in &joined.edits {
                let path = String::from_utf8_lossy(path);
                let own = *entry == own && path == attributes::PATH;
                if !own && !self.state.policy.ledgers().contains(&path) {
                    self.state.policy.check_path(branch, &path)?;
                }
            }
        }
        let commits = words::count(report.merged_count, "commit", "commits");
        let deed = match is_there {
            true => Deed {
                done: "brought",
                would: "bring",
                what: format!("what {branch} had rolled back of {from} into it again"),
            },
            false => Deed {
                done: "merged",
                would: "merge",
                what: format!("{commits} of {from} into {branch}"),
            },
        };
        Ok(Edited::Changed(Changed {
            edits: joined.edits,
            merged: Some(self.theirs),
            objects: Carried::Also(blobs),
            deed,
            report,
        }))
    }

    /// The sandbox has all of it.
    fn nothing(&self, mut report: SyncReport) -> Result<Edited<SyncReport>> {
        if let Some(said) = self.elsewhere()? {
            report.message = format!("{}; {said}", report.message);
        }
        Ok(Edited::Nothing(report))
    }

    /// What the default branch has besides: sandboxes are mostly forked from a base that
    /// follows it by hand.
    fn elsewhere(&self) -> Result<Option<String>> {
        let Some((name, tip)) = self.default else {
            return Ok(None);
        };
        if name == self.from {
            return Ok(None);
        }
        let cx = self.state.cx;
        cx.remote.fetch(&cx.store, &[*tip], true, &*cx.progress)?;
        if cx.store.is_ancestor(*tip, self.state.tip) {
            return Ok(None);
        }
        let (count, _) = join::brought(self.state.cx, self.state.tip, *tip)?;
        Ok(Some(format!(
            "{name} has {} more; to bring them in: aidf sandbox sync {} --from {name}",
            words::count(count, "commit", "commits"),
            self.state.target.name()
        )))
    }

    /// Content that was given keeps the mode that the path has.
    fn with_modes(&self, tree: ObjectId, resolved: &Resolved) -> Result<Resolved> {
        let theirs = self.state.cx.store.commit(self.theirs)?.tree;
        let mut with = Resolved::new();
        for (path, content) in resolved {
            let entry = |tree| self.state.cx.store.entry(tree, path.as_bytes());
            let there = entry(tree)?.or(entry(theirs)?);
            if content.is_none() && there.is_some_and(|e| e.mode == Mode::Folder) {
                let branch = self.state.target.name();
                let what =
                    format!("`{path}` is a folder in {branch}, and --rm removes files alone");
                return Err(Error::new(Kind::Usage, what).hint(
                    "nothing was written; move the folder's files elsewhere in a commit of their own, then sync again",
                ));
            }
            let mode = there.map(|e| e.mode).filter(|m| m.is_file());
            let content = content.map(|e| Entry {
                mode: mode.unwrap_or(e.mode),
                ..e
            });
            with.insert(path.clone(), content);
        }
        Ok(with)
    }

    /// The error for what conflicts, with the way out of it.
    fn conflict(
        &self,
        draft: &mut Draft<'_>,
        theirs: CommitId,
        conflicts: Vec<PathConflict>,
    ) -> Error {
        let (cx, branch, from) = (self.state.cx, self.state.target.name(), self.from);
        let again = |what: &str| {
            let paths = conflicts
                .iter()
                .map(|c| format!(" --resolve {}{what}", words::shell_path(&c.path)));
            let paths = paths.collect::<String>();
            format!("aidf sandbox sync {branch} --from {from}{paths}")
        };
        let hint = match (cx.store.work_dir(), self.markers) {
            (None, _) => format!(
                "nothing was written; give the merged content of each path: {}",
                again("=FILE")
            ),
            (Some(_), false) => format!(
                "nothing was written; to get both versions into the files: aidf sandbox sync {branch} --from {from} --markers; or give the merged content of each path: {}",
                again("=FILE")
            ),
            (Some(_), true) => match self.mark(draft, theirs, &conflicts) {
                Ok(()) => format!(
                    "nothing was written to the branch; correct the lines between the markers, then: {}",
                    again("")
                ),
                Err(e) => return e,
            },
        };
        Error::conflicts_in("the sync", conflicts).hint(hint)
    }

    fn mark(
        &self,
        draft: &mut Draft<'_>,
        theirs: CommitId,
        conflicts: &[PathConflict],
    ) -> Result<()> {
        let (cx, label) = (self.state.cx, self.from);
        let mut plan =
            Plan::of_conflicts(cx, draft, self.state.tip, theirs, conflicts.to_vec(), label)?;
        let done = plan.write_files(cx)?;
        let marked = done.updated.iter().map(String::as_str);
        base::remember_pull(
            cx,
            self.state.target,
            self.state.tip,
            &done.taken,
            Before::now(),
            marked,
        );
        for left in &plan.left {
            cx.warn(left.to_string());
        }
        Ok(())
    }
}

/// The rollbacks whose paths conflict, named.
fn why_disputed(found: &[RolledBack], kept: &[Kept], conflicts: &[PathConflict]) -> String {
    let disputed = |path: &String| conflicts.iter().any(|c| c.path == *path);
    let disputed = kept.iter().filter(|kept| kept.paths.iter().any(disputed));
    let by: Vec<CommitId> = disputed.map(|kept| kept.rolled_back_by).collect();
    let by = found.iter().filter(|found| by.contains(&found.commit));
    by.map(RolledBack::named).collect::<Vec<_>>().join(", ")
}
