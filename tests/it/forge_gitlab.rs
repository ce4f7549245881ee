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

/// What becomes of a request that is to change a protection.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It is done.
    Done,
    /// It is answered so, and nothing is done.
    Refused(u16),
    /// It is done, and the answer is lost.
    Lost,
    /// It is lost.
    Cut,
    /// It is said to be done.
    Ignored,
}

/// A GitLab that keeps the protections, and what becomes of each DELETE, PATCH and POST in
/// turn; the last fate of a method is that of all its later requests.
fn keeping(
    first: Value,
    fates: &[(&'static str, &[Fate])],
) -> (ForgeServer, Arc<Mutex<Vec<Value>>>) {
    let kept = Arc::new(Mutex::new(vec![first, protected("sandbox", 0, false)]));
    let rules = Arc::clone(&kept);
    let left: Vec<(&str, Vec<Fate>)> = fates.iter().map(|(m, f)| (*m, f.to_vec())).collect();
    let left = Mutex::new(left);
    let server = ForgeServer::start(move |asked| {
        let mut rules = rules.lock().unwrap();
        let name = asked.path().rsplit('/').next().unwrap().to_owned();
        let method = asked.method.as_str();
        let one = rules.iter().position(|r| r["name"] == name.as_str());
        if method == "GET" {
            return match (name.as_str(), one) {
                ("protected_branches", _) => Reply::json(200, json!(*rules)),
                ("branches", _) => Reply::json(200, json!([])),
                (_, Some(one)) => Reply::json(200, rules[one].clone()),
                _ => Reply::json(404, json!({"message": "404 Not Found"})),
            };
        }
        let mut left = left.lock().unwrap();
        let fate = match left.iter_mut().find(|(m, _)| *m == method) {
            Some((_, fates)) if fates.len() > 1 => fates.remove(0),
            Some((_, fates)) => fates[0],
            None => Fate::Done,
        };
        match fate {
            Fate::Refused(status) => return Reply::json(status, json!({"message": "no"})),
            Fate::Cut => return Reply::Cut,
            Fate::Ignored => return Reply::json(200, rules[one.unwrap()].clone()),
            Fate::Done | Fate::Lost => {}
        }
        let levels = |given: &Value, many: &Value| match many {
            Value::Null => json!([{"id": 9, "access_level": given}]),
            many => many.clone(),
        };
        let answer = match (method, one) {
            ("DELETE", Some(one)) => {
                rules.remove(one);
                Reply::empty(204)
            }
            ("PATCH", Some(one)) => {
                for (list, many) in [
                    ("push_access_levels", "allowed_to_push"),
                    ("merge_access_levels", "allowed_to_merge"),
                ] {
                    if let Some(all) = asked.body[many].as_array() {
                        let stay = all.iter().filter(|e| e["_destroy"] != true);
                        rules[one][list] = stay.cloned().collect();
                    }
                }
                rules[one]["allow_force_push"] = json!(false);
                Reply::json(200, rules[one].clone())
            }
            ("POST", _) => {
                let body = &asked.body;
                if rules.iter().any(|r| r["name"] == body["name"]) {
                    return Reply::json(409, json!({"message": "already exists"}));
                }
                rules.push(json!({
                    "name": body["name"], "allow_force_push": body["allow_force_push"],
                    "push_access_levels": levels(&body["push_access_level"], &body["allowed_to_push"]),
                    "merge_access_levels": levels(&body["merge_access_level"], &body["allowed_to_merge"]),
                    "unprotect_access_levels":
                        levels(&body["unprotect_access_level"], &body["allowed_to_unprotect"]),
                }));
                Reply::json(201, json!({}))
            }
            _ => Reply::json(404, json!({"message": "404 Not Found"})),
        };
        match fate {
            Fate::Lost => Reply::Cut,
            _ => answer,
        }
    });
    (server, kept)
}

/// A protection that somebody made: Ada and a key may push, developers may merge, and owners
/// may take it away.
fn of_people() -> Value {
    json!({"name": "main", "allow_force_push": true,
        "push_access_levels": [
            {"id": 1, "access_level": 40, "user_id": null},
            {"id": 2, "access_level": 40, "user_id": 5},
            {"id": 3, "access_level": 40, "deploy_key_id": 6}],
        "merge_access_levels": [{"id": 4, "access_level": 30}],
        "unprotect_access_levels": [{"id": 5, "access_level": 50}]})
}

/// The requests that changed something, as `METHOD`.
fn methods(server: &ForgeServer) -> Vec<String> {
    sent(server)
        .into_iter()
        .map(|(method, ..)| method)
        .collect()
}

fn main_of(rules: &Mutex<Vec<Value>>) -> Option<Value> {
    let rules = rules.lock().unwrap();
    rules.iter().find(|r| r["name"] == "main").cloned()
}

#[test]
fn a_protection_is_changed_in_place_where_gitlab_can_do_that() {
    let w = gitlab();
    let (server, rules) = keeping(of_people(), &[]);
    let plan = asking(&w, &server, &["protect", "plan"]).run().exits(0);
    assert!(plan.stdout.contains("open in between"), "{plan}");
    asking(&w, &server, &["protect", "apply"]).run().exits(0);
    assert_eq!(methods(&server), ["PATCH"]);
    assert_eq!(
        sent(&server)[0].2,
        json!({"allow_force_push": false,
            "allowed_to_push": [{"id": 1, "access_level": 0},
                {"id": 2, "_destroy": true}, {"id": 3, "_destroy": true}],
            "allowed_to_merge": [{"id": 4, "access_level": 40}]})
    );
    let main = main_of(&rules).unwrap();
    assert_eq!(main["unprotect_access_levels"][0]["access_level"], 50);
    asking(&w, &server, &["protect", "apply"]).run().exits(0);
    assert_eq!(methods(&server), ["PATCH"], "a second run changes nothing");
}

#[test]
fn a_protection_that_cannot_be_changed_in_place_is_made_anew_with_what_aidf_does_not_set() {
    let w = gitlab();
    for fate in [Fate::Ignored, Fate::Refused(404), Fate::Refused(422)] {
        let (server, rules) = keeping(of_people(), &[("PATCH", &[fate])]);
        asking(&w, &server, &["protect", "apply"]).run().exits(0);
        assert_eq!(methods(&server), ["PATCH", "DELETE", "POST"]);
        let main = main_of(&rules).unwrap();
        assert_eq!(main["push_access_levels"][0]["access_level"], 0, "{main}");
        assert_eq!(main["unprotect_access_levels"][0]["access_level"], 50);
    }
    // Nothing is taken away after a failure that says nothing of what it can.
    for (fate, code) in [
        (Fate::Refused(500), 9),
        (Fate::Cut, 9),
        (Fate::Refused(401), 4),
    ] {
        let (server, rules) = keeping(of_people(), &[("PATCH", &[fate])]);
        asking(&w, &server, &["protect", "apply"]).run().exits(code);
        assert_eq!(methods(&server), ["PATCH"]);
        assert_eq!(main_of(&rules), Some(of_people()));
    }
}

#[test]
fn where_the_new_protection_fails_the_old_one_is_put_back() {
    let w = gitlab();
    let patch = ("PATCH", &[Fate::Ignored][..]);
    for (fates, code) in [
        (&[Fate::Refused(422), Fate::Done][..], 2),
        (&[Fate::Refused(403), Fate::Done], 5),
        (&[Fate::Refused(500), Fate::Done], 9),
        (&[Fate::Cut, Fate::Done], 9),
        // It is tried again as long as that may help.
        (&[Fate::Cut, Fate::Refused(503), Fate::Done], 9),
    ] {
        let (server, rules) = keeping(of_people(), &[patch, ("POST", fates)]);
        let out = asking(&w, &server, &["protect", "apply", "--json"])
            .run()
            .exits(code);
        let message = text(&out.error(), "message");
        assert!(
            message.contains("`main` has its old protection again"),
            "{out}"
        );
        assert!(message.contains("nothing was changed"), "{out}");
        let main = main_of(&rules).unwrap();
        assert_eq!(main["allow_force_push"], true);
        assert_eq!(
            main["push_access_levels"],
            json!([{"access_level": 40}, {"user_id": 5}, {"deploy_key_id": 6}])
        );
        assert_eq!(main["merge_access_levels"][0]["access_level"], 30);
        assert_eq!(main["unprotect_access_levels"][0]["access_level"], 50);
    }
    // Where the answer to the removal is lost, too.
    let (server, rules) = keeping(of_people(), &[patch, ("DELETE", &[Fate::Lost])]);
    asking(&w, &server, &["protect", "apply"]).run().exits(9);
    assert!(main_of(&rules).is_some());
    // And where only the answer to the new one was lost, that is how it is to be.
    let (server, rules) = keeping(of_people(), &[patch, ("POST", &[Fate::Lost])]);
    asking(&w, &server, &["protect", "apply"]).run().exits(0);
    let main = main_of(&rules).unwrap();
    assert_eq!(main["push_access_levels"][0]["access_level"], 0);
}

#[test]
fn a_branch_that_was_left_open_is_said_to_be_and_what_to_do() {
    let w = gitlab();
    let patch = ("PATCH", &[Fate::Ignored][..]);
    for (fates, code) in [
        (&[Fate::Refused(403)][..], 5),
        (&[Fate::Refused(422)], 9),
        (&[Fate::Cut], 9),
        (&[Fate::Refused(422), Fate::Refused(403)], 5),
    ] {
        let (server, rules) = keeping(of_people(), &[patch, ("POST", fates)]);
        let out = asking(&w, &server, &["protect", "apply", "--json"])
            .run()
            .exits(code);
        assert_eq!(main_of(&rules), None);
        let message = text(&out.error(), "message");
        assert!(message.contains("`main` is unprotected NOW"), "{out}");
        assert!(!message.contains("nothing was changed"), "{out}");
        let hint = text(&out.error(), "hint");
        assert!(hint.contains("protect `main` at once"), "{out}");
    }
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
