//! `aidf commit`: which files it takes, and from where.

use crate::support::{World, make_executable};

#[cfg(unix)]
#[test]
fn the_executable_bit_is_kept() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("bin/run.sh", "#!/bin/sh\necho changed\n");
    w.write("bin/new.sh", "#!/bin/sh\n");
    make_executable(&w.clone.join("bin/new.sh"));
    w.write("bin/plain.txt", "plain\n");
    w.json(&["commit", "bin", "-m", "Scripts"]);
    assert_eq!(w.remote.mode(&branch, "bin/run.sh"), "100755");
    assert_eq!(w.remote.mode(&branch, "bin/new.sh"), "100755");
    assert_eq!(w.remote.mode(&branch, "bin/plain.txt"), "100644");
    // A change of the mode alone is a change.
    make_executable(&w.clone.join("bin/plain.txt"));
    let answer = w.json(&["commit", "bin/plain.txt", "-m", "Executable"]);
    assert_eq!(answer["unchanged"], false);
    assert_eq!(w.remote.mode(&branch, "bin/plain.txt"), "100755");
}

#[cfg(unix)]
#[test]
fn content_from_standard_input_keeps_the_bit_the_path_has() {
    let w = World::path();
    let branch = w.sandbox();
    w.call(&["commit", "bin/run.sh=-", "-m", "Piped", "--json"])
        .stdin("#!/bin/sh\necho piped\n")
        .run()
        .ok();
    assert_eq!(w.remote.mode(&branch, "bin/run.sh"), "100755");
}

#[cfg(unix)]
#[test]
fn a_symlink_is_refused() {
    let w = World::path();
    w.sandbox();
    std::os::unix::fs::symlink("/etc/passwd", w.clone.join("link")).unwrap();
    w.refuses_any(&["commit", "link", "-m", "Link"], &[2, 5]);
    // Of all changes it is left out, and said.
    let out = w.json(&["commit", "-a", "-m", "Link"]);
    assert_eq!(out["unchanged"], true);
    assert_eq!(out["warnings"][0], "left out: `link` is a symlink");
    let told = w.json(&["status"]);
    let left = serde_json::json!([{"path": "link", "why": "a symlink"}]);
    assert_eq!(told["left_out"], left);
    let told = w.aidf(&["status"]).ok();
    assert!(told.stdout.contains("link: a symlink"), "{told}");
    std::os::unix::fs::symlink("/etc", w.clone.join("dir")).unwrap();
    w.refuses_any(&["commit", "dir", "-m", "Link"], &[2, 5]);
    w.refuses_any(&["commit", "dir/hostname", "-m", "Through a link"], &[2, 5]);
}

#[test]
fn a_path_under_a_symlink_or_submodule_of_the_tree_is_refused() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = w.remote.tip("main");
    w.remote.write_modes(
        &branch,
        &[
            ("link", "120000", Some(b"docs")),
            ("module", "160000", Some(commit.as_bytes())),
        ],
        "Odd modes",
    );
    w.write("x.txt", "x\n");
    for dest in [
        "link/x.txt=x.txt",
        "module/x.txt=x.txt",
        "link=x.txt",
        "module=x.txt",
    ] {
        w.refuses_any(&["commit", dest, "-m", "Through"], &[2, 5]);
    }
}

#[test]
fn a_file_where_the_tree_has_a_folder_is_not_taken_silently() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("x.txt", "x\n");
    let refs = w.remote.refs();
    let out = w.aidf(&["commit", "docs=x.txt", "-m", "Over a folder", "--json"]);
    assert_ne!(out.code, 0, "{out}");
    assert_ne!(
        out.code, 1,
        "this is a mistake of the user, not a bug\n{out}"
    );
    assert_eq!(w.remote.refs(), refs);
    let out = w.aidf(&[
        "commit",
        "README.md/x=x.txt",
        "-m",
        "Under a file",
        "--json",
    ]);
    assert_ne!(out.code, 0, "{out}");
    assert_ne!(out.code, 1, "{out}");
    assert_eq!(w.remote.refs(), refs);
    w.remote.tip(&branch);
}

#[test]
fn a_folder_is_taken_whole() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("pkg/a.py", "a\n");
    w.write("pkg/deep/b.py", "b\n");
    w.write("elsewhere.txt", "no\n");
    w.json(&["commit", "pkg", "-m", "Add pkg"]);
    assert_eq!(w.remote.file(&branch, "pkg/a.py"), b"a\n");
    assert_eq!(w.remote.file(&branch, "pkg/deep/b.py"), b"b\n");
    assert!(w.remote.try_file(&branch, "elsewhere.txt").is_none());
}

#[test]
fn paths_are_read_from_the_folder_the_user_is_in() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("docs/guide.md", "# From inside\n");
    w.env
        .aidf(
            &w.clone.join("docs"),
            &["commit", "guide.md", "-m", "Inside", "--json"],
        )
        .ok();
    assert_eq!(w.remote.file(&branch, "docs/guide.md"), b"# From inside\n");
    w.write("docs/guide.md", "# By flag\n");
    w.env
        .aidf(
            &w.env.home(),
            &[
                "-C",
                w.clone.to_str().unwrap(),
                "commit",
                "docs/guide.md",
                "-m",
                "By flag",
            ],
        )
        .ok();
    assert_eq!(w.remote.file(&branch, "docs/guide.md"), b"# By flag\n");
}

#[test]
fn another_files_content_may_be_taken() {
    let w = World::path();
    let branch = w.sandbox();
    let source = w.env.path("elsewhere.txt");
    std::fs::write(&source, "from elsewhere\n").unwrap();
    let pair = format!("docs/there.txt={}", source.display());
    w.json(&["commit", &pair, "-m", "Take"]);
    assert_eq!(
        w.remote.file(&branch, "docs/there.txt"),
        b"from elsewhere\n"
    );
}

#[test]
fn standard_input_may_be_taken() {
    let w = World::path();
    let branch = w.sandbox();
    let bytes: Vec<u8> = (0..=255).collect();
    w.call(&["commit", "data.bin=-", "-m", "Piped", "--json"])
        .stdin(bytes.clone())
        .run()
        .ok();
    assert_eq!(
        w.remote.file(&branch, "data.bin"),
        bytes,
        "bytes come as they are"
    );
}

#[test]
fn a_folder_elsewhere_may_be_taken_as_the_root() {
    let w = World::path();
    let branch = w.sandbox();
    let out = w.env.path("out");
    std::fs::create_dir_all(out.join("site/css")).unwrap();
    std::fs::write(out.join("site/index.html"), "<p>\n").unwrap();
    std::fs::write(out.join("site/css/a.css"), "p{}\n").unwrap();
    w.json(&["commit", "--from-dir", out.to_str().unwrap(), "-m", "Site"]);
    assert_eq!(w.remote.file(&branch, "site/index.html"), b"<p>\n");
    assert_eq!(w.remote.file(&branch, "site/css/a.css"), b"p{}\n");
    assert!(
        w.remote.try_file(&branch, "README.md").is_some(),
        "nothing else goes"
    );
}

#[test]
fn a_file_may_be_removed() {
    let w = World::path();
    let branch = w.sandbox();
    w.json(&["commit", "--rm", "docs/guide.md", "-m", "Remove the guide"]);
    assert!(w.remote.try_file(&branch, "docs/guide.md").is_none());
    assert!(
        w.clone.join("docs/guide.md").exists(),
        "the working tree is left alone"
    );
}

#[test]
fn removing_what_is_not_there_is_not_found() {
    let w = World::path();
    w.sandbox();
    w.refuses_any(&["commit", "--rm", "no/such.txt", "-m", "Remove"], &[2, 3]);
}

#[test]
fn a_path_that_is_not_there_is_refused() {
    let w = World::path();
    w.sandbox();
    let out = w.refuses_any(&["commit", "no/such.txt", "-m", "Add"], &[2, 3]);
    assert!(out.stderr.contains("no/such.txt"), "{out}");
}

#[test]
fn all_takes_changes_new_files_and_deletions_but_nothing_ignored() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("README.md", "# Changed\n");
    w.write("brand/new.txt", "new\n");
    w.write("noise.log", "ignored\n");
    w.write("target/out.o", "ignored\n");
    std::fs::remove_file(w.clone.join("docs/guide.md")).unwrap();
    w.write("staged.txt", "staged\n");
    w.git(&["add", "staged.txt"]);
    let before = w.snapshot();
    w.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(w.snapshot(), before);
    assert_eq!(w.remote.file(&branch, "README.md"), b"# Changed\n");
    assert_eq!(w.remote.file(&branch, "brand/new.txt"), b"new\n");
    assert_eq!(w.remote.file(&branch, "staged.txt"), b"staged\n");
    assert!(w.remote.try_file(&branch, "docs/guide.md").is_none());
    assert!(w.remote.try_file(&branch, "noise.log").is_none());
    assert!(w.remote.try_file(&branch, "target/out.o").is_none());
    // What the sandbox has and HEAD has not is no deletion.
    assert!(w.remote.try_file(&branch, "docs/sandbox.md").is_some());
}

#[test]
fn all_with_nothing_changed_is_nothing_to_do() {
    let w = World::path();
    let branch = w.sandbox();
    let tip = w.remote.tip(&branch);
    let answer = w.json(&["commit", "-a", "-m", "Nothing"]);
    assert_eq!(answer["unchanged"], true);
    assert_eq!(w.remote.tip(&branch), tip);
}

#[test]
fn no_path_and_no_all_is_a_usage_error_that_says_so() {
    let w = World::path();
    w.sandbox();
    let out = w.refuses(&["commit", "-m", "What"], 2);
    assert!(out.stderr.contains("-a"), "it says what to give\n{out}");
}

#[test]
fn no_message_is_a_usage_error_where_nobody_can_be_asked() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    w.refuses(&["commit", "a.txt", "--no-input"], 2);
    // No terminal: not asked either, although --no-input was not given.
    w.refuses(&["commit", "a.txt"], 2);
    w.refuses(&["commit", "a.txt", "-m", ""], 2);
    w.refuses(&["commit", "a.txt", "-m", "  \n "], 2);
}

#[test]
fn the_same_path_twice_is_a_usage_error() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    w.write("b.txt", "b\n");
    w.refuses(&["commit", "a.txt", "a.txt=b.txt", "-m", "Twice"], 2);
    w.refuses(
        &["commit", "README.md", "--rm", "README.md", "-m", "Both"],
        2,
    );
}

#[test]
fn an_empty_path_is_a_usage_error_and_never_the_whole_folder() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("private.txt", "private\n");
    w.write("docs/private.txt", "private\n");
    let docs = w.clone.join("docs").display().to_string();
    for args in [
        &["commit", "", "-m", "Unset"][..],
        &["commit", "=README.md", "-m", "Unset"],
        &["commit", "docs/new.md=", "-m", "Unset"],
        &["commit", "--from-dir", "", "-m", "Unset"],
        &["commit", "--rm", "", "-m", "Unset"],
        &["commit", "-C", &docs, "", "-m", "Unset"],
        &["commit", "-C", &docs, "--rm", "", "-m", "Unset"],
        &["sandbox", "sync", "--resolve", ""],
        &["sandbox", "sync", "--rm", ""],
        &["rollback", "--last", "1", "--path", ""],
        &["rollback", "-C", &docs, "--last", "1", "--path", ""],
        &["log", "--path", ""],
    ] {
        w.refuses(args, 2);
    }
    let out = w.refuses(&["commit", "", "-m", "Unset"], 2);
    let hint = out.error()["hint"].to_string();
    assert!(hint.contains("unset variable"), "{out}");
    // The folder that one is in has a name.
    w.json(&["commit", "-C", &docs, ".", "-m", "All of docs"]);
    assert!(w.remote.try_file(&branch, "docs/private.txt").is_some());
    assert!(w.remote.try_file(&branch, "private.txt").is_none());
}

#[test]
fn a_glob_that_can_leave_nothing_out_is_a_usage_error() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("secret", "hush\n");
    w.write("odd[name", "odd\n");
    for glob in ["secr[", "secr{et", "", "./secret", "secret\\"] {
        let out = w.refuses(&["commit", "-a", "--exclude", glob, "-m", "All"], 2);
        let said = out.error()["message"].to_string();
        assert!(said.contains("matches nothing"), "{out}");
    }
    let args = [
        "commit",
        "-a",
        "--exclude",
        "/secret",
        "--exclude",
        "odd\\[",
    ];
    let args = [&args[..], &["--exclude", "odd\\[*", "-m", "All"]].concat();
    assert_eq!(w.json(&args)["unchanged"], true);
    assert!(w.remote.try_file(&branch, "secret").is_none());
}

#[test]
fn a_file_of_a_nested_repository_is_refused_as_its_folder_is() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("nested/in/n.txt", "n\n");
    let nested = w.clone.join("nested").display().to_string();
    w.git(&["init", "-q", &nested]);
    let tip = w.remote.tip(&branch);
    for path in [
        "nested",
        "nested/in",
        "nested/in/n.txt",
        "nested/.git/config",
    ] {
        w.refuses_any(&["commit", path, "-m", "Nested"], &[2, 5]);
    }
    assert_eq!(w.remote.tip(&branch), tip);
    // Its content goes where it is asked to go.
    w.json(&["commit", "taken.txt=nested/in/n.txt", "-m", "Copied"]);
}
