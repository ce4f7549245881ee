//! Makes backups: a create-only ref at each branch's tip, all on one connection where the
//! server can move several refs as one.

use super::bundles::bundled_refs;
use super::destination::{self, CopyTo, Destination, settings_of};
use super::folder_manifest::write_single;
use super::lock::lock;
use super::loss::{self, Rewound};
use super::manifest::{self, Manifest};
use super::place::{Home, Reach};
use super::{Backup, Found, dated};
use crate::backup_manifest::{self, Entry};
use crate::backup_name;
use crate::clock::{CLOCK_SKEW, Moment};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName, RefUpdate};
use crate::keys::KeyRing;
use crate::ops::one_by_one;
use crate::ops::outcome::Reported;
use crate::ops::publish::{Objects, Plan, Push};
use crate::output;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::PathBuf;

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
    /// One for each branch.
    pub backups: Vec<Backup>,
    /// Branches that lost commits since their last backup.
    pub rewound: Vec<Rewound>,
    /// One for each destination.
    pub destinations: Vec<Destination>,
    /// One sentence.
    pub message: String,
}

impl Reported for CreateReport {
    /// The failure of a destination comes before a finding.
    fn verdict(&mut self) -> Result<()> {
        for destination in &mut self.destinations {
            if let Some(failure) = destination.failure.take() {
                return Err(Error::new(
                    failure.kind(),
                    format!("the backup did not reach {}", destination.destination),
                )
                .retryable(failure.is_retryable())
                .hint("when that works again, run the same command: it completes what is missing")
                .caused_by(failure));
            }
        }
        let Some(r) = self.rewound.first() else {
            return Ok(());
        };
        Err(Error::new(
            Kind::Findings,
            format!(
                "{} was rewound since its last backup, and that backup still has the lost commits",
                r.branch
            ),
        )
        .hint(format!(
            "bring them back with: aidf backup restore {}",
            r.backup
        )))
    }
}

/// What one push of backups holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PushContents {
    /// The backups and the manifest, all or nothing.
    WithManifest,
    /// The backups only, because the server does not accept the manifest.
    BackupsOnly,
}

/// Makes the backups.
///
/// Errors: not_found, for a branch; denied; unavailable. A failure at a destination is in
/// the report.
pub fn create(cx: &Context, request: &CreateRequest) -> Result<CreateReport> {
    cx.note_request(request);
    let turn = lock(cx, "backup", &cx.remote.address());
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
    // Ask the remote each time: the clone's own record of the default branch may be years
    // old.
    let default = cx.remote.default_branch()?;
    let settings = settings_of(cx)?;
    let bundle = request.bundle.as_ref();
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
    if branches.is_empty() {
        branches.push(default.clone());
    }
    let keys = manifest::keys_for_making(cx);
    let job = Job {
        cx,
        branches: &branches,
        default: &default,
        keys: &keys,
    };
    let (backups, rewound) = job.run()?;
    let mut places = settings.destinations;
    places.extend(request.destinations.iter().cloned().map(CopyTo::Remote));
    places.extend(homes.into_iter().map(|home| CopyTo::Bundles {
        home,
        full_every: None,
    }));
    if bundle.is_some() || !places.is_empty() {
        let tips: Vec<CommitId> = backups.iter().map(|b| b.commit).collect();
        cx.remote.fetch_all(&cx.store, &tips, &*cx.progress)?;
    }
    if let Some(path) = &bundle {
        write_single(cx, &keys, path, &bundled_refs(&backups))?;
    }
    let destinations = places
        .iter()
        .map(|place| destination::send(cx, &keys, place, &backups, request.full))
        .collect();
    let (made, all) = (backups.iter().filter(|b| b.created).count(), backups.len());
    let there = format!("today's backup of {} is there", branches.join(", "));
    let mut message = match (made, &backups[..]) {
        (0, _) if bundle.is_some() => there,
        (0, _) => format!("nothing to do: {there}"),
        (1, [one]) => format!(
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
        rewound,
        destinations,
        message,
    })
}

type Made = (Vec<Backup>, Vec<Rewound>);

/// The backups to make of these branches.
struct Job<'a> {
    cx: &'a Context,
    branches: &'a [String],
    default: &'a str,
    keys: &'a KeyRing,
}

/// What the pushes so far came to.
#[derive(Default)]
struct Rounds {
    /// The refs that moved.
    moved: Vec<RefUpdate>,
    /// Every loss that was seen.
    rewound: Vec<Rewound>,
}

impl Job<'_> {
    fn run(&self) -> Result<Made> {
        let mut rounds = Rounds::default();
        let made = self.publish(PushContents::WithManifest, &mut rounds);
        let made = match made {
            // The server does not know manifests yet, or something is in the way of the
            // ref. A backup without authentication is better than none.
            Err(e)
                if matches!(e.kind(), Kind::Denied | Kind::Conflict) && !self.keys.is_empty() =>
            {
                let made = self.publish(PushContents::BackupsOnly, &mut rounds);
                if made.is_ok() {
                    self.cx.warn(format!(
                        "the backups are not authenticated, because the server refused {}: {}",
                        backup_manifest::REF,
                        e.in_full()
                    ));
                }
                made
            }
            made => made,
        };
        let is_new = |name: &str| rounds.moved.iter().any(|u| u.name.short() == name);
        let mut backups = made.inspect_err(|_| {
            for update in rounds
                .moved
                .iter()
                .filter(|u| u.name.as_str() != backup_manifest::REF)
            {
                let (name, commit) = (update.name.short(), update.new.map(|id| id.to_string()));
                let done = "backed up, before the run ended early";
                self.cx
                    .record("backup create", Some(name), commit, Ok(done));
            }
        })?;
        for backup in &mut backups {
            backup.created = is_new(&backup.backup);
        }
        Ok((backups, rounds.rewound))
    }

    /// Backups are of use each on its own. The manifest goes last, so that an entry never names
    /// a backup that does not exist: where a run breaks off before that, the next one vouches
    /// for the backups that it finds.
    fn publish(&self, contents: PushContents, rounds: &mut Rounds) -> Result<Vec<Backup>> {
        let cx = self.cx;
        let signs = contents == PushContents::WithManifest && !self.keys.is_empty();
        let Rounds { moved, rewound } = rounds;
        let made = one_by_one::publish(cx, moved, |attempt, moved| {
            let prefix = format!("refs/heads/{}", backup_name::PREFIX);
            let mut found = dated(attempt.advertisement.under(&prefix));
            let tip = attempt.advertisement.tip(backup_manifest::REF);
            let manifest = Manifest::at(cx, self.keys, tip, None)?;
            manifest.judge(&mut found);
            let (mut backups, mut entries) = (Vec::new(), Vec::new());
            for branch in self.branches {
                let tip = attempt.advertisement.branch(branch).ok_or_else(|| {
                    Error::new(
                        Kind::NotFound,
                        format!("{} has no branch {branch} to back up", cx.remote.address()),
                    )
                    .hint("name the branches with --branch, or under `backup: branches:` in the configuration")
                })?;
                let group = Some(branch.as_str()).filter(|b| *b != self.default);
                // A backup that is dated ahead says nothing about earlier ones.
                let before: Vec<&Found> = found
                    .iter()
                    .filter(|f| {
                        let ahead = f.read.time.seconds() > cx.now.seconds() + CLOCK_SKEW;
                        f.read.branch.as_deref() == group && !ahead
                    })
                    .collect();
                let ours = |f: &&&Found| moved.iter().any(|u| u.name.short() == f.name);
                let mut backup = match before.iter().find(ours) {
                    // The branch may have moved since; its backup of this run is made.
                    Some(f) => Backup {
                        branch: branch.clone(),
                        backup: f.name.clone(),
                        commit: f.commit,
                        created: false,
                        authenticated: f.standing.entry().is_some(),
                    },
                    None => self.choose(branch, group, tip, &before, &found, &manifest),
                };
                let vouches = signs && !backup.authenticated;
                // Look before the push: if this run breaks off, the next run looks again.
                // Look too if somebody put a backup on top of ours.
                let topped = before.first().is_some_and(|f| f.name != backup.backup);
                if backup.created || vouches || topped {
                    let loss = loss::look(cx, branch, &before, backup.commit, signs)?;
                    for one in loss.rewound {
                        if !rewound
                            .iter()
                            .any(|r| (&r.branch, &r.backup) == (&one.branch, &one.backup))
                        {
                            rewound.push(one);
                        }
                    }
                    entries.extend(vouches.then(|| Entry {
                        name: backup.backup.clone(),
                        branch: branch.clone(),
                        commit: backup.commit,
                        made: cx.now.rfc3339(),
                        aside: loss.aside,
                    }));
                }
                backup.authenticated |= signs;
                backups.push(backup);
            }
            let mut updates = backups
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
            let mut objects = Vec::new();
            let together = attempt.advertisement.is_atomic() || updates.is_empty();
            if together
                && let Some((update, made)) =
                    manifest.update(cx, self.keys, &entries, &HashSet::new())?
            {
                updates.push(update);
                objects = made;
            }
            Ok(Plan::push_if_any(Push {
                updates,
                objects: Objects::These(objects),
                token: cx.config.environment_token.clone(),
                report: backups,
            }))
        });
        manifest::remember(cx, moved);
        made
    }

    /// Chooses the backup for a tip. The newest authenticated backup is used again if it has
    /// today's date and this commit. Otherwise the newest backup of all is used if it has
    /// today's date and this commit; then it still needs an entry. Otherwise a new backup
    /// gets the day's name, or a further name if that one is taken.
    fn choose(
        &self,
        branch: &str,
        group: Option<&str>,
        tip: CommitId,
        before: &[&Found],
        found: &[Found],
        manifest: &Manifest,
    ) -> Backup {
        let now = self.cx.now;
        let backup = |name: String, created, authenticated| Backup {
            branch: branch.to_owned(),
            backup: name,
            commit: tip,
            created,
            authenticated,
        };
        let same = |f: &&&Found| f.commit == tip && f.read.time.date() == now.date();
        let good = before.iter().find(|f| f.standing.entry().is_some());
        if let Some(good) = good.filter(same) {
            return backup(good.name.clone(), false, true);
        }
        let room = |f: &&&Found| {
            let key = self.keys.active();
            key.is_none_or(|key| manifest.has_room(&f.name, &key.id))
        };
        if let Some(newest) = before.first().filter(same).filter(room) {
            return backup(newest.name.clone(), false, false);
        }
        let taken: HashSet<&str> = found.iter().map(|f| f.name.as_str()).collect();
        // The day's own name, or else the first second from now on whose name is free.
        let seconds = (0..).map(|n| Moment::from_seconds(now.seconds() + n));
        let mut names = std::iter::once(backup_name::of_day(group, now))
            .chain(seconds.map(|s| backup_name::of_second(group, s)));
        let name = names.find(|n| !taken.contains(n.as_str()));
        backup(name.unwrap_or_default(), true, false)
    }
}
