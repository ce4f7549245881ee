//! The folders of objects that a repository borrows from, as git lists them: one a line in
//! `objects/info/alternates`, or in a variable of the environment (gitrepository-layout(5)).

use super::object::bytes_to_path;
use crate::environment::Environment;
use git2::Repository;
use std::path::{Path, PathBuf};

/// What separates the paths of a variable.
const SEPARATOR: u8 = if cfg!(windows) { b';' } else { b':' };

/// The folders that the objects in this folder are borrowed from, as its own list says.
pub fn borrowed_from(objects: &Path) -> Vec<PathBuf> {
    let list = std::fs::read(objects.join("info/alternates")).unwrap_or_default();
    let listed = entries(&list, b'\n').into_iter();
    listed
        .map(|e| objects.join(bytes_to_path(&e.path)))
        .collect()
}

/// Has the objects in `from` seen by those who look into the folder `objects`.
pub(super) fn borrow_from(objects: &Path, from: &Path) -> std::io::Result<()> {
    let mut line = from.as_os_str().as_encoded_bytes().to_vec();
    line.push(b'\n');
    std::fs::write(objects.join("info/alternates"), line)
}

/// The repository that git started a hook in, with the objects that git lends it by the
/// environment. Git quotes a path there that has a separator in it. libgit2 knows no quotes,
/// and takes such a path for several.
pub(super) fn open_in_hook(environment: &Environment) -> Result<Repository, git2::Error> {
    let repo = Repository::open_from_env()?;
    let list = environment.os("GIT_ALTERNATE_OBJECT_DIRECTORIES");
    let list = list.map(|l| l.as_encoded_bytes()).unwrap_or_default();
    for entry in entries(list, SEPARATOR).iter().filter(|e| e.quoted) {
        let Ok(path) = std::str::from_utf8(&entry.path) else {
            let name = bytes_to_path(&entry.path);
            let why = format!("{} is no UTF-8", name.display());
            return Err(git2::Error::from_str(&why));
        };
        repo.odb()?.add_disk_alternate(path)?;
    }
    Ok(repo)
}

#[derive(Debug, PartialEq)]
struct Entry {
    path: Vec<u8>,
    quoted: bool,
}

/// The entries of a list, without its comments.
fn entries(list: &[u8], separator: u8) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == separator);
        let plain = &rest[..end.unwrap_or(rest.len())];
        let (entry, after) = match unquoted(rest) {
            Some((path, after)) => (Entry { path, quoted: true }, after),
            // As in git, what begins with a quote and is not well quoted is a path as it stands.
            None => {
                let path = plain.to_vec();
                let quoted = false;
                (Entry { path, quoted }, &rest[plain.len()..])
            }
        };
        // Nothing but a separator can follow. As in git, anything else is passed over.
        rest = after.get(1..).unwrap_or_default();
        let is_comment = plain.starts_with(b"#");
        if !entry.path.is_empty() && !is_comment {
            found.push(entry);
        }
    }
    found
}

/// The text that a list begins with in double quotes, as a string of C is written, and what
/// comes after it; none where it does not begin with one.
fn unquoted(list: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut text = Vec::new();
    let mut rest = list.strip_prefix(b"\"")?;
    loop {
        let (byte, after) = match *rest {
            [b'"', ..] => return Some((text, &rest[1..])),
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                let digit = |d: u8| d - b'0';
                (digit(a) << 6 | digit(b) << 3 | digit(c), &rest[4..])
            }
            [b'\\', letter, ..] => (escaped(letter)?, &rest[2..]),
            [byte, ..] => (byte, &rest[1..]),
            [] => return None,
        };
        text.push(byte);
        rest = after;
    }
}

fn escaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'"' | b'\\' => letter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Vec<(String, bool)> {
        let found = entries(list.as_bytes(), b':').into_iter();
        let text = |path| String::from_utf8(path).unwrap();
        found.map(|e| (text(e.path), e.quoted)).collect()
    }

    #[test]
    fn a_list_is_read_as_git_reads_it() {
        let cases: &[(&str, &[(&str, bool)])] = &[
            ("", &[]),
            ("/a:/b", &[("/a", false), ("/b", false)]),
            ("::/a:", &[("/a", false)]),
            ("#/a:/b", &[("/b", false)]),
            ("\"/a:80\":/b", &[("/a:80", true), ("/b", false)]),
            ("/b:\"/a:80\"", &[("/b", false), ("/a:80", true)]),
            (r#""/q\"\\\t\n\303\251:""#, &[("/q\"\\\t\n\u{e9}:", true)]),
            // Quoted badly.
            ("\"/a:/b", &[("\"/a", false), ("/b", false)]),
            (r#""/a\x":/b"#, &[(r#""/a\x""#, false), ("/b", false)]),
            (r#""/a\40":/b"#, &[(r#""/a\40""#, false), ("/b", false)]),
        ];
        for (list, wanted) in cases {
            let found = read(list);
            let found: Vec<_> = found.iter().map(|(p, q)| (p.as_str(), *q)).collect();
            assert_eq!(found, *wanted, "{list}");
        }
    }
}
