//! Removes the backups that no rule keeps. Each deletion is leased on the tip that was
//! seen.

use super::bundles::Folder;
use super::destination::{CopyTo, settings_of};
use super::forgotten::{Forgotten, forget};
use super::last_holders::last_holders;
use super::makers::{Maker, Makers};
use super::manifest::Manifest;
use super::place::{Place, Reach};
use super::thinned::{IN_THE_FUTURE, thinned};
use super::{Found, dated, gone_of};
use crate::backup_manifest;
use crate::backup_name;
use crate::clock::{Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName, RefUpdate};
use crate::ops::one_by_one;
use crate::ops::publish::{Objects, Plan, Push};
use crate::retention::{self, Rules};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PruneRequest {
    /// Which backups to keep; if no rule is given, the configuration's rules.
    pub rules: Rules,
    /// Whether to only say what would be removed.
    pub dry_run: bool,
    /// Whether to judge backups that are not authenticated like the others.
    pub trust_unauthenticated: bool,
    /// Backups to remove by their names, or those that are gone already and that the manifest
    /// is to speak of no more. Then no rule counts, and nothing else is removed.
    pub forget: Vec<String>,
}

/// What was removed and what was kept.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PruneReport {
    /// The repository.
    pub repo_name: String,
    /// By branch, newest first.
    pub kept: Vec<Kept>,
    /// What was removed, or would be.
    pub removed: Vec<String>,
    /// True if nothing was removed because this was a dry run.
    pub dry_run: bool,
    /// One sentence.
    pub message: String,
}

/// A backup that stays.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// Its branch.
    pub name: String,
    /// Why it stays.
    pub reasons: Vec<String>,
    /// Whether it was made with a key that we have; none if we do not have its key.
    pub authenticated: Option<bool>,
}

/// The rules of the flags, or else those of the configuration.
///
/// Errors: usage, for a period that cannot be read, or no rule at all.
pub(super) fn rules(cx: &Context, flags: &Rules) -> Result<Rules> {
    if !flags.is_empty() {
        return Ok(flags.clone());
    }
    let keep = cx.config.backup.keep.clone().unwrap_or_default();
    let within = match &keep.within {
        Some(text) => Some(Period::parse(text).ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!("`backup: keep: within:` is `{text}`, and a length of time such as 30d was expected"),
            )
        })?),
        None => None,
    };
    let rules = Rules {
        last: keep.last.unwrap_or(0),
        daily: keep.daily.unwrap_or(0),
        weekly: keep.weekly.unwrap_or(0),
        monthly: keep.monthly.unwrap_or(0),
        within,
    };
    if rules.is_empty() {
        return Err(Error::new(Kind::Usage, "no rule says what to keep").hint("give --keep-daily 7 --keep-weekly 5 --keep-monthly 12, or `backup: keep:` in the config file"));
    }
    Ok(rules)
}

/// Removes the backups of each branch that no rule keeps.
///
/// The newest backup of a branch always stays, and so does one without a date, and the last one
/// that holds a commit, whether the branch has it or has lost it.
/// Authenticated backups are judged among themselves. Any other backup is judged as if it
/// were one of them, but it never causes another one to be removed. With
/// `trust_unauthenticated` all are judged alike, for a repository that is older than
/// manifests. Errors: usage; denied, by the server; unavailable.
pub fn prune(cx: &Context, request: &PruneRequest) -> Result<PruneReport> {
    cx.note_request(request);
    let (dry_run, trusts_all) = (request.dry_run, request.trust_unauthenticated);
    if !request.forget.is_empty() {
        return by_name(cx, request);
    }
    let rules = rules(cx, &request.rules)?;
    // Delete only the commit that was looked at: a backup that moves meanwhile is kept.
    let mut looked_at: BTreeMap<String, CommitId> = BTreeMap::new();
    // Every removal stands on its own. The entries of the manifest go last: those of what is
    // gone are removed by the next run too.
    let mut moved = Vec::new();
    let default = match cx.remote.default_branch() {
        // A copy that holds backups alone: nothing says which branch they are of.
        Err(e) if e.kind() == Kind::NotFound => String::new(),
        asked => asked?,
    };
    let result = one_by_one::publish(cx, &mut moved, |attempt, moved| {
        let tip = attempt.advertisement.tip(backup_manifest::REF);
        let manifest = Manifest::at(cx, cx.keys(), tip, None)?;
        let mut kept: Vec<Kept> = attempt
            .advertisement
            .under(backup_name::REFS)
            .filter_map(|(name, _)| name.strip_prefix("refs/heads/"))
            .filter(|name| backup_name::parse(name).is_none())
            .map(|name| Kept {
                name: name.to_owned(),
                reasons: vec!["undated".to_owned()],
                authenticated: Some(false),
            })
            .collect();
        let mut all = dated(attempt.advertisement.under(backup_name::REFS));
        manifest.judge(&mut all);
        let there: HashSet<&str> = all.iter().map(|f| f.name.as_str()).collect();
        let mut groups: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
        // If something else removed a backup, only its entry is left. The entry ages like a
        // backup.
        for entry in manifest.gone(&there) {
            if let Some(read) = backup_name::parse(&entry.name) {
                let group = groups.entry(entry.branch.clone()).or_default();
                group.push(Judged::Gone(entry.name.clone(), read.time));
            }
        }
        // On a copy, where nothing is entered, a name without a branch is of the default one of
        // the source, which may be another one here.
        let is_copy = groups.is_empty() && all.iter().all(|f| f.standing.entry().is_none());
        for found in all {
            let branch = match is_copy {
                true => found.read.branch.clone().unwrap_or_default(),
                false => found.branch(&default).to_owned(),
            };
            let group = groups.entry(branch).or_default();
            group.push(Judged::There(Box::new(found)));
        }
        let (mut removed, mut updates, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        let mut doubtful = 0;
        for (branch, group) in &mut groups {
            group.sort_by(|a, b| (b.time(), b.name()).cmp(&(a.time(), a.name())));
            // A backup with a date in the future is kept, because no correct clock made it.
            // It never causes another one to be removed.
            group.retain(|one| {
                let ahead = one.time().is_in_the_future(cx.now);
                if let Judged::There(f) = one
                    && ahead
                {
                    kept.push(Kept::of(f, vec![IN_THE_FUTURE.to_owned()]));
                }
                !ahead
            });
            let times: Vec<_> = group
                .iter()
                .map(|one| (one.time(), one.counts(trusts_all)))
                .collect();
            let mut reasons = retention::reasons_apart(&times, &rules);
            for (one, reasons) in group.iter().zip(&mut reasons) {
                if let (Judged::There(f), true) = (one, reasons.is_empty()) {
                    let first = *looked_at.entry(f.name.clone()).or_insert(f.commit);
                    reasons.extend((first != f.commit).then(|| "changed".to_owned()));
                }
            }
            let branch = if branch.is_empty() { &default } else { branch };
            let tip = attempt.advertisement.branch(branch);
            hold(cx, (branch, tip), group, &mut reasons, trusts_all)?;
            for (one, mut reasons) in group.iter().zip(reasons) {
                let found = match one {
                    Judged::There(found) => found,
                    Judged::Gone(name, _) => {
                        entries.extend(reasons.is_empty().then(|| name.clone()));
                        continue;
                    }
                };
                if !reasons.is_empty() {
                    if !one.counts(trusts_all) {
                        reasons.push("unauthenticated".to_owned());
                        doubtful += 1;
                    }
                    kept.push(Kept::of(found, reasons));
                    continue;
                }
                removed.push(found.name.clone());
                updates.push(RefUpdate {
                    name: RefName::branch(&found.name)?,
                    old: Some(found.commit),
                    new: None,
                });
            }
        }
        if doubtful > 0 {
            cx.warn(unauthenticated(cx, doubtful));
        }
        let mut objects = Vec::new();
        if !dry_run {
            entries.extend(removed.iter().cloned());
            let gone: HashSet<&str> = entries.iter().map(String::as_str).collect();
            objects = manifest.update_beside(cx, cx.keys(), (&[], &gone), attempt, &mut updates)?;
        }
        let mut gone = gone_of(moved);
        gone.append(&mut removed);
        let removed = gone;
        let count = removed.len();
        let message = match (count, dry_run) {
            (0, _) => format!("nothing to remove: the rules keep all {}", kept.len()),
            (_, true) => format!("would remove {count}, and keep {}", kept.len()),
            _ => format!("removed {count}, kept {}", kept.len()),
        };
        let report = PruneReport {
            repo_name: cx.repo_name.clone(),
            kept,
            removed,
            dry_run,
            message,
        };
        if dry_run {
            return Ok(Plan::Nothing(report));
        }
        Ok(Plan::push_if_any(Push {
            updates,
            objects: Objects::These(objects),
            token: cx.config.environment_token.clone(),
            report,
        }))
    });
    super::manifest::remember(cx, &moved);
    match &result {
        Ok(_) if moved.is_empty() => {}
        Ok(report) => {
            let done = format!("{}: {}", report.message, report.removed.join(" "));
            cx.record("backup prune", None, None, Ok(&done));
        }
        Err(e) => {
            let gone = gone_of(&moved);
            if !gone.is_empty() {
                let done = format!("removed {}: {}", gone.len(), gone.join(" "));
                cx.record("backup prune", None, None, Ok(&done));
            }
            cx.record("backup prune", None, None, Err(e));
        }
    }
    let mut report = result?;
    let (before, kept) = (report.removed.len(), report.kept.len());
    // If one folder cannot be used, the others are still pruned.
    let mut failure = None;
    for place in settings_of(cx)?.destinations {
        let CopyTo::Bundles { home, .. } = place else {
            continue;
        };
        let place = home.join(&cx.repo_name).place(Reach::Call(cx));
        let pruned = place.and_then(|place| bundles(cx, place, &rules, dry_run, &mut report));
        if let Err(e) = pruned {
            failure.get_or_insert(e);
        }
    }
    let count = report.removed.len() - before;
    if before == 0 && count > 0 {
        report.message = format!("kept all {}", words::count(kept, "backup", "backups"));
    }
    let bundles = words::count(count, "bundle", "bundles");
    match count {
        0 => {}
        _ if dry_run => report
            .message
            .push_str(&format!("; would remove {bundles}")),
        _ => {
            report.message.push_str(&format!("; removed {bundles}"));
            let gone = report.removed[before..].join(" ");
            cx.record("backup prune", None, None, Ok(&format!("bundles: {gone}")));
        }
    }
    failure.map_or(Ok(report), Err)
}

/// Removes the backups that are named, and no other.
///
/// Errors: usage, where rules are given too; those of [`forget`].
fn by_name(cx: &Context, request: &PruneRequest) -> Result<PruneReport> {
    if !request.rules.is_empty() {
        return Err(Error::new(
            Kind::Usage,
            "backups to forget and rules of what to keep were given, and one of them was expected",
        )
        .hint("name the backups in one run, and let the rules remove others in another"));
    }
    let Forgotten { removed, entries } = forget(cx, &request.forget, request.dry_run)?;
    let (would, removes, forgets) = match request.dry_run {
        true => ("would ", "remove", "forget"),
        false => ("", "removed", "forgot"),
    };
    let mut told = Vec::new();
    if !removed.is_empty() {
        told.push(format!("{would}{removes} {}", removed.join(", ")));
    }
    if !entries.is_empty() {
        let entries = entries.join(", ");
        told.push(format!("{would}{forgets} {entries}, which was gone"));
    }
    Ok(PruneReport {
        repo_name: cx.repo_name.clone(),
        kept: Vec::new(),
        removed,
        dry_run: request.dry_run,
        message: told.join("; "),
    })
}

/// Adds a reason to each backup that alone holds commits, and first of all those which the branch
/// has lost. One whose maker
/// nobody can tell here, though somebody entered it or it is older than the manifest, stays for its
/// own loss, and makes none of ours go. Backups that anybody can have made are no reason for
/// anything.
fn hold(
    cx: &Context,
    (branch, tip): (&str, Option<CommitId>),
    group: &[Judged],
    reasons: &mut [Vec<String>],
    trusts_all: bool,
) -> Result<()> {
    let there = group.iter().filter_map(|one| match one {
        Judged::There(found) => Some(&**found),
        Judged::Gone(..) => None,
    });
    let makers = Makers::of(branch, there);
    let mut held = Vec::new();
    for is_ours in [true, false] {
        let mut going = Vec::new();
        for (one, reasons) in group.iter().zip(&*reasons) {
            let Judged::There(found) = one else { continue };
            let counts = one.counts(trusts_all);
            if counts != is_ours || !counts && makers.of_one(found) == Maker::Anybody {
                continue;
            }
            match reasons.is_empty() {
                true => going.push(&**found),
                false => held.push(found.commit),
            }
        }
        for holder in last_holders(cx, (branch, tip), &mut held, &going)? {
            if let Some(at) = group.iter().position(|one| one.name() == holder.name) {
                reasons[at].push(holder.reason.to_owned());
            }
        }
    }
    Ok(())
}

/// A backup, or the manifest's entry of a backup that is gone.
enum Judged {
    There(Box<Found>),
    Gone(String, Moment),
}

impl Judged {
    fn name(&self) -> &str {
        match self {
            Judged::There(found) => &found.name,
            Judged::Gone(name, _) => name,
        }
    }

    fn time(&self) -> Moment {
        match self {
            Judged::There(found) => found.time(),
            Judged::Gone(_, time) => *time,
        }
    }

    /// Whether it may cause another backup to be removed.
    fn counts(&self, trusts_all: bool) -> bool {
        match self {
            Judged::There(found) => trusts_all || found.standing.entry().is_some(),
            Judged::Gone(..) => false,
        }
    }
}

impl Kept {
    fn of(found: &Found, reasons: Vec<String>) -> Kept {
        Kept {
            name: found.name.clone(),
            reasons,
            authenticated: found.standing.authenticated(),
        }
    }
}

/// The warning about kept backups that have no known maker.
fn unauthenticated(cx: &Context, count: usize) -> String {
    let todo = match cx.keys().is_empty() {
        true => {
            "this machine has no key to check them; run this on a machine with their key, or name the key file in AIDF_KEY_FILE"
        }
        false => {
            "look at them; if they are yours and older than manifests, --trust-unauthenticated treats all backups alike"
        }
    };
    format!(
        "{count} of the kept backups are not authenticated, and no other backup is removed because of them: {todo}"
    )
}

/// Removes the bundles of a place that no rule keeps.
fn bundles(
    cx: &Context,
    place: Rc<dyn Place + '_>,
    rules: &Rules,
    dry_run: bool,
    report: &mut PruneReport,
) -> Result<()> {
    let Some(mut folder) = Folder::of(cx, Rc::clone(&place))? else {
        return Ok(());
    };
    folder.manifest.check_keys(&*folder.place)?;
    if !dry_run {
        // Read it again, under the lock. A run that was cut off may have left files that
        // the list does not name.
        folder = Folder::open(cx, place)?;
        folder.tidy(cx, cx.keys())?;
    }
    let mut judged = thinned(cx, &folder, rules)?;
    let goes = judged.iter().filter(|(_, reasons)| reasons.is_empty());
    let gone: Vec<String> = goes.map(|(one, _)| one.name.clone()).collect();
    if !dry_run && !gone.is_empty() {
        let removed = folder.remove(cx, &gone)?;
        for (one, reasons) in &mut judged {
            if gone.contains(&one.name) && !removed.contains(&one.name) {
                reasons.push("another run wrote a bundle meanwhile".to_owned());
            }
        }
    }
    for (one, reasons) in judged {
        let name = folder.address(&one);
        if reasons.is_empty() {
            report.removed.push(name);
        } else {
            report.kept.push(Kept {
                name,
                reasons,
                authenticated: folder.manifest.whose(&one.name),
            });
        }
    }
    Ok(())
}
