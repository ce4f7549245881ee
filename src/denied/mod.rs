//! Paths that a sandbox may not write unless the policy allows it. A tool runs code from
//! these files, obeys their instructions, or decides reviews by them, without being asked
//! to. Pure.
//!
//! The source itself is left out on purpose. `build.rs`, `Makefile`, `package.json`,
//! `Dockerfile`, tests and their configuration run code too, but only for somebody who
//! builds or tests the branch, and a review and a container protect against that. Files
//! that only format text (`.editorconfig`) or choose a version (`.nvmrc`) are left out too.

mod table;

use crate::fold::fold;
use std::collections::HashMap;
use std::sync::OnceLock;
pub use table::{Group, TABLE};

/// A rule that denies a path.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The glob of the row.
    pub glob: &'static str,
    /// The tool that reads the file.
    pub tool: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The rule that denies `path` to a sandbox, even if its case or spelling is disguised.
pub fn rule_for(path: &str) -> Option<Rule> {
    let index = index();
    let parts = folded(path);
    (0..parts.len()).find_map(|at| index.at(&parts, at))
}

/// A part of a path.
struct Part {
    /// Its name, folded as the least strict file systems compare them.
    name: String,
    /// Whether it may be a short name on Windows.
    is_short: bool,
}

/// A path's parts.
fn folded(path: &str) -> Vec<Part> {
    path.split(['/', '\\'])
        .map(|part| {
            // NTFS: the text after a `:` names a stream of the file, and dots and spaces at
            // the end are dropped.
            let name = part.split(':').next().unwrap_or(part);
            let name = fold(name.trim_end_matches(['.', ' ']));
            Part {
                is_short: name.contains('~'),
                name,
            }
        })
        .collect()
}

struct Index {
    /// The rows whose first part has no `*`, by that part.
    named: HashMap<&'static str, Vec<Row>>,
    /// The other rows.
    others: Vec<Row>,
}

struct Row {
    rule: Rule,
    anywhere: bool,
    parts: Vec<Pattern>,
}

/// What a part of a path must be.
struct Pattern {
    text: &'static str,
    /// The text around its one `*`, if it has one.
    around: Option<(&'static str, &'static str)>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index {
            named: HashMap::new(),
            others: Vec::new(),
        };
        for group in TABLE {
            for glob in group.globs {
                let inner = glob.strip_prefix("**/");
                let parts = inner
                    .unwrap_or(glob)
                    .trim_end_matches("/**")
                    .split('/')
                    .map(|text| Pattern {
                        text,
                        around: text.split_once('*'),
                    });
                let row = Row {
                    rule: Rule {
                        glob,
                        tool: group.tool,
                        reason: group.reason,
                    },
                    anywhere: inner.is_some(),
                    parts: parts.collect(),
                };
                match row.parts.first() {
                    Some(first) if first.around.is_none() => {
                        index.named.entry(first.text).or_default().push(row);
                    }
                    _ => index.others.push(row),
                }
            }
        }
        index
    })
}

impl Index {
    fn at(&self, parts: &[Part], at: usize) -> Option<Rule> {
        let part = &parts[at];
        let fits = |row: &&Row| {
            (row.anywhere || at == 0)
                && parts.len() - at >= row.parts.len()
                && row.parts.iter().zip(&parts[at..]).all(|(r, p)| r.fits(p))
        };
        let named = self.named.get(part.name.as_str()).into_iter().flatten();
        // A short name on Windows may stand for any of them. Such names are rare, so search
        // all rows.
        let short = part.is_short.then(|| self.named.values().flatten());
        let mut all = named
            .chain(self.others.iter())
            .chain(short.into_iter().flatten());
        all.find(fits).map(|row| row.rule)
    }
}

impl Pattern {
    /// Whether a part is as this wants it, or may be its short name on Windows.
    fn fits(&self, part: &Part) -> bool {
        let name = part.name.as_str();
        let same = match self.around {
            None => self.text == name,
            Some((first, last)) => {
                name.len() >= first.len() + last.len()
                    && name.starts_with(first)
                    && name.ends_with(last)
            }
        };
        same || part.is_short && is_short_name(self.text, name)
    }
}

/// NTFS and FAT short names: up to six letters of the long name without its leading dots,
/// `~`, a number, and three letters of the extension. Another form has two letters and four
/// digits of a hash.
fn is_short_name(long: &str, name: &str) -> bool {
    let Some((stem, rest)) = name.split_once('~') else {
        return false;
    };
    let (number, ending) = rest.split_once('.').unwrap_or((rest, ""));
    if stem.is_empty() || number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let long = long.trim_start_matches('.');
    let (base, last) = match long.rsplit_once('.') {
        Some((base, last)) => (base, last),
        None => (long, ""),
    };
    let base: String = base.chars().filter(|c| !". *".contains(*c)).collect();
    let hashed = stem.len() == 6 && stem.bytes().skip(2).all(|b| b.is_ascii_hexdigit());
    let begins = match hashed && !base.starts_with(stem) {
        true => base.get(..2) == stem.get(..2),
        false => base.starts_with(stem) && (stem.len() >= base.len().min(6) || number.len() > 1),
    };
    begins && last.get(..3).unwrap_or(last) == ending
}

/// Example paths that a row matches.
#[cfg(test)]
pub(crate) fn examples(glob: &str) -> Vec<String> {
    let (start, rest) = match glob.strip_prefix("**/") {
        Some(rest) => (vec!["", "a/b/"], rest),
        None => (vec![""], glob),
    };
    let name = rest.trim_end_matches("/**").replace('*', "x");
    let mut found = Vec::new();
    for start in start {
        found.push(format!("{start}{name}"));
        found.push(format!("{start}{name}/in/file"));
        found.push(format!("{start}{}", name.to_uppercase()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_denies_what_it_names_and_what_lies_below_in_any_case() {
        for glob in TABLE.iter().flat_map(|g| g.globs) {
            assert_eq!(*glob, glob.to_lowercase(), "rows are lower case");
            for path in examples(glob) {
                assert!(rule_for(&path).is_some(), "{glob}: {path}");
            }
        }
    }

    #[test]
    fn no_row_is_there_twice_and_none_is_covered_by_another() {
        let all: Vec<&str> = TABLE.iter().flat_map(|g| g.globs).copied().collect();
        for (at, glob) in all.iter().enumerate() {
            for (other_at, other) in all.iter().enumerate() {
                let wide = fast_glob::glob_match(other, &examples(glob)[0]);
                assert!(
                    at == other_at || !wide || other.contains("*."),
                    "{glob} is covered by {other}"
                );
            }
        }
    }

    #[test]
    fn a_disguise_of_a_name_is_that_name() {
        for path in [
            ".VſCode/x",
            ".vscode./x",
            ".vscode /x",
            ".claude:stream",
            ".claude::$DATA",
            "a\\.envrc",
            ".env\u{200c}rc",
            "\u{212a}.x/../.\u{212a}iro/x",
            "VSCODE~1/settings.json",
            "a/GITHUB~1/../x/VSCODE~2/y",
            "GITHUB~1/workflows/x.yml",
            "GITATT~1",
            "GITMOD~1",
            "MCP~1.JSO",
            "ENVRC~1",
            "gi7eba~1",
            // The longer its number, the shorter is the stem.
            "VSCOD~10/settings.json",
        ] {
            assert!(rule_for(path).is_some(), "{path}");
        }
    }

    #[test]
    fn what_only_looks_like_a_row_is_let_be() {
        for path in [
            "src/main.rs",
            "build.rs",
            "Makefile",
            "package.json",
            "src/agents.rs",
            "docs/agents.md.txt",
            "my.claude/x",
            "workflows/x.yml",
            "docs/.github/x",
            "docs/aidf.yaml",
            "a/.aidf.yaml",
            "cargo/config.toml",
            ".editorconfig",
            ".gitignore",
            ".git-blame-ignore-revs",
            "huskyrc",
            "a~1",
            "notes~1.md",
            "vs~x",
            "vscode~",
            "~12",
            "vscod~1",
            "vs12~1",
            "vszzzz~1",
            "zz7eba~1",
            "x/.config",
            "x/.config/other.json",
            "mise/src/config.rs",
            "owners/mod.rs",
        ] {
            assert!(rule_for(path).is_none(), "{path}: {:?}", rule_for(path));
        }
    }
}
