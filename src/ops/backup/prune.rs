//! Removing the backups that no rule keeps; each deletion is leased on what was seen.

use super::bundles::Folder;
use super::destination::{Place, settings_of};
use super::{Found, dated};
use crate::backup_name;
use crate::clock::Period;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Bundle, CommitId, RefName, RefUpdate};
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::retention::{self, Rules};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How far clocks may differ, in seconds.
const AHEAD: i64 = 86_400;

/// What was removed and what was kept.
#[derive(Debug, Serialize)]
pub struct PruneReport {
    /// The repository.
    pub repo_name: String,
    /// By branch, newest first.
    pub kept: Vec<Kept>,
    /// What went, or would go.
    pub removed: Vec<String>,
    /// True where nothing was removed because that was asked for.
    pub dry_run: bool,
    /// One sentence.
    pub message: String,
}

/// A backup that stays.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// Its branch.
    pub name: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// The rules of the configuration, where the flags give none.
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
                format!("`backup: keep: within:` is `{text}`, and a time such as 30d was expected"),
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
/// Never the newest of a branch, and never one without a date. Errors: usage, denied by
/// the server, unavailable.
pub fn prune(cx: &Context, flags: &Rules, dry_run: bool) -> Result<PruneReport> {
    let rules = rules(cx, flags)?;
    // What is deleted is what was looked at: one that moves meanwhile is kept.
    let mut looked_at: BTreeMap<String, CommitId> = BTreeMap::new();
    let result = publish::publish(cx, |attempt| {
        let prefix = format!("refs/heads/{}", backup_name::PREFIX);
        let mut kept: Vec<Kept> = attempt
            .advertisement
            .under(&prefix)
            .filter_map(|(name, _)| name.strip_prefix("refs/heads/"))
            .filter(|name| backup_name::parse(name).is_none())
            .map(|name| Kept {
                name: name.to_owned(),
                reasons: vec!["undated".to_owned()],
            })
            .collect();
        let mut groups: BTreeMap<Option<String>, Vec<Found>> = BTreeMap::new();
        for found in dated(attempt.advertisement.under(&prefix)) {
            groups
                .entry(found.read.branch.clone())
                .or_default()
                .push(found);
        }
        let (mut removed, mut updates) = (Vec::new(), Vec::new());
        for group in groups.values_mut() {
            // One dated ahead was not made by a clock: it is kept, and takes no other's place.
            group.retain(|f| {
                let ahead = f.read.time.seconds() > cx.now.seconds() + AHEAD;
                if ahead {
                    kept.push(Kept {
                        name: f.name.clone(),
                        reasons: vec!["dated ahead".to_owned()],
                    });
                }
                !ahead
            });
            let times: Vec<_> = group.iter().map(|f| f.read.time).collect();
            for (found, reasons) in group.iter().zip(retention::reasons(&times, &rules)) {
                if !reasons.is_empty() {
                    kept.push(Kept {
                        name: found.name.clone(),
                        reasons,
                    });
                    continue;
                }
                let first = *looked_at.entry(found.name.clone()).or_insert(found.commit);
                if first != found.commit {
                    kept.push(Kept {
                        name: found.name.clone(),
                        reasons: vec!["changed".to_owned()],
                    });
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
        Ok(match dry_run || updates.is_empty() {
            true => Plan::Nothing(report),
            false => Plan::Push(Push {
                updates,
                objects: Objects::These(Vec::new()),
                token: cx.config.environment_token.clone(),
                report,
            }),
        })
    });
    match &result {
        Ok(p) if p.updates.is_empty() => {}
        Ok(p) => cx.record(
            "backup prune",
            None,
            None,
            Ok(&format!(
                "{}: {}",
                p.report.message,
                p.report.removed.join(" ")
            )),
        ),
        Err(e) => cx.record("backup prune", None, None, Err(e)),
    }
    let mut report = result?.report;
    let before = report.removed.len();
    // One folder that cannot be used does not keep the others from being thinned.
    let mut failure = None;
    for place in settings_of(cx)?.destinations {
        if let Place::Folder { dir, .. } = place
            && let Err(e) = bundles(cx, &dir, &rules, dry_run, &mut report)
        {
            failure.get_or_insert(e);
        }
    }
    match report.removed.len() - before {
        0 => {}
        n if dry_run => report
            .message
            .push_str(&format!("; would remove {n} bundles")),
        n => {
            report.message.push_str(&format!("; removed {n} bundles"));
            let gone = report.removed[before..].join(" ");
            cx.record("backup prune", None, None, Ok(&format!("bundles: {gone}")));
        }
    }
    failure.map_or(Ok(report), Err)
}

/// Removes the bundles of a folder that no rule keeps; a full one stays as long as an
/// incremental one that is kept was made on it.
fn bundles(
    cx: &Context,
    dir: &Path,
    rules: &Rules,
    dry_run: bool,
    report: &mut PruneReport,
) -> Result<()> {
    let Some(mut folder) = Folder::of(cx, dir)? else {
        return Ok(());
    };
    if !dry_run {
        // Read again, alone; a run that was cut off left files that the list does not name.
        folder = Folder::open(cx, dir)?;
        folder.tidy(cx)?;
    }
    let mut listed = folder.listed();
    listed.reverse();
    let times: Vec<_> = listed.iter().map(|n| n.time).collect();
    let mut reasons = retention::reasons(&times, rules);
    for at in 0..listed.len() {
        if reasons[at].is_empty() || listed[at].full {
            continue;
        }
        let path = folder.path(&listed[at]);
        let base = Bundle::read(&path)
            .ok()
            .and_then(|b| folder.base_of(&listed[at], &b));
        // One that cannot be read may need any of them.
        for below in 0..listed.len() {
            let needed = base
                .as_ref()
                .is_none_or(|b| *b == folder.path(&listed[below]));
            if needed && listed[below].full && reasons[below].is_empty() {
                reasons[below].push(format!("needed by {}", listed[at].name));
            }
        }
    }
    let mut gone = Vec::new();
    for (one, reasons) in listed.iter().zip(reasons) {
        let name = folder.path(one).display().to_string();
        if reasons.is_empty() {
            gone.push(one.name.clone());
            report.removed.push(name);
        } else {
            report.kept.push(Kept { name, reasons });
        }
    }
    match dry_run || gone.is_empty() {
        true => Ok(()),
        false => folder.remove(&gone),
    }
}
