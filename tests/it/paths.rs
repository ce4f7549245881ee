//! Path disguises: each is refused with its reason, and nothing is written.
//! (A NUL cannot be part of an argument; `TreePath`'s own tests hold it.)

use crate::support::World;

/// Every disguise the threat model names, and some of their relatives.
const DISGUISES: &[&str] = &[
    // Out of the tree.
    "../escape.txt",
    "docs/../../escape.txt",
    "docs/../README.md",
    "..",
    ".",
    "./",
    "docs/./x.txt",
    "/etc/escape.txt",
    "//server/share",
    "C:/escape.txt",
    "c:escape.txt",
    // `.git` as file systems fold it.
    ".git/config",
    ".git",
    ".GIT/config",
    ".Git/hooks/pre-commit",
    "docs/.git/config",
    "docs/.gIt",
    "git~1/config",
    "GIT~1/config",
    "docs/git~1",
    // Code points that HFS+ leaves out.
    ".g\u{200c}it/config",
    ".gi\u{200d}t/config",
    "\u{feff}.git/config",
    ".git\u{200c}/config",
    ".g\u{2060}it/config",
    ".git\u{206a}/x",
    // What Windows strips.
    ".git./config",
    ".git /config",
    ".git . ./config",
    ".git::$INDEX_ALLOCATION/config",
    ".git:stream",
    "docs/name.",
    "docs/name ",
    "docs./x.txt",
    "docs /x.txt",
    "file.txt:stream",
    "file.txt::$DATA",
    // Separators.
    "docs\\x.txt",
    "..\\escape.txt",
    ".git\\config",
    "x/",
    "docs//x.txt",
    "/",
    "",
    // Characters that hide or break lines.
    "a\nb.txt",
    "a\rb.txt",
    "a\tb.txt",
    "a\u{1b}[31mb.txt",
    "a\u{7f}b.txt",
    "a\u{85}b.txt",
    "a\u{202e}txt.b",
    "a\u{2066}b.txt",
    "a\u{200b}b.txt",
];

/// Typed at the tree's root, these are the user's own way to name a path in it.
const WAYS: [&str; 4] = ["docs/../README.md", "docs/./x.txt", "docs//x.txt", "x/"];

#[test]
fn a_path_may_be_named_from_the_folder_one_is_in() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("docs/a.txt", "a\n");
    let docs = w.clone.join("docs");
    let here = |args: &[&str]| w.env.aidf(&docs, args).ok();
    here(&["commit", "./b.txt=a.txt", "../top.txt=a.txt", "-m", "Two"]);
    here(&["commit", ".", "-m", "The folder"]);
    assert_eq!(w.remote.text(&branch, "docs/b.txt"), "a\n");
    assert_eq!(w.remote.text(&branch, "top.txt"), "a\n");
    assert_eq!(w.remote.text(&branch, "docs/a.txt"), "a\n");
    let log = here(&["log", "--path", "./b.txt", "--json"]).json();
    assert_eq!(log["commits"].as_array().unwrap().len(), 1);
    here(&["rollback", "--last", "2", "--path", "../top.txt"]);
    assert!(w.remote.try_file(&branch, "top.txt").is_none());
    assert_eq!(w.remote.text(&branch, "docs/b.txt"), "a\n");
}

#[test]
fn every_disguise_is_refused_as_a_destination() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for path in DISGUISES.iter().filter(|p| !WAYS.contains(p)) {
        let pair = format!("{path}=a.txt");
        let out = w.refuses_any(&["commit", &pair, "-m", "Disguised"], &[2, 5]);
        assert!(
            !out.stderr.contains('\u{1b}'),
            "an escape reached the terminal\n{out}"
        );
        assert!(
            !out.stderr.contains('\u{202e}'),
            "a bidi character reached the terminal\n{out}"
        );
    }
}

#[test]
fn every_disguise_is_refused_for_removal() {
    let w = World::path();
    w.sandbox();
    for path in DISGUISES {
        if WAYS.contains(path) {
            continue;
        }
        let flag = format!("--rm={path}");
        w.refuses_any(&["commit", &flag, "-m", "Disguised"], &[2, 3, 5]);
    }
}

#[test]
fn every_disguise_is_refused_among_good_paths() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for path in [".git/config", "../x", "docs\\x", ".g\u{200c}it/x"] {
        let pair = format!("{path}=a.txt");
        w.refuses_any(&["commit", "a.txt", &pair, "-m", "One of two"], &[2, 5]);
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_text_is_refused() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    let pair = OsString::from_vec(b"bad\xff\xfe.txt=a.txt".to_vec());
    let call = w.call(&["commit", "-m", "Not text", "--json"]).arg(pair);
    w.refuses_with(call, &[2, 5]);
}

#[cfg(unix)]
#[test]
fn a_disguised_file_of_a_folder_is_refused() {
    let w = World::path();
    w.sandbox();
    for name in [
        "x\\y.txt",
        "line\nbreak.txt",
        "git~1",
        ".g\u{200c}it",
        "end.",
    ] {
        let dir = w.env.path("odd");
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(name), "x\n").unwrap();
        w.refuses_any(
            &["commit", "--from-dir", dir.to_str().unwrap(), "-m", "Odd"],
            &[2, 5],
        );
    }
}

#[cfg(unix)]
#[test]
fn a_disguised_file_of_the_working_tree_is_refused() {
    let w = World::path();
    w.sandbox();
    std::fs::write(w.clone.join("x\\y.txt"), "x\n").unwrap();
    w.refuses_any(&["commit", "x\\y.txt", "-m", "Odd"], &[2, 5]);
    // Of all changes it is left out, and said.
    let out = w.json(&["commit", "-a", "-m", "Odd"]);
    assert_eq!(out["unchanged"], true);
    assert!(
        out["warnings"][0]
            .as_str()
            .unwrap()
            .contains("not every platform")
    );
}

#[test]
fn the_repositorys_own_git_folder_is_never_content() {
    let w = World::path();
    w.sandbox();
    // As a source it would publish the clone's session and its credentials.
    w.refuses_any(&["commit", ".git", "-m", "Leak"], &[2, 5]);
    w.refuses_any(&["commit", ".git/config", "-m", "Leak"], &[2, 5]);
    // And a nested repository is a submodule in the making.
    w.write("nested/.git/config", "x\n");
    w.write("nested/a.txt", "a\n");
    w.refuses_any(&["commit", "nested/.git/config", "-m", "Nested"], &[2, 5]);
}

#[test]
fn a_path_outside_of_the_working_tree_is_refused() {
    let w = World::path();
    w.sandbox();
    std::fs::write(w.clone.parent().unwrap().join("outside.txt"), "x\n").unwrap();
    w.refuses_any(&["commit", "../outside.txt", "-m", "Outside"], &[2, 5]);
}

#[test]
fn honest_names_are_taken() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    for path in [
        "ünï/cödé.md",
        "日本/語.txt",
        "with space/in it.txt",
        "-dash.txt",
        "a;b|c&d.txt",
        "$(touch pwned).txt",
        "`x`.txt",
        "dots...txt",
        ".hidden",
        "git~2x",
        "gitx",
        ".gitx/y",
        "@{0}",
        "[glob]*?.txt",
        "'quote'.txt",
        "\"double\".txt",
        "emoji\u{1f600}.txt",
    ] {
        // Under a folder, so that a leading dash is no flag.
        let path = format!("ok/{path}");
        w.json(&["commit", &format!("{path}=a.txt"), "-m", "Honest"]);
        assert_eq!(w.remote.file(&branch, &path), b"a\n");
    }
    assert!(!w.clone.join("pwned").exists());
    w.remote.is_sound();
}
