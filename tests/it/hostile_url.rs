//! What an address may not do, whether a user pastes it, a clone holds it or a server
//! redirects to it: speak to the credential helpers, give options to ssh, hide its host.

use std::path::{Path, PathBuf};

use aidf::git::Endpoint;

use crate::support::{Call, Kind, Machine, Out, Remote, World, make_executable, text};

/// What nobody but aidf may see, and what no server's hook and no ssh may.
const OURS: [(&str, &str); 6] = [
    ("AIDF_REUSE_TOKEN", "aidf1.secret-of-the-reuse-token"),
    ("AIDF_FORGE_TOKEN", "secret-of-the-forge-token"),
    ("AIDF_APPROVER_TOKEN", "secret-of-the-approver"),
    (
        "AIDF_KEY",
        "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4",
    ),
    ("AIDF_CONFIG", "/dev/null"),
    ("AIDF_SOMETHING_NEW", "secret-of-tomorrow"),
];
const OF_FORGES: [(&str, &str); 5] = [
    ("GH_TOKEN", "secret-of-gh"),
    ("GITHUB_TOKEN", "secret-of-github"),
    ("GITLAB_TOKEN", "secret-of-gitlab"),
    ("GITEA_TOKEN", "secret-of-gitea"),
    ("FORGEJO_TOKEN", "secret-of-forgejo"),
];

/// A script on this machine.
fn script(m: &Machine, name: &str, body: &str) -> PathBuf {
    let file = m.env.path(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
    make_executable(&file);
    file
}

/// What was written to a file, or nothing.
fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// A credential helper that knows a login for github.com alone, and notes what it is asked.
fn helper_for_github(m: &Machine) -> PathBuf {
    let log = m.env.path("asked");
    let helper = script(
        m,
        "helper",
        &format!(
            "q=$(cat)\nprintf '%s: %s\\n' \"$1\" \"$q\" >> '{}'\n\
             case \"$q\" in *host=github.com*) printf 'username=pat\\npassword=github-secret\\n';; esac",
            log.display()
        ),
    );
    m.env
        .gitconfig(&format!("[credential]\n\thelper = {}\n", helper.display()));
    log
}

/// The users that turn the question about one host into one about another.
const INJECTIONS: [&str; 4] = [
    "x%0aurl=https%3a%2f%2fgithub.com",
    "x%0ahost=github.com%0aprotocol=https",
    "x%0d%0ahost=github.com",
    "x:y%0aurl=https%3a%2f%2fgithub.com",
];

#[test]
fn a_redirect_does_not_get_the_login_of_another_host() {
    for user in INJECTIONS {
        let thief = Remote::new(Kind::Http, "widgets", true);
        thief.http().require("nobody", "nothing");
        let w = World::new(Kind::Http);
        let log = helper_for_github(&w);
        let place = thief
            .http()
            .base()
            .replacen("://", &format!("://{user}@"), 1);
        w.remote.http().redirect_to(&place);
        let out = w.refuses(&["sandbox", "init"], 9);
        assert!(out.stderr.contains("redirects"), "{user}: {out}");
        assert_eq!(read(&log), "", "{user}: a helper was asked");
        assert!(
            thief.http().requests().is_empty(),
            "{user}: the redirect was followed"
        );
    }
}

#[test]
fn a_redirect_carries_no_user_of_its_own() {
    let other = Remote::new(Kind::Http, "widgets", true);
    let w = World::new(Kind::Http);
    let log = helper_for_github(&w);
    for user in ["pat", "pat:secret", "", ":", "pat%40corp"] {
        let place = other
            .http()
            .base()
            .replacen("://", &format!("://{user}@"), 1);
        w.remote.http().redirect_to(&place);
        let out = w.refuses(&["sandbox", "init"], 9);
        assert!(out.stderr.contains("contains a user name"), "{user}: {out}");
    }
    assert_eq!(read(&log), "");
    assert!(other.http().requests().is_empty());
}

#[test]
fn an_address_of_the_clone_or_of_a_flag_does_not_get_the_login_of_another_host() {
    for user in INJECTIONS {
        let w = World::new(Kind::Http);
        w.remote.http().require("nobody", "nothing");
        let log = helper_for_github(&w);
        let url = w.url.replacen("://", &format!("://{user}@"), 1);
        w.remote.reset();
        w.git(&["config", "remote.origin.url", &url]);
        let out = w.refuses(&["sandbox", "init"], 2);
        assert!(!out.all().contains("github-secret"), "{out}");
        w.refuses(&["-R", &url, "sandbox", "init"], 2);
        w.refuses(&["backup", "--dest", &url], 2);
        assert_eq!(read(&log), "", "{user}: a helper was asked");
        assert!(w.remote.http().requests().is_empty(), "{user}");
    }
}

#[test]
fn a_helper_is_asked_for_the_path_as_git_asks_for_it() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "x");
    let log = helper_for_github(&w);
    w.env.gitconfig("[credential]\n\tuseHttpPath = true\n");
    let url = w.url.replace("/widgets.git", "/some%20one/widgets.git");
    w.aidf(&["-R", &url, "sandbox", "list"]).exits(4);
    assert!(
        read(&log).contains("path=some one/widgets.git"),
        "{}",
        read(&log)
    );
}

/// Hostile addresses, in every scheme. `{}` is a port of this machine where nobody listens.
const TABLE: &[&str] = &[
    // Options to ssh, in each part and spelling.
    "ssh://-oProxyCommand=id/x",
    "ssh://[-oProxyCommand=id]/x",
    "ssh://[-oProxyCommand=id]:22/x",
    "ssh://%2doProxyCommand=id/x",
    "ssh://%5b-oProxyCommand=id%5d/x",
    "ssh://-u@host/x",
    "ssh://%2du@host/x",
    "ssh://-u:pw@host/x",
    "ssh://u@-oX/y",
    "ssh://u@[-oX]/y",
    "git+ssh://-oProxyCommand=id/x",
    "-oX:y",
    "-u@host:y",
    "u@-oX:y",
    "[-oX]:y",
    "[-oX:22]:y",
    "u@[-oX]:y",
    "host:-x",
    "host:--upload-pack=id",
    "[::1]:-x",
    // Lines of their own.
    "ssh://u%0a@host/x",
    "ssh://host%0a/x",
    "ssh://host/x%0ay",
    "ssh://host/x%0dy",
    "ssh://host/x%00y",
    "host:x\ny",
    "git://127.0.0.1:{}/x%0ay",
    "git://127.0.0.1%0a:{}/x",
    "git://127.0.0.1:{}/x%00host=other",
    "http://x%0aurl=https%3a%2f%2fgithub.com@127.0.0.1:{}/x",
    "http://x:y%0ahost=github.com@127.0.0.1:{}/x",
    "http://x%0dy@127.0.0.1:{}/x",
    "http://x%00y@127.0.0.1:{}/x",
    "http://127.0.0.1%0a:{}/x",
    "http://127.0.0.1:{}/x%0ay",
    "http://127.0.0.1:{}/x\ny",
    "http://127.0.0.1:{}/x\ry",
    "file:///x%0ay",
    // Brackets, hosts and ports that are none.
    "ssh://[host]/x",
    "ssh://[::1/x",
    "ssh://[::1]x/y",
    "ssh://[]/x",
    "ssh://[::1%25eth0]/x",
    "[host]:x",
    "[host:22]:x",
    "[u@host:22]:x",
    "[[::1]]:x",
    "ssh://host%20x/y",
    "ssh://host;id/y",
    "ssh://$(id)/y",
    "ssh://`id`@host/y",
    "ssh:///x",
    "ssh://u@/x",
    ":x",
    "@:x",
    "ssh://host:0/x",
    "ssh://host:99999/x",
    "ssh://host:-1/x",
    "ssh://host:22x/x",
    "ssh://host:+22/x",
    "http://[::1/x",
    "http://[host]/x",
    "http:///x",
    "http://:80/x",
    "http://127.0.0.1:0/x",
    "http://127.0.0.1:99999/x",
    "http://127.0.0.1:-5/x",
    "http://127.0.0.1:8a/x",
    "http://a b/x",
    "https://-x/y",
    "https://h\u{f6}st/x",
    "https://github.com\u{3002}evil.example/x",
    "https://github.com\u{2044}x.evil.example/x",
    // Where the host begins is a matter of taste.
    "http://127.0.0.1\\@evil.invalid/x",
    "http://127.0.0.1?@evil.invalid/x",
    "http://127.0.0.1#@evil.invalid/x",
    "http://u@v@127.0.0.1:{}/x",
    // Not what git speaks without a word from the user.
    "ext::sh -c id",
    "file://-x/y",
    "file://host/y",
    "file:///x%zz",
    "git://127.0.0.1",
];

#[test]
fn what_git_refuses_of_an_address_is_refused_here() {
    let w = World::path();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .unwrap()
        .port();
    let ran = w.env.path("ran");
    // A stand-in for ssh that only notes that it was started.
    let ssh = script(&w, "ssh", &format!("echo \"$@\" >> '{}'", ran.display()));
    let mut refused = 0;
    for address in TABLE {
        let url = address.replace("{}", &port.to_string());
        assert!(
            Endpoint::parse(&url, &w.clone).is_err(),
            "{url:?} was taken"
        );
        let mut git = w.env.command("git", &w.clone);
        git.args(["ls-remote", "--", &url])
            .env("GIT_SSH_COMMAND", &ssh)
            .env("GIT_SSH_VARIANT", "ssh")
            .env("GIT_ASKPASS", "");
        let said = Call::of(git).run().stderr;
        let by_git = [
            "blocked",
            "forbidden",
            "cannot be parsed",
            "illegal format",
            "not allowed",
            "no path specified",
        ];
        refused += u32::from(by_git.iter().any(|word| said.contains(word)));
    }
    assert!(refused >= 25, "git refused {refused} of them only");
    assert!(!read(&ran).is_empty(), "git never came as far as ssh");
    // By the program itself: no ssh is started for any of them.
    std::fs::remove_file(&ran).unwrap();
    for address in TABLE.iter().filter(|a| !a.starts_with("http")) {
        let out = w
            .call(&["-R", &address.replace("{}", &port.to_string())])
            .arg("sandbox")
            .arg("list")
            .env("GIT_SSH_COMMAND", &ssh)
            .run();
        assert_eq!(out.code, 2, "{address:?}\n{out}");
    }
    assert_eq!(read(&ran), "", "ssh was started");
}

#[test]
fn ordinary_addresses_are_still_taken() {
    for url in [
        "ssh://git@github.com/o/r.git",
        "ssh://git@host:2222/~bob/x",
        "ssh://[::1]:22/x",
        "ssh://dom%40ain@host/a%20b",
        "git@github.com:o/r.git",
        "[::1]:x",
        "git@[::1]:x",
        "my_alias:x",
        "host:path:with:colons",
        "host:sub/-dash",
        "git://[::1]:99/x",
        "git://host/a%20b",
        "http://127.0.0.1:3000/o/r",
        "https://me:p%40ss@Host/o/r.git/",
        "https://me%40corp.example:x@host/o/r",
        "https://:token@host/o/r",
        "https://xn--hst-sna.example/o/r",
        "https://host:/o/r",
        "file:///a/b%20c",
        "file://localhost/a",
        "/a/b:c",
        "./a:b",
        "../b.git",
    ] {
        let read = Endpoint::parse(url, Path::new("/base"));
        assert!(read.is_ok(), "{url}: {}", read.unwrap_err());
    }
}

/// The arguments of each start of a recorder, one start a line.
fn recorder(m: &Machine, name: &str) -> (PathBuf, PathBuf) {
    let log = m.env.path("arguments");
    let body = format!(
        "for a in \"$@\"; do printf '<%s>' \"$a\"; done >> '{0}'; echo >> '{0}'; exit 1",
        log.display()
    );
    (script(m, name, &body), log)
}

#[test]
fn ssh_is_given_a_host_and_a_command_and_nothing_that_could_be_an_option() {
    let w = World::path();
    let (ssh, log) = recorder(&w, "bin/ssh");
    let path = format!(
        "{}:{}",
        ssh.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let head = "<-o><ConnectTimeout=30><-o><SendEnv=GIT_PROTOCOL><-o><BatchMode=yes>";
    for (url, tail) in [
        ("ssh://host/x", "<--><host><git-upload-pack '/x'>"),
        (
            "ssh://git@[::1]:2222/~bob/x",
            "<-p><2222><--><git@::1><git-upload-pack '~bob/x'>",
        ),
        (
            // ssh takes the last `@` for the end of the user, as git leaves it to.
            "ssh://dom%40ain@host/-x",
            "<--><dom@ain@host><git-upload-pack '/-x'>",
        ),
        (
            "git@host:it's/-x",
            "<--><git@host><git-upload-pack 'it'\\''s/-x'>",
        ),
        ("git@[::1]:x", "<--><git@::1><git-upload-pack 'x'>"),
    ] {
        let _ = std::fs::remove_file(&log);
        w.call(&["-R", url, "sandbox", "list"])
            .env("PATH", &path)
            .run();
        let wanted = format!("{head}{tail}");
        assert_eq!(read(&log).lines().next(), Some(&*wanted), "{url}");
    }
    // A client of another name need not know `--`.
    let (other, log) = recorder(&w, "plonk");
    let _ = std::fs::remove_file(&log);
    w.call(&["-R", "ssh://git@host:22/x", "sandbox", "list"])
        .env("GIT_SSH_COMMAND", other.to_str().unwrap())
        .run();
    assert_eq!(
        read(&log).lines().next(),
        Some("<-p><22><git@host><git-upload-pack '/x'>")
    );
}

fn with_secrets(mut call: Call) -> Call {
    for (name, value) in OURS.iter().chain(&OF_FORGES) {
        call = call.env(name, value);
    }
    call
}

/// No secret of these is in what a child saw, and the child did run.
#[track_caller]
fn saw_none(seen: &str, secrets: &[(&str, &str)], out: &Out) {
    assert!(seen.contains("PATH="), "the child did not run\n{out}");
    assert!(
        seen.contains("LANG=kept"),
        "too much was taken away\n{seen}"
    );
    for (name, value) in secrets {
        assert!(!seen.contains(name), "{name} was handed on");
        assert!(!seen.contains(value), "the value of {name} was handed on");
    }
    assert!(!seen.contains("secret-of-tomorrow"));
}

#[test]
fn ssh_does_not_see_our_secrets() {
    let w = World::path();
    let seen = w.env.path("seen");
    let ssh = script(&w, "ssh", &format!("env > '{}'; exit 1", seen.display()));
    let all: Vec<_> = OURS.into_iter().chain(OF_FORGES).collect();
    let out = with_secrets(w.call(&["-R", "git@host:x", "sandbox", "list"]))
        .env("GIT_SSH_COMMAND", ssh.to_str().unwrap())
        .env("GIT_DIR", "/nowhere")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "http.extraHeader")
        .env("GIT_CONFIG_VALUE_0", "Authorization: secret-of-tomorrow")
        .env("LANG", "kept")
        .run();
    saw_none(&read(&seen), &all, &out);
    assert!(!read(&seen).contains("GIT_DIR="), "{}", read(&seen));
}

#[test]
fn the_hooks_of_a_local_server_do_not_see_our_secrets() {
    let w = World::path();
    let seen = w.env.path("seen");
    w.remote.hook(
        "pre-receive",
        &format!(
            "#!/bin/sh\nenv | grep -v ^GIT_PUSH_OPTION > '{}'\n",
            seen.display()
        ),
    );
    let mut call = w.call(&["sandbox", "init", "--json"]);
    for (name, value) in OF_FORGES.iter().chain(&OURS).filter(|(n, _)| {
        // A false token and a false key are refused before anything is pushed.
        !["AIDF_REUSE_TOKEN", "AIDF_CONFIG"].contains(n)
    }) {
        call = call.env(name, value);
    }
    let out = call.env("LANG", "kept").run().ok();
    let all: Vec<_> = OURS.into_iter().chain(OF_FORGES).collect();
    saw_none(&read(&seen), &all, &out);
    w.remote.tip(&text(&out.json(), "branch"));
}

#[test]
fn a_credential_helper_sees_the_forges_own_variables_and_nothing_of_ours() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "x");
    let seen = w.env.path("seen");
    let helper = script(&w, "helper", &format!("env > '{}'", seen.display()));
    w.env
        .gitconfig(&format!("[credential]\n\thelper = {}\n", helper.display()));
    let out = with_secrets(w.call(&["-R", &w.url, "sandbox", "list"]))
        .env("LANG", "kept")
        .run()
        .exits(4);
    saw_none(&read(&seen), &OURS, &out);
    // `gh auth git-credential` answers from these.
    assert!(read(&seen).contains("GH_TOKEN=secret-of-gh"));
}
