//! `aidf protect …`

use super::Global;
use super::heartbeat::Heartbeat;
use super::ui::{Style, Text, Ui, internal, visible};
use aidf::context::Context;
use aidf::error::Result;
use aidf::forge::{Provider, State};
use aidf::ops::protect::{self, Report, Request};
use aidf::policy::ProtectRules;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would change
    Plan(Arguments),
    /// Set up the rules (a second run changes nothing)
    Apply(Arguments),
    /// Show which rules are enforced; exit with 8 unless all are
    Check(Check),
    /// Remove what apply made, and nothing else
    Remove(Arguments),
    /// Print the steps to set up the rules by hand
    Guide(Arguments),
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    arguments: Arguments,
    #[command(flatten)]
    heartbeat: Heartbeat,
}

#[derive(Debug, Args)]
pub struct Arguments {
    /// The kind of server at the remote (default: detected from its address)
    #[arg(long, value_enum, value_name = "NAME")]
    provider: Option<Name>,
    /// How many approvals a proposal needs
    #[arg(long, value_name = "N")]
    approvals: Option<u32>,
    /// Require an approval by the code owners
    #[arg(long)]
    code_owners: bool,
    /// Require signed commits
    #[arg(long)]
    signed_commits: bool,
    /// Require this status check to pass
    #[arg(long = "status-check", value_name = "NAME")]
    status_checks: Vec<String>,
    /// Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID
    #[arg(long, value_name = "WHO")]
    bypass: Vec<String>,
    /// The key file that the hook on your own server reads
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "lowercase")]
pub enum Name {
    GitHub,
    GitLab,
    Gitea,
    Forgejo,
    Bare,
}

impl Name {
    pub fn provider(self) -> Provider {
        match self {
            Name::GitHub => Provider::GitHub,
            Name::GitLab => Provider::GitLab,
            Name::Gitea => Provider::Gitea,
            Name::Forgejo => Provider::Forgejo,
            Name::Bare => Provider::Bare,
        }
    }
}

impl Arguments {
    fn request(self) -> Result<Request> {
        Ok(Request {
            provider: self.provider.map(Name::provider),
            rules: ProtectRules {
                approvals: self.approvals,
                code_owners: self.code_owners.then_some(true),
                signed_commits: self.signed_commits.then_some(true),
                status_checks: self.status_checks,
                bypass: self.bypass,
            },
            program: Some(std::env::current_exe().map_err(|e| internal(e.into()))?),
            key_file: self.key_file,
        })
    }
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    let (work, arguments): (Work, Arguments) = match command {
        Command::Plan(a) => (protect::plan, a),
        Command::Apply(a) => (protect::apply, a),
        Command::Check(check) => {
            let Check {
                arguments,
                heartbeat,
            } = check;
            return heartbeat.after(global, ui, || call(global, ui, protect::check, arguments));
        }
        Command::Remove(a) => (protect::remove, a),
        Command::Guide(a) => return guide(global, ui, a),
    };
    call(global, ui, work, arguments)
}

fn call(global: &Global, ui: &Ui, work: Work, arguments: Arguments) -> Result<()> {
    let request = arguments.request()?;
    global.call(ui, |cx| work(cx, &request), told)
}

type Work = fn(&Context, &Request) -> Result<Report>;

fn guide(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let request = arguments.request()?;
    global.call(
        ui,
        |cx| protect::guide(cx, &request),
        |text, report| {
            text.line(text.styled(
                Style::Strong,
                &format!("{}: {}", report.provider.name(), report.target),
            ));
            for (at, step) in report.steps.iter().enumerate() {
                text.line(format!("{}. {}", at + 1, visible(step)));
            }
        },
    )
}

/// What a terminal shows in one line.
const WIDTH: usize = 80;

fn told(text: &mut Text, report: &Report) {
    text.line(text.styled(
        Style::Strong,
        &format!("{}: {}", report.provider.name(), report.target),
    ));
    let width = |of: fn(&aidf::forge::RuleState) -> usize| report.rules.iter().map(of).max();
    let rule_width = width(|r| r.rule.name().len()).unwrap_or(0);
    let branch_width = width(|r| r.branch.len()).unwrap_or(0);
    for (at, r) in report.rules.iter().enumerate() {
        let (style, state) = match r.state {
            State::Enforced => (Style::Good, "enforced"),
            State::Advisory => (Style::Warn, "advisory"),
            State::Missing => (Style::Bad, "missing"),
            State::Unknown => (Style::Warn, "unknown"),
        };
        let row = format!(
            "  {}  {:branch_width$}  {:rule_width$}",
            text.styled(style, &format!("{state:8}")),
            visible(&r.branch),
            r.rule,
        );
        let detail = visible(&r.detail);
        if 16 + branch_width + rule_width + detail.chars().count() <= WIDTH {
            text.line(format!("{row}  {}", text.styled(Style::Dim, &detail)));
            continue;
        }
        // Too long for the line: below it, and once for all the rules that share it.
        text.line(row);
        if report
            .rules
            .get(at + 1)
            .is_none_or(|next| next.detail != r.detail || next.state != r.state)
        {
            for line in super::text::wrapped(&detail, WIDTH - 12) {
                text.line(format!("            {}", text.styled(Style::Dim, &line)));
            }
        }
    }
    let mark = if report.changed { "done" } else { "would" };
    for change in &report.changes {
        text.line(format!(
            "  {}  {}",
            text.styled(Style::Strong, mark),
            visible(change)
        ));
    }
    for left in &report.left {
        text.line(format!(
            "  {}  {}",
            text.styled(Style::Dim, "left"),
            visible(left)
        ));
    }
    text.line(visible(&report.message));
}
