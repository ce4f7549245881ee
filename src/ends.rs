//! What two byte strings share at their start and at their end. Pure.

/// So many bytes are compared at once, which is many times quicker than one by one.
const BLOCK: usize = 4096;

/// How many bytes are the same at the start of both.
pub fn common_start(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK));
    let same = BLOCK * blocks.take_while(|(a, b)| a == b).count();
    let rest = a[same..].iter().zip(&b[same..]);
    same + rest.take_while(|(a, b)| a == b).count()
}

/// How many bytes are the same at the end of both.
pub fn common_end(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK));
    let same = BLOCK * blocks.take_while(|(a, b)| a == b).count();
    let rest = a[..a.len() - same].iter().rev();
    let rest = rest.zip(b[..b.len() - same].iter().rev());
    same + rest.take_while(|(a, b)| a == b).count()
}

/// How much a text still has of what it was made from, in bytes: so many at its start, and so
/// many at its end. The two never overlap, but in a text that is as it was: that has all of it
/// at both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// The length of what it was made from.
    pub of: usize,
    /// How much of that it starts with.
    pub start: usize,
    /// How much of that it ends with.
    pub end: usize,
}

impl Shared {
    /// What `new` has of `old`.
    pub fn between(old: &[u8], new: &[u8]) -> Shared {
        let start = common_start(old, new);
        Shared {
            of: old.len(),
            start,
            end: common_end(&old[start..], &new[start..]),
        }
    }

    /// That of a text of this length that is as it was.
    pub fn all(length: usize) -> Shared {
        Shared {
            of: length,
            start: length,
            end: length,
        }
    }

    /// Takes note of a change that leaves so many bytes before it and after it as they were.
    pub fn change(&mut self, before: usize, after: usize) {
        self.start = self.start.min(before);
        self.end = self.end.min(after);
    }

    /// Whether nothing was changed.
    pub fn is_all(&self) -> bool {
        self.start == self.of && self.end == self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_counted_to_the_byte() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
            let a: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            assert_eq!((common_start(&a, &a), common_end(&a, &a)), (length, length));
            for at in [0, 1, BLOCK - 1, BLOCK, length.saturating_sub(1)] {
                if at < length {
                    let mut b = a.clone();
                    b[at] ^= 1;
                    assert_eq!(common_start(&a, &b), at);
                    assert_eq!(common_end(&a, &b), length - at - 1);
                }
            }
            let longer = [&a[..], b"x"].concat();
            assert_eq!(common_start(&a, &longer), length);
            let longer = [b"x", &a[..]].concat();
            assert_eq!(common_end(&longer, &a), length);
        }
    }
}
