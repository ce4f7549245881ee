//! Sets of a few hundred things, worked on all at once.

/// How many sets of commits one pass tells apart.
pub(super) const LANES: usize = 256;

/// A set of lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mask([u64; LANES / 64]);

impl Mask {
    pub fn lane(lane: usize) -> Mask {
        let mut mask = Mask::default();
        mask.0[lane / 64] |= 1 << (lane % 64);
        mask
    }

    /// The first so many.
    pub fn lanes(count: usize) -> Mask {
        (0..count).fold(Mask::default(), |all, lane| all.with(Mask::lane(lane)))
    }

    pub fn with(mut self, other: Mask) -> Mask {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        self
    }

    pub fn has(self, lane: usize) -> bool {
        self.0[lane / 64] >> (lane % 64) & 1 == 1
    }
}

/// How often each lane was set, all lanes counted at once: the first mask holds the ones,
/// the next the twos, and so on.
#[derive(Default)]
pub(super) struct Counts(Vec<Mask>);

impl Counts {
    pub fn add(&mut self, mask: Mask) {
        let mut carry = mask;
        for digit in &mut self.0 {
            if carry == Mask::default() {
                return;
            }
            for (digit, carry) in digit.0.iter_mut().zip(&mut carry.0) {
                (*digit, *carry) = (*digit ^ *carry, *digit & *carry);
            }
        }
        if carry != Mask::default() {
            self.0.push(carry);
        }
    }

    pub fn of(&self, lane: usize) -> u64 {
        let digits = self.0.iter().rev();
        digits.fold(0, |n, digit| n * 2 + u64::from(digit.has(lane)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_is_counted_by_itself() {
        let mut counts = Counts::default();
        for n in 0..1000_usize {
            let set = (0..LANES).filter(|lane| n % (lane + 1) == 0);
            counts.add(set.fold(Mask::default(), |all, lane| all.with(Mask::lane(lane))));
        }
        for lane in 0..LANES {
            let step = lane as u64 + 1;
            assert_eq!(counts.of(lane), 1000_u64.div_ceil(step), "lane {lane}");
        }
        assert!((0..LANES).all(|lane| Mask::lanes(LANES).has(lane)));
        assert!(!Mask::lanes(7).has(7));
    }
}
