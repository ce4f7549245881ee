//! The records of when sandboxes were opened, read and written.

use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, RefName, RefUpdate, RemoteRef};
use crate::openings::{self, Opening};
use crate::policy::Policy;
use crate::ref_rules::OPENED;
use std::collections::HashMap;

/// Why a pod that a quota counts opens no sandbox where the server takes no record of it.
const NOT_TAKEN: &str = "the policy bounds the open sandboxes of this pod, and the server does not take the refs that they are counted by";
/// How the hook refuses such a ref where it has no rule of its own for it.
const UNKNOWN: &str = "belongs to aidf, and only an operator may write it";

/// By sandbox: when it was opened last, in seconds since 1970.
pub(super) fn times(refs: &[RemoteRef]) -> HashMap<&str, i64> {
    let mut times = HashMap::new();
    for Opening { branch, time, .. } in refs.iter().filter_map(|r| openings::read(&r.name)) {
        let time = time.seconds();
        let newest = times.entry(branch).or_insert(time);
        *newest = time.max(*newest);
    }
    times
}

/// By sandbox: the commit that it was opened at first.
pub(super) fn places(refs: &[RemoteRef]) -> HashMap<&str, CommitId> {
    let mut first = HashMap::new();
    for (opening, at) in refs
        .iter()
        .filter_map(|r| Some((openings::read(&r.name)?, r.id)))
    {
        let time = opening.time.seconds();
        let kept = first.entry(opening.branch).or_insert((time, at));
        *kept = (time, at).min(*kept);
    }
    let places = first.into_iter();
    places.map(|(branch, (_, at))| (branch, at)).collect()
}

/// The ref that says that a sandbox is opened now, at this tip, for this pod. None where the
/// server cannot make it together with the branch, or has one of this second.
pub(super) fn record(
    advertisement: &Advertisement,
    branch: &str,
    tip: CommitId,
    now: Moment,
    pod: Option<&str>,
) -> Result<Option<RefUpdate>> {
    let name = openings::name(branch, now, pod);
    if !advertisement.is_atomic() || advertisement.tip(&name).is_some() {
        return Ok(None);
    }
    Ok(Some(RefUpdate {
        name: RefName::new(&name)?,
        old: None,
        new: Some(tip),
    }))
}

/// Refuses one more sandbox to a pod that has as many open as it may. `untimed` says that the
/// server takes no record of an opening: then nobody can count them.
///
/// Errors: denied.
pub(super) fn check_quota(
    advertisement: &Advertisement,
    policy: &Policy,
    pod: Option<&str>,
    untimed: bool,
) -> Result<()> {
    let policy = policy.of_pod(pod);
    if policy.open_sandboxes().is_some() && (untimed || !advertisement.is_atomic()) {
        return Err(Error::new(Kind::Denied, NOT_TAKEN).hint("update the server's hook with `aidf protect apply`, or take quota.open_sandboxes out of the policy"));
    }
    let refs = advertisement.under(OPENED);
    let known = refs.filter_map(|(name, _)| openings::read(name));
    let is_open = |branch: &str| Ok(advertisement.branch(branch).is_some());
    openings::check_quota(&policy, pod, known, is_open)
}

/// Whether a push was refused that would have made such a ref, and not by the quota. The same
/// push without it may be taken.
pub(super) fn is_refused(error: &Error) -> bool {
    let said = error.in_full();
    error.kind() == Kind::Denied && said.contains(OPENED) && !said.contains(openings::RULE)
}

/// What to tell of a push that was refused with such a ref, and then failed without it: the
/// first refusal, if the second try failed only because nobody could count. A server that does
/// not know such refs is told of by the second.
pub(super) fn told(first: Option<Error>, then: Error) -> Error {
    match first {
        Some(first) if then.message() == NOT_TAKEN && !first.in_full().contains(UNKNOWN) => first,
        _ => then,
    }
}

/// The updates that remove every such ref of a sandbox.
pub(super) fn forget(advertisement: &Advertisement, branch: &str) -> Result<Vec<RefUpdate>> {
    let folder = format!("{OPENED}{branch}/");
    let records = advertisement.under(&folder).map(|(name, tip)| {
        Ok(RefUpdate {
            name: RefName::new(name)?,
            old: Some(tip),
            new: None,
        })
    });
    records.collect()
}
