//! Branch protections of Gitea and Forgejo: the rules that we set, and how the rule in
//! force is judged. Pure.

use crate::forge::protection::{
    BACKUPS, DesiredRules, Rule, RuleState, STALE, State, approvals, covers, is_glob, texts,
};
use serde_json::{Value, json};

/// Who may bypass the rules, and who we are.
#[derive(Debug, Default)]
pub(in crate::forge) struct Who {
    /// The field that holds administrators to the rule. Gitea and Forgejo each accept only
    /// their own name for it.
    pub admin_key: &'static str,
    pub users: Vec<String>,
    pub teams: Vec<String>,
    pub me: Option<String>,
}

/// A rule's name; old servers give only a branch's name.
pub(in crate::forge) fn name(rule: &Value) -> &str {
    rule["rule_name"]
        .as_str()
        .filter(|n| !n.is_empty())
        .or_else(|| rule["branch_name"].as_str())
        .unwrap_or_default()
}

/// The one rule that applies to a branch. Rules are ordered by priority where the server
/// has priorities, then plain names before globs, then by their place in the list.
pub(in crate::forge) fn first<'v>(all: &'v [Value], branch: &str) -> Option<&'v Value> {
    all.iter()
        .enumerate()
        .filter(|(_, r)| name(r) == branch || fast_glob::glob_match(name(r), branch))
        .min_by_key(|(at, r)| {
            let priority = r["priority"].as_i64().unwrap_or(0);
            (priority, is_glob(name(r)), *at)
        })
        .map(|(_, rule)| rule)
}

/// The protection of a reviewed branch.
pub(in crate::forge) fn body(branch: &str, wanted: &DesiredRules, who: &Who) -> Value {
    let some = !who.users.is_empty() || !who.teams.is_empty();
    let mut body = json!({
        "rule_name": branch,
        "enable_push": some,
        "enable_push_whitelist": some,
        "push_whitelist_usernames": who.users,
        "push_whitelist_teams": who.teams,
        "required_approvals": wanted.approvals,
        "dismiss_stale_approvals": true,
        "block_on_rejected_reviews": true,
        "block_on_official_review_requests": wanted.code_owners,
        "require_signed_commits": wanted.signed_commits,
        "enable_status_check": !wanted.status_checks.is_empty(),
        "status_check_contexts": wanted.status_checks,
    });
    body[who.admin_key] = json!(!wanted.admins_bypass());
    body
}

/// Copies into `body` the stricter settings that others made in `have`, and returns their
/// names. A rule has the branch's name and not one of ours, so others may have made it.
pub(in crate::forge) fn keep(have: &Value, body: &mut Value, admin_key: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut set = |body: &mut Value, key: &str, value: Value| {
        if body.get(key).is_some_and(|old| *old != value) {
            kept.push(key.to_owned());
            body[key] = value;
        }
    };
    let more =
        |body: &Value| have["required_approvals"].as_u64() > body["required_approvals"].as_u64();
    if more(body) {
        set(
            body,
            "required_approvals",
            have["required_approvals"].clone(),
        );
    }
    for key in [
        "block_on_official_review_requests",
        "require_signed_commits",
        admin_key,
    ] {
        if have[key] == true {
            set(body, key, json!(true));
        }
    }
    if have["enable_status_check"] == true {
        let mut contexts = texts(&body["status_check_contexts"]);
        for theirs in texts(&have["status_check_contexts"]) {
            if !contexts.contains(&theirs) {
                contexts.push(theirs);
            }
        }
        set(body, "enable_status_check", json!(true));
        set(body, "status_check_contexts", json!(contexts));
    }
    kept
}

/// The protection of backups: those who make backups may push, and nobody may force-push
/// or delete. Users who may push already are kept, so that several identities can make
/// backups.
pub(in crate::forge) fn backup_body(have: Option<&Value>, who: &Who) -> Value {
    let mut users = have.map_or_else(Vec::new, |h| texts(&h["push_whitelist_usernames"]));
    for user in who.users.iter().chain(&who.me) {
        if !users.contains(user) {
            users.push(user.clone());
        }
    }
    let mut teams = have.map_or_else(Vec::new, |h| texts(&h["push_whitelist_teams"]));
    for team in &who.teams {
        if !teams.contains(team) {
            teams.push(team.clone());
        }
    }
    json!({
        "rule_name": BACKUPS,
        "enable_push": true,
        "enable_push_whitelist": !users.is_empty() || !teams.is_empty(),
        "push_whitelist_usernames": users,
        "push_whitelist_teams": teams,
    })
}

/// The fields in which a protection differs from `body`. It also turns `body` into the
/// body of an update: it removes the name, and adds the settings that must be turned off.
pub(in crate::forge) fn differences(have: &Value, body: &mut Value) -> Vec<String> {
    let mut differ: Vec<String> = Vec::new();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("rule_name");
        // Newer servers have these fields; older ones do not accept them.
        if have["enable_force_push"] == true {
            fields.insert("enable_force_push".to_owned(), json!(false));
        }
        if have["unprotected_file_patterns"]
            .as_str()
            .is_some_and(|p| !p.is_empty())
        {
            fields.insert("unprotected_file_patterns".to_owned(), json!(""));
        }
        for (key, want) in fields.iter() {
            let have = match (&have[key], want) {
                // A server may give an empty list as null.
                (Value::Null, Value::Array(_)) => &Value::Array(Vec::new()),
                (Value::Null, Value::Bool(_)) => &Value::Bool(false),
                (have, _) => have,
            };
            if !covers(have, want) {
                differ.push(key.clone());
            }
        }
    }
    differ
}

/// Whether a rule is enforced, judged by the one protection in force.
pub(in crate::forge) fn judge(
    rule: Rule,
    branch: &str,
    first: Option<&Value>,
    wanted: &DesiredRules,
    who: &Who,
) -> RuleState {
    let state = |state, detail: String| RuleState::new(rule, branch, state, detail);
    let Some(there) = first else {
        return state(State::Missing, "the branch has no protection".to_owned());
    };
    let by = format!("rule `{}`", name(there));
    let held = there[who.admin_key] == true || wanted.admins_bypass();
    let merges = |lack: Option<String>| match lack {
        Some(lack) => state(State::Missing, format!("{by}: {lack}")),
        None if !held => state(
            State::Advisory,
            format!("{by}; administrators can merge without it"),
        ),
        None => state(State::Enforced, by.clone()),
    };
    match rule {
        Rule::Review => {
            if there["enable_push"] == true {
                let pushers = texts(&there["push_whitelist_usernames"])
                    .into_iter()
                    .filter(|u| !who.users.contains(u))
                    .chain(
                        texts(&there["push_whitelist_teams"])
                            .into_iter()
                            .filter(|t| !who.teams.contains(t)),
                    )
                    .collect::<Vec<_>>();
                if there["enable_push_whitelist"] != true {
                    return state(
                        State::Missing,
                        format!("{by} lets everyone with write access push"),
                    );
                }
                if there["push_whitelist_deploy_keys"] == true {
                    return state(State::Advisory, format!("{by} lets deploy keys push"));
                }
                if !pushers.is_empty() {
                    return state(
                        State::Advisory,
                        format!("{by} lets push without review: {}", pushers.join(", ")),
                    );
                }
            }
            if let Some(open) = there["unprotected_file_patterns"]
                .as_str()
                .filter(|p| !p.is_empty())
            {
                return state(
                    State::Advisory,
                    format!("{by} lets people push files like {open} without review"),
                );
            }
            let count = there["required_approvals"].as_u64().unwrap_or(0);
            let kept = wanted.approvals > 0 && there["dismiss_stale_approvals"] != true;
            merges(match count < u64::from(wanted.approvals) {
                true => Some(format!(
                    "requires {}, and {} are wanted",
                    approvals(count),
                    wanted.approvals
                )),
                false => kept.then(|| STALE.to_owned()),
            })
        }
        Rule::NoForce => match there["enable_force_push"] == true {
            true => state(State::Missing, format!("{by} allows forced pushes")),
            false => state(State::Enforced, by),
        },
        Rule::NoDeletion => state(State::Enforced, by),
        Rule::SignedCommits => merges(
            (there["require_signed_commits"] != true)
                .then(|| "unsigned commits are accepted".to_owned()),
        ),
        Rule::CodeOwners => merges(
            (there["block_on_official_review_requests"] != true)
                .then(|| "does not wait for the requested reviewers".to_owned()),
        ),
        Rule::StatusChecks => {
            let have = match there["enable_status_check"] == true {
                true => texts(&there["status_check_contexts"]),
                false => Vec::new(),
            };
            let absent: Vec<&str> = wanted
                .status_checks
                .iter()
                .map(String::as_str)
                .filter(|c| !have.iter().any(|h| h == c))
                .collect();
            merges((!absent.is_empty()).then(|| format!("does not require {}", absent.join(", "))))
        }
        _ => state(State::Unknown, "there is no such rule here".to_owned()),
    }
}

/// If our rule differs from the wanted one, sets its states to missing and names the
/// fields that differ. Who can bypass the rule is judged separately.
pub(in crate::forge) fn mark_drift(
    states: &mut [RuleState],
    have: &Value,
    mut body: Value,
    who: &Who,
) {
    keep(have, &mut body, who.admin_key);
    let differ: Vec<String> = differences(have, &mut body)
        .into_iter()
        .filter(|key| !ROUND.contains(&key.as_str()) && key != who.admin_key)
        .collect();
    if differ.is_empty() {
        return;
    }
    for state in states {
        if matches!(state.state, State::Enforced | State::Advisory) {
            state.state = State::Missing;
            state.detail = format!(
                "rule `{}` differs from what is wanted: {}",
                name(have),
                differ.join(", ")
            );
        }
    }
}

/// The fields that say who may bypass a rule, or which files it does not cover.
const ROUND: [&str; 5] = [
    "enable_push",
    "enable_push_whitelist",
    "push_whitelist_usernames",
    "push_whitelist_teams",
    "unprotected_file_patterns",
];

/// Whether a rule of the backups is enforced.
pub(in crate::forge) fn judge_backup(rule: Rule, first: Option<&Value>) -> RuleState {
    let Some(there) = first else {
        return RuleState::new(rule, BACKUPS, State::Missing, "backups have no protection");
    };
    let by = format!("rule `{}`", name(there));
    if there["enable_force_push"] == true {
        return RuleState::new(
            rule,
            BACKUPS,
            State::Missing,
            format!("{by} allows forced pushes"),
        );
    }
    if rule == Rule::NoDeletion {
        return RuleState::new(rule, BACKUPS, State::Enforced, by);
    }
    debug_assert_eq!(rule, Rule::CreateOnly);
    let users = texts(&there["push_whitelist_usernames"]);
    let detail = match there["enable_push_whitelist"] == true && !users.is_empty() {
        true => format!(
            "{by}: nobody can force or delete them; the server cannot allow creation alone, so {} may add commits to a backup",
            users.join(", ")
        ),
        false => format!(
            "{by}: nobody can force or delete them; everyone with write access can add commits to a backup"
        ),
    };
    RuleState::new(rule, BACKUPS, State::Advisory, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> DesiredRules {
        DesiredRules {
            reviewed: vec!["main".to_owned()],
            approvals: 1,
            ..DesiredRules::default()
        }
    }

    fn who() -> Who {
        Who {
            admin_key: "block_admin_merge_override",
            me: Some("operator".to_owned()),
            ..Who::default()
        }
    }

    #[test]
    fn the_first_that_matches_holds_alone() {
        let all = [
            json!({"rule_name": "*", "priority": 2}),
            json!({"rule_name": "m*", "priority": 2}),
            json!({"rule_name": "main", "priority": 2}),
        ];
        assert_eq!(name(first(&all, "main").unwrap()), "main");
        assert_eq!(name(first(&all, "maybe").unwrap()), "*");
        assert!(first(&all, "a/b").is_none(), "a star stops at a slash");
        let urgent = [all[2].clone(), json!({"rule_name": "m*", "priority": 1})];
        assert_eq!(name(first(&urgent, "main").unwrap()), "m*");
        let deep = [json!({"rule_name": "backup/**"})];
        assert!(first(&deep, "backup/a/b").is_some());
    }

    #[test]
    fn what_we_set_is_enforced_and_differs_in_nothing() {
        let mut body = body("main", &wanted(), &who());
        let mut have = body.clone();
        have["enable_force_push"] = json!(false);
        have["push_whitelist_usernames"] = Value::Null;
        for rule in wanted().rules() {
            let state = judge(rule, "main", Some(&have), &wanted(), &who());
            assert_eq!(state.state, State::Enforced, "{rule}");
        }
        assert!(differences(&have, &mut body).is_empty());
        assert!(body.get("rule_name").is_none());
    }

    #[test]
    fn administrators_and_files_that_slip_past_make_it_advisory() {
        let have = body("main", &wanted(), &who());
        let judge = |have: &Value| judge(Rule::Review, "main", Some(have), &wanted(), &who()).state;
        let mut lax = have.clone();
        lax["block_admin_merge_override"] = json!(false);
        assert_eq!(judge(&lax), State::Advisory);
        let mut files = have.clone();
        files["unprotected_file_patterns"] = json!("*.md");
        assert_eq!(judge(&files), State::Advisory);
        assert_eq!(
            differences(&files, &mut body("main", &wanted(), &who())),
            ["unprotected_file_patterns"]
        );
        let mut open = have;
        open["enable_push"] = json!(true);
        assert_eq!(judge(&open), State::Missing);
    }

    #[test]
    fn approvals_that_outlast_a_push_are_no_review_and_a_rule_that_drifted_holds_nothing() {
        let mut have = body("main", &wanted(), &who());
        have["dismiss_stale_approvals"] = json!(false);
        let mut all = vec![
            judge(Rule::Review, "main", Some(&have), &wanted(), &who()),
            judge(Rule::NoForce, "main", Some(&have), &wanted(), &who()),
        ];
        assert_eq!(all[0].state, State::Missing);
        assert!(all[0].detail.contains(STALE), "{}", all[0].detail);
        assert_eq!(all[1].state, State::Enforced);
        mark_drift(&mut all, &have, body("main", &wanted(), &who()), &who());
        assert_eq!(all[1].state, State::Missing);
        assert!(all[1].detail.contains("dismiss_stale_approvals"));
        let mut open = body("main", &wanted(), &who());
        open["enable_push_whitelist"] = json!(true);
        let mut all = vec![judge(Rule::NoForce, "main", Some(&open), &wanted(), &who())];
        mark_drift(&mut all, &open, body("main", &wanted(), &who()), &who());
        assert_eq!(all[0].state, State::Enforced);
    }

    #[test]
    fn several_identities_may_make_backups() {
        let have = json!({"rule_name": "backup/**", "enable_push": true,
            "enable_push_whitelist": true, "push_whitelist_usernames": ["other"]});
        let mut body = backup_body(Some(&have), &who());
        assert_eq!(
            body["push_whitelist_usernames"],
            json!(["other", "operator"])
        );
        assert_eq!(differences(&have, &mut body), ["push_whitelist_usernames"]);
        assert_eq!(
            judge_backup(Rule::CreateOnly, Some(&have)).state,
            State::Advisory
        );
        assert_eq!(
            judge_backup(Rule::NoDeletion, Some(&have)).state,
            State::Enforced
        );
    }
}
