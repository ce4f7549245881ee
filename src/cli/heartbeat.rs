//! `--heartbeat`, of commands that a scheduler runs.

use super::ui::Ui;
use super::{Global, caller, exit_code};
use aidf::error::{Error, Kind, Result};
use aidf::ops::heartbeat::{address, beat};
use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub struct Heartbeat {
    /// Call URL when the job has ended well; with {exit} in it, at every end
    #[arg(long, value_name = "URL")]
    pub heartbeat: Option<String>,
}

/// Checks the address before the job begins. It may be a secret, so no error shows it.
///
/// Errors: usage.
pub fn check(url: &str) -> Result<()> {
    address(url, 0).map(drop).map_err(|why| {
        Error::new(
            Kind::Usage,
            format!("the address of --heartbeat cannot be called: {why}"),
        )
    })
}

impl Heartbeat {
    /// Does the job, and tells the monitor how it ended. A monitor that cannot be told is a
    /// warning: the job did what it did.
    pub fn after(&self, global: &Global, ui: &Ui, job: impl FnOnce() -> Result<()>) -> Result<()> {
        self.heartbeat.as_deref().map_or(Ok(()), check)?;
        let done = job();
        let exit = done.as_ref().err().map_or(0, |e| exit_code::of(e.kind()));
        let template = self.heartbeat.as_deref();
        if let Some(callback) = template.and_then(|t| address(t, exit).ok()).flatten() {
            let caller = caller(ui);
            let told = global
                .config(&caller.environment)
                .and_then(|config| beat(&config, &caller, &callback));
            if let Err(e) = told {
                ui.warn(&format!("the heartbeat was not told: {}", e.in_full()));
            }
        }
        done
    }
}
