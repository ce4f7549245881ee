//! Sets the working files as a snapshot has them. What they were before is a snapshot too.
//!
//! Everything that stands in the way is found first, and then nothing is changed. Only what
//! the snapshot of the present holds is overwritten or removed.

use super::{Place, texts, unfinished};
use crate::error::{Error, Kind, Result};
use crate::git::{Change, CommitId, INDEX_UNREADABLE, ObjectId, bytes_to_path, leads_away};
use crate::ops::commit::place::relative;
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// What is restored.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestoreRequest {
    /// The snapshot: `latest`, its name, or the start of its name that no other has.
    pub snapshot: String,
    /// Files and folders, from the folder that the user is in; everything if none is named.
    pub paths: Vec<String>,
    /// Remove the untracked files that the snapshot lacks, but for ignored ones.
    pub clean: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What was restored.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestoreReport {
    /// The snapshot's name.
    pub snapshot: String,
    /// Its commit.
    pub commit: CommitId,
    /// The snapshot of the working tree as it was before; none where nothing was changed.
    pub before: Option<String>,
    /// The files that are as the snapshot has them again.
    pub restored: Vec<String>,
    /// The files that were removed, since the snapshot lacks them.
    pub removed: Vec<String>,
    /// The files that the snapshot lacks, and that stay.
    pub kept: Vec<String>,
    /// The files that somebody changed meanwhile, and that were left alone.
    pub left: Vec<String>,
    /// Whether there was nothing to do.
    pub unchanged: bool,
    /// One sentence.
    pub message: String,
}

impl Reported for RestoreReport {
    fn verdict(&mut self) -> Result<()> {
        match self.left.is_empty() {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Conflict,
                format!(
                    "{} changed meanwhile and left alone: {}",
                    words::count(self.left.len(), "file was", "files were"),
                    self.left.join(", ")
                ),
            )
            .hint(format!(
                "look at them, and restore them again: aidf snapshot restore {} PATH",
                self.snapshot
            ))),
        }
    }
}

/// Sets the working files as a snapshot has them. HEAD and index stay. Files that the
/// snapshot lacks stay too, unless the request is to clean.
///
/// Errors: not_found; usage; conflict, for what is in the way; denied, for a path behind a
/// symlink, or a filter that may not be run; internal.
pub fn restore(place: &Place, request: &RestoreRequest) -> Result<RestoreReport> {
    let store = &place.store;
    let saved = place.find(&request.snapshot)?;
    let then = store.commit(saved.commit)?.tree;
    let present = place.present()?;
    let mut changes = place.changes(Some(present.tree), then)?;
    let paths = select(place, request, [present.tree, then], &mut changes)?;
    let (back, surplus): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|c| c.new.is_some());
    let (gone, stay): (Vec<Change>, Vec<Change>) = match request.clean {
        true => {
            let tracked = tracked(place)?;
            surplus
                .into_iter()
                .partition(|c| !tracked.contains(&c.path))
        }
        false => (Vec::new(), surplus),
    };
    check(place, &back, &gone)?;
    let mut report = RestoreReport {
        snapshot: saved.name,
        commit: saved.commit,
        before: None,
        restored: texts(back.iter().map(|c| &c.path)),
        removed: texts(gone.iter().map(|c| &c.path)),
        kept: texts(stay.iter().map(|c| &c.path)),
        left: Vec::new(),
        unchanged: back.is_empty() && gone.is_empty(),
        message: String::new(),
    };
    if !request.dry_run && !report.unchanged {
        let target = (report.snapshot.as_str(), then);
        let before = unfinished::begin(place, target, &paths, &present)?;
        let left = carry_out(place, [present.tree, then], gone.iter().chain(&back));
        let left = left.map_err(|e| {
            e.hint(format!(
                "each file is the old or the new one; all as it was before: aidf snapshot restore {before}"
            ))
        })?;
        report.before = Some(before);
        report.left = texts(&left);
        report.restored.retain(|p| !report.left.contains(p));
        report.removed.retain(|p| !report.left.contains(p));
    }
    if !request.dry_run {
        unfinished::end(place, &paths)?;
    }
    report.message = sentence(&report, request.dry_run);
    Ok(report)
}

fn sentence(report: &RestoreReport, dry_run: bool) -> String {
    if report.unchanged {
        return format!(
            "the working tree has all of snapshot {} already",
            report.snapshot
        );
    }
    let files = words::count(report.restored.len(), "file", "files");
    let removed = match report.removed.len() {
        0 => String::new(),
        n if dry_run => format!(", and remove {n}"),
        n => format!(", and removed {n}"),
    };
    let name = &report.snapshot;
    match &report.before {
        None => format!("would restore {files} of snapshot {name}{removed}"),
        Some(before) => {
            format!("restored {files} of snapshot {name}{removed}; the state before is {before}")
        }
    }
}

/// Leaves the changes of the paths that were named, and gives those from the top; none where they
/// are everything.
///
/// Errors: not_found, for a path that neither the snapshot nor the working tree has; usage.
fn select(
    place: &Place,
    request: &RestoreRequest,
    trees: [ObjectId; 2],
    changes: &mut Vec<Change>,
) -> Result<Vec<String>> {
    let mut named = Vec::new();
    for path in &request.paths {
        let below = relative(&place.store, &place.dir, path)?;
        let mut known = below.is_empty();
        for tree in trees {
            known = known || place.store.entry(tree, below.as_bytes())?.is_some();
        }
        if !known {
            return Err(Error::new(
                Kind::NotFound,
                format!("snapshot {} has no `{path}`", request.snapshot),
            )
            .hint(format!(
                "see what differs with `aidf snapshot show {}`",
                request.snapshot
            )));
        }
        named.push(below);
    }
    let is_in = |path: &[u8], name: &[u8]| {
        let rest = path.strip_prefix(name);
        name.is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with(b"/"))
    };
    changes.retain(|c| named.is_empty() || named.iter().any(|n| is_in(&c.path, n.as_bytes())));
    // The top is everything.
    match named.iter().any(String::is_empty) {
        true => Ok(Vec::new()),
        false => Ok(named),
    }
}

/// The paths that git tracks: those of the index and of HEAD.
///
/// Errors: conflict, for an index that cannot be read.
fn tracked(place: &Place) -> Result<BTreeSet<Vec<u8>>> {
    let Some(index) = place.store.index_stamps() else {
        return Err(Error::new(
            Kind::Conflict,
            format!("{INDEX_UNREADABLE}, so nobody can tell which files are untracked"),
        )
        .hint("restore without --clean"));
    };
    let mut found: BTreeSet<Vec<u8>> = index.into_keys().collect();
    if let Some(head) = place.head_tree()? {
        let files = place.store.files_below(head, b"")?;
        found.extend(files.into_iter().map(|(path, _)| path));
    }
    Ok(found)
}

/// Looks for what stands in the way, before anything is changed.
///
/// Errors: conflict, with what is in the way; denied, for a path behind a symlink.
fn check(place: &Place, back: &[Change], gone: &[Change]) -> Result<()> {
    let root = place.store.need_work_dir("a snapshot")?;
    let gone: BTreeSet<&[u8]> = gone.iter().map(|c| c.path.as_slice()).collect();
    let mut clear: BTreeSet<&[u8]> = BTreeSet::new();
    for change in back {
        let path = change.path.as_slice();
        if leads_away(path) {
            return Err(refused(path, "it leads out of the working tree"));
        }
        let ends = path.iter().enumerate().filter(|(_, b)| **b == b'/');
        for parent in ends.map(|(at, _)| &path[..at]) {
            if clear.contains(parent) || gone.contains(parent) {
                continue;
            }
            match root.join(bytes_to_path(parent)).symlink_metadata() {
                Ok(meta) if meta.is_symlink() => {
                    let parent = String::from_utf8_lossy(parent);
                    return Err(refused(path, &format!("`{parent}` is a symlink")));
                }
                Ok(meta) if !meta.is_dir() => return Err(in_the_way(parent, path)),
                _ => {}
            }
            clear.insert(parent);
        }
        let Ok(meta) = root.join(bytes_to_path(path)).symlink_metadata() else {
            continue;
        };
        if meta.is_dir() {
            if let Some(other) = first_other(root, path, &gone) {
                return Err(in_the_way(&other, path));
            }
        } else if change.old.is_none() {
            // The snapshot of the present does not hold it: git ignores it, or it is a pipe.
            return Err(in_the_way(path, path));
        }
    }
    Ok(())
}

/// The first thing in a folder that is not about to go.
fn first_other(root: &Path, folder: &[u8], gone: &BTreeSet<&[u8]>) -> Option<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(root.join(bytes_to_path(folder))) else {
        return Some(folder.to_vec());
    };
    for entry in entries {
        let Ok(entry) = entry else {
            return Some(folder.to_vec());
        };
        let mut path = folder.to_vec();
        path.push(b'/');
        path.extend_from_slice(entry.file_name().as_encoded_bytes());
        let other = match entry.file_type() {
            Ok(sort) if sort.is_dir() => first_other(root, &path, gone),
            _ if gone.contains(path.as_slice()) => None,
            _ => Some(path),
        };
        if other.is_some() {
            return other;
        }
    }
    None
}

fn refused(path: &[u8], why: &str) -> Error {
    let path = String::from_utf8_lossy(path);
    Error::new(Kind::Denied, format!("the path `{path}` is refused: {why}"))
        .hint("nothing was changed; name the paths to restore, without this one")
}

fn in_the_way(what: &[u8], of: &[u8]) -> Error {
    let (what, of) = (String::from_utf8_lossy(what), String::from_utf8_lossy(of));
    let message = match what == of {
        true => format!("`{what}` is in the way of the snapshot's, and no snapshot would hold it"),
        false => format!("`{what}` is in the way of `{of}`, which the snapshot has"),
    };
    Error::new(Kind::Conflict, message).hint(
        "nothing was changed; move it away, or remove the untracked files that the snapshot lacks with --clean",
    )
}

/// Makes the changes, in their order; the paths that somebody changed meanwhile.
fn carry_out<'c>(
    place: &Place,
    [present, then]: [ObjectId; 2],
    changes: impl Iterator<Item = &'c Change>,
) -> Result<Vec<Vec<u8>>> {
    let changes: Vec<&Change> = changes.collect();
    let (now, then) = (place.store.convert(present), place.store.convert(then));
    let names = || {
        changes
            .iter()
            .filter_map(|c| std::str::from_utf8(&c.path).ok())
    };
    now.learn(names())?;
    then.learn(names())?;
    let mut left = Vec::new();
    for change in changes {
        let store = &place.store;
        if !store.replace(&change.path, change.old, change.new, &now, &then)? {
            left.push(change.path.clone());
        }
    }
    Ok(left)
}
