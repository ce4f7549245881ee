//! Which forge and repository a remote belongs to, and where the forge's API is. Pure.

use super::settings::{ForgeSettings, Provider};
use crate::error::{Error, Kind, Result};
use crate::git::redact;
use crate::git::{Endpoint, Family, families};
use crate::url::{HttpUrl, parse_http};

/// A repository on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeRepo {
    /// The forge's own address, without a path.
    pub web: HttpUrl,
    /// The owner; on GitLab this includes every group above the repository.
    pub owner: String,
    /// The repository's name, without `.git`.
    pub repo: String,
}

impl ForgeRepo {
    /// The repository that `endpoint` leads to.
    ///
    /// Errors: usage, if its path names no owner and repository.
    pub fn of(endpoint: &Endpoint) -> Result<ForgeRepo> {
        let refuse = |why: &str| {
            Error::new(
                Kind::Usage,
                format!("{endpoint} is not a repository of a forge: {why}"),
            )
            .hint("a forge's address ends in OWNER/REPOSITORY")
        };
        let web = web_of(endpoint).ok_or_else(|| refuse("it has no forge's host"))?;
        let path = match endpoint {
            Endpoint::Http(url) => url.decoded_path(),
            Endpoint::Ssh(ssh) => ssh.path().to_owned(),
            _ => return Err(refuse("it has no forge's host")),
        };
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let (owner, repo) = path
            .rsplit_once('/')
            .ok_or_else(|| refuse("it names no owner"))?;
        let odd = |part: &str| {
            part.is_empty()
                || part == "."
                || part == ".."
                || part.chars().any(|c| c.is_control() || c.is_whitespace())
        };
        if odd(repo) || owner.split('/').any(odd) {
            return Err(refuse("a part of its path cannot be a name"));
        }
        Ok(ForgeRepo {
            web,
            owner: owner.to_owned(),
            repo: repo.to_owned(),
        })
    }

    /// `OWNER/REPOSITORY`
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner, self.repo)
    }
}

/// The web address of an endpoint's host; `None` for paths and git's own daemon.
pub(super) fn web_of(endpoint: &Endpoint) -> Option<HttpUrl> {
    match endpoint {
        Endpoint::Http(url) => Some(url.root()),
        Endpoint::Ssh(ssh) => {
            // GitHub and GitLab have a second host name for ssh through port 443.
            let host = match ssh.host() {
                "ssh.github.com" => "github.com",
                "altssh.gitlab.com" => "gitlab.com",
                other => other,
            };
            parse_http(true, host)
        }
        Endpoint::Path(_) | Endpoint::Daemon(_) => None,
    }
}

/// The provider of a remote, from its host name, from the configuration (`forge.hosts`) or
/// from a CI job's environment; `None` for a host that none of them names.
pub fn detect(endpoint: &Endpoint, settings: &ForgeSettings) -> Option<Provider> {
    if let Endpoint::Path(_) = endpoint {
        return Some(Provider::Bare);
    }
    known_host(&web_of(endpoint)?, settings)
}

/// The provider at a host that the operator named or that is publicly known. Tokens for one
/// kind of forge go only to such hosts.
pub(super) fn known_host(web: &HttpUrl, settings: &ForgeSettings) -> Option<Provider> {
    if let Some(provider) = settings
        .hosts
        .get(&web.authority())
        .or_else(|| settings.hosts.get(web.host()))
    {
        return Some(*provider);
    }
    if web.host() == "codeberg.org" {
        return Some(Provider::Forgejo);
    }
    let forgejo = settings.variable("FORGEJO_SERVER_URL").is_some();
    match families(web, |name| settings.variable(name)).first()? {
        Family::GitHub => Some(Provider::GitHub),
        Family::GitLab => Some(Provider::GitLab),
        Family::Gitea if forgejo => Some(Provider::Forgejo),
        Family::Gitea => Some(Provider::Gitea),
    }
}

/// Whether `AIDF_FORGE_TOKEN` (or `AIDF_APPROVER_TOKEN`) is meant for the server of `web`.
///
/// A clone's own configuration says where its remotes are, and a clone may come from a
/// stranger. So that configuration alone never decides where a token goes. If
/// `AIDF_FORGE_HOST` is set, it lists the hosts for the token, and the token goes to no
/// other. Otherwise the token goes to an address that the user gave (`named`), to the host
/// of the API's address, to the hosts of `forge.hosts`, to the public forges, and to the
/// forge that a CI job says it runs on.
pub(super) fn is_own_host(web: &HttpUrl, named: bool, settings: &ForgeSettings) -> bool {
    if let Some(hosts) = settings.variable("AIDF_FORGE_HOST") {
        return hosts.split([',', ' ']).any(|host| {
            let host = host.rsplit("://").next().unwrap_or("").trim_matches('/');
            [web.host(), &web.authority()]
                .iter()
                .any(|ours| host.eq_ignore_ascii_case(ours))
        });
    }
    let of_api = || {
        let (scheme, rest) = settings.api_url.as_deref()?.split_once("://")?;
        let api = parse_http(scheme == "https", rest)?;
        // Another port is another server, whoever runs it.
        let same = api.authority() == web.authority() && api.is_secure() == web.is_secure();
        Some(same || api.authority() == format!("api.{}", web.authority()))
    };
    named || known_host(web, settings).is_some() || of_api() == Some(true)
}

/// The base address of the API of the forge at `web`.
///
/// Errors: usage, for a configured address that is not valid, or for a bare server.
pub(super) fn api_base(
    provider: Provider,
    web: &HttpUrl,
    settings: &ForgeSettings,
) -> Result<HttpUrl> {
    if let Some(given) = &settings.api_url {
        let bad = |why: &str| {
            Error::new(
                Kind::Usage,
                format!("the API's address `{}` {why}", redact(given)),
            )
            .hint(
                "give one like https://git.example.com/api/v1 (AIDF_FORGE_API_URL, forge.api_url)",
            )
        };
        let url = match given.split_once("://") {
            Some((scheme @ ("https" | "http"), rest)) => HttpUrl::read(scheme == "https", rest),
            _ => Err("it is neither https:// nor http://"),
        }
        .map_err(|why| bad(&format!("cannot be read: {why}")))?;
        if !url.is_private() {
            return Err(bad(
                "is plain http to another machine, where tokens could be read",
            ));
        }
        return Ok(url);
    }
    let suffix = match provider {
        Provider::GitHub if web.host() == "github.com" => {
            return parse_http(true, "api.github.com")
                .ok_or_else(|| Error::new(Kind::Internal, "GitHub's API has no address"));
        }
        Provider::GitHub => "/api/v3",
        Provider::GitLab => "/api/v4",
        Provider::Gitea | Provider::Forgejo => "/api/v1",
        Provider::Bare => {
            return Err(Error::new(
                Kind::Usage,
                "a server without a forge has no API",
            ));
        }
    };
    let odd = |why| Error::new(Kind::Internal, format!("the API has no address: {why}"));
    web.without_login().with_path(suffix).map_err(odd)
}

/// Whether the operator's API address is on a host that the logins of `web` are not meant
/// for. One API address applies to every remote, whatever its host is.
pub(super) fn leads_elsewhere(settings: &ForgeSettings, api: &HttpUrl, web: &HttpUrl) -> bool {
    if settings.api_url.is_none() || api.is_this_machine() {
        return false;
    }
    let (api, web) = (api.host(), web.host());
    // Anybody may own a subdomain of `com`, and an IP address has no subdomains.
    let has_own = web.contains('.') && web.parse::<std::net::IpAddr>().is_err();
    let below = api
        .strip_suffix(web)
        .is_some_and(|front| front.ends_with('.'));
    api != web && api != format!("api.{web}") && !(has_own && below)
}

/// `text` as one segment of a URL's path: a slash in it becomes `%2F`.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The error for an API to which none of the remote's logins is sent.
pub(super) fn not_sent(api: &HttpUrl, web: &HttpUrl) -> Error {
    Error::new(
        Kind::Auth,
        format!(
            "the API's address {} (AIDF_FORGE_API_URL, forge.api_url) is on another host than the remote, {}, so aidf does not send the remote's logins there",
            api.plain(),
            web.host()
        ),
    )
    .hint("correct the address, or set AIDF_FORGE_TOKEN (AIDF_APPROVER_TOKEN for the second identity) to a token for that host")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn at(url: &str) -> Endpoint {
        Endpoint::parse(url, Path::new("/base")).unwrap()
    }

    fn settings(hosts: &[(&str, Provider)], environment: &[(&'static str, &str)]) -> ForgeSettings {
        ForgeSettings {
            hosts: hosts.iter().map(|(h, p)| (h.to_string(), *p)).collect(),
            environment: environment
                .iter()
                .map(|(k, v)| (*k, v.to_string()))
                .collect(),
            ..ForgeSettings::default()
        }
    }

    #[test]
    fn a_provider_is_found_from_the_remote() {
        let none = settings(&[], &[]);
        for (url, provider) in [
            ("https://github.com/o/r.git", Some(Provider::GitHub)),
            ("git@github.com:o/r.git", Some(Provider::GitHub)),
            (
                "ssh://git@ssh.github.com:443/o/r.git",
                Some(Provider::GitHub),
            ),
            ("https://gitlab.com/a/b/c", Some(Provider::GitLab)),
            ("git@codeberg.org:o/r.git", Some(Provider::Forgejo)),
            ("/srv/r.git", Some(Provider::Bare)),
            ("https://git.example.com/o/r", None),
            ("https://github.com.evil.example/o/r", None),
            ("git://github.com/o/r", None),
        ] {
            assert_eq!(detect(&at(url), &none), provider, "{url}");
        }
        let own = settings(&[("git.example.com", Provider::Gitea)], &[]);
        assert_eq!(
            detect(&at("git@git.example.com:o/r"), &own),
            Some(Provider::Gitea)
        );
        assert_eq!(
            detect(&at("https://git.example.com:3000/o/r"), &own),
            Some(Provider::Gitea)
        );
        let job = settings(&[], &[("GITHUB_SERVER_URL", "https://ghe.example.com/")]);
        assert_eq!(
            detect(&at("https://ghe.example.com/o/r"), &job),
            Some(Provider::GitHub)
        );
        let job = settings(&[], &[("CI_SERVER_HOST", "lab.example.com")]);
        assert_eq!(
            detect(&at("git@lab.example.com:o/r"), &job),
            Some(Provider::GitLab)
        );
    }

    #[test]
    fn a_target_is_read_from_every_form() {
        for (url, owner, repo) in [
            ("https://github.com/o/r.git", "o", "r"),
            ("https://me:pw@github.com/o/r/", "o", "r"),
            ("git@github.com:o/r.git", "o", "r"),
            ("ssh://git@host:2222/o/r.git", "o", "r"),
            ("https://gitlab.com/a/b%20c/d.git", "", ""),
            ("https://gitlab.com/a/b/c/d.git", "a/b/c", "d"),
            ("https://host/only", "", ""),
            ("https://host/o/../r", "", ""),
            ("https://host/o//r", "", ""),
            ("/srv/o/r.git", "", ""),
        ] {
            match ForgeRepo::of(&at(url)) {
                Ok(t) => assert_eq!((t.owner.as_str(), t.repo.as_str()), (owner, repo), "{url}"),
                Err(e) => assert!(owner.is_empty(), "{url}: {e}"),
            }
        }
    }

    #[test]
    fn the_api_follows_from_the_host_and_never_leaves_the_open() {
        let none = settings(&[], &[]);
        let base = |provider, url: &str, settings: &ForgeSettings| {
            api_base(provider, &web_of(&at(url)).unwrap(), settings).map(|u| u.plain())
        };
        for (provider, url, api) in [
            (
                Provider::GitHub,
                "git@github.com:o/r",
                "https://api.github.com",
            ),
            (
                Provider::GitHub,
                "https://ghe.example/o/r",
                "https://ghe.example/api/v3",
            ),
            (
                Provider::GitLab,
                "git@lab.example:o/r",
                "https://lab.example/api/v4",
            ),
            (
                Provider::Gitea,
                "http://127.0.0.1:3000/o/r",
                "http://127.0.0.1:3000/api/v1",
            ),
        ] {
            assert_eq!(base(provider, url, &none).unwrap(), api);
        }
        let mut own = none.clone();
        own.api_url = Some("http://127.0.0.1:9/x/".to_owned());
        assert_eq!(
            base(Provider::GitHub, "git@github.com:o/r", &own).unwrap(),
            "http://127.0.0.1:9/x"
        );
        own.api_url = Some("http://git.example/api/v1".to_owned());
        assert!(base(Provider::GitHub, "git@github.com:o/r", &own).is_err());
    }

    #[test]
    fn our_token_is_meant_for_hosts_that_somebody_but_the_clone_names() {
        let none = settings(&[], &[]);
        let meant = |url: &str, named, settings: &ForgeSettings| {
            is_own_host(&web_of(&at(url)).unwrap(), named, settings)
        };
        for url in [
            "https://github.com/o/r",
            "git@github.com:o/r",
            "https://gitlab.com/o/r",
            "https://codeberg.org/o/r",
        ] {
            assert!(meant(url, false, &none), "{url}");
        }
        let url = "https://git.example.com:3000/o/r";
        assert!(!meant(url, false, &none) && meant(url, true, &none));
        let hosts = settings(&[("git.example.com", Provider::Gitea)], &[]);
        let job = settings(
            &[],
            &[("GITHUB_SERVER_URL", "https://git.example.com:3000")],
        );
        let mut api = settings(&[], &[]);
        api.api_url = Some("https://git.example.com:3000/api/v1".to_owned());
        for known in [&hosts, &job, &api] {
            assert!(meant(url, false, known));
            assert!(!meant(
                "https://git.example.com.evil.test/o/r",
                false,
                known
            ));
            assert!(!meant("https://example.com:3000/o/r", false, known));
        }
        // Another port, or no TLS, is another server.
        assert!(!meant("https://git.example.com/o/r", false, &api));
        assert!(!meant("http://git.example.com:3000/o/r", false, &api));
        for (said, ours, github) in [
            ("git.example.com", true, false),
            ("https://GIT.example.com:3000/", true, false),
            ("github.com, git.example.com:3000", true, true),
            ("git.example.com:3001", false, false),
            ("github.com", false, true),
            (",", false, false),
        ] {
            let said_so = settings(&[], &[("AIDF_FORGE_HOST", said)]);
            assert_eq!(meant(url, true, &said_so), ours, "{said}");
            assert_eq!(
                meant("git@github.com:o/r", true, &said_so),
                github,
                "{said}"
            );
        }
    }

    #[test]
    fn a_slash_in_a_name_is_encoded() {
        assert_eq!(encode("backup/**"), "backup%2F%2A%2A");
        assert_eq!(encode("a-b_c.d~é"), "a-b_c.d~%C3%A9");
    }
}
