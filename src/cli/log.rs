//! `aidf log`

use super::ui::Ui;
use super::{Global, complete, text};
use aidf::error::Result;
use aidf::ops::log::{self, Request};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The branch (default: the one that `aidf commit` would write to)
    #[arg(add = complete::branches())]
    branch: Option<String>,
    /// Show at most this many commits
    #[arg(short, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,
    /// Show only commits of this task
    #[arg(long, value_name = "ID", allow_hyphen_values = true, add = complete::tasks())]
    task_id: Option<String>,
    /// Show only commits that name this writer
    #[arg(long, value_name = "WHO", allow_hyphen_values = true)]
    committed_by: Option<String>,
    /// Show only commits that change this path or something below it
    #[arg(long, value_name = "PATH", add = complete::files())]
    path: Option<String>,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let request = Request {
        branch: arguments.branch,
        number: arguments.number as usize,
        task_id: arguments.task_id,
        committed_by: arguments.committed_by,
        path: arguments.path,
    };
    global.call(
        ui,
        |cx| log::log(cx, &request),
        |out, report| {
            if report.commits.is_empty() {
                out.line(format!(
                    "no such commits on {}",
                    super::ui::visible(&report.branch)
                ));
            }
            text::commits(out, &report.branch, &report.commits);
        },
    )
}
