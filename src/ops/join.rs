//! Two branches as one tree: what sync and land have in common. Files are merged as git
//! does, ledgers by entry, and of `.gitattributes` aidf's own lines go with either side.

use super::compose;
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Edit, Entry, Mode, ObjectId, Person};
use crate::ledger::{self, Side, Versions, attributes};
use crate::policy::Ledgers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Commits that a report names.
const MAX_LISTED: usize = 100;

/// What is merged into what.
pub(super) struct Join<'a> {
    pub cx: &'a Context,
    pub ledgers: &'a Ledgers,
    /// The tip of the branch that is written.
    pub ours: CommitId,
    /// The tip that is merged into it.
    pub theirs: CommitId,
    /// The sandbox's side: its memory is taken where both changed one on the same day.
    pub sandbox: Side,
}

/// What a merge came to.
#[derive(Default)]
pub(super) struct Joined {
    /// What changes on our side's tree.
    pub edits: Vec<Edit>,
    /// What cannot be merged, by path.
    pub conflicts: Vec<PathConflict>,
}

/// A commit that a merge brings in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Merged {
    /// Its id.
    pub commit: CommitId,
    /// The first line of its message.
    pub subject: String,
}

/// Content for a path in conflict; none removes it.
pub(super) type Resolved = BTreeMap<String, Option<Entry>>;

impl Join<'_> {
    /// Merges. Errors: integrity, for a ledger of either side that cannot be read.
    pub fn run(&self, draft: &mut Draft<'_>) -> Result<Joined> {
        let store = &self.cx.store;
        let mut joined = self.files(draft)?;
        let (ours, theirs) = (self.tree(self.ours)?, self.tree(self.theirs)?);
        let mut bases = Vec::new();
        for base in store.merge_bases(self.ours, self.theirs) {
            bases.push(self.tree(base)?);
        }
        for path in self.ledger_paths(&joined, ours, theirs)? {
            let bytes = path.as_bytes();
            joined.forget(bytes);
            if let Some(edit) = self.ledger(draft, &path, &bases, ours, theirs)? {
                joined.edits.push(edit);
            }
        }
        self.attributes(draft, &mut joined, &bases, ours, theirs)?;
        Ok(joined)
    }

    /// Merges as git does, ledgers too.
    pub fn files(&self, draft: &mut Draft<'_>) -> Result<Joined> {
        let merged = self.cx.store.merge_commits(draft, self.ours, self.theirs)?;
        Ok(Joined {
            edits: merged.edits,
            conflicts: merged.conflicts,
        })
    }

    /// What our side holds at a path.
    pub fn ours_at(&self, path: &[u8]) -> Result<Option<Entry>> {
        self.cx.store.entry(self.tree(self.ours)?, path)
    }

    /// What their side holds at a path.
    pub fn theirs_at(&self, path: &[u8]) -> Result<Option<Entry>> {
        self.cx.store.entry(self.tree(self.theirs)?, path)
    }

    /// What the fork point holds at a path.
    pub fn base_at(&self, path: &[u8]) -> Result<Option<Entry>> {
        let store = &self.cx.store;
        match store.merge_bases(self.ours, self.theirs).first() {
            Some(base) => store.entry(self.tree(*base)?, path),
            None => Ok(None),
        }
    }

    /// Merges as [`Join::files`], as though the fork point, our side and theirs held these edits
    /// as well.
    pub fn files_with(&self, draft: &mut Draft<'_>, edits: [Vec<Edit>; 3]) -> Result<Joined> {
        let store = &self.cx.store;
        // What only stands for a side is not pushed.
        let mut aside = store.draft();
        let [base_edits, our_edits, their_edits] = edits;
        let base = self.base_tree(&mut aside)?;
        let tree = aside.tree(base, &base_edits)?;
        let mut stand = |tree, parents: &[CommitId]| stand_in(&mut aside, tree, parents, 0);
        let base = stand(tree, &[])?;
        let mut side = |commit, edits: &[Edit]| {
            let tree = store.draft().tree(Some(self.tree(commit)?), edits)?;
            stand(tree, &[base])
        };
        let join = Join {
            ours: side(self.ours, &our_edits)?,
            theirs: side(self.theirs, &their_edits)?,
            ..*self
        };
        let mut joined = join.files(draft)?;
        let merged = store
            .draft()
            .tree(Some(join.tree(join.ours)?), &joined.edits)?;
        let changes = store.changes(Some(self.tree(self.ours)?), Some(merged), false)?;
        let disputed = |path: &[u8]| joined.conflicts.iter().any(|c| c.path.as_bytes() == path);
        let edits = changes.into_iter().filter(|change| !disputed(&change.path));
        let edits = edits.map(|change| (change.path, change.new)).collect();
        joined.edits = edits;
        Ok(joined)
    }

    /// The tree that the sides started from; several are merged, as git does, where that is
    /// possible.
    fn base_tree(&self, aside: &mut Draft<'_>) -> Result<Option<ObjectId>> {
        let store = &self.cx.store;
        let bases = store.merge_bases(self.ours, self.theirs);
        let Some(first) = bases.first() else {
            return Ok(None);
        };
        let mut tree = self.tree(*first)?;
        if let [one, other] = bases.as_slice() {
            let merged = store.merge_commits(aside, *one, *other)?;
            if merged.conflicts.is_empty() {
                tree = aside.tree(Some(tree), &merged.edits)?;
            }
        }
        Ok(Some(tree))
    }

    fn tree(&self, commit: CommitId) -> Result<ObjectId> {
        Ok(self.cx.store.commit(commit)?.tree)
    }

    /// The ledgers that differ between the sides.
    fn ledger_paths(
        &self,
        joined: &Joined,
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<BTreeSet<String>> {
        let store = &self.cx.store;
        let ledgers = self.ledgers;
        let mut paths: BTreeSet<String> = [&ledgers.changelog, &ledgers.memory, &ledgers.rollbacks]
            .into_iter()
            .cloned()
            .collect();
        let mut folders = vec![ledgers.archive_folder()];
        if ledgers.has_own() {
            folders.extend(ledgers.own_folders());
        }
        for tree in [ours, theirs] {
            for folder in &folders {
                let files = store.files_below(tree, folder.as_bytes())?;
                paths.extend(
                    files
                        .into_iter()
                        .filter_map(|(p, _)| String::from_utf8(p).ok()),
                );
            }
        }
        let edits = joined.edits.iter().map(|(p, _)| p.as_slice());
        let named = edits.chain(joined.conflicts.iter().map(|c| c.path.as_bytes()));
        paths.extend(named.filter_map(|p| Some(std::str::from_utf8(p).ok()?.to_owned())));
        paths.retain(|p| ledgers.contains(p));
        let mut differing = BTreeSet::new();
        for path in paths {
            let bytes = path.as_bytes();
            if store.entry(ours, bytes)? != store.entry(theirs, bytes)? {
                differing.insert(path);
            }
        }
        Ok(differing)
    }

    /// One ledger merged by entry; none where ours stays as it is.
    fn ledger(
        &self,
        draft: &mut Draft<'_>,
        path: &str,
        bases: &[ObjectId],
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<Option<Edit>> {
        let bytes = path.as_bytes();
        let entry = |tree| self.cx.store.entry(tree, bytes);
        let (one, other) = (entry(ours)?, entry(theirs)?);
        let (mine, yours) = (self.read(path, one)?, self.read(path, other)?);
        let mut before = Vec::new();
        for tree in bases {
            before.push(self.read(path, entry(*tree)?)?);
        }
        let versions = Versions {
            name: path,
            bases: &before,
            ours: mine.as_deref(),
            theirs: yours.as_deref(),
        };
        let merged = match self.ledgers.is_memory(path) {
            true => ledger::memories(versions, self.sandbox)?,
            false => {
                // A reviewed branch is taken as it is where ours has nothing of its own.
                let follows = self.sandbox == Side::Ours && before.contains(&mine);
                match follows {
                    true => {
                        ledger::lists(versions, &[])?;
                        yours
                    }
                    false => ledger::lists(versions, &self.archives(ours)?)?,
                }
            }
        };
        if merged == mine {
            return Ok(None);
        }
        let entry = match merged {
            None => None,
            Some(text) => Some(Entry {
                id: draft.blob(&text)?,
                mode: one.or(other).map_or(Mode::File, |e| e.mode),
            }),
        };
        Ok(Some((path.into(), entry)))
    }

    /// What our side moved out of its changelog.
    fn archives(&self, ours: ObjectId) -> Result<Vec<Vec<u8>>> {
        let folder = self.ledgers.archive_folder();
        let mut found = Vec::new();
        for (path, entry) in self.cx.store.files_below(ours, folder.as_bytes())? {
            let path = String::from_utf8_lossy(&path).into_owned();
            if self.ledgers.contains(&path) {
                found.extend(self.read(&path, Some(entry))?);
            }
        }
        Ok(found)
    }

    /// The bytes of a ledger.
    ///
    /// Errors: integrity, for what is no file or too large.
    pub fn read(&self, path: &str, entry: Option<Entry>) -> Result<Option<Vec<u8>>> {
        let Some(entry) = entry else { return Ok(None) };
        let most = crate::yaml::MAX_BYTES as u64;
        if !entry.mode.is_file() || self.cx.store.blob_size(entry.id)? > most {
            let message = format!(
                "the ledger `{path}` is not a file of less than {} MiB",
                most >> 20
            );
            return Err(Error::new(Kind::Integrity, message).hint(
                "nothing was written; fix the ledger in a reviewed change on the branch that has it",
            ));
        }
        self.cx.store.read_blob(entry.id).map(Some)
    }

    /// Where one side added nothing but aidf's own lines, they go with what the other has.
    fn attributes(
        &self,
        draft: &mut Draft<'_>,
        joined: &mut Joined,
        bases: &[ObjectId],
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<()> {
        let path = attributes::PATH;
        let Some(at) = joined.conflicts.iter().position(|c| c.path == path) else {
            return Ok(());
        };
        let entry = |tree| self.cx.store.entry(tree, path.as_bytes());
        let (one, other) = (entry(ours)?, entry(theirs)?);
        for base in bases.iter().map(|b| entry(*b)) {
            let with = compose::with_union(self.cx, draft, base?, self.ledgers)?;
            let rest = match with {
                Some(_) if with == one => other,
                Some(_) if with == other => one,
                _ => continue,
            };
            let new = compose::with_union(self.cx, draft, rest, self.ledgers)?.or(rest);
            joined.conflicts.remove(at);
            if new != one {
                joined.edits.push((path.into(), new));
            }
            break;
        }
        Ok(())
    }
}

impl Joined {
    /// Takes what another merge came to, but for ledgers. Answers the paths where that is
    /// something else.
    pub fn take_files(&mut self, ledgers: &Ledgers, other: Joined) -> BTreeSet<String> {
        let is_ledger = |path: &[u8]| {
            let text = std::str::from_utf8(path);
            text.is_ok_and(|path| ledgers.are_aidfs(path))
        };
        let Joined {
            mut edits,
            mut conflicts,
        } = other;
        edits.retain(|(path, _)| !is_ledger(path));
        conflicts.retain(|conflict| !is_ledger(conflict.path.as_bytes()));
        let before = std::mem::take(self);
        let (kept, before_edits) = before.edits.into_iter().partition(|(p, _)| is_ledger(p));
        let is_kept = |conflict: &PathConflict| is_ledger(conflict.path.as_bytes());
        let (disputed, before_conflicts) = before.conflicts.into_iter().partition(is_kept);
        self.edits = kept;
        self.conflicts = disputed;
        let outcomes = |edits: &[Edit], conflicts: &[PathConflict]| {
            let disputed = conflicts.iter().map(|c| (c.path.clone(), None));
            let shown = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
            let edits = edits
                .iter()
                .map(|(path, entry)| (shown(path), Some(*entry)));
            edits.chain(disputed).collect::<BTreeMap<_, _>>()
        };
        let before = outcomes(&before_edits, &before_conflicts);
        let now = outcomes(&edits, &conflicts);
        let paths = before.keys().chain(now.keys());
        let changed = paths.filter(|path| before.get(*path) != now.get(*path));
        let changed = changed.cloned().collect();
        self.edits.extend(edits);
        self.conflicts.extend(conflicts);
        changed
    }

    /// Takes a conflict in place of what the merge came to at its path.
    pub fn put(&mut self, conflict: PathConflict) {
        self.forget(conflict.path.as_bytes());
        self.conflicts.push(conflict);
    }

    /// What a path comes to, where our side holds `ours` there.
    pub fn entry_at(&self, path: &[u8], ours: Option<Entry>) -> Option<Entry> {
        let edit = self.edits.iter().find(|(p, _)| p == path);
        edit.map_or(ours, |(_, entry)| *entry)
    }

    /// Has a path come to `entry`, where our side holds `ours`.
    pub fn set(&mut self, path: &[u8], entry: Option<Entry>, ours: Option<Entry>) {
        self.forget(path);
        if entry != ours {
            self.edits.push((path.to_vec(), entry));
        }
    }

    /// Leaves a path to our side.
    fn forget(&mut self, path: &[u8]) {
        self.edits.retain(|(p, _)| p != path);
        self.conflicts.retain(|c| c.path.as_bytes() != path);
    }

    /// Takes content for paths in conflict, and answers what is still in conflict.
    ///
    /// Errors: usage, for a path that does not conflict.
    pub fn resolve(mut self, resolved: &Resolved) -> Result<Joined> {
        for (path, entry) in resolved {
            let Some(at) = self.conflicts.iter().position(|c| c.path == *path) else {
                let named = self.conflicts.iter().map(|c| c.path.as_str());
                let named = match self.conflicts.is_empty() {
                    true => "nothing does".to_owned(),
                    false => format!("these do: {}", named.collect::<Vec<_>>().join(", ")),
                };
                return Err(Error::new(
                    Kind::Usage,
                    format!("--resolve names `{path}`, which does not conflict; {named}"),
                )
                .hint("nothing was written; leave it out"));
            };
            self.conflicts.remove(at);
            self.edits.push((path.clone().into_bytes(), *entry));
        }
        Ok(self)
    }
}

/// A commit that only stands for a side in a merge, and is never pushed. `time` is in seconds
/// since 1970; what is the same is stored once.
pub(super) fn stand_in(
    aside: &mut Draft<'_>,
    tree: ObjectId,
    parents: &[CommitId],
    time: i64,
) -> Result<CommitId> {
    let who = Person {
        name: "aidf".to_owned(),
        email: "aidf@merge.invalid".to_owned(),
    };
    aside.commit(tree, parents, &who, time, "A side of a merge\n", |_| None)
}

/// The commits of `theirs` that `ours` has not, newest first: how many, and the first of
/// them.
pub(super) fn brought(
    cx: &Context,
    ours: CommitId,
    theirs: CommitId,
) -> Result<(usize, Vec<Merged>)> {
    let mut count = 0;
    let mut first = Vec::new();
    for commit in cx.store.history(theirs, Some(ours))? {
        count += 1;
        if first.len() < MAX_LISTED {
            let subject = cx.store.commit(commit)?.subject().to_owned();
            first.push(Merged { commit, subject });
        }
    }
    Ok((count, first))
}
