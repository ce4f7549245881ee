//! Who we are to a forge: a token of the environment that is meant for it, a GitHub App,
//! or what git's credential helpers know.

use super::app::{AppTokens, ForgeLogins};
use super::settings::{ForgeSettings, Provider};
use super::target::{Target, known_host};
use crate::error::Result;
use crate::git::wire::endpoint::HttpUrl;
use crate::git::{Family, LoginSource, ask_helpers, token};
use crate::http::Http;
use std::fmt;
use std::sync::Arc;

/// Text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text, for the one who sends it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a command does at a forge; an App asks for no more than that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reads the protection.
    Check,
    /// Changes the protection.
    Protect,
    /// Opens and approves proposals.
    Propose,
    /// Pushes with git.
    Push,
}

impl Purpose {
    /// The permissions of an App to ask for; where the first are not granted to it, the next.
    pub(super) fn permissions(self) -> &'static [&'static [(&'static str, &'static str)]] {
        match self {
            Purpose::Check => &[
                &[("administration", "read"), ("metadata", "read")],
                &[("metadata", "read")],
            ],
            Purpose::Protect => &[&[("administration", "write"), ("metadata", "read")]],
            Purpose::Propose => &[&[
                ("contents", "read"),
                ("metadata", "read"),
                ("pull_requests", "write"),
            ]],
            // Reading goes by the same login, and takes less.
            Purpose::Push => &[
                &[("contents", "write"), ("metadata", "read")],
                &[("contents", "read"), ("metadata", "read")],
            ],
        }
    }
}

/// How a forge takes a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer`
    Bearer,
    /// `Authorization: token`
    Token,
    /// `PRIVATE-TOKEN`
    PrivateToken,
}

/// An identity, or none.
#[derive(Debug, Clone)]
pub struct Auth {
    how: How,
    tried: String,
}

#[derive(Clone)]
enum How {
    None,
    Token(Scheme, Secret),
    App(Arc<AppTokens>, Purpose),
}

impl fmt::Debug for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::None => "None",
            How::Token(..) => "Token(***)",
            How::App(..) => "App",
        })
    }
}

impl Auth {
    /// No login.
    pub fn none() -> Auth {
        Auth {
            how: How::None,
            tried: "no login".to_owned(),
        }
    }

    /// A token; `from` says in messages where it came from.
    pub fn token(scheme: Scheme, secret: Secret, from: &str) -> Auth {
        Auth {
            how: How::Token(scheme, secret),
            tried: from.to_owned(),
        }
    }

    /// A GitHub App, whose tokens are minted when they are needed.
    pub(super) fn app(tokens: Arc<AppTokens>, purpose: Purpose) -> Auth {
        Auth {
            how: How::App(tokens, purpose),
            tried: "the GitHub App".to_owned(),
        }
    }

    /// Whether there is no login.
    pub fn is_none(&self) -> bool {
        matches!(self.how, How::None)
    }

    /// Where the login came from, for messages.
    pub fn tried(&self) -> &str {
        &self.tried
    }

    /// The App that we are, if we are one.
    pub(super) fn as_app(&self) -> Option<&AppTokens> {
        match &self.how {
            How::App(tokens, _) => Some(tokens),
            _ => None,
        }
    }

    /// The header that logs in.
    ///
    /// Errors: those of minting an App's token.
    pub(super) fn header(&self, http: &Http) -> Result<Option<(&'static str, String)>> {
        Ok(match &self.how {
            How::None => None,
            How::Token(Scheme::Bearer, s) => {
                Some(("Authorization", format!("Bearer {}", s.reveal())))
            }
            How::Token(Scheme::Token, s) => {
                Some(("Authorization", format!("token {}", s.reveal())))
            }
            How::Token(Scheme::PrivateToken, s) => Some(("PRIVATE-TOKEN", s.reveal().to_owned())),
            How::App(tokens, purpose) => {
                let secret = tokens.token(*purpose, http)?;
                Some(("Authorization", format!("Bearer {}", secret.reveal())))
            }
        })
    }

    /// `text` without our secrets, should a server repeat them.
    pub(super) fn hide_in(&self, text: String) -> String {
        let secrets = match &self.how {
            How::None => Vec::new(),
            How::Token(_, secret) => vec![secret.clone()],
            How::App(tokens, _) => tokens.minted(),
        };
        secrets
            .iter()
            .filter(|s| !s.reveal().is_empty())
            .fold(text, |text, s| text.replace(s.reveal(), "***"))
    }
}

/// Finds the login for a target.
///
/// In this order: what the URL holds, `AIDF_FORGE_TOKEN`, the GitHub App, the tokens of
/// the environment that are meant for this host, git's credential helpers.
///
/// Errors: those of reading the App's key.
pub(super) fn find(
    settings: &ForgeSettings,
    provider: Provider,
    target: &Target,
    api: &HttpUrl,
    purpose: Purpose,
    interactive: bool,
) -> Result<Auth> {
    let scheme = match provider {
        Provider::GitHub | Provider::Bare => Scheme::Bearer,
        Provider::GitLab => Scheme::PrivateToken,
        Provider::Gitea | Provider::Forgejo => Scheme::Token,
    };
    let web = &target.web;
    if let Some(password) = &web.password {
        return Ok(Auth::token(scheme, Secret::new(password), "the URL"));
    }
    // What is meant for one make of forge goes to hosts that are known to be one.
    let known = known_host(web, settings);
    let of: Vec<Family> = known.and_then(Provider::family).into_iter().collect();
    let login = token(&of, |name| settings.variable(name));
    let explicit = login.as_ref().is_some_and(|l| l.is_explicit());
    if !explicit
        && known == Some(Provider::GitHub)
        && let Some(app) = &settings.github_app
    {
        let tokens = AppTokens::load(app, api.clone(), target.clone())?;
        return Ok(Auth::app(Arc::new(tokens), purpose));
    }
    if let Some(login) = login {
        return Ok(Auth::token(scheme, Secret::new(login.password), login.from));
    }
    // The helpers know the forge's own address, not its API's.
    let place = HttpUrl {
        path: format!("/{}.git", target.path()),
        ..web.clone()
    };
    if web.is_private()
        && let Some(login) = ask_helpers(&place, interactive)
    {
        // What GitLab gives to git by OAuth is no private token.
        let scheme = match (provider, login.user.as_str()) {
            (Provider::GitLab, "oauth2") => Scheme::Bearer,
            _ => scheme,
        };
        return Ok(Auth::token(scheme, Secret::new(login.password), login.from));
    }
    let mut auth = Auth::none();
    auth.tried = "no login (neither AIDF_FORGE_TOKEN, nor a token of this forge, nor git's credential helpers had one)".to_owned();
    Ok(auth)
}

/// What the settings know of logins for git's own connections; none where they name
/// neither an App nor hosts.
pub fn logins_for_git(settings: &ForgeSettings) -> Option<Arc<dyn LoginSource>> {
    if settings.github_app.is_none() && settings.hosts.is_empty() {
        return None;
    }
    Some(Arc::new(ForgeLogins::new(settings.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

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
