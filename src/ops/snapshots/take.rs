//! Takes a snapshot.

use super::{Place, texts};
use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Person, Present};
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Snapshots that one second may have.
const MOST_A_SECOND: u32 = 1000;

/// How a snapshot is taken.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TakeRequest {
    /// What it is for.
    pub message: Option<String>,
}

/// The snapshot.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakeReport {
    /// Its name.
    pub snapshot: String,
    /// Its commit.
    pub commit: CommitId,
    /// The commit that HEAD names; none before the first one.
    pub head: Option<CommitId>,
    /// How many files differ from HEAD.
    pub files: usize,
    /// Whether the newest snapshot holds the same already: then none was made.
    pub unchanged: bool,
    /// The files that cannot be saved: the snapshot has them as HEAD has them.
    pub left_out: Vec<String>,
    /// One sentence.
    pub message: String,
}

impl Reported for TakeReport {}

/// Saves the working tree: the tracked files, and the untracked ones that git does not ignore.
///
/// Errors: denied, for a filter that may not be run; unavailable, without git; internal.
pub fn take(place: &Place, request: &TakeRequest) -> Result<TakeReport> {
    let present = place.present()?;
    let taken = of(place, &present, request.message.as_deref())?;
    let files = place.changed_files(present.tree, taken.head)?;
    let told = words::count(files, "file differs", "files differ");
    let message = match taken.unchanged {
        true => format!("nothing changed since snapshot {}", taken.name),
        false => format!(
            "saved the working tree as snapshot {}; {told} from HEAD",
            taken.name
        ),
    };
    Ok(TakeReport {
        snapshot: taken.name,
        commit: taken.commit,
        head: taken.head,
        files,
        unchanged: taken.unchanged,
        left_out: texts(&present.unread),
        message,
    })
}

/// A snapshot that is there now.
pub(super) struct Taken {
    /// Its name.
    pub name: String,
    commit: CommitId,
    head: Option<CommitId>,
    unchanged: bool,
}

/// Makes a snapshot of what was read, unless the newest one holds the same.
pub(super) fn of(place: &Place, present: &Present, message: Option<&str>) -> Result<Taken> {
    let store = &place.store;
    let head = store.head()?;
    let newest = place.saved()?.into_iter().next();
    // The names order them: a clock that went back must not make this one the older.
    let named = match newest.as_ref().map(|newest| newest.order.0) {
        Some(last) if last > place.now.seconds() => Moment::from_seconds(last + 1),
        _ => place.now,
    };
    if let Some(newest) = newest {
        let before = store.commit(newest.commit)?;
        if before.tree == present.tree && before.parents.first() == head.as_ref() {
            return Ok(Taken {
                name: newest.name,
                commit: newest.commit,
                head,
                unchanged: true,
            });
        }
    }
    let given = message.map(str::trim).filter(|m| !m.is_empty());
    let message = format!("{}\n", given.unwrap_or("Save the working tree"));
    // Nobody's name is needed: a snapshot leaves this machine with nobody.
    let who = Person {
        name: "aidf".to_owned(),
        email: "aidf@snapshot.invalid".to_owned(),
    };
    let parents: Vec<CommitId> = head.into_iter().collect();
    let time = place.now.seconds();
    let mut draft = store.draft();
    let commit = draft.commit(present.tree, &parents, &who, time, &message, |_| None)?;
    let prefix = place.prefix();
    let stamp = named.compact();
    for number in 1..=MOST_A_SECOND {
        let name = match number {
            1 => stamp.clone(),
            n => format!("{stamp}-{n}"),
        };
        if store.create_ref(&format!("{prefix}{name}"), commit)? {
            return Ok(Taken {
                name,
                commit,
                head,
                unchanged: false,
            });
        }
    }
    Err(Error::new(
        Kind::Unavailable,
        format!("{MOST_A_SECOND} snapshots of this second are there already"),
    )
    .hint("try again"))
}
