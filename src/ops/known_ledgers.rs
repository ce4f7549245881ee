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

/// The ids, one on a line, the newest first.
fn ids(cx: &Context) -> Vec<String> {
    let text = std::fs::read_to_string(file(cx)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The ledger of this content, where an object of its id was read in full before.
pub(super) fn find(cx: &Context, path: &str, id: ObjectId, content: &[u8]) -> Option<Ledger> {
    let known = content.len() >= LARGE && ids(cx).contains(&id.to_string());
    known.then(|| Ledger::read_known(path, content)).flatten()
}

/// Remembers a ledger of this text that is written under this id, if that saves anything.
pub(super) fn remember(cx: &Context, id: ObjectId, ledger: &Ledger, text: &str) {
    if text.len() < LARGE || !ledger.is_plain() {
        return;
    }
    let id = id.to_string();
    let others = ids(cx).into_iter().filter(|other| *other != id);
    let kept: Vec<String> = [id.clone()].into_iter().chain(others).take(KEPT).collect();
    // What cannot be remembered is read again.
    let _ = write_whole(&file(cx), format!("{}\n", kept.join("\n")).as_bytes());
}
