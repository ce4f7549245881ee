//! How many branches stand to one base: what each has by itself, where it left the base, and
//! how far it is ahead and behind. The history is read once for all of them.
//!
//! Commits are read from the newest down, until all that is left belongs to every branch.
//! Then the answers come from one pass over what was read, parents after their children.
//! Which commit is newer only its date says, and a date may lie. So the reading goes on for
//! a while below the oldest commit that matters, as git's own does.

use super::header::Header;
use super::id::{CommitId, ObjectId};
use super::lanes::{Counts, LANES, Mask};
use super::objects::Objects;
use super::store::Store;
use crate::clock::DAY;
use crate::error::{Error, Kind, Result};
use git2::ObjectType;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// By how many seconds the dates of a commit and its parent may be the wrong way round.
const SKEW: i64 = DAY;
/// How many commits are read on account of that, at most.
const SPARE: usize = 4096;

/// How a branch stands to its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// Commits that the base has not.
    pub ahead: u64,
    /// Commits of the base that it has not.
    pub behind: u64,
    /// The best common ancestor; none where they have none.
    pub fork: Option<CommitId>,
}

/// Branches, and how they stand to one base.
pub struct Lineage<'s> {
    graph: Graph<'s>,
    tips: Vec<Tip>,
    /// By set of fork points: commits behind, and the best of the set.
    sets: Vec<(u64, Option<CommitId>)>,
    /// The last walk that met each commit.
    met: Vec<u32>,
    walks: u32,
}

struct Tip {
    at: u32,
    ahead: u64,
    /// None where a commit of its own cannot be read.
    set: Option<usize>,
}

impl Store {
    /// Compares branches with one base; without one, everything is their own.
    ///
    /// Errors: internal, when the object store cannot be opened. A branch that cannot be
    /// read has its error in its own answer.
    pub fn lineage(&self, base: Option<CommitId>, tips: &[CommitId]) -> Result<Lineage<'_>> {
        let mut graph = Graph::of(self)?;
        let base = base.map(|id| graph.place(id));
        let places: Vec<u32> = tips.iter().map(|tip| graph.place(*tip)).collect();
        let mut seeds: Vec<(u32, Mask)> = base.map(|at| (at, Mask::lane(0))).into_iter().collect();
        seeds.extend(places.iter().map(|at| (*at, Mask::default())));
        graph.read_down(&seeds, Mask::lane(0));
        graph.mark_base(base);

        let mut lineage = Lineage {
            met: vec![0; graph.nodes.len()],
            graph,
            tips: Vec::with_capacity(places.len()),
            sets: Vec::new(),
            walks: 0,
        };
        let mut sets: HashMap<Vec<u32>, usize> = HashMap::new();
        for at in places {
            let (mut ahead, mut forks) = (0, Vec::new());
            let whole = lineage.walk(at, |_| ahead += 1, |fork| forks.push(fork));
            forks.sort_unstable();
            let next = sets.len();
            let set = whole.is_ok().then(|| *sets.entry(forks).or_insert(next));
            lineage.tips.push(Tip { at, ahead, set });
        }
        let mut forks = vec![Vec::new(); sets.len()];
        sets.into_iter().for_each(|(set, at)| forks[at] = set);
        lineage.sets = lineage.graph.judge(base, &forks);
        for (at, set) in forks.iter().enumerate() {
            // Several that are no ancestors of each other: a crossed history.
            if set.len() > 1 && lineage.sets[at].1.is_none() {
                let of = lineage.tips.iter().find(|tip| tip.set == Some(at));
                let ids = of.zip(base).map(|(tip, base)| [tip.at, base]);
                let ids = ids.map(|ids| ids.map(|at| lineage.graph.id(at)));
                lineage.sets[at].1 = ids.and_then(|[tip, base]| self.merge_base(tip, base));
            }
        }
        Ok(lineage)
    }
}

impl Lineage<'_> {
    /// How the branch stands whose tip was given at this place.
    ///
    /// Errors: not_found, where a commit of its own is not here or is malformed.
    pub fn stand(&self, tip: usize) -> Result<Stand> {
        let Tip { at, ahead, set } = self.tips[tip];
        let (behind, fork) = match set {
            Some(set) => self.sets[set],
            None => return Err(unreadable(self.graph.id(at))),
        };
        Ok(Stand {
            ahead,
            behind,
            fork,
        })
    }

    /// The commits which that branch has and the base has not, in no order.
    ///
    /// Errors: not_found, as above.
    pub fn own(&mut self, tip: usize) -> Result<Vec<CommitId>> {
        let mut own = Vec::new();
        self.walk(self.tips[tip].at, |at| own.push(at), |_| {})?;
        Ok(own.into_iter().map(|at| self.graph.id(at)).collect())
    }

    /// The commits that the base has not, of a commit and its history, where that branch has
    /// this commit and the base has not; none otherwise.
    ///
    /// Errors: not_found, as above.
    pub fn inherited(&mut self, tip: usize, of: CommitId) -> Result<Vec<CommitId>> {
        let at = self.graph.known.get(&of).copied();
        let Some(of) = at.filter(|at| !self.graph.nodes[*at as usize].of_base) else {
            return Ok(Vec::new());
        };
        let (mut has, mut inherited) = (false, Vec::new());
        self.walk(self.tips[tip].at, |at| has |= at == of, |_| {})?;
        if has {
            self.walk(of, |at| inherited.push(at), |_| {})?;
        }
        Ok(inherited.into_iter().map(|at| self.graph.id(at)).collect())
    }

    /// The tree of a commit that was read for this.
    ///
    /// Errors: not_found, for another commit.
    pub fn tree(&self, commit: CommitId) -> Result<ObjectId> {
        let at = self.graph.known.get(&commit);
        let tree = at.and_then(|at| self.graph.nodes[*at as usize].tree);
        tree.ok_or_else(|| unreadable(commit))
    }

    /// Goes through the commits that a tip has by itself, and through those of the base
    /// that they come from.
    fn walk(
        &mut self,
        tip: u32,
        mut own: impl FnMut(u32),
        mut fork: impl FnMut(u32),
    ) -> Result<()> {
        self.walks += 1;
        let mut open = vec![tip];
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut self.met[at as usize], self.walks) == self.walks {
                continue;
            }
            let node = &self.graph.nodes[at as usize];
            if node.of_base {
                fork(at);
                continue;
            }
            if node.state != State::Read {
                return Err(unreadable(self.graph.id(at)));
            }
            own(at);
            open.extend_from_slice(self.graph.parents(at));
        }
        Ok(())
    }
}

fn unreadable(id: CommitId) -> Error {
    Error::new(
        Kind::NotFound,
        format!("commit {id}, or one before it, is not in this store, or is malformed"),
    )
}

/// The commits that were read, and how they hang together.
struct Graph<'s> {
    odb: Objects<'s>,
    nodes: Vec<Node>,
    /// The parents of all nodes.
    edges: Vec<u32>,
    known: HashMap<CommitId, u32>,
}

struct Node {
    id: CommitId,
    /// Of one that was read.
    tree: Option<ObjectId>,
    time: i64,
    /// Its parents among the edges: from here, so many.
    first: u32,
    parents: u32,
    state: State,
    /// Whether it is the base or in its history.
    of_base: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only its id is known.
    Known,
    Read,
    Unreadable,
}

impl<'s> Graph<'s> {
    fn of(store: &'s Store) -> Result<Graph<'s>> {
        Ok(Graph {
            odb: Objects::of(store.past())?,
            nodes: Vec::new(),
            edges: Vec::new(),
            known: HashMap::new(),
        })
    }

    fn id(&self, at: u32) -> CommitId {
        self.nodes[at as usize].id
    }

    fn parents(&self, at: u32) -> &[u32] {
        let node = &self.nodes[at as usize];
        &self.edges[node.first as usize..][..node.parents as usize]
    }

    /// The place of a commit, which need not be read for that.
    fn place(&mut self, id: CommitId) -> u32 {
        let nodes = &mut self.nodes;
        *self.known.entry(id).or_insert_with(|| {
            nodes.push(Node {
                id,
                tree: None,
                time: 0,
                first: 0,
                parents: 0,
                state: State::Known,
                of_base: false,
            });
            nodes.len() as u32 - 1
        })
    }

    /// Reads a commit, unless that was done before; answers its time.
    fn read(&mut self, at: u32) -> i64 {
        let node = &self.nodes[at as usize];
        if node.state != State::Known {
            return node.time;
        }
        let format = self.odb.format();
        let read = |object: git2::OdbObject<'_>| {
            let is_commit = object.kind() == ObjectType::Commit;
            is_commit.then(|| Header::read(object.data(), format))?
        };
        let header = self.odb.read(node.id).ok().and_then(read);
        let Some(header) = header else {
            self.nodes[at as usize].state = State::Unreadable;
            return 0;
        };
        let parents = header.parents;
        let first = self.edges.len() as u32;
        for parent in &parents {
            let parent = self.place(*parent);
            self.edges.push(parent);
        }
        let node = &mut self.nodes[at as usize];
        (node.first, node.parents) = (first, parents.len() as u32);
        (node.time, node.tree) = (header.time, Some(header.tree));
        node.state = State::Read;
        header.time
    }

    /// Reads the history of `seeds` from the newest down, until all that is left is below
    /// all of `full`.
    ///
    /// Each commit is met once. Where dates lie, one may be taken for less common than it
    /// is: then more is read than was needed, and nothing too little.
    fn read_down(&mut self, seeds: &[(u32, Mask)], full: Mask) {
        let mut met: Vec<Met> = Vec::new();
        let mut queue = BinaryHeap::new();
        let (mut open, mut order) = (0_usize, 0_u32);
        let (mut oldest, mut spare) = (i64::MAX, SPARE);
        let mut reached: Vec<(u32, Mask)> = seeds.to_vec();
        loop {
            for (at, mask) in reached.drain(..) {
                if met.len() <= at as usize {
                    met.resize_with(self.nodes.len(), Met::default);
                }
                let met = &mut met[at as usize];
                match met.turn {
                    Turn::ToCome => {
                        order += 1;
                        queue.push((self.read(at), Reverse(order), at));
                        met.turn = Turn::Waits;
                        met.mask = mask;
                        open += usize::from(mask != full);
                    }
                    Turn::Waits if met.mask != full => {
                        met.mask = met.mask.with(mask);
                        open -= usize::from(met.mask == full);
                    }
                    Turn::Waits | Turn::Over => {}
                }
            }
            let Some((time, _, at)) = queue.pop() else {
                return;
            };
            if open == 0 {
                if spare == 0 || time < oldest.saturating_sub(SKEW) {
                    return;
                }
                spare -= 1;
            }
            let met = &mut met[at as usize];
            met.turn = Turn::Over;
            let mask = met.mask;
            if mask != full {
                open -= 1;
                oldest = oldest.min(time);
            }
            reached.extend(self.parents(at).iter().map(|parent| (*parent, mask)));
        }
    }

    /// Every place, parents after their children.
    fn order(&self) -> Vec<u32> {
        let mut children = vec![0_u32; self.nodes.len()];
        self.edges.iter().for_each(|to| children[*to as usize] += 1);
        let all = 0..self.nodes.len() as u32;
        let mut open: Vec<u32> = all.filter(|at| children[*at as usize] == 0).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(at) = open.pop() {
            order.push(at);
            for parent in self.parents(at) {
                let left = &mut children[*parent as usize];
                *left -= 1;
                if *left == 0 {
                    open.push(*parent);
                }
            }
        }
        order
    }

    /// Marks the base and its history; answers them, parents after their children.
    fn mark_base(&mut self, base: Option<u32>) -> Vec<u32> {
        let Some(base) = base else {
            return Vec::new();
        };
        self.nodes[base as usize].of_base = true;
        let mut order = self.order();
        order.retain(|at| {
            let node = &self.nodes[*at as usize];
            let (first, parents) = (node.first as usize, node.parents as usize);
            if node.of_base {
                for parent in &self.edges[first..][..parents] {
                    self.nodes[*parent as usize].of_base = true;
                }
            }
            self.nodes[*at as usize].of_base
        });
        order
    }

    /// For each set of commits of the base: how many commits of the base are in the history
    /// of none of them, and which of them is the best, if the others are in its history.
    fn judge(&mut self, base: Option<u32>, sets: &[Vec<u32>]) -> Vec<(u64, Option<CommitId>)> {
        let mut judged = vec![(0, None); sets.len()];
        let Some(base) = base else {
            return judged;
        };
        let time = |graph: &Graph<'_>, at: &u32| graph.nodes[*at as usize].time;
        // Those that are newest need the least history, so they stand together.
        let mut newest_first: Vec<usize> = (0..sets.len()).collect();
        let oldest = |at: &usize| sets[*at].iter().map(|fork| time(self, fork)).min();
        newest_first.sort_by_cached_key(|at| Reverse(oldest(at)));
        for lanes in newest_first.chunks(LANES) {
            let mut seeds = vec![(base, Mask::default())];
            for (lane, set) in lanes.iter().enumerate() {
                seeds.extend(sets[*set].iter().map(|fork| (*fork, Mask::lane(lane))));
            }
            self.read_down(&seeds, Mask::lanes(lanes.len()));
        }
        let order = self.mark_base(Some(base));
        let best = |at: usize| sets[at].iter().copied().max_by_key(|fork| time(self, fork));
        for lanes in newest_first.chunks(LANES) {
            let seeds = lanes.iter().enumerate();
            let (_, counts) = self.paint(
                &order,
                seeds.flat_map(|(lane, set)| sets[*set].iter().map(move |fork| (lane, *fork))),
            );
            for (lane, set) in lanes.iter().enumerate() {
                judged[*set].0 = order.len() as u64 - counts.of(lane);
            }
        }
        let (several, one): (Vec<usize>, Vec<usize>) =
            (0..sets.len()).partition(|at| sets[*at].len() > 1);
        for at in one {
            judged[at].1 = best(at).map(|fork| self.id(fork));
        }
        for lanes in several.chunks(LANES) {
            let seeds = lanes.iter().enumerate();
            let (masks, _) = self.paint(
                &order,
                seeds.filter_map(|(lane, set)| Some((lane, best(*set)?))),
            );
            for (lane, set) in lanes.iter().enumerate() {
                let mut forks = sets[*set].iter();
                if forks.all(|fork| masks[*fork as usize].has(lane)) {
                    judged[*set].1 = best(*set).map(|fork| self.id(fork));
                }
            }
        }
        judged
    }

    /// Paints each seed and its history in the colour of its lane; answers the colours of
    /// each place, and how many of `order` have each colour.
    fn paint(
        &self,
        order: &[u32],
        seeds: impl Iterator<Item = (usize, u32)>,
    ) -> (Vec<Mask>, Counts) {
        let mut masks = vec![Mask::default(); self.nodes.len()];
        for (lane, at) in seeds {
            masks[at as usize] = masks[at as usize].with(Mask::lane(lane));
        }
        let mut counts = Counts::default();
        for at in order {
            let mask = masks[*at as usize];
            counts.add(mask);
            for parent in self.parents(*at) {
                masks[*parent as usize] = masks[*parent as usize].with(mask);
            }
        }
        (masks, counts)
    }
}

/// What the reading knows of a commit.
#[derive(Default)]
struct Met {
    mask: Mask,
    turn: Turn,
}

/// Whether it was a commit's turn to have its parents read.
#[derive(Default)]
enum Turn {
    #[default]
    ToCome,
    Waits,
    Over,
}
