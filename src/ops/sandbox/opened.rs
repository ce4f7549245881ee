//! When sandboxes were opened: a ref of each says it, `refs/aidf/opened/<branch>/<time>`.
//! The time is its name, so that a list of the refs tells it of all sandboxes at once.

use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, RefName, RefUpdate, RemoteRef};
use crate::names;
use crate::ref_rules::OPENED;
use std::collections::HashMap;

/// By sandbox: when it was opened last, in seconds since 1970.
pub(super) fn times(refs: &[RemoteRef]) -> HashMap<&str, i64> {
    let mut times = HashMap::new();
    for (branch, time) in refs.iter().filter_map(|r| read(&r.name)) {
        let newest = times.entry(branch).or_insert(time);
        *newest = time.max(*newest);
    }
    times
}

/// The sandbox and the time that such a ref names.
fn read(name: &str) -> Option<(&str, i64)> {
    let (branch, time) = name.strip_prefix(OPENED)?.rsplit_once('/')?;
    let time = Moment::from_stamp(time)?;
    names::is_sandbox(branch).then_some((branch, time.seconds()))
}

/// The ref that says that a sandbox is opened now, at this tip. None where the server
/// cannot make it together with the branch, or has one of this second.
pub(super) fn record(
    advertisement: &Advertisement,
    branch: &str,
    tip: CommitId,
    now: Moment,
) -> Result<Option<RefUpdate>> {
    let name = format!("{OPENED}{branch}/{}", now.compact());
    if !advertisement.is_atomic() || advertisement.tip(&name).is_some() {
        return Ok(None);
    }
    Ok(Some(RefUpdate {
        name: RefName::new(&name)?,
        old: None,
        new: Some(tip),
    }))
}

/// Whether a push was refused that would have made such a ref. The same push without it may
/// be taken.
pub(super) fn is_refused(error: &Error) -> bool {
    error.kind() == Kind::Denied && error.message().contains(OPENED)
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
