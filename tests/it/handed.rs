//! Clones of one machine that write one branch copy from each other what they would have to fetch.

use std::fs;
use std::path::PathBuf;

use crate::support::{Kind, Two};

const COPIED: &str = "copied the tip from another clone here";

/// The record of what was pushed from this machine.
fn record(two: &Two) -> PathBuf {
    let queue = two.w.env.cache().join("aidf/queue");
    let files = fs::read_dir(queue).unwrap().map(|e| e.unwrap().path());
    let mut records = files.filter(|f| f.extension().is_some_and(|e| e == "handed"));
    records.next().expect("a record")
}

#[test]
fn what_one_clone_has_pushed_another_copies_and_does_not_fetch() {
    for kind in [Kind::Path, Kind::Http] {
        let two = Two::new(kind);
        two.first("a.txt");
        let out = two.second("b.txt");
        assert!(out.stderr.contains(COPIED), "{out}");
        assert!(!out.stderr.contains("fetch"), "{out}");
        // Several at once, a folder and a removal among them.
        fs::create_dir(two.w.clone.join("deep")).unwrap();
        for name in ["deep/c.txt", "d.txt"] {
            let out = two.first(name);
            assert_eq!(out.stderr.contains(COPIED), name == "deep/c.txt", "{out}");
        }
        let token = ["--reuse-token", &two.token];
        let removed = [
            "commit",
            "--rm",
            "a.txt",
            "-m",
            "Remove",
            "--branch",
            &two.branch,
        ];
        two.w.aidf(&[&removed[..], &token].concat()).ok();
        let out = two.second("e.txt");
        assert!(out.stderr.contains(COPIED), "{out}");
        assert!(!out.stderr.contains("fetch"), "{out}");
        two.all_is_well(&["b.txt", "deep/c.txt", "d.txt", "e.txt"]);
        assert!(two.w.remote.try_file(&two.branch, "a.txt").is_none());
    }
}

#[test]
fn what_cannot_be_copied_is_fetched() {
    let two = Two::new(Kind::Path);
    let mut names = vec!["0.txt".to_owned()];
    two.first("0.txt");
    two.second("1.txt");
    names.push("1.txt".to_owned());
    let objects = two.w.clone.join(".git/objects");
    let spoils: [(&str, &dyn Fn()); 4] = [
        ("the objects are gone", &|| {
            let _ = fs::rename(&objects, objects.with_extension("aside"));
        }),
        ("the record is junk", &|| {
            fs::write(record(&two), "junk").unwrap()
        }),
        ("the record leads nowhere", &|| {
            let text = fs::read_to_string(record(&two)).unwrap();
            fs::write(record(&two), text.replace("objects", "obj3cts")).unwrap();
        }),
        ("the record is gone", &|| {
            fs::remove_file(record(&two)).unwrap()
        }),
    ];
    for (n, (what, spoil)) in spoils.into_iter().enumerate() {
        let (mine, theirs) = (format!("{n}-first.txt"), format!("{n}-second.txt"));
        two.first(&mine);
        spoil();
        let out = two.second(&theirs);
        assert!(!out.stderr.contains(COPIED), "{what}\n{out}");
        assert!(out.stderr.contains("fetch"), "{what}\n{out}");
        let _ = fs::rename(objects.with_extension("aside"), &objects);
        names.extend([mine, theirs]);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        two.all_is_well(&names);
    }
}

#[test]
fn what_is_damaged_is_not_copied() {
    let two = Two::new(Kind::Path);
    two.first("a.txt");
    let tip = two.w.remote.tip(&two.branch);
    let blob = two.w.git(&["rev-parse", &format!("{tip}:a.txt")]);
    let objects = two.w.clone.join(".git/objects");
    let file = objects.join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(&file).unwrap();
    fs::write(file, "damaged").unwrap();
    let out = two.second("b.txt");
    assert!(!out.stderr.contains(COPIED), "{out}");
    assert!(out.stderr.contains("fetch"), "{out}");
    // The clone that is damaged stays so; the other one is whole.
    let env = &two.w.env;
    env.git(&two.second, &["fsck", "--strict", "--no-dangling"]);
    two.w.remote.is_sound();
}
