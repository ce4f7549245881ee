//! The manifest of a folder of bundles: who made which, in what order. Pure.
//!
//! It is a file of JSON with one object on each line, and lines are only added at the end.
//! Each line says which bundles were made, found or removed. It holds the SHA-256 of the
//! previous line, a number one higher than that line's, and an HMAC over all of this. So no
//! line in the middle can be removed or altered. Whoever remembers a later number notices
//! when the end was cut off. Lines at the start are removed once none of their bundles is
//! left.

use crate::files;
use crate::keys::{Key, KeyRing};
use crate::seal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The file's name beside the bundles.
pub const FILE: &str = "MANIFEST";
/// The largest manifest, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

const PURPOSE: &str = "aidf bundle manifest v1";

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A bundle was made.
    Made,
    /// Bundles were found: they are older than the manifest, or a run was cut off before it
    /// listed them.
    Found,
    /// Bundles were removed.
    Removed,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The name of its file.
    pub name: String,
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// The refs that it holds: full names and their tips.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<(String, String)>,
    /// The commits that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// One more than the number of the previous line.
    pub number: u64,
    /// What happened.
    pub kind: Kind,
    /// The time; RFC 3339.
    pub time: String,
    /// The repository's name.
    pub repository: String,
    /// The bundles that it is about.
    pub bundles: Vec<Item>,
    /// The SHA-256 of the previous line, without its newline; empty for the first line.
    pub before: String,
    /// The id of the key; empty if there was no key.
    pub key: String,
    /// The HMAC; empty if there was no key.
    pub mac: String,
}

/// What the manifest says about a bundle that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Says {
    /// Its checksum.
    pub sha256: String,
    /// True if it was made with a key that we have; false if it was only found; `None` if
    /// we do not have the key.
    pub authenticated: Option<bool>,
}

/// A manifest, parsed and checked.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The lines, each with its text.
    lines: Vec<(String, Line)>,
    /// What it says about each bundle that should exist, by name.
    bundles: BTreeMap<String, Says>,
    /// The bundles that it says were removed, with their checksums.
    removed: BTreeMap<String, String>,
    /// The id of the first key of it that we do not have.
    foreign: Option<String>,
}

/// The SHA-256 of a text, in lower-case hexadecimal.
pub fn digest(text: &str) -> String {
    files::digest(text.as_bytes())
}

fn with_parts<T>(line: &Line, work: impl FnOnce(&[&str]) -> T) -> T {
    let (number, count) = (line.number.to_string(), line.bundles.len().to_string());
    let kind = match line.kind {
        Kind::Made => "made",
        Kind::Found => "found",
        Kind::Removed => "removed",
    };
    let counts: Vec<[String; 2]> = line
        .bundles
        .iter()
        .map(|b| [b.refs.len().to_string(), b.needs.len().to_string()])
        .collect();
    let mut parts: Vec<&str> = vec![
        &number,
        kind,
        &line.time,
        &line.repository,
        &line.before,
        &count,
    ];
    for (bundle, [refs, needs]) in line.bundles.iter().zip(&counts) {
        parts.extend([bundle.name.as_str(), &bundle.sha256, refs, needs]);
        for (name, id) in &bundle.refs {
            parts.extend([name.as_str(), id.as_str()]);
        }
        parts.extend(bundle.needs.iter().map(String::as_str));
    }
    work(&parts)
}

/// A key's id, shortened for messages: a manifest may hold any text in its place.
fn brief(id: &str) -> String {
    id.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .take(16)
        .collect()
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// `repository` is the repository that it must belong to, if that is known. Errors: in
    /// words, for the first line that is not valid or does not match its HMAC.
    pub fn read(text: &str, ring: &KeyRing, repository: Option<&str>) -> Result<Manifest, String> {
        let mut manifest = Manifest::default();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("its last line is incomplete".to_owned());
        }
        for (at, text) in text.lines().enumerate() {
            let at = at + 1;
            let line: Line = serde_json::from_str(text)
                .map_err(|e| format!("line {at} is malformed at column {}", e.column()))?;
            if let Some((before, last)) = manifest.lines.last()
                && (digest(before) != line.before
                    || last.number.checked_add(1) != Some(line.number))
            {
                return Err(format!("line {at} does not continue the line before it"));
            }
            let mine = match ring.get(&line.key) {
                Some(key) => {
                    if !with_parts(&line, |p| seal::holds(key, PURPOSE, p, &line.mac)) {
                        return Err(format!("line {at} is forged"));
                    }
                    true
                }
                // Anybody can name a key that does not exist, so that what such a line says is
                // unknown, and undoes nothing that one of our keys says.
                None if !line.key.is_empty() => {
                    manifest.foreign.get_or_insert_with(|| brief(&line.key));
                    false
                }
                None => false,
            };
            let is_bare = line.key.is_empty() && !ring.is_empty();
            if is_bare && manifest.lines.is_empty() && line.number > 1 {
                return Err("its first line has no seal, and earlier lines were removed".to_owned());
            }
            if repository.is_some_and(|r| r != line.repository) {
                return Err(format!(
                    "line {at} is for another repository, {}",
                    line.repository
                ));
            }
            manifest
                .take(&line, mine)
                .map_err(|why| format!("line {at} {why}"))?;
            manifest.lines.push((text.to_owned(), line));
        }
        Ok(manifest)
    }

    fn take(&mut self, line: &Line, mine: bool) -> Result<(), String> {
        for item in &line.bundles {
            let known = self
                .bundles
                .get(&item.name)
                .is_some_and(|s| s.authenticated.is_some());
            // A line by an unknown key does not undo what one of our keys said.
            if known && !mine && line.kind == Kind::Removed {
                continue;
            }
            if known && !mine {
                return Err(format!("describes {} again, with another key", item.name));
            }
            if line.kind == Kind::Removed {
                self.bundles.remove(&item.name);
                self.removed.insert(item.name.clone(), item.sha256.clone());
                continue;
            }
            self.removed.remove(&item.name);
            let says = Says {
                sha256: item.sha256.clone(),
                authenticated: match (mine, line.key.is_empty()) {
                    (true, _) => Some(line.kind == Kind::Made),
                    (false, true) => Some(false),
                    (false, false) => None,
                },
            };
            self.bundles.insert(item.name.clone(), says);
        }
        Ok(())
    }

    /// What it says about each bundle that should exist, by name.
    pub fn bundles(&self) -> &BTreeMap<String, Says> {
        &self.bundles
    }

    /// The turn of each bundle among all that were made or found, by name.
    pub fn turns(&self) -> HashMap<&str, usize> {
        let lines = self.lines.iter().map(|(_, line)| line);
        let entered = lines.filter(|line| line.kind != Kind::Removed);
        let items = entered.flat_map(|line| &line.bundles);
        let turns = items.enumerate();
        turns.map(|(at, item)| (item.name.as_str(), at)).collect()
    }

    /// The description of a bundle that should exist, from the line that says so.
    pub fn item(&self, name: &str) -> Option<&Item> {
        let says = self.bundles.get(name)?;
        let lines = self.lines.iter().rev();
        let mut items = lines
            .filter(|(_, line)| line.kind != Kind::Removed)
            .flat_map(|(_, line)| &line.bundles);
        items.find(|item| item.name == name && item.sha256 == says.sha256)
    }

    /// Whether it says that exactly this file was removed.
    pub fn is_removed(&self, name: &str, sha256: &str) -> bool {
        self.removed.get(name).is_some_and(|s| s == sha256)
    }

    /// The number and digest of the last line, to compare with a later manifest.
    pub fn head(&self) -> Option<(u64, String)> {
        let (text, line) = self.lines.last()?;
        Some((line.number, digest(text)))
    }

    /// The id of a key that sealed lines of it and that we do not have.
    pub fn foreign_key(&self) -> Option<&str> {
        self.foreign.as_deref()
    }

    /// Whether it has this very line.
    pub fn has_line(&self, number: u64, digest: &str) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|(text, line)| line.number == number && self::digest(text) == digest)
    }

    /// Whether it continues from a head that was seen before. A manifest that starts later
    /// also does: its earlier lines were removed with their bundles.
    pub fn follows(&self, number: u64, digest: &str) -> bool {
        match self.lines.iter().find(|(_, l)| l.number == number) {
            Some((text, _)) => self::digest(text) == digest,
            None => self.lines.first().is_some_and(|(_, l)| l.number > number),
        }
    }

    /// Adds a line, and removes the lines at the start that no bundle needs any more.
    ///
    /// The line's number is greater than `after`. Without a key the line has no HMAC, so
    /// nobody will accept it as authenticated.
    pub fn add(
        &mut self,
        key: Option<&Key>,
        (kind, bundles): (Kind, Vec<Item>),
        repository: &str,
        time: &str,
        after: u64,
    ) {
        let (last, before) = self.head().unwrap_or_default();
        let last = match self.lines.is_empty() {
            true => after,
            false => last,
        };
        let mut line = Line {
            number: last.saturating_add(1),
            kind,
            time: time.to_owned(),
            repository: repository.to_owned(),
            bundles,
            before,
            key: key.map(|k| k.id.clone()).unwrap_or_default(),
            mac: String::new(),
        };
        if let Some(key) = key {
            line.mac = with_parts(&line, |p| seal::seal(key, PURPOSE, p));
        }
        // Serializing a line of texts and numbers cannot fail.
        let text = serde_json::to_string(&line).unwrap_or_default();
        let _ = self.take(&line, key.is_some());
        self.lines.push((text, line));
        let live = |line: &Line, bundles: &BTreeMap<String, Says>| {
            line.kind != Kind::Removed && line.bundles.iter().any(|b| bundles.contains_key(&b.name))
        };
        let dead = self
            .lines
            .iter()
            .take(self.lines.len() - 1)
            .take_while(|(_, l)| !live(l, &self.bundles))
            .count();
        self.lines.drain(..dead);
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (line, _) in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str) -> Item {
        Item {
            name: name.to_owned(),
            sha256: digest(name),
            refs: vec![("refs/heads/main".to_owned(), "1".repeat(40))],
            needs: vec!["2".repeat(40)],
        }
    }

    fn made(names: &[&str], key: &Key) -> Manifest {
        let mut manifest = Manifest::default();
        for name in names {
            let line = (Kind::Made, vec![item(name)]);
            manifest.add(Some(key), line, "widgets", "2026-11-22T00:00:00Z", 0);
        }
        manifest
    }

    #[test]
    fn every_byte_and_every_line_is_held() {
        let key = Key::new(vec![1; 32]);
        let ring = KeyRing::of(vec![key.clone()]);
        let manifest = made(&["a", "b", "c"], &key);
        let text = manifest.text();
        let read = |text: &str| Manifest::read(text, &ring, Some("widgets"));
        let good = read(&text).unwrap();
        assert_eq!(good.bundles().len(), 3);
        assert!(
            good.bundles()
                .values()
                .all(|s| s.authenticated == Some(true))
        );
        assert_eq!(good.text(), text);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(bad) = String::from_utf8(bytes) else {
                continue;
            };
            // A line that names another key does not count.
            let counts = read(&bad).is_ok_and(|m| {
                let all = m.bundles().values().all(|s| s.authenticated == Some(true));
                all && m.bundles().len() == 3
            });
            assert!(!counts, "byte {at}");
        }
        let lines: Vec<&str> = text.lines().collect();
        assert!(read(&format!("{}\n{}\n", lines[0], lines[2])).is_err());
        assert!(read(&format!("{}\n{}\n", lines[1], lines[0])).is_err());
        assert!(read(text.trim_end()).is_err());
        assert!(Manifest::read(&text, &ring, Some("gadgets")).is_err());
        // Whoever remembers the head notices that the end was cut off.
        let (number, head) = good.head().unwrap();
        assert!(good.follows(number, &head));
        let cut = read(&format!("{}\n{}\n", lines[0], lines[1])).unwrap();
        assert!(!cut.follows(number, &head));
    }

    #[test]
    fn what_is_removed_leaves_a_chain_that_holds() {
        let key = Key::new(vec![1; 32]);
        let ring = KeyRing::of(vec![key.clone()]);
        let mut manifest = made(&["a", "b", "c"], &key);
        let seen = manifest.head().unwrap();
        let mut remove = |name: &str| {
            let line = (Kind::Removed, vec![item(name)]);
            manifest.add(Some(&key), line, "widgets", "2026-11-23T00:00:00Z", 0);
            Manifest::read(&manifest.text(), &ring, Some("widgets")).unwrap()
        };
        let middle = remove("b");
        assert_eq!(middle.bundles().keys().collect::<Vec<_>>(), ["a", "c"]);
        assert!(middle.is_removed("b", &digest("b")) && !middle.is_removed("b", &digest("x")));
        assert!(middle.follows(seen.0, &seen.1));
        // When the first bundle is removed, the lines at the start are removed too.
        let rest = remove("a");
        assert_eq!(rest.text().lines().count(), 3);
        assert!(rest.follows(seen.0, &seen.1));
        let none = remove("c");
        assert_eq!(none.text().lines().count(), 1);
        assert!(none.bundles().is_empty() && none.follows(seen.0, &seen.1));
    }

    #[test]
    fn another_key_undoes_nothing() {
        let (key, other) = (Key::new(vec![1; 32]), Key::new(vec![2; 32]));
        let ring = KeyRing::of(vec![key.clone()]);
        for (kind, by) in [
            (Kind::Made, Some(&other)),
            (Kind::Found, None),
            (Kind::Removed, Some(&other)),
            (Kind::Removed, None),
        ] {
            let mut manifest = made(&["a"], &key);
            manifest.add(by, (kind, vec![item("a")]), "widgets", "x", 0);
            // A forger would write it like this.
            let read = Manifest::read(&manifest.text(), &ring, Some("widgets"));
            match kind {
                Kind::Removed => {
                    let text = made(&["a"], &key).text() + manifest.text().lines().last().unwrap();
                    let read = Manifest::read(&(text + "\n"), &ring, Some("widgets")).unwrap();
                    assert_eq!(read.bundles()["a"].authenticated, Some(true));
                    assert_eq!(read.foreign_key(), by.map(|key| key.id.as_str()));
                }
                _ => assert!(read.is_err(), "{kind:?}"),
            }
        }
        // A manifest that was started again with a later number is not accepted.
        let ours = made(&["a"], &key).text();
        let line = ours.replace("\"number\":1", "\"number\":2");
        for forged in [&line.replace(&key.id, ""), &line] {
            let read = Manifest::read(forged, &ring, Some("widgets"));
            assert!(read.is_err(), "{forged}");
        }
        // One by a key that nobody has says nothing.
        let theirs = line.replace(&key.id, "00000000");
        let read = Manifest::read(&theirs, &ring, Some("widgets")).unwrap();
        assert_eq!(read.bundles()["a"].authenticated, None);
        assert_eq!(read.foreign_key(), Some("00000000"));
        // Without the key, nothing is known.
        let read = Manifest::read(&made(&["a"], &key).text(), &KeyRing::default(), None).unwrap();
        assert_eq!(read.bundles()["a"].authenticated, None);
    }
}
