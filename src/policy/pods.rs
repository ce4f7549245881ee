//! What each pod may do: commands, repositories, branches, paths, ledgers and quotas. Pure.
//!
//! A pod is a group of writers. A token carries its pod's name under its seal. The rules of
//! a pod bind the tokens of sandboxes; an operator's token is bound by none.

use super::{PATH, matches};
use crate::alerts::secret_in;
use crate::error::{Error, Kind, Result};
use crate::fold::fold;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The name that stands for every pod without rules of its own, and for tokens without a pod.
pub const OTHERS: &str = "*";

/// The commands that a pod's rules can name, as they are typed.
pub const COMMANDS: [&str; 6] = [
    "sandbox init",
    "sandbox sync",
    "sandbox close",
    "sandbox restore",
    "commit",
    "rollback",
];

/// The rules of all pods, by name.
pub type Pods = BTreeMap<String, PodRules>;

/// What one pod may do. What a rule does not name is not restricted by it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PodRules {
    /// The commands that it may use, of [`COMMANDS`]. A server cannot check this rule.
    pub commands: Vec<String>,
    /// The repositories that it may write, as globs of names.
    pub repositories: Vec<String>,
    /// The sandboxes that it may write, as globs.
    pub branches: Vec<String>,
    /// The paths that it may write.
    pub paths: PodPaths,
    /// Which ledgers its commits are entered in.
    pub ledgers: Option<PodLedgers>,
    /// How much it may write.
    pub quota: Quota,
}

/// The paths that a pod may write, as globs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PodPaths {
    /// Only these.
    pub only: Vec<String>,
    /// None of these.
    pub deny: Vec<String>,
}

/// Which ledgers a pod's commits are entered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PodLedgers {
    /// Those of the whole repository.
    Shared,
    /// Each sandbox's own, which landing merges into the shared ones.
    Own,
    /// None.
    None,
}

impl PodLedgers {
    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            PodLedgers::Shared => "shared",
            PodLedgers::Own => "own",
            PodLedgers::None => "none",
        }
    }
}

/// How much a pod may write.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Commits within an hour on one sandbox, counted in the sandbox's own history.
    pub commits_an_hour: Option<u64>,
    /// Bytes of all files of one commit.
    pub bytes_a_commit: Option<u64>,
    /// Sandboxes that are open at once.
    pub open_sandboxes: Option<u64>,
}

impl PodRules {
    /// Each rule by its name in the file, with its value.
    pub fn told(&self, pod: &str) -> Vec<(String, String)> {
        let mut told = Vec::new();
        let mut tell = |rule: &str, value: String| told.push((format!("pods.{pod}.{rule}"), value));
        for (rule, list) in [
            ("commands", &self.commands),
            ("repositories", &self.repositories),
            ("branches", &self.branches),
            ("paths.only", &self.paths.only),
            ("paths.deny", &self.paths.deny),
        ] {
            list.iter().for_each(|value| tell(rule, value.clone()));
        }
        if let Some(ledgers) = self.ledgers {
            tell("ledgers", ledgers.name().to_owned());
        }
        for (rule, value) in [
            ("quota.commits_an_hour", self.quota.commits_an_hour),
            ("quota.bytes_a_commit", self.quota.bytes_a_commit),
            ("quota.open_sandboxes", self.quota.open_sandboxes),
        ] {
            if let Some(value) = value {
                tell(rule, value.to_string());
            }
        }
        told
    }
}

/// Refuses what cannot be the name of a pod.
///
/// Errors: usage.
pub fn check_name(pod: &str) -> Result<()> {
    // It is shown and recorded, and so it must not be repeated here either.
    if let Some(what) = secret_in(pod) {
        return Err(Error::new(
            Kind::Usage,
            format!("the name of a pod was expected, and what was given looks like {what}"),
        )
        .hint("name the pod in words, such as --pod reports"));
    }
    match is_name(pod) {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Usage,
            format!(
                "`{pod}` is no name of a pod: a name has a character or more, and none of control"
            ),
        )
        .hint("name the pod, or leave it out; a variable that should name it may be empty")),
    }
}

fn is_name(pod: &str) -> bool {
    !pod.is_empty() && !pod.chars().any(char::is_control)
}

/// What is wrong with the rules, if anything.
pub(super) fn fault(pods: &Pods) -> Option<String> {
    for (name, rules) in pods {
        if !is_name(name) {
            return Some("a pod needs a name; `*` stands for all others".to_owned());
        }
        let unknown = |c: &&String| !COMMANDS.contains(&c.as_str());
        if let Some(command) = rules.commands.iter().find(unknown) {
            return Some(format!(
                "pods.{name}.commands names `{command}`; expected: {}",
                COMMANDS.join(", ")
            ));
        }
    }
    None
}

/// The globs of all pods.
pub(super) fn globs(pods: &Pods) -> impl Iterator<Item = &String> {
    pods.values().flat_map(|rules| {
        let paths = rules.paths.only.iter().chain(&rules.paths.deny);
        paths.chain(&rules.branches).chain(&rules.repositories)
    })
}

/// The rules that bind one writer: those of the repository and those of the operator.
#[derive(Debug, Clone, Default)]
pub struct Pod {
    /// The name under which each was found, and the rules.
    rules: Vec<(String, PodRules)>,
}

impl Pod {
    /// The rules of this pod in each of the files.
    pub(super) fn find(files: [&Pods; 2], pod: Option<&str>) -> Pod {
        let found = files.into_iter().filter_map(|pods| {
            let own = pod.and_then(|name| pods.get_key_value(name));
            let (name, rules) = own.or_else(|| pods.get_key_value(OTHERS))?;
            let mut rules = rules.clone();
            for list in [&mut rules.paths.only, &mut rules.paths.deny] {
                list.iter_mut().for_each(|glob| *glob = fold(glob));
            }
            Some((name.clone(), rules))
        });
        Pod {
            rules: found.collect(),
        }
    }

    /// Which ledgers the commits are entered in, where a rule says so.
    pub(super) fn ledgers(&self) -> Option<PodLedgers> {
        self.rules.iter().find_map(|(_, r)| r.ledgers)
    }

    /// The smallest of a quota.
    pub(super) fn least(&self, of: impl Fn(&Quota) -> Option<u64>) -> Option<u64> {
        self.rules.iter().filter_map(|(_, r)| of(&r.quota)).min()
    }

    /// Refuses a command, a repository or a branch that the pod may not use. A server does
    /// not know the command.
    ///
    /// Errors: denied, with the rule.
    pub fn check_use(&self, command: Option<&str>, repository: &str, branch: &str) -> Result<()> {
        for (pod, rules) in &self.rules {
            let lacks = |globs: &[String], name: &str| {
                !globs.is_empty() && !globs.iter().any(|g| fast_glob::glob_match(g, name))
            };
            if let Some(command) = command
                && !rules.commands.is_empty()
                && !rules.commands.iter().any(|c| c == command)
            {
                return Err(refused(pod, "commands", &rules.commands, "use", command));
            }
            if lacks(&rules.repositories, repository) {
                let listed = &rules.repositories;
                return Err(refused(pod, "repositories", listed, "write", repository));
            }
            if lacks(&rules.branches, branch) {
                return Err(refused(pod, "branches", &rules.branches, "write", branch));
            }
        }
        Ok(())
    }

    /// Refuses a path that the pod may not write; `folded` is the path, folded.
    ///
    /// Errors: denied, with the rule.
    pub(super) fn check_path(&self, path: &str, folded: &str) -> Result<()> {
        for (pod, rules) in &self.rules {
            if let Some(glob) = rules.paths.deny.iter().find(|g| matches(g, folded)) {
                let why = format!(
                    "the pod {} may not write `{path}` (rule: pods.{pod}.paths.deny: {glob})",
                    told(pod)
                );
                return Err(Error::new(Kind::Denied, why).hint(format!(
                    "leave it out; an operator may take the rule out of {PATH} on the base branch"
                )));
            }
            let only = &rules.paths.only;
            if !only.is_empty() && !only.iter().any(|g| matches(g, folded)) {
                return Err(refused(pod, "paths.only", only, "write", path));
            }
        }
        Ok(())
    }
}

/// The error for what a list of a pod lacks, with the list that would allow it.
fn refused(pod: &str, rule: &str, listed: &[String], verb: &str, what: &str) -> Error {
    let quoted = |text: &String| format!("'{}'", text.replace('\'', "''"));
    let mut wider: Vec<String> = listed.iter().map(quoted).collect();
    wider.push(quoted(&what.to_owned()));
    let wider = wider.join(", ");
    let list = match rule.split_once('.') {
        Some((outer, inner)) => format!("{outer}: {{{inner}: [{wider}]}}"),
        None => format!("{rule}: [{wider}]"),
    };
    Error::new(
        Kind::Denied,
        format!(
            "the pod {} may not {verb} `{what}` (rule: pods.{pod}.{rule})",
            told(pod)
        ),
    )
    .hint(format!(
        "an operator may allow it in {PATH} on the base branch: pods: {{'{pod}': {{{list}}}}}"
    ))
}

/// How a message names a pod.
fn told(pod: &str) -> &str {
    match pod {
        OTHERS => "of this token",
        name => name,
    }
}
