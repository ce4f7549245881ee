//! The operator's settings for forges: `forge:` in the configuration, and the environment.

use crate::error::{Error, Kind, Result};
use crate::git::Family;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// `forge:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForgeFile {
    /// Which forge runs on a self-hosted server: `git.example.com: gitea`.
    pub hosts: BTreeMap<String, Provider>,
    /// The API's address, in place of the one derived from the remote. If it is on another
    /// host than the remote, only `AIDF_FORGE_TOKEN` (or `AIDF_APPROVER_TOKEN`) is sent
    /// there.
    pub api_url: Option<String>,
    /// The GitHub App that aidf acts as.
    pub github_app: Option<GitHubAppFile>,
    /// The OAuth app that people log in with, for each host: `github.com: Iv1.x`.
    pub client_ids: BTreeMap<String, String>,
}

/// `forge: github_app:`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHubAppFile {
    /// The App's id.
    pub id: u64,
    /// The file with its private key, in PEM form; others must not be able to read it.
    pub private_key_file: PathBuf,
    /// The installation's id; found from the repository if it is not given.
    pub installation: Option<u64>,
}

/// A forge, or a bare server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// github.com, or GitHub Enterprise Server.
    GitHub,
    /// gitlab.com, or a self-hosted GitLab.
    GitLab,
    /// Gitea.
    Gitea,
    /// Forgejo, such as codeberg.org.
    Forgejo,
    /// A bare repository, with no forge around it.
    Bare,
}

impl Provider {
    /// Its name, as `--provider` and `forge.hosts` take it.
    pub fn name(self) -> &'static str {
        match self {
            Provider::GitHub => "github",
            Provider::GitLab => "gitlab",
            Provider::Gitea => "gitea",
            Provider::Forgejo => "forgejo",
            Provider::Bare => "bare",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Provider::GitHub => "GitHub",
            Provider::GitLab => "GitLab",
            Provider::Gitea => "Gitea",
            Provider::Forgejo => "Forgejo",
            Provider::Bare => "a bare server",
        }
    }

    /// The kind of forge, for choosing tokens.
    pub(crate) fn family(self) -> Option<Family> {
        match self {
            Provider::GitHub => Some(Family::GitHub),
            Provider::GitLab => Some(Family::GitLab),
            Provider::Gitea | Provider::Forgejo => Some(Family::Gitea),
            Provider::Bare => None,
        }
    }

    /// Parses a provider's name.
    ///
    /// Errors: usage.
    pub fn parse(name: &str) -> Result<Provider> {
        [
            Provider::GitHub,
            Provider::GitLab,
            Provider::Gitea,
            Provider::Forgejo,
            Provider::Bare,
        ]
        .into_iter()
        .find(|p| p.name() == name)
        .ok_or_else(|| {
            Error::new(Kind::Usage, format!("`{name}` is not a provider"))
                .hint("give github, gitlab, gitea, forgejo or bare")
        })
    }
}

/// The settings of the forges, from file and environment.
#[derive(Clone, Default)]
pub struct ForgeSettings {
    /// Which forge runs on which host.
    pub hosts: BTreeMap<String, Provider>,
    /// Where the API is; `AIDF_FORGE_API_URL`, else `forge.api_url`.
    pub api_url: Option<String>,
    /// The GitHub App; `AIDF_GITHUB_APP_ID` with `AIDF_GITHUB_APP_KEY_FILE`, else the file's.
    pub github_app: Option<GitHubAppFile>,
    /// The client id of the OAuth app that people log in with, for each host.
    pub client_ids: BTreeMap<String, String>,
    /// The environment's tokens, and the variables that name hosts.
    pub environment: BTreeMap<&'static str, String>,
}

impl fmt::Debug for ForgeSettings {
    /// Shows only the names of the environment's variables: the values hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeSettings")
            .field("hosts", &self.hosts)
            .field("api_url", &self.api_url)
            .field("github_app", &self.github_app)
            .field("client_ids", &self.client_ids)
            .field("environment", &self.environment.keys())
            .finish()
    }
}

/// The variables that name forges and hold their tokens.
const FORGE_VARIABLES: [&str; 14] = [
    "AIDF_APPROVER_TOKEN",
    "AIDF_FORGE_HOST",
    "AIDF_FORGE_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "GITEA_TOKEN",
    "FORGEJO_TOKEN",
    "GITHUB_SERVER_URL",
    "GH_HOST",
    "CI_SERVER_URL",
    "CI_SERVER_HOST",
    "GITEA_SERVER_URL",
    "FORGEJO_SERVER_URL",
];

impl ForgeSettings {
    /// The settings of the environment and of the file. The environment takes precedence.
    ///
    /// Errors: usage, if only the App's id or only its key is named.
    pub fn resolve(
        file: ForgeFile,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<ForgeSettings> {
        let get = |name: &str| environment(name).filter(|v| !v.is_empty());
        let github_app = match (get("AIDF_GITHUB_APP_ID"), get("AIDF_GITHUB_APP_KEY_FILE")) {
            (None, None) => file.github_app,
            (Some(id), Some(key)) => Some(GitHubAppFile {
                id: id.trim().parse().map_err(|_| {
                    Error::new(
                        Kind::Usage,
                        format!("AIDF_GITHUB_APP_ID is `{id}`, but an App's id is a number"),
                    )
                })?,
                private_key_file: PathBuf::from(key),
                installation: None,
            }),
            _ => {
                return Err(Error::new(
                    Kind::Usage,
                    "AIDF_GITHUB_APP_ID and AIDF_GITHUB_APP_KEY_FILE are needed together, and one is missing",
                )
                .hint("set both, or neither"));
            }
        };
        Ok(ForgeSettings {
            hosts: by_host(file.hosts),
            api_url: get("AIDF_FORGE_API_URL").or(file.api_url),
            github_app,
            client_ids: by_host(file.client_ids),
            environment: FORGE_VARIABLES
                .into_iter()
                .filter_map(|name| Some((name, get(name)?)))
                .collect(),
        })
    }

    /// The same settings for the second identity, which approves what the first one
    /// proposed; `None` if it has no token.
    pub fn as_approver(&self) -> Option<ForgeSettings> {
        let token = self.variable("AIDF_APPROVER_TOKEN")?;
        let mut other = self.clone();
        other.github_app = None;
        other.environment.insert("AIDF_FORGE_TOKEN", token);
        Some(other)
    }

    /// A variable of the environment, if it is one of those that concern forges.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }
}

/// The same under the hosts' names as URLs have them.
fn by_host<T>(all: BTreeMap<String, T>) -> BTreeMap<String, T> {
    let all = all.into_iter();
    all.map(|(host, value)| (host.to_ascii_lowercase(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_over_the_file_and_is_not_shown() {
        let file = || ForgeFile {
            hosts: [("Git.Example.com".to_owned(), Provider::Gitea)].into(),
            api_url: Some("https://file".to_owned()),
            github_app: Some(GitHubAppFile {
                id: 1,
                private_key_file: "/key".into(),
                installation: None,
            }),
            client_ids: [("GitHub.com".to_owned(), "Iv1.x".to_owned())].into(),
        };
        let resolve = |set: &[(&str, &str)]| {
            ForgeSettings::resolve(file(), |n| {
                set.iter()
                    .find(|(k, _)| *k == n)
                    .map(|(_, v)| v.to_string())
            })
        };
        let plain = resolve(&[]).unwrap();
        assert_eq!(plain.github_app.as_ref().unwrap().id, 1);
        assert_eq!(plain.hosts.get("git.example.com"), Some(&Provider::Gitea));
        assert_eq!(plain.client_ids["github.com"], "Iv1.x");
        let set = resolve(&[
            ("AIDF_FORGE_API_URL", "https://env"),
            ("AIDF_GITHUB_APP_ID", "7"),
            ("AIDF_GITHUB_APP_KEY_FILE", "/other"),
            ("GH_TOKEN", "s3cret"),
        ])
        .unwrap();
        assert_eq!(set.api_url.as_deref(), Some("https://env"));
        assert_eq!(set.github_app.as_ref().unwrap().id, 7);
        assert_eq!(set.variable("GH_TOKEN").as_deref(), Some("s3cret"));
        assert!(!format!("{set:?}").contains("s3cret"));
        for half in [
            ("AIDF_GITHUB_APP_ID", "7"),
            ("AIDF_GITHUB_APP_KEY_FILE", "/x"),
        ] {
            assert_eq!(resolve(&[half]).unwrap_err().kind(), Kind::Usage);
        }
    }

    #[test]
    fn a_provider_has_one_name() {
        for name in ["github", "gitlab", "gitea", "forgejo", "bare"] {
            assert_eq!(Provider::parse(name).unwrap().name(), name);
            let read: Provider = serde_json::from_value(name.into()).unwrap();
            assert_eq!(read.name(), name);
        }
        assert!(Provider::parse("GitHub").is_err());
    }
}
