//! Who we are to S3 storage: the variables of AWS, or the file that its tools keep.

use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::may_be_there;
use crate::secret::Secret;
use std::path::PathBuf;

/// The largest file of credentials, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// What is done about credentials that cannot be found.
const HINT: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or keep them in ~/.aws/credentials; for other kinds of logins, `aws configure export-credentials --format env` prints them";

/// An access key.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Its id, which requests carry openly.
    pub id: String,
    /// What requests are signed with.
    pub secret: Secret,
    /// The token of a session, for a key that ends with it.
    pub token: Option<Secret>,
}

/// The access key of the environment; if it has none, that of the profile (`AWS_PROFILE`) in
/// `~/.aws/credentials` (`AWS_SHARED_CREDENTIALS_FILE`).
///
/// Errors: auth, if there is none; usage, for a file that cannot be read.
pub fn find(environment: &Environment) -> Result<Credentials> {
    if let Some(id) = environment.text("AWS_ACCESS_KEY_ID") {
        let secret = environment.text("AWS_SECRET_ACCESS_KEY").ok_or_else(|| {
            Error::new(
                Kind::Auth,
                "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not",
            )
            .hint(HINT)
        })?;
        let token = environment.text("AWS_SESSION_TOKEN").map(Secret::new);
        return checked(id, secret, token, "AWS_ACCESS_KEY_ID");
    }
    let named = environment.text("AWS_SHARED_CREDENTIALS_FILE");
    let home = environment
        .text("HOME")
        .or_else(|| environment.text("USERPROFILE"));
    let path = named
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(home?).join(".aws").join("credentials")));
    let profile = environment.text("AWS_PROFILE");
    let name = profile.as_deref().unwrap_or("default");
    let none = |why: String| Error::new(Kind::Auth, why).hint(HINT);
    let Some(path) = path.filter(|p| may_be_there(p)) else {
        return Err(none("there is no login for the S3 storage".to_owned()));
    };
    let shown = path.display();
    let failed = || format!("the file of credentials {shown} cannot be read");
    if !std::fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_FILE) {
        return Err(Error::new(Kind::Usage, failed()).hint(HINT));
    }
    let text = std::fs::read_to_string(&path).or_fail(Kind::Usage, failed)?;
    let [id, secret, token] = of_profile(
        &text,
        name,
        [
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
        ],
    )
    .ok_or_else(|| none(format!("{shown} has no profile `{name}`")))?;
    match (id, secret) {
        (Some(id), Some(secret)) => checked(id, secret, token.map(Secret::new), &shown.to_string()),
        _ => Err(none(format!(
            "the profile `{name}` of {shown} has no access key with its secret"
        ))),
    }
}

/// Headers take neither spaces nor control characters, and a file may have been copied badly.
fn checked(id: String, secret: String, token: Option<Secret>, place: &str) -> Result<Credentials> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let fits = plain(&id)
        && !id.contains(['/', ','])
        && plain(&secret)
        && token.as_ref().is_none_or(|t| plain(t.reveal()));
    if !fits {
        return Err(Error::new(
            Kind::Auth,
            format!("the access key of {place} has characters that no access key has"),
        )
        .hint("look for spaces and line breaks in the key, its secret and its token"));
    }
    Ok(Credentials {
        id,
        secret: Secret::new(secret),
        token,
    })
}

/// The values of a profile: `[name]`, and `key = value` on lines of their own. `None` if there
/// is no such profile.
fn of_profile<const N: usize>(
    text: &str,
    name: &str,
    keys: [&str; N],
) -> Option<[Option<String>; N]> {
    let mut found = keys.map(|_| None);
    let (mut is_there, mut is_in) = (false, false);
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let section = section.trim();
            // The file of the settings writes `profile NAME`, and some copy that.
            is_in = section == name || section.strip_prefix("profile ") == Some(name);
            is_there |= is_in;
        } else if is_in
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
            && let Some(at) = keys.iter().position(|k| k.eq_ignore_ascii_case(key.trim()))
        {
            found[at] = Some(value.trim().to_owned()).filter(|v| !v.is_empty());
        }
    }
    is_there.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_comes_before_the_file_and_the_profile_is_the_named_one() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let file = home.path().join(".aws/credentials");
        std::fs::write(
            &file,
            "# keys\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key=one/+=\n\
             \n[ night ]\nAWS_ACCESS_KEY_ID=AKNIGHT\naws_secret_access_key = two\n\
             aws_session_token = tok\n[empty]\nregion = x\n",
        )
        .unwrap();
        let at = Environment::from_iter([("HOME", home.path().as_os_str())]);
        let found = find(&at).unwrap();
        assert_eq!(
            (found.id.as_str(), found.secret.reveal()),
            ("AKDEFAULT", "one/+=")
        );
        assert!(found.token.is_none());
        let found = find(&at.with("AWS_PROFILE", "night")).unwrap();
        assert_eq!(
            (found.id.as_str(), found.secret.reveal()),
            ("AKNIGHT", "two")
        );
        assert_eq!(found.token.as_ref().map(Secret::reveal), Some("tok"));
        for profile in ["empty", "other"] {
            let e = find(&at.with("AWS_PROFILE", profile)).unwrap_err();
            assert_eq!(e.kind(), Kind::Auth);
            assert!(e.message().contains(profile), "{e}");
        }
        let both = at
            .with("AWS_ACCESS_KEY_ID", "AKENV")
            .with("AWS_SECRET_ACCESS_KEY", "env");
        assert_eq!(find(&both).unwrap().id, "AKENV");
        let half = at.with("AWS_ACCESS_KEY_ID", "AKENV");
        assert_eq!(find(&half).unwrap_err().kind(), Kind::Auth);
        let none = Environment::default();
        assert_eq!(find(&none).unwrap_err().kind(), Kind::Auth);
    }

    #[test]
    fn nothing_of_a_secret_is_said_when_it_is_refused() {
        let at = Environment::from_iter([
            ("AWS_ACCESS_KEY_ID", "AK"),
            ("AWS_SECRET_ACCESS_KEY", "xq7\nzz9"),
        ]);
        let e = find(&at).unwrap_err();
        assert!(!format!("{e:?} {}", e.in_full()).contains("zz9"), "{e}");
    }
}
