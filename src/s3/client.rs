//! Signed requests to one bucket, with bounded retries.

use super::address::Site;
use super::credentials::Credentials;
use super::refusal::{self, Answer, Call};
use super::request::{Ask, MARK, Payload};
use super::signature::{self, Signed};
use crate::cancel::Cancel;
use crate::clock::Moment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::http::{Http, HttpSettings, transport_error};
use crate::progress::Progress;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;
use ureq::http::{Request, Response};
use ureq::{Body, SendBody};

/// How many times a request is sent, at most.
pub(super) const MAX_TRIES: u32 = 5;
/// The first pause between two tries; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest answer that is read into memory and is no file.
const MAX_ANSWER: u64 = 8 << 20;
/// The slowest transfer that is waited for, in bytes a second.
const SLOWEST: u64 = 16 << 10;
/// How the bucket is reached.
#[derive(Clone)]
pub struct Way<'a> {
    /// The door to HTTP servers.
    pub http: Http,
    /// Ends the call early.
    pub cancel: Cancel,
    /// Who listens.
    pub progress: &'a dyn Progress,
}

/// Talks to one bucket as one identity.
pub struct Client<'a> {
    pub(super) site: Site,
    credentials: Credentials,
    pub(super) way: Way<'a>,
}

/// A small object.
pub enum Small {
    /// There is none.
    Absent,
    /// It is longer than was asked for.
    TooLong,
    /// Its bytes and its ETag.
    Bytes(Vec<u8>, String),
}

/// What is known of an object without its bytes.
#[derive(Debug)]
pub struct Head {
    /// Its ETag.
    pub etag: String,
    /// The SHA-256 that its writer wrote down.
    pub mark: Option<String>,
    /// Until when it is locked.
    pub locked_until: Option<Moment>,
    /// Whether somebody holds it without a date.
    pub is_held: bool,
}

impl<'a> Client<'a> {
    /// A client of this bucket.
    pub fn new(site: Site, credentials: Credentials, way: Way<'a>) -> Client<'a> {
        Client {
            site,
            credentials,
            way,
        }
    }

    /// A small object, whole.
    ///
    /// Errors: unavailable, auth, denied, not_found for the bucket.
    pub fn small(&self, key: &str, most: u64) -> Result<Small> {
        let ask = Ask::new("GET", Some(key));
        let read = self.tried(&ask, |response| {
            if length(response.headers()).is_some_and(|n| n > most) {
                return Ok(Small::TooLong);
            }
            let etag = self.etag(&ask, &response)?;
            let told = length(response.headers());
            let Some(bytes) = self.body(&ask, response, most)? else {
                return Ok(Small::TooLong);
            };
            match told.is_none_or(|n| n == bytes.len() as u64) {
                true => Ok(Small::Bytes(bytes, etag)),
                false => Err(self.cut(&ask)),
            }
        });
        match read {
            Err(e) if refusal::is_missing(&e) => Ok(Small::Absent),
            read => read,
        }
    }

    /// What is known of an object; none if it is not there.
    ///
    /// Errors: unavailable, auth, denied.
    pub fn head(&self, key: &str) -> Result<Option<Head>> {
        let ask = Ask::new("HEAD", Some(key));
        let read = self.tried(&ask, |response| {
            let header = |name: &str| {
                let value = response.headers().get(name)?.to_str().ok()?;
                Some(value.to_owned())
            };
            Ok(Head {
                etag: self.etag(&ask, &response)?,
                mark: header(MARK),
                locked_until: header("x-amz-object-lock-retain-until-date")
                    .and_then(|text| Moment::from_rfc3339(&text)),
                is_held: header("x-amz-object-lock-legal-hold").as_deref() == Some("ON"),
            })
        });
        match read {
            Err(e) if refusal::is_missing(&e) => Ok(None),
            read => read.map(Some),
        }
    }

    /// Removes an object, which may be gone already.
    ///
    /// Errors: unavailable, auth, denied.
    pub fn delete(&self, key: &str) -> Result<()> {
        match self.tried(&Ask::new("DELETE", Some(key)), |_| Ok(())) {
            Err(e) if refusal::is_missing(&e) => Ok(()),
            done => done,
        }
    }

    /// Whether the object at `key` is the one that was written with this mark: the answer to
    /// that write was lost, and a second try found it in its way. Its ETag, if it is.
    pub(super) fn is_ours(&self, key: &str, sha256: &str) -> Result<Option<String>> {
        let head = self.head(key)?;
        Ok(head
            .filter(|h| h.mark.as_deref() == Some(sha256))
            .map(|h| h.etag))
    }

    /// `s3://bucket/key`, for messages.
    pub(super) fn shown(&self, key: Option<&str>) -> String {
        match key {
            Some(key) => format!("s3://{}/{key}", self.site.bucket),
            None => format!("s3://{}", self.site.bucket),
        }
    }

    /// The text of an answer.
    pub(super) fn text(&self, ask: &Ask<'_>) -> Result<String> {
        self.tried(ask, |response| {
            let bytes = self.body(ask, response, MAX_ANSWER)?;
            let bytes = bytes.ok_or_else(|| self.garbled(ask, "it is too long"))?;
            let text = String::from_utf8(bytes).map_err(|_| self.garbled(ask, "it is not text"))?;
            match refusal::is_error(&text) {
                true => Err(self.refused(ask, 500, &text, None)),
                false => Ok(text),
            }
        })
    }

    /// Sends a request until it is answered, and reads the answer. What may do better in a
    /// moment is tried again, a bounded number of times.
    pub(super) fn tried<T>(
        &self,
        ask: &Ask<'_>,
        read: impl Fn(Response<Body>) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            self.way.cancel.check()?;
            tries += 1;
            match self.once(ask).and_then(&read) {
                Err(e) if e.is_retryable() && !e.is_futile_at_once() && tries < MAX_TRIES => {
                    self.way
                        .progress
                        .step(&format!("{}; trying again", e.in_full()));
                    self.way.cancel.sleep(PAUSE * 2u32.pow(tries - 1))?;
                }
                Err(e) if tries > 1 => return Err(e.within(&format!("it was tried {tries} times"))),
                done => return done,
            }
        }
    }

    /// Sends a request once. An answer that refuses is an error.
    fn once(&self, ask: &Ask<'_>) -> Result<Response<Body>> {
        let base = self.site.base();
        let path = match ask.key {
            Some(key) => format!("{}/{}", base.path(), signature::path(key)),
            // A bucket that stands before the host is the root.
            None => format!("{}/", base.path()),
        };
        let parts: Vec<(&str, &str)> = ask.query.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let query = signature::query(&parts);
        let moment = self.way.http.clock.now();
        let digests = ask.payload.digests();
        let mut headers: Vec<(String, String)> = vec![
            ("host".to_owned(), base.authority()),
            ("x-amz-content-sha256".to_owned(), digests.sha256.clone()),
            ("x-amz-date".to_owned(), signature::date(moment)),
        ];
        if let Some(token) = &self.credentials.token {
            headers.push(("x-amz-security-token".to_owned(), token.reveal().to_owned()));
        }
        let has_body = matches!(ask.method, "PUT" | "POST");
        if has_body {
            headers.push((
                "content-length".to_owned(),
                ask.payload.length().to_string(),
            ));
            headers.push(("content-md5".to_owned(), digests.md5));
        }
        let more = ask.headers.iter();
        headers.extend(more.map(|(name, value)| ((*name).to_owned(), value.clone())));
        let signed = Signed {
            method: ask.method,
            path: &path,
            query: &query,
            headers: &headers,
            payload: &digests.sha256,
        };
        let authorization =
            signature::authorization(&signed, &self.credentials, &self.site.region, moment);
        headers.push(("authorization".to_owned(), authorization));

        let mark = if query.is_empty() { "" } else { "?" };
        let root = base.root().plain();
        let mut request = Request::builder()
            .method(ask.method)
            .uri(format!("{root}{path}{mark}{query}"))
            .header("User-Agent", concat!("aidf/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let shown = self.shown(ask.key);
        self.way.progress.step(&format!("{} {shown}", ask.method));
        // git's own headers may hold a login that is meant for git servers.
        let settings = HttpSettings {
            extra_headers: Vec::new(),
            ..self.way.http.settings_for(base)
        };
        let agent = self.way.http.agent(base, &settings)?;
        // The cause would show the headers.
        let bad = |_| Error::new(Kind::Usage, format!("no request can be made for {shown}"));
        let run = |request: Request<SendBody<'_>>| {
            let mut asked = agent.configure_request(request);
            if ask.is_long {
                asked = asked.timeout_recv_response(Some(Duration::from_secs(600)));
            }
            asked = asked.timeout_send_body(Some(self.patience(ask.payload.length())));
            agent.run(asked.build())
        };
        let answer = match &ask.payload {
            Payload::Empty if !has_body => run(request.body(SendBody::none()).map_err(bad)?),
            Payload::Empty => run(request
                .body(SendBody::from_reader(&mut std::io::empty()))
                .map_err(bad)?),
            Payload::Bytes(bytes) => {
                let mut bytes = *bytes;
                run(request
                    .body(SendBody::from_reader(&mut bytes))
                    .map_err(bad)?)
            }
            Payload::Part {
                path, at, length, ..
            } => {
                let failed = || format!("{} cannot be read", path.display());
                let mut file = std::fs::File::open(path).or_fail(Kind::Internal, failed)?;
                file.seek(SeekFrom::Start(*at))
                    .or_fail(Kind::Internal, failed)?;
                let mut part = file.take(*length);
                run(request
                    .body(SendBody::from_reader(&mut part))
                    .map_err(bad)?)
            }
        };
        let timeout = self.way.http.timeout.as_secs();
        let response = answer.map_err(|e| transport_error(e, &base.root(), timeout))?;
        let status = response.status().as_u16();
        if response.status().is_success() {
            return Ok(response);
        }
        let region = response.headers().get("x-amz-bucket-region");
        let region = region.and_then(|r| r.to_str().ok()).map(str::to_owned);
        let body = self.body(ask, response, MAX_ANSWER).ok().flatten();
        let text = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
        Err(self.refused(ask, status, &text, region.as_deref()))
    }

    fn refused(&self, ask: &Ask<'_>, status: u16, body: &str, region: Option<&str>) -> Error {
        let call = Call {
            method: ask.method,
            shown: &self.shown(ask.key),
            host: &self.site.base().authority(),
            bucket: &self.site.bucket,
            region: &self.site.region,
            now: self.way.http.clock.now(),
        };
        let answer = Answer {
            status,
            body,
            region,
            token: self.credentials.token.as_ref().map(|t| t.reveal()),
        };
        refusal::error(&call, &answer)
    }

    /// How long a transfer of so many bytes may take.
    pub(super) fn patience(&self, bytes: u64) -> Duration {
        self.way.http.timeout + Duration::from_secs(bytes / SLOWEST)
    }

    /// The bytes of a body; none if there are more than `most`.
    fn body(&self, ask: &Ask<'_>, response: Response<Body>, most: u64) -> Result<Option<Vec<u8>>> {
        let read = response
            .into_body()
            .into_with_config()
            .limit(most)
            .read_to_vec();
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ureq::Error::BodyExceedsLimit(_)) => Ok(None),
            Err(e @ ureq::Error::Timeout(_)) => {
                let timeout = self.way.http.timeout.as_secs();
                Err(transport_error(e, &self.site.base().root(), timeout))
            }
            Err(e) => Err(self.cut(ask).caused_by(anyhow::anyhow!(e.to_string()))),
        }
    }

    pub(super) fn etag(&self, ask: &Ask<'_>, response: &Response<Body>) -> Result<String> {
        let etag = response.headers().get("etag");
        let etag = etag.and_then(|e| e.to_str().ok()).map(str::to_owned);
        etag.filter(|e| !e.is_empty())
            .ok_or_else(|| self.garbled(ask, "it has no ETag"))
    }

    /// An answer that is not what S3 would say.
    pub(super) fn garbled(&self, ask: &Ask<'_>, why: &str) -> Error {
        let (host, shown) = (self.site.base().authority(), self.shown(ask.key));
        Error::new(
            Kind::Unavailable,
            format!(
                "the answer of {host} to {} of {shown} cannot be used: {why}",
                ask.method
            ),
        )
        .hint(
            "check that the endpoint is S3 storage, and no web page or proxy answers in its place",
        )
        .retryable(false)
    }

    /// An answer that ended early.
    pub(super) fn cut(&self, ask: &Ask<'_>) -> Error {
        let host = self.site.base().authority();
        Error::new(
            Kind::Unavailable,
            format!(
                "{host} cut its answer to {} of {}",
                ask.method,
                self.shown(ask.key)
            ),
        )
        .hint("try again")
    }
}

/// The length of a body, as its header tells it.
pub(super) fn length(headers: &ureq::http::HeaderMap) -> Option<u64> {
    headers.get("content-length")?.to_str().ok()?.parse().ok()
}
