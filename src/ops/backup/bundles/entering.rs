//! Keeps the lists of a place of bundles true: enters bundles in them, and removes old ones.

use super::{FULL, Folder, LIST, MAX_LIST, MAX_TRIES, SOURCE, SUMS};
use crate::bundle_manifest::Kind as Event;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::Bundle;
use crate::keys::KeyRing;
use crate::ops::backup::folder_manifest::item;
use crate::ops::backup::place::Small;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

impl<'a> Folder<'a> {
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
        let unlisted = self.unlisted()?;
        if !unlisted.is_empty() && !self.sums.is_empty() {
            // A manifest that names the found ones alone would make the listed ones doubtful.
            self.adopt(cx, keys)?;
        }
        for one in unlisted {
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
                Ok(bundle) => self
                    .list(cx, keys, (&one.name, sum), Some(bundle), Event::Found, None)
                    .map(drop)?,
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
    ///
    /// False, if `base`, the bundle that it is based on, is not on the list any more: then it
    /// is not listed.
    pub(super) fn list(
        &mut self,
        cx: &'a Context,
        keys: &KeyRing,
        (name, sum): (&str, String),
        bundle: Option<Bundle>,
        kind: Event,
        base: Option<&str>,
    ) -> Result<bool> {
        let described = item(bundle, name, &sum);
        let mut has_base = true;
        self.settled(cx, |folder| {
            has_base = base.is_none_or(|base| folder.sums.contains_key(base));
            if !has_base {
                return Ok(());
            }
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
        })?;
        Ok(has_base)
    }

    /// Removes bundles, after taking them off the list. So the list never names a bundle
    /// that is gone. Returns those that were removed.
    ///
    /// If another run listed a bundle since the list was read, that one may be based on any of
    /// the full bundles, and so they stay. Errors: internal, for the disk; unavailable, auth,
    /// denied, for a place elsewhere.
    pub fn remove(&mut self, cx: &'a Context, names: &[String]) -> Result<Vec<String>> {
        let known: HashSet<String> = self.sums.keys().cloned().collect();
        let mut removed = Vec::new();
        self.settled(cx, |folder| {
            let none_is_new = folder.sums.keys().all(|name| known.contains(name));
            // Who lists a bundle looks whether its base is on the list. What is off it already
            // can go.
            let goes = |name: &&String| {
                let is_full = name.ends_with(FULL);
                none_is_new || !is_full || !folder.sums.contains_key(*name)
            };
            removed = names.iter().filter(goes).cloned().collect();
            let gone: Vec<_> = removed
                .iter()
                .filter_map(|name| folder.manifest.item(name).cloned())
                .collect();
            folder.sums.retain(|name, _| !removed.contains(name));
            folder.save()?;
            let place = Rc::clone(&folder.place);
            let event = (Event::Removed, gone);
            folder.manifest.add(cx, &*place, cx.keys(), event)
        })?;
        for name in &removed {
            // A file that was lost earlier, while it was on the list, is off the list now.
            self.place.remove(name)?;
        }
        Ok(removed)
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
