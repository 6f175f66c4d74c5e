//! How certain and how firm ranks are, on contests that are not tidy.

use super::generator::{Dice, Rules, contest};
use super::{last_day, ledger, queries, shuffled};
use crate::scoring::Ledger;
use crate::scoring::board::{Query, rank, rank_entries};
use crate::scoring::certainty::{spread, steps_per_draw};
use crate::scoring::sensitivity::{Variant, changes, variants};
use proptest::prelude::*;
use std::collections::BTreeMap;

const DRAWS: u32 = 12;

/// What the draws say, by unit code, so that contests whose units stand in another order
/// can be compared.
fn spreads(facts: &Ledger, query: &Query, seed: u64) -> BTreeMap<String, (u32, u32, u32, u32, u32)> {
    let code = |unit: u32| facts.register.unit(unit).map(|u| u.code.clone()).unwrap_or_default();
    let all = spread(facts, &rank(facts, query), DRAWS, seed);
    all.into_iter().map(|s| (code(s.unit), (s.rank, s.low, s.median, s.high, s.first))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_seed_means_the_same_ranks_in_whatever_order_facts_arrived(seed: u64) {
        let tidy = contest(seed, Rules::All);
        let mixed = shuffled(&tidy, &mut Dice::new(seed ^ 7));
        let (a, b) = (ledger(&tidy, None), ledger(&mixed, None));
        let as_of = last_day(&a, &mut Dice::new(seed ^ 8));
        for query in queries(&a, as_of) {
            let board = rank(&a, &query);
            let spreads_a = spreads(&a, &query, seed);
            prop_assert_eq!(spreads_a.len(), board.ranked);
            prop_assert!(steps_per_draw(&a, &board) >= board.ranked as u64);
            for (rank, low, median, high, first) in spreads_a.values() {
                prop_assert!(low <= median && median <= high && *high as usize <= board.ranked && *rank >= 1);
                prop_assert!(*first <= DRAWS && (*first == 0 || *low == 1 || *first < DRAWS / 2));
            }
            prop_assert_eq!(spreads_a, spreads(&b, &query, seed));
        }
    }

    #[test]
    fn the_entries_of_a_board_rank_as_the_board_does(seed: u64) {
        let facts = ledger(&contest(seed, Rules::All), None);
        let as_of = last_day(&facts, &mut Dice::new(seed ^ 9));
        for query in queries(&facts, as_of) {
            let board = rank(&facts, &query);
            let units: Vec<u32> = board.places.iter().filter(|p| p.rank.is_some()).map(|p| p.unit).collect();
            for place in rank_entries(&facts, &query, &units) {
                prop_assert_eq!(place.rank, board.rank_of(place.unit));
            }
        }
    }

    /// Law 4 says so of schemes that read no other units; a withdrawal concerns ranks alone
    /// (domain.md section 2), so it is so under all of them.
    #[test]
    fn a_withdrawal_only_closes_places_up(seed: u64) {
        let facts = ledger(&contest(seed, Rules::All), None);
        let as_of = last_day(&facts, &mut Dice::new(seed ^ 10));
        for query in queries(&facts, as_of) {
            let board = rank(&facts, &query);
            for variant in variants(&facts, &board) {
                let changed = changes(&facts, &board, &variant);
                if matches!(variant, Variant::Withdrawal(_)) {
                    prop_assert!(changed.is_empty(), "{:?}: {:?}", variant, changed);
                }
                prop_assert!(changed.iter().all(|change| board.rank_of(change.unit).is_some()));
            }
        }
    }
}

#[test]
fn some_weights_and_days_do_change_places() {
    let mut changed = [0, 0];
    for seed in 0..40 {
        let facts = ledger(&contest(seed, Rules::All), None);
        let as_of = facts.calendar.window.end - 1;
        for query in queries(&facts, as_of) {
            let board = rank(&facts, &query);
            for variant in variants(&facts, &board) {
                let at = usize::from(matches!(variant, Variant::Day(_)));
                changed[at] += changes(&facts, &board, &variant).len();
            }
        }
    }
    assert!(changed.iter().all(|n| *n > 10), "{changed:?}");
}
