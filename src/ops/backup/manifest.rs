//! The manifest of the backups in a repository. It is read with the refs and pushed
//! together with them.

use super::Found;
use super::restored::is_outage;
use crate::backup_manifest::{self as rules, Entry, Opened};
use crate::config::Trust;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, FetchConnection, Mode, ObjectId, Person, RefName, RefUpdate};
use crate::keys::KeyRing;
use crate::ops::publish::Attempt;
use crate::ops::session;
use std::collections::{BTreeMap, HashSet};

/// Who made a backup, according to the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was made with a key that we have.
    Good(Entry),
    /// It was made with a key that we do not have; what the entry says, unchecked.
    Unknown(Entry),
    /// It was made with a key that we have, but for another commit: its ref was replaced.
    Moved(CommitId),
    /// It has an entry that is not valid; the reason.
    Forged(&'static str),
    /// It has no known maker, or it is older than manifests.
    #[default]
    None,
}

impl Standing {
    /// The value for reports: none if we do not have the key.
    pub fn authenticated(&self) -> Option<bool> {
        match self {
            Standing::Good(_) => Some(true),
            Standing::Unknown(_) => None,
            _ => Some(false),
        }
    }

    /// The entry, if the backup is good.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Standing::Good(entry) => Some(entry),
            _ => None,
        }
    }

    /// What is wrong with the backup, if anything.
    pub fn fault(&self) -> Option<String> {
        match self {
            Standing::Moved(made) => Some(format!(
                "it was made from {made}, and its branch was replaced since"
            )),
            Standing::Forged(why) => Some((*why).to_owned()),
            _ => None,
        }
    }
}

/// One entry file of the manifest.
struct Line {
    id: ObjectId,
    opened: Opened,
}

/// The manifest.
#[derive(Default)]
pub(super) struct Manifest {
    /// The ref's tip.
    tip: Option<ObjectId>,
    /// By the backup's name, then by the key's id.
    lines: BTreeMap<String, BTreeMap<String, Line>>,
    /// Why it cannot be read, if that is so.
    pub fault: Option<String>,
    /// Entries that the remote once had and has lost; the next push puts them back.
    restored: Vec<ObjectId>,
}

impl Manifest {
    /// Reads the manifest at this tip. Missing objects are fetched, over `connection` if
    /// there is one.
    ///
    /// A manifest that cannot be read counts as empty, and its `fault` says why. Errors:
    /// auth, unavailable.
    pub fn at(
        cx: &Context,
        keys: &KeyRing,
        tip: Option<ObjectId>,
        connection: Option<FetchConnection>,
    ) -> Result<Manifest> {
        let remembered = memory(cx);
        let seen = cx.store.local_ref(&remembered)?;
        let Some(tip) = tip else {
            let mut manifest = Manifest::default();
            if let Some(seen) = seen {
                cx.warn(format!(
                    "somebody deleted the manifest {}; aidf uses what this machine remembers of it",
                    rules::REF
                ));
                manifest.fill(cx, keys, seen)?;
                let lines = manifest.lines.values().flat_map(BTreeMap::values);
                manifest.restored = lines.map(|l| l.id).collect();
            }
            return Ok(manifest);
        };
        let fetched = match connection {
            _ if cx.store.has_commit(tip) => Ok(()),
            Some(open) => cx.remote.fetch_over(open, &cx.store, &[tip], &*cx.progress),
            None => cx.remote.fetch(&cx.store, &[tip], true, &*cx.progress),
        };
        let mut manifest = Manifest {
            tip: Some(tip),
            ..Manifest::default()
        };
        let read = fetched.and_then(|()| manifest.fill(cx, keys, tip));
        // The manifest that this clone saw earlier is not in the history of this tip, so
        // somebody removed it by force. Its entries still count, and this clone keeps
        // remembering it.
        if let Some(seen) = seen.filter(|s| read.is_ok() && !cx.store.is_ancestor(*s, tip)) {
            cx.warn(format!(
                "somebody set the manifest {} back to an older state; aidf also uses what this machine remembers of it",
                rules::REF
            ));
            let mut before = Manifest::default();
            before.fill(cx, keys, seen)?;
            for (name, lines) in before.lines {
                let all = manifest.lines.entry(name).or_default();
                for (key, line) in lines {
                    if let std::collections::btree_map::Entry::Vacant(lacks) = all.entry(key) {
                        manifest.restored.push(line.id);
                        lacks.insert(line);
                    }
                }
            }
            return Ok(manifest);
        }
        match read {
            Err(e) if is_outage(&e) => return Err(e),
            Err(e) => {
                manifest.fault = Some(format!(
                    "the manifest {} cannot be read: {}",
                    rules::REF,
                    e.in_full()
                ));
                cx.warn(format!(
                    "{}; no backup counts as authenticated",
                    manifest.fault.as_deref().unwrap_or_default()
                ));
            }
            // A ref for it makes the next fetch transfer only what is new.
            Ok(()) => {
                if seen != Some(tip)
                    && let Err(e) =
                        cx.store
                            .set_ref(&remembered, tip, "aidf: manifest of the backups")
                {
                    cx.progress.step(e.message());
                }
            }
        }
        Ok(manifest)
    }

    /// The manifest at this tip, if it is here already. Nothing is fetched, remembered or
    /// restored.
    pub fn at_hand(cx: &Context, tip: ObjectId) -> Option<Manifest> {
        if !cx.store.has_commit(tip) {
            return None;
        }
        let mut manifest = Manifest {
            tip: Some(tip),
            ..Manifest::default()
        };
        manifest.fill(cx, cx.keys(), tip).ok()?;
        Some(manifest)
    }

    fn fill(&mut self, cx: &Context, keys: &KeyRing, tip: CommitId) -> Result<()> {
        let tree = cx.store.commit(tip)?.tree;
        let limit = rules::MAX_ENTRIES;
        cx.store.ensure_folders([tree])?;
        let files = cx.store.changes_up_to(None, Some(tree), limit)?;
        let files = files.ok_or_else(|| {
            Error::new(Kind::Integrity, format!("it has more than {limit} entries"))
        })?;
        cx.store.ensure_files(&files)?;
        for file in files {
            let Some(entry) = file.new.filter(|e| e.mode == Mode::File) else {
                continue;
            };
            let path = String::from_utf8_lossy(&file.path).into_owned();
            let Some((name, key)) = rules::read_file(&path) else {
                continue;
            };
            let opened = match cx.store.blob_size(entry.id) {
                Ok(size) if size <= rules::MAX_BYTES => {
                    let text = cx.store.read_blob(entry.id)?;
                    rules::open(keys, &cx.repo_name, &path, &text)
                }
                _ => Opened::Bad("its manifest entry is missing or too long"),
            };
            let line = Line {
                id: entry.id,
                opened,
            };
            let lines = self.lines.entry(name).or_default();
            lines.insert(key.to_owned(), line);
        }
        Ok(())
    }

    /// Sets the standing of each backup, and puts the newest first by what is known of them then.
    pub fn judge(&self, found: &mut [Found]) {
        for one in found.iter_mut() {
            one.standing = self.standing(&one.name, one.commit);
        }
        super::sort(found);
    }

    fn standing(&self, name: &str, commit: CommitId) -> Standing {
        let Some(lines) = self.lines.get(name) else {
            return Standing::None;
        };
        let mut standing = Standing::None;
        for line in lines.values() {
            match &line.opened {
                Opened::Good(entry) if entry.commit == commit => {
                    return Standing::Good(entry.clone());
                }
                Opened::Good(entry) => standing = Standing::Moved(entry.commit),
                Opened::Bad(why) if !matches!(standing, Standing::Moved(_)) => {
                    standing = Standing::Forged(why);
                }
                Opened::Unknown(entry) if standing == Standing::None => {
                    standing = Standing::Unknown(entry.clone());
                }
                Opened::Unknown(entry)
                    if entry.commit == commit && matches!(standing, Standing::Unknown(_)) =>
                {
                    standing = Standing::Unknown(entry.clone());
                }
                _ => {}
            }
        }
        standing
    }

    /// Entries of backups that are not among the names `there`. Either something other than
    /// a prune removed those backups, or a run was cut off.
    pub fn gone<'a>(&'a self, there: &HashSet<&str>) -> impl Iterator<Item = &'a Entry> {
        let absent: Vec<_> = self
            .lines
            .iter()
            .filter(|(name, _)| !there.contains(name.as_str()))
            .collect();
        absent.into_iter().filter_map(|(_, lines)| {
            lines.values().find_map(|l| match &l.opened {
                Opened::Good(entry) => Some(entry),
                _ => None,
            })
        })
    }

    /// Whether a key of ours entered any backup, of whatever branch.
    pub fn has_ours(&self) -> bool {
        let mut lines = self.lines.values().flat_map(BTreeMap::values);
        lines.any(|line| matches!(line.opened, Opened::Good(_)))
    }

    /// Entries that are not valid, and why.
    pub fn forged(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.lines.iter().flat_map(|(name, lines)| {
            lines.values().filter_map(move |l| match l.opened {
                Opened::Bad(why) => Some((name.as_str(), why)),
                _ => None,
            })
        })
    }

    /// Whether it has an entry of this name, of whatever key.
    pub fn speaks_of(&self, name: &str) -> bool {
        self.lines.contains_key(name)
    }

    /// Whether this key has no entry yet for a backup, so that one can be added.
    pub fn has_room(&self, name: &str, key_id: &str) -> bool {
        let lines = self.lines.get(name);
        lines.is_none_or(|lines| !lines.contains_key(key_id))
    }

    /// Adds the update of [`Manifest::update`] to those of a push, where all of it lands or nothing
    /// does, and gives the objects that go with it.
    ///
    /// Errors: internal.
    pub fn update_beside(
        &self,
        cx: &Context,
        keys: &KeyRing,
        (added, gone): (&[Entry], &HashSet<&str>),
        attempt: &Attempt<'_>,
        updates: &mut Vec<RefUpdate>,
    ) -> Result<Vec<ObjectId>> {
        if !(attempt.advertisement.is_atomic() || updates.is_empty()) {
            return Ok(Vec::new());
        }
        let Some((update, objects)) = self.update(cx, keys, added, gone)? else {
            return Ok(Vec::new());
        };
        updates.push(update);
        Ok(objects)
    }

    /// The update of the ref to a manifest with `added` and without the entries of `gone`,
    /// and the objects to push with it. `None` if nothing would change.
    ///
    /// Files that cannot be entries are left out as well. Errors: internal.
    pub fn update(
        &self,
        cx: &Context,
        keys: &KeyRing,
        added: &[Entry],
        gone: &HashSet<&str>,
    ) -> Result<Option<(RefUpdate, Vec<ObjectId>)>> {
        let goes = self.lines.keys().any(|name| gone.contains(name.as_str()));
        let key = match keys.active() {
            Some(key) if !added.is_empty() => Some(key),
            _ if goes => None,
            _ => return Ok(None),
        };
        let mut draft = cx.store.draft();
        let mut files: BTreeMap<String, ObjectId> = BTreeMap::new();
        for (name, lines) in &self.lines {
            if gone.contains(name.as_str()) {
                continue;
            }
            for (key_id, line) in lines {
                if cx.store.has(line.id) {
                    files.insert(rules::file(name, key_id), line.id);
                }
            }
        }
        for entry in added {
            let Some(key) = key else { break };
            let text = rules::write(key, &cx.repo_name, entry);
            files.insert(
                rules::file(&entry.name, &key.id),
                draft.blob(text.as_bytes())?,
            );
        }
        let edits: Vec<_> = files
            .into_iter()
            .map(|(file, id)| {
                let entry = crate::git::Entry {
                    id,
                    mode: Mode::File,
                };
                (file.into_bytes(), Some(entry))
            })
            .collect();
        // Build the tree from nothing. Whatever others put there is dropped, and cannot be
        // in the way.
        let tree = draft.tree(None, &edits)?;
        let who = Person {
            name: "aidf".to_owned(),
            email: "aidf@backup.invalid".to_owned(),
        };
        let parents: Vec<CommitId> = self
            .tip
            .into_iter()
            .filter(|t| cx.store.has_commit(*t))
            .collect();
        let message = match (added, gone.len()) {
            ([one], _) => format!("Add {}\n", one.name),
            ([], n) => format!("Remove {n} backups\n"),
            (more, _) => format!("Add {} backups\n", more.len()),
        };
        let new = draft.commit(tree, &parents, &who, cx.now.seconds(), &message, |_| None)?;
        let update = RefUpdate {
            name: RefName::new(rules::REF)?,
            old: self.tip,
            new: Some(new),
        };
        let mut objects = draft.objects();
        objects.extend(self.restored.iter().filter(|id| cx.store.has(**id)));
        Ok(Some((update, objects)))
    }
}

/// The ref in which this clone remembers the manifest of its remote.
fn memory(cx: &Context) -> String {
    format!("refs/aidf/manifest/{}", cx.remote.name())
}

/// The names of the backups in the manifest that this clone remembers, without a look at who
/// made them; none if it cannot be read.
pub(in crate::ops) fn remembered_names(cx: &Context) -> Vec<String> {
    let tip = cx.store.local_ref(&memory(cx)).ok().flatten();
    let tree = tip.and_then(|tip| Some(cx.store.commit(tip).ok()?.tree));
    let files = tree.map(|t| cx.store.changes_up_to(None, Some(t), rules::MAX_ENTRIES));
    let Some(Ok(Some(files))) = files else {
        return Vec::new();
    };
    let names = files.iter().filter_map(|file| {
        let path = std::str::from_utf8(&file.path).ok()?;
        Some(rules::read_file(path)?.0)
    });
    names.collect()
}

/// Remembers the manifest that was pushed, so that its later removal is noticed.
pub(super) fn remember(cx: &Context, pushed: &[RefUpdate]) {
    let made = pushed.iter().find(|u| u.name.as_str() == rules::REF);
    if let Some(new) = made.and_then(|u| u.new)
        && let Err(e) = cx
            .store
            .set_ref(&memory(cx), new, "aidf: manifest of the backups")
    {
        cx.progress.step(e.message());
    }
}

/// The keys for making a backup: the keys that we have, or else a new first key, as the
/// first `sandbox init` makes it. A holder never gets a new key, because its keys are
/// elsewhere: with a key of its own it would judge the tokens that others issued.
///
/// Empty if no key can be written: a backup without a signature is better than none.
pub(super) fn keys_for_making(cx: &Context) -> KeyRing {
    if !cx.keys().is_empty() {
        return cx.keys().clone();
    }
    let session = session::load(cx);
    let holder = cx.config.trust == Some(Trust::Holder)
        || cx.config.environment_token.is_some()
        || !matches!(session, Ok(None));
    if holder {
        cx.warn("this machine has no key, so the backups that it makes are not authenticated");
        return KeyRing::default();
    }
    match KeyRing::load_or_make(&cx.config.keys, cx.random(), &cx.now.rfc3339()) {
        Ok(keys) => {
            cx.warn(format!(
                "aidf made a key at {}: it authenticates the backups made here; keep a copy of it, and give it to the machines that prune and verify",
                cx.config.keys.ring.display()
            ));
            keys
        }
        Err(e) => {
            cx.warn(format!(
                "aidf cannot make a key, so the backups made here are not authenticated: {}",
                e.in_full()
            ));
            KeyRing::default()
        }
    }
}
