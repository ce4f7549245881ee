//! Writes bundles to a place.

use super::{FULL, FULL_EVERY, Folder, INCREMENTAL, MAX_TRIES, Named, Records, read_name};
use crate::bundle_manifest::Kind as Event;
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Bundle, CommitId};
use crate::keys::KeyRing;

impl<'a> Folder<'a> {
    /// Writes a bundle of `refs`, unless the newest bundle has exactly these. Returns the
    /// name of the new bundle.
    ///
    /// Errors: not_found, if the place was lost; internal, for the disk; unavailable, auth,
    /// denied, for a place elsewhere.
    pub fn write(
        &mut self,
        cx: &'a Context,
        keys: &KeyRing,
        refs: &[(String, CommitId)],
        full: bool,
        full_every: Option<&Period>,
    ) -> Result<Option<String>> {
        if !full {
            self.manifest.check_emptied(&*self.place)?;
        }
        self.tidy(cx, keys)?;
        self.adopt(cx, keys)?;
        let base = self.sound_full(cx)?;
        let mut listed = self.dated(cx);
        let mut time = cx.now.after_all(listed.iter().map(|one| one.time));
        let newest = listed.pop();
        let newest_refs = match (&newest, &base) {
            (Some(one), Some((full, records))) if one == full => Some(records.refs.clone()),
            (Some(one), Some(_)) if !one.full => self.sound_refs(cx, one)?,
            _ => None,
        };
        if !full && newest_refs.as_deref() == Some(refs) {
            return Ok(None);
        }
        let default = Period::parse(FULL_EVERY);
        let base = base.filter(|(named, _)| {
            let limit = full_every.or(default.as_ref());
            !full && limit.is_none_or(|age| named.time >= age.before(cx.now))
        });
        let mut needs: Vec<CommitId> = base
            .iter()
            .flat_map(|(_, records)| records.refs.iter().map(|(_, id)| *id))
            .collect();
        needs.sort();
        needs.dedup();
        // The store must have the base's commits to leave them out. Otherwise the bundle is
        // full.
        let are_here = needs.iter().all(|id| cx.store.has_commit(*id));
        if !are_here
            || cx
                .remote
                .fetch_all(&cx.store, &needs, &*cx.progress)
                .is_err()
        {
            needs.clear();
        }
        let kind = if needs.is_empty() { FULL } else { INCREMENTAL };
        let draft = self.place.draft()?;
        let sum = cx.store.write_bundle(draft.path(), refs, &needs)?;
        let bundle = Bundle::read(draft.path())?;
        let mut tries = 0;
        let name = loop {
            let name = format!("{}{kind}", time.compact());
            match self.place.put(draft.path(), &name) {
                // Another run wrote one in the same second.
                Err(e) if e.kind() == Kind::Conflict && tries < MAX_TRIES => {
                    tries += 1;
                    time = Moment::from_seconds(time.seconds() + 1);
                }
                put => break put.map(|()| name)?,
            }
        };
        let base = base.filter(|_| kind == INCREMENTAL);
        let base = base.as_ref().map(|(named, _)| named.name.as_str());
        if self.list(cx, keys, (&name, sum), Some(bundle), Event::Made, base)? {
            return Ok(Some(name));
        }
        // A prune on another machine has removed what this one is based on.
        self.remove(cx, &[name])?;
        self.write(cx, keys, refs, true, full_every)
    }

    /// The bundles of the list, oldest first, without those that are dated in the future. Who
    /// took one of those for the newest would date all the later ones like it, and would never
    /// find it too old to be based on.
    fn dated(&self, cx: &Context) -> Vec<Named> {
        let mut listed = self.listed();
        listed.retain(|one| !one.time.is_in_the_future(cx.now));
        listed
    }

    /// The refs of an incremental bundle, if nothing speaks against it or against the full one
    /// that it is based on.
    fn sound_refs(&self, cx: &Context, one: &Named) -> Result<Option<Vec<(String, CommitId)>>> {
        let read = self.looked_at(one).and_then(|(_, records)| {
            for base in self.bases_of(one, &records.needs)? {
                let Some(base) = read_name(&base) else {
                    continue;
                };
                match self.looked_at(&base) {
                    Ok(_) => return Ok(records.refs),
                    Err(e) if e.kind() == Kind::Integrity => {}
                    Err(e) => return Err(e),
                }
            }
            Err(self.baseless(one))
        });
        self.or_warned(read, |e| cx.warn(e.in_full()))
    }

    /// The newest full bundle, if nothing speaks against it.
    ///
    /// Errors: unavailable, auth, denied, for a place elsewhere.
    pub(super) fn sound_full(&self, cx: &'a Context) -> Result<Option<(Named, Records)>> {
        let Some(one) = self.dated(cx).into_iter().rfind(|n| n.full) else {
            return Ok(None);
        };
        let read = self.looked_at(&one).and_then(|(whose, records)| {
            // Do not base our bundles on one that anybody may have put there.
            let planted = whose != Some(true) && self.manifest.has_authenticated();
            match planted {
                true => Err(Error::new(
                    Kind::Integrity,
                    format!("{} is not authenticated", self.address(&one)),
                )),
                false => Ok(records),
            }
        });
        let read = self.or_warned(read, |e| {
            cx.warn(format!("{}; aidf makes a new full bundle", e.in_full()));
        })?;
        Ok(read.map(|records| (one, records)))
    }

    /// Whose a bundle is, and what it holds. One that lies on this machine is checked byte for
    /// byte. One that lies elsewhere has to be there, and our own manifest has to name it:
    /// `verify` and `drill` fetch it, which is too much for every night.
    fn looked_at(&self, one: &Named) -> Result<(Option<bool>, Records)> {
        let lying = self.bundle(one);
        if !self.place.is_near() && self.manifest.whose(&one.name) == Some(true) {
            return match self.place.names()?.contains(&one.name) {
                true => Ok((Some(true), lying.records()?)),
                false => Err(self.unreadable(one)),
            };
        }
        Ok((lying.check()?, lying.records()?))
    }

    /// What was read of a bundle; `None`, after a warning, if the bundle is damaged.
    fn or_warned<T>(&self, read: Result<T>, warn: impl FnOnce(&Error)) -> Result<Option<T>> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(e) if !self.place.is_near() && e.kind() != Kind::Integrity => Err(e),
            Err(e) => {
                warn(&e);
                Ok(None)
            }
        }
    }
}
