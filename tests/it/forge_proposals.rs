//! Proposals at each provider: found, opened, updated, approved at one commit alone, and
//! never one's own.

use aidf::error::Kind;
use aidf::forge::{Approval, Provider};
use serde_json::{Value, json};

use crate::forge_protection::{connect, place, settings};
use crate::support::{Asked, ForgeServer, Reply};

const HEAD: &str = "1111111111111111111111111111111111111111";

fn pull(number: u64, head: &str, repo: u64) -> Value {
    json!({
        "number": number, "html_url": format!("https://h/{number}"), "draft": false,
        "head": {"ref": head, "sha": HEAD, "repo_id": repo, "repo": {"full_name": if repo == 1 { "o/r" } else { "fork/r" }}},
        "base": {"ref": "main", "repo_id": 1}, "user": {"login": "agent"},
    })
}

fn merge(number: u64, head: &str, project: u64) -> Value {
    json!({
        "iid": number, "web_url": format!("https://h/{number}"), "draft": true, "sha": HEAD,
        "source_branch": head, "target_branch": "main", "source_project_id": project,
        "target_project_id": 1, "author": {"username": "agent"},
    })
}

/// What every provider is asked in its own words; `approve` answers the approval.
fn answer(asked: &Asked, approve: &Reply) -> Reply {
    let path = asked.path();
    match (asked.method.as_str(), path) {
        ("POST", p) if p.ends_with("/reviews") || p.ends_with("/approve") => approve.clone(),
        ("GET", p) if p.ends_with("/reviews") => Reply::json(200, json!([])),
        ("GET", "/repos/o/r/pulls") => Reply::json(
            200,
            json!([
                pull(1, "other", 1),
                pull(2, "sandbox-x", 2),
                pull(3, "sandbox-x", 1)
            ]),
        ),
        ("GET", "/projects/o%2Fr/merge_requests") => Reply::json(
            200,
            json!([merge(2, "sandbox-x", 2), merge(3, "sandbox-x", 1)]),
        ),
        (_, p) if p.starts_with("/repos/o/r/pulls") => Reply::json(200, pull(3, "sandbox-x", 1)),
        ("GET", p) if p.ends_with("/approvals") => {
            Reply::json(200, json!({"user_has_approved": false}))
        }
        (_, p) if p.starts_with("/projects/o%2Fr/merge_requests") => {
            Reply::json(200, merge(3, "sandbox-x", 1))
        }
        ("GET", "/user") => Reply::json(200, json!({"login": "agent", "username": "agent"})),
        _ => Reply::missing(),
    }
}

const ALL: [Provider; 3] = [Provider::GitHub, Provider::GitLab, Provider::Gitea];

#[test]
fn a_proposal_is_found_opened_and_updated() {
    for provider in ALL {
        let server = ForgeServer::start(|asked| answer(asked, &Reply::missing()));
        let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
        let forge = connect(&settings, &endpoint, provider);
        let found = forge.find_proposal("sandbox-x", "main").unwrap().unwrap();
        assert_eq!(
            (found.number, found.head.as_str(), found.author.as_str()),
            (3, HEAD, "agent")
        );
        assert_eq!(found.base, "main");
        assert_eq!(forge.read_proposal(3).unwrap(), found);
        assert!(forge.find_proposal("sandbox-y", "main").unwrap().is_none());
        let opened = forge.open_proposal("sandbox-x", "main", "T", "B").unwrap();
        assert_eq!(opened.url, "https://h/3");
        forge.update_proposal(3, Some("T2"), None).unwrap();
        let asked = server.asked();
        let writes: Vec<&Asked> = asked.iter().filter(|a| a.method != "GET").collect();
        assert_eq!(writes[0].method, "POST");
        assert_eq!(writes[0].body["title"], "T");
        assert_eq!(writes[1].body, json!({"title": "T2"}));
        assert_eq!(forge.identity().unwrap().as_deref(), Some("agent"));
    }
}

#[test]
fn an_approval_is_pinned_to_the_commit_that_was_looked_at() {
    for provider in ALL {
        let server = ForgeServer::start(|asked| answer(asked, &Reply::json(200, json!({}))));
        let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
        let forge = connect(&settings, &endpoint, provider);
        let seen = forge.read_proposal(3).unwrap();
        assert_eq!(forge.approve(&seen).unwrap(), Approval::Given);
        let asked = server.asked();
        let sent = &asked.iter().rfind(|a| a.method == "POST").unwrap().body;
        let pinned = sent.get("commit_id").or(sent.get("sha")).unwrap();
        assert_eq!(pinned, HEAD);
        let before = server.writes().len();
        let mut other = seen.clone();
        other.head = "2".repeat(40);
        let error = forge.approve(&other).unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict, "{error}");
        assert_eq!(server.writes().len(), before, "nothing was approved");
    }
}

#[test]
fn who_has_approved_a_commit_does_not_approve_it_again() {
    let review = |who: &str, state: &str, commit: &str| json!({"user": {"login": who}, "state": state, "commit_id": commit});
    let ours = review("Agent", "APPROVED", HEAD);
    let with = |name: &str, value: bool| {
        let mut review = ours.clone();
        review[name] = json!(value);
        vec![review]
    };
    let other = "2".repeat(40);
    for (reviews, expected) in [
        (with("official", true), Approval::Already),
        (with("official", false), Approval::Given),
        (with("stale", true), Approval::Given),
        (with("dismissed", true), Approval::Given),
        (vec![ours.clone()], Approval::Already),
        (
            vec![ours.clone(), review("agent", "COMMENTED", &other)],
            Approval::Already,
        ),
        (vec![review("other", "APPROVED", HEAD)], Approval::Given),
        (vec![review("agent", "APPROVED", &other)], Approval::Given),
        (
            vec![ours.clone(), review("agent", "CHANGES_REQUESTED", HEAD)],
            Approval::Given,
        ),
        (vec![review("agent", "DISMISSED", HEAD)], Approval::Given),
    ] {
        for provider in [Provider::GitHub, Provider::Gitea] {
            let reviews = reviews.clone();
            let server = ForgeServer::start(move |asked| {
                match asked.method == "GET" && asked.path().ends_with("/reviews") {
                    true => Reply::json(200, json!(reviews)),
                    false => answer(asked, &Reply::json(200, json!({}))),
                }
            });
            let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
            let forge = connect(&settings, &endpoint, provider);
            let seen = forge.read_proposal(3).unwrap();
            assert_eq!(forge.approve(&seen).unwrap(), expected, "{provider:?}");
            let reviewed = server.writes().iter().any(|w| w.ends_with("/reviews"));
            assert_eq!(reviewed, expected == Approval::Given);
        }
    }
}

#[test]
fn reviews_that_cannot_be_read_keep_nobody_from_approving() {
    for status in [403, 404, 500] {
        for provider in [Provider::GitHub, Provider::Gitea] {
            let server = ForgeServer::start(move |asked| {
                match asked.method == "GET" && asked.path().ends_with("/reviews") {
                    true => Reply::json(status, json!({"message": "no"})),
                    false => answer(asked, &Reply::json(200, json!({}))),
                }
            });
            let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
            let forge = connect(&settings, &endpoint, provider);
            let seen = forge.read_proposal(3).unwrap();
            assert_eq!(forge.approve(&seen).unwrap(), Approval::Given);
        }
    }
}

#[test]
fn nobody_approves_their_own() {
    for (provider, refusal) in [
        (
            Provider::GitHub,
            Reply::json(
                422,
                json!({"message": "Unprocessable Entity", "errors": ["Can not approve your own pull request"]}),
            ),
        ),
        (
            Provider::GitLab,
            Reply::json(401, json!({"message": "401 Unauthorized"})),
        ),
        (
            Provider::Gitea,
            Reply::json(
                422,
                json!({"message": "approve your own pull is not allowed"}),
            ),
        ),
    ] {
        let server = ForgeServer::start(move |asked| answer(asked, &refusal));
        let (settings, endpoint) = (settings(&server), place("https://git.example/o/r"));
        let forge = connect(&settings, &endpoint, provider);
        assert_eq!(
            forge.approve(&forge.read_proposal(3).unwrap()).unwrap(),
            Approval::OwnProposal,
            "{provider:?}"
        );
    }
}
