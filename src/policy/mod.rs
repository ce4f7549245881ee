//! Who may write which branch and path, and how much. Pure: it takes text and answers
//! questions.
//!
//! The policy is `.aidf.yaml` at the tip of the protected base. The operator's own
//! configuration can only make it stricter.

mod file;
mod hours;
pub mod pods;
mod starter;

use crate::alerts::AlertKind;
use crate::clock::Moment;
use crate::denied;
use crate::error::{Error, Kind, Result};
use crate::fold::fold;
use crate::ledger::attributes;
use crate::names;
pub use file::{
    LedgerRules, Limits, PathRules, PolicyFile, ProposeRules, ProtectRules, Reaction, SandboxRules,
    glob_fault,
};
pub use hours::Hours;
use pods::{Pod, PodLedgers, Pods};
pub use starter::starter;
use std::collections::BTreeMap;

/// Days without a write after which a token expires, if no policy says otherwise.
pub const IDLE_DAYS: u32 = 90;

/// How many changed lines make a large diff, if no policy says otherwise.
const LARGE_DIFF_LINES: u64 = 5000;

/// The prefix of every backup's branch.
const BACKUPS: &str = crate::backup_name::PREFIX;

/// The path of the policy in the base's tree.
pub const PATH: &str = ".aidf.yaml";

/// The paths of changelog, memory and rollbacks, if no policy says otherwise.
pub const DEFAULT_LEDGERS: [&str; 3] = [
    "project/outputs/changelog.yaml",
    "project/memory.yaml",
    "project/.logs/reverted_commits.yaml",
];

/// The rules in force.
#[derive(Debug, Clone)]
pub struct Policy {
    protected: Vec<String>,
    allow: Vec<String>,
    deny_more: Vec<String>,
    limits: Limits,
    sandbox: SandboxRules,
    reactions: BTreeMap<AlertKind, Reaction>,
    large_diff_lines: u64,
    high_rate_commits: Option<u64>,
    working_hours: Vec<Hours>,
    auto_approve_lines: u64,
    ledgers: Ledgers,
    /// The rules of all pods: the repository's and the operator's.
    pods: [Pods; 2],
    /// The rules of the pod that this policy is for.
    pod: Pod,
}

/// The ledgers' paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledgers {
    /// The changelog.
    pub changelog: String,
    /// The memory: one entry for each file.
    pub memory: String,
    /// The list of rollbacks.
    pub rollbacks: String,
    /// False: writes keep no changelog and no memory.
    pub enabled: bool,
    /// True: each commit on a sandbox must add changelog entries for the files it changes.
    pub required: bool,
    /// True: each sandbox writes its own ledgers, and landing merges them into the shared
    /// ones.
    pub per_branch: bool,
    /// True: the sandboxes of some pod write their own ledgers.
    pub some_own: bool,
}

impl Ledgers {
    /// Whether some sandbox may have ledgers of its own.
    pub fn has_own(&self) -> bool {
        self.per_branch || self.some_own
    }

    /// The ledgers that a write to `branch` appends to. If sandboxes have their own, that
    /// is `changelog.d/<sandbox>.yaml` beside `changelog.yaml`, and so on.
    pub fn of_branch(&self, branch: &str) -> Ledgers {
        if !self.per_branch || !names::is_sandbox(branch) {
            return self.clone();
        }
        let own = |shared: &str| {
            let (folder, end) = own_parts(shared);
            format!("{folder}{branch}{end}")
        };
        Ledgers {
            changelog: own(&self.changelog),
            memory: own(&self.memory),
            rollbacks: own(&self.rollbacks),
            ..self.clone()
        }
    }

    /// The shared ledger that a sandbox's own ledger is merged into; `None` for another
    /// path.
    pub fn folds_into(&self, path: &str) -> Option<&str> {
        let own = |shared: &&String| {
            let (folder, end) = own_parts(shared);
            let name = path.strip_prefix(&folder)?.strip_suffix(end)?;
            names::is_sandbox(name).then_some(())
        };
        let all = [&self.changelog, &self.memory, &self.rollbacks];
        all.into_iter()
            .find(|s| own(s).is_some())
            .map(String::as_str)
    }

    /// The folders of the sandboxes' own ledgers.
    pub fn own_folders(&self) -> [String; 3] {
        let all = [&self.changelog, &self.memory, &self.rollbacks];
        all.map(|shared| own_parts(shared).0.trim_end_matches('/').to_owned())
    }

    /// Whether a path is a memory, shared or a sandbox's own.
    pub fn is_memory(&self, path: &str) -> bool {
        path == self.memory || self.folds_into(path) == Some(self.memory.as_str())
    }

    /// The folder of the archives.
    pub fn archive_folder(&self) -> String {
        format!("{}archive", self.archive_parts().0)
    }

    /// The ledgers that plain git should merge line by line. A sandbox's own ledgers need
    /// no merge.
    pub fn for_union(&self) -> Vec<&str> {
        match self.per_branch || !self.enabled {
            true => Vec::new(),
            false => vec![&self.changelog, &self.memory, &self.rollbacks],
        }
    }

    /// Whether `new` is exactly `old` with aidf's missing lines added. This is the only
    /// change of `.gitattributes` that a sandbox may make.
    pub fn own_attributes(&self, old: Option<&[u8]>, new: &[u8]) -> bool {
        attributes::with_union(old, &self.for_union()).as_deref() == Some(new)
    }

    /// Whether `path` is a ledger, an archive, or a sandbox's own ledger, in any case of
    /// letters.
    pub fn contains(&self, path: &str) -> bool {
        let path = fold(path);
        let (folder, stem, end) = self.archive_parts();
        let archived = path
            .strip_prefix(&fold(&format!("{folder}archive/{stem}-")))
            .is_some_and(|rest| rest.ends_with(&fold(end)) && !rest.contains('/'));
        let own = self.has_own()
            && self
                .own_folders()
                .iter()
                .any(|f| path.starts_with(&format!("{}/", fold(f))));
        archived
            || own
            || [&self.changelog, &self.memory, &self.rollbacks]
                .iter()
                .any(|l| fold(l) == path)
    }

    /// Whether aidf writes a file by itself: a ledger, or the attributes of ledgers.
    pub fn are_aidfs(&self, path: &str) -> bool {
        self.contains(path) || path == attributes::PATH
    }

    /// The ledger, or the folder of ledgers, that a file at `path` would keep out.
    fn kept_out_by(&self, path: &str) -> Option<String> {
        let all = [&self.changelog, &self.memory, &self.rollbacks];
        // All that is guarded lies in the ledgers' own folders, and a server looks at a million
        // paths.
        let top = path.split('/').next().unwrap_or(path);
        let is_far = |ledger: &&String| {
            let plain = ledger.is_ascii() && top.is_ascii();
            let folder = ledger.split_once('/').map(|(folder, _)| folder);
            plain && folder.is_some_and(|folder| !folder.eq_ignore_ascii_case(top))
        };
        if all.iter().all(is_far) {
            return None;
        }
        let above = format!("{}/", fold(path));
        let folders = std::iter::once(self.archive_folder());
        let own = self.own_folders().into_iter().filter(|_| self.has_own());
        let folders = folders.chain(own).map(|folder| folder + "/");
        let mut guarded = all.into_iter().cloned().chain(folders);
        guarded.find(|guarded| fold(guarded).starts_with(&above))
    }

    /// The ledgers that may only grow on a branch: the three shared ones, and the branch's
    /// own if it has any.
    pub fn live(&self, branch: &str) -> Vec<String> {
        let own = self.of_branch(branch);
        let mut all = Vec::new();
        for ledgers in [self, &own] {
            for path in [&ledgers.changelog, &ledgers.memory, &ledgers.rollbacks] {
                if !all.contains(path) {
                    all.push(path.clone());
                }
            }
        }
        all
    }

    /// Whether `path` is exactly one of [`Ledgers::live`]. An archive is not, and neither
    /// is a name with another case.
    pub fn is_live(&self, branch: &str, path: &str) -> bool {
        let is_one = |ledgers: &Ledgers| {
            [&ledgers.changelog, &ledgers.memory, &ledgers.rollbacks]
                .iter()
                .any(|l| l.as_str() == path)
        };
        // The hook calls this for each path that differs, so it does not build the list.
        is_one(self) || (self.per_branch && is_one(&self.of_branch(branch)))
    }

    /// The archive of the changelog's entries of a month (`YYYY-MM`).
    pub fn archive(&self, month: &str) -> String {
        let (folder, stem, end) = self.archive_parts();
        format!("{folder}archive/{stem}-{month}{end}")
    }

    fn archive_parts(&self) -> (&str, &str, &str) {
        parts(&self.changelog)
    }
}

/// Splits a path into its folder, its name up to the last dot, and the rest.
fn parts(path: &str) -> (&str, &str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (folder, name) = path.split_at(at);
    let dot = name.rfind('.').unwrap_or(name.len());
    let (stem, end) = name.split_at(dot);
    (folder, stem, end)
}

/// The folder of the sandboxes' own ledgers for a shared one, and their extension.
fn own_parts(shared: &str) -> (String, &str) {
    let (folder, stem, end) = parts(shared);
    (format!("{folder}{stem}.d/"), end)
}

impl Policy {
    /// The rules of `file` for a base branch, made stricter by the operator's.
    ///
    /// `base` and `default_branch` are always protected, and so are backups.
    pub fn new(
        file: &PolicyFile,
        operator: &PolicyFile,
        base: &str,
        default_branch: Option<&str>,
    ) -> Policy {
        let mut protected: Vec<String> = ["main", "sandbox", "backup/**"].map(str::to_owned).into();
        protected.push(escape_glob(base));
        protected.extend(default_branch.map(escape_glob));
        protected.extend(
            file.protected_branches
                .iter()
                .chain(&operator.protected_branches)
                .cloned(),
        );
        let least = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let least32 = |a: Option<u32>, b: Option<u32>| {
            least(a.map(u64::from), b.map(u64::from)).map(|v| v as u32)
        };
        let mut reactions = BTreeMap::new();
        for kind in AlertKind::ALL {
            let theirs = file.alerts.get(&kind).copied().unwrap_or(Reaction::Warn);
            let ours = operator
                .alerts
                .get(&kind)
                .copied()
                .unwrap_or(Reaction::Ignore);
            reactions.insert(kind, theirs.max(ours));
        }
        let at = |given: &Option<String>, default: &str| {
            given.clone().unwrap_or_else(|| default.to_owned())
        };
        Policy {
            protected,
            // The operator's configuration can only be stricter, so its `allow` is ignored.
            allow: file.paths.allow.iter().map(|p| fold(p)).collect(),
            deny_more: file
                .paths
                .deny
                .iter()
                .chain(&operator.paths.deny)
                .map(|p| fold(p))
                .collect(),
            limits: Limits {
                files: least(file.limits.files, operator.limits.files),
                file_bytes: least(file.limits.file_bytes, operator.limits.file_bytes),
                total_bytes: least(file.limits.total_bytes, operator.limits.total_bytes),
                lines: least(file.limits.lines, operator.limits.lines),
            },
            sandbox: SandboxRules {
                max_open: least(file.sandbox.max_open, operator.sandbox.max_open),
                idle_days: least32(file.sandbox.idle_days, operator.sandbox.idle_days)
                    .or(Some(IDLE_DAYS)),
                token_days: least32(file.sandbox.token_days, operator.sandbox.token_days),
            },
            reactions,
            large_diff_lines: least(file.large_diff_lines, operator.large_diff_lines)
                .unwrap_or(LARGE_DIFF_LINES),
            high_rate_commits: least(file.high_rate_commits, operator.high_rate_commits),
            // A write must be within both.
            working_hours: [file, operator]
                .into_iter()
                .filter_map(|from| from.working_hours.clone())
                .collect(),
            auto_approve_lines: auto_approve_lines(file, operator),
            ledgers: Ledgers {
                changelog: at(&file.ledgers.changelog, DEFAULT_LEDGERS[0]),
                memory: at(&file.ledgers.memory, DEFAULT_LEDGERS[1]),
                rollbacks: at(&file.ledgers.rollbacks, DEFAULT_LEDGERS[2]),
                // Only the repository's own policy can switch its ledgers off.
                enabled: file.ledgers.enabled.unwrap_or(true),
                required: [file, operator]
                    .iter()
                    .any(|f| f.ledgers.required == Some(true)),
                per_branch: file.ledgers.per_branch.unwrap_or(false),
                some_own: file
                    .pods
                    .values()
                    .any(|rules| rules.ledgers == Some(PodLedgers::Own)),
            },
            pods: [file.pods.clone(), operator.pods.clone()],
            pod: Pod::default(),
        }
    }

    /// The policy as it binds a writer of this pod on a sandbox. A writer without a pod has
    /// the rules of all others.
    pub fn of_pod(&self, pod: Option<&str>) -> Policy {
        let [file, operator] = &self.pods;
        let mut policy = self.clone();
        policy.pod = Pod::find([file, operator], pod);
        let bytes = policy.pod.least(|quota| quota.bytes_a_commit);
        let total = [policy.limits.total_bytes, bytes];
        policy.limits.total_bytes = total.into_iter().flatten().min();
        // Only the repository's own policy decides about its ledgers.
        let own = Pod::find([file, &Pods::new()], pod);
        match own.ledgers() {
            None => {}
            Some(PodLedgers::Shared) => policy.ledgers.per_branch = false,
            Some(PodLedgers::Own) => policy.ledgers.per_branch = true,
            Some(PodLedgers::None) => {
                (policy.ledgers.enabled, policy.ledgers.required) = (false, false);
            }
        }
        policy
    }

    /// The rules of the pod that this policy is for; none before [`Policy::of_pod`].
    pub fn pod(&self) -> &Pod {
        &self.pod
    }

    /// How many commits an hour one sandbox may get.
    pub fn commits_an_hour(&self) -> Option<u64> {
        self.pod.least(|quota| quota.commits_an_hour)
    }

    /// How many sandboxes the pod may have open at once.
    pub fn open_sandboxes(&self) -> Option<u64> {
        self.pod.least(|quota| quota.open_sandboxes)
    }

    /// The rules of all pods: the repository's and the operator's.
    pub fn pods(&self) -> [&Pods; 2] {
        let [file, operator] = &self.pods;
        [file, operator]
    }

    /// The branches that change only by review, as globs, each once. Backups are left out.
    pub fn reviewed(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for glob in &self.protected {
            if !glob.starts_with(BACKUPS) && !found.contains(glob) {
                found.push(glob.clone());
            }
        }
        found
    }

    /// Whether only an operator may write this branch directly.
    pub fn is_protected(&self, branch: &str) -> bool {
        // A sandbox belongs to its holder, even if a careless glob matches it.
        !names::is_sandbox(branch)
            && self
                .protected
                .iter()
                .any(|p| fast_glob::glob_match(p, branch))
    }

    /// Refuses a path that a sandbox may not write.
    ///
    /// Errors: denied, with the rule.
    pub fn check_path(&self, branch: &str, path: &str) -> Result<()> {
        let folded = fold(path);
        let hit = |list: &[String]| list.iter().find(|p| matches(p, &folded)).cloned();
        if let Some(rule) = hit(&self.deny_more) {
            return Err(Error::new(
                Kind::Denied,
                format!("the policy does not let {branch} write `{path}` (rule: {rule})"),
            )
            .hint(format!(
                "the rule is under `paths: deny:` in {PATH} on the base branch or in the operator's configuration; it applies until it is removed there"
            )));
        }
        if !names::is_sandbox(branch) {
            return Ok(());
        }
        self.pod.check_path(path, &folded)?;
        if hit(&self.allow).is_some() {
            return Ok(());
        }
        if self.ledgers.contains(path) {
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "`{path}` is a ledger: aidf adds entries to it by itself, and nothing else may write it"
                ),
            )
            .hint("leave it out; aidf adds the entries of each commit"));
        }
        match denied::rule_for(path) {
            Some(rule) => Err(Error::new(
                Kind::Denied,
                format!(
                    "the policy does not let {branch} write `{path}` (rule: {}, for {}: {})",
                    rule.glob, rule.tool, rule.reason
                ),
            )
            // People who are bound by the rules get no hint to loosen them.
            .hint(match path == PATH {
                true => "this applies to everybody: change the policy on the base branch, in a review or with an operator's token".to_owned(),
                false => format!(
                    "an operator may allow it in {PATH} on the base branch: paths: {{allow: ['{}']}}",
                    escape_glob(path).replace('\'', "''")
                ),
            })),
            None => Ok(()),
        }
    }

    /// Refuses a file in the place of a ledger's folder: no ledger could be written any more.
    ///
    /// Errors: denied.
    pub fn check_room(&self, branch: &str, path: &str) -> Result<()> {
        let kept_out = self.ledgers.kept_out_by(path);
        match kept_out.filter(|_| names::is_sandbox(branch)) {
            None => Ok(()),
            Some(ledger) => Err(Error::new(
                Kind::Denied,
                format!("a file `{path}` would keep aidf from writing the ledger `{ledger}`"),
            )
            .hint("choose another path; or name the ledgers elsewhere in the policy")),
        }
    }

    /// A protected name, or a glob of such, that could not be made while there is a branch of
    /// this name: git cannot hold both `a` and `a/b`.
    pub fn blocks(&self, branch: &str) -> Option<&str> {
        let above = format!("{branch}/");
        let plain = |glob: &str| glob.split(['*', '?', '[', '{', '!', '\\']).next().map(fold);
        let mut protected = self.protected.iter();
        let found = protected.find(|glob| plain(glob).is_some_and(|p| p.starts_with(&above)));
        found.map(String::as_str)
    }

    /// Whether the policy itself denies paths, on every branch.
    pub fn has_own_denials(&self) -> bool {
        !self.deny_more.is_empty()
    }

    /// Whether a path runs code, decides reviews, is the policy itself, or is denied by it.
    /// The policy's `allow` does not change the answer.
    pub fn is_sensitive(&self, path: &str) -> bool {
        let folded = fold(path);
        denied::rule_for(path).is_some() || self.deny_more.iter().any(|p| matches(p, &folded))
    }

    /// The limits of one write.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The limits of sandboxes and their tokens.
    pub fn sandbox(&self) -> SandboxRules {
        self.sandbox
    }

    /// How aidf reacts to an alert of this kind.
    pub fn reaction(&self, kind: AlertKind) -> Reaction {
        self.reactions.get(&kind).copied().unwrap_or(Reaction::Warn)
    }

    /// How many changed lines a commit may have before it counts as large.
    pub fn large_diff_lines(&self) -> u64 {
        self.large_diff_lines
    }

    /// How many commits a branch may get within an hour before it counts as a high rate.
    pub fn high_rate_commits(&self) -> Option<u64> {
        self.high_rate_commits
    }

    /// The working hours that this moment is outside of, if it is.
    pub fn outside_hours(&self, moment: Moment) -> Option<&Hours> {
        self.working_hours.iter().find(|h| !h.contain(moment))
    }

    /// How many changed lines a proposal may have that aidf approves itself.
    pub fn auto_approve_lines(&self) -> u64 {
        self.auto_approve_lines
    }

    /// The paths of the ledgers.
    pub fn ledgers(&self) -> &Ledgers {
        &self.ledgers
    }
}

/// The repository's limit, which the operator may only lower.
fn auto_approve_lines(file: &PolicyFile, operator: &PolicyFile) -> u64 {
    let theirs = file.propose.auto_approve_lines.unwrap_or(0);
    let ours = operator.propose.auto_approve_lines;
    ours.map_or(theirs, |ours| ours.min(theirs))
}

/// A glob also matches everything below what it matches. A glob for everything in a folder
/// also matches the folder's own name, because a file or a symlink may take that name.
fn matches(glob: &str, name: &str) -> bool {
    let glob = glob.strip_suffix('/').unwrap_or(glob);
    let folder = glob.trim_end_matches("/**");
    // Nearly every rule is a plain name, at the root or in any folder. A server asks about
    // each path of a push, and globbing takes ten times as long.
    let plain =
        |text: &str| !text.is_empty() && !text.contains(['*', '?', '[', ']', '{', '}', '!', '\\']);
    let is_at = |rest: &str| rest.is_empty() || rest.starts_with('/');
    if plain(folder) {
        return name.strip_prefix(folder).is_some_and(is_at);
    }
    if let Some(anywhere) = folder.strip_prefix("**/").filter(|f| plain(f)) {
        let mut places = name.match_indices(anywhere);
        return places.any(|(at, _)| {
            let starts = at == 0 || name.as_bytes()[at - 1] == b'/';
            starts && is_at(&name[at + anywhere.len()..])
        });
    }
    fast_glob::glob_match(glob, name)
        || fast_glob::glob_match(folder, name)
        || fast_glob::glob_match(format!("{glob}/**"), name)
}

fn escape_glob(name: &str) -> String {
    name.chars()
        .flat_map(|c| {
            if "*?[]{}!\\".contains(c) {
                vec!['\\', c]
            } else {
                vec![c]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(file: &str, operator: &str) -> Policy {
        let read = |t: &str| {
            if t.is_empty() {
                PolicyFile::default()
            } else {
                crate::yaml::read(t).unwrap()
            }
        };
        Policy::new(&read(file), &read(operator), "sandbox", Some("trunk"))
    }

    #[test]
    fn the_base_the_default_branch_and_backups_are_protected() {
        let p = policy("protected_branches: ['release/*']", "");
        for branch in [
            "main",
            "sandbox",
            "trunk",
            "backup/2026-11-22",
            "backup/x/2026-11-22",
            "release/1",
        ] {
            assert!(p.is_protected(branch), "{branch}");
        }
        for branch in ["sandbox-a-b", "feature/x", "backups", "release/1/2"] {
            assert!(!p.is_protected(branch), "{branch}");
        }
    }

    #[test]
    fn a_sandbox_may_not_write_what_runs_code_or_decides_reviews_in_any_case() {
        let p = policy("", "");
        for path in [
            ".github/workflows/x.yml",
            ".GitHub/Workflows/x.yml",
            ".gitlab-ci.yml",
            ".gitea/workflows/a.yaml",
            ".forgejo/x",
            "CODEOWNERS",
            ".github/CODEOWNERS",
            ".github/ISSUE_TEMPLATE.md",
            "docs/codeowners",
            ".gitattributes",
            "a/b/.gitattributes",
            ".gitmodules",
            ".aidf.yaml",
            ".AIDF.YAML",
            "project/outputs/changelog.yaml",
            "project/MEMORY.yaml",
            "project/.logs/reverted_commits.yaml",
            "Jenkinsfile",
        ] {
            assert_eq!(
                p.check_path("sandbox-a", path).unwrap_err().kind(),
                Kind::Denied,
                "{path}"
            );
        }
        for path in [
            "src/main.rs",
            "docs/ISSUE_TEMPLATE.md",
            "workflows/x.yml",
            "docs/aidf.yaml",
        ] {
            assert!(p.check_path("sandbox-a", path).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_plain_rule_matches_as_its_glob_does() {
        let slow = |glob: &str, name: &str| {
            let folder = glob.trim_end_matches("/**");
            fast_glob::glob_match(glob, name)
                || fast_glob::glob_match(folder, name)
                || fast_glob::glob_match(format!("{glob}/**"), name)
        };
        let names = [
            "a", "a/b", "a/b/c", "ab", "ba", "b/a", "b/a/c", "c/b/a", "b/ab", "a/a", "xa/b", "a.b",
            "x/a.b/y",
        ];
        for glob in [
            "a", "a/b", "a/**", "a/b/**", "**/a", "**/a/**", "**/a/b", "**/a.b", "a/**/**", "a*",
            "a*/**", "**/a*/**", "[xb]a/**",
        ] {
            for name in names {
                assert_eq!(matches(glob, name), slow(glob, name), "{glob} {name}");
            }
        }
    }

    #[test]
    fn what_is_sensitive_is_so_whatever_is_allowed_and_by_the_folders_name_too() {
        let p = policy(
            "paths: {allow: ['.husky/**', 'Keys/**'], deny: ['Keys/**', 'x/']}",
            "paths: {deny: ['*.PEM']}",
        );
        for path in [
            ".husky",
            ".Husky/pre-commit",
            "keys",
            "KEYS/a",
            "x/y",
            "x",
            "A.pem",
        ] {
            assert!(p.is_sensitive(path), "{path}");
        }
        for path in ["husky", "docs/a.md", "keysmith/a", "a/keys"] {
            assert!(!p.is_sensitive(path), "{path}");
        }
        assert!(policy("", "").check_path("sandbox-a", ".husky").is_err());
    }

    #[test]
    fn a_rule_about_paths_holds_for_every_spelling_of_them() {
        let p = policy("paths: {deny: ['docs/\u{e9}/**', 'sec/**']}", "");
        for path in [
            "docs/\u{e9}/x",
            "docs/e\u{301}/x",
            "docs/\u{c9}/x",
            "sec/x",
            "SEC/x",
            "\u{17f}ec/x",
            "project/output\u{17f}/changelog.yaml",
            "project/.log\u{17f}/reverted_commits.yaml",
        ] {
            assert!(p.check_path("sandbox-a", path).is_err(), "{path}");
        }
        assert!(p.check_path("sandbox-a", "docs/e/x").is_ok());
    }

    #[test]
    fn a_file_in_the_place_of_a_ledgers_folder_is_refused() {
        let p = policy("", "");
        for path in [
            "project",
            "Project",
            "project/outputs",
            "project/.log\u{17f}",
        ] {
            assert!(p.check_room("sandbox-a", path).is_err(), "{path}");
            assert!(p.check_room("main", path).is_ok(), "{path}");
        }
        for path in ["projects", "project/x", "project/outputs/x", "docs"] {
            assert!(p.check_room("sandbox-a", path).is_ok(), "{path}");
        }
    }

    #[test]
    fn each_row_of_the_table_is_denied_may_be_allowed_and_stays_sensitive() {
        let strict = policy("", "");
        for glob in denied::TABLE.iter().flat_map(|g| g.globs) {
            let allowing = policy(&format!("paths: {{allow: ['{glob}']}}"), "");
            for path in denied::examples(glob) {
                let error = strict.check_path("sandbox-a", &path).unwrap_err();
                assert_eq!(error.kind(), Kind::Denied, "{glob}: {path}");
                let rule = denied::rule_for(&path).unwrap();
                assert!(error.message().contains(rule.glob), "{error}");
                assert!(error.message().contains(rule.reason), "{error}");
                assert!(strict.is_sensitive(&path), "{glob}: {path}");
                assert!(allowing.is_sensitive(&path), "{glob}: {path}");
                let allowed = allowing.check_path("sandbox-a", &path);
                assert!(allowed.is_ok(), "{glob}: {path}: {allowed:?}");
                // The refusal's hint is enough to allow this path, and only this one.
                let hint = error.hint_text().unwrap();
                if path == PATH {
                    assert!(!hint.contains("paths:"), "{hint}");
                    continue;
                }
                let words = &hint[hint.find("paths:").unwrap()..];
                let least = policy(words, "");
                assert!(least.check_path("sandbox-a", &path).is_ok(), "{hint}");
                assert!(least.check_path("sandbox-a", ".envrc.d/.envrc").is_err());
                assert!(strict.check_path("main", &path).is_ok(), "{path}");
            }
        }
    }

    #[test]
    fn the_policy_may_allow_and_the_operator_may_only_tighten() {
        let p = policy(
            "paths: {allow: ['.github/workflows/docs.yml'], deny: ['secret/**']}\nlimits: {files: 10}",
            "paths: {allow: ['.aidf.yaml']}\nlimits: {files: 50, lines: 5}\nalerts: {possible_secret: refuse}",
        );
        assert!(
            p.check_path("sandbox-a", ".github/workflows/docs.yml")
                .is_ok()
        );
        assert!(
            p.check_path("sandbox-a", ".aidf.yaml").is_err(),
            "the operator loosened the policy"
        );
        assert!(p.check_path("sandbox-a", "secret/x").is_err());
        assert_eq!((p.limits().files, p.limits().lines), (Some(10), Some(5)));
        assert_eq!(p.reaction(AlertKind::PossibleSecret), Reaction::Refuse);
        assert_eq!(p.reaction(AlertKind::LargeDiff), Reaction::Warn);
    }

    #[test]
    fn a_sandbox_has_ledgers_of_its_own_where_the_policy_says_so() {
        let shared = policy("", "").ledgers().clone();
        assert_eq!(shared.of_branch("sandbox-a"), shared);
        assert_eq!(shared.live("sandbox-a"), DEFAULT_LEDGERS);
        let ledgers = policy("ledgers: {per_branch: true}", "").ledgers().clone();
        assert_eq!(ledgers.of_branch("main"), ledgers);
        assert_eq!(ledgers.live("main"), DEFAULT_LEDGERS);
        let own = ledgers.of_branch("sandbox-a");
        let names = [
            "project/outputs/changelog.d/sandbox-a.yaml",
            "project/memory.d/sandbox-a.yaml",
            "project/.logs/reverted_commits.d/sandbox-a.yaml",
        ];
        let written = [&own.changelog, &own.memory, &own.rollbacks];
        assert_eq!(written, names);
        assert_eq!(
            ledgers.own_folders(),
            [
                "project/outputs/changelog.d",
                "project/memory.d",
                "project/.logs/reverted_commits.d"
            ]
        );
        assert_eq!(ledgers.live("sandbox-a"), [DEFAULT_LEDGERS, names].concat());
        for (name, of) in names.into_iter().zip(DEFAULT_LEDGERS) {
            assert_eq!(ledgers.folds_into(name), Some(of));
            assert_eq!(ledgers.folds_into(of), None);
            assert!(ledgers.is_live("sandbox-a", of) && shared.is_live("sandbox-a", of));
            assert!(ledgers.is_live("main", of));
            assert!(ledgers.is_live("sandbox-a", name), "{name}");
            for branch in ["sandbox-b", "main"] {
                assert!(!ledgers.is_live(branch, name), "{branch}: {name}");
            }
            assert!(!shared.is_live("sandbox-a", name), "{name}");
        }
        for other in [
            "project/memory.d/notes.yaml",
            "project/memory.d/sandbox-a.yml",
            "project/memory.d/x/sandbox-a.yaml",
            "project/Memory.yaml",
            "project/outputs/archive/changelog-2026-11.yaml",
            "sandbox-a.yaml",
        ] {
            assert_eq!(ledgers.folds_into(other), None, "{other}");
            assert!(!ledgers.is_live("sandbox-a", other), "{other}");
        }
        for (path, is) in [
            ("project/memory.yaml", true),
            ("project/memory.d/sandbox-a.yaml", true),
            ("project/outputs/changelog.yaml", false),
            ("project/outputs/changelog.d/sandbox-a.yaml", false),
            ("src/main.rs", false),
        ] {
            assert_eq!(ledgers.is_memory(path), is, "{path}");
        }
    }

    #[test]
    fn archives_and_own_ledgers_are_ledgers_in_any_case() {
        let shared = policy("", "").ledgers().clone();
        assert_eq!(shared.archive_folder(), "project/outputs/archive");
        let november = "project/outputs/archive/changelog-2026-11.yaml";
        assert_eq!(shared.archive("2026-11"), november);
        for (changelog, folder, archive) in [
            ("log", "archive", "archive/log-2026-11"),
            ("a.b/log", "a.b/archive", "a.b/archive/log-2026-11"),
            ("a/b.c.yml", "a/archive", "a/archive/b.c-2026-11.yml"),
        ] {
            let p = policy(&format!("ledgers: {{changelog: {changelog}}}"), "");
            assert_eq!(p.ledgers().archive_folder(), folder);
            assert_eq!(p.ledgers().archive("2026-11"), archive);
        }
        let own = policy("ledgers: {per_branch: true}", "").ledgers().clone();
        for (path, in_shared, in_own) in [
            (november, true, true),
            ("Project/Outputs/ARCHIVE/changelog-x.yaml", true, true),
            ("project/memory.YAML", true, true),
            ("project/outputs/archive/changelog-x/y.yaml", false, false),
            (
                "project/outputs/archive/changelog-2026-11.txt",
                false,
                false,
            ),
            ("project/outputs/archive/memory-2026-11.yaml", false, false),
            ("project/Memory.d/anything", false, true),
            ("project/memory.d", false, false),
            ("src/main.rs", false, false),
        ] {
            assert_eq!(shared.contains(path), in_shared, "{path}");
            assert_eq!(own.contains(path), in_own, "{path}");
        }
    }

    #[test]
    fn git_merges_the_shared_ledgers_where_sandboxes_write_them() {
        let of = |text: &str| policy(text, "").ledgers().clone();
        assert_eq!(of("").for_union(), DEFAULT_LEDGERS);
        for none in ["per_branch: true", "enabled: false"] {
            let ledgers = of(&format!("ledgers: {{{none}}}"));
            assert!(ledgers.for_union().is_empty(), "{none}");
            assert!(!ledgers.own_attributes(None, b""), "{none}");
        }
        let ledgers = of("");
        let new = attributes::with_union(Some(b"*.png binary\n"), &DEFAULT_LEDGERS).unwrap();
        assert!(ledgers.own_attributes(Some(b"*.png binary\n"), &new));
        assert!(!ledgers.own_attributes(None, &new), "more than those lines");
        assert!(!ledgers.own_attributes(Some(&new), &new), "none is missing");
        assert!(!ledgers.own_attributes(None, b"* merge=ours\n"));
    }

    #[test]
    fn what_is_reviewed_is_each_protected_branch_once_without_backups() {
        let p = policy(
            "protected_branches: ['release/*', main, 'backup/x']",
            "protected_branches: [trunk, 'v[0-9]']",
        );
        let expected = ["main", "sandbox", "trunk", "release/*", "v[0-9]"];
        assert_eq!(p.reviewed(), expected);
        assert!(!p.has_own_denials());
        assert!(policy("paths: {deny: [x]}", "").has_own_denials());
        assert!(policy("", "paths: {deny: [x]}").has_own_denials());
    }

    #[test]
    fn of_two_limits_the_lower_one_counts() {
        let p = policy("", "");
        assert_eq!(p.sandbox().idle_days, Some(IDLE_DAYS));
        assert_eq!((p.sandbox().max_open, p.sandbox().token_days), (None, None));
        assert_eq!((p.large_diff_lines(), p.auto_approve_lines()), (5000, 0));
        let p = policy(
            "sandbox: {max_open: 5, idle_days: 30}\nlarge_diff_lines: 70",
            "sandbox: {max_open: 9, idle_days: 60, token_days: 7}\nlarge_diff_lines: 80",
        );
        let s = p.sandbox();
        assert_eq!(
            (s.max_open, s.idle_days, s.token_days, p.large_diff_lines()),
            (Some(5), Some(30), Some(7), 70)
        );
        // Without the repository's word aidf approves nothing.
        for (theirs, ours, both) in [
            (Some(20), None, 20),
            (Some(20), Some(10), 10),
            (Some(20), Some(30), 20),
            (None, Some(10), 0),
        ] {
            let lines = |n: Option<u64>| {
                n.map_or_else(String::new, |n| {
                    format!("propose: {{auto_approve_lines: {n}}}")
                })
            };
            let p = policy(&lines(theirs), &lines(ours));
            assert_eq!(p.auto_approve_lines(), both, "{theirs:?} {ours:?}");
        }
    }
}
