//! What it would take is what ranking every variant says.

use super::generator::{Dice, Rules, contest};
use super::{last_day, ledger, queries};
use crate::domain::{Counts, Indicator};
use crate::scoring::Ledger;
use crate::scoring::board::{Query, rank};
use crate::scoring::effort::{Effort, clean_days, fewer_cases};
use crate::scoring::ledger::DayEntry;
use proptest::prelude::*;

/// A ledger in which a unit's latest days lose cases: whole days, or cases one by one.
fn without(facts: &Ledger, unit: u32, as_of: usize, mut size: u64, by_days: bool) -> Ledger {
    let mut variant = facts.clone();
    for day in (facts.calendar.window.start..=as_of).rev() {
        let entry = facts.entry(unit, day);
        let Some(counts) = entry.counts.filter(|counts| !entry.excused && counts.community_f0() > 0) else { continue };
        let cases = u64::from(counts.community_f0());
        let left = match (by_days, size) {
            (_, 0) => break,
            (true, _) => {
                size -= 1;
                0
            }
            (false, _) => {
                let taken = size.min(cases);
                size -= taken;
                (cases - taken) as u32
            }
        };
        let cap = |indicator: Indicator| counts.get(indicator).map(|value| value.min(left));
        let mut values = Indicator::ALL.map(cap);
        values[Indicator::ContainedF0.index()] = counts.get(Indicator::ContainedF0);
        let counts = Counts::new(values).ok();
        variant.set_day(unit, day, DayEntry { counts, ..entry });
    }
    variant
}

/// The same by ranking one variant after another.
fn by_ranking(facts: &Ledger, query: &Query, unit: u32, other: u32, largest: u64, by_days: bool) -> Option<(u64, u32)> {
    (1..=largest).find_map(|size| {
        let board = rank(&without(facts, unit, query.as_of, size, by_days), query);
        let (own, others) = (board.rank_of(unit)?, board.rank_of(other)?);
        (own < others).then_some((size, own))
    })
}

fn told(effort: &Effort) -> Option<(u64, u32)> {
    match effort {
        Effort::Enough { size, rank, .. } => Some((*size, *rank)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_effort_is_the_smallest_variant_that_really_ranks_before(seed: u64, all_rules: bool) {
        let rules = if all_rules { Rules::All } else { Rules::OwnFiguresOnly };
        let all = contest(seed, rules);
        let facts = ledger(&all, None);
        let as_of = last_day(&facts, &mut Dice::new(seed ^ 6));
        for query in queries(&facts, as_of) {
            let board = rank(&facts, &query);
            let is_reported = |unit: u32| !facts.register.is_derived(unit);
            let block = |unit: u32| facts.register.unit(unit).and_then(|u| u.block.clone());
            let apart = |a: u32, b: u32| all.campaign.policy.rank_within_blocks && block(a) != block(b);
            for place in board.places.iter().filter(|p| p.rank.is_some() && is_reported(p.unit)) {
                let above = board.places.iter().rev().find(|p| p.rank.is_some() && p.rank < place.rank && !apart(p.unit, place.unit));
                let Some(other) = above.map(|p| p.unit) else { continue };
                let window = facts.calendar.window.start..=as_of;
                let cases = |day: usize| facts.days(place.unit).community.get(day).copied().map_or(0, u64::from);
                let all_cases: u64 = window.clone().map(cases).sum();
                let all_days = window.filter(|day| cases(*day) > 0).count() as u64;
                prop_assert_eq!(told(&clean_days(&facts, &query, place.unit, other)), by_ranking(&facts, &query, place.unit, other, all_days, true));
                prop_assert_eq!(told(&fewer_cases(&facts, &query, place.unit, other)), by_ranking(&facts, &query, place.unit, other, all_cases, false));
            }
        }
    }
}
