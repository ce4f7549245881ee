//! What was changed in a ledger since it was read in full. Pure.

/// What happened to a ledger that was read in full before. Its entries are counted from the
/// first one on that is listed.
pub(super) struct Known {
    /// How many of those that it had are listed.
    pub count: usize,
    /// Those among them that were replaced.
    pub replaced: Vec<usize>,
    /// Those, now, before which an entry was taken out, each once; the count of all where
    /// it was the last one.
    pub joined: Vec<usize>,
    /// Whether entries were removed anywhere: then any neighbours changed.
    pub removed: bool,
}

impl Known {
    pub fn new(count: usize) -> Known {
        Known {
            count,
            replaced: Vec::new(),
            joined: Vec::new(),
            removed: false,
        }
    }

    /// So many more are listed, before the others.
    pub fn listed(&mut self, more: usize) {
        self.count += more;
        let places = self.replaced.iter_mut().chain(&mut self.joined);
        places.for_each(|at| *at += more);
    }

    pub fn replace(&mut self, at: usize) {
        if at < self.count && !self.replaced.contains(&at) {
            self.replaced.push(at);
        }
    }

    /// One goes, and those beside it are neighbours now.
    pub fn take_out(&mut self, at: usize) {
        self.count -= usize::from(at < self.count);
        self.replaced.retain(|other| *other != at);
        let places = self.replaced.iter_mut().chain(&mut self.joined);
        places.for_each(|other| *other -= usize::from(*other > at));
        self.joined.push(at);
        self.joined.sort_unstable();
        self.joined.dedup();
    }

    pub fn remove(&mut self) {
        self.removed = true;
    }

    pub fn is_changed(&self, at: usize) -> bool {
        at >= self.count || self.replaced.contains(&at)
    }
}
