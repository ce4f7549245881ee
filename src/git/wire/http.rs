//! Connects to a remote over smart HTTP (gitprotocol-http): one GET for the advertisement,
//! then one POST for each request, all on one kept-alive connection.

use super::deadline::{drain, read_for};
use super::logins::Logins;
use super::{CHECK_ADDRESS, Heard, Link, LinkSettings, Service};
use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::credential::{self, FROM_APP};
use crate::http::transport_error;
use crate::url::HttpUrl;
use crate::url::split_path;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, Read};
use std::time::Duration;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, BodyReader, SendBody};

/// How many times the first GET may be redirected. git too follows redirects only at the
/// first request; curl's limit is far higher.
const MAX_REDIRECTS: usize = 5;

/// How many bytes of an unread answer are read, so that its connection can be used again.
const LEFT_OVER: u64 = 64 * 1024;

/// How much of an error's page is shown, in characters.
const MAX_SAID: usize = 300;

pub(super) struct HttpLink {
    agent: Agent,
    url: HttpUrl,
    service: Service,
    version2: bool,
    headers: Vec<(String, String)>,
    /// Where the login came from, for messages.
    login: String,
    answer: BodyReader<'static>,
    timeout: u64,
    heard: Heard,
}

impl HttpLink {
    /// Sends the first GET, follows its redirects, and logs in if the server asks for it.
    pub(super) fn open(
        url: &HttpUrl,
        service: Service,
        version2: bool,
        settings: &LinkSettings,
    ) -> Result<HttpLink> {
        let mut url = url.clone();
        let mut login = Logins::new(&url, settings)?;
        let mut http = settings.http.settings_for(&url);
        let mut agent = settings.http.agent(&url, &http)?;
        let mut redirects = 0;
        loop {
            let headers = login.headers(&http);
            let target = format!(
                "{}/info/refs?service=git-{}",
                url.plain(),
                service.command()
            );
            let mut request = agent
                .get(&target)
                .header("Accept", "*/*")
                .header("Cache-Control", "no-cache");
            for (name, value) in &headers {
                request = request.header(name, value);
            }
            if version2 {
                request = request.header("Git-Protocol", "version=2");
            }
            let response = request
                .call()
                .map_err(|e| transport_error(e, &url, settings.timeout.as_secs()))?;
            let status = response.status().as_u16();
            match status {
                200 => {
                    login.accepted(&url, settings);
                    let expected = format!("application/x-git-{}-advertisement", service.command());
                    let kind = header(response.headers(), "content-type");
                    if !kind.eq_ignore_ascii_case(&expected) {
                        return Err(Error::new(
                            Kind::NotFound,
                            format!("{} is not a git repository over smart HTTP (it answered with `{kind}`)", url.plain()),
                        )
                        .hint("check the remote's address; aidf needs a server that speaks smart HTTP"));
                    }
                    let now = settings.http.clock.now();
                    let heard = Heard {
                        ahead: Moment::from_http(&header(response.headers(), "date"))
                            .map(|server| server.seconds() - now.seconds()),
                        ..login.heard()
                    };
                    let answer = reader_of(response);
                    return Ok(HttpLink {
                        agent,
                        url,
                        service,
                        version2,
                        headers,
                        login: login.in_use(),
                        answer,
                        timeout: settings.timeout.as_secs(),
                        heard,
                    });
                }
                301 | 302 | 303 | 307 | 308 => {
                    redirects += 1;
                    let place = header(response.headers(), "location");
                    if redirects > MAX_REDIRECTS {
                        return Err(Error::new(
                            Kind::Unavailable,
                            format!("{} redirects without end", url.plain()),
                        ));
                    }
                    let next = redirect_target(&url, &place, service)?;
                    if !next.is_same_server(&url) {
                        // A login for one host is not sent to another. Only the credential
                        // helpers know the login for the new host.
                        login = Logins::helpers_alone();
                    }
                    http = settings.http.settings_for(&next);
                    agent = settings.http.agent(&next, &http)?;
                    url = next;
                }
                401 => {
                    if !login.next(&url, settings) {
                        return Err(Error::new(
                            Kind::Auth,
                            format!("{} refused the credentials", url.plain()),
                        )
                        .hint(format!(
                            "tried: {}; {}",
                            login.tried(),
                            login.todo(&url)
                        )));
                    }
                }
                _ => {
                    let (tried, said) = (
                        login.in_use(),
                        hidden(response, &headers, &url, settings.timeout),
                    );
                    return Err(status_error(status, &url, service, said, &tried));
                }
            }
        }
    }
}

impl Drop for HttpLink {
    fn drop(&mut self) {
        drain(&mut self.answer, LEFT_OVER, Duration::from_secs(1));
    }
}

impl Read for HttpLink {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.answer.read(to).map_err(|e| {
            // ureq wraps its timeouts in an `Other`.
            match e
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<ureq::Error>())
            {
                Some(ureq::Error::Timeout(_)) => io::ErrorKind::TimedOut.into(),
                _ if e.kind() == io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
                _ => e,
            }
        })
    }
}

impl Link for HttpLink {
    fn send(&mut self, body: &mut dyn Read, length: Option<u64>) -> io::Result<()> {
        // Reading an answer to its end frees the connection for the next request.
        drain(
            &mut self.answer,
            LEFT_OVER,
            Duration::from_secs(self.timeout),
        );
        let target = format!("{}/git-{}", self.url.plain(), self.service.command());
        let mut request = self
            .agent
            .post(&target)
            .header(
                "Content-Type",
                format!("application/x-git-{}-request", self.service.command()),
            )
            .header(
                "Accept",
                format!("application/x-git-{}-result", self.service.command()),
            );
        // Without its length it goes in chunks, as git sends a large pack.
        if let Some(length) = length {
            request = request.header("Content-Length", length.to_string());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if self.version2 {
            request = request.header("Git-Protocol", "version=2");
        }
        let mut body = body;
        let response = request
            .send(SendBody::from_reader(&mut body))
            .map_err(|e| io::Error::other(send_error(e, &self.url, self.timeout)))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(io::Error::other(status_error(
                status,
                &self.url,
                self.service,
                hidden(
                    response,
                    &self.headers,
                    &self.url,
                    Duration::from_secs(self.timeout),
                ),
                &self.login,
            )));
        }
        self.answer = reader_of(response);
        Ok(())
    }

    fn finish_sending(&mut self) {}

    fn complaint(&mut self) -> String {
        String::new()
    }

    fn heard(&self) -> Heard {
        self.heard.clone()
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("")
        .to_owned()
}

fn reader_of(response: Response<Body>) -> BodyReader<'static> {
    response
        .into_body()
        .into_with_config()
        .limit(u64::MAX)
        .reader()
}

/// The new address of a redirected GET. It must be the same service of a repository.
pub(super) fn redirect_target(from: &HttpUrl, place: &str, service: Service) -> Result<HttpUrl> {
    let refuse = |why: &str| {
        Error::new(
            Kind::Unavailable,
            format!(
                "{} redirects to an address that aidf does not follow: {why}",
                from.plain()
            ),
        )
        .retryable(false)
    };
    let tail = format!("/info/refs?service=git-{}", service.command());
    let base = place
        .strip_suffix(&tail)
        .ok_or_else(|| refuse("it is not a git repository's address"))?;
    let next = match base.split_once("://") {
        Some(("http", _)) if from.is_secure() => return Err(refuse("it is not https")),
        Some((scheme @ ("http" | "https"), rest)) => {
            // The server would have chosen that login. It would go into the question to the
            // credential helpers, and from there to another server.
            if split_path(rest).0.contains('@') {
                return Err(refuse("its address contains a user name"));
            }
            HttpUrl::read(scheme == "https", rest)
        }
        None if base.starts_with('/') && !base.starts_with("//") => from.with_path(base),
        _ => Err("its address is neither http(s) nor a path"),
    }
    .map_err(refuse)?;
    let login = next.is_same_server(from).then_some(from);
    Ok(next.with_login_of(login))
}

/// What a refusal says.
struct Said {
    /// How long to wait before trying again.
    wait: String,
    /// The beginning of its page, with our login removed.
    text: String,
}

/// Reads a refusal. A server may repeat what it was sent, so our login is removed from the
/// text.
fn hidden(
    response: Response<Body>,
    headers: &[(String, String)],
    url: &HttpUrl,
    time: Duration,
) -> Said {
    let wait = header(response.headers(), "retry-after");
    let mut page = Vec::new();
    read_for(&mut reader_of(response), &mut page, LEFT_OVER, time);
    let text = credential::hide(
        String::from_utf8_lossy(&page).into_owned(),
        &secrets_of(headers, url),
    );
    Said {
        wait: credential::hide(wait, &secrets_of(headers, url)),
        text: text.trim().chars().take(MAX_SAID).collect(),
    }
}

/// The secret parts of a request: the login's header in each of its forms, and the other
/// headers from the configuration.
fn secrets_of(headers: &[(String, String)], url: &HttpUrl) -> Vec<String> {
    // A short value of another header is not a secret, and may occur in any text.
    const LEAST: usize = 12;
    let mut all: Vec<String> = url.password().iter().map(|p| p.to_string()).collect();
    for (name, value) in headers {
        let is_login = name.to_ascii_lowercase().ends_with("authorization");
        if is_login || value.len() >= LEAST {
            all.push(value.clone());
        }
        if !is_login {
            continue;
        }
        let Some((_, login)) = value.split_once(' ') else {
            continue;
        };
        let login = login.trim();
        all.push(login.to_owned());
        let pair = STANDARD.decode(login).ok().map(String::from_utf8);
        if let Some(Ok(pair)) = pair
            && let Some((user, password)) = pair.split_once(':')
        {
            all.push(password.to_owned());
            // Some servers take a token as the user name, with no password.
            if user.len() >= LEAST && user != "x-access-token" {
                all.push(user.to_owned());
            }
            all.push(pair);
        }
    }
    all
}

/// The error of a request that was not answered: that of its body, where its body failed.
fn send_error(error: ureq::Error, url: &HttpUrl, timeout: u64) -> Error {
    let error = match error {
        ureq::Error::Io(e) => match Error::carried(e) {
            Ok(ours) => return ours,
            Err(e) => ureq::Error::Io(e),
        },
        other => other,
    };
    transport_error(error, url, timeout)
}

fn status_error(
    status: u16,
    url: &HttpUrl,
    service: Service,
    Said { wait, text: said }: Said,
    tried: &str,
) -> Error {
    let place = url.plain();
    let error = match status {
        401 => Error::new(Kind::Auth, format!("{place} refused the credentials")).hint(format!("tried: {tried}")),
        403 if tried.ends_with(FROM_APP) => {
            let needs = match service {
                Service::ReceivePack => "contents: write",
                Service::UploadPack => "contents: read",
            };
            Error::new(Kind::Auth, format!("{place} forbids this to the GitHub App (403): it lacks the permission `{needs}`"))
                .hint(format!("grant `{needs}` in the App's settings under Permissions, then accept it in the installation; tried: {tried}"))
        }
        403 => Error::new(Kind::Auth, format!("{place} forbids this (403)")).hint(format!("the login may lack write access to the repository; tried: {tried}")),
        404 | 410 => Error::new(Kind::NotFound, format!("there is no repository at {place}, or these credentials may not see it"))
            .hint(CHECK_ADDRESS),
        411 => Error::new(Kind::Denied, format!("{place} does not accept a request that is sent in chunks (411)"))
            .hint("nothing was written; let the server, or the proxy before it, accept `Transfer-Encoding: chunked`, as git needs too"),
        413 => Error::new(Kind::Denied, format!("{place} does not accept a request of this size (413)"))
            .hint("nothing was written; raise the server's limit for request bodies (nginx: client_max_body_size)"),
        429 => Error::new(Kind::Unavailable, format!("{place} limits how many requests you may send (429)"))
            .hint(if wait.is_empty() { "try again in a minute".to_owned() } else { format!("try again in {wait} s") }),
        500..=599 => Error::new(Kind::Unavailable, format!("{place} had an internal error ({status})")).hint("try again later"),
        _ => Error::new(Kind::Unavailable, format!("{place} answered with status {status}, which git servers do not use")),
    };
    // An HTML page explains nothing in a terminal.
    match said.as_str() {
        "" => error,
        text if text.starts_with('<') => error,
        _ => error.caused_by(anyhow::anyhow!(said)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::parse_http;

    #[test]
    fn a_redirect_is_followed_to_a_repository_alone_and_never_out_of_https() {
        let from = parse_http(true, "me:pw@h/old").unwrap();
        let ok = redirect_target(
            &from,
            "https://h/new.git/info/refs?service=git-upload-pack",
            Service::UploadPack,
        )
        .unwrap();
        assert_eq!((ok.path(), ok.password()), ("/new.git", Some("pw")));
        let other = redirect_target(
            &from,
            "https://k/new.git/info/refs?service=git-upload-pack",
            Service::UploadPack,
        )
        .unwrap();
        assert_eq!(other.password(), None);
        let port = redirect_target(
            &from,
            "https://h:444/new.git/info/refs?service=git-upload-pack",
            Service::UploadPack,
        )
        .unwrap();
        assert_eq!(port.password(), None, "another port is another server");
        for place in [
            "http://h/x/info/refs?service=git-upload-pack",
            "https://h/login",
            "//k/info/refs?service=git-upload-pack",
            "https://u@h/x/info/refs?service=git-upload-pack",
            "https://@k/x/info/refs?service=git-upload-pack",
            "https://x%0aurl=https%3a%2f%2fgithub.com@k/x/info/refs?service=git-upload-pack",
            "https://k/x%0ay/info/refs?service=git-upload-pack",
            "https://k\\@h/x/info/refs?service=git-upload-pack",
            "/x%0dy/info/refs?service=git-upload-pack",
            "HTTP://h/x/info/refs?service=git-upload-pack",
            "",
        ] {
            assert!(
                redirect_target(&from, place, Service::UploadPack).is_err(),
                "{place}"
            );
        }
    }

    #[test]
    fn every_form_of_a_login_is_kept_out_of_sight() {
        let url = parse_http(true, "me:in-the-url@h/x").unwrap();
        let pair = STANDARD.encode("a-token-as-the-name:x-oauth-basic");
        let headers = [
            ("Authorization".to_owned(), format!("Basic {pair}")),
            ("X-Key".to_owned(), "of-the-configuration".to_owned()),
            ("X-Trace".to_owned(), "1".to_owned()),
        ];
        let page = format!(
            "1: Basic {pair}, {pair}, a-token-as-the-name, x-oauth-basic, in-the-url, of-the-configuration"
        );
        assert_eq!(
            credential::hide(page, &secrets_of(&headers, &url)),
            "1: ***, ***, ***, ***, ***, ***"
        );
    }

    #[test]
    fn a_push_that_an_app_may_not_make_names_the_permission() {
        let url = parse_http(true, "github.com/o/r").unwrap();
        let told = |service, tried| {
            let said = Said {
                wait: String::new(),
                text: "denied".to_owned(),
            };
            status_error(403, &url, service, said, tried).in_full()
        };
        let push = told(Service::ReceivePack, "the GitHub App");
        assert!(push.contains("`contents: write`"), "{push}");
        let other = told(Service::ReceivePack, "GH_TOKEN");
        assert!(!other.contains("contents"), "{other}");
        let read = told(Service::UploadPack, "the URL, the GitHub App");
        assert!(read.contains("`contents: read`"), "{read}");
    }
}
