//! The entries that aidf appends, with the same fields as in the existing files.
//!
//! Each entry is a mapping in flow style on one line, because plain git merges line by
//! line. If two branches appended entries of several lines each, `merge=union` would keep
//! lines that both share (a task, a writer, a date) only once, and so tear the entries
//! apart. An entry on one line is kept whole, and once.

use crate::yaml::{optional, scalar};

fn line(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k}: {v}")).collect();
    format!("{{{}}}", fields.join(", "))
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|i| scalar(i)).collect();
    format!("[{}]", items.join(", "))
}

/// One line of history: who did what to which file.
#[derive(Debug, Clone)]
pub struct ChangelogEntry<'a> {
    /// UTC, `YYYY-MM-DDTHH:MM:SS.ffffff`, without a zone as in the existing files.
    pub timestamp: &'a str,
    /// The file.
    pub path: &'a str,
    /// The task, if one was named.
    pub task_id: Option<&'a str>,
    /// Who wrote it.
    pub committed_by: &'a str,
    /// The commit's message.
    pub message: &'a str,
}

impl ChangelogEntry<'_> {
    /// The entry as a line.
    pub fn line(&self) -> String {
        line(&[
            ("timestamp", scalar(self.timestamp)),
            ("path", scalar(self.path)),
            ("task_id", optional(self.task_id)),
            ("committed_by", scalar(self.committed_by)),
            ("message", scalar(self.message)),
        ])
    }
}

/// What is known of one file.
#[derive(Debug, Clone)]
pub struct MemoryEntry<'a> {
    /// The file.
    pub path: &'a str,
    /// The URL at which a forge serves it, if there is one.
    pub raw_url: Option<&'a str>,
    /// What it is for.
    pub description: &'a str,
    /// Words to find it by.
    pub tags: &'a [String],
    /// UTC date, `YYYY-MM-DD`.
    pub last_updated: &'a str,
    /// The pod that owns it.
    pub pod_owner: &'a str,
}

impl MemoryEntry<'_> {
    /// The entry as a line.
    pub fn line(&self) -> String {
        let mut fields = vec![("path", scalar(self.path))];
        if let Some(url) = self.raw_url {
            fields.push(("raw_url", scalar(url)));
        }
        fields.extend([
            ("file_type", scalar(file_type(self.path))),
            ("description", scalar(self.description)),
            ("tags", list(self.tags)),
            ("last_updated", scalar(self.last_updated)),
            ("pod_owner", scalar(self.pod_owner)),
        ]);
        line(&fields)
    }
}

/// The part of the file name after its last dot, as in the existing files: `gitkeep` for
/// `.gitkeep`, and the whole name where there is no dot.
fn file_type(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit('.').next().unwrap_or(name)
}

/// A commit that was undone.
#[derive(Debug, Clone)]
pub struct RollbackEntry<'a> {
    /// UTC, in the changelog's format.
    pub timestamp: &'a str,
    /// The commit that was undone, or that the branch went back to.
    pub commit_sha: &'a str,
    /// The files that the rollback changed.
    pub paths: &'a [String],
    /// Why.
    pub reason: Option<&'a str>,
}

impl RollbackEntry<'_> {
    /// The entry as a line.
    pub fn line(&self) -> String {
        line(&[
            ("timestamp", scalar(self.timestamp)),
            ("commit_sha", scalar(self.commit_sha)),
            ("paths", list(self.paths)),
            ("reason", optional(self.reason)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_fields_of_those_that_exist_on_one_line() {
        let entry = ChangelogEntry {
            timestamp: "2025-05-02T11:34:49.408872",
            path: "project/task.yaml",
            task_id: None,
            committed_by: "QAPod",
            message: "Append output file",
        };
        assert_eq!(
            entry.line(),
            "{timestamp: '2025-05-02T11:34:49.408872', path: project/task.yaml, task_id: null, committed_by: QAPod, message: Append output file}"
        );
        let entry = MemoryEntry {
            path: "a.md",
            raw_url: None,
            description: "One: [two], {three}\nfour",
            tags: &["x".into(), "y, z".into()],
            last_updated: "2026-11-25",
            pod_owner: "QAPod",
        };
        let read: serde_json::Value = crate::yaml::read(&entry.line()).unwrap();
        assert_eq!(
            read,
            serde_json::json!({"path": "a.md", "file_type": "md",
                "description": "One: [two], {three}\nfour", "tags": ["x", "y, z"],
                "last_updated": "2026-11-25", "pod_owner": "QAPod"})
        );
        for (path, kind) in [
            ("a/.gitkeep", "gitkeep"),
            ("x.tar.gz", "gz"),
            ("Makefile", "Makefile"),
        ] {
            assert_eq!(file_type(path), kind);
        }
    }
}
