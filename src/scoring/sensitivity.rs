//! How firm an order is: which places change when the contest is made a little otherwise.
//!
//! Three questions, each answered by ranking the same units anew with everything else as it
//! stands: what if a component weighed a tenth more or less (the others scaled, so that the
//! maxima still add up to 100); if a day of S…D were excused for everybody; if one unit
//! withdrew. Places that only close up behind a unit that has no rank any more have not
//! changed. Start reading at [`variants`] and [`changes`].

use super::board::{Board, Place, Query, rank_entries};
use super::certainty::{entries_of, map_steps};
use super::ledger::{DayEntry, Ledger};
use crate::domain::Campaign;
use crate::domain::number::round_half_away;
use crate::domain::policy::{Component, Policy};
use crate::domain::unit::UnitState;
use std::collections::HashMap;
use std::sync::Arc;

/// A contest made a little otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variant {
    /// One component's maximum was moved by a tenth.
    Weight {
        /// Its place in the policy.
        component: usize,
        /// The maxima then.
        components: Vec<Component>,
    },
    /// A day of S…D is excused for everybody.
    Day(usize),
    /// A unit withdraws.
    Withdrawal(u32),
}

/// A unit whose place another variant changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The unit.
    pub unit: u32,
    /// Its rank then; none where it would have none.
    pub rank: Option<u32>,
}

/// All variants of a board: weights, days, units.
pub fn variants(ledger: &Ledger, board: &Board) -> Vec<Variant> {
    let components = &ledger.register.campaign.policy.components;
    let weight = |(component, tenths): (usize, i64)| {
        let components = moved(components, component, tenths)?;
        Some(Variant::Weight { component, components })
    };
    let weights = (0..components.len()).flat_map(|component| [(component, 11), (component, 9)]).filter_map(weight);
    let days = (ledger.calendar.window.start..=board.query.as_of).map(Variant::Day);
    let units = entries_of(board).into_iter().map(|(unit, _)| Variant::Withdrawal(unit));
    weights.chain(days).chain(units).collect()
}

/// How much work all variants of a board are, in days read, roughly.
pub fn steps(ledger: &Ledger, board: &Board) -> u64 {
    let (days, units) = ((board.query.as_of + 1) as u64, ledger.register.len() as u64);
    // a derived unit is read through all units under its sum
    let leaves = |place: &Place| ledger.register.leaves.of(place.unit).len().max(1) as u64;
    let read: u64 = board.places.iter().map(leaves).sum::<u64>() * days;
    // a unit's withdrawal, and everything that is not one
    let tried = board.ranked as u64 + days + 2 * ledger.register.campaign.policy.components.len() as u64;
    tried.saturating_mul(map_steps(ledger, &board.query) + 3 * read + units / 8)
}

/// The places that a variant changes, in the order of the official board.
pub fn changes(ledger: &Ledger, board: &Board, variant: &Variant) -> Vec<Change> {
    let official = entries_of(board);
    let units: Vec<u32> = official.iter().map(|(unit, _)| *unit).collect();
    let then = rank_entries(&made(ledger, variant), &board.query, &units);
    let ranks: HashMap<u32, u32> = then.iter().filter_map(|Place { unit, rank }| Some((*unit, (*rank)?))).collect();
    let closed_up = closed_up(ledger, &board.query, &official, &ranks);
    let change = |(unit, _): &(u32, u32)| {
        let rank = ranks.get(unit).copied();
        (rank != closed_up.get(unit).copied() || rank.is_none()).then_some(Change { unit: *unit, rank })
    };
    let withdrawn = |change: &Change| *variant == Variant::Withdrawal(change.unit);
    official.iter().filter_map(change).filter(|change| !withdrawn(change)).collect()
}

/// The ranks of those who still have one, if nothing but the places of the others were gone.
fn closed_up(ledger: &Ledger, query: &Query, official: &[(u32, u32)], then: &HashMap<u32, u32>) -> HashMap<u32, u32> {
    let register = &ledger.register;
    let is_apart = register.campaign.policy.rank_within_blocks && query.block.is_none();
    let contest_of = |unit: u32| register.unit(unit).filter(|_| is_apart).and_then(|u| u.block.as_deref());
    let mut contests: HashMap<Option<&str>, Vec<u32>> = HashMap::new();
    let still_ranked = || official.iter().filter(|(unit, _)| then.contains_key(unit));
    for (unit, rank) in still_ranked() {
        contests.entry(contest_of(*unit)).or_default().push(*rank);
    }
    contests.values_mut().for_each(|ranks| ranks.sort_unstable());
    let better = |unit: u32, rank: u32| {
        contests.get(&contest_of(unit)).map_or(0, |ranks| ranks.partition_point(|other| *other < rank))
    };
    still_ranked().map(|(unit, rank)| (*unit, better(*unit, *rank) as u32 + 1)).collect()
}

fn made(ledger: &Ledger, variant: &Variant) -> Ledger {
    let mut made = ledger.clone();
    match variant {
        Variant::Weight { components, .. } => {
            let campaign = &*ledger.register.campaign;
            let policy = Policy { components: components.clone(), ..campaign.policy.clone() };
            let campaign = Campaign { policy, ..campaign.clone() };
            made = made.under(Arc::new(ledger.register.under(Arc::new(campaign))));
        }
        Variant::Day(day) => {
            for unit in (0..ledger.register.len() as u32).filter(|unit| !ledger.register.is_derived(*unit)) {
                made.set_day(unit, *day, DayEntry { excused: true, ..ledger.entry(unit, *day) });
            }
        }
        Variant::Withdrawal(unit) => made.set_state(*unit, UnitState::Withdrawn),
    }
    made
}

/// The components with one maximum of so many tenths of what it was, at most 100.00, and the
/// others scaled to what is left: in hundredths, the largest remainders rounded up. None
/// where the others have nothing to scale.
fn moved(components: &[Component], which: usize, tenths: i64) -> Option<Vec<Component>> {
    let of = components.get(which)?.max_points;
    let others: i64 = components.iter().map(|c| c.max_points).sum::<i64>() - of;
    let max = round_half_away(i128::from(of * tenths), 10).min(of + others);
    if others == 0 || max == of {
        return None;
    }
    let left = of + others - max;
    let mut scaled = components.to_vec();
    let mut remainders = Vec::new();
    for (at, component) in scaled.iter_mut().enumerate() {
        let share = component.max_points * left;
        component.max_points = if at == which { max } else { share / others };
        if at != which {
            remainders.push((std::cmp::Reverse(share % others), at));
        }
    }
    remainders.sort_unstable();
    let missing = of + others - scaled.iter().map(|c| c.max_points).sum::<i64>();
    for (_, at) in remainders.into_iter().take(usize::try_from(missing).unwrap_or_default()) {
        scaled[at].max_points += 1;
    }
    Some(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Measure;

    fn scaled(maxima: &[i64], which: usize, tenths: i64) -> Option<Vec<i64>> {
        let component =
            |(at, max_points): (usize, &i64)| Component { measure: Measure::ALL[at], max_points: *max_points };
        let components: Vec<Component> = maxima.iter().enumerate().map(component).collect();
        Some(moved(&components, which, tenths)?.iter().map(|c| c.max_points).collect())
    }

    #[test]
    fn a_weight_moves_by_a_tenth_and_the_sum_stays() {
        assert_eq!(scaled(&[6_000, 4_000], 0, 11), Some(vec![6_600, 3_400]));
        assert_eq!(scaled(&[6_000, 4_000], 1, 9), Some(vec![6_400, 3_600]));
        // 3,333 and 3,333 share 6,333 + a hundredth over
        assert_eq!(scaled(&[3_334, 3_333, 3_333], 0, 11), Some(vec![3_667, 3_167, 3_166]));
        assert_eq!(scaled(&[9_500, 300, 200], 0, 11), Some(vec![10_000, 0, 0]));
        assert_eq!(scaled(&[10_000], 0, 11), None);
        assert_eq!(scaled(&[10_000, 0], 0, 9), None);
        assert_eq!(scaled(&[10_000, 0], 1, 11), None);
    }
}
