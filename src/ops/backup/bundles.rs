//! A folder of git bundles: full ones, and incremental ones each made on the last full
//! one, so that no more than two are ever needed. `SHA256SUMS` beside them is what
//! `sha256sum -c` reads; its first line says whose bundles they are.

use super::Backup;
use super::turn::turn;
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{UNFINISHED, digest_of, write_durably};
use crate::git::{Bundle, CommitId};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The list of checksums.
pub(super) const SUMS: &str = "SHA256SUMS";
const FULL: &str = ".full.bundle";
const INCREMENTAL: &str = ".incremental.bundle";
/// Before the address whose bundles these are.
const SOURCE: &str = "# git bundles of ";
/// How old the full bundle grows before there is a new one, where nothing else is said.
const FULL_EVERY: &str = "30d";

/// One repository's bundles.
pub(super) struct Folder {
    pub dir: PathBuf,
    /// Checksums by file name, in hexadecimal.
    sums: BTreeMap<String, String>,
    source: String,
    /// Held by whoever changes what is there.
    _turn: Option<File>,
}

/// A bundle by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub name: String,
    pub time: Moment,
    pub full: bool,
}

/// Reads a bundle's file name; `None` for other files.
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

/// The refs of a bundle of these backups: the branches, and what a clone checks out.
pub(super) fn bundled_refs(backups: &[Backup]) -> Vec<(String, CommitId)> {
    let mut refs: Vec<(String, CommitId)> = backups
        .iter()
        .map(|b| (format!("refs/heads/{}", b.branch), b.commit))
        .collect();
    refs.extend(refs.first().map(|(_, id)| ("HEAD".to_owned(), *id)));
    refs
}

/// The bundle beside `path` that has all that `bundle` needs, newest first.
pub(super) fn base_of(path: &Path, bundle: &Bundle) -> Option<PathBuf> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let mut beside: Vec<PathBuf> = std::fs::read_dir(folder.unwrap_or(Path::new(".")))
        .ok()?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "bundle") && p != path)
        .collect();
    beside.sort();
    // By its name an incremental one is nobody's base, and need not be read.
    beside.retain(|p| !p.to_string_lossy().ends_with(INCREMENTAL));
    beside.into_iter().rfind(|other| is_base(other, bundle))
}

/// Checks a bundle's bytes against the list beside it, should there be one.
///
/// Errors: integrity, for the bundle or the list.
pub(super) fn check_listed(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().map(Folder::read).transpose()?.flatten() else {
        return Ok(());
    };
    match folder.listed().iter().find(|n| folder.path(n) == path) {
        Some(one) => folder.check(one),
        None => Ok(()),
    }
}

/// Whether `full` has all that `bundle` needs.
fn is_base(full: &Path, bundle: &Bundle) -> bool {
    Bundle::read(full).is_ok_and(|b| {
        let tips: HashSet<CommitId> = b.refs.iter().map(|(_, id)| *id).collect();
        b.needs.is_empty() && bundle.needs.iter().all(|id| tips.contains(id))
    })
}

impl Folder {
    /// The newest full one of the list that an incremental one can have been made on.
    pub fn base_of(&self, one: &Named, bundle: &Bundle) -> Option<PathBuf> {
        self.listed()
            .into_iter()
            .rev()
            .filter(|n| n.full && n.name < one.name)
            .map(|n| self.path(&n))
            .find(|path| is_base(path, bundle))
    }

    /// The repository's folder inside `dir`, which need not be there yet, for this run
    /// alone: no other writes to it or removes from it meanwhile.
    ///
    /// Errors: as of [`Folder::of`]; unavailable, when another run keeps it.
    pub fn open(cx: &Context, dir: &Path) -> Result<Folder> {
        let at = dir.join(&cx.repo_name);
        let turn = turn(cx, "bundles", &at.display().to_string())?;
        let mut folder = Folder::of(cx, dir)?.unwrap_or(Folder {
            dir: at,
            sums: BTreeMap::new(),
            source: cx.remote.address(),
            _turn: None,
        });
        folder._turn = Some(turn);
        Ok(folder)
    }

    /// The same; a list of checksums that cannot be read is set aside, for the bundles that
    /// their own records prove whole to be listed anew. What was wrong comes back with it.
    ///
    /// Errors: as of [`Folder::open`], but for the list.
    pub fn open_mended(cx: &Context, dir: &Path) -> Result<(Folder, Option<Error>)> {
        let damage = match Folder::open(cx, dir) {
            Err(e) if e.kind() == Kind::Integrity => e,
            other => return Ok((other?, None)),
        };
        let at = dir.join(&cx.repo_name);
        let aside = at.join(format!("{SUMS}.damaged"));
        std::fs::rename(at.join(SUMS), &aside).or_fail(Kind::Internal, || {
            format!("{} cannot be set aside", at.join(SUMS).display())
        })?;
        let damage = Error::new(Kind::Integrity, damage.in_full()).hint(format!(
            "it was set aside as {}, and a new list and a new full bundle were made; verify the older ones with `aidf backup verify`",
            aside.display()
        ));
        Ok((Folder::open(cx, dir)?, Some(damage)))
    }

    /// The repository's folder inside `dir`, if it is there, to read.
    ///
    /// Errors: conflict, where it holds the bundles of another repository; integrity, for a
    /// damaged list of checksums.
    pub fn of(cx: &Context, dir: &Path) -> Result<Option<Folder>> {
        let Some(folder) = Folder::read(&dir.join(&cx.repo_name))? else {
            return Ok(None);
        };
        if folder.source != cx.remote.address() {
            return Err(Error::new(
                Kind::Conflict,
                format!(
                    "{} holds the bundles of {}, and this is {}",
                    folder.dir.display(),
                    folder.source,
                    cx.remote.address()
                ),
            )
            .hint(format!(
                "give this repository a folder of its own; where it only moved, write its address into the first line of {SUMS}"
            )));
        }
        Ok(Some(folder))
    }

    /// The folder of bundles that `dir` itself is, if it is one.
    ///
    /// Errors: integrity, for a damaged list of checksums; internal, for the disk.
    pub fn read(dir: &Path) -> Result<Option<Folder>> {
        let path = dir.join(SUMS);
        let bad = |why: &str| {
            Error::new(
                Kind::Integrity,
                format!("{} cannot be used: {why}", path.display()),
            )
            .hint("make it anew with `sha256sum *.bundle`, below the line that names the repository, once you trust the bundles")
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
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
            _turn: None,
        }))
    }

    /// What is listed, oldest first.
    pub fn listed(&self) -> Vec<Named> {
        // Stamps of one length sort as times do.
        self.sums.keys().filter_map(|n| read_name(n)).collect()
    }

    /// Bundles that lie there and are not listed: a run was cut off between the two.
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

    /// Checks a listed bundle's bytes against its checksum.
    ///
    /// Errors: integrity.
    pub fn check(&self, one: &Named) -> Result<()> {
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
                format!("{} is not what its checksum says", path.display()),
            )),
            _ => Ok(()),
        }
    }

    /// Writes a bundle of `refs`, unless the newest one holds just these; returns its name.
    ///
    /// Errors: internal, for the disk.
    pub fn write(
        &mut self,
        cx: &Context,
        refs: &[(String, CommitId)],
        full: bool,
        full_every: Option<&Period>,
    ) -> Result<Option<String>> {
        let failed = || format!("the folder {} cannot be used", self.dir.display());
        std::fs::create_dir_all(&self.dir).or_fail(Kind::Internal, failed)?;
        self.tidy(cx)?;
        let base = self.sound_full(cx);
        let newest = self.listed().pop();
        let sound = match &newest {
            // A full one has been looked at as the base.
            Some(one) if !one.full => self.check(one).map_err(|e| cx.warn(e.in_full())).is_ok(),
            _ => true,
        };
        if !full
            && sound
            && let (Some(newest), Some(_)) = (&newest, &base)
            && Bundle::read(&self.path(newest)).is_ok_and(|b| b.refs == refs)
        {
            return Ok(None);
        }
        let default = Period::parse(FULL_EVERY);
        let base = base.filter(|(named, _)| {
            let limit = full_every.or(default.as_ref());
            !full && limit.is_none_or(|age| named.time >= age.before(cx.now))
        });
        let mut needs: Vec<CommitId> = base
            .iter()
            .flat_map(|(_, bundle)| bundle.refs.iter().map(|(_, id)| *id))
            .collect();
        needs.sort();
        needs.dedup();
        // The needs must be here to be left out; without them the bundle is full.
        if needs.iter().any(|id| !cx.store.has_commit(*id)) {
            needs.clear();
        }
        let kind = if needs.is_empty() { FULL } else { INCREMENTAL };
        // Newer than all that is there, whatever the clock says.
        let after = newest.map_or(cx.now, |n| {
            cx.now.max(Moment::from_seconds(n.time.seconds() + 1))
        });
        let name = format!("{}{kind}", after.compact());
        let path = self.dir.join(&name);
        cx.store.write_bundle(&path, refs, &needs)?;
        self.list(&name)?;
        Ok(Some(name))
    }

    /// The newest full bundle that is still what its checksum says.
    fn sound_full(&self, cx: &Context) -> Option<(Named, Bundle)> {
        self.listed().into_iter().rfind(|n| n.full).and_then(|one| {
            let read = self
                .check(&one)
                .and_then(|()| Bundle::read(&self.path(&one)));
            match read {
                Ok(bundle) => Some((one, bundle)),
                Err(e) => {
                    cx.warn(format!("{}; a new full one is made", e.in_full()));
                    None
                }
            }
        })
    }

    /// Takes away what runs that were cut off left, and lists what they finished.
    ///
    /// Errors: internal, for the disk.
    pub fn tidy(&mut self, cx: &Context) -> Result<()> {
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        for one in self.unlisted() {
            match Bundle::read(&self.path(&one)).and_then(|b| b.check_bytes()) {
                Ok(()) => self.list(&one.name)?,
                Err(e) => cx.warn(e.in_full()),
            }
        }
        Ok(())
    }

    fn list(&mut self, name: &str) -> Result<()> {
        let path = self.dir.join(name);
        let sum = digest_of(&path).or_fail(Kind::Internal, || {
            format!("{} cannot be read", path.display())
        })?;
        self.sums.insert(name.to_owned(), sum);
        self.save()
    }

    /// Removes bundles: first from the list, so that it never names what is gone.
    ///
    /// Errors: internal, for the disk.
    pub fn remove(&mut self, names: &[String]) -> Result<()> {
        self.sums.retain(|name, _| !names.contains(name));
        self.save()?;
        for name in names {
            let path = self.dir.join(name);
            match std::fs::remove_file(&path) {
                // Lost before: it was listed, and now it is not.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                other => other.or_fail(Kind::Internal, || {
                    format!("{} cannot be removed", path.display())
                })?,
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        let mut text = format!("{SOURCE}{}\n", self.source);
        for (name, sum) in &self.sums {
            text.push_str(&format!("{sum}  {name}\n"));
        }
        let path = self.dir.join(SUMS);
        write_durably(&path, text.as_bytes()).or_fail(Kind::Internal, || {
            format!("{} cannot be written", path.display())
        })
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
