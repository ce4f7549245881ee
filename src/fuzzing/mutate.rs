//! Inputs near a target's seeds, drawn from a number so that they can be drawn again.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// No input grows beyond so many bytes.
const LONGEST: usize = 8 << 10;

/// The words of a dictionary in libFuzzer's form: one a line, in quotes, with `\xNN`.
pub(super) fn words(text: &str) -> Vec<Vec<u8>> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
        .map(|line| {
            let mut word = Vec::new();
            let mut rest = line;
            while let Some(c) = rest.chars().next() {
                if let Some(byte) = rest
                    .strip_prefix("\\x")
                    .and_then(|r| u8::from_str_radix(r.get(..2)?, 16).ok())
                {
                    word.push(byte);
                    rest = &rest[4..];
                    continue;
                }
                rest = rest.strip_prefix('\\').unwrap_or(rest);
                let c = rest.chars().next().unwrap_or(c);
                word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[c.len_utf8().min(rest.len())..];
            }
            word
        })
        .collect()
}

/// Draws inputs.
pub(super) struct Draw<'a> {
    rng: StdRng,
    seeds: &'a [Vec<u8>],
    words: &'a [Vec<u8>],
}

impl<'a> Draw<'a> {
    /// Each target draws by itself: a new one changes nothing for the others.
    pub fn new(seed: u64, target: &str, seeds: &'a [Vec<u8>], words: &'a [Vec<u8>]) -> Self {
        let name = target
            .bytes()
            .fold(0u64, |n, b| n.wrapping_mul(31).wrapping_add(u64::from(b)));
        Draw {
            rng: StdRng::seed_from_u64(seed ^ name),
            seeds,
            words,
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.rng.random_range(0..n.max(1))
    }

    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.seeds[self.below(self.seeds.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(8) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.rng.random(),
            2 => input.truncate(at),
            3 if at < end => drop(input.drain(at..end)),
            // A part again, somewhere else.
            4 if at < end => {
                let part = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, part);
            }
            // A part of another seed.
            5 => {
                let other = &self.seeds[self.rng.random_range(0..self.seeds.len())];
                let from = self.rng.random_range(0..=other.len());
                input.splice(at.min(input.len()).., other[from..].iter().copied());
            }
            // A word over what is there.
            6 if at < end => {
                let word = &self.words[self.rng.random_range(0..self.words.len())];
                input.splice(at..end, word.iter().copied());
            }
            _ => {
                let word = &self.words[self.rng.random_range(0..self.words.len())];
                input.splice(at..at, word.iter().copied());
            }
        }
    }
}
