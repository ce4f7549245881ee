//! The text between its marker lines, and putting it into a file. Pure.

/// What an agent has to know.
const INSTRUCTIONS: &str = include_str!("instructions.md");

const BEGIN: &str =
    "<!-- aidf: begin; `aidf agents install` replaces what is between these lines -->";
const END: &str = "<!-- aidf: end -->";

/// What tells a marker line, whatever an older version wrote after it.
const BEGINS: &str = "<!-- aidf: begin";
const ENDS: &str = "<!-- aidf: end";

/// The instructions with the marker lines.
pub(super) fn text() -> String {
    format!("{BEGIN}\n{}\n{END}\n", INSTRUCTIONS.trim_end())
}

/// `file` with the text in the place of an older one, or at its end; `None` if the marker lines
/// are not one pair. The file's line ends are kept.
pub(super) fn put_into(file: &str) -> Option<String> {
    let line_end = match file.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let block = text().replace('\n', line_end);
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

    #[test]
    fn the_text_goes_to_the_end_and_a_second_time_nothing_changes() {
        for before in ["", "# Ours\n", "# Ours", "# Ours\r\nMore\r\n"] {
            let once = put_into(before).unwrap();
            assert!(once.starts_with(before), "{before:?}");
            assert_eq!(put_into(&once).unwrap(), once, "{before:?}");
        }
    }

    #[test]
    fn an_older_text_is_replaced_and_nothing_else() {
        let old = "a\n<!-- aidf: begin -->\nold\n<!-- aidf: end -->\nb\n";
        assert_eq!(put_into(old).unwrap(), format!("a\n{}b\n", text()));
        let unended = "<!-- aidf: begin -->\nold\n<!-- aidf: end -->";
        assert_eq!(put_into(unended).unwrap(), text().trim_end());
    }

    #[test]
    fn a_file_of_windows_keeps_its_line_ends() {
        let after = put_into("a\r\n").unwrap();
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
            assert!(put_into(wrong).is_none(), "{wrong:?}");
        }
    }
}
