//! A forge that a person logs in to: which logins are there for it, whose they are, and the
//! requests of the device flow.

use super::super::answer::{Answer, Method, NotJson, Payload, words};
use super::super::auth::{may_have_own, of_family, of_url, own_token, scheme_of};
use super::super::client::Client;
use super::super::identity::{Auth, Scheme};
use super::super::refusal::{Reason, reason};
use super::super::settings::{ForgeSettings, Provider};
use super::super::target::{api_base, encode, leads_elsewhere, not_sent, web_of};
use super::device::{Device, Ended, Said, refusal};
use super::refused::{self, About};
use crate::error::{Error, Kind, Result};
use crate::forge::Access;
use crate::git::{
    Asked, Endpoint, Keepsake, Kept, Login, ask_helpers, gh_login, has_helper, hide,
    how_to_have_one, how_to_name, keep, tell_helpers,
};
use crate::http::Http;
use crate::progress::Progress;
use crate::secret::Secret;
use crate::shown::clipped;
use crate::url::HttpUrl;

/// The largest answer of the device flow, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;
/// How much of the forge's own words is told, in characters.
const MAX_SAID: usize = 500;

/// Whose login it is.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// The user; none for a login that belongs to none, or may not tell.
    pub user: Option<String>,
    /// What the login may do, where the forge tells.
    pub scopes: Vec<String>,
}

/// A forge that a person logs in to.
pub struct Site<'a> {
    /// Which forge it is.
    pub provider: Provider,
    /// Its address, with the login that the remote's address has.
    web: HttpUrl,
    /// What git asks its helpers about: the remote's address, or else the forge's.
    place: HttpUrl,
    api: HttpUrl,
    named: bool,
    settings: &'a ForgeSettings,
    http: Http,
    progress: &'a dyn Progress,
}

impl<'a> Site<'a> {
    /// The forge of a remote. Nothing is sent yet.
    ///
    /// Errors: usage, for a remote of no forge, or one that is reached without encryption;
    /// auth, for an API on another host.
    pub fn of(access: Access<'a>) -> Result<Site<'a>> {
        let provider = access.provider()?;
        let web = match (web_of(access.endpoint), provider) {
            (Some(web), p) if p != Provider::Bare => web,
            _ => {
                return Err(Error::new(
                    Kind::Usage,
                    format!("{} is not on a forge, so there is nothing to log in to", access.endpoint),
                )
                .hint("for git over ssh, use an ssh key; for git over HTTP, give the password to `git credential approve`"));
            }
        };
        if !web.is_private() {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "{} is plain http, so others on the network could read the token",
                    web.plain()
                ),
            )
            .hint(
                "use its https address: git remote set-url NAME URL, or aidf login https://HOST",
            ));
        }
        let api = api_base(provider, &web, access.settings)?;
        if leads_elsewhere(access.settings, &api, &web) {
            return Err(not_sent(&api, &web));
        }
        let place = match access.endpoint {
            Endpoint::Http(url) => url.clone(),
            _ => web.clone(),
        };
        Ok(Site {
            provider,
            place: match provider {
                // Its tokens go with a user name of their own.
                Provider::GitLab => place.without_login(),
                _ => place.without_password(),
            },
            web,
            api,
            named: access.named,
            settings: access.settings,
            http: access.http,
            progress: access.progress,
        })
    }

    /// Its host, for people.
    pub fn host(&self) -> String {
        self.web.authority()
    }

    /// The logins that are known without asking a program, in the order in which other
    /// commands take them.
    pub fn known(&self) -> Vec<Login> {
        let own = own_token(self.settings).filter(|_| self.may_have_own());
        let all = [own, of_url(&self.web), of_family(self.settings, &self.web)];
        all.into_iter().flatten().collect()
    }

    /// What to do where `AIDF_FORGE_TOKEN` is set and is not sent to this forge.
    pub fn withheld(&self) -> Option<String> {
        let held_back = own_token(self.settings).is_some() && !self.may_have_own();
        held_back.then(|| how_to_name(&self.host()))
    }

    fn may_have_own(&self) -> bool {
        may_have_own(self.settings, &self.web, self.named)
    }

    /// The login that `gh` keeps; none for a forge that is not GitHub.
    pub fn of_gh(&self) -> Option<Login> {
        let is_github = self.provider == Provider::GitHub;
        is_github.then(|| gh_login(&self.web, &self.http)).flatten()
    }

    /// The login that git's credential helpers have.
    pub fn of_helpers(&self) -> Option<Login> {
        match ask_helpers(&self.place, false, &self.http) {
            Asked::Login(login) => Some(login),
            Asked::NoneKnew | Asked::TooSlow => None,
        }
    }

    /// Tells git's helpers that the forge refused their login, as git does.
    pub fn refuse(&self, login: &Login) {
        tell_helpers(&self.place, login, false, &self.http);
    }

    /// Whether git has a credential helper for this forge.
    pub fn has_helper(&self) -> bool {
        has_helper(&self.place, &self.http)
    }

    /// Gives a login to git's helpers, and reads back whether they have it. `user` is the name
    /// that it came with, where it came with one.
    pub(crate) fn keep(&self, what: &Keepsake<'_>) -> Kept {
        keep(&self.place, what, &self.http)
    }

    /// The user name that goes with a token in git's own requests.
    pub fn user_for_git(&self) -> &str {
        match (self.provider, self.place.user()) {
            // GitHub takes any name, and git asks for the one in the remote's address.
            (Provider::GitHub, Some(user)) => user,
            (Provider::GitLab, _) => "oauth2",
            _ => "x-access-token",
        }
    }

    /// What to do where git would ask its helpers for another user than the one that a token
    /// goes with.
    pub fn other_user(&self) -> Option<String> {
        let user = self.web.user()?;
        let ours = self.user_for_git();
        (user != ours).then(|| {
            format!(
                "the remote's address names the user {user}, and git needs {ours} with this token; take the user out of the address: git remote set-url NAME URL"
            )
        })
    }

    /// Asks the forge whose login this is; none where it refuses the login.
    ///
    /// Errors: unavailable, and others than a refusal.
    pub fn who(&self, login: &Login, is_kept: bool) -> Result<Option<Who>> {
        let scheme = scheme_of(self.provider, is_kept.then_some(login));
        let auth = Auth::token(scheme, login.password.clone(), login.from);
        self.whose(auth)
    }

    /// The same for a token of the device flow.
    ///
    /// Errors: those of [`Site::who`].
    pub fn who_has(&self, token: &Secret) -> Result<Option<Who>> {
        self.whose(Auth::token(
            Scheme::Bearer,
            token.clone(),
            "the device flow",
        ))
    }

    fn whose(&self, auth: Auth) -> Result<Option<Who>> {
        let client = self.client(self.api.clone(), auth)?;
        let answer = match client.get("/user", "the right to read its own user") {
            Ok(answer) => answer,
            Err(e) => {
                return match (reason(&e), e.kind()) {
                    (Some(Reason::Login), _) => Ok(None),
                    // A CI job's token belongs to no user, and another may not read its own.
                    (_, Kind::Denied) => Ok(Some(Who::default())),
                    _ => Err(e),
                };
            }
        };
        let name = match self.provider {
            Provider::GitLab => "username",
            _ => "login",
        };
        let scopes = answer.header("x-oauth-scopes").unwrap_or_default();
        let scopes = scopes.split([',', ' ']).filter(|s| !s.is_empty());
        Ok(Some(Who {
            user: answer.json[name].as_str().map(str::to_owned),
            scopes: scopes.map(str::to_owned).collect(),
        }))
    }

    fn client(&self, base: HttpUrl, auth: Auth) -> Result<Client<'a>> {
        let name = self.provider.title();
        let client = Client::new(base, name, auth, self.http.clone(), self.progress)?;
        Ok(match self.provider {
            Provider::GitHub => client.for_github(),
            _ => client.with_header("Accept", "application/json"),
        })
    }

    /// The client id of the OAuth app to log in with: the one given, or else the one that the
    /// configuration has for this host.
    ///
    /// Errors: usage, where there is none, or the forge has no device flow.
    pub fn client_id(&self, given: Option<&str>) -> Result<String> {
        self.paths()?;
        let host = self.host();
        let ids = &self.settings.client_ids;
        let configured = ids.get(&host).or_else(|| ids.get(self.web.host()));
        let Some(id) = given.or(configured.map(String::as_str)) else {
            return Err(Error::new(
                Kind::Usage,
                format!("aidf has no client id for {host}, and needs one to log in there"),
            )
            .hint(format!(
                "{}; then give its client id with --client-id, or put it into the configuration (forge: {{client_ids: {{\"{host}\": ID}}}}). Or log in without an app: {}",
                refused::how_to_register(self.provider, &self.web),
                refused::by_hand(self.provider, &self.web)
            )));
        };
        let sound = !id.is_empty() && id.len() <= 256 && id.bytes().all(|b| b.is_ascii_graphic());
        match sound {
            true => Ok(id.to_owned()),
            false => Err(Error::new(
                Kind::Usage,
                format!("`{}` cannot be a client id", clipped(id, 100)),
            )
            .hint("copy it from the settings of the OAuth app; it has no spaces")),
        }
    }

    /// Where a login begins, and where the token is.
    fn paths(&self) -> Result<(&'static str, &'static str)> {
        match self.provider {
            Provider::GitHub => Ok(("/login/device/code", "/login/oauth/access_token")),
            Provider::GitLab => Ok(("/oauth/authorize_device", "/oauth/token")),
            Provider::Gitea | Provider::Forgejo | Provider::Bare => Err(Error::new(
                Kind::Usage,
                format!(
                    "{} has no device flow, so aidf cannot log in to {}",
                    self.provider.title(),
                    self.host()
                ),
            )
            .hint(refused::by_hand(self.provider, &self.web))),
        }
    }

    /// What aidf needs for all that it does there, where nobody says what to ask for.
    pub fn usual_scopes(&self) -> &'static [&'static str] {
        match self.provider {
            Provider::GitHub => &["repo", "workflow"],
            _ => &["api"],
        }
    }

    /// Begins a login.
    ///
    /// Errors: usage, for an app that the forge does not take; unavailable.
    pub fn begin(&self, client_id: &str, scopes: &[String]) -> Result<Device> {
        let (path, _) = self.paths()?;
        let scope = scopes.join(" ");
        let mut fields = vec![("client_id", client_id)];
        if !scope.is_empty() {
            fields.push(("scope", &scope));
        }
        let answer = self.ask(path, &fields)?;
        let about = self.about(client_id, scopes);
        if let Some(code) = refusal(&answer.json) {
            return Err(self.told(refused::error(&about, code), &answer, ""));
        }
        if !(200..300).contains(&answer.status) {
            return Err(self.unusable(path, &answer, ""));
        }
        Device::read(&answer.json, &self.web).map_err(|flaw| self.flawed(flaw))
    }

    /// Asks whether there is a token.
    ///
    /// Errors: auth, where the person or the forge declines; unavailable, for a code that has
    /// expired; usage, for an app that the forge does not take.
    pub fn poll(&self, device: &Device, client_id: &str, scopes: &[String]) -> Result<Said> {
        let (_, path) = self.paths()?;
        let code = device.code.reveal();
        let fields = [
            ("client_id", client_id),
            ("device_code", code),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ];
        let answer = match self.ask(path, &fields) {
            Ok(answer) => answer,
            Err(e) if e.is_retryable() => return Ok(Said::Nothing),
            Err(e) => return Err(e),
        };
        Said::read(answer.status, &answer.json).map_err(|ended| match ended {
            Ended::Refused(word) => {
                let about = self.about(client_id, scopes);
                self.told(refused::error(&about, &word), &answer, code)
            }
            Ended::Flawed(_) if !(200..300).contains(&answer.status) => {
                self.unusable(path, &answer, code)
            }
            Ended::Flawed(flaw) => self.flawed(flaw),
        })
    }

    /// The error for a code that nobody entered in time.
    pub fn expired(&self) -> Error {
        refused::expired(&self.web)
    }

    /// What to do where git has no credential helper.
    pub fn how_to_keep(&self) -> String {
        how_to_have_one(std::env::consts::OS)
    }

    fn about<'s>(&'s self, client_id: &'s str, scopes: &'s [String]) -> About<'s> {
        About {
            provider: self.provider,
            web: &self.web,
            client_id,
            scopes,
        }
    }

    /// Sends the fields of a form, once. The answer may have any status.
    ///
    /// Errors: unavailable; it is retryable where the same question may do better later.
    fn ask(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let field = |(name, value): &(&str, &str)| format!("{name}={}", encode(value));
        let form = fields.iter().map(field).collect::<Vec<_>>().join("&");
        let (base, nobody) = (self.web.without_login(), Auth::none("no login"));
        let name = self.provider.title();
        let client = Client::new(base, name, nobody, self.http.clone(), self.progress)?
            .with_header("Accept", "application/json")
            .reading_at_most(MAX_ANSWER);
        let address = client.address(path);
        client
            .send_once(Method::Post, &address, Some(Payload::Form(&form)))
            .map_err(|failed| match failed.error.cause::<NotJson>() {
                // Whoever answers with a page goes on doing so.
                Some(_) => failed.error.retryable(false),
                None => failed.error,
            })
    }

    /// The error with the forge's own words as its cause, without the `code` of the login.
    fn told(&self, error: Error, answer: &Answer, code: &str) -> Error {
        let said = match words(&answer.json) {
            none if none.is_empty() => answer.said.clone(),
            said => said,
        };
        let said = hide(said, &[code.to_owned()]);
        match said.trim() {
            "" => error,
            said => error.caused_by(anyhow::anyhow!(clipped(said, MAX_SAID).into_owned())),
        }
    }

    /// The error for an answer that is no success and gives no reason that aidf knows.
    fn unusable(&self, path: &str, answer: &Answer, code: &str) -> Error {
        let place = format!("{}{path}", self.web.plain());
        let status = answer.status;
        let error = match status {
            300..=399 => Error::new(
                Kind::Unavailable,
                format!("{place} redirects elsewhere, and aidf does not follow"),
            )
            .hint("give the address that the forge itself uses: aidf login HOST")
            .retryable(false),
            404 => Error::new(
                Kind::Usage,
                format!("{} has no device flow: there is no {place}", self.host()),
            )
            .hint(format!(
                "check the host and the provider; {} may be too old for it. {}",
                self.provider.title(),
                refused::by_hand(self.provider, &self.web)
            )),
            429 => Error::new(
                Kind::Unavailable,
                format!("{} limits how many logins may begin", self.host()),
            )
            .hint("wait a minute, and try again"),
            _ => Error::new(
                Kind::Unavailable,
                format!("{place} answered with the status {status}"),
            )
            .hint("try again later"),
        };
        self.told(error, answer, code)
    }

    /// The error for an answer that cannot be used.
    fn flawed(&self, flaw: &str) -> Error {
        Error::new(
            Kind::Unavailable,
            format!("the answer of {} is not one of the device flow: {flaw}", self.host()),
        )
        .hint("check that the host and the provider are right, and that no proxy answers in its place")
        .retryable(false)
    }
}
