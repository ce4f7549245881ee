//! The manifest of a folder of bundles on disk, and this machine's memory of it.

use crate::bundle_manifest::{FILE, Item, Kind as Event, MAX_BYTES, Manifest};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{digest_of, real, short_digest, write_durably};
use crate::git::{Bundle, CommitId};
use crate::keys::KeyRing;
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

    /// The file in which this machine remembers the end of a folder's manifest. So this
    /// machine notices when the end was cut off, or the manifest is gone.
    fn memory(&self, dir: &Path) -> PathBuf {
        let name = short_digest(&real(dir).to_string_lossy());
        self.state.join("bundles").join(name)
    }

    fn remembered(&self, dir: &Path) -> Option<(u64, String)> {
        let text = std::fs::read_to_string(self.memory(dir)).ok()?;
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
    /// The highest line number that is known.
    last: u64,
}

impl FolderManifest {
    /// Reads the manifest of a folder.
    ///
    /// Errors: internal, for the disk.
    pub fn read(dir: &Path, judge: Judge<'_>) -> Result<FolderManifest> {
        let path = dir.join(FILE);
        let seen = judge.remembered(dir);
        let mut folder = FolderManifest {
            last: seen.as_ref().map_or(0, |(number, _)| *number),
            ..FolderManifest::default()
        };
        let lost = "it was here before, and is gone";
        match std::fs::metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                // A folder that was emptied starts again.
                let bundles = std::fs::read_dir(dir).into_iter().flatten().flatten();
                let mut names = bundles.map(|e| e.file_name());
                let any = names.any(|n| n.to_string_lossy().ends_with(".bundle"));
                folder.fault = seen.filter(|_| any).map(|_| lost.to_owned());
                return Ok(folder);
            }
            Ok(meta) if meta.len() > MAX_BYTES => {
                folder.fault = Some("it is too long".to_owned());
                return Ok(folder);
            }
            _ => {}
        }
        let bytes = std::fs::read(&path).or_fail(Kind::Internal, || {
            format!("{} cannot be read", path.display())
        })?;
        let read = String::from_utf8(bytes)
            .map_err(|_| "it is not text".to_owned())
            .and_then(|text| Manifest::read(&text, judge.keys, judge.repository));
        match read {
            Ok(manifest) => {
                let (number, _) = manifest.head().unwrap_or_default();
                folder.last = folder.last.max(number);
                match seen {
                    Some((number, digest)) if !manifest.follows(number, &digest) => {
                        folder.fault = Some(
                            "it is older than what this machine wrote there, or somebody replaced it"
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

    /// True if the folder has a manifest, even one that cannot be used.
    pub fn is_there(&self) -> bool {
        self.manifest.is_some() || self.fault.is_some()
    }

    /// Checks a bundle's checksum against the manifest, and returns whether the bundle is
    /// authenticated. It is not if the folder has no manifest; `None` if we do not have the
    /// key.
    ///
    /// Errors: integrity.
    pub fn check(&self, path: &Path, sha256: &str) -> Result<Option<bool>> {
        let bad = |why: String| {
            Error::new(Kind::Integrity, format!("{} {why}", path.display()))
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
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        match manifest.bundles().get(&name.unwrap_or_default()) {
            Some(says) if says.sha256.eq_ignore_ascii_case(sha256) => Ok(says.authenticated),
            Some(_) => Err(bad(format!(
                "is not the file that {FILE} describes: it was replaced"
            ))),
            None => Err(bad(format!(
                "is not in {FILE}, so nobody knows who made it"
            ))),
        }
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
    /// Errors: internal, for the disk.
    pub fn add(
        &mut self,
        cx: &Context,
        dir: &Path,
        keys: &KeyRing,
        event: (Event, Vec<Item>),
    ) -> Result<()> {
        // Without a key, no manifest is started.
        if event.1.is_empty() || (keys.is_empty() && self.manifest.is_none()) {
            return Ok(());
        }
        let mut manifest = self.manifest.take().unwrap_or_default();
        let time = cx.now.rfc3339();
        manifest.add(keys.active(), event, &cx.repo_name, &time, self.last);
        let path = dir.join(FILE);
        write_durably(&path, manifest.text().as_bytes()).or_fail(Kind::Internal, || {
            format!("{} cannot be written", path.display())
        })?;
        if let Some((number, digest)) = manifest.head() {
            self.last = number;
            let memory = Judge::of(cx).memory(dir);
            if let Err(e) = write_durably(&memory, format!("{number} {digest}\n").as_bytes()) {
                cx.warn(format!(
                    "aidf could not record what it wrote to {}: {e}",
                    path.display()
                ));
            }
        }
        self.manifest = Some(manifest);
        Ok(())
    }
}

/// The path of the manifest beside a single bundle.
fn single(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".manifest");
    PathBuf::from(name)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Writes a single bundle, with its own manifest beside it.
///
/// The manifest of an earlier bundle at this path is removed first. So a run that is cut
/// off leaves a bundle without a manifest, and never one that looks replaced. Errors:
/// internal, for the disk.
pub(super) fn write_single(
    cx: &Context,
    keys: &KeyRing,
    path: &Path,
    refs: &[(String, CommitId)],
) -> Result<()> {
    let beside = single(path);
    let failed = || format!("{} cannot be written", beside.display());
    match std::fs::remove_file(&beside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::new(Kind::Internal, failed()).caused_by(e));
        }
        _ => {}
    }
    let sum = cx.store.write_bundle(path, refs, &[])?;
    let Some(key) = keys.active() else {
        return Ok(());
    };
    let event = (Event::Made, vec![item(path, &name_of(path), &sum)]);
    let mut manifest = Manifest::default();
    manifest.add(Some(key), event, &cx.repo_name, &cx.now.rfc3339(), 0);
    write_durably(&beside, manifest.text().as_bytes()).or_fail(Kind::Internal, failed)
}

/// Checks a single bundle against the manifest beside it, if there is one.
///
/// Errors: integrity.
pub(super) fn check_single(path: &Path, judge: Judge<'_>) -> Result<Option<bool>> {
    let beside = single(path);
    let bad = |why: String| Error::new(Kind::Integrity, format!("{} {why}", path.display()));
    match std::fs::metadata(&beside) {
        Ok(meta) if meta.is_file() && meta.len() <= MAX_BYTES => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Some(false)),
        _ => {
            return Err(bad(format!(
                "has a manifest, {}, that cannot be read",
                beside.display()
            )));
        }
    }
    let text = std::fs::read_to_string(&beside).map_err(|e| {
        bad(format!(
            "has a manifest, {}, that cannot be read",
            beside.display()
        ))
        .caused_by(e)
    })?;
    let manifest = Manifest::read(&text, judge.keys, judge.repository)
        .map_err(|why| bad(format!("has a manifest that cannot be used: {why}")))?;
    let sum = digest_of(path).or_fail(Kind::NotFound, || {
        format!("there is no bundle {}", path.display())
    })?;
    match manifest.bundles().get(&name_of(path)) {
        Some(says) if says.sha256 == sum => Ok(says.authenticated),
        Some(_) => Err(bad(
            "is not the file that its manifest describes: it was replaced".to_owned(),
        )),
        None => Err(bad("is not the file that its manifest describes".to_owned())),
    }
}

/// The manifest's description of the bundle at `path`.
pub(super) fn item(path: &Path, name: &str, sha256: &str) -> Item {
    let bundle = Bundle::read(path).ok();
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
