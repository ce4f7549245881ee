//! A clone that came from a stranger, with a configuration of the stranger's: it says where
//! its remotes are, and sends nobody's login anywhere.

use std::path::Path;

use crate::support::{Kind, Out, Remote, World, make_executable, text, write_marker};
use base64::Engine;

const TOKEN: &str = "tok-that-nobody-may-see";

/// Whether any request of a server's brought a login.
#[track_caller]
fn heard_no_login(remote: &Remote, out: &Out) {
    for request in remote.http().requests() {
        for (name, value) in &request.headers {
            let plain = value
                .strip_prefix("Basic ")
                .and_then(|v| base64::engine::general_purpose::STANDARD.decode(v).ok())
                .map(|v| String::from_utf8_lossy(&v).into_owned())
                .unwrap_or_default();
            assert!(
                !value.contains(TOKEN) && !plain.contains(TOKEN),
                "{name} brought a login to a stranger\n{out}"
            );
        }
    }
}

/// A server where nobody has an account.
fn stranger() -> Remote {
    let remote = Remote::new(Kind::Http, "widgets", true);
    remote.http().require("nobody", "nothing");
    remote
}

#[test]
fn a_proxy_of_the_clone_carries_nothing() {
    // By the clone's file, by one that it includes, and by the worktree's.
    for scope in ["local", "scoped", "included", "worktree"] {
        let w = World::new(Kind::Http);
        w.remote.http().require("x-access-token", TOKEN);
        let proxy = stranger();
        let place = proxy.http().base();
        match scope {
            "local" => w.git(&["config", "http.proxy", &place]),
            "scoped" => {
                let key = format!("http.{}/.proxy", w.remote.http().base());
                w.git(&["config", &key, &place])
            }
            "included" => {
                let file = w.clone.join(".git/more");
                std::fs::write(&file, format!("[http]\n\tproxy = {place}\n")).unwrap();
                w.git(&["config", "include.path", "more"])
            }
            _ => {
                w.git(&["config", "extensions.worktreeConfig", "true"]);
                w.git(&["config", "--worktree", "http.proxy", &place])
            }
        };
        let out = w
            .call(&["sandbox", "init", "--json"])
            .env("AIDF_FORGE_TOKEN", TOKEN)
            .env("AIDF_FORGE_HOST", "127.0.0.1")
            .run()
            .ok();
        assert!(proxy.http().requests().is_empty(), "{scope}: used\n{out}");
        let warnings = out.json()["warnings"].to_string();
        assert!(
            warnings.contains("proxy of this repository's own"),
            "{scope}: {warnings}"
        );
        w.remote.tip(&text(&out.json(), "branch"));
    }
}

#[test]
fn a_certificate_check_turned_off_in_the_clone_stays_on_and_is_said() {
    let w = World::new(Kind::Http);
    w.git(&["config", "http.sslVerify", "false"]);
    w.git(&["config", "http.sslCAInfo", "/nowhere/at/all.pem"]);
    let out = w.aidf(&["sandbox", "init", "--json"]).ok();
    let warnings = out.json()["warnings"].to_string();
    for key in ["http.sslverify", "http.sslcainfo"] {
        assert!(warnings.contains(key), "{warnings}");
    }
}

#[test]
fn a_server_that_only_the_clones_own_proxy_reaches_is_not_reached_and_the_mend_is_named() {
    let w = World::new(Kind::Http);
    let proxy = stranger();
    w.git(&["config", "http.proxy", &proxy.http().base()]);
    w.git(&["config", "remote.origin.url", "http://127.0.0.1:1/x.git"]);
    let out = w.aidf(&["sandbox", "init", "--json"]).exits(9);
    let hint = text(&out.error(), "hint");
    assert!(hint.contains("git config --global http.proxy"), "{hint}");
    assert!(proxy.http().requests().is_empty(), "{out}");
}

#[test]
fn our_token_goes_to_no_host_that_the_clone_alone_names() {
    let w = World::new(Kind::Http);
    w.remote.http().require("nobody", "nothing");
    let url = w.remote.url.clone();
    let call = |args: &[&str]| w.call(args).env("AIDF_FORGE_TOKEN", TOKEN);
    let out = call(&["sandbox", "init", "--json"]).run().exits(4);
    heard_no_login(&w.remote, &out);
    let hint = text(&out.error(), "hint");
    let host = w.remote.http().base().replace("http://", "");
    assert!(hint.contains(&format!("AIDF_FORGE_HOST={host}")), "{hint}");
    // The user's word for another host is none for this one, whoever named the address.
    for args in [&["sandbox", "init"][..], &["-R", &url, "sandbox", "init"]] {
        let out = call(args)
            .env("AIDF_FORGE_HOST", "git.example.com, other.example.com")
            .run()
            .exits(4);
        heard_no_login(&w.remote, &out);
    }
    // Nor is one of a host that only looks like it.
    for other in ["127.0.0.1.example.com", "27.0.0.1", "127.0.0.1:1"] {
        let out = call(&["sandbox", "init"])
            .env("AIDF_FORGE_HOST", other)
            .run()
            .exits(4);
        heard_no_login(&w.remote, &out);
    }
}

#[test]
fn our_token_goes_to_a_host_that_the_user_names_in_any_way() {
    let w = World::new(Kind::Http);
    w.remote.http().require("x-access-token", TOKEN);
    let base = w.remote.http().base();
    let host = base.replace("http://", "");
    let url = w.remote.url.clone();
    let call = |args: &[&str]| w.call(args).env("AIDF_FORGE_TOKEN", TOKEN);
    for value in [
        "127.0.0.1".to_owned(),
        format!("git.example.com,{host}"),
        format!("{base}/"),
    ] {
        call(&["sandbox", "init"])
            .env("AIDF_FORGE_HOST", &value)
            .run()
            .ok();
    }
    call(&["-R", &url, "sandbox", "init"]).run().ok();
    call(&["sandbox", "init"])
        .env("GITHUB_SERVER_URL", &base)
        .run()
        .ok();
    call(&["sandbox", "init"])
        .env("AIDF_FORGE_API_URL", format!("{base}/api/v1"))
        .run()
        .ok();
    call(&["sandbox", "init"]).run().exits(4);
    w.env
        .operator_config("forge:\n  hosts: {127.0.0.1: gitea}\n");
    call(&["sandbox", "init"]).run().ok();
}

#[test]
fn our_token_goes_to_no_api_that_the_clone_alone_names() {
    let w = World::of(Remote::new(Kind::Http, "acme/widgets", true));
    for variable in ["AIDF_FORGE_TOKEN", "AIDF_APPROVER_TOKEN"] {
        let out = w
            .call(&["protect", "check", "--provider", "gitea", "--json"])
            .env("AIDF_FORGE_TOKEN", TOKEN)
            .env(variable, TOKEN)
            .run()
            .exits(4);
        assert!(
            text(&out.error(), "hint").contains("AIDF_FORGE_HOST="),
            "{out}"
        );
        heard_no_login(&w.remote, &out);
        let asked = w.remote.http().requests();
        assert!(
            !asked.iter().any(|r| r.target.starts_with("/api/")),
            "{out}"
        );
    }
}

#[test]
fn an_address_rewritten_by_the_clone_takes_no_login_along() {
    for key in ["insteadOf", "pushInsteadOf"] {
        let thief = stranger();
        let w = World::path();
        let log = w.env.path("asked");
        let helper = w.env.path("helper");
        std::fs::write(
            &helper,
            format!(
                "#!/bin/sh\nq=$(cat)\necho \"$q\" >> '{}'\n\
                 case \"$q\" in *host=github.com*) printf 'username=x\\npassword={TOKEN}\\n';; esac\n",
                log.display()
            ),
        )
        .unwrap();
        make_executable(&helper);
        w.env
            .gitconfig(&format!("[credential]\n\thelper = {}\n", helper.display()));
        w.git(&[
            "remote",
            "set-url",
            "origin",
            "https://github.com/acme/widgets.git",
        ]);
        w.git(&[
            "config",
            &format!("url.{}/.{key}", thief.http().base()),
            "https://github.com/acme/",
        ]);
        let out = w
            .call(&["sandbox", "init", "--json", "--timeout", "5"])
            .env("AIDF_FORGE_TOKEN", TOKEN)
            .env("GITHUB_TOKEN", TOKEN)
            .env("GH_TOKEN", TOKEN)
            // Where only pushes are rewritten, reading stays with the forge.
            .env("https_proxy", "http://127.0.0.1:1")
            .run();
        assert!([4, 9].contains(&out.code), "{key}\n{out}");
        heard_no_login(&thief, &out);
        let asked = std::fs::read_to_string(&log).unwrap_or_default();
        assert!(!asked.contains("host=github.com"), "{key}: {asked}");
    }
}

#[test]
fn a_header_of_the_clone_does_not_follow_a_redirect() {
    let thief = stranger();
    let w = World::new(Kind::Http);
    w.remote.http().redirect_to(&thief.http().base());
    let base = w.remote.http().base();
    for (key, value) in [
        ("http.extraheader".to_owned(), "X-All"),
        (format!("http.{base}/.extraheader"), "X-Scoped"),
        ("http.extraheader".to_owned(), "Authorization"),
    ] {
        w.git(&["config", "--add", &key, &format!("{value}: {TOKEN}")]);
        thief.reset();
        let out = w.aidf(&["sandbox", "init", "--json"]).exits(4);
        assert!(!thief.http().requests().is_empty(), "{out}");
        heard_no_login(&thief, &out);
    }
}

#[test]
fn a_remote_inside_the_clone_is_not_pushed_to_unasked() {
    let w = World::path();
    let inside = w.clone.join(".evil");
    let from = w.remote.bare.display().to_string();
    w.git(&["clone", "--quiet", "--bare", &from, ".evil"]);
    let ran = w.env.path("ran");
    let hook = inside.join("hooks/pre-receive");
    write_marker(&hook, &ran);
    let link = w.env.path("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&inside, &link).unwrap();
    for address in [
        ".evil",
        "./.git/../.evil",
        inside.to_str().unwrap(),
        &format!("file://{}", inside.display()),
        link.to_str().unwrap(),
    ] {
        w.git(&["config", "remote.origin.url", address]);
        let out = w.aidf(&["sandbox", "init", "--json"]).exits(2);
        assert!(
            text(&out.error(), "hint").contains("-R"),
            "{address}\n{out}"
        );
        assert!(!ran.exists(), "{address}: a hook of the clone ran");
    }
    // The user's own word is enough.
    let address = inside.display().to_string();
    w.aidf(&["-R", &address, "sandbox", "init"]).ok();
    assert!(ran.exists());
}

#[test]
fn no_setting_of_the_clone_runs_a_program() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "x");
    let ran = w.env.path("ran");
    let program = w.env.path("program");
    write_marker(&program, &ran);
    let program = program.to_str().unwrap();
    let base = w.remote.http().base();
    for key in [
        "core.askPass",
        "core.gitProxy",
        "core.sshCommand",
        "core.fsmonitor",
        "credential.helper",
        &format!("credential.{base}.helper"),
        "gpg.program",
        "uploadpack.packObjectsHook",
    ] {
        w.git(&["config", key, program]);
        let _ = std::fs::remove_file(&ran);
        w.aidf(&["sandbox", "init", "--json"]).exits(4);
        assert!(!ran.exists(), "{key} was run");
        let ssh = w.aidf(&[
            "-R",
            "git@box.invalid:x",
            "sandbox",
            "list",
            "--timeout",
            "3",
        ]);
        assert_ne!(ssh.code, 0);
        assert!(!ran.exists(), "{key} was run");
    }
    assert!(Path::new(program).exists());
}

#[test]
fn a_working_tree_that_the_clone_alone_names_is_not_published() {
    let w = World::path();
    w.sandbox();
    let secret = w.env.path("secret");
    std::fs::create_dir_all(&secret).unwrap();
    std::fs::write(secret.join("id_rsa"), "TOPSECRET\n").unwrap();
    w.git(&["config", "core.worktree", secret.to_str().unwrap()]);
    let out = w.aidf(&["commit", "-a", "-m", "All", "--json"]).exits(5);
    assert!(out.stderr.contains("core.worktree"), "{out}");
}

#[test]
fn a_remote_inside_a_clone_that_calls_itself_bare_is_not_pushed_to() {
    let w = World::path();
    let inside = w.clone.join("x.git");
    let bare = w.remote.bare.to_str().unwrap();
    w.git(&["clone", "-q", "--bare", bare, inside.to_str().unwrap()]);
    w.git(&["remote", "set-url", "origin", inside.to_str().unwrap()]);
    w.git(&["config", "core.bare", "true"]);
    let out = w.aidf(&["sandbox", "init", "--json"]).exits(2);
    assert!(out.stderr.contains("inside this clone"), "{out}");
}
