//! The HTTP client for every forge's API: JSON, with paging, limits and retries.

use super::answer::{self, Answer, Failed, MAX_ANSWER, Method, Payload};
use super::identity::Auth;
use super::limits;
use super::refusal::{self, Call, Reason, Refusal};
use crate::clock::Moment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::http::Http;
use crate::mutex::locked;
use crate::progress::{Progress, Silent};
use crate::url::{HttpUrl, parse_http};
use serde_json::Value;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use ureq::http::{Request, Response};
use ureq::{AsSendBody, Body};

/// The most pages of one list.
const MAX_PAGES: usize = 100;
/// How many times a request that is safe to repeat is sent, at most.
const MAX_TRIES: u32 = 3;
/// How many redirects of one GET are followed, at most.
const MAX_REDIRECTS: usize = 5;
/// Talks to one forge as one identity.
pub struct Client<'a> {
    base: HttpUrl,
    forge: &'static str,
    auth: Auth,
    http: Http,
    headers: Vec<(&'static str, &'static str)>,
    progress: &'a dyn Progress,
    waited: Mutex<u64>,
    most: u64,
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl<'a> Client<'a> {
    /// A client of the API at `base`; `forge` is the forge's name in messages.
    ///
    /// Errors: usage, if a login would cross a network unencrypted.
    pub fn new(
        base: HttpUrl,
        forge: &'static str,
        auth: Auth,
        http: Http,
        progress: &'a dyn Progress,
    ) -> Result<Client<'a>> {
        if !auth.is_none() && !base.is_private() {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "{} is plain http, so others on the network could read a token",
                    base.plain()
                ),
            )
            .hint("use https"));
        }
        Ok(Client {
            base,
            forge,
            auth,
            http,
            headers: Vec::new(),
            progress,
            waited: Mutex::new(0),
            most: MAX_ANSWER,
        })
    }

    /// Reads no answer of more bytes.
    pub(super) fn reading_at_most(mut self, bytes: u64) -> Self {
        self.most = bytes;
        self
    }

    /// Sends this header with every request.
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A client that is logged in as the GitHub App itself, not as an installation.
    ///
    /// Errors: usage, if its login would cross a network unencrypted.
    pub(super) fn of_app(base: HttpUrl, itself: Auth, http: Http) -> Result<Client<'static>> {
        Client::new(base, "GitHub", itself, http, &Silent).map(Client::for_github)
    }

    /// Adds the headers that GitHub wants with every request.
    pub(super) fn for_github(self) -> Self {
        self.with_header(
            "Accept",
            "application/vnd.github+json, application/json;q=0.9",
        )
        .with_header("X-GitHub-Api-Version", "2022-11-28")
    }

    /// The forge's name for messages.
    pub fn forge(&self) -> &'static str {
        self.forge
    }

    /// The base address of the API.
    pub fn base(&self) -> &HttpUrl {
        &self.base
    }

    /// Our identity at the forge.
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// How servers are reached.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Reads `path`; `needs` is the permission that the request needs.
    pub fn get(&self, path: &str, needs: &'static str) -> Result<Answer> {
        self.call(Method::Get, path, None, needs)
    }

    /// Reads `path`; `None` if nothing is there.
    pub fn find(&self, path: &str, needs: &'static str) -> Result<Option<Answer>> {
        match self.get(path, needs) {
            Ok(answer) => Ok(Some(answer)),
            Err(e) if refusal::status(&e) == Some(404) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Creates something at `path`. It is never repeated when the first attempt may have
    /// succeeded.
    pub fn post(&self, path: &str, body: &Value, needs: &'static str) -> Result<Answer> {
        self.call(Method::Post, path, Some(body), needs)
    }

    /// Replaces what is at `path`.
    pub fn put(&self, path: &str, body: &Value, needs: &'static str) -> Result<Answer> {
        self.call(Method::Put, path, Some(body), needs)
    }

    /// Changes a part of what is at `path`.
    pub fn patch(&self, path: &str, body: &Value, needs: &'static str) -> Result<Answer> {
        self.call(Method::Patch, path, Some(body), needs)
    }

    /// Removes what is at `path`.
    pub fn delete(&self, path: &str, needs: &'static str) -> Result<Answer> {
        self.call(Method::Delete, path, None, needs)
    }

    /// Reads every page of a list. The pages must be on the same server.
    ///
    /// Errors: unavailable, for a list that does not end or that leads to another server.
    pub fn get_all(&self, path: &str, needs: &'static str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut next = Some(self.address(path));
        for _ in 0..MAX_PAGES {
            let Some(address) = next.take() else {
                return Ok(all);
            };
            let answer = self.send(Method::Get, &address, None, needs)?;
            let link = answer.header("link").and_then(limits::next_link);
            match answer.json {
                Value::Array(items) => all.extend(items),
                _ => {
                    return Err(Error::new(
                        Kind::Unavailable,
                        format!(
                            "{} did not send a list for {}",
                            self.forge,
                            self.path_of(&address)
                        ),
                    )
                    .hint(
                        "check that this is the address of its API, and that --provider is right",
                    ));
                }
            }
            next = match link {
                Some(link) => Some(self.same_server(&link, &address).ok_or_else(|| {
                    Error::new(
                        Kind::Unavailable,
                        format!(
                            "{} continues its list on another server, and aidf does not go there",
                            self.forge
                        ),
                    )
                    .hint("set the API address that the forge itself uses (AIDF_FORGE_API_URL, forge.api_url)")
                    .retryable(false)
                })?),
                None => None,
            };
        }
        match next {
            None => Ok(all),
            Some(_) => Err(Error::new(
                Kind::Unavailable,
                format!(
                    "the list at {path} of {} has more than {MAX_PAGES} pages",
                    self.forge
                ),
            )
            .hint("check that this is the address of its API, and not something that gives every request the same answer")
            .retryable(false)),
        }
    }

    /// Sends one request to `path` under the API's base.
    ///
    /// Errors: auth, denied, not_found, conflict, usage, unavailable.
    pub fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        needs: &'static str,
    ) -> Result<Answer> {
        self.send(method, &self.address(path), body, needs)
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base.plain())
    }

    fn send(
        &self,
        method: Method,
        address: &str,
        body: Option<&Value>,
        needs: &'static str,
    ) -> Result<Answer> {
        let mut address = address.to_owned();
        let (mut tries, mut limited, mut redirects) = (0, 0, 0);
        loop {
            tries += 1;
            let answer = match self.send_once(method, &address, body.map(Payload::Json)) {
                Ok(answer) => answer,
                Err(failed) => {
                    let safe = method == Method::Get || (method.may_repeat() && !failed.began);
                    let again = safe && !failed.late && failed.error.is_retryable();
                    if again && tries < MAX_TRIES {
                        self.pause_briefly(tries);
                        continue;
                    }
                    return Err(failed.error);
                }
            };
            let call = Call {
                forge: self.forge,
                method: method.name(),
                path: self.path_of(&address),
                needs,
                login: self.auth.tried(),
                had_login: !self.auth.is_none(),
            };
            match answer.status {
                200..=299 => return Ok(answer),
                301 | 302 | 307 | 308 if method == Method::Get => {
                    redirects += 1;
                    let place = answer.header("location").unwrap_or_default();
                    address = self
                        .same_server(place, &address)
                        .filter(|_| redirects <= MAX_REDIRECTS)
                        .ok_or_else(|| refusal::redirected(&call, answer.status))?;
                }
                300..=399 => return Err(refusal::redirected(&call, answer.status)),
                _ if limits::is_limit(&answer) => {
                    let wait = limits::wait(&answer, self.http.clock.now().seconds(), limited);
                    limited += 1;
                    self.wait_out(wait, &answer)?;
                }
                502..=504 if method == Method::Get && tries < MAX_TRIES => {
                    self.pause_briefly(tries);
                }
                _ => return Err(refusal::error(&call, &answer)),
            }
        }
    }

    fn path_of<'p>(&self, address: &'p str) -> &'p str {
        let path = address.strip_prefix(&self.base.plain()).unwrap_or(address);
        path.split('?').next().unwrap_or(path)
    }

    /// Returns `place` if it is on the same server as `from`. Our requests are meant for
    /// that server only.
    pub(super) fn same_server(&self, place: &str, from: &str) -> Option<String> {
        if place.starts_with('/') && !place.starts_with("//") {
            let (scheme, rest) = from.split_once("://")?;
            let authority = rest.split('/').next()?;
            return Some(format!("{scheme}://{authority}{place}"));
        }
        let (scheme, rest) = place.split_once("://")?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let url = parse_http(secure, rest)?;
        let same = url.is_secure() == self.base.is_secure()
            && url.is_same_server(&self.base)
            && url.user().is_none();
        // Build the address from the server as we parsed it. Another parser might read the
        // same text as another server.
        let path = &rest[rest.find('/').unwrap_or(rest.len())..];
        same.then(|| format!("{}{path}", url.root().plain()))
    }

    /// Sends one request and gives the answer, whatever its status is. No redirect is
    /// followed, and nothing is sent again.
    pub(super) fn send_once(
        &self,
        method: Method,
        address: &str,
        body: Option<Payload<'_>>,
    ) -> std::result::Result<Answer, Failed> {
        self.progress.step(&format!(
            "{} {}",
            method.name(),
            address.split('?').next().unwrap_or(address)
        ));
        let before = |error| Failed {
            error,
            began: false,
            late: false,
        };
        let settings = self.http.settings_for(&self.base);
        let agent = self.http.agent(&self.base, &settings).map_err(before)?;
        let mut request = Request::builder()
            .method(method.name())
            .uri(address)
            .header("User-Agent", concat!("aidf/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        for line in &settings.extra_headers {
            // Headers for a proxy are passed on. git's own login is not meant for the API.
            if let Some((name, value)) = line.split_once(':')
                && !["authorization", "private-token"]
                    .contains(&name.trim().to_ascii_lowercase().as_str())
            {
                request = request.header(name.trim(), value.trim());
            }
        }
        if let Some((name, value)) = self.auth.header(&self.http).map_err(before)? {
            request = request.header(name, value);
        }
        let begun = Instant::now();
        let built = match body {
            Some(body) => {
                let bytes = body
                    .bytes()
                    .or_fail(Kind::Internal, || "a request could not be written")
                    .map_err(before)?;
                request
                    .header("Content-Type", body.kind())
                    .body(bytes)
                    .map(|r| self.run(&agent, r))
            }
            None if matches!(method, Method::Get | Method::Delete) => {
                request.body(()).map(|r| self.run(&agent, r))
            }
            None => request.body(Vec::new()).map(|r| self.run(&agent, r)),
        };
        let response = built
            // The error is not kept as the cause: its text could hold a header's value.
            .map_err(|_| {
                before(
                    Error::new(
                        Kind::Usage,
                        format!("no request can be sent to {address}: the address or a header is malformed"),
                    )
                    .hint("look for a line break in a token, and for a mistake in http.extraHeader"),
                )
            })?
            .map_err(|e| Failed::unanswered(e, &self.base, self.http.timeout))?;
        answer::read(
            response,
            self.forge,
            &self.base,
            &self.auth,
            self.http.timeout,
            self.most,
        )
        .map_err(|error| Failed {
            error,
            began: true,
            late: begun.elapsed() >= self.http.timeout,
        })
    }

    fn run<S: AsSendBody>(
        &self,
        agent: &ureq::Agent,
        request: Request<S>,
    ) -> std::result::Result<Response<Body>, ureq::Error> {
        let request = agent
            .configure_request(request)
            .timeout_global(Some(self.http.timeout))
            .build();
        agent.run(request)
    }

    fn pause_briefly(&self, tries: u32) {
        std::thread::sleep(Duration::from_millis(200 << tries));
    }

    /// Waits for a rate limit to pass, as long as the total timeout allows.
    fn wait_out(&self, seconds: u64, answer: &Answer) -> Result<()> {
        let allowed = self.http.timeout.as_secs();
        let mut waited = locked(&self.waited);
        let in_all = waited.saturating_add(seconds);
        if in_all > allowed {
            let ahead = i64::try_from(seconds).unwrap_or(i64::MAX);
            let at = Moment::from_seconds(self.http.clock.now().seconds().saturating_add(ahead));
            let error = Error::new(
                Kind::Unavailable,
                format!("{} limits how many requests you may send", self.forge),
            )
            .hint(format!(
                "try again in {seconds} s (after {}), or allow a longer wait with --timeout SECS",
                at.rfc3339()
            ));
            return Err(error.caused_by(Refusal {
                status: answer.status,
                reason: Reason::Limited,
                said: answer.said.clone(),
            }));
        }
        *waited = in_all;
        self.progress.step(&format!(
            "{} limits how many requests you may send: waiting {seconds} s",
            self.forge
        ));
        for done in 0..seconds {
            self.progress.advance(
                &format!("waiting for the rate limit of {}", self.forge),
                done,
                seconds,
            );
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}
