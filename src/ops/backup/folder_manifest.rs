//! The manifest of a place of bundles, and this machine's memory of it.

use crate::bundle_manifest::{FILE, Item, Kind as Event, MAX_BYTES, Manifest};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{short_digest, write_durably};
use crate::git::{BegunBundle, Bundle, CommitId};
use crate::keys::KeyRing;
use crate::ops::backup::place::{Local, Place, Small, Version};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What is needed to judge a folder's manifest.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The keys that we have.
    pub keys: &'a KeyRing,
    /// The repository that the bundles must belong to, if that is known.
    pub repository: Option<&'a str>,
    /// This machine's state folder.
    pub state: &'a Path,
}

impl<'a> Judge<'a> {
    /// The judge for a call.
    pub(super) fn of(cx: &'a Context) -> Self {
        Judge {
            keys: cx.keys(),
            repository: Some(&cx.repo_name),
            state: &cx.config.folders.state,
        }
    }

    /// The file in which this machine remembers the end of a place's manifest. So this machine
    /// notices when the end was cut off, or the manifest is gone.
    fn memory(&self, place: &dyn Place) -> PathBuf {
        self.state.join("bundles").join(short_digest(&place.id()))
    }

    fn remembered(&self, place: &dyn Place) -> Option<(u64, String)> {
        let text = std::fs::read_to_string(self.memory(place)).ok()?;
        let (number, digest) = text.trim_end().split_once(' ')?;
        Some((number.parse().ok()?, digest.to_owned()))
    }
}

/// A folder's manifest, as read.
#[derive(Default)]
pub(super) struct FolderManifest {
    /// None if the folder has no manifest, or one that cannot be used.
    manifest: Option<Manifest>,
    /// Why it cannot be used.
    pub fault: Option<String>,
    /// The id of a key that sealed it and that we do not have.
    foreign: Option<String>,
    /// Whether this machine wrote bundles here, and none is left.
    pub is_emptied: bool,
    /// The highest line number that is known.
    last: u64,
    /// Which state of the file was read or written.
    version: Version,
}

impl FolderManifest {
    /// Reads the manifest of a place.
    ///
    /// Errors: internal, for the disk; unavailable, auth, denied.
    pub fn read(place: &dyn Place, judge: Judge<'_>) -> Result<FolderManifest> {
        let seen = judge.remembered(place);
        let mut folder = FolderManifest {
            last: seen.as_ref().map_or(0, |(number, _)| *number),
            ..FolderManifest::default()
        };
        let lost = "it was here before, and is gone";
        let bytes = match place.read(FILE, MAX_BYTES)? {
            Small::Absent => {
                if seen.is_some() {
                    // A folder that was emptied starts again.
                    folder.is_emptied = !place.names()?.iter().any(|n| n.ends_with(".bundle"));
                    folder.fault = (!folder.is_emptied).then(|| lost.to_owned());
                }
                return Ok(folder);
            }
            Small::TooLong => {
                folder.fault = Some("it is too long".to_owned());
                return Ok(folder);
            }
            Small::Bytes(bytes, version) => {
                folder.version = version;
                bytes
            }
        };
        let read = String::from_utf8(bytes)
            .map_err(|_| "it is not text".to_owned())
            .and_then(|text| Manifest::read(&text, judge.keys, judge.repository));
        match read {
            Ok(manifest) => {
                let (number, _) = manifest.head().unwrap_or_default();
                folder.last = folder.last.max(number);
                folder.foreign = manifest.foreign_key().map(str::to_owned);
                match seen {
                    // Who replaced it would name a key that nobody has.
                    Some((number, digest))
                        if folder.foreign.is_some() && !manifest.has_line(number, &digest) =>
                    {
                        folder.fault = Some(
                            "what this machine wrote there is gone, and the rest is sealed with a key that is not on this machine"
                                .to_owned(),
                        );
                    }
                    Some((number, digest)) if !manifest.follows(number, &digest) => {
                        folder.fault = Some(
                            "it is older than what this machine wrote there, or somebody replaced it; if its disk was not mounted when this machine last wrote there, what it wrote lies below the mount point"
                                .to_owned(),
                        );
                    }
                    _ => folder.manifest = Some(manifest),
                }
            }
            Err(why) => folder.fault = Some(why),
        }
        Ok(folder)
    }

    /// Refuses a place that this machine wrote bundles to and that has none left. Its disk may not
    /// be mounted: the place may lie below the mount point, or be it.
    ///
    /// Errors: not_found.
    pub fn check_emptied(&self, place: &dyn Place) -> Result<()> {
        if !self.is_emptied {
            return Ok(());
        }
        let todo = match place.is_near() {
            true => {
                "if its disk is not mounted, mount it; if it is mounted now, and was not when this machine wrote there, they lie below its mount point"
            }
            false => "look whether this is the place, and who removed them",
        };
        Err(Error::new(
            Kind::NotFound,
            format!(
                "this machine wrote bundles to {}, and none is left there",
                place.shown()
            ),
        )
        .hint(format!(
            "{todo}; only if those bundles are not needed any more, `aidf backup create --full` starts it again"
        )))
    }

    /// Refuses to change a place whose manifest is sealed with a key that we do not have. Our
    /// lines would be worth nothing to its owner, and our own manifest would take his away.
    ///
    /// Errors: auth.
    pub fn check_keys(&self, place: &dyn Place) -> Result<()> {
        let Some(key) = &self.foreign else {
            return Ok(());
        };
        Err(Error::new(
            Kind::Auth,
            format!(
                "{} is sealed with the key {key}, which is not on this machine",
                place.address(FILE)
            ),
        )
        .hint("nothing was changed there; give this machine the key ring that has the key (AIDF_KEY_FILE names a file of it), or name another folder"))
    }

    /// Forgets a manifest that cannot be used, and says why it cannot. The next line starts
    /// another one.
    pub fn give_up(&mut self) -> Option<String> {
        let fault = self.fault.take()?;
        self.version = Version::Absent;
        Some(fault)
    }

    /// True if the folder has a manifest, even one that cannot be used.
    pub fn is_there(&self) -> bool {
        self.manifest.is_some() || self.fault.is_some()
    }

    /// Checks a bundle's checksum against the manifest, and returns whether the bundle is
    /// authenticated. It is not if the folder has no manifest; `None` if we do not have the
    /// key. `shown` is the bundle's address for messages.
    ///
    /// Errors: integrity.
    pub fn check(&self, name: &str, shown: &str, sha256: &str) -> Result<Option<bool>> {
        let bad = |why: String| {
            Error::new(Kind::Integrity, format!("{shown} {why}"))
                .hint("restore from another destination or from the repository itself; `aidf backup create --full` starts the folder again")
        };
        if let Some(fault) = &self.fault {
            return Err(bad(format!(
                "cannot be checked: its {FILE} cannot be used: {fault}"
            )));
        }
        let Some(manifest) = &self.manifest else {
            return Ok(Some(false));
        };
        match manifest.bundles().get(name) {
            Some(says) if says.sha256.eq_ignore_ascii_case(sha256) => Ok(says.authenticated),
            Some(_) => Err(bad(format!(
                "is not the file that {FILE} describes: it was replaced"
            ))),
            None => Err(bad(format!(
                "is not in {FILE}, so nobody knows who made it"
            ))),
        }
    }

    /// The description of a bundle that should exist.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.manifest.as_ref()?.item(name)
    }

    /// Whether the manifest names a bundle.
    pub fn names(&self, name: &str) -> bool {
        let manifest = self.manifest.as_ref();
        manifest.is_some_and(|m| m.bundles().contains_key(name))
    }

    /// Whether any bundle is authenticated with a key that we have.
    pub fn has_authenticated(&self) -> bool {
        let manifest = self.manifest.as_ref();
        manifest.is_some_and(|m| m.bundles().values().any(|s| s.authenticated == Some(true)))
    }

    /// Whether a bundle is authenticated, judged by its name only; `None` if we do not have
    /// the key.
    pub fn whose(&self, name: &str) -> Option<bool> {
        let says = self.manifest.as_ref().and_then(|m| m.bundles().get(name));
        says.map_or(Some(false), |s| s.authenticated)
    }

    /// The turn of each bundle among all that were made or found.
    pub fn turns(&self) -> HashMap<&str, usize> {
        self.manifest
            .as_ref()
            .map(Manifest::turns)
            .unwrap_or_default()
    }

    /// Every bundle that should exist.
    pub fn all(&self) -> Vec<String> {
        let manifest = self.manifest.as_ref();
        manifest.map_or_else(Vec::new, |m| m.bundles().keys().cloned().collect())
    }

    /// Whether the manifest says that this very file was removed. Then a run was cut off
    /// before it could delete it.
    pub fn is_removed(&self, name: &str, sha256: &str) -> bool {
        let manifest = self.manifest.as_ref();
        manifest.is_some_and(|m| m.is_removed(name, sha256))
    }

    /// Adds a line, and remembers the new end on this machine.
    ///
    /// Errors: conflict, if another run wrote to the place; internal, for the disk; unavailable,
    /// auth, denied.
    pub fn add(
        &mut self,
        cx: &Context,
        place: &dyn Place,
        keys: &KeyRing,
        event: (Event, Vec<Item>),
    ) -> Result<()> {
        // Without a key, no manifest is started.
        if event.1.is_empty() || (keys.is_empty() && self.manifest.is_none()) {
            return Ok(());
        }
        let mut manifest = self.manifest.clone().unwrap_or_default();
        let time = cx.now.rfc3339();
        manifest.add(keys.active(), event, &cx.repo_name, &time, self.last);
        self.version = place.replace(FILE, manifest.text().as_bytes(), &self.version)?;
        if let Some((number, digest)) = manifest.head() {
            self.last = number;
            let memory = Judge::of(cx).memory(place);
            if let Err(e) = write_durably(&memory, format!("{number} {digest}\n").as_bytes()) {
                cx.warn(format!(
                    "aidf could not record what it wrote to {}: {e}",
                    place.address(FILE)
                ));
            }
        }
        self.manifest = Some(manifest);
        Ok(())
    }
}

/// Why a place has no bundles of a repository.
pub(super) fn no_bundles(place: &dyn Place, judge: Judge<'_>) -> Error {
    let emptied = FolderManifest::read(place, judge).and_then(|read| read.check_emptied(place));
    if let Err(e) = emptied {
        return e;
    }
    let whose = match judge.repository {
        Some(name) => format!("of {name} "),
        None => String::new(),
    };
    let none = format!("there is no bundle {whose}in {}", place.shown());
    Error::new(Kind::NotFound, none).hint("`aidf backup create` writes the first one")
}

/// The path of the manifest beside a single bundle.
fn single(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(BESIDE);
    PathBuf::from(name)
}

/// What the manifest of a single bundle has after the bundle's name.
const BESIDE: &str = ".manifest";

fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Writes a single bundle, with its own manifest beside it.
///
/// The manifest of an earlier bundle at this path is removed before the new one takes its place.
/// So a run that is cut off leaves a bundle without a manifest, and never one that looks
/// replaced. A bundle that was `begun` is finished; if a part of the history was missing, it is
/// written anew, with what has been fetched since. Errors: internal, for the disk; integrity.
pub(super) fn write_single(
    cx: &Context,
    keys: &KeyRing,
    path: &Path,
    refs: &[(String, CommitId)],
    begun: Option<BegunBundle>,
) -> Result<()> {
    let beside = single(path);
    let failed = || format!("{} cannot be written", beside.display());
    let full = match begun.map(BegunBundle::finish) {
        Some(Err(e)) if e.kind() != Kind::Integrity => return Err(e),
        Some(Ok(full)) => full,
        _ => cx.store.fill_bundle(path, refs, &[])?,
    };
    match std::fs::remove_file(&beside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::new(Kind::Internal, failed()).caused_by(e));
        }
        _ => {}
    }
    let sum = full.put(path)?;
    let Some(key) = keys.active() else {
        return Ok(());
    };
    let bundle = Bundle::read(path).ok();
    let event = (Event::Made, vec![item(bundle, &name_of(path), &sum)]);
    let mut manifest = Manifest::default();
    manifest.add(Some(key), event, &cx.repo_name, &cx.now.rfc3339(), 0);
    write_durably(&beside, manifest.text().as_bytes()).or_fail(Kind::Internal, failed)
}

/// Checks a bundle that no list names against the manifest beside it, if there is one.
///
/// Errors: integrity; not_found, for the bundle; unavailable, auth, denied.
pub(super) fn check_single(
    place: &dyn Place,
    name: &str,
    local: &Local,
    judge: Judge<'_>,
) -> Result<Option<bool>> {
    let beside = format!("{name}{BESIDE}");
    let shown = place.address(name);
    let bad = |why: String| Error::new(Kind::Integrity, format!("{shown} {why}"));
    let unread = || {
        bad(format!(
            "has a manifest, {}, that cannot be read",
            place.address(&beside)
        ))
    };
    let text = match place.read(&beside, MAX_BYTES) {
        Ok(Small::Absent) => return Ok(Some(false)),
        Ok(Small::Bytes(bytes, _)) => String::from_utf8(bytes).map_err(|_| unread())?,
        Ok(Small::TooLong) => return Err(unread()),
        Err(e) if e.kind() == Kind::Internal => return Err(unread().caused_by(e)),
        Err(e) => return Err(e),
    };
    let manifest = Manifest::read(&text, judge.keys, judge.repository)
        .map_err(|why| bad(format!("has a manifest that cannot be used: {why}")))?;
    let sum = local
        .digest()
        .or_fail(Kind::NotFound, || format!("there is no bundle {shown}"))?;
    match manifest.bundles().get(name) {
        Some(says) if says.sha256 == sum => Ok(says.authenticated),
        Some(_) => Err(bad(
            "is not the file that its manifest describes: it was replaced".to_owned(),
        )),
        None => Err(bad("is not the file that its manifest describes".to_owned())),
    }
}

/// The manifest's description of a bundle.
pub(super) fn item(bundle: Option<Bundle>, name: &str, sha256: &str) -> Item {
    let (refs, needs) = bundle.map_or_else(Default::default, |b| {
        let refs = b.refs.into_iter().map(|(n, id)| (n, id.to_string()));
        let needs = b.needs.iter().map(ToString::to_string);
        (refs.collect(), needs.collect())
    });
    Item {
        name: name.to_owned(),
        sha256: sha256.to_owned(),
        refs,
        needs,
    }
}
