//! The steps to set up protection by hand, for each provider.

use super::{OWN_REFS, Request, provider_of, wanted};
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::forge::{BACKUPS, DesiredRules, Provider, glob_of};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The steps to do by hand.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GuideReport {
    /// The provider.
    pub provider: Provider,
    /// The repository at the provider.
    pub target: String,
    /// The steps, in order.
    pub steps: Vec<String>,
    /// One sentence.
    pub message: String,
}

/// Gives the steps for the policy of the remote.
///
/// Errors: usage, for an unknown provider; unavailable.
pub fn guide(cx: &Context, request: &Request) -> Result<GuideReport> {
    let provider = provider_of(cx, request.provider)?;
    let wanted = match wanted(cx, request) {
        Ok((wanted, _)) => wanted,
        // The steps are useful without the remote too.
        Err(e) if matches!(e.kind(), Kind::Unavailable | Kind::Auth | Kind::NotFound) => {
            cx.warn(format!(
                "these are the steps for the usual policy: {}",
                e.in_full()
            ));
            DesiredRules {
                reviewed: vec!["main".to_owned(), cx.config.base.clone()],
                approvals: request.rules.approvals.unwrap_or(1),
                ..DesiredRules::default()
            }
        }
        Err(e) => return Err(e),
    };
    let steps = steps(provider, &wanted);
    Ok(GuideReport {
        provider,
        target: cx.remote.address(),
        message: format!("{} steps for {}", steps.len(), cx.remote.address()),
        steps,
    })
}

fn steps(provider: Provider, wanted: &DesiredRules) -> Vec<String> {
    let branches: Vec<String> = wanted
        .reviewed
        .iter()
        .map(|branch| glob_of(provider, branch))
        .collect();
    let branches = branches.join(", ");
    let approvals = words::count(wanted.approvals, "approval", "approvals");
    let more = |names: [&str; 3]| {
        let asked = [
            wanted.code_owners,
            wanted.signed_commits,
            !wanted.status_checks.is_empty(),
        ];
        let chosen: Vec<&str> = names
            .into_iter()
            .zip(asked)
            .filter(|(_, a)| *a)
            .map(|(n, _)| n)
            .collect();
        match chosen.is_empty() {
            true => String::new(),
            false => format!("; also turn on: {}", chosen.join(", ")),
        }
    };
    let last =
        "Run `aidf protect check`, every night if you can: it exits with 8 if a rule is gone."
            .to_owned();
    let steps: Vec<String> = match provider {
        Provider::GitHub => vec![
            "Settings > Rules > Rulesets > New branch ruleset; enforcement Active (free private repositories have none).".into(),
            format!("For each of {branches}: target the branch; turn on Restrict deletions, Block force pushes, Require a pull request before merging with {approvals} and stale approvals dismissed{}.",
                more(["Require review from Code Owners", "Require signed commits", "Require status checks to pass"])),
            format!("One more for backups: target {}; turn on Restrict updates, Restrict deletions, Block force pushes; leave Restrict creations off.",
                glob_of(provider, BACKUPS)),
            "Name each one `aidf: …`, so that aidf finds it again, and leave the bypass list as short as you can.".into(),
            "Leave sandbox-* without rules, and keep workflows from running on pushes to it (list other branches under `on: push: branches:`).".into(),
        ],
        Provider::GitLab => vec![
            format!("Settings > Repository > Protected branches: protect {branches}; allowed to merge Maintainers, allowed to push No one, force push off."),
            format!("Settings > Merge requests > Approval rules: {approvals} (Premium){}.",
                more(["Code owner approval", "Push rules: reject unsigned commits", "Pipelines must succeed"])),
            "Protect each backup/… branch by its own name, allowed to push No one: a rule for backup/* would stop new ones from being made.".into(),
            "Leave sandbox-* unprotected, and keep protected variables protected.".into(),
        ],
        Provider::Gitea | Provider::Forgejo => vec![
            format!("Settings > Branches > Add rule for each of {branches}: disable push, require {approvals}, dismiss stale approvals, block on rejected reviews{}.",
                more(["code owner reviews", "require signed commits", "status checks"])),
            "Apply the rule to administrators too.".into(),
            "Add a rule for backup/**: allow push only to a whitelist of operators.".into(),
            "Leave sandbox-* without a rule; only the first rule that matches counts.".into(),
        ],
        Provider::Bare => vec![
            "On the server, as the account that owns the repository: aidf -R /PATH/TO/REPOSITORY.git protect apply".into(),
            "Or by hand: run `aidf token issue --operator` first, which makes the repository's identity: the hook takes one from an operator alone. Then write hooks/pre-receive as `#!/bin/sh` and `exec aidf hook pre-receive`, and make it executable.".into(),
            "git config receive.advertisePushOptions true; git config receive.fsckObjects true. Do not set receive.denyNonFastForwards or receive.denyDeletes.".into(),
            "Copy the operator's key ring to the server, readable only by that account, and name it: git config aidf.keyFile /PATH/TO/keys.json".into(),
            "If the address that people use ends in another name than the folder: git config aidf.repoName NAME, because tokens contain that name.".into(),
            "Give people access through gitolite, git-shell or HTTP under another account: anybody with a shell as the owner can bypass every hook.".into(),
            format!("Operators write {branches} with a token: aidf token issue --operator; git push -o aidf-token=TOKEN"),
        ],
    };
    let refs = (provider != Provider::Bare).then(|| {
        format!("Give push access only to those who need it: {OWN_REFS}. Keep the life of tokens short too (policy: sandbox: token_days).")
    });
    steps.into_iter().chain(refs).chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_given_in_the_forges_words() {
        let wanted = DesiredRules {
            reviewed: vec!["main".to_owned(), "release/**".to_owned()],
            ..DesiredRules::default()
        };
        let all = |provider| steps(provider, &wanted).concat();
        let github = all(Provider::GitHub);
        assert!(github.contains("main, release/**/*:"), "{github}");
        assert!(github.contains("target backup/**/*;"), "{github}");
        assert!(github.contains("refs/aidf/**"), "{github}");
        assert!(!all(Provider::Bare).contains("refs/aidf/**"));
        assert!(all(Provider::GitLab).contains("main, release/*;"));
        assert!(all(Provider::Gitea).contains("main, release/**:"));
    }
}
