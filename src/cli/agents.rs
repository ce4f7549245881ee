//! `aidf agents …`

use super::Global;
use super::text;
use super::ui::{Style, Ui, visible};
use aidf::error::Result;
use aidf::ops::agents::{self, Agent, FileState, InstallRequest};
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write instructions for AI agents into the files that they read
    Install(Install),
}

#[derive(Debug, Args)]
pub struct Install {
    /// The agent (default: all of them)
    #[arg(long = "for", value_enum, value_name = "AGENT")]
    agents: Vec<Name>,
    /// Write the files (default: only show what would be written)
    #[arg(long)]
    apply: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "lowercase")]
pub enum Name {
    /// Claude Code: CLAUDE.md
    Claude,
    /// Codex and many others: AGENTS.md
    Codex,
    /// Cursor: .cursor/rules/aidf.mdc
    Cursor,
    /// GitHub Copilot: .github/copilot-instructions.md
    Copilot,
}

impl Name {
    fn agent(self) -> Agent {
        match self {
            Name::Claude => Agent::Claude,
            Name::Codex => Agent::Codex,
            Name::Cursor => Agent::Cursor,
            Name::Copilot => Agent::Copilot,
        }
    }
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    let Command::Install(arguments) = command;
    let request = InstallRequest {
        agents: arguments.agents.into_iter().map(Name::agent).collect(),
        apply: arguments.apply,
    };
    global.call(
        ui,
        |cx| agents::install(cx, &request),
        |out, report| {
            if report.dry_run && !report.unchanged {
                out.block(&visible_lines(&report.text));
                out.line("");
            }
            text::outcome(out, report.unchanged || report.dry_run, &report.message);
            for file in &report.files {
                let (style, word) = match file.change {
                    FileState::Added => (Style::Added, "added"),
                    FileState::Modified => (Style::Strong, "modified"),
                    FileState::Unchanged => (Style::Dim, "unchanged"),
                };
                out.line(format!(
                    "  {}  {}",
                    out.styled(style, &format!("{word:9}")),
                    visible(&file.path)
                ));
            }
        },
    )
}

fn visible_lines(text: &str) -> String {
    text.lines()
        .map(|line| format!("{}\n", visible(line)))
        .collect()
}
