//! What git users expect of any push: rewritten URLs, extra headers, credential
//! helpers, ssh settings; and what a repository's own configuration may not do.

use base64::Engine;

use crate::support::{Kind, Machine, Mode, Remote, World, make_executable, text};

fn basic(user: &str, password: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {pair}")
}

#[test]
fn instead_of_is_honoured() {
    let w = World::path();
    let parent = w.remote.bare.parent().unwrap().display().to_string();
    w.env
        .gitconfig(&format!("[url \"{parent}/\"]\n\tinsteadOf = gh:\n"));
    w.git(&["remote", "set-url", "origin", "gh:widgets.git"]);
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    let answer = w.json(&["-R", "gh:widgets.git", "sandbox", "init"]);
    w.remote.tip(&text(&answer, "branch"));
}

#[test]
fn push_instead_of_is_honoured_for_writing() {
    let w = World::path();
    let parent = w.remote.bare.parent().unwrap().display().to_string();
    w.env.gitconfig(&format!(
        "[url \"{parent}/\"]\n\tpushInsteadOf = /read/only/\n[url \"{parent}/\"]\n\tinsteadOf = /read/only/\n"
    ));
    w.git(&["remote", "set-url", "origin", "/read/only/widgets.git"]);
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[test]
fn a_push_url_of_its_own_is_written_to() {
    let w = World::path();
    let mirror = Remote::new(Kind::Path, "widgets", true);
    let url = mirror.url.clone();
    w.git(&["remote", "set-url", "--push", "origin", &url]);
    let refs = w.remote.refs();
    // Both have the same seed content, though not the same commits.
    let branch = w.sandbox();
    assert!(
        mirror.try_tip(&branch).is_some(),
        "pushes go to the push URL"
    );
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn extra_headers_reach_the_server_they_were_given_for() {
    let w = World::new(Kind::Http);
    let base = w.remote.http().base();
    // As CI checkouts keep their token: in the clone's own configuration.
    w.git(&[
        "config",
        &format!("http.{base}/.extraheader"),
        &format!("AUTHORIZATION: {}", basic("x-access-token", "ci-token")),
    ]);
    w.git(&[
        "config",
        "http.https://elsewhere.example/.extraheader",
        "X-Other: 1",
    ]);
    w.remote.http().require("x-access-token", "ci-token");
    w.remote.reset();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    for request in w.remote.http().requests() {
        assert_eq!(
            request.header("authorization"),
            Some(basic("x-access-token", "ci-token").as_str())
        );
        assert_eq!(request.header("x-other"), None);
    }
}

#[test]
fn an_extra_headers_value_is_never_shown() {
    let w = World::new(Kind::Http);
    let base = w.remote.http().base();
    let secret = basic("x-access-token", "ci-token-secret");
    w.git(&[
        "config",
        &format!("http.{base}/.extraheader"),
        &format!("AUTHORIZATION: {secret}"),
    ]);
    w.remote.http().require("x-access-token", "another");
    let out = w.aidf(&["-v", "sandbox", "init", "--json"]).exits(4);
    assert!(!out.all().contains(&secret[6..]), "{out}");
}

#[test]
fn a_login_in_the_url_is_used() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "p@ss/w:rd");
    let url = w
        .remote
        .url
        .replace("http://", "http://pat:p%40ss%2Fw%3Ard@");
    w.git(&["remote", "set-url", "origin", &url]);
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[test]
fn a_login_from_a_credential_helper_is_used() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "from-helper");
    let helper = w.env.path("helper");
    let log = w.env.path("helper.log");
    std::fs::write(
        &helper,
        format!(
            "#!/bin/sh\necho \"$1\" >> '{}'\nif [ \"$1\" = get ]; then\n\
             echo username=pat\necho password=from-helper\nfi\n",
            log.display()
        ),
    )
    .unwrap();
    make_executable(&helper);
    w.env
        .gitconfig(&format!("[credential]\n\thelper = {}\n", helper.display()));
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    let said = std::fs::read_to_string(log).unwrap();
    assert!(said.contains("get"), "{said}");
    assert!(
        said.contains("store"),
        "the helper is told that the login was good: {said}"
    );
    assert!(!said.contains("erase"), "{said}");
}

#[test]
fn a_refused_login_of_a_helper_is_erased_and_not_tried_again() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "right");
    let helper = w.env.path("helper");
    let log = w.env.path("helper.log");
    std::fs::write(
        &helper,
        format!(
            "#!/bin/sh\necho \"$1\" >> '{}'\n[ \"$1\" = get ] && printf 'username=pat\\npassword=stale-pw\\n'\nexit 0\n",
            log.display()
        ),
    )
    .unwrap();
    make_executable(&helper);
    w.env
        .gitconfig(&format!("[credential]\n\thelper = {}\n", helper.display()));
    let out = w.aidf(&["-v", "sandbox", "init", "--json"]).exits(4);
    assert!(!out.all().contains("stale-pw"), "{out}");
    let said = std::fs::read_to_string(log).unwrap();
    assert!(said.contains("erase"), "{said}");
    let tries = w
        .remote
        .http()
        .requests()
        .iter()
        .filter(|r| r.header("authorization").is_some())
        .count();
    assert_eq!(tries, 1);
}

#[test]
fn a_credential_helper_that_never_answers_is_not_waited_for() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "right");
    let helper = w.env.path("helper");
    std::fs::write(&helper, "#!/bin/sh\nsleep 300\n").unwrap();
    make_executable(&helper);
    w.env
        .gitconfig(&format!("[credential]\n\thelper = {}\n", helper.display()));
    let out = w.aidf(&["sandbox", "list", "--timeout", "2"]).exits(4);
    assert!(out.stderr.contains("no answer within --timeout"), "{out}");
    assert!(out.took < std::time::Duration::from_secs(60), "{out}");
}

#[test]
fn a_credential_helper_of_the_repository_is_not_run() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "x");
    let ran = w.env.path("ran");
    w.git(&[
        "config",
        "credential.helper",
        &format!("!touch '{}'; echo", ran.display()),
    ]);
    w.aidf(&["sandbox", "init", "--json"]).exits(4);
    assert!(
        !ran.exists(),
        "a program of the repository's configuration ran"
    );
}

#[test]
fn a_forge_token_of_the_environment_is_used() {
    let w = World::new(Kind::Http);
    w.remote.http().require("x-access-token", "forge-token-1");
    let answer = w
        .call(&["sandbox", "init", "--json"])
        .env("AIDF_FORGE_TOKEN", "forge-token-1")
        // A clone's own configuration does not say whom a token is meant for.
        .env("AIDF_FORGE_HOST", "127.0.0.1")
        .run()
        .ok()
        .json();
    w.remote.tip(&text(&answer, "branch"));
}

#[test]
fn a_forges_own_token_is_not_sent_to_another_host() {
    let w = World::new(Kind::Http);
    w.remote.http().require("x", "y");
    let out = w
        .call(&["-v", "sandbox", "init", "--json"])
        .env("GITHUB_TOKEN", "gh-secret-token")
        .env("GITLAB_TOKEN", "gl-secret-token")
        .run()
        .exits(4);
    assert!(!out.all().contains("secret-token"), "{out}");
    for request in w.remote.http().requests() {
        for (_, value) in &request.headers {
            let plain = value
                .strip_prefix("Basic ")
                .and_then(|v| base64::engine::general_purpose::STANDARD.decode(v).ok())
                .map(|v| String::from_utf8_lossy(&v).into_owned())
                .unwrap_or_default();
            assert!(!value.contains("secret-token") && !plain.contains("secret-token"));
        }
    }
}

#[test]
fn a_redirect_of_the_first_request_is_followed() {
    let w = World::new(Kind::Http);
    let front = Remote::new(Kind::Http, "widgets", true);
    front.http().redirect_to(&w.remote.http().base());
    w.git(&["remote", "set-url", "origin", &front.url]);
    let refs = front.refs();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    assert_eq!(front.refs(), refs);
    // The push goes straight to where the first request was sent.
    assert!(front.http().requests().iter().all(|r| r.method == "GET"));
}

#[test]
fn credentials_are_not_carried_to_another_host_by_a_redirect() {
    let thief = Remote::new(Kind::Http, "widgets", true);
    thief.http().require("nobody", "nothing");
    let w = World::new(Kind::Http);
    w.remote.http().redirect_to(&thief.http().base());
    let url = w.remote.url.replace("http://", "http://pat:url-secret@");
    w.git(&["remote", "set-url", "origin", &url]);
    let base = w.remote.http().base();
    w.git(&[
        "config",
        &format!("http.{base}/.extraheader"),
        "X-Secret: header-secret",
    ]);
    w.aidf(&["sandbox", "init", "--json"]).exits(4);
    let requests = thief.http().requests();
    assert!(!requests.is_empty(), "the redirect was followed");
    for request in requests {
        assert_eq!(
            request.header("authorization"),
            None,
            "a login was carried over"
        );
        assert_eq!(
            request.header("x-secret"),
            None,
            "a header was carried over"
        );
    }
}

#[test]
fn an_endless_redirect_ends() {
    let w = World::new(Kind::Http);
    let base = w.remote.http().base();
    w.remote.http().redirect_to(&base);
    let out = w.aidf(&["sandbox", "init", "--json"]);
    assert_ne!(out.code, 0, "{out}");
    assert!(w.remote.http().requests().len() < 30);
}

#[test]
fn a_redirect_to_a_file_or_a_program_is_not_followed() {
    for place in ["file://", "ext::touch", "ftp://host"] {
        let w = World::new(Kind::Http);
        w.remote.http().redirect_to(place);
        let out = w.aidf(&["sandbox", "init", "--json"]);
        assert_ne!(out.code, 0, "{place}\n{out}");
    }
}

#[test]
fn the_users_ssh_command_is_used_and_the_repositorys_is_not() {
    let w = World::new(Kind::Ssh);
    let mut w = w;
    let (_, good) = w.vars.pop().unwrap();
    let ran = w.env.path("ran");
    // The repository's: it would run code of whoever wrote the repository.
    w.git(&[
        "config",
        "core.sshCommand",
        &format!("touch '{}' #", ran.display()),
    ]);
    w.env.gitconfig(&format!("[core]\n\tsshCommand = {good}\n"));
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    assert!(!ran.exists(), "the repository's ssh command ran");
}

#[test]
fn the_variable_for_ssh_wins_over_the_users_configuration() {
    let w = World::new(Kind::Ssh);
    let ran = w.env.path("ran");
    w.env.gitconfig(&format!(
        "[core]\n\tsshCommand = touch '{}' #\n",
        ran.display()
    ));
    w.sandbox();
    assert!(!ran.exists());
}

#[test]
fn the_scp_form_is_ssh_too() {
    let w = World::new(Kind::Ssh);
    let url = format!("git@box.invalid:{}", w.remote.bare.display());
    w.git(&["remote", "set-url", "origin", &url]);
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    let log = std::fs::read_to_string(w.env.path("ssh.log")).unwrap();
    assert!(log.contains("git@box.invalid"), "{log}");
}

#[test]
fn an_ssh_that_cannot_log_in_says_its_own_words() {
    let mut w = World::path();
    let script = w.env.path("no-ssh");
    std::fs::write(
        &script,
        "#!/bin/sh\necho 'git@box.invalid: Permission denied (publickey).' >&2\nexit 255\n",
    )
    .unwrap();
    make_executable(&script);
    w.vars
        .push(("GIT_SSH_COMMAND".to_owned(), script.display().to_string()));
    w.git(&["remote", "set-url", "origin", "git@box.invalid:widgets.git"]);
    let out = w.aidf(&["sandbox", "init", "--json"]).exits(4);
    assert!(
        out.stderr.contains("Permission denied (publickey)"),
        "{out}"
    );
}

#[test]
fn a_proxy_of_the_configuration_or_the_environment_is_used() {
    // The proxy is our own server: it sees the whole URL as the target.
    let w = World::new(Kind::Http);
    let proxy = Remote::new(Kind::Http, "widgets", true);
    proxy.http().mode(Mode::Status(503));
    w.git(&[
        "remote",
        "set-url",
        "origin",
        "http://far.invalid/widgets.git",
    ]);
    for variable in ["http_proxy", "ALL_PROXY"] {
        proxy.http().reset();
        let out = w
            .call(&["sandbox", "init", "--json"])
            .env(variable, proxy.http().base())
            .run();
        assert_eq!(out.code, 9, "{variable}\n{out}");
        assert!(
            !proxy.http().requests().is_empty(),
            "{variable} is not honoured"
        );
        let out = w
            .call(&["sandbox", "init", "--json", "--timeout", "5"])
            .env(variable, proxy.http().base())
            .env("no_proxy", "far.invalid")
            .run();
        assert_eq!(out.code, 9, "{out}");
    }
    proxy.http().reset();
    w.env
        .gitconfig(&format!("[http]\n\tproxy = {}\n", proxy.http().base()));
    w.aidf(&["sandbox", "init", "--json"]).exits(9);
    assert!(
        !proxy.http().requests().is_empty(),
        "http.proxy is not honoured"
    );
}

#[test]
fn no_proxy_keeps_a_host_off_the_proxy() {
    let w = World::new(Kind::Http);
    let proxy = Remote::new(Kind::Http, "widgets", true);
    proxy.http().mode(Mode::Status(503));
    let answer = w
        .call(&["sandbox", "init", "--json"])
        .env("http_proxy", proxy.http().base())
        .env("no_proxy", "127.0.0.1")
        .run()
        .ok()
        .json();
    w.remote.tip(&text(&answer, "branch"));
    assert!(proxy.http().requests().is_empty());
}

#[test]
fn the_token_travels_as_a_push_option_where_the_server_takes_them() {
    let w = World::path();
    let opened = w.init();
    let log = w.env.path("options");
    w.remote.hook(
        "pre-receive",
        &format!(
            "#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION > '{}'\nexit 0\n",
            log.display()
        ),
    );
    w.save("a.txt", "a\n", "Add a");
    let said = std::fs::read_to_string(&log).unwrap();
    let wanted = format!("aidf-token={}", text(&opened, "reuse_token"));
    assert!(said.contains(&wanted), "{said}");
}

#[test]
fn a_server_without_push_options_is_no_obstacle() {
    let w = World::path();
    w.remote
        .git(&["config", "receive.advertisePushOptions", "false"]);
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[test]
fn a_machine_without_a_git_identity_can_write() {
    let w = World::path();
    let machine = Machine::new(&w.remote);
    std::fs::write(
        machine.env.home().join(".gitconfig"),
        "[safe]\n\tdirectory = *\n",
    )
    .unwrap();
    let branch = machine.sandbox();
    machine.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}
