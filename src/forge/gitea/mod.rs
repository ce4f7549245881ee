//! Gitea and Forgejo: branch protections. Only the first one that matches a branch applies.

mod pulls;
pub(super) mod rules;

use crate::clock::Moment;
use crate::error::{Kind, Result};
use crate::forge::Client;
use crate::forge::answer::Method;
use crate::forge::protection::{
    BACKUPS, Bypass, Change, DesiredRules, Removal, Rule, SANDBOX_PROBE, Survey, probes,
    worst_state,
};
use crate::forge::refusal::{Reason, reason};
use crate::forge::settings::Provider;
use crate::forge::target::{ForgeRepo, encode};
use serde_json::Value;
use std::cell::OnceCell;

pub(in crate::forge) const READ: &str = "read access, and a token with `read:repository`";
pub(in crate::forge) const ADMIN: &str =
    "administration of the repository, and a token with `write:repository`";

/// For a name or glob: each branch that is probed, with the one rule that applies to it.
fn first_of_each<'v>(
    there: &'v [Value],
    glob: &str,
    now: Moment,
) -> Vec<(String, Option<&'v Value>)> {
    probes(glob, now)
        .into_iter()
        .map(|name| (name.clone(), rules::first(there, &name)))
        .collect()
}

/// One repository on Gitea or Forgejo.
#[derive(Debug)]
pub struct Gitea<'a> {
    pub(in crate::forge) client: Client<'a>,
    pub(in crate::forge) target: ForgeRepo,
    /// Whether the server is Forgejo; empty until that is known.
    forgejo: OnceCell<bool>,
}

impl<'a> Gitea<'a> {
    pub(in crate::forge) fn new(
        client: Client<'a>,
        target: ForgeRepo,
        forgejo: Option<bool>,
    ) -> Self {
        let known = OnceCell::new();
        if let Some(forgejo) = forgejo {
            let _ = known.set(forgejo);
        }
        Gitea {
            client: client.with_header("Accept", "application/json"),
            target,
            forgejo: known,
        }
    }

    pub(in crate::forge) fn provider(&self) -> Provider {
        match self.forgejo.get() {
            Some(true) => Provider::Forgejo,
            _ => Provider::Gitea,
        }
    }

    /// A path below the repository.
    pub(in crate::forge) fn path(&self, rest: &str) -> String {
        format!(
            "/repos/{}/{}{rest}",
            encode(&self.target.owner),
            encode(&self.target.repo)
        )
    }

    /// Forgejo's version names the Gitea that it is compatible with: `9.0.0+gitea-1.22.0`.
    fn is_forgejo(&self) -> Result<bool> {
        if let Some(known) = self.forgejo.get() {
            return Ok(*known);
        }
        let found = self.client.find("/version", "no permission")?;
        let forgejo = found.is_some_and(|a| {
            let version = a.json["version"].as_str().unwrap_or_default();
            version.contains("gitea-") || version.contains("forgejo")
        });
        Ok(*self.forgejo.get_or_init(|| forgejo))
    }

    fn protections(&self) -> Result<Vec<Value>> {
        self.client
            .get_all(&self.path("/branch_protections"), ADMIN)
    }

    fn context(&self, wanted: &DesiredRules) -> Result<rules::Who> {
        let mut users: Vec<String> = Vec::new();
        let mut teams: Vec<String> = Vec::new();
        for who in wanted.bypass()? {
            match who {
                Bypass::User(name) => users.push(name.to_owned()),
                Bypass::Team(slug) => teams.push(slug.to_owned()),
                Bypass::Admins | Bypass::App(_) => {}
            }
        }
        Ok(rules::Who {
            admin_key: match self.is_forgejo()? {
                true => "apply_to_admins",
                false => "block_admin_merge_override",
            },
            users,
            teams,
            me: self.identity()?,
        })
    }

    pub(in crate::forge) fn survey(&self, wanted: &DesiredRules) -> Result<Survey> {
        let there = match self.protections() {
            Ok(there) => there,
            Err(e) if reason(&e) == Some(Reason::Permission) => return Ok(wanted.unseen(&e)),
            Err(e) => return Err(e),
        };
        let who = self.context(wanted)?;
        let now = self.client.http().clock.now();
        let mut survey = Survey::default();
        for branch in &wanted.reviewed {
            let found = first_of_each(&there, branch, now);
            let body = rules::body(branch, wanted, &who);
            for rule in wanted.rules() {
                survey
                    .rules
                    .extend(worst_state(found.iter().map(|(probe, first)| {
                        let mut state = [rules::judge(rule, branch, *first, wanted, &who)];
                        if let Some(ours) = first.filter(|f| rules::name(f) == branch) {
                            rules::mark_drift(&mut state, ours, body.clone(), &who);
                        }
                        let [state] = state;
                        (probe.clone(), state)
                    })));
            }
            self.reconcile(branch, &there, &found, body, &who, &mut survey);
        }
        if wanted.backups {
            let found = first_of_each(&there, BACKUPS, now);
            for rule in [Rule::CreateOnly, Rule::NoDeletion] {
                survey.rules.extend(worst_state(
                    found
                        .iter()
                        .map(|(probe, first)| (probe.clone(), rules::judge_backup(rule, *first))),
                ));
            }
            let exact = there.iter().find(|p| rules::name(p) == BACKUPS);
            let body = rules::backup_body(exact, &who);
            self.reconcile(BACKUPS, &there, &found, body, &who, &mut survey);
        }
        if let Some(first) = rules::first(&there, SANDBOX_PROBE) {
            survey.warnings.push(format!(
                "the rule `{}` covers sandbox-* too: sandboxes cannot be force-pushed or deleted, and perhaps not written",
                rules::name(first)
            ));
        }
        if wanted.bypass.iter().any(|b| b.starts_with("app:")) {
            survey.warnings.push(
                "Gitea and Forgejo have no Apps, so app:ID cannot bypass the rules".to_owned(),
            );
        }
        Ok(survey)
    }

    /// Adds the change that gives the rule `name` the settings of `body`, and a warning for
    /// each other rule that applies in its place.
    fn reconcile(
        &self,
        name: &str,
        there: &[Value],
        found: &[(String, Option<&Value>)],
        mut body: Value,
        who: &rules::Who,
        survey: &mut Survey,
    ) {
        let mut others: Vec<&Value> = found
            .iter()
            .filter_map(|(_, first)| first.filter(|f| rules::name(f) != name))
            .collect();
        others.dedup();
        for other in others {
            survey.warnings.push(format!(
                "the rule `{}` comes before `{name}` and applies instead of it; move or delete it",
                rules::name(other)
            ));
        }
        let exact = there.iter().find(|p| rules::name(p) == name);
        let Some(have) = exact else {
            survey.changes.push(Change {
                what: format!("create branch protection `{name}`"),
                method: Method::Post,
                path: self.path("/branch_protections"),
                body: Some(body),
                needs: ADMIN,
                anew: None,
            });
            return;
        };
        let kept = rules::keep(have, &mut body, who.admin_key);
        if !kept.is_empty() {
            survey.warnings.push(format!(
                "branch protection `{name}` is stricter than the policy ({}), and aidf keeps that; if you do not want it, change it by hand",
                kept.join(", ")
            ));
        }
        let differ = rules::differences(have, &mut body);
        if !differ.is_empty() {
            survey.changes.push(Change {
                what: format!("correct branch protection `{name}` ({})", differ.join(", ")),
                method: Method::Patch,
                path: self.path(&format!("/branch_protections/{}", encode(name))),
                body: Some(body),
                needs: ADMIN,
                anew: None,
            });
        }
    }

    pub(in crate::forge) fn removal(&self, wanted: &DesiredRules) -> Result<Removal> {
        let there = self.protections()?;
        let who = self.context(wanted)?;
        let mut ours: Vec<(&str, Value)> = wanted
            .reviewed
            .iter()
            .map(|b| (b.as_str(), rules::body(b, wanted, &who)))
            .collect();
        if wanted.backups {
            let exact = there.iter().find(|p| rules::name(p) == BACKUPS);
            ours.push((BACKUPS, rules::backup_body(exact, &who)));
        }
        let mut removal = Removal::default();
        for (name, mut body) in ours {
            let Some(have) = there.iter().find(|p| rules::name(p) == name) else {
                continue;
            };
            match rules::differences(have, &mut body).is_empty() {
                true => removal.changes.push(Change {
                    what: format!("delete branch protection `{name}`"),
                    method: Method::Delete,
                    path: self.path(&format!("/branch_protections/{}", encode(name))),
                    body: None,
                    needs: ADMIN,
                    anew: None,
                }),
                false => removal.left.push(format!(
                    "the protection `{name}` is not as aidf sets it, so aidf leaves it alone"
                )),
            }
        }
        Ok(removal)
    }

    pub(in crate::forge) fn identity(&self) -> Result<Option<String>> {
        if self.client.auth().is_none() {
            return Ok(None);
        }
        match self.client.get("/user", "a token with `read:user`") {
            Ok(answer) => Ok(answer.json["login"].as_str().map(str::to_owned)),
            // The token lacks the scope to read its own user, so we cannot learn whose it
            // is.
            Err(e) if matches!(e.kind(), Kind::Denied | Kind::NotFound) => Ok(None),
            Err(e) => Err(e),
        }
    }
}
