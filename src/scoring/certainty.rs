//! How certain ranks are: the board ranked again with counts as chance might have had them.
//!
//! **The model.** What the reported cases of a period tell of its underlying number, under a
//! Poisson distribution and Jeffreys' prior, is Gamma(X + ½, 1) for X cases: mean and
//! variance X + ½. A draw takes a Poisson number of that mean, so a whole number of the same
//! mean and variance: each reported day becomes a Poisson number of its own count, and one of
//! mean ½ is spread over the reported days of each of the two periods, the baseline and S…D.
//! So a period without a case is not taken for proof that there can be none, and the half
//! is given to each ranked unit once a period: never to each day, nor to each part of a sum.
//! Counts that are parts keep their share of the day's count. Days before the baseline, and
//! units that only lend their levels, are drawn without the half.
//!
//! **Its limits.** Only chance in the counting is in it, with days and units independent: no
//! outbreak that spreads, no testing that was more or less, no report that was left out.
//! Missing days, excuses, declared starts, criteria, bonuses and who competes on which track
//! stay as they are. The intervals are too narrow rather than too wide.
//!
//! Each draw is ranked by the same exact scoring as the official board; see Goldstein and
//! Spiegelhalter, "League tables and their limitations" (J. R. Statist. Soc. A 159, 1996),
//! for why intervals of ranks belong beside a ranking. Start reading at [`spread`].

use super::board::{Board, Query, rank_entries};
use super::chance::{Dice, Poisson};
use super::ledger::{DayEntry, Ledger, is_counted};
use crate::domain::figure::MAX_COUNT;
use crate::domain::number::round_half_away;
use crate::domain::{Counts, Indicator};

/// Where a ranked unit stood in the draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The unit.
    pub unit: u32,
    /// Its official rank.
    pub rank: u32,
    /// The rank that 5% of the draws do not pass (nearest rank).
    pub low: u32,
    /// The rank in the middle of the draws.
    pub median: u32,
    /// The rank that 95% of the draws do not pass.
    pub high: u32,
    /// In how many draws it had rank 1.
    pub first: u32,
}

/// The ranked units of a board in its order, each with where it stood in so many draws.
pub fn spread(ledger: &Ledger, board: &Board, draws: u32, seed: u64) -> Vec<Spread> {
    let entries = entries_of(board);
    let units: Vec<u32> = entries.iter().map(|(unit, _)| *unit).collect();
    let mut sources = sources(ledger, &board.query, &units, seed);
    let (mut drawn, poisson) = (ledger.clone(), Poisson::default());
    let mut place_of = vec![usize::MAX; ledger.register.len()];
    units.iter().enumerate().for_each(|(at, unit)| place_of[*unit as usize] = at);
    let mut ranks: Vec<Vec<u32>> = vec![Vec::with_capacity(draws as usize); units.len()];
    for _ in 0..draws {
        sources.iter_mut().for_each(|source| source.draw(&poisson, &mut drawn));
        for place in rank_entries(&drawn, &board.query, &units) {
            let of_unit = place_of.get(place.unit as usize).and_then(|at| ranks.get_mut(*at));
            if let (Some(ranks), Some(rank)) = (of_unit, place.rank) {
                ranks.push(rank);
            }
        }
    }
    entries.iter().zip(ranks).map(|((unit, rank), ranks)| summary(*unit, *rank, ranks)).collect()
}

/// How much work a draw of a board is, in numbers drawn and days read, roughly.
pub fn steps_per_draw(ledger: &Ledger, board: &Board) -> u64 {
    let units: Vec<u32> = entries_of(board).iter().map(|(unit, _)| *unit).collect();
    let drawn =
        |source: &Source| -> u64 { source.days.iter().map(|day| 4 + Poisson::steps(day.counts.community_f0())).sum() };
    let sources: u64 = sources(ledger, &board.query, &units, 0).iter().map(drawn).sum();
    2 * sources + map_steps(ledger, &board.query)
}

/// The same of the map of all levels, which rules that read other units need anew for each board.
pub(super) fn map_steps(ledger: &Ledger, query: &Query) -> u64 {
    let unit_days = ledger.register.len() as u64 * (query.as_of + 1) as u64;
    if reads_others(ledger, query) { 8 * unit_days } else { 0 }
}

/// The ranked units of a board, in its order, with their ranks.
pub(super) fn entries_of(board: &Board) -> Vec<(u32, u32)> {
    board.places.iter().filter_map(|place| place.rank.map(|rank| (place.unit, rank))).collect()
}

fn reads_others(ledger: &Ledger, query: &Query) -> bool {
    ledger.register.rules.get(usize::from(query.kind)).is_some_and(|rules| rules.reads_other_units())
}

/// A day whose count is drawn.
#[derive(Clone, Copy, Debug)]
struct Day {
    unit: u32,
    day: usize,
    entry: DayEntry,
    counts: Counts,
}

/// The days of one ranked unit, or of one that lends its level, and their dice.
struct Source {
    dice: Dice,
    days: Vec<Day>,
    /// Places in `days` of the baseline and of S…D, where half a case is added; empty where none is.
    periods: [Vec<usize>; 2],
    drawn: Vec<u32>,
}

impl Source {
    fn new(ledger: &Ledger, name: u32, units: &[u32], as_of: usize, adds_half: bool, seed: u64) -> Self {
        let of_unit = |unit: &u32| {
            let (unit, flags) = (*unit, ledger.days(*unit).flags);
            let counted = (0..=as_of).filter(|day| flags.get(*day).copied().is_some_and(is_counted));
            let day = move |day| {
                let entry = ledger.entry(unit, day);
                entry.counts.map(|counts| Day { unit, day, entry, counts })
            };
            counted.filter_map(day).collect::<Vec<_>>()
        };
        let days: Vec<Day> = units.iter().flat_map(of_unit).collect();
        let calendar = &ledger.calendar;
        let periods = [calendar.baseline.clone(), calendar.window.clone()].map(|period| {
            let of_period = days.iter().enumerate().filter(|(_, day)| adds_half && period.contains(&day.day));
            of_period.map(|(at, _)| at).collect()
        });
        let code = ledger.register.unit(name).map_or("", |unit| unit.code.as_str());
        Self { dice: Dice::new(seed, code), drawn: Vec::with_capacity(days.len()), days, periods }
    }

    fn draw(&mut self, poisson: &Poisson, into: &mut Ledger) {
        let Self { dice, days, periods, drawn } = self;
        drawn.clear();
        drawn.extend(days.iter().map(|day| poisson.draw(dice, day.counts.community_f0())));
        for period in periods.iter().filter(|period| !period.is_empty()) {
            for _ in 0..poisson.draw_half(dice) {
                let at = dice.place(period.len()).and_then(|at| period.get(at));
                if let Some(cases) = at.and_then(|at| drawn.get_mut(*at)) {
                    *cases = cases.saturating_add(1);
                }
            }
        }
        for (day, cases) in days.iter().zip(drawn) {
            let counts = with_community(day.counts, *cases);
            into.set_day(day.unit, day.day, DayEntry { counts, ..day.entry });
        }
    }
}

/// Whose days are drawn together. A reported unit under two sums is drawn with the first, so
/// that each day has one count; the order is that of codes, not that of arrival (law 1).
fn sources(ledger: &Ledger, query: &Query, entries: &[u32], seed: u64) -> Vec<Source> {
    let register = &ledger.register;
    let code = |unit: &u32| register.unit(*unit).map(|u| u.code.as_str());
    let mut is_taken = vec![false; register.len()];
    let mut sources = Vec::with_capacity(entries.len());
    let mut in_order = entries.to_vec();
    in_order.sort_by_key(code);
    let mut add = |unit: u32, adds_half: bool| {
        let own = [unit];
        let leaves = if register.is_derived(unit) { register.leaves.of(unit) } else { &own[..] };
        let free = leaves
            .iter()
            .filter(|leaf| is_taken.get_mut(**leaf as usize).is_some_and(|taken| !std::mem::replace(taken, true)));
        let mut free: Vec<u32> = free.copied().collect();
        free.sort_by_key(code);
        sources.push(Source::new(ledger, unit, &free, query.as_of, adds_half, seed));
    };
    in_order.into_iter().for_each(|unit| add(unit, true));
    if reads_others(ledger, query) {
        (0..register.len() as u32).filter(|unit| !register.is_derived(*unit)).for_each(|unit| add(unit, false));
    }
    sources
}

/// A day's counts with other community cases: its parts keep their share of it, rounded.
fn with_community(counts: Counts, community: u32) -> Option<Counts> {
    let before = counts.community_f0();
    let community = community.min(MAX_COUNT);
    let share = |value: u32, of: u32, then: u32| match of {
        0 => value,
        of => {
            let scaled = round_half_away(i128::from(value) * i128::from(then), i128::from(of));
            u32::try_from(scaled).unwrap_or(MAX_COUNT).min(MAX_COUNT)
        }
    };
    let mut values = Indicator::ALL.map(|indicator| counts.get(indicator));
    values[Indicator::CommunityF0.index()] = Some(community);
    for indicator in Indicator::ALL.into_iter().filter(|indicator| indicator.whole().is_some()) {
        let value = &mut values[indicator.index()];
        // linked households are a part of a part: of as many of the day's cases too
        *value = value.map(|value| share(value, before, community));
    }
    Counts::new(values).ok()
}

/// What the draws say of one unit; it is ranked in all of them, since only counts change.
fn summary(unit: u32, rank: u32, mut ranks: Vec<u32>) -> Spread {
    ranks.sort_unstable();
    let at = |percent: usize| {
        let place = (ranks.len() * percent).div_ceil(100).max(1) - 1;
        ranks.get(place).copied().unwrap_or(rank)
    };
    let first = ranks.iter().take_while(|rank| **rank == 1).count();
    Spread { unit, rank, low: at(5), median: at(50), high: at(95), first: u32::try_from(first).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let of = |ranks: Vec<u32>| {
            let s = summary(0, 9, ranks);
            (s.low, s.median, s.high, s.first)
        };
        assert_eq!(of((1..=100).rev().collect()), (5, 50, 95, 1));
        assert_eq!(of((1..=20).collect()), (1, 10, 19, 1));
        assert_eq!(of(vec![3, 1, 1]), (1, 1, 3, 2));
        assert_eq!(of(vec![]), (9, 9, 9, 0));
    }

    #[test]
    fn parts_keep_their_share() {
        let counts = Counts::new([Some(6), Some(9), Some(3), None, Some(4), Some(2)]).unwrap();
        let with = |community| Indicator::ALL.map(|i| with_community(counts, community).unwrap().get(i));
        assert_eq!(with(6), [Some(6), Some(9), Some(3), None, Some(4), Some(2)]);
        assert_eq!(with(3), [Some(3), Some(9), Some(2), None, Some(2), Some(1)]);
        assert_eq!(with(0), [Some(0), Some(9), Some(0), None, Some(0), Some(0)]);
        let none = Counts::new([Some(0), None, Some(0), None, Some(1), None]).unwrap();
        let more = with_community(none, 2).unwrap();
        assert_eq!((more.community_f0(), more.get(Indicator::HouseholdsF0)), (2, Some(1)));
    }
}
