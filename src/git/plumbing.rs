//! git itself, at work on one repository of this machine.

use super::children::{self, Child, Programs, Terminal};
use crate::error::{Error, Kind, Result};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A repository, as git is told of it.
pub(super) struct Plumbing {
    /// Its own folder, or that of a linked worktree.
    pub git_dir: PathBuf,
    /// Its working tree, if there is one.
    pub work_dir: Option<PathBuf>,
    /// How programs are started on it.
    pub programs: Programs,
}

impl Plumbing {
    /// git on this repository, with a clean environment.
    pub fn command(&self) -> Command {
        let environment = &self.programs.environment;
        let mut command = children::git_on(&self.git_dir, Child::Git, environment);
        command.args(["-c", "core.fsmonitor=false"]);
        if !self.programs.interactive {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        if let Some(root) = &self.work_dir {
            command.env("GIT_WORK_TREE", root).current_dir(root);
        }
        command
    }

    /// Runs a program with this input.
    ///
    /// Errors: unavailable, where it does not end within the time that so many bytes are
    /// worth. Whether it could be started at all is for the caller to say.
    pub fn ends_in_time(
        &self,
        command: &mut Command,
        input: Vec<u8>,
        bytes: u64,
        failed: &str,
    ) -> Result<std::io::Result<Output>> {
        let within = self.programs.for_bytes(bytes);
        // Somebody may be asked for a passphrase.
        let terminal = Terminal::asked(self.programs.interactive);
        match children::run(command, input, within, terminal) {
            Ok(Some(out)) => Ok(Ok(out)),
            Err(e) => Ok(Err(e)),
            Ok(None) => Err(Error::new(
                Kind::Unavailable,
                format!(
                    "{failed}: its program did not finish within {} s, and aidf stopped it",
                    within.as_millis().div_ceil(1000)
                ),
            )
            .hint("nothing was sent; find out why it hangs, or allow more time with --timeout SECS")
            .futile_at_once()),
        }
    }
}
