//! `aidf commit`: what it refuses or raises an alert for, and which branch it writes to.

use crate::support::{CHANGELOG, MEMORY, World, listed, text};

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
    // The second one would be a list without entries, were it a file.
    for place in ["../../README.md", "[]"] {
        w.remote.write_modes(
            &branch,
            &[(CHANGELOG, "120000", Some(place.as_bytes()))],
            "Point elsewhere",
        );
        w.write("a.txt", "a\n");
        w.refuses_any(&["commit", "a.txt", "-m", "Add a"], &[5, 7]);
    }
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
fn a_file_in_the_place_of_a_ledgers_folder_is_refused_and_may_be_removed() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("project/.logs", "x\n");
    let out = w.refuses(&["commit", "project/.logs", "-m", "A file"], 5);
    assert!(out.stderr.contains("reverted_commits.yaml"), "{out}");
    w.remote
        .write(&branch, &[("project/.logs", Some(b"x\n"))], "By git");
    w.json(&["commit", "--rm", "project/.logs", "-m", "Away with it"]);
    w.save("b.txt", "b\n", "Add b");
    w.json(&["rollback", "--last", "1"]);
}
