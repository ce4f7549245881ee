//! Makes the backups: a create-only ref at each branch's tip, all on one connection where the
//! server can move several refs as one. Then it enters them in the manifest.

use super::loss::{self, Asked, Rewound};
use super::manifest::{self, Manifest};
use super::{Backup, Found, comparable, dated};
use crate::backup_manifest::{self, Entry};
use crate::backup_name::{self, Taken};
use crate::clock::{CLOCK_SKEW, Moment};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefUpdate};
use crate::keys::KeyRing;
use crate::ops::one_by_one;
use crate::ops::publish::{self, Objects, Plan, Push};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What one push of backups holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PushContents {
    /// The backups and the manifest, all or nothing.
    WithManifest,
    /// The backups only, because the server does not accept the manifest.
    BackupsOnly,
}

/// A branch that could not be backed up.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Unmade {
    /// The branch.
    pub branch: String,
    /// Why.
    pub error: String,
    /// The error itself, for the exit code.
    #[serde(skip)]
    pub failure: Option<Error>,
}

impl Unmade {
    fn new(branch: &str, error: Error) -> Unmade {
        Unmade {
            branch: branch.to_owned(),
            error: error.in_full(),
            failure: Some(error),
        }
    }
}

/// What was made.
pub(super) struct Made {
    /// One for each branch that could be backed up.
    pub backups: Vec<Backup>,
    /// The other branches.
    pub unmade: Vec<Unmade>,
    /// What the branches lost.
    pub rewound: Vec<Rewound>,
    /// The authenticated backups that the branches had before, newest first.
    pub earlier: Vec<Found>,
    /// The entries of the backups of those branches. An entry says that the loss was told, so
    /// it is pushed when that is so: see [`note_told`].
    pub untold: Vec<Entry>,
}

/// The backups to make of these branches.
pub(super) struct Job<'a> {
    pub cx: &'a Context,
    pub branches: &'a [String],
    pub default: &'a str,
    pub keys: &'a KeyRing,
}

/// What one push comes to.
struct Pushed {
    backups: Vec<Backup>,
    unmade: Vec<Unmade>,
    /// See [`Made::earlier`].
    earlier: Vec<Found>,
    /// See [`Made::untold`].
    untold: Vec<Entry>,
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
    /// Makes them. A branch that cannot be backed up is no reason to leave out the others. The
    /// entries of branches that lost something wait.
    ///
    /// Errors: denied; conflict; unavailable. If nothing can be backed up, why not.
    pub(super) fn run(&self) -> Result<Made> {
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
        let made = made.inspect_err(|_| {
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
        });
        let made = made.map_err(|e| loss::beside(&rounds.rewound, &self.cx.remote.address(), e))?;
        let Pushed {
            mut backups,
            mut unmade,
            earlier,
            untold,
        } = made;
        if backups.is_empty()
            && let Some(first) = unmade.iter_mut().find_map(|u| u.failure.take())
        {
            return Err(first);
        }
        for backup in &mut backups {
            backup.created = is_new(&backup.backup);
        }
        Ok(Made {
            backups,
            unmade,
            rewound: rounds.rewound,
            earlier,
            untold,
        })
    }

    /// Backups are of use each on its own. The manifest goes last, so that an entry never names
    /// a backup that does not exist: where a run breaks off before that, the next one vouches
    /// for the backups that it finds. Where a branch lost something, the entries are returned and
    /// not pushed.
    fn publish(&self, contents: PushContents, rounds: &mut Rounds) -> Result<Pushed> {
        let cx = self.cx;
        let signs = contents == PushContents::WithManifest && !self.keys.is_empty();
        let Rounds { moved, rewound } = rounds;
        let made = one_by_one::publish(cx, moved, |attempt, moved| {
            // The run may have waited for another one since it began.
            let now = cx.present();
            let mut found = dated(attempt.advertisement.under(backup_name::REFS));
            let tip = attempt.advertisement.tip(backup_manifest::REF);
            let manifest = Manifest::at(cx, self.keys, tip, None)?;
            manifest.judge(&mut found);
            let (mut backups, mut unmade) = (Vec::new(), Vec::new());
            let (mut entries, mut untold) = (Vec::new(), Vec::new());
            let mut taken = Taken::default();
            for (name, _) in attempt.advertisement.under(backup_name::REFS) {
                taken.add(name.strip_prefix("refs/heads/").unwrap_or(name));
            }
            for branch in self.branches {
                taken.keep_folder(self.group(branch));
            }
            for branch in self.branches {
                let Some(tip) = attempt.advertisement.branch(branch) else {
                    unmade.push(Unmade::new(branch, self.no_branch(branch)));
                    continue;
                };
                let before = comparable(&found, branch, self.default, now);
                let next = after_all(&before, now, self.keys);
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
                    None => {
                        match self.choose((branch, tip), (now, next), &before, &taken, &manifest) {
                            Ok(backup) => backup,
                            Err(e) => {
                                unmade.push(Unmade::new(branch, e));
                                continue;
                            }
                        }
                    }
                };
                if backup.created {
                    taken.add(&backup.backup);
                }
                let vouches = signs && !backup.authenticated;
                // Look before the push: if this run breaks off, the next run looks again.
                // Look too if somebody put a backup on top of ours.
                let topped = before.first().is_some_and(|f| f.name != backup.backup);
                if backup.created || vouches || topped {
                    let asked = match signs {
                        true => Asked::Untold,
                        false => Asked::Newest,
                    };
                    let loss = loss::look(cx, branch, &before, backup.commit, asked)?;
                    let waits = !loss.rewound.is_empty();
                    for one in loss.rewound {
                        if !rewound
                            .iter()
                            .any(|r| (&r.branch, &r.backup) == (&one.branch, &one.backup))
                        {
                            rewound.push(one);
                        }
                    }
                    let entry = vouches.then(|| Entry {
                        name: backup.backup.clone(),
                        branch: branch.clone(),
                        commit: backup.commit,
                        made: next.rfc3339(),
                        aside: loss.aside,
                    });
                    backup.authenticated |= vouches && !waits;
                    match waits {
                        true => untold.extend(entry),
                        false => entries.extend(entry),
                    }
                }
                backups.push(backup);
            }
            let mut updates = backups
                .iter()
                .filter(|b| b.created)
                .map(|b| super::creation(&b.backup, b.commit))
                .collect::<Result<Vec<_>>>()?;
            found.retain(|f| {
                let ours = |b: &String| f.branch(self.default) == b;
                f.standing.entry().is_some() && self.branches.iter().any(ours)
            });
            let entered = (entries.as_slice(), &HashSet::new());
            let objects = manifest.update_beside(cx, self.keys, entered, attempt, &mut updates)?;
            Ok(Plan::push_if_any(Push {
                updates,
                objects: Objects::These(objects),
                token: cx.config.environment_token.clone(),
                report: Pushed {
                    backups,
                    unmade,
                    earlier: found,
                    untold,
                },
            }))
        });
        manifest::remember(cx, moved);
        made
    }

    /// The branch as the names of its backups have it: those of the default branch do not
    /// name it.
    fn group<'b>(&self, branch: &'b str) -> Option<&'b str> {
        Some(branch).filter(|b| *b != self.default)
    }

    fn no_branch(&self, branch: &str) -> Error {
        Error::new(
            Kind::NotFound,
            format!(
                "{} has no branch {branch} to back up",
                self.cx.remote.address()
            ),
        )
        .hint("name the branches with --branch, or under `backup: branches:` in the configuration")
    }

    /// Chooses the backup for a tip; a new one is of the time `next`. The newest authenticated backup is used again if it has
    /// today's date and this commit. Otherwise the newest backup of all is used if it has
    /// today's date and this commit; then it still needs an entry. Otherwise a new backup
    /// gets the day's name, or a further name if that one is taken.
    ///
    /// Errors: conflict, if git can hold no backup of the branch beside the others.
    fn choose(
        &self,
        (branch, tip): (&str, CommitId),
        (now, next): (Moment, Moment),
        before: &[&Found],
        taken: &Taken,
        manifest: &Manifest,
    ) -> Result<Backup> {
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
            return Ok(backup(good.name.clone(), false, true));
        }
        let room = |f: &&&Found| {
            let key = self.keys.active();
            key.is_none_or(|key| manifest.has_room(&f.name, &key.id))
        };
        if let Some(newest) = before.first().filter(same).filter(room) {
            return Ok(backup(newest.name.clone(), false, false));
        }
        let name = taken.free(self.group(branch), next).map_err(|file| {
            Error::new(
                Kind::Conflict,
                format!(
                    "{branch} cannot be backed up, because git holds no branch below {file}, which is one"
                ),
            )
            .hint(format!(
                "rename the branch {branch}, or delete {file} if it is no longer needed"
            ))
        })?;
        Ok(backup(name, true, false))
    }
}

/// The time of the next backup after these of the same branch. The clock of the machine that made
/// the newest of them may be ahead of this one's: what is made later must not look older. With a
/// key, backups that anybody can have made have no say.
fn after_all(before: &[&Found], now: Moment, keys: &KeyRing) -> Moment {
    let counts = |f: &&&Found| keys.is_empty() || f.standing.entry().is_some();
    let ours = before.iter().filter(counts).filter(|f| !f.is_ahead(now));
    // A server accepts no time that is further ahead by its own clock.
    let latest = Moment::from_seconds(now.seconds() + CLOCK_SKEW - 60);
    now.after_all(ours.map(|f| f.time())).min(latest)
}

/// Enters the backups of the branches that lost something: now that this was told, the next run
/// need not tell it again. If that fails, the next run tells it and enters them. Returns the
/// names of those that were entered.
pub(super) fn note_told(cx: &Context, keys: &KeyRing, untold: &[Entry]) -> Vec<String> {
    let names: Vec<String> = untold.iter().map(|e| e.name.clone()).collect();
    match enter(cx, keys, untold) {
        Ok(()) => names,
        Err(e) => {
            cx.warn(format!(
                "the next run reports the lost commits again, because {} could not be entered in {}: {}",
                names.join(", "),
                backup_manifest::REF,
                e.in_full()
            ));
            Vec::new()
        }
    }
}

fn enter(cx: &Context, keys: &KeyRing, entries: &[Entry]) -> Result<()> {
    let published = publish::publish(cx, |attempt| {
        let tip = attempt.advertisement.tip(backup_manifest::REF);
        let manifest = Manifest::at(cx, keys, tip, None)?;
        // Somebody may have removed the backup meanwhile, or another run have entered it.
        let fits = |e: &&Entry| {
            let there = attempt.advertisement.branch(&e.name) == Some(e.commit);
            let key = keys.active();
            there && key.is_some_and(|key| manifest.has_room(&e.name, &key.id))
        };
        let entries: Vec<Entry> = entries.iter().filter(fits).cloned().collect();
        let update = manifest.update(cx, keys, &entries, &HashSet::new())?;
        let (updates, objects) = match update {
            Some((update, objects)) => (vec![update], objects),
            None => (Vec::new(), Vec::new()),
        };
        Ok(Plan::push_if_any(Push {
            updates,
            objects: Objects::These(objects),
            token: cx.config.environment_token.clone(),
            report: (),
        }))
    })?;
    manifest::remember(cx, &published.updates);
    Ok(())
}
