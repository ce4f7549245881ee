//! Where a remote is: parses git's URL forms.

use crate::error::{Error, Kind, Result};
use crate::files::real;
use crate::url::{Fault, Host, HttpUrl, decode, read_host_port, split_path};
use std::fmt;
use std::path::{Path, PathBuf};

/// The address of a remote.
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

/// An address reached by ssh. No part of it can be read as an ssh option, and none holds
/// control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssh {
    user: Option<String>,
    host: Host,
    port: Option<u16>,
    path: String,
}

impl Ssh {
    /// Takes every part decoded, as ssh and the server's shell see it.
    fn new(
        user: Option<String>,
        (host, port): (Host, Option<u16>),
        path: String,
    ) -> std::result::Result<Ssh, Fault> {
        if path.is_empty() {
            return Err("it has no path");
        }
        if path.starts_with('-') {
            return Err("its path begins with `-`, which programs would take for an option");
        }
        if let Some(user) = &user {
            // Reject what OpenSSH rejects in a user name (valid_ruser in its ssh.c), and
            // spaces.
            let odd = |c: char| c.is_whitespace() || "'`\"$;&<>|(){}/".contains(c);
            if user.starts_with('-') || user.ends_with('\\') || user.chars().any(odd) {
                return Err("its user is not a valid account name");
            }
        }
        Ok(Ssh {
            user,
            host,
            port,
            path,
        })
    }

    /// Login name, when the URL gives one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Host name, or an alias of ~/.ssh/config; an IPv6 address has its brackets.
    pub fn host(&self) -> &str {
        self.host.as_str()
    }

    /// Port, when the URL gives one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Path on the server, as the server's shell sees it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `host` or `user@host`, as ssh takes it.
    pub fn destination(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.host.bare()),
            None => self.host.bare().to_owned(),
        }
    }
}

/// An address served by git daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    host: Host,
    port: u16,
    path: String,
}

impl Daemon {
    /// Host name or address; an IPv6 address has its brackets.
    pub fn host(&self) -> &str {
        self.host.as_str()
    }

    /// Port; 9418 by default.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path: with its leading slash, or starting with `~` for a home folder.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Endpoint {
    /// For people: it never shows a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Path(path) => write!(f, "{}", path.display()),
            Endpoint::Ssh(s) => {
                f.write_str("ssh://")?;
                if let Some(user) = &s.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(s.host.as_str())?;
                if let Some(port) = s.port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{}", s.path.trim_start_matches('/'))
            }
            Endpoint::Daemon(d) => {
                let path = d.path.trim_start_matches('/');
                write!(f, "git://{}:{}/{path}", d.host, d.port)
            }
            Endpoint::Http(url) => f.write_str(&url.plain()),
        }
    }
}

impl Endpoint {
    /// Parses a URL or path as git does; a relative path starts from `base`.
    ///
    /// Errors: usage, for a form that aidf does not support (`ext::`, `ftp://`, …).
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
            return Err(refuse("it is empty or contains control characters"));
        }
        if let Some((scheme, rest)) = url.split_once("://") {
            return match scheme.to_ascii_lowercase().as_str() {
                "file" => parse_file(rest),
                "ssh" | "git+ssh" | "ssh+git" => parse_ssh(rest),
                "git" => parse_daemon(rest),
                "http" => HttpUrl::read(false, rest).map(Endpoint::Http),
                "https" => HttpUrl::read(true, rest).map(Endpoint::Http),
                other => return Err(refuse(&format!("aidf does not support `{other}://`"))),
            }
            .map_err(refuse);
        }
        if let Some((helper, _)) = url.split_once("::")
            && !helper.is_empty()
            && helper
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            return Err(refuse(
                "aidf does not use remote helpers, because they run programs",
            ));
        }
        if let Some((who, path)) = scp_parts(url) {
            return parse_scp(who, path).map_err(refuse);
        }
        Ok(Endpoint::Path(named_by_its_end(&base.join(url))))
    }

    /// The repository's name: the last part of its path, without `.git`.
    pub fn repo_name(&self) -> String {
        let path = match self {
            Endpoint::Path(path) => path.to_string_lossy().replace('\\', "/"),
            Endpoint::Ssh(s) => s.path.clone(),
            Endpoint::Daemon(d) => d.path.clone(),
            Endpoint::Http(url) => url.path().to_owned(),
        };
        let path = path.trim_end_matches('/');
        // The address may be a clone's own git folder: /x/demo/.git is `demo`.
        let path = path.strip_suffix("/.git").unwrap_or(path);
        let last = path.rsplit('/').next().unwrap_or(path);
        last.strip_suffix(".git")
            .filter(|n| !n.is_empty())
            .unwrap_or(last)
            .to_owned()
    }

    /// True if nobody between here and the server can read what is sent.
    pub fn is_private(&self) -> bool {
        match self {
            Endpoint::Path(_) | Endpoint::Ssh(_) => true,
            Endpoint::Daemon(d) => d.host.is_this_machine(),
            Endpoint::Http(url) => url.is_private(),
        }
    }
}

/// `url` with the user and password before `@` hidden.
pub fn redact(url: &str) -> String {
    if let Some((scheme, rest)) = url.split_once("://") {
        let (authority, path) = split_path(rest);
        if let Some((_, host)) = authority.rsplit_once('@') {
            return format!("{scheme}://***@{host}{path}");
        }
        // A password may hold a slash. If the text after the `:` is not a port, it may be
        // the beginning of a password.
        if authority.contains(':')
            && let Some((_, after)) = path.rsplit_once('@')
        {
            return format!("{scheme}://***@{after}");
        }
    }
    url.to_owned()
}

/// Whether an address has a password in it.
pub fn has_password(url: &str) -> bool {
    let login = |url: &str| {
        let (_, rest) = url.split_once("://")?;
        let (login, _) = rest.rsplit_once('@')?;
        Some(login.contains(':'))
    };
    redact(url) != url && login(url).unwrap_or(false)
}

/// ssh://host/~user/x and git://host/~user/x mean ~user/x on the server.
fn from_home(path: String) -> String {
    match path.strip_prefix("/~") {
        Some(_) => path[1..].to_owned(),
        None => path,
    }
}

fn parse_ssh(rest: &str) -> std::result::Result<Endpoint, Fault> {
    let (authority, path) = split_path(rest);
    let (user, host_port) = split_user(authority);
    let user = user.map(decode).transpose()?;
    let path = from_home(decode(path)?);
    Ssh::new(user, read_host_port(host_port)?, path).map(Endpoint::Ssh)
}

fn parse_daemon(rest: &str) -> std::result::Result<Endpoint, Fault> {
    let (authority, path) = split_path(rest);
    let (host, port) = read_host_port(authority)?;
    let path = from_home(decode(path)?);
    if path.is_empty() {
        return Err("it has no path");
    }
    Ok(Endpoint::Daemon(Daemon {
        host,
        port: port.unwrap_or(9418),
        path,
    }))
}

/// The path must be absolute: git would take a leading `-` for an option.
fn parse_file(rest: &str) -> std::result::Result<Endpoint, Fault> {
    let path = rest
        .strip_prefix("localhost")
        .filter(|p| p.starts_with('/'))
        .unwrap_or(rest);
    let path = decode(path)?;
    // file:///C:/x on Windows
    let path = if cfg!(windows) {
        path.trim_start_matches('/').to_owned()
    } else {
        path
    };
    match Path::new(&path).is_absolute() {
        true => Ok(Endpoint::Path(named_by_its_end(Path::new(&path)))),
        false => Err("its path is not absolute (file:///path)"),
    }
}

/// The same path, ending in the name of a folder where it can: that names the repository.
fn named_by_its_end(path: &Path) -> PathBuf {
    // This leaves out every `.`, but not `..`, which may lead out of a link.
    let path: PathBuf = path.components().collect();
    match path.file_name() {
        Some(_) => path,
        None => real(&path),
    }
}

/// Splits the scp form, `[user@]host:path`, at its colon. A colon after a slash is part of
/// a path, and a drive letter is not a host.
fn scp_parts(url: &str) -> Option<(&str, &str)> {
    let address = url.starts_with('[') || url.contains("@[");
    let colon = match url.find("]:").filter(|_| address) {
        Some(end) => end + 1,
        None => url.find(':')?,
    };
    let (who, path) = (&url[..colon], &url[colon + 1..]);
    let is_path = who.contains(['/', '\\']) || (cfg!(windows) && colon == 1);
    (!is_path).then_some((who, path))
}

/// The scp form is not percent-encoded, and has no port.
fn parse_scp(who: &str, path: &str) -> std::result::Result<Endpoint, Fault> {
    let (user, host) = split_user(who);
    let host = Host::read(host).ok_or(match host.starts_with('[') {
        true => "only an IPv6 address may stand in brackets; for a port write ssh://HOST:PORT/PATH",
        false => "its host is not a valid host name",
    })?;
    Ssh::new(user.map(str::to_owned), (host, None), path.to_owned()).map(Endpoint::Ssh)
}

/// The user and host of an ssh authority. A password is dropped, because ssh does not take
/// one.
fn split_user(who: &str) -> (Option<&str>, &str) {
    match who.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or(user);
            (Some(user).filter(|u| !u.is_empty()), host)
        }
        None => (None, who),
    }
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
            (s.user(), s.host(), s.path()),
            (Some("git"), "host", "team/demo.git")
        );
        let Endpoint::Ssh(s) = parse("ssh://host:2222/~bob/x").unwrap() else {
            panic!()
        };
        assert_eq!((s.port(), s.path()), (Some(2222), "~bob/x"));
        let Endpoint::Daemon(d) = parse("git://[::1]:99/x").unwrap() else {
            panic!()
        };
        assert_eq!((d.host(), d.port()), ("[::1]", 99));
        let Endpoint::Http(u) = parse("https://me:p%40ss@Host/o/r.git/").unwrap() else {
            panic!()
        };
        assert_eq!(
            (u.host(), u.path(), u.password()),
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
            (".", "base"),
            ("./demo.git/.", "demo"),
            ("file:///w/demo.git/./", "demo"),
            ("git@h:o/nhl.git", "nhl"),
            ("https://h/o/r/", "r"),
        ] {
            assert_eq!(parse(url).unwrap().repo_name(), name);
        }
    }
}
