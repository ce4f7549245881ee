//! `aidf backup …`

mod create;
mod export;
mod restore;
mod retain;
pub mod schedule;
mod verify;

use super::Global;
use super::caller;
use super::heartbeat::Heartbeat;
use super::ui::{Style, Text, Ui, visible};
use aidf::clock::Moment;
use aidf::context::Context;
use aidf::error::{Error, Result};
use aidf::ops::backup::{self, Operator, Shard};
use aidf::ops::outcome::{Outcome, Reported};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    create: create::Create,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make today's backup of each branch (the default)
    Create(create::Create),
    /// List the backups, newest first
    List(retain::List),
    /// Remove the backups and bundles that no rule keeps
    Prune(retain::Prune),
    /// Check that every object of the backups and bundles is present and intact
    Verify(verify::Verify),
    /// Restore a backup, as a new branch or onto an existing one
    Restore(restore::Restore),
    /// Write the ledgers of branches as JSON files, or move old entries to the archive
    Export(export::Export),
    /// Restore the newest backup and bundle into empty repositories, and report
    Drill(verify::Drill),
    /// Print crontab lines, systemd timers or a GitHub Actions workflow
    Schedule(schedule::Arguments),
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let command = arguments.command;
    let command = command.unwrap_or(Command::Create(arguments.create));
    let heartbeat = match &command {
        Command::Create(a) => a.heartbeat.clone(),
        Command::List(a) => a.heartbeat.clone(),
        Command::Prune(a) => a.heartbeat.clone(),
        Command::Verify(a) => a.heartbeat.clone(),
        Command::Export(a) => a.heartbeat.clone(),
        Command::Drill(a) => a.heartbeat.clone(),
        Command::Restore(_) | Command::Schedule(_) => Heartbeat::default(),
    };
    heartbeat.after(global, ui, || run_command(global, ui, command))
}

fn run_command(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    match command {
        Command::Create(a) if a.all => create::run_all(global, ui, &a),
        Command::Create(a) => create::run(global, ui, &a),
        Command::List(a) => retain::list(global, ui, &a),
        Command::Prune(a) => retain::prune(global, ui, &a),
        Command::Verify(a) => verify::verify(global, ui, &a),
        Command::Restore(a) => restore::run(global, ui, a),
        Command::Export(a) => export::run(global, ui, a),
        Command::Drill(a) => verify::drill(global, ui, &a),
        Command::Schedule(a) => schedule::run(global, ui, &a),
    }
}

/// Which of the repositories of the config `--all` means.
#[derive(Debug, Clone, Args)]
struct Share {
    /// With --all: work on the Ith of N shares alone; a repository's name decides its share
    #[arg(long, value_name = "I/N", requires = "all", value_parser = parsed)]
    shard: Option<Shard>,
}

fn parsed(text: &str) -> std::result::Result<Shard, String> {
    text.parse().map_err(|e: Error| e.in_full())
}

/// A job for the repository at hand, or for every one of the configuration.
struct Job<D, S> {
    /// Does it.
    done: D,
    /// Prints it.
    told: S,
}

impl<T, D, S> Job<D, S>
where
    T: Reported + Send,
    D: Fn(&Context) -> Result<T> + Sync,
    S: Fn(&mut Text, &T),
{
    fn run(&self, global: &Global, ui: &Ui, all: bool, share: &Share) -> Result<()> {
        if !all {
            return global.call(ui, &self.done, &self.told);
        }
        let mut report = with_operator(global, ui, share, |operator| {
            backup::each(operator, &self.done)
        })?;
        let warnings = std::mem::take(&mut report.warnings);
        ui.outcome(Outcome::with(report, warnings), |text, report| {
            for one in &report.repositories {
                text.line(text.styled(Style::Strong, &one.url));
                match (&one.report, &one.error) {
                    (Some(report), _) => (self.told)(text, report),
                    (None, why) => text.line(text.styled(Style::Bad, why.as_deref().unwrap_or(""))),
                }
            }
            text.line(visible(&report.message));
        })
    }
}

fn with_operator<T>(
    global: &Global,
    ui: &Ui,
    share: &Share,
    work: impl FnOnce(&Operator<'_>) -> Result<T>,
) -> Result<T> {
    work(&Operator {
        config: &global.config(&caller(ui).environment)?,
        dir: &global.folder()?,
        now: Moment::now(),
        shard: share.shard,
        caller: &|| caller(ui),
    })
}
