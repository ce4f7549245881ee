//! Every sandbox of a remote, and what it did by itself.

use crate::clock::{DAY, Moment};
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, RefName, Store};
use crate::names;
use crate::ops::access;
use crate::ops::log::{judge, trailer};
use crate::ops::snapshot;
use crate::signature::Check;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListRequest {
    /// Only those without a write for so many days.
    pub idle_days: Option<u64>,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListReport {
    /// The repository.
    pub repo_name: String,
    /// The branch they are measured against.
    pub base: String,
    /// By name.
    pub sandboxes: Vec<Sandbox>,
}

/// One sandbox. What it inherited from its base does not count.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sandbox {
    /// Its branch.
    pub branch: String,
    /// The branch it is measured against: its base, where that is known here.
    pub base: String,
    /// Its tip.
    pub head: CommitId,
    /// Time of its first own commit; none before that.
    pub created_at: Option<String>,
    /// Time of its last own commit; none before that.
    pub last_write_at: Option<String>,
    /// Whole days since its last own commit; none before that.
    pub idle_days: Option<u64>,
    /// Its own commits.
    pub commits: usize,
    /// Files that differ from its fork point.
    pub files: usize,
    /// Who says to have written them.
    pub committed_by: Vec<String>,
    /// Its own commits without a good signature of this sandbox; none where there is no
    /// key to tell.
    pub unsigned: Option<usize>,
    /// Commits that the base has not.
    pub ahead: u64,
    /// Commits of the base that it has not.
    pub behind: u64,
}

/// Lists the sandboxes.
///
/// Errors: not_found, unavailable.
pub fn list(cx: &Context, request: &ListRequest) -> Result<ListReport> {
    cx.needs_history()?;
    let base_ref = format!("refs/heads/{}", cx.config.base);
    let sandboxes = format!("refs/heads/{}", names::PREFIX);
    let refs = snapshot::listed(cx, &[&sandboxes, &base_ref])?;
    let head = refs.iter().find(|r| r.name == "HEAD").map(|r| r.id);
    let base = refs
        .iter()
        .find(|r| r.name == base_ref)
        .map(|r| r.id)
        .or(head);
    let found: Vec<(&str, CommitId)> = refs
        .iter()
        .filter_map(|r| Some((r.name.strip_prefix("refs/heads/")?, r.id)))
        .filter(|(n, _)| names::is_sandbox(n))
        .collect();
    // Those that this clone opened may have been forked from elsewhere.
    let mut bases = BTreeMap::new();
    for (branch, _) in &found {
        let name = access::base_of_branch(cx, &RefName::branch(branch)?)?;
        if name != cx.config.base {
            bases.insert((*branch).to_owned(), name);
        }
    }
    let mut tips: BTreeMap<String, CommitId> = BTreeMap::new();
    if !bases.is_empty() {
        let names: Vec<String> = bases.values().map(|b| format!("refs/heads/{b}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let refs = cx.remote.connect_for_reading()?.refs(&names)?;
        tips.extend(refs.into_iter().map(|r| (r.name, r.id)));
    }
    let of = |branch: &str| {
        let other = bases.get(branch)?;
        let tip = tips.get(&format!("refs/heads/{other}"))?;
        Some((other.clone(), *tip))
    };
    let mut wants: Vec<CommitId> = found.iter().map(|(_, id)| *id).collect();
    wants.extend(base);
    wants.extend(found.iter().filter_map(|(b, _)| of(b)).map(|(_, tip)| tip));
    cx.remote.fetch(&cx.store, &wants, false, &*cx.progress)?;

    let mut sandboxes = Vec::new();
    for (at, (branch, head)) in found.iter().enumerate() {
        cx.progress
            .advance("sandboxes", at as u64 + 1, found.len() as u64);
        // One sandbox that cannot be read must not hide the others.
        let (name, base) = match of(branch) {
            Some((name, tip)) => (name, Some(tip)),
            None => (cx.config.base.clone(), base),
        };
        let sandbox = match look(cx, branch, *head, &name, base) {
            Ok(sandbox) => sandbox,
            Err(e) => {
                cx.warn(format!("{branch} cannot be read and is not listed: {e}"));
                continue;
            }
        };
        if request
            .idle_days
            .is_none_or(|days| sandbox.idle_days.is_some_and(|idle| idle >= days))
        {
            sandboxes.push(sandbox);
        }
    }
    sandboxes.sort_by(|a, b| a.branch.cmp(&b.branch));
    Ok(ListReport {
        repo_name: cx.repo_name.clone(),
        base: cx.config.base.clone(),
        sandboxes,
    })
}

fn look(
    cx: &Context,
    branch: &str,
    head: CommitId,
    name: &str,
    base: Option<CommitId>,
) -> Result<Sandbox> {
    let store = &cx.store;
    let own = own_commits(store, head, base)?;
    let (mut first, mut last, mut who) = (None, None, BTreeSet::new());
    let mut unsigned = 0;
    for id in &own {
        let commit = store.commit(*id)?;
        last = last.max(Some(commit.time));
        first = Some(first.map_or(commit.time, |f: i64| f.min(commit.time)));
        who.insert(
            trailer(&commit, crate::ops::compose::COMMITTED_BY).unwrap_or(commit.author_name),
        );
        if !cx.keys().is_empty() {
            let judged = judge(cx, *id, branch)?;
            let signed = judged.check == Check::Good && judged.branch.as_deref() == Some(branch);
            unsigned += usize::from(!signed);
        }
    }
    let fork = fork_point(store, head, base);
    let files = store
        .changes(
            fork.map(|f| store.commit(f)).transpose()?.map(|c| c.tree),
            Some(store.commit(head)?.tree),
            false,
        )?
        .len();
    let (ahead, behind) = base.map_or((own.len() as u64, 0), |b| store.ahead_behind(head, b));
    let text = |t: Option<i64>| t.map(|t| Moment::from_seconds(t).rfc3339());
    Ok(Sandbox {
        branch: branch.to_owned(),
        base: name.to_owned(),
        head,
        created_at: text(first),
        last_write_at: text(last),
        idle_days: last.map(|t| ((cx.now.seconds() - t).max(0) / DAY) as u64),
        commits: own.len(),
        files,
        committed_by: who.into_iter().collect(),
        unsigned: (!cx.keys().is_empty()).then_some(unsigned),
        ahead,
        behind,
    })
}

/// The commits of a sandbox that its base has not, newest first.
pub(super) fn own_commits(
    store: &Store,
    head: CommitId,
    base: Option<CommitId>,
) -> Result<Vec<CommitId>> {
    Ok(store.history(head, base)?.collect())
}

/// Where a sandbox left its base.
pub(super) fn fork_point(
    store: &Store,
    head: CommitId,
    base: Option<CommitId>,
) -> Option<CommitId> {
    base.and_then(|b| store.merge_base(head, b))
}
