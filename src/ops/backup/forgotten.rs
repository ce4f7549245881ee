//! Removes backups that an operator names, and what the manifest says of them.

use super::gone_of;
use super::manifest::{self, Manifest};
use crate::backup_manifest;
use crate::backup_name;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RefName, RefUpdate};
use crate::ops::one_by_one;
use crate::ops::publish::{Objects, Plan, Push};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What was removed, or would be.
#[derive(Debug, Default)]
pub(super) struct Forgotten {
    /// The backups.
    pub removed: Vec<String>,
    /// Those that were gone already, and of which the manifest still spoke.
    pub entries: Vec<String>,
}

/// Removes these backups and no other one, whatever the rules say. Each may be named with or
/// without `backup/`. The server decides who may do it, as with any removal.
///
/// Errors: not_found, for a name that neither a backup nor the manifest has; denied, by the
/// server; unavailable.
pub(super) fn forget(cx: &Context, names: &[String], dry_run: bool) -> Result<Forgotten> {
    let full = |name: &String| match name.starts_with(backup_name::PREFIX) {
        true => name.clone(),
        false => format!("{}{name}", backup_name::PREFIX),
    };
    let names: BTreeSet<String> = names.iter().map(full).collect();
    // Delete only the commit that was looked at.
    let mut looked_at: BTreeMap<String, CommitId> = BTreeMap::new();
    let (mut moved, mut entries) = (Vec::new(), BTreeSet::new());
    let result = one_by_one::publish(cx, &mut moved, |attempt, moved| {
        let tip = attempt.advertisement.tip(backup_manifest::REF);
        let manifest = Manifest::at(cx, cx.keys(), tip, None)?;
        // One without a date too: nothing else removes it.
        let there: BTreeMap<&str, CommitId> = attempt
            .advertisement
            .under(backup_name::REFS)
            .filter_map(|(name, commit)| Some((name.strip_prefix("refs/heads/")?, commit)))
            .collect();
        let mut updates = Vec::new();
        for name in &names {
            let is_moved = moved.iter().any(|update| update.name.short() == name);
            match there.get(name.as_str()) {
                Some(commit) => updates.push(RefUpdate {
                    name: RefName::branch(name)?,
                    old: Some(*looked_at.entry(name.clone()).or_insert(*commit)),
                    new: None,
                }),
                None if is_moved || looked_at.contains_key(name) => {}
                None if manifest.speaks_of(name) => drop(entries.insert(name.clone())),
                None if entries.contains(name) => {}
                None => {
                    return Err(Error::new(
                        Kind::NotFound,
                        format!(
                            "there is no backup {name}, and the manifest has none of that name"
                        ),
                    )
                    .hint("see them with `aidf backup list` and `aidf backup verify`"));
                }
            }
        }
        let report: Vec<String> = updates
            .iter()
            .map(|update| update.name.short().to_owned())
            .collect();
        if dry_run {
            return Ok(Plan::Nothing(report));
        }
        let gone: HashSet<&str> = names.iter().map(String::as_str).collect();
        let objects = manifest.update_beside(cx, cx.keys(), (&[], &gone), attempt, &mut updates)?;
        Ok(Plan::push_if_any(Push {
            updates,
            objects: Objects::These(objects),
            token: cx.config.environment_token.clone(),
            report,
        }))
    });
    manifest::remember(cx, &moved);
    let gone = gone_of(&moved);
    if !gone.is_empty() {
        let done = format!("removed {} by name: {}", gone.len(), gone.join(" "));
        cx.record("backup prune", None, None, Ok(&done));
    }
    let would = result.inspect_err(|e| cx.record("backup prune", None, None, Err(e)))?;
    let entries: Vec<String> = entries.into_iter().collect();
    if !entries.is_empty() && !dry_run {
        let done = format!("forgot what is gone: {}", entries.join(" "));
        cx.record("backup prune", None, None, Ok(&done));
    }
    Ok(Forgotten {
        removed: if dry_run { would } else { gone },
        entries,
    })
}
