//! Which repositories do not hold everything, and why.

use super::cuts::cuts;
use super::settings::GitSettings;
use std::path::Path;

/// Leaves out the files (git-rev-list(1), `--filter`).
pub(super) const FOLDERS: &str = "blob:none";

/// Why a repository does not hold everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// It is aidf's own cache of a remote.
    Cache,
    /// A partial clone.
    Partial(Promise),
    /// A clone whose history is cut.
    Shallow,
}

/// What a partial clone was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Promise {
    /// What is left out of what is fetched.
    pub filter: String,
    /// The remotes that have what is lacking.
    pub remotes: Vec<String>,
}

impl Why {
    /// Why a clone does not hold everything; none for one that does.
    pub fn of_clone(settings: &GitSettings, common: &Path) -> Option<Why> {
        let promise = promise_of(settings).map(Why::Partial);
        promise.or_else(|| (!cuts(common).is_empty()).then_some(Why::Shallow))
    }
}

/// What remotes promise of what a partial clone lacks (git-config(1),
/// `remote.<name>.promisor` and `extensions.partialClone`).
fn promise_of(settings: &GitSettings) -> Option<Promise> {
    let is_set = |value: &str| git2::Config::parse_bool(value) == Ok(true);
    let promises = |name: &&str| {
        let promise = settings.last(&format!("remote.{name}.promisor"));
        promise.is_some_and(is_set)
    };
    let named = settings.last("extensions.partialclone");
    let others = settings.remotes().into_iter().filter(promises);
    let others = others.filter(|name| Some(*name) != named);
    let remotes: Vec<&str> = named.into_iter().chain(others).collect();
    let filter = settings.last(&format!("remote.{}.partialclonefilter", remotes.first()?));
    // It goes to the server as it is, and another one may need what is not fetched here.
    let known = |f: &&str| {
        let number = f.strip_prefix("tree:").or(f.strip_prefix("blob:limit="));
        let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric());
        *f == FOLDERS || number.is_some_and(is_number)
    };
    Some(Promise {
        filter: filter.filter(known).unwrap_or(FOLDERS).to_owned(),
        remotes: remotes.into_iter().map(str::to_owned).collect(),
    })
}
