//! The parts of git's own configuration that a user of git expects any push to honour.
//!
//! A clone may come from a stranger, and its own configuration with it. So what would run a
//! program, and what says through whom and how safely a server is reached (proxies and
//! certificates, where logins could be read), is taken from the user's and the system's files
//! alone. A repository's own may say where its remotes are, and which headers go to them.

use super::endpoint::Endpoint;
use super::object::Person;
use crate::environment::Environment;
use crate::http::HttpSettings;
use crate::url::{HttpUrl, percent_decode};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// All of git's configuration. Copies share it.
#[derive(Debug, Clone, Default)]
pub struct GitSettings {
    entries: Arc<Vec<Setting>>,
    environment: Environment,
    by_git: bool,
}

/// An entry of git's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// In lower case, but for what stands between the first dot and the last.
    pub name: String,
    /// A name alone is a true.
    pub value: String,
    /// Whether a repository's own file gave it, or a file that such a one includes.
    pub from_repository: bool,
}

impl GitSettings {
    /// Of these entries, in the order in which git reads them. `by_git` says that git itself
    /// told them.
    pub(super) fn of(entries: Vec<Setting>, environment: &Environment, by_git: bool) -> Self {
        GitSettings {
            entries: Arc::new(entries),
            environment: environment.clone(),
            by_git,
        }
    }

    /// Whether git itself told them.
    pub(super) fn are_by_git(&self) -> bool {
        self.by_git
    }

    /// All of them, in the order in which git reads them.
    pub(super) fn entries(&self) -> &[Setting] {
        &self.entries
    }

    /// The last value of `name` that no repository gave.
    pub(super) fn last_of_user(&self, name: &str) -> Option<&str> {
        let mut own = self.entries.iter().filter(|e| !e.from_repository);
        own.rfind(|e| e.name == name).map(|e| e.value.as_str())
    }

    /// The remotes that have an address, each once, in the order of their names.
    pub fn remotes(&self) -> BTreeSet<&str> {
        let all = self.entries.iter();
        all.filter_map(|e| e.name.strip_prefix("remote.")?.strip_suffix(".url"))
            .collect()
    }

    /// The name and address that git would write down for the operator.
    pub fn operator(&self) -> Option<Person> {
        let (name, email) = (self.last("user.name")?, self.last("user.email")?);
        // It takes away what would not fit into the line of a commit.
        let signature = git2::Signature::now(name, email).ok()?;
        Some(Person {
            name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
            email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
        })
    }

    /// Every value of `name` (its last part in lower case), in file order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.entries
            .iter()
            .filter(|e| e.name == name)
            .map(|e| e.value.as_str())
            .collect()
    }

    /// The last value of `name`.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.all(name).pop()
    }

    /// `url` after `url.<base>.insteadOf`, and `pushInsteadOf` when `push` is set
    /// (git-config(1): the longest match wins, pushInsteadOf first).
    pub fn rewrite(&self, url: &str, push: bool) -> String {
        let longest = |key: &str| {
            self.entries
                .iter()
                .filter_map(|e| {
                    Some((
                        e.name.strip_prefix("url.")?.strip_suffix(key)?,
                        e.value.as_str(),
                    ))
                })
                .filter(|(_, from)| !from.is_empty() && url.starts_with(from))
                .max_by_key(|(_, from)| from.len())
                .map(|(base, from)| format!("{base}{}", &url[from.len()..]))
        };
        if push && let Some(new) = longest(".pushinsteadof") {
            return new;
        }
        longest(".insteadof").unwrap_or_else(|| url.to_owned())
    }

    /// The user's ssh command line: `GIT_SSH_COMMAND`, else `core.sshCommand` of the
    /// user's or the system's configuration. A repository's own would run code.
    pub fn ssh_command(&self) -> Option<String> {
        self.environment
            .text("GIT_SSH_COMMAND")
            .filter(|v| !v.trim().is_empty())
            .or_else(|| {
                self.entries
                    .iter()
                    .rfind(|e| {
                        e.name == "core.sshcommand"
                            && !e.from_repository
                            && !e.value.trim().is_empty()
                    })
                    .map(|e| e.value.clone())
            })
    }

    /// The settings of the repository's own file that are not honoured, and would matter to
    /// a remote at `to`: their names, in file order.
    pub fn ignored(&self, to: &Endpoint) -> Vec<&str> {
        let matters = |name: &str| match to {
            Endpoint::Ssh(_) => {
                name == "core.sshcommand" && !self.environment.has("GIT_SSH_COMMAND")
            }
            Endpoint::Http(url) => OF_THE_USER
                .iter()
                .any(|key| http_fit(name, key, url).is_some()),
            _ => false,
        };
        let mut found: Vec<&str> = Vec::new();
        for entry in self.entries.iter().filter(|e| e.from_repository) {
            if matters(&entry.name) && !found.contains(&entry.name.as_str()) {
                found.push(&entry.name);
            }
        }
        found
    }

    /// `http.*` and `http.<url>.*` for `url`: the closest match of each key wins.
    pub fn http_for(&self, url: &HttpUrl) -> HttpSettings {
        let environment = |name: &str| self.environment.text(name);
        let mut extra_headers: Vec<String> = Vec::new();
        for header in self.headers_for(url) {
            if header.is_empty() {
                extra_headers.clear();
            } else {
                extra_headers.push(header.to_owned());
            }
        }
        let last = |key: &str| {
            let mut values = self.http_values(url, key, |e| !e.from_repository);
            values.pop().map(str::to_owned)
        };
        let verify = environment("GIT_SSL_NO_VERIFY").is_none_or(|v| is_false(&v))
            && last("sslverify").is_none_or(|v| !is_false(&v));
        HttpSettings {
            extra_headers,
            proxy: last("proxy"),
            ca_file: environment("GIT_SSL_CAINFO")
                .or_else(|| last("sslcainfo").map(|p| self.expand_home(&p))),
            verify,
        }
    }

    fn expand_home(&self, path: &str) -> String {
        match (path.strip_prefix("~/"), self.environment.text("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest).to_string_lossy().into_owned(),
            _ => path.to_owned(),
        }
    }

    /// The values of `http.extraHeader` for `url`. CI checkouts keep their login in such a one
    /// in the clone, under the server's URL. One of the repository's own that names no URL
    /// goes to its own remotes, and not to where one of them redirects.
    fn headers_for(&self, url: &HttpUrl) -> Vec<&str> {
        let key = "extraheader";
        let bare = |entry: &Setting| entry.name.strip_prefix("http.") == Some(key);
        self.http_values(url, key, |e| {
            !(e.from_repository && bare(e)) || self.has_remote_at(url)
        })
    }

    /// Whether a remote of the configuration is on the server of `url`.
    fn has_remote_at(&self, url: &HttpUrl) -> bool {
        let is_there = |address: &str| match Endpoint::parse(address, Path::new("/")) {
            Ok(Endpoint::Http(remote)) => remote.is_same_server(url),
            _ => false,
        };
        self.entries
            .iter()
            .filter(|e| e.name.starts_with("remote."))
            .filter(|e| e.name.ends_with(".url") || e.name.ends_with(".pushurl"))
            .any(|e| {
                is_there(&self.rewrite(&e.value, false)) || is_there(&self.rewrite(&e.value, true))
            })
    }

    /// The values of `http.<url>.key` that match `url` best, of the entries that `counts`.
    fn http_values(
        &self,
        url: &HttpUrl,
        key: &str,
        counts: impl Fn(&Setting) -> bool,
    ) -> Vec<&str> {
        let (mut best, mut values) = (0, Vec::new());
        for entry in self.entries.iter().filter(|e| counts(e)) {
            let Some(fit) = http_fit(&entry.name, key, url) else {
                continue;
            };
            if fit > best {
                best = fit;
                values.clear();
            }
            if fit == best {
                values.push(entry.value.as_str());
            }
        }
        values
    }
}

/// Why the setting `name` of a repository's own configuration is not honoured, and what to do.
pub(super) fn why_ignored(name: &str) -> String {
    if name == "core.sshcommand" {
        return "aidf does not run core.sshCommand of this repository's own configuration; set GIT_SSH_COMMAND, or use git config --global core.sshCommand".to_owned();
    }
    format!(
        "aidf does not use {name} of this repository's own configuration, because it could expose logins; if it is yours, set it with git config --global {name}"
    )
}

/// The keys of `http.*` that decide who can read what is sent.
pub(super) const OF_THE_USER: [&str; 3] = ["proxy", "sslverify", "sslcainfo"];

/// How well the setting `name` matches as `http.<url>.key`; `None`: it does not.
fn http_fit(name: &str, key: &str, url: &HttpUrl) -> Option<usize> {
    let rest = name.strip_prefix("http.")?;
    if rest == key {
        return Some(1);
    }
    let pattern = rest.strip_suffix(key)?.strip_suffix('.')?;
    url_match(pattern, url)
}

/// Whether git reads a value as false (git-config(1), "Values").
pub(super) fn is_false(value: &str) -> bool {
    ["false", "no", "off", "0", ""].contains(&value.to_ascii_lowercase().as_str())
}

/// How well a configured URL matches, by git-config(1) "http.<url>.*": scheme, host
/// (with `*` for one label) and port must agree, the path must be a prefix at a
/// slash, a user must agree where one is given. `None`: it does not match.
pub(super) fn url_match(pattern: &str, url: &HttpUrl) -> Option<usize> {
    let (scheme, rest) = pattern.split_once("://")?;
    if !scheme.eq_ignore_ascii_case(url.scheme()) {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host_port) = match authority.rsplit_once('@') {
        Some((user, rest)) => (Some(percent_decode(user)?), rest),
        None => (None, authority),
    };
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if !host_port.ends_with(']') => (host, port.parse().ok()?),
        _ => (host_port, if url.is_secure() { 443 } else { 80 }),
    };
    if port != url.effective_port() || (user.is_some() && user.as_deref() != url.user()) {
        return None;
    }
    let (want, have): (Vec<&str>, Vec<&str>) =
        (host.split('.').collect(), url.host().split('.').collect());
    if want.len() != have.len()
        || !want
            .iter()
            .zip(&have)
            .all(|(w, h)| *w == "*" || w.eq_ignore_ascii_case(h))
    {
        return None;
    }
    let path = path.trim_end_matches('/');
    let under = url.path().strip_prefix(path)?;
    if !under.is_empty() && !under.starts_with('/') {
        return None;
    }
    // An exact host beats a wildcard, then the longer path wins, then a named user.
    let exact = usize::from(!want.contains(&"*"));
    Some(2 + exact * 1_000_000 + path.len() * 2 + usize::from(user.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::parse_http;

    fn settings(entries: &[(&str, &str, bool)]) -> GitSettings {
        let entries = entries.iter().map(|(n, v, r)| Setting {
            name: n.to_string(),
            value: v.to_string(),
            from_repository: *r,
        });
        GitSettings::of(entries.collect(), &Environment::default(), false)
    }

    #[test]
    fn the_longest_instead_of_wins_and_push_has_its_own() {
        let s = settings(&[
            ("url.ssh://git@h/.insteadof", "gh:", false),
            ("url.https://h/team/.insteadof", "gh:team/", false),
            ("url.ssh://push/.pushinsteadof", "gh:team/", false),
        ]);
        assert_eq!(s.rewrite("gh:team/demo", false), "https://h/team/demo");
        assert_eq!(s.rewrite("gh:team/demo", true), "ssh://push/demo");
        assert_eq!(s.rewrite("gh:x", true), "ssh://git@h/x");
        assert_eq!(s.rewrite("/a/b", true), "/a/b");
    }

    #[test]
    fn a_header_is_sent_to_the_host_it_was_given_for_alone() {
        let s = settings(&[
            (
                "http.https://github.com/.extraheader",
                "AUTHORIZATION: basic x",
                true,
            ),
            ("http.extraheader", "X-All: 1", false),
        ]);
        let github = parse_http(true, "github.com/o/r").unwrap();
        let other = parse_http(true, "github.com.evil/o/r").unwrap();
        let plain = parse_http(false, "github.com/o/r").unwrap();
        assert_eq!(
            s.http_for(&github).extra_headers,
            ["AUTHORIZATION: basic x"]
        );
        assert_eq!(s.http_for(&other).extra_headers, ["X-All: 1"]);
        assert_eq!(s.http_for(&plain).extra_headers, ["X-All: 1"]);
    }

    #[test]
    fn the_repository_names_no_program_to_run() {
        let s = settings(&[
            ("core.sshcommand", "ssh -F mine", false),
            ("core.sshcommand", "touch /tmp/owned;", true),
        ]);
        assert_eq!(s.ssh_command().as_deref(), Some("ssh -F mine"));
        let to = Endpoint::parse("git@h:x", Path::new("/")).unwrap();
        assert_eq!(s.ignored(&to), ["core.sshcommand"]);
    }

    #[test]
    fn the_repository_does_not_say_through_whom_a_server_is_reached() {
        let s = settings(&[
            ("http.sslcainfo", "/of/the/user", false),
            ("http.https://h/.sslcainfo", "/of/the/clone", true),
            ("http.https://h/.proxy", "http://thief", true),
            ("http.proxy", "http://ours", false),
            ("http.sslverify", "false", true),
            ("http.https://elsewhere/.proxy", "http://thief", true),
        ]);
        let url = parse_http(true, "h/o/r").unwrap();
        let http = s.http_for(&url);
        assert_eq!(http.proxy.as_deref(), Some("http://ours"));
        assert_eq!(http.ca_file.as_deref(), Some("/of/the/user"));
        assert!(http.verify);
        assert_eq!(
            s.ignored(&Endpoint::Http(url)),
            [
                "http.https://h/.sslcainfo",
                "http.https://h/.proxy",
                "http.sslverify"
            ]
        );
    }

    #[test]
    fn a_header_of_the_repository_that_names_no_url_goes_to_its_remotes_alone() {
        let s = settings(&[
            ("http.extraheader", "X-Key: k", true),
            ("remote.origin.url", "gh:o/r", true),
            ("url.https://github.com/.insteadof", "gh:", false),
        ]);
        let headers = |rest| s.http_for(&parse_http(true, rest).unwrap()).extra_headers;
        assert_eq!(headers("github.com/o/r"), ["X-Key: k"]);
        assert!(headers("evil.example/o/r").is_empty());
        assert!(headers("github.com:8443/o/r").is_empty());
    }
}
