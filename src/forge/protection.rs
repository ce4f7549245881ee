//! The rules that are wanted, the rules that are enforced, and the changes between them, in
//! terms that every provider shares.

use super::answer::Method;
use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A branch name that nobody uses, to ask which rules would apply to sandboxes.
pub(super) const SANDBOX_PROBE: &str = "sandbox-aidf-probe";
/// The branches that hold backups.
pub const BACKUPS: &str = "backup/**";

/// The flaw of a review rule that still counts approvals after new commits.
pub(super) const STALE: &str = "keeps approvals when commits are added";
/// The text that fills the wildcards of a probe's name.
const PROBE: &str = "aidf-probe";

/// The rules that are wanted, from the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DesiredRules {
    /// Branches, or globs of them, that change only by review.
    pub reviewed: Vec<String>,
    /// The repository's default branch.
    pub default_branch: String,
    /// Whether `backup/**` may be created and never changed or deleted.
    pub backups: bool,
    /// How many approvals a proposal needs.
    pub approvals: u32,
    /// Whether the code owners must approve.
    pub code_owners: bool,
    /// Whether commits must be signed.
    pub signed_commits: bool,
    /// The names of the status checks that a proposal must pass.
    pub status_checks: Vec<String>,
    /// Who may bypass the rules: `admins`, `team:SLUG`, `user:NAME`, `app:ID`.
    pub bypass: Vec<String>,
}

impl DesiredRules {
    /// The rules for each reviewed branch.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let mut rules = vec![Rule::Review, Rule::NoForce, Rule::NoDeletion];
        if self.signed_commits {
            rules.push(Rule::SignedCommits);
        }
        if !self.status_checks.is_empty() {
            rules.push(Rule::StatusChecks);
        }
        if self.code_owners {
            rules.push(Rule::CodeOwners);
        }
        rules
    }

    /// Every rule of every branch, all in the same state.
    pub(super) fn all(&self, state: State, detail: &str) -> Vec<RuleState> {
        let mut all = Vec::new();
        for branch in &self.reviewed {
            for rule in self.rules() {
                all.push(RuleState::new(rule, branch, state, detail));
            }
        }
        if self.backups {
            for rule in [Rule::CreateOnly, Rule::NoDeletion] {
                all.push(RuleState::new(rule, BACKUPS, state, detail));
            }
        }
        all
    }

    /// The survey to report where the login may not see the protection.
    pub(super) fn unseen(&self, why: &Error) -> Survey {
        Survey {
            rules: self.all(State::Unknown, why.message()),
            blocked: Some(why.in_full()),
            ..Survey::default()
        }
    }

    /// Who may bypass the rules, parsed.
    ///
    /// Errors: usage.
    pub(super) fn bypass(&self) -> Result<Vec<Bypass<'_>>> {
        self.bypass
            .iter()
            .map(|text| match text.split_once(':') {
                None if text == "admins" => Ok(Bypass::Admins),
                Some(("team", slug)) if !slug.is_empty() => Ok(Bypass::Team(slug)),
                Some(("user", name)) if !name.is_empty() => Ok(Bypass::User(name)),
                Some(("app", id)) if id.parse::<u64>().is_ok() => {
                    Ok(Bypass::App(id.parse().unwrap_or_default()))
                }
                _ => Err(Error::new(
                    Kind::Usage,
                    format!("`{text}` is not somebody who can bypass the protection"),
                )
                .hint("give admins, team:SLUG, user:NAME or app:ID")),
            })
            .collect()
    }

    /// Whether administrators may bypass the rules.
    pub(super) fn admins_bypass(&self) -> bool {
        self.bypass.iter().any(|b| b == "admins")
    }
}

/// Somebody who may bypass the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bypass<'w> {
    Admins,
    Team(&'w str),
    User(&'w str),
    App(u64),
}

/// A rule that `protect` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Changes need a review.
    Review,
    /// No forced push.
    NoForce,
    /// No deletion.
    NoDeletion,
    /// Commits are signed.
    SignedCommits,
    /// Checks pass first.
    StatusChecks,
    /// The code owners approve.
    CodeOwners,
    /// A branch may be created and never changed.
    CreateOnly,
    /// Only the holder of a branch's token writes to it; a self-hosted bare server checks
    /// that.
    HolderOnly,
}

impl Rule {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Review => "review",
            Rule::NoForce => "no_force",
            Rule::NoDeletion => "no_deletion",
            Rule::SignedCommits => "signed_commits",
            Rule::StatusChecks => "status_checks",
            Rule::CodeOwners => "code_owners",
            Rule::CreateOnly => "create_only",
            Rule::HolderOnly => "holder_only",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether a rule is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The server enforces it for everyone who is not meant to bypass it.
    Enforced,
    /// It is set, but some people can bypass it.
    Advisory,
    /// It is not enforced.
    Missing,
    /// It could not be read.
    Unknown,
}

/// A rule on a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleState {
    /// Which rule.
    pub rule: Rule,
    /// On which branch, or glob of them.
    pub branch: String,
    /// Whether it is enforced.
    pub state: State,
    /// Why, and who can bypass it; may be empty.
    pub detail: String,
}

impl RuleState {
    pub(super) fn new(rule: Rule, branch: &str, state: State, detail: impl Into<String>) -> Self {
        RuleState {
            rule,
            branch: branch.to_owned(),
            state,
            detail: detail.into(),
        }
    }

    /// How good a state is; higher is better.
    pub(super) fn rank(&self) -> u8 {
        match self.state {
            State::Enforced => 3,
            State::Advisory => 2,
            State::Unknown => 1,
            State::Missing => 0,
        }
    }
}

/// A request that sets a rule, or removes one of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What it does, in one line.
    pub what: String,
    /// The request's method.
    pub method: Method,
    /// The request's path under the API's base.
    pub path: String,
    /// The request's body.
    pub body: Option<Value>,
    /// The permission that it needs.
    pub needs: &'static str,
    /// How to make the rule anew where the server cannot change it in place.
    #[serde(skip)]
    pub anew: Option<Box<Anew>>,
}

/// A rule that is deleted at its path and made again, where no request can change it. With
/// the method DELETE that is so from the start, and else where the answer does not hold it.
#[derive(Debug, Clone, PartialEq)]
pub struct Anew {
    /// The rule's name.
    pub name: String,
    /// What the server says of the rule once it is as wanted.
    pub holds: Value,
    /// The path that makes rules.
    pub path: String,
    /// The body that makes it as wanted.
    pub new: Value,
    /// The body that makes it as it was.
    pub old: Value,
}

/// The rules that are enforced, and the changes that would complete them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Survey {
    /// Every rule with its state.
    pub rules: Vec<RuleState>,
    /// The requests that set what is missing; empty if nothing is missing.
    pub changes: Vec<Change>,
    /// Further warnings for the user.
    pub warnings: Vec<String>,
    /// Why `changes` could not be worked out, if so. Then an empty list does not mean that
    /// nothing is missing.
    pub blocked: Option<String>,
}

/// The changes that remove our protection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Removal {
    /// The requests.
    pub changes: Vec<Change>,
    /// What is left in place, and why.
    pub left: Vec<String>,
}

/// Whether `have` contains all that `want` says. Fields that we do not set may have any
/// value, and lists may have any order.
pub(super) fn covers(have: &Value, want: &Value) -> bool {
    match (have, want) {
        (Value::Object(have), Value::Object(want)) => want
            .iter()
            .all(|(key, w)| covers(have.get(key).unwrap_or(&Value::Null), w)),
        (Value::Array(have), Value::Array(want)) => {
            have.len() == want.len() && want.iter().all(|w| have.iter().any(|h| covers(h, w)))
        }
        (have, want) => have == want,
    }
}

/// Example branches for a name or glob, to ask which rules apply to them. A plain name
/// stands for itself. A glob gives a flat name, a name with a date (as backups have) and a
/// nested name, because a rule may apply to only some of them.
pub(super) fn probes(glob: &str, now: Moment) -> Vec<String> {
    if !is_glob(glob) {
        return vec![example_of(glob, PROBE, PROBE)];
    }
    let (dated, nested) = (now.compact(), format!("{PROBE}/{}", now.date()));
    let mut all = Vec::new();
    for (one, many) in [(PROBE, PROBE), (&*dated, &*dated), (PROBE, &*nested)] {
        let name = example_of(glob, one, many);
        let meant = all.is_empty() || fast_glob::glob_match(glob, &name);
        if meant && !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The state of a rule on a glob, from its state on each probe: the worst of them.
pub(super) fn worst_state(
    states: impl IntoIterator<Item = (String, RuleState)>,
) -> Option<RuleState> {
    let mut all: Vec<(String, RuleState)> = states.into_iter().collect();
    let same = all.windows(2).all(|w| w[0].1.state == w[1].1.state);
    // If several are equally bad, take the first.
    let at = (0..all.len()).min_by_key(|at| all[*at].1.rank())?;
    let (name, mut state) = all.swap_remove(at);
    if !same {
        state.detail = format!("`{name}`: {}", state.detail);
    }
    Some(state)
}

/// A branch that matches a glob: `one` replaces each `*`, `many` replaces each `**`.
fn example_of(glob: &str, one: &str, many: &str) -> String {
    let mut out = String::new();
    let mut chars = glob.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                let several = chars.peek() == Some(&'*');
                while chars.peek() == Some(&'*') {
                    chars.next();
                }
                out.push_str(if several { many } else { one });
            }
            '?' => out.push('x'),
            '\\' => out.extend(chars.next()),
            '[' => {
                // Take one of the characters in the brackets.
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                out.extend(inner.chars().find(|c| c.is_ascii_alphanumeric()));
            }
            '{' => {
                let inner: String = chars.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(inner.split(',').next().unwrap_or_default());
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether a name is a glob.
pub(super) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}

/// The strings in a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

/// `1 approval`, `2 approvals`
pub(super) fn approvals(count: u64) -> String {
    words::count(count, "approval", "approvals")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_we_set_is_compared() {
        let want = json!({"a": 1, "list": [{"type": "x"}, {"type": "y"}]});
        for (have, yes) in [
            (
                json!({"a": 1, "b": 2, "list": [{"type": "y", "id": 3}, {"type": "x"}]}),
                true,
            ),
            (
                json!({"a": 2, "list": [{"type": "x"}, {"type": "y"}]}),
                false,
            ),
            (json!({"a": 1, "list": [{"type": "x"}]}), false),
            (
                json!({"a": 1, "list": [{"type": "x"}, {"type": "y"}, {"type": "z"}]}),
                false,
            ),
            (json!({"a": 1}), false),
            (Value::Null, false),
        ] {
            assert_eq!(covers(&have, &want), yes, "{have}");
        }
    }

    #[test]
    fn a_glob_has_an_example() {
        for (glob, example) in [
            ("main", "main"),
            ("release/**", "release/aidf-probe"),
            ("v?.x", "vx.x"),
            ("r-[0-9]", "r-0"),
            ("{dev,test}/*", "dev/aidf-probe"),
            ("we\\*ird", "we*ird"),
        ] {
            assert_eq!(example_of(glob, PROBE, PROBE), example);
            assert_eq!(probes(glob, Moment::from_seconds(0))[0], example);
            if is_glob(glob) && !glob.contains('\\') {
                assert!(fast_glob::glob_match(glob, example), "{glob}");
            }
        }
    }

    #[test]
    fn a_glob_is_probed_flat_dated_and_nested() {
        let now = Moment::from_seconds(1_800_000_000);
        let all = probes(BACKUPS, now);
        let today = now.date();
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(all[0], "backup/aidf-probe");
        assert!(all[1].starts_with(&format!("backup/{}", &today[..4])));
        assert!(all[2].starts_with("backup/aidf-probe/20"), "{all:?}");
        assert_eq!(probes("main", now), ["main"]);
        assert_eq!(probes("release/*", now).len(), 2, "it stops at a slash");
    }

    #[test]
    fn a_rule_holds_no_better_than_for_the_worst_probe() {
        let of = |name: &str, state| {
            (
                name.to_owned(),
                RuleState::new(Rule::Review, "x/**", state, "so"),
            )
        };
        let one = worst_state([of("x/a", State::Enforced), of("x/a/b", State::Missing)]).unwrap();
        assert_eq!((one.state, &*one.detail), (State::Missing, "`x/a/b`: so"));
        let same = worst_state([of("x/a", State::Enforced), of("x/a/b", State::Enforced)]).unwrap();
        assert_eq!((same.state, &*same.detail), (State::Enforced, "so"));
    }

    #[test]
    fn who_bypasses_is_read_or_refused() {
        let wanted = |b: &str| DesiredRules {
            bypass: vec![b.to_owned()],
            ..DesiredRules::default()
        };
        assert_eq!(wanted("admins").bypass().unwrap(), [Bypass::Admins]);
        assert_eq!(wanted("app:7").bypass().unwrap(), [Bypass::App(7)]);
        for bad in ["", "admin", "team:", "app:x", "group:x"] {
            assert_eq!(
                wanted(bad).bypass().unwrap_err().kind(),
                Kind::Usage,
                "{bad}"
            );
        }
    }
}
