//! Exact ratios: what ranks are decided by.
//!
//! A reported unit's numbers fit 64 bits (at most 10⁷ cases × 1,000 days ×
//! 1,000 days). A derived unit adds fractions with many denominators, so its
//! ratio may need more; it is kept as a big rational then.

use crate::domain::number::round_half_away;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// An exact ratio with a positive denominator.
#[derive(Clone, Debug)]
pub enum Exact {
    /// Numerator and denominator fit 64 bits.
    Small {
        /// Numerator.
        num: i64,
        /// Denominator, more than 0.
        den: i64,
    },
    /// They do not.
    Big(Box<BigRational>),
}

/// How many bits of its fraction [`Exact::key`] keeps.
pub const KEY_BITS: u32 = 40;

impl Exact {
    /// Zero.
    pub const ZERO: Exact = Exact::Small { num: 0, den: 1 };

    /// `num / den`; zero where `den` is not positive.
    pub fn small(num: i64, den: i64) -> Self {
        if den > 0 { Self::Small { num, den } } else { Self::ZERO }
    }

    /// The ratio in its smallest form.
    pub fn from_big(ratio: BigRational) -> Self {
        match (ratio.numer().to_i64(), ratio.denom().to_i64()) {
            (Some(num), Some(den)) => Self::small(num, den),
            _ => Self::Big(Box::new(ratio)),
        }
    }

    /// The ratio as a big rational.
    pub fn to_big(&self) -> BigRational {
        match self {
            Self::Small { num, den } => BigRational::new(BigInt::from(*num), BigInt::from(*den)),
            Self::Big(ratio) => (**ratio).clone(),
        }
    }

    /// `factor × self`, rounded half away from zero (domain.md section 4).
    pub fn scaled(&self, factor: i64) -> i64 {
        match self {
            Self::Small { num, den } => round_half_away(i128::from(*num) * i128::from(factor), i128::from(*den)),
            Self::Big(ratio) => {
                let scaled = &**ratio * BigInt::from(factor);
                let twice = scaled.numer().abs() * 2 + scaled.denom();
                let magnitude: BigInt = twice / (scaled.denom() * 2);
                let magnitude = magnitude.to_i64().unwrap_or(i64::MAX);
                if scaled.is_negative() { -magnitude } else { magnitude }
            }
        }
    }

    /// A ratio between −1 and 1 as an integer that grows with it: equal ratios
    /// have equal keys, and a higher key means a higher ratio. Different ratios
    /// may share a key, but not where both denominators are below 2²⁰.
    pub fn key(&self) -> i64 {
        match self {
            Self::Small { num, den } if num.unsigned_abs() < 1 << (62 - KEY_BITS) => (num << KEY_BITS).div_euclid(*den),
            Self::Small { num, den } => {
                let scaled = i128::from(*num) << KEY_BITS;
                scaled.div_euclid(i128::from(*den)) as i64
            }
            Self::Big(ratio) => (&**ratio * (BigInt::from(1) << KEY_BITS)).floor().to_integer().to_i64().unwrap_or(0),
        }
    }

    /// Whether keys of ratios like this one are never shared by different ratios.
    pub fn has_own_key(&self) -> bool {
        matches!(self, Self::Small { den, .. } if *den < 1 << (KEY_BITS / 2))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Small { num, .. } => *num == 0,
            Self::Big(ratio) => ratio.is_zero(),
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small { num: a, den: b }, Self::Small { num: c, den: d }) => {
                (i128::from(*a) * i128::from(*d)).cmp(&(i128::from(*c) * i128::from(*b)))
            }
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn big(num: i64, den: i64) -> Exact {
        Exact::Big(Box::new(BigRational::new(BigInt::from(num), BigInt::from(den))))
    }

    proptest! {
        #[test]
        fn both_forms_agree_on_order_rounding_and_key(a in -10_000i64..10_000, b in 10_000i64..20_000, c in -10_000i64..10_000, d in 10_000i64..20_000, factor in 0i64..10_001) {
            let (x, y) = (Exact::small(a, b), Exact::small(c, d));
            prop_assert_eq!(x.cmp(&y), big(a, b).cmp(&big(c, d)));
            prop_assert_eq!(x.cmp(&y), x.cmp(&big(c, d)));
            prop_assert_eq!(x.scaled(factor), big(a, b).scaled(factor));
            prop_assert_eq!(x.key(), big(a, b).key());
        }

        #[test]
        fn keys_order_as_their_ratios_and_are_not_shared(a in -1_000_000i64..1_000_000, b in 1_000_000i64..1_048_576, c in -1_000_000i64..1_000_000, d in 1_000_000i64..1_048_576) {
            let (x, y) = (Exact::small(a, b), Exact::small(c, d));
            prop_assert!(x.has_own_key() && y.has_own_key());
            prop_assert_eq!(x.key().cmp(&y.key()), x.cmp(&y));
        }
    }

    #[test]
    fn neighbouring_ratios_with_large_denominators_share_a_key_but_not_a_rank() {
        let (x, y) = (Exact::small(1, 1 << 41), Exact::small(1, (1 << 41) + 1));
        assert!(!x.has_own_key());
        assert_eq!(x.key(), y.key());
        assert!(x > y);
    }

    #[test]
    fn keys_of_large_and_small_numerators_agree() {
        for shift in [0, 20, 21, 22, 23, 50] {
            let (num, den) = (3i64 << shift, 4i64 << shift);
            assert_eq!(Exact::small(num, den).key(), 3 << (KEY_BITS - 2), "{shift}");
            assert_eq!(Exact::small(-num, den).key(), -3 << (KEY_BITS - 2), "{shift}");
        }
    }

    #[test]
    fn what_fits_becomes_small_again() {
        assert!(matches!(Exact::from_big(big(3, 4).to_big()), Exact::Small { num: 3, den: 4 }));
        assert!(Exact::small(5, 0).is_zero());
        assert!(big(0, 7).is_zero());
        assert!(!big(1, 7).is_zero());
        assert!(!big(1, 7).has_own_key());
    }
}
