//! One bundle as it lies in a place, and the full one there that it is based on.

use super::{Folder, INCREMENTAL, read_name};
use crate::error::{Error, Kind, Result};
use crate::git::{Bundle, CommitId};
use crate::ops::backup::folder_manifest::{Judge, check_single};
use crate::ops::backup::place::{Local, Place};
use std::cell::OnceCell;
use std::collections::HashSet;

/// What a bundle holds and what it needs.
pub(in crate::ops::backup) struct Records {
    /// The refs' full names and tips.
    pub refs: Vec<(String, CommitId)>,
    /// The commits that whoever unpacks it must have.
    pub needs: Vec<CommitId>,
}

impl Records {
    /// The branches among the refs.
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        let names = self.refs.iter().map(|(name, _)| name);
        names.filter_map(|name| name.strip_prefix("refs/heads/"))
    }

    /// Whether the branch is among the refs.
    pub fn has_branch(&self, branch: &str) -> bool {
        self.branches().any(|name| name == branch)
    }
}

/// A bundle in a place, with the list of that place if it has one. It is fetched once, when
/// it is first read.
pub(in crate::ops::backup) struct Lying<'f> {
    place: &'f dyn Place,
    folder: Option<&'f Folder<'f>>,
    name: String,
    judge: Judge<'f>,
    local: OnceCell<Local>,
}

impl<'f> Lying<'f> {
    /// The file `name` of a place; `folder` is what its list says.
    pub fn of(
        place: &'f dyn Place,
        folder: Option<&'f Folder<'f>>,
        name: &str,
        judge: Judge<'f>,
    ) -> Lying<'f> {
        Lying {
            place,
            folder,
            name: name.to_owned(),
            judge,
            local: OnceCell::new(),
        }
    }

    /// Its address, for messages.
    pub fn address(&self) -> String {
        self.place.address(&self.name)
    }

    /// Its file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its file, to be read on this machine.
    ///
    /// Errors: not_found, or integrity if it should be there; unavailable, auth, denied.
    fn local(&self) -> Result<&Local> {
        if let Some(local) = self.local.get() {
            return Ok(local);
        }
        let local = match (self.folder, read_name(&self.name)) {
            (Some(folder), Some(one)) => folder.fetched(&one)?,
            _ => self.place.file(&self.name)?,
        };
        Ok(self.local.get_or_init(|| local))
    }

    /// Reads its header.
    ///
    /// Errors: not_found; integrity; unavailable, auth, denied.
    pub fn read(&self) -> Result<Bundle> {
        self.local()?.bundle()
    }

    /// Checks its bytes against the list and the manifest of its place, if there are any.
    /// Returns whether it is authenticated; `None` if we do not have its key.
    ///
    /// Errors: integrity, for the bundle or its manifest; not_found; unavailable, auth, denied.
    pub fn check(&self) -> Result<Option<bool>> {
        let local = self.local()?;
        match (self.folder, read_name(&self.name)) {
            (Some(folder), Some(one)) => folder.check_local(&one, local),
            // Another tool's bundle, which happens to lie here.
            _ => check_single(self.place, &self.name, local, self.judge),
        }
    }

    /// What it holds and needs. In a place elsewhere the manifest's word is taken for it, so
    /// that the bundle need not be fetched.
    ///
    /// Errors: as those of [`Lying::read`].
    pub fn records(&self) -> Result<Records> {
        match self.told() {
            Some(told) => Ok(told),
            None => self.read().map(|bundle| Records {
                refs: bundle.refs,
                needs: bundle.needs,
            }),
        }
    }

    /// Whether the manifest's word is taken for what it holds.
    pub fn is_told(&self) -> bool {
        self.told().is_some()
    }

    fn told(&self) -> Option<Records> {
        let folder = self.folder.filter(|_| !self.place.is_near())?;
        folder.told(&self.name)
    }

    /// The bundles in the same place that have everything that this one needs, newest first.
    /// Each is looked for when it is asked for: to read one elsewhere may be to fetch it.
    ///
    /// Errors: unavailable, auth, denied, for a place elsewhere.
    fn bases(&self, needs: &[CommitId]) -> Result<impl Iterator<Item = Result<Lying<'f>>>> {
        let mut names = self.place.names()?;
        // A bundle whose name says incremental is never a base, so it need not be read.
        names.retain(|name| {
            name.ends_with(".bundle") && !name.ends_with(INCREMENTAL) && *name != self.name
        });
        let (place, folder, judge) = (self.place, self.folder, self.judge);
        Ok(names.into_iter().rev().filter_map(move |name| {
            let other = Lying::of(place, folder, &name, judge);
            match other.is_base_of(needs) {
                Ok(is_base) => is_base.then_some(Ok(other)),
                Err(e) => Some(Err(e)),
            }
        }))
    }

    /// The first of [`Lying::bases`] of which `prove` says nothing bad, and what is wrong with the
    /// first that it did; none where there is no base at all.
    ///
    /// Errors: what is wrong with the first, where that is so with all of them; those of `prove`
    /// that are not about the bundle; those of [`Lying::bases`].
    pub fn sound_base(
        &self,
        needs: &[CommitId],
        mut prove: impl FnMut(&Lying<'f>) -> Result<()>,
    ) -> Result<Option<(Lying<'f>, Option<Error>)>> {
        let mut damage = None;
        for base in self.bases(needs)? {
            let base = base?;
            match prove(&base) {
                Ok(()) => return Ok(Some((base, damage))),
                Err(e) if is_of_the_bundle(&e) => damage = damage.or(Some(e)),
                Err(e) => return Err(e),
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// Whether it is a full bundle with all of these commits among its tips. One that cannot
    /// be read is not.
    ///
    /// Errors: unavailable, auth, denied, for a place elsewhere.
    pub fn is_base_of(&self, needs: &[CommitId]) -> Result<bool> {
        match self.records() {
            Ok(records) => {
                let tips: HashSet<CommitId> = records.refs.iter().map(|(_, id)| *id).collect();
                Ok(records.needs.is_empty() && needs.iter().all(|id| tips.contains(id)))
            }
            Err(e) if is_of_the_bundle(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }
}

/// Whether an error is about the bundle itself, and not about the way to it.
pub(in crate::ops::backup) fn is_of_the_bundle(error: &Error) -> bool {
    matches!(error.kind(), Kind::NotFound | Kind::Integrity)
}

impl Folder<'_> {
    /// What the manifest says that a bundle holds and needs, if one of our keys says so.
    pub fn told(&self, name: &str) -> Option<Records> {
        self.manifest.whose(name).filter(|ours| *ours)?;
        let item = self.manifest.item(name)?;
        let id = |text: &String| CommitId::parse(text).ok();
        let refs = item
            .refs
            .iter()
            .map(|(n, text)| Some((n.clone(), id(text)?)));
        Some(Records {
            refs: refs.collect::<Option<_>>()?,
            needs: item.needs.iter().map(id).collect::<Option<_>>()?,
        })
    }

    /// The full bundles in the list that the incremental bundle `one` can be based on, newest
    /// first.
    ///
    /// Errors: unavailable, auth, denied, for a place elsewhere.
    pub fn bases_of(&self, one: &super::Named, needs: &[CommitId]) -> Result<Vec<String>> {
        let mut older = self.listed();
        older.truncate(older.iter().position(|n| n == one).unwrap_or(older.len()));
        let mut bases = Vec::new();
        for full in older.into_iter().rev().filter(|n| n.full) {
            if self.bundle(&full).is_base_of(needs)? {
                bases.push(full.name);
            }
        }
        Ok(bases)
    }
}
