//! Looks at all that aidf needs to work from here, and says of each what is wrong with it
//! and how to mend it. Nothing is written and nothing is pushed; the remote is asked on one
//! connection.
//!
//! A check that cannot be made is told as such, and never keeps the others from being made.
//! So no [`Context`](crate::context::Context) comes in: each part of one is opened here, and
//! a part that cannot be opened is a finding.

mod base;
mod clone;
mod leftovers;
mod machine;
mod names;
mod remote;
mod times;

use super::outcome::Reported;
use crate::clock::Moment;
use crate::config::{Config, Flags, Folders};
use crate::context::{self, Caller};
use crate::error::{Error, Kind, Result};
use crate::git::{Remote, Store};
use crate::keys::KeyRing;
use crate::token::redact;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where to look, as the front end was told.
pub struct Seat {
    /// What the flags of every command say.
    pub flags: Flags,
    /// The user's folders, or why there are none.
    pub folders: Result<Folders>,
    /// The folder that the clone is looked for in, or why it cannot be used.
    pub dir: Result<PathBuf>,
    /// A remote's address, to look at that without a clone.
    pub repo: Option<String>,
    /// Which remote of the clone; none for `origin`, or else the only one.
    pub remote: Option<String>,
    /// Whether ssh and credential helpers may ask questions.
    pub interactive: bool,
    /// The program that a server's hook would run.
    pub program: Option<PathBuf>,
    /// The present.
    pub now: Moment,
}

/// What was looked at, and how it stands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The repository; none where no remote is known.
    pub repo_name: Option<String>,
    /// The remote's address, without any password.
    pub remote: Option<String>,
    /// Every check, once.
    pub checks: Vec<Check>,
    /// How many of them found a problem.
    pub problems: usize,
    /// One sentence.
    pub message: String,
}

/// How one thing stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was looked at.
    pub name: Subject,
    /// How it stands.
    pub state: State,
    /// What was seen, in one sentence.
    pub seen: String,
    /// How to mend it: a command, or a sentence.
    pub mend: Option<String>,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// Something does not work.
    Problem,
    /// Nobody can tell from here.
    Unknown,
    /// It makes no sense here, or what it needs is not there.
    Skipped,
}

macro_rules! subjects {
    ($($(#[$doc:meta])* $variant:ident: $name:literal,)*) => {
        /// What is looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Subject { $($(#[$doc])* $variant,)* }

        impl Subject {
            /// All of them, in the order in which they are told.
            pub const ALL: &[Subject] = &[$(Subject::$variant,)*];

            /// The name that people read.
            pub fn name(self) -> &'static str {
                match self { $(Subject::$variant => $name,)* }
            }
        }
    };
}

subjects! {
    /// The operator's settings.
    Configuration: "configuration",
    /// The program git.
    Git: "git",
    /// The keys that open tokens.
    KeyRing: "key ring",
    /// This machine's journal.
    Journal: "journal",
    /// The clone.
    Clone: "clone",
    /// Whether the clone has the whole history.
    History: "history",
    /// What runs that were cut off have left in the clone.
    Leftovers: "leftovers",
    /// The program that reaches the remote by ssh.
    Ssh: "ssh",
    /// The remote.
    Remote: "remote",
    /// Which login the remote took.
    Credentials: "credentials",
    /// The branch that the remote's HEAD names.
    DefaultBranch: "default branch",
    /// The branch that sandboxes fork from.
    Base: "base",
    /// The repository's identity.
    Identity: "identity",
    /// Branches whose names are in the way of aidf's own.
    BranchNames: "branch names",
    /// The age of the newest backup.
    Backups: "backups",
    /// The policy of the base.
    Policy: "policy",
    /// The ledgers of the base.
    Ledgers: "ledgers",
    /// What `.gitattributes` says of the ledgers.
    Attributes: "attributes",
    /// The rules that the server enforces.
    Protection: "protection",
    /// The time, here and there.
    Clock: "clock",
}

impl Reported for Report {
    fn verdict(&mut self) -> Result<()> {
        match self.problems {
            0 => Ok(()),
            _ => Err(Error::new(Kind::Findings, self.message.clone())
                .hint("mend them from the top down, and look again: aidf doctor")),
        }
    }
}

/// Looks at everything.
pub fn examine(seat: &Seat, caller: Caller) -> Report {
    let mut found = Findings::default();
    let place = look(seat, caller, &mut found);
    // Each way out of `look` says why; this is for the one that somebody forgets.
    found.skip_rest("it was not looked at");
    let count = |state| found.checks.iter().filter(|c| c.state == state).count();
    let problems = count(State::Problem);
    Report {
        repo_name: place.as_ref().map(|p| p.repo_name.clone()),
        remote: place.map(|p| p.address),
        message: sentence(problems, count(State::Warning), count(State::Unknown)),
        problems,
        checks: found.in_order(),
    }
}

/// Where the remote is.
struct Place {
    repo_name: String,
    address: String,
}

/// Makes the checks in order; gives the remote's place where it is known.
fn look(seat: &Seat, caller: Caller, found: &mut Findings) -> Option<Place> {
    let Some(config) = machine::configuration(seat, &caller.environment, found) else {
        found.skip_rest("there are no settings to work with");
        return None;
    };
    let programs = caller.programs(&config, false);
    machine::git(&programs, found);
    let keys = machine::key_ring(&config, seat.folders.is_ok(), found);
    machine::journal(&config, seat.folders.is_ok(), &keys, found);
    let clone = clone::open(seat, &programs, found);
    if let Some(store) = &clone {
        clone::history(store, found);
        leftovers::look(store, seat.now, found);
    } else {
        for subject in [Subject::History, Subject::Leftovers] {
            found.skip(subject, "there is no clone to look at");
        }
    }
    let Some(remote) = remote::find(seat, &config, &caller, clone.as_ref(), found) else {
        found.skip_rest("there is no remote to look at");
        return None;
    };
    let place = Place {
        repo_name: remote.repo_name(),
        address: remote.address(),
    };
    remote::ssh(&remote, &caller.environment, found);
    let Some(listed) = remote::listed(&remote, &*caller.progress, found) else {
        found.skip_rest("the remote told nothing");
        return Some(place);
    };
    let lender = clone.or_else(|| {
        // The cache is used as it is: opening it the usual way would make it.
        Store::open_server(&context::cache_of(&config, &remote), &programs).ok()
    });
    let opened = Opened {
        config,
        keys,
        lender,
        remote,
    };
    remote::refs(&opened, &listed, found);
    base::look(seat, opened, listed, caller, found);
    Some(place)
}

/// What could be opened.
struct Opened {
    config: Config,
    keys: KeyRing,
    /// The clone, or else the private cache of the remote: it need not have what the remote
    /// has by now.
    lender: Option<Store>,
    remote: Remote,
}

fn sentence(problems: usize, warnings: usize, unknown: usize) -> String {
    let mut parts = Vec::new();
    if warnings > 0 {
        parts.push(words::count(warnings, "warning", "warnings"));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} unknown"));
    }
    let rest = match parts.is_empty() {
        true => String::new(),
        false => format!("; {}", parts.join(", ")),
    };
    match problems {
        0 => format!("no problem was found{rest}"),
        n => format!(
            "{} found{rest}",
            words::count(n, "problem was", "problems were")
        ),
    }
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    checks: Vec<Check>,
}

impl Findings {
    fn add(&mut self, name: Subject, state: State, seen: &str, mend: Option<&str>) {
        // A token may have been typed in another thing's place.
        self.checks.push(Check {
            name,
            state,
            seen: redact(seen).into_owned(),
            mend: mend.map(|m| redact(m).into_owned()),
        });
    }

    fn ok(&mut self, name: Subject, seen: impl AsRef<str>) {
        self.add(name, State::Ok, seen.as_ref(), None);
    }

    fn warning(&mut self, name: Subject, seen: impl AsRef<str>, mend: impl AsRef<str>) {
        self.add(name, State::Warning, seen.as_ref(), Some(mend.as_ref()));
    }

    fn problem(&mut self, name: Subject, seen: impl AsRef<str>, mend: impl AsRef<str>) {
        self.add(name, State::Problem, seen.as_ref(), Some(mend.as_ref()));
    }

    fn unknown(&mut self, name: Subject, seen: impl AsRef<str>, mend: Option<&str>) {
        self.add(name, State::Unknown, seen.as_ref(), mend);
    }

    fn skip(&mut self, name: Subject, why: impl AsRef<str>) {
        self.add(name, State::Skipped, why.as_ref(), None);
    }

    /// A problem that an error tells, with what to do if the error does not say it.
    fn failed(&mut self, name: Subject, error: &Error, mend: &str) {
        self.problem(name, error.in_full(), error.hint_text().unwrap_or(mend));
    }

    /// Skips everything that was not told of yet.
    fn skip_rest(&mut self, why: &str) {
        for name in Subject::ALL {
            if !self.checks.iter().any(|c| c.name == *name) {
                self.skip(*name, why);
            }
        }
    }

    /// Every check, in the order of [`Subject::ALL`].
    fn in_order(mut self) -> Vec<Check> {
        self.checks.sort_by_key(|c| c.name as usize);
        self.checks
    }
}
