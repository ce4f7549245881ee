//! The entries that aidf appends, with the fields and forms that the existing files have.

use crate::yaml::{optional, scalar};

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
    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        vec![
            format!("timestamp: {}", scalar(self.timestamp)),
            format!("path: {}", scalar(self.path)),
            format!("task_id: {}", optional(self.task_id)),
            format!("committed_by: {}", scalar(self.committed_by)),
            format!("message: {}", scalar(self.message)),
        ]
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
    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("path: {}", scalar(self.path))];
        if let Some(url) = self.raw_url {
            lines.push(format!("raw_url: {}", scalar(url)));
        }
        lines.push(format!("file_type: {}", scalar(file_type(self.path))));
        lines.push(format!("description: {}", scalar(self.description)));
        if self.tags.is_empty() {
            lines.push("tags: []".to_owned());
        } else {
            lines.push("tags:".to_owned());
            lines.extend(self.tags.iter().map(|t| format!("- {}", scalar(t))));
        }
        lines.push(format!("last_updated: {}", scalar(self.last_updated)));
        lines.push(format!("pod_owner: {}", scalar(self.pod_owner)));
        lines
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
    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("timestamp: {}", scalar(self.timestamp)),
            format!("commit_sha: {}", scalar(self.commit_sha)),
        ];
        if self.paths.is_empty() {
            lines.push("paths: []".to_owned());
        } else {
            lines.push("paths:".to_owned());
            lines.extend(self.paths.iter().map(|p| format!("- {}", scalar(p))));
        }
        lines.push(format!("reason: {}", optional(self.reason)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_look_like_those_that_exist() {
        let entry = ChangelogEntry {
            timestamp: "2025-05-02T11:34:49.408872",
            path: "project/task.yaml",
            task_id: None,
            committed_by: "QAPod",
            message: "Append output file",
        };
        assert_eq!(
            entry.lines().join("\n"),
            "timestamp: '2025-05-02T11:34:49.408872'\npath: project/task.yaml\ntask_id: null\ncommitted_by: QAPod\nmessage: Append output file"
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
