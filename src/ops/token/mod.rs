//! Tokens by hand: issued for a sandbox or an operator, read, and revoked.

mod judge;
mod list;
pub(super) mod remembered;

pub use list::{Known, ListReport, ListRequest, TokenState, list};

use super::access::{self, rejected};
use super::publish::{self, Objects, Plan, Push};
use super::{identity, operator, revoked};
use crate::authority::{self, Rejection};
use crate::clock::{DAY, Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::hex;
use crate::git::{RefName, RefUpdate};
use crate::identity::{Identity, RepositoryId};
use crate::names;
use crate::ops::outcome::Reported;
use crate::ops::snapshot;
use crate::policy::pods::check_name;
use crate::revocations::ref_of;
use crate::secret::Secret;
use crate::token::{self, Claims, TokenKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The command that issues tokens, as the journal names it.
const ISSUE: &str = "token issue";

/// How long an operator's token lives where nothing else is said.
const OPERATOR_DAYS: i64 = 30;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IssueRequest {
    /// The sandbox it is for; none for an operator.
    pub branch: Option<String>,
    /// When it ends, counted from now.
    pub expires: Option<Period>,
    /// Whom it is given to.
    pub pod: Option<String>,
}

/// A token that was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct IssueReport {
    /// The repository it is good for.
    pub repo_name: String,
    /// The token itself.
    pub token: Secret,
    /// What it lets its holder do.
    pub kind: TokenKind,
    /// The sandbox; none for an operator.
    pub branch: Option<String>,
    /// Its id, for revoking it.
    pub token_id: String,
    /// When it ends; RFC 3339. None: when it is not used for too long.
    pub expires_at: Option<String>,
    /// One sentence.
    pub message: String,
}

/// Which token is looked at.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectRequest {
    /// The token.
    pub token: Secret,
}

/// What a token holds.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct InspectReport {
    /// The repository it was read for.
    pub repo_name: String,
    /// Whether it would be accepted now.
    pub valid: bool,
    /// Why not.
    pub rejected: Option<String>,
    /// What it lets its holder do.
    pub kind: Option<TokenKind>,
    /// The sandbox.
    pub branch: Option<String>,
    /// Its id.
    pub token_id: Option<String>,
    /// Whom it was given to.
    pub pod: Option<String>,
    /// RFC 3339.
    pub issued_at: Option<String>,
    /// When it ends, or ended, if nothing is written until then; RFC 3339.
    pub expires_at: Option<String>,
    /// True where it ends then whatever is written until then.
    #[serde(default)]
    pub expires_for_good: bool,
    /// One sentence.
    pub message: String,
    /// What to do about one that is rejected.
    #[serde(skip)]
    todo: Option<String>,
}

impl Reported for InspectReport {
    fn verdict(&mut self) -> Result<()> {
        match &self.rejected {
            None => Ok(()),
            Some(_) => Err(Error::new(Kind::Auth, self.message.clone()).hint(
                self.todo.take().unwrap_or_else(|| {
                    "issue another: aidf token issue --branch BRANCH".to_owned()
                }),
            )),
        }
    }
}

/// Which token is revoked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeRequest {
    /// The token, or its id.
    pub token: Secret,
    /// An operator's token, where the server asks for one.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
}

/// What was revoked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RevokeReport {
    /// The repository.
    pub repo_name: String,
    /// The token's id.
    pub token_id: String,
    /// The ref that says so.
    pub revocation: String,
    /// True where it was revoked before.
    pub unchanged: bool,
    /// One sentence.
    pub message: String,
}

/// Seals a token. Nothing is written but the key ring, should this be its first use; for
/// a sandbox's the policy is looked up, which may fail without harm.
///
/// Errors: usage, for what is no sandbox's name; denied, for a holder.
pub fn issue(cx: &Context, request: &IssueRequest) -> Result<IssueReport> {
    cx.note_request(request);
    if let Some(branch) = request.branch.as_deref().filter(|b| !names::is_sandbox(b)) {
        return Err(Error::new(
            Kind::Usage,
            format!("{branch} is not a sandbox, and a token for a branch opens only sandboxes"),
        )
        .hint(
            "name a branch such as sandbox-alice, or issue an operator's token with --operator",
        ));
    }
    request.pod.as_deref().map_or(Ok(()), check_name)?;
    let (now, pod) = (
        cx.now,
        request.pod.clone().or_else(|| cx.config.pod.clone()),
    );
    let kind = match request.branch {
        Some(_) => TokenKind::Sandbox,
        None => TokenKind::Operator,
    };
    // What can do more lives shorter.
    let expires = match (&request.expires, kind) {
        (Some(period), _) => Some(period.after(now).seconds()),
        (None, TokenKind::Operator) => Some(now.seconds() + OPERATOR_DAYS * DAY),
        (None, TokenKind::Sandbox) => None,
    };
    let expires = match kind {
        TokenKind::Operator => expires,
        // No token of a sandbox outlives what the policy gives those that init issues.
        TokenKind::Sandbox => {
            let most = longest(cx).map(|days| now.seconds() + i64::from(days) * DAY);
            expires.into_iter().chain(most).min()
        }
    };
    let id: [u8; 8] = cx.random();
    let claims = Claims {
        branch: request.branch.clone(),
        base: None,
        id: hex(&id),
        kind,
        repository: None,
        pod,
        issued: now.seconds(),
        expires,
    };
    let repo_name = cx.repo_name.clone();
    let keys = cx.keys_or_make()?;
    let claims = Claims {
        repository: bound_to(cx),
        ..claims
    };
    let key = keys
        .active()
        .ok_or_else(|| Error::new(Kind::Internal, "the key ring is empty"))?;
    let sealed = token::seal(&claims, key, &repo_name, cx.random());
    let message = match &request.branch {
        Some(branch) => format!("issued a token for {branch} of {repo_name}"),
        None => format!("issued an operator's token for {repo_name}"),
    };
    // By its id it can be found again, and revoked.
    cx.set_principal(&claims);
    cx.record(
        ISSUE,
        claims.branch.as_deref(),
        None,
        Ok(&format!("{message}: {}", claims.id)),
    );
    Ok(IssueReport {
        repo_name,
        token: Secret::new(sealed),
        kind,
        branch: claims.branch,
        token_id: claims.id,
        expires_at: expires.map(|e| Moment::from_seconds(e).rfc3339()),
        message,
    })
}

/// The identity of the repository; it is made if the remote has none. A token of a remote
/// that cannot be asked, or that takes no identity, is bound to the repository's name.
fn bound_to(cx: &Context) -> Option<RepositoryId> {
    match establish(cx) {
        Ok(identity) => identity.id(),
        Err(e) => {
            cx.warn(format!(
                "the token is bound to the name {} alone, which other repositories may have too: {}",
                cx.repo_name,
                e.in_full()
            ));
            None
        }
    }
}

/// The repository's identity; if the remote has none, it gets one.
///
/// Errors: denied, by the server; unavailable.
fn establish(cx: &Context) -> Result<Identity> {
    if let Identity::Is(_) = snapshot::identity(cx)? {
        return Ok(cx.identity());
    }
    publish::publish(cx, |_| {
        if cx.identity().id().is_some() {
            return Ok(Plan::Nothing(()));
        }
        let new = identity::make(cx)?;
        Ok(Plan::Push(Push {
            updates: vec![new.update],
            objects: Objects::These(new.objects),
            // Everybody may make it, and any token at hand may be another repository's.
            token: None,
            report: (),
        }))
    })?;
    Ok(cx.identity())
}

/// The days that the policy gives a sandbox's token.
fn longest(cx: &Context) -> Option<u32> {
    match snapshot::standing(cx) {
        Ok(standing) => standing.policy(cx).sandbox().token_days,
        Err(e) => {
            cx.warn(format!(
                "the policy could not be read, so its `token_days` is ignored: {}",
                e.in_full()
            ));
            None
        }
    }
}

/// Reads a token with the keys at hand, and looks whether the remote has it revoked.
///
/// Errors: auth, without a key; unavailable.
pub fn inspect(cx: &Context, request: &InspectRequest) -> Result<InspectReport> {
    needs_key(cx)?;
    let mut report = InspectReport {
        repo_name: cx.repo_name.clone(),
        valid: false,
        rejected: None,
        kind: None,
        branch: None,
        token_id: None,
        pod: None,
        issued_at: None,
        expires_at: None,
        expires_for_good: false,
        message: String::new(),
        todo: None,
    };
    let elsewhere = token::other_key(request.token.reveal(), cx.keys());
    // What opens here is looked up; what is then known to be another repository's is not told.
    let opened = cx.claims_of(&request.token);
    let refs = match opened {
        Some(_) => snapshot::listed(cx, &[])?,
        None => Vec::new(),
    };
    match opened.filter(|_| !access::is_foreign(cx, &request.token)) {
        None => {
            let why = || access::unopened(cx, &request.token).to_string();
            report.todo =
                elsewhere.and_then(|key| Some(access::other_key(key).hint_text()?.to_owned()));
            let elsewhere = elsewhere.map(|key| format!("it {}", access::sealed_elsewhere(key)));
            report.rejected = Some(elsewhere.unwrap_or_else(why));
        }
        Some(claims) => {
            let revocation = ref_of(&claims.id);
            let shown = refs.iter().any(|r| r.name == revocation);
            let judged = judge::judge(cx, &claims, shown, || judge::standing(cx))?;
            report.rejected = judged.rejected.map(|why| why.to_string());
            report.expires_for_good = authority::ends_for_good(&claims, judged.ends);
            report.kind = Some(claims.kind);
            report.branch = claims.branch;
            report.token_id = Some(claims.id);
            report.pod = claims.pod;
            report.issued_at = Some(Moment::from_seconds(claims.issued).rfc3339());
            report.expires_at = judged.ends.map(|e| Moment::from_seconds(e).rfc3339());
        }
    }
    report.valid = report.rejected.is_none();
    report.message = match (&report.rejected, &report.branch) {
        (Some(why), _) => format!("the token is rejected: {why}"),
        (None, Some(branch)) => format!("the token opens {branch}"),
        (None, None) => "the token is an operator's".to_owned(),
    };
    Ok(report)
}

/// Revokes a token, given itself or by its id, for good.
///
/// Errors: usage, for what is neither; auth, without a key or an operator's token; denied
/// by the server; unavailable.
pub fn revoke(cx: &Context, request: &RevokeRequest) -> Result<RevokeReport> {
    cx.note_request(request);
    let (given, operator) = (request.token.reveal(), request.reuse_token.as_ref());
    let is_id = given.len() == 16 && given.bytes().all(|b| b.is_ascii_hexdigit());
    let token_id = if is_id {
        given.to_ascii_lowercase()
    } else {
        needs_key(cx)?;
        let claims = cx.claims_of(&request.token);
        let not_valid = || {
            rejected(Rejection::NotValid).hint(
                "give the token as it was issued, or its id (16 hexadecimal digits); `aidf token list` shows the ids that are known here",
            )
        };
        let claims = match token::other_key(given, cx.keys()) {
            Some(key) => return Err(access::other_key(key)),
            None => claims.ok_or_else(|| match access::unopened(cx, &request.token) {
                Rejection::NotValid => not_valid(),
                why => rejected(why),
            })?,
        };
        snapshot::identity(cx)?;
        if access::is_foreign(cx, &request.token) {
            return Err(not_valid());
        }
        claims.id
    };
    let by_variable = cx.config.environment_token.as_ref();
    let issue = "give an operator's token; an operator issues it: aidf token issue --operator";
    let sent = match operator.or(by_variable).cloned() {
        // The key is enough, and the variable is there for writes.
        Some(token) if operator.is_none() && !cx.keys().is_empty() => {
            let claims = cx.claims_of(&token);
            claims.filter(token::Claims::is_operator).map(|_| token)
        }
        Some(token) => {
            operator::check(cx, &token, issue)?;
            Some(token)
        }
        None => {
            needs_key(cx)?;
            None
        }
    };
    let name = RefName::new(&ref_of(&token_id))?;
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let mut report = RevokeReport {
            repo_name: cx.repo_name.clone(),
            token_id: token_id.clone(),
            revocation: name.as_str().to_owned(),
            unchanged: advertisement.tip(name.as_str()).is_some(),
            message: format!("{token_id} was revoked already"),
        };
        if report.unchanged {
            return Ok(Plan::Nothing(report));
        }
        // A ref needs something to point at; the policy's commit is always there.
        let tip = snapshot::policy_tip(cx, advertisement)?.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("{} has no base branch yet", cx.remote.address()),
            )
            .hint("open a first sandbox with `aidf sandbox init`")
        })?;
        report.message = format!("revoked {token_id}");
        Ok(Plan::Push(Push {
            updates: vec![RefUpdate {
                name: name.clone(),
                old: None,
                new: Some(tip),
            }],
            objects: Objects::These(Vec::new()),
            token: sent.clone(),
            report,
        }))
    });
    cx.record(
        "token revoke",
        None,
        None,
        published.as_ref().map(|p| p.report.message.as_str()),
    );
    let report = published?.report;
    if is_id && !report.unchanged && !remembered::is_known(cx, &token_id).unwrap_or(true) {
        cx.warn(format!(
            "nothing here tells of a token with the id {token_id}, which is revoked now; if it was not issued elsewhere, look at the id: aidf token list"
        ));
    }
    // Should the ref be deleted later, it holds here still.
    revoked::remember(cx, &report.token_id);
    Ok(report)
}

fn needs_key(cx: &Context) -> Result<()> {
    if !cx.keys().is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Auth,
        "this machine has no key, and only a machine with the key can read and revoke tokens",
    )
    .hint("set AIDF_KEY_FILE, or run this on a machine that has the key"))
}
