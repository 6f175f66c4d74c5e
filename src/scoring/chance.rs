//! Whole numbers drawn from Poisson distributions, the same on every machine.
//!
//! Integers alone: a distribution is a table of 64-bit thresholds, made from its one
//! constant by whole multiplications and divisions, and ChaCha (whose stream for a seed is
//! part of its contract) gives the numbers that are looked up in it. Sums of independent
//! Poisson numbers are Poisson, so three tables reach every mean that is needed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A source of chance.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of one name: what they throw depends on seed and name alone, never on who
    /// else throws.
    pub fn new(seed: u64, name: &str) -> Self {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize();
        Self(ChaCha8Rng::from_seed(digest.into()))
    }

    /// A place in a list; none in an empty one. A bias of `len` in 2⁶⁴ is nothing.
    pub fn place(&mut self, len: usize) -> Option<usize> {
        let scaled = u128::from(self.0.next_u64()) * len as u128;
        (len > 0).then_some((scaled >> 64) as usize)
    }
}

/// One Poisson distribution: a threshold for each number k, 2⁶⁴ times the chance of at most k.
#[derive(Clone, Debug)]
struct Table(Vec<u64>);

impl Table {
    /// Of the mean `numerator / denominator`, whose e^−mean × 2⁶⁴ is `none`.
    fn new(none: u64, numerator: u64, denominator: u64) -> Self {
        let (mut chance, mut sum, mut k) = (u128::from(none), u128::from(none), 0u128);
        let mut thresholds = Vec::new();
        while let Ok(threshold) = u64::try_from(sum) {
            thresholds.push(threshold);
            k += 1;
            chance = chance * u128::from(numerator) / (u128::from(denominator) * k);
            if chance == 0 && k > u128::from(numerator) {
                break;
            }
            sum += chance;
        }
        Self(thresholds)
    }

    fn draw(&self, dice: &mut Dice) -> u32 {
        let thrown = dice.0.next_u64();
        self.0.partition_point(|threshold| *threshold <= thrown) as u32
    }
}

/// Poisson distributions of whole means, and of one half.
#[derive(Clone, Debug)]
pub struct Poisson {
    half: Table,
    one: Table,
    sixteen: Table,
}

impl Default for Poisson {
    fn default() -> Self {
        // e^−½, e^−1 and e^−16, times 2⁶⁴ and rounded down
        Self {
            half: Table::new(11_188_515_852_577_165_299, 1, 2),
            one: Table::new(6_786_177_901_268_885_274, 1, 1),
            sixteen: Table::new(2_075_907_567_336, 16, 1),
        }
    }
}

impl Poisson {
    /// A number of this mean.
    pub fn draw(&self, dice: &mut Dice, mean: u32) -> u32 {
        let large: u32 = (0..mean / 16).map(|_| self.sixteen.draw(dice)).fold(0, u32::saturating_add);
        (0..mean % 16).map(|_| self.one.draw(dice)).fold(large, u32::saturating_add)
    }

    /// A number of mean one half.
    pub fn draw_half(&self, dice: &mut Dice) -> u32 {
        self.half.draw(dice)
    }

    /// How many numbers a draw of this mean takes.
    pub fn steps(mean: u32) -> u64 {
        u64::from(mean / 16 + mean % 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws, in thousandths.
    fn moments(mut draw: impl FnMut() -> u32) -> (i64, i64) {
        let drawn: Vec<i64> = (0..100_000).map(|_| i64::from(draw())).collect();
        let sum: i64 = drawn.iter().sum();
        let squares: i64 = drawn.iter().map(|n| n * n).sum();
        let mean = sum / 100;
        (mean, squares / 100 - mean * mean / 1_000)
    }

    #[test]
    fn mean_and_variance_are_those_of_a_poisson_distribution() {
        let poisson = Poisson::default();
        let mut dice = Dice::new(1, "test");
        let is_near = |(mean, variance): (i64, i64), expected: i64| {
            // four standard errors of the mean; of the variance the same with √(2n) for room
            let error = 4 * (expected as u64 * 1_000 / 100_000).isqrt() as i64 + 4;
            (mean - expected).abs() <= error && (variance - expected).abs() <= 4 * error + expected / 50
        };
        let half = moments(|| poisson.draw_half(&mut dice));
        assert!(is_near(half, 500), "{half:?}");
        for mean in [1, 3, 15, 16, 17, 40] {
            let found = moments(|| poisson.draw(&mut dice, mean));
            assert!(is_near(found, i64::from(mean) * 1_000), "{mean}: {found:?}");
        }
        assert_eq!(moments(|| poisson.draw(&mut dice, 0)), (0, 0));
    }

    #[test]
    fn a_table_holds_the_chances_that_books_print() {
        // P(X ≤ k) of mean 1: 0.3679, 0.7358, 0.9197, 0.9810, 0.9963
        let Table(one) = Poisson::default().one;
        let chances: Vec<u64> =
            one.iter().take(5).map(|t| ((u128::from(*t) * 10_000 + (1 << 63)) >> 64) as u64).collect();
        assert_eq!(chances, [3_679, 7_358, 9_197, 9_810, 9_963]);
        // P(X ≤ 16) of mean 16: 0.5660
        let Table(sixteen) = Poisson::default().sixteen;
        assert_eq!((u128::from(sixteen[16]) * 10_000 + (1 << 63)) >> 64, 5_660);
    }

    #[test]
    fn a_seed_and_a_name_mean_the_same_numbers_for_ever() {
        let poisson = Poisson::default();
        let thrown = |seed, name| {
            let mut dice = Dice::new(seed, name);
            (0..8).map(|_| poisson.draw(&mut dice, 20)).collect::<Vec<_>>()
        };
        assert_eq!(thrown(1, "27382"), thrown(1, "27382"));
        assert_ne!(thrown(1, "27382"), thrown(2, "27382"));
        assert_ne!(thrown(1, "27382"), thrown(1, "27379"));
        // ChaCha8 with the key SHA-256(seed, name), nonce and counter 0, done by hand elsewhere
        assert_eq!(thrown(1, "27382"), [12, 22, 21, 20, 37, 18, 21, 31]);
    }

    #[test]
    fn every_place_of_a_list_is_reached_and_none_beyond() {
        let mut dice = Dice::new(1, "places");
        let mut seen = [0; 5];
        (0..1_000).filter_map(|_| dice.place(5)).for_each(|place| seen[place] += 1);
        assert!(seen.iter().all(|n| (150..250).contains(n)), "{seen:?}");
        assert_eq!(dice.place(0), None);
    }
}
