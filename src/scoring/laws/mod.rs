//! The laws of domain.md section 5 that a single ledger can break: 1 to 6.

mod awards;
mod effort;
mod firmness;
mod generator;

use super::appraisal::{Appraisal, Appraiser, Track};
use super::board::{By, Comparison, Query, rank};
use super::explain::level_reasons;
use super::ledger::{Adjustments, DayEntry, DayState, Ledger};
use super::levels::{LevelReader, UnitLevels, known};
use super::register::Register;
use super::survey::Survey;
use super::window::Reading;
use crate::domain::contest::{FigureRow, Stamp, StateRow};
use crate::domain::scheme::{Condition, Enough};
use crate::domain::unit::UnitState;
use crate::domain::{Contest, Counts, Day, Indicator, Instant};
use generator::{Dice, Rules, contest, counts, wards};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

fn ledger(contest: &Contest, known_at: Option<Instant>) -> Ledger {
    Ledger::build(contest, Arc::new(Register::new(contest)), known_at)
}

/// All boards of a day: every kind, track and order.
fn queries(ledger: &Ledger, as_of: usize) -> Vec<Query> {
    let mut all = Vec::new();
    for kind in 0..ledger.register.rules.len() as u16 {
        for track in Track::ALL {
            for by in By::ALL {
                all.push(Query { kind, track, by, as_of, within: None, block: None });
            }
        }
    }
    all
}

/// Everything that boards of a day show, by unit code, so that contests whose
/// units stand in another order can be compared.
fn shown(ledger: &Ledger, as_of: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for query in queries(ledger, as_of) {
        let appraiser = Appraiser::new(ledger, query.kind, as_of, query.by);
        let mut a = Appraisal::default();
        for place in rank(ledger, &query).places {
            appraiser.appraise(place.unit, &mut a);
            let unit = ledger.register.unit(place.unit).map(|u| u.code.as_str());
            let reasons: Vec<_> = a.unranked().map(|r| r.code()).collect();
            lines.push(format!(
                "{:?} {:?} {unit:?} {:?} {:?} {} {:?} {:?} {:?} {:?} {:?} {} {} {} {:?} {reasons:?}",
                query.track,
                query.by,
                place.rank,
                a.components,
                a.total,
                a.change.to_big(),
                a.dropped,
                a.start,
                a.levels.current,
                a.levels.by_day,
                a.cases(),
                a.tally.missing,
                a.green_days,
                a.green_on.map(|day| ledger.calendar.day(day))
            ));
        }
    }
    lines
}

fn last_day(ledger: &Ledger, dice: &mut Dice) -> usize {
    let window = ledger.calendar.window.clone();
    window.start + dice.below(window.len() as u64) as usize
}

/// Order of two units on a board: by rank where both have one.
fn order(ranks: &BTreeMap<String, u32>, a: &str, b: &str) -> Option<Ordering> {
    Some(ranks.get(a)?.cmp(ranks.get(b)?))
}

fn ranks(ledger: &Ledger, query: &Query) -> BTreeMap<String, u32> {
    let code = |unit: u32| ledger.register.unit(unit).map(|u| u.code.clone()).unwrap_or_default();
    rank(ledger, query).places.iter().filter_map(|p| p.rank.map(|r| (code(p.unit), r))).collect()
}

fn track_of(ledger: &Ledger, unit: u32, as_of: usize) -> Track {
    let kind = ledger.register.unit(unit).map_or(0, |u| u.kind);
    let mut a = Appraisal::default();
    Appraiser::new(ledger, kind, as_of, By::Points).appraise(unit, &mut a);
    a.track
}

/// The figure that stands for a unit on a day, replaced by another one in all its revisions.
fn with_figure(contest: &Contest, unit: u32, day: Day, counts: Counts) -> Contest {
    let mut changed = contest.clone();
    changed.figures.retain(|r| (r.unit, r.day) != (unit, day));
    changed.figures.push(FigureRow { unit, day, counts, stamp: Stamp::ALWAYS, note: None });
    changed
}

/// One unit's rank on all boards of a kind and day, by order.
fn own_ranks(ledger: &Ledger, unit: u32, as_of: usize, track: Track) -> Vec<Option<u32>> {
    let kind = ledger.register.unit(unit).map_or(0, |u| u.kind);
    let on = |by| rank(ledger, &Query { kind, track, by, as_of, within: None, block: None });
    By::ALL.into_iter().map(|by| on(by).places.iter().find(|p| p.unit == unit).and_then(|p| p.rank)).collect()
}

/// Wards with the population that the scheme needs. Without it a unit's better levels can
/// never be known while its worse ones can: fewer cases then leave it without a level, and
/// the rank's keys put none behind any (domain.md section 4, Rank), so laws 2 and 3 do not
/// hold for it.
fn wards_with_levels(ledger: &Ledger, contest: &Contest) -> Vec<u32> {
    let register = &ledger.register;
    let lacks = |unit: &u32| {
        let needs = register.rules_of(*unit).is_some_and(|rules| rules.needs_population);
        needs && register.unit(*unit).is_some_and(|unit| unit.population.is_none())
    };
    wards(contest).into_iter().filter(|unit| !lacks(unit)).collect()
}

fn never_worse(before: &[Option<u32>], after: &[Option<u32>]) -> bool {
    before.iter().zip(after).all(|(b, a)| match (b, a) {
        (Some(before), Some(after)) => after <= before,
        (Some(_), None) => false,
        (None, _) => true,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_1_the_order_of_arrival_never_matters(seed: u64) {
        let tidy = contest(seed, Rules::All);
        let mut dice = Dice::new(seed ^ 1);
        let mixed = shuffled(&tidy, &mut dice);
        let (a, b) = (ledger(&tidy, None), ledger(&mixed, None));
        let day = last_day(&a, &mut dice);
        prop_assert_eq!(shown(&a, day), shown(&b, day));
    }

    #[test]
    fn law_2_fewer_cases_never_worsen_a_rank(seed: u64) {
        let before = contest(seed, Rules::OwnFiguresOnly);
        let mut dice = Dice::new(seed ^ 2);
        let facts = ledger(&before, None);
        let as_of = last_day(&facts, &mut dice);
        for unit in wards_with_levels(&facts, &before) {
            let day = facts.calendar.window.start + dice.below((as_of + 1 - facts.calendar.window.start) as u64) as usize;
            let Some(counts) = facts.entry(unit, day).counts else { continue };
            let floor = [Indicator::UnknownSourceF0, Indicator::HighRiskSettingF0].into_iter().filter_map(|i| counts.get(i)).max().unwrap_or(0);
            if counts.community_f0() <= floor {
                continue;
            }
            let lower = floor + dice.below(u64::from(counts.community_f0() - floor)) as u32;
            let mut values = Indicator::ALL.map(|i| counts.get(i));
            values[0] = Some(lower);
            let date = facts.calendar.day(day);
            let same = ledger(&with_figure(&before, unit, date, counts), None);
            let fewer = ledger(&with_figure(&before, unit, date, Counts::new(values).unwrap()), None);
            let track = track_of(&same, unit, as_of);
            prop_assert_eq!(track, track_of(&fewer, unit, as_of));
            let (was, is) = (own_ranks(&same, unit, as_of, track), own_ranks(&fewer, unit, as_of, track));
            prop_assert!(never_worse(&was, &is), "unit {} day {}: {:?} became {:?}", unit, date, was, is);
        }
    }

    #[test]
    fn law_3_reporting_a_missing_day_never_worsens_a_rank(seed: u64) {
        let before = contest(seed, Rules::OwnFiguresOnly);
        let mut dice = Dice::new(seed ^ 3);
        let facts = ledger(&before, None);
        let as_of = last_day(&facts, &mut dice);
        for unit in wards_with_levels(&facts, &before) {
            let days = facts.calendar.window.start..=as_of;
            let Some(day) = days.into_iter().find(|d| facts.day_state(unit, *d, as_of) == DayState::Missing) else { continue };
            let most = super::window::imputed_value(&facts, &facts.days(unit), as_of);
            let drawn = counts(&mut dice, 0);
            let community = dice.below(u64::from(most) + 1) as u32;
            let part = |i: Indicator, whole: u32| match super::rules::reads_as_zero(&before.campaign.scheme, i.index()) {
                true => Some(0),
                false => drawn.get(i).map(|_| whole.min(community)),
            };
            let households = part(Indicator::HouseholdsF0, community);
            let reported = Counts::new([
                Some(community),
                part(Indicator::ContainedF0, most),
                part(Indicator::UnknownSourceF0, community),
                part(Indicator::HighRiskSettingF0, community),
                households,
                part(Indicator::LinkedHouseholdsF0, households.unwrap_or(0)).map(|n| n.min(households.unwrap_or(0))),
            ]).unwrap();
            let after = ledger(&with_figure(&before, unit, facts.calendar.day(day), reported), None);
            let track = track_of(&facts, unit, as_of);
            prop_assert_eq!(track, track_of(&after, unit, as_of));
            let (was, is) = (own_ranks(&facts, unit, as_of, track), own_ranks(&after, unit, as_of, track));
            prop_assert!(never_worse(&was, &is), "unit {} day {}: {:?} became {:?}", unit, day, was, is);
        }
    }

    #[test]
    fn law_4_a_competitor_more_or_less_never_changes_the_order_of_two_others(seed: u64) {
        let all = contest(seed, Rules::OwnFiguresOnly);
        let mut dice = Dice::new(seed ^ 4);
        let facts = ledger(&all, None);
        let as_of = last_day(&facts, &mut dice);
        let kind = all.campaign.kind_index("ward").unwrap();
        let gone = *dice.pick(&wards(&all));
        let mut withdrawn = all.clone();
        withdrawn.states.retain(|s| s.unit != gone);
        withdrawn.states.push(StateRow { unit: gone, state: UnitState::Withdrawn, reason: "left".into(), recorded_at: Instant::BEGINNING });
        for other in [ledger(&withdrawn, None), ledger(&without(&all, gone), None)] {
            for track in Track::ALL {
                for by in By::ALL {
                    let query = Query { kind, track, by, as_of, within: None, block: None };
                    let (before, after) = (ranks(&facts, &query), ranks(&other, &query));
                    let block = |code: &str| facts.register.find(code).and_then(|u| facts.register.unit(u)?.block.clone());
                    let apart = |a: &str, b: &str| all.campaign.policy.rank_within_blocks && block(a) != block(b);
                    for (a, b) in before.keys().flat_map(|a| before.keys().map(move |b| (a, b))).filter(|(a, b)| !apart(a, b)) {
                        if a != &all.units[gone as usize].code && b != &all.units[gone as usize].code {
                            prop_assert_eq!(order(&before, a, b), order(&after, a, b));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn law_5_equal_keys_share_a_rank_and_everybody_stands_once(seed: u64) {
        let all = contest(seed, Rules::All);
        let facts = ledger(&all, None);
        let as_of = last_day(&facts, &mut Dice::new(seed ^ 5));
        for kind in 0..facts.register.rules.len() as u16 {
            for by in By::ALL {
                let mut seen = Vec::new();
                for track in Track::ALL {
                    let query = Query { kind, track, by, as_of, within: None, block: None };
                    let board = rank(&facts, &query);
                    let comparison = Comparison::new(&facts, &query);
                    let in_blocks = all.campaign.policy.rank_within_blocks;
                    let block = |unit: u32| facts.register.unit(unit).and_then(|u| u.block.clone()).filter(|_| in_blocks);
                    let ranked: Vec<_> = board.places.iter().filter_map(|p| p.rank.map(|r| (p.unit, r))).collect();
                    for (a, rank_a) in &ranked {
                        let better = ranked.iter().filter(|(b, r)| r < rank_a && block(*b) == block(*a)).count();
                        prop_assert_eq!(*rank_a as usize, better + 1, "ranks skip after ties");
                        for (b, rank_b) in ranked.iter().filter(|(b, _)| block(*b) == block(*a)) {
                            let difference = comparison.first_difference(&comparison.keys(*a), &comparison.keys(*b));
                            prop_assert_eq!(difference.is_none(), rank_a == rank_b);
                        }
                    }
                    prop_assert_eq!(board.ranked, ranked.len());
                    seen.extend(board.places.iter().map(|p| p.unit));
                }
                seen.sort_unstable();
                prop_assert_eq!(&seen, &facts.register.of_kind[usize::from(kind)], "each unit once, on one track");
            }
        }
    }

    #[test]
    fn law_6_nothing_recorded_later_or_dated_later_moves_a_board(seed: u64) {
        let all = contest(seed, Rules::All);
        let mut dice = Dice::new(seed ^ 6);
        let mut instants: Vec<Instant> = all.instants().filter(|i| *i > Instant::BEGINNING).collect();
        instants.sort();
        let Some(known_at) = (!instants.is_empty()).then(|| *dice.pick(&instants)) else { return Ok(()) };
        let facts = ledger(&all, Some(known_at));
        let as_of = last_day(&facts, &mut dice);
        let cut = known_then(&all, known_at, facts.calendar.day(as_of));
        prop_assert_eq!(shown(&facts, as_of), shown(&ledger(&cut, None), as_of));
    }

    #[test]
    fn the_packed_keys_order_as_the_keys_one_by_one(seed: u64) {
        let all = contest(seed, Rules::All);
        let facts = ledger(&all, None);
        let as_of = last_day(&facts, &mut Dice::new(seed ^ 7));
        for query in queries(&facts, as_of) {
            prop_assert_eq!(rank(&facts, &query), super::board::rank_one_by_one(&facts, &query));
        }
    }
}

/// A contest as somebody would know it at K on the evening of D.
fn known_then(all: &Contest, known_at: Instant, day: Day) -> Contest {
    let mut cut = all.clone();
    let forget = |stamp: &mut Stamp| {
        if stamp.withdrawn_at.is_some_and(|w| w > known_at) {
            stamp.withdrawn_at = None;
        }
        stamp.recorded_at <= known_at
    };
    cut.figures.retain_mut(|r| r.day <= day && forget(&mut r.stamp));
    cut.excuses.retain_mut(|r| r.day <= day && forget(&mut r.stamp));
    cut.start_levels.retain_mut(|r| forget(&mut r.stamp));
    cut.adjustments.retain_mut(|r| forget(&mut r.stamp));
    cut.states.retain(|r| r.recorded_at <= known_at);
    cut.criteria.retain_mut(|r| forget(&mut r.stamp));
    cut.assessments.retain(|r| r.recorded_at <= known_at && r.date.is_none_or(|d| d <= day));
    cut
}

/// The same contest with everything in another order, units included.
fn shuffled(tidy: &Contest, dice: &mut Dice) -> Contest {
    let mut order: Vec<u32> = (0..tidy.units.len() as u32).collect();
    dice.shuffle(&mut order);
    let mut mixed = renumbered(tidy, &order);
    dice.shuffle(&mut mixed.neighbours);
    dice.shuffle(&mut mixed.figures);
    dice.shuffle(&mut mixed.excuses);
    dice.shuffle(&mut mixed.states);
    dice.shuffle(&mut mixed.start_levels);
    dice.shuffle(&mut mixed.adjustments);
    dice.shuffle(&mut mixed.criteria);
    dice.shuffle(&mut mixed.assessments);
    mixed
}

fn without(all: &Contest, gone: u32) -> Contest {
    let order: Vec<u32> = (0..all.units.len() as u32).filter(|u| *u != gone).collect();
    renumbered(all, &order)
}

/// The units of a contest in another order; those left out are gone with all their rows.
fn renumbered(all: &Contest, order: &[u32]) -> Contest {
    let place = |unit: u32| order.iter().position(|u| *u == unit).map(|p| p as u32);
    let mut new = all.clone();
    new.units = order.iter().map(|u| all.units[*u as usize].clone()).collect();
    for unit in &mut new.units {
        unit.parent = unit.parent.and_then(place);
    }
    new.neighbours = all.neighbours.iter().filter_map(|(a, b)| place(*a).zip(place(*b))).collect();
    macro_rules! renumber {
        ($($rows:ident),*) => {$(
            new.$rows.retain_mut(|row| place(row.unit).map(|unit| row.unit = unit).is_some());
        )*};
    }
    renumber!(figures, excuses, states, start_levels, assessments, adjustments);
    new
}

#[test]
fn generated_contests_are_not_tidy() {
    const CONTESTS: u64 = 400;
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..CONTESTS {
        let all = contest(seed.wrapping_mul(0x9E37_79B9), Rules::All);
        let facts = ledger(&all, None);
        let as_of = facts.calendar.window.end - 1;
        let mut note = |what, holds: bool| *found.entry(what).or_default() += u64::from(holds);
        let days =
            || wards(&all).into_iter().flat_map(|u| (facts.calendar.baseline.start..=as_of).map(move |d| (u, d)));
        note("missing days", days().any(|(u, d)| facts.day_state(u, d, as_of) == DayState::Missing));
        note("excused days", days().any(|(u, d)| facts.day_state(u, d, as_of) == DayState::Excused));
        note(
            "blanks",
            days().any(|(u, d)| {
                facts.entry(u, d).counts.is_some_and(|c| Indicator::ALL.iter().any(|i| c.get(*i).is_none()))
            }),
        );
        note("neighbours", !all.neighbours.is_empty() && facts.register.rules.iter().any(|r| !r.neighbours.is_empty()));
        note("children", facts.register.rules.iter().any(|r| !r.children.is_empty()));
        note("withdrawn figures", all.figures.iter().any(|r| r.stamp.withdrawn_at.is_some()));
        note(
            "corrections",
            all.figures.iter().any(|r| all.figures.iter().filter(|o| (o.unit, o.day) == (r.unit, r.day)).count() > 1),
        );
        let boards: Vec<_> = queries(&facts, as_of).iter().map(|q| rank(&facts, q)).collect();
        let has_tie =
            |b: &super::board::Board| b.places.windows(2).any(|w| w[0].rank.is_some() && w[0].rank == w[1].rank);
        note("ties", boards.iter().any(has_tie));
        note("ranked derived kinds", boards.iter().any(|b| b.query.kind < 2 && b.ranked > 0));
        note("unranked units", boards.iter().any(|b| b.ranked < b.places.len()));
        note("both tracks", Track::ALL.iter().all(|t| boards.iter().any(|b| b.query.track == *t && b.ranked > 0)));
    }
    for (what, count) in &found {
        assert!(count * 10 >= CONTESTS, "only {count} of {CONTESTS} contests have {what}");
    }
    assert_eq!(found.len(), 11);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Not of the rules but of the ledger: brought up to date change by change, in any
    /// order and with detours, it is the one that is built at once.
    #[test]
    fn a_ledger_that_follows_changes_is_the_one_built_anew(seed in any::<u64>()) {
        let contest = contest(seed, Rules::All);
        let built = ledger(&contest, None);
        let mut dice = Dice::new(seed ^ 7);
        let mut followed = Ledger::empty(built.register.clone());
        let mut cells: Vec<(u32, usize)> =
            (0..built.register.len() as u32).flat_map(|u| (0..built.calendar.len).map(move |d| (u, d))).collect();
        dice.shuffle(&mut cells);
        for (unit, day) in cells {
            if dice.chance(30) {
                let counts = Some(counts(&mut dice, 3));
                followed.set_day(unit, day, DayEntry { counts, late: dice.chance(50), excused: dice.chance(30), noted: dice.chance(30), source: None });
            }
            followed.set_day(unit, day, built.entry(unit, day));
            prop_assert_eq!(followed.entry(unit, day), built.entry(unit, day));
        }
        for unit in 0..built.register.len() as u32 {
            followed.set_state(unit, UnitState::Withdrawn);
            followed.set_state(unit, built.state(unit));
            followed.set_start_level(unit, Some(0));
            followed.set_start_level(unit, built.start_level(unit));
            followed.set_adjustments(unit, Adjustments { bonus: 1, deduction: 2 });
            followed.set_adjustments(unit, built.adjustments(unit));
            prop_assert_eq!(followed.adjustments(unit), built.adjustments(unit));
        }
        for day in 0..built.calendar.len {
            prop_assert_eq!(followed.reports_on(day), built.reports_on(day));
        }
        if contest.criteria.is_empty() {
            let day = last_day(&built, &mut dice);
            prop_assert_eq!(shown(&followed, day), shown(&built, day));
        }
    }

    /// Facts that are looked at under other rules are as if these had stood from the beginning.
    #[test]
    fn facts_under_other_rules_are_as_if_these_had_always_stood(seed in any::<u64>()) {
        let here = contest(seed, Rules::All);
        let elsewhere = contest(seed ^ 12, Rules::All);
        let campaign = Arc::new(crate::domain::Rules::of(&elsewhere.campaign).put_on(&here.campaign));
        let built = ledger(&Contest { campaign: campaign.clone(), ..here.clone() }, None);
        let facts = ledger(&here, None);
        let mut under = facts.under(Arc::new(facts.register.under(campaign)));
        // days that the first rules did not look back to are for the caller to enter
        for at in (0..built.calendar.len).take_while(|at| built.calendar.day(*at) < facts.calendar.first) {
            (0..built.register.len() as u32).for_each(|unit| under.set_day(unit, at, built.entry(unit, at)));
        }
        let day = built.calendar.day(last_day(&built, &mut Dice::new(seed ^ 13)));
        let board_day = |ledger: &Ledger| ledger.calendar.index(day).unwrap();
        prop_assert_eq!(shown(&under, board_day(&under)), shown(&built, board_day(&built)));
    }

    /// Both boards at once are each of them by itself.
    #[test]
    fn a_survey_holds_the_boards_of_both_tracks(seed in any::<u64>()) {
        let facts = ledger(&contest(seed, Rules::All), None);
        for query in queries(&facts, last_day(&facts, &mut Dice::new(seed ^ 14))) {
            let survey = Survey::new(&facts, &query);
            let board = rank(&facts, &query);
            prop_assert_eq!(survey.board(query.track), &board);
            for place in &board.places {
                let gist = survey.gist(place.unit).unwrap();
                prop_assert_eq!((gist.track, survey.rank_of(gist)), (query.track, place.rank));
            }
        }
    }

    /// The explanation of a level gives the level, in both worlds, and a reason that holds.
    #[test]
    fn a_level_is_explained_by_what_gave_it(seed in any::<u64>()) {
        let contest = contest(seed, Rules::All);
        let ledger = ledger(&contest, None);
        let mut dice = Dice::new(seed ^ 11);
        let day = last_day(&ledger, &mut dice);
        for unit in 0..ledger.register.len() as u32 {
            let kind = ledger.register.unit(unit).map_or(0, |u| u.kind);
            let mut levels = UnitLevels::default();
            LevelReader::new(&ledger, kind, day, day).read(unit, &mut levels);
            let known = levels.by_day.last().copied().and_then(known);
            let Some((low, high)) = level_reasons(&ledger, unit, day, Reading::Open) else {
                prop_assert_eq!(known, None);
                continue;
            };
            prop_assert_eq!(known, (low.level == high.level).then_some(low.level));
            for reason in [low, high] {
                // the best level needs no reason, every other one has
                prop_assert_eq!(reason.because.is_some(), reason.level > 0);
                let holds = match reason.because.map(|seen| (seen.condition, seen)) {
                    Some((Condition::Sum { at_least, .. }, seen)) => seen.is_open || seen.value >= at_least,
                    Some((Condition::DaysSince { .. }, seen)) => seen.is_open || seen.value >= 1,
                    Some((Condition::Children { enough: Enough::Count(enough), .. }, seen)) => seen.value >= u64::from(enough),
                    Some((Condition::Neighbour { level }, seen)) => seen.value >= u64::from(level),
                    _ => true,
                };
                prop_assert!(holds, "{:?}", reason);
                // and it is a condition of a rule for that level
                let campaign = &ledger.register.campaign;
                let code = campaign.kind(kind).map_or("", |k| k.code.as_str());
                let is_of_level = |condition| {
                    campaign.scheme.rules_for(code).any(|r| r.level == reason.level && r.any.contains(&condition))
                };
                prop_assert!(reason.because.is_none_or(|seen| is_of_level(seen.condition)), "{:?}", reason);
            }
        }
    }
}

#[test]
fn the_days_of_a_unit_have_four_states() {
    let contest = contest(1, Rules::All);
    let mut ledger = Ledger::empty(Arc::new(Register::new(&contest)));
    let (first, last) = (ledger.calendar.baseline.start, ledger.calendar.window.start);
    let reported = DayEntry { counts: Some(counts(&mut Dice::new(1), 3)), ..DayEntry::default() };
    let state = |ledger: &Ledger, day: usize| ledger.day_state(0, day, last).code();
    assert_eq!((state(&ledger, first), state(&ledger, last)), ("missing", "missing"));
    assert_eq!(state(&ledger, last + 1), "not_due");
    ledger.set_day(0, first, reported);
    ledger.set_day(0, last + 1, reported);
    assert_eq!((state(&ledger, first), state(&ledger, last + 1)), ("reported", "not_due"));
    if let Some(before) = first.checked_sub(1) {
        assert_eq!(state(&ledger, before), "not_due");
    }
    ledger.set_day(0, last, DayEntry { excused: true, ..reported });
    assert_eq!(state(&ledger, last), "excused");
    ledger.set_day(0, ledger.calendar.len, reported);
    assert!(ledger.column_bytes() >= 256 * ledger.calendar.len * 5);
}
