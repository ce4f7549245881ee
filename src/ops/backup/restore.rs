//! Restores a backup: as a new branch, or onto an existing one as a rollback commit.

use super::bundles::{Folder, Lying};
use super::folder_manifest::Judge;
use super::manifest::Standing;
use super::place::{Home, Reach};
use super::{All, Found, named, read_all};
use crate::backup_name;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Known, RefName, RefUpdate};
use crate::names;
use crate::ops::access::{self, Target};
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::rollback::{self, What};
use crate::ops::snapshot;
use crate::secret::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestoreRequest {
    /// The name of the backup. For a bundle: the branch in it; if none is named, the one
    /// that it checks out.
    pub name: Option<String>,
    /// A bundle, or a folder of bundles; then the newest in it is used. Either may lie in S3
    /// storage (`s3://bucket/prefix`).
    pub bundle: Option<PathBuf>,
    /// The branch to restore to; if none is named, a new `restore/…`.
    pub to: Option<String>,
    /// The reason, for the log of an existing branch.
    pub reason: Option<String>,
    /// The token of a sandbox.
    pub reuse_token: Option<Secret>,
}

/// What was restored.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestoreReport {
    /// The repository.
    pub repo_name: String,
    /// The backup.
    pub backup: String,
    /// The branch that has the files now.
    pub branch: String,
    /// That branch's tip; none if nothing had to be done.
    pub commit: Option<CommitId>,
    /// True for a new branch.
    pub created: bool,
    /// Whether the backup was made with a key that we have; none if we do not have its key.
    pub authenticated: Option<bool>,
    /// One sentence.
    pub message: String,
}

/// Restores a backup.
///
/// Errors: not_found; denied and auth, as for any write; conflict; unavailable.
pub fn restore(cx: &Context, request: &RestoreRequest) -> Result<RestoreReport> {
    cx.note_request(request);
    let All { found, refs, .. } = read_all(cx, Some("refs/heads/"))?;
    let existing = |name: &str| {
        refs.iter()
            .any(|r| r.name.strip_prefix("refs/heads/") == Some(name))
    };
    let backup = match (&request.bundle, &request.name) {
        (Some(path), name) => of_bundle(cx, path, name.as_deref())?,
        (None, Some(name)) => {
            let found = named(&found, name)?;
            check_standing(cx, &found)?;
            Source {
                short: found
                    .name
                    .trim_start_matches(backup_name::PREFIX)
                    .to_owned(),
                authenticated: found.standing.authenticated(),
                name: found.name,
                commit: found.commit,
            }
        }
        (None, None) => {
            return Err(Error::new(Kind::Usage, "no backup was named")
                .hint("name one of `aidf backup list`, or a bundle with --bundle"));
        }
    };
    let to = match &request.to {
        Some(to) => to.clone(),
        None => format!("restore/{}", backup.short),
    };
    let branch = RefName::branch(&to)?;
    if request.to.is_some() && existing(&to) {
        let what = match &request.bundle {
            Some(_) => What::At {
                commit: backup.commit,
                name: backup.name.clone(),
            },
            None => What::To(backup.name.clone()),
        };
        let request = rollback::Request {
            what,
            unsigned: false,
            paths: Vec::new(),
            reason: request.reason.clone(),
            branch: Some(to.clone()),
            reuse_token: request.reuse_token.clone(),
            committed_by: None,
            dry_run: false,
        };
        let done = rollback::rollback(cx, &request)?;
        return Ok(RestoreReport {
            repo_name: cx.repo_name.clone(),
            backup: backup.name,
            branch: to,
            commit: done.commit,
            created: false,
            authenticated: backup.authenticated,
            message: done.message,
        });
    }
    if names::is_sandbox(&to) {
        return Err(Error::new(
            Kind::Denied,
            format!("{to} is a sandbox's name, and only `aidf sandbox init` opens sandboxes"),
        )
        .hint("restore to another branch, or open a sandbox and restore onto it with --to"));
    }
    let target = access::choose(cx, Some(&to), request.reuse_token.as_ref())?;
    let published = publish::publish(cx, |attempt| {
        if attempt.advertisement.tip(branch.as_str()).is_some() {
            return Err(Error::new(Kind::Conflict, format!("{to} exists already")).hint("choose another branch with --to; --to BRANCH with an existing branch writes a rollback commit"));
        }
        let policy = snapshot::fetch_with_policy(cx, attempt.advertisement, [], &[])?;
        let allowed = access::authorise(
            cx,
            &target,
            policy,
            "backup restore",
            attempt.advertisement,
            0,
        );
        match allowed {
            Err(e) if e.kind() == Kind::Denied && is_new(attempt.advertisement, &target) => {}
            allowed => drop(allowed?),
        }
        let update = RefUpdate {
            name: branch.clone(),
            old: None,
            new: Some(backup.commit),
        };
        Ok(Plan::Push(Push {
            updates: vec![update],
            objects: match request.bundle {
                Some(_) => Objects::Lacking(Vec::new()),
                None => Objects::These(Vec::new()),
            },
            token: target.token.clone(),
            report: (),
        }))
    });
    let message = format!(
        "restored {} as {to} at {}",
        backup.name,
        backup.commit.short()
    );
    cx.record(
        "backup restore",
        Some(&to),
        Some(backup.commit.to_string()),
        published.as_ref().map(|_| message.as_str()),
    );
    published?;
    Ok(RestoreReport {
        repo_name: cx.repo_name.clone(),
        backup: backup.name,
        branch: to,
        commit: Some(backup.commit),
        created: true,
        authenticated: backup.authenticated,
        message,
    })
}

/// Whether a remote has no branch at all, so that there is nothing yet that its rules could
/// protect: it takes the place of one that was lost. A token has its rules there too.
fn is_new(advertisement: &Advertisement, target: &Target) -> bool {
    target.token.is_none() && advertisement.under("refs/heads/").next().is_none()
}

/// Refuses a backup whose branch was replaced after it was made, and warns about one that
/// has no known maker.
///
/// Errors: integrity.
fn check_standing(cx: &Context, found: &Found) -> Result<()> {
    match &found.standing {
        Standing::Good(_) => Ok(()),
        Standing::Moved(made) => Err(Error::new(
            Kind::Integrity,
            format!(
                "{} is at {}, but {made} was backed up under that name",
                found.name, found.commit
            ),
        )
        .hint(
            "somebody replaced the backup's branch; look for that commit in another backup, a bundle or a copy",
        )),
        other => {
            let why = match other.fault() {
                Some(why) => why,
                None if matches!(other, Standing::Unknown(_)) => "its key is not on this machine".to_owned(),
                None => "no manifest says who made it (it may be older than manifests)".to_owned(),
            };
            cx.warn(format!("{} is not authenticated: {why}", found.name));
            Ok(())
        }
    }
}

/// What is restored.
struct Source {
    /// Its name for messages.
    name: String,
    /// Its name as part of a branch's name.
    short: String,
    commit: CommitId,
    authenticated: Option<bool>,
}

/// Unpacks a bundle, with the full one that it needs, into the store.
///
/// Errors: not_found; integrity, for a damaged bundle.
fn of_bundle(cx: &Context, given: &Path, branch: Option<&str>) -> Result<Source> {
    // It may be restored to another repository than the one it was made from.
    let judge = Judge {
        repository: None,
        ..Judge::of(cx)
    };
    let reach = Reach::Call(cx);
    let home = Home::named(given, &cx.dir, reach)?;
    let none = || home.no_bundle();
    let place;
    let folder;
    let (one, whose) = match home.as_file() {
        Some((around, name)) => {
            place = around.place(reach)?;
            folder = Folder::read(Rc::clone(&place), judge)?;
            let one = Lying::of(&*place, folder.as_ref(), &name, judge);
            let whose = one.check()?;
            (one, whose)
        }
        None => {
            // It is the repository's own place, or the home that contains it.
            folder = match Folder::read(home.place(reach)?, judge)? {
                Some(folder) => Some(folder),
                None => Folder::read(home.join(&cx.repo_name).place(reach)?, judge)?,
            };
            let folder = folder.as_ref().ok_or_else(none)?;
            if folder.source != cx.remote.address() {
                cx.warn(format!(
                    "{} contains the bundles of {}",
                    folder.place.shown(),
                    folder.source
                ));
            }
            let (newest, whose) = folder.newest(cx, branch)?.ok_or_else(none)?;
            (folder.bundle(&newest), whose)
        }
    };
    match whose {
        Some(true) => {}
        Some(false) => cx.warn(format!(
            "{} is not authenticated: no manifest says who made it (it may be older than manifests)",
            one.address()
        )),
        None => cx.warn(format!(
            "{} is not authenticated: its key is not on this machine",
            one.address()
        )),
    }
    let bundle = one.read()?;
    let head = bundle.refs.iter().find(|(name, _)| name == "HEAD");
    let (branch, commit) = match branch {
        Some(wanted) => bundle.branches().find(|(name, _)| *name == wanted),
        None => bundle
            .branches()
            .find(|(_, id)| head.is_none_or(|(_, h)| h == id)),
    }
    .map(|(name, id)| (name.to_owned(), id))
    .ok_or_else(|| {
        let all: Vec<&str> = bundle.branches().map(|(name, _)| name).collect();
        Error::new(
            Kind::NotFound,
            format!("{} does not contain that branch", one.address()),
        )
        .hint(format!("it contains: {}", all.join(", ")))
    })?;
    let is_here = |id: &CommitId| !cx.store.is_narrow() && cx.store.has_commit(*id);
    if !bundle.needs.iter().all(is_here) {
        match one.sound_base(&bundle.needs, |base| base.check().map(drop))? {
            Some((base, damage)) => {
                if let Some(e) = damage {
                    cx.warn(format!("{}; aidf used {}", e.in_full(), base.address()));
                }
                base.read()?.unpack(&cx.store, &*cx.progress)?;
            }
            // A commit alone is not all that the bundle builds on.
            None if bundle.needs.iter().all(|id| cx.store.has(*id)) => {
                cx.remote
                    .fetch_all(&cx.store, &bundle.needs, &*cx.progress)?;
            }
            None => {}
        }
    }
    bundle.unpack(&cx.store, &*cx.progress)?;
    cx.store.check_connected(&[commit], &mut Known::default())?;
    let file = one.name();
    let stem = file.split('.').next().unwrap_or("bundle");
    Ok(Source {
        name: format!("{branch} of {file}"),
        short: format!("{branch}/{stem}"),
        commit,
        authenticated: whose,
    })
}
