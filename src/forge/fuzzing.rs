//! Fuzz targets for the forges: arbitrary answers, headers, addresses and rules.

use super::answer::{self, Answer};
use super::client::Client;
use super::gitea::rules::{self as gitea_rules, Who};
use super::github::{classic as github_classic, rules as github_rules};
use super::gitlab::rules::{self as gitlab_rules, Facts};
use super::identity::{Auth, Scheme};
use super::login::device::{Device, Polling, Said};
use super::proposal::Proposal;
use super::protection::{DesiredRules, Rule, State};
use super::refusal::{self, Call};
use super::target::{ForgeRepo, encode};
use super::{app, limits};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::fuzzing::two;
use crate::git::{Endpoint, hide};
use crate::http::{Http, HttpSettings};
use crate::progress::Silent;
use crate::secret::Secret;
use crate::url::{HttpUrl, parse_http};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use ureq::Body;
use ureq::http::{Response, Uri};

/// A login that no message may show whole.
const SECRET: &str = "s3cr3t/of-ours-0123456789";
const NOW: i64 = 1_795_342_272;

fn base() -> HttpUrl {
    let Some(url) = parse_http(true, "api.h.example/api/v4") else {
        panic!("a plain address was not read");
    };
    url
}

/// The first byte is the status; what follows is the body.
pub fn answer(data: &[u8]) {
    let Some((&status, body)) = data.split_first() else {
        return;
    };
    let status = 200 + u16::from(status) * 2;
    let response = Response::builder().status(status);
    let Ok(response) = response.body(Body::builder().data(body.to_vec())) else {
        return;
    };
    let auth = Auth::token(Scheme::Bearer, Secret::new(SECRET), "a test");
    let wait = Duration::from_secs(1);
    let read = answer::read(response, "Forge", &base(), &auth, wait, answer::MAX_ANSWER);
    let answer = match read {
        Ok(answer) => answer,
        Err(e) => {
            assert!(!e.in_full().contains(SECRET), "{}", e.in_full());
            return;
        }
    };
    let good = (200..300).contains(&status);
    assert!(answer.said.is_empty() || !good);
    assert!(!answer.said.contains(SECRET), "{}", answer.said);
    assert!(answer.said.chars().count() <= 2000);
    let call = Call {
        forge: "Forge",
        method: "GET",
        path: "/x",
        needs: "a role",
        login: "a test",
        had_login: true,
    };
    let error = refusal::error(&call, &answer);
    assert!(refusal::reason(&error).is_some());
    assert!(!error.in_full().contains(SECRET));
    let _ = refusal::saying_also(error, "more");
    let text = String::from_utf8_lossy(body).into_owned();
    let (first, _) = two(&text);
    let secrets = [SECRET.to_owned(), first.to_owned()];
    let hidden = hide(text.clone(), &secrets);
    assert!(!hidden.contains(SECRET), "{hidden}");
}

/// Reads lines `name: value`. No wait is longer than a day, and the next page is the one
/// that was named.
pub fn headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let headers: Vec<(String, String)> = text
        .lines()
        .filter_map(|l| l.split_once(':'))
        .map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim().to_owned()))
        .collect();
    for status in [200, 403, 429] {
        let answer = Answer {
            status,
            json: Value::Null,
            headers: headers.clone(),
            said: String::new(),
        };
        assert!(!limits::is_limit(&answer) || status != 200);
        for earlier in [0, 1, u32::MAX] {
            let wait = limits::wait(&answer, NOW, earlier);
            assert!((1..=86_400).contains(&wait), "a wait of {wait} s");
        }
    }
    for value in headers.iter().map(|(_, v)| v.as_str()).chain([&*text]) {
        if let Some(next) = limits::next_link(value) {
            assert!(value.contains(&format!("<{next}>")), "{next}");
        }
    }
}

/// The first byte is the status; what follows is JSON. No login sends a person to another
/// server or waits beyond its end, and no token says a second line to a helper.
pub fn device(data: &[u8]) {
    let Some((&status, body)) = data.split_first() else {
        return;
    };
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let said = Said::read(200 + u16::from(status) * 2, &json);
    if let Ok(Said::Granted(grant)) = &said {
        let secrets = [Some(&grant.token), grant.refresh.as_ref()];
        for secret in secrets.into_iter().flatten() {
            let text = secret.reveal();
            assert!(!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
    let Ok(device) = Device::read(&json, &base()) else {
        return;
    };
    if let Ok(address) = device.address.parse::<Uri>() {
        assert_eq!(address.host(), Some("api.h.example"), "{address}");
        assert_eq!(address.scheme_str(), Some("https"), "{address}");
    }
    assert!(!crate::fuzzing::has_control(&device.address));
    assert!(device.user_code.chars().count() <= 64);
    let mut polling = Polling::of(&device);
    let mut passed = Duration::ZERO;
    // However it is slowed down, it comes to an end.
    for _ in 0..1000 {
        let Some(wait) = polling.wait(passed) else {
            break;
        };
        assert!(wait >= Duration::from_secs(1) && passed + wait < device.lasts);
        passed += wait;
        if let Ok(said) = &said {
            polling.heard(said);
        }
    }
    assert!(polling.wait(passed).is_none());
}

/// A redirect or page address is followed only on the same server.
pub fn place(data: &[u8]) {
    let Ok(place) = std::str::from_utf8(data) else {
        return;
    };
    let http = Http::new(
        Duration::from_secs(1),
        Environment::default(),
        Clock::of_machine(),
        |_| HttpSettings::default(),
    );
    let Ok(client) = Client::new(base(), "Forge", Auth::none("no login"), http, &Silent) else {
        panic!("a plain client was not made");
    };
    let from = "https://api.h.example/api/v4/x?page=1";
    if let Some(next) = client.same_server(place, from) {
        // The HTTP library gets the address, so check how the library parses it.
        if let Ok(uri) = next.parse::<Uri>() {
            let host = uri.host().map(str::to_ascii_lowercase);
            assert_eq!(host.as_deref(), Some("api.h.example"), "{next}");
            assert_eq!(uri.scheme_str(), Some("https"), "{next}");
            assert_eq!(uri.port_u16().unwrap_or(443), 443, "{next}");
        }
    }
    let part = encode(place);
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
    assert!(part.bytes().all(sound), "{part}");
    if let Ok(target) = Endpoint::parse(place, Path::new("/")).and_then(|e| ForgeRepo::of(&e)) {
        let path = target.path();
        assert!(!path.chars().any(|c| c.is_control() || c.is_whitespace()));
        let parts = path.split('/');
        assert!(
            parts.clone().all(|p| !["", ".", ".."].contains(&p)),
            "{path}"
        );
        assert!(parts.count() >= 2);
    }
}

/// A value that is not a rule of the branch enforces nothing, whatever its other fields
/// say.
pub fn rules(data: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let wanted = DesiredRules {
        reviewed: vec!["main".to_owned()],
        default_branch: "main".to_owned(),
        backups: true,
        approvals: 1,
        code_owners: true,
        signed_commits: true,
        status_checks: vec!["ci".to_owned()],
        bypass: Vec::new(),
    };
    let list: Vec<Value> = match &json {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    if let Ok(pull) = Proposal::of_pull(&json, "Forge") {
        assert_eq!(json["number"].as_u64(), Some(pull.number));
    }
    let _ = answer::words(&json);
    let _ = app::minted(&json, NOW);
    let want = github_rules::rulesets(&wanted, &[]);
    let bypass = |_| Some(list.clone());
    let who = Who {
        admin_key: "block_admin_merge_override",
        users: Vec::new(),
        teams: Vec::new(),
        me: None,
    };
    for one in list.iter().take(8) {
        for set in &want {
            let _ = github_rules::differences(one, &set.body);
            let _ = github_rules::drift(one, &set.body);
        }
        let mut body = gitea_rules::body("main", &wanted, &who);
        gitea_rules::keep(one, &mut body, who.admin_key);
        let _ = gitea_rules::differences(one, &mut body);
        let _ = gitea_rules::backup_body(Some(one), &who);
        let mut body = gitlab_rules::body("main", &wanted);
        gitlab_rules::keep(one, &mut body);
        let _ = gitlab_rules::same_levels(one, &body);
        let _ = gitlab_rules::as_strict(one, &body);
        let _ = gitlab_rules::lets_push(one, &wanted);
    }
    let _ = github_rules::hindrances(&list, "main", true);
    let said_nothing = list
        .iter()
        .all(|v| !v.is_object() || v.as_object().is_some_and(|o| o.is_empty()));
    for rule in wanted.rules() {
        let drifted = github_rules::Drifted::new();
        let mut states = vec![
            github_rules::judge(rule, "main", &list, &wanted, &[], &bypass, &drifted),
            github_classic::judge(rule, "main", list.first().unwrap_or(&Value::Null), &wanted),
        ];
        let first = gitea_rules::first(&list, "main");
        states.push(gitea_rules::judge(rule, "main", first, &wanted, &who));
        let matching = gitlab_rules::matching(&list, "main");
        let facts = Facts {
            approval_rules: Some(json.clone()),
            push_rule: list.first().cloned(),
            project: list.last().cloned(),
        };
        states.push(gitlab_rules::judge(
            rule, "main", &matching, &wanted, &facts,
        ));
        if said_nothing {
            for state in states {
                // Classic protection, where it exists, forbids forced pushes and deletion
                // by default.
                let by_itself = [Rule::NoForce, Rule::NoDeletion].contains(&rule);
                assert!(
                    by_itself || state.state != State::Enforced,
                    "{rule}: {json}"
                );
            }
        }
    }
}
