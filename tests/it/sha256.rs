//! Repositories that name their objects by SHA-256: every command works there as it does on
//! SHA-1. A repository of one format never meets an id of the other: libgit2 would break its
//! memory.

use crate::support::{Env, Guarded, Kind, Machine, Remote, World, afar, text};
use std::path::{Path, PathBuf};

const OTHER_ID: &str = "0123456789012345678901234567890123456789";

fn world(kind: Kind) -> World {
    World::of(Remote::in_format(kind, "widgets", "sha256"))
}

fn format_of(env: &Env, dir: &Path) -> String {
    env.git(dir, &["rev-parse", "--show-object-format"])
}

/// The repository is whole, and names its objects by SHA-256.
#[track_caller]
fn is_sound(env: &Env, dir: &Path) {
    assert_eq!(format_of(env, dir), "sha256");
    let out = env.try_git(dir, &["fsck", "--strict", "--no-dangling", "--no-progress"]);
    let said = out
        .stderr
        .replace("notice: HEAD points to an unborn branch (main)", "");
    assert_eq!((out.code, said.trim()), (0, ""), "{out}");
}

#[track_caller]
fn both_are_sound(w: &World) {
    is_sound(&w.env, &w.clone);
    is_sound(&w.env, &w.remote.bare);
}

/// The caches of remotes that a machine has.
fn caches(machine: &Machine) -> Vec<PathBuf> {
    let folder = machine.env.cache().join("aidf/repos");
    let all = std::fs::read_dir(folder).unwrap();
    let all = all.map(|e| e.unwrap().path());
    all.filter(|p| p.extension().is_some_and(|e| e == "git"))
        .collect()
}

/// Puts an id of the other format in place of each id in the files below a folder; how many
/// files that changed.
fn forge_ids(folder: &Path, other: &str) -> usize {
    let digits = if other.len() == 40 { 64 } else { 40 };
    let is_hex = |c: char| c.is_ascii_hexdigit();
    let forged = |word: &str| {
        let id = word.trim_end_matches(|c: char| !is_hex(c));
        match id.len() == digits {
            true => word.replace(id, other),
            false => word.to_owned(),
        }
    };
    let mut changed = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(old) = std::fs::read_to_string(&path) {
                let words = old.split_inclusive(|c: char| !is_hex(c));
                let new: String = words.map(forged).collect();
                changed += usize::from(new != old);
                std::fs::write(&path, new).unwrap();
            }
        }
    }
    changed
}

#[test]
fn a_sandbox_is_opened_written_rolled_back_synced_and_landed() {
    for kind in [Kind::Path, Kind::Http] {
        let w = world(kind);
        let branch = w.sandbox();
        let first = w.save("notes.md", "one\n", "First note");
        assert_eq!(text(&first, "commit").len(), 64);
        assert_eq!(first["commit"], w.remote.tip(&branch));
        w.write("notes.md", "two\n");
        std::fs::remove_file(w.clone.join("docs/guide.md")).unwrap();
        let tip = text(&first, "commit");
        let second = w.json(&["commit", "-a", "-m", "Two", "--expect-head", &tip]);
        assert!(w.remote.try_file(&branch, "docs/guide.md").is_none());
        let listed = w.json(&["sandbox", "list"]);
        assert_eq!(listed["sandboxes"][0]["commits"], 2, "{listed:#}");
        let id = text(&second, "commit");
        w.json(&["rollback", &id[..12], "--reason", "Not wanted"]);
        assert_eq!(w.remote.text(&branch, "notes.md"), "one\n");
        w.remote
            .write("sandbox", &[("base.md", Some(b"of the base\n"))], "Base");
        w.json(&["sandbox", "sync"]);
        assert_eq!(w.remote.text(&branch, "base.md"), "of the base\n");
        let token = text(&w.json(&["token", "issue", "--operator"]), "token");
        let land = ["land", "--to", "sandbox", "--reuse-token", &token];
        let landed = w.json(&land);
        assert_eq!(landed["commit"], w.remote.tip("sandbox"));
        let verified = w.json(&["audit", "verify"]);
        assert_eq!(verified["findings"], 0, "{verified:#}");
        both_are_sound(&w);
    }
}

#[test]
fn a_cache_takes_the_format_of_its_remote_and_serves_from_then_on() {
    for kind in [Kind::Path, Kind::Http] {
        let w = world(kind);
        w.remote.git(&["config", "uploadpack.allowFilter", "true"]);
        w.json(&["token", "issue", "--operator"]);
        let machine = Machine::bare(&w.remote);
        machine.share_key(&w);
        let opened = machine.json(&["-R", &w.remote.url, "sandbox", "init"]);
        let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
        for n in 0..3 {
            let content = format!("{n}\n");
            machine.write("a.txt", &content);
            let args = ["commit", "a.txt", "-m", "Count", "--overwrite"];
            machine.json(&afar(&w.remote.url, &token, &args));
            assert_eq!(w.remote.text(&branch, "a.txt"), content);
        }
        machine.json(&afar(&w.remote.url, &token, &["rollback", "HEAD"]));
        assert_eq!(w.remote.text(&branch, "a.txt"), "1\n");
        let all = caches(&machine);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(format_of(&machine.env, &all[0]), "sha256");
        is_sound(&w.env, &w.remote.bare);
    }
}

#[test]
fn first_uses_at_the_same_moment_agree_on_the_format() {
    let w = world(Kind::Http);
    let machine = Machine::bare(&w.remote);
    let logs: Vec<_> = std::thread::scope(|scope| {
        let one = || machine.aidf(&["-R", &w.remote.url, "log", "sandbox", "--json"]);
        let all: Vec<_> = (0..6).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for log in logs {
        assert_eq!(log.code, 0, "{log}");
    }
    let all = caches(&machine);
    assert_eq!(format_of(&machine.env, &all[0]), "sha256");
}

#[test]
fn a_remote_that_was_made_anew_in_the_other_format_is_refused_in_words() {
    for (before, after) in [("sha1", "sha256"), ("sha256", "sha1")] {
        let w = World::of(Remote::in_format(Kind::Path, "widgets", before));
        w.sandbox();
        let far = ["-R", &w.remote.url, "log", "sandbox"];
        w.aidf(&far).ok();
        let other = Remote::in_format(Kind::Path, "widgets", after);
        let aside = w.env.path("aside.git");
        std::fs::rename(&w.remote.bare, &aside).unwrap();
        std::fs::rename(&other.bare, &w.remote.bare).unwrap();

        w.write("a.txt", "a\n");
        let writes: [&[&str]; 3] = [
            &["commit", "a.txt", "-m", "Add a"],
            &["sandbox", "list"],
            &["backup", "create"],
        ];
        for args in writes {
            let out = w.refuses(args, 2);
            let said = out.error()["message"].as_str().unwrap().to_owned();
            assert!(said.contains("SHA-256") && said.contains("SHA-1"), "{out}");
            let hint = out.error()["hint"].as_str().unwrap().to_owned();
            assert!(hint.contains("new clone"), "{out}");
        }
        // The cache of the old one says which folder is to go; then the new one is worked with.
        let out = w.aidf(&far).exits(2);
        let cache = caches(&w).remove(0);
        assert!(out.stderr.contains(cache.to_str().unwrap()), "{out}");
        std::fs::remove_dir_all(&cache).unwrap();
        w.aidf(&far).ok();
        assert_eq!(format_of(&w.env, &cache), after);
    }
}

#[test]
fn an_id_of_the_other_format_is_no_commit_here_wherever_it_comes_from() {
    for format in ["sha1", "sha256"] {
        let w = World::of(Remote::in_format(Kind::Path, "widgets", format));
        let other = match format {
            "sha1" => format!("{OTHER_ID}{}", &OTHER_ID[..24]),
            _ => OTHER_ID.to_owned(),
        };
        let branch = w.sandbox();
        w.save("a.txt", "a\n", "Add a");
        let calls: [(&[&str], &[i32]); 6] = [
            (&["rollback", &other], &[2, 3]),
            (&["rollback", "--to", &other], &[2, 3]),
            (
                &["sandbox", "init", "--force-new", "--base", &other],
                &[2, 3],
            ),
            (&["commit", "a.txt", "-m", "x", "--base", &other], &[2, 3]),
            (&["land", "--to", &other], &[2, 3, 5]),
            (&["log", &other], &[2, 3]),
        ];
        for (args, codes) in calls {
            w.refuses_any(args, codes);
        }
        let out = w.refuses_any(
            &["commit", "a.txt", "-m", "x", "--expect-head", &other],
            &[2, 6],
        );
        assert!(!out.stderr.contains("panicked"), "{out}");

        // What a commit says of others, and what files of this machine remember.
        w.remote.write(
            &branch,
            &[("b.txt", Some(b"b\n"))],
            &format!("Undo\n\nAidf-Reverts: {other}"),
        );
        w.aidf(&["log"]).ok();
        w.json(&["sandbox", "sync"]);
        w.write("a.txt", "b\n");
        w.json(&["commit", "-a", "-m", "All"]);
        let forged = forge_ids(&w.clone.join(".git/aidf"), &other);
        assert!(forged > 0, "nothing here remembers an id");
        for args in [
            &["sandbox", "list"][..],
            &["status"],
            &["sandbox", "diff"],
            &["commit", "-a", "-m", "Again"],
            &["sandbox", "pull"],
        ] {
            let out = w.aidf(args);
            assert!((0..=9).contains(&out.code), "{out}");
            assert!(!out.stderr.contains("panicked"), "{out}");
        }
        assert_eq!(w.remote.text(&branch, "a.txt"), "b\n");
        w.save("c.txt", "c\n", "Add c");
        let out = w.aidf(&["audit", "verify", "--json"]).exits(7);
        assert!(out.stdout.contains("forged_trailers"), "{out}");
        w.clone_is_sound();
    }
}

#[test]
fn a_bundle_and_a_second_remote_keep_the_whole_history() {
    let w = world(Kind::Path);
    w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let place = w.env.path("bundles");
    let second = Remote::in_format(Kind::Path, "second", "sha256");
    std::fs::remove_dir_all(&second.bare).unwrap();
    let bare = second.bare.to_str().unwrap();
    let args = ["init", "--quiet", "--bare", "--object-format=sha256", bare];
    w.env.git(&w.env.home(), &args);
    let folder = place.to_str().unwrap();
    w.json(&["backup", "create", "--bundle-dir", folder, "--dest", bare]);
    w.save("a.txt", "b\n", "Change a");
    w.remote.write("main", &[("m.md", Some(b"m\n"))], "Main");
    let inside = place.join("widgets");
    let full = std::fs::read_dir(&inside).unwrap();
    let full = full.map(|e| e.unwrap().path());
    let full: Vec<PathBuf> = full
        .filter(|p| p.to_str().unwrap().ends_with(".full.bundle"))
        .collect();
    let bundle = full[0].to_str().unwrap();
    let head = std::fs::read(bundle).unwrap();
    assert!(head.starts_with(b"# v3 git bundle\n@object-format=sha256\n"));
    // git reads it.
    let to = w.env.path("from-bundle");
    w.env.git(
        &w.env.home(),
        &["clone", "--quiet", "--bare", bundle, to.to_str().unwrap()],
    );
    is_sound(&w.env, &to);
    let inside = inside.to_str().unwrap();
    let verified = w.json(&["backup", "verify", "--bundle", inside]);
    assert_eq!(
        verified["problems"].as_array().map(Vec::len),
        Some(0),
        "{verified:#}"
    );
    is_sound(&w.env, &second.bare);

    // One of the other format is neither restored here nor verified as part of this.
    let other = World::of(Remote::in_format(Kind::Path, "widgets", "sha1"));
    let out = other.refuses_any(&["backup", "restore", "main", "--bundle", bundle], &[2]);
    assert!(out.stderr.contains("SHA-256"), "{out}");
}

#[test]
fn a_destination_of_the_other_format_is_refused_and_the_others_get_their_backup() {
    let w = world(Kind::Path);
    let wrong = Remote::in_format(Kind::Path, "wrong", "sha1");
    let refs = wrong.refs();
    let place = w.env.path("bundles");
    let out = w.aidf(&[
        "backup",
        "create",
        "--dest",
        &wrong.url,
        "--bundle-dir",
        place.to_str().unwrap(),
    ]);
    assert_ne!(out.code, 0, "{out}");
    assert!(out.all().contains("SHA-1"), "{out}");
    assert_eq!(wrong.refs(), refs);
    assert!(place.join("widgets").exists(), "{out}");
}

#[test]
fn the_hook_judges_pushes_to_such_a_server() {
    let guarded = Guarded::of(Remote::in_format(Kind::Path, "widgets", "sha256"), "");
    let w = &guarded.w;
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.text(&branch, "a.txt"), "a\n");
    let before = w.remote.refs();
    guarded.refused(w, &[], &[":main"], "main");
    guarded.refused(w, &[], &[&format!("HEAD:{branch}")], "token");
    let token = guarded.token(&branch);
    guarded.refused(
        w,
        &[&token],
        &["HEAD:refs/heads/sandbox-other"],
        "sandbox-other",
    );
    assert_eq!(w.remote.refs(), before);
    std::fs::remove_file(w.clone.join("a.txt")).unwrap();
    w.git(&["fetch", "--quiet", "origin"]);
    w.git(&[
        "checkout",
        "--quiet",
        "--detach",
        &format!("origin/{branch}"),
    ]);
    w.write("plain.txt", "by git\n");
    w.git(&["add", "plain.txt"]);
    w.git(&["commit", "--quiet", "-m", "By git"]);
    guarded.passes(w, &[&token], &[&format!("HEAD:{branch}")]);
    assert_eq!(w.remote.text(&branch, "plain.txt"), "by git\n");
    both_are_sound(w);
}
