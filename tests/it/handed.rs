//! Clones of one machine that write one branch copy from each other what they would have to fetch.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Kind, Out, World, text};

const COPIED: &str = "copied the tip from another clone here";

/// A sandbox, and a second clone of the same machine that writes it too.
struct Two {
    w: World,
    branch: String,
    token: String,
    second: PathBuf,
}

impl Two {
    fn new(kind: Kind) -> Two {
        let w = World::new(kind);
        let opened = w.init();
        let second = w.env.path("second");
        let to = second.to_str().unwrap();
        w.env
            .git(&w.env.home(), &["clone", "-q", &w.remote.url, to]);
        Two {
            branch: text(&opened, "branch"),
            token: text(&opened, "reuse_token"),
            second,
            w,
        }
    }

    /// A commit of one file from a clone.
    fn commit(&self, clone: &Path, name: &str) -> Out {
        fs::write(clone.join(name), format!("{name}\n")).unwrap();
        let args = ["commit", name, "-m", name, "-v", "--branch", &self.branch];
        let call = self.w.env.call(clone, &args);
        call.env("AIDF_REUSE_TOKEN", &self.token).run().ok()
    }

    fn first(&self, name: &str) -> Out {
        self.commit(&self.w.clone, name)
    }

    fn second(&self, name: &str) -> Out {
        self.commit(&self.second, name)
    }

    /// Both clones are whole, and the branch has these files.
    fn all_is_well(&self, names: &[&str]) {
        for name in names {
            let there = self.w.remote.text(&self.branch, name);
            assert_eq!(there, format!("{name}\n"));
        }
        self.w.remote.is_sound();
        for clone in [&self.w.clone, &self.second] {
            self.w
                .env
                .git(clone, &["fsck", "--strict", "--no-dangling"]);
            let tip = self.w.remote.tip(&self.branch);
            self.w.env.git(clone, &["fetch", "-q", "origin"]);
            self.w.env.git(clone, &["rev-list", "--objects", &tip]);
        }
    }

    /// The record of what was pushed from this machine.
    fn record(&self) -> PathBuf {
        let queue = self.w.env.cache().join("aidf/queue");
        let files = fs::read_dir(queue).unwrap().map(|e| e.unwrap().path());
        let mut records = files.filter(|f| f.extension().is_some_and(|e| e == "handed"));
        records.next().expect("a record")
    }
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
            fs::write(two.record(), "junk").unwrap()
        }),
        ("the record leads nowhere", &|| {
            let text = fs::read_to_string(two.record()).unwrap();
            fs::write(two.record(), text.replace("objects", "obj3cts")).unwrap();
        }),
        ("the record is gone", &|| {
            fs::remove_file(two.record()).unwrap()
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
