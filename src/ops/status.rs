//! Where this clone stands: its sandbox, the branch that it was forked from, and the
//! working files against the sandbox's tip.

use super::access::{self, Target};
use super::base::{self, Base};
use super::revoked;
use crate::authority::{self, Facts, Rejection};
use crate::backup_name;
use crate::clock::Moment;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, Entry, TreePath};
use crate::ops::commit::take;
use crate::ops::snapshot;
use crate::policy::Ledgers;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The branch; chosen as for a write where none is given.
    pub branch: Option<String>,
}

/// How things stand.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The repository.
    pub repo_name: String,
    /// The sandbox, or the branch that was named; none where no sandbox is open.
    pub branch: Option<String>,
    /// The branch that it was forked from.
    pub base: String,
    /// Commits that the base has not.
    pub ahead: u64,
    /// Commits of the base that it has not.
    pub behind: u64,
    /// The branch's tip.
    pub head: Option<CommitId>,
    /// Working files that differ from the tip, by path.
    pub local: Vec<Local>,
    /// Changes that `commit -a` leaves out, because they are no files that aidf writes.
    pub left_out: Vec<LeftOut>,
    /// When the token ends if nothing is written; RFC 3339.
    pub expires_at: Option<String>,
    /// True where it ends then whatever is written until then.
    #[serde(default)]
    pub expires_for_good: bool,
    /// Why the token writes no more.
    #[serde(default)]
    pub token_rejected: Option<String>,
    /// The newest backup.
    pub last_backup: Option<String>,
    /// One sentence.
    pub message: String,
}

/// A working file that differs from the tip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Local {
    /// Its path.
    pub path: String,
    /// How it differs.
    pub state: State,
}

/// A change that no commit takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Its path; what is not UTF-8 is replaced.
    pub path: String,
    /// What it is, such as `a symlink`.
    pub why: String,
}

/// How a working file differs from the tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Changed here and not committed.
    Modified,
    /// New here, and on no branch.
    Added,
    /// Removed here.
    Deleted,
    /// Committed in this clone alone.
    LocalCommit,
    /// As it was taken from the branch, which has another version by now.
    Stale,
}

/// Says how things stand. Nothing is written but what a fetch brings.
///
/// Errors: not_found, for a branch that was named; auth, for a session that others can
/// read; integrity, for a policy that cannot be read; unavailable.
pub fn status(cx: &Context, request: &Request) -> Result<Report> {
    let standing = snapshot::standing(cx)?;
    let tip_of = |name: &str| standing.tip_of(name);
    let mut report = Report {
        repo_name: cx.repo_name.clone(),
        branch: None,
        base: cx.config.base.clone(),
        ahead: 0,
        behind: 0,
        head: None,
        local: Vec::new(),
        left_out: Vec::new(),
        expires_at: None,
        expires_for_good: false,
        token_rejected: None,
        last_backup: newest_backup(&standing.branches, cx.now),
        message: "no sandbox is open here; open one: aidf sandbox init".to_owned(),
    };
    let target = access::choose_to_read(cx, request.branch.as_deref())?;
    if request.branch.is_none() && !target.is_sandbox() {
        return Ok(report);
    }
    let branch = target.name().to_owned();
    report.branch = Some(branch.clone());
    report.base = access::base_of(cx, &target)?;
    let Some(head) = tip_of(&branch) else {
        if request.branch.is_some() {
            return Err(access::no_sandbox(cx, target.name()));
        }
        report.message = format!(
            "{branch} is not on the remote; if it was archived, bring it back: aidf sandbox restore {branch}"
        );
        if let Some(why) = access::two_places(cx) {
            cx.warn(why);
        }
        return Ok(report);
    };
    report.head = Some(head);
    let base = tip_of(&report.base).or_else(|| tip_of(standing.default_branch.as_deref()?));
    let wants: Vec<CommitId> = std::iter::once(head).chain(base).collect();
    cx.remote.fetch(&cx.store, &wants, false, &*cx.progress)?;
    if base.is_some() {
        let stand = cx.store.lineage(base, &[head])?.stand(0)?;
        (report.ahead, report.behind) = (stand.ahead, stand.behind);
    }
    let policy = standing.policy(cx);
    let last_write = cx.store.commit(head)?.time;
    if let Some(claims) = &target.claims {
        let facts = Facts {
            revoked: revoked::is_known(cx, standing.revoked.contains(&claims.id), &claims.id),
            tip: Some(last_write),
            ..Facts::at(cx.now).of(cx.identity()).under(&policy)
        };
        if let Err(why) = authority::judge(claims, &facts) {
            // One that has ended at its own time was told when it was opened.
            if matches!(why, Rejection::Revoked | Rejection::Idle) {
                access::warn_of_end(cx, why);
            }
            report.token_rejected = Some(why.to_string());
        }
        let ends = authority::ends(claims, &facts);
        report.expires_for_good = authority::ends_for_good(claims, ends);
        report.expires_at = ends.map(|end| Moment::from_seconds(end).rfc3339());
    }
    (report.local, report.left_out) = local(cx, &target, head, policy.ledgers())?;
    report.message = sentence(&report, &branch);
    Ok(report)
}

fn sentence(report: &Report, branch: &str) -> String {
    let commits = |n: u64| words::count(n, "commit", "commits");
    let files = match report.local.len() {
        0 => "no file here differs from it".to_owned(),
        1 => "1 file here differs from it".to_owned(),
        n => format!("{n} files here differ from it"),
    };
    format!(
        "{branch} is {} ahead of {} and {} behind; {files}",
        commits(report.ahead),
        report.base,
        commits(report.behind)
    )
}

/// The name of the newest backup of any branch, without those that are dated in the future.
fn newest_backup(branches: &[(String, CommitId)], now: Moment) -> Option<String> {
    let dated = branches.iter().filter_map(|(name, _)| {
        let time = backup_name::parse(name)?.time;
        (!time.is_in_the_future(now)).then_some((time.seconds(), name))
    });
    dated.max().map(|(_, name)| name.clone())
}

/// The working files that differ from the tip, and the changes that no commit takes.
fn local(
    cx: &Context,
    target: &Target,
    head: CommitId,
    ledgers: &Ledgers,
) -> Result<(Vec<Local>, Vec<LeftOut>)> {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    let (Some(root), Some(here)) = (cx.store.work_dir(), cx.store.head()?) else {
        return Ok((found, left_out));
    };
    let folder = take::open_root(root)?;
    let store = &cx.store;
    let (tip, checkout) = (store.commit(head)?.tree, store.commit(here)?.tree);
    let mut paths: BTreeSet<String> = BTreeSet::new();
    let mut changed: BTreeMap<String, Option<Entry>> = BTreeMap::new();
    let text = |bytes: &[u8]| Some(std::str::from_utf8(bytes).ok()?.to_owned());
    let convert = store.convert(tip);
    let mut draft = store.draft();
    let working = store.working_changes()?;
    let names = working.iter().map(|(p, _)| p.as_slice());
    convert.learn(names.filter_map(|p| std::str::from_utf8(p).ok()))?;
    for (bytes, there) in working {
        let path = match take::tree_path(Some(&folder).filter(|_| there), &bytes) {
            Ok(path) => path.to_string(),
            Err(why) => {
                left_out.push(LeftOut {
                    path: String::from_utf8_lossy(&bytes).into_owned(),
                    why: why.to_owned(),
                });
                continue;
            }
        };
        let file = root.join(&path);
        match file.symlink_metadata() {
            Ok(meta) if there => {
                let entry = match convert.is_raw(&path)? {
                    true => Some(store.as_blob(&file, store.mode_of(&bytes, &meta, Some(tip))?)?),
                    false => match store.work_file(&mut draft, &bytes, &convert) {
                        Ok(here) => here.entry(),
                        // Its filter cannot be run here: nobody can tell.
                        Err(e) => {
                            let why = e.message().to_owned();
                            left_out.push(LeftOut { path, why });
                            continue;
                        }
                    },
                };
                changed.insert(path.clone(), entry);
            }
            _ => {
                changed.insert(path.clone(), None);
            }
        }
        paths.insert(path);
    }
    for change in store.changes(Some(checkout), Some(tip), false)? {
        paths.extend(text(&change.path));
    }
    let own = base::own_paths(cx, target)?;
    paths.extend(own.iter().map(TreePath::to_string));
    let base = Base::of_working_copy(cx, target, head)?;
    let outside = store.left_out(paths.iter().map(String::as_bytes))?;
    for path in paths {
        let theirs = store.entry(tip, path.as_bytes())?;
        let uncommitted = changed.get(&path);
        let committed = store.entry(checkout, path.as_bytes())?;
        let ours = match uncommitted {
            Some(entry) => *entry,
            None => committed,
        };
        let ours = base.with_mode(cx, &path, ours)?;
        if ours == theirs {
            continue;
        }
        let stale = base.entries(cx, &path)?.iter().all(|b| *b == ours);
        // What aidf writes by itself falls behind with each commit, and is nobody's concern. Nor
        // is what a sparse checkout leaves out.
        if stale && (ledgers.are_aidfs(&path) || outside.contains(path.as_bytes())) {
            continue;
        }
        if ours.is_none() && base.is_absent(&path) {
            let why = "on the branch, and left alone here".to_owned();
            left_out.push(LeftOut { path, why });
            continue;
        }
        // A file that was written from here may differ from what was written though it is as HEAD
        // has it: then no local commit is what changed it.
        let mut is_committed = false;
        for tree in base.trees() {
            is_committed |= store.entry(*tree, path.as_bytes())? != committed;
        }
        let state = match (stale, uncommitted.is_none() && is_committed, ours, theirs) {
            (true, ..) => State::Stale,
            (_, true, ..) => State::LocalCommit,
            (_, _, None, _) => State::Deleted,
            (_, _, _, None) => State::Added,
            _ => State::Modified,
        };
        found.push(Local { path, state });
    }
    Ok((found, left_out))
}
