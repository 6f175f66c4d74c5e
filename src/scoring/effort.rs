//! What it would take to pass another unit: the same board with other figures of one unit.
//!
//! Nothing is derived by formula. A variant of the ledger is made in which one unit had
//! fewer cases in S…D, everything else stands as it stands, and both units are asked for
//! the keys that rank them on the board of D. The answer is the smallest variant in which
//! the unit stands before the other one; there the whole board is ranked to say where.

use super::board::{Comparison, Query, rank};
use super::ledger::{DayEntry, Ledger, is_counted};
use crate::domain::{Counts, Indicator};
use std::cmp::Ordering;

/// So many variants are tried at most where they must be tried one by one…
const MAX_TRIES: u64 = 2_000;
/// …and no more than map so many days of units, since each needs the levels of all anew.
const MAX_MAPPED: u64 = 4_000_000;

/// The smallest change of a unit's own figures that makes it pass another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effort {
    /// This is enough.
    Enough {
        /// How many days were read as clean, or how many cases were taken away.
        size: u64,
        /// Indexes of the days that were changed, the latest first.
        days: Vec<usize>,
        /// The unit's rank then.
        rank: u32,
    },
    /// Not even without a single case in S…D.
    NotEnough,
    /// There are more variants than are tried.
    TooMany,
}

/// How many of the unit's latest days with cases in S…D must be read as clean (0 in each
/// count but the contained ones) for it to stand before another unit on the board of D.
pub fn clean_days(ledger: &Ledger, query: &Query, unit: u32, other: u32) -> Effort {
    let mut trial = Trial::new(ledger, query, unit, other);
    let days = trial.days.len() as u64;
    trial.smallest(days, |days, size| {
        days.iter().zip(0u64..).map(|((_, cases), at)| if at < size { 0 } else { *cases }).collect()
    })
}

/// How many of the unit's cases in S…D, the latest days' first, must be taken away for it
/// to stand before another unit on the board of D. Counts that are parts of community F0
/// are never left larger than it.
pub fn fewer_cases(ledger: &Ledger, query: &Query, unit: u32, other: u32) -> Effort {
    let mut trial = Trial::new(ledger, query, unit, other);
    let cases = trial.days.iter().map(|(_, cases)| u64::from(*cases)).sum();
    trial.smallest(cases, |days, size| {
        let mut left = size;
        let take = |(_, cases): &(usize, u32)| {
            let taken = left.min(u64::from(*cases));
            left -= taken;
            cases - u32::try_from(taken).unwrap_or(*cases)
        };
        days.iter().map(take).collect()
    })
}

/// Variants of one unit's figures, each compared with another unit.
struct Trial<'a> {
    facts: &'a Ledger,
    variant: Ledger,
    query: &'a Query,
    unit: u32,
    other: u32,
    /// The days of S…D with cases, the latest first, each with its cases.
    days: Vec<(usize, u32)>,
}

impl<'a> Trial<'a> {
    fn new(facts: &'a Ledger, query: &'a Query, unit: u32, other: u32) -> Self {
        let of_unit = facts.days(unit);
        let cases = |day: usize| {
            let counted = of_unit.flags.get(day).copied().is_some_and(is_counted);
            of_unit.community.get(day).copied().filter(|cases| counted && *cases > 0).map(|cases| (day, cases))
        };
        let days = (facts.calendar.window.start..=query.as_of).rev().filter_map(cases).collect();
        Self { facts, variant: facts.clone(), query, unit, other, days }
    }

    /// The smallest of the variants 1…`largest` that passes; `cases` gives the cases of
    /// each day in a variant.
    fn smallest(&mut self, largest: u64, cases: impl Fn(&[(usize, u32)], u64) -> Vec<u32>) -> Effort {
        let is_monotone = self.facts.fewer_is_never_worse(self.unit);
        let mapped = (self.facts.register.len() * (self.query.as_of + 1)) as u64;
        let tries = (MAX_MAPPED / mapped.max(1)).clamp(1, MAX_TRIES);
        let mut passes = |size: u64| {
            let cases = cases(&self.days, size);
            self.enter(&cases);
            self.is_before()
        };
        let found = if is_monotone {
            bisect(largest, &mut passes)
        } else {
            (1..=largest.min(tries)).find(|size| passes(*size))
        };
        let Some(size) = found else {
            return if largest > tries && !is_monotone { Effort::TooMany } else { Effort::NotEnough };
        };
        // the last variant that was tried need not be this one
        let cases = cases(&self.days, size);
        self.enter(&cases);
        let is_changed = |((day, was), is): (&(usize, u32), &u32)| (was != is).then_some(*day);
        let days = self.days.iter().zip(&cases).filter_map(is_changed).collect();
        match rank(&self.variant, self.query).rank_of(self.unit) {
            Some(rank) => Effort::Enough { size, days, rank },
            None => Effort::NotEnough,
        }
    }

    fn enter(&mut self, cases: &[u32]) {
        for ((day, _), cases) in self.days.iter().zip(cases) {
            let entry = self.facts.entry(self.unit, *day);
            let counts = entry.counts.and_then(|counts| with_community(counts, *cases));
            self.variant.set_day(self.unit, *day, DayEntry { counts, ..entry });
        }
    }

    fn is_before(&self) -> bool {
        let comparison = Comparison::new(&self.variant, self.query);
        comparison.order(&comparison.keys(self.unit), &comparison.keys(self.other)) == Ordering::Less
    }
}

impl Ledger {
    /// Whether fewer cases of a unit can never worsen where it stands against another one
    /// (domain.md section 5, law 2: schemes without `neighbour` and `children`; a unit
    /// without the population that its rules need is outside it).
    fn fewer_is_never_worse(&self, unit: u32) -> bool {
        let register = &self.register;
        let has_population = register.unit(unit).is_some_and(|u| u.population.is_some());
        register.rules_of(unit).is_none_or(|r| !r.reads_other_units() && (has_population || !r.needs_population))
    }
}

/// A day's counts with other community cases; none of its parts is left larger than it.
fn with_community(counts: Counts, community: u32) -> Option<Counts> {
    let mut values = Indicator::ALL.map(|indicator| counts.get(indicator));
    values[Indicator::CommunityF0.index()] = Some(community);
    for indicator in Indicator::ALL {
        // a whole stands before its parts
        let whole = indicator.whole().and_then(|whole| values.get(whole.index()).copied().flatten());
        if let (Some(value), Some(whole)) = (&mut values[indicator.index()], whole) {
            *value = (*value).min(whole);
        }
    }
    Counts::new(values).ok()
}

/// The smallest of 1…`largest` that passes, where all after it pass too.
fn bisect(largest: u64, mut passes: impl FnMut(u64) -> bool) -> Option<u64> {
    if largest == 0 || !passes(largest) {
        return None;
    }
    let (mut fails, mut enough) = (0, largest);
    while enough - fails > 1 {
        let middle = fails + (enough - fails) / 2;
        if passes(middle) { enough = middle } else { fails = middle }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisecting_finds_the_first_that_passes() {
        for largest in 0..40 {
            for first in 1..45 {
                assert_eq!(bisect(largest, |n| n >= first), (first <= largest).then_some(first));
            }
        }
    }

    #[test]
    fn parts_are_never_left_larger_than_their_whole() {
        let counts = Counts::new([Some(5), Some(9), Some(4), None, Some(3), Some(2)]).unwrap();
        let with = |community| Indicator::ALL.map(|i| with_community(counts, community).unwrap().get(i));
        assert_eq!(with(4), [Some(4), Some(9), Some(4), None, Some(3), Some(2)]);
        assert_eq!(with(1), [Some(1), Some(9), Some(1), None, Some(1), Some(1)]);
        assert_eq!(with(0), [Some(0), Some(9), Some(0), None, Some(0), Some(0)]);
    }
}
