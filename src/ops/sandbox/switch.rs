//! Going to a sandbox with the checkout: a local branch whose upstream is the sandbox.
//! What was not committed comes along; where it cannot, nothing changes.

use super::Named;
use super::pull::{tip_of, to_take};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::ops::base::{self, Base, Before};
use crate::ops::checkout::{self, Plan};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the checkout went.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SwitchReport {
    /// The sandbox, and the local branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// What HEAD is at.
    pub head: CommitId,
    /// The sandbox's tip on the remote.
    pub tip: CommitId,
    /// Files that were written or removed.
    pub updated: Vec<String>,
    /// Whether the local branch was made.
    pub created: bool,
    /// True where the checkout was there already.
    pub unchanged: bool,
    /// One sentence.
    pub message: String,
}

/// Switches the checkout to a sandbox.
///
/// Errors: usage, without a working tree, or when another worktree has the branch;
/// not_found; conflict, where uncommitted changes are in the way, or git has begun something
/// and not finished it: nothing is changed then.
pub fn switch(cx: &Context, request: &Named) -> Result<SwitchReport> {
    let branch = request.branch.as_deref();
    cx.store.need_work_dir("`sandbox switch`")?;
    cx.store.check_finished()?;
    cx.store.check_merged()?;
    let target = to_take(cx, branch)?;
    let name = target.name().to_owned();
    if cx.store.is_checked_out_elsewhere(&name)? {
        return Err(Error::new(
            Kind::Usage,
            format!("another worktree has {name} checked out"),
        )
        .hint("see them with `git worktree list`"));
    }
    let (tip, policy) = tip_of(cx, &target)?;
    let local = cx.store.local_ref(&format!("refs/heads/{name}"))?;
    // Local commits of that branch stay; what it lacks of the sandbox comes with `pull`.
    let to = match local {
        Some(local) if !cx.store.is_ancestor(local, tip) => local,
        _ => tip,
    };
    let head = cx.store.head()?.ok_or_else(|| {
        Error::new(Kind::Usage, "this clone has no commit checked out")
            .hint("check one out with git first")
    })?;
    let from = cx.store.head_branch()?;
    let there = from.as_deref() == Some(name.as_str());
    // Without a branch HEAD alone holds what was committed there.
    let unheld = match from {
        None => cx.store.held_by_none(head, to)?,
        Some(_) => Vec::new(),
    };
    let mut draft = cx.store.draft();
    // Where HEAD stays nothing is taken: the files may be newer than HEAD by what was
    // written from here.
    let mut plan = match head == to {
        true => Plan::default(),
        false => {
            let base = Base::of_checkout(cx, &target, tip, head)?;
            Plan::make(cx, &mut draft, &base, to, &name, Some(policy.ledgers()))?
        }
    };
    if !plan.conflicts.is_empty() {
        return Err(Error::conflicts_in(
            "what you have not committed",
            std::mem::take(&mut plan.conflicts),
        )
        .hint("nothing was changed; commit it first (aidf commit), or put it aside (git stash)"));
    }
    plan.check_staged(cx, &mut draft, head, to)?;
    let done = plan.write_files(cx)?;
    base::remember_absent(cx, &done.absent);
    checkout::set_index(cx, head, to)?;
    if local != Some(to) {
        cx.store
            .move_branch(&name, local, to, "aidf: sandbox switch")?;
    }
    if !there {
        cx.store.set_head(&name)?;
    }
    cx.store.set_upstream(&name, cx.remote.name())?;
    base::remember_switch(cx, &target, tip, to, &done.taken, Before::now());
    for left in &plan.left {
        cx.warn(left.to_string());
    }
    if !there && cx.store.is_bisecting() {
        cx.warn("git is bisecting here, and goes on from the sandbox; `git bisect reset` ends it");
    }
    if !unheld.is_empty() {
        cx.warn(format!(
            "left behind: {} that no branch holds, up to {head}; to keep them: git branch NAME {}",
            words::count(unheld.len(), "commit", "commits"),
            head.short()
        ));
    }
    let unchanged = there && head == to && done.updated.is_empty();
    let mut message = match unchanged {
        true => format!("nothing to do: the checkout is on {name}"),
        false => format!("the checkout is on {name} at {}", to.short()),
    };
    if to != tip {
        message.push_str(match cx.store.is_ancestor(tip, to) {
            true => "; it has local commits, which `aidf commit -a` brings to the sandbox",
            false => "; it has local commits, and the sandbox has moved: aidf sandbox pull",
        });
    }
    Ok(SwitchReport {
        branch: name,
        repo_name: cx.repo_name.clone(),
        head: to,
        tip,
        updated: done.updated,
        created: local.is_none(),
        unchanged,
        message,
    })
}
