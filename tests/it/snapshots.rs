//! `aidf snapshot`, `list` and `prune`: what a snapshot holds, read with plain git.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Env, make_executable, text};

/// A clone of nothing: there is no remote and no key.
pub struct Alone {
    pub env: Env,
    pub dir: PathBuf,
}

impl Alone {
    /// A repository without a commit.
    pub fn unborn() -> Alone {
        let env = Env::new();
        let dir = env.path("work");
        std::fs::create_dir_all(&dir).unwrap();
        env.git(&dir, &["init", "--quiet"]);
        Alone { env, dir }
    }

    /// One with a commit of some files.
    pub fn new() -> Alone {
        let alone = Alone::unborn();
        alone.write("doc.txt", "one\n");
        alone.write("docs/two.txt", "two\n");
        alone.write("run.sh", "#!/bin/sh\n");
        alone.write(".gitignore", "*.log\n");
        alone.commit("First");
        alone
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.dir.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.dir.join(path)).unwrap()
    }

    pub fn has(&self, path: &str) -> bool {
        self.dir.join(path).symlink_metadata().is_ok()
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.dir.join(path)).unwrap();
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.env.git(&self.dir, args)
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    pub fn aidf(&self, args: &[&str]) -> crate::support::Out {
        self.env.aidf(&self.dir, args)
    }

    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.aidf(&[args, &["--json"]].concat()).ok().json()
    }

    /// Takes a snapshot; its name.
    #[track_caller]
    pub fn take(&self) -> String {
        let taken = self.json(&["snapshot"]);
        assert_eq!(taken["unchanged"], false, "{taken:#}");
        text(&taken, "snapshot")
    }

    /// Mode and id of every path of a snapshot.
    pub fn tree(&self, name: &str) -> BTreeMap<String, String> {
        let listed = self.git(&["ls-tree", "-r", "-z", &reference(name)]);
        let entries = listed.split('\0').filter(|e| !e.is_empty());
        let entries = entries.map(|e| e.split_once('\t').unwrap());
        entries
            .map(|(what, path)| (path.to_owned(), what.to_owned()))
            .collect()
    }

    pub fn in_snapshot(&self, name: &str, path: &str) -> Vec<u8> {
        let object = format!("{}:{path}", reference(name));
        let args = ["cat-file", "blob", &object];
        self.env.git_bytes(&self.dir, &args, b"")
    }

    /// HEAD, the index with its stamps, and the working tree.
    pub fn state(&self) -> (Vec<u8>, Vec<u8>, String) {
        let file = |name: &str| std::fs::read(self.dir.join(".git").join(name)).unwrap_or_default();
        let args = [
            "--no-optional-locks",
            "status",
            "--porcelain",
            "--untracked-files=all",
        ];
        (file("HEAD"), file("index"), self.git(&args))
    }
}

pub fn reference(name: &str) -> String {
    format!("refs/aidf/snapshots/{name}")
}

pub fn paths(value: &Value) -> Vec<&str> {
    let all = value.as_array().unwrap().iter();
    all.map(|p| p.as_str().unwrap()).collect()
}

#[test]
fn a_snapshot_holds_the_working_tree_and_changes_nothing_else() {
    let a = Alone::new();
    a.write("doc.txt", "edited\n");
    a.write("new/file.txt", "untracked\n");
    a.write("debug.log", "ignored\n");
    a.write("my file ä.txt", "odd name\n");
    a.remove("docs/two.txt");
    make_executable(&a.dir.join("run.sh"));
    std::os::unix::fs::symlink("doc.txt", a.dir.join("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", a.dir.join("docs-link")).unwrap();
    let before = a.state();
    let taken = a.json(&["snapshot", "-m", "Before the tests"]);
    assert_eq!(a.state(), before);
    let name = text(&taken, "snapshot");
    let tree = a.tree(&name);
    let names: Vec<&str> = tree.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            ".gitignore",
            "doc.txt",
            "docs-link",
            "link",
            "my file ä.txt",
            "new/file.txt",
            "run.sh"
        ]
    );
    assert_eq!(a.in_snapshot(&name, "doc.txt"), b"edited\n");
    assert_eq!(a.in_snapshot(&name, "link"), b"doc.txt");
    assert!(tree["link"].starts_with("120000 blob"), "{tree:?}");
    assert!(tree["run.sh"].starts_with("100755 blob"), "{tree:?}");
    assert!(tree["doc.txt"].starts_with("100644 blob"), "{tree:?}");
    // doc.txt, docs/two.txt, run.sh, new/file.txt, the odd name and two links.
    assert_eq!(taken["files"], 7, "{taken:#}");
    let commit = a.git(&["rev-parse", &reference(&name)]);
    assert_eq!(taken["commit"], commit);
    assert_eq!(taken["head"], a.git(&["rev-parse", "HEAD"]));
    assert_eq!(a.git(&["rev-parse", &format!("{commit}^")]), taken["head"]);
    let said = a.git(&["log", "-1", "--format=%B%ae", &commit]);
    assert!(said.starts_with("Before the tests\n"), "{said}");
    assert!(!said.contains("workstation"), "{said}");
    a.git(&["fsck", "--strict", "--no-dangling"]);
    // It is what git itself would have stored.
    a.git(&["add", "--all"]);
    let wanted = a.git(&["write-tree"]);
    assert_eq!(a.git(&["rev-parse", &format!("{commit}^{{tree}}")]), wanted);
}

#[test]
fn nothing_changed_makes_no_second_snapshot() {
    let a = Alone::new();
    a.write("new.txt", "new\n");
    let name = a.take();
    let again = a.json(&["snapshot", "-m", "Again"]);
    assert_eq!(again["unchanged"], true);
    assert_eq!(again["snapshot"], name);
    assert_eq!(a.json(&["snapshot", "list"])["count"], 1);
    // The same tree on another HEAD is another snapshot.
    a.commit("Second");
    assert_ne!(a.take(), name);
    a.write("new.txt", "newer\n");
    a.take();
    assert_eq!(a.json(&["snapshot", "list"])["count"], 3);
}

#[test]
fn snapshots_of_one_second_have_numbers_and_stay_in_order() {
    let a = Alone::new();
    let mut names = Vec::new();
    for n in 0..12 {
        a.write("doc.txt", format!("{n}\n"));
        let message = format!("Number {n}");
        names.push(text(&a.json(&["snapshot", "-m", &message]), "snapshot"));
    }
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    names.reverse();
    let listed = a.json(&["snapshot", "list"]);
    let listed = listed["snapshots"].as_array().unwrap();
    let got: Vec<String> = listed.iter().map(|s| text(s, "snapshot")).collect();
    assert_eq!(got, names);
    assert_eq!(listed[0]["message"], "Number 11");
    assert_eq!(listed[0]["files"], 1);
    let two = a.json(&["snapshot", "list", "-n", "2"]);
    assert_eq!(two["snapshots"].as_array().unwrap().len(), 2);
    assert_eq!(two["count"], 12);
    let shown = a.aidf(&["snapshot", "list", "-n", "2"]).ok();
    assert!(shown.stdout.contains("and 10 more"), "{shown}");
}

#[test]
fn several_at_once_each_get_a_name() {
    let a = Alone::new();
    a.write("doc.txt", "edited\n");
    let names: Vec<String> = std::thread::scope(|scope| {
        let each = |n: usize| {
            let a = &a;
            scope.spawn(move || {
                a.write(&format!("new{n}.txt"), "new\n");
                text(&a.json(&["snapshot"]), "snapshot")
            })
        };
        let all: Vec<_> = (0..6).map(each).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for name in names {
        a.git(&["rev-parse", "--verify", &reference(&name)]);
    }
    a.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn before_the_first_commit_a_snapshot_has_no_parent() {
    let a = Alone::unborn();
    let taken = a.json(&["snapshot"]);
    assert_eq!((&taken["head"], &taken["files"]), (&Value::Null, &0.into()));
    a.write("one.txt", "one\n");
    a.write("staged.txt", "staged\n");
    a.git(&["add", "staged.txt"]);
    a.write("staged.txt", "and edited\n");
    let before = a.state();
    let taken = a.json(&["snapshot"]);
    assert_eq!(a.state(), before);
    assert_eq!(taken["files"], 2);
    let name = text(&taken, "snapshot");
    assert_eq!(a.in_snapshot(&name, "staged.txt"), b"and edited\n");
    assert_eq!(a.git(&["log", "--format=%P", "-1", &reference(&name)]), "");
    assert_eq!(a.json(&["snapshot"])["unchanged"], true);
}

#[test]
fn what_is_staged_alone_does_not_count() {
    let a = Alone::new();
    a.write("doc.txt", "staged\n");
    a.write("gone.txt", "staged, and gone\n");
    a.git(&["add", "--all"]);
    a.write("doc.txt", "in the working tree\n");
    a.remove("gone.txt");
    a.git(&["rm", "--quiet", "--cached", "docs/two.txt"]);
    let before = a.state();
    let name = a.take();
    assert_eq!(a.state(), before);
    assert_eq!(a.in_snapshot(&name, "doc.txt"), b"in the working tree\n");
    assert_eq!(a.in_snapshot(&name, "docs/two.txt"), b"two\n");
    assert!(!a.tree(&name).contains_key("gone.txt"));
}

#[test]
fn a_merge_in_conflict_is_saved_with_its_markers() {
    let a = Alone::new();
    a.git(&["checkout", "--quiet", "-b", "other"]);
    a.write("doc.txt", "theirs\n");
    a.commit("Theirs");
    a.git(&["checkout", "--quiet", "main"]);
    a.write("doc.txt", "ours\n");
    a.commit("Ours");
    assert_ne!(a.env.try_git(&a.dir, &["merge", "other"]).code, 0);
    let name = a.take();
    let saved = String::from_utf8(a.in_snapshot(&name, "doc.txt")).unwrap();
    assert!(saved.contains("<<<<<<<"), "{saved}");
}

#[test]
fn content_is_saved_as_the_attributes_of_the_working_tree_say() {
    let a = Alone::new();
    a.write(".gitattributes", "*.txt text eol=crlf\n*.bin -text\n");
    a.write("doc.txt", "one\r\ntwo\r\n");
    a.write("new.txt", "three\r\n");
    a.write("raw.bin", "four\r\n");
    let name = a.take();
    assert_eq!(a.in_snapshot(&name, "doc.txt"), b"one\ntwo\n");
    assert_eq!(a.in_snapshot(&name, "new.txt"), b"three\n");
    assert_eq!(a.in_snapshot(&name, "raw.bin"), b"four\r\n");
    for file in ["doc.txt", "new.txt", "raw.bin"] {
        a.write(file, "lost\n");
    }
    a.json(&["snapshot", "restore", &name]);
    assert_eq!(a.read("doc.txt"), "one\r\ntwo\r\n");
    assert_eq!(a.read("new.txt"), "three\r\n");
    assert_eq!(a.read("raw.bin"), "four\r\n");
}

#[test]
fn a_filter_of_the_repository_is_not_run() {
    let a = Alone::new();
    let trap = a.env.path("owned");
    let runs = format!("touch {}; cat", trap.display());
    a.git(&["config", "filter.trap.clean", &runs]);
    a.write(".gitattributes", "*.txt filter=trap\n");
    a.write("doc.txt", "edited\n");
    let out = a.aidf(&["snapshot", "--json"]).exits(5);
    assert!(out.stderr.contains("filter `trap`"), "{out}");
    assert!(!trap.exists());
    assert_eq!(a.git(&["for-each-ref", "refs/aidf"]), "");
}

#[test]
fn other_repositories_are_as_head_has_them() {
    let a = Alone::new();
    let inner = a.dir.join("sub");
    let nested = a.dir.join("nested");
    for dir in [&inner, &nested] {
        std::fs::create_dir_all(dir).unwrap();
        a.env.git(dir, &["init", "--quiet"]);
        std::fs::write(dir.join("in.txt"), "in\n").unwrap();
        a.env.git(dir, &["add", "--all"]);
        a.env.git(dir, &["commit", "--quiet", "-m", "In"]);
    }
    a.git(&["add", "sub"]);
    a.git(&["commit", "--quiet", "-m", "A submodule"]);
    let there = a.env.git(&inner, &["rev-parse", "HEAD"]);
    std::fs::write(inner.join("in.txt"), "edited\n").unwrap();
    a.env
        .git(&inner, &["commit", "--quiet", "-a", "-m", "Edit"]);
    let name = a.take();
    let tree = a.tree(&name);
    assert_eq!(tree["sub"], format!("160000 commit {there}"));
    assert!(tree.keys().all(|p| !p.starts_with("nested")), "{tree:?}");
    // In the other repository a snapshot is of that one.
    let own = a.env.aidf(&nested, &["snapshot", "--json"]).ok().json();
    assert_eq!(own["head"], a.env.git(&nested, &["rev-parse", "HEAD"]));
}

#[test]
fn folders_and_files_change_places() {
    let a = Alone::new();
    a.remove("doc.txt");
    a.write("doc.txt/inner.txt", "in a folder\n");
    a.remove("docs/two.txt");
    std::fs::remove_dir(a.dir.join("docs")).unwrap();
    a.write("docs", "a file\n");
    let name = a.take();
    let tree = a.tree(&name);
    assert!(tree.contains_key("doc.txt/inner.txt") && tree.contains_key("docs"));
    assert!(!tree.contains_key("docs/two.txt"), "{tree:?}");
}

#[test]
fn each_worktree_has_its_own_snapshots_and_git_keeps_them_all() {
    let a = Alone::new();
    let linked = a.env.path("linked");
    let path = linked.to_str().unwrap();
    a.git(&["worktree", "add", "--quiet", path]);
    a.write("here.txt", "here\n");
    let here = a.take();
    std::fs::write(linked.join("there.txt"), "there\n").unwrap();
    let taken = a.env.aidf(&linked, &["snapshot", "--json"]).ok().json();
    let there = text(&taken, "snapshot");
    let count = |dir: &Path| {
        let listed = a.env.aidf(dir, &["snapshot", "list", "--json"]).ok();
        listed.json()["count"].clone()
    };
    assert_eq!((count(&a.dir), count(&linked)), (1.into(), 1.into()));
    for dir in [&a.dir, &linked] {
        a.env.git(dir, &["gc", "--quiet", "--prune=now"]);
    }
    assert_eq!(a.in_snapshot(&here, "here.txt"), b"here\n");
    // It outlives the worktree, and another one can take from it.
    a.git(&["worktree", "remove", "--force", path]);
    a.git(&["gc", "--quiet", "--prune=now"]);
    let full = reference(&format!("worktrees/linked/{there}"));
    a.json(&["snapshot", "restore", &full]);
    assert_eq!(a.read("there.txt"), "there\n");
    a.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_split_index_is_read_by_git() {
    let a = Alone::new();
    a.git(&["update-index", "--split-index"]);
    a.write("doc.txt", "edited\n");
    a.write("new.txt", "new\n");
    let before = a.state();
    let name = a.take();
    assert_eq!(a.state(), before);
    assert_eq!(a.in_snapshot(&name, "doc.txt"), b"edited\n");
    assert_eq!(a.in_snapshot(&name, "new.txt"), b"new\n");
    a.write("doc.txt", "lost\n");
    let shown = a.json(&["snapshot", "show", &name]);
    assert_eq!(shown["files"][0]["path"], "doc.txt");
    a.json(&["snapshot", "restore", &name]);
    assert_eq!(a.read("doc.txt"), "edited\n");
    // Nobody can tell what is untracked, and so nothing is removed.
    let out = a.aidf(&["snapshot", "restore", &name, "--clean", "--json"]);
    assert!(out.exits(6).stderr.contains("without --clean"));
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_not_deleted() {
    let a = Alone::new();
    a.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/docs/"]);
    assert!(!a.has("docs/two.txt"));
    let name = a.take();
    assert_eq!(a.in_snapshot(&name, "docs/two.txt"), b"two\n");
}

#[test]
fn a_file_that_cannot_be_read_is_left_out_and_named() {
    use std::os::unix::fs::PermissionsExt;
    let a = Alone::new();
    a.write("secret.txt", "secret\n");
    a.write("other.txt", "other\n");
    let file = a.dir.join("secret.txt");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&file).is_ok() {
        return; // The superuser reads everything.
    }
    let taken = a.json(&["snapshot"]);
    assert_eq!(paths(&taken["left_out"]), ["secret.txt"]);
    assert!(a.tree(&text(&taken, "snapshot")).contains_key("other.txt"));
}

#[test]
fn a_name_that_no_tree_takes_is_left_out_and_named() {
    let a = Alone::new();
    a.write("git~1", "odd\n");
    a.write("other.txt", "other\n");
    let taken = a.json(&["snapshot"]);
    assert_eq!(paths(&taken["left_out"]), ["git~1"]);
    let name = text(&taken, "snapshot");
    assert!(a.tree(&name).contains_key("other.txt"));
    // What no snapshot holds is not removed.
    a.json(&["snapshot", "restore", &name, "--clean"]);
    assert_eq!(a.read("git~1"), "odd\n");
}

#[test]
fn pruning_keeps_the_last_or_removes_what_is_older() {
    let a = Alone::new();
    for n in 0..4 {
        a.write("doc.txt", format!("{n}\n"));
        a.take();
    }
    let old = "2020-01-01T000000Z";
    let newest = text(&a.json(&["snapshot", "list"])["snapshots"][0], "snapshot");
    a.git(&["update-ref", &reference(old), &reference(&newest)]);
    a.git(&["update-ref", &reference("of-somebody"), &reference(&newest)]);
    let refs = a.git(&["for-each-ref"]);
    let dry = a.json(&["snapshot", "prune", "--older-than", "1d", "--dry-run"]);
    assert_eq!(paths(&dry["removed"]), [old]);
    assert_eq!(a.git(&["for-each-ref"]), refs);
    a.git(&["pack-refs", "--all"]);
    let pruned = a.json(&["snapshot", "prune", "--older-than", "1d"]);
    assert_eq!(
        (paths(&pruned["removed"]), &pruned["kept"]),
        (vec![old], &4.into())
    );
    let pruned = a.json(&["snapshot", "prune", "--keep-last", "1"]);
    assert_eq!(pruned["removed"].as_array().unwrap().len(), 3);
    assert_eq!(
        text(&a.json(&["snapshot", "list"])["snapshots"][0], "snapshot"),
        newest
    );
    // A ref that is no snapshot stays.
    a.git(&["rev-parse", "--verify", &reference("of-somebody")]);
    let out = a.aidf(&["snapshot", "prune"]).exits(2);
    let rules = "--keep-last <N>|--older-than <D>";
    assert!(out.stderr.contains(rules), "{out}");
    a.aidf(&[
        "snapshot",
        "prune",
        "--keep-last",
        "1",
        "--older-than",
        "1d",
    ])
    .exits(2);
}

#[test]
fn a_snapshot_needs_a_working_tree() {
    let a = Alone::new();
    let out = a
        .env
        .aidf(&a.dir, &["-R", "file:///x/y.git", "snapshot", "--json"])
        .exits(2);
    assert!(
        out.error()["message"]
            .as_str()
            .unwrap()
            .contains("-R names a remote"),
        "{out}"
    );
    assert!(
        out.error()["hint"].as_str().unwrap().contains("-C DIR"),
        "{out}"
    );
    let bare = a.env.path("bare.git");
    a.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let out = a.env.aidf(&bare, &["snapshot", "--json"]).exits(2);
    assert!(
        out.error()["message"]
            .as_str()
            .unwrap()
            .contains("working tree"),
        "{out}"
    );
    let nowhere = a.env.home();
    a.env.aidf(&nowhere, &["snapshot", "--json"]).exits(3);
    let quiet = a.aidf(&["snapshot", "-q"]).ok();
    assert_eq!(quiet.all().trim(), "", "{quiet}");
}

#[test]
fn a_clock_that_goes_back_makes_no_later_snapshot_the_older() {
    let a = Alone::new();
    a.write("doc.txt", "ahead\n");
    let made = a.take();
    let full = a.git(&["for-each-ref", "--format=%(refname)", "refs/aidf/snapshots"]);
    let ahead = full.replace(&made, "2099-01-02T030405Z");
    assert_ne!(ahead, full);
    a.git(&["update-ref", &ahead, &full]);
    a.git(&["update-ref", "-d", &full]);
    for n in 1..=3 {
        a.write("doc.txt", format!("{n}\n"));
        assert_eq!(a.take(), format!("2099-01-02T03040{}Z", 5 + n));
    }
    a.write("doc.txt", "broken\n");
    a.json(&["snapshot", "restore", "latest"]);
    assert_eq!(a.read("doc.txt"), "3\n");
    a.json(&["snapshot", "restore", "latest"]);
    assert_eq!(a.read("doc.txt"), "broken\n");
    a.json(&["snapshot", "prune", "--keep-last", "1"]);
    a.json(&["snapshot", "restore", "latest"]);
    assert_eq!(a.read("doc.txt"), "3\n");
}
