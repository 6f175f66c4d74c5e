//! What holds of awards whatever the contest, the catalogue and the decisions are.

use super::generator::{Dice, Rules, contest};
use super::{last_day, ledger, shuffled};
use crate::domain::awards::{Award, Awards, Given, Quota, Ties};
use crate::domain::order::{By, Track};
use crate::domain::scheme::Texts;
use crate::domain::{Campaign, Contest};
use crate::scoring::Ledger;
use crate::scoring::awards::{Decided, Outcome, Reason, TieEnd, Won, awards};
use crate::scoring::board::rank;
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

fn given(facts: &Ledger, as_of: usize, decisions: &[Decided]) -> Outcome {
    awards(facts, as_of, decisions, |query| Arc::new(rank(facts, query)))
}

fn some(dice: &mut Dice, below: u64) -> Option<u64> {
    dice.chance(50).then(|| dice.below(below))
}

fn catalogue(dice: &mut Dice) -> Awards {
    let list = (0..1 + dice.below(6)).map(|at| {
        let track = if dice.chance(70) { Track::Improvement } else { Track::KeptClean };
        let orders: &[By] = match track {
            Track::Improvement => &[By::Points, By::Points, By::Reduction, By::LevelDrop, By::GreenOn],
            Track::KeptClean => &[By::Points, By::GreenOn],
        };
        let from = 1 + dice.below(3) as u32;
        let to = match dice.chance(70) {
            true => Given::Places { from, to: from + dice.below(3) as u32 },
            false => Given::Threshold { points: Some(100 * dice.below(60) as i64), reduction: None, change: None },
        };
        let percent_of_ranked = some(dice, 9_999).map(|n| 1 + n as i64);
        Award {
            code: format!("a{at}"),
            name: Texts::both("Giải", "Prize"),
            form: Texts::both("Giấy khen", "Certificate"),
            kind: if dice.chance(85) { "ward" } else { "district" }.to_owned(),
            track,
            by: *dice.pick(orders),
            block: dice.chance(10).then(|| "A".to_owned()),
            to,
            quota: match dice.chance(30) {
                true => Quota { at_most: some(dice, 4).map(|n| 1 + n as u32), percent_of_ranked },
                false => Quota::default(),
            },
            ties: if dice.chance(35) { Ties::All } else { Ties::Decide },
            collective: true,
            coefficient: None,
        }
    });
    Awards { list: list.collect(), ..Awards::default() }
}

fn with_awards(contest: &Contest, awards: Awards) -> Contest {
    let campaign = Campaign { awards, ..(*contest.campaign).clone() };
    Contest { campaign: Arc::new(campaign), ..contest.clone() }
}

fn code(facts: &Ledger, unit: u32) -> String {
    facts.register.unit(unit).map(|unit| unit.code.clone()).unwrap_or_default()
}

/// What is given, by unit code, so that contests whose units stand in another order can be
/// compared.
fn shown(facts: &Ledger, outcome: &Outcome) -> Vec<String> {
    let line = |awarded: &crate::scoring::awards::Awarded| {
        let winners = awarded.winners.iter().map(|w| (code(facts, w.unit), w.rank, w.points, w.won));
        let passed = awarded.passed_over.iter().map(|p| (code(facts, p.unit), p.rank, p.reason));
        let tie = awarded
            .tie
            .as_ref()
            .map(|t| (t.units.iter().map(|unit| code(facts, *unit)).collect::<Vec<_>>(), t.places_left, t.end));
        let (winners, passed): (Vec<_>, Vec<_>) = (winners.collect(), passed.collect());
        format!("{} {:?} {:?} {winners:?} {passed:?} {tie:?}", awarded.award, awarded.block, awarded.quota)
    };
    outcome.awards.iter().map(line).collect()
}

/// Decides tie after tie until none is open.
fn decide_all(facts: &Ledger, as_of: usize, dice: &mut Dice) -> Vec<Decided> {
    let list = &facts.register.campaign.awards.list;
    let mut decisions: Vec<Decided> = Vec::new();
    loop {
        let outcome = given(facts, as_of, &decisions);
        let open = outcome.awards.iter().find_map(|awarded| {
            let tie = awarded.tie.as_ref().filter(|tie| tie.end == TieEnd::Open)?;
            Some((awarded, tie))
        });
        let Some((awarded, tie)) = open else { return decisions };
        let mut tied: Vec<String> = tie.units.iter().map(|unit| code(facts, *unit)).collect();
        let mut winners = tied.clone();
        tied.sort_unstable();
        dice.shuffle(&mut winners);
        winners.truncate(tie.places_left as usize);
        decisions.push(Decided {
            award: list[awarded.award].code.clone(),
            block: awarded.block.clone(),
            as_of: facts.calendar.day(as_of),
            tied,
            winners,
        });
    }
}

/// Lets wards repeat what the ward before them says of itself and of its days, so that ties
/// for places occur, which figures by chance hardly bring.
fn with_twins(contest: &Contest, dice: &mut Dice) -> Contest {
    let mut contest = contest.clone();
    let kind = contest.campaign.kind_index("ward");
    let wards: Vec<usize> = (0..contest.units.len()).filter(|&at| Some(contest.units[at].kind) == kind).collect();
    for pair in wards.windows(2).filter(|_| dice.chance(60)).collect::<Vec<_>>() {
        let (model, twin) = (pair[0] as u32, pair[1] as u32);
        contest.units[pair[1]] = crate::domain::Unit {
            code: contest.units[pair[1]].code.clone(),
            name: contest.units[pair[1]].name.clone(),
            ..contest.units[pair[0]].clone()
        };
        macro_rules! repeat {
            ($($rows:ident),*) => {$(
                contest.$rows.retain(|row| row.unit != twin);
                let of_model: Vec<_> = contest.$rows.iter().filter(|row| row.unit == model).cloned().collect();
                contest.$rows.extend(of_model.into_iter().map(|mut row| {
                    row.unit = twin;
                    row
                }));
            )*};
        }
        repeat!(figures, excuses, states, start_levels, declared_levels, assessments, adjustments);
    }
    contest
}

/// A contest with a catalogue, its ledger and a day.
fn setting(seed: u64) -> (Contest, Ledger, usize, Dice) {
    let mut dice = Dice::new(seed ^ 60);
    let contest = with_awards(&contest(seed, Rules::All), catalogue(&mut dice));
    let contest = with_twins(&contest, &mut dice);
    let facts = ledger(&contest, None);
    let as_of = last_day(&facts, &mut dice);
    (contest, facts, as_of, dice)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_units_and_arrivals_changes_no_award(seed: u64) {
        let (tidy, a, as_of, mut dice) = setting(seed);
        let b = ledger(&shuffled(&tidy, &mut dice), None);
        prop_assert_eq!(shown(&a, &given(&a, as_of, &[])), shown(&b, &given(&b, as_of, &[])));
        let decisions = decide_all(&a, as_of, &mut dice);
        prop_assert_eq!(shown(&a, &given(&a, as_of, &decisions)), shown(&b, &given(&b, as_of, &decisions)));
    }

    #[test]
    fn nobody_of_equal_rank_is_treated_otherwise_without_a_decision(seed: u64) {
        let (_, facts, as_of, _) = setting(seed);
        for awarded in given(&facts, as_of, &[]).awards {
            for winner in &awarded.winners {
                prop_assert!(winner.won != Won::TieDecided);
                for passed in awarded.passed_over.iter().filter(|passed| passed.rank == winner.rank) {
                    prop_assert!(!matches!(passed.reason, Reason::OverQuota | Reason::TieOpen | Reason::TieLost));
                }
            }
        }
    }

    #[test]
    fn no_more_win_than_places_and_quota_unless_all_who_tie_do(seed: u64) {
        let (_, facts, as_of, mut dice) = setting(seed);
        let list = facts.register.campaign.awards.list.clone();
        let decisions = decide_all(&facts, as_of, &mut dice);
        let outcome = given(&facts, as_of, &decisions);
        prop_assert!(outcome.is_used.iter().all(|is_used| *is_used), "a decision stands for each tie");
        for awarded in &outcome.awards {
            if awarded.tie.as_ref().is_some_and(|tie| tie.end == TieEnd::Shared) {
                prop_assert_eq!(list[awarded.award].ties, Ties::All);
                continue;
            }
            let places = match list[awarded.award].to {
                Given::Places { from, to } => u64::from(to - from + 1),
                Given::Threshold { .. } => u64::MAX,
            };
            prop_assert!(awarded.winners.len() as u64 <= places.min(awarded.quota.unwrap_or(u64::MAX)));
            let waits = |reason| matches!(reason, Reason::TieOpen | Reason::Waits(_));
            prop_assert!(!awarded.passed_over.iter().any(|passed| waits(passed.reason)), "all is decided");
        }
    }

    #[test]
    fn a_unit_wins_once_and_only_with_a_rank(seed: u64) {
        let (_, facts, as_of, mut dice) = setting(seed);
        let decisions = decide_all(&facts, as_of, &mut dice);
        let mut won = HashSet::new();
        for awarded in given(&facts, as_of, &decisions).awards {
            for winner in &awarded.winners {
                prop_assert!(won.insert(winner.unit), "{} wins twice", code(&facts, winner.unit));
                prop_assert!(winner.rank >= 1);
            }
            for passed in &awarded.passed_over {
                prop_assert!(!awarded.winners.iter().any(|winner| winner.unit == passed.unit));
            }
        }
    }

    #[test]
    fn what_is_certain_while_ties_are_open_stays_when_they_are_decided(seed: u64) {
        let (_, facts, as_of, mut dice) = setting(seed);
        let decisions = decide_all(&facts, as_of, &mut dice);
        let (open, closed) = (given(&facts, as_of, &[]), given(&facts, as_of, &decisions));
        for (before, after) in open.awards.iter().zip(&closed.awards) {
            for winner in &before.winners {
                prop_assert!(after.winners.iter().any(|w| w.unit == winner.unit), "{:?}\n{:?}", before, after);
            }
        }
    }

    #[test]
    fn an_award_added_behind_changes_none_before_it(seed: u64) {
        let (contest, facts, as_of, mut dice) = setting(seed);
        let decisions = decide_all(&facts, as_of, &mut dice);
        let all = contest.campaign.awards.clone();
        for kept in 0..all.list.len() {
            let fewer = Awards { list: all.list[..kept].to_vec(), ..all.clone() };
            let less = ledger(&with_awards(&contest, fewer), None);
            let (long, short) = (given(&facts, as_of, &decisions), given(&less, as_of, &decisions));
            prop_assert_eq!(&long.awards[..short.awards.len()], &short.awards[..]);
        }
    }
}

#[test]
fn ties_conditions_and_quotas_do_occur() {
    let (mut open, mut shared, mut winners, mut reasons) = (0, 0, 0, HashSet::new());
    for seed in 0..1_000 {
        let (_, facts, as_of, _) = setting(seed);
        for awarded in given(&facts, as_of, &[]).awards {
            winners += awarded.winners.len();
            open += usize::from(awarded.tie.as_ref().is_some_and(|tie| tie.end == TieEnd::Open));
            shared += usize::from(awarded.tie.as_ref().is_some_and(|tie| tie.end == TieEnd::Shared));
            reasons.extend(awarded.passed_over.iter().map(|passed| std::mem::discriminant(&passed.reason)));
        }
    }
    assert!(open > 20 && shared > 20 && winners > 200, "{open} {shared} {winners}");
    assert_eq!(reasons.len(), 9, "every reason but a lost tie, which needs a decision");
}
