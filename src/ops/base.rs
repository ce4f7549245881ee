//! What the files of a working copy were taken from: the base of every three-way merge.
//!
//! As git would have it, that is the merge base of HEAD and the branch's tip: HEAD moves
//! when git changes the files, so local commits are changes of ours. A fetch changes no
//! file, and so it changes no base. Over that, path by path, stands what was last written
//! from this working copy (or merged into it by `sandbox pull`): the landed commit has it,
//! and the file still holds it, until git rewrites the file. Git did so when
//!
//! - the landed commit is in HEAD's history, or
//! - the file was made after our record, and the index noted it since with the content that
//!   HEAD had at the time of the record, or that the published part of HEAD's history has.
//!   Git makes a file anew where it rewrites it; `git status` notes a file without making it
//!   anew; and `git add` notes content of the user's own.
//!
//! Without a clone (`-R`) the content replaces what the tip holds when the command starts.

use super::access::Target;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::{CommitId, Entry, Mode, ObjectId, TreePath, tracking_ref};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The memory of one branch, in the git directory of this worktree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Memory {
    written: BTreeMap<String, Record>,
    /// Files that `sandbox pull` put conflict markers into, until they are mended.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    marked: BTreeSet<String>,
}

/// What is known of one path.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    /// What the file held: `100644 <blob>`; none: it was not there.
    held: Option<String>,
    /// The commit that has it.
    commit: String,
    /// When the file was read or written, in nanoseconds since 1970.
    at: u64,
    /// What HEAD was at then.
    #[serde(default)]
    head: Option<String>,
}

/// A moment before the files are read; what git rewrites later is newer.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Before(u64);

impl Before {
    /// The present, by the clock that stamps files.
    pub fn now() -> Before {
        Before(nanos(SystemTime::now()))
    }
}

fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// The base of a merge, path by path.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Base {
    /// Trees of the commits that HEAD and the tip have in common; criss-cross histories
    /// have several.
    trees: Vec<ObjectId>,
    written: BTreeMap<String, Option<Entry>>,
    marked: BTreeSet<String>,
}

impl Base {
    /// The whole of a commit.
    ///
    /// Errors: not_found, when it is not here.
    pub fn of_commit(cx: &Context, commit: CommitId) -> Result<Base> {
        Ok(Base {
            trees: vec![cx.store.commit(commit)?.tree],
            ..Base::default()
        })
    }

    /// What this working copy's files were taken from, for a branch that is at `tip`.
    ///
    /// A history that has nothing in common with the branch, or is cut before it (a shallow
    /// clone), counts from HEAD itself: only what differs from the checkout is ours.
    pub fn of_working_copy(cx: &Context, target: &Target, tip: CommitId) -> Result<Base> {
        let Some(head) = cx.store.head() else {
            return Ok(Base::default());
        };
        let mut commits = cx.store.merge_bases(head, tip);
        if commits.is_empty() {
            commits.push(head);
        }
        let trees = commits
            .into_iter()
            .map(|id| Ok(cx.store.commit(id)?.tree))
            .collect::<Result<_>>()?;
        Ok(Base {
            trees,
            written: standing(cx, target, head),
            marked: load(&file(cx, target)).marked,
        })
    }

    /// What the files were taken from, where the checkout shall go to the branch: HEAD, and
    /// what was written to the branch from here.
    pub fn of_checkout(cx: &Context, target: &Target, head: CommitId) -> Result<Base> {
        Ok(Base {
            trees: vec![cx.store.commit(head)?.tree],
            written: standing(cx, target, head),
            marked: BTreeSet::new(),
        })
    }

    /// The trees of the commits that the files were taken from.
    pub fn trees(&self) -> &[ObjectId] {
        &self.trees
    }

    /// The paths that stand for themselves.
    pub fn written(&self) -> impl Iterator<Item = (&str, Option<Entry>)> {
        self.written.iter().map(|(p, e)| (p.as_str(), *e))
    }

    /// Whether `sandbox pull` put conflict markers into the file.
    pub fn is_marked(&self, path: &str) -> bool {
        self.marked.contains(path)
    }

    /// What the path may have been taken from: one answer, or several where that is open.
    pub fn entries(&self, cx: &Context, path: &str) -> Result<Vec<Option<Entry>>> {
        if let Some(entry) = self.written.get(path) {
            return Ok(vec![*entry]);
        }
        let mut found = Vec::new();
        for tree in &self.trees {
            let entry = cx.store.entry(*tree, path.as_bytes())?;
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
        if found.is_empty() {
            found.push(None);
        }
        Ok(found)
    }
}

/// The records that git has not overtaken.
fn standing(cx: &Context, target: &Target, head: CommitId) -> BTreeMap<String, Option<Entry>> {
    let memory = load(&file(cx, target));
    if memory.written.is_empty() {
        return BTreeMap::new();
    }
    // Reading the index costs by the repository: only where a file was made anew.
    let (stamps, published) = (OnceCell::new(), OnceCell::new());
    let mut in_head: BTreeMap<String, bool> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (path, record) in memory.written {
        let overtaken = *in_head.entry(record.commit.clone()).or_insert_with(|| {
            CommitId::parse(&record.commit).is_ok_and(|id| cx.store.is_ancestor(id, head))
        });
        let held = match &record.held {
            None => None,
            Some(text) => match read_entry(text).filter(|e| cx.store.has(e.id)) {
                Some(entry) => Some(entry),
                // Content that git has collected since is as if it had never been written.
                None => continue,
            },
        };
        let put_back = || {
            let stamps = stamps.get_or_init(|| cx.store.index_stamps());
            // An index that cannot be read tells nothing: then the file's own age must do.
            let Some(stamps) = stamps else { return true };
            let Some(stamp) = stamps.get(path.as_bytes()) else {
                return false;
            };
            if held.map(|e| e.id) == Some(stamp.id) || !stamp.is_newer_than(record.at) {
                return false;
            }
            let then = record.head.as_deref();
            let then = then.and_then(|h| CommitId::parse(h).ok());
            let published = *published.get_or_init(|| published_part(cx, head));
            [then, published].into_iter().flatten().any(|id| {
                let tree = cx.store.commit(id).map(|c| c.tree);
                let entry = tree.and_then(|t| cx.store.entry(t, path.as_bytes()));
                entry.is_ok_and(|e| e.map(|e| e.id) == Some(stamp.id))
            })
        };
        let rewritten = made_after(cx, &path, record.at) && put_back();
        if !overtaken && !rewritten {
            found.insert(path, held);
        }
    }
    found
}

/// The newest commit of HEAD's own line that a remote has.
fn published_part(cx: &Context, head: CommitId) -> Option<CommitId> {
    let local = cx.store.local_commits(head, cx.remote.name()).ok()?;
    let local: BTreeSet<CommitId> = local.into_iter().collect();
    let mut at = head;
    while local.contains(&at) {
        at = *cx.store.commit(at).ok()?.parents.first()?;
    }
    Some(at)
}

/// Whether the file was made after a moment; true where nobody can tell.
fn made_after(cx: &Context, path: &str, at: u64) -> bool {
    let Some(root) = cx.store.work_dir() else {
        return true;
    };
    match root.join(path).symlink_metadata() {
        Ok(meta) => meta.created().map_or(true, |made| nanos(made) > at),
        // Gone: git took it away, or the user did. The index tells them apart.
        Err(_) => false,
    }
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
    remember_pull(cx, target, tip, written, at, std::iter::empty());
}

/// The same of files that took up what the branch has; `marked` hold conflict markers.
pub(in crate::ops) fn remember_pull<'a>(
    cx: &Context,
    target: &Target,
    tip: CommitId,
    written: &[(String, Option<Entry>)],
    at: Before,
    marked: impl Iterator<Item = &'a str>,
) {
    let tracking = tracking_ref(cx.remote.name(), &target.branch);
    let result = match cx.store.is_cache() || written.is_empty() {
        true => Ok(()),
        false => locked(cx, target, |path| {
            let mut memory = load(&path);
            let head = cx.store.head();
            if let Some(head) = head {
                let here = standing(cx, target, head);
                memory.written.retain(|p, _| here.contains_key(p));
            }
            memory.written.extend(written.iter().map(|(path, held)| {
                let record = Record {
                    held: held.map(write_entry),
                    commit: tip.to_string(),
                    at: at.0,
                    head: head.map(|h| h.to_string()),
                };
                (path.clone(), record)
            }));
            for (path, _) in written {
                memory.marked.remove(path);
            }
            memory.marked.extend(marked.map(str::to_owned));
            save(&path, &memory)
        }),
    };
    let result = result.and_then(|()| cx.store.set_ref(&tracking, tip, "aidf: push"));
    if let Err(e) = result {
        cx.warn(format!(
            "the write landed, but this clone could not remember it: {e}"
        ));
    }
}

fn file(cx: &Context, target: &Target) -> PathBuf {
    let escape = |name: &str| name.replace('%', "%25").replace('/', "%2F");
    cx.store.git_dir().join("aidf").join("taken").join(format!(
        "{}@{}.json",
        escape(cx.remote.name()),
        escape(target.name())
    ))
}

/// A memory that cannot be read is none: then HEAD alone counts.
fn load(path: &Path) -> Memory {
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

fn read_entry(text: &str) -> Option<Entry> {
    let (mode, id) = text.split_once(' ')?;
    Some(Entry {
        id: ObjectId::parse(id).ok()?,
        mode: match mode {
            "100755" => Mode::Executable,
            _ => Mode::File,
        },
    })
}

/// Paths that `commit -a` takes besides git's own changes: those of local commits, and
/// those written from here, whatever HEAD says of them.
///
/// Errors: internal, when the history cannot be walked.
pub(in crate::ops) fn own_paths(cx: &Context, target: &Target) -> Result<Vec<TreePath>> {
    let mut found = Vec::new();
    let Some(head) = cx.store.head() else {
        return Ok(found);
    };
    for id in cx.store.local_commits(head, cx.remote.name())? {
        let commit = cx.store.commit(id)?;
        let before = match commit.parents.first() {
            // Where a shallow clone is cut nobody knows what came before.
            Some(parent) if !cx.store.has_commit(*parent) => continue,
            Some(parent) => Some(cx.store.commit(*parent)?.tree),
            None => None,
        };
        for change in cx.store.changes(before, Some(commit.tree), false)? {
            let text = std::str::from_utf8(&change.path).ok();
            found.extend(text.and_then(|p| TreePath::new(p).ok()));
        }
    }
    let written = standing(cx, target, head);
    found.extend(written.keys().filter_map(|p| TreePath::new(p).ok()));
    found.sort();
    found.dedup();
    Ok(found)
}

/// The commit that `--base` names.
///
/// Errors: usage, for a revision that this clone does not have.
pub(in crate::ops) fn named(cx: &Context, revision: &str) -> Result<CommitId> {
    cx.store.resolve(revision).ok_or_else(|| {
        Error::new(
            Kind::Usage,
            format!("--base names `{revision}`, which is no commit of this clone"),
        )
        .hint("give a commit's id, or a branch or tag that `git log` knows")
    })
}
