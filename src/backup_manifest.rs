//! The manifest of a repository's backups: who made which. Pure.
//!
//! `refs/aidf/backups` is a chain of commits. The tree of its tip holds one file for each
//! backup and each key that vouches for it, `<name>@<key id>`, where `/` is `%2F` and `%`
//! is `%25`: lines of a word, a space and a value, the last of which is an HMAC over all
//! that the entry says. An entry that was moved to another name, commit or repository
//! does not hold.

use crate::backup_name;
use crate::git::CommitId;
use crate::keys::{Key, KeyRing};
use crate::seal;

/// Where the manifest lies.
pub const REF: &str = "refs/aidf/backups";
/// An entry of more bytes is none: room for some thousand ids.
pub const MAX_BYTES: u64 = 64 * 1024;
/// A manifest of more entries is none.
pub const MAX_ENTRIES: usize = 50_000;
/// The most ids that an entry lists; see [`Entry::aside`].
pub const MAX_ASIDE: usize = 1000;

const PURPOSE: &str = "aidf backup manifest v1";
const FIRST: &str = "aidf-backup 1";

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The backup's branch, `backup/…`.
    pub name: String,
    /// The branch it is of.
    pub branch: String,
    /// What it holds.
    pub commit: CommitId,
    /// When the entry was made; RFC 3339.
    pub made: String,
    /// Commits of older backups that were not in the branch's history then: what was
    /// lost with them has been reported, and is not reported again.
    pub aside: Vec<CommitId>,
}

/// An entry as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What it says.
    pub entry: Entry,
    /// The repository's name.
    pub repository: String,
    key: String,
    mac: String,
}

/// What an entry is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// Made with a key of the ring, and nothing altered.
    Good(Entry),
    /// Made with a key that is not here.
    Unknown,
    /// Not what it says that it is, and why.
    Bad(&'static str),
}

/// The file of an entry.
pub fn file(name: &str, key_id: &str) -> String {
    let name = name.replace('%', "%25").replace('/', "%2F");
    format!("{name}@{key_id}")
}

/// The backup's name and the key's id that a file is for.
pub fn read_file(file: &str) -> Option<(String, &str)> {
    let (name, key) = file.rsplit_once('@')?;
    let name = name.replace("%2F", "/").replace("%25", "%");
    (self::file(&name, key) == file && backup_name::parse(&name).is_some()).then_some((name, key))
}

/// The text of an entry.
pub fn write(key: &Key, repository: &str, entry: &Entry) -> String {
    let aside = ids(&entry.aside);
    let commit = entry.commit.to_string();
    let parts = parts(repository, entry, &commit, &aside);
    let mac = seal::seal(key, PURPOSE, &parts);
    format!(
        "{FIRST}\nrepository {repository}\nname {}\nbranch {}\ncommit {commit}\nmade {}\naside {aside}\nkey {}\nmac {mac}\n",
        entry.name, entry.branch, entry.made, key.id
    )
}

fn ids(commits: &[CommitId]) -> String {
    let all: Vec<String> = commits.iter().map(ToString::to_string).collect();
    all.join(" ")
}

fn parts<'a>(
    repository: &'a str,
    entry: &'a Entry,
    commit: &'a str,
    aside: &'a str,
) -> [&'a str; 6] {
    [
        repository,
        &entry.name,
        &entry.branch,
        commit,
        &entry.made,
        aside,
    ]
}

/// Reads an entry without judging it; `None` for what is none.
pub fn read(text: &[u8]) -> Option<Sealed> {
    if text.len() as u64 > MAX_BYTES {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let mut lines = text.split('\n');
    if lines.next()? != FIRST {
        return None;
    }
    let mut next = |word: &str| lines.next()?.strip_prefix(word)?.strip_prefix(' ');
    let repository = next("repository")?.to_owned();
    let (name, branch) = (next("name")?.to_owned(), next("branch")?.to_owned());
    let commit = CommitId::parse(next("commit")?).ok()?;
    let made = next("made")?.to_owned();
    // One space each, as they are written: an entry has one form.
    let aside = match next("aside")? {
        "" => Vec::new(),
        ids => ids
            .split(' ')
            .map(|id| CommitId::parse(id).ok())
            .collect::<Option<Vec<_>>>()?,
    };
    let (key, mac) = (next("key")?.to_owned(), next("mac")?.to_owned());
    if lines.next().is_some() {
        return None;
    }
    Some(Sealed {
        entry: Entry {
            name,
            branch,
            commit,
            made,
            aside,
        },
        repository,
        key,
        mac,
    })
}

/// Judges the entry that lies at `file` in the manifest of `repository`.
pub fn open(ring: &KeyRing, repository: &str, file: &str, text: &[u8]) -> Opened {
    let Some((name, key_id)) = read_file(file) else {
        return Opened::Bad("it is for no backup");
    };
    let Some(sealed) = read(text) else {
        return Opened::Bad("its entry of the manifest is malformed");
    };
    let entry = sealed.entry;
    if sealed.key != key_id || entry.name != name {
        return Opened::Bad("its entry of the manifest is that of another backup");
    }
    // A backup's name says its branch, unless that was the default one.
    let of_branch = backup_name::parse(&name)
        .and_then(|n| n.branch)
        .is_none_or(|b| b == entry.branch);
    if !of_branch {
        return Opened::Bad("its entry of the manifest is that of another branch");
    }
    let Some(key) = ring.get(key_id) else {
        return Opened::Unknown;
    };
    let (commit, aside) = (entry.commit.to_string(), ids(&entry.aside));
    let parts = parts(&sealed.repository, &entry, &commit, &aside);
    if !seal::holds(key, PURPOSE, &parts, &sealed.mac) {
        return Opened::Bad("its entry of the manifest is forged");
    }
    match sealed.repository == repository {
        true => Opened::Good(entry),
        false => Opened::Bad("its entry of the manifest is that of another repository"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn entry(name: &str, branch: &str) -> Entry {
        Entry {
            name: name.to_owned(),
            branch: branch.to_owned(),
            commit: CommitId::parse(AT).unwrap(),
            made: "2026-11-22T10:11:12Z".to_owned(),
            aside: vec![CommitId::parse(&AT.replace('0', "f")).unwrap()],
        }
    }

    #[test]
    fn an_entry_is_good_only_where_it_was_made_for() {
        let key = Key::new(vec![1; 32]);
        let ring = KeyRing::of(vec![key.clone()]);
        let entry = entry("backup/release/1/2026-11-22", "release/1");
        let text = write(&key, "widgets", &entry);
        let at = file(&entry.name, &key.id);
        let judged = |file: &str, text: &str| open(&ring, "widgets", file, text.as_bytes());
        assert_eq!(judged(&at, &text), Opened::Good(entry.clone()));
        // Another name, day, branch, key, repository, or any byte of it.
        let other = file("backup/release/1/2026-11-23", &key.id);
        assert!(matches!(judged(&other, &text), Opened::Bad(_)));
        let other = file(&entry.name, "00000000");
        assert!(matches!(judged(&other, &text), Opened::Bad(_)));
        assert!(matches!(
            open(&ring, "gadgets", &at, text.as_bytes()),
            Opened::Bad(_)
        ));
        for at_byte in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at_byte] ^= 1;
            let opened = open(&ring, "widgets", &at, &bytes);
            assert!(!matches!(opened, Opened::Good(_)), "byte {at_byte}");
        }
        let renamed = text.replace("2026-11-22\n", "2026-11-23\n");
        let other = file("backup/release/1/2026-11-23", &key.id);
        assert!(matches!(judged(&other, &renamed), Opened::Bad(_)));
        // Whoever has not the key cannot tell.
        let stranger = KeyRing::of(vec![Key::new(vec![2; 32])]);
        assert_eq!(
            open(&stranger, "widgets", &at, text.as_bytes()),
            Opened::Unknown
        );
    }

    #[test]
    fn a_default_branchs_backup_is_of_the_branch_that_its_entry_names() {
        let key = Key::new(vec![1; 32]);
        let ring = KeyRing::of(vec![key.clone()]);
        for (name, branch, good) in [
            ("backup/2026-11-22", "main", true),
            ("backup/main/2026-11-22", "trunk", false),
        ] {
            let text = write(&key, "widgets", &entry(name, branch));
            let opened = open(&ring, "widgets", &file(name, &key.id), text.as_bytes());
            assert_eq!(matches!(opened, Opened::Good(_)), good, "{name}");
        }
    }

    #[test]
    fn a_file_names_its_backup_in_one_way() {
        for name in ["backup/2026-11-22", "backup/50%2F/2026-11-22T101112Z"] {
            let file = file(name, "0a1b2c3d");
            assert!(!file.contains('/'));
            assert_eq!(read_file(&file), Some((name.to_owned(), "0a1b2c3d")));
        }
        for bad in [
            "backup%2F2026-11-22",
            "x@0a1b2c3d",
            "backup/2026-11-22@0a1b2c3d",
            "backup%2f2026-11-22@0a1b2c3d",
        ] {
            assert_eq!(read_file(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let key = Key::new(vec![1; 32]);
        let text = write(&key, "widgets", &entry("backup/2026-11-22", "main"));
        assert!(read(text.as_bytes()).is_some());
        for bad in [
            String::new(),
            text.replace('\n', "\r\n"),
            format!("{text}more\n"),
            text.trim_end().to_owned(),
            text.replace("made ", "Made "),
            "x".repeat(MAX_BYTES as usize + 1),
        ] {
            assert!(read(bad.as_bytes()).is_none());
        }
        assert!(read(&[0xff; 100]).is_none());
    }
}
