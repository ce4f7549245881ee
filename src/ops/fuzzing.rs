//! What fuzzing asks of the operations: the hook's lines, lists of bundles, what is
//! remembered here.

use super::backup::fuzzing::{listed, named};
use super::base;
use super::hook::Update;
use super::session::Sessions;
use crate::git::ObjectId;
use crate::names;
use crate::policy::{Policy, PolicyFile};
use crate::ref_rules::{Asked, Motion, Pusher, judge, shadow};
use crate::revocations::Revocations;

/// Where a stranger may write, nobody else's branches are.
pub fn hook_line(data: &[u8]) {
    let Ok(update) = Update::parse(data) else {
        return;
    };
    let name = data.splitn(3, |b| *b == b' ').nth(2).unwrap_or_default();
    assert_eq!(update.is_text, std::str::from_utf8(name).is_ok());
    assert!(update.is_text || update.name.is_ascii());
    let Ok(line) = std::str::from_utf8(data) else {
        return;
    };
    // Each id may be of either format.
    let mut words = line.split(' ').map(|word| "0".repeat(word.len()));
    let mut hex = |id: Option<ObjectId>| {
        let zero = words.next().unwrap_or_default();
        id.map_or(zero, |id| id.to_string())
    };
    let again = format!("{} {} {}", hex(update.old), hex(update.new), update.name);
    assert!(again.eq_ignore_ascii_case(line), "{line} became {again}");
    let plain = PolicyFile::default();
    let policy = Policy::new(&plain, &plain, "sandbox", Some("trunk"));
    let stranger = Pusher {
        keyed: true,
        ..Pusher::default()
    };
    for motion in [
        Motion::Create,
        Motion::Forward,
        Motion::Force,
        Motion::Delete,
    ] {
        let asked = Asked {
            name: &update.name,
            motion,
            at_default: false,
            backup: Err("it is none".to_owned()),
            archive: Err("it is none".to_owned()),
            opened: Err("it is none".to_owned()),
        };
        if judge(asked, &stranger, &policy, "sandbox").is_err() {
            continue;
        }
        if motion == Motion::Create {
            let hidden = shadow::stands_for(&update.name, &policy);
            assert_eq!(hidden, None, "{}", update.name);
        }
        let name = update.name.to_lowercase();
        let branch = name.strip_prefix("refs/heads/").unwrap_or_default();
        assert!(
            !policy.is_protected(branch) || branch.starts_with("backup/"),
            "{name}"
        );
        assert!(!names::is_sandbox(branch) || update.name != name, "{name}");
        assert!(!update.name.starts_with("refs/heads/backup/"), "{name}");
        assert!(!update.name.starts_with("refs/aidf/"), "{name}");
        assert!(!update.name.starts_with("refs/replace/"), "{name}");
    }
}

/// The first line is a bundle's name, the whole a list of checksums.
pub fn bundle_list(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let name = text.lines().next().unwrap_or(text);
        if named(name) {
            assert!(
                !name.contains(['/', '\\', '\0']) && !name.starts_with('.'),
                "{name}"
            );
        }
    }
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    for path in listed(folder.path(), data) {
        assert_eq!(path.parent(), Some(folder.path()), "{}", path.display());
        assert!(path.extension().is_some_and(|e| e == "bundle"));
    }
}

/// What this machine wrote down may have been changed since; what is remembered anew stays.
pub fn remembered(data: &[u8]) {
    const ID: &str = "0123456789abcdef";
    if let Ok(folder) = tempfile::tempdir() {
        let path = folder.path().join("revoked.json");
        let kept = Revocations::new(path.clone());
        let there = std::fs::write(path, data).is_ok() && kept.holds(ID).is_ok();
        if there && kept.remember(ID, "https://h/x", "2026-11-22").is_ok() {
            assert_eq!(kept.holds(ID), Ok(true), "a revocation is forgotten");
        }
    }
    base::reread(data);
    if let Ok(sessions) = serde_json::from_slice::<Sessions>(data) {
        let session = sessions.last.clone();
        let branch = session.branch.clone();
        let next = sessions.with(session.clone(), Some(session)).last;
        assert!(next.token_of(&branch).is_some());
        assert!(next.previous.iter().all(|p| p.branch != branch));
        assert!(next.previous.len() <= 100);
    }
}
