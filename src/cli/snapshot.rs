//! `aidf snapshot …`

use super::text::{self, LISTED};
use super::ui::{Style, Text, Ui, visible};
use super::{Global, caller, complete, period};
use aidf::clock::{Moment, Period};
use aidf::error::{Error, Kind, Result};
use aidf::ops::outcome::{Outcome, Reported};
use aidf::ops::snapshots::{
    self, ListRequest, Place, PruneRequest, RestoreRequest, ShowRequest, TakeRequest,
};
use aidf::words;
use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    take: Take,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the snapshots of this working tree, newest first
    List(List),
    /// Show the files that differ between the working tree and a snapshot
    Show(Show),
    /// Set the working files as a snapshot has them, after a snapshot of what they are now
    Restore(Restore),
    /// Remove old snapshots of this working tree
    Prune(Prune),
}

#[derive(Debug, Args)]
struct Take {
    /// What the snapshot is for
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

#[derive(Debug, Args)]
struct List {
    /// At most this many snapshots
    #[arg(short, long, value_name = "N", default_value_t = 20)]
    number: usize,
}

#[derive(Debug, Args)]
struct Show {
    /// The snapshot: `latest`, its name, or the start of its name
    #[arg(value_name = "NAME", add = complete::snapshots())]
    snapshot: String,
}

#[derive(Debug, Args)]
struct Restore {
    /// The snapshot: `latest`, its name, or the start of its name
    #[arg(value_name = "NAME", add = complete::snapshots())]
    snapshot: String,
    /// Only these files and folders, from the folder you are in
    #[arg(value_name = "PATH", add = complete::files())]
    paths: Vec<String>,
    /// Remove the untracked files that the snapshot lacks, but no ignored ones
    #[arg(long)]
    clean: bool,
    /// Show what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rule").required(true))]
struct Prune {
    /// Keep the last N snapshots
    #[arg(long, value_name = "N", group = "rule")]
    keep_last: Option<usize>,
    /// Remove the snapshots that are older than D, such as 7d or 36h
    #[arg(long, value_name = "D", value_parser = period, group = "rule")]
    older_than: Option<Period>,
    /// Show what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let place = place(global, ui)?;
    match arguments.command {
        None => {
            let request = TakeRequest {
                message: arguments.take.message,
            };
            told(ui, snapshots::take(&place, &request)?, |out, report| {
                text::outcome(out, report.unchanged, &report.message);
                paths(out, "left out", &report.left_out);
            })
        }
        Some(Command::List(a)) => {
            let request = ListRequest {
                number: Some(a.number),
            };
            told(ui, snapshots::list(&place, &request)?, |out, report| {
                for one in &report.snapshots {
                    out.line(format!(
                        "{}  {}  {}",
                        out.styled(Style::Strong, &one.snapshot),
                        words::count(one.files, "file", "files"),
                        visible(&one.message)
                    ));
                }
                match report.count - report.snapshots.len() {
                    0 if report.count == 0 => out.line("no snapshots"),
                    0 => {}
                    more => out.line(format!("and {more} more; see them with -n N")),
                }
            })
        }
        Some(Command::Show(a)) => {
            let request = ShowRequest {
                snapshot: a.snapshot,
            };
            told(ui, snapshots::show(&place, &request)?, |out, report| {
                text::outcome(out, report.files.is_empty(), &report.message);
                text::files(out, &report.files);
                paths(out, "left out", &report.left_out);
            })
        }
        Some(Command::Restore(a)) => {
            let request = RestoreRequest {
                snapshot: a.snapshot,
                paths: a.paths,
                clean: a.clean,
                dry_run: a.dry_run,
            };
            told(ui, snapshots::restore(&place, &request)?, |out, report| {
                text::outcome(out, report.unchanged, &report.message);
                let [restored, removed] = match a.dry_run {
                    true => ["restores", "removes "],
                    false => ["restored", "removed "],
                };
                paths(out, restored, &report.restored);
                paths(out, removed, &report.removed);
                paths(out, "stays   ", &report.kept);
            })
        }
        Some(Command::Prune(a)) => {
            let request = PruneRequest {
                keep_last: a.keep_last,
                older_than: a.older_than,
                dry_run: a.dry_run,
            };
            told(ui, snapshots::prune(&place, &request)?, |out, report| {
                text::outcome(out, report.removed.is_empty(), &report.message);
                let removed = if a.dry_run { "removes" } else { "removed" };
                paths(out, removed, &report.removed);
            })
        }
    }
}

/// Opens the clone. A snapshot needs neither its remote nor a key.
///
/// Errors: usage, for a remote instead of a clone, and for a bare repository; not_found.
fn place(global: &Global, ui: &Ui) -> Result<Place> {
    if global.repo.is_some() {
        return Err(Error::new(
            Kind::Usage,
            "-R names a remote, and a snapshot is of a clone's working tree",
        )
        .hint("run this in a clone, or name it with -C DIR"));
    }
    let caller = caller(ui);
    let config = global.config(&caller.environment)?;
    let programs = caller.programs(&config, ui.interactive());
    Place::open(&global.folder()?, &programs, Moment::now())
}

fn told<T: Reported>(ui: &Ui, report: T, human: impl FnOnce(&mut Text, &T)) -> Result<()> {
    ui.outcome(Outcome::with(report, Vec::new()), human)
}

/// A few paths, a line each, and the number of the others.
fn paths(out: &mut Text, what: &str, all: &[String]) {
    let most = if out.verbose { all.len() } else { LISTED };
    for path in all.iter().take(most) {
        out.line(format!("  {what}  {}", visible(path)));
    }
    if all.len() > most {
        let more = all.len() - most;
        out.line(format!("  {what}  {more} more; see them with --verbose"));
    }
}
