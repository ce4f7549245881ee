//! Finds branches that lost commits: each backup of a branch must be in the branch's
//! history.

use super::Found;
use super::makers::{Maker, Makers};
use super::restored::fetch_readable;
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

/// The command that lets a backup go on purpose.
pub(in crate::ops) fn forgetting(address: &str, backup: &str) -> String {
    let address = words::shell_word(address);
    format!("aidf -R {address} backup prune --forget {backup}")
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
    /// The backups that count and cannot be read.
    pub unread: Vec<String>,
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
    All {
        /// Whether a key of ours entered a backup of any branch. Then one that nobody entered is
        /// doubtful, though its branch has no other one.
        has_entries: bool,
    },
}

/// Looks at the backups of a branch, newest first, whose tip is `tip`.
///
/// If some of them are authenticated, every one of those is compared with the tip. The other
/// backups only cause a warning and no alarm, because anybody can have made them. If none is
/// authenticated, all of them count. Where all losses are asked for, those count too that the
/// manifest enters under a key that is not here: what `create` told stays a loss on each machine.
///
/// Errors: unavailable, and what the server says about the newest backup, unless all losses are
/// asked for.
pub(super) fn look(
    cx: &Context,
    branch: &str,
    backups: &[&Found],
    tip: CommitId,
    asked: Asked,
) -> Result<Loss> {
    let makers = Makers::of(branch, backups.iter().copied());
    let maker = |f: &Found| makers.of_one(f);
    let asks_all = matches!(asked, Asked::All { .. });
    let good: Vec<&Found> = backups
        .iter()
        .filter(|f| maker(f) == Maker::Ours)
        .copied()
        .collect();
    let told_before = good
        .first()
        .filter(|_| !asks_all)
        .and_then(|f| f.standing.entry())
        .map(|e| e.aside.as_slice())
        .unwrap_or_default();
    // Without a manifest all backups count: whoever can plant a backup can also delete the
    // manifest.
    let (legacy, most) = match asked {
        Asked::Untold => (good.is_empty(), MAX_DOUBTFUL),
        Asked::Newest => (good.is_empty(), 1),
        Asked::All { has_entries } => (!has_entries, usize::MAX),
    };
    let counts = |f: &Found| legacy || maker(f) <= Maker::OtherKey;
    let mut alarming: Vec<&Found> = match legacy || asks_all {
        true => backups.iter().filter(|f| counts(f)).copied().collect(),
        false => good.clone(),
    };
    alarming.truncate(if legacy { most } else { usize::MAX });
    if asks_all {
        // Of two that hold the same the one is named that is believed sooner.
        alarming.sort_by_key(|f| maker(f));
    }
    let newest = alarming.first().map(|f| f.commit);
    let is_alarming: HashSet<&str> = alarming.iter().map(|f| f.name.as_str()).collect();
    let doubtful = backups.iter().copied().filter(|f| {
        let is_told_of = match asked {
            Asked::Untold => true,
            // A loss that cannot be written down would cause a warning every time.
            Asked::Newest => false,
            // So would what is planted beside ours. One from before the manifest is no plant.
            Asked::All { .. } => good.is_empty() || maker(f) == Maker::Older,
        };
        is_told_of && !is_alarming.contains(f.name.as_str())
    });
    let mut looked_at = alarming.clone();
    looked_at.extend(doubtful.take(MAX_DOUBTFUL));
    let most = match asked {
        Asked::All { .. } => usize::MAX,
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
    let mut unread = Vec::new();
    if let Some(e) = fetch_readable(cx, &wants)? {
        if !asks_all {
            // One damaged old backup must not prevent the new one.
            let newest: Vec<CommitId> = newest.into_iter().chain([tip]).collect();
            cx.remote.fetch(&cx.store, &newest, true, &*cx.progress)?;
        }
        commits.retain(|id| cx.store.has_commit(*id));
        let lacks = |f: &&&Found| f.commit != tip && !cx.store.has_commit(f.commit);
        let named: Vec<&str> = looked_at
            .iter()
            .filter(lacks)
            .map(|f| f.name.as_str())
            .collect();
        unread.extend(
            named
                .iter()
                .filter(|name| is_alarming.contains(*name))
                .map(|name| (*name).to_owned()),
        );
        let more = match named.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        cx.warn(format!(
            "some older backups of {branch} cannot be read, {}{more}, so aidf cannot tell what the branch lost since: {}; check them with `aidf backup verify`",
            named.first().unwrap_or(&branch),
            e.in_full()
        ));
    }
    let aside = cx.store.apart_from(&[tip], &commits)?;
    let mut new: HashSet<CommitId> = aside.iter().copied().collect();
    new.retain(|id| !told_before.contains(id));
    let mut loss = Loss {
        unread,
        ..Loss::default()
    };
    let mut doubted = Vec::new();
    for found in &looked_at {
        if !new.contains(&found.commit) {
            continue;
        }
        if !is_alarming.contains(found.name.as_str()) {
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
