//! `aidf backup export`

use super::super::heartbeat::Heartbeat;
use super::super::period;
use super::super::ui::{Text, Ui, visible};
use super::super::{Global, caller, complete, token};
use super::Job;
use aidf::clock::Period;
use aidf::context::Context;
use aidf::error::Result;
use aidf::ops::backup::Rotation;
use aidf::ops::backup::{self, ExportReport, ExportRequest};
use aidf::secret::Secret;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Export {
    /// A branch to export (default: the default branch)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    branch: Vec<String>,
    /// The folder to write to (default: the current one)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write to every folder in the configured destinations
    #[arg(long)]
    to_destinations: bool,
    /// Then move old changelog entries to archive/changelog-YYYY-MM.yaml, in one commit
    #[arg(long, requires = "older_than")]
    rotate: bool,
    /// With --rotate: the age of an old entry, such as 90d
    #[arg(long, value_name = "D", value_parser = period, requires = "rotate")]
    older_than: Option<Period>,
    /// With --rotate: show what would move
    #[arg(long, requires = "rotate")]
    dry_run: bool,
    /// With --rotate: the branch's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Work on every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "reuse_token"])]
    all: bool,
    #[command(flatten)]
    share: super::Share,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

pub fn run(global: &Global, ui: &Ui, a: Export) -> Result<()> {
    let out = match (a.out, a.to_destinations) {
        (Some(out), _) => vec![out],
        (None, true) => Vec::new(),
        (None, false) => vec![PathBuf::from(".")],
    };
    if a.all && !out.is_empty() {
        let config = global.config(&caller(ui).environment)?;
        backup::check_names(&config, &global.folder()?)?;
    }
    let reuse_token = token(a.reuse_token)?;
    let request = ExportRequest {
        branches: a.branch,
        out,
        to_destinations: a.to_destinations,
        rotate: a.older_than.map(|older_than| Rotation {
            older_than,
            reuse_token,
            dry_run: a.dry_run,
        }),
    };
    Job {
        done: |cx: &Context| backup::export(cx, &request),
        told,
    }
    .run(global, ui, a.all, &a.share)
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
