//! The object store: an operator's clone, or the private cache of a remote.
//!
//! Trees are edited by path; the index and the working tree are never written.

use super::children::Patience;
use super::draft::Draft;
use super::id::{CommitId, ObjectId, RefName, TreePath};
use super::object::{CommitInfo, Entry, Mode, Person};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::lock_within;
use git2::{ObjectType, Repository};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A repository on this machine.
pub struct Store {
    pub(super) repo: Repository,
    is_cache: bool,
    pub(super) patience: Patience,
    // Held for as long as the cache is in use.
    _lock: Option<File>,
}

impl Store {
    pub(super) fn of(repo: Repository) -> Store {
        Store {
            repo,
            is_cache: false,
            patience: Patience::default(),
            _lock: None,
        }
    }

    /// Opens the clone that holds `dir`.
    ///
    /// Errors: not_found.
    pub fn open_clone(dir: &Path) -> Result<Store> {
        prepare();
        let repo = Repository::discover(dir).map_err(|e| {
            if e.code() == git2::ErrorCode::Owner {
                return Error::new(
                    Kind::Denied,
                    format!(
                        "the repository at {} belongs to another user",
                        dir.display()
                    ),
                )
                .hint(format!(
                    "if you trust it: git config --global --add safe.directory {}",
                    dir.display()
                ))
                .caused_by(e);
            }
            let error = Error::new(
                Kind::NotFound,
                format!("no git repository at {}", dir.display()),
            );
            let error =
                error.hint("go into a clone, name one with -C DIR, or a remote with -R URL");
            if e.code() == git2::ErrorCode::NotFound {
                error
            } else {
                error.caused_by(e)
            }
        })?;
        check_working_tree(&repo)?;
        Ok(Store::of(repo))
    }

    /// Opens, or makes, the private bare cache at `path`, for this process alone.
    ///
    /// Errors: internal; unavailable, when another aidf keeps it for longer than `wait`.
    pub fn open_cache(path: &Path, wait: std::time::Duration) -> Result<Store> {
        if let Some(parent) = path.parent() {
            let failed = || format!("the cache {} cannot be used", path.display());
            std::fs::create_dir_all(parent).or_fail(Kind::Internal, failed)?;
            // The folder, the one it is in, and what an open folder may have let in before.
            let inside = ["", "HEAD", "config", "objects", "refs"].map(|n| path.join(n));
            let lock = path.with_extension("lock");
            let above = [parent, parent.parent().unwrap_or(parent), &lock];
            for place in above.into_iter().chain(inside.iter().map(PathBuf::as_path)) {
                check_own(place)?;
            }
            // Whoever can open the lock can hold it, and whoever writes here decides what
            // we take for the remote's history.
            private(parent);
        }
        Store::open_locked(path, wait)
    }

    /// The same wherever it is.
    pub(super) fn open_locked(path: &Path, wait: std::time::Duration) -> Result<Store> {
        prepare();
        let failed = || format!("the cache {} cannot be used", path.display());
        let lock = private_file(&path.with_extension("lock")).or_fail(Kind::Internal, failed)?;
        if !lock_within(&lock, wait).or_fail(Kind::Internal, failed)? {
            return Err(Error::new(
                Kind::Unavailable,
                format!(
                    "another aidf has been using the cache {} for {} s",
                    path.display(),
                    wait.as_secs()
                ),
            )
            .hint("wait for it, or give it longer with --timeout SECS"));
        }
        // Nobody else is at work here: what a run that was killed left locked is free.
        for left in ["HEAD.lock", "config.lock", "packed-refs.lock"] {
            let _ = std::fs::remove_file(path.join(left));
        }
        let repo = if path.join("HEAD").exists() {
            Repository::open(path).or_fail(Kind::Internal, failed)?
        } else {
            let repo = Repository::init_bare(path).or_fail(Kind::Internal, failed)?;
            private(path);
            repo
        };
        Ok(Store {
            repo,
            is_cache: true,
            patience: Patience::default(),
            _lock: Some(lock),
        })
    }

    /// Says how long programs that work on it are waited for from now on.
    pub fn wait_for_programs(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// True for the private cache.
    pub fn is_cache(&self) -> bool {
        self.is_cache
    }

    /// The repository's own folder (of this worktree).
    pub fn git_dir(&self) -> &Path {
        self.repo.path()
    }

    /// The folder that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        self.repo.commondir()
    }

    /// The working tree, if there is one.
    pub fn work_dir(&self) -> Option<&Path> {
        self.repo.workdir()
    }

    /// git's configuration as this repository sees it.
    pub fn settings(&self) -> super::settings::GitSettings {
        self.repo
            .config()
            .map(|c| super::settings::GitSettings::read(&c))
            .unwrap_or_default()
    }

    /// The name and address that git would write down for the operator.
    pub fn operator(&self) -> Option<Person> {
        let signature = self.repo.signature().ok()?;
        Some(Person {
            name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
            email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
        })
    }

    /// Whether an object is here.
    pub fn has(&self, id: ObjectId) -> bool {
        self.repo.odb().is_ok_and(|odb| odb.exists(id.0))
    }

    /// Whether a commit and its tree are here.
    pub fn has_commit(&self, id: CommitId) -> bool {
        self.repo.find_commit(id.0).and_then(|c| c.tree()).is_ok()
    }

    /// The tip of a local ref.
    pub fn local_ref(&self, name: &str) -> Option<CommitId> {
        self.repo.refname_to_id(name).ok().map(ObjectId)
    }

    /// What a symbolic ref points at.
    pub fn symbolic_ref(&self, name: &str) -> Option<String> {
        self.repo
            .find_reference(name)
            .ok()?
            .symbolic_target()
            .ok()
            .flatten()
            .map(str::to_owned)
    }

    /// Sets a local ref to `id`, whatever it was.
    ///
    /// The loose ref is replaced by a rename, which readers see whole or not at all. git's
    /// own way takes `<ref>.lock` first, and one that a killed process leaves behind stops
    /// git and us alike until somebody removes it; what is set here only remembers what
    /// the remote has, so that the last writer may win.
    pub fn set_ref(&self, name: &str, id: CommitId, why: &str) -> Result<()> {
        let renamed = || -> std::io::Result<()> {
            let path = self.repo.commondir().join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            let folder = self.repo.commondir().join("aidf");
            std::fs::create_dir_all(&folder)?;
            let mut file = ref_file(&folder)?;
            writeln!(file, "{id}")?;
            file.persist(path)?;
            Ok(())
        };
        if renamed().is_ok() {
            return Ok(());
        }
        self.repo
            .reference(name, id.0, true, why)
            .map(drop)
            .or_fail(Kind::Internal, || {
                format!("the ref {name} of this clone cannot be set")
            })
    }

    /// Forgets a ref of this clone, such as that of a branch that is gone; best effort.
    pub fn forget_ref(&self, name: &str) {
        if let Ok(mut reference) = self.repo.find_reference(name) {
            let _ = reference.delete();
        }
    }

    /// True for a clone whose history is cut.
    pub fn is_shallow(&self) -> bool {
        self.repo.is_shallow()
    }

    /// The commit that HEAD names.
    pub fn head(&self) -> Option<CommitId> {
        self.repo
            .head()
            .ok()?
            .peel_to_commit()
            .ok()
            .map(|c| ObjectId(c.id()))
    }

    /// Tips that a fetch may name as had, newest use first, at most 256.
    pub fn known_tips(&self) -> Vec<CommitId> {
        let mut tips: Vec<CommitId> = self.head().into_iter().collect();
        if let Ok(references) = self.repo.references() {
            for reference in references.flatten() {
                if tips.len() >= 256 {
                    break;
                }
                if let Ok(commit) = reference.peel_to_commit() {
                    tips.push(ObjectId(commit.id()));
                }
            }
        }
        tips.sort();
        tips.dedup();
        tips
    }

    /// Reads a commit.
    ///
    /// Errors: not_found, when it is not here or is not a commit.
    pub fn commit(&self, id: CommitId) -> Result<CommitInfo> {
        let commit = self.repo.find_commit(id.0).map_err(|e| {
            let error = match self.has(id) {
                true => Error::new(Kind::Integrity, format!("commit {id} is malformed")),
                false => Error::new(Kind::NotFound, format!("commit {id} is not in this store")),
            };
            error.caused_by(e)
        })?;
        let raw = String::from_utf8_lossy(commit.raw_header_bytes()).into_owned();
        let line = |name: &str| {
            raw.lines()
                .find_map(|l| l.strip_prefix(name))
                .unwrap_or("")
                .to_owned()
        };
        Ok(CommitInfo {
            id,
            tree: ObjectId(commit.tree_id()),
            // As written: libgit2 hides the parents at which a shallow clone is cut.
            // Only those that stand where git looks for them: a later line of that name is
            // nothing to git, and must be nothing here.
            parents: raw
                .lines()
                .skip(1)
                .map_while(|l| ObjectId::parse(l.strip_prefix("parent ")?).ok())
                .collect(),
            author: line("author "),
            committer: line("committer "),
            author_name: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            time: commit.time().seconds(),
            message: String::from_utf8_lossy(commit.message_raw_bytes()).into_owned(),
        })
    }

    /// A commit object's bytes, as they are hashed.
    ///
    /// Errors: not_found, when it is not here or is not a commit.
    pub fn raw_commit(&self, id: CommitId) -> Result<Vec<u8>> {
        let missing = || format!("commit {id} is not in this store");
        let odb = self
            .repo
            .odb()
            .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        let object = odb.read(id.0).or_fail(Kind::NotFound, missing)?;
        match object.kind() {
            ObjectType::Commit => Ok(object.data().to_vec()),
            _ => Err(Error::new(Kind::NotFound, missing())),
        }
    }

    /// The one commit whose id starts with these hexadecimal digits.
    pub fn by_prefix(&self, digits: &str) -> Option<CommitId> {
        self.repo
            .find_commit_by_prefix(digits)
            .ok()
            .map(|c| ObjectId(c.id()))
    }

    /// What `tree` holds at `path`; `None` when nothing.
    pub fn entry(&self, tree: ObjectId, path: &[u8]) -> Result<Option<Entry>> {
        let mut tree = self.tree(tree)?;
        let mut parts = path.split(|&b| b == b'/').peekable();
        while let Some(part) = parts.next() {
            let Some((id, mode)) = tree
                .iter()
                .find(|e| e.name_bytes() == part)
                .map(|e| (e.id(), Mode::from_raw(e.filemode_raw())))
            else {
                return Ok(None);
            };
            if parts.peek().is_none() {
                return Ok(Some(Entry {
                    id: ObjectId(id),
                    mode,
                }));
            }
            if mode != Mode::Folder {
                return Ok(None);
            }
            tree = self.tree(ObjectId(id))?;
        }
        Ok(None)
    }

    pub(super) fn tree(&self, id: ObjectId) -> Result<git2::Tree<'_>> {
        self.repo
            .find_tree(id.0)
            .or_fail(Kind::NotFound, || format!("tree {id} is not in this store"))
    }

    /// Every file below `folder` (empty: the root) of `tree`.
    pub fn files_below(&self, tree: ObjectId, folder: &[u8]) -> Result<Vec<(Vec<u8>, Entry)>> {
        let mut found = Vec::new();
        let start = if folder.is_empty() {
            Some(tree)
        } else {
            self.entry(tree, folder)?
                .filter(|e| e.mode == Mode::Folder)
                .map(|e| e.id)
        };
        let mut open: Vec<(Vec<u8>, ObjectId)> =
            start.map(|id| (folder.to_vec(), id)).into_iter().collect();
        while let Some((prefix, id)) = open.pop() {
            for entry in self.tree(id)?.iter() {
                let mut path = prefix.clone();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(entry.name_bytes());
                let mode = Mode::from_raw(entry.filemode_raw());
                match mode {
                    Mode::Folder => open.push((path, ObjectId(entry.id()))),
                    _ => found.push((
                        path,
                        Entry {
                            id: ObjectId(entry.id()),
                            mode,
                        },
                    )),
                }
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// A blob's bytes.
    pub fn read_blob(&self, id: ObjectId) -> Result<Vec<u8>> {
        let odb = self
            .repo
            .odb()
            .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        let object = odb
            .read(id.0)
            .or_fail(Kind::NotFound, || format!("blob {id} is not in this store"))?;
        if object.kind() != ObjectType::Blob {
            return Err(Error::new(Kind::Integrity, format!("{id} is not a blob")));
        }
        Ok(object.data().to_vec())
    }

    /// A blob's length in bytes, without reading it.
    pub fn blob_size(&self, id: ObjectId) -> Result<u64> {
        let odb = self
            .repo
            .odb()
            .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        Ok(odb
            .read_header(id.0)
            .or_fail(Kind::NotFound, || format!("blob {id} is not in this store"))?
            .0 as u64)
    }

    /// Whether `ancestor` is `of` or in its history.
    pub fn is_ancestor(&self, ancestor: CommitId, of: CommitId) -> bool {
        ancestor == of
            || self
                .repo
                .graph_descendant_of(of.0, ancestor.0)
                .unwrap_or(false)
    }

    /// Of these commits, those that are neither `tip` nor in its history; one walk for all.
    pub fn apart_from(&self, tip: CommitId, commits: &[CommitId]) -> Result<Vec<CommitId>> {
        let failed = || "the history cannot be walked";
        let mut walk = self.repo.revwalk().or_fail(Kind::Internal, failed)?;
        for id in commits {
            walk.push(id.0).or_fail(Kind::NotFound, failed)?;
        }
        walk.hide(tip.0).or_fail(Kind::NotFound, failed)?;
        let wanted: HashSet<CommitId> = commits.iter().copied().collect();
        let mut found = HashSet::new();
        for id in walk {
            let id = ObjectId(id.or_fail(Kind::Internal, failed)?);
            if wanted.contains(&id) {
                found.insert(id);
            }
        }
        let mut apart = commits.to_vec();
        // The walk goes by dates, which may lie: each that it met is asked for by itself.
        apart.retain(|id| found.remove(id) && !self.is_ancestor(*id, tip));
        Ok(apart)
    }

    /// Every best common ancestor; criss-cross histories have several.
    pub fn merge_bases(&self, one: CommitId, other: CommitId) -> Vec<CommitId> {
        match self.repo.merge_bases(one.0, other.0) {
            Ok(found) => found.iter().map(|id| ObjectId(*id)).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// The commits of `head`'s history that no branch of `remote` has, as far as this clone
    /// knows them.
    ///
    /// Errors: internal, when the history cannot be walked.
    pub fn local_commits(&self, head: CommitId, remote: &str) -> Result<Vec<CommitId>> {
        let failed = || "the history cannot be walked";
        let mut walk = self.repo.revwalk().or_fail(Kind::Internal, failed)?;
        walk.push(head.0).or_fail(Kind::NotFound, failed)?;
        let glob = format!("refs/remotes/{remote}/*");
        let references = self
            .repo
            .references_glob(&glob)
            .or_fail(Kind::Internal, failed)?;
        for reference in references.flatten() {
            if let Ok(commit) = reference.peel_to_commit() {
                walk.hide(commit.id()).or_fail(Kind::Internal, failed)?;
            }
        }
        Ok(walk
            .map_while(std::result::Result::ok)
            .map(ObjectId)
            .collect())
    }

    /// Where HEAD has been, the newest first, as its reflog tells; empty where there is none.
    pub fn head_moves(&self) -> Vec<HeadMove> {
        const MOST: usize = 1000;
        let Ok(log) = self.repo.reflog("HEAD") else {
            return Vec::new();
        };
        let amends = |why: Option<&[u8]>| why.is_some_and(|w| w.starts_with(b"commit (amend)"));
        log.iter()
            .take(MOST)
            .map(|e| HeadMove {
                to: ObjectId(e.id_new()),
                at: e.committer().when().seconds(),
                amends: amends(e.message_bytes()),
            })
            .collect()
    }

    /// The commit that a revision of git's syntax names here (gitrevisions(7)).
    pub fn resolve(&self, revision: &str) -> Option<CommitId> {
        let object = self.repo.revparse_single(revision).ok()?;
        object.peel_to_commit().ok().map(|c| ObjectId(c.id()))
    }

    /// What the index says of each path, and when git last looked; `None` where the index
    /// cannot be read.
    pub fn index_stamps(&self) -> Option<BTreeMap<Vec<u8>, IndexStamp>> {
        let index = self.repo.index().ok()?;
        let nanos = |time: git2::IndexTime| {
            u64::try_from(time.seconds()).unwrap_or(0) * 1_000_000_000
                + u64::from(time.nanoseconds())
        };
        let entries = index.iter().map(|entry| {
            let stamp = IndexStamp {
                id: ObjectId(entry.id),
                at: nanos(entry.mtime),
            };
            (entry.path, stamp)
        });
        Some(entries.collect())
    }

    /// The best common ancestor.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Option<CommitId> {
        self.repo.merge_base(one.0, other.0).ok().map(ObjectId)
    }

    /// How many commits `one` has and `other` has not, and the reverse.
    pub fn ahead_behind(&self, one: CommitId, other: CommitId) -> (u64, u64) {
        self.repo
            .graph_ahead_behind(one.0, other.0)
            .map(|(a, b)| (a as u64, b as u64))
            .unwrap_or((0, 0))
    }

    /// The commits reachable from `tip` and not from `hide`, newest first.
    pub fn history(
        &self,
        tip: CommitId,
        hide: Option<CommitId>,
    ) -> Result<impl Iterator<Item = CommitId> + '_> {
        let failed = || "the history cannot be walked";
        let mut walk = self.repo.revwalk().or_fail(Kind::Internal, failed)?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)
            .or_fail(Kind::Internal, failed)?;
        walk.push(tip.0).or_fail(Kind::NotFound, failed)?;
        if let Some(hide) = hide {
            walk.hide(hide.0).or_fail(Kind::NotFound, failed)?;
        }
        Ok(walk.map_while(std::result::Result::ok).map(ObjectId))
    }

    /// Files of the working tree that differ from HEAD: path, and whether it is still there.
    ///
    /// Errors: usage, in a bare repository or before the first commit.
    pub fn working_changes(&self) -> Result<Vec<(Vec<u8>, bool)>> {
        let failed = || "the working tree cannot be compared with HEAD";
        if self.repo.workdir().is_none() {
            return Err(Error::new(
                Kind::Usage,
                "there is no working tree here to take changes from",
            )
            .hint("name the files: aidf commit PATH… -m MESSAGE"));
        }
        let head = self.repo.head().and_then(|h| h.peel_to_tree()).or_fail(
            Kind::Usage,
            || "HEAD has no commit to compare the working tree with",
        )?;
        let Ok(index) = self.repo.index() else {
            return self.changes_by_git();
        };
        let mut options = git2::DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_typechange(true)
            .ignore_submodules(true);
        let diff = self
            .repo
            .diff_tree_to_workdir_with_index(Some(&head), Some(&mut options))
            .or_fail(Kind::Internal, failed)?;
        let mut found = Vec::new();
        for delta in diff.deltas() {
            let Some(path) = delta
                .new_file()
                .path_bytes()
                .or(delta.old_file().path_bytes())
            else {
                continue;
            };
            let there = self.is_in_work_dir(path);
            // What a sparse checkout leaves out was not removed (git-sparse-checkout(1)).
            let skipped = |e: git2::IndexEntry| {
                let skip = git2::IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
                e.flags_extended & skip != 0
            };
            if !there && index.get_path(&bytes_to_path(path), 0).is_some_and(skipped) {
                continue;
            }
            found.push((path.to_vec(), there));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn is_in_work_dir(&self, path: &[u8]) -> bool {
        let place = self.work_dir().map(|w| w.join(bytes_to_path(path)));
        place.is_some_and(|p| p.symlink_metadata().is_ok())
    }

    /// The same by git itself: libgit2 reads neither a split nor a sparse index. No program
    /// that the repository's configuration names is run (git-status(1), porcelain format 2).
    fn changes_by_git(&self) -> Result<Vec<(Vec<u8>, bool)>> {
        let mut command = self.git();
        for setting in self.config_by_git()? {
            let name = setting.name;
            let runs = name.ends_with(".clean") || name.ends_with(".process");
            if name.starts_with("filter.") && runs {
                super::convert::tell(&mut command, &name, "");
            }
        }
        command.args([
            "status",
            "--porcelain=v2",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--ignore-submodules=all",
        ]);
        let said = self.run(
            command,
            Vec::new(),
            0,
            "the index cannot be read, and git cannot tell what changed",
        )?;
        let mut found = Vec::new();
        for line in said.split(|b| *b == 0) {
            // The path follows so many fields.
            let fields = match line.first() {
                Some(b'1') => 8,
                Some(b'u') => 10,
                Some(b'?') => 1,
                _ => continue,
            };
            let path = line.splitn(fields + 1, |b| *b == b' ').nth(fields);
            found.extend(path.map(|p| (p.to_vec(), self.is_in_work_dir(p))));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What a file of the working tree would be in a tree; nothing is stored.
    ///
    /// Errors: usage, for one that cannot be read.
    pub fn as_blob(&self, file: &Path, mode: Mode) -> Result<Entry> {
        let id = git2::Oid::hash_file(ObjectType::Blob, file).or_fail(Kind::Usage, || {
            format!("`{}` cannot be read", file.display())
        })?;
        Ok(Entry {
            id: ObjectId(id),
            mode,
        })
    }

    /// Whether git's ignore rules leave a file of the working tree out.
    pub fn is_ignored(&self, path: &Path) -> bool {
        self.repo.is_path_ignored(path).unwrap_or(false)
    }

    /// Adds a worktree at `dir` on the local branch `branch`, made at `tip`.
    ///
    /// Errors: usage, when the folder is taken or the branch is checked out elsewhere.
    pub fn add_worktree(&self, dir: &Path, branch: &str, tip: CommitId) -> Result<PathBuf> {
        let failed = || format!("a worktree cannot be made at {}", dir.display());
        let commit = self
            .repo
            .find_commit(tip.0)
            .or_fail(Kind::NotFound, failed)?;
        let name = branch.replace('/', "-");
        let made = match self.repo.find_branch(branch, git2::BranchType::Local) {
            Ok(found) => found,
            Err(_) => self
                .repo
                .branch(branch, &commit, false)
                .or_fail(Kind::Usage, failed)?,
        };
        let reference = made.into_reference();
        let mut options = git2::WorktreeAddOptions::new();
        options.reference(Some(&reference));
        let tree = self
            .repo
            .worktree(&name, dir, Some(&options))
            .or_fail(Kind::Usage, failed)?;
        let inner = Repository::open_from_worktree(&tree).or_fail(Kind::Internal, failed)?;
        Ok(inner.path().to_owned())
    }

    /// Starts a set of new objects.
    pub fn draft(&self) -> Draft<'_> {
        Draft::new(self)
    }
}

/// What the index holds of a path.
#[derive(Debug, Clone, Copy)]
pub struct IndexStamp {
    /// The blob.
    pub id: ObjectId,
    /// The file's time of modification when git last took note of it, in nanoseconds since
    /// 1970.
    at: u64,
}

impl IndexStamp {
    /// Whether git took note of the file after `moment`, in nanoseconds since 1970. An entry
    /// of whole seconds counts as newer within its second. `None` where git forgot when it
    /// was, as `git merge --abort` makes it.
    pub fn is_newer_than(&self, moment: u64) -> Option<bool> {
        const SECOND: u64 = 1_000_000_000;
        match self.at {
            0 => None,
            at if at.is_multiple_of(SECOND) => Some(at / SECOND >= moment / SECOND),
            at => Some(at > moment),
        }
    }
}

/// A move of HEAD.
#[derive(Debug, Clone, Copy)]
pub struct HeadMove {
    /// The commit that it came to.
    pub to: CommitId,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Whether that commit took the place of the one before.
    pub amends: bool,
}

/// Process-wide settings of libgit2, made once and the same for every store.
pub(super) fn prepare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // Trees may name objects that only the remote has: it checks connectivity itself.
        git2::opts::strict_object_creation(false);
        // Reading a 500 MB blob's hash twice costs seconds and proves nothing new.
        git2::opts::strict_hash_verification(false);
    });
}

/// Refuses a clone whose own configuration makes another folder its working tree: a
/// stranger's clone would have us publish files of ours from there.
///
/// Errors: denied.
fn check_working_tree(repo: &Repository) -> Result<()> {
    let git_dir = repo.path();
    if repo.is_worktree() || git_dir.file_name().is_none_or(|n| n != ".git") {
        return Ok(());
    }
    let (Some(tree), Some(holder)) = (repo.workdir(), git_dir.parent()) else {
        return Ok(());
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if real(tree) == real(holder) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Denied,
        format!(
            "the clone at {} makes {} its working tree by its own configuration (core.worktree)",
            holder.display(),
            tree.display()
        ),
    )
    .hint("if that is not yours: `git config --unset core.worktree`; to write without a clone: -R URL"))
}

/// Refuses a cache folder of another account; root has reasons to use its users'.
///
/// Errors: usage.
#[cfg(unix)]
fn check_own(folder: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let us = rustix::process::geteuid().as_raw();
    let Ok(meta) = folder.symlink_metadata() else {
        return Ok(());
    };
    let owner = meta.uid();
    if meta.is_symlink() && folder.extension().is_some_and(|e| e == "lock") {
        return Err(Error::new(
            Kind::Usage,
            format!("the lock {} of the cache is a link", folder.display()),
        )
        .hint("remove it"));
    }
    if owner == us || us == 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Usage,
        format!(
            "{} in the cache belongs to another account (number {owner})",
            folder.display()
        ),
    )
    .hint("name a folder of your own with XDG_CACHE_HOME"))
}

/// Elsewhere accounts are not told apart by a number.
#[cfg(not(unix))]
fn check_own(_folder: &Path) -> Result<()> {
    Ok(())
}

/// Opens, or makes, a file that nobody else can open.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        let file = options.open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
}

/// A new file with the mode that git gives a ref: what the umask leaves of 0666.
#[cfg(unix)]
fn ref_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new()
        .permissions(mode)
        .tempfile_in(folder)
}

/// Other platforms have no mode to give.
#[cfg(not(unix))]
fn ref_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder)
}

/// On other platforms the user's cache folder is private by itself.
#[cfg(not(unix))]
fn private(_path: &Path) {}

/// A tree's path as this platform's.
#[cfg(unix)]
pub fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A tree's path as this platform's.
#[cfg(not(unix))]
pub fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Refuses a path that a tree's symlink, submodule or file stands in the way of.
///
/// Errors: denied.
pub fn check_parents(store: &Store, tree: ObjectId, path: &TreePath) -> Result<()> {
    for parent in path.parents() {
        match store.entry(tree, parent.as_bytes())?.map(|e| e.mode) {
            None => return Ok(()),
            Some(Mode::Folder) => {}
            Some(mode) => {
                let what = match mode {
                    Mode::Symlink => "a symlink",
                    Mode::Submodule => "a submodule",
                    _ => "a file",
                };
                return Err(Error::new(
                    Kind::Denied,
                    format!("the path `{path}` is refused: `{parent}` is {what} on the branch"),
                ));
            }
        }
    }
    Ok(())
}

/// The tracking ref of a branch.
pub fn tracking_ref(remote: &str, branch: &RefName) -> String {
    format!("refs/remotes/{remote}/{}", branch.short())
}
