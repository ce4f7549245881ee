//! Numbers in sentences. Pure.

use std::fmt::Display;

/// `1 commit`, `2 commits`: a number with the word for one, or the word for all others.
pub fn count<N: Display + PartialEq + From<u8>>(n: N, one: &str, many: &str) -> String {
    let word = if n == N::from(1) { one } else { many };
    format!("{n} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_a_word_of_its_own() {
        assert_eq!(count(0usize, "entry", "entries"), "0 entries");
        assert_eq!(count(1u64, "entry", "entries"), "1 entry");
        assert_eq!(count(2usize, "entry", "entries"), "2 entries");
    }
}
