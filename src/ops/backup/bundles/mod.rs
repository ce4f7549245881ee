//! A folder of git bundles. Some are full; the others are incremental, each based on the
//! last full one, so that a restore never needs more than two. `SHA256SUMS` beside them is
//! in the format that `sha256sum -c` reads, and its first line names the repository.
//! `MANIFEST` says who made them. `bundle-list` is for `git clone --bundle-uri`.

mod writing;

use crate::bundle_manifest::FILE;
use crate::clock::Moment;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::digest_of;
use crate::git::{Bundle, CommitId};
use crate::ops::backup::Backup;
use crate::ops::backup::folder_manifest::{FolderManifest, Judge, check_single};
use crate::ops::backup::lock::lock;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The list of checksums.
pub(super) const SUMS: &str = "SHA256SUMS";
/// The list for `git clone --bundle-uri`.
const LIST: &str = "bundle-list";
const FULL: &str = ".full.bundle";
const INCREMENTAL: &str = ".incremental.bundle";
/// The text before the repository's address in that list.
const SOURCE: &str = "# git bundles of ";
/// The age of the newest full bundle at which a new one is made, if the configuration does
/// not say.
const FULL_EVERY: &str = "30d";

/// One repository's bundles.
pub(super) struct Folder {
    pub dir: PathBuf,
    /// Checksums by file name, in hexadecimal.
    sums: BTreeMap<String, String>,
    /// The address of the repository.
    pub source: String,
    /// The manifest.
    pub manifest: FolderManifest,
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

/// The refs for a bundle of these backups: the branches, and `HEAD`, which a clone checks
/// out.
pub(super) fn bundled_refs(backups: &[Backup]) -> Vec<(String, CommitId)> {
    let mut refs: Vec<(String, CommitId)> = backups
        .iter()
        .map(|b| (format!("refs/heads/{}", b.branch), b.commit))
        .collect();
    refs.extend(refs.first().map(|(_, id)| ("HEAD".to_owned(), *id)));
    refs
}

/// The bundle beside `path` that has everything that `bundle` needs; the newest if there
/// are several.
pub(super) fn base_of(path: &Path, bundle: &Bundle) -> Option<PathBuf> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let mut beside: Vec<PathBuf> = std::fs::read_dir(folder.unwrap_or(Path::new(".")))
        .ok()?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "bundle") && p != path)
        .collect();
    beside.sort();
    // A bundle whose name says incremental is never a base, so it need not be read.
    beside.retain(|p| !p.to_string_lossy().ends_with(INCREMENTAL));
    beside.into_iter().rfind(|other| is_base(other, bundle))
}

/// Checks a bundle's bytes against the list and the manifest beside it, if there are any.
/// Returns whether the bundle is authenticated; `None` if we do not have its key.
///
/// Errors: integrity, for the bundle, the list or the manifest.
pub(super) fn check_listed(path: &Path, judge: Judge<'_>) -> Result<Option<bool>> {
    let folder = path.parent().map(|dir| Folder::read(dir, judge));
    let Some(folder) = folder.transpose()?.flatten() else {
        return check_single(path, judge);
    };
    let name = path
        .file_name()
        .and_then(|n| read_name(&n.to_string_lossy()));
    match name {
        Some(one) => folder.check(&one),
        // Another tool's bundle, which happens to be in this folder.
        None => check_single(path, judge),
    }
}

/// Whether `full` is a full bundle with everything that `bundle` needs.
fn is_base(full: &Path, bundle: &Bundle) -> bool {
    Bundle::read(full).is_ok_and(|b| {
        let tips: HashSet<CommitId> = b.refs.iter().map(|(_, id)| *id).collect();
        b.needs.is_empty() && bundle.needs.iter().all(|id| tips.contains(id))
    })
}

impl Folder {
    /// The newest full bundle in the list that the incremental bundle `one` can be based
    /// on.
    pub fn base_of(&self, one: &Named, bundle: &Bundle) -> Option<PathBuf> {
        self.listed()
            .into_iter()
            .rev()
            .filter(|n| n.full && n.name < one.name)
            .map(|n| self.path(&n))
            .find(|path| is_base(path, bundle))
    }

    /// Opens the repository's folder inside `dir`, which need not exist yet. Until it is
    /// closed, no other run adds bundles or removes them.
    ///
    /// Errors: those of [`Folder::of`]; unavailable, if another run holds the folder too
    /// long.
    pub fn open(cx: &Context, dir: &Path) -> Result<Folder> {
        let at = dir.join(&cx.repo_name);
        let turn = lock(cx, "bundles", &at.display().to_string())?;
        let mut folder = match Folder::of(cx, dir)? {
            Some(folder) => folder,
            None => Folder::anew(cx, at)?,
        };
        folder._turn = Some(turn);
        Ok(folder)
    }

    /// A folder at `at`, with no list of checksums.
    fn anew(cx: &Context, at: PathBuf) -> Result<Folder> {
        Ok(Folder {
            manifest: FolderManifest::read(&at, Judge::of(cx))?,
            dir: at,
            sums: BTreeMap::new(),
            source: cx.remote.address(),
            _turn: None,
        })
    }

    /// Opens the folder like [`Folder::open`], even if its list of checksums or its manifest
    /// is damaged. A damaged file is set aside, and its damage is returned. Each bundle
    /// whose own records prove it whole is then listed again, as found and not as made.
    ///
    /// Errors: those of [`Folder::open`], except for the list.
    pub fn open_mended(cx: &Context, dir: &Path) -> Result<(Folder, Option<Error>)> {
        let at = dir.join(&cx.repo_name);
        let aside = |file: &str| -> Result<PathBuf> {
            let (from, to) = (at.join(file), at.join(format!("{file}.damaged")));
            match std::fs::rename(&from, &to) {
                // There is no such file, and that is the damage.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                other => other.or_fail(Kind::Internal, || {
                    format!("{} cannot be set aside", from.display())
                })?,
            }
            Ok(to)
        };
        let told = |damage: String, aside: PathBuf| {
            Error::new(Kind::Integrity, damage).hint(format!(
                "it was set aside as {}, and a new list and a new full bundle were made; verify the older ones with `aidf backup verify`",
                aside.display()
            ))
        };
        let (mut folder, damage) = match Folder::open(cx, dir) {
            Err(e) if e.kind() == Kind::Integrity => {
                let damage = told(e.in_full(), aside(SUMS)?);
                // Without the list, there is nothing to check the manifest against.
                aside(FILE)?;
                let turn = lock(cx, "bundles", &at.display().to_string())?;
                let mut folder = Folder::anew(cx, at.clone())?;
                folder._turn = Some(turn);
                (folder, Some(damage))
            }
            other => (other?, None),
        };
        let Some(fault) = folder.manifest.fault.take() else {
            return Ok((folder, damage));
        };
        let damage = damage.unwrap_or(told(
            format!("{} cannot be used: {fault}", at.join(FILE).display()),
            aside(FILE)?,
        ));
        Ok((folder, Some(damage)))
    }

    /// The repository's folder inside `dir`, for reading; `None` if it does not exist.
    ///
    /// Errors: conflict, if it holds the bundles of another repository; integrity, for a
    /// damaged list of checksums.
    pub fn of(cx: &Context, dir: &Path) -> Result<Option<Folder>> {
        let Some(folder) = Folder::read(&dir.join(&cx.repo_name), Judge::of(cx))? else {
            return Ok(None);
        };
        if folder.source != cx.remote.address() {
            return Err(Error::new(
                Kind::Conflict,
                format!(
                    "{} contains the bundles of {}, but this repository is {}",
                    folder.dir.display(),
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

    /// Reads `dir` itself as a folder of bundles; `None` if it is not one.
    ///
    /// Errors: integrity, for a damaged list of checksums; internal, for the disk.
    pub fn read(dir: &Path, judge: Judge<'_>) -> Result<Option<Folder>> {
        let manifest = FolderManifest::read(dir, judge)?;
        let path = dir.join(SUMS);
        let bad = |why: &str| {
            Error::new(
                Kind::Integrity,
                format!("{} cannot be used: {why}", path.display()),
            )
            .hint("if you trust the bundles, write it again: the line that names the repository, then the output of `sha256sum *.bundle`")
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && manifest.is_there() => {
                return Err(bad("it is gone"));
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                return Err(bad("it is not text"));
            }
            Err(e) => {
                return Err(Error::new(
                    Kind::Internal,
                    format!("{} cannot be read", path.display()),
                )
                .caused_by(e));
            }
        };
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
            dir: dir.to_owned(),
            sums,
            source: source.to_owned(),
            manifest,
            _turn: None,
        }))
    }

    /// The bundles of the list, oldest first.
    pub fn listed(&self) -> Vec<Named> {
        // Time stamps of the same length sort in the order of their times.
        self.sums.keys().filter_map(|n| read_name(n)).collect()
    }

    /// The newest bundle that is authenticated; if none is, the newest of all.
    ///
    /// Errors: integrity, if the newest of all is damaged.
    pub fn newest(&self, cx: &Context) -> Result<Option<(Named, Option<bool>)>> {
        let mut listed = self.listed();
        let Some(newest) = listed.pop() else {
            return Ok(None);
        };
        let whose = self.check(&newest)?;
        if whose == Some(true) {
            return Ok(Some((newest, whose)));
        }
        let ours = listed
            .into_iter()
            .rev()
            .find(|one| matches!(self.check(one), Ok(Some(true))));
        Ok(Some(match ours {
            Some(ours) => {
                cx.warn(format!(
                    "{} is not authenticated; aidf used {}, the newest one that is",
                    self.path(&newest).display(),
                    ours.name
                ));
                (ours, Some(true))
            }
            None => (newest, whose),
        }))
    }

    /// Bundles in the folder that the list lacks: a run was cut off before it could list
    /// them.
    pub fn unlisted(&self) -> Vec<Named> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return Vec::new();
        };
        let mut found: Vec<Named> = entries
            .flatten()
            .filter_map(|e| read_name(e.file_name().to_str()?))
            .filter(|n| !self.sums.contains_key(&n.name))
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    pub fn path(&self, one: &Named) -> PathBuf {
        self.dir.join(&one.name)
    }

    /// Checks a bundle's bytes against its checksum and the manifest. Returns whether the
    /// bundle is authenticated; `None` if we do not have its key.
    ///
    /// Errors: integrity.
    pub fn check(&self, one: &Named) -> Result<Option<bool>> {
        let path = self.path(one);
        let found = match digest_of(&path) {
            Ok(found) => found,
            Err(e) => {
                return Err(Error::new(
                    Kind::Integrity,
                    format!("{} is listed in {SUMS} and cannot be read", path.display()),
                )
                .caused_by(e));
            }
        };
        match self.sums.get(&one.name) {
            Some(sum) if !sum.eq_ignore_ascii_case(&found) => Err(Error::new(
                Kind::Integrity,
                format!("{} does not match its checksum", path.display()),
            )),
            _ => self.manifest.check(&path, &found),
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
