//! How HTTP servers are reached: proxies, trusted roots, timeouts, kept-alive
//! connections. One door for the git wire and for the forges' APIs.

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::mutex::locked;
use crate::url::HttpUrl;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// What git's `http.*` says for one URL.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// Whole header lines, `Name: value`.
    pub extra_headers: Vec<String>,
    /// A proxy's URL; empty means none at all.
    pub proxy: Option<String>,
    /// A PEM file of trusted roots, in place of the platform's.
    pub ca_file: Option<String>,
    /// False where the user turned the certificate check off.
    pub verify: bool,
}

impl fmt::Debug for HttpSettings {
    /// Headers and proxies may hold passwords: only that they are there is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("extra_headers", &self.extra_headers.len())
            .field("proxy", &self.proxy.is_some())
            .field("ca_file", &self.ca_file)
            .field("verify", &self.verify)
            .finish()
    }
}

type SettingsFor = dyn Fn(&HttpUrl) -> HttpSettings + Send + Sync;

/// The door: settings for each URL, and the clients in use. Copies share the clients.
#[derive(Clone)]
pub struct Http {
    /// Bound on every wait for the network.
    pub timeout: Duration,
    /// The variables that count: proxies, logins, and what git's credential helpers see.
    pub environment: Environment,
    /// Tells the present, by which a forge's tokens and its limits end.
    pub clock: Clock,
    settings: Arc<SettingsFor>,
    agents: Arc<Mutex<Vec<(String, Agent)>>>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Http {
    /// A door whose settings for a URL come from `settings`.
    pub fn new(
        timeout: Duration,
        environment: Environment,
        clock: Clock,
        settings: impl Fn(&HttpUrl) -> HttpSettings + Send + Sync + 'static,
    ) -> Self {
        Http {
            timeout,
            environment,
            clock,
            settings: Arc::new(settings),
            agents: Arc::default(),
        }
    }

    /// What the configuration says for `url`.
    pub fn settings_for(&self, url: &HttpUrl) -> HttpSettings {
        (self.settings)(url)
    }

    /// The client that reaches `url` the way `http` says, with its kept-alive connections.
    ///
    /// Errors: usage, for a CA file or a proxy that cannot be used.
    pub fn agent(&self, url: &HttpUrl, http: &HttpSettings) -> Result<Agent> {
        let mut tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .disable_verification(!http.verify);
        tls = match &http.ca_file {
            Some(path) => {
                let refuse = || {
                    format!(
                        "the file of trusted certificates `{path}` (http.sslCAInfo, GIT_SSL_CAINFO) cannot be used"
                    )
                };
                let pem = std::fs::read(path).or_fail(Kind::Usage, refuse)?;
                let roots: Vec<Certificate<'static>> = parse_pem(&pem)
                    .filter_map(|item| match item {
                        Ok(PemItem::Certificate(c)) => Some(c),
                        _ => None,
                    })
                    .collect();
                if roots.is_empty() {
                    return Err(Error::new(Kind::Usage, refuse())
                        .hint("it contains no certificate in PEM form"));
                }
                tls.root_certs(RootCerts::new_with_certs(&roots))
            }
            None => tls.root_certs(RootCerts::PlatformVerifier),
        };
        let place = proxy_for(url, http.proxy.as_deref(), |name| {
            self.environment.text(name)
        });
        let proxy = place
            .as_deref()
            .map(ureq::Proxy::new)
            .transpose()
            .or_fail(Kind::Usage, || {
                "the proxy's URL cannot be read (http.proxy or *_proxy)".to_owned()
            })?;
        // One client for one way of reaching a place: its connections serve every service.
        let key = format!(
            "{:?} {} {}",
            http.ca_file,
            http.verify,
            place.unwrap_or_default()
        );
        let mut known = locked(&self.agents);
        if let Some((_, agent)) = known.iter().find(|(k, _)| *k == key) {
            return Ok(agent.clone());
        }
        let wait = Some(self.timeout);
        let agent = Agent::config_builder()
            .user_agent(concat!("git/aidf-", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(wait)
            .timeout_connect(wait)
            .timeout_per_read(wait)
            .timeout_per_write(wait)
            // The whole head of an answer: a byte of it a second is no answer.
            .timeout_recv_response(wait)
            .max_response_header_size(64 * 1024)
            .build()
            .new_agent();
        known.push((key, agent.clone()));
        Ok(agent)
    }
}

/// The proxy for `url`, as curl chooses it: `http.proxy`, else `<scheme>_proxy` (for
/// http in lower case alone), else `all_proxy`; none for hosts in `no_proxy`.
fn proxy_for(
    url: &HttpUrl,
    configured: Option<&str>,
    environment: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|n| environment(n).filter(|v| !v.is_empty()))
    };
    let excluded = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    for entry in excluded
        .split([',', ' '])
        .map(str::trim)
        .filter(|e| !e.is_empty())
    {
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse::<u16>().ok()),
            _ => (entry, None),
        };
        let host = host.trim_start_matches('.').to_ascii_lowercase();
        let same = url.host() == host
            || url
                .host()
                .strip_suffix(&host)
                .is_some_and(|rest| rest.ends_with('.'));
        if entry == "*" || (same && port.is_none_or(|p| p == url.effective_port())) {
            return None;
        }
    }
    if let Some(configured) = configured {
        return Some(configured.to_owned()).filter(|p| !p.is_empty());
    }
    if url.is_secure() {
        first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
    } else {
        first(&["http_proxy", "all_proxy", "ALL_PROXY"])
    }
}

/// What a request that got no answer failed of.
pub(crate) fn transport_error(error: ureq::Error, url: &HttpUrl, timeout: u64) -> Error {
    let place = url.plain();
    let out_of_time = match &error {
        ureq::Error::Timeout(_) => true,
        ureq::Error::Io(e) => matches!(
            e.kind(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
        ),
        _ => false,
    };
    if out_of_time {
        return Error::no_answer(place, timeout);
    }
    let text = error.to_string();
    let failed = |message: String, hint: &str| Error::new(Kind::Unavailable, message).hint(hint);
    let ours = if text.contains("CaUsedAsEndEntity") {
        failed(
            format!("{} presents a CA certificate as its own, which is not accepted", url.authority()),
            "issue a server certificate from that CA (basicConstraints CA:FALSE), and name the CA in http.<url>.sslCAInfo",
        )
        .retryable(false)
    } else if text.contains("certificate") || text.contains("UnknownIssuer") {
        failed(
            format!("the certificate of {} is not trusted", url.authority()),
            "name its CA with `git config --global http.<url>.sslCAInfo FILE`, or GIT_SSL_CAINFO",
        )
        .retryable(false)
    } else {
        match &error {
            ureq::Error::HostNotFound => failed(
                format!("the host `{}` could not be found", url.host()),
                "check the address and the network",
            ),
            _ => failed(
                format!("no connection to {}", url.authority()),
                "check that the server is up, and whether you need a proxy",
            ),
        }
    };
    ours.caused_by(anyhow::anyhow!(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::parse_http;

    fn proxy(url: (bool, &str), configured: Option<&str>, set: &[(&str, &str)]) -> Option<String> {
        proxy_for(&parse_http(url.0, url.1).unwrap(), configured, |n| {
            set.iter()
                .find(|(k, _)| *k == n)
                .map(|(_, v)| v.to_string())
        })
    }

    #[test]
    fn a_proxy_is_chosen_as_curl_chooses_it() {
        assert_eq!(
            proxy((true, "h/x"), None, &[("https_proxy", "p")]).as_deref(),
            Some("p")
        );
        assert_eq!(
            proxy((false, "h/x"), None, &[("HTTP_PROXY", "p")]),
            None,
            "HTTP_PROXY may come from a CGI request"
        );
        assert_eq!(proxy((false, "h/x"), None, &[("https_proxy", "p")]), None);
        assert_eq!(
            proxy(
                (true, "a.corp.example/x"),
                None,
                &[("all_proxy", "p"), ("no_proxy", "x,.corp.example")]
            ),
            None
        );
        assert_eq!(
            proxy(
                (true, "corp.example.org/x"),
                Some("q"),
                &[("no_proxy", "corp.example")]
            )
            .as_deref(),
            Some("q")
        );
        assert_eq!(
            proxy((true, "h/x"), Some(""), &[("https_proxy", "p")]),
            None
        );
        assert_eq!(
            proxy(
                (true, "h:8443/x"),
                None,
                &[("https_proxy", "p"), ("no_proxy", "h:443")]
            )
            .as_deref(),
            Some("p")
        );
    }

    #[test]
    fn secrets_of_the_settings_are_not_shown() {
        let settings = HttpSettings {
            extra_headers: vec!["Authorization: Basic c2VjcmV0".to_owned()],
            proxy: Some("http://me:secret@proxy".to_owned()),
            ca_file: None,
            verify: true,
        };
        let shown = format!("{settings:?}");
        assert!(
            !shown.contains("c2VjcmV0") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
