//! Addresses that aidf calls so that somebody is told: webhooks and heartbeats.

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::http::{Http, transport_error};
use crate::secret::Secret;
use crate::url::HttpUrl;
use std::fmt;
use std::time::{Duration, Instant};

/// Tries `call` again after each of the pauses, as long as it may do better and the time
/// `within` lasts; `call` is told how much of it is left.
///
/// Errors: the last one of `call`; interrupted.
pub fn tried(
    cancel: &Cancel,
    within: Duration,
    pauses: &[Duration],
    mut call: impl FnMut(Duration) -> Result<()>,
) -> Result<()> {
    let begun = Instant::now();
    let left = || within.saturating_sub(begun.elapsed());
    let mut pauses = pauses.iter();
    loop {
        let called = call(left());
        let pause = pauses.next().filter(|pause| **pause < left());
        match (called, pause) {
            (Err(e), Some(pause)) if e.is_retryable() => cancel.sleep(*pause)?,
            (called, _) => return called,
        }
    }
}

/// An address that is called. All of it but the host may be a secret: whoever knows the
/// address of a webhook can post to it.
#[derive(Clone)]
pub struct Callback {
    text: Secret,
    url: HttpUrl,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Callback {
    /// The host alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/…", self.url.scheme(), self.url.authority())
    }
}

impl Callback {
    /// Reads an address.
    ///
    /// Errors: why it cannot be called.
    pub fn parse(text: &str) -> std::result::Result<Callback, String> {
        let (secure, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err("an address that begins with https:// is expected".to_owned()),
        };
        let url = HttpUrl::read(secure, rest)?;
        if url.user().is_some() {
            return Err("it must have no user and no password before its host".to_owned());
        }
        if !url.is_private() {
            return Err(format!(
                "others on the network could read what is sent to http://{}; use https",
                url.authority()
            ));
        }
        Ok(Callback {
            text: Secret::new(text),
            url,
        })
    }

    /// All of it, for the one who calls it.
    pub fn text(&self) -> &str {
        self.text.reveal()
    }

    /// Posts a body of JSON; the answer's body is not read.
    ///
    /// Errors: unavailable, also for any answer but one that says that it was taken.
    pub fn post(
        &self,
        http: &Http,
        within: Duration,
        headers: &[(&str, String)],
        body: &str,
    ) -> Result<()> {
        let agent = http.agent(&self.url, &self.settings(http))?;
        let mut request = agent
            .post(self.text())
            .config()
            .timeout_global(Some(within))
            .build()
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.judge(request.send(body), within)
    }

    /// Gets it; the answer's body is not read.
    ///
    /// Errors: as those of [`Callback::post`].
    pub fn get(&self, http: &Http, within: Duration) -> Result<()> {
        let agent = http.agent(&self.url, &self.settings(http))?;
        let request = agent
            .get(self.text())
            .config()
            .timeout_global(Some(within))
            .build();
        self.judge(request.call(), within)
    }

    /// How the host is reached. The headers that git adds for its servers may hold logins, and
    /// are not sent.
    fn settings(&self, http: &Http) -> crate::http::HttpSettings {
        crate::http::HttpSettings {
            extra_headers: Vec::new(),
            ..http.settings_for(&self.url)
        }
    }

    fn judge<B>(
        &self,
        answer: std::result::Result<ureq::http::Response<B>, ureq::Error>,
        within: Duration,
    ) -> Result<()> {
        let answer = answer
            .map_err(|e| transport_error(e, &self.url.root().without_login(), within.as_secs()))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(Error::new(
                Kind::Unavailable,
                format!("{self} answered with status {}", status.as_u16()),
            )
            // The same request gets the same answer, unless the server is busy.
            .retryable(status.is_server_error() || matches!(status.as_u16(), 408 | 429))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_address_is_shown_but_its_host() {
        let callback = Callback::parse("https://hooks.example:8443/s3cret?key=s3cret").unwrap();
        let shown = format!("{callback} {callback:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("hooks.example:8443"), "{shown}");
        assert_eq!(
            callback.text(),
            "https://hooks.example:8443/s3cret?key=s3cret"
        );
    }

    #[test]
    fn what_others_could_read_or_nobody_serves_is_refused() {
        for text in [
            "hooks.example/x",
            "ftp://hooks.example/x",
            "file:///etc/passwd",
            "http://hooks.example/x",
            "https://me:pw@hooks.example/x",
            "https://",
            "",
        ] {
            let why = Callback::parse(text).map(|c| c.to_string()).unwrap_err();
            assert!(!why.is_empty() && !why.contains("pw"), "{text}: {why}");
        }
        for text in [
            "http://127.0.0.1:9/x",
            "http://localhost/",
            "https://h/x?y=1",
        ] {
            assert!(Callback::parse(text).is_ok(), "{text}");
        }
    }
}
