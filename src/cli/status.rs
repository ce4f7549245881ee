//! `aidf status`

use super::text;
use super::ui::{Style, Text, Ui, visible};
use super::{Global, complete};
use aidf::error::Result;
use aidf::ops::status::{self, Request, State};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The branch (default: the sandbox this clone has open)
    #[arg(add = complete::branches())]
    branch: Option<String>,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let request = Request {
        branch: arguments.branch,
    };
    global.call(
        ui,
        |cx| status::status(cx, &request),
        |out, report| {
            text::outcome(out, true, &report.message);
            let most = match out.verbose {
                true => usize::MAX,
                false => text::LISTED,
            };
            for local in report.local.iter().take(most) {
                let (style, word) = match local.state {
                    State::Modified => (Style::Strong, "modified"),
                    State::Added => (Style::Added, "added"),
                    State::Deleted => (Style::Removed, "deleted"),
                    State::LocalCommit => (Style::Warn, "committed here only"),
                    State::Stale => (Style::Dim, "older than the sandbox's"),
                };
                out.line(format!(
                    "  {}  {}",
                    out.styled(style, &format!("{word:24}")),
                    visible(&local.path)
                ));
            }
            more(out, report.local.len(), most);
            for left in report.left_out.iter().take(most) {
                let word = out.styled(Style::Dim, &format!("{:24}", "left out by commit -a"));
                out.line(format!("  {word}  {}: {}", visible(&left.path), left.why));
            }
            more(out, report.left_out.len(), most);
            if let Some(why) = &report.token_rejected {
                out.line(format!("  token           rejected: {why}"));
            } else if let Some(end) = &report.expires_at {
                let end = text::end(end, report.expires_for_good);
                out.line(format!("  token ends      {end}"));
            }
            let backup = report.last_backup.as_deref().unwrap_or("none");
            out.line(format!("  newest backup   {}", visible(backup)));
        },
    )
}

/// How many lines of so many are not shown.
fn more(out: &mut Text, count: usize, most: usize) {
    if count > most {
        out.line(format!(
            "  and {} more; see them with --verbose",
            count - most
        ));
    }
}
