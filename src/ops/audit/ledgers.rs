//! What the commits of a sandbox say in the changelog, against what they did.

use super::finding::FindingKind;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitInfo, ObjectId};
use crate::ledger::{self, Item, attributes};
use crate::ops::{compose, log};
use crate::policy::Policy;
use crate::yaml;
use serde::Deserialize;
use std::collections::HashSet;

/// The changelog of one branch, commit by commit.
pub(super) struct Changelog<'a> {
    cx: &'a Context,
    policy: &'a Policy,
    branch: &'a str,
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
    pub fn new(cx: &'a Context, policy: &'a Policy, branch: &'a str) -> Changelog<'a> {
        Changelog {
            cx,
            policy,
            branch,
            last: None,
        }
    }

    /// What is wrong with the entries that a commit adds, alters or lacks. What a merge brings
    /// was looked at where it comes from. Under a good signature earlier entries can be gone:
    /// `aidf backup export --rotate` moves them to the archive.
    ///
    /// Errors: internal, for objects that are missing.
    pub fn look(
        &mut self,
        commit: &CommitInfo,
        is_signed: bool,
    ) -> Result<Option<(FindingKind, String)>> {
        let [parent] = commit.parents[..] else {
            return Ok(None);
        };
        let store = &self.cx.store;
        let pod = log::trailer(commit, compose::POD);
        let policy = self.policy.of_pod(pod.as_deref());
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
                let newer = self.text(new)?;
                let older = self.text(old)?;
                let diff = ledger::diff(&path, &older, &newer);
                self.last = old.map(|id| (id, older));
                match diff {
                    Err(e) => {
                        let detail = format!("it broke the changelog: {}", e.message());
                        return Ok(Some((FindingKind::AlteredEntry, detail)));
                    }
                    Ok(diff) => {
                        if let Some(gone) = diff.removed.first().filter(|_| !is_signed) {
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
        let written_by = log::trailer(commit, compose::COMMITTED_BY);
        let task = log::trailer(commit, compose::TASK);
        for item in &added {
            let about = item.path.as_deref().unwrap_or_default();
            if !changed.contains(about) {
                let detail =
                    format!("its changelog entry is about `{about}`, which it does not change");
                return Ok(Some((FindingKind::FalseEntry, detail)));
            }
            let said = yaml::read::<Vec<Said>>(&item.text).unwrap_or_default();
            for said in said {
                let lie = [
                    ("the writer", said.committed_by, &written_by),
                    ("the task", said.task_id, &task),
                ]
                .into_iter()
                .find_map(|(what, said, is)| match (said, is) {
                    (Some(said), Some(is)) if said != *is => Some((what, said, is.clone())),
                    _ => None,
                });
                if let Some((what, said, is)) = lie {
                    let detail = format!(
                        "its changelog entry for `{about}` calls {what} {said}, and its trailer says {is}"
                    );
                    return Ok(Some((FindingKind::FalseEntry, detail)));
                }
            }
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

    /// The text of a version.
    fn text(&mut self, id: Option<ObjectId>) -> Result<Vec<u8>> {
        let Some(id) = id else {
            return Ok(Vec::new());
        };
        match self.last.take() {
            Some((last, text)) if last == id => Ok(text),
            _ => self.cx.store.read_blob(id),
        }
    }
}

fn of_gone(gone: &Item) -> String {
    match &gone.path {
        Some(path) => format!("it altered or removed an earlier changelog entry, about `{path}`"),
        None => "it altered or removed an earlier changelog entry".to_owned(),
    }
}
