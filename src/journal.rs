//! This machine's own audit log, one JSON object a line: what was written, refused,
//! failed or removed from here. It holds no secret and no content.

use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// One line.
#[derive(Debug, Clone, Serialize)]
pub struct Event<'a> {
    /// UTC, RFC 3339.
    pub time: String,
    /// The command: `commit`, `rollback`, `sandbox init`, …
    pub command: &'a str,
    /// `done`, or the kind of failure.
    pub outcome: &'a str,
    /// The repository's name.
    pub repo_name: &'a str,
    /// The branch, where one was chosen.
    pub branch: Option<&'a str>,
    /// The commit that came of it.
    pub commit: Option<String>,
    /// A sentence.
    pub detail: Option<String>,
}

/// Where the lines go.
#[derive(Debug, Clone)]
pub struct Journal {
    path: Option<PathBuf>,
}

impl Journal {
    /// A journal at `path`; none writes nothing.
    pub fn new(path: Option<PathBuf>) -> Self {
        Journal { path }
    }

    /// Appends one line. A journal that cannot be written never stops the work: the
    /// reason is returned for a warning.
    pub fn write(&self, event: &impl Serialize) -> Option<String> {
        let path = self.path.as_ref()?;
        let line = || -> anyhow::Result<()> {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut options = std::fs::OpenOptions::new();
            options.create(true).append(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt;
                options.mode(0o600);
            }
            let mut text = serde_json::to_vec(event)?;
            text.push(b'\n');
            // One write: lines of several processes do not mix.
            options.open(path)?.write_all(&text)?;
            Ok(())
        };
        line()
            .err()
            .map(|e| format!("the journal {} could not be written: {e}", path.display()))
    }
}
