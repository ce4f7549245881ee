//! Changes a folder of bundles: writes bundles, lists them, and removes old ones.

use super::{FULL, FULL_EVERY, Folder, INCREMENTAL, LIST, Named, SOURCE, SUMS};
use crate::bundle_manifest::Kind as Event;
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{UNFINISHED, digest_of, write_durably};
use crate::git::{Bundle, CommitId};
use crate::keys::KeyRing;
use crate::ops::backup::folder_manifest::item;

impl Folder {
    /// Writes a bundle of `refs`, unless the newest bundle has exactly these. Returns the
    /// name of the new bundle.
    ///
    /// Errors: internal, for the disk.
    pub fn write(
        &mut self,
        cx: &Context,
        keys: &KeyRing,
        refs: &[(String, CommitId)],
        full: bool,
        full_every: Option<&Period>,
    ) -> Result<Option<String>> {
        let failed = || format!("the folder {} cannot be used", self.dir.display());
        std::fs::create_dir_all(&self.dir).or_fail(Kind::Internal, failed)?;
        self.tidy(cx, keys)?;
        self.adopt(cx, keys)?;
        let base = self.sound_full(cx);
        let newest = self.listed().pop();
        let sound = match &newest {
            // A full bundle has been checked already, as the base.
            Some(one) if !one.full => self.check(one).map_err(|e| cx.warn(e.in_full())).is_ok(),
            _ => true,
        };
        if !full
            && sound
            && let (Some(newest), Some(_)) = (&newest, &base)
            && Bundle::read(&self.path(newest)).is_ok_and(|b| b.refs == refs)
        {
            return Ok(None);
        }
        let default = Period::parse(FULL_EVERY);
        let base = base.filter(|(named, _)| {
            let limit = full_every.or(default.as_ref());
            !full && limit.is_none_or(|age| named.time >= age.before(cx.now))
        });
        let mut needs: Vec<CommitId> = base
            .iter()
            .flat_map(|(_, bundle)| bundle.refs.iter().map(|(_, id)| *id))
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
        // Give it a later time than every other bundle, whatever the clock says.
        let after = newest.map_or(cx.now, |n| {
            cx.now.max(Moment::from_seconds(n.time.seconds() + 1))
        });
        let name = format!("{}{kind}", after.compact());
        let path = self.dir.join(&name);
        let sum = cx.store.write_bundle(&path, refs, &needs)?;
        self.list(cx, keys, (&name, sum), Event::Made)?;
        Ok(Some(name))
    }

    /// The newest full bundle, if it still matches its checksum.
    pub(super) fn sound_full(&self, cx: &Context) -> Option<(Named, Bundle)> {
        self.listed().into_iter().rfind(|n| n.full).and_then(|one| {
            let read = self.check(&one).and_then(|whose| {
                // Do not base our bundles on one that anybody may have put there.
                let planted = whose != Some(true) && self.manifest.has_authenticated();
                match planted {
                    true => Err(Error::new(
                        Kind::Integrity,
                        format!("{} is not authenticated", self.path(&one).display()),
                    )),
                    false => Bundle::read(&self.path(&one)),
                }
            });
            match read {
                Ok(bundle) => Some((one, bundle)),
                Err(e) => {
                    cx.warn(format!("{}; aidf makes a new full bundle", e.in_full()));
                    None
                }
            }
        })
    }

    /// Cleans up after runs that were cut off: removes their unfinished files, lists the
    /// bundles that they finished, and writes the list for clones.
    ///
    /// Errors: internal, for the disk.
    pub fn tidy(&mut self, cx: &Context, keys: &KeyRing) -> Result<()> {
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        for one in self.unlisted() {
            let path = self.path(&one);
            let sum = digest_of(&path).unwrap_or_default();
            if self.manifest.is_removed(&one.name, &sum) {
                let _ = std::fs::remove_file(&path);
                continue;
            }
            let whole = Bundle::read(&path).and_then(|b| b.check_bytes());
            let known = match self.manifest.names(&one.name) {
                true => self.manifest.check(&path, &sum).map(drop),
                false => Ok(()),
            };
            match whole.and(known) {
                Ok(()) => self.list(cx, keys, (&one.name, sum), Event::Found)?,
                Err(e) => cx.warn(e.in_full()),
            }
        }
        self.tell_clones()
    }

    /// Starts a manifest in a folder that is older than manifests. Its bundles are entered
    /// as found.
    pub(super) fn adopt(&mut self, cx: &Context, keys: &KeyRing) -> Result<()> {
        if self.manifest.is_there() {
            return Ok(());
        }
        let found = self.sums.iter();
        let found = found.map(|(name, sum)| item(&self.dir.join(name), name, sum));
        let event = (Event::Found, found.collect());
        self.manifest.add(cx, &self.dir, keys, event)
    }

    /// Enters a bundle in the manifest, and then it and its checksum in the list. So the
    /// manifest may name a bundle that the list lacks, but never the other way round.
    pub(super) fn list(
        &mut self,
        cx: &Context,
        keys: &KeyRing,
        (name, sum): (&str, String),
        kind: Event,
    ) -> Result<()> {
        let path = self.dir.join(name);
        if !self.manifest.is_there() {
            // A manifest without a list counts as damage, and a killed run must not leave it.
            self.save()?;
        }
        if !self.manifest.names(name) {
            let event = (kind, vec![item(&path, name, &sum)]);
            self.manifest.add(cx, &self.dir, keys, event)?;
        }
        self.sums.insert(name.to_owned(), sum);
        self.save()
    }

    /// Removes bundles, after taking them off the list. So the list never names a bundle
    /// that is gone.
    ///
    /// Errors: internal, for the disk.
    pub fn remove(&mut self, cx: &Context, names: &[String]) -> Result<()> {
        let gone: Vec<_> = names
            .iter()
            .filter(|name| self.manifest.names(name))
            .map(|name| {
                let sum = self.sums.get(name).map_or("", String::as_str);
                item(&self.dir.join(name), name, sum)
            })
            .collect();
        self.sums.retain(|name, _| !names.contains(name));
        self.save()?;
        let event = (Event::Removed, gone);
        self.manifest.add(cx, &self.dir, cx.keys(), event)?;
        for name in names {
            let path = self.dir.join(name);
            match std::fs::remove_file(&path) {
                // The file was lost earlier, while it was on the list. It is off the list
                // now.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                other => other.or_fail(Kind::Internal, || {
                    format!("{} cannot be removed", path.display())
                })?,
            }
        }
        Ok(())
    }

    pub(super) fn save(&self) -> Result<()> {
        let mut text = format!("{SOURCE}{}\n", self.source);
        for (name, sum) in &self.sums {
            text.push_str(&format!("{sum}  {name}\n"));
        }
        let path = self.dir.join(SUMS);
        write_durably(&path, text.as_bytes()).or_fail(Kind::Internal, || {
            format!("{} cannot be written", path.display())
        })?;
        self.tell_clones()
    }

    /// Brings the list for clones up to date, if it is not.
    fn tell_clones(&self) -> Result<()> {
        let (path, text) = (self.dir.join(LIST), self.for_clones());
        let there = std::fs::read(&path).ok();
        if self.sums.is_empty() && there.is_none() || there.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        write_durably(&path, text.as_bytes()).or_fail(Kind::Internal, || {
            format!("{} cannot be written", path.display())
        })
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
        for one in full.iter().chain(&newest) {
            text.push_str(&format!(
                "[bundle \"{}\"]\n\turi = {}\n\tcreationToken = {}\n",
                one.time.compact(),
                one.name,
                one.time.seconds()
            ));
        }
        text
    }
}
