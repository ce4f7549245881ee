//! Proof that something can be restored. It is fetched into an empty repository, where each
//! object is hashed on arrival, and then its history is walked.

use super::bundles::{Lying, is_of_the_bundle};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::is_full;
use crate::git::Programs;
use crate::git::{Bundle, CommitId, Known, Store};
use crate::progress::Progress;
use crate::temporary::{self, Unusable, WorkFolder};
use std::collections::HashMap;

/// A repository that was made for a proof and is deleted with it.
pub(super) struct Restored {
    pub store: Store,
    /// How many objects were found; each was hashed.
    pub objects: u64,
    known: Known,
    _folder: WorkFolder,
}

/// Fetches commits into an empty repository and checks what they reach.
///
/// Errors: integrity, for what is missing or damaged; unavailable.
pub(super) fn of_remote(cx: &Context, commits: &[CommitId]) -> Result<Restored> {
    temporary::sweep();
    with_room(|| {
        let folder = temporary::work_folder()?;
        let place = folder.path().join("restored.git");
        let store = Store::scratch(&place, cx.store.format(), cx.store.programs())?;
        cx.remote.fetch_whole(&store, commits, &*cx.progress)?;
        let restored = walked(store, folder, commits, Known::default())?;
        for id in commits {
            if restored.store.names_lfs(restored.store.commit(*id)?.tree)? {
                cx.warn("files of git-lfs are in the backups as pointers; back up the store of their contents by its own means");
                break;
            }
        }
        Ok(restored)
    })
}

/// Fetches what can be read of these commits: one that is damaged is no reason to do without the
/// others. Answers the error of one that cannot be read, if there is any.
///
/// Errors: unavailable, auth.
pub(super) fn fetch_readable(cx: &Context, commits: &[CommitId]) -> Result<Option<Error>> {
    let Err(e) = cx.remote.fetch(&cx.store, commits, true, &*cx.progress) else {
        return Ok(None);
    };
    if is_outage(&e) {
        return Err(e);
    }
    if commits.len() < 2 {
        return Ok(Some(e));
    }
    let (some, others) = commits.split_at(commits.len() / 2);
    let first = fetch_readable(cx, some)?;
    Ok(first.or(fetch_readable(cx, others)?))
}

/// True if the remote could not be asked, or there was no room to restore into, so that
/// nothing is known about the backup.
pub(super) fn is_outage(error: &Error) -> bool {
    matches!(error.kind(), Kind::Auth | Kind::Unavailable) || no_room(error)
}

/// True if the place of a bundle could not be asked, so that nothing is known about the bundle.
pub(super) fn is_unreached(error: &Error) -> bool {
    is_outage(error) || matches!(error.kind(), Kind::Denied | Kind::Usage)
}

/// True if there was no room to restore into: for no other backup is there any either.
pub(super) fn no_room(error: &Error) -> bool {
    error.cause::<Unusable>().is_some()
}

/// What `prove` comes to. Where it fails and the temporary folder has no room, that is why,
/// and not the backup.
fn with_room<T>(prove: impl FnOnce() -> Result<T>) -> Result<T> {
    prove().map_err(|error| {
        if no_room(&error) || !is_full(&temporary::place()) {
            return error;
        }
        let what =
            "nothing is known about the backup: it is restored into a temporary folder to prove it";
        temporary::full(what).within(&error.in_full())
    })
}

/// Proves bundles one after the other. A full bundle that several are based on is unpacked
/// only once.
pub(super) struct Bundles<'a> {
    progress: &'a dyn Progress,
    programs: &'a Programs,
    base: Option<(String, Restored)>,
    /// Why full bundles cannot be used, by their addresses.
    damaged: HashMap<String, String>,
}

impl<'a> Bundles<'a> {
    pub fn new(progress: &'a dyn Progress, programs: &'a Programs) -> Self {
        temporary::sweep();
        Bundles {
            progress,
            programs,
            base: None,
            damaged: HashMap::new(),
        }
    }

    /// Unpacks a bundle, with the full one that it needs, and checks everything that its
    /// refs reach.
    ///
    /// Errors: not_found, for the file; integrity; unavailable, auth, denied, for a place
    /// elsewhere.
    pub fn prove(&mut self, one: &Lying<'_>) -> Result<(Bundle, u64)> {
        with_room(|| {
            let bundle = one.read()?;
            let objects = match bundle.needs.is_empty() {
                true => self.base_at(one)?.objects,
                false => self.over_base(one, &bundle)?.objects,
            };
            Ok((bundle, objects))
        })
    }

    /// Like [`Bundles::prove`], but keeps the restored repository.
    pub fn restored(mut self, one: &Lying<'_>) -> Result<(Bundle, Restored)> {
        with_room(|| {
            let bundle = one.read()?;
            let restored = match bundle.needs.is_empty() {
                true => {
                    self.base_at(one)?;
                    self.base.take().map(|(_, restored)| restored)
                }
                false => Some(self.over_base(one, &bundle)?),
            };
            let restored = restored
                .ok_or_else(|| Error::new(Kind::Internal, "what was restored cannot be found"))?;
            Ok((bundle, restored))
        })
    }

    fn over_base(&mut self, one: &Lying<'_>, bundle: &Bundle) -> Result<Restored> {
        let sound = one.sound_base(&bundle.needs, |base| self.base_at(base).map(drop))?;
        let (base, _) = sound.ok_or_else(|| {
            Error::new(
                Kind::Integrity,
                format!(
                    "{} is incremental, and the full bundle that it is based on is not in the same folder",
                    one.address()
                ),
            )
        })?;
        let progress = self.progress;
        let base = self.base_at(&base)?;
        let folder = temporary::work_folder()?;
        let store = Store::scratch_over(&folder.path().join("restored.git"), &base.store)?;
        bundle.unpack(&store, progress)?;
        // Use a copy. Otherwise objects of this bundle could hide that another bundle lacks
        // them.
        walked(store, folder, &tips(bundle), base.known.clone())
    }

    fn base_at(&mut self, one: &Lying<'_>) -> Result<&Restored> {
        let address = one.address();
        if let Some(why) = self.damaged.get(&address) {
            return Err(Error::new(Kind::Integrity, why.clone()));
        }
        if self.base.as_ref().is_none_or(|(at, _)| *at != address) {
            // git's hashes do not cover the bundle's header.
            if let Err(e) = one.check() {
                // Several may ask for it, and another base serves them better.
                if is_of_the_bundle(&e) {
                    self.damaged.insert(address, e.in_full());
                }
                return Err(e);
            }
            self.base = None;
            let bundle = one.read()?;
            let folder = temporary::work_folder()?;
            let place = folder.path().join("restored.git");
            let store = Store::scratch(&place, bundle.format, self.programs)?;
            bundle.unpack(&store, self.progress)?;
            let restored = walked(store, folder, &tips(&bundle), Known::default())?;
            self.base = Some((address, restored));
        }
        match &self.base {
            Some((_, restored)) => Ok(restored),
            None => Err(Error::new(Kind::Internal, "the full bundle cannot be kept")),
        }
    }
}

fn tips(bundle: &Bundle) -> Vec<CommitId> {
    bundle.refs.iter().map(|(_, id)| *id).collect()
}

fn walked(
    store: Store,
    folder: WorkFolder,
    tips: &[CommitId],
    mut known: Known,
) -> Result<Restored> {
    let before = known.len();
    store.check_connected(tips, &mut known)?;
    Ok(Restored {
        store,
        objects: known.len() - before,
        known,
        _folder: folder,
    })
}
