//! `aidf login`: a login at a forge for the person at the terminal. What is there already is
//! asked first; where none of it works, the person logs in by the device flow, and git's
//! credential helpers keep the token.
//!
//! It works outside any clone, so no [`Context`](crate::context::Context) comes in. No token
//! is in its report, in a message or in the journal.

use super::outcome::{Outcome, Reported};
use crate::config::Config;
use crate::context::{Caller, Location};
use crate::error::{Error, Kind, Result};
use crate::forge::login::{Device, Grant, Polling, Said, Site, Who};
use crate::forge::{Access, Provider, Purpose};
use crate::git::{Endpoint, FROM_GH, FROM_HELPERS, FROM_URL, Keepsake, Kept, Login, Remote, Store};
use crate::url::read_host_port;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

/// Where it works.
#[derive(Debug)]
pub struct Seat {
    /// The settings in force.
    pub config: Config,
    /// The clone or remote whose forge is meant, where no host is named.
    pub place: Location,
}

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The forge's host, or an address on it; the remote's where it is not named.
    pub host: Option<String>,
    /// Which forge runs there; found from the host where it is not named.
    pub provider: Option<Provider>,
    /// The client id of the OAuth app, in place of the configuration's.
    pub client_id: Option<String>,
    /// What the token is to be good for; what aidf needs where nothing is named.
    pub scopes: Vec<String>,
    /// Log in, whatever login is there already.
    pub again: bool,
    /// Store nothing.
    pub no_store: bool,
}

/// Where a login is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A variable of the environment.
    Environment,
    /// The remote's address.
    Url,
    /// GitHub's own program, `gh`.
    Gh,
    /// git's credential helpers.
    Helpers,
    /// The device flow: somebody logged in just now.
    DeviceFlow,
}

/// Who is logged in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The forge.
    pub provider: Provider,
    /// Its host.
    pub host: String,
    /// The user; none for a login that belongs to no user, or may not tell.
    pub user: Option<String>,
    /// Where the login is from.
    pub from: Source,
    /// Whether it was given to git's credential helpers just now, and they have it.
    pub stored: bool,
    /// What the login may do; empty where the forge does not tell.
    pub scopes: Vec<String>,
    /// One sentence.
    pub message: String,
}

impl Reported for Report {}

/// Finds a login at a forge, or makes one.
///
/// Errors: usage, for a forge without a device flow, or without a client id; auth, where the
/// login is refused, or nothing can keep it; not_found, for no clone; unavailable, for a code
/// that nobody entered; interrupted.
pub fn login(seat: &Seat, request: &Request, caller: &Caller) -> Result<Outcome<Report>> {
    let mut warnings = Vec::new();
    let remote = remote_of(seat, request, caller)?;
    warnings.extend(remote.ignored_settings());
    let endpoint = endpoint_of(request, remote.endpoint())?;
    let site = Site::of(Access {
        settings: &seat.config.forge,
        endpoint: &endpoint,
        named: request.host.is_some() || remote.is_named_by_user(),
        provider: request.provider,
        purpose: Purpose::Check,
        http: remote.http(),
        interactive: false,
        progress: &*caller.progress,
    })?;
    let mut call = Call {
        site,
        request,
        caller,
        warnings,
        refused: Vec::new(),
    };
    let report = match call.present()? {
        Some(report) => report,
        None => call.device_flow()?,
    };
    Ok(Outcome::with(report, call.warnings))
}

/// The remote that is meant; for a host that is named, one that is reached as the user's own
/// configuration says.
fn remote_of(seat: &Seat, request: &Request, caller: &Caller) -> Result<Remote> {
    let (config, place) = (&seat.config, &seat.place);
    let options = caller.remote_options(config, false);
    match (&request.host, &place.repo) {
        (Some(_), Some(_)) => Err(Error::new(
            Kind::Usage,
            "a host and -R URL are given, and both say where to log in",
        )
        .hint("give one of them")),
        (Some(host), None) => {
            let address = named_endpoint(host)?.to_string();
            Remote::of_url(&address, &place.dir, &options)
        }
        (None, Some(url)) => Remote::of_url(url, &place.dir, &options),
        (None, None) => {
            let store = Store::open_clone(&place.dir, &caller.programs(config, false));
            let store = store.map_err(|e| match e.kind() {
                Kind::NotFound => e.hint("name the forge, such as `aidf login github.com`; or run this in a clone, or name one with -C DIR"),
                _ => e,
            })?;
            Remote::of_clone(&store, place.remote.as_deref(), &options)
        }
    }
}

/// Where the forge is: a host that is named is taken as it is, and not rewritten as git
/// rewrites the addresses of remotes.
fn endpoint_of(request: &Request, remote: &Endpoint) -> Result<Endpoint> {
    match &request.host {
        Some(host) => named_endpoint(host),
        None => Ok(remote.clone()),
    }
}

/// `HOST`, `HOST:PORT`, or any address of a remote.
fn named_endpoint(text: &str) -> Result<Endpoint> {
    let root = Path::new(std::path::MAIN_SEPARATOR_STR);
    if read_host_port(text).is_ok() {
        return Endpoint::parse(&format!("https://{text}"), root);
    }
    match Endpoint::parse(text, root)? {
        Endpoint::Path(_) => Err(Error::new(
            Kind::Usage,
            format!("`{text}` is neither a host nor the address of a remote"),
        )
        .hint("name a host, such as github.com, or give an address, such as https://git.example.com/team/demo")),
        other => Ok(other),
    }
}

/// One call.
struct Call<'a> {
    site: Site<'a>,
    request: &'a Request,
    caller: &'a Caller,
    warnings: Vec<String>,
    /// The logins that the forge refused.
    refused: Vec<Login>,
}

impl Call<'_> {
    /// The first login that is there and works; none where nothing works, or none of it is
    /// wanted.
    fn present(&mut self) -> Result<Option<Report>> {
        if self.request.again {
            return Ok(None);
        }
        self.warnings.extend(self.site.withheld());
        for login in self.site.known() {
            let Some(who) = self.who(&login)? else {
                continue;
            };
            let source = match login.from {
                FROM_URL => Source::Url,
                _ => Source::Environment,
            };
            return Ok(Some(self.found(source, login.from, who)));
        }
        if let Some(login) = self.site.of_gh()
            && let Some(who) = self.who(&login)?
        {
            let stored = self.take_over(&login);
            let mut report = self.found(Source::Gh, FROM_GH, who);
            if stored {
                report.stored = true;
                report
                    .message
                    .push_str("; git's credential helpers have it now, too");
            }
            return Ok(Some(report));
        }
        if let Some(login) = self.site.of_helpers()
            && let Some(who) = self.who(&login)?
        {
            return Ok(Some(self.found(Source::Helpers, FROM_HELPERS, who)));
        }
        Ok(None)
    }

    /// Whose login it is; none for one that the forge refuses.
    fn who(&mut self, login: &Login) -> Result<Option<Who>> {
        let again = |refused: &Login| refused.password == login.password;
        if self.refused.iter().any(again) {
            return Ok(None);
        }
        self.caller.cancel.check()?;
        self.caller
            .progress
            .step(&format!("try the login of {}", login.from));
        let who = self.site.who(login, login.from == FROM_HELPERS)?;
        if who.is_none() {
            self.refused.push(login.clone());
            let host = self.site.host();
            let what = match login.from {
                FROM_HELPERS | FROM_GH => "",
                // Other commands go on taking it before what is stored.
                _ => "; remove it, because it goes before every login that is stored",
            };
            self.warnings
                .push(format!("{host} refuses the login of {}{what}", login.from));
        }
        Ok(who)
    }

    /// The report on a login that is there.
    fn found(&mut self, source: Source, from: &str, who: Who) -> Report {
        let host = self.site.host();
        let lacking = |scope: &&String| !who.scopes.is_empty() && !who.scopes.contains(scope);
        let lacking: Vec<&str> = self
            .request
            .scopes
            .iter()
            .filter(lacking)
            .map(String::as_str)
            .collect();
        if !lacking.is_empty() {
            self.warnings.push(format!(
                "the login does not have the scopes {}; log in anew for them, with --again",
                lacking.join(", ")
            ));
        }
        let message = match &who.user {
            Some(user) => format!("you are {user} at {host}, by the login of {from}"),
            None => format!("{host} takes the login of {from}, and names no user for it"),
        };
        self.report(source, who, false, message)
    }

    fn report(&self, from: Source, who: Who, stored: bool, message: String) -> Report {
        Report {
            provider: self.site.provider,
            host: self.site.host(),
            user: who.user,
            from,
            stored,
            scopes: who.scopes,
            message,
        }
    }

    /// Gives the login of `gh` to git's helpers, where they have none of their own.
    fn take_over(&mut self, login: &Login) -> bool {
        if self.request.no_store || !self.site.has_helper() || self.site.of_helpers().is_some() {
            return false;
        }
        let kept = self.site.keep(&Keepsake {
            user: self.site.user_for_git(),
            password: &login.password,
            ends: None,
            refresh: None,
        });
        if kept != Kept::Yes {
            self.warnings.push(
                "git's credential helpers did not keep the login of gh; `gh auth setup-git` has git ask gh itself".to_owned(),
            );
        }
        kept == Kept::Yes
    }

    /// Has somebody log in, and stores the token.
    fn device_flow(&mut self) -> Result<Report> {
        let host = self.site.host();
        let client_id = self.site.client_id(self.request.client_id.as_deref())?;
        if self.request.no_store {
            return Err(Error::new(
                Kind::Auth,
                format!(
                    "no login for {host} works, and --no-store does not let aidf keep a new one"
                ),
            )
            .hint("run this without --no-store, or set AIDF_FORGE_TOKEN"));
        }
        if !self.site.has_helper() {
            return Err(Error::new(
                Kind::Usage,
                format!("git has no credential helper for {host}, so nothing could keep the token"),
            )
            .hint(format!("configure one: {}", self.site.how_to_keep())));
        }
        let scopes = self.scopes()?;
        let cancel = &self.caller.cancel;
        cancel.check()?;
        let device = self.site.begin(&client_id, &scopes)?;
        let progress = &self.caller.progress;
        progress.enter_code(&device.user_code, &device.address, device.lasts.as_secs());
        let grant = self.wait(&device, &client_id, &scopes)?;
        let mut who = self.owner(&grant)?;
        if let Some(scopes) = &grant.scopes {
            who.scopes = scopes.clone();
        }
        self.store(&grant)?;
        self.warnings.extend(self.site.other_user());
        let message = match &who.user {
            Some(user) => {
                format!("logged in to {host} as {user}; git's credential helpers keep the token")
            }
            None => format!("logged in to {host}; git's credential helpers keep the token"),
        };
        Ok(self.report(Source::DeviceFlow, who, true, message))
    }

    /// What the token is to be good for.
    fn scopes(&self) -> Result<Vec<String>> {
        let asked = &self.request.scopes;
        if asked.is_empty() {
            let usual = self.site.usual_scopes().iter();
            return Ok(usual.map(|s| s.to_string()).collect());
        }
        // RFC 6749, 3.3.
        let fits = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        let odd = |scope: &&String| scope.is_empty() || !scope.bytes().all(fits);
        match asked.iter().find(odd) {
            None => Ok(asked.clone()),
            Some(odd) => Err(
                Error::new(Kind::Usage, format!("`{odd}` cannot be a scope")).hint(
                    "name scopes as the forge does, with commas between: --scopes repo,workflow",
                ),
            ),
        }
    }

    /// Waits until somebody has entered the code.
    fn wait(&self, device: &Device, client_id: &str, scopes: &[String]) -> Result<Grant> {
        let begun = Instant::now();
        let mut polling = Polling::of(device);
        loop {
            let Some(wait) = polling.wait(begun.elapsed()) else {
                return Err(self.site.expired());
            };
            let seconds = wait.as_secs();
            self.caller
                .progress
                .step(&format!("wait {seconds} s for somebody to enter the code"));
            self.caller.cancel.sleep(wait)?;
            match self.site.poll(device, client_id, scopes)? {
                Said::Granted(grant) => return Ok(grant),
                other => polling.heard(&other),
            }
        }
    }

    /// Whose token it is. The token is kept also where the forge does not tell.
    fn owner(&mut self, grant: &Grant) -> Result<Who> {
        match self.site.who_has(&grant.token) {
            Ok(Some(who)) => Ok(who),
            Ok(None) => Err(Error::new(
                Kind::Auth,
                format!(
                    "{} refuses the token that it has just given",
                    self.site.host()
                ),
            )
            .hint("check what the OAuth app may do, and run `aidf login` again")),
            Err(e) => {
                self.warnings.push(format!(
                    "nobody could tell whose token it is: {}",
                    e.message()
                ));
                Ok(Who::default())
            }
        }
    }

    /// Gives the token to git's helpers.
    ///
    /// Errors: auth, where they do not have it afterwards; unavailable, where they do not
    /// answer.
    fn store(&self, grant: &Grant) -> Result<()> {
        let site = &self.site;
        // One that the forge refuses would be given back in the new one's place.
        for login in self.refused.iter().filter(|l| l.from == FROM_HELPERS) {
            site.refuse(login);
        }
        let now = self.caller.clock.now().seconds();
        let lasts = grant.lasts.and_then(|seconds| i64::try_from(seconds).ok());
        let kept = site.keep(&Keepsake {
            user: site.user_for_git(),
            password: &grant.token,
            ends: lasts.map(|seconds| now.saturating_add(seconds)),
            refresh: grant.refresh.as_ref(),
        });
        let host = site.host();
        match kept {
            Kept::Yes => Ok(()),
            Kept::No => Err(Error::new(
                Kind::Auth,
                format!("the login at {host} succeeded, but git's credential helpers did not keep the token"),
            )
            .hint(format!(
                "see which helper git has (git config --get-all credential.helper), and whether it works; or configure another: {}",
                site.how_to_keep()
            ))),
            Kept::Another => Err(Error::new(
                Kind::Auth,
                format!("the login at {host} succeeded, but git's credential helpers give another token for it"),
            )
            .hint(format!(
                "remove the other one: run `git credential reject` and type the lines protocol=https, host={host} and an empty one; then `aidf login --again`"
            ))),
            Kept::TooSlow => Err(Error::new(
                Kind::Unavailable,
                format!("the login at {host} succeeded, but git's credential helpers did not answer in time"),
            )
            .hint("see whether a helper waits for a window or a password; allow it more time with --timeout SECS")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_by_itself_or_by_an_address_on_it() {
        for (text, address) in [
            ("github.com", Some("https://github.com")),
            ("ghe.example:8443", Some("https://ghe.example:8443")),
            ("https://ghe.example/o/r", Some("https://ghe.example/o/r")),
            ("git@github.com:o/r", Some("ssh://git@github.com/o/r")),
            ("./here", None),
            ("/srv/r.git", None),
            ("", None),
            ("a b", None),
            ("ext::sh", None),
        ] {
            let found = named_endpoint(text).map(|e| e.to_string());
            assert_eq!(found.ok().as_deref(), address, "{text}");
        }
    }
}
