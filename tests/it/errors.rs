//! What a user sees when things are wrong, and what a terminal is spared.

use std::process::Stdio;

use crate::support::{CHANGELOG, Env, Kind, Machine, Mode, Out, World, text};

/// An error for scripts: nothing on stdout, an object on stderr's last line.
#[track_caller]
fn error(out: &Out, code: i32, kind: &str) {
    assert_eq!(out.code, code, "{out}");
    assert_eq!(out.stdout, "", "{out}");
    let error = out.error();
    assert_eq!(error["kind"], kind, "{out}");
    for field in ["kind", "message", "hint", "retryable"] {
        assert!(error.get(field).is_some(), "no {field}\n{out}");
    }
}

#[test]
fn an_empty_folder_is_no_repository() {
    let env = Env::new();
    let dir = env.path("empty");
    std::fs::create_dir_all(&dir).unwrap();
    for args in [
        vec!["sandbox", "init", "--json"],
        vec!["commit", "a.txt", "-m", "x", "--json"],
        vec!["log", "--json"],
        vec!["rollback", "--last", "1", "--json"],
        vec!["sandbox", "list", "--json"],
    ] {
        let out = env.aidf(&dir, &args);
        error(&out, 3, "not_found");
        assert!(out.error()["hint"].is_string(), "it says what to do\n{out}");
    }
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn a_folder_that_does_not_exist_is_not_found() {
    let env = Env::new();
    let out = env.aidf(&env.home(), &["-C", "/no/such/folder", "log", "--json"]);
    assert!(matches!(out.code, 2 | 3), "{out}");
}

#[test]
fn a_clone_without_a_commit_and_without_a_remote_says_so() {
    let env = Env::new();
    let dir = env.path("fresh");
    std::fs::create_dir_all(&dir).unwrap();
    env.git(&dir, &["init", "--quiet"]);
    let out = env.aidf(&dir, &["sandbox", "init", "--json"]);
    error(&out, 3, "not_found");
    assert!(out.stderr.contains("origin"), "it names the remote\n{out}");
}

#[test]
fn an_unknown_remote_name_is_not_found() {
    let w = World::path();
    let out = w.refuses(&["sandbox", "init", "--remote", "upstream"], 3);
    assert!(out.stderr.contains("upstream"), "{out}");
    // A name that is a flag in disguise, or a URL of a program to run.
    w.refuses_any(
        &["sandbox", "init", "--remote=--upload-pack=touch x"],
        &[2, 3],
    );
}

#[test]
fn another_remote_may_be_chosen() {
    let w = World::path();
    w.git(&["remote", "rename", "origin", "upstream"]);
    let answer = w.json(&["sandbox", "init", "--remote", "upstream"]);
    w.remote.tip(&text(&answer, "branch"));
}

#[test]
fn a_remote_path_that_does_not_exist_is_not_found() {
    let w = World::path();
    w.git(&["remote", "set-url", "origin", "/no/such/repo.git"]);
    let out = w.aidf(&["sandbox", "init", "--json"]);
    error(&out, 3, "not_found");
    assert!(out.stderr.contains("/no/such/repo.git"), "{out}");
    let machine = Machine::bare(&w.remote);
    error(
        &machine.aidf(&["-R", "/no/such/repo.git", "log", "x", "--json"]),
        3,
        "not_found",
    );
}

#[test]
fn a_folder_that_is_no_repository_is_not_found_as_a_remote() {
    let w = World::path();
    let dir = w.env.path("just-a-folder");
    std::fs::create_dir_all(&dir).unwrap();
    w.git(&["remote", "set-url", "origin", dir.to_str().unwrap()]);
    error(&w.aidf(&["sandbox", "init", "--json"]), 3, "not_found");
}

#[test]
fn a_repository_that_a_daemon_or_web_server_does_not_have_is_not_found() {
    for kind in [Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        let url = w.remote.url.replace("widgets", "no-such");
        w.git(&["remote", "set-url", "origin", &url]);
        let out = w.aidf(&["sandbox", "init", "--json"]);
        assert_eq!(out.code, 3, "{kind:?}\n{out}");
    }
}

#[test]
fn a_remote_with_no_branch_at_all_is_not_found() {
    let w = World::path();
    let empty = w.env.path("empty.git");
    w.env.git(
        &w.env.home(),
        &["init", "--quiet", "--bare", empty.to_str().unwrap()],
    );
    w.git(&["remote", "set-url", "origin", empty.to_str().unwrap()]);
    error(&w.aidf(&["sandbox", "init", "--json"]), 3, "not_found");
}

#[test]
fn a_web_servers_refusals_have_their_codes() {
    for (status, code, kind) in [
        (401, 4, "auth"),
        (403, 4, "auth"),
        (404, 3, "not_found"),
        (429, 9, "unavailable"),
        (500, 9, "unavailable"),
        (503, 9, "unavailable"),
    ] {
        let w = World::new(Kind::Http);
        w.remote.http().mode(Mode::Status(status));
        let out = w.aidf(&["sandbox", "init", "--json"]);
        // A 403 is the server's no: to the credentials, or to what they may do.
        if status == 403 && out.code == 5 {
            error(&out, 5, "denied");
        } else {
            assert_eq!(out.code, code, "{status}\n{out}");
            error(&out, code, kind);
        }
    }
}

#[test]
fn refused_credentials_say_what_was_tried() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "right");
    let url = w.remote.url.replace("http://", "http://pat:wrong-secret@");
    w.git(&["remote", "set-url", "origin", &url]);
    let out = w.aidf(&["-v", "sandbox", "init", "--json"]);
    assert_eq!(out.code, 4, "{out}");
    let said = out.error().to_string().to_lowercase();
    assert!(said.contains("tried"), "{out}");
    assert!(said.contains("url"), "the URL's login was tried\n{out}");
    assert!(
        !out.all().contains("wrong-secret"),
        "a password is shown\n{out}"
    );
    // Once each: no second try of what was refused, and no endless loop.
    let with_login = w
        .remote
        .http()
        .requests()
        .iter()
        .filter(|r| r.header("authorization").is_some())
        .count();
    assert_eq!(with_login, 1);
}

#[test]
fn a_page_that_is_no_git_server_is_told_apart() {
    let w = World::new(Kind::Http);
    w.remote.http().mode(Mode::Status(200));
    let out = w.aidf(&["sandbox", "init", "--json"]);
    assert!(matches!(out.code, 3 | 9), "{out}");
}

#[test]
fn remotes_that_run_programs_are_refused() {
    let w = World::path();
    for url in [
        "ext::touch pwned",
        "ext::sh -c touch% pwned",
        "fd::17",
        "ssh://-oProxyCommand=touch pwned/x",
        "-oProxyCommand=touch pwned:x",
        "--upload-pack=touch pwned",
        "ftp://host/x.git",
    ] {
        w.git(&["config", "remote.origin.url", url]);
        let out = w.aidf(&["sandbox", "init", "--json"]);
        assert_ne!(out.code, 0, "{url}\n{out}");
        assert!(!w.clone.join("pwned").exists(), "{url} ran");
        let flag = format!("--repo={url}");
        let out = w.aidf(&[&flag, "log", "main", "--json"]);
        assert_ne!(out.code, 0, "{url}\n{out}");
        assert!(!w.clone.join("pwned").exists(), "{url} ran");
    }
}

#[test]
fn a_remote_path_that_looks_like_an_option_or_a_command_is_only_a_path() {
    let w = World::path();
    for name in [
        "$(touch pwned)",
        "`touch pwned`",
        "a;touch pwned;",
        "'; touch pwned; '",
    ] {
        w.git(&["config", "remote.origin.url", &format!("/no/{name}.git")]);
        let out = w.aidf(&["sandbox", "init", "--json"]);
        assert_eq!(out.code, 3, "{name}\n{out}");
        assert!(!w.clone.join("pwned").exists());
    }
    let s = World::new(Kind::Ssh);
    for name in [
        "$(touch pwned)",
        "`touch pwned`",
        "a;touch pwned;",
        "'; touch pwned; '",
    ] {
        s.git(&[
            "config",
            "remote.origin.url",
            &format!("git@box.invalid:/no/{name}.git"),
        ]);
        let out = s.aidf(&["sandbox", "init", "--json"]);
        assert_ne!(out.code, 0, "{name}\n{out}");
        assert!(
            !s.clone.join("pwned").exists(),
            "{name} ran in the server's shell"
        );
    }
}

#[test]
fn a_broken_config_file_is_a_usage_error_that_names_it() {
    for broken in [
        "write: [\n",
        "just text\n",
        "write:\n  default_branch: [1, 2]\n",
    ] {
        let w = World::path();
        w.env.operator_config(broken);
        let out = w.refuses_any(&["sandbox", "init"], &[2, 7]);
        assert!(out.stderr.contains("config.yaml"), "{out}");
    }
}

#[test]
fn a_config_file_that_is_asked_for_has_to_be_there() {
    let w = World::path();
    let out = w.refuses_any(
        &["sandbox", "init", "--config", "/no/such/config.yaml"],
        &[2, 3],
    );
    assert!(out.stderr.contains("/no/such/config.yaml"), "{out}");
}

#[test]
fn a_yaml_bomb_as_the_config_is_refused() {
    let w = World::path();
    let mut laughs = String::from("a0: &a0 [x, x]\n");
    for n in 1..30 {
        laughs.push_str(&format!(
            "a{n}: &a{n} [{}]\n",
            vec![format!("*a{}", n - 1); 10].join(", ")
        ));
    }
    w.env.operator_config(&laughs);
    w.refuses_any(&["sandbox", "init"], &[2, 7]);
}

#[test]
fn a_broken_policy_fails_closed() {
    let w = World::path();
    w.sandbox();
    w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(b"protect: [unclosed\n"))],
        "Break the policy",
    );
    w.write("a.txt", "a\n");
    w.refuses_any(&["commit", "a.txt", "-m", "Add a"], &[2, 5, 7]);
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let w = World::path();
    for args in [
        vec!["no-such-command"],
        vec!["commit", "--no-such-flag"],
        vec!["sandbox"],
        vec!["sandbox", "init", "--timeout", "soon"],
        vec!["log", "-n", "many"],
    ] {
        let out = w.aidf(&args);
        assert_eq!(out.code, 2, "{out}");
        assert_eq!(out.stdout, "", "{out}");
        let mut all = args.clone();
        all.push("--json");
        error(&w.aidf(&all), 2, "usage");
    }
}

#[test]
fn the_json_of_wrong_arguments_names_them_in_one_line() {
    let env = Env::new();
    for (args, message) in [
        (
            "token issue",
            "the following required arguments were not provided: <--branch <BRANCH>|--operator>",
        ),
        (
            "token issue --operator --branch b",
            "the argument '--operator' cannot be used with '--branch <BRANCH>'",
        ),
        (
            "completions tcsh",
            "invalid value 'tcsh' for '<SHELL>' [possible values: bash, elvish, fish, powershell, zsh]",
        ),
        (
            "policy",
            "'aidf policy' requires a subcommand but one was not provided [subcommands: show, check, help]",
        ),
        ("comit", "unrecognized subcommand 'comit'"),
    ] {
        let args: Vec<&str> = args.split(' ').chain(["--json"]).collect();
        let error = env.aidf(&env.home(), &args).exits(2).error();
        assert_eq!(error["message"], message, "{args:?}");
        let hint = error["hint"].as_str().unwrap();
        assert_eq!(hint.contains("'commit'"), args[0] == "comit", "{hint}");
        assert!(hint.ends_with("see aidf --help"), "{hint}");
    }
}

#[test]
fn help_and_version_are_results() {
    let w = World::path();
    let help = w.aidf(&["--help"]).ok();
    assert!(help.stdout.contains("sandbox"), "{help}");
    assert!(help.stdout.contains("rollback"), "{help}");
    let version = w.aidf(&["--version"]).ok();
    assert!(version.stdout.starts_with("aidf "), "{version}");
    w.aidf(&["commit", "--help"]).ok();
}

#[test]
fn errors_for_people_come_with_cause_and_hint() {
    let w = World::path();
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a"]).exits(5);
    assert_eq!(out.stdout, "");
    assert!(
        out.stderr.lines().any(|l| l.starts_with("error: ")),
        "{out}"
    );
    assert!(out.stderr.lines().any(|l| l.starts_with("hint: ")), "{out}");
}

#[test]
fn json_is_one_object_and_nothing_else_on_stdout() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for args in [
        vec!["sandbox", "init", "--json"],
        vec!["commit", "a.txt", "-m", "Add a", "--json"],
        vec!["--json", "-v", "log"],
        vec!["rollback", "--last", "1", "--json", "--color", "always"],
        vec!["sandbox", "list", "--json"],
        vec!["sandbox", "show", "--json"],
        vec!["sandbox", "diff", "--json"],
    ] {
        let out = w.aidf(&args).ok();
        out.json();
        assert!(
            !out.stdout.contains('\u{1b}'),
            "never colour in --json\n{out}"
        );
    }
}

#[test]
fn quiet_prints_errors_only() {
    let w = World::path();
    let out = w.aidf(&["-q", "sandbox", "init"]).ok();
    assert_eq!(out.stderr, "", "{out}");
    let out = w.aidf(&["-q", "commit", "no.txt", "-m", "x"]);
    assert_ne!(out.code, 0);
    assert_ne!(out.stderr, "", "an error is still said");
}

#[test]
fn verbose_tells_each_step_on_stderr() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    let quiet = w
        .aidf(&["commit", "a.txt", "-m", "Add a", "--dry-run"])
        .ok();
    let loud = w
        .aidf(&["-v", "commit", "a.txt", "-m", "Add a", "--dry-run"])
        .ok();
    assert!(
        loud.stderr.lines().count() > quiet.stderr.lines().count(),
        "{loud}"
    );
}

#[test]
fn colour_is_given_where_asked_for_and_never_with_no_color() {
    let w = World::path();
    w.write("a.txt", "a\n");
    let refused = ["commit", "a.txt", "-m", "Add a"];
    let plain = w.aidf(&refused).exits(5);
    assert!(!plain.all().contains('\u{1b}'), "not a terminal\n{plain}");
    let mut args = refused.to_vec();
    args.extend(["--color", "always"]);
    let coloured = w.aidf(&args).exits(5);
    assert!(coloured.stderr.contains('\u{1b}'), "{coloured}");
    let call = w.call(&refused).env("NO_COLOR", "1").run();
    assert!(!call.all().contains('\u{1b}'), "{call}");
    args = refused.to_vec();
    args.extend(["--color", "never"]);
    assert!(!w.aidf(&args).all().contains('\u{1b}'));
}

#[test]
fn a_closed_stdout_pipe_ends_the_program_quietly() {
    let w = World::path();
    w.history(3);
    for args in [
        vec!["log"],
        vec!["log", "--json"],
        vec!["--help"],
        vec!["completions", "bash"],
    ] {
        let mut command = w.call(&args).into_command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert!(
            !stderr.to_lowercase().contains("broken pipe"),
            "{args:?}: {stderr}"
        );
    }
}

#[test]
fn escapes_in_the_repositorys_text_are_made_visible() {
    let w = World::path();
    let branch = w.sandbox();
    let nasty = "Clear \u{1b}[2J\u{1b}]0;owned\u{7} \u{202e}gnp.exe \u{9b}31m \u{200b}\u{2066} end";
    w.remote.write(
        &branch,
        &[("x.txt", Some(b"\x1b[31mred\xe2\x80\xae\n"))],
        nasty,
    );
    w.remote
        .write(&branch, &[("a\u{1b}[31m.txt", Some(b"x\n"))], "A name");
    let shown = [
        w.aidf(&["log"]).ok(),
        w.aidf(&["sandbox", "show", &branch]).ok(),
        w.aidf(&["sandbox", "diff", &branch, "--patch"]).ok(),
        w.aidf(&["sandbox", "diff", &branch, "--stat"]).ok(),
        w.aidf(&["sandbox", "list"]).ok(),
        w.aidf(&["log", "--color", "never"]).ok(),
    ];
    for out in &shown {
        for c in [
            '\u{1b}', '\u{7}', '\u{202e}', '\u{9b}', '\u{200b}', '\u{2066}',
        ] {
            assert!(
                !out.all().contains(c),
                "{c:?} reached the terminal\n{out:?}"
            );
        }
    }
    assert!(shown[0].stdout.contains("Clear"), "{}", shown[0]);
}

#[test]
fn escapes_in_a_hooks_words_are_made_visible() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\nprintf 'no \\033[2J\\033]0;owned\\007 \\342\\200\\256 way\\n' >&2\nexit 1\n",
    );
    for args in [
        vec!["commit", "a.txt", "-m", "Add a"],
        vec!["commit", "a.txt", "-m", "Add a", "--json"],
        vec!["-v", "commit", "a.txt", "-m", "Add a"],
    ] {
        let out = w.aidf(&args).exits(5);
        assert!(out.stderr.contains("way"), "{out}");
        for c in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(
                !out.all().contains(c),
                "{c:?} reached the terminal\n{out:?}"
            );
        }
    }
}

#[test]
fn escapes_in_what_was_typed_are_made_visible() {
    let w = World::path();
    w.sandbox();
    for args in [
        vec!["commit", "no\u{1b}[31mfile.txt", "-m", "x"],
        vec!["log", "sandbox-\u{1b}[31m"],
        vec!["sandbox", "init", "--name", "a\u{1b}[31m"],
        vec!["rollback", "\u{1b}[31m"],
        vec!["\u{1b}[31m"],
    ] {
        let out = w.aidf(&args);
        assert_ne!(out.code, 0, "{out:?}");
        assert!(!out.all().contains('\u{1b}'), "{out:?}");
    }
}

#[test]
fn branch_names_that_are_tricks_are_refused() {
    let w = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    for name in [
        "-delete",
        "a..b",
        "a@{0}",
        "a b",
        "$(touch pwned)",
        "`touch pwned`",
        "a\u{3000}b",
        "a\nb",
        "refs/heads/../../x",
        "x.lock",
        "/x",
        "x/",
        "HEAD:x",
        "a~1",
        "a^",
        "*",
        "",
    ] {
        let flag = format!("--branch={name}");
        w.refuses_any(&["commit", "a.txt", "-m", "x", &flag], &[2, 3, 4, 5]);
        assert!(!w.clone.join("pwned").exists());
        let flag = format!("--base={name}");
        w.refuses_any(&["sandbox", "init", "--force-new", &flag], &[2, 3]);
    }
}

#[test]
fn no_password_of_a_url_is_ever_shown() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "s3cret-pass");
    let url = w.remote.url.replace("http://", "http://pat:s3cret-pass@");
    w.git(&["remote", "set-url", "origin", &url]);
    w.write("a.txt", "a\n");
    for args in [
        vec!["-v", "sandbox", "init"],
        vec!["-v", "sandbox", "init", "--json"],
        vec!["-v", "commit", "a.txt", "-m", "Add a", "--json"],
        vec!["-v", "log"],
        vec!["-v", "sandbox", "list"],
        vec!["-v", "commit", "missing.txt", "-m", "x"],
        vec!["-v", "-R", &url, "log", "main"],
    ] {
        let out = w.aidf(&args);
        assert!(!out.all().contains("s3cret-pass"), "{out}");
    }
    w.remote.http().mode(Mode::Status(500));
    let out = w.aidf(&["-v", "sandbox", "init", "--force-new"]).exits(9);
    assert!(!out.all().contains("s3cret-pass"), "{out}");
    // Nor is it kept anywhere of ours.
    for dir in [w.env.cache(), w.env.state(), w.clone.join(".git/aidf")] {
        let found = w
            .env
            .command("grep", &w.env.home())
            .args(["-r", "-l", "s3cret-pass"])
            .arg(&dir)
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&found.stdout),
            "",
            "it is kept in {}",
            dir.display()
        );
    }
    // And the repository on the server knows nothing of it.
    let log = String::from_utf8_lossy(&w.remote.file("sandbox", CHANGELOG)).into_owned();
    assert!(!log.contains("s3cret"));
}

#[test]
fn git_variables_of_the_caller_that_name_no_clone_do_not_lead_elsewhere() {
    // As when aidf is run from inside a git hook. What says which clone it is does count
    // (git_settings).
    let w = World::path();
    let other = World::path();
    w.sandbox();
    w.write("a.txt", "a\n");
    let refs = other.remote.refs();
    let out = w
        .call(&["commit", "a.txt", "-m", "Add a", "--json"])
        .env("GIT_DIR", ".git")
        .env("GIT_INDEX_FILE", other.clone.join(".git/index"))
        .env("GIT_OBJECT_DIRECTORY", other.clone.join(".git/objects"))
        .env("GIT_COMMON_DIR", other.clone.join(".git"))
        .env("GIT_NAMESPACE", "elsewhere")
        .run();
    assert_eq!(other.remote.refs(), refs, "{out}");
    assert_eq!(out.code, 0, "{out}");
    w.remote.is_sound();
}

#[test]
fn what_a_login_prints_in_place_of_gits_answer_is_told() {
    let w = World::new(Kind::Ssh);
    let out = w
        .call(&["sandbox", "list"])
        .env(
            "GIT_SSH_COMMAND",
            "sh -c 'echo This account is restricted. Go away.' #",
        )
        .run()
        .exits(9);
    assert!(
        out.stderr.contains("This account is restricted. Go away."),
        "{out}"
    );
    assert!(out.stderr.contains("forced command"), "{out}");
}

#[cfg(unix)]
#[test]
fn a_file_of_settings_or_keys_that_cannot_be_reached_is_not_one_that_nobody_wrote() {
    let w = World::path();
    w.sandbox();
    let refs = w.remote.refs();
    let folder = w.env.config().join("aidf");
    w.write("a.txt", "a\n");
    for (name, code) in [("config.yaml", 2), ("keys.json", 2)] {
        let (file, kept) = (folder.join(name), folder.join("kept"));
        let was_there = std::fs::rename(&file, &kept).is_ok();
        std::os::unix::fs::symlink("/mnt/of/no/disk", &file).unwrap();
        let commands: [&[&str]; 2] = [&["commit", "a.txt", "-m", "A"], &["backup", "create"]];
        for command in commands {
            let out = w.aidf(command).exits(code);
            assert!(out.stderr.contains(name), "{out}");
        }
        assert_eq!(w.remote.refs(), refs);
        std::fs::remove_file(&file).unwrap();
        if was_there {
            std::fs::rename(&kept, &file).unwrap();
        }
    }
    w.json(&["commit", "a.txt", "-m", "A"]);
}

#[cfg(unix)]
#[test]
fn no_program_is_run_that_another_account_may_have_named() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    let file = w.env.config().join("aidf/config.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let open = |text: &str, mode| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let run = "notify: [{run: [touch, ran]}]\n";
    open(run, 0o666);
    let out = w.aidf(&["sandbox", "init"]).exits(5);
    assert!(out.stderr.contains("another account can write it"), "{out}");
    // A group of one's own may, as the umask of many systems has it; no other group.
    open(run, 0o664);
    if std::os::unix::fs::chown(&file, None, Some(12345)).is_ok() {
        w.aidf(&["sandbox", "init"]).exits(5);
    }
    open(run, 0o600);
    w.json(&["sandbox", "init"]);
    open("write: {}\n", 0o666);
    w.json(&["status"]);
}

#[test]
fn a_hint_names_what_the_command_itself_takes() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let no_file = w.env.path("nowhere").display().to_string();
    let cases: [(&[&str], i32, &str, &str); 16] = [
        (
            &["rollback", "--last", "1", "--reason", ""],
            2,
            "--reason",
            "-m",
        ),
        (
            &["rollback", "--last", "1", "--path", "../x"],
            2,
            "-C DIR",
            "DEST",
        ),
        (&["log", "--path", "../x"], 2, "-C DIR", "DEST"),
        (&["commit", "../x", "-m", "x"], 2, "DEST=FILE", "-C"),
        (
            &["token", "inspect", ""],
            2,
            "the token itself",
            "--reuse-token",
        ),
        (
            &["token", "revoke", ""],
            2,
            "the token itself",
            "--reuse-token",
        ),
        (&["token", "revoke", "nope"], 4, "aidf token list", "init"),
        (
            &["token", "revoke", "nope", "--reuse-token", ""],
            2,
            "--reuse-token",
            "itself",
        ),
        (
            &["land", &branch, "--reuse-token", "nope"],
            4,
            "token issue --operator",
            "init",
        ),
        (
            &["sandbox", "prune", "--idle", "1", "--reuse-token", "nope"],
            4,
            "token issue --operator",
            "init",
        ),
        (&["-R", &no_file, "log"], 3, "-R", "!"),
        (
            &["rollback", "--last", "1", "--branch", "main"],
            5,
            "token issue --operator",
            "!",
        ),
        (&["commit", "a=/nonexist", "-m", "x"], 2, "name a file", "!"),
        (
            &["commit", "--from-dir", "nope", "-m", "x"],
            2,
            "--from-dir",
            "!",
        ),
        (
            &["commit", "a.txt", "--expect-head", "", "-m", "x"],
            2,
            "aidf log",
            "!",
        ),
        (&["--config", &no_file, "log"], 2, "--config", "!"),
    ];
    for (args, code, has, lacks) in cases {
        let out = w.refuses(args, code);
        let hint = out.error()["hint"].as_str().unwrap_or_default().to_owned();
        assert!(hint.contains(has), "{args:?}: {out}");
        assert!(!hint.contains(lacks), "{args:?}: {out}");
    }
    let call = w.call(&["commit", "a.txt", "-m", "x", "--json"]);
    let out = w.refuses_call(call.env("AIDF_KEY_FILE", &no_file), 2);
    assert!(
        out.error()["hint"].to_string().contains("AIDF_KEY_FILE"),
        "{out}"
    );
    // A ledger that cannot be read stops a rollback, which has no flag to leave it out.
    w.remote
        .write(&branch, &[(CHANGELOG, Some(b"{"))], "Damage it");
    let out = w.refuses(&["rollback", "--last", "2"], 7);
    let hint = out.error()["hint"].to_string();
    assert!(hint.contains("`aidf commit` can leave it out"), "{out}");
}
