//! What a store takes from a remote; and what it has fetched at once before it is read, so
//! that reading asks for nothing piece by piece. In a store that holds everything nothing is
//! lacking, and nothing is asked for.

use super::cuts::cuts;
use super::id::{CommitId, ObjectId};
use super::intake::{Intake, Place};
use super::object::{Change, Entry, Mode};
use super::objects::Objects;
use super::pack;
use super::store::Store;
use super::wire::{Ask, FetchConnection};
use crate::error::{Kind, OrFail, Result};
use crate::progress::Progress;
use git2::ObjectType;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Two trees that are compared; none stands for an empty one.
pub type TreePair = (Option<ObjectId>, Option<ObjectId>);

impl Store {
    /// Fetches commits that refs of the remote name, on this connection.
    ///
    /// Errors: as the server gives them.
    pub(super) fn fetch_tips(
        &self,
        connection: &mut FetchConnection,
        wants: &[CommitId],
        progress: &dyn Progress,
    ) -> Result<()> {
        let haves = self.known_tips()?;
        match self.narrow() {
            Some(narrow) => narrow.fetch_tips(connection, wants, &haves, progress),
            None => self.fetch_plainly(connection, wants, &haves, None, progress),
        }
    }

    /// Fetches commits and all that they reach but `haves` do not; no more than so many
    /// commits deep.
    ///
    /// Errors: as the server gives them.
    pub(super) fn fetch_plainly(
        &self,
        connection: &mut FetchConnection,
        wants: &[CommitId],
        haves: &[CommitId],
        depth: Option<u32>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let odb = Objects::of(self.repo())?;
        let ask = Ask {
            wants,
            haves,
            cuts: &cuts(self.common_dir()),
            depth,
            filter: None,
            thin: true,
        };
        let place = Place::of(self.repo(), &odb);
        let left_out = connection.fetch(place, &ask, progress, &mut |_| Ok(()))?;
        let one = left_out.first();
        one.map_or(Ok(()), |one| Err(connection.did_not_send(*one)))
    }

    /// From here on nobody is asked for what is lacking: it counts as not there.
    pub fn ask_nobody(&self) {
        if let Some(narrow) = self.narrow() {
            narrow.ask_nobody();
        }
    }

    /// Tells git that the remote has these objects of a partial clone now, by a pack of them
    /// beside which a file says so. git looks for nothing beyond what a remote promised: it
    /// would collect what was written here as soon as somebody else's commit follows it.
    ///
    /// Errors: internal, for the disk.
    pub fn mark_promised(&self, objects: &[ObjectId]) -> Result<()> {
        if objects.is_empty() || !self.narrow().is_some_and(|n| n.is_promised_by_origin()) {
            return Ok(());
        }
        let odb = Objects::of(self.repo())?;
        let place = Place {
            promised: true,
            ..Place::of(self.repo(), &odb)
        };
        let programs = self.programs();
        let mut intake = Intake::new(place, programs.limits, &programs.environment);
        let mut pack = pack::write(self.repo(), objects, None)?.bytes;
        intake.add_all(&mut pack, |_| {}).or_fail(
            Kind::Internal,
            || "a pack of what was written cannot be kept",
        )?;
        intake.finish(programs.limits.time)
    }

    /// Fails if something that was lacking here could not be fetched, whoever took no notice
    /// of that.
    ///
    /// Errors: why.
    pub fn check_fetched(&self) -> Result<()> {
        self.narrow().map_or(Ok(()), |narrow| narrow.check())
    }

    /// Has these trees and blobs here.
    ///
    /// Errors: not_found, for one that the remote does not give; unavailable.
    pub fn ensure(&self, ids: impl IntoIterator<Item = ObjectId>) -> Result<()> {
        match self.narrow() {
            Some(narrow) => narrow.ensure(ids),
            None => Ok(()),
        }
    }

    /// Has these folders here, and all the folders in them.
    ///
    /// Errors: those of [`Store::ensure`].
    pub fn ensure_folders(&self, trees: impl IntoIterator<Item = ObjectId>) -> Result<()> {
        let Some(narrow) = self.narrow() else {
            return Ok(());
        };
        let mut seen = BTreeSet::new();
        let mut open: BTreeSet<ObjectId> = trees.into_iter().collect();
        while !open.is_empty() {
            // What is lacking comes whole, so that it is asked for once.
            narrow.ensure_deep(open.iter().copied())?;
            let mut below = BTreeSet::new();
            for tree in open {
                let folders = self.folders(Some(tree))?.into_values();
                below.extend(folders.filter(|id| seen.insert(*id)));
            }
            open = below;
        }
        Ok(())
    }

    /// Has the files here that these changes are about.
    ///
    /// Errors: those of [`Store::ensure`].
    pub fn ensure_files<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Result<()> {
        let sides = changes.into_iter().flat_map(|c| [c.old, c.new]);
        self.ensure_entries(sides.flatten())
    }

    /// Has the files of these entries here.
    ///
    /// Errors: those of [`Store::ensure`].
    pub fn ensure_entries(&self, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let files = entries.into_iter().filter(|e| e.mode != Mode::Submodule);
        self.ensure(files.map(|e| e.id))
    }

    /// Has the folders of these trees here that lead to these paths, and with `contents` what
    /// stands there too: one question for each step down, however many paths there are.
    ///
    /// Errors: those of [`Store::ensure`].
    pub fn ensure_paths<'p>(
        &self,
        paths: impl IntoIterator<Item = (ObjectId, &'p [u8])>,
        contents: bool,
    ) -> Result<()> {
        let Some(narrow) = self.narrow() else {
            return Ok(());
        };
        let mut open: BTreeMap<ObjectId, BTreeSet<&[u8]>> = BTreeMap::new();
        for (tree, path) in paths {
            open.entry(tree).or_default().insert(path);
        }
        while !open.is_empty() {
            narrow.ensure(open.keys().copied())?;
            let mut wanted = BTreeSet::new();
            let mut below: BTreeMap<ObjectId, BTreeSet<&[u8]>> = BTreeMap::new();
            for (tree, paths) in std::mem::take(&mut open) {
                let tree = self.tree(tree)?;
                for path in paths {
                    let mut parts = path.splitn(2, |b| *b == b'/');
                    let name = parts.next().unwrap_or_default();
                    // A tree may hold a folder and something else of that name, or be out of
                    // order: its readers go through it like this.
                    let Some(entry) = tree.iter().find(|e| e.name_bytes() == name) else {
                        continue;
                    };
                    let id = ObjectId::from(entry.id());
                    match (Mode::from_raw(entry.filemode_raw()), parts.next()) {
                        (Mode::Submodule, _) => {}
                        (Mode::Folder, Some(rest)) => {
                            below.entry(id).or_default().insert(rest);
                        }
                        (_, None) if contents => drop(wanted.insert(id)),
                        _ => {}
                    }
                }
            }
            narrow.ensure(wanted.into_iter().chain(below.keys().copied()))?;
            open = below;
        }
        Ok(())
    }

    /// Has the folders here in which these trees differ: one question for each step down,
    /// however many trees there are.
    ///
    /// Errors: those of [`Store::ensure`]; not_found, for what is no tree.
    pub fn ensure_between(&self, pairs: impl IntoIterator<Item = TreePair>) -> Result<()> {
        let Some(narrow) = self.narrow() else {
            return Ok(());
        };
        let mut seen: HashSet<TreePair> = HashSet::new();
        let mut open: Vec<TreePair> = pairs.into_iter().collect();
        loop {
            open.retain(|pair| pair.0 != pair.1 && seen.insert(*pair));
            if open.is_empty() {
                return Ok(());
            }
            narrow.ensure(open.iter().flat_map(|(old, new)| [*old, *new]).flatten())?;
            let mut below = Vec::new();
            for (old, new) in open {
                let (mut old, new) = (self.folders(old)?, self.folders(new)?);
                for (name, new) in new {
                    below.push((old.remove(&name), Some(new)));
                }
                below.extend(old.into_values().map(|old| (Some(old), None)));
            }
            open = below;
        }
    }

    /// Has here all that `wants` reach and `haves` do not. The trees are answered of the commits
    /// that come right before.
    ///
    /// Errors: those of [`Store::ensure`].
    pub(super) fn ensure_between_commits(
        &self,
        wants: &[CommitId],
        haves: &[CommitId],
    ) -> Result<BTreeSet<ObjectId>> {
        let mut before = BTreeSet::new();
        if !self.is_narrow() {
            return Ok(before);
        }
        let failed = || "the history cannot be walked";
        let past = self.past();
        let mut walk = past.revwalk().or_fail(Kind::Internal, failed)?;
        for want in wants {
            walk.push(want.within(past))
                .or_fail(Kind::NotFound, failed)?;
        }
        for have in haves {
            walk.hide(have.within(past))
                .or_fail(Kind::NotFound, failed)?;
        }
        let all: BTreeSet<CommitId> = walk
            .map_while(std::result::Result::ok)
            .map(ObjectId::from)
            .collect();
        self.check_fetched()?;
        let mut pairs = Vec::new();
        for id in &all {
            let commit = self.commit(*id)?;
            for parent in commit.parents.iter().filter(|p| !all.contains(p)) {
                before.insert(self.commit(*parent)?.tree);
            }
            let first = commit.parents.first().map(|p| self.commit(*p));
            pairs.push((first.transpose()?.map(|c| c.tree), Some(commit.tree)));
        }
        self.ensure_between(pairs.iter().copied())?;
        let mut files = Vec::new();
        for (old, new) in pairs {
            files.extend(self.changes(old, new, false)?);
        }
        self.ensure_entries(files.iter().filter_map(|change| change.new))?;
        Ok(before)
    }

    /// Has what these entries name among the clone's own objects: what lies beside a clone that
    /// no remote promises anything to is nothing that git could find from a ref.
    ///
    /// Errors: those of [`Store::ensure`]; internal, for the disk.
    pub(super) fn take_in(&self, entries: impl Iterator<Item = Entry>) -> Result<()> {
        if self.narrow().is_none_or(|narrow| narrow.is_promised()) {
            return Ok(());
        }
        let failed = || "an object could not be stored";
        let odb = Objects::of(self.repo())?;
        let mut open: BTreeSet<ObjectId> = entries
            .filter(|e| e.mode != Mode::Submodule)
            .map(|e| e.id)
            .collect();
        loop {
            open.retain(|id| !odb.has(*id));
            if open.is_empty() {
                return Ok(());
            }
            self.ensure(open.iter().copied())?;
            let mut below = BTreeSet::new();
            for id in open {
                let object = odb.read(id).or_fail(Kind::NotFound, failed)?;
                if object.kind() == ObjectType::Tree {
                    let entries = self.folder(id)?.into_values();
                    let inner = entries.filter(|e| e.mode != Mode::Submodule);
                    below.extend(inner.map(|e| e.id));
                }
                odb.write(object.kind(), object.data())
                    .or_fail(Kind::Internal, failed)?;
            }
            open = below;
        }
    }

    /// The folders in a tree.
    fn folders(&self, tree: Option<ObjectId>) -> Result<BTreeMap<Vec<u8>, ObjectId>> {
        let mut found = BTreeMap::new();
        if let Some(tree) = tree {
            let tree = self.tree(tree)?;
            let folders = tree
                .iter()
                .filter(|e| Mode::from_raw(e.filemode_raw()) == Mode::Folder);
            found.extend(folders.map(|e| (e.name_bytes().to_vec(), ObjectId::from(e.id()))));
        }
        Ok(found)
    }
}
