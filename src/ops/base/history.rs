//! Judges a record by git's index, HEAD, stashes and history: does the file still hold what was
//! written from here, or did git put something else in its place?

use super::record::{Memory, Record, Stand, is_kept, nanos, read_entry};
use crate::context::Context;
use crate::git::{CommitId, Entry, IndexStamp, Labels, MAX_TEXT, MergedText, ObjectId, RefMove};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// What was last written to a file from here.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// What the file held then; several versions if nobody can tell which.
    pub held: Vec<Option<Entry>>,
    /// Whether the file may hold what the trees hold instead, because git may have put that
    /// back.
    pub or_trees: bool,
}

impl Written {
    fn of(held: Option<Entry>) -> Written {
        Written {
            held: vec![held],
            or_trees: false,
        }
    }

    /// A file that holds what the trees hold, and nothing else.
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

/// The records of the paths that are asked for, as far as they still apply, because git did not
/// replace the files' content.
pub(super) fn standing(
    cx: &Context,
    mut memory: Memory,
    head: CommitId,
    is_asked_for: impl Fn(&str) -> bool,
) -> BTreeMap<String, Written> {
    memory.bring_up_to(&cx.store, head);
    let judged = judge(cx, &memory, head, is_asked_for);
    let standing = judged.into_iter().filter_map(|(path, said)| match said {
        Said::Standing(written) => Some((path, written)),
        Said::Nothing => None,
    });
    standing.collect()
}

/// What a record says about its file.
pub(super) enum Said {
    Standing(Written),
    /// HEAD has the landed commit, or git put something else in the file's place. The
    /// record may apply again when HEAD moves elsewhere.
    Nothing,
}

/// Judges the records of the paths that are asked for, each whose content is still in the store.
/// The caller must have brought the memory up to HEAD.
pub(super) fn judge(
    cx: &Context,
    memory: &Memory,
    head: CommitId,
    is_asked_for: impl Fn(&str) -> bool,
) -> BTreeMap<String, Said> {
    let history = History::of(cx, head);
    let mut found = BTreeMap::new();
    let asked = memory.written.iter().filter(|(path, _)| is_asked_for(path));
    for (path, record) in asked {
        let Some(held) = history.content(&record.now) else {
            continue;
        };
        let judged = match record.in_head() {
            true => None,
            false => history.judge(path, record, held),
        };
        let said = judged.map_or(Said::Nothing, Said::Standing);
        found.insert(path.clone(), said);
    }
    found
}

/// What git knows. It is read only when a record needs it, because reading the index takes
/// longer the larger the repository is.
pub(super) struct History<'a> {
    cx: &'a Context,
    head: CommitId,
    stamps: OnceCell<Option<BTreeMap<Vec<u8>, IndexStamp>>>,
    published: OnceCell<Option<CommitId>>,
    local: OnceCell<Option<BTreeSet<CommitId>>>,
    moves: OnceCell<Option<Vec<RefMove>>>,
    stashes: OnceCell<Vec<RefMove>>,
}

impl<'a> History<'a> {
    pub fn of(cx: &'a Context, head: CommitId) -> History<'a> {
        History {
            cx,
            head,
            stamps: OnceCell::new(),
            published: OnceCell::new(),
            local: OnceCell::new(),
            moves: OnceCell::new(),
            stashes: OnceCell::new(),
        }
    }

    /// What a record says about the file as it is now; `None` if the trees say what it
    /// holds.
    fn judge(&self, path: &str, record: &Record, held: Option<Entry>) -> Option<Written> {
        let as_written = || Some(Written::of(held));
        match made(self.cx, path) {
            Made::Gone if self.put_aside(path, &record.now) => return None,
            Made::Gone => match self.left_behind(path, &record.now) {
                Some(true) => return None,
                // The record and a move of HEAD are in the same second, and nobody can tell
                // which came first.
                None => {
                    return Some(Written {
                        held: vec![held],
                        or_trees: true,
                    });
                }
                Some(false) => {}
            },
            Made::At(at) if at <= record.now.at => return as_written(),
            Made::At(_) | Made::Unknown => {}
        }
        let stamps = self.stamps.get_or_init(|| self.cx.store.index_stamps());
        // An index that cannot be read says nothing. Then the age of the file must decide.
        let stamp = stamps.as_ref()?.get(path.as_bytes());
        let Some(stamp) = stamp.filter(|s| held.map(|e| e.id) != Some(s.id)) else {
            return as_written();
        };
        let newer = stamp.is_newer_than(record.now.at);
        if newer == Some(false) {
            return as_written();
        }
        let has_it = |commit: &CommitId| self.entry(*commit, path).map(|e| e.id) == Some(stamp.id);
        let then = record.now.head().filter(has_it);
        // HEAD may have moved since to local commits that are older than the record.
        let older = |head: &CommitId| {
            let brought = self.brought(path, *head, stamp.id);
            brought.is_some_and(|(_, time)| time < record.now.seconds())
        };
        let then = then.or_else(|| Some(self.head).filter(has_it).filter(older));
        let mut written = match (self.published().filter(has_it), then) {
            (Some(_), _) => Written::of_trees(),
            (None, Some(then)) => self.before_commit(path, record, then, stamp.id),
            // Content that the user added by hand may be based on the record or on the
            // trees. After a deletion it may also be based on the version that HEAD had at
            // the time, because git may have put that back.
            (None, None) => {
                let back = record.now.head().filter(|_| held.is_none());
                let back = back.and_then(|head| self.entry(head, path));
                let all = std::iter::once(held).chain(back.map(Some));
                return Some(Written {
                    held: all.collect(),
                    or_trees: true,
                });
            }
        };
        if newer.is_none() {
            written.add(held);
        }
        (!written.held.is_empty()).then_some(written)
    }

    /// Whether git removed the file because HEAD left a commit that has it, after the
    /// record was made. `None` if HEAD moved in the same second as the record and the
    /// answer depends on the order, or if HEAD's log cannot be read.
    fn left_behind(&self, path: &str, record: &Stand) -> Option<bool> {
        if self.is_known_to_git(path) {
            return Some(false);
        }
        let moves = self.moves.get_or_init(|| self.cx.store.head_moves().ok());
        let moves = moves.as_ref()?;
        // The commit that HEAD was at when the record was made counts too. HEAD's log has a
        // resolution of one second. Within that second, the record's HEAD tells what came
        // before.
        let at_then = |m: &RefMove| match record.head() {
            Some(then) => m.to == then && m.at <= record.seconds(),
            None => m.at < record.seconds(),
        };
        let found: Vec<usize> = (0..moves.len()).filter(|at| at_then(&moves[*at])).collect();
        let left_since = |since: usize| {
            moves[..since].iter().enumerate().any(|(at, m)| {
                // If HEAD went on from such a commit, or the commit was amended, then the
                // user removed the file.
                let amended = at > 0 && moves[at - 1].amends;
                !amended
                    && self.entry(m.to, path).is_some()
                    && !self.cx.store.is_ancestor(m.to, self.head)
            })
        };
        let in_that_second = |at: &usize| moves[*at].at == record.seconds();
        let newest = found.first();
        // HEAD may have come to that commit more than once in that second, or have been
        // there before.
        let oldest = match newest.is_some_and(in_that_second) {
            true => found.iter().find(|at| !in_that_second(at)).or(found.last()),
            false => newest,
        };
        let since = |at: Option<&usize>| left_since(at.map_or(moves.len(), |n| n + 1));
        let left = since(newest);
        (left == since(oldest)).then_some(left)
    }

    /// Whether `git stash` took the file off the disk after the record was made. One that was
    /// made in the same second as the record, and that nobody can tell to be older, counts: a
    /// removal that was meant can be made again, and the branch keeps the file until then.
    fn put_aside(&self, path: &str, record: &Stand) -> bool {
        if self.is_known_to_git(path) {
            return false;
        }
        let read = || self.cx.store.stashes().unwrap_or_default();
        let known = record.stash();
        let stashes = self.stashes.get_or_init(read).iter();
        let mut since = stashes
            .take_while(|stash| Some(stash.to) != known)
            .filter(|stash| stash.at >= record.seconds());
        since.any(|stash| self.took(stash.to, path))
    }

    /// Whether a stash took a file off the disk: it holds what its HEAD lacked, or it holds the
    /// file among the untracked ones, in its third parent.
    fn took(&self, stash: CommitId, path: &str) -> bool {
        let Ok(commit) = self.cx.store.commit(stash) else {
            return false;
        };
        let holds = |commit: CommitId| {
            let entry = self.entry(commit, path);
            entry.and_then(Entry::no_folder).is_some()
        };
        let head = commit.parents.first().copied();
        let untracked = commit.parents.get(2).copied();
        untracked.is_some_and(holds) || (holds(stash) && !head.is_some_and(holds))
    }

    /// Whether the index or HEAD has a path, so that git shows it where the file is gone.
    fn is_known_to_git(&self, path: &str) -> bool {
        let stamps = self.stamps.get_or_init(|| self.cx.store.index_stamps());
        let tracked = stamps
            .as_ref()
            .is_some_and(|s| s.contains_key(path.as_bytes()));
        tracked || self.entry(self.head, path).is_some()
    }

    /// The base of a file whose content, `blob`, comes from a local commit in HEAD's line:
    /// what the record held when that commit was made.
    pub fn before_commit(
        &self,
        path: &str,
        record: &Record,
        then: CommitId,
        blob: ObjectId,
    ) -> Written {
        let earlier = std::iter::once(&record.now).chain(record.earlier.iter().rev());
        let mut held = earlier.clone().filter_map(|e| self.content(e));
        // The content was written from here since, so it is not a change any more.
        if let Some(same) = held.find(|e| e.map(|e| e.id) == Some(blob)) {
            return Written::of(same);
        }
        let Some((brought, brought_at)) = self.brought(path, then, blob) else {
            return Written::of_trees();
        };
        // A merge took it from the branch.
        if !self.is_local(brought) {
            return Written::of(self.entry(then, path));
        }
        let had_it = |stand: &Stand| {
            let head = stand.head();
            head.is_some_and(|h| self.cx.store.is_ancestor(brought, h))
        };
        // If content was written from here on top of the commit, it contained the commit's
        // changes, or the user replaced them. Either way they are not changes any more.
        if earlier.clone().any(|e| e.landed && had_it(e)) {
            return Written::of(self.entry(then, path));
        }
        // Commit times have a resolution of one second. Within the same second, the
        // record's HEAD tells which came first.
        let came_before = |stand: &Stand| {
            let on_line = |h| self.cx.store.is_ancestor(h, brought);
            stand.seconds() < brought_at
                || (stand.seconds() == brought_at && stand.head().is_none_or(on_line))
        };
        let found = earlier.clone().find(|e| !had_it(e) && came_before(e));
        let Some((found, base)) = found.and_then(|found| Some((found, self.content(found)?)))
        else {
            return Written::of_trees();
        };
        // If content that was written since contains everything that the commit changed,
        // then the commit's content is not a change any more. Others may have changed it
        // since.
        let since = earlier.take_while(|e| e.at > found.at);
        let mut since = since.filter_map(|e| self.content(e)).flatten();
        if let Some(base) = base
            && since.any(|later| self.holds_change(base.id, blob, later.id))
        {
            return Written::of(Some(Entry { id: blob, ..base }));
        }
        let mut taken = Written::of(base);
        // Git may have put the file back before that commit was made. Then the commit is
        // based on its parent's version. That is ruled out if the commit also contains what
        // the record has beyond that version.
        let parent = self.cx.store.commit(brought).ok();
        let parent = parent.and_then(|c| c.parents.first().copied());
        let Some((parent, theirs)) = parent.and_then(|p| Some((p, self.entry(p, path)?.id))) else {
            return taken;
        };
        let published = self.published();
        let is_published = published.is_some_and(|p| self.cx.store.is_ancestor(parent, p));
        let (other, of_trees) = match is_published {
            true => (Written::of_trees(), Some(parent)),
            false => (self.before_commit(path, record, parent, theirs), published),
        };
        let brings = |from: Option<Entry>| {
            let pair = base.zip(from);
            pair.is_some_and(|(b, from)| self.holds_change(from.id, b.id, blob))
        };
        let of_trees = of_trees.filter(|_| other.or_trees);
        let of_trees = of_trees.map(|p| self.entry(p, path));
        let told = other.held.iter().copied().chain(of_trees).all(brings);
        if base.is_some_and(|b| b.id == theirs) || told {
            return taken;
        }
        taken.or_trees |= other.or_trees;
        for held in other.held {
            taken.add(held);
        }
        taken
    }

    /// Whether `later` contains every change from `from` to `to`.
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

    /// The commit that brought the content that `tip` has, and the commit's time in seconds
    /// since 1970. The search goes back only through commits that no remote has. If a merge
    /// took the content from one of its sides, the search follows that side.
    fn brought(&self, path: &str, tip: CommitId, blob: ObjectId) -> Option<(CommitId, i64)> {
        let has_it = |commit: &CommitId| self.entry(*commit, path).map(|e| e.id) == Some(blob);
        let mut brought = self.cx.store.commit(tip).ok()?;
        while self.is_local(brought.id)
            && let Some(parent) = brought.parents.iter().copied().find(has_it)
        {
            brought = self.cx.store.commit(parent).ok()?;
        }
        Some((brought.id, brought.time))
    }

    fn entry(&self, commit: CommitId, path: &str) -> Option<Entry> {
        entry_at(self.cx, commit, path)
    }

    /// The content of the file according to the record. If git has garbage-collected the
    /// content, it counts as never written.
    fn content(&self, stand: &Stand) -> Option<Option<Entry>> {
        match stand.held.as_deref() {
            None => Some(None),
            Some(text) => read_entry(text)
                .filter(|e| is_kept(&self.cx.store, *e))
                .map(Some),
        }
    }

    /// The newest commit of HEAD's first-parent line that a remote has.
    fn published(&self) -> Option<CommitId> {
        *self.published.get_or_init(|| {
            let mut at = self.head;
            self.local()?;
            while self.is_local(at) {
                at = *self.cx.store.commit(at).ok()?.parents.first()?;
            }
            Some(at)
        })
    }

    /// Whether a commit of HEAD's history is on no remote.
    fn is_local(&self, commit: CommitId) -> bool {
        self.local().is_some_and(|local| local.contains(&commit))
    }

    fn local(&self) -> Option<&BTreeSet<CommitId>> {
        let found = self.local.get_or_init(|| {
            let local = self
                .cx
                .store
                .local_commits(self.head, self.cx.remote.name());
            Some(local.ok()?.into_iter().collect())
        });
        found.as_ref()
    }
}

/// When a file of the working tree was created.
enum Made {
    /// The file does not exist.
    Gone,
    /// In nanoseconds since 1970.
    At(u64),
    /// The file system does not tell.
    Unknown,
}

/// What a commit has at a path; none, too, where it cannot be read.
pub(super) fn entry_at(cx: &Context, commit: CommitId, path: &str) -> Option<Entry> {
    let tree = cx.store.commit(commit).ok()?.tree;
    cx.store.entry(tree, path.as_bytes()).ok()?
}

fn made(cx: &Context, path: &str) -> Made {
    let Some(root) = cx.store.work_dir() else {
        return Made::Unknown;
    };
    match root.join(path).symlink_metadata().map(|m| m.created()) {
        Err(_) => Made::Gone,
        Ok(Ok(made)) => Made::At(nanos(made)),
        Ok(Err(_)) => Made::Unknown,
    }
}
