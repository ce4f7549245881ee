//! `aidf completions` and `aidf man`: made from the definition of the commands.

use super::ui::{Ui, internal};
use super::{Cli, complete};
use aidf::error::Result;
use anyhow::Context as _;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// The folder to write to (made if it does not exist)
    #[arg(long, value_name = "DIR", default_value = "man")]
    dir: PathBuf,
}

pub fn completions(ui: &Ui, arguments: &Completions) -> Result<()> {
    ui.stdout(&complete::script(arguments.shell)?)
}

pub fn man(ui: &Ui, arguments: &Man) -> Result<()> {
    std::fs::create_dir_all(&arguments.dir)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &arguments.dir))
        .with_context(|| {
            format!(
                "the man pages cannot be written to {}",
                arguments.dir.display()
            )
        })
        .map_err(internal)?;
    ui.note(&format!(
        "wrote the man pages to {}",
        arguments.dir.display()
    ));
    Ok(())
}
