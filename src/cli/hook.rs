//! `aidf hook`: what git runs on a server of one's own.

use super::ui::Ui;
use aidf::clock::Moment;
use aidf::environment::Environment;
use aidf::error::{Error, Kind, OrFail, Result};
use aidf::ops::hook::{PreReceive, Push, Update};
use clap::Subcommand;
use std::io::Read;
use std::time::Instant;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them
    PreReceive,
}

/// Refused refs that the pusher is told of, besides the first.
const MAX_TOLD: usize = 50;

/// More push options than anybody needs.
const MAX_OPTIONS: usize = 1000;

pub fn run(ui: &Ui, command: &Command) -> Result<()> {
    match command {
        Command::PreReceive => pre_receive(ui),
    }
}

fn pre_receive(ui: &Ui) -> Result<()> {
    let began = Instant::now();
    let variables = Environment::of_process();
    let hook = PreReceive::open(Moment::now(), &variables)?;
    let environment = |name: &str| variables.text(name);
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .or_fail(Kind::Usage, || "the hook's input cannot be read")?;
    let Some(hook) = hook else {
        return Ok(());
    };
    let updates = Update::parse_all(&input)?;
    let count = environment("GIT_PUSH_OPTION_COUNT")
        .and_then(|n| n.parse::<usize>().ok())
        .unwrap_or(0);
    let push = Push {
        updates,
        options: (0..count.min(MAX_OPTIONS))
            .filter_map(|n| environment(&format!("GIT_PUSH_OPTION_{n}")))
            .collect(),
        // gitolite's name for who it is, then the web server's.
        user: environment("GL_USER").or_else(|| environment("REMOTE_USER")),
    };
    let (decisions, warnings) = hook.decide(&push, &|| began.elapsed())?;
    for warning in warnings {
        ui.warn(&warning);
    }
    // A ref that only goes with another one is no refusal to tell of.
    let refused: Vec<_> = decisions.iter().filter(|d| d.todo.is_some()).collect();
    let Some(first) = refused.first() else {
        return Ok(());
    };
    // The first is the error; of a push of several refs the others are told before it.
    let others = &refused[1..];
    for other in others.iter().take(MAX_TOLD) {
        ui.warn(&other.rule);
    }
    if let Some(more) = others.len().checked_sub(MAX_TOLD).filter(|n| *n > 0) {
        ui.warn(&format!("{more} more refs are refused"));
    }
    let mut error = Error::new(Kind::Denied, first.rule.clone());
    if let Some(todo) = &first.todo {
        error = error.hint(todo.clone());
    }
    Err(error)
}
