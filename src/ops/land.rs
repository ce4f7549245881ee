//! Carrying a sandbox to a protected branch where no forge does it: with an operator's
//! token, the guards shown, one signed commit, ledgers merged by entry.

use super::access::{self, Target};
use super::compose::Words;
use super::join::{self, Join, Joined, Merged};
use super::lost_again::Backups;
use super::propose::{facts, own_commits};
use super::rolled_back;
use super::sandbox::{self, CloseRequest, Found};
use super::snapshot;
use super::squashed;
use super::write::{self, BranchState, Carried, Change, Changed, Deed, Edited, written};
use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Draft, Edit, Entry, Mode, RefName};
use crate::guards::{self, Guard};
use crate::ledger::{self, Ledger, Side, Versions};
use crate::names;
use crate::secret::Secret;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The sandbox; the clone's own where none is named.
    pub branch: Option<String>,
    /// The branch that it goes to; the default one where none is named.
    pub to: Option<String>,
    /// One ordinary commit in place of a merge.
    pub squash: bool,
    /// Close the sandbox afterwards.
    pub close: bool,
    /// An operator's token.
    pub reuse_token: Option<Secret>,
    /// Do everything except the push.
    pub dry_run: bool,
}

/// What landed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The sandbox.
    pub branch: String,
    /// The branch that it went to.
    pub target: String,
    /// The repository.
    pub repo_name: String,
    /// The sandbox's tip that landed.
    pub head: CommitId,
    /// The commit on the target; none where nothing was written.
    pub commit: Option<CommitId>,
    /// The commits that came in, newest first, a hundred at most.
    pub merged: Vec<Merged>,
    /// How many came in.
    pub merged_count: usize,
    /// Empty in a report; an error carries them.
    pub conflicts: Vec<PathConflict>,
    /// Each guard's verdict.
    pub guards: Vec<Guard>,
    /// True where the target had all of it already.
    pub unchanged: bool,
    /// Whether the sandbox was closed.
    pub closed: bool,
    /// Pushes it took.
    pub attempts: u32,
    /// One sentence.
    pub message: String,
    /// True where nothing was pushed because that was asked for.
    pub dry_run: bool,
}

/// Lands a sandbox.
///
/// Errors: usage, for what is no sandbox; auth and denied, without an operator's token;
/// conflict, with the paths; integrity for a ledger that cannot be read; not_found;
/// unavailable.
pub fn land(cx: &Context, request: &Request) -> Result<Report> {
    cx.note_request(request);
    let mut report = write::run(cx, ready(cx, request))?;
    if request.close && !request.dry_run {
        close(cx, request, &mut report)?;
    } else if request.close {
        report.message = format!("{}; would close {}", report.message, report.branch);
    }
    Ok(report)
}

/// What landed stays landed, whatever comes of the closing.
fn close(cx: &Context, request: &Request, report: &mut Report) -> Result<()> {
    let asked = CloseRequest {
        branch: Some(report.branch.clone()),
        reuse_token: request.reuse_token.clone(),
        dry_run: false,
    };
    let landed = &report.message;
    let also = |e: Error| {
        let hint = format!(
            "{landed}; close the sandbox again: aidf sandbox close {}",
            asked.branch.as_deref().unwrap_or_default()
        );
        Error::new(
            e.kind(),
            format!("it landed, and could not be closed: {}", e.message()),
        )
        .hint(hint)
        .caused_by(e)
    };
    let closed = sandbox::close(cx, &asked).map_err(also)?;
    report.closed = true;
    if let Some(archive) = closed.archive {
        report.message = format!("{}; closed it, and {archive} keeps it", report.message);
    }
    Ok(())
}

/// The branch that is written, and what lands on it.
fn ready<'r>(cx: &Context, request: &'r Request) -> Result<(Target, Land<'r>)> {
    let branch = source(cx, request)?;
    let to = match &request.to {
        Some(to) => to.clone(),
        None => snapshot::ask_default_branch(cx)?,
    };
    let target = access::choose(cx, Some(&to), request.reuse_token.as_ref());
    let target = target.map_err(access::as_operator)?;
    if names::is_sandbox(&to) {
        return Err(Error::new(
            Kind::Usage,
            format!("{to} is a sandbox, and land writes other branches alone"),
        )
        .hint(format!(
            "to bring one sandbox's work into another: aidf sandbox sync {to} --from {}",
            branch.short()
        )));
    }
    let land = Land {
        request,
        branch,
        head: None,
        backups: Backups::default(),
    };
    Ok((target, land))
}

/// The landing of a sandbox.
struct Land<'r> {
    request: &'r Request,
    /// The sandbox.
    branch: RefName,
    /// Its tip.
    head: Option<CommitId>,
    /// The backups of the branch that is written.
    backups: Backups,
}

written!(Report, target);

impl Change for Land<'_> {
    type Report = Report;

    const COMMAND: &'static str = "land";

    const NO_BRANCH: &'static str = "name the branch it goes to with --to";

    fn is_dry_run(&self) -> bool {
        self.request.dry_run
    }

    fn wants(
        &mut self,
        cx: &Context,
        target: &Target,
        advertisement: &Advertisement,
        _tip: CommitId,
    ) -> Result<Vec<CommitId>> {
        self.backups = Backups::of(cx, advertisement, target.name());
        let branch = self.branch.short();
        self.head = advertisement.branch(branch);
        let head = self.head.ok_or_else(|| access::no_branch(cx, branch))?;
        Ok(vec![head])
    }

    fn explain(&self, refusal: Error) -> Error {
        match refusal.kind() {
            Kind::Denied => refusal.hint("land with an operator's token: aidf land --reuse-token - (it reads the token from standard input); an operator issues one: aidf token issue --operator"),
            _ => refusal,
        }
    }

    fn edit(&mut self, state: &BranchState<'_>, draft: &mut Draft<'_>) -> Result<Edited<Report>> {
        let head = self.head.unwrap_or(state.tip);
        let onto = (state.target.name(), state.tip);
        self.backups
            .warn(state.cx, onto, head, "this landing brings it back")?;
        let work = Work {
            state,
            request: self.request,
            found: Found {
                branch: self.branch.clone(),
                head,
                base: Some(state.tip),
                default: None,
                start: None,
                stand: state.cx.store.lineage(Some(state.tip), &[head])?.stand(0)?,
            },
        };
        work.edit(draft)
    }

    fn words(&self, _state: &BranchState<'_>, report: &Report) -> Result<Words> {
        Ok(words_of(report, self.request.squash))
    }
}

/// The sandbox that lands.
fn source(cx: &Context, request: &Request) -> Result<RefName> {
    match &request.branch {
        Some(name) => access::sandbox_only(cx, name, true),
        // Whoever lands brings an operator's token, which names none.
        None => access::sandbox_at_hand(cx),
    }
}

/// A landing in the making, on one tip.
struct Work<'a> {
    state: &'a BranchState<'a>,
    request: &'a Request,
    found: Found,
}

impl Work<'_> {
    fn edit(&self, draft: &mut Draft<'_>) -> Result<Edited<Report>> {
        let (cx, to) = (self.state.cx, self.state.target.name());
        let (policy, tip, tree) = (self.state.policy, self.state.tip, self.state.tree);
        let branch = self.found.branch.short();
        let head = self.found.head;
        let mut report = Report {
            branch: branch.to_owned(),
            target: to.to_owned(),
            repo_name: cx.repo_name.clone(),
            head,
            commit: None,
            merged: Vec::new(),
            merged_count: 0,
            conflicts: Vec::new(),
            guards: Vec::new(),
            unchanged: true,
            closed: false,
            attempts: 0,
            message: format!("nothing to do: {to} has all that {branch} has"),
            dry_run: self.request.dry_run,
        };
        if let Some((why, hint)) = rolled_back::told(cx, branch, head, (to, tip))? {
            return Err(refusal(why, &hint));
        }
        let ours = squashed::as_merged(cx, to, tip, head, policy.ledgers())?;
        if cx.store.is_ancestor(head, ours) {
            return Ok(Edited::Nothing(report));
        }
        let lines = own_commits(cx, &self.found)?;
        let mut facts = facts(cx, &self.found, &lines, policy)?;
        facts.to = to.to_owned();
        facts.pinned = true;
        report.guards = guards::ask(&facts, policy);
        (report.merged_count, report.merged) = join::brought(cx, ours, head)?;

        let join = Join {
            cx,
            ledgers: policy.ledgers(),
            ours,
            theirs: head,
            sandbox: Side::Theirs,
        };
        let mut joined = join.run(draft)?;
        if let Some((why, hint)) = rolled_back::taken_off(draft, &join, &mut joined, branch, to)? {
            return Err(refusal(why, &hint));
        }
        if !joined.conflicts.is_empty() {
            return Err(self.conflict(joined.conflicts));
        }
        self.fold(draft, &mut joined)?;
        if self.request.squash && draft.tree(Some(tree), &joined.edits)? == tree {
            report.message = format!("nothing to do: {to} holds what {branch} has");
            return Ok(Edited::Nothing(report));
        }
        report.unchanged = false;
        let commits = words::count(report.merged_count, "commit", "commits");
        Ok(Edited::Changed(Changed {
            edits: joined.edits,
            merged: (!self.request.squash).then_some(head),
            objects: Carried::Also(Vec::new()),
            deed: Deed {
                done: "landed",
                would: "land",
                what: format!("{branch} ({commits}) on {to}"),
            },
            report,
        }))
    }

    /// Folds the sandboxes' own ledgers into the shared ones, and takes them away.
    fn fold(&self, draft: &mut Draft<'_>, joined: &mut Joined) -> Result<()> {
        let ledgers = self.state.policy.ledgers();
        if !ledgers.has_own() {
            return Ok(());
        }
        let tree = draft.tree(Some(self.state.tree), &joined.edits)?;
        let store = &self.state.cx.store;
        let mut edits: Vec<Edit> = Vec::new();
        for (folder, shared) in ledgers.own_folders().iter().zip([
            &ledgers.changelog,
            &ledgers.memory,
            &ledgers.rollbacks,
        ]) {
            let there = store.entry(tree, shared.as_bytes())?;
            let before = self.read(there)?;
            let mut text = before.clone();
            for (path, entry) in store.files_below(tree, folder.as_bytes())? {
                let name = String::from_utf8_lossy(&path).into_owned();
                if ledgers.folds_into(&name) != Some(shared) {
                    continue;
                }
                let own = self.read(Some(entry))?;
                let versions = Versions {
                    name: &name,
                    bases: &[],
                    ours: text.as_deref(),
                    theirs: own.as_deref(),
                };
                text = match ledgers.is_memory(&name) {
                    true => ledger::memories(versions, Side::Theirs)?,
                    false => ledger::lists(versions, &[])?,
                };
                edits.push((path, None));
            }
            if ledgers.is_memory(shared) {
                text = self.without_gone(shared, text, joined)?;
            }
            if let Some(text) = text.filter(|t| Some(t) != before.as_ref()) {
                let id = draft.blob(&text)?;
                let mode = there.map_or(Mode::File, |e| e.mode);
                edits.push((shared.clone().into_bytes(), Some(Entry { id, mode })));
            }
        }
        let folded = |path: &[u8]| edits.iter().any(|(p, _)| p == path);
        joined.edits.retain(|(path, _)| !folded(path));
        joined.edits.extend(edits);
        Ok(())
    }

    /// A memory without the files that this merge removes: a sandbox cannot take them out
    /// of the shared one by itself.
    fn without_gone(
        &self,
        name: &str,
        text: Option<Vec<u8>>,
        joined: &Joined,
    ) -> Result<Option<Vec<u8>>> {
        let gone = joined.edits.iter().filter(|(_, entry)| entry.is_none());
        let gone: Vec<&str> = gone
            .filter_map(|(p, _)| std::str::from_utf8(p).ok())
            .collect();
        let Some(content) = &text else {
            return Ok(None);
        };
        let mut memory = Ledger::read(name, Some(content))?;
        match memory.remove_paths(&gone) {
            0 => Ok(text),
            _ => Ok(Some(memory.checked()?.as_bytes().to_vec())),
        }
    }

    fn read(&self, entry: Option<Entry>) -> Result<Option<Vec<u8>>> {
        let file = entry.filter(|e| e.mode.is_file());
        file.map(|e| self.state.cx.store.read_blob(e.id))
            .transpose()
    }

    fn conflict(&self, conflicts: Vec<PathConflict>) -> Error {
        let branch = self.found.branch.short();
        Error::conflicts_in(&format!("landing {branch}"), conflicts).hint(format!(
            "nothing was written; bring {} into the sandbox first: aidf sandbox sync {branch} --from {}",
            self.state.target.name(),
            self.state.target.name()
        ))
    }
}

/// The error for what a landing would do to rolled back work, with the way out.
fn refusal(why: String, hint: &str) -> Error {
    Error::new(Kind::Conflict, why).hint(format!("nothing was written; {hint}"))
}

/// The commit's message and trailers.
fn words_of(report: &Report, squash: bool) -> Words {
    let (branch, head) = (&report.branch, report.head);
    let mut trailers = Vec::new();
    let subject = match squash {
        true => format!("Land {branch}"),
        false => format!("Merge {branch} into {}", report.target),
    };
    let commits = words::count(report.merged_count, "commit", "commits");
    let mut message = format!("{subject}\n\n{commits} from {}.", head.short());
    if squash {
        trailers.push((squashed::SQUASHED, head.to_string()));
        message.push('\n');
        for merged in &report.merged {
            // A line of theirs must not read as a trailer of aidf's.
            let subject: String = merged.subject.chars().filter(|c| !c.is_control()).collect();
            message.push_str(&format!("\n- {} {subject}", merged.commit.short()));
        }
        let more = report.merged_count - report.merged.len();
        if more > 0 {
            message.push_str(&format!("\n- and {more} more"));
        }
    }
    Words {
        message,
        committed_by: branch.clone(),
        trailers,
    }
}
