//! `aidf audit …`

use super::heartbeat::Heartbeat;
use super::text;
use super::ui::{Style, Text, Ui, internal, visible};
use super::{Global, complete, period};
use aidf::alerts::AlertKind;
use aidf::clock::Period;
use aidf::error::Result;
use aidf::ops::audit::{
    self, AlertsRequest, CheckpointRequest, Entry, ExportRequest, LogRequest, ReportRequest,
    VerifyRequest,
};
use aidf::words;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what was done and refused, from every record at hand
    Log(Log),
    /// List the alerts; exit with 8 if there are any
    Alerts(Alerts),
    /// Print every event as JSON lines, the oldest first
    Export(Export),
    /// Report on the state of the repository, as a page of HTML or as JSON
    Report(Report),
    /// Look for commits and records that were forged, altered or taken away
    Verify(Verify),
    /// Say on the remote how far this machine's journal is, so that a cut one shows
    Checkpoint(Checkpoint),
}

/// Which events are asked for.
#[derive(Debug, Args)]
struct Events {
    /// Only what is not older than this, such as 7d or 36h
    #[arg(long, value_name = "D", value_parser = period)]
    since: Option<Period>,
    #[command(flatten)]
    of: Of,
}

/// Whose events, of what.
#[derive(Debug, Args)]
struct Of {
    /// Only what was done to this branch
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    branch: Option<String>,
    /// Only what this one did: a token's id, a pod, a writer or a server's user
    #[arg(long, value_name = "WHO", add = complete::tokens())]
    by: Option<String>,
    /// Only what was done for this task
    #[arg(long, value_name = "ID", add = complete::tasks())]
    task_id: Option<String>,
}

#[derive(Debug, Args)]
pub struct Log {
    /// At most this many entries
    #[arg(short, long, value_name = "N", default_value_t = 50)]
    number: usize,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
pub struct Alerts {
    /// How far back to look, such as 36h or 7d (default: a day and an hour, for a daily job that
    /// does not begin at the same minute each day)
    #[arg(
        long,
        value_name = "D",
        value_parser = period,
        default_value = "25h",
        hide_default_value = true
    )]
    since: Period,
    /// Only this kind of alert; it can be given more than once
    #[arg(long = "kind", value_name = "KIND", value_parser = kind())]
    kinds: Vec<AlertKind>,
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    heartbeat: Heartbeat,
}

/// Reads the name of a kind of alert.
fn kind() -> impl clap::builder::TypedValueParser<Value = AlertKind> {
    let names = PossibleValuesParser::new(AlertKind::ALL.map(AlertKind::name));
    names.try_map(|name| {
        let found = AlertKind::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or("no kind of alert")
    })
}

#[derive(Debug, Args)]
pub struct Export {
    /// Write the lines to this file, whole or not at all (default: standard output)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    events: Events,
}

#[derive(Debug, Args)]
pub struct Report {
    /// Write the report to this file, as one page without scripts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How far back to look, such as 7d or 3m
    #[arg(long, value_name = "D", value_parser = period, default_value = "30d")]
    since: Period,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The branches (default: every sandbox, the base and the default branch)
    #[arg(value_name = "BRANCH", add = complete::branches())]
    branches: Vec<String>,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

#[derive(Debug, Args)]
pub struct Checkpoint {
    /// Do everything except the push
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    let heartbeat = match &command {
        Command::Alerts(a) => a.heartbeat.clone(),
        Command::Report(a) => a.heartbeat.clone(),
        Command::Verify(a) => a.heartbeat.clone(),
        Command::Checkpoint(a) => a.heartbeat.clone(),
        Command::Log(_) | Command::Export(_) => Heartbeat::default(),
    };
    heartbeat.after(global, ui, || run_command(global, ui, command))
}

fn run_command(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    match command {
        Command::Alerts(a) => {
            let request = AlertsRequest {
                since: Some(a.since),
                kinds: a.kinds,
                branch: a.of.branch,
                by: a.of.by,
                task_id: a.of.task_id,
            };
            global.call(
                ui,
                |cx| audit::alerts(cx, &request),
                |text, report| {
                    report.entries.iter().for_each(|e| entry(text, e));
                    if report.entries.is_empty() {
                        text.line(visible(&report.message));
                    }
                },
            )
        }
        Command::Checkpoint(a) => {
            let request = CheckpointRequest { dry_run: a.dry_run };
            global.call(
                ui,
                |cx| audit::checkpoint(cx, &request),
                |out, report| {
                    text::outcome(out, report.unchanged || a.dry_run, &report.message);
                    out.line(format!("  {}", visible(&report.name)));
                },
            )
        }
        Command::Log(a) => {
            let Events { since, of } = a.events;
            let request = LogRequest {
                number: a.number,
                since,
                branch: of.branch,
                by: of.by,
                task_id: of.task_id,
            };
            global.call(
                ui,
                |cx| audit::log(cx, &request),
                |text, report| {
                    report.entries.iter().for_each(|e| entry(text, e));
                    if report.entries.is_empty() {
                        text.line("nothing is on record");
                    }
                },
            )
        }
        Command::Export(a) => export(global, ui, a),
        Command::Report(a) => {
            let request = ReportRequest {
                since: Some(a.since),
                html: a.html,
                program: Some(std::env::current_exe().map_err(|e| internal(e.into()))?),
            };
            global.call(ui, |cx| audit::report(cx, &request), summary)
        }
        Command::Verify(a) => {
            let request = VerifyRequest {
                branches: a.branches,
            };
            global.call(
                ui,
                |cx| audit::verify(cx, &request),
                |out, report| {
                    for branch in &report.branches {
                        if branch.findings.is_empty() && !out.verbose {
                            continue;
                        }
                        out.line(format!(
                            "{}  {}, {} signed",
                            out.styled(Style::Strong, &visible(&branch.branch)),
                            words::count(branch.commits, "commit", "commits"),
                            branch.signed
                        ));
                        for finding in &branch.findings {
                            out.line(format!(
                                "  {}  {}",
                                out.styled(Style::Bad, &finding.commit.short()),
                                visible(&finding.detail)
                            ));
                        }
                    }
                    for fault in &report.journal.faults {
                        let line = match fault.line {
                            0 => String::new(),
                            line => format!("line {line}: "),
                        };
                        out.line(format!(
                            "  {}  {line}{}",
                            out.styled(Style::Bad, "journal"),
                            visible(&fault.detail)
                        ));
                    }
                    if report.findings == 0 {
                        out.line(out.styled(Style::Good, &report.message));
                    }
                },
            )
        }
    }
}

/// How many bytes of lines are printed at once.
const PIECE: usize = 64 << 10;

fn export(global: &Global, ui: &Ui, arguments: Export) -> Result<()> {
    let Events { since, of } = arguments.events;
    let request = ExportRequest {
        output: arguments.output,
        since,
        branch: of.branch,
        by: of.by,
        task_id: of.task_id,
    };
    if request.output.is_some() {
        return global.call(
            ui,
            |cx| audit::export(cx, &request),
            |text, report| text.line(visible(&report.message)),
        );
    }
    let cx = global.context(ui)?;
    let mut piece = String::new();
    audit::each_line(&cx, &request, |line| {
        piece.push_str(line);
        if piece.len() < PIECE {
            return Ok(());
        }
        ui.stdout(std::mem::take(&mut piece).as_bytes())
    })?;
    ui.stdout(piece.as_bytes())?;
    // The lines are the result, with --json too.
    if !global.quiet {
        cx.warnings().iter().for_each(|w| ui.warn(w));
    }
    Ok(())
}

/// The report in a few lines.
fn summary(text: &mut Text, report: &audit::Report) {
    let boxes = &report.sandboxes;
    let mut line = |name: &str, what: String| text.line(format!("{name:11}{}", visible(&what)));
    line(
        "sandboxes",
        format!(
            "{} open: {} active, {} idle, {} not written to; {} ahead of the base",
            boxes.listed.total, boxes.active, boxes.idle, boxes.unwritten, boxes.ahead
        ),
    );
    line(
        "activity",
        format!(
            "{} by {} in {}, {}",
            words::count(report.all.commits, "commit", "commits"),
            words::count(report.writers.total, "writer", "writers"),
            report.period,
            words::count(report.tasks.total, "task", "tasks")
        ),
    );
    line(
        "refusals",
        format!(
            "{}, {}",
            words::count(report.all.refusals, "refusal", "refusals"),
            words::count(report.all.failures, "other failure", "other failures")
        ),
    );
    line(
        "alerts",
        words::count(
            report.alerts.total,
            "write was noticed",
            "writes were noticed",
        ),
    );
    let backup = report.backups.newest.first.first();
    line(
        "backups",
        match backup {
            Some(newest) => format!("the newest is {}", newest.name),
            None => "there is none".to_owned(),
        },
    );
    line(
        "drill",
        match &report.backups.last_drill_at {
            Some(at) => format!("the last one on this machine was at {at}"),
            None => "none on this machine".to_owned(),
        },
    );
    line("protection", report.protection.message.clone());
    line("verified", report.verified.message.clone());
    if let Some(page) = &report.html {
        text.line(format!("wrote {}", visible(&page.display().to_string())));
    }
}

/// An event in a few lines.
fn entry(text: &mut Text, entry: &Entry) {
    let style = match entry.is_done() {
        true => Style::Good,
        false => Style::Bad,
    };
    text.line(format!(
        "{}  {}  {}  {}",
        visible(&entry.time),
        text.styled(style, &format!("{:8}", visible(&entry.outcome))),
        visible(&entry.command),
        visible(entry.branch.as_deref().unwrap_or("")),
    ));
    let kinds: Vec<&str> = entry.alerts.iter().map(|kind| kind.words()).collect();
    let noticed = (!kinds.is_empty()).then(|| format!("alert: {}", kinds.join(", ")));
    for more in [entry.detail.clone(), who(entry)].into_iter().flatten() {
        text.line(format!("    {}", visible(&more)));
    }
    if let Some(noticed) = noticed {
        text.line(format!("    {}", text.styled(Style::Warn, &noticed)));
    }
}

/// Who did it, as far as the record tells.
fn who(entry: &Entry) -> Option<String> {
    let known = [
        ("by", &entry.by),
        ("token", &entry.token_id),
        ("pod", &entry.pod),
        ("task", &entry.task_id),
    ];
    let known = known.iter();
    let known = known.filter_map(|(what, value)| Some(format!("{what} {}", value.as_ref()?)));
    let known: Vec<String> = known.collect();
    (!known.is_empty()).then(|| known.join(", "))
}
