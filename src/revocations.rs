//! This machine's memory of the token revocations that it has seen. On a remote without a
//! hook, anybody can delete the ref that revokes a token; a revocation that was seen once
//! stays valid here.
//!
//! There is one JSON file for each repository: by its identity, or by its name while it has
//! none, as tokens are bound. A different spelling of the address must not make a token
//! valid again.

use crate::files::{short_digest, write_durably_shared};
use crate::ref_rules::REVOKED;
use crate::sharing::Sharing;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// How many revocations shown by a remote are kept; this limits a flood of them.
pub const MOST: usize = 10_000;
/// How many remotes are kept for one revocation.
const MOST_PLACES: usize = 16;
/// The largest file that is read, in bytes; it has room for all of them.
const MAX_BYTES: u64 = 16 << 20;

/// The full name of the ref that revokes a token.
pub fn ref_of(token_id: &str) -> String {
    format!("{REVOKED}{token_id}")
}

/// The token's id in the full name of a ref that revokes it.
pub fn token_of(name: &str) -> Option<&str> {
    let id = name.strip_prefix(REVOKED)?;
    let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    (id.len() == 16 && id.bytes().all(hex)).then_some(id)
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    /// By token id.
    revoked: BTreeMap<String, Seen>,
}

#[derive(Default, Serialize, Deserialize)]
struct Seen {
    /// When it was first seen; UTC, RFC 3339.
    time: String,
    /// Digests of the addresses of remotes that showed it.
    at: BTreeSet<String>,
}

/// The remembered revocations of one repository.
#[derive(Debug, Clone)]
pub struct Revocations {
    path: PathBuf,
    sharing: Sharing,
}

impl Revocations {
    /// The revocations in the file at `path`, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Revocations::shared(path, Sharing::default())
    }

    /// The same, in a file that other accounts may share.
    pub fn shared(path: PathBuf, sharing: Sharing) -> Self {
        Revocations { path, sharing }
    }

    /// The revocations of `repository` in a user's state folder.
    pub fn of_user(state: &Path, repository: &str) -> Self {
        let safe: String = repository
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
            .take(40)
            .collect();
        let name = format!("{safe}-{}.json", short_digest(repository));
        Revocations::new(state.join("revoked").join(name))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets other accounts use the file that is there, if they share it and it is this account's.
    pub fn share(&self) {
        self.sharing.existing(&self.path);
    }

    /// Whether the revocation of this token was seen.
    ///
    /// Errors: in words, for a file that exists and cannot be read.
    pub fn holds(&self, token_id: &str) -> Result<bool, String> {
        Ok(self.read()?.revoked.contains_key(token_id))
    }

    /// Every revocation that was seen, by token, and when it was first seen (RFC 3339).
    ///
    /// Errors: in words, for a file that exists and cannot be read.
    pub fn all(&self) -> Result<BTreeMap<String, String>, String> {
        let seen = self.read()?.revoked.into_iter();
        Ok(seen.map(|(id, seen)| (id, seen.time)).collect())
    }

    /// Remembers the revocations that the remote at `address` shows. Returns those that it
    /// showed before and no longer shows. Writes nothing if nothing is new.
    ///
    /// Errors: in words, for a file that cannot be read or written.
    pub fn heed(
        &self,
        shown: &HashSet<&str>,
        address: &str,
        now: &str,
    ) -> Result<Vec<String>, String> {
        let here = short_digest(address);
        let mut file = self.read()?;
        let gone = file
            .revoked
            .iter()
            .filter(|(id, seen)| seen.at.contains(&here) && !shown.contains(id.as_str()))
            .map(|(id, _)| id.clone())
            .collect();
        let is_new = |id: &str| {
            let seen = file.revoked.get(id);
            seen.is_none_or(|s| s.at.len() < MOST_PLACES && !s.at.contains(&here))
        };
        if shown.iter().any(|id| is_new(id)) {
            // Another process may have written meanwhile.
            file = self.read()?;
            let mut left = 0;
            let mut ids: Vec<&&str> = shown.iter().collect();
            ids.sort_unstable();
            let before = file.count();
            for id in ids {
                left += usize::from(!file.add(id, &here, now, MOST));
            }
            if file.count() != before {
                self.write(&file)?;
            }
            if left > 0 {
                return Err(format!(
                    "{left} revocations of tokens are not stored here: {} are stored already, and that is the limit",
                    file.revoked.len()
                ));
            }
        }
        Ok(gone)
    }

    /// Remembers the revocation of one token, even if there are too many already.
    ///
    /// Errors: in words, for a file that cannot be read or written.
    pub fn remember(&self, token_id: &str, address: &str, now: &str) -> Result<(), String> {
        let mut file = self.read()?;
        let before = file.count();
        file.add(token_id, &short_digest(address), now, usize::MAX);
        match file.count() == before {
            true => Ok(()),
            false => self.write(&file),
        }
    }

    fn read(&self) -> Result<File, String> {
        let bad = |why: String| {
            format!(
                "the revocations stored in {} cannot be read: {why}",
                self.path.display()
            )
        };
        match std::fs::metadata(&self.path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(File {
                    version: 1,
                    revoked: BTreeMap::new(),
                });
            }
            Err(e) => return Err(bad(e.to_string())),
            Ok(there) if !there.is_file() || there.len() > MAX_BYTES => {
                return Err(bad("aidf did not write it".to_owned()));
            }
            Ok(_) => {}
        }
        let bytes = std::fs::read(&self.path).map_err(|e| bad(e.to_string()))?;
        let file: File = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
        match file.version {
            1 => Ok(file),
            v => Err(bad(format!("its version is {v}, and this aidf knows 1"))),
        }
    }

    fn write(&self, file: &File) -> Result<(), String> {
        let written = || -> anyhow::Result<()> {
            let mut text = serde_json::to_vec_pretty(file)?;
            text.push(b'\n');
            Ok(write_durably_shared(&self.path, &text, self.sharing)?)
        };
        written().map_err(|e| {
            format!(
                "the revocations could not be stored in {}: {e}",
                self.path.display()
            )
        })
    }
}

impl File {
    /// Returns false if there is no room for it.
    fn add(&mut self, id: &str, here: &str, now: &str, most: usize) -> bool {
        if !self.revoked.contains_key(id) && self.revoked.len() >= most {
            return false;
        }
        let seen = self.revoked.entry(id.to_owned()).or_insert_with(|| Seen {
            time: now.to_owned(),
            at: BTreeSet::new(),
        });
        if seen.at.len() < MOST_PLACES {
            seen.at.insert(here.to_owned());
        }
        true
    }

    /// A count that grows with every addition.
    fn count(&self) -> usize {
        self.revoked.values().map(|seen| 1 + seen.at.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refs_that_revoke_a_token_name_one() {
        let id = "0123456789abcdef";
        assert_eq!(token_of(&format!("{REVOKED}{id}")), Some(id));
        assert_eq!(token_of(&ref_of(id)), Some(id));
        for name in [
            "refs/heads/0123456789abcdef",
            "refs/aidf/revoked/",
            "refs/aidf/revoked/0123456789ABCDEF",
            "refs/aidf/revoked/0123456789abcde",
            "refs/aidf/revoked/0123456789abcdef0",
            "refs/aidf/revoked/../../etc/passwd",
        ] {
            assert_eq!(token_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_flood_is_bounded_and_does_not_push_out_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Revocations::of_user(folder.path(), "demo");
        let first = HashSet::from(["ffffffffffffffff"]);
        assert_eq!(memory.heed(&first, "a", "now"), Ok(Vec::new()));
        let ids: Vec<String> = (0..MOST + 5).map(|n| format!("{n:016x}")).collect();
        let flood: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let said = memory.heed(&flood, "a", "now").unwrap_err();
        assert!(said.contains("6 revocations"), "{said}");
        assert_eq!(memory.read().unwrap().revoked.len(), MOST);
        assert_eq!(memory.holds("ffffffffffffffff"), Ok(true));
        // A revocation made here is kept in any case.
        memory.remember("eeeeeeeeeeeeeeee", "a", "now").unwrap();
        assert_eq!(memory.holds("eeeeeeeeeeeeeeee"), Ok(true));
        assert!(std::fs::metadata(memory.path()).unwrap().len() < MAX_BYTES / 4);
    }

    #[test]
    fn what_is_gone_is_told_where_it_was_and_holds_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Revocations::of_user(folder.path(), "demo");
        let id = "0123456789abcdef";
        let (shown, nothing) = (HashSet::from([id]), HashSet::new());
        assert_eq!(memory.heed(&shown, "a", "now"), Ok(Vec::new()));
        assert_eq!(memory.heed(&nothing, "b", "now"), Ok(Vec::new()));
        assert_eq!(memory.heed(&nothing, "a", "now"), Ok(vec![id.to_owned()]));
        assert_eq!(memory.holds(id), Ok(true));
        let other = Revocations::of_user(folder.path(), "other");
        assert_eq!(other.holds(id), Ok(false));
    }

    #[test]
    fn a_file_that_is_not_ours_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("revoked.json");
        let memory = Revocations::new(path.clone());
        for text in [
            "",
            "[]",
            "{\"version\":2,\"revoked\":{}}",
            "{\"version\":1}",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(memory.holds("0123456789abcdef").is_err(), "{text}");
            assert!(memory.remember("0123456789abcdef", "a", "now").is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn each_remote_that_showed_a_revocation_is_asked_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Revocations::of_user(folder.path(), "demo");
        let id = "0123456789abcdef";
        let (shown, nothing) = (HashSet::from([id]), HashSet::new());
        for at in ["a", "b"] {
            assert_eq!(memory.heed(&shown, at, "now"), Ok(Vec::new()));
        }
        for at in ["a", "b"] {
            assert_eq!(memory.heed(&nothing, at, "now"), Ok(vec![id.to_owned()]));
        }
    }

    #[test]
    fn the_remotes_of_a_revocation_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Revocations::of_user(folder.path(), "demo");
        let id = "0123456789abcdef";
        for n in 0..MOST_PLACES + 2 {
            memory.remember(id, &n.to_string(), "now").unwrap();
            let seen = &memory.read().unwrap().revoked[id];
            assert_eq!(seen.at.len(), MOST_PLACES.min(n + 1));
        }
        assert_eq!(memory.holds(id), Ok(true));
    }

    #[test]
    fn a_repository_of_any_name_has_a_file_of_its_own() {
        let of = |name: &str| {
            let memory = Revocations::of_user(Path::new("/state"), name);
            memory
                .path()
                .strip_prefix("/state/revoked")
                .unwrap()
                .to_owned()
        };
        let long = "x".repeat(50);
        for (name, safe) in [
            ("a-b_c.d", "a-b_c.d"),
            ("../a b/\u{e9}", "..ab"),
            (&long, &long[..40]),
        ] {
            let file = format!("{safe}-{}.json", short_digest(name));
            assert_eq!(of(name), Path::new(&file));
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("revoked.json");
        let memory = Revocations::new(path.clone());
        let mut text = b"{\"version\":1,\"revoked\":{}}".to_vec();
        text.resize(MAX_BYTES as usize, b' ');
        std::fs::write(&path, &text).unwrap();
        assert_eq!(memory.holds("0123456789abcdef"), Ok(false));
        text.push(b' ');
        std::fs::write(&path, &text).unwrap();
        let said = memory.holds("0123456789abcdef").unwrap_err();
        assert!(said.contains("aidf did not write it"), "{said}");
    }

    // Windows says of such a path that it is not there.
    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_looked_at_is_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let memory = Revocations::new(folder.path().join("file/revoked.json"));
        assert!(memory.holds("0123456789abcdef").is_err());
        let none = Revocations::new(folder.path().join("revoked.json"));
        assert_eq!(none.holds("0123456789abcdef"), Ok(false));
    }
}
