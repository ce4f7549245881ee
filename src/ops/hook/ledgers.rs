//! The rule of the ledgers: they only grow, entry by entry.
//!
//! It applies to each new commit of a sandbox, whoever made it. The changelog and the list
//! of rollbacks must hold every entry that any parent's holds. The memory must have an
//! entry for every path that any parent's has, unless the path's file is gone. Entries may
//! be added anywhere, and a path's memory entry may be replaced. If one side of a merge
//! removed an entry after the two sides parted, it may stay removed: an operator or an
//! allowed push removed it. A ledger must remain a list that can be appended to. If the
//! new history has nothing in common with the server's, its ledgers must hold everything
//! that the branch, or else the base, holds now.
//!
//! If the policy says `ledgers: required: true`, each commit must add changelog entries
//! for the files that it changes. A merge does not need them for files that both sides had
//! changed.

use super::changes::Change;
use super::objects::ObjectReader;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, Entry, Mode, ObjectId};
use crate::ledger::{self, Item, LedgerDiff, attributes};
use crate::policy::Policy;
use crate::yaml;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How a ledger changed, by its content before and after.
type Known = HashMap<(Option<ObjectId>, Option<ObjectId>), Rc<LedgerDiff>>;

/// The ledgers of one push.
pub struct Ledgers<'a> {
    objects: &'a ObjectReader<'a>,
    policy: &'a Policy,
    known: RefCell<Known>,
}

impl<'a> Ledgers<'a> {
    pub fn new(objects: &'a ObjectReader<'a>, policy: &'a Policy) -> Ledgers<'a> {
        Ledgers {
            objects,
            policy,
            known: RefCell::default(),
        }
    }

    /// Checks the ledgers of a commit against those of its parents.
    ///
    /// Errors: denied, with the entry that is missing; those of the budget.
    pub fn check(&self, branch: &str, commit: &CommitInfo, own: &[Change]) -> Result<()> {
        let parents = commit
            .parents
            .iter()
            .map(|p| self.objects.commit(*p))
            .collect::<Result<Vec<_>>>()?;
        let mut brought: Option<HashSet<String>> = None;
        let names = self.policy.ledgers();
        // Required entries are looked for in the changelog that this branch writes.
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
                // The policy may let the writers of the branch edit a ledger freely.
                let guarded = self.policy.check_path(branch, name).is_err();
                if guarded {
                    self.is_file(new, name, commit.id)?;
                }
                if !guarded && !changelog {
                    continue;
                }
                let diff = self.diff(name, *old, new, commit.id)?;
                if guarded && !diff.removed.is_empty() {
                    self.keeps(name, commit, &diff, at)?;
                }
                if changelog {
                    let added = diff.added.iter().filter_map(|i| i.path.clone()).collect();
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

    /// Checks the ledgers of a tip against those of `known`. It is for a tip whose history
    /// has nothing in common with the server's.
    ///
    /// Errors: as for [`Ledgers::check`].
    pub fn check_unrelated(
        &self,
        branch: &str,
        commit: &CommitInfo,
        known: CommitId,
    ) -> Result<()> {
        let known = self.objects.commit(known)?;
        for name in &self.policy.ledgers().live(branch) {
            let (old, new) = (self.at(known.tree, name)?, self.at(commit.tree, name)?);
            if old == new || self.policy.check_path(branch, name).is_ok() {
                continue;
            }
            let diff = self.diff(name, old, new, commit.id)?;
            if !diff.removed.is_empty() {
                self.keeps(name, commit, &diff, usize::MAX)?;
            }
        }
        Ok(())
    }

    fn at(&self, tree: ObjectId, name: &str) -> Result<Option<Entry>> {
        self.objects.entry(tree, name.as_bytes())
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

    /// Refuses a commit that lacks an entry of one parent, unless another side removed that
    /// entry.
    fn keeps(
        &self,
        name: &str,
        commit: &CommitInfo,
        diff: &LedgerDiff,
        parent: usize,
    ) -> Result<()> {
        let memory = self.policy.ledgers().is_memory(name);
        let added: HashSet<&str> = diff
            .added
            .iter()
            .filter_map(|i| i.path.as_deref())
            .collect();
        let mut missing = Vec::new();
        for item in &diff.removed {
            let excused = match item.path.as_deref().filter(|_| memory) {
                Some(path) => {
                    added.contains(path)
                        || path.is_empty()
                        || self.objects.entry(commit.tree, path.as_bytes())?.is_none()
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
                "the ledger `{name}` must keep its entries: an entry{of} would be changed or removed (in commit {})",
                commit.id.short()
            ),
        )
        .hint("keep every entry and only add new ones; in a merge, keep the entries of both sides; only an operator may move entries to the archive"))
    }

    /// The entries that another parent removed after the two parents' histories parted.
    fn taken_away(&self, name: &str, commit: &CommitInfo, parent: usize) -> Result<HashSet<Item>> {
        let mut away = HashSet::new();
        let Some(this) = commit.parents.get(parent) else {
            return Ok(away);
        };
        for (at, other) in commit.parents.iter().enumerate() {
            if at == parent {
                continue;
            }
            self.objects.budget.time()?;
            let Some(parted) = self.objects.store.merge_base(*this, *other) else {
                continue;
            };
            let then = self.at(self.objects.commit(parted)?.tree, name)?;
            let theirs = self.at(self.objects.commit(*other)?.tree, name)?;
            if then != theirs {
                let diff = self.diff(name, then, theirs, *other)?;
                away.extend(diff.removed.iter().cloned());
            }
        }
        Ok(away)
    }

    fn diff(
        &self,
        name: &str,
        old: Option<Entry>,
        new: Option<Entry>,
        id: CommitId,
    ) -> Result<Rc<LedgerDiff>> {
        let id_of = |e: Option<Entry>| e.filter(|e| e.mode.is_file()).map(|e| e.id);
        let key = (id_of(old), id_of(new));
        if let Some(found) = self.known.borrow().get(&key) {
            return Ok(found.clone());
        }
        let refuse = |why: String| {
            Error::new(
                Kind::Denied,
                format!(
                    "nobody could append to the ledger `{name}` any more (in commit {}): {why}",
                    id.short()
                ),
            )
            .hint("add entries at its end, in the form of the existing ones")
        };
        let read = |blob: Option<ObjectId>| -> Result<Rc<Vec<u8>>> {
            let Some(blob) = blob else {
                return Ok(Rc::default());
            };
            let size = self.objects.store.blob_size(blob)?;
            if size > yaml::MAX_BYTES as u64 {
                return Err(refuse(format!(
                    "it has {size} bytes, and at most {} are read",
                    yaml::MAX_BYTES
                )));
            }
            self.objects.blob(blob)
        };
        let (old, new) = (read(key.0)?, read(key.1)?);
        let found = ledger::diff(name, &old, &new).map_err(|e| refuse(e.message().to_owned()))?;
        self.objects.budget.bytes(found.parsed as u64)?;
        let found = Rc::new(found);
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// Refuses a commit that changes files without adding a changelog entry for each.
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
            // If the policy denies this file, it can only have got the lines for the
            // ledgers.
            if path == attributes::PATH && self.policy.check_path(branch, &path).is_err() {
                continue;
            }
            if let [one, other] = commit.parents[..] {
                // If both sides changed a file, both have added entries for it.
                let base = *parted.get_or_insert_with(|| {
                    let base = self.objects.store.merge_base(one, other);
                    base.and_then(|b| self.objects.commit(b).ok())
                        .map(|c| c.tree)
                });
                // Without a common history, the sides never had the file in common.
                if let Some(tree) = base {
                    let then = self.objects.entry(tree, &change.path)?;
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
