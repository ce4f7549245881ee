//! GitHub's classic branch protection, for servers without rulesets. It has no name of its
//! own, so others may have made it, and their settings are kept. Its API takes no globs.

use super::rules::{names, review_lacks};
use super::{GitHub, WRITE};
use crate::error::{Error, Kind, Result};
use crate::forge::answer::Method;
use crate::forge::protection::{
    BACKUPS, Bypass, Change, DesiredRules, Removal, Rule, RuleState, State, Survey, is_glob, texts,
};
use crate::forge::refusal::{Reason, is_plan_limit, reason};
use crate::forge::target::encode;
use serde_json::{Value, json};

const NO_GLOBS: &str =
    "this server has no rulesets, and its classic protection covers only single branches";

impl GitHub<'_> {
    /// The classic protection of a branch; `None` if it has none.
    pub(in crate::forge) fn classic(&self, branch: &str) -> Result<Option<Value>> {
        let found = self
            .client
            .find(&self.classic_path(branch, ""), "`administration: read`")?;
        match found.map(|a| a.json) {
            // An answer in another form would hide what the protection lacks.
            Some(json) if !json.is_object() => Err(Error::new(
                Kind::Unavailable,
                format!("GitHub did not send the protection of `{branch}`"),
            )
            .hint("check that this is the address of its API")),
            found => Ok(found),
        }
    }

    fn classic_path(&self, branch: &str, rest: &str) -> String {
        self.path(&format!("/branches/{}/protection{rest}", encode(branch)))
    }

    pub(in crate::forge) fn survey_classic(&self, wanted: &DesiredRules) -> Result<Survey> {
        let mut survey = Survey::default();
        let mut plan = None;
        for branch in &wanted.reviewed {
            if is_glob(branch) {
                for rule in wanted.rules() {
                    survey
                        .rules
                        .push(RuleState::new(rule, branch, State::Missing, NO_GLOBS));
                }
                continue;
            }
            let found = match self.classic(branch) {
                Ok(found) => found,
                Err(e) if is_plan_limit(&e) => {
                    plan = Some(e.in_full());
                    None
                }
                Err(e) if reason(&e) == Some(Reason::Permission) => {
                    for rule in wanted.rules() {
                        survey.rules.push(RuleState::new(
                            rule,
                            branch,
                            State::Unknown,
                            e.message(),
                        ));
                    }
                    survey.blocked = Some(e.in_full());
                    continue;
                }
                Err(e) => return Err(e),
            };
            let there = found.unwrap_or(Value::Null);
            let states: Vec<RuleState> = wanted
                .rules()
                .into_iter()
                .map(|rule| match &plan {
                    Some(why) => RuleState::new(rule, branch, State::Missing, why),
                    None => judge(rule, branch, &there, wanted),
                })
                .collect();
            let lacks =
                |s: &&RuleState| s.state != State::Enforced && s.rule != Rule::SignedCommits;
            if states.iter().any(|s| lacks(&s)) {
                survey.changes.push(Change {
                    what: format!("protect branch `{branch}` (classic protection)"),
                    method: Method::Put,
                    path: self.classic_path(branch, ""),
                    body: Some(body(&there, wanted)),
                    needs: WRITE,
                    anew: None,
                });
            }
            if states
                .iter()
                .any(|s| s.rule == Rule::SignedCommits && s.state != State::Enforced)
            {
                survey.changes.push(Change {
                    what: format!("require signed commits on `{branch}`"),
                    method: Method::Post,
                    path: self.classic_path(branch, "/required_signatures"),
                    body: None,
                    needs: WRITE,
                    anew: None,
                });
            }
            survey.rules.extend(states);
        }
        if wanted.backups {
            for rule in [Rule::CreateOnly, Rule::NoDeletion] {
                survey
                    .rules
                    .push(RuleState::new(rule, BACKUPS, State::Missing, NO_GLOBS));
            }
        }
        for who in wanted.bypass()? {
            if let Bypass::App(id) = who {
                survey.warnings.push(format!(
                    "classic protection names Apps by name, not by id, so app:{id} cannot bypass it"
                ));
            }
        }
        survey.warnings.extend(plan);
        Ok(survey)
    }

    pub(in crate::forge) fn removal_classic(&self, wanted: &DesiredRules) -> Result<Removal> {
        let mut removal = Removal::default();
        for branch in wanted.reviewed.iter().filter(|b| !is_glob(b)) {
            let Some(there) = self.classic(branch)? else {
                continue;
            };
            match is_ours(&there, wanted) {
                true => removal.changes.push(Change {
                    what: format!("delete the protection of `{branch}`"),
                    method: Method::Delete,
                    path: self.classic_path(branch, ""),
                    body: None,
                    needs: WRITE,
                    anew: None,
                }),
                false => removal.left.push(format!(
                    "the protection of `{branch}` is not as aidf sets it, so aidf leaves it alone"
                )),
            }
        }
        Ok(removal)
    }
}

fn on(there: &Value, key: &str) -> bool {
    there[key]["enabled"] == true || there[key] == true
}

fn checks(there: &Value) -> Vec<String> {
    let part = &there["required_status_checks"];
    let mut all = texts(&part["contexts"]);
    all.extend(names(&part["checks"], "context"));
    all.sort();
    all.dedup();
    all
}

/// The checks that only one App may report, each with that App's id. If a request names
/// such a check without its App, anybody's report would satisfy it.
fn pinned(there: &Value) -> Vec<(String, u64)> {
    there["required_status_checks"]["checks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| Some((c["context"].as_str()?.to_owned(), c["app_id"].as_u64()?)))
        .collect()
}

/// The users, teams and Apps that may bypass the review.
fn allowances(there: &Value) -> (Vec<String>, Vec<String>, Vec<String>) {
    let part = &there["required_pull_request_reviews"]["bypass_pull_request_allowances"];
    (
        names(&part["users"], "login"),
        names(&part["teams"], "slug"),
        names(&part["apps"], "slug"),
    )
}

fn wanted_allowances(wanted: &DesiredRules) -> (Vec<String>, Vec<String>) {
    let (mut users, mut teams) = (Vec::new(), Vec::new());
    for who in wanted.bypass().unwrap_or_default() {
        match who {
            Bypass::User(name) => users.push(name.to_owned()),
            Bypass::Team(slug) => teams.push(slug.to_owned()),
            Bypass::Admins | Bypass::App(_) => {}
        }
    }
    (users, teams)
}

/// Whether a rule is enforced, judged by a branch's classic protection (null if it has
/// none).
pub(in crate::forge) fn judge(
    rule: Rule,
    branch: &str,
    there: &Value,
    wanted: &DesiredRules,
) -> RuleState {
    let state = |state, detail: &str| RuleState::new(rule, branch, state, detail);
    let missing = |detail: &str| state(State::Missing, detail);
    if there.is_null() {
        return missing("the branch has no protection");
    }
    let reviews = &there["required_pull_request_reviews"];
    let lack = match rule {
        Rule::Review if !reviews.is_object() => Some("changes need no pull request".to_owned()),
        Rule::Review => review_lacks(reviews, "dismiss_stale_reviews", wanted),
        Rule::CodeOwners => (reviews["require_code_owner_reviews"] != true)
            .then(|| "does not require an approval by the code owners".to_owned()),
        Rule::NoForce => {
            on(there, "allow_force_pushes").then(|| "forced pushes are allowed".to_owned())
        }
        Rule::NoDeletion => on(there, "allow_deletions").then(|| "deletion is allowed".to_owned()),
        Rule::SignedCommits => {
            (!on(there, "required_signatures")).then(|| "unsigned commits are accepted".to_owned())
        }
        Rule::StatusChecks => {
            let there = checks(there);
            let absent: Vec<&str> = wanted
                .status_checks
                .iter()
                .map(String::as_str)
                .filter(|c| !there.iter().any(|t| t == c))
                .collect();
            (!absent.is_empty()).then(|| format!("does not require {}", absent.join(", ")))
        }
        _ => Some("classic protection has no such rule".to_owned()),
    };
    if let Some(lack) = lack {
        return missing(&lack);
    }
    if !on(there, "enforce_admins") && !wanted.admins_bypass() {
        return state(
            State::Advisory,
            "classic protection; administrators can bypass it",
        );
    }
    let (users, teams, apps) = allowances(there);
    let (may, may_teams) = wanted_allowances(wanted);
    let more: Vec<String> = users
        .into_iter()
        .filter(|u| !may.contains(u))
        .chain(teams.into_iter().filter(|t| !may_teams.contains(t)))
        .chain(apps)
        .collect();
    if rule == Rule::Review && !more.is_empty() {
        return state(
            State::Advisory,
            &format!(
                "classic protection; these can bypass it: {}",
                more.join(", ")
            ),
        );
    }
    state(State::Enforced, "classic protection")
}

/// The whole body of a protection: our settings, and the other settings that others made.
/// A PUT removes every setting that its body leaves out.
fn body(there: &Value, wanted: &DesiredRules) -> Value {
    let reviews = &there["required_pull_request_reviews"];
    let count = reviews["required_approving_review_count"]
        .as_u64()
        .unwrap_or(0);
    let mut review = json!({
        "required_approving_review_count": count.max(u64::from(wanted.approvals)),
        "dismiss_stale_reviews": true,
        "require_code_owner_reviews":
            wanted.code_owners || reviews["require_code_owner_reviews"] == true,
    });
    if reviews["require_last_push_approval"] == true {
        review["require_last_push_approval"] = json!(true);
    }
    if let Value::Object(_) = &reviews["dismissal_restrictions"] {
        review["dismissal_restrictions"] = people(&reviews["dismissal_restrictions"]);
    }
    let (users, teams) = wanted_allowances(wanted);
    let (had, had_teams, had_apps) = allowances(there);
    let lists = [&users, &teams, &had, &had_teams, &had_apps];
    if lists.iter().any(|l| !l.is_empty()) {
        review["bypass_pull_request_allowances"] = json!({"users": users, "teams": teams});
    }
    let mut contexts = checks(there);
    for check in &wanted.status_checks {
        if !contexts.contains(check) {
            contexts.push(check.clone());
        }
    }
    let strict = there["required_status_checks"]["strict"] == true;
    let pins = pinned(there);
    let status = match (contexts.is_empty(), pins.is_empty()) {
        (true, _) => Value::Null,
        (false, true) => json!({"strict": strict, "contexts": contexts}),
        (false, false) => {
            let checks: Vec<Value> = contexts
                .iter()
                .map(|name| match pins.iter().find(|(n, _)| n == name) {
                    Some((_, app)) => json!({"context": name, "app_id": app}),
                    None => json!({"context": name}),
                })
                .collect();
            // The check names go into `checks` only, but `contexts` must be present.
            json!({"strict": strict, "contexts": [], "checks": checks})
        }
    };
    let restrictions = match &there["restrictions"] {
        part @ Value::Object(_) => people(part),
        _ => Value::Null,
    };
    let mut body = json!({
        "required_status_checks": status,
        "enforce_admins": !wanted.admins_bypass() || on(there, "enforce_admins"),
        "required_pull_request_reviews": review,
        "restrictions": restrictions,
        "allow_force_pushes": false,
        "allow_deletions": false,
    });
    for key in EXTRAS {
        if on(there, key) {
            body[key] = json!(true);
        }
    }
    body
}

/// The people, teams and Apps of an answer, in the form that a request takes.
fn people(part: &Value) -> Value {
    json!({
        "users": names(&part["users"], "login"),
        "teams": names(&part["teams"], "slug"),
        "apps": names(&part["apps"], "slug"),
    })
}

/// Settings that others may have made and that we never make.
const EXTRAS: [&str; 5] = [
    "required_linear_history",
    "required_conversation_resolution",
    "lock_branch",
    "block_creations",
    "allow_fork_syncing",
];

/// Whether a protection is exactly what we set.
fn is_ours(there: &Value, wanted: &DesiredRules) -> bool {
    let reviews = &there["required_pull_request_reviews"];
    let mut want_checks = wanted.status_checks.clone();
    want_checks.sort();
    want_checks.dedup();
    let (users, teams, apps) = allowances(there);
    reviews["required_approving_review_count"].as_u64() == Some(u64::from(wanted.approvals))
        && (reviews["require_code_owner_reviews"] == true) == wanted.code_owners
        && reviews["dismiss_stale_reviews"] == true
        && reviews["require_last_push_approval"] != true
        && checks(there) == want_checks
        && (users, teams) == wanted_allowances(wanted)
        && apps.is_empty()
        && on(there, "enforce_admins") != wanted.admins_bypass()
        && on(there, "required_signatures") == wanted.signed_commits
        && !on(there, "allow_force_pushes")
        && !on(there, "allow_deletions")
        && !there["restrictions"].is_object()
        && !reviews["dismissal_restrictions"].is_object()
        && !EXTRAS.iter().any(|key| on(there, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::protection::STALE;

    fn wanted() -> DesiredRules {
        DesiredRules {
            reviewed: vec!["main".to_owned()],
            approvals: 1,
            ..DesiredRules::default()
        }
    }

    /// The answer that GitHub gives to a GET after a PUT of `body`.
    fn answered(body: &Value) -> Value {
        let on = |key: &str| json!({"enabled": body[key] == true});
        json!({
            "required_pull_request_reviews": body["required_pull_request_reviews"],
            "required_status_checks": body["required_status_checks"],
            "enforce_admins": on("enforce_admins"),
            "allow_force_pushes": on("allow_force_pushes"),
            "allow_deletions": on("allow_deletions"),
        })
    }

    #[test]
    fn what_we_set_is_enforced_and_ours() {
        let wanted = wanted();
        let there = answered(&body(&Value::Null, &wanted));
        for rule in wanted.rules() {
            assert_eq!(
                judge(rule, "main", &there, &wanted).state,
                State::Enforced,
                "{rule}"
            );
        }
        assert!(is_ours(&there, &wanted));
    }

    #[test]
    fn what_others_set_is_kept() {
        let there = json!({
            "required_pull_request_reviews": {"required_approving_review_count": 2,
                "dismissal_restrictions": {"users": [{"login": "ann"}]}},
            "required_status_checks": {"strict": true, "contexts": ["theirs"]},
            "restrictions": {"users": [{"login": "ann"}], "teams": [{"slug": "ops"}], "apps": []},
            "required_linear_history": {"enabled": true},
            "allow_force_pushes": {"enabled": true},
        });
        let body = body(&there, &wanted());
        assert_eq!(
            body["required_pull_request_reviews"]["required_approving_review_count"],
            2
        );
        assert_eq!(
            body["required_status_checks"],
            json!({"strict": true, "contexts": ["theirs"]})
        );
        assert_eq!(
            body["restrictions"],
            json!({"users": ["ann"], "teams": ["ops"], "apps": []})
        );
        assert_eq!(
            body["required_pull_request_reviews"]["dismissal_restrictions"]["users"],
            json!(["ann"])
        );
        assert_eq!(body["required_linear_history"], true);
        assert_eq!(body["allow_force_pushes"], false);
        assert!(!is_ours(&there, &wanted()));
    }

    #[test]
    fn a_check_stays_with_the_app_that_reports_it() {
        let there = json!({"required_status_checks": {"strict": false,
            "contexts": ["theirs", "anyones"],
            "checks": [{"context": "theirs", "app_id": 7}, {"context": "anyones", "app_id": null}]}});
        let mut wanted = wanted();
        wanted.status_checks = vec!["ours".to_owned()];
        assert_eq!(
            body(&there, &wanted)["required_status_checks"],
            json!({"strict": false, "contexts": [], "checks": [
                {"context": "anyones"}, {"context": "theirs", "app_id": 7}, {"context": "ours"}]})
        );
    }

    #[test]
    fn approvals_that_outlast_a_push_are_no_review() {
        let mut there = answered(&body(&Value::Null, &wanted()));
        there["required_pull_request_reviews"]["dismiss_stale_reviews"] = json!(false);
        let state = judge(Rule::Review, "main", &there, &wanted());
        assert_eq!((state.state, &*state.detail), (State::Missing, STALE));
        assert!(!is_ours(&there, &wanted()));
        let none = DesiredRules {
            approvals: 0,
            ..wanted()
        };
        assert_eq!(
            judge(Rule::Review, "main", &there, &none).state,
            State::Enforced
        );
    }

    #[test]
    fn administrators_who_are_not_held_make_it_advisory() {
        let mut there = answered(&body(&Value::Null, &wanted()));
        there["enforce_admins"] = json!({"enabled": false});
        let state = judge(Rule::Review, "main", &there, &wanted());
        assert_eq!(state.state, State::Advisory);
        let lax = DesiredRules {
            bypass: vec!["admins".to_owned()],
            ..wanted()
        };
        assert_eq!(
            judge(Rule::Review, "main", &there, &lax).state,
            State::Enforced
        );
    }
}
