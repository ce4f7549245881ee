//! Proof that the mock forges and the servers with users tell right from wrong,
//! by plain HTTP requests and plain git.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::peers::gitolite::{self, Gitolite};
use crate::peers::http::nginx;
use crate::peers::mock::{ADA_TOKEN, APP_ID, BOB_TOKEN, Forge, INSTALLATION_ID, Mocks, Recorder};
use crate::peers::support::{Place, have};
use crate::peers::web::Site;

/// Asks with this token; answers the status and the JSON.
pub fn ask(to: &Recorder, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", to.base))
        .header("authorization", format!("Bearer {token}"))
        .header(
            "accept",
            "application/vnd.github+json, application/json;q=0.9",
        )
        .header("content-type", "application/json");
    let text = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let mut answer = agent.run(request.body(text).unwrap()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&text).unwrap_or(Value::Null),
    )
}

fn ruleset() -> Value {
    json!({
        "name": "aidf: main", "target": "branch", "enforcement": "active", "bypass_actors": [],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {"type": "pull_request", "parameters": {
                "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": true,
                "require_code_owner_review": false, "require_last_push_approval": false,
                "required_review_thread_resolution": false}},
        ],
    })
}

pub fn classic() -> Value {
    json!({
        "required_status_checks": null, "enforce_admins": true, "restrictions": null,
        "required_pull_request_reviews": {"required_approving_review_count": 1},
        "allow_force_pushes": false, "allow_deletions": false,
    })
}

#[test]
fn prism_takes_githubs_own_bodies_and_refuses_a_key_that_github_would_ignore() {
    let Some(mocks) = Mocks::installed() else {
        return;
    };
    let prism = mocks.prism(Forge::GitHub);
    let github = &prism.recorder;
    let rulesets = "/repos/acme/demo/rulesets";
    let protection = "/repos/acme/demo/branches/backup%2Fa/protection";
    let (status, made) = ask(github, "t", "POST", rulesets, ruleset());
    assert_eq!((status, made["target"].as_str()), (201, Some("branch")));
    // Where an Enterprise Server has its API.
    let enterprise = format!("/api/v3{rulesets}/7");
    assert_eq!(ask(github, "t", "PUT", &enterprise, ruleset()).0, 200);
    assert_eq!(ask(github, "t", "PUT", protection, classic()).0, 200);
    assert_eq!(ask(github, "t", "DELETE", protection, Value::Null).0, 204);
    github.all_are_well_formed();
    let first = &github.seen()[0];
    assert_eq!((first.status, first.target.as_str()), (201, rulesets));
    assert_eq!(first.json(), Some(ruleset()));
    assert_eq!(first.header("authorization"), Some("Bearer t"));

    let mut misspelt = ruleset();
    misspelt["enforcment"] = json!("active");
    let mut deep = ruleset();
    deep["rules"][2]["parameters"]["required_reviews"] = json!(1);
    let mut incomplete = classic();
    incomplete.as_object_mut().unwrap().remove("restrictions");
    for (method, path, body, named) in [
        ("POST", rulesets, misspelt, "enforcment"),
        ("POST", rulesets, deep, "required_reviews"),
        ("PUT", protection, incomplete, "restrictions"),
        (
            "GET",
            "/repos/acme/demo/ruleset",
            Value::Null,
            "no path matched",
        ),
    ] {
        let (status, _) = ask(github, "t", method, path, body);
        let last = github.seen().pop().unwrap();
        assert!([404, 422].contains(&status), "{named}: {status}");
        assert!(last.faults.concat().contains(named), "{:?}", last.faults);
    }
}

#[test]
fn prism_gives_the_refusal_it_is_told_to_give_once() {
    let Some(mocks) = Mocks::installed() else {
        return;
    };
    let prism = mocks.prism(Forge::GitHub);
    let merge = "/repos/acme/demo/pulls/1/merge";
    let body = json!({"sha": "0".repeat(40), "merge_method": "merge"});
    for status in [403, 404, 405, 409, 422] {
        prism.recorder.answer_next_with(status);
        let refused = ask(&prism.recorder, "t", "PUT", merge, body.clone());
        assert_eq!(refused.0, status);
        assert!(refused.1["message"].is_string(), "{refused:?}");
    }
    assert_eq!(ask(&prism.recorder, "t", "PUT", merge, body).0, 200);
    prism.recorder.all_are_well_formed();
}

#[test]
fn forgejo_and_gitea_each_take_their_own_key_for_admins_and_refuse_the_others() {
    let Some(mocks) = Mocks::installed() else {
        return;
    };
    let (forgejos, giteas) = ("apply_to_admins", "block_admin_merge_override");
    for (forge, own, others) in [
        (Forge::Forgejo, forgejos, giteas),
        (Forge::Gitea, giteas, forgejos),
    ] {
        let prism = mocks.prism(forge);
        let rules = "/api/v1/repos/acme/demo/branch_protections";
        let one = format!("{rules}/backup%2F**");
        let rule = |key: &str| {
            json!({"rule_name": "backup/**", "enable_push": true, "enable_push_whitelist": true,
                "push_whitelist_usernames": ["operator"], key: true})
        };
        let asked = |method, path: &str, body| ask(&prism.recorder, "t", method, path, body).0;
        assert_eq!(asked("POST", rules, rule(own)), 201);
        assert_eq!(asked("GET", &one, Value::Null), 200);
        assert_eq!(asked("PATCH", &one, json!({own: true})), 200);
        assert_eq!(asked("DELETE", &one, Value::Null), 204);
        assert_eq!(asked("GET", "/api/v1/version", Value::Null), 200);
        prism.recorder.all_are_well_formed();

        assert_eq!(asked("POST", rules, rule(others)), 422);
        let last = prism.recorder.seen().pop().unwrap();
        assert!(last.faults.concat().contains(others), "{last:?}");
    }
}

#[test]
fn emulate_merges_into_a_protected_branch_only_what_another_has_approved() {
    let Some(mocks) = Mocks::installed().filter(|_| have(&["openssl"])) else {
        return;
    };
    let place = Place::new();
    let emulated = mocks.emulate(&place);
    let github = &emulated.recorder;
    let ada = |method, path: &str, body| {
        ask(
            github,
            ADA_TOKEN,
            method,
            &format!("/repos/acme/demo{path}"),
            body,
        )
    };
    let (status, main) = ada("GET", "/git/ref/heads/main", Value::Null);
    assert_eq!(status, 200, "{main}");
    let sha = main["object"]["sha"].as_str().unwrap();
    let (status, made) = ada(
        "POST",
        "/git/refs",
        json!({"ref": "refs/heads/sandbox-1", "sha": sha}),
    );
    assert_eq!(status, 201, "{made}");
    let (status, written) = ada(
        "PUT",
        "/contents/new.txt",
        json!({"message": "Add", "content": "bmV3Cg==", "branch": "sandbox-1"}),
    );
    assert_eq!(status, 201, "{written}");
    let head = written["commit"]["sha"].as_str().unwrap();
    assert_eq!(ada("PUT", "/branches/main/protection", classic()).0, 200);

    let (status, refused) = ada("PATCH", "/git/refs/heads/main", json!({"sha": head}));
    assert_eq!(status, 409, "{refused}");
    let (status, pull) = ada(
        "POST",
        "/pulls",
        json!({"title": "Add", "head": "sandbox-1", "base": "main", "body": "Why"}),
    );
    assert_eq!(status, 201, "{pull}");
    let pull = format!("/pulls/{}", pull["number"]);
    let merge = json!({"sha": head, "merge_method": "merge"});
    let (status, refused) = ada("PUT", &format!("{pull}/merge"), merge.clone());
    assert_eq!(status, 422, "{refused}");
    let (status, review) = ask(
        github,
        BOB_TOKEN,
        "POST",
        &format!("/repos/acme/demo{pull}/reviews"),
        json!({"commit_id": head, "event": "APPROVE"}),
    );
    // GitHub answers 200 here, and above 405 where emulate has 422.
    assert_eq!((status, &review["state"]), (201, &json!("APPROVED")));
    let (status, merged) = ada("PUT", &format!("{pull}/merge"), merge);
    assert_eq!((status, &merged["merged"]), (200, &json!(true)), "{merged}");
}

/// What an App shows of itself: `header.claims` in base64, and its signature.
fn app_token(place: &Place, key: &Path) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = now.as_secs();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = json!({"iat": now - 60, "exp": now + 540, "iss": APP_ID.to_string()});
    let signed = format!("{head}.{}", part(claims));
    fs::write(place.path("signed"), &signed).unwrap();
    let made = Command::new("openssl")
        .args(["dgst", "-sha256", "-sign"])
        .args([key, &place.path("signed")])
        .output()
        .unwrap();
    assert!(made.status.success());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(made.stdout))
}

#[test]
fn emulate_gives_an_app_a_token_for_its_repository_and_no_more_than_was_asked() {
    let Some(mocks) = Mocks::installed().filter(|_| have(&["openssl"])) else {
        return;
    };
    let place = Place::new();
    let emulated = mocks.emulate(&place);
    let github = &emulated.recorder;
    let app = app_token(&place, &emulated.key);
    let demo = "/repos/acme/demo";
    let (status, found) = ask(
        github,
        &app,
        "GET",
        &format!("{demo}/installation"),
        Value::Null,
    );
    assert_eq!(
        (status, &found["id"]),
        (200, &json!(INSTALLATION_ID)),
        "{found}"
    );
    let (status, given) = ask(
        github,
        &app,
        "POST",
        &format!("/app/installations/{INSTALLATION_ID}/access_tokens"),
        json!({"repositories": ["demo"], "permissions": {"contents": "read", "metadata": "read"}}),
    );
    assert_eq!(status, 201, "{given}");
    let token = given["token"].as_str().unwrap();
    assert_eq!(ask(github, token, "GET", demo, Value::Null).0, 200);
    let protection = format!("{demo}/branches/main/protection");
    let (status, refused) = ask(github, token, "PUT", &protection, classic());
    assert_eq!(status, 403, "{refused}");
}

/// A pre-receive hook that writes down who pushes what with which option, and
/// refuses what is pushed with the option `refuse`.
fn witness(repository: &Path) {
    let hook = repository.join("hooks/pre-receive");
    fs::write(
        &hook,
        "#!/bin/sh\nread old new ref\n\
         echo \"gl=$GL_USER remote=$REMOTE_USER $ref $GIT_PUSH_OPTION_0\" >>witnessed\n\
         if [ \"$GIT_PUSH_OPTION_0\" = refuse ]; then echo 'not so' >&2; exit 1; fi\n",
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
}

fn witnessed(repository: &Path) -> Vec<String> {
    let text = fs::read_to_string(repository.join("witnessed")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A repository with one commit on `main`.
fn project(place: &Place) -> PathBuf {
    let folder = place.path("project");
    place.git(
        &place.path("home"),
        &["init", "-q", folder.to_str().unwrap()],
    );
    place.git(&folder, &["commit", "-q", "--allow-empty", "-m", "Start"]);
    folder
}

#[track_caller]
fn refused(place: &Place, folder: &Path, args: &[&str]) -> String {
    let output = place.command("git", folder).args(args).output().unwrap();
    assert!(!output.status.success(), "git {args:?} was not refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_hook_behind_gitolite_sees_who_pushed_and_with_which_option() {
    if !have(&gitolite::PEERS) {
        return;
    }
    let mut place = Place::new();
    let gitolite = Gitolite::start(&place);
    let server = gitolite.repository();
    // The settings of gitolite.conf have reached the repository.
    let set = place.git(&server, &["config", "receive.advertisePushOptions"]);
    assert_eq!(set.trim(), "true");
    witness(&server);
    place.with_env("GIT_SSH_COMMAND", gitolite.client());
    let folder = project(&place);
    for user in gitolite::USERS {
        let branch = format!("HEAD:refs/heads/of-{user}");
        let option = format!("from={user}");
        let url = gitolite.url(user);
        place.git(&folder, &["push", "-q", "-o", &option, &url, &branch]);
    }
    let said = refused(
        &place,
        &folder,
        &[
            "push",
            "-o",
            "refuse",
            &gitolite.url("bob"),
            "HEAD:refs/heads/main",
        ],
    );
    assert!(said.contains("not so"), "{said}");
    assert_eq!(
        witnessed(&server),
        [
            "gl=ada remote= refs/heads/of-ada from=ada",
            "gl=bob remote= refs/heads/of-bob from=bob",
            "gl=operator remote= refs/heads/of-operator from=operator",
            "gl=bob remote= refs/heads/main refuse",
        ]
    );
    // gitolite's own rules hold too: there is no other repository to write to.
    let said = refused(
        &place,
        &folder,
        &["push", "ada:gitolite-admin", "HEAD:main"],
    );
    assert!(said.contains("DENIED"), "{said}");
}

#[test]
fn a_hook_behind_a_web_server_sees_who_pushed_and_with_which_option() {
    if !have(&["nginx", "fcgiwrap", "git"]) {
        return;
    }
    let place = Place::new();
    let web = nginx(
        &place,
        &Site {
            passwords: &[("ada", "pa55-ada"), ("bob", "pa55-bob")],
            ..Site::default()
        },
    );
    let server = place.remote("demo", &[]);
    place.git(&server, &["config", "receive.advertisePushOptions", "true"]);
    witness(&server);
    let folder = project(&place);
    let host = web.base.strip_prefix("http://").unwrap();
    for user in ["ada", "bob"] {
        let url = format!("http://{user}:pa55-{user}@{host}/demo.git");
        let branch = format!("HEAD:refs/heads/of-{user}");
        let option = format!("from={user}");
        place.git(&folder, &["push", "-q", "-o", &option, &url, &branch]);
    }
    let bob = format!("http://bob:pa55-bob@{host}/demo.git");
    let said = refused(
        &place,
        &folder,
        &["push", "-o", "refuse", &bob, "HEAD:refs/heads/new"],
    );
    assert!(said.contains("not so"), "{said}");
    let nobody = format!("http://{host}/demo.git");
    refused(&place, &folder, &["push", &nobody, "HEAD:refs/heads/new"]);
    assert_eq!(
        witnessed(&server),
        [
            "gl= remote=ada refs/heads/of-ada from=ada",
            "gl= remote=bob refs/heads/of-bob from=bob",
            "gl= remote=bob refs/heads/new refuse",
        ]
    );
}
