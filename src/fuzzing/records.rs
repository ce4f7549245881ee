//! Decoders of files: the ledgers, the policy, the operator's settings, the key ring.

use super::two;
use crate::backup_manifest;
use crate::bundle_manifest::Manifest;
use crate::config::ConfigFile;
use crate::journal::chain::{Checked, End};
use crate::keys::{Key, KeyRing, KeySource};
use crate::ledger::{ChangelogEntry, Ledger};
use crate::policy::{Policy, PolicyFile};
use crate::yaml as yamls;
use serde_json::Value;
use std::path::PathBuf;

/// The text that would be written of a ledger; none where it is refused.
fn written(ledger: &Ledger) -> Option<String> {
    ledger.checked().ok().map(str::to_owned)
}

fn entries_of(text: &str) -> Vec<Value> {
    match text.trim().is_empty() {
        true => Vec::new(),
        false => yamls::read::<Option<Vec<Value>>>(text)
            .unwrap_or_else(|e| panic!("no longer YAML: {e}\n{text:?}"))
            .unwrap_or_default(),
    }
}

fn ledger_of(text: &str) -> Ledger {
    Ledger::read("x", Some(text.as_bytes()))
        .unwrap_or_else(|e| panic!("no longer a ledger: {}\n{text:?}", e.in_full()))
}

/// Whether nothing in a ledger is a reason to refuse it: plain words on lines of their own.
fn is_plain(text: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase());
    let mut lines = text.split_terminator('\n').peekable();
    let mut keys: Vec<&str> = Vec::new();
    lines.peek().is_some_and(|l| l.starts_with("- "))
        && lines.all(|line| {
            if line.starts_with("- ") {
                keys.clear();
            }
            let rest = line.strip_prefix("- ").or_else(|| line.strip_prefix("  "));
            let pair = rest.and_then(|r| r.split_once(": "));
            pair.is_some_and(|(key, value)| {
                let new = !keys.contains(&key);
                keys.push(key);
                new && word(key) && word(value)
            })
        })
}

/// What is written of a ledger that was read has all that it had: no entry is lost or says
/// anything else, whatever is appended, replaced and removed.
pub(super) fn ledger(data: &[u8]) {
    let Ok(mut ledger) = Ledger::read("x", Some(data)) else {
        assert!(!std::str::from_utf8(data).is_ok_and(is_plain), "refused");
        return;
    };
    let Some(before) = written(&ledger) else {
        return;
    };
    // A key that is no text, or is there twice, is beyond what can be compared here.
    let known = before.trim().is_empty() || yamls::read::<Option<Vec<Value>>>(&before).is_ok();
    if !known {
        return;
    }
    let values = entries_of(&before);
    assert_eq!(values.len(), ledger.len());
    let entry = ChangelogEntry {
        timestamp: "2026-11-22T10:11:12.000000",
        path: "new/one",
        task_id: None,
        committed_by: "QAPod",
        message: "a: b\nc #d",
    };
    ledger.append(&entry.line());
    let Some(after) = written(&ledger) else {
        assert!(!is_plain(&before), "{before:?} cannot be appended to");
        return;
    };
    assert!(after.starts_with(&before), "{before:?} became {after:?}");
    let now = entries_of(&after);
    assert_eq!(now[..values.len()], values, "{before:?} became {after:?}");
    assert_eq!(now.len(), values.len() + 1, "{before:?} became {after:?}");
    let last = now.last().unwrap_or(&Value::Null);
    assert_eq!(last["path"], "new/one");
    assert_eq!(last["message"], "a: b\nc #d");
    removed(&before, &after, &now, &entry.line());
    // A value is set in its entry alone.
    let mut set = ledger_of(&after);
    assert!(
        set.replace_entry("new/one", "{path: new/one, committed_by: Other}"),
        "our own entry cannot be changed: {after:?}"
    );
    if let Some(set) = written(&set) {
        let mut want = now.clone();
        let at = want.len() - 1;
        want[at] = serde_json::json!({"path": "new/one", "committed_by": "Other"});
        assert_eq!(entries_of(&set), want);
    }
    // What another version of the ledger has is taken over as it is, or not at all.
    let mut theirs = ledger_of("- path: other\n");
    for (_, text) in ledger_of(&after).entries() {
        let (count, had) = (theirs.len(), written(&theirs));
        if !theirs.append_entry(text) {
            continue;
        }
        let Some(has) = written(&theirs) else { return };
        assert!(had.is_some_and(|had| has.starts_with(&had)), "{has:?}");
        theirs = ledger_of(&has);
        assert_eq!(theirs.len(), count + 1, "{has:?}");
    }
}

/// Each entry goes and the others stay as they are; all go, and one comes.
fn removed(before: &str, after: &str, now: &[Value], line: &str) {
    let count = now.len();
    for at in 0..count.min(4) {
        let mut less = ledger_of(after);
        assert_eq!(less.len(), count);
        let goes: Vec<bool> = (0..count).map(|n| n == at).collect();
        assert_eq!(less.remove_at(&goes), 1);
        let Some(text) = written(&less) else {
            assert!(!is_plain(before), "{at} of {after:?} cannot go");
            continue;
        };
        let mut left = now.to_vec();
        left.remove(at);
        assert_eq!(entries_of(&text), left, "{at} of {after:?}");
        less.append(line);
        let Some(text) = written(&less) else { continue };
        left.push(now[count - 1].clone());
        assert_eq!(entries_of(&text), left, "{at} of {after:?}, and one more");
        assert_eq!(ledger_of(&text).len(), left.len());
    }
    let mut none = ledger_of(after);
    none.remove_at(&vec![true; count]);
    let Some(text) = written(&none) else { return };
    assert!(entries_of(&text).is_empty(), "{text:?}");
    none.append(line);
    let Some(text) = written(&none) else { return };
    assert_eq!(entries_of(&text).len(), 1, "{text:?}");
}

/// An older ledger and a newer one, a NUL between them: what is more and what is less
/// adds up, and is the other way round from the other side.
pub(super) fn growth(data: &[u8]) {
    let at = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    let (old, new) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let read = |text: &[u8]| Ledger::read("x", Some(text)).ok().map(|l| l.len());
    let (Some(before), Some(after)) = (read(old), read(new)) else {
        return;
    };
    for one in [old, new] {
        let same = crate::ledger::diff("x", one, one);
        assert!(same.is_ok_and(|g| g.removed.is_empty() && g.added.is_empty()));
    }
    let Ok(there) = crate::ledger::diff("x", old, new) else {
        return;
    };
    assert_eq!(after + there.removed.len(), before + there.added.len());
    assert!(there.parsed <= old.len() + new.len());
    if let Ok(back) = crate::ledger::diff("x", new, old) {
        let sorted = |mut items: Vec<crate::ledger::Item>| {
            items.sort();
            items
        };
        assert_eq!(sorted(back.added), sorted(there.removed));
        assert_eq!(sorted(back.removed), sorted(there.added));
    }
}

/// A text is written so that every reader takes it for the same text.
pub(super) fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = yamls::read::<Value>(text);
    let line = yamls::scalar(text);
    assert!(!line.contains(['\n', '\r']), "{line:?}");
    let list = format!("- {line}\n");
    assert_eq!(yamls::read::<Vec<String>>(&list), Ok(vec![text.to_owned()]));
    let map = format!("k: {line}\n");
    assert_eq!(
        yamls::read::<Value>(&map).map(|v| v["k"].clone()),
        Ok(Value::from(text))
    );
}

/// A policy that is taken protects what nobody may take away from it.
pub(super) fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(file) = yamls::read::<PolicyFile>(text) else {
        return;
    };
    if file.fault().is_some() {
        return;
    }
    let own = Policy::new(&file, &PolicyFile::default(), "sandbox", Some("trunk"));
    for branch in ["main", "trunk", "sandbox", "backup/2026-11-22"] {
        assert!(own.is_protected(branch), "{branch}");
    }
    assert!(!own.is_protected("sandbox-a"));
    let _ = own.check_path("sandbox-a", "a/b");
    let _ = (own.reviewed(), own.is_sensitive("x"));
    let archive = own.ledgers().archive("2026-11");
    assert!(own.ledgers().contains(&archive), "{archive}");
    // The operator's part only tightens, and so do the rules of a pod.
    let both = Policy::new(&file, &file, "sandbox", Some("trunk"));
    let over = Policy::new(&PolicyFile::default(), &file, "sandbox", Some("trunk"));
    let plain = PolicyFile::default();
    let none = Policy::new(&plain, &plain, "sandbox", Some("trunk"));
    for path in ["a/b", ".github/workflows/x.yml", ".aidf.yaml", "CODEOWNERS"] {
        let may = |p: &Policy| p.check_path("sandbox-a", path).is_ok();
        assert!(may(&own) || !may(&both), "{path}");
        assert!(may(&none) || !may(&over), "{path}");
        for pod in [None, Some("DocPod")] {
            assert!(may(&own) || !may(&own.of_pod(pod)), "{path}");
        }
    }
}

/// The operator's settings.
pub(super) fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(file) = yamls::read::<ConfigFile>(text) else {
        return;
    };
    let _ = (file.policy.fault(), file.transfer.resolve());
    if let Some(within) = file.backup.keep.and_then(|k| k.within) {
        let _ = crate::clock::Period::parse(&within);
    }
    let (name, value) = two(text);
    let _ = crate::forge::ForgeSettings::resolve(file.forge, |n: &str| {
        name.contains(n).then(|| value.to_owned())
    });
}

/// What is taken as a ring holds keys, each of at least 32 bytes.
pub(super) fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let good = |ring: KeyRing| {
        if let Some(key) = ring.active() {
            assert!(key.id.len() == 8 && ring.get(&key.id).is_some());
            assert_ne!(key.derive("a"), key.derive("b"));
        }
    };
    let inline = KeySource {
        inline: Some(crate::secret::Secret::new(text)),
        file: None,
        ring: PathBuf::new(),
    };
    if let Ok(ring) = KeyRing::load(&inline) {
        assert!(!ring.is_empty());
        good(ring);
    }
    // A temporary file is its maker's alone, as a ring must be.
    let Ok(file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if std::fs::write(file.path(), data).is_err() {
        return;
    }
    for as_file in [true, false] {
        let source = KeySource {
            inline: None,
            file: as_file.then(|| file.path().to_owned()),
            ring: file.path().to_owned(),
        };
        match KeyRing::load(&source) {
            Ok(ring) => good(ring),
            Err(e) => {
                // A secret is not told of in an error.
                let told = e.in_full();
                let long = text.split_whitespace().filter(|w| w.len() >= 32);
                for word in long {
                    assert!(!told.contains(word), "{told}");
                }
            }
        }
    }
}

/// An entry of a manifest of backups is never good unless the key sealed it, wherever it
/// lies, and what is read is bounded.
pub(super) fn backup_manifest(data: &[u8]) {
    let (file, text) = match data.iter().position(|b| *b == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &b""[..]),
    };
    let file = String::from_utf8_lossy(file);
    if let Some((name, key)) = backup_manifest::read_file(&file) {
        assert_eq!(backup_manifest::file(&name, key), file);
    }
    if let Some(sealed) = backup_manifest::read(text) {
        assert!(sealed.entry.aside.len() <= backup_manifest::MAX_ASIDE);
    }
    let key = Key::new(vec![7; 32]);
    let ring = KeyRing::of(vec![key.clone()]);
    let opened = backup_manifest::open(&ring, "demo", &file, text);
    if let backup_manifest::Opened::Good(entry) = opened {
        // Then it is what we would write, byte for byte.
        let ours = backup_manifest::write(&key, "demo", &entry);
        assert_eq!(ours.as_bytes(), text);
    }
}

/// A manifest of bundles that is read is written as it was, and nothing in it is
/// authenticated by a key that is not at hand.
pub(super) fn bundle_manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let nobody = KeyRing::default();
    for repository in [None, Some("demo")] {
        let Ok(manifest) = Manifest::read(text, &nobody, repository) else {
            continue;
        };
        let again = manifest.text();
        assert_eq!(
            again.trim_end_matches('\n'),
            text.trim_end_matches('\n').replace("\r\n", "\n")
        );
        assert!(
            manifest
                .bundles()
                .values()
                .all(|says| says.authenticated != Some(true))
        );
    }
}

/// Foreign lines are never taken for this machine's own. Own lines are one chain, whatever
/// they tell; one that is altered, left out or put elsewhere shows.
pub(super) fn journal(data: &[u8]) {
    let ring = KeyRing::of(vec![Key::new(vec![9; 32])]);
    let check = |lines: &mut dyn Iterator<Item = &[u8]>| {
        let mut checked = Checked::default();
        lines.for_each(|line| checked.line(line, &ring));
        checked
    };
    let foreign = check(&mut data.split(|b| *b == b'\n'));
    assert_eq!(foreign.authenticated, 0, "nobody has sealed it");
    let mut end = End::default();
    let mut next = |n: usize| {
        let detail = String::from_utf8_lossy(data);
        let event = serde_json::json!({"n": n, "detail": detail}).to_string();
        end.append(&event, ring.active()).into_bytes()
    };
    let lines = [0, 1, 2].map(&mut next);
    assert!(lines.iter().all(|l| !l.contains(&b'\n')), "one line each");
    let whole = check(&mut lines.iter().map(Vec::as_slice));
    assert_eq!((whole.authenticated, whole.faults), (3, vec![]));
    let mut altered = lines.clone();
    let at = data.len() % altered[1].len();
    altered[1][at] ^= 1;
    for order in [[0, 2, 2], [1, 0, 2], [0, 0, 1]] {
        let moved = check(&mut order.iter().map(|n| lines[*n].as_slice()));
        assert!(!moved.faults.is_empty(), "{order:?}");
    }
    let altered = check(&mut altered.iter().map(Vec::as_slice));
    assert!(!altered.faults.is_empty(), "byte {at} is altered");
}
