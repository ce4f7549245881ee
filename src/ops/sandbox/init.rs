//! Opening a sandbox: the token's branch, or a new one from the base. One connection,
//! create-only on the server; the working tree, index and HEAD stay as they are.

use super::opened;
use super::opening::Opening;
use crate::authority::{self, Facts, Rejection};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName};
use crate::names;
use crate::ops::access::{self, Target, rejected};
use crate::ops::base::{self, Before};
use crate::ops::one_by_one;
use crate::ops::publish::{self, Attempt, Plan, Push};
use crate::ops::session::{self, Session};
use crate::secret::Secret;
use crate::token::{self};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InitRequest {
    /// The token to come back with.
    pub reuse_token: Option<Secret>,
    /// Open a new one whatever token there is.
    pub force_new: bool,
    /// Fail where the token is rejected.
    pub strict: bool,
    /// The base to fork from.
    pub base: Option<String>,
    /// The name to ask for.
    pub name: Option<String>,
    /// The token's branch: a holder cannot read it there.
    pub branch: Option<String>,
    /// Add a worktree on the branch.
    pub worktree: Option<PathBuf>,
}

/// What was opened.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct InitReport {
    /// The sandbox's branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// What to come back with.
    pub reuse_token: Secret,
    /// A branch was made on the remote.
    pub created: bool,
    /// The token's branch was there and is used again.
    pub reused: bool,
    /// The token's branch was gone and was made again.
    pub recreated: bool,
    /// It was made again from its archive, with the work that was in it.
    #[serde(default)]
    pub from_archive: bool,
    /// Why the token that was given is not used.
    pub token_rejected: Option<String>,
    /// The branch it forks from.
    pub base: String,
    /// That branch's tip.
    pub base_commit: CommitId,
    /// The sandbox's tip.
    pub head: CommitId,
    /// The base itself was made from the default branch.
    pub base_created: bool,
    /// When the token ends if nothing is written; RFC 3339.
    pub expires_at: Option<String>,
    /// True where it ends then whatever is written until then.
    #[serde(default)]
    pub expires_for_good: bool,
    /// The worktree that was added.
    pub worktree: Option<PathBuf>,
    /// The welcome a person reads.
    pub message: String,
}

/// Opens a sandbox.
///
/// Errors: auth for a rejected token with `strict`; conflict for a name that is taken;
/// not_found for a base; denied by the policy; unavailable.
pub fn init(cx: &Context, request: &InitRequest) -> Result<InitReport> {
    cx.note_request(request);
    let result = open(cx, request);
    let opened = result.as_ref().ok().map(|r| &r.reuse_token);
    if let Some(claims) = opened.and_then(|token| cx.claims_of(token)) {
        cx.set_principal(&claims);
    }
    cx.journal("sandbox init", None, &result, |r| {
        let first = r.message.lines().next().unwrap_or("");
        Some((&r.branch, r.head, first))
    });
    result
}

fn open(cx: &Context, request: &InitRequest) -> Result<InitReport> {
    let asked = request.name.as_deref().map(names::requested).transpose()?;
    if let Some(base) = &request.base {
        RefName::branch(base)?;
    }
    if let Some(dir) = &request.worktree {
        check_worktree(cx, dir)?;
    }
    // Without a token the clone's own sandbox is meant, unless something new is asked for.
    let something_new = request.force_new || asked.is_some();
    let before = session::load(cx)?;
    let remembered = match &request.branch {
        Some(branch) => before.as_ref().and_then(|s| s.token_of(branch)),
        None => before
            .as_ref()
            .filter(|s| request.base.is_none() && request.worktree.is_none() && !s.closed)
            .map(|s| &s.reuse_token),
    };
    let environment = cx.config.environment_token.clone();
    let given = request.reuse_token.as_ref().or(environment.as_ref());
    let given = given.or(remembered).filter(|_| !something_new);
    // The clone knows which sandbox its token is of, though no key here opens it.
    let remembered = before.as_ref().filter(|s| given == Some(&s.reuse_token));
    let branch = request.branch.as_deref();
    let branch = branch.or_else(|| Some(remembered?.branch.as_str()));
    let held = held(cx, branch, given)?;
    let remembered_id = remembered.and_then(|s| s.repository);
    let foreign = given.and_then(|t| token::other_key(t.reveal(), cx.keys()));
    if let Some(key) = foreign.filter(|_| held.is_none()) {
        return Err(access::other_key(key));
    }
    let mut rejection = None;
    let given_here = given.filter(|_| held.is_none());
    let mut claims = match given_here.map(|t| cx.claims_of(t)) {
        Some(Some(claims)) => match authority::judge(&claims, &Facts::at(cx.now).of(cx.identity()))
        {
            // With a branch it is told below that it is not for that one.
            Ok(_) if claims.is_operator() && request.branch.is_none() => {
                refuse_or_go_on(request, Rejection::NoSandbox, &mut rejection)?;
                None
            }
            Ok(_) => Some(claims),
            Err(why) => {
                refuse_or_go_on(request, why, &mut rejection)?;
                None
            }
        },
        Some(None) => {
            let why = given_here.map_or(Rejection::NotValid, |t| access::unopened(cx, t));
            refuse_or_go_on(request, why, &mut rejection)?;
            None
        }
        None => None,
    };
    if let (Some(named), Some(good)) = (&request.branch, &claims)
        && good.branch.as_ref() != Some(named)
    {
        return Err(Error::new(
            Kind::Auth,
            format!(
                "the token is not for {named}, but for {}",
                good.branch.as_deref().unwrap_or("an operator")
            ),
        )
        .hint("leave --branch out, or give that branch's token"));
    }
    let (makes_identity, key_elsewhere) = (Cell::new(false), Cell::new(false));
    let mut build = |attempt: &Attempt<'_>, untimed: bool, by_name: bool| {
        let mut opening = Opening::prepare(cx, request, attempt.advertisement)?;
        opening.untimed = untimed;
        if let (Some(branch), Some(token)) = (held, given) {
            access::check_remembered(cx, remembered_id)?;
            return opening.hold(branch, token);
        }
        if let (Some(good), Some(token)) = (&claims, given) {
            match opening.resume(good, token)? {
                Ok(plan) => return Ok(plan),
                Err(why) => {
                    refuse_or_go_on(request, why, &mut rejection)?;
                    claims = None;
                }
            }
        }
        opening.rejection = rejection;
        opening.by_name = by_name;
        makes_identity.set(opening.makes_identity());
        // Once a try has prepared a key, there is one here.
        key_elsewhere.set(key_elsewhere.get() || access::is_key_elsewhere(cx));
        opening.create(asked.as_deref())
    };
    let (mut untimed, mut by_name, mut moved) = (None, false, Vec::new());
    let mut report = loop {
        let published = publish::publish(cx, |attempt| {
            let plan = build(attempt, untimed.is_some(), by_name)?;
            Ok(base_first(plan, attempt.advertisement.is_atomic()))
        });
        match published.map(|done| (done.report, done.updates)) {
            Ok((None, base)) => one_by_one::take_note(&mut moved, base)?,
            // A server with an older hook may take the sandbox without the time of its
            // opening, and without an identity.
            Err(e) if opened::is_refused(&e) && untimed.is_none() => untimed = Some(e),
            Err(e) if e.kind() == Kind::Denied && makes_identity.get() && !by_name => {
                // A token that is bound to a refused identity is good for nothing there, so
                // the time may have been refused for that alone.
                (by_name, untimed) = (true, None);
            }
            Ok((Some(report), _)) => break report,
            Err(e) => return Err(one_by_one::after(&moved, opened::told(untimed, e))),
        }
    };
    report.base_created |= !moved.is_empty();
    report.message = welcome(&report);
    match cx.keep_keys() {
        Ok(true) if key_elsewhere.get() => cx.warn(format!(
            "aidf made a key ring for this machine, {}; tokens that another machine's ring sealed do not open with it: if this repository's tokens come from there, copy that ring, or work with `trust: holder`",
            cx.config.keys.ring.display()
        )),
        Ok(_) => {}
        Err(e) => cx.warn(format!(
            "the sandbox is open, but the key that sealed its token is lost, so nobody can check the token: {}",
            e.in_full()
        )),
    }
    if cx.store.has_commit(report.head) {
        let target = Target {
            branch: RefName::branch(&report.branch)?,
            token: None,
            claims: None,
            remembered: None,
        };
        base::remember(cx, &target, report.head, &[], Before::now());
    }
    let this = Session {
        branch: report.branch.clone(),
        reuse_token: report.reuse_token.clone(),
        repo_name: cx.repo_name.clone(),
        repository: cx.identity().id(),
        remote: Some(cx.remote.name().to_owned()),
        address: Some(cx.remote.address()),
        base: base_known(&report, before.as_ref()),
        closed: false,
        previous: Vec::new(),
    };
    if let Some(dir) = &request.worktree {
        let dir = cx.dir.join(dir);
        // The sandbox is open: what fails now must not hide its token.
        let added = cx
            .store
            .add_worktree(&dir, &report.branch, report.head)
            .and_then(|git_dir| session::add(&git_dir, this.clone(), None));
        match added {
            Ok(()) => report.worktree = Some(dir),
            Err(e) => {
                let why = e.causes().join(": ");
                cx.warn(format!(
                    "the sandbox is open, but {}: {why}; once that is mended: aidf sandbox init --reuse-token - --worktree {}",
                    e.message(),
                    words::shell_word(&dir.display().to_string())
                ));
            }
        }
    }
    // A worktree remembers its own; the clone keeps the one it had.
    if !cx.store.is_cache() && (report.worktree.is_none() || before.is_none()) {
        let git_dir = cx.store.git_dir();
        let kept = match before {
            Some(before) if request.worktree.is_some() => {
                session::add_earlier(git_dir, this, before)
            }
            before => session::add(git_dir, this, before),
        };
        // Nor must this: the token is nowhere else.
        if let Err(e) = kept {
            cx.warn(format!(
                "the sandbox is open, but the clone does not remember it ({}); keep the token, and come back with it: aidf sandbox init --reuse-token -",
                e.in_full()
            ));
        }
    }
    if let Some(why) = &report.token_rejected {
        cx.warn(format!(
            "the reuse token is rejected ({why}), so this is a new sandbox"
        ));
    }
    if report.base_created {
        cx.warn(format!(
            "the remote had no branch {}, so aidf made it from the default branch",
            report.base
        ));
    }
    Ok(report)
}

/// What a person reads.
fn welcome(report: &InitReport) -> String {
    let again = match (report.reused, report.from_archive) {
        (true, _) => "is yours again",
        (false, true) => "is back from its archive",
        (false, false) => "is ready",
    };
    format!(
        "Welcome! The sandbox {} of {} {again}.\nTo come back to it from anywhere, use this token:\n{}\nKeep this safe: whoever has it can write to your sandbox.",
        report.branch,
        report.repo_name,
        report.reuse_token.reveal()
    )
}

/// The plan; where the base comes with the sandbox, and the server cannot move two refs as one,
/// the base alone, without a report. A base without a sandbox does no harm: it is what the next
/// sandbox forks from.
fn base_first(plan: Plan<InitReport>, is_atomic: bool) -> Plan<Option<InitReport>> {
    match plan {
        Plan::Push(mut push) => match one_by_one::first_alone(&mut push.updates, is_atomic) {
            true => Plan::Push(Push {
                updates: push.updates,
                objects: push.objects,
                // Everybody may make it.
                token: None,
                report: None,
            }),
            false => Plan::Push(push).map(Some),
        },
        plan => plan.map(Some),
    }
}

/// The branch that a holder names: a machine that cannot open the token and leaves that to
/// the server. None where this machine decides itself.
///
/// Errors: usage, for a branch that is no sandbox, or without its token.
fn held<'r>(
    cx: &Context,
    branch: Option<&'r str>,
    given: Option<&Secret>,
) -> Result<Option<&'r str>> {
    let Some(branch) = branch else {
        return Ok(None);
    };
    if !names::is_sandbox(branch) {
        return Err(
            Error::new(Kind::Usage, format!("`{branch}` is not a sandbox's name"))
                .hint("give the whole name, such as --branch sandbox-emerald-hawk"),
        );
    }
    let Some(token) = given else {
        return Err(Error::new(
            Kind::Usage,
            format!("--branch {branch} needs that sandbox's token, and none was given"),
        )
        .hint("set AIDF_REUSE_TOKEN, or give --reuse-token - and the token on standard input"));
    };
    let here = cx.is_broker() && token::other_key(token.reveal(), cx.keys()).is_none();
    Ok(Some(branch).filter(|_| !here))
}

/// The branch that a sandbox was forked from: of a new one the base it has, of one that
/// was there before what is remembered of it.
fn base_known(report: &InitReport, before: Option<&Session>) -> Option<String> {
    match report.created {
        true => Some(report.base.clone()),
        false => before.and_then(|s| s.base_of(&report.branch).map(str::to_owned)),
    }
}

/// Says what stands in a worktree's way before anything is made.
fn check_worktree(cx: &Context, dir: &Path) -> Result<()> {
    if cx.store.is_cache() {
        return Err(Error::new(
            Kind::Usage,
            "--worktree needs a clone, and -R works without one",
        ));
    }
    let place = cx.dir.join(dir);
    let taken = place.is_file() || place.read_dir().is_ok_and(|mut d| d.next().is_some());
    if taken {
        return Err(Error::new(
            Kind::Usage,
            format!("{} is not an empty folder", dir.display()),
        )
        .hint("name a folder that does not exist yet"));
    }
    // Making something where the folder would be is the one sure way to know.
    let above = place.ancestors().find(|p| p.symlink_metadata().is_ok());
    match tempfile::tempdir_in(above.unwrap_or(&place)) {
        Ok(_) => Ok(()),
        Err(e) => Err(
            Error::new(Kind::Usage, format!("{} cannot be made", dir.display()))
                .caused_by(e)
                .hint("nothing was opened; name a folder that you may make"),
        ),
    }
}

fn refuse_or_go_on(
    request: &InitRequest,
    why: Rejection,
    rejection: &mut Option<Rejection>,
) -> Result<()> {
    if request.strict {
        return Err(rejected(why));
    }
    *rejection = Some(why);
    Ok(())
}
