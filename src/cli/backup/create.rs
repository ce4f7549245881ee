//! `aidf backup create`, for one repository or all.

use super::super::heartbeat::Heartbeat;
use super::super::ui::{Style, Text, Ui, visible};
use super::super::{Global, complete};
use aidf::error::Result;
use aidf::ops::backup::{self, CreateReport, CreateRequest};
use aidf::ops::outcome::Outcome;
use aidf::words;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct Create {
    /// A branch to back up (default: the branches in the config, or the default branch)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    branch: Vec<String>,
    /// Back up every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "bundle"])]
    pub all: bool,
    #[command(flatten)]
    share: super::Share,
    /// Push the backups to this remote too ({repo} stands for the repository's name)
    #[arg(long, value_name = "URL")]
    dest: Vec<String>,
    /// Write the backups with their history into a git bundle
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Write bundles into this folder (or s3://BUCKET/PREFIX) too: first a full one, then incremental ones
    #[arg(long, value_name = "DIR")]
    bundle_dir: Vec<PathBuf>,
    /// Make full bundles in folders, not incremental ones
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

fn request(a: &Create) -> CreateRequest {
    CreateRequest {
        branches: a.branch.clone(),
        destinations: a.dest.clone(),
        bundle_dirs: a.bundle_dir.clone(),
        full: a.full,
        bundle: a.bundle.clone(),
    }
}

pub fn run(global: &Global, ui: &Ui, a: &Create) -> Result<()> {
    let request = request(a);
    global.call(ui, |cx| backup::create(cx, &request), describe)
}

fn describe(text: &mut Text, report: &CreateReport) {
    text.line(text.styled(Style::Good, &visible(&report.message)));
    details(text, report);
}

fn details(text: &mut Text, report: &CreateReport) {
    for u in &report.unmade {
        let why = format!("not backed up: {}", u.error);
        text.line(format!(
            "  {}  {}",
            visible(&u.branch),
            text.styled(Style::Bad, &why)
        ));
    }
    for r in &report.rewound {
        let lost = format!(
            "{} lost {} since {}",
            r.branch,
            words::count(r.lost.len(), "commit", "commits"),
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
            None => match (&d.bundle, d.pushed.is_empty()) {
                (Some(bundle), _) => format!("wrote {bundle}"),
                (None, true) => "up to date".to_owned(),
                (None, false) => format!("pushed {}", d.pushed.join(", ")),
            },
        };
        text.line(format!("  {}  {what}", visible(&d.destination)));
    }
}

pub fn run_all(global: &Global, ui: &Ui, a: &Create) -> Result<()> {
    let mut report = super::with_operator(global, ui, &a.share, |operator| {
        backup::create_all(operator, &request(a))
    })?;
    let warnings = std::mem::take(&mut report.warnings);
    ui.outcome(Outcome::with(report, warnings), |text, report| {
        for one in &report.repositories {
            let Some(made) = &one.report else { continue };
            let line = match &one.error {
                None => visible(&made.message),
                Some(error) => text.styled(Style::Bad, error),
            };
            text.line(format!("{}  {line}", text.styled(Style::Strong, &one.url)));
            details(text, made);
        }
        text.line(visible(&report.message));
    })
}
