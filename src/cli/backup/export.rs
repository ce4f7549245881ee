//! `aidf backup export`

use super::super::period;
use super::super::ui::{Text, Ui, visible};
use super::super::{Global, token};
use super::Job;
use aidf::clock::Period;
use aidf::context::Context;
use aidf::error::{Error, Kind, Result};
use aidf::ops::backup::{self, ExportReport, ExportRequest, RotateRequest};
use aidf::secret::Secret;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Export {
    /// A branch (default: the default branch)
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    /// The folder (default: the current one)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// To every folder among the configured destinations
    #[arg(long)]
    to_destinations: bool,
    /// Afterwards move old changelog entries to archive/changelog-YYYY-MM.yaml, in one commit
    #[arg(long, requires = "older_than")]
    rotate: bool,
    /// What is old, for --rotate, such as 90d
    #[arg(long, value_name = "D", value_parser = period, requires = "rotate")]
    older_than: Option<Period>,
    /// With --rotate: show what would move
    #[arg(long, requires = "rotate")]
    dry_run: bool,
    /// With --rotate: the branch's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Every repository of the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "reuse_token"])]
    all: bool,
}

pub fn run(global: &Global, ui: &Ui, a: Export) -> Result<()> {
    let out = match (a.out, a.to_destinations) {
        (Some(out), _) => vec![out],
        (None, true) => Vec::new(),
        (None, false) => vec![PathBuf::from(".")],
    };
    let request = ExportRequest {
        branches: a.branch.clone(),
        out,
        to_destinations: a.to_destinations,
    };
    let reuse_token = token(a.reuse_token)?;
    let rotations: Vec<RotateRequest> = match a.older_than {
        None => Vec::new(),
        Some(older_than) => {
            let mut branches: Vec<Option<String>> = a.branch.into_iter().map(Some).collect();
            if branches.is_empty() {
                branches.push(None);
            }
            let request = |branch| RotateRequest {
                branch,
                older_than: older_than.clone(),
                reuse_token: reuse_token.clone(),
                dry_run: a.dry_run,
            };
            branches.into_iter().map(request).collect()
        }
    };
    Job {
        done: |cx: &Context| {
            let mut report = backup::export(cx, &request)?;
            for rotation in &rotations {
                report.rotated.push(backup::rotate(cx, rotation)?);
            }
            Ok(report)
        },
        told,
        fault: |report: &ExportReport| {
            let bad = report.exports.iter().find(|e| e.error.is_some())?;
            Some(
                Error::new(
                    Kind::Integrity,
                    format!("the {} of {} does not parse", bad.ledger, bad.branch),
                )
                .hint("it was exported as it is; mend the file by a reviewed change")
                .caused_by(anyhow::anyhow!(bad.error.clone().unwrap_or_default())),
            )
        },
    }
    .run(global, ui, a.all)
}

fn told(text: &mut Text, report: &ExportReport) {
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
    for r in &report.rotated {
        for m in &r.moved {
            text.line(format!("  {}  {} entries", visible(&m.file), m.entries));
        }
        text.line(visible(&r.message));
    }
}
