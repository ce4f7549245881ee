//! The entries that a commit adds to the ledgers.

use super::Report;
use super::build::Build;
use crate::error::{Error, Kind, Result};
use crate::git::{Draft, Edit};
use crate::ledger::{ChangelogEntry, Ledger, MemoryEntry, attributes};
use crate::ops::compose;
use crate::ops::write::Changed;
use std::collections::HashSet;

/// From so many files on a ledger is read whole, to tell which of them it has.
const MANY: usize = 64;

/// Which paths a ledger has, where many are asked about.
struct Paths(Option<HashSet<String>>);

impl Paths {
    fn of(ledger: &Ledger, files: usize) -> Paths {
        Paths((files >= MANY).then(|| ledger.paths()))
    }

    fn has(&self, ledger: &Ledger, path: &str) -> bool {
        match &self.0 {
            Some(paths) => paths.contains(path),
            None => ledger.has(path),
        }
    }
}

impl Build<'_> {
    /// Adds the edits of the ledgers, and says in the report which they are.
    ///
    /// Errors: denied, where the policy wants entries that were not to be made; integrity, for
    /// a ledger that cannot be appended to.
    pub(super) fn append_ledgers(
        &self,
        draft: &mut Draft<'_>,
        changed: &mut Changed<Report>,
    ) -> Result<()> {
        let (cx, target, tree) = (self.state.cx, self.state.target, self.state.tree);
        let (edits, report) = (&changed.edits, &mut changed.report);
        let mut added: Vec<Edit> = Vec::new();
        let shared = self.state.policy.ledgers();
        let ledgers = shared.of_branch(target.name());
        // A ledger that is itself being written is left to its writer.
        let logged: Vec<(&str, bool)> = edits
            .iter()
            .filter_map(|(p, e)| Some((std::str::from_utf8(p).ok()?, e.is_some())))
            .filter(|(p, _)| !shared.contains(p))
            .collect();
        let written = |path: &str| edits.iter().any(|(p, _)| p == path.as_bytes());
        let (timestamp, date) = (cx.now.ledger(), cx.now.date());
        if !ledgers.enabled || logged.is_empty() {
            return Ok(());
        }
        if self.request.no_changelog && ledgers.required && target.is_sandbox() {
            return Err(Error::new(
                Kind::Denied,
                "the policy wants a changelog entry for each file that changes on a sandbox, and --no-changelog was given",
            )
            .hint("leave --no-changelog out"));
        }
        if !self.request.no_changelog && !written(&ledgers.changelog) {
            let mut changelog = compose::read_ledger(cx, tree, &ledgers.changelog)?;
            for (path, _) in &logged {
                let entry = ChangelogEntry {
                    timestamp: &timestamp,
                    path,
                    task_id: self.request.task_id.as_deref(),
                    committed_by: self.committed_by,
                    message: self.message,
                };
                changelog.append(&entry.line());
            }
            if let Some(edit) =
                compose::ledger_edit(cx, draft, tree, &ledgers.changelog, &changelog)?
            {
                added.push(edit);
                report.changelog = Some(ledgers.changelog.clone());
            }
        }
        if !self.request.no_memory && !written(&ledgers.memory) {
            let mut memory = compose::read_ledger(cx, tree, &ledgers.memory)?;
            let gone: Vec<&str> = logged
                .iter()
                .filter(|(_, there)| !there)
                .map(|(p, _)| *p)
                .collect();
            memory.remove_paths(&gone);
            let in_memory = Paths::of(&memory, logged.len());
            let described = self.request.description.is_some() || !self.request.tags.is_empty();
            // The shared one may be long, and is read only for a path that is new to its own.
            let is_new = |(path, there): &(&str, bool)| *there && !in_memory.has(&memory, path);
            let is_asked = ledgers.memory != shared.memory && !described;
            let common = match is_asked && logged.iter().any(is_new) {
                true => Some(compose::read_other_ledger(cx, tree, &shared.memory)?),
                false => None,
            };
            let in_common = common.as_ref().map(|told| Paths::of(told, logged.len()));
            for (path, _) in logged.iter().filter(|(_, there)| *there) {
                let known = in_memory.has(&memory, path);
                if known && !described {
                    memory.touch(path, &date);
                    continue;
                }
                // In a memory of its own a sandbox keeps what the shared one says.
                let is_told = |m: &&Ledger| in_common.as_ref().is_some_and(|c| c.has(m, path));
                if let Some(told) = common.as_ref().filter(is_told) {
                    if let Some(line) = told.touched_line(path, &date) {
                        memory.append(&line);
                    }
                    continue;
                }
                let raw_url = cx.remote.raw_url(target.name(), path);
                let pod = target
                    .claims
                    .as_ref()
                    .and_then(|c| c.pod.as_deref())
                    .or(cx.config.pod.as_deref())
                    .unwrap_or(self.committed_by);
                let entry = MemoryEntry {
                    path,
                    raw_url: raw_url.as_deref(),
                    description: self
                        .request
                        .description
                        .as_deref()
                        .unwrap_or(self.message.lines().next().unwrap_or("")),
                    tags: &self.request.tags,
                    last_updated: &date,
                    pod_owner: pod,
                };
                match known {
                    true => memory.set(path, &entry.line()),
                    false => memory.append(&entry.line()),
                }
            }
            if let Some(edit) = compose::ledger_edit(cx, draft, tree, &ledgers.memory, &memory)? {
                added.push(edit);
                report.memory = Some(ledgers.memory.clone());
            }
        }
        if (report.changelog.is_some() || report.memory.is_some()) && !written(attributes::PATH) {
            added.extend(compose::attributes_edit(cx, draft, tree, shared)?);
        }
        changed.edits.extend(added);
        Ok(())
    }
}
