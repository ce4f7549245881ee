//! `aidf backup list` and `prune`.

use super::super::heartbeat::Heartbeat;
use super::super::period;
use super::super::ui::{Style, Text, Ui, visible};
use super::super::{Global, complete};
use super::Job;
use aidf::clock::Period;
use aidf::error::Result;
use aidf::ops::backup::{self, ListReport, PruneReport};
use aidf::ops::backup::{ListRequest, PruneRequest};
use aidf::retention::Rules;
use clap::Args;

#[derive(Debug, Args)]
pub struct List {
    /// Exit with 8 if the newest backup is older than D, such as 36h or 2d
    #[arg(long, value_name = "D", value_parser = period)]
    max_age: Option<Period>,
    /// Work on every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir"])]
    all: bool,
    #[command(flatten)]
    share: super::Share,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

#[derive(Debug, Args)]
pub struct Prune {
    /// Keep the last N backups of each branch
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_last: u32,
    /// Keep the last backup of the day, for the newest N days that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_daily: u32,
    /// Keep the last backup of the week, for the newest N weeks that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_weekly: u32,
    /// Keep the last backup of the month, for the newest N months that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    keep_monthly: u32,
    /// Keep all backups made within D before the newest, such as 30d or 1y6m
    #[arg(long, value_name = "D", value_parser = period)]
    keep_within: Option<Period>,
    /// Show what would be removed, and which rule keeps the others
    #[arg(long)]
    dry_run: bool,
    /// Treat backups that are not authenticated like the others (for example, backups that are
    /// older than manifests)
    #[arg(long)]
    trust_unauthenticated: bool,
    /// Remove this backup and no other, whatever the rules say; or, if it is gone already, what
    /// the manifest says of it
    #[arg(long, value_name = "NAME", add = complete::backups(), conflicts_with_all = [
        "all", "keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_within",
    ])]
    forget: Vec<String>,
    /// Work on every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir"])]
    all: bool,
    #[command(flatten)]
    share: super::Share,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

pub fn list(global: &Global, ui: &Ui, a: &List) -> Result<()> {
    let request = ListRequest {
        max_age: a.max_age.clone(),
    };
    Job {
        done: |cx: &_| backup::list(cx, &request),
        told: |text: &mut Text, report: &ListReport| {
            if report.backups.is_empty() {
                text.line("no backups");
            }
            for b in &report.backups {
                let whose = match b.authenticated {
                    Some(true) => String::new(),
                    Some(false) => format!("  {}", text.styled(Style::Warn, "unauthenticated")),
                    None => format!(
                        "  {}",
                        text.styled(Style::Dim, "its key is not on this machine")
                    ),
                };
                text.line(format!(
                    "{}  {}  {}{whose}",
                    text.styled(Style::Warn, &b.commit.short()),
                    visible(&b.name),
                    text.styled(Style::Dim, &b.branch)
                ));
            }
        },
    }
    .run(global, ui, a.all, &a.share)
}

pub fn prune(global: &Global, ui: &Ui, a: &Prune) -> Result<()> {
    let request = PruneRequest {
        rules: Rules {
            last: a.keep_last,
            daily: a.keep_daily,
            weekly: a.keep_weekly,
            monthly: a.keep_monthly,
            within: a.keep_within.clone(),
        },
        dry_run: a.dry_run,
        trust_unauthenticated: a.trust_unauthenticated,
        forget: a.forget.clone(),
    };
    Job {
        done: |cx: &_| backup::prune(cx, &request),
        told: |text: &mut Text, report: &PruneReport| {
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
        },
    }
    .run(global, ui, a.all, &a.share)
}
