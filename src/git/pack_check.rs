//! Reads a pack as it streams by, before anything that would hold its objects does.
//!
//! Format: gitformat-pack(5). Every entry is inflated once through a small buffer, so
//! that its end is known and its length is true. What is declared and above the bounds is
//! refused at its declaration; a delta's base has to be a whole entry within them, since
//! whoever applies it holds base, delta and result at once.

use super::hash::Hash;
use super::id::{ObjectFormat, ObjectId};
use super::limits::{TransferLimits, shown};
use crate::error::{Error, Kind, Result};
use flate2::{Decompress, FlushDecompress, Status};

/// The longest chain of deltas: git makes none that are longer (pack.depth).
const MAX_DEPTH: u16 = 4095;

const OFS_DELTA: u8 = 6;
const REF_DELTA: u8 = 7;
const BLOB: u8 = 3;

/// How many bytes an object of this store has; `None` for one that is not here.
pub(super) type SizeOf<'a> = dyn Fn(ObjectId) -> Option<u64> + 'a;

enum State {
    Head(Vec<u8>),
    Size { first: bool, shift: u32 },
    Offset { first: bool, value: u64 },
    Name(Vec<u8>),
    Data,
    Trailer(usize),
}

/// The entry that is being read.
#[derive(Default)]
struct Entry {
    start: u64,
    kind: u8,
    size: u64,
    depth: u16,
    /// The two lengths at a delta's beginning.
    lengths: Lengths,
    /// The id of a file that is too large to be a base.
    hash: Option<Hash>,
}

#[derive(Default)]
struct Lengths {
    read: u8,
    value: u64,
    shift: u32,
}

/// A pack that is being read.
pub(super) struct PackCheck {
    limits: TransferLimits,
    format: ObjectFormat,
    state: State,
    at: u64,
    count: u32,
    entry: Entry,
    inflate: Decompress,
    out: Vec<u8>,
    /// Where entries begin, shifted by one; the lowest bit is set for those too large to
    /// be a base.
    starts: Vec<u64>,
    depths: Vec<u16>,
    /// The ids of those too large, and the beginnings of ids that deltas name in this pack.
    large: Vec<ObjectId>,
    named: Vec<[u8; 8]>,
    takes_names: bool,
    names_bases: bool,
    made: u64,
}

fn damaged(why: &str) -> Error {
    Error::new(Kind::Integrity, format!("the pack is damaged: {why}"))
}

fn beyond(what: String, limit: String, setting: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!("the pack has {what}, and aidf accepts at most {limit}"),
    )
    .hint(format!(
        "nothing was kept; if this is expected, raise transfer.{setting} in the configuration"
    ))
}

impl PackCheck {
    /// A check of a pack that has not begun, of a repository of this format. Without
    /// `takes_names`, deltas against objects by their id are refused.
    pub(super) fn new(limits: TransferLimits, format: ObjectFormat, takes_names: bool) -> Self {
        PackCheck {
            limits,
            format,
            state: State::Head(Vec::new()),
            at: 0,
            count: 0,
            entry: Entry::default(),
            inflate: Decompress::new(true),
            out: vec![0; 64 << 10],
            starts: Vec::new(),
            depths: Vec::new(),
            large: Vec::new(),
            named: Vec::new(),
            takes_names,
            names_bases: false,
            made: 0,
        }
    }

    /// Whether a delta has named its base by id, so far.
    pub(super) fn names_bases(&self) -> bool {
        self.names_bases
    }

    /// How many bytes its deltas say they make, all together, so far.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// How many objects it says it has.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Whether it has been read to its end.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.state, State::Trailer(got) if got == self.format.bytes())
    }

    /// Reads on. What it refuses must not be passed on.
    ///
    /// Errors: integrity, for what is no pack; denied, for what is above a bound.
    pub(super) fn add(&mut self, mut bytes: &[u8], size_of: &SizeOf<'_>) -> Result<()> {
        if self.at + bytes.len() as u64 > self.limits.pack_bytes {
            let limit = shown(self.limits.pack_bytes);
            return Err(beyond(format!("more than {limit}"), limit, "pack_bytes"));
        }
        while !bytes.is_empty() {
            if matches!(self.state, State::Data) {
                let read = self.inflate_some(bytes)?;
                self.at += read as u64;
                bytes = &bytes[read..];
            } else {
                self.at += 1;
                self.one(bytes[0], size_of)?;
                bytes = &bytes[1..];
            }
        }
        Ok(())
    }

    fn one(&mut self, byte: u8, size_of: &SizeOf<'_>) -> Result<()> {
        match &mut self.state {
            State::Head(head) => {
                head.push(byte);
                if head.len() == 12 {
                    let head = std::mem::take(head);
                    return self.begin(&head);
                }
            }
            State::Size { first: true, .. } => {
                self.entry = Entry {
                    start: self.at - 1,
                    kind: (byte >> 4) & 7,
                    size: u64::from(byte & 15),
                    ..Entry::default()
                };
                self.state = State::Size {
                    first: false,
                    shift: 4,
                };
                if byte & 0x80 == 0 {
                    return self.sized();
                }
            }
            State::Size { shift, .. } => {
                if *shift > 56 {
                    return Err(damaged("an object's length has no end"));
                }
                self.entry.size |= u64::from(byte & 0x7f) << *shift;
                *shift += 7;
                if byte & 0x80 == 0 {
                    return self.sized();
                }
            }
            State::Offset { first, value } => {
                // gitformat-pack: each further group of seven bits adds one.
                if *value >= 1 << 55 {
                    return Err(damaged("a delta's base lies before the pack"));
                }
                *value = match *first {
                    true => u64::from(byte & 0x7f),
                    false => ((*value + 1) << 7) | u64::from(byte & 0x7f),
                };
                *first = false;
                if byte & 0x80 == 0 {
                    let back = *value;
                    return self.based_on_entry(back);
                }
            }
            State::Name(name) => {
                name.push(byte);
                if name.len() == self.format.bytes()
                    && let Some(id) = ObjectId::from_bytes(name)
                {
                    return self.based_on_id(id, size_of);
                }
            }
            State::Trailer(got) => {
                if *got == self.format.bytes() {
                    return Err(damaged("there is more data after its end"));
                }
                *got += 1;
            }
            State::Data => {}
        }
        Ok(())
    }

    fn begin(&mut self, head: &[u8]) -> Result<()> {
        if !head.starts_with(b"PACK\0\0\0\x02") {
            return Err(damaged("it does not start like a pack of version 2"));
        }
        self.count = head[8..].iter().fold(0, |n, b| n << 8 | u32::from(*b));
        if u64::from(self.count) > self.limits.objects {
            let (what, limit) = (self.count, self.limits.objects);
            return Err(beyond(
                format!("{what} objects"),
                limit.to_string(),
                "objects",
            ));
        }
        self.next_entry()
    }

    fn next_entry(&mut self) -> Result<()> {
        if self.starts.len() < self.count as usize {
            self.state = State::Size {
                first: true,
                shift: 0,
            };
            return Ok(());
        }
        // Nobody applies a delta before the pack's end: this is soon enough.
        for id in &self.large {
            if self.named.iter().any(|n| id.as_bytes().starts_with(n)) {
                return Err(self.base_too_large());
            }
        }
        self.state = State::Trailer(0);
        Ok(())
    }

    /// The length of an entry is known, what it is based on is not yet.
    fn sized(&mut self) -> Result<()> {
        let Entry { kind, size, .. } = self.entry;
        let (limit, setting) = match kind {
            BLOB => (self.limits.object_bytes, "object_bytes"),
            _ => (self.limits.memory_bytes, "memory_bytes"),
        };
        if size > limit {
            let what = match kind {
                BLOB => "a file",
                OFS_DELTA | REF_DELTA => "a delta",
                _ => "a commit, tree or tag",
            };
            return Err(beyond(
                format!("{what} of {}", shown(size)),
                shown(limit),
                setting,
            ));
        }
        match kind {
            1..=4 => {
                if size > self.limits.memory_bytes {
                    let mut hash = Hash::new(self.format);
                    hash.update(format!("blob {size}\0").as_bytes());
                    self.entry.hash = Some(hash);
                }
                self.begin_data();
                Ok(())
            }
            OFS_DELTA => {
                self.state = State::Offset {
                    first: true,
                    value: 0,
                };
                Ok(())
            }
            REF_DELTA if self.takes_names => {
                self.names_bases = true;
                self.state = State::Name(Vec::with_capacity(self.format.bytes()));
                Ok(())
            }
            REF_DELTA => Err(Error::new(
                Kind::Unavailable,
                "the server sends deltas that only git itself can index",
            )
            .hint("install git, so that it is in PATH")
            .retryable(false)),
            _ => Err(damaged("it contains an object of an unknown type")),
        }
    }

    fn based_on_entry(&mut self, back: u64) -> Result<()> {
        // In the midst of another entry could stand anything, of any length.
        let at = self
            .entry
            .start
            .checked_sub(back)
            .filter(|_| back > 0)
            .and_then(|base| self.begins_at(base))
            .ok_or_else(|| damaged("a delta's base is not an object"))?;
        if self.starts[at] & 1 == 1 {
            return Err(self.base_too_large());
        }
        self.entry.depth = self.depths[at] + 1;
        if self.entry.depth > MAX_DEPTH {
            return Err(damaged("a chain of deltas is longer than git makes"));
        }
        self.begin_data();
        Ok(())
    }

    /// Which entry begins there. git writes most deltas soon after their base, so that the search
    /// goes back from the end in growing steps.
    fn begins_at(&self, at: u64) -> Option<usize> {
        let (mut from, mut to, mut step) = (self.starts.len(), self.starts.len(), 1);
        while from > 0 && self.starts[from - 1] >> 1 >= at {
            to = from;
            from = from.saturating_sub(step);
            step *= 2;
        }
        let among = self.starts[from..to].binary_search_by(|s| (s >> 1).cmp(&at));
        among.ok().map(|n| from + n)
    }

    fn based_on_id(&mut self, id: ObjectId, size_of: &SizeOf<'_>) -> Result<()> {
        match size_of(id) {
            Some(size) if size > self.limits.memory_bytes => return Err(self.base_too_large()),
            Some(_) => {}
            None => {
                let mut begins = [0; 8];
                begins.copy_from_slice(&id.as_bytes()[..8]);
                self.named.push(begins);
            }
        }
        self.begin_data();
        Ok(())
    }

    fn base_too_large(&self) -> Error {
        let limit = shown(self.limits.memory_bytes);
        beyond(
            format!("a delta on an object of more than {limit}"),
            limit,
            "memory_bytes",
        )
    }

    fn begin_data(&mut self) {
        self.inflate.reset(true);
        self.state = State::Data;
    }

    /// Inflates what one buffer holds; answers how many bytes that took.
    fn inflate_some(&mut self, bytes: &[u8]) -> Result<usize> {
        let (in_before, out_before) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(bytes, &mut self.out, FlushDecompress::None)
            .map_err(|e| damaged("an object cannot be inflated").caused_by(e))?;
        let read = (self.inflate.total_in() - in_before) as usize;
        let made = (self.inflate.total_out() - out_before) as usize;
        if self.inflate.total_out() > self.entry.size {
            return Err(damaged("an object is longer than its header says"));
        }
        if matches!(self.entry.kind, OFS_DELTA | REF_DELTA) && self.entry.lengths.read < 2 {
            self.read_lengths(made)?;
        }
        if let Some(hash) = &mut self.entry.hash {
            hash.update(&self.out[..made]);
        }
        match status {
            Status::StreamEnd => self.end_entry()?,
            _ if read == 0 && made == 0 => {
                return Err(damaged("an object cannot be inflated"));
            }
            _ => {}
        }
        Ok(read)
    }

    /// Reads the lengths of base and result, with which a delta begins.
    fn read_lengths(&mut self, made: usize) -> Result<()> {
        let lengths = &mut self.entry.lengths;
        for byte in &self.out[..made] {
            if lengths.read == 2 {
                break;
            }
            if lengths.shift > 56 {
                return Err(damaged("a delta's length has no end"));
            }
            lengths.value |= u64::from(byte & 0x7f) << lengths.shift;
            lengths.shift += 7;
            if byte & 0x80 != 0 {
                continue;
            }
            let (limit, size) = (self.limits.memory_bytes, lengths.value);
            if size > limit {
                return Err(beyond(
                    format!("a delta that makes or needs {}", shown(size)),
                    shown(limit),
                    "memory_bytes",
                ));
            }
            // The second of the two is the result's.
            if lengths.read == 1 {
                self.made = self.made.saturating_add(size);
            }
            *lengths = Lengths {
                read: lengths.read + 1,
                ..Lengths::default()
            };
        }
        Ok(())
    }

    fn end_entry(&mut self) -> Result<()> {
        if self.inflate.total_out() != self.entry.size {
            return Err(damaged("an object is shorter than its header says"));
        }
        let is_delta = matches!(self.entry.kind, OFS_DELTA | REF_DELTA);
        if is_delta && self.entry.lengths.read < 2 {
            return Err(damaged("a delta does not say the length of what it makes"));
        }
        let large = self.entry.hash.take().map(Hash::id);
        self.starts
            .push(self.entry.start << 1 | u64::from(large.is_some()));
        self.depths.push(self.entry.depth);
        self.large.extend(large.flatten());
        self.next_entry()
    }
}

#[cfg(test)]
mod tests;
