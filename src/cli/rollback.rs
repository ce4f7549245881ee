//! `aidf rollback`

use super::ui::{Ui, visible};
use super::{Global, complete, text, token};
use aidf::error::Result;
use aidf::ops::rollback::{self, Request, What};
use aidf::secret::Secret;
use clap::{ArgGroup, Args};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct Arguments {
    /// The commits to undo, by id (its first digits are enough)
    #[arg(value_name = "COMMIT", group = "what", add = complete::commits())]
    commits: Vec<String>,
    /// Undo the last N commits that were written to this branch
    #[arg(long, value_name = "N", group = "what", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,
    /// Undo every commit of a task that is signed and was written to this branch
    #[arg(long, value_name = "ID", group = "what", allow_hyphen_values = true, add = complete::tasks())]
    task_id: Option<String>,
    /// With --task-id: also undo commits that only claim to be of the task
    #[arg(long, requires = "task_id", conflicts_with_all = ["commits", "last", "to"])]
    unsigned: bool,
    /// Put the files back to their state at a commit or backup
    #[arg(long, value_name = "REV", group = "what", add = complete::revisions())]
    to: Option<String>,
    /// Undo only changes of this path, or below it
    #[arg(long, value_name = "PATH", add = complete::files())]
    path: Vec<String>,
    /// The reason (goes into the log)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// The branch to write to
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    branch: Option<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// The name of whoever undoes it (default: the branch's name)
    #[arg(long, value_name = "WHO", allow_hyphen_values = true)]
    committed_by: Option<String>,
    /// Do everything except the push
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let what = match (arguments.last, arguments.task_id, arguments.to) {
        (Some(count), _, _) => What::Last(count as usize),
        (_, Some(task), _) => What::Task(task),
        (_, _, Some(revision)) => What::To(revision),
        _ => What::Commits(arguments.commits),
    };
    let request = Request {
        what,
        unsigned: arguments.unsigned,
        paths: arguments.path,
        reason: arguments.reason,
        branch: arguments.branch,
        reuse_token: token(arguments.reuse_token)?,
        committed_by: arguments.committed_by,
        dry_run: arguments.dry_run,
    };
    global.call(
        ui,
        |cx| rollback::rollback(cx, &request),
        |out, report| {
            text::outcome(out, report.unchanged, &report.message);
            for file in &report.reverted_files {
                out.line(format!("  {}", visible(file)));
            }
        },
    )
}
