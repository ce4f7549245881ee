//! The policy file that a repository starts with: every setting as a comment, so that it
//! changes nothing until somebody edits it. Pure.

use super::{DEFAULT_LEDGERS, IDLE_DAYS, LARGE_DIFF_LINES};
use crate::alerts::AlertKind;
use crate::yaml::scalar;

/// The text of the file. `protected` are the branches that it protects from the start, as
/// globs.
pub fn starter(protected: &[String]) -> String {
    let [changelog, memory, rollbacks] = DEFAULT_LEDGERS;
    let alerts = AlertKind::ALL.map(|kind| format!("#  {}: warn", kind.name()));
    let alerts = alerts.join("\n");
    let branches = match protected.is_empty() {
        true => "#protected_branches: [\"release/*\"]".to_owned(),
        false => {
            let globs: Vec<String> = protected.iter().map(|glob| scalar(glob)).collect();
            format!("protected_branches: [{}]", globs.join(", "))
        }
    };
    format!(
        r#"# The policy of aidf: who may write what in this repository.
#
# aidf reads this file from this branch alone. Change it in a review, like any
# file here. A line such as `#name: value` is a setting that is off: its default
# holds. To use it, remove the # from it, and from the lines below it that begin
# with two spaces, and edit the values. `aidf policy show` tells what is in
# force, and docs/configuration.md of aidf explains every setting.
version: 1

# Branches that change by review alone, besides main, the default branch, this
# one and backup/**. Default: none.
{branches}

# Paths that sandboxes may not write, besides CI files, hooks and the settings
# of editors and agents; and paths of those that they may write. Default: none.
#paths:
#  deny: ["infra/**"]
#  allow: [".github/workflows/docs.yml"]

# The most that one commit may change. Default: no limits.
#limits:
#  files: 500
#  file_bytes: 10485760
#  total_bytes: 52428800
#  lines: 20000

# How many sandboxes may be open (default: any number), after how many days
# without a write a token ends (default: {IDLE_DAYS}), and after how many days it ends
# in any case (default: never).
#sandbox:
#  max_open: 200
#  idle_days: {IDLE_DAYS}
#  token_days: 365

# What aidf does about a commit that it notices for something: ignore, warn or
# refuse. These are the defaults.
#alerts:
{alerts}

# A commit that changes more lines is a large diff. This is the default.
#large_diff_lines: {LARGE_DIFF_LINES}

# A branch that gets more commits within an hour, and a write outside of these
# hours (UTC), are noticed. Default: any number, at any time.
#high_rate_commits: 60
#working_hours: mon-fri 06:00-20:00

# What `aidf protect` asks of the server. These are the defaults, but for the
# lists, which are empty.
#protect:
#  approvals: 1
#  code_owners: false
#  signed_commits: false
#  status_checks: [ci/test]
#  bypass: [admins]

# aidf may approve a proposal that changes fewer lines. The default is 0: none.
#propose:
#  auto_approve_lines: 0

# Where the ledgers are, and how they are kept. These are the defaults.
#ledgers:
#  changelog: {changelog}
#  memory: {memory}
#  rollbacks: {rollbacks}
#  enabled: true       # false: no changelog and no memory
#  required: false     # true: the server's hook refuses commits without entries
#  per_branch: false   # true: each sandbox has ledgers of its own

# What the writers of one pod may do. Default: what every writer may do.
#pods:
#  DocPod:
#    commands: [sandbox init, commit]
#    paths: {{only: ["docs/**"]}}
#    quota: {{commits_an_hour: 20}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyFile};
    use crate::yaml;

    fn read(text: &str) -> PolicyFile {
        let file: PolicyFile = yaml::read(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(file.fault(), None, "{text}");
        file
    }

    /// What the rules come to.
    fn in_force(file: &PolicyFile) -> String {
        let policy = Policy::new(file, &PolicyFile::default(), "sandbox", Some("main"));
        format!("{policy:?} {:?}", file.protect)
    }

    /// The line numbers of each setting that is a comment: rows of `#` without a space, or
    /// with two of them.
    fn settings(text: &str) -> Vec<Vec<usize>> {
        let mut found: Vec<Vec<usize>> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let Some(rest) = line.strip_prefix('#') else {
                continue;
            };
            match (rest.starts_with("  "), rest.starts_with(' ')) {
                (true, _) => found.last_mut().unwrap().push(at),
                (false, true) => {}
                (false, false) if rest.is_empty() => {}
                (false, false) => found.push(vec![at]),
            }
        }
        found
    }

    fn uncommented(text: &str, lines: &[usize]) -> String {
        let lines = text.lines().enumerate().map(|(at, line)| {
            let line = match lines.contains(&at) {
                true => &line[1..],
                false => line,
            };
            format!("{line}\n")
        });
        lines.collect()
    }

    #[test]
    fn the_file_changes_nothing_as_it_is_written() {
        let file = read(&starter(&[]));
        assert_eq!(in_force(&file), in_force(&PolicyFile::default()));
        assert_eq!(file.version, Some(1));
    }

    #[test]
    fn each_setting_can_be_used_by_removing_its_sign_and_so_can_all() {
        for globs in [vec![], vec!["live".to_owned(), "it's/*: #1".to_owned()]] {
            let text = starter(&globs);
            let all = settings(&text);
            assert_eq!(all.len(), 12 - usize::from(!globs.is_empty()), "{text}");
            for lines in &all {
                let file = read(&uncommented(&text, lines));
                assert_ne!(format!("{file:?}"), format!("{:?}", read(&text)));
            }
            read(&uncommented(&text, &all.concat()));
        }
    }

    #[test]
    fn every_setting_of_the_policy_is_in_the_file() {
        let text = starter(&[]);
        let whole = uncommented(&text, &settings(&text).concat());
        let file: serde_json::Value = yaml::read(&whole).unwrap();
        // What the parser knows, as it says itself of a setting that it does not know.
        let known = yaml::read::<PolicyFile>("nothing: 1").unwrap_err();
        let names = file.as_object().unwrap().keys();
        for name in names.clone() {
            assert!(known.contains(name), "{name}: {known}");
        }
        let quoted = known.split('`').skip(1).step_by(2).count();
        assert!(
            quoted <= names.count() + 1,
            "one is not in the file: {known}"
        );
    }

    #[test]
    fn what_is_called_a_default_is_the_default() {
        let text = starter(&[]);
        for name in ["#alerts", "#large_diff_lines", "#propose", "#ledgers"] {
            let at = text.lines().position(|l| l.starts_with(name)).unwrap();
            let all = settings(&text);
            let lines = all.iter().find(|lines| lines[0] == at).unwrap();
            let file = read(&uncommented(&text, lines));
            assert_eq!(in_force(&file), in_force(&PolicyFile::default()), "{name}");
        }
    }

    #[test]
    fn no_line_is_too_long_for_a_terminal() {
        for line in starter(&[]).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn the_branches_that_were_chosen_are_protected() {
        let globs = ["live".to_owned(), "it's/*: #1".to_owned()];
        assert_eq!(read(&starter(&globs)).protected_branches, globs);
    }
}
