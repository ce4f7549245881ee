//! Who we are to an HTTP remote: each way is tried once, and a refusal names all.

use super::children::{self, Child, Terminal};
use crate::environment::Environment;
use crate::error::Result;
use crate::http::Http;
use crate::secret::Secret;
use crate::url::HttpUrl;
use std::fmt;
use std::time::Duration;

/// A user name and password, and where they came from.
#[derive(Clone)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password or token.
    pub password: Secret,
    /// Where it came from, for messages.
    pub from: &'static str,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login from {}", self.from)
    }
}

impl Login {
    /// Whether it was given for the very call, and goes before all that is configured.
    pub(crate) fn is_explicit(&self) -> bool {
        [FROM_URL, OWN_VARIABLE].contains(&self.from)
    }
}

/// Knows logins that neither the environment nor git's helpers have, such as the
/// short-lived tokens of a forge's app.
pub trait LoginSource: fmt::Debug + Send + Sync {
    /// The login for `url`; none where this source is not meant for it. `own` says whether
    /// `AIDF_FORGE_TOKEN` is ([`LoginSource::is_meant_for`]).
    ///
    /// Errors: those of getting it; the remote is then not tried with less.
    fn login(&self, url: &HttpUrl, http: &Http, own: bool) -> Result<Option<Login>>;

    /// Whether `AIDF_FORGE_TOKEN` may be sent to the server of `url`. `named` says that the
    /// user gave the address, in place of a clone's own configuration.
    fn is_meant_for(&self, url: &HttpUrl, named: bool) -> bool;
}

/// Where a login in the remote's address is from.
pub(crate) const FROM_URL: &str = "the URL";

/// Where a login of git's credential helpers is from.
pub(crate) const FROM_HELPERS: &str = "git's credential helpers";

/// Where a login of the operator's GitHub App is from.
pub(crate) const FROM_APP: &str = "the GitHub App";

/// `text` without `secrets`, should a server repeat them: whole, with the slashes of
/// JSON, or cut off where the text ends.
pub(crate) fn hide(mut text: String, secrets: &[String]) -> String {
    // A shorter part tells little, and `github_pat_` is no secret.
    let least = |secret: &str| (secret.len() / 2).clamp(4, 12);
    let mut secrets: Vec<&str> = secrets
        .iter()
        .map(String::as_str)
        .filter(|s| !s.is_empty())
        .collect();
    // A secret may hold another one, as a header holds its token.
    secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    for secret in &secrets {
        text = text.replace(secret, "***");
        let escaped = secret.replace('/', "\\/");
        if escaped != *secret {
            text = text.replace(&escaped, "***");
        }
    }
    let cut = secrets.iter().find_map(|secret| {
        (least(secret)..secret.len())
            .rev()
            .filter_map(|length| secret.get(..length))
            .find(|part| text.ends_with(part))
            .map(str::len)
    });
    if let Some(length) = cut {
        text.truncate(text.len() - length);
        text.push_str("***");
    }
    text
}

/// The variable whose token goes to no make of forge in particular, but to hosts that the
/// user has named alone ([`LoginSource::is_meant_for`]).
pub(crate) const OWN_VARIABLE: &str = "AIDF_FORGE_TOKEN";

/// What to do where `AIDF_FORGE_TOKEN` is held back from a host.
pub(crate) fn how_to_name(host: &str) -> String {
    format!(
        "AIDF_FORGE_TOKEN was not sent, because no setting of yours says that it is for {host}; if it is, set AIDF_FORGE_HOST={host} (or name the host under forge.hosts, or give the address with -R)"
    )
}

/// A make of forge, as far as the names of its tokens go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    GitHub,
    GitLab,
    Gitea,
}

/// The families whose tokens are meant for the server of `url`: by its name, or by what
/// the environment says.
pub(crate) fn families(url: &HttpUrl, environment: impl Fn(&str) -> Option<String>) -> Vec<Family> {
    let authority = url.authority();
    let named = |names: [&str; 2]| {
        names.iter().any(|name| {
            environment(name).is_some_and(|v| {
                let host = v.rsplit("://").next().unwrap_or("").trim_end_matches('/');
                !host.is_empty() && host.eq_ignore_ascii_case(&authority)
            })
        })
    };
    let mut found = Vec::new();
    if url.host() == "github.com" || named(["GITHUB_SERVER_URL", "GH_HOST"]) {
        found.push(Family::GitHub);
    }
    if url.host() == "gitlab.com" || named(["CI_SERVER_URL", "CI_SERVER_HOST"]) {
        found.push(Family::GitLab);
    }
    if url.host() == "codeberg.org" || named(["GITEA_SERVER_URL", "FORGEJO_SERVER_URL"]) {
        found.push(Family::Gitea);
    }
    found
}

/// The logins known without asking: the URL's, then a token of the environment that
/// is meant for this host; `own` says whether `AIDF_FORGE_TOKEN` is.
pub(crate) fn known(
    url: &HttpUrl,
    own: bool,
    environment: impl Fn(&str) -> Option<String>,
) -> Vec<Login> {
    let mut found = Vec::new();
    if let (Some(user), Some(password)) = (url.user(), url.password()) {
        found.push(Login {
            user: user.to_owned(),
            password: Secret::new(password),
            from: FROM_URL,
        });
    }
    // A token in the environment was never meant to cross a network in the open.
    if !url.is_private() {
        return found;
    }
    let of = families(url, &environment);
    found.extend(token(&of, own, environment));
    found
}

/// The first token of the environment that is meant for one of these families; `own` says
/// whether `AIDF_FORGE_TOKEN` is, too.
pub(crate) fn token(
    of: &[Family],
    own: bool,
    environment: impl Fn(&str) -> Option<String>,
) -> Option<Login> {
    let (github, gitlab, gitea) = (
        of.contains(&Family::GitHub),
        of.contains(&Family::GitLab),
        of.contains(&Family::Gitea),
    );
    let candidates: [(&'static str, bool, &str); 7] = [
        (OWN_VARIABLE, own, "x-access-token"),
        ("GH_TOKEN", github, "x-access-token"),
        ("GITHUB_TOKEN", github, "x-access-token"),
        ("GITLAB_TOKEN", gitlab, "oauth2"),
        ("GITEA_TOKEN", gitea, "x-access-token"),
        ("FORGEJO_TOKEN", gitea, "x-access-token"),
        ("GITHUB_TOKEN", gitea, "x-access-token"),
    ];
    candidates.into_iter().find_map(|(name, applies, user)| {
        let password = environment(name).filter(|v| applies && !v.is_empty())?;
        Some(Login {
            user: user.to_owned(),
            password: Secret::new(password),
            from: name,
        })
    })
}

/// The lines of git's credential protocol (git-credential(1), "INPUT/OUTPUT FORMAT"); the
/// one writer of them. `None` where a value would end its line, and so say something else:
/// then nothing is asked, and nothing told.
pub(super) fn lines(fields: &[(&str, &str)]) -> Option<String> {
    let mut text = String::new();
    for (name, value) in fields {
        if value.contains(['\n', '\r', '\0']) {
            return None;
        }
        text.push_str(&format!("{name}={value}\n"));
    }
    Some(text)
}

/// What git's credential helpers said.
#[derive(Debug)]
pub(crate) enum Asked {
    /// They gave a login.
    Login(Login),
    /// None of them knows one.
    NoneKnew,
    /// They did not answer in time, and were ended.
    TooSlow,
}

/// How long somebody who is asked in the terminal may take to answer.
const PERSON: Duration = Duration::from_secs(600);

/// Asks git's credential helpers, with the user's and the system's configuration alone.
///
/// They are waited for as long as the timeout; with `interactive`, where they may ask
/// somebody, for ten minutes at least.
pub(crate) fn ask_helpers(url: &HttpUrl, interactive: bool, http: &Http) -> Asked {
    let within = match interactive {
        true => http.timeout.max(PERSON),
        false => http.timeout,
    };
    match question(url).map(|text| helper("fill", &text, interactive, within, &http.environment)) {
        Some(Answer::Said(text)) => answered(&text, url).map_or(Asked::NoneKnew, Asked::Login),
        Some(Answer::TooSlow) => Asked::TooSlow,
        Some(Answer::Failed) | None => Asked::NoneKnew,
    }
}

fn question(url: &HttpUrl) -> Option<String> {
    let (host, path) = (url.authority(), url.decoded_path());
    let mut fields = vec![
        ("protocol", url.scheme()),
        ("host", host.as_str()),
        ("path", path.trim_start_matches('/')),
    ];
    fields.extend(url.user().map(|user| ("username", user)));
    lines(&fields)
}

/// The login of an answer, where it is one for the server that was asked for.
fn answered(answer: &str, url: &HttpUrl) -> Option<Login> {
    let field = |name: &str| {
        answer
            .split('\n')
            .find_map(|l| l.strip_prefix(name)?.strip_prefix('='))
            .filter(|value| !value.contains(['\r', '\0']))
            .map(str::to_owned)
    };
    // A helper may complete the question; one about another server is answered to nobody.
    let same = field("protocol").is_none_or(|p| p == url.scheme())
        && field("host").is_none_or(|h| h.eq_ignore_ascii_case(&url.authority()));
    if !same {
        return None;
    }
    Some(Login {
        user: field("username")?,
        password: field("password")?.into(),
        from: FROM_HELPERS,
    })
}

/// Tells the helpers whether what they gave was good; they have the timeout to take it in.
pub(crate) fn tell_helpers(url: &HttpUrl, login: &Login, good: bool, http: &Http) {
    let host = url.authority();
    let fact = lines(&[
        ("protocol", url.scheme()),
        ("host", &host),
        ("username", &login.user),
        ("password", login.password.reveal()),
    ]);
    if let Some(fact) = fact {
        helper(
            if good { "approve" } else { "reject" },
            &fact,
            false,
            http.timeout,
            &http.environment,
        );
    }
}

/// What came of a call of `git credential`.
pub(super) enum Answer {
    Said(String),
    Failed,
    TooSlow,
}

pub(super) fn helper(
    action: &str,
    input: &str,
    interactive: bool,
    within: Duration,
    environment: &Environment,
) -> Answer {
    let mut command = children::outside("git", Child::Helper, environment);
    command.args(["credential", action]);
    if !interactive {
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS", "");
    }
    let terminal = match interactive {
        true => Terminal::Speaks,
        false => Terminal::None,
    };
    match children::run(&mut command, input.as_bytes().to_vec(), within, terminal) {
        Ok(Some(out)) if out.status.success() => {
            Answer::Said(String::from_utf8_lossy(&out.stdout).into_owned())
        }
        Ok(Some(_)) | Err(_) => Answer::Failed,
        Ok(None) => Answer::TooSlow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::parse_http;

    fn sources(secure: bool, rest: &str, set: &[&str]) -> Vec<&'static str> {
        let url = parse_http(secure, rest).unwrap();
        known(&url, true, |name| {
            set.contains(&name).then(|| "secret".to_owned())
        })
        .iter()
        .map(|l| l.from)
        .collect()
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_and_where_it_is_cut_off() {
        let secrets = ["s3/cret-token".to_owned(), "Basic s3/cret-token".to_owned()];
        for (text, left) in [
            ("a Basic s3/cret-token b", "a *** b"),
            ("a s3/cret-token, s3\\/cret-token", "a ***, ***"),
            ("Authorization: Basic s3/cret-to", "Authorization: ***"),
            ("nothing of it", "nothing of it"),
            ("é s3/cret", "é ***"),
        ] {
            assert_eq!(hide(text.to_owned(), &secrets), left, "{text}");
        }
    }

    #[test]
    fn no_value_says_a_second_line_to_a_helper() {
        assert_eq!(
            lines(&[("host", "h"), ("username", "a b")]).unwrap(),
            "host=h\nusername=a b\n"
        );
        for bad in ["\n", "\r", "\0", "x\nurl=https://github.com"] {
            assert_eq!(lines(&[("protocol", "https"), ("username", bad)]), None);
        }
    }

    #[test]
    fn an_answer_for_another_server_is_no_login() {
        let url = parse_http(true, "h:8443/o/r").unwrap();
        let login = |answer: &str| answered(answer, &url).map(|l| l.password.reveal().to_owned());
        assert_eq!(
            login("protocol=https\nhost=h:8443\nusername=u\npassword=p\n").as_deref(),
            Some("p")
        );
        for other in [
            "protocol=https\nhost=github.com\nusername=u\npassword=p\n",
            "protocol=http\nhost=h:8443\nusername=u\npassword=p\n",
            "protocol=https\nhost=h:8443\nusername=u\npassword=p\r\n",
            "protocol=https\nhost=h:8443\nusername=u\n",
        ] {
            assert_eq!(login(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_token_that_is_not_meant_for_a_host_is_left_out() {
        let url = parse_http(true, "github.com/o/r").unwrap();
        let from = |own| -> Vec<&str> {
            let set = |name: &str| Some(name.to_owned()).filter(|n| n.ends_with("_TOKEN"));
            known(&url, own, set).iter().map(|l| l.from).collect()
        };
        assert_eq!(from(true), ["AIDF_FORGE_TOKEN"]);
        assert_eq!(from(false), ["GH_TOKEN"]);
    }

    #[test]
    fn a_forge_token_goes_to_its_own_forge_alone() {
        assert_eq!(sources(true, "github.com/o/r", &["GH_TOKEN"]), ["GH_TOKEN"]);
        assert!(sources(true, "evil.example/o/r", &["GH_TOKEN", "GITLAB_TOKEN"]).is_empty());
        assert_eq!(
            sources(true, "git.example/o/r", &["AIDF_FORGE_TOKEN"]),
            ["AIDF_FORGE_TOKEN"]
        );
        assert!(
            sources(false, "git.example/o/r", &["AIDF_FORGE_TOKEN"]).is_empty(),
            "sent over a plaintext network"
        );
        assert_eq!(
            sources(true, "u:p@github.com/o/r", &["GITHUB_TOKEN"]),
            ["the URL", "GITHUB_TOKEN"]
        );
    }
}
