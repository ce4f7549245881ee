//! Why a login was refused, and what to do. Pure.

use super::super::settings::Provider;
use crate::error::{Error, Kind};
use crate::url::HttpUrl;

/// The login, for messages.
pub(super) struct About<'a> {
    pub provider: Provider,
    pub web: &'a HttpUrl,
    pub client_id: &'a str,
    pub scopes: &'a [String],
}

/// The error for a refusal by this code.
pub(super) fn error(about: &About<'_>, code: &str) -> Error {
    let host = about.web.authority();
    let client_id = about.client_id;
    match code {
        "access_denied" => Error::new(
            Kind::Auth,
            format!("somebody declined the login at {host}"),
        )
        .hint("run `aidf login` again, and accept it in the browser"),
        "expired_token" => expired(about.web),
        "device_flow_disabled" => Error::new(
            Kind::Usage,
            format!("the OAuth app `{client_id}` of {host} has its device flow turned off"),
        )
        .hint("turn the device flow on in the app's settings, or name another app with --client-id"),
        // GitHub answers 404 with this text for a client id that it does not know.
        "incorrect_client_credentials" | "invalid_client" | "unauthorized_client"
        | "Not Found" => Error::new(
            Kind::Usage,
            format!("{host} knows no OAuth app with the client id `{client_id}` that may use the device flow"),
        )
        .hint(format!(
            "compare the id with the app's settings (--client-id, or forge.client_ids in the configuration); {}",
            how_to_register(about.provider, about.web)
        )),
        "unsupported_grant_type" => Error::new(
            Kind::Usage,
            format!("{host} does not support the device flow"),
        )
        .hint(by_hand(about.provider, about.web)),
        "invalid_scope" => Error::new(
            Kind::Usage,
            format!(
                "{host} does not give the scopes {} to the OAuth app `{client_id}`",
                about.scopes.join(", ")
            ),
        )
        .hint("allow them in the app's settings, or ask for others with --scopes"),
        "incorrect_device_code" | "bad_verification_code" | "invalid_grant" => Error::new(
            Kind::Auth,
            format!("{host} no longer knows the code of this login"),
        )
        .hint("run `aidf login` again"),
        other => Error::new(
            Kind::Auth,
            format!("{host} refused the login: {}", crate::shown::clipped(other, 100)),
        )
        .hint(by_hand(about.provider, about.web)),
    }
}

/// The error for a code that nobody entered in time.
pub(super) fn expired(web: &HttpUrl) -> Error {
    Error::new(
        Kind::Unavailable,
        format!(
            "nobody entered the code at {} before it expired",
            web.authority()
        ),
    )
    .hint("run `aidf login` again, and enter the new code at once")
}

/// How to make an OAuth app.
pub(super) fn how_to_register(provider: Provider, web: &HttpUrl) -> String {
    let web = web.plain();
    match provider {
        Provider::GitLab => format!(
            "add an application at {web}/-/user_settings/applications, and do not make it confidential"
        ),
        _ => format!(
            "register an OAuth app at {web}/settings/applications/new, and turn on its device flow"
        ),
    }
}

/// How to log in without a device flow.
pub(super) fn by_hand(provider: Provider, web: &HttpUrl) -> String {
    let page = match provider {
        Provider::GitHub => "/settings/tokens",
        Provider::GitLab => "/-/user_settings/personal_access_tokens",
        Provider::Gitea | Provider::Forgejo | Provider::Bare => "/user/settings/applications",
    };
    format!(
        "make a personal access token at {}{page}; run `git credential approve` and type the lines protocol={}, host={}, username=YOU, password=TOKEN and an empty one; or set AIDF_FORGE_TOKEN",
        web.plain(),
        web.scheme(),
        web.authority()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::parse_http;

    #[test]
    fn each_refusal_has_its_kind_and_says_what_to_do() {
        let web = parse_http(true, "git.example").unwrap();
        let about = About {
            provider: Provider::GitLab,
            web: &web,
            client_id: "Iv1.x",
            scopes: &["api".to_owned()],
        };
        for (code, kind) in [
            ("access_denied", Kind::Auth),
            ("expired_token", Kind::Unavailable),
            ("device_flow_disabled", Kind::Usage),
            ("incorrect_client_credentials", Kind::Usage),
            ("invalid_client", Kind::Usage),
            ("unsupported_grant_type", Kind::Usage),
            ("invalid_scope", Kind::Usage),
            ("incorrect_device_code", Kind::Auth),
            ("invalid_grant", Kind::Auth),
            ("something_new", Kind::Auth),
        ] {
            let error = error(&about, code);
            assert_eq!(error.kind(), kind, "{code}");
            assert!(error.hint_text().is_some(), "{code}");
            let names = [error.message(), error.hint_text().unwrap()].concat();
            let known = code == "something_new" || !names.contains(code);
            assert!(known, "a word of the protocol is shown: {names}");
        }
        assert!(expired(&web).is_retryable());
    }
}
