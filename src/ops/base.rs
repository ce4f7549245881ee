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
//!   anew; and `git add` notes content of the user's own. Where a local commit brought that
//!   content, it was taken from what was written from here before that commit.
//! - the file is gone, HEAD and the index lack it, and HEAD has been at a commit since that
//!   has it: git takes a file away when it leaves such a commit.
//!
//! Without a clone (`-R`) the content replaces what the tip holds when the command starts.

use super::access::Target;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::{
    CommitId, Entry, HeadMove, IndexStamp, Labels, MAX_TEXT, MergedText, Mode, ObjectId, TreePath,
    tracking_ref,
};
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
    /// Whether the file's content was written to the branch, and not the other way round.
    #[serde(default)]
    landed: bool,
    /// The records before it, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Earlier>,
}

/// A record that a later one took the place of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Earlier {
    held: Option<String>,
    at: u64,
    head: Option<String>,
    #[serde(default)]
    landed: bool,
}

impl Record {
    fn new(held: Option<Entry>, commit: CommitId, at: Before, head: Option<CommitId>) -> Record {
        Record {
            held: held.map(write_entry),
            commit: commit.to_string(),
            at: at.0,
            head: head.map(|h| h.to_string()),
            landed: false,
            earlier: Vec::new(),
        }
    }
}

impl Memory {
    /// Takes a new record of a path; the one before it becomes an earlier one.
    fn put(&mut self, path: &str, mut record: Record) {
        let before = self.written.remove(path);
        record.earlier = before.map(Record::into_earlier).unwrap_or_default();
        self.written.insert(path.to_owned(), record);
    }
}

/// Earlier records that are kept of a path.
const MOST_EARLIER: usize = 16;

impl Record {
    /// The record and those before it, as what comes before a new one.
    fn into_earlier(self) -> Vec<Earlier> {
        let mut all = self.earlier;
        all.push(Earlier {
            held: self.held,
            at: self.at,
            head: self.head,
            landed: self.landed,
        });
        let from = all.len().saturating_sub(MOST_EARLIER);
        all.split_off(from)
    }
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

/// A moment in nanoseconds since 1970, in seconds.
fn seconds(at: u64) -> i64 {
    i64::try_from(at / 1_000_000_000).unwrap_or(i64::MAX)
}

/// The base of a merge, path by path.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Base {
    /// Trees of the commits that HEAD and the tip have in common; criss-cross histories
    /// have several.
    trees: Vec<ObjectId>,
    written: BTreeMap<String, Written>,
    marked: BTreeSet<String>,
}

/// What was last written from here.
#[derive(Debug, Clone)]
struct Written {
    /// What the file held then; several where nobody can tell which.
    held: Vec<Option<Entry>>,
    /// Whether git may have put back what the trees hold since.
    or_trees: bool,
}

impl Written {
    fn of(held: Option<Entry>) -> Written {
        Written {
            held: vec![held],
            or_trees: false,
        }
    }

    /// What the trees hold, and nothing else.
    fn of_trees() -> Written {
        Written {
            held: Vec::new(),
            or_trees: true,
        }
    }

    fn add(&mut self, held: Option<Entry>) {
        if !self.held.contains(&held) {
            self.held.push(held);
        }
    }
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
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.written.keys().map(String::as_str)
    }

    /// Whether `sandbox pull` put conflict markers into the file.
    pub fn is_marked(&self, path: &str) -> bool {
        self.marked.contains(path)
    }

    /// What the path may have been taken from: one answer, or several where that is open.
    pub fn entries(&self, cx: &Context, path: &str) -> Result<Vec<Option<Entry>>> {
        let mut found = Vec::new();
        if let Some(written) = self.written.get(path) {
            found.extend(&written.held);
            if !written.or_trees {
                return Ok(found);
            }
        }
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
fn standing(cx: &Context, target: &Target, head: CommitId) -> BTreeMap<String, Written> {
    let judged = judge_all(cx, &load(&file(cx, target)), head);
    let standing = judged.into_iter().filter_map(|(path, said)| match said {
        Said::Standing(written) => Some((path, written)),
        Said::InHead => None,
    });
    standing.collect()
}

/// What a record says.
enum Said {
    Standing(Written),
    /// HEAD has the landed commit: it says nothing until HEAD leaves that again.
    InHead,
}

/// Records that say nothing at present and are kept all the same: those of the latest paths.
const MOST_KEPT: usize = 1000;

/// What each record says that git has not undone for good.
fn judge_all(cx: &Context, memory: &Memory, head: CommitId) -> BTreeMap<String, Said> {
    let history = History::of(cx, head);
    let mut in_head: BTreeMap<String, bool> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (path, record) in &memory.written {
        let overtaken = *in_head.entry(record.commit.clone()).or_insert_with(|| {
            CommitId::parse(&record.commit).is_ok_and(|id| cx.store.is_ancestor(id, head))
        });
        let said = match overtaken {
            true => Some(Said::InHead),
            false => history.judge(path, record).map(Said::Standing),
        };
        found.extend(said.map(|said| (path.clone(), said)));
    }
    found
}

/// What git knows, looked up when a record needs it: reading the index costs by the
/// repository.
struct History<'a> {
    cx: &'a Context,
    head: CommitId,
    stamps: OnceCell<Option<BTreeMap<Vec<u8>, IndexStamp>>>,
    published: OnceCell<Option<CommitId>>,
    moves: OnceCell<Vec<HeadMove>>,
}

impl<'a> History<'a> {
    fn of(cx: &'a Context, head: CommitId) -> History<'a> {
        History {
            cx,
            head,
            stamps: OnceCell::new(),
            published: OnceCell::new(),
            moves: OnceCell::new(),
        }
    }

    /// What a record says of the file as it is now; nothing where the trees say it.
    fn judge(&self, path: &str, record: &Record) -> Option<Written> {
        let held = self.content(record.held.as_deref())?;
        let as_written = |or_trees: bool| {
            Some(Written {
                held: vec![held],
                or_trees,
            })
        };
        if is_gone(self.cx, path) {
            return match self.left_behind(path, record) {
                true => None,
                false => as_written(false),
            };
        }
        if !made_after(self.cx, path, record.at) {
            return as_written(false);
        }
        let stamps = self.stamps.get_or_init(|| self.cx.store.index_stamps());
        // An index that cannot be read tells nothing: then the file's own age must do.
        let stamp = stamps.as_ref()?.get(path.as_bytes());
        let Some(stamp) = stamp.filter(|s| held.map(|e| e.id) != Some(s.id)) else {
            return as_written(false);
        };
        let newer = stamp.is_newer_than(record.at);
        if newer == Some(false) {
            return as_written(false);
        }
        let has_it = |commit: &CommitId| self.entry(*commit, path).map(|e| e.id) == Some(stamp.id);
        let published = *self
            .published
            .get_or_init(|| published_part(self.cx, self.head));
        let then = record.head.as_deref();
        let then = then.and_then(|h| CommitId::parse(h).ok()).filter(has_it);
        // HEAD may have gone to local commits since that are older than the record.
        let older = |head: &CommitId| {
            let brought = self.brought(path, *head, stamp.id);
            brought.is_some_and(|(_, time)| time < seconds(record.at))
        };
        let then = then.or_else(|| Some(self.head).filter(has_it).filter(older));
        let mut written = match (published.filter(has_it), then) {
            (Some(_), _) => Written::of_trees(),
            (None, Some(then)) => self.before_commit(path, record, then, stamp.id),
            // What the user added by hand may come from either.
            (None, None) => return as_written(true),
        };
        if newer.is_none() {
            written.add(held);
        }
        (!written.held.is_empty()).then_some(written)
    }

    /// Whether git took a file away with a commit that HEAD left after the record was made.
    fn left_behind(&self, path: &str, record: &Record) -> bool {
        let stamps = self.stamps.get_or_init(|| self.cx.store.index_stamps());
        let tracked = stamps
            .as_ref()
            .is_some_and(|s| s.contains_key(path.as_bytes()));
        if tracked || self.entry(self.head, path).is_some() {
            return false;
        }
        let moves = self.moves.get_or_init(|| self.cx.store.head_moves());
        // Where it was at the time counts as well. The log knows seconds alone: what came
        // before in the same second is told by where HEAD was.
        let then = record.head.as_deref();
        let then = then.and_then(|h| CommitId::parse(h).ok());
        let at_then = |m: &HeadMove| match then {
            Some(then) => m.to == then && m.at <= seconds(record.at),
            None => m.at < seconds(record.at),
        };
        let since = moves
            .iter()
            .position(at_then)
            .map_or(moves.len(), |n| n + 1);
        moves[..since].iter().enumerate().any(|(at, m)| {
            // Where HEAD went on from such a commit, or that was made anew, it is the user
            // who removed the file.
            let amended = at > 0 && moves[at - 1].amends;
            !amended
                && self.entry(m.to, path).is_some()
                && !self.cx.store.is_ancestor(m.to, self.head)
        })
    }

    /// What a file was taken from that is as a local commit of HEAD's line has it, `blob`:
    /// what the record says that stood when that commit was made.
    fn before_commit(
        &self,
        path: &str,
        record: &Record,
        then: CommitId,
        blob: ObjectId,
    ) -> Written {
        let earlier = record.earlier.iter().rev();
        let mut held = earlier
            .clone()
            .filter_map(|e| self.content(e.held.as_deref()));
        // What was written since is no change any more.
        if let Some(same) = held.find(|e| e.map(|e| e.id) == Some(blob)) {
            return Written::of(same);
        }
        let Some((brought, brought_at)) = self.brought(path, then, blob) else {
            return Written::of_trees();
        };
        let had_it = |head: &Option<String>| {
            let head = head.as_deref();
            let head = head.and_then(|h| CommitId::parse(h).ok());
            head.is_some_and(|h| self.cx.store.is_ancestor(brought, h))
        };
        // Content that was written from here on top of the commit took its changes along,
        // or the user replaced them: either way they are no changes any more.
        let on_top = record.landed && had_it(&record.head);
        if on_top || record.earlier.iter().any(|e| e.landed && had_it(&e.head)) {
            return Written::of(self.entry(then, path));
        }
        let mut earlier = earlier;
        let found = earlier.find(|e| !had_it(&e.head) && seconds(e.at) <= brought_at);
        let Some((found, base)) =
            found.and_then(|found| Some((found, self.content(found.held.as_deref())?)))
        else {
            return Written::of_trees();
        };
        // Where what was written since holds all that the commit changed, its content is no
        // change any more: others may have changed that since.
        let since = std::iter::once(record.held.as_deref()).chain(
            record
                .earlier
                .iter()
                .rev()
                .take_while(|e| e.at > found.at)
                .map(|e| e.held.as_deref()),
        );
        let mut since = since.filter_map(|held| self.content(held)).flatten();
        if let Some(base) = base
            && since.any(|later| self.holds_change(base.id, blob, later.id))
        {
            return Written::of(Some(Entry { id: blob, ..base }));
        }
        let mut taken = Written::of(base);
        // Git may have put the file back before that commit was made: then it was built on
        // what its parent has. It was not where it holds what the record has besides.
        let parent = self.cx.store.commit(brought).ok();
        let parent = parent.and_then(|c| c.parents.first().copied());
        let Some((parent, theirs)) = parent.and_then(|p| Some((p, self.entry(p, path)?.id))) else {
            return taken;
        };
        let built_on_record =
            base.is_some_and(|b| b.id == theirs || self.holds_change(theirs, b.id, blob));
        let published = *self
            .published
            .get_or_init(|| published_part(self.cx, self.head));
        if built_on_record {
            return taken;
        }
        if published.is_some_and(|p| self.cx.store.is_ancestor(parent, p)) {
            taken.or_trees = true;
            return taken;
        }
        let other = self.before_commit(path, record, parent, theirs);
        taken.or_trees |= other.or_trees;
        for held in other.held {
            taken.add(held);
        }
        taken
    }

    /// Whether `later` holds all that changed from `from` to `to`.
    fn holds_change(&self, from: ObjectId, to: ObjectId, later: ObjectId) -> bool {
        let store = &self.cx.store;
        let read = |id| match store.blob_size(id) {
            Ok(size) if size <= MAX_TEXT => store.read_blob(id).ok(),
            _ => None,
        };
        let (Some(from), Some(to), Some(later)) = (read(from), read(to), read(later)) else {
            return false;
        };
        let labels = Labels {
            ours: "ours",
            theirs: "theirs",
        };
        let merged = store.merge_text(&from, &to, &later, labels);
        merged.is_ok_and(|m| m == MergedText::Clean(later))
    }

    /// The commit of a line that brought the content that its tip has, and when it did, in
    /// seconds since 1970.
    fn brought(&self, path: &str, tip: CommitId, blob: ObjectId) -> Option<(CommitId, i64)> {
        let mut brought = self.cx.store.commit(tip).ok()?;
        while let Some(parent) = brought.parents.first().copied() {
            if self.entry(parent, path).map(|e| e.id) != Some(blob) {
                break;
            }
            brought = self.cx.store.commit(parent).ok()?;
        }
        Some((brought.id, brought.time))
    }

    fn entry(&self, commit: CommitId, path: &str) -> Option<Entry> {
        let tree = self.cx.store.commit(commit).ok()?.tree;
        self.cx.store.entry(tree, path.as_bytes()).ok()?
    }

    /// What a record says that the file held. Content that git has collected since is as if
    /// it had never been written.
    fn content(&self, held: Option<&str>) -> Option<Option<Entry>> {
        match held {
            None => Some(None),
            Some(text) => read_entry(text)
                .filter(|e| self.cx.store.has(e.id))
                .map(Some),
        }
    }
}

/// Keeps no more records than are worth it of those that say nothing.
fn forget_oldest(memory: &mut Memory, is_idle: impl Fn(&str) -> bool) {
    let idle = memory.written.iter().filter(|(p, _)| is_idle(p));
    let mut idle: Vec<(u64, String)> = idle.map(|(p, r)| (r.at, p.clone())).collect();
    idle.sort();
    let surplus = idle.len().saturating_sub(MOST_KEPT);
    for (_, path) in idle.drain(..surplus) {
        memory.written.remove(&path);
    }
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

/// Whether a working tree lacks the file.
fn is_gone(cx: &Context, path: &str) -> bool {
    cx.store
        .work_dir()
        .is_some_and(|root| root.join(path).symlink_metadata().is_err())
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
    let record = |memory: &mut Memory| {
        let head = cx.store.head();
        for (path, held) in written {
            let mut record = Record::new(*held, tip, at, head);
            record.landed = true;
            memory.put(path, record);
            memory.marked.remove(path);
        }
    };
    keep(cx, target, tip, !written.is_empty(), record);
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
            let commit = CommitId::parse(&record.commit).ok();
            match (&before.held[..], before.or_trees, commit) {
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
                let said = judge_all(cx, &memory, head);
                memory.written.retain(|p, _| said.contains_key(p));
                let in_head = |p: &str| matches!(said.get(p), Some(Said::InHead));
                forget_oldest(&mut memory, in_head);
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
