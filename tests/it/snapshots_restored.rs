//! `aidf snapshot show` and `restore`: the working files come back, and nothing is lost by it.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::snapshots::{Alone, paths, reference};
use crate::support::{make_executable, permissions, text};

#[test]
fn a_restore_brings_back_what_was_edited_or_deleted_and_keeps_what_is_new() {
    let a = Alone::new();
    a.write("new.txt", "before\n");
    a.write("gone/deep/file.txt", "before\n");
    make_executable(&a.dir.join("run.sh"));
    symlink("doc.txt", a.dir.join("link")).unwrap();
    let name = a.take();
    a.write("doc.txt", "lost\n");
    a.write("new.txt", "lost\n");
    a.write("run.sh", "lost\n");
    std::fs::remove_dir_all(a.dir.join("gone")).unwrap();
    a.remove("link");
    a.write("link", "a file now\n");
    a.write("later.txt", "came since\n");
    a.write("debug.log", "ignored\n");
    a.git(&["add", "doc.txt"]);
    let index = a.git(&["ls-files", "--stage"]);
    let head = std::fs::read(a.dir.join(".git/HEAD")).unwrap();
    let shown = a.json(&["snapshot", "show", &name]);
    let files = shown["files"].as_array().unwrap().iter();
    let files: Vec<String> = files
        .map(|f| format!("{} {}", text(f, "change"), text(f, "path")))
        .collect();
    assert_eq!(
        files,
        [
            "modified doc.txt",
            "deleted gone/deep/file.txt",
            "added later.txt",
            "modified link",
            "modified new.txt",
            "modified run.sh"
        ]
    );
    let restored = a.json(&["snapshot", "restore", &name]);
    assert_eq!(a.read("doc.txt"), "one\n");
    assert_eq!(a.read("new.txt"), "before\n");
    assert_eq!(a.read("gone/deep/file.txt"), "before\n");
    assert_eq!(a.read("run.sh"), "#!/bin/sh\n");
    assert_eq!(permissions(&a.dir.join("run.sh")) & 0o111, 0o111);
    let link = std::fs::read_link(a.dir.join("link")).unwrap();
    assert_eq!(link.to_str(), Some("doc.txt"));
    assert_eq!(a.read("later.txt"), "came since\n");
    assert_eq!(paths(&restored["kept"]), ["later.txt"]);
    assert_eq!(restored["restored"].as_array().unwrap().len(), 5);
    // Index and HEAD stay, and the state before is a snapshot of its own.
    assert_eq!(a.git(&["ls-files", "--stage"]), index);
    assert_eq!(std::fs::read(a.dir.join(".git/HEAD")).unwrap(), head);
    let before = text(&restored, "before");
    assert_eq!(a.in_snapshot(&before, "doc.txt"), b"lost\n");
    assert_eq!(a.json(&["snapshot", "restore", &name])["unchanged"], true);
    // Latest is the state before: a restore of it takes the restore back.
    a.json(&["snapshot", "restore", "latest"]);
    assert_eq!(a.read("doc.txt"), "lost\n");
    assert_eq!(a.read("link"), "a file now\n");
}

#[test]
fn only_the_named_paths_are_restored_from_the_folder_one_is_in() {
    let a = Alone::new();
    let name = a.take();
    for file in ["doc.txt", "docs/two.txt", "docs-more.txt", "run.sh"] {
        a.write(file, "lost\n");
    }
    let docs = a.dir.join("docs");
    let call = [
        "snapshot",
        "restore",
        &name,
        "two.txt",
        "../run.sh",
        "--json",
    ];
    let restored = a.env.aidf(&docs, &call).ok().json();
    assert_eq!(paths(&restored["restored"]), ["docs/two.txt", "run.sh"]);
    assert_eq!(a.read("doc.txt"), "lost\n");
    a.write("docs/two.txt", "lost again\n");
    let restored = a.json(&["snapshot", "restore", &name, "docs"]);
    assert_eq!(paths(&restored["restored"]), ["docs/two.txt"]);
    assert_eq!(a.read("docs-more.txt"), "lost\n");
    a.aidf(&["snapshot", "restore", &name, "nothing.txt"])
        .exits(3);
    a.aidf(&["snapshot", "restore", &name, "../elsewhere"])
        .exits(2);
}

#[test]
fn a_dry_run_changes_nothing() {
    let a = Alone::new();
    let name = a.take();
    a.write("doc.txt", "lost\n");
    a.write("new.txt", "new\n");
    let (refs, state) = (a.git(&["for-each-ref"]), a.state());
    let call = ["snapshot", "restore", &name, "--clean", "--dry-run"];
    let told = a.json(&call);
    assert_eq!(paths(&told["restored"]), ["doc.txt"]);
    assert_eq!(paths(&told["removed"]), ["new.txt"]);
    assert!(told["before"].is_null());
    assert_eq!((a.git(&["for-each-ref"]), a.state()), (refs, state));
    assert_eq!(a.read("doc.txt"), "lost\n");
}

#[test]
fn cleaning_removes_untracked_files_alone_and_they_can_come_back() {
    let a = Alone::new();
    let name = a.take();
    a.write("made/by/a/tool.txt", "untracked\n");
    a.write("staged.txt", "staged\n");
    a.git(&["add", "staged.txt"]);
    a.write("committed.txt", "committed\n");
    a.git(&["add", "committed.txt"]);
    a.git(&["commit", "--quiet", "-m", "Second", "committed.txt"]);
    a.write("debug.log", "ignored\n");
    let restored = a.json(&["snapshot", "restore", &name, "--clean"]);
    assert_eq!(paths(&restored["removed"]), ["made/by/a/tool.txt"]);
    assert_eq!(paths(&restored["kept"]), ["committed.txt", "staged.txt"]);
    assert!(!a.has("made") && a.has("debug.log") && a.has("staged.txt"));
    a.json(&["snapshot", "restore", &text(&restored, "before")]);
    assert_eq!(a.read("made/by/a/tool.txt"), "untracked\n");
}

#[test]
fn what_is_in_the_way_is_named_before_anything_is_changed() {
    let a = Alone::new();
    let name = a.take();
    a.write("doc.txt", "lost\n");
    std::fs::remove_dir_all(a.dir.join("docs")).unwrap();
    a.write("docs", "a file of another's\n");
    let refs = a.git(&["for-each-ref"]);
    let out = a.aidf(&["snapshot", "restore", &name, "--json"]).exits(6);
    let error = out.error();
    assert!(
        text(&error, "message").contains("`docs` is in the way of `docs/two.txt`"),
        "{out}"
    );
    assert!(text(&error, "hint").contains("--clean"), "{out}");
    assert_eq!(a.read("doc.txt"), "lost\n");
    assert_eq!(a.git(&["for-each-ref"]), refs);
    // What is untracked goes when asked for, and is in the snapshot of the present.
    let restored = a.json(&["snapshot", "restore", &name, "--clean"]);
    assert_eq!(a.read("docs/two.txt"), "two\n");
    let before = text(&restored, "before");
    assert_eq!(a.in_snapshot(&before, "docs"), b"a file of another's\n");
}

#[test]
fn a_folder_in_the_way_of_a_file_goes_only_if_every_file_in_it_may() {
    let a = Alone::new();
    let name = a.take();
    a.remove("doc.txt");
    a.write("doc.txt/new.txt", "new\n");
    a.write("doc.txt/debug.log", "ignored\n");
    for call in [&["--json"][..], &["--clean", "--json"]] {
        let call = [&["snapshot", "restore", &name], call].concat();
        let out = a.aidf(&call).exits(6);
        assert!(out.stderr.contains("in the way of `doc.txt`"), "{out}");
        assert!(a.has("doc.txt/new.txt") && a.has("doc.txt/debug.log"));
    }
    a.remove("doc.txt/debug.log");
    std::fs::create_dir_all(a.dir.join("doc.txt/empty/folder")).unwrap();
    a.json(&["snapshot", "restore", &name, "--clean"]);
    assert_eq!(a.read("doc.txt"), "one\n");
}

#[test]
fn an_ignored_file_that_no_snapshot_holds_is_not_overwritten() {
    let a = Alone::new();
    a.write("notes.txt", "untracked\n");
    let name = a.take();
    a.write(".gitignore", "*.log\nnotes.txt\n");
    a.write("notes.txt", "ignored by now\n");
    let out = a.aidf(&["snapshot", "restore", &name, "--json"]).exits(6);
    assert!(out.stderr.contains("`notes.txt` is in the way"), "{out}");
    assert_eq!(a.read("notes.txt"), "ignored by now\n");
}

#[test]
fn nothing_is_written_through_a_symlink() {
    let a = Alone::new();
    let name = a.take();
    let outside = a.env.path("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::remove_dir_all(a.dir.join("docs")).unwrap();
    symlink(&outside, a.dir.join("docs")).unwrap();
    a.write("doc.txt", "lost\n");
    let out = a.aidf(&["snapshot", "restore", &name, "--json"]).exits(5);
    assert!(out.stderr.contains("`docs` is a symlink"), "{out}");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(a.read("doc.txt"), "lost\n");
    a.json(&["snapshot", "restore", &name, "doc.txt"]);
    assert_eq!(a.read("doc.txt"), "one\n");
    // A link in a file's own place is replaced, and what it leads to stays.
    let target = outside.join("target.txt");
    std::fs::write(&target, "outside\n").unwrap();
    a.remove("doc.txt");
    symlink(&target, a.dir.join("doc.txt")).unwrap();
    a.json(&["snapshot", "restore", &name, "doc.txt"]);
    assert!(!a.dir.join("doc.txt").is_symlink());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "outside\n");
}

#[test]
fn a_forged_snapshot_reaches_neither_the_repository_nor_the_outside() {
    let a = Alone::new();
    let name = a.take();
    let blob = a.git(&["rev-parse", "HEAD:doc.txt"]);
    let inner = format!("100644 blob {blob}\tdoc.txt\n");
    for folder in ["..", ".git", ".GIT"] {
        let inner = a.env.git_bytes(&a.dir, &["mktree"], inner.as_bytes());
        let inner = String::from_utf8(inner).unwrap();
        let outer = format!("040000 tree {}\t{folder}\n", inner.trim());
        let outer = a.env.git_bytes(&a.dir, &["mktree"], outer.as_bytes());
        let outer = String::from_utf8(outer).unwrap();
        let commit = a.git(&["commit-tree", outer.trim(), "-m", "Forged"]);
        a.git(&["update-ref", &reference(&name), &commit]);
        let out = a.aidf(&["snapshot", "restore", &name, "--json"]).exits(5);
        assert!(
            out.stderr.contains("leads out of the working tree"),
            "{out}"
        );
        assert!(!a.dir.join("../doc.txt").exists() && !a.has(".git/doc.txt"));
    }
}

#[test]
fn a_file_that_its_owner_alone_reads_stays_so() {
    use std::os::unix::fs::PermissionsExt;
    let a = Alone::new();
    a.write("private.env", "KEY=1\n");
    let file = a.dir.join("private.env");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let name = a.take();
    a.write("private.env", "KEY=2\n");
    a.json(&["snapshot", "restore", &name]);
    assert_eq!(a.read("private.env"), "KEY=1\n");
    assert_eq!(permissions(&file), 0o600);
}

#[test]
fn a_name_may_be_shortened_until_two_have_it() {
    let a = Alone::new();
    let name = a.take();
    assert_eq!(a.json(&["snapshot", "show", "latest"])["snapshot"], name);
    assert_eq!(a.json(&["snapshot", "show", "20"])["snapshot"], name);
    a.write("doc.txt", "edited\n");
    a.take();
    let out = a.aidf(&["snapshot", "show", "20", "--json"]).exits(2);
    assert!(out.stderr.contains("2 snapshots"), "{out}");
    // The whole name is meant even where another one starts with it.
    assert_eq!(a.json(&["snapshot", "show", &name])["snapshot"], name);
    for unknown in ["19", "", "worktrees/x", "refs/heads/main"] {
        let out = a.aidf(&["snapshot", "show", unknown, "--json"]).exits(3);
        assert!(out.stderr.contains("aidf snapshot list"), "{out}");
    }
    let none = Alone::new();
    none.aidf(&["snapshot", "restore", "latest"]).exits(3);
}

#[test]
fn before_the_first_commit_a_restore_works_too() {
    let a = Alone::unborn();
    a.write("one.txt", "one\n");
    let name = a.take();
    a.write("one.txt", "lost\n");
    a.write("two.txt", "two\n");
    a.json(&["snapshot", "restore", &name, "--clean"]);
    assert_eq!(a.read("one.txt"), "one\n");
    assert!(!a.has("two.txt"));
}

#[test]
fn a_kill_at_any_moment_leaves_each_file_old_or_new() {
    const FILES: usize = 60;
    let a = Alone::new();
    let old = "old\n".repeat(4000);
    let new = "new\n".repeat(5000);
    let fill = |content: &str| {
        for n in 0..FILES {
            a.write(&format!("many/{n}.txt"), content);
        }
    };
    fill(&old);
    let name = a.take();
    fill(&new);
    let call = || a.env.call(&a.dir, &["snapshot", "restore", &name]);
    let typical = call().run().ok().took;
    for n in 0..20 {
        fill(&new);
        let mut command = call().into_command();
        command.stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(
            typical
                .mul_f64(f64::from(n) / 18.0)
                .max(Duration::from_micros(1)),
        );
        let _ = child.kill();
        child.wait().unwrap();
        for n in 0..FILES {
            let found = a.read(&format!("many/{n}.txt"));
            assert!(found == old || found == new, "{} bytes", found.len());
        }
    }
    call().run().ok();
    assert_eq!(a.read("many/7.txt"), old);
    // What a kill leaves of an unfinished file is in no snapshot.
    let taken = a.json(&["snapshot"]);
    let tree = a.tree(&text(&taken, "snapshot"));
    assert!(tree.keys().all(|p| !p.contains("unfinished")), "{tree:?}");
    a.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_killed_restore_of_the_latest_is_finished_by_the_same_command() {
    const FILES: usize = 300;
    let a = Alone::new();
    let fill = |content: &str| {
        for n in 0..FILES {
            a.write(&format!("many/{n}.txt"), content);
        }
    };
    let count = |content: &str| {
        let holds = |n: &usize| a.read(&format!("many/{n}.txt")) == content;
        (0..FILES).filter(holds).count()
    };
    let call = || a.env.call(&a.dir, &["snapshot", "restore", "latest"]);
    fill("good\n");
    a.take();
    fill("bad\n");
    let typical = call().run().ok().took;
    let mut stopped = 0;
    for n in 0..60 {
        fill(&format!("good {n}\n"));
        a.take();
        fill("bad\n");
        let mut command = call().into_command();
        command.stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(typical.mul_f64(0.3 + f64::from(n % 12) / 20.0));
        let _ = child.kill();
        child.wait().unwrap();
        let good = format!("good {n}\n");
        let done = count(&good);
        if done == FILES {
            continue;
        }
        stopped += usize::from(done > 0);
        // What somebody wrote meanwhile is not lost.
        let is_edited = stopped % 2 == 0;
        if is_edited {
            a.write("doc.txt", format!("by hand {n}\n"));
        }
        let restored = a.json(&["snapshot", "restore", "latest"]);
        assert_eq!(count(&good), FILES, "stopped at {done}: {restored:#}");
        let before = text(&restored, "before");
        if is_edited {
            let saved = a.in_snapshot(&before, "doc.txt");
            assert_eq!(saved, format!("by hand {n}\n").into_bytes());
            continue;
        }
        // A restore that is finished is taken back as ever, all of it.
        a.json(&["snapshot", "restore", "latest"]);
        assert_eq!(count("bad\n"), FILES, "stopped at {done}, before {before}");
        if stopped >= 5 {
            break;
        }
    }
    assert!(stopped > 0, "no kill came in the middle");
}

/// A repository whose files were restored from a first snapshot in part, when the restore of
/// this folder was killed: the names of that snapshot and of the one that the restore made.
fn killed(folder: &str, files: &[&str]) -> (Alone, String, String) {
    let a = Alone::new();
    let fill = |content: &str| files.iter().for_each(|file| a.write(file, content));
    fill("good\n");
    let good = a.take();
    fill("bad\n");
    let why = format!("Before the restore of {good}");
    let before = text(&a.json(&["snapshot", "-m", &why]), "snapshot");
    a.write(files[0], "good\n");
    let note = serde_json::json!([{
        "paths": [folder], "target": &good, "newest": &good, "made": [&before],
    }]);
    a.write(".git/aidf/restoring.json", note.to_string());
    (a, good, before)
}

#[test]
fn a_killed_restore_of_a_folder_is_finished_from_there_though_another_one_of_its_name_came_between()
{
    let files = ["docs/big/a.txt", "docs/big/b.txt", "big/a.txt"];
    let (a, good, _) = killed("docs/big", &files);
    let restored = a.json(&["snapshot", "restore", "latest", "big"]);
    assert_eq!(restored["snapshot"], good.as_str());
    assert_eq!(a.read("docs/big/b.txt"), "bad\n");
    let docs = a.dir.join("docs");
    a.env
        .call(&docs, &["snapshot", "restore", "latest", "big"])
        .run()
        .ok();
    assert_eq!(a.read("docs/big/a.txt"), "good\n");
    assert_eq!(a.read("docs/big/b.txt"), "good\n");
    assert!(!a.has(".git/aidf/restoring.json"));
}

#[test]
fn a_restore_that_is_finished_is_taken_back_though_another_one_was_killed_before() {
    let (a, _, _) = killed("d0", &["d0/a.txt", "d0/b.txt"]);
    a.write("a.txt", "good\n");
    let newer = a.take();
    a.write("a.txt", "new\n");
    a.json(&["snapshot", "restore", &newer, "a.txt"]);
    assert_eq!(a.read("a.txt"), "good\n");
    a.json(&["snapshot", "restore", "latest", "a.txt"]);
    assert_eq!(a.read("a.txt"), "new\n");
}

#[test]
fn a_prune_leaves_what_a_killed_restore_needs() {
    let (a, good, _) = killed("d0", &["d0/a.txt", "d0/b.txt"]);
    a.json(&["snapshot", "prune", "--keep-last", "1"]);
    let restored = a.json(&["snapshot", "restore", "latest", "d0"]);
    assert_eq!(restored["snapshot"], good.as_str());
    assert_eq!(a.read("d0/b.txt"), "good\n");
    // Where that is gone all the same, `latest` is the newest there is.
    let (a, good, again) = killed("d0", &["d0/a.txt", "d0/b.txt"]);
    let all = a.git(&[
        "for-each-ref",
        "--format=%(refname)",
        "refs/aidf/snapshots/",
    ]);
    let its = all.lines().find(|name| name.ends_with(&good)).unwrap();
    a.git(&["update-ref", "-d", its]);
    let shown = a.json(&["snapshot", "show", "latest"]);
    assert_eq!(shown["snapshot"], again.as_str());
}
