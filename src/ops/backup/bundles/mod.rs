//! A place of git bundles. Some are full; the others are incremental, each based on the
//! last full one, so that a restore never needs more than two. `SHA256SUMS` beside them is
//! in the format that `sha256sum -c` reads, and its first line names the repository.
//! `MANIFEST` says who made them. `bundle-list` is for `git clone --bundle-uri`.

mod entering;
mod lying;
mod writing;

pub(super) use lying::{Lying, Records, is_of_the_bundle};

use crate::bundle_manifest::FILE;
use crate::clock::Moment;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::ops::backup::Backup;
use crate::ops::backup::folder_manifest::{FolderManifest, Judge};
use crate::ops::backup::lock::lock;
use crate::ops::backup::place::{LIST, Local, Place, Small, Version};
use std::collections::BTreeMap;
use std::fs::File;
use std::rc::Rc;

/// The list of checksums.
pub(super) const SUMS: &str = "SHA256SUMS";
const FULL: &str = ".full.bundle";
const INCREMENTAL: &str = ".incremental.bundle";
/// How often a change is tried again that another run got ahead of.
const MAX_TRIES: u32 = 8;
/// The largest list, in bytes.
const MAX_LIST: u64 = 64 << 20;
/// The text before the repository's address in that list.
const SOURCE: &str = "# git bundles of ";
/// The age of the newest full bundle at which a new one is made, if the configuration does
/// not say.
const FULL_EVERY: &str = "30d";

/// One repository's bundles.
pub(super) struct Folder<'a> {
    /// Where they lie.
    pub place: Rc<dyn Place + 'a>,
    /// Checksums by file name, in hexadecimal.
    sums: BTreeMap<String, String>,
    /// Which state of that list was read or written.
    version: Version,
    /// The address of the repository.
    pub source: String,
    /// The manifest.
    pub manifest: FolderManifest,
    judge: Judge<'a>,
    /// The lock of the run that changes the folder.
    _turn: Option<File>,
}

/// A bundle, as its file name describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub name: String,
    pub time: Moment,
    pub full: bool,
}

/// Parses a bundle's file name; `None` for other files.
pub(super) fn read_name(name: &str) -> Option<Named> {
    let (stamp, full) = match name.strip_suffix(FULL) {
        Some(stamp) => (stamp, true),
        None => (name.strip_suffix(INCREMENTAL)?, false),
    };
    Some(Named {
        name: name.to_owned(),
        time: Moment::from_stamp(stamp)?,
        full,
    })
}

/// The refs for a bundle of these backups.
pub(super) fn bundled_refs(backups: &[Backup]) -> Vec<(String, CommitId)> {
    refs_at(backups.iter().map(|b| (b.branch.as_str(), b.commit)))
}

/// The refs for a bundle of branches at these commits: the branches, and `HEAD`, which a clone
/// checks out.
pub(super) fn refs_at<'b>(
    branches: impl Iterator<Item = (&'b str, CommitId)>,
) -> Vec<(String, CommitId)> {
    let mut refs: Vec<(String, CommitId)> = branches
        .map(|(branch, tip)| (format!("refs/heads/{branch}"), tip))
        .collect();
    refs.extend(refs.first().map(|(_, id)| ("HEAD".to_owned(), *id)));
    refs
}

impl<'a> Folder<'a> {
    /// Opens the repository's own place of bundles, which need not exist yet. Until it is
    /// closed, no other run on this machine adds bundles or removes them.
    ///
    /// Errors: those of [`Folder::of`]; auth, if its manifest is sealed with a key that we do
    /// not have; unavailable, if another run holds the place too long.
    pub fn open(cx: &'a Context, place: Rc<dyn Place + 'a>) -> Result<Folder<'a>> {
        let turn = lock(cx, "bundles", &place.id())?;
        let mut folder = match Folder::of(cx, Rc::clone(&place))? {
            Some(folder) => folder,
            None => Folder::anew(cx, place)?,
        };
        folder.manifest.check_keys(&*folder.place)?;
        folder._turn = Some(turn);
        Ok(folder)
    }

    /// A place with no list of checksums.
    fn anew(cx: &'a Context, place: Rc<dyn Place + 'a>) -> Result<Folder<'a>> {
        Ok(Folder {
            manifest: FolderManifest::read(&*place, Judge::of(cx))?,
            place,
            sums: BTreeMap::new(),
            version: Version::Absent,
            source: cx.remote.address(),
            judge: Judge::of(cx),
            _turn: None,
        })
    }

    /// Opens the place like [`Folder::open`], even if its list of checksums or its manifest
    /// is damaged. A damaged file is set aside, and its damage is returned. Each bundle
    /// whose own records prove it whole is then listed again, as found and not as made.
    ///
    /// Errors: those of [`Folder::open`], except for the list.
    pub fn open_mended(
        cx: &'a Context,
        place: Rc<dyn Place + 'a>,
    ) -> Result<(Folder<'a>, Option<Error>)> {
        let mut aside = Vec::new();
        let (mut folder, mut damage) = match Folder::open(cx, Rc::clone(&place)) {
            Err(e) if e.kind() == Kind::Integrity => {
                FolderManifest::read(&*place, Judge::of(cx))?.check_keys(&*place)?;
                aside.extend(place.set_aside(SUMS)?);
                // Without the list, there is nothing to check the manifest against.
                aside.extend(place.set_aside(FILE)?);
                let turn = lock(cx, "bundles", &place.id())?;
                let mut folder = Folder::anew(cx, Rc::clone(&place))?;
                folder._turn = Some(turn);
                (folder, Some(e.in_full()))
            }
            other => (other?, None),
        };
        if let Some(fault) = folder.manifest.give_up() {
            aside.extend(place.set_aside(FILE)?);
            damage.get_or_insert(format!("{} cannot be used: {fault}", place.address(FILE)));
        }
        let told = damage.map(|mut damage| {
            if !aside.is_empty() {
                damage.push_str(&format!("; it was set aside as {}", aside.join(" and ")));
            }
            Error::new(Kind::Integrity, damage).hint(
                "new lists and a new full bundle were made; verify the older ones with `aidf backup verify`, and remove what was set aside once nobody needs it",
            )
        });
        Ok((folder, told))
    }

    /// The repository's own place of bundles, for reading; `None` if it does not exist.
    ///
    /// Errors: conflict, if it holds the bundles of another repository; integrity, for a
    /// damaged list of checksums; unavailable, auth, denied, for a place elsewhere.
    pub fn of(cx: &'a Context, place: Rc<dyn Place + 'a>) -> Result<Option<Folder<'a>>> {
        let Some(folder) = Folder::read(place, Judge::of(cx))? else {
            return Ok(None);
        };
        if folder.source != cx.remote.address() {
            return Err(Error::new(
                Kind::Conflict,
                format!(
                    "{} contains the bundles of {}, but this repository is {}",
                    folder.place.shown(),
                    folder.source,
                    cx.remote.address()
                ),
            )
            .hint(format!(
                "give this repository its own folder; if the repository only moved, write its new address into the first line of {SUMS}"
            )));
        }
        Ok(Some(folder))
    }

    /// Reads a place as a place of bundles; `None` if it is not one.
    ///
    /// Errors: integrity, for a damaged list of checksums; internal, for the disk;
    /// unavailable, auth, denied, for a place elsewhere.
    pub fn read(place: Rc<dyn Place + 'a>, judge: Judge<'a>) -> Result<Option<Folder<'a>>> {
        let shown = place.address(SUMS);
        let bad = |why: &str| {
            Error::new(
                Kind::Integrity,
                format!("{shown} cannot be used: {why}"),
            )
            .hint("if you trust the bundles, write it again: the line that names the repository, then the output of `sha256sum *.bundle`")
        };
        // The manifest is written first, so it is read last: then it names all that the list
        // names.
        let list = place.read(SUMS, MAX_LIST)?;
        let manifest = FolderManifest::read(&*place, judge)?;
        let (bytes, version) = match list {
            Small::Absent if !manifest.is_there() => return Ok(None),
            // A run that starts the place may have written both in between: it writes the list
            // first.
            Small::Absent => match place.read(SUMS, MAX_LIST)? {
                Small::Bytes(bytes, version) => (bytes, version),
                _ => return Err(bad("it is gone")),
            },
            Small::TooLong => return Err(bad("it is too long")),
            Small::Bytes(bytes, version) => (bytes, version),
        };
        let text = String::from_utf8(bytes).map_err(|_| bad("it is not text"))?;
        let mut lines = text.lines();
        let source = lines
            .next()
            .and_then(|l| l.strip_prefix(SOURCE))
            .ok_or_else(|| bad("its first line does not name a repository"))?;
        let mut sums = BTreeMap::new();
        for line in lines {
            let (sum, name) = line
                .split_once("  ")
                .ok_or_else(|| bad("a line of it is malformed"))?;
            let hex = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
            if !hex || read_name(name).is_none() {
                return Err(bad("a line of it is malformed"));
            }
            sums.insert(name.to_owned(), sum.to_owned());
        }
        Ok(Some(Folder {
            place,
            sums,
            version,
            source: source.to_owned(),
            manifest,
            judge,
            _turn: None,
        }))
    }

    /// The bundles of the list in the order of their making, oldest first. A clock that was
    /// wrong for a while dates them otherwise, so the manifest's word counts. Where it has
    /// none, their dates count.
    pub fn listed(&self) -> Vec<Named> {
        let turns = self.manifest.turns();
        // Time stamps of the same length sort in the order of their times.
        let mut listed: Vec<Named> = self.sums.keys().filter_map(|n| read_name(n)).collect();
        listed.sort_by_key(|one| turns.get(one.name.as_str()));
        listed
    }

    /// The same, for whoever wants the newest: without a manifest, a date in the future says
    /// nothing about the turn of its bundle, so that bundle comes before the others.
    pub fn in_turn(&self, cx: &Context) -> Vec<Named> {
        let mut listed = self.listed();
        if !self.manifest.is_there() {
            listed.sort_by_key(|one| !one.time.is_in_the_future(cx.now));
        }
        listed
    }

    /// The newest bundle that is authenticated; if none is, the newest of all. If a branch is
    /// asked for, only those that have it count, as long as any has.
    ///
    /// Errors: integrity, if the newest of all is damaged; unavailable, auth, denied, for a
    /// place elsewhere.
    pub fn newest(
        &self,
        cx: &Context,
        branch: Option<&str>,
    ) -> Result<Option<(Named, Option<bool>)>> {
        let mut listed = self.in_turn(cx);
        let mut lacking = None;
        let newest = loop {
            let Some(one) = listed.pop() else {
                let Some(one) = lacking else {
                    return Ok(None);
                };
                let whose = self.check(&one)?;
                return Ok(Some((one, whose)));
            };
            if self.has_branch(&one, branch)? {
                break one;
            }
            lacking.get_or_insert(one);
        };
        if let (Some(lacking), Some(branch)) = (&lacking, branch) {
            cx.warn(format!(
                "{} does not contain {branch}; aidf used {}, the newest one that does",
                self.address(lacking),
                newest.name
            ));
        }
        let whose = self.check(&newest)?;
        if whose == Some(true) {
            return Ok(Some((newest, whose)));
        }
        let ours = listed.into_iter().rev().find(|one| {
            matches!(self.check(one), Ok(Some(true)))
                && matches!(self.has_branch(one, branch), Ok(true))
        });
        Ok(Some(match ours {
            Some(ours) => {
                cx.warn(format!(
                    "{} is not authenticated; aidf used {}, the newest one that is",
                    self.address(&newest),
                    ours.name
                ));
                (ours, Some(true))
            }
            None => (newest, whose),
        }))
    }

    /// Whether a bundle has the branch, if one is asked for. A header that was altered could
    /// deny it, so the bundle is checked, or the manifest's word is taken.
    ///
    /// Errors: integrity; unavailable, auth, denied, for a place elsewhere.
    fn has_branch(&self, one: &Named, branch: Option<&str>) -> Result<bool> {
        let Some(branch) = branch else {
            return Ok(true);
        };
        let lying = self.bundle(one);
        if !lying.is_told() {
            lying.check()?;
        }
        Ok(lying.records()?.has_branch(branch))
    }

    /// Bundles in the place that the list lacks: a run was cut off before it could list
    /// them.
    ///
    /// Errors: unavailable, auth, denied, for a place elsewhere.
    pub fn unlisted(&self) -> Result<Vec<Named>> {
        let names = self.place.names()?;
        let found = names.iter().filter_map(|name| read_name(name));
        Ok(found.filter(|n| !self.sums.contains_key(&n.name)).collect())
    }

    /// The address of a bundle, for messages.
    pub fn address(&self, one: &Named) -> String {
        self.place.address(&one.name)
    }

    /// A bundle of this place.
    pub fn bundle(&self, one: &Named) -> Lying<'_> {
        Lying::of(&*self.place, Some(self), &one.name, self.judge)
    }

    /// Checks a bundle's bytes against its checksum and the manifest. Returns whether the
    /// bundle is authenticated; `None` if we do not have its key.
    ///
    /// Errors: integrity; unavailable, auth, denied, for a place elsewhere.
    pub fn check(&self, one: &Named) -> Result<Option<bool>> {
        self.check_local(one, &self.fetched(one)?)
    }

    /// A bundle of the list, to be read on this machine.
    fn fetched(&self, one: &Named) -> Result<Local> {
        self.place.file(&one.name).map_err(|e| match e.kind() {
            Kind::NotFound => self.unreadable(one).caused_by(e),
            _ => e,
        })
    }

    /// The error for an incremental bundle that cannot be restored, whole as it is.
    pub fn baseless(&self, one: &Named) -> Error {
        let shown = self.address(one);
        let what = format!("{shown} is incremental, and no sound full bundle lies below it");
        Error::new(Kind::Integrity, what)
    }

    /// The error for a bundle of the list that is not there.
    pub fn unreadable(&self, one: &Named) -> Error {
        let shown = self.address(one);
        Error::new(
            Kind::Integrity,
            format!("{shown} is listed in {SUMS} and cannot be read"),
        )
    }

    /// The same as [`Folder::check`], of a bundle that can be read here.
    ///
    /// Errors: integrity.
    pub fn check_local(&self, one: &Named, local: &Local) -> Result<Option<bool>> {
        let found = local
            .digest()
            .map_err(|e| self.unreadable(one).caused_by(e))?;
        match self.sums.get(&one.name) {
            Some(sum) if !sum.eq_ignore_ascii_case(&found) => Err(Error::new(
                Kind::Integrity,
                format!("{} does not match its checksum", self.address(one)),
            )),
            _ => self.manifest.check(&one.name, &self.address(one), &found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_told_by_its_name_alone() {
        let one = read_name("2026-11-22T101112Z.full.bundle").unwrap();
        assert!(one.full && one.time.rfc3339() == "2026-11-22T10:11:12Z");
        assert!(
            !read_name("2026-11-22T101112Z.incremental.bundle")
                .unwrap()
                .full
        );
        for other in [
            "x.full.bundle",
            "2026-11-22.bundle",
            "SHA256SUMS",
            "../2026-11-22T101112Z.full.bundle",
        ] {
            assert_eq!(read_name(other), None, "{other}");
        }
    }
}
