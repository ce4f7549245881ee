//! The forges: GitHub, GitLab, Gitea and Forgejo, behind one small enum.
//!
//! What others call:
//!
//! - [`detect`]`(&Endpoint, &ForgeSettings) -> Option<Provider>` and [`Provider::parse`];
//!   [`Provider::Bare`] has no API, so nothing connects to it;
//! - [`Forge::connect`]`(Access) -> Result<Forge>`: finds the login, sends nothing yet;
//! - protection: [`Forge::survey`], [`Forge::apply`], [`Forge::removal`] (`apply` sends its
//!   changes too), with [`DesiredRules`], [`Survey`], [`RuleState`], [`State`], [`Change`] and
//!   [`Removal`];
//! - proposals: [`Forge::find_proposal`], [`Forge::open_proposal`],
//!   [`Forge::update_proposal`], [`Forge::approve`], [`Forge::identity`];
//! - refusals: [`is_plan_limit`], [`reason`] and [`status`] tell them apart;
//!   [`saying_also`] adds to the message;
//! - [`logins_for_git`]: a GitHub App's tokens for git's own connections;
//! - [`login`]: the login of a person, by the device flow.
//!
//! A `survey` never reports a rule as enforced if it could not read it. If
//! [`Survey::blocked`] is set, the changes are not known: an empty list does not mean that
//! all is well.

mod answer;
mod app;
mod applying;
mod auth;
mod client;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod gitea;
mod github;
mod gitlab;
mod identity;
mod limits;
pub mod login;
mod proposal;
mod protection;
mod refusal;
mod settings;
mod target;

pub use answer::{Answer, Method};
pub use auth::logins_for_git;
pub use client::Client;
pub use identity::{Auth, Purpose, Scheme};
pub use proposal::{Approval, Proposal, draft_mark};
pub use protection::{
    Anew, BACKUPS, Change, DesiredRules, Removal, Rule, RuleState, State, Survey,
};
pub use refusal::{Reason, Refusal, is_plan_limit, reason, saying_also, status};
pub use settings::{ForgeFile, ForgeSettings, GitHubAppFile, Provider};
pub use target::{ForgeRepo, detect};

use crate::error::{Error, Kind, Result};
use crate::git::Endpoint;
use crate::http::Http;
use crate::progress::Progress;
use gitea::Gitea;
use github::GitHub;
use gitlab::GitLab;
use serde_json::Value;

/// How to reach a forge, and for what purpose.
pub struct Access<'a> {
    /// The settings of the forges (`Config::forge`).
    pub settings: &'a ForgeSettings,
    /// The remote (`Remote::endpoint`).
    pub endpoint: &'a Endpoint,
    /// Whether the user gave the remote's address (`Remote::is_named_by_user`).
    pub named: bool,
    /// The provider, if the caller knows it; otherwise it is found from the remote.
    pub provider: Option<Provider>,
    /// The purpose. A GitHub App's token gets only the permissions that it needs.
    pub purpose: Purpose,
    /// How servers are reached (`Remote::http`).
    pub http: Http,
    /// Whether git's credential helpers may ask questions.
    pub interactive: bool,
    /// Receives the progress.
    pub progress: &'a dyn Progress,
}

impl Access<'_> {
    /// The provider.
    ///
    /// Errors: usage, for a remote of no known forge.
    fn provider(&self) -> Result<Provider> {
        let found = self
            .provider
            .or_else(|| detect(self.endpoint, self.settings));
        found.ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!("aidf does not know which forge runs at {}", self.endpoint),
            )
            .hint("name it with --provider github|gitlab|gitea|forgejo, or under forge.hosts in the configuration")
        })
    }
}

/// One repository on one forge, as one identity.
#[derive(Debug)]
pub enum Forge<'a> {
    /// github.com, or GitHub Enterprise Server.
    GitHub(GitHub<'a>),
    /// gitlab.com, or a self-hosted GitLab.
    GitLab(GitLab<'a>),
    /// Gitea or Forgejo.
    Gitea(Gitea<'a>),
}

impl<'a> Forge<'a> {
    /// Finds the provider, the repository and the login. Nothing is sent yet.
    ///
    /// Errors: usage, for a remote of no known forge; auth, for the App's key.
    pub fn connect(access: Access<'a>) -> Result<Forge<'a>> {
        let provider = access.provider()?;
        if provider == Provider::Bare {
            return Err(Error::new(
                Kind::Usage,
                format!("{} is a bare repository without a forge", access.endpoint),
            ));
        }
        let target = ForgeRepo::of(access.endpoint)?;
        if provider != Provider::GitLab && target.owner.contains('/') {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "`{}` is not OWNER/REPOSITORY, which {} needs",
                    target.path(),
                    provider.name()
                ),
            )
            .hint("aidf does not support a forge that is served below a path of its host"));
        }
        let base = target::api_base(provider, &target.web, access.settings)?;
        let auth = auth::find(
            access.settings,
            provider,
            &target,
            &base,
            access.named,
            access.purpose,
            auth::Asking {
                interactive: access.interactive,
                http: &access.http,
            },
        )?;
        let client = Client::new(base, provider.title(), auth, access.http, access.progress)?;
        Ok(match provider {
            Provider::GitHub => Forge::GitHub(GitHub::new(client, target)),
            Provider::GitLab => Forge::GitLab(GitLab::new(client, target)),
            Provider::Forgejo => Forge::Gitea(Gitea::new(client, target, Some(true))),
            Provider::Gitea | Provider::Bare => Forge::Gitea(Gitea::new(client, target, None)),
        })
    }

    /// The provider.
    pub fn provider(&self) -> Provider {
        match self {
            Forge::GitHub(_) => Provider::GitHub,
            Forge::GitLab(_) => Provider::GitLab,
            Forge::Gitea(g) => g.provider(),
        }
    }

    /// The repository.
    pub fn target(&self) -> &ForgeRepo {
        match self {
            Forge::GitHub(g) => &g.target,
            Forge::GitLab(g) => &g.target,
            Forge::Gitea(g) => &g.target,
        }
    }

    /// Reads which rules are enforced, and works out the changes that would complete them.
    /// Changes nothing.
    ///
    /// Errors: not_found, auth, unavailable; usage, for a `bypass` that the forge cannot
    /// express.
    pub fn survey(&self, wanted: &DesiredRules) -> Result<Survey> {
        match self {
            Forge::GitHub(g) => g.survey(wanted),
            Forge::GitLab(g) => g.survey(wanted),
            Forge::Gitea(g) => g.survey(wanted),
        }
    }

    /// Sends the changes of a survey or a removal, in order.
    ///
    /// Errors: the first refusal; changes sent before it stay. Denied, with
    /// [`is_plan_limit`], where the owner's plan has no branch protection.
    pub fn apply(&self, changes: &[Change]) -> Result<()> {
        match self {
            Forge::GitHub(g) => applying::apply(&g.client, changes),
            Forge::GitLab(g) => applying::apply(&g.client, changes),
            Forge::Gitea(g) => applying::apply(&g.client, changes),
        }
    }

    /// Works out the changes that remove our protection and nobody else's. Changes nothing.
    ///
    /// Errors: those of [`Forge::survey`].
    pub fn removal(&self, wanted: &DesiredRules) -> Result<Removal> {
        match self {
            Forge::GitHub(g) => g.removal(wanted),
            Forge::GitLab(g) => g.removal(wanted),
            Forge::Gitea(g) => g.removal(wanted),
        }
    }

    /// The open proposal that merges `branch` into `to`.
    ///
    /// Errors: not_found, auth, denied, unavailable.
    pub fn find_proposal(&self, branch: &str, to: &str) -> Result<Option<Proposal>> {
        match self {
            Forge::GitHub(g) => g.find_proposal(branch, to),
            Forge::GitLab(g) => g.find_proposal(branch, to),
            Forge::Gitea(g) => g.find_proposal(branch, to),
        }
    }

    /// Opens a proposal.
    ///
    /// Errors: conflict, if one is open already; usage, if the branches do not
    /// differ.
    pub fn open_proposal(
        &self,
        branch: &str,
        to: &str,
        title: &str,
        body: &str,
    ) -> Result<Proposal> {
        match self {
            Forge::GitHub(g) => g.open_proposal(branch, to, title, body),
            Forge::GitLab(g) => g.open_proposal(branch, to, title, body),
            Forge::Gitea(g) => g.open_proposal(branch, to, title, body),
        }
    }

    /// Gives an open proposal another title and text; what is none stays as it is.
    ///
    /// Errors: those of [`Forge::open_proposal`].
    pub fn update_proposal(
        &self,
        number: u64,
        title: Option<&str>,
        text: Option<&str>,
    ) -> Result<Proposal> {
        let request = |key: &str| {
            let fields = [("title", title), (key, text)].into_iter();
            let fields = fields.filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
            Value::Object(fields.collect())
        };
        match self {
            Forge::GitHub(g) => g.update_proposal(number, &request("body")),
            Forge::GitLab(g) => g.update_proposal(number, &request("description")),
            Forge::Gitea(g) => g.update_proposal(number, &request("body")),
        }
    }

    /// Our user name at the forge, where the forge tells it.
    ///
    /// Errors: unavailable, auth.
    pub fn identity(&self) -> Result<Option<String>> {
        match self {
            Forge::GitHub(g) => g.identity(),
            Forge::GitLab(g) => g.identity(),
            Forge::Gitea(g) => g.identity(),
        }
    }
}

/// One of our globs in the forge's own syntax; a plain name is the same everywhere.
pub fn glob_of(provider: Provider, glob: &str) -> String {
    match provider {
        Provider::GitHub => github::rules::pattern(glob),
        Provider::GitLab => gitlab::in_its_words(glob),
        Provider::Gitea | Provider::Forgejo | Provider::Bare => glob.to_owned(),
    }
}
