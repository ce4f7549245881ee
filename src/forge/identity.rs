//! An identity at a forge: a token, or an App. An App's tokens are minted when they are
//! needed.

use crate::clock::Moment;
use crate::error::Result;
use crate::git::{FROM_APP, hide};
use crate::http::Http;
use crate::secret::Secret;
use std::fmt;
use std::sync::Arc;

/// Makes the short-lived tokens of an App.
pub(super) trait Mint: fmt::Debug + Send + Sync {
    /// A token for `purpose` that is still valid for some minutes.
    ///
    /// Errors: auth, denied, not_found, unavailable.
    fn token(&self, purpose: Purpose, http: &Http) -> Result<Secret>;

    /// The tokens in use, so that messages can hide them.
    fn minted(&self) -> Vec<Secret>;

    /// The login of the App itself, which may ask for its tokens and do little else.
    ///
    /// Errors: internal.
    fn itself(&self, now: Moment) -> Result<Auth>;
}

/// What a command does at a forge. An App asks only for the permissions that this needs.
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
    /// The sets of permissions to ask for, in order. If an App was not granted the first
    /// set, the next one is tried.
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
            // Reading uses the same login and needs less.
            Purpose::Push => &[
                &[("contents", "write"), ("metadata", "read")],
                &[("contents", "read"), ("metadata", "read")],
            ],
        }
    }
}

/// How a forge expects a token to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer`
    Bearer,
    /// `Authorization: token`
    Token,
    /// `PRIVATE-TOKEN`
    PrivateToken,
}

/// An identity, or no login.
#[derive(Debug, Clone)]
pub struct Auth {
    how: How,
    tried: String,
}

#[derive(Clone)]
enum How {
    None,
    Token(Scheme, Secret),
    App(Arc<dyn Mint>, Purpose),
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
    /// No login; `tried` says in messages where aidf looked for one.
    pub fn none(tried: &str) -> Auth {
        Auth {
            how: How::None,
            tried: tried.to_owned(),
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
    pub(super) fn app(tokens: Arc<dyn Mint>, purpose: Purpose) -> Auth {
        Auth {
            how: How::App(tokens, purpose),
            tried: FROM_APP.to_owned(),
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

    /// The login of the App itself; `None` if the identity is not an App.
    ///
    /// Errors: those of its key.
    pub(super) fn itself(&self, now: Moment) -> Option<Result<Auth>> {
        match &self.how {
            How::App(tokens, _) => Some(tokens.itself(now)),
            _ => None,
        }
    }

    /// The header that carries the login.
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

    /// `text` with our secrets removed, because a server may repeat them.
    pub(super) fn hide_in(&self, text: String) -> String {
        let secrets = match &self.how {
            How::None => Vec::new(),
            How::Token(_, secret) => vec![secret.reveal().to_owned()],
            How::App(tokens, _) => tokens
                .minted()
                .iter()
                .map(|s| s.reveal().to_owned())
                .collect(),
        };
        hide(text, &secrets)
    }
}
