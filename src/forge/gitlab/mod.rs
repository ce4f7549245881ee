//! GitLab's protected branches. If several match a branch, the most permissive one wins. A
//! `*` in their names also matches slashes.

mod merge;
pub(super) mod rules;

use crate::error::{Kind, Result};
use crate::forge::Client;
use crate::forge::answer::Method;
use crate::forge::protection::{
    Anew, BACKUPS, Bypass, Change, DesiredRules, Removal, Rule, RuleState, SANDBOX_PROBE, State,
    Survey, is_glob, probes, worst_state,
};
use crate::forge::refusal::{Reason, reason};
use crate::forge::target::{ForgeRepo, encode};
use serde_json::{Value, json};

pub(in crate::forge) const READ: &str = "the Developer role, and a token with `read_api` or `api`";
pub(in crate::forge) const MAINTAIN: &str = "the Maintainer role, and a token with `api`";

/// One project on GitLab.
#[derive(Debug)]
pub struct GitLab<'a> {
    pub(in crate::forge) client: Client<'a>,
    pub(in crate::forge) target: ForgeRepo,
}

impl<'a> GitLab<'a> {
    pub(in crate::forge) fn new(client: Client<'a>, target: ForgeRepo) -> Self {
        GitLab {
            client: client.with_header("Accept", "application/json"),
            target,
        }
    }

    /// A path below the project.
    pub(in crate::forge) fn path(&self, rest: &str) -> String {
        format!("/projects/{}{rest}", encode(&self.target.path()))
    }

    fn protected(&self) -> Result<Vec<Value>> {
        self.client
            .get_all(&self.path("/protected_branches?per_page=100"), MAINTAIN)
    }

    /// The names of the backups that exist.
    fn backups(&self) -> Result<Vec<String>> {
        let path = self.path("/repository/branches?search=%5Ebackup%2F&per_page=100");
        let mut names: Vec<String> = self
            .client
            .get_all(&path, READ)?
            .iter()
            .filter_map(|b| b["name"].as_str())
            .filter(|n| n.starts_with("backup/"))
            .map(str::to_owned)
            .collect();
        names.sort();
        Ok(names)
    }

    pub(in crate::forge) fn survey(&self, wanted: &DesiredRules) -> Result<Survey> {
        let bypass = wanted.bypass()?;
        let there = match self.protected() {
            Ok(there) => there,
            Err(e) if reason(&e) == Some(Reason::Permission) => return Ok(wanted.unseen(&e)),
            Err(e) => return Err(e),
        };
        let mut survey = Survey::default();
        for (who, said) in bypass.iter().zip(&wanted.bypass) {
            survey.warnings.push(match who {
                Bypass::Admins => "GitLab has no administrators of a repository: `admins` lets its maintainers push".to_owned(),
                _ => format!("GitLab lets single users or groups bypass only in paid plans, so {said} cannot bypass the rules"),
            });
        }
        let facts = self.facts(wanted)?;
        for branch in &wanted.reviewed {
            let body = rules::body(&in_its_words(branch), wanted);
            let found: Vec<(String, Vec<&Value>)> = probes(branch, self.client.http().clock.now())
                .into_iter()
                .map(|name| (name.clone(), rules::matching(&there, &name)))
                .collect();
            for rule in wanted.rules() {
                survey
                    .rules
                    .extend(worst_state(found.iter().map(|(probe, matching)| {
                        let state = rules::judge(rule, branch, matching, wanted, &facts);
                        (probe.clone(), state)
                    })));
            }
            let name = in_its_words(branch);
            let exact = there.iter().find(|p| p["name"] == name.as_str());
            self.reconcile(&name, exact, body, &mut survey.changes);
            let mut matching: Vec<&Value> = found.into_iter().flat_map(|f| f.1).collect();
            matching.sort_by_key(|p| p["name"].as_str());
            matching.dedup();
            for other in &matching {
                if other["name"] != name.as_str() && rules::lets_push(other, wanted) {
                    survey.warnings.push(format!(
                        "`{}` also matches `{branch}` and lets more people push, and the most permissive rule wins; correct or delete it",
                        other["name"].as_str().unwrap_or_default()
                    ));
                }
            }
        }
        if wanted.backups {
            self.survey_backups(&there, &mut survey)?;
        }
        for rule in rules::matching(&there, SANDBOX_PROBE) {
            survey.warnings.push(format!(
                "`{}` protects sandbox-* too: sandboxes cannot be force-pushed or deleted, and perhaps not written",
                rule["name"].as_str().unwrap_or_default()
            ));
        }
        Ok(survey)
    }

    /// Adds the requests that give the protection `name` the settings of `body`; `exact` is
    /// the protection that has this name now.
    fn reconcile(
        &self,
        name: &str,
        exact: Option<&Value>,
        mut body: Value,
        changes: &mut Vec<Change>,
    ) {
        let one = self.path(&format!("/protected_branches/{}", encode(name)));
        let change = |what: String, method, path: &str, body| Change {
            what,
            method,
            path: path.to_owned(),
            body,
            needs: MAINTAIN,
            anew: None,
        };
        let all = self.path("/protected_branches");
        let Some(have) = exact else {
            changes.push(change(
                format!("protect `{name}`"),
                Method::Post,
                &all,
                Some(body),
            ));
            return;
        };
        if !rules::as_strict(have, &body) {
            rules::keep(have, &mut body);
            let (in_place, holds) = rules::in_place(have, &body);
            let mut change = match in_place {
                Some(_) => change(
                    format!(
                        "correct the protection of `{name}`; a GitLab that cannot do that in one step leaves it open in between"
                    ),
                    Method::Patch,
                    &one,
                    in_place,
                ),
                None => change(
                    format!("unprotect `{name}` and protect it again; it is open in between"),
                    Method::Delete,
                    &one,
                    None,
                ),
            };
            change.anew = Some(Box::new(Anew {
                name: name.to_owned(),
                holds,
                path: all,
                new: body,
                old: rules::as_it_is(have),
            }));
            changes.push(change);
        } else if have["allow_force_push"] == true {
            changes.push(change(
                format!("refuse forced pushes to `{name}`"),
                Method::Patch,
                &one,
                Some(json!({"allow_force_push": false})),
            ));
        }
    }

    fn survey_backups(&self, there: &[Value], survey: &mut Survey) -> Result<()> {
        let backups = self.backups()?;
        let mut held = 0;
        for name in &backups {
            let exact = there.iter().find(|p| p["name"] == name.as_str());
            if rules::nobody_pushes(&rules::matching(there, name)) {
                held += 1;
            }
            self.reconcile(name, exact, rules::backup_body(name), &mut survey.changes);
        }
        let total = backups.len();
        let state = match held == total {
            true => State::Advisory,
            false => State::Missing,
        };
        survey.rules.push(RuleState::new(Rule::CreateOnly, BACKUPS, state, format!(
            "{held} of {total} backups are protected one by one; GitLab cannot allow creation alone, so the next `aidf protect apply` protects new ones"
        )));
        survey.rules.push(RuleState::new(Rule::NoDeletion, BACKUPS, state, format!(
            "{held} of {total} backups are protected; maintainers can still delete protected branches through the API and the web pages"
        )));
        let mut matching: Vec<&Value> = probes(BACKUPS, self.client.http().clock.now())
            .iter()
            .flat_map(|name| rules::matching(there, name))
            .collect();
        matching.sort_by_key(|p| p["name"].as_str());
        matching.dedup();
        for rule in matching {
            survey.warnings.push(format!(
                "`{}` covers backups that do not exist yet, so its access levels may stop new ones",
                rule["name"].as_str().unwrap_or_default()
            ));
        }
        Ok(())
    }

    /// The project's settings for the rules that a protected branch does not hold:
    /// approvals, signed commits and status checks.
    fn facts(&self, wanted: &DesiredRules) -> Result<rules::Facts> {
        let optional = |path: String, needs| match self.client.get(&path, needs) {
            Ok(answer) => Ok(Some(answer.json)),
            // Plans without this feature answer 404 or 403.
            Err(e) if matches!(e.kind(), Kind::NotFound | Kind::Denied) => Ok(None),
            Err(e) => Err(e),
        };
        let mut facts = rules::Facts::default();
        if wanted.approvals > 0 {
            facts.approval_rules = optional(self.path("/approval_rules"), MAINTAIN)?;
        }
        if wanted.signed_commits {
            facts.push_rule = optional(self.path("/push_rule"), MAINTAIN)?;
        }
        if !wanted.status_checks.is_empty() {
            facts.project = optional(self.path(""), READ)?;
        }
        Ok(facts)
    }

    pub(in crate::forge) fn removal(&self, wanted: &DesiredRules) -> Result<Removal> {
        let there = self.protected()?;
        let mut removal = Removal::default();
        let mut ours: Vec<(String, Value)> = wanted
            .reviewed
            .iter()
            .map(|b| (in_its_words(b), rules::body(&in_its_words(b), wanted)))
            .collect();
        if wanted.backups {
            ours.extend(self.backups()?.into_iter().map(|b| {
                let body = rules::backup_body(&b);
                (b, body)
            }));
        }
        for (name, body) in ours {
            let Some(have) = there.iter().find(|p| p["name"] == name.as_str()) else {
                continue;
            };
            match rules::same_levels(have, &body) && have["allow_force_push"] != true {
                true => removal.changes.push(Change {
                    what: format!("unprotect `{name}`"),
                    method: Method::Delete,
                    path: self.path(&format!("/protected_branches/{}", encode(&name))),
                    body: None,
                    needs: MAINTAIN,
                    anew: None,
                }),
                false => removal.left.push(format!(
                    "the protection of `{name}` is not as aidf sets it, so aidf leaves it alone"
                )),
            }
        }
        Ok(removal)
    }
}

/// One of our globs as GitLab writes it, where one `*` also matches slashes.
pub(in crate::forge) fn in_its_words(glob: &str) -> String {
    match is_glob(glob) {
        true => glob.replace("**", "*"),
        false => glob.to_owned(),
    }
}
