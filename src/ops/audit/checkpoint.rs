//! Checkpoints of this machine's journal: a signed commit at `refs/aidf/audit/<journal>` says
//! how far the journal was at that time. So a journal that is cut at its end shows.

use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{hex, write_durably};
use crate::git::{CommitId, CommitInfo, Person, RefName, RefUpdate};
use crate::journal::chain::{self, End, Fault, FaultKind};
use crate::ops::log::{judge, trailer};
use crate::ops::outcome::Reported;
use crate::ops::publish::{self, Objects, Plan, Push};
use crate::ops::snapshot;
use crate::ref_rules::CHECKPOINT;
use crate::signature::{self, Check};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The trailer with the number of the journal's last line.
const LINE: &str = "Aidf-Journal-Line";
/// The trailer with the hash of that line.
const HASH: &str = "Aidf-Journal-Hash";
/// How many hexadecimal digits the name of a journal has.
const NAME_DIGITS: usize = 16;
/// The most checkpoints of one journal that are compared, the newest first.
const MOST: usize = 10_000;
/// The most commits that are looked at for them. Anybody may push others there.
const MOST_WALKED: usize = 1_000_000;

/// How a checkpoint is made.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointRequest {
    /// Do everything except the push.
    pub dry_run: bool,
}

/// The checkpoint.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CheckpointReport {
    /// The repository.
    pub repo_name: String,
    /// The ref of this journal's checkpoints.
    #[serde(rename = "ref")]
    pub name: String,
    /// The number of the journal's last line.
    pub line: u64,
    /// The checkpoint's commit; none in a dry run, and where the last one says the same.
    pub commit: Option<CommitId>,
    /// Whether the last checkpoint says the same.
    pub unchanged: bool,
    /// How many pushes it took.
    pub attempts: u32,
    /// One sentence.
    pub message: String,
}

impl Reported for CheckpointReport {}

/// Says on the remote how far this machine's journal is.
///
/// Errors: integrity, for a journal whose chain is broken already; denied, without a key, and
/// with the server's words; unavailable.
pub fn checkpoint(cx: &Context, request: &CheckpointRequest) -> Result<CheckpointReport> {
    let key = cx.keys().active().ok_or_else(|| {
        Error::new(Kind::Denied, "a checkpoint is signed, and no key is here")
            .hint("run this on a machine that has the key ring; see `aidf key show`")
    })?;
    let checked = super::check_journal(cx, |_| {})?;
    if let Some(fault) = checked.faults.first() {
        return Err(Error::new(
            Kind::Integrity,
            format!("the journal is not whole: line {}: {}", fault.line, fault.detail),
        )
        .hint("see all of it with `aidf audit verify`, and put the damaged files away with a note of why"));
    }
    // A checkpoint gets no line of its own: then each one would say that there is another line.
    let End { seq, hash } = checked.end;
    let name = RefName::new(&format!("{CHECKPOINT}{}", own_name(cx)?))?;
    let published = publish::publish(cx, |attempt| {
        let last = attempt.advertisement.tip(name.as_str());
        cx.remote
            .fetch(&cx.store, last.as_slice(), true, &*cx.progress)?;
        let mut report = CheckpointReport {
            repo_name: cx.repo_name.clone(),
            name: name.as_str().to_owned(),
            line: seq,
            commit: None,
            unchanged: false,
            attempts: 0,
            message: format!("the remote knows now that the journal is at line {seq}"),
        };
        let said = last.map(|id| cx.store.commit(id)).transpose()?;
        if said.is_some_and(|c| Said::of(&c).is_some_and(|s| s.line == seq && s.hash == hash)) {
            report.unchanged = true;
            report.message = format!("nothing to do: the remote knows line {seq} already");
            return Ok(Plan::Nothing(report));
        }
        if request.dry_run {
            report.message = format!("would tell the remote that the journal is at line {seq}");
            return Ok(Plan::Nothing(report));
        }
        let mut message = format!("Checkpoint of a journal\n\n{LINE}: {seq}\n{HASH}: {hash}\n");
        if let Some(id) = cx.identity().id() {
            message.push_str(&format!("{}: {id}\n", signature::REPOSITORY));
        }
        message.push_str(&format!("{}: {}\n", signature::BRANCH, name.as_str()));
        let who = Person {
            name: "aidf".to_owned(),
            email: "aidf@journal.invalid".to_owned(),
        };
        let mut draft = cx.store.draft();
        let tree = draft.tree(None, &[])?;
        let parents: Vec<CommitId> = last.into_iter().collect();
        let time = cx.now.seconds();
        let commit = draft.commit(tree, &parents, &who, time, &message, |before| {
            let repository = cx.repository();
            Some(signature::sign(key, &repository, name.as_str(), before) + "\n")
        })?;
        report.commit = Some(commit);
        Ok(Plan::Push(Push {
            updates: vec![RefUpdate {
                name: name.clone(),
                old: last,
                new: Some(commit),
            }],
            objects: Objects::These(draft.objects()),
            token: cx.config.environment_token.clone(),
            report,
        }))
    })?;
    Ok(CheckpointReport {
        attempts: published.attempts,
        ..published.report
    })
}

/// What one checkpoint says.
struct Said {
    line: u64,
    hash: String,
}

impl Said {
    fn of(commit: &CommitInfo) -> Option<Said> {
        Some(Said {
            line: trailer(commit, LINE)?.parse().ok()?,
            hash: trailer(commit, HASH)?,
        })
    }
}

/// The checkpoints on the remote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckpointsReport {
    /// The line of this journal that the newest checkpoint names; none without a checkpoint.
    pub line: Option<u64>,
    /// How many checkpoints of this journal were compared with it.
    pub compared: usize,
    /// How many journals of other machines have checkpoints.
    pub others: usize,
}

/// What checkpoints say of this machine's journal, to be compared with it.
#[derive(Default)]
pub(super) struct Checkpoints {
    pub report: CheckpointsReport,
    said: BTreeMap<u64, Vec<String>>,
    /// Whether there is more at the ref than is looked at.
    is_cut: bool,
}

impl Checkpoints {
    /// Reads them.
    ///
    /// Errors: unavailable.
    pub fn read(cx: &Context) -> Result<Checkpoints> {
        let refs = snapshot::listed(cx, &[CHECKPOINT])?;
        let own = known_name(cx);
        let mut found = Checkpoints::default();
        for reference in refs {
            let Some(journal) = reference.name.strip_prefix(CHECKPOINT) else {
                continue;
            };
            if Some(journal) != own.as_deref() {
                found.report.others += 1;
                continue;
            }
            cx.remote
                .fetch(&cx.store, &[reference.id], true, &*cx.progress)?;
            for (walked, id) in cx.store.history(reference.id, None)?.enumerate() {
                if found.report.compared == MOST {
                    break;
                }
                if walked == MOST_WALKED {
                    found.is_cut = true;
                    break;
                }
                let commit = cx.store.commit(id)?;
                let judged = judge(cx, id, &reference.name)?;
                // Anybody may push there. What no key at hand has signed says nothing.
                let genuine = judged.check == Check::Good
                    && judged.branch.as_deref() == Some(reference.name.as_str());
                if let Some(said) = Said::of(&commit).filter(|_| genuine) {
                    found.report.compared += 1;
                    found.report.line = found.report.line.max(Some(said.line));
                    found.said.entry(said.line).or_default().push(said.hash);
                }
            }
        }
        Ok(found)
    }

    /// Takes note of a line of the journal.
    pub fn see(&mut self, line: &[u8]) {
        let Some(seq) = chain::number(line) else {
            return;
        };
        let Some(hashes) = self.said.get_mut(&seq) else {
            return;
        };
        let hash = chain::hash(line);
        hashes.retain(|said| *said != hash);
    }

    /// What is wrong, once every line was seen. `first` and `last` are the numbers of the
    /// journal's first and last lines.
    pub fn faults(&self, first: u64, last: u64) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.is_cut {
            faults.push(Fault {
                line: 0,
                fault: FaultKind::Cut,
                detail: format!(
                    "somebody put so many other commits at the ref of the checkpoints that those before the last {MOST_WALKED} commits are not looked at"
                ),
            });
        }
        for (seq, hashes) in self.said.iter().filter(|(_, hashes)| !hashes.is_empty()) {
            let (kind, detail) = match *seq {
                0 => continue,
                // Rotation took it away.
                seq if seq < first => continue,
                seq if seq > last => (
                    FaultKind::Cut,
                    format!("a checkpoint knows line number {seq}, and the journal ends at {last}"),
                ),
                seq => (
                    FaultKind::Rewritten,
                    format!("a checkpoint knows another line of number {seq} than the journal has"),
                ),
            };
            faults.push(Fault {
                line: 0,
                fault: kind,
                detail: format!(
                    "{detail} ({} of it)",
                    crate::words::count(hashes.len(), "record", "records")
                ),
            });
        }
        faults
    }
}

/// The name of this machine's journal: random, and kept beside it. It tells nobody whose
/// machine it is.
fn own_name(cx: &Context) -> Result<String> {
    if let Some(name) = known_name(cx) {
        return Ok(name);
    }
    let path = name_file(cx);
    let random: [u8; NAME_DIGITS / 2] = cx.random();
    let name = hex(&random);
    write_durably(&path, name.as_bytes()).or_fail(Kind::Internal, || {
        format!("{} cannot be written", path.display())
    })?;
    Ok(name)
}

fn known_name(cx: &Context) -> Option<String> {
    let text = std::fs::read_to_string(name_file(cx)).ok()?;
    let name = text.trim();
    let good = name.len() == NAME_DIGITS && crate::files::unhex(name).is_some();
    good.then(|| name.to_owned())
}

fn name_file(cx: &Context) -> PathBuf {
    cx.journal_file().path().with_extension("id")
}
