//! The record of one path of a branch: what its file held when it was last written from
//! here, or updated from the branch.

use crate::context::Context;
use crate::git::{CommitId, Entry, Mode, ObjectId, Store};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// The records of one branch, stored in the git directory of this worktree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    pub written: BTreeMap<String, Record>,
    /// Content that was written from another source than the working tree's own files, such
    /// as standard input. It says nothing about those files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<String, Record>,
    /// Files into which `sandbox pull` or `sync` put conflict markers that are not resolved
    /// yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub marked: BTreeSet<String>,
    /// HEAD when the records were last checked against its history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    /// What was found of HEAD and the branch, so that no commit walks the branch's whole
    /// history for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    followed: Option<Followed>,
    /// The branch's tip when the records were last compared with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<String>,
    /// The newest stash there is, for the records that are made now.
    #[serde(skip)]
    pub stash: Option<CommitId>,
    /// How many records there were when those that are of no use were last looked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    tidied: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Whether the branch goes on from HEAD.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Followed {
    /// The HEAD that was asked about.
    head: String,
    /// A tip of the branch that has it in its history; none where the tip at that time had not.
    by: Option<String>,
}

/// What a file held at one time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stand {
    /// `100644 <blob>`; `None`: there was no file.
    pub held: Option<String>,
    /// When the file was read or written, in nanoseconds since 1970.
    pub at: u64,
    /// The commit that HEAD was at then.
    #[serde(default)]
    head: Option<String>,
    /// The newest stash that there was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stash: Option<String>,
    /// Whether the file's content was written to the branch; false if the file was updated
    /// from it.
    #[serde(default)]
    pub landed: bool,
}

impl Stand {
    /// The commit that HEAD was at then.
    pub fn head(&self) -> Option<CommitId> {
        CommitId::parse(self.head.as_deref()?).ok()
    }

    /// The newest stash that there was then.
    pub fn stash(&self) -> Option<CommitId> {
        CommitId::parse(self.stash.as_deref()?).ok()
    }

    /// That time, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        i64::try_from(self.at / 1_000_000_000).unwrap_or(i64::MAX)
    }
}

/// What is known of one path.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(super) struct Record {
    pub now: Stand,
    /// The commit that has the content.
    commit: String,
    /// Whether the memory's HEAD has that commit in its history; `None`: not checked yet.
    in_head: Option<bool>,
    /// Whether the branch lost that commit, as of the last time the memory was compared with
    /// the branch.
    pub is_lost: bool,
    /// What the file held before, the newest last.
    pub earlier: Vec<Stand>,
}

/// A record as it is stored: the fields of its newest state are its own. serde could flatten
/// that, and would read each record twice.
#[derive(Serialize, Deserialize)]
struct Stored {
    held: Option<String>,
    at: u64,
    #[serde(default)]
    head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stash: Option<String>,
    #[serde(default)]
    landed: bool,
    commit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_head: Option<bool>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_lost: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Stand>,
}

impl From<Stored> for Record {
    fn from(stored: Stored) -> Record {
        Record {
            now: Stand {
                held: stored.held,
                at: stored.at,
                head: stored.head,
                stash: stored.stash,
                landed: stored.landed,
            },
            commit: stored.commit,
            in_head: stored.in_head,
            is_lost: stored.is_lost,
            earlier: stored.earlier,
        }
    }
}

impl From<Record> for Stored {
    fn from(record: Record) -> Stored {
        Stored {
            held: record.now.held,
            at: record.now.at,
            head: record.now.head,
            stash: record.now.stash,
            landed: record.now.landed,
            commit: record.commit,
            in_head: record.in_head,
            is_lost: record.is_lost,
            earlier: record.earlier,
        }
    }
}

impl Record {
    pub fn new(
        held: Option<Entry>,
        commit: CommitId,
        at: Before,
        head: Option<CommitId>,
    ) -> Record {
        Record {
            now: Stand {
                held: held.map(write_entry),
                at: at.0,
                head: head.map(|h| h.to_string()),
                stash: None,
                landed: false,
            },
            commit: commit.to_string(),
            in_head: None,
            is_lost: false,
            earlier: Vec::new(),
        }
    }

    /// The commit that has the content.
    pub fn commit(&self) -> Option<CommitId> {
        CommitId::parse(&self.commit).ok()
    }

    /// Whether HEAD has the commit, as of the last time the memory was brought up to HEAD.
    pub fn in_head(&self) -> bool {
        self.in_head.unwrap_or(false)
    }

    /// This record and its earlier ones, in the form that a new record keeps.
    fn into_earlier(self) -> Vec<Stand> {
        let mut all = self.earlier;
        all.push(self.now);
        let from = all.len().saturating_sub(MOST_EARLIER);
        all.split_off(from)
    }
}

impl Memory {
    /// What was written from another source, is not in HEAD's history, and was not lost.
    pub fn elsewhere(&self, cx: &Context, head: CommitId) -> BTreeMap<String, Option<Entry>> {
        let mut in_head: BTreeMap<&str, bool> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (path, record) in &self.elsewhere {
            let has = || {
                record
                    .commit()
                    .is_some_and(|c| cx.store.is_ancestor(c, head))
            };
            if record.is_lost || *in_head.entry(&record.commit).or_insert_with(has) {
                continue;
            }
            let held = record.now.held.as_deref().and_then(read_entry);
            // If git has garbage-collected the content, it counts as never written.
            if held.is_none_or(|e| is_kept(&cx.store, e)) {
                found.insert(path.clone(), held);
            }
        }
        found
    }

    /// Finds which records are in HEAD's history.
    ///
    /// An answer is valid while HEAD stays where it is. A positive answer is valid while
    /// HEAD only moves forward. So a commit needs few checks, however many records there
    /// are.
    pub fn bring_up_to(&mut self, store: &Store, head: CommitId) {
        let before = self.head.as_deref();
        let before = before.and_then(|h| CommitId::parse(h).ok());
        let stayed = before == Some(head);
        let forward = stayed || before.is_some_and(|b| store.is_ancestor(b, head));
        let mut asked: BTreeMap<String, bool> = BTreeMap::new();
        // What has HEAD in its history is not in HEAD's.
        if let Some(by) = self.followed_by(head).filter(|by| *by != head) {
            asked.insert(by.to_string(), false);
        }
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

    /// Whether HEAD is known to be in the history of this tip: then it was in that of a tip
    /// before this one.
    pub fn is_followed(&self, store: &Store, head: CommitId, tip: CommitId) -> bool {
        let by = self.followed_by(head);
        by.is_some_and(|by| store.is_ancestor(by, tip))
    }

    /// Finds whether the branch goes on from HEAD, and keeps it. The history is walked once
    /// for each HEAD.
    pub fn follow(&mut self, store: &Store, head: CommitId, tip: CommitId) {
        let is_followed = match self.asked_about(head) {
            Some(_) => self.is_followed(store, head, tip),
            None => store.is_ancestor(head, tip),
        };
        self.followed = Some(Followed {
            head: head.to_string(),
            by: is_followed.then(|| tip.to_string()),
        });
    }

    /// A tip of the branch that is known to have HEAD in its history.
    fn followed_by(&self, head: CommitId) -> Option<CommitId> {
        let known = self.asked_about(head)?;
        CommitId::parse(known.by.as_deref()?).ok()
    }

    fn asked_about(&self, head: CommitId) -> Option<&Followed> {
        let known = self.followed.as_ref();
        known.filter(|f| f.head == head.to_string())
    }

    /// Whether it has so many records more than `least`, and than when they were last tidied,
    /// that it is time to look for those that are of no use. Each of them is looked at for
    /// that.
    pub fn has_grown(&self, least: usize) -> bool {
        self.written.len() > least.max(self.tidied + self.tidied / 4)
    }

    /// Takes note that they were just tidied.
    pub fn note_tidied(&mut self) {
        self.tidied = self.written.len();
    }

    /// Adds a new record of a path; the previous one becomes an earlier one.
    pub fn put(&mut self, path: &str, mut record: Record) {
        let before = self.written.remove(path);
        record.now.stash = self.stash.map(|stash| stash.to_string());
        record.earlier = before.map(Record::into_earlier).unwrap_or_default();
        self.written.insert(path.to_owned(), record);
    }
}

/// How many earlier records are kept of a path.
const MOST_EARLIER: usize = 16;

/// A time taken before the files are read. Whatever git rewrites later is newer.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Before(u64);

impl Before {
    /// The current time, by the clock that sets file times.
    pub fn now() -> Before {
        Before(nanos(SystemTime::now()))
    }
}

pub(super) fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// Whether the store still has what a record names; a submodule's commit is never there.
pub(super) fn is_kept(store: &Store, entry: Entry) -> bool {
    entry.mode == Mode::Submodule || store.has(entry.id)
}

fn write_entry(entry: Entry) -> String {
    let mode = match entry.mode {
        Mode::Executable => "100755",
        Mode::Symlink => "120000",
        Mode::Submodule => "160000",
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
            "120000" => Mode::Symlink,
            "160000" => Mode::Submodule,
            _ => Mode::File,
        },
    })
}

/// For fuzzing: the entries of any such file that can be read are the same after writing
/// and reading them again.
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
