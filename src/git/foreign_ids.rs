//! Ids of the other format, given to everything that takes an id: nothing is found, nothing is
//! written, and libgit2's memory stays whole.

use super::Programs;
use super::id::{ObjectFormat, ObjectId};
use super::merge_commits::MergedTree;
use super::object::{Entry, Mode, Person};
use super::store::Store;
use crate::environment::Environment;
use crate::error::Kind;
use std::path::Path;

fn who() -> Person {
    Person {
        name: "A".to_owned(),
        email: "a@x.invalid".to_owned(),
    }
}

fn store(folder: &Path, format: ObjectFormat) -> (Store, ObjectId, ObjectId) {
    let programs = Programs::of(Environment::of_process());
    let store = Store::scratch(&folder.join("s.git"), format, &programs).unwrap();
    let mut draft = store.draft();
    let blob = draft.blob(b"x\n").unwrap();
    let file = Entry {
        id: blob,
        mode: Mode::File,
    };
    let tree = draft.tree(None, &[(b"a".to_vec(), Some(file))]).unwrap();
    let commit = draft.commit(tree, &[], &who(), 1, "x\n", |_| None).unwrap();
    drop(draft);
    assert_eq!(commit.format(), format);
    (store, commit, blob)
}

#[test]
fn an_id_of_the_other_format_is_never_found_and_never_written() {
    for (format, other) in [
        (ObjectFormat::Sha1, ObjectFormat::Sha256),
        (ObjectFormat::Sha256, ObjectFormat::Sha1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (store, commit, blob) = store(folder.path(), format);
        // One that nobody has, one that begins like the commit, and no object.
        let begins = format!("{commit}{commit}");
        let ids = [
            "1".repeat(other.digits()),
            begins[..other.digits()].to_owned(),
            "0".repeat(other.digits()),
        ];
        for id in ids.map(|id| ObjectId::parse_in(&id, other).unwrap()) {
            assert!(!store.has(id) && !store.has_here(id) && !store.has_commit(id));
            assert!(store.commit(id).is_err() && store.raw_commit(id).is_err());
            assert!(store.read_blob(id).is_err() && store.blob_size(id).is_err());
            assert!(store.entry(id, b"a").is_err() && store.folder(id).is_err());
            assert!(store.files_below(id, b"").is_err());
            assert!(!store.is_commit(id));
            assert!(!store.is_ancestor(id, commit) && !store.is_ancestor(commit, id));
            assert_eq!(store.merge_base(id, commit), None);
            assert!(store.merge_bases(commit, id).is_empty());
            assert!(store.apart_from(&[commit], &[id]).is_err());
            assert!(store.apart_from(&[id], &[commit]).is_err());
            assert!(store.history(id, None).is_err());
            assert!(store.history(commit, Some(id)).is_err());
            assert!(store.log(id).is_err());
            assert!(store.new_commits(id, &[], 10).is_err());
            assert!(store.new_commits(commit, &[id], 10).is_err());
            assert!(store.recent(&[id], 10).is_empty());
            assert!(store.local_commits(id, "origin").is_err());
            assert!(
                store
                    .lineage(Some(commit), &[id])
                    .unwrap()
                    .stand(0)
                    .is_err()
            );
            assert!(store.lineage(Some(id), &[commit]).unwrap().stand(0).is_ok());
            assert!(
                store
                    .check_connected(&[id], &mut Default::default())
                    .is_err()
            );
            assert!(store.present([id].into_iter()).is_empty());
            assert!(store.changes(None, Some(id), true).is_err());
            assert!(store.patch(Some(id), None).is_err());
            assert!(store.file_count().unwrap().between(Some(id), None).is_err());
            let merged: Result<MergedTree, _> = store.merge_commits(&mut store.draft(), commit, id);
            assert!(merged.is_err());

            let mut draft = store.draft();
            for mode in [Mode::File, Mode::Folder, Mode::Submodule] {
                let edit = (b"d/b".to_vec(), Some(Entry { id, mode }));
                let error = draft.tree(None, &[edit]).unwrap_err();
                assert_eq!(error.kind(), Kind::Usage, "{}", error.in_full());
            }
            assert!(draft.commit(id, &[], &who(), 1, "x\n", |_| None).is_err());
            let tree = store.commit(commit).unwrap().tree;
            assert!(
                draft
                    .commit(tree, &[id], &who(), 1, "x\n", |_| None)
                    .is_err()
            );
            drop(draft);
            let error = store.set_ref("refs/heads/a", id, "").unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(store.create_ref("refs/heads/a", id).is_err());
            assert_eq!(store.local_ref("refs/heads/a").unwrap(), None);
            let bundle = folder.path().join("x.bundle");
            let refs = [("refs/heads/a".to_owned(), id)];
            assert!(store.write_bundle(&bundle, &refs, &[]).is_err());
            assert!(!bundle.exists());
        }
        assert_eq!(store.read_blob(blob).unwrap(), b"x\n");
        store
            .check_connected(&[commit], &mut Default::default())
            .unwrap();
    }
}
