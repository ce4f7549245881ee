//! What this machine has: settings, git, keys, the journal.

use super::{Findings, Seat, Subject};
use crate::config::{Config, ConfigFile, Flags, Folders, Trust};
use crate::environment::Environment;
use crate::git::{OLDEST_GIT, Programs, git_version, numbers_of};
use crate::journal::Journal;
use crate::journal::chain::FaultKind;
use crate::keys::{KeyRing, KeyState};
use crate::ops::key;
use crate::words;
use std::path::Path;

/// The settings in force; where they have a mistake, those that hold without the file, and
/// at last those that hold without anything.
pub(super) fn configuration(
    seat: &Seat,
    environment: &Environment,
    found: &mut Findings,
) -> Option<Config> {
    const NAME: Subject = Subject::Configuration;
    let folders = match &seat.folders {
        Ok(folders) => folders.clone(),
        Err(_) => nowhere(),
    };
    let file = Config::place(&seat.flags, environment, &folders);
    let resolved = Config::resolve(&seat.flags, environment, folders.clone());
    match (&resolved, &seat.folders, file) {
        (Err(e), ..) => found.failed(NAME, e, "mend the configuration"),
        (Ok(_), Err(e), _) => found.failed(NAME, e, "set HOME"),
        (Ok(_), Ok(_), Some(file)) => found.ok(NAME, file.display().to_string()),
        (Ok(_), Ok(_), None) => found.ok(NAME, "no file: the defaults hold"),
    }
    let without = |flags: &Flags, environment: &Environment| {
        Config::of(ConfigFile::default(), flags, environment, folders.clone())
    };
    resolved
        .or_else(|_| without(&seat.flags, environment))
        .or_else(|_| without(&Flags::default(), &Environment::default()))
        .ok()
}

/// Folders in which nothing can be, for a user who has none.
fn nowhere() -> Folders {
    let nothing = Path::new(if cfg!(windows) { "NUL" } else { "/dev/null" });
    Folders {
        config: nothing.join("config"),
        cache: nothing.join("cache"),
        state: nothing.join("state"),
    }
}

/// Whether git is there, and new enough.
pub(super) fn git(programs: &Programs, found: &mut Findings) {
    const NAME: Subject = Subject::Git;
    let (major, minor) = OLDEST_GIT;
    let install = format!("install git {major}.{minor} or newer, and see that PATH has it");
    match git_version(programs).map(|v| (numbers_of(&v), v)) {
        Err(e) => found.problem(NAME, e.in_full(), install),
        Ok((None, version)) => {
            found.unknown(NAME, format!("git calls itself `{version}`"), Some(&install));
        }
        Ok((Some(numbers), version)) if numbers < OLDEST_GIT => found.warning(
            NAME,
            format!(
                "git {version} is too old to commit files that attributes convert, such as those of git-lfs"
            ),
            install,
        ),
        Ok((Some(_), version)) => found.ok(NAME, format!("git {version}")),
    }
}

/// The keys, where they can be read.
pub(super) fn key_ring(config: &Config, has_home: bool, found: &mut Findings) -> KeyRing {
    const NAME: Subject = Subject::KeyRing;
    let ring = config.keys.ring.display();
    let shown = match key::show(&config.keys) {
        Ok(shown) => shown,
        Err(e) => {
            let mend = format!("copy the operator's key ring to {ring}, with mode 600");
            found.failed(NAME, &e, &mend);
            return KeyRing::default();
        }
    };
    let from = match &shown.file {
        Some(file) => file.display().to_string(),
        None => "AIDF_KEY".to_owned(),
    };
    let active = shown.keys.iter().find(|k| k.state == KeyState::Active);
    let mend = format!(
        "the first sandbox makes one: aidf sandbox init; where others have a ring already, copy it to {ring}, with mode 600"
    );
    match (active, shown.keys.len(), config.trust) {
        (Some(key), n, _) => found.ok(
            NAME,
            format!(
                "{} is active; {} in {from}",
                key.key_id,
                words::count(n, "key", "keys")
            ),
        ),
        (None, 1.., _) => found.problem(
            NAME,
            format!("no key in {from} seals tokens"),
            "make one: aidf key rotate",
        ),
        (None, 0, _) if !has_home => found.unknown(
            NAME,
            "there is no home folder to look for it in",
            Some("set HOME, or name the file with AIDF_KEY_FILE"),
        ),
        (None, 0, Some(Trust::Holder)) => {
            found.ok(NAME, "none, and `trust: holder` says that none is needed");
        }
        (None, 0, Some(Trust::Broker)) => found.problem(
            NAME,
            "there is no key, and `trust: broker` says that tokens are judged here",
            mend,
        ),
        (None, 0, None) => found.warning(
            NAME,
            "there is no key here, so no token can be opened",
            mend,
        ),
    }
    KeyRing::load(&config.keys).unwrap_or_default()
}

/// The chain of the journal.
pub(super) fn journal(config: &Config, has_home: bool, keys: &KeyRing, found: &mut Findings) {
    const NAME: Subject = Subject::Journal;
    if !has_home {
        return found.unknown(
            NAME,
            "there is no home folder to look for it in",
            Some("set HOME"),
        );
    }
    let journal = Journal::new(config.folders.journal());
    let path = journal.path().display();
    let checked = match journal.check(keys, |_| {}) {
        Ok(checked) => checked,
        Err(e) => {
            let seen = format!("{path} cannot be read: {e}");
            return found.problem(NAME, seen, "see who owns it, and what it is");
        }
    };
    let lines = words::count(checked.lines, "line", "lines");
    let mend = "see each of them: aidf audit verify; what is missing may be in the backups of this machine";
    match checked.faults.first() {
        None if checked.lines == 0 => found.ok(NAME, "nothing was written from here yet"),
        None => found.ok(
            NAME,
            format!("{lines}, one chain; its end is for audit verify"),
        ),
        Some(first) => {
            let seen = format!(
                "{} in {lines} of {path}; line {}: {}",
                words::count(checked.faults.len(), "fault", "faults"),
                first.line,
                first.detail
            );
            // A crash tears a line, and takes nothing away but that.
            match checked.faults.iter().all(|f| f.fault == FaultKind::Torn) {
                true => found.warning(NAME, seen, mend),
                false => found.problem(NAME, seen, mend),
            }
        }
    }
}
