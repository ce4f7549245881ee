//! What aidf sends to GitHub, Forgejo and Gitea, held to each one's own OpenAPI document:
//! the real binary, every command and every option of the policy.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::peers::forge_clone::{Clone, TOKEN};
use crate::peers::mock::{Exchange, Forge, Mocks, Prism, Recorder};
use crate::peers::support::Ended;

/// The options of the policy, each alone and all together.
const OPTIONS: [&[&str]; 9] = [
    &[],
    &["--approvals", "0"],
    &["--approvals", "2"],
    &["--code-owners"],
    &["--signed-commits"],
    &[
        "--status-check",
        "ci/build",
        "--status-check",
        "ci/test (linux)",
    ],
    &["--bypass", "admins"],
    &[
        "--bypass", "team:ops", "--bypass", "user:ada", "--bypass", "app:77",
    ],
    &[
        "--approvals",
        "2",
        "--code-owners",
        "--signed-commits",
        "--status-check",
        "ci/build",
        "--bypass",
        "admins",
        "--bypass",
        "team:ops",
        "--bypass",
        "user:ada",
        "--bypass",
        "app:77",
    ],
];

/// More branches than the two that are always reviewed, globs among them.
const POLICY: &str = "protected_branches: ['release/**', 'v?.x', 'stable', 'hot/fix']\n\
                      propose: {auto_approve_lines: 5}\n";

struct Desk {
    clone: Clone,
    prism: Prism,
}

/// A clone, and the forge's document at the place of its API.
fn desk(forge: Forge) -> Option<Desk> {
    let mocks = Mocks::installed()?;
    let prism = mocks.prism(forge);
    let (host, below) = match forge {
        Forge::GitHub => ("github.com", ""),
        Forge::Forgejo => ("codeberg.org", "/api/v1"),
        Forge::Gitea => ("gitea.com", "/api/v1"),
    };
    let mut clone = Clone::at(host, POLICY);
    clone.api(&format!("{}{below}", prism.recorder.base));
    Some(Desk { clone, prism })
}

impl Desk {
    fn told(&self) -> &Recorder {
        &self.prism.recorder
    }

    fn protect(&self, command: &str, options: &[&str]) -> Ended {
        let provider: &[&str] = match self.clone_is_at_gitea() {
            true => &["--provider", "gitea"],
            false => &[],
        };
        self.clone
            .aidf(&[&["protect", command, "--json"], provider, options].concat())
    }

    /// Gitea's own place is not among the names that aidf knows.
    fn clone_is_at_gitea(&self) -> bool {
        let url = self
            .clone
            .place
            .git(&self.clone.folder, &["remote", "get-url", "origin"]);
        url.contains("gitea.com")
    }

    /// All that was asked is as the forge wants it, and says who asks.
    #[track_caller]
    fn all_is_well(&self, scheme: &str) {
        self.told().all_are_well_formed();
        let login = format!("{scheme} {TOKEN}");
        for one in self.told().seen() {
            assert_eq!(one.header("authorization"), Some(login.as_str()), "{one:?}");
            assert!(one.header("user-agent").unwrap().starts_with("aidf/"));
        }
    }

    fn writes(&self) -> Vec<Exchange> {
        let mut all = self.told().seen();
        all.retain(|one| one.method != "GET");
        all
    }
}

/// A forge's memory of what it was told: a list of rules, and perhaps a proposal.
type Kept = Arc<Mutex<Vec<Value>>>;

fn decoded(text: &str) -> String {
    text.replace("%2F", "/")
        .replace("%2A", "*")
        .replace("%3F", "?")
}

/// GitHub's rulesets, remembered, as far as `survey` reads them.
fn rulesets(kept: &Kept) -> impl Fn(&Exchange) -> Option<(u16, Value)> + Send + Sync + use<> {
    let kept = Arc::clone(kept);
    move |asked| {
        let path = asked.target.split('?').next()?;
        let rest = path.strip_prefix("/repos/acme/demo")?;
        let mut kept = kept.lock().unwrap();
        let id = rest
            .strip_prefix("/rulesets/")
            .and_then(|id| id.parse::<u64>().ok());
        let at = id.and_then(|id| kept.iter().position(|r| r["id"] == id));
        Some(match (asked.method.as_str(), rest, at) {
            ("GET", "/rulesets", _) => (200, json!(*kept)),
            ("POST", "/rulesets", _) => {
                let mut set = asked.json()?;
                set["id"] = json!(100 + kept.len());
                set["source_type"] = json!("Repository");
                kept.push(set.clone());
                (201, set)
            }
            ("GET", _, Some(at)) => (200, kept[at].clone()),
            ("PUT", _, Some(at)) => {
                let mut set = asked.json()?;
                set["id"] = kept[at]["id"].clone();
                set["source_type"] = json!("Repository");
                kept[at] = set.clone();
                (200, set)
            }
            ("DELETE", _, Some(at)) => {
                kept.remove(at);
                (204, Value::Null)
            }
            ("GET", "/collaborators", _) => (200, json!([{"login": "ada"}, {"login": "bob"}])),
            ("GET", rest, _) if rest.starts_with("/rules/branches/") => (
                200,
                in_force(&kept, &decoded(&rest["/rules/branches/".len()..])),
            ),
            ("GET", rest, _) if rest.ends_with("/protection") => (404, json!({"message": "no"})),
            _ => return None,
        })
    }
}

fn in_force(kept: &[Value], branch: &str) -> Value {
    let branch = format!("refs/heads/{branch}");
    let hits = |include: &str| {
        let glob = include.replace("/**/*", "/**");
        include == branch || fast_glob::glob_match(glob.as_str(), branch.as_str())
    };
    let mut rules = Vec::new();
    for set in kept {
        let include = set["conditions"]["ref_name"]["include"].as_array().unwrap();
        if include.iter().filter_map(Value::as_str).any(hits) {
            for rule in set["rules"].as_array().unwrap() {
                let mut rule = rule.clone();
                rule["ruleset_id"] = set["id"].clone();
                rule["ruleset_source_type"] = json!("Repository");
                rule["ruleset_source"] = json!("acme/demo");
                rules.push(rule);
            }
        }
    }
    json!(rules)
}

/// Gitea's and Forgejo's branch protections, remembered.
fn protections(kept: &Kept) -> impl Fn(&Exchange) -> Option<(u16, Value)> + Send + Sync + use<> {
    let kept = Arc::clone(kept);
    move |asked| {
        let path = asked.target.split('?').next()?;
        if path == "/api/v1/user" {
            return Some((200, json!({"login": "operator"})));
        }
        if path == "/api/v1/version" {
            return Some((200, json!({"version": "1.25.0"})));
        }
        let rest = path.strip_prefix("/api/v1/repos/acme/demo/branch_protections")?;
        let mut kept = kept.lock().unwrap();
        let at = rest
            .strip_prefix('/')
            .map(decoded)
            .and_then(|name| kept.iter().position(|p| p["rule_name"] == name.as_str()));
        Some(match (asked.method.as_str(), rest, at) {
            ("GET", "", _) => (200, json!(*kept)),
            ("POST", "", _) => {
                kept.push(asked.json()?);
                (201, asked.json()?)
            }
            ("PATCH", _, Some(at)) => {
                for (key, value) in asked.json()?.as_object()? {
                    kept[at][key] = value.clone();
                }
                (200, kept[at].clone())
            }
            ("DELETE", _, Some(at)) => {
                kept.remove(at);
                (204, Value::Null)
            }
            _ => return None,
        })
    }
}

fn states(report: &Value, rule: &str) -> Vec<String> {
    let mut all: Vec<String> = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["rule"] == rule)
        .map(|r| r["state"].as_str().unwrap().to_owned())
        .collect();
    all.dedup();
    all
}

#[test]
fn github_takes_every_ruleset_that_a_policy_can_ask_for() {
    let Some(desk) = desk(Forge::GitHub) else {
        return;
    };
    let kept = Kept::default();
    let answers = rulesets(&kept);
    let people = |asked: &Exchange| match asked.target.as_str() {
        "/orgs/acme/teams/ops" => Some((200, json!({"id": 9}))),
        "/users/ada" => Some((200, json!({"id": 8}))),
        _ => None,
    };
    desk.told()
        .tells(move |asked| people(asked).or_else(|| answers(asked)));
    for (at, options) in OPTIONS.into_iter().enumerate() {
        let plan = desk.protect("plan", options).json();
        let applied = desk.protect("apply", options).json();
        assert_eq!(plan["changes"], applied["changes"], "{options:?}");
        // The first makes them, the others correct them.
        let verb = if at == 0 { "create" } else { "correct" };
        let changes = applied["changes"].as_array().unwrap();
        assert!(
            changes
                .iter()
                .any(|c| c.as_str().unwrap().starts_with(verb)),
            "{changes:?}"
        );
        let again = desk.protect("apply", options).json();
        assert_eq!(again["changed"], false, "{again:#}");
        let checked = desk.protect("check", options);
        let report: Value = serde_json::from_str(&checked.stdout).unwrap();
        assert_eq!(checked.code, 0, "{options:?}: {}", checked.told());
        assert_eq!(states(&report, "review"), ["enforced"]);
        assert_eq!(states(&report, "create_only"), ["enforced"]);
    }
    let all = kept.lock().unwrap().clone();
    let names: Vec<&str> = all.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "aidf: main",
            "aidf: sandbox",
            "aidf: release/**",
            "aidf: v?.x",
            "aidf: stable",
            "aidf: hot/fix",
            "aidf: backup/**"
        ]
    );
    let main = &all[0];
    assert_eq!(
        main["bypass_actors"],
        json!([
            {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"},
            {"actor_id": 9, "actor_type": "Team", "bypass_mode": "always"},
            {"actor_id": 8, "actor_type": "User", "bypass_mode": "always"},
            {"actor_id": 77, "actor_type": "Integration", "bypass_mode": "always"},
        ])
    );
    let pull = &main["rules"][2]["parameters"];
    assert_eq!(pull["required_approving_review_count"], 2);
    assert_eq!(pull["require_code_owner_review"], true);
    let removed = desk.protect("remove", &[]).json();
    assert_eq!(
        removed["changes"].as_array().unwrap().len(),
        7,
        "{removed:#}"
    );
    assert!(kept.lock().unwrap().is_empty());
    let used: Vec<String> = desk.writes().iter().map(|w| w.method.clone()).collect();
    for method in ["POST", "PUT", "DELETE"] {
        assert!(used.iter().any(|m| m == method), "{method}");
    }
    for one in desk.told().seen() {
        assert_eq!(one.header("x-github-api-version"), Some("2022-11-28"));
    }
    desk.all_is_well("Bearer");
}

#[test]
fn github_without_rulesets_takes_classic_protection() {
    let Some(desk) = desk(Forge::GitHub) else {
        return;
    };
    for options in OPTIONS {
        for command in ["plan", "apply", "check", "remove"] {
            // Nothing set yet, what another has set, and all that the document's example sets.
            let theirs = json!({
                "required_status_checks": {"strict": true, "contexts": ["theirs"],
                    "checks": [{"context": "theirs", "app_id": 7}]},
                "restrictions": {"users": [{"login": "ann"}], "teams": [], "apps": []},
            });
            for there in [
                Some((404, json!({"message": "Branch not protected"}))),
                Some((200, theirs)),
                None,
            ] {
                desk.told().tells(move |asked| {
                    let path = asked.target.split('?').next().unwrap();
                    match asked.method.as_str() {
                        "GET" if path.ends_with("/rulesets") => {
                            Some((404, json!({"message": "no"})))
                        }
                        "GET" if path.ends_with("/protection") => there.clone(),
                        _ => None,
                    }
                });
                let ended = desk.protect(command, options);
                let code = if command == "check" { 8 } else { 0 };
                assert_eq!(ended.code, code, "{command} {options:?}: {}", ended.told());
            }
        }
    }
    let writes = desk.writes();
    for (method, end) in [
        ("PUT", "/branches/main/protection"),
        ("PUT", "/branches/hot%2Ffix/protection"),
        ("POST", "/branches/sandbox/protection/required_signatures"),
    ] {
        assert!(
            writes
                .iter()
                .any(|w| w.method == method && w.target.ends_with(end)),
            "{method} {end}"
        );
    }
    desk.all_is_well("Bearer");
}

#[test]
fn the_first_answer_404_is_enough_for_classic_protection() {
    let Some(desk) = desk(Forge::GitHub) else {
        return;
    };
    desk.told().answer_next_with(404);
    let plan = desk.protect("plan", &[]).json();
    let changes = plan["changes"].to_string();
    assert!(changes.contains("classic protection"), "{plan:#}");
    assert!(states(&plan, "create_only") == ["missing"], "{plan:#}");
    desk.all_is_well("Bearer");
}

#[test]
fn forgejo_and_gitea_take_every_protection_that_a_policy_can_ask_for() {
    for (forge, key) in [
        (Forge::Forgejo, "apply_to_admins"),
        (Forge::Gitea, "block_admin_merge_override"),
    ] {
        let Some(desk) = desk(forge) else {
            return;
        };
        let kept = Kept::default();
        desk.told().tells(protections(&kept));
        for options in OPTIONS {
            kept.lock().unwrap().clear();
            let applied = desk.protect("apply", options).json();
            assert_eq!(
                applied["changes"].as_array().unwrap().len(),
                7,
                "{applied:#}"
            );
            let again = desk.protect("apply", options).json();
            assert_eq!(again["changed"], false, "{forge:?} {options:?} {again:#}");
            // Creation cannot be left alone open there: advisory, and said to be.
            let checked = desk.protect("check", options).exits(8);
            let report: Value = serde_json::from_str(&checked.stdout).unwrap();
            assert_eq!(states(&report, "review"), ["enforced"], "{options:?}");
            assert_eq!(states(&report, "create_only"), ["advisory"]);
        }
        let all = kept.lock().unwrap().clone();
        assert_eq!(all.len(), 7, "{all:#?}");
        assert_eq!(all[0][key], false, "admins pass, as was asked");
        assert_eq!(
            all[6]["push_whitelist_usernames"],
            json!(["ada", "operator"])
        );
        let removed = desk.protect("remove", OPTIONS[8]).json();
        assert_eq!(
            removed["changes"].as_array().unwrap().len(),
            7,
            "{removed:#}"
        );

        // A rule bears the branch's name, and may be another's: it is made stricter alone.
        desk.protect("apply", &[]).json();
        let strict = [
            "--approvals",
            "2",
            "--code-owners",
            "--signed-commits",
            "--status-check",
            "ci",
        ];
        let corrected = desk.protect("apply", &strict).json();
        let changes = corrected["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 6, "{corrected:#}");
        assert!(
            changes[0].as_str().unwrap().starts_with("correct"),
            "{changes:?}"
        );
        let laxer = desk.protect("apply", &["--approvals", "0"]).json();
        assert_eq!(laxer["changed"], false, "{laxer:#}");
        let warned = laxer["warnings"].to_string();
        assert!(
            warned.contains("required_approvals") && warned.contains("by hand"),
            "{warned}"
        );
        let used: Vec<String> = desk.writes().iter().map(|w| w.method.clone()).collect();
        for method in ["POST", "PATCH", "DELETE"] {
            assert!(used.iter().any(|m| m == method), "{method}");
        }
        desk.all_is_well("token");
    }
}

/// A proposal's life, in words that GitHub and Gitea share.
fn proposals(desk: &Desk) -> impl Fn(&Exchange) -> Option<(u16, Value)> + Send + Sync + use<> {
    let (branch, head) = (desk.clone.branch.clone(), desk.clone.head());
    let open = Mutex::new(false);
    move |asked| {
        let path = asked.target.split('?').next()?;
        let mut open = open.lock().unwrap();
        let pull = json!({
            "number": 7, "html_url": "https://forge/acme/demo/pulls/7", "draft": false,
            "head": {"ref": branch, "sha": head, "repo_id": 1, "repo": {"full_name": "acme/demo"}},
            "base": {"ref": "main", "repo_id": 1}, "user": {"login": "agent"},
        });
        match asked.method.as_str() {
            "GET" if path.ends_with("/pulls") => {
                Some((200, if *open { json!([pull]) } else { json!([]) }))
            }
            "POST" if path.ends_with("/pulls") => {
                *open = true;
                Some((201, pull))
            }
            "GET" | "PATCH" if path.contains("/pulls/") => Some((200, pull)),
            _ => None,
        }
    }
}

#[test]
fn proposals_are_opened_updated_and_approved_as_each_forge_takes_it() {
    for (forge, scheme) in [
        (Forge::GitHub, "Bearer"),
        (Forge::Forgejo, "token"),
        (Forge::Gitea, "token"),
    ] {
        let Some(desk) = desk(forge) else {
            return;
        };
        desk.clone.save("notes.md", 2);
        desk.told().tells(proposals(&desk));
        let provider: &[&str] = match forge {
            Forge::Gitea => &["--provider", "gitea"],
            _ => &[],
        };
        for created in [true, false] {
            let report = desk.clone.json(&[&["propose"], provider].concat());
            assert_eq!(report["created"], created, "{report:#}");
            assert_eq!(report["approval"], "given", "{report:#}");
        }
        let methods: Vec<String> = desk.writes().iter().map(|w| w.method.clone()).collect();
        assert_eq!(methods, ["POST", "POST", "PATCH", "POST"], "{forge:?}");
        desk.all_is_well(scheme);
    }
}

#[test]
fn a_refusal_in_the_documents_own_words_is_a_clear_error() {
    let Some(desk) = desk(Forge::GitHub) else {
        return;
    };
    let kept = Kept::default();
    desk.told().tells(rulesets(&kept));
    // What the document knows as an answer to the first request of each command.
    for (args, status, code) in [
        (&["protect", "apply"][..], 404, 3),
        (&["protect", "apply"], 500, 9),
        (&["protect", "remove"], 500, 9),
        (&["propose"], 422, 2),
    ] {
        if args == ["propose"] {
            desk.clone.save("notes.md", 2);
        }
        // Both the list and the repository: without it there is nothing to protect.
        if status == 404 {
            desk.told().tells(|asked| {
                (asked.target == "/repos/acme/demo").then(|| (404, json!({"message": "Not Found"})))
            });
        }
        desk.told().answer_next_with(status);
        let ended = desk.clone.aidf(args).exits(code);
        assert!(ended.stdout.is_empty(), "{}", ended.told());
        assert!(ended.stderr.contains("error: GitHub "), "{}", ended.told());
        assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains(TOKEN));
        desk.told().tells(rulesets(&kept));
    }
    desk.all_is_well("Bearer");
}

/// The first write is refused with this status.
fn refusing(status: u16) -> impl Fn(&Exchange) -> Option<(u16, Value)> + Send + Sync + use<> {
    let answers = rulesets(&Kept::default());
    move |asked| match asked.method.as_str() {
        "GET" if asked.target.contains("/pulls") => Some((200, json!([]))),
        "GET" => answers(asked),
        _ => Some((status, json!({"message": "As the test says"}))),
    }
}

#[test]
fn a_refused_write_is_a_clear_error_and_the_exit_code_says_of_which_kind() {
    let Some(desk) = desk(Forge::GitHub) else {
        return;
    };
    desk.clone.save("notes.md", 2);
    for (status, code, words) in [
        (403, 5, "this needs"),
        (404, 3, "has nothing at"),
        (409, 6, "in the present state"),
        (422, 2, "does not accept"),
    ] {
        desk.told().tells(refusing(status));
        for args in [&["protect", "apply"][..], &["propose"]] {
            let ended = desk.clone.aidf(args).exits(code).says(words);
            assert!(
                ended.stderr.contains("As the test says"),
                "{}",
                ended.told()
            );
            assert!(!ended.stderr.contains("panicked"), "{}", ended.told());
            assert!(ended.stdout.is_empty(), "{}", ended.told());
        }
    }
    desk.all_is_well("Bearer");
}
