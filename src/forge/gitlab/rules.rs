//! GitLab's protected branches: the protections that we set, and how those in force are
//! judged. Pure.

use crate::forge::protection::{DesiredRules, Rule, RuleState, State};
use serde_json::{Value, json};

/// No one at all.
const NO_ONE: u64 = 0;
/// Maintainers and owners.
const MAINTAINERS: u64 = 40;

/// The project's other settings that decide about rules; null or `None` if they cannot
/// be read.
#[derive(Debug, Default)]
pub(in crate::forge) struct Facts {
    pub approval_rules: Option<Value>,
    pub push_rule: Option<Value>,
    pub project: Option<Value>,
}

/// The access level that may push to a reviewed branch.
fn push_level(wanted: &DesiredRules) -> u64 {
    match wanted.admins_bypass() {
        true => MAINTAINERS,
        false => NO_ONE,
    }
}

/// The protection of a reviewed branch.
pub(in crate::forge) fn body(name: &str, wanted: &DesiredRules) -> Value {
    let mut body = json!({
        "name": name,
        "push_access_level": push_level(wanted),
        "merge_access_level": MAINTAINERS,
        "allow_force_push": false,
    });
    if wanted.code_owners {
        body["code_owner_approval_required"] = json!(true);
    }
    body
}

/// The protection of a backup that exists.
pub(in crate::forge) fn backup_body(name: &str) -> Value {
    json!({
        "name": name,
        "push_access_level": NO_ONE,
        "merge_access_level": NO_ONE,
        "allow_force_push": false,
    })
}

/// The access levels of a list. A single user, group or key counts as the highest level.
fn levels(list: &Value) -> Vec<u64> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|l| {
            let single = SINGLE.iter().any(|key| !l[*key].is_null());
            match single {
                true => u64::MAX,
                false => l["access_level"].as_u64().unwrap_or(u64::MAX),
            }
        })
        .collect()
}

/// Whether a protection has the same access levels as `body`.
pub(in crate::forge) fn same_levels(have: &Value, body: &Value) -> bool {
    let same = |list: &str, level: &str| levels(&have[list]) == [body[level].as_u64().unwrap_or(0)];
    let owners = match (
        &have["code_owner_approval_required"],
        &body["code_owner_approval_required"],
    ) {
        // Plans without code owners leave the field out.
        (Value::Bool(have), Value::Bool(want)) => have == want,
        _ => true,
    };
    same("push_access_levels", "push_access_level")
        && same("merge_access_levels", "merge_access_level")
        && owners
}

/// How strict an access level is: the fewer people it lets in, the higher.
fn strictness(level: u64) -> u8 {
    match level {
        NO_ONE => 4,
        60 => 3,
        MAINTAINERS => 2,
        30 => 1,
        _ => 0,
    }
}

/// Whether a protection is as strict as `body`, or stricter.
pub(in crate::forge) fn as_strict(have: &Value, body: &Value) -> bool {
    let strict = |list: &str, level: &str| {
        let all = levels(&have[list]);
        let want = strictness(body[level].as_u64().unwrap_or(0));
        !all.is_empty() && all.iter().all(|l| strictness(*l) >= want)
    };
    strict("push_access_levels", "push_access_level")
        && strict("merge_access_levels", "merge_access_level")
        && (body["code_owner_approval_required"] != true
            // Plans without code owners leave the field out.
            || have["code_owner_approval_required"] != false)
}

/// Copies the stricter settings of the old protection into the body that creates it again.
pub(in crate::forge) fn keep(have: &Value, body: &mut Value) {
    for (list, level) in [
        ("push_access_levels", "push_access_level"),
        ("merge_access_levels", "merge_access_level"),
    ] {
        if let [one] = levels(&have[list])[..]
            && strictness(one) > strictness(body[level].as_u64().unwrap_or(0))
        {
            body[level] = json!(one);
        }
    }
    if have["code_owner_approval_required"] == true {
        body["code_owner_approval_required"] = json!(true);
    }
    // Nobody asked for other people who may unprotect it.
    let [_, _, unprotect] = LISTS;
    lay(&mut *body, have, unprotect);
}

/// The lists of those who may do something, and the two fields that set them: the one of
/// every plan, for a single level, and the other of paid plans.
const LISTS: [[&str; 3]; 3] = [
    ["push_access_levels", "push_access_level", "allowed_to_push"],
    [
        "merge_access_levels",
        "merge_access_level",
        "allowed_to_merge",
    ],
    [
        "unprotect_access_levels",
        "unprotect_access_level",
        "allowed_to_unprotect",
    ],
];

/// Who stands alone in a list: a user, group or key, and no level.
const SINGLE: [&str; 3] = ["user_id", "group_id", "deploy_key_id"];

/// The body that makes a protection as it is now.
pub(in crate::forge) fn as_it_is(have: &Value) -> Value {
    let mut body = json!({
        "name": have["name"],
        "allow_force_push": have["allow_force_push"] == true,
    });
    if have["code_owner_approval_required"] == true {
        body["code_owner_approval_required"] = json!(true);
    }
    for list in LISTS {
        lay(&mut body, have, list);
    }
    body
}

/// Writes one list of a protection into a body that makes one.
fn lay(body: &mut Value, have: &Value, [list, level, many]: [&str; 3]) {
    let all = have[list].as_array().map_or(&[][..], Vec::as_slice);
    match (all, &levels(&have[list])[..]) {
        ([], _) if list == "unprotect_access_levels" => {}
        ([], _) => body[level] = json!(NO_ONE),
        (_, [one]) if *one != u64::MAX => body[level] = json!(one),
        _ => {
            let entry = |l: &Value| match SINGLE.iter().find(|key| !l[**key].is_null()) {
                Some(key) => json!({*key: l[*key]}),
                None => json!({"access_level": l["access_level"]}),
            };
            body[many] = all.iter().map(entry).collect();
        }
    }
}

/// The body that turns a protection into that of `body` without taking it away, and what the
/// answer to it must hold. GitLab changes the lists since 15.6, in paid plans; others ignore
/// that, and older ones do not name the entries: there is no body for those.
pub(in crate::forge) fn in_place(have: &Value, body: &Value) -> (Option<Value>, Value) {
    let mut change = json!({"allow_force_push": false});
    let mut holds = change.clone();
    let mut named = true;
    for [list, level, many] in &LISTS[..2] {
        let want = body[*level].as_u64().unwrap_or(NO_ONE);
        let all = levels(&have[*list]);
        if !all.is_empty() && all.iter().all(|l| strictness(*l) >= strictness(want)) {
            continue;
        }
        let entries = have[*list].as_array().map_or(&[][..], Vec::as_slice);
        named &= entries.iter().all(|e| e["id"].is_u64());
        // One entry stays and gets the level. Without its id GitLab adds one beside it.
        let stays = all.iter().position(|l| *l != u64::MAX);
        let mut written: Vec<Value> = Vec::new();
        if stays.is_none() {
            written.push(json!({"access_level": want}));
        }
        for (at, entry) in entries.iter().enumerate() {
            written.push(match stays == Some(at) {
                true => json!({"id": entry["id"], "access_level": want}),
                false => json!({"id": entry["id"], "_destroy": true}),
            });
        }
        change[*many] = json!(written);
        holds[*list] = json!([{"access_level": want, "user_id": null, "group_id": null,
            "deploy_key_id": null}]);
    }
    if body["code_owner_approval_required"] == true && have["code_owner_approval_required"] == false
    {
        change["code_owner_approval_required"] = json!(true);
        holds["code_owner_approval_required"] = json!(true);
    }
    (named.then_some(change), holds)
}

/// The protections that match a branch.
pub(in crate::forge) fn matching<'v>(all: &'v [Value], branch: &str) -> Vec<&'v Value> {
    all.iter()
        .filter(|p| p["name"].as_str().is_some_and(|name| matches(name, branch)))
        .collect()
}

/// GitLab's globs: `*` matches any run of characters, slashes too. No other character is
/// special.
fn matches(glob: &str, name: &str) -> bool {
    let Some((first, rest)) = glob.split_once('*') else {
        return glob == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('*').collect();
    let (last, middle) = match parts.split_last() {
        Some((last, middle)) => (*last, middle),
        None => ("", &[][..]),
    };
    for part in middle {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

/// Whether a protection lets more people push than is wanted.
pub(in crate::forge) fn lets_push(protection: &Value, wanted: &DesiredRules) -> bool {
    let allowed = push_level(wanted);
    levels(&protection["push_access_levels"])
        .iter()
        .any(|l| *l != NO_ONE && *l != allowed)
}

/// Whether a branch has protections, and all of them let nobody push.
pub(in crate::forge) fn nobody_pushes(matching: &[&Value]) -> bool {
    !matching.is_empty()
        && matching.iter().all(|p| {
            levels(&p["push_access_levels"])
                .iter()
                .all(|l| *l == NO_ONE)
                && levels(&p["merge_access_levels"])
                    .iter()
                    .all(|l| *l == NO_ONE)
                && p["allow_force_push"] != true
        })
}

/// Whether a rule is enforced, judged by every protection that matches.
pub(in crate::forge) fn judge(
    rule: Rule,
    branch: &str,
    matching: &[&Value],
    wanted: &DesiredRules,
    facts: &Facts,
) -> RuleState {
    let state = |state, detail: &str| RuleState::new(rule, branch, state, detail);
    if matching.is_empty() {
        return state(State::Missing, "the branch is not protected");
    }
    match rule {
        Rule::Review => {
            if let Some(open) = matching.iter().find(|p| lets_push(p, wanted)) {
                let name = open["name"].as_str().unwrap_or_default();
                return state(
                    State::Missing,
                    &format!("`{name}` lets people push without review"),
                );
            }
            if wanted.approvals == 0 {
                return state(
                    State::Enforced,
                    "pushes are refused; changes come by merge request",
                );
            }
            match &facts.approval_rules {
                Some(rules) if approvals_for(rules, branch) >= u64::from(wanted.approvals) => {
                    state(
                        State::Enforced,
                        "pushes are refused, and merge requests need approvals",
                    )
                }
                Some(_) => state(
                    State::Advisory,
                    "pushes are refused; merge requests need fewer approvals than wanted: set the number under Settings, Merge requests",
                ),
                None => state(
                    State::Advisory,
                    "pushes are refused; aidf could not read whether merge requests need approvals, and the free plan cannot require them",
                ),
            }
        }
        Rule::NoForce => match matching.iter().find(|p| p["allow_force_push"] == true) {
            Some(p) => state(
                State::Missing,
                &format!(
                    "`{}` allows forced pushes",
                    p["name"].as_str().unwrap_or_default()
                ),
            ),
            None => state(State::Enforced, ""),
        },
        Rule::NoDeletion => state(
            State::Advisory,
            "no push can delete it; maintainers can, through the API and the web pages",
        ),
        Rule::CodeOwners => match matching
            .iter()
            .all(|p| p["code_owner_approval_required"] == true)
        {
            true => state(State::Enforced, ""),
            false => state(State::Missing, "not set, or not in this plan (Premium)"),
        },
        Rule::SignedCommits => match &facts.push_rule {
            Some(r) if r["reject_unsigned_commits"] == true => {
                state(State::Enforced, "a push rule")
            }
            Some(_) => state(
                State::Missing,
                "set it by hand: Settings, Repository, Push rules, Reject unsigned commits",
            ),
            None => state(
                State::Unknown,
                "push rules could not be read; the free plan has none",
            ),
        },
        Rule::StatusChecks => match &facts.project {
            Some(p) if p["only_allow_merge_if_pipeline_succeeds"] == true => state(
                State::Advisory,
                "merge requests need a pipeline that succeeds; GitLab cannot require single checks",
            ),
            Some(_) => state(
                State::Missing,
                "set it by hand: Settings, Merge requests, Pipelines must succeed",
            ),
            None => state(State::Unknown, "the project's settings could not be read"),
        },
        _ => state(State::Unknown, "GitLab has no such rule"),
    }
}

/// The largest number of approvals that a rule for this branch requires.
fn approvals_for(rules: &Value, branch: &str) -> u64 {
    let covers = |rule: &&Value| {
        let list = rule["protected_branches"].as_array();
        let none = list.is_none_or(Vec::is_empty);
        rule["applies_to_all_protected_branches"] == true
            || none
            || list.into_iter().flatten().any(|b| b["name"] == branch)
    };
    rules
        .as_array()
        .into_iter()
        .flatten()
        .filter(covers)
        .filter_map(|r| r["approvals_required"].as_u64())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(approvals: u32) -> DesiredRules {
        DesiredRules {
            reviewed: vec!["main".to_owned()],
            approvals,
            ..DesiredRules::default()
        }
    }

    fn protection(name: &str, push: u64, force: bool) -> Value {
        json!({"name": name, "push_access_levels": [{"access_level": push}],
            "merge_access_levels": [{"access_level": 40}], "allow_force_push": force})
    }

    #[test]
    fn a_star_crosses_slashes() {
        for (glob, name, yes) in [
            ("main", "main", true),
            ("main", "main2", false),
            ("*", "a/b", true),
            ("backup/*", "backup/a/b", true),
            ("*-stable", "x/1-stable", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("sand*", "main", false),
        ] {
            assert_eq!(matches(glob, name), yes, "{glob} {name}");
        }
    }

    #[test]
    fn the_most_permissive_wins() {
        let all = [protection("main", 0, false), protection("m*", 30, true)];
        let judge = |rule, all: &[Value]| {
            judge(
                rule,
                "main",
                &matching(all, "main"),
                &wanted(0),
                &Facts::default(),
            )
            .state
        };
        assert_eq!(judge(Rule::Review, &all[..1]), State::Enforced);
        assert_eq!(judge(Rule::NoForce, &all[..1]), State::Enforced);
        assert_eq!(judge(Rule::NoDeletion, &all[..1]), State::Advisory);
        assert_eq!(judge(Rule::Review, &all), State::Missing);
        assert_eq!(judge(Rule::NoForce, &all), State::Missing);
        assert_eq!(judge(Rule::Review, &[]), State::Missing);
    }

    #[test]
    fn approvals_that_cannot_be_required_are_advisory() {
        let all = [protection("main", 0, false)];
        let judge = |rules: Option<Value>| {
            let facts = Facts {
                approval_rules: rules,
                ..Facts::default()
            };
            judge(
                Rule::Review,
                "main",
                &matching(&all, "main"),
                &wanted(1),
                &facts,
            )
            .state
        };
        assert_eq!(judge(None), State::Advisory);
        assert_eq!(
            judge(Some(json!([{"approvals_required": 0}]))),
            State::Advisory
        );
        assert_eq!(
            judge(Some(json!([{"approvals_required": 1}]))),
            State::Enforced
        );
        let other = json!([{"approvals_required": 1, "protected_branches": [{"name": "dev"}]}]);
        assert_eq!(judge(Some(other)), State::Advisory);
    }

    #[test]
    fn single_users_who_may_push_count() {
        let mut p = protection("main", 0, false);
        assert!(same_levels(&p, &body("main", &wanted(0))));
        p["push_access_levels"] = json!([{"access_level": 0}, {"access_level": 40, "user_id": 3}]);
        assert!(lets_push(&p, &wanted(0)));
        assert!(!same_levels(&p, &body("main", &wanted(0))));
    }
}
