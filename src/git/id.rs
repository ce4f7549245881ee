//! Names and paths that were checked once and are trusted after.

use crate::error::{Error, Kind, Result};
use std::fmt;

pub use super::oid::{CommitId, ObjectFormat, ObjectId};

/// The full name of a ref, such as `refs/heads/main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(String);

impl RefName {
    /// Checks a full ref name by the rules of git-check-ref-format, and some more:
    /// no character that a shell or a terminal could act on.
    ///
    /// Errors: usage, with the rule that is broken.
    pub fn new(name: &str) -> Result<Self> {
        match fault_in_ref(name) {
            None => Ok(RefName(name.to_owned())),
            Some(why) => Err(Error::new(
                Kind::Usage,
                format!("`{name}` is not a ref name that aidf accepts: {why}"),
            )),
        }
    }

    /// The ref of the branch `name`.
    ///
    /// Errors: usage, with the rule that is broken.
    pub fn branch(name: &str) -> Result<Self> {
        if name.starts_with("refs/") {
            return Err(Error::new(
                Kind::Usage,
                format!("`{name}` is a full ref name, and a branch name was expected"),
            )
            .hint("give the branch without `refs/heads/`"));
        }
        if name == "HEAD" {
            return Err(Error::new(Kind::Usage, "`HEAD` is not a branch name")
                .hint("name the branch itself"));
        }
        match fault_in_ref(&format!("refs/heads/{name}")) {
            None if !name.is_empty() => Ok(RefName(format!("refs/heads/{name}"))),
            why => Err(Error::new(
                Kind::Usage,
                format!(
                    "`{name}` is not a branch name: {}",
                    why.unwrap_or("it is empty")
                ),
            )),
        }
    }

    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without `refs/heads/`, or the full name for other refs.
    pub fn short(&self) -> &str {
        self.0.strip_prefix("refs/heads/").unwrap_or(&self.0)
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a full name may stand for a ref by git's own rules (git-check-ref-format):
/// the least that a name from a remote has to keep to, before it is a name here.
pub(crate) fn is_ref_name(name: &str) -> bool {
    let wrong = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    name.starts_with("refs/")
        && name.len() <= 4096
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(wrong)
        && !name.ends_with('.')
        && name
            .split('/')
            .all(|p| !p.is_empty() && !p.starts_with('.') && !p.ends_with(".lock"))
}

fn fault_in_ref(name: &str) -> Option<&'static str> {
    if !name.starts_with("refs/") {
        return Some("it does not start with refs/");
    }
    if name.len() > 250 {
        return Some("it is longer than 250 bytes");
    }
    if name.contains("..") || name.contains("@{") {
        return Some("`..` and `@{` are not allowed");
    }
    if name
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || is_invisible(c))
    {
        return Some("spaces, control and invisible characters are not allowed");
    }
    if name.chars().any(|c| "~^:?*[\\$`'\"();|&<>!{}".contains(c)) {
        return Some("it contains a character that means something to git or a shell");
    }
    for part in name.split('/') {
        if part.is_empty()
            || part.starts_with('.')
            || part.starts_with('-')
            || part.ends_with('.')
            || part.ends_with(".lock")
        {
            return Some("a part is empty, starts with `.` or `-`, or ends in `.` or `.lock`");
        }
    }
    None
}

/// Characters that take no room on the screen or turn its direction
/// (Unicode format characters, and those that HFS+ ignores in names).
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A path inside a tree that aidf may write: relative, `/` between parts, UTF-8,
/// and nothing that any platform could take for the repository's own folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(String);

impl TreePath {
    /// Checks `path` once, for every platform that may ever check the tree out.
    ///
    /// Errors: denied, with the rule that is broken.
    pub fn new(path: &str) -> Result<Self> {
        match fault_in_path(path) {
            None => Ok(TreePath(path.to_owned())),
            Some(why) => Err(Error::new(
                Kind::Denied,
                format!("the path `{path}` is refused: {why}"),
            )
            .hint("give a relative path with `/` between its parts, such as docs/plan.md")),
        }
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every folder above it, outermost first: `a/b/c` gives `a`, `a/b`.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for TreePath {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

fn fault_in_path(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.len() > 4096 {
        return Some("it is longer than 4096 bytes");
    }
    if path.starts_with('/') {
        return Some("it is absolute");
    }
    if path.contains('\\') {
        return Some("it contains a backslash, which is a separator on Windows");
    }
    if path.contains(':') {
        return Some("it contains a `:`, which names a stream or drive on Windows");
    }
    if path.chars().any(char::is_control) {
        return Some("it contains a control character");
    }
    for part in path.split('/') {
        if part.is_empty() {
            return Some("it has an empty part (`//`, or a `/` at its end)");
        }
        if part == "." || part == ".." {
            return Some("`.` and `..` are not allowed");
        }
        if part.len() > 255 {
            return Some("a part is longer than 255 bytes");
        }
        if part.ends_with('.') || part.ends_with(' ') {
            return Some("a part ends in a dot or a space, which Windows drops");
        }
        if is_dot_git(part) {
            return Some("a part is the repository's own folder (.git) on some platform");
        }
        if part.chars().any(is_invisible) {
            return Some("it contains an invisible character");
        }
        if is_device(part) {
            return Some("a part is a device's name on Windows (such as CON, NUL or COM1)");
        }
        if is_short_name(part) {
            return Some(
                "a part looks like a short name on Windows (GITMOD~1), which may mean another file",
            );
        }
    }
    None
}

/// Whether a path of a tree leads out of the working tree, or into the repository's own
/// folder. git makes no such tree; somebody else may.
pub(crate) fn leads_away(path: &[u8]) -> bool {
    let away = |part: &[u8]| {
        matches!(part, b"" | b"." | b"..") || is_dot_git(&String::from_utf8_lossy(part))
    };
    path.split(|b| *b == b'/').any(away)
}

/// True when some file system would take `part` for `.git`: HFS+ ignores
/// invisible characters, NTFS case, trailing dots and spaces, and has `git~1`.
fn is_dot_git(part: &str) -> bool {
    let seen: String = part
        .chars()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let seen = seen.trim_end_matches(['.', ' ']);
    let short_name = seen
        .strip_prefix("git~")
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    seen == ".git" || short_name
}

/// Names that Windows takes for a device in every folder, with whatever follows a dot
/// ("Naming Files, Paths, and Namespaces" of its documentation).
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end_matches(' ');
    let stem = stem.to_lowercase();
    let numbered = |prefix: &str| {
        let mut rest = stem.strip_prefix(prefix).unwrap_or("").chars();
        let number = rest.next().is_some_and(|c| "0123456789¹²³".contains(c));
        number && rest.next().is_none()
    };
    ["con", "prn", "aux", "nul", "conin$", "conout$"].contains(&stem.as_str())
        || numbered("com")
        || numbered("lpt")
}

/// Names in the form that NTFS and FAT give to files with longer ones: `GIT~1`,
/// `GI7EBA~1` (which git's fsck knows for `.gitmodules`), `GITHUB~1`, `CLAUDE~1.MD`.
fn is_short_name(part: &str) -> bool {
    let (stem, end) = part.split_once('.').unwrap_or((part, ""));
    let Some((_, number)) = stem.rsplit_once('~') else {
        return false;
    };
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    numbered && stem.chars().count() <= 8 && end.chars().count() <= 3 && !stem.starts_with('~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_disguise_is_refused() {
        let disguises = [
            "",
            "/etc/passwd",
            "../x",
            "a/../x",
            "a/./x",
            ".git/config",
            "a/.git/hooks/x",
            ".GIT/config",
            ".Git",
            "git~1/config",
            "GIT~1",
            "git~23/x",
            ".g\u{200c}it/config",
            ".git./config",
            ".git /config",
            ".git::$INDEX",
            "a\\b",
            ".git\\config",
            "a\0b",
            "a\nb",
            "a\u{1b}[31m",
            "x/",
            "a//b",
            "c:/x",
            "file.txt:stream",
            "a./b",
            "a /b",
            "a\u{202e}b",
            "\u{feff}x",
            "CON",
            "a/nul",
            "Aux.c",
            "com1",
            "LPT9.txt",
            "lpt¹",
            "con .x",
            "CONOUT$",
            "GITMOD~1",
            "gi7eba~1",
            "GI250~12",
            "GITHUB~1/x.yml",
            "CLAUDE~1.MD",
        ];
        for path in disguises {
            assert!(TreePath::new(path).is_err(), "{path:?} was accepted");
        }
    }

    #[test]
    fn an_ordinary_path_is_accepted() {
        for path in [
            "a",
            "a/b.txt",
            ".gitignore",
            ".github/x",
            "git~x",
            "ü/ñ.md",
            "日本/語",
            "a b/c",
            ".gitx",
            "-x",
            "console",
            "com10",
            "icon",
            "auxiliary.c",
            "nullable",
            "x~",
            "draft.~1~",
            "a-longer-name~1.txt",
            "~1",
        ] {
            assert!(TreePath::new(path).is_ok(), "{path:?} was refused");
        }
        let path = TreePath::new("a/b/c").unwrap();
        assert_eq!(path.parents().collect::<Vec<_>>(), ["a", "a/b"]);
    }

    #[test]
    fn a_name_that_git_itself_ignores_is_no_ref() {
        for name in [
            "",
            "HEAD",
            "config",
            "refs/",
            "refs/heads/",
            "/refs/heads/a",
            "refs//a",
            "refs/heads/../../config",
            "refs/heads/./a",
            "refs/heads/.a",
            "refs/heads/a.lock",
            "refs/heads/a.lock/b",
            "refs/heads/a.",
            "refs/heads/a b",
            "refs/heads/a\nb",
            "refs/heads/a\u{7f}",
            "refs/heads/a\\b",
            "refs/heads/a@{1}",
            "refs/tags/v1^{}",
        ] {
            assert!(!is_ref_name(name), "{name:?} was taken");
        }
        for name in [
            "refs/heads/main",
            "refs/heads/$(x)",
            "refs/tags/v1.0",
            "refs/x/ünï",
            "refs/heads/@",
        ] {
            assert!(is_ref_name(name), "{name:?} was not taken");
        }
    }

    #[test]
    fn a_ref_name_that_plays_tricks_is_refused() {
        for name in [
            "",
            "a..b",
            "a b",
            "a\u{3000}b",
            "$(id)",
            "`id`",
            "-x",
            "a/-x",
            "x@{1}",
            "x.lock",
            ".x",
            "x/",
            "a//b",
            "a~1",
            "a\u{200b}",
        ] {
            assert!(RefName::branch(name).is_err(), "{name:?} was accepted");
        }
        for name in [
            "main",
            "feature/x",
            "backup/2026-11-22T101112Z",
            "sandbox-a-b",
            "ünï",
        ] {
            assert!(RefName::branch(name).is_ok(), "{name:?} was refused");
        }
    }
}
