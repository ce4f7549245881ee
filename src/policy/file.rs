//! The policy as it is written in `.aidf.yaml`, and in the operator's configuration. Pure.

use super::DEFAULT_LEDGERS;
use super::hours::Hours;
use super::pods::{self, Pods};
use crate::alerts::AlertKind;
use crate::fold::fold;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How aidf reacts to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// It says nothing.
    Ignore,
    /// It warns and goes on.
    Warn,
    /// It refuses the write.
    Refuse,
}

/// The policy file. The operator's configuration has a part in the same format.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyFile {
    /// Version of the format; 1.
    pub version: Option<u32>,
    /// Further branches that nobody writes directly, as globs.
    pub protected_branches: Vec<String>,
    /// Which paths sandboxes may write.
    pub paths: PathRules,
    /// The limits of one write.
    pub limits: Limits,
    /// The limits of sandboxes and their tokens.
    pub sandbox: SandboxRules,
    /// How aidf reacts to each kind of alert.
    pub alerts: BTreeMap<AlertKind, Reaction>,
    /// How many changed lines a commit may have before it raises `large_diff`.
    pub large_diff_lines: Option<u64>,
    /// How many commits a branch may get within an hour before one more raises `high_rate`.
    pub high_rate_commits: Option<u64>,
    /// When writes are expected; one at another time raises `outside_hours`.
    pub working_hours: Option<Hours>,
    /// The paths of the ledgers, and whether they are kept.
    pub ledgers: LedgerRules,
    /// What a server is asked to enforce for everybody.
    pub protect: ProtectRules,
    /// The rules for proposals.
    pub propose: ProposeRules,
    /// What each pod may do.
    pub pods: Pods,
}

/// The rules for the protection of reviewed branches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProtectRules {
    /// How many approvals a proposal needs; 1 if nothing is said.
    pub approvals: Option<u32>,
    /// Whether the code owners must approve.
    pub code_owners: Option<bool>,
    /// Whether commits must be signed.
    pub signed_commits: Option<bool>,
    /// The names of the status checks that a proposal must pass.
    pub status_checks: Vec<String>,
    /// Who may bypass the rules: `admins`, `team:SLUG`, `user:NAME`, `app:ID`.
    pub bypass: Vec<String>,
}

impl ProtectRules {
    /// These rules, replaced by those of `over` wherever it has any.
    pub fn with(&self, over: &ProtectRules) -> ProtectRules {
        let list = |own: &Vec<String>, over: &Vec<String>| match over.is_empty() {
            true => own.clone(),
            false => over.clone(),
        };
        ProtectRules {
            approvals: over.approvals.or(self.approvals),
            code_owners: over.code_owners.or(self.code_owners),
            signed_commits: over.signed_commits.or(self.signed_commits),
            status_checks: list(&self.status_checks, &over.status_checks),
            bypass: list(&self.bypass, &over.bypass),
        }
    }
}

/// The rules for proposals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProposeRules {
    /// aidf itself may approve a proposal that changes fewer lines than this; 0: none.
    pub auto_approve_lines: Option<u64>,
}

/// Paths that sandboxes may not write, and exceptions to the defaults, as globs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PathRules {
    /// Paths that are refused in addition to the defaults.
    pub deny: Vec<String>,
    /// Paths that the defaults refuse and that are allowed here.
    pub allow: Vec<String>,
}

/// The limits of one write.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Files in one commit.
    pub files: Option<u64>,
    /// Bytes of one file.
    pub file_bytes: Option<u64>,
    /// Bytes of all files of one commit.
    pub total_bytes: Option<u64>,
    /// Lines added and removed by one commit.
    pub lines: Option<u64>,
}

/// The limits of sandboxes and their tokens.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxRules {
    /// How many sandboxes may be open at once.
    pub max_open: Option<u64>,
    /// Days without a write after which a token expires.
    pub idle_days: Option<u32>,
    /// Days after its issue when a new token expires for good.
    pub token_days: Option<u32>,
}

/// The paths of the ledgers in the tree, and how they are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerRules {
    /// The changelog's path.
    pub changelog: Option<String>,
    /// The memory's path.
    pub memory: Option<String>,
    /// The path of the list of rollbacks.
    pub rollbacks: Option<String>,
    /// False: sandboxes keep no changelog and no memory.
    pub enabled: Option<bool>,
    /// True: each commit on a sandbox must add changelog entries for the files it changes.
    pub required: Option<bool>,
    /// True: each sandbox writes its own ledgers, in folders beside the shared ones.
    pub per_branch: Option<bool>,
}

/// What is wrong with a glob for paths of a tree that can match none of them.
pub fn glob_fault(glob: &str) -> Option<String> {
    let odd = glob.is_empty() || glob.starts_with('/') || glob.starts_with("./");
    let odd = odd || fast_glob::validate(glob).is_err() || !is_balanced(glob.as_bytes());
    odd.then(|| format!("the glob `{glob}` matches nothing"))
}

/// Whether each bracket that closes has one that opens. The matcher takes one that has none for
/// itself, and whoever wrote it meant something else. In a class, and after a backslash, brackets
/// stand for themselves; one that closes may then do so as well.
fn is_balanced(glob: &[u8]) -> bool {
    let (mut open, mut escaped, mut at) = (0_usize, 0_usize, 0);
    while let Some(c) = glob.get(at) {
        match c {
            b'\\' => {
                at += 1;
                escaped += usize::from(matches!(glob.get(at), Some(b'[' | b'{')));
            }
            b'[' => {
                let negated = matches!(glob.get(at + 1), Some(b'!' | b'^'));
                // The first one of a class is in it.
                let first = at + 2 + usize::from(negated);
                let rest = glob.get(first..).unwrap_or_default();
                match rest.iter().position(|c| *c == b']') {
                    Some(length) => at = first + length,
                    None => return false,
                }
            }
            b'{' => open += 1,
            b'}' if open > 0 => open -= 1,
            b']' | b'}' if escaped > 0 => escaped -= 1,
            b']' | b'}' => return false,
            _ => {}
        }
        at += 1;
    }
    open == 0
}

impl PolicyFile {
    /// What is wrong with the file, if anything: a glob that matches nothing, or two
    /// ledgers at one path. aidf does not use a policy that says less than it seems to.
    pub fn fault(&self) -> Option<String> {
        let globs = self
            .protected_branches
            .iter()
            .chain(&self.paths.deny)
            .chain(&self.paths.allow)
            .chain(pods::globs(&self.pods));
        for glob in globs {
            if let Some(fault) = glob_fault(glob) {
                return Some(fault);
            }
        }
        if let Some(fault) = pods::fault(&self.pods) {
            return Some(fault);
        }
        if self.sandbox.idle_days == Some(0) {
            return Some(
                "with `idle_days: 0` every token would expire at once; leave it out if tokens should not expire"
                    .to_owned(),
            );
        }
        if self.high_rate_commits == Some(0) {
            return Some(
                "with `high_rate_commits: 0` every write would be noticed; leave it out if none should be"
                    .to_owned(),
            );
        }
        if self.ledgers.required == Some(true) && self.ledgers.enabled == Some(false) {
            return Some("the ledgers are required but switched off".to_owned());
        }
        let given = [
            &self.ledgers.changelog,
            &self.ledgers.memory,
            &self.ledgers.rollbacks,
        ];
        let places: Vec<String> = given
            .iter()
            .zip(DEFAULT_LEDGERS)
            .map(|(g, d)| fold(g.as_deref().unwrap_or(d)))
            .collect();
        for (at, one) in places.iter().enumerate() {
            for (other_at, other) in places.iter().enumerate() {
                if at != other_at && (one == other || other.starts_with(&format!("{one}/"))) {
                    return Some(format!(
                        "two ledgers have the same path, or one is below the other: {one} and {other}"
                    ));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<String> {
        crate::yaml::read::<PolicyFile>(text).unwrap().fault()
    }

    #[test]
    fn a_glob_that_matches_nothing_is_a_fault_wherever_it_stands() {
        for wrap in [
            |glob: &str| format!("protected_branches: ['x', '{glob}']"),
            |glob: &str| format!("paths: {{deny: ['x', '{glob}']}}"),
            |glob: &str| format!("paths: {{allow: ['x', '{glob}']}}"),
        ] {
            for odd in [
                "", "/a", "./a", "a[", "a]", "[a]]", "{a", "a}", "{{a}", "]a[", "a\\",
            ] {
                let said = fault(&wrap(odd)).unwrap_or_default();
                assert!(said.contains(&format!("`{odd}`")), "{odd}: {said}");
            }
            for good in [
                "a",
                "a/",
                "a/./b",
                "a[bc]",
                "{a,b}/**",
                ".a",
                "a[b]{c,d}",
                "a\\[",
            ] {
                assert_eq!(fault(&wrap(good)), None, "{good}");
            }
        }
    }

    #[test]
    fn rules_that_undo_each_other_are_a_fault() {
        for (text, word) in [
            ("sandbox: {idle_days: 0}", "idle_days"),
            ("high_rate_commits: 0", "high_rate_commits"),
            ("ledgers: {required: true, enabled: false}", "switched off"),
            ("ledgers: {changelog: a, memory: A}", "two ledgers"),
            ("ledgers: {changelog: a/b, rollbacks: a}", "two ledgers"),
            ("ledgers: {changelog: a, rollbacks: A/b}", "two ledgers"),
            (
                "ledgers: {memory: project/outputs/changelog.yaml}",
                "two ledgers",
            ),
            ("ledgers: {rollbacks: project}", "two ledgers"),
        ] {
            let said = fault(text).unwrap_or_default();
            assert!(said.contains(word), "{text}: {said}");
        }
        for text in [
            "version: 1",
            "sandbox: {idle_days: 1, token_days: 0}",
            "ledgers: {required: true}",
            "ledgers: {required: true, enabled: true}",
            "ledgers: {enabled: false}",
            "ledgers: {required: false, enabled: false}",
            "ledgers: {changelog: a, memory: ab, rollbacks: b/a}",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn rules_of_protection_are_replaced_one_by_one() {
        let read = |text: &str| crate::yaml::read::<ProtectRules>(text).unwrap();
        let own = read("{approvals: 1, code_owners: true, status_checks: [a], bypass: [admins]}");
        assert_eq!(own.with(&ProtectRules::default()), own);
        assert_eq!(ProtectRules::default().with(&own), own);
        let over = read("{approvals: 2, signed_commits: true, status_checks: [b, c]}");
        let both = "{approvals: 2, code_owners: true, signed_commits: true, status_checks: [b, c], bypass: [admins]}";
        assert_eq!(own.with(&over), read(both));
    }

    #[test]
    fn a_glob_is_at_fault_where_the_matcher_takes_it_for_none() {
        for good in [
            "app/\\[id]/**",
            "g/\\{id}/x",
            "a[{]b",
            "a[]]b",
            "{a,b}/*.md",
        ] {
            assert_eq!(glob_fault(good), None, "{good}");
        }
        for bad in ["", "/a", "./a", "a[", "a{b", "a\\"] {
            assert!(glob_fault(bad).is_some(), "{bad}");
        }
    }
}
