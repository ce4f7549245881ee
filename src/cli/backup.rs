//! `aidf backup …`

use super::ui::{Style, Ui, internal, visible};
use super::{Global, schedule, token};
use aidf::clock::{Moment, Period};
use aidf::config::{Config, Flags};
use aidf::error::{Error, Kind, Result};
use aidf::ops::backup::{self, CreateReport, CreateRequest, RestoreRequest};
use aidf::retention::Rules;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    create: Create,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make today's backup of each branch (the default)
    Create(Create),
    /// List the backups, newest first
    List(List),
    /// Remove the backups that no rule keeps
    Prune(Prune),
    /// Check that every object of the backups is there and intact
    Verify(Verify),
    /// Bring a backup back, as a new branch or onto an existing one
    Restore(Restore),
    /// Write the ledgers of branches as JSON files
    Export(Export),
    /// Restore the newest backup into an empty repository, and report
    Drill,
    /// Print a crontab line, a systemd timer or a GitHub Actions workflow
    Schedule(schedule::Arguments),
}

#[derive(Debug, Clone, Args)]
struct Create {
    /// A branch to back up (default: those of the config, or the default branch)
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    /// Back up every repository of the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "bundle"])]
    all: bool,
    /// Push the backups to this remote as well
    #[arg(long, value_name = "URL")]
    dest: Vec<String>,
    /// Write them with their history into a git bundle
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct List {
    /// Fail (8) when the newest is older than D, such as 36h or 2d
    #[arg(long, value_name = "D", value_parser = period)]
    max_age: Option<Period>,
}

#[derive(Debug, Args)]
struct Prune {
    /// Keep the last N of each branch
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_last: u32,
    /// Keep the last of each of N days that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_daily: u32,
    /// Keep the last of each of N weeks that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_weekly: u32,
    /// Keep the last of each of N months that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_monthly: u32,
    /// Keep all within D of the newest, such as 30d or 1y6m
    #[arg(long, value_name = "D", value_parser = period)]
    keep_within: Option<Period>,
    /// Show what would go and what keeps the others
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Verify {
    /// The backup (default: all)
    name: Option<String>,
}

#[derive(Debug, Args)]
struct Restore {
    /// The backup, such as 2026-11-22
    name: String,
    /// The branch (default: restore/NAME); onto an existing one a rollback commit is written
    #[arg(long, value_name = "BRANCH")]
    to: Option<String>,
    /// Why, for the log of an existing branch
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<String>,
}

#[derive(Debug, Args)]
struct Export {
    /// A branch (default: the default branch)
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    /// The folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

fn period(text: &str) -> std::result::Result<Period, String> {
    Period::parse(text).ok_or_else(|| {
        "a time of numbers and units y, m, w, d, h was expected, such as 30d or 36h".to_owned()
    })
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    match arguments
        .command
        .unwrap_or(Command::Create(arguments.create))
    {
        Command::Create(a) if a.all => create_all(global, ui, a),
        Command::Create(a) => create(global, ui, a),
        Command::List(a) => list(global, ui, &a),
        Command::Prune(a) => prune(global, ui, a),
        Command::Verify(a) => verify(global, ui, &a),
        Command::Restore(a) => restore(global, ui, a),
        Command::Export(a) => export(global, ui, &a),
        Command::Drill => drill(global, ui),
        Command::Schedule(a) => schedule::run(global, ui, &a),
    }
}

fn request(a: &Create) -> CreateRequest {
    CreateRequest {
        branches: a.branch.clone(),
        destinations: a.dest.clone(),
        bundle: a.bundle.clone(),
    }
}

fn create(global: &Global, ui: &Ui, a: Create) -> Result<()> {
    let cx = global.context(ui)?;
    let mut report = backup::create(&cx, &request(&a))?;
    ui.result(&report, &cx.warnings(), |text| describe(text, &report))?;
    finding(&mut [&mut report])
}

fn describe(text: &mut super::ui::Text, report: &CreateReport) {
    text.line(text.styled(Style::Good, &report.message));
    for r in &report.rewound {
        let lost = format!(
            "{} lost {} commits since {}",
            r.branch,
            r.lost.len(),
            r.backup
        );
        text.line(format!("  {}", text.styled(Style::Warn, &lost)));
        for id in r.lost.iter().take(10) {
            text.line(format!("    {}", id.short()));
        }
    }
    for d in &report.destinations {
        let what = match &d.error {
            Some(why) => text.styled(Style::Bad, &format!("failed: {why}")),
            None if d.pushed.is_empty() => "up to date".to_owned(),
            None => format!("pushed {}", d.pushed.join(", ")),
        };
        text.line(format!("  {}  {what}", visible(&d.destination)));
    }
}

/// The exit code for what was reported: a destination's failure before a finding.
fn finding(reports: &mut [&mut CreateReport]) -> Result<()> {
    for destination in reports.iter_mut().flat_map(|r| &mut r.destinations) {
        if let Some(failure) = destination.failure.take() {
            return Err(Error::new(
                failure.kind(),
                format!("the backup did not reach {}", destination.destination),
            )
            .retryable(failure.is_retryable())
            .hint("when that is mended, run the same command again: it completes what was missed")
            .caused_by(failure));
        }
    }
    if let Some(r) = reports.iter().flat_map(|r| &r.rewound).next() {
        return Err(Error::new(
            Kind::Findings,
            format!(
                "{} was rewound since its last backup, which still has what is gone",
                r.branch
            ),
        )
        .hint(format!(
            "bring it back with: aidf backup restore {}",
            r.backup
        )));
    }
    Ok(())
}

fn create_all(global: &Global, ui: &Ui, a: Create) -> Result<()> {
    let config = Config::resolve(
        &Flags {
            config: global.config.clone(),
            timeout: Some(global.timeout),
        },
        |n| std::env::var(n).ok(),
    )?;
    let mut report = backup::create_all(
        &config,
        &request(&a),
        &global.folder()?,
        Moment::now(),
        &|| Box::new(ui.clone()),
    )?;
    ui.result(&report, &[], |text| {
        for one in &report.repositories {
            let line = match &one.error {
                None => visible(&one.report.message),
                Some(error) => text.styled(Style::Bad, error),
            };
            text.line(format!("{}  {line}", text.styled(Style::Strong, &one.url)));
            if !one.report.rewound.is_empty() || !one.report.destinations.is_empty() {
                describe(text, &one.report);
            }
        }
        text.line(visible(&report.message));
    })?;
    if let Some(failure) = report
        .repositories
        .iter_mut()
        .find_map(|r| r.failure.take())
    {
        return Err(failure);
    }
    finding(
        &mut report
            .repositories
            .iter_mut()
            .map(|r| &mut r.report)
            .collect::<Vec<_>>(),
    )
}

fn list(global: &Global, ui: &Ui, a: &List) -> Result<()> {
    let cx = global.context(ui)?;
    let report = backup::list(&cx)?;
    ui.result(&report, &cx.warnings(), |text| {
        if report.backups.is_empty() {
            text.line("no backups");
        }
        for b in &report.backups {
            text.line(format!(
                "{}  {}  {}",
                text.styled(Style::Warn, &b.commit.short()),
                visible(&b.name),
                text.styled(Style::Dim, &b.branch)
            ));
        }
    })?;
    let Some(age) = &a.max_age else { return Ok(()) };
    let limit = age.before(cx.now).rfc3339();
    match report.backups.first() {
        Some(newest) if newest.time >= limit => Ok(()),
        Some(newest) => Err(Error::new(
            Kind::Findings,
            format!("the newest backup, {}, is older than {age}", newest.name),
        )
        .hint("make one with `aidf backup create`, and look at what should have")),
        None => Err(Error::new(Kind::Findings, "there is no backup at all")
            .hint("make one with `aidf backup create`")),
    }
}

fn prune(global: &Global, ui: &Ui, a: Prune) -> Result<()> {
    let rules = Rules {
        last: a.keep_last,
        daily: a.keep_daily,
        weekly: a.keep_weekly,
        monthly: a.keep_monthly,
        within: a.keep_within,
    };
    let cx = global.context(ui)?;
    let report = backup::prune(&cx, &rules, a.dry_run)?;
    ui.result(&report, &cx.warnings(), |text| {
        for kept in &report.kept {
            text.line(format!(
                "  {}  {}  {}",
                text.styled(Style::Good, "keep"),
                visible(&kept.name),
                text.styled(Style::Dim, &kept.reasons.join(", "))
            ));
        }
        for name in &report.removed {
            text.line(format!(
                "  {}  {}",
                text.styled(Style::Removed, "remove"),
                visible(name)
            ));
        }
        text.line(visible(&report.message));
    })
}

fn verify(global: &Global, ui: &Ui, a: &Verify) -> Result<()> {
    let cx = global.context(ui)?;
    let report = backup::verify(&cx, a.name.as_deref())?;
    ui.result(&report, &cx.warnings(), |text| {
        for p in &report.problems {
            text.line(format!(
                "  {}  {}",
                text.styled(Style::Bad, &p.name),
                visible(&p.problem)
            ));
        }
        text.line(visible(&report.message));
    })?;
    match report.problems.is_empty() {
        true => Ok(()),
        false => Err(Error::new(Kind::Integrity, report.message)
            .hint("keep what is left; restore from another destination, and repair the remote")),
    }
}

fn restore(global: &Global, ui: &Ui, a: Restore) -> Result<()> {
    let request = RestoreRequest {
        name: a.name,
        to: a.to,
        reason: a.reason,
        reuse_token: token(a.reuse_token)?,
    };
    let cx = global.context(ui)?;
    let report = backup::restore(&cx, &request)?;
    ui.result(&report, &cx.warnings(), |text| {
        text.line(text.styled(Style::Good, &report.message))
    })
}

fn export(global: &Global, ui: &Ui, a: &Export) -> Result<()> {
    let cx = global.context(ui)?;
    let report = backup::export(&cx, &a.branch, &cx.dir.join(&a.out))?;
    ui.result(&report, &cx.warnings(), |text| {
        for e in &report.exports {
            let count = e
                .entries
                .map_or_else(|| "as it is".to_owned(), |n| format!("{n} entries"));
            text.line(format!(
                "  {}  {count}",
                visible(&e.file.display().to_string())
            ));
        }
        text.line(visible(&report.message));
    })
}

fn drill(global: &Global, ui: &Ui) -> Result<()> {
    let cx = global.context(ui)?;
    let report = backup::drill(&cx)?;
    let failed = report
        .problems
        .first()
        .map(|p| internal(anyhow::anyhow!(p.clone())));
    ui.result(&report, &cx.warnings(), |text| {
        text.line(text.styled(
            if failed.is_none() {
                Style::Good
            } else {
                Style::Bad
            },
            &report.message,
        ));
        for p in &report.problems {
            text.line(format!("  {}", visible(p)));
        }
    })?;
    match failed {
        None => Ok(()),
        Some(why) => Err(Error::new(Kind::Integrity, report.message)
            .caused_by(anyhow::anyhow!(why.message().to_owned()))),
    }
}
