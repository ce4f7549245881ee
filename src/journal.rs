//! This machine's own audit log: what was written, refused, removed or failed here. It has
//! one JSON object on each line, and holds no secrets and no content.

use crate::files::lock_file;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One line of the journal.
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
    /// The branch, if one was chosen.
    pub branch: Option<&'a str>,
    /// The resulting commit.
    pub commit: Option<String>,
    /// A description in one sentence.
    pub detail: Option<String>,
}

/// The size in bytes at which a rotating journal starts a new file.
const MAX_BYTES: u64 = 16 << 20;
/// How many earlier files are kept, as `NAME.1` (the newest) and so on.
const KEPT: u32 = 9;

/// The file of the journal.
#[derive(Debug, Clone)]
pub struct Journal {
    path: Option<PathBuf>,
    rotates: bool,
}

impl Journal {
    /// A journal at `path`; `None` writes nothing.
    pub fn new(path: Option<PathBuf>) -> Self {
        Journal {
            path,
            rotates: false,
        }
    }

    /// A journal at `path` for a server, where strangers could make it grow. It never takes
    /// more than ten files of 16 MiB plus what one push adds.
    pub fn rotating(path: PathBuf) -> Self {
        Journal {
            path: Some(path),
            rotates: true,
        }
    }

    /// Appends one line. A journal that cannot be written does not stop the work: the
    /// reason is returned for a warning.
    pub fn write(&self, event: &impl Serialize) -> Option<String> {
        self.write_all(std::slice::from_ref(event))
    }

    /// Appends a line for each event, all in one write.
    pub fn write_all(&self, events: &[impl Serialize]) -> Option<String> {
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
            let mut text = Vec::new();
            for event in events {
                serde_json::to_writer(&mut text, event)?;
                text.push(b'\n');
            }
            if self.rotates {
                rotate(path, MAX_BYTES, KEPT)?;
            }
            // Use a single write, so that lines of several processes do not mix.
            options.open(path)?.write_all(&text)?;
            Ok(())
        };
        line()
            .err()
            .map(|e| format!("the journal {} could not be written: {e}", path.display()))
    }
}

/// If the file is large, starts a new one and keeps `kept` earlier files.
fn rotate(path: &Path, most: u64, kept: u32) -> std::io::Result<()> {
    let is_large = || std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() >= most);
    if !is_large() {
        return Ok(());
    }
    let named = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let lock = lock_file(&named(".lock"))?;
    // Another process is rotating it, or has done so by now.
    if lock.try_lock().is_err() || !is_large() {
        return Ok(());
    }
    let moved = (1..kept)
        .rev()
        .map(|n| (named(&format!(".{n}")), named(&format!(".{}", n + 1))))
        .filter(|(from, _)| from.exists())
        .try_for_each(|(from, to)| std::fs::rename(from, to))
        .and_then(|()| std::fs::rename(path, named(".1")));
    // Closing the lock file is not enough: a child process that another thread is starting
    // right now holds the file open until it runs its program.
    moved.and(lock.unlock())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_rotates_keeps_the_newest_and_only_so_many() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal.jsonl");
        for n in 0..7 {
            rotate(&path, 4, 3).unwrap();
            std::fs::write(&path, format!("line {n}")).unwrap();
        }
        let read = |end: &str| std::fs::read_to_string(format!("{}{end}", path.display()));
        let texts = ["", ".1", ".2", ".3"].map(|end| read(end).unwrap());
        assert_eq!(texts, ["line 6", "line 5", "line 4", "line 3"]);
        assert!(read(".4").is_err());
        std::fs::write(&path, "abc").unwrap();
        rotate(&path, 4, 3).unwrap();
        assert_eq!(read("").unwrap(), "abc", "it is small yet");
    }

    /// A forked child holds a copy of the descriptor until it runs its program.
    #[cfg(unix)]
    #[test]
    fn a_child_that_was_started_meanwhile_does_not_keep_the_lock() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal.jsonl");
        std::thread::scope(|threads| {
            let children = threads.spawn(|| {
                for _ in 0..200 {
                    std::process::Command::new("true").status().unwrap();
                }
            });
            let mut n = 0;
            while !children.is_finished() {
                n += 1;
                std::fs::write(&path, format!("line {n}")).unwrap();
                rotate(&path, 4, 3).unwrap();
                let before = std::fs::read_to_string(format!("{}.1", path.display())).unwrap();
                assert_eq!(before, format!("line {n}"));
            }
        });
    }

    #[test]
    fn all_lines_are_written_at_once() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/journal.jsonl");
        let journal = Journal::rotating(path.clone());
        assert_eq!(journal.write_all(&[1, 2]), None);
        assert_eq!(journal.write(&3), None);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "1\n2\n3\n");
    }
}
