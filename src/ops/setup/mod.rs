//! Making a repository ready for sandboxes: the base branch, the policy, the attributes of
//! the ledgers, a key, the server's protection and an entry for backups. Each step looks
//! first whether it is done, so that a second run changes nothing, and a run that was cut off
//! is completed by the next one.

mod founding;

use super::access;
use super::outcome::Reported;
use super::protect;
use crate::config::Trust;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName};
use crate::names;
use crate::ops::snapshot;
use crate::policy::{self, PolicyFile};
use crate::secret::Secret;
use crate::token::redact;
use crate::words;
use crate::yaml;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for. The base is the configured one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Leave the policy file out.
    pub no_policy: bool,
    /// The branches that a new policy file protects from the start, as globs.
    pub protected_branches: Vec<String>,
    /// Leave `.gitattributes` as it is.
    pub no_attributes: bool,
    /// Make no key.
    pub no_key: bool,
    /// Set up the server's protection in this way; none: leave the server as it is.
    pub protect: Option<protect::Request>,
    /// The entry for backups, as whoever calls has made it. The report has it again, and
    /// nothing is installed.
    pub schedule: Option<String>,
    /// An operator's token, for a base that is protected already.
    pub reuse_token: Option<Secret>,
    /// Look at everything, and change nothing.
    pub dry_run: bool,
}

/// What was done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The repository.
    pub repo_name: String,
    /// The base branch.
    pub base: String,
    /// Every step, in the order in which people read them.
    pub steps: Vec<Step>,
    /// The commit on the base; none where nothing was written there.
    pub commit: Option<CommitId>,
    /// What that commit adds, or would add.
    pub files: Vec<Added>,
    /// The entry for backups, if one was asked for.
    pub schedule: Option<String>,
    /// True where everything was done before.
    pub unchanged: bool,
    /// True where nothing was changed because that was asked for.
    pub dry_run: bool,
    /// One sentence.
    pub message: String,
    /// The first failure.
    #[serde(skip)]
    failure: Option<Error>,
}

/// A step and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The step.
    pub step: Name,
    /// What came of it.
    pub state: State,
    /// What was done or seen, in one sentence.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// A step of the setup.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// The base branch is on the remote.
    Base,
    /// The base has a policy file.
    Policy,
    /// Plain git merges the ledgers.
    Attributes,
    /// This machine has a key.
    Key,
    /// The server enforces the rules.
    Protect,
    /// An entry for backups is printed.
    Schedule,
}

impl Name {
    /// The name that people read.
    pub fn name(self) -> &'static str {
        match self {
            Name::Base => "base",
            Name::Policy => "policy",
            Name::Attributes => "attributes",
            Name::Key => "key",
            Name::Protect => "protect",
            Name::Schedule => "schedule",
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was done; in a dry run: it would be done.
    Done,
    /// It was done before.
    Already,
    /// It was not asked for, or makes no sense here.
    Skipped,
    /// It could not be done.
    Failed,
}

/// What a commit adds to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Added {
    /// The file.
    pub path: String,
    /// The lines; other lines of the file stay.
    pub text: String,
}

impl Reported for Report {
    fn verdict(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }
}

/// What to do after a step failed, if nothing better is known.
const AGAIN: &str = "mend it, and run `aidf setup` again: it goes on where it stopped";

/// The steps so far.
#[derive(Default)]
struct Steps {
    all: Vec<Step>,
    failure: Option<Error>,
}

impl Steps {
    fn add(&mut self, step: Name, state: State, detail: impl AsRef<str>) {
        self.all.push(Step {
            step,
            state,
            // A token may have been typed in another thing's place.
            detail: redact(detail.as_ref()).into_owned(),
            mend: None,
        });
    }

    fn done(&mut self, step: Name, detail: impl AsRef<str>) {
        self.add(step, State::Done, detail);
    }

    fn already(&mut self, step: Name, detail: impl AsRef<str>) {
        self.add(step, State::Already, detail);
    }

    fn skipped(&mut self, step: Name, detail: impl AsRef<str>) {
        self.add(step, State::Skipped, detail);
    }

    /// Says what to do about the last step.
    fn mend(&mut self, todo: &str) {
        if let Some(last) = self.all.last_mut() {
            last.mend = Some(redact(todo).into_owned());
        }
    }

    fn failed(&mut self, step: Name, error: &Error) {
        // The words of a server may be several lines.
        let lines = error.in_full();
        let lines: Vec<&str> = lines.lines().collect();
        self.add(step, State::Failed, lines.join("; "));
        let todo = error.hint_text().unwrap_or(AGAIN);
        self.mend(todo);
        if self.failure.is_none() {
            let message = format!("the step `{}` failed: {}", step.name(), error.message());
            self.failure = Some(
                Error::new(error.kind(), message)
                    .hint(todo)
                    .retryable(error.is_retryable()),
            );
        }
    }

    fn count(&self, state: State) -> usize {
        // The entry is printed anew by each run, which changes nothing.
        let counts = |s: &&Step| s.state == state && s.step != Name::Schedule;
        self.all.iter().filter(counts).count()
    }
}

/// Makes a repository ready for sandboxes. Each step is tried, whatever came of the others,
/// unless it needs them; the first failure is the verdict of the report.
///
/// Errors: usage, for a base or a glob that cannot be used; interrupted.
pub fn setup(cx: &Context, request: &Request) -> Result<Report> {
    check(cx, request)?;
    let mut steps = Steps::default();
    // The commit on the base is signed with the key, if there is one.
    key(cx, request, &mut steps);
    cx.note_request(request);
    let founded = founding::found(cx, request, &mut steps)?;
    protect_server(cx, request, &mut steps)?;
    match &request.schedule {
        None => steps.skipped(
            Name::Schedule,
            "not asked for; `aidf backup schedule` prints entries for backups",
        ),
        Some(_) => steps.done(
            Name::Schedule,
            "the entry is below; nothing was installed, so paste it where jobs are scheduled",
        ),
    }
    steps.all.sort_by_key(|step| step.step);
    let (done, failed) = (steps.count(State::Done), steps.count(State::Failed));
    let (repo, base) = (&cx.repo_name, &cx.config.base);
    let message = match (failed, done, request.dry_run) {
        (0, 0, _) => format!("nothing to do: {repo} is ready for sandboxes"),
        (0, n, true) => format!("would do {}", words::count(n, "step", "steps")),
        (0, _, false) => format!("{repo} is ready for sandboxes, which fork from {base}"),
        (n, ..) => format!(
            "{} failed; `aidf setup` goes on where it stopped",
            words::count(n, "step", "steps")
        ),
    };
    Ok(Report {
        repo_name: repo.clone(),
        base: base.clone(),
        unchanged: done + failed == 0,
        steps: steps.all,
        commit: founded.commit,
        files: founded.files,
        schedule: request.schedule.clone(),
        dry_run: request.dry_run,
        message,
        failure: steps.failure,
    })
}

/// Refuses what no run could do.
fn check(cx: &Context, request: &Request) -> Result<()> {
    let base = &cx.config.base;
    RefName::branch(base)?;
    if names::is_sandbox(base) {
        return Err(Error::new(
            Kind::Usage,
            format!("the base cannot be {base}: that is the name of a sandbox"),
        )
        .hint("name another one with --base, such as --base sandbox"));
    }
    let text = policy::starter(&request.protected_branches);
    let file = yaml::read::<PolicyFile>(&text).map(|file| file.fault());
    match file {
        Ok(None) => Ok(()),
        Ok(Some(fault)) | Err(fault) => Err(Error::new(
            Kind::Usage,
            format!("the branches to protect cannot be used: {fault}"),
        )
        .hint("give globs of branches, such as --protected-branch 'release/*'")),
    }
}

/// Where the keys of this machine come from.
fn key_place(cx: &Context) -> String {
    let keys = &cx.config.keys;
    match (&keys.inline, &keys.file) {
        (Some(_), _) => "AIDF_KEY".to_owned(),
        (None, Some(file)) => file.display().to_string(),
        (None, None) => keys.ring.display().to_string(),
    }
}

/// Makes the first key, if there is none.
fn key(cx: &Context, request: &Request, steps: &mut Steps) {
    const COPY: &str = "keep a copy in a safe place: without it no token opens";
    let place = key_place(cx);
    if request.no_key {
        return steps.skipped(Name::Key, "not asked for");
    }
    if cx.config.trust == Some(Trust::Holder) {
        return steps.skipped(
            Name::Key,
            "this machine carries tokens to the server (`trust: holder`), and needs no key",
        );
    }
    if !cx.keys().is_empty() {
        return steps.already(Name::Key, format!("the key ring is {place}; {COPY}"));
    }
    if request.dry_run {
        return steps.done(Name::Key, format!("would make the key ring {place}"));
    }
    if snapshot::identity(cx).is_ok() && access::is_key_elsewhere(cx) {
        let error = Error::new(
            Kind::Auth,
            "another machine's key ring seals this repository's tokens, and a new key would open none of them",
        )
        .hint(format!(
            "copy that ring to {place} (mode 600), and run `aidf setup` again; or leave this step out: --no-key"
        ));
        return steps.failed(Name::Key, &error);
    }
    match cx.keys_or_make() {
        Ok(_) => steps.done(Name::Key, format!("made the key ring {place}; {COPY}")),
        Err(e) => steps.failed(Name::Key, &e),
    }
}

/// Sets up the server's protection. It closes the base, so it comes after what is written
/// there.
///
/// Errors: interrupted.
fn protect_server(cx: &Context, request: &Request, steps: &mut Steps) -> Result<()> {
    const NAME: Name = Name::Protect;
    let Some(asked) = &request.protect else {
        steps.skipped(
            NAME,
            "not asked for (--protect); `aidf protect check` tells what the server enforces",
        );
        return Ok(());
    };
    // A server that says no to the files of a base has most likely protected it before.
    let denied = steps.failure.as_ref().map(Error::kind) == Some(Kind::Denied);
    let is_open = |step: &Step| match step.step {
        Name::Base => step.state == State::Failed,
        Name::Policy | Name::Attributes => step.state == State::Failed && !denied,
        Name::Key | Name::Protect | Name::Schedule => false,
    };
    if steps.all.iter().any(is_open) {
        steps.skipped(
            NAME,
            "it would close the base, which is not ready: it comes after the steps that failed",
        );
        return Ok(());
    }
    let applied = match request.dry_run {
        true => protect::plan(cx, asked),
        false => protect::apply(cx, asked),
    };
    match applied {
        Ok(report) if report.changed || request.dry_run && !report.changes.is_empty() => {
            let would = if report.changed { "" } else { "would " };
            steps.done(
                NAME,
                format!("{}: {would}{}", report.message, report.changes.join("; ")),
            );
        }
        Ok(report) => steps.already(NAME, report.message),
        Err(e) if e.kind() == Kind::Interrupted => return Err(e),
        Err(e) => steps.failed(NAME, &e),
    }
    Ok(())
}
