//! Walks the branches and this machine's journal, and looks for what did not come through
//! aidf, was altered, or was taken away.

use super::admitted::{Admitted, Passed};
use super::checkpoint::{Checkpoints, CheckpointsReport};
use super::finding::{Finding, FindingKind};
use super::ledgers::Changelog;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, CommitInfo};
use crate::identity::Identity;
use crate::journal::chain::{self, Fault};
use crate::names;
use crate::ops::backup;
use crate::ops::log::judge;
use crate::ops::outcome::Reported;
use crate::ops::snapshot::{self, Standing};
use crate::policy::{self, Policy};
use crate::signature::Check;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyRequest {
    /// The branches; if none is named, every sandbox, the base and the default branch.
    pub branches: Vec<String>,
}

/// What was looked at, and what is wrong.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct VerifyReport {
    /// The repository.
    pub repo_name: String,
    /// This machine's journal.
    pub journal: JournalReport,
    /// Each branch.
    pub branches: Vec<BranchReport>,
    /// How many findings there are in all.
    pub findings: usize,
    /// One sentence.
    pub message: String,
    /// The commands that bring back what branches have lost.
    #[serde(skip)]
    pub restoring: Vec<String>,
    /// The remote's address.
    #[serde(skip)]
    pub address: String,
    /// Those of them whose backup is not authenticated here.
    #[serde(skip)]
    pub doubtful: Vec<String>,
    /// The backups that cannot be read: nobody can tell what their branches have lost.
    #[serde(skip)]
    pub unread: Vec<String>,
}

/// What became of the check of a journal.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct JournalReport {
    /// The file.
    pub file: PathBuf,
    /// How many lines there are, in the earlier files too.
    pub lines: usize,
    /// How many of them are authenticated by a key at hand.
    pub authenticated: usize,
    /// The number of the last line.
    pub last: u64,
    /// What checkpoints on the remote say of it.
    pub checkpoints: CheckpointsReport,
    /// Lines that were removed, altered, moved or made up.
    pub faults: Vec<Fault>,
}

/// What became of the check of a branch.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct BranchReport {
    /// The branch.
    pub branch: String,
    /// Its tip.
    pub tip: CommitId,
    /// How many of its own commits were looked at: of a sandbox those that its base lacks,
    /// of another branch all.
    pub commits: usize,
    /// How many of them came through aidf, under a good signature.
    pub signed: usize,
    /// How many of them nobody can judge here: their key is not at hand, or they are of
    /// another repository.
    pub unknown: usize,
    /// How many unsigned ones the server's hook let through for a token, or are taken for those
    /// of holders because the configuration says so.
    #[serde(default)]
    pub admitted: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Reported for VerifyReport {
    fn verdict(&mut self) -> Result<()> {
        if self.findings == 0 && self.unread.is_empty() {
            return Ok(());
        }
        if self.findings == 0 {
            let hint = format!(
                "see what is wrong with it, and what helps: aidf backup verify; what cannot be mended is let go by its name: {}",
                backup::forgetting(&self.address, &self.unread[0])
            );
            return Err(Error::new(Kind::Integrity, self.message.clone()).hint(hint));
        }
        let mut found = self.branches.iter().flat_map(|branch| &branch.findings);
        let may_be_ours = found.any(|finding| finding.kind == FindingKind::UnknownKey);
        let hint = match may_be_ours {
            true => {
                "if commits were signed on another machine of yours, bring its key ring here first, or name that in AIDF_KEY_FILE; look at each of the others with `git show`, and undo what should not be there: aidf rollback ID"
            }
            false => {
                "look at each commit with `git show`; undo what should not be there: aidf rollback ID"
            }
        };
        let mut hints = vec![hint.to_owned()];
        if !self.restoring.is_empty() {
            let mut all = self.branches.iter().flat_map(|branch| &branch.findings);
            if all.all(|finding| finding.kind == FindingKind::Rewound)
                && self.journal.faults.is_empty()
            {
                hints.clear();
            }
            hints.push(format!(
                "bring back what was lost: {}; or let a backup go on purpose: {}",
                self.restoring.join("; "),
                backup::forgetting(&self.address, "NAME")
            ));
            if let Some(first) = self.doubtful.first() {
                hints.push(format!(
                    "look at {first} before you bring it back, because nobody can tell here who made it"
                ));
            }
        }
        let hint = hints.join("; ");
        Err(Error::new(Kind::Integrity, self.message.clone()).hint(hint))
    }
}

/// The most findings that are listed of one branch.
const MAX_LISTED: usize = 1000;
/// How many backups the hint names.
const MAX_NAMED: usize = 5;

/// Looks at the branches and the journal.
///
/// Errors: not_found, for a branch that is named; unavailable.
pub fn verify(cx: &Context, request: &VerifyRequest) -> Result<VerifyReport> {
    let standing = snapshot::standing(cx)?;
    let policy = standing.policy(cx);
    let named = chosen(cx, &standing, &request.branches)?;
    let reviewed_tips = reviewed_tips(cx, &standing);
    let mut wants: Vec<CommitId> = named.iter().map(|(_, tip)| *tip).collect();
    wants.extend(&reviewed_tips);
    wants.sort();
    wants.dedup();
    cx.progress.step("fetch the branches");
    cx.remote.fetch(&cx.store, &wants, true, &*cx.progress)?;

    // What a reviewed branch has is judged there, and not once more on every sandbox.
    let mut reviewed = HashSet::new();
    for tip in reviewed_tips {
        reviewed.extend(cx.store.history(tip, None)?);
    }
    let admitted = Admitted::read(cx)?;
    let mut branches = Vec::new();
    for (branch, tip) in &named {
        cx.progress.step(&format!("look at {branch}"));
        cx.cancel.check()?;
        let walk = Walk {
            cx,
            policy: &policy,
            reviewed: &reviewed,
            admitted: &admitted,
            default_branch: standing.default_branch.as_deref(),
            branch,
        };
        branches.push(walk.run(*tip)?);
    }
    let (address, mut restoring) = (cx.remote.address(), Vec::new());
    let (lost, unread) = backup::lost_since_backups(cx, &named)?;
    let mut doubtful = Vec::new();
    for rewound in lost {
        let standing = match rewound.authenticated {
            Some(true) => "",
            Some(false) => ", which is not authenticated,",
            None => ", whose key is not on this machine,",
        };
        if !standing.is_empty() {
            doubtful.push(rewound.backup.clone());
        }
        if restoring.len() < MAX_NAMED {
            restoring.push(backup::restoring(&address, &rewound.backup));
        }
        let report = branches.iter_mut().find(|b| b.branch == rewound.branch);
        if let (Some(report), Some(first)) = (report, rewound.lost.first()) {
            report.findings.push(Finding {
                kind: FindingKind::Rewound,
                commit: *first,
                detail: format!(
                    "{} of {} {} gone from it, and {}{standing} still holds {}",
                    words::count(rewound.lost.len(), "commit", "commits"),
                    rewound.branch,
                    if rewound.lost.len() == 1 { "is" } else { "are" },
                    rewound.backup,
                    if rewound.lost.len() == 1 {
                        "it"
                    } else {
                        "them"
                    },
                ),
            });
        }
    }
    let journal = journal(cx)?;
    let findings = journal.faults.len() + branches.iter().map(|b| b.findings.len()).sum::<usize>();
    let commits: usize = branches.iter().map(|b| b.commits).sum();
    let seen = format!(
        "{} of {} and {} of the journal",
        words::count(commits, "commit", "commits"),
        words::count(branches.len(), "branch", "branches"),
        words::count(journal.lines, "line", "lines")
    );
    let mut message = match findings {
        0 if !unread.is_empty() => format!("looked at {seen}"),
        0 => format!("nothing is wrong with {seen}"),
        n => format!("{} in {seen}", words::count(n, "finding", "findings")),
    };
    let unchecked: usize = branches.iter().map(|b| b.unknown).sum();
    if unchecked > 0 {
        let signatures = words::count(unchecked, "signature", "signatures");
        message.push_str(&format!("; {signatures} could not be checked here"));
    }
    if let Some(first) = unread.first() {
        let backups = words::count(unread.len(), "backup", "backups");
        message.push_str(&format!(
            "; nobody can tell what branches lost since {backups}, such as {first}, which cannot be read"
        ));
    }
    Ok(VerifyReport {
        repo_name: cx.repo_name.clone(),
        message,
        journal,
        branches,
        findings,
        restoring,
        address,
        doubtful,
        unread,
    })
}

/// The branches to look at, with their tips.
fn chosen(cx: &Context, standing: &Standing, named: &[String]) -> Result<Vec<(String, CommitId)>> {
    if named.is_empty() {
        let base = &cx.config.base;
        let is_looked_at = |name: &String| {
            names::is_sandbox(name)
                || name == base
                || Some(name) == standing.default_branch.as_ref()
        };
        let all = standing
            .branches
            .iter()
            .filter(|(name, _)| is_looked_at(name));
        return Ok(all.cloned().collect());
    }
    named
        .iter()
        .map(|name| {
            let tip = standing.tip_of(name).ok_or_else(|| {
                Error::new(
                    Kind::NotFound,
                    format!("{} has no branch {name}", cx.remote.address()),
                )
                .hint(
                    "leave the names out to look at every sandbox, the base and the default branch",
                )
            })?;
            Ok((name.clone(), tip))
        })
        .collect()
}

/// The tips of the base and of the default branch.
fn reviewed_tips(cx: &Context, standing: &Standing) -> Vec<CommitId> {
    let names = [Some(&cx.config.base), standing.default_branch.as_ref()];
    let tips = names
        .into_iter()
        .flatten()
        .filter_map(|n| standing.tip_of(n));
    tips.collect()
}

fn journal(cx: &Context) -> Result<JournalReport> {
    let mut checkpoints = Checkpoints::read(cx)?;
    let mut first = None;
    let mut checked = super::check_journal(cx, |line| {
        first = first.or(chain::number(line));
        checkpoints.see(line);
    })?;
    let gone = checkpoints.faults(first.unwrap_or(0), checked.end.seq);
    checked.faults.extend(gone);
    Ok(JournalReport {
        file: cx.journal_file().path().to_owned(),
        checkpoints: checkpoints.report,
        lines: checked.lines,
        authenticated: checked.authenticated,
        last: checked.end.seq,
        faults: checked.faults,
    })
}

/// The walk of one branch.
struct Walk<'a> {
    cx: &'a Context,
    policy: &'a Policy,
    reviewed: &'a HashSet<CommitId>,
    admitted: &'a Admitted,
    default_branch: Option<&'a str>,
    branch: &'a str,
}

impl Walk<'_> {
    fn run(&self, tip: CommitId) -> Result<BranchReport> {
        let mut report = BranchReport {
            branch: self.branch.to_owned(),
            tip,
            commits: 0,
            signed: 0,
            unknown: 0,
            admitted: 0,
            findings: Vec::new(),
        };
        let mut passed = self.admitted.walk(self.branch);
        if names::is_sandbox(self.branch) {
            // What a merge brought in is of the branch that it came from.
            self.ensure_read(tip)?;
            let mut changelog = Changelog::new(self.cx, self.branch, self.default_branch);
            let mut at = Some(tip);
            while let Some(id) = at.filter(|id| !self.reviewed.contains(id)) {
                let sealed = report.signed;
                let unknown = report.unknown;
                let commit = self.look(id, &mut passed, &mut report)?;
                // Without a key nobody can tell.
                let is_open = self.cx.keys().is_empty() && report.unknown > unknown;
                let may_rotate = is_open || report.signed > sealed;
                if let Some((kind, detail)) = changelog.look(&commit, may_rotate)? {
                    add(&mut report, kind, id, detail);
                }
                at = commit.parents.first().copied();
            }
        } else {
            for id in self.cx.store.history(tip, None)? {
                self.look(id, &mut passed, &mut report)?;
            }
        }
        Ok(report)
    }

    /// Has here what the walk of a sandbox reads: what each commit changed, and the changelog
    /// and the policy that it had.
    fn ensure_read(&self, tip: CommitId) -> Result<()> {
        let store = &self.cx.store;
        if !store.is_narrow() {
            return Ok(());
        }
        let (mut at, mut trees) = (Some(tip), Vec::new());
        while let Some(id) = at {
            let commit = store.commit(id)?;
            trees.push(commit.tree);
            let is_last = self.reviewed.contains(&id);
            at = commit.parents.first().copied().filter(|_| !is_last);
        }
        store.ensure_between(trees.windows(2).map(|pair| (Some(pair[1]), Some(pair[0]))))?;
        let changelog = self.policy.ledgers().of_branch(self.branch).changelog;
        let of = |tree| [policy::PATH, &changelog].map(|path| (tree, path.as_bytes()));
        store.ensure_paths(trees.into_iter().flat_map(of), true)
    }

    /// Judges a commit.
    fn look(
        &self,
        id: CommitId,
        passed: &mut Passed<'_>,
        report: &mut BranchReport,
    ) -> Result<CommitInfo> {
        let is_admitted = passed.has(id);
        let commit = self.cx.store.commit(id)?;
        let judged = judge(self.cx, id, self.branch)?;
        let is_sandbox = names::is_sandbox(self.branch);
        report.commits += 1;
        let found = match judged.check {
            Check::Good => {
                report.signed += 1;
                let moved = is_sandbox && judged.branch.as_deref() != Some(self.branch);
                let from = judged.branch.unwrap_or_default();
                let detail = format!("it was written to {from}, and is on {} now", self.branch);
                moved.then_some((FindingKind::Moved, detail))
            }
            Check::Unknown => {
                report.unknown += 1;
                // Anybody can write a trailer that names a key.
                let is_known = !self.cx.keys().is_empty()
                    && matches!(self.cx.identity(), Identity::Is(_));
                let is_found = is_known && is_sandbox && !is_admitted;
                is_found.then(|| (
                    FindingKind::UnknownKey,
                    "its signature cannot be checked: its key is not here, or it is for another repository, or a later aidf made it".to_owned(),
                ))
            }
            // A forge's squash and rebase take messages over, and others write by git: what
            // is on a reviewed branch was reviewed.
            _ if self.policy.is_protected(self.branch) => None,
            Check::Bad => Some((
                FindingKind::Altered,
                "its signature does not fit it: it was altered after it was signed, or its message was copied".to_owned(),
            )),
            Check::None if is_sandbox && is_admitted => {
                report.admitted += 1;
                None
            }
            Check::None if claims_aidf(&commit) => Some((
                FindingKind::ForgedTrailers,
                "its trailers claim that aidf wrote it, and it is not signed".to_owned(),
            )),
            Check::None if is_sandbox => Some((
                FindingKind::NotThroughAidf,
                format!("it is not signed: {} pushed it by git alone", commit.author_name),
            )),
            Check::None => None,
        };
        if let Some((kind, detail)) = found {
            add(report, kind, id, detail);
        }
        Ok(commit)
    }
}

fn add(report: &mut BranchReport, kind: FindingKind, commit: CommitId, detail: String) {
    if report.findings.len() < MAX_LISTED {
        report.findings.push(Finding {
            kind,
            commit,
            detail,
        });
    }
}

/// Whether a message ends in trailers in aidf's name.
fn claims_aidf(commit: &CommitInfo) -> bool {
    let body = commit.message.trim_end();
    let last = body.rsplit_once("\n\n").map_or("", |(_, last)| last);
    last.lines().any(|line| line.starts_with("Aidf-"))
}
