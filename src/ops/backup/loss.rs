//! Finds branches that lost commits: each backup of a branch must be in the branch's
//! history.

use super::Found;
use super::restored::is_outage;
use crate::backup_manifest::MAX_ASIDE;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::words;
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

impl Rewound {
    /// What was lost, for the journal.
    pub(super) fn told(&self) -> Error {
        let count = words::count(self.lost.len(), "commit", "commits");
        let more = match self.lost.len() {
            MAX_LOST => " or more",
            _ => "",
        };
        let message = format!(
            "{} lost {count}{more} since {}, which still has them",
            self.branch, self.backup
        );
        Error::new(Kind::Findings, message)
    }
}

/// The command that brings back what a backup has. It names the remote: elsewhere another
/// repository may have a backup of the same name.
pub(in crate::ops) fn restoring(address: &str, backup: &str) -> String {
    let address = words::shell_word(address);
    format!("aidf -R {address} backup restore {backup}")
}

/// The alarm about what branches of the remote at this address have lost; none if they lost
/// nothing.
pub(super) fn finding(rewound: &[Rewound], address: &str) -> Option<Error> {
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
    let commands: Vec<String> = named.map(|r| restoring(address, &r.backup)).collect();
    let hint = format!("bring them back with: {}", commands.join("; "));
    Some(Error::new(Kind::Findings, message).hint(hint))
}

/// An error that ended a run, with what was lost: no report tells that.
pub(super) fn beside(rewound: &[Rewound], address: &str, error: Error) -> Error {
    match finding(rewound, address) {
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

/// Which losses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Those that no entry lists yet. What is found is entered next.
    Untold,
    /// Those of the newest backup. Nothing can be entered, so an older loss would be told on
    /// every run.
    Newest,
    /// All, told or not.
    All,
}

/// Looks at the backups of a branch, newest first, whose tip is `tip`.
///
/// If some of them are authenticated, every one of those is compared with the tip. The other
/// backups only cause a warning and no alarm, because anybody can have made them. If none is
/// authenticated, all of them count.
///
/// Errors: unavailable, and what the server says about the newest backup.
pub(super) fn look(
    cx: &Context,
    branch: &str,
    backups: &[&Found],
    tip: CommitId,
    asked: Asked,
) -> Result<Loss> {
    let is_good = |f: &&&Found| f.standing.entry().is_some_and(|e| e.branch == branch);
    let told_before = backups
        .iter()
        .find(is_good)
        .filter(|_| asked != Asked::All)
        .and_then(|f| f.standing.entry())
        .map(|e| e.aside.as_slice())
        .unwrap_or_default();
    let good: Vec<&Found> = backups.iter().filter(is_good).copied().collect();
    let doubtful = backups.iter().filter(|f| !is_good(f)).copied();
    let legacy = good.is_empty();
    // Without a manifest all backups count: whoever can plant a backup can also delete the
    // manifest.
    let most = match asked {
        Asked::Untold => MAX_DOUBTFUL,
        Asked::Newest => 1,
        Asked::All => usize::MAX,
    };
    let alarming: Vec<&Found> = match legacy {
        true => backups.iter().take(most).copied().collect(),
        false => good,
    };
    let newest = alarming.first().map(|f| f.commit);
    let mut looked_at = alarming.clone();
    // A loss that cannot be written down would cause a warning every time.
    if asked == Asked::Untold {
        looked_at.extend(doubtful.take(MAX_DOUBTFUL));
    }
    let most = match asked {
        Asked::All => usize::MAX,
        _ => MAX_ASIDE,
    };
    let mut commits: Vec<CommitId> = Vec::new();
    let mut seen = HashSet::from([tip]);
    for found in &looked_at {
        if seen.insert(found.commit) && commits.len() < most {
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
    let aside = cx.store.apart_from(&[tip], &commits)?;
    let mut new: HashSet<CommitId> = aside.iter().copied().collect();
    new.retain(|id| !told_before.contains(id));
    let mut loss = Loss::default();
    let mut doubted = Vec::new();
    for found in &looked_at {
        if !new.contains(&found.commit) {
            continue;
        }
        if !alarming.iter().any(|f| f.name == found.name) {
            doubted.push(found.name.as_str());
            continue;
        }
        loss.rewound.push(Rewound {
            branch: branch.to_owned(),
            backup: found.name.clone(),
            lost: taken(cx, found.commit, &[tip], &mut new)?,
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

/// The commits that `head` comes from and none of `tips` does, newest first, at most so many.
/// All of them are taken out of `open`: whoever holds `head` holds them too.
pub(super) fn taken(
    cx: &Context,
    head: CommitId,
    tips: &[CommitId],
    open: &mut HashSet<CommitId>,
) -> Result<Vec<CommitId>> {
    let mut lost = Vec::new();
    for id in cx.store.history(head, tips.iter().copied())? {
        open.remove(&id);
        if lost.len() < MAX_LOST {
            lost.push(id);
        }
    }
    // A date that lies must not have it told once more.
    open.remove(&head);
    Ok(lost)
}
