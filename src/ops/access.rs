//! Which branch a write goes to, and whether it may.

use super::revoked;
use super::session::{self, Session};
use crate::authority::{self, Barrier, Facts, Grant, Rejection, Writer};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, RefName};
use crate::identity::{Identity, RepositoryId};
use crate::names;
use crate::ops::snapshot;
use crate::policy::Policy;
use crate::secret::Secret;
use crate::token::{self, Claims};
use crate::words;
use std::collections::BTreeMap;

/// What to do next if a sandbox is not on the remote.
pub(super) const OPEN_A_SANDBOX: &str = "open a sandbox with `aidf sandbox init`; with its token a sandbox that was archived comes back";

/// What to do instead of writing a protected branch.
pub(super) const PROPOSE_IT: &str =
    "open a sandbox with `aidf sandbox init`, commit there, and propose it from there";

/// What to do with a token that is rejected.
const ANOTHER_TOKEN: &str =
    "open a new sandbox with `aidf sandbox init`, or ask the operator for a token";

/// The branch to write and what was given to prove it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The branch.
    pub branch: RefName,
    /// The token, as it was given.
    pub token: Option<Secret>,
    /// What it holds, where aidf could open it.
    pub claims: Option<Claims>,
    /// The repository that the token is of, where the clone remembered it with the token.
    pub remembered: Option<RepositoryId>,
}

impl Target {
    /// The branch's short name.
    pub fn name(&self) -> &str {
        self.branch.short()
    }

    /// Whether the branch is a sandbox.
    pub fn is_sandbox(&self) -> bool {
        names::is_sandbox(self.name())
    }

    /// The policy as it binds this writer: a sandbox's token has the rules of its pod. Where
    /// aidf cannot open the token, the pod is the configured one, and the server's hook
    /// knows better.
    pub(super) fn bound(&self, cx: &Context, policy: Policy) -> Policy {
        let pod = match &self.claims {
            Some(claims) if claims.is_operator() => return policy,
            Some(claims) => claims.pod.as_deref(),
            None => cx.config.pod.as_deref(),
        };
        match self.is_sandbox() {
            true => policy.of_pod(pod),
            false => policy,
        }
    }
}

/// Chooses the branch: `--branch`, the token's, `DEFAULT_WRITE_BRANCH`,
/// `write.default_branch`, the clone's last sandbox, `main`.
///
/// With `-R`, an `AIDF_REUSE_TOKEN` that is of another repository is left aside. Where nothing
/// else says which branch is meant, it is rejected all the same.
///
/// Errors: auth, for a token that is rejected.
pub fn choose(cx: &Context, branch: Option<&str>, reuse_token: Option<&Secret>) -> Result<Target> {
    chosen(cx, branch, reuse_token, Purpose::Write)
}

/// As [`choose`], for a command that takes into the clone what others wrote: a token that has
/// ended leaves its sandbox to be read.
///
/// Errors: auth, for a token that is rejected for another reason.
pub fn choose_to_take(cx: &Context, branch: Option<&str>) -> Result<Target> {
    chosen(cx, branch, None, Purpose::Take)
}

/// As [`choose_to_take`], for a command that only reads: with a token of another repository,
/// and without anything else that names a branch, it is `main`.
///
/// Errors: auth, for a token that is rejected.
pub fn choose_to_read(cx: &Context, branch: Option<&str>) -> Result<Target> {
    chosen(cx, branch, None, Purpose::Read)
}

/// What a branch is chosen for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Take,
    Read,
}

fn chosen(
    cx: &Context,
    branch: Option<&str>,
    reuse_token: Option<&Secret>,
    purpose: Purpose,
) -> Result<Target> {
    let session = session::load(cx)?;
    let environment = cx.config.environment_token.as_ref();
    // The variable may be meant for the clone that the user stands in.
    let elsewhere = reuse_token.is_none()
        && cx.store.is_cache()
        && environment.is_some_and(|token| {
            let bound = cx.claims_of(token).is_some_and(|c| c.repository.is_some());
            if bound && let Err(e) = snapshot::identity(cx) {
                // Whatever comes next tells of a remote that does not answer.
                cx.progress.step(e.message());
            }
            // With its key here it would open if it were of this repository.
            is_foreign(cx, token) && token::other_key(token.reveal(), cx.keys()).is_none()
        });
    if elsewhere {
        cx.warn(format!(
            "AIDF_REUSE_TOKEN is no token of {}, and is not used",
            cx.repo_name
        ));
    }
    let given = reuse_token.or(environment.filter(|_| !elsewhere));
    let claims = given.map(|token| open_for(cx, token, purpose));
    let claims = claims.transpose()?.flatten();
    let from_token = claims.as_ref().and_then(|c| c.branch.clone());
    let name = branch.map(str::to_owned).or(from_token).or_else(|| {
        given
            .and(session.as_ref())
            .filter(|s| Some(&s.reuse_token) == given)
            .map(|s| s.branch.clone())
    });
    let name = match name {
        Some(name) => name,
        None if given.is_some() && claims.is_none() => {
            return Err(Error::new(
                Kind::Auth,
                "the token's branch cannot be read without the key that sealed it",
            )
            .hint("name the sandbox with --branch"));
        }
        None => match configured_or_open(cx, session.as_ref()) {
            Some(name) => name.clone(),
            None if elsewhere && purpose != Purpose::Read => {
                return Err(rejected(Rejection::NotValid));
            }
            None => "main".to_owned(),
        },
    };
    let branch = RefName::branch(&name)?;
    let of_session = session.as_ref().and_then(|s| s.repository);
    let remembered_id = given.map_or(of_session, |_| None);
    let (token, claims) = match given {
        Some(token) => (Some(token.clone()), claims),
        None => remembered(cx, session, &name, purpose)?,
    };
    if let Some(claims) = &claims {
        cx.set_principal(claims);
    }
    Ok(Target {
        branch,
        token,
        claims,
        remembered: remembered_id,
    })
}

/// The branch of a command that brings neither a branch nor a token.
fn configured_or_open<'a>(cx: &'a Context, session: Option<&'a Session>) -> Option<&'a String> {
    configured(cx).or(session.filter(|s| !s.closed).map(|s| &s.branch))
}

/// The branch that the environment or the configuration names.
fn configured(cx: &Context) -> Option<&String> {
    let environment = cx.config.environment_branch.as_ref();
    environment.or(cx.config.default_branch.as_ref())
}

/// The branch of a command that works on a sandbox; `named` says that its caller named it.
///
/// Errors: usage, for a branch that is no sandbox's.
pub(super) fn sandbox_only(cx: &Context, branch: &str, named: bool) -> Result<RefName> {
    if names::is_sandbox(branch) {
        return RefName::branch(branch);
    }
    Err(match (named, configured(cx)) {
        (false, None) => Error::new(Kind::Usage, "no sandbox is open here")
            .hint("open one with `aidf sandbox init`, or name one; see them with `aidf sandbox list`"),
        (false, Some(name)) if name == branch => not_a_sandbox(branch)
            .hint("DEFAULT_WRITE_BRANCH or `write.default_branch` names it; name a sandbox; see them with `aidf sandbox list`"),
        _ => not_a_sandbox(branch).hint("see them with `aidf sandbox list`"),
    })
}

fn not_a_sandbox(branch: &str) -> Error {
    Error::new(Kind::Usage, format!("`{branch}` is not a sandbox's name"))
}

/// The branch of a command that names none, as far as this machine can tell without asking
/// the remote; none where nothing says it.
///
/// Errors: auth, for a session that others can read.
pub(super) fn branch_at_hand(cx: &Context) -> Result<Option<String>> {
    if let Some(branch) = of_token(cx) {
        return Ok(Some(branch));
    }
    let session = session::load(cx)?;
    Ok(configured_or_open(cx, session.as_ref()).cloned())
}

/// The sandbox of a command that names none, as [`branch_at_hand`]; but a setting that names no
/// sandbox is about writes, and then the open one is meant.
///
/// Errors: usage, where there is none; auth, as above.
pub(super) fn sandbox_at_hand(cx: &Context) -> Result<RefName> {
    let session = session::load(cx)?;
    let at_hand = of_token(cx).or_else(|| configured_or_open(cx, session.as_ref()).cloned());
    let open = session.filter(|s| !s.closed).map(|s| s.branch);
    let named = match at_hand {
        Some(name) if names::is_sandbox(&name) => Some(name),
        other => open.or(other),
    };
    sandbox_only(cx, named.as_deref().unwrap_or("main"), false)
}

/// The command that takes a branch's tip into the working files. It names the branch unless
/// that is the one which it takes by itself.
pub(super) fn pull_command(cx: &Context, branch: &str) -> String {
    let at_hand = branch_at_hand(cx).ok().flatten();
    match at_hand.is_some_and(|own| own == branch && names::is_sandbox(branch)) {
        true => "aidf sandbox pull".to_owned(),
        false => format!("aidf sandbox pull {}", words::shell_word(branch)),
    }
}

/// The branch that the token of the environment names.
fn of_token(cx: &Context) -> Option<String> {
    let token = cx.config.environment_token.as_ref()?;
    cx.claims_of(token)?.branch
}

/// The branch that a sandbox was forked from: as its token says, or this clone remembers;
/// else the configured base.
///
/// Errors: auth, for a session that others can read.
pub fn base_of(cx: &Context, target: &Target) -> Result<String> {
    let claims = target.claims.as_ref();
    base_in(cx, session::load(cx)?.as_ref(), target.name(), claims)
}

/// As [`base_of`], for a sandbox by its name: what this clone knows of it.
///
/// Errors: auth, for a session that others can read.
pub fn base_of_branch(cx: &Context, branch: &RefName) -> Result<String> {
    base_known(cx, session::load(cx)?.as_ref(), branch.short())
}

/// The sandboxes that this clone has opened, each with the branch that it was forked from.
///
/// Errors: auth, for a session that others can read.
pub fn known_bases(cx: &Context) -> Result<BTreeMap<String, String>> {
    let session = session::load(cx)?;
    let branches = session.iter().flat_map(Session::branches);
    let bases = branches.map(|b| Ok((b.to_owned(), base_known(cx, session.as_ref(), b)?)));
    bases.collect()
}

fn base_known(cx: &Context, session: Option<&Session>, branch: &str) -> Result<String> {
    let token = session.and_then(|s| s.token_of(branch));
    // A token that opens no more still leaves its sandbox to be looked at.
    let claims = token.and_then(|t| open(cx, t).ok()).flatten();
    base_in(cx, session, branch, claims.as_ref())
}

fn base_in(
    cx: &Context,
    session: Option<&Session>,
    branch: &str,
    claims: Option<&Claims>,
) -> Result<String> {
    if let Some(claims) = claims
        && claims.branch.as_deref() == Some(branch)
        && let Some(base) = &claims.base
    {
        return Ok(RefName::branch(base)?.short().to_owned());
    }
    let known = session.and_then(|s| s.base_of(branch));
    Ok(known.unwrap_or(&cx.config.base).to_owned())
}

/// The branch's tip.
///
/// Errors: not_found.
pub fn tip_of(cx: &Context, advertisement: &Advertisement, target: &Target) -> Result<CommitId> {
    let tip = advertisement.branch(target.name());
    tip.ok_or_else(|| no_sandbox(cx, target.name()))
}

/// The error for a sandbox that is not on the remote, for its holder.
pub(super) fn no_sandbox(cx: &Context, branch: &str) -> Error {
    let error = no_branch(cx, branch);
    match two_places(cx) {
        Some(_) => error,
        None => error.hint(OPEN_A_SANDBOX),
    }
}

/// The error for a branch that is not on the remote, for a reader who may look for another.
pub(super) fn no_branch(cx: &Context, branch: &str) -> Error {
    let place = cx.remote.read_address();
    let none = Error::new(Kind::NotFound, format!("{place} has no branch {branch}"));
    match two_places(cx) {
        Some(why) => none.hint(why),
        None => none.hint("see the sandboxes with `aidf sandbox list`"),
    }
}

/// What to do if a branch is missing where it is read, though it may have been written: the
/// remote's two addresses lead to two repositories.
pub(super) fn two_places(cx: &Context) -> Option<String> {
    (!cx.remote.reads_where_it_writes()).then(|| {
        format!(
            "aidf reads from {} and writes to {}; they have to be one repository: let the url and the pushurl of {} lead to the same one",
            cx.remote.read_address(),
            cx.remote.address(),
            cx.remote.name()
        )
    })
}

fn remembered(
    cx: &Context,
    session: Option<Session>,
    branch: &str,
    purpose: Purpose,
) -> Result<(Option<Secret>, Option<Claims>)> {
    match session.as_ref().and_then(|s| s.token_of(branch)) {
        Some(token) => Ok((Some(token.clone()), open_for(cx, token, purpose)?)),
        None => Ok((None, None)),
    }
}

/// Opens a token, where aidf decides; a holder's is carried as it is (`None`).
///
/// Errors: auth.
pub(super) fn open(cx: &Context, token: &Secret) -> Result<Option<Claims>> {
    if !cx.is_broker() {
        return Ok(None);
    }
    if let Some(key) = token::other_key(token.reveal(), cx.keys()) {
        return Err(other_key(key));
    }
    let claims = cx
        .claims_of(token)
        .ok_or_else(|| rejected(unopened(cx, token)))?;
    judged(cx, &claims).map_err(rejected)?;
    Ok(Some(claims))
}

/// Why a token is rejected that no key here opens.
pub(super) fn unopened(cx: &Context, token: &Secret) -> Rejection {
    authority::unopened(token.reveal(), cx.keys())
}

/// The same. Who only reads may do so with a token that has ended, and is told.
fn open_for(cx: &Context, token: &Secret, purpose: Purpose) -> Result<Option<Claims>> {
    if purpose != Purpose::Write
        && cx.is_broker()
        && let Some(claims) = cx.claims_of(token)
        && let Err(why @ (Rejection::Expired | Rejection::Idle)) = judged(cx, &claims)
    {
        warn_of_end(cx, why);
        return Ok(Some(claims));
    }
    open(cx, token)
}

/// Judges a token by what is known before the remote was asked.
fn judged(cx: &Context, claims: &Claims) -> std::result::Result<Grant, Rejection> {
    authority::judge(claims, &Facts::at(cx.now).of(cx.identity()))
}

/// Says that a token writes nothing any more, to somebody who only reads.
pub(super) fn warn_of_end(cx: &Context, why: Rejection) {
    cx.warn(format!(
        "the reuse token is rejected: {why}; the sandbox can be read, and is written again with a new token from the operator (aidf token issue)"
    ));
}

/// Whether aidf decides about tokens here, and this one opens nothing, or is known to be of
/// another repository.
pub(super) fn is_foreign(cx: &Context, token: &Secret) -> bool {
    cx.is_broker()
        && cx
            .claims_of(token)
            .is_none_or(|claims| authority::is_foreign(&claims, cx.identity()))
}

/// Whether the ring that seals this repository's tokens is on another machine, as far as is
/// known: whoever opened the first sandbox has it, and there is no key here.
pub(super) fn is_key_elsewhere(cx: &Context) -> bool {
    cx.keys().is_empty() && cx.identity().id().is_some()
}

/// What is to be said of a token whose key is on another machine.
pub(super) fn sealed_elsewhere(key: &str) -> String {
    format!("was sealed with the key {key}, and that key is not on this machine")
}

/// The error for a token whose key is on another machine.
pub(super) fn other_key(id: &str) -> Error {
    Error::new(
        Kind::Auth,
        format!("the reuse token {}", sealed_elsewhere(id)),
    )
    .hint("copy the key ring (keys.json) of the machine that issued the token, or give that key in AIDF_KEY; where the server checks tokens, no key is needed: aidf sandbox init --branch BRANCH --reuse-token - (with `trust: holder` in the configuration, where this machine has keys of its own); for a new sandbox: aidf sandbox init --force-new")
}

/// The same error for a command that an operator's token is given to: a sandbox of one's own
/// would not help.
pub(super) fn as_operator(error: Error) -> Error {
    match error.hint_text() == Some(ANOTHER_TOKEN) {
        true => error.hint(
            "this takes an operator's token; an operator issues one: aidf token issue --operator",
        ),
        false => error,
    }
}

/// The error for a rejected token: the same words whatever was wrong with it.
pub fn rejected(why: Rejection) -> Error {
    Error::new(Kind::Auth, format!("the reuse token is rejected: {why}")).hint(ANOTHER_TOKEN)
}

/// Whether a branch is the remote's default one, which is always protected.
///
/// Errors: unavailable: what cannot be known is not let through.
fn is_default(cx: &Context, branch: &str) -> Result<bool> {
    // What the clone knows may be out of date: where it names another, the remote is asked.
    if snapshot::default_branch(cx)?.as_deref() == Some(branch) {
        return Ok(true);
    }
    match snapshot::ask_default_branch(cx) {
        Ok(name) => Ok(name == branch),
        Err(e) if e.kind() == Kind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Refuses a token that the clone remembers of another repository than the one that answers:
/// its server must not get it. `of` is the repository that it was remembered with.
///
/// Errors: auth.
pub(super) fn check_remembered(cx: &Context, of: Option<RepositoryId>) -> Result<()> {
    match (of, cx.identity()) {
        (Some(of), Identity::Is(id)) if of != id => Err(Error::new(
            Kind::Auth,
            format!(
                "{} is another repository than the one that this clone's sandbox is of",
                cx.remote.address()
            ),
        )
        .hint("nothing was sent; check the address with `git remote -v`, or open a sandbox there with `aidf sandbox init --force-new`")),
        _ => Ok(()),
    }
}

/// Refuses a write that the policy, the token or the rules of its pod do not allow. The
/// policy as it binds this writer.
///
/// `command` is what is being done, as it is typed. `last_write` is the time of the branch's
/// tip, in seconds since 1970. Errors: denied, auth.
pub(super) fn authorise(
    cx: &Context,
    target: &Target,
    policy: Policy,
    command: &str,
    advertisement: &Advertisement,
    last_write: i64,
) -> Result<Policy> {
    let branch = target.name();
    if target.token.is_some() {
        check_remembered(cx, target.remembered)?;
    }
    let policy = &target.bound(cx, policy);
    let writer = match (&target.claims, &target.token) {
        (Some(claims), _) => {
            let facts = Facts {
                revoked: revoked::is_revoked(cx, advertisement, &claims.id),
                tip: Some(last_write),
                ..Facts::at(cx.now).of(cx.identity()).under(policy)
            };
            authority::judge(claims, &facts).map_err(rejected)?;
            if claims.repository.is_none() && cx.identity().id().is_some() {
                cx.warn(format!(
                    "the token of {branch} is of the old format, which names the repository without its identity; replace it: aidf token issue --branch {branch}"
                ));
            }
            Writer::Holder(claims)
        }
        (None, Some(_)) => Writer::Bearer,
        (None, None) => Writer::Nobody,
    };
    let barrier = authority::may_write(writer, branch, policy, || is_default(cx, branch))?;
    barrier.map_err(|barrier| match barrier {
        Barrier::OtherBranch => {
            Error::new(Kind::Denied, format!("the token is for another branch than {branch}"))
                .hint("leave --branch out to write the token's own sandbox, or open one with `aidf sandbox init`")
        }
        Barrier::Protected => Error::new(
            Kind::Denied,
            format!("{branch} is protected and is not written directly"),
        )
        .hint(PROPOSE_IT),
        Barrier::NoToken => {
            Error::new(Kind::Auth, format!("{branch} is written with its reuse token alone, and none was given"))
                .hint("set AIDF_REUSE_TOKEN, or give --reuse-token - and the token on standard input, or open a sandbox of your own with `aidf sandbox init`")
        }
    })?;
    let pod = policy.pod();
    pod.check_use(Some(command), &cx.repo_name, branch)?;
    Ok(policy.clone())
}
