//! `aidf land`

use super::ui::Ui;
use super::{Global, complete, text, token};
use aidf::error::Result;
use aidf::ops::land::{self, Request};
use aidf::secret::Secret;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
    /// The branch to merge into (default: the default branch)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    to: Option<String>,
    /// Make one ordinary commit instead of a merge
    #[arg(long)]
    squash: bool,
    /// Close the sandbox afterwards
    #[arg(long)]
    close: bool,
    /// An operator's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Do everything except the push
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let request = Request {
        branch: arguments.branch,
        to: arguments.to,
        squash: arguments.squash,
        close: arguments.close,
        reuse_token: token(arguments.reuse_token)?,
        dry_run: arguments.dry_run,
    };
    global.call(
        ui,
        |cx| land::land(cx, &request),
        |out, report| {
            text::merged(out, &report.merged, report.merged_count);
            text::guards(out, &report.guards);
            text::outcome(out, report.unchanged, &report.message);
        },
    )
}
