//! `aidf commit`: what one save puts on the branch, and what it leaves alone.

use serde_json::Value;

use crate::support::{
    CHANGELOG, Kind, MEMORY, Machine, OLD_CHANGELOG, OLD_MEMORY, Remote, World, entries,
    make_executable, noise, text, times,
};

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
fn an_attributes_file_that_is_there_gets_the_lines_that_it_lacks() {
    let w = World::path();
    let branch = w.sandbox();
    let own = b"*.png binary\n";
    w.remote
        .write(&branch, &[(".gitattributes", Some(own))], "Mark pictures");
    w.save("a.txt", "a\n", "Add a");
    let text = String::from_utf8(w.remote.file(&branch, ".gitattributes")).unwrap();
    assert!(text.starts_with("*.png binary\n"), "{text}");
    assert!(
        text.contains(&format!("{CHANGELOG} merge=union\n")),
        "{text}"
    );
}

#[test]
fn attributes_that_are_a_symlink_stay_as_they_are() {
    let w = World::path();
    let branch = w.sandbox();
    let link: (&str, &str, Option<&[u8]>) = (".gitattributes", "120000", Some(b"docs/all"));
    w.remote.write_modes(&branch, &[link], "Point elsewhere");
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, ".gitattributes"), b"docs/all");
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

#[test]
fn a_hooks_refusal_fails_the_command_with_its_words_and_nothing_moves() {
    for kind in [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        w.sandbox();
        w.write("a.txt", "a\n");
        w.remote.hook(
            "pre-receive",
            "#!/bin/sh\necho asked >> asked\necho 'No saves on Sundays.' >&2\nexit 1\n",
        );
        let seen = w.git(&["for-each-ref", "refs/remotes"]);
        let out = w.refuses(&["commit", "a.txt", "-m", "Add a"], 5);
        assert!(
            out.stderr.contains("No saves on Sundays."),
            "{kind:?}\n{out}"
        );
        let asked = std::fs::read_to_string(w.remote.bare.join("asked")).unwrap();
        assert_eq!(asked, "asked\n", "{kind:?}: a refusal is no race");
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
        let bytes = noise(times(12, 60) << 20);
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
