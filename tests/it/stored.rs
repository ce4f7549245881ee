//! Content as git would store it: each file compared with what plain `git add` and
//! `git commit` make of the same working file.

use crate::support::{Machine, World, on_path};

/// A world whose branches have these attributes, and a sandbox that is open.
fn world(attributes: &str, files: &[(&str, &[u8])]) -> (World, String) {
    let w = World::path();
    let mut all: Vec<(&str, Option<&[u8]>)> = vec![(".gitattributes", Some(attributes.as_bytes()))];
    all.extend(files.iter().map(|(p, c)| (*p, Some(*c))));
    w.remote.write("main", &all, "Attributes");
    w.remote
        .git(&["update-ref", "refs/heads/sandbox", "refs/heads/main"]);
    w.git(&["pull", "-q", "origin", "main"]);
    let branch = w.sandbox();
    (w, branch)
}

/// The tree entry that plain git makes of a file of the working tree.
fn by_git(m: &Machine, path: &str) -> String {
    let index = m.env.path("index-of-git");
    let _ = std::fs::remove_file(&index);
    let git = |args: &[&str]| {
        let mut command = m.env.command("git", &m.clone);
        let out = command
            .args(args)
            .env("GIT_INDEX_FILE", &index)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap()
    };
    git(&["read-tree", "HEAD"]);
    git(&["add", "--", path]);
    let line = git(&["ls-files", "--stage", "--", path]);
    let mut words = line.split_whitespace();
    format!("{} {}", words.next().unwrap(), words.next().unwrap())
}

/// The same of a branch on the remote.
fn on_remote(w: &World, branch: &str, path: &str) -> String {
    let line = w.remote.git(&["ls-tree", branch, "--", path]);
    let words: Vec<&str> = line.split_whitespace().collect();
    format!("{} {}", words[0], words[2])
}

fn same_as_git(w: &World, branch: &str, path: &str, content: &[u8]) {
    w.write(path, content);
    let want = by_git(w, path);
    w.json(&["commit", path, "-m", &format!("Change {path}")]);
    assert_eq!(on_remote(w, branch, path), want, "{path}");
}

#[test]
fn line_ends_idents_and_encodings_are_stored_as_git_stores_them() {
    let attributes = "*.txt text\n*.auto text=auto\n*.lf eol=lf\n*.crlf eol=crlf\n*.raw -text\n*.id ident\n*.u16 text working-tree-encoding=UTF-16LE\n";
    let (w, branch) = world(attributes, &[("old.auto", b"a\r\nb\r\n")]);
    let utf16: Vec<u8> = "a\r\nb\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (path, content) in [
        ("a.txt", &b"one\r\ntwo\r\n"[..]),
        ("b.txt", b"one\ntwo\n"),
        ("a.auto", b"one\r\ntwo\r\n"),
        ("b.auto", b"one\r\n\0\r\n"),
        ("a.lf", b"one\r\ntwo\n"),
        ("a.crlf", b"one\r\ntwo\r\n"),
        ("a.raw", b"one\r\ntwo\r\n"),
        ("a.id", b"x $Id: 0123456789 $ y\n"),
        ("a.u16", &utf16),
        ("a.none", b"one\r\ntwo\r\n"),
        ("deep/er/a.txt", b"one\r\n"),
    ] {
        same_as_git(&w, &branch, path, content);
    }
    w.remote.is_sound();
}

#[test]
fn a_file_that_has_crlf_already_is_left_so_where_git_guesses() {
    let (w, branch) = world("* text=auto\n", &[("old.dat", b"a\r\nb\r\n")]);
    w.write("old.dat", b"a\r\nb\r\nc\r\n");
    w.json(&["commit", "old.dat", "-m", "One line more"]);
    assert_eq!(w.remote.file(&branch, "old.dat"), b"a\r\nb\r\nc\r\n");
}

#[test]
fn one_edited_line_of_a_crlf_file_is_one_changed_line() {
    let lines =
        |n: usize, end: &str| -> String { (0..n).map(|i| format!("line {i}{end}")).collect() };
    let (w, _) = world(
        "*.txt text eol=crlf\n",
        &[("a.txt", lines(50, "\n").as_bytes())],
    );
    let here = std::fs::read_to_string(w.clone.join("a.txt")).unwrap();
    assert!(here.contains("line 0\r\n"), "git checked it out so");
    w.write("a.txt", here.replace("line 7\r\n", "line seven\r\n"));
    let answer = w.json(&["commit", "a.txt", "-m", "One line"]);
    let file = &answer["files"][0];
    assert_eq!(
        (&file["added"], &file["removed"]),
        (&1.into(), &1.into()),
        "{answer}"
    );
}

#[test]
fn the_branchs_attributes_decide_and_not_the_checkouts() {
    let (w, branch) = world("", &[]);
    w.remote.write(
        &branch,
        &[(".gitattributes", Some(b"*.txt text\n"))],
        "Attributes of the branch alone",
    );
    w.write("a.txt", b"one\r\n");
    w.json(&["commit", "a.txt", "-m", "One"]);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"one\n");
}

#[test]
fn what_git_would_pass_through_a_filter_here_is_not_stored_as_it_is() {
    let (w, branch) = world("", &[]);
    w.env
        .gitconfig("[filter \"rot\"]\n\tclean = tr a-z n-za-m\n\tsmudge = tr n-za-m a-z\n");
    // The attributes came to main after the sandbox was opened, and to the checkout with it.
    let attributes: [(&str, Option<&[u8]>); 1] = [(".gitattributes", Some(b"*.rot filter=rot\n"))];
    w.remote.write("main", &attributes, "Encrypt");
    w.git(&["pull", "-q", "origin", "main"]);
    w.write("a.rot", "secret\n");
    w.write("a.txt", "plain\n");
    let refs = w.remote.refs();
    let out = w.refuses(&["commit", "a.rot", "-m", "Named"], 6);
    assert!(out.stderr.contains("the filter `rot`"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    let out = w.aidf(&["commit", "-a", "-m", "All"]).ok();
    assert!(out.stderr.contains("left out: `a.rot`"), "{out}");
    assert_eq!(w.remote.text(&branch, "a.txt"), "plain\n");
    w.json(&["sandbox", "sync", "--from", "main"]);
    w.json(&["commit", "a.rot", "-m", "Filtered"]);
    assert_eq!(w.remote.text(&branch, "a.rot"), "frperg\n");
    // The word of a macro is as good as the filter's own.
    std::fs::create_dir_all(w.clone.join(".git/info")).unwrap();
    w.write(".git/info/attributes", "[attr]secret filter=rot\n");
    w.write("k/.gitattributes", "key secret\nother filter=absent\n");
    w.write("k/key", "secret\n");
    w.refuses(&["commit", "k/key", "-m", "Macro"], 6);
    // A filter that nobody has is none.
    w.write("k/other", "plain\n");
    w.json(&["commit", "k/other", "-m", "Other"]);
    assert_eq!(w.remote.text(&branch, "k/other"), "plain\n");
}

#[test]
fn a_filter_of_the_repositorys_own_configuration_is_not_run_and_nothing_goes_out_in_clear() {
    let (w, branch) = world("secret* filter=crypt\n", &[]);
    let ran = w.env.path("ran");
    let clean = format!("touch '{}'; tr a-z n-za-m", ran.display());
    w.git(&["config", "filter.crypt.clean", &clean]);
    w.write("secret.env", "password\n");
    let refs = w.remote.refs();
    let out = w.aidf(&["commit", "secret.env", "-m", "A secret"]).exits(5);
    for words in ["secret.env", "crypt", "git config --global"] {
        assert!(out.stderr.contains(words), "{words}: {out}");
    }
    assert_eq!(w.remote.refs(), refs);
    // Of all changes it is left out, and said.
    w.write("open.txt", "open\n");
    let out = w.aidf(&["commit", "-a", "-m", "All"]).ok();
    assert!(out.stderr.contains("left out: `secret.env`"), "{out}");
    assert!(w.remote.try_file(&branch, "secret.env").is_none());
    assert_eq!(w.remote.text(&branch, "open.txt"), "open\n");
    let _ = std::fs::remove_file(&ran);
    let told = w.json(&["status"]);
    assert_eq!(told["left_out"][0]["path"], "secret.env", "{told}");
    w.json(&["sandbox", "pull"]);
    assert!(!ran.exists(), "a program of the repository's was run");
    // No object of the clear text came to the server.
    let id = w.git(&["hash-object", "--no-filters", "secret.env"]);
    let there = w
        .env
        .try_git(&w.remote.bare, &["cat-file", "-e", id.trim()]);
    assert_ne!(there.code, 0);
}

#[test]
fn no_spelling_of_a_filter_in_the_repositorys_configuration_has_it_run() {
    // A name that ends early on a command line, and a file that libgit2 does not include.
    let (w, branch) = world("*.odd filter=a=b\n*.far filter=far\n", &[]);
    let ran = w.env.path("ran");
    let run = format!("touch '{}'; cat", ran.display());
    w.git(&["config", "filter.a=b.clean", &run]);
    w.git(&["config", "filter.a=b.process", &run]);
    let far = format!("[filter \"far\"]\n\tclean = \"{run}\"\n\tprocess = \"{run}\"\n");
    std::fs::write(w.clone.join(".git/far"), far).unwrap();
    w.git(&["config", "includeIf.hasconfig:remote.*.url:**.path", "far"]);
    for (name, file) in [("a=b", "x.odd"), ("far", "x.far")] {
        w.git(&["config", &format!("filter.{name}.clean")]);
        w.write(file, "content\n");
    }
    // The user has such filters as well, and says less of them.
    w.env
        .gitconfig("[filter \"a=b\"]\n\tclean = tr c k\n[filter \"far\"]\n\tclean = tr c k\n");
    let refs = w.remote.refs();
    for file in ["x.odd", "x.far"] {
        w.aidf(&["commit", file, "-m", "One"]).exits(5);
    }
    assert_eq!(w.remote.refs(), refs);
    // With an index that libgit2 cannot read git tells what changed.
    w.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "docs"]);
    w.write("open.txt", "open\n");
    w.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(w.remote.text(&branch, "open.txt"), "open\n");
    assert!(!ran.exists(), "a program of the repository's was run");
    // Where it says nothing the user's own is run.
    for name in ["filter.a=b.clean", "filter.a=b.process"] {
        w.git(&["config", "--unset", name]);
    }
    w.json(&["commit", "x.odd", "-m", "The user's own"]);
    assert_eq!(w.remote.text(&branch, "x.odd"), "kontent\n");
}

#[test]
fn a_filter_of_the_users_own_configuration_is_run() {
    let (w, branch) = world("*.rot filter=rot\n", &[]);
    w.env
        .gitconfig("[filter \"rot\"]\n\tclean = tr a-z n-za-m\n\tsmudge = tr n-za-m a-z\n");
    // What the repository says of the same filter does not count.
    w.git(&["config", "filter.rot.clean", "cat"]);
    w.write("a.rot", "hello\n");
    w.json(&["commit", "a.rot", "-m", "Rotated"]);
    assert_eq!(w.remote.text(&branch, "a.rot"), "uryyb\n");
    let id = w.git(&["hash-object", "--no-filters", "a.rot"]);
    let there = w
        .env
        .try_git(&w.remote.bare, &["cat-file", "-e", id.trim()]);
    assert_ne!(there.code, 0, "the raw content was pushed");
    // Another's version comes back through it.
    w.remote
        .write(&branch, &[("a.rot", Some(b"jbeyq\n"))], "World");
    w.json(&["sandbox", "pull"]);
    assert_eq!(
        std::fs::read_to_string(w.clone.join("a.rot")).unwrap(),
        "world\n"
    );
    // A filter that fails lets nothing through.
    w.env.gitconfig("[filter \"rot\"]\n\tclean = false\n");
    w.write("a.rot", "again\n");
    let refs = w.remote.refs();
    w.aidf(&["commit", "a.rot", "-m", "Again"]).exits(5);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_not_removed() {
    let (w, branch) = world("", &[("in/a.txt", b"a\n"), ("out/b.txt", b"b\n")]);
    w.git(&["sparse-checkout", "set", "in"]);
    assert!(!w.clone.join("out/b.txt").exists());
    w.write("in/a.txt", "changed\n");
    w.json(&["commit", "-a", "-m", "In the cone"]);
    assert_eq!(w.remote.text(&branch, "in/a.txt"), "changed\n");
    assert_eq!(w.remote.text(&branch, "out/b.txt"), "b\n");
    // And with an index that libgit2 cannot read.
    w.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    w.write("in/a.txt", "again\n");
    w.write("in/new.txt", "new\n");
    std::fs::remove_file(w.clone.join("README.md")).unwrap();
    w.json(&["commit", "-a", "-m", "A sparse index"]);
    assert_eq!(w.remote.text(&branch, "in/a.txt"), "again\n");
    assert_eq!(w.remote.text(&branch, "in/new.txt"), "new\n");
    assert_eq!(w.remote.text(&branch, "out/b.txt"), "b\n");
    assert!(w.remote.try_file(&branch, "README.md").is_none());
}

#[test]
fn a_split_index_is_read() {
    let (w, branch) = world("", &[("a.txt", b"a\n"), ("b.txt", b"b\n")]);
    w.git(&["update-index", "--split-index"]);
    w.write("a.txt", "changed\n");
    std::fs::remove_file(w.clone.join("b.txt")).unwrap();
    w.json(&["commit", "-a", "-m", "With a split index"]);
    assert_eq!(w.remote.text(&branch, "a.txt"), "changed\n");
    assert!(w.remote.try_file(&branch, "b.txt").is_none());
}

#[test]
fn repositories_in_the_working_tree_are_not_taken_as_files() {
    let (w, branch) = world("", &[]);
    let inner = w.clone.join("sub");
    std::fs::create_dir_all(inner.join("deep")).unwrap();
    w.env.git(&inner, &["init", "-q"]);
    std::fs::write(inner.join("inner.txt"), "inner\n").unwrap();
    w.write("docs/a.txt", "a\n");
    std::fs::create_dir_all(w.clone.join("docs/sub")).unwrap();
    w.env.git(&w.clone.join("docs/sub"), &["init", "-q"]);
    w.write("docs/sub/inner.txt", "inner\n");
    let refs = w.remote.refs();
    let out = w.aidf(&["commit", "sub", "-m", "A repository"]).exits(2);
    assert!(out.stderr.contains("another git repository"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    let out = w.aidf(&["commit", "docs", "-m", "A folder"]).ok();
    assert!(out.stderr.contains("left out: `docs/sub`"), "{out}");
    let out = w.aidf(&["commit", "-a", "-m", "All"]).ok();
    assert!(out.stderr.contains("left out"), "{out}");
    let files = w.remote.files(&branch);
    assert!(!files.iter().any(|f| f.contains("inner")), "{files:?}");
    assert!(files.contains(&"docs/a.txt".to_owned()));
}

#[cfg(unix)]
#[test]
fn symlinks_moved_submodules_and_odd_names_are_left_out_of_all_with_a_note() {
    use std::os::unix::ffi::OsStrExt;
    let (w, branch) = world("", &[]);
    // A submodule whose pointer moved.
    let inner = w.env.path("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let git = |args: &[&str]| w.env.git(&inner, args);
    git(&["init", "-q"]);
    git(&[
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "1",
    ]);
    let url = inner.display().to_string();
    w.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "sub",
    ]);
    w.git(&[
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "commit",
        "-q",
        "-m",
        "A submodule",
    ]);
    w.git(&["push", "-q", "origin", &format!("HEAD:{branch}"), "-f"]);
    let before = w.remote.git(&["ls-tree", &branch, "sub"]);
    let sub = w.clone.join("sub");
    w.env.git(
        &sub,
        &[
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@x",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "2",
        ],
    );
    std::os::unix::fs::symlink("README.md", w.clone.join("link")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"odd-\xff");
    std::fs::write(w.clone.join(odd), "odd\n").unwrap();
    w.write("plain.txt", "plain\n");
    w.write("build/x.log", "log\n");
    let out = w
        .aidf(&["commit", "-a", "--exclude", "*.log", "-m", "All"])
        .ok();
    for words in ["`link` is a symlink", "not a UTF-8 name"] {
        assert!(out.stderr.contains(words), "{words}: {out}");
    }
    assert_eq!(w.remote.git(&["ls-tree", &branch, "sub"]), before);
    assert_eq!(w.remote.text(&branch, "plain.txt"), "plain\n");
    let files = w.remote.files(&branch);
    assert!(!files.iter().any(|f| f.ends_with(".log")), "{files:?}");
}

#[test]
fn a_file_of_lfs_is_refused_where_git_lfs_is_absent() {
    let (w, _) = world("*.bin filter=lfs diff=lfs merge=lfs -text\n", &[]);
    w.write("a.bin", vec![7; 300_000]);
    let refs = w.remote.refs();
    // A path that has git and no git-lfs.
    let only = w.env.path("only-git");
    std::fs::create_dir_all(&only).unwrap();
    let git = on_path("git").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(git, only.join("git")).unwrap();
    let call = w
        .call(&["commit", "a.bin", "-m", "Large"])
        .env("PATH", &only);
    let out = call.run().exits(5);
    assert!(out.stderr.contains("git-lfs"), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

/// A git-lfs that converts any content to one pointer (gitattributes(5), "Long Running Filter
/// Process"), and never ends an upload.
#[cfg(target_os = "linux")]
const HUNG_LFS: &str = r#"#!/bin/sh
if [ $1 = push ]; then hang; fi
packet() { printf '%04x%s\n' $((${#1} + 5)) $1; }
packet git-filter-server; packet version=2; printf 0000
packet capability=clean; printf 0000
packet status=success; printf 0000
printf '0082version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 7\n' 7
printf 00000000
cat >/dev/null
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_does_not_end_is_ended_with_all_it_started() {
    let (w, _) = world("*.bin filter=lfs\n*.slow filter=slow\n", &[]);
    w.env.gitconfig("[filter \"slow\"]\n\tclean = hang\n");
    let folder = w.env.path("stand-in");
    let started = w.env.path("started");
    let hang = format!(
        "#!/bin/sh\nsleep 87 & echo $! >>'{}'\nsleep 87\n",
        started.display()
    );
    std::fs::create_dir_all(&folder).unwrap();
    for (name, script) in [("git-lfs", HUNG_LFS), ("hang", &hang)] {
        std::fs::write(folder.join(name), script).unwrap();
        crate::support::make_executable(&folder.join(name));
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let refs = w.remote.refs();
    for (file, failed) in [("a.bin", "could not be uploaded"), ("a.slow", "converted")] {
        w.write(file, "content");
        let args = ["commit", file, "-m", "Large", "--timeout", "1", "--json"];
        let out = w.call(&args).env("PATH", &path).run();
        assert_eq!(out.code, 9, "{out}");
        let error = out.error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(failed), "{out}");
        assert!(message.contains("did not finish within 10 s"), "{out}");
        assert_eq!(w.remote.refs(), refs);
    }
    let started = std::fs::read_to_string(started).unwrap();
    assert_eq!(started.lines().count(), 2, "{started}");
    for id in started.lines() {
        // Of one that was ended and that nobody has asked for yet nothing but its id is left.
        let runs = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        assert!(runs.is_empty(), "{id} goes on");
    }
}
