//! A run of `aidf backup create`: the backups, their copies, and what branches have lost.

use super::Backup;
use super::bundles::{bundled_refs, refs_at};
use super::destination::{self, CopyTo, Destination, settings_of};
use super::folder_manifest::write_single;
use super::lock::lock;
use super::loss::{self, Rewound};
use super::making::{self, Job, Made, Unmade};
use super::manifest;
use super::place::{Home, Reach};
use crate::backup_manifest::Entry;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName};
use crate::ops::outcome::Reported;
use crate::output;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreateRequest {
    /// The branches; if none is named, those of the configuration, or else the default
    /// branch.
    pub branches: Vec<String>,
    /// Other remotes to push the backups to, besides those of the configuration.
    pub destinations: Vec<String>,
    /// Folders for bundles, or places in S3 storage (`s3://bucket/prefix`), besides those of
    /// the configuration.
    pub bundle_dirs: Vec<PathBuf>,
    /// Whether to make a full bundle even if an incremental one would do.
    pub full: bool,
    /// A file to write one bundle of the backups to.
    pub bundle: Option<PathBuf>,
}

/// What was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreateReport {
    /// The repository.
    pub repo_name: String,
    /// One for each branch that could be backed up.
    pub backups: Vec<Backup>,
    /// The branches that could not be backed up.
    pub unmade: Vec<Unmade>,
    /// Branches that lost commits since their last backup.
    pub rewound: Vec<Rewound>,
    /// One for each destination.
    pub destinations: Vec<Destination>,
    /// One sentence.
    pub message: String,
    /// What waits until the losses are told.
    #[serde(skip)]
    pub untold: Untold,
}

impl CreateReport {
    /// Takes note of the backups that were entered in the manifest.
    pub(super) fn note(&mut self, entered: Vec<String>) {
        for backup in &mut self.backups {
            backup.authenticated |= entered.contains(&backup.backup);
        }
    }
}

impl Reported for CreateReport {
    /// The failure of a destination comes first, then that of a branch, then a finding. What
    /// comes after the first is told with it: with `--quiet` nothing else tells it.
    fn verdict(&mut self) -> Result<()> {
        let mut faults = Vec::new();
        for destination in &mut self.destinations {
            let failure = destination.failure.take();
            faults.extend(failure.map(|failure| destination.told(failure)));
        }
        faults.extend(self.unmade.iter_mut().filter_map(|u| u.failure.take()));
        faults.extend(loss::finding(&self.rewound, &self.untold.address));
        together(faults)
    }
}

/// Fails with the first of these, which names the others too.
fn together(mut faults: Vec<Error>) -> Result<()> {
    if faults.len() < 2 {
        return faults.pop().map_or(Ok(()), Err);
    }
    let first = &faults[0];
    let messages: Vec<String> = faults.iter().map(Error::in_full).collect();
    let mut hints: Vec<&str> = faults.iter().filter_map(Error::hint_text).collect();
    hints.dedup();
    Err(Error::new(first.kind(), messages.join("; "))
        .retryable(first.is_retryable())
        .hint(hints.join("; ")))
}

/// Makes the backups.
///
/// Errors: denied; unavailable; not_found, if none of the branches is there. A failure of one
/// branch of several, or at a destination, is in the report.
pub fn create(cx: &Context, request: &CreateRequest) -> Result<CreateReport> {
    let mut report = create_untold(cx, request)?;
    // Last of all: a run that is cut off before this leaves the loss for the next run to tell.
    report.note(told(cx, &report.untold.entries));
    Ok(report)
}

/// What waits until it is told that branches have lost something.
#[derive(Debug, Default)]
pub struct Untold {
    /// The repository's address.
    pub(super) address: String,
    /// The entries of the backups of those branches.
    pub(super) entries: Vec<Entry>,
}

/// Enters backups of branches that have lost something, now that this is told. Returns the names
/// of those that were entered.
pub(super) fn told(cx: &Context, untold: &[Entry]) -> Vec<String> {
    if untold.is_empty() {
        return Vec::new();
    }
    let keys = manifest::keys_for_making(cx);
    making::note_told(cx, &keys, untold)
}

/// [`create`], but for the entries of the backups of branches that have lost something.
pub(super) fn create_untold(cx: &Context, request: &CreateRequest) -> Result<CreateReport> {
    cx.note_request(request);
    let turn = lock(cx, "backup", &cx.remote.address());
    let result = turn.and_then(|_turn| make(cx, request));
    match &result {
        Ok(r) => {
            for b in r.backups.iter().filter(|b| b.created) {
                let commit = Some(b.commit.to_string());
                cx.record("backup create", Some(&b.backup), commit, Ok(&r.message));
            }
            // No later run tells it again, so that it is written down.
            for lost in &r.rewound {
                let commit = lost.lost.first().map(ToString::to_string);
                let told = lost.told();
                cx.record("backup create", Some(&lost.branch), commit, Err(&told));
            }
        }
        Err(e) => cx.record("backup create", None, None, Err(e)),
    }
    result
}

fn make(cx: &Context, request: &CreateRequest) -> Result<CreateReport> {
    let settings = settings_of(cx)?;
    let bundle = request.bundle.as_ref();
    if bundle.is_some_and(|given| given == Path::new("-")) {
        return Err(Error::new(
            Kind::Usage,
            "--bundle is `-`, and the name of a file was expected: a bundle is not written to standard output",
        )
        .hint("name a file; `./-` is a file of that name"));
    }
    let bundle = bundle.map(|given| output::file(&cx.dir.join(given)));
    let bundle = bundle.transpose()?;
    let named = request.bundle_dirs.iter();
    let homes = named.map(|given| Home::named(given, &cx.dir, Reach::Call(cx)));
    let homes = homes.collect::<Result<Vec<_>>>()?;
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
    // Ask the remote each time: the clone's own record of the default branch may be years
    // old.
    let (default, tips) = cx.remote.default_branch_and(&branches)?;
    if branches.is_empty() {
        branches.push(default.clone());
    }
    // The bundle is written while the backups are pushed. Most often they are of these commits.
    let begun = bundle.as_ref().and_then(|path| {
        let tips = tips.iter().map(|(branch, tip)| (branch.as_str(), *tip));
        cx.store.begin_bundle(path, &refs_at(tips))
    });
    let keys = manifest::keys_for_making(cx);
    let job = Job {
        cx,
        branches: &branches,
        default: &default,
        keys: &keys,
    };
    let Made {
        backups,
        unmade,
        rewound,
        earlier,
        untold,
    } = job.run()?;
    let mut places = settings.destinations;
    places.extend(request.destinations.iter().cloned().map(CopyTo::Remote));
    places.extend(homes.into_iter().map(|home| CopyTo::Bundles {
        home,
        full_every: None,
    }));
    let copied = || -> Result<()> {
        if bundle.is_some() || !places.is_empty() {
            let tips: Vec<CommitId> = backups.iter().map(|b| b.commit).collect();
            cx.remote.fetch_all(&cx.store, &tips, &*cx.progress)?;
        }
        match &bundle {
            Some(path) => {
                let refs = bundled_refs(&backups);
                let begun = begun.filter(|begun| begun.is_of(&refs));
                write_single(cx, &keys, path, &refs, begun)
            }
            None => Ok(()),
        }
    };
    let address = cx.remote.address();
    copied().map_err(|e| loss::beside(&rewound, &address, e))?;
    let destinations = places
        .iter()
        .map(|place| destination::send(cx, &keys, place, &backups, &earlier, request.full))
        .collect();
    let (made, all) = (backups.iter().filter(|b| b.created).count(), branches.len());
    let of: Vec<&str> = backups.iter().map(|b| b.branch.as_str()).collect();
    let there = format!("today's backup of {} is there", of.join(", "));
    let mut message = match (made, &backups[..]) {
        (0, _) if bundle.is_some() => there,
        (0, _) => format!("nothing to do: {there}"),
        (1, [one]) if all == 1 => format!(
            "backed up {} at {} as {}",
            one.branch,
            one.commit.short(),
            one.backup
        ),
        _ => format!("backed up {made} of {all} branches"),
    };
    if let Some(path) = &bundle {
        message.push_str(&format!("; wrote {}", path.display()));
    }
    Ok(CreateReport {
        repo_name: cx.repo_name.clone(),
        backups,
        unmade,
        rewound,
        destinations,
        message,
        untold: Untold {
            address,
            entries: untold,
        },
    })
}
