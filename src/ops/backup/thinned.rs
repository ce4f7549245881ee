//! Which bundles of a place stay by the rules. A bundle is the reason to remove another one
//! only if it is sound itself.

use super::bundles::{Folder, Named};
use super::restored::is_outage;
use crate::context::Context;
use crate::error::Result;
use crate::retention::{self, Rules};
use crate::words;
use std::collections::BTreeMap;

/// Why a backup stays whose date no correct clock can have made.
pub(super) const IN_THE_FUTURE: &str = "dated in the future";
/// Why a bundle stays that cannot be restored.
const DAMAGED: &str = "damaged";

/// A bundle, and what was found out about it.
struct One {
    named: Named,
    /// Whether it may cause another one to be removed, if it is sound.
    counts: bool,
    /// Whether it is sound, if that was looked at.
    sound: Option<bool>,
    /// Why it cannot be removed, if that was asked.
    held: Option<Option<String>>,
    /// The full bundles that it can be based on, newest first, if that was looked at. None of
    /// them where it cannot be told.
    bases: Option<Vec<usize>>,
    /// The branches that it has, if that was looked at.
    branches: Option<Vec<String>>,
}

/// The bundles of a place, newest first.
struct Thinned<'f> {
    cx: &'f Context,
    folder: &'f Folder<'f>,
    rules: &'f Rules,
    all: Vec<One>,
    /// The files of a place elsewhere.
    there: Vec<String>,
}

/// Each bundle of a place, newest first, with the reasons to keep it; if there are none, it may
/// be removed. A full bundle stays as long as a kept incremental one is based on it.
///
/// A bundle that is missing or damaged stays, and so does one that is dated in the future. Each
/// of them takes no part in the rules. To read every bundle each night would cost too much: only
/// those are looked at without which another one would stay. Errors: unavailable, auth, denied,
/// for a place elsewhere.
pub(super) fn thinned(
    cx: &Context,
    folder: &Folder<'_>,
    rules: &Rules,
) -> Result<Vec<(Named, Vec<String>)>> {
    let there = match folder.place.is_near() {
        true => Vec::new(),
        false => folder.place.names()?,
    };
    // If no bundle is authenticated, the folder is older than manifests, and all count
    // alike.
    let old = !folder.manifest.has_authenticated();
    let mut listed = folder.listed();
    listed.sort_by(|a, b| b.name.cmp(&a.name));
    let all = listed.into_iter().map(|named| One {
        counts: old || folder.manifest.whose(&named.name) == Some(true),
        named,
        sound: None,
        held: None,
        bases: None,
        branches: None,
    });
    let mut thinned = Thinned {
        cx,
        folder,
        rules,
        all: all.collect(),
        there,
    };
    let reasons = thinned.settled()?;
    let names = thinned.all.into_iter().map(|one| one.named);
    Ok(names.zip(reasons).collect())
}

impl Thinned<'_> {
    fn settled(&mut self) -> Result<Vec<Vec<String>>> {
        loop {
            let mut reasons = self.by_the_rules(|_| true);
            self.hold(&mut reasons)?;
            let looked_at = self.looked_at();
            let newest = self.keep_newest(&mut reasons)?;
            if self.looked_at() > looked_at {
                continue;
            }
            let bases = self.keep_bases(&mut reasons)?;
            let Some(next) = self.doubtful(&reasons, &newest, &bases) else {
                return Ok(reasons);
            };
            self.look_at(next)?;
        }
    }

    fn looked_at(&self) -> usize {
        self.all.iter().filter(|one| one.sound.is_some()).count()
    }

    /// The reasons by the rules alone, if only those of the sound bundles count that `counts`
    /// says.
    fn by_the_rules(&self, counts: impl Fn(usize) -> bool) -> Vec<Vec<String>> {
        let mut reasons = vec![Vec::new(); self.all.len()];
        let (mut judged, mut times) = (Vec::new(), Vec::new());
        for (at, one) in self.all.iter().enumerate() {
            if one.sound == Some(false) {
                reasons[at].push(DAMAGED.to_owned());
            } else if one.named.time.is_in_the_future(self.cx.now) {
                reasons[at].push(IN_THE_FUTURE.to_owned());
            } else {
                judged.push(at);
                times.push((one.named.time, one.counts && counts(at)));
            }
        }
        let by_rule = retention::reasons_apart(&times, self.rules);
        for (at, why) in judged.into_iter().zip(by_rule) {
            reasons[at] = why;
        }
        reasons
    }

    /// What cannot be removed is kept like the rest, and keeps what it needs.
    fn hold(&mut self, reasons: &mut [Vec<String>]) -> Result<()> {
        for (one, reasons) in self.all.iter_mut().zip(reasons) {
            if !reasons.is_empty() {
                continue;
            }
            if one.held.is_none() {
                one.held = Some(self.folder.place.held(&one.named.name)?);
            }
            reasons.extend(one.held.clone().flatten());
        }
        Ok(())
    }

    /// Keeps the newest bundle of each branch: the branch may be gone by now, or another run may
    /// make its bundles. Returns each branch with its newest.
    fn keep_newest(&mut self, reasons: &mut [Vec<String>]) -> Result<BTreeMap<String, usize>> {
        let mut found = BTreeMap::new();
        if !reasons.iter().any(Vec::is_empty) {
            return Ok(found);
        }
        for (at, reasons) in reasons.iter_mut().enumerate() {
            let one = &self.all[at];
            let is_apart = one.named.time.is_in_the_future(self.cx.now);
            if !one.counts || one.sound == Some(false) || is_apart {
                continue;
            }
            let branches = self.branches(at)?;
            let is_first = |branch: &&String| !found.contains_key(*branch);
            let newest: Vec<&String> = branches.iter().filter(is_first).collect();
            if reasons.is_empty() && !newest.is_empty() {
                reasons.push(format!("newest of {}", words::few(newest.iter(), 3)));
            }
            for branch in branches {
                found.entry(branch).or_insert(at);
            }
        }
        Ok(found)
    }

    /// The branches that a bundle has; none of one that cannot be read.
    fn branches(&mut self, at: usize) -> Result<Vec<String>> {
        if let Some(branches) = &self.all[at].branches {
            return Ok(branches.clone());
        }
        let named = &self.all[at].named;
        let records = match self.folder.told(&named.name) {
            Some(told) => Ok(told),
            None => self.folder.bundle(named).records(),
        };
        let branches = match records {
            Ok(records) => records.branches().map(str::to_owned).collect(),
            Err(e) if is_outage(&e) => return Err(e),
            Err(_) => {
                self.look_at(at)?;
                Vec::new()
            }
        };
        self.all[at].branches = Some(branches);
        Ok(self.all[at].branches.clone().unwrap_or_default())
    }

    /// Keeps the full bundle of each incremental one that stays. Returns those that were
    /// chosen although the incremental one could lie on another, each with the others.
    fn keep_bases(&mut self, reasons: &mut [Vec<String>]) -> Result<Vec<(usize, Vec<usize>)>> {
        let mut chosen = Vec::new();
        for at in 0..self.all.len() {
            if reasons[at].is_empty() || self.all[at].named.full {
                continue;
            }
            let bases = self.bases(at)?;
            let base = bases.iter().find(|b| self.all[**b].sound != Some(false));
            let base = base.or(bases.first()).copied();
            for (below, reasons) in reasons.iter_mut().enumerate() {
                // A bundle that cannot be read may need any of the full bundles.
                let needed = base.is_none_or(|base| base == below);
                if needed && self.all[below].named.full && reasons.is_empty() {
                    reasons.push(format!("needed by {}", self.all[at].named.name));
                }
            }
            chosen.extend(base.map(|base| (base, bases)));
        }
        Ok(chosen)
    }

    fn bases(&mut self, at: usize) -> Result<Vec<usize>> {
        if let Some(bases) = &self.all[at].bases {
            return Ok(bases.clone());
        }
        let one = &self.all[at].named;
        let names = match self.folder.bundle(one).records() {
            Ok(records) => self.folder.bases_of(one, &records.needs)?,
            Err(e) if is_outage(&e) => return Err(e),
            Err(_) => Vec::new(),
        };
        let place = |name: &String| self.all.iter().position(|one| one.named.name == *name);
        let bases: Vec<usize> = names.iter().filter_map(place).collect();
        self.all[at].bases = Some(bases.clone());
        Ok(bases)
    }

    /// A bundle that nobody looked at, and without which another one might stay.
    fn doubtful(
        &self,
        reasons: &[Vec<String>],
        newest: &BTreeMap<String, usize>,
        bases: &[(usize, Vec<usize>)],
    ) -> Option<usize> {
        let goes = |at: usize| reasons[at].is_empty();
        let unseen = |at: usize| self.all[at].sound.is_none();
        for (branch, at) in newest.iter().filter(|(_, at)| unseen(**at)) {
            let has_it = |one: &One| one.branches.iter().flatten().any(|b| b == branch);
            if (0..self.all.len()).any(|other| goes(other) && has_it(&self.all[other])) {
                return Some(*at);
            }
        }
        for (base, others) in bases {
            if unseen(*base) && others.iter().any(|at| goes(*at)) {
                return Some(*base);
            }
        }
        let open: Vec<usize> = (0..self.all.len())
            .filter(|at| self.all[*at].counts && unseen(*at) && !goes(*at))
            .collect();
        let spares = |counts: &dyn Fn(usize) -> bool| {
            let without = self.by_the_rules(counts);
            (0..self.all.len()).any(|at| goes(at) && !without[at].is_empty())
        };
        // The fewer bundles count, the more of the others stay. So if none of these makes a
        // difference, no part of them does.
        if !spares(&|at| !open.contains(&at)) {
            return None;
        }
        let alone = open.iter().find(|one| spares(&|at| at != **one));
        alone.or(open.first()).copied()
    }

    /// Finds out whether a bundle is sound. An incremental one is if a sound one lies below it.
    fn look_at(&mut self, at: usize) -> Result<()> {
        if self.all[at].sound.is_some() || !self.is_whole(at)? {
            return Ok(());
        }
        if self.all[at].named.full {
            return Ok(());
        }
        for base in self.bases(at)? {
            self.look_at(base)?;
            if self.all[base].sound == Some(true) {
                return Ok(());
            }
        }
        self.all[at].sound = Some(false);
        self.warn(self.folder.baseless(&self.all[at].named).message());
        Ok(())
    }

    /// Whether the bundle itself is whole; for one elsewhere, whether it is there.
    fn is_whole(&mut self, at: usize) -> Result<bool> {
        let named = &self.all[at].named;
        let read = match self.folder.place.is_near() {
            true => self.folder.check(named).map(drop),
            false if self.there.contains(&named.name) => Ok(()),
            false => Err(self.folder.unreadable(named)),
        };
        if let Err(e) = &read {
            self.warn(&e.in_full());
        }
        self.all[at].sound = Some(read.is_ok());
        Ok(read.is_ok())
    }

    fn warn(&self, why: &str) {
        self.cx.warn(format!(
            "{why}; it stays, and no other bundle is removed because of it"
        ));
    }
}
