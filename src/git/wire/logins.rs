//! The ways to log in to an HTTP remote, tried one after the other.

use super::{Heard, LinkSettings};
use crate::error::Result;
use crate::git::credential::{self, Asked, Login, OWN_VARIABLE};
use crate::http::HttpSettings;
use crate::url::HttpUrl;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The logins that are left to try, and those that were tried.
pub(super) struct Logins {
    left: Vec<Login>,
    current: Option<Login>,
    asked_helpers: bool,
    use_configured_header: bool,
    had_configured_header: bool,
    tried: Vec<&'static str>,
    /// `AIDF_FORGE_TOKEN` is set, but it is not meant for this server.
    withheld: bool,
}

impl Logins {
    pub fn new(url: &HttpUrl, settings: &LinkSettings) -> Result<Self> {
        let environment = |name: &str| settings.environment.text(name);
        let own = match &settings.logins {
            Some(source) => source.is_meant_for(url, settings.named),
            None => settings.named || !credential::families(url, environment).is_empty(),
        };
        let withheld = !own && environment(OWN_VARIABLE).is_some_and(|v| !v.is_empty());
        let mut left = credential::known(url, own, environment);
        // A login for this very call comes first, then the one in the configuration, then
        // the tokens that any CI job has.
        let given = left.iter().take_while(|l| l.is_explicit()).count();
        if given == 0
            && url.is_private()
            && let Some(source) = &settings.logins
            && let Some(login) = source.login(url, &settings.http, own)?
        {
            left.retain(|l| l.password != login.password);
            left.insert(0, login);
        }
        let current = (!left.is_empty()).then(|| left.remove(0));
        Ok(Logins {
            left,
            current,
            asked_helpers: false,
            use_configured_header: true,
            had_configured_header: false,
            tried: Vec::new(),
            withheld,
        })
    }

    pub fn helpers_alone() -> Self {
        Logins {
            left: Vec::new(),
            current: None,
            asked_helpers: false,
            use_configured_header: false,
            had_configured_header: false,
            tried: Vec::new(),
            withheld: false,
        }
    }

    pub fn headers(&mut self, http: &HttpSettings) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in &http.extra_headers {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let is_login = name.trim().eq_ignore_ascii_case("authorization");
            self.had_configured_header |= is_login;
            if !is_login || self.use_configured_header {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        if !headers
            .iter()
            .any(|(n, _)| n.eq_ignore_ascii_case("authorization"))
            && let Some(login) = &self.current
        {
            let pair = STANDARD.encode(format!("{}:{}", login.user, login.password.reveal()));
            headers.push(("Authorization".to_owned(), format!("Basic {pair}")));
        }
        headers
    }

    /// Moves on to the next login; false if none is left.
    pub fn next(&mut self, url: &HttpUrl, settings: &LinkSettings) -> bool {
        if self.had_configured_header && self.use_configured_header {
            self.tried.push("http.extraHeader of git's configuration");
            self.use_configured_header = false;
            if self.current.is_some() {
                return true;
            }
        } else if let Some(login) = self.current.take() {
            self.tried.push(login.from);
            if self.asked_helpers && !settings.looks_only {
                credential::tell_helpers(url, &login, false, &settings.http);
            }
        }
        if !self.left.is_empty() {
            self.current = Some(self.left.remove(0));
        } else if !self.asked_helpers {
            self.asked_helpers = true;
            match credential::ask_helpers(url, settings.interactive, &settings.http) {
                Asked::Login(login) => self.current = Some(login),
                Asked::NoneKnew => self
                    .tried
                    .push("git's credential helpers (none had a login)"),
                Asked::TooSlow => {
                    self.tried
                        .push("git's credential helpers (no answer within --timeout)");
                }
            }
        }
        self.current.is_some()
    }

    pub fn accepted(&self, url: &HttpUrl, settings: &LinkSettings) {
        if let Some(login) = &self.current
            && self.asked_helpers
            && !settings.looks_only
        {
            credential::tell_helpers(url, login, true, &settings.http);
        }
    }

    /// Names the login of the last request, and before it those that were refused.
    pub fn in_use(&self) -> String {
        let all: Vec<&str> = self.tried.iter().copied().chain(self.sent()).collect();
        match all.is_empty() {
            true => "no login".to_owned(),
            false => all.join(", "),
        }
    }

    /// Where the login of the last request came from.
    fn sent(&self) -> Option<&'static str> {
        let configured = self.had_configured_header && self.use_configured_header;
        match &self.current {
            _ if configured => Some("http.extraHeader of git's configuration"),
            Some(login) => Some(login.from),
            None => None,
        }
    }

    /// What there is to tell of the logins when one was accepted.
    pub fn heard(&self) -> Heard {
        Heard {
            login: self.sent(),
            refused: self.tried.clone(),
            withheld: self.withheld,
            ahead: None,
        }
    }

    /// What the user can do about a refusal.
    pub fn todo(&self, url: &HttpUrl) -> String {
        match self.withheld {
            true => credential::how_to_name(&url.authority()),
            false => {
                "log in with `aidf login`, store a login with `git credential approve`, or set AIDF_FORGE_TOKEN".to_owned()
            }
        }
    }

    pub fn tried(&self) -> String {
        if self.tried.is_empty() {
            "no login".to_owned()
        } else {
            self.tried.join(", ")
        }
    }
}
