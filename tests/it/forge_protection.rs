//! Protection at each provider, against a server that keeps what it is told: what is
//! missing is brought about, a second run changes nothing, drift is seen, and only ours
//! is taken away.

use std::path::Path;
use std::sync::{Arc, Mutex};

use aidf::error::Kind;
use aidf::forge::{
    Access, DesiredRules, Forge, ForgeSettings, Provider, Purpose, State, Survey, is_plan_limit,
};
use aidf::git::Endpoint;
use aidf::progress::Silent;
use serde_json::{Value, json};

use crate::forge_client::door;
use crate::support::{Asked, ForgeServer, Reply};

/// Settings that lead to a server, with a token.
pub fn settings(server: &ForgeServer) -> ForgeSettings {
    ForgeSettings {
        api_url: Some(server.base()),
        environment: [("AIDF_FORGE_TOKEN", "tok-secret".to_owned())].into(),
        ..ForgeSettings::default()
    }
}

/// A repository's place at a forge.
pub fn place(url: &str) -> Endpoint {
    Endpoint::parse(url, Path::new("/")).unwrap()
}

/// Connects to what is at `server`.
pub fn connect<'a>(
    settings: &'a ForgeSettings,
    endpoint: &'a Endpoint,
    provider: Provider,
) -> Forge<'a> {
    Forge::connect(Access {
        settings,
        endpoint,
        named: true,
        provider: Some(provider),
        purpose: Purpose::Protect,
        http: door(5),
        interactive: false,
        progress: &Silent,
    })
    .unwrap()
}

fn wanted() -> DesiredRules {
    DesiredRules {
        reviewed: vec!["main".to_owned(), "sandbox".to_owned()],
        default_branch: "main".to_owned(),
        backups: true,
        approvals: 1,
        ..DesiredRules::default()
    }
}

fn state_of(survey: &Survey, rule: &str, branch: &str) -> State {
    survey
        .rules
        .iter()
        .find(|r| r.rule.name() == rule && r.branch == branch)
        .unwrap_or_else(|| panic!("no {rule} on {branch}: {survey:#?}"))
        .state
}

fn whats(survey: &Survey) -> Vec<&str> {
    survey.changes.iter().map(|c| c.what.as_str()).collect()
}

type Kept = Arc<Mutex<Vec<Value>>>;

fn decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%2A", "*")
}

/// Whether a pattern of a ruleset means a branch: a star stops at a slash.
fn means(pattern: &str, branch: &str) -> bool {
    let name = format!("refs/heads/{branch}");
    let flat = |front: &str| {
        name.strip_prefix(front)
            .is_some_and(|rest| !rest.contains('/'))
    };
    pattern == name
        || (pattern == "~DEFAULT_BRANCH" && branch == "main")
        || pattern == "~ALL"
        || match pattern.strip_suffix("**/*") {
            Some(front) => name.starts_with(front),
            None => pattern.strip_suffix('*').is_some_and(flat),
        }
}

/// GitHub with rulesets.
fn github(kept: &Kept) -> ForgeServer {
    let kept = Arc::clone(kept);
    ForgeServer::start(move |asked: &Asked| {
        let mut kept = kept.lock().unwrap();
        let Some(rest) = asked.path().strip_prefix("/repos/o/r") else {
            return Reply::missing();
        };
        let id = rest
            .strip_prefix("/rulesets/")
            .and_then(|id| id.parse::<u64>().ok());
        let at = id.and_then(|id| kept.iter().position(|r| r["id"] == id));
        match (asked.method.as_str(), rest, at) {
            ("GET", "/rulesets", _) => {
                let brief: Vec<Value> = kept
                    .iter()
                    .map(|r| json!({"id": r["id"], "name": r["name"], "source_type": r["source_type"], "enforcement": r["enforcement"]}))
                    .collect();
                Reply::json(200, json!(brief))
            }
            ("POST", "/rulesets", _) => {
                let mut set = asked.body.clone();
                set["id"] = json!(100 + kept.len());
                set["source_type"] = json!("Repository");
                kept.push(set.clone());
                Reply::json(201, set)
            }
            ("GET", _, Some(at)) => Reply::json(200, kept[at].clone()),
            ("PUT", _, Some(at)) => {
                let (id, kind) = (kept[at]["id"].clone(), kept[at]["source_type"].clone());
                kept[at] = asked.body.clone();
                kept[at]["id"] = id;
                kept[at]["source_type"] = kind;
                Reply::json(200, kept[at].clone())
            }
            ("DELETE", _, Some(at)) => {
                kept.remove(at);
                Reply::empty(204)
            }
            ("GET", "/collaborators", _) => {
                Reply::json(200, json!([{"login": "a"}, {"login": "b"}]))
            }
            ("GET", rest, _) if rest.starts_with("/rules/branches/") => {
                let branch = decoded(&rest["/rules/branches/".len()..]);
                let mut all = Vec::new();
                for set in kept.iter().filter(|s| s["enforcement"] == "active") {
                    let names = &set["conditions"]["ref_name"];
                    let hit = |key: &str| {
                        let list = names[key].as_array().unwrap();
                        list.iter()
                            .filter_map(Value::as_str)
                            .any(|i| means(i, &branch))
                    };
                    if hit("include") && !hit("exclude") {
                        for rule in set["rules"].as_array().unwrap() {
                            let mut rule = rule.clone();
                            rule["ruleset_id"] = set["id"].clone();
                            rule["ruleset_source_type"] = set["source_type"].clone();
                            rule["ruleset_source"] = json!("acme");
                            all.push(rule);
                        }
                    }
                }
                Reply::json(200, json!(all))
            }
            _ => Reply::missing(),
        }
    })
}

#[test]
fn github_rulesets_are_brought_about_once_and_only_ours_removed() {
    let kept: Kept = Arc::new(Mutex::new(vec![json!({
        "id": 1, "name": "theirs", "source_type": "Repository", "enforcement": "active",
        "target": "branch", "rules": [], "bypass_actors": [],
        "conditions": {"ref_name": {"include": ["refs/heads/x"], "exclude": []}},
    })]));
    let server = github(&kept);
    let (settings, endpoint) = (settings(&server), place("git@github.com:o/r.git"));
    let forge = connect(&settings, &endpoint, Provider::GitHub);
    let before = forge.survey(&wanted()).unwrap();
    assert!(
        before.rules.iter().all(|r| r.state == State::Missing),
        "{before:#?}"
    );
    assert_eq!(
        whats(&before),
        [
            "create ruleset `aidf: main`",
            "create ruleset `aidf: sandbox`",
            "create ruleset `aidf: backup/**`"
        ]
    );
    assert!(server.writes().is_empty(), "a survey changes nothing");
    forge.apply(&before.changes).unwrap();
    let after = forge.survey(&wanted()).unwrap();
    assert!(
        after.rules.iter().all(|r| r.state == State::Enforced),
        "{after:#?}"
    );
    assert_eq!(after.rules.len(), 8);
    assert!(
        after.changes.is_empty() && after.warnings.is_empty(),
        "{after:#?}"
    );

    // Somebody turns one off, and lets administrators past another.
    kept.lock().unwrap()[1]["enforcement"] = json!("evaluate");
    kept.lock().unwrap()[2]["bypass_actors"] =
        json!([{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]);
    let drift = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&drift, "review", "main"), State::Missing);
    assert_eq!(state_of(&drift, "review", "sandbox"), State::Advisory);
    assert_eq!(
        state_of(&drift, "create_only", "backup/**"),
        State::Enforced
    );
    assert_eq!(
        whats(&drift),
        [
            "correct ruleset `aidf: main` (enforcement)",
            "correct ruleset `aidf: sandbox` (bypass_actors)"
        ]
    );
    assert!(
        drift
            .warnings
            .iter()
            .any(|w| w.contains("not active (evaluate)")),
        "{drift:#?}"
    );
    forge.apply(&drift.changes).unwrap();
    assert!(forge.survey(&wanted()).unwrap().changes.is_empty());

    let removal = forge.removal(&wanted()).unwrap();
    assert_eq!(removal.changes.len(), 3);
    assert!(removal.left[0].contains("theirs"), "{removal:?}");
    forge.apply(&removal.changes).unwrap();
    forge.apply(&removal.changes).unwrap();
    assert_eq!(kept.lock().unwrap().len(), 1);
}

#[test]
fn those_who_bypass_are_named_by_number() {
    let server = ForgeServer::start(|asked| match asked.path() {
        "/users/ann" => Reply::json(200, json!({"id": 42})),
        "/orgs/o/teams/ops" => Reply::json(200, json!({"id": 43})),
        p if p.starts_with("/repos/o/r/") => Reply::json(200, json!([])),
        _ => Reply::missing(),
    });
    let (settings, endpoint) = (settings(&server), place("https://github.com/o/r"));
    let forge = connect(&settings, &endpoint, Provider::GitHub);
    let with = |who: &[&str]| DesiredRules {
        bypass: who.iter().map(|w| w.to_string()).collect(),
        ..wanted()
    };
    let all = ["admins", "user:ann", "team:ops", "team:7", "app:9"];
    let survey = forge.survey(&with(&all)).unwrap();
    let body = survey.changes[0].body.as_ref().unwrap();
    let actors: Vec<String> = body["bypass_actors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| format!("{} {}", a["actor_type"].as_str().unwrap(), a["actor_id"]))
        .collect();
    let named = [
        "RepositoryRole 5",
        "User 42",
        "Team 43",
        "Team 7",
        "Integration 9",
    ];
    assert_eq!(actors, named);
    let error = forge.survey(&with(&["team:nobody"])).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
}

#[test]
fn rules_of_an_organisation_count_and_hinder() {
    let kept: Kept = Arc::new(Mutex::new(vec![json!({
        "id": 9, "name": "org", "source_type": "Organization", "enforcement": "active",
        "rules": [{"type": "deletion"}, {"type": "non_fast_forward"}],
        "conditions": {"ref_name": {"include": ["~ALL"], "exclude": []}},
    })]));
    let server = github(&kept);
    let (settings, endpoint) = (settings(&server), place("https://github.com/o/r"));
    let forge = connect(&settings, &endpoint, Provider::GitHub);
    let survey = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&survey, "no_force", "main"), State::Unknown);
    assert_eq!(state_of(&survey, "review", "main"), State::Missing);
    let detail = &survey
        .rules
        .iter()
        .find(|r| r.rule.name() == "no_force")
        .unwrap()
        .detail;
    assert!(
        detail.contains("organization acme") && detail.contains("not visible"),
        "{detail}"
    );
    for word in [
        "sandbox-* from being forced",
        "sandbox-* from being deleted",
    ] {
        assert!(
            survey.warnings.iter().any(|w| w.contains(word)),
            "{survey:#?}"
        );
    }
}

#[test]
fn a_plan_without_protection_is_named_and_applying_is_denied() {
    let server = ForgeServer::start(|_| {
        Reply::json(
            403,
            json!({"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}),
        )
    });
    let (settings, endpoint) = (settings(&server), place("https://github.com/o/r"));
    let forge = connect(&settings, &endpoint, Provider::GitHub);
    let survey = forge.survey(&wanted()).unwrap();
    assert!(
        survey
            .rules
            .iter()
            .all(|r| r.state == State::Missing && r.detail.contains("plan"))
    );
    let error = forge.apply(&survey.changes).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(is_plan_limit(&error), "{error:?}");
}

#[test]
fn what_may_not_be_read_is_unknown() {
    for (provider, url) in [
        (Provider::GitHub, "https://github.com/o/r"),
        (Provider::GitLab, "https://gitlab.com/o/r"),
        (Provider::Gitea, "https://codeberg.org/o/r"),
    ] {
        let server = ForgeServer::start(|_| Reply::json(403, json!({"message": "no access"})));
        let (settings, endpoint) = (settings(&server), place(url));
        let survey = connect(&settings, &endpoint, provider)
            .survey(&wanted())
            .unwrap();
        assert!(
            survey.rules.iter().all(|r| r.state == State::Unknown),
            "{survey:#?}"
        );
        assert!(survey.changes.is_empty() && survey.blocked.is_some());
    }
}

#[test]
fn a_repository_that_is_not_there_is_not_found() {
    for provider in [Provider::GitHub, Provider::GitLab, Provider::Gitea] {
        let server = ForgeServer::start(|_| Reply::missing());
        let (settings, endpoint) = (settings(&server), place("https://github.com/o/r"));
        let error = connect(&settings, &endpoint, provider)
            .survey(&wanted())
            .unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{error}");
    }
}

#[test]
fn github_without_rulesets_gets_classic_protection() {
    let kept: Kept = Arc::default();
    let theirs = Arc::clone(&kept);
    let server = ForgeServer::start(move |asked| {
        let mut kept = theirs.lock().unwrap();
        let Some(rest) = asked.path().strip_prefix("/repos/o/r") else {
            return Reply::missing();
        };
        if rest.is_empty() {
            return Reply::json(200, json!({"full_name": "o/r"}));
        }
        let Some(branch) = rest
            .strip_prefix("/branches/")
            .and_then(|r| r.strip_suffix("/protection"))
        else {
            return Reply::missing();
        };
        let at = kept.iter().position(|p| p["branch"] == branch);
        match (asked.method.as_str(), at) {
            ("GET", Some(at)) => Reply::json(200, kept[at].clone()),
            ("PUT", at) => {
                let on = |key: &str| json!({"enabled": asked.body[key] == true});
                let there = json!({
                    "branch": branch,
                    "required_pull_request_reviews": asked.body["required_pull_request_reviews"],
                    "enforce_admins": on("enforce_admins"),
                    "allow_force_pushes": on("allow_force_pushes"),
                    "allow_deletions": on("allow_deletions"),
                });
                if let Some(at) = at {
                    kept.remove(at);
                }
                kept.push(there.clone());
                Reply::json(200, there)
            }
            ("DELETE", Some(at)) => {
                kept.remove(at);
                Reply::empty(204)
            }
            _ => Reply::missing(),
        }
    });
    let (settings, endpoint) = (settings(&server), place("https://github.com/o/r"));
    let forge = connect(&settings, &endpoint, Provider::GitHub);
    let before = forge.survey(&wanted()).unwrap();
    assert_eq!(before.changes.len(), 2, "{before:#?}");
    let body = before.changes[0].body.as_ref().unwrap();
    for key in [
        "required_status_checks",
        "enforce_admins",
        "required_pull_request_reviews",
        "restrictions",
    ] {
        assert!(body.get(key).is_some(), "{key} is mandatory");
    }
    forge.apply(&before.changes).unwrap();
    let after = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&after, "review", "main"), State::Enforced);
    assert_eq!(state_of(&after, "create_only", "backup/**"), State::Missing);
    assert!(after.changes.is_empty(), "{after:#?}");
    let removal = forge.removal(&wanted()).unwrap();
    assert_eq!(removal.changes.len(), 2);
    kept.lock().unwrap()[0]["restrictions"] = json!({"users": []});
    assert_eq!(forge.removal(&wanted()).unwrap().left.len(), 1);
}

#[test]
fn gitlab_protects_each_branch_and_each_backup() {
    let kept: Kept = Arc::new(Mutex::new(vec![json!({
        "name": "main", "push_access_levels": [{"access_level": 40}],
        "merge_access_levels": [{"access_level": 40}], "allow_force_push": true,
    })]));
    let theirs = Arc::clone(&kept);
    let server = ForgeServer::start(move |asked| {
        let mut kept = theirs.lock().unwrap();
        let Some(rest) = asked.path().strip_prefix("/projects/g%2Fsub%2Fr") else {
            return Reply::missing();
        };
        if asked.header("private-token") != Some("tok-secret") {
            return Reply::json(401, json!({"message": "401 Unauthorized"}));
        }
        let one = rest.strip_prefix("/protected_branches/").map(decoded);
        let at = one.and_then(|n| kept.iter().position(|p| p["name"] == n.as_str()));
        match (asked.method.as_str(), rest, at) {
            ("GET", "/protected_branches", _) => Reply::json(200, json!(*kept)),
            ("GET", "/repository/branches", _) => Reply::json(
                200,
                json!([{"name": "backup/b"}, {"name": "backup/a"}, {"name": "x-backup/c"}]),
            ),
            ("POST", "/protected_branches", _) => {
                if kept.iter().any(|p| p["name"] == asked.body["name"]) {
                    return Reply::json(409, json!({"message": "Protected branch already exists"}));
                }
                let level = |key: &str| json!([{"access_level": asked.body[key]}]);
                let there = json!({
                    "name": asked.body["name"],
                    "push_access_levels": level("push_access_level"),
                    "merge_access_levels": level("merge_access_level"),
                    "allow_force_push": asked.body["allow_force_push"],
                });
                kept.push(there.clone());
                Reply::json(201, there)
            }
            ("PATCH", _, Some(at)) => {
                kept[at]["allow_force_push"] = asked.body["allow_force_push"].clone();
                Reply::json(200, kept[at].clone())
            }
            ("DELETE", _, Some(at)) => {
                kept.remove(at);
                Reply::empty(204)
            }
            _ => Reply::json(404, json!({"message": "404 Not found"})),
        }
    });
    let (settings, endpoint) = (settings(&server), place("git@gitlab.com:g/sub/r.git"));
    let forge = connect(&settings, &endpoint, Provider::GitLab);
    let before = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&before, "review", "main"), State::Missing);
    assert_eq!(state_of(&before, "no_force", "main"), State::Missing);
    let told = whats(&before).join("; ");
    assert!(told.contains("open in between"), "{told}");
    assert_eq!(before.changes.len(), 4, "{told}");
    forge.apply(&before.changes).unwrap();
    let after = forge.survey(&wanted()).unwrap();
    assert!(after.changes.is_empty(), "{after:#?}");
    assert_eq!(state_of(&after, "no_force", "main"), State::Enforced);
    // The free plan cannot require approvals, and maintainers can delete.
    assert_eq!(state_of(&after, "review", "main"), State::Advisory);
    assert_eq!(state_of(&after, "no_deletion", "main"), State::Advisory);
    assert_eq!(
        state_of(&after, "create_only", "backup/**"),
        State::Advisory
    );

    kept.lock().unwrap().push(
        json!({"name": "*", "push_access_levels": [{"access_level": 30}],
        "merge_access_levels": [{"access_level": 30}], "allow_force_push": false}),
    );
    let wide = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&wide, "review", "sandbox"), State::Missing);
    assert!(
        wide.warnings.iter().any(|w| w.contains("sandbox-*")),
        "{wide:#?}"
    );
    let removal = forge.removal(&wanted()).unwrap();
    assert_eq!(removal.changes.len(), 4);
    forge.apply(&removal.changes).unwrap();
    assert_eq!(kept.lock().unwrap().len(), 1);
}

/// Gitea, or Forgejo by its version.
fn gitea(kept: &Kept, version: &'static str) -> ForgeServer {
    let kept = Arc::clone(kept);
    ForgeServer::start(move |asked| {
        let mut kept = kept.lock().unwrap();
        let rest = match asked.path() {
            "/version" => return Reply::json(200, json!({"version": version})),
            "/user" => return Reply::json(200, json!({"login": "operator"})),
            other => other.strip_prefix("/repos/o/r/branch_protections"),
        };
        let at = rest
            .and_then(|r| r.strip_prefix('/'))
            .map(decoded)
            .and_then(|n| kept.iter().position(|p| p["rule_name"] == n.as_str()));
        match (asked.method.as_str(), rest, at) {
            ("GET", Some(""), _) => Reply::json(200, json!(*kept)),
            ("POST", Some(""), _) => {
                if kept
                    .iter()
                    .any(|p| p["rule_name"] == asked.body["rule_name"])
                {
                    return Reply::json(403, json!({"message": "Branch protection already exist"}));
                }
                kept.push(asked.body.clone());
                Reply::json(201, asked.body.clone())
            }
            ("PATCH", _, Some(at)) => {
                for (key, value) in asked.body.as_object().unwrap() {
                    kept[at][key] = value.clone();
                }
                Reply::json(200, kept[at].clone())
            }
            ("DELETE", _, Some(at)) => {
                kept.remove(at);
                Reply::empty(204)
            }
            _ => Reply::missing(),
        }
    })
}

#[test]
fn gitea_and_forgejo_are_protected_each_in_its_own_words() {
    for (version, key, not) in [
        ("1.22.0", "block_admin_merge_override", "apply_to_admins"),
        (
            "9.0.0+gitea-1.22.0",
            "apply_to_admins",
            "block_admin_merge_override",
        ),
    ] {
        let kept: Kept = Arc::default();
        let server = gitea(&kept, version);
        let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
        let forge = connect(&settings, &endpoint, Provider::Gitea);
        let before = forge.survey(&wanted()).unwrap();
        assert_eq!(before.changes.len(), 3, "{before:#?}");
        let body = before.changes[0].body.as_ref().unwrap();
        assert!(body[key] == true && body.get(not).is_none(), "{body}");
        forge.apply(&before.changes).unwrap();
        let after = forge.survey(&wanted()).unwrap();
        assert!(after.changes.is_empty(), "{after:#?}");
        assert_eq!(state_of(&after, "review", "main"), State::Enforced);
        assert_eq!(
            state_of(&after, "no_deletion", "backup/**"),
            State::Enforced
        );
        assert_eq!(
            state_of(&after, "create_only", "backup/**"),
            State::Advisory
        );
        assert_eq!(
            server.asked()[0].header("authorization"),
            Some("token tok-secret")
        );

        kept.lock().unwrap()[0]["enable_push"] = json!(true);
        kept.lock().unwrap()[0]["enable_push_whitelist"] = json!(false);
        let drift = forge.survey(&wanted()).unwrap();
        assert_eq!(state_of(&drift, "review", "main"), State::Missing);
        assert_eq!(
            whats(&drift),
            ["correct branch protection `main` (enable_push)"]
        );
        assert_eq!(forge.removal(&wanted()).unwrap().left.len(), 1);
        forge.apply(&drift.changes).unwrap();
        assert!(forge.survey(&wanted()).unwrap().changes.is_empty());
        let removal = forge.removal(&wanted()).unwrap();
        forge.apply(&removal.changes).unwrap();
        assert!(kept.lock().unwrap().is_empty());
    }
}

fn detail_of<'s>(survey: &'s Survey, rule: &str, branch: &str) -> &'s str {
    let mut all = survey.rules.iter();
    let found = all.find(|r| r.rule.name() == rule && r.branch == branch);
    &found.unwrap().detail
}

#[test]
fn a_github_ruleset_of_ours_that_drifted_enforces_nothing() {
    let kept: Kept = Arc::default();
    let server = github(&kept);
    let (settings, endpoint) = (settings(&server), place("git@github.com:o/r.git"));
    let forge = connect(&settings, &endpoint, Provider::GitHub);
    let wanted = DesiredRules {
        reviewed: vec!["main".to_owned(), "release/**".to_owned()],
        ..wanted()
    };
    forge
        .apply(&forge.survey(&wanted).unwrap().changes)
        .unwrap();
    let good = forge.survey(&wanted).unwrap();
    assert!(
        good.rules.iter().all(|r| r.state == State::Enforced),
        "{good:#?}"
    );
    let whole = kept.lock().unwrap().clone();
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        *kept.lock().unwrap() = whole.clone();
        change(&mut kept.lock().unwrap());
        forge.survey(&wanted).unwrap()
    };

    let year = &aidf::clock::Moment::now().date()[..4];
    let exclude = json!([format!("refs/heads/backup/{year}*")]);
    let names = "/conditions/ref_name";
    for (include, exclude) in [
        ("refs/heads/backup/*", exclude.clone()),
        ("refs/heads/backup/*", json!([])),
        ("refs/heads/backup/**/*", exclude),
        // What no probe finds.
        ("refs/heads/backup/**/*", json!(["refs/heads/backup/1999*"])),
    ] {
        let seen = with(&|sets| {
            *sets[2].pointer_mut(names).unwrap() =
                json!({"include": [include], "exclude": exclude});
        });
        for rule in ["create_only", "no_deletion"] {
            assert_eq!(
                state_of(&seen, rule, "backup/**"),
                State::Missing,
                "{include} {exclude}"
            );
            let detail = detail_of(&seen, rule, "backup/**");
            assert!(detail.contains("conditions: it includes"), "{detail}");
        }
        assert_eq!(state_of(&seen, "review", "main"), State::Enforced);
    }

    let seen = with(&|sets| {
        for set in &mut sets[..2] {
            set["rules"][2]["parameters"]["dismiss_stale_reviews_on_push"] = json!(false);
        }
    });
    for branch in ["main", "release/**"] {
        assert_eq!(state_of(&seen, "review", branch), State::Missing);
        let detail = detail_of(&seen, "review", branch);
        assert!(detail.contains("dismiss_stale_reviews_on_push"), "{detail}");
    }

    let seen = with(&|sets| {
        let flat = json!(["refs/heads/release/*"]);
        sets[1]["conditions"]["ref_name"]["include"] = flat;
    });
    assert_eq!(state_of(&seen, "no_force", "release/**"), State::Missing);

    // Somebody else's rules, which hold for flat names alone, make nothing whole.
    let seen = with(&|sets| {
        let mut theirs = sets[2].clone();
        theirs["id"] = json!(900);
        theirs["name"] = json!("theirs");
        theirs["conditions"]["ref_name"]["include"] = json!(["refs/heads/backup/*"]);
        sets[2] = theirs;
    });
    assert_eq!(state_of(&seen, "create_only", "backup/**"), State::Missing);
    let detail = detail_of(&seen, "create_only", "backup/**");
    assert!(detail.contains("`backup/aidf-probe/"), "{detail}");

    // A broader bypass is advisory and no more.
    let seen = with(&|sets| {
        sets[2]["bypass_actors"] =
            json!([{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]);
    });
    assert_eq!(state_of(&seen, "create_only", "backup/**"), State::Advisory);
}

#[test]
fn a_gitea_rule_for_flat_backups_is_none_for_nested_ones() {
    let kept: Kept = Arc::default();
    let server = gitea(&kept, "1.22.0");
    let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
    let forge = connect(&settings, &endpoint, Provider::Gitea);
    forge
        .apply(&forge.survey(&wanted()).unwrap().changes)
        .unwrap();
    let whole = kept.lock().unwrap().clone();
    kept.lock().unwrap()[2]["rule_name"] = json!("backup/*");
    let seen = forge.survey(&wanted()).unwrap();
    for rule in ["create_only", "no_deletion"] {
        assert_eq!(state_of(&seen, rule, "backup/**"), State::Missing);
    }
    assert_eq!(
        whats(&seen),
        ["create branch protection `backup/**`"],
        "{seen:#?}"
    );

    *kept.lock().unwrap() = whole;
    kept.lock().unwrap()[0]["dismiss_stale_approvals"] = json!(false);
    let seen = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&seen, "review", "main"), State::Missing);
    assert_eq!(
        whats(&seen),
        ["correct branch protection `main` (dismiss_stale_approvals)"]
    );
    kept.lock().unwrap()[0]["dismiss_stale_approvals"] = json!(true);
    kept.lock().unwrap()[0]["block_on_rejected_reviews"] = json!(false);
    let seen = forge.survey(&wanted()).unwrap();
    assert_eq!(state_of(&seen, "review", "main"), State::Missing);
    let detail = detail_of(&seen, "review", "main");
    assert!(detail.contains("block_on_rejected_reviews"), "{detail}");
}
