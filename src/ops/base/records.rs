//! What this working copy remembers of the files of a branch: a file for each branch in
//! the git directory of the worktree.

use super::history::{History, Said, judge_all};
use crate::context::Context;
use crate::error::{Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::{CommitId, Entry, Mode, ObjectId, Store, tracking_ref};
use crate::ops::access::Target;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The memory of one branch, in the git directory of this worktree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    pub written: BTreeMap<String, Record>,
    /// What was written from elsewhere than the working tree's own files, such as standard
    /// input: it says nothing of those files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    elsewhere: BTreeMap<String, Record>,
    /// Files that `sandbox pull` or `sync` put conflict markers into, until they are mended.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub marked: BTreeSet<String>,
    /// HEAD when it was last asked which of the records are in its history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<String>,
}

/// What a file held at a moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stand {
    /// `100644 <blob>`; none: it was not there.
    pub held: Option<String>,
    /// When the file was read or written, in nanoseconds since 1970.
    pub at: u64,
    /// What HEAD was at then.
    #[serde(default)]
    head: Option<String>,
    /// Whether the file's content was written to the branch, and not the other way round.
    #[serde(default)]
    pub landed: bool,
}

impl Stand {
    /// What HEAD was at then.
    pub fn head(&self) -> Option<CommitId> {
        CommitId::parse(self.head.as_deref()?).ok()
    }

    /// When it was, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        i64::try_from(self.at / 1_000_000_000).unwrap_or(i64::MAX)
    }
}

/// What is known of one path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub now: Stand,
    /// The commit that has it.
    commit: String,
    /// Whether the memory's HEAD has that commit; none: nobody has asked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_head: Option<bool>,
    /// What it held before, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Stand>,
}

impl Record {
    fn new(held: Option<Entry>, commit: CommitId, at: Before, head: Option<CommitId>) -> Record {
        Record {
            now: Stand {
                held: held.map(write_entry),
                at: at.0,
                head: head.map(|h| h.to_string()),
                landed: false,
            },
            commit: commit.to_string(),
            in_head: None,
            earlier: Vec::new(),
        }
    }

    /// The commit that has it.
    fn commit(&self) -> Option<CommitId> {
        CommitId::parse(&self.commit).ok()
    }

    /// Whether HEAD has the commit, as of when the memory was last brought up to HEAD.
    pub fn in_head(&self) -> bool {
        self.in_head.unwrap_or(false)
    }

    /// The record and those before it, as what comes before a new one.
    fn into_earlier(self) -> Vec<Stand> {
        let mut all = self.earlier;
        all.push(self.now);
        let from = all.len().saturating_sub(MOST_EARLIER);
        all.split_off(from)
    }
}

impl Memory {
    /// What was written from elsewhere and HEAD has not.
    pub fn elsewhere(&self, cx: &Context, head: CommitId) -> BTreeMap<String, Option<Entry>> {
        let mut in_head: BTreeMap<&str, bool> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (path, record) in &self.elsewhere {
            let has = || {
                record
                    .commit()
                    .is_some_and(|c| cx.store.is_ancestor(c, head))
            };
            if *in_head.entry(&record.commit).or_insert_with(has) {
                continue;
            }
            let held = record.now.held.as_deref().and_then(read_entry);
            // Content that git has collected since is as if it had never been written.
            if held.is_none_or(|e| cx.store.has(e.id)) {
                found.insert(path.clone(), held);
            }
        }
        found
    }

    /// Finds which records HEAD has in its history.
    ///
    /// An answer stands as long as HEAD does, and that it has a commit as long as it only
    /// goes forward: a commit asks for few, however many the memory holds.
    pub fn bring_up_to(&mut self, store: &Store, head: CommitId) {
        let before = self.head.as_deref();
        let before = before.and_then(|h| CommitId::parse(h).ok());
        // A shallow clone may learn of older commits.
        let stayed = before == Some(head) && !store.is_shallow();
        let forward = stayed || before.is_some_and(|b| store.is_ancestor(b, head));
        let mut asked: BTreeMap<String, bool> = BTreeMap::new();
        for record in self.written.values_mut() {
            record.in_head = match record.in_head {
                Some(known) if stayed || (known && forward) => Some(known),
                _ => {
                    let ask = || record.commit().is_some_and(|c| store.is_ancestor(c, head));
                    Some(*asked.entry(record.commit.clone()).or_insert_with(ask))
                }
            };
        }
        self.head = Some(head.to_string());
    }

    /// Takes a new record of a path; the one before it becomes an earlier one.
    fn put(&mut self, path: &str, mut record: Record) {
        let before = self.written.remove(path);
        record.earlier = before.map(Record::into_earlier).unwrap_or_default();
        self.written.insert(path.to_owned(), record);
    }
}

/// Earlier records that are kept of a path.
const MOST_EARLIER: usize = 16;

/// A moment before the files are read; what git rewrites later is newer.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Before(u64);

impl Before {
    /// The present, by the clock that stamps files.
    pub fn now() -> Before {
        Before(nanos(SystemTime::now()))
    }
}

pub(super) fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// Remembers that the branch is at `tip`, and what the files held that it was written from.
///
/// Best effort: the write has landed, whatever happens here.
pub(in crate::ops) fn remember(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    written: &[(String, Option<Entry>)],
    at: Before,
) {
    let record = |memory: &mut Memory| {
        let head = cx.store.head();
        for (path, held) in written {
            let mut record = Record::new(*held, tip, at, head);
            record.now.landed = true;
            memory.put(path, record);
            memory.marked.remove(path);
        }
    };
    keep(cx, target, tip, !written.is_empty(), record);
}

/// As [`remember`], of writes where some contents came from `elsewhere` than the working
/// tree's own files.
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
    keep(cx, target, tip, true, |memory| {
        for (path, held) in others {
            let record = Record::new(held, tip, at, cx.store.head());
            memory.elsewhere.insert(path, record);
        }
    });
}

/// As [`remember`], of a rollback: `made` is all that it changed on the branch, and whoever
/// writes such a path from elsewhere again goes on from that.
pub(in crate::ops) fn remember_rollback(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    same: &[(String, Option<Entry>)],
    made: Vec<(String, Option<Entry>)>,
    at: Before,
) {
    remember(cx, target, tip, same, at);
    keep(cx, target, tip, !made.is_empty(), |memory| {
        for (path, held) in made {
            if let Some(record) = memory.elsewhere.get_mut(&path) {
                *record = Record::new(held, tip, at, cx.store.head());
            }
        }
    });
}

/// Remembers files that took up what the branch has; `marked` hold conflict markers.
pub(in crate::ops) fn remember_pull<'a>(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    written: &[(String, Option<Entry>)],
    at: Before,
    marked: impl Iterator<Item = &'a str>,
) {
    let record = |memory: &mut Memory| {
        let head = cx.store.head();
        for (path, held) in written {
            memory.put(path, Record::new(*held, tip, at, head));
            memory.marked.remove(path);
        }
        memory.marked.extend(marked.map(str::to_owned));
    };
    keep(cx, target, tip, !written.is_empty(), record);
}

/// Remembers files that the checkout took from `to`, where the branch is at `tip`.
pub(in crate::ops) fn remember_switch(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    to: CommitId,
    taken: &[(String, Option<Entry>)],
    at: Before,
) {
    let published = cx.store.is_ancestor(to, tip);
    let record = |memory: &mut Memory| {
        let history = History::of(cx, to);
        for (path, held) in taken {
            memory.marked.remove(path);
            if published {
                memory.put(path, Record::new(*held, to, at, Some(to)));
                continue;
            }
            // A local commit's content was taken from what stood when it was made.
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
                // In doubt it stays as it is: the records tell the same later.
                _ => {}
            }
        }
    };
    keep(cx, target, tip, !taken.is_empty(), record);
}

/// Changes the memory, where there is something to change, and notes that the branch is at
/// `tip`.
fn keep(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    changes: bool,
    record: impl FnOnce(&mut Memory),
) {
    let result = match cx.store.is_cache() || !changes {
        true => Ok(()),
        false => locked(cx, target, |path| {
            let mut memory = load(&path);
            if let Some(head) = cx.store.head() {
                memory.bring_up_to(&cx.store, head);
                let said = judge_all(cx, &memory, head);
                memory.written.retain(|p, _| said.contains_key(p));
                let is_idle = |p: &str| matches!(said.get(p), Some(Said::Nothing));
                forget_oldest(&mut memory, is_idle);
                let standing = memory.elsewhere(cx, head);
                memory.elsewhere.retain(|p, _| standing.contains_key(p));
            }
            record(&mut memory);
            save(&path, &memory)
        }),
    };
    let tracking = tracking_ref(cx.remote.name(), &target.branch);
    let result = result.and_then(|()| cx.store.set_ref(&tracking, tip, "aidf: push"));
    if let Err(e) = result {
        cx.warn(format!(
            "the write landed, but this clone could not remember it: {e}"
        ));
    }
}

/// Records that say nothing at present and are kept all the same: those of the latest paths.
const MOST_KEPT: usize = 1000;

/// Keeps no more records than are worth it of those that say nothing.
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

/// A memory that cannot be read is none: then HEAD alone counts.
pub(super) fn load(path: &Path) -> Memory {
    std::fs::read_to_string(path)
        .ok()
        .and_then(|t| serde_json::from_str(&t).ok())
        .unwrap_or_default()
}

/// The lock ends with the process that holds it, however that ends.
fn locked<T>(cx: &Context, target: &Target, work: impl FnOnce(PathBuf) -> Result<T>) -> Result<T> {
    let path = file(cx, target);
    let failed = || format!("{} cannot be written", path.display());
    std::fs::create_dir_all(path.parent().unwrap_or(&path)).or_fail(Kind::Internal, failed)?;
    let lock = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.with_file_name("lock"))
        .or_fail(Kind::Internal, failed)?;
    lock.lock().or_fail(Kind::Internal, failed)?;
    work(path.clone())
}

fn save(path: &Path, memory: &Memory) -> Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    let text = serde_json::to_vec(memory).or_fail(Kind::Internal, failed)?;
    write_whole(path, &text).or_fail(Kind::Internal, failed)
}

fn write_entry(entry: Entry) -> String {
    let mode = match entry.mode {
        Mode::Executable => "100755",
        _ => "100644",
    };
    format!("{mode} {}", entry.id)
}

pub(super) fn read_entry(text: &str) -> Option<Entry> {
    let (mode, id) = text.split_once(' ')?;
    Some(Entry {
        id: ObjectId::parse(id).ok()?,
        mode: match mode {
            "100755" => Mode::Executable,
            _ => Mode::File,
        },
    })
}

/// For fuzzing: what may stand in such a file is read, written and read alike.
#[cfg(any(fuzzing, test))]
pub(in crate::ops) fn reread(data: &[u8]) {
    let Ok(memory) = serde_json::from_slice::<Memory>(data) else {
        return;
    };
    for record in memory.written.into_values() {
        let all = record.into_earlier();
        assert!(all.len() <= MOST_EARLIER);
        for entry in all.into_iter().filter_map(|e| read_entry(&e.held?)) {
            assert_eq!(read_entry(&write_entry(entry)), Some(entry));
        }
    }
}
