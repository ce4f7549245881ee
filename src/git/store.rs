//! The object store: an operator's clone, or the private cache of a remote.
//!
//! Trees are edited by path; the index and the working tree are never written.

use super::alternates::open_in_hook;
use super::children::Programs;
use super::cuts::cuts;
use super::folders::Folders;
use super::handles::AllHandles;
use super::header::Header;
use super::id::{CommitId, ObjectFormat, ObjectId, TreePath};
use super::indexed::Indexed;
use super::narrow::Narrow;
use super::object::{CommitInfo, Entry, MAX_COMMIT, Mode, kept};
use super::objects::Objects;
use super::plumbing::Plumbing;
use super::refs::listing::Listing;
use super::settings::GitSettings;
use super::thin::Delta;
use super::why::Why;
use super::{config, open};
use crate::error::{Error, Kind, OrFail, Result};
use crate::mutex::locked;
use git2::{ObjectType, Repository};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// A repository on this machine, for any number of threads: libgit2 lets one thread at a time
/// use a handle, so each has its own.
pub struct Store {
    handles: Arc<AllHandles>,
    of_hook: bool,
    plumbing: Arc<Plumbing>,
    common_dir: PathBuf,
    /// Of a repository that keeps its refs in tables.
    listing: Option<Listing>,
    settings: OnceLock<GitSettings>,
    settings_by_git: OnceLock<GitSettings>,
    deltas: Mutex<HashMap<ObjectId, Delta>>,
    pub(super) folders: Mutex<Folders>,
    index_seen: OnceLock<BTreeMap<Vec<u8>, Indexed>>,
    // Held for as long as the cache is in use.
    lock: Option<File>,
}

fn first(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}

impl Store {
    /// Errors: usage, for one that keeps its refs in a way that aidf does not know.
    pub(super) fn of(repo: Repository, programs: &Programs) -> Result<Store> {
        let store = Store::with_files(repo, false, programs);
        Ok(Store {
            listing: Listing::of(store.repo(), &store.plumbing)?,
            ..store
        })
    }

    fn with_files(repo: Repository, is_cache: bool, programs: &Programs) -> Store {
        Store {
            of_hook: false,
            plumbing: Arc::new(Plumbing {
                git_dir: repo.path().to_owned(),
                work_dir: repo.workdir().map(Path::to_owned),
                programs: programs.clone(),
            }),
            common_dir: repo.commondir().to_owned(),
            handles: Arc::new(AllHandles::of(repo, is_cache)),
            listing: None,
            settings: OnceLock::new(),
            settings_by_git: OnceLock::new(),
            deltas: Mutex::default(),
            folders: Mutex::default(),
            index_seen: OnceLock::new(),
            lock: None,
        }
    }

    /// The store of a hook: git names its objects to this process alone, and a further handle
    /// must be opened the same way.
    ///
    /// Errors: as [`Store::of`].
    pub(super) fn of_hook(repo: Repository, programs: &Programs) -> Result<Store> {
        Ok(Store {
            of_hook: true,
            ..Store::of(repo, programs)?
        })
    }

    /// A bare repository of aidf's own, with the lock that says that it is in use; none to look
    /// at it alone. libgit2 makes it, with refs in files.
    pub(super) fn of_own(repo: Repository, lock: Option<File>, programs: &Programs) -> Store {
        Store {
            lock,
            ..Store::with_files(repo, true, programs)
        }
    }

    /// The private cache of a remote, which holds what was used; to look at it alone, it has
    /// no lock.
    pub(super) fn of_cache(
        repo: Repository,
        lock: Option<File>,
        programs: &Programs,
    ) -> Result<Store> {
        Store::of_own(repo, lock, programs).narrowed(Why::Cache)
    }

    fn narrowed(self, why: Why) -> Result<Store> {
        let patience = self.programs().timeout;
        self.handles
            .narrowed(Narrow::new(why, &self.common_dir, patience));
        if let Some(repo) = self.handles.now().own.get() {
            self.fill(repo)
                .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        }
        Ok(self)
    }

    /// Has what this handle lacks fetched.
    fn fill(&self, repo: &Repository) -> std::result::Result<(), git2::Error> {
        match self.handles.narrow() {
            Some(narrow) => narrow.attach(&repo.odb()?),
            None => Ok(()),
        }
    }

    /// This thread's handle.
    pub(super) fn repo(&self) -> &Repository {
        self.handles.now().own.get_or(|| {
            let again = match self.of_hook {
                true => open_in_hook(&self.programs().environment),
                false => Repository::open(self.git_dir()),
            };
            let again = again.ok().filter(|repo| self.tell(repo).is_ok());
            self.filled_or_nothing(again)
        })
    }

    /// This thread's handle for what walks a history: it knows of no cut.
    pub(super) fn past(&self) -> &Repository {
        match self.narrow().and_then(|narrow| narrow.past()) {
            Some(past) => self
                .handles
                .now()
                .pasts
                .get_or(|| self.filled_or_nothing(Repository::open(past).ok())),
            None => self.repo(),
        }
    }

    fn filled_or_nothing(&self, repo: Option<Repository>) -> Repository {
        repo.filter(|repo| self.fill(repo).is_ok())
            .unwrap_or_else(nothing)
    }

    /// The narrow side of a store that does not hold everything.
    pub(super) fn narrow(&self) -> Option<&Narrow> {
        self.handles.narrow().map(|narrow| &**narrow)
    }

    /// What a remote may have to do with it.
    pub(super) fn handles(&self) -> Arc<AllHandles> {
        Arc::clone(&self.handles)
    }

    /// What git says of an index that libgit2 does not read.
    pub(super) fn index_seen(&self) -> &OnceLock<BTreeMap<Vec<u8>, Indexed>> {
        &self.index_seen
    }

    /// What git says of its refs; none where they are in files.
    pub(super) fn listing(&self) -> Option<&Listing> {
        self.listing.as_ref()
    }

    /// Where git itself is started on it.
    pub(super) fn plumbing(&self) -> &Plumbing {
        &self.plumbing
    }

    /// How programs are started on it.
    pub fn programs(&self) -> &Programs {
        &self.plumbing.programs
    }

    /// Opens the clone that holds `dir`, or the one that `GIT_DIR` names.
    ///
    /// Errors: not_found; denied, for one of another account; usage, for a configuration that
    /// cannot be read.
    pub fn open_clone(dir: &Path, programs: &Programs) -> Result<Store> {
        prepare();
        let store = Store::of(open::clone_at(dir, programs)?, programs)?;
        let why = Why::of_clone(store.settings()?, store.common_dir());
        store.tell(store.repo())?;
        match why {
            Some(why) => store.narrowed(why),
            None => Ok(store),
        }
    }

    /// True for the private cache.
    pub fn is_cache(&self) -> bool {
        self.handles.is_cache()
    }

    /// The repository's own folder (of this worktree).
    pub fn git_dir(&self) -> &Path {
        &self.plumbing.git_dir
    }

    /// The folder that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The working tree, if there is one.
    pub fn work_dir(&self) -> Option<&Path> {
        self.plumbing.work_dir.as_deref()
    }

    /// git's configuration as this repository sees it, read once.
    ///
    /// Errors: usage, where git cannot read it; unavailable.
    pub fn settings(&self) -> Result<&GitSettings> {
        once(&self.settings, || {
            config::of_repository(self.repo(), self.plumbing())
        })
    }

    /// The same, as git itself tells it: for callers from whom a stranger's file must hide nothing.
    ///
    /// Errors: those of [`Store::settings`]; unavailable, without git.
    pub(super) fn settings_by_git(&self) -> Result<&GitSettings> {
        match self.settings()? {
            told if told.are_by_git() => Ok(told),
            _ => once(&self.settings_by_git, || config::by_git(self.plumbing())),
        }
    }

    /// Has libgit2 go by what git says of a clone.
    fn tell(&self, repo: &Repository) -> Result<()> {
        let failed = || format!("{} cannot be opened again", self.git_dir().display());
        if let Some(told) = self.settings.get().filter(|s| s.are_by_git()) {
            let config = config::for_libgit2(told)?;
            repo.set_config(&config).or_fail(Kind::Internal, failed)?;
        }
        match self.work_dir() {
            Some(tree) => repo
                .set_workdir(tree, false)
                .or_fail(Kind::Internal, failed),
            None => Ok(()),
        }
    }

    /// How its objects are named.
    pub fn format(&self) -> ObjectFormat {
        ObjectFormat::of(self.repo())
    }

    /// Refuses an id of the other format before git is given it, who takes one for the beginning
    /// of another.
    ///
    /// Errors: usage.
    pub(super) fn check_format(&self, id: ObjectId) -> Result<()> {
        id.check_format(self.format())
    }

    /// Whether an object is here, or can be had from where this store's objects come from.
    pub fn has(&self, id: ObjectId) -> bool {
        self.has_here(id) || self.narrow().is_some_and(|n| n.gets(id))
    }

    /// Whether an object is here.
    pub(super) fn has_here(&self, id: ObjectId) -> bool {
        let is_in = |repo| Objects::of(repo).is_ok_and(|objects| objects.has(id));
        is_in(self.repo()) || self.is_narrow() && is_in(self.past())
    }

    /// Whether a commit is here, with what its files are read from: its tree, or the remote
    /// that gives it.
    pub fn has_commit(&self, id: CommitId) -> bool {
        let Ok(odb) = Objects::of(self.repo()) else {
            return false;
        };
        let commit = odb.has(id).then(|| odb.read(id).ok()).flatten();
        let commit = commit.filter(|object| object.kind() == ObjectType::Commit);
        let header = commit.and_then(|object| Header::read(object.data(), odb.format()));
        let promised = self.narrow().is_some_and(|n| n.is_promised());
        header.is_some_and(|header| promised || odb.has(header.tree))
    }

    /// Those of these commits that are not here, each once, in order.
    pub(super) fn lacking(&self, wants: &[CommitId]) -> Vec<CommitId> {
        let lacking = wants.iter().copied().filter(|w| !self.has_commit(*w));
        let mut lacking: Vec<CommitId> = lacking.collect();
        lacking.sort();
        lacking.dedup();
        if let Some(narrow) = self.narrow() {
            narrow.note_tips(wants);
        }
        lacking
    }

    /// True for a clone whose history is cut.
    pub fn is_shallow(&self) -> bool {
        !cuts(&self.common_dir).is_empty()
    }

    /// Keeps how an object was made from another, for the push that follows.
    pub(super) fn keep_delta(&self, id: ObjectId, delta: Delta) {
        locked(&self.deltas).insert(id, delta);
    }

    /// Those that are kept.
    pub(super) fn deltas(&self) -> HashMap<ObjectId, Delta> {
        locked(&self.deltas).clone()
    }

    pub(super) fn forget_deltas(&self) {
        locked(&self.deltas).clear();
    }

    /// Whether it has the lock that says that a cache is in use.
    pub(super) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// True for a store that does not hold everything.
    pub fn is_narrow(&self) -> bool {
        self.narrow().is_some()
    }

    /// Reads a commit.
    ///
    /// Errors: not_found, when it is not here or is not a commit.
    pub fn commit(&self, id: CommitId) -> Result<CommitInfo> {
        let repo = self.repo();
        let commit = repo.find_commit(id.within(repo)).map_err(|e| {
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
            tree: ObjectId::from(commit.tree_id()),
            // As written: libgit2 hides the parents at which a shallow clone is cut.
            // Only those that stand where git looks for them: a later line of that name is
            // nothing to git, and must be nothing here.
            parents: raw
                .lines()
                .skip(1)
                .map_while(|l| ObjectId::parse_in(l.strip_prefix("parent ")?, id.format()))
                .collect(),
            author: line("author "),
            committer: line("committer "),
            author_name: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            time: commit.time().seconds(),
            message: kept(commit.message_raw_bytes()),
        })
    }

    /// A commit object's bytes, as they are hashed. Of one that is larger than [`MAX_COMMIT`] only
    /// the beginning, which is longer than that.
    ///
    /// Errors: not_found, when it is not here or is not a commit.
    pub fn raw_commit(&self, id: CommitId) -> Result<Vec<u8>> {
        let missing = || format!("commit {id} is not in this store");
        let odb = Objects::of(self.repo())?;
        let object = odb.read(id).or_fail(Kind::NotFound, missing)?;
        match object.kind() {
            ObjectType::Commit => Ok(first(object.data(), MAX_COMMIT + 1).to_vec()),
            _ => Err(Error::new(Kind::NotFound, missing())),
        }
    }

    /// The one commit whose id starts with these hexadecimal digits.
    pub fn by_prefix(&self, digits: &str) -> Option<CommitId> {
        self.past()
            .find_commit_by_prefix(digits)
            .ok()
            .map(|c| ObjectId::from(c.id()))
    }

    pub(super) fn tree(&self, id: ObjectId) -> Result<git2::Tree<'_>> {
        let repo = self.repo();
        repo.find_tree(id.within(repo))
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
        self.ensure_folders(start)?;
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
                    Mode::Folder => open.push((path, ObjectId::from(entry.id()))),
                    _ => found.push((
                        path,
                        Entry {
                            id: ObjectId::from(entry.id()),
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
        Objects::of(self.repo())?.blob(id)
    }

    /// A blob's length in bytes, without reading it.
    pub fn blob_size(&self, id: ObjectId) -> Result<u64> {
        Objects::of(self.repo())?.blob_size(id)
    }
}

/// So many bytes of objects that were read are kept to be read again; libgit2 keeps 256 MB. Who
/// walks a long history reads most of them once.
const KEPT: isize = 16 << 20;

/// Process-wide settings of libgit2, made once and the same for every store.
pub(super) fn prepare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // Trees may name objects that only the remote has: it checks connectivity itself.
        git2::opts::strict_object_creation(false);
        // Reading a 500 MB blob's hash twice costs seconds and proves nothing new.
        git2::opts::strict_hash_verification(false);
        // A repository with refs in tables opens; no ref is left to libgit2 there. So does a
        // partial clone of an older git; what it lacks is fetched.
        #[expect(unsafe_code, reason = "libgit2 keeps these in static variables")]
        // SAFETY: this runs once, before this crate opens any repository: everything that opens
        // one calls `prepare` first, and waits here for whoever came before. So nobody reads
        // them while they are written.
        let (known, bounded) = unsafe {
            (
                git2::opts::set_extensions(&["refstorage", "partialclone"]),
                git2::opts::set_cache_max_size(KEPT),
            )
        };
        // Without the first such a repository is refused when it is opened, as one of any
        // extension that libgit2 does not know. Without the second it takes more memory.
        drop((known, bounded));
        // libgit2 judges by what it knows of git's configuration, which is not all of it.
        #[cfg(unix)]
        open::judge_owners();
    });
}

/// While one of these lives, no store keeps the objects that it reads: who reads a whole
/// history once wants none of them again. The setting is the process's; other readers are
/// slower for that time, and nothing else.
pub struct Unkept(());

static UNKEPT: Mutex<usize> = Mutex::new(0);

impl Unkept {
    /// Keeps nothing from now on.
    #[expect(
        clippy::new_without_default,
        reason = "it is no value, and has an effect"
    )]
    pub fn new() -> Unkept {
        let mut count = locked(&UNKEPT);
        *count += 1;
        git2::opts::enable_caching(false);
        Unkept(())
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        let mut count = locked(&UNKEPT);
        *count -= 1;
        git2::opts::enable_caching(*count == 0);
    }
}

/// What stands for a repository that is no longer there: in it nothing is found, and nothing
/// can be written.
fn nothing() -> Repository {
    #[expect(clippy::expect_used, reason = "it takes memory alone")]
    git2::Odb::new()
        .and_then(Repository::from_odb)
        .expect("libgit2 makes an empty store in memory")
}

/// The value of a cell, which is made by the first who asks.
fn once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    match cell.get() {
        Some(known) => Ok(known),
        None => make().map(|made| cell.get_or_init(|| made)),
    }
}

/// What of a tree is in the way of a path: a symlink, a submodule or a file where the path needs
/// a folder; with the sentence that refuses the path for it.
pub fn in_the_way(
    store: &Store,
    tree: ObjectId,
    path: &TreePath,
) -> Result<Option<(Mode, String)>> {
    for parent in path.parents() {
        let (mode, what) = match store.entry(tree, parent.as_bytes())?.map(|e| e.mode) {
            None => return Ok(None),
            Some(Mode::Folder) => continue,
            Some(mode @ Mode::Symlink) => (mode, "a symlink"),
            Some(mode @ Mode::Submodule) => (mode, "a submodule"),
            Some(mode) => (mode, "a file"),
        };
        let refused = format!("the path `{path}` is refused: `{parent}` is {what} on the branch");
        return Ok(Some((mode, refused)));
    }
    Ok(None)
}
