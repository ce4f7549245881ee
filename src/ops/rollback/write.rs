//! The commit of a rollback: its words, and what the ledgers say of it.

use super::{Report, What, Work};
use crate::error::Result;
use crate::git::{CommitId, Draft, Edit, ObjectId};
use crate::ledger::{ChangelogEntry, RollbackEntry, attributes};
use crate::ops::compose::{self, Words};

impl Work<'_> {
    pub(super) fn build(
        &self,
        draft: &mut Draft<'_>,
        tree: ObjectId,
        edits: &[Edit],
        report: &Report,
        back_to: Option<CommitId>,
    ) -> Result<CommitId> {
        let shared = self.policy.ledgers();
        let ledgers = shared.of_branch(self.target.name());
        let committed_by = self
            .request
            .committed_by
            .clone()
            .unwrap_or_else(|| self.target.name().to_owned());
        let subject = self.subject(report)?;
        let mut all = edits.to_vec();
        if ledgers.enabled {
            let timestamp = self.cx.now.ledger();
            let reason = self.request.reason.as_deref();
            let logged = match reason {
                Some(reason) => format!("{subject}: {reason}"),
                None => subject.clone(),
            };
            let mut changelog = compose::read_ledger(self.cx, tree, &ledgers.changelog)?;
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
            all.extend(compose::ledger_edit(
                self.cx,
                draft,
                tree,
                &ledgers.changelog,
                &changelog,
            )?);

            let mut rollbacks = compose::read_ledger(self.cx, tree, &ledgers.rollbacks)?;
            for id in &report.reverted {
                let paths = self.paths_of(*id, &report.reverted_files)?;
                let entry = RollbackEntry {
                    timestamp: &timestamp,
                    commit_sha: &id.to_string(),
                    paths: &paths,
                    reason,
                };
                rollbacks.append(&entry.line());
            }
            // Going back to a commit outside the history undoes no commit by name.
            if let Some(to) = back_to.filter(|_| report.reverted.is_empty()) {
                let entry = RollbackEntry {
                    timestamp: &timestamp,
                    commit_sha: &to.to_string(),
                    paths: &report.reverted_files,
                    reason,
                };
                rollbacks.append(&entry.line());
            }
            all.extend(compose::ledger_edit(
                self.cx,
                draft,
                tree,
                &ledgers.rollbacks,
                &rollbacks,
            )?);

            if let Some(edit) = self.memory_edit(draft, tree, edits, report)? {
                all.push(edit);
            }
            let attributes = edits.iter().any(|(p, _)| p == attributes::PATH.as_bytes());
            if !attributes {
                all.extend(compose::attributes_edit(self.cx, draft, tree, shared)?);
            }
        }
        let new_tree = draft.tree(Some(tree), &all)?;
        let mut message = subject;
        if let Some(reason) = &self.request.reason {
            message = format!("{message}\n\n{}", reason.trim());
        }
        self.check_message(&message)?;
        let mut trailers = vec![("Aidf-Committed-By", committed_by)];
        // A commit of which only some files were undone is not undone.
        let name = if self.request.paths.is_empty() {
            "Aidf-Reverts"
        } else {
            "Aidf-Reverts-Part"
        };
        trailers.extend(report.reverted.iter().map(|id| (name, id.to_string())));
        compose::commit(
            self.cx,
            draft,
            self.target,
            new_tree,
            &[self.tip],
            &Words {
                message: &message,
                trailers,
            },
        )
    }

    /// Drops the memory of files that are gone, and brings back that of files that return.
    fn memory_edit(
        &self,
        draft: &mut Draft<'_>,
        tree: ObjectId,
        edits: &[Edit],
        report: &Report,
    ) -> Result<Option<Edit>> {
        let path = &self.policy.ledgers().of_branch(self.target.name()).memory;
        let store = &self.cx.store;
        if store.entry(tree, path.as_bytes())?.is_none() {
            return Ok(None);
        }
        let mut memory = compose::read_ledger(self.cx, tree, path)?;
        let named = |(p, _): &&Edit| std::str::from_utf8(p).is_ok();
        let (there, gone): (Vec<&Edit>, Vec<&Edit>) =
            edits.iter().filter(named).partition(|(_, e)| e.is_some());
        if !gone.is_empty() {
            memory.remove(|p| gone.iter().any(|(g, _)| g == p.as_bytes()));
        }
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
            let Ok(then) = compose::read_ledger(self.cx, store.commit(parent)?.tree, path) else {
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
        compose::ledger_edit(self.cx, draft, tree, path, &memory)
    }

    fn subject(&self, report: &Report) -> Result<String> {
        Ok(match (&self.request.what, report.reverted.as_slice()) {
            (What::To(revision) | What::At { name: revision, .. }, _) => {
                format!("Roll back to {revision}")
            }
            (_, [one]) => {
                let mut subject: String = self
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
    fn paths_of(&self, id: CommitId, reverted_files: &[String]) -> Result<Vec<String>> {
        let commit = self.cx.store.commit(id)?;
        let before = commit
            .parents
            .first()
            .map(|p| self.cx.store.commit(*p))
            .transpose()?
            .map(|c| c.tree);
        let touched = self.cx.store.changes(before, Some(commit.tree), false)?;
        Ok(reverted_files
            .iter()
            .filter(|f| touched.iter().any(|c| c.path == f.as_bytes()))
            .cloned()
            .collect())
    }
}
