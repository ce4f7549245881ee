//! `aidf commit`: trailers, and who a commit says it is by.

use crate::support::World;

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
    assert_eq!((parts.len(), parts[1]), (3, "v3"), "{signature}");
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
fn a_sandbox_writes_in_its_own_name_or_another_word_but_not_as_another_sandbox() {
    let w = World::path();
    let branch = w.sandbox();
    for who in ["DevPod", branch.as_str(), "sandbox"] {
        w.write("a.txt", who);
        w.json(&["commit", "a.txt", "-m", "Save a", "--committed-by", who]);
        assert_eq!(w.remote.trailer(&branch, "Aidf-Committed-By"), who);
    }
    w.write("a.txt", "other\n");
    let other = "sandbox-of-another";
    w.refuses(
        &["commit", "a.txt", "-m", "Save a", "--committed-by", other],
        5,
    );
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
    for secret in ["Pat Person", "pat@", "workstation"] {
        assert!(!added.contains(secret), "{secret} is in the commit");
    }
    // A host may have a name of two letters, which any signature may hold.
    let mut words = added.split(|c: char| !c.is_ascii_alphanumeric());
    assert!(!words.any(|w| w == host.trim() && !w.is_empty()), "{host}");
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
