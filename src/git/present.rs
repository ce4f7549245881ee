//! The working tree as a tree, and its files replaced as a whole: a regular file or a symlink
//! is the old one or the new one at every moment. The index is read, and never written.

use super::checkout::{new_file, stamp};
use super::convert::Convert;
use super::draft::{Draft, Edit};
use super::file_mode::of_bits;
use super::id::{ObjectId, leads_away};
use super::object::{Entry, Mode, bytes_to_path};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::UNFINISHED;
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The working tree as it was read.
pub struct Present {
    /// What git would store of it: the tracked files, and the untracked ones that git does not
    /// ignore. Submodules and other repositories are as HEAD has them.
    pub tree: ObjectId,
    /// The paths that could not be read, or whose names no tree takes. The tree has them as
    /// HEAD has them.
    pub unread: Vec<Vec<u8>>,
}

/// What was read at a path.
enum Read {
    /// A file or a symlink.
    Entry(Entry),
    /// Nothing that a tree holds as a file.
    Nothing,
    /// Something that the system does not let us read.
    Refused,
}

impl Store {
    /// Reads the working tree; `head` is the tree of HEAD, and none before the first commit.
    /// Only the files that differ from HEAD are read. Their content goes into the store as
    /// the attributes of the working tree say.
    ///
    /// Errors: denied, for a filter that may not be run; unavailable, without git.
    pub fn read_work_dir(&self, head: Option<ObjectId>) -> Result<Present> {
        let mut draft = self.draft();
        let mut paths = Vec::new();
        let mut unread = Vec::new();
        let mut known = BTreeMap::new();
        for (path, _) in self.changes_since(head)? {
            if leads_away(path.strip_suffix(b"/").unwrap_or(&path)) {
                unread.push(path);
                continue;
            }
            let other = path.ends_with(b"/") || self.is_below_submodule(head, &path, &mut known)?;
            if !other && !is_unfinished(&path) {
                paths.push(path);
            }
        }
        let attributes = self.attributes(&mut draft, head, &paths)?;
        let convert = self.convert(attributes);
        let names = paths.iter().map(|p| std::str::from_utf8(p));
        convert.learn(names.filter_map(|p| p.ok()))?;
        let mut edits: Vec<Edit> = Vec::new();
        for path in paths {
            match self.read_at(&mut draft, &path, &convert)? {
                Read::Entry(entry) => edits.push((path, Some(entry))),
                Read::Nothing => edits.push((path, None)),
                Read::Refused => unread.push(path),
            }
        }
        let tree = draft.tree(head, &edits)?;
        Ok(Present { tree, unread })
    }

    /// Makes the working tree hold `entry` (none: nothing) at `path`, where `before` is what
    /// it held. False where it holds something else by now: then it is left alone. `now` has
    /// the attributes of the working tree, and `then` those of the new content.
    ///
    /// Errors: internal, for the disk; denied, for a filter that may not be run, or a path
    /// that leads out of the working tree.
    pub fn replace(
        &self,
        path: &[u8],
        before: Option<Entry>,
        entry: Option<Entry>,
        now: &Convert<'_>,
        then: &Convert<'_>,
    ) -> Result<bool> {
        if leads_away(path) {
            let path = String::from_utf8_lossy(path);
            return Err(Error::new(
                Kind::Denied,
                format!("the path `{path}` is refused: it leads out of the working tree"),
            ));
        }
        let place = self.place(path)?;
        let seen = place.symlink_metadata().ok();
        let stands = match self.read_at(&mut self.draft(), path, now)? {
            Read::Entry(entry) => Some(entry),
            Read::Nothing => None,
            Read::Refused => return Ok(false),
        };
        if stands != before || self.has_link_above(path) {
            return Ok(false);
        }
        if stands.is_none()
            && let Some(meta) = &seen
            && (!meta.is_dir() || (entry.is_some() && !remove_empty(&place)))
        {
            return Ok(false);
        }
        let seen = seen.filter(|meta| !meta.is_dir());
        let failed = || format!("`{}` cannot be written", place.display());
        let Some(entry) = entry else {
            if stands.is_some() {
                std::fs::remove_file(&place).or_fail(Kind::Internal, failed)?;
                self.remove_empty_folders(&place);
            }
            return Ok(true);
        };
        let content = match (entry.mode, std::str::from_utf8(path)) {
            (Mode::Symlink, _) | (_, Err(_)) => self.read_blob(entry.id)?,
            (_, Ok(path)) => then.smudge(path, entry.id)?,
        };
        let put = put(&place, entry.mode, &content, seen.as_ref());
        put.or_fail(Kind::Internal, failed)
    }

    /// Puts a text into the working tree as it is, where `before` (none: nothing) is what stood
    /// there. A file that is there keeps its permissions. False where it is another by now, or
    /// where a link leads there: then it is left alone.
    ///
    /// Errors: usage, without a working tree; internal, for the disk.
    pub fn put_work_text(&self, path: &str, before: Option<&str>, text: &str) -> Result<bool> {
        let place = self.place(path.as_bytes())?;
        let seen = place.symlink_metadata().ok();
        let same = match (before, &seen) {
            (None, None) => true,
            (Some(before), Some(meta)) => {
                meta.is_file() && std::fs::read(&place).is_ok_and(|b| b == before.as_bytes())
            }
            _ => false,
        };
        if !same || self.has_link_above(path.as_bytes()) {
            return Ok(false);
        }
        let mode = seen.as_ref().map_or(Mode::File, of_bits);
        let put = put(&place, mode, text.as_bytes(), seen.as_ref());
        put.or_fail(Kind::Internal, || {
            format!("`{}` cannot be written", place.display())
        })
    }

    /// The tree of HEAD with the files of attributes as the working tree has them: they say
    /// how git would store the others.
    fn attributes(
        &self,
        draft: &mut Draft<'_>,
        head: Option<ObjectId>,
        paths: &[Vec<u8>],
    ) -> Result<ObjectId> {
        let mut edits: Vec<Edit> = Vec::new();
        for path in paths {
            let meta = self.place(path)?.symlink_metadata();
            if !meta.is_ok_and(|m| m.is_file() || m.is_symlink()) || self.has_link_above(path) {
                edits.push((path.clone(), None));
            } else if name_of(path) == b".gitattributes"
                && let Read::Entry(entry) = self.read_raw(draft, path)?
            {
                edits.push((path.clone(), Some(entry)));
            }
        }
        draft.tree(head, &edits)
    }

    /// Reads what stands at a path, as git would store it.
    fn read_at(&self, draft: &mut Draft<'_>, path: &[u8], convert: &Convert<'_>) -> Result<Read> {
        let read = self.read_raw(draft, path)?;
        Ok(match (read, std::str::from_utf8(path)) {
            (Read::Entry(entry), Ok(path)) if entry.mode.is_file() => Read::Entry(Entry {
                id: convert.clean(draft, path, entry.id)?,
                mode: entry.mode,
            }),
            (read, _) => read,
        })
    }

    /// Reads what stands at a path, as it is. Content that the store has is not stored again.
    fn read_raw(&self, draft: &mut Draft<'_>, path: &[u8]) -> Result<Read> {
        let place = self.place(path)?;
        if self.has_link_above(path) {
            return Ok(Read::Nothing);
        }
        let meta = match place.symlink_metadata() {
            Ok(meta) => meta,
            Err(e) if e.kind() == ErrorKind::PermissionDenied => return Ok(Read::Refused),
            Err(_) => return Ok(Read::Nothing),
        };
        if meta.is_symlink() {
            return Ok(match std::fs::read_link(&place) {
                Ok(to) => Read::Entry(Entry {
                    id: draft.blob(to.as_os_str().as_encoded_bytes())?,
                    mode: Mode::Symlink,
                }),
                Err(_) => Read::Refused,
            });
        }
        if !meta.is_file() {
            return Ok(Read::Nothing);
        }
        let Ok(mut file) = File::open(&place) else {
            return Ok(Read::Refused);
        };
        let known = self.hash_file(&place);
        let id = match known {
            Ok(id) if self.has(id) => id,
            _ => draft.blob_from(&mut file, |_| Ok(()))?,
        };
        let mode = self.mode_of(path, &meta, None)?;
        Ok(Read::Entry(Entry { id, mode }))
    }

    /// Whether HEAD has a submodule at a path or above it.
    fn is_below_submodule(
        &self,
        head: Option<ObjectId>,
        path: &[u8],
        known: &mut BTreeMap<Vec<u8>, bool>,
    ) -> Result<bool> {
        let Some(head) = head else {
            return Ok(false);
        };
        let ends = path.iter().enumerate().filter(|(_, b)| **b == b'/');
        for end in ends.map(|(at, _)| at).chain([path.len()]) {
            let part = &path[..end];
            let is_one = match known.get(part) {
                Some(is_one) => *is_one,
                None => {
                    let entry = self.entry(head, part)?;
                    let is_one = entry.is_some_and(|e| e.mode == Mode::Submodule);
                    known.insert(part.to_vec(), is_one);
                    is_one
                }
            };
            if is_one {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The last part of a path.
fn name_of(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

/// Whether a file is what a process that was killed left of one.
fn is_unfinished(path: &[u8]) -> bool {
    name_of(path).starts_with(UNFINISHED.as_bytes())
}

/// Removes a folder that holds nothing but such folders.
fn remove_empty(folder: &Path) -> bool {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    std::fs::remove_dir(folder).is_ok()
}

/// Puts a file or a symlink in place by a rename. False where what stood there (`seen`) is no
/// longer the same.
fn put(place: &Path, mode: Mode, content: &[u8], seen: Option<&Metadata>) -> std::io::Result<bool> {
    let folder = place.parent().unwrap_or(place);
    std::fs::create_dir_all(folder)?;
    let finished = match mode {
        Mode::Symlink => new_link(folder, content)?,
        _ => {
            let mut file = new_file(folder, mode)?;
            file.write_all(content)?;
            keep_permissions(file.as_file(), mode, seen)?;
            file.into_temp_path()
        }
    };
    let now = place.symlink_metadata().ok();
    let same = match (seen, &now) {
        (None, None) => true,
        (Some(seen), Some(now)) => stamp(seen) == stamp(now) && seen.file_type() == now.file_type(),
        _ => false,
    };
    if !same {
        return Ok(false);
    }
    match seen {
        Some(_) => finished.persist(place).map_err(|e| e.error)?,
        // Something may have appeared there meanwhile.
        None => match finished.persist_noclobber(place) {
            Err(e) if e.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            done => done.map_err(|e| e.error)?,
        },
    }
    Ok(true)
}

/// A file that only its owner could read stays so: git itself knows the executable bit alone.
#[cfg(unix)]
fn keep_permissions(file: &File, mode: Mode, seen: Option<&Metadata>) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let Some(seen) = seen.filter(|meta| meta.is_file()) else {
        return Ok(());
    };
    let bits = seen.permissions().mode() & 0o777;
    let bits = match mode {
        Mode::Executable => bits | ((bits & 0o444) >> 2),
        _ => bits & !0o111,
    };
    file.set_permissions(std::fs::Permissions::from_mode(bits))
}

/// Other platforms have no permissions to keep.
#[cfg(not(unix))]
fn keep_permissions(_file: &File, _mode: Mode, _seen: Option<&Metadata>) -> std::io::Result<()> {
    Ok(())
}

/// A new symlink in `folder`.
#[cfg(unix)]
fn new_link(folder: &Path, to: &[u8]) -> std::io::Result<tempfile::TempPath> {
    let made = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .make_in(folder, |place| {
            std::os::unix::fs::symlink(bytes_to_path(to), place)
        })?;
    Ok(made.into_temp_path())
}

/// Elsewhere a symlink takes a right that ordinary accounts do not have: as with git's
/// `core.symlinks=false`, a file holds where it leads.
#[cfg(not(unix))]
fn new_link(folder: &Path, to: &[u8]) -> std::io::Result<tempfile::TempPath> {
    let mut file = new_file(folder, Mode::File)?;
    file.write_all(to)?;
    Ok(file.into_temp_path())
}
