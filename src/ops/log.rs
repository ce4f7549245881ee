//! The commits of a branch with what aidf knows of each.

use super::{access, compose, snapshot};
use crate::clock::Moment;
use crate::context::Context;
use crate::error::Result;
use crate::git::{CommitId, CommitInfo, RefName, TreePair};
use crate::identity::Identity;
use crate::names;
use crate::ops::commit::place;
use crate::signature::{self, Check, Judged};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The trailer that names a commit which was undone.
pub(super) const REVERTS: &str = "Aidf-Reverts";
/// The same, of one of which only some files were.
pub(super) const REVERTS_PART: &str = "Aidf-Reverts-Part";
/// The trailer of a sync that brought again what a rollback in the sandbox had taken back of an
/// earlier sync: that rollback's id, and that sync's. Later syncs have no more to bring of it.
pub(super) const BROUGHT_AGAIN: &str = "Aidf-Brought-Again";

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The branch; chosen as for a write where none is given.
    pub branch: Option<String>,
    /// At most this many commits.
    pub number: usize,
    /// Of this task alone.
    pub task_id: Option<String>,
    /// By this writer alone.
    pub committed_by: Option<String>,
    /// Touching this path, or something below it.
    pub path: Option<String>,
}

impl Default for Request {
    fn default() -> Self {
        Request {
            branch: None,
            number: 20,
            task_id: None,
            committed_by: None,
            path: None,
        }
    }
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// Newest first.
    pub commits: Vec<Line>,
}

/// One commit.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Its id.
    pub commit: CommitId,
    /// UTC, RFC 3339.
    pub time: String,
    /// Who says to have written it; the author's name for commits that did not come
    /// through aidf. Anybody can say anything: what is known is in the fields after it.
    pub committed_by: String,
    /// What its writer says of who wrote it, where that is more than its branch's name.
    pub claimed_by: Option<String>,
    /// The branch that it was written to; only under a good signature.
    pub written_to: Option<String>,
    /// The token it was written with; only under a good signature.
    pub token_id: Option<String>,
    /// The pod which that token was given to; only under a good signature.
    pub pod: Option<String>,
    /// Its task.
    pub task_id: Option<String>,
    /// The program that wrote it.
    pub agent: Option<String>,
    /// The model that the program used.
    pub model: Option<String>,
    /// Where the session that wrote it can be read.
    pub session_url: Option<String>,
    /// The first line of its message.
    pub subject: String,
    /// The files it changed.
    pub files: Vec<String>,
    /// What its signature says.
    pub signature: Check,
    /// The commit that undid it.
    pub rolled_back_by: Option<CommitId>,
    /// The author's name.
    #[serde(skip)]
    pub author: String,
}

impl Line {
    /// Who wrote it, as far as aidf knows: the author, which on a sandbox is the branch
    /// itself, and the token. None without a good signature: then all is a claim.
    pub fn known(&self) -> Option<String> {
        if self.signature != Check::Good {
            return None;
        }
        let known: Vec<String> = [("token", &self.token_id), ("pod", &self.pod)]
            .into_iter()
            .filter_map(|(what, value)| Some(format!("{what} {}", value.as_ref()?)))
            .collect();
        Some(match known.is_empty() {
            true => self.author.clone(),
            false => format!("{} ({})", self.author, known.join(", ")),
        })
    }

    /// Who the writer says it is by, and by which program, in words that no value can
    /// break out of. None where it says no more than what is known.
    pub fn says(&self) -> Option<String> {
        let who = match self.signature {
            Check::Good => self.claimed_by.as_ref(),
            _ => Some(&self.committed_by),
        };
        let agent = self.agent.as_ref();
        let who = who.map(|who| claim(who));
        let agent = agent.map(|agent| format!("agent {}", claim(agent)));
        let model = self.model.as_ref();
        let model = model.map(|model| format!("model {}", claim(model)));
        let said: Vec<String> = who.into_iter().chain(agent).chain(model).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// Its task, which is the writer's word as well.
    pub fn task(&self) -> Option<String> {
        self.task_id.as_deref().map(claim)
    }

    /// Whether it is known that it came through aidf to this branch.
    pub fn is_signed_for(&self, branch: &str) -> bool {
        self.signature == Check::Good && self.written_to.as_deref() == Some(branch)
    }

    /// How its signature stands, in a word or three.
    pub fn standing(&self) -> &'static str {
        match self.signature {
            Check::Good => "signed",
            Check::Bad => "BAD SIGNATURE",
            Check::None => "unsigned",
            Check::Unknown => "signature not checked (its key is not here)",
        }
    }
}

/// The longest claim that is shown to people, in characters.
const MAX_CLAIM: usize = 40;

/// A claim as people are shown it: short, on one line, in quotes where it could be taken
/// for more than one.
fn claim(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    let mut text = words.join(" ");
    if text.chars().count() > MAX_CLAIM {
        text = text.chars().take(MAX_CLAIM - 1).chain(['…']).collect();
    }
    match text.contains([',', ';', ':', '"']) || text.is_empty() {
        true => format!("\"{}\"", text.replace('"', "'")),
        false => text,
    }
}

/// So many commits are looked at together.
const AT_ONCE: usize = 64;

/// Reads the log.
///
/// Errors: not_found, unavailable.
pub fn log(cx: &Context, request: &Request) -> Result<Report> {
    let branch = match &request.branch {
        Some(name) => RefName::branch(name)?,
        None => access::choose_to_read(cx, None)?.branch,
    };
    let tip = fetch_tip(cx, &branch)?;
    let path = request.path.as_deref().map(|p| place::in_tree(cx, p));
    let request = Request {
        path: path.transpose()?.map(|p| p.to_string()),
        ..request.clone()
    };
    log_from(cx, &branch, tip, None, &request)
}

/// Reads the log from a tip that is in the store, without what `hide` reaches.
pub(super) fn log_from(
    cx: &Context,
    branch: &RefName,
    tip: CommitId,
    hide: Option<CommitId>,
    request: &Request,
) -> Result<Report> {
    log_where(cx, branch, (tip, hide), request, |_| true)
}

/// The same, of the commits alone that `keep` takes.
pub(super) fn log_where(
    cx: &Context,
    branch: &RefName,
    (tip, hide): (CommitId, Option<CommitId>),
    request: &Request,
    keep: impl Fn(CommitId) -> bool,
) -> Result<Report> {
    let mut reverts = Reverts::default();
    let mut commits = Vec::new();
    // Only what a base hides is short by nature: of all others no more is read than is shown.
    let mut history: Box<dyn Iterator<Item = CommitId>> = match hide {
        Some(base) => Box::new(cx.store.history(tip, [base])?),
        None => Box::new(cx.store.log(tip)?),
    };
    while commits.len() < request.number {
        // As many as may still be wanted, so that what they changed is asked for at once.
        let most = (request.number - commits.len()).min(AT_ONCE);
        let mut met = Vec::new();
        for id in history.by_ref().take(most) {
            let commit = cx.store.commit(id)?;
            let judged = judge(cx, id, branch.short())?;
            reverts.see(cx, &commit, &judged);
            let rolled_back_by = reverts.of(id, &judged);
            met.push((commit, judged, rolled_back_by));
        }
        if met.is_empty() {
            break;
        }
        met.retain(|(commit, ..)| keep(commit.id) && is_asked_for(commit, request));
        let mut trees = Vec::new();
        for (commit, ..) in &met {
            trees.push(trees_of(cx, commit)?);
        }
        cx.store.ensure_between(trees.iter().copied())?;
        for ((commit, judged, rolled_back_by), (before, after)) in met.into_iter().zip(trees) {
            if let Some(path) = &request.path {
                // Most commits differ elsewhere, which need not be looked at.
                let path = path.trim_end_matches('/').as_bytes();
                if !cx.store.differ_at(before, after, path)? {
                    continue;
                }
            }
            let changes = cx.store.changes(before, after, false)?;
            let files = changes.into_iter().map(|c| c.path);
            let files = files.map(|path| String::from_utf8_lossy(&path).into_owned());
            let files: Vec<String> = files.collect();
            if !request.path.as_deref().is_none_or(|p| touch(&files, p)) {
                continue;
            }
            commits.push(line(&commit, judged, rolled_back_by, files));
        }
    }
    Ok(Report {
        branch: branch.short().to_owned(),
        repo_name: cx.repo_name.clone(),
        commits,
    })
}

/// The tip of a branch on the remote, with its objects fetched.
///
/// Errors: not_found.
fn fetch_tip(cx: &Context, branch: &RefName) -> Result<CommitId> {
    let refs = snapshot::listed(cx, &[branch.as_str()])?;
    let tip = refs
        .iter()
        .find(|r| r.name == branch.as_str())
        .map(|r| r.id)
        .ok_or_else(|| access::no_branch(cx, branch.short()))?;
    cx.remote.fetch(&cx.store, &[tip], false, &*cx.progress)?;
    Ok(tip)
}

/// The value of a trailer in the last paragraph of a message.
pub(super) fn trailer(commit: &CommitInfo, name: &str) -> Option<String> {
    trailers(commit, name).next().map(str::to_owned)
}

pub(super) fn trailers<'a>(commit: &'a CommitInfo, name: &'a str) -> impl Iterator<Item = &'a str> {
    signature::trailers(&commit.message, name)
}

/// The commits that a commit says it undoes, in its order, and whether it undoes the whole of
/// each: by aidf's trailers, or by the sentence that git-revert(1) writes.
pub(super) fn reverts(cx: &Context, commit: &CommitInfo) -> Vec<(CommitId, bool)> {
    let named = |name, is_whole| {
        let ids = trailers(commit, name).filter_map(|id| CommitId::parse(id).ok());
        ids.map(move |id| (id, is_whole))
    };
    let by_git = commit.message.lines().filter_map(|line| {
        let id = line.strip_prefix("This reverts commit ")?;
        let id = id.split(|c: char| !c.is_ascii_hexdigit()).next()?;
        // With `revert.reference` git-revert(1) writes the first digits alone.
        let found = match CommitId::parse(id) {
            Ok(id) => Some(id),
            Err(_) if id.len() >= 7 => cx.store.by_prefix(id),
            Err(_) => None,
        };
        Some((found?, true))
    });
    // aidf writes the sentence into no commit: who has it there quotes it.
    let is_ours = trailers(commit, signature::BRANCH).next().is_some();
    let by_git = by_git.filter(|_| !is_ours);
    let all = named(REVERTS, true).chain(named(REVERTS_PART, false));
    all.chain(by_git).collect()
}

/// The rollbacks that a sync made good, each with the earlier sync that it brought again.
pub(super) fn brought_again(sync: &CommitInfo) -> impl Iterator<Item = (CommitId, CommitId)> {
    trailers(sync, BROUGHT_AGAIN).filter_map(|pair| {
        let (rollback, merge) = pair.split_once(' ')?;
        Some((
            CommitId::parse(rollback).ok()?,
            CommitId::parse(merge).ok()?,
        ))
    })
}

/// Whether the commit's task and writer are those that a request names.
fn is_asked_for(commit: &CommitInfo, request: &Request) -> bool {
    let task = request.task_id.as_deref();
    let who = request.committed_by.as_deref();
    task.is_none_or(|task| trailer(commit, compose::TASK).as_deref() == Some(task))
        && who.is_none_or(|who| who == committed_by(commit))
}

/// Who says to have written a commit.
fn committed_by(commit: &CommitInfo) -> String {
    let claimed = trailer(commit, compose::COMMITTED_BY);
    claimed.unwrap_or_else(|| commit.author_name.clone())
}

/// The trees of a commit's first parent and of itself.
pub(super) fn trees_of(cx: &Context, commit: &CommitInfo) -> Result<TreePair> {
    let before = commit.parents.first().map(|p| cx.store.commit(*p));
    let before = before.transpose()?.map(|commit| commit.tree);
    Ok((before, Some(commit.tree)))
}

/// Whether one of the files is `path`, or lies below it.
fn touch(files: &[String], path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    files
        .iter()
        .any(|f| f.strip_prefix(path).is_some_and(below))
}

fn line(
    commit: &CommitInfo,
    judged: Judged,
    rolled_back_by: Option<CommitId>,
    files: Vec<String>,
) -> Line {
    let good = judged.check == Check::Good;
    let written_to = judged.branch.filter(|_| good);
    let own = |name| trailer(commit, name).filter(|_| good);
    let claimed = trailer(commit, compose::COMMITTED_BY);
    Line {
        commit: commit.id,
        time: Moment::from_seconds(commit.time).rfc3339(),
        committed_by: committed_by(commit),
        claimed_by: claimed.filter(|who| Some(who) != written_to.as_ref()),
        token_id: own(compose::TOKEN),
        pod: own(compose::POD),
        written_to,
        task_id: trailer(commit, compose::TASK),
        agent: trailer(commit, "Aidf-Agent"),
        model: trailer(commit, "Aidf-Model"),
        session_url: trailer(commit, "Aidf-Session-Url"),
        subject: commit.subject().to_owned(),
        files,
        signature: judged.check,
        rolled_back_by,
        author: commit.author_name.clone(),
    }
}

/// Judges a commit that is in the store, by the branch that it was written to; `looked_at`
/// is that of an old one which names none.
///
/// Errors: not_found.
pub(super) fn judge(cx: &Context, id: CommitId, looked_at: &str) -> Result<Judged> {
    Ok(judge_bytes(cx, &cx.store.raw_commit(id)?, looked_at))
}

/// The same, for a commit's bytes.
pub(super) fn judge_bytes(cx: &Context, raw: &[u8], looked_at: &str) -> Judged {
    let judged = signature::judge(cx.keys(), &cx.repository(), looked_at, raw);
    let undecided = judged.check == Check::Unknown && cx.identity() == Identity::Unknown;
    match undecided && snapshot::identity(cx).is_ok() {
        true => signature::judge(cx.keys(), &cx.repository(), looked_at, raw),
        false => judged,
    }
}

/// Which commits were undone, met newest first.
#[derive(Default)]
pub(super) struct Reverts {
    by: BTreeMap<CommitId, Vec<(CommitId, Option<String>)>>,
    /// Rollbacks with the syncs that later ones brought again.
    made_good: BTreeSet<(CommitId, CommitId)>,
}

impl Reverts {
    /// Takes note of what `commit` undid, unless it was itself undone.
    ///
    /// Where a key is at hand its word is taken only under a good signature: a commit
    /// that came by plain git must not make another look undone.
    pub fn see(&mut self, cx: &Context, commit: &CommitInfo, judged: &Judged) {
        let trusted = cx.keys().is_empty() || judged.check == Check::Good;
        if !trusted || self.of(commit.id, judged).is_some() {
            return;
        }
        self.made_good.extend(brought_again(commit));
        for id in trailers(commit, REVERTS).filter_map(|v| CommitId::parse(v).ok()) {
            if self.made_good.contains(&(commit.id, id)) {
                continue;
            }
            let by = (commit.id, judged.branch.clone());
            self.by.entry(id).or_default().push(by);
        }
    }

    /// The commit that undid `id`, of which this is known. What one sandbox undid for
    /// itself is not undone in another, though its history be brought there.
    pub fn of(&self, id: CommitId, judged: &Judged) -> Option<CommitId> {
        let counts = |branch: &Option<String>| {
            let elsewhere = branch.as_deref().filter(|b| names::is_sandbox(b));
            elsewhere.is_none() || judged.check != Check::Good || *branch == judged.branch
        };
        let by = self.by.get(&id)?.iter().find(|(_, branch)| counts(branch));
        by.map(|(by, _)| *by)
    }
}
