//! Branches that lost commits: each backup of a branch must be in its history.

use super::Found;
use super::verify::is_outage;
use crate::backup_manifest::MAX_ASIDE;
use crate::context::Context;
use crate::error::Result;
use crate::git::CommitId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A branch that has not all of what a backup of it holds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Rewound {
    /// The branch.
    pub branch: String,
    /// The backup that still has them.
    pub backup: String,
    /// The commits that are gone from it, newest first; at most a thousand.
    pub lost: Vec<CommitId>,
    /// Whether that backup is authenticated; none where it cannot be told here.
    pub authenticated: Option<bool>,
}

/// The most lost commits that are listed.
const MAX_LOST: usize = 1000;
/// Backups that nobody known made are looked at no further than so many.
const MAX_DOUBTFUL: usize = 100;

/// What was found.
#[derive(Default)]
pub(super) struct Loss {
    /// What is reported.
    pub rewound: Vec<Rewound>,
    /// Every backup's commit that is not in the history: what the next run knows of.
    pub aside: Vec<CommitId>,
}

/// Looks at the backups of a branch, newest first, before one of `tip` is made.
///
/// Where authenticated ones are among them, those are held against the tip, every one,
/// but for the losses that the newest of them knows of; the others are warned of and
/// raise no alarm, for anybody can have made them. Where there are none, all count.
///
/// Errors: unavailable, and what the server says of the newest one.
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
    // Without a manifest each of them counts, for who can plant one can take that away as
    // well; but only where the loss is written down, or it would be told of for ever.
    let most = if remembers { MAX_DOUBTFUL } else { 1 };
    let alarming: Vec<&Found> = match legacy {
        true => backups.iter().take(most).copied().collect(),
        false => good,
    };
    let newest = alarming.first().map(|f| f.commit);
    let mut looked_at = alarming.clone();
    // What cannot be written down would be warned of each time.
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
        // One old backup that is damaged must not stand in the way of the new one.
        let newest: Vec<CommitId> = newest.into_iter().chain([tip]).collect();
        cx.remote.fetch(&cx.store, &newest, true, &*cx.progress)?;
        commits.retain(|id| cx.store.has_commit(*id));
        cx.warn(format!(
            "not every older backup of {branch} can be read, to see what it lost since: {}; look with `aidf backup verify`",
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
            "{} of the backups that are not authenticated hold commits that {branch} does not have, such as {first}: they were planted, or {branch} lost them before; look at them, and delete them if they are not yours",
            doubted.len()
        ));
    }
    loss.aside = aside;
    Ok(loss)
}
