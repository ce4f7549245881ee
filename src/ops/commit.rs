//! Files, their changelog entries and their memory entries, as one commit on a remote
//! branch; nobody else's write is lost, and the working tree stays as it is.

use super::access::{self, Target};
use super::publish::{self, Plan, Push};
use super::written::{self, Words};
use crate::alerts::{self, Alert, AlertKind, SecretScan};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::{
    CommitId, Draft, Edit, Entry, Mode, ObjectId, RefUpdate, TreePath, bytes_to_path, check_parents,
};
use crate::ledger::{ChangelogEntry, MemoryEntry};
use crate::names;
use crate::policy::{Limits, Policy, Reaction};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a file's content comes from.
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// Standard input, or whatever the front end reads from.
    Stream(Box<dyn Read>),
}

/// One file to write.
pub struct Input {
    /// Where it goes in the tree.
    pub path: TreePath,
    /// Where its content comes from.
    pub source: Source,
}

/// What is asked for.
#[derive(Default)]
pub struct Request {
    /// Files to write.
    pub inputs: Vec<Input>,
    /// Paths to remove.
    pub remove: Vec<TreePath>,
    /// Take every change of the working tree against its HEAD.
    pub all: bool,
    /// The message.
    pub message: String,
    /// The task it belongs to.
    pub task_id: Option<String>,
    /// Who wrote it; the branch's name where none is given.
    pub committed_by: Option<String>,
    /// The program that wrote it.
    pub agent: Option<String>,
    /// For the memory entry.
    pub description: Option<String>,
    /// For the memory entry.
    pub tags: Vec<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The token.
    pub reuse_token: Option<String>,
    /// The tip that the branch must have: an id, or its first digits.
    pub expect_head: Option<String>,
    /// Take ours where others changed the same file.
    pub overwrite: bool,
    /// Write no changelog entries.
    pub no_changelog: bool,
    /// Write no memory entries.
    pub no_memory: bool,
    /// Do all but push.
    pub dry_run: bool,
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The branch.
    pub branch: String,
    /// The repository.
    pub repo_name: String,
    /// The commit; none where nothing was written.
    pub commit: Option<CommitId>,
    /// What it is built on.
    pub parent: CommitId,
    /// The task.
    pub task_id: Option<String>,
    /// Who wrote it.
    pub committed_by: String,
    /// The files, without the ledgers.
    pub files: Vec<FileChange>,
    /// The changelog that has new entries.
    pub changelog: Option<String>,
    /// The memory that has new entries.
    pub memory: Option<String>,
    /// True where the branch holds all of it already.
    pub unchanged: bool,
    /// Pushes it took.
    pub attempts: u32,
    /// What somebody should know of.
    pub alerts: Vec<Alert>,
    /// One sentence.
    pub message: String,
    /// True where nothing was pushed because that was asked for.
    pub dry_run: bool,
}

/// One file of a commit.
#[derive(Debug, Clone, Serialize)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// `added`, `modified` or `deleted`.
    pub change: &'static str,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// True where lines were not counted.
    pub binary: bool,
}

/// A file as it was read: its content is in the store, its size and alert known.
#[derive(Clone)]
struct Wanted {
    path: TreePath,
    entry: Option<Entry>,
    secret: Option<&'static str>,
    /// The content came without a mode: a file that is there keeps its own.
    keeps_mode: bool,
}

/// Writes the commit.
///
/// Errors: usage; denied and auth by policy and token; conflict, with the paths;
/// integrity for a ledger that cannot be appended to; unavailable.
pub fn commit(cx: &Context, request: Request) -> Result<Report> {
    let target = access::choose(
        cx,
        request.branch.as_deref(),
        request.reuse_token.as_deref(),
    );
    let branch = target.as_ref().ok().map(|t| t.name().to_owned());
    let result = target.and_then(|target| write(cx, request, &target));
    match &result {
        Ok(r) if r.commit.is_none() => {}
        Ok(r) => cx.record(
            "commit",
            Some(&r.branch),
            r.commit.map(|c| c.to_string()),
            Ok(&r.message),
        ),
        Err(e) => cx.record("commit", branch.as_deref(), None, Err(e)),
    }
    result
}

fn write(cx: &Context, mut request: Request, target: &Target) -> Result<Report> {
    let message = written::check_message(&request.message)?;
    for (flag, value) in [
        ("--task-id", &request.task_id),
        ("--committed-by", &request.committed_by),
        ("--agent", &request.agent),
    ] {
        if let Some(value) = value {
            written::check_value(flag, value)?;
        }
    }
    let committed_by = request
        .committed_by
        .clone()
        .unwrap_or_else(|| target.name().to_owned());
    if target.is_sandbox() && names::is_sandbox(&committed_by) && committed_by != target.name() {
        return Err(Error::new(
            Kind::Denied,
            format!(
                "{} may not write in the name of {committed_by}",
                target.name()
            ),
        )
        .hint("leave --committed-by out"));
    }
    check_sources(&request.inputs)?;
    let mut inputs = std::mem::take(&mut request.inputs);
    // What was named must be there; what the working tree lacks may be gone already.
    let named = request.remove.clone();
    if request.all {
        take_working_tree(cx, &mut inputs, &mut request.remove)?;
    }
    check_unique(&inputs, &request.remove)?;

    let mut blobs: Vec<ObjectId> = Vec::new();
    let mut wanted: Option<Vec<Wanted>> = None;
    let mut base: Option<CommitId> = None;
    let published = publish::publish(cx, |attempt| {
        let advertisement = attempt.advertisement;
        let tip = advertisement
            .branch(target.name())
            .ok_or_else(|| missing_branch(cx, target))?;
        if let Some(expected) = &request.expect_head {
            expect(target, tip, expected)?;
        }
        let mut needed = vec![tip];
        needed.extend(access::policy_tip(cx, advertisement));
        cx.remote.fetch(&cx.store, &needed, true, &*cx.progress)?;
        let parent = cx.store.commit(tip)?;
        let policy = access::policy(cx, advertisement)?;
        access::authorise(cx, target, &policy, advertisement, parent.time)?;
        // What this clone had seen, or else what the first try met.
        let base = *base.get_or_insert_with(|| written::seen(cx, target).unwrap_or(tip));
        let base_tree = cx.store.commit(base)?.tree;
        for path in &named {
            if cx
                .store
                .entry(parent.tree, path.as_str().as_bytes())?
                .is_none()
                && cx
                    .store
                    .entry(base_tree, path.as_str().as_bytes())?
                    .is_none()
            {
                return Err(Error::new(
                    Kind::NotFound,
                    format!("there is no `{path}` on {} to remove", target.name()),
                )
                .hint("nothing was written; see the files with `git ls-tree -r`"));
            }
        }
        let removed = below(cx, parent.tree, &request.remove)?;
        for path in inputs.iter().map(|i| &i.path).chain(&removed) {
            policy.check_path(target.name(), path.as_str())?;
            check_parents(&cx.store, parent.tree, path)?;
        }
        let wanted = match &mut wanted {
            Some(read) => read,
            none => {
                cx.progress.step("read the files");
                let mut draft = cx.store.draft();
                let read = none.insert(read_all(
                    &mut draft,
                    &mut inputs,
                    removed.len(),
                    policy.limits(),
                )?);
                blobs = draft.objects();
                read
            }
        };
        let built = Build {
            cx,
            target,
            policy: &policy,
            request: &request,
            message: &message,
            committed_by: &committed_by,
        };
        let gone = removed.into_iter().map(|path| Wanted {
            path,
            entry: None,
            secret: None,
            keeps_mode: false,
        });
        let wanted: Vec<Wanted> = wanted.iter().cloned().chain(gone).collect();
        built.plan(&wanted, base_tree, tip, parent.tree, &blobs)
    })?;
    let mut report = published.report;
    report.attempts = published.attempts;
    if let Some(commit) = report.commit {
        if request.dry_run {
            report.commit = None;
        } else {
            written::landed(cx, target, commit);
        }
    }
    Ok(report)
}

struct Build<'a> {
    cx: &'a Context,
    target: &'a Target,
    policy: &'a Policy,
    request: &'a Request,
    message: &'a str,
    committed_by: &'a str,
}

impl Build<'_> {
    fn plan(
        &self,
        wanted: &[Wanted],
        base_tree: ObjectId,
        tip: CommitId,
        tree: ObjectId,
        blobs: &[ObjectId],
    ) -> Result<Plan<Report>> {
        let store = &self.cx.store;
        let mut draft = store.draft();
        let edits = self.merge(&mut draft, wanted, base_tree, tree)?;
        let mut report = Report {
            branch: self.target.name().to_owned(),
            repo_name: self.cx.repo_name.clone(),
            commit: None,
            parent: tip,
            task_id: self.request.task_id.clone(),
            committed_by: self.committed_by.to_owned(),
            files: Vec::new(),
            changelog: None,
            memory: None,
            unchanged: edits.is_empty(),
            attempts: 0,
            alerts: Vec::new(),
            message: format!(
                "nothing to do: {} holds this content already",
                self.target.name()
            ),
            dry_run: self.request.dry_run,
        };
        if edits.is_empty() {
            return Ok(Plan::Nothing(report));
        }
        for (path, entry) in &edits {
            report.files.push(self.describe(tree, path, *entry)?);
        }
        report.alerts = self.alerts(wanted, &report.files)?;
        let mut all_edits = edits.clone();
        self.append_ledgers(&mut draft, tree, &edits, &mut report, &mut all_edits)?;

        let new_tree = draft.tree(Some(tree), &all_edits)?;
        let mut trailers = vec![("Aidf-Committed-By", self.committed_by.to_owned())];
        trailers.extend(self.request.task_id.clone().map(|v| ("Aidf-Task-Id", v)));
        trailers.extend(self.request.agent.clone().map(|v| ("Aidf-Agent", v)));
        let commit = written::commit(
            self.cx,
            &mut draft,
            self.target,
            new_tree,
            tip,
            &Words {
                message: self.message,
                trailers,
            },
        )?;
        let count = report.files.len();
        let files = if count == 1 {
            "1 file".to_owned()
        } else {
            format!("{count} files")
        };
        report.commit = Some(commit);
        report.message = if self.request.dry_run {
            format!("would commit {files} to {}", self.target.name())
        } else {
            format!(
                "committed {files} to {} as {}",
                self.target.name(),
                commit.short()
            )
        };
        if self.request.dry_run {
            return Ok(Plan::Nothing(report));
        }
        let mut objects = draft.objects();
        objects.extend_from_slice(blobs);
        objects.sort();
        objects.dedup();
        let update = RefUpdate {
            name: self.target.branch.clone(),
            old: Some(tip),
            new: Some(commit),
        };
        Ok(Plan::Push(Push {
            updates: vec![update],
            objects,
            token: self.target.token.clone(),
            report,
        }))
    }

    /// Ours against the tip, with what this clone had seen as the base.
    fn merge(
        &self,
        draft: &mut Draft<'_>,
        wanted: &[Wanted],
        base_tree: ObjectId,
        tree: ObjectId,
    ) -> Result<Vec<Edit>> {
        let store = &self.cx.store;
        let mut edits: Vec<Edit> = Vec::new();
        let mut conflicts: Vec<&str> = Vec::new();
        for want in wanted {
            let path = want.path.as_str().as_bytes();
            let theirs = store.entry(tree, path)?;
            // A symlink or submodule may be removed, but not written over.
            if let Some(there) = theirs
                .filter(|t| !t.mode.is_file() && (want.entry.is_some() || t.mode == Mode::Folder))
            {
                let what = if there.mode == Mode::Folder {
                    "a folder"
                } else {
                    "a symlink or submodule"
                };
                return Err(Error::new(
                    Kind::Denied,
                    format!(
                        "the path `{}` is refused: it is {what} on the branch",
                        want.path
                    ),
                ));
            }
            let ours = match (want.entry, theirs) {
                (Some(ours), Some(theirs)) if want.keeps_mode => Some(Entry {
                    mode: theirs.mode,
                    ..ours
                }),
                (ours, _) => ours,
            };
            if ours == theirs {
                continue;
            }
            let base = store.entry(base_tree, path)?;
            if self.request.overwrite || theirs == base {
                edits.push((path.to_vec(), ours));
                continue;
            }
            if ours == base {
                continue;
            }
            match (base, ours, theirs) {
                (Some(b), Some(o), Some(t)) if b.mode.is_file() => {
                    let mode = if o.mode == b.mode { t.mode } else { o.mode };
                    let id = if o.id == t.id || t.id == b.id {
                        Some(o.id)
                    } else if o.id == b.id {
                        Some(t.id)
                    } else {
                        self.merge_contents(draft, b.id, o.id, t.id)?
                    };
                    match id {
                        Some(id) if Some(Entry { id, mode }) == theirs => {}
                        Some(id) => edits.push((path.to_vec(), Some(Entry { id, mode }))),
                        None => conflicts.push(want.path.as_str()),
                    }
                }
                _ => conflicts.push(want.path.as_str()),
            }
        }
        if conflicts.is_empty() {
            return Ok(edits);
        }
        Err(Error::new(Kind::Conflict, format!("others changed the same lines of: {}", conflicts.join(", ")))
            .hint("nothing was written; take their version (git fetch, then merge by hand), or write yours over it with --overwrite"))
    }

    fn merge_contents(
        &self,
        draft: &mut Draft<'_>,
        base: ObjectId,
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<Option<ObjectId>> {
        let store = &self.cx.store;
        for id in [base, ours, theirs] {
            if store.blob_size(id)? > crate::git::MAX_TEXT {
                return Ok(None);
            }
        }
        let merged = store.merge_files(
            &store.read_blob(base)?,
            &store.read_blob(ours)?,
            &store.read_blob(theirs)?,
        )?;
        merged.map(|content| draft.blob(&content)).transpose()
    }

    fn describe(&self, tree: ObjectId, path: &[u8], new: Option<Entry>) -> Result<FileChange> {
        let old = self.cx.store.entry(tree, path)?;
        let change = match (old, new) {
            (None, _) => "added",
            (_, None) => "deleted",
            _ => "modified",
        };
        let lines = self.cx.store.count_lines(old, new)?;
        Ok(FileChange {
            path: String::from_utf8_lossy(path).into_owned(),
            change,
            added: lines.added,
            removed: lines.removed,
            binary: lines.binary,
        })
    }

    fn alerts(&self, wanted: &[Wanted], files: &[FileChange]) -> Result<Vec<Alert>> {
        let mut raised = Vec::new();
        if let Some(directive) = alerts::ci_directive(self.message) {
            raised.push(Alert {
                alert: AlertKind::CiDirective,
                path: None,
                detail: format!("the message tells CI not to run: {directive}"),
            });
        }
        for want in wanted {
            if let Some(what) = want.secret {
                let path = Some(want.path.to_string());
                raised.push(Alert {
                    alert: AlertKind::PossibleSecret,
                    path,
                    detail: format!("the content looks like {what}"),
                });
            }
        }
        let lines: u64 = files.iter().map(|f| f.added + f.removed).sum();
        if self.policy.limits().lines.is_some_and(|most| lines > most) {
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "the commit changes {lines} lines, and the policy allows {}",
                    self.policy.limits().lines.unwrap_or(0)
                ),
            )
            .hint("write it in smaller commits"));
        }
        if lines > self.policy.large_diff_lines() {
            raised.push(Alert {
                alert: AlertKind::LargeDiff,
                path: None,
                detail: format!(
                    "{lines} lines changed; {} are expected at most",
                    self.policy.large_diff_lines()
                ),
            });
        }
        raised.retain(|a| self.policy.reaction(a.alert) != Reaction::Ignore);
        if let Some(worst) = raised
            .iter()
            .find(|a| self.policy.reaction(a.alert) == Reaction::Refuse)
        {
            let place = worst
                .path
                .as_deref()
                .map(|p| format!("`{p}`: "))
                .unwrap_or_default();
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "the policy refuses this commit ({}): {place}{}",
                    worst.alert.name(),
                    worst.detail
                ),
            )
            .hint("nothing was written"));
        }
        Ok(raised)
    }

    fn append_ledgers(
        &self,
        draft: &mut Draft<'_>,
        tree: ObjectId,
        edits: &[Edit],
        report: &mut Report,
        all: &mut Vec<Edit>,
    ) -> Result<()> {
        let ledgers = self.policy.ledgers();
        // A ledger that is itself being written is left to its writer.
        let logged: Vec<(&str, bool)> = edits
            .iter()
            .filter_map(|(p, e)| Some((std::str::from_utf8(p).ok()?, e.is_some())))
            .filter(|(p, _)| !ledgers.contains(p))
            .collect();
        let written = |path: &str| edits.iter().any(|(p, _)| p == path.as_bytes());
        let (timestamp, date) = (self.cx.now.ledger(), self.cx.now.date());
        if !ledgers.enabled || logged.is_empty() {
            return Ok(());
        }
        if !self.request.no_changelog && !written(&ledgers.changelog) {
            let mut changelog = written::read_ledger(self.cx, tree, &ledgers.changelog)?;
            for (path, _) in &logged {
                let entry = ChangelogEntry {
                    timestamp: &timestamp,
                    path,
                    task_id: self.request.task_id.as_deref(),
                    committed_by: self.committed_by,
                    message: self.message,
                };
                changelog.append(&entry.lines());
            }
            if let Some(edit) =
                written::ledger_edit(self.cx, draft, tree, &ledgers.changelog, &changelog)?
            {
                all.push(edit);
                report.changelog = Some(ledgers.changelog.clone());
            }
        }
        if !self.request.no_memory && !written(&ledgers.memory) {
            let mut memory = written::read_ledger(self.cx, tree, &ledgers.memory)?;
            let gone: Vec<&str> = logged
                .iter()
                .filter(|(_, there)| !there)
                .map(|(p, _)| *p)
                .collect();
            if !gone.is_empty() {
                memory.remove(|p| gone.contains(&p));
            }
            let described = self.request.description.is_some() || !self.request.tags.is_empty();
            for (path, _) in logged.iter().filter(|(_, there)| *there) {
                let known = memory.entry_for(path).is_some();
                if known && !described {
                    memory.set_in_entry(path, "last_updated", &crate::yaml::scalar(&date));
                    continue;
                }
                if known {
                    memory.remove(|p| p == *path);
                }
                let raw_url = self.cx.remote.raw_url(self.target.name(), path);
                let pod = self
                    .target
                    .claims
                    .as_ref()
                    .and_then(|c| c.pod.as_deref())
                    .or(self.cx.config.pod.as_deref())
                    .unwrap_or(self.committed_by);
                let entry = MemoryEntry {
                    path,
                    raw_url: raw_url.as_deref(),
                    description: self
                        .request
                        .description
                        .as_deref()
                        .unwrap_or(self.message.lines().next().unwrap_or("")),
                    tags: &self.request.tags,
                    last_updated: &date,
                    pod_owner: pod,
                };
                memory.append(&entry.lines());
            }
            if let Some(edit) =
                written::ledger_edit(self.cx, draft, tree, &ledgers.memory, &memory)?
            {
                all.push(edit);
                report.memory = Some(ledgers.memory.clone());
            }
        }
        Ok(())
    }
}

fn missing_branch(cx: &Context, target: &Target) -> Error {
    Error::new(Kind::NotFound, format!("{} has no branch {}", cx.remote.address(), target.name()))
        .hint("open a sandbox with `aidf sandbox init`; with its token a sandbox that was archived comes back")
}

fn expect(target: &Target, tip: CommitId, expected: &str) -> Result<()> {
    let well_formed =
        (7..=40).contains(&expected.len()) && expected.bytes().all(|b| b.is_ascii_hexdigit());
    if !well_formed {
        return Err(Error::new(
            Kind::Usage,
            format!("--expect-head takes 7 to 40 hexadecimal digits, and `{expected}` was given"),
        ));
    }
    if !tip.to_string().starts_with(&expected.to_ascii_lowercase()) {
        return Err(Error::new(
            Kind::Conflict,
            format!("{} is at {tip}, and {expected} was expected", target.name()),
        )
        .hint("nothing was written; look at what came since with `aidf log`"));
    }
    Ok(())
}

/// Says what cannot be read before anything is connected to.
fn check_sources(inputs: &[Input]) -> Result<()> {
    for input in inputs {
        if let Source::File(file) = &input.source {
            file_mode(&input.path, file)?;
        }
    }
    Ok(())
}

fn check_unique(inputs: &[Input], remove: &[TreePath]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for path in inputs.iter().map(|i| &i.path).chain(remove) {
        if seen.insert(path.as_str(), ()).is_some() {
            return Err(Error::new(Kind::Usage, format!("`{path}` is given twice")));
        }
    }
    for path in seen.keys() {
        if let Some(parent) = path
            .match_indices('/')
            .map(|(at, _)| &path[..at])
            .find(|p| seen.contains_key(p))
        {
            return Err(Error::new(
                Kind::Usage,
                format!("`{parent}` and `{path}` cannot both be files"),
            ));
        }
    }
    Ok(())
}

fn file_mode(path: &TreePath, file: &Path) -> Result<Mode> {
    let meta = file.symlink_metadata().or_fail(Kind::Usage, || {
        format!("`{}` cannot be read", file.display())
    })?;
    if meta.is_symlink() {
        return Err(Error::new(
            Kind::Denied,
            format!("`{path}` is a symlink, and only files are written"),
        )
        .hint("name the file it points at: DEST=FILE"));
    }
    if !meta.is_file() {
        return Err(Error::new(
            Kind::Denied,
            format!("`{path}` is not a regular file"),
        ));
    }
    Ok(mode_of(&meta))
}

#[cfg(unix)]
fn mode_of(meta: &std::fs::Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;
    if meta.permissions().mode() & 0o100 != 0 {
        Mode::Executable
    } else {
        Mode::File
    }
}

/// Other platforms have no executable bit.
#[cfg(not(unix))]
fn mode_of(_meta: &std::fs::Metadata) -> Mode {
    Mode::File
}

/// Every change of the working tree against HEAD, but for what is named already.
fn take_working_tree(
    cx: &Context,
    inputs: &mut Vec<Input>,
    remove: &mut Vec<TreePath>,
) -> Result<()> {
    let root = cx.store.work_dir().map(Path::to_owned);
    for (bytes, there) in cx.store.working_changes()? {
        let text = String::from_utf8(bytes.clone()).map_err(|_| {
            Error::new(
                Kind::Denied,
                format!(
                    "the path `{}` is refused: it is not UTF-8",
                    String::from_utf8_lossy(&bytes)
                ),
            )
        })?;
        let path = TreePath::new(&text)?;
        if inputs.iter().any(|i| i.path == path) || remove.contains(&path) {
            continue;
        }
        match (&root, there) {
            (Some(root), true) => {
                let file = root.join(bytes_to_path(&bytes));
                file_mode(&path, &file)?;
                inputs.push(Input {
                    path,
                    source: Source::File(file),
                });
            }
            _ => remove.push(path),
        }
    }
    Ok(())
}

fn read_all(
    draft: &mut Draft<'_>,
    inputs: &mut [Input],
    removed: usize,
    limits: Limits,
) -> Result<Vec<Wanted>> {
    let too_much = |what: String, most: u64| {
        Error::new(
            Kind::Denied,
            format!("{what}, and the policy allows {most}"),
        )
        .hint("nothing was written")
    };
    let count = (inputs.len() + removed) as u64;
    if let Some(most) = limits.files.filter(|most| count > *most) {
        return Err(too_much(format!("the commit has {count} files"), most));
    }
    let mut total = 0u64;
    let mut wanted = Vec::new();
    for input in inputs.iter_mut() {
        let mut size = 0u64;
        let mut scan = SecretScan::default();
        let path = input.path.clone();
        let look = |piece: &[u8]| -> Result<()> {
            size += piece.len() as u64;
            total += piece.len() as u64;
            if let Some(most) = limits.file_bytes.filter(|most| size > *most) {
                return Err(too_much(
                    format!("`{path}` has more than {most} bytes"),
                    most,
                ));
            }
            if let Some(most) = limits.total_bytes.filter(|most| total > *most) {
                return Err(too_much(
                    format!("the files have more than {most} bytes"),
                    most,
                ));
            }
            scan.feed(piece);
            Ok(())
        };
        let keeps_mode = matches!(input.source, Source::Stream(_));
        let (id, mode) = match &mut input.source {
            Source::File(file) => {
                let mode = file_mode(&input.path, file)?;
                let mut open = std::fs::File::open(&*file).or_fail(Kind::Usage, || {
                    format!("`{}` cannot be read", file.display())
                })?;
                (draft.blob_from(&mut open, look)?, mode)
            }
            Source::Stream(stream) => (draft.blob_from(stream, look)?, Mode::File),
        };
        wanted.push(Wanted {
            path: input.path.clone(),
            entry: Some(Entry { id, mode }),
            secret: scan.found(),
            keeps_mode,
        });
    }
    Ok(wanted)
}

/// What a removal means on this tip: the path itself, or every file below a folder.
fn below(cx: &Context, tree: ObjectId, remove: &[TreePath]) -> Result<Vec<TreePath>> {
    let mut found = Vec::new();
    for path in remove {
        match cx
            .store
            .entry(tree, path.as_str().as_bytes())?
            .map(|e| e.mode)
        {
            Some(Mode::Folder) => {
                for (file, _) in cx.store.files_below(tree, path.as_str().as_bytes())? {
                    found.push(TreePath::new(&String::from_utf8_lossy(&file))?);
                }
            }
            _ => found.push(path.clone()),
        }
    }
    Ok(found)
}
