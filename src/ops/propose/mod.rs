//! Carrying a sandbox to a protected branch through review: its difference, one pull
//! request, and, where every guard agrees, aidf's own approval.

mod part;
mod words;

use crate::conflict::PathConflict;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::forge::{Approval, Forge, Proposal, Provider, Purpose, saying_also};
use crate::git::{Change, CommitId, Mode};
use crate::guards::{self, Facts, File, Guard, Measure};
use crate::ledger::{Ledger, Side, attributes};
use crate::ops::commit::FileChange;
use crate::ops::join::Join;
use crate::ops::log::{self, Line};
use crate::ops::protect::{self, access_to};
use crate::ops::rolled_back;
use crate::ops::sandbox::{self, Found};
use crate::ops::snapshot;
use crate::ops::squashed;
use crate::policy::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use words::{body, commands, title};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The sandbox; the clone's own where none is named.
    pub branch: Option<String>,
    /// The branch that it is for; the default one where none is named.
    pub to: Option<String>,
    /// The provider; found from the remote where it is not named.
    pub provider: Option<Provider>,
    /// Show all and open nothing.
    pub dry_run: bool,
}

/// What was proposed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The sandbox.
    pub branch: String,
    /// The branch that it is for.
    pub to: String,
    /// The repository.
    pub repo_name: String,
    /// `github`, `gitlab`, `gitea`, `forgejo` or `bare`.
    pub provider: Provider,
    /// The commit that is proposed.
    pub head: CommitId,
    /// Where it left the branch that it is for.
    pub fork_point: Option<CommitId>,
    /// The files that differ.
    pub files: Vec<FileChange>,
    /// The difference in git's patch format; what is not UTF-8 is replaced.
    pub patch: String,
    /// The pull request's title: the one that people gave it, where they did.
    pub title: String,
    /// What aidf writes into the pull request's text.
    pub body: String,
    /// Its number; none on a server without a forge.
    pub number: Option<u64>,
    /// Its page.
    pub url: Option<String>,
    /// Whether it is new.
    pub created: bool,
    /// Paths that cannot be merged into that branch as it is now; ledgers are not among
    /// them.
    pub conflicts: Vec<PathConflict>,
    /// Each guard's verdict.
    pub guards: Vec<Guard>,
    /// What came of the approval; none where a guard did not agree.
    pub approval: Option<Approval>,
    /// The commands that an operator runs, on a server without a forge.
    pub commands: Vec<String>,
    /// True where nothing was opened because that was asked for.
    pub dry_run: bool,
    /// One sentence.
    pub message: String,
}

/// Proposes a sandbox.
///
/// Errors: usage, for what is no sandbox; not_found; auth and denied by the
/// forge; conflict, where the proposal moved meanwhile; unavailable.
pub fn propose(cx: &Context, request: &Request) -> Result<Report> {
    cx.note_request(request);
    let result = carry(cx, request);
    cx.journal("propose", request.branch.as_deref(), &result, |r| {
        let looked = r.dry_run || r.guards.is_empty();
        (!looked).then_some((&r.branch, r.head, &r.message))
    });
    result
}

fn carry(cx: &Context, request: &Request) -> Result<Report> {
    let standing = snapshot::standing(cx)?;
    let to = match (&request.to, &standing.default_branch) {
        (Some(to), _) => to.clone(),
        (None, Some(default)) => default.clone(),
        (None, None) => {
            return Err(Error::new(
                Kind::NotFound,
                format!("{} has no default branch", cx.remote.address()),
            )
            .hint("name the branch with --to"));
        }
    };
    let provider = protect::provider_of(cx, request.provider)?;
    let found = sandbox::find(cx, request.branch.as_deref(), Some(&to))?;
    let branch = found.branch.short().to_owned();
    let commits = own_commits(cx, &found)?;
    let policy = standing.policy(cx);
    let mut report = Report {
        title: match commits.is_empty() {
            true => String::new(),
            false => title(&commits, &branch),
        },
        body: String::new(),
        files: sandbox::files(cx, &found)?,
        patch: sandbox::patch_of(cx, &found)?,
        branch,
        to,
        repo_name: cx.repo_name.clone(),
        provider,
        head: found.head,
        fork_point: found.stand.fork,
        number: None,
        url: None,
        created: false,
        conflicts: Vec::new(),
        guards: Vec::new(),
        approval: None,
        commands: Vec::new(),
        dry_run: request.dry_run,
        message: String::new(),
    };
    if let Some(base) = found.base
        && let Some((why, hint)) =
            rolled_back::told(cx, &report.branch, found.head, (&report.to, base))?
    {
        cx.warn(format!("{why}, and this does not bring it back; {hint}"));
    }
    if commits.is_empty() {
        report.message = format!(
            "nothing to propose: {} has no commit that {} lacks",
            report.branch, report.to
        );
        return Ok(report);
    }
    report.conflicts = conflicts(cx, &found, &policy, &report)?;
    report.body = body(&report, &commits);
    let mut facts = facts(cx, &found, &commits, &policy)?;
    facts.to = report.to.clone();
    if provider == Provider::Bare || request.dry_run {
        facts.pinned = true;
        report.guards = guards::ask(&facts, &policy);
        if provider == Provider::Bare {
            report.commands = commands(cx, &report, found.base);
            report.message = format!(
                "{} is a server without a forge: an operator merges {branch} into {to} with: aidf land {branch} --to {to}",
                cx.remote.address(),
                branch = report.branch,
                to = report.to
            );
        } else {
            report.message = format!("would propose {} for {}", report.branch, report.to);
        }
        return Ok(report);
    }
    let forge = Forge::connect(access_to(cx, Some(provider), Purpose::Propose))?;
    let proposal = match forge.find_proposal(&report.branch, &report.to)? {
        Some(there) => revise(cx, &forge, &mut report, there)?,
        None => open(cx, &forge, &mut report)?,
    };
    let head = found.head.to_string();
    facts.pinned = proposal.head == head;
    facts.base = Some(proposal.base);
    facts.draft = proposal.draft;
    report.number = Some(proposal.number);
    report.url = Some(proposal.url.clone());
    report.guards = guards::ask(&facts, &policy);
    report.message = format!(
        "{} {} for {}: {}",
        if report.created {
            "proposed"
        } else {
            "updated the proposal of"
        },
        report.branch,
        report.to,
        proposal.url
    );
    if report.guards.iter().all(|g| g.ok) {
        let what = match report.created {
            true => "was opened",
            false => "is up to date",
        };
        // Not approved is not undone: whoever reads this still wants its address.
        let also = |e| saying_also(e, &format!("the proposal itself {what}: {}", proposal.url));
        // It may have been given another head or branch meanwhile.
        let now = forge.read_proposal(proposal.number).map_err(also)?;
        facts.pinned = now.head == head;
        facts.base = Some(now.base.clone());
        facts.draft = now.draft;
        report.guards = guards::ask(&facts, &policy);
        if report.guards.iter().all(|g| g.ok) {
            approve(cx, &forge, provider, &mut report, &now).map_err(also)?;
        }
    }
    Ok(report)
}

/// Tries the merge as the forge will, by plain git, and says what to do where it would
/// not go through.
fn conflicts(
    cx: &Context,
    found: &Found,
    policy: &Policy,
    report: &Report,
) -> Result<Vec<PathConflict>> {
    let Some(base) = found.base.filter(|_| found.stand.fork.is_some()) else {
        return Ok(Vec::new());
    };
    let mut draft = cx.store.draft();
    let join = Join {
        cx,
        ledgers: policy.ledgers(),
        ours: squashed::as_merged(cx, &report.to, base, found.head, policy.ledgers())?,
        theirs: found.head,
        sandbox: Side::Theirs,
    };
    let mut merged = join.files(&mut draft)?;
    let conflicts = std::mem::take(&mut merged.conflicts);
    let (branch, to) = (&report.branch, &report.to);
    let taken_off = rolled_back::taken_off(&mut draft, &join, &mut merged, branch, to)?;
    if let Some((why, hint)) = taken_off {
        cx.warn(format!("{why}; {hint}"));
    }
    let is_ledger = |c: &PathConflict| policy.ledgers().contains(&c.path);
    let (ledgers, others): (Vec<_>, Vec<_>) = conflicts.into_iter().partition(is_ledger);
    let sync = format!("aidf sandbox sync {branch} --from {to}");
    if !others.is_empty() {
        let lines: Vec<String> = others.iter().map(PathConflict::to_string).collect();
        cx.warn(format!(
            "{branch} cannot be merged into {to} as it is ({}); merge {to} into the sandbox first: {sync}",
            lines.join("; ")
        ));
    } else if !ledgers.is_empty() {
        let paths: Vec<&str> = ledgers.iter().map(|c| c.path.as_str()).collect();
        cx.warn(format!(
            "both sides have new entries in {}; a merge that does not use the .gitattributes of {to} will conflict there, and this prevents it: {sync}",
            paths.join(", ")
        ));
    }
    Ok(others)
}

/// Opens a proposal, or revises the one that another machine opened meanwhile.
fn open(cx: &Context, forge: &Forge<'_>, report: &mut Report) -> Result<Proposal> {
    let text = part::alone(&report.body, &report.title);
    match forge.open_proposal(&report.branch, &report.to, &report.title, &text) {
        Ok(opened) => {
            report.created = true;
            Ok(opened)
        }
        Err(e) if e.kind() == Kind::Conflict => {
            match forge.find_proposal(&report.branch, &report.to)? {
                Some(there) => revise(cx, forge, report, there),
                None => Err(e),
            }
        }
        Err(e) => Err(e),
    }
}

/// Brings a proposal up to date, and leaves what people wrote in it.
fn revise(
    cx: &Context,
    forge: &Forge<'_>,
    report: &mut Report,
    there: Proposal,
) -> Result<Proposal> {
    let (title, text) = match part::renewed(&there.text, &report.body, &report.title) {
        Some(text) => (part::titled(&there.title, &there.text, &report.title), text),
        None => {
            cx.warn(format!(
                "the text of {} has no room left for the list of commits, so aidf leaves it and the title as they are; shorten the text and propose again",
                there.url
            ));
            (there.title.clone(), there.text.clone())
        }
    };
    let changed = |new: &str, old: &str| (new != old).then(|| new.to_owned());
    let (new_title, new_text) = (changed(&title, &there.title), changed(&text, &there.text));
    report.title = title;
    match (&new_title, &new_text) {
        (None, None) => Ok(there),
        _ => forge.update_proposal(there.number, new_title.as_deref(), new_text.as_deref()),
    }
}

/// Approves, as the second identity where one is named: forges let nobody approve a
/// proposal of their own.
fn approve(
    cx: &Context,
    forge: &Forge<'_>,
    provider: Provider,
    report: &mut Report,
    seen: &Proposal,
) -> Result<()> {
    let settings = cx.config.forge.as_approver();
    let approval = match &settings {
        Some(settings) => {
            let mut access = access_to(cx, Some(provider), Purpose::Propose);
            access.settings = settings;
            Forge::connect(access)?.approve(seen)?
        }
        None => forge.approve(seen)?,
    };
    match approval {
        Approval::OwnProposal => cx.warn(
            "every guard agrees, but the forge does not let authors approve their own proposals: set AIDF_APPROVER_TOKEN to the token of a second identity",
        ),
        Approval::Given => {
            report.message = format!("{}, and approved it at {}", report.message, report.head.short());
        }
        Approval::Already => {
            report.message = format!("{}; it is approved at {} already", report.message, report.head.short());
        }
    }
    report.approval = Some(approval);
    Ok(())
}

pub(super) fn own_commits(cx: &Context, found: &Found) -> Result<Vec<Line>> {
    let request = log::Request {
        number: usize::MAX,
        ..log::Request::default()
    };
    Ok(log::log_from(cx, &found.branch, found.head, found.base, &request)?.commits)
}

/// What the guards ask about.
pub(super) fn facts(
    cx: &Context,
    found: &Found,
    commits: &[Line],
    policy: &Policy,
) -> Result<Facts> {
    let store = &cx.store;
    let old = sandbox::fork_tree(cx, found)?;
    let new = store.commit(found.head)?.tree;
    let mut facts = Facts {
        commits: commits.len(),
        ..Facts::default()
    };
    let changes = store.changes(old, Some(new), true)?;
    store.ensure_files(&changes)?;
    for change in changes {
        if is_own(cx, &change, policy)? {
            continue;
        }
        let count = store.count_lines(change.old, change.new)?;
        let measure = match count.binary {
            true => Measure::default(),
            false => guards::measure(
                &content(cx, change.old)?,
                &content(cx, change.new)?,
                count.added + count.removed,
            ),
        };
        let from = String::from_utf8_lossy(&change.path).into_owned();
        let to = change
            .renamed_to
            .as_ref()
            .map(|p| String::from_utf8_lossy(p).into_owned());
        let plain = |mode: Mode| mode == Mode::File;
        let modes = [change.old, change.new].map(|e| e.map(|e| e.mode));
        let mode_changed = match modes {
            [Some(a), Some(b)] => a != b || !a.is_file(),
            [a, b] => a.into_iter().chain(b).any(|m| !plain(m)),
        };
        let path = to.clone().unwrap_or_else(|| from.clone());
        let ledgers = policy.ledgers();
        let whole = match ledgers.contains(&path) {
            false => true,
            // The memory says what is, and not what was: its entries may change.
            true if ledgers.is_memory(&path) => is_ledger(cx, change.new, &path)?,
            true => keeps_entries(cx, change.old, change.new, &path)?,
        };
        if !whole {
            facts.rewritten.push(path.clone());
        }
        facts.files.push(File {
            renamed_from: to.map(|_| from),
            path,
            added: count.added,
            removed: count.removed,
            bytes: measure.bytes,
            binary: count.binary,
            hidden: measure.hidden,
            mode_changed,
        });
    }
    let branch = found.branch.short();
    facts.unsigned = (!cx.keys().is_empty())
        .then(|| commits.iter().filter(|c| !c.is_signed_for(branch)).count());
    Ok(facts)
}

/// Whether a change is none but aidf's own lines in `.gitattributes`.
fn is_own(cx: &Context, change: &Change, policy: &Policy) -> Result<bool> {
    let plain = |e: Option<crate::git::Entry>| e.is_none_or(|e| e.mode == Mode::File);
    if change.path != attributes::PATH.as_bytes()
        || change.renamed_to.is_some()
        || change.new.is_none()
        || ![change.old, change.new].into_iter().all(plain)
    {
        return Ok(false);
    }
    let old = change.old.map(|_| content(cx, change.old)).transpose()?;
    let new = content(cx, change.new)?;
    Ok(policy.ledgers().own_attributes(old.as_deref(), &new))
}

/// An ordinary file's bytes; nothing for what is none.
fn content(cx: &Context, entry: Option<crate::git::Entry>) -> Result<Vec<u8>> {
    match entry.filter(|e| e.mode.is_file()) {
        Some(entry) => cx.store.read_blob(entry.id),
        None => Ok(Vec::new()),
    }
}

/// Whether a ledger can be read at all.
fn is_ledger(cx: &Context, entry: Option<crate::git::Entry>, path: &str) -> Result<bool> {
    let Some(entry) = entry.filter(|e| e.mode.is_file()) else {
        return Ok(false);
    };
    Ok(Ledger::read(path, Some(&cx.store.read_blob(entry.id)?)).is_ok())
}

/// Whether a ledger still has every entry that it had.
fn keeps_entries(
    cx: &Context,
    old: Option<crate::git::Entry>,
    new: Option<crate::git::Entry>,
    path: &str,
) -> Result<bool> {
    let Some(old) = old.filter(|e| e.mode.is_file()) else {
        return is_ledger(cx, new, path);
    };
    let Some(new) = new.filter(|e| e.mode.is_file()) else {
        return Ok(false);
    };
    let read = |id| -> Result<Option<Ledger>> {
        Ok(Ledger::read(path, Some(&cx.store.read_blob(id)?)).ok())
    };
    let (Some(old), Some(new)) = (read(old.id)?, read(new.id)?) else {
        return Ok(false);
    };
    let mut kept = new.entries().map(|(_, text)| text.trim_end());
    // In their old order, with others after or between them.
    Ok(old
        .entries()
        .all(|(_, text)| kept.any(|k| k == text.trim_end())))
}
