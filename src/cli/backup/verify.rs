//! `aidf backup verify` and `drill`.

use super::super::heartbeat::Heartbeat;
use super::super::ui::{Style, Text, Ui, visible};
use super::super::{Global, complete};
use super::{Job, caller};
use aidf::error::Result;
use aidf::ops::backup::{self, DrillReport, VerifyReport};
use aidf::ops::backup::{DrillRequest, VerifyRequest};
use aidf::ops::outcome::Outcome;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Verify {
    /// The backup to check (default: all, and the bundles in the configured destinations)
    #[arg(add = complete::backups())]
    name: Option<String>,
    /// Check only this bundle, or folder of bundles (or s3://BUCKET/PREFIX), without asking a remote
    #[arg(long, value_name = "PATH", conflicts_with_all = ["name", "repo", "all"])]
    bundle: Vec<PathBuf>,
    /// Work on every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "name"])]
    all: bool,
    #[command(flatten)]
    share: super::Share,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

#[derive(Debug, Args)]
pub struct Drill {
    /// Work on every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir"])]
    all: bool,
    #[command(flatten)]
    share: super::Share,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

pub fn verify(global: &Global, ui: &Ui, a: &Verify) -> Result<()> {
    if !a.bundle.is_empty() {
        let folder = global.folder()?;
        let caller = caller(ui);
        let config = global.config(&caller.environment)?;
        let report = backup::verify_bundles(&a.bundle, &folder, &config, &caller)?;
        return ui.outcome(Outcome::with(report, Vec::new()), verified);
    }
    let request = VerifyRequest {
        name: a.name.clone(),
    };
    Job {
        done: |cx: &_| backup::verify(cx, &request),
        told: verified,
    }
    .run(global, ui, a.all, &a.share)
}

fn verified(text: &mut Text, report: &VerifyReport) {
    for p in &report.problems {
        text.line(format!(
            "  {}  {}",
            text.styled(Style::Bad, &p.name),
            visible(&p.problem)
        ));
    }
    text.line(visible(&report.message));
}

pub fn drill(global: &Global, ui: &Ui, a: &Drill) -> Result<()> {
    Job {
        done: |cx: &_| backup::drill(cx, &DrillRequest {}),
        told: |text: &mut Text, report: &DrillReport| {
            let style = match report.problems.is_empty() {
                true => Style::Good,
                false => Style::Bad,
            };
            text.line(text.styled(style, &report.message));
            for b in &report.bundles {
                let same = match b.same_as_backup {
                    Some(true) => ", the same files as the backup",
                    Some(false) => ", other files than the backup",
                    None => "",
                };
                text.line(format!(
                    "  {}  {} objects{same}",
                    visible(&b.bundle),
                    b.objects
                ));
            }
            for p in &report.problems {
                text.line(format!("  {}", visible(p)));
            }
            if let Some(before) = &report.last_proven_at {
                text.line(text.styled(Style::Dim, &format!("last proven on {before}")));
            }
        },
    }
    .run(global, ui, a.all, &a.share)
}
