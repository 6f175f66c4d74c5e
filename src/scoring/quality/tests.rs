//! Series made by hand for every rule, with its borders. The allowance is 5.

use super::{FlagId, Rule, findings, flag_id};
use crate::domain::contest::{ExcuseRow, FigureRow, Stamp};
use crate::domain::{Contest, Counts, Instant};
use crate::scoring::small_contest::{RED_FROM_ONE, contest};
use crate::scoring::{Ledger, Register};
use chrono::Days;
use proptest::prelude::*;
use std::sync::Arc;

/// A day of a series: a count, nothing, or an excused one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Cases(u32),
    Missing,
    Excused(u32),
}
use Cell::{Cases, Excused, Missing};

fn cells(counts: &[u32]) -> Vec<Cell> {
    counts.iter().copied().map(Cases).collect()
}

/// Wards whose series begin on the baseline's first day.
fn with_series(series: &[Vec<Cell>]) -> Contest {
    let mut contest = contest(series.len(), RED_FROM_ONE);
    let first = contest.campaign.baseline.from;
    let stamp = Stamp { recorded_at: Instant::BEGINNING, withdrawn_at: None };
    for (unit, cells) in series.iter().enumerate() {
        for (at, cell) in cells.iter().enumerate() {
            let (unit, day) = (unit as u32, first + Days::new(at as u64));
            if let Cases(cases) | Excused(cases) = cell {
                let counts = Counts::new([Some(*cases), None, None, None, None, None]).unwrap();
                contest.figures.push(FigureRow { unit, day, counts, stamp, note: None });
            }
            if let Excused(_) = cell {
                contest.excuses.push(ExcuseRow { unit, day, reason: "x".into(), stamp });
            }
        }
    }
    contest
}

fn ledger(contest: &Contest) -> Ledger {
    Ledger::build(contest, Arc::new(Register::new(contest)), None)
}

/// What is found: rule, unit, and the day counted from the series' first.
fn found(series: &[Vec<Cell>]) -> Vec<(Rule, u32, usize)> {
    let ledger = ledger(&with_series(series));
    let start = ledger.calendar.baseline.start;
    findings(&ledger).iter().map(|f| (f.rule, f.unit, f.day - start)).collect()
}

fn of_one(counts: &[u32]) -> Vec<(Rule, usize)> {
    found(&[cells(counts)]).into_iter().map(|(rule, _, day)| (rule, day)).collect()
}

#[test]
fn a_unit_that_is_not_the_sum_below_it_is_asked_about_and_only_where_all_reported() {
    let mut contest =
        with_series(&[cells(&[4, 4, 4, 1]), cells(&[1, 2, 2, 0]), vec![Cases(3), Cases(1), Missing, Cases(1)]]);
    contest.units[1].parent = Some(0);
    contest.units[2].parent = Some(0);
    let ledger = ledger(&contest);
    let start = ledger.calendar.baseline.start;
    let found = findings(&ledger);
    let own: Vec<_> = found.iter().filter(|f| f.rule == Rule::ParentChildren).collect();
    assert_eq!(own.len(), 1, "equal on the first and last day, silence below on the third");
    assert_eq!((own[0].unit, own[0].day - start), (0, 1));
    assert_eq!(own[0].numbers, [("community_f0", 4), ("sum_below", 3), ("units_below", 2)]);
}

#[test]
fn three_days_of_zero_that_end_in_more_than_the_allowance_are_flagged() {
    // F15, case 2: 0, 0, 7 after a quiet week, undeclared
    assert_eq!(of_one(&[0, 1, 0, 0, 0, 7]), [(Rule::ZeroStreak, 5)]);
    assert_eq!(of_one(&[0, 1, 0, 0, 0, 5]), [], "the allowance itself is no jump");
    assert_eq!(of_one(&[0, 1, 0, 0, 7]), [], "two days are no streak");
    assert_eq!(found(&[vec![Cases(0), Cases(0), Excused(9), Cases(0), Cases(6)]]), [(Rule::ZeroStreak, 0, 4)]);
}

#[test]
fn a_backlog_follows_days_without_cases_and_is_twice_the_mean_before() {
    let after_gap = |gap: &[Cell], cases: u32| {
        let mut series = cells(&[6, 7, 6, 5, 6, 7, 5]);
        series.extend_from_slice(gap);
        series.push(Cases(cases));
        found(&[series])
    };
    assert_eq!(after_gap(&[Missing, Missing], 12), [(Rule::Backlog, 0, 9)]);
    assert_eq!(after_gap(&[Missing, Missing], 11), []);
    assert_eq!(after_gap(&[Cases(0)], 12), [(Rule::Backlog, 0, 8)], "a zero unlike the unit");
    assert_eq!(after_gap(&[Excused(0)], 12), [], "an excused day is no gap");
    let zeros_are_usual = cells(&[9, 0, 9, 0, 9, 0, 9, 0, 20]);
    assert_eq!(found(&[zeros_are_usual]), []);
    let too_few_before = vec![Cases(1), Cases(1), Missing, Cases(9)];
    assert_eq!(found(&[too_few_before]), []);
    assert_eq!(found(&[vec![Cases(1), Cases(1), Cases(1), Missing, Cases(9)]]), [(Rule::Backlog, 0, 4)]);
    assert_eq!(found(&[vec![Cases(0), Cases(1), Cases(0), Missing, Cases(5)]]), [], "the allowance is no jump");
}

#[test]
fn a_count_beyond_the_bound_of_confirm_unusual_is_flagged_however_it_came() {
    // 3 times the largest of seven days and twice the allowance: 16
    assert_eq!(of_one(&[1, 0, 2, 0, 0, 1, 1, 17]), [(Rule::Unusual, 7)]);
    assert_eq!(of_one(&[1, 0, 2, 0, 0, 1, 1, 16]), []);
    assert_eq!(of_one(&[1, 2, 0, 0, 1, 1, 17]), [], "six days are no history");
}

#[test]
fn a_drop_to_a_quarter_is_flagged_on_the_last_reported_day_alone() {
    assert_eq!(of_one(&[8, 9, 7, 8, 9, 7, 8, 2]), [(Rule::LastDayDrop, 7)]);
    assert_eq!(of_one(&[8, 9, 7, 8, 9, 7, 7, 2]), [], "a quarter is one in four and no more");
    assert_eq!(of_one(&[5, 4, 5, 6, 5, 4, 5, 0]), [], "a mean below the allowance falls to 0 by itself");
    assert_eq!(of_one(&[8, 9, 7, 8, 9, 7, 8, 2, 3]), [], "what the next day confirms is no drop of the last");
    let other = cells(&[0; 10]);
    let own = found(&[cells(&[8, 9, 7, 8, 9, 7, 8, 2]), other]);
    assert_eq!(own, [(Rule::LastDayDrop, 0, 7)], "the unit's own last day, whoever reported later ones");
    let mut gap = cells(&[8, 9, 7, 8, 9, 7, 8, 2]);
    gap[3] = Missing;
    assert_eq!(found(&[gap]), [], "a week that nobody knows");
}

#[test]
fn equal_counts_in_a_row_are_flagged_once_a_run() {
    assert_eq!(of_one(&[7, 6, 6, 6, 6, 6, 7]), [(Rule::CopiedDays, 3)]);
    assert_eq!(of_one(&[7, 6, 6, 7]), []);
    assert_eq!(of_one(&[1, 2, 2, 2, 2, 2, 2, 1]), [(Rule::CopiedDays, 5)], "small ones need five");
    assert_eq!(of_one(&[1, 2, 2, 2, 2, 1]), []);
    assert_eq!(of_one(&[0; 18]), [], "zero is what everybody wants");
    assert_eq!(found(&[vec![Cases(6), Cases(6), Missing, Cases(6), Cases(6)]]), [], "a missing day ends a run");
}

#[test]
fn a_week_like_another_units_is_flagged_for_both() {
    let week = cells(&[3, 1, 0, 4, 2, 0, 3]);
    let both = [(Rule::CopiedUnits, 0, 6), (Rule::CopiedUnits, 1, 6)];
    assert_eq!(found(&[week.clone(), week.clone(), cells(&[3, 1, 0, 4, 2, 0, 2])]), both);
    let three = findings(&ledger(&with_series(&[week.clone(), week.clone(), week.clone()])));
    assert_eq!(three.iter().map(|f| f.alike.clone()).collect::<Vec<_>>(), vec![Arc::<[u32]>::from([0, 1, 2]); 3]);
    for quiet in [[3, 1, 0, 4, 0, 0, 0], [2, 2, 1, 2, 2, 2, 1], [1, 1, 0, 4, 2, 0, 2]] {
        assert_eq!(found(&[cells(&quiet), cells(&quiet)]), [], "{quiet:?} is no signature");
    }
    let mut excused = week.clone();
    excused[2] = Excused(0);
    assert_eq!(found(&[week.clone(), excused]), [], "an excused day counts nowhere");
    assert_eq!(found(&[week[..6].to_vec(), week[..6].to_vec()]), [], "the week is not over");
}

#[test]
fn a_flag_is_another_one_once_its_values_change_and_the_same_while_they_stand() {
    let prints = |counts: &[u32]| findings(&ledger(&with_series(&[cells(counts)])))[0].fingerprint;
    let first = prints(&[0, 1, 0, 0, 0, 7]);
    assert_eq!(first, prints(&[3, 4, 0, 0, 0, 7]), "days before the streak say nothing about it");
    assert_eq!(first, prints(&[0, 1, 0, 0, 0, 7, 2]), "nor do later ones");
    assert_ne!(first, prints(&[0, 1, 0, 0, 0, 8]));
}

#[test]
fn the_name_of_a_flag_is_safe_in_an_address_and_read_back() {
    let day = contest(1, RED_FROM_ONE).campaign.window.from;
    for code in ["27382", "Phường 7/2", "a.b_c-d", "_", "%2F"] {
        let id = flag_id(Rule::Backlog, day, 0xab, code);
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{id}");
        let read = FlagId::parse(&id).unwrap();
        assert_eq!((read.rule, read.day, read.fingerprint, read.unit_code.as_str()), (Rule::Backlog, day, 0xab, code));
    }
    for wrong in [
        "",
        "backlog",
        "backlog.2021-07-09.ab.x",
        "none.2021-07-09.00000000000000ab.x",
        "backlog.2021-07-09.00000000000000ab._zz",
    ] {
        assert_eq!(FlagId::parse(wrong), None, "{wrong}");
    }
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![6 => (0_u32..12).prop_map(Cases), 2 => Just(Cases(0)), 1 => Just(Missing), 1 => (0_u32..40).prop_map(Excused)]
}

proptest! {
    #[test]
    fn a_flag_never_depends_on_the_order_of_recording_nor_lies_on_an_excused_day(
        series in prop::collection::vec(prop::collection::vec(cell(), 18), 1..4),
        turn in 0_usize..60,
    ) {
        let mut contest = with_series(&series);
        let before = findings(&ledger(&contest));
        for finding in &before {
            let cell = series[finding.unit as usize][finding.day - ledger(&contest).calendar.baseline.start];
            prop_assert!(matches!(cell, Cases(_)), "{finding:?} on {cell:?}");
        }
        contest.figures.reverse();
        let middle = turn % contest.figures.len().max(1);
        contest.figures.rotate_left(middle);
        contest.excuses.reverse();
        prop_assert_eq!(findings(&ledger(&contest)), before);
    }
}
