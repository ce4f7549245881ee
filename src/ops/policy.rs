//! The policy as it is in force: every rule with where it comes from, and what it says of a
//! branch and its paths.

use super::access;
use super::outcome::Reported;
use super::snapshot::{self, Standing};
use crate::alerts::AlertKind;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::ops::commit::place;
use crate::policy::pods::check_name;
use crate::policy::{self, Policy, PolicyFile, Reaction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for: nothing can be chosen.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShowRequest {}

/// The rules in force.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowReport {
    /// The repository.
    pub repo_name: String,
    /// The file of the repository's own rules.
    pub file: String,
    /// The commit that the file was read from; none where there is no base yet.
    pub commit: Option<CommitId>,
    /// Every rule, each value of a list by itself.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its name in the file, such as `limits.files`.
    pub rule: String,
    /// Its value.
    pub value: String,
    /// Who set it.
    pub source: Source,
}

/// Who set a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nobody: aidf's default.
    Default,
    /// The repository's own file.
    Repository,
    /// The operator's configuration on this machine.
    Operator,
}

/// Which branch and paths are asked about.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckRequest {
    /// The branch; chosen as for a write if none is named.
    pub branch: Option<String>,
    /// The pod whose rules apply; if none is named, that of the token, or the configured one.
    pub pod: Option<String>,
    /// The paths; they start from the folder that the call is in.
    pub paths: Vec<String>,
}

/// What the policy says.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// The repository.
    pub repo_name: String,
    /// The branch.
    pub branch: String,
    /// Whether only an operator writes the branch.
    pub protected: bool,
    /// Each path.
    pub paths: Vec<PathVerdict>,
    /// One sentence.
    pub message: String,
}

/// What the policy says of one path.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PathVerdict {
    /// The path in the tree.
    pub path: String,
    /// Whether a commit may write it.
    pub allowed: bool,
    /// Why not, with the rule.
    pub why: Option<String>,
    /// The smallest change that would allow it.
    pub todo: Option<String>,
}

impl Reported for ShowReport {}

impl Reported for CheckReport {
    fn verdict(&mut self) -> Result<()> {
        let refused = self.protected || self.paths.iter().any(|p| !p.allowed);
        match refused {
            false => Ok(()),
            true => Err(Error::new(Kind::Denied, self.message.clone())
                .hint("see every rule and where it comes from: aidf policy show")),
        }
    }
}

/// Shows every rule in force.
///
/// Errors: integrity, for a policy that cannot be read; unavailable.
pub fn show(cx: &Context, _request: &ShowRequest) -> Result<ShowReport> {
    let standing = snapshot::standing(cx)?;
    Ok(ShowReport {
        repo_name: cx.repo_name.clone(),
        file: policy::PATH.to_owned(),
        commit: standing.tip,
        rules: rules(cx, &standing),
    })
}

/// Says whether a commit may write these paths of a branch.
///
/// Errors: usage, for what is no path; integrity; unavailable.
pub fn check(cx: &Context, request: &CheckRequest) -> Result<CheckReport> {
    let paths = request.paths.iter().map(|p| place::in_tree(cx, p));
    let paths = paths.collect::<Result<Vec<_>>>()?;
    let target = access::choose_to_read(cx, request.branch.as_deref())?;
    let policy = snapshot::standing(cx)?.policy(cx);
    let policy = match &request.pod {
        Some(pod) => {
            check_name(pod)?;
            policy.of_pod(Some(pod))
        }
        None => target.bound(cx, policy),
    };
    let branch = target.name().to_owned();
    policy.pod().check_use(None, &cx.repo_name, &branch)?;
    let protected = policy.is_protected(&branch);
    let paths = paths.iter().map(|path| {
        let refusal = policy.check_path(&branch, path.as_str()).err();
        PathVerdict {
            path: path.to_string(),
            allowed: refusal.is_none(),
            why: refusal.as_ref().map(|e| e.message().to_owned()),
            todo: refusal.and_then(|e| e.hint_text().map(str::to_owned)),
        }
    });
    let paths: Vec<PathVerdict> = paths.collect();
    let refused = paths.iter().filter(|p| !p.allowed).count();
    let message = match (protected, refused) {
        (true, _) => format!("{branch} is protected: only an operator writes it directly"),
        (false, 0) => format!("the policy lets a commit write this to {branch}"),
        (false, n) => format!(
            "the policy refuses {n} of {} paths on {branch}",
            paths.len()
        ),
    };
    Ok(CheckReport {
        repo_name: cx.repo_name.clone(),
        branch,
        protected,
        paths,
        message,
    })
}

/// Every rule, the lists first.
fn rules(cx: &Context, standing: &Standing) -> Vec<Rule> {
    let (file, operator) = (&standing.file, &cx.config.policy);
    let policy = standing.policy(cx);
    let mut rules = Vec::new();
    let mut add = |rule: &str, value: String, source| {
        rules.push(Rule {
            rule: rule.to_owned(),
            value,
            source,
        });
    };
    for glob in policy.reviewed() {
        let source = of_list(
            &glob,
            &file.protected_branches,
            &operator.protected_branches,
        );
        add("protected_branches", glob, source);
    }
    for (globs, source) in [
        (&file.paths.deny, Source::Repository),
        (&operator.paths.deny, Source::Operator),
    ] {
        for glob in globs {
            add("paths.deny", glob.clone(), source);
        }
    }
    for glob in &file.paths.allow {
        add("paths.allow", glob.clone(), Source::Repository);
    }
    for (pods, source) in policy
        .pods()
        .into_iter()
        .zip([Source::Repository, Source::Operator])
    {
        for (name, value) in pods.iter().flat_map(|(pod, rules)| rules.told(pod)) {
            add(&name, value, source);
        }
    }
    for (name, value, source) in numbers(&policy, file, operator) {
        let value = value.map_or_else(|| "no limit".to_owned(), |v| v.to_string());
        add(name, value, source);
    }
    for kind in AlertKind::ALL {
        let reaction = policy.reaction(kind);
        let set = |from: &PolicyFile| from.alerts.get(&kind).is_some_and(|r| *r == reaction);
        let source = match (set(file), set(operator)) {
            (true, _) => Source::Repository,
            (false, true) => Source::Operator,
            (false, false) => Source::Default,
        };
        let value = match reaction {
            Reaction::Ignore => "ignore",
            Reaction::Warn => "warn",
            Reaction::Refuse => "refuse",
        };
        add(&format!("alerts.{}", kind.name()), value.to_owned(), source);
    }
    for (from, source) in [(file, Source::Repository), (operator, Source::Operator)] {
        if let Some(hours) = &from.working_hours {
            add("working_hours", hours.to_string(), source);
        }
    }
    let (ledgers, own) = (policy.ledgers(), &file.ledgers);
    for (name, value, is_set) in [
        ("changelog", &ledgers.changelog, own.changelog.is_some()),
        ("memory", &ledgers.memory, own.memory.is_some()),
        ("rollbacks", &ledgers.rollbacks, own.rollbacks.is_some()),
    ] {
        add(
            &format!("ledgers.{name}"),
            value.clone(),
            repository(is_set),
        );
    }
    let required = match operator.ledgers.required {
        Some(true) if own.required != Some(true) => Source::Operator,
        _ => repository(own.required.is_some()),
    };
    for (name, value, source) in [
        (
            "enabled",
            ledgers.enabled,
            repository(own.enabled.is_some()),
        ),
        ("required", ledgers.required, required),
        (
            "per_branch",
            ledgers.per_branch,
            repository(own.per_branch.is_some()),
        ),
    ] {
        add(&format!("ledgers.{name}"), value.to_string(), source);
    }
    rules
}

type Number = (&'static str, Option<u64>, Source);

/// The rules that are numbers, with the one that is in force.
fn numbers(policy: &Policy, file: &PolicyFile, operator: &PolicyFile) -> Vec<Number> {
    let wide = |days: Option<u32>| days.map(u64::from);
    let (limits, own, theirs) = (policy.limits(), file.limits, operator.limits);
    let (sandbox, mine, yours) = (policy.sandbox(), file.sandbox, operator.sandbox);
    let approve = |from: &PolicyFile| from.propose.auto_approve_lines;
    [
        ("limits.files", limits.files, own.files, theirs.files),
        (
            "limits.file_bytes",
            limits.file_bytes,
            own.file_bytes,
            theirs.file_bytes,
        ),
        (
            "limits.total_bytes",
            limits.total_bytes,
            own.total_bytes,
            theirs.total_bytes,
        ),
        ("limits.lines", limits.lines, own.lines, theirs.lines),
        (
            "sandbox.max_open",
            sandbox.max_open,
            mine.max_open,
            yours.max_open,
        ),
        (
            "sandbox.idle_days",
            wide(sandbox.idle_days),
            wide(mine.idle_days),
            wide(yours.idle_days),
        ),
        (
            "sandbox.token_days",
            wide(sandbox.token_days),
            wide(mine.token_days),
            wide(yours.token_days),
        ),
        (
            "large_diff_lines",
            Some(policy.large_diff_lines()),
            file.large_diff_lines,
            operator.large_diff_lines,
        ),
        (
            "high_rate_commits",
            policy.high_rate_commits(),
            file.high_rate_commits,
            operator.high_rate_commits,
        ),
        (
            "propose.auto_approve_lines",
            Some(policy.auto_approve_lines()),
            approve(file),
            approve(operator),
        ),
    ]
    .into_iter()
    .map(|(name, value, file, operator)| {
        let source = match value {
            Some(_) if value == file => Source::Repository,
            Some(_) if value == operator => Source::Operator,
            _ => Source::Default,
        };
        (name, value, source)
    })
    .collect()
}

fn of_list(value: &String, file: &[String], operator: &[String]) -> Source {
    match (file.contains(value), operator.contains(value)) {
        (true, _) => Source::Repository,
        (false, true) => Source::Operator,
        (false, false) => Source::Default,
    }
}

fn repository(is_set: bool) -> Source {
    match is_set {
        true => Source::Repository,
        false => Source::Default,
    }
}
