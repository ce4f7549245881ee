//! Taking a sandbox's newest commit into the working files: files without a change of ours
//! become theirs, others are merged, and what conflicts gets git's own markers.

use super::Named;
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::{CommitId, Entry, ObjectId, tracking_ref};
use crate::ops::access::{self, Target};
use crate::ops::base::{self, Base, Before};
use crate::ops::checkout::{self, Plan};
use crate::ops::outcome::Reported;
use crate::ops::snapshot;
use crate::policy::Policy;
use crate::words::{self, shell_word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was taken.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PullReport {
    /// The sandbox's branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// The sandbox's tip.
    pub head: CommitId,
    /// Files that were written or removed here.
    pub updated: Vec<String>,
    /// Those of them that were removed.
    pub removed: Vec<String>,
    /// Those of them that hold changes of ours as well.
    pub merged: Vec<String>,
    /// Files that both sides changed; where they have lines, they hold markers now.
    pub conflicts: Vec<PathConflict>,
    /// Whether HEAD moved: the checkout is on the sandbox's own branch.
    pub head_moved: bool,
    /// True where there was nothing to take.
    pub unchanged: bool,
    /// One sentence.
    pub message: String,
}

impl Reported for PullReport {
    fn verdict(&mut self) -> Result<()> {
        match self.conflicts.is_empty() {
            true => Ok(()),
            false => Err(Error::conflicts_in(
                "what you have not committed",
                self.conflicts.clone(),
            )
            .hint(
                "fix the lines between the markers, then commit; aidf refuses to commit markers",
            )),
        }
    }
}

/// Merges the tip of a sandbox into the working files.
///
/// A conflict is no error here: the report names it. Errors: usage, without a working tree;
/// not_found, for a branch that is not there; conflict, where git has begun something here and
/// not finished it; unavailable.
pub fn pull(cx: &Context, request: &Named) -> Result<PullReport> {
    let branch = request.branch.as_deref();
    cx.store.need_work_dir("`sandbox pull`")?;
    cx.store.check_finished()?;
    cx.store.check_merged()?;
    let target = to_take(cx, branch)?;
    let (tip, policy) = tip_of(cx, &target)?;
    let base = Base::of_working_copy(cx, &target, tip)?;
    let mut draft = cx.store.draft();
    let ledgers = Some(policy.ledgers());
    let mut plan = Plan::make(cx, &mut draft, &base, tip, target.name(), ledgers)?;
    let own = checkout::own_branch(cx, target.name())?
        .filter(|head| *head != tip && cx.store.is_ancestor(*head, tip));
    if let Some(head) = own {
        plan.check_staged(cx, &mut draft, head, tip)?;
    }
    let done = plan.write_files(cx)?;
    let marked = plan.conflicts.iter().map(|c| c.path.as_str());
    // What was made anew here is older than this.
    base::remember_pull(cx, &target, tip, &done.taken, Before::now(), marked);
    base::remember_absent(cx, &done.absent);
    if let Some(head) = own {
        checkout::move_head(cx, target.name(), head, tip, "aidf: sandbox pull")?;
    }
    for left in &plan.left {
        cx.warn(left.to_string());
    }
    let tree = cx.store.commit(tip)?.tree;
    let has_removals = warn_of_removals(cx, &target, &base, tree)?;
    let (files, conflicts) = (done.updated.len(), plan.conflicts.len());
    let files = words::count(files, "file", "files");
    let message = match (conflicts, done.updated.is_empty() && own.is_none()) {
        (0, true) if !plan.left.is_empty() => format!(
            "nothing more to do: your files have all of {} but for what was left alone",
            target.name()
        ),
        (0, true) if has_removals => format!(
            "nothing to do: your files have all of {} but for what you removed",
            target.name()
        ),
        (0, true) => format!("nothing to do: your files have all of {}", target.name()),
        (0, false) => format!("pulled {} at {} ({files})", target.name(), tip.short()),
        _ => format!(
            "pulled {} at {} ({files}); {conflicts} in conflict: fix the lines between the markers, then commit",
            target.name(),
            tip.short()
        ),
    };
    let mut removed = Vec::new();
    for path in &done.updated {
        if cx.store.entry(tree, path.as_bytes())?.is_none() {
            removed.push(path.clone());
        }
    }
    Ok(PullReport {
        branch: target.name().to_owned(),
        repo_name: cx.repo_name.clone(),
        head: tip,
        unchanged: done.updated.is_empty() && own.is_none() && conflicts == 0,
        updated: done.updated,
        removed,
        merged: plan.merged,
        conflicts: plan.conflicts,
        head_moved: own.is_some(),
        message,
    })
}

/// Names the files of the branch that count as removed by the user, where git shows nobody that
/// they are gone: something else may have taken them away, such as `git clean`. Whether there
/// are any.
fn warn_of_removals(cx: &Context, target: &Target, base: &Base, tree: ObjectId) -> Result<bool> {
    /// More files than this are not named in a command that somebody is to copy.
    const MOST: usize = 8;
    let Some(head) = cx.store.head()? else {
        return Ok(false);
    };
    let gone = base.gone_unseen(cx, head)?;
    let outside = cx.store.left_out(gone.iter().map(String::as_bytes))?;
    let mut removed = Vec::new();
    for path in gone.iter().filter(|p| !outside.contains(p.as_bytes())) {
        let there = cx.store.entry(tree, path.as_bytes())?;
        if there.and_then(Entry::no_folder).is_some() {
            removed.push(path);
        }
    }
    if removed.is_empty() {
        return Ok(false);
    }
    let paths: Vec<String> = match removed.len() <= MOST {
        // git takes a path from where one stands, unless it begins at the top.
        true => removed
            .iter()
            .map(|path| shell_word(&format!(":/{path}")))
            .collect(),
        false => vec![":/PATH".to_owned()],
    };
    let branch = tracking_ref(cx.remote.name(), &target.branch);
    let said = words::count(
        removed.len(),
        "file of the branch is gone here and counts as removed by you",
        "files of the branch are gone here and count as removed by you",
    );
    cx.warn(format!(
        "{said}: {}; `aidf commit -a` takes that to the branch; to bring a file back: git restore --source={} -- {}",
        words::few(removed.iter(), MOST),
        shell_word(branch.strip_prefix("refs/remotes/").unwrap_or(&branch)),
        paths.join(" ")
    ));
    Ok(true)
}

/// The branch that is taken from: the one that was named, whatever it is, or the sandbox.
///
/// Errors: usage, where none was named and none is open; auth.
pub(super) fn to_take(cx: &Context, branch: Option<&str>) -> Result<Target> {
    let target = access::choose_to_take(cx, branch)?;
    if branch.is_none() {
        access::sandbox_only(cx, target.name(), false)?;
    }
    Ok(target)
}

/// The tip of a branch on the remote, with its history here then, and the policy.
///
/// Errors: not_found, unavailable; integrity, for a policy that cannot be read.
pub(super) fn tip_of(cx: &Context, target: &Target) -> Result<(CommitId, Policy)> {
    let standing = snapshot::standing(cx)?;
    let tip = standing
        .tip_of(target.name())
        .ok_or_else(|| access::no_branch(cx, target.name()))?;
    cx.remote.fetch(&cx.store, &[tip], false, &*cx.progress)?;
    Ok((tip, standing.policy(cx)))
}
