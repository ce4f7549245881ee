//! Repositories that do not hold everything, and how what they lack comes when it is needed.
//!
//! Three kinds: aidf's own cache of a remote, which holds what was used; a partial clone
//! (`git clone --filter`), whose remote promises the rest; and a shallow clone, whose history
//! is cut. What is lacking is fetched here and nowhere else: objects by their ids, many at a
//! time ([`Narrow::ensure`]); one that is met unforeseen, at the moment it is read
//! ([`super::filled`]); a history that is met at its cut, commits alone, at once.
//!
//! If that fails, the reader fails, and the failure is kept: whoever swallowed it is found
//! out before anything is written or reported ([`Narrow::check`]).

use super::cuts::{self, beyond};
use super::filled::{Failed, Filler, Found, fill};
use super::id::{CommitId, ObjectId};
use super::intake::Place;
use super::made::make_past;
use super::objects::Objects;
use super::why::{FOLDERS, Why};
use super::wire::{Ask, FetchConnection};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::write_whole;
use crate::mutex::locked;
use crate::progress::Progress;
use git2::{Odb, Repository};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// The most objects that are asked for at once.
const AT_ONCE: usize = 20_000;
/// How many commits deep a history is fetched that is met for the first time; and by how much
/// more at each further time. What is met lies mostly near.
const FIRST_DEPTH: u32 = 256;
const DEEPER: u32 = 8;
/// With so many cuts, further commits are fetched with the history that joins them.
const MANY_CUTS: usize = 64;
/// How often a server may refuse what it is asked to leave out before nothing is left out.
const MOST_REFUSALS: usize = 2;
/// The most commits that a request names as had.
const MOST_HAVES: usize = 256;
/// Leaves out all that is not named, but the commits before a commit.
const NAMED_ALONE: &str = "tree:0";
/// Leaves out all but commits and the folders at their roots.
const ROOTS: &str = "tree:1";
/// Answers requests: the remote.
pub(super) trait Origin: Send + Sync {
    /// Has `work` talk to the server; again if an old connection has ended meanwhile.
    fn talk(&self, work: &mut dyn FnMut(&mut FetchConnection) -> Result<()>) -> Result<()>;
}

/// Where what is lacking comes from.
struct Source {
    origin: Arc<dyn Origin>,
    progress: Arc<dyn Progress>,
    /// Whether the remote that is worked with is one that promised what is lacking.
    promises: bool,
}

/// A repository that does not hold everything.
pub(super) struct Narrow {
    why: Why,
    /// Its git directory; that of all its worktrees.
    common: PathBuf,
    /// Whether the history may be cut.
    is_cut: bool,
    /// A bare repository that sees the same objects and knows of no cut: what walks a history
    /// there goes on beyond it. Made when it is needed.
    past: OnceLock<Option<PathBuf>>,
    /// How long another process is waited for.
    patience: Duration,
    origin: OnceLock<Option<Source>>,
    /// Sees what is here, and asks nobody for more.
    here: Mutex<Option<(u32, Repository)>>,
    /// How often it was opened again by all who use it.
    turns: AtomicU32,
    /// The commits that were fetched, or named as had.
    tips: Mutex<BTreeSet<CommitId>>,
    /// Why something could not be fetched.
    failure: Mutex<Option<Error>>,
    failed: AtomicBool,
    /// How deep the next history is fetched.
    depth: AtomicU32,
    /// How many of the ways to ask for less the server has refused.
    refusals: AtomicUsize,
}

impl Narrow {
    /// The narrow side of the repository with this git directory.
    pub fn new(why: Why, common: &Path, patience: Duration) -> Arc<Narrow> {
        Arc::new(Narrow {
            is_cut: why == Why::Cache || !cuts::cuts(common).is_empty(),
            why,
            common: common.to_owned(),
            past: OnceLock::new(),
            patience,
            origin: OnceLock::new(),
            here: Mutex::default(),
            turns: AtomicU32::new(0),
            tips: Mutex::default(),
            failure: Mutex::default(),
            failed: AtomicBool::new(false),
            depth: AtomicU32::new(FIRST_DEPTH),
            refusals: AtomicUsize::new(0),
        })
    }

    /// A repository that sees these objects and no cut, where there is one.
    pub fn past(&self) -> Option<&Path> {
        let make = || {
            // Who asks nobody for what is beyond a cut stops there.
            let needed = self.is_cut && self.origin().is_some();
            let made = needed.then(|| make_past(&self.common)).transpose();
            let made = made.or_fail(Kind::Internal, || {
                let place = self.common.display();
                format!("{place} cannot be made ready for what it lacks")
            });
            made.unwrap_or_else(|e| {
                self.keep_failure(e);
                None
            })
        };
        self.past.get_or_init(make).as_deref()
    }

    /// What is open is of no use any more: the repository was changed as a whole.
    pub fn open_again(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a remote promises what is lacking, so that git does not miss it.
    pub fn is_promised(&self) -> bool {
        self.why != Why::Shallow
    }

    /// Whether the remote that is worked with promised a partial clone what it lacks.
    pub fn is_promised_by_origin(&self) -> bool {
        self.origin().is_some_and(|o| o.promises)
    }

    /// The remotes that promised a partial clone what it lacks.
    pub fn promisors(&self) -> &[String] {
        match &self.why {
            Why::Partial(promise) => &promise.remotes,
            _ => &[],
        }
    }

    /// Says where what is lacking comes from, and the name of the remote that is worked with;
    /// the first word counts.
    pub fn fill_from(&self, origin: Arc<dyn Origin>, name: &str, progress: Arc<dyn Progress>) {
        let _ = self.origin.set(Some(Source {
            origin,
            progress,
            promises: self.promisors().iter().any(|one| one == name),
        }));
    }

    /// Has nobody asked, whatever is lacking.
    pub fn ask_nobody(&self) {
        let _ = self.origin.set(None);
    }

    fn origin(&self) -> Option<&Source> {
        self.origin.get()?.as_ref()
    }

    /// Has `odb` filled.
    pub fn attach(self: &Arc<Self>, odb: &Odb<'_>) -> Result<(), git2::Error> {
        let filler: Arc<dyn Filler> = Arc::clone(self) as _;
        fill(odb, filler)
    }

    /// Fails if something could not be fetched.
    ///
    /// Errors: why, once.
    pub fn check(&self) -> Result<()> {
        self.failed.store(false, Ordering::Relaxed);
        locked(&self.failure).take().map_or(Ok(()), Err)
    }

    /// Fetches those of these objects that are not here, all at once. Folders and files come
    /// alone; a commit comes with the commits before it.
    ///
    /// Errors: not_found, for one that the remote does not give; unavailable.
    pub fn ensure(&self, ids: impl IntoIterator<Item = ObjectId>) -> Result<()> {
        self.ensure_with(NAMED_ALONE, ids)
    }

    /// The same for folders, which come with all the folders in them.
    ///
    /// Errors: those of [`Narrow::ensure`].
    pub fn ensure_deep(&self, ids: impl IntoIterator<Item = ObjectId>) -> Result<()> {
        self.ensure_with(FOLDERS, ids)
    }

    fn ensure_with(&self, filter: &str, ids: impl IntoIterator<Item = ObjectId>) -> Result<()> {
        self.with_here(|odb| {
            let is_here = |id: &ObjectId| odb.has_now(*id);
            let ids: BTreeSet<ObjectId> = ids.into_iter().filter(|id| !is_here(id)).collect();
            if ids.is_empty() {
                return Ok(());
            }
            odb.refresh()?;
            let ids: Vec<ObjectId> = ids.into_iter().filter(|id| !is_here(id)).collect();
            ids.chunks(AT_ONCE)
                .try_for_each(|ids| self.by_id(odb, ids, filter))
        })
    }

    /// Fetches all that these commits reach. What was fetched like this before is had.
    ///
    /// Errors: not_found, unavailable.
    pub fn complete(&self, wants: &[CommitId]) -> Result<()> {
        let list = self.common.join("aidf").join("complete");
        let text = std::fs::read_to_string(&list).unwrap_or_default();
        let ids = text.lines().filter_map(|line| ObjectId::parse(line).ok());
        let mut done: Vec<CommitId> = ids.collect();
        self.with_here(|odb| {
            odb.refresh()?;
            done.retain(|id| odb.has(*id));
            let lacking = wants.iter().copied().filter(|id| !done.contains(id));
            let lacking: Vec<CommitId> = lacking.collect();
            if lacking.is_empty() || self.is_whole() {
                return Ok(());
            }
            let ask = Ask {
                wants: &lacking,
                haves: &done,
                ..Ask::default()
            };
            self.ask(odb, &ask)?;
            done.extend(lacking);
            let older = done.len().saturating_sub(MANY_CUTS);
            let lines = done[older..].iter().map(|id| format!("{id}\n"));
            write_whole(&list, lines.collect::<String>().as_bytes()).or_fail(Kind::Internal, || {
                format!("{} cannot be written", list.display())
            })
        })
    }

    /// Fetches commits that a ref of the remote names, on this connection. A cache takes them
    /// without their history, and without what it may not need.
    ///
    /// `haves` are commits that are here. Errors: as the server gives them.
    pub fn fetch_tips(
        &self,
        connection: &mut FetchConnection,
        wants: &[CommitId],
        haves: &[CommitId],
        progress: &dyn Progress,
    ) -> Result<()> {
        self.note_tips(haves);
        self.note_tips(wants);
        let cuts = cuts::cuts(&self.common);
        let promises = self.why == Why::Cache || self.is_promised_by_origin();
        let offers = connection.offers();
        let mut ask = Ask {
            wants,
            haves,
            cuts: &cuts,
            ..Ask::default()
        };
        match &self.why {
            Why::Shallow => ask.thin = true,
            // What another remote promised, this one need not have.
            Why::Partial(_) if !promises => {}
            Why::Partial(promise) => ask.filter = Some(&promise.filter),
            Why::Cache => {
                let refused = self.refusals.load(Ordering::Relaxed);
                ask.depth = Some(1).filter(|_| offers.depth && cuts.len() < MANY_CUTS);
                let is_first = haves.is_empty() || ask.depth.is_none();
                ask.filter = match (is_first, refused) {
                    _ if !offers.filter => None,
                    // What changed since is little, and saves asking folder by folder.
                    (false, 0) => Some(FOLDERS),
                    (_, 0) => Some(ROOTS),
                    (_, 1) => Some(NAMED_ALONE),
                    _ => None,
                };
                if self.is_whole() || refused >= MOST_REFUSALS {
                    (ask.depth, ask.filter) = (None, None);
                }
            }
        }
        // Then all that a server gives is here, and stays so.
        let is_all = self.why == Why::Cache && ask.depth.is_none() && ask.filter.is_none();
        if is_all && haves.is_empty() {
            // A server sends nothing of what lies beyond a cut that it is told of.
            ask.cuts = &[];
        }
        ask.thin |= self.is_whole();
        self.with_here(|odb| {
            let mut fetch = |ask: &Ask<'_>| {
                let place = Place {
                    odb,
                    to: self.common.clone(),
                    promised: promises,
                };
                connection.fetch(place, ask, progress, &mut |cut| self.cut(cut))
            };
            let mut left_out = fetch(&ask)?;
            if !left_out.is_empty() && self.why == Why::Cache {
                // Something is gone from here that the server was told is here.
                (ask.wants, ask.haves, ask.cuts) = (wants, &[], &[]);
                left_out = fetch(&ask)?;
            }
            self.join(odb)?;
            if let Some(one) = left_out.first() {
                return Err(connection.did_not_send(*one));
            }
            match is_all && haves.is_empty() {
                true => self.set_whole(),
                false => Ok(()),
            }
        })
    }

    /// Whether less may be refused of a server that has just refused something: then that is
    /// asked for next.
    pub fn asks_otherwise(&self) -> bool {
        let before = self.refusals.fetch_add(1, Ordering::Relaxed);
        self.why == Why::Cache && !self.is_whole() && before < MOST_REFUSALS
    }

    /// Whether the remote gives an object that is not here.
    pub fn gets(&self, id: ObjectId) -> bool {
        if self.origin().is_none() {
            return false;
        }
        let ask = Ask {
            wants: &[id],
            depth: Some(1),
            filter: Some(NAMED_ALONE),
            ..Ask::default()
        };
        match self.with_here(|odb| self.ask(odb, &ask)) {
            Ok(()) => true,
            Err(e) if e.kind() == Kind::NotFound => false,
            Err(e) => {
                self.keep_failure(e);
                false
            }
        }
    }

    /// Keeps why something could not be fetched, for whoever asks.
    pub fn keep_failure(&self, failure: Error) {
        locked(&self.failure).get_or_insert(failure);
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Whether `to` is seen to be in the history of `from` without asking anybody. If it is
    /// not seen, it may be there all the same.
    pub fn sees(&self, from: CommitId, to: CommitId) -> bool {
        let look = |odb: &Objects<'_>| Ok(cuts::reaches(odb, from, to));
        self.is_cut && self.with_here(look).unwrap_or(false)
    }

    /// Takes note of commits that are here, or that a ref of the remote names.
    pub fn note_tips(&self, tips: &[CommitId]) {
        locked(&self.tips).extend(tips);
    }

    /// Does `work` on the objects that are here.
    fn with_here<T>(&self, work: impl FnOnce(&Objects<'_>) -> Result<T>) -> Result<T> {
        let failed = || format!("the objects of {} cannot be read", self.common.display());
        let mut here = locked(&self.here);
        let turn = self.turns.load(Ordering::Relaxed);
        let repo = match here.take() {
            Some((then, repo)) if then == turn => repo,
            _ => Repository::open(self.past().unwrap_or(&self.common))
                .or_fail(Kind::Internal, failed)?,
        };
        let (_, repo) = here.insert((turn, repo));
        work(&Objects::of(repo)?)
    }

    /// Where what is fetched by need goes. A clone that no remote promises anything to must
    /// be whole to git: what it lacks lies beside it.
    fn place<'a>(&self, odb: &'a Objects<'a>) -> Place<'a> {
        let beside = self.past().filter(|_| !self.is_promised());
        Place {
            odb,
            to: beside.unwrap_or(&self.common).to_owned(),
            promised: self.is_promised(),
        }
    }

    /// Asks the remote for what is lacking.
    fn ask(&self, odb: &Objects<'_>, ask: &Ask<'_>) -> Result<()> {
        let Some(source) = self.origin() else {
            return Err(Error::new(
                Kind::NotFound,
                "objects are lacking here, and there is no remote to fetch them from",
            ));
        };
        let what = crate::words::count(ask.wants.len(), "object", "objects");
        let progress = &*source.progress;
        progress.step(&format!("fetch {what} that are lacking here"));
        source.origin.talk(&mut |connection| {
            let mut wants = ask.wants.to_vec();
            while !wants.is_empty() {
                let ask = Ask {
                    wants: &wants,
                    ..*ask
                };
                let cut = &mut |cut: &[CommitId]| self.cut(cut);
                let left_out = connection.fetch(self.place(odb), &ask, progress, cut)?;
                if left_out.len() == wants.len() {
                    return Err(connection.did_not_send(left_out[0]));
                }
                wants = left_out;
            }
            Ok(())
        })?;
        self.join(odb)
    }

    /// Fetches folders and files by their ids. They are not here, and something here names
    /// them.
    fn by_id(&self, odb: &Objects<'_>, ids: &[ObjectId], filter: &str) -> Result<()> {
        let ask = Ask {
            wants: ids,
            filter: Some(filter),
            ..Ask::default()
        };
        self.or_all(odb, ids, self.ask(odb, &ask))
    }

    /// Fetches one object that was met unforeseen. If it is a commit, those before it come
    /// with it, without their files.
    fn met(&self, odb: &Objects<'_>, id: ObjectId) -> Result<()> {
        let cuts = cuts::cuts(&self.common);
        let before = beyond(odb, &cuts);
        let haves: Vec<CommitId> = locked(&self.tips).iter().copied().collect();
        let haves = &haves[..haves.len().min(MOST_HAVES)];
        let one = [id];
        let mut ask = Ask {
            wants: &one,
            depth: self.deeper(),
            filter: Some(NAMED_ALONE),
            ..Ask::default()
        };
        if before.contains(&id) {
            (ask.haves, ask.cuts) = (haves, &cuts);
            // All that lies behind a cut is asked for at once: who walks one history mostly
            // walks others with it.
            ask.wants = &before;
            match self.ask(odb, &ask) {
                Err(e) if e.kind() == Kind::NotFound && before.len() > 1 => {
                    // Some of it is gone from the remote, and nothing leads there any more.
                    self.forget_cuts(odb)?;
                    ask.wants = &one;
                }
                done => return self.or_all(odb, &before, done),
            }
        }
        self.or_all(odb, &one, self.ask(odb, &ask))
    }

    /// Forgets the cuts of a cache that no tip leads to.
    fn forget_cuts(&self, odb: &Objects<'_>) -> Result<()> {
        if self.why != Why::Cache {
            return Ok(());
        }
        let tips: Vec<CommitId> = locked(&self.tips).iter().copied().collect();
        let reached = cuts::reached(odb, &tips);
        self.change_cuts(|cuts| cuts.retain(|cut| reached.contains(cut)))
    }

    fn deeper(&self) -> Option<u32> {
        let depth = self.depth.load(Ordering::Relaxed);
        let next = depth.saturating_mul(DEEPER);
        self.depth.store(next, Ordering::Relaxed);
        (next < i32::MAX as u32).then_some(depth)
    }

    /// Where a server gives nothing but what its refs name, all of that is fetched, once.
    fn or_all(&self, odb: &Objects<'_>, ids: &[ObjectId], done: Result<()>) -> Result<()> {
        let refused = match done {
            Err(e) if e.kind() == Kind::NotFound && !self.is_whole() => e,
            done => return done,
        };
        let tips = locked(&self.tips).clone();
        let tips: Vec<CommitId> = tips.into_iter().filter(|id| odb.has(*id)).collect();
        let is_partial = matches!(self.why, Why::Partial(_));
        if is_partial || tips.is_empty() {
            return Err(refused);
        }
        let ask = Ask {
            wants: &tips,
            ..Ask::default()
        };
        // One that is gone from the remote by now is no reason to hide why we ask; and what
        // is not among all of it is nothing that the remote has.
        if self.ask(odb, &ask).is_err() || !ids.iter().all(|id| odb.has(*id)) {
            return Err(refused);
        }
        match self.why {
            Why::Cache => self.set_whole(),
            _ => Ok(()),
        }
    }

    /// Notes that these commits come without their parents.
    fn cut(&self, commits: &[CommitId]) -> Result<()> {
        if self.why != Why::Cache {
            return Ok(());
        }
        self.change_cuts(|cuts| cuts.extend(commits))
    }

    /// Forgets the cuts of a cache whose parents are here by now.
    fn join(&self, odb: &Objects<'_>) -> Result<()> {
        if self.why != Why::Cache {
            return Ok(());
        }
        let joined = |cut: &CommitId| cuts::has_parents(odb, *cut);
        match cuts::cuts(&self.common).iter().any(joined) {
            true => self.change_cuts(|cuts| cuts.retain(|cut| !joined(cut))),
            false => Ok(()),
        }
    }

    fn change_cuts(&self, change: impl FnOnce(&mut BTreeSet<CommitId>)) -> Result<()> {
        cuts::change(&self.common, self.patience, change).or_fail(Kind::Internal, || {
            let file = self.common.join("shallow");
            format!("{} cannot be written", file.display())
        })
    }

    /// Whether this cache takes everything, since its server gives no object by its id.
    fn is_whole(&self) -> bool {
        self.why == Why::Cache && self.common.join(WHOLE).exists()
    }

    fn set_whole(&self) -> Result<()> {
        let place = self.common.join(WHOLE);
        let done = std::fs::create_dir_all(place.parent().unwrap_or(&place))
            .and_then(|()| std::fs::write(&place, ""));
        done.or_fail(Kind::Internal, || {
            format!("{} cannot be written", place.display())
        })
    }

    /// An object that is not here, fetched.
    fn fetched(&self, id: ObjectId) -> Result<Option<Found>> {
        self.with_here(|odb| {
            odb.refresh()?;
            if let Some(found) = read(odb, id) {
                return Ok(Some(found));
            }
            if self.origin().is_none() {
                return Ok(None);
            }
            self.met(odb, id)?;
            Ok(read(odb, id))
        })
    }
}

/// Its presence says that a cache takes everything.
const WHOLE: &str = "aidf/whole";

impl Filler for Narrow {
    fn beside(&self, id: ObjectId) -> Option<Found> {
        if self.is_promised() {
            return None;
        }
        self.with_here(|odb| {
            let here = odb.has_now(id);
            Ok(here.then(|| read(odb, id)).flatten())
        })
        .ok()
        .flatten()
    }

    fn obtain(&self, id: ObjectId) -> Result<Option<Found>, Failed> {
        // Who has failed once does not wait again for each further object.
        if self.failed.load(Ordering::Relaxed) {
            return Err(Failed);
        }
        self.fetched(id).map_err(|e| {
            self.keep_failure(e);
            Failed
        })
    }
}

fn read(odb: &Objects<'_>, id: ObjectId) -> Option<Found> {
    let object = odb.read(id).ok()?;
    Some(Found {
        kind: object.kind(),
        bytes: object.data().to_vec(),
    })
}
