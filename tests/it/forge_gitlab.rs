//! GitLab has no mock to run: what is sent to it, held to the bodies of its own
//! documentation, by the real binary.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Asked, Call, FORGE_TOKEN, ForgeServer, Reply, World, clone_of, text};

const PROJECT: &str = "/projects/acme%2Fteam%2Fwidgets";

/// A project below a group, with a sandbox that has one commit of one line.
fn gitlab() -> World {
    let w = clone_of("git@gitlab.com:acme/team/widgets.git");
    let policy = b"propose: {auto_approve_lines: 5}\n";
    w.remote
        .write("sandbox", &[(".aidf.yaml", Some(policy))], "Policy");
    w.remote
        .git(&["update-ref", "refs/heads/main", "refs/heads/sandbox"]);
    w.sandbox();
    w.save("notes.md", "one line\n", "Add a note");
    w
}

fn asking(w: &World, server: &ForgeServer, args: &[&str]) -> Call {
    w.call(args).env("AIDF_FORGE_API_URL", server.base())
}

/// What was sent to change something: method, path below the project, body.
fn sent(server: &ForgeServer) -> Vec<(String, String, Value)> {
    server
        .asked()
        .iter()
        .filter(|a| a.method != "GET")
        .map(|a| {
            let path = a
                .path()
                .strip_prefix(PROJECT)
                .expect("the whole path as one part");
            (a.method.clone(), path.to_owned(), a.body.clone())
        })
        .collect()
}

fn protected(name: &str, push: u64, force: bool) -> Value {
    json!({"name": name, "push_access_levels": [{"access_level": push}],
        "merge_access_levels": [{"access_level": 40}], "allow_force_push": force})
}

/// GitLab with these protections and backups.
fn with(protections: Value, backups: Value) -> ForgeServer {
    ForgeServer::start(move |asked| match (asked.method.as_str(), asked.path()) {
        ("GET", p) if p.ends_with("/protected_branches") => Reply::json(200, protections.clone()),
        ("GET", p) if p.ends_with("/repository/branches") => Reply::json(200, backups.clone()),
        ("GET", _) => Reply::json(404, json!({"message": "404 Not Found"})),
        ("POST", _) => Reply::json(201, json!({})),
        ("DELETE", _) => Reply::empty(204),
        _ => Reply::json(200, json!({})),
    })
}

#[test]
fn each_branch_and_each_backup_is_protected_by_a_body_that_gitlab_knows() {
    let w = gitlab();
    let server = with(json!([]), json!([{"name": "backup/2026-11-22"}]));
    asking(&w, &server, &["protect", "apply", "--json"])
        .run()
        .exits(0);
    let reviewed = |name: &str| {
        json!({"name": name, "push_access_level": 0, "merge_access_level": 40,
            "allow_force_push": false})
    };
    let post = |body: Value| ("POST".to_owned(), "/protected_branches".to_owned(), body);
    assert_eq!(
        sent(&server),
        [
            post(reviewed("main")),
            post(reviewed("sandbox")),
            post(json!({"name": "backup/2026-11-22", "push_access_level": 0,
                "merge_access_level": 0, "allow_force_push": false})),
        ]
    );
    for asked in server.asked() {
        assert_eq!(asked.header("private-token"), Some(FORGE_TOKEN));
        assert_eq!(asked.header("authorization"), None);
    }
}

#[test]
fn owners_of_the_code_and_administrators_are_said_in_gitlabs_words() {
    let w = gitlab();
    let server = with(json!([]), json!([]));
    let out = asking(
        &w,
        &server,
        &[
            "protect",
            "apply",
            "--code-owners",
            "--bypass",
            "admins",
            "--bypass",
            "user:ada",
            "--signed-commits",
            "--status-check",
            "ci",
            "--json",
        ],
    )
    .run()
    .exits(0);
    assert_eq!(
        sent(&server)[0].2,
        json!({"name": "main", "push_access_level": 40, "merge_access_level": 40,
            "allow_force_push": false, "code_owner_approval_required": true})
    );
    let warned = out.json()["warnings"].to_string();
    assert!(
        warned.contains("maintainers push") && warned.contains("paid plans"),
        "{out}"
    );
    assert!(
        warned.contains("user:ada"),
        "it names who is held in words of ours\n{out}"
    );
}

#[test]
fn a_protection_of_other_levels_is_made_anew_and_the_gap_is_told_before_and_after() {
    let w = gitlab();
    let server = with(
        json!([protected("main", 40, true), protected("sandbox", 0, true)]),
        json!([]),
    );
    let plan = asking(&w, &server, &["protect", "plan"]).run().exits(0);
    assert!(plan.stdout.contains("open in between"), "{plan}");
    assert_eq!(sent(&server), []);
    asking(&w, &server, &["protect", "apply"]).run().exits(0);
    let all = sent(&server);
    let short: Vec<(&str, &str)> = all
        .iter()
        .map(|(m, p, _)| (m.as_str(), p.as_str()))
        .collect();
    assert_eq!(
        short,
        [
            ("DELETE", "/protected_branches/main"),
            ("POST", "/protected_branches"),
            ("PATCH", "/protected_branches/sandbox"),
        ]
    );
    assert_eq!(all[2].2, json!({"allow_force_push": false}));
}

#[test]
fn what_is_stricter_than_the_policy_is_kept() {
    let w = gitlab();
    let level = |push: u64| {
        json!({"name": "main", "push_access_levels": [{"access_level": push}],
            "merge_access_levels": [{"access_level": 60}], "allow_force_push": false,
            "code_owner_approval_required": true})
    };
    let server = with(json!([level(0), protected("sandbox", 0, false)]), json!([]));
    asking(&w, &server, &["protect", "apply"]).run().exits(0);
    assert_eq!(sent(&server), []);
    let server = with(
        json!([level(40), protected("sandbox", 0, false)]),
        json!([]),
    );
    asking(&w, &server, &["protect", "apply"]).run().exits(0);
    assert_eq!(
        sent(&server)[1].2,
        json!({"name": "main", "push_access_level": 0, "merge_access_level": 60,
            "allow_force_push": false, "code_owner_approval_required": true})
    );
}

#[test]
fn a_branch_that_was_left_open_by_a_refusal_is_said_to_be() {
    let w = gitlab();
    let server = ForgeServer::start(|asked| match (asked.method.as_str(), asked.path()) {
        ("GET", p) if p.ends_with("/protected_branches") => {
            Reply::json(200, json!([protected("main", 40, true)]))
        }
        ("GET", p) if p.ends_with("/repository/branches") => Reply::json(200, json!([])),
        ("GET", _) => Reply::json(404, json!({"message": "404 Not Found"})),
        ("DELETE", _) => Reply::empty(204),
        _ => Reply::json(403, json!({"message": "403 Forbidden"})),
    });
    let out = asking(&w, &server, &["protect", "apply", "--json"])
        .run()
        .exits(5);
    let message = text(&out.error(), "message");
    assert!(
        message.contains("unprotect `main`") && message.contains("open"),
        "{out}"
    );
    assert!(message.contains("Maintainer"), "it names the role\n{out}");
}

#[test]
fn a_merge_request_is_opened_updated_and_approved_at_its_commit() {
    let w = gitlab();
    let branch = text(&w.json(&["sandbox", "list"])["sandboxes"][0], "branch");
    let head = w.remote.tip(&branch);
    let open = Arc::new(Mutex::new(false));
    let (name, at) = (branch.clone(), head.clone());
    let server = ForgeServer::start(move |asked: &Asked| {
        let mut open = open.lock().unwrap();
        let merge = json!({"iid": 3, "web_url": "https://gitlab.com/acme/team/widgets/-/merge_requests/3",
            "draft": false, "sha": at, "source_branch": name, "target_branch": "main",
            "source_project_id": 1, "target_project_id": 1, "author": {"username": "agent"}});
        match (asked.method.as_str(), asked.path()) {
            ("POST", p) if p.ends_with("/approve") => Reply::json(201, json!({})),
            ("POST", p) if p.ends_with("/merge_requests") => {
                *open = true;
                Reply::json(201, merge)
            }
            ("GET", p) if p.ends_with("/merge_requests") => {
                Reply::json(200, if *open { json!([merge]) } else { json!([]) })
            }
            _ => Reply::json(200, merge),
        }
    });
    for created in [true, false] {
        let report = asking(&w, &server, &["propose", "--json"])
            .run()
            .exits(0)
            .json();
        assert_eq!(
            (&report["created"], &report["number"]),
            (&json!(created), &json!(3))
        );
        assert_eq!(report["approval"], "given");
    }
    let all = sent(&server);
    let (method, path, body) = &all[0];
    assert_eq!(
        (method.as_str(), path.as_str()),
        ("POST", "/merge_requests")
    );
    let keys: Vec<&str> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        ["description", "source_branch", "target_branch", "title"]
    );
    assert_eq!(
        (&body["source_branch"], &body["target_branch"]),
        (&json!(branch), &json!("main"))
    );
    assert_eq!(
        (all[1].0.as_str(), all[1].1.as_str(), &all[1].2),
        ("POST", "/merge_requests/3/approve", &json!({"sha": head}))
    );
    assert_eq!(
        (all[2].0.as_str(), all[2].1.as_str()),
        ("PUT", "/merge_requests/3")
    );
}
