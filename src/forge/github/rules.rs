//! GitHub's rulesets: the rulesets that we set, and how the rules in force are judged.
//! Pure.

use crate::forge::protection::{
    BACKUPS, DesiredRules, Rule, RuleState, STALE, State, approvals, covers, texts,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The prefix of our rulesets' names.
pub(in crate::forge) const PREFIX: &str = "aidf: ";

/// One of our rulesets.
pub(in crate::forge) struct Ruleset {
    pub name: String,
    pub body: Value,
}

/// The rulesets that `wanted` needs; `actors` are those who may bypass them.
pub(in crate::forge) fn rulesets(wanted: &DesiredRules, actors: &[Value]) -> Vec<Ruleset> {
    let mut all: Vec<Ruleset> = wanted
        .reviewed
        .iter()
        .map(|branch| {
            let mut include = vec![format!("refs/heads/{}", pattern(branch))];
            if *branch == wanted.default_branch {
                include.insert(0, "~DEFAULT_BRANCH".to_owned());
            }
            ruleset(branch, &include, review_rules(wanted), actors)
        })
        .collect();
    if wanted.backups {
        let rules = json!([{"type": "update"}, {"type": "deletion"}, {"type": "non_fast_forward"}]);
        let include = [format!("refs/heads/{}", pattern(BACKUPS))];
        all.push(ruleset(BACKUPS, &include, rules, actors));
    }
    all
}

fn ruleset(branch: &str, include: &[String], rules: Value, actors: &[Value]) -> Ruleset {
    let name = format!("{PREFIX}{branch}");
    Ruleset {
        body: json!({
            "name": name,
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": actors,
            "conditions": {"ref_name": {"include": include, "exclude": []}},
            "rules": rules,
        }),
        name,
    }
}

/// One of our globs as a GitHub pattern. In GitHub's patterns `*` and a `**` at the end do
/// not match a slash.
pub(in crate::forge) fn pattern(glob: &str) -> String {
    match glob.strip_suffix("/**") {
        _ if glob == "**" => "**/*".to_owned(),
        Some(front) => format!("{front}/**/*"),
        None => glob.to_owned(),
    }
}

fn review_rules(wanted: &DesiredRules) -> Value {
    let mut rules = vec![
        json!({"type": "deletion"}),
        json!({"type": "non_fast_forward"}),
        json!({"type": "pull_request", "parameters": {
            "required_approving_review_count": wanted.approvals,
            "dismiss_stale_reviews_on_push": true,
            "require_code_owner_review": wanted.code_owners,
            "require_last_push_approval": false,
            "required_review_thread_resolution": false,
        }}),
    ];
    if wanted.signed_commits {
        rules.push(json!({"type": "required_signatures"}));
    }
    if !wanted.status_checks.is_empty() {
        let checks: Vec<Value> = wanted
            .status_checks
            .iter()
            .map(|name| json!({"context": name}))
            .collect();
        rules.push(json!({"type": "required_status_checks", "parameters": {
            "strict_required_status_checks_policy": false,
            "required_status_checks": checks,
        }}));
    }
    Value::Array(rules)
}

/// The parts in which a ruleset differs from ours; empty if it is as we set it.
pub(in crate::forge) fn differences(have: &Value, want: &Value) -> Vec<&'static str> {
    [
        "target",
        "enforcement",
        "conditions",
        "rules",
        "bypass_actors",
    ]
    .into_iter()
    .filter(|key| match have.get(key) {
        // GitHub leaves it out for callers who may not see it. That means unknown, not
        // empty.
        None if *key == "bypass_actors" => false,
        None => true,
        Some(have) => !covers(have, &want[*key]),
    })
    .collect()
}

/// Describes how our ruleset differs from the wanted one; `None` if it does not. If it
/// differs, none of its rules counts. Who may bypass it is judged separately.
pub(in crate::forge) fn drift(have: &Value, want: &Value) -> Option<String> {
    let parts: Vec<String> = differences(have, want)
        .into_iter()
        .filter_map(|part| match part {
            "bypass_actors" => None,
            "conditions" => {
                let names = &have["conditions"]["ref_name"];
                let list = |key: &str| match texts(&names[key]) {
                    none if none.is_empty() => "nothing".to_owned(),
                    some => some.join(", "),
                };
                Some(format!(
                    "conditions: it includes {} and excludes {}",
                    list("include"),
                    list("exclude")
                ))
            }
            "rules" => Some(format!(
                "rules: {}",
                rules_that_differ(have, want).join(", ")
            )),
            part => Some(format!("{part}: {}", have[part].as_str().unwrap_or("none"))),
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The names of the rules in which two rulesets differ. For a rule that both have, also the
/// fields that differ.
fn rules_that_differ(have: &Value, want: &Value) -> Vec<String> {
    let list = |set: &Value| set["rules"].as_array().cloned().unwrap_or_default();
    let (have, want) = (list(have), list(want));
    let kind = |rule: &Value| rule["type"].as_str().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for wanted in &want {
        match have.iter().find(|h| h["type"] == wanted["type"]) {
            None => all.push(format!("no {}", kind(wanted))),
            Some(found) if !covers(found, wanted) => {
                let fields = wanted["parameters"].as_object().into_iter().flatten();
                let other: Vec<String> = fields
                    .filter(|(key, value)| !covers(&found["parameters"][key.as_str()], value))
                    .map(|(key, _)| key.clone())
                    .collect();
                all.push(format!("{} ({})", kind(wanted), other.join(", ")));
            }
            Some(_) => {}
        }
    }
    for more in have
        .iter()
        .filter(|h| want.iter().all(|w| w["type"] != h["type"]))
    {
        all.push(format!("also {}", kind(more)));
    }
    all
}

/// Who may bypass a ruleset, by its id; `None` if this login cannot see that.
pub(in crate::forge) type BypassOf<'b> = dyn Fn(u64) -> Option<Vec<Value>> + 'b;

/// Our rulesets that differ from what is wanted, by id, each with the difference.
pub(in crate::forge) type Drifted = BTreeMap<u64, String>;

/// Whether `rule` is enforced on `branch`, judged by the rules that GitHub reports as in
/// force.
pub(in crate::forge) fn judge(
    rule: Rule,
    branch: &str,
    in_force: &[Value],
    wanted: &DesiredRules,
    actors: &[Value],
    bypass_of: &BypassOf,
    drifted: &Drifted,
) -> RuleState {
    let kind = match rule {
        Rule::Review | Rule::CodeOwners => "pull_request",
        Rule::NoForce => "non_fast_forward",
        Rule::NoDeletion => "deletion",
        Rule::SignedCommits => "required_signatures",
        Rule::StatusChecks => "required_status_checks",
        Rule::CreateOnly => "update",
        _ => "",
    };
    let mut best: Option<RuleState> = None;
    let mut keep = |state: RuleState| {
        if best.as_ref().is_none_or(|b| b.rank() < state.rank()) {
            best = Some(state);
        }
    };
    for found in in_force.iter().filter(|r| r["type"] == kind) {
        let by = source(found);
        let ours = found["ruleset_id"].as_u64().and_then(|id| drifted.get(&id));
        let drift = ours.map(|how| format!("differs from what is wanted; {how}"));
        if let Some(lack) = drift.or_else(|| lacks(rule, &found["parameters"], wanted)) {
            keep(RuleState::new(
                rule,
                branch,
                State::Missing,
                format!("{by}: {lack}"),
            ));
            continue;
        }
        let bypass = found["ruleset_id"].as_u64().and_then(bypass_of);
        let state = match bypass {
            // The rule is set, but we cannot see who may bypass it. So it is not reported
            // as enforced.
            None => RuleState::new(
                rule,
                branch,
                State::Unknown,
                format!("{by}; who can bypass it is not visible to this login"),
            ),
            Some(all) => {
                let more: Vec<String> = all
                    .iter()
                    .filter(|a| !actors.iter().any(|w| same_actor(a, w)))
                    .map(actor_name)
                    .collect();
                match more.is_empty() {
                    true => RuleState::new(rule, branch, State::Enforced, by),
                    false => RuleState::new(
                        rule,
                        branch,
                        State::Advisory,
                        format!("{by}; these can bypass it: {}", more.join(", ")),
                    ),
                }
            }
        };
        keep(state);
    }
    best.unwrap_or_else(|| RuleState::new(rule, branch, State::Missing, "no rule requires this"))
}

/// What the review settings lack; `dismiss` is the field that says whether a push dismisses
/// approvals.
pub(super) fn review_lacks(
    reviews: &Value,
    dismiss: &str,
    wanted: &DesiredRules,
) -> Option<String> {
    let count = reviews["required_approving_review_count"]
        .as_u64()
        .unwrap_or(0);
    let kept = wanted.approvals > 0 && reviews[dismiss] != true;
    match count < u64::from(wanted.approvals) {
        true => Some(format!(
            "requires {}, and {} are wanted",
            approvals(count),
            wanted.approvals
        )),
        false => kept.then(|| STALE.to_owned()),
    }
}

/// What a rule in force lacks, compared with `wanted`.
fn lacks(rule: Rule, parameters: &Value, wanted: &DesiredRules) -> Option<String> {
    match rule {
        Rule::Review => review_lacks(parameters, "dismiss_stale_reviews_on_push", wanted),
        Rule::CodeOwners => (parameters["require_code_owner_review"] != true)
            .then(|| "does not require an approval by the code owners".to_owned()),
        Rule::StatusChecks => {
            let list = parameters["required_status_checks"].as_array();
            let there: Vec<&str> = list
                .into_iter()
                .flatten()
                .filter_map(|c| c["context"].as_str())
                .collect();
            let absent: Vec<&str> = wanted
                .status_checks
                .iter()
                .map(String::as_str)
                .filter(|c| !there.contains(c))
                .collect();
            (!absent.is_empty()).then(|| format!("does not require {}", absent.join(", ")))
        }
        _ => None,
    }
}

fn source(rule: &Value) -> String {
    let by = rule["ruleset_source"].as_str().unwrap_or_default();
    match rule["ruleset_source_type"].as_str() {
        Some("Repository") | None => format!("ruleset {}", rule["ruleset_id"]),
        Some(kind) => format!(
            "ruleset {} of the {} {by}",
            rule["ruleset_id"],
            kind.to_lowercase()
        ),
    }
}

fn same_actor(have: &Value, want: &Value) -> bool {
    // The id of an organisation's administrators is missing or 1, depending on the API's
    // version.
    let same_id = have["actor_id"] == want["actor_id"] || have["actor_type"] == "OrganizationAdmin";
    have["actor_type"] == want["actor_type"] && same_id
}

fn actor_name(actor: &Value) -> String {
    let kind = actor["actor_type"].as_str().unwrap_or("someone");
    match (kind, actor["actor_id"].as_u64()) {
        ("RepositoryRole", Some(5)) => "administrators".to_owned(),
        ("OrganizationAdmin", _) => "owners of the organisation".to_owned(),
        ("DeployKey", _) => "deploy keys".to_owned(),
        (kind, Some(id)) => format!("{kind} {id}"),
        (kind, None) => kind.to_owned(),
    }
}

/// How the rules of others would hinder branches that must stay free.
pub(in crate::forge) fn hindrances(
    in_force: &[Value],
    branches: &str,
    only_making: bool,
) -> Vec<String> {
    let mut all: Vec<String> = in_force
        .iter()
        .filter_map(|rule| {
            let kind = rule["type"].as_str()?;
            let effect = match kind {
                "creation" => "made",
                "pull_request" => "written without a pull request",
                "required_signatures" => "written without signed commits",
                "required_status_checks"
                | "workflows"
                | "required_deployments"
                | "code_scanning" => "written before checks have passed",
                "branch_name_pattern" => "created, unless their names match a pattern",
                "commit_message_pattern"
                | "commit_author_email_pattern"
                | "committer_email_pattern" => "written, unless their commits match a pattern",
                "update" if !only_making => "written",
                "deletion" if !only_making => "deleted",
                "non_fast_forward" if !only_making => "forced",
                "merge_queue" if !only_making => "written without the merge queue",
                "required_linear_history" if !only_making => "given merge commits",
                _ => return None,
            };
            Some(format!(
                "{} keeps {branches} from being {effect}",
                source(rule)
            ))
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

/// One field of each object in a list.
pub(in crate::forge) fn names(list: &Value, field: &str) -> Vec<String> {
    let fields: Vec<Value> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|v| v[field].clone())
        .collect();
    texts(&Value::Array(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> DesiredRules {
        DesiredRules {
            reviewed: vec!["main".to_owned(), "release/**".to_owned()],
            default_branch: "main".to_owned(),
            backups: true,
            approvals: 1,
            ..DesiredRules::default()
        }
    }

    #[test]
    fn rulesets_are_as_github_takes_them() {
        let all = rulesets(&wanted(), &[]);
        let names: Vec<&str> = all.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["aidf: main", "aidf: release/**", "aidf: backup/**"]);
        let include = |n: usize| all[n].body["conditions"]["ref_name"]["include"].to_string();
        assert_eq!(include(0), r#"["~DEFAULT_BRANCH","refs/heads/main"]"#);
        assert_eq!(include(1), r#"["refs/heads/release/**/*"]"#);
        assert_eq!(include(2), r#"["refs/heads/backup/**/*"]"#);
        let pull = &all[0].body["rules"][2]["parameters"];
        assert_eq!(pull.as_object().unwrap().len(), 5, "all five are required");
    }

    #[test]
    fn a_ruleset_differs_only_in_what_we_set() {
        let want = &rulesets(&wanted(), &[])[0].body;
        let mut have = want.clone();
        have["id"] = json!(7);
        have["rules"][2]["parameters"]["allowed_merge_methods"] = json!(["squash"]);
        assert!(differences(&have, want).is_empty());
        have.as_object_mut().unwrap().remove("bypass_actors");
        assert!(
            differences(&have, want).is_empty(),
            "not visible is not different"
        );
        have["bypass_actors"] = json!([{"actor_id": 5, "actor_type": "RepositoryRole"}]);
        have["enforcement"] = json!("evaluate");
        assert_eq!(differences(&have, want), ["enforcement", "bypass_actors"]);
    }

    #[test]
    fn a_ruleset_that_drifted_says_how() {
        let want = &rulesets(&wanted(), &[])[2].body;
        assert_eq!(drift(want, want), None);
        let mut have = want.clone();
        have["bypass_actors"] = json!([{"actor_id": 5, "actor_type": "RepositoryRole"}]);
        assert_eq!(drift(&have, want), None, "that is judged by itself");
        have["conditions"]["ref_name"]["exclude"] = json!(["refs/heads/backup/2026*"]);
        have["rules"] = json!([{"type": "update"}, {"type": "deletion"}, {"type": "creation"}]);
        let how = drift(&have, want).unwrap();
        for part in [
            "excludes refs/heads/backup/2026*",
            "rules: no non_fast_forward, also creation",
        ] {
            assert!(how.contains(part), "{how}");
        }
        let want = &rulesets(&wanted(), &[])[0].body;
        let mut have = want.clone();
        have["rules"][2]["parameters"]["dismiss_stale_reviews_on_push"] = json!(false);
        assert_eq!(
            drift(&have, want).unwrap(),
            "rules: pull_request (dismiss_stale_reviews_on_push)"
        );
    }

    #[test]
    fn a_rule_counts_wherever_it_comes_from_and_as_far_as_it_goes() {
        let wanted = wanted();
        let pull = |id: u64, count: u64| {
            json!({"type": "pull_request", "ruleset_id": id, "ruleset_source_type": "Organization",
                "ruleset_source": "acme", "parameters": {"required_approving_review_count": count,
                "dismiss_stale_reviews_on_push": true}})
        };
        let none = Drifted::default();
        let judge = |rules: &[Value], bypass: &BypassOf| {
            judge(Rule::Review, "main", rules, &wanted, &[], bypass, &none)
        };
        let nobody = |_| Some(Vec::new());
        let admin = |_| Some(vec![json!({"actor_id": 5, "actor_type": "RepositoryRole"})]);
        assert_eq!(judge(&[], &nobody).state, State::Missing);
        let weak = judge(&[pull(1, 0)], &nobody);
        assert_eq!(weak.state, State::Missing);
        assert!(weak.detail.contains("0 approvals"), "{}", weak.detail);
        let mut stale = pull(1, 2);
        stale["parameters"]["dismiss_stale_reviews_on_push"] = json!(false);
        assert_eq!(judge(&[stale], &nobody).state, State::Missing);
        let good = judge(&[pull(1, 0), pull(2, 2)], &nobody);
        assert_eq!(good.state, State::Enforced);
        assert!(good.detail.contains("organization acme"), "{}", good.detail);
        let some = judge(&[pull(2, 2)], &admin);
        assert_eq!(some.state, State::Advisory);
        assert!(some.detail.contains("administrators"));
        let hidden = judge(&[pull(2, 2)], &|_| None);
        assert_eq!(hidden.state, State::Unknown);
        assert!(hidden.detail.contains("not visible"));
    }

    #[test]
    fn rules_that_stop_sandboxes_are_named() {
        let rules = [
            json!({"type": "non_fast_forward", "ruleset_id": 3, "ruleset_source_type": "Organization", "ruleset_source": "acme"}),
            json!({"type": "creation", "ruleset_id": 4, "ruleset_source_type": "Repository"}),
        ];
        let all = hindrances(&rules, "sandbox-*", false);
        assert_eq!(all.len(), 2);
        assert!(
            all[0].contains("acme keeps sandbox-* from being forced"),
            "{all:?}"
        );
        assert_eq!(hindrances(&rules, "backup/**", true).len(), 1);
    }
}
