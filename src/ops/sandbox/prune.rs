//! Archiving sandboxes that nobody writes any more, each with a lease of its own.

use super::close::{delete, steps};
use super::list::{ListRequest, Sandbox, list};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName};
use crate::ops::access::Target;
use crate::ops::operator;
use crate::ops::outcome::Reported;
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::session;
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::mem;

/// What to do where an operator's token is wanted.
const GIVE_A_TOKEN: &str = "set AIDF_REUSE_TOKEN, or give --reuse-token - and the token on standard input; an operator issues it: aidf token issue --operator";

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
    /// Why sandboxes stay, where the remote refused to archive them.
    #[serde(skip)]
    pub failure: Option<Error>,
}

impl Reported for PruneReport {
    fn verdict(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }
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
/// Of so many refusals the server's words are told.
const TOLD: usize = 8;

/// Archives idle sandboxes, many with one push, each at the tip that was looked at. One
/// whose opening nobody recorded, and that never wrote, has no age to go by, and stays. What
/// the remote refuses is in the report, and makes its verdict.
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
        refusals: Vec::new(),
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
    Ok(PruneReport {
        repo_name: cx.repo_name.clone(),
        idle_days: request.idle_days,
        message: pruning.sentence(request.idle_days),
        failure: pruning.failure(),
        pruned: pruning.pruned,
        left: pruning.left,
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
            .hint(GIVE_A_TOKEN)),
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
    /// Its refusals.
    refusals: Vec<Error>,
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
        self.refusals.push(why);
        Ok(())
    }

    /// What was done.
    fn sentence(&self, days: u64) -> String {
        let idle_for = words::count(days, "day", "days");
        let archived = words::count(self.pruned.len(), "sandbox", "sandboxes");
        let left = self.left.len();
        let (were, stay) = match left {
            1 => ("was", "stays"),
            _ => ("were", "stay"),
        };
        let done = match (&self.pruned[..], self.dry_run) {
            ([], _) if left == 0 => {
                return format!("nothing to do: no sandbox was idle for {idle_for}");
            }
            ([], _) => {
                let left = words::count(left, "sandbox", "sandboxes");
                return format!("{left} {were} idle for {idle_for} and {stay}");
            }
            (_, true) => format!("would archive {archived}"),
            ([one], false) => format!(
                "archived {archived}; `aidf sandbox restore {}` brings it back",
                one.branch
            ),
            (_, false) => {
                format!("archived {archived}; `aidf sandbox restore BRANCH` brings one back")
            }
        };
        match left {
            0 => done,
            left => format!("{done}; {left} {stay}"),
        }
    }

    /// The failure of what the server refused: its words, each once.
    fn failure(&mut self) -> Option<Error> {
        let refusals = mem::take(&mut self.refusals);
        let first = refusals.first()?;
        let (stay, them) = match self.refused {
            1 => ("stays", "it"),
            _ => ("stay", "them"),
        };
        let refused = words::count(self.refused, "idle sandbox", "idle sandboxes");
        let hint = match (self.pruned.is_empty(), &self.token, first.kind()) {
            (true, None, Kind::Denied) => GIVE_A_TOKEN,
            (true, ..) => first.hint_text().unwrap_or_default(),
            (false, ..) => "the others are archived; the words above are the server's own",
        };
        let mut said: Vec<String> = Vec::new();
        for line in refusals.iter().take(TOLD).flat_map(Error::causes) {
            let lines = line.lines().filter(|l| !said.iter().any(|s| s == l));
            let lines: Vec<String> = lines.map(str::to_owned).collect();
            said.extend(lines);
        }
        let what = format!("{refused} {stay}: the remote refused to archive {them}");
        Some(
            Error::new(first.kind(), what)
                .hint(hint)
                .retryable(first.is_retryable())
                .caused_by(anyhow::anyhow!(said.join("\n"))),
        )
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
