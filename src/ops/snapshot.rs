//! The remote as one moment shows it: its refs, its default branch, and the policy that is
//! in force. Whoever needs one of these asks here.

use super::revoked;
use crate::config::DEFAULT_BASE;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, FetchConnection, ObjectId, RemoteRef, Store, TreePath};
use crate::identity::{self, Identity};
use crate::policy::{self, Policy, PolicyFile};
use crate::ref_rules::REVOKED;
use crate::revocations::token_of;
use crate::yaml;
use std::collections::HashSet;

/// The branch that holds the policy, and its tip, where `tip` tells the tip of a branch: the
/// base, else the usual base, else the default branch. A base that is not there must not
/// take the policy with it.
pub fn branch_of_policy<E>(
    base: &str,
    default_branch: impl FnOnce() -> Result<Option<String>, E>,
    tip: impl Fn(&str) -> Result<Option<CommitId>, E>,
) -> Result<Option<(String, CommitId)>, E> {
    for branch in [base, DEFAULT_BASE] {
        if let Some(tip) = tip(branch)? {
            return Ok(Some((branch.to_owned(), tip)));
        }
    }
    let Some(default) = default_branch()? else {
        return Ok(None);
    };
    Ok(tip(&default)?.map(|tip| (default, tip)))
}

/// The commit that holds the policy: the tip of [`branch_of_policy`].
pub fn home_of_policy(
    base: &str,
    default_branch: impl FnOnce() -> Result<Option<String>>,
    tip: impl Fn(&str) -> Result<Option<CommitId>>,
) -> Result<Option<CommitId>> {
    let found = branch_of_policy(base, default_branch, tip)?;
    Ok(found.map(|(_, tip)| tip))
}

/// Fetches the commits that a try needs, and the one that holds the policy with them, and
/// reads the policy: all that a try asks of the remote besides its refs.
///
/// `ahead` are paths that are read next, each in the tree of one of these commits: a store
/// that lacks them asks for them together with the policy. Errors: integrity, for a policy
/// that cannot be read; unavailable.
pub fn fetch_with_policy(
    cx: &Context,
    advertisement: &Advertisement,
    wants: impl IntoIterator<Item = CommitId>,
    ahead: &[(CommitId, String)],
) -> Result<Policy> {
    let tip = policy_tip(cx, advertisement)?;
    let wants: Vec<CommitId> = wants.into_iter().chain(tip).collect();
    cx.remote.fetch(&cx.store, &wants, true, &*cx.progress)?;
    if cx.store.is_narrow() {
        let policy = tip.map(|tip| (tip, policy::PATH));
        let ahead = ahead.iter().map(|(commit, path)| (*commit, path.as_str()));
        let mut paths = Vec::new();
        for (commit, path) in policy.into_iter().chain(ahead) {
            paths.push((cx.store.commit(commit)?.tree, path.as_bytes()));
        }
        cx.store.ensure_paths(paths, true)?;
    }
    let file = noted_policy(cx, tip)?;
    Ok(in_force(cx, &file, default_branch(cx)?.as_deref()))
}

/// A policy file together with the operator's configuration.
fn in_force(cx: &Context, file: &PolicyFile, default_branch: Option<&str>) -> Policy {
    Policy::new(file, &cx.config.policy, &cx.config.base, default_branch)
}

/// What a remote says of itself to readers: its policy, and what is needed besides.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The policy file at the base's tip; empty where there is none.
    pub file: PolicyFile,
    /// The commit that holds it.
    pub tip: Option<CommitId>,
    /// The default branch, where it has one.
    pub default_branch: Option<String>,
    /// Every branch, by its short name.
    pub branches: Vec<(String, CommitId)>,
    /// The tokens whose revocations it shows, by their ids.
    pub revoked: HashSet<String>,
}

impl Standing {
    /// The policy in force.
    pub fn policy(&self, cx: &Context) -> Policy {
        in_force(cx, &self.file, self.default_branch.as_deref())
    }

    /// The tip of a branch, by its short name.
    pub fn tip_of(&self, branch: &str) -> Option<CommitId> {
        let mut branches = self.branches.iter();
        branches.find(|(name, _)| name == branch).map(|(_, id)| *id)
    }
}

/// The remote's refs under these prefixes, read without pushing. What every reader heeds is
/// listed with them: the repository's identity, and the revocations.
///
/// Errors: unavailable.
pub fn listed(cx: &Context, prefixes: &[&str]) -> Result<Vec<RemoteRef>> {
    let (connection, refs) = listed_on(cx, prefixes)?;
    cx.remote.keep(connection);
    Ok(refs)
}

/// The same, with the connection, for a fetch of what they name.
///
/// Errors: unavailable.
pub fn listed_on(cx: &Context, prefixes: &[&str]) -> Result<(FetchConnection, Vec<RemoteRef>)> {
    let mut asked = prefixes.to_vec();
    asked.extend([REVOKED, identity::REF]);
    let mut connection = cx.remote.connect_for_reading()?;
    let refs = connection.refs(&asked)?;
    super::identity::heed_listed(cx, &refs);
    revoked::heed_listed(cx, &refs);
    Ok((connection, refs))
}

/// The repository's identity; the remote is asked for it if nobody has asked yet.
///
/// Errors: unavailable.
pub fn identity(cx: &Context) -> Result<Identity> {
    if cx.identity() == Identity::Unknown {
        listed(cx, &[]).inspect_err(|_| {
            cx.set_identity(Identity::NoAnswer);
        })?;
    }
    Ok(cx.identity())
}

/// The default branch, as HEAD among a remote's refs tells it.
pub fn default_among(refs: &[RemoteRef]) -> Option<String> {
    let head = refs.iter().find(|r| r.name == "HEAD")?;
    Some(
        head.target
            .as_deref()?
            .strip_prefix("refs/heads/")?
            .to_owned(),
    )
}

/// Every branch among a remote's refs, by its short name.
pub fn branches_among(refs: &[RemoteRef]) -> Vec<(String, CommitId)> {
    let branch = |r: &RemoteRef| Some((r.name.strip_prefix("refs/heads/")?.to_owned(), r.id));
    refs.iter().filter_map(branch).collect()
}

/// Reads the policy of a remote without pushing; its objects are then in the store.
///
/// Errors: integrity, for a policy that cannot be read; unavailable.
pub fn standing(cx: &Context) -> Result<Standing> {
    let refs = listed(cx, &["refs/heads/"])?;
    let default_branch = default_among(&refs);
    let branches = branches_among(&refs);
    let revoked = refs.iter().filter_map(|r| token_of(&r.name));
    let revoked: HashSet<String> = revoked.map(str::to_owned).collect();
    let at = |name: &str| Ok(branches.iter().find(|(n, _)| n == name).map(|(_, id)| *id));
    let tip = home_of_policy(&cx.config.base, || Ok(default_branch.clone()), at)?;
    if let Some(tip) = tip {
        cx.remote.fetch(&cx.store, &[tip], false, &*cx.progress)?;
    }
    let file = noted_policy(cx, tip)?;
    Ok(Standing {
        file,
        tip,
        default_branch,
        branches,
        revoked,
    })
}

/// Reads the policy file, and takes note of it for the journal.
///
/// Errors: those of [`policy_file`].
fn noted_policy(cx: &Context, tip: Option<CommitId>) -> Result<PolicyFile> {
    let (file, id) = read_policy(&cx.store, tip, &cx.config.base)?;
    cx.note_policy(id);
    Ok(file)
}

/// Reads the policy file of the commit that holds it; a commit without the file, and a
/// repository without such a commit, have an empty one.
///
/// `base` is the branch that it is the tip of, for messages. Errors: integrity, for a policy
/// that cannot be read: then nobody writes.
pub fn policy_file(store: &Store, tip: Option<CommitId>, base: &str) -> Result<PolicyFile> {
    read_policy(store, tip, base).map(|(file, _)| file)
}

/// The policy file with its object's id, where there is one.
fn read_policy(
    store: &Store,
    tip: Option<CommitId>,
    base: &str,
) -> Result<(PolicyFile, Option<ObjectId>)> {
    let Some(tip) = tip else {
        return Ok((PolicyFile::default(), None));
    };
    let bad = |why: String| {
        Error::new(
            Kind::Integrity,
            format!(
                "the policy `{}` of {} cannot be used: {why}",
                policy::PATH,
                base
            ),
        )
        .hint("nothing was written; fix it in a reviewed change on that branch")
    };
    let tree = store.commit(tip)?.tree;
    let Some(entry) = store.entry(tree, policy::PATH.as_bytes())? else {
        return Ok((PolicyFile::default(), None));
    };
    if !entry.mode.is_file() || store.blob_size(entry.id)? > 1 << 20 {
        return Err(bad("it is not a file of less than 1 MiB".to_owned()));
    }
    let text = String::from_utf8(store.read_blob(entry.id)?)
        .map_err(|_| bad("it is not UTF-8".to_owned()))?;
    let file = match text.trim().is_empty() {
        true => PolicyFile::default(),
        false => yaml::read::<Option<PolicyFile>>(&text)
            .map_err(bad)?
            .unwrap_or_default(),
    };
    if file.version.is_some_and(|v| v != 1) {
        return Err(bad(
            "its version is not 1, the one this aidf knows".to_owned()
        ));
    }
    if let Some(fault) = file.fault() {
        return Err(bad(fault));
    }
    let ledgers = &file.ledgers;
    for path in [&ledgers.changelog, &ledgers.memory, &ledgers.rollbacks]
        .into_iter()
        .flatten()
    {
        TreePath::new(path).map_err(|e| bad(e.message().to_owned()))?;
    }
    Ok((file, Some(entry.id)))
}

/// The commit that holds the policy.
pub fn policy_tip(cx: &Context, advertisement: &Advertisement) -> Result<Option<CommitId>> {
    let tip = |branch: &str| Ok(advertisement.branch(branch));
    let default = || match advertisement.is_empty() {
        true => Ok(None),
        // The policy must not get lost with the name of its branch.
        false => match default_in(cx, advertisement) {
            Err(e) if e.kind() == Kind::NotFound => Ok(None),
            found => found.map(Some),
        },
    };
    home_of_policy(&cx.config.base, default, tip)
}

/// The default branch, where these are the remote's refs. A clone need not know it, or it was
/// renamed since: then the remote is asked.
///
/// Errors: those of [`learn_default_branch`].
fn default_in(cx: &Context, advertisement: &Advertisement) -> Result<String> {
    let is_there = |name: &String| advertisement.branch(name).is_some();
    match default_branch(cx)?.filter(is_there) {
        Some(known) => Ok(known),
        None => ask_default_branch(cx),
    }
}

/// The default branch, as far as the clone knows it.
pub fn default_branch(cx: &Context) -> Result<Option<String>> {
    let prefix = format!("refs/remotes/{}/", cx.remote.name());
    let target = cx.store.symbolic_ref(&format!("{prefix}HEAD"))?;
    let branch = target.as_deref().and_then(|t| t.strip_prefix(&prefix));
    Ok(branch.map(str::to_owned))
}

/// The remote's default branch: what this clone or cache knows, else asked for once.
///
/// Errors: not_found, where it has none; unavailable.
pub fn learn_default_branch(cx: &Context) -> Result<String> {
    match default_branch(cx)? {
        Some(known) => Ok(known),
        None => ask_default_branch(cx),
    }
}

/// The remote's default branch, asked for, and kept: what the clone knew may be years old.
///
/// Errors: those of [`learn_default_branch`].
pub fn ask_default_branch(cx: &Context) -> Result<String> {
    let name = cx.remote.default_branch()?;
    let (head, target) = (
        format!("refs/remotes/{}/HEAD", cx.remote.name()),
        format!("refs/remotes/{}/{name}", cx.remote.name()),
    );
    // Only saves the question the next time.
    let _ = cx.store.set_symbolic_ref(&head, &target);
    Ok(name)
}

/// The remote's default branch and its tip, from which a base that is missing is made.
///
/// Errors: not_found, for a remote without commits; unavailable.
pub fn tip_of_default(cx: &Context, advertisement: &Advertisement) -> Result<(String, CommitId)> {
    if advertisement.is_empty() {
        return Err(Error::new(
            Kind::NotFound,
            format!(
                "{} has no commits to fork a sandbox from",
                cx.remote.address()
            ),
        )
        .hint("push a first commit to it"));
    }
    let name = default_in(cx, advertisement)?;
    advertisement
        .branch(&name)
        .map(|tip| (name.clone(), tip))
        .ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!(
                    "the default branch {name} of {} does not exist yet",
                    cx.remote.address()
                ),
            )
            .hint("name the base with --base")
        })
}
