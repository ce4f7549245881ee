//! Finds CI workflows that run on pushes to sandboxes: they would run the sandboxes' code
//! with the repository's secrets.

use crate::context::Context;
use crate::error::Result;
use crate::git::CommitId;
use crate::yaml;
use serde_json::Value;

/// A sandbox name to test the branch filters of workflows with.
const SANDBOX: &str = "sandbox-a-b";
const FOLDERS: [&str; 3] = [
    ".github/workflows",
    ".gitea/workflows",
    ".forgejo/workflows",
];

/// A warning for each workflow of the commit `tip` that runs on pushes to sandboxes. The
/// commit must be in the store.
///
/// Errors: not_found, for objects that the store lacks.
pub(super) fn open_to_sandboxes(cx: &Context, tip: Option<CommitId>) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let Some(tip) = tip else {
        return Ok(warnings);
    };
    let tree = cx.store.commit(tip)?.tree;
    for folder in FOLDERS {
        for (path, entry) in cx.store.files_below(tree, folder.as_bytes())? {
            if !entry.mode.is_file() || cx.store.blob_size(entry.id)? > 1 << 20 {
                continue;
            }
            let text = String::from_utf8_lossy(&cx.store.read_blob(entry.id)?).into_owned();
            if runs_on_sandboxes(&text) {
                warnings.push(format!(
                    "the workflow {} runs on pushes to sandbox-*: limit its `on: push:` with `branches:`",
                    String::from_utf8_lossy(&path)
                ));
            }
        }
    }
    let gitlab = cx.store.entry(tree, b".gitlab-ci.yml")?;
    if gitlab.is_some_and(|e| e.mode.is_file()) {
        warnings.push(
            "pipelines of .gitlab-ci.yml run on pushes to sandbox-*, unless its rules leave them out; protected variables are not given to them"
                .to_owned(),
        );
    }
    Ok(warnings)
}

/// Whether a workflow's `on:` matches a push to a sandbox.
fn runs_on_sandboxes(text: &str) -> bool {
    let Ok(workflow) = yaml::read::<Value>(text) else {
        return false;
    };
    // YAML 1.1 reads a bare `on` as true.
    let on = workflow.get("on").or_else(|| workflow.get("true"));
    let push = match on {
        Some(Value::String(event)) => return event == "push",
        Some(Value::Array(events)) => return events.iter().any(|e| e == "push"),
        Some(Value::Object(events)) => match events.get("push") {
            Some(push) => push,
            None => return false,
        },
        _ => return false,
    };
    let globs = |name: &str| -> Option<Vec<&str>> {
        Some(
            push.get(name)?
                .as_array()?
                .iter()
                .filter_map(Value::as_str)
                .collect(),
        )
    };
    let hit = |globs: &[&str]| {
        // A later `!glob` excludes what an earlier glob included.
        globs
            .iter()
            .fold(false, |taken, glob| match glob.strip_prefix('!') {
                Some(out) => taken && !fast_glob::glob_match(out, SANDBOX),
                None => taken || fast_glob::glob_match(glob, SANDBOX),
            })
    };
    match (globs("branches"), globs("branches-ignore")) {
        (Some(branches), _) => hit(&branches),
        (None, Some(ignored)) => !hit(&ignored),
        // With `tags` only, a push to a branch does not match.
        (None, None) => push.get("tags").is_none() && push.get("tags-ignore").is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_that_sandboxes_set_off_is_seen() {
        for text in [
            "on: push\n",
            "on: [pull_request, push]\n",
            "on:\n  push:\n",
            "on:\n  push:\n    branches: ['**']\n",
            "on:\n  push:\n    branches: [main, 'sandbox-*']\n",
            "on:\n  push:\n    branches-ignore: [main]\n",
            "on:\n  push:\n    paths: [src/**]\n",
        ] {
            assert!(runs_on_sandboxes(text), "{text}");
        }
        for text in [
            "on: pull_request\n",
            "on:\n  push:\n    branches: [main, sandbox]\n",
            "on:\n  push:\n    branches: ['**', '!sandbox-*']\n",
            "on:\n  push:\n    branches-ignore: ['sandbox-**']\n",
            "on:\n  push:\n    tags: [v*]\n",
            "on:\n  schedule: []\n",
            "not: [a workflow\n",
        ] {
            assert!(!runs_on_sandboxes(text), "{text}");
        }
    }
}
