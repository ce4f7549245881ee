//! Where a remote is: git's URL forms, read into parts.

use crate::error::{Error, Kind, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// A remote's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A repository on this machine; always absolute.
    Path(PathBuf),
    /// `ssh://` or the scp form.
    Ssh(Ssh),
    /// `git://`, the unauthenticated daemon.
    Daemon(Daemon),
    /// `http://` or `https://`.
    Http(HttpUrl),
}

/// A place reached by ssh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssh {
    /// Login name, when the URL gives one.
    pub user: Option<String>,
    /// Host name, or an alias of ~/.ssh/config.
    pub host: String,
    /// Port, when the URL gives one.
    pub port: Option<u16>,
    /// Path on the server, as the server's shell sees it.
    pub path: String,
}

/// A place served by git daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// Host name or address.
    pub host: String,
    /// Port; 9418 by default.
    pub port: u16,
    /// Path, with its leading slash.
    pub path: String,
}

/// A place served over HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    /// True for https.
    pub secure: bool,
    /// Host name or address.
    pub host: String,
    /// Port, when the URL gives one.
    pub port: Option<u16>,
    /// Path, with its leading slash and without one at its end.
    pub path: String,
    /// User name of the URL, percent-decoded.
    pub user: Option<String>,
    /// Password of the URL, percent-decoded. Never printed.
    pub password: Option<String>,
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}

impl HttpUrl {
    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// `host` or `host:port`.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The URL without user and password.
    pub fn plain(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.path)
    }

    /// True where nobody between here and the server can read what is sent.
    pub fn is_private(&self) -> bool {
        self.secure || is_loopback(&self.host)
    }

    /// The port in use.
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(if self.secure { 443 } else { 80 })
    }
}

impl fmt::Display for Endpoint {
    /// For people: never with a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Path(path) => write!(f, "{}", path.display()),
            Endpoint::Ssh(s) => {
                f.write_str("ssh://")?;
                if let Some(user) = &s.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&s.host)?;
                if let Some(port) = s.port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{}", s.path.trim_start_matches('/'))
            }
            Endpoint::Daemon(d) => write!(f, "git://{}:{}{}", d.host, d.port, d.path),
            Endpoint::Http(url) => f.write_str(&url.plain()),
        }
    }
}

impl Endpoint {
    /// Reads a URL or path as git does; a relative path is taken from `base`.
    ///
    /// Errors: usage, for a form that aidf does not speak (`ext::`, `ftp://`, …).
    pub fn parse(url: &str, base: &Path) -> Result<Self> {
        let refuse = |why: &str| {
            Error::new(
                Kind::Usage,
                format!(
                    "`{}` is not a remote that aidf can reach: {why}",
                    redact(url)
                ),
            )
            .hint("give a path, file://, ssh://, user@host:path, git://, http:// or https://")
        };
        if url.is_empty() || url.chars().any(char::is_control) {
            return Err(refuse("it is empty or holds control characters"));
        }
        if let Some((scheme, rest)) = url.split_once("://") {
            return match scheme.to_ascii_lowercase().as_str() {
                "file" => {
                    let path = rest
                        .strip_prefix("localhost")
                        .filter(|p| p.starts_with('/'))
                        .unwrap_or(rest);
                    let path = percent_decode(path)
                        .ok_or_else(|| refuse("its percent-encoding is broken"))?;
                    // file:///C:/x on Windows
                    let path = if cfg!(windows) {
                        path.trim_start_matches('/').to_owned()
                    } else {
                        path
                    };
                    Ok(Endpoint::Path(PathBuf::from(path)))
                }
                "ssh" | "git+ssh" | "ssh+git" => {
                    parse_ssh(rest).ok_or_else(|| refuse("its host or path is malformed"))
                }
                "git" => {
                    let (authority, path) = split_path(rest);
                    let (host, port) =
                        split_port(authority).ok_or_else(|| refuse("its port is malformed"))?;
                    if host.is_empty() || path.is_empty() {
                        return Err(refuse("it has no host or no path"));
                    }
                    Ok(Endpoint::Daemon(Daemon {
                        host,
                        port: port.unwrap_or(9418),
                        path: path.to_owned(),
                    }))
                }
                "http" | "https" => {
                    let secure = scheme.eq_ignore_ascii_case("https");
                    parse_http(secure, rest)
                        .map(Endpoint::Http)
                        .ok_or_else(|| refuse("its host or port is malformed"))
                }
                other => Err(refuse(&format!("`{other}://` is not spoken here"))),
            };
        }
        if let Some((helper, _)) = url.split_once("::")
            && !helper.is_empty()
            && helper
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            return Err(refuse("remote helpers run programs and are not used"));
        }
        // The scp form: a colon before any slash, and no drive letter.
        if let Some(colon) = url.find(':')
            && !url[..colon].contains(['/', '\\'])
            && !(cfg!(windows) && colon == 1)
        {
            let (who, path) = (&url[..colon], &url[colon + 1..]);
            let (user, host) = split_user(who);
            if !good_ssh_host(&host) || path.is_empty() {
                return Err(refuse("its host or path is malformed"));
            }
            return Ok(Endpoint::Ssh(Ssh {
                user,
                host,
                port: None,
                path: path.to_owned(),
            }));
        }
        Ok(Endpoint::Path(base.join(url)))
    }

    /// The repository's name: the last part of its path, without `.git`.
    pub fn repo_name(&self) -> String {
        let path = match self {
            Endpoint::Path(path) => path.to_string_lossy().replace('\\', "/"),
            Endpoint::Ssh(s) => s.path.clone(),
            Endpoint::Daemon(d) => d.path.clone(),
            Endpoint::Http(url) => url.path.clone(),
        };
        let path = path.trim_end_matches('/');
        // A clone's own folder may be given: /x/demo/.git is `demo`.
        let path = path.strip_suffix("/.git").unwrap_or(path);
        let last = path.rsplit('/').next().unwrap_or(path);
        last.strip_suffix(".git")
            .filter(|n| !n.is_empty())
            .unwrap_or(last)
            .to_owned()
    }

    /// True where nobody between here and the server can read what is sent.
    pub fn is_private(&self) -> bool {
        match self {
            Endpoint::Path(_) | Endpoint::Ssh(_) => true,
            Endpoint::Daemon(d) => is_loopback(&d.host),
            Endpoint::Http(url) => url.is_private(),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// `url` with what stands before `@` in its authority hidden.
pub fn redact(url: &str) -> String {
    if let Some((scheme, rest)) = url.split_once("://") {
        let (authority, path) = split_path(rest);
        if let Some((_, host)) = authority.rsplit_once('@') {
            return format!("{scheme}://***@{host}{path}");
        }
    }
    url.to_owned()
}

/// Reads an http(s) URL; `None` when its authority is malformed.
pub fn parse_http(secure: bool, rest: &str) -> Option<HttpUrl> {
    let (authority, path) = split_path(rest);
    let (userinfo, host_port) = match authority.rsplit_once('@') {
        Some((u, h)) => (Some(u), h),
        None => (None, authority),
    };
    let (host, port) = split_port(host_port)?;
    if host.is_empty() || host.contains(['/', ' ', '?', '#']) {
        return None;
    }
    let (user, password) = match userinfo {
        None => (None, None),
        Some(u) => match u.split_once(':') {
            Some((user, password)) => {
                (Some(percent_decode(user)?), Some(percent_decode(password)?))
            }
            None => (Some(percent_decode(u)?), None),
        },
    };
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or("")
        .trim_end_matches('/')
        .to_owned();
    Some(HttpUrl {
        secure,
        host: host.to_ascii_lowercase(),
        port,
        path,
        user,
        password,
    })
}

fn parse_ssh(rest: &str) -> Option<Endpoint> {
    let (authority, path) = split_path(rest);
    let (user, host_port) = split_user(authority);
    let (host, port) = split_port(&host_port)?;
    let path = percent_decode(path)?;
    // ssh://host/~user/x means ~user/x on the server.
    let path = if path.starts_with("/~") {
        path[1..].to_owned()
    } else {
        path
    };
    if !good_ssh_host(&host) || path.is_empty() {
        return None;
    }
    Some(Endpoint::Ssh(Ssh {
        user,
        host,
        port,
        path,
    }))
}

/// A host that starts with `-` would be an option to ssh.
fn good_ssh_host(host: &str) -> bool {
    !host.is_empty()
        && !host.starts_with('-')
        && !host.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn split_user(who: &str) -> (Option<String>, String) {
    match who.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or(user);
            (
                Some(user.trim_start_matches('-').to_owned()).filter(|u| !u.is_empty()),
                host.to_owned(),
            )
        }
        None => (None, who.to_owned()),
    }
}

fn split_path(rest: &str) -> (&str, &str) {
    match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    }
}

fn split_port(authority: &str) -> Option<(String, Option<u16>)> {
    if let Some(inner) = authority.strip_prefix('[') {
        let (v6, after) = inner.split_once(']')?;
        let port = match after.strip_prefix(':') {
            Some(p) => Some(p.parse().ok()?),
            None => None,
        };
        return Some((format!("[{v6}]"), port));
    }
    match authority.rsplit_once(':') {
        Some((host, "")) => Some((host.to_owned(), None)),
        Some((host, port)) => Some((host.to_owned(), Some(port.parse().ok()?))),
        None => Some((authority.to_owned(), None)),
    }
}

/// Decodes `%XX`; `None` when an escape is broken or the bytes are not UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let (hi, lo) = (bytes.next()? as char, bytes.next()? as char);
            out.push((hi.to_digit(16)? * 16 + lo.to_digit(16)?) as u8);
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Endpoint> {
        Endpoint::parse(url, Path::new("/base"))
    }

    #[test]
    fn every_form_that_git_knows_is_read() {
        assert_eq!(
            parse("/a/b.git").unwrap(),
            Endpoint::Path("/a/b.git".into())
        );
        assert_eq!(
            parse("../b.git").unwrap(),
            Endpoint::Path("/base/../b.git".into())
        );
        assert_eq!(
            parse("file:///a/b%20c").unwrap(),
            Endpoint::Path("/a/b c".into())
        );
        let Endpoint::Ssh(s) = parse("git@host:team/demo.git").unwrap() else {
            panic!()
        };
        assert_eq!(
            (s.user.as_deref(), s.host.as_str(), s.path.as_str()),
            (Some("git"), "host", "team/demo.git")
        );
        let Endpoint::Ssh(s) = parse("ssh://host:2222/~bob/x").unwrap() else {
            panic!()
        };
        assert_eq!((s.port, s.path.as_str()), (Some(2222), "~bob/x"));
        let Endpoint::Daemon(d) = parse("git://[::1]:99/x").unwrap() else {
            panic!()
        };
        assert_eq!((d.host.as_str(), d.port), ("[::1]", 99));
        let Endpoint::Http(u) = parse("https://me:p%40ss@Host/o/r.git/").unwrap() else {
            panic!()
        };
        assert_eq!(
            (u.host.as_str(), u.path.as_str(), u.password.as_deref()),
            ("host", "/o/r.git", Some("p@ss"))
        );
    }

    #[test]
    fn forms_that_run_programs_are_refused() {
        for url in [
            "ext::sh -c id",
            "fd::3",
            "ftp://x/y",
            "ssh://-oProxyCommand=id/x",
            "-oX:path",
            "ssh://host",
            "a\nb",
        ] {
            assert!(parse(url).is_err(), "{url:?} was accepted");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = "https://me:secret@host/o/r.git";
        assert!(!parse(url).unwrap().to_string().contains("secret"));
        assert!(!format!("{:?}", parse(url).unwrap()).contains("secret"));
        assert!(!redact(url).contains("secret"));
    }

    #[test]
    fn the_repository_is_named_by_the_last_part() {
        for (url, name) in [
            ("/srv/demo.git", "demo"),
            ("/w/demo/.git", "demo"),
            ("git@h:o/nhl.git", "nhl"),
            ("https://h/o/r/", "r"),
        ] {
            assert_eq!(parse(url).unwrap().repo_name(), name);
        }
    }
}
