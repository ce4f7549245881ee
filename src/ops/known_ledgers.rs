//! The large ledgers that were read in full before, by their objects' ids: they need not be
//! parsed again. What is remembered only saves time, so losing it loses nothing.

use crate::context::Context;
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

/// The ledger of this content, where an object of its id was read in full before, or one
/// that it differs little from: others write ledgers too.
pub(super) fn find(cx: &Context, path: &str, id: ObjectId, content: &[u8]) -> Option<Ledger> {
    if content.len() < LARGE {
        return None;
    }
    let (known, id) = (remembered(cx), id.to_string());
    if known.iter().any(|(known, _)| *known == id) {
        return Ledger::read_known(path, content);
    }
    let (before, _) = known.iter().find(|(_, of)| of == path)?;
    let before = ObjectId::parse(before).ok()?;
    let size = cx.store.blob_size(before).ok()?;
    if size > crate::yaml::MAX_BYTES as u64 {
        return None;
    }
    Ledger::read_like(path, content, &cx.store.read_blob(before).ok()?)
}

/// Remembers a ledger of this text that is written under this id, if that saves anything.
pub(super) fn remember(cx: &Context, path: &str, id: ObjectId, ledger: &Ledger, text: &str) {
    if text.len() < LARGE || !ledger.is_plain() {
        return;
    }
    let new = (id.to_string(), path.to_owned());
    let others = remembered(cx).into_iter().filter(|other| *other != new);
    let kept = [new.clone()].into_iter().chain(others).take(KEPT);
    let lines: String = kept.map(|(id, path)| format!("{id} {path}\n")).collect();
    // What cannot be remembered is read again.
    let _ = write_whole(&file(cx), lines.as_bytes());
}
