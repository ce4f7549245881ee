//! `aidf propose`

use super::protect::Name;
use super::text;
use super::ui::{Style, Ui, visible};
use super::{Global, complete};
use aidf::error::Result;
use aidf::ops::propose::{self, Request};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
    /// The branch to merge into (default: the default branch)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    to: Option<String>,
    /// The kind of server at the remote (default: detected from its address)
    #[arg(long, value_enum, value_name = "NAME")]
    provider: Option<Name>,
    /// Show the difference and the guards' verdicts, but open no pull request
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let request = Request {
        branch: arguments.branch,
        to: arguments.to,
        provider: arguments.provider.map(Name::provider),
        dry_run: arguments.dry_run,
    };
    global.call(
        ui,
        |cx| propose::propose(cx, &request),
        |out, report| {
            let fork = report
                .fork_point
                .map_or("nothing".to_owned(), |f| f.short());
            out.line(format!(
                "{}  at {}, forked from {} at {fork}",
                out.styled(Style::Strong, &report.branch),
                report.head.short(),
                visible(&report.to)
            ));
            if report.guards.is_empty() {
                return out.line(visible(&report.message));
            }
            text::files(out, &report.files);
            out.line("");
            text::patch(out, &report.patch);
            out.line("");
            text::guards(out, &report.guards);
            if report.approval.is_none() {
                out.line(out.styled(Style::Dim, "  aidf does not approve it by itself"));
            }
            for command in &report.commands {
                out.line(format!(
                    "  {}",
                    out.styled(Style::Strong, &format!("$ {command}"))
                ));
            }
            out.line(out.styled(Style::Good, &report.message));
        },
    )
}
