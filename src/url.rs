//! The parts of an address, checked once and trusted after: what a URL, a redirect or a
//! forge's answer gives comes to the rest of the house as one of these types alone.
//!
//! Every part is looked at after its percent-encoding is undone, since that is what ssh, the
//! credential helpers and the servers get to see: `%0a` in a user name is a line of its own to
//! a helper, and `%2d` an option to ssh.

use crate::secret::Secret;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Why an address is not taken, in words that end a sentence.
pub type Fault = &'static str;

/// What a name in the domain name system may hold at most, in bytes (RFC 1035, 2.3.4).
const MAX_HOST: usize = 253;

/// A host's name or address: letters, digits, `.`, `-` and `_` of ASCII, never with a `-`
/// first; or an IPv6 address in brackets. In lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// Reads a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn read(text: &str) -> Option<Host> {
        if let Some(inner) = text.strip_prefix('[') {
            // An address and nothing else: git would take any text here, and an option.
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Host(format!("[{address}]")));
        }
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        let good = !text.is_empty()
            && text.len() <= MAX_HOST
            && !text.starts_with(['-', '.'])
            && text.bytes().all(fits);
        good.then(|| Host(text.to_ascii_lowercase()))
    }

    /// As it stands in a URL: an IPv6 address in brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As programs and sockets take it: no brackets.
    pub fn bare(&self) -> &str {
        self.0.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether it is this very machine.
    pub fn is_this_machine(&self) -> bool {
        self.0 == "localhost"
            || self
                .bare()
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`; a port is 1 to 65535.
pub(crate) fn read_host_port(text: &str) -> Result<(Host, Option<u16>), Fault> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => text.split_at(end + 2),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let host = Host::read(host).ok_or(match host.is_empty() {
        true => "it has no host",
        false => {
            "its host is neither a name (ASCII letters, digits, `.`, `-`, `_`) nor an address ([IPv6] in brackets)"
        }
    })?;
    let port = match port {
        // An empty port is the default one (RFC 3986, 3.2.3).
        "" | ":" => None,
        _ => Some(
            port.strip_prefix(':')
                .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|digits| digits.parse().ok())
                .filter(|port| *port > 0)
                .ok_or("its port is not a number from 1 to 65535")?,
        ),
    };
    Ok((host, port))
}

/// `text` with its percent-encoding undone, where that gives text without control characters.
pub(crate) fn decode(text: &str) -> Result<String, Fault> {
    let decoded = percent_decode(text).ok_or("its percent-encoding is broken")?;
    match decoded.chars().any(char::is_control) {
        true => Err("it contains control characters"),
        false => Ok(decoded),
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

/// `rest` of a URL as its authority and its path, which begins with its slash.
pub(crate) fn split_path(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

/// A place served over HTTP. There is none but through [`HttpUrl::read`] and what is made of
/// one: no part of it holds a control character, encoded or not.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    secure: bool,
    host: Host,
    port: Option<u16>,
    path: String,
    user: Option<String>,
    password: Option<Secret>,
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}

/// Reads what follows `https://` (`secure`) or `http://`; `None` for what [`HttpUrl::read`]
/// refuses.
pub fn parse_http(secure: bool, rest: &str) -> Option<HttpUrl> {
    HttpUrl::read(secure, rest).ok()
}

impl HttpUrl {
    /// Reads what follows `https://` (`secure`) or `http://`. A query is left out.
    ///
    /// Errors: why it is no address.
    pub fn read(secure: bool, rest: &str) -> Result<HttpUrl, Fault> {
        let (authority, path) = split_path(rest);
        let (login, host_port) = match authority.split_once('@') {
            Some((login, host_port)) => (Some(login), host_port),
            None => (None, authority),
        };
        let (user, password) = match login {
            None => (None, None),
            // Programs do not agree on where a host begins behind these.
            Some(login) if login.contains(['?', '#', '\\', '[', ']', ' ']) => {
                return Err(
                    "its user or password contains a character that must be percent-encoded",
                );
            }
            Some(login) => match login.split_once(':') {
                Some((user, password)) => (Some(decode(user)?), Some(decode(password)?)),
                None => (Some(decode(login)?).filter(|user| !user.is_empty()), None),
            },
        };
        let (host, port) = read_host_port(host_port)?;
        Ok(HttpUrl {
            secure,
            host,
            port,
            path: read_path(path)?,
            user,
            password: password.map(Secret::new),
        })
    }

    /// True for https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host, as it stands in a URL, in lower case.
    pub fn host(&self) -> &str {
        self.host.as_str()
    }

    /// The path, still percent-encoded, with its leading slash and without one at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path with its percent-encoding undone.
    pub fn decoded_path(&self) -> String {
        // It was decoded when it was read.
        percent_decode(&self.path).unwrap_or_default()
    }

    /// User name of the URL, percent-decoded.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Password of the URL, percent-decoded. Never printed.
    pub fn password(&self) -> Option<&str> {
        self.password.as_ref().map(Secret::reveal)
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// `host` or `host:port`.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.as_str().to_owned(),
        }
    }

    /// The URL without user and password.
    pub fn plain(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.path)
    }

    /// Whether the host is this very machine.
    pub fn is_this_machine(&self) -> bool {
        self.host.is_this_machine()
    }

    /// True where nobody between here and the server can read what is sent.
    pub fn is_private(&self) -> bool {
        self.secure || self.is_this_machine()
    }

    /// The port in use.
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(if self.secure { 443 } else { 80 })
    }

    /// Whether both are on one server: the host and the port are the same.
    pub fn is_same_server(&self, other: &HttpUrl) -> bool {
        self.host == other.host && self.effective_port() == other.effective_port()
    }

    /// Another path on the same server, with the same login.
    ///
    /// Errors: why it is no path.
    pub fn with_path(&self, path: &str) -> Result<HttpUrl, Fault> {
        let path = read_path(path)?;
        Ok(HttpUrl {
            path,
            ..self.clone()
        })
    }

    /// The same server with no path, and the same login.
    pub fn root(&self) -> HttpUrl {
        HttpUrl {
            path: String::new(),
            ..self.clone()
        }
    }

    /// The same place with no login.
    pub fn without_login(&self) -> HttpUrl {
        self.clone().with_login_of(None)
    }

    /// The same place with the user name alone.
    pub fn without_password(self) -> HttpUrl {
        HttpUrl {
            password: None,
            ..self
        }
    }

    /// The same place with the login of another.
    pub fn with_login_of(self, other: Option<&HttpUrl>) -> HttpUrl {
        HttpUrl {
            user: other.and_then(|o| o.user.clone()),
            password: other.and_then(|o| o.password.clone()),
            ..self
        }
    }
}

/// A path of a URL without its query and the slashes at its end, still encoded.
fn read_path(path: &str) -> Result<String, Fault> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if !path.is_empty() && !path.starts_with('/') {
        return Err("its path does not begin with a slash");
    }
    decode(path)?;
    Ok(path.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_holds_what_a_host_may_hold() {
        for (text, host) in [
            ("Git.Example.com", Some("git.example.com")),
            ("10.0.0.1", Some("10.0.0.1")),
            ("my_box", Some("my_box")),
            ("[::1]", Some("[::1]")),
            ("[0:0::1]", Some("[::1]")),
            ("", None),
            ("-x", None),
            (".x", None),
            ("a b", None),
            ("a\nb", None),
            ("a%20b", None),
            ("höst", None),
            ("a\u{3002}b", None),
            ("[host]", None),
            ("[-oProxyCommand=id]", None),
            ("[::1%25eth0]", None),
            ("[::1]x", None),
            ("::1", None),
        ] {
            assert_eq!(Host::read(text).map(|h| h.0).as_deref(), host, "{text:?}");
        }
        assert!(Host::read(&"a".repeat(300)).is_none());
    }

    #[test]
    fn a_port_is_a_number_in_its_range() {
        for (text, port) in [
            ("h", Some(None)),
            ("h:", Some(None)),
            ("h:1", Some(Some(1))),
            ("[::1]:65535", Some(Some(65535))),
            ("h:0", None),
            ("h:65536", None),
            ("h:+22", None),
            ("h:-1", None),
            ("h:2x", None),
            ("h:2:2", None),
            ("[::1]22", None),
        ] {
            assert_eq!(read_host_port(text).ok().map(|(_, p)| p), port, "{text:?}");
        }
    }

    #[test]
    fn no_part_of_a_url_holds_a_control_character_in_any_spelling() {
        for bad in [
            "%0a", "%0D", "%00", "%7f", "%c2%85", "\n", "\r", "\0", "\u{9b}",
        ] {
            for rest in [
                format!("a{bad}b@h/x"),
                format!("a:b{bad}@h/x"),
                format!("h{bad}/x"),
                format!("h/x{bad}y"),
            ] {
                assert!(HttpUrl::read(true, &rest).is_err(), "{rest:?}");
            }
            let url = HttpUrl::read(true, "h/x").unwrap();
            assert!(url.with_path(&format!("/y{bad}")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn where_a_host_begins_is_not_left_to_taste() {
        for rest in [
            "good?@evil/x",
            "good#@evil/x",
            "good\\@evil/x",
            "u@good@evil/x",
            "good\\.evil/x",
            "good@/x",
            "@/x",
            "/x",
            ":80/x",
        ] {
            assert!(HttpUrl::read(true, rest).is_err(), "{rest:?}");
        }
    }
}
