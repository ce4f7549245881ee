//! Finds branches that lost commits: each backup of a branch must be in the branch's
//! history.

use super::Found;
use super::restored::is_outage;
use crate::backup_manifest::MAX_ASIDE;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A branch that lacks some of the commits of one of its backups.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Rewound {
    /// The branch.
    pub branch: String,
    /// The backup that still has those commits.
    pub backup: String,
    /// The commits that the branch lost, newest first; at most a thousand.
    pub lost: Vec<CommitId>,
    /// Whether that backup is authenticated; none if we do not have its key.
    pub authenticated: Option<bool>,
}

/// The alarm about what branches have lost; none if they lost nothing.
pub(super) fn finding(rewound: &[Rewound]) -> Option<Error> {
    let mut branches: Vec<&str> = rewound.iter().map(|r| r.branch.as_str()).collect();
    branches.dedup();
    let message = match &branches[..] {
        [] => return None,
        [one] => format!(
            "{one} was rewound since its last backup, and that backup still has the lost commits"
        ),
        all => format!(
            "{} were rewound since their last backups, and those backups still have the lost commits",
            all.join(", ")
        ),
    };
    let named = rewound.iter().take(MAX_NAMED);
    let commands: Vec<String> = named
        .map(|r| format!("aidf backup restore {}", r.backup))
        .collect();
    let hint = format!("bring them back with: {}", commands.join("; "));
    Some(Error::new(Kind::Findings, message).hint(hint))
}

/// An error that ended a run, with what was lost: no report tells that.
pub(super) fn beside(rewound: &[Rewound], error: Error) -> Error {
    match finding(rewound) {
        Some(finding) => error.within(&format!("before this, {}", finding.message())),
        None => error,
    }
}

/// How many backups the hint names.
const MAX_NAMED: usize = 20;
/// The most lost commits that are listed.
const MAX_LOST: usize = 1000;
/// How many backups without a known maker are looked at.
const MAX_DOUBTFUL: usize = 100;

/// What was found.
#[derive(Default)]
pub(super) struct Loss {
    /// What is reported.
    pub rewound: Vec<Rewound>,
    /// The commits of all backups that are not in the branch's history. A later run that
    /// reads them in an entry does not report them again.
    pub aside: Vec<CommitId>,
}

/// Looks at the backups of a branch, newest first, before `tip` is backed up.
///
/// If some of them are authenticated, every one of those is compared with the tip. Losses
/// that the newest of them already lists are not reported again. The other backups only
/// cause a warning and no alarm, because anybody can have made them. If none is
/// authenticated, all of them count.
///
/// Errors: unavailable, and what the server says about the newest backup.
pub(super) fn look(
    cx: &Context,
    branch: &str,
    backups: &[&Found],
    tip: CommitId,
    remembers: bool,
) -> Result<Loss> {
    let is_good = |f: &&&Found| f.standing.entry().is_some_and(|e| e.branch == branch);
    let known: HashSet<CommitId> = backups
        .iter()
        .find(is_good)
        .and_then(|f| f.standing.entry())
        .map(|e| e.aside.iter().copied().collect())
        .unwrap_or_default();
    let good: Vec<&Found> = backups.iter().filter(is_good).copied().collect();
    let doubtful = backups.iter().filter(|f| !is_good(f)).copied();
    let legacy = good.is_empty();
    // Without a manifest all backups count: whoever can plant a backup can also delete the
    // manifest. If losses cannot be written down, only the newest backup counts, because an
    // older loss would be reported on every run.
    let most = if remembers { MAX_DOUBTFUL } else { 1 };
    let alarming: Vec<&Found> = match legacy {
        true => backups.iter().take(most).copied().collect(),
        false => good,
    };
    let newest = alarming.first().map(|f| f.commit);
    let mut looked_at = alarming.clone();
    // A loss that cannot be written down would cause a warning every time.
    if remembers {
        looked_at.extend(doubtful.take(MAX_DOUBTFUL));
    }
    let mut commits: Vec<CommitId> = Vec::new();
    let mut seen = HashSet::from([tip]);
    for found in &looked_at {
        if seen.insert(found.commit) && commits.len() < MAX_ASIDE {
            commits.push(found.commit);
        }
    }
    if commits.is_empty() {
        return Ok(Loss::default());
    }
    let mut wants = commits.clone();
    wants.push(tip);
    let fetched = cx.remote.fetch(&cx.store, &wants, true, &*cx.progress);
    if let Err(e) = fetched {
        if is_outage(&e) {
            return Err(e);
        }
        // One damaged old backup must not prevent the new one.
        let newest: Vec<CommitId> = newest.into_iter().chain([tip]).collect();
        cx.remote.fetch(&cx.store, &newest, true, &*cx.progress)?;
        commits.retain(|id| cx.store.has_commit(*id));
        cx.warn(format!(
            "some older backups of {branch} cannot be read, so aidf cannot tell what the branch lost since: {}; check them with `aidf backup verify`",
            e.in_full()
        ));
    }
    let aside = cx.store.apart_from(tip, &commits)?;
    let mut loss = Loss::default();
    let mut told: Vec<CommitId> = Vec::new();
    let mut doubted = Vec::new();
    for found in &looked_at {
        let new = aside.contains(&found.commit) && !known.contains(&found.commit);
        if !new
            || told
                .iter()
                .any(|id| cx.store.is_ancestor(found.commit, *id))
        {
            continue;
        }
        if !alarming.iter().any(|f| f.name == found.name) {
            doubted.push(found.name.as_str());
            continue;
        }
        told.push(found.commit);
        let lost = cx.store.history(found.commit, Some(tip))?;
        loss.rewound.push(Rewound {
            branch: branch.to_owned(),
            backup: found.name.clone(),
            lost: lost.take(MAX_LOST).collect(),
            authenticated: found.standing.authenticated(),
        });
    }
    if let Some(first) = doubted.first().filter(|_| !legacy) {
        cx.warn(format!(
            "{} of the backups that are not authenticated have commits that {branch} does not have, such as {first}: somebody planted them, or {branch} lost them earlier; look at these backups, and delete them if they are not yours",
            doubted.len()
        ));
    }
    loss.aside = aside;
    Ok(loss)
}
