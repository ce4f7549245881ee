//! The drill: restores the newest backups and bundles into empty repositories, to prove
//! that they can be restored today.

use super::bundles::{Folder, Named, is_of_the_bundle};
use super::destination::{CopyTo, settings_of};
use super::folder_manifest::{Judge, no_bundles};
use super::place::{Place, Reach};
use super::restored::{is_outage, is_unreached, no_room};
use super::{All, Found, read_all, restored};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::{short_digest, write_whole};
use crate::git::CommitId;
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::rc::Rc;

/// What is asked for; a drill has no options.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DrillRequest {}

/// What a drill proved.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DrillReport {
    /// The repository.
    pub repo_name: String,
    /// The newest backup.
    pub backup: String,
    /// The commit that it holds.
    pub commit: CommitId,
    /// Whether it was made with a key that we have; none if we do not have its key.
    pub authenticated: Option<bool>,
    /// The newest backup of each branch; the first is the one above.
    #[serde(default)]
    pub backups: Vec<DrilledBackup>,
    /// How many objects came with them; each was hashed.
    pub objects: u64,
    /// The newest bundle in each place of the destinations, and the newest there of each branch
    /// that it lacks.
    pub bundles: Vec<DrilledBundle>,
    /// When the drill proved all of this; RFC 3339. None if something failed.
    pub proven_at: Option<String>,
    /// When an earlier drill on this machine last proved it; RFC 3339.
    pub last_proven_at: Option<String>,
    /// What is wrong.
    pub problems: Vec<String>,
    /// One sentence.
    pub message: String,
    /// The error itself, if places of bundles are not there or could not be reached, and nothing
    /// else is wrong.
    #[serde(skip)]
    pub failure: Option<Error>,
    /// What to do about what is wrong, in the order of the problems.
    #[serde(skip)]
    pub advice: Vec<String>,
}

impl Reported for DrillReport {
    fn verdict(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let Some(why) = self.problems.first() else {
            return Ok(());
        };
        self.advice.dedup();
        Err(Error::new(Kind::Integrity, self.message.clone())
            .hint(self.advice.join("; "))
            .caused_by(anyhow::anyhow!(why.clone())))
    }
}

/// What helps against objects that the server lost: a new backup there would lack them too, and
/// nobody pushes what a server says it has.
const LOST: &str = "a new backup there would lack the same objects; mend the repository on the server: `git bundle unbundle FULL-BUNDLE`, or `git fetch --refetch GOOD-CLONE`; where that cannot be done, restore the bundles to a new repository";
/// What helps against a backup that is not what was backed up.
const REPLACED: &str =
    "make a new backup now with `aidf backup create`, and find out who replaced this one";
/// What helps against a bundle that cannot be restored.
const DAMAGED: &str =
    "make a new bundle now with `aidf backup create --full`, and find out what damaged this one";
/// What helps against a bundle that lacks the newest commits.
const LAGS: &str =
    "`aidf backup create` writes what it lacks; find out why the runs since then did not";

/// The newest backup of a branch.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DrilledBackup {
    /// The branch.
    pub branch: String,
    /// Its newest backup.
    pub backup: String,
    /// The commit that it holds.
    pub commit: CommitId,
    /// Whether it was made with a key that we have; none if we do not have its key.
    pub authenticated: Option<bool>,
}

/// The result for one bundle.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DrilledBundle {
    /// Its file.
    pub bundle: String,
    /// How many objects it and its full bundle hold; each was hashed.
    pub objects: u64,
    /// Whether it holds the same files as the newest backups of the branches that it is the
    /// newest of; none if there is no such branch.
    pub same_as_backup: Option<bool>,
}

/// The last proof, as this machine remembers it.
#[derive(Serialize, Deserialize)]
struct Remembered {
    remote: String,
    backup: String,
    proven_at: String,
}

/// A branch, with the backups of it that are restored.
struct Chosen<'f> {
    branch: String,
    newest: &'f Found,
    /// The newest authenticated one. Anybody can have made the newest of all.
    ours: Option<&'f Found>,
    /// The files of the one that bundles are compared with, if it was restored.
    tree: Option<CommitId>,
    /// The commits of its authenticated backups. What a bundle has of one of them is intact.
    commits: Vec<CommitId>,
}

impl<'f> Chosen<'f> {
    /// What is restored of the branch.
    fn all(&self) -> impl Iterator<Item = &'f Found> + use<'f> {
        let ours = self.ours.filter(|ours| ours.name != self.newest.name);
        std::iter::once(self.newest).chain(ours)
    }

    /// What bundles are compared with: a planted backup must not make good bundles look wrong.
    fn compared(&self) -> &'f Found {
        self.ours.unwrap_or(self.newest)
    }
}

/// Each branch with its newest backups. The branch of the newest backup of all comes first.
fn chosen<'f>(cx: &Context, found: &'f [Found], default: Option<&str>) -> Vec<Chosen<'f>> {
    // No correct clock has made what is dated in the future, so that it counts only where
    // there is nothing else.
    let mut found: Vec<&Found> = found.iter().collect();
    found.sort_by_key(|f| f.is_ahead(cx.now));
    let mut all: Vec<Chosen<'f>> = Vec::new();
    for one in found {
        let branch = one.branch(default.unwrap_or_default());
        let ours = Some(one).filter(|f| f.standing.entry().is_some());
        match all.iter_mut().find(|c| c.branch == branch) {
            Some(chosen) => {
                chosen.ours = chosen.ours.or(ours);
                chosen.commits.extend(ours.map(|f| f.commit));
            }
            None => all.push(Chosen {
                branch: branch.to_owned(),
                newest: one,
                ours,
                tree: None,
                commits: ours.iter().map(|f| f.commit).collect(),
            }),
        }
    }
    all
}

/// Restores the newest backup of each branch, and from each destination the newest bundle and
/// the newest one of each branch.
///
/// Errors: not_found, if there is no backup; unavailable.
pub fn drill(cx: &Context, _request: &DrillRequest) -> Result<DrillReport> {
    let All { found, default, .. } = read_all(cx, None)?;
    let mut branches = chosen(cx, &found, default.as_deref());
    let Some(last) = branches.first().map(|chosen| chosen.newest) else {
        return Err(Error::new(Kind::NotFound, "there is no backup to restore")
            .hint("make one with `aidf backup create`"));
    };
    let mut report = DrillReport {
        repo_name: cx.repo_name.clone(),
        backup: last.name.clone(),
        commit: last.commit,
        authenticated: last.standing.authenticated(),
        backups: Vec::new(),
        objects: 0,
        bundles: Vec::new(),
        proven_at: None,
        last_proven_at: recall(cx),
        problems: Vec::new(),
        message: String::new(),
        failure: None,
        advice: Vec::new(),
    };
    let mut bad = Vec::new();
    for chosen in &branches {
        let newest = chosen.newest;
        report.backups.push(DrilledBackup {
            branch: chosen.branch.clone(),
            backup: newest.name.clone(),
            commit: newest.commit,
            authenticated: newest.standing.authenticated(),
        });
        if let Some(why) = newest.standing.fault() {
            report.problems.push(format!("{}: {why}", newest.name));
            bad.push(format!("{} is not what was backed up", newest.name));
            report.advice.push(REPLACED.to_owned());
        }
        if let Some(ours) = chosen.all().nth(1) {
            cx.warn(format!(
                "the newest backup, {}, is not authenticated; aidf also restored {}, the newest one that is",
                newest.name, ours.name
            ));
        }
    }
    let broken = restore(cx, &mut branches, &mut report)?;
    if !broken.is_empty() {
        report.advice.insert(0, LOST.to_owned());
    }
    bad.splice(
        0..0,
        broken
            .iter()
            .map(|name| format!("{name} cannot be restored")),
    );
    let (mut unreached, mut places) = (0, 0);
    for place in settings_of(cx)?.destinations {
        let CopyTo::Bundles { home, .. } = place else {
            continue;
        };
        places += 1;
        let place = home.join(&cx.repo_name).place(Reach::Call(cx));
        match place.and_then(|place| bundles(cx, place, &branches, &mut report)) {
            Ok(()) => {}
            Err(e) if no_room(&e) => return Err(e),
            Err(e) => {
                report.problems.push(e.in_full());
                let advice = e.hint_text().unwrap_or(DAMAGED).to_owned();
                report.advice.push(advice);
                if is_unreached(&e) || e.kind() == Kind::NotFound {
                    unreached += 1;
                    report.failure.get_or_insert(e);
                }
            }
        }
    }
    // What is damaged is told first.
    if unreached < report.problems.len() {
        report.failure = None;
    }
    report.message = match (report.problems.is_empty(), bad.first()) {
        (true, _) => proven(&report, places),
        (false, Some(bad)) => bad.clone(),
        (false, None) if report.failure.is_some() => {
            "a place of bundles is not there, or cannot be reached".to_owned()
        }
        (false, None) if report.advice.iter().all(|advice| advice == LAGS) => {
            "the newest bundle lags behind".to_owned()
        }
        (false, None) => "a bundle cannot be restored".to_owned(),
    };
    let failure =
        (!report.problems.is_empty()).then(|| Error::new(Kind::Integrity, report.message.clone()));
    let outcome = match &failure {
        Some(e) => Err(e),
        None => Ok(report.message.as_str()),
    };
    cx.record(
        "backup drill",
        Some(&report.backup),
        Some(report.commit.to_string()),
        outcome,
    );
    if failure.is_none() {
        report.proven_at = Some(cx.now.rfc3339());
        remember(cx, &report.backup);
    }
    Ok(report)
}

/// What was proven, in a sentence.
fn proven(report: &DrillReport, places: usize) -> String {
    let what = match report.backups.len() {
        1 => report.backup.clone(),
        n => format!(
            "{} and the newest backups of {} more",
            report.backup,
            words::count(n - 1, "branch", "branches")
        ),
    };
    let with = match (places, report.bundles.len()) {
        (0, _) => String::new(),
        (1, 1) => ", and the newest bundle".to_owned(),
        (n, all) if n == all => format!(", and the newest bundle of {n} places"),
        (_, all) => format!(", and {all} bundles, the newest ones of each place and branch"),
    };
    format!(
        "{what} restored into an empty repository: {} objects, all intact{with}",
        report.objects
    )
}

/// Restores the backups all at once, because they share most of their history; if that fails,
/// one by one. Returns the names of those that cannot be restored.
///
/// Errors: unavailable, auth.
fn restore(
    cx: &Context,
    branches: &mut [Chosen<'_>],
    report: &mut DrillReport,
) -> Result<Vec<String>> {
    let mut commits: Vec<CommitId> = Vec::new();
    for one in branches.iter().flat_map(Chosen::all) {
        if !commits.contains(&one.commit) {
            commits.push(one.commit);
        }
    }
    let whole = match restored::of_remote(cx, &commits) {
        Ok(restored) => {
            report.objects = restored.objects;
            Some(restored)
        }
        Err(e) if is_outage(&e) => return Err(e),
        Err(_) => None,
    };
    let mut broken = Vec::new();
    for chosen in branches {
        let compared = chosen.compared();
        for one in chosen.all() {
            let alone;
            let restored = match &whole {
                Some(whole) => whole,
                None => match restored::of_remote(cx, &[one.commit]) {
                    Ok(restored) => {
                        alone = restored;
                        &alone
                    }
                    Err(e) if is_outage(&e) => return Err(e),
                    Err(e) => {
                        report
                            .problems
                            .push(format!("{}: {}", one.name, e.in_full()));
                        broken.push(one.name.clone());
                        continue;
                    }
                },
            };
            if one.name == compared.name {
                chosen.tree = Some(restored.store.commit(one.commit)?.tree);
            }
        }
    }
    Ok(broken)
}

/// Restores the newest bundle of a place, and the newest one of each branch that it lacks. Each
/// branch is compared with its backup's files.
///
/// Errors: those of the first bundle that cannot be restored; unavailable, auth, denied, for a
/// place elsewhere.
fn bundles(
    cx: &Context,
    place: Rc<dyn Place + '_>,
    branches: &[Chosen<'_>],
    report: &mut DrillReport,
) -> Result<()> {
    let none = || no_bundles(&*place, Judge::of(cx));
    let folder = Folder::of(cx, Rc::clone(&place))?.ok_or_else(none)?;
    let mut listed = folder.in_turn(cx);
    let newest = listed.pop().ok_or_else(none)?;
    let mut open: Vec<&Chosen<'_>> = branches.iter().collect();
    bundle(cx, &folder, &newest, &mut open, report)?;
    for one in listed.iter().rev() {
        if open.is_empty() {
            break;
        }
        let lying = folder.bundle(one);
        // To fetch them all to read what they hold would cost too much.
        if !place.is_near() && !lying.is_told() {
            continue;
        }
        let has_one = match lying.records() {
            Ok(records) => open.iter().any(|c| records.has_branch(&c.branch)),
            // It may be the one, so that its damage is told.
            Err(e) if is_of_the_bundle(&e) => true,
            Err(e) => return Err(e),
        };
        if has_one {
            bundle(cx, &folder, one, &mut open, report)?;
        }
    }
    Ok(())
}

/// Restores a bundle, and compares those of the open branches that it has. They are closed.
fn bundle(
    cx: &Context,
    folder: &Folder<'_>,
    one: &Named,
    open: &mut Vec<&Chosen<'_>>,
    report: &mut DrillReport,
) -> Result<()> {
    let lying = folder.bundle(one);
    lying.check()?;
    let (bundle, restored) =
        restored::Bundles::new(&*cx.progress, cx.store.programs()).restored(&lying)?;
    let (address, mut same_as_backup) = (lying.address(), None);
    for (branch, tip) in bundle.branches() {
        let Some(at) = open.iter().position(|chosen| chosen.branch == branch) else {
            continue;
        };
        let chosen = open.remove(at);
        let Some(tree) = chosen.tree else {
            continue;
        };
        let is_same = restored.store.commit(tip)?.tree == tree;
        same_as_backup = Some(is_same && same_as_backup.unwrap_or(true));
        if !is_same {
            let Found { name, commit, .. } = chosen.compared();
            let fetched = cx.remote.fetch(&cx.store, &[*commit], true, &*cx.progress);
            // After a forced push it is no ancestor.
            let lags = chosen.commits.contains(&tip)
                || fetched.is_ok() && cx.store.is_ancestor(tip, *commit);
            let (problem, advice) = match lags {
                true => {
                    let made = one.time.rfc3339();
                    let why = format!("{address} lags behind {name}: it has {branch} of {made}");
                    (why, LAGS)
                }
                false => (format!("{address} has other files than {name}"), DAMAGED),
            };
            report.problems.push(problem);
            report.advice.push(advice.to_owned());
        }
    }
    report.bundles.push(DrilledBundle {
        bundle: address,
        objects: restored.objects,
        same_as_backup,
    });
    Ok(())
}

fn memory(cx: &Context) -> PathBuf {
    let name = short_digest(&cx.remote.address());
    cx.config
        .folders
        .state
        .join("proven")
        .join(format!("{name}.json"))
}

/// When a drill on this machine last proved that the newest backup can be restored; RFC 3339.
pub(in crate::ops) fn recall(cx: &Context) -> Option<String> {
    let text = std::fs::read(memory(cx)).ok()?;
    let before: Remembered = serde_json::from_slice(&text).ok()?;
    Some(before.proven_at)
}

fn remember(cx: &Context, backup: &str) {
    let now = Remembered {
        remote: cx.remote.address(),
        backup: backup.to_owned(),
        proven_at: cx.now.rfc3339(),
    };
    let written = serde_json::to_vec(&now)
        .map_err(anyhow::Error::from)
        .and_then(|text| Ok(write_whole(&memory(cx), &text)?));
    if let Err(e) = written {
        cx.warn(format!("aidf could not record the date of this proof: {e}"));
    }
}
