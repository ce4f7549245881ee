//! What this machine knows of tokens: those at hand, those that were issued here, and the
//! revocations that it saw. No server keeps a list of tokens, so those that were given out
//! elsewhere are not in it.

use super::judge;
use super::remembered::{self, Issued, Remembered};
use crate::authority::Rejection;
use crate::clock::Moment;
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::git::CommitId;
use crate::names;
use crate::ops::outcome::Reported;
use crate::ops::snapshot::Standing;
use crate::token::{self, Claims, TokenKind};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

/// What is asked for: all of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListRequest {}

/// The tokens that this machine knows of.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListReport {
    /// The repository.
    pub repo_name: String,
    /// Each token: those at hand, then those that were issued here, then those that are only
    /// known as revoked. The token itself is never told.
    pub tokens: Vec<Known>,
    /// How many sandboxes on the remote have no token at hand; none if the remote could not
    /// be asked.
    pub sandboxes_without_token: Option<usize>,
    /// One sentence.
    pub message: String,
}

impl Reported for ListReport {}

/// What is known of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Known {
    /// Its id; none for one that no key here opens.
    pub token_id: Option<String>,
    /// What it lets its holder do, if that is known.
    pub kind: Option<TokenKind>,
    /// The sandbox.
    pub branch: Option<String>,
    /// Whom it was given to.
    pub pod: Option<String>,
    /// The key that sealed it; none for one that is not at hand.
    pub key_id: Option<String>,
    /// RFC 3339.
    pub issued_at: Option<String>,
    /// When it ends, or ended, if nothing is written until then; RFC 3339.
    pub expires_at: Option<String>,
    /// Whether it would be accepted now.
    pub state: TokenState,
    /// Whether the token itself is at hand.
    pub at_hand: bool,
    /// When its revocation was first seen here; RFC 3339.
    pub revoked_at: Option<String>,
}

/// Whether a token would be accepted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It would.
    Valid,
    /// It is past its end.
    Expired,
    /// It was not used for longer than the policy allows.
    Idle,
    /// It was revoked.
    Revoked,
    /// It is of another repository.
    OtherRepository,
    /// It is of the old format, and this repository has an identity by now.
    Unbound,
    /// The key that sealed it was retired.
    RetiredKey,
    /// The key that sealed it is not here, so nobody here can judge it.
    OtherKey,
    /// It is damaged.
    NotValid,
    /// It was issued here and is not at hand, so it cannot be judged.
    NotJudged,
}

impl From<Rejection> for TokenState {
    fn from(why: Rejection) -> TokenState {
        match why {
            // An authentic token is rejected so for its repository alone.
            Rejection::NotValid => TokenState::OtherRepository,
            Rejection::Expired => TokenState::Expired,
            Rejection::Idle => TokenState::Idle,
            Rejection::Revoked => TokenState::Revoked,
            Rejection::Unbound => TokenState::Unbound,
            Rejection::RetiredKey(_) => TokenState::RetiredKey,
            // An operator's token is good for what is not a sandbox.
            Rejection::NoSandbox => TokenState::Valid,
        }
    }
}

/// Lists the tokens that this machine knows of. A remote that cannot be asked is no failure:
/// what is here is judged without it.
///
/// Errors: auth, for a session that others can read; integrity.
pub fn list(cx: &Context, _request: &ListRequest) -> Result<ListReport> {
    let held = remembered::all(cx)?;
    let standing = unless_unreachable(cx, judge::standing(cx))?.flatten();
    // All in one, where each would ask on its own.
    let tips = tips_of(cx, &held, standing.as_deref());
    let fetched = cx.remote.fetch(&cx.store, &tips, false, &*cx.progress);
    let fetched = unless_unreachable(cx, fetched)?.is_some();
    let known = standing.as_deref().filter(|_| fetched);
    let revoked = revocations(cx);
    let mut tokens = Vec::new();
    for one in &held {
        tokens.push(look_at(cx, one, known, &revoked)?);
    }
    let mut ids: HashSet<String> = tokens.iter().filter_map(|t| t.token_id.clone()).collect();
    for one in remembered::issued(cx) {
        if ids.insert(one.id.clone()) {
            tokens.push(only_issued(one, known, &revoked));
        }
    }
    let mut others: Vec<(String, String)> = revoked.into_iter().collect();
    others.retain(|(id, _)| !ids.contains(id));
    others.sort_by(|a, b| (&b.1, &a.0).cmp(&(&a.1, &b.0)));
    tokens.extend(others.into_iter().map(only_revoked));
    let sandboxes_without_token = standing.as_deref().map(|s| without_token(s, &tokens));
    Ok(ListReport {
        message: sentence(&cx.repo_name, &tokens, sandboxes_without_token),
        repo_name: cx.repo_name.clone(),
        tokens,
        sandboxes_without_token,
    })
}

/// None, with a warning, for a remote that cannot be asked.
fn unless_unreachable<T>(cx: &Context, asked: Result<T>) -> Result<Option<T>> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(e) if [Kind::Unavailable, Kind::Auth, Kind::NotFound].contains(&e.kind()) => {
            cx.warn(format!(
                "the remote could not be asked, so tokens that it has revoked or that were not used for too long may be shown as valid: {}",
                e.in_full()
            ));
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// The tips of the sandboxes that the tokens open.
fn tips_of(cx: &Context, held: &[Remembered], standing: Option<&Standing>) -> Vec<CommitId> {
    let claims = held.iter().filter_map(|one| cx.claims_of(&one.token));
    let branches = claims.filter_map(|c| c.branch);
    branches
        .filter_map(|branch| standing?.tip_of(&branch))
        .collect()
}

/// The revocations that were seen from here, by token, and when each was first seen.
fn revocations(cx: &Context) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for memory in [cx.revocations_by_name(), cx.revocations()] {
        match memory.all() {
            Ok(all) => found.extend(all),
            Err(why) => cx.warn(why),
        }
    }
    found
}

/// What is known of a token at hand.
fn look_at(
    cx: &Context,
    one: &Remembered,
    standing: Option<&Standing>,
    revoked: &BTreeMap<String, String>,
) -> Result<Known> {
    let text = one.token.reveal();
    let mut known = Known {
        token_id: None,
        kind: None,
        branch: one.branch.clone(),
        pod: None,
        key_id: token::key_id(text).map(str::to_owned),
        issued_at: None,
        expires_at: None,
        state: unopened(cx, one),
        at_hand: true,
        revoked_at: None,
    };
    if let Some(claims) = cx.claims_of(&one.token) {
        let shown = standing.is_some_and(|s| s.revoked.contains(&claims.id));
        let standing = || Ok(standing.map(Cow::Borrowed));
        let judged = judge::judge(cx, &claims, shown, standing)?;
        let rfc3339 = |seconds: i64| Moment::from_seconds(seconds).rfc3339();
        known.state = judged.rejected.map_or(TokenState::Valid, TokenState::from);
        known.issued_at = Some(rfc3339(claims.issued));
        known.expires_at = judged.ends.map(rfc3339);
        known.revoked_at = revoked.get(&claims.id).cloned();
        let Claims {
            id,
            kind,
            branch,
            pod,
            ..
        } = claims;
        (known.token_id, known.kind, known.pod) = (Some(id), Some(kind), pod);
        known.branch = branch;
    }
    Ok(known)
}

/// The state of a token that cannot be opened.
fn unopened(cx: &Context, one: &Remembered) -> TokenState {
    let (text, ring) = (one.token.reveal(), cx.keys());
    if token::other_key(text, ring).is_some() {
        return TokenState::OtherKey;
    }
    if token::retired_key(text, ring).is_some() {
        return TokenState::RetiredKey;
    }
    match token::key_id(text).filter(|id| ring.get(id).is_some()) {
        // Tokens of the first format are sealed for a name.
        Some(_) if !one.is_ours => TokenState::OtherRepository,
        _ => TokenState::NotValid,
    }
}

fn only_issued(
    one: Issued,
    standing: Option<&Standing>,
    revoked: &BTreeMap<String, String>,
) -> Known {
    let shown = standing.is_some_and(|s| s.revoked.contains(&one.id));
    let revoked_at = revoked.get(&one.id).cloned();
    Known {
        kind: Some(match one.branch {
            Some(_) => TokenKind::Sandbox,
            None => TokenKind::Operator,
        }),
        branch: one.branch,
        pod: one.pod,
        key_id: None,
        issued_at: Some(one.time),
        expires_at: None,
        state: match shown || revoked_at.is_some() {
            true => TokenState::Revoked,
            false => TokenState::NotJudged,
        },
        at_hand: false,
        revoked_at,
        token_id: Some(one.id),
    }
}

fn only_revoked((id, time): (String, String)) -> Known {
    Known {
        token_id: Some(id),
        kind: None,
        branch: None,
        pod: None,
        key_id: None,
        issued_at: None,
        expires_at: None,
        state: TokenState::Revoked,
        at_hand: false,
        revoked_at: Some(time),
    }
}

/// How many sandboxes on the remote have no token at hand.
fn without_token(standing: &Standing, tokens: &[Known]) -> usize {
    let ours = tokens.iter();
    let ours = ours.filter(|t| t.at_hand && t.state != TokenState::OtherRepository);
    let ours: HashSet<&str> = ours.filter_map(|t| t.branch.as_deref()).collect();
    let names = standing.branches.iter().map(|(name, _)| name.as_str());
    names
        .filter(|name| names::is_sandbox(name) && !ours.contains(name))
        .count()
}

fn sentence(repo_name: &str, tokens: &[Known], without: Option<usize>) -> String {
    let held: Vec<&Known> = tokens.iter().filter(|t| t.at_hand).collect();
    let valid = held.iter().filter(|t| t.state == TokenState::Valid).count();
    let mut text = match held.len() {
        0 => format!("no token of {repo_name} is at hand"),
        n => format!(
            "{} of {repo_name} at hand, {valid} of them valid",
            words::count(n as u64, "token", "tokens")
        ),
    };
    let others = tokens.iter().filter(|t| !t.at_hand);
    let revoked = others.filter(|t| t.state == TokenState::Revoked).count();
    let issued = tokens.len() - held.len() - revoked;
    for (n, what) in [(issued, "issued here"), (revoked, "known as revoked")] {
        if n > 0 {
            let others = words::count(n as u64, "other is", "others are");
            text.push_str(&format!("; {others} {what}"));
        }
    }
    if let Some(without) = without.filter(|n| *n > 0) {
        text.push_str(&format!(
            "; {} on the remote without a token here",
            words::count(without as u64, "sandbox is", "sandboxes are")
        ));
    }
    text
}
