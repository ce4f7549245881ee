//! What the programs that we start get to see of our environment: one rule for all.

use std::process::Command;

/// What git lists as local to a repository (`git rev-parse --local-env-vars`), and
/// the protocol version, which is ours to say. A child must not inherit them.
const OF_A_REPOSITORY: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_QUARANTINE_PATH",
    "GIT_PROTOCOL",
];

/// The variables in which forges, their tools and their CI jobs keep logins of theirs.
const OF_FORGES: &[&str] = &[
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GITLAB_TOKEN",
    "GITLAB_ACCESS_TOKEN",
    "GITEA_TOKEN",
    "FORGEJO_TOKEN",
    "CI_JOB_TOKEN",
    "CI_DEPLOY_PASSWORD",
    "CI_REGISTRY_PASSWORD",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "BITBUCKET_TOKEN",
];

/// A program that is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// git on a repository of this machine, with the hooks of whoever owns that; or ssh, which
    /// the user's `SendEnv *` may make pass on all that it has.
    Server,
    /// `git credential`. The helpers that it starts are named by the user's and the system's
    /// configuration alone, and are there to hand out logins: `gh auth git-credential` and
    /// its like read them from the forge's own variables, and get those.
    Helper,
}

/// Takes out of `command`'s environment what the child has no business with. What is aidf's
/// own (keys, tokens, settings) goes to no child whatsoever.
pub fn clean(command: &mut Command, child: Child) {
    for (name, _) in std::env::vars_os() {
        if !name.to_str().is_none_or(|name| may_see(child, name)) {
            command.env_remove(name);
        }
    }
}

/// Names are compared in capitals, since those of Windows know no case.
fn may_see(child: Child, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let among = |names: &[&str]| names.contains(&name.as_str());
    // GIT_CONFIG_KEY_<n> and GIT_CONFIG_VALUE_<n> may hold a login, and go with their count.
    let of_a_call = name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_");
    let of_forges = child == Child::Server && among(OF_FORGES);
    !(name.starts_with("AIDF_") || of_a_call || among(OF_A_REPOSITORY) || of_forges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_sees_no_secret_that_is_not_meant_for_it() {
        for (name, server, helper) in [
            ("AIDF_KEY", false, false),
            ("AIDF_ANYTHING", false, false),
            ("aidf_reuse_token", false, false),
            ("GIT_DIR", false, false),
            ("GIT_CONFIG_VALUE_0", false, false),
            ("GITHUB_TOKEN", false, true),
            ("gitea_token", false, true),
            ("PATH", true, true),
            ("SSH_AUTH_SOCK", true, true),
            ("GIT_CONFIG_GLOBAL", true, true),
            ("GIT_TERMINAL_PROMPT", true, true),
        ] {
            assert_eq!(may_see(Child::Server, name), server, "{name}");
            assert_eq!(may_see(Child::Helper, name), helper, "{name}");
        }
    }
}
