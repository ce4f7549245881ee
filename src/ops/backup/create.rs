//! Making backups: a create-only ref at each branch's tip, on one connection.

use super::bundles::bundled_refs;
use super::destination::{self, Destination, Place, settings_of};
use super::turn::turn;
use super::{Backup, Found, dated};
use crate::backup_name;
use crate::clock::Moment;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName, RefUpdate};
use crate::ops::publish::{self, Objects, Plan, Push};
use serde::Serialize;
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct CreateRequest {
    /// The branches; those of the configuration, or the default one, where none is named.
    pub branches: Vec<String>,
    /// Other remotes to push the backups to, besides those of the configuration.
    pub destinations: Vec<String>,
    /// Folders of bundles, besides those of the configuration.
    pub bundle_dirs: Vec<PathBuf>,
    /// A full bundle even where an incremental one would do.
    pub full: bool,
    /// A file to bundle them into.
    pub bundle: Option<PathBuf>,
}

/// What was made.
#[derive(Debug, Serialize)]
pub struct CreateReport {
    /// The repository.
    pub repo_name: String,
    /// One for each branch.
    pub backups: Vec<Backup>,
    /// Branches that lost commits since their last backup.
    pub rewound: Vec<Rewound>,
    /// One for each destination.
    pub destinations: Vec<Destination>,
    /// One sentence.
    pub message: String,
}

/// A branch whose last backup is not in its history any more.
#[derive(Debug, Clone, Serialize)]
pub struct Rewound {
    /// The branch.
    pub branch: String,
    /// The backup that still has them.
    pub backup: String,
    /// The commits that are gone from it, newest first; at most a thousand.
    pub lost: Vec<CommitId>,
}

/// How far clocks may differ, in seconds.
const AHEAD: i64 = 600;

/// The most lost commits that are listed.
const MAX_LOST: usize = 1000;

/// Makes the backups.
///
/// Errors: not_found for a branch; denied; unavailable. What went wrong at a
/// destination is in the report.
pub fn create(cx: &Context, request: &CreateRequest) -> Result<CreateReport> {
    let turn = turn(cx, "backup", &cx.remote.address());
    let result = turn.and_then(|_turn| make(cx, request));
    match &result {
        Ok(r) => r.backups.iter().filter(|b| b.created).for_each(|b| {
            cx.record(
                "backup create",
                Some(&b.backup),
                Some(b.commit.to_string()),
                Ok(&r.message),
            )
        }),
        Err(e) => cx.record("backup create", None, None, Err(e)),
    }
    result
}

fn make(cx: &Context, request: &CreateRequest) -> Result<CreateReport> {
    // Asked anew each time: a clone's own idea of it may be of another year.
    let default = cx.remote.default_branch()?;
    let settings = settings_of(cx)?;
    let named = match request.branches.is_empty() {
        true => settings.branches,
        false => &request.branches,
    };
    let mut branches: Vec<String> = Vec::new();
    for branch in named {
        RefName::branch(branch)?;
        if !branches.contains(branch) {
            branches.push(branch.clone());
        }
    }
    if branches.is_empty() {
        branches.push(default.clone());
    }
    let published = publish::publish(cx, |attempt| {
        let prefix = format!("refs/heads/{}", backup_name::PREFIX);
        let found = dated(attempt.advertisement.under(&prefix));
        let (mut backups, mut rewound) = (Vec::new(), Vec::new());
        for branch in &branches {
            let tip = attempt.advertisement.branch(branch).ok_or_else(|| {
                Error::new(
                    Kind::NotFound,
                    format!("{} has no branch {branch} to back up", cx.remote.address()),
                )
                .hint("name the branches with --branch, or under `backup: branches:` of the configuration")
            })?;
            let group = Some(branch.as_str()).filter(|b| *b != default);
            // What is dated ahead says nothing of what was there before.
            let newest = found.iter().find(|f| {
                let ahead = f.read.time.seconds() > cx.now.seconds() + AHEAD;
                f.read.branch.as_deref() == group && !ahead
            });
            let backup = choose(cx, branch, group, tip, newest, &found);
            // Before the push: what breaks off here is looked at again by the next run.
            if let Some(before) = newest.filter(|f| backup.created && f.commit != tip) {
                rewound.extend(look_for_loss(cx, branch.clone(), before, tip)?);
            }
            backups.push(backup);
        }
        let updates = backups
            .iter()
            .filter(|b| b.created)
            .map(|b| {
                Ok(RefUpdate {
                    name: RefName::branch(&b.backup)?,
                    old: None,
                    new: Some(b.commit),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let report = (backups, rewound);
        Ok(match updates.is_empty() {
            true => Plan::Nothing(report),
            false => Plan::Push(Push {
                updates,
                objects: Objects::These(Vec::new()),
                token: cx.config.environment_token.clone(),
                report,
            }),
        })
    })?;
    let (backups, rewound) = published.report;
    let mut places = settings.destinations;
    places.extend(request.destinations.iter().cloned().map(Place::Remote));
    places.extend(request.bundle_dirs.iter().map(|dir| Place::Folder {
        dir: cx.dir.join(dir),
        full_every: None,
    }));
    if request.bundle.is_some() || !places.is_empty() {
        let tips: Vec<CommitId> = backups.iter().map(|b| b.commit).collect();
        cx.remote.fetch(&cx.store, &tips, true, &*cx.progress)?;
    }
    if let Some(path) = &request.bundle {
        let path = cx.dir.join(path);
        cx.store.write_bundle(&path, &bundled_refs(&backups), &[])?;
    }
    let destinations = places
        .iter()
        .map(|place| destination::send(cx, place, &backups, request.full))
        .collect();
    let (made, all) = (backups.iter().filter(|b| b.created).count(), backups.len());
    let message = match (made, &backups[..]) {
        (0, _) => format!(
            "nothing to do: today's backup of {} is there",
            branches.join(", ")
        ),
        (1, [one]) => format!(
            "backed up {} at {} as {}",
            one.branch,
            one.commit.short(),
            one.backup
        ),
        _ => format!("backed up {made} of {all} branches"),
    };
    Ok(CreateReport {
        repo_name: cx.repo_name.clone(),
        backups,
        rewound,
        destinations,
        message,
    })
}

/// The day's name; a further one where that is taken; the newest where it is of today
/// and holds this very commit.
fn choose(
    cx: &Context,
    branch: &str,
    group: Option<&str>,
    tip: CommitId,
    newest: Option<&Found>,
    found: &[Found],
) -> Backup {
    let backup = |name: String, created| Backup {
        branch: branch.to_owned(),
        backup: name,
        commit: tip,
        created,
    };
    if let Some(same) = newest.filter(|f| f.commit == tip && f.read.time.date() == cx.now.date()) {
        return backup(same.name.clone(), false);
    }
    let taken = |name: &String| found.iter().any(|f| f.name == *name);
    // The day's own name, else the first second from now on that is free.
    let seconds = (0..).map(|n| Moment::from_seconds(cx.now.seconds() + n));
    let mut names = std::iter::once(backup_name::of_day(group, cx.now))
        .chain(seconds.map(|s| backup_name::of_second(group, s)));
    let name = names.find(|n| !taken(n)).unwrap_or_default();
    backup(name, true)
}

/// A branch whose last backup is no ancestor of its tip was forced.
fn look_for_loss(
    cx: &Context,
    branch: String,
    before: &Found,
    tip: CommitId,
) -> Result<Option<Rewound>> {
    if before.commit == tip {
        return Ok(None);
    }
    cx.remote
        .fetch(&cx.store, &[before.commit, tip], true, &*cx.progress)?;
    if cx.store.is_ancestor(before.commit, tip) {
        return Ok(None);
    }
    let lost = cx
        .store
        .history(before.commit, Some(tip))?
        .take(MAX_LOST)
        .collect();
    Ok(Some(Rewound {
        branch,
        backup: before.name.clone(),
        lost,
    }))
}
