//! The rule for the content that a push may bring to a branch.
//!
//! The policy denies some paths on a branch, so that nobody may write them there. **At
//! each denied path, a sandbox's new tip must have what a protected branch has now, or
//! what the sandbox itself has now.** The tip must meet no other condition. It does not
//! matter how it was made, in which order a merge names its parents, or whether the branch
//! was forced. So nobody can bring back an older version by setting a branch to an old
//! commit of `main`, by forking from one or by merging one: that version was reviewed
//! once, and then replaced for a reason. A sandbox that forked before the version was
//! replaced must take over what the base has now. If the server does not have the sandbox,
//! its newest archive counts instead, so that a sandbox can come back.
//!
//! People can look at the commits below the tip, and such a commit can become the tip
//! later. So in each new commit, each denied path must be the same as
//! - in all of the commit's parents (the parent of a first commit is an empty tree), or
//! - in one parent that was on this branch already, or
//! - in a protected branch or this branch as they are now. If a protected branch lacks the
//!   path, that allows a commit to lack it only if one of its parents lacks it too: nobody
//!   may remove the path by their own commit.
//!
//! So each version in the new history was on this branch, or was reviewed, before its line
//! of history began. A merge takes no version from a side that differs from what the
//! protected branches have now. `.gitattributes` may also have the lines that make plain
//! git merge ledgers: aidf writes them itself, and they change nothing else.
//!
//! On other branches, only the policy's own `paths: deny:` applies. There the rule for new
//! commits applies and the rule for the tip does not, because writers may fork such
//! branches from wherever they like.
//!
//! The names, kinds, sizes and limits are checked for the changes that each new commit
//! makes by itself (see [`super::changes`]). The ledgers of each new commit are checked
//! too ([`super::ledgers`]).
//!
//! All refs of a push share one budget. Each object is read once, and each commit is judged
//! once.

use super::changes::{self, Change};
use super::ledgers::Ledgers;
use super::objects::{ObjectReader, TreeEntries, Where};
use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, Entry, Mode, ObjectId, Store};
use crate::ledger::attributes::{self, MAX_ATTRIBUTES};
use crate::names;
use crate::ops::quota;
use crate::policy::Policy;
use crate::ref_rules::ARCHIVE;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The new commits of a ref, by its new tip and its old one.
type Walks = HashMap<(CommitId, Option<CommitId>), Rc<Vec<CommitId>>>;

/// The content of one push, for all its refs.
pub struct Content<'a> {
    objects: &'a ObjectReader<'a>,
    policy: &'a Policy,
    /// The tips of the protected branches.
    reviewed: &'a [CommitId],
    /// The tip that sandboxes fork from; one of `reviewed`.
    base: Option<CommitId>,
    /// What the protected branches hold now.
    now: TreeEntries,
    ledgers: Ledgers<'a>,
    verdicts: RefCell<HashMap<(CommitId, bool), Rc<Verdict>>>,
    walks: RefCell<Walks>,
}

/// The judgement of a commit, whichever branch it is pushed to.
struct Verdict {
    /// Denied paths where the commit differs from one of its parents and from what the
    /// protected branches have now, each with the commit's entry.
    suspects: Vec<(Vec<u8>, Option<Entry>)>,
    /// Why the commit is refused on every sandbox, and what the pusher can do.
    refused: Option<(String, Option<String>)>,
}

impl<'a> Content<'a> {
    /// Prepares to check a push; `reviewed` are the tips of the protected branches.
    ///
    /// Errors: not_found, for a tip that cannot be read.
    pub fn new(
        objects: &'a ObjectReader<'a>,
        policy: &'a Policy,
        reviewed: &'a [CommitId],
        base: Option<CommitId>,
    ) -> Result<Content<'a>> {
        let trees = reviewed
            .iter()
            .map(|tip| Ok(objects.commit(*tip)?.tree))
            .collect::<Result<Vec<_>>>()?;
        Ok(Content {
            objects,
            policy,
            reviewed,
            base: base.or(reviewed.first().copied()),
            now: TreeEntries::of(&trees),
            ledgers: Ledgers::new(objects, policy),
            verdicts: RefCell::default(),
            walks: RefCell::default(),
        })
    }

    /// Checks the content that a branch gets when it moves to `new`, and what the pod's rules
    /// say of the repository of this name, the branch, and how often it is written.
    ///
    /// Errors: denied, with the rule; those of the budget; those of reading the store.
    pub fn check(&self, branch: &str, new: CommitId, repository: &str, now: Moment) -> Result<()> {
        let sandbox = names::is_sandbox(branch);
        if !sandbox && !self.policy.has_own_denials() {
            return Ok(());
        }
        let store = self.objects.store;
        let tip = store.local_ref(&format!("refs/heads/{branch}"))?;
        let had = match tip {
            None if sandbox => newest_archive(store, branch)?,
            tip => tip,
        };
        let commits = self.new_commits(new, had)?;
        for id in commits.iter() {
            self.check_commit(branch, sandbox, *id, had)?;
        }
        if sandbox {
            let pod = self.policy.pod();
            pod.check_use(None, repository, branch)?;
            self.check_quota(branch, new, &commits, now)?;
            self.check_tip(branch, new, had)?;
            self.check_origin(branch, new, had, &commits)?;
        }
        Ok(())
    }

    /// Checks how often a sandbox is written.
    fn check_quota(
        &self,
        branch: &str,
        new: CommitId,
        pushed: &[CommitId],
        now: Moment,
    ) -> Result<()> {
        if self.policy.commits_an_hour().is_none() {
            return Ok(());
        }
        let all = self.new_commits(new, None)?;
        let all = all.iter().map(|id| self.objects.commit(*id));
        let all = all.collect::<Result<Vec<_>>>()?;
        quota::check_pushed(self.policy, branch, &all, |id| pushed.contains(&id), now)
    }

    /// The commits that neither the protected branches nor the branch itself have.
    fn new_commits(&self, new: CommitId, had: Option<CommitId>) -> Result<Rc<Vec<CommitId>>> {
        if let Some(found) = self.walks.borrow().get(&(new, had)) {
            return Ok(found.clone());
        }
        let mut known: Vec<CommitId> = had.into_iter().collect();
        known.extend(self.reviewed);
        let most = usize::try_from(self.objects.budget.commits_left()).unwrap_or(usize::MAX);
        let most = most.saturating_add(1);
        let found = self.objects.store.new_commits(new, &known, most)?;
        self.objects.budget.commits(found.len() as u64)?;
        let found = Rc::new(found);
        self.walks.borrow_mut().insert((new, had), found.clone());
        Ok(found)
    }

    fn check_commit(
        &self,
        branch: &str,
        sandbox: bool,
        id: CommitId,
        had: Option<CommitId>,
    ) -> Result<()> {
        let verdict = self.verdict(branch, sandbox, id)?;
        for (path, entry) in &verdict.suspects {
            if !self.was_here(id, path, *entry, had)? {
                let at = format!("in commit {}", id.short());
                return Err(self.denied(branch, path, *entry, &at));
            }
        }
        match &verdict.refused {
            None => Ok(()),
            Some((why, todo)) => {
                let error = Error::new(Kind::Denied, why.clone());
                Err(match todo {
                    Some(todo) => error.hint(todo.clone()),
                    None => error,
                })
            }
        }
    }

    /// Judges a commit; the result is kept.
    fn verdict(&self, branch: &str, sandbox: bool, id: CommitId) -> Result<Rc<Verdict>> {
        if let Some(found) = self.verdicts.borrow().get(&(id, sandbox)) {
            return Ok(found.clone());
        }
        let commit = self.objects.commit(id)?;
        let mut parents = Vec::new();
        for parent in &commit.parents {
            parents.push(Some(self.objects.commit(*parent)?.tree));
        }
        if parents.is_empty() {
            parents.push(None);
        }
        let (mut own, mut suspects) = (Vec::new(), Vec::new());
        self.objects.walk(
            Some(commit.tree),
            &parents,
            |folder, ours| {
                let sides = self.now.at(self.objects, folder)?;
                Ok(sides.contains(&ours.map(folder_entry)))
            },
            |place: Where<'_>| {
                let is_own = !place.theirs.contains(&place.ours);
                // If one protected branch lacks the path, that does not allow removing it.
                let removed = is_own && place.ours.is_none();
                if self.is_denied(branch, place.path, place.ours)
                    && (removed || !self.is_now(place.path, place.ours)?)
                    && !self.is_own_attributes(place.path, place.ours, place.theirs)?
                {
                    suspects.push((place.path.to_vec(), place.ours));
                }
                if sandbox && is_own {
                    own.push(Change {
                        path: place.path.to_vec(),
                        theirs: place.theirs.to_vec(),
                        ours: place.ours,
                    });
                }
                Ok(())
            },
        )?;
        let refused = match self.check_own(branch, sandbox, &commit, &own) {
            Ok(()) => None,
            Err(e) if e.kind() == Kind::Denied => {
                Some((e.message().to_owned(), e.hint_text().map(str::to_owned)))
            }
            Err(e) => return Err(e),
        };
        let found = Rc::new(Verdict { suspects, refused });
        self.verdicts
            .borrow_mut()
            .insert((id, sandbox), found.clone());
        Ok(found)
    }

    fn check_own(
        &self,
        branch: &str,
        sandbox: bool,
        commit: &CommitInfo,
        own: &[Change],
    ) -> Result<()> {
        if !sandbox {
            return Ok(());
        }
        changes::check(self.objects, self.policy, commit.id, own)?;
        self.ledgers.check(branch, commit, own)
    }

    /// Checks the rule for a sandbox's tip.
    fn check_tip(&self, branch: &str, new: CommitId, had: Option<CommitId>) -> Result<()> {
        let tree = self.objects.commit(new)?.tree;
        // The walk skips what equals this tree. Any tree is correct; the most similar one
        // costs least.
        let like = match had.or(self.base) {
            Some(id) => Some(self.objects.commit(id)?.tree),
            None => None,
        };
        self.objects.walk(
            Some(tree),
            &[like],
            |_, _| Ok(false),
            |place: Where<'_>| {
                if self.is_denied(branch, place.path, place.ours)
                    && !self.is_now(place.path, place.ours)?
                    && !self.is_own_attributes(place.path, place.ours, place.theirs)?
                {
                    return Err(self.denied(branch, place.path, place.ours, "at the tip"));
                }
                Ok(())
            },
        )
    }

    /// If the new history has nothing in common with the server's, its ledgers must still
    /// hold everything that the server's ledgers hold.
    fn check_origin(
        &self,
        branch: &str,
        new: CommitId,
        had: Option<CommitId>,
        commits: &[CommitId],
    ) -> Result<()> {
        let Some(known) = had.or(self.base).filter(|_| !commits.is_empty()) else {
            return Ok(());
        };
        let new_ones: HashSet<&CommitId> = commits.iter().collect();
        let mut joined = false;
        for id in commits {
            let parents = &self.objects.commit(*id)?.parents;
            joined |= parents.iter().any(|p| !new_ones.contains(p));
        }
        match joined {
            true => Ok(()),
            false => {
                let commit = self.objects.commit(new)?;
                self.ledgers.check_unrelated(branch, &commit, known)
            }
        }
    }

    /// Whether nobody may write a path on a branch. The ledgers have a rule of their own.
    fn is_denied(&self, branch: &str, path: &[u8], ours: Option<Entry>) -> bool {
        self.rule(branch, path, ours).is_some()
    }

    fn rule(&self, branch: &str, path: &[u8], ours: Option<Entry>) -> Option<Error> {
        let text = String::from_utf8_lossy(path);
        if self.policy.ledgers().is_live(branch, &text) {
            return None;
        }
        let denied = self.policy.check_path(branch, &text).err();
        // A symlink or submodule in a folder's place replaces everything below it.
        denied.or_else(|| match ours {
            None => None,
            Some(file) if file.mode.is_file() => self.policy.check_room(branch, &text).err(),
            Some(_) => {
                let below = format!("{text}/x");
                self.policy.check_path(branch, &below).err()
            }
        })
    }

    /// Whether a protected branch has this entry at the path now; `None` means no file.
    fn is_now(&self, path: &[u8], entry: Option<Entry>) -> Result<bool> {
        let sides = self.now.at(self.objects, path)?;
        Ok(sides.iter().any(|side| file(*side) == entry))
    }

    /// Whether this is `.gitattributes` with nothing added but the lines that make plain
    /// git merge ledgers, compared with one of `before` or with a protected branch.
    fn is_own_attributes(
        &self,
        path: &[u8],
        ours: Option<Entry>,
        before: &[Option<Entry>],
    ) -> Result<bool> {
        let Some(new) = ours.filter(|_| path == attributes::PATH.as_bytes()) else {
            return Ok(false);
        };
        let now = self.now.at(self.objects, path)?;
        let before: Vec<Option<Entry>> = before.iter().chain(now.iter()).copied().collect();
        let is_small = |e: &Entry| -> Result<bool> {
            Ok(e.mode.is_file() && self.objects.store.blob_size(e.id)? <= MAX_ATTRIBUTES)
        };
        if !is_small(&new)? {
            return Ok(false);
        }
        let content = self.objects.blob(new.id)?;
        for old in before {
            // aidf never changes the file's mode.
            if old.map_or(Mode::File, |e| e.mode) != new.mode {
                continue;
            }
            let old = match old {
                Some(old) if !is_small(&old)? => continue,
                Some(old) => Some(self.objects.blob(old.id)?),
                None => None,
            };
            let old = old.as_deref().map(Vec::as_slice);
            if self.policy.ledgers().own_attributes(old, &content) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the branch has this entry at the path now, or a parent that was on the branch
    /// already has it.
    fn was_here(
        &self,
        id: CommitId,
        path: &[u8],
        entry: Option<Entry>,
        had: Option<CommitId>,
    ) -> Result<bool> {
        let Some(had) = had else { return Ok(false) };
        let has = |id: CommitId| -> Result<bool> {
            let tree = self.objects.commit(id)?.tree;
            Ok(file(self.objects.entry(tree, path)?) == entry)
        };
        if has(had)? {
            return Ok(true);
        }
        for parent in &self.objects.commit(id)?.parents {
            if has(*parent)? {
                self.objects.budget.time()?;
                if self.objects.store.is_ancestor(*parent, had) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn denied(&self, branch: &str, path: &[u8], ours: Option<Entry>, at: &str) -> Error {
        let rule = self.rule(branch, path, ours);
        let why = rule.as_ref().map_or("it is denied", Error::message);
        Error::new(
            Kind::Denied,
            format!("{why}; this version of it is neither on a protected branch nor on {branch} now ({at})"),
        )
        .hint("keep the version that the base has now (merge the base, or rebase onto it), or ask an operator to allow it")
    }
}

/// A folder counts as no file at its path.
fn file(entry: Option<Entry>) -> Option<Entry> {
    entry.filter(|e| e.mode != Mode::Folder)
}

fn folder_entry(id: ObjectId) -> Entry {
    Entry {
        id,
        mode: Mode::Folder,
    }
}

/// The tip in the newest archive of a sandbox that the server does not have.
fn newest_archive(store: &Store, branch: &str) -> Result<Option<CommitId>> {
    let archives = store.all_refs_below(&format!("{ARCHIVE}{branch}/"))?;
    // Archive names end in their time, so the last one in order is the newest.
    let newest = archives.into_iter().max_by(|a, b| a.0.cmp(&b.0));
    Ok(newest.map(|(_, id)| id).filter(|id| store.is_commit(*id)))
}
