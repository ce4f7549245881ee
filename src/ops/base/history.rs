//! What git's index, HEAD and its history say of a record: whether the file still holds what
//! was written from here, or git put something else in its place.

use super::record::{Memory, Record, Stand, nanos, read_entry};
use crate::context::Context;
use crate::git::{CommitId, Entry, HeadMove, IndexStamp, Labels, MAX_TEXT, MergedText, ObjectId};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// What was last written from here.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// What the file held then; several where nobody can tell which.
    pub held: Vec<Option<Entry>>,
    /// Whether git may have put back what the trees hold since.
    pub or_trees: bool,
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

/// The records that git has not overtaken.
pub(super) fn standing(
    cx: &Context,
    mut memory: Memory,
    head: CommitId,
) -> BTreeMap<String, Written> {
    memory.bring_up_to(&cx.store, head);
    let judged = judge_all(cx, &memory, head);
    let standing = judged.into_iter().filter_map(|(path, said)| match said {
        Said::Standing(written) => Some((path, written)),
        Said::Nothing => None,
    });
    standing.collect()
}

/// What a record says.
pub(super) enum Said {
    Standing(Written),
    /// HEAD has the landed commit, or git put something else in the file's place. It may
    /// say something again when HEAD goes elsewhere.
    Nothing,
}

/// What each record says whose content is still here; the memory was brought up to HEAD
/// before.
pub(super) fn judge_all(cx: &Context, memory: &Memory, head: CommitId) -> BTreeMap<String, Said> {
    let history = History::of(cx, head);
    let mut found = BTreeMap::new();
    for (path, record) in &memory.written {
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

/// What git knows, looked up when a record needs it: reading the index costs by the
/// repository.
pub(super) struct History<'a> {
    cx: &'a Context,
    head: CommitId,
    stamps: OnceCell<Option<BTreeMap<Vec<u8>, IndexStamp>>>,
    published: OnceCell<Option<CommitId>>,
    local: OnceCell<Option<BTreeSet<CommitId>>>,
    moves: OnceCell<Vec<HeadMove>>,
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
        }
    }

    /// What a record says of the file as it is now; nothing where the trees say it.
    fn judge(&self, path: &str, record: &Record, held: Option<Entry>) -> Option<Written> {
        let as_written = || Some(Written::of(held));
        match made(self.cx, path) {
            Made::Gone => match self.left_behind(path, &record.now) {
                Some(true) => return None,
                // Nobody can tell which came first in that second.
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
        // An index that cannot be read tells nothing: then the file's own age must do.
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
        // HEAD may have gone to local commits since that are older than the record.
        let older = |head: &CommitId| {
            let brought = self.brought(path, *head, stamp.id);
            brought.is_some_and(|(_, time)| time < record.now.seconds())
        };
        let then = then.or_else(|| Some(self.head).filter(has_it).filter(older));
        let mut written = match (self.published().filter(has_it), then) {
            (Some(_), _) => Written::of_trees(),
            (None, Some(then)) => self.before_commit(path, record, then, stamp.id),
            // What the user added by hand may come from either; after a deletion also from
            // what git put back, which is what HEAD had at the time.
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

    /// Whether git took a file away with a commit that HEAD left after the record was made;
    /// none where HEAD moved in the very second of the record, and the answer hangs on that.
    fn left_behind(&self, path: &str, record: &Stand) -> Option<bool> {
        let stamps = self.stamps.get_or_init(|| self.cx.store.index_stamps());
        let tracked = stamps
            .as_ref()
            .is_some_and(|s| s.contains_key(path.as_bytes()));
        if tracked || self.entry(self.head, path).is_some() {
            return Some(false);
        }
        let moves = self.moves.get_or_init(|| self.cx.store.head_moves());
        // Where it was at the time counts as well. The log knows seconds alone: what came
        // before in the same second is told by where HEAD was.
        let at_then = |m: &HeadMove| match record.head() {
            Some(then) => m.to == then && m.at <= record.seconds(),
            None => m.at < record.seconds(),
        };
        let found: Vec<usize> = (0..moves.len()).filter(|at| at_then(&moves[*at])).collect();
        let left_since = |since: usize| {
            moves[..since].iter().enumerate().any(|(at, m)| {
                // Where HEAD went on from such a commit, or that was made anew, it is the
                // user who removed the file.
                let amended = at > 0 && moves[at - 1].amends;
                !amended
                    && self.entry(m.to, path).is_some()
                    && !self.cx.store.is_ancestor(m.to, self.head)
            })
        };
        let in_that_second = |at: &usize| moves[*at].at == record.seconds();
        let newest = found.first();
        // HEAD may have come there more than once in that second, or have been there before.
        let oldest = match newest.is_some_and(in_that_second) {
            true => found.iter().find(|at| !in_that_second(at)).or(found.last()),
            false => newest,
        };
        let since = |at: Option<&usize>| left_since(at.map_or(moves.len(), |n| n + 1));
        let left = since(newest);
        (left == since(oldest)).then_some(left)
    }

    /// What a file was taken from that is as a local commit of HEAD's line has it, `blob`:
    /// what the record says that stood when that commit was made.
    pub fn before_commit(
        &self,
        path: &str,
        record: &Record,
        then: CommitId,
        blob: ObjectId,
    ) -> Written {
        let earlier = std::iter::once(&record.now).chain(record.earlier.iter().rev());
        let mut held = earlier.clone().filter_map(|e| self.content(e));
        // What was written since is no change any more.
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
        // Content that was written from here on top of the commit took its changes along,
        // or the user replaced them: either way they are no changes any more.
        if earlier.clone().any(|e| e.landed && had_it(e)) {
            return Written::of(self.entry(then, path));
        }
        // Commits know seconds alone: within one, what HEAD was tells which came first.
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
        // Where what was written since holds all that the commit changed, its content is no
        // change any more: others may have changed that since.
        let since = earlier.take_while(|e| e.at > found.at);
        let mut since = since.filter_map(|e| self.content(e)).flatten();
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

    /// The commit that brought the content which `tip` has, as far as that commit is of this
    /// clone alone, and when it did, in seconds since 1970. What a merge took from one of its
    /// sides was brought there.
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
        let tree = self.cx.store.commit(commit).ok()?.tree;
        self.cx.store.entry(tree, path.as_bytes()).ok()?
    }

    /// What a record says that the file held. Content that git has collected since is as if
    /// it had never been written.
    fn content(&self, stand: &Stand) -> Option<Option<Entry>> {
        match stand.held.as_deref() {
            None => Some(None),
            Some(text) => read_entry(text)
                .filter(|e| self.cx.store.has(e.id))
                .map(Some),
        }
    }

    /// The newest commit of HEAD's own line that a remote has.
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

    /// Whether no remote has a commit of HEAD's history.
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

/// When a file of the working tree was made.
enum Made {
    /// It is not there.
    Gone,
    /// In nanoseconds since 1970.
    At(u64),
    /// Nobody can tell.
    Unknown,
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
