//! What fuzzing asks of git's formats: packs, bundles, objects, names, configuration.

use super::bundle::Bundle;
use super::children::Programs;
use super::id::{ObjectFormat, ObjectId, RefName, TreePath, is_invisible};
use super::intake::{Intake, Place};
use super::limits::TransferLimits;
use super::objects::Objects;
use super::pack_check::PackCheck;
use super::store::Store;
use crate::environment::Environment;
use crate::fuzzing::{has_control, two};
use crate::identity::{self, Identity};
use crate::keys::KeyRing;
use crate::progress::Silent;
use crate::signature::{Check, judge};
use crate::url::parse_http;
use git2::{IndexEntry, IndexTime, ObjectType, Oid, Repository};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path};
use std::time::Duration;

struct Scratch {
    store: Store,
    folder: tempfile::TempDir,
}

thread_local! {
    static SCRATCH: RefCell<HashMap<ObjectFormat, Scratch>> = RefCell::default();
}

fn with_scratch(format: ObjectFormat, work: impl FnOnce(&Scratch)) {
    SCRATCH.with_borrow_mut(|kept| {
        let made = kept.remove(&format).or_else(|| {
            let folder = tempfile::tempdir().ok()?;
            let store = scratch_in(&folder, format)?;
            Some(Scratch { store, folder })
        });
        let Some(made) = made else {
            panic!("no scratch repository can be made");
        };
        work(kept.entry(format).or_insert(made));
    });
}

fn scratch_in(folder: &tempfile::TempDir, format: ObjectFormat) -> Option<Store> {
    Store::scratch(&folder.path().join("scratch.git"), format, &programs()).ok()
}

fn programs() -> Programs {
    Programs::of(Environment::of_process())
}

/// An empty repository of this format, the same one for every input.
pub(super) fn scratch(format: ObjectFormat, work: impl FnOnce(&Repository)) {
    with_scratch(format, |s| work(s.store.repo()));
}

/// The first byte is how the pack is cut. One that is kept is whole by its own checksum.
pub fn pack(data: &[u8]) {
    let Some((&piece, bytes)) = data.split_first() else {
        return;
    };
    for format in ObjectFormat::ALL {
        pack_of(format, piece, bytes);
    }
}

fn pack_of(format: ObjectFormat, piece: u8, bytes: &[u8]) {
    scratch(format, |repo| {
        let Ok(odb) = Objects::of(repo) else { return };
        let mut intake = Intake::new(
            Place::of(repo, &odb),
            TransferLimits::own(),
            &Environment::of_process(),
        );
        for part in bytes.chunks(usize::from(piece).max(1)) {
            if intake.add(part).is_err() {
                return;
            }
        }
        let whole = intake.is_complete();
        if intake.finish(Duration::from_secs(5)).is_ok() {
            assert!(whole && bytes.starts_with(b"PACK"), "that is no pack");
        }
    });
}

/// The first byte is how the pack is cut, which changes nothing; nothing above a bound
/// is a whole pack.
pub fn pack_check(data: &[u8]) {
    let Some((&piece, bytes)) = data.split_first() else {
        return;
    };
    let limits = TransferLimits {
        pack_bytes: 2048,
        objects: 16,
        object_bytes: 64 << 10,
        ..TransferLimits::own()
    };
    let all = ObjectFormat::ALL.into_iter();
    for (format, takes_names) in all.flat_map(|f| [(f, true), (f, false)]) {
        let read = |size: usize| {
            let mut check = PackCheck::new(limits, format, takes_names);
            let here = |id: ObjectId| (id.as_bytes()[0] & 1 == 1).then_some(100);
            let taken = bytes.chunks(size).all(|b| check.add(b, &here).is_ok());
            (
                taken,
                taken && check.is_complete(),
                taken.then(|| check.count()),
            )
        };
        let whole = read(bytes.len().max(1));
        assert_eq!(read(usize::from(piece).max(1)), whole, "in pieces");
        assert_eq!(read(1), whole, "byte by byte");
        let (_, complete, count) = whole;
        if complete {
            assert!(
                bytes.starts_with(b"PACK") && (12 + format.bytes()..=2048).contains(&bytes.len())
            );
            assert!(count.is_some_and(|n| n <= 16));
        }
    }
}

fn in_file(data: &[u8], work: impl FnOnce(&Path)) {
    with_scratch(ObjectFormat::Sha1, |s| {
        let path = s.folder.path().join("input");
        if std::fs::write(&path, data).is_ok() {
            work(&path);
        }
    });
}

/// The names in a bundle that is read can be shown, and lead nowhere else.
pub fn bundle(data: &[u8]) {
    let mut read = None;
    in_file(data, |path| {
        let Ok(bundle) = Bundle::read(path) else {
            return;
        };
        for (name, _) in &bundle.refs {
            assert!(!has_control(name) && !name.contains(".."), "{name:?}");
            assert!(!name.chars().any(is_invisible), "{name:?}");
        }
        assert!(bundle.branches().count() <= bundle.refs.len());
        let ids = bundle.refs.iter().map(|(_, id)| id).chain(&bundle.needs);
        assert!(ids.clone().all(|id| id.format() == bundle.format));
        read = Some(bundle);
    });
    let Some(bundle) = read else { return };
    let sound = bundle.check_bytes().is_ok();
    for format in ObjectFormat::ALL {
        with_scratch(format, |s| {
            if bundle.unpack(&s.store, &Silent).is_ok() {
                assert!(sound, "a damaged bundle was unpacked");
                assert_eq!(bundle.format, format);
            }
        });
    }
}

/// The first byte is the kind and the format; any object that an object store takes can be
/// looked at.
pub fn object(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else {
        return;
    };
    let format = match kind & 0x80 {
        0 => ObjectFormat::Sha1,
        _ => ObjectFormat::Sha256,
    };
    let kind = match (kind & 0x7f) % 3 {
        0 => ObjectType::Commit,
        1 => ObjectType::Tree,
        _ => ObjectType::Tag,
    };
    with_scratch(format, |s| {
        let (store, repo) = (&s.store, s.store.repo());
        let Ok(odb) = repo.odb() else { return };
        // In memory alone; the store is opened anew for each, since it keeps what it knows.
        let Ok(memory) = odb.add_new_mempack_backend(1000) else {
            return;
        };
        if let Ok(id) = odb.write(kind, bytes) {
            let id = ObjectId::from(id);
            match kind {
                ObjectType::Commit => commit(store, id, bytes),
                ObjectType::Tree => tree(store, id),
                _ => {
                    let _ =
                        store.check_connected(&[id], &mut super::connectivity::Known::default());
                }
            }
        }
        let _ = memory.reset();
    });
    // A store with one backend more for each input grows slow.
    SCRATCH.with_borrow_mut(|kept| {
        if let Some(Scratch { store, folder }) = kept.remove(&format) {
            // Its lock goes with it.
            drop(store);
            if let Some(store) = scratch_in(&folder, format) {
                kept.insert(format, Scratch { store, folder });
            }
        }
    });
}

fn commit(store: &Store, id: ObjectId, bytes: &[u8]) {
    let Ok(info) = store.commit(id) else { return };
    let repo = store.repo();
    let Ok(known) = repo.find_commit(id.within(repo)) else {
        panic!("a commit was read that is none");
    };
    let parents: Vec<ObjectId> = known.parent_ids().map(ObjectId::from).collect();
    assert_eq!(info.parents, parents, "{}", bytes.escape_ascii());
    assert_eq!(info.tree, known.tree_id().into());
    assert!(!info.author.contains('\n') && !info.committer.contains('\n'));
    let _ = info.subject();
    let demo = identity::Repository {
        name: "demo",
        identity: Identity::Absent,
    };
    let judged = judge(&KeyRing::of(Vec::new()), &demo, "b", bytes);
    assert_ne!(judged.check, Check::Good, "signed with no key");
    let _ = store.check_connected(&[id], &mut super::connectivity::Known::default());
}

fn tree(store: &Store, id: ObjectId) {
    let _ = store.check_connected(&[id], &mut super::connectivity::Known::default());
    let found = store.files_below(id, b"");
    for (path, entry) in found.iter().flatten().take(20) {
        // Two entries of one name are the first one.
        let again = store.entry(id, path);
        assert!(
            matches!(again, Ok(Some(_))) || path.contains(&b'/'),
            "{entry:?}"
        );
    }
    let _ = store.changes(None, Some(id), true);
    let _ = store.folder(id);
}

/// What is taken for a ref's name git takes too; a plain one is taken.
pub fn ref_name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(id) = ObjectId::parse(text) {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
        assert!(matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit()));
    }
    for name in [text.to_owned(), format!("refs/heads/{text}")] {
        let taken = RefName::new(&name);
        if let Ok(taken) = &taken {
            assert!(
                git2::Reference::is_valid_name(&name),
                "git refuses {name:?}"
            );
            assert!(name.starts_with("refs/") && name.len() <= 250);
            assert!(!has_control(&name) && !name.chars().any(char::is_whitespace));
            assert!(!name.contains(['$', '`', '\'', '"', ';', '|', '&', '<', '>']));
            assert!(name.split('/').all(|part| !part.starts_with('-')));
            assert_eq!(taken.as_str(), name);
        }
        let plain = |part: &str| {
            part.starts_with('x')
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let rest = name.strip_prefix("refs/heads/");
        let plain = rest.is_some_and(|r| r.split('/').all(plain));
        if plain && name.len() <= 250 {
            assert!(taken.is_ok(), "{name} was refused");
        }
    }
    if let Ok(branch) = RefName::branch(text) {
        assert_eq!(branch.short(), text);
        assert_eq!(branch.as_str(), format!("refs/heads/{text}"));
    }
}

/// What is taken for a path git takes too, and it stays inside of the tree.
pub fn tree_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let taken = TreePath::new(text);
    let plain = |part: &str| {
        part.starts_with('x') && part.len() < 200 && part.bytes().all(|b| b.is_ascii_lowercase())
    };
    if text.split('/').all(plain) && text.len() < 4096 {
        assert!(taken.is_ok(), "{text} was refused");
    }
    let Ok(path) = taken else { return };
    assert_eq!(path.as_str(), text);
    let denied = |p: &str| crate::denied::rule_for(p).is_some();
    assert_eq!(denied(text), denied(&text.to_ascii_uppercase()), "{text}");
    let inside = |c: Component| matches!(c, Component::Normal(_));
    assert!(Path::new(text).components().all(inside), "{text}");
    assert!(
        !has_control(text) && !text.contains(['\\', ':']),
        "{text:?}"
    );
    for part in text.split('/') {
        let folded: String = part.chars().filter(|c| !is_invisible(*c)).collect();
        let folded = folded.trim_end_matches(['.', ' ']).to_lowercase();
        assert!(folded != ".git" && folded != "git~1", "{text:?}");
        assert!(!part.is_empty() && part.len() <= 255);
    }
    for parent in path.parents() {
        assert!(TreePath::new(parent).is_ok(), "{parent:?} of {text:?}");
    }
    let Ok(mut index) = git2::Index::new() else {
        return;
    };
    let entry = IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: 0o100644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: Oid::ZERO_SHA1,
        flags: 0,
        flags_extended: 0,
        path: text.as_bytes().to_vec(),
    };
    if let Err(e) = index.add(&entry) {
        assert!(!e.message().contains("path"), "git refuses {text:?}: {e}");
    }
}

/// A repository's own configuration names no program; the first line is an address.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (url, file) = two(text);
    in_file(file.as_bytes(), |path| {
        let Ok(settings) = super::config::of_file(path) else {
            return;
        };
        if std::env::var_os("GIT_SSH_COMMAND").is_none() {
            assert_eq!(settings.ssh_command(), None);
        }
        for push in [true, false] {
            // What replaces the front of an address leaves its end.
            let to = settings.rewrite(url, push);
            let end = |n: usize| url.get(n..).is_some_and(|end| to.ends_with(end));
            assert!(to == url || (1..=url.len()).any(end), "{url} became {to}");
        }
        if let Some(http) = url
            .strip_prefix("https://")
            .and_then(|r| parse_http(true, r))
        {
            let _ = settings.http_for(&http);
        }
    });
}
