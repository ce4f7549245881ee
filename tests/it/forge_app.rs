//! A GitHub App: tokens of the least permissions, minted once for many requests, for the
//! API and for git's pushes alike.

use std::path::PathBuf;

use aidf::error::Kind;
use aidf::forge::{Access, DesiredRules, Forge, ForgeSettings, GitHubAppFile, Provider, Purpose};
use aidf::git::Endpoint;
use aidf::progress::Silent;
use serde_json::json;

use crate::forge_client::door;
use crate::forge_protection::place;
use crate::support::{Asked, Env, ForgeServer, Kind as RemoteKind, Reply, World};

const KEY: &str = include_str!("data/app-key-for-tests-only.pem");

/// The App's key, where nobody else reads it.
fn key(env: &Env) -> PathBuf {
    let file = env.path("app.pem");
    std::fs::write(&file, KEY).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    file
}

fn answer(asked: &Asked, left: &str) -> Reply {
    let bearer = asked.header("authorization").unwrap_or_default();
    let jwt = bearer.starts_with("Bearer ey") && bearer.matches('.').count() == 2;
    match (asked.method.as_str(), asked.path()) {
        ("GET", p) if p.ends_with("/installation") && jwt => Reply::json(200, json!({"id": 77})),
        ("POST", "/app/installations/77/access_tokens") if jwt => {
            Reply::json(201, json!({"token": "ghs_minted", "expires_at": left}))
        }
        _ if bearer != "Bearer ghs_minted" => {
            Reply::json(401, json!({"message": "Bad credentials"}))
        }
        _ => Reply::json(200, json!([])),
    }
}

fn survey(settings: &ForgeSettings, purpose: Purpose) -> Result<(), aidf::error::Error> {
    let endpoint: Endpoint = place("https://github.com/acme/widgets.git");
    let forge = Forge::connect(Access {
        settings,
        endpoint: &endpoint,
        named: true,
        provider: Some(Provider::GitHub),
        purpose,
        http: door(5),
        interactive: false,
        progress: &Silent,
    })?;
    let wanted = DesiredRules {
        reviewed: vec!["main".to_owned()],
        ..DesiredRules::default()
    };
    forge.survey(&wanted).map(|_| ())
}

fn settings(server: &ForgeServer, env: &Env) -> ForgeSettings {
    ForgeSettings {
        api_url: Some(server.base()),
        github_app: Some(GitHubAppFile {
            id: 123,
            private_key_file: key(env),
            installation: None,
        }),
        // A CI job's own token is not preferred to the App.
        environment: [("GITHUB_TOKEN", "ghs_of_the_job".to_owned())].into(),
        ..ForgeSettings::default()
    }
}

fn mints(server: &ForgeServer) -> Vec<Asked> {
    let mut all = server.asked();
    all.retain(|a| a.path().ends_with("/access_tokens"));
    all
}

#[test]
fn a_token_is_minted_once_with_the_least_permissions() {
    let env = Env::new();
    let server = ForgeServer::start(|asked| answer(asked, "2999-01-01T00:00:00Z"));
    survey(&settings(&server, &env), Purpose::Protect).unwrap();
    let mints = mints(&server);
    assert_eq!(mints.len(), 1, "one for all requests");
    assert_eq!(
        mints[0].body,
        json!({"repositories": ["widgets"], "permissions": {"administration": "write", "metadata": "read"}})
    );
}

#[test]
fn a_token_that_is_about_to_end_is_minted_anew() {
    let env = Env::new();
    let server = ForgeServer::start(|asked| answer(asked, "2000-01-01T00:00:00Z"));
    survey(&settings(&server, &env), Purpose::Protect).unwrap();
    let times = mints(&server).len();
    assert!(times > 1, "{times}");
    let found = server
        .asked()
        .iter()
        .filter(|a| a.path().ends_with("/installation"))
        .count();
    assert_eq!(found, 1, "the installation is looked for once");
}

#[test]
fn an_app_that_is_not_installed_or_lacks_a_permission_says_so() {
    let env = Env::new();
    let server = ForgeServer::start(|_| Reply::missing());
    let error = survey(&settings(&server, &env), Purpose::Check).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(
        error.message().contains("not installed on acme/widgets"),
        "{error}"
    );
    let server = ForgeServer::start(|asked| match asked.method.as_str() {
        "POST" => Reply::json(
            422,
            json!({"message": "The permissions requested are not granted to this installation."}),
        ),
        _ => answer(asked, ""),
    });
    let error = survey(&settings(&server, &env), Purpose::Protect).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(
        error.message().contains("`administration: write`"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
}

#[test]
fn git_pushes_with_the_apps_token() {
    let w = World::new(RemoteKind::Http);
    let root = w.remote.bare.parent().unwrap();
    std::fs::create_dir(root.join("acme")).unwrap();
    std::fs::rename(&w.remote.bare, root.join("acme/widgets.git")).unwrap();
    let base = w.remote.http().base();
    w.git(&[
        "remote",
        "set-url",
        "origin",
        &format!("{base}/acme/widgets.git"),
    ]);
    w.remote.http().require("x-access-token", "ghs_minted");
    let api = ForgeServer::start(|asked| answer(asked, "2999-01-01T00:00:00Z"));
    let host = base.strip_prefix("http://").unwrap();
    w.env.operator_config(&format!(
        "forge:\n  hosts:\n    \"{host}\": github\n  api_url: {}\n  github_app:\n    id: 123\n    private_key_file: {}\n",
        api.base(),
        key(&w.env).display()
    ));
    let out = w.aidf(&["-v", "sandbox", "init", "--json"]).exits(0);
    assert!(
        !out.all().contains("ghs_minted") && !out.all().contains("PRIVATE KEY"),
        "{out}"
    );
    let mints = mints(&api);
    assert_eq!(mints.len(), 1, "{mints:?}");
    assert_eq!(
        mints[0].body["permissions"],
        json!({"contents": "write", "metadata": "read"})
    );
}

#[test]
fn what_the_app_does_not_know_is_reached_as_somebody_else() {
    let w = World::new(RemoteKind::Http);
    let base = w.remote.http().base();
    w.remote.http().require("x-access-token", "of-this-host");
    let api = ForgeServer::start(|_| Reply::missing());
    let host = base.strip_prefix("http://").unwrap();
    w.env.operator_config(&format!(
        "forge:\n  hosts:\n    \"{host}\": github\n  api_url: {}\n  github_app:\n    id: 123\n    private_key_file: {}\n",
        api.base(),
        key(&w.env).display()
    ));
    w.call(&["sandbox", "init"])
        .env("GH_TOKEN", "of-this-host")
        .run()
        .exits(0);
}

/// A clone on GitHub that speaks as the App, whose API is `server`.
fn as_app(w: &mut World, server: &ForgeServer) {
    let key = key(&w.env).display().to_string();
    w.vars.retain(|(name, _)| name != "AIDF_FORGE_TOKEN");
    w.vars.extend([
        ("AIDF_FORGE_API_URL".to_owned(), server.base()),
        ("AIDF_GITHUB_APP_ID".to_owned(), "123".to_owned()),
        ("AIDF_GITHUB_APP_KEY_FILE".to_owned(), key),
    ]);
}

/// Mints `ghs_1`, `ghs_2`, …, each with so many seconds to live; an answer takes `slow`.
fn minting(life: i64, slow: std::time::Duration) -> ForgeServer {
    let count = std::sync::atomic::AtomicUsize::new(0);
    ForgeServer::start(move |asked| match (asked.method.as_str(), asked.path()) {
        ("GET", p) if p.ends_with("/installation") => Reply::json(200, json!({"id": 77})),
        ("POST", "/app/installations/77/access_tokens") => {
            let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            let ends = aidf::clock::Moment::now().seconds() + life;
            let ends = aidf::clock::Moment::from_seconds(ends).rfc3339();
            Reply::json(
                201,
                json!({"token": format!("ghs_{n}"), "expires_at": ends}),
            )
        }
        _ => {
            std::thread::sleep(slow);
            Reply::json(200, json!([]))
        }
    })
}

#[test]
fn a_run_that_outlasts_a_token_goes_on_with_the_next() {
    let mut w = crate::support::clone_of("git@github.com:acme/widgets.git");
    // Good for two seconds beyond what is kept in hand, where each answer takes one.
    let server = minting(302, std::time::Duration::from_secs(1));
    as_app(&mut w, &server);
    let out = w.aidf(&["protect", "check", "-v"]).exits(8);
    let asked = server.asked();
    let used: Vec<&str> = asked
        .iter()
        .filter(|a| a.path().starts_with("/repos/") && !a.path().ends_with("/installation"))
        .map(|a| a.header("authorization").unwrap())
        .collect();
    assert_eq!(used.first(), Some(&"Bearer ghs_1"));
    assert!(used.contains(&"Bearer ghs_2"), "{used:?}");
    assert!(used.is_sorted(), "an old one is not used again: {used:?}");
    assert!(
        !out.all().contains("ghs_") && !out.all().contains("eyJ"),
        "{out}"
    );
}

#[test]
fn one_token_does_for_all_that_a_check_asks() {
    let mut w = crate::support::clone_of("git@github.com:acme/widgets.git");
    let server = minting(3600, std::time::Duration::ZERO);
    as_app(&mut w, &server);
    w.aidf(&["protect", "check"]).exits(8);
    let mints = mints(&server);
    assert_eq!(mints.len(), 1);
    assert_eq!(
        mints[0].body["permissions"],
        json!({"administration": "read", "metadata": "read"})
    );
}

#[test]
fn an_app_names_a_team_by_its_number_since_its_token_cannot_see_the_organisation() {
    let mut w = crate::support::clone_of("git@github.com:acme/widgets.git");
    let server = ForgeServer::start(|asked| match asked.path() {
        p if p.starts_with("/orgs/") => Reply::json(
            403,
            json!({"message": "Resource not accessible by integration"}),
        ),
        _ => answer(asked, "2999-01-01T00:00:00Z"),
    });
    as_app(&mut w, &server);
    let out = w
        .aidf(&["protect", "plan", "--bypass", "team:ops", "--json"])
        .exits(3);
    let hint = out.error()["hint"].to_string();
    assert!(hint.contains("team:ID"), "{out}");
    w.aidf(&["protect", "plan", "--bypass", "team:9"]).exits(0);
}

#[test]
fn an_app_whose_key_the_forge_refuses_shows_none_of_it() {
    let mut w = crate::support::clone_of("git@github.com:acme/widgets.git");
    let server = ForgeServer::start(|asked| {
        let sent = asked.header("authorization").unwrap_or_default();
        Reply::json(
            401,
            json!({"message": format!("A JSON web token could not be decoded: {sent}")}),
        )
    });
    as_app(&mut w, &server);
    for command in ["plan", "check", "apply", "remove"] {
        let out = w.aidf(&["protect", command, "-v"]).exits(4);
        assert!(out.stderr.contains("the GitHub App's key"), "{out}");
        assert!(!out.all().contains("eyJ"), "{out}");
        let inner = KEY.lines().nth(3).unwrap();
        assert!(!out.all().contains(inner), "{out}");
    }
}

/// A clone over HTTP of a repository that a scripted server is to be.
fn clone_over_http(server: &ForgeServer, more: &str) -> World {
    let w = World::path();
    w.git(&[
        "remote",
        "set-url",
        "origin",
        &format!("{}/acme/widgets.git", server.base()),
    ]);
    let host = server.base().replace("http://", "");
    w.env
        .operator_config(&format!("forge:\n  hosts:\n    \"{host}\": github\n{more}"));
    w
}

#[test]
fn a_server_of_git_that_repeats_our_login_does_not_spread_it() {
    // At the very first request, and long before the end of what is shown.
    for before in [0, 250] {
        let server = ForgeServer::start(move |asked| {
            let sent = asked.header("authorization").unwrap_or_default();
            let words = format!("{} denied: authorization: {sent}", "-".repeat(before));
            Reply::Answer(403, Vec::new(), words)
        });
        let w = clone_over_http(&server, "");
        let out = w
            .call(&["-v", "sandbox", "init"])
            .env("GH_TOKEN", "tok-of-the-forge-0452")
            .run();
        assert_ne!(out.code, 0, "{out}");
        assert!(out.all().contains("denied: authorization: ***"), "{out}");
        // `x-access-token:` in base64.
        assert!(!out.all().contains("eC1hY2Nlc3MtdG9rZW46"), "{out}");
        let sent = server.asked();
        assert!(sent[0].header("authorization").is_some(), "{sent:?}");
    }
}

#[test]
fn what_the_app_lacks_for_git_is_named() {
    let env = Env::new();
    let server = ForgeServer::start(|asked| {
        match asked.target.contains("service=git-") || asked.path().contains("/git-") {
            true => Reply::json(403, json!({"message": "Write access not granted"})),
            false => answer(asked, "2999-01-01T00:00:00Z"),
        }
    });
    let app = format!(
        "  api_url: {}\n  github_app:\n    id: 123\n    private_key_file: {}\n",
        server.base(),
        key(&env).display()
    );
    let w = clone_over_http(&server, &app);
    let out = w.aidf(&["sandbox", "init"]);
    assert_ne!(out.code, 0, "{out}");
    assert!(out.all().contains("the GitHub App"), "{out}");
    assert!(out.all().contains("`contents: write`"), "{out}");
}

#[test]
fn the_apps_key_speaks_to_the_remotes_host_alone() {
    let env = Env::new();
    let settings = ForgeSettings {
        api_url: Some("https://git.evil.example/api/v3".to_owned()),
        ..settings(&ForgeServer::start(|_| Reply::missing()), &env)
    };
    let error = survey(&settings, Purpose::Check).unwrap_err();
    assert_eq!(error.kind(), Kind::Auth, "{error}");
    assert!(error.message().contains("git.evil.example"), "{error}");
    let hint = error.hint_text().unwrap();
    assert!(
        hint.contains("AIDF_FORGE_TOKEN") && hint.contains("AIDF_APPROVER_TOKEN"),
        "{hint}"
    );
    let source = aidf::forge::logins_for_git(&settings);
    let Endpoint::Http(url) = place("https://github.com/acme/widgets.git") else {
        panic!("an address");
    };
    let error = source.login(&url, &door(5), true).unwrap_err();
    assert_eq!(error.kind(), Kind::Auth, "{error}");
}

#[test]
fn a_token_of_the_remotes_forge_is_sent_to_no_other_address() {
    let mut w = crate::support::clone_of("git@github.com:acme/widgets.git");
    w.vars.retain(|(name, _)| name != "AIDF_FORGE_TOKEN");
    for command in ["plan", "check", "apply", "remove"] {
        let out = w
            .call(&["protect", command, "-v"])
            .env("AIDF_FORGE_API_URL", "https://api.github.com.invalid")
            .env("GH_TOKEN", "tok-of-the-forge-0452")
            .run()
            .exits(4);
        assert!(out.stderr.contains("on another host"), "{out}");
        assert!(out.stderr.contains("AIDF_FORGE_TOKEN"), "{out}");
        assert!(!out.all().contains("tok-of-the-forge"), "{out}");
        assert!(!out.stderr.contains("GET "), "nothing was asked\n{out}");
    }
    // On this machine, where the tests' own servers are, it is.
    let server = ForgeServer::replies(vec![Reply::json(200, json!([]))]);
    w.call(&["protect", "check"])
        .env("AIDF_FORGE_API_URL", server.base())
        .env("GH_TOKEN", "tok-of-the-forge-0452")
        .run()
        .exits(8);
    assert_eq!(
        server.asked()[0].header("authorization"),
        Some("Bearer tok-of-the-forge-0452")
    );
}
