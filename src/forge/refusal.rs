//! A forge's refusals as our errors: the kind, the words, and what the user can do. Pure.

use super::answer::Answer;
use crate::error::{Error, Kind};
use std::fmt;

/// Why a forge refused, for callers that must tell refusals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The login is wrong, or there is none.
    Login,
    /// The login may not do this.
    Permission,
    /// The owner's plan does not include this.
    Plan,
    /// It does not exist, or the login may not see it.
    Missing,
    /// Something is in the way, or has changed meanwhile.
    Conflict,
    /// The forge does not accept the request.
    Invalid,
    /// Nobody may approve their own proposal.
    OwnProposal,
    /// There were too many requests.
    Limited,
    /// The resource is at another address.
    Moved,
    /// The forge failed.
    Broken,
}

/// A forge's refusal; the cause of the error that reports it.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Why.
    pub reason: Reason,
    /// The forge's own words.
    pub said: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.said.as_str() {
            "" => write!(f, "status {}", self.status),
            said => f.write_str(said),
        }
    }
}

impl std::error::Error for Refusal {}

/// Why the forge refused, if a refusal is the cause of `error`.
pub fn reason(error: &Error) -> Option<Reason> {
    error.cause::<Refusal>().map(|r| r.reason)
}

/// The HTTP status of the refusal, if a refusal is the cause of `error`.
pub fn status(error: &Error) -> Option<u16> {
    error.cause::<Refusal>().map(|r| r.status)
}

/// Whether the owner's plan does not include what was asked for.
pub fn is_plan_limit(error: &Error) -> bool {
    reason(error) == Some(Reason::Plan)
}

/// `error` with `more` added to its message, such as what was done before it.
pub fn saying_also(error: Error, more: &str) -> Error {
    let mut told = Error::new(error.kind(), format!("{}; {more}", error.message()))
        .retryable(error.is_retryable());
    if let Some(hint) = error.hint_text() {
        told = told.hint(hint);
    }
    match error.cause::<Refusal>() {
        Some(refusal) => told.caused_by(refusal.clone()),
        None => match error.causes() {
            none if none.is_empty() => told,
            causes => told.caused_by(anyhow::anyhow!(causes.join(": "))),
        },
    }
}

/// The request, for messages.
pub(super) struct Call<'c> {
    pub forge: &'static str,
    pub method: &'static str,
    pub path: &'c str,
    /// The permission that the request needs, in the forge's words.
    pub needs: &'static str,
    /// Where the tried logins came from.
    pub login: &'c str,
    pub had_login: bool,
}

impl Call<'_> {
    fn what(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A redirect that is not followed.
pub(super) fn redirected(call: &Call, status: u16) -> Error {
    Error::new(
        Kind::Unavailable,
        format!(
            "{} redirects {} elsewhere, and aidf does not follow",
            call.forge,
            call.what()
        ),
    )
    .hint("the repository may have been renamed: correct the remote's address, or forge.api_url")
    .retryable(false)
    .caused_by(Refusal {
        status,
        reason: Reason::Moved,
        said: String::new(),
    })
}

/// The error for an answer that is not a success.
pub(super) fn error(call: &Call, answer: &Answer) -> Error {
    let (forge, what) = (call.forge, call.what());
    let said = answer.said.to_ascii_lowercase();
    let (reason, error) = match answer.status {
        _ if is_own(&said) => (
            Reason::OwnProposal,
            Error::new(
                Kind::Denied,
                format!("{forge} does not let authors approve their own proposals"),
            )
            .hint("approve as a second identity: set AIDF_APPROVER_TOKEN to its token"),
        ),
        401 if call.had_login => (
            Reason::Login,
            Error::new(Kind::Auth, format!("{forge} refused the login for {what}")).hint(format!(
                "tried: {}; check that the token is not expired or revoked, and is for this server; it needs {}",
                call.login, call.needs
            )),
        ),
        401 => (
            Reason::Login,
            Error::new(Kind::Auth, format!("{forge} requires a login for {what}")).hint(format!(
                "tried: {}; set AIDF_FORGE_TOKEN to a token with {}",
                call.login, call.needs
            )),
        ),
        // Gitea answers 403 for something that exists already; the others answer 422.
        403 | 422 if said.contains("already exist") => (
            Reason::Conflict,
            Error::new(Kind::Conflict, format!("{forge} has that already: {what}")),
        ),
        402 => (Reason::Plan, plan_limit(forge, &what)),
        403 if said.contains("upgrade to github")
            || said.contains("make this repository public")
            || said.contains("upgrade your plan") =>
        {
            (Reason::Plan, plan_limit(forge, &what))
        }
        403 if answer.header("x-github-sso").is_some() => (
            Reason::Permission,
            Error::new(
                Kind::Auth,
                format!("{forge} requires that the token is authorised for the organisation's single sign-on"),
            )
            .hint("authorise it under Settings, Developer settings, Tokens, Configure SSO"),
        ),
        403 => {
            let needs = answer
                .header("x-accepted-github-permissions")
                .filter(|p| !p.trim().is_empty())
                .map(permissions)
                .unwrap_or_else(|| call.needs.to_owned());
            (
                Reason::Permission,
                Error::new(
                    Kind::Denied,
                    format!("{forge} forbids {what}: this needs {needs}"),
                )
                .hint(match call.had_login {
                    true => format!("the login is from {}; give it {needs}", call.login),
                    false => format!("set AIDF_FORGE_TOKEN to a token with {needs}"),
                }),
            )
        }
        404 | 410 => (
            Reason::Missing,
            Error::new(Kind::NotFound, format!("{forge} has nothing at {}, or does not show it to this login", call.path)).hint(
                format!(
                    "for a private repository, a login without the permission ({}) gets the same answer; the login is from {}",
                    call.needs, call.login
                ),
            ),
        ),
        405 | 409 => (
            Reason::Conflict,
            Error::new(Kind::Conflict, format!("{forge} cannot do {what} in the present state")),
        ),
        400 | 413..=415 | 422 => (
            Reason::Invalid,
            Error::new(Kind::Usage, format!("{forge} does not accept {what}")),
        ),
        451 => (
            Reason::Permission,
            Error::new(Kind::Denied, format!("{forge} blocks this repository")),
        ),
        500..=599 => (
            Reason::Broken,
            Error::new(
                Kind::Unavailable,
                format!("{forge} had an internal error ({}) at {what}", answer.status),
            )
            .hint("try again later"),
        ),
        other => (
            Reason::Broken,
            Error::new(
                Kind::Unavailable,
                format!("{forge} answered {what} with the unexpected status {other}"),
            )
            .retryable(false),
        ),
    };
    error.caused_by(Refusal {
        status: answer.status,
        reason,
        said: answer.said.clone(),
    })
}

/// GitHub and Gitea say this in words; GitLab only answers 401.
fn is_own(said: &str) -> bool {
    said.contains("approve your own") || said.contains("reject your own pull is not allowed")
}

fn plan_limit(forge: &str, what: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!(
            "the owner's {forge} plan does not have this protection for this repository ({what})"
        ),
    )
    .hint("upgrade the plan, make the repository public, or keep it on your own server")
}

/// `administration=write,contents=read; metadata=read` in words.
fn permissions(header: &str) -> String {
    let words = |set: &str| {
        set.split(',')
            .map(|p| p.trim().replacen('=', ": ", 1))
            .collect::<Vec<_>>()
            .join(" and ")
    };
    let all: Vec<String> = header.split(';').map(words).collect();
    format!("`{}`", all.join("` or `"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::answer::words;
    use serde_json::{Value, json};

    fn told(status: u16, headers: &[(&str, &str)], body: Value) -> Error {
        let answer = Answer {
            status,
            said: words(&body),
            json: body,
            headers: headers
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect(),
        };
        let call = Call {
            forge: "GitHub",
            method: "POST",
            path: "/repos/o/r/rulesets",
            needs: "`administration: write`",
            login: "GH_TOKEN",
            had_login: true,
        };
        error(&call, &answer)
    }

    #[test]
    fn every_refusal_has_its_kind() {
        let plan = json!({"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."});
        for (status, body, kind, reason) in [
            (
                401,
                json!({"message": "Bad credentials"}),
                Kind::Auth,
                Reason::Login,
            ),
            (
                403,
                json!({"message": "Resource not accessible"}),
                Kind::Denied,
                Reason::Permission,
            ),
            (403, plan, Kind::Denied, Reason::Plan),
            (
                404,
                json!({"message": "Not Found"}),
                Kind::NotFound,
                Reason::Missing,
            ),
            (405, json!({}), Kind::Conflict, Reason::Conflict),
            (409, json!({}), Kind::Conflict, Reason::Conflict),
            (
                422,
                json!({"message": "Validation Failed"}),
                Kind::Usage,
                Reason::Invalid,
            ),
            (
                422,
                json!({"errors": ["Can not approve your own pull request"]}),
                Kind::Denied,
                Reason::OwnProposal,
            ),
            (
                422,
                json!({"errors": [{"message": "A pull request already exists for o:b."}]}),
                Kind::Conflict,
                Reason::Conflict,
            ),
            (
                403,
                json!({"message": "Branch protection already exist"}),
                Kind::Conflict,
                Reason::Conflict,
            ),
            (500, Value::Null, Kind::Unavailable, Reason::Broken),
            (418, Value::Null, Kind::Unavailable, Reason::Broken),
        ] {
            let error = told(status, &[], body);
            assert_eq!(error.kind(), kind, "{status}");
            assert_eq!(super::reason(&error), Some(reason), "{status}");
            assert_eq!(super::status(&error), Some(status));
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let error = told(
            403,
            &[(
                "x-accepted-github-permissions",
                "administration=write,contents=read; metadata=read",
            )],
            json!({"message": "Resource not accessible by integration"}),
        );
        assert!(
            error
                .message()
                .contains("`administration: write and contents: read` or `metadata: read`"),
            "{error}"
        );
        let error = told(403, &[], json!({"message": "no"}));
        assert!(
            error.message().contains("`administration: write`"),
            "{error}"
        );
    }

    #[test]
    fn the_forges_words_are_flattened() {
        assert_eq!(
            words(&json!({"message": "Validation Failed", "errors": [
                {"resource": "Ruleset", "field": "name", "code": "taken"},
                {"message": "two"}, "three"], "documentation_url": "https://x"})),
            "Validation Failed; code taken, field name, resource Ruleset; two; three"
        );
        assert_eq!(
            words(&json!({"message": {"name": ["is taken"]}})),
            "name is taken"
        );
        assert_eq!(words(&json!({"error": "403 Forbidden"})), "403 Forbidden");
        assert_eq!(words(&json!(["a", "b"])), "a; b");
        assert_eq!(words(&json!({})), "");
    }
}
