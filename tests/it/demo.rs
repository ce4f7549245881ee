//! `aidf demo`: the whole story, run to its end, with nothing outside of its
//! folder touched.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Env, World};

/// Every file under a folder, with its content.
fn everything(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                found.insert(format!("{}/", path.display()), Vec::new());
                todo.push(path);
            } else {
                let content = std::fs::read(&path).unwrap();
                found.insert(path.display().to_string(), content);
            }
        }
    }
    found
}

#[test]
fn the_story_runs_to_its_end_as_commands_a_user_would_type() {
    let env = Env::new();
    let dir = env.path("demo");
    let out = env.aidf(&env.home(), &["demo", dir.to_str().unwrap()]).ok();
    for command in [
        "aidf sandbox init",
        "aidf commit",
        "aidf log",
        "aidf rollback",
        "aidf sandbox pull",
        "aidf sandbox sync",
        "aidf land",
        "aidf sandbox close",
        "aidf sandbox restore",
    ] {
        assert!(
            out.stdout.contains(command),
            "{command} is not shown\n{out}"
        );
    }
    assert!(out.stdout.contains("sandbox-"), "{out}");
    assert!(!out.all().contains("panicked"), "{out}");
    assert!(!out.stderr.contains("error:"), "{out}");
}

#[test]
fn nothing_outside_of_its_folder_is_touched() {
    let env = Env::new();
    let dir = env.path("demo");
    let home = everything(&env.home());
    let cwd = env.path("cwd");
    std::fs::create_dir_all(&cwd).unwrap();
    env.aidf(&cwd, &["demo", dir.to_str().unwrap()]).ok();
    assert_eq!(std::fs::read_dir(&cwd).unwrap().count(), 0);
    let after = everything(&env.home());
    let changed: Vec<&String> = after
        .keys()
        .chain(home.keys())
        .filter(|k| after.get(*k) != home.get(*k))
        .collect();
    assert!(changed.is_empty(), "outside of its folder: {changed:?}");
}

#[test]
fn what_it_leaves_for_playing_is_whole_and_real() {
    let env = Env::new();
    let dir = env.path("demo");
    env.aidf(&env.home(), &["demo", dir.to_str().unwrap()]).ok();
    // A bare remote and a clone of it, somewhere in the folder.
    let all = everything(&dir);
    let heads: Vec<&String> = all.keys().filter(|k| k.ends_with("/HEAD")).collect();
    let bare = heads
        .iter()
        .map(|h| Path::new(h.as_str()).parent().unwrap())
        .find(|d| d.extension().is_some_and(|e| e == "git"))
        .unwrap_or_else(|| panic!("no bare remote in {heads:?}"));
    let refs = env.git(bare, &["for-each-ref", "--format=%(refname)"]);
    assert!(refs.contains("refs/heads/sandbox-"), "{refs}");
    let fsck = env.try_git(bare, &["fsck", "--strict", "--no-dangling"]);
    assert_eq!(fsck.code, 0, "{fsck}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let env = Env::new();
    let dir = env.path("mine");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("precious.txt"), "mine\n").unwrap();
    let before = everything(&dir);
    let out = env.aidf(&env.home(), &["demo", dir.to_str().unwrap()]);
    assert_ne!(out.code, 0, "{out}");
    assert_eq!(everything(&dir), before);
}

#[test]
fn it_runs_without_a_folder_and_without_a_git_identity() {
    let env = Env::new();
    std::fs::write(env.home().join(".gitconfig"), "").unwrap();
    let tmp = env.path("tmp");
    std::fs::create_dir_all(&tmp).unwrap();
    env.call(&env.home(), &["demo"])
        .env("TMPDIR", &tmp)
        .run()
        .ok();
}

#[test]
fn it_runs_inside_a_clone_without_touching_it() {
    let w = World::path();
    let before = w.snapshot();
    let refs = w.remote.refs();
    let dir = w.env.path("demo");
    w.aidf(&["demo", dir.to_str().unwrap()]).ok();
    assert_eq!(w.snapshot(), before);
    assert_eq!(w.remote.refs(), refs);
}
