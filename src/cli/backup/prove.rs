//! `aidf backup verify` and `drill`.

use super::super::Global;
use super::super::ui::{Style, Text, Ui, visible};
use super::{Job, caller};
use aidf::error::{Error, Kind, Result};
use aidf::ops::backup::{self, DrillReport, VerifyReport};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Verify {
    /// The backup (default: all, and the bundles of the configured destinations)
    name: Option<String>,
    /// Only this bundle, or folder of bundles; no remote is asked
    #[arg(long, value_name = "PATH", conflicts_with_all = ["name", "repo", "all"])]
    bundle: Vec<PathBuf>,
    /// Every repository of the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "name"])]
    all: bool,
}

#[derive(Debug, Args)]
pub struct Drill {
    /// Every repository of the config
    #[arg(long, conflicts_with_all = ["repo", "dir"])]
    all: bool,
}

pub fn verify(global: &Global, ui: &Ui, a: &Verify) -> Result<()> {
    if !a.bundle.is_empty() {
        let folder = global.folder()?;
        let paths: Vec<PathBuf> = a.bundle.iter().map(|b| folder.join(b)).collect();
        let config = super::config(global)?;
        let report = backup::verify_bundles(&paths, &config, &caller(ui))?;
        ui.result(&report, &[], |text| verified(text, &report))?;
        return damage(&report).map_or(Ok(()), Err);
    }
    Job {
        done: |cx: &_| backup::verify(cx, a.name.as_deref()),
        told: verified,
        fault: damage,
    }
    .run(global, ui, a.all)
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

fn damage(report: &VerifyReport) -> Option<Error> {
    (!report.problems.is_empty()).then(|| {
        Error::new(Kind::Integrity, report.message.clone())
            .hint("keep what is left; restore from another destination, and repair this one")
    })
}

pub fn drill(global: &Global, ui: &Ui, a: &Drill) -> Result<()> {
    Job {
        done: backup::drill,
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
                text.line(format!("  {}  {} objects{same}", visible(&b.bundle), b.objects));
            }
            for p in &report.problems {
                text.line(format!("  {}", visible(p)));
            }
            if let Some(before) = &report.last_proven_at {
                text.line(text.styled(Style::Dim, &format!("proven before on {before}")));
            }
        },
        fault: |report: &DrillReport| {
            let why = report.problems.first()?;
            Some(
                Error::new(Kind::Integrity, report.message.clone())
                    .hint("make a new backup now with `aidf backup create --full`, and find out what damaged this one")
                    .caused_by(anyhow::anyhow!(why.clone())),
            )
        },
    }
    .run(global, ui, a.all)
}
