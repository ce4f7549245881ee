//! What the commits of a sandbox say in the changelog, against what they did.

use super::finding::FindingKind;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, CommitInfo, ObjectId};
use crate::ledger::{self, Item, Ledger, attributes};
use crate::ops::{compose, log, snapshot};
use crate::policy::{self, Policy};
use crate::yaml;
use serde::Deserialize;
use std::collections::HashSet;

/// The changelog of one branch, commit by commit.
pub(super) struct Changelog<'a> {
    cx: &'a Context,
    branch: &'a str,
    default_branch: Option<&'a str>,
    /// The policy file that was read last, and what it says.
    then: Option<(Option<ObjectId>, Option<Policy>)>,
    /// The older version of the last comparison, which is the newer one of the next.
    last: Option<(ObjectId, Vec<u8>)>,
}

/// What an entry says that a commit tells too.
#[derive(Deserialize)]
struct Said {
    committed_by: Option<String>,
    task_id: Option<String>,
}

impl<'a> Changelog<'a> {
    pub fn new(cx: &'a Context, branch: &'a str, default_branch: Option<&'a str>) -> Changelog<'a> {
        Changelog {
            cx,
            branch,
            default_branch,
            then: None,
            last: None,
        }
    }

    /// What is wrong with the entries that a commit adds, alters or lacks. What a merge brings
    /// was looked at where it comes from. `may_rotate` tells that the commit is, or may be,
    /// signed: `aidf backup export --rotate` moves earlier entries to the archive.
    ///
    /// Errors: internal, for objects that are missing.
    pub fn look(
        &mut self,
        commit: &CommitInfo,
        may_rotate: bool,
    ) -> Result<Option<(FindingKind, String)>> {
        let [parent] = commit.parents[..] else {
            return Ok(None);
        };
        let store = &self.cx.store;
        let pod = log::trailer(commit, compose::POD);
        // What the sandbox was forked with, or took in since, is what its writer was told.
        let Some(policy) = self.policy_at(parent)? else {
            return Ok(None);
        };
        let policy = policy.of_pod(pod.as_deref());
        let ledgers = policy.ledgers();
        let path = ledgers.of_branch(self.branch).changelog;
        let tree = store.commit(parent)?.tree;
        let file = |tree| -> Result<Option<ObjectId>> {
            let entry = store.entry(tree, path.as_bytes())?;
            Ok(entry.filter(|e| e.mode.is_file()).map(|e| e.id))
        };
        let (old, new) = (file(tree)?, file(commit.tree)?);
        if old == new && !ledgers.required {
            return Ok(None);
        }
        let added = match old == new {
            true => Vec::new(),
            false => {
                let (Some(newer), Some(older)) = (self.text(new)?, self.text(old)?) else {
                    let detail = "the changelog is too large to be one".to_owned();
                    return Ok(Some((FindingKind::AlteredEntry, detail)));
                };
                let diff = ledger::diff(&path, &older, &newer);
                let was_broken = diff.is_err() && Ledger::read(&path, Some(&older)).is_err();
                self.last = old.map(|id| (id, older));
                match diff {
                    Err(_) if was_broken => return Ok(None),
                    Err(e) => {
                        let detail = format!("it broke the changelog: {}", e.message());
                        return Ok(Some((FindingKind::AlteredEntry, detail)));
                    }
                    Ok(diff) => {
                        if let Some(gone) = diff.removed.first().filter(|_| !may_rotate) {
                            return Ok(Some((FindingKind::AlteredEntry, of_gone(gone))));
                        }
                        diff.added
                    }
                }
            }
        };
        let changes = store.changes(Some(tree), Some(commit.tree), false)?;
        let changed: HashSet<String> = changes
            .iter()
            .map(|c| String::from_utf8_lossy(&c.path).into_owned())
            .collect();
        if let Some(detail) = false_entry(commit, &added, &changed) {
            return Ok(Some((FindingKind::FalseEntry, detail)));
        }
        let told: HashSet<&str> = added.iter().filter_map(|i| i.path.as_deref()).collect();
        let untold = changed.iter().find(|path| {
            !told.contains(path.as_str()) && !ledgers.contains(path) && *path != attributes::PATH
        });
        Ok(untold.filter(|_| ledgers.required).map(|path| {
            let detail =
                format!("the policy wants a changelog entry for `{path}`, and it has none");
            (FindingKind::MissingEntry, detail)
        }))
    }

    /// The text of a version; none for one that is too large for a ledger.
    fn text(&mut self, id: Option<ObjectId>) -> Result<Option<Vec<u8>>> {
        let Some(id) = id else {
            return Ok(Some(Vec::new()));
        };
        match self.last.take() {
            Some((last, text)) if last == id => Ok(Some(text)),
            _ if self.cx.store.blob_size(id)? > yaml::MAX_BYTES as u64 => Ok(None),
            _ => self.cx.store.read_blob(id).map(Some),
        }
    }

    /// The policy in the tree of a commit; none for one that cannot be used.
    fn policy_at(&mut self, id: CommitId) -> Result<Option<Policy>> {
        let cx = self.cx;
        let tree = cx.store.commit(id)?.tree;
        let file = cx.store.entry(tree, policy::PATH.as_bytes())?.map(|e| e.id);
        if let Some((known, policy)) = &self.then
            && *known == file
        {
            return Ok(policy.clone());
        }
        let base = &cx.config.base;
        let read = snapshot::policy_file(&cx.store, Some(id), base);
        let policy = read.ok().map(|file| {
            let default = self.default_branch;
            Policy::new(&file, &cx.config.policy, base, default)
        });
        self.then = Some((file, policy.clone()));
        Ok(policy)
    }
}

/// The first of the entries that says what the commit does not, or not of itself.
fn false_entry(commit: &CommitInfo, added: &[Item], changed: &HashSet<String>) -> Option<String> {
    let written_by = log::trailer(commit, compose::COMMITTED_BY);
    let task = log::trailer(commit, compose::TASK);
    for item in added {
        let about = item.path.as_deref().unwrap_or_default();
        if !changed.contains(about) {
            return Some(format!(
                "its changelog entry is about `{about}`, which it does not change"
            ));
        }
        for said in yaml::read::<Vec<Said>>(&item.text).unwrap_or_default() {
            for (what, said, is) in [
                ("the writer", said.committed_by, &written_by),
                ("the task", said.task_id, &task),
            ] {
                if let (Some(said), Some(is)) = (said, is)
                    && said != *is
                {
                    return Some(format!(
                        "its changelog entry for `{about}` calls {what} {said}, and its trailer says {is}"
                    ));
                }
            }
        }
    }
    None
}

fn of_gone(gone: &Item) -> String {
    match &gone.path {
        Some(path) => format!("it altered or removed an earlier changelog entry, about `{path}`"),
        None => "it altered or removed an earlier changelog entry".to_owned(),
    }
}
