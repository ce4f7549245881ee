//! Clones and servers that keep their refs in tables (reftable), which libgit2 does not know:
//! every command works there, plain git sees what was done, and no loose ref appears.

use std::path::{Path, PathBuf};

use crate::support::team::{doc, edit};
use crate::support::{
    Env, Guarded, Kind, Machine, Remote, World, entries, make_executable, permissions, text,
};

/// Whether the installed git can make such repositories; says so where it cannot.
fn can() -> bool {
    let able = Env::new().makes_tables();
    if !able {
        eprintln!("SKIPPED: the installed git is older than 2.46 and cannot make reftables");
    }
    able
}

fn format_of(env: &Env, dir: &Path) -> String {
    env.git(dir, &["rev-parse", "--show-ref-format"])
}

/// A remote that keeps its refs so.
fn remote(kind: Kind, format: &str) -> Remote {
    let remote = Remote::new(kind, "widgets", true);
    if remote.git(&["rev-parse", "--show-ref-format"]) != format {
        remote.git(&["refs", "migrate", &format!("--ref-format={format}")]);
    }
    remote
}

/// Has a machine work in a new clone that keeps its refs so.
fn reclone(machine: &mut Machine, format: &str) {
    machine.env.ref_format(format);
    machine.clone_again();
    assert_eq!(format_of(&machine.env, &machine.clone), format);
    machine.git(&["config", "user.name", "Somebody"]);
    machine.git(&["config", "user.email", "some@body.invalid"]);
}

fn world_of(kind: Kind, server: &str, clone: &str) -> World {
    let mut w = World::of(remote(kind, server));
    reclone(&mut w, clone);
    w
}

/// A server and a clone with tables.
fn world(kind: Kind) -> World {
    world_of(kind, "reftable", "reftable")
}

/// Another machine, with the key of the first and its sandbox.
fn resumed(w: &World, token: &str, format: &str) -> Machine {
    let mut other = w.other();
    reclone(&mut other, format);
    other.share_key(w);
    other.json(&["sandbox", "init", "--reuse-token", token]);
    other
}

/// Nothing lies where libgit2 would put a ref, and the repository is whole.
#[track_caller]
fn has_no_loose_ref(env: &Env, git_dir: &Path) {
    assert_eq!(format_of(env, git_dir), "reftable");
    let mut folders = vec![git_dir.to_owned()];
    let linked = std::fs::read_dir(git_dir.join("worktrees"));
    folders.extend(linked.into_iter().flatten().map(|e| e.unwrap().path()));
    for folder in folders {
        let head = std::fs::read_to_string(folder.join("HEAD")).unwrap();
        assert_eq!(head, "ref: refs/heads/.invalid\n", "{}", folder.display());
        assert!(!folder.join("packed-refs").exists());
        assert!(!folder.join("logs").exists());
        for entry in std::fs::read_dir(folder.join("refs")).unwrap() {
            let entry = entry.unwrap();
            // A file that keeps an old git from writing one.
            assert_eq!(entry.file_name(), "heads", "{}", folder.display());
            assert!(entry.file_type().unwrap().is_file());
        }
    }
    let out = env.try_git(git_dir, &["fsck", "--strict", "--no-dangling"]);
    assert_eq!((out.code, out.stderr.trim()), (0, ""), "{out}");
}

#[track_caller]
fn sound(w: &World) {
    clone_is_sound(w);
    has_no_loose_ref(&w.env, &w.remote.bare);
}

#[track_caller]
fn clone_is_sound(machine: &Machine) {
    let git_dir = machine.git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    has_no_loose_ref(&machine.env, Path::new(&git_dir));
}

/// What plain git says a ref of the clone is at; empty where it is not there.
fn at(machine: &Machine, name: &str) -> String {
    machine.git(&["for-each-ref", "--format=%(objectname)", name])
}

fn read(machine: &Machine, path: &str) -> String {
    std::fs::read_to_string(machine.clone.join(path)).unwrap()
}

fn operator(w: &World) -> String {
    text(&w.json(&["token", "issue", "--operator"]), "token")
}

#[test]
fn a_sandbox_is_opened_written_read_and_rolled_back() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let before = w.snapshot();
    let opened = w.init();
    let branch = text(&opened, "branch");
    let tracking = format!("refs/remotes/origin/{branch}");
    assert_eq!(w.snapshot(), before, "a sandbox touches nothing here");
    assert_eq!(at(&w, &tracking), w.remote.tip(&branch));
    let first = w.save("notes.md", "one\n", "First note");
    assert_eq!(at(&w, &tracking), w.remote.tip(&branch));
    assert_eq!(w.remote.text(&branch, "notes.md"), "one\n");
    w.write("notes.md", "two\n");
    w.write("src/new.py", "print()\n");
    std::fs::remove_file(w.clone.join("docs/guide.md")).unwrap();
    let second = w.json(&["commit", "-a", "-m", "Three files"]);
    assert_eq!(second["parent"], first["commit"]);
    assert!(w.remote.try_file(&branch, "docs/guide.md").is_none());
    assert_eq!(at(&w, &tracking), w.remote.tip(&branch));
    assert_eq!(
        w.git(&["rev-parse", "HEAD"]),
        w.git(&["rev-parse", "origin/main"])
    );

    let log = w.json(&["log"]);
    let subjects: Vec<String> = log["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| text(c, "subject"))
        .collect();
    assert_eq!(subjects[..2], ["Three files", "First note"]);
    let listed = w.json(&["sandbox", "list"]);
    assert_eq!(listed["sandboxes"][0]["branch"], branch.as_str());
    assert_eq!(listed["sandboxes"][0]["commits"], 2);
    assert_eq!(w.json(&["sandbox", "show"])["branch"], branch.as_str());
    let patch = w.aidf(&["sandbox", "diff", "--patch"]).ok();
    assert!(patch.stdout.contains("+two"), "{patch}");

    // By a revision of git's that only the refs of this clone tell.
    let named = format!("origin/{branch}~0");
    let undone = w.json(&["rollback", &named, "--reason", "Not wanted"]);
    assert_eq!(w.remote.text(&branch, "notes.md"), "one\n");
    assert!(
        undone.to_string().contains(&text(&second, "commit")),
        "{undone:#}"
    );
    sound(&w);
}

#[test]
fn what_the_base_gained_comes_in_and_the_sandbox_lands() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let branch = w.sandbox();
    w.save("notes.md", "mine\n", "My note");
    w.remote
        .write("sandbox", &[("base.md", Some(b"of the base\n"))], "Base");
    let synced = w.json(&["sandbox", "sync"]);
    assert_eq!(synced["branch"], branch.as_str());
    assert_eq!(w.remote.text(&branch, "base.md"), "of the base\n");
    let proposed = w.json(&["propose", "--to", "sandbox"]);
    assert_eq!(proposed["provider"], "bare");
    assert!(text(&proposed, "patch").contains("+mine"));
    let token = operator(&w);
    let landed = w.json(&[
        "land",
        "--to",
        "sandbox",
        "--close",
        "--reuse-token",
        &token,
    ]);
    assert_eq!(landed["commit"], w.remote.tip("sandbox"));
    assert_eq!(w.remote.text("sandbox", "notes.md"), "mine\n");
    assert_eq!(w.remote.try_tip(&branch), None, "it was closed");
    assert_eq!(at(&w, &format!("refs/remotes/origin/{branch}")), "");
    let back = w.json(&["sandbox", "restore", &branch]);
    assert_eq!(back["branch"], branch.as_str());
    assert!(w.remote.try_tip(&branch).is_some());
    sound(&w);
}

#[test]
fn the_checkout_goes_to_a_sandbox_follows_it_and_pulls() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    w.save("doc.txt", doc(&[]), "A document");
    let b = resumed(&w, &token, "reftable");
    b.json(&["sandbox", "switch"]);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), branch);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    let upstream = ["rev-parse", "--abbrev-ref", "@{upstream}"];
    assert_eq!(b.git(&upstream), format!("origin/{branch}"));
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    let moved = b.git(&["log", "-g", "-1", "--format=%gs", "HEAD"]);
    assert_eq!(moved, format!("checkout: moving from main to {branch}"));

    // A write from the branch takes HEAD and the index along.
    edit(&b, "doc.txt", 28, "by B");
    b.json(&["commit", "-a", "-m", "Line 28"]);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    let logged = b.git(&["log", "-g", "-1", "--format=%gs", &branch]);
    assert_eq!(logged, "aidf: commit");
    w.json(&["sandbox", "pull"]);
    assert_eq!(read(&w, "doc.txt"), doc(&[(28, "by B")]));
    w.save("doc.txt", doc(&[(2, "by A"), (28, "by B")]), "Line 2");
    let told = b.json(&["status"]);
    assert_eq!(told["branch"], branch.as_str());
    assert!(told["local"].to_string().contains("stale"), "{told:#}");
    b.json(&["sandbox", "pull"]);
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(read(&b, "doc.txt"), doc(&[(2, "by A"), (28, "by B")]));
    // The way back by git, and here again by aidf.
    b.git(&["switch", "--quiet", "-"]);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), "main");
    b.json(&["sandbox", "switch"]);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), branch);
    clone_is_sound(&b);
    sound(&w);
}

#[test]
fn a_detached_head_and_one_without_a_commit_are_what_they_are() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    w.git(&["checkout", "--quiet", "--detach"]);
    let branch = w.sandbox();
    w.write("README.md", "# Detached\n");
    w.json(&["commit", "-a", "-m", "Detached"]);
    assert_eq!(w.remote.text(&branch, "README.md"), "# Detached\n");
    assert_eq!(w.json(&["status"])["branch"], branch.as_str());
    w.git(&["switch", "--quiet", "--force", "--orphan", "unborn"]);
    w.write("README.md", "# Unborn\n");
    w.aidf(&["commit", "README.md", "--overwrite", "-m", "Unborn"])
        .ok();
    assert_eq!(w.remote.text(&branch, "README.md"), "# Unborn\n");
    let out = w.aidf(&["sandbox", "switch"]).exits(2);
    assert!(out.stderr.contains("no commit checked out"), "{out}");
    let out = w.aidf(&["commit", "-a", "-m", "All"]).exits(2);
    assert!(out.stderr.contains("HEAD has no commit"), "{out}");
    assert_eq!(w.git(&["symbolic-ref", "--short", "HEAD"]), "unborn");
    w.git(&["switch", "--quiet", "--force", "main"]);
    sound(&w);
}

#[test]
fn the_log_of_head_tells_who_removed_a_file() {
    if !can() {
        return;
    }
    // With the same answers wherever it is kept.
    for format in ["reftable", "files"] {
        for amended in [false, true] {
            let w = world_of(Kind::Path, format, format);
            let opened = w.init();
            let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
            let b = resumed(&w, &token, format);
            b.write("new.txt", doc(&[]));
            b.json(&["commit", "new.txt", "-m", "A new file"]);
            b.git(&["add", "new.txt"]);
            b.git(&["commit", "--quiet", "-m", "Local"]);
            b.save("new.txt", doc(&[(5, "by B")]), "Line 5");
            if amended {
                // Its owner removes it, in a commit that is amended.
                std::fs::remove_file(b.clone.join("new.txt")).unwrap();
                b.git(&["add", "-A"]);
                b.git(&[
                    "commit",
                    "--quiet",
                    "--amend",
                    "--allow-empty",
                    "-m",
                    "Local",
                ]);
            } else {
                // git takes it away together with the commit that has it.
                b.git(&["checkout", "--quiet", "--force", "origin/main"]);
            }
            assert!(!b.clone.join("new.txt").exists());
            b.write("other.txt", "other\n");
            b.json(&["commit", "-a", "-m", "Another file"]);
            let left = w.remote.try_file(&branch, "new.txt");
            assert_eq!(left.is_none(), amended, "{format}");
            assert_eq!(w.remote.text(&branch, "other.txt"), "other\n");
            if format == "reftable" {
                clone_is_sound(&b);
            }
        }
    }
}

#[test]
fn each_linked_worktree_has_a_head_of_its_own() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let first = w.sandbox();
    let before = w.snapshot();
    let dir = w.env.path("tree");
    let place = dir.to_str().unwrap();
    let added = w.json(&["sandbox", "init", "--force-new", "--worktree", place]);
    let branch = text(&added, "branch");
    assert_ne!(branch, first);
    assert_eq!(w.snapshot(), before, "the first tree is left alone");
    let git = |args: &[&str]| w.env.git(&dir, args);
    assert_eq!(git(&["branch", "--show-current"]), branch);
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert!(dir.join("docs/sandbox.md").exists());
    // A write there moves its HEAD alone.
    std::fs::write(dir.join("README.md"), "# From the side\n").unwrap();
    let call = |args: &[&str]| w.env.aidf(&dir, args);
    call(&["commit", "-a", "-m", "Side"]).ok();
    assert_eq!(w.remote.text(&branch, "README.md"), "# From the side\n");
    assert_eq!(git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(w.snapshot(), before);
    // One branch is not checked out twice, by whichever worktree.
    let out = w.aidf(&["sandbox", "switch", &branch]).exits(2);
    assert!(out.stderr.contains("another worktree has"), "{out}");
    w.json(&["sandbox", "switch", &first]);
    let out = call(&["sandbox", "switch", &first]).exits(2);
    assert!(out.stderr.contains("another worktree has"), "{out}");
    let taken = call(&["snapshot", "--json"]).ok().json();
    let name = format!(
        "refs/aidf/snapshots/worktrees/tree/{}",
        text(&taken, "snapshot")
    );
    assert_eq!(at(&w, &name), text(&taken, "commit"));
    sound(&w);
}

#[test]
fn snapshots_are_taken_listed_restored_and_pruned() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let names = |w: &World| {
        let format = "--format=%(refname:lstrip=3)";
        let all = w.git(&["for-each-ref", format, "refs/aidf/snapshots/"]);
        all.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut taken = Vec::new();
    for n in 0..3 {
        w.write("README.md", format!("# Draft {n}\n"));
        let one = w.json(&["snapshot", "-m", &format!("Draft {n}")]);
        taken.push(text(&one, "snapshot"));
    }
    assert_eq!(w.json(&["snapshot"])["unchanged"], true);
    assert_eq!(names(&w).len(), 3);
    let kept = w.git(&[
        "show",
        &format!("refs/aidf/snapshots/{}:README.md", taken[1]),
    ]);
    assert_eq!(kept, "# Draft 1");
    assert_eq!(w.json(&["snapshot", "list"])["count"], 3);
    w.json(&["snapshot", "restore", &taken[0]]);
    assert_eq!(read(&w, "README.md"), "# Draft 0\n");
    let pruned = w.json(&["snapshot", "prune", "--keep-last", "1"]);
    assert_eq!(pruned["kept"], 1);
    assert_eq!(names(&w).len(), 1);
    // git keeps no log of them, as of none but branches.
    let log = w.git(&["reflog", "list"]);
    assert!(!log.contains("aidf"), "{log}");
    sound(&w);
}

#[test]
fn backups_are_made_verified_and_restored_on_every_way_to_a_server() {
    if !can() {
        return;
    }
    for kind in [Kind::Path, Kind::Http, Kind::Ssh, Kind::Daemon] {
        let w = world(kind);
        let branch = w.sandbox();
        let first = w.save("notes.md", "one\n", "First");
        w.json(&["rollback", &text(&first, "commit")]);
        assert!(w.remote.try_file(&branch, "notes.md").is_none(), "{kind:?}");
        let made = w.json(&["backup"]);
        let name = text(&made["backups"][0], "backup");
        assert_eq!(w.remote.tip(&name), w.remote.tip("main"), "{kind:?}");
        let listed = w.json(&["backup", "list"]);
        assert_eq!(listed["backups"][0]["name"], name.as_str());
        let verified = w.json(&["backup", "verify"]);
        assert_eq!(verified["problems"].as_array().unwrap().len(), 0);
        let restored = w.json(&["backup", "restore", &name, "--to", "rescue"]);
        assert_eq!(restored["created"], true);
        assert_eq!(w.remote.tip("rescue"), w.remote.tip("main"));
        sound(&w);
    }
}

#[test]
fn a_bundle_and_a_second_server_take_a_backup() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let file = w.env.path("copy.bundle");
    let path = file.to_str().unwrap();
    let second = remote(Kind::Path, "reftable");
    w.json(&["backup", "--bundle", path, "--dest", &second.url]);
    w.git(&["bundle", "verify", "--quiet", path]);
    let name = text(&w.json(&["backup", "list"])["backups"][0], "name");
    assert_eq!(second.tip(&name), w.remote.tip("main"));
    let back = w.json(&["backup", "restore", "--bundle", path, "--to", "rescue"]);
    assert_eq!(back["branch"], "rescue");
    assert_eq!(w.remote.tip("rescue"), w.remote.tip("main"));
    has_no_loose_ref(&w.env, &second.bare);
    sound(&w);
}

#[test]
fn a_server_is_protected_and_its_hook_decides() {
    if !can() {
        return;
    }
    for kind in [Kind::Path, Kind::Http] {
        let guarded = Guarded::of(remote(kind, "reftable"), "");
        let w = &guarded.w;
        let opened = w.init();
        let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
        w.save("notes.md", "one\n", "Through the hook");
        assert_eq!(w.remote.text(&branch, "notes.md"), "one\n");

        let mut plain = w.other();
        reclone(&mut plain, "reftable");
        plain.plain(&[("x.txt", "x\n")], "Plain");
        for to in ["main", "sandbox", &branch, "backup/2020-01-01"] {
            let refs = format!("HEAD:refs/heads/{to}");
            guarded.refused(&plain, &[], &[&refs], "aidf");
        }
        // With the token the same push is the holder's own.
        plain.at(&branch);
        plain.plain(&[("y.txt", "y\n")], "By the holder");
        let own = format!("HEAD:refs/heads/{branch}");
        guarded.passes(&plain, &[&token], &[&own]);
        assert_eq!(w.remote.text(&branch, "y.txt"), "y\n");
        guarded.refused(&plain, &[&token], &["HEAD:refs/heads/main"], "aidf");
        w.json(&["backup"]);
        w.json(&[
            "land",
            "--to",
            "sandbox",
            "--reuse-token",
            &guarded.operator,
        ]);
        // The server knows a revoked token by a ref of its own.
        w.call(&["token", "revoke", &token])
            .env("AIDF_REUSE_TOKEN", &guarded.operator)
            .run()
            .ok();
        plain.plain(&[("z.txt", "z\n")], "After the end");
        guarded.refused(&plain, &[&token], &[&own], "revoked");
        let told = guarded.protect(&["check", "--json"]);
        assert_eq!(told.json()["provider"], "bare", "{told}");
        assert!(!guarded.journal().is_empty());
        has_no_loose_ref(&w.env, &w.remote.bare);
        guarded.protect(&["remove"]).ok();
    }
}

#[test]
fn a_symbolic_ref_of_the_server_is_not_written_through() {
    if !can() {
        return;
    }
    let guarded = Guarded::of(remote(Kind::Path, "reftable"), "");
    let w = &guarded.w;
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    // Each stands for a branch that is not the holder's: one that is there, one that is not.
    for (n, target) in ["main", "nowhere"].into_iter().enumerate() {
        let alias = format!("sandbox-other-{}", ["one", "two"][n]);
        let full = format!("refs/heads/{alias}");
        let to = format!("refs/heads/{target}");
        w.remote.git(&["symbolic-ref", &full, &to]);
        let own = guarded.token(&alias);
        w.at(&branch);
        let commit = format!("HEAD:{full}");
        guarded.refused(w, &[&own], &[&commit], "symbolic");
    }
    w.at(&branch);
    w.plain(&[("a.txt", "a\n")], "Own");
    guarded.passes(w, &[&token], &[&format!("HEAD:refs/heads/{branch}")]);
}

#[test]
fn machines_that_keep_their_refs_otherwise_share_a_sandbox() {
    if !can() {
        return;
    }
    for (server, one, two) in [
        ("files", "reftable", "files"),
        ("reftable", "files", "reftable"),
    ] {
        let w = world_of(Kind::Path, server, one);
        let opened = w.init();
        let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
        w.save("doc.txt", doc(&[]), "A document");
        let b = resumed(&w, &token, two);
        b.json(&["sandbox", "pull"]);
        w.save("doc.txt", doc(&[(2, "by A")]), "Line 2");
        b.write("doc.txt", doc(&[(28, "by B")]));
        b.json(&["commit", "doc.txt", "-m", "Line 28"]);
        let both = doc(&[(2, "by A"), (28, "by B")]);
        assert_eq!(w.remote.text(&branch, "doc.txt"), both);
        for machine in [&*w, &b] {
            machine.git(&["fetch", "--quiet"]);
            machine.json(&["sandbox", "pull"]);
            assert_eq!(read(machine, "doc.txt"), both);
            let kept = machine.git(&["rev-parse", "--show-ref-format"]);
            if kept == "reftable" {
                clone_is_sound(machine);
            } else {
                machine.clone_is_sound();
            }
        }
        w.remote.is_sound();
    }
}

#[test]
fn a_clone_is_converted_between_two_commands() {
    if !can() {
        return;
    }
    let w = world_of(Kind::Path, "files", "files");
    // git of today converts no logs.
    std::fs::remove_dir_all(w.clone.join(".git/logs")).unwrap();
    let branch = w.sandbox();
    w.save("notes.md", "one\n", "In files");
    let _ = std::fs::remove_dir_all(w.clone.join(".git/logs"));
    w.git(&["refs", "migrate", "--ref-format=reftable"]);
    w.save("notes.md", "two\n", "In tables");
    assert_eq!(w.remote.text(&branch, "notes.md"), "two\n");
    assert!(
        w.remote
            .message(&format!("{branch}~1"))
            .contains("In files")
    );
    clone_is_sound(&w);
}

#[test]
fn a_clone_may_say_that_its_refs_are_files_and_nothing_that_aidf_does_not_know() {
    let w = World::path();
    w.git(&["config", "core.repositoryFormatVersion", "1"]);
    w.git(&["config", "extensions.refStorage", "files"]);
    let branch = w.sandbox();
    w.save("notes.md", "one\n", "In files");
    assert_eq!(
        at(&w, &format!("refs/remotes/origin/{branch}")),
        w.remote.tip(&branch)
    );
    w.clone_is_sound();
    let config = w.clone.join(".git/config");
    let text_of = std::fs::read_to_string(&config).unwrap();
    for (written, told) in [
        ("refStorage = sqlite", "`sqlite`"),
        ("refStorage", "`true`"),
    ] {
        let other = text_of.replace("refStorage = files", written);
        assert_ne!(other, text_of);
        std::fs::write(&config, other).unwrap();
        let out = w.aidf(&["commit", "README.md", "-m", "No"]).exits(2);
        assert!(out.stderr.contains(told), "{out}");
        assert!(out.stderr.contains("git refs migrate"), "{out}");
    }
}

#[cfg(unix)]
#[test]
fn a_git_that_knows_no_tables_is_told_of_and_nothing_is_written() {
    if !can() {
        return;
    }
    let w = world(Kind::Http);
    w.sandbox();
    w.write("notes.md", "one\n");
    // What git 2.44 and earlier say of such a repository.
    let old =
        w.with_git("echo 'fatal: unknown repository extension found:\n\trefstorage' >&2; exit 128");
    let none = w.env.path("empty");
    std::fs::create_dir_all(&none).unwrap();
    for (path, told) in [
        (old.as_str(), "unknown repository extension"),
        (none.to_str().unwrap(), "No such file"),
    ] {
        for args in [
            &["commit", "notes.md", "-m", "No", "--json"][..],
            &["commit", "-a", "-m", "No", "--json"],
            &["snapshot", "--json"],
            &["sandbox", "switch", "--json"],
            &["status", "--json"],
        ] {
            let refs = w.remote.refs();
            let own = w.git(&["for-each-ref"]);
            let out = w.call(args).env("PATH", path).run().exits(9);
            assert!(text(&out.error(), "hint").contains("git 2.45"), "{out}");
            assert!(out.all().contains(told), "{out}");
            assert_eq!(w.remote.refs(), refs, "the remote moved\n{out}");
            assert_eq!(w.git(&["for-each-ref"]), own);
        }
    }
    sound(&w);
}

#[cfg(unix)]
#[test]
fn a_git_that_hangs_is_ended() {
    if !can() {
        return;
    }
    let w = world(Kind::Http);
    w.sandbox();
    w.write("notes.md", "one\n");
    let path = w.with_git("exec sleep 100");
    let args = ["commit", "notes.md", "-m", "No", "--timeout", "1", "--json"];
    let out = w.call(&args).env("PATH", path).run().exits(9);
    assert!(out.took.as_secs() < 30, "{out}");
    assert!(out.stderr.contains("did not answer within 1 s"), "{out}");
    sound(&w);
}

#[cfg(unix)]
#[test]
fn no_program_of_a_strangers_clone_is_run() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let ran = w.env.path("ran");
    let evil = w.env.path("evil");
    std::fs::write(
        &evil,
        format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n", ran.display()),
    )
    .unwrap();
    make_executable(&evil);
    let program = evil.to_str().unwrap();
    let first = text(&w.init(), "reuse_token");
    let hooks = w.clone.join(".git/hooks");
    for hook in [
        "reference-transaction",
        "post-checkout",
        "post-index-change",
        "pre-commit",
        "post-commit",
    ] {
        std::fs::create_dir_all(&hooks).unwrap();
        std::fs::copy(&evil, hooks.join(hook)).unwrap();
    }
    for (name, value) in [
        ("log.showSignature", "true"),
        ("gpg.program", program),
        ("gpg.ssh.program", program),
        ("core.pager", program),
        ("pager.log", program),
        ("core.fsmonitor", program),
        ("core.editor", program),
        ("diff.external", program),
        ("alias.log", "!touch ran"),
        ("core.alternateRefsCommand", program),
        ("filter.evil.clean", program),
        ("filter.evil.smudge", program),
        ("filter.evil.process", program),
        ("filter.evil.required", "true"),
        ("core.sshCommand", program),
        ("gc.auto", "1"),
    ] {
        w.git(&["-c", "core.fsmonitor=false", "config", name, value]);
    }
    std::fs::write(w.clone.join(".git/info/attributes"), "docs/* filter=evil\n").unwrap();
    let _ = std::fs::remove_file(&ran);
    w.save("notes.md", "one\n", "A note");
    std::fs::remove_file(w.clone.join("notes.md")).unwrap();
    w.json(&["status"]);
    w.json(&["snapshot", "-m", "Now"]);
    w.json(&["snapshot", "prune", "--keep-last", "0"]);
    w.json(&["log"]);
    let dir = w.env.path("tree");
    let place = dir.to_str().unwrap();
    let opened = w.json(&["sandbox", "init", "--force-new", "--worktree", place]);
    assert_eq!(opened["warnings"], serde_json::json!([]));
    let guide = std::fs::read_to_string(dir.join("docs/guide.md")).unwrap();
    assert!(guide.starts_with("# Guide"), "{guide}");
    w.json(&["sandbox", "init", "--reuse-token", &first]);
    w.json(&["sandbox", "switch"]);
    let seen = std::fs::read_to_string(&ran).unwrap_or_default();
    assert_eq!(seen, "", "a program of the clone was run");
    let branch = w.git(&[
        "-c",
        "core.fsmonitor=false",
        "symbolic-ref",
        "--short",
        "HEAD",
    ]);
    assert!(branch.starts_with("sandbox-"), "{branch}");
}

#[test]
fn a_lock_is_waited_for_and_one_that_stays_hides_no_write() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let branch = w.sandbox();
    let lock = w.clone.join(".git/reftable/tables.list.lock");
    // Somebody at work for a moment.
    std::fs::write(&lock, "").unwrap();
    let freed = lock.clone();
    let other = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(700));
        std::fs::remove_file(freed).unwrap();
    });
    let saved = w.save("notes.md", "one\n", "Waits");
    other.join().unwrap();
    assert_eq!(saved["warnings"], serde_json::json!([]));
    let tracking = format!("refs/remotes/origin/{branch}");
    assert_eq!(at(&w, &tracking), w.remote.tip(&branch));
    // Somebody who was killed.
    std::fs::write(&lock, "").unwrap();
    let behind = at(&w, &tracking);
    w.write("notes.md", "two\n");
    let out = w
        .aidf(&["commit", "notes.md", "-m", "Lands", "--json"])
        .ok();
    let warnings = out.json()["warnings"].to_string();
    assert!(warnings.contains("could not record it"), "{out}");
    assert_eq!(w.remote.text(&branch, "notes.md"), "two\n");
    assert_eq!(at(&w, &tracking), behind);
    std::fs::remove_file(&lock).unwrap();
    w.save("notes.md", "three\n", "Goes on");
    assert_eq!(at(&w, &tracking), w.remote.tip(&branch));
    sound(&w);
}

#[test]
fn a_clone_with_many_refs_is_asked_by_name() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let tip = w.git(&["rev-parse", "HEAD"]);
    let many: String = (0..9000)
        .map(|n| format!("create refs/remotes/upstream/b{n:x}{n} {tip}\n"))
        .collect();
    let stdin = ["update-ref", "--stdin"];
    w.env.git_bytes(&w.clone, &stdin, many.as_bytes());
    let tables = std::fs::read_dir(w.clone.join(".git/reftable")).unwrap();
    let bytes: u64 = tables.map(|e| e.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes > 160_000, "{bytes} are few");
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let tracking = format!("refs/remotes/origin/{branch}");
    w.save("notes.md", "one\n", "A note");
    w.remote
        .write(&branch, &[("theirs.md", Some(b"theirs\n"))], "Theirs");
    w.write("README.md", "# Many\n");
    w.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(at(&w, &tracking), w.remote.tip(&branch));
    w.json(&["sandbox", "switch"]);
    assert_eq!(w.git(&["symbolic-ref", "--short", "HEAD"]), branch);
    w.write("README.md", "# Many more\n");
    w.json(&["commit", "-a", "-m", "Follow"]);
    assert_eq!(w.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    w.git(&["checkout", "--quiet", "--detach"]);
    w.json(&["snapshot"]);
    w.write("README.md", "# Detached\n");
    w.json(&["snapshot"]);
    assert_eq!(w.json(&["snapshot", "list"])["count"], 2);
    assert_eq!(w.json(&["status"])["branch"], branch.as_str());
    w.json(&["rollback", &format!("origin/{branch}"), "--reason", "Back"]);
    w.git(&["switch", "--quiet", "--force", "--orphan", "unborn"]);
    let out = w.aidf(&["sandbox", "switch"]).exits(2);
    assert!(out.stderr.contains("no commit checked out"), "{out}");
    w.git(&["switch", "--quiet", "--force", "main"]);
    w.json(&["sandbox", "init", "--reuse-token", &token]);
    sound(&w);
}

#[test]
fn many_commands_in_one_clone_lose_nothing() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let branch = w.sandbox();
    let files: Vec<String> = (0..12).map(|n| format!("own/{n}.txt")).collect();
    for file in &files {
        w.write(file, format!("{file}\n"));
    }
    std::thread::scope(|scope| {
        for file in &files {
            let w = &w;
            scope.spawn(move || {
                w.json(&["commit", file, "-m", &format!("Save {file}")]);
            });
        }
    });
    for file in &files {
        assert_eq!(w.remote.text(&branch, file), format!("{file}\n"));
    }
    w.git(&["fetch", "--quiet"]);
    assert_eq!(
        at(&w, &format!("refs/remotes/origin/{branch}")),
        w.remote.tip(&branch)
    );
    let changes = entries(&w.remote.file(&branch, crate::support::CHANGELOG));
    let saved = changes.iter().filter(|e| e.to_string().contains("own/"));
    assert_eq!(saved.count(), files.len());
    sound(&w);
}

#[test]
fn what_aidf_makes_for_itself_works_whatever_the_user_prefers() {
    if !can() {
        return;
    }
    let w = world(Kind::Path);
    let url = w.remote.url.clone();
    let home = w.env.home();
    let call = |args: &[&str]| {
        let all = [&["-R", &url][..], args, &["--json"]].concat();
        w.env.aidf(&home, &all).ok().json()
    };
    let opened = call(&["sandbox", "init"]);
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let file = w.env.path("notes.md");
    std::fs::write(&file, "one\n").unwrap();
    let named = format!("notes.md={}", file.display());
    call(&[
        "commit",
        &named,
        "--branch",
        &branch,
        "-m",
        "Without a clone",
        "--reuse-token",
        &token,
    ]);
    assert_eq!(w.remote.text(&branch, "notes.md"), "one\n");
    let drill = w.json(&["backup"]);
    assert!(drill["backups"].is_array());
    let drill = w.json(&["backup", "drill"]);
    assert!(drill["message"].is_string(), "{drill:#}");
    sound(&w);
}

#[cfg(unix)]
#[test]
fn others_may_read_what_git_lets_them_read() {
    if !can() {
        return;
    }
    // aidf's own files are private; tables are git's, and have git's mode.
    let w = world(Kind::Path);
    w.sandbox();
    w.save("notes.md", "one\n", "A note");
    let tables = std::fs::read_dir(w.clone.join(".git/reftable")).unwrap();
    let all: Vec<PathBuf> = tables.map(|e| e.unwrap().path()).collect();
    assert!(all.iter().all(|f| permissions(f) == 0o644), "{all:?}");
}
