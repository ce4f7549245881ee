//! The commits of a branch with what aidf knows of each.

use super::access;
use crate::clock::Moment;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo, RefName};
use crate::signature::{self, Check, Signed};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The branch; chosen as for a write where none is given.
    pub branch: Option<String>,
    /// At most this many commits.
    pub number: usize,
    /// Of this task alone.
    pub task_id: Option<String>,
    /// By this writer alone.
    pub committed_by: Option<String>,
    /// Touching this path, or something below it.
    pub path: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// Newest first.
    pub commits: Vec<Line>,
}

/// One commit.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its id.
    pub commit: CommitId,
    /// UTC, RFC 3339.
    pub time: String,
    /// Who wrote it; the author's name for commits that did not come through aidf.
    pub committed_by: String,
    /// Its task.
    pub task_id: Option<String>,
    /// The program that wrote it.
    pub agent: Option<String>,
    /// The first line of its message.
    pub subject: String,
    /// The files it changed.
    pub files: Vec<String>,
    /// What its signature says.
    pub signature: Check,
    /// The commit that undid it.
    pub rolled_back_by: Option<CommitId>,
}

/// Reads the log.
///
/// Errors: not_found, unavailable.
pub fn log(cx: &Context, request: &Request) -> Result<Report> {
    let branch = match &request.branch {
        Some(name) => RefName::branch(name)?,
        None => access::choose(cx, None, None)?.branch,
    };
    let (tip, base) = fetch_tip(cx, &branch)?;
    if cx.store.is_shallow() {
        cx.warn("this clone is shallow: older commits are not shown");
    }
    log_from(cx, &branch, tip, base, None, request)
}

/// Reads the log from a tip that is in the store, without what `hide` reaches.
pub(super) fn log_from(
    cx: &Context,
    branch: &RefName,
    tip: CommitId,
    base: Option<CommitId>,
    hide: Option<CommitId>,
    request: &Request,
) -> Result<Report> {
    let mut reverts = Reverts::default();
    let mut commits = Vec::new();
    for id in cx.store.history(tip, hide)? {
        let commit = cx.store.commit(id)?;
        let signature = check_signature(cx, &commit, branch.short(), base);
        reverts.see(cx, &commit, signature);
        let task_id = trailer(&commit, "Aidf-Task-Id");
        let committed_by =
            trailer(&commit, "Aidf-Committed-By").unwrap_or_else(|| commit.author_name.clone());
        if request.task_id.is_some() && request.task_id != task_id
            || request
                .committed_by
                .as_ref()
                .is_some_and(|w| *w != committed_by)
        {
            continue;
        }
        let files = files_of(cx, &commit)?;
        if let Some(path) = &request.path {
            let path = path.trim_end_matches('/');
            let hit = |f: &String| {
                f == path
                    || f.strip_prefix(path)
                        .is_some_and(|rest| rest.starts_with('/'))
            };
            if !files.iter().any(hit) {
                continue;
            }
        }
        commits.push(Line {
            commit: id,
            time: Moment::from_seconds(commit.time).rfc3339(),
            committed_by,
            task_id,
            agent: trailer(&commit, "Aidf-Agent"),
            subject: commit.subject().to_owned(),
            files,
            signature,
            rolled_back_by: reverts.of(id),
        });
        if commits.len() >= request.number {
            break;
        }
    }
    Ok(Report {
        branch: branch.short().to_owned(),
        repo_name: cx.repo_name.clone(),
        commits,
    })
}

/// The tips of a branch and of the base on the remote, with their objects fetched.
///
/// Errors: not_found.
fn fetch_tip(cx: &Context, branch: &RefName) -> Result<(CommitId, Option<CommitId>)> {
    let base_ref = format!("refs/heads/{}", cx.config.base);
    let refs = cx
        .remote
        .connect_for_reading()?
        .refs(&[branch.as_str(), &base_ref])?;
    let base = refs.iter().find(|r| r.name == base_ref).map(|r| r.id);
    let tip = refs
        .iter()
        .find(|r| r.name == branch.as_str())
        .map(|r| r.id)
        .ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("{} has no branch {}", cx.remote.address(), branch.short()),
            )
            .hint("see them with `aidf sandbox list`")
        })?;
    let wants: Vec<CommitId> = std::iter::once(tip).chain(base).collect();
    cx.remote.fetch(&cx.store, &wants, false, &*cx.progress)?;
    Ok((tip, base))
}

/// The value of a trailer in the last paragraph of a message.
pub(super) fn trailer(commit: &CommitInfo, name: &str) -> Option<String> {
    trailers(commit, name).next().map(str::to_owned)
}

fn trailers<'a>(commit: &'a CommitInfo, name: &'a str) -> impl Iterator<Item = &'a str> {
    let body = commit.message.trim_end();
    let last = body.rfind("\n\n").map_or("", |at| &body[at + 2..]);
    last.lines()
        .filter_map(move |l| l.strip_prefix(name)?.strip_prefix(": "))
}

fn files_of(cx: &Context, commit: &CommitInfo) -> Result<Vec<String>> {
    // A shallow clone ends at a commit whose parent is not here.
    let before = match commit.parents.first() {
        Some(parent) if !cx.store.has_commit(*parent) => return Ok(Vec::new()),
        Some(parent) => Some(cx.store.commit(*parent)?.tree),
        None => None,
    };
    let changes = cx.store.changes(before, Some(commit.tree), false)?;
    Ok(changes
        .into_iter()
        .map(|c| String::from_utf8_lossy(&c.path).into_owned())
        .collect())
}

/// Checks a commit's signature against the ring. It names the branch that was written:
/// `branch`, or the sandbox it was made on, where that was merged into the base since.
pub(super) fn check_signature(
    cx: &Context,
    commit: &CommitInfo,
    branch: &str,
    base: Option<CommitId>,
) -> Check {
    let Some((message, key, mac)) = signature::split(&commit.message) else {
        return Check::None;
    };
    let parents: Vec<String> = commit.parents.iter().map(|p| p.to_string()).collect();
    let verify = |branch: &str| {
        let signed = Signed {
            repository: &cx.repo_name,
            branch,
            tree: &commit.tree.to_string(),
            parents: &parents.join(" "),
            author: &commit.author,
            committer: &commit.committer,
            message,
        };
        signature::verify(cx.keys(), key, mac, &signed)
    };
    match verify(branch) {
        Check::Bad
            if commit.author_name != branch && crate::names::is_sandbox(&commit.author_name) =>
        {
            let inherited = !crate::names::is_sandbox(branch)
                || base.is_some_and(|b| cx.store.is_ancestor(commit.id, b));
            if inherited {
                verify(&commit.author_name)
            } else {
                Check::Bad
            }
        }
        other => other,
    }
}

/// Which commits were undone, met newest first.
#[derive(Default)]
pub(super) struct Reverts {
    by: BTreeMap<CommitId, CommitId>,
}

impl Reverts {
    /// Takes note of what `commit` undid, unless it was itself undone.
    ///
    /// Where a key is at hand its word is taken only under a good signature: a commit
    /// that came by plain git must not make another look undone.
    pub fn see(&mut self, cx: &Context, commit: &CommitInfo, signature: Check) {
        let trusted = cx.keys().is_empty() || signature == Check::Good;
        if !trusted || self.by.contains_key(&commit.id) {
            return;
        }
        for id in trailers(commit, "Aidf-Reverts").filter_map(|v| CommitId::parse(v).ok()) {
            self.by.entry(id).or_insert(commit.id);
        }
    }

    /// The commit that undid `id`.
    pub fn of(&self, id: CommitId) -> Option<CommitId> {
        self.by.get(&id).copied()
    }
}
