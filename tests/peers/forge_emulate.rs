//! aidf against a GitHub with a memory: classic protection, proposals, approvals that
//! decide about a merge, and a GitHub App. What emulate is too lenient for (rulesets,
//! approving one's own) is proved elsewhere.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::peers::forge_clone::Clone;
use crate::peers::forge_mocks::ask;
use crate::peers::mock::{ADA_TOKEN, APP_ID, BOB_TOKEN, Emulated, INSTALLATION_ID, Mocks};
use crate::peers::support::{Place, have};

const POLICY: &str = "propose: {auto_approve_lines: 5}\n";
const REPO: &str = "/repos/acme/demo";

/// A clone whose API is an emulated GitHub, as `ada`.
struct Desk {
    clone: Clone,
    github: Emulated,
    // Its folder holds the App's key.
    _place: Place,
}

fn desk_where_the_app_may_write(granted: &[&str]) -> Option<Desk> {
    let mocks = Mocks::installed().filter(|_| have(&["openssl"]))?;
    let place = Place::new();
    let github = mocks.emulate_where_the_app_may_write(&place, granted);
    let mut clone = Clone::at("github.com", POLICY);
    clone.api(&github.recorder.base);
    clone.place.with_env("AIDF_FORGE_TOKEN", ADA_TOKEN);
    let desk = Desk {
        clone,
        github,
        _place: place,
    };
    let main = desk.tip("main");
    desk.make_branch("sandbox", &main);
    Some(desk)
}

fn desk() -> Option<Desk> {
    desk_where_the_app_may_write(&["contents", "pull_requests", "administration"])
}

impl Desk {
    /// Asks GitHub as `token`'s owner, past aidf.
    fn ask(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let to = &self.github.recorder;
        ask(to, token, method, &format!("{REPO}{path}"), body)
    }

    fn tip(&self, branch: &str) -> String {
        let (status, found) = self.ask(
            ADA_TOKEN,
            "GET",
            &format!("/git/ref/heads/{branch}"),
            Value::Null,
        );
        assert_eq!(status, 200, "{found}");
        found["object"]["sha"].as_str().unwrap().to_owned()
    }

    fn make_branch(&self, branch: &str, at: &str) {
        let body = json!({"ref": format!("refs/heads/{branch}"), "sha": at});
        let (status, made) = self.ask(ADA_TOKEN, "POST", "/git/refs", body);
        assert_eq!(status, 201, "{made}");
    }

    /// Saves a file on the sandbox by aidf, and one on GitHub's branch of that name:
    /// emulate has no git, and gives its commits names of its own.
    fn save(&self, path: &str, lines: usize) {
        let first = self
            .github
            .recorder
            .seen()
            .iter()
            .all(|one| !one.target.contains("/contents/"));
        if first {
            self.make_branch(&self.clone.branch, &self.tip("main"));
        }
        let ours = self.clone.save(path, lines);
        let body = json!({"message": "Write", "content": "bmV3Cg==", "branch": self.clone.branch});
        let (status, made) = self.ask(ADA_TOKEN, "PUT", &format!("/contents/{path}"), body);
        assert_eq!(status, 201, "{made}");
        let theirs = made["commit"]["sha"].as_str().unwrap();
        self.github.recorder.translates(&ours, theirs);
    }

    /// Whether GitHub merges it, or what it says against that.
    fn merge(&self, number: &Value) -> Result<(), String> {
        let body = json!({"merge_method": "merge"});
        let path = format!("/pulls/{number}/merge");
        match self.ask(ADA_TOKEN, "PUT", &path, body) {
            (200, _) => Ok(()),
            (_, refused) => Err(refused["message"].to_string()),
        }
    }

    fn reviews(&self, number: &Value) -> Vec<Value> {
        let (status, all) = self.ask(
            ADA_TOKEN,
            "GET",
            &format!("/pulls/{number}/reviews"),
            Value::Null,
        );
        assert_eq!(status, 200, "{all}");
        all.as_array().unwrap().clone()
    }

    /// Speaks as the App from now on.
    fn as_app(&mut self) {
        let key = self.github.key.to_str().unwrap().to_owned();
        self.clone
            .place
            .without_env("AIDF_FORGE_TOKEN")
            .with_env("AIDF_GITHUB_APP_ID", APP_ID.to_string())
            .with_env("AIDF_GITHUB_APP_KEY_FILE", key);
    }

    /// The permissions that tokens were asked for, in the order of the asking.
    fn minted(&self) -> Vec<Value> {
        let path = format!("/app/installations/{INSTALLATION_ID}/access_tokens");
        self.github
            .recorder
            .seen()
            .iter()
            .filter(|one| one.target == path)
            .map(|one| one.json().unwrap()["permissions"].clone())
            .collect()
    }
}

fn state(report: &Value, branch: &str, rule: &str) -> String {
    let rules = report["rules"].as_array().unwrap();
    let found = rules
        .iter()
        .find(|r| r["branch"] == branch && r["rule"] == rule);
    found.unwrap()["state"].as_str().unwrap().to_owned()
}

#[test]
fn classic_protection_is_applied_once_holds_and_is_taken_away() {
    let Some(desk) = desk() else {
        return;
    };
    let before = desk.clone.aidf(&["protect", "check", "--json"]).exits(8);
    let before: Value = serde_json::from_str(&before.stdout).unwrap();
    assert_eq!(state(&before, "main", "review"), "missing");
    let applied = desk.clone.json(&["protect", "apply"]);
    assert_eq!(applied["changed"], true);
    assert_eq!(
        applied["changes"].as_array().unwrap().len(),
        2,
        "{applied:#}"
    );
    assert_eq!(state(&applied, "main", "review"), "enforced", "{applied:#}");
    let again = desk.clone.json(&["protect", "apply"]);
    assert_eq!(again["changed"], false, "{again:#}");
    // Without rulesets backups cannot be held, and that is not passed over.
    let checked = desk.clone.aidf(&["protect", "check", "--json"]).exits(8);
    let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
    for branch in ["main", "sandbox"] {
        for rule in ["review", "no_force", "no_deletion"] {
            assert_eq!(state(&checked, branch, rule), "enforced");
        }
    }
    assert_eq!(state(&checked, "backup/**", "create_only"), "missing");

    let main = desk.tip("main");
    desk.make_branch("other", &main);
    let body = json!({"message": "Past review", "content": "bmV3Cg==", "branch": "main"});
    let (status, refused) = desk.ask(ADA_TOKEN, "PUT", "/contents/direct.txt", body);
    assert!(status >= 400, "{status} {refused}");
    let weaker = json!({"required_status_checks": null, "enforce_admins": false,
        "required_pull_request_reviews": null, "restrictions": null});
    let (status, _) = desk.ask(ADA_TOKEN, "PUT", "/branches/main/protection", weaker);
    assert_eq!(status, 200);
    let drift = desk.clone.aidf(&["protect", "check", "--json"]).exits(8);
    let drift: Value = serde_json::from_str(&drift.stdout).unwrap();
    assert_eq!(state(&drift, "main", "review"), "missing");
    assert_eq!(state(&drift, "sandbox", "review"), "enforced");
    desk.clone.json(&["protect", "apply"]);
    let removed = desk.clone.json(&["protect", "remove"]);
    assert_eq!(
        removed["changes"].as_array().unwrap().len(),
        2,
        "{removed:#}"
    );
    assert_eq!(desk.clone.json(&["protect", "remove"])["changed"], false);
    desk.github.recorder.all_are_well_formed();
}

#[test]
fn a_proposal_keeps_its_number_and_is_merged_only_after_another_has_approved() {
    let Some(desk) = desk() else {
        return;
    };
    desk.clone.json(&["protect", "apply"]);
    desk.save("one.md", 7);
    let opened = desk.clone.json(&["propose"]);
    assert_eq!(opened["created"], true, "{opened:#}");
    assert_eq!(opened["head"], json!(desk.clone.head()));
    let number = &opened["number"];
    assert!(
        opened["url"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/pull/{number}")),
        "{opened:#}"
    );
    desk.save("two.md", 7);
    let updated = desk.clone.json(&["propose"]);
    assert_eq!(
        (&updated["created"], &updated["number"]),
        (&json!(false), number)
    );
    let (_, pull) = desk.ask(ADA_TOKEN, "GET", &format!("/pulls/{number}"), Value::Null);
    assert_eq!(pull["title"], updated["title"]);
    assert!(pull["body"].as_str().unwrap().contains("two.md"), "{pull}");
    let refused = desk.merge(number).unwrap_err();
    assert!(refused.contains("approv"), "{refused}");
    // A pull request of emulate's stays at the commit it was opened with: aidf sees that.
    let guards = updated["guards"].as_array().unwrap();
    let pinned = guards.iter().find(|g| g["guard"] == "pinned").unwrap();
    assert_eq!(pinned["ok"], false, "{guards:#?}");
    let body = json!({"commit_id": pull["head"]["sha"], "event": "APPROVE"});
    let (status, _) = desk.ask(BOB_TOKEN, "POST", &format!("/pulls/{number}/reviews"), body);
    assert_eq!(status, 201);
    assert_eq!(desk.merge(number), Ok(()));
}

#[test]
fn aidf_approves_four_lines_as_the_second_identity_and_five_not_at_all() {
    for (lines, approved) in [(4, true), (5, false)] {
        let Some(mut desk) = desk() else {
            return;
        };
        desk.clone.place.with_env("AIDF_APPROVER_TOKEN", BOB_TOKEN);
        desk.clone.json(&["protect", "apply"]);
        desk.save("note.md", lines);
        let report = desk.clone.json(&["propose"]);
        let number = &report["number"];
        let reviews = desk.reviews(number);
        let guards = report["guards"].as_array().unwrap();
        let lines = guards.iter().find(|g| g["guard"] == "lines").unwrap();
        assert_eq!(lines["ok"], approved, "{guards:#?}");
        match approved {
            true => {
                assert_eq!(report["approval"], "given", "{report:#}");
                assert_eq!(reviews.len(), 1, "{reviews:#?}");
                assert_eq!(reviews[0]["user"]["login"], "bob");
                assert_eq!(reviews[0]["commit_id"], json!(desk.clone.head()));
                assert_eq!(desk.merge(number), Ok(()));
            }
            false => {
                assert_eq!(report["approval"], Value::Null, "{report:#}");
                assert!(reviews.is_empty(), "{reviews:#?}");
                let refused = desk.merge(number).unwrap_err();
                assert!(refused.contains("approv"), "{refused}");
            }
        }
    }
}

#[test]
fn an_app_is_known_by_its_key_and_asks_for_what_the_command_takes() {
    let Some(mut desk) = desk() else {
        return;
    };
    desk.as_app();
    desk.save("note.md", 2);
    let before = desk.minted().len();
    assert_eq!(before, 0, "git's own traffic went by ssh");
    desk.clone.aidf(&["protect", "check"]).exits(8);
    let applied = desk.clone.json(&["protect", "apply"]);
    assert_eq!(state(&applied, "main", "review"), "enforced");
    let opened = desk.clone.json(&["propose"]);
    assert_eq!(opened["created"], true, "{opened:#}");
    let mut minted = desk.minted();
    minted.dedup();
    assert_eq!(
        minted,
        [
            json!({"administration": "read", "metadata": "read"}),
            json!({"administration": "write", "metadata": "read"}),
            json!({"contents": "read", "metadata": "read", "pull_requests": "write"}),
        ]
    );
    for one in desk.github.recorder.seen() {
        let login = one.header("authorization").unwrap();
        // The App's own word, which emulate checks, is for its tokens alone.
        let own = one.target.ends_with("/installation") || one.target.starts_with("/app/");
        let jwt = login.starts_with("Bearer ey") && login.matches('.').count() == 2;
        assert_eq!(own, jwt, "{} {}", one.method, one.target);
        if own {
            assert!(one.status < 300, "{one:?}");
            let claims = login.split('.').nth(1).unwrap();
            let claims: Value =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            assert_eq!(claims["iss"], APP_ID.to_string());
            let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
            assert!(life <= 660, "{claims}");
        }
        if let Some(body) = one
            .json()
            .filter(|_| one.target.ends_with("/access_tokens"))
        {
            assert_eq!(body["repositories"], json!(["demo"]));
        }
    }
}

#[test]
fn an_app_without_the_permission_is_told_which_one() {
    let Some(mut desk) = desk_where_the_app_may_write(&["contents"]) else {
        return;
    };
    desk.as_app();
    desk.save("note.md", 2);
    desk.clone
        .aidf(&["protect", "apply"])
        .exits(5)
        .says("`administration: write`")
        .says("Permissions");
    desk.clone
        .aidf(&["propose"])
        .exits(5)
        .says("`pull_requests: write`");
    // Without it the state is not known, which is not to say that it is well.
    let checked = desk.clone.aidf(&["protect", "check"]);
    assert!(!checked.stdout.contains("enforced  "), "{}", checked.told());
    assert!(checked.code != 0, "{}", checked.told());
}

#[test]
fn an_app_with_anothers_key_is_refused_without_showing_it() {
    let Some(mut desk) = desk() else {
        return;
    };
    desk.as_app();
    let other = desk.clone.place.path("other.pem");
    let made = desk
        .clone
        .place
        .command("openssl", &desk.clone.folder)
        .args(["genrsa", "-out"])
        .arg(&other)
        .arg("2048")
        .output()
        .unwrap();
    assert!(made.status.success());
    let file = other.to_str().unwrap().to_owned();
    desk.clone.place.with_env("AIDF_GITHUB_APP_KEY_FILE", file);
    let ended = desk
        .clone
        .aidf(&["protect", "check", "-v"])
        .exits(4)
        .says("the GitHub App's key");
    let key = fs::read_to_string(&other).unwrap();
    let line = key.lines().nth(1).unwrap();
    assert!(
        !ended.told().contains(line) && !ended.told().contains("eyJ"),
        "{}",
        ended.told()
    );
}
