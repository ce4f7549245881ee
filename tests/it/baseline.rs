//! The seven defects of the server that aidf replaces, each shown done right.
//! They are told apart in detail elsewhere; here each is one story.

use base64::Engine;

use crate::support::{CHANGELOG, MEMORY, World, entries, listed, text, times};

#[test]
fn defect_1_tokens_cannot_be_forged_and_writing_needs_one() {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    w.write("a.txt", "a\n");
    // A token was base64 of the branch's name.
    let forged = base64::engine::general_purpose::STANDARD.encode(&branch);
    w.refuses(&["commit", "a.txt", "-m", "x", "--reuse-token", &forged], 4);
    // Writing needed none, `main` included.
    w.refuses(&["commit", "a.txt", "-m", "x", "--branch", "main"], 5);
    std::fs::remove_file(w.clone.join(".git/aidf/session.json")).unwrap();
    w.refuses_any(
        &["commit", "a.txt", "-m", "x", "--branch", &branch],
        &[4, 5],
    );
    // The caller chose who it was by: a claim is recorded as a claim, under the
    // sandbox's own name, and sealed by a signature the caller cannot make.
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "x",
        "--committed-by",
        "Release Manager",
        "--reuse-token",
        &text(&opened, "reuse_token"),
    ]);
    let author = w.remote.git(&["log", "-1", "--format=%an %cn", &branch]);
    assert_eq!(author, format!("{branch} {branch}"));
    assert_eq!(
        w.json(&["log", &branch, "-n", "1"])["commits"][0]["signature"],
        "good"
    );
}

#[test]
fn defect_2_a_hundred_sandboxes_open_without_a_collision() {
    let w = World::path();
    for n in 0..100 {
        let answer = w.json(&["sandbox", "init", "--force-new"]);
        assert_eq!(answer["created"], true, "sandbox {n}");
    }
    let branches = w.remote.git(&["for-each-ref", "refs/heads/sandbox-*"]);
    assert_eq!(branches.lines().count(), 100);
}

#[test]
fn defect_3_a_save_is_one_commit_and_no_save_of_eight_writers_is_lost_or_unlogged() {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let before = w.remote.tip(&branch);
    let saves = times(2, 5);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (w, token) = (&w, &token);
            scope.spawn(move || {
                for n in 0..saves {
                    let path = format!("w{writer}-{n}.txt=-");
                    w.call(&[
                        "commit",
                        &path,
                        "-m",
                        "Save",
                        "--json",
                        "--reuse-token",
                        token,
                    ])
                    .stdin("x\n")
                    .run()
                    .ok();
                }
            });
        }
    });
    assert_eq!(w.remote.count(&format!("{before}..{branch}")), 8 * saves);
    let log = entries(&w.remote.file(&branch, CHANGELOG));
    for writer in 0..8 {
        for n in 0..saves {
            let path = format!("w{writer}-{n}.txt");
            let logged = log.iter().filter(|e| e["path"] == path.as_str()).count();
            assert_eq!(logged, 1, "{path}");
        }
    }
    w.remote.is_sound();
}

#[test]
fn defect_4_a_rollback_undoes_all_of_a_commit_or_nothing() {
    let w = World::path();
    let branch = w.sandbox();
    let logo = w.remote.file(&branch, "assets/logo.bin");
    w.write("added.txt", "added\n");
    w.write("assets/logo.bin", [0_u8, 1, 2, 255]);
    w.write(
        "docs/handbook.md",
        "# Guide\n\nRun it.\n\nRead the result.\n",
    );
    let commit = text(
        &w.json(&[
            "commit",
            "added.txt",
            "assets/logo.bin",
            "docs/handbook.md",
            "--rm",
            "docs/guide.md",
            "-m",
            "Added, binary, renamed",
        ]),
        "commit",
    );
    // A later edit was silently thrown away: it is a conflict, and nothing moves.
    let later = text(&w.save("added.txt", "worked on\n", "Later"), "commit");
    w.refuses(&["rollback", &commit], 6);
    w.json(&["rollback", &later]);
    w.json(&["rollback", &commit]);
    assert!(
        w.remote.try_file(&branch, "added.txt").is_none(),
        "an added file goes"
    );
    assert_eq!(
        w.remote.file(&branch, "assets/logo.bin"),
        logo,
        "a binary file is undone"
    );
    assert!(
        w.remote.try_file(&branch, "docs/guide.md").is_some(),
        "a rename is undone"
    );
    assert!(w.remote.try_file(&branch, "docs/handbook.md").is_none());
    // A commit of another branch was accepted.
    w.json(&["sandbox", "init", "--force-new"]);
    w.refuses(&["rollback", &commit], 3);
}

#[test]
fn defect_5_the_log_and_the_workflows_are_no_ordinary_files() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    w.refuses(&["commit", &format!("{CHANGELOG}=a.txt"), "-m", "Erase"], 5);
    w.refuses(
        &["commit", ".github/workflows/x.yml=a.txt", "-m", "Take over"],
        5,
    );
}

#[test]
fn defect_6_created_says_so_and_usage_counts_a_sandboxs_own_work_alone() {
    let w = World::path();
    let first = w.init();
    assert_eq!(first["created"], true);
    let again = w.json(&[
        "sandbox",
        "init",
        "--reuse-token",
        &text(&first, "reuse_token"),
    ]);
    assert_eq!(again["created"], false);
    w.save("a.txt", "a\n", "Add a");
    let list = w.json(&["sandbox", "list"]);
    let mine = list["sandboxes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["branch"] == first["branch"])
        .expect("the sandbox is listed");
    assert_eq!(
        mine["commits"], 1,
        "the base's commits are not its own: {mine:#}"
    );
    let files = listed(&mine["files"]);
    assert!(
        !files.contains("README.md"),
        "the base's files are not its own: {files}"
    );
    assert_eq!(mine["ahead"], 1);
    assert_eq!(mine["behind"], 0);
}

#[test]
fn defect_7_an_unparsable_log_stops_the_file_too() {
    for ledger in [CHANGELOG, MEMORY] {
        let w = World::path();
        let branch = w.sandbox();
        w.remote
            .write(&branch, &[(ledger, Some(b"- {broken\n"))], "Break it");
        w.write("a.txt", "a\n");
        w.refuses(&["commit", "a.txt", "-m", "Add a"], 7);
        assert!(w.remote.try_file(&branch, "a.txt").is_none());
    }
}
