//! How each shell asks, and how it takes the answer. The scripts are clap's own; what answers
//! them is here, since a file or a branch may have any name: what is offered goes into a
//! command line, and must not become a part of it.

use super::super::{Cli, NAME};
use super::typed::{self, unquoted};
use super::{VARIABLE, visible};
use aidf::git::is_invisible;
use clap::CommandFactory;
use clap_complete::engine::{self, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// A shell that can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

use Asking as S;

impl Asking {
    fn stock(self) -> &'static dyn EnvCompleter {
        match self {
            S::Bash => &Bash,
            S::Elvish => &Elvish,
            S::Fish => &Fish,
            S::Powershell => &Powershell,
            S::Zsh => &Zsh,
        }
    }
}

/// The shell of a name or of the path of one.
pub fn find(name: &OsStr) -> Option<Asking> {
    let name = Path::new(name).file_stem()?.to_str()?;
    let all = [S::Bash, S::Elvish, S::Fish, S::Powershell, S::Zsh];
    all.into_iter().find(|shell| shell.stock().is(name))
}

/// The script that makes a shell ask `program`.
pub fn registration(shell: Asking, program: &str) -> Vec<u8> {
    let mut script = Vec::new();
    let stock = shell.stock();
    // Writing to memory does not fail.
    let _ = stock.write_registration(VARIABLE, NAME, NAME, program, &mut script);
    if shell != S::Zsh {
        return script;
    }
    // zsh runs the file that it finds for a command at the first TAB, and wants an answer.
    let script = String::from_utf8_lossy(&script);
    let call = format!("_clap_dynamic_completer_{NAME}");
    let register = format!("compdef {call} {NAME}");
    let script = script.trim_end().trim_end_matches(&register);
    format!(
        "{script}if [ \"$funcstack[1]\" = \"_{NAME}\" ]; then\n    {call} \"$@\"\nelse\n    {register}\nfi\n"
    )
    .into_bytes()
}

/// A question.
struct Question {
    /// The words of the line, that of the program first.
    words: Vec<OsString>,
    /// Which of them is completed.
    at: usize,
    /// What stands before the shell's own idea of that word.
    before: String,
}

/// What the last word may become, as the shell takes it.
pub fn answer(shell: Asking, words: Vec<OsString>) -> Vec<u8> {
    let mut question = question(shell, words);
    while question.words.len() <= question.at {
        question.words.push(OsString::new());
    }
    let mut others = question.words.clone();
    let is_empty = others.remove(question.at).is_empty();
    typed::read(others);
    let folder = std::env::current_dir().ok();
    let mut command = Cli::command();
    let found = engine::complete(&mut command, question.words, question.at, folder.as_deref());
    let mut found = found.unwrap_or_default();
    // Whoever has typed nothing wants a name before a flag.
    let is_flag = |one: &CompletionCandidate| one.get_value().to_string_lossy().starts_with('-');
    if is_empty && !found.iter().all(is_flag) {
        found.retain(|one| !is_flag(one));
    }
    let mut seen = HashSet::new();
    let shown = found.iter().filter_map(|one| {
        // A backup is a branch too.
        let value = one.get_value().to_str().filter(|v| seen.insert(*v))?;
        let value = value.strip_prefix(&question.before)?;
        line(shell, value, about(one))
    });
    let shown: Vec<String> = shown.collect();
    let between = std::env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".to_owned());
    match shell {
        S::Bash | S::Elvish | S::Zsh => shown.join(&between),
        S::Fish | S::Powershell => shown.iter().map(|l| format!("{l}\n")).collect(),
    }
    .into_bytes()
}

fn question(shell: Asking, words: Vec<OsString>) -> Question {
    let index = std::env::var("_CLAP_COMPLETE_INDEX").ok();
    let index: usize = index.and_then(|i| i.parse().ok()).unwrap_or(0);
    let index = index.min(words.len());
    let last = words.len().saturating_sub(1);
    let read = |word: OsString| match word.into_string() {
        Ok(text) => OsString::from(unquoted(&text)),
        Err(word) => word,
    };
    let plain = |words, at| Question {
        words,
        at,
        before: String::new(),
    };
    match shell {
        S::Elvish => plain(words, index),
        S::Powershell => plain(words, last),
        S::Zsh => plain(words.into_iter().map(read).collect(), index),
        S::Fish => {
            let mut words = words;
            // The words before it have been read already.
            let word = words.pop().map(read);
            words.extend(word);
            plain(words, last)
        }
        S::Bash => joined(words, index),
    }
}

/// bash cuts a line at some characters within words, such as `=` and `:`; what it has cut is
/// put together again. What stands before the last cut is not expected in the answer.
fn joined(words: Vec<OsString>, index: usize) -> Question {
    let cuts = |word: &str| !word.is_empty() && word.chars().all(|c| "=:@".contains(c));
    let mut question = Question {
        words: Vec::new(),
        at: index,
        before: String::new(),
    };
    let mut goes_on = false;
    for (at, word) in words.into_iter().enumerate() {
        let word = word.to_string_lossy().into_owned();
        let cut = at > 1 && cuts(&word);
        let word = unquoted(&word);
        match question.words.last_mut().filter(|_| goes_on || cut) {
            Some(last) => {
                if at == index {
                    question.before = last.to_string_lossy().into_owned();
                }
                last.push(word);
            }
            None => question.words.push(word.into()),
        }
        goes_on = cut;
        if at == index {
            question.at = question.words.len() - 1;
            // What comes after the cursor is no part of the word.
            break;
        }
    }
    question
}

fn about(one: &CompletionCandidate) -> Option<String> {
    let text = one.get_help()?.to_string();
    Some(visible(text.lines().next()?))
}

/// One answer as the shell takes it; none for what it could take for more than a word.
fn line(shell: Asking, value: &str, about: Option<String>) -> Option<String> {
    if value.chars().any(|c| c.is_control() || is_invisible(c)) {
        return None;
    }
    Some(match shell {
        // It puts the text into the line as it is, and takes no explanation.
        S::Bash => escaped(value),
        // It quotes what needs quotes.
        S::Elvish => value.to_owned(),
        S::Fish => with(value.to_owned(), "\t", about),
        S::Powershell if value.chars().all(is_plain) => with(value.to_owned(), "\t", about),
        S::Powershell => return None,
        S::Zsh => {
            let value = value.replace('\\', "\\\\").replace(':', "\\:");
            with(value, ":", about.map(|a| a.replace('\\', "\\\\")))
        }
    })
}

fn with(value: String, between: &str, about: Option<String>) -> String {
    match about {
        Some(about) => format!("{value}{between}{about}"),
        None => value,
    }
}

/// A word for bash. In quotes that are open it is no valid spelling, but it cannot end them
/// and become a command either: outside of quotes all that means something is escaped.
fn escaped(value: &str) -> String {
    let (home, rest) = match value.strip_prefix("~/") {
        Some(rest) => ("~/", rest),
        None => ("", value),
    };
    let mut out = home.to_owned();
    for c in rest.chars() {
        if !is_plain(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether no shell reads more in a character than itself, wherever it stands in a word.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "/._-+:=".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str], index: usize) -> (Vec<String>, usize, String) {
        let question = joined(words.iter().map(OsString::from).collect(), index);
        let text = |w: &OsString| w.to_str().unwrap().to_owned();
        let words = question.words.iter().map(text).collect();
        (words, question.at, question.before)
    }

    #[test]
    fn what_bash_has_cut_is_put_together() {
        let one = asked(&["aidf", "log", "--branch", "=", "sa"], 4);
        let words = ["aidf", "log", "--branch=sa"].map(str::to_owned).to_vec();
        assert_eq!(one, (words, 2, "--branch=".to_owned()));
        let empty = asked(&["aidf", "log", "--branch", ""], 3);
        assert_eq!((empty.1, empty.2.as_str()), (3, ""));
        let line = ["aidf", "-R", "git", "@", "host", ":", "a/b", "log", "sa"];
        let (words, at, before) = asked(&line, 8);
        assert_eq!(words, ["aidf", "-R", "git@host:a/b", "log", "sa"]);
        assert_eq!((at, before.as_str()), (4, ""));
        let (words, at, before) = asked(&["aidf", "-R", "https", ":", "//h/r"], 4);
        assert_eq!(words[2], "https://h/r");
        assert_eq!((at, before.as_str()), (2, "https:"));
    }

    #[test]
    fn an_answer_is_one_word_and_nothing_else() {
        let hostile = "$(touch x);`y`&|<>'\" *?[!#~";
        let word = line(S::Bash, hostile, None).unwrap();
        assert_eq!(unquoted(&word), hostile);
        let mut rest = word.chars();
        while let Some(c) = rest.next() {
            let next = (c == '\\').then(|| rest.next()).flatten();
            assert!(next.is_some() || is_plain(c), "{c} in {word}");
        }
        assert_eq!(line(S::Bash, "~/a b", None).unwrap(), "~/a\\ b");
        assert_eq!(line(S::Powershell, hostile, None), None);
        assert_eq!(line(S::Zsh, "a:b", None).unwrap(), "a\\:b");
        for shell in [S::Bash, S::Zsh, S::Fish, S::Elvish, S::Powershell] {
            for name in ["a\nb", "a\u{b}b", "a\tb", "a\u{1b}[2J", "a\u{202e}b"] {
                assert_eq!(line(shell, name, None), None, "{shell:?} {name:?}");
            }
        }
    }
}
