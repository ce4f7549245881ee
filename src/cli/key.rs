//! `aidf key …`

use super::ui::{Style, Ui, visible};
use super::{Global, caller, complete};
use aidf::clock::Moment;
use aidf::error::Result;
use aidf::keys::KeyState;
use aidf::ops::key::{self, RetireRequest, RotateRequest};
use aidf::ops::outcome::Outcome;
use clap::{Args, Subcommand};
use rand::Rng;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the keys of the ring, without their secrets
    Show,
    /// Make a new key the one that seals tokens and signs commits
    Rotate(Rotate),
    /// Reject the tokens of an old key
    Retire(Retire),
}

#[derive(Debug, Args)]
pub struct Rotate {
    /// Only make the new key; the next rotation makes it active, once every machine has it
    #[arg(long)]
    prepare: bool,
}

#[derive(Debug, Args)]
pub struct Retire {
    /// The key's id, as `aidf key show` tells it
    #[arg(value_name = "KEY", add = complete::keys())]
    key: String,
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    let mut caller = caller(ui);
    let source = global.config(&caller.environment)?.keys;
    match command {
        Command::Show => {
            let report = key::show(&source)?;
            ui.outcome(Outcome::with(report, Vec::new()), |text, report| {
                for key in &report.keys {
                    let state = match key.state {
                        KeyState::Active => text.styled(Style::Good, "active"),
                        KeyState::Previous => "previous".to_owned(),
                        KeyState::Next => "next".to_owned(),
                        KeyState::Retired => text.styled(Style::Bad, "retired"),
                    };
                    let made = key.created_at.as_deref().unwrap_or("");
                    text.line(format!(
                        "{}  {}  {state}",
                        visible(&key.key_id),
                        visible(made)
                    ));
                }
                if let Some(file) = &report.file {
                    text.line(format!("in {}", visible(&file.display().to_string())));
                }
                text.line(visible(&report.message));
            })
        }
        Command::Rotate(a) => {
            let mut random = [0; 32];
            caller.random.fill_bytes(&mut random);
            let request = RotateRequest { prepare: a.prepare };
            let report = key::rotate(&source, random, &Moment::now().rfc3339(), &request)?;
            ui.outcome(Outcome::with(report, Vec::new()), |text, report| {
                text.line(text.styled(Style::Good, &report.message));
            })
        }
        Command::Retire(a) => {
            let request = RetireRequest { key_id: a.key };
            let report = key::retire(&source, &request)?;
            ui.outcome(Outcome::with(report, Vec::new()), |text, report| {
                text.line(text.styled(Style::Good, &report.message));
            })
        }
    }
}
