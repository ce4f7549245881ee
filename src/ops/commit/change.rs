//! The commit of files as a change: its stages.

use super::build::{Build, Touched};
use super::read::{ReadFile, as_stored, below, check_unique, read_all};
use super::{Input, Report, Request, from_elsewhere, indexed, take};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Draft, ObjectId, TreePath, in_the_way};
use crate::ops::access::Target;
use crate::ops::base::{self, Base, Before};
use crate::ops::checkout;
use crate::ops::compose::{self, Words};
use crate::ops::write::{BranchState, Change, Changed, Edited, written};
use crate::policy::glob_fault;
use std::collections::{BTreeSet, HashSet};

/// The commit of files that a request names.
pub(super) struct Commit<'r> {
    pub request: &'r Request,
    /// The message, once it was checked.
    pub message: String,
    pub committed_by: String,
    pub inputs: Vec<Input>,
    /// How many of the inputs were named one by one.
    pub inputs_named: usize,
    /// The removals that were named: those must be there.
    pub named: Vec<TreePath>,
    /// All removals; what the working tree lacks may be gone already.
    pub remove: Vec<TreePath>,
    /// The paths whose content does not come from the working tree's own file.
    pub elsewhere: BTreeSet<String>,
    /// What the files were taken from. What the first try took for it stays for every
    /// further one.
    pub base: Option<Base>,
    /// The files, read once, and their objects.
    pub read: Option<(Vec<ReadFile>, Vec<ObjectId>)>,
    /// What the last try wrote.
    pub touched: Touched,
}

written!(Report, branch, alerts);

impl Change for Commit<'_> {
    type Report = Report;

    const COMMAND: &'static str = "commit";

    fn is_dry_run(&self) -> bool {
        self.request.dry_run
    }

    fn prepare(&mut self, cx: &Context, target: &Target) -> Result<()> {
        let request = self.request;
        self.message = compose::check_message(&request.message)?;
        for (flag, value) in [
            ("--task-id", &request.task_id),
            ("--committed-by", &request.committed_by),
            ("--agent", &request.agent),
            ("--model", &request.model),
            ("--session-url", &request.session_url),
        ] {
            if let Some(value) = value {
                compose::check_value(flag, value)?;
            }
        }
        compose::check_writer(target, request.committed_by.as_deref())?;
        let stays = |path: &TreePath| !is_excluded(&request.exclude, path);
        self.inputs.retain(|i| stays(&i.path));
        self.inputs_named = self.inputs.len();
        if request.all {
            take::from_changes(cx, target, &mut self.inputs, &mut self.remove)?;
            self.inputs.retain(|i| stays(&i.path));
            let named = &self.named;
            self.remove.retain(|p| named.contains(p) || stays(p));
        }
        let named = &self.named;
        let unnamed = self.remove.iter().filter(|p| !named.contains(p));
        indexed::check_merged(cx, &self.inputs, unnamed)?;
        // Without a clone the branch's history is here only once it was fetched.
        if let Some(revision) = request.base.as_deref().filter(|_| !cx.store.is_cache()) {
            base::named(cx, revision)?;
        }
        check_unique(&self.inputs, &self.remove)?;
        self.elsewhere = from_elsewhere(&self.inputs);
        take::hold(&mut self.inputs)
    }

    fn wants(
        &mut self,
        _cx: &Context,
        target: &Target,
        _advertisement: &Advertisement,
        tip: CommitId,
    ) -> Result<Vec<CommitId>> {
        match &self.request.expect_head {
            Some(expected) => expect(target, tip, expected).map(|()| Vec::new()),
            None => Ok(Vec::new()),
        }
    }

    fn paths(&self) -> Vec<String> {
        let paths = self.inputs.iter().map(|i| &i.path).chain(&self.remove);
        paths.map(|path| path.to_string()).collect()
    }

    fn edit(&mut self, state: &BranchState<'_>, draft: &mut Draft<'_>) -> Result<Edited<Report>> {
        let cx = state.cx;
        let base = match self.base.take() {
            Some(base) => base,
            None => self.find_base(state)?,
        };
        self.check_named(state, &base)?;
        let mut removed = below(cx, state.tree, &self.remove)?;
        let written: BTreeSet<&str> = self.inputs.iter().map(|i| i.path.as_str()).collect();
        removed.retain(|path| !written.contains(path.as_str()));
        for path in self.inputs.iter().map(|i| &i.path).chain(&removed) {
            // The commit may remove a file that is in the way: the draft sees to that.
            let found = in_the_way(&cx.store, state.tree, path)?;
            if let Some((_, refused)) = found.filter(|(mode, _)| !mode.is_file()) {
                return Err(Error::new(Kind::Denied, refused));
            }
        }
        let (read, blobs) = self.read(state, removed.len())?;
        let gone = removed.into_iter().map(|path| ReadFile {
            named_removal: self.names_removal(&path),
            path,
            entry: None,
            secret: None,
            keeps_mode: false,
        });
        let wanted: Vec<ReadFile> = read.into_iter().chain(gone).collect();
        let (edited, touched) = self.build(state).edit(draft, &wanted, &base, blobs)?;
        (self.base, self.touched) = (Some(base), touched);
        Ok(edited)
    }

    fn ledgers(
        &mut self,
        state: &BranchState<'_>,
        draft: &mut Draft<'_>,
        changed: &mut Changed<Report>,
    ) -> Result<()> {
        self.build(state).append_ledgers(draft, changed)
    }

    fn words(&self, _state: &BranchState<'_>, _report: &Report) -> Result<Words> {
        let request = self.request;
        let mut trailers = Vec::new();
        trailers.extend(request.task_id.clone().map(|v| (compose::TASK, v)));
        trailers.extend(request.agent.clone().map(|v| ("Aidf-Agent", v)));
        trailers.extend(request.model.clone().map(|v| ("Aidf-Model", v)));
        let url = request.session_url.clone();
        trailers.extend(url.map(|v| ("Aidf-Session-Url", v)));
        Ok(Words {
            message: self.message.clone(),
            committed_by: self.committed_by.clone(),
            trailers,
        })
    }

    fn remember(
        self,
        cx: &Context,
        target: &Target,
        report: &Report,
        landed: Option<CommitId>,
        before: Before,
    ) {
        // What the branch holds already was written from here all the same.
        let tip = landed.unwrap_or(report.parent);
        let written: BTreeSet<String> = self.touched.iter().map(|(p, _)| p.clone()).collect();
        base::remember_both(cx, target, tip, self.touched, &self.elsewhere, before);
        if let Some(commit) = landed {
            let is_written = |p: &str| written.contains(p) && !self.elsewhere.contains(p);
            checkout::follow(cx, target, report.parent, commit, &is_written);
        }
    }
}

impl Commit<'_> {
    /// What the files were taken from.
    fn find_base(&self, state: &BranchState<'_>) -> Result<Base> {
        let cx = state.cx;
        match self.request.base.as_deref() {
            Some(revision) => Base::of_commit(cx, base::named(cx, revision)?),
            None if cx.store.is_cache() => Base::of_commit(cx, state.tip),
            None => {
                let paths = self.inputs.iter().map(|i| &i.path).chain(&self.remove);
                let named: HashSet<&str> = paths.map(TreePath::as_str).collect();
                // A folder that goes takes all below it along.
                let is_below = |path: &str| {
                    let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
                    folders.any(|folder| named.contains(folder))
                };
                Base::of_paths(cx, state.target, state.tip, |path| {
                    named.contains(path) || is_below(path)
                })
            }
        }
    }

    /// Refuses a named removal of what is nowhere.
    fn check_named(&self, state: &BranchState<'_>, base: &Base) -> Result<()> {
        let cx = state.cx;
        for path in &self.named {
            let there = cx.store.entry(state.tree, path.as_str().as_bytes())?;
            if there.is_none() && base.entries(cx, path.as_str())?.iter().all(Option::is_none) {
                return Err(Error::new(
                    Kind::NotFound,
                    format!("there is no `{path}` on {} to remove", state.target.name()),
                )
                .hint("nothing was written; see the files with `git ls-tree -r`"));
            }
        }
        Ok(())
    }

    /// Whether a path that goes is one that was named, or lies below one.
    fn names_removal(&self, path: &TreePath) -> bool {
        let below = |n: &TreePath| {
            let rest = path.as_str().strip_prefix(n.as_str());
            rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        self.named.iter().any(below)
    }

    /// The files and their objects, read at the first try.
    fn read(
        &mut self,
        state: &BranchState<'_>,
        removed: usize,
    ) -> Result<(Vec<ReadFile>, Vec<ObjectId>)> {
        if let Some(read) = &self.read {
            return Ok(read.clone());
        }
        let cx = state.cx;
        cx.progress.step("read the files");
        let mut draft = cx.store.draft();
        let limits = state.policy.limits();
        let read = read_all(cx, &mut draft, &mut self.inputs, removed, limits)?;
        let (named, dry_run) = (self.inputs_named, self.request.dry_run);
        let read = as_stored(cx, &mut draft, state.tree, read, named, dry_run)?;
        Ok(self.read.insert((read, draft.objects())).clone())
    }

    fn build<'b>(&'b self, state: &'b BranchState<'b>) -> Build<'b> {
        Build {
            state,
            request: self.request,
            message: &self.message,
            committed_by: &self.committed_by,
            elsewhere: &self.elsewhere,
        }
    }
}

/// Refuses a pattern that leaves nothing out, whatever the paths are: the file that was meant
/// would be published.
///
/// Errors: usage.
pub(super) fn check_patterns(patterns: &[String]) -> Result<()> {
    let mut faults = patterns.iter().map(|p| glob_fault(from_the_top(p)));
    match faults.find_map(|fault| fault) {
        None => Ok(()),
        Some(fault) => Err(Error::new(Kind::Usage, format!("--exclude: {fault}"))
            .hint("give a glob such as '*.log' or 'build/**'; `\\[` and `\\{` stand for the characters themselves")),
    }
}

/// A pattern, whose slash at the front only says that it starts from the top.
fn from_the_top(pattern: &str) -> &str {
    pattern.trim_start_matches('/')
}

/// Whether a pattern leaves a path out: one without a slash is about names in any folder.
fn is_excluded(patterns: &[String], path: &TreePath) -> bool {
    let path = path.as_str();
    let name = path.rsplit('/').next().unwrap_or(path);
    patterns.iter().any(|pattern| match pattern.contains('/') {
        true => fast_glob::glob_match(from_the_top(pattern), path),
        false => fast_glob::glob_match(pattern, name),
    })
}

fn expect(target: &Target, tip: CommitId, expected: &str) -> Result<()> {
    let most = tip.format().digits();
    let well_formed =
        (7..=most).contains(&expected.len()) && expected.bytes().all(|b| b.is_ascii_hexdigit());
    if !well_formed {
        return Err(Error::new(
            Kind::Usage,
            format!(
                "--expect-head takes 7 to {most} hexadecimal digits, and `{expected}` was given"
            ),
        )
        .hint(
            "give the commit that the branch has to be at, as `aidf log` shows it; or leave it out",
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
