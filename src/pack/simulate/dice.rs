//! Chance from a seed: the same numbers on every machine, so integers alone.

/// SplitMix64 (Steele, Lea and Flood 2014). Its few lines are ours so that no update of
/// a library ever changes what a seed means.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Dice {
    /// The dice of one part of a pack. Parts have dice of their own, so that what one
    /// part draws never moves another.
    pub(super) fn new(seed: u64, part: u64) -> Self {
        // mixed one after the other: side by side, seed and part could be exchanged
        Self(Self(Self(seed).next().wrapping_add(part)).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `sides`; 0 where there are none. A bias of `sides` in 2³² is
    /// nothing to an invented epidemic.
    pub(super) fn below(&mut self, sides: u32) -> u32 {
        let scaled = (self.next() >> 32) * u64::from(sides);
        (scaled >> 32) as u32
    }

    /// A number from `low` to `high`, both inclusive.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something of so many chances in a million happens.
    pub(super) fn happens(&mut self, in_a_million: u32) -> bool {
        self.below(1_000_000) < in_a_million
    }

    /// One of a list; none of an empty one.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(u32::try_from(list.len()).unwrap_or(u32::MAX)) as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // the published first outputs for the state 1234567
        let mut dice = Dice(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| dice.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_in_their_range_and_reach_its_ends() {
        let mut dice = Dice::new(1, 2);
        let drawn: Vec<u32> = (0..1_000).map(|_| dice.between(3, 6)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&6)));
        assert_eq!(dice.below(0), 0);
        assert!(!dice.happens(0) && dice.happens(1_000_000));
        assert_eq!(dice.pick(&[] as &[u8]), None);
    }

    #[test]
    fn parts_of_one_seed_and_seeds_of_one_part_differ() {
        let of = |seed, part| Dice::new(seed, part).next();
        let drawn = [of(1, 1), of(1, 2), of(2, 1), of(2, 2)];
        assert!(drawn.iter().enumerate().all(|(i, a)| drawn.iter().skip(i + 1).all(|b| a != b)), "{drawn:?}");
    }
}
