//! Verifies backups: those of the remote, and the bundles of its destinations.

use super::bundles::{Folder, Lying};
use super::destination::{CopyTo, settings_of};
use super::folder_manifest::{Judge, no_bundles};
use super::place::{Home, Place, Reach};
use super::restored::{is_outage, no_room};
use super::verified::{Problem, VerifyReport, What};
use super::{All, named, read_all, restored};
use crate::backup_manifest;
use crate::config::Config;
use crate::context::Caller;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::Programs;
use crate::git::{CommitId, HEADS};
use crate::keys::KeyRing;
use crate::progress::Progress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyRequest {
    /// The backup; if none is named, all of them and the bundles of the destinations.
    pub name: Option<String>,
}

/// Verifies one backup; or all of them, with the bundles of the configured destinations.
///
/// Errors: not_found, for the backup, or if there is none at all of a repository that has
/// something to back up; unavailable. What is wrong with a backup is in the report.
pub fn verify(cx: &Context, request: &VerifyRequest) -> Result<VerifyReport> {
    let name = request.name.as_deref();
    let All {
        found, manifest, ..
    } = read_all(cx, None)?;
    let there: HashSet<&str> = found.iter().map(|f| f.name.as_str()).collect();
    let mut faults: Vec<Problem> = Vec::new();
    if name.is_none() {
        faults.extend(manifest.fault.clone().map(|problem| Problem {
            name: backup_manifest::REF.to_owned(),
            problem,
            what: What::Backup,
        }));
        faults.extend(manifest.gone(&there).map(|e| Problem {
            name: e.name.clone(),
            problem: format!(
                "it was made from {} on {}; it is gone, and no prune removed it",
                e.commit, e.made
            ),
            what: What::Gone,
        }));
        let forged = manifest.forged().map(|(name, why)| Problem {
            name: name.to_owned(),
            problem: why.to_owned(),
            what: What::Backup,
        });
        faults.extend(forged);
    }
    let chosen = match name {
        Some(name) => vec![named(&found, name)?],
        None => found.clone(),
    };
    for one in &chosen {
        let told = faults.iter().any(|p| p.name == one.name);
        faults.extend(
            one.standing
                .fault()
                .filter(|_| !told)
                .map(|problem| Problem {
                    name: one.name.clone(),
                    problem,
                    what: What::Backup,
                }),
        );
    }
    let mut report = VerifyReport {
        repo_name: cx.repo_name.clone(),
        verified: Vec::new(),
        unauthenticated: Vec::new(),
        unknown: Vec::new(),
        problems: Vec::new(),
        message: String::new(),
        unreached: Vec::new(),
        address: cx.remote.address(),
    };
    // Verify all at once, because they share most of their history; if that fails, one by
    // one.
    let commits: Vec<CommitId> = chosen.iter().map(|f| f.commit).collect();
    let all = match commits.is_empty() {
        true => Ok(()),
        false => restored::of_remote(cx, &commits).map(drop),
    };
    match all {
        Ok(()) => report.verified = chosen.iter().map(|f| f.name.clone()).collect(),
        Err(e) if is_outage(&e) => return Err(e),
        Err(_) => {
            for (at, one) in chosen.iter().enumerate() {
                cx.progress
                    .advance("backups", at as u64 + 1, chosen.len() as u64);
                match restored::of_remote(cx, &[one.commit]) {
                    Ok(_) => report.verified.push(one.name.clone()),
                    Err(e) if is_outage(&e) => return Err(e),
                    Err(e) => report.problem(one.name.clone(), &e, What::Backup),
                }
            }
        }
    }
    for one in &chosen {
        let told = faults.iter().any(|p| p.name == one.name);
        match one.standing.authenticated() {
            _ if told => report.verified.retain(|name| *name != one.name),
            Some(true) => {}
            Some(false) => report.unauthenticated.push(one.name.clone()),
            None => report.unknown.push(one.name.clone()),
        }
    }
    report.problems.extend(faults);
    if name.is_none() {
        for place in settings_of(cx)?.destinations {
            let CopyTo::Bundles { home, .. } = place else {
                continue;
            };
            let home = home.join(&cx.repo_name);
            match home.place(Reach::Call(cx)) {
                Ok(place) => report.folder(
                    &*place,
                    Folder::of(cx, Rc::clone(&place)),
                    &*cx.progress,
                    cx.store.programs(),
                    Judge::of(cx),
                )?,
                Err(e) => report.problem(home.shown(), &e, What::Bundle),
            }
        }
    }
    if report.verified.is_empty() && report.problems.is_empty() {
        check_nothing_to_back_up(cx)?;
    }
    Ok(report.told())
}

/// That there is nothing to back up yet, which is the one good reason to have no backup.
///
/// Errors: not_found, if there is something; unavailable.
fn check_nothing_to_back_up(cx: &Context) -> Result<()> {
    // A HEAD that names no branch says nothing of the branches that there are.
    let refs = cx.remote.connect_for_reading()?.refs(&[HEADS])?;
    match refs.iter().any(|r| r.name.starts_with(HEADS)) {
        false => Ok(()),
        true => Err(Error::new(
            Kind::NotFound,
            format!("there are no backups of {} to verify", cx.remote.address()),
        )
        .hint("make one with `aidf backup create`; if there were some, find out who removed them")),
    }
}

/// Verifies only bundles, by their own records. Each path, which begins at `base`, is a file or a
/// folder of bundles; each may be an address in S3 storage.
///
/// Errors: not_found, for a path. What is wrong with a bundle is in the report.
pub fn verify_bundles(
    paths: &[PathBuf],
    base: &Path,
    config: &Config,
    caller: &Caller,
) -> Result<VerifyReport> {
    let keys = KeyRing::load(&config.keys)?;
    let judge = Judge {
        keys: &keys,
        repository: None,
        state: &config.folders.state,
    };
    let progress = &*caller.progress;
    let programs = &caller.programs(config, false);
    let mut report = VerifyReport {
        repo_name: String::new(),
        verified: Vec::new(),
        unauthenticated: Vec::new(),
        unknown: Vec::new(),
        problems: Vec::new(),
        message: String::new(),
        unreached: Vec::new(),
        address: String::new(),
    };
    let reach = Reach::Caller(config, caller);
    for path in paths {
        let home = Home::named(path, base, reach)?;
        match home.as_file() {
            None => {
                let place = home.place(reach)?;
                let folder = Folder::read(Rc::clone(&place), judge);
                // It may be the home that contains those of repositories, and have single bundles
                // beside them.
                let (is_one, homes) = match folder {
                    Ok(None) => (false, home.inner()),
                    _ => (true, Vec::new()),
                };
                if is_one || !bundle_files(&place.names()?).is_empty() {
                    report.folder(&*place, folder, progress, programs, judge)?;
                } else if homes.is_empty() {
                    return Err(home.no_bundle());
                }
                for home in homes {
                    let place = home.place(reach)?;
                    let folder = Folder::read(Rc::clone(&place), judge);
                    report.folder(&*place, folder, progress, programs, judge)?;
                }
            }
            Some((around, name)) => {
                let place = around.place(reach)?;
                if !place.names()?.contains(&name) {
                    return Err(home.no_bundle());
                }
                let mut bundles = restored::Bundles::new(progress, programs);
                let folder = Folder::read(Rc::clone(&place), judge);
                let proven = folder.and_then(|folder| {
                    let one = Lying::of(&*place, folder.as_ref(), &name, judge);
                    proven(&mut bundles, &one)
                });
                report.bundle(place.address(&name), proven)?;
            }
        }
    }
    Ok(report.told())
}

impl VerifyReport {
    /// Notes the result for a bundle. For a proven bundle, `proven` says whether it is
    /// authenticated.
    ///
    /// Errors: why nothing is known about it, where there is no room to find out.
    fn bundle(&mut self, name: String, proven: Result<Option<bool>>) -> Result<()> {
        let whose = match proven {
            Ok(whose) => whose,
            Err(e) if no_room(&e) => return Err(e),
            Err(e) => {
                self.problem(name, &e, What::Bundle);
                return Ok(());
            }
        };
        match whose {
            Some(true) => {}
            Some(false) => self.unauthenticated.push(name.clone()),
            None => self.unknown.push(name.clone()),
        }
        self.verified.push(name);
        Ok(())
    }

    /// Verifies a place of bundles. A place of another tool's bundles is read file by file.
    ///
    /// Errors: those of [`VerifyReport::bundle`].
    fn folder(
        &mut self,
        place: &dyn Place,
        read: Result<Option<Folder<'_>>>,
        progress: &dyn Progress,
        programs: &Programs,
        judge: Judge<'_>,
    ) -> Result<()> {
        let mut bundles = restored::Bundles::new(progress, programs);
        let names = place.names();
        let (folder, names) = match (read, names) {
            (Ok(folder), Ok(names)) => (folder, names),
            (Err(e), _) | (_, Err(e)) => {
                self.problem(place.shown(), &e, What::Bundle);
                return Ok(());
            }
        };
        let Some(folder) = folder else {
            let found = bundle_files(&names);
            if found.is_empty() {
                self.missing(place.shown(), no_bundles(place, judge));
            }
            for name in found {
                let one = Lying::of(place, None, name, judge);
                self.bundle(one.address(), proven(&mut bundles, &one))?;
            }
            return Ok(());
        };
        let listed = folder.listed();
        for (at, one) in listed.iter().enumerate() {
            progress.advance("bundles", at as u64 + 1, listed.len() as u64);
            let one = folder.bundle(one);
            self.bundle(one.address(), proven(&mut bundles, &one))?;
        }
        let unlisted = match folder.unlisted() {
            Ok(unlisted) => unlisted,
            Err(e) => {
                self.problem(place.shown(), &e, What::Bundle);
                return Ok(());
            }
        };
        for one in &unlisted {
            let one = folder.bundle(one);
            let whole = one.read().and_then(|b| b.check_bytes());
            let proven = whole.and_then(|()| proven(&mut bundles, &one));
            self.bundle(one.address(), proven)?;
        }
        for name in folder.manifest.all() {
            let there = listed.iter().chain(&unlisted).any(|one| one.name == name);
            if !there {
                let gone = Error::new(
                    Kind::Integrity,
                    "it is in the manifest; it is gone, and no prune removed it",
                );
                self.problem(place.address(&name), &gone, What::Bundle);
            }
        }
        Ok(())
    }
}

/// The bundles among the files of a place.
fn bundle_files(names: &[String]) -> Vec<&String> {
    names.iter().filter(|n| n.ends_with(".bundle")).collect()
}

/// Checks a bundle and unpacks it. Returns whether it is authenticated; `None` if we do not
/// have its key.
fn proven(bundles: &mut restored::Bundles<'_>, one: &Lying<'_>) -> Result<Option<bool>> {
    let whose = one.check()?;
    bundles.prove(one)?;
    Ok(whose)
}
