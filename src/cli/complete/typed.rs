//! The command line as far as it is typed.

use super::super::{Cli, Global};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

/// What the words of the line say so far.
pub struct Typed {
    /// The flags of every command.
    pub global: Global,
    /// The branch that the command names.
    pub branch: Option<String>,
}

// clap gives a completer the word alone, and a process completes one line.
static TYPED: OnceLock<Typed> = OnceLock::new();

/// The line that is completed; none where it makes no sense.
pub fn get() -> Option<&'static Typed> {
    TYPED.get()
}

/// Reads the words of the line but for the one that is completed.
pub fn read(words: Vec<OsString>) {
    // What is not finished is mostly not valid, and says enough.
    let parser = Cli::command().ignore_errors(true);
    let Ok(matches) = parser.try_get_matches_from(words) else {
        return;
    };
    let Ok(mut global) = Global::from_arg_matches(&matches) else {
        return;
    };
    global.dir = global.dir.map(of_home);
    global.config = global.config.map(of_home);
    // Only the first line counts; there is no second one.
    let _ = TYPED.set(Typed {
        global,
        branch: branch_of(&matches),
    });
}

/// The value of the innermost command's `branch`, if it has one.
fn branch_of(matches: &ArgMatches) -> Option<String> {
    if let Some((_, inner)) = matches.subcommand() {
        return branch_of(inner);
    }
    let given = matches.try_get_one::<String>("branch").ok().flatten();
    given.cloned()
}

/// A path as the shell would have given it: it has not expanded the line.
fn of_home(path: PathBuf) -> PathBuf {
    let below = path.strip_prefix("~").ok();
    let home = std::env::home_dir();
    match below.zip(home) {
        Some((below, home)) => home.join(below),
        None => path,
    }
}

/// A word without its quotes, as the shell would give it to the program. One whose value only
/// the shell knows, such as `$HOME`, stays as it is.
pub fn unquoted(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut quote = None;
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '\\') => out.extend(rest.next()),
            (Some('"'), '\\') => match rest.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => out.push(next),
                next => {
                    out.push('\\');
                    out.extend(next);
                }
            },
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_a_shell_reads_it() {
        for (word, value) in [
            ("plain", "plain"),
            ("a\\ b", "a b"),
            ("'a b'\\''c'", "a b'c"),
            ("\"a b", "a b"),
            ("\"\\$x \\y\"", "$x \\y"),
            ("--dir='a b'", "--dir=a b"),
            ("a\\", "a"),
        ] {
            assert_eq!(unquoted(word), value, "{word}");
        }
    }
}
