//! `aidf audit …`

use super::text;
use super::ui::{Style, Ui, visible};
use super::{Global, period};
use aidf::clock::Period;
use aidf::error::Result;
use aidf::ops::audit::{self, CheckpointRequest, Entry, LogRequest, VerifyRequest};
use aidf::words;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what was done and refused, from every record at hand
    Log(Log),
    /// Look for commits and records that were forged, altered or taken away
    Verify(Verify),
    /// Say on the remote how far this machine's journal is, so that a cut one shows
    Checkpoint(Checkpoint),
}

#[derive(Debug, Args)]
pub struct Log {
    /// At most this many entries
    #[arg(short, long, value_name = "N", default_value_t = 50)]
    number: usize,
    /// Only what is not older than this, such as 7d or 36h
    #[arg(long, value_name = "D", value_parser = period)]
    since: Option<Period>,
    /// Only what was done to this branch
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Only what this one did: a token's id, a pod, a writer or a server's user
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// Only what was done for this task
    #[arg(long, value_name = "ID")]
    task_id: Option<String>,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The branches (default: every sandbox, the base and the default branch)
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Checkpoint {
    /// Do everything except the push
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    match command {
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
            let request = LogRequest {
                number: a.number,
                since: a.since,
                branch: a.branch,
                by: a.by,
                task_id: a.task_id,
            };
            global.call(
                ui,
                |cx| audit::log(cx, &request),
                |text, report| {
                    for entry in &report.entries {
                        let style = match entry.outcome.as_str() {
                            "done" | "allowed" => Style::Good,
                            _ => Style::Bad,
                        };
                        text.line(format!(
                            "{}  {}  {}  {}",
                            visible(&entry.time),
                            text.styled(style, &format!("{:8}", visible(&entry.outcome))),
                            visible(&entry.command),
                            visible(entry.branch.as_deref().unwrap_or("")),
                        ));
                        for more in [entry.detail.clone(), who(entry)].into_iter().flatten() {
                            text.line(format!("    {}", visible(&more)));
                        }
                    }
                    if report.entries.is_empty() {
                        text.line("nothing is on record");
                    }
                },
            )
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
