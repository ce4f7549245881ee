//! The text between its marker lines, and putting it into a file. Pure.

/// What an agent has to know.
const INSTRUCTIONS: &str = include_str!("instructions.md");

const BEGIN: &str =
    "<!-- aidf: begin; `aidf agents install` replaces what is between these lines -->";
const END: &str = "<!-- aidf: end -->";

/// What tells a marker line, whatever an older version wrote after it.
const BEGINS: &str = "<!-- aidf: begin";
const ENDS: &str = "<!-- aidf: end";

/// The instructions with the marker lines, for a repository with this default branch; none where
/// its name is more than a word to a shell, or to who reads the text.
pub(super) fn text(default: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if default.starts_with('-') || !default.chars().all(is_plain) {
        return None;
    }
    let named = INSTRUCTIONS
        .replace("--from main", &format!("--from {default}"))
        .replace("`main`", &format!("`{default}`"));
    Some(format!("{BEGIN}\n{}\n{END}\n", named.trim_end()))
}

/// `file` with `text` in the place of an older one, or at its end; `None` if the marker lines
/// are not one pair. The file's line ends are kept.
pub(super) fn put_into(file: &str, text: &str) -> Option<String> {
    let line_end = match file.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let block = text.replace('\n', line_end);
    let (begins, ends) = (lines_of(file, BEGINS), lines_of(file, ENDS));
    match (&begins[..], &ends[..]) {
        ([], []) => {
            let mut all = file.to_owned();
            if !all.is_empty() && !all.ends_with('\n') {
                all.push_str(line_end);
            }
            if !all.is_empty() {
                all.push_str(line_end);
            }
            all.push_str(&block);
            Some(all)
        }
        ([(begin, _)], [(_, end)]) if begin < end => {
            // The last line of a file may lack its end.
            let block = match file[..*end].ends_with('\n') {
                true => &block[..],
                false => block.trim_end(),
            };
            Some(format!("{}{block}{}", &file[..*begin], &file[*end..]))
        }
        _ => None,
    }
}

/// Where the lines that begin with `mark` begin and end.
fn lines_of(file: &str, mark: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in file.split_inclusive('\n') {
        if line.starts_with(mark) {
            found.push((at, at + line.len()));
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main() -> String {
        text("main").unwrap()
    }

    #[test]
    fn the_text_names_the_default_branch_unless_that_is_more_than_a_word() {
        let trunk = text("release/2.x").unwrap();
        assert_eq!(trunk.matches("--from release/2.x").count(), 3);
        assert!(!trunk.contains("main"), "{trunk}");
        for name in ["-f", "a;id", "$(id)", "a`b", "a|b", "a\u{e9}"] {
            assert_eq!(text(name), None, "{name}");
        }
    }

    #[test]
    fn the_text_goes_to_the_end_and_a_second_time_nothing_changes() {
        for before in ["", "# Ours\n", "# Ours", "# Ours\r\nMore\r\n"] {
            let once = put_into(before, &main()).unwrap();
            assert!(once.starts_with(before), "{before:?}");
            assert_eq!(put_into(&once, &main()).unwrap(), once, "{before:?}");
        }
    }

    #[test]
    fn an_older_text_is_replaced_and_nothing_else() {
        let old = "a\n<!-- aidf: begin -->\nold\n<!-- aidf: end -->\nb\n";
        assert_eq!(put_into(old, &main()).unwrap(), format!("a\n{}b\n", main()));
        let unended = "<!-- aidf: begin -->\nold\n<!-- aidf: end -->";
        assert_eq!(put_into(unended, &main()).unwrap(), main().trim_end());
    }

    #[test]
    fn a_file_of_windows_keeps_its_line_ends() {
        let after = put_into("a\r\n", &main()).unwrap();
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    }

    #[test]
    fn marker_lines_that_are_no_pair_are_refused() {
        for wrong in [
            "<!-- aidf: begin -->\n",
            "<!-- aidf: end -->\n",
            "<!-- aidf: end -->\n<!-- aidf: begin -->\n",
            "<!-- aidf: begin -->\n<!-- aidf: begin -->\n<!-- aidf: end -->\n",
        ] {
            assert!(put_into(wrong, &main()).is_none(), "{wrong:?}");
        }
    }
}
