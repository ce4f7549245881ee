//! What a working copy has seen of a branch: the base of every three-way merge.
//!
//! The tracking ref is it as long as git moved it. When aidf moves it, over its own
//! commit or on resuming a sandbox, the files of the working tree have not taken up
//! what others wrote before: then what was seen stays what it was, and of each path
//! written from here the content is remembered as it was read.

use super::access::Target;
use crate::context::Context;
use crate::error::{Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::{CommitId, Entry, Mode, ObjectId, tracking_ref};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The memory of one branch, in the git directory of this worktree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Memory {
    /// The commit whose files the working tree knows.
    seen: Option<String>,
    /// Of each path written from here, what was read: `100644 <blob>`; none: removed.
    written: BTreeMap<String, Option<String>>,
}

/// The base of a merge, path by path.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Base {
    /// The commit whose files the working tree knows.
    pub seen: Option<CommitId>,
    written: BTreeMap<String, Option<Entry>>,
}

impl Base {
    /// The whole of a commit.
    pub fn all_of(commit: CommitId) -> Self {
        Base {
            seen: Some(commit),
            written: BTreeMap::new(),
        }
    }

    /// What the working copy knew at `path`.
    pub fn entry(&self, cx: &Context, path: &str) -> Result<Option<Entry>> {
        if let Some(entry) = self.written.get(path) {
            return Ok(*entry);
        }
        match self.seen {
            Some(id) => cx.store.entry(cx.store.commit(id)?.tree, path.as_bytes()),
            None => Ok(None),
        }
    }
}

/// Reads what was seen of the target's branch, which is at `tip` now.
///
/// A clone that never saw it is taken to know what its HEAD has in common with it; a
/// cache, which has no files of its own, to know the tip and what was written through it.
pub(in crate::ops) fn base(cx: &Context, target: &Target, tip: CommitId) -> Base {
    let store = &cx.store;
    let here = |id: &CommitId| store.has_commit(*id);
    let memory = load(cx, target);
    if store.is_cache() {
        return Base {
            seen: Some(tip),
            written: remembered(cx, memory.written),
        };
    }
    let tracking = store
        .local_ref(&tracking_ref(cx.remote.name(), &target.branch))
        .filter(here);
    if let Some(fetched) = tracking.filter(|t| left_at(cx, target) != Some(*t)) {
        return Base {
            seen: Some(fetched),
            written: BTreeMap::new(),
        };
    }
    let known = memory
        .seen
        .and_then(|s| CommitId::parse(&s).ok())
        .filter(here);
    let seen = known.or_else(|| in_common(cx, tip));
    Base {
        seen,
        written: remembered(cx, memory.written),
    }
}

fn remembered(
    cx: &Context,
    written: BTreeMap<String, Option<String>>,
) -> BTreeMap<String, Option<Entry>> {
    written
        .into_iter()
        .filter_map(|(path, text)| match text {
            None => Some((path, None)),
            // Content that git has collected since is as if it had never been written.
            Some(text) => read_entry(&text)
                .filter(|e| cx.store.has(e.id))
                .map(|e| (path, Some(e))),
        })
        .collect()
}

fn in_common(cx: &Context, tip: CommitId) -> Option<CommitId> {
    match cx.store.head() {
        Some(head) => cx.store.merge_base(head, tip).or(Some(head)),
        None => Some(tip),
    }
}

/// Remembers that the branch is at `tip` by a write from here: the tracking ref follows,
/// what was seen does not. `written` are the paths as they were read.
///
/// Best effort: the write has landed, whatever happens here.
pub(in crate::ops) fn moved(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    base: &Base,
    written: &[(String, Option<Entry>)],
) {
    let name = tracking_ref(cx.remote.name(), &target.branch);
    let result = locked(cx, target, |path| {
        let before = load_from(&path);
        let mut memory = Memory::default();
        // Of several writers in one clone each adds to what the others remember.
        if cx.store.local_ref(&name) == left_at(cx, target) {
            memory.written = before.written;
        }
        memory.written.extend(
            base.written
                .iter()
                .filter(|(p, _)| !memory.written.contains_key(*p))
                .map(|(p, e)| (p.clone(), e.map(write_entry)))
                .collect::<Vec<_>>(),
        );
        memory
            .written
            .extend(written.iter().map(|(p, e)| (p.clone(), e.map(write_entry))));
        memory.seen = base.seen.map(|s| s.to_string());
        save(&path, &memory)?;
        cx.store.set_ref(&mark(cx, target), tip, "aidf: push")?;
        cx.store.set_ref(&name, tip, "aidf: push")
    });
    if let Err(e) = result {
        cx.warn(format!(
            "the write landed, but this clone could not remember it: {e}"
        ));
    }
}

/// Where aidf left the tracking ref, in whatever worktree: a ref, as all share it.
fn mark(cx: &Context, target: &Target) -> String {
    format!("refs/aidf/tracking/{}/{}", cx.remote.name(), target.name())
}

fn left_at(cx: &Context, target: &Target) -> Option<CommitId> {
    cx.store.local_ref(&mark(cx, target))
}

fn file(cx: &Context, target: &Target) -> PathBuf {
    let name = target.name().replace('%', "%25").replace('/', "%2F");
    cx.store.git_dir().join("aidf").join("seen").join(format!(
        "{}@{name}.json",
        cx.remote.name().replace('/', "%2F")
    ))
}

fn load(cx: &Context, target: &Target) -> Memory {
    load_from(&file(cx, target))
}

/// A memory that cannot be read is none: then the tracking ref alone counts.
fn load_from(path: &Path) -> Memory {
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
        .open(path.with_file_name("turn"))
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
    format!(
        "{} {}",
        if entry.mode == Mode::Executable {
            "100755"
        } else {
            "100644"
        },
        entry.id
    )
}

fn read_entry(text: &str) -> Option<Entry> {
    let (mode, id) = text.split_once(' ')?;
    let mode = if mode == "100755" {
        Mode::Executable
    } else {
        Mode::File
    };
    Some(Entry {
        id: ObjectId::parse(id).ok()?,
        mode,
    })
}

/// For fuzzing: what may stand in such a file is read, written and read alike.
#[cfg(any(fuzzing, test))]
pub(in crate::ops) fn reread(data: &[u8]) {
    let Ok(memory) = serde_json::from_slice::<Memory>(data) else {
        return;
    };
    for entry in memory
        .written
        .values()
        .flatten()
        .filter_map(|t| read_entry(t))
    {
        let again = read_entry(&write_entry(entry));
        assert_eq!(again, Some(entry));
    }
}
