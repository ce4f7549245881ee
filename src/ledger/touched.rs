//! What was changed in a ledger since it was read in full. Pure.

/// What happened to a ledger that was read in full before.
pub(super) struct Known {
    /// How many entries it had.
    pub count: usize,
    /// The entries among them that were replaced.
    pub replaced: Vec<usize>,
    /// Whether entries were removed: then neighbours changed.
    pub removed: bool,
}

impl Known {
    pub fn new(count: usize) -> Known {
        Known {
            count,
            replaced: Vec::new(),
            removed: false,
        }
    }

    pub fn replace(&mut self, at: usize) {
        if at < self.count && !self.replaced.contains(&at) {
            self.replaced.push(at);
        }
    }

    pub fn remove(&mut self) {
        self.removed = true;
    }

    pub fn is_changed(&self, at: usize) -> bool {
        at >= self.count || self.replaced.contains(&at)
    }
}
