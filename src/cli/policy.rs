//! `aidf policy …`

use super::ui::{Style, Ui, visible};
use super::{Global, complete};
use aidf::error::Result;
use aidf::ops::policy::{self, CheckRequest, ShowRequest, Source};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show every rule in force, and who set it
    Show,
    /// Say whether a commit may write these paths
    Check(Check),
}

#[derive(Debug, Args)]
pub struct Check {
    /// The paths, from the folder you are in
    #[arg(value_name = "PATH", add = complete::files())]
    paths: Vec<String>,
    /// The branch (default: the one that a commit would write)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    branch: Option<String>,
    /// The pod that writes (default: that of the token, or the configured one)
    #[arg(long, value_name = "POD", requires = "branch")]
    pod: Option<String>,
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    match command {
        Command::Show => global.call(
            ui,
            |cx| policy::show(cx, &ShowRequest::default()),
            |text, report| {
                for rule in &report.rules {
                    let source = match rule.source {
                        Source::Default => text.styled(Style::Dim, "default"),
                        Source::Repository => report.file.clone(),
                        Source::Operator => "operator's configuration".to_owned(),
                    };
                    let (name, value) = (visible(&rule.rule), visible(&rule.value));
                    text.line(format!("{name:26} {value:34} {source}"));
                }
            },
        ),
        Command::Check(a) => {
            let request = CheckRequest {
                branch: a.branch,
                pod: a.pod,
                paths: a.paths,
            };
            global.call(
                ui,
                |cx| policy::check(cx, &request),
                |text, report| {
                    for path in &report.paths {
                        let name = visible(&path.path);
                        let Some(why) = &path.why else {
                            text.line(format!("{}  {name}", text.styled(Style::Good, "yes")));
                            continue;
                        };
                        text.line(format!("{}  {name}", text.styled(Style::Bad, "no ")));
                        text.line(format!("     {}", visible(why)));
                        if let Some(todo) = &path.todo {
                            text.line(format!("     {}", visible(todo)));
                        }
                    }
                    if report.paths.iter().all(|p| p.allowed) && !report.protected {
                        text.line(text.styled(Style::Good, &report.message));
                    }
                },
            )
        }
    }
}
