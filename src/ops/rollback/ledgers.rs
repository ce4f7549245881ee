//! What the ledgers and the commit message say of a rollback.

use super::{Report, What, Work};
use crate::error::Result;
use crate::git::{CommitId, Draft, Edit, ObjectId};
use crate::ledger::{ChangelogEntry, RollbackEntry, attributes};
use crate::ops::compose::{self, Words};
use crate::ops::log;
use crate::ops::write::Changed;
use std::collections::HashSet;

/// Paths that one entry of the rollbacks names. The changelog has an entry for each.
const MAX_LISTED: usize = 100;

impl Work<'_> {
    /// Adds the edits of the ledgers.
    ///
    /// Errors: integrity, for a ledger that cannot be appended to.
    pub(super) fn append_ledgers(
        &self,
        draft: &mut Draft<'_>,
        changed: &mut Changed<Report>,
    ) -> Result<()> {
        let (cx, tree) = (self.state.cx, self.state.tree);
        let shared = self.state.policy.ledgers();
        let ledgers = shared.of_branch(self.state.target.name());
        if !ledgers.enabled {
            return Ok(());
        }
        let (edits, report) = (&changed.edits, &changed.report);
        let mut added: Vec<Edit> = Vec::new();
        let committed_by = self.committed_by();
        let subject = self.subject(report)?;
        let timestamp = cx.now.ledger();
        let reason = self.request.reason.as_deref();
        let logged = match reason {
            Some(reason) => format!("{subject}: {reason}"),
            None => subject,
        };
        let mut changelog = compose::read_ledger(cx, tree, &ledgers.changelog)?;
        for path in &report.reverted_files {
            let entry = ChangelogEntry {
                timestamp: &timestamp,
                path,
                task_id: None,
                committed_by: &committed_by,
                message: &logged,
            };
            changelog.append(&entry.line());
        }
        added.extend(compose::ledger_edit(
            cx,
            draft,
            tree,
            &ledgers.changelog,
            &changelog,
        )?);

        let mut rollbacks = compose::read_ledger(cx, tree, &ledgers.rollbacks)?;
        let mut undone = Vec::new();
        for id in &report.reverted {
            undone.push((*id, self.paths_of(*id, edits)?));
        }
        // A commit whose files all came back to what they were has nothing to be entered with.
        undone.retain(|(_, paths)| !paths.is_empty());
        // Going back to a commit outside the history undoes no commit by name.
        if undone.is_empty() {
            let to = self.back_to()?;
            undone.extend(to.map(|to| (to, report.reverted_files.clone())));
        }
        for (commit, mut paths) in undone {
            paths.truncate(MAX_LISTED);
            let entry = RollbackEntry {
                timestamp: &timestamp,
                commit_sha: &commit.to_string(),
                paths: &paths,
                reason,
            };
            rollbacks.append(&entry.line());
        }
        added.extend(compose::ledger_edit(
            cx,
            draft,
            tree,
            &ledgers.rollbacks,
            &rollbacks,
        )?);

        added.extend(self.memory_edit(draft, tree, edits, report)?);
        if !edits.iter().any(|(p, _)| p == attributes::PATH.as_bytes()) {
            added.extend(compose::attributes_edit(cx, draft, tree, shared)?);
        }
        changed.edits.extend(added);
        Ok(())
    }

    /// The commit's message and trailers.
    pub(super) fn words(&self, report: &Report) -> Result<Words> {
        let mut message = self.subject(report)?;
        if let Some(reason) = &self.request.reason {
            message = format!("{message}\n\n{}", reason.trim());
        }
        // A commit is not undone if only some of its files are.
        let name = match self.request.paths.is_empty() {
            true => log::REVERTS,
            false => log::REVERTS_PART,
        };
        let reverted = report.reverted.iter().map(|id| (name, id.to_string()));
        Ok(Words {
            message,
            committed_by: self.committed_by(),
            trailers: reverted.collect(),
        })
    }

    fn committed_by(&self) -> String {
        let given = self.request.committed_by.clone();
        given.unwrap_or_else(|| self.state.target.name().to_owned())
    }

    /// Drops the memory of files that are gone, and brings back that of files that return.
    fn memory_edit(
        &self,
        draft: &mut Draft<'_>,
        tree: ObjectId,
        edits: &[Edit],
        report: &Report,
    ) -> Result<Option<Edit>> {
        let path = &self
            .state
            .policy
            .ledgers()
            .of_branch(self.state.target.name())
            .memory;
        let store = &self.state.cx.store;
        if store.entry(tree, path.as_bytes())?.is_none() {
            return Ok(None);
        }
        let mut memory = compose::read_ledger(self.state.cx, tree, path)?;
        let named = |(p, _): &&Edit| std::str::from_utf8(p).is_ok();
        let (there, gone): (Vec<&Edit>, Vec<&Edit>) =
            edits.iter().filter(named).partition(|(_, e)| e.is_some());
        let gone = gone.iter().filter_map(|(p, _)| std::str::from_utf8(p).ok());
        memory.remove_paths(&gone.collect::<Vec<_>>());
        let mut returning = there
            .iter()
            .filter_map(|(p, _)| std::str::from_utf8(p).ok())
            .filter(|p| !memory.has(p))
            .collect::<Vec<_>>();
        for id in &report.reverted {
            if returning.is_empty() {
                break;
            }
            let Some(parent) = store.commit(*id)?.parents.first().copied() else {
                continue;
            };
            // A memory of then that does not parse has nothing to give.
            let Ok(then) = compose::read_ledger(self.state.cx, store.commit(parent)?.tree, path)
            else {
                continue;
            };
            let mut left = Vec::new();
            for file in returning {
                let absent = store.entry(tree, file.as_bytes())?.is_none();
                let entry = then.entry_for(file).filter(|_| absent);
                if !entry.is_some_and(|e| memory.append_entry(e)) {
                    left.push(file);
                }
            }
            returning = left;
        }
        compose::ledger_edit(self.state.cx, draft, tree, path, &memory)
    }

    fn subject(&self, report: &Report) -> Result<String> {
        Ok(match (&self.request.what, report.reverted.as_slice()) {
            (What::To(revision) | What::At { name: revision, .. }, _) => {
                format!("Roll back to {revision}")
            }
            (_, [one]) => {
                let mut subject: String = self
                    .state
                    .cx
                    .store
                    .commit(*one)?
                    .subject()
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(60)
                    .collect();
                // The directive of the commit that is undone is not repeated.
                if crate::alerts::ci_directive(&subject).is_some() {
                    subject = "a commit".to_owned();
                }
                format!("Roll back {}: {subject}", one.short())
            }
            (What::Task(task), _) => format!("Roll back task {task}"),
            (_, many) => format!("Roll back {} commits", many.len()),
        })
    }

    /// Of the files that changed by the rollback, those that one commit had touched.
    pub(super) fn paths_of(&self, id: CommitId, edits: &[Edit]) -> Result<Vec<String>> {
        let commit = self.state.cx.store.commit(id)?;
        let before = commit
            .parents
            .first()
            .map(|p| self.state.cx.store.commit(*p))
            .transpose()?
            .map(|c| c.tree);
        let touched = self
            .state
            .cx
            .store
            .changes(before, Some(commit.tree), false)?;
        let touched: HashSet<&[u8]> = touched.iter().map(|c| c.path.as_slice()).collect();
        let both = edits.iter().filter(|(p, _)| touched.contains(p.as_slice()));
        Ok(both
            .map(|(path, _)| String::from_utf8_lossy(path).into_owned())
            .collect())
    }
}
