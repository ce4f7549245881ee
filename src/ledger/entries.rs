//! The entries that aidf appends, with the fields that the existing files have.
//!
//! Each is a mapping in flow style on a line of its own. Plain git merges lines: of two
//! branches that appended entries of several lines each, `merge=union` takes the lines
//! that both have (a task, a writer, a date) once, and so tears entries apart. Of whole
//! lines it keeps each, once.

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
    /// Its line.
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
    /// Where a forge serves it, where one does.
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
    /// Its line.
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

/// What follows the last dot of the name, as the existing files have it: `gitkeep` for
/// `.gitkeep`, and the whole name where there is no dot.
fn file_type(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit('.').next().unwrap_or(name)
}

/// A commit that was undone.
#[derive(Debug, Clone)]
pub struct RollbackEntry<'a> {
    /// UTC, as in the changelog.
    pub timestamp: &'a str,
    /// The commit that was undone, or gone back to.
    pub commit_sha: &'a str,
    /// The files that changed by it.
    pub paths: &'a [String],
    /// Why.
    pub reason: Option<&'a str>,
}

impl RollbackEntry<'_> {
    /// Its line.
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
