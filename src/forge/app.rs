//! A GitHub App: its JWT, and the short-lived tokens of its installation.

use super::Client;
use super::identity::{Auth, Mint, Purpose, Scheme};
use super::refusal::status;
use super::settings::{ForgeSettings, GitHubAppFile, Provider};
use super::target::{
    ForgeRepo, api_base, encode, is_own_host, known_host, leads_elsewhere, not_sent,
};
use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{Endpoint, FROM_APP, Family, Login, LoginSource, token};
use crate::http::Http;
use crate::keys::read_private;
use crate::mutex::locked;
use crate::secret::Secret;
use crate::url::HttpUrl;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::{Arc, Mutex};
use ureq::tls::PrivateKey;

/// A new token is minted when the old one has fewer seconds left than this.
const LEAST_LEFT: i64 = 300;

/// An App's id and private key.
pub struct App {
    id: u64,
    key: RsaKeyPair,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Reads the key's file.
    ///
    /// Errors: usage, for a file that holds no RSA key; auth, for one that others can read.
    pub fn load(file: &GitHubAppFile) -> Result<App> {
        let path = &file.private_key_file;
        let pem = read_private(path, || {
            format!(
                "the GitHub App's private key {} cannot be read",
                path.display()
            )
        })?;
        App::new(file.id, pem.as_bytes()).ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!("{} contains no RSA private key in PEM form", path.display()),
            )
            .hint("download one in the App's settings under Private keys; it must not have a passphrase")
        })
    }

    /// An App from a key in PEM form (PKCS#1 or PKCS#8); `None` for anything else.
    pub fn new(id: u64, pem: &[u8]) -> Option<App> {
        let key = PrivateKey::from_pem(pem).ok()?;
        let pair = RsaKeyPair::from_pkcs8(key.der()).or_else(|_| RsaKeyPair::from_der(key.der()));
        Some(App {
            id,
            key: pair.ok()?,
        })
    }

    /// The JWT with which the App itself logs in. It is valid for less than ten minutes.
    ///
    /// Errors: internal.
    pub fn jwt(&self, now: i64) -> Result<Secret> {
        // Issued a minute ago, because the clocks may differ a little.
        let claims = json!({"iat": now - 60, "exp": now + 540, "iss": self.id.to_string()});
        let head = json!({"alg": "RS256", "typ": "JWT"});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&head), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .map_err(|_| Error::new(Kind::Internal, "the GitHub App's key could not sign"))?;
        Ok(Secret::new(format!(
            "{text}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }
}

struct Minted {
    purpose: Purpose,
    secret: Secret,
    expires: i64,
}

/// The tokens of an App's installation for one repository, kept in memory only.
pub struct AppTokens {
    app: App,
    api: HttpUrl,
    target: ForgeRepo,
    installation: Mutex<Option<u64>>,
    minted: Mutex<Vec<Minted>>,
}

impl fmt::Debug for AppTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppTokens")
            .field("app", &self.app)
            .field("api", &self.api)
            .finish_non_exhaustive()
    }
}

impl AppTokens {
    /// Makes the tokens for one repository of the forge whose API is at `api`.
    ///
    /// Errors: usage and auth, for the key's file.
    pub fn load(file: &GitHubAppFile, api: HttpUrl, target: ForgeRepo) -> Result<AppTokens> {
        Ok(AppTokens {
            app: App::load(file)?,
            api,
            target,
            installation: Mutex::new(file.installation),
            minted: Mutex::new(Vec::new()),
        })
    }

    fn mint(&self, purpose: Purpose, http: &Http, now: i64) -> Result<(Secret, i64)> {
        let itself = self.itself(Moment::from_seconds(now))?;
        let client = Client::of_app(self.api.clone(), itself, http.clone())?;
        let needs = "the App's own key and id";
        let known = *locked(&self.installation);
        let installation = match known {
            Some(id) => id,
            None => {
                let path = format!(
                    "/repos/{}/{}/installation",
                    encode(&self.target.owner),
                    encode(&self.target.repo)
                );
                let answer = client.find(&path, needs)?;
                let id = answer.and_then(|a| a.json["id"].as_u64()).ok_or_else(|| {
                    Error::new(
                        Kind::NotFound,
                        format!(
                            "the GitHub App {} is not installed on {}",
                            self.app.id,
                            self.target.path()
                        ),
                    )
                    .hint("install it there (in the App's settings, under Install App), or set forge.github_app.installation")
                })?;
                *locked(&self.installation) = Some(id);
                id
            }
        };
        let path = format!("/app/installations/{installation}/access_tokens");
        let mut last = None;
        for set in purpose.permissions() {
            let permissions: Map<String, Value> = set
                .iter()
                .map(|(name, level)| (name.to_string(), json!(level)))
                .collect();
            let body = json!({"repositories": [self.target.repo], "permissions": permissions});
            match client.post(&path, &body, needs) {
                Ok(answer) => return minted(&answer.json, now),
                Err(e) if status(&e) == Some(422) => last = Some((set, e)),
                Err(e) => return Err(e),
            }
        }
        let Some((set, cause)) = last else {
            return Err(Error::new(Kind::Internal, "no permissions were asked for"));
        };
        let names: Vec<String> = set.iter().map(|(n, l)| format!("`{n}: {l}`")).collect();
        Err(Error::new(
            Kind::Denied,
            format!(
                "the GitHub App {} lacks permissions that this needs: {}",
                self.app.id,
                names.join(", ")
            ),
        )
        .hint("grant them in the App's settings under Permissions, then accept them in the installation")
        .caused_by(anyhow::anyhow!(cause.causes().join("; "))))
    }
}

impl Mint for AppTokens {
    fn token(&self, purpose: Purpose, http: &Http) -> Result<Secret> {
        let now = http.clock.now().seconds();
        let mut minted = locked(&self.minted);
        if let Some(good) = minted
            .iter()
            .find(|m| m.purpose == purpose && m.expires - now >= LEAST_LEFT)
        {
            return Ok(good.secret.clone());
        }
        let (secret, expires) = self.mint(purpose, http, now)?;
        minted.retain(|m| m.purpose != purpose);
        minted.push(Minted {
            purpose,
            secret: secret.clone(),
            expires,
        });
        Ok(secret)
    }

    fn minted(&self) -> Vec<Secret> {
        locked(&self.minted)
            .iter()
            .map(|m| m.secret.clone())
            .collect()
    }

    fn itself(&self, now: Moment) -> Result<Auth> {
        let jwt = self.app.jwt(now.seconds())?;
        Ok(Auth::token(Scheme::Bearer, jwt, "the GitHub App's key"))
    }
}

/// The token in an answer, and when it expires, in seconds since the Unix epoch.
pub(super) fn minted(answer: &Value, now: i64) -> Result<(Secret, i64)> {
    let token = answer["token"]
        .as_str()
        .filter(|t| !t.is_empty())
        .ok_or_else(|| Error::new(Kind::Unavailable, "GitHub gave the App no token"))?;
    let expires = answer["expires_at"]
        .as_str()
        .and_then(|t| t.parse::<jiff::Timestamp>().ok())
        // They last an hour.
        .map_or(now + 3600, |t| t.as_second());
    Ok((Secret::new(token), expires))
}

/// Gives git the logins that only the operator's settings know: the App's tokens for GitHub
/// remotes, and the environment's tokens for the hosts of `forge.hosts`.
pub struct ForgeLogins {
    settings: ForgeSettings,
    known: Mutex<Vec<(ForgeRepo, Arc<AppTokens>)>>,
}

impl fmt::Debug for ForgeLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeLogins").finish_non_exhaustive()
    }
}

impl ForgeLogins {
    /// The App of these settings. Its key is read when it is first needed.
    pub fn new(settings: ForgeSettings) -> Self {
        ForgeLogins {
            settings,
            known: Mutex::new(Vec::new()),
        }
    }

    fn tokens(&self, file: &GitHubAppFile, target: ForgeRepo) -> Result<Arc<AppTokens>> {
        let mut known = locked(&self.known);
        if let Some((_, tokens)) = known.iter().find(|(t, _)| *t == target) {
            return Ok(Arc::clone(tokens));
        }
        let api = api_base(Provider::GitHub, &target.web, &self.settings)?;
        if leads_elsewhere(&self.settings, &api, &target.web) {
            return Err(not_sent(&api, &target.web));
        }
        let tokens = Arc::new(AppTokens::load(file, api, target.clone())?);
        known.push((target, Arc::clone(&tokens)));
        Ok(tokens)
    }
}

impl ForgeLogins {
    /// The App's login; `None` if the App is not installed on this repository.
    fn of_app(&self, url: &HttpUrl, http: &Http) -> Result<Option<Login>> {
        let Some(file) = &self.settings.github_app else {
            return Ok(None);
        };
        let Ok(target) = ForgeRepo::of(&Endpoint::Http(url.clone())) else {
            return Ok(None);
        };
        match self.tokens(file, target)?.token(Purpose::Push, http) {
            Ok(secret) => Ok(Some(Login {
                user: "x-access-token".to_owned(),
                password: secret,
                from: FROM_APP,
            })),
            // Another login may reach a repository that the App does not know.
            Err(e) if e.kind() == Kind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
}

impl LoginSource for ForgeLogins {
    fn login(&self, url: &HttpUrl, http: &Http, own: bool) -> Result<Option<Login>> {
        let Some(provider) = known_host(url, &self.settings) else {
            return Ok(None);
        };
        if provider == Provider::GitHub
            && let Some(login) = self.of_app(url, http)?
        {
            return Ok(Some(login));
        }
        let of: Vec<Family> = provider.family().into_iter().collect();
        Ok(token(&of, own, |name| self.settings.variable(name)))
    }

    fn is_meant_for(&self, url: &HttpUrl, named: bool) -> bool {
        is_own_host(url, named, &self.settings)
    }
}

#[cfg(test)]
mod tests;
