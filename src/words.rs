//! Numbers and names in sentences, and words of command lines. Pure.

use std::fmt::Display;

/// `1 commit`, `2 commits`: a number with the word for one, or the word for all others.
pub fn count<N: Display + PartialEq + From<u8>>(n: N, one: &str, many: &str) -> String {
    let word = if n == N::from(1) { one } else { many };
    format!("{n} {word}")
}

/// The first of these, at most so many, and how many more there are: `a, b and 2 more`.
pub fn few<T: Display>(all: impl ExactSizeIterator<Item = T>, most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let named: Vec<String> = all.take(most).map(|one| one.to_string()).collect();
    let named = named.join(", ");
    match more {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Whether a word of a command line needs no quotes.
pub fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c))
}

/// Text as one word of a POSIX shell. Paths are chosen by writers, and a command that aidf prints
/// is pasted by others: without quotes a path could run anything.
pub fn shell_word(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A path as one word of a POSIX shell, which no program takes for a flag.
pub fn shell_path(path: &str) -> String {
    match path.starts_with('-') {
        true => shell_word(&format!("./{path}")),
        false => shell_word(path),
    }
}

/// A command line for a shell.
pub fn for_shell(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_could_run_is_one_word() {
        assert_eq!(shell_word("docs/one.txt"), "docs/one.txt");
        assert_eq!(shell_word("two words"), "'two words'");
        assert_eq!(shell_word("$(reboot)"), "'$(reboot)'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word("~"), "'~'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_path("-rf"), "./-rf");
        assert_eq!(for_shell(&["a".to_owned(), "b c".to_owned()]), "a 'b c'");
    }

    #[test]
    fn one_has_a_word_of_its_own() {
        assert_eq!(count(0usize, "entry", "entries"), "0 entries");
        assert_eq!(count(1u64, "entry", "entries"), "1 entry");
        assert_eq!(count(2usize, "entry", "entries"), "2 entries");
    }

    #[test]
    fn of_many_the_first_are_named_and_the_others_counted() {
        let of = |all: &[&str]| few(all.iter(), 2);
        assert_eq!(of(&[]), "");
        assert_eq!(of(&["a", "b"]), "a, b");
        assert_eq!(of(&["a", "b", "c", "d"]), "a, b and 2 more");
    }
}
