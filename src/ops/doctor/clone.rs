//! The clone.

use super::{Findings, Seat, Subject};
use crate::git::{Programs, Store};
use crate::ops::session;

/// Opens the clone, where there is to be one.
pub(super) fn open(seat: &Seat, programs: &Programs, found: &mut Findings) -> Option<Store> {
    const NAME: Subject = Subject::Clone;
    if seat.repo.is_some() {
        found.skip(NAME, "-R needs none");
        return None;
    }
    let opened = match &seat.dir {
        Ok(dir) => Store::open_clone(dir, programs),
        Err(e) => {
            found.failed(NAME, e, "name another folder with -C DIR");
            return None;
        }
    };
    let mend = "run this in a clone, or name one with -C DIR, or a remote with -R URL";
    // It may open, and keep its refs in a way that the installed git does not know.
    match opened.and_then(|store| store.head().map(|_| store)) {
        Ok(store) => {
            let place = store.work_dir().unwrap_or(store.git_dir());
            match session::damaged(&store).first() {
                None => found.ok(NAME, place.display().to_string()),
                Some(path) => found.problem(
                    NAME,
                    format!(
                        "{} is damaged: the sandbox and the token that it remembered are not known",
                        path.display()
                    ),
                    session::MEND,
                ),
            }
            Some(store)
        }
        Err(e) => {
            found.failed(NAME, &e, mend);
            None
        }
    }
}

/// Whether the clone has the whole history.
pub(super) fn history(store: &Store, found: &mut Findings) {
    match store.is_shallow() {
        false => found.ok(Subject::History, "the clone is not shallow"),
        true => found.ok(
            Subject::History,
            "the clone is shallow: older commits are fetched where they are needed",
        ),
    }
}
