//! The ledgers of chosen branches as JSON files.

use super::default_branch;
use super::destination::{Place, settings_of};
use super::rotate::RotateReport;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::{CommitId, RefName};
use crate::ops::snapshot;
use crate::policy::Ledgers;
use crate::yaml;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The name of the files' schema.
pub const SCHEMA: &str = "aidf-ledger-1";

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct ExportRequest {
    /// The branches; the default one where none is named.
    pub branches: Vec<String>,
    /// Folders to write to.
    pub out: Vec<PathBuf>,
    /// Also to every folder among the configured destinations.
    pub to_destinations: bool,
}

/// What was exported.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The repository.
    pub repo_name: String,
    /// One for each ledger of each branch.
    pub exports: Vec<Exported>,
    /// What was moved to the archive, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rotated: Vec<RotateReport>,
    /// One sentence.
    pub message: String,
}

/// One file.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// The branch.
    pub branch: String,
    /// Which ledger.
    pub ledger: &'static str,
    /// The file.
    pub file: PathBuf,
    /// Its entries; none where it does not parse.
    pub entries: Option<usize>,
    /// Why it does not.
    pub error: Option<String>,
}

/// A file's content, in this order.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    repo_name: &'a str,
    branch: &'a str,
    commit: CommitId,
    ledger: &'static str,
    path: &'a str,
    entries: Option<serde_json::Value>,
    /// The text as it is, of a ledger that does not parse.
    raw: Option<String>,
    /// The bytes as they are, of one that is not even text.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_base64: Option<String>,
    error: Option<String>,
}

/// Exports the ledgers of the branches below each folder, as
/// `<folder>/<repo_name>/<branch>/<ledger>.json`.
///
/// Errors: usage, for no folder; not_found for a branch; internal for the disk;
/// unavailable. A ledger that does not parse is exported as it is, and reported.
pub fn export(cx: &Context, request: &ExportRequest) -> Result<ExportReport> {
    let mut folders: Vec<PathBuf> = request.out.iter().map(|o| cx.dir.join(o)).collect();
    if request.to_destinations {
        for place in settings_of(cx)?.destinations {
            if let Place::Folder { dir, .. } = place {
                folders.push(dir);
            }
        }
    }
    if folders.is_empty() {
        return Err(Error::new(
            Kind::Usage,
            "no destination of the configuration is a folder to export to",
        )
        .hint("name one with --out DIR, or `- folder: /PATH` under `backup: destinations:`"));
    }
    let branches = match request.branches.is_empty() {
        true => vec![default_branch(cx)?],
        false => request.branches.clone(),
    };
    let names = branches
        .iter()
        .map(|b| RefName::branch(b))
        .collect::<Result<Vec<_>>>()?;
    let standing = snapshot::standing(cx)?;
    let mut tips = Vec::new();
    for name in &names {
        tips.push(standing.tip_of(name.short()).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("{} has no branch {}", cx.remote.address(), name.short()),
            )
        })?);
    }
    cx.remote.fetch(&cx.store, &tips, false, &*cx.progress)?;
    let policy = standing.policy(cx);
    let mut exports = Vec::new();
    for (name, tip) in names.iter().zip(tips) {
        for out in &folders {
            exports.extend(one_branch(cx, name.short(), tip, policy.ledgers(), out)?);
        }
    }
    let bad = exports.iter().filter(|e| e.error.is_some()).count();
    for e in exports.iter().filter(|e| e.error.is_some()) {
        cx.warn(format!(
            "the {} of {} does not parse and was exported as it is: {}",
            e.ledger,
            e.branch,
            e.error.as_deref().unwrap_or("")
        ));
    }
    let message = format!(
        "exported {} ledgers to {}{}",
        exports.len(),
        folders
            .iter()
            .map(|f| f.display().to_string())
            .collect::<Vec<_>>()
            .join(", "),
        if bad > 0 {
            format!("; {bad} do not parse")
        } else {
            String::new()
        }
    );
    Ok(ExportReport {
        repo_name: cx.repo_name.clone(),
        exports,
        rotated: Vec::new(),
        message,
    })
}

fn one_branch(
    cx: &Context,
    branch: &str,
    tip: CommitId,
    ledgers: &Ledgers,
    out: &Path,
) -> Result<Vec<Exported>> {
    let tree = cx.store.commit(tip)?.tree;
    let folder = out.join(&cx.repo_name).join(branch);
    let mut done = Vec::new();
    for (ledger, path) in [
        ("changelog", &ledgers.changelog),
        ("memory", &ledgers.memory),
        ("rollbacks", &ledgers.rollbacks),
    ] {
        let Some(entry) = cx
            .store
            .entry(tree, path.as_bytes())?
            .filter(|e| e.mode.is_file())
        else {
            continue;
        };
        let bytes = cx.store.read_blob(entry.id)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let is_text = std::str::from_utf8(&bytes).is_ok();
        let parsed = match (is_text, text.trim().is_empty()) {
            (false, _) => Err("it is not UTF-8".to_owned()),
            (_, true) => Ok(Vec::new()),
            _ => yaml::read::<Option<Vec<serde_json::Value>>>(&text).map(Option::unwrap_or_default),
        };
        let (entries, error) = match parsed {
            Ok(list) => (Some(list), None),
            Err(why) => (None, Some(why)),
        };
        let count = entries.as_ref().map(Vec::len);
        let document = Document {
            schema: SCHEMA,
            repo_name: &cx.repo_name,
            branch,
            commit: tip,
            ledger,
            path,
            raw_base64: (!is_text).then(|| STANDARD.encode(&bytes)),
            raw: (error.is_some() && is_text).then_some(text),
            entries: entries.map(serde_json::Value::Array),
            error: error.clone(),
        };
        let file = folder.join(format!("{ledger}.json"));
        write(&file, &document)?;
        done.push(Exported {
            branch: branch.to_owned(),
            ledger,
            file,
            entries: count,
            error,
        });
    }
    Ok(done)
}

fn write(file: &Path, document: &Document<'_>) -> Result<()> {
    let failed = || format!("{} cannot be written", file.display());
    let mut text = serde_json::to_vec_pretty(document).or_fail(Kind::Internal, failed)?;
    text.push(b'\n');
    write_whole(file, &text).or_fail(Kind::Internal, failed)
}
