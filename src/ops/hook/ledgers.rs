//! The rule of the ledgers: they grow, entry by entry.
//!
//! Of each new commit of a sandbox, whoever made it: the changelog and the list of rollbacks
//! hold every entry that any of its parents' hold, and the memory every path of them,
//! unless its file is gone. Entries may be added anywhere, and a path's memory may be
//! replaced. What one side of a merge had taken away since the two sides parted may stay
//! away: that was an operator's, or a change that was let in. A ledger stays a list that
//! can be appended to. A history that shares nothing with what is here holds all that the
//! branch, or else the base, holds now.
//!
//! Where the policy says `ledgers: required: true`, each commit brings changelog entries
//! for the files it changes; a merge, for those that not both sides had changed.

use super::changes::Change;
use super::look::Look;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, Entry, Mode, ObjectId};
use crate::ledger::{self, Growth, Item, attributes};
use crate::policy::Policy;
use crate::yaml;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What became of a ledger, by its content before and after.
type Known = HashMap<(Option<ObjectId>, Option<ObjectId>), Rc<Growth>>;

/// The ledgers of one push.
pub struct Ledgers<'a> {
    look: &'a Look<'a>,
    policy: &'a Policy,
    known: RefCell<Known>,
}

impl<'a> Ledgers<'a> {
    pub fn new(look: &'a Look<'a>, policy: &'a Policy) -> Ledgers<'a> {
        Ledgers {
            look,
            policy,
            known: RefCell::default(),
        }
    }

    /// Checks the ledgers of a commit against those of its parents.
    ///
    /// Errors: denied, with the entry that is missing; what the budget says.
    pub fn check(&self, branch: &str, commit: &CommitInfo, own: &[Change]) -> Result<()> {
        let parents = commit
            .parents
            .iter()
            .map(|p| self.look.commit(*p))
            .collect::<Result<Vec<_>>>()?;
        let mut brought: Option<HashSet<String>> = None;
        let names = self.policy.ledgers();
        // Entries may be asked for in the changelog that the branch writes.
        let told = names.of_branch(branch).changelog;
        for name in &names.live(branch) {
            let changelog = *name == told;
            let new = self.at(commit.tree, name)?;
            let mut olds = Vec::new();
            for parent in &parents {
                olds.push(self.at(parent.tree, name)?);
            }
            if parents.is_empty() {
                olds.push(None);
            }
            if changelog && olds.contains(&new) {
                brought = Some(HashSet::new());
            }
            for (at, old) in olds.iter().enumerate() {
                if *old == new {
                    continue;
                }
                // The policy may give a ledger to those who write the branch.
                let guarded = self.policy.check_path(branch, name).is_err();
                if guarded {
                    self.is_file(new, name, commit.id)?;
                }
                if !guarded && !changelog {
                    continue;
                }
                let growth = self.growth(name, *old, new, commit.id)?;
                if guarded && !growth.removed.is_empty() {
                    self.keeps(name, commit, &growth, at)?;
                }
                if changelog {
                    let added = growth.added.iter().filter_map(|i| i.path.clone()).collect();
                    brought = Some(match brought.take() {
                        None => added,
                        Some(all) => all.intersection(&added).cloned().collect(),
                    });
                }
            }
        }
        if names.required {
            self.is_logged(branch, commit, own, &brought.unwrap_or_default())?;
        }
        Ok(())
    }

    /// Checks a tip whose history shares nothing with what is here against `known`.
    ///
    /// Errors: as for [`Ledgers::check`].
    pub fn check_unrelated(
        &self,
        branch: &str,
        commit: &CommitInfo,
        known: CommitId,
    ) -> Result<()> {
        let known = self.look.commit(known)?;
        for name in &self.policy.ledgers().live(branch) {
            let (old, new) = (self.at(known.tree, name)?, self.at(commit.tree, name)?);
            if old == new || self.policy.check_path(branch, name).is_ok() {
                continue;
            }
            let growth = self.growth(name, old, new, commit.id)?;
            if !growth.removed.is_empty() {
                self.keeps(name, commit, &growth, usize::MAX)?;
            }
        }
        Ok(())
    }

    fn at(&self, tree: ObjectId, name: &str) -> Result<Option<Entry>> {
        self.look.entry(tree, name.as_bytes())
    }

    fn is_file(&self, new: Option<Entry>, name: &str, id: CommitId) -> Result<()> {
        let Some(new) = new.filter(|e| !e.mode.is_file()) else {
            return Ok(());
        };
        let what = match new.mode {
            Mode::Folder => "a folder",
            _ => "a symlink or submodule",
        };
        Err(Error::new(
            Kind::Denied,
            format!(
                "`{name}` is a ledger, and would be {what} (in commit {})",
                id.short()
            ),
        )
        .hint("leave the ledgers' files as they are; add entries at their end"))
    }

    /// Refuses what is missing of one parent's, unless another side took it away.
    fn keeps(&self, name: &str, commit: &CommitInfo, growth: &Growth, parent: usize) -> Result<()> {
        let memory = self.policy.ledgers().is_memory(name);
        let added: HashSet<&str> = growth
            .added
            .iter()
            .filter_map(|i| i.path.as_deref())
            .collect();
        let mut missing = Vec::new();
        for item in &growth.removed {
            let excused = match item.path.as_deref().filter(|_| memory) {
                Some(path) => {
                    added.contains(path)
                        || path.is_empty()
                        || self.look.entry(commit.tree, path.as_bytes())?.is_none()
                }
                None => false,
            };
            if !excused {
                missing.push(item);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let away = self.taken_away(name, commit, parent)?;
        let Some(lost) = missing.into_iter().find(|i| !away.contains(*i)) else {
            return Ok(());
        };
        let of = lost
            .path
            .as_deref()
            .map_or_else(String::new, |p| format!(" of `{p}`"));
        Err(Error::new(
            Kind::Denied,
            format!(
                "the ledger `{name}` only grows: an entry{of} would be altered or be gone (in commit {})",
                commit.id.short()
            ),
        )
        .hint("keep every entry that is there and add others; of a merge, keep both sides'; moving entries to the archive is an operator's"))
    }

    /// The entries that another parent had taken away since it and this one parted.
    fn taken_away(&self, name: &str, commit: &CommitInfo, parent: usize) -> Result<HashSet<Item>> {
        let mut away = HashSet::new();
        let Some(this) = commit.parents.get(parent) else {
            return Ok(away);
        };
        for (at, other) in commit.parents.iter().enumerate() {
            if at == parent {
                continue;
            }
            self.look.budget.time()?;
            let Some(parted) = self.look.store.merge_base(*this, *other) else {
                continue;
            };
            let then = self.at(self.look.commit(parted)?.tree, name)?;
            let theirs = self.at(self.look.commit(*other)?.tree, name)?;
            if then != theirs {
                let growth = self.growth(name, then, theirs, *other)?;
                away.extend(growth.removed.iter().cloned());
            }
        }
        Ok(away)
    }

    fn growth(
        &self,
        name: &str,
        old: Option<Entry>,
        new: Option<Entry>,
        id: CommitId,
    ) -> Result<Rc<Growth>> {
        let id_of = |e: Option<Entry>| e.filter(|e| e.mode.is_file()).map(|e| e.id);
        let key = (id_of(old), id_of(new));
        if let Some(found) = self.known.borrow().get(&key) {
            return Ok(found.clone());
        }
        let refuse = |why: String| {
            Error::new(
                Kind::Denied,
                format!(
                    "the ledger `{name}` could not be appended to any more (in commit {}): {why}",
                    id.short()
                ),
            )
            .hint("add entries at its end, as the ones that are there are written")
        };
        let read = |blob: Option<ObjectId>| -> Result<Rc<Vec<u8>>> {
            let Some(blob) = blob else {
                return Ok(Rc::default());
            };
            let size = self.look.store.blob_size(blob)?;
            if size > yaml::MAX_BYTES as u64 {
                return Err(refuse(format!(
                    "it has {size} bytes, and {} are read at most",
                    yaml::MAX_BYTES
                )));
            }
            self.look.blob(blob)
        };
        let (old, new) = (read(key.0)?, read(key.1)?);
        let found = ledger::growth(name, &old, &new).map_err(|e| refuse(e.message().to_owned()))?;
        self.look.budget.bytes(found.parsed as u64)?;
        let found = Rc::new(found);
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// Refuses files that change without a changelog entry for them.
    fn is_logged(
        &self,
        branch: &str,
        commit: &CommitInfo,
        own: &[Change],
        brought: &HashSet<String>,
    ) -> Result<()> {
        let ledgers = self.policy.ledgers();
        let mut parted: Option<Option<ObjectId>> = None;
        for change in own {
            let path = String::from_utf8_lossy(&change.path);
            if brought.contains(path.as_ref()) || ledgers.contains(&path) {
                continue;
            }
            // Where nobody else writes it, it got the ledgers' own lines.
            if path == attributes::PATH && self.policy.check_path(branch, &path).is_err() {
                continue;
            }
            if let [one, other] = commit.parents[..] {
                // A file that both sides changed has the entries of both.
                let base = *parted.get_or_insert_with(|| {
                    let base = self.look.store.merge_base(one, other);
                    base.and_then(|b| self.look.commit(b).ok()).map(|c| c.tree)
                });
                // Histories that share nothing never had the file in common.
                if let Some(tree) = base {
                    let then = self.look.entry(tree, &change.path)?;
                    if !change.theirs.contains(&then) {
                        continue;
                    }
                }
            }
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "the policy wants a changelog entry for each file that changes on {branch}, and there is none for `{path}` (in commit {})",
                    commit.id.short()
                ),
            )
            .hint(format!(
                "write it with aidf commit, or add an entry with its path to {}",
                ledgers.of_branch(branch).changelog
            )));
        }
        Ok(())
    }
}
