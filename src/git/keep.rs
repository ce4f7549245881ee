//! Logins that outlast a call: whether git's credential helpers can keep one, giving them one,
//! and the one that GitHub's own program keeps.

use super::children::outside;
use super::children::{self, Child, Terminal};
use super::credential::{Answer, Asked, Login, ask_helpers, helper, lines};
use super::on_path::has_program;
use super::settings::url_match;
use crate::http::Http;
use crate::secret::Secret;
use crate::url::HttpUrl;

/// Where a login that `gh` keeps is from.
pub(crate) const FROM_GH: &str = "gh";

/// The login that `gh` keeps for the host of `url`; none where it keeps none, or does not
/// answer within the timeout.
pub(crate) fn gh_login(url: &HttpUrl, http: &Http) -> Option<Login> {
    if !has_program("gh", &http.environment) {
        return None;
    }
    let mut command = outside("gh", Child::Keeper, &http.environment);
    command
        .args(["auth", "token", "--hostname", &url.authority()])
        .env("GH_PROMPT_DISABLED", "1")
        .env("GH_NO_UPDATE_NOTIFIER", "1");
    let out = children::run(&mut command, Vec::new(), http.timeout, Terminal::None).ok()??;
    let token = String::from_utf8(out.stdout).ok()?;
    let token = token.trim();
    let sound = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    (out.status.success() && sound).then(|| Login {
        user: "x-access-token".to_owned(),
        password: Secret::new(token),
        from: FROM_GH,
    })
}

/// Whether git's configuration names a credential helper for `url`. True also where git does
/// not tell its configuration: then the helpers are tried.
pub(crate) fn has_helper(url: &HttpUrl, http: &Http) -> bool {
    let mut command = outside("git", Child::Helper, &http.environment);
    let names = r"^credential\.(.*\.)?helper$";
    command.args(["config", "--null", "--get-regexp", names]);
    match children::run(&mut command, Vec::new(), http.timeout, Terminal::None) {
        // 1: no entry has such a name.
        Ok(Some(out)) if out.status.code() == Some(1) => false,
        Ok(Some(out)) if out.status.success() => {
            names_helper(&String::from_utf8_lossy(&out.stdout), url)
        }
        _ => true,
    }
}

/// Whether entries of `git config --null` name a helper for `url` (gitcredentials(7)): those
/// of every pattern that matches count, and an empty one takes back those before it.
fn names_helper(entries: &str, url: &HttpUrl) -> bool {
    let mut found = false;
    for entry in entries.split('\0').filter(|e| !e.is_empty()) {
        // A name without a value is no helper.
        let Some((name, value)) = entry.split_once('\n') else {
            continue;
        };
        let pattern = name
            .get("credential.".len()..name.len().saturating_sub("helper".len()))
            .unwrap_or_default()
            .trim_end_matches('.');
        let matches = match pattern.split_once("://") {
            None => pattern.is_empty() || pattern.eq_ignore_ascii_case(&url.authority()),
            Some(_) => url_match(pattern, url).is_some(),
        };
        if matches {
            found = !value.trim().is_empty();
        }
    }
    found
}

/// What a person can do to have a helper, on a platform as `std::env::consts::OS` names it.
pub(crate) fn how_to_have_one(platform: &str) -> String {
    match platform {
        "macos" => "git config --global credential.helper osxkeychain".to_owned(),
        "windows" => "git config --global credential.helper manager".to_owned(),
        _ => "git config --global credential.helper libsecret (the desktop's keyring; some systems have it in a package of its own), or 'cache --timeout=28800' (in memory, for 8 hours), or store (in a plain file)".to_owned(),
    }
}

/// A login to be kept, and what else git's helpers can keep of it.
pub(crate) struct Keepsake<'a> {
    /// The user name that git is to send.
    pub user: &'a str,
    /// The token.
    pub password: &'a Secret,
    /// When it ends, in seconds since 1970.
    pub ends: Option<i64>,
    /// What a helper can get the next one with.
    pub refresh: Option<&'a Secret>,
}

/// What became of a login that git's helpers were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// They give it back.
    Yes,
    /// They give none.
    No,
    /// They give another one, and git will use that.
    Another,
    /// They did not answer in time.
    TooSlow,
}

/// Gives a login to git's helpers, and reads back whether they have it.
pub(crate) fn keep(url: &HttpUrl, what: &Keepsake<'_>, http: &Http) -> Kept {
    let (host, path, user) = (url.authority(), url.decoded_path(), what.user);
    let ends = what.ends.map(|ends| ends.to_string());
    let mut fields = vec![("protocol", url.scheme()), ("host", host.as_str())];
    // git leaves it out, unless credential.useHttpPath is set.
    let path = path.trim_start_matches('/');
    if !path.is_empty() {
        fields.push(("path", path));
    }
    fields.extend([("username", user), ("password", what.password.reveal())]);
    fields.extend(ends.as_deref().map(|ends| ("password_expiry_utc", ends)));
    fields.extend(what.refresh.map(|r| ("oauth_refresh_token", r.reveal())));
    let Some(text) = lines(&fields) else {
        return Kept::No;
    };
    let told = helper("approve", &text, false, http.timeout, &http.environment);
    if let Answer::TooSlow = told {
        return Kept::TooSlow;
    }
    match ask_helpers(url, false, http) {
        Asked::Login(login) if login.password == *what.password => Kept::Yes,
        Asked::Login(_) => Kept::Another,
        Asked::NoneKnew => Kept::No,
        Asked::TooSlow => Kept::TooSlow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::parse_http;

    #[test]
    fn a_helper_counts_where_its_pattern_matches_and_none_took_it_back() {
        let url = parse_http(true, "git.example:8443/o/r").unwrap();
        for (entries, named) in [
            ("", false),
            ("credential.helper\nstore\0", true),
            ("credential.helper\nstore\0credential.helper\n\0", false),
            ("credential.helper\n\0credential.helper\ncache\0", true),
            ("credential.helper\0", false),
            ("credential.https://git.example:8443.helper\n!gh x\0", true),
            ("credential.https://git.example.helper\nstore\0", false),
            ("credential.https://*.example:8443.helper\nstore\0", true),
            (
                "credential.https://git.example:8443/o.helper\nstore\0",
                true,
            ),
            (
                "credential.https://git.example:8443/p.helper\nstore\0",
                false,
            ),
            ("credential.git.example:8443.helper\nstore\0", true),
            ("credential.other.example.helper\nstore\0", false),
            (
                "credential.helper\nstore\0credential.https://git.example:8443.helper\n\0",
                false,
            ),
        ] {
            assert_eq!(names_helper(entries, &url), named, "{entries:?}");
        }
    }

    #[test]
    fn each_platform_has_a_helper_to_name() {
        for platform in ["linux", "macos", "windows", "freebsd"] {
            let hint = how_to_have_one(platform);
            assert!(hint.contains("credential.helper"), "{platform}: {hint}");
        }
    }
}
