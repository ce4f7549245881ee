//! This working copy's memory of the files of a branch: one file for each branch in the git
//! directory of the worktree.

use super::history::{History, Said, judge};
use super::record::{Before, Memory, Record};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_file, lock_within, write_whole};
use crate::git::{CommitId, Entry, ObjectId, tracking_ref};
use crate::ops::access::Target;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Remembers that the branch is at `tip`, and the content of the files that were written.
///
/// Failures only cause a warning: the write has landed already.
pub(in crate::ops) fn remember(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    written: &[(String, Option<Entry>)],
    at: Before,
) {
    let record = |memory: &mut Memory, head: Option<CommitId>| {
        for (path, held) in written {
            let mut record = Record::new(*held, tip, at, head);
            record.now.landed = true;
            memory.put(path, record);
            memory.marked.remove(path);
        }
    };
    keep(cx, target, tip, !written.is_empty(), record);
}

/// Like [`remember`], for a write in which some contents came from `elsewhere`: another
/// source than the working tree's own files.
pub(in crate::ops) fn remember_both(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    written: Vec<(String, Option<Entry>)>,
    elsewhere: &BTreeSet<String>,
    at: Before,
) {
    let (others, own): (Vec<_>, Vec<_>) = written
        .into_iter()
        .partition(|(p, _)| elsewhere.contains(p));
    remember(cx, target, tip, &own, at);
    if others.is_empty() {
        return;
    }
    keep(cx, target, tip, true, |memory, head| {
        for (path, held) in others {
            let record = Record::new(held, tip, at, head);
            memory.elsewhere.insert(path, record);
        }
    });
}

/// Like [`remember`], for a rollback. `made` is everything that it changed on the branch.
/// If a path was last written from another source, its entry becomes the base of later
/// writes from such a source.
pub(in crate::ops) fn remember_rollback(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    same: &[(String, Option<Entry>)],
    made: Vec<(String, Option<Entry>)>,
    at: Before,
) {
    remember(cx, target, tip, same, at);
    keep(cx, target, tip, !made.is_empty(), |memory, head| {
        for (path, held) in made {
            if let Some(record) = memory.elsewhere.get_mut(&path) {
                *record = Record::new(held, tip, at, head);
            }
        }
    });
}

/// Remembers files that were updated from the branch; `marked` hold conflict markers.
pub(in crate::ops) fn remember_pull<'a>(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    written: &[(String, Option<Entry>)],
    at: Before,
    marked: impl Iterator<Item = &'a str>,
) {
    let record = |memory: &mut Memory, head: Option<CommitId>| {
        for (path, held) in written {
            memory.put(path, Record::new(*held, tip, at, head));
            memory.marked.remove(path);
        }
        memory.marked.extend(marked.map(str::to_owned));
    };
    keep(cx, target, tip, !written.is_empty(), record);
}

/// Remembers files that the checkout took from `to`, while the branch is at `tip`.
pub(in crate::ops) fn remember_switch(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    to: CommitId,
    taken: &[(String, Option<Entry>)],
    at: Before,
) {
    let published = cx.store.is_ancestor(to, tip);
    let record = |memory: &mut Memory, _: Option<CommitId>| {
        let history = History::of(cx, to);
        for (path, held) in taken {
            memory.marked.remove(path);
            if published {
                memory.put(path, Record::new(*held, to, at, Some(to)));
                continue;
            }
            // The base of a local commit's content is the record at the time of that
            // commit.
            let (Some(record), Some(held)) = (memory.written.get(path), held) else {
                memory.written.remove(path);
                continue;
            };
            let before = history.before_commit(path, record, to, held.id);
            match (&before.held[..], before.or_trees, record.commit()) {
                ([held], false, Some(commit)) => {
                    memory.put(path, Record::new(*held, commit, at, Some(to)));
                }
                ([], _, _) => drop(memory.written.remove(path)),
                // If it is not certain, keep the records: they lead to the same answer
                // later.
                _ => {}
            }
        }
    };
    keep(cx, target, tip, !taken.is_empty(), record);
}

/// What HEAD has and the files lack, because a checkout left it alone: ids by path. That it is not
/// here is no removal. It is of the working tree, whichever branch that goes to.
pub(in crate::ops) fn absent(cx: &Context) -> BTreeMap<String, ObjectId> {
    let text = std::fs::read_to_string(absent_file(cx)).ok();
    let found = text.and_then(|t| serde_json::from_str(&t).ok());
    let mut found: BTreeMap<String, ObjectId> = found.unwrap_or_default();
    found.retain(|path, _| !cx.store.is_in_work_dir(path.as_bytes()));
    found
}

fn absent_file(cx: &Context) -> PathBuf {
    cx.store.git_dir().join("aidf").join("absent.json")
}

/// Remembers what a checkout left alone. That it is not here is no removal of ours.
pub(in crate::ops) fn remember_absent(cx: &Context, left: &[(String, Entry)]) {
    if left.is_empty() {
        return;
    }
    let path = absent_file(cx);
    let result = under_lock(cx, &path, || {
        let mut all = absent(cx);
        all.extend(left.iter().map(|(path, entry)| (path.clone(), entry.id)));
        save(&path, &all)
    });
    if let Err(e) = result {
        cx.warn_of_record(&e);
    }
}

/// Changes the memory, if there is something to change, and notes that the branch is at
/// `tip`. `record` is told what HEAD is at.
fn keep(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    changes: bool,
    record: impl FnOnce(&mut Memory, Option<CommitId>),
) {
    let result = match cx.store.is_cache() || !changes {
        true => Ok(()),
        false => locked(cx, target, |path| {
            let mut memory = load_at(cx, &path, tip);
            memory.stash = cx.store.newest_stash()?;
            let head = cx.store.head()?;
            if let Some(head) = head {
                memory.bring_up_to(&cx.store, head);
                memory.follow(&cx.store, head, tip);
                if memory.has_grown(MOST_KEPT) {
                    let said = judge(cx, &memory, head, |_| true);
                    memory.written.retain(|p, _| said.contains_key(p));
                    let is_idle = |p: &str| matches!(said.get(p), Some(Said::Nothing));
                    forget_oldest(&mut memory, is_idle);
                    memory.note_tidied();
                }
                let standing = memory.elsewhere(cx, head);
                memory.elsewhere.retain(|p, _| standing.contains_key(p));
            }
            record(&mut memory, head);
            save(&path, &memory)
        }),
    };
    let tracking = tracking_ref(cx.remote.name(), &target.branch);
    let result = result.and_then(|()| cx.store.set_ref(&tracking, tip, "aidf: push"));
    if let Err(e) = result {
        cx.warn_of_record(&e);
    }
}

/// How many records are kept that do not apply at present; those with the latest times
/// stay.
const MOST_KEPT: usize = 1000;

/// Removes the oldest of the records that do not apply at present, if there are too many.
fn forget_oldest(memory: &mut Memory, is_idle: impl Fn(&str) -> bool) {
    let idle = memory.written.iter().filter(|(p, _)| is_idle(p));
    let mut idle: Vec<(u64, String)> = idle.map(|(p, r)| (r.now.at, p.clone())).collect();
    idle.sort();
    let surplus = idle.len().saturating_sub(MOST_KEPT);
    for (_, path) in idle.drain(..surplus) {
        memory.written.remove(&path);
    }
}

pub(super) fn file(cx: &Context, target: &Target) -> PathBuf {
    let escape = |name: &str| name.replace('%', "%25").replace('/', "%2F");
    cx.store.git_dir().join("aidf").join("taken").join(format!(
        "{}@{}.json",
        escape(cx.remote.name()),
        escape(target.name())
    ))
}

/// A memory that cannot be read counts as empty: then only HEAD decides.
pub(super) fn load(path: &Path) -> Memory {
    std::fs::read_to_string(path)
        .ok()
        .and_then(|t| serde_json::from_str(&t).ok())
        .unwrap_or_default()
}

/// The memory, compared with the branch as it stands at `tip`.
pub(super) fn load_at(cx: &Context, path: &Path, tip: CommitId) -> Memory {
    let mut memory = load(path);
    memory.compare(cx, path, tip);
    memory
}

/// Runs `work` under a lock. The lock ends with the process that holds it, in whatever way
/// the process ends.
fn locked<T>(cx: &Context, target: &Target, work: impl FnOnce(PathBuf) -> Result<T>) -> Result<T> {
    let path = file(cx, target);
    under_lock(cx, &path, || work(path.clone()))
}

/// Runs `work`, which writes this file, under the lock of its folder.
fn under_lock<T>(cx: &Context, path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let failed = || format!("{} cannot be written", path.display());
    let lock = lock_file(&path.with_file_name("lock")).or_fail(Kind::Internal, failed)?;
    if !lock_within(&lock, cx.config.timeout).or_fail(Kind::Internal, failed)? {
        return Err(Error::new(
            Kind::Unavailable,
            format!(
                "another aidf process has locked {} for a long time",
                path.display()
            ),
        ));
    }
    work()
}

fn save(path: &Path, value: &impl Serialize) -> Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    let text = serde_json::to_vec(value).or_fail(Kind::Internal, failed)?;
    write_whole(path, &text).or_fail(Kind::Internal, failed)
}
