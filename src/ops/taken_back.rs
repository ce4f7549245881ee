//! What is done where a server moved some refs of a push that was to move all or none.
//!
//! git's own server does that (as of 2.47): a ref that it refuses before its transaction begins,
//! such as a hidden one (git-config(1), `transfer.hideRefs`), is left out of that, and the others
//! move. A sandbox would be deleted whose archive was not made.

use crate::context::Context;
use crate::error::Error;
use crate::git::{PushOutcome, RefUpdate, Verdict};
use crate::words::shell_word;

/// The updates of a push that landed, where others did not.
pub(super) fn landed_alone(updates: &[RefUpdate], outcome: &PushOutcome) -> Vec<RefUpdate> {
    let each = updates.iter().zip(&outcome.verdicts);
    let moved = each.filter(|(_, verdict)| matches!(verdict, Verdict::Moved));
    let moved: Vec<RefUpdate> = moved.map(|(update, _)| update.clone()).collect();
    match moved.len() == updates.len() {
        true => Vec::new(),
        false => moved,
    }
}

/// Moves the refs back that landed alone. `error` says why the others did not land; its hint
/// then says what came of this.
pub(super) fn take_back(
    cx: &Context,
    landed: &[RefUpdate],
    options: &[String],
    error: Error,
) -> Error {
    let stayed = move_back(cx, landed, options);
    if stayed.is_empty() {
        return error.hint("the server moved the other refs all the same, and aidf moved them back, so nothing has changed; the words above are the server's own");
    }
    let address = shell_word(&cx.remote.address());
    let mends = stayed.iter().map(|update| {
        let [old, new] = [update.old, update.new].map(|id| id.map(|id| id.to_string()));
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let name = &update.name;
        // The lease spares what others have moved since.
        format!("git push --force-with-lease={name}:{new} {address} {old}:{name}")
    });
    let mends: Vec<String> = mends.collect();
    error.hint(format!(
        "the server moved other refs all the same, and they could not be moved back; to do that: {}",
        mends.join("; ")
    ))
}

/// The updates that could not be undone.
fn move_back(cx: &Context, landed: &[RefUpdate], options: &[String]) -> Vec<RefUpdate> {
    cx.progress
        .step("the server moved some refs only: move them back");
    let Ok(connection) = cx.remote.connect() else {
        return landed.to_vec();
    };
    let there = |update: &RefUpdate| connection.advertisement.tip(update.name.as_str());
    let (ours, mut stayed): (Vec<RefUpdate>, Vec<RefUpdate>) = landed
        .iter()
        .cloned()
        .partition(|update| there(update) == update.new);
    // What somebody else has moved since is theirs, unless it is as it was.
    stayed.retain(|update| there(update) != update.old);
    if ours.is_empty() {
        connection.close();
        return stayed;
    }
    let back: Vec<RefUpdate> = ours
        .iter()
        .map(|update| RefUpdate {
            name: update.name.clone(),
            old: update.new,
            new: update.old,
        })
        .collect();
    match cx.remote.push(connection, &cx.store, &back, &[], options) {
        Ok(outcome) => {
            let each = ours.into_iter().zip(outcome.verdicts);
            let left = each.filter(|(_, verdict)| !matches!(verdict, Verdict::Moved));
            stayed.extend(left.map(|(update, _)| update));
        }
        Err(_) => stayed.extend(ours),
    }
    stayed
}
