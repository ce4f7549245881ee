//! The large ledgers that were read in full before, by their objects' ids: they need not be
//! parsed again. What is remembered only saves time, so losing it loses nothing.

use crate::context::Context;
use crate::error::Result;
use crate::files::write_whole;
use crate::git::ObjectId;
use crate::ledger::Ledger;
use std::path::PathBuf;

/// The size in bytes from which parsing takes longer than remembering.
const LARGE: usize = 128 << 10;
/// How many are remembered.
const KEPT: usize = 64;

fn file(cx: &Context) -> PathBuf {
    cx.store.git_dir().join("aidf").join("known-ledgers")
}

/// Their ids and paths, one on a line, the newest first.
fn remembered(cx: &Context) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file(cx)).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(id, path)| (id.to_owned(), path.to_owned()))
        .collect()
}

/// The ledger that this object holds, where it was read in full before, or one that it differs
/// little from: others write ledgers too.
pub(super) fn find(cx: &Context, path: &str, id: ObjectId) -> Option<Ledger> {
    let read = |id: ObjectId| {
        let size = cx.store.blob_size(id).ok()?;
        let is_ledger = (LARGE as u64..=crate::yaml::MAX_BYTES as u64).contains(&size);
        is_ledger.then(|| cx.store.read_blob(id).ok()).flatten()
    };
    let (known, name) = (remembered(cx), id.to_string());
    if known.iter().any(|(known, _)| *known == name) {
        return Ledger::read_known(path, read(id)?);
    }
    let (before, _) = known.iter().find(|(_, of)| of == path)?;
    Ledger::read_like(path, read(id)?, &read(ObjectId::parse(before).ok()?)?)
}

/// Reads a ledger in full, for the first time here.
///
/// Errors: as [`Ledger::read`].
pub(super) fn read(path: &str, content: Vec<u8>) -> Result<Ledger> {
    if content.len() < LARGE {
        return Ledger::read(path, Some(&content));
    }
    match Ledger::read_own(path, content) {
        Ok(ledger) => Ok(ledger),
        Err(content) => Ok(Ledger::read(path, Some(&content))?.known_if_plain()),
    }
}

/// Remembers a ledger that is stored under this id, if that saves anything.
pub(super) fn remember(cx: &Context, path: &str, id: ObjectId, ledger: &Ledger) {
    if ledger.size() < LARGE {
        return;
    }
    let (new, known) = ((id.to_string(), path.to_owned()), remembered(cx));
    // One that stays as it is while another grows is used all the same, and comes first again
    // before it is forgotten.
    if known.iter().take(KEPT / 2).any(|other| *other == new) {
        return;
    }
    if !known.contains(&new) && !ledger.is_plain() {
        return;
    }
    let others = known.into_iter().filter(|other| *other != new);
    let kept = [new.clone()].into_iter().chain(others).take(KEPT);
    let lines: String = kept.map(|(id, path)| format!("{id} {path}\n")).collect();
    // What cannot be remembered is read again.
    let _ = write_whole(&file(cx), lines.as_bytes());
}
