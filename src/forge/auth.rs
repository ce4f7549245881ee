//! The login for a forge: a token of the environment that is meant for it, a GitHub App, or
//! a login from git's credential helpers.

use super::app::{AppTokens, ForgeLogins};
use super::identity::{Auth, Purpose, Scheme};
use super::settings::{ForgeSettings, Provider};
use super::target::{ForgeRepo, encode, is_own_host, known_host, leads_elsewhere, not_sent};
use crate::error::{Error, Kind, Result};
use crate::git::{Asked, FROM_URL, Family, Login, LoginSource, ask_helpers, how_to_name, token};
use crate::http::Http;
use crate::secret::Secret;
use crate::url::HttpUrl;
use std::sync::Arc;

/// How git's credential helpers are asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// Whether the helpers may ask the user in the terminal.
    pub interactive: bool,
    /// The environment that the helpers get, and how long aidf waits for them.
    pub http: &'a Http,
}

/// Finds the login for a target.
///
/// It tries, in this order: `AIDF_FORGE_TOKEN`, the login in the URL, the GitHub App, the
/// environment's tokens that are meant for this host, git's credential helpers. If the
/// settings put the API on another host, only `AIDF_FORGE_TOKEN` is sent there.
///
/// Errors: those of reading the App's key; auth, for an API on another host without a token
/// that is meant for it.
pub(super) fn find(
    settings: &ForgeSettings,
    provider: Provider,
    target: &ForgeRepo,
    api: &HttpUrl,
    named: bool,
    purpose: Purpose,
    asking: Asking<'_>,
) -> Result<Auth> {
    let scheme = scheme_of(provider, None);
    let web = &target.web;
    if leads_elsewhere(settings, api, web) {
        return match own_token(settings) {
            Some(login) => Ok(Auth::token(scheme, login.password, login.from)),
            None => Err(not_sent(api, web)),
        };
    }
    // The user sets this token to act as another identity than the remote's. So it comes
    // before every other login, and it is refused where it may not be sent.
    if let Some(login) = own_token(settings) {
        if !may_have_own(settings, web, named) {
            return Err(held_back(web));
        }
        return Ok(Auth::token(scheme, login.password, login.from));
    }
    if let Some(login) = of_url(web) {
        return Ok(Auth::token(scheme, login.password, login.from));
    }
    if known_host(web, settings) == Some(Provider::GitHub)
        && let Some(app) = &settings.github_app
    {
        let tokens = AppTokens::load(app, api.clone(), target.clone())?;
        return Ok(Auth::app(Arc::new(tokens), purpose));
    }
    if let Some(login) = of_family(settings, web) {
        return Ok(Auth::token(scheme, login.password, login.from));
    }
    // The helpers know the address of the forge itself, not of its API.
    let path = target.path().split('/').map(encode).collect::<Vec<_>>();
    if web.is_private()
        && let Ok(place) = web.with_path(&format!("/{}.git", path.join("/")))
        && let Asked::Login(login) = ask_helpers(&place, asking.interactive, asking.http)
    {
        let scheme = scheme_of(provider, Some(&login));
        return Ok(Auth::token(scheme, login.password, login.from));
    }
    Ok(Auth::none(
        "no login (there is none in AIDF_FORGE_TOKEN, in a token of this forge, or in git's credential helpers)",
    ))
}

/// How a forge expects a token; `kept` is the login of git's helpers that it is from.
pub(super) fn scheme_of(provider: Provider, kept: Option<&Login>) -> Scheme {
    match provider {
        Provider::GitHub | Provider::Bare => Scheme::Bearer,
        // A token that GitLab gives to git by OAuth is not a private token.
        Provider::GitLab if kept.is_some_and(|login| login.user == "oauth2") => Scheme::Bearer,
        Provider::GitLab => Scheme::PrivateToken,
        Provider::Gitea | Provider::Forgejo => Scheme::Token,
    }
}

/// The token of `AIDF_FORGE_TOKEN`.
pub(super) fn own_token(settings: &ForgeSettings) -> Option<Login> {
    token(&[], true, |name| settings.variable(name))
}

/// Whether `AIDF_FORGE_TOKEN` may be sent to the API of the forge at `web`.
pub(super) fn may_have_own(settings: &ForgeSettings, web: &HttpUrl, named: bool) -> bool {
    settings.api_url.is_some() || is_own_host(web, named, settings)
}

/// The login in the forge's address.
pub(super) fn of_url(web: &HttpUrl) -> Option<Login> {
    Some(Login {
        user: web.user().unwrap_or_default().to_owned(),
        password: Secret::new(web.password()?),
        from: FROM_URL,
    })
}

/// The environment's token for this kind of forge. It goes only to hosts that are known to run
/// that kind.
pub(super) fn of_family(settings: &ForgeSettings, web: &HttpUrl) -> Option<Login> {
    let known = known_host(web, settings);
    let of: Vec<Family> = known.and_then(Provider::family).into_iter().collect();
    token(&of, false, |name| settings.variable(name))
}

/// The error for a token that is not known to be meant for the remote's host.
fn held_back(web: &HttpUrl) -> Error {
    let host = web.authority();
    Error::new(
        Kind::Auth,
        format!("the token in the environment is not sent to {host}, because only this clone's own configuration names that host"),
    )
    .hint(how_to_name(&host))
}

/// The logins that the settings know for git's own connections. The settings also say for
/// which hosts the environment's token is meant.
pub fn logins_for_git(settings: &ForgeSettings) -> Arc<dyn LoginSource> {
    Arc::new(ForgeLogins::new(settings.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Http {
        let settings = |_: &HttpUrl| crate::http::HttpSettings::default();
        let clock = crate::clock::Clock::of_machine();
        Http::new(
            std::time::Duration::from_secs(30),
            crate::environment::Environment::default(),
            clock,
            settings,
        )
    }

    #[test]
    fn a_secret_is_not_shown() {
        let auth = Auth::token(Scheme::Bearer, Secret::new("s3cret-token"), "GH_TOKEN");
        assert!(!format!("{auth:?}").contains("s3cret"), "{auth:?}");
        assert_eq!(
            auth.hide_in("Bad header: Bearer s3cret-token".to_owned()),
            "Bad header: Bearer ***"
        );
    }

    #[test]
    fn what_is_meant_for_the_remote_goes_to_no_other_host() {
        use crate::git::Endpoint;
        use crate::url::parse_http;
        let found = |remote: &str, api: &str, set: &[(&'static str, &str)]| {
            let settings = ForgeSettings {
                api_url: Some(api.to_owned()),
                environment: set.iter().map(|(n, v)| (*n, v.to_string())).collect(),
                ..ForgeSettings::default()
            };
            let endpoint = Endpoint::parse(remote, std::path::Path::new("/")).unwrap();
            let target = ForgeRepo::of(&endpoint).unwrap();
            let (scheme, rest) = api.split_once("://").unwrap();
            let api = parse_http(scheme == "https", rest).unwrap();
            let provider = known_host(&target.web, &settings).unwrap_or(Provider::Gitea);
            let purpose = Purpose::Check;
            find(
                &settings,
                provider,
                &target,
                &api,
                false,
                purpose,
                Asking {
                    interactive: false,
                    http: &door(),
                },
            )
        };
        let job = [("GH_TOKEN", "gh"), ("GITHUB_TOKEN", "gh")];
        for api in [
            "https://api.github.com",
            "https://github.com/api/v3",
            "https://API.GitHub.com:8443",
            "http://127.0.0.1:9",
            "http://localhost:9",
        ] {
            let auth = found("git@github.com:o/r.git", api, &job).unwrap();
            assert_eq!(auth.tried(), "GH_TOKEN", "{api}");
        }
        for (remote, api) in [
            ("git@github.com:o/r.git", "https://git.example/api/v1"),
            (
                "git@github.com:o/r.git",
                "https://api.github.com.evil.example",
            ),
            ("git@github.com:o/r.git", "https://evilgithub.com"),
            ("git@github.com:o/r.git", "https://com"),
            ("git@github.com:o/r.git", "https://127.0.0.1.evil.example"),
            ("https://me:pw@git.example/o/r", "https://other.example"),
            ("https://10.0.0.1/o/r", "https://x.10.0.0.1"),
            ("git@example:o/r.git", "https://evil.example"),
        ] {
            let error = found(remote, api, &job).unwrap_err();
            assert_eq!(error.kind(), Kind::Auth, "{remote} {api}");
            assert!(error.hint_text().unwrap().contains("AIDF_FORGE_TOKEN"));
            assert!(!format!("{error:?}").contains("pw"), "{error:?}");
            let own = [("GH_TOKEN", "gh"), ("AIDF_FORGE_TOKEN", "own")];
            let auth = found(remote, api, &own).unwrap();
            assert_eq!(auth.tried(), "AIDF_FORGE_TOKEN");
            assert_eq!(auth.hide_in("own".to_owned()), "***");
        }
    }

    #[test]
    fn an_app_asks_for_no_more_than_the_command_takes() {
        let asks = |purpose: Purpose, name: &str| {
            purpose
                .permissions()
                .iter()
                .any(|set| set.iter().any(|(n, level)| *n == name && *level == "write"))
        };
        assert!(asks(Purpose::Protect, "administration"));
        for purpose in [Purpose::Check, Purpose::Propose, Purpose::Push] {
            assert!(!asks(purpose, "administration"), "{purpose:?}");
        }
        assert!(asks(Purpose::Push, "contents") && !asks(Purpose::Propose, "contents"));
    }
}
