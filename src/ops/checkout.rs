//! Bringing a branch's commit into the working copy: what `sandbox pull`, `sandbox switch`
//! and a commit on the sandbox's own branch have in common.
//!
//! First all of it is worked out, then it is written: what cannot be done changes nothing.
//! Files that need no change are not touched, and a file that changes under our hands is
//! left alone and named.

mod staged;

use super::access::{self, Target};
use super::base::{self, Base};
use crate::conflict::{Clash, PathConflict};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{
    CommitId, Convert, Draft, Entry, Labels, MAX_TEXT, MergedEntry, MergedText, Mode, ObjectId,
    Standing, TreePath,
};
use crate::policy::Ledgers;
use crate::words::shell_word;
use std::collections::BTreeSet;
use std::fmt;

/// One path's step.
struct Step {
    path: Vec<u8>,
    before: Standing,
    /// What a tree would hold of it as it is.
    ours: Option<Entry>,
    /// What the file becomes; the same as before where it stays.
    after: Option<Entry>,
    theirs: Option<Entry>,
}

/// What is to be done to the working copy.
#[derive(Default)]
pub(in crate::ops) struct Plan {
    steps: Vec<Step>,
    /// The tree whose attributes say how contents are stored.
    tree: Option<ObjectId>,
    /// Files with changes of ours that theirs were merged into.
    pub merged: Vec<String>,
    /// Files that both sides changed, with conflict markers where they have lines.
    pub conflicts: Vec<PathConflict>,
    /// What is left alone.
    pub left: Vec<Left>,
    /// Files with changes of ours that git is told not to look at, and that theirs has others in.
    hidden: Vec<String>,
}

/// A path that is left alone.
pub(in crate::ops) struct Left {
    path: Vec<u8>,
    why: String,
    theirs: Option<Entry>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left alone: {}", self.why)
    }
}

/// What was done.
#[derive(Debug, Default)]
pub(in crate::ops) struct Done {
    /// Files that were written or removed.
    pub updated: Vec<String>,
    /// What the files hold of the branch now: the base of what is changed in them next.
    pub taken: Vec<(String, Option<Entry>)>,
    /// What the branch has and the files lack, because it was left alone.
    pub absent: Vec<(String, Entry)>,
}

impl Plan {
    /// Works out how the files come to hold `to`, where `base` is what they were taken from.
    ///
    /// Errors: usage, without a working tree; conflict, for files with changes that git is told
    /// not to look at; internal, for the disk.
    pub fn make(
        cx: &Context,
        draft: &mut Draft<'_>,
        base: &Base,
        to: CommitId,
        label: &str,
        ledgers: Option<&Ledgers>,
    ) -> Result<Plan> {
        let store = &cx.store;
        let tree = store.commit(to)?.tree;
        let mut paths: BTreeSet<Vec<u8>> = BTreeSet::new();
        for from in base.trees() {
            let changes = store.changes(Some(*from), Some(tree), false)?;
            paths.extend(changes.into_iter().map(|c| c.path));
        }
        let known = base.written().chain(base.absent());
        paths.extend(known.map(|p| p.as_bytes().to_vec()));
        let trees = [tree].into_iter().chain(base.trees().iter().copied());
        let of = |tree| paths.iter().map(move |p| (tree, p.as_slice()));
        store.ensure_paths(trees.flat_map(of), true)?;
        let mut plan = Plan {
            tree: Some(tree),
            ..Plan::default()
        };
        let convert = store.convert(tree);
        convert.learn(paths.iter().filter_map(|p| std::str::from_utf8(p).ok()))?;
        // What a sparse checkout leaves out neither comes back nor in.
        for path in store.left_out(paths.iter().map(Vec::as_slice))? {
            paths.remove(&path);
        }
        for path in paths {
            let name = std::str::from_utf8(&path).unwrap_or_default();
            if ledgers.is_some_and(|l| l.contains(name)) {
                plan.add_ledger(cx, draft, base, &convert, path)?;
            } else {
                plan.add(cx, draft, base, &convert, path, label)?;
            }
        }
        match plan.hidden.is_empty() {
            true => Ok(plan),
            false => Err(hidden_changes(&plan.hidden)),
        }
    }

    /// A ledger becomes what the branch has: nobody but aidf writes it, and to the branch.
    /// One that somebody changed by hand is left alone, so that nothing of theirs is lost.
    fn add_ledger(
        &mut self,
        cx: &Context,
        draft: &mut Draft<'_>,
        base: &Base,
        convert: &Convert<'_>,
        path: Vec<u8>,
    ) -> Result<()> {
        let theirs = cx.store.entry(convert.tree(), &path)?;
        let before = cx.store.work_file(draft, &path, convert)?;
        let text = String::from_utf8_lossy(&path).into_owned();
        let mut known = base.entries(cx, &text)?;
        known.push(theirs);
        if let Some(head) = cx.store.head()? {
            known.push(cx.store.entry(cx.store.commit(head)?.tree, &path)?);
        }
        let ours = before.entry();
        if ours.is_some() && !known.iter().any(|e| e.map(|e| e.id) == ours.map(|e| e.id)) {
            let why = format!(
                "{text}: a ledger that was changed by hand; `git checkout -- {}` restores it",
                shell_word(&text)
            );
            self.left.push(Left { path, why, theirs });
            return Ok(());
        }
        let is_file = theirs.is_none_or(|e| e.mode.is_file());
        if is_file && matches!(before, Standing::File(_) | Standing::Nothing) {
            self.steps.push(Step {
                path,
                before,
                ours,
                after: theirs,
                theirs,
            });
        }
        Ok(())
    }

    fn add(
        &mut self,
        cx: &Context,
        draft: &mut Draft<'_>,
        base: &Base,
        convert: &Convert<'_>,
        path: Vec<u8>,
        label: &str,
    ) -> Result<()> {
        let store = &cx.store;
        let theirs = store.entry(convert.tree(), &path)?;
        let theirs = theirs.and_then(Entry::no_folder);
        let Some(text) = std::str::from_utf8(&path)
            .ok()
            .filter(|p| TreePath::new(p).is_ok())
        else {
            let shown = String::from_utf8_lossy(&path);
            let why = format!("{shown}: a name that not every platform allows");
            self.left.push(Left { path, why, theirs });
            return Ok(());
        };
        let text = text.to_owned();
        let mut bases = base.entries(cx, &text)?;
        for base in &mut bases {
            *base = base.and_then(Entry::no_folder);
        }
        bases.dedup();
        if bases.iter().all(|b| *b == theirs) {
            return Ok(());
        }
        let mut leave = |path, why| {
            self.left.push(Left { path, why, theirs });
            Ok(())
        };
        if let Some(why) = convert.refusal(&text)? {
            return leave(path, why.message().to_owned());
        }
        let mut before = store.work_file(draft, &path, convert)?;
        let sides = || bases.iter().flatten().chain(&theirs);
        // Git's own files are no links (gitattributes(5), gitignore(5)).
        let name = text
            .rsplit('/')
            .next()
            .unwrap_or(&text)
            .to_ascii_lowercase();
        let is_odd_link = name.starts_with(".git") && sides().any(|e| e.mode == Mode::Symlink);
        // Behind a link of the branch's there is nothing once that has gone.
        if matches!(before, Standing::Other) && is_below_link(cx, base, &text)? {
            before = Standing::Nothing;
        }
        if matches!(before, Standing::Other) || is_odd_link {
            return leave(path, format!("{text}: not a file, or behind a link"));
        }
        let ours = base.with_mode(cx, &text, ours_of(cx, &before, &bases, theirs)?)?;
        // Nobody commits what git does not look at, and so nothing is merged into it.
        let known = ours == theirs || bases.contains(&ours);
        if !known && !matches!(before, Standing::Nothing) {
            let staged = store.indexed(&path)?;
            if staged.is_hidden() && ours != staged.entry {
                self.hidden.push(text);
                return Ok(());
            }
        }
        let mut results = Vec::new();
        for base in &bases {
            let result = store.merge_entry(draft, *base, ours, theirs)?;
            if !results.contains(&result) {
                results.push(result);
            }
        }
        let (mut reason, mut lines) = match results.pop() {
            Some(MergedEntry::Clean(after)) if results.is_empty() => {
                if after != theirs {
                    self.merged.push(text);
                }
                self.steps.push(Step {
                    path,
                    before,
                    ours,
                    after,
                    theirs,
                });
                return Ok(());
            }
            Some(MergedEntry::Clash(reason, lines)) if results.is_empty() => (reason, lines),
            _ => (Clash::TwoBases, Vec::new()),
        };
        let after = match (ours, theirs) {
            (Some(o), Some(t)) if !(o.mode.is_file() && t.mode.is_file()) => None,
            (Some(o), Some(t)) => {
                let marked = Self::marked(cx, draft, &bases, o, t, label)?;
                if marked.is_some_and(|(_, in_doubt)| in_doubt) {
                    (reason, lines) = (Clash::TwoBases, Vec::new());
                }
                marked.map(|(entry, _)| Some(entry))
            }
            // What they changed comes back; what they deleted and we changed stays.
            (None, t) => Some(t),
            (o, None) => Some(o),
        };
        self.conflicts.push(PathConflict {
            path: text,
            reason,
            lines,
        });
        // Without lines to mark nothing is written: commit goes on saying that it conflicts.
        if let Some(after) = after {
            self.steps.push(Step {
                path,
                before,
                ours,
                after,
                theirs,
            });
        }
        Ok(())
    }

    /// Both versions with git's markers, and whether their base is in doubt; none where they
    /// have no lines.
    fn marked(
        cx: &Context,
        draft: &mut Draft<'_>,
        bases: &[Option<Entry>],
        ours: Entry,
        theirs: Entry,
        label: &str,
    ) -> Result<Option<(Entry, bool)>> {
        let store = &cx.store;
        let read = |entry: Entry| match store.blob_size(entry.id)? > MAX_TEXT {
            true => Ok(None),
            false => store.read_blob(entry.id).map(Some),
        };
        let (Some(o), Some(t)) = (read(ours)?, read(theirs)?) else {
            return Ok(None);
        };
        let labels = Labels {
            ours: "yours",
            theirs: label,
        };
        let mut merges = Vec::new();
        for base in bases {
            let base = match base {
                Some(base) => read(*base)?,
                None => Some(Vec::new()),
            };
            let Some(base) = base else { return Ok(None) };
            let merged = store.merge_text(&base, &o, &t, labels)?;
            if !merges.contains(&merged) {
                merges.push(merged);
            }
        }
        // Where the base is in doubt, all that differs is shown.
        let in_doubt = merges.len() > 1;
        let merged = match merges.pop() {
            Some(merged) if !in_doubt => merged,
            _ => store.merge_text(&[], &o, &t, labels)?,
        };
        let content = match merged {
            MergedText::Clean(content) => content,
            MergedText::Conflict(conflict) => conflict.marked,
            MergedText::NotText => return Ok(None),
        };
        let id = draft.blob(&content)?;
        Ok(Some((Entry { id, ..ours }, in_doubt)))
    }

    /// Puts both versions of paths that two commits conflict in into their files, with
    /// markers: those of `ours`, which the files must hold, and those of `theirs`. What has
    /// no lines to mark stays as it is.
    ///
    /// Errors: usage, without a working tree; conflict, for a file that holds anything else.
    pub fn of_conflicts(
        cx: &Context,
        draft: &mut Draft<'_>,
        ours: CommitId,
        theirs: CommitId,
        conflicts: Vec<PathConflict>,
        label: &str,
    ) -> Result<Plan> {
        let store = &cx.store;
        let (one, other) = (store.commit(ours)?.tree, store.commit(theirs)?.tree);
        let mut bases = Vec::new();
        for base in store.merge_bases(ours, theirs) {
            bases.push(store.commit(base)?.tree);
        }
        let mut plan = Plan {
            tree: Some(one),
            ..Plan::default()
        };
        let convert = store.convert(one);
        convert.learn(conflicts.iter().map(|c| c.path.as_str()))?;
        for conflict in &conflicts {
            let path = conflict.path.as_bytes();
            let mut held = Vec::new();
            for base in &bases {
                held.push(store.entry(*base, path)?);
            }
            let (Some(o), Some(t)) = (store.entry(one, path)?, store.entry(other, path)?) else {
                continue;
            };
            // What has no lines gets no markers.
            if !(o.mode.is_file() && t.mode.is_file()) {
                continue;
            }
            let before = store.work_file(draft, path, &convert)?;
            if before.entry().map(|e| e.id) != Some(o.id) {
                return Err(Error::new(
                    Kind::Conflict,
                    format!(
                        "`{}` here differs from the sandbox's version",
                        conflict.path
                    ),
                )
                .hint(
                    "nothing was written; commit it or run `aidf sandbox pull`, then sync again",
                ));
            }
            if store.indexed(path)?.is_hidden() {
                return Err(hidden_changes(std::slice::from_ref(&conflict.path)));
            }
            if let Some((entry, _)) = Plan::marked(cx, draft, &held, o, t, label)? {
                plan.steps.push(Step {
                    path: path.to_vec(),
                    before,
                    ours: Some(o),
                    after: Some(entry),
                    theirs: Some(o),
                });
            }
        }
        plan.conflicts = conflicts;
        Ok(plan)
    }

    /// Writes the files.
    ///
    /// Errors: internal, for the disk; what was written until then is in order by itself.
    pub fn write_files(&mut self, cx: &Context) -> Result<Done> {
        let mut done = Done::default();
        let Some(convert) = self.tree.map(|tree| cx.store.convert(tree)) else {
            return Ok(done);
        };
        let paths = self.steps.iter().map(|s| s.path.as_slice());
        convert.learn(paths.filter_map(|p| std::str::from_utf8(p).ok()))?;
        // What is removed makes room: a file for a folder, or a folder for a file.
        self.steps.sort_by_key(|step| step.after.is_some());
        for step in &self.steps {
            let text = String::from_utf8_lossy(&step.path).into_owned();
            if step.after != step.ours {
                let (path, before) = (&step.path, &step.before);
                if !cx.store.put_work_file(path, before, step.after, &convert)? {
                    self.left.push(Left {
                        path: path.clone(),
                        why: format!("{text}: it changed meanwhile, or something is in the way"),
                        theirs: step.theirs,
                    });
                    continue;
                }
                done.updated.push(text.clone());
            }
            done.taken.push((text, step.theirs));
        }
        for left in &self.left {
            let (Some(theirs), Ok(text)) = (left.theirs, std::str::from_utf8(&left.path)) else {
                continue;
            };
            if !cx.store.is_in_work_dir(&left.path) {
                done.absent.push((text.to_owned(), theirs));
            }
        }
        Ok(done)
    }
}

/// What is said of files that git does not look at and that would have to be merged.
fn hidden_changes(paths: &[String]) -> Error {
    let named: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    Error::new(
        Kind::Conflict,
        format!(
            "git is told not to look at {}, which the branch changed and which may hold changes of yours",
            named.join(", ")
        ),
    )
    .hint("nothing was changed; put your version aside, or have git look at it again: `git update-index --no-skip-worktree --no-assume-unchanged PATH`")
}

/// Whether a path lies below what is a link in one of the base's trees.
fn is_below_link(cx: &Context, base: &Base, path: &str) -> Result<bool> {
    for (at, _) in path.match_indices('/') {
        let entries = base.entries(cx, &path[..at])?;
        if entries.iter().flatten().any(|e| e.mode == Mode::Symlink) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a tree would hold of what stands at a path. The folder of a submodule says nothing of
/// its commit, and may be missing: that is the base's then. Where git makes no links, a file
/// with a link's target is that link (git-config(1), `core.symlinks`).
fn ours_of(
    cx: &Context,
    before: &Standing,
    bases: &[Option<Entry>],
    theirs: Option<Entry>,
) -> Result<Option<Entry>> {
    let ours = before.file_or_link();
    let mut sides = bases.iter().flatten().chain(&theirs);
    Ok(match ours {
        None => match sides.next().filter(|e| e.mode == Mode::Submodule) {
            Some(first) if matches!(before, Standing::Folder) => Some(*first),
            Some(first) if bases.contains(&Some(*first)) => Some(*first),
            _ => None,
        },
        Some(file) if file.mode.is_file() && !cx.store.makes_links()? => {
            let same = |e: &&Entry| e.mode == Mode::Symlink && e.id == file.id;
            sides.find(same).copied().or(ours)
        }
        ours => ours,
    })
}

/// Makes HEAD's branch and the index hold `to`, where they held `from`.
///
/// Errors: conflict, for an index that cannot be written, or a branch that moved.
pub(in crate::ops) fn move_head(
    cx: &Context,
    branch: &str,
    from: CommitId,
    to: CommitId,
    why: &str,
) -> Result<()> {
    set_index(cx, from, to)?;
    cx.store.move_branch(branch, Some(from), to, why)
}

/// Makes the index hold what changed from one commit to another.
///
/// Errors: conflict, for an index that cannot be written.
pub(in crate::ops) fn set_index(cx: &Context, from: CommitId, to: CommitId) -> Result<()> {
    let (old, new) = (cx.store.commit(from)?.tree, cx.store.commit(to)?.tree);
    let entries: Vec<_> = cx
        .store
        .changes(Some(old), Some(new), false)?
        .into_iter()
        .map(|c| (c.path, c.new))
        .collect();
    cx.store.set_index(&entries)
}

/// The sandbox's own branch, where that is checked out.
pub(in crate::ops) fn own_branch(cx: &Context, branch: &str) -> Result<Option<CommitId>> {
    match cx.store.head_branch()?.as_deref() == Some(branch) {
        true => cx.store.head(),
        false => Ok(None),
    }
}

/// After a write landed as `commit`: on the sandbox's own branch, and where HEAD is at what
/// the commit was built from, HEAD and index follow, and with them the files that nobody
/// changed here, so that `git status` is clean.
///
/// `is_written` says of a path whether its own file was written. Best effort: the write has
/// landed, and `sandbox pull` does the same later.
pub(in crate::ops) fn follow(
    cx: &Context,
    target: &Target,
    parent: CommitId,
    commit: CommitId,
    is_written: &dyn Fn(&str) -> bool,
) {
    let branch = target.name();
    let pull = || access::pull_command(cx, branch);
    let attempt = || -> Result<()> {
        match own_branch(cx, branch)? {
            None => return Ok(()),
            Some(head) if head == parent => {
                if let Some(unfinished) = cx.store.unfinished()? {
                    cx.warn(format!(
                        "the write succeeded, but your checkout was not updated, because {} is not finished here; if all of it is committed now, end it with `{} --quit`, then run `{}`",
                        unfinished.named(),
                        unfinished.command(),
                        pull()
                    ));
                    return Ok(());
                }
            }
            Some(_) => {
                cx.warn(format!(
                    "the checkout does not have all of {branch}, so `git status` tells what is committed as changes; `{}` brings it up to date",
                    pull()
                ));
                return Ok(());
            }
        }
        let mut draft = cx.store.draft();
        let base = Base::of_commit(cx, parent)?;
        let mut plan = Plan::make(cx, &mut draft, &base, commit, branch, None)?;
        let in_the_way = plan.staged_alone(cx, &mut draft, [parent, commit], is_written)?;
        let conflict = plan.conflicts.first().map(|c| c.path.clone());
        if let Some(path) = in_the_way.or(conflict) {
            return Err(Error::new(
                Kind::Conflict,
                format!("your changes to `{path}` are in the way"),
            ));
        }
        let done = plan.write_files(cx)?;
        base::remember_absent(cx, &done.absent);
        move_head(cx, branch, parent, commit, "aidf: commit")?;
        plan.left.iter().for_each(|left| cx.warn(left.to_string()));
        Ok(())
    };
    if let Err(e) = attempt() {
        cx.warn(format!(
            "the write succeeded, but your checkout was not updated: {}; run `{}`",
            e.in_full(),
            pull()
        ));
    }
}
