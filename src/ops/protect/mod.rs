//! Protection of the remote: plans, applies, checks and removes it, by the forge's own
//! rules or by the hook of a self-hosted server.

#[cfg(unix)]
mod accounts;
mod bare;
mod guide;
mod hook_file;
mod making;
mod naming;
mod steps;
mod trust;
mod workflows;

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::forge::{
    Access, Change, DesiredRules, Forge, Provider, Purpose, RuleState, State, detect, saying_also,
};
use crate::git::{CommitId, Endpoint};
use crate::ops::outcome::Reported;
use crate::ops::snapshot::{self, Standing};
use crate::policy::{Policy, ProtectRules};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

pub use guide::{GuideReport, guide};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The provider; found from the remote where it is not named.
    pub provider: Option<Provider>,
    /// Rules that take precedence over those of the policy.
    pub rules: ProtectRules,
    /// The program that a server's hook runs; only a self-hosted server needs it.
    pub program: Option<PathBuf>,
    /// The key file that a server's hook reads, in place of its account's own key. A
    /// relative path starts from the folder of the call.
    pub key_file: Option<PathBuf>,
}

/// Which rules are enforced, and what was changed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `github`, `gitlab`, `gitea`, `forgejo` or `bare`.
    pub provider: Provider,
    /// The repository at the provider.
    pub target: String,
    /// Every rule with its state.
    pub rules: Vec<RuleState>,
    /// Whether anything was changed.
    pub changed: bool,
    /// The changes that were made, or would be made.
    pub changes: Vec<String>,
    /// What was left in place, and why.
    pub left: Vec<String>,
    /// One sentence.
    pub message: String,
    /// Whether this is a check, for which every rule must be enforced already.
    #[serde(skip)]
    pub is_check: bool,
}

impl Reported for Report {
    fn verdict(&mut self) -> Result<()> {
        if !self.is_check || self.is_complete() {
            return Ok(());
        }
        let missing = self.rules.iter().any(|r| r.state == State::Missing);
        Err(Error::new(Kind::Findings, self.message.clone()).hint(match missing {
            true => "see what to change with `aidf protect plan`, and change it with `aidf protect apply`",
            false => "the reason stands beside each rule that is not enforced",
        }))
    }
}

impl Report {
    /// Whether every rule is enforced.
    pub fn is_complete(&self) -> bool {
        self.rules.iter().all(|r| r.state == State::Enforced)
    }
}

/// Shows what `apply` would change. Changes nothing.
///
/// Errors: usage, for an unknown provider; not_found, auth, denied, unavailable.
pub fn plan(cx: &Context, request: &Request) -> Result<Report> {
    let place = Host::of(cx, request)?;
    let (wanted, tip) = wanted(cx, request)?;
    let survey = place.survey(cx, request, &wanted, tip, Purpose::Check)?;
    let mut report = place.report(cx, &survey);
    report.message = match (&survey.blocked, survey.changes.len()) {
        (Some(why), _) => format!("aidf cannot tell what to change: {why}"),
        (None, 0) => "nothing to change".to_owned(),
        (None, n) => format!("{} to make", words::count(n, "change", "changes")),
    };
    Ok(report)
}

/// Sets up the protection; a second run changes nothing.
///
/// Errors: those of [`plan`]; the first refusal. Changes that were made before it stay.
pub fn apply(cx: &Context, request: &Request) -> Result<Report> {
    cx.note_request(request);
    recorded(cx, "protect apply", apply_rules(cx, request))
}

/// Records the result in the journal, and every refusal too.
fn recorded(cx: &Context, command: &str, result: Result<Report>) -> Result<Report> {
    match &result {
        Ok(report) if report.changed => {
            cx.record(command, None, None, Ok(&report.changes.join("; ")));
        }
        Ok(_) => {}
        Err(e) => cx.record(command, None, None, Err(e)),
    }
    result
}

fn apply_rules(cx: &Context, request: &Request) -> Result<Report> {
    let place = Host::of(cx, request)?;
    let (wanted, tip) = wanted(cx, request)?;
    let survey = place.survey(cx, request, &wanted, tip, Purpose::Protect)?;
    if let Some(why) = &survey.blocked {
        return Err(Error::new(
            Kind::Denied,
            format!("the protection cannot be set up: {why}"),
        )
        .hint("see which rules are enforced with `aidf protect check`, and the steps by hand with `aidf protect guide`"));
    }
    if survey.changes.is_empty() {
        let mut report = place.report(cx, &survey);
        report.message = match report.is_complete() {
            true => "nothing to change: every rule is enforced".to_owned(),
            false => "nothing to change, but not every rule can be enforced here".to_owned(),
        };
        return Ok(report);
    }
    place.make(cx, &survey.changes)?;
    let what = survey.changes.words().join("; ");
    // Report what is enforced now, and not what was asked for.
    let after = place
        .survey(cx, request, &wanted, tip, Purpose::Protect)
        .map_err(|e| {
            saying_also(
                e,
                &format!("before the error these changes were made: {what}"),
            )
        })?;
    let mut report = place.report(cx, &after);
    report.changed = true;
    report.changes = survey.changes.words();
    report.message = format!(
        "made {}; {}",
        words::count(survey.changes.len(), "change", "changes"),
        standing(&report.rules)
    );
    Ok(report)
}

/// Tells which rules are enforced. Changes nothing.
///
/// Errors: those of [`plan`].
pub fn check(cx: &Context, request: &Request) -> Result<Report> {
    let place = Host::of(cx, request)?;
    let (wanted, tip) = wanted(cx, request)?;
    let survey = place.survey(cx, request, &wanted, tip, Purpose::Check)?;
    Ok(place.checked(cx, &survey))
}

/// Removes our protection, and nobody else's.
///
/// Errors: those of [`apply`].
pub fn remove(cx: &Context, request: &Request) -> Result<Report> {
    cx.note_request(request);
    recorded(cx, "protect remove", take_away(cx, request))
}

fn take_away(cx: &Context, request: &Request) -> Result<Report> {
    let place = Host::of(cx, request)?;
    let wanted = match &place {
        Host::Forge(_) => wanted(cx, request)?.0,
        // Our own changes are marked, so they can be removed even if the policy cannot be
        // read.
        Host::Bare(_) => DesiredRules::default(),
    };
    let (changes, left) = place.removal(cx, &wanted)?;
    let mut report = Report {
        provider: place.provider(),
        target: cx.remote.address(),
        rules: Vec::new(),
        changed: !changes.is_empty(),
        changes: changes.words(),
        left,
        message: "nothing to remove: there are no rules of aidf".to_owned(),
        is_check: false,
    };
    if changes.is_empty() {
        return Ok(report);
    }
    place.make(cx, &changes)?;
    report.message = format!(
        "made {}: the protection is gone",
        words::count(changes.len(), "change", "changes")
    );
    Ok(report)
}

/// The changes that would set the rules: requests to a forge, or steps on a server.
enum Changes {
    Forge(Vec<Change>),
    Bare(Vec<steps::Step>),
}

impl Changes {
    fn words(&self) -> Vec<String> {
        match self {
            Changes::Forge(all) => all.iter().map(|c| c.what.clone()).collect(),
            Changes::Bare(all) => all.iter().map(steps::Step::what).collect(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Changes::Forge(all) => all.len(),
            Changes::Bare(all) => all.len(),
        }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The result of a survey of the remote.
struct Surveyed {
    rules: Vec<RuleState>,
    changes: Changes,
    blocked: Option<String>,
}

/// Where the remote is hosted.
enum Host<'a> {
    Forge(Provider),
    Bare(Box<bare::Server<'a>>),
}

impl<'a> Host<'a> {
    fn of(cx: &'a Context, request: &Request) -> Result<Host<'a>> {
        Ok(match provider_of(cx, request.provider)? {
            Provider::Bare => Host::Bare(Box::new(bare::Server::open(cx)?)),
            other => Host::Forge(other),
        })
    }

    fn provider(&self) -> Provider {
        match self {
            Host::Forge(provider) => *provider,
            Host::Bare(_) => Provider::Bare,
        }
    }

    fn forge(cx: &'a Context, provider: Provider, purpose: Purpose) -> Result<Forge<'a>> {
        Forge::connect(access_to(cx, Some(provider), purpose))
    }

    fn survey(
        &self,
        cx: &Context,
        request: &Request,
        wanted: &DesiredRules,
        tip: Option<CommitId>,
        purpose: Purpose,
    ) -> Result<Surveyed> {
        let (seen, mut warnings) = match self {
            Host::Forge(provider) => {
                let survey = Host::forge(cx, *provider, purpose)?.survey(wanted)?;
                let seen = Surveyed {
                    rules: survey.rules,
                    changes: Changes::Forge(survey.changes),
                    blocked: survey.blocked,
                };
                (seen, survey.warnings)
            }
            Host::Bare(server) => server.survey(request, wanted)?,
        };
        if let Host::Forge(provider) = self {
            warnings.extend(workflows::open_to_sandboxes(cx, tip)?);
            warnings.push(format!(
                "everybody with push access can write any sandbox-* branch: {} cannot tell the holders apart",
                provider.name()
            ));
            warnings.push(OWN_REFS.to_owned());
        }
        warnings.into_iter().for_each(|w| cx.warn(w));
        Ok(seen)
    }

    fn make(&self, cx: &Context, changes: &Changes) -> Result<()> {
        match (self, changes) {
            (Host::Forge(provider), Changes::Forge(changes)) => {
                Host::forge(cx, *provider, Purpose::Protect)?.apply(changes)
            }
            (Host::Bare(server), Changes::Bare(steps)) => server.make(steps),
            _ => Ok(()),
        }
    }

    fn removal(&self, cx: &Context, wanted: &DesiredRules) -> Result<(Changes, Vec<String>)> {
        match self {
            Host::Forge(provider) => {
                let removal = Host::forge(cx, *provider, Purpose::Protect)?.removal(wanted)?;
                Ok((Changes::Forge(removal.changes), removal.left))
            }
            Host::Bare(server) => {
                let (steps, left) = server.removal();
                Ok((Changes::Bare(steps), left))
            }
        }
    }

    /// The report of a check.
    fn checked(&self, cx: &Context, seen: &Surveyed) -> Report {
        let mut report = self.report(cx, seen);
        report.changes.clear();
        report.is_check = true;
        report.message = standing(&report.rules);
        report
    }

    fn report(&self, cx: &Context, seen: &Surveyed) -> Report {
        Report {
            provider: self.provider(),
            target: cx.remote.address(),
            rules: seen.rules.clone(),
            changed: false,
            changes: seen.changes.words(),
            left: Vec::new(),
            message: String::new(),
            is_check: false,
        }
    }
}

/// What a forge's rules cannot protect.
const OWN_REFS: &str = "a forge's rules cover only branches and tags, so everybody with push access can delete refs/aidf/**, including revocations of tokens; machines that saw a revocation still honour it";

/// Whether aidf's hook decides at the remote; none where that cannot be seen from here.
pub(super) fn has_hook(cx: &Context) -> Option<bool> {
    bare::Server::open(cx).ok()?.has_hook().ok()
}

/// How to reach the remote's forge.
pub(super) fn access_to<'a>(
    cx: &'a Context,
    provider: Option<Provider>,
    purpose: Purpose,
) -> Access<'a> {
    Access {
        settings: &cx.config.forge,
        endpoint: cx.remote.endpoint(),
        named: cx.remote.is_named_by_user(),
        provider,
        purpose,
        http: cx.remote.http(),
        interactive: cx.interactive,
        progress: &*cx.progress,
    }
}

/// The provider that was named, or else the one found from the remote's address.
///
/// Errors: usage.
pub(super) fn provider_of(cx: &Context, named: Option<Provider>) -> Result<Provider> {
    if let Some(named) = named {
        return Ok(named);
    }
    if let Some(found) = detect(cx.remote.endpoint(), &cx.config.forge) {
        return Ok(found);
    }
    Err(Error::new(
        Kind::Usage,
        format!("aidf does not know what kind of server runs at {}", cx.remote.address()),
    )
    .hint("name it with --provider github|gitlab|gitea|forgejo|bare, or under `forge: hosts:` in the config file"))
}

/// What the policy and the flags want for this remote, and the commit of the policy.
fn wanted(cx: &Context, request: &Request) -> Result<(DesiredRules, Option<CommitId>)> {
    let standing = snapshot::standing(cx)?;
    let tip = standing.tip;
    Ok((wanted_of(cx, request, standing), tip))
}

/// What the policy of this standing and the flags want.
fn wanted_of(cx: &Context, request: &Request, standing: Standing) -> DesiredRules {
    let rules = standing.file.protect.with(&request.rules);
    let default_branch = standing.default_branch.unwrap_or_else(|| "main".to_owned());
    let policy = Policy::new(
        &standing.file,
        &cx.config.policy,
        &cx.config.base,
        Some(&default_branch),
    );
    // `main` is always protected by its name. If there is no such branch, a rule for it
    // would only be noise.
    let exists = |name: &str| standing.branches.iter().any(|(b, _)| b == name);
    let reviewed = policy
        .reviewed()
        .into_iter()
        .filter(|b| *b != "main" || default_branch == "main" || exists("main"))
        .collect();
    DesiredRules {
        reviewed,
        default_branch,
        backups: true,
        approvals: rules.approvals.unwrap_or(1),
        code_owners: rules.code_owners.unwrap_or(false),
        signed_commits: rules.signed_commits.unwrap_or(false),
        status_checks: rules.status_checks,
        bypass: rules.bypass,
    }
}

/// What can be told of the rules without asking anybody and without rights at a forge: what
/// [`check`] says of a repository on this machine. `standing` is the remote as it was read.
///
/// Errors: unavailable, where only the server can tell, with the provider if it is known;
/// those of reading the repository.
pub(super) fn seen_from_here(
    cx: &Context,
    request: &Request,
    standing: Standing,
) -> Result<Report> {
    let asked = |who: &str| {
        Error::new(
            Kind::Unavailable,
            format!("only {who} can tell which rules are in force"),
        )
    };
    let server = match provider_of(cx, request.provider) {
        Ok(Provider::Bare) => bare::Server::open(cx)?,
        Ok(forge) => {
            return Err(asked(forge.name())
                .hint("ask it, with a token that may read the rules: aidf protect check"));
        }
        Err(_) => {
            return Err(asked("the server")
                .hint("look there: aidf -R /PATH/TO/REPOSITORY.git protect check"));
        }
    };
    let place = Host::Bare(Box::new(server));
    let wanted = wanted_of(cx, request, standing);
    let survey = place.survey(cx, request, &wanted, None, Purpose::Check)?;
    Ok(place.checked(cx, &survey))
}

/// A summary of the rules' states, in one sentence.
fn standing(rules: &[RuleState]) -> String {
    let of = |state: State| rules.iter().filter(|r| r.state == state).count();
    let enforced = of(State::Enforced);
    if enforced == rules.len() {
        return format!(
            "all {} are enforced",
            words::count(enforced, "rule", "rules")
        );
    }
    let others: Vec<String> = [
        (State::Advisory, "advisory"),
        (State::Missing, "missing"),
        (State::Unknown, "unknown"),
    ]
    .into_iter()
    .filter(|(state, _)| of(*state) > 0)
    .map(|(state, name)| format!("{} {name}", of(state)))
    .collect();
    format!(
        "{enforced} of {} rules are enforced; {}",
        rules.len(),
        others.join(", ")
    )
}

/// The path of a server's repository on this machine.
///
/// Errors: usage, if it is on another machine.
fn path_of(cx: &Context) -> Result<PathBuf> {
    match cx.remote.endpoint() {
        Endpoint::Path(path) => Ok(path.clone()),
        _ => Err(Error::new(
            Kind::Usage,
            format!(
                "{} is a server without a forge, and its rules can only be read on the server itself",
                cx.remote.address()
            ),
        )
        .hint("run there: aidf -R /PATH/TO/REPOSITORY.git protect check; the steps by hand: aidf protect guide --provider bare")),
    }
}
