//! Whole copies, made by git itself: nothing is left out of them, nothing damaged goes into
//! them, and a clone's own configuration has no say.

use std::path::{Path, PathBuf};

use crate::backup_days::backup_of;
use crate::support::{Kind, World};

/// A text that no compression makes much smaller.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed * 2 + 1;
    std::iter::repeat_with(|| {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'a' + (state % 26) as u8
    })
    .take(length)
    .collect()
}

/// A clone with one pack of a history of some size, and the pack's file.
fn packed(kind: Kind) -> (World, PathBuf) {
    let w = World::new(kind);
    for n in 0..4 {
        let text = noise(n, 700_000);
        w.remote
            .write("main", &[("large.txt", Some(&text))], "Rewrite");
    }
    let pack = repacked(&w);
    (w, pack)
}

/// The same with a history of many small files.
fn packed_small(kind: Kind) -> (World, PathBuf) {
    let w = World::new(kind);
    let named = |n: u64| (format!("small-{n}.txt"), noise(n, 400));
    let files: Vec<(String, Vec<u8>)> = (0..300).map(named).collect();
    let files: Vec<(&str, Option<&[u8]>)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), Some(&text[..])))
        .collect();
    w.remote.write("main", &files, "Add many");
    let pack = repacked(&w);
    (w, pack)
}

/// Fetches into a clone, and makes one pack of it.
fn repacked(w: &World) -> PathBuf {
    w.git(&["fetch", "--quiet"]);
    w.git(&["repack", "-a", "-d", "--quiet", "--write-bitmap-index"]);
    file_of(w, "pack")
}

/// The only file of the clone's packs with this ending.
fn file_of(w: &World, ending: &str) -> PathBuf {
    let folder = w.clone.join(".git/objects/pack");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == ending))
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x55;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Plain git clones the bundle, and has all that the remote's branch has.
#[track_caller]
fn is_whole(w: &World, bundle: &Path) {
    let bare = w.env.path("from-bundle.git");
    let _ = std::fs::remove_dir_all(&bare);
    let args = ["clone", "--quiet", "--bare", bundle.to_str().unwrap()];
    w.env.git(
        &w.env.home(),
        &[&args[..], &[bare.to_str().unwrap()]].concat(),
    );
    w.env.git(&bare, &["fsck", "--strict"]);
    assert_eq!(
        w.env.git(&bare, &["rev-parse", "main"]),
        w.remote.tip("main")
    );
    let count = ["rev-list", "--objects", "main"];
    let there = w.env.git(&bare, &count).lines().count();
    assert_eq!(there, w.remote.git(&count).lines().count());
}

/// Nothing that looks like a bundle is at `path` or beside it.
#[track_caller]
fn left_nothing(path: &Path) {
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let made = name.contains("out.bundle") || name.contains("unfinished");
        assert!(!made, "{name} was left");
    }
}

/// Where the byte `at` of a file is damaged, a new bundle is whole, or there is none.
#[track_caller]
fn is_whole_or_not_made(w: &World, at: usize) {
    let bundle = w.env.path("out.bundle");
    let _ = std::fs::remove_file(&bundle);
    let _ = std::fs::remove_file(w.env.path("out.bundle.manifest"));
    let out = w.aidf(&["backup", "--bundle", bundle.to_str().unwrap(), "--json"]);
    match out.code {
        // A byte that nobody reads: an object that no branch needs, or a checksum.
        0 => is_whole(w, &bundle),
        7 => left_nothing(&bundle),
        other => panic!("byte {at}: exit {other}\n{out}"),
    }
}

#[test]
fn a_large_copy_goes_to_a_server_in_chunks_and_a_small_one_with_its_length() {
    let (w, _) = packed(Kind::Path);
    let far = crate::support::Remote::new(Kind::Http, "far", false);
    far.git(&["update-ref", "-d", "refs/heads/main"]);
    // A HEAD on a branch that is not there would be a fault to fsck.
    let backup = format!("refs/heads/{}", backup_of(0));
    far.git(&["symbolic-ref", "HEAD", &backup]);
    let pushes = || {
        let mut all = far.http().requests();
        all.retain(|r| r.method == "POST" && r.target.ends_with("git-receive-pack"));
        all.pop().expect("a push")
    };
    w.json(&["backup", "--dest", &far.url]);
    assert_eq!(pushes().header("transfer-encoding"), Some("chunked"));
    assert_eq!(pushes().header("content-length"), None);
    assert_eq!(far.tip(&backup_of(0)), w.remote.tip("main"));
    far.is_sound();

    w.remote.write("main", &[("b.txt", Some(b"b\n"))], "Add b");
    w.json(&["backup", "--dest", &far.url]);
    let length = pushes().header("content-length").map(str::to_owned);
    let length: usize = length.expect("its length").parse().unwrap();
    // What is there already is not sent again.
    assert!(length < 4000, "{length}");
    far.is_sound();
}

#[test]
fn no_damage_of_a_clone_goes_into_a_bundle_unseen() {
    no_damage_is_unseen(packed(Kind::Path));
}

#[test]
fn no_damage_of_a_clone_of_many_small_files_goes_into_a_bundle_unseen() {
    no_damage_is_unseen(packed_small(Kind::Path));
}

fn no_damage_is_unseen((w, pack): (World, PathBuf)) {
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    w.aidf(&args).ok();
    is_whole(&w, &bundle);
    let whole = std::fs::read(&pack).unwrap();
    // Between the pack's head and its checksum, which only `git fsck` reads.
    for n in 0..12 {
        let at = 12 + n * (whole.len() - 33) / 11;
        flip(&pack, at);
        is_whole_or_not_made(&w, at);
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, &whole).unwrap();
    }
    flip(&pack, whole.len() / 2);
    let out = w.aidf(&args).exits(7);
    assert!(out.stderr.contains("git fsck"), "{out}");
}

#[test]
fn a_damaged_pack_that_no_branch_needs_hinders_no_bundle_and_one_of_several_that_it_needs_does() {
    let (w, _) = packed_small(Kind::Path);
    let first = file_of(&w, "pack");
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    // A pack of what is on no branch.
    std::fs::write(w.clone.join("stray.txt"), noise(7, 100_000)).unwrap();
    let stray = w.git(&["hash-object", "-w", "stray.txt"]);
    let prefix = w.clone.join(".git/objects/pack/pack");
    let args_of_git = ["pack-objects", "-q", prefix.to_str().unwrap()];
    let stray = format!("{stray}\n");
    let name = w.env.git_bytes(&w.clone, &args_of_git, stray.as_bytes());
    let name = String::from_utf8(name).unwrap();
    w.git(&["prune-packed"]);
    let second = prefix.with_file_name(format!("pack-{}.pack", name.trim_end()));
    flip(&second, 5000);
    w.aidf(&args).ok();
    is_whole(&w, &bundle);
    flip(&second, 5000);
    let length = std::fs::metadata(&first).unwrap().len() as usize;
    flip(&first, length / 2);
    std::fs::remove_file(&bundle).unwrap();
    w.aidf(&args).exits(7);
}

#[test]
fn no_damage_of_what_lies_beside_a_pack_spoils_a_bundle() {
    let (w, _) = packed_small(Kind::Path);
    // git takes from it where an object ends.
    w.git(&[
        "index-pack",
        "--rev-index",
        file_of(&w, "pack").to_str().unwrap(),
    ]);
    let ends = file_of(&w, "rev");
    let length = std::fs::read(&ends).unwrap().len();
    for bitmap in [true, false] {
        if !bitmap {
            std::fs::remove_file(file_of(&w, "bitmap")).unwrap();
        }
        for n in (0..4).chain((4..40).step_by(6)) {
            // The last byte of a number, so that another object is named that is there.
            let at = 12 + 4 * n + 3;
            assert!(at < length - 40);
            flip(&ends, at);
            is_whole_or_not_made(&w, at);
            flip(&ends, at);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pack_that_ends_early_or_is_another_one_by_then_makes_no_bundle() {
    let (w, pack) = packed_small(Kind::Path);
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    let packed_by = |todo: &str| {
        let path = w.with_git(&format!(
            "case \"$*\" in *pack-objects*) {todo};; esac\nexec \"$real\" \"$@\""
        ));
        w.call(&args).env("PATH", path).run()
    };
    packed_by("\"$real\" \"$@\" | head -c 3000; exit 0").exits(1);
    left_nothing(&bundle);
    packed_by("exit 0").exits(1);
    left_nothing(&bundle);
    // Another file takes the pack's place when it has been looked at.
    let other = w.env.path("other.pack");
    std::fs::copy(&pack, &other).unwrap();
    let length = std::fs::read(&pack).unwrap().len();
    flip(&other, length / 2);
    packed_by(&format!(
        "sleep 1; mv -f '{}' '{}'",
        other.display(),
        pack.display()
    ))
    .exits(7);
    left_nothing(&bundle);
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_left_of_a_bundle_goes_with_a_later_one() {
    let (w, _) = packed_small(Kind::Path);
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    let begun = w.env.path("begun");
    let hook = format!("#!/bin/sh\ntouch '{}'\nsleep 30\n", begun.display());
    w.remote.hook("pre-receive", &hook);
    let unfinished = || -> Vec<PathBuf> {
        let beside = std::fs::read_dir(bundle.parent().unwrap()).unwrap();
        let beside = beside.map(|entry| entry.unwrap().path());
        beside
            .filter(|path| path.display().to_string().contains("/.aidf-unfinished-"))
            .collect()
    };
    let mut run = w.call(&args).into_command().spawn().unwrap();
    while !begun.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let left = unfinished();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let date = |path: &Path| {
        let file = std::fs::File::options().append(true).open(path).unwrap();
        file.set_modified(old).unwrap();
    };
    w.remote.hook("pre-receive", "#!/bin/sh\nexit 0\n");
    // A run that is at work has it locked, however old it is.
    left.iter().for_each(|path| date(path));
    let other = w.other();
    let same = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    other.aidf(&same).ok();
    assert!(left.iter().all(|path| path.exists()), "{left:?}");
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(unfinished(), left);
    left.iter().for_each(|path| date(path));
    w.aidf(&args).ok();
    assert!(unfinished().is_empty());
    is_whole(&w, &bundle);
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_packs_holds_up_no_bundle() {
    let (w, pack) = packed_small(Kind::Path);
    let pipe = pack.with_file_name("a.pack");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let bundle = w.env.path("out.bundle");
    w.aidf(&["backup", "--bundle", bundle.to_str().unwrap(), "--json"])
        .ok();
    is_whole(&w, &bundle);
}

#[test]
fn an_earlier_bundle_keeps_its_manifest_if_no_new_one_can_be_made() {
    let (w, pack) = packed_small(Kind::Path);
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    w.json(&["key", "rotate"]);
    w.aidf(&args).ok();
    let manifest = std::fs::read(w.env.path("out.bundle.manifest")).unwrap();
    let before = std::fs::read(&bundle).unwrap();
    let length = std::fs::read(&pack).unwrap().len();
    flip(&pack, length / 2);
    w.aidf(&args).exits(7);
    assert_eq!(std::fs::read(&bundle).unwrap(), before);
    assert_eq!(
        std::fs::read(w.env.path("out.bundle.manifest")).unwrap(),
        manifest
    );
    let path = bundle.to_str().unwrap();
    w.aidf(&["backup", "verify", "--bundle", path, "--json"])
        .ok();
}

#[test]
fn a_bundle_that_was_begun_leaves_nothing_if_the_backup_is_refused() {
    let (w, _) = packed(Kind::Path);
    w.remote.hook("pre-receive", "#!/bin/sh\nexit 1\n");
    for path in ["out.bundle", "new/out.bundle"] {
        let bundle = w.env.path(path);
        let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
        w.aidf(&args).exits(5);
        assert!(!w.env.path("new").exists(), "a folder was left");
        left_nothing(&w.env.path("out.bundle"));
    }
}

#[test]
fn a_bundle_is_of_what_was_backed_up_where_it_is_fetched_from_elsewhere() {
    let (w, _) = packed(Kind::Path);
    let behind = crate::support::Remote::new(Kind::Path, "behind", false);
    let url = behind.bare.display().to_string();
    w.remote
        .git(&["push", "-q", "--force", &url, "main~2:refs/heads/main"]);
    w.git(&["config", "remote.origin.url", &behind.url]);
    w.git(&["config", "remote.origin.pushurl", &w.remote.url]);
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    w.aidf(&args).ok();
    assert_eq!(w.remote.tip(&backup_of(0)), w.remote.tip("main"));
    is_whole(&w, &bundle);
}

#[test]
fn a_damaged_map_of_a_clone_leaves_nothing_out() {
    let (w, _) = packed(Kind::Path);
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    let map = file_of(&w, "bitmap");
    let length = std::fs::read(&map).unwrap().len();
    for n in 0..4 {
        flip(&map, 40 + n * (length - 70) / 3);
        w.aidf(&args).ok();
        is_whole(&w, &bundle);
    }
    let index = file_of(&w, "idx");
    let length = std::fs::read(&index).unwrap().len();
    // In its checksum: with a wrong offset it would depend on chance which object is not found.
    flip(&index, length - 10);
    std::fs::remove_file(&bundle).unwrap();
    let _ = std::fs::remove_file(w.env.path("out.bundle.manifest"));
    let out = w.aidf(&args).exits(7);
    assert!(out.stderr.contains(".idx"), "{out}");
    left_nothing(&bundle);
}

#[test]
fn an_object_that_is_missing_makes_no_copy_and_is_not_fetched_from_where_the_clone_says() {
    let w = World::path();
    let blob = w.git(&["rev-parse", "origin/main:README.md"]);
    w.env.unpack(&w.clone.join(".git"));
    std::fs::remove_file(
        w.clone
            .join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..])),
    )
    .unwrap();
    let ran = w.env.path("ran");
    for (name, value) in [
        ("remote.evil.promisor", "true".to_owned()),
        (
            "remote.evil.url",
            format!("ext::sh -c touch% {}", ran.display()),
        ),
        ("protocol.ext.allow", "always".to_owned()),
        ("core.sshCommand", format!("touch {}", ran.display())),
        ("core.fsmonitor", format!("touch {}", ran.display())),
        (
            "core.alternateRefsCommand",
            format!("touch {}", ran.display()),
        ),
    ] {
        w.git(&["config", name, &value]);
    }
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    // The remote that is worked with lost it as well.
    let lost = w
        .remote
        .bare
        .join(format!("objects/{}/{}", &blob[..2], &blob[2..]));
    let kept = w.env.path("kept");
    std::fs::rename(&lost, &kept).unwrap();
    let out = w.aidf(&args).exits(7);
    assert!(out.stderr.contains("cannot read its own objects"), "{out}");
    left_nothing(&bundle);
    assert!(!ran.exists(), "a program of the clone's own choice ran");
    let far = crate::support::Remote::new(Kind::Path, "far", false);
    let refs = far.refs();
    w.aidf(&["backup", "--dest", &far.url, "--json"]).exits(7);
    assert_eq!(far.refs(), refs);
    assert!(!ran.exists(), "a program of the clone's own choice ran");
}

#[test]
fn a_clone_whose_history_is_cut_makes_a_bundle_of_all_of_it() {
    let w = World::path();
    w.remote.write("main", &[("b.txt", Some(b"b\n"))], "Add b");
    let shallow = w.env.path("shallow");
    let url = format!("file://{}", w.remote.bare.display());
    let to = shallow.to_str().unwrap();
    w.env
        .git(&w.env.home(), &["clone", "-q", "--depth", "1", &url, to]);
    let bundle = w.env.path("out.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap(), "--json"];
    w.env.aidf(&shallow, &args).ok();
    is_whole(&w, &bundle);
    assert_eq!(
        w.env.git(&shallow, &["rev-list", "--count", "HEAD"]),
        "1",
        "the clone is as deep as before"
    );
}

#[test]
fn what_stands_in_for_a_commit_in_one_clone_changes_no_copy() {
    let w = World::path();
    w.remote.write("main", &[("b.txt", Some(b"b\n"))], "Add b");
    w.git(&["fetch", "-q"]);
    let tip = w.remote.tip("main");
    let other = w.git(&["commit-tree", "-m", "Other", &format!("{tip}^{{tree}}")]);
    w.git(&["replace", &tip, &other]);
    std::fs::create_dir_all(w.clone.join(".git/info")).unwrap();
    std::fs::write(w.clone.join(".git/info/grafts"), format!("{tip}\n")).unwrap();
    w.git(&["config", "pack.packSizeLimit", "1m"]);
    let bundle = w.env.path("out.bundle");
    w.aidf(&["backup", "--bundle", bundle.to_str().unwrap(), "--json"])
        .ok();
    is_whole(&w, &bundle);
}

#[cfg(unix)]
#[test]
fn without_git_a_bundle_is_made_all_the_same() {
    let far = crate::support::Remote::new(Kind::Http, "widgets", true);
    let w = World::of(far);
    let none = w.env.path("no-programs");
    std::fs::create_dir_all(&none).unwrap();
    let bundle = w.env.path("out.bundle");
    w.call(&["backup", "--bundle", bundle.to_str().unwrap(), "--json"])
        .env("PATH", &none)
        .run()
        .ok();
    is_whole(&w, &bundle);
}
