//! Backups: creating, listing, pruning, verifying, restoring and exporting them.

mod all;
mod bundles;
mod create;
mod destination;
mod drill;
mod export;
mod folder_manifest;
mod forgotten;
#[cfg(any(fuzzing, test))]
pub(in crate::ops) mod fuzzing;
mod last_holders;
mod list;
mod lock;
mod loss;
mod makers;
mod making;
mod manifest;
mod place;
mod prune;
mod restore;
mod restored;
mod rotate;
mod shard;
mod thinned;
mod verified;
mod verify;

pub use all::{AllOf, OneOf, Operator, check_names, configured, create_all, each};
pub use create::{CreateReport, CreateRequest, create};
pub use destination::{Destination, destinations_of};
pub(in crate::ops) use drill::recall as last_proven_at;
pub use drill::{DrillReport, DrillRequest, drill};
pub use export::{ExportReport, ExportRequest, Rotation, export};
pub use folder_manifest::Judge;
pub(in crate::ops) use list::newest_among;
pub use list::{ListReport, ListRequest, list};
use loss::Asked;
pub use loss::Rewound;
pub(in crate::ops) use loss::{forgetting, restoring};
pub use making::Unmade;
pub use prune::{PruneReport, PruneRequest, prune};
pub use restore::{RestoreReport, RestoreRequest, restore};
pub use rotate::{RotateReport, RotateRequest, rotate};
pub use shard::Shard;
pub use verified::VerifyReport;
pub use verify::{VerifyRequest, verify, verify_bundles};

pub(super) use self::manifest::remembered_names;
use self::manifest::{Manifest, Standing};
use crate::backup_manifest;
use crate::backup_name::{self, BackupName};
use crate::clock::{CLOCK_SKEW, Moment};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName, RefUpdate, RemoteRef};
use crate::ops::snapshot::learn_default_branch as default_branch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The backup of one branch.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// The branch.
    pub branch: String,
    /// The name of the backup's branch.
    pub backup: String,
    /// The commit that it holds.
    pub commit: CommitId,
    /// False if it existed already.
    pub created: bool,
    /// Whether the manifest says that it was made with a key that we have.
    pub authenticated: bool,
}

/// A dated backup of a remote.
#[derive(Debug, Clone)]
struct Found {
    /// The short name of its branch.
    name: String,
    read: BackupName,
    commit: CommitId,
    /// Who made it; `Standing::None` until a manifest has judged it.
    standing: Standing,
}

impl Found {
    /// The branch that it is a backup of. What its entry says counts, because the name of a
    /// backup of the default branch does not say which branch that was. Without an entry that
    /// is the present one.
    fn branch<'a>(&'a self, default: &'a str) -> &'a str {
        let named = || self.read.branch.as_deref().unwrap_or(default);
        self.standing.entry().map_or_else(named, |e| &e.branch)
    }

    /// When it was made. What its entry says counts, because a name may have the day alone: that
    /// one is free again once a prune has removed the day's first backup.
    fn time(&self) -> Moment {
        let entry = self.standing.entry();
        let made = entry.and_then(|e| Moment::from_rfc3339(&e.made));
        made.unwrap_or(self.read.time)
    }

    /// Whether it is dated later than an honest clock can have dated it.
    fn is_ahead(&self, now: Moment) -> bool {
        self.time().seconds() > now.seconds() + CLOCK_SKEW
    }
}

/// The backups with which a branch's tip is compared, newest first. One that is dated ahead
/// says nothing about earlier ones. If it is authenticated, a clock was wrong, and the branch
/// must have its commits all the same: it comes last.
fn comparable<'a>(found: &'a [Found], branch: &str, default: &str, now: Moment) -> Vec<&'a Found> {
    let of_branch = found.iter().filter(|f| f.branch(default) == branch);
    let (ahead, mut backups): (Vec<_>, Vec<_>) = of_branch.partition(|f| f.is_ahead(now));
    let ours = ahead.into_iter().filter(|f| f.standing.entry().is_some());
    backups.extend(ours);
    backups
}

/// A backup's branch, made anew.
fn creation(name: &str, commit: CommitId) -> Result<RefUpdate> {
    Ok(RefUpdate {
        name: RefName::branch(name)?,
        old: None,
        new: Some(commit),
    })
}

/// Puts the newest first.
fn sort(found: &mut [Found]) {
    found.sort_by(|a, b| (b.time(), &b.name).cmp(&(a.time(), &a.name)));
}

/// The backups among a remote's refs, newest first.
fn dated<'a>(refs: impl Iterator<Item = (&'a str, CommitId)>) -> Vec<Found> {
    let mut found: Vec<Found> = refs
        .filter_map(|(name, commit)| {
            let name = name.strip_prefix("refs/heads/")?;
            Some(Found {
                name: name.to_owned(),
                read: backup_name::parse(name)?,
                commit,
                standing: Standing::None,
            })
        })
        .collect();
    sort(&mut found);
    found
}

/// The backups that these updates removed, by name.
fn gone_of(moved: &[RefUpdate]) -> Vec<String> {
    let gone = moved.iter().filter(|update| update.new.is_none());
    gone.map(|update| update.name.short().to_owned()).collect()
}

/// What was read from a remote.
struct All {
    /// Its backups, newest first, each judged by the manifest.
    found: Vec<Found>,
    /// Its default branch.
    default: Option<String>,
    manifest: Manifest,
    /// Every ref that was asked for.
    refs: Vec<RemoteRef>,
}

/// Reads the backups of a remote, their manifest and its default branch on one connection.
/// `more` is a prefix of other refs to read too.
fn read_all(cx: &Context, more: Option<&str>) -> Result<All> {
    let mut connection = cx.remote.connect_for_reading()?;
    let refs = connection.refs(&[more.unwrap_or(backup_name::REFS), backup_manifest::REF])?;
    let default = refs
        .iter()
        .find_map(|r| r.target.as_deref().filter(|_| r.name == "HEAD"))
        .and_then(|t| t.strip_prefix("refs/heads/"))
        .map(str::to_owned);
    let tip = refs.iter().find(|r| r.name == backup_manifest::REF);
    let manifest = Manifest::at(cx, cx.keys(), tip.map(|r| r.id), Some(connection))?;
    let mut found = dated(refs.iter().map(|r| (r.name.as_str(), r.id)));
    manifest.judge(&mut found);
    Ok(All {
        found,
        default,
        manifest,
        refs,
    })
}

/// What branches lack that backups of theirs hold, whether it was told before or not. `tips` are
/// the branches with their tips, which are in the store. The newest backup that holds it is named.
/// Answers the backups too that cannot be read: nobody can tell what their branches lost.
///
/// Errors: unavailable.
pub(in crate::ops) fn lost_since_backups(
    cx: &Context,
    tips: &[(String, CommitId)],
) -> Result<(Vec<Rewound>, Vec<String>)> {
    let all = read_all(cx, None)?;
    let (mut lost, mut unread) = (Vec::new(), Vec::new());
    let asked = Asked::All {
        has_entries: all.manifest.has_ours(),
    };
    for (branch, tip) in tips {
        let default = all.default.as_deref().unwrap_or_default();
        let backups = comparable(&all.found, branch, default, cx.now);
        let loss = loss::look(cx, branch, &backups, *tip, asked)?;
        lost.extend(loss.rewound);
        unread.extend(loss.unread);
    }
    Ok((lost, unread))
}

/// The backup that a user named, with or without `backup/`.
fn named(found: &[Found], name: &str) -> Result<Found> {
    let full = if name.starts_with(backup_name::PREFIX) {
        name.to_owned()
    } else {
        format!("{}{name}", backup_name::PREFIX)
    };
    found
        .iter()
        .find(|f| f.name == full)
        .cloned()
        .ok_or_else(|| {
            Error::new(Kind::NotFound, format!("there is no backup {full}"))
                .hint("see them with `aidf backup list`")
        })
}
