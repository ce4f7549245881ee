//! Names as the least strict file systems compare them. Pure.
//!
//! One home: what a rule guards must be guarded under every spelling of its name.

use crate::git::is_invisible;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A name with its case and its composition folded, at least as far as APFS does, and without
/// the characters that some file systems ignore. Case goes through upper case, so that `ſ`
/// becomes `s`; composed and decomposed letters are the same (Unicode Standard Annex 15, NFC).
pub fn fold(text: &str) -> String {
    // Most names are such, and a server looks at a million of them.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let seen = text.chars().filter(|c| !is_invisible(*c));
    let once = seen
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    // The lower case of `ẞ` is `ß`, whose upper case is `SS`.
    let folded: String = once
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect();
    match is_nfc(&folded) {
        true => folded,
        false => folded.nfc().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_is_the_same() {
        for (one, other) in [
            ("heads", "head\u{17f}"),
            ("HEADS", "heads"),
            ("docs/\u{e9}", "docs/e\u{301}"),
            ("docs/\u{c9}", "docs/e\u{301}"),
            ("main", "ma\u{200d}in"),
            ("stra\u{df}e", "STRASSE"),
            ("stra\u{df}e", "STRA\u{1e9e}E"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
            assert_eq!(fold(&fold(one)), fold(one), "{one}");
        }
        assert_ne!(fold("docs"), fold("doc"));
    }
}
