//! Archiving sandboxes that nobody writes any more, each with a lease of its own.

use super::close::{delete, steps};
use super::list::{ListRequest, Sandbox, list};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName};
use crate::ops::access::Target;
use crate::ops::operator;
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::session;
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PruneRequest {
    /// Those without a write for so many days.
    pub idle_days: u64,
    /// An operator's token.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
    /// Say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was archived.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PruneReport {
    /// The repository.
    pub repo_name: String,
    /// Days without a write.
    pub idle_days: u64,
    /// The sandboxes that are archived.
    pub pruned: Vec<Pruned>,
    /// Those that stay, and why.
    pub left: Vec<Left>,
    /// One sentence.
    pub message: String,
    /// True where nothing was done because that was asked for.
    pub dry_run: bool,
}

/// A sandbox that was archived.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pruned {
    /// The sandbox.
    pub branch: String,
    /// The tip that it had.
    pub head: CommitId,
    /// The ref that keeps it.
    pub archive: String,
    /// Its last write; RFC 3339.
    pub last_write_at: Option<String>,
}

/// A sandbox that stays.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// The sandbox.
    pub branch: String,
    /// Why.
    pub reason: String,
}

/// So many sandboxes are archived by one push.
const BATCH: usize = 1000;
/// A server that refused so many, and took none, is not asked about the others.
const REFUSED: usize = 20;

/// Archives idle sandboxes, many with one push, each at the tip that was looked at. One
/// whose opening nobody recorded, and that never wrote, has no age to go by, and stays.
///
/// Errors: auth, without a key or an operator's token; unavailable.
pub fn prune(cx: &Context, request: &PruneRequest) -> Result<PruneReport> {
    cx.note_request(request);
    let token = token_of(cx, request)?;
    let idle = ListRequest {
        idle_days: Some(request.idle_days),
        archived: false,
    };
    let found = list(cx, &idle)?.sandboxes;
    let mut pruning = Pruning {
        cx,
        dry_run: request.dry_run,
        token,
        pruned: Vec::new(),
        left: Vec::new(),
        refused: 0,
    };
    let done = found
        .chunks(BATCH)
        .try_for_each(|batch| pruning.archive(batch));
    let closed: Vec<&str> = pruning.pruned.iter().map(|p| p.branch.as_str()).collect();
    if !request.dry_run
        && let Err(e) = session::set_closed(cx, &closed, true)
    {
        cx.warn(format!("the sandboxes are archived, but {e}"));
    }
    let count = pruning.pruned.len();
    let what = words::count(count, "sandbox", "sandboxes");
    done.map_err(|e| match count {
        0 => e,
        _ => e.hint(format!("{what} are archived; run it again for the others")),
    })?;
    let days = request.idle_days;
    Ok(PruneReport {
        repo_name: cx.repo_name.clone(),
        idle_days: days,
        pruned: pruning.pruned,
        left: pruning.left,
        message: match (count, request.dry_run) {
            (0, _) => format!("nothing to do: no sandbox was idle for {days} days"),
            (_, true) => format!("would archive {what}"),
            (_, false) => format!("archived {what}; `aidf sandbox restore` brings one back"),
        },
        dry_run: request.dry_run,
    })
}

/// The token that is sent along. Where aidf holds the key it decides itself, and the
/// machine that has the key is the operator's.
fn token_of(cx: &Context, request: &PruneRequest) -> Result<Option<Secret>> {
    let given = request
        .reuse_token
        .clone()
        .or_else(|| cx.config.environment_token.clone());
    let Some(token) = given else {
        return match cx.is_broker() {
            true => Ok(None),
            false => Err(Error::new(
                Kind::Auth,
                "an operator's token is needed to archive the sandboxes of others, and none was given",
            )
            .hint("set AIDF_REUSE_TOKEN, or give --reuse-token - and the token on standard input; an operator issues it: aidf token issue --operator")),
        };
    };
    operator::check(cx, &token, "to close only that sandbox: aidf sandbox close")?;
    Ok(Some(token))
}

/// A run of prune.
struct Pruning<'c> {
    cx: &'c Context,
    dry_run: bool,
    token: Option<Secret>,
    pruned: Vec<Pruned>,
    left: Vec<Left>,
    /// How many the server refused.
    refused: usize,
}

impl Pruning<'_> {
    /// Archives these sandboxes; where the server refuses some, all but those.
    ///
    /// Errors: what is no answer about these sandboxes, such as unavailable.
    fn archive(&mut self, batch: &[Sandbox]) -> Result<()> {
        let why = match self.push(batch) {
            Ok(()) => return Ok(()),
            Err(e) if is_about_refs(&e) => e,
            Err(e) => return Err(e),
        };
        // One that is refused must not keep the others.
        if batch.len() > 1 && !self.is_hopeless() {
            let (first, second) = batch.split_at(batch.len() / 2);
            self.archive(first)?;
            return self.archive(second);
        }
        self.refused += batch.len();
        for sandbox in batch {
            let branch = &sandbox.branch;
            self.cx
                .record("sandbox prune", Some(branch), None, Err(&why));
            self.left.push(Left {
                branch: branch.clone(),
                reason: why.message().to_owned(),
            });
        }
        let all: Vec<&str> = batch.iter().map(|s| s.branch.as_str()).take(8).collect();
        let all = all.join(", ");
        self.cx
            .warn(format!("{all}: not archived: {}", why.in_full()));
        Ok(())
    }

    /// Whether the server refuses everything.
    fn is_hopeless(&self) -> bool {
        self.pruned.is_empty() && self.refused >= REFUSED
    }

    /// Archives these sandboxes by one push; those that are not at their tips any more stay.
    fn push(&mut self, batch: &[Sandbox]) -> Result<()> {
        let (cx, dry_run) = (self.cx, self.dry_run);
        let published = publish::publish(cx, |attempt| {
            let (mut report, mut updates) = ((Vec::new(), Vec::new()), Vec::new());
            let advertisement = attempt.advertisement;
            if batch.len() > 1 && !dry_run && !advertisement.is_atomic() {
                return Ok(Plan::Nothing(None));
            }
            for sandbox in batch {
                let (branch, head) = (sandbox.branch.clone(), sandbox.head);
                if advertisement.branch(&branch) != Some(head) {
                    report.1.push(Left {
                        branch,
                        reason: "somebody wrote to it meanwhile".to_owned(),
                    });
                    continue;
                }
                let (archive, moves) = steps(cx, advertisement, &branch, head)?;
                updates.extend(moves);
                report.0.push(Pruned {
                    branch,
                    head,
                    archive,
                    last_write_at: sandbox.last_write_at.clone(),
                });
            }
            if dry_run {
                return Ok(Plan::Nothing(Some(report)));
            }
            Ok(Plan::push_if_any(Push {
                updates,
                objects: Objects::These(Vec::new()),
                token: self.token.clone(),
                report: Some(report),
            }))
        })?;
        let Some((mut pruned, mut left)) = published.report else {
            // A server that moves no two refs as one: each sandbox takes pushes of its own.
            let mut each = batch.chunks(1);
            return each.try_for_each(|one| self.archive(one));
        };
        let is_archive_alone = published.updates.iter().all(|u| u.new.is_some());
        if is_archive_alone && !dry_run {
            self.delete_each(&mut pruned, &mut left)?;
        }
        if !dry_run {
            for p in &pruned {
                let done = format!("archived as {}", p.archive);
                let head = Some(p.head.to_string());
                cx.record("sandbox prune", Some(&p.branch), head, Ok(&done));
            }
        }
        self.pruned.append(&mut pruned);
        self.left.append(&mut left);
        Ok(())
    }

    /// Deletes the branches whose archives were made by a push of their own; those that moved
    /// meanwhile stay.
    fn delete_each(&self, pruned: &mut Vec<Pruned>, left: &mut Vec<Left>) -> Result<()> {
        let mut gone = Vec::new();
        for one in pruned.drain(..) {
            let target = Target {
                branch: RefName::branch(&one.branch)?,
                token: self.token.clone(),
                claims: None,
                remembered: None,
            };
            match delete(self.cx, &target, one.head) {
                Ok(()) => gone.push(one),
                Err(e) if e.kind() == Kind::Conflict => left.push(Left {
                    branch: one.branch,
                    reason: "somebody wrote to it meanwhile".to_owned(),
                }),
                Err(e) => return Err(e),
            }
        }
        *pruned = gone;
        Ok(())
    }
}

/// Whether a server's answer is about the refs of a push, and others may fare better.
fn is_about_refs(error: &Error) -> bool {
    matches!(error.kind(), Kind::Denied | Kind::Conflict)
}
