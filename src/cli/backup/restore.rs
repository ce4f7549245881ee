//! `aidf backup restore`

use super::super::ui::{Style, Ui};
use super::super::{Global, complete, token};
use aidf::error::Result;
use aidf::ops::backup::{self, RestoreRequest};
use aidf::secret::Secret;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Restore {
    /// The backup, such as 2026-11-22 (with --bundle: the branch in the bundle)
    #[arg(required_unless_present = "bundle", add = complete::backups())]
    name: Option<String>,
    /// Restore from this bundle, or from the newest bundle in this folder (or s3://BUCKET/PREFIX)
    #[arg(long, value_name = "PATH")]
    bundle: Option<PathBuf>,
    /// The branch to restore to (default: restore/NAME); an existing branch gets a rollback commit
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    to: Option<String>,
    /// The reason (goes into the log of an existing branch)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
}

pub fn run(global: &Global, ui: &Ui, a: Restore) -> Result<()> {
    let request = RestoreRequest {
        name: a.name,
        bundle: a.bundle,
        to: a.to,
        reason: a.reason,
        reuse_token: token(a.reuse_token)?,
    };
    global.call(
        ui,
        |cx| backup::restore(cx, &request),
        |text, report| text.line(text.styled(Style::Good, &report.message)),
    )
}
