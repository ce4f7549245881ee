//! Where a history is cut: git's file `shallow`, which lists the commits whose parents are not
//! to be looked for (gitformat: one id on each line).

use super::header::Header;
use super::id::{CommitId, ObjectId};
use super::objects::Objects;
use crate::clock::DAY;
use crate::files::{lock_file, lock_within};
use git2::ObjectType;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

/// The commits at which the history of a git directory is cut.
pub(super) fn cuts(common: &Path) -> Vec<CommitId> {
    let text = std::fs::read_to_string(common.join("shallow")).unwrap_or_default();
    text.lines()
        .filter_map(|line| ObjectId::parse(line).ok())
        .collect()
}

/// The parents of these commits that are not in `odb`, each once.
pub(super) fn beyond(odb: &Objects<'_>, cuts: &[CommitId]) -> Vec<CommitId> {
    let parents = cuts.iter().flat_map(|cut| parents(odb, *cut));
    let lacking: BTreeSet<CommitId> = parents.filter(|id| !odb.has_now(*id)).collect();
    lacking.into_iter().collect()
}

/// What a commit says of itself; none for one that is not in `odb`.
fn header(odb: &Objects<'_>, commit: CommitId) -> Option<Header> {
    let read = odb.read(commit).ok()?;
    let is_commit = read.kind() == ObjectType::Commit;
    is_commit.then(|| Header::read(read.data(), odb.format()))?
}

/// The parents of a commit, as it names them; none for a commit that is not in `odb`.
fn parents(odb: &Objects<'_>, commit: CommitId) -> Vec<CommitId> {
    let parents = header(odb, commit).map(|header| header.parents);
    parents.unwrap_or_default()
}

/// Whether all parents of a commit are in `odb`.
pub(super) fn has_parents(odb: &Objects<'_>, commit: CommitId) -> bool {
    odb.has_now(commit) && parents(odb, commit).iter().all(|id| odb.has_now(*id))
}

/// Whether the commits that are in `odb` lead from one to another. It looks at some thousand
/// of them, and at none that is much older than the one that it looks for.
pub(super) fn reaches(odb: &Objects<'_>, from: CommitId, to: CommitId) -> bool {
    const MOST: usize = 4096;
    let Some(oldest) = header(odb, to).map(|h| h.time.saturating_sub(DAY)) else {
        return false;
    };
    let (mut open, mut met) = (vec![from], BTreeSet::new());
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if met.len() == MOST || !met.insert(id) {
            continue;
        }
        let header = header(odb, id).filter(|h| h.time >= oldest);
        open.extend(header.into_iter().flat_map(|h| h.parents));
    }
    false
}

/// All commits in `odb` that these lead to.
pub(super) fn reached(odb: &Objects<'_>, from: &[CommitId]) -> BTreeSet<CommitId> {
    let (mut open, mut met) = (from.to_vec(), BTreeSet::new());
    while let Some(id) = open.pop() {
        if met.insert(id) {
            open.extend(parents(odb, id));
        }
    }
    met
}

/// Changes the cuts of a git directory of aidf's own, as git does: the new list is written to
/// `shallow.lock` and takes the place of the old one by a rename.
pub(super) fn change(
    common: &Path,
    within: Duration,
    change: impl FnOnce(&mut BTreeSet<CommitId>),
) -> io::Result<()> {
    // A lock of the system ends with its process. So whoever has this one knows that a
    // `shallow.lock` that is still there was left behind.
    let ours = lock_file(&common.join("aidf").join("cuts.lock"))?;
    if !lock_within(&ours, within)? {
        return Err(ErrorKind::TimedOut.into());
    }
    let before: BTreeSet<CommitId> = cuts(common).into_iter().collect();
    let mut after = before.clone();
    change(&mut after);
    if after == before {
        return Ok(());
    }
    let (lock, place) = (common.join("shallow.lock"), common.join("shallow"));
    let mut file = File::create(&lock)?;
    for cut in &after {
        writeln!(file, "{cut}")?;
    }
    drop(file);
    match after.is_empty() {
        false => std::fs::rename(&lock, &place),
        true => {
            match std::fs::remove_file(&place) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            std::fs::remove_file(&lock)
        }
    }
}
