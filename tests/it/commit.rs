//! `aidf commit`: what one save puts on the branch, and what it leaves alone.

use serde_json::Value;

use crate::support::{
    CHANGELOG, Kind, MEMORY, Machine, OLD_CHANGELOG, OLD_MEMORY, Remote, SEED_LIB, World, entries,
    listed, make_executable, text,
};

/// The working tree of the first clone is `main`; the sandbox's lib is the same.
fn lib_with(from: &str, to: &str) -> String {
    let changed = SEED_LIB.replace(from, to);
    assert_ne!(changed, SEED_LIB);
    changed
}

#[test]
fn files_changelog_and_memory_are_one_commit() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.tip(&branch);
    w.write("src/new.py", "print(1)\n");
    w.write("docs/new.md", "# New\n");
    let answer = w.json(&[
        "commit",
        "src/new.py",
        "docs/new.md",
        "-m",
        "Add two files",
        "--task-id",
        "task-7",
        "--committed-by",
        "DevPod",
    ]);
    let tip = w.remote.tip(&branch);
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(answer["commit"], tip.as_str());
    assert_eq!(answer["parent"], before.as_str());
    assert_eq!(answer["task_id"], "task-7");
    assert_eq!(answer["committed_by"], "DevPod");
    assert_eq!(answer["unchanged"], false);
    assert_eq!(answer["attempts"], 1);
    assert_eq!(w.remote.count(&format!("{before}..{tip}")), 1);
    let mut changed: Vec<String> = w.remote.changes(&tip).into_iter().map(|(_, p)| p).collect();
    changed.sort();
    // The first entry of a ledger tells plain git how to merge it.
    let want = [
        ".gitattributes",
        "docs/new.md",
        MEMORY,
        CHANGELOG,
        "src/new.py",
    ];
    assert_eq!(changed, want);
    assert_eq!(w.remote.file(&branch, "src/new.py"), b"print(1)\n");
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn the_answer_has_every_field() {
    let w = World::path();
    w.sandbox();
    let answer = w.save("a.txt", "one\ntwo\n", "Add a");
    for field in [
        "branch",
        "repo_name",
        "commit",
        "parent",
        "task_id",
        "committed_by",
        "files",
        "changelog",
        "memory",
        "unchanged",
        "attempts",
        "alerts",
        "message",
        "warnings",
    ] {
        assert!(answer.get(field).is_some(), "no {field} in {answer:#}");
    }
    let file = &answer["files"][0];
    assert_eq!(file["path"], "a.txt");
    assert_eq!(file["change"], "added");
    assert_eq!(file["added"], 2);
    assert_eq!(file["removed"], 0);
    assert_eq!(
        answer["files"].as_array().unwrap().len(),
        1,
        "ledgers are not the user's files"
    );
    let answer = w.save("a.txt", "one\nthree\nfour\n", "Change a");
    let file = &answer["files"][0];
    assert_eq!(file["change"], "modified");
    assert_eq!(file["added"], 2);
    assert_eq!(file["removed"], 1);
    let answer = w.json(&["commit", "--rm", "a.txt", "-m", "Remove a"]);
    let file = &answer["files"][0];
    assert_eq!(file["change"], "deleted");
    assert_eq!(file["added"], 0);
    assert_eq!(file["removed"], 3);
}

#[test]
fn the_branch_is_named_in_the_text_for_people() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a"]).ok();
    assert!(out.stdout.contains(&branch), "{out}");
}

#[test]
fn every_byte_the_ledgers_had_is_still_there() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let changelog = w.remote.file(&branch, CHANGELOG);
    assert!(
        changelog.starts_with(OLD_CHANGELOG),
        "the changelog was rewritten"
    );
    let memory = w.remote.file(&branch, MEMORY);
    assert!(memory.starts_with(OLD_MEMORY), "the memory was rewritten");
    let old = entries(OLD_CHANGELOG);
    let new = entries(&changelog);
    assert_eq!(new[..old.len()], old[..]);
    let old = entries(OLD_MEMORY);
    let new = entries(&memory);
    assert_eq!(new[..old.len()], old[..]);
}

#[test]
fn the_changelog_entry_says_what_when_and_who() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "Add a",
        "--task-id",
        "t1",
        "--committed-by",
        "QAPod",
    ]);
    let list = entries(&w.remote.file(&branch, CHANGELOG));
    let entry = list
        .iter()
        .find(|e| e["path"] == "a.txt")
        .expect("an entry for a.txt");
    assert_eq!(entry["task_id"], "t1");
    assert_eq!(entry["committed_by"], "QAPod");
    assert_eq!(entry["message"], "Add a");
    // A string for its readers, as the entries before it, and never a YAML date.
    let time = entry["timestamp"].as_str().expect("a timestamp in text");
    assert!(time.starts_with("20") && time.contains('T'), "{time}");
}

#[test]
fn the_memory_gets_an_entry_for_a_new_file() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("docs/new.md", "# New\n");
    w.json(&[
        "commit",
        "docs/new.md",
        "-m",
        "Add",
        "--description",
        "How it works: a guide",
        "--tag",
        "docs",
        "--tag",
        "guide",
    ]);
    let list = entries(&w.remote.file(&branch, MEMORY));
    let entry = list
        .iter()
        .find(|e| e["path"] == "docs/new.md")
        .expect("an entry");
    assert_eq!(entry["description"], "How it works: a guide");
    assert_eq!(entry["tags"], serde_json::json!(["docs", "guide"]));
    assert_eq!(entry["file_type"], "md");
}

#[test]
fn saving_a_file_again_keeps_one_memory_entry_for_it() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("docs/new.md", "# New\n", "Add");
    w.save("docs/new.md", "# Newer\n", "Change");
    let memory = w.remote.file(&branch, MEMORY);
    let list = entries(&memory);
    let found = list.iter().filter(|e| e["path"] == "docs/new.md").count();
    assert_eq!(
        found,
        1,
        "{}",
        String::from_utf8_lossy(&memory[OLD_MEMORY.len()..])
    );
    assert!(memory.starts_with(OLD_MEMORY));
    let changes = entries(&w.remote.file(&branch, CHANGELOG));
    assert_eq!(
        changes
            .iter()
            .filter(|e| e["path"] == "docs/new.md")
            .count(),
        2
    );
}

#[test]
fn text_that_looks_like_yaml_survives_the_ledgers() {
    let w = World::path();
    let branch = w.sandbox();
    for (n, message) in [
        "it's: - [odd] #x {y} \"q\" \\n",
        "yes",
        "null",
        "- not a list",
        "123",
        "2026-01-01",
        "trailing colon:",
        "*alias &anchor !tag %dir @at `tick`",
        "emoji \u{1f600} and ünïcödé",
        "'single'",
        "~",
    ]
    .iter()
    .enumerate()
    {
        let path = format!("f{n}.txt");
        w.write(&path, "x\n");
        w.json(&[
            "commit",
            &path,
            "-m",
            message,
            "--task-id",
            "no",
            "--description",
            message,
        ]);
        let changes = entries(&w.remote.file(&branch, CHANGELOG));
        let entry = changes.iter().find(|e| e["path"] == path.as_str()).unwrap();
        assert_eq!(entry["message"], *message);
        assert_eq!(entry["task_id"], "no", "a word that YAML reads as false");
        let memory = entries(&w.remote.file(&branch, MEMORY));
        let entry = memory.iter().find(|e| e["path"] == path.as_str()).unwrap();
        assert_eq!(entry["description"], *message);
    }
}

#[test]
fn pyyaml_reads_what_is_appended() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("#1 it's - x.txt", "a\n");
    w.json(&[
        "commit",
        "#1 it's - x.txt",
        "-m",
        "yes: it's \u{1f600}",
        "--task-id",
        "0123",
    ]);
    let file = w.env.path("ledgers");
    std::fs::create_dir_all(&file).unwrap();
    std::fs::write(file.join("c.yaml"), w.remote.file(&branch, CHANGELOG)).unwrap();
    std::fs::write(file.join("m.yaml"), w.remote.file(&branch, MEMORY)).unwrap();
    let script = "import json,sys,yaml\n\
        c=yaml.safe_load(open('c.yaml',encoding='utf-8'))\n\
        m=yaml.safe_load(open('m.yaml',encoding='utf-8'))\n\
        print(json.dumps([[e for e in c if e['path'].startswith('#1')],[e for e in m if e['path'].startswith('#1')]],default=str))\n";
    let mut python = w.env.command("python3", &file);
    let Ok(output) = python.arg("-c").arg(script).output() else {
        return; // no Python on this machine
    };
    if String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError") {
        return; // no PyYAML on this machine
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!found[0].as_array().unwrap().is_empty(), "{found:#}");
    assert_eq!(found[0][0]["message"], "yes: it's \u{1f600}");
    assert_eq!(found[0][0]["task_id"], "0123");
    assert_eq!(found[1].as_array().unwrap().len(), 1);
}

#[test]
fn ledgers_of_every_shape_are_appended_to() {
    for (shape, old) in [
        ("no newline at the end", "- path: x\n  message: m"),
        ("indented", "  - path: x\n    message: m\n"),
        ("an empty list", "[]\n"),
        ("empty", ""),
        ("only a comment", "# the log\n"),
        ("a comment at the end", "- path: x\n  message: m\n# end\n"),
        ("a document start", "---\n- path: x\n  message: m\n"),
        ("carriage returns", "- path: x\r\n  message: m\r\n"),
        (
            "a block scalar at the end",
            "- path: x\n  message: |\n    one\n    two\n",
        ),
    ] {
        let w = World::path();
        let branch = w.sandbox();
        w.remote.write(
            &branch,
            &[(CHANGELOG, Some(old.as_bytes()))],
            "Another shape",
        );
        w.save("a.txt", "a\n", "Add a");
        let new = w.remote.file(&branch, CHANGELOG);
        let list = entries(&new);
        let shown = String::from_utf8_lossy(&new).into_owned();
        assert!(
            list.iter().any(|e| e["path"] == "a.txt"),
            "{shape}: {shown}"
        );
        let before = if old.is_empty() {
            vec![]
        } else {
            entries(old.as_bytes())
        };
        assert_eq!(list[..before.len()], before[..], "{shape}: {shown}");
        if old != "[]\n" {
            assert!(new.starts_with(old.as_bytes()), "{shape}: {shown}");
        }
    }
}

#[test]
fn missing_ledgers_are_made() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote
        .write(&branch, &[(CHANGELOG, None), (MEMORY, None)], "No ledgers");
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(
        entries(&w.remote.file(&branch, CHANGELOG))[0]["path"],
        "a.txt"
    );
    assert_eq!(entries(&w.remote.file(&branch, MEMORY))[0]["path"], "a.txt");
}

#[test]
fn ledgers_may_be_left_out() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "Add a",
        "--no-changelog",
        "--no-memory",
    ]);
    assert_eq!(
        w.remote.changes(&branch),
        [("A".to_owned(), "a.txt".to_owned())]
    );
}

#[test]
fn a_commit_is_one_connection_and_one_commit_over_http() {
    let w = World::new(Kind::Http);
    let branch = w.sandbox();
    for n in 0..3 {
        let before = w.remote.tip(&branch);
        w.remote.reset();
        w.save("a.txt", format!("{n}\n"), "Save");
        assert_eq!(
            w.remote.connections(),
            1,
            "{:?}",
            w.remote.http().requests()
        );
        assert_eq!(w.remote.count(&format!("{before}..{branch}")), 1);
    }
}

#[test]
fn a_commit_is_one_connection_to_a_daemon() {
    let w = World::new(Kind::Daemon);
    w.sandbox();
    w.remote.reset();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.connections(), 1);
}

#[test]
fn a_commit_is_one_ssh_login() {
    let w = World::new(Kind::Ssh);
    w.sandbox();
    let log = w.env.path("ssh.log");
    std::fs::write(&log, "").unwrap();
    w.save("a.txt", "a\n", "Add a");
    let calls = std::fs::read_to_string(&log).unwrap();
    assert_eq!(calls.lines().count(), 1, "{calls}");
}

#[test]
fn every_kind_of_remote_takes_a_commit() {
    for kind in [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        let branch = w.sandbox();
        w.save("a.txt", "a\n", "Add a");
        assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n", "{kind:?}");
        w.remote.is_sound();
        w.clone_is_sound();
    }
}

#[test]
fn no_clone_is_needed_with_a_repository_url() {
    for kind in [Kind::Path, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let remote = Remote::new(kind, "widgets", true);
        let machine = Machine::bare(&remote);
        let opened = machine.json(&["-R", &remote.url, "sandbox", "init"]);
        let branch = text(&opened, "branch");
        let token = text(&opened, "reuse_token");
        machine.write("local.txt", "local\n");
        for n in 0..2 {
            let answer = machine
                .call(&[
                    "-R",
                    &remote.url,
                    "commit",
                    "docs/far.md=local.txt",
                    "in.txt=-",
                    "-m",
                    "Far",
                    "--json",
                ])
                .env("AIDF_REUSE_TOKEN", &token)
                .stdin(format!("piped {n}\n"))
                .run()
                .ok()
                .json();
            assert_eq!(answer["branch"], branch.as_str());
            assert_eq!(remote.file(&branch, "docs/far.md"), b"local\n", "{kind:?}");
            assert_eq!(
                remote.text(&branch, "in.txt"),
                format!("piped {n}\n"),
                "{kind:?}"
            );
        }
        remote.is_sound();
    }
}

#[test]
fn the_working_tree_index_and_head_are_left_alone() {
    let w = World::path();
    w.sandbox();
    w.write("README.md", "not staged\n");
    w.write("docs/guide.md", "staged\n");
    w.git(&["add", "docs/guide.md"]);
    w.write("a.txt", "a\n");
    let before = w.snapshot();
    w.json(&["commit", "a.txt", "-m", "Add a"]);
    assert_eq!(w.snapshot(), before);
    w.clone_is_sound();
}

#[test]
fn the_tracking_ref_follows_what_was_pushed() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let seen = w.git(&["rev-parse", &format!("refs/remotes/origin/{branch}")]);
    assert_eq!(seen, w.remote.tip(&branch));
}

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
fn content_equal_to_the_tip_makes_no_commit() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let refs = w.remote.refs();
    let answer = w.save("a.txt", "a\n", "Add a again");
    assert_eq!(answer["unchanged"], true);
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_commit_is_refused_when_the_head_is_not_the_expected_one() {
    let w = World::path();
    let branch = w.sandbox();
    let old = w.remote.tip(&branch);
    w.save("a.txt", "a\n", "Add a");
    w.write("b.txt", "b\n");
    let out = w.refuses(
        &["commit", "b.txt", "-m", "Add b", "--expect-head", &old],
        6,
    );
    // A failed push names what was seen and what was expected.
    assert!(out.stderr.contains(&old[..7]), "{out}");
    assert!(out.stderr.contains(&w.remote.tip(&branch)[..7]), "{out}");
    let now = w.remote.tip(&branch);
    w.json(&["commit", "b.txt", "-m", "Add b", "--expect-head", &now]);
    assert_eq!(w.remote.file(&branch, "b.txt"), b"b\n");
}

#[test]
fn an_expected_head_that_is_no_commit_name_is_a_usage_error() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    w.refuses(
        &["commit", "a.txt", "-m", "Add a", "--expect-head", "zzz"],
        2,
    );
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let w = World::path();
    let branch = w.sandbox();
    let refs = w.remote.refs();
    w.write("a.txt", "a\n");
    let answer = w.json(&["commit", "a.txt", "-m", "Add a", "--dry-run"]);
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(answer["files"][0]["path"], "a.txt");
    assert_eq!(w.remote.refs(), refs);
    let seen = w.git(&["for-each-ref", "refs/remotes"]);
    assert!(!seen.is_empty());
    let again = w.json(&["commit", "a.txt", "-m", "Add a"]);
    assert_eq!(again["unchanged"], false, "the dry run was no commit");
}

#[test]
fn anothers_edit_elsewhere_in_the_same_file_is_merged() {
    let w = World::path();
    let branch = w.sandbox();
    let theirs = lib_with("return text.split()", "return text.lower().split()");
    w.remote.write(
        &branch,
        &[("src/lib.py", Some(theirs.as_bytes()))],
        "Theirs",
    );
    let ours = lib_with(
        "report(top(count(parse(text)), 3))",
        "report(top(count(parse(text)), 5))",
    );
    w.write("src/lib.py", &ours);
    w.json(&["commit", "src/lib.py", "-m", "Ours"]);
    let merged = w.remote.text(&branch, "src/lib.py");
    assert!(
        merged.contains("text.lower().split()"),
        "theirs is lost: {merged}"
    );
    assert!(merged.contains(", 5))"), "ours is lost: {merged}");
}

#[test]
fn a_conflict_writes_nothing_and_stays_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"theirs\n"))], "Theirs");
    w.write("a.txt", "ours\n");
    w.write("b.txt", "b\n");
    let seen = format!("refs/remotes/origin/{branch}");
    let before = w.git(&["rev-parse", &seen]);
    for _ in 0..3 {
        let out = w.refuses(&["commit", "a.txt", "b.txt", "-m", "Ours"], 6);
        assert!(out.stderr.contains("a.txt"), "it names the path\n{out}");
        // Moved on, the next try would silently replace the other's edit.
        assert_eq!(w.git(&["rev-parse", &seen]), before);
    }
    assert_eq!(w.remote.file(&branch, "a.txt"), b"theirs\n");
}

#[test]
fn overwrite_takes_ours() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote.write(
        &branch,
        &[
            ("a.txt", Some(b"theirs\n")),
            ("other.txt", Some(b"theirs\n")),
        ],
        "Theirs",
    );
    w.write("a.txt", "ours\n");
    w.json(&["commit", "a.txt", "-m", "Ours", "--overwrite"]);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"ours\n");
    assert_eq!(w.remote.file(&branch, "other.txt"), b"theirs\n");
}

#[test]
fn after_a_fetch_anothers_edit_is_still_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"theirs\n"))], "Theirs");
    w.git(&["fetch", "--quiet"]);
    w.write("a.txt", "ours\n");
    w.refuses(&["commit", "a.txt", "-m", "Ours"], 6);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"theirs\n");
}

#[test]
fn files_that_others_changed_elsewhere_never_matter() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    for n in 0..3 {
        w.remote.write(
            &branch,
            &[(format!("theirs{n}.txt").as_str(), Some(b"theirs\n"))],
            "Theirs",
        );
        w.save("a.txt", format!("ours {n}\n"), "Ours");
    }
    for n in 0..3 {
        assert_eq!(
            w.remote.file(&branch, &format!("theirs{n}.txt")),
            b"theirs\n"
        );
    }
    assert_eq!(w.remote.file(&branch, "a.txt"), b"ours 2\n");
}

#[test]
fn anothers_file_of_the_same_new_name_is_not_replaced() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("first.txt", "x\n", "First");
    w.remote
        .write(&branch, &[("new.txt", Some(b"theirs\n"))], "Theirs");
    w.write("new.txt", "ours\n");
    w.refuses(&["commit", "new.txt", "-m", "Ours"], 6);
    assert_eq!(w.remote.file(&branch, "new.txt"), b"theirs\n");
}

#[test]
fn the_same_edit_by_another_is_nothing_to_do() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"same\n"))], "Theirs");
    let refs = w.remote.refs();
    let answer = w.save("a.txt", "same\n", "Ours");
    assert_eq!(answer["unchanged"], true);
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn removing_what_another_changed_is_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote
        .write(&branch, &[("a.txt", Some(b"theirs\n"))], "Theirs");
    w.refuses(&["commit", "--rm", "a.txt", "-m", "Remove"], 6);
}

#[test]
fn changing_what_another_removed_is_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "base\n", "Add a");
    w.remote.write(&branch, &[("a.txt", None)], "Theirs");
    w.write("a.txt", "ours\n");
    w.refuses(&["commit", "a.txt", "-m", "Ours"], 6);
}

#[test]
fn a_binary_file_that_both_changed_is_a_conflict() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote.write(
        &branch,
        &[("assets/logo.bin", Some(&[0, 1, 2, 0xff]))],
        "Theirs",
    );
    w.write("assets/logo.bin", [0_u8, 9, 9, 0xfe]);
    w.refuses(&["commit", "assets/logo.bin", "-m", "Ours"], 6);
}

#[test]
fn a_writer_in_the_middle_of_our_push_is_kept() {
    // The hook makes another's commit between our look at the ref and our push.
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    w.remote.hook("pre-receive", &rival(&branch));
    let answer = w.save("a.txt", "ours\n", "Ours");
    assert_eq!(answer["attempts"], 2, "{answer:#}");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"ours\n");
    assert!(
        w.remote.message(&format!("{branch}~1")).contains("A rival"),
        "the rival is under ours"
    );
    let logged = entries(&w.remote.file(&branch, CHANGELOG));
    assert_eq!(logged.iter().filter(|e| e["path"] == "a.txt").count(), 2);
    w.remote.is_sound();
}

/// A pre-receive hook that once makes an empty commit on the branch being pushed.
fn rival(branch: &str) -> String {
    format!(
        "#!/bin/sh\n\
         [ -e rival-was-here ] && exit 0\n\
         touch rival-was-here\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         tip=$(git rev-parse refs/heads/{branch})\n\
         new=$(git commit-tree -p $tip -m 'A rival' $tip^{{tree}}) || exit 1\n\
         git update-ref refs/heads/{branch} $new\n"
    )
}

#[test]
fn a_branch_that_keeps_moving_ends_as_a_conflict_that_may_be_tried_again() {
    let w = World::path();
    let branch = w.sandbox();
    let script = rival(&branch).replace("[ -e rival-was-here ] && exit 0\n", "");
    w.remote.hook("pre-receive", &script);
    w.write("a.txt", "a\n");
    let out = w
        .aidf(&["commit", "a.txt", "-m", "Ours", "--json"])
        .exits(6);
    assert_eq!(out.error()["retryable"], true, "{out}");
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
}

#[test]
fn the_trailers_say_who_and_what_and_come_last() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "Add a\n\nBecause it was missing.",
        "--task-id",
        "t-1",
        "--committed-by",
        "DevPod",
        "--agent",
        "claude",
    ]);
    assert_eq!(w.remote.trailer(&branch, "Aidf-Committed-By"), "DevPod");
    assert_eq!(w.remote.trailer(&branch, "Aidf-Task-Id"), "t-1");
    assert_eq!(w.remote.trailer(&branch, "Aidf-Agent"), "claude");
    let signature = w.remote.trailer(&branch, "Aidf-Signature");
    let parts: Vec<&str> = signature.split(' ').collect();
    assert_eq!((parts.len(), parts[1]), (3, "v2"), "{signature}");
    let message = w.remote.message(&branch);
    assert!(
        message.starts_with("Add a\n\nBecause it was missing.\n\nAidf-"),
        "{message}"
    );
    assert!(
        message
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("Aidf-Signature: "),
        "{message}"
    );
}

#[test]
fn a_message_with_trailers_of_its_own_keeps_them_and_gets_ours() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a\n\nReviewed-by: Sam"]);
    assert_eq!(w.remote.trailer(&branch, "Reviewed-by"), "Sam");
    assert_eq!(w.remote.trailer(&branch, "Aidf-Committed-By"), branch);
}

#[test]
fn forged_trailers_are_refused() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for message in [
        "Add a\n\nAidf-Committed-By: Somebody Else",
        "Add a\n\naidf-task-id: other",
        "Add a\n\nAIDF-SIGNATURE: k1 xxxx",
        "Add a\n\nAidf-Agent : x",
        "Aidf-Signature: k1 xxxx",
        "Add a\n\n  Aidf-Signature: k1 xxxx",
        "Add a\r\n\r\nAidf-Signature: k1 xxxx",
        "Add a\rAidf-Signature: k1 xxxx",
    ] {
        w.refuses_any(&["commit", "a.txt", "-m", message], &[2, 5]);
    }
}

#[test]
fn a_line_break_in_a_trailers_value_is_refused() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for flag in ["--task-id", "--committed-by", "--agent"] {
        w.refuses_any(
            &[
                "commit",
                "a.txt",
                "-m",
                "Add a",
                flag,
                "x\nAidf-Signature: y",
            ],
            &[2, 5],
        );
    }
}

#[test]
fn a_sandboxs_commits_name_no_person_and_no_machine() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let raw = w.remote.git(&["cat-file", "commit", &branch]);
    for who in ["author", "committer"] {
        let line = raw.lines().find(|l| l.starts_with(who)).unwrap();
        assert!(line.contains(&branch), "{line}");
        let mail = line.split(['<', '>']).nth(1).unwrap();
        assert!(mail.ends_with(".invalid"), "{line}");
        assert!(
            line.ends_with("+0000"),
            "a time zone tells where one lives: {line}"
        );
    }
    let host = String::from_utf8(
        w.env
            .command("uname", &w.clone)
            .arg("-n")
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let added = w.remote.git(&["show", &branch]);
    for secret in ["Pat Person", "pat@", "workstation", host.trim()] {
        assert!(
            secret.is_empty() || !added.contains(secret),
            "{secret} is in the commit"
        );
    }
    assert_eq!(w.remote.trailer(&branch, "Aidf-Committed-By"), branch);
}

#[test]
fn identity_variables_do_not_reach_a_sandboxs_commits() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.call(&["commit", "a.txt", "-m", "Add a"])
        .env("GIT_AUTHOR_NAME", "Env Name")
        .env("GIT_AUTHOR_EMAIL", "env@host.example")
        .env("GIT_COMMITTER_EMAIL", "env@host.example")
        .env("EMAIL", "env@host.example")
        .run()
        .ok();
    let raw = w.remote.git(&["cat-file", "commit", &branch]);
    assert!(
        !raw.contains("Env Name") && !raw.contains("env@host"),
        "{raw}"
    );
}

#[test]
fn a_protected_branch_is_refused_with_the_hint_to_open_a_sandbox() {
    let w = World::path();
    w.write("a.txt", "a\n");
    // Nothing remembered, nothing asked for: the branch is main.
    let out = w.refuses(&["commit", "a.txt", "-m", "Add a"], 5);
    assert!(
        out.error()["hint"]
            .as_str()
            .unwrap()
            .contains("sandbox init"),
        "{out}"
    );
    w.sandbox();
    w.remote.git(&["branch", "backup/2026-01-01", "main"]);
    for branch in ["main", "sandbox", "backup/2026-01-01"] {
        w.refuses(&["commit", "a.txt", "-m", "Add a", "--branch", branch], 5);
    }
    let human = w
        .aidf(&["commit", "a.txt", "-m", "Add a", "--branch", "main"])
        .exits(5);
    assert!(human.stderr.contains("error: "), "{human}");
    assert!(human.stderr.contains("hint: "), "{human}");
}

#[test]
fn a_sandbox_is_not_written_without_a_token() {
    let w = World::path();
    let branch = w.sandbox();
    let other = w.other();
    // It has the very key; what it lacks is the token.
    other.share_key(&w);
    other.write("a.txt", "a\n");
    let refs = w.remote.refs();
    let out = other.aidf(&[
        "commit", "a.txt", "-m", "Add a", "--branch", &branch, "--json",
    ]);
    assert!(matches!(out.code, 4 | 5), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn a_token_of_another_sandbox_is_refused() {
    let w = World::path();
    let first = w.init();
    let second = w.json(&["sandbox", "init", "--force-new"]);
    w.write("a.txt", "a\n");
    w.refuses_any(
        &[
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--branch",
            &text(&first, "branch"),
            "--reuse-token",
            &text(&second, "reuse_token"),
        ],
        &[4, 5],
    );
    // Nor does the token that another clone remembers.
    let other = w.other();
    other.share_key(&w);
    other.json(&[
        "sandbox",
        "init",
        "--reuse-token",
        &text(&second, "reuse_token"),
    ]);
    other.write("a.txt", "a\n");
    let refs = w.remote.refs();
    let out = other.aidf(&[
        "commit",
        "a.txt",
        "-m",
        "Add a",
        "--branch",
        &text(&first, "branch"),
    ]);
    assert!(matches!(out.code, 4 | 5), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn an_unparsable_changelog_refuses_the_whole_save() {
    for path in [CHANGELOG, MEMORY] {
        for broken in [
            "- path: [unclosed\n",
            "just text\n",
            "path: a mapping\n",
            "- path: x\n\tmessage: tab\n",
            "- a\n- b: c\n  d\n",
        ] {
            let w = World::path();
            let branch = w.sandbox();
            w.remote
                .write(&branch, &[(path, Some(broken.as_bytes()))], "Break it");
            w.write("a.txt", "a\n");
            let out = w.refuses(&["commit", "a.txt", "-m", "Add a"], 7);
            assert!(out.stderr.contains(path), "it names the file\n{out}");
        }
    }
}

#[test]
fn a_ledger_that_is_not_text_refuses_the_whole_save() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote.write(
        &branch,
        &[(CHANGELOG, Some(b"- path: \xff\xfe\n"))],
        "Break it",
    );
    w.write("a.txt", "a\n");
    w.refuses(&["commit", "a.txt", "-m", "Add a"], 7);
}

#[test]
fn a_ledger_that_is_a_symlink_is_not_written_through() {
    let w = World::path();
    let branch = w.sandbox();
    w.remote.write_modes(
        &branch,
        &[(CHANGELOG, "120000", Some(b"../../README.md"))],
        "Point elsewhere",
    );
    w.write("a.txt", "a\n");
    w.refuses_any(&["commit", "a.txt", "-m", "Add a"], &[5, 7]);
}

#[test]
fn a_yaml_bomb_refuses_the_whole_save() {
    let mut laughs = String::from("- &a0 {path: lol, message: lol}\n");
    for n in 1..12 {
        let previous = format!("*a{},", n - 1).repeat(9);
        laughs.push_str(&format!("- &a{n} [{}]\n", previous.trim_end_matches(',')));
    }
    let deep = format!("- {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    let nested = {
        let mut text = String::new();
        for n in 0..3000 {
            text.push_str(&format!("{}- a:\n", " ".repeat(n * 2)));
        }
        text
    };
    for bomb in [laughs, deep, nested] {
        let w = World::path();
        let branch = w.sandbox();
        w.remote
            .write(&branch, &[(CHANGELOG, Some(bomb.as_bytes()))], "A bomb");
        w.write("a.txt", "a\n");
        w.refuses(&["commit", "a.txt", "-m", "Add a"], 7);
        w.remote.write(
            &branch,
            &[(CHANGELOG, Some(b"[]\n")), (MEMORY, Some(bomb.as_bytes()))],
            "A bomb",
        );
        w.refuses(&["commit", "a.txt", "-m", "Add a"], 7);
    }
}

#[test]
fn the_ledgers_own_paths_are_refused() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for path in [CHANGELOG, MEMORY, "project/.logs/reverted_commits.yaml"] {
        w.refuses(
            &["commit", &format!("{path}=a.txt"), "-m", "Erase history"],
            5,
        );
        w.refuses(
            &[
                "commit",
                &format!("{}=a.txt", path.to_uppercase()),
                "-m",
                "Erase history",
            ],
            5,
        );
    }
    w.refuses(&["commit", "--rm", CHANGELOG, "-m", "Erase history"], 5);
}

#[test]
fn taking_over_ci_or_review_is_refused_on_a_sandbox() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for path in [
        ".github/workflows/x.yml",
        ".GitHub/Workflows/x.yml",
        ".github/CODEOWNERS",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        "codeowners",
        ".gitlab-ci.yml",
        ".GITLAB-CI.yml",
        ".gitea/workflows/x.yml",
        ".forgejo/workflows/x.yml",
        ".gitattributes",
        "src/.gitattributes",
        ".gitmodules",
        ".aidf.yaml",
        ".AIDF.yaml",
    ] {
        let out = w.refuses(&["commit", &format!("{path}=a.txt"), "-m", "Take over"], 5);
        assert!(out.stderr.contains(path), "it names the path\n{out}");
    }
}

#[test]
fn ordinary_dot_files_are_no_threat() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    for path in [
        ".gitignore",
        ".env.example",
        ".editorconfig",
        "docs/.gitkeep",
    ] {
        let pair = format!("{path}=a.txt");
        w.json(&["commit", &pair, "-m", "Fine"]);
        assert_eq!(w.remote.file(&branch, path), b"a\n");
    }
}

#[test]
fn a_ci_directive_in_the_message_is_an_alert() {
    for message in [
        "Add a [skip ci]",
        "Add a [ci skip]",
        "Add a [SKIP CI]",
        "Add a [no ci]",
        "Add a\n\nskip-checks: true",
    ] {
        let w = World::path();
        w.sandbox();
        let answer = w.save("a.txt", "a\n", message);
        assert!(
            listed(&answer["alerts"]).contains("ci_directive"),
            "{message}: {answer:#}"
        );
    }
}

#[test]
fn something_like_a_secret_is_an_alert_and_not_repeated() {
    // Put together here, so that no scanner takes this file for a leak.
    let secrets = [
        format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        format!("-----BEGIN {} PRIVATE KEY-----\nMIIEow\n", "OPENSSH"),
        format!("{}{}", "AKIA", "IOSFODNN7REALKEY"),
    ];
    for secret in secrets {
        let w = World::path();
        w.sandbox();
        w.write("conf.txt", format!("key = {secret}\n"));
        let out = w
            .aidf(&["-v", "commit", "conf.txt", "-m", "Configure", "--json"])
            .ok();
        let answer = out.json();
        assert!(
            listed(&answer["alerts"]).contains("possible_secret"),
            "{answer:#}"
        );
        assert!(!out.all().contains(secret.lines().next().unwrap()), "{out}");
    }
}

#[test]
fn a_large_diff_is_an_alert() {
    let w = World::path();
    w.sandbox();
    let many: String = (0..60_000).map(|n| format!("line {n}\n")).collect();
    let answer = w.save("big.txt", many, "A lot");
    assert!(
        listed(&answer["alerts"]).contains("large_diff"),
        "{:#}",
        answer["alerts"]
    );
}

#[test]
fn an_ordinary_save_raises_no_alert() {
    let w = World::path();
    w.sandbox();
    let answer = w.save("src/new.py", "x = 1\n", "Add a module that skips circles");
    assert_eq!(answer["alerts"], serde_json::json!([]));
    assert_eq!(answer["warnings"], serde_json::json!([]));
}

#[test]
fn the_flag_wins_over_the_token_for_the_branch() {
    let w = World::path();
    let first = w.init();
    w.json(&["sandbox", "init", "--force-new"]);
    w.write("a.txt", "a\n");
    // The flag's branch is protected: the token's would have been written.
    w.refuses(
        &[
            "commit",
            "a.txt",
            "-m",
            "x",
            "--branch",
            "main",
            "--reuse-token",
            &text(&first, "reuse_token"),
        ],
        5,
    );
}

#[test]
fn the_token_wins_over_the_variable_for_the_branch() {
    let w = World::path();
    let first = w.init();
    w.json(&["sandbox", "init", "--force-new"]);
    w.write("a.txt", "a\n");
    let answer = w
        .call(&["commit", "a.txt", "-m", "x", "--json"])
        .env("AIDF_REUSE_TOKEN", text(&first, "reuse_token"))
        .env("DEFAULT_WRITE_BRANCH", "main")
        .run()
        .ok()
        .json();
    assert_eq!(answer["branch"], first["branch"]);
}

#[test]
fn the_variable_wins_over_the_config_and_the_config_over_the_clone() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.env.operator_config("write:\n  default_branch: main\n");
    w.refuses(&["commit", "a.txt", "-m", "x"], 5);
    let call = w
        .call(&["commit", "a.txt", "-m", "x", "--json"])
        .env("DEFAULT_WRITE_BRANCH", &branch);
    assert_eq!(call.run().ok().json()["branch"], branch.as_str());
    w.env
        .operator_config(&format!("write:\n  default_branch: {branch}\n"));
    let call = w
        .call(&["commit", "README.md", "-m", "x", "--json"])
        .env("DEFAULT_WRITE_BRANCH", "main");
    w.refuses_call(call, 5);
}

#[test]
fn the_clones_sandbox_is_the_branch_where_nothing_else_says() {
    let w = World::path();
    w.init();
    let second = w.json(&["sandbox", "init", "--force-new"]);
    let answer = w.save("a.txt", "a\n", "Add a");
    assert_eq!(answer["branch"], second["branch"], "the one it opened last");
}

#[test]
fn a_hooks_refusal_fails_the_command_with_its_words_and_nothing_moves() {
    for kind in [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        w.sandbox();
        w.write("a.txt", "a\n");
        w.remote.hook(
            "pre-receive",
            "#!/bin/sh\necho 'No saves on Sundays.' >&2\nexit 1\n",
        );
        let seen = w.git(&["for-each-ref", "refs/remotes"]);
        let out = w.refuses(&["commit", "a.txt", "-m", "Add a"], 5);
        assert!(
            out.stderr.contains("No saves on Sundays."),
            "{kind:?}\n{out}"
        );
        assert_eq!(w.git(&["for-each-ref", "refs/remotes"]), seen);
        w.remote.unhook("pre-receive");
        w.remote
            .hook("update", "#!/bin/sh\necho 'Not this ref.' >&2\nexit 1\n");
        let out = w.refuses(&["commit", "a.txt", "-m", "Add a"], 5);
        assert!(out.stderr.contains("Not this ref."), "{kind:?}\n{out}");
        w.remote.unhook("update");
        w.json(&["commit", "a.txt", "-m", "Add a"]);
        w.remote.is_sound();
    }
}

#[test]
fn what_a_hook_says_while_it_agrees_is_passed_on() {
    let w = World::path();
    w.sandbox();
    w.remote.hook(
        "post-receive",
        "#!/bin/sh\necho 'Deployed to staging.' >&2\n",
    );
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a"]).ok();
    assert!(out.stderr.contains("Deployed to staging."), "{out}");
}

#[test]
fn a_large_file_is_taken() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let branch = w.sandbox();
        // Incompressible, so that the pack is as large as the file.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut bytes = Vec::with_capacity(60 << 20);
        while bytes.len() < 60 << 20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        w.write("big.bin", &bytes);
        w.json(&["commit", "big.bin", "-m", "A large file"]);
        let expected = w.git(&["hash-object", "--no-filters", "big.bin"]);
        assert_eq!(
            w.remote.git(&["rev-parse", &format!("{branch}:big.bin")]),
            expected
        );
        w.remote.is_sound();
    }
}

#[test]
fn many_files_are_one_commit() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.tip(&branch);
    for n in 0..500 {
        w.write(&format!("many/{}/f{n}.txt", n % 20), format!("{n}\n"));
    }
    let answer = w.json(&["commit", "many", "-m", "Many"]);
    assert_eq!(answer["files"].as_array().unwrap().len(), 500);
    assert_eq!(w.remote.count(&format!("{before}..{branch}")), 1);
    assert_eq!(w.remote.file(&branch, "many/19/f499.txt"), b"499\n");
}

#[test]
fn a_commit_in_a_shallow_clone_is_fine() {
    let mut w = World::new(Kind::File);
    let dir = w.env.path("shallow");
    let url = w.remote.url.clone();
    w.env.git(
        &w.env.home(),
        &[
            "clone",
            "--quiet",
            "--depth",
            "1",
            "--no-single-branch",
            &url,
            dir.to_str().unwrap(),
        ],
    );
    w.clone = dir;
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    w.remote.is_sound();
}

#[test]
fn a_commit_in_a_linked_worktree_is_fine() {
    let mut w = World::path();
    let dir = w.env.path("linked");
    w.git(&[
        "worktree",
        "add",
        "--quiet",
        "-b",
        "side",
        dir.to_str().unwrap(),
    ]);
    w.init();
    std::fs::write(dir.join("README.md"), "# From the side\n").unwrap();
    let out = w
        .env
        .aidf(&dir, &["commit", "README.md", "-m", "Side", "--json"])
        .ok();
    let branch = text(&out.json(), "branch");
    assert_eq!(w.remote.file(&branch, "README.md"), b"# From the side\n");
    w.clone = dir;
}

#[test]
fn a_filter_that_the_clone_names_does_not_run_and_its_files_are_refused() {
    let w = World::path();
    w.sandbox();
    w.git(&["config", "filter.evil.clean", "touch evil-ran; cat"]);
    std::fs::write(w.clone.join(".git/info/attributes"), "* filter=evil\n").unwrap();
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a"]).exits(5);
    assert!(out.stderr.contains("`evil`"), "{out}");
    assert!(
        !w.clone.join("evil-ran").exists(),
        "a filter of the repository ran"
    );
}

#[test]
fn the_clones_own_hooks_do_not_run() {
    let w = World::path();
    w.sandbox();
    for name in [
        "pre-commit",
        "commit-msg",
        "pre-push",
        "reference-transaction",
        "post-commit",
    ] {
        let hook = w.clone.join(".git/hooks").join(name);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, "#!/bin/sh\ntouch \"$HOME/hook-ran\"\nexit 1\n").unwrap();
        make_executable(&hook);
    }
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a"]);
    assert!(!w.env.home().join("hook-ran").exists());
}
