//! The backups that alone hold what a branch has lost: no rule is a reason to remove them.

use super::Found;
use super::loss::{forgetting, restoring, taken};
use super::restored::fetch_readable;
use crate::context::Context;
use crate::error::Result;
use crate::git::CommitId;
use crate::words;
use std::collections::HashSet;

/// Why such a backup stays.
pub(super) const LOST: &str = "lost commits";
/// Why a backup stays that no other one is as new as: a branch is no backup.
pub(super) const ALONE: &str = "only backup";
/// Why a backup stays of which nobody can tell what it holds.
pub(super) const UNREAD: &str = "cannot be read";
/// How many of them a warning names.
const MAX_NAMED: usize = 5;

/// A backup that stays, whatever the rules say, and why.
pub(super) struct Holder {
    pub name: String,
    pub reason: &'static str,
}

/// Which of the backups that no rule keeps stay all the same. `held` is what the backups hold that
/// stay by the rules, and then by this. `going` are the others, newest first: of two that hold
/// the same the newer one stays.
///
/// Errors: unavailable.
pub(super) fn last_holders(
    cx: &Context,
    (branch, tip): (&str, Option<CommitId>),
    held: &mut Vec<CommitId>,
    going: &[&Found],
) -> Result<Vec<Holder>> {
    let mut wants: Vec<CommitId> = going.iter().map(|f| f.commit).collect();
    wants.sort();
    wants.dedup();
    wants.retain(|id| !held.contains(id));
    if wants.is_empty() {
        return Ok(Vec::new());
    }
    let all = held.iter().chain(&tip).chain(&wants);
    let all: Vec<CommitId> = all.copied().collect();
    // One damaged backup must not keep all the others.
    fetch_readable(cx, &all)?;
    held.retain(|id| cx.store.has_commit(*id));
    let (wants, unread): (Vec<_>, Vec<_>) =
        wants.into_iter().partition(|id| cx.store.has_commit(*id));
    let tip = tip.filter(|id| cx.store.has_commit(*id));
    let mut around: Vec<CommitId> = held.iter().chain(&tip).copied().collect();
    let apart = cx.store.apart_from(&around, &wants)?;
    let mut open: HashSet<CommitId> = apart.into_iter().collect();
    let (mut holders, mut lost) = (Vec::new(), 0);
    for found in going {
        let reason = match open.contains(&found.commit) {
            true => LOST,
            false if unread.contains(&found.commit) => UNREAD,
            false => continue,
        };
        if reason == LOST {
            lost += taken(cx, found.commit, &around, &mut open)?.len();
            // Another one that holds a part of it is asked for what is not in this one alone.
            around.push(found.commit);
            held.push(found.commit);
        }
        holders.push(Holder {
            name: found.name.clone(),
            reason,
        });
    }
    if let Some(first) = holders.first() {
        cx.warn(warning(cx, branch, first, &holders, lost));
    }
    // A clock that was wrong may have dated the newest backup as an older one.
    let mut open: HashSet<CommitId> = cx.store.apart_from(held, &wants)?.into_iter().collect();
    for found in going {
        if open.contains(&found.commit) {
            taken(cx, found.commit, held, &mut open)?;
            held.push(found.commit);
            holders.push(Holder {
                name: found.name.clone(),
                reason: ALONE,
            });
        }
    }
    Ok(holders)
}

/// Names what stays, how the commits come back, and how an operator lets them go.
fn warning(cx: &Context, branch: &str, first: &Holder, holders: &[Holder], lost: usize) -> String {
    let names = words::few(holders.iter().map(|h| &h.name), MAX_NAMED);
    let why = match lost {
        0 if branch.is_empty() => "aidf cannot read what it holds".to_owned(),
        0 => format!("aidf cannot read what {branch} may have lost"),
        n => {
            let commits = words::count(n, "commit", "commits");
            match branch {
                // On a copy nobody can tell of which branch they are.
                "" => format!("no other backup that stays has {commits} of it"),
                _ => format!("nothing else has {commits} that {branch} lost"),
            }
        }
    };
    let address = cx.remote.address();
    format!(
        "no rule keeps {names}, and prune keeps them all the same: {why}; bring it back: {}; or let it go on purpose: {}",
        restoring(&address, &first.name),
        forgetting(&address, &first.name)
    )
}
