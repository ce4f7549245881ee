//! Snapshots of a working tree: private commits of this clone, made before something risky.
//! They need neither a remote nor a key, and HEAD, index and branches stay as they are.
//!
//! They are refs of the whole clone, in a folder for each linked worktree. git's own
//! `refs/worktree/` does not do: `git gc` in another worktree removes what only those refs
//! hold, and `git worktree remove` takes them along.

mod list;
mod prune;
mod restore;
mod show;
mod take;
mod unfinished;

pub use list::{Line, ListReport, ListRequest, list};
pub use prune::{PruneReport, PruneRequest, prune};
pub use restore::{RestoreReport, RestoreRequest, restore};
pub use show::{ShowReport, ShowRequest, show};
pub use take::{TakeReport, TakeRequest, take};

use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{Change, CommitId, Entry, Mode, ObjectId, Present, Programs, SNAPSHOTS, Store};
use std::path::{Path, PathBuf};
use unfinished::Notes;

/// The clone that a call works in, and when.
pub struct Place {
    store: Store,
    dir: PathBuf,
    now: Moment,
}

impl Place {
    /// Opens the clone that holds `dir`, which is the folder that the user is in.
    ///
    /// Errors: not_found; usage, for a repository without a working tree; denied.
    pub fn open(dir: &Path, programs: &Programs, now: Moment) -> Result<Place> {
        let store = Store::open_clone(dir, programs)?;
        store.need_work_dir("a snapshot")?;
        Ok(Place {
            store,
            dir: dir.to_owned(),
            now,
        })
    }

    /// The start of the names of the refs of this working tree's snapshots.
    fn prefix(&self) -> String {
        let (own, common) = (self.store.git_dir(), self.store.common_dir());
        match own.file_name() {
            Some(name) if own != common => {
                format!("{SNAPSHOTS}worktrees/{}/", name.to_string_lossy())
            }
            _ => SNAPSHOTS.to_owned(),
        }
    }

    /// The snapshots of this working tree, newest first.
    fn saved(&self) -> Result<Vec<Saved>> {
        let prefix = self.prefix();
        let refs = self.store.refs_below(&prefix)?.into_iter();
        let refs = refs.filter_map(|(name, commit)| {
            let order = order_of(&name)?;
            Some(Saved {
                full: format!("{prefix}{name}"),
                name,
                order,
                commit,
            })
        });
        let mut found: Vec<Saved> = refs.collect();
        found.sort_by_key(|s| std::cmp::Reverse(s.order));
        Ok(found)
    }

    /// The names of the snapshots of this working tree and the first lines of their messages,
    /// newest first, at most so many.
    pub(super) fn names(&self, most: usize) -> Vec<(String, String)> {
        let saved = self.saved().unwrap_or_default().into_iter().take(most);
        let named = saved.filter_map(|s| {
            let commit = self.store.commit(s.commit).ok()?;
            Some((s.name, commit.subject().to_owned()))
        });
        named.collect()
    }

    /// Which of the snapshots of this working tree `latest` means: the newest, but for those
    /// that a restore made which is not finished.
    fn latest(&self, all: &[Saved]) -> Option<usize> {
        let made = Notes::of(self).made(self, all);
        let first = all.iter().position(|saved| !made.contains(&saved.name));
        first.or((!all.is_empty()).then_some(0))
    }

    /// The name of the snapshot that `latest` means.
    pub(super) fn latest_name(&self) -> Option<String> {
        let mut all = self.saved().ok()?;
        let at = self.latest(&all)?;
        Some(all.swap_remove(at).name)
    }

    /// The snapshot that `name` means: `latest`, its name, the start of its name that no
    /// other has, or its full name as a ref, which may be that of another worktree.
    ///
    /// Errors: not_found; usage, for a start that several have.
    fn find(&self, name: &str) -> Result<Saved> {
        if name.starts_with(SNAPSHOTS)
            && let Some(commit) = self.store.local_ref(name)?
        {
            let short = name.rsplit('/').next().unwrap_or(name);
            return Ok(Saved {
                full: name.to_owned(),
                order: order_of(short).unwrap_or((0, 0)),
                name: short.to_owned(),
                commit,
            });
        }
        let mut all = self.saved()?;
        if name == "latest"
            && let Some(at) = self.latest(&all)
        {
            return Ok(all.swap_remove(at));
        }
        if let Some(at) = all.iter().position(|s| s.name == name) {
            return Ok(all.swap_remove(at));
        }
        if !name.is_empty() {
            all.retain(|s| s.name.starts_with(name));
        }
        match all.len() {
            1 if !name.is_empty() => Ok(all.swap_remove(0)),
            n if n > 1 && !name.is_empty() => Err(Error::new(
                Kind::Usage,
                format!(
                    "`{name}` is the start of the names of {n} snapshots, and one was expected"
                ),
            )
            .hint("give more of the name; see them with `aidf snapshot list`")),
            _ => Err(Error::new(
                Kind::NotFound,
                format!("this working tree has no snapshot `{name}`"),
            )
            .hint("see its snapshots with `aidf snapshot list`; make one with `aidf snapshot`")),
        }
    }

    /// The tree of HEAD; none before the first commit.
    fn head_tree(&self) -> Result<Option<ObjectId>> {
        let head = self.store.head()?.map(|h| self.store.commit(h));
        Ok(head.transpose()?.map(|commit| commit.tree))
    }

    /// The working tree as it is now.
    fn present(&self) -> Result<Present> {
        self.store.read_work_dir(self.head_tree()?)
    }

    /// What differs between two trees, by path, but for submodules: no snapshot holds one.
    fn changes(&self, old: Option<ObjectId>, new: ObjectId) -> Result<Vec<Change>> {
        // The comparison that does not ask for the index, which libgit2 may not know to read.
        let changes = self.store.changes_up_to(old, Some(new), usize::MAX)?;
        let mut changes = changes.unwrap_or_default();
        let is_one = |e: Option<Entry>| e.is_some_and(|e| e.mode == Mode::Submodule);
        changes.retain(|c| !is_one(c.old) && !is_one(c.new));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// How many files a snapshot has otherwise than its parent.
    fn changed_files(&self, tree: ObjectId, parent: Option<CommitId>) -> Result<usize> {
        let parent = parent.map(|p| self.store.commit(p)).transpose()?;
        Ok(self.changes(parent.map(|p| p.tree), tree)?.len())
    }
}

/// A snapshot.
struct Saved {
    /// Its ref's full name.
    full: String,
    /// Its name: when it was made, and a number where that was a second one.
    name: String,
    order: Order,
    commit: CommitId,
}

/// Seconds since 1970, and the number within that second.
type Order = (i64, u32);

/// When a snapshot of this name was made; none for what is no such name.
fn order_of(name: &str) -> Option<Order> {
    let (stamp, number) = match name.split_once("Z-") {
        Some((stamp, number)) => (&name[..=stamp.len()], number.parse().ok()?),
        None => (name, 1),
    };
    let moment = Moment::from_stamp(stamp).filter(|m| m.compact() == stamp)?;
    Some((moment.seconds(), number))
}

/// Paths as text; what is not UTF-8 is replaced.
fn texts<'p>(paths: impl IntoIterator<Item = &'p Vec<u8>>) -> Vec<String> {
    let text = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
    paths.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_their_making() {
        let order = |name: &str| order_of(name);
        assert!(order("2026-11-26T101112Z-2") > order("2026-11-26T101112Z"));
        assert!(order("2026-11-26T101112Z-10") > order("2026-11-26T101112Z-9"));
        assert!(order("2026-11-26T101113Z") > order("2026-11-26T101112Z-10"));
        for other in [
            "2026-11-26",
            "2026-11-26T101112Z-x",
            "worktrees/w",
            "latest",
        ] {
            assert_eq!(order(other), None, "{other}");
        }
    }
}
