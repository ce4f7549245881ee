//! Exports the ledgers of chosen branches as JSON files.

use super::default_branch;
use super::destination::{CopyTo, settings_of};
use super::place::Home;
use super::rotate::{RotateReport, RotateRequest, rotate};
use crate::clock::Period;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::write_whole;
use crate::git::{CommitId, RefName};
use crate::ops::access;
use crate::ops::outcome::Reported;
use crate::ops::snapshot;
use crate::policy::Ledgers;
use crate::secret::Secret;
use crate::yaml;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The name of the files' schema.
pub const SCHEMA: &str = "aidf-ledger-1";

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportRequest {
    /// The branches; if none is named, the default branch.
    pub branches: Vec<String>,
    /// Folders to write to.
    pub out: Vec<PathBuf>,
    /// Whether to write to every folder among the configured destinations too.
    pub to_destinations: bool,
    /// Whether to move old entries of each branch to the archive afterwards.
    pub rotate: Option<Rotation>,
}

/// What to move to the archive after an export.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Entries of this age or older move.
    pub older_than: Period,
    /// The token: a sandbox's, or an operator's for a protected branch.
    #[serde(default)]
    pub reuse_token: Option<Secret>,
    /// Whether to do everything except the push.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was exported.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExportReport {
    /// The repository.
    pub repo_name: String,
    /// One for each ledger of each branch.
    pub exports: Vec<Exported>,
    /// What was moved to the archive, if that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotated: Vec<RotateReport>,
    /// One sentence.
    pub message: String,
}

impl Reported for ExportReport {
    fn verdict(&mut self) -> Result<()> {
        let Some(bad) = self.exports.iter().find(|e| e.error.is_some()) else {
            return Ok(());
        };
        let what = format!("the {} of {} does not parse", bad.ledger.name(), bad.branch);
        Err(Error::new(Kind::Integrity, what)
            .hint("it was exported as it is; fix the file in a reviewed change")
            .caused_by(anyhow::anyhow!(bad.error.clone().unwrap_or_default())))
    }
}

/// One file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Exported {
    /// The branch.
    pub branch: String,
    /// Which ledger.
    pub ledger: LedgerName,
    /// The file.
    pub file: PathBuf,
    /// The number of its entries; none if it does not parse.
    pub entries: Option<usize>,
    /// Why it does not parse.
    pub error: Option<String>,
}

/// Which ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LedgerName {
    /// The log of what was done, entry by entry.
    Changelog,
    /// The list of what the files are for.
    Memory,
    /// The list of what was undone.
    Rollbacks,
}

impl LedgerName {
    /// Its name in reports and file names.
    pub fn name(self) -> &'static str {
        match self {
            LedgerName::Changelog => "changelog",
            LedgerName::Memory => "memory",
            LedgerName::Rollbacks => "rollbacks",
        }
    }
}

/// The content of a file; its fields are written in this order.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    repo_name: &'a str,
    branch: &'a str,
    commit: CommitId,
    ledger: LedgerName,
    path: &'a str,
    entries: Option<serde_json::Value>,
    /// The text of a ledger that does not parse, unchanged.
    raw: Option<String>,
    /// The bytes of a ledger that is not even text, unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_base64: Option<String>,
    error: Option<String>,
}

/// Exports the ledgers of the branches into each folder, as
/// `<folder>/<repo_name>/<branch>/<ledger>.json`.
///
/// Errors: usage, for no folder; not_found, for a branch; internal, for the disk;
/// unavailable. A ledger that does not parse is exported unchanged, and reported.
pub fn export(cx: &Context, request: &ExportRequest) -> Result<ExportReport> {
    let mut folders: Vec<PathBuf> = request.out.iter().map(|o| cx.dir.join(o)).collect();
    if request.to_destinations {
        for place in settings_of(cx)?.destinations {
            if let CopyTo::Bundles {
                home: Home::Dir(dir),
                ..
            } = place
            {
                folders.push(dir);
            }
        }
    }
    if folders.is_empty() {
        return Err(Error::new(
            Kind::Usage,
            "no destination in the configuration is a folder to export to",
        )
        .hint(
            "name a folder with --out DIR, or with `- folder: /PATH` under `backup: destinations:`",
        ));
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
        tips.push(
            standing
                .tip_of(name.short())
                .ok_or_else(|| access::no_branch(cx, name.short()))?,
        );
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
            e.ledger.name(),
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
    let rotations = request.rotate.iter().flat_map(|rotate| {
        let named = request.branches.iter().cloned().map(Some);
        let branches: Vec<Option<String>> = match request.branches.is_empty() {
            true => vec![None],
            false => named.collect(),
        };
        branches.into_iter().map(|branch| RotateRequest {
            branch,
            older_than: rotate.older_than.clone(),
            reuse_token: rotate.reuse_token.clone(),
            dry_run: rotate.dry_run,
        })
    });
    Ok(ExportReport {
        repo_name: cx.repo_name.clone(),
        exports,
        rotated: rotations.map(|r| rotate(cx, &r)).collect::<Result<_>>()?,
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
    let paths = [&ledgers.changelog, &ledgers.memory, &ledgers.rollbacks];
    let paths = paths.into_iter().map(|path| (tree, path.as_bytes()));
    cx.store.ensure_paths(paths, true)?;
    let folder = out.join(&cx.repo_name).join(branch);
    let mut done = Vec::new();
    for (ledger, path) in [
        (LedgerName::Changelog, &ledgers.changelog),
        (LedgerName::Memory, &ledgers.memory),
        (LedgerName::Rollbacks, &ledgers.rollbacks),
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
        let file = folder.join(format!("{}.json", ledger.name()));
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
