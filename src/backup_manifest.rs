//! The manifest of a repository's backups: who made which. Pure.
//!
//! `refs/aidf/backups` is a chain of commits. The tree at its tip has one file for each
//! backup and each key that vouches for it. The file's name is `<name>@<key id>`, with `/`
//! written as `%2F` and `%` as `%25`. Each line of the file is a word, a space and a
//! value. The last value is an HMAC over everything that the entry says. So an entry that
//! was moved to another name, commit or repository is not valid.

use crate::backup_name;
use crate::git::CommitId;
use crate::keys::{Key, KeyRing};
use crate::seal;

/// The ref of the manifest.
pub const REF: &str = "refs/aidf/backups";
/// The largest entry, in bytes; that is room for more than a thousand ids.
pub const MAX_BYTES: u64 = 64 * 1024;
/// The most entries that a manifest may have.
pub const MAX_ENTRIES: usize = 50_000;
/// The most commit ids that an entry may list; see [`Entry::aside`].
pub const MAX_ASIDE: usize = 1000;

const PURPOSE: &str = "aidf backup manifest v1";
const FIRST: &str = "aidf-backup 1";

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The backup's branch, `backup/…`.
    pub name: String,
    /// The branch that it is a backup of.
    pub branch: String,
    /// The commit that it holds.
    pub commit: CommitId,
    /// When the entry was made; RFC 3339.
    pub made: String,
    /// Commits of older backups that were not in the branch's history when the entry was
    /// made. Their loss was reported then, and is not reported again.
    pub aside: Vec<CommitId>,
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// What it says.
    pub entry: Entry,
    /// The repository's name.
    pub repository: String,
    key: String,
    mac: String,
}

/// The result of checking an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// Made with a key of the ring, and not altered.
    Good(Entry),
    /// Made with a key that we do not have; what it says, which nobody can check here.
    Unknown(Entry),
    /// Not valid; the reason.
    Bad(&'static str),
}

/// The file name of an entry.
pub fn file(name: &str, key_id: &str) -> String {
    let name = name.replace('%', "%25").replace('/', "%2F");
    format!("{name}@{key_id}")
}

/// The backup's name and the key's id in a file name.
pub fn read_file(file: &str) -> Option<(String, &str)> {
    let (name, key) = file.rsplit_once('@')?;
    let name = name.replace("%2F", "/").replace("%25", "%");
    (self::file(&name, key) == file && backup_name::parse(&name).is_some()).then_some((name, key))
}

/// Signs an entry and returns its text.
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

/// Parses an entry without checking it; `None` if it is not an entry.
pub fn read(text: &[u8]) -> Option<SealedEntry> {
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
    // Exactly one space between ids, so that an entry has only one form.
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
    Some(SealedEntry {
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

/// Checks the entry in the file `file` of the manifest of `repository`.
pub fn open(ring: &KeyRing, repository: &str, file: &str, text: &[u8]) -> Opened {
    let Some((name, key_id)) = read_file(file) else {
        return Opened::Bad("its manifest entry does not name a backup");
    };
    let Some(sealed) = read(text) else {
        return Opened::Bad("its manifest entry is malformed");
    };
    let entry = sealed.entry;
    if sealed.key != key_id || entry.name != name {
        return Opened::Bad("its manifest entry is for another backup");
    }
    // A backup's name contains its branch, unless that was the default branch.
    let of_branch = backup_name::parse(&name)
        .and_then(|n| n.branch)
        .is_none_or(|b| b == entry.branch);
    if !of_branch {
        return Opened::Bad("its manifest entry is for another branch");
    }
    let Some(key) = ring.get(key_id) else {
        return Opened::Unknown(entry);
    };
    let (commit, aside) = (entry.commit.to_string(), ids(&entry.aside));
    let parts = parts(&sealed.repository, &entry, &commit, &aside);
    if !seal::holds(key, PURPOSE, &parts, &sealed.mac) {
        return Opened::Bad("its manifest entry is forged");
    }
    match sealed.repository == repository {
        true => Opened::Good(entry),
        false => Opened::Bad("its manifest entry is for another repository"),
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
        // Another name, day, branch, key or repository, or any other byte.
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
        // Nobody can tell without the key.
        let stranger = KeyRing::of(vec![Key::new(vec![2; 32])]);
        assert_eq!(
            open(&stranger, "widgets", &at, text.as_bytes()),
            Opened::Unknown(entry)
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
