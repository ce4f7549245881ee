//! `aidf setup`

use super::backup::schedule::{self, Scheduler};
use super::text;
use super::ui::{Style, Text, Ui, internal, visible};
use super::{Global, complete, protect::Name, token};
use aidf::config::Trust;
use aidf::context::Context;
use aidf::error::Result;
use aidf::forge::Provider;
use aidf::ops::outcome::Outcome;
use aidf::ops::protect;
use aidf::ops::setup::{self, Report, Request, State, Step};
use aidf::secret::Secret;
use aidf::words::for_shell;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The branch that sandboxes fork from (default: the configured one, or else sandbox)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    base: Option<String>,
    /// A branch that a new policy file protects from the start, as a glob
    #[arg(long = "protected-branch", value_name = "GLOB")]
    protected_branches: Vec<String>,
    /// Add no policy file
    #[arg(long)]
    no_policy: bool,
    /// Leave .gitattributes as it is
    #[arg(long)]
    no_attributes: bool,
    /// Make no key
    #[arg(long)]
    no_key: bool,
    /// Make the server enforce the rules (default: a question on a terminal; with -y: yes;
    /// otherwise: no)
    #[arg(long, conflicts_with = "no_protect")]
    protect: bool,
    /// Leave the server as it is
    #[arg(long)]
    no_protect: bool,
    /// The kind of server at the remote (default: detected from its address)
    #[arg(long, value_enum, value_name = "NAME")]
    provider: Option<Name>,
    /// Print an entry for backups, and install nothing (default: a question on a terminal;
    /// otherwise: none)
    #[arg(long, value_enum, value_name = "WHERE")]
    schedule: Option<Where>,
    /// An operator's token, for a base that is protected already (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Show what would be done, with the text of new files, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Where jobs are scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    /// Crontab lines
    Cron,
    /// A systemd service and timer for each job
    Systemd,
    /// A GitHub Actions workflow
    Actions,
    /// No entry
    None,
}

impl Where {
    fn name(self) -> &'static str {
        match self {
            Where::Cron => "cron",
            Where::Systemd => "systemd",
            Where::Actions => "actions",
            Where::None => "none",
        }
    }

    fn scheduler(self) -> Option<Scheduler> {
        match self {
            Where::Cron => Some(Scheduler::Cron),
            Where::Systemd => Some(Scheduler::Systemd),
            Where::Actions => Some(Scheduler::Actions),
            Where::None => None,
        }
    }
}

/// The answers of the wizard's questions, or of the flags in their place.
struct Answers {
    base: String,
    protect: bool,
    schedule: Where,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let mut cx = global.context(ui)?;
    let asks = ui.asks();
    let configured = cx.config.base.clone();
    let base = match (&arguments.base, asks) {
        (Some(base), _) => base.clone(),
        (None, true) => {
            ui.note(&format!("Setting up {}.", visible(&cx.remote.address())));
            ui.ask_or("Branch that sandboxes fork from", &configured)?
        }
        (None, false) => configured.clone(),
    };
    cx.config.base = base.trim().to_owned();
    if cx.config.base != configured {
        let file = cx.config.folders.config.join("config.yaml");
        cx.warn(format!(
            "aidf forks from {} only where the configuration says so: write `sandbox: {{base: {}}}` into {}, on each machine",
            cx.config.base,
            aidf::yaml::scalar(&cx.config.base),
            file.display()
        ));
    }
    let answers = Answers {
        protect: is_protected(ui, &cx, &arguments)?,
        schedule: schedule_of(ui, &arguments)?,
        base: cx.config.base.clone(),
    };
    let repeat = asks.then(|| repeated(global, &cx.remote.address(), &arguments, &answers));
    let request = Request {
        protect: answers
            .protect
            .then(|| protection(arguments.provider))
            .transpose()?,
        schedule: answers
            .schedule
            .scheduler()
            .map(|s| schedule::entry(global, s))
            .transpose()?,
        no_policy: arguments.no_policy,
        protected_branches: arguments.protected_branches,
        no_attributes: arguments.no_attributes,
        no_key: arguments.no_key,
        reuse_token: token(arguments.reuse_token)?,
        dry_run: arguments.dry_run,
    };
    let outcome = Outcome::of(&cx, |cx| setup::setup(cx, &request))?;
    let verdict = ui.outcome(outcome, told);
    if let Some(command) = repeat {
        ui.note(&format!("The same without questions:\n  {command}"));
    }
    verdict
}

fn protection(provider: Option<Name>) -> Result<protect::Request> {
    Ok(protect::Request {
        provider: provider.map(Name::provider),
        program: Some(std::env::current_exe().map_err(|e| internal(e.into()))?),
        ..protect::Request::default()
    })
}

/// Whether the server is to be protected. A terminal shows first what would change there.
fn is_protected(ui: &Ui, cx: &Context, arguments: &Arguments) -> Result<bool> {
    if arguments.no_protect {
        return Ok(false);
    }
    if !ui.asks() {
        return Ok(arguments.protect || ui.says_yes());
    }
    let wanted = arguments.protect
        || ui.confirm("Make the server enforce the rules for everybody now?", true)?;
    if !wanted || arguments.dry_run {
        return Ok(wanted);
    }
    match protect::plan(cx, &protection(arguments.provider)?) {
        Ok(plan) if !plan.changes.is_empty() => {
            ui.note(&format!("On {}:", visible(&plan.target)));
            for change in &plan.changes {
                ui.note(&format!("  {}", visible(change)));
            }
            let makes_key = cx.keys().is_empty() && !arguments.no_key;
            if makes_key
                && plan.provider == Provider::Bare
                && cx.config.trust != Some(Trust::Holder)
            {
                ui.note("  name the key ring to the hook, after it was made");
            }
            ui.confirm("Make these changes?", true)
        }
        // The step itself tells why, and what to do.
        Ok(_) | Err(_) => Ok(true),
    }
}

fn schedule_of(ui: &Ui, arguments: &Arguments) -> Result<Where> {
    const ALL: [Where; 4] = [Where::None, Where::Cron, Where::Systemd, Where::Actions];
    match arguments.schedule {
        Some(chosen) => Ok(chosen),
        None if !ui.asks() => Ok(Where::None),
        None => {
            let names = ["no entry", "cron", "systemd", "GitHub Actions"];
            let at = ui.choose("Print an entry for nightly backups", &names)?;
            Ok(ALL[at])
        }
    }
}

/// The command that does the same without questions.
fn repeated(global: &Global, address: &str, arguments: &Arguments, answers: &Answers) -> String {
    let mut words: Vec<String> = vec![super::NAME.to_owned()];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([name.to_owned(), value]);
        }
    };
    let shown = |path: &std::path::PathBuf| path.display().to_string();
    // The address that was given may hold a password.
    add("-R", global.repo.as_ref().map(|_| address.to_owned()));
    add("-C", global.dir.as_ref().map(shown));
    add("--remote", global.remote.clone());
    add("--config", global.config.as_ref().map(shown));
    words.extend(["setup", "--no-input", "--base", &answers.base].map(str::to_owned));
    for glob in &arguments.protected_branches {
        words.extend(["--protected-branch".to_owned(), glob.clone()]);
    }
    for (flag, is_set) in [
        ("--no-policy", arguments.no_policy),
        ("--no-attributes", arguments.no_attributes),
        ("--no-key", arguments.no_key),
        ("--protect", answers.protect),
        ("--no-protect", !answers.protect),
        ("--dry-run", arguments.dry_run),
    ] {
        words.extend(is_set.then(|| flag.to_owned()));
    }
    if let Some(provider) = arguments.provider.and_then(|p| p.to_possible_value()) {
        words.extend(["--provider".to_owned(), provider.get_name().to_owned()]);
    }
    words.extend(["--schedule", answers.schedule.name()].map(str::to_owned));
    // A token has no place on a screen.
    if arguments.reuse_token.is_some() {
        words.extend(["--reuse-token", "-"].map(str::to_owned));
    }
    for_shell(&words)
}

/// Where the sentences start.
const START: usize = 21;

fn told(out: &mut Text, report: &Report) {
    for step in &report.steps {
        line(out, step, report.dry_run);
    }
    if report.dry_run {
        for file in &report.files {
            out.line("");
            out.line(out.styled(Style::Strong, &format!("would add to {}:", file.path)));
            for row in file.text.lines() {
                out.line(out.styled(Style::Added, &format!("+{row}")));
            }
        }
    }
    out.line("");
    match report.steps.iter().any(|s| s.state == State::Failed) {
        true => out.line(out.styled(Style::Bad, &report.message)),
        false => text::outcome(out, report.unchanged || report.dry_run, &report.message),
    }
    if let Some(entry) = &report.schedule {
        out.line("");
        out.block(entry);
    }
}

/// A line for each step; below it, what to do.
fn line(out: &mut Text, step: &Step, dry_run: bool) {
    let (style, state) = match step.state {
        State::Done if dry_run => (Style::Strong, "would"),
        State::Done => (Style::Good, "done"),
        State::Already => (Style::Dim, "already"),
        State::Skipped => (Style::Dim, "skipped"),
        State::Failed => (Style::Bad, "FAILED"),
    };
    let head = format!(
        "{}  {:10}  ",
        out.styled(style, &format!("{state:7}")),
        step.step.name()
    );
    text::checked(
        out,
        (&head, START),
        &step.detail,
        false,
        step.mend.as_deref(),
    );
}
