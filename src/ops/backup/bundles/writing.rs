//! Changes a place of bundles: writes bundles, lists them, and removes old ones.

use super::{FULL, FULL_EVERY, Folder, INCREMENTAL, LIST, MAX_LIST, Named, Records, SOURCE, SUMS};
use crate::bundle_manifest::Kind as Event;
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Bundle, CommitId};
use crate::keys::KeyRing;
use crate::ops::backup::folder_manifest::item;
use crate::ops::backup::place::Small;
use std::rc::Rc;
use std::time::Duration;

/// How often a change is tried again that another run got ahead of.
const MAX_TRIES: u32 = 8;

impl<'a> Folder<'a> {
    /// Writes a bundle of `refs`, unless the newest bundle has exactly these. Returns the
    /// name of the new bundle.
    ///
    /// Errors: internal, for the disk; unavailable, auth, denied, for a place elsewhere.
    pub fn write(
        &mut self,
        cx: &'a Context,
        keys: &KeyRing,
        refs: &[(String, CommitId)],
        full: bool,
        full_every: Option<&Period>,
    ) -> Result<Option<String>> {
        self.tidy(cx, keys)?;
        self.adopt(cx, keys)?;
        let base = self.sound_full(cx)?;
        let mut listed = self.dated(cx);
        // Give it a later time than every other bundle, even if the clock goes back a little.
        let last = listed.iter().map(|one| one.time.seconds() + 1).max();
        let mut time = last.map_or(cx.now, |last| cx.now.max(Moment::from_seconds(last)));
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
        let sum = cx.store.write_bundle(&draft, refs, &needs)?;
        let bundle = Bundle::read(&draft)?;
        let mut tries = 0;
        let name = loop {
            let name = format!("{}{kind}", time.compact());
            match self.place.put(&draft, &name) {
                // Another run wrote one in the same second.
                Err(e) if e.kind() == Kind::Conflict && tries < MAX_TRIES => {
                    tries += 1;
                    time = Moment::from_seconds(time.seconds() + 1);
                }
                put => break put.map(|()| name)?,
            }
        };
        self.list(cx, keys, (&name, sum), Some(bundle), Event::Made)?;
        Ok(Some(name))
    }

    /// The bundles of the list, oldest first, without those that are dated in the future. Who
    /// took one of those for the newest would date all the later ones like it, and would never
    /// find it too old to be based on.
    fn dated(&self, cx: &Context) -> Vec<Named> {
        let mut listed = self.listed();
        listed.retain(|one| !one.time.is_in_the_future(cx.now));
        listed
    }

    /// The refs of an incremental bundle, if nothing speaks against it.
    fn sound_refs(&self, cx: &Context, one: &Named) -> Result<Option<Vec<(String, CommitId)>>> {
        let read = self.looked_at(one).map(|(_, records)| records.refs);
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

    /// Does `work`, which changes the list and the manifest. If another run got ahead of it,
    /// both are read again, and it is done on what they say now.
    ///
    /// Errors: those of `work`; conflict, if others are always faster.
    fn settled(
        &mut self,
        cx: &'a Context,
        mut work: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut tries = 0;
        loop {
            match work(self) {
                Err(e) if e.kind() == Kind::Conflict && tries < MAX_TRIES => {
                    tries += 1;
                    let [chance] = cx.random::<1>();
                    let pause = u64::from(chance) << tries.min(4);
                    cx.cancel.sleep(Duration::from_millis(pause))?;
                    self.read_again(cx)?;
                }
                done => return done,
            }
        }
    }

    fn read_again(&mut self, cx: &'a Context) -> Result<()> {
        let fresh = match Folder::of(cx, Rc::clone(&self.place))? {
            Some(fresh) => fresh,
            None => Folder::anew(cx, Rc::clone(&self.place))?,
        };
        if let Some(fault) = &fresh.manifest.fault {
            let shown = self.place.shown();
            return Err(Error::new(
                Kind::Integrity,
                format!("the manifest of {shown} cannot be used any more: {fault}"),
            ));
        }
        (self.sums, self.version) = (fresh.sums, fresh.version);
        self.manifest = fresh.manifest;
        Ok(())
    }

    /// Cleans up after runs that were cut off: removes their unfinished files, lists the
    /// bundles that they finished, and writes the list for clones.
    ///
    /// Errors: internal, for the disk; unavailable, auth, denied, for a place elsewhere.
    pub fn tidy(&mut self, cx: &'a Context, keys: &KeyRing) -> Result<()> {
        self.place.tidy()?;
        for one in self.unlisted()? {
            let local = match self.place.file(&one.name) {
                // Another run has removed it just now.
                Err(e) if e.kind() == Kind::NotFound => continue,
                local => local?,
            };
            let sum = local.digest().unwrap_or_default();
            if self.manifest.is_removed(&one.name, &sum) {
                let _ = self.place.remove(&one.name);
                continue;
            }
            let whole = local.bundle().and_then(|b| b.check_bytes().map(|()| b));
            let known = match self.manifest.names(&one.name) {
                true => {
                    let shown = self.address(&one);
                    self.manifest.check(&one.name, &shown, &sum).map(drop)
                }
                false => Ok(()),
            };
            match known.and(whole) {
                Ok(bundle) => self.list(cx, keys, (&one.name, sum), Some(bundle), Event::Found)?,
                Err(e) => cx.warn(e.in_full()),
            }
        }
        self.settled(cx, |folder| folder.tell_clones())
    }

    /// Starts a manifest in a place that is older than manifests. Its bundles are entered
    /// as found.
    pub(super) fn adopt(&mut self, cx: &'a Context, keys: &KeyRing) -> Result<()> {
        self.settled(cx, |folder| {
            if folder.manifest.is_there() || keys.is_empty() {
                return Ok(());
            }
            let mut found = Vec::new();
            for (name, sum) in &folder.sums {
                let bundle = folder.place.file(name).and_then(|local| local.bundle());
                found.push(item(bundle.ok(), name, sum));
            }
            let place = Rc::clone(&folder.place);
            let event = (Event::Found, found);
            folder.manifest.add(cx, &*place, keys, event)
        })
    }

    /// Enters a bundle in the manifest, and then it and its checksum in the list. So the
    /// manifest may name a bundle that the list lacks, but never the other way round.
    pub(super) fn list(
        &mut self,
        cx: &'a Context,
        keys: &KeyRing,
        (name, sum): (&str, String),
        bundle: Option<Bundle>,
        kind: Event,
    ) -> Result<()> {
        let described = item(bundle, name, &sum);
        self.settled(cx, |folder| {
            if !folder.manifest.is_there() {
                // A manifest without a list counts as damage, and a killed run must not leave
                // it.
                folder.save()?;
            }
            // Another run may have entered it as found, before this one came to it.
            let is_entered = match kind {
                Event::Made if !keys.is_empty() => folder.manifest.whose(name) == Some(true),
                _ => folder.manifest.names(name),
            };
            if !is_entered {
                let place = Rc::clone(&folder.place);
                let event = (kind, vec![described.clone()]);
                folder.manifest.add(cx, &*place, keys, event)?;
            }
            folder.sums.insert(name.to_owned(), sum.clone());
            folder.save()
        })
    }

    /// Removes bundles, after taking them off the list. So the list never names a bundle
    /// that is gone.
    ///
    /// Errors: internal, for the disk; unavailable, auth, denied, for a place elsewhere.
    pub fn remove(&mut self, cx: &'a Context, names: &[String]) -> Result<()> {
        self.settled(cx, |folder| {
            let gone: Vec<_> = names
                .iter()
                .filter_map(|name| folder.manifest.item(name).cloned())
                .collect();
            folder.sums.retain(|name, _| !names.contains(name));
            folder.save()?;
            let place = Rc::clone(&folder.place);
            let event = (Event::Removed, gone);
            folder.manifest.add(cx, &*place, cx.keys(), event)
        })?;
        for name in names {
            // A file that was lost earlier, while it was on the list, is off the list now.
            self.place.remove(name)?;
        }
        Ok(())
    }

    pub(super) fn save(&mut self) -> Result<()> {
        let mut text = format!("{SOURCE}{}\n", self.source);
        for (name, sum) in &self.sums {
            text.push_str(&format!("{sum}  {name}\n"));
        }
        self.version = self.place.replace(SUMS, text.as_bytes(), &self.version)?;
        self.tell_clones()
    }

    /// Brings the list for clones up to date, if it is not.
    fn tell_clones(&self) -> Result<()> {
        let text = self.for_clones();
        let (there, version) = match self.place.read(LIST, MAX_LIST)? {
            Small::Absent => (None, Default::default()),
            Small::Bytes(bytes, version) => (Some(bytes), version),
            Small::TooLong => {
                self.place.remove(LIST)?;
                (None, Default::default())
            }
        };
        if self.sums.is_empty() && there.is_none() || there.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        self.place
            .replace(LIST, text.as_bytes(), &version)
            .map(drop)
    }

    /// The list that `git clone --bundle-uri` reads (bundle-uri, "Bundle Lists"). It has the
    /// newest full bundle and the newest one based on that: nobody needs more.
    fn for_clones(&self) -> String {
        let mut listed = self.listed();
        let newest = listed.pop();
        let full = match &newest {
            Some(newest) if !newest.full => listed.into_iter().rfind(|one| one.full),
            _ => None,
        };
        let mut text =
            String::from("[bundle]\n\tversion = 1\n\tmode = all\n\theuristic = creationToken\n");
        // git begins at the highest token, which has to be that of the newest.
        let mut token = 0;
        for one in full.iter().chain(&newest) {
            token = one.time.seconds().max(token + 1);
            text.push_str(&format!(
                "[bundle \"{}\"]\n\turi = {}\n\tcreationToken = {}\n",
                one.time.compact(),
                one.name,
                token
            ));
        }
        text
    }
}
