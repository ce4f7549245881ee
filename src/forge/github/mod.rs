//! GitHub: rulesets first, classic protection where a server has none of them.

pub(super) mod classic;
mod pulls;
pub(super) mod rules;

use crate::error::{Error, Kind, Result};
use crate::forge::Client;
use crate::forge::answer::Method;
use crate::forge::protection::{
    BACKUPS, Bypass, Change, DesiredRules, Removal, Rule, RuleState, SANDBOX_PROBE, State, Survey,
    is_glob, probes, worst_state,
};
use crate::forge::refusal::{Reason, is_plan_limit, reason, status};
use crate::forge::target::{ForgeRepo, encode};
use rules::PREFIX;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

pub(in crate::forge) const READ: &str = "`metadata: read`";
pub(in crate::forge) const WRITE: &str = "`administration: write`";

/// The id of the administrators' repository role in the API.
const ADMIN_ROLE: u64 = 5;

/// A branch, and the rules in force on it, or why they could not be read.
type Probed = (String, std::result::Result<Vec<Value>, String>);

/// One repository on GitHub.
#[derive(Debug)]
pub struct GitHub<'a> {
    pub(in crate::forge) client: Client<'a>,
    pub(in crate::forge) target: ForgeRepo,
}

impl<'a> GitHub<'a> {
    pub(in crate::forge) fn new(client: Client<'a>, target: ForgeRepo) -> Self {
        GitHub {
            client: client.for_github(),
            target,
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

    fn list(&self) -> Result<Vec<Value>> {
        let path = self.path("/rulesets?includes_parents=false&per_page=100");
        let mut all = self.client.get_all(&path, READ)?;
        all.retain(|r| r["source_type"].as_str().is_none_or(|t| t == "Repository"));
        Ok(all)
    }

    /// Whether the repository exists but its server has no rulesets.
    fn has_no_rulesets(&self, error: &Error) -> Result<bool> {
        if status(error) != Some(404) {
            return Ok(false);
        }
        self.client.get(&self.path(""), READ).map(|_| true)
    }

    pub(in crate::forge) fn survey(&self, wanted: &DesiredRules) -> Result<Survey> {
        let actors = self.actors(wanted)?;
        let mut survey = match self.list() {
            Ok(list) => self.survey_rulesets(wanted, &list, &actors)?,
            Err(e) if is_plan_limit(&e) => self.without_plan(wanted, &actors, &e),
            Err(e) if reason(&e) == Some(Reason::Permission) => wanted.unseen(&e),
            Err(e) => match self.has_no_rulesets(&e)? {
                true => self.survey_classic(wanted)?,
                false => return Err(e),
            },
        };
        if wanted.approvals > 0 && self.is_alone() {
            survey.warnings.push(format!(
                "only one collaborator of {} can write, and authors cannot approve their own proposals, so nothing could be merged; give a second identity access (AIDF_APPROVER_TOKEN), or require a status check and no approvals",
                self.target.path()
            ));
        }
        Ok(survey)
    }

    /// The survey for a plan without branch protection: every rule is missing, and the
    /// warning says why.
    fn without_plan(&self, wanted: &DesiredRules, actors: &[Value], error: &Error) -> Survey {
        Survey {
            rules: wanted.all(State::Missing, error.message()),
            changes: rules::rulesets(wanted, actors)
                .into_iter()
                .map(|set| self.create(set))
                .collect(),
            warnings: vec![error.in_full()],
            blocked: None,
        }
    }

    fn create(&self, set: rules::Ruleset) -> Change {
        Change {
            what: format!("create ruleset `{}`", set.name),
            method: Method::Post,
            path: self.path("/rulesets"),
            body: Some(set.body),
            needs: WRITE,
            anew: None,
        }
    }

    fn survey_rulesets(
        &self,
        wanted: &DesiredRules,
        list: &[Value],
        actors: &[Value],
    ) -> Result<Survey> {
        let mut survey = Survey::default();
        let known: RefCell<BTreeMap<u64, Option<Value>>> = RefCell::default();
        let mut off: Vec<String> = Vec::new();
        let mut drifted = rules::Drifted::new();
        let mut differ_by_name: BTreeMap<String, String> = BTreeMap::new();
        for set in rules::rulesets(wanted, actors) {
            let Some(found) = list.iter().find(|r| r["name"] == set.name.as_str()) else {
                survey.changes.push(self.create(set));
                continue;
            };
            // The list leaves out the rules of each ruleset.
            let id = found["id"].as_u64().unwrap_or_default();
            let path = self.path(&format!("/rulesets/{id}"));
            let full = self.client.get(&path, READ)?.json;
            if full["enforcement"] != "active" {
                off.push(format!(
                    "ruleset `{}` exists but is not active ({})",
                    set.name,
                    full["enforcement"].as_str().unwrap_or("unknown")
                ));
            }
            let differ = rules::differences(&full, &set.body);
            if let Some(how) = rules::drift(&full, &set.body) {
                differ_by_name.insert(set.name.clone(), how.clone());
                drifted.insert(id, how);
            }
            known.borrow_mut().insert(id, Some(full));
            if !differ.is_empty() {
                survey.changes.push(Change {
                    what: format!("correct ruleset `{}` ({})", set.name, differ.join(", ")),
                    method: Method::Put,
                    path,
                    body: Some(set.body),
                    needs: WRITE,
                    anew: None,
                });
            }
        }
        let bypass_of = |id: u64| {
            let full = known.borrow().get(&id).cloned();
            let full = full.unwrap_or_else(|| {
                let path = self.path(&format!("/rulesets/{id}"));
                let full = self.client.get(&path, READ).ok().map(|a| a.json);
                known.borrow_mut().insert(id, full.clone());
                full
            })?;
            full["bypass_actors"].as_array().cloned()
        };
        let judge = |rule, branch: &str, found: &[Probed]| {
            let mut state = worst_state(found.iter().map(|(name, found)| {
                let state = match found {
                    Ok(found) => {
                        rules::judge(rule, branch, found, wanted, actors, &bypass_of, &drifted)
                    }
                    Err(why) => RuleState::new(rule, branch, State::Unknown, why),
                };
                (name.clone(), state)
            }))?;
            // If our ruleset does not apply to the branch, say why.
            if let Some(how) = differ_by_name.get(&format!("{PREFIX}{branch}"))
                && state.state == State::Missing
                && !state.detail.contains(how)
            {
                state.detail = format!(
                    "{}; ruleset `{PREFIX}{branch}` differs from what is wanted; {how}",
                    state.detail
                );
            }
            Some(state)
        };
        for branch in &wanted.reviewed {
            let found = self.in_force_on(branch)?;
            let mut states: Vec<RuleState> = wanted
                .rules()
                .into_iter()
                .filter_map(|rule| judge(rule, branch, &found))
                .collect();
            if states.iter().any(|s| s.state != State::Enforced) && !is_glob(branch) {
                self.improve_by_classic(branch, wanted, &mut states);
            }
            survey.rules.extend(states);
        }
        if wanted.backups {
            let found = self.in_force_on(BACKUPS)?;
            for rule in [Rule::CreateOnly, Rule::NoDeletion] {
                survey.rules.extend(judge(rule, BACKUPS, &found));
            }
            let all: Vec<Value> = found
                .into_iter()
                .filter_map(|f| f.1.ok())
                .flatten()
                .collect();
            survey
                .warnings
                .extend(rules::hindrances(&all, BACKUPS, true));
        }
        match self.in_force(SANDBOX_PROBE)? {
            Ok(found) => survey
                .warnings
                .extend(rules::hindrances(&found, "sandbox-*", false)),
            Err(why) => survey.warnings.push(format!(
                "aidf could not read whether rules restrict sandbox-*: {why}"
            )),
        }
        survey.warnings.extend(off);
        for left in list.iter().filter_map(|r| r["name"].as_str()) {
            let branch = left.strip_prefix(PREFIX);
            if branch.is_some_and(|b| b != BACKUPS && !wanted.reviewed.iter().any(|w| w == b)) {
                survey.warnings.push(format!(
                    "ruleset `{left}` belongs to an earlier policy, and aidf left it; `aidf protect remove` removes it"
                ));
            }
        }
        Ok(survey)
    }

    /// The rules in force on a branch, with inherited ones. The inner error says why they
    /// could not be read.
    fn in_force(&self, branch: &str) -> Result<std::result::Result<Vec<Value>, String>> {
        let path = self.path(&format!("/rules/branches/{}?per_page=100", encode(branch)));
        match self.client.get_all(&path, READ) {
            Ok(found) => Ok(Ok(found)),
            Err(e) if matches!(e.kind(), Kind::Denied | Kind::NotFound) => Ok(Err(e.in_full())),
            Err(e) => Err(e),
        }
    }

    /// The rules in force on each branch that is probed for a name or glob.
    fn in_force_on(&self, glob: &str) -> Result<Vec<Probed>> {
        probes(glob, self.client.http().clock.now())
            .into_iter()
            .map(|name| Ok((name.clone(), self.in_force(&name)?)))
            .collect()
    }

    /// Takes classic protection into account, where it can be read.
    fn improve_by_classic(&self, branch: &str, wanted: &DesiredRules, states: &mut [RuleState]) {
        let Ok(Some(found)) = self.classic(branch) else {
            return;
        };
        for state in states {
            let other = classic::judge(state.rule, branch, &found, wanted);
            if other.rank() > state.rank() {
                *state = other;
            }
        }
    }

    /// Whether nobody else could approve a proposal.
    fn is_alone(&self) -> bool {
        let path = self.path("/collaborators?affiliation=all&permission=push&per_page=2");
        self.client
            .get(&path, READ)
            .is_ok_and(|a| a.json.as_array().is_some_and(|all| all.len() == 1))
    }

    /// Those who may bypass the rules, in the form that rulesets take.
    fn actors(&self, wanted: &DesiredRules) -> Result<Vec<Value>> {
        wanted
            .bypass()?
            .into_iter()
            .map(|who| {
                let (kind, id) = match who {
                    Bypass::Admins => ("RepositoryRole", ADMIN_ROLE),
                    Bypass::App(id) => ("Integration", id),
                    Bypass::Team(slug) => ("Team", self.team(slug)?),
                    Bypass::User(name) => ("User", self.user(name)?),
                };
                Ok(json!({"actor_id": id, "actor_type": kind, "bypass_mode": "always"}))
            })
            .collect()
    }

    /// The id of a team, from its id or its name.
    fn team(&self, slug: &str) -> Result<u64> {
        if let Ok(id) = slug.parse() {
            return Ok(id);
        }
        let path = format!(
            "/orgs/{}/teams/{}",
            encode(&self.target.owner),
            encode(slug)
        );
        let found = match self
            .client
            .find(&path, "`members: read` of the organisation")
        {
            // An App's token has permissions on the repository only.
            Err(e) if reason(&e) == Some(Reason::Permission) => None,
            other => other?,
        };
        found.and_then(|a| a.json["id"].as_u64()).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!(
                    "{} has no team `{slug}` that this login can see",
                    self.target.owner
                ),
            )
            .hint("give the team's number, team:ID, or a login with `members: read`")
        })
    }

    /// The id of a user, from their id or their name.
    fn user(&self, name: &str) -> Result<u64> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let found = self
            .client
            .find(&format!("/users/{}", encode(name)), READ)?;
        found.and_then(|a| a.json["id"].as_u64()).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("GitHub has no user `{name}`"))
                .hint("correct user:NAME")
        })
    }

    pub(in crate::forge) fn removal(&self, wanted: &DesiredRules) -> Result<Removal> {
        let list = match self.list() {
            Ok(list) => list,
            Err(e) if is_plan_limit(&e) => return Ok(Removal::default()),
            Err(e) => {
                return match self.has_no_rulesets(&e)? {
                    true => self.removal_classic(wanted),
                    false => Err(e),
                };
            }
        };
        let mut removal = Removal::default();
        for set in &list {
            let (Some(name), Some(id)) = (set["name"].as_str(), set["id"].as_u64()) else {
                continue;
            };
            match name.starts_with(PREFIX) {
                true => removal.changes.push(Change {
                    what: format!("delete ruleset `{name}`"),
                    method: Method::Delete,
                    path: self.path(&format!("/rulesets/{id}")),
                    body: None,
                    needs: WRITE,
                    anew: None,
                }),
                false => removal.left.push(format!(
                    "aidf did not make ruleset `{name}`, so aidf leaves it alone"
                )),
            }
        }
        Ok(removal)
    }
}
