//! Commits that were written from here and that the branch has no more: somebody set it back,
//! or it was deleted and opened anew. What they brought is a change of ours again, as a local
//! commit is one for git after a forced push: nothing removes it, and a commit takes it.

use super::history::{Written, entry_at, standing};
use super::record::{Memory, read_entry};
use crate::context::Context;
use crate::git::{CommitId, Entry, Store};
use crate::words;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// How many commits of the branch are looked at for content that came back with others.
const MOST_COMMITS: usize = 200;
/// How much earlier than the clock a file's time may be.
const COARSE: Duration = Duration::from_millis(20);
/// How many files, and how many commits, a warning names.
const MOST_NAMED: usize = 3;

impl Memory {
    /// Compares the records, which this file has, with the branch as it stands at `tip`.
    pub fn compare(&mut self, cx: &Context, file: &Path, tip: CommitId) {
        // Another process may have written from here since this one began. Then its tip may be
        // later than ours, and ours proves nothing.
        let begun = cx.now.system().checked_sub(COARSE);
        let kept = file.metadata().and_then(|meta| meta.modified()).ok();
        if kept.is_some() && kept < begun {
            self.compare_with(&cx.store, tip);
        }
    }

    /// Finds which records are of commits that the branch has no more. None is looked for while
    /// the branch goes on from where it was.
    fn compare_with(&mut self, store: &Store, tip: CommitId) {
        let before = match self.tip.as_deref() {
            Some(known) => CommitId::parse(known).ok(),
            None => self.newest(),
        };
        let forward = |before| store.is_ancestor(before, tip);
        if !before.is_none_or(forward) {
            let mut asked: BTreeMap<CommitId, bool> = BTreeMap::new();
            let mut ask = |c| *asked.entry(c).or_insert_with(|| is_lost(store, c, tip));
            let elsewhere = self.elsewhere.values_mut();
            for record in self.written.values_mut().chain(elsewhere) {
                record.is_lost = record.commit().is_some_and(&mut ask);
            }
        }
        self.tip = Some(tip.to_string());
    }

    /// The commit of the newest record.
    fn newest(&self) -> Option<CommitId> {
        let records = self.written.values();
        records.max_by_key(|record| record.now.at)?.commit()
    }
}

/// Whether a history lacks the commit. Where it is cut, only what is left of it can tell.
fn is_lost(store: &Store, commit: CommitId, tip: CommitId) -> bool {
    let is_cut = || store.is_shallow() && forked_at(store, commit, tip).is_empty();
    !store.is_ancestor(commit, tip) && !is_cut()
}

/// Where the two went apart. A lost commit that git has removed is not looked for elsewhere.
fn forked_at(store: &Store, commit: CommitId, tip: CommitId) -> Vec<CommitId> {
    match store.has_commit(commit) {
        true => store.merge_bases(commit, tip),
        false => Vec::new(),
    }
}

/// Where the branch and a commit that it lost went apart.
struct Fork {
    bases: Vec<CommitId>,
    /// The newest commits of the branch since.
    since: Vec<CommitId>,
}

/// What was written with lost commits.
struct Lost<'a> {
    cx: &'a Context,
    tip: CommitId,
    forks: BTreeMap<CommitId, Fork>,
    /// Files that the branch does not hold so any more, and the commits that brought them.
    paths: BTreeSet<String>,
    commits: BTreeSet<CommitId>,
}

/// [`standing`], for a branch at `tip` with which the memory was compared. Warns of files that
/// still hold what the branch lost.
pub(super) fn standing_at(
    cx: &Context,
    memory: Memory,
    head: CommitId,
    (branch, tip): (&str, CommitId),
    is_asked_for: impl Fn(&str) -> bool,
) -> BTreeMap<String, Written> {
    let lost = memory.written.iter().filter(|(_, record)| record.is_lost);
    let lost: Vec<_> = lost
        .filter_map(|(path, record)| {
            let held = record.now.held.as_deref().and_then(read_entry);
            Some((path.clone(), record.commit()?, held))
        })
        .collect();
    let mut found = standing(cx, memory, head, is_asked_for);
    let mut told = Lost {
        cx,
        tip,
        forks: BTreeMap::new(),
        paths: BTreeSet::new(),
        commits: BTreeSet::new(),
    };
    for (path, commit, held) in lost {
        if let Some(written) = found.get_mut(&path).filter(|w| w.held == [held])
            && let Some(before) = told.before(&path, commit, held)
        {
            *written = before;
        }
    }
    told.warn(branch);
    found
}

impl Lost<'_> {
    /// What a file is based on that held `held` when this lost commit was written: what the
    /// branch had where the two went apart. None where the branch has that content all the same,
    /// as after a rebase or a squash.
    fn before(&mut self, path: &str, commit: CommitId, held: Option<Entry>) -> Option<Written> {
        let (cx, tip) = (self.cx, self.tip);
        let fork = self.forks.entry(commit).or_insert_with(|| {
            let bases = forked_at(&cx.store, commit, tip);
            let since = match bases.is_empty() {
                // All of the history would be read.
                true => Vec::new(),
                false => cx
                    .store
                    .history(tip, bases.iter().copied())
                    .map(|all| all.take(MOST_COMMITS).collect())
                    .unwrap_or_default(),
            };
            Fork { bases, since }
        });
        let entry = |commit: &CommitId| entry_at(cx, *commit, path);
        if fork.since.iter().any(|commit| entry(commit) == held) {
            return None;
        }
        let mut bases: Vec<Option<Entry>> = fork.bases.iter().map(entry).collect();
        bases.dedup();
        if bases == [held] {
            return None;
        }
        self.paths.insert(path.to_owned());
        self.commits.insert(commit);
        Some(Written {
            or_trees: bases.is_empty(),
            held: bases,
        })
    }

    fn warn(&self, branch: &str) {
        let Some(root) = self.cx.store.work_dir() else {
            return;
        };
        let is_here = |path: &&String| root.join(path).symlink_metadata().is_ok();
        let still = |path: &&String| is_here(path) || entry_at(self.cx, self.tip, path).is_some();
        let paths: Vec<&String> = self.paths.iter().filter(still).collect();
        if paths.is_empty() {
            return;
        }
        self.cx.warn(format!(
            "{branch} was set back, or opened anew: it no longer has what was written from here with {} ({}); what you have of it counts as not committed: {}",
            words::count(self.commits.len(), "commit", "commits"),
            words::few(self.commits.iter().map(CommitId::short), MOST_NAMED),
            words::few(paths.iter(), MOST_NAMED),
        ));
    }
}
