//! The drill: restores the newest backups and bundles into empty repositories, to prove
//! that they can be restored today.

use super::bundles::Folder;
use super::destination::{CopyTo, settings_of};
use super::place::{Place, Reach};
use super::verify::{is_outage, is_unreached, no_room};
use super::{All, read_all, restored};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::{short_digest, write_whole};
use crate::git::CommitId;
use crate::ops::outcome::Reported;
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
    /// How many objects came with it; each was hashed.
    pub objects: u64,
    /// The newest bundle in each place of the destinations.
    pub bundles: Vec<DrilledBundle>,
    /// When the drill proved all of this; RFC 3339. None if something failed.
    pub proven_at: Option<String>,
    /// When an earlier drill on this machine last proved it; RFC 3339.
    pub last_proven_at: Option<String>,
    /// What is wrong.
    pub problems: Vec<String>,
    /// One sentence.
    pub message: String,
    /// The error itself, if places of bundles could not be reached and nothing else is wrong.
    #[serde(skip)]
    pub failure: Option<Error>,
}

impl Reported for DrillReport {
    fn verdict(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let Some(why) = self.problems.first() else {
            return Ok(());
        };
        Err(Error::new(Kind::Integrity, self.message.clone())
            .hint("make a new backup now with `aidf backup create --full`, and find out what damaged this one")
            .caused_by(anyhow::anyhow!(why.clone())))
    }
}

/// The result for one bundle.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DrilledBundle {
    /// Its file.
    pub bundle: String,
    /// How many objects it and its full bundle hold; each was hashed.
    pub objects: u64,
    /// Whether it holds the same files as the newest backup of the same branch; none if it
    /// does not have that branch.
    pub same_as_backup: Option<bool>,
}

/// The last proof, as this machine remembers it.
#[derive(Serialize, Deserialize)]
struct Remembered {
    remote: String,
    backup: String,
    proven_at: String,
}

/// Restores the newest backup, and the newest bundle of each destination.
///
/// Errors: not_found, if there is no backup; unavailable.
pub fn drill(cx: &Context, _request: &DrillRequest) -> Result<DrillReport> {
    let All { found, default, .. } = read_all(cx, None)?;
    let Some(last) = found.first() else {
        return Err(Error::new(Kind::NotFound, "there is no backup to restore")
            .hint("make one with `aidf backup create`"));
    };
    let (name, commit) = (last.name.clone(), last.commit);
    // Anybody can have made the newest backup, so the newest authenticated one is restored
    // too.
    let ours = found.iter().find(|f| f.standing.entry().is_some());
    let mut commits = vec![commit];
    if let Some(ours) = ours.filter(|f| f.name != name) {
        commits.extend((ours.commit != commit).then_some(ours.commit));
        cx.warn(format!(
            "the newest backup, {name}, is not authenticated; aidf also restored {}, the newest one that is",
            ours.name
        ));
    }
    // A planted backup must not make good bundles look wrong.
    let compared = ours.unwrap_or(last);
    let branch = compared.read.branch.clone().or(default).unwrap_or_default();
    let mut report = DrillReport {
        repo_name: cx.repo_name.clone(),
        backup: name.clone(),
        commit,
        authenticated: last.standing.authenticated(),
        objects: 0,
        bundles: Vec::new(),
        proven_at: None,
        last_proven_at: recall(cx),
        problems: last
            .standing
            .fault()
            .map(|why| format!("{name}: {why}"))
            .into_iter()
            .collect(),
        message: String::new(),
        failure: None,
    };
    let restored = match restored::of_remote(cx, &commits) {
        Ok(restored) => {
            report.objects = restored.objects;
            Some(restored)
        }
        Err(e) if is_outage(&e) => return Err(e),
        Err(e) => {
            report.problems.push(format!("{name}: {}", e.in_full()));
            None
        }
    };
    let tree = match &restored {
        Some(restored) => Some(restored.store.commit(compared.commit)?.tree),
        None => None,
    };
    let mut unreached = 0;
    for place in settings_of(cx)?.destinations {
        let CopyTo::Bundles { home, .. } = place else {
            continue;
        };
        let place = home.join(&cx.repo_name).place(Reach::Call(cx));
        match place.and_then(|place| bundle(cx, place, &branch, tree)) {
            Ok(one) => {
                if one.same_as_backup == Some(false) {
                    report.problems.push(format!(
                        "{} has other files than {}",
                        one.bundle, compared.name
                    ));
                }
                report.bundles.push(one);
            }
            Err(e) if no_room(&e) => return Err(e),
            Err(e) => {
                report.problems.push(e.in_full());
                if is_unreached(&e) {
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
    report.message = match report.problems.is_empty() {
        true => {
            let with = match report.bundles.len() {
                0 => String::new(),
                1 => ", and the newest bundle".to_owned(),
                n => format!(", and the newest bundle of {n} places"),
            };
            format!(
                "{name} restored into an empty repository: {} objects, all intact{with}",
                report.objects
            )
        }
        false if restored.is_none() => format!("{name} cannot be restored"),
        false if last.standing.fault().is_some() => {
            format!("{name} is not what was backed up")
        }
        false if report.failure.is_some() => "a place of bundles cannot be reached".to_owned(),
        false => "a bundle cannot be restored".to_owned(),
    };
    let failure =
        (!report.problems.is_empty()).then(|| Error::new(Kind::Integrity, report.message.clone()));
    let outcome = match &failure {
        Some(e) => Err(e),
        None => Ok(report.message.as_str()),
    };
    cx.record(
        "backup drill",
        Some(&name),
        Some(commit.to_string()),
        outcome,
    );
    if failure.is_none() {
        report.proven_at = Some(cx.now.rfc3339());
        remember(cx, &name);
    }
    Ok(report)
}

/// Restores the newest bundle of a place, and compares its branch with the backup's tree.
fn bundle(
    cx: &Context,
    place: Rc<dyn Place + '_>,
    branch: &str,
    tree: Option<CommitId>,
) -> Result<DrilledBundle> {
    let none = || {
        Error::new(
            Kind::NotFound,
            format!(
                "there is no bundle of {} in {}",
                cx.repo_name,
                place.shown()
            ),
        )
    };
    let folder = Folder::of(cx, Rc::clone(&place))?.ok_or_else(none)?;
    let newest = folder.in_turn(cx).pop().ok_or_else(none)?;
    let lying = folder.bundle(&newest);
    lying.check()?;
    let (bundle, restored) =
        restored::Bundles::new(&*cx.progress, cx.store.programs()).restored(&lying)?;
    let tip = bundle.branches().find(|(name, _)| *name == branch);
    let same_as_backup = match (tip, tree) {
        (Some((_, tip)), Some(tree)) => Some(restored.store.commit(tip)?.tree == tree),
        _ => None,
    };
    Ok(DrilledBundle {
        bundle: lying.address(),
        objects: restored.objects,
        same_as_backup,
    })
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
