//! Text from elsewhere as people are shown it: no character of it acts on a terminal, turns
//! the direction of the text around it, or hides. Pure.

use crate::git::is_invisible;
use std::borrow::Cow;

/// One line of text from elsewhere: no character moves the cursor, changes a colour or
/// hides. What would is written as an escape.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("  "),
            '\n' => out.push_str("\\n"),
            c if c.is_control() && (c as u32) < 0x100 => {
                out.push_str(&format!("\\x{:02x}", c as u32))
            }
            c if c.is_control() || is_invisible(c) => {
                out.push_str(&format!("\\u{{{:x}}}", c as u32))
            }
            c => out.push(c),
        }
    }
    out
}

/// JSON in which no character acts on a terminal: those that would are written as
/// `\uXXXX`, which every reader takes for the same text.
pub fn json(value: &serde_json::Value) -> String {
    let text = value.to_string();
    let acts = |c: char| c.is_control() || is_invisible(c);
    if !text.contains(acts) {
        return text;
    }
    let mut out = String::new();
    for c in text.chars() {
        if acts(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Text that has at most so many characters: what is longer ends in `…`.
pub fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept = text.chars().take(most.saturating_sub(1));
            Cow::Owned(kept.chain(['…']).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_back_alike_and_cannot_act_on_the_terminal() {
        let value = serde_json::json!({"a": "x\u{1b}[2J\u{9b}\u{202e}\u{e0041}ü"});
        let text = json(&value);
        assert!(
            !text.chars().any(|c| c.is_control() || is_invisible(c)),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn text_from_elsewhere_cannot_act_on_the_terminal() {
        assert_eq!(
            visible("a\x1b[2Jb\r\u{9b}c\u{202e}d\u{200b}\u{7}"),
            "a\\x1b[2Jb\\x0d\\x9bc\\u{202e}d\\u{200b}\\x07"
        );
        assert_eq!(visible("plain ünï 日本"), "plain ünï 日本");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(clipped("日本語", 3), "日本語");
        assert_eq!(clipped("日本語です", 3), "日本…");
    }
}
