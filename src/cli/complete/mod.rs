//! Completion of a command line as it is typed. A shell's script (`aidf completions SHELL`)
//! calls `COMPLETE=SHELL aidf -- WORD…`, and this prints what the last word may become.
//!
//! Somebody is typing: the answer comes from what this machine knows, and it is given in
//! silence. Whatever is broken, there is no message, and the exit code is 0.

mod shells;
mod typed;

use super::ui::{ColorChoice, Settings, Ui, visible};
use super::{Global, caller};
use aidf::clock::Moment;
use aidf::context::Context;
use aidf::error::{Error, Kind, Result};
use aidf::ops::candidates::{self, Candidate, Wanted};
use aidf::ops::snapshots::Place;
use clap_complete::Shell;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use typed::Typed;

/// The variable by which a shell's script asks, as those of other programs with clap do.
const VARIABLE: &str = "COMPLETE";

/// Answers a shell that asks what may come next; false for any other call.
///
/// A variable of that name may be set for another program: a command with arguments of its
/// own is carried out all the same.
pub fn answered() -> bool {
    let Some(name) = std::env::var_os(VARIABLE) else {
        return false;
    };
    let Some(shell) = shells::find(&name) else {
        return false;
    };
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_default();
    let text = match words.next() {
        None => shells::registration(shell, &path_of(&program)),
        Some(word) if word == "--" => {
            // A fault in here must not spoil the line that is typed.
            std::panic::set_hook(Box::new(|_| std::process::exit(0)));
            shells::answer(shell, words.collect())
        }
        Some(_) => return false,
    };
    // A shell that asked for nothing more reads nothing.
    let _ = silent().stdout(&text);
    true
}

/// The script that makes a shell ask.
pub fn script(shell: Shell) -> Result<Vec<u8>> {
    let name = shell.to_string();
    let found = shells::find(OsStr::new(&name));
    let found = found.ok_or_else(|| Error::new(Kind::Usage, format!("unknown shell {name}")))?;
    Ok(shells::registration(found, super::NAME))
}

/// The program as a script has to call it.
fn path_of(program: &OsStr) -> String {
    let path = Path::new(program);
    let whole = match path.components().count() {
        // The shell finds it.
        0 | 1 => None,
        _ => std::path::absolute(path).ok(),
    };
    let path = whole.as_deref().unwrap_or(path);
    path.to_string_lossy().into_owned()
}

fn silent() -> Ui {
    Ui::new(Settings {
        json: false,
        quiet: true,
        verbose: false,
        color: ColorChoice::Never,
        no_input: true,
        yes: false,
    })
}

/// Branches.
pub fn branches() -> ArgValueCompleter {
    of_repository(Wanted::Branch)
}

/// Sandboxes.
pub fn sandboxes() -> ArgValueCompleter {
    of_repository(Wanted::Sandbox)
}

/// Sandboxes that were closed.
pub fn closed_sandboxes() -> ArgValueCompleter {
    of_repository(Wanted::Closed)
}

/// Backups.
pub fn backups() -> ArgValueCompleter {
    of_repository(Wanted::Backup)
}

/// The ids of tasks.
pub fn tasks() -> ArgValueCompleter {
    of_repository(Wanted::Task)
}

/// The first digits of commits.
pub fn commits() -> ArgValueCompleter {
    of_repository(Wanted::Commit)
}

/// The whole ids of commits.
pub fn commit_ids() -> ArgValueCompleter {
    of_repository(Wanted::CommitId)
}

/// Whatever names a commit.
pub fn revisions() -> ArgValueCompleter {
    of_repository(Wanted::Revision)
}

/// The ids of tokens.
pub fn tokens() -> ArgValueCompleter {
    of_repository(Wanted::Token)
}

/// The ids of keys.
pub fn keys() -> ArgValueCompleter {
    completer(|typed, start| {
        let config = typed.global.config(&caller(&silent()).environment)?;
        Ok(candidates::of_keys(&config.keys, start))
    })
}

/// The names of snapshots.
pub fn snapshots() -> ArgValueCompleter {
    completer(|typed, start| {
        let caller = caller(&silent());
        let config = typed.global.config(&caller.environment)?;
        let programs = caller.programs(&config, false);
        let place = Place::open(&typed.global.folder()?, &programs, Moment::now())?;
        Ok(candidates::of_snapshots(&place, start))
    })
}

/// Files and folders of the folder that the command works in; after `=` too, for `DEST=SRC`.
pub fn files() -> ArgValueCompleter {
    ArgValueCompleter::new(|start: &OsStr| {
        let folder = typed::get().and_then(|typed| typed.global.folder().ok());
        let Some(folder) = folder else {
            return Vec::new();
        };
        let (before, start) = match start.to_str().and_then(|s| s.rsplit_once('=')) {
            Some((before, after)) => (format!("{before}="), OsStr::new(after)),
            None => (String::new(), start),
        };
        let found = PathCompleter::any().current_dir(folder).complete(start);
        let found = found.into_iter().filter(|c| c.get_value() != ".");
        found.map(|c| c.add_prefix(&before)).collect()
    })
}

fn of_repository(wanted: Wanted) -> ArgValueCompleter {
    completer(move |typed, start| {
        let cx = context(&typed.global)?;
        let branch = typed.branch.as_deref();
        Ok(candidates::of_repository(&cx, wanted, branch, start))
    })
}

/// A completer that offers nothing where the work fails.
fn completer(
    work: impl Fn(&Typed, &str) -> Result<Vec<Candidate>> + Send + Sync + 'static,
) -> ArgValueCompleter {
    ArgValueCompleter::new(move |start: &OsStr| {
        let asked = start.to_str().zip(typed::get());
        let found = asked.and_then(|(start, typed)| work(typed, start).ok());
        let found = found.unwrap_or_default();
        let shown = found.into_iter().enumerate().map(|(at, one)| {
            let about = one.about.map(|text| visible(&text).into());
            // The order is that of the answer.
            CompletionCandidate::new(OsString::from(one.value))
                .help(about)
                .display_order(Some(at))
        });
        shown.collect()
    })
}

/// What this machine knows of the repository that is worked on.
fn context(global: &Global) -> Result<Context> {
    let caller = caller(&silent());
    let config = global.config(&caller.environment)?;
    Context::look(config, &global.location(false)?, Moment::now(), caller)
}
